//! Counts items that are already known from other sources, for setting up a source.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::params;

use super::{StoreError, StoreReader, rows};
use crate::dedupe::LookupKeys;
use crate::model::SourceId;

/// Maximum distance between items with one address or title to count as the same, in seconds.
const NEAR: i64 = 86_400;

impl StoreReader {
    /// Returns how many of some items each source has reported too: at the same address, or under the same title on
    /// that day.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn count_carriers(
        &self,
        items: &[LookupKeys],
    ) -> Result<BTreeMap<SourceId, usize>, StoreError> {
        let sql = "SELECT DISTINCT item.source FROM found_by JOIN item ON item.seq = found_by.item
                   WHERE found_by.key = ?1 AND (?1 = ?2 OR abs(item.published_at - ?3) <= ?4)";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut counts = BTreeMap::new();
        let mut given: HashMap<u32, usize> = HashMap::new();
        for keys in items {
            *given.entry(keys.address).or_default() += 1;
        }
        for keys in items {
            let mut sources = BTreeSet::new();
            // An address shared by several of them belongs to a page.
            let is_page = given.get(&keys.address).is_some_and(|times| *times > 1);
            let telling = keys
                .lasting_keys()
                .filter(|key| !is_page || *key != keys.address);
            for key in telling {
                let mut found = statement.query(params![key, keys.address, keys.at, NEAR])?;
                while let Some(row) = found.next()? {
                    sources.insert(rows::parse_column("source", &row.get::<_, String>(0)?)?);
                }
            }
            for source in sources {
                *counts.entry(source).or_default() += 1;
            }
        }
        Ok(counts)
    }
}
