//! A document as it was read, as JSON Feed 1.1 for programs.
//!
//! Unlike our published feeds it contains entries, not stories: ids are the publisher's, and only dates in the
//! document appear.

use serde_json::{Map, Value, json};
use url::Url;

use super::advice::AdviceLine;
use crate::model::{
    Enclosure, IdentityKind, Image, Item, Language, Link, LinkRelation, Person, Problem, PublicUrl,
    Published, RawEntry, RawOrigin, SafeHtml, StoryId,
};
use crate::normalize::{self, ChannelInfo};

/// Returns the whole document.
pub(super) fn feed_json<'a>(
    about: &ChannelInfo,
    url: &PublicUrl,
    items: impl Iterator<Item = (&'a Item, &'a RawEntry)>,
) -> Value {
    let mut feed = without_empty_members(json!({
        "version": "https://jsonfeed.org/version/1.1",
        "home_page_url": about.home_page,
        "feed_url": about.self_link.as_ref().map_or_else(|| url.to_string(), Url::to_string),
        "description": about.description,
        "language": about.language.as_ref().map(Language::as_str),
        "authors": about.authors.iter().map(author_json).collect::<Vec<_>>(),
    }));
    feed["title"] = json!(about.title.as_deref().unwrap_or_default());
    feed["items"] = items
        .map(|(found, entry)| item_json(found, entry))
        .collect();
    feed
}

/// Returns the findings about the document: its format, its problems, and its advice for those who poll it.
pub(super) fn judgement_json(
    format: Option<&str>,
    advice: &[AdviceLine],
    problems: &[Problem],
) -> Value {
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let advice: Map<String, Value> = advice
        .iter()
        .map(|told| (told.name.to_owned(), told.value.clone()))
        .collect();
    let mut judgement = without_empty_members(json!({
        "format": format,
        "advice": (!advice.is_empty()).then_some(advice),
    }));
    judgement["problems"] = json!(problems);
    judgement
}

/// Returns one entry: its item, and the entry's remaining fields.
pub(super) fn item_json(item: &Item, entry: &RawEntry) -> Value {
    let is_guid = item.key.kind == IdentityKind::Guid;
    let id = if is_guid {
        item.key.value.clone()
    } else {
        StoryId::founded_by(item.id).urn()
    };
    let dated = !matches!(item.published, Published::FirstSeen(_));
    let body = item.content.as_ref().or(item.summary.as_ref());
    without_empty_members(json!({
        "id": id,
        "url": item.address,
        "external_url": external_url(item),
        "title": item.title,
        "content_html": body.map_or("", SafeHtml::as_str),
        "summary": item.summary.as_ref().map(normalize::plain_text).filter(|text| !text.is_empty()),
        "date_published": dated.then(|| item.published.instant().to_rfc3339()),
        "date_modified": item.updated.map(|at| at.to_rfc3339()),
        "authors": item.authors.iter().map(author_json).collect::<Vec<_>>(),
        "tags": item.tags,
        "language": item.language.as_ref().map(Language::as_str),
        "attachments": item.enclosures.iter().map(attachment_json).collect::<Vec<_>>(),
        "image": item.image.as_ref().map(|image| image.url.as_str()),
        "_tidings": without_empty_members(json!({
            "date": item.published.origin(),
            "date_precision": item.published.precision().as_str(),
            "event": item.event.map(|day| day.to_string()),
            "image": item.image.as_ref().map(image_json).filter(|told| told != &json!({})),
            "comments": entry.comments,
            "license": entry.license,
            "origin": entry.origin.as_ref().map(origin_json),
            "links": item.links.iter().map(link_json).collect::<Vec<_>>(),
            "point": entry.point,
        })),
    }))
}

/// Returns the page elsewhere that the entry is about.
fn external_url(item: &Item) -> Option<&Url> {
    let mut links = item.links.iter();
    let related = links.find(|link| link.relation == LinkRelation::Related)?;
    Some(&related.url)
}

fn link_json(link: &Link) -> Value {
    without_empty_members(
        json!({"rel": link.relation.as_str(), "url": link.url, "title": link.title}),
    )
}

/// Returns the properties of a picture, without its address.
fn image_json(image: &Image) -> Value {
    without_empty_members(json!({"alt": image.alt, "width": image.width, "height": image.height}))
}

fn origin_json(origin: &RawOrigin) -> Value {
    without_empty_members(json!({"title": origin.title, "url": origin.url}))
}

fn author_json(person: &Person) -> Value {
    without_empty_members(json!({"name": person.name, "url": person.url}))
}

fn attachment_json(enclosure: &Enclosure) -> Value {
    let size = (enclosure.length_bytes > 0).then_some(enclosure.length_bytes);
    without_empty_members(json!({
        "url": enclosure.url,
        "mime_type": enclosure.mime_type,
        "title": enclosure.title,
        "size_in_bytes": size,
        "duration_in_seconds": enclosure.duration_seconds,
    }))
}

/// Returns the object without members that are null or empty lists.
fn without_empty_members(object: Value) -> Value {
    let Value::Object(members) = object else {
        return object;
    };
    let told =
        |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
    Value::Object(
        members
            .into_iter()
            .filter(|(_, value)| told(value))
            .collect::<Map<_, _>>(),
    )
}
