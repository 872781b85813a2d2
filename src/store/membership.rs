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
use rusqlite::{OptionalExtension as _, params};

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
pub(super) enum EntryMode {
    /// With the feed's first publication or in its first round: not news.
    First,
    /// As news to its readers.
    Live,
    /// Returning to the feed: readers have seen it.
    Again,
    /// Too old to be news to readers.
    Quiet,
}

/// The changes that one commit makes to a feed.
#[derive(Default)]
pub(super) struct PendingFeedChange {
    /// Number of stories that entered, less those that left.
    stories: i64,
    /// The newest `updated` of the stories that entered or changed, quiet ones apart.
    latest_at: Option<Timestamp>,
    /// True if the feed itself changed: a story older than its newest arrived, or a story left.
    is_rearranged: bool,
}

/// A feed's first round.
#[derive(Clone, Copy, Default)]
pub(super) struct FirstRound {
    /// True if readers may know the feed: it was published with a story in it.
    is_known: bool,
    /// The number of the definition that added the feed.
    defined_by: i64,
    until: i64,
}

impl FirstRound {
    /// Returns true if the round includes the first good poll at `at` of a source that definition `source_by` added.
    fn includes_poll(self, source_by: i64, at: Timestamp) -> bool {
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
        let feeds = self.feeds_of(story)?;
        for feed in feeds.keys() {
            if self.policy.allows_feed(feed) && !wanted.contains(feed) {
                self.leave_feed(feed, story)?;
            }
        }
        for feed in wanted {
            match feeds.get(feed) {
                Some(is_quiet) => self.update_position(feed, story, place, *is_quiet)?,
                None => self.enter_feed(feed, story, place)?,
            }
        }
        Ok(())
    }

    /// Brings a story that this commit founds into the feeds that it belongs to.
    pub(super) fn enter_first(
        &self,
        story: StoryId,
        wanted: &BTreeSet<FeedId>,
        place: StoryPosition,
    ) -> Result<(), StoreError> {
        for feed in wanted {
            if self.ensure_feed(feed)? {
                let entry = self.entry_mode_of_new(feed, place)?;
                self.enter_as(feed, story, place, entry)?;
            }
        }
        Ok(())
    }

    /// Returns the feeds that contain the story, with true if quietly; includes feeds that are no longer configured.
    pub(super) fn feeds_of(&self, story: StoryId) -> Result<BTreeMap<FeedId, bool>, StoreError> {
        let sql = "SELECT feed, quiet FROM membership WHERE story = ? AND left_at IS NULL";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([story.to_string()])?;
        let mut feeds = BTreeMap::new();
        while let Some(row) = found.next()? {
            let feed = rows::parse_column("feed", &row.get::<_, String>(0)?)?;
            feeds.insert(feed, row.get(1)?);
        }
        Ok(feeds)
    }

