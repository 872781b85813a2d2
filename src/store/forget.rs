//! Takes the stories of removed sources out of the feeds when an operator asks; until then they stay.
//!
//! Forgotten items stay in the store: a source that is configured again gets its items back. Stories that other
//! sources also report stay, with those reports.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::commit::ItemBatch;
use super::memory::DuplicateMemory;
use super::policy::StoryPolicy;
use super::ruling::{self, DecisionAction, RecordedDecision};
use super::story::Stories;
use super::{StoreError, StoreReader, rows};
use crate::model::{Item, Operator, SourceId, StoryId, Timestamp};

/// The result of forgetting a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgottenSource {
    /// Number of the source's items that were taken out.
    pub items: usize,
    /// Number of stories that left all feeds.
    pub stories: usize,
    /// Number of stories that stay with the reports of other sources.
    pub kept: usize,
}

/// The reason why a source cannot be forgotten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgetError {
    /// No source ever had this id.
    #[error("there never was a source `{0}`")]
    Unknown(SourceId),
    /// The source is still configured.
    #[error(
        "the source `{0}` is configured: take its block out, and `tidings reload`, before it can be forgotten"
    )]
    Configured(SourceId),
    /// The source was already forgotten.
    #[error("the source `{0}` is forgotten already")]
    Already(SourceId),
}

/// An item of a removed source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftItem {
    /// The item as stored.
    pub item: Item,
    /// True if its story stays because another source reports it too.
    pub stays: bool,
}

/// Takes the items of a removed source out of their stories.
pub(super) fn forget_source(
    connection: &Connection,
    memory: &mut DuplicateMemory,
    source: &SourceId,
    by: &Operator,
    at: Timestamp,
    policy: &StoryPolicy,
) -> Result<ForgottenSource, StoreError> {
    check_forgettable(connection, source)?;
    let stories = Stories::new(connection, at, true, policy)?;
    let sql = "SELECT DISTINCT story FROM item WHERE source = ? AND NOT held";
    let mut statement = connection.prepare(sql)?;
    let ids = statement.query_map([source.as_str()], |row| row.get::<_, String>(0))?;
    let touched: BTreeSet<StoryId> = ids
        .map(|id| rows::parse_column("story", &id?))
        .collect::<Result<_, StoreError>>()?;
    // Items that are not shown are not compared with others.
    for table in ["found_by", "fingerprint"] {
        let sql = format!(
            "DELETE FROM {table} WHERE item IN (SELECT seq FROM item WHERE source = ? AND NOT held)"
        );
        connection.execute(&sql, [source.as_str()])?;
    }
    memory.clear();
    let sql = "UPDATE item SET held = 1, forgotten_at = ? WHERE source = ? AND NOT held";
    let items = connection.execute(sql, params![at.timestamp(), source.as_str()])?;
    let mut kept = 0;
    for story in &touched {
        stories.refresh_story(*story)?;
        kept += usize::from(is_reported(connection, *story)?);
    }
    stories.finish()?;
    let sql = "UPDATE source_state SET forgotten_at = ? WHERE source = ?";
    connection.execute(sql, params![at.timestamp(), source.as_str()])?;
    let ruling = RecordedDecision {
        at,
        by: by.clone(),
        action: DecisionAction::Forget,
        story: None,
        title: None,
        others: Vec::new(),
        source: Some(source.clone()),
        items,
        reason: None,
    };
    ruling::record_decision(connection, &ruling)?;
    Ok(ForgottenSource {
        items,
        stories: touched.len() - kept,
        kept,
    })
}

/// Restores the forgotten items of sources that are configured again. Old stories enter quietly.
pub(super) fn restore_forgotten(
    connection: &Connection,
    memory: &mut DuplicateMemory,
    sources: &[SourceId],
    at: Timestamp,
    policy: &StoryPolicy,
) -> Result<(), StoreError> {
    let mut items = Vec::new();
    for source in sources {
        let sql = "SELECT * FROM item WHERE source = ? AND forgotten_at IS NOT NULL ORDER BY seq";
        let mut statement = connection.prepare(sql)?;
        let mut found = statement.query([source.as_str()])?;
        while let Some(row) = found.next()? {
            let story: StoryId = rows::parse_column("story", &row.get::<_, String>("story")?)?;
            items.push((rows::read_item(row)?, story));
        }
        let sql = "UPDATE item SET held = 0, forgotten_at = NULL
                   WHERE source = ? AND forgotten_at IS NOT NULL";
        connection.execute(sql, [source.as_str()])?;
    }
    memory.clear();
    memory.prepare_for(connection, items.len())?;
    let stories = Stories::new(connection, at, true, policy)?;
    let mut change = ItemBatch::new(stories, memory, 0, false);
    for (item, story) in &items {
        change.show_item(item, *story)?;
    }
    change.finish()?;
    Ok(())
}

/// Returns true if a report of the story is shown.
fn is_reported(connection: &Connection, story: StoryId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM item WHERE story = ? AND NOT held";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.exists([story.to_string()])?)
}

fn check_forgettable(connection: &Connection, source: &SourceId) -> Result<(), StoreError> {
    let sql = "SELECT configured, forgotten_at IS NOT NULL FROM source_state WHERE source = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found: Option<(bool, bool)> = statement
        .query_row([source.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => Err(ForgetError::Unknown(source.clone()).into()),
        Some((true, _)) => Err(ForgetError::Configured(source.clone()).into()),
        Some((false, true)) => Err(ForgetError::Already(source.clone()).into()),
        Some((false, false)) => Ok(()),
    }
}

impl StoreReader {
    /// Returns the items that [`forget`](super::Store::forget) would take out, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Forget`] if the source cannot be forgotten.
    pub fn left_items(&self, source: &SourceId) -> Result<Vec<LeftItem>, StoreError> {
        check_forgettable(self.connection(), source)?;
        let sql = "SELECT item.*, EXISTS (
                       SELECT 1 FROM item AS other
                       WHERE other.story = item.story AND other.source <> item.source AND NOT other.held
                   ) AS stays
                   FROM item WHERE source = ? AND NOT held ORDER BY published_at DESC, position, seq";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query([source.as_str()])?;
        let mut items = Vec::new();
        while let Some(row) = found.next()? {
            items.push(LeftItem {
                stays: row.get("stays")?,
                item: rows::read_item(row)?,
            });
        }
        Ok(items)
    }
}
