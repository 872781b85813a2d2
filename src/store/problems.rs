//! Present and past problems of the store, for `status`: rows that cannot be read, and a start that could not reach the
//! state that an earlier one had published.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::read::ProblemState;
use super::{Reader, StoreError, rows};
use crate::model::Timestamp;

/// How long `status` tells of a break.
const TOLD_DAYS: i64 = 7;
/// Stories that are named, of many that cannot be read.
const NAMED: usize = 5;

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftOut {
    /// The id of the story that is left out because of it, or the name of what cannot be read otherwise.
    pub story: String,
    /// Why it cannot be read.
    pub why: String,
}

/// The store is not the one that published the feeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// When that was found.
    pub at: Timestamp,
    /// Its short name.
    pub code: String,
    /// The finding, for people.
    pub text: String,
    /// Advice for an operator.
    pub action: String,
}

/// Gives the store a name, by which it knows the feeds that it published.
pub(super) fn name_store(connection: &Connection) -> Result<(), StoreError> {
    if rows::fact(connection, "store")?.is_none() {
        let sql = "INSERT INTO fact (name, value) VALUES ('store', lower(hex(randomblob(8))))";
        connection.execute(sql, [])?;
    }
    Ok(())
}

pub(super) fn remember_break(connection: &Connection, found: &Break) -> Result<(), StoreError> {
    rows::set_fact(connection, "break", &rows::to_json(found))
}

impl Reader {
    /// The name of this store.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn store_name(&self) -> Result<String, StoreError> {
        Ok(rows::fact(self.connection(), "store")?.unwrap_or_default())
    }

    /// Whether the store was found not to be the one that published the feeds.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn has_break(&self) -> Result<bool, StoreError> {
        Ok(rows::fact(self.connection(), "break")?.is_some())
    }

    /// The problems of the store that an operator should know of at `now`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn problems(&self, now: Timestamp) -> Result<Vec<ProblemState>, StoreError> {
        let mut problems = Vec::new();
        problems.extend(self.left_out_of_feeds(now)?);
        if let Some(text) = rows::fact(self.connection(), "break")? {
            let found: Break = rows::json("break", &text)?;
            if now - found.at < TimeDelta::days(TOLD_DAYS) {
                problems.push(ProblemState {
                    code: found.code,
                    since: found.at,
                    text: found.text,
                    action: found.action,
                });
            }
        }
        Ok(problems)
    }

    /// Stories that the last publication could not read.
    fn left_out_of_feeds(&self, now: Timestamp) -> Result<Option<ProblemState>, StoreError> {
        let sql = "SELECT topic, left_out FROM feed WHERE configured AND left_out IS NOT NULL ORDER BY topic";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query([])?;
        let mut left_out: BTreeMap<LeftOut, BTreeSet<String>> = BTreeMap::new();
        while let Some(row) = found.next()? {
            let topic: String = row.get(0)?;
            let stories: Vec<LeftOut> = rows::json("left_out", &row.get::<_, String>(1)?)?;
            for one in stories {
                left_out.entry(one).or_default().insert(topic.clone());
            }
        }
        Ok((!left_out.is_empty()).then(|| unreadable(&left_out, now)))
    }

    /// Whether the database is whole and has our tables.
    pub(super) fn is_sound(&self) -> Result<bool, StoreError> {
        let word: String = self
            .connection()
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        Ok(word == "ok" && super::schema::is_made(self.connection())?)
    }
}

fn unreadable(left_out: &BTreeMap<LeftOut, BTreeSet<String>>, now: Timestamp) -> ProblemState {
    let named: Vec<String> = left_out
        .iter()
        .take(NAMED)
        .map(|(one, feeds)| {
            let feeds: Vec<&str> = feeds.iter().map(String::as_str).collect();
            format!("{} ({}) in {}", one.story, one.why, feeds.join(", "))
        })
        .collect();
    let more = match left_out.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    ProblemState {
        code: "unreadable-rows".to_owned(),
        since: now,
        text: format!(
            "the database holds rows that cannot be read, whose stories are left out of the feeds: {}{more}",
            named.join("; ")
        ),
        action: "restore the rows from a backup, or poll the source of each again: an item that is still listed is \
                 written anew"
            .to_owned(),
    }
}
