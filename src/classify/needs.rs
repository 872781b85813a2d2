//! Determines the tokens that an item must have for a query to match, as far as an index of words can decide.
//!
//! In: an item, or a query. Out: the tokens by which the item is found, or those that the query requires. An item
//! that satisfies a query always has them, in any language. An item that has them may still not match: the query
//! itself decides.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::subject::Subject;
use super::terms::{MAX_WORDS, Stemming, WordForms, append_folded};
use crate::model::{Region, SourceId, TopicId};
use crate::topics::{ItemPart, Query, QueryWord, QueryWords, Topic, sort_by_reference, words_of};

/// Raise it whenever the same item may be found by other tokens.
pub const TOKENS_VERSION: u32 = 2;

/// The tokens that a query requires of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequiredTokens {
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
pub fn item_tokens(subject: &Subject) -> String {
    let known = subject.language.or(subject.assumed_language);
    let mut stemmings: Vec<WordForms> = match known {
        Some(language) => vec![WordForms::new(Stemming::for_language(Some(language)))],
        None => all_forms(),
    };
    let mut tokens = BTreeSet::new();
    for (part, text) in subject.texts() {
        let anywhere = part.is_searched_by_default().then_some(None);
        let there = (part != ItemPart::Summary).then_some(Some(part));
        let words: BTreeSet<&str> = words_of(text)
            .take(MAX_WORDS)
            .map(|(_, word)| word)
            .collect();
        for word in words {
            for forms in &mut stemmings {
                forms.each_text_form(word, |form| {
                    let parts = [anywhere, there].into_iter().flatten();
                    tokens.extend(parts.map(|part| form_token(part, form)));
                });
            }
        }
    }
    tokens.extend(subject.source.map(source_token));
    if let Some(language) = subject.language {
        let tag = language.as_str();
        let ends = tag.match_indices('-').map(|(at, _)| at).chain([tag.len()]);
        tokens.extend(ends.filter_map(|end| tag.get(..end)).map(language_token));
    }
    for region in subject.regions {
        tokens.insert(region_token(*region));
        tokens.insert(region_token(region.country().into()));
    }
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

/// Returns the needs of each topic's own queries. `givers` are the sources that give a topic to all their items.
pub fn required_tokens(
    topics: &[Topic],
    givers: &BTreeMap<TopicId, Vec<SourceId>>,
) -> HashMap<TopicId, RequiredTokens> {
    let mut read = RequirementBuilder {
        forms: all_forms(),
        givers,
        known: HashMap::new(),
    };
    for number in sort_by_reference(topics) {
        let topic = &topics[number];
        let needs = match topic.combined_query() {
            Some(query) => read.for_query(&query),
            None => RequiredTokens::Any(Vec::new()),
        };
        read.known.insert(topic.id.clone(), needs);
    }
    read.known
}

/// Returns the forms of every language.
fn all_forms() -> Vec<WordForms> {
    let numbers = 0..Stemming::COUNT;
    numbers
        .map(|number| WordForms::new(Stemming::from_number(number)))
        .collect()
}

struct RequirementBuilder<'a> {
    /// Forms of every language, because that of the item is unknown.
    forms: Vec<WordForms>,
    givers: &'a BTreeMap<TopicId, Vec<SourceId>>,
    known: HashMap<TopicId, RequiredTokens>,
}

impl RequirementBuilder<'_> {
    fn for_query(&mut self, query: &Query) -> RequiredTokens {
        match query {
            Query::Words(words) => self.for_words(words),
            Query::Source(source) => RequiredTokens::Token(source_token(source)),
            Query::Language(language) => RequiredTokens::Token(language_token(language.as_str())),
            Query::Region(region) => RequiredTokens::Token(region_token(*region)),
            Query::Topic(id) => {
                let givers = self.givers.get(id).into_iter().flatten();
                let given = givers.map(|source| RequiredTokens::Token(source_token(source)));
                RequiredTokens::any_of(given.chain(self.known.get(id).cloned()).collect())
            }
            Query::And(parts) => {
                RequiredTokens::all_of(parts.iter().map(|part| self.for_query(part)).collect())
            }
            Query::Or(parts) => {
                RequiredTokens::any_of(parts.iter().map(|part| self.for_query(part)).collect())
            }
            Query::Regex(..) | Query::Before(_) | Query::After(_) | Query::Not(_) => {
                RequiredTokens::Nothing
            }
        }
    }

    fn for_words(&mut self, words: &QueryWords) -> RequiredTokens {
        let part = words.part;
        let words = words.words.iter().map(|word| match word {
            QueryWord::Any => RequiredTokens::Nothing,
            QueryWord::Inflected(word) => self.for_inflected(part, word),
            QueryWord::Exact(word) => RequiredTokens::Token(form_token(part, &fold_word(word))),
            QueryWord::Prefix(word) => RequiredTokens::Prefix(form_token(part, &fold_word(word))),
        });
        RequiredTokens::all_of(words.collect())
    }

    fn for_inflected(&mut self, part: Option<ItemPart>, word: &str) -> RequiredTokens {
        let mut tokens = BTreeSet::new();
        for forms in &mut self.forms {
            forms.each_form(word, |form| {
                tokens.insert(form_token(part, form));
            });
        }
        RequiredTokens::any_of(tokens.into_iter().map(RequiredTokens::Token).collect())
    }
}

impl RequiredTokens {
    /// Returns the needs if all of `parts` must be met.
    fn all_of(mut parts: Vec<Self>) -> Self {
        parts.retain(|part| *part != Self::Nothing);
        match parts.len() {
            0 => Self::Nothing,
            1 => parts.remove(0),
            _ => Self::All(parts),
        }
    }

    /// Returns the needs if one of `parts` must be met.
    pub fn any_of(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            _ if parts.contains(&Self::Nothing) => Self::Nothing,
            1 => parts.remove(0),
            _ => Self::Any(parts),
        }
    }
}

fn fold_word(word: &str) -> String {
    let mut folded = String::new();
    append_folded(word, &mut folded);
    folded
}

/// Returns a form as one token. A letter may fold to several words, whose blanks are replaced. Tokens of the summary
/// are not distinguished from those of any part, because most words are there.
fn form_token(part: Option<ItemPart>, form: &str) -> String {
    let form = form.replace(char::is_whitespace, "_");
    match part {
        None | Some(ItemPart::Summary) => form,
        Some(part) => format!("{}={form}", part.as_str()),
    }
}

// No word contains an equals sign.

fn source_token(source: &SourceId) -> String {
    format!("source={source}")
}

fn language_token(tag: &str) -> String {
    format!("lang={}", tag.to_ascii_lowercase())
}

fn region_token(region: Region) -> String {
    format!("region={}", region.to_string().to_ascii_lowercase())
}

#[cfg(test)]
impl RequiredTokens {
    /// Returns true if an item has the required tokens.
    pub(super) fn are_met_by(&self, tokens: &str) -> bool {
        let mut tokens_of = tokens.split(' ');
        match self {
            Self::Nothing => true,
            Self::Token(token) => tokens_of.any(|held| held == token),
            Self::Prefix(prefix) => tokens_of.any(|held| held.starts_with(prefix)),
            Self::All(parts) => parts.iter().all(|part| part.are_met_by(tokens)),
            Self::Any(parts) => parts.iter().any(|part| part.are_met_by(tokens)),
        }
    }
}
