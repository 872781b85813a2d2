//! A configured source: its address, how to read it, and when to poll it.

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

/// The default number of sitemaps of an index to read.
const SITEMAPS: u32 = 5;

/// A position in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConfigPosition {
    /// The file, as it was named.
    pub file: PathBuf,
    /// Counted from 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl fmt::Display for ConfigPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// A former name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerName<T> {
    /// The name.
    pub was: T,
    /// The place of its configuration.
    pub place: ConfigPosition,
}

/// One place that bulletins come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The place of its configuration.
    pub place: ConfigPosition,
    /// Its name in the configuration; part of every item's id.
    pub id: SourceId,
    /// Its former names: items found under them belong to the current one.
    pub former: Vec<FormerName<SourceId>>,
    /// Its name for people: the publisher.
    pub name: String,
    /// Its address.
    pub location: Location,
    /// The way its documents are read.
    pub reading: Reading,
    /// The list of its page to read if there are no selectors: as the operator wrote it, or as detected on the first
    /// successful poll.
    pub layout: Option<Layout>,
    /// The language of most of its items, kept in the store. It is not a configuration key, nor a part of the source's
    /// block.
    pub usual_language: Option<Language>,
    /// The way to further pages of its list.
    pub pages: Option<Pages>,
    /// The fields to read from the page of each entry; `None` leaves these pages unread.
    pub detail: Option<Fields<Css>>,
    /// The pattern that the addresses of its entries must match; other entries are left out.
    pub only: Option<AddressPattern>,
    /// Parts of its pages to ignore.
    pub remove: Vec<Css>,
    /// Replacements to apply to its entries, in this order.
    pub replace: Vec<Replacement>,
    /// The formats of its dates, tried in this order before the built-in recognition.
    pub date_formats: Vec<DateFormat>,
    /// The base of relative addresses in its documents, if they are files or the output of a program.
    pub base_url: Option<Url>,
    /// The encoding of its documents, overriding their own declarations.
    pub charset: Option<Charset>,
    /// Its schedule.
    pub cadence: Cadence,
    /// Zone of dates without one, and of `cron`.
    pub zone: Tz,
    /// The language of its items, overriding the documents' own declarations.
    pub language: Option<Language>,
    /// The order of the parts in its numeric dates.
    pub date_order: Option<DateOrder>,
    /// Its rank among the reports of a story: the lowest is shown.
    pub rank: u32,
    /// Topics that all of its items belong to.
    pub topics: Vec<TopicId>,
    /// The publisher's country: the region of its items that name no other place.
    pub country: Option<Country>,
    /// Regions that all of its items belong to.
    pub regions: Vec<Region>,
}

impl Source {
    /// Returns a source of which only the location is known: the document decides how it is read.
    pub fn from_location(location: Location, id: SourceId, place: ConfigPosition) -> Self {
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

    /// Returns a hash that changes whenever the same bytes might be read differently: a 304 is valid only for a request
    /// made under the same fingerprint.
    pub fn fingerprint(&self, extractor_version: u32) -> Hash {
        Hash::digest(format!("{extractor_version} {}", self.reading_rules()).as_bytes())
    }

    /// Returns a hash that changes whenever a change of the block affects how documents are read. A newer extractor
    /// does not change it.
    pub fn block_hash(&self) -> Hash {
        Hash::digest(self.reading_rules().as_bytes())
    }

    /// Returns the keys of the block that decide how documents are read.
    fn reading_rules(&self) -> String {
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

    /// Returns its address for readers; for a file, its address on the web. `None` if it has none, or if it is secret.
    pub fn shared_address(&self) -> Option<Url> {
        self.location
            .shared_address()
            .or_else(|| self.base_url.clone())
    }

    /// Returns how many of an index's documents one poll reads: the configured number of list pages, if any.
    pub fn parts_per_poll(&self) -> u32 {
        match (&self.pages, &self.reading) {
            (Some(pages), _) => pages.last,
            (None, Reading::Sitemap | Reading::Auto) => SITEMAPS,
            (None, _) => 0,
        }
    }

    /// Returns the time limit of one document: `usual`, unless it is the output of a program with its own limit.
    pub fn document_timeout(&self, usual: Duration) -> Duration {
        match &self.location {
            Location::Command(command) => command.timeout.unwrap_or(usual),
            Location::Http(_) | Location::File(_) | Location::Secret(_) => usual,
        }
    }
}

/// The way documents are read into entries.
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
    /// Plain text: by the source's own grammar, or else as dated notices and lists.
    Text(Option<Box<Grammar>>),
    /// JSON, or JSON Lines.
    Json {
        /// Finds the JSON in a page, as a text or an attribute; `None` if the document itself is JSON.
        script: Option<Css>,
        /// The rules for its entries; `None` detects them by structure.
        rules: Option<Box<Rules<JsonPath>>>,
    },
    /// XML of any kind, by these rules, or else by its structure.
    Xml(Option<Box<Rules<ElementPath>>>),
    /// A sitemap, an index of sitemaps, or a list of addresses.
    Sitemap,
}
