//! A document read as a source about which nothing is known yet.

use chrono_tz::Tz;
use url::Url;

use super::{FoundKind, LeadKind, LinkedDocument};
use crate::classify::regions;
use crate::dates::detect_order;
use crate::extract::{self, DocumentKind, ExtractError};
use crate::model::{
    ConfigPosition, Country, DateOrder, Document, Extracted, Fields, Item, Language, Location,
    Problem, PublicUrl, Reading, Source,
};
use crate::normalize::{self, ChannelInfo};

/// Characters of each item that are used for language detection, and the number of items.
const LANGUAGE_CHARACTERS: usize = 400;
const LANGUAGE_ITEMS: usize = 10;

/// JSON, by its structure.
const JSON: Reading = Reading::Json {
    script: None,
    rules: None,
};

/// The result of reading a document.
pub(super) struct ReadDocument {
    pub(super) source: Source,
    pub(super) document: Document,
    pub(super) extracted: Extracted,
    pub(super) about: ChannelInfo,
    pub(super) items: Vec<Item>,
    pub(super) problems: Vec<Problem>,
}

impl ReadDocument {
    /// Reads a document as its own format suggests; with selectors or paths if these find the same items.
    pub(super) fn by_format(
        location: &Location,
        document: &Document,
        zone: Tz,
    ) -> Result<Self, ExtractError> {
        let source = unknown_source(location.clone(), zone);
        match Self::by_source(source.clone(), document.clone()) {
            Err(ExtractError::NoRecords) => Self::from_script(source, document),
            read => Ok(read?.with_explicit_rules()),
        }
    }

    /// Reads a page without records in its markup, from a script that contains a list.
    fn from_script(source: Source, document: &Document) -> Result<Self, ExtractError> {
        let script = "script".parse().expect("a selector of our own");
        let reading = Reading::Json {
            script: Some(script),
            rules: None,
        };
        let read = Self::by_source(Source { reading, ..source }, document.clone());
        let list = read.ok().filter(|read| read.items.len() > 1);
        list.ok_or(ExtractError::NoRecords)
    }

    /// Reads a document that a page links to as the kind that the link promises.
    pub(super) fn from_linked(linked: &LinkedDocument, zone: Tz) -> Result<Self, String> {
        let document = linked.document.clone()?;
        let location = Location::Http(PublicUrl::new(linked.url.clone()));
        let reading = match linked.lead {
            LeadKind::Feed => Reading::Feed,
            LeadKind::WordPress => JSON,
        };
        let source = Source {
            reading,
            ..unknown_source(location, zone)
        };
        Self::by_source(source, document).map_err(|error| error.to_string())
    }

    /// Returns the same items read with the most explicit rules that find them.
    fn with_explicit_rules(self) -> Self {
        let is_sitemap = self.document_nature() == DocumentKind::Sitemap;
        let mut entries = self.extracted.entries.iter();
        let is_untitled = is_sitemap && entries.any(|entry| entry.title.is_none());
        let by = |reading| {
            let source = Source {
                reading,
                detail: is_untitled.then(Fields::default),
                ..self.source.clone()
            };
            let read = Self::by_source(source, self.document.clone()).ok();
            read.filter(|read| read.comparison_keys() == self.comparison_keys())
        };
        let hinted = extract::suggest_settings(&self.document, &self.source).reading;
        let settled = hinted.and_then(by).or_else(|| by(self.plain_reading()));
        settled.unwrap_or(self)
    }

    fn document_nature(&self) -> DocumentKind {
        extract::document_kind(&self.document, &self.source)
    }

    /// Returns the reading for its kind, without rules.
    fn plain_reading(&self) -> Reading {
        match (self.document_nature(), &self.extracted.channel.format) {
            (DocumentKind::Sitemap, _) => Reading::Sitemap,
            (DocumentKind::Feed, _) | (_, Some(_)) => Reading::Feed,
            (DocumentKind::Page, None) => Reading::Page,
            (DocumentKind::Json, None) => JSON,
            (DocumentKind::Xml, None) => Reading::Xml(None),
            (DocumentKind::Text, None) => Reading::Text(None),
        }
    }

    /// Reads the document as `source` says.
    pub(super) fn by_source(source: Source, document: Document) -> Result<Self, ExtractError> {
        let extracted = extract::extract(&document, &source)?;
        let about = normalize::normalize_channel(&document, &extracted.channel);
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
    fn comparison_keys(&self) -> Vec<(&str, Option<&Url>, String)> {
        let day = |item: &Item| {
            let day = item.published.instant().date_naive();
            item.published.precision().format_day(day)
        };
        let items = self.items.iter();
        items
            .map(|item| (item.title.as_str(), item.address.as_ref(), day(item)))
            .collect()
    }

    pub(super) fn found_kind(&self, lead: Option<LeadKind>) -> FoundKind {
        let format = self.extracted.channel.format.clone().unwrap_or_default();
        match (&self.source.reading, lead) {
            (Reading::Feed, Some(_)) => FoundKind::LinkedFeed { format },
            (Reading::Feed, None) => FoundKind::Feed { format },
            (Reading::Json { .. }, Some(_)) => FoundKind::WordPress,
            (
                Reading::Json {
                    script: Some(_), ..
                },
                None,
            ) => FoundKind::Script,
            (Reading::Json { script: None, .. }, None) => FoundKind::Json,
            (Reading::Xml(_), _) => FoundKind::Xml,
            (Reading::Sitemap, _) => FoundKind::Sitemap,
            (Reading::Text(_), _) => FoundKind::Text,
            // A list has at least two records.
            (Reading::Html(_) | Reading::Page | Reading::Auto, _) if self.items.len() == 1 => {
                FoundKind::Article
            }
            (Reading::Html(_) | Reading::Page | Reading::Auto, _) => FoundKind::List,
        }
    }

    /// Returns the language detected in all texts together, if it is certain. If all items declare the same
    /// language and it agrees, the declared form is returned.
    pub(super) fn detect_language(&self) -> Option<Language> {
        let beginning = |item: &Item| {
            let text: String = item.text.chars().take(LANGUAGE_CHARACTERS).collect();
            format!("{}\n{text}", item.title)
        };
        let texts = self.items.iter().take(LANGUAGE_ITEMS).map(beginning);
        let written = normalize::identify_language(&texts.collect::<Vec<_>>().join("\n"))?;
        let said = self.items.iter().filter_map(|item| item.language.as_ref());
        let mut said: Vec<&Language> = said.collect();
        said.dedup();
        match said.as_slice() {
            [only] if only.primary() == written.primary() => Some((*only).clone()),
            _ => Some(written),
        }
    }

    /// Returns the order that the dates prove.
    pub(super) fn detect_date_order(&self) -> Option<DateOrder> {
        let entries = self.extracted.entries.iter();
        detect_order(entries.filter_map(|entry| entry.published.as_deref()))
    }

    /// Adds the places that the items mention.
    pub(super) fn with_places(mut self, country: Option<Country>) -> Self {
        for item in &mut self.items {
            item.regions = regions::item_regions(item, country, &[]);
        }
        self
    }
}

/// Returns a source with only its location known. Without a name, none is removed from titles.
pub(super) fn unknown_source(location: Location, zone: Tz) -> Source {
    let place = ConfigPosition {
        file: "command line".into(),
        line: 1,
        column: 1,
    };
    let id = "discovered".parse().expect("a good name");
    Source {
        zone,
        name: String::new(),
        ..Source::from_location(location, id, place)
    }
}
