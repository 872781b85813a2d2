//! A [`Document`] to raw entries, a file per format.
//!
//! In: the document and how its source is read. Out: entries in document order, a [`Problem`]
//! for each one left out, and further pages to follow. Nothing is decided here about what a date, a title or an
//! address means: that is `normalize`. No network, no clock, no database.

mod alerts;
mod amend;
mod charset;
mod detail;
mod epoch;
mod feed;
mod follow;
mod foreign;
mod grammar;
mod html;
mod json;
mod leads;
mod rules;
mod series;
mod sitemap;
mod structure;
mod text;
mod xml;

pub use foreign::Foreign;
pub use html::lists::{Weights, study};
pub use leads::{Leads, leads};

use text::leading_date;

pub use detail::detail;

#[cfg(test)]
mod tests;

use url::Url;

use crate::dates;
use crate::model::{
    Css, Document, Extracted, Layout, Problem, ProblemCode, PublicUrl, RawEntry, Reading, Rules,
    Source,
};

/// Raised whenever the same bytes may give other entries: the next request is then unconditional.
pub const VERSION: u32 = 8;

/// The most entries that one document may bring.
const MAX_ENTRIES: usize = 2_000;

/// Why a document gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// A page or something else where a feed was expected.
    #[error("{found} came instead of a feed")]
    NotAFeed {
        /// What came.
        found: &'static str,
        /// The feed that a page links to, secrets hidden.
        link: Option<PublicUrl>,
    },
    /// A feed that breaks its format.
    #[error("the feed cannot be read ({reason})")]
    BadFeed {
        /// What is wrong, and where.
        reason: String,
    },
    /// A document of a kind that is not read.
    #[error("the document is {0}")]
    Foreign(Foreign),
    /// A page without selectors, on which nothing is repeated and no article stands.
    #[error("the page has neither a list of linked titles nor an article")]
    NoRecords,
    /// A page on which nothing has the layout that its source keeps.
    #[error("{}", without_layout(layout))]
    NoLayout {
        /// The layout that was kept, or is configured.
        layout: Layout,
    },
    /// JSON, XML or a sitemap that is none.
    #[error("{what} cannot be read: {reason}")]
    BadDocument {
        /// What was expected.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// JSON or XML without rules, in which no list of entries is found.
    #[error("{what} holds no list whose entries have a title and an address or a date")]
    NoList {
        /// What it is.
        what: &'static str,
    },
    /// `script` finds nothing.
    #[error("`script` ({selector}) found nothing on the page")]
    NoScript {
        /// As configured.
        selector: String,
    },
    /// A selector that finds nothing.
    #[error("`select.item` ({selector}) found nothing")]
    NothingFound {
        /// As configured.
        selector: String,
    },
    /// Matches, but no entry among them.
    #[error("`select.item` ({selector}) found {matches} parts of the document, none with a title")]
    NoTitles {
        /// As configured.
        selector: String,
        /// How many matches.
        matches: usize,
    },
    /// A text without dated notices that is no list of titles and texts either.
    #[error("the text has no line that is a date, and no titles with a text under each")]
    Undated,
    /// A text in which `separator` or `record` finds nothing.
    #[error("`{key}` matches nowhere in the text")]
    NoMatch {
        /// The key in the configuration.
        key: &'static str,
    },
    /// Markup nested so deep that reading it would take for ever.
    #[error("the markup is nested more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

impl ExtractError {
    /// The short name of the problem in `status`.
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::NotAFeed { .. } => ProblemCode::NotAFeed,
            Self::BadFeed { .. } => ProblemCode::BadFeed,
            Self::BadDocument { .. } => ProblemCode::BadDocument,
            Self::Foreign(foreign) => foreign.code(),
            Self::NoLayout { .. } => ProblemCode::NoLayout,
            Self::NoRecords
            | Self::NoList { .. }
            | Self::NoScript { .. }
            | Self::NothingFound { .. }
            | Self::NoTitles { .. }
            | Self::NoMatch { .. } => ProblemCode::NothingFound,
            Self::Undated => ProblemCode::NoDates,
            Self::TooDeep { .. } => ProblemCode::TooDeep,
        }
    }

    /// Whether the document must have changed, where the same rules have read it before.
    pub fn is_drift(&self) -> bool {
        matches!(
            self,
            Self::NoRecords
                | Self::NoLayout { .. }
                | Self::NoList { .. }
                | Self::NoScript { .. }
                | Self::NothingFound { .. }
                | Self::NoTitles { .. }
                | Self::NoMatch { .. }
                | Self::Undated
                | Self::Foreign(Foreign::OneText)
        )
    }

    /// Advice for an operator whose rules have read the document before.
    pub fn action_after_change(&self) -> String {
        match self {
            Self::NoLayout { .. } => format!("the page has been built anew: {}", self.action()),
            Self::NoScript { .. } | Self::NothingFound { .. } | Self::NoTitles { .. } => {
                "the layout has changed: correct `select`, and try it with `tidings preview`"
                    .to_owned()
            }
            Self::NoMatch { key } => {
                format!(
                    "the text is written otherwise than before: correct `{key}`, and try it with `tidings preview`"
                )
            }
            _ => self.action(),
        }
    }

    /// What an operator can do about it.
    pub fn action(&self) -> String {
        match self {
            Self::NotAFeed { link: Some(link), .. } => format!("put the feed that the page links to into `url`: {link}"),
            Self::NotAFeed { link: None, .. } => {
                "look at the address in a browser: correct `url`, or read it as `kind = \"html\"` with selectors".to_owned()
            }
            Self::Foreign(foreign) => foreign.action().to_owned(),
            Self::BadFeed { .. } => "tell the publisher".to_owned(),
            Self::NoRecords => {
                "look at the page in a browser; `select.item` and `select.title` read what is not found by itself, and \
                 `tidings preview --select item=CSS --select title=CSS` tries them".to_owned()
            },
            Self::NoLayout { .. } => {
                "`tidings discover` shows what is on it now, `--list 2` another list of it".to_owned()
            }
            Self::BadDocument { .. } => {
                "look at what the address gives; if it is something else by now, correct `url` or `kind`".to_owned()
            }
            Self::NoList { .. } => {
                "look at the document: `select.item` and `select.title` read what is not found by itself, and \
                 `tidings preview --select item=PATH --select title=PATH` tries them".to_owned()
            }
            Self::NoScript { .. } => {
                "look at the page's source: correct `script`, and try it with `tidings preview`".to_owned()
            }
            Self::NothingFound { .. } | Self::NoTitles { .. } => {
                "look at the document: correct `select`, and try it with `tidings preview`".to_owned()
            }
            Self::NoMatch { key } => {
                format!("look at the text: correct `{key}`, and try it with `tidings preview`")
            }
            Self::Undated => "look at the text: dated notices are wanted, a date on a line of its own before each".to_owned(),
            Self::TooDeep { .. } => "look at the document: no browser or reader could show it either".to_owned(),
        }
    }
}

