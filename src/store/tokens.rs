//! Indexes stored items by words and facts, to find those that a query may match.
//!
//! In: the tokens of an item, as it is written. Out: numbers (`seq`) of items that have what a query needs. Runs in
//! the transaction that writes the items, and on readers.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::StoreError;
use super::fault::readable;
use super::rows;
use crate::classify::{Needs, Subject, TOKENS_VERSION, tokens};

/// Maximum number of terms in one expression: FTS5 takes time quadratic in their number.
const MAX_TERMS: usize = 10_000;
/// Maximum nesting depth of one expression: the parser of FTS5 has a small stack.
const MAX_LEVELS: usize = 20;

/// The request to the index.
pub(super) enum Sought {
    /// Any item may match: the index cannot decide.
    Anything,
    /// No item matches.
    None,
    /// Items that match this FTS5 expression.
    Matching(String),
}

impl Sought {
    /// Builds the request. If it would exceed a limit, a weaker one is built that finds more items than needed.
    pub(super) fn of(needs: &Needs) -> Self {
        if terms(needs) > MAX_TERMS {
            return Self::Anything;
        }
        Self::within(needs, MAX_LEVELS)
    }

    fn within(needs: &Needs, levels: usize) -> Self {
        match needs {
            Needs::Nothing => Self::Anything,
            Needs::All(_) | Needs::Any(_) if levels == 0 => Self::Anything,
            Needs::Token(token) => Self::Matching(quoted(token)),
            Needs::Prefix(prefix) => Self::Matching(format!("{} *", quoted(prefix))),
            Needs::All(parts) => Self::all(parts, levels - 1),
            Needs::Any(parts) => Self::any(parts, levels - 1),
        }
    }

    fn all(parts: &[Needs], levels: usize) -> Self {
        let mut terms = Vec::new();
        for part in parts {
            match Self::within(part, levels) {
                Self::Anything => {}
                Self::None => return Self::None,
                Self::Matching(term) => terms.push(term),
            }
        }
        joined(&terms, " AND ").map_or(Self::Anything, Self::Matching)
    }

    fn any(parts: &[Needs], levels: usize) -> Self {
        let mut terms = Vec::new();
        for part in parts {
            match Self::within(part, levels) {
                Self::Anything => return Self::Anything,
                Self::None => {}
                Self::Matching(term) => terms.push(term),
            }
        }
        joined(&terms, " OR ").map_or(Self::None, Self::Matching)
    }
}

fn terms(needs: &Needs) -> usize {
    match needs {
        Needs::Nothing => 0,
        Needs::Token(_) | Needs::Prefix(_) => 1,
        Needs::All(parts) | Needs::Any(parts) => parts.iter().map(terms).sum(),
    }
}

fn joined(terms: &[String], by: &str) -> Option<String> {
    (!terms.is_empty()).then(|| format!("({})", terms.join(by)))
}

/// Quotes a string for FTS5.
fn quoted(token: &str) -> String {
    format!("\"{}\"", token.replace('"', "\"\""))
}

/// Replaces the tokens by which an item is found.
pub(super) fn write(connection: &Connection, seq: u64, tokens: &str) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO item_token (rowid, tokens) VALUES (?, ?)";
    connection
        .prepare_cached(sql)?
        .execute(params![seq, tokens])?;
    Ok(())
}

/// Returns the numbers of the items that match.
pub(super) fn matching(
    connection: &Connection,
    expression: &str,
) -> Result<BTreeSet<u64>, StoreError> {
    let sql = "SELECT rowid FROM item_token WHERE item_token MATCH ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([expression], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Rebuilds the index if another version built it.
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
            let Some(item) = readable(rows::item(row))? else {
                continue;
            };
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::schema;

    fn store(items: &[&str]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, Path::new("test")).unwrap();
        for (seq, tokens) in (1..).zip(items) {
            write(&connection, seq, tokens).unwrap();
        }
        connection
    }

    fn found(connection: &Connection, needs: &Needs) -> Vec<u64> {
        match Sought::of(needs) {
            Sought::Matching(expression) => {
                let found = matching(connection, &expression).unwrap();
                found.into_iter().collect()
            }
            Sought::Anything | Sought::None => panic!("nothing to ask"),
        }
    }

    fn token(text: &str) -> Needs {
        Needs::Token(text.to_owned())
    }

    #[test]
    fn a_query_of_many_levels_is_asked() {
        let connection = store(&["deep word", "word", "other"]);
        let nested = |levels: usize| {
            (0..levels).fold(token("deep"), |inner, _| {
                Needs::All(vec![token("word"), Needs::Any(vec![token("no"), inner])])
            })
        };
        assert_eq!(found(&connection, &nested(8)), [1]);
        // The innermost words are left out of the expression.
        assert_eq!(found(&connection, &nested(64)), [1, 2]);
    }

    #[test]
    fn where_there_is_too_much_to_ask_nothing_is() {
        let any = |count: usize| Needs::Any((0..count).map(|n| token(&n.to_string())).collect());
        assert!(matches!(Sought::of(&any(MAX_TERMS)), Sought::Matching(_)));
        let many = Needs::All(vec![token("word"), any(MAX_TERMS)]);
        assert!(matches!(Sought::of(&many), Sought::Anything));
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
