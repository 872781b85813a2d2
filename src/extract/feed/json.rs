//! JSON Feed 1.0 and 1.1 to raw entries.
//!
//! Lenient as its readers are: an `id` may be a number, a field of the wrong type costs that field only.

use serde_json::{Map, Value};

use super::{ExtractError, filled};
use crate::model::{Channel, Extracted, RawAuthor, RawEnclosure, RawEntry, RawText};

pub(super) fn read(text: &str) -> Result<Extracted, ExtractError> {
    let bad = |reason: String| ExtractError::BadFeed { reason };
    let feed: Map<String, Value> = serde_json::from_str(text.trim_start_matches('\u{FEFF}'))
        .map_err(|error| bad(error.to_string()))?;
    let Some(items) = feed.get("items").and_then(Value::as_array) else {
        return Err(ExtractError::NotAFeed {
            found: "JSON without `items`",
            link: None,
        });
    };
    let channel = Channel {
        title: string(&feed, "title").map(RawText::Plain),
        description: string(&feed, "description").map(RawText::Plain),
        home_page: string(&feed, "home_page_url"),
        language: string(&feed, "language"),
        authors: authors(&feed),
        ..Channel::default()
    };
    let entries = items
        .iter()
        .filter_map(Value::as_object)
        .map(entry)
        .collect();
    Ok(Extracted {
        channel,
        entries,
        ..Extracted::default()
    })
}

fn entry(item: &Map<String, Value>) -> RawEntry {
    let attachments = item
        .get("attachments")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let tags = item
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    RawEntry {
        guid: string(item, "id").or_else(|| {
            item.get("id")
                .filter(|id| id.is_number())
                .map(Value::to_string)
        }),
        title: string(item, "title").map(RawText::Plain),
        link: string(item, "url").or_else(|| string(item, "external_url")),
        summary: string(item, "summary").map(RawText::Plain),
        content: string(item, "content_html")
            .map(RawText::Html)
            .or_else(|| string(item, "content_text").map(RawText::Plain)),
        published: string(item, "date_published").or_else(|| string(item, "date_modified")),
        updated: string(item, "date_modified"),
        language: string(item, "language"),
        authors: authors(item),
        tags: tags
            .filter_map(Value::as_str)
            .map(|tag| tag.to_owned().into())
            .collect(),
        enclosures: attachments
            .filter_map(Value::as_object)
            .filter_map(enclosure)
            .collect(),
        ..RawEntry::default()
    }
}

/// `authors` of version 1.1, `author` of version 1.0.
fn authors(object: &Map<String, Value>) -> Vec<RawAuthor> {
    let several = object
        .get("authors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let author = |author: &Map<String, Value>| {
        let url = string(author, "url");
        let name = string(author, "name").or_else(|| url.clone())?;
        Some(RawAuthor { name, url })
    };
    several
        .chain(object.get("author"))
        .filter_map(Value::as_object)
        .filter_map(author)
        .collect()
}

fn enclosure(attachment: &Map<String, Value>) -> Option<RawEnclosure> {
    Some(RawEnclosure {
        url: string(attachment, "url")?,
        mime_type: string(attachment, "mime_type"),
        length_bytes: attachment
            .get("size_in_bytes")
            .filter(|size| size.is_number())
            .map(Value::to_string),
    })
}

fn string(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).and_then(filled)
}
