//! Topics, and the queries that select their stories.
//!
//! In: the text of a query. Out: a [`Query`], or a [`QueryError`] with its column; a [`Topic`] is a saved query that
//! becomes a feed.

mod query;

use std::collections::{BTreeMap, BTreeSet, HashMap};

#[cfg(test)]
pub(crate) use self::query::tests::trees as query_trees;
pub use self::query::{
    ItemPart, ParsedQuery, Query, QueryError, QueryRegex, QueryWarning, QueryWord, QueryWords,
};
pub(crate) use self::query::{is_joiner, is_skin_tone, is_stop_word, words_of};
use crate::model::{ConfigPosition, FacetSet, FeedId, FormerName, Hash, Language, TopicId};

/// A title in one language or in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicTitle {
    /// One title for all languages.
    Plain(String),
    /// Titles by language, never empty.
    ByLanguage(BTreeMap<Language, String>),
}

impl TopicTitle {
    /// Returns the title in `language`, or else in English, or else the first one.
    pub fn in_language(&self, language: &Language) -> &str {
        match self {
            Self::Plain(title) => title,
            Self::ByLanguage(titles) => {
                let of = |primary: &str| titles.iter().find(|(tag, _)| tag.primary() == primary);
                let found = titles
                    .get_key_value(language)
                    .or_else(|| of(language.primary()))
                    .or_else(|| of("en"));
                found
                    .or_else(|| titles.iter().next())
                    .map_or("", |(_, title)| title)
            }
        }
    }
}

/// A saved query, published as one feed. An item must match all the parts that are given; without any, only sources
/// that name the topic fill it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The place of its configuration.
    pub place: ConfigPosition,
    /// Its name, also used in addresses.
    pub id: TopicId,
    /// Feeds that it replaces: their addresses redirect to its own.
    pub former: Vec<FormerName<FeedId>>,
    /// Its title for people.
    pub title: TopicTitle,
    /// Queries of which at least one must match.
    pub any: Vec<Query>,
    /// Queries that must all match.
    pub all: Vec<Query>,
    /// Queries of which none may match.
    pub exclude: Vec<Query>,
    /// A query that must match.
    pub query: Option<Query>,
    /// The branches that are published with it.
    pub each: BTreeSet<FacetSet>,
}

/// The role of a query in its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryRole {
    /// One of `any`.
    Any,
    /// One of `all`.
    All,
    /// One of `exclude`.
    Exclude,
    /// The value of `query`.
    Query,
}

impl QueryRole {
    /// Returns its key in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::Exclude => "exclude",
            Self::Query => "query",
        }
    }
}

impl Topic {
    /// Returns true if the topic has a query of its own.
    pub fn has_queries(&self) -> bool {
        !self.any.is_empty() || !self.all.is_empty() || self.query.is_some()
    }

    /// Returns every query with its role.
    pub fn queries(&self) -> impl Iterator<Item = (QueryRole, &Query)> {
        let all = self.all.iter().map(|query| (QueryRole::All, query));
        let any = self.any.iter().map(|query| (QueryRole::Any, query));
        let exclude = self.exclude.iter().map(|query| (QueryRole::Exclude, query));
        let query = self.query.iter().map(|query| (QueryRole::Query, query));
        all.chain(query).chain(any).chain(exclude)
    }

    /// Returns all its parts as one query; `None` if it has none of its own.
    pub fn combined_query(&self) -> Option<Query> {
        if !self.has_queries() {
            return None;
        }
        let mut parts = self.all.clone();
        parts.extend(self.query.clone());
        if !self.any.is_empty() {
            parts.push(Query::Or(self.any.clone()));
        }
        let not = |query: &Query| Query::Not(Box::new(query.clone()));
        parts.extend(self.exclude.iter().map(not));
        Some(Query::And(parts))
    }

    /// Returns the saved topics that its queries refer to.
    pub fn referenced_topics(&self) -> impl Iterator<Item = &TopicId> {
        let leaves = self.queries().flat_map(|(_, query)| query.leaves());
        leaves.filter_map(|leaf| match leaf {
            Query::Topic(id) => Some(id),
            _ => None,
        })
    }

    /// Returns its queries as written, each after its key in the configuration: `any "migrant worker"`.
    pub fn written_queries(&self) -> Vec<String> {
        let queries = self.queries();
        let written = queries.map(|(role, query)| format!("{} {query}", role.as_str()));
        written.collect()
    }
}

/// Returns a hash for each topic that changes whenever its queries change, or those of a topic that they refer to.
pub fn topic_fingerprints(topics: &[Topic]) -> HashMap<TopicId, Hash> {
    let mut found: HashMap<TopicId, Hash> = HashMap::with_capacity(topics.len());
    let mut order = sort_by_reference(topics);
    order.extend(0..topics.len());
    for topic in order.into_iter().map(|number| &topics[number]) {
        if found.contains_key(&topic.id) {
            continue;
        }
        let own = topic.written_queries();
        let referred: BTreeSet<&TopicId> = topic.referenced_topics().collect();
        let referred = referred.into_iter().filter_map(|id| found.get(id));
        let referred: Vec<String> = referred.map(Hash::to_string).collect();
        let parts = own.iter().chain(&referred).map(String::as_str);
        found.insert(topic.id.clone(), Hash::digest_parts(parts));
    }
    found
}

/// Returns the indices of the topics, each after those that it refers to. Topics that refer to one another in a circle
/// are left out.
pub fn sort_by_reference(topics: &[Topic]) -> Vec<usize> {
    let references = reference_indices(topics);
    let mut referring = vec![Vec::new(); topics.len()];
    let mut waits_for: Vec<usize> = references.iter().map(Vec::len).collect();
    for (topic, references) in references.iter().enumerate() {
        for reference in references {
            referring[*reference].push(topic);
        }
    }
    let mut order: Vec<usize> = (0..topics.len()).filter(|n| waits_for[*n] == 0).collect();
    let mut next = 0;
    while let Some(done) = order.get(next).copied() {
        next += 1;
        for topic in &referring[done] {
            waits_for[*topic] -= 1;
            if waits_for[*topic] == 0 {
                order.push(*topic);
            }
        }
    }
    order
}

/// Returns topics that refer to one another in a circle, each to the next and the last to the first, if there are any.
pub fn find_cycle(topics: &[Topic]) -> Option<Vec<&Topic>> {
    let mut stuck = vec![true; topics.len()];
    for topic in sort_by_reference(topics) {
        stuck[topic] = false;
    }
    let references = reference_indices(topics);
    let mut path = vec![stuck.iter().position(|stuck| *stuck)?];
    loop {
        // Every topic left refers to another one that is left.
        let last = path.last()?;
        let next = *references[*last].iter().find(|next| stuck[**next])?;
        if let Some(begin) = path.iter().position(|topic| *topic == next) {
            return Some(path[begin..].iter().map(|topic| &topics[*topic]).collect());
        }
        path.push(next);
    }
}

/// Returns the indices of the topics that each one refers to.
fn reference_indices(topics: &[Topic]) -> Vec<Vec<usize>> {
    let numbers: HashMap<&TopicId, usize> = topics
        .iter()
        .enumerate()
        .map(|(number, topic)| (&topic.id, number))
        .collect();
    let of = |topic: &Topic| {
        let known = topic.referenced_topics().filter_map(|id| numbers.get(id));
        known.copied().collect()
    };
    topics.iter().map(of).collect()
}
