//! Reads the linked data that a page carries for programs (JSON-LD 1.1, the vocabulary of schema.org).
//!
//! In: the page. Out: articles with address and title, in the order of the page: those of an `ItemList`, a
//! `Blog` or a graph, and an article that the page itself is. Paths of navigation are not records. Invalid
//! JSON is ignored.

use std::collections::HashMap;

use scraper::{Html, Selector};
use serde_json::{Map, Value};
use url::Url;

use super::super::MAX_ENTRIES;
use crate::model::{RawAuthor, RawEntry, RawImage, RawTag, RawText};

/// Types of a text with a title.
const ARTICLES: [&str; 12] = [
    "AdvertiserContentArticle",
    "AnalysisNewsArticle",
    "Article",
    "BackgroundNewsArticle",
    "BlogPosting",
    "LiveBlogPosting",
    "NewsArticle",
    "OpinionNewsArticle",
    "Report",
    "ReportageNewsArticle",
    "SpecialAnnouncement",
    "TechArticle",
];

/// Lists that are not lists of records.
const NAVIGATION: [&str; 2] = ["BreadcrumbList", "SiteNavigationElement"];

/// The maximum depth of objects that are read.
const MAX_DEPTH: usize = 12;

/// The maximum number of tags of one record.
const MAX_TAGS: usize = 50;

/// The records that a page states.
#[derive(Debug, Default)]
pub(super) struct LinkedData {
    entries: Vec<RawEntry>,
    /// The index of the entry of each address.
    places: HashMap<String, usize>,
}

impl LinkedData {
    /// Collects the records in the scripts of `page`. Relative addresses are resolved against `base`.
    pub(super) fn from_page(page: &Html, base: &Url) -> Self {
        let scripts = Selector::parse("script[type='application/ld+json' i]");
        let scripts = scripts.expect("a selector of our own");
        let mut data = Self::default();
        for script in page.select(&scripts) {
            let text: String = script.text().collect();
            if let Ok(value) = serde_json::from_str(text.trim()) {
                data.collect_records(&value, base, 0);
            }
        }
        data
    }

    /// Returns all records, for a page that shows none itself.
    pub(super) fn into_list(self) -> Option<Vec<RawEntry>> {
        (self.entries.len() > 1).then_some(self.entries)
    }

    /// Returns the record stated for an address.
    pub(super) fn entry_at(&self, link: &str, base: &Url) -> Option<&RawEntry> {
        self.entries
            .get(*self.places.get(&address_key(link, base)?)?)
    }

    /// Returns the only record: the article that the page is.
    pub(super) fn only_entry(&self) -> Option<&RawEntry> {
        match self.entries.as_slice() {
            [entry] => Some(entry),
            _ => None,
        }
    }

    fn collect_records(&mut self, value: &Value, base: &Url, depth: usize) {
        if depth > MAX_DEPTH || self.entries.len() >= MAX_ENTRIES {
            return;
        }
        match value {
            Value::Array(values) => {
                for value in values {
                    self.collect_records(value, base, depth + 1);
                }
            }
            Value::Object(object) if is_of_type(object, &NAVIGATION) => {}
            Value::Object(object) => {
                let is_record = is_of_type(object, &ARTICLES) || is_of_type(object, &["ListItem"]);
                match read_record(object, base).filter(|_| is_record) {
                    Some(entry) => self.push_entry(entry, base),
                    None => object
                        .values()
                        .for_each(|value| self.collect_records(value, base, depth + 1)),
                }
            }
            _ => {}
        }
    }

    fn push_entry(&mut self, entry: RawEntry, base: &Url) {
        let key = entry
            .link
            .as_deref()
            .and_then(|link| address_key(link, base));
        if let Some(key) = key {
            let place = *self.places.entry(key).or_insert(self.entries.len());
            if place == self.entries.len() {
                self.entries.push(entry);
            }
        }
    }
}

