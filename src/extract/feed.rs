//! Reads RSS 0.90 to 2.0, Atom 0.3 and 1.0, CDF and JSON Feed into raw entries, however badly they are written.
//!
//! In: the decoded text and the address it came from. Out: entries in document order, and a [`Problem`] for each
//! violation of the format: the error, its place, and the correction made. Only a text that is not a feed at all is an
//! error.
//!
//! `scan` splits the text into tokens, `references` resolves entities, `names` maps elements to their meaning, `xml`
//! reads the nesting, `content` decides the type of an element's text, `media` chooses the picture that represents an
//! entry, and `draft` keeps the best of several elements for a field.
//! `json` reads the one format that is not XML.
//!
//! # Which element fills which field
//!
//! A field takes the first of the elements in its row, whatever their order in the document, and among equals the first
//! in the document. Elements are identified by their local names, in any case. Elements without a prefix, in an unknown
//! namespace, or in that of RSS or Atom belong to the format itself. `dc` means Dublin Core and its terms. The other
//! prefixes have their usual meaning.
//!
//! | field | RSS 0.90–2.0, CDF | Atom 0.3, 1.0 | JSON Feed |
//! |---|---|---|---|
//! | `guid` | `guid`, `item@rdf:about`, `dc:identifier` | `id` | `id` |
//! | `title` | `title`, `dc:title`, `media:title` except that of a picture, `itunes:title` | the same | `title` |
//! | `link` | `feedburner:origLink`, `link`, `link@href` of the page, `guid` that is an address and not marked otherwise, `item@rdf:about` | `link rel="alternate"` (HTML first), `content@src` | `url`, `external_url` |
//! | `summary` | `summary`, `description`, `dc:description`, `itunes:summary`, `media:description` | `summary` | `summary` |
//! | `content` | `content:encoded`, `body` of XHTML, `fullitem`; `description` if there is also a `summary` | `content` | `content_html`, `content_text` |
//! | `published` | `pubDate`, `dc:date`, `dc:issued`, `dc:created`; else `updated` | `published`, `issued`, `created`; else `updated` | `date_published`, `date_modified` |
//! | `updated` | `lastBuildDate`, `dc:modified`, `ITEM@LASTMOD` | `updated`, `modified`; the last of several | `date_modified` |
//! | `authors` | `dc:creator`, `author`, `itunes:author`, `media:credit`, `dc:contributor`, `dc:publisher` | `author`, that of `source`, `contributor` | `authors`, `author` |
//! | `tags` | `category`, `dc:subject`, `itunes:keywords`, `media:category`, `media:keywords` | `category` (`label`, `term`) | `tags` |
//! | `enclosures` | `enclosure`, `media:content` except the `image`, `link rel="enclosure"`; playing time from `media:content@duration`, `itunes:duration` | `link rel="enclosure"`, `content@src` of another type | `attachments` |
//! | `links` | `link rel="related"` or `"via"` | the same | `external_url` if there is also a `url` |
//! | `image` | `image/url`, `media:thumbnail`, `itunes:image`, `media:content` that is a picture | the same | `image`, `banner_image` |
//! | `language` | `dc:language`, `xml:lang` | `xml:lang` | `language` |
//! | `comments` | `comments` | `link rel="replies"` | |
//! | `license` | `creativeCommons:license`, `media:license`, `dc:rights`, `copyright` | `link rel="license"`, `rights` | |
//! | `origin` | `source` | `source` | |
//! | `point` | `georss:point`, `georss:where`, `geo:lat` and `geo:long` | the same | |
//! | channel's `description` | `description`, `dc:description`, `itunes:summary`, `ABSTRACT` | `subtitle`, `tagline` | `description` |
//! | channel's `authors` | `dc:creator`, `managingEditor` with a name, `itunes:author`, the name of `itunes:owner`, `webMaster` with a name | `author` | `authors`, `author` |
//! | channel's `advice` | `ttl`, `skipHours`, `skipDays`, `sy:update…`, `cloud`, `itunes:new-feed-url`, `atom:link` | `link` (`self`, `hub`, `next`, `prev-archive`), `fh:complete` | `feed_url`, `hubs`, `next_url` |
//!
//! # Text
//!
//! Atom's `type` and `mode` are trusted, and a title of Atom without a type is plain text, as the format defines. The
//! type of other text without a type, and of all text of RSS, is detected. Elements within a text (XHTML, or unescaped
//! tags) make it HTML. `xml:base` and `xml:lang` count on any element, including those of XHTML. Escaped CDATA is
//! opened, except in a guid, which identifies the entry.
//!
//! # Wrappers
//!
//! A document may be one entry of Atom. A page that contains nothing but a feed, as markup or as the text of its `pre`,
//! is read as that feed. RSS and Atom converted to JSON are converted back (`json/converted`).
//!
//! # Differences from the Universal Feed Parser's tests
//!
//! - An entry in which the document breaks off is not kept: half a notice may say the opposite of the whole one
//!   (`illformed/rss_incomplete_cdata.xml`).
//! - Entities that a document declares are not expanded (`wellformed/rss/entity_in_doctype.xml`): a few of them grow into
//!   gigabytes, and others read files.
//! - An entry whose only values fit no field, such as a date of expiry, is left out and reported.
//! - EBCDIC code pages are not read: nobody has written a feed in them for decades.

