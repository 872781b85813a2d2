//! Tests the store as the daemon uses it: on real files, observed through readers.

mod changes;
mod decisions;
mod details;
mod duplicates;
mod feeds;
mod forget;
mod former;
mod held;
mod identity;
mod kept;
mod moves;
mod polls;
mod search;
mod stories;

use std::collections::BTreeSet;
use std::future::Future;

use chrono::{TimeDelta, TimeZone as _, Utc};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use crate::classify::{self, RequiredTokens, Subject};
use crate::dedupe::Fingerprint;
use crate::model::{ProblemCode, Story};
use crate::normalize::normalize;
use crate::normalize::tests::{entry, source};

/// A store with the sources `a`, `b` and `c` and two feeds: one of everything, one of titles that mention a flood.
struct Desk {
    runtime: Runtime,
    folder: TempDir,
    store: Store,
}

/// Returns the operator used in these tests.
fn nobody() -> Operator {
    Operator::new("nobody")
}

/// Returns noon of a day in July 2021.
fn july(day: u32) -> Timestamp {
    Utc.with_ymd_and_hms(2021, 7, day, 12, 0, 0).unwrap()
}

/// Reads entries of a source, written `guid|link|title|date|text|updated|event`, on a day in July.
fn items(id: &str, day: u32, entries: &[impl AsRef<str>]) -> Vec<NewItem> {
    let mut source = source();
    source.id = id.parse().unwrap();
    let entries: Vec<&str> = entries.iter().map(AsRef::as_ref).collect();
    let normalized = normalize(&source, vec![entry::page_at(july(day), &entries)]);
    let new = |item: Item| NewItem {
        topics: topics(&item.title),
        fingerprint: Fingerprint::from_item(&item),
        tokens: classify::item_tokens(&Subject::new(&item, &[])),
        item,
    };
    normalized.items.into_iter().map(new).collect()
}

fn topics(title: &str) -> Vec<TopicId> {
    let flood = title.to_lowercase().contains("flood");
    let names = if flood {
        &["all", "floods"][..]
    } else {
        &["all"]
    };
    names.iter().map(|name| name.parse().unwrap()).collect()
}

fn read(items: Vec<NewItem>) -> PollOutcome {
    PollOutcome::Read {
        items,
        validators: Vec::new(),
        problem: None,
        drift: None,
        shape: None,
        walked_back: false,
        coverage: ListCoverage::Whole,
    }
}

fn failed(kind: SourceFailureKind) -> PollOutcome {
    let problem = SourceProblem {
        code: ProblemCode::Timeout,
        text: "no answer".into(),
        action: "wait".into(),
    };
    PollOutcome::Failed {
        items: Vec::new(),
        failure: SourceFailure {
            problem,
            http_status: None,
            retry_after: None,
            timed_out: false,
            kind,
            repair: None,
        },
    }
}

fn poll(source: &str, at: Timestamp, outcome: PollOutcome) -> Poll {
    Poll {
        source: source.parse().unwrap(),
        at,
        outcome,
        details: None,
        layout: None,
        cadence: Cadence::Every(Duration::from_hours(1)),
        zone: chrono_tz::UTC,
        fingerprint: Hash::digest(b"block"),
        block: Hash::digest(b"block"),
        classified_by: Hash::digest(b"key"),
    }
}

fn open(folder: &TempDir) -> Result<Store, StoreError> {
    Store::open(&folder.path().join("tidings.db"))
}

/// Returns a definition of the three sources, with a rank each, and of these feeds.
fn definition(ranks: [u32; 3], feeds: &[&str]) -> Definition {
    let source = |(id, rank): (&str, u32)| SourceDefinition {
        id: id.parse().unwrap(),
        name: format!("Office {id}"),
        rank,
        address: None,
        topics: Vec::new(),
        country: None,
        regions: Vec::new(),
    };
    let feed = |topic: &&str| FeedDefinition {
        topic: topic.parse().unwrap(),
        title: format!("About {topic}"),
        queries: Vec::new(),
        fingerprint: Hash::digest(topic.as_bytes()),
        each: BTreeSet::new(),
    };
    Definition {
        at: july(1),
        classifier: crate::classify::VERSION.to_string(),
        fresh: Duration::from_hours(7 * 24),
        feeds: feeds.iter().map(feed).collect(),
        sources: ["a", "b", "c"].into_iter().zip(ranks).map(source).collect(),
        key: Hash::digest(b"key"),
        classify: Arc::new(|item, _| topics(&item.title).into_iter().collect()),
        names: FormerNames::default(),
        narrow: Box::new(|_, _| NarrowedClassifier {
            needs: RequiredTokens::Nothing,
            topics: Box::new(|subject| topics(subject.title).into_iter().collect()),
        }),
        files: Vec::new(),
    }
}

