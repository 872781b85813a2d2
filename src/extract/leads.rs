//! Finds the leads of a page, for choosing the best way to read it.
//!
//! In: a document. Out: for a page its feeds, its interface, its next page, and the names it gives itself and
//! its site.

use url::Url;

use super::{charset, html};
use crate::model::{Css, Document};

/// The links of a page to better sources, and the page's own names.
#[derive(Clone, Debug, Default)]
pub struct PageLeads {
    /// Its feeds: those that it declares, else links that look like feeds. The number is limited.
    pub feeds: Vec<Url>,
    /// The sitemaps of an index, the newest first. The number is limited.
    pub parts: Vec<Url>,
    /// The entry point of its site's `WordPress` interface (`link rel="https://api.w.org/"`).
    pub wordpress: Option<Url>,
    /// A selector of the link to the next page of its list.
    pub next: Option<Css>,
    /// Its site's name (`og:site_name`).
    pub site_name: Option<String>,
    /// Its first heading.
    pub heading: Option<String>,
}

/// Returns the leads of a page, or none if it is nested too deeply.
pub fn find_page_leads(document: &Document) -> PageLeads {
    let text = charset::decode_document(document, None).text;
    html::find_leads(&text, &document.url).unwrap_or_default()
}