mod scan;
mod fault;
mod references;
mod names;
mod content;
mod media;
mod draft;
mod xml;
mod json;

use url::Url;

pub(super) use self::fault::{FormatFault, FormatFaults};
pub(super) use self::json::{may_be_converted, repair_json};
pub(super) use self::references::decode_references;
pub(super) use self::scan::{XmlScanner, XmlTag, XmlToken, local_name};
use super::ExtractError;
use crate::model::{Extracted, Location};

/// The format of a text, by its first element or character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextFormat {
    Xml,
    Json,
    Html,
    /// Another known format, such as a sitemap.
    Other(&'static str),
    OtherXml,
    Unknown,
}

/// The name of a sitemap in [`Format::Other`].
pub(super) const SITEMAP: &str = "a sitemap";

/// The name of a list of feeds in [`Format::Other`].
pub(super) const FEED_LIST: &str = "a list of feeds (OPML)";

/// The number of bytes searched for the first element: a server's warnings may come before it.
const JUNK_BYTES: usize = 16 * 1024;

/// Reads a feed requested from `location` that finally came from `url`.
///
/// # Errors
/// Returns [`ExtractError::NotAFeed`] for anything else, and [`ExtractError::BadFeed`] for a JSON feed that
/// breaks off before its first entry is complete.
pub(super) fn read_feed(
    text: &str,
    url: &Url,
    location: &Location,
) -> Result<Extracted, ExtractError> {
    let not_a_feed = |found| Err(ExtractError::NotAFeed { found, link: None });
    match sniff_format(text) {
        TextFormat::Xml => Ok(xml::read_xml_feed(text, url)),
        TextFormat::Json => json::read_json_feed(text),
        TextFormat::Html => match feed_shown_in_page(text) {
            Some(held) => read_feed(&held, url, location),
            None => Err(ExtractError::NotAFeed {
                found: "an HTML page",
                link: find_linked_feed(text, url).map(|link| location.linked_url(link)),
            }),
        },
        TextFormat::Other(found) => not_a_feed(found),
        TextFormat::OtherXml => not_a_feed("XML of another kind"),
        TextFormat::Unknown if text.trim().is_empty() => not_a_feed("an empty document"),
        TextFormat::Unknown => not_a_feed("text"),
    }
}

/// Reads a JSON Feed.
///
/// # Errors
/// Returns [`ExtractError::NotAFeed`] if `items` is missing, and [`ExtractError::BadFeed`] if the feed breaks
/// off before its first entry is complete.
pub(super) fn read_json(text: &str) -> Result<Extracted, ExtractError> {
    json::read_json_feed(text)
}

/// Detects the format by the first element that a feed or a page begins with, regardless of prefix, namespace
/// and `Content-Type`.
pub(super) fn sniff_format(text: &str) -> TextFormat {
    let text = text.trim_start_matches(is_blank);
    if text.starts_with('{') {
        return TextFormat::Json;
    }
    let mut scanner = XmlScanner::new(text);
    let mut seen = TextFormat::Unknown;
    while scanner.position() < JUNK_BYTES
        && let Some(token) = scanner.next_token()
    {
        let XmlToken::Open(tag) = token else { continue };
        match local_name(tag.name).to_ascii_lowercase().as_str() {
            // RDF within a document of another kind describes that document.
            "rdf" if seen == TextFormat::OtherXml => {}
            "rss" | "rdf" | "feed" | "channel" => return TextFormat::Xml,
            // A document may be one entry (RFC 4287 §2).
            "entry" if seen == TextFormat::Unknown && is_atom_tag(&tag) => return TextFormat::Xml,
            "html" | "body" if wraps_feed(&mut scanner) => return TextFormat::Xml,
            "html" | "head" | "body" | "title" | "meta" | "link" | "script" | "table" => {
                return TextFormat::Html;
            }
            "div" | "p" | "main" | "article" | "section" | "ul" | "h1" | "h2" => {
                seen = TextFormat::Html;
            }
            "opml" => return TextFormat::Other(FEED_LIST),
            "urlset" | "sitemapindex" => return TextFormat::Other(SITEMAP),
            _ if seen == TextFormat::Unknown && text.starts_with('<') => {
                seen = TextFormat::OtherXml;
            }
            _ => {}
        }
    }
    if seen == TextFormat::OtherXml && has_html_doctype(text) {
        return TextFormat::Html;
    }
    seen
}

