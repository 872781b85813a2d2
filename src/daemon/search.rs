//! A query of a reader, asked of what is stored.
//!
//! In: queries as they were typed, from whoever serves readers. Out: the stories that each takes, rendered as it was asked
//! for, or what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::definition::{assumed_languages, with_references};
use super::{Daemon, InForce, chain};
use crate::classify::{self, Classifier};
use crate::model::{Feed, Place, Query, QueryError, ReadQuery, Site, Story, Title, Topic, TopicId};
use crate::publish::{self, Format};
use crate::serve::{SearchAnswer, SearchRequest};
use crate::store::{Reader, Search, StoreError};

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

/// Answers searches, each by itself, until it is aborted; whoever asks sees to it that they are few at once.
pub(super) async fn answer(daemon: Arc<Daemon>, sought: Arc<Mutex<mpsc::Receiver<SearchRequest>>>) {
    // One answers at a time: the one before ended with its store.
    let mut sought = sought.lock().await;
    let mut searches = JoinSet::new();
    loop {
        tokio::select! {
            asked = sought.recv() => match asked {
                Some(request) => drop(searches.spawn(one(Arc::clone(&daemon), request))),
                None => return,
            },
            Some(_) = searches.join_next() => {}
        }
    }
}

async fn one(daemon: Arc<Daemon>, request: SearchRequest) {
    let SearchRequest {
        query,
        format,
        answer,
    } = request;
    let answered = answered(&daemon, query, format).await;
    // Whoever asked may have gone away meanwhile.
    drop(answer.send(answered));
}

async fn answered(daemon: &Daemon, query: String, format: Format) -> SearchAnswer {
    let in_force = daemon.in_force();
    let site = &in_force.config.site.site;
    if query.is_empty() {
        return SearchAnswer::Found(publish::search_page(site, "", None));
    }
    match daemon.search(&query).await {
        Ok(stories) => {
            let feed = Feed::answer(query, stories);
            SearchAnswer::Found(publish::render(&feed, site, format))
        }
        Err(SearchError::Query(mistake)) => {
            SearchAnswer::Mistake(told(site, &query, &mistake, format))
        }
        Err(SearchError::Store(error)) => {
            tracing::error!("a search was not answered: {}", chain(&error));
            SearchAnswer::Failed
        }
    }
}

/// What is wrong with a query: to people on the page, to programs in lines.
fn told(site: &Site, query: &str, mistake: &QueryError, format: Format) -> Vec<u8> {
    if format == Format::Html {
        return publish::search_page(site, query, Some(mistake));
    }
    let QueryError {
        column,
        message,
        hint,
    } = mistake;
    let hint = hint.as_ref().map(|hint| format!("hint: {hint}\n"));
    let text = format!(
        "column {column} of the query: {message}\n{}",
        hint.unwrap_or_default()
    );
    text.into_bytes()
}

impl Daemon {
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
