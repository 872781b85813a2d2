//! An address that somebody found to the source that it amounts to.
//!
//! In: the document at the address, the feeds that it links to, and what is configured already. Out: a [`Proposal`]: what
//! is read and why, its items, and the `[[source]]` block to paste, in which nothing stands that is not sure. Pure: who
//! fetches, and who knows of robots and of stored items, is the command.
//!
//! A feed that carries the records of the page is preferred to the page, selectors to a page's structure, and these to
//! nothing.

mod block;
mod naming;
mod place;
mod rhythm;

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use url::Url;

pub use self::block::Block;
use crate::classify::regions;
use crate::dates::order_of;
use crate::extract::{self, ExtractError, Form, Leads};
use crate::model::{
    Country, Document, Extracted, Item, Language, Location, Place, Problem, PublicUrl, Reading,
    Source, SourceId,
};
use crate::normalize::{self, About, comparable, folded};

/// Characters of an item that are looked at for its language.
const LANGUAGE_CHARACTERS: usize = 400;

/// What is known before the address is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// Ids that are no longer free.
    pub taken: &'a BTreeSet<SourceId>,
    /// The zone of sources that name none.
    pub zone: Tz,
}

/// A feed that a page links to.
#[derive(Clone, Debug)]
pub struct Linked {
    /// Where it was asked for.
    pub url: Url,
    /// What came, or why nothing did.
    pub document: Result<Document, String>,
}

/// What a source is read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The address is a feed.
    Feed {
        /// `RSS 2.0`, `Atom`.
        format: String,
    },
    /// The page links to a feed.
    LinkedFeed {
        /// `RSS 2.0`, `Atom`.
        format: String,
    },
    /// The page is a list of records.
    List,
    /// The page is one article.
    Article,
    /// A text with dated notices.
    Text,
}

/// How a feed that the page links to compares with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rival {
    /// Its address.
    pub url: Url,
    /// Its items, or why it has none.
    pub items: Result<usize, String>,
    /// How many records of the page it carries.
    pub shared: usize,
}

/// What an address amounts to.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What is read.
    pub found: Found,
    /// The source, as the block configures it.
    pub source: Source,
    /// What to paste.
    pub block: Block,
    /// What it gives now, in its own order, with the regions that they tell of.
    pub items: Vec<Item>,
    /// What was doubted or left out.
    pub problems: Vec<Problem>,
    /// Records of the page itself.
    pub records: usize,
    /// The feeds that the page links to.
    pub rivals: Vec<Rival>,
    /// The entry of the site's `WordPress` interface.
    pub wordpress: Option<Url>,
    /// The median distance between two items.
    pub distance: Option<TimeDelta>,
    /// The bytes that a poll brings when something is new, decompressed.
    pub body_bytes: usize,
}

