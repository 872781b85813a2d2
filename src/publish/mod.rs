//! Stories to feeds: RSS 2.0, Atom 1.0, JSON Feed 1.1 and a page for people, an index of all feeds, and the folder they stand in.
//!
//! In: a [`Feed`] (or the [`FeedSummary`] of each) and the [`Site`].
//! Out: [`File`]s, which a [`Folder`] puts in place, each whole.
//!
//! Rendering is pure, and the same input always gives the same bytes: no file says when it was made.
//! The three feeds of a topic hold the same stories in the same order under the same ids, dates and links; the page adds the quiet ones.

mod view;
mod words;
mod rss;
mod atom;
mod json;
mod page;
mod index;
mod files;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use files::{Folder, PublishError};
pub use view::Format;

use crate::model::{Feed, FeedId, FeedSummary, Site};

/// Raised whenever the same input gives other bytes than before: every feed is then published anew.
pub const RENDERER_VERSION: u32 = 3;

/// The style sheet of all pages.
pub const STYLE: &str = include_str!("style.css");

/// One published file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name below the published folder: `labour-migration.atom`.
    pub name: String,
    /// All that is in it.
    pub bytes: Vec<u8>,
}

/// A feed's `.rss`, `.atom`, `.json` and `.html`.
pub fn feed(feed: &Feed, site: &Site) -> Vec<File> {
    let file = |format: Format, bytes| File {
        name: format.file(&feed.id),
        bytes,
    };
    vec![
        file(Format::Rss, self::rss::render(feed, site)),
        file(Format::Atom, atom::render(feed, site)),
        file(Format::Json, json::render(feed, site)),
        file(Format::Html, page::render(feed, site)),
    ]
}

/// The names of a feed's files.
pub fn names(id: &FeedId) -> Vec<String> {
    [Format::Rss, Format::Atom, Format::Json, Format::Html]
        .map(|format| format.file(id))
        .into()
}

/// What leads to the feeds: `index.html`, `index.opml`, and the `style.css` of all pages.
pub fn index(site: &Site, feeds: &[FeedSummary]) -> Vec<File> {
    let file = |name: &str, bytes| File {
        name: name.to_owned(),
        bytes,
    };
    vec![
        file("index.html", index::page(site, feeds)),
        file("index.opml", index::opml(site, feeds)),
        file("style.css", STYLE.as_bytes().to_vec()),
    ]
}
