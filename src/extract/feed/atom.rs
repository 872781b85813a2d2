//! Atom 1.0 to raw entries.
//!
//! Follows RFC 4287, including `xml:base` and `xml:lang` of the feed, of an entry and of `content` (§2).

use atom_syndication::{Content, Entry, Feed, Link, Person, Text, TextType};
use url::Url;

use super::aside::{Aside, set_aside};
use super::{ExtractError, filled};
use crate::model::{Channel, Extracted, RawAuthor, RawEnclosure, RawEntry, RawText};

pub(super) fn read(text: &str, url: &Url) -> Result<Extracted, ExtractError> {
    let bad = |reason: String| ExtractError::BadFeed { reason };
    let (rest, aside) = set_aside(text).map_err(|error| bad(error.to_string()))?;
    let feed = Feed::read_from(rest.as_bytes()).map_err(|error| bad(error.to_string()))?;
    let base = rebased(url, feed.base.as_deref());
    let channel = Channel {
        title: filled(&feed.title.value).map(|_| text_of(&feed.title)),
        description: feed
            .subtitle
            .as_ref()
            .filter(|text| !text.value.trim().is_empty())
            .map(text_of),
        home_page: alternate(&feed.links).map(|link| absolute(&base, &link.href)),
        language: feed.lang.clone(),
        authors: feed.authors.iter().map(author).collect(),
    };
    let entries = feed.entries.iter().zip(aside);
    let entries = entries.map(|(found, aside)| entry(found, aside, &base));
    Ok(Extracted {
        channel,
        entries: entries.collect(),
        ..Extracted::default()
    })
}

/// `outer` is what `xml:base` of the entry starts from.
fn entry(entry: &Entry, aside: Aside, outer: &Url) -> RawEntry {
    let source_authors = entry
        .source
        .as_ref()
        .map_or(&[][..], |source| &source.authors);
    let authors = if entry.authors.is_empty() {
        source_authors
    } else {
        &entry.authors
    };
    let content = entry.content.as_ref();
    let base = rebased(outer, aside.base.as_deref());
    let language = content
        .and_then(|content| content.lang.clone())
        .or_else(|| entry.title.lang.clone())
        .or(aside.language);
    RawEntry {
        guid: filled(entry.id.trim()),
        title: filled(&entry.title.value).map(|_| text_of(&entry.title)),
        // `xml:base` of the content is not that of the entry's links.
        link: alternate(&entry.links).map(|link| absolute(&base, &link.href)),
        summary: entry
            .summary
            .as_ref()
            .filter(|text| !text.value.trim().is_empty())
            .map(text_of),
        content: content.and_then(content_of),
        published: aside.published.or_else(|| aside.updated.clone()),
        updated: aside.updated,
        language,
        authors: authors.iter().map(author).collect(),
        tags: entry
            .categories
            .iter()
            .map(|tag| tag.label.clone().unwrap_or_else(|| tag.term.clone()))
            .collect(),
        enclosures: entry
            .links
            .iter()
            .filter(|link| link.rel == "enclosure")
            .map(|link| enclosure(link, &base))
            .collect(),
        base: Some(rebased(
            &base,
            content.and_then(|content| content.base.as_deref()),
        )),
    }
}

/// Where relative addresses start within an element that may have a base of its own.
fn rebased(outer: &Url, own: Option<&str>) -> Url {
    own.and_then(|own| outer.join(own).ok())
        .unwrap_or_else(|| outer.clone())
}

fn text_of(text: &Text) -> RawText {
    match text.r#type {
        TextType::Text => RawText::Plain(text.value.clone()),
        TextType::Html | TextType::Xhtml => RawText::Html(text.value.clone()),
    }
}

/// Text and markup within the entry (RFC 4287 §4.1.3.3); other media types are not text.
fn content_of(content: &Content) -> Option<RawText> {
    let value = content.value.as_deref().and_then(filled)?;
    match content.content_type.as_deref() {
        None | Some("text" | "text/plain") => Some(RawText::Plain(value)),
        Some("html" | "xhtml" | "text/html" | "application/xhtml+xml") => {
            Some(RawText::Html(value))
        }
        Some(_) => None,
    }
}

/// The page of the entry: the first alternate link, HTML before others (RFC 4287 §4.1.1).
fn alternate(links: &[Link]) -> Option<&Link> {
    // An empty reference means the document itself, which is the feed.
    let mut alternates = links
        .iter()
        .filter(|link| link.rel == "alternate" && !link.href.trim().is_empty());
    let first = alternates.next()?;
    let is_page = |link: &&Link| {
        link.mime_type
            .as_deref()
            .is_none_or(|mime| mime.contains("html"))
    };
    Some(
        std::iter::once(first)
            .chain(alternates)
            .find(is_page)
            .unwrap_or(first),
    )
}

fn absolute(base: &Url, href: &str) -> String {
    base.join(href)
        .map_or_else(|_| href.to_owned(), String::from)
}

fn author(person: &Person) -> RawAuthor {
    let name = filled(&person.name)
        .or_else(|| person.email.clone())
        .unwrap_or_default();
    RawAuthor {
        name,
        url: person.uri.clone(),
    }
}

fn enclosure(link: &Link, base: &Url) -> RawEnclosure {
    let url = absolute(base, &link.href);
    RawEnclosure {
        url,
        mime_type: link.mime_type.clone(),
        length_bytes: link.length.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_an_entry_is_found() {
        let check = |links: &str, expected: Option<&str>| {
            let text = format!(
                "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>{links}</entry></feed>"
            );
            let read = read(&text, &"https://host.example/feed".parse().unwrap()).expect(links);
            assert_eq!(read.entries[0].link.as_deref(), expected, "{links}");
        };
        check("<link href=\"/a\"/>", Some("https://host.example/a"));
        check(
            "<link type=\"application/pdf\" href=\"/a.pdf\"/><link type=\"text/html\" href=\"/a\"/>",
            Some("https://host.example/a"),
        );
        check(
            "<link rel=\"enclosure\" href=\"/a\"/><link rel=\"alternate\"/>",
            None,
        );
    }
}
