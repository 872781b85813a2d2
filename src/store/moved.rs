//! Looks up stored items for entries that no key identifies; [`dedupe::moved`](crate::dedupe::moved) decides whether
//! they match.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, params};

use super::fault::skip_unreadable;
use super::rows;
use super::{NewItem, StoreError};
use crate::dedupe::{self, ArrivingEntry, ItemTrace};
use crate::model::{Item, ItemId};

/// Maximum number of items of one title and day; more are notices of one kind.
const MAX_NAMESAKES: usize = 20;
/// Maximum number of a source's items whose guids and addresses are compared with those of new entries: the newest.
const MAX_TRACES: usize = 500;

/// Entries that no key identifies.
pub(super) struct UnknownEntries<'a> {
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
pub(super) fn find_moved(
    connection: &Connection,
    unknown: &UnknownEntries,
) -> Result<Vec<(usize, ItemId)>, StoreError> {
    let mut found = find_readdressed(connection, unknown)?;
    let taken: HashSet<ItemId> = found.iter().map(|(_, id)| *id).collect();
    let told: HashSet<usize> = found.iter().map(|(at, _)| *at).collect();
    let mut arrivals = Vec::new();
    let mut places = HashMap::new();
    for at in unknown.places.iter().filter(|at| !told.contains(*at)) {
        let entry = &unknown.all[*at].item;
        let mut namesakes = load_namesakes(connection, entry)?;
        namesakes.retain(|item| !unknown.known.contains(&item.id) && !taken.contains(&item.id));
        arrivals.push(ArrivingEntry { entry, namesakes });
        places.insert(entry.id, *at);
    }
    for (entry, item) in dedupe::match_moved(&arrivals, unknown.by_keys) {
        found.extend(places.get(&entry).map(|at| (*at, item)));
    }
    found.sort_unstable();
    Ok(found)
}

/// Returns entries whose guid is another version of a stored item's guid, or whose address an item had.
fn find_readdressed(
    connection: &Connection,
    unknown: &UnknownEntries,
) -> Result<Vec<(usize, ItemId)>, StoreError> {
    let Some(source) = unknown.all.first().map(|new| new.item.source.as_str()) else {
        return Ok(Vec::new());
    };
    let mut traces = load_traces(connection, source)?;
    traces.retain(|trace| !unknown.known.contains(&trace.item));
    let all: Vec<&Item> = unknown.all.iter().map(|new| &new.item).collect();
    let mut found = Vec::new();
    let mut taken = HashSet::new();
    for (at, suspects) in dedupe::find_match_candidates(&all, unknown.places, &traces) {
        let entry = &unknown.all[at];
        for suspect in suspects {
            if taken.contains(&suspect.item) {
                continue;
            }
            let Some(item) = load_item(connection, suspect.item)? else {
                continue;
            };
            if dedupe::confirms_match(suspect.by, (&entry.item, &entry.fingerprint), &item) {
                taken.insert(suspect.item);
                found.push((at, suspect.item));
                break;
            }
        }
    }
    Ok(found)
}

/// Returns the traces of a source's newest items, the newest first.
fn load_traces(connection: &Connection, source: &str) -> Result<Vec<ItemTrace>, StoreError> {
    let sql =
        "SELECT id, key_kind, key, address FROM item WHERE source = ? ORDER BY seq DESC LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![source, MAX_TRACES])?;
    let mut traces = Vec::new();
    while let Some(row) = found.next()? {
        let address: Option<String> = row.get("address")?;
        let address = address.map(|address| rows::parse_column("address", &address));
        traces.push(ItemTrace {
            item: rows::parse_column("id", &row.get::<_, String>("id")?)?,
            kind: rows::parse_identity_kind(&row.get::<_, String>("key_kind")?)?,
            key: row.get("key")?,
            address: address.transpose()?,
        });
    }
    Ok(traces)
}

/// Returns `None` for an item that cannot be read.
fn load_item(connection: &Connection, id: ItemId) -> Result<Option<Item>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT * FROM item WHERE id = ?")?;
    let mut found = statement.query([id.to_string()])?;
    let row = found.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    skip_unreadable(rows::read_item(row))
}

/// Returns the items of the entry's source with its title and its day or no day.
fn load_namesakes(connection: &Connection, entry: &Item) -> Result<Vec<Item>, StoreError> {
    let sql = "SELECT * FROM item WHERE source = ?1 AND substr(weak_key, instr(weak_key, ' ') + 1) = ?2
               AND (?3 = '' OR substr(weak_key, 1, 10) = ?3 OR weak_key LIKE ' %') ORDER BY seq DESC LIMIT ?4";
    let (date, title) = entry.weak_key.value.split_once(' ').unwrap_or_default();
    let day: String = date.chars().take("2021-06-28".len()).collect();
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params![entry.source.as_str(), title, day, MAX_NAMESAKES])?;
    let mut items = Vec::new();
    while let Some(row) = found.next()? {
        items.extend(skip_unreadable(rows::read_item(row))?);
    }
    Ok(items)
}
