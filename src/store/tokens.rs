//! The index of stored items by their words and facts: which of them a query may take.
//!
//! In: the tokens of an item, as it is written. Out: numbers (`seq`) of items that have what a query needs. Runs where
//! items are written, in their transaction, and on readers.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::StoreError;
use super::rows;
use crate::classify::{Needs, Subject, TOKENS_VERSION, tokens};

/// What to ask the index for.
pub(super) enum Sought {
    /// It cannot tell: any item will do.
    Anything,
    /// No item will do.
    None,
    /// Those that match this expression of FTS5.
    Matching(String),
}

impl Sought {
    pub(super) fn of(needs: &Needs) -> Self {
        match needs {
            Needs::Nothing => Self::Anything,
            Needs::Token(token) => Self::Matching(quoted(token)),
            Needs::Prefix(prefix) => Self::Matching(format!("{} *", quoted(prefix))),
            Needs::All(parts) => Self::all(parts),
            Needs::Any(parts) => Self::any(parts),
        }
    }

    fn all(parts: &[Needs]) -> Self {
        let mut terms = Vec::new();
        for part in parts {
            match Self::of(part) {
                Self::Anything => {}
                Self::None => return Self::None,
                Self::Matching(term) => terms.push(term),
            }
        }
        joined(&terms, " AND ").map_or(Self::Anything, Self::Matching)
    }

    fn any(parts: &[Needs]) -> Self {
        let mut terms = Vec::new();
        for part in parts {
            match Self::of(part) {
                Self::Anything => return Self::Anything,
                Self::None => {}
                Self::Matching(term) => terms.push(term),
            }
        }
        joined(&terms, " OR ").map_or(Self::None, Self::Matching)
    }
}

fn joined(terms: &[String], by: &str) -> Option<String> {
    (!terms.is_empty()).then(|| format!("({})", terms.join(by)))
}

/// A string as FTS5 writes it.
fn quoted(token: &str) -> String {
    format!("\"{}\"", token.replace('"', "\"\""))
}

/// Has an item found by `tokens`, and by no others.
pub(super) fn write(connection: &Connection, seq: u64, tokens: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO item_token (rowid, tokens) VALUES (?, ?)";
    connection
        .prepare_cached(sql)?
        .execute(params![seq, tokens])?;
    Ok(())
}

/// The numbers of the items that match.
pub(super) fn matching(
    connection: &Connection,
    expression: &str,
) -> Result<BTreeSet<u64>, StoreError> {
    let sql = "SELECT rowid FROM item_token WHERE item_token MATCH ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([expression], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Makes the index anew where another version made it.
pub(super) fn bring_up(connection: &mut Connection) -> Result<(), StoreError> {
    let version = TOKENS_VERSION.to_string();
    if rows::fact(connection, "tokens")?.as_ref() == Some(&version) {
        return Ok(());
    }
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO item_token (item_token) VALUES ('delete-all')",
        [],
    )?;
    {
        let mut statement = transaction.prepare("SELECT * FROM item ORDER BY seq")?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let item = rows::item(row)?;
            write(
                &transaction,
                row.get("seq")?,
                &tokens(&Subject::new(&item, &[])),
            )?;
        }
    }
    rows::set_fact(&transaction, "tokens", &version)?;
    Ok(transaction.commit()?)
}
