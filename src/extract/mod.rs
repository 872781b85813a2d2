//! Turns a [`Document`] into raw entries, with a file per format.
//!
//! In: the document and how its source is read. Out: entries in document order, a [`Problem`] for each entry
//! left out, and further pages to follow. The meaning of a date, a title or an address is decided in
//! `normalize`, not here. No network, no clock, no database.

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

pub use foreign::UnsupportedKind;
pub use html::lists::{Weights, study};
pub use leads::{PageLeads, find_page_leads};

use text::leading_date;

pub use detail::extract_detail;

#[cfg(test)]
mod tests;

use url::Url;

use crate::dates;
use crate::model::{
    Css, Document, Extracted, Layout, Problem, ProblemCode, PublicUrl, RawEntry, Reading, Rules,
    Source,
};

/// The extractor's version. Raise it whenever the same bytes may give other entries: the next request is then
/// unconditional.
pub const VERSION: u32 = 8;

/// The maximum number of entries read from one document.
const MAX_ENTRIES: usize = 2_000;

/// The reason why a document gave no entries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// A page or another document where a feed was expected.
    #[error("{found} came instead of a feed")]
    NotAFeed {
        /// The kind of document that came.
        found: &'static str,
        /// The feed that the page links to, with secrets hidden.
        link: Option<PublicUrl>,
    },
    /// A feed that breaks its format.
    #[error("the feed cannot be read ({reason})")]
    BadFeed {
        /// The error and its position.
        reason: String,
    },
    /// A document of an unsupported kind.
    #[error("the document is {0}")]
    Foreign(UnsupportedKind),
    /// A page without selectors that has neither repeated records nor an article.
    #[error("the page has neither a list of linked titles nor an article")]
    NoRecords,
    /// A page without a list in the layout kept for its source.
    #[error("{}", describe_missing_layout(layout))]
    NoLayout {
        /// The layout that was kept or configured.
        layout: Layout,
    },
    /// A document that does not parse as JSON, XML or a sitemap.
    #[error("{what} cannot be read: {reason}")]
    BadDocument {
        /// The expected format.
        what: &'static str,
        /// The parser's error.
        reason: String,
    },
    /// JSON or XML without rules that contains no list of entries.
    #[error("{what} holds no list whose entries have a title and an address or a date")]
    NoList {
        /// The format of the document.
        what: &'static str,
    },
    /// A `script` selector that matches nothing.
    #[error("`script` ({selector}) found nothing on the page")]
    NoScript {
        /// The selector as configured.
        selector: String,
    },
    /// A selector that matches nothing.
    #[error("`select.item` ({selector}) found nothing")]
    NothingFound {
        /// The selector as configured.
        selector: String,
    },
    /// A selector with matches, none of which has a title.
    #[error("`select.item` ({selector}) found {matches} parts of the document, none with a title")]
    NoTitles {
        /// The selector as configured.
        selector: String,
        /// The number of matches.
        matches: usize,
    },
    /// A text that has no dated notices and is not a list of titles and texts either.
    #[error("the text has no line that is a date, and no titles with a text under each")]
    Undated,
    /// A text in which `separator` or `record` matches nothing.
    #[error("`{key}` matches nowhere in the text")]
    NoMatch {
        /// The key in the configuration.
        key: &'static str,
    },
    /// Markup nested too deeply to read in reasonable time.
    #[error("the markup is nested more than {limit} levels deep")]
    TooDeep {
        /// The maximum depth.
        limit: usize,
    },
}

impl ExtractError {
    /// Returns the problem code that `status` shows.
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

    /// Returns true if the document must have changed, provided that the same rules have read it before.
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
                | Self::Foreign(UnsupportedKind::OneText)
        )
    }

    /// Returns the advice for an operator whose rules have read the document before.
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

    /// Returns the advice for an operator.
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

/// Returns the message for a page that no longer has its layout.
fn describe_missing_layout(layout: &Layout) -> String {
    if layout.is_page() {
        return "the page has no text any more that could be one record".to_owned();
    }
    if layout.is_machine_readable() {
        return "the page holds no data for programs".to_owned();
    }
    format!("nothing on the page has the layout `{layout}`")
}

