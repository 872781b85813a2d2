//! Publishes or discards items that are held back, as an operator decides.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::commit::ItemBatch;
use super::fault::skip_unreadable;
use super::memory::DuplicateMemory;
use super::policy::StoryPolicy;
use super::ruling::{self, DecisionAction, RecordedDecision};
use super::story::Stories;
use super::{ListCoverage, SourceCondition, StoreError, StoreReader};
use super::{layout, rows, shape};
use crate::model::{Item, ItemId, Operator, SourceId, StoryId, Timestamp};

/// The code of a page that no longer has its layout, see [`ExtractError::code`](crate::extract::ExtractError::code).
const NO_LAYOUT: &str = "no-layout";

/// The result of releasing a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedItems {
    /// Number of held items that are now published.
    pub items: usize,
    /// Number of items still held, because they arrived after the list was shown.
    #[serde(default)]
    pub kept_back: usize,
    /// Number of items that stay held because their publisher no longer lists them.
    #[serde(default)]
    pub taken_back: usize,
    /// True if the source had drifted: its next poll, due at once, is accepted without comparison.
    pub begins_anew: bool,
    /// True if nothing on the page has the kept layout: only a repair can replace it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lacks_layout: bool,
}

/// The result of discarding held items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardedItems {
    /// Number of items discarded.
    pub items: usize,
    /// Number of items still held.
    pub kept_back: usize,
}

/// An item that is held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldItem {
    /// The held item.
    pub item: Item,
    /// When its publisher stopped listing it.
    pub unlisted_at: Option<Timestamp>,
}

/// The operator's choice of held items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeldChoice {
    /// Items that the publisher still lists.
    Listed,
    /// These items, listed or not: those shown to the operator.
    These(BTreeSet<ItemId>),
}

impl HeldChoice {
    fn includes_item(&self, held: &HeldItem) -> bool {
        match self {
            Self::Listed => held.unlisted_at.is_none(),
            Self::These(ids) => ids.contains(&held.item.id),
        }
    }
}

/// Condition for items that are held back and neither discarded nor taken back by the publisher.
const WAITS: &str =
    "held AND discarded_at IS NULL AND forgotten_at IS NULL AND unlisted_at IS NULL";

/// Returns how many items of a source are held back.
pub(super) fn count_held(connection: &Connection, source: &SourceId) -> Result<usize, StoreError> {
    let sql = format!("SELECT count(*) FROM item WHERE source = ? AND {WAITS}");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([source.as_str()], |row| row.get(0))?)
}

/// Publishes chosen held items of a source. They count as late, so old stories enter quietly. If the source drifted,
/// its next poll is accepted without comparison.
pub(super) fn release_items(
    connection: &Connection,
    memory: &mut DuplicateMemory,
    source: &SourceId,
    chosen: &HeldChoice,
    by: &Operator,
    at: Timestamp,
    policy: &StoryPolicy,
) -> Result<ReleasedItems, StoreError> {
    let all = held_items(connection, source)?;
    let (released, kept): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(held, _)| chosen.includes_item(held));
    for (held, _) in &released {
        let sql = "UPDATE item SET held = 0, unlisted_at = NULL WHERE id = ?";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute([held.item.id.to_string()])?;
    }
    let stories = Stories::new(connection, at, true, policy)?;
    memory.prepare_for(connection, released.len())?;
    let mut change = ItemBatch::new(stories, memory, 0, false);
    for (held, story) in &released {
        change.show_item(&held.item, *story)?;
    }
    change.finish()?;
    let lacks_layout = lacks_layout(connection, source)?;
    let begins_anew = is_in_state(connection, source, SourceCondition::Drifted)? && !lacks_layout;
    if begins_anew {
        shape::forget_history(connection, source)?;
        layout::accept_layout(connection, source)?;
        let sql = "UPDATE source_state SET next_poll = ?, good_polls = 0 WHERE source = ?";
        connection.execute(sql, params![at.timestamp(), source.as_str()])?;
    }
    settle_state(connection, source)?;
    record_action(
        connection,
        DecisionAction::Release,
        source,
        released.len(),
        by,
        at,
    )?;
    Ok(ReleasedItems {
        items: released.len(),
        kept_back: kept.len() - count_taken_back(&kept),
        taken_back: count_taken_back(&kept),
        begins_anew,
        lacks_layout,
    })
}

/// Discards chosen held items of a source. They stay known, so that no poll brings them back.
pub(super) fn discard_items(
    connection: &Connection,
    source: &SourceId,
    chosen: &HeldChoice,
    by: &Operator,
    at: Timestamp,
) -> Result<DiscardedItems, StoreError> {
    let all = held_items(connection, source)?;
    let (discarded, kept): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|(held, _)| chosen.includes_item(held));
    for (held, _) in &discarded {
        let sql = "UPDATE item SET discarded_at = ? WHERE id = ?";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![at.timestamp(), held.item.id.to_string()])?;
    }
    settle_state(connection, source)?;
    record_action(
        connection,
        DecisionAction::Discard,
        source,
        discarded.len(),
        by,
        at,
    )?;
    Ok(DiscardedItems {
        items: discarded.len(),
        kept_back: kept.len() - count_taken_back(&kept),
    })
}

fn count_taken_back(held: &[(HeldItem, StoryId)]) -> usize {
    let gone = held.iter().filter(|(held, _)| held.unlisted_at.is_some());
    gone.count()
}

