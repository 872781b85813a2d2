//! Matches the entries of one poll with the stored items of their source, and records the keys of each item.
//!
//! In: the entries of one poll, and the store as it was before the poll. Out: a [`Match`] for each. The poll is
//! examined as a whole, the strongest evidence first, so that the order of its entries changes nothing. Each item
//! matches at most one entry.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use rusqlite::{Connection, params};

use super::commit::ItemCounts;
use super::lookup::{ItemLookup, StoredItem, address_key, find_by_id};
use super::moved::{self, UnknownEntries};
use super::{NewItem, StoreError};
use crate::dedupe::{self, Fingerprint};
use crate::model::{IdentityKey, IdentityKind, Item, ItemId, SourceId};
use crate::normalize::Wording;
use crate::text::fold_text;

/// Number of guids of one item from which on a new guid carries no information.
const CHURNING: usize = 3;

/// The item that an entry of a poll belongs to.
pub(super) enum ItemMatch {
    /// A new item with this key.
    New(IdentityKey),
    /// A stored item.
    Known(Rc<StoredItem>),
    /// A stored item that another entry of the poll matches too.
    Repeated(ItemId),
    /// The new item of the entry at this place, repeated under another key.
    ToldAgain(usize),
}

impl ItemMatch {
    pub(super) fn is_new(&self) -> bool {
        matches!(self, Self::New(_))
    }
}

/// Similarity between the text of an entry and that of a stored item of its date and title, in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum TextSimilarity {
    /// The texts are about different things.
    Unlike,
    /// Too little evidence for or against.
    Unclear,
    /// Percentage of text in common.
    Alike(u8),
    /// One text is a teaser of the other.
    Holds,
    Same,
}

/// A stored item with the same date and title as an entry.
struct Namesake {
    entry: usize,
    held: Rc<StoredItem>,
    nearness: TextSimilarity,
    /// True if no other entry of the poll and no other stored item has that date and title.
    is_only: bool,
}

/// The entries of one poll while they are being matched with items.
pub(super) struct PollMatcher<'a> {
    connection: &'a Connection,
    stored: ItemLookup<'a>,
    entries: &'a [NewItem],
    matches: BTreeMap<usize, ItemMatch>,
    /// Items that an entry has claimed.
    claimed: HashSet<ItemId>,
    /// The item named by a key of an entry, by entry.
    own: HashMap<usize, ItemId>,
    /// One of the entries that name an item, by item.
    named_by: HashMap<ItemId, usize>,
    /// Number of entries by date and title.
    of_title: HashMap<&'a str, usize>,
    /// Entries whose own key now belongs to another bulletin.
    rolled: HashSet<usize>,
}

/// Matches each of `entries`, which are those of one poll. `may_have_moved` is false for a source that has never
/// delivered anything.
pub(super) fn match_entries(
    connection: &Connection,
    entries: &[NewItem],
    may_have_moved: bool,
) -> Result<Vec<ItemMatch>, StoreError> {
    let mut of_title: HashMap<&str, usize> = HashMap::new();
    for entry in entries {
        *of_title.entry(&entry.item.weak_key.value).or_default() += 1;
    }
    let Some(first) = entries.first() else {
        return Ok(Vec::new());
    };
    let source = &first.item.source;
    let mut matching = PollMatcher {
        connection,
        stored: ItemLookup::for_entries(connection, source, entries, may_have_moved)?,
        named_by: HashMap::new(),
        of_title,
        entries,
        matches: BTreeMap::new(),
        claimed: HashSet::new(),
        own: HashMap::new(),
        rolled: HashSet::new(),
    };
    matching.match_own_keys();
    matching.match_namesakes(&matching.unmatched_entries())?;
    matching.match_keys_of_others();
    let rolled: Vec<usize> = matching.rolled.iter().copied().collect();
    matching.match_namesakes(&rolled)?;
    if may_have_moved {
        matching.match_addresses();
        matching.match_moves()?;
    }
    matching.finish()
}

