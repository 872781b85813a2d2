//! Repairs unreadable rows of feeds and sources, so that each affects only its own feed or source and never prevents
//! a start.
//!
//! In: the tables as they are. Out: the same tables with every value readable. An unreadable value is derived from
//! the other tables, or reset to unknown. The definition that follows rewrites everything that comes from the
//! configuration.

use std::str::{self, FromStr};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params};

use super::problems::{StoreIncident, UnreadableRow};
use super::{SourceCondition, StoreError, rows};
use crate::model::{Country, FeedId, Repair, SourceId, Timestamp};

/// The fact that lists the rows repaired last.
pub(super) const FACT: &str = "mended";
/// Maximum number of rows to list by name.
const NAMED: usize = 5;
/// Length of a hash in bytes.
const HASH_BYTES: usize = 16;

/// The values that a column may contain.
#[derive(Clone, Copy)]
enum ColumnContent {
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
struct MendableColumn {
    name: &'static str,
    holds: ColumnContent,
    may_be_null: bool,
    otherwise: &'static str,
}

/// A table whose rows can be repaired one by one.
struct MendableTable {
    name: &'static str,
    /// The word for one row, for people.
    noun: &'static str,
    /// The key column; a row without it identifies nothing.
    key: MendableColumn,
    columns: &'static [MendableColumn],
}

const fn required_column(
    name: &'static str,
    holds: ColumnContent,
    otherwise: &'static str,
) -> MendableColumn {
    MendableColumn {
        name,
        holds,
        may_be_null: false,
        otherwise,
    }
}

/// Returns a column that may be NULL, and becomes NULL if it cannot be read.
const fn nullable_column(name: &'static str, holds: ColumnContent) -> MendableColumn {
    MendableColumn {
        name,
        holds,
        may_be_null: true,
        otherwise: "NULL",
    }
}

const TABLES: [MendableTable; 2] = [
    MendableTable {
        name: "feed",
        noun: "feed",
        key: required_column("topic", ColumnContent::Feed, ""),
        columns: &FEED,
    },
    MendableTable {
        name: "source_state",
        noun: "source",
        key: required_column("source", ColumnContent::Source, ""),
        columns: &SOURCE,
    },
];

const STORIES: &str = "(SELECT count(*) FROM membership WHERE feed = topic AND left_at IS NULL)";
const LATEST: &str = "(SELECT max(updated_at) FROM membership JOIN story ON id = story
                       WHERE feed = topic AND left_at IS NULL AND NOT quiet)";
const REVISION: &str =
    "coalesce((SELECT CAST(value AS INTEGER) FROM fact WHERE name = 'rev'), 0) + 1";

const FEED: [MendableColumn; 15] = [
    required_column("definition", ColumnContent::Hash, "zeroblob(16)"),
    required_column("title", ColumnContent::Text, "''"),
    required_column("configured", ColumnContent::Flag, "1"),
    required_column("stories", ColumnContent::Count, STORIES),
    MendableColumn {
        otherwise: LATEST,
        ..nullable_column("latest_at", ColumnContent::Instant)
    },
    nullable_column("changed_at", ColumnContent::Instant),
    required_column("wanted_rev", ColumnContent::Count, REVISION),
    required_column("published_rev", ColumnContent::Count, "0"),
    nullable_column("render_key", ColumnContent::Hash),
    required_column("queries", ColumnContent::Texts, "'[]'"),
    required_column("branches", ColumnContent::Texts, "'[]'"),
    nullable_column("first_called", ColumnContent::Feed),
    required_column("defined_by", ColumnContent::Count, "0"),
    required_column("first_round_until", ColumnContent::Instant, "0"),
    nullable_column("left_out", ColumnContent::LeftOut),
];

const SOURCE: [MendableColumn; 27] = [
    required_column("name", ColumnContent::Text, "source"),
    required_column("rank", ColumnContent::Small, "100"),
    required_column("topics", ColumnContent::Topics, "'[]'"),
    required_column("state", ColumnContent::State, "'ok'"),
    nullable_column("last_attempt", ColumnContent::Instant),
    nullable_column("last_success", ColumnContent::Instant),
    nullable_column("last_error", ColumnContent::Text),
    nullable_column("http_status", ColumnContent::Status),
    required_column("consecutive_failures", ColumnContent::Small, "0"),
    nullable_column("next_poll", ColumnContent::Instant),
    nullable_column("interval_seconds", ColumnContent::Count),
    nullable_column("problem_code", ColumnContent::Text),
    nullable_column("problem_since", ColumnContent::Instant),
    MendableColumn {
        otherwise: "''",
        ..nullable_column("problem_text", ColumnContent::Text)
    },
    MendableColumn {
        otherwise: "''",
        ..nullable_column("problem_action", ColumnContent::Text)
    },
    nullable_column("country", ColumnContent::Country),
    required_column("regions", ColumnContent::Regions, "'[]'"),
    required_column("good_polls", ColumnContent::Small, "0"),
    nullable_column("repair", ColumnContent::Repair),
    nullable_column("walked_rev", ColumnContent::Count),
    required_column("configured", ColumnContent::Flag, "1"),
    nullable_column("location", ColumnContent::Hash),
    nullable_column("address", ColumnContent::Text),
    required_column("timed_out", ColumnContent::Flag, "0"),
    required_column("defined_by", ColumnContent::Count, "0"),
    nullable_column("gone_at", ColumnContent::Instant),
    nullable_column("forgotten_at", ColumnContent::Instant),
];

