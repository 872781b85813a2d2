//! The database file: locked by one writing process, and checked while in use.
//!
//! Two locks keep a second writer out. The lock on `….lock` shows who was first. The lock on the database itself
//! still works if somebody removes that file: it uses `flock(2)`, which does not interfere with the locks that
//! `SQLite` takes for readers.

use std::fs::{File, Metadata, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::StoreError;

/// The first bytes of every database (file format of `SQLite`, §1.3.1).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Free space that a poll may need; with less, the store is not reported as recovered.
const ROOM_BYTES: usize = 1 << 20;

/// A database that only this process writes.
#[derive(Debug)]
pub(super) struct OwnedDatabase {
    path: PathBuf,
    /// Kept open, because closing any handle of the file would release the locks of `SQLite`.
    database: File,
    device_and_inode: (u64, u64),
    _lock: File,
}

impl OwnedDatabase {
    /// Locks the database at `path`, and creates an empty file if it is missing.
    pub(super) fn acquire(path: &Path) -> Result<Self, StoreError> {
        let failed = |cause| StoreError::Open {
            path: path.to_owned(),
            cause,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let lock = lock_file(path)?;
        let database = open_file(path).map_err(failed)?;
        match database.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked_error(path, String::new())),
            Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        }
        let device_and_inode = device_and_inode(&database.metadata().map_err(failed)?);
        Ok(Self {
            path: path.to_owned(),
            database,
            device_and_inode,
            _lock: lock,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Checks that the file is still at its path, and still is a database. Costs two system calls.
    pub(super) fn check_in_place(&self) -> Result<(), StoreError> {
        let path = || self.path.clone();
        match self.path.metadata() {
            Ok(found) if device_and_inode(&found) == self.device_and_inode => {}
            Ok(_) => return Err(StoreError::Replaced { path: path() }),
            Err(cause) if cause.kind() == ErrorKind::NotFound => {
                return Err(StoreError::Removed { path: path() });
            }
            Err(cause) => {
                return Err(StoreError::Open {
                    path: path(),
                    cause,
                });
            }
        }
        self.check_beginning(&self.database)
    }

    /// Checks that the file which has replaced this one is a database.
    pub(super) fn check_successor(&self) -> Result<(), StoreError> {
        let file = File::open(&self.path).map_err(|cause| StoreError::Open {
            path: self.path.clone(),
            cause,
        })?;
        self.check_beginning(&file)
    }

    fn check_beginning(&self, file: &File) -> Result<(), StoreError> {
        let path = || self.path.clone();
        let mut begins = [0; MAGIC.len()];
        match file.read_exact_at(&mut begins, 0) {
            Ok(()) if begins == *MAGIC => Ok(()),
            Ok(()) => Err(StoreError::Emptied { path: path() }),
            Err(cause) if cause.kind() == ErrorKind::UnexpectedEof => {
                Err(StoreError::Emptied { path: path() })
            }
            Err(cause) => Err(StoreError::Open {
                path: path(),
                cause,
            }),
        }
    }

    /// Proves that the disk has room for as much as a poll may bring.
    pub(super) fn prove_room(&self) -> Result<(), StoreError> {
        let probe = self.path.with_added_extension("probe");
        let write = || {
            let mut file = File::create(&probe)?;
            file.write_all(&vec![1; ROOM_BYTES])?;
            file.sync_all()
        };
        let written = write();
        let removed = match std::fs::remove_file(&probe) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        };
        written.and(removed).map_err(|cause| StoreError::Open {
            path: self.path.clone(),
            cause,
        })
    }

    /// Returns true if space is nearly exhausted or the file system has become read-only, so that only a write can
    /// prove recovery.
    pub(super) fn is_nearly_full(&self) -> bool {
        use rustix::fs::StatVfsMountFlags;
        rustix::fs::fstatvfs(&self.database).is_ok_and(|disk| {
            let free_bytes = disk.f_bavail.saturating_mul(disk.f_frsize);
            free_bytes < ROOM_BYTES as u64 || disk.f_flag.contains(StatVfsMountFlags::RDONLY)
        })
    }
}

fn device_and_inode(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

fn open_file(path: &Path) -> io::Result<File> {
    File::options()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(path)
}

fn locked_error(path: &Path, process: String) -> StoreError {
    StoreError::Locked {
        path: path.to_owned(),
        process,
    }
}

/// Locks the file next to the database, which contains the process id for any second process to report.
fn lock_file(path: &Path) -> Result<File, StoreError> {
    let failed = |cause| StoreError::Open {
        path: path.to_owned(),
        cause,
    };
    let mut file = open_file(&path.with_added_extension("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)
                .and_then(|()| writeln!(file, "{}", std::process::id()))
                .map_err(failed)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut process = String::new();
            let read = file
                .rewind()
                .and_then(|()| file.take(32).read_to_string(&mut process));
            let process = if read.is_ok() { process.trim() } else { "" };
            Err(locked_error(path, process.to_owned()))
        }
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}
