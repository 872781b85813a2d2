//! Our normalized record of an entry.

use url::Url;

use super::{
    Dated, EventDay, Hash, ItemId, Language, Published, Region, SafeHtml, SourceId, Timestamp,
};

/// What tells an entry from the others of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentityKind {
    /// The publisher's identifier.
    Guid,
    /// The canonical address.
    Address,
    /// Stated date and title.
    DateTitle,
}

impl IdentityKind {
    /// The word in ids and in the store. It never changes: ids are made of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guid => "guid",
            Self::Address => "url",
            Self::DateTitle => "date-title",
        }
    }
}

/// An entry's identity within its source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentityKey {
    /// What it rests on.
    pub kind: IdentityKind,
    /// The text that is compared.
    pub value: String,
}

/// An author, or a publisher.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Person {
    /// Plain text, never empty.
    pub name: String,
    /// Page of the person.
    pub url: Option<Url>,
}

/// An attached file (RSS `enclosure`, Atom `link rel="enclosure"`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Enclosure {
    /// Absolute address.
    pub url: Url,
    /// What it is called for people, plain text on one line, never empty: `Agenda`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Media type, `application/octet-stream` where neither the publisher nor the address says one.
    pub mime_type: String,
    /// Size in bytes, 0 where unknown.
    pub length_bytes: u64,
}

/// One entry, normalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Permanent id.
    pub id: ItemId,
    /// Where it came from.
    pub source: SourceId,
    /// What `id` was made of.
    pub key: IdentityKey,
    /// Its date and title as a key: under it the entry is known where a shared guid or address did not tell it apart.
    pub weak_key: IdentityKey,
    /// Plain text on one line, never empty.
    pub title: String,
    /// Canonical address.
    pub address: Option<Url>,
    /// Short text, sanitized.
    pub summary: Option<SafeHtml>,
    /// Full text, sanitized.
    pub content: Option<SafeHtml>,
    /// Summary and full text without markup, for searching and comparing.
    pub text: String,
    /// The language it is written in, where known.
    pub language: Option<Language>,
    /// The language that it is taken to be in where nobody knows: that of its source's other items.
    pub assumed_language: Option<Language>,
    /// Authors in order.
    pub authors: Vec<Person>,
    /// Tags in order, each once.
    pub tags: Vec<String>,
    /// Attached files in order.
    pub enclosures: Vec<Enclosure>,
    /// The absolute date that the publisher stated, even one that we doubt.
    pub stated: Option<Dated>,
    /// The date that we publish.
    pub published: Published,
    /// The change date that the publisher stated, where it is not in the future.
    pub updated: Option<Timestamp>,
    /// When what it announces takes place.
    pub event: Option<EventDay>,
    /// Place in its document, from 0.
    pub position: u32,
    /// Where it is about: countries and subdivisions in the order of their codes, each once, a subdivision's country
    /// among them. Empty until it is classified.
    pub regions: Vec<Region>,
}

impl Item {
    /// Hash of what readers see and the publisher can change: when it differs, the item was updated. Dates that we
    /// worked out are no part of it. The day of an event is one of its own where the entry gives another date beside it.
    pub fn content_hash(&self) -> Hash {
        let stated = self.stated.map(|dated| dated.local()).unwrap_or_default();
        let event = match self.event {
            Some(EventDay::Stated(dated)) => Some(dated.local()).filter(|day| *day != stated),
            Some(EventDay::Derived(_)) | None => None,
        };
        let parts = [
            self.title.as_str(),
            self.address.as_ref().map_or("", Url::as_str),
            self.summary.as_ref().map_or("", SafeHtml::as_str),
            self.content.as_ref().map_or("", SafeHtml::as_str),
            &json(&self.authors),
            &json(&self.enclosures),
            &stated,
        ];
        Hash::of_parts(parts.into_iter().chain(event.as_deref()))
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("lists of plain text always serialize")
}
