//! Reasons why a store as a whole cannot be read or written: the disk, the file, another program.
//!
//! In: a [`StoreError`]. Out: its [`StoreFault`], with a short name and what to do; nothing for an error of one
//! job or one row.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Error as Sqlite, ErrorCode};

use super::StoreError;

/// The reason why nothing can be stored or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreFault {
    /// No space is left, or a quota is used up.
    DiskFull,
    /// The file system or the file is read-only.
    ReadOnly,
    /// Another program holds the database.
    Locked,
    /// The file is no longer a database.
    Damaged,
    /// The file was removed while it was in use.
    Removed,
    /// Another file has replaced it.
    Replaced,
    /// The disk or the folder fails in some other way.
    Failing,
}

impl StoreFault {
    /// Returns the fault's short name.
    pub fn code(self) -> &'static str {
        match self {
            Self::DiskFull => "disk-full",
            Self::ReadOnly => "read-only",
            Self::Locked => "locked",
            Self::Damaged => "damaged",
            Self::Removed => "removed",
            Self::Replaced => "replaced",
            Self::Failing => "failing",
        }
    }

    /// Returns the suggested remedy.
    pub fn action(self) -> &'static str {
        match self {
            Self::DiskFull => "free some space there; tidings goes on by itself",
            Self::ReadOnly => {
                "make it writable for the user that tidings runs as; tidings goes on by itself"
            }
            Self::Locked => {
                "find the program that holds it (`fuser -v FILE`) and end it; tidings goes on by itself"
            }
            Self::Damaged => {
                "stop tidings, move the database away with its `-wal` and `-shm`, and put a backup in its place; without a \
                 backup, tidings begins an empty one"
            }
            Self::Removed => {
                "put the file back, or restart tidings: it then begins an empty database"
            }
            Self::Replaced => "tidings opens the new file by itself; if it stays, restart tidings",
            Self::Failing => "look at the disk and at `url` in `[store]`",
        }
    }

    /// Returns the fault that corresponds to a system error.
    pub(crate) fn from_system(cause: &io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::DiskFull,
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly,
            _ => Self::Failing,
        }
    }

    fn from_database(cause: &Sqlite) -> Option<Self> {
        match cause.sqlite_error_code()? {
            ErrorCode::DiskFull => Some(Self::DiskFull),
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Some(Self::ReadOnly),
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed => Some(Self::Locked),
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Self::Damaged),
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::NoLargeFileSupport => {
                Some(Self::Failing)
            }
            _ => None,
        }
    }
}

impl StoreError {
    /// Returns the fault of the whole store; `None` for an error of one job or one row.
    pub fn fault(&self) -> Option<StoreFault> {
        match self {
            Self::Open { cause, .. } => Some(StoreFault::from_system(cause)),
            Self::Unusable { fault, .. } => Some(*fault),
            Self::Damaged { .. } | Self::Emptied { .. } => Some(StoreFault::Damaged),
            Self::Removed { .. } => Some(StoreFault::Removed),
            Self::Replaced { .. } => Some(StoreFault::Replaced),
            Self::Sqlite(cause) => StoreFault::from_database(cause),
            Self::NotDurable(cause) => cause.fault(),
            Self::Locked { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Row { .. }
            | Self::Decision(_)
            | Self::Forget(_)
            | Self::Panicked
            | Self::Stopped => None,
        }
    }

    /// Names the database in an error that concerns all of it.
    #[must_use]
    pub fn with_path(self, path: &Path) -> Self {
        let path = path.to_owned();
        match self {
            Self::Sqlite(cause) => match StoreFault::from_database(&cause) {
                Some(StoreFault::Damaged) => Self::Damaged { path, cause },
                Some(fault) => Self::Unusable { path, fault, cause },
                None => Self::Sqlite(cause),
            },
            Self::NotDurable(cause) => match Arc::try_unwrap(cause) {
                Ok(cause) => Self::NotDurable(Arc::new(cause.with_path(&path))),
                Err(shared) => Self::NotDurable(shared),
            },
            other => other,
        }
    }

    /// Returns true if only one row could not be read and nothing suggests that the database is damaged.
    pub(super) fn is_row_error(&self) -> bool {
        match self {
            Self::Row { .. } => true,
            Self::Sqlite(cause) => matches!(
                cause,
                Sqlite::FromSqlConversionFailure(..)
                    | Sqlite::IntegralValueOutOfRange(..)
                    | Sqlite::InvalidColumnType(..)
                    | Sqlite::Utf8Error(..)
                    | Sqlite::QueryReturnedNoRows
            ),
            _ => false,
        }
    }
}

/// Returns `None` for an unreadable row, so that it affects nothing else.
///
/// # Errors
/// Any other [`StoreError`].
pub(super) fn skip_unreadable<T>(read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.is_row_error() => {
            tracing::debug!("a row cannot be read and is left out: {error}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
