//! A configured source: where it is, how to read it, when to ask.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use url::Url;

use super::{
    AddressPattern, Cadence, Charset, Country, Css, DateFormat, DateOrder, ElementPath, Fields,
    Grammar, Hash, JsonPath, Language, Layout, Location, Pages, Region, Replacement, Rules,
    SourceId, TopicId,
};

/// How many sitemaps of an index are read where nobody says otherwise.
const SITEMAPS: u32 = 5;

/// Where in the configuration something stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// A name that something had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Former<T> {
    /// The name.
    pub was: T,
    /// Where it is configured.
    pub place: Place,
}

/// One place that bulletins come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it is configured.
    pub place: Place,
    /// Its name in the configuration; part of every item's id.
    pub id: SourceId,
    /// Its names before: its items go on under the one that it has now.
    pub former: Vec<Former<SourceId>>,
    /// Its name for people: the publisher.
    pub name: String,
    /// Where it is.
    pub location: Location,
    /// How its documents are read.
    pub reading: Reading,
    /// Which list of its page is read, where no selectors say so: as the operator wrote it, or as it was found on the
    /// first good poll.
    pub layout: Option<Layout>,
    /// The language of most of its items, as kept with it. No key of the configuration, and no part of its block.
    pub usual_language: Option<Language>,
    /// Where its list goes on.
    pub pages: Option<Pages>,
    /// What is read of the page of each entry; `None` leaves these pages alone.
    pub detail: Option<Fields<Css>>,
    /// What the addresses of its entries must match; those of others are left out.
    pub only: Option<AddressPattern>,
    /// Parts of its pages that are not there for us.
    pub remove: Vec<Css>,
    /// What is written otherwise in its entries than it is published, in this order.
    pub replace: Vec<Replacement>,
    /// How it writes dates, tried in this order before all that is known of dates.
    pub date_formats: Vec<DateFormat>,
    /// Where relative addresses start in its documents, where those are files or the output of a program.
    pub base_url: Option<Url>,
    /// The encoding of its documents, whatever they say.
    pub charset: Option<Charset>,
    /// When it is asked.
    pub cadence: Cadence,
    /// Zone of dates without one, and of `cron`.
    pub zone: Tz,
    /// The language of its items, whatever its documents say.
    pub language: Option<Language>,
    /// What comes first in its numeric dates.
    pub date_order: Option<DateOrder>,
    /// Whose report of a story is shown: the lowest.
    pub rank: u32,
    /// Topics that all its items belong to.
    pub topics: Vec<TopicId>,
    /// Where the publisher is: what its items tell of where they name no other place.
    pub country: Option<Country>,
    /// Regions that all its items tell of.
    pub regions: Vec<Region>,
}

impl Source {
    /// A source of which nothing is known but where it is: the document decides how it is read.
    pub fn at(location: Location, id: SourceId, place: Place) -> Self {
        Self {
            place,
            name: id.to_string(),
            id,
            former: Vec::new(),
            location,
            reading: Reading::Auto,
            layout: None,
            usual_language: None,
            pages: None,
            detail: None,
            only: None,
            remove: Vec::new(),
            replace: Vec::new(),
            date_formats: Vec::new(),
            base_url: None,
            charset: None,
            cadence: Cadence::Every(Duration::MAX),
            zone: Tz::UTC,
            language: None,
            date_order: None,
            rank: 100,
            topics: Vec::new(),
            country: None,
            regions: Vec::new(),
        }
    }

    /// Changes whenever the same bytes might be read differently: a 304 answers only the question asked under the same one.
    pub fn fingerprint(&self, extractor_version: u32) -> Hash {
        Hash::of(format!("{extractor_version} {}", self.rules()).as_bytes())
    }

    /// Changes whenever the block changes how documents are read. A newer extractor does not change it.
    pub fn block(&self) -> Hash {
        Hash::of(self.rules().as_bytes())
    }

    /// Returns the keys of the block that decide how documents are read.
    fn rules(&self) -> String {
        let Self {
            reading,
            layout,
            pages,
            detail,
            only,
            remove,
            replace,
            date_formats,
            base_url,
            charset,
            zone,
            language,
            date_order,
            ..
        } = self;
        let rules =
            format!("{reading:?} {layout:?} {pages:?} {detail:?} {only:?} {remove:?} {replace:?}");
        let dates = format!("{date_formats:?} {zone} {language:?} {date_order:?}");
        let base = base_url.as_ref().map(|base| format!(" {base}"));
        format!("{rules} {charset:?} {dates}{}", base.unwrap_or_default())
    }

    /// Its address for readers; for a file, its address on the web. `None` without one, or if it is secret.
    pub fn shared_address(&self) -> Option<Url> {
        self.location.shared().or_else(|| self.base_url.clone())
    }

    /// How many documents an index names that one poll reads: as many as pages of a list, where that is said.
    pub fn parts(&self) -> u32 {
        match (&self.pages, &self.reading) {
            (Some(pages), _) => pages.last,
            (None, Reading::Sitemap | Reading::Auto) => SITEMAPS,
            (None, _) => 0,
        }
    }

    /// How long one of its documents may take: `usual`, unless it is made by a program that was given a time of its own.
    pub fn timeout(&self, usual: Duration) -> Duration {
        match &self.location {
            Location::Command(command) => command.timeout.unwrap_or(usual),
            Location::Http(_) | Location::File(_) | Location::Secret(_) => usual,
        }
    }
}

/// How documents become entries.
#[derive(Clone, Debug)]
pub enum Reading {
    /// The document decides: a feed, a sitemap, JSON, XML, a page or plain text.
    Auto,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A page, by CSS selectors.
    Html(Box<Rules<Css>>),
    /// A page, by its structure.
    Page,
    /// Plain text: by the source's own grammar, else dated notices and lists.
    Text(Option<Box<Grammar>>),
    /// JSON, or lines of it.
    Json {
        /// Finds it in a page, as a text or an attribute; `None` where the document is JSON itself.
        script: Option<Css>,
        /// Where its entries are; `None` leaves that to its structure.
        rules: Option<Box<Rules<JsonPath>>>,
    },
    /// XML of any kind, by these rules, else by its structure.
    Xml(Option<Box<Rules<ElementPath>>>),
    /// A sitemap, an index of sitemaps, or a list of addresses.
    Sitemap,
}
