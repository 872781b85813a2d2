//! RSS 0.9x, 1.0 and 2.0, Atom 1.0 and JSON Feed to raw entries.
//!
//! In: the decoded text and the address it came from. Out: entries in document order.
//!
//! RSS is read by the crate `rss`, Atom (RFC 4287) by `atom_syndication`; both want well-formed XML.

mod atom;
mod json;
mod rss;

use quick_xml::events::Event;
use scraper::{Html, Selector};
use url::Url;

use super::ExtractError;
use crate::model::{Extracted, Location};

/// What a text is, by its first element or character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Rss,
    Atom,
    Json,
    Html,
    OtherXml,
    Unknown,
}

/// How far into a page a link to its feed is looked for: the head of a page is its beginning.
const HEAD_BYTES: usize = 256 * 1024;

/// Reads a feed that came from `location`, in the end from `url`.
///
/// # Errors
/// [`ExtractError::NotAFeed`] for anything else, [`ExtractError::BadFeed`] for one that breaks its format.
pub(super) fn read(text: &str, url: &Url, location: &Location) -> Result<Extracted, ExtractError> {
    let not_a_feed = |found| Err(ExtractError::NotAFeed { found, link: None });
    match sniff(text) {
        Format::Rss => rss::read(text),
        Format::Atom => atom::read(text, url),
        Format::Json => json::read(text),
        Format::Html => Err(ExtractError::NotAFeed {
            found: "an HTML page",
            link: linked_feed(text, url).map(|link| location.leading_to(link)),
        }),
        Format::OtherXml => not_a_feed("XML of another kind"),
        Format::Unknown if text.trim().is_empty() => not_a_feed("an empty document"),
        Format::Unknown => not_a_feed("text"),
    }
}

/// Tells the format by the root element's local name, whatever prefix, namespace and `Content-Type` say.
pub(super) fn sniff(text: &str) -> Format {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    if text.starts_with('{') {
        return Format::Json;
    }
    if !text.starts_with('<') {
        return Format::Unknown;
    }
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                return match start.local_name().as_ref().to_ascii_lowercase().as_slice() {
                    b"rss" | b"rdf" => Format::Rss,
                    b"feed" => Format::Atom,
                    b"html" | b"head" | b"body" | b"title" | b"div" | b"p" | b"meta" | b"table" => {
                        Format::Html
                    }
                    _ => Format::OtherXml,
                };
            }
            Ok(Event::DocType(kind)) if kind.to_ascii_lowercase().starts_with(b"html") => {
                return Format::Html;
            }
            Ok(Event::Eof) | Err(_) => return Format::Unknown,
            Ok(_) => {}
        }
    }
}

/// The feed that a page names in its head (`link rel="alternate"`).
fn linked_feed(text: &str, url: &Url) -> Option<Url> {
    let end = (0..=HEAD_BYTES.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))?;
    let head = text
        .get(..end)
        .filter(|head| !super::html::too_deep(head))?;
    let page = Html::parse_document(head);
    let links = Selector::parse("link[rel~='alternate' i][href]").expect("a selector of our own");
    let feed = page.select(&links).find(|link| {
        let kind = link.attr("type").unwrap_or_default().to_ascii_lowercase();
        [
            "application/rss+xml",
            "application/atom+xml",
            "application/feed+json",
        ]
        .iter()
        .any(|feed| kind.starts_with(feed))
    })?;
    url.join(feed.attr("href")?)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// The text, unless it is blank.
fn filled(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}
