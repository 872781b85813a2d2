//! A document read as a source about which nothing is known yet.

use chrono_tz::Tz;
use url::Url;

use super::{Found, Lead, Linked};
use crate::classify::regions;
use crate::dates::order_of;
use crate::extract::{self, ExtractError, Nature};
use crate::model::{
    Country, DateOrder, Document, Extracted, Fields, Item, Language, Location, Place, Problem,
    PublicUrl, Reading, Source,
};
use crate::normalize::{self, About};

/// Characters of each item that are used for language detection, and the number of items.
const LANGUAGE_CHARACTERS: usize = 400;
const LANGUAGE_ITEMS: usize = 10;

/// JSON, by its structure.
const JSON: Reading = Reading::Json {
    script: None,
    rules: None,
};

/// The result of reading a document.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) document: Document,
    pub(super) extracted: Extracted,
    pub(super) about: About,
    pub(super) items: Vec<Item>,
    pub(super) problems: Vec<Problem>,
}

impl Read {
    /// Reads a document as its own format suggests; with selectors or paths if these find the same items.
    pub(super) fn of(
        location: &Location,
        document: &Document,
        zone: Tz,
    ) -> Result<Self, ExtractError> {
        let source = unknown(location.clone(), zone);
        match Self::by(source.clone(), document.clone()) {
            Err(ExtractError::NoRecords) => Self::scripted(source, document),
            read => Ok(read?.settled()),
        }
    }

    /// Reads a page without records in its markup, from a script that contains a list.
    fn scripted(source: Source, document: &Document) -> Result<Self, ExtractError> {
        let script = "script".parse().expect("a selector of our own");
        let reading = Reading::Json {
            script: Some(script),
            rules: None,
        };
        let read = Self::by(Source { reading, ..source }, document.clone());
        let list = read.ok().filter(|read| read.items.len() > 1);
        list.ok_or(ExtractError::NoRecords)
    }

    /// Reads a document that a page links to as the kind that the link promises.
    pub(super) fn of_linked(linked: &Linked, zone: Tz) -> Result<Self, String> {
        let document = linked.document.clone()?;
        let location = Location::Http(PublicUrl::new(linked.url.clone()));
        let reading = match linked.lead {
            Lead::Feed => Reading::Feed,
            Lead::WordPress => JSON,
        };
        let source = Source {
            reading,
            ..unknown(location, zone)
        };
        Self::by(source, document).map_err(|error| error.to_string())
    }

    /// Returns the same items read with the most explicit rules that find them.
    fn settled(self) -> Self {
        let is_sitemap = self.nature() == Nature::Sitemap;
        let mut entries = self.extracted.entries.iter();
        let is_untitled = is_sitemap && entries.any(|entry| entry.title.is_none());
        let by = |reading| {
            let source = Source {
                reading,
                detail: is_untitled.then(Fields::default),
                ..self.source.clone()
            };
            let read = Self::by(source, self.document.clone()).ok();
            read.filter(|read| read.keys() == self.keys())
        };
        let hinted = extract::hint(&self.document, &self.source).reading;
        let settled = hinted.and_then(by).or_else(|| by(self.plain()));
        settled.unwrap_or(self)
    }

    fn nature(&self) -> Nature {
        extract::nature(&self.document, &self.source)
    }

    /// Returns the reading for its kind, without rules.
    fn plain(&self) -> Reading {
        match (self.nature(), &self.extracted.channel.format) {
            (Nature::Sitemap, _) => Reading::Sitemap,
            (Nature::Feed, _) | (_, Some(_)) => Reading::Feed,
            (Nature::Page, None) => Reading::Page,
            (Nature::Json, None) => JSON,
            (Nature::Xml, None) => Reading::Xml(None),
            (Nature::Text, None) => Reading::Text(None),
        }
    }

    /// Reads the document as `source` says.
    pub(super) fn by(source: Source, document: Document) -> Result<Self, ExtractError> {
        let extracted = extract::extract(&document, &source)?;
        let about = normalize::about(&document, &extracted.channel);
        let pages = vec![(document.clone(), extracted.clone())];
        let normalized = normalize::normalize(&source, pages);
        Ok(Self {
            source,
            document,
            extracted,
            about,
            items: normalized.items,
            problems: normalized.problems,
        })
    }

    /// Returns the titles, addresses and days that show if two readings of a page find the same items.
    fn keys(&self) -> Vec<(&str, Option<&Url>, String)> {
        let day = |item: &Item| {
            let day = item.published.at().date_naive();
            item.published.precision().of_day(day)
        };
        let items = self.items.iter();
        items
            .map(|item| (item.title.as_str(), item.address.as_ref(), day(item)))
            .collect()
    }

    pub(super) fn found(&self, lead: Option<Lead>) -> Found {
        let format = self.extracted.channel.format.clone().unwrap_or_default();
        match (&self.source.reading, lead) {
            (Reading::Feed, Some(_)) => Found::LinkedFeed { format },
            (Reading::Feed, None) => Found::Feed { format },
            (Reading::Json { .. }, Some(_)) => Found::WordPress,
            (
                Reading::Json {
                    script: Some(_), ..
                },
                None,
            ) => Found::Script,
            (Reading::Json { script: None, .. }, None) => Found::Json,
            (Reading::Xml(_), _) => Found::Xml,
            (Reading::Sitemap, _) => Found::Sitemap,
            (Reading::Text(_), _) => Found::Text,
            // A list has at least two records.
            (Reading::Html(_) | Reading::Page | Reading::Auto, _) if self.items.len() == 1 => {
                Found::Article
            }
            (Reading::Html(_) | Reading::Page | Reading::Auto, _) => Found::List,
        }
    }

    /// Returns the language detected in all texts together, if it is certain. If all items declare the same
    /// language and it agrees, the declared form is returned.
    pub(super) fn language(&self) -> Option<Language> {
        let beginning = |item: &Item| {
            let text: String = item.text.chars().take(LANGUAGE_CHARACTERS).collect();
            format!("{}\n{text}", item.title)
        };
        let texts = self.items.iter().take(LANGUAGE_ITEMS).map(beginning);
        let written = normalize::language_of(&texts.collect::<Vec<_>>().join("\n"))?;
        let said = self.items.iter().filter_map(|item| item.language.as_ref());
        let mut said: Vec<&Language> = said.collect();
        said.dedup();
        match said.as_slice() {
            [only] if only.primary() == written.primary() => Some((*only).clone()),
            _ => Some(written),
        }
    }

    /// Returns the order that the dates prove.
    pub(super) fn date_order(&self) -> Option<DateOrder> {
        let entries = self.extracted.entries.iter();
        order_of(entries.filter_map(|entry| entry.published.as_deref()))
    }

    /// Adds the places that the items mention.
    pub(super) fn placed(mut self, country: Option<Country>) -> Self {
        for item in &mut self.items {
            item.regions = regions::of_item(item, country, &[]);
        }
        self
    }
}

/// Returns a source with only its location known. Without a name, none is removed from titles.
pub(super) fn unknown(location: Location, zone: Tz) -> Source {
    let place = Place {
        file: "command line".into(),
        line: 1,
        column: 1,
    };
    let id = "discovered".parse().expect("a good name");
    Source {
        zone,
        name: String::new(),
        ..Source::at(location, id, place)
    }
}