/// Reads `document` as `source` configures it.
///
/// # Errors
/// Returns [`ExtractError`] if the document gives no entry although it must have some. An empty feed is not
/// an error.
pub fn extract(document: &Document, source: &Source) -> Result<Extracted, ExtractError> {
    if let Some(foreign) = foreign::detect_by_bytes(document) {
        return Err(ExtractError::Foreign(foreign));
    }
    let charset::DecodedText { text, problems } =
        charset::decode_document(document, source.charset);
    let mut extracted = read_text(&text, document, source)?;
    extracted.problems.splice(..0, problems);
    extracted
        .entries
        .retain(|entry| passes_filters(entry, &document.url, source));
    if extracted.entries.len() > MAX_ENTRIES {
        extracted.entries.truncate(MAX_ENTRIES);
        extracted
            .problems
            .push(Problem::TooManyEntries { limit: MAX_ENTRIES });
    }
    amend::amend_entries(&mut extracted.entries, source);
    extracted
        .problems
        .extend(series::find_gaps(&extracted.entries));
    Ok(extracted)
}

fn read_text(text: &str, document: &Document, source: &Source) -> Result<Extracted, ExtractError> {
    let (url, hints) = (&document.url, date_hints(document, source));
    if let Some(foreign) = detect_unsupported_text(text, document, source) {
        return Err(ExtractError::Foreign(foreign));
    }
    match &source.reading {
        Reading::Feed => read_feed(text, url, source),
        Reading::Html(rules) => html::read_by_rules(text, url, rules, source),
        Reading::Page => html::read_by_structure(text, url, source, &hints),
        Reading::Text(None) => read_plain_text(text, &hints),
        Reading::Text(Some(grammar)) => grammar::read_with_grammar(text, grammar, &hints),
        Reading::Json {
            script: Some(script),
            rules,
        } => json::read_in_page(text, url, script, rules.as_deref(), source, &hints),
        Reading::Json { rules, .. } => json::read_document(text, rules.as_deref(), &hints),
        Reading::Xml(None) if feed::sniff_format(text) == feed::TextFormat::Xml => {
            read_feed(text, url, source)
        }
        Reading::Xml(rules) => xml::read_document(text, rules.as_deref(), &hints),
        Reading::Sitemap => sitemap::read_sitemap(text, url, source, &hints),
        Reading::Auto => match detect_kind(text) {
            DocumentKind::Feed => read_feed(text, url, source),
            DocumentKind::Page => html::read_by_structure(text, url, source, &hints),
            DocumentKind::Json => json::read_document(text, None, &hints),
            DocumentKind::Xml => xml::read_document(text, None, &hints),
            DocumentKind::Sitemap => sitemap::read_sitemap(text, url, source, &hints),
            DocumentKind::Text => read_unknown_text(text, &hints),
        },
    }
}

/// Returns the unsupported kind of a document's text, if it is of one. If the operator configured a grammar
/// for the text, that counts more than the way the text begins.
fn detect_unsupported_text(
    text: &str,
    document: &Document,
    source: &Source,
) -> Option<UnsupportedKind> {
    match &source.reading {
        Reading::Text(Some(_)) => None,
        Reading::Json { .. } => foreign::detect_by_text(text),
        // A page with a few such bytes is still a page.
        _ => foreign::detect_by_text(text).or_else(|| {
            let is_unknown = detect_kind(text) == DocumentKind::Text;
            foreign::detect_by_content_type(document, text).filter(|_| is_unknown)
        }),
    }
}

/// Returns the unsupported kind of a document, whatever its source says of it. A list of feeds is such a
/// kind.
pub fn detect_unsupported(document: &Document, source: &Source) -> Option<UnsupportedKind> {
    let text = || charset::decode_document(document, source.charset).text;
    foreign::detect_by_bytes(document).or_else(|| {
        let text = text();
        let listed = feed::sniff_format(&text) == feed::TextFormat::Other(feed::FEED_LIST);
        detect_unsupported_text(&text, document, source)
            .or_else(|| listed.then_some(UnsupportedKind::FeedList))
    })
}

