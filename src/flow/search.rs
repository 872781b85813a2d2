//! A query of a reader, asked of what is stored.
//!
//! In: a query as it was typed. Out: the stories that it takes, or what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use super::definition::{assumed_languages, with_references};
use super::{Flow, InForce};
use crate::classify::{self, Classifier};
use crate::model::{Place, Story, TopicId};
use crate::store::{Reader, Search, StoreError};
use crate::topics::{Query, QueryError, ReadQuery, Title, Topic};

/// Stories that a search gives, at most.
const MOST: usize = 50;

/// Why a search gives nothing.
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
    /// The last stories that `query` takes, in the order of a feed.
    ///
    /// # Errors
    /// [`SearchError::Query`] when it cannot be read, or names a topic or source that is not configured.
    pub async fn search(&self, query: &str) -> Result<Vec<Story>, SearchError> {
        let in_force = self.in_force();
        let read = Query::read(query).map_err(SearchError::Query)?;
        check_names(&read, &in_force).map_err(SearchError::Query)?;
        let found = self.store.read(move |reader| {
            let search = search(read.query, &in_force, reader)?;
            reader.search(&search)
        });
        Ok(found.await?)
    }
}

/// Whether the topics and sources that it names are there: a slip would find nothing for ever.
fn check_names(read: &ReadQuery, in_force: &InForce) -> Result<(), QueryError> {
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

fn search(query: Query, in_force: &InForce, reader: &Reader) -> Result<Search, StoreError> {
    let (after, before) = query.days();
    let topic = asked_once(query);
    let topics = with_references(&in_force.config.topics, [&topic].into());
    let givers = if topic.references().next().is_some() {
        reader.givers()?
    } else {
        BTreeMap::new()
    };
    let needs = classify::needs(&topics, &givers);
    let needs = needs.get(&topic.id).cloned().expect("it is among them");
    let id = topic.id.clone();
    // An item's topics are stored with it: those that the query refers to need not be tried again.
    let classifier = Classifier::new(&[topic], &assumed_languages(&in_force.config));
    Ok(Search {
        needs,
        takes: Box::new(move |subject| classifier.topics(subject).contains(&id)),
        after,
        before,
        most: MOST,
    })
}

/// A topic of the query alone, under a name that no other has.
fn asked_once(query: Query) -> Topic {
    let id = TopicId::of_search();
    Topic {
        place: Place {
            file: "search".into(),
            line: 1,
            column: 1,
        },
        title: Title::Plain(id.to_string()),
        id,
        any: Vec::new(),
        all: Vec::new(),
        exclude: Vec::new(),
        query: Some(query),
        former: Vec::new(),
        each: BTreeSet::new(),
    }
}
