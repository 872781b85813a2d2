//! The stored items that the entries of one poll may be: looked up together, before anything is written.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rusqlite::{Connection, Row, params};

use super::fault::skip_unreadable;
use super::rows;
use super::{NewItem, StoreError};
use crate::model::{Hash, IdentityKey, IdentityKind, Item, ItemId, SourceId, StoryId};
use crate::normalize::SANITIZER_VERSION;

/// Maximum number of stored items of one date and title that an entry is compared with: the newest.
const MAX_NAMESAKES: usize = 50;

/// A stored item.
#[derive(Clone)]
pub(super) struct StoredItem {
    pub(super) seq: u64,
    pub(super) item: Item,
    pub(super) story: StoryId,
    pub(super) content_hash: Hash,
    pub(super) topics: String,
    /// True if an older version normalized the item; a difference is then no correction.
    pub(super) is_outdated: bool,
    /// True if the publisher gave the item another key; only changed words are then a correction.
    pub(super) has_moved: bool,
    /// True if the item is not held back.
    pub(super) is_shown: bool,
}

/// The stored items of one source, by the keys and titles of a poll's entries.
pub(super) struct ItemLookup<'a> {
    connection: &'a Connection,
    by_key: HashMap<IdentityKey, Rc<StoredItem>>,
    /// The numbers of items by their date and title, the newest first.
    by_title: HashMap<String, Vec<u64>>,
    by_number: RefCell<HashMap<u64, Option<Rc<StoredItem>>>>,
}

impl<'a> ItemLookup<'a> {
    /// Looks up the items of `source` that the entries name by a key, and those of their dates and titles. Addresses
    /// count as keys if `with_addresses`.
    pub(super) fn for_entries(
        connection: &'a Connection,
        source: &SourceId,
        entries: &[NewItem],
        with_addresses: bool,
    ) -> Result<Self, StoreError> {
        let mut lookup = Self {
            connection,
            by_key: HashMap::new(),
            by_title: HashMap::new(),
            by_number: RefCell::default(),
        };
        let mut keys: HashMap<IdentityKind, HashSet<&str>> = HashMap::new();
        let addresses: Vec<IdentityKey> = if with_addresses {
            let addresses = entries.iter().filter_map(|entry| address_key(&entry.item));
            addresses.collect()
        } else {
            Vec::new()
        };
        let own = entries.iter().map(|entry| &entry.item.key);
        let weak = entries.iter().map(|entry| &entry.item.weak_key);
        for key in own.chain(weak.clone()).chain(&addresses) {
            keys.entry(key.kind).or_default().insert(&key.value);
        }
        for (kind, values) in keys {
            lookup.find_by_keys(source, kind, &values)?;
        }
        let titles = weak.map(|key| key.value.as_str()).collect();
        lookup.find_by_titles(source, &titles)?;
        Ok(lookup)
    }

    fn find_by_keys(
        &mut self,
        source: &SourceId,
        kind: IdentityKind,
        values: &HashSet<&str>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT identity.key AS known_as, item.* FROM identity JOIN item ON item.id = identity.item
                   WHERE identity.source = ? AND identity.kind = ? AND identity.key IN (SELECT value FROM json_each(?))";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(params![
            source.as_str(),
            kind.as_str(),
            rows::to_json(values)
        ])?;
        while let Some(row) = found.next()? {
            let key = IdentityKey {
                kind,
                value: row.get("known_as")?,
            };
            let seq = row.get("seq")?;
            if let Some(held) = self.keep_row(seq, row)? {
                self.by_key.insert(key, held);
            }
        }
        Ok(())
    }

    fn find_by_titles(
        &mut self,
        source: &SourceId,
        titles: &HashSet<&str>,
    ) -> Result<(), StoreError> {
        let sql = "SELECT weak_key, seq FROM item
                   WHERE source = ? AND weak_key IN (SELECT value FROM json_each(?)) ORDER BY seq DESC";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(params![source.as_str(), rows::to_json(titles)])?;
        while let Some(row) = found.next()? {
            let namesakes = self.by_title.entry(row.get(0)?).or_default();
            if namesakes.len() < MAX_NAMESAKES {
                namesakes.push(row.get(1)?);
            }
        }
        Ok(())
    }

    /// Returns the item of a row; `None` if it cannot be read and is to be written again.
    fn keep_row(&self, seq: u64, row: &Row<'_>) -> Result<Option<Rc<StoredItem>>, StoreError> {
        if let Some(known) = self.by_number.borrow().get(&seq) {
            return Ok(known.clone());
        }
        let held = skip_unreadable(read_stored_item(row))?.map(Rc::new);
        self.by_number.borrow_mut().insert(seq, held.clone());
        Ok(held)
    }

    /// Returns the item that has, or had, a key of one of the entries.
    pub(super) fn item_by_key(&self, key: &IdentityKey) -> Option<&Rc<StoredItem>> {
        self.by_key.get(key)
    }

    /// Returns the items of an entry's date and title, the newest first.
    pub(super) fn items_by_title(
        &self,
        weak_key: &IdentityKey,
    ) -> Result<Vec<Rc<StoredItem>>, StoreError> {
        let mut items = Vec::new();
        for seq in self.item_numbers(weak_key) {
            let sql = "SELECT * FROM item WHERE seq = ?";
            let known = self.by_number.borrow().get(seq).cloned();
            if let Some(known) = known {
                items.extend(known);
                continue;
            }
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut found = statement.query([seq])?;
            if let Some(row) = found.next()? {
                items.extend(self.keep_row(*seq, row)?);
            }
        }
        Ok(items)
    }

    /// Returns true if an item besides `held` has its date and title, which are those of an entry.
    pub(super) fn has_namesake(&self, held: &StoredItem) -> bool {
        let numbers = self.item_numbers(&held.item.weak_key);
        numbers.iter().any(|seq| *seq != held.seq)
    }

    fn item_numbers(&self, weak_key: &IdentityKey) -> &[u64] {
        self.by_title
            .get(&weak_key.value)
            .map_or(&[][..], Vec::as_slice)
    }
}

/// Returns the stored item with an id.
pub(super) fn find_by_id(
    connection: &Connection,
    id: ItemId,
) -> Result<Option<StoredItem>, StoreError> {
    let sql = "SELECT * FROM item WHERE id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([id.to_string()])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    // An item that cannot be read is written again.
    skip_unreadable(read_stored_item(row))
}

fn read_stored_item(row: &Row<'_>) -> Result<StoredItem, StoreError> {
    Ok(StoredItem {
        seq: row.get("seq")?,
        item: rows::read_item(row)?,
        story: rows::parse_column("story", &row.get::<_, String>("story")?)?,
        content_hash: rows::parse_hash("content_hash", &row.get::<_, Vec<u8>>("content_hash")?)?,
        topics: row.get("topics")?,
        is_outdated: row.get::<_, u32>("sanitizer")? != SANITIZER_VERSION,
        has_moved: false,
        is_shown: !row.get::<_, bool>("held")?,
    })
}

/// Returns the key that an item would have without a guid.
pub(super) fn address_key(item: &Item) -> Option<IdentityKey> {
    let value = item.address.as_ref()?.to_string();
    Some(IdentityKey {
        kind: IdentityKind::Address,
        value,
    })
}
