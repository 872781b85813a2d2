//! What a page leads to: for whoever looks for the best way to read it.
//!
//! In: a document. Out: of a page its feeds, its interface, its next page, and how it calls itself and its site.

use url::Url;

use super::{charset, html};
use crate::model::{Css, Document};

/// What a page leads to, and what it says of itself.
#[derive(Clone, Debug, Default)]
pub struct Leads {
    /// Its feeds: those that it declares, else links that look like feeds. Bounded.
    pub feeds: Vec<Url>,
    /// The sitemaps of an index, the newest first. Bounded.
    pub parts: Vec<Url>,
    /// The entry of its site's `WordPress` interface (`link rel="https://api.w.org/"`).
    pub wordpress: Option<Url>,
    /// A selector of the link to the next page of its list.
    pub next: Option<Css>,
    /// Its site's name (`og:site_name`).
    pub site_name: Option<String>,
    /// Its first heading.
    pub heading: Option<String>,
}

/// What a page leads to; nothing where it is nested too deep.
pub fn leads(document: &Document) -> Leads {
    let text = charset::decode(document, None).text;
    html::leads(&text, &document.url).unwrap_or_default()
}
