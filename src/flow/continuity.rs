//! Checks that the store is the one that published the feeds in the folder: a database that was deleted,
//! emptied, replaced or rolled back is not a first start.
//!
//! In: the mark that the last publication left in the folder, and the store's own record. Out: a [`Break`].

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::store::{ProblemState, StoreIncident};

/// The store that published the files of a folder, and its progress then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoreMark {
    pub(super) store: String,
    pub(super) rev: i64,
}

/// The store as it was opened.
#[derive(Clone, Debug)]
pub(super) struct OpenedStore {
    pub(super) path: String,
    pub(super) mark: StoreMark,
    /// True if the store was empty.
    pub(super) is_new: bool,
}

/// Compares the store with the published files; `feeds` are the configured feeds that have files.
pub(super) fn compare_with_published(
    left: Option<&StoreMark>,
    feeds: usize,
    opened: &OpenedStore,
    at: Timestamp,
) -> Option<StoreIncident> {
    let OpenedStore { path, mark, is_new } = opened;
    let (code, text) = match left {
        _ if *is_new && (feeds > 0 || left.is_some()) => (
            "store-begun-anew",
            format!(
                "the database {path} was missing or empty, while the published folder holds {feeds} feeds of an earlier one: \
                 an empty database was begun, and stories that no source lists any more are missing from it"
            ),
        ),
        Some(left) if left.store != mark.store => (
            "store-exchanged",
            format!(
                "the database {path} is another one than published the feeds in the folder: stories may be missing or differ"
            ),
        ),
        Some(left) if left.rev > mark.rev => (
            "store-set-back",
            format!(
                "the database {path} is older than the feeds in the folder (revision {}, published was {}): stories may be \
                 missing",
                mark.rev, left.rev
            ),
        ),
        _ => return None,
    };
    Some(StoreIncident {
        at,
        code: code.to_owned(),
        text,
        action: "if that was not intended, stop tidings, put the right database in its place and start again; feeds without \
                 stories keep their old files meanwhile"
            .to_owned(),
    })
}

/// Returns the problem to report if there are feeds but no store yet.
pub(super) fn missing_store_problem(path: &Path, at: Timestamp) -> ProblemState {
    ProblemState {
        code: "store-missing".to_owned(),
        since: at,
        text: format!(
            "there is no database at {}, while the published folder holds feeds of an earlier one",
            path.display()
        ),
        action: "put the database back, or a backup of it; without one, the next run begins an empty one".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_store_that_did_not_publish_the_feeds_is_noticed() {
        let mark = |store: &str, rev| StoreMark {
            store: store.to_owned(),
            rev,
        };
        let check = |left: Option<StoreMark>, feeds, is_new, code: Option<&str>| {
            let opened = OpenedStore {
                path: "var/tidings.db".to_owned(),
                mark: mark("a", 5),
                is_new,
            };
            let found = compare_with_published(left.as_ref(), feeds, &opened, DateTime::UNIX_EPOCH);
            assert_eq!(found.map(|found| found.code).as_deref(), code);
        };
        check(None, 0, true, None);
        check(None, 3, true, Some("store-begun-anew"));
        check(Some(mark("b", 9)), 0, true, Some("store-begun-anew"));
        check(Some(mark("b", 2)), 3, false, Some("store-exchanged"));
        check(Some(mark("a", 9)), 3, false, Some("store-set-back"));
        check(Some(mark("a", 5)), 3, false, None);
        check(Some(mark("a", 4)), 3, false, None);
        // Earlier versions left no mark.
        check(None, 3, false, None);
    }
}