/// Says that a page has its layout no longer.
fn without_layout(layout: &Layout) -> String {
    if layout.is_page() {
        return "the page has no text any more that could be one record".to_owned();
    }
    if layout.is_data() {
        return "the page holds no data for programs".to_owned();
    }
    format!("nothing on the page has the layout `{layout}`")
}

/// Reads `document` as `source` says.
///
/// # Errors
/// [`ExtractError`] when it gives no entry at all where there must be some; an empty feed is none.
pub fn extract(document: &Document, source: &Source) -> Result<Extracted, ExtractError> {
    if let Some(foreign) = foreign::of_bytes(document) {
        return Err(ExtractError::Foreign(foreign));
    }
    let charset::Decoded { text, problems } = charset::decode(document, source.charset);
    let mut extracted = read(&text, document, source)?;
    extracted.problems.splice(..0, problems);
    extracted
        .entries
        .retain(|entry| is_wanted(entry, &document.url, source));
    if extracted.entries.len() > MAX_ENTRIES {
        extracted.entries.truncate(MAX_ENTRIES);
        extracted
            .problems
            .push(Problem::TooManyEntries { limit: MAX_ENTRIES });
    }
    amend::all(&mut extracted.entries, source);
    extracted.problems.extend(series::gaps(&extracted.entries));
    Ok(extracted)
}