fn read_feed(text: &str, url: &Url, source: &Source) -> Result<Extracted, ExtractError> {
    let mut extracted = feed::read_feed(text, url, &source.location)?;
    let advice = &extracted.channel.advice;
    extracted.follow = follow::next_feed_page(advice, url, source.pages.as_ref());
    Ok(extracted)
}

/// The kind of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A page for people.
    Page,
    /// Another kind of JSON, or JSON within a page.
    Json,
    /// Another kind of XML.
    Xml,
    /// A sitemap or a sitemap index.
    Sitemap,
    /// Plain text.
    Text,
}

/// Returns the kind that a document is read as.
pub fn document_kind(document: &Document, source: &Source) -> DocumentKind {
    match &source.reading {
        Reading::Feed => DocumentKind::Feed,
        Reading::Html(_) | Reading::Page => DocumentKind::Page,
        Reading::Text(_) => DocumentKind::Text,
        Reading::Json { .. } => DocumentKind::Json,
        Reading::Xml(_) => DocumentKind::Xml,
        Reading::Sitemap => DocumentKind::Sitemap,
        Reading::Auto => detect_kind(&charset::decode_document(document, source.charset).text),
    }
}

fn detect_kind(text: &str) -> DocumentKind {
    match feed::sniff_format(text) {
        _ if json::is_json(text) => DocumentKind::Json,
        feed::TextFormat::Html if xml::is_xml(text) => DocumentKind::Xml,
        feed::TextFormat::Html if feed::feed_shown_in_page(text).is_some() => DocumentKind::Feed,
        feed::TextFormat::Html => DocumentKind::Page,
        feed::TextFormat::Other(feed::SITEMAP) => DocumentKind::Sitemap,
        feed::TextFormat::OtherXml => DocumentKind::Xml,
        feed::TextFormat::Unknown if sitemap::is_address_list(text) => DocumentKind::Sitemap,
        feed::TextFormat::Unknown => DocumentKind::Text,
        feed::TextFormat::Xml | feed::TextFormat::Json | feed::TextFormat::Other(_) => {
            DocumentKind::Feed
        }
    }
}

/// Returns true if the source's filters accept the entry's address.
fn passes_filters(entry: &RawEntry, url: &Url, source: &Source) -> bool {
    source.only.as_ref().is_none_or(|only| {
        let base = entry.base.as_ref().unwrap_or(url);
        let address = entry
            .link
            .as_deref()
            .and_then(|link| base.join(link.trim()).ok());
        address.is_some_and(|address| only.matches(address.as_str()))
    })
}

/// Returns the settings of a source that have no effect on a document: `remove` selectors that match nothing.
/// They are not a problem of the poll, because the elements they remove may come and go.
pub fn find_idle_settings(document: &Document, source: &Source) -> Vec<Problem> {
    if source.remove.is_empty() || !is_read_as_page(document, source) {
        return Vec::new();
    }
    let text = charset::decode_document(document, source.charset).text;
    html::find_idle_selectors(&text, &source.remove)
}

fn is_read_as_page(document: &Document, source: &Source) -> bool {
    let is_script = matches!(
        source.reading,
        Reading::Json {
            script: Some(_),
            ..
        }
    );
    is_script || document_kind(document, source) == DocumentKind::Page
}

/// Settings that an operator may write into a source's block in place of automatic detection.
#[derive(Clone, Debug, Default)]
pub struct SuggestedSettings {
    /// The reading that finds the same records: selectors of a page (none if the records have no elements of
    /// their own), the page's script that contains them, or paths of JSON or XML.
    pub reading: Option<Reading>,
    /// The feed that the page links to. The caller has to fetch it to see if it has the same records.
    pub feed: Option<Url>,
}

impl SuggestedSettings {
    /// Returns the selectors of a page.
    pub fn page_rules(&self) -> Option<&Rules<Css>> {
        match &self.reading {
            Some(Reading::Html(rules)) => Some(rules),
            _ => None,
        }
    }

    /// Returns these settings as keys of a block, each with its values.
    pub fn setting_keys(&self) -> Vec<(String, Vec<String>)> {
        self.reading.as_ref().map_or_else(Vec::new, reading_keys)
    }
}

