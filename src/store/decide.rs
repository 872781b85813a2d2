//! Carries out operators' decisions about stories: merge, split, withdraw or restore.
//!
//! Runs on the writer, inside a transaction. A decision is about items, whose ids never change. Later items respect
//! it: no report joins a story across it, and no poll undoes it.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::memory::DuplicateMemory;
use super::policy::StoryPolicy;
use super::rows;
use super::ruling::{self, DecisionAction, RecordedDecision};
use super::story::Stories;
use crate::model::{ItemId, Operator, StoryId, Timestamp};

/// A decision by hand. A story may be named by any id under which it was ever published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoryDecision {
    /// Merges two stories; the older story's id stays.
    Merge(StoryId, StoryId),
    /// Moves these reports out of the story into a new one. If none is named, every report except the founding one
    /// becomes a separate story.
    Split(StoryId, Vec<ItemId>),
    /// Takes the story out everywhere until it is restored; the reason is published.
    Withdraw(StoryId, String),
    /// Brings a withdrawn story back into its feeds, and removes its tombstones.
    Restore(StoryId, Option<String>),
}

impl StoryDecision {
    /// Returns the kind of decision, for the record.
    pub fn action(&self) -> DecisionAction {
        match self {
            Self::Merge(..) => DecisionAction::Merge,
            Self::Split(..) => DecisionAction::Split,
            Self::Withdraw(..) => DecisionAction::Withdraw,
            Self::Restore(..) => DecisionAction::Restore,
        }
    }

    /// Returns the reason, if one was given.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Merge(..) | Self::Split(..) => None,
            Self::Withdraw(_, reason) => Some(reason),
            Self::Restore(_, reason) => reason.as_deref(),
        }
    }
}

/// The result of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionOutcome {
    /// The affected story, under its current id.
    pub story: StoryId,
    /// The stories that were split off or merged into it.
    pub others: Vec<StoryId>,
    /// The story's title.
    pub title: String,
}

/// The reason why a decision cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    /// No story was ever published under this id.
    #[error("there is no story `{0}`")]
    Unknown(StoryId),
    /// A story cannot be merged with itself.
    #[error("both are the story `{0}`")]
    Same(StoryId),
    /// The story has only one report.
    #[error("the story `{0}` has one report only")]
    Single(StoryId),
    /// The item does not report the story.
    #[error("`{item}` is no report of the story `{story}`")]
    NoReport {
        /// The story's id.
        story: StoryId,
        /// The item's id.
        item: ItemId,
    },
    /// The founding report keeps the id.
    #[error(
        "`{item}` is the founding report of the story `{story}` and keeps its id: name the others"
    )]
    Founder {
        /// The story's id.
        story: StoryId,
        /// The item's id.
        item: ItemId,
    },
    /// The story is withdrawn.
    #[error("the story `{0}` is withdrawn: `tidings stories restore {0}` brings it back")]
    Withdrawn(StoryId),
    /// The story is not withdrawn.
    #[error("the story `{0}` is not withdrawn")]
    NotWithdrawn(StoryId),
}

/// Carries out `decision`.
pub(super) fn carry_out_decision(
    connection: &Connection,
    memory: &mut DuplicateMemory,
    decision: &StoryDecision,
    by: &Operator,
    at: Timestamp,
    policy: &StoryPolicy,
) -> Result<DecisionOutcome, StoreError> {
    // Stories that enter a feed through a decision are old news.
    let stories = Stories::new(connection, at, true, policy)?;
    memory.prepare_for(connection, 0)?;
    let (story, others) = match decision {
        StoryDecision::Merge(one, other) => merge_stories(&stories, memory, *one, *other, at)?,
        StoryDecision::Split(story, items) => split_story(&stories, memory, *story, items, at)?,
        StoryDecision::Withdraw(story, reason) => {
            (withdraw_story(&stories, *story, reason, at)?, Vec::new())
        }
        StoryDecision::Restore(story, _) => (restore_story(&stories, *story)?, Vec::new()),
    };
    stories.refresh_story(story)?;
    for other in &others {
        stories.refresh_story(*other)?;
    }
    stories.finish()?;
    let title = story_title(connection, story)?;
    let ruling = RecordedDecision {
        at,
        by: by.clone(),
        action: decision.action(),
        story: Some(story),
        title: Some(title.clone()),
        others: others.clone(),
        source: None,
        items: 0,
        reason: decision.reason().map(str::to_owned),
    };
    ruling::record_decision(connection, &ruling)?;
    Ok(DecisionOutcome {
        story,
        others,
        title,
    })
}

/// Returns the title of the report shown.
fn story_title(connection: &Connection, story: StoryId) -> Result<String, StoreError> {
    let sql = "SELECT title FROM story JOIN item ON item.id = story.shown WHERE story.id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([story.to_string()], |row| row.get(0))?)
}

fn merge_stories(
    stories: &Stories<'_>,
    memory: &mut DuplicateMemory,
    one: StoryId,
    other: StoryId,
    at: Timestamp,
) -> Result<(StoryId, Vec<StoryId>), StoreError> {
    let (one, other) = (current_story(stories, one)?, current_story(stories, other)?);
    if one == other {
        return Err(DecisionError::Same(one).into());
    }
    let ordered = stories.oldest_first(vec![one, other])?;
    let (kept, gone) = (ordered[0], ordered[1]);
    let pairs = (stories.story_items(kept)?, stories.story_items(gone)?);
    store_verdict(stories.connection, &pairs.0, &pairs.1, "together", at)?;
    stories.merge_into(gone, kept)?;
    memory.merge_stories(stories.connection, kept, gone)?;
    Ok((kept, vec![gone]))
}

