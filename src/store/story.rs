//! Derives stories from their items.
//!
//! A story is recomputed from its items whenever one of them arrives or changes: which report is shown, its date,
//! `updated`, the feeds that it belongs to. The version that readers have seen decides whether `updated` moves.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rusqlite::{Connection, params};

use super::fault::skip_unreadable;
use super::membership::{FirstRound, PendingFeedChange, StoryPosition};
use super::policy::StoryPolicy;
use super::rows::{self, PublishedColumns};
use super::{NewItem, StoreError};
use crate::model::{
    FeedId, Hash, ItemId, Published, SourceId, StoryFacets, StoryId, Timestamp, TopicId,
};

/// The changes that one commit makes to stories and feeds.
pub(super) struct Stories<'a> {
    pub(super) connection: &'a Connection,
    /// The revision of this commit.
    pub(super) rev: i64,
    pub(super) at: Timestamp,
    /// True if old stories are old news in their feeds: on a first poll, a catch-up or a changed query.
    pub(super) late: bool,
    /// If this is a source's first good poll, the number of the definition that added the source.
    pub(super) first_of: Option<i64>,
    pub(super) policy: &'a StoryPolicy,
    /// Cached first rounds of feeds.
    pub(super) rounds: RefCell<HashMap<FeedId, FirstRound>>,
    /// Feeds that are known to exist.
    pub(super) open: RefCell<HashSet<FeedId>>,
    /// Changes of feeds that are not yet written.
    pub(super) changes: RefCell<BTreeMap<FeedId, PendingFeedChange>>,
}

/// The columns of an item that its story depends on.
pub(super) struct ReportColumns {
    id: String,
    rank: u32,
    text_length: usize,
    content_hash: Hash,
    published: Published,
    updated: Option<Timestamp>,
    position: u32,
    belongs: FeedCriteria,
}

/// The properties of a report that decide its story's feeds.
pub(super) struct FeedCriteria {
    pub(super) topics: Vec<TopicId>,
    pub(super) facets: StoryFacets,
}

