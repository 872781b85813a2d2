//! The record of decisions by hand: when, by whom, about what, and why.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::{StoreError, StoreReader, rows};
use crate::model::{Operator, SourceId, StoryId, Timestamp};

/// A kind of decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DecisionAction {
    /// Two stories were merged.
    Merge,
    /// A story was split.
    Split,
    /// A story was taken out of all feeds.
    Withdraw,
    /// A withdrawn story was brought back.
    Restore,
    /// Held items were published.
    Release,
    /// Held items were discarded.
    Discard,
    /// The stories of a removed source were taken out.
    Forget,
}

impl DecisionAction {
    const ALL: [Self; 7] = [
        Self::Merge,
        Self::Split,
        Self::Withdraw,
        Self::Restore,
        Self::Release,
        Self::Discard,
        Self::Forget,
    ];

    /// Returns the word for the action, which the store uses too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Withdraw => "withdraw",
            Self::Restore => "restore",
            Self::Release => "release",
            Self::Discard => "discard",
            Self::Forget => "forget",
        }
    }
}

/// One decision by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedDecision {
    /// When the decision was made.
    pub at: Timestamp,
    /// The operator; `unknown` if an older version recorded none.
    pub by: Operator,
    /// The kind of decision.
    pub action: DecisionAction,
    /// The affected story.
    pub story: Option<StoryId>,
    /// The story's title at the time.
    pub title: Option<String>,
    /// Stories that were split off or merged into it.
    pub others: Vec<StoryId>,
    /// The affected source.
    pub source: Option<SourceId>,
    /// Number of that source's items affected.
    pub items: usize,
    /// The reason given.
    pub reason: Option<String>,
}

/// Adds a decision to the record.
pub(super) fn record_decision(
    connection: &Connection,
    ruling: &RecordedDecision,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO ruling (decided_at, operator, action, story, title, others, source, items, reason)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let others: Vec<String> = ruling.others.iter().map(StoryId::to_string).collect();
    connection.prepare_cached(sql)?.execute(params![
        ruling.at.timestamp(),
        ruling.by.as_str(),
        ruling.action.as_str(),
        ruling.story.map(|story| story.to_string()),
        ruling.title,
        rows::to_json(&others),
        ruling.source.as_ref().map(SourceId::as_str),
        ruling.items,
        ruling.reason,
    ])?;
    Ok(())
}

impl StoreReader {
    /// Returns the newest `most` decisions by hand, the last one first.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn recorded_decisions(&self, most: usize) -> Result<Vec<RecordedDecision>, StoreError> {
        let sql = "SELECT * FROM ruling ORDER BY decided_at DESC, number DESC LIMIT ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query([most])?;
        let mut rulings = Vec::new();
        while let Some(row) = found.next()? {
            let action: String = row.get("action")?;
            let known = DecisionAction::ALL
                .into_iter()
                .find(|known| known.as_str() == action);
            let story: Option<String> = row.get("story")?;
            let source: Option<String> = row.get("source")?;
            let others: Vec<String> = rows::parse_json("others", &row.get::<_, String>("others")?)?;
            rulings.push(RecordedDecision {
                at: rows::parse_instant("decided_at", row.get("decided_at")?)?,
                by: Operator::new(&row.get::<_, String>("operator")?),
                action: known.ok_or(StoreError::Row {
                    column: "action",
                    value: action,
                })?,
                story: story
                    .map(|id| rows::parse_column("story", &id))
                    .transpose()?,
                title: row.get("title")?,
                others: others
                    .iter()
                    .map(|id| rows::parse_column("others", id))
                    .collect::<Result<_, _>>()?,
                source: source
                    .map(|id| rows::parse_column("source", &id))
                    .transpose()?,
                items: row.get("items")?,
                reason: row.get("reason")?,
            });
        }
        Ok(rulings)
    }
}
