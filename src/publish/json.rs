//! JSON Feed 1.1. Data without a standard field is in an extension of each item:
//!
//! ```json
//! "_tidings": {
//!   "date": "stated",
//!   "date_precision": "day",
//!   "event": "2021-07-05T18:30:00-06:00",
//!   "image": {"alt": "…", "width": 640, "height": 360},
//!   "regions": ["MX", "MX-CHP"],
//!   "reports": [{"publisher": "…", "source": "…", "title": "…", "url": "…", "date_published": "…"}]
//! }
//! ```
//!
//! `date` is the origin of the date: `stated` by the publisher, `derived` from the time of reading, found in
//! the `markup` or in the `address` of the report, or `first-seen`. `date_precision` is the known part of the
//! date: `instant`, `day`, `month` or `year`. `event` is the time of the announced event, if any: an instant in
//! RFC 3339, or as much of the day as is known (`2021-07-05`, `2021-07`, `2021`). `image` describes the picture
//! in the item's own `image`: its description and its size in pixels, as far as the publisher states them.
//! `regions` are the ISO 3166 codes of the countries and subdivisions that the story is about; the list may be
//! empty. Their names are among the item's `tags`. `reports` contains every report of the story, the one shown
//! first; `source` is its id in the configuration, and `url` is left out if it has none. `alternates`, if
//! present, are stories with the same content in other languages: `id`, `language`, `url`.
//!
//! The feed itself has `"_tidings": {"deleted": [{"id": "…", "date": "…", "reason": "…"}]}` if stories that
//! were in it were withdrawn or merged into others.

use serde::Serialize;

use crate::model::{
    Alternate, Enclosure, Feed, Image, Language, LinkRelation, Person, Region, Report, Site, Story,
    Tombstone,
};

use super::view::{self, FeedFormat};
use super::words::Words;

#[derive(Serialize)]
struct JsonFeedDocument<'a> {
    version: &'static str,
    title: String,
    home_page_url: String,
    feed_url: String,
    description: String,
    authors: Vec<JsonAuthor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(rename = "_tidings", skip_serializing_if = "Option::is_none")]
    extension: Option<JsonFeedExtension>,
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonFeedExtension {
    deleted: Vec<JsonDeletedItem>,
}

#[derive(Serialize)]
struct JsonDeletedItem {
    id: String,
    date: String,
    reason: String,
}

#[derive(Serialize)]
struct JsonAuthor {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct JsonItem<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_url: Option<&'a str>,
    title: &'a str,
    content_html: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    date_published: String,
    date_modified: String,
    authors: Vec<JsonAuthor>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<JsonAttachment<'a>>,
    #[serde(rename = "_tidings")]
    extension: JsonItemExtension<'a>,
}

#[derive(Serialize)]
struct JsonAttachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_in_seconds: Option<u32>,
}

#[derive(Serialize)]
struct JsonItemExtension<'a> {
    date: &'static str,
    date_precision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<JsonImage<'a>>,
    regions: Vec<String>,
    reports: Vec<JsonReport<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternates: Vec<JsonAlternate<'a>>,
}

#[derive(Serialize)]
struct JsonImage<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
}

#[derive(Serialize)]
struct JsonAlternate<'a> {
    id: String,
    language: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    publisher: &'a str,
    source: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    date_published: String,
}

pub(super) fn render(feed: &Feed, site: &Site) -> Vec<u8> {
    let document = JsonFeedDocument {
        version: "https://jsonfeed.org/version/1.1",
        title: view::scope_title(&feed.scope, site),
        home_page_url: FeedFormat::Html.absolute_address(&feed.scope, site),
        feed_url: FeedFormat::Json.absolute_address(&feed.scope, site),
        description: view::describe_scope(&feed.scope, site),
        authors: vec![JsonAuthor {
            name: site.title.clone(),
            url: Some(site.base_url.to_string()),
        }],
        language: view::feed_language(feed, site),
        extension: (!feed.gone.is_empty()).then(|| JsonFeedExtension {
            deleted: feed.gone.iter().map(json_deleted_item).collect(),
        }),
        items: feed
            .live
            .iter()
            .map(|story| json_item(story, Words::for_language(&site.language)))
            .collect(),
    };
    serde_json::to_vec_pretty(&document).expect("text always serializes")
}

fn json_deleted_item(gone: &Tombstone) -> JsonDeletedItem {
    JsonDeletedItem {
        id: gone.id.urn(),
        date: view::changed_date(gone.at).to_rfc3339(),
        reason: view::describe_removal(&gone.fate),
    }
}

fn json_item<'a>(story: &'a Story, words: &Words) -> JsonItem<'a> {
    let shown = &story.shown;
    JsonItem {
        id: story.id.urn(),
        url: story.address().map(url::Url::as_str),
        external_url: external_address(story),
        title: &shown.title,
        content_html: view::longest_text(story).into_owned(),
        summary: view::short_text(story).map(|(_, line)| line),
        image: shown.image.as_ref().map(|image| image.url.as_str()),
        date_published: view::published_date(&story.published).to_rfc3339(),
        date_modified: view::changed_date(story.updated).to_rfc3339(),
        authors: view::story_authors(story)
            .into_iter()
            .map(json_author)
            .collect(),
        tags: view::story_tags(story, words),
        language: shown.language.as_ref().map(Language::as_str),
        attachments: shown.enclosures.iter().map(json_attachment).collect(),
        extension: JsonItemExtension {
            date: story.published.origin(),
            date_precision: story.published.precision().as_str(),
            event: shown.event.map(|event| event.to_string()),
            image: shown.image.as_ref().and_then(json_image),
            regions: story.regions.iter().map(Region::to_string).collect(),
            reports: story.reports.iter().map(json_report).collect(),
            alternates: view::linkable_alternates(story)
                .iter()
                .map(json_alternate)
                .collect(),
        },
    }
}

/// Returns the page elsewhere that the item is about.
fn external_address(story: &Story) -> Option<&str> {
    let mut links = story.shown.links.iter();
    let related = links.find(|link| link.relation == LinkRelation::Related)?;
    Some(related.url.as_str())
}

fn json_image(image: &Image) -> Option<JsonImage<'_>> {
    let told = image.alt.is_some() || image.width.is_some() || image.height.is_some();
    told.then_some(JsonImage {
        alt: image.alt.as_deref(),
        width: image.width,
        height: image.height,
    })
}

fn json_alternate(alternate: &Alternate) -> JsonAlternate<'_> {
    JsonAlternate {
        id: alternate.id.urn(),
        language: alternate.language.as_str(),
        url: alternate.address.as_str(),
    }
}

fn json_author(person: Person) -> JsonAuthor {
    JsonAuthor {
        name: person.name,
        url: person.url.map(String::from),
    }
}

fn json_attachment(enclosure: &Enclosure) -> JsonAttachment<'_> {
    let size = enclosure.length_bytes;
    JsonAttachment {
        url: enclosure.url.as_str(),
        mime_type: &enclosure.mime_type,
        title: enclosure.title.as_deref(),
        size_in_bytes: (size > 0).then_some(size),
        duration_in_seconds: enclosure.duration_seconds,
    }
}

fn json_report(report: &Report) -> JsonReport<'_> {
    JsonReport {
        publisher: &report.publisher,
        source: report.source.as_str(),
        title: &report.title,
        url: report.address.as_ref().map(url::Url::as_str),
        date_published: view::published_date(&report.published).to_rfc3339(),
    }
}
