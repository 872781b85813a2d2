//! Stories as their items make them, and the feeds that hold them.
//!
//! A story is worked out anew from its items whenever one of them came or changed: which report is shown, its date,
//! `updated`, its topics. What readers have seen decides whether `updated` moves.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, named_params, params};

use super::StoreError;
use super::rows::{self, PublishedColumns};
use crate::model::{Hash, ItemId, Published, SourceId, StoryId, Timestamp, TopicId};

/// What one commit does to stories and feeds.
pub(super) struct Stories<'a> {
    pub(super) connection: &'a Connection,
    /// The revision of this commit.
    pub(super) rev: i64,
    pub(super) at: Timestamp,
    /// Whether old stories come late rather than late to us: a first poll, a catch-up, a changed query.
    late: bool,
    /// Older ones are old.
    fresh: Duration,
}

/// What a story needs to know of one of its items.
struct Report {
    id: String,
    rank: u32,
    text_length: usize,
    content_hash: Hash,
    published: Published,
    updated: Option<Timestamp>,
    position: u32,
    topics: Vec<TopicId>,
}

/// Where a story stands in a feed.
#[derive(Clone, Copy)]
struct Place {
    published_at: Timestamp,
    updated_at: Timestamp,
    position: u32,
}

/// A story's row as it was.
struct Row {
    founder: String,
    shown_hash: Hash,
    updated: Timestamp,
    is_withdrawn: bool,
}