/// Suggests settings for a document that is read by its structure. Returns nothing for sources with
/// selectors.
pub fn suggest_settings(document: &Document, source: &Source) -> SuggestedSettings {
    let charset::DecodedText { text, .. } = charset::decode_document(document, source.charset);
    let nature = match source.reading {
        Reading::Page => DocumentKind::Page,
        Reading::Auto => detect_kind(&text),
        Reading::Json {
            script: None,
            rules: None,
        } => DocumentKind::Json,
        Reading::Xml(None) => DocumentKind::Xml,
        _ => return SuggestedSettings::default(),
    };
    let hints = date_hints(document, source);
    match nature {
        DocumentKind::Page => SuggestedSettings {
            reading: html::find_reading(&text, &document.url, source, &hints),
            feed: feed::find_linked_feed(&text, &document.url),
        },
        DocumentKind::Json => SuggestedSettings {
            reading: json::suggest_rules(&text, &hints).map(|rules| Reading::Json {
                script: None,
                rules: Some(Box::new(rules)),
            }),
            feed: None,
        },
        DocumentKind::Xml => SuggestedSettings {
            reading: xml::suggest_rules(&text, &hints)
                .map(|rules| Reading::Xml(Some(Box::new(rules)))),
            feed: None,
        },
        DocumentKind::Feed | DocumentKind::Sitemap | DocumentKind::Text => {
            SuggestedSettings::default()
        }
    }
}

/// The number of titles shown for a list.
const SHOWN_TITLES: usize = 3;

/// A candidate for a document's main list.
#[derive(Clone, Debug)]
pub struct RankedList {
    /// The way its document is read.
    pub reading: Reading,
    /// The list of a page that `reading` finds if no selectors are given.
    pub layout: Option<Layout>,
    /// The number of its records.
    pub records: usize,
    /// The first titles, as written in the document.
    pub titles: Vec<String>,
    /// The reasons for and against it.
    pub why: ListEvidence,
}

/// The reasons for and against a list.
#[derive(Clone, Debug, PartialEq)]
pub enum ListEvidence {
    /// A single line of text.
    Said(String),
    /// Reasons, the weightiest first. Each compares this list with the others of its document.
    Weighed(Vec<ListReason>),
}

/// One reason for or against a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListReason {
    /// The name of the measure, such as `share of records with a date`.
    pub measure: &'static str,
    /// The weight of the reason. A negative weight counts against the list.
    pub weight: f64,
    /// True if the list has more of it than the others, false if it has less.
    pub has_more: bool,
}

impl ListEvidence {
    /// Returns the sum of the weights, or `None` if the reasons are not weighed.
    pub fn total_weight(&self) -> Option<f64> {
        match self {
            Self::Said(_) => None,
            Self::Weighed(reasons) => Some(reasons.iter().map(|reason| reason.weight).sum()),
        }
    }
}

impl RankedList {
    fn new(
        reading: Reading,
        layout: Option<Layout>,
        entries: &[RawEntry],
        why: ListEvidence,
    ) -> Self {
        Self {
            reading,
            layout,
            records: entries.len(),
            titles: first_titles(entries),
            why,
        }
    }

    /// Returns a copy of `source` that reads this list.
    pub fn apply_to(&self, source: &Source) -> Source {
        Source {
            reading: self.reading.clone(),
            layout: self.layout.clone(),
            ..source.clone()
        }
    }

    /// Returns true if `entries` are the entries of this list.
    pub fn has_entries(&self, entries: &[RawEntry]) -> bool {
        self.records.min(MAX_ENTRIES) == entries.len() && self.titles == first_titles(entries)
    }

    /// Returns the keys of a block that reads this list, each with its values.
    pub fn setting_keys(&self) -> Vec<(String, Vec<String>)> {
        let layout = self.layout.as_ref().map(|layout| {
            let values = vec![layout.to_string()];
            ("layout".to_owned(), values)
        });
        reading_keys(&self.reading)
            .into_iter()
            .chain(layout)
            .collect()
    }
}