/// Why an address amounts to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoverError {
    /// Something that nobody can poll.
    #[error("it is {0}: give the page or the feed that links to it")]
    Unreadable(&'static str),
    /// It cannot be read.
    #[error(transparent)]
    Extract(#[from] ExtractError),
}

/// What a page leads to that is worth fetching before it is judged.
///
/// # Errors
/// [`DiscoverError::Unreadable`] for what is neither a feed nor a page nor a text.
pub fn leads(document: &Document) -> Result<Leads, DiscoverError> {
    match extract::form(document) {
        Form::Page => Ok(extract::leads(document)),
        Form::Feed | Form::Text => Ok(Leads::default()),
        Form::Other(name) => Err(DiscoverError::Unreadable(name)),
    }
}

/// Proposes a source for `document`, which came from `location`, with `leads` and the feeds among them.
///
/// # Errors
/// [`DiscoverError`]
pub fn propose(
    location: &Location,
    document: &Document,
    leads: &Leads,
    linked: &[Linked],
    around: Surroundings<'_>,
) -> Result<Proposal, DiscoverError> {
    let page = Read::of(location, document, around.zone);
    let read: Vec<(&Linked, Result<Read, String>)> = linked
        .iter()
        .map(|linked| (linked, feed(linked, around.zone)))
        .collect();
    let records = page.as_ref().map_or(&[][..], |page| page.items.as_slice());
    let rivals: Vec<Rival> = read
        .iter()
        .map(|(linked, feed)| rival(linked, feed, records))
        .collect();
    let best = rivals
        .iter()
        .enumerate()
        .filter(|(_, rival)| is_better(rival, records.len()))
        .max_by_key(|(place, rival)| (rival.shared, std::cmp::Reverse(*place)));
    let records = records.len();
    let best = best.map(|(place, _)| place);
    let chosen = best.and_then(|place| read.into_iter().nth(place)?.1.ok());
    let is_linked = chosen.is_some();
    let read = chosen.map_or(page, Ok)?;
    Ok(Proposal {
        records,
        rivals,
        wordpress: leads.wordpress.clone(),
        ..read.proposed(leads, is_linked, around)
    })
}

/// A word for the site of an address, for the name of a file: `salud` of `www.salud.gob.gt`.
pub fn site(url: &Url) -> Option<String> {
    naming::site(url)
}

/// A document, read.
struct Read {
    source: Source,
    document: Document,
    extracted: Extracted,
    about: About,
    items: Vec<Item>,
    problems: Vec<Problem>,
}

impl Read {
    /// As the document itself decides; of a page by selectors, where these find the same.
    fn of(location: &Location, document: &Document, zone: Tz) -> Result<Self, ExtractError> {
        let source = Source {
            zone,
            // No title is taken for this name.
            name: String::new(),
            ..Source::at(location.clone(), nobody(), nowhere())
        };
        let mut read = Self::by(source, document.clone())?;
        if let Some(rules) = extract::hint(document, &read.source).rules {
            let reading = Reading::Html(Box::new(rules));
            let source = Source {
                reading,
                ..read.source.clone()
            };
            let by_rules = Self::by(source, document.clone());
            if let Ok(by_rules) = by_rules
                && by_rules.keys() == read.keys()
            {
                read = by_rules;
            }
        }
        Ok(read)
    }

    fn by(source: Source, document: Document) -> Result<Self, ExtractError> {
        let extracted = extract::extract(&document, &source)?;
        let about = normalize::about(&document, &extracted.channel);
        let normalized = normalize::normalize(&source, vec![(document.clone(), extracted.clone())]);
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
        self.items
            .iter()
            .map(|item| (item.title.as_str(), item.address.as_ref(), day(item)))
            .collect()
    }

    fn found(&self, is_linked: bool) -> Found {
        match (
            &self.extracted.channel.format,
            extract::form(&self.document),
        ) {
            (Some(format), _) if is_linked => Found::LinkedFeed {
                format: format.clone(),
            },
            (Some(format), _) => Found::Feed {
                format: format.clone(),
            },
            (None, Form::Text) => Found::Text,
            // A list has at least two.
            (None, _) if self.items.len() == 1 => Found::Article,
            (None, _) => Found::List,
        }
    }

    /// What comes of it, once it is known where and in which language it is written.
    fn proposed(mut self, leads: &Leads, is_linked: bool, around: Surroundings<'_>) -> Proposal {
        let found = self.found(is_linked);
        let url = self.document.url.clone();
        let language = self.language();
        self.place_items(None);
        let country = place::country_of_host(&url).or_else(|| place::country_of_items(&self.items));
        let zone = country.and_then(place::zone);
        let date_order = match found {
            Found::Feed { .. } | Found::LinkedFeed { .. } => None,
            Found::List | Found::Article | Found::Text => self.order(),
        };
        let title = self.about.title.as_deref();
        let site_name = if is_linked {
            None
        } else {
            leads.site_name.as_deref()
        };
        let name = naming::name(
            site_name.or(leads.site_name.as_deref()),
            title,
            leads.heading.as_deref(),
            &url,
        );
        let id = naming::id(&url, &name, title, around.taken);
        let distance = rhythm::distance(&self.items);
        let ttl = self.extracted.channel.advice.ttl_minutes;
        let ttl = ttl.map(|minutes| Duration::from_mins(minutes.into()));
        let block = Block {
            id: id.clone(),
            name: bounded(&name),
            url: self.written_url(),
            kind: self.kind(&found),
            every: distance.map(|distance| rhythm::every(distance, ttl)),
            zone: zone.filter(|zone| *zone != around.zone),
            language: language.clone(),
            country,
            date_order,
            next: leads.next.clone().filter(|_| found == Found::List),
            select: match &self.source.reading {
                Reading::Html(rules) => Some((**rules).clone()),
                _ => None,
            },
        };
        self.source = Source {
            id,
            name: block.name.clone(),
            zone: zone.unwrap_or(around.zone),
            language,
            date_order,
            country,
            ..self.source
        };
        let again = Self::by(self.source.clone(), self.document.clone());
        // The same document, read the same way, with more known of it.
        let mut read = again.unwrap_or(self);
        read.place_items(country);
        Proposal {
            found,
            block,
            distance,
            body_bytes: read.document.body.len(),
            source: read.source,
            items: read.items,
            problems: read.problems,
            records: 0,
            rivals: Vec::new(),
            wordpress: None,
        }
    }

    fn kind(&self, found: &Found) -> &'static str {
        match found {
            Found::Feed { .. } | Found::LinkedFeed { .. } => "feed",
            Found::List | Found::Article => "html",
            Found::Text => "text",
        }
    }

    fn written_url(&self) -> String {
        match &self.source.location {
            Location::Http(url) => url.expose().to_string(),
            Location::File(path) => path.display().to_string(),
        }
    }

    /// The language that the texts are surely in, together.
    fn language(&self) -> Option<Language> {
        let beginning = |item: &Item| {
            let text: String = item.text.chars().take(LANGUAGE_CHARACTERS).collect();
            format!("{}\n{text}", item.title)
        };
        let texts: Vec<String> = self.items.iter().take(10).map(beginning).collect();
        let written = normalize::language_of(&texts.join("\n"));
        // What the items say themselves, where all say the same.
        let mut said: Vec<&Language> = self
            .items
            .iter()
            .filter_map(|item| item.language.as_ref())
            .collect();
        said.dedup();
        let agreed = match said.as_slice() {
            [only] => Some((*only).clone()),
            _ => None,
        };
        match (written, agreed) {
            (Some(written), Some(agreed)) if agreed.primary() == written.primary() => Some(agreed),
            (written, _) => written,
        }
    }

    fn order(&self) -> Option<crate::model::DateOrder> {
        let entries = self.extracted.entries.iter();
        order_of(entries.filter_map(|entry| entry.published.as_deref()))
    }

    fn place_items(&mut self, country: Option<Country>) {
        for item in &mut self.items {
            item.regions = regions::of_item(item, country, &[]);
        }
    }
}

