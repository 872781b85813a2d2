//! Looks up what entries that no key tells may have been under another one; whether they were is
//! [`dedupe::moved`](crate::dedupe::moved)'s to say.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::readable;
use super::rows;
use super::{NewItem, StoreError};
use crate::dedupe::{self, Arrival};
use crate::model::{Item, ItemId};

/// More items of one title and day are notices of one kind.
const MAX_NAMESAKES: usize = 20;

/// Which of `items`, those of one poll, are items that the store has, though under keys that the poll does not give.
/// To be asked before the first of them is written.
pub(super) fn find(
    connection: &Connection,
    items: &[NewItem],
) -> Result<HashMap<ItemId, ItemId>, StoreError> {
    let mut known = HashSet::new();
    let mut unknown = Vec::new();
    for new in items {
        match known_as(connection, &new.item)? {
            Some(id) => _ = known.insert(id),
            None => unknown.push(&new.item),
        }
    }
    let mut arrivals = Vec::with_capacity(unknown.len());
    for entry in unknown {
        let mut namesakes = namesakes(connection, entry)?;
        namesakes.retain(|item| !known.contains(&item.id.to_string()));
        arrivals.push(Arrival { entry, namesakes });
    }
    Ok(dedupe::moved(&arrivals, known.len()))
}

fn known_as(connection: &Connection, item: &Item) -> Result<Option<String>, StoreError> {
    let sql = "SELECT item FROM identity WHERE source = ? AND kind = ? AND key = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let key = params![item.source.as_str(), item.key.kind.as_str(), item.key.value];
    Ok(statement.query_row(key, |row| row.get(0)).optional()?)
}

/// The items of the entry's source with its title, of its day or without one.
fn namesakes(connection: &Connection, entry: &Item) -> Result<Vec<Item>, StoreError> {
    let sql = "SELECT * FROM item WHERE source = ?1 AND substr(weak_key, instr(weak_key, ' ') + 1) = ?2
               AND (?3 = '' OR substr(weak_key, 1, 10) = ?3 OR weak_key LIKE ' %') ORDER BY seq DESC LIMIT ?4";
    let (date, title) = entry.weak_key.value.split_once(' ').unwrap_or_default();
    let day: String = date.chars().take("2021-06-28".len()).collect();
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![entry.source.as_str(), title, day, MAX_NAMESAKES])?;
    let mut items = Vec::new();
    while let Some(row) = found.next()? {
        items.extend(readable(rows::item(row))?);
    }
    Ok(items)
}
