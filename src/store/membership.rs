//! Decides which stories enter or leave which feeds, and which enter quietly.
//!
//! In: a story and the feeds that it belongs to. Out: rows of `membership`, and feeds marked for publication.
//!
//! A feed's first publication includes every story, and so does its first round: the first good poll of every source
//! that existed when the feed was added, in whatever order they answer. After that, an old story that arrives late
//! enters quietly: readers are not notified. A branch of a topic becomes a feed with the first story that belongs to
//! it, and remains one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use rusqlite::{OptionalExtension as _, named_params, params};

use super::StoreError;
use super::rows;
use super::story::Stories;
use crate::model::{FeedId, StoryId, Timestamp, TopicId};

/// Maximum number of branches of one topic. Each has four files, and publishers can invent any number of languages.
const MAX_BRANCHES: usize = 2_000;

/// Maximum duration of a feed's first round: a source that answers later is late.
const FIRST_ROUND: TimeDelta = TimeDelta::hours(24);

/// Selects the branches of a topic: in ASCII, `0` follows `/`.
const OF_TOPIC: &str = "FROM feed WHERE topic > ?1 || '/' AND topic < ?1 || '0'";

/// The position of a story in a feed.
#[derive(Clone, Copy)]
pub(super) struct StoryPosition {
    pub(super) published_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) position: u32,
}

/// The way in which a story enters a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// With the feed's first publication or in its first round: not news.
    First,
    /// As news to its readers.
    Live,
    /// Returning to the feed: readers have seen it.
    Again,
    /// Too old to be news to readers.
    Quiet,
}

/// A feed's first round.
#[derive(Clone, Copy, Default)]
pub(super) struct Round {
    /// True if readers may know the feed: it was published with a story in it.
    is_known: bool,
    /// The number of the definition that added the feed.
    defined_by: i64,
    until: i64,
}

impl Round {
    /// Returns true if the round includes the first good poll at `at` of a source that definition `source_by` added.
    fn takes(self, source_by: i64, at: Timestamp) -> bool {
        source_by <= self.defined_by && at.timestamp() < self.until
    }
}

/// Returns when the first round ends of a feed that is added at `at`.
pub(super) fn first_round_until(at: Timestamp) -> i64 {
    (at + FIRST_ROUND).timestamp()
}

/// Returns when a feed was defined, from the end of its first round; `None` if an older version defined it.
pub(super) fn defined_at(first_round_until: Timestamp) -> Option<Timestamp> {
    let is_known = first_round_until > Timestamp::UNIX_EPOCH;
    is_known.then(|| first_round_until - FIRST_ROUND)
}