/// A story's row before the commit.
struct StoryRow {
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
        policy: &'a StoryPolicy,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            connection,
            rev: rows::current_revision(connection)? + 1,
            at,
            late,
            first_of: None,
            policy,
            rounds: RefCell::default(),
            open: RefCell::default(),
            changes: RefCell::default(),
        })
    }

    /// Writes the changes of feeds, and makes this commit's revision the store's.
    pub(super) fn finish(&self) -> Result<(), StoreError> {
        self.write_feeds()?;
        rows::set_fact(self.connection, "rev", &self.rev.to_string())
    }

    /// Sorts `stories` by the commit order of their first items, which may be part of this commit.
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

    /// Returns true if a source already reports the story.
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

    /// Returns true if one source reports both stories.
    fn share_a_source(&self, one: StoryId, other: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM item AS a JOIN item AS b ON a.source = b.source WHERE a.story = ? AND b.story = ?";
        Ok(self
            .connection
            .prepare_cached(sql)?
            .exists([one.to_string(), other.to_string()])?)
    }

    /// Returns true if an operator decided that an item does not report a story.
    pub(super) fn is_kept_apart(&self, item: ItemId, story: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM decision JOIN item ON item.id = decision.other
                   WHERE decision.item = ? AND decision.verdict = 'apart' AND item.story = ?";
        let pair = [item.to_string(), story.to_string()];
        Ok(self.connection.prepare_cached(sql)?.exists(pair)?)
    }

    /// Returns true if an operator decided that an item of one story and an item of the other report different
    /// things.
    fn are_kept_apart(&self, one: StoryId, other: StoryId) -> Result<bool, StoreError> {
        for item in self.story_items(one)? {
            if self.is_kept_apart(item, other)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns true if two stories can be merged: no source reports both, and no operator decided against it.
    pub(super) fn may_be_one(&self, one: StoryId, other: StoryId) -> Result<bool, StoreError> {
        Ok(!self.share_a_source(one, other)? && !self.are_kept_apart(one, other)?)
    }

    /// Returns the story's items in the order of their commits.
    pub(super) fn story_items(&self, story: StoryId) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT id FROM item WHERE story = ? ORDER BY seq";
        let mut statement = self.connection.prepare_cached(sql)?;
        let ids = statement.query_map([story.to_string()], |row| row.get::<_, String>(0))?;
        ids.map(|id| rows::parse_column("id", &id?)).collect()
    }

    /// Makes `gone` part of `kept`. The id of `gone` becomes an alias, and `gone` leaves every feed.
    pub(super) fn merge_into(&self, gone: StoryId, kept: StoryId) -> Result<(), StoreError> {
        let (gone_id, kept_id) = (gone.to_string(), kept.to_string());
        for feed in self.feeds_of(gone)?.keys() {
            self.leave_feed(feed, gone)?;
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
        // A withdrawn story stays withdrawn under any id.
        let sql = "UPDATE story SET (withdrawn_at, withdrawn_reason) =
                   (SELECT withdrawn_at, withdrawn_reason FROM story WHERE id = ?2)
                   WHERE id = ?1 AND withdrawn_at IS NULL";
        self.connection.execute(sql, [&kept_id, &gone_id])?;
        self.connection
            .execute("DELETE FROM story WHERE id = ?", [&gone_id])?;
        Ok(())
    }

    /// Records that a report differs only because a new version reads it differently; readers see no update.
    pub(super) fn reword(&self, story: StoryId, from: Hash, to: Hash) -> Result<(), StoreError> {
        let sql = "UPDATE story SET shown_hash = ? WHERE id = ? AND shown_hash = ?";
        let bound = params![to.as_bytes(), story.to_string(), from.as_bytes()];
        self.connection.prepare_cached(sql)?.execute(bound)?;
        Ok(())
    }

    /// Recomputes the story from its items, and updates the feeds that it belongs to.
    pub(super) fn refresh_story(&self, story: StoryId) -> Result<(), StoreError> {
        let reports = self.story_reports(story)?;
        let row = self.story_row(story)?;
        let Some(shown) = reports
            .iter()
            .min_by_key(|report| (report.rank, Reverse(report.text_length)))
        else {
            return self.leave_all_feeds(story);
        };
        let founder = row.as_ref().map_or_else(
            || reports.first().map(|first| first.id.clone()),
            |row| Some(row.founder.clone()),
        );
        let founder = founder.unwrap_or_else(|| shown.id.clone());
        let published = story_date(&reports, &founder);
        let updated = match &row {
            Some(row) if self.is_seen(story)? => self.shown_changed_at(row, shown),
            _ => shown
                .updated
                .unwrap_or(published.instant().to_utc())
                .max(published.instant().to_utc()),
        };
        self.write_story(story, &founder, shown, &published, updated)?;
        let is_withdrawn = row.is_some_and(|row| row.is_withdrawn);
        let belongs = reports.iter().map(|report| &report.belongs);
        let wanted = self.wanted_feeds(belongs.filter(|_| !is_withdrawn));
        let place = StoryPosition {
            published_at: published.instant().to_utc(),
            updated_at: updated,
            position: shown.position,
        };
        self.enter_and_leave(story, &wanted, place)
    }

    /// Writes a story that this commit founds, with its only report, and brings it into its feeds.
    pub(super) fn found_story(
        &self,
        story: StoryId,
        report: &ReportColumns,
    ) -> Result<(), StoreError> {
        let published_at = report.published.instant().to_utc();
        let updated = report.updated.unwrap_or(published_at).max(published_at);
        self.write_story(story, &report.id, report, &report.published, updated)?;
        let wanted = self.wanted_feeds([&report.belongs].into_iter());
        let place = StoryPosition {
            published_at,
            updated_at: updated,
            position: report.position,
        };
        self.enter_first(story, &wanted, place)
    }

    /// Takes a story without reports, whose source was forgotten, out of every feed.
    fn leave_all_feeds(&self, story: StoryId) -> Result<(), StoreError> {
        let feeds = self.feeds_of(story)?;
        feeds
            .keys()
            .try_for_each(|feed| self.leave_feed(feed, story))
    }

    /// Returns the feeds to which a story with such reports belongs.
    pub(super) fn wanted_feeds<'b>(
        &self,
        reports: impl Iterator<Item = &'b FeedCriteria>,
    ) -> BTreeSet<FeedId> {
        let (mut topics, mut facets) = (BTreeSet::new(), StoryFacets::default());
        for report in reports {
            topics.extend(report.topics.iter().cloned());
            facets.extend(&report.facets);
        }
        self.policy.feeds_for(&topics, &facets)
    }

    /// Returns the story's reports in the order of their commits.
    fn story_reports(&self, story: StoryId) -> Result<Vec<ReportColumns>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(include_str!("sql/reports.sql"))?;
        let mut found = statement.query([story.to_string()])?;
        let mut reports = Vec::new();
        while let Some(row) = found.next()? {
            // An unreadable report is not shown; the story consists of its other reports.
            reports.extend(skip_unreadable(read_report(row))?);
        }
        Ok(reports)
    }

    fn story_row(&self, story: StoryId) -> Result<Option<StoryRow>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT founder, shown_hash, updated_at, withdrawn_at IS NOT NULL FROM story WHERE id = ?")?;
        let mut found = statement.query([story.to_string()])?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        Ok(Some(StoryRow {
            founder: row.get(0)?,
            shown_hash: rows::parse_hash("shown_hash", &row.get::<_, Vec<u8>>(1)?)?,
            updated: rows::parse_instant("updated_at", row.get(2)?)?,
            is_withdrawn: row.get(3)?,
        }))
    }

    /// Returns true if readers may have seen the story: a feed was published while it contained the story.
    fn is_seen(&self, story: StoryId) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM membership JOIN feed ON feed.topic = membership.feed
                   WHERE membership.story = ? AND feed.published_rev >= membership.entered_rev";
        Ok(self
            .connection
            .prepare_cached(sql)?
            .exists([story.to_string()])?)
    }

    /// Returns when the shown report changed: the publisher's stated time if plausible, otherwise the time of this
    /// commit.
    fn shown_changed_at(&self, row: &StoryRow, shown: &ReportColumns) -> Timestamp {
        if row.shown_hash == shown.content_hash {
            return row.updated;
        }
        shown
            .updated
            .filter(|stated| *stated > row.updated && *stated <= self.at)
            .unwrap_or(self.at.max(row.updated))
    }

    fn write_story(
        &self,
        story: StoryId,
        founder: &str,
        shown: &ReportColumns,
        published: &Published,
        updated: Timestamp,
    ) -> Result<(), StoreError> {
        let published = PublishedColumns::from(published);
        let mut statement = self
            .connection
            .prepare_cached(include_str!("sql/write_story.sql"))?;
        statement.execute(params![
            story.to_string(),
            founder,
            shown.id,
            shown.content_hash.as_bytes(),
            published.at,
            published.offset,
            published.precision,
            published.origin,
            updated.timestamp(),
        ])?;
        Ok(())
    }
}