fn read(text: &str, document: &Document, source: &Source) -> Result<Extracted, ExtractError> {
    let (url, hints) = (&document.url, hints(document, source));
    if let Some(foreign) = foreign(text, document, source) {
        return Err(ExtractError::Foreign(foreign));
    }
    match &source.reading {
        Reading::Feed => a_feed(text, url, source),
        Reading::Html(rules) => html::read(text, url, rules, source),
        Reading::Page => html::read_by_structure(text, url, source, &hints),
        Reading::Text(None) => plain_text(text, &hints),
        Reading::Text(Some(grammar)) => grammar::read(text, grammar, &hints),
        Reading::Json {
            script: Some(script),
            rules,
        } => json::read_in_page(text, url, script, rules.as_deref(), source, &hints),
        Reading::Json { rules, .. } => json::read(text, rules.as_deref(), &hints),
        Reading::Xml(None) if feed::sniff(text) == feed::Format::Xml => a_feed(text, url, source),
        Reading::Xml(rules) => xml::read(text, rules.as_deref(), &hints),
        Reading::Sitemap => sitemap::read(text, url, source, &hints),
        Reading::Auto => match nature_of(text) {
            Nature::Feed => a_feed(text, url, source),
            Nature::Page => html::read_by_structure(text, url, source, &hints),
            Nature::Json => json::read(text, None, &hints),
            Nature::Xml => xml::read(text, None, &hints),
            Nature::Sitemap => sitemap::read(text, url, source, &hints),
            Nature::Text => some_text(text, &hints),
        },
    }
}

/// What a document is whose text is of a kind that is not read. What an operator says of a text by its grammar counts
/// more than what it begins with.
fn foreign(text: &str, document: &Document, source: &Source) -> Option<Foreign> {
    match &source.reading {
        Reading::Text(Some(_)) => None,
        Reading::Json { .. } => foreign::of_text(text),
        // A page with a few such bytes is a page all the same.
        _ => foreign::of_text(text).or_else(|| {
            let is_unknown = nature_of(text) == Nature::Text;
            foreign::of_type(document, text).filter(|_| is_unknown)
        }),
    }
}

/// What a document is that is not read, whatever its source says of it; a list of feeds among them.
pub fn foreign_nature(document: &Document, source: &Source) -> Option<Foreign> {
    let text = || charset::decode(document, source.charset).text;
    foreign::of_bytes(document).or_else(|| {
        let text = text();
        let listed = feed::sniff(&text) == feed::Format::Other(feed::FEED_LIST);
        foreign(&text, document, source).or_else(|| listed.then_some(Foreign::FeedList))
    })
}

fn a_feed(text: &str, url: &Url, source: &Source) -> Result<Extracted, ExtractError> {
    let mut extracted = feed::read(text, url, &source.location)?;
    let advice = &extracted.channel.advice;
    extracted.follow = follow::of_feed(advice, url, source.pages.as_ref());
    Ok(extracted)
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A page for people.
    Page,
    /// JSON of another kind, or within a page.
    Json,
    /// XML of another kind.
    Xml,
    /// A sitemap or an index of them.
    Sitemap,
    /// Plain text.
    Text,
}

/// What a document is read as.
pub fn nature(document: &Document, source: &Source) -> Nature {
    match &source.reading {
        Reading::Feed => Nature::Feed,
        Reading::Html(_) | Reading::Page => Nature::Page,
        Reading::Text(_) => Nature::Text,
        Reading::Json { .. } => Nature::Json,
        Reading::Xml(_) => Nature::Xml,
        Reading::Sitemap => Nature::Sitemap,
        Reading::Auto => nature_of(&charset::decode(document, source.charset).text),
    }
}

fn nature_of(text: &str) -> Nature {
    match feed::sniff(text) {
        _ if json::is_json(text) => Nature::Json,
        feed::Format::Html if xml::is_xml(text) => Nature::Xml,
        feed::Format::Html if feed::held_in_page(text).is_some() => Nature::Feed,
        feed::Format::Html => Nature::Page,
        feed::Format::Other(feed::SITEMAP) => Nature::Sitemap,
        feed::Format::OtherXml => Nature::Xml,
        feed::Format::Unknown if sitemap::is_list(text) => Nature::Sitemap,
        feed::Format::Unknown => Nature::Text,
        feed::Format::Xml | feed::Format::Json | feed::Format::Other(_) => Nature::Feed,
    }
}

/// Whether the operator wants an entry with such an address.
fn is_wanted(entry: &RawEntry, url: &Url, source: &Source) -> bool {
    source.only.as_ref().is_none_or(|only| {
        let base = entry.base.as_ref().unwrap_or(url);
        let address = entry
            .link
            .as_deref()
            .and_then(|link| base.join(link.trim()).ok());
        address.is_some_and(|address| only.matches(address.as_str()))
    })
}

/// What of a source's block does nothing to a document: selectors of `remove` that find nothing. It is no problem of a
/// poll, for what they take out may come and go.
pub fn idle(document: &Document, source: &Source) -> Vec<Problem> {
    if source.remove.is_empty() || !reads_page(document, source) {
        return Vec::new();
    }
    let text = charset::decode(document, source.charset).text;
    html::idle(&text, &source.remove)
}

