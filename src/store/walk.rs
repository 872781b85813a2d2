//! How far a source's list is to be walked, and what a walk knows already.

use std::collections::HashSet;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Outcome, Poll, Reader, StoreError, rows};
use crate::model::{IdentityKey, SourceId, Timestamp};

/// A poll that comes later than this, and later than its own interval, comes after a pause.
const PATIENCE: Duration = Duration::from_hours(1);

/// Why the list of a source is walked: that tells how far, and whether old entries may be new to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// The last poll went well.
    Ordinary,
    /// No poll has gone well yet: entries from before we came are read too.
    First,
    /// The last poll failed: what was published meanwhile may have left the first pages.
    CatchingUp,
}

impl Reader {
    /// How the list of `source` is to be walked next.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn walk(&self, source: &SourceId) -> Result<Walk, StoreError> {
        let sql = "SELECT last_success IS NULL, consecutive_failures > 0 FROM source_state WHERE source = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let row = statement.query_row([source.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
        Ok(match row.optional()? {
            None | Some((true, _)) => Walk::First,
            Some((false, true)) => Walk::CatchingUp,
            Some((false, false)) => Walk::Ordinary,
        })
    }

    /// Whether `source` is polled so late at `at` that more than an ordinary poll brings may have been published: nobody
    /// was there to poll it.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn is_overdue(&self, source: &SourceId, at: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM source_state WHERE source = ? AND next_poll + max(interval_seconds, ?) < ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let late = PATIENCE.as_secs();
        Ok(statement.exists(params![source.as_str(), late, at.timestamp()])?)
    }

    /// Those of `keys` whose items were there at the end of the last poll that went well. What a poll brought that broke
    /// off half-way tells nothing of what comes after it in the list.
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

/// Remembers what a poll that went well saw of the store.
pub(super) fn write(connection: &Connection, poll: &Poll) -> Result<(), StoreError> {
    if !matches!(poll.outcome, Outcome::Read { .. }) {
        return Ok(());
    }
    let sql = "UPDATE source_state SET walked_rev = ? WHERE source = ?";
    let rev = rows::revision(connection)?;
    connection
        .prepare_cached(sql)?
        .execute(params![rev, poll.source.as_str()])?;
    Ok(())
}
