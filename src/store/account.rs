//! Reports everything known about an item and its story, for people who ask why.

use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use super::memory::{EvidenceItem, StoryEvidence};
use super::read::StoreReader;
use super::{StoreError, rows};
use crate::dedupe::{self, Fingerprint};
use crate::model::{Item, ItemId, Story, StoryId, Timestamp, TopicId};

/// An item, its story, and the reasons for both.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemAccount {
    /// The item as stored.
    pub item: Item,
    /// When the item was first found; unknown for items older than that column.
    pub found_at: Option<Timestamp>,
    /// The topics that the item itself belongs to.
    pub topics: Vec<TopicId>,
    /// True if the item is held back until its source is released.
    pub held: bool,
    /// When an operator discarded the item.
    pub discarded_at: Option<Timestamp>,
    /// When an operator took out the stories of its removed source.
    pub forgotten_at: Option<Timestamp>,
    /// The id of the story that the item reports.
    pub story_id: StoryId,
    /// The story with every report; `None` while all of them are held back.
    pub story: Option<Story>,
    /// The item that founded the story.
    pub founder: Option<ItemId>,
    /// When and why the story was withdrawn.
    pub withdrawn: Option<(Timestamp, String)>,
    /// Ids under which the story was published before it was merged.
    pub aliases: Vec<StoryId>,
    /// The story's current and former places in feeds.
    pub places: Vec<FeedPosition>,
    /// Changes by the publisher, the most recent first.
    pub revisions: Vec<ItemRevision>,
    /// Decisions about the item made by hand.
    pub decisions: Vec<PairVerdict>,
    /// The reasons why it was joined to its story and kept apart from another; empty while it is held back.
    pub grounds: StoryEvidence,
    /// Stories with the same content in another language.
    pub alternates: Vec<StoryId>,
}

/// A story's place in a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FeedPosition {
    /// The feed's topic.
    pub feed: String,
    /// When the story entered.
    pub entered_at: Timestamp,
    /// When the story left, if it did.
    pub left_at: Option<Timestamp>,
    /// True if the story is only on the page, because it was too old to be news when it arrived.
    pub quiet: bool,
}

/// One change of an item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemRevision {
    /// When the change was found.
    pub at: Timestamp,
    /// The changed fields with their previous values.
    pub before: Map<String, Value>,
}

/// A decision by hand about an item and another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PairVerdict {
    /// The other item.
    pub other: String,
    /// `together` or `apart`.
    pub verdict: String,
    /// When the decision was made.
    pub at: Timestamp,
}

impl StoreReader {
    /// Returns the current id of the story known as `id`, which may be an id from before a merge.
    ///
    /// # Errors
    /// [`StoreError`], as everywhere here.
    pub fn current_story_id(&self, id: StoryId) -> Result<Option<StoryId>, StoreError> {
        let sql = "SELECT id FROM story WHERE id = coalesce((SELECT story FROM alias WHERE alias = ?1), ?1)";
        let mut statement = self.connection().prepare_cached(sql)?;
        let found: Option<String> = statement
            .query_row([id.to_string()], |row| row.get(0))
            .optional()?;
        found.map(|id| rows::parse_column("story", &id)).transpose()
    }