fn record_action(
    connection: &Connection,
    action: DecisionAction,
    source: &SourceId,
    items: usize,
    by: &Operator,
    at: Timestamp,
) -> Result<(), StoreError> {
    if items == 0 {
        return Ok(());
    }
    let ruling = RecordedDecision {
        at,
        by: by.clone(),
        action,
        story: None,
        title: None,
        others: Vec::new(),
        source: Some(source.clone()),
        items,
        reason: None,
    };
    ruling::record_decision(connection, &ruling)
}

fn is_in_state(
    connection: &Connection,
    source: &SourceId,
    state: SourceCondition,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM source_state WHERE source = ? AND state = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.exists([source.as_str(), state.as_str()])?)
}

/// Resets the state of a source that has no held items left.
fn settle_state(connection: &Connection, source: &SourceId) -> Result<(), StoreError> {
    if is_in_state(connection, source, SourceCondition::Held)?
        && count_held(connection, source)? == 0
    {
        let sql = "UPDATE source_state SET state = ?, problem_code = NULL, problem_since = NULL, problem_text = NULL,
                   problem_action = NULL WHERE source = ?";
        connection.execute(sql, [SourceCondition::Ok.as_str(), source.as_str()])?;
    }
    Ok(())
}

/// Records which held items a source no longer lists, after a poll that read the items `listed`.
///
/// A missing item was taken back if the list still contains something older: items of earlier polls, or of the same
/// poll with an earlier date. It was also taken back if the whole list was read and nothing newer pushed it out.
pub(super) fn note_listed(
    connection: &Connection,
    source: &SourceId,
    listed: &BTreeSet<ItemId>,
    coverage: ListCoverage,
    at: Timestamp,
) -> Result<(), StoreError> {
    if coverage == ListCoverage::Parts {
        return Ok(());
    }
    let held = held_places(connection, source)?;
    if held.is_empty() {
        return Ok(());
    }
    let places = listed_places(connection, listed)?;
    let oldest = places.iter().map(|place| place.rev).min();
    let newest = places.iter().map(|place| place.rev).max();
    let mut earliest: HashMap<i64, i64> = HashMap::new();
    for place in &places {
        let date = earliest.entry(place.rev).or_insert(place.date);
        *date = (*date).min(place.date);
    }
    let sql =
        "UPDATE item SET unlisted_at = iif(?2, coalesce(unlisted_at, ?3), NULL) WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let is_whole = coverage == ListCoverage::Whole;
    for (id, ListedPosition { rev, date }) in held {
        let is_older_listed = oldest.is_some_and(|oldest| oldest < rev)
            || earliest.get(&rev).is_some_and(|first| *first < date);
        let is_pushed_out = newest.is_some_and(|newest| newest > rev);
        let is_gone = !listed.contains(&id) && (is_older_listed || (is_whole && !is_pushed_out));
        let is_unclear = !listed.contains(&id) && !is_gone;
        if !is_unclear {
            statement.execute(params![id.to_string(), is_gone, at.timestamp()])?;
        }
    }
    Ok(())
}

/// The commit that brought an item, and the item's date.
struct ListedPosition {
    rev: i64,
    date: i64,
}

fn held_places(
    connection: &Connection,
    source: &SourceId,
) -> Result<Vec<(ItemId, ListedPosition)>, StoreError> {
    let sql = "SELECT id, first_rev, published_at FROM item WHERE source = ? AND held AND discarded_at IS NULL
               AND forgotten_at IS NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([source.as_str()])?;
    let mut places = Vec::new();
    while let Some(row) = found.next()? {
        let id = rows::parse_column("id", &row.get::<_, String>(0)?)?;
        let (rev, date) = (row.get(1)?, row.get(2)?);
        places.push((id, ListedPosition { rev, date }));
    }
    Ok(places)
}

fn listed_places(
    connection: &Connection,
    listed: &BTreeSet<ItemId>,
) -> Result<Vec<ListedPosition>, StoreError> {
    let sql = "SELECT first_rev, published_at FROM item WHERE id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let place = |id: &ItemId| {
        statement.query_row([id.to_string()], |row| {
            Ok(ListedPosition {
                rev: row.get(0)?,
                date: row.get(1)?,
            })
        })
    };
    Ok(listed.iter().map(place).collect::<Result<_, _>>()?)
}

impl StoreReader {
    /// Returns the held items of a source, in the order of their commits.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn held_items(&self, source: &SourceId) -> Result<Vec<HeldItem>, StoreError> {
        let held = held_items(self.connection(), source)?;
        Ok(held.into_iter().map(|(held, _)| held).collect())
    }
}

fn lacks_layout(connection: &Connection, source: &SourceId) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM source_state WHERE source = ? AND problem_code = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.exists([source.as_str(), NO_LAYOUT])?)
}

/// Returns the held items in the order of their commits.
fn held_items(
    connection: &Connection,
    source: &SourceId,
) -> Result<Vec<(HeldItem, StoryId)>, StoreError> {
    let sql = "SELECT * FROM item WHERE source = ? AND held AND discarded_at IS NULL
               AND forgotten_at IS NULL ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([source.as_str()])?;
    let mut items = Vec::new();
    while let Some(row) = found.next()? {
        items.extend(skip_unreadable(read_held_item(row))?);
    }
    Ok(items)
}

fn read_held_item(row: &Row<'_>) -> Result<(HeldItem, StoryId), StoreError> {
    let story = rows::parse_column("story", &row.get::<_, String>("story")?)?;
    let held = HeldItem {
        item: rows::read_item(row)?,
        unlisted_at: rows::parse_optional_instant("unlisted_at", row.get("unlisted_at")?)?,
    };
    Ok((held, story))
}
