//! Stories in feeds: which enters which, whether quietly, and which leaves.
//!
//! In: a story and the feeds where it is wanted. Out: rows of `membership`, and feeds marked to be published anew.
//!
//! A feed's first publication takes whatever there is, and so does its first round: the first good poll of every source
//! that was there when the feed came, whichever publisher answers first. After that, an old story that comes late enters
//! quietly: readers are not notified. A branch of a topic becomes a feed with the first story that belongs there, and
//! stays one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use rusqlite::{OptionalExtension as _, named_params, params};

use super::StoreError;
use super::rows;
use super::story::Stories;
use crate::model::{FeedId, StoryId, Timestamp, TopicId};

/// Branches of one topic, at most: each is four files, and what items say of their language is theirs to invent.
const MAX_BRANCHES: usize = 2_000;

/// How long the first round of a feed lasts at most: a source that answers later comes late.
const FIRST_ROUND: TimeDelta = TimeDelta::hours(24);

/// The branches of a topic: what follows a stroke in ASCII is a nought.
const OF_TOPIC: &str = "FROM feed WHERE topic > ?1 || '/' AND topic < ?1 || '0'";

/// Where a story stands in a feed.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) published_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) position: u32,
}

/// How a story enters a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// With the feed's first publication or in its first round: it is no news.
    First,
    /// As news to its readers.
    Live,
    /// It was there before: readers have seen it.
    Again,
    /// Too old to be news where readers are.
    Quiet,
}

/// A feed's first round.
#[derive(Clone, Copy, Default)]
pub(super) struct Round {
    /// Readers may know the feed: it was published with a story in it.
    is_known: bool,
    /// The number of the definition that brought the feed.
    defined_by: i64,
    until: i64,
}

impl Round {
    /// Returns true if the first good poll at `at` of a source that `source_by` brought belongs to it.
    fn takes(self, source_by: i64, at: Timestamp) -> bool {
        source_by <= self.defined_by && at.timestamp() < self.until
    }
}

/// When the first round of a feed ends that comes at `at`.
pub(super) fn first_round_until(at: Timestamp) -> i64 {
    (at + FIRST_ROUND).timestamp()
}

/// When a feed was defined whose first round lasts until then; `None` where an older version defined it.
pub(super) fn defined_at(first_round_until: Timestamp) -> Option<Timestamp> {
    let is_known = first_round_until > Timestamp::UNIX_EPOCH;
    is_known.then(|| first_round_until - FIRST_ROUND)
}

impl Stories<'_> {
    /// Brings the story into the feeds where it is wanted now, and out of the others.
    pub(super) fn enter_and_leave(
        &self,
        story: StoryId,
        wanted: &BTreeSet<FeedId>,
        place: Place,
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

    /// The feeds that hold the story, and whether quietly; also those that are configured no longer.
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

    /// How a story that is not in a feed would enter it.
    pub(super) fn entry(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: Place,
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

    /// Brings the story into a feed; of one that is in there only the order may change.
    pub(super) fn enter(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: Place,
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

    /// Sees to it that there is such a feed: a branch comes with its first story, as long as there is room for one.
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

    /// The branches of a topic that were ever published.
    pub(super) fn branches(&self, topic: &TopicId) -> Result<Vec<FeedId>, StoreError> {
        let sql = format!("SELECT topic {OF_TOPIC}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let names = statement.query_map([topic.as_str()], |row| row.get::<_, String>(0))?;
        names.map(|name| rows::parsed("topic", &name?)).collect()
    }

    /// Whether it entered quietly.
    fn enter_anew(&self, feed: &FeedId, story: StoryId, place: Place) -> Result<bool, StoreError> {
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

    /// Whether the story was in the live feed before it left.
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

    /// The feed itself has changed: a story came that is older than its newest, or one left.
    fn changed(&self, feed: &FeedId) -> Result<(), StoreError> {
        let sql = "UPDATE feed SET changed_at = max(coalesce(changed_at, 0), ?) WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute(params![self.at.timestamp(), feed.to_string()])?;
        Ok(())
    }

    /// Marks a feed to be published anew.
    fn raise(&self, feed: &FeedId) -> Result<(), StoreError> {
        let sql = "UPDATE feed SET wanted_rev = ? WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute(params![self.rev, feed.to_string()])?;
        Ok(())
    }
}