fn reads_page(document: &Document, source: &Source) -> bool {
    let is_script = matches!(
        source.reading,
        Reading::Json {
            script: Some(_),
            ..
        }
    );
    is_script || nature(document, source) == Nature::Page
}

/// What an operator may put into the block of a source instead of leaving its document to be found out.
#[derive(Clone, Debug, Default)]
pub struct Hinted {
    /// What reads the same records: selectors of a page, none where these have no elements of their own; the script of a
    /// page in which they stand; paths of JSON or XML.
    pub reading: Option<Reading>,
    /// The feed that the page links to. Whether it has the same records is for whoever fetches it to see.
    pub feed: Option<Url>,
}

impl Hinted {
    /// The selectors of a page.
    pub fn rules(&self) -> Option<&Rules<Css>> {
        match &self.reading {
            Some(Reading::Html(rules)) => Some(rules),
            _ => None,
        }
    }

    /// What says so in a block: keys, each with its values.
    pub fn keys(&self) -> Vec<(String, Vec<String>)> {
        self.reading.as_ref().map_or_else(Vec::new, keys)
    }
}

/// Looks at a document that is read by its structure; nothing for sources with selectors.
pub fn hint(document: &Document, source: &Source) -> Hinted {
    let charset::Decoded { text, .. } = charset::decode(document, source.charset);
    let nature = match source.reading {
        Reading::Page => Nature::Page,
        Reading::Auto => nature_of(&text),
        Reading::Json {
            script: None,
            rules: None,
        } => Nature::Json,
        Reading::Xml(None) => Nature::Xml,
        _ => return Hinted::default(),
    };
    let hints = hints(document, source);
    match nature {
        Nature::Page => Hinted {
            reading: html::reading(&text, &document.url, source, &hints),
            feed: feed::linked_feed(&text, &document.url),
        },
        Nature::Json => Hinted {
            reading: json::rules(&text, &hints).map(|rules| Reading::Json {
                script: None,
                rules: Some(Box::new(rules)),
            }),
            feed: None,
        },
        Nature::Xml => Hinted {
            reading: xml::rules(&text, &hints).map(|rules| Reading::Xml(Some(Box::new(rules)))),
            feed: None,
        },
        Nature::Feed | Nature::Sitemap | Nature::Text => Hinted::default(),
    }
}

/// How many titles show what a list is.
const SHOWN_TITLES: usize = 3;

/// A list that a document may be for.
#[derive(Clone, Debug)]
pub struct Listed {
    /// How its document is read.
    pub reading: Reading,
    /// Which list of a page `reading` finds, where no selectors say so.
    pub layout: Option<Layout>,
    /// How many records it has.
    pub records: usize,
    /// The first titles, as they stand in the document.
    pub titles: Vec<String>,
    /// The reasons for and against it.
    pub why: Why,
}

/// The reasons for and against a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// In one line.
    Said(String),
    /// Reasons, the weightiest first, each compared with the other lists of its document.
    Weighed(Vec<Reason>),
}

/// One reason for a list, or against it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// The measure: `share of records with a date`.
    pub measure: &'static str,
    /// Its weight; below zero it spoke against the list.
    pub weight: f64,
    /// Whether the list has more of it than the others have, or less.
    pub has_more: bool,
}

impl Why {
    /// The sum of the weights.
    pub fn sum(&self) -> Option<f64> {
        match self {
            Self::Said(_) => None,
            Self::Weighed(reasons) => Some(reasons.iter().map(|reason| reason.weight).sum()),
        }
    }
}

impl Listed {
    fn new(reading: Reading, layout: Option<Layout>, entries: &[RawEntry], why: Why) -> Self {
        Self {
            reading,
            layout,
            records: entries.len(),
            titles: first_titles(entries),
            why,
        }
    }

    /// `source`, reading this list.
    pub fn read_by(&self, source: &Source) -> Source {
        Source {
            reading: self.reading.clone(),
            layout: self.layout.clone(),
            ..source.clone()
        }
    }

    /// Whether these are its entries.
    pub fn is_of(&self, entries: &[RawEntry]) -> bool {
        self.records.min(MAX_ENTRIES) == entries.len() && self.titles == first_titles(entries)
    }

