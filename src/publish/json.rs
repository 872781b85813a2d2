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
    Alternate, Enclosure, Feed, Image, Language, Person, Region, Relation, Report, Site, Story,
    Tombstone,
};

use super::view::{self, Format};
use super::words::Words;

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    title: String,
    home_page_url: String,
    feed_url: String,
    description: String,
    authors: Vec<Author>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(rename = "_tidings", skip_serializing_if = "Option::is_none")]
    extension: Option<FeedExtension>,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct FeedExtension {
    deleted: Vec<Deleted>,
}

#[derive(Serialize)]
struct Deleted {
    id: String,
    date: String,
    reason: String,
}

#[derive(Serialize)]
struct Author {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Item<'a> {
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
    authors: Vec<Author>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(rename = "_tidings")]
    extension: Extension<'a>,
}

#[derive(Serialize)]
struct Attachment<'a> {
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
struct Extension<'a> {
    date: &'static str,
    date_precision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageOf<'a>>,
    regions: Vec<String>,
    reports: Vec<ReportOf<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternates: Vec<AlternateOf<'a>>,
}

#[derive(Serialize)]
struct ImageOf<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
}

#[derive(Serialize)]
struct AlternateOf<'a> {
    id: String,
    language: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct ReportOf<'a> {
    publisher: &'a str,
    source: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    date_published: String,
}

pub(super) fn render(feed: &Feed, site: &Site) -> Vec<u8> {
    let document = Document {
        version: "https://jsonfeed.org/version/1.1",
        title: view::title(&feed.scope, site),
        home_page_url: Format::Html.address(&feed.scope, site),
        feed_url: Format::Json.address(&feed.scope, site),
        description: view::description(&feed.scope, site),
        authors: vec![Author {
            name: site.title.clone(),
            url: Some(site.base_url.to_string()),
        }],
        language: view::language(feed, site),
        extension: (!feed.gone.is_empty()).then(|| FeedExtension {
            deleted: feed.gone.iter().map(deleted).collect(),
        }),
        items: feed
            .live
            .iter()
            .map(|story| item(story, Words::of(&site.language)))
            .collect(),
    };
    serde_json::to_vec_pretty(&document).expect("text always serializes")
}

fn deleted(gone: &Tombstone) -> Deleted {
    Deleted {
        id: gone.id.urn(),
        date: view::changed(gone.at).to_rfc3339(),
        reason: view::fate(&gone.fate),
    }
}

fn item<'a>(story: &'a Story, words: &Words) -> Item<'a> {
    let shown = &story.shown;
    Item {
        id: story.id.urn(),
        url: story.address().map(url::Url::as_str),
        external_url: external(story),
        title: &shown.title,
        content_html: view::body(story).into_owned(),
        summary: view::summary(story).map(|(_, line)| line),
        image: shown.image.as_ref().map(|image| image.url.as_str()),
        date_published: view::published(&story.published).to_rfc3339(),
        date_modified: view::changed(story.updated).to_rfc3339(),
        authors: view::authors(story).into_iter().map(author).collect(),
        tags: view::tags(story, words),
        language: shown.language.as_ref().map(Language::as_str),
        attachments: shown.enclosures.iter().map(attachment).collect(),
        extension: Extension {
            date: story.published.origin(),
            date_precision: story.published.precision().as_str(),
            event: shown.event.map(|event| event.to_string()),
            image: shown.image.as_ref().and_then(image),
            regions: story.regions.iter().map(Region::to_string).collect(),
            reports: story.reports.iter().map(report).collect(),
            alternates: view::alternates(story).iter().map(alternate).collect(),
        },
    }
}

/// Returns the page elsewhere that the item is about.
fn external(story: &Story) -> Option<&str> {
    let mut links = story.shown.links.iter();
    let related = links.find(|link| link.relation == Relation::Related)?;
    Some(related.url.as_str())
}

fn image(image: &Image) -> Option<ImageOf<'_>> {
    let told = image.alt.is_some() || image.width.is_some() || image.height.is_some();
    told.then_some(ImageOf {
        alt: image.alt.as_deref(),
        width: image.width,
        height: image.height,
    })
}

fn alternate(alternate: &Alternate) -> AlternateOf<'_> {
    AlternateOf {
        id: alternate.id.urn(),
        language: alternate.language.as_str(),
        url: alternate.address.as_str(),
    }
}

fn author(person: Person) -> Author {
    Author {
        name: person.name,
        url: person.url.map(String::from),
    }
}

fn attachment(enclosure: &Enclosure) -> Attachment<'_> {
    let size = enclosure.length_bytes;
    Attachment {
        url: enclosure.url.as_str(),
        mime_type: &enclosure.mime_type,
        title: enclosure.title.as_deref(),
        size_in_bytes: (size > 0).then_some(size),
        duration_in_seconds: enclosure.duration_seconds,
    }
}

fn report(report: &Report) -> ReportOf<'_> {
    ReportOf {
        publisher: &report.publisher,
        source: report.source.as_str(),
        title: &report.title,
        url: report.address.as_ref().map(url::Url::as_str),
        date_published: view::published(&report.published).to_rfc3339(),
    }
}
