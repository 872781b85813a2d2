//! Compares new items with a [`Window`] on the newest items, kept in memory next to the store.
//!
//! In: the keys of stored items, then each item as it is written. Out: a verdict on an item. The window never knows
//! more than the store: after a job is rolled back it is filled from the store again. Items that have left the window
//! are looked up by address, slug and title. An item's number is its `seq`; a story's is that of its founding item.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::fault::skip_unreadable;
use super::rows;
use super::tokens::DueTokens;
use crate::dedupe::{DuplicateDecision, Fingerprint, ItemTokens, LookupKeys, Window, WindowLimits};
use crate::model::{ItemId, StoryId};

/// Age up to which an item is remembered, in seconds back from the newest.
const REMEMBERED: i64 = 90 * 86_400;
/// Maximum and minimum number of remembered items.
const MOST: usize = 1 << 16;
const LEAST: usize = 1 << 11;
/// Average number of words remembered per item; words beyond that budget are read from the store.
const WORDS: usize = 32;
/// Maximum number of older items looked up per key: the newest.
const FOUND_BY_KEY: usize = 4;
/// Maximum number of reports of a story that return to the window with it.
const RECALLED: usize = 16;

/// The reasons why an item reports its story and no other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryEvidence {
    /// The item that it was joined to, and the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<EvidenceItem>,
    /// The most similar item that it was kept apart from, and the guard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<EvidenceItem>,
}

/// Another item, and the evidence for or against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceItem {
    /// The other item.
    pub item: ItemId,
    /// The word of an [`DuplicateEvidence`](crate::dedupe::DuplicateEvidence) or a [`Guard`](crate::dedupe::Guard); `source` if the
    /// source already has a report in the story, `hand` for an operator's decision.
    pub by: String,
}

/// The window and its fill level.
#[derive(Default)]
pub(super) struct DuplicateMemory {
    window: Option<Window>,
    room: usize,
    given: usize,
    /// Keys of coming items by which no stored item is found.
    unknown_keys: HashSet<u32>,
    /// Search tokens that are not yet in the index.
    pub(super) due_tokens: DueTokens,
}

impl DuplicateMemory {
    /// Ensures that the window is filled and has room for `coming` more items. Call it before a job writes.
    pub(super) fn prepare_for(
        &mut self,
        connection: &Connection,
        coming: usize,
    ) -> Result<(), StoreError> {
        let is_tight = self.room < MOST && self.given + coming > self.room;
        if self.window.is_none() || is_tight {
            let due_tokens = std::mem::take(&mut self.due_tokens);
            *self = Self {
                due_tokens,
                ..Self::fill_window(connection, coming)?
            };
        }
        self.unknown_keys.clear();
        Ok(())
    }

