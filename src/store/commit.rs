//! One poll into the store: which items are new, changed or known, which story each reports, which feeds that changes.
//!
//! Runs on the writer, inside a transaction, because every decision here needs the whole store as it is at this commit.

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::{Connection, named_params, params};

use super::rows::{self, Place};
use super::story::Stories;
use super::{Failure, FailureKind, NewItem, Outcome, Poll, SourceProblem, State, StoreError};
use crate::dedupe::{self, Candidate, Key};
use crate::model::{
    Hash, IdentityKey, Item, ItemId, Published, SourceId, StoryId, Timestamp, Validators,
};
use crate::schedule;

/// Candidates that are looked at for one key: more share only what is no evidence.
const MAX_CANDIDATES: usize = 20;

/// What a poll changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Items seen for the first time.
    pub new: usize,
    /// Items whose content changed.
    pub updated: usize,
    /// New items that report a story known from another source.
    pub joined: usize,
    /// Whether any story was touched: a feed may want to be published.
    pub touched: bool,
    /// How the source is now.
    pub state: State,
    /// When it is due again.
    pub next_poll: Timestamp,
}

/// The items of a poll, counted.
#[derive(Clone, Copy, Default)]
struct Counts {
    new: usize,
    updated: usize,
    joined: usize,
}

/// Commits `poll`; a story older than `fresh` may enter quietly.
pub(super) fn commit(
    connection: &Connection,
    poll: &Poll,
    fresh: Duration,
) -> Result<Committed, StoreError> {
    let before = Before::read(connection, &poll.source)?;
    let mut counts = Counts::default();
    let mut touched = false;
    let items = match &poll.outcome {
        Outcome::Unchanged => &[][..],
        Outcome::Read { items, .. } | Outcome::Failed { items, .. } => items,
    };
    if !items.is_empty() {
        let late = before.last_success.is_none() || before.failures > 0;
        let mut change = Change {
            stories: Stories::new(connection, poll.at, late, fresh)?,
            touched: BTreeSet::new(),
        };
        for item in items {
            change.item(item, &mut counts)?;
        }
        touched = change.finish()?;
    }
    write_validators(connection, poll)?;
    let (state, next_poll) = write_state(connection, poll, &before, counts)?;
    let Counts {
        new,
        updated,
        joined,
    } = counts;
    Ok(Committed {
        new,
        updated,
        joined,
        touched,
        state,
        next_poll,
    })
}

/// What the store knew of the source.
struct Before {
    last_success: Option<i64>,
    failures: u32,
    interval: Option<Duration>,
    problem: Option<(String, i64)>,
}

impl Before {
    fn read(connection: &Connection, source: &SourceId) -> Result<Self, StoreError> {
        let sql = "SELECT last_success, consecutive_failures, interval_seconds, problem_code, problem_since
                   FROM source_state WHERE source = ?";
        let mut statement = connection.prepare_cached(sql)?;
        let row = statement.query_row([source.as_str()], |row| {
            let problem = row.get::<_, Option<String>>(3)?.zip(row.get(4)?);
            let interval: Option<u64> = row.get(2)?;
            let interval = interval.map(Duration::from_secs);
            Ok(Self {
                last_success: row.get(0)?,
                failures: row.get(1)?,
                interval,
                problem,
            })
        });
        Ok(row?)
    }
}

/// The item changes of one poll.
struct Change<'a> {
    stories: Stories<'a>,
    touched: BTreeSet<StoryId>,
}

/// An item as it is held.
struct Held {
    item: Item,
    story: StoryId,
    content_hash: Hash,
    topics: String,
}