impl<'a> Stories<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        at: Timestamp,
        late: bool,
        fresh: Duration,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            connection,
            rev: rows::revision(connection)? + 1,
            at,
            late,
            fresh,
        })
    }

    /// Makes this commit's revision the store's.
    pub(super) fn keep_revision(&self) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO fact (name, value) VALUES ('rev', ?)";
        self.connection.execute(sql, [self.rev.to_string()])?;
        Ok(())
    }

    /// `stories` in the order in which they were founded: that of their first items, one of this commit among them.
    pub(super) fn oldest_first(&self, stories: Vec<StoryId>) -> Result<Vec<StoryId>, StoreError> {
        let mut aged = Vec::with_capacity(stories.len());
        for story in stories {
            let mut statement = self
                .connection
                .prepare_cached("SELECT min(seq) FROM item WHERE story = ?")?;
            let founded: i64 = statement.query_row([story.to_string()], |row| row.get(0))?;
            aged.push((founded, story));
        }
        aged.sort_unstable();
        Ok(aged.into_iter().map(|(_, story)| story).collect())
    }

    /// Whether a source reports the story already.
    pub(super) fn has_report_of(
        &self,
        story: StoryId,
        source: &SourceId,
    ) -> Result<bool, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM item WHERE story = ? AND source = ?")?;
        Ok(statement.exists(params![story.to_string(), source.as_str()])?)
    }

    /// Whether one source reports both.
    fn share_a_source(&self, one: StoryId, other: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM item AS a JOIN item AS b ON a.source = b.source WHERE a.story = ? AND b.story = ?";
        Ok(self
            .connection
            .prepare_cached(sql)?
            .exists([one.to_string(), other.to_string()])?)
    }

    /// Whether somebody decided that an item reports something else than a story.
    pub(super) fn is_kept_apart(&self, item: ItemId, story: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM decision JOIN item ON item.id = decision.other
                   WHERE decision.item = ? AND decision.verdict = 'apart' AND item.story = ?";
        let pair = [item.to_string(), story.to_string()];
        Ok(self.connection.prepare_cached(sql)?.exists(pair)?)
    }

    /// Whether somebody decided that an item of the one reports something else than an item of the other.
    fn are_kept_apart(&self, one: StoryId, other: StoryId) -> Result<bool, StoreError> {
        for item in self.items(one)? {
            if self.is_kept_apart(item, other)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether two stories can be one: no source reports both, and nobody decided otherwise.
    pub(super) fn may_be_one(&self, one: StoryId, other: StoryId) -> Result<bool, StoreError> {
        Ok(!self.share_a_source(one, other)? && !self.are_kept_apart(one, other)?)
    }

    /// The story's items in the order of their commits.
    pub(super) fn items(&self, story: StoryId) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT id FROM item WHERE story = ? ORDER BY seq";
        let mut statement = self.connection.prepare_cached(sql)?;
        let ids = statement.query_map([story.to_string()], |row| row.get::<_, String>(0))?;
        ids.map(|id| rows::parsed("id", &id?)).collect()
    }

    /// Makes `gone` part of `kept`; its id becomes an alias, and it leaves every feed.
    pub(super) fn merge(&self, gone: StoryId, kept: StoryId) -> Result<(), StoreError> {
        let (gone_id, kept_id) = (gone.to_string(), kept.to_string());
        let active = "SELECT feed FROM membership WHERE story = ? AND left_at IS NULL";
        for topic in self.feeds(active, gone)? {
            self.leave(&topic, gone)?;
        }
        self.connection.execute(
            "UPDATE item SET story = ? WHERE story = ?",
            [&kept_id, &gone_id],
        )?;
        self.connection.execute(
            "UPDATE alias SET story = ? WHERE story = ?",
            [&kept_id, &gone_id],
        )?;
        let sql = "INSERT INTO alias (alias, story, merged_at) VALUES (?, ?, ?)";
        self.connection
            .execute(sql, params![gone_id, kept_id, self.at.timestamp()])?;
        // What was withdrawn stays so under any id.
        let sql = "UPDATE story SET (withdrawn_at, withdrawn_reason) =
                   (SELECT withdrawn_at, withdrawn_reason FROM story WHERE id = ?2)
                   WHERE id = ?1 AND withdrawn_at IS NULL";
        self.connection.execute(sql, [&kept_id, &gone_id])?;
        self.connection
            .execute("DELETE FROM story WHERE id = ?", [&gone_id])?;
        Ok(())
    }

    /// Takes note that a report reads otherwise because we learned to read it: no reader is told of that.
    pub(super) fn reword(&self, story: StoryId, from: Hash, to: Hash) -> Result<(), StoreError> {
        let sql = "UPDATE story SET shown_hash = ? WHERE id = ? AND shown_hash = ?";
        let bound = params![to.as_bytes(), story.to_string(), from.as_bytes()];
        self.connection.prepare_cached(sql)?.execute(bound)?;
        Ok(())
    }

    /// Works the story out from its items, and brings it into the feeds where it belongs and out of the others.
    pub(super) fn refresh(&self, story: StoryId) -> Result<(), StoreError> {
        let reports = self.reports(story)?;
        let row = self.row(story)?;
        let Some(shown) = reports
            .iter()
            .min_by_key(|report| (report.rank, Reverse(report.text_length)))
        else {
            return Ok(());
        };
        let founder = row.as_ref().map_or_else(
            || reports.first().map(|first| first.id.clone()),
            |row| Some(row.founder.clone()),
        );
        let founder = founder.unwrap_or_else(|| shown.id.clone());
        let published = date(&reports, &founder);
        let updated = match &row {
            Some(row) if self.is_seen(story)? => self.moved(row, shown),
            _ => shown
                .updated
                .unwrap_or(published.at().to_utc())
                .max(published.at().to_utc()),
        };
        self.write(story, &founder, shown, &published, updated)?;
        let is_withdrawn = row.is_some_and(|row| row.is_withdrawn);
        let topics = reports.iter().filter(|_| !is_withdrawn);
        let topics: BTreeSet<&TopicId> = topics.flat_map(|report| &report.topics).collect();
        let place = Place {
            published_at: published.at().to_utc(),
            updated_at: updated,
            position: shown.position,
        };
        self.enter_and_leave(story, &topics, place)
    }

    /// The story's items in the order of their commits.
    fn reports(&self, story: StoryId) -> Result<Vec<Report>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(include_str!("sql/reports.sql"))?;
        let mut found = statement.query([story.to_string()])?;
        let mut reports = Vec::new();
        while let Some(row) = found.next()? {
            reports.push(Report {
                id: row.get("id")?,
                rank: row.get("rank")?,
                text_length: row.get("text_length")?,
                content_hash: rows::hash("content_hash", &row.get::<_, Vec<u8>>("content_hash")?)?,
                published: rows::published(row)?,
                updated: rows::maybe_instant("updated_at", row.get("updated_at")?)?,
                position: row.get("position")?,
                topics: rows::topics(&row.get::<_, String>("topics")?)?,
            });
        }
        Ok(reports)
    }

    fn row(&self, story: StoryId) -> Result<Option<Row>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT founder, shown_hash, updated_at, withdrawn_at IS NOT NULL FROM story WHERE id = ?")?;
        let mut found = statement.query([story.to_string()])?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        Ok(Some(Row {
            founder: row.get(0)?,
            shown_hash: rows::hash("shown_hash", &row.get::<_, Vec<u8>>(1)?)?,
            updated: rows::instant("updated_at", row.get(2)?)?,
            is_withdrawn: row.get(3)?,
        }))
    }

    /// Whether a reader may have seen the story: a feed was published while it was in there.
    fn is_seen(&self, story: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM membership JOIN feed ON feed.topic = membership.feed
                   WHERE membership.story = ? AND feed.published_rev >= membership.entered_rev";
        Ok(self
            .connection
            .prepare_cached(sql)?
            .exists([story.to_string()])?)
    }

    /// When what is shown has changed: the publisher's word for when, if it can be, else now.
    fn moved(&self, row: &Row, shown: &Report) -> Timestamp {
        if row.shown_hash == shown.content_hash {
            return row.updated;
        }
        shown
            .updated
            .filter(|stated| *stated > row.updated && *stated <= self.at)
            .unwrap_or(self.at.max(row.updated))
    }

    fn write(
        &self,
        story: StoryId,
        founder: &str,
        shown: &Report,
        published: &Published,
        updated: Timestamp,
    ) -> Result<(), StoreError> {
        let published = PublishedColumns::from(published);
        let mut statement = self
            .connection
            .prepare_cached(include_str!("sql/write_story.sql"))?;
        statement.execute(named_params! {
            ":id": story.to_string(),
            ":founder": founder,
            ":shown": shown.id,
            ":shown_hash": shown.content_hash.as_bytes(),
            ":published_at": published.at,
            ":published_offset": published.offset,
            ":published_precision": published.precision,
            ":published_origin": published.origin,
            ":updated_at": updated.timestamp(),
        })?;
        Ok(())
    }

    /// Brings the story into the feeds where it belongs now, and out of the others.
    fn enter_and_leave(
        &self,
        story: StoryId,
        topics: &BTreeSet<&TopicId>,
        place: Place,
    ) -> Result<(), StoreError> {
        let active = "SELECT feed FROM membership JOIN feed ON feed.topic = membership.feed AND feed.configured
                      WHERE story = ? AND left_at IS NULL";
        for topic in self.feeds(active, story)? {
            if !topics.contains(&topic) {
                self.leave(&topic, story)?;
            }
        }
        for topic in topics {
            // A topic of a source that is configured no longer may have gone with it.
            if let Some(known) = self.is_known(topic)? {
                self.enter(topic, story, place, known)?;
            }
        }
        Ok(())
    }

    fn feeds(&self, sql: &str, story: StoryId) -> Result<Vec<TopicId>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let names = statement.query_map([story.to_string()], |row| row.get::<_, String>(0))?;
        names.map(|name| rows::parsed("feed", &name?)).collect()
    }

    /// Whether readers may know the topic's feed: it was published with a story in it. `None` when no such topic is
    /// configured.
    fn is_known(&self, topic: &TopicId) -> Result<Option<bool>, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM membership WHERE feed = topic AND entered_rev <= published_rev)
                   FROM feed WHERE topic = ? AND configured";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement
            .query_row([topic.as_str()], |row| row.get(0))
            .optional()?)
    }

    /// Brings the story into a feed; of one that is in there only the order may change.
    fn enter(
        &self,
        topic: &TopicId,
        story: StoryId,
        place: Place,
        known: bool,
    ) -> Result<(), StoreError> {
        let sql = "SELECT quiet FROM membership WHERE feed = ? AND story = ? AND left_at IS NULL";
        let key = [topic.as_str(), &story.to_string()];
        let held: Option<bool> = self
            .connection
            .prepare_cached(sql)?
            .query_row(key, |row| row.get(0))
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
            None => self.enter_anew(topic, story, place, known)?,
        };
        if !quiet {
            let sql = "UPDATE feed SET latest_at = max(coalesce(latest_at, 0), ?) WHERE topic = ?";
            self.connection
                .prepare_cached(sql)?
                .execute(params![place.updated_at.timestamp(), topic.as_str()])?;
        }
        self.raise(topic)
    }

    /// Whether it entered quietly: too old to be news where readers are.
    fn enter_anew(
        &self,
        topic: &TopicId,
        story: StoryId,
        place: Place,
        known: bool,
    ) -> Result<bool, StoreError> {
        let old = self.at - place.published_at
            > TimeDelta::from_std(self.fresh).unwrap_or(TimeDelta::MAX);
        let quiet = known && self.late && old && !self.was_shown(topic, story)?;
        let rings = known && !quiet;
        let recent_at = if rings { self.at } else { place.published_at };
        let mut statement = self
            .connection
            .prepare_cached(include_str!("sql/enter_feed.sql"))?;
        statement.execute(named_params! {
            ":feed": topic.as_str(),
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
            .execute([topic.as_str()])?;
        if rings {
            self.changed(topic)?;
        }
        Ok(quiet)
    }

    /// Whether the story was in the live feed before it left.
    fn was_shown(&self, topic: &TopicId, story: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM membership WHERE feed = ? AND story = ? AND quiet = 0";
        let key = [topic.as_str(), &story.to_string()];
        Ok(self.connection.prepare_cached(sql)?.exists(key)?)
    }

    fn leave(&self, topic: &TopicId, story: StoryId) -> Result<(), StoreError> {
        let sql = "UPDATE membership SET left_at = ? WHERE feed = ? AND story = ?";
        let left = params![self.at.timestamp(), topic.as_str(), story.to_string()];
        self.connection.prepare_cached(sql)?.execute(left)?;
        let sql = "UPDATE feed SET stories = stories - 1 WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute([topic.as_str()])?;
        self.changed(topic)?;
        self.raise(topic)
    }

    /// The feed itself has changed: a story came that is older than its newest, or one left.
    fn changed(&self, topic: &TopicId) -> Result<(), StoreError> {
        let sql = "UPDATE feed SET changed_at = max(coalesce(changed_at, 0), ?) WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute(params![self.at.timestamp(), topic.as_str()])?;
        Ok(())
    }

    /// Marks a feed to be published anew.
    fn raise(&self, topic: &TopicId) -> Result<(), StoreError> {
        let sql = "UPDATE feed SET wanted_rev = ? WHERE topic = ?";
        self.connection
            .prepare_cached(sql)?
            .execute(params![self.rev, topic.as_str()])?;
        Ok(())
    }
}

/// A story's date: its founder's where that was stated, else the first that another report states.
fn date(reports: &[Report], founder: &str) -> Published {
    let own = reports
        .iter()
        .find(|report| report.id == founder)
        .or(reports.first());
    let stated = |report: &&Report| matches!(report.published, Published::Stated(_));
    let found = own
        .filter(stated)
        .or_else(|| reports.iter().find(stated))
        .or(own);
    found
        .expect("a story that is refreshed has a report")
        .published
}
