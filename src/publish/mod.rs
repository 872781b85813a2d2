//! Stories to feeds: RSS 2.0, Atom 1.0, JSON Feed 1.1 and a page for people, an index of all feeds, and the
//! published folder.
//!
//! In: a [`Feed`] (or the [`FeedSummary`] of each) and the [`Site`]. Out: [`File`]s, which a [`Folder`] puts in
//! place, each whole; for a search, which is not kept, the bytes of one format.
//!
//! Rendering is pure, and the same input always gives the same bytes: no file contains the time of rendering.
//! The three feeds of a topic, branch or search contain the same stories in the same order with the same ids,
//! dates and links; the page adds the quiet ones.

mod names;
mod words;
mod view;
mod rss;
mod atom;
mod json;
mod search;
mod page;
mod index;
mod files;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod validity;
#[cfg(test)]
mod tests;

pub use files::{Folder, PublishError};
pub use search::Search;
pub use view::Format;

use crate::model::{Feed, FeedId, FeedName, FeedSummary, Scope, Site};
use crate::topics::QueryError;

/// Raised whenever the same input gives other bytes than before. Every feed is then published anew.
pub const RENDERER_VERSION: u32 = 7;

/// The style sheet of all pages.
pub const STYLE: &str = include_str!("style.css");

/// One published file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name in the published folder: `labour-migration.atom`, `labour-migration/mx.atom`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Renders a feed, or the answer to a search, in one format.
pub fn render(feed: &Feed, site: &Site, format: Format) -> Vec<u8> {
    match format {
        Format::Rss => self::rss::render(feed, site),
        Format::Atom => atom::render(feed, site),
        Format::Json => json::render(feed, site),
        Format::Html => page::render(feed, site),
    }
}

/// Renders a feed's `.rss`, `.atom`, `.json` and `.html`. A search has no files.
pub fn feed(feed: &Feed, site: &Site) -> Vec<File> {
    let Scope::Feed(name) = &feed.scope else {
        return Vec::new();
    };
    let file = |format: Format| File {
        name: format.file(&name.id),
        bytes: render(feed, site, format),
    };
    Format::ALL.map(file).into()
}

/// Returns the names of a feed's files.
pub fn names(id: &FeedId) -> Vec<String> {
    Format::ALL.map(|format| format.file(id)).into()
}

/// Returns a feed's title in the site's language: `Labour migration`, for a branch `Labour migration · Mexico`.
pub fn title(name: &FeedName, site: &Site) -> String {
    view::feed_title(name, words::Words::of(&site.language))
}

/// Renders the search page: the form with `query` and, if the query is wrong, the mistake. It contains no
/// stories.
pub fn search_page(site: &Site, query: &str, mistake: Option<&QueryError>) -> Vec<u8> {
    search::page(site, query, mistake)
}

/// Renders the page for an address without a page or feed. `root` is the path from there to the published
/// folder.
pub fn missing_page(site: &Site, root: &str) -> Vec<u8> {
    page::missing(site, root)
}

/// The names of all files that [`index`] may return.
pub const INDEX_FILES: [&str; 4] = [page::INDEX, index::OPML, index::BRANCHES, STYLE_FILE];

/// The name of the style sheet.
const STYLE_FILE: &str = "style.css";

/// Returns the files that list the feeds: `index.html`, `index.opml`, `branches.opml` if there are branches,
/// and the `style.css` of all pages. Topics keep their order; the branches of each are sorted by name.
pub fn index(site: &Site, feeds: &[FeedSummary], search: Search) -> Vec<File> {
    let file = |name: &str, bytes| File {
        name: name.to_owned(),
        bytes,
    };
    let branches = index::branches(site, feeds).map(|bytes| file(index::BRANCHES, bytes));
    let always = [
        file(page::INDEX, index::page(site, feeds, search)),
        file(index::OPML, index::opml(site, feeds)),
        file(STYLE_FILE, STYLE.as_bytes().to_vec()),
    ];
    always.into_iter().chain(branches).collect()
}
