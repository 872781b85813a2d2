//! Proposes a source for an address.
//!
//! In: the document at the address, the feeds that it links to, and the configured sources. Out: a
//! [`SourceProposal`]: the reading and the reasons for it, its items, and the `[[source]]` block to paste, which
//! contains only certain values. Pure: the command does the fetching, and knows about robots.txt and stored
//! items.
//!
//! A feed with the records of the page is preferred to the page; next come the API of its site, then selectors
//! and paths, then the structure of the document.

mod block;
mod choice;
mod naming;
mod place;
mod read;
mod rhythm;
mod rival;
mod wordpress;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;
use url::Url;

pub use self::block::SourceBlock;
pub use self::choice::{ListChoice, MAX_CHOICES, list_choices};
use self::read::ReadDocument;
pub use self::rival::RivalDocument;
pub use self::wordpress::newest_posts_url;
use crate::extract::{self, DocumentKind, ExtractError, PageLeads, UnsupportedKind};
use crate::model::{
    Country, DateOrder, Document, Item, Language, Location, Problem, PublicUrl, Source, SourceId,
};

/// The facts known before a look at the address.
#[derive(Clone, Copy, Debug)]
pub struct DiscoverContext<'a> {
    /// Ids that are in use.
    pub taken: &'a BTreeSet<SourceId>,
    /// The zone of sources that set none.
    pub zone: Tz,
    /// The number of the list to use; `None` for the best.
    pub list: Option<usize>,
}

/// A replacement for a page that the page itself links to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadKind {
    /// A feed.
    Feed,
    /// The API of a `WordPress` site.
    WordPress,
}

/// A feed or an API that a page links to.
#[derive(Clone, Debug)]
pub struct LinkedDocument {
    /// Its kind.
    pub lead: LeadKind,
    /// The requested address.
    pub url: Url,
    /// The document, or the reason why there is none.
    pub document: Result<Document, String>,
}

/// The kind of source found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundKind {
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
    /// The page belongs to a `WordPress` site whose API has its records.
    WordPress,
    /// The page is a list of records.
    List,
    /// The page is one article.
    Article,
    /// The page has its records in a script.
    Script,
    /// JSON with a list.
    Json,
    /// XML with a list.
    Xml,
    /// A sitemap, or an index of them.
    Sitemap,
    /// A text with dated notices.
    Text,
}

impl FoundKind {
    fn is_feed(&self) -> bool {
        matches!(self, Self::Feed { .. } | Self::LinkedFeed { .. })
    }
}

/// A proposed source.
#[derive(Clone, Debug)]
pub struct SourceProposal {
    /// The kind of source.
    pub found: FoundKind,
    /// The source, as the block configures it.
    pub source: Source,
    /// The block to paste.
    pub block: SourceBlock,
    /// Its current items, in its own order, with the regions that they mention.
    pub items: Vec<Item>,
    /// Doubts, and entries that were left out.
    pub problems: Vec<Problem>,
    /// The number of records of the page itself.
    pub records: usize,
    /// The lists of the document, even if a feed takes precedence.
    pub choices: Vec<ListChoice>,
    /// The number of the list that is read; `None` if none of them is.
    pub list: Option<usize>,
    /// The documents that the page links to, compared with it.
    pub rivals: Vec<RivalDocument>,
    /// The number of documents in an index, of which a poll reads the newest.
    pub parts: usize,
    /// The median time between two items.
    pub distance: Option<TimeDelta>,
    /// The decompressed size of a poll with news, in bytes.
    pub body_bytes: usize,
}

/// The reasons why an address cannot be a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiscoverError {
    /// A document of a kind that is not supported.
    #[error("it is {}: {}", .0, .0.action())]
    Foreign(UnsupportedKind),
    /// A document that could be read, and contains nothing.
    #[error("it holds no entries")]
    Empty,
    /// A page whose lists are probably menus.
    #[error("{}", ExtractError::NoRecords)]
    Unsure {
        /// The number of lists.
        lists: usize,
        /// The number of records in the best list.
        records: usize,
        /// The first titles in the best list.
        titles: Vec<String>,
    },
    /// A list that does not exist.
    #[error("there is no list {list}: {}", format_list_count(*.lists))]
    NoSuchList {
        /// The number that was asked for.
        list: usize,
        /// The number of lists.
        lists: usize,
    },
    /// The document cannot be read.
    #[error(transparent)]
    Extract(#[from] ExtractError),
}