    /// Looks up which keys of coming items no stored item has, so that these are not looked up one by one.
    pub(super) fn look_up_keys<'k>(
        &mut self,
        connection: &Connection,
        coming: impl Iterator<Item = &'k LookupKeys>,
    ) -> Result<(), StoreError> {
        let mut unknown: HashSet<u32> = coming.flat_map(LookupKeys::lasting_keys).collect();
        let sql = "SELECT DISTINCT key FROM found_by WHERE key IN (SELECT value FROM json_each(?))";
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query([rows::to_json(&unknown)])?;
        while let Some(row) = found.next()? {
            unknown.remove(&row.get(0)?);
        }
        // What this job writes is in the window.
        self.unknown_keys = unknown;
        Ok(())
    }

    /// Forgets everything, after the store was rolled back.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
        self.due_tokens.clear();
    }

    fn fill_window(connection: &Connection, coming: usize) -> Result<Self, StoreError> {
        let newest = newest_items(connection)?;
        let room = ((newest.len() + coming) * 2).clamp(LEAST, MOST);
        let mut window = Window::new(WindowLimits {
            items: room,
            words: room * WORDS,
        });
        for (item, story, keys) in newest.iter().rev() {
            window.insert(*item, *story, keys, None);
        }
        Ok(Self {
            window: Some(window),
            room,
            given: newest.len(),
            unknown_keys: HashSet::new(),
            due_tokens: DueTokens::default(),
        })
    }

    /// Returns the window. Outside a job, nothing is remembered unless requested with [`Memory::ready`].
    fn window(&mut self) -> &mut Window {
        self.window.get_or_insert_with(|| {
            Window::new(WindowLimits {
                items: LEAST,
                words: LEAST * WORDS,
            })
        })
    }

    /// Judges an item; `seq` is its row number if it has a row already.
    pub(super) fn judge_item(
        &mut self,
        connection: &Connection,
        seq: Option<u64>,
        fingerprint: &Fingerprint,
    ) -> Result<DuplicateDecision, StoreError> {
        self.recall_similar(connection, &fingerprint.keys)?;
        let mut failed = None;
        let fetch = |item| read_item_tokens(connection, item, &mut failed);
        let decision = self.window().judge(seq.unwrap_or(0), fingerprint, fetch);
        failed.map_or(Ok(decision), Err)
    }

    /// Remembers an item that was written, new or changed.
    pub(super) fn remember_item(&mut self, item: u64, story: u64, fingerprint: &Fingerprint) {
        self.given += 1;
        self.window().revise(item, story, fingerprint);
    }

    /// Records that two stories have become one.
    pub(super) fn merge_stories(
        &mut self,
        connection: &Connection,
        kept: StoryId,
        gone: StoryId,
    ) -> Result<(), StoreError> {
        let (kept, gone) = (
            story_number(connection, kept)?,
            story_number(connection, gone)?,
        );
        self.window().merge_stories(kept, gone);
        Ok(())
    }

    /// Records that these items have left `from` for the story `to`.
    pub(super) fn move_items(
        &mut self,
        connection: &Connection,
        items: &[ItemId],
        from: StoryId,
        to: StoryId,
    ) -> Result<(), StoreError> {
        let (from, to) = (
            story_number(connection, from)?,
            story_number(connection, to)?,
        );
        for item in items {
            let item = story_number(connection, StoryId::founded_by(*item))?;
            self.window().move_report(item, from, to);
        }
        Ok(())
    }

    /// Returns true if a guard keeps two stories apart.
    pub(super) fn are_apart(
        &mut self,
        connection: &Connection,
        one: StoryId,
        other: StoryId,
    ) -> Result<bool, StoreError> {
        let (one, other) = (
            story_number(connection, one)?,
            story_number(connection, other)?,
        );
        let mut failed = None;
        let fetch = |item| read_item_tokens(connection, item, &mut failed);
        let are_apart = self.window().are_apart(one, other, fetch);
        failed.map_or(Ok(are_apart), Err)
    }

    /// Brings the stories of older items that share an address, a slug or a title back into the window.
    fn recall_similar(
        &mut self,
        connection: &Connection,
        keys: &LookupKeys,
    ) -> Result<(), StoreError> {
        let sql =
            "SELECT found_by.item, founder.seq FROM found_by JOIN item ON item.seq = found_by.item
                   JOIN item AS founder ON founder.id = item.story
                   WHERE found_by.key = ? ORDER BY found_by.item DESC LIMIT ?";
        let mut statement = connection.prepare_cached(sql)?;
        for key in keys.lasting_keys() {
            if self.unknown_keys.contains(&key) {
                continue;
            }
            let mut found = statement.query(params![key, FOUND_BY_KEY])?;
            while let Some(row) = found.next()? {
                let (item, story) = (row.get(0)?, row.get(1)?);
                if !self.window().has_report(item, story) {
                    self.recall_story(connection, story)?;
                }
            }
        }
        Ok(())
    }

    fn recall_story(&mut self, connection: &Connection, story: u64) -> Result<(), StoreError> {
        let sql = "SELECT fingerprint.item, fingerprint.keys FROM item JOIN fingerprint ON fingerprint.item = item.seq
                   WHERE item.story = (SELECT id FROM item WHERE seq = ?) ORDER BY item.seq DESC LIMIT ?";
        let mut statement = connection.prepare_cached(sql)?;
        let reports = statement.query_map(params![story, RECALLED], read_keys)?;
        let reports: Vec<_> = reports.collect::<Result<_, _>>()?;
        for (item, keys) in reports.into_iter().rev() {
            if let Some(keys) = keys
                && !self.window().has_report(item, story)
            {
                self.given += 1;
                self.window().insert(item, story, &keys, None);
            }
        }
        Ok(())
    }
}

fn read_keys(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u64, Option<LookupKeys>)> {
    let bytes: Vec<u8> = row.get("keys")?;
    Ok((row.get("item")?, LookupKeys::from_bytes(&bytes)))
}

/// Returns the newest items with their stories, the last first.
fn newest_items(connection: &Connection) -> Result<Vec<(u64, u64, LookupKeys)>, StoreError> {
    let sql = "SELECT fingerprint.item, fingerprint.keys, fingerprint.found_at, founder.seq AS story
               FROM fingerprint JOIN item ON item.seq = fingerprint.item JOIN item AS founder ON founder.id = item.story
               ORDER BY fingerprint.item DESC LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([MOST])?;
    let (mut items, mut since) = (Vec::new(), i64::MIN);
    while let Some(row) = found.next()? {
        let found_at: i64 = row.get("found_at")?;
        since = since.max(found_at.saturating_sub(REMEMBERED));
        if found_at < since {
            break;
        }
        if let (item, Some(keys)) = read_keys(row)? {
            items.push((item, row.get("story")?, keys));
        }
    }
    Ok(items)
}

