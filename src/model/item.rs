//! Our normalized record of an entry.

use url::Url;

use super::{Dated, EventDay, ItemId, Language, Published, Region, SafeHtml, SourceId, Timestamp};

/// The property that distinguishes an entry from the others of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentityKind {
    /// The publisher's identifier.
    Guid,
    /// The canonical address.
    Address,
    /// Stated date and title, with the hash of a text if several entries share both.
    DateTitle,
}

impl IdentityKind {
    /// Returns the word used in ids and in the store. It never changes, because ids are derived from it.
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
    /// The property it is based on.
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
    /// Absolute address, to the letter: servers refuse a signed one that was changed.
    pub url: Url,
    /// The label of a link to it, plain text on one line, never empty: `Agenda`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Media type; `application/octet-stream` if neither the publisher nor the address gives one.
    pub mime_type: String,
    /// Size in bytes, 0 if unknown.
    pub length_bytes: u64,
    /// Playing time in whole seconds, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
}

/// The relation between an entry and a page that it links to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkRelation {
    /// The entry is about that page, or about the same (RFC 4287 §4.2.7.2; JSON Feed, `external_url`).
    Related,
    /// The entry was found through that page (same references).
    Via,
}

impl LinkRelation {
    /// Returns the value of `rel`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Related => "related",
            Self::Via => "via",
        }
    }
}

/// A link of an entry to another page.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// The relation between the two.
    pub relation: LinkRelation,
    /// Absolute address.
    pub url: Url,
    /// Title of the page: plain text on one line, never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// The picture that represents an item.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Image {
    /// Absolute address, to the letter: servers refuse a signed one that was changed.
    pub url: Url,
    /// Description of what it shows: plain text on one line, never empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// Width in pixels, if the publisher states it; never 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Height in pixels, if the publisher states it; never 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// One entry, normalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Permanent id.
    pub id: ItemId,
    /// The source that published it.
    pub source: SourceId,
    /// The key that `id` is derived from.
    pub key: IdentityKey,
    /// Its date and title as a key, which identifies the entry if several share a guid or address. Items with the same
    /// weak key are distinguished by their texts.
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
    /// The language it is written in, if known.
    pub language: Option<Language>,
    /// The language assumed if it is unknown: that of the source's other items.
    pub assumed_language: Option<Language>,
    /// Authors in order.
    pub authors: Vec<Person>,
    /// Tags in order, each once.
    pub tags: Vec<String>,
    /// Attached files in order.
    pub enclosures: Vec<Enclosure>,
    /// Links to other pages in order, each address once, without that of the entry.
    pub links: Vec<Link>,
    /// The picture that represents it, which may be one of its files.
    pub image: Option<Image>,
    /// The absolute date stated by the publisher, even an implausible one.
    pub stated: Option<Dated>,
    /// The date that we publish.
    pub published: Published,
    /// The change date stated by the publisher, unless it is in the future.
    pub updated: Option<Timestamp>,
    /// The day of the announced event.
    pub event: Option<EventDay>,
    /// Place in its document, from 0.
    pub position: u32,
    /// The regions it is about: countries and subdivisions in the order of their codes, each once, including the
    /// country of each subdivision. Empty until it is classified.
    pub regions: Vec<Region>,
}