fn format_list_count(lists: usize) -> String {
    match lists {
        0 => "the document has no lists to choose from".to_owned(),
        1 => "the document has 1 list".to_owned(),
        lists => format!("the document has {lists} lists"),
    }
}

/// Returns the links of a page that are worth fetching before it is judged.
///
/// # Errors
/// [`DiscoverError::Foreign`] for documents of an unsupported kind.
pub fn find_page_leads(document: &Document) -> Result<PageLeads, DiscoverError> {
    let location = Location::Http(PublicUrl::new(document.url.clone()));
    let source = read::unknown_source(location, Tz::UTC);
    if let Some(foreign) = extract::detect_unsupported(document, &source) {
        return Err(DiscoverError::Foreign(foreign));
    }
    Ok(match extract::document_kind(document, &source) {
        DocumentKind::Page => extract::find_page_leads(document),
        DocumentKind::Sitemap => PageLeads {
            parts: extract::extract(document, &source)?.follow,
            ..PageLeads::default()
        },
        DocumentKind::Feed | DocumentKind::Json | DocumentKind::Xml | DocumentKind::Text => {
            PageLeads::default()
        }
    })
}

/// Proposes a source for `document`, which came from `location`, with `leads` and those of them that were
/// fetched. For an index, `document` is its first part.
///
/// # Errors
/// [`DiscoverError`]
pub fn propose_source(
    location: &Location,
    document: &Document,
    leads: &PageLeads,
    linked: &[LinkedDocument],
    around: DiscoverContext<'_>,
) -> Result<SourceProposal, DiscoverError> {
    let source = read::unknown_source(location.clone(), around.zone);
    let choices = choice::list_choices(document, &source);
    if let Some(list) = around.list {
        return propose_list(&source, document, leads, list, choices, around);
    }
    let page = ReadDocument::by_format(location, document, around.zone);
    let others = linked
        .iter()
        .map(|linked| ReadDocument::from_linked(linked, around.zone));
    let others: Vec<Result<ReadDocument, String>> = others.collect();
    let records = page.as_ref().map_or(&[][..], |page| page.items.as_slice());
    let rivals = linked.iter().zip(&others);
    let rivals: Vec<RivalDocument> = rivals
        .map(|(linked, read)| RivalDocument::new(linked, read, records))
        .collect();
    let records = records.len();
    let best = rival::best_rival(&rivals, records);
    let own = page.as_ref().ok().filter(|_| best.is_none());
    let list = own.and_then(|page| {
        let entries = &page.extracted.entries;
        let first = choices
            .first()
            .filter(|first| first.listed.has_entries(entries));
        Some(first?.number)
    });
    let title = page.as_ref().ok().and_then(|page| page.about.title.clone());
    let chosen = best.and_then(|place| others.into_iter().nth(place)?.ok());
    let lead = best.map(|place| rivals[place].lead);
    let mut read = chosen
        .map_or(page, Ok)
        .map_err(|error| unsure_error(error, &choices))?;
    // An API does not name its publisher.
    read.about.title = read.about.title.take().or(title);
    let found = read.found_kind(lead);
    if read.items.is_empty() && !found.is_feed() {
        return Err(DiscoverError::Empty);
    }
    Ok(SourceProposal {
        records,
        rivals,
        parts: leads.parts.len(),
        choices,
        list,
        ..build_proposal(read, found, leads, around)
    })
}

/// Returns the error with the lists of a page on which no list is certain, if it has any.
fn unsure_error(error: ExtractError, choices: &[ListChoice]) -> DiscoverError {
    match (error, choices.first()) {
        (ExtractError::NoRecords, Some(first)) => DiscoverError::Unsure {
            lists: choices.len(),
            records: first.records,
            titles: first.listed.titles.clone(),
        },
        (error, _) => error.into(),
    }
}

