//! A [`Document`] to raw entries, a file per format.
//!
//! In: the document and how its source is read. Out: entries in document order, a [`Problem`]
//! for each one left out, and further pages to follow. Nothing is decided here about what a date, a title or an
//! address means: that is `normalize`. No network, no clock, no database.

mod amend;
mod charset;
mod detail;
mod feed;
mod grammar;
mod html;
mod rules;
mod series;
mod text;

use text::{is_more, leading_date};

pub use detail::detail;

#[cfg(test)]
mod tests;

use url::Url;

use crate::dates;
use crate::model::{Css, Document, Extracted, Problem, PublicUrl, Reading, Rules, Source};

/// Raised whenever the same bytes may give other entries: the next request is then unconditional.
pub const VERSION: u32 = 4;

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
    /// A page without selectors, on which nothing is repeated and no article stands.
    #[error("the page has neither a list of linked titles nor an article")]
    NoRecords,
    /// A selector that finds nothing.
    #[error("`select.item` ({selector}) found nothing on the page")]
    NothingFound {
        /// As configured.
        selector: String,
    },
    /// Matches, but no entry among them.
    #[error("`select.item` ({selector}) found {matches} parts of the page, none with a title")]
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
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAFeed { .. } => "not-a-feed",
            Self::BadFeed { .. } => "bad-feed",
            Self::NoRecords
            | Self::NothingFound { .. }
            | Self::NoTitles { .. }
            | Self::NoMatch { .. } => "nothing-found",
            Self::Undated => "no-dates",
            Self::TooDeep { .. } => "too-deep",
        }
    }

    /// Whether the source was read before with the same rules, so that its page must have changed.
    pub fn is_drift(&self) -> bool {
        matches!(
            self,
            Self::NoRecords
                | Self::NothingFound { .. }
                | Self::NoTitles { .. }
                | Self::NoMatch { .. }
                | Self::Undated
        )
    }

    /// What an operator can do about it.
    pub fn action(&self) -> String {
        match self {
            Self::NotAFeed { link: Some(link), .. } => format!("put the feed that the page links to into `url`: {link}"),
            Self::NotAFeed { link: None, .. } => {
                "look at the address in a browser: correct `url`, or read it as `kind = \"html\"` with selectors".to_owned()
            }
            Self::BadFeed { .. } => "tell the publisher; the feed is read again as soon as it changes".to_owned(),
            Self::NoRecords => {
                "look at the page in a browser; `select.item` and `select.title` read what is not found by itself, and \
                 `tidings preview --select item=CSS --select title=CSS` tries them".to_owned()
            },
            Self::NothingFound { .. } | Self::NoTitles { .. } => {
                "the page's layout has changed: correct `select`, and try it with `tidings preview`".to_owned()
            }
            Self::NoMatch { key } => {
                format!("the text is written otherwise than before: correct `{key}`, and try it with `tidings preview`")
            }
            Self::Undated => "look at the text: dated notices are wanted, a date on a line of its own before each".to_owned(),
            Self::TooDeep { .. } => "look at the document: no browser or reader could show it either".to_owned(),
        }
    }
}

/// Reads `document` as `source` says.
///
/// # Errors
/// [`ExtractError`] when it gives no entry at all where there must be some; an empty feed is none.
pub fn extract(document: &Document, source: &Source) -> Result<Extracted, ExtractError> {
    let charset::Decoded { text, problems } = charset::decode(document, source.charset);
    let mut extracted = match &source.reading {
        Reading::Feed => feed::read(&text, &document.url, &source.location)?,
        Reading::Html(rules) => html::read(&text, &document.url, rules, source)?,
        Reading::Page => by_structure(&text, document, source)?,
        Reading::Text(None) => plain_text(&text, document, source)?,
        Reading::Text(Some(grammar)) => grammar::read(&text, grammar, &hints(document, source))?,
        Reading::Auto => match feed::sniff(&text) {
            feed::Format::Html => by_structure(&text, document, source)?,
            feed::Format::Unknown => plain_text(&text, document, source)?,
            _ => feed::read(&text, &document.url, &source.location)?,
        },
    };
    extracted.problems.splice(..0, problems);
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

/// What an operator may put into the block of a source instead of leaving its page to be found out.
#[derive(Clone, Debug, Default)]
pub struct Hinted {
    /// Selectors that read the same records; none where these have no elements of their own.
    pub rules: Option<Rules<Css>>,
    /// The feed that the page links to. Whether it has the same records is for whoever fetches it to see.
    pub feed: Option<Url>,
}

/// Looks at a page that is read by its structure; nothing for documents of other kinds, and for sources with selectors.
pub fn hint(document: &Document, source: &Source) -> Hinted {
    let charset::Decoded { text, .. } = charset::decode(document, source.charset);
    let by_structure = match source.reading {
        Reading::Page => true,
        Reading::Auto => feed::sniff(&text) == feed::Format::Html,
        Reading::Feed | Reading::Html(_) | Reading::Text(_) => false,
    };
    if !by_structure {
        return Hinted::default();
    }
    Hinted {
        rules: html::rules(
            &text,
            &document.url,
            &source.remove,
            &hints(document, source),
        ),
        feed: feed::linked_feed(&text, &document.url),
    }
}

fn by_structure(
    text: &str,
    document: &Document,
    source: &Source,
) -> Result<Extracted, ExtractError> {
    html::read_by_structure(text, &document.url, source, &hints(document, source))
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

fn plain_text(text: &str, document: &Document, source: &Source) -> Result<Extracted, ExtractError> {
    let extracted = text::read(text, &hints(document, source));
    if extracted.entries.is_empty() {
        Err(ExtractError::Undated)
    } else {
        Ok(extracted)
    }
}