/// Reads the words of a stored item; an error of the store is put into `failed`.
fn read_item_tokens(
    connection: &Connection,
    item: u64,
    failed: &mut Option<StoreError>,
) -> Option<ItemTokens> {
    let read = || {
        let sql = "SELECT title, text, coalesce(language, '') FROM item WHERE seq = ?";
        let mut statement = connection.prepare_cached(sql)?;
        let of = |row: &rusqlite::Row<'_>| {
            let (title, text, language): (String, String, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(ItemTokens::from_texts(&title, &text, &language))
        };
        statement.query_row([item], of).optional()
    };
    read().unwrap_or_else(|error| {
        *failed = Some(error.into());
        None
    })
}

/// Returns the number of a story.
pub(super) fn story_number(connection: &Connection, story: StoryId) -> Result<u64, StoreError> {
    let sql = "SELECT seq FROM item WHERE id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([story.to_string()], |row| row.get(0))?)
}

/// Returns the story reported by the item with a number.
pub(super) fn story_id(connection: &Connection, number: u64) -> Result<StoryId, StoreError> {
    let sql = "SELECT story FROM item WHERE seq = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let id: String = statement.query_row([number], |row| row.get(0))?;
    rows::parse_column("story", &id)
}

/// Returns the item with a number; for a story's number, its founding item.
pub(super) fn item_id(connection: &Connection, number: u64) -> Result<ItemId, StoreError> {
    let sql = "SELECT id FROM item WHERE seq = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let id: String = statement.query_row([number], |row| row.get(0))?;
    rows::parse_column("id", &id)
}

/// Stores the keys by which a shown item is found, and the verdict's reasons if it was judged. An existing row keeps
/// the reason why it joined its story unless a new one is given; the reason why it was kept apart is replaced.
pub(super) fn store_keys(
    connection: &Connection,
    item: u64,
    found_at: i64,
    keys: &LookupKeys,
    grounds: Option<&StoryEvidence>,
) -> Result<(), StoreError> {
    let bytes = keys.to_bytes();
    let sql = "INSERT INTO fingerprint (item, found_at, keys, joined) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    let grounds_json = grounds
        .filter(|grounds| **grounds != StoryEvidence::default())
        .map(rows::to_json);
    let row = params![item, found_at, bytes, grounds_json];
    if connection.prepare_cached(sql)?.execute(row)? == 0 {
        replace_keys(connection, item, keys, grounds)?;
    }
    let sql = "INSERT OR IGNORE INTO found_by (key, item) VALUES (?, ?)";
    let mut statement = connection.prepare_cached(sql)?;
    for key in keys.lasting_keys() {
        statement.execute(params![key, item])?;
    }
    Ok(())
}

/// Replaces the keys of an item, and the verdict's reasons.
fn replace_keys(
    connection: &Connection,
    item: u64,
    keys: &LookupKeys,
    grounds: Option<&StoryEvidence>,
) -> Result<(), StoreError> {
    let sql = "SELECT item, keys FROM fingerprint WHERE item = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let before = statement.query_row([item], read_keys).optional()?;
    if let Some((_, Some(before))) = &before
        && before != keys
    {
        let sql = "DELETE FROM found_by WHERE key = ? AND item = ?";
        let mut statement = connection.prepare_cached(sql)?;
        for key in before.lasting_keys() {
            statement.execute(params![key, item])?;
        }
    }
    let is_told = grounds.is_some();
    let told = grounds.filter(|grounds| **grounds != StoryEvidence::default());
    let joined = told.map(rows::to_json);
    let sql = "UPDATE fingerprint SET keys = ?2,
               joined = iif(?4, nullif(json_patch(json_remove(coalesce(joined, '{}'), '$.refused'),
               coalesce(?3, '{}')), '{}'), joined) WHERE item = ?1";
    let row = params![item, keys.to_bytes(), joined, is_told];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Records that two items have the same content in two languages.
pub(super) fn store_pair(connection: &Connection, item: u64, other: u64) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO alternate (item, other) VALUES (?1, ?2), (?2, ?1)";
    connection
        .prepare_cached(sql)?
        .execute(params![item, other])?;
    Ok(())
}

/// Rebuilds the keys of all shown items if another version made the stored ones.
pub(super) fn rebuild_keys(connection: &mut Connection) -> Result<(), StoreError> {
    let form = LookupKeys::FORM.to_string();
    if rows::read_fact(connection, "fingerprints")?.as_ref() == Some(&form) {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM found_by", [])?;
    {
        let sql = "SELECT *, coalesce(found_at, published_at) AS since FROM item WHERE NOT held ORDER BY seq";
        let mut statement = transaction.prepare(sql)?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let Some(read) = skip_unreadable(rows::read_item(row))? else {
                continue;
            };
            let keys = Fingerprint::from_item(&read).keys;
            let (item, since) = (row.get("seq")?, row.get("since")?);
            store_keys(&transaction, item, since, &keys, None)?;
        }
    }
    rows::set_fact(&transaction, "fingerprints", &form)?;
    Ok(transaction.commit()?)
}