fn split_story(
    stories: &Stories<'_>,
    memory: &mut DuplicateMemory,
    story: StoryId,
    named: &[ItemId],
    at: Timestamp,
) -> Result<(StoryId, Vec<StoryId>), StoreError> {
    let story = current_story(stories, story)?;
    let reports = stories.story_items(story)?;
    let founder = find_founder(story, &reports)?;
    let named: BTreeSet<ItemId> = named.iter().copied().collect();
    for item in &named {
        if *item == founder {
            return Err(DecisionError::Founder { story, item: *item }.into());
        }
        if !reports.contains(item) {
            return Err(DecisionError::NoReport { story, item: *item }.into());
        }
    }
    let leaving = |item: &&ItemId| {
        if named.is_empty() {
            **item != founder
        } else {
            named.contains(item)
        }
    };
    let leaving: Vec<ItemId> = reports.iter().filter(leaving).copied().collect();
    let parts: Vec<&[ItemId]> = if named.is_empty() {
        leaving.chunks(1).collect()
    } else {
        vec![&leaving]
    };
    let mut staying = reports.clone();
    let mut others = Vec::with_capacity(parts.len());
    for part in parts {
        staying.retain(|item| !part.contains(item));
        store_verdict(stories.connection, part, &staying, "apart", at)?;
        if let Some(own) = found_story(stories, story, part)? {
            memory.move_items(stories.connection, part, story, own)?;
            others.push(own);
        }
    }
    if others.is_empty() {
        return Err(DecisionError::Single(story).into());
    }
    Ok((story, others))
}

fn withdraw_story(
    stories: &Stories<'_>,
    story: StoryId,
    reason: &str,
    at: Timestamp,
) -> Result<StoryId, StoreError> {
    let story = current_story(stories, story)?;
    let sql = "UPDATE story SET withdrawn_at = ?, withdrawn_reason = ? WHERE id = ?";
    let bound = params![at.timestamp(), reason, story.to_string()];
    stories.connection.execute(sql, bound)?;
    Ok(story)
}

fn restore_story(stories: &Stories<'_>, story: StoryId) -> Result<StoryId, StoreError> {
    let (story, is_withdrawn) = resolve_story(stories, story)?;
    if !is_withdrawn {
        return Err(DecisionError::NotWithdrawn(story).into());
    }
    let sql = "UPDATE story SET withdrawn_at = NULL, withdrawn_reason = NULL WHERE id = ?";
    stories.connection.execute(sql, [story.to_string()])?;
    Ok(story)
}

/// Returns the story known as `id` if it is not withdrawn.
fn current_story(stories: &Stories<'_>, id: StoryId) -> Result<StoryId, StoreError> {
    match resolve_story(stories, id)? {
        (_, true) => Err(DecisionError::Withdrawn(id).into()),
        (story, false) => Ok(story),
    }
}

/// Returns the current id of the story known as `id`, with true if it is withdrawn.
fn resolve_story(stories: &Stories<'_>, id: StoryId) -> Result<(StoryId, bool), StoreError> {
    let sql = "SELECT id, withdrawn_at IS NOT NULL FROM story
               WHERE id = coalesce((SELECT story FROM alias WHERE alias = ?1), ?1)";
    let mut statement = stories.connection.prepare_cached(sql)?;
    let found: Option<(String, bool)> = statement
        .query_row([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        None => Err(DecisionError::Unknown(id).into()),
        Some((id, is_withdrawn)) => Ok((rows::parse_column("story", &id)?, is_withdrawn)),
    }
}

/// Returns the item that the story's id is derived from, or else its first item.
fn find_founder(story: StoryId, reports: &[ItemId]) -> Result<ItemId, DecisionError> {
    let founded = reports
        .iter()
        .find(|item| StoryId::founded_by(**item) == story);
    let first = founded.or(reports.first());
    first.copied().ok_or(DecisionError::Unknown(story))
}

/// Turns `part` of `story` into a separate story, under the id that its first item would have founded. Earlier ids of
/// its items lead there again.
fn found_story(
    stories: &Stories<'_>,
    story: StoryId,
    part: &[ItemId],
) -> Result<Option<StoryId>, StoreError> {
    let Some(first) = part.first() else {
        return Ok(None);
    };
    let own = StoryId::founded_by(*first);
    let (own_id, story_id) = (own.to_string(), story.to_string());
    let connection = stories.connection;
    connection.execute("DELETE FROM alias WHERE alias = ?", [&own_id])?;
    for item in part {
        let item = item.to_string();
        let moved = [&own_id, &item];
        connection.execute("UPDATE item SET story = ? WHERE id = ?", moved)?;
        let alias = "UPDATE alias SET story = ? WHERE alias = ? AND story = ?";
        connection.execute(alias, [&own_id, &item, &story_id])?;
    }
    Ok(Some(own))
}

/// Stores `verdict` for every pair; it replaces an earlier one.
fn store_verdict(
    connection: &Connection,
    items: &[ItemId],
    others: &[ItemId],
    verdict: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql =
        "INSERT OR REPLACE INTO decision (item, other, verdict, decided_at) VALUES (?, ?, ?, ?)";
    let mut statement = connection.prepare_cached(sql)?;
    for item in items {
        for other in others {
            for (one, two) in [(item, other), (other, item)] {
                let pair = params![one.to_string(), two.to_string(), verdict, at.timestamp()];
                statement.execute(pair)?;
            }
        }
    }
    Ok(())
}