impl PollMatcher<'_> {
    /// Matches entries whose key and title agree with an item, if the text agrees too or its date and title are unique.
    fn match_own_keys(&mut self) {
        let mut sure = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let item = &entry.item;
            if is_weak_key(&item.key) {
                continue;
            }
            let Some(held) = self.stored.item_by_key(&item.key).cloned() else {
                continue;
            };
            self.own.insert(at, held.item.id);
            self.named_by.entry(held.item.id).or_insert(at);
            let is_sure = held.item.weak_key == item.weak_key
                && (held.item.text == item.text || !self.stored.has_namesake(&held));
            if is_sure {
                sure.push((at, held));
            }
        }
        self.claim_own(sure);
    }

    /// Claims items by the entries' own keys. If several entries match one item, the one under its first key claims
    /// it.
    fn claim_own(&mut self, mut found: Vec<(usize, Rc<StoredItem>)>) {
        found.sort_by_key(|(at, held)| {
            let entry = &self.entries[*at].item;
            (entry.key != held.item.key, entry.key.clone())
        });
        for (at, held) in found {
            let id = held.item.id;
            if !self.claim_item(at, held) {
                self.matches.insert(at, ItemMatch::Repeated(id));
            }
        }
    }

    /// Matches entries that have a new key or none to items of the same date and title, by comparing texts.
    fn match_namesakes(&mut self, entries: &[usize]) -> Result<(), StoreError> {
        let mut found = Vec::new();
        for at in entries {
            found.extend(self.find_namesakes(*at)?);
        }
        found.sort_by_key(|namesake| {
            let key = self.entries[namesake.entry].item.key.clone();
            (Reverse(namesake.nearness), namesake.held.seq, key)
        });
        for namesake in found {
            let may_be = match namesake.nearness {
                TextSimilarity::Same | TextSimilarity::Holds | TextSimilarity::Alike(_) => true,
                TextSimilarity::Unclear => namesake.is_only,
                TextSimilarity::Unlike => false,
            };
            if may_be && !self.matches.contains_key(&namesake.entry) {
                self.claim_item(namesake.entry, namesake.held);
            }
        }
        Ok(())
    }

    /// Examines entries whose key names an item with another title: either the item was edited, or the key now names
    /// another bulletin.
    fn match_keys_of_others(&mut self) {
        let mut edited = Vec::new();
        for at in self.unmatched_entries() {
            let item = &self.entries[at].item;
            if !self.own.contains_key(&at) {
                continue;
            }
            let Some(held) = self.stored.item_by_key(&item.key).cloned() else {
                continue;
            };
            let is_namesake = || {
                held.item.weak_key == item.weak_key
                    && Wording::from_item(item).is_unlike(&Wording::from_item(&held.item))
            };
            if is_rolling_key(&held, &self.entries[at]) || is_namesake() {
                self.rolled.insert(at);
            } else {
                edited.push((at, held));
            }
        }
        self.claim_own(edited);
    }

    /// Matches items by address if their guids keep changing.
    fn match_addresses(&mut self) {
        for at in self.unmatched_entries() {
            let item = &self.entries[at].item;
            let address = address_key(item).filter(|_| item.key.kind == IdentityKind::Guid);
            let Some(address) = address.filter(|_| !self.rolled.contains(&at)) else {
                continue;
            };
            let held = self.stored.item_by_key(&address).cloned();
            if let Some(held) = held.filter(|held| held.item.key.kind == IdentityKind::Guid) {
                self.claim_item(at, held);
            }
        }
    }

    /// Matches bulletins that have lost their old keys.
    fn match_moves(&mut self) -> Result<(), StoreError> {
        let unknown: Vec<usize> = self.unmatched_entries();
        let unknown: Vec<usize> = unknown
            .into_iter()
            .filter(|at| !self.rolled.contains(at))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let named = self.own.values().copied();
        let known: HashSet<ItemId> = self.claimed.iter().copied().chain(named).collect();
        let unknown = UnknownEntries {
            all: self.entries,
            places: &unknown,
            known: &known,
            by_keys: self.claimed.len(),
        };
        for (at, id) in moved::find_moved(self.connection, &unknown)? {
            if let Some(held) = find_by_id(self.connection, id)? {
                let has_moved = true;
                self.claim_item(at, Rc::new(StoredItem { has_moved, ..held }));
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<ItemMatch>, StoreError> {
        let told_again = self.pair_repeated();
        let mut taken = HashSet::new();
        let mut matches = Vec::with_capacity(self.entries.len());
        for (at, entry) in self.entries.iter().enumerate() {
            let found = match self.matches.remove(&at) {
                Some(found) => found,
                None if told_again.contains_key(&at) => ItemMatch::ToldAgain(told_again[&at]),
                None => {
                    let is_rolled = self.rolled.contains(&at);
                    ItemMatch::New(free_key(self.connection, &entry.item, is_rolled, &taken)?)
                }
            };
            if let ItemMatch::New(key) = &found {
                taken.insert(key.clone());
            }
            matches.push(found);
        }
        Ok(matches)
    }

    /// Pairs new entries that have their own keys with new entries that have none but the same content; returns
    /// places.
    fn pair_repeated(&self) -> HashMap<usize, usize> {
        let mut unknown = self.unmatched_entries();
        unknown.retain(|at| !self.rolled.contains(at));
        unknown.sort_by_key(|at| &self.entries[*at].item.key);
        let (weak, strong): (Vec<usize>, Vec<usize>) = unknown
            .into_iter()
            .partition(|at| is_weak_key(&self.entries[*at].item.key));
        let mut of_title: HashMap<&str, Vec<usize>> = HashMap::new();
        for at in weak {
            let title = &self.entries[at].item.weak_key.value;
            of_title.entry(title).or_default().push(at);
        }
        let mut told = HashMap::new();
        for at in strong {
            let item = &self.entries[at].item;
            let Some(others) = of_title.get_mut(item.weak_key.value.as_str()) else {
                continue;
            };
            let wording = Wording::from_item(item);
            let says_the_same = |other: &usize| {
                let other = &self.entries[*other].item;
                text_similarity(&wording, item, other) >= TextSimilarity::Holds
            };
            if let Some(place) = others.iter().position(says_the_same) {
                told.insert(at, others.remove(place));
            }
        }
        told
    }

    fn unmatched_entries(&self) -> Vec<usize> {
        let all = 0..self.entries.len();
        all.filter(|at| !self.matches.contains_key(at)).collect()
    }

    /// Claims an item for an entry. Returns false if another entry has claimed it.
    fn claim_item(&mut self, at: usize, held: Rc<StoredItem>) -> bool {
        let is_free = self.claimed.insert(held.item.id);
        if is_free {
            self.matches.insert(at, ItemMatch::Known(held));
        }
        is_free
    }

    /// Returns the stored items of an entry's date and title that it may match.
    fn find_namesakes(&self, at: usize) -> Result<Vec<Namesake>, StoreError> {
        let item = &self.entries[at].item;
        let weak = &item.weak_key.value;
        let mut found = self.stored.items_by_title(&item.weak_key)?;
        let known_as = self.stored.item_by_key(&item.weak_key).cloned();
        let known_as = known_as.filter(|held| found.iter().all(|other| other.seq != held.seq));
        found.extend(known_as);
        let is_alone = found.len() == 1 && self.of_title.get(weak.as_str()) == Some(&1);
        let wording = Wording::from_item(item);
        let mut namesakes = Vec::new();
        for held in found {
            if !self.may_be(at, &held)? {
                continue;
            }
            namesakes.push(Namesake {
                entry: at,
                nearness: text_similarity(&wording, item, &held.item),
                held,
                is_only: is_alone,
            });
        }
        Ok(namesakes)
    }

    /// Returns true if only its text can distinguish an entry from a stored item of its date and title.
    fn may_be(&self, at: usize, held: &StoredItem) -> Result<bool, StoreError> {
        let (item, id) = (&self.entries[at].item, held.item.id);
        let is_others = self.named_by.get(&id).is_some_and(|entry| *entry != at);
        if is_others || self.claimed.contains(&id) {
            return Ok(false);
        }
        let goes_by_text = is_weak_key(&item.key) || self.rolled.contains(&at);
        if self.own.get(&at) == Some(&id) && held.item.weak_key == item.weak_key {
            return Ok(true);
        }
        let is_known_by_weak_key =
            is_weak_key(&held.item.key) || is_known_by(self.connection, id, item)?;
        let at_its_address = held.item.address == item.address;
        if goes_by_text {
            return Ok(is_known_by_weak_key || at_its_address);
        }
        let has_other_kind = held.item.key.kind != item.key.kind && !self.own.contains_key(&at);
        let began = is_known_by_weak_key || at_its_address && has_other_kind;
        Ok(began && !is_another_item(self.connection, held, item)?)
    }
}

fn is_weak_key(key: &IdentityKey) -> bool {
    key.kind == IdentityKind::DateTitle
}

fn text_similarity(wording: &Wording, item: &Item, held: &Item) -> TextSimilarity {
    let before = Wording::from_item(held);
    if *wording == before {
        return TextSimilarity::Same;
    }
    if wording.contains(&before) || before.contains(wording) {
        return TextSimilarity::Holds;
    }
    match dedupe::overlap_percent(&item.text, &held.text) {
        Some(percent) if percent >= 50 => TextSimilarity::Alike(percent),
        _ if wording.is_unlike(&before) => TextSimilarity::Unlike,
        _ => TextSimilarity::Unclear,
    }
}

/// Returns a key for a new item such that no other item has its id.
fn free_key(
    connection: &Connection,
    item: &Item,
    is_rolled: bool,
    taken: &HashSet<IdentityKey>,
) -> Result<IdentityKey, StoreError> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM item WHERE id = ?")?;
    let mut is_free = |key: &IdentityKey| -> Result<bool, StoreError> {
        let id = ItemId::new(&item.source, key).to_string();
        Ok(!taken.contains(key) && !statement.exists([id])?)
    };
    let key = if is_rolled { &item.weak_key } else { &item.key };
    if !is_weak_key(key) || is_free(key)? {
        return Ok(key.clone());
    }
    // An item with that text existed before, and its text has changed since.
    let told = Wording::from_item(item).distinct_key(&item.weak_key.value);
    let numbered = (2_u32..).map(|number| format!("{told} {number}"));
    for value in [told.clone()].into_iter().chain(numbered) {
        let key = IdentityKey {
            kind: IdentityKind::DateTitle,
            value,
        };
        if is_free(&key)? {
            return Ok(key);
        }
    }
    unreachable!("a store holds fewer items than there are numbers")
}

/// Records another key of an item. If its guid keeps changing, records its address instead.
pub(super) fn record_other_key(
    connection: &Connection,
    new: &Item,
    held: &Item,
    counts: &mut ItemCounts,
) -> Result<(), StoreError> {
    if new.key == held.key {
        return Ok(());
    }
    let sql = "SELECT count(*), coalesce(max(key = ?3), 0) FROM identity
               WHERE item = ?1 AND kind = ?2";
    let (kind, key) = (IdentityKind::Guid, &new.key.value);
    let of_item = params![held.id.to_string(), kind.as_str(), key];
    let mut statement = connection.prepare_cached(sql)?;
    let (guids, is_known): (usize, bool) =
        statement.query_row(of_item, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let churns = new.key.kind == kind && !is_known && guids >= CHURNING;
    let Some(address) = address_key(new).filter(|_| churns) else {
        // A text that keeps being edited makes no key.
        let is_text = is_weak_key(&new.key);
        let key = if is_text { &new.weak_key } else { &new.key };
        return record_keys(connection, &new.source, key, held.id);
    };
    counts.churned += 1;
    record_keys(connection, &new.source, &address, held.id)
}

/// Records the keys of an item. A key that belongs to another item stays with that item.
pub(super) fn record_keys(
    connection: &Connection,
    source: &SourceId,
    key: &IdentityKey,
    item: ItemId,
) -> Result<(), StoreError> {
    let sql = "INSERT OR IGNORE INTO identity (source, kind, key, item) VALUES (?, ?, ?, ?)";
    let (kind, item) = (key.kind.as_str(), item.to_string());
    let row = params![source.as_str(), kind, key.value, item];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Returns true if a held item of the same weak key is known by another key of the entry's kind. Each is then one of
/// several notices with one title.
fn is_another_item(
    connection: &Connection,
    held: &StoredItem,
    item: &Item,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM identity WHERE source = ? AND kind = ? AND key <> ? AND item = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let (kind, key) = (item.key.kind.as_str(), &item.key.value);
    let other = params![item.source.as_str(), kind, key, held.item.id.to_string()];
    Ok(statement.exists(other)?)
}

/// Returns true if the date and title of an entry are a key of a held item.
fn is_known_by(connection: &Connection, held: ItemId, item: &Item) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM identity WHERE source = ? AND kind = ? AND key = ? AND item = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let key = &item.weak_key;
    let (source, kind) = (item.source.as_str(), key.kind.as_str());
    Ok(statement.exists(params![source, kind, key.value, held.to_string()])?)
}

/// Returns true if the source now uses the key of a held item for another bulletin. The same day or title rules that
/// out, and so does too little text.
fn is_rolling_key(held: &StoredItem, new: &NewItem) -> bool {
    let (before, now) = (&held.item, &new.item);
    let days = before.stated.zip(now.stated);
    let has_texts = !before.text.is_empty() && !now.text.is_empty();
    let may_be = match days.map(|(before, now)| before.at.date_naive() == now.at.date_naive()) {
        Some(is_one_day) => !is_one_day,
        None => has_texts,
    };
    may_be
        && !held.is_outdated
        && fold_text(&before.title) != fold_text(&now.title)
        && dedupe::is_another_bulletin(&Fingerprint::from_item(before), &new.fingerprint)
}