impl ReportColumns {
    /// Returns the columns of an item that is being written; `rank` is that of its source.
    pub(super) fn from_item(new: &NewItem, rank: u32, content_hash: Hash) -> Self {
        let item = &new.item;
        let (source, language) = (item.source.clone(), item.language.as_ref());
        Self {
            id: item.id.to_string(),
            rank,
            text_length: item.text.chars().count(),
            content_hash,
            published: item.published,
            updated: item.updated,
            position: item.position,
            belongs: FeedCriteria {
                topics: new.topics.clone(),
                facets: StoryFacets::from_report(source, language, &item.regions),
            },
        }
    }
}

fn read_report(row: &rusqlite::Row<'_>) -> Result<ReportColumns, StoreError> {
    Ok(ReportColumns {
        id: row.get("id")?,
        rank: row.get("rank")?,
        text_length: row.get("text_length")?,
        content_hash: rows::parse_hash("content_hash", &row.get::<_, Vec<u8>>("content_hash")?)?,
        published: rows::read_published(row)?,
        updated: rows::parse_optional_instant("updated_at", row.get("updated_at")?)?,
        position: row.get("position")?,
        belongs: rows::read_belonging(row)?,
    })
}

/// Returns a story's date: its founder's if stated, otherwise the first stated by another report.
fn story_date(reports: &[ReportColumns], founder: &str) -> Published {
    let own = reports
        .iter()
        .find(|report| report.id == founder)
        .or(reports.first());
    let stated = |report: &&ReportColumns| matches!(report.published, Published::Stated(_));
    let found = own
        .filter(stated)
        .or_else(|| reports.iter().find(stated))
        .or(own);
    found
        .expect("a story that is refreshed has a report")
        .published
}
