//! The whole flow, and the only module that sees it: a source is fetched, read, normalized, classified and committed;
//! feeds that a commit touched are published.
//!
//! The clock is here. Parsing and comparing leave the async threads; a poll that panics costs its source only.

mod feeds;
mod poll;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{SubsecRound as _, Utc};
use futures_util::StreamExt as _;
use url::Url;

use crate::classify::Classifier;
use crate::config::Config;
use crate::extract;
use crate::fetch::{Fetcher, Limits};
use crate::model::{Item, Location, PublicUrl, Source, SourceId, Timestamp, TopicId};
use crate::publish::PublishError;
use crate::schedule;
use crate::store::{
    self, Committed, Definition, FeedDefinition, Outcome, Poll, Reader, SourceDefinition,
    SourceProblem, SourceState, Store, StoreError,
};

/// Where the time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine.
    System,
    /// The caller: for tests, and for reading old captures.
    Fixed(Timestamp),
}

impl Clock {
    /// The time in whole seconds, which is what everything keeps.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that looks at the clock"
    )]
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Utc::now().trunc_subsecs(0),
            Self::Fixed(now) => now,
        }
    }
}

/// Why the flow stopped. A failing source is no such reason.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The published folder failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// A source that is not configured.
    #[error("there is no source `{0}` in the configuration")]
    UnknownSource(String),
}

/// Which sources a run polls.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Those whose time has come.
    Due,
    /// All of them.
    All,
    /// These, due or not.
    Named(Vec<String>),
}

/// What became of one source.
#[derive(Clone, Debug)]
pub struct Polled {
    /// The source.
    pub source: SourceId,
    /// What was committed.
    pub committed: Committed,
    /// What failed.
    pub failure: Option<SourceProblem>,
    /// What was left out of what was read.
    pub problem: Option<SourceProblem>,
}

/// What became of one feed.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its topic.
    pub topic: TopicId,
    /// Its title.
    pub title: String,
    /// Stories in it.
    pub stories: usize,
    /// Whether any of its files changed.
    pub changed: bool,
}

/// Everything that a run needs.
#[derive(Debug)]
pub struct Daemon {
    config: Config,
    clock: Clock,
    store: Store,
    fetcher: Fetcher,
    classifier: Arc<Classifier>,
}

/// The limits that a configuration sets for fetching.
pub fn limits(config: &Config) -> Limits {
    let fetch = &config.fetch;
    Limits {
        timeout: fetch.timeout,
        max_body_bytes: fetch.max_body_bytes,
        per_host: fetch.per_host,
        host_delay: fetch.host_delay,
        allow_networks: fetch.allow_networks.clone(),
        user_agent: user_agent(&config.site.site.base_url, config.site.contact.as_deref()),
    }
}

/// Who asks, and whom to write to.
fn user_agent(base_url: &Url, contact: Option<&str>) -> String {
    let contact = contact
        .map(|contact| format!("; {contact}"))
        .unwrap_or_default();
    format!(
        "tidings/{} (+{base_url}{contact})",
        env!("CARGO_PKG_VERSION")
    )
}

