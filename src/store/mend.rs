//! Repairs unreadable rows of feeds and sources, so that each affects only its own feed or source and never prevents
//! a start.
//!
//! In: the tables as they are. Out: the same tables with every value readable. An unreadable value is derived from
//! the other tables, or reset to unknown. The definition that follows rewrites everything that comes from the
//! configuration.

use std::str::{self, FromStr};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params};

use super::problems::{Break, LeftOut};
use super::{State, StoreError, rows};
use crate::model::{Country, FeedId, Repair, SourceId, Timestamp};

/// The fact that lists the rows repaired last.
pub(super) const FACT: &str = "mended";
/// Maximum number of rows to list by name.
const NAMED: usize = 5;
/// Length of a hash in bytes.
const HASH_BYTES: usize = 16;

/// The values that a column may contain.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    /// An integer from 0.
    Count,
    /// An integer from 0, 32 bits.
    Small,
    /// An HTTP status.
    Status,
    Flag,
    Instant,
    Hash,
    /// A JSON array of strings.
    Texts,
    Topics,
    Regions,
    Repair,
    LeftOut,
    Feed,
    Source,
    State,
    Country,
}

/// A column, and the SQL expression over its row that replaces an unreadable value.
struct Column {
    name: &'static str,
    holds: Holds,
    may_be_null: bool,
    otherwise: &'static str,
}

/// A table whose rows can be repaired one by one.
struct Mended {
    name: &'static str,
    /// The word for one row, for people.
    noun: &'static str,
    /// The key column; a row without it identifies nothing.
    key: Column,
    columns: &'static [Column],
}

const fn always(name: &'static str, holds: Holds, otherwise: &'static str) -> Column {
    Column {
        name,
        holds,
        may_be_null: false,
        otherwise,
    }
}

/// Returns a column that may be NULL, and becomes NULL if it cannot be read.
const fn maybe(name: &'static str, holds: Holds) -> Column {
    Column {
        name,
        holds,
        may_be_null: true,
        otherwise: "NULL",
    }
}

const TABLES: [Mended; 2] = [
    Mended {
        name: "feed",
        noun: "feed",
        key: always("topic", Holds::Feed, ""),
        columns: &FEED,
    },
    Mended {
        name: "source_state",
        noun: "source",
        key: always("source", Holds::Source, ""),
        columns: &SOURCE,
    },
];

const STORIES: &str = "(SELECT count(*) FROM membership WHERE feed = topic AND left_at IS NULL)";
const LATEST: &str = "(SELECT max(updated_at) FROM membership JOIN story ON id = story
                       WHERE feed = topic AND left_at IS NULL AND NOT quiet)";
const REVISION: &str =
    "coalesce((SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'rev'), 0) + 1";

const FEED: [Column; 15] = [
    always("definition", Holds::Hash, "zeroblob(16)"),
    always("title", Holds::Text, "''"),
    always("configured", Holds::Flag, "1"),
    always("stories", Holds::Count, STORIES),
    Column {
        otherwise: LATEST,
        ..maybe("latest_at", Holds::Instant)
    },
    maybe("changed_at", Holds::Instant),
    always("wanted_rev", Holds::Count, REVISION),
    always("published_rev", Holds::Count, "0"),
    maybe("render_key", Holds::Hash),
    always("queries", Holds::Texts, "'[]'"),
    always("branches", Holds::Texts, "'[]'"),
    maybe("first_called", Holds::Feed),
    always("defined_by", Holds::Count, "0"),
    always("first_round_until", Holds::Instant, "0"),
    maybe("left_out", Holds::LeftOut),
];

const SOURCE: [Column; 27] = [
    always("name", Holds::Text, "source"),
    always("rank", Holds::Small, "100"),
    always("topics", Holds::Topics, "'[]'"),
    always("state", Holds::State, "'ok'"),
    maybe("last_attempt", Holds::Instant),
    maybe("last_success", Holds::Instant),
    maybe("last_error", Holds::Text),
    maybe("http_status", Holds::Status),
    always("consecutive_failures", Holds::Small, "0"),
    maybe("next_poll", Holds::Instant),
    maybe("interval_seconds", Holds::Count),
    maybe("problem_code", Holds::Text),
    maybe("problem_since", Holds::Instant),
    Column {
        otherwise: "''",
        ..maybe("problem_text", Holds::Text)
    },
    Column {
        otherwise: "''",
        ..maybe("problem_action", Holds::Text)
    },
    maybe("country", Holds::Country),
    always("regions", Holds::Regions, "'[]'"),
    always("good_polls", Holds::Small, "0"),
    maybe("repair", Holds::Repair),
    maybe("walked_rev", Holds::Count),
    always("configured", Holds::Flag, "1"),
    maybe("location", Holds::Hash),
    maybe("address", Holds::Text),
    always("timed_out", Holds::Flag, "0"),
    always("defined_by", Holds::Count, "0"),
    maybe("gone_at", Holds::Instant),
    maybe("forgotten_at", Holds::Instant),
];

