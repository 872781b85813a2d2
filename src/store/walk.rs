//! Decides how far to walk a source's list, and returns the items that a walk already knows.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Poll, PollOutcome, StoreError, StoreReader, rows};
use crate::model::{IdentityKey, SourceId, Timestamp};

/// A poll that is later than this, and later than its own interval, follows a pause.
const PATIENCE: Duration = Duration::from_hours(1);

/// The reason for a walk, which decides how far it goes, and whether old entries may be new to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListWalk {
    /// The last poll succeeded.
    Ordinary,
    /// No poll has succeeded yet: entries from before the source was added are read too.
    First,
    /// The last poll failed: entries published in the meantime may have left the first pages.
    CatchingUp,
}

impl StoreReader {
    /// Returns how to walk the list of `source` next.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn next_walk(&self, source: &SourceId) -> Result<ListWalk, StoreError> {
        let sql = "SELECT last_success IS NULL, consecutive_failures > 0 FROM source_state WHERE source = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let row = statement.query_row([source.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(match row.optional()? {
            None | Some((true, _)) => ListWalk::First,
            Some((false, true)) => ListWalk::CatchingUp,
            Some((false, false)) => ListWalk::Ordinary,
        })
    }

    /// Returns true if `source` is polled so late at `at` that more may have been published than an ordinary poll
    /// reads: no daemon was running to poll it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn is_overdue(&self, source: &SourceId, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM source_state WHERE source = ? AND next_poll + max(interval_seconds, ?) < ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let late = PATIENCE.as_secs();
        Ok(statement.exists(params![source.as_str(), late, at.timestamp()])?)
    }

    /// Returns those of `keys` whose items existed at the end of the last successful poll. A poll that broke off
    /// half-way proves nothing about the rest of the list.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn known_keys(
        &self,
        source: &SourceId,
        keys: Vec<IdentityKey>,
    ) -> Result<HashSet<IdentityKey>, StoreError> {
        let sql = "SELECT 1 FROM identity
                   JOIN item ON item.id = identity.item
                   JOIN source_state ON source_state.source = identity.source
                   WHERE identity.source = ? AND identity.kind = ? AND identity.key = ?
                     AND item.first_rev <= source_state.walked_rev";
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut known = HashSet::new();
        for key in keys {
            if statement.exists(params![source.as_str(), key.kind.as_str(), key.value])? {
                known.insert(key);
            }
        }
        Ok(known)
    }
}

/// Records the store's revision as seen by a successful poll.
pub(super) fn write_seen_revision(connection: &Connection, poll: &Poll) -> Result<(), StoreError> {
    if !matches!(poll.outcome, PollOutcome::Read { .. }) {
        return Ok(());
    }
    let sql = "UPDATE source_state SET walked_rev = ? WHERE source = ?";
    let rev = rows::current_revision(connection)?;
    connection
        .prepare_cached(sql)?
        .execute(params![rev, poll.source.as_str()])?;
    Ok(())
}