/// A desk whose store is closed.
struct Closed {
    runtime: Runtime,
    folder: TempDir,
}

impl Closed {
    fn open(self) -> Desk {
        let Self { runtime, folder } = self;
        Desk {
            store: open(&folder).unwrap(),
            runtime,
            folder,
        }
    }
}

impl Desk {
    fn closed(self) -> Closed {
        let Self {
            runtime, folder, ..
        } = self;
        Closed { runtime, folder }
    }

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let desk = Self {
            runtime: runtime.enable_all().build().unwrap(),
            store: open(&folder).unwrap(),
            folder,
        };
        desk.define(definition([100; 3], &["all", "floods"]));
        desk
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn define(&self, definition: Definition) {
        self.wait(self.store.define(definition, Consent::Given))
            .unwrap();
    }

    fn commit(&self, poll: Poll) -> Result<CommittedPoll, StoreError> {
        self.wait(self.store.commit(poll))
    }

    /// Commits a poll that read `entries`; returns how many of them are new, updated and joined.
    fn read(&self, source: &str, day: u32, entries: &[impl AsRef<str>]) -> [usize; 3] {
        let poll = poll(source, july(day), read(items(source, day, entries)));
        let committed = self.commit(poll).unwrap();
        [committed.new, committed.updated, committed.joined]
    }

    fn ask<T: Send + 'static>(
        &self,
        query: impl FnOnce(&StoreReader) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.wait(self.store.read(query)).unwrap()
    }

    /// Marks every feed as published at its current revision.
    fn publish(&self) {
        let key = Hash::digest(b"rendered");
        let (rev, feeds) = self.ask(|reader| Ok((reader.revision()?, reader.configured_feeds()?)));
        let marks = feeds.into_iter().map(|feed| PublishedFeed {
            id: feed.id,
            rev,
            render_key: key,
            left_out: Vec::new(),
        });
        self.wait(self.store.mark_published(marks.collect()))
            .unwrap();
    }

    fn live(&self, topic: &str) -> Vec<Story> {
        let topic = topic.parse().unwrap();
        self.ask(move |reader| reader.live_feed(&topic, 100, TimeDelta::days(14)))
    }

    fn quiet(&self, topic: &str) -> Vec<Story> {
        let topic = topic.parse().unwrap();
        self.ask(move |reader| reader.quiet_stories(&topic, 100))
    }

    fn feed(&self, topic: &str) -> FeedState {
        let feeds = self.ask(StoreReader::configured_feeds).into_iter();
        let mut found = feeds.filter(|feed| feed.id.to_string() == topic);
        found.next().unwrap()
    }

    /// Returns the topics of the feeds that need publishing.
    fn dirty(&self) -> Vec<String> {
        let feeds = self.ask(StoreReader::configured_feeds).into_iter();
        let dirty = feeds.filter(|feed| feed.wanted_rev > feed.published_rev);
        dirty.map(|feed| feed.id.to_string()).collect()
    }

    fn source(&self, id: &str) -> SourceState {
        let id = id.parse().unwrap();
        self.ask(StoreReader::source_states).remove(&id).unwrap()
    }

    /// Checks the live feed of everything, as `title [sources]` with the report shown first.
    fn check(&self, expected: &[&str]) {
        assert_eq!(titles(&self.live("all")), expected);
    }

    /// Opens a separate connection, for data that no reader exposes.
    fn connection(&self) -> Connection {
        Connection::open(self.folder.path().join("tidings.db")).unwrap()
    }

    fn aliases(&self) -> Vec<(String, String)> {
        let connection = self.connection();
        let mut statement = connection
            .prepare("SELECT alias, story FROM alias ORDER BY alias")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }
}

fn titles(stories: &[Story]) -> Vec<String> {
    let title = |story: &Story| {
        let sources: Vec<&str> = story
            .reports
            .iter()
            .map(|one| one.source.as_str())
            .collect();
        format!("{} [{}]", story.shown.title, sources.join(" "))
    };
    stories.iter().map(title).collect()
}

/// A copy of a stopped daemon's file is complete.
#[tokio::test]
async fn a_closed_store_is_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    let store = Store::open(&path).unwrap();
    let rev: Result<i64, StoreError> = store.read(StoreReader::revision).await;
    assert_eq!(rev.unwrap(), 0);
    let log = path.with_file_name("tidings.db-wal");
    assert!(log.exists());
    drop(store);
    assert!(!log.exists());
}
