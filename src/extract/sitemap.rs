//! Reads sitemaps (sitemaps.org 0.9) into raw entries: those of addresses, of news, of pictures, indexes, and
//! plain lists.
//!
//! In: the decoded text, its address, the source. Out: an entry per address, in document order. If there are
//! more than the limit, the newest. An index gives no entries, only the sitemaps of its own site that it
//! lists, the newest first.
//!
//! | element | field |
//! |---|---|
//! | `loc` | `link` |
//! | `news:title`, else `video:title`, else an `image:title` of several words if there is one picture | `title` |
//! | `news:publication_date`, else `lastmod` | `published` |
//! | `lastmod` | `updated` |
//! | `news:keywords` | `tags` |
//! | `news:language` | `language` |
//! | `image:loc`, `video:thumbnail_loc` | `image` |
//!
//! An entry without a stated title has none: its page has one.

use chrono::{DateTime, Utc};
use url::Url;

use super::xml::{XmlElement, XmlTree};
use super::{ExtractError, MAX_ENTRIES, feed, follow, passes_filters};
use crate::dates::{self, DateHints};
use crate::model::{
    DocumentMetadata, ElementPath, Extracted, Problem, RawEntry, RawImage, RawTag, RawText, Source,
};

/// The maximum number of an index's sitemaps that are returned, from which the poll chooses.
const MAX_FOLLOW: usize = 100;

/// Reads a sitemap that came from `url`. A feed counts as one too, as in search engines.
///
/// # Errors
/// Returns [`ExtractError::BadDocument`] for anything else.
pub(super) fn read_sitemap(
    text: &str,
    url: &Url,
    source: &Source,
    hints: &DateHints<'_>,
) -> Result<Extracted, ExtractError> {
    if is_address_list(text) {
        return Ok(keep_newest(read_address_lines(text), url, source, hints));
    }
    let tree = XmlTree::parse(text)?;
    let document = tree.document();
    let mut extracted = match (
        find_all(document, "//urlset"),
        find_all(document, "//sitemapindex"),
    ) {
        (urls, _) if !urls.is_empty() => {
            let entries = find_all(document, "//urlset/url")
                .into_iter()
                .filter_map(parse_entry);
            keep_newest(entries.collect(), url, source, hints)
        }
        (_, index) if !index.is_empty() => Extracted {
            channel: sitemap_metadata("sitemap index"),
            follow: sitemaps_to_follow(document, url, hints),
            ..Extracted::default()
        },
        _ if feed::sniff_format(text) == feed::TextFormat::Xml => {
            return feed::read_feed(text, url, &source.location);
        }
        _ => {
            return Err(ExtractError::BadDocument {
                what: "the sitemap",
                reason: "it has neither `urlset` nor `sitemapindex`".to_owned(),
            });
        }
    };
    extracted.problems.splice(..0, tree.problems());
    Ok(extracted)
}

/// Returns true if a text is a list of addresses, one per line.
pub(super) fn is_address_list(text: &str) -> bool {
    let text = text.trim_start_matches(feed::is_blank);
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .peekable();
    let is_address = |line: &str| {
        ["http://", "https://"]
            .iter()
            .any(|scheme| line.starts_with(scheme))
            && !line.contains(char::is_whitespace)
    };
    lines.peek().is_some() && lines.all(is_address)
}

fn read_address_lines(text: &str) -> Vec<RawEntry> {
    let lines = text.trim_start_matches(feed::is_blank).lines();
    let entry = |line: &str| RawEntry {
        link: Some(line.trim().to_owned()),
        ..RawEntry::default()
    };
    lines
        .filter(|line| !line.trim().is_empty())
        .map(entry)
        .collect()
}

fn find_all<'a>(element: XmlElement<'a>, path: &str) -> Vec<XmlElement<'a>> {
    let path: ElementPath = path.parse().expect("a path of our own");
    element.find(&path)
}

