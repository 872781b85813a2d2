//! The query language of topics: text to a tree, and the tree to text.
//!
//! In: a query as an operator writes it. Out: a [`Query`], with warnings about common misunderstandings, or the first
//! mistake with its column. Matching is decided in `classify`. Bounded in length, depth, terms and the size of regular
//! expressions; no input causes a panic. `docs/queries.md` is the manual.

mod doubt;
mod read;
mod regex;
mod token;
mod words;

use std::fmt;

use chrono::NaiveDate;

pub use self::doubt::QueryWarning;
pub(crate) use self::doubt::is_stop_word;
pub use self::read::{ParsedQuery, QueryError};
pub use self::regex::QueryRegex;
pub(crate) use self::words::{is_joiner, is_skin_tone, words_of};
use crate::model::{Language, Region, SourceId, TopicId};

/// A query's tree.
#[derive(Clone, PartialEq, Eq)]
pub enum Query {
    /// Words in a text.
    Words(QueryWords),
    /// An expression that matches anywhere in the original text.
    Regex(Option<ItemPart>, QueryRegex),
    /// The item comes from this source.
    Source(SourceId),
    /// The item is in this language, or a variety of it.
    Language(Language),
    /// The item is about the region, or a part of it.
    Region(Region),
    /// The item belongs to the saved topic.
    Topic(TopicId),
    /// The item was published before this day began.
    Before(NaiveDate),
    /// The item was published on or after this day.
    After(NaiveDate),
    /// All of these match.
    And(Vec<Query>),
    /// At least one of these matches.
    Or(Vec<Query>),
    /// The query does not match.
    Not(Box<Query>),
}

/// A part of an item to search for words: title, text and tags if none is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemPart {
    /// The title.
    Title,
    /// The text below the title: the summary, the full text, or both.
    Summary,
    /// The tags, each separately.
    Tag,
    /// The names of the authors, each separately.
    Author,
}

/// A word or a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWords {
    /// The part to search.
    pub part: Option<ItemPart>,
    /// At least one; a single one is a word, several are a phrase.
    pub words: Vec<QueryWord>,
    /// The maximum number of other words among them, in any order; `None` requires them consecutively and in order.
    pub apart: Option<u8>,
}

/// A pattern for one word of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueryWord {
    /// The word in any of its forms.
    Inflected(Box<str>),
    /// The exact word, ignoring case and accents.
    Exact(Box<str>),
    /// Every word that begins with this prefix.
    Prefix(Box<str>),
    /// Any one word; only between others.
    Any,
}

impl ItemPart {
    /// Every part, in the order of an item.
    pub const ALL: [Self; 4] = [Self::Title, Self::Summary, Self::Tag, Self::Author];

    /// Returns the field of the query language that names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Summary => "summary",
            Self::Tag => "tag",
            Self::Author => "author",
        }
    }

    /// Returns true if it is searched when no part is named.
    pub fn is_searched_by_default(self) -> bool {
        self != Self::Author
    }
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// [`QueryError`] with the column of the first mistake.
    pub fn parse(text: &str) -> Result<ParsedQuery, QueryError> {
        read::parse_query(text)
    }

    /// Returns the queries that it joins or negates.
    pub fn subqueries(&self) -> &[Self] {
        match self {
            Self::And(parts) | Self::Or(parts) => parts,
            Self::Not(inner) => std::slice::from_ref(inner),
            _ => &[],
        }
    }

    /// Returns the first possible day of an item, and the day before which it must be, if the query states them
    /// directly.
    pub fn day_range(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        match self {
            Self::After(day) => (Some(*day), None),
            Self::Before(day) => (None, Some(*day)),
            Self::And(parts) => {
                let days: Vec<_> = parts.iter().map(Self::day_range).collect();
                let after = days.iter().filter_map(|(after, _)| *after).max();
                let before = days.iter().filter_map(|(_, before)| *before).min();
                (after, before)
            }
            _ => (None, None),
        }
    }

    /// Returns the leaves of the tree, from left to right.
    pub fn leaves(&self) -> Vec<&Self> {
        match self {
            Self::And(_) | Self::Or(_) | Self::Not(_) => {
                self.subqueries().iter().flat_map(Self::leaves).collect()
            }
            leaf => vec![leaf],
        }
    }

    /// Returns true if an item must contain a certain word (or have a certain source, language or region) to match;
    /// other queries are tried on every item. `of_topic` answers the same question for saved topics.
    pub fn is_anchored(&self, of_topic: &dyn Fn(&TopicId) -> bool) -> bool {
        match self {
            Self::Words(_) | Self::Source(_) | Self::Language(_) | Self::Region(_) => true,
            Self::Topic(id) => of_topic(id),
            Self::And(parts) => parts.iter().any(|part| part.is_anchored(of_topic)),
            Self::Or(parts) => parts.iter().all(|part| part.is_anchored(of_topic)),
            Self::Regex(..) | Self::Before(_) | Self::After(_) | Self::Not(_) => false,
        }
    }
}

impl fmt::Display for Query {
    /// Writes a query that reads back as the same tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Query], by: &str| {
            f.write_str("(")?;
            for (n, part) in parts.iter().enumerate() {
                write!(f, "{}{part}", if n == 0 { "" } else { by })?;
            }
            f.write_str(")")
        };
        match self {
            Self::Words(words) => words.fmt(f),
            Self::Regex(part, regex) => write!(f, "{}{regex}", PartPrefix(*part)),
            Self::Source(id) => write!(f, "source:{id}"),
            Self::Language(language) => write!(f, "lang:{language}"),
            Self::Region(region) => write!(f, "region:{region}"),
            Self::Topic(id) => write!(f, "topic:{id}"),
            Self::Before(day) => write!(f, "before:{day}"),
            Self::After(day) => write!(f, "after:{day}"),
            Self::And(parts) => joined(f, parts, " "),
            Self::Or(parts) => joined(f, parts, " OR "),
            Self::Not(inner) => write!(f, "-{inner}"),
        }
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl fmt::Display for QueryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\"", PartPrefix(self.part))?;
        for (n, word) in self.words.iter().enumerate() {
            write!(f, "{}{word}", if n == 0 { "" } else { " " })?;
        }
        f.write_str("\"")?;
        self.apart.map_or(Ok(()), |apart| write!(f, "~{apart}"))
    }
}

impl fmt::Display for QueryWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inflected(word) => f.write_str(word),
            Self::Exact(word) => write!(f, "={word}"),
            Self::Prefix(word) => write!(f, "{word}*"),
            Self::Any => f.write_str("*"),
        }
    }
}

/// A field prefix such as `title:`, or nothing.
struct PartPrefix(Option<ItemPart>);

impl fmt::Display for PartPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .map_or(Ok(()), |part| write!(f, "{}:", part.as_str()))
    }
}

#[cfg(test)]
pub(crate) mod tests;