fn is_atom_tag(tag: &XmlTag<'_>) -> bool {
    let names = ["http://www.w3.org/2005/Atom", "http://purl.org/atom/ns"];
    names.iter().any(|name| tag.attributes.contains(name))
}

/// Returns true if a page contains nothing but a feed, which some program wrapped in it.
fn wraps_feed(scanner: &mut XmlScanner<'_>) -> bool {
    while scanner.position() < JUNK_BYTES
        && let Some(token) = scanner.next_token()
    {
        let XmlToken::Open(tag) = token else { continue };
        match local_name(tag.name).to_ascii_lowercase().as_str() {
            "feed" => return is_atom_tag(&tag),
            "rss" => return tag.attributes.contains("version"),
            "head" | "body" | "meta" | "title" | "link" | "style" | "pre" | "div" | "p" | "br" => {}
            _ => return false,
        }
    }
    false
}

/// Returns the feed that a page shows as text: browsers render feeds this way, and programs that fetch by a
/// browser pass the page on.
pub(super) fn feed_shown_in_page(text: &str) -> Option<String> {
    let mut scanner = XmlScanner::new(text);
    let mut is_shown = false;
    while scanner.position() < JUNK_BYTES
        && let Some(token) = scanner.next_token()
    {
        match token {
            XmlToken::Open(tag) => match local_name(tag.name).to_ascii_lowercase().as_str() {
                "pre" => is_shown = true,
                "html" | "head" | "body" | "meta" | "link" | "title" | "style" | "div" => {}
                _ => return None,
            },
            XmlToken::Text(found) if is_shown => {
                let held = references::decode_references(found).0;
                let is_feed = matches!(sniff_format(&held), TextFormat::Xml | TextFormat::Json);
                return is_feed.then(|| held.into_owned());
            }
            XmlToken::Text(_) | XmlToken::Cdata(_) | XmlToken::Close(_) => {}
        }
    }
    None
}

pub(super) fn has_html_doctype(text: &str) -> bool {
    let start: String = text.chars().take(14).collect();
    start.eq_ignore_ascii_case("<!doctype html")
}

pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{FEFF}'
}

/// Returns the feed that a page links to, the surest one.
pub(super) fn find_linked_feed(text: &str, url: &Url) -> Option<Url> {
    super::html::find_leads(text, url)?.feeds.into_iter().next()
}

/// Returns the text, unless it is blank.
fn non_blank(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PublicUrl, RawText};

    fn of(text: &str) -> Result<Extracted, ExtractError> {
        let url: Url = "https://host.example/feed".parse().unwrap();
        read_feed(text, &url, &Location::Http(PublicUrl::new(url.clone())))
    }

    /// Checks the problems of an entry around `levels` elements of another namespace, and its title.
    fn check_depth(feed: &str, levels: usize, problems: &[&str]) {
        let inner = "<x:y>".repeat(levels) + &"</x:y>".repeat(levels);
        let read = of(&feed.replace("INNER", &inner)).unwrap();
        let told: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
        let titles: Vec<&str> = read
            .entries
            .iter()
            .filter_map(|entry| entry.title.as_ref())
            .map(RawText::as_str)
            .collect();
        assert_eq!(
            (titles, told),
            (
                vec!["a"],
                problems.iter().map(ToString::to_string).collect()
            )
        );
    }

    #[test]
    fn depth_takes_no_stack() {
        let rss = "<rss version='2.0' xmlns:x='urn:x'><channel><item>INNER<title>a</title></item></channel></rss>";
        let atom =
            "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:x='urn:x'><id>a</id><title>a</title>
            <updated>2021-06-28T00:00:00Z</updated><entry><id>a</id>INNER<title>a</title>
            <updated>2021-06-28T00:00:00Z</updated></entry></feed>";
        check_depth(rss, 190, &[]);
        check_depth(atom, 190, &[]);
        let told = |line, times: usize| {
            format!(
                "line {line}: elements are nested too deep; the innermost are left out ({times} times)"
            )
        };
        check_depth(rss, 200_000, &[&told(1, 199_803)]);
        check_depth(atom, 200_000, &[&told(2, 199_802)]);
    }

    /// Checks the title of a feed whose characters were decoded before, regardless of its declaration.
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
