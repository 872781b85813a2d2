//! Records which items were seen under a key, in a table of fixed size that forgets its oldest entries.
//!
//! A key has one bucket of a few slots, whatever the number of items: looking up and adding cost the same at the
//! first item and at the millionth. Text in every item (boilerplate) keeps a few slots of its bucket and displaces
//! only itself.

/// Number of slots in a bucket.
const SLOTS: usize = 8;
/// Maximum number of slots that one key may take.
const OF_ONE_KEY: usize = 4;

#[derive(Clone, Copy, Default)]
struct Posting {
    key: u32,
    item: u32,
}

/// The table. Items are numbered from 1, in order of arrival.
pub(super) struct Postings {
    buckets: Vec<[Posting; SLOTS]>,
}

impl Postings {
    /// Creates a table of at least `slots` slots.
    pub(super) fn new(slots: usize) -> Self {
        let buckets = (slots / SLOTS).max(1).next_power_of_two();
        Self {
            buckets: vec![[Posting::default(); SLOTS]; buckets],
        }
    }

    fn bucket_of(&self, key: u32) -> usize {
        // The keys are hashes, but the smallest of many: their high bits are not evenly spread.
        let spread = key.wrapping_mul(0x9e37_79b1);
        (spread >> 7) as usize & (self.buckets.len() - 1)
    }

    /// Returns the items seen under `key` that have not been forgotten.
    pub(super) fn find_items(&self, key: u32) -> impl Iterator<Item = u32> + '_ {
        let bucket = self.buckets.get(self.bucket_of(key));
        let slots = bucket.into_iter().flatten();
        slots
            .filter(move |slot| slot.key == key && slot.item != 0)
            .map(|slot| slot.item)
    }

    /// Records `item` under `key`, replacing the oldest.
    pub(super) fn insert(&mut self, key: u32, item: u32) {
        let at = self.bucket_of(key);
        let Some(bucket) = self.buckets.get_mut(at) else {
            return;
        };
        let own = bucket
            .iter()
            .filter(|slot| slot.key == key && slot.item != 0);
        let crowded = own.count() >= OF_ONE_KEY;
        let replaceable = bucket.iter_mut().filter(|slot| !crowded || slot.key == key);
        if let Some(oldest) = replaceable.min_by_key(|slot| slot.item) {
            *oldest = Posting { key, item };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_place() {
        let mut postings = Postings::new(0);
        for item in 1..=20 {
            postings.insert(item, item);
        }
        let found: Vec<u32> = (1..=20)
            .flat_map(|key| postings.find_items(key).collect::<Vec<_>>())
            .collect();
        assert_eq!(found, [13, 14, 15, 16, 17, 18, 19, 20]);
    }

    #[test]
    fn what_every_item_has_drives_out_itself() {
        let mut postings = Postings::new(0);
        postings.insert(7, 1);
        for item in 2..100 {
            postings.insert(8, item);
        }
        assert_eq!(postings.find_items(7).collect::<Vec<_>>(), [1]);
        assert_eq!(postings.find_items(8).count(), OF_ONE_KEY);
    }
}
