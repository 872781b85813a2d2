//! Answers a reader's query from the store.
//!
//! In: a query as it was typed. Out: the stories that match, or the mistake in the query.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{assumed_languages, with_references};
use super::{Flow, InForce};
use crate::classify::{self, Classifier};
use crate::model::{ConfigPosition, Story, TopicId};
use crate::store::{StoreError, StoreReader, StoreSearch};
use crate::topics::{ParsedQuery, Query, QueryError, Topic, TopicTitle};

/// The most stories returned by a search.
const MOST: usize = 50;

/// The reasons for a search to fail.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The query cannot be read.
    #[error("{}", .0.message)]
    Query(QueryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Flow {
    /// Returns the newest stories that match `query`, in the order of a feed.
    ///
    /// # Errors
    /// [`SearchError::Query`] if the query cannot be read, or names a topic or source that is not configured.
    pub async fn search(&self, query: &str) -> Result<Vec<Story>, SearchError> {
        let in_force = self.in_force();
        let read = Query::parse(query).map_err(SearchError::Query)?;
        check_names(&read, &in_force).map_err(SearchError::Query)?;
        let found = self.store.read(move |reader| {
            let search = build_search(read.query, &in_force, reader)?;
            reader.search_stories(&search)
        });
        Ok(found.await?)
    }
}

/// Checks that the topics and sources in the query exist: a misspelled one would never match.
fn check_names(read: &ParsedQuery, in_force: &InForce) -> Result<(), QueryError> {
    let config = &in_force.config;
    for (leaf, column) in read.query.leaves().into_iter().zip(&read.columns) {
        let message = match leaf {
            Query::Topic(id) if config.topics.iter().all(|topic| topic.id != *id) => {
                format!("unknown topic `{id}`")
            }
            Query::Source(id) if in_force.source(id).is_none() => format!("unknown source `{id}`"),
            _ => continue,
        };
        return Err(QueryError {
            column: *column,
            message,
            hint: None,
        });
    }
    Ok(())
}

fn build_search(
    query: Query,
    in_force: &InForce,
    reader: &StoreReader,
) -> Result<StoreSearch, StoreError> {
    let (after, before) = query.day_range();
    let topic = search_topic(query);
    let topics = with_references(&in_force.config.topics, [&topic].into());
    let givers = if topic.referenced_topics().next().is_some() {
        reader.topic_givers()?
    } else {
        BTreeMap::new()
    };
    let needs = classify::required_tokens(&topics, &givers);
    let needs = needs.get(&topic.id).cloned().expect("it is among them");
    let id = topic.id.clone();
    // An item's topics are stored with it, so the topics that the query refers to are not matched again.
    let classifier = Classifier::new(&[topic], &assumed_languages(&in_force.config));
    Ok(StoreSearch {
        needs,
        takes: Box::new(move |subject| classifier.topics_of(subject).contains(&id)),
        after,
        before,
        most: MOST,
    })
}

/// Returns a topic of the query alone, with an id that no other topic has.
fn search_topic(query: Query) -> Topic {
    let id = TopicId::for_search();
    Topic {
        place: ConfigPosition {
            file: "search".into(),
            line: 1,
            column: 1,
        },
        title: TopicTitle::Plain(id.to_string()),
        id,
        any: Vec::new(),
        all: Vec::new(),
        exclude: Vec::new(),
        query: Some(query),
        former: Vec::new(),
        each: BTreeSet::new(),
    }
}
