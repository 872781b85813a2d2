//! Stories to feeds: RSS 2.0, Atom 1.0, JSON Feed 1.1 and a page for people, an index of all feeds, and the
//! published folder.
//!
//! In: a [`Feed`] (or the [`FeedSummary`] of each) and the [`Site`]. Out: [`PublishedFile`]s, which a [`PublishedFolder`] puts in
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

pub use files::{PublishError, PublishedFolder};
pub use search::SearchAvailability;
pub use view::FeedFormat;

use crate::model::{Feed, FeedId, FeedName, FeedScope, FeedSummary, Site};
use crate::topics::QueryError;

/// Raised whenever the same input gives other bytes than before. Every feed is then published anew.
pub const RENDERER_VERSION: u32 = 7;

/// The style sheet of all pages.
pub const STYLE: &str = include_str!("style.css");

/// One published file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFile {
    /// Its name in the published folder: `labour-migration.atom`, `labour-migration/mx.atom`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Renders a feed, or the answer to a search, in one format.
pub fn render_feed(feed: &Feed, site: &Site, format: FeedFormat) -> Vec<u8> {
    match format {
        FeedFormat::Rss => self::rss::render(feed, site),
        FeedFormat::Atom => atom::render(feed, site),
        FeedFormat::Json => json::render(feed, site),
        FeedFormat::Html => page::render(feed, site),
    }
}

/// Renders a feed's `.rss`, `.atom`, `.json` and `.html`. A search has no files.
pub fn render_feed_files(feed: &Feed, site: &Site) -> Vec<PublishedFile> {
    let FeedScope::Feed(name) = &feed.scope else {
        return Vec::new();
    };
    let file = |format: FeedFormat| PublishedFile {
        name: format.file_name(&name.id),
        bytes: render_feed(feed, site, format),
    };
    FeedFormat::ALL.map(file).into()
}

/// Returns the names of a feed's files.
pub fn feed_file_names(id: &FeedId) -> Vec<String> {
    FeedFormat::ALL.map(|format| format.file_name(id)).into()
}

/// Returns a feed's title in the site's language: `Labour migration`, for a branch `Labour migration · Mexico`.
pub fn feed_title(name: &FeedName, site: &Site) -> String {
    view::feed_title(name, words::Words::for_language(&site.language))
}

/// Renders the search page: the form with `query` and, if the query is wrong, the mistake. It contains no
/// stories.
pub fn render_search_page(site: &Site, query: &str, mistake: Option<&QueryError>) -> Vec<u8> {
    search::render_page(site, query, mistake)
}

/// Renders the page for an address without a page or feed. `root` is the path from there to the published
/// folder.
pub fn render_missing_page(site: &Site, root: &str) -> Vec<u8> {
    page::render_missing(site, root)
}

/// The names of all files that [`render_index_files`] may return.
pub const INDEX_FILES: [&str; 4] = [page::INDEX, index::OPML, index::BRANCHES, STYLE_FILE];

/// The name of the style sheet.
const STYLE_FILE: &str = "style.css";

/// Returns the files that list the feeds: `index.html`, `index.opml`, `branches.opml` if there are branches,
/// and the `style.css` of all pages. Topics keep their order; the branches of each are sorted by name.
pub fn render_index_files(
    site: &Site,
    feeds: &[FeedSummary],
    search: SearchAvailability,
) -> Vec<PublishedFile> {
    let file = |name: &str, bytes| PublishedFile {
        name: name.to_owned(),
        bytes,
    };
    let branches = index::render_branches(site, feeds).map(|bytes| file(index::BRANCHES, bytes));
    let always = [
        file(page::INDEX, index::render_page(site, feeds, search)),
        file(index::OPML, index::render_opml(site, feeds)),
        file(STYLE_FILE, STYLE.as_bytes().to_vec()),
    ];
    always.into_iter().chain(branches).collect()
}
