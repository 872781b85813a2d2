//! Looks up stored items for entries that no key identifies; [`dedupe::moved`](crate::dedupe::moved) decides whether
//! they match.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};

use super::fault::readable;
use super::rows;
use super::{NewItem, StoreError};
use crate::dedupe::{self, Arrival, Trace};
use crate::model::{Item, ItemId};

/// Maximum number of items of one title and day; more are notices of one kind.
const MAX_NAMESAKES: usize = 20;
/// Maximum number of a source's items whose guids and addresses are compared with those of new entries: the newest.
const MAX_TRACES: usize = 500;

/// Entries that no key identifies.
pub(super) struct Unknown<'a> {
    /// All entries of the poll.
    pub(super) all: &'a [NewItem],
    /// Places of the unidentified entries.
    pub(super) places: &'a [usize],
    /// Items that other entries of the poll match, or name by a key.
    pub(super) known: &'a HashSet<ItemId>,
    /// Number of entries identified by their keys.
    pub(super) by_keys: usize,
}

/// Returns the stored items of entries, by place, that exist under keys which the poll does not give. Call it before
/// the first of the entries is written.
pub(super) fn find(
    connection: &Connection,
    unknown: &Unknown,
) -> Result<Vec<(usize, ItemId)>, StoreError> {
    let mut found = readdressed(connection, unknown)?;
    let taken: HashSet<ItemId> = found.iter().map(|(_, id)| *id).collect();
    let told: HashSet<usize> = found.iter().map(|(at, _)| *at).collect();
    let mut arrivals = Vec::new();
    let mut places = HashMap::new();
    for at in unknown.places.iter().filter(|at| !told.contains(*at)) {
        let entry = &unknown.all[*at].item;
        let mut namesakes = namesakes(connection, entry)?;
        namesakes.retain(|item| !unknown.known.contains(&item.id) && !taken.contains(&item.id));
        arrivals.push(Arrival { entry, namesakes });
        places.insert(entry.id, *at);
    }
    for (entry, item) in dedupe::moved(&arrivals, unknown.by_keys) {
        found.extend(places.get(&entry).map(|at| (*at, item)));
    }
    found.sort_unstable();
    Ok(found)
}

/// Returns entries whose guid is another version of a stored item's guid, or whose address an item had.
fn readdressed(
    connection: &Connection,
    unknown: &Unknown,
) -> Result<Vec<(usize, ItemId)>, StoreError> {
    let Some(source) = unknown.all.first().map(|new| new.item.source.as_str()) else {
        return Ok(Vec::new());
    };
    let mut traces = traces(connection, source)?;
    traces.retain(|trace| !unknown.known.contains(&trace.item));
    let all: Vec<&Item> = unknown.all.iter().map(|new| &new.item).collect();
    let mut found = Vec::new();
    let mut taken = HashSet::new();
    for (at, suspects) in dedupe::suspects(&all, unknown.places, &traces) {
        let entry = &unknown.all[at];
        for suspect in suspects {
            if taken.contains(&suspect.item) {
                continue;
            }
            let Some(item) = item(connection, suspect.item)? else {
                continue;
            };
            if dedupe::confirms(suspect.by, (&entry.item, &entry.fingerprint), &item) {
                taken.insert(suspect.item);
                found.push((at, suspect.item));
                break;
            }
        }
    }
    Ok(found)
}

/// Returns the traces of a source's newest items, the newest first.
fn traces(connection: &Connection, source: &str) -> Result<Vec<Trace>, StoreError> {
    let sql =
        "SELECT id, key_kind, key, address FROM item WHERE source = ? ORDER BY seq DESC LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![source, MAX_TRACES])?;
    let mut traces = Vec::new();
    while let Some(row) = found.next()? {
        let address: Option<String> = row.get("address")?;
        let address = address.map(|address| rows::parsed("address", &address));
        traces.push(Trace {
            item: rows::parsed("id", &row.get::<_, String>("id")?)?,
            kind: rows::identity_kind(&row.get::<_, String>("key_kind")?)?,
            key: row.get("key")?,
            address: address.transpose()?,
        });
    }
    Ok(traces)
}

/// Returns `None` for an item that cannot be read.
fn item(connection: &Connection, id: ItemId) -> Result<Option<Item>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM item WHERE id = ?")?;
    let mut found = statement.query([id.to_string()])?;
    let row = found.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    readable(rows::item(row))
}

/// Returns the items of the entry's source with its title and its day or no day.
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
