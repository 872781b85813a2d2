//! RSS 0.9x, 1.0 and 2.0, Atom 1.0 and JSON Feed to raw entries.
//!
//! In: the decoded text and the address it came from. Out: entries in document order.
//!
//! RSS is read by the crate `rss`, Atom (RFC 4287) by `atom_syndication`; both want well-formed XML.

mod aside;
mod atom;
mod json;
mod rss;

use quick_xml::events::Event;
use scraper::Selector;
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

/// Both crates call themselves for every level of an element they do not know: depth would take the stack, and with it
/// the whole process.
const MAX_DEPTH: usize = 200;

/// Reads a feed that came from `location`, in the end from `url`.
///
/// # Errors
/// [`ExtractError::NotAFeed`] for anything else, [`ExtractError::BadFeed`] for one that breaks its format.
pub(super) fn read(text: &str, url: &Url, location: &Location) -> Result<Extracted, ExtractError> {
    let not_a_feed = |found| Err(ExtractError::NotAFeed { found, link: None });
    match sniff(text) {
        Format::Rss | Format::Atom if nests_deep(text) => {
            Err(ExtractError::TooDeep { limit: MAX_DEPTH })
        }
        Format::Rss => rss::read(undeclared(text)),
        Format::Atom => atom::read(undeclared(text), url),
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
    let text = text.trim_start_matches(is_blank);
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

/// The feed without its XML declaration. The text was decoded by it: the readers would decode it once more.
fn undeclared(feed: &str) -> &str {
    let feed = feed.trim_start_matches(is_blank);
    let declaration = feed
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"));
    declaration.map_or(feed, |(_, rest)| rest)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
}

/// The feed that a page names in its head (`link rel="alternate"`).
pub(super) fn linked_feed(text: &str, url: &Url) -> Option<Url> {
    let end = (0..=HEAD_BYTES.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))?;
    let page = super::html::parse(text.get(..end)?).ok()?;
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

/// Whether elements are nested deeper than feeds ever are, as far as the text is XML.
fn nests_deep(text: &str) -> bool {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut depth = 0_usize;
    while depth <= MAX_DEPTH {
        match reader.read_event() {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
    true
}

/// The text, unless it is blank.
fn filled(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PublicUrl, RawText};

    fn of(text: &str) -> Result<Extracted, ExtractError> {
        let url: Url = "https://host.example/feed".parse().unwrap();
        read(text, &url, &Location::Http(PublicUrl::new(url.clone())))
    }

    /// An entry around `levels` elements of another namespace.
    fn check(feed: &str, levels: usize, deep: bool) {
        let inner = "<x:y>".repeat(levels) + &"</x:y>".repeat(levels);
        let text = feed.replace("INNER", &inner);
        let read = of(&text);
        let expected = if deep {
            Err(ExtractError::TooDeep { limit: MAX_DEPTH })
        } else {
            Ok(1)
        };
        assert_eq!(read.map(|read| read.entries.len()), expected, "{levels}");
    }

    #[test]
    fn depth_takes_no_stack() {
        let rss = "<rss version='2.0' xmlns:x='urn:x'><channel><item><title>a</title>INNER</item></channel></rss>";
        let atom =
            "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:x='urn:x'><id>a</id><title>a</title>
            <updated>2021-06-28T00:00:00Z</updated><entry><id>a</id><title>a</title>
            <updated>2021-06-28T00:00:00Z</updated>INNER</entry></feed>";
        for feed in [rss, atom] {
            check(feed, MAX_DEPTH - 10, false);
            check(feed, 200_000, true);
        }
    }

    /// The title of a feed whose characters were decoded before, whatever its declaration says.
    fn check_title(declaration: &str, feed: &str) {
        let text = format!("{declaration}{feed}");
        let found = of(&text).expect(&text).channel.title;
        let title = found.as_ref().map(RawText::as_str);
        assert_eq!(title, Some("Peñón, 高"), "{text}");
    }

    #[test]
    fn characters_are_decoded_once() {
        let rss = "<rss version=\"2.0\"><channel><title>Peñón, 高</title><link>/</link>\
                   <description>d</description></channel></rss>";
        let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Peñón, 高</title></feed>";
        for feed in [rss, atom] {
            check_title("", feed);
            check_title("\u{FEFF}<?xml version='1.0'?>", feed);
            check_title("\n<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n", feed);
            check_title(
                "<?xml version='1.0' encoding='Shift_JIS'?><!-- ?> -->",
                feed,
            );
        }
    }
}