impl Change<'_> {
    fn connection(&self) -> &Connection {
        self.stories.connection
    }

    fn item(&mut self, new: &NewItem, counts: &mut Counts) -> Result<(), StoreError> {
        match self.held(&new.item)? {
            Some(held) => self.update(new, &held, counts),
            None => self.insert(new, counts),
        }
    }

    /// By the weak key first: an entry known by it stood beside others under its guid or address.
    fn held(&self, item: &Item) -> Result<Option<Held>, StoreError> {
        for key in [&item.weak_key, &item.key] {
            if let Some(held) = self.held_by(&item.source, key)? {
                return Ok(Some(held));
            }
        }
        Ok(None)
    }

    fn held_by(&self, source: &SourceId, key: &IdentityKey) -> Result<Option<Held>, StoreError> {
        let sql = "SELECT item.* FROM identity JOIN item ON item.id = identity.item
                   WHERE identity.source = ? AND identity.kind = ? AND identity.key = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query(params![source.as_str(), key.kind.as_str(), key.value])?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        Ok(Some(Held {
            item: rows::item(row)?,
            story: rows::parsed("story", &row.get::<_, String>("story")?)?,
            content_hash: rows::hash("content_hash", &row.get::<_, Vec<u8>>("content_hash")?)?,
            topics: row.get("topics")?,
        }))
    }

    fn insert(&mut self, new: &NewItem, counts: &mut Counts) -> Result<(), StoreError> {
        let item = &new.item;
        let found = self.stories_of(item, &new.keys, None)?;
        counts.new += 1;
        counts.joined += usize::from(!found.is_empty());
        let story = found
            .first()
            .copied()
            .unwrap_or_else(|| StoryId::founded_by(item.id));
        self.write(new, item, story)?;
        let sql = "INSERT INTO identity (source, kind, key, item) VALUES (?, ?, ?, ?)";
        let key = params![
            item.source.as_str(),
            item.key.kind.as_str(),
            item.key.value,
            item.id.to_string()
        ];
        self.connection().prepare_cached(sql)?.execute(key)?;
        self.merge(&found)
    }

    fn update(
        &mut self,
        new: &NewItem,
        held: &Held,
        counts: &mut Counts,
    ) -> Result<(), StoreError> {
        let item = restated(&new.item, &held.item);
        if item == held.item && rows::topics_json(&new.topics) == held.topics {
            return Ok(());
        }
        counts.updated += usize::from(item.content_hash() != held.content_hash);
        let mut found = self.stories_of(&item, &new.keys, Some(held.story))?;
        self.write(new, &item, held.story)?;
        found.push(held.story);
        let ordered = self.stories.oldest_first(found)?;
        self.merge(&ordered)
    }

    /// The stories of other sources that the item reports, the oldest first. A story has one report of a source: a
    /// second one is another bulletin, however alike.
    fn stories_of(
        &self,
        item: &Item,
        keys: &[Key],
        own: Option<StoryId>,
    ) -> Result<Vec<StoryId>, StoreError> {
        let mut candidates = Vec::new();
        for key in keys {
            candidates.extend(self.candidates(*key, item.id)?);
        }
        let mut found = Vec::new();
        for story in dedupe::stories(item, &candidates) {
            if Some(story) != own && !self.stories.has_report_of(story, &item.source)? {
                found.push(story);
            }
        }
        self.stories.oldest_first(found)
    }

    fn candidates(&self, key: Key, item: ItemId) -> Result<Vec<Candidate>, StoreError> {
        let sql = "SELECT item.source, item.story, item.text FROM dedupe_key JOIN item ON item.id = dedupe_key.item
                   WHERE dedupe_key.kind = ? AND dedupe_key.hash = ? AND item.id <> ? ORDER BY item.seq LIMIT ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let bound = params![
            key.kind.as_str(),
            key.hash.as_bytes(),
            item.to_string(),
            MAX_CANDIDATES
        ];
        let mut found = statement.query(bound)?;
        let mut candidates = Vec::new();
        while let Some(row) = found.next()? {
            candidates.push(Candidate {
                shared: key.kind,
                source: rows::parsed("source", &row.get::<_, String>(0)?)?,
                story: rows::parsed("story", &row.get::<_, String>(1)?)?,
                text: row.get(2)?,
            });
        }
        Ok(candidates)
    }

    fn write(&mut self, new: &NewItem, item: &Item, story: StoryId) -> Result<(), StoreError> {
        let place = Place {
            story: &story.to_string(),
            rev: self.stories.rev,
        };
        rows::write_item(self.connection(), item, &new.topics, &place)?;
        let id = item.id.to_string();
        self.connection()
            .prepare_cached("DELETE FROM dedupe_key WHERE item = ?")?
            .execute([&id])?;
        // The keys of the item as it is held: its date may have been frozen earlier than this poll.
        for key in dedupe::keys(item) {
            let sql = "INSERT INTO dedupe_key (kind, hash, item) VALUES (?, ?, ?)";
            self.connection().prepare_cached(sql)?.execute(params![
                key.kind.as_str(),
                key.hash.as_bytes(),
                id
            ])?;
        }
        self.touched.insert(story);
        Ok(())
    }

    /// Makes the first of `ordered` and the others one story: the oldest keeps its id.
    fn merge(&mut self, ordered: &[StoryId]) -> Result<(), StoreError> {
        let Some((kept, others)) = ordered.split_first() else {
            return Ok(());
        };
        for other in others {
            if self.stories.share_a_source(*kept, *other)? {
                continue;
            }
            self.stories.merge(*other, *kept)?;
            self.touched.remove(other);
            self.touched.insert(*kept);
        }
        Ok(())
    }

    /// Whether there was anything to finish.
    fn finish(self) -> Result<bool, StoreError> {
        for story in &self.touched {
            self.stories.refresh(*story)?;
        }
        if !self.touched.is_empty() {
            self.stories.keep_revision()?;
        }
        Ok(!self.touched.is_empty())
    }
}