    /// Returns the reports of a story, in the order of their commits.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn items_of(&self, story: StoryId) -> Result<Vec<ItemId>, StoreError> {
        let sql = "SELECT id FROM item WHERE story = ? ORDER BY seq";
        self.item_ids(sql, params![story.to_string()])
    }

    /// Returns the items that give an address, in any of its spellings.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn items_at(&self, address: &Url) -> Result<Vec<ItemId>, StoreError> {
        let Some(key) = dedupe::address_key(address) else {
            return Ok(Vec::new());
        };
        let sql = "SELECT item.id FROM found_by JOIN item ON item.seq = found_by.item
                   WHERE found_by.key = ? ORDER BY item.seq";
        self.item_ids(sql, params![key])
    }

    fn item_ids(&self, sql: &str, bound: impl rusqlite::Params) -> Result<Vec<ItemId>, StoreError> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let ids = statement.query_map(bound, |row| row.get::<_, String>("id"))?;
        ids.map(|id| rows::parse_column("id", &id?)).collect()
    }

    /// Returns everything known about an item; `None` if the store does not have it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn item_account(&self, item: ItemId) -> Result<Option<ItemAccount>, StoreError> {
        let id = item.to_string();
        let sql = "SELECT item.*, story.founder, story.withdrawn_at, story.withdrawn_reason
                   FROM item LEFT JOIN story ON story.id = item.story WHERE item.id = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query([&id])?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        let story: String = row.get("story")?;
        let founder: Option<String> = row.get("founder")?;
        Ok(Some(ItemAccount {
            item: rows::read_item(row)?,
            found_at: rows::parse_optional_instant("found_at", row.get("found_at")?)?,
            topics: rows::parse_topics(&row.get::<_, String>("topics")?)?,
            held: row.get("held")?,
            discarded_at: rows::parse_optional_instant("discarded_at", row.get("discarded_at")?)?,
            forgotten_at: rows::parse_optional_instant("forgotten_at", row.get("forgotten_at")?)?,
            story_id: rows::parse_column("story", &story)?,
            founder: founder
                .as_deref()
                .map(|founder| rows::parse_column("founder", founder))
                .transpose()?,
            withdrawn: read_withdrawal(row)?,
            aliases: self.story_aliases(&story)?,
            places: self.feed_positions(&story)?,
            revisions: self.item_revisions(&id)?,
            decisions: self.item_verdicts(&id)?,
            grounds: self.story_evidence(row.get("seq")?)?,
            alternates: self.alternate_stories(&story)?,
            story: founder.map(|_| self.load_story(&story)).transpose()?,
        }))
    }

    fn story_evidence(&self, item: i64) -> Result<StoryEvidence, StoreError> {
        let sql = "SELECT joined FROM fingerprint WHERE item = ? AND joined IS NOT NULL";
        let mut statement = self.connection().prepare_cached(sql)?;
        let joined: Option<String> = statement.query_row([item], |row| row.get(0)).optional()?;
        let Some(json) = joined else {
            return Ok(StoryEvidence::default());
        };
        let mut grounds: StoryEvidence = rows::parse_json("joined", &json)?;
        if let Some(refused) = &grounds.refused
            && !self.still_refuses(item, refused)?
        {
            grounds.refused = None;
        }
        Ok(grounds)
    }

    /// Returns true if another item is still separate from one that it was kept apart from: it may have been
    /// corrected since, or an operator may have merged their stories.
    fn still_refuses(&self, item: i64, refused: &EvidenceItem) -> Result<bool, StoreError> {
        let sql =
            "SELECT own.story = other.story AS is_one, other.* FROM item AS own JOIN item AS other
                   WHERE own.seq = ? AND other.id = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query(params![item, refused.item.to_string()])?;
        let Some(row) = found.next()? else {
            return Ok(false);
        };
        if row.get("is_one")? {
            return Ok(false);
        }
        if !dedupe::is_guard(&refused.by) {
            return Ok(true);
        }
        let other = Fingerprint::from_item(&rows::read_item(row)?);
        let mut statement = self
            .connection()
            .prepare_cached("SELECT * FROM item WHERE seq = ?")?;
        let mut found = statement.query([item])?;
        let Some(row) = found.next()? else {
            return Ok(false);
        };
        let own = Fingerprint::from_item(&rows::read_item(row)?);
        Ok(dedupe::are_kept_apart(&own, &other))
    }

    /// Returns the stories of the translations of any of its reports.
    fn alternate_stories(&self, story: &str) -> Result<Vec<StoryId>, StoreError> {
        let sql =
            "SELECT DISTINCT other.story FROM item JOIN alternate ON alternate.item = item.seq
                   JOIN item AS other ON other.seq = alternate.other
                   WHERE item.story = ?1 AND other.story <> ?1 ORDER BY other.story";
        let mut statement = self.connection().prepare_cached(sql)?;
        let ids = statement.query_map([story], |row| row.get::<_, String>(0))?;
        ids.map(|id| rows::parse_column("story", &id?)).collect()
    }

    fn story_aliases(&self, story: &str) -> Result<Vec<StoryId>, StoreError> {
        let sql = "SELECT alias FROM alias WHERE story = ? ORDER BY alias";
        let mut statement = self.connection().prepare_cached(sql)?;
        let ids = statement.query_map([story], |row| row.get::<_, String>(0))?;
        ids.map(|id| rows::parse_column("alias", &id?)).collect()
    }

    fn feed_positions(&self, story: &str) -> Result<Vec<FeedPosition>, StoreError> {
        let sql =
            "SELECT feed, entered_at, left_at, quiet FROM membership WHERE story = ? ORDER BY feed";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query([story])?;
        let mut places = Vec::new();
        while let Some(row) = found.next()? {
            places.push(FeedPosition {
                feed: row.get("feed")?,
                entered_at: rows::parse_instant("entered_at", row.get("entered_at")?)?,
                left_at: rows::parse_optional_instant("left_at", row.get("left_at")?)?,
                quiet: row.get("quiet")?,
            });
        }
        Ok(places)
    }

    fn item_revisions(&self, item: &str) -> Result<Vec<ItemRevision>, StoreError> {
        let sql = "SELECT at, before FROM revision WHERE item = ? ORDER BY rev DESC";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query([item])?;
        let mut revisions = Vec::new();
        while let Some(row) = found.next()? {
            revisions.push(ItemRevision {
                at: rows::parse_instant("at", row.get("at")?)?,
                before: rows::parse_json("before", &row.get::<_, String>("before")?)?,
            });
        }
        Ok(revisions)
    }

    fn item_verdicts(&self, item: &str) -> Result<Vec<PairVerdict>, StoreError> {
        let sql = "SELECT other, verdict, decided_at FROM decision WHERE item = ? ORDER BY decided_at, other";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query([item])?;
        let mut decisions = Vec::new();
        while let Some(row) = found.next()? {
            decisions.push(PairVerdict {
                other: row.get("other")?,
                verdict: row.get("verdict")?,
                at: rows::parse_instant("decided_at", row.get("decided_at")?)?,
            });
        }
        Ok(decisions)
    }
}

fn read_withdrawal(row: &Row<'_>) -> Result<Option<(Timestamp, String)>, StoreError> {
    let at = rows::parse_optional_instant("withdrawn_at", row.get("withdrawn_at")?)?;
    Ok(match at {
        Some(at) => Some((at, row.get("withdrawn_reason")?)),
        None => None,
    })
}