/// Returns `entry` with the stated values in place of the displayed ones: displayed titles are often
/// shortened, and dates are written for people.
pub(super) fn complete_entry(entry: RawEntry, stated: &RawEntry) -> RawEntry {
    let stated = stated.clone();
    RawEntry {
        title: stated.title.or(entry.title),
        published: stated.published.or(entry.published),
        updated: stated.updated.or(entry.updated),
        summary: entry.summary.or(stated.summary),
        authors: if entry.authors.is_empty() {
            stated.authors
        } else {
            entry.authors
        },
        ..entry
    }
}

fn address_key(link: &str, base: &Url) -> Option<String> {
    let mut url = base.join(link.trim()).ok()?;
    url.set_fragment(None);
    Some(url.as_str().trim_end_matches('/').to_owned())
}

fn is_of_type(object: &Map<String, Value>, types: &[&str]) -> bool {
    let named = |value: &Value| value.as_str().is_some_and(|name| types.contains(&name));
    match object.get("@type") {
        Some(Value::Array(several)) => several.iter().any(named),
        Some(one) => named(one),
        None => false,
    }
}

/// Returns the record of an object with an address and a title, its own or those of its `item`.
fn read_record(object: &Map<String, Value>, base: &Url) -> Option<RawEntry> {
    let inner = object
        .get("item")
        .and_then(Value::as_object)
        .unwrap_or(object);
    let text = |name: &str| Some(inner.get(name)?.as_str()?.trim().to_owned());
    let text = |name: &str| text(name).filter(|text| !text.is_empty());
    let title = text("headline")
        .or_else(|| text("name"))
        .or_else(|| Some(object.get("name")?.as_str()?.to_owned()))?;
    let link = ["url", "mainEntityOfPage", "@id"]
        .iter()
        .find_map(|name| read_address(inner.get(*name)?))
        .or_else(|| read_address(object.get("item")?))
        .or_else(|| read_address(object.get("url")?))?;
    Some(RawEntry {
        title: Some(RawText::Unsaid(title)),
        link: Some(link.to_owned()),
        base: Some(base.clone()),
        summary: text("description").map(RawText::Unsaid),
        published: text("datePublished").or_else(|| text("dateCreated")),
        updated: text("dateModified"),
        authors: inner.get("author").map(read_authors).unwrap_or_default(),
        tags: inner.get("keywords").map(read_keywords).unwrap_or_default(),
        image: inner.get("image").and_then(read_picture),
        ..RawEntry::default()
    })
}

/// Returns an address, or that of an object.
fn read_address(value: &Value) -> Option<&str> {
    match value {
        Value::String(address) => Some(address),
        Value::Object(object) => object.get("@id")?.as_str(),
        _ => None,
    }
}

/// Returns the picture of an address, an object with one, or the first of several.
fn read_picture(value: &Value) -> Option<RawImage> {
    let object = match value {
        Value::Array(several) => return read_picture(several.first()?),
        Value::Object(object) => object,
        other => return Some(RawImage::from(other.as_str()?.to_owned())),
    };
    let address = object.get("url").or_else(|| object.get("contentUrl"))?;
    let side = |name: &str| match object.get(name)? {
        Value::Object(quantity) => quantity.get("value").and_then(read_pixels),
        plain => read_pixels(plain),
    };
    Some(RawImage {
        url: address.as_str()?.to_owned(),
        alt: object
            .get("caption")
            .and_then(Value::as_str)
            .map(str::to_owned),
        width: side("width"),
        height: side("height"),
    })
}

/// Returns a number, or a text that contains one.
fn read_pixels(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Returns the tags of a list, or of words with commas between them.
fn read_keywords(value: &Value) -> Vec<RawTag> {
    let words: Vec<&str> = match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().split(',').collect(),
    };
    let words = words.into_iter().map(str::trim);
    let named = words.filter(|word| !word.is_empty()).take(MAX_TAGS);
    named.map(|word| RawTag::from(word.to_owned())).collect()
}

fn read_authors(value: &Value) -> Vec<RawAuthor> {
    let named = |name: &str| RawAuthor {
        name: name.to_owned(),
        url: None,
    };
    match value {
        Value::String(name) => vec![named(name)],
        Value::Array(values) => values.iter().flat_map(read_authors).collect(),
        Value::Object(object) => {
            let name = object.get("name").and_then(Value::as_str);
            name.map(named).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