/// Repairs unreadable rows, and reports them: once here, and in `status`. Returns their names.
pub(super) fn mend_store(
    connection: &Connection,
    at: Timestamp,
) -> Result<Vec<String>, StoreError> {
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
    let told = StoreIncident {
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
pub(super) fn needs_mending(connection: &Connection) -> Result<bool, StoreError> {
    for table in &TABLES {
        if !find_damaged(connection, table)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A row with unreadable values.
struct DamagedRow {
    key: Value,
    /// The row's name, if it has one.
    name: Option<String>,
    columns: Vec<&'static MendableColumn>,
}

fn mend_table(connection: &Connection, table: &MendableTable) -> Result<Vec<String>, StoreError> {
    let (name, key) = (table.name, table.key.name);
    let mut mended = Vec::new();
    for row in find_damaged(connection, table)? {
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

fn find_damaged(
    connection: &Connection,
    table: &MendableTable,
) -> Result<Vec<DamagedRow>, StoreError> {
    let columns = table.columns.iter().map(|column| column.name);
    let columns: Vec<&str> = [table.key.name].into_iter().chain(columns).collect();
    let sql = format!("SELECT {} FROM {}", columns.join(", "), table.name);
    let mut statement = connection.prepare(&sql)?;
    let mut found = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = found.next()? {
        let key = row.get_ref(0)?;
        let name = is_readable(&table.key, key)
            .then(|| value_text(key))
            .flatten();
        let mut spoilt = Vec::new();
        for (number, column) in table.columns.iter().enumerate() {
            if !is_readable(column, row.get_ref(number + 1)?) {
                spoilt.push(column);
            }
        }
        if name.is_none() || !spoilt.is_empty() {
            all.push(DamagedRow {
                name: name.map(str::to_owned),
                key: key_value(key),
                columns: spoilt,
            });
        }
    }
    Ok(all)
}

/// Returns the value of a key exactly as the row has it.
fn key_value(value: ValueRef<'_>) -> Value {
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

fn value_text(value: ValueRef<'_>) -> Option<&str> {
    match value {
        ValueRef::Text(bytes) => str::from_utf8(bytes).ok(),
        _ => None,
    }
}

fn is_readable(column: &MendableColumn, value: ValueRef<'_>) -> bool {
    if value == ValueRef::Null {
        return column.may_be_null;
    }
    let number = match value {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    };
    match column.holds {
        ColumnContent::Text => value_text(value).is_some(),
        ColumnContent::Count => number.is_some_and(|number| number >= 0),
        ColumnContent::Small => number.is_some_and(|number| u32::try_from(number).is_ok()),
        ColumnContent::Status => number.is_some_and(|number| u16::try_from(number).is_ok()),
        ColumnContent::Flag => number.is_some(),
        ColumnContent::Instant => {
            number.is_some_and(|at| rows::parse_instant("an instant", at).is_ok())
        }
        ColumnContent::Hash => matches!(value, ValueRef::Blob(bytes) if bytes.len() == HASH_BYTES),
        ColumnContent::Texts => {
            is_readable_text(value, |text| rows::parse_json::<Vec<String>>("texts", text))
        }
        ColumnContent::Topics => is_readable_text(value, rows::parse_topics),
        ColumnContent::Regions => is_readable_text(value, rows::parse_regions),
        ColumnContent::Repair => {
            is_readable_text(value, |text| rows::parse_json::<Repair>("repair", text))
        }
        ColumnContent::LeftOut => is_readable_text(value, |text| {
            rows::parse_json::<Vec<UnreadableRow>>("left_out", text)
        }),
        ColumnContent::Feed => is_parsable_text::<FeedId>(value),
        ColumnContent::Source => is_parsable_text::<SourceId>(value),
        ColumnContent::State => is_parsable_text::<SourceCondition>(value),
        ColumnContent::Country => is_parsable_text::<Country>(value),
    }
}

fn is_readable_text<T>(value: ValueRef<'_>, read: impl Fn(&str) -> Result<T, StoreError>) -> bool {
    value_text(value).is_some_and(|text| read(text).is_ok())
}

fn is_parsable_text<T: FromStr>(value: ValueRef<'_>) -> bool {
    value_text(value).is_some_and(|text| text.parse::<T>().is_ok())
}
