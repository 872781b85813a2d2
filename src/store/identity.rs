//! Which of the stored items of its source an entry of a poll is, and under which keys that is remembered.

use rusqlite::params;

use super::commit::{Change, Counts};
use super::moved;
use super::rows;
use super::{NewItem, StoreError};
use crate::dedupe::{self, Fingerprint};
use crate::model::{Hash, IdentityKey, IdentityKind, Item, ItemId, SourceId, StoryId};
use crate::normalize::{SANITIZER_VERSION, folded};

/// Guids of one item from which on a new one says nothing.
const CHURNING: usize = 3;

/// An item as it is held.
pub(super) struct Held {
    pub(super) seq: u64,
    pub(super) item: Item,
    pub(super) story: StoryId,
    pub(super) content_hash: Hash,
    pub(super) topics: String,
    /// An older version normalized it, or its publisher gave it another key: nobody corrected it.
    pub(super) is_reread: bool,
    /// Its story is shown, as far as it is concerned.
    pub(super) is_shown: bool,
}

impl Change<'_> {
    /// Remembers another key of an item; of one whose guid is a new one again and again its address instead.
    pub(super) fn recognize(
        &self,
        new: &Item,
        held: &Item,
        counts: &mut Counts,
    ) -> Result<(), StoreError> {
        if new.key == held.key {
            return Ok(());
        }
        let sql = "SELECT count(*), coalesce(max(key = ?3), 0) FROM identity
                   WHERE item = ?1 AND kind = ?2";
        let (kind, key) = (IdentityKind::Guid, &new.key.value);
        let of_item = params![held.id.to_string(), kind.as_str(), key];
        let mut statement = self.connection().prepare_cached(sql)?;
        let (guids, is_known): (usize, bool) =
            statement.query_row(of_item, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let churns = new.key.kind == kind && !is_known && guids >= CHURNING;
        let Some(address) = address_key(new).filter(|_| churns) else {
            return self.identify(&new.source, &new.key, held.id);
        };
        counts.churned += 1;
        self.identify(&new.source, &address, held.id)
    }

    /// The item at the entry's address, where its guids are new ones again and again.
    fn held_at_address(&self, item: &Item) -> Result<Option<Held>, StoreError> {
        let Some(address) = address_key(item).filter(|_| item.key.kind == IdentityKind::Guid)
        else {
            return Ok(None);
        };
        let held = self.held_by(&item.source, &address)?;
        Ok(held.filter(|held| held.item.key.kind == IdentityKind::Guid))
    }

    /// By its key, unless that has become another entry's: one known by its weak key stood beside others under its guid
    /// or address.
    pub(super) fn held(&mut self, item: &Item) -> Result<Option<Held>, StoreError> {
        let by_key = self.held_by(&item.source, &item.key)?;
        if by_key
            .as_ref()
            .is_some_and(|held| held.item.weak_key == item.weak_key)
        {
            return Ok(by_key);
        }
        if let Some(held) = self.held_by(&item.source, &item.weak_key)?
            && !self.is_another(&held, item)?
        {
            return Ok(Some(held));
        }
        if by_key.is_some() {
            return Ok(by_key);
        }
        match self.held_otherwise(item)? {
            Some(held) if !self.is_another(&held, item)? => Ok(Some(held)),
            _ => match self.held_at_address(item)? {
                Some(held) => Ok(Some(held)),
                None => self.held_elsewhere(item),
            },
        }
    }

    /// The same bulletin under a key that it has lost.
    fn held_elsewhere(&mut self, item: &Item) -> Result<Option<Held>, StoreError> {
        if self.moved.is_none() {
            self.moved = Some(moved::find(self.connection(), self.items)?);
        }
        let was = self.moved.as_ref().and_then(|moved| moved.get(&item.id));
        let Some(was) = was else { return Ok(None) };
        let held = self.find("SELECT * FROM item WHERE id = ?", [was.to_string()])?;
        Ok(held.map(|held| Held {
            is_reread: true,
            ..held
        }))
    }

    /// Whether a held item of the same weak key is known by another key of the item's kind: then each is one of several
    /// notices of one title.
    fn is_another(&self, held: &Held, item: &Item) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM identity WHERE source = ? AND kind = ? AND key <> ? AND item = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let (kind, key) = (item.key.kind.as_str(), &item.key.value);
        let other = params![item.source.as_str(), kind, key, held.item.id.to_string()];
        Ok(item.key != item.weak_key && statement.exists(other)?)
    }

    pub(super) fn held_by(
        &self,
        source: &SourceId,
        key: &IdentityKey,
    ) -> Result<Option<Held>, StoreError> {
        let sql = "SELECT item.* FROM identity JOIN item ON item.id = identity.item
                   WHERE identity.source = ? AND identity.kind = ? AND identity.key = ?";
        self.find(sql, params![source.as_str(), key.kind.as_str(), key.value])
    }

    /// The same date, title and address under a key of another kind: alone in its document it went by the address that
    /// another entry shares now, or the publisher has begun to give guids.
    fn held_otherwise(&self, item: &Item) -> Result<Option<Held>, StoreError> {
        let sql = "SELECT * FROM item
                   WHERE source = ? AND weak_key = ? AND key_kind <> ? AND address IS ? ORDER BY seq LIMIT 1";
        let address = item.address.as_ref().map(url::Url::as_str);
        let (source, kind) = (item.source.as_str(), item.key.kind.as_str());
        self.find(sql, params![source, item.weak_key.value, kind, address])
    }

    fn find(&self, sql: &str, bound: impl rusqlite::Params) -> Result<Option<Held>, StoreError> {
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut found = statement.query(bound)?;
        let Some(row) = found.next()? else {
            return Ok(None);
        };
        Ok(Some(Held {
            seq: row.get("seq")?,
            item: rows::item(row)?,
            story: rows::parsed("story", &row.get::<_, String>("story")?)?,
            content_hash: rows::hash("content_hash", &row.get::<_, Vec<u8>>("content_hash")?)?,
            topics: row.get("topics")?,
            is_reread: row.get::<_, u32>("sanitizer")? != SANITIZER_VERSION,
            is_shown: !row.get::<_, bool>("held")?,
        }))
    }

    /// Remembers what an item is known by; a key that is another item's stays that one's.
    pub(super) fn identify(
        &self,
        source: &SourceId,
        key: &IdentityKey,
        item: ItemId,
    ) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO identity (source, kind, key, item) VALUES (?, ?, ?, ?)";
        let (kind, item) = (key.kind.as_str(), item.to_string());
        self.connection().prepare_cached(sql)?.execute(params![
            source.as_str(),
            kind,
            key.value,
            item
        ])?;
        Ok(())
    }
}

/// Whether what its source gives under the key of a held item is another bulletin. One day or one title says it is not;
/// so does a lack of words.
pub(super) fn rolls(held: &Held, new: &NewItem) -> bool {
    let (before, now) = (&held.item, &new.item);
    let days = before.stated.zip(now.stated);
    let has_texts = !before.text.is_empty() && !now.text.is_empty();
    let may_be = match days.map(|(before, now)| before.at.date_naive() == now.at.date_naive()) {
        Some(is_one_day) => !is_one_day,
        None => has_texts,
    };
    may_be
        && !held.is_reread
        && folded(&before.title) != folded(&now.title)
        && dedupe::is_another(&Fingerprint::of_item(before), &new.fingerprint)
}

/// The key that an item would have without a guid.
fn address_key(item: &Item) -> Option<IdentityKey> {
    let value = item.address.as_ref()?.to_string();
    Some(IdentityKey {
        kind: IdentityKind::Address,
        value,
    })
}
