//! Reports present and past problems of the store for `status`: unreadable rows, and a start that could not reach the
//! state published earlier.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use super::fault::skip_unreadable;
use super::read::ProblemState;
use super::{StoreError, StoreReader, mend, rows};
use crate::model::Timestamp;

/// The fact that records the last break.
pub(super) const BREAK: &str = "break";

/// Number of days for which `status` reports a break.
const TOLD_DAYS: i64 = 7;
/// Maximum number of unreadable stories to list by name.
const NAMED: usize = 5;

/// A row that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnreadableRow {
    /// The id of the story left out because of it, or the name of another unreadable thing.
    pub story: String,
    /// The reason why it cannot be read.
    pub why: String,
}

/// An incident: the store is not the one that published the feeds, or rows were rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreIncident {
    /// When it was found.
    pub at: Timestamp,
    /// The short name of the incident.
    pub code: String,
    /// The finding, for people.
    pub text: String,
    /// Advice for an operator.
    pub action: String,
}

/// Gives the store a name, by which it recognizes the feeds that it published.
pub(super) fn name_store(connection: &Connection) -> Result<(), StoreError> {
    if rows::read_fact(connection, "store")?.is_none() {
        let sql = "INSERT INTO fact (name, value) VALUES ('store', lower(hex(randomblob(8))))";
        connection.execute(sql, [])?;
    }
    Ok(())
}

impl StoreReader {
    /// Returns the name of this store.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn store_name(&self) -> Result<String, StoreError> {
        Ok(rows::read_fact(self.connection(), "store")?.unwrap_or_default())
    }

    /// Returns true if the store is not the one that published the feeds.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn has_incident(&self) -> Result<bool, StoreError> {
        Ok(rows::read_fact(self.connection(), BREAK)?.is_some())
    }

    /// Returns the problems of the store that an operator should know at `now`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn problems(&self, now: Timestamp) -> Result<Vec<ProblemState>, StoreError> {
        let mut problems = Vec::new();
        problems.extend(self.left_out_of_feeds(now)?);
        for name in [BREAK, mend::FACT] {
            let Some(text) = rows::read_fact(self.connection(), name)? else {
                continue;
            };
            let found: StoreIncident = rows::parse_json(name, &text)?;
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

    /// Returns the stories that the last publication could not read.
    fn left_out_of_feeds(&self, now: Timestamp) -> Result<Option<ProblemState>, StoreError> {
        let sql = "SELECT topic, left_out FROM feed WHERE configured AND left_out IS NOT NULL ORDER BY topic";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query([])?;
        let mut left_out: BTreeMap<UnreadableRow, BTreeSet<String>> = BTreeMap::new();
        while let Some(row) = found.next()? {
            // An unreadable row of `feed` is reported elsewhere.
            let Some((topic, stories)) = skip_unreadable(read_left_out(row))? else {
                continue;
            };
            for one in stories {
                left_out.entry(one).or_default().insert(topic.clone());
            }
        }
        Ok((!left_out.is_empty()).then(|| describe_unreadable(&left_out, now)))
    }

    /// Returns true if the database passes the integrity check and has our tables.
    pub(super) fn is_sound(&self) -> Result<bool, StoreError> {
        let word: String = self
            .connection()
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        Ok(word == "ok" && super::schema::has_tables(self.connection())?)
    }
}

fn read_left_out(row: &Row<'_>) -> Result<(String, Vec<UnreadableRow>), StoreError> {
    let stories = rows::parse_json("left_out", &row.get::<_, String>(1)?)?;
    Ok((row.get(0)?, stories))
}

fn describe_unreadable(
    left_out: &BTreeMap<UnreadableRow, BTreeSet<String>>,
    now: Timestamp,
) -> ProblemState {
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
