//! Indexes stored items by words and facts, to find those that a query may match.
//!
//! In: the tokens of an item, as it is written. Out: numbers (`seq`) of items that have what a query needs. The
//! transaction that writes an item only notes that its tokens are due ([`note_due`]); the writer adds them to the index
//! in runs ([`write_due`]), because FTS5 is slow at each savepoint. Readers count items whose tokens are due as found.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, params};

use super::StoreError;
use super::fault::skip_unreadable;
use super::rows;
use crate::classify::{RequiredTokens, Subject, TOKENS_VERSION, item_tokens};

/// Maximum number of terms in one expression: FTS5 takes time quadratic in their number.
const MAX_TERMS: usize = 10_000;
/// Maximum nesting depth of one expression: the parser of FTS5 has a small stack.
const MAX_LEVELS: usize = 20;

/// Number of items that are added to the index in one transaction.
pub(super) const RUN: usize = 4_096;

/// The request to the index.
pub(super) enum IndexQuery {
    /// Any item may match: the index cannot decide.
    Anything,
    /// No item matches.
    None,
    /// Items that match this FTS5 expression.
    Matching(String),
}

impl IndexQuery {
    /// Builds the request. If it would exceed a limit, a weaker one is built that finds more items than needed.
    pub(super) fn from_needs(needs: &RequiredTokens) -> Self {
        if count_terms(needs) > MAX_TERMS {
            return Self::Anything;
        }
        Self::within_levels(needs, MAX_LEVELS)
    }

    fn within_levels(needs: &RequiredTokens, levels: usize) -> Self {
        match needs {
            RequiredTokens::Nothing => Self::Anything,
            RequiredTokens::All(_) | RequiredTokens::Any(_) if levels == 0 => Self::Anything,
            RequiredTokens::Token(token) => Self::Matching(quote_token(token)),
            RequiredTokens::Prefix(prefix) => Self::Matching(format!("{} *", quote_token(prefix))),
            RequiredTokens::All(parts) => Self::all_of(parts, levels - 1),
            RequiredTokens::Any(parts) => Self::any_of(parts, levels - 1),
        }
    }

    fn all_of(parts: &[RequiredTokens], levels: usize) -> Self {
        let mut terms = Vec::new();
        for part in parts {
            match Self::within_levels(part, levels) {
                Self::Anything => {}
                Self::None => return Self::None,
                Self::Matching(term) => terms.push(term),
            }
        }
        join_terms(&terms, " AND ").map_or(Self::Anything, Self::Matching)
    }

    fn any_of(parts: &[RequiredTokens], levels: usize) -> Self {
        let mut terms = Vec::new();
        for part in parts {
            match Self::within_levels(part, levels) {
                Self::Anything => return Self::Anything,
                Self::None => {}
                Self::Matching(term) => terms.push(term),
            }
        }
        join_terms(&terms, " OR ").map_or(Self::None, Self::Matching)
    }
}

fn count_terms(needs: &RequiredTokens) -> usize {
    match needs {
        RequiredTokens::Nothing => 0,
        RequiredTokens::Token(_) | RequiredTokens::Prefix(_) => 1,
        RequiredTokens::All(parts) | RequiredTokens::Any(parts) => {
            parts.iter().map(count_terms).sum()
        }
    }
}

fn join_terms(terms: &[String], by: &str) -> Option<String> {
    (!terms.is_empty()).then(|| format!("({})", terms.join(by)))
}

/// Quotes a string for FTS5.
fn quote_token(token: &str) -> String {
    format!("\"{}\"", token.replace('"', "\"\""))
}

/// Tokens that are due, kept in memory so that they need not be read from the items again.
#[derive(Default)]
pub(super) struct DueTokens {
    by_item: HashMap<u64, String>,
    is_waiting: bool,
}

impl DueTokens {
    /// Returns true if no tokens are due.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_waiting
    }

    /// Returns true if there is enough for a run.
    pub(super) fn is_full(&self) -> bool {
        self.by_item.len() >= RUN
    }

    /// Forgets the tokens after a job that rewrote items or was rolled back: they are read from the items.
    pub(super) fn clear(&mut self) {
        self.by_item.clear();
        self.is_waiting = true;
    }

    /// Notes that an item has these tokens from this transaction on.
    pub(super) fn note_tokens(
        &mut self,
        connection: &Connection,
        seq: u64,
        tokens: &str,
    ) -> Result<(), StoreError> {
        self.by_item.insert(seq, tokens.to_owned());
        self.is_waiting = true;
        note_due(connection, seq)
    }
}

/// Notes that the tokens of an item changed in this transaction.
pub(super) fn note_due(connection: &Connection, seq: u64) -> Result<(), StoreError> {
    let sql = "INSERT INTO token_due (item) VALUES (?) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute([seq])?;
    Ok(())
}

/// Adds all tokens that are due to the index, in transactions of their own. Tokens that `due` does not have are read
/// from their items.
pub(super) fn write_due(
    connection: &mut Connection,
    due: &mut DueTokens,
) -> Result<(), StoreError> {
    let mut is_whole = Ok(RUN);
    while let Ok(RUN) = is_whole {
        is_whole = write_run(connection, due);
    }
    // After a failure the rest waits for the next commit.
    *due = DueTokens::default();
    is_whole.map(drop)
}

