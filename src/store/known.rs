//! What is known of items already, for whoever sets up a source.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use super::{Reader, StoreError, rows};
use crate::dedupe::Key;
use crate::model::SourceId;

impl Reader {
    /// How many of some items each source has reported too; an item is known by its keys.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn carriers(&self, items: &[Vec<Key>]) -> Result<BTreeMap<SourceId, usize>, StoreError> {
        let sql =
            "SELECT DISTINCT item.source FROM dedupe_key JOIN item ON item.id = dedupe_key.item
                   WHERE dedupe_key.kind = ? AND dedupe_key.hash = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut counts = BTreeMap::new();
        for keys in items {
            let mut sources = BTreeSet::new();
            for key in keys {
                let mut found = statement.query(params![key.kind.as_str(), key.hash.as_bytes()])?;
                while let Some(row) = found.next()? {
                    sources.insert(rows::parsed("source", &row.get::<_, String>(0)?)?);
                }
            }
            for source in sources {
                *counts.entry(source).or_default() += 1;
            }
        }
        Ok(counts)
    }
}
