//! What nobody can read, and what a page leads to: for whoever looks for the best way to read it.
//!
//! In: a document. Out: what it is where it is nothing to read, and of a page its feeds, its interface, its next page,
//! and how it calls itself and its site.

use url::Url;

use super::{charset, feed, html};
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

/// First bytes of what is no text.
const SIGNATURES: [(&[u8], &str); 6] = [
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "an archive or an office document"),
    (b"\xD0\xCF\x11\xE0", "an office document"),
    (b"\x89PNG", "a picture"),
    (b"\xFF\xD8\xFF", "a picture"),
    (b"GIF8", "a picture"),
];

/// How far a document is looked at for bytes that no text has.
const LOOKED_AT: usize = 1024;

/// What a document is called that nobody reads bulletins of: a picture, a list of feeds.
pub fn unreadable(document: &Document) -> Option<&'static str> {
    let body = document.body.as_slice();
    if let Some((_, name)) = SIGNATURES.iter().find(|(sign, _)| body.starts_with(sign)) {
        return Some(name);
    }
    let text = charset::decode(document, None).text;
    if text.chars().take(LOOKED_AT).any(|c| c == '\0') {
        return Some("no text");
    }
    match feed::sniff(&text) {
        feed::Format::Other(feed::SITEMAP) => None,
        feed::Format::Other(name) => Some(name),
        _ => None,
    }
}

/// What a page leads to; nothing where it is nested too deep.
pub fn leads(document: &Document) -> Leads {
    let text = charset::decode(document, None).text;
    html::leads(&text, &document.url).unwrap_or_default()
}
