//! The tables and their migrations.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// One file per step, never edited once released; `user_version` counts the steps taken.
const MIGRATIONS: [&str; 19] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_regions.sql"),
    include_str!("migrations/0003_drift.sql"),
    include_str!("migrations/0004_details.sql"),
    include_str!("migrations/0005_decisions.sql"),
    include_str!("migrations/0006_fingerprints.sql"),
    include_str!("migrations/0007_topics.sql"),
    include_str!("migrations/0008_trust.sql"),
    include_str!("migrations/0009_layouts.sql"),
    include_str!("migrations/0010_event.sql"),
    include_str!("migrations/0011_recent.sql"),
    include_str!("migrations/0012_links.sql"),
    include_str!("migrations/0013_images.sql"),
    include_str!("migrations/0014_languages.sql"),
    include_str!("migrations/0015_rounds.sql"),
    include_str!("migrations/0016_secrets.sql"),
    include_str!("migrations/0017_kept.sql"),
    include_str!("migrations/0018_withheld.sql"),
    include_str!("migrations/0019_due_tokens.sql"),
];
#[expect(clippy::cast_possible_wrap, reason = "a handful")]
const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Takes the missing steps, all or none.
pub(super) fn migrate_store(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let taken = read_version(connection, path)?;
    if taken == KNOWN {
        return Ok(());
    }
    // A step may delete secrets, which must not stay in the free pages.
    connection.pragma_update(None, "secure_delete", "on")?;
    let transaction = connection.transaction()?;
    for step in MIGRATIONS.iter().skip(usize::try_from(taken).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", KNOWN)?;
    Ok(transaction.commit()?)
}

/// Refuses a store that this version cannot read; a file without tables is not a store yet.
pub(super) fn check_version(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match read_version(connection, path)? {
        0 | KNOWN => Ok(()),
        _ => Err(StoreError::Older {
            path: path.to_owned(),
        }),
    }
}

/// Returns true if the database has tables.
pub(super) fn has_tables(connection: &Connection) -> Result<bool, StoreError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(version > 0)
}

fn read_version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > KNOWN {
        Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: KNOWN,
        })
    } else {
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use crate::store::{Store, StoreReader, inspect_store};

    #[test]
    fn a_store_that_was_only_begun_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.db");
        let look = || inspect_store(&path, StoreReader::source_states).unwrap();
        assert_eq!(look(), None);
        File::create(&path).unwrap();
        assert_eq!(look(), None);
        drop(Store::open(&path).unwrap());
        assert_eq!(look(), Some(std::collections::BTreeMap::new()));
    }
}
