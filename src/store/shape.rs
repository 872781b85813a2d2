//! The history of a source: one row per poll that read something, for the newest few, under one fingerprint.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::StoreError;
use super::rows;
use crate::drift::{DocumentShape, REMEMBERED, ShapeHistory};
use crate::model::{Hash, SourceId, Timestamp};

/// Returns the history of the last good polls, empty if the rules for reading the source have changed.
pub(super) fn read_history(
    connection: &Connection,
    source: &SourceId,
    fingerprint: Hash,
) -> Result<ShapeHistory, StoreError> {
    let sql = "SELECT shape.*, source_state.good_polls FROM shape JOIN source_state USING (source)
               WHERE source = ? AND fingerprint = ? ORDER BY number DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![source.as_str(), fingerprint.as_bytes()])?;
    let mut history = ShapeHistory {
        was_read: was_read(connection, source)?,
        ..ShapeHistory::default()
    };
    while let Some(row) = found.next()? {
        history.polls = row.get("good_polls")?;
        history.shapes.push(read_shape(row)?);
    }
    Ok(history)
}

/// Returns true if a poll of the source ever succeeded, by whatever rules.
fn was_read(connection: &Connection, source: &SourceId) -> Result<bool, StoreError> {
    let sql = "SELECT last_success IS NOT NULL FROM source_state WHERE source = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([source.as_str()], |row| row.get(0));
    Ok(found.optional()?.unwrap_or_default())
}

/// Returns how many new items each of the last good polls brought.
pub(super) fn new_item_counts(
    connection: &Connection,
    source: &SourceId,
    fingerprint: Hash,
) -> Result<Vec<usize>, StoreError> {
    let sql = "SELECT new_items FROM shape WHERE source = ? AND fingerprint = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let bound = params![source.as_str(), fingerprint.as_bytes()];
    let counts = statement.query_map(bound, |row| row.get(0))?;
    Ok(counts.collect::<Result<_, _>>()?)
}

/// Adds a good poll to the history, and forgets polls that are too old or were read by other rules.
pub(super) fn remember_shape(
    connection: &Connection,
    source: &SourceId,
    fingerprint: Hash,
    shape: &DocumentShape,
    new_items: usize,
) -> Result<(), StoreError> {
    let seconds = |at: Option<Timestamp>| at.map(|at| at.timestamp());
    let sql = "INSERT INTO shape (source, number, fingerprint, records, titles, dated, linked, texts, oldest_at,
                                  middle_at, newest_at, new_items)
               SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
               FROM shape WHERE source = ?1";
    connection.prepare_cached(sql)?.execute(params![
        source.as_str(),
        fingerprint.as_bytes(),
        shape.records,
        shape.titles,
        shape.dated,
        shape.linked,
        shape.texts,
        seconds(shape.oldest),
        seconds(shape.middle),
        seconds(shape.newest),
        new_items,
    ])?;
    let sql = "DELETE FROM shape WHERE source = ?1 AND
               (fingerprint <> ?2 OR number <= (SELECT max(number) FROM shape WHERE source = ?1) - ?3)";
    let bound = params![source.as_str(), fingerprint.as_bytes(), REMEMBERED];
    connection.prepare_cached(sql)?.execute(bound)?;
    Ok(())
}

/// Forgets the history: the next poll is accepted without comparison.
pub(super) fn forget_history(connection: &Connection, source: &SourceId) -> Result<(), StoreError> {
    connection.execute("DELETE FROM shape WHERE source = ?", [source.as_str()])?;
    Ok(())
}

fn read_shape(row: &Row<'_>) -> Result<DocumentShape, StoreError> {
    Ok(DocumentShape {
        records: row.get("records")?,
        titles: row.get("titles")?,
        dated: row.get("dated")?,
        linked: row.get("linked")?,
        texts: row.get("texts")?,
        oldest: rows::parse_optional_instant("oldest_at", row.get("oldest_at")?)?,
        middle: rows::parse_optional_instant("middle_at", row.get("middle_at")?)?,
        newest: rows::parse_optional_instant("newest_at", row.get("newest_at")?)?,
    })
}