impl Daemon {
    /// Opens the store and brings the configuration into it.
    ///
    /// # Errors
    /// [`DaemonError`] when another process uses the store, or it cannot be opened.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, DaemonError> {
        let fetcher = Fetcher::new(limits(&config)).map_err(DaemonError::Client)?;
        let store = Store::open(&config.store.path, config.publish.fresh)?;
        let classifier = Arc::new(Classifier::new(&config.topics));
        store
            .define(definition(&config, clock.now(), &classifier))
            .await?;
        Ok(Self {
            config,
            clock,
            store,
            fetcher,
            classifier,
        })
    }

    /// The sources that `selection` means, in the order of the configuration.
    ///
    /// # Errors
    /// [`DaemonError::UnknownSource`] for a name that is not configured.
    pub async fn select(&self, selection: Selection) -> Result<Vec<&Source>, DaemonError> {
        let sources = self.config.sources.iter();
        match selection {
            Selection::All => Ok(sources.collect()),
            Selection::Named(names) => {
                let known =
                    |name: &&String| sources.clone().any(|source| source.id.as_str() == *name);
                if let Some(unknown) = names.iter().find(|name| !known(name)) {
                    return Err(DaemonError::UnknownSource(unknown.clone()));
                }
                Ok(sources
                    .filter(|source| names.iter().any(|name| name == source.id.as_str()))
                    .collect())
            }
            Selection::Due => {
                let states = self.store.read(Reader::sources).await?;
                let now = self.clock.now();
                Ok(sources
                    .filter(|source| is_due(source, states.get(&source.id), now))
                    .collect())
            }
        }
    }

    /// Polls `sources`, as many at once as configured; `progress` hears of each as it is done.
    ///
    /// # Errors
    /// The first [`DaemonError`] of the store; the other sources are polled all the same.
    pub async fn poll(
        &self,
        sources: &[&Source],
        mut progress: impl FnMut(&Polled),
    ) -> Result<Vec<Polled>, DaemonError> {
        let polls = futures_util::stream::iter(sources.iter().map(|source| self.refresh(source)));
        let mut polls = polls.buffer_unordered(self.config.fetch.concurrency);
        let mut done = Vec::with_capacity(sources.len());
        let mut failed = None;
        while let Some(polled) = polls.next().await {
            match polled {
                Ok(polled) => {
                    progress(&polled);
                    done.push(polled);
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(done), |error| Err(error.into()))
    }

    /// The flow of one source, from its address to the commit.
    async fn refresh(&self, source: &Source) -> Result<Polled, StoreError> {
        let at = self.clock.now();
        let fingerprint = source.fingerprint(extract::VERSION);
        let id = source.id.clone();
        let held = self
            .store
            .read(move |reader| reader.validators(&id, fingerprint))
            .await?;
        let gathered = poll::gather(&self.fetcher, source, &held, at).await;
        let outcome = poll::digest(&self.classifier, source, gathered, fingerprint).await;
        let (failure, problem) = match &outcome {
            Outcome::Unchanged | Outcome::Renewed(_) => (None, None),
            Outcome::Read { problem, .. } => (None, problem.clone()),
            Outcome::Failed { failure, .. } => (Some(failure.problem.clone()), None),
        };
        let poll = Poll {
            source: source.id.clone(),
            at,
            outcome,
            cadence: source.cadence.clone(),
            zone: source.zone,
        };
        let committed = self.store.commit(poll).await?;
        Ok(Polled {
            source: source.id.clone(),
            committed,
            failure,
            problem,
        })
    }

    /// Publishes what has changed since it was last published, and what is missing in the folder.
    ///
    /// # Errors
    /// [`DaemonError`] when the folder cannot be written; what was not marked is published the next time.
    pub async fn publish(&self) -> Result<Vec<Published>, DaemonError> {
        let config = self.config.clone();
        let rendered = self
            .store
            .read(move |reader| feeds::write(reader, &config))
            .await?;
        if !rendered.marks.is_empty() {
            self.store.mark_published(rendered.marks).await?;
        }
        Ok(rendered.feeds)
    }
}

/// An error and its causes in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

/// The longest text of a problem, in characters.
const LONGEST_LINE: usize = 500;

/// `text`, which may quote a document, as a terminal may show it: on one line, without escape sequences, not endless.
pub fn one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(LONGEST_LINE).map(shown).collect();
    if text.chars().nth(LONGEST_LINE).is_some() {
        line.push('…');
    }
    line
}

/// The address of a location, for a request.
///
/// # Panics
/// For a relative path; the configuration and the command line make theirs absolute.
pub fn address(location: &Location) -> PublicUrl {
    match location {
        Location::Http(url) => url.clone(),
        Location::File(path) => {
            PublicUrl::new(Url::from_file_path(path).expect("an absolute path"))
        }
    }
}

/// Those of its source and those whose queries it satisfies.
fn topics(item: &Item, fixed: &[TopicId], classifier: &Classifier) -> Vec<TopicId> {
    let mut topics = classifier.topics(item);
    topics.extend(fixed.iter().cloned());
    topics.into_iter().collect()
}

fn definition(config: &Config, at: Timestamp, classifier: &Arc<Classifier>) -> Definition {
    let language = &config.site.site.language;
    let feeds = config.topics.iter().map(|topic| FeedDefinition {
        topic: topic.id.clone(),
        title: topic.title.in_language(language).to_owned(),
        fingerprint: topic.fingerprint(),
    });
    let sources = config.sources.iter().map(|source| SourceDefinition {
        id: source.id.clone(),
        name: source.name.clone(),
        rank: source.rank,
        topics: source.topics.clone(),
    });
    let classifier = Arc::clone(classifier);
    let classify = move |item: &Item| classifier.topics(item).into_iter().collect();
    Definition {
        at,
        feeds: feeds.collect(),
        sources: sources.collect(),
        classify: Box::new(classify),
    }
}

fn is_due(source: &Source, state: Option<&SourceState>, now: Timestamp) -> bool {
    let Some(state) = state else { return true };
    let failing = state.consecutive_failures > 0;
    schedule::is_due(
        &source.cadence,
        source.zone,
        state.last_attempt,
        state.next_poll,
        failing,
        now,
    )
}

/// Reads what the store knows of every source, without making a store; empty when there is none.
///
/// # Errors
/// [`StoreError`] when the file is no store of this version.
pub fn source_states(path: &Path) -> Result<BTreeMap<SourceId, SourceState>, StoreError> {
    Ok(store::inspect(path, Reader::sources)?.unwrap_or_default())
}

/// Limits for a look at one document without a configuration.
pub fn default_limits() -> Limits {
    Limits {
        timeout: Duration::from_secs(30),
        max_body_bytes: 10 << 20,
        per_host: 1,
        host_delay: Duration::ZERO,
        allow_networks: Vec::new(),
        user_agent: format!("tidings/{} (preview)", env!("CARGO_PKG_VERSION")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_quoted_does_nothing_to_a_terminal() {
        let check = |text: &str, shown: &str| assert_eq!(one_line(text), shown);
        check(
            "expected `</a\u{1b}[31m>`\nbut\u{9b}0m",
            "expected `</a [31m>` but 0m",
        );
        check(&"ñ".repeat(500), &"ñ".repeat(500));
        check(&"ñ".repeat(501), &("ñ".repeat(500) + "…"));
    }
}