    /// What reads it as keys of a block, each with its values.
    pub fn keys(&self) -> Vec<(String, Vec<String>)> {
        let layout = self.layout.as_ref().map(|layout| {
            let values = vec![layout.to_string()];
            ("layout".to_owned(), values)
        });
        keys(&self.reading).into_iter().chain(layout).collect()
    }
}

fn first_titles(entries: &[RawEntry]) -> Vec<String> {
    let titles = entries.iter().filter_map(|entry| entry.title.as_ref());
    titles
        .take(SHOWN_TITLES)
        .map(|title| title.as_str().to_owned())
        .collect()
}

/// The lists that a page, JSON or XML may be for, the best first, at most `count` of them. The first is what [`extract`]
/// reads without rules, where it reads any. Other documents have none.
pub fn lists(document: &Document, source: &Source, count: usize) -> Vec<Listed> {
    let charset::Decoded { text, .. } = charset::decode(document, source.charset);
    let hints = hints(document, source);
    match (nature(document, source), &source.reading) {
        // The JSON stands in a page, whose lists are others.
        (_, Reading::Json { script, .. }) if script.is_some() => Vec::new(),
        (Nature::Page, _) => html::ranked(&text, &document.url, source, &hints, count),
        (Nature::Json, _) => json::ranked(&text, &hints, count),
        (Nature::Xml, _) => xml::ranked(&text, &hints, count),
        (Nature::Feed | Nature::Sitemap | Nature::Text, _) => Vec::new(),
    }
}

/// Looks at a page that is read by its structure as if no layout was kept. Returns its layout, and the selectors that find
/// the same records; `None` if it has no records, and for other documents.
pub fn fresh(document: &Document, source: &Source) -> Option<(Layout, Option<Rules<Css>>)> {
    let is_page = match source.reading {
        Reading::Page => true,
        Reading::Auto => nature(document, source) == Nature::Page,
        _ => false,
    };
    if !is_page {
        return None;
    }
    let text = charset::decode(document, source.charset).text;
    html::fresh(&text, &document.url, source, &hints(document, source))
}

/// A reading as the keys of a block that say so, each with its values: its kind, and where its entries stand.
pub fn keys(reading: &Reading) -> Vec<(String, Vec<String>)> {
    let key = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    let kind = vec![key("kind", reading.kind().as_str())];
    match reading {
        Reading::Html(rules) => with_places(kind, Some(rules)),
        Reading::Json { script, rules } => {
            let script = script.as_ref().map(|css| key("script", &css.to_string()));
            with_places(kind.into_iter().chain(script).collect(), rules.as_deref())
        }
        Reading::Xml(rules) => with_places(kind, rules.as_deref()),
        Reading::Auto | Reading::Feed | Reading::Page | Reading::Text(_) | Reading::Sitemap => kind,
    }
}

/// Of a field that stands in several places, a list of them.
fn with_places<L: std::fmt::Display>(
    mut keys: Vec<(String, Vec<String>)>,
    rules: Option<&Rules<L>>,
) -> Vec<(String, Vec<String>)> {
    for (key, place) in rules.into_iter().flat_map(Rules::places) {
        let key = format!("select.{key}");
        match keys.last_mut().filter(|(last, _)| *last == key) {
            Some((_, places)) => places.push(place.to_string()),
            None => keys.push((key, vec![place.to_string()])),
        }
    }
    keys
}

/// What dates in the document may mean.
fn hints<'a>(document: &Document, source: &'a Source) -> dates::Hints<'a> {
    dates::Hints {
        language: source.language.as_ref(),
        order: source.date_order,
        learned: None,
        zone: source.zone,
        now: document.fetched_at,
    }
}

fn plain_text(text: &str, hints: &dates::Hints<'_>) -> Result<Extracted, ExtractError> {
    let extracted = text::read(text, hints);
    if extracted.entries.is_empty() {
        Err(if text::runs_on(text, 1) {
            ExtractError::Foreign(Foreign::OneText)
        } else {
            ExtractError::Undated
        })
    } else {
        Ok(extracted)
    }
}

/// One dated notice has fewer paragraphs.
const MIN_PARAGRAPHS: usize = 3;

/// A text of which nobody says that it holds notices: a letter has a date too.
fn some_text(text: &str, hints: &dates::Hints<'_>) -> Result<Extracted, ExtractError> {
    let extracted = plain_text(text, hints)?;
    let is_one = extracted.entries.len() == 1 && text::runs_on(text, MIN_PARAGRAPHS);
    if is_one || foreign::is_weather_message(text) {
        return Err(ExtractError::Foreign(Foreign::OneText));
    }
    Ok(extracted)
}