fn first_titles(entries: &[RawEntry]) -> Vec<String> {
    let titles = entries.iter().filter_map(|entry| entry.title.as_ref());
    titles
        .take(SHOWN_TITLES)
        .map(|title| title.as_str().to_owned())
        .collect()
}

/// Returns the candidates for the main list of a page, JSON or XML: at most `count`, the best first. The
/// first is the one that [`extract`] reads without rules, if it reads any. Returns none for other documents.
pub fn rank_lists(document: &Document, source: &Source, count: usize) -> Vec<RankedList> {
    let charset::DecodedText { text, .. } = charset::decode_document(document, source.charset);
    let hints = date_hints(document, source);
    match (document_kind(document, source), &source.reading) {
        // The JSON is within a page, and the page has different lists.
        (_, Reading::Json { script, .. }) if script.is_some() => Vec::new(),
        (DocumentKind::Page, _) => html::rank_lists(&text, &document.url, source, &hints, count),
        (DocumentKind::Json, _) => json::rank_lists(&text, &hints, count),
        (DocumentKind::Xml, _) => xml::rank_lists(&text, &hints, count),
        (DocumentKind::Feed | DocumentKind::Sitemap | DocumentKind::Text, _) => Vec::new(),
    }
}

/// Reads a page by its structure as if no layout were kept. Returns its layout and the selectors that find
/// the same records, or `None` if the page has no records or the document is not a page.
pub fn find_fresh_layout(
    document: &Document,
    source: &Source,
) -> Option<(Layout, Option<Rules<Css>>)> {
    let is_page = match source.reading {
        Reading::Page => true,
        Reading::Auto => document_kind(document, source) == DocumentKind::Page,
        _ => false,
    };
    if !is_page {
        return None;
    }
    let text = charset::decode_document(document, source.charset).text;
    html::find_fresh_layout(&text, &document.url, source, &date_hints(document, source))
}

/// Returns a reading as keys of a block, each with its values: the kind and the places of entries and fields.
pub fn reading_keys(reading: &Reading) -> Vec<(String, Vec<String>)> {
    let key = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    let kind = vec![key("kind", reading.kind().as_str())];
    match reading {
        Reading::Html(rules) => add_place_keys(kind, Some(rules)),
        Reading::Json { script, rules } => {
            let script = script.as_ref().map(|css| key("script", &css.to_string()));
            add_place_keys(kind.into_iter().chain(script).collect(), rules.as_deref())
        }
        Reading::Xml(rules) => add_place_keys(kind, rules.as_deref()),
        Reading::Auto | Reading::Feed | Reading::Page | Reading::Text(_) | Reading::Sitemap => kind,
    }
}

/// Gives a field with several places a list as its value.
fn add_place_keys<L: std::fmt::Display>(
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

/// Returns the hints for reading the document's dates.
fn date_hints<'a>(document: &Document, source: &'a Source) -> dates::DateHints<'a> {
    dates::DateHints {
        language: source.language.as_ref(),
        order: source.date_order,
        learned: None,
        zone: source.zone,
        now: document.fetched_at,
    }
}

fn read_plain_text(text: &str, hints: &dates::DateHints<'_>) -> Result<Extracted, ExtractError> {
    let extracted = text::read_notices(text, hints);
    if extracted.entries.is_empty() {
        Err(if text::is_running_text(text, 1) {
            ExtractError::Foreign(UnsupportedKind::OneText)
        } else {
            ExtractError::Undated
        })
    } else {
        Ok(extracted)
    }
}

/// The minimum number of paragraphs: a dated notice has at least this many.
const MIN_PARAGRAPHS: usize = 3;

/// Reads a text that is not known to contain notices: a letter has a date too.
fn read_unknown_text(text: &str, hints: &dates::DateHints<'_>) -> Result<Extracted, ExtractError> {
    let extracted = read_plain_text(text, hints)?;
    let is_one = extracted.entries.len() == 1 && text::is_running_text(text, MIN_PARAGRAPHS);
    if is_one || foreign::is_weather_message(text) {
        return Err(ExtractError::Foreign(UnsupportedKind::OneText));
    }
    Ok(extracted)
}