/// The new state of a held item: its id, its place and a date that the publisher has not restated stay.
fn restated(new: &Item, held: &Item) -> Item {
    let restated = new.stated.is_some() && new.stated != held.stated;
    let usable = restated && !matches!(new.published, Published::FirstSeen(_));
    Item {
        id: held.id,
        key: held.key.clone(),
        position: held.position,
        stated: if restated { new.stated } else { held.stated },
        published: if usable {
            new.published
        } else {
            held.published
        },
        ..new.clone()
    }
}

fn write_validators(connection: &Connection, poll: &Poll) -> Result<(), StoreError> {
    let source = poll.source.as_str();
    let clear = || {
        connection
            .prepare_cached("DELETE FROM validator WHERE source = ?")?
            .execute([source])
    };
    match &poll.outcome {
        Outcome::Read { validators, .. } => {
            clear()?;
            validators.iter().try_for_each(|(url, held, fingerprint)| {
                write_validator(connection, source, url, held, fingerprint)
            })
        }
        // A 304 must not hide that what was fetched could not be read.
        Outcome::Failed { failure, .. } if failure.kind != FailureKind::Fetch => {
            Ok(clear().map(drop)?)
        }
        Outcome::Unchanged | Outcome::Failed { .. } => Ok(()),
    }
}

fn write_validator(
    connection: &Connection,
    source: &str,
    url: &str,
    held: &Validators,
    fingerprint: &Hash,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO validator (source, url, etag, last_modified, body_hash, fingerprint)
               VALUES (?, ?, ?, ?, ?, ?)";
    let body_hash = held.body_hash.as_ref().map(Hash::as_bytes);
    let row = params![
        source,
        url,
        held.etag,
        held.last_modified,
        body_hash,
        fingerprint.as_bytes()
    ];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// The one row that a poll without news costs.
fn write_state(
    connection: &Connection,
    poll: &Poll,
    before: &Before,
    counts: Counts,
) -> Result<(State, Timestamp), StoreError> {
    let failure = match &poll.outcome {
        Outcome::Failed { failure, .. } => Some(failure),
        Outcome::Unchanged | Outcome::Read { .. } => None,
    };
    let problem = match &poll.outcome {
        Outcome::Read { problem, .. } => problem.as_ref(),
        Outcome::Failed { failure, .. } => Some(&failure.problem),
        Outcome::Unchanged => None,
    };
    let failures = if failure.is_some() {
        before.failures + 1
    } else {
        0
    };
    let state = state(failure);
    let next = schedule::next(
        &poll.cadence,
        poll.zone,
        before.interval,
        outcome(failure, failures, counts),
        poll.at,
    );
    // What the last reading left out is still left out when the document has not changed.
    let keep_problem = matches!(poll.outcome, Outcome::Unchanged) && before.failures == 0;
    let mut statement = connection.prepare_cached(include_str!("sql/write_state.sql"))?;
    statement.execute(named_params! {
        ":source": poll.source.as_str(),
        ":state": state.as_str(),
        ":at": poll.at.timestamp(),
        ":failed": failure.is_some(),
        ":error": failure.map(|failure| &failure.problem.text),
        ":http_status": failure.and_then(|failure| failure.http_status),
        ":failures": failures,
        ":next_poll": next.due.timestamp(),
        ":interval": next.interval.as_secs(),
        ":keep_problem": keep_problem,
        ":problem_code": problem.map(|problem| &problem.code),
        ":problem_since": problem.map(|problem| since(problem, before, poll.at)),
        ":problem_text": problem.map(|problem| &problem.text),
        ":problem_action": problem.map(|problem| &problem.action),
    })?;
    Ok((state, next.due))
}

fn outcome(failure: Option<&Failure>, failures: u32, counts: Counts) -> schedule::Outcome {
    match failure {
        Some(failure) if failure.kind == FailureKind::Gone => schedule::Outcome::Gone,
        Some(failure) => schedule::Outcome::Failed {
            failures,
            retry_after: failure.retry_after,
        },
        None if counts.new + counts.updated > 0 => schedule::Outcome::News,
        None => schedule::Outcome::Nothing,
    }
}

fn state(failure: Option<&Failure>) -> State {
    match failure.map(|failure| failure.kind) {
        None => State::Ok,
        Some(FailureKind::Fetch | FailureKind::Extraction) => State::Failing,
        Some(FailureKind::Drift) => State::Drifted,
        Some(FailureKind::Gone) => State::Gone,
    }
}

/// A problem that goes on has been there since it began.
fn since(problem: &SourceProblem, before: &Before, at: Timestamp) -> i64 {
    let known = before
        .problem
        .as_ref()
        .filter(|(code, _)| *code == problem.code);
    known.map_or(at.timestamp(), |(_, since)| *since)
}