/// Repairs unreadable rows, and reports them: once here, and in `status`. Returns their names.
pub(super) fn mend(connection: &Connection, at: Timestamp) -> Result<Vec<String>, StoreError> {
    let mended = mend_rows(connection)?;
    if mended.is_empty() {
        return Ok(mended);
    }
    for one in &mended {
        tracing::warn!("a row of the database could not be read and was rebuilt: {one}");
    }
    let more = match mended.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let named: Vec<&str> = mended.iter().take(NAMED).map(String::as_str).collect();
    let told = Break {
        at,
        code: "rows-rebuilt".to_owned(),
        text: format!(
            "the database held rows that could not be read, and were rebuilt: {}{more}",
            named.join("; ")
        ),
        action: "look at the disk: something damaged the database; each source is polled again, each feed written again"
            .to_owned(),
    };
    rows::set_fact(connection, FACT, &rows::to_json(&told))?;
    Ok(mended)
}

/// Repairs unreadable rows and returns their names.
pub(super) fn mend_rows(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut mended = Vec::new();
    for table in &TABLES {
        mended.extend(mend_table(connection, table)?);
    }
    Ok(mended)
}

/// Returns true if any row cannot be read.
pub(super) fn is_needed(connection: &Connection) -> Result<bool, StoreError> {
    for table in &TABLES {
        if !damaged(connection, table)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A row with unreadable values.
struct Damaged {
    key: Value,
    /// The row's name, if it has one.
    name: Option<String>,
    columns: Vec<&'static Column>,
}

fn mend_table(connection: &Connection, table: &Mended) -> Result<Vec<String>, StoreError> {
    let (name, key) = (table.name, table.key.name);
    let mut mended = Vec::new();
    for row in damaged(connection, table)? {
        let Some(called) = row.name else {
            let sql = format!("DELETE FROM {name} WHERE {key} = ?");
            connection.execute(&sql, params![row.key])?;
            mended.push(format!("a {} without a name", table.noun));
            continue;
        };
        for column in &row.columns {
            let (column, otherwise) = (column.name, column.otherwise);
            let sql = format!("UPDATE {name} SET {column} = {otherwise} WHERE {key} = ?");
            connection.execute(&sql, params![row.key])?;
        }
        let columns: Vec<&str> = row.columns.iter().map(|column| column.name).collect();
        let columns = columns.join(", ");
        mended.push(format!("{} {called} ({columns})", table.noun));
    }
    Ok(mended)
}

fn damaged(connection: &Connection, table: &Mended) -> Result<Vec<Damaged>, StoreError> {
    let columns = table.columns.iter().map(|column| column.name);
    let columns: Vec<&str> = [table.key.name].into_iter().chain(columns).collect();
    let sql = format!("SELECT {} FROM {}", columns.join(", "), table.name);
    let mut statement = connection.prepare(&sql)?;
    let mut found = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let key = row.get_ref(0)?;
        let name = is_readable(&table.key, key).then(|| text(key)).flatten();
        let mut spoilt = Vec::new();
        for (number, column) in table.columns.iter().enumerate() {
            if !is_readable(column, row.get_ref(number + 1)?) {
                spoilt.push(column);
            }
        }
        if name.is_none() || !spoilt.is_empty() {
            all.push(Damaged {
                name: name.map(str::to_owned),
                key: key_of(key),
                columns: spoilt,
            });
        }
    }
    Ok(all)
}

/// Returns the value of a key exactly as the row has it.
fn key_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => match str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Blob(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

fn text(value: ValueRef<'_>) -> Option<&str> {
    match value {
        ValueRef::Text(bytes) => str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn is_readable(column: &Column, value: ValueRef<'_>) -> bool {
    if value == ValueRef::Null {
        return column.may_be_null;
    }
    let number = match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    };
    match column.holds {
        Holds::Text => text(value).is_some(),
        Holds::Count => number.is_some_and(|number| number >= 0),
        Holds::Small => number.is_some_and(|number| u32::try_from(number).is_ok()),
        Holds::Status => number.is_some_and(|number| u16::try_from(number).is_ok()),
        Holds::Flag => number.is_some(),
        Holds::Instant => number.is_some_and(|at| rows::instant("an instant", at).is_ok()),
        Holds::Hash => matches!(value, ValueRef::Blob(bytes) if bytes.len() == HASH_BYTES),
        Holds::Texts => reads(value, |text| rows::json::<Vec<String>>("texts", text)),
        Holds::Topics => reads(value, rows::topics),
        Holds::Regions => reads(value, rows::regions),
        Holds::Repair => reads(value, |text| rows::json::<Repair>("repair", text)),
        Holds::LeftOut => reads(value, |text| rows::json::<Vec<LeftOut>>("left_out", text)),
        Holds::Feed => parses::<FeedId>(value),
        Holds::Source => parses::<SourceId>(value),
        Holds::State => parses::<State>(value),
        Holds::Country => parses::<Country>(value),
    }
}

fn reads<T>(value: ValueRef<'_>, read: impl Fn(&str) -> Result<T, StoreError>) -> bool {
    text(value).is_some_and(|text| read(text).is_ok())
}

fn parses<T: FromStr>(value: ValueRef<'_>) -> bool {
    text(value).is_some_and(|text| text.parse::<T>().is_ok())
}