    fn first_round(&self, feed: &FeedId) -> Result<FirstRound, StoreError> {
        if let Some(round) = self.rounds.borrow().get(feed) {
            return Ok(*round);
        }
        let sql = "SELECT EXISTS (SELECT 1 FROM membership WHERE feed = topic AND entered_rev <= published_rev),
                   defined_by, first_round_until
                   FROM feed WHERE topic = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let round = statement.query_row([feed.to_string()], |row| {
            Ok(FirstRound {
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
    pub(super) fn entry_mode(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: StoryPosition,
    ) -> Result<EntryMode, StoreError> {
        if self.first_round(feed)?.is_known && self.was_shown(feed, story)? {
            return Ok(EntryMode::Again);
        }
        self.entry_mode_of_new(feed, place)
    }

    /// Returns how a story that was never in a feed would enter it.
    fn entry_mode_of_new(
        &self,
        feed: &FeedId,
        place: StoryPosition,
    ) -> Result<EntryMode, StoreError> {
        let round = self.first_round(feed)?;
        if !round.is_known {
            return Ok(EntryMode::First);
        }
        if self
            .first_of
            .is_some_and(|source| round.includes_poll(source, self.at))
        {
            return Ok(EntryMode::First);
        }
        let fresh = TimeDelta::from_std(self.policy.fresh).unwrap_or(TimeDelta::MAX);
        let is_old = self.at - place.published_at > fresh;
        Ok(if self.late && is_old {
            EntryMode::Quiet
        } else {
            EntryMode::Live
        })
    }

    /// Brings the story into a feed that does not contain it.
    pub(super) fn enter_feed(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: StoryPosition,
    ) -> Result<(), StoreError> {
        if !self.ensure_feed(feed)? {
            return Ok(());
        }
        let entry = self.entry_mode(feed, story, place)?;
        self.enter_as(feed, story, place, entry)
    }

    /// Updates the position of a story that is in a feed.
    fn update_position(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: StoryPosition,
        is_quiet: bool,
    ) -> Result<(), StoreError> {
        let sql =
            "UPDATE membership SET published_at = ?, position = ? WHERE feed = ? AND story = ?";
        let order = params![
            place.published_at.timestamp(),
            place.position,
            feed.to_string(),
            story.to_string()
        ];
        self.connection.prepare_cached(sql)?.execute(order)?;
        self.note_change(feed, |change| {
            if !is_quiet {
                change.latest_at = change.latest_at.max(Some(place.updated_at));
            }
        });
        Ok(())
    }

    /// Ensures that the feed exists: a branch is created with its first story unless the topic has too many. Returns
    /// false then.
    fn ensure_feed(&self, feed: &FeedId) -> Result<bool, StoreError> {
        if self.open.borrow().contains(feed) {
            return Ok(true);
        }
        let name = feed.to_string();
        let sql = "SELECT 1 FROM feed WHERE topic = ?";
        if self.connection.prepare_cached(sql)?.exists([&name])? {
            self.open.borrow_mut().insert(feed.clone());
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
            rows::count_definitions(self.connection)?,
            first_round_until(self.at),
        ])?;
        Ok(true)
    }

    /// Returns the branches of a topic that were ever published.
    pub(super) fn topic_branches(&self, topic: &TopicId) -> Result<Vec<FeedId>, StoreError> {
        let sql = format!("SELECT topic {OF_TOPIC}");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let names = statement.query_map([topic.as_str()], |row| row.get::<_, String>(0))?;
        names
            .map(|name| rows::parse_column("topic", &name?))
            .collect()
    }

    fn enter_as(
        &self,
        feed: &FeedId,
        story: StoryId,
        place: StoryPosition,
        entry: EntryMode,
    ) -> Result<(), StoreError> {
        let quiet = entry == EntryMode::Quiet;
        let rings = matches!(entry, EntryMode::Live | EntryMode::Again);
        let recent_at = if rings { self.at } else { place.published_at };
        let mut statement = self
            .connection
            .prepare_cached(include_str!("sql/enter_feed.sql"))?;
        statement.execute(params![
            feed.to_string(),
            story.to_string(),
            self.at.timestamp(),
            self.rev,
            quiet,
            recent_at.timestamp(),
            place.published_at.timestamp(),
            place.position,
        ])?;
        self.note_change(feed, |change| {
            change.stories += 1;
            change.is_rearranged |= rings;
            if !quiet {
                change.latest_at = change.latest_at.max(Some(place.updated_at));
            }
        });
        Ok(())
    }

    /// Returns true if the story was in the live feed before it left.
    fn was_shown(&self, feed: &FeedId, story: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM membership WHERE feed = ? AND story = ? AND quiet = 0";
        let key = [feed.to_string(), story.to_string()];
        Ok(self.connection.prepare_cached(sql)?.exists(key)?)
    }

    /// Takes the story out of a feed.
    pub(super) fn leave_feed(&self, feed: &FeedId, story: StoryId) -> Result<(), StoreError> {
        let sql = "UPDATE membership SET left_at = ? WHERE feed = ? AND story = ?";
        let left = params![self.at.timestamp(), feed.to_string(), story.to_string()];
        self.connection.prepare_cached(sql)?.execute(left)?;
        self.note_change(feed, |change| {
            change.stories -= 1;
            change.is_rearranged = true;
        });
        Ok(())
    }

    /// Notes a change of a feed, for [`Stories::write_feeds`].
    fn note_change(&self, feed: &FeedId, change: impl FnOnce(&mut PendingFeedChange)) {
        let mut changes = self.changes.borrow_mut();
        if let Some(known) = changes.get_mut(feed) {
            change(known);
        } else {
            change(changes.entry(feed.clone()).or_default());
        }
    }

    /// Writes the changes of all feeds, and marks them for publication. Call it once, after the last change.
    pub(super) fn write_feeds(&self) -> Result<(), StoreError> {
        let sql = "UPDATE feed SET stories = stories + ?1, wanted_rev = ?4,
                   latest_at = iif(?2 IS NULL, latest_at, max(coalesce(latest_at, 0), ?2)),
                   changed_at = iif(?3 IS NULL, changed_at, max(coalesce(changed_at, 0), ?3))
                   WHERE topic = ?5";
        let mut statement = self.connection.prepare_cached(sql)?;
        for (feed, change) in self.changes.take() {
            let latest_at = change.latest_at.map(|at| at.timestamp());
            let changed_at = change.is_rearranged.then(|| self.at.timestamp());
            let feed = feed.to_string();
            statement.execute(params![
                change.stories,
                latest_at,
                changed_at,
                self.rev,
                feed
            ])?;
        }
        Ok(())
    }
}
