//! Determines the tokens that an item must have for a query to match, as far as an index of words can decide.
//!
//! In: an item, or a query. Out: the tokens by which the item is found, or those that the query requires. An item
//! that satisfies a query always has them, in any language. An item that has them may still not match: the query
//! itself decides.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::subject::Subject;
use super::terms::{Forms, MAX_WORDS, Stemming, fold};
use crate::model::{Region, SourceId, TopicId};
use crate::topics::{Part, Query, Topic, Word, Words, in_order, words_of};

/// Raise it whenever the same item may be found by other tokens.
pub const TOKENS_VERSION: u32 = 2;

/// The tokens that a query requires of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// No token: any item may match.
    Nothing,
    /// This token.
    Token(String),
    /// A token with this prefix.
    Prefix(String),
    /// All of these.
    All(Vec<Self>),
    /// One of these; if the list is empty, no item matches.
    Any(Vec<Self>),
}

/// Returns the tokens by which an item is found, separated by blanks: its words, their stems, its source, language
/// and regions. An item of unknown language is found by the stems of every language; the queries decide which of them
/// count.
pub fn tokens(subject: &Subject) -> String {
    let known = subject.language.or(subject.assumed_language);
    let mut stemmings: Vec<Forms> = match known {
        Some(language) => vec![Forms::new(Stemming::of(Some(language)))],
        None => all_forms(),
    };
    let mut tokens = BTreeSet::new();
    for (part, text) in subject.texts() {
        let anywhere = part.is_usual().then_some(None);
        let there = (part != Part::Summary).then_some(Some(part));
        let words: BTreeSet<&str> = words_of(text)
            .take(MAX_WORDS)
            .map(|(_, word)| word)
            .collect();
        for word in words {
            for forms in &mut stemmings {
                forms.each_of_text(word, |form| {
                    let parts = [anywhere, there].into_iter().flatten();
                    tokens.extend(parts.map(|part| token(part, form)));
                });
            }
        }
    }
    tokens.extend(subject.source.map(of_source));
    if let Some(language) = subject.language {
        let tag = language.as_str();
        let ends = tag.match_indices('-').map(|(at, _)| at).chain([tag.len()]);
        tokens.extend(ends.filter_map(|end| tag.get(..end)).map(of_language));
    }
    for region in subject.regions {
        tokens.insert(of_region(*region));
        tokens.insert(of_region(region.country().into()));
    }
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

/// Returns the needs of each topic's own queries. `givers` are the sources that give a topic to all their items.
pub fn needs(
    topics: &[Topic],
    givers: &BTreeMap<TopicId, Vec<SourceId>>,
) -> HashMap<TopicId, Needs> {
    let mut read = Needful {
        forms: all_forms(),
        givers,
        known: HashMap::new(),
    };
    for number in in_order(topics) {
        let topic = &topics[number];
        let needs = match topic.whole() {
            Some(query) => read.query(&query),
            None => Needs::Any(Vec::new()),
        };
        read.known.insert(topic.id.clone(), needs);
    }
    read.known
}

/// Returns the forms of every language.
fn all_forms() -> Vec<Forms> {
    let numbers = 0..Stemming::COUNT;
    numbers
        .map(|number| Forms::new(Stemming::numbered(number)))
        .collect()
}

struct Needful<'a> {
    /// Forms of every language, because that of the item is unknown.
    forms: Vec<Forms>,
    givers: &'a BTreeMap<TopicId, Vec<SourceId>>,
    known: HashMap<TopicId, Needs>,
}

impl Needful<'_> {
    fn query(&mut self, query: &Query) -> Needs {
        match query {
            Query::Words(words) => self.words(words),
            Query::Source(source) => Needs::Token(of_source(source)),
            Query::Language(language) => Needs::Token(of_language(language.as_str())),
            Query::Region(region) => Needs::Token(of_region(*region)),
            Query::Topic(id) => {
                let givers = self.givers.get(id).into_iter().flatten();
                let given = givers.map(|source| Needs::Token(of_source(source)));
                Needs::any(given.chain(self.known.get(id).cloned()).collect())
            }
            Query::And(parts) => Needs::all(parts.iter().map(|part| self.query(part)).collect()),
            Query::Or(parts) => Needs::any(parts.iter().map(|part| self.query(part)).collect()),
            Query::Regex(..) | Query::Before(_) | Query::After(_) | Query::Not(_) => Needs::Nothing,
        }
    }

    fn words(&mut self, words: &Words) -> Needs {
        let part = words.part;
        let words = words.words.iter().map(|word| match word {
            Word::Any => Needs::Nothing,
            Word::Inflected(word) => self.inflected(part, word),
            Word::Exact(word) => Needs::Token(token(part, &folded(word))),
            Word::Prefix(word) => Needs::Prefix(token(part, &folded(word))),
        });
        Needs::all(words.collect())
    }

    fn inflected(&mut self, part: Option<Part>, word: &str) -> Needs {
        let mut tokens = BTreeSet::new();
        for forms in &mut self.forms {
            forms.each(word, |form| {
                tokens.insert(token(part, form));
            });
        }
        Needs::any(tokens.into_iter().map(Needs::Token).collect())
    }
}

impl Needs {
    /// Returns the needs if all of `parts` must be met.
    fn all(mut parts: Vec<Self>) -> Self {
        parts.retain(|part| *part != Self::Nothing);
        match parts.len() {
            0 => Self::Nothing,
            1 => parts.remove(0),
            _ => Self::All(parts),
        }
    }

    /// Returns the needs if one of `parts` must be met.
    pub fn any(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            _ if parts.contains(&Self::Nothing) => Self::Nothing,
            1 => parts.remove(0),
            _ => Self::Any(parts),
        }
    }
}

fn folded(word: &str) -> String {
    let mut folded = String::new();
    fold(word, &mut folded);
    folded
}

/// Returns a form as one token. A letter may fold to several words, whose blanks are replaced. Tokens of the summary
/// are not distinguished from those of any part, because most words are there.
fn token(part: Option<Part>, form: &str) -> String {
    let form = form.replace(char::is_whitespace, "_");
    match part {
        None | Some(Part::Summary) => form,
        Some(part) => format!("{}={form}", part.as_str()),
    }
}

// No word contains an equals sign.

fn of_source(source: &SourceId) -> String {
    format!("source={source}")
}

fn of_language(tag: &str) -> String {
    format!("lang={}", tag.to_ascii_lowercase())
}

fn of_region(region: Region) -> String {
    format!("region={}", region.to_string().to_ascii_lowercase())
}

#[cfg(test)]
impl Needs {
    /// Returns true if an item has the required tokens.
    pub(super) fn are_met(&self, tokens: &str) -> bool {
        let mut tokens_of = tokens.split(' ');
        match self {
            Self::Nothing => true,
            Self::Token(token) => tokens_of.any(|held| held == token),
            Self::Prefix(prefix) => tokens_of.any(|held| held.starts_with(prefix)),
            Self::All(parts) => parts.iter().all(|part| part.are_met(tokens)),
            Self::Any(parts) => parts.iter().any(|part| part.are_met(tokens)),
        }
    }
}