impl Stories<'_> {
    /// Brings the story into the feeds that it now belongs to, and out of the others.
    pub(super) fn enter_and_leave(
        &self,
        story: StoryId,
        wanted: &BTreeSet<FeedId>,
        place: StoryPosition,
    ) -> Result<(), StoreError> {
        for feed in self.feeds_of(story)?.keys() {
            if self.policy.have(feed) && !wanted.contains(feed) {
                self.leave(feed, story)?;
            }
        }
        wanted
            .iter()
            .try_for_each(|feed| self.enter(feed, story, place))
    }

    /// Returns the feeds that contain the story, with true if quietly; includes feeds that are no longer configured.
    pub(super) fn feeds_of(&self, story: StoryId) -> Result<BTreeMap<FeedId, bool>, StoreError> {
        let sql = "SELECT feed, quiet FROM membership WHERE story = ? AND left_at IS NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([story.to_string()])?;
        let mut feeds = BTreeMap::new();
        while let Some(row) = found.next()? {
            let feed = rows::parsed("feed", &row.get::<_, String>(0)?)?;
            feeds.insert(feed, row.get(1)?);
        }
        Ok(feeds)
    }

    fn round(&self, feed: &FeedId) -> Result<Round, StoreError> {
        if let Some(round) = self.rounds.borrow().get(feed) {
            return Ok(*round);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM membership WHERE feed = topic AND entered_rev <= published_rev),
                   defined_by, first_round_until
                   FROM feed WHERE topic = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let round = statement.query_row([feed.to_string()], |row| {
            Ok(Round {
                is_known: row.get(0)?,
                defined_by: row.get(1)?,
                until: row.get(2)?,
            })
        });
        let round = round.optional()?.unwrap_or_default();
        self.rounds.borrow_mut().insert(feed.clone(), round);
        Ok(round)
    }

    /// Returns how a story that is not in a feed would enter it.
    pub(super) fn entry(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: StoryPosition,
    ) -> Result<Entry, StoreError> {
        let round = self.round(feed)?;
        if !round.is_known {
            return Ok(Entry::First);
        }
        if self.was_shown(feed, story)? {
            return Ok(Entry::Again);
        }
        if self
            .first_of
            .is_some_and(|source| round.takes(source, self.at))
        {
            return Ok(Entry::First);
        }
        let fresh = TimeDelta::from_std(self.policy.fresh).unwrap_or(TimeDelta::MAX);
        let is_old = self.at - place.published_at > fresh;
        Ok(if self.late && is_old {
            Entry::Quiet
        } else {
            Entry::Live
        })
    }

    /// Brings the story into a feed. If it is already there, only its position may change.
    pub(super) fn enter(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: StoryPosition,
    ) -> Result<(), StoreError> {
        let sql = "SELECT quiet FROM membership WHERE feed = ? AND story = ? AND left_at IS NULL";
        let key = [feed.to_string(), story.to_string()];
        let held: Option<bool> = self
            .connection
            .prepare_cached(sql)?
            .query_row([&key[0], &key[1]], |row| row.get(0))
            .optional()?;
        let quiet = match held {
            Some(quiet) => {
                let sql = "UPDATE membership SET published_at = ?, position = ? WHERE feed = ? AND story = ?";
                let order = params![
                    place.published_at.timestamp(),
                    place.position,
                    key[0],
                    key[1]
                ];
                self.connection.prepare_cached(sql)?.execute(order)?;
                quiet
            }
            None if !self.is_open(feed)? => return Ok(()),
            None => self.enter_anew(feed, story, place)?,
        };
        if !quiet {
            let sql = "UPDATE feed SET latest_at = max(coalesce(latest_at, 0), ?) WHERE topic = ?";
            self.connection
                .prepare_cached(sql)?
                .execute(params![place.updated_at.timestamp(), key[0]])?;
        }
        self.raise(feed)
    }

    /// Ensures that the feed exists: a branch is created with its first story unless the topic has too many. Returns
    /// false then.
    fn is_open(&self, feed: &FeedId) -> Result<bool, StoreError> {
        let name = feed.to_string();
        let sql = "SELECT 1 FROM feed WHERE topic = ?";
        if self.connection.prepare_cached(sql)?.exists([&name])? {
            return Ok(true);
        }
        let sql = format!("SELECT count(*) {OF_TOPIC}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let branches: usize = statement.query_row([feed.topic().as_str()], |row| row.get(0))?;
        if branches >= MAX_BRANCHES {
            return Ok(false);
        }
        let sql = "INSERT INTO feed (topic, definition, title, configured, wanted_rev, defined_by, first_round_until)
                   SELECT ?1, definition, title, 1, ?3, ?4, ?5 FROM feed WHERE topic = ?2";
        self.connection.prepare_cached(sql)?.execute(params![
            name,
            feed.topic().as_str(),
            self.rev,
            rows::definitions(self.connection)?,
            first_round_until(self.at),
        ])?;
        Ok(true)
    }

    /// Returns the branches of a topic that were ever published.
    pub(super) fn branches(&self, topic: &TopicId) -> Result<Vec<FeedId>, StoreError> {
        let sql = format!("SELECT topic {OF_TOPIC}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let names = statement.query_map([topic.as_str()], |row| row.get::<_, String>(0))?;
        names.map(|name| rows::parsed("topic", &name?)).collect()
    }

    /// Enters the story. Returns true if it entered quietly.
    fn enter_anew(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: StoryPosition,
    ) -> Result<bool, StoreError> {
        let entry = self.entry(feed, story, place)?;
        let quiet = entry == Entry::Quiet;
        let rings = matches!(entry, Entry::Live | Entry::Again);
        let recent_at = if rings { self.at } else { place.published_at };
        let mut statement = self
            .connection
            .prepare_cached(include_str!("sql/enter_feed.sql"))?;
        statement.execute(named_params! {
            ":feed": feed.to_string(),
            ":story": story.to_string(),
            ":at": self.at.timestamp(),
            ":rev": self.rev,
            ":quiet": quiet,
            ":recent_at": recent_at.timestamp(),
            ":published_at": place.published_at.timestamp(),
            ":position": place.position,
        })?;
        let sql = "UPDATE feed SET stories = stories + 1 WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute([feed.to_string()])?;
        if rings {
            self.changed(feed)?;
        }
        Ok(quiet)
    }

    /// Returns true if the story was in the live feed before it left.
    fn was_shown(&self, feed: &FeedId, story: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM membership WHERE feed = ? AND story = ? AND quiet = 0";
        let key = [feed.to_string(), story.to_string()];
        Ok(self.connection.prepare_cached(sql)?.exists(key)?)
    }

    /// Takes the story out of a feed.
    pub(super) fn leave(&self, feed: &FeedId, story: StoryId) -> Result<(), StoreError> {
        let sql = "UPDATE membership SET left_at = ? WHERE feed = ? AND story = ?";
        let left = params![self.at.timestamp(), feed.to_string(), story.to_string()];
        self.connection.prepare_cached(sql)?.execute(left)?;
        let sql = "UPDATE feed SET stories = stories - 1 WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute([feed.to_string()])?;
        self.changed(feed)?;
        self.raise(feed)
    }

    /// Marks the feed itself as changed: a story older than its newest arrived, or a story left.
    fn changed(&self, feed: &FeedId) -> Result<(), StoreError> {
        let sql = "UPDATE feed SET changed_at = max(coalesce(changed_at, 0), ?) WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute(params![self.at.timestamp(), feed.to_string()])?;
        Ok(())
    }

    /// Marks a feed for publication.
    fn raise(&self, feed: &FeedId) -> Result<(), StoreError> {
        let sql = "UPDATE feed SET wanted_rev = ? WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute(params![self.rev, feed.to_string()])?;
        Ok(())
    }
}