/// Adds up to [`RUN`] items to the index; returns their number.
fn write_run(connection: &mut Connection, due: &mut DueTokens) -> Result<usize, StoreError> {
    let sql = "SELECT item FROM token_due ORDER BY item LIMIT ?";
    let items: Vec<u64> = {
        let mut statement = connection.prepare_cached(sql)?;
        let found = statement.query_map([RUN], |row| row.get(0))?;
        found.collect::<Result<_, _>>()?
    };
    if items.is_empty() {
        return Ok(0);
    }
    let transaction = connection.transaction()?;
    for seq in &items {
        let tokens = match due.by_item.remove(seq) {
            Some(tokens) => Some(tokens),
            None => stored_tokens(&transaction, *seq)?,
        };
        if let Some(tokens) = tokens {
            write_tokens(&transaction, *seq, &tokens)?;
        }
    }
    let last = items.last().copied().unwrap_or_default();
    transaction
        .prepare_cached("DELETE FROM token_due WHERE item <= ?")?
        .execute([last])?;
    transaction.commit()?;
    Ok(items.len())
}

/// Returns the tokens of a stored item; `None` if there is no such item or its row cannot be read.
fn stored_tokens(connection: &Connection, seq: u64) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM item WHERE seq = ?")?;
    let mut found = statement.query([seq])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let item = skip_unreadable(rows::read_item(row))?;
    Ok(item.map(|item| item_tokens(&Subject::new(&item, &[]))))
}

/// Replaces the tokens by which an item is found.
fn write_tokens(connection: &Connection, seq: u64, tokens: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO item_token (rowid, tokens) VALUES (?, ?)";
    connection
        .prepare_cached(sql)?
        .execute(params![seq, tokens])?;
    Ok(())
}

/// Returns the numbers of the items that match, and of those whose tokens are due.
pub(super) fn matching_items(
    connection: &Connection,
    expression: &str,
) -> Result<BTreeSet<u64>, StoreError> {
    let sql = "SELECT rowid FROM item_token WHERE item_token MATCH ? UNION ALL SELECT item FROM token_due";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([expression], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Completes the index, which may lack the items of a process that was killed. Rebuilds it if another version built it.
pub(super) fn rebuild_index(connection: &mut Connection) -> Result<(), StoreError> {
    let version = TOKENS_VERSION.to_string();
    if rows::read_fact(connection, "tokens")?.as_ref() == Some(&version) {
        return write_due(connection, &mut DueTokens::default());
    }
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT INTO item_token (item_token) VALUES ('delete-all')",
        [],
    )?;
    transaction.execute("DELETE FROM token_due", [])?;
    {
        let mut statement = transaction.prepare("SELECT * FROM item ORDER BY seq")?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let Some(item) = skip_unreadable(rows::read_item(row))? else {
                continue;
            };
            write_tokens(
                &transaction,
                row.get("seq")?,
                &item_tokens(&Subject::new(&item, &[])),
            )?;
        }
    }
    rows::set_fact(&transaction, "tokens", &version)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::schema;

    fn store(items: &[&str]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate_store(&mut connection, Path::new("test")).unwrap();
        for (seq, tokens) in (1..).zip(items) {
            write_tokens(&connection, seq, tokens).unwrap();
        }
        connection
    }

    fn found(connection: &Connection, needs: &RequiredTokens) -> Vec<u64> {
        match IndexQuery::from_needs(needs) {
            IndexQuery::Matching(expression) => {
                let found = matching_items(connection, &expression).unwrap();
                found.into_iter().collect()
            }
            IndexQuery::Anything | IndexQuery::None => panic!("nothing to ask"),
        }
    }

    fn token(text: &str) -> RequiredTokens {
        RequiredTokens::Token(text.to_owned())
    }

    #[test]
    fn a_query_of_many_levels_is_asked() {
        let connection = store(&["deep word", "word", "other"]);
        let nested = |levels: usize| {
            (0..levels).fold(token("deep"), |inner, _| {
                RequiredTokens::All(vec![
                    token("word"),
                    RequiredTokens::Any(vec![token("no"), inner]),
                ])
            })
        };
        assert_eq!(found(&connection, &nested(8)), [1]);
        // The innermost words are left out of the expression.
        assert_eq!(found(&connection, &nested(64)), [1, 2]);
    }

    #[test]
    fn where_there_is_too_much_to_ask_nothing_is() {
        let any =
            |count: usize| RequiredTokens::Any((0..count).map(|n| token(&n.to_string())).collect());
        assert!(matches!(
            IndexQuery::from_needs(&any(MAX_TERMS)),
            IndexQuery::Matching(_)
        ));
        let many = RequiredTokens::All(vec![token("word"), any(MAX_TERMS)]);
        assert!(matches!(
            IndexQuery::from_needs(&many),
            IndexQuery::Anything
        ));
    }

    #[test]
    fn a_token_is_one_whatever_letters_it_has() {
        for text in [
            "a\u{1e4d0}b",
            "\u{10ec4}x",
            "x\u{10fffd}y",
            "\u{1f980}",
            "a_b",
            "region=mx-chp",
            "\u{e000}z",
            "a\u{301}b",
        ] {
            let connection = store(&[text, "ab a b x y z"]);
            assert_eq!(found(&connection, &token(text)), [1], "{text:?}");
        }
    }
}
