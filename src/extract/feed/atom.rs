//! Atom 1.0 to raw entries.
//!
//! Follows RFC 4287, including `xml:base` of the feed and of `content` (§2), as far as `atom_syndication` keeps it.

use atom_syndication::{Content, Entry, Feed, Link, Person, Text, TextType};
use url::Url;

use super::{ExtractError, filled};
use crate::model::{Channel, Extracted, RawAuthor, RawEnclosure, RawEntry, RawText};

pub(super) fn read(text: &str, url: &Url) -> Result<Extracted, ExtractError> {
    let feed = Feed::read_from(text.as_bytes()).map_err(|error| ExtractError::BadFeed {
        reason: error.to_string(),
    })?;
    let base = feed.base.as_deref().and_then(|base| url.join(base).ok());
    let channel = Channel {
        title: filled(&feed.title.value).map(|_| text_of(&feed.title)),
        description: feed
            .subtitle
            .as_ref()
            .filter(|text| !text.value.trim().is_empty())
            .map(text_of),
        home_page: alternate(&feed.links).map(|link| absolute(base.as_ref(), &link.href)),
        language: feed.lang.clone(),
        authors: feed.authors.iter().map(author).collect(),
    };
    let entries = feed
        .entries
        .iter()
        .map(|found| entry(found, base.as_ref(), url))
        .collect();
    Ok(Extracted {
        channel,
        entries,
        ..Extracted::default()
    })
}

fn entry(entry: &Entry, base: Option<&Url>, document: &Url) -> RawEntry {
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
    let own_base = content.and_then(|content| content.base.as_deref());
    let start = base.unwrap_or(document);
    let language = content
        .and_then(|content| content.lang.clone())
        .or_else(|| entry.title.lang.clone());
    RawEntry {
        guid: filled(entry.id.trim()),
        title: filled(&entry.title.value).map(|_| text_of(&entry.title)),
        // `xml:base` of the content is not that of the entry's links.
        link: alternate(&entry.links).map(|link| absolute(Some(start), &link.href)),
        base: own_base
            .and_then(|own| start.join(own).ok())
            .or_else(|| base.cloned()),
        summary: entry
            .summary
            .as_ref()
            .filter(|text| !text.value.trim().is_empty())
            .map(text_of),
        content: content.and_then(content_of),
        published: entry
            .published
            .as_ref()
            .map(chrono::DateTime::to_rfc3339)
            .or_else(|| updated(entry)),
        updated: updated(entry),
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
            .map(|link| enclosure(link, start))
            .collect(),
    }
}

/// `atom_syndication` fills a missing `updated` with the epoch.
fn updated(entry: &Entry) -> Option<String> {
    (entry.updated.timestamp() != 0).then(|| entry.updated.to_rfc3339())
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

fn absolute(base: Option<&Url>, href: &str) -> String {
    base.and_then(|base| base.join(href).ok())
        .map_or_else(|| href.to_owned(), String::from)
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
    let url = absolute(Some(base), &link.href);
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
