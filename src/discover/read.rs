//! A document read as a source of which nothing is known yet.

use chrono_tz::Tz;
use url::Url;

use super::{Found, Linked};
use crate::classify::regions;
use crate::dates::order_of;
use crate::extract::{self, ExtractError, Form};
use crate::model::{
    Country, DateOrder, Document, Extracted, Item, Language, Location, Place, Problem, PublicUrl,
    Reading, Source,
};
use crate::normalize::{self, About};

/// Characters of an item that are looked at for its language, and items.
const LANGUAGE_CHARACTERS: usize = 400;
const LANGUAGE_ITEMS: usize = 10;

/// What a document gave.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) document: Document,
    pub(super) extracted: Extracted,
    pub(super) about: About,
    pub(super) items: Vec<Item>,
    pub(super) problems: Vec<Problem>,
}

impl Read {
    /// As the document itself decides; a page by selectors, where these find the same.
    pub(super) fn of(
        location: &Location,
        document: &Document,
        zone: Tz,
    ) -> Result<Self, ExtractError> {
        let read = Self::by(unknown(location.clone(), zone), document.clone())?;
        let Some(rules) = extract::hint(document, &read.source).rules else {
            return Ok(read);
        };
        let source = Source {
            reading: Reading::Html(Box::new(rules)),
            ..read.source.clone()
        };
        match Self::by(source, document.clone()) {
            Ok(by_rules) if by_rules.keys() == read.keys() => Ok(by_rules),
            _ => Ok(read),
        }
    }

    /// A feed that a page links to, as one.
    pub(super) fn of_feed(linked: &Linked, zone: Tz) -> Result<Self, String> {
        let document = linked.document.clone()?;
        let location = Location::Http(PublicUrl::new(linked.url.clone()));
        let source = Source {
            reading: Reading::Feed,
            ..unknown(location, zone)
        };
        Self::by(source, document).map_err(|error| error.to_string())
    }

    /// As `source` says.
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

    /// What tells whether two ways to read one page find the same: titles, addresses and days.
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

    pub(super) fn found(&self, is_linked: bool) -> Found {
        let format = self.extracted.channel.format.clone();
        match (format, extract::form(&self.document)) {
            (Some(format), _) if is_linked => Found::LinkedFeed { format },
            (Some(format), _) => Found::Feed { format },
            (None, Form::Text) => Found::Text,
            // A list has at least two.
            (None, _) if self.items.len() == 1 => Found::Article,
            (None, _) => Found::List,
        }
    }

    /// The language that the texts are surely in, together: as they say themselves, where all say the same.
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

    /// The order that its dates prove.
    pub(super) fn date_order(&self) -> Option<DateOrder> {
        let entries = self.extracted.entries.iter();
        order_of(entries.filter_map(|entry| entry.published.as_deref()))
    }

    /// With the places that its items tell of.
    pub(super) fn placed(mut self, country: Option<Country>) -> Self {
        for item in &mut self.items {
            item.regions = regions::of_item(item, country, &[]);
        }
        self
    }
}

/// A source of which only its place is known. Without a name, none is taken out of titles.
fn unknown(location: Location, zone: Tz) -> Source {
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