/// A feed that a page links to, read as one.
fn feed(linked: &Linked, zone: Tz) -> Result<Read, String> {
    let document = linked.document.clone()?;
    let location = Location::Http(PublicUrl::new(linked.url.clone()));
    let source = Source {
        zone,
        name: String::new(),
        reading: Reading::Feed,
        ..Source::at(location, nobody(), nowhere())
    };
    Read::by(source, document).map_err(|error| error.to_string())
}

fn rival(linked: &Linked, feed: &Result<Read, String>, records: &[Item]) -> Rival {
    let shared = feed.as_ref().map_or(0, |feed| shared(&feed.items, records));
    Rival {
        url: linked.url.clone(),
        items: feed
            .as_ref()
            .map(|feed| feed.items.len())
            .map_err(Clone::clone),
        shared,
    }
}

/// How many of `records` are among `items`, by address or by title.
fn shared(items: &[Item], records: &[Item]) -> usize {
    let address = |item: &Item| item.address.as_ref().and_then(comparable);
    let addresses: HashSet<String> = items.iter().filter_map(address).collect();
    let titles: HashSet<String> = items.iter().map(|item| folded(&item.title)).collect();
    let known = |record: &&Item| {
        address(record).is_some_and(|address| addresses.contains(&address))
            || titles.contains(&folded(&record.title))
    };
    records.iter().filter(known).count()
}

/// Whether a feed carries most records of a page that has so many, or the page has none. A feed that is shorter than the
/// page holds its newest.
fn is_better(rival: &Rival, records: usize) -> bool {
    let Ok(items) = rival.items else { return false };
    if records <= 1 {
        return items > 0;
    }
    let comparable = items.min(records);
    comparable * 3 >= records && rival.shared * 5 >= comparable * 3
}

fn nobody() -> SourceId {
    "discovered".parse().expect("a good name")
}

fn nowhere() -> Place {
    Place {
        file: "command line".into(),
        line: 1,
        column: 1,
    }
}

/// As long as a line of the configuration may be.
fn bounded(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}