/// Proposes the list with this number.
fn propose_list(
    source: &Source,
    document: &Document,
    leads: &PageLeads,
    list: usize,
    choices: Vec<ListChoice>,
    around: DiscoverContext<'_>,
) -> Result<SourceProposal, DiscoverError> {
    let choice = choices.iter().find(|choice| choice.number == list);
    let choice = choice.ok_or(DiscoverError::NoSuchList {
        list,
        lists: choices.len(),
    })?;
    let read = ReadDocument::by_source(choice.listed.apply_to(source), document.clone())?;
    let found = read.found_kind(None);
    let mut proposal = SourceProposal {
        records: read.items.len(),
        choices,
        list: Some(list),
        ..build_proposal(read, found, leads, around)
    };
    // A list with more records is no news to users who chose this one.
    proposal
        .problems
        .retain(|problem| !matches!(problem, Problem::ReadsLess { .. }));
    Ok(proposal)
}

/// Returns a word for the site of an address, for use in a file name: `salud` for `www.salud.gob.gt`.
pub fn site_word(url: &Url) -> Option<String> {
    naming::site_label(url)
}

/// The certain facts about a source's place and language.
struct SourceLocale {
    language: Option<Language>,
    country: Option<Country>,
    zone: Option<Tz>,
    date_order: Option<DateOrder>,
}

impl SourceLocale {
    fn detect(read: &ReadDocument, found: &FoundKind) -> Self {
        let country = place::country_of_host(&read.document.url)
            .or_else(|| place::country_of_items(&read.items));
        Self {
            language: read.detect_language(),
            country,
            zone: country.and_then(place::only_zone),
            // Dates in feeds need no order.
            date_order: read.detect_date_order().filter(|_| !found.is_feed()),
        }
    }
}

/// Builds the proposal for a document once its place and language are known.
fn build_proposal(
    read: ReadDocument,
    found: FoundKind,
    leads: &PageLeads,
    around: DiscoverContext<'_>,
) -> SourceProposal {
    let read = read.with_places(None);
    let known = SourceLocale::detect(&read, &found);
    let distance = rhythm::median_distance(&read.items);
    let block = build_block(&read, &found, &known, distance, leads, around);
    let SourceLocale {
        language,
        country,
        zone,
        date_order,
    } = known;
    let source = Source {
        id: block.id.clone(),
        name: block.name.clone(),
        zone: zone.unwrap_or(around.zone),
        language,
        date_order,
        country,
        ..read.source.clone()
    };
    // The same document, read the same way, with more known about it.
    let again = ReadDocument::by_source(source, read.document.clone());
    let read = again.unwrap_or(read).with_places(country);
    SourceProposal {
        found,
        block,
        distance,
        body_bytes: read.document.body.len(),
        source: read.source,
        items: read.items,
        problems: read.problems,
        records: 0,
        choices: Vec::new(),
        list: None,
        rivals: Vec::new(),
        parts: 0,
    }
}

fn build_block(
    read: &ReadDocument,
    found: &FoundKind,
    known: &SourceLocale,
    distance: Option<TimeDelta>,
    leads: &PageLeads,
    around: DiscoverContext<'_>,
) -> SourceBlock {
    let (url, title) = (&read.document.url, read.about.title.as_deref());
    // The title of an article is not a publisher's name.
    let heading = if *found == FoundKind::Article {
        title
    } else {
        leads.heading.as_deref()
    };
    let name = naming::choose_name(leads.site_name.as_deref(), title, heading, url);
    let ttl = read.extracted.channel.advice.ttl_minutes;
    let ttl = ttl.map(|minutes| Duration::from_mins(minutes.into()));
    SourceBlock {
        id: naming::choose_id(url, &name, title, around.taken),
        name: naming::shorten_name(&name),
        url: match &read.source.location {
            Location::Http(url) => url.expose().to_string(),
            Location::File(path) => path.display().to_string(),
            location @ (Location::Command(_) | Location::Secret(_)) => location.to_string(),
        },
        reading: read.source.reading.clone(),
        layout: read.source.layout.clone(),
        detail: read.source.detail.is_some(),
        every: distance.map(|distance| rhythm::polling_interval(distance, ttl)),
        zone: known.zone.filter(|zone| *zone != around.zone),
        language: known.language.clone(),
        country: known.country,
        date_order: known.date_order,
        next: leads.next.clone().filter(|_| *found == FoundKind::List),
    }
}