fn find_texts(element: XmlElement<'_>, path: &str) -> Vec<String> {
    let found = find_all(element, path).into_iter();
    let texts = found.map(|found| found.text_content().trim().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}

fn parse_entry(found: XmlElement<'_>) -> Option<RawEntry> {
    let text = |path: &str| find_texts(found, path).into_iter().next();
    let modified = text("lastmod");
    let pictures = find_texts(found, "image/loc");
    let of_picture = || {
        let title = (pictures.len() == 1).then(|| text("image/title"))?;
        // One word is the name of a file.
        title.filter(|title| title.split_whitespace().nth(1).is_some())
    };
    let title = text("news/title")
        .or_else(|| text("video/title"))
        .or_else(of_picture);
    let keywords = text("news/keywords").unwrap_or_default();
    let keywords = keywords
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty());
    Some(RawEntry {
        link: Some(text("loc")?),
        title: title.map(RawText::Unsaid),
        published: text("news/publication_date").or_else(|| modified.clone()),
        updated: modified,
        language: text("news/publication/language").or_else(|| text("news/language")),
        tags: keywords.map(|word| RawTag::from(word.to_owned())).collect(),
        image: parse_image(found).or_else(|| text("video/thumbnail_loc").map(RawImage::from)),
        ..RawEntry::default()
    })
}

/// Returns the first picture, with its description.
fn parse_image(found: XmlElement<'_>) -> Option<RawImage> {
    let first = *find_all(found, "image").first()?;
    let text = |path: &str| find_texts(first, path).into_iter().next();
    Some(RawImage {
        alt: text("caption").or_else(|| text("title")),
        ..RawImage::from(text("loc")?)
    })
}

fn sitemap_metadata(format: &str) -> DocumentMetadata {
    DocumentMetadata {
        format: Some(format.to_owned()),
        ..DocumentMetadata::default()
    }
}

/// Returns the entries that pass the source's filters, or the newest if there are more than the limit. They
/// keep their order.
fn keep_newest(
    entries: Vec<RawEntry>,
    url: &Url,
    source: &Source,
    hints: &DateHints<'_>,
) -> Extracted {
    let mut entries: Vec<RawEntry> = entries
        .into_iter()
        .filter(|entry| passes_filters(entry, url, source))
        .collect();
    let mut problems = Vec::new();
    if entries.len() > MAX_ENTRIES {
        let at = |entry: &RawEntry| parse_date(entry.published.as_deref(), hints);
        let mut dated: Vec<_> = entries
            .into_iter()
            .enumerate()
            .map(|(place, entry)| (at(&entry), place, entry))
            .collect();
        dated.sort_by(|(one, ..), (other, ..)| other.cmp(one));
        dated.truncate(MAX_ENTRIES);
        dated.sort_by_key(|(_, place, _)| *place);
        entries = dated.into_iter().map(|(.., entry)| entry).collect();
        problems.push(Problem::TooManyEntries { limit: MAX_ENTRIES });
    }
    let untitled = entries.iter().filter(|entry| entry.title.is_none()).count();
    if untitled > 0 && source.detail.is_none() {
        let entries = entries.len();
        problems.push(Problem::Untitled { untitled, entries });
    }
    Extracted {
        channel: sitemap_metadata("sitemap"),
        entries,
        problems,
        ..Extracted::default()
    }
}

/// Returns the sitemaps of an index, the newest first, then those without a date, in their order.
fn sitemaps_to_follow(document: XmlElement<'_>, url: &Url, hints: &DateHints<'_>) -> Vec<Url> {
    let sitemaps = find_all(document, "//sitemapindex/sitemap").into_iter();
    let sitemap = |found: XmlElement<'_>| {
        let text = |path: &str| find_texts(found, path).into_iter().next();
        let next = url.join(&text("loc")?).ok()?;
        let modified = parse_date(text("lastmod").as_deref(), hints);
        (next != *url && follow::is_same_site(url, &next)).then_some((modified, next))
    };
    let mut sitemaps: Vec<(Option<DateTime<Utc>>, Url)> = sitemaps.filter_map(sitemap).collect();
    sitemaps.sort_by(|(one, _), (other, _)| other.cmp(one));
    sitemaps.truncate(MAX_FOLLOW);
    sitemaps.into_iter().map(|(_, next)| next).collect()
}

fn parse_date(text: Option<&str>, hints: &DateHints<'_>) -> Option<DateTime<Utc>> {
    Some(dates::parse_field(text?, hints)?.dated.at.to_utc())
}
