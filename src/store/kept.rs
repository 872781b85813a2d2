//! Keeps the configuration last in force: its files' texts, without the secrets of addresses.
//!
//! In: the files of a configuration as it comes into force. Out: the same files, for a start or a command that finds
//! mistakes in those on disk. Bounded: a configuration larger than [`MAX_KEPT_BYTES`] is not kept.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::{StoreError, read_any_version, rows};
use crate::config::{self, ConfigFile, MAX_KEPT_BYTES};
use crate::model::{Hash, ListenAddress, Timestamp};

/// The fact with the hash of the kept texts.
const HASH: &str = "configuration";
/// The fact with the time when they came into force.
const SINCE: &str = "configuration_since";

/// The fact with the addresses where the last daemon serves administrators, whatever was configured since it started.
pub(super) const ADMIN: &str = "admin_listen";

/// The configuration last in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConfiguration {
    /// When it came into force.
    pub since: Timestamp,
    /// Its files, the main one first.
    pub files: Vec<ConfigFile>,
}

/// Keeps `files`, which come into force `at`, and drops the previous ones.
pub(super) fn keep_configuration(
    connection: &Connection,
    files: &[ConfigFile],
    at: Timestamp,
) -> Result<(), StoreError> {
    let files = &config::without_address_secrets(files);
    let parts = files.iter().flat_map(|file| {
        let (shown, path) = (file.shown.to_string_lossy(), file.path.to_string_lossy());
        [shown, path, file.text.as_ref().into()]
    });
    let parts: Vec<_> = parts.collect();
    let hash = Hash::digest_parts(parts.iter().map(AsRef::as_ref)).to_string();
    if rows::read_fact(connection, HASH)?.as_ref() == Some(&hash) {
        return Ok(());
    }
    connection.execute("DELETE FROM kept_file", [])?;
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    if bytes <= MAX_KEPT_BYTES {
        let sql = "INSERT INTO kept_file (position, shown, path, text) VALUES (?, ?, ?, ?)";
        let mut statement = connection.prepare_cached(sql)?;
        for (position, file) in files.iter().enumerate() {
            let (shown, path) = (bytes_of(&file.shown), bytes_of(&file.path));
            statement.execute(params![position, shown, path, file.text.as_ref()])?;
        }
    }
    rows::set_fact(connection, SINCE, &at.timestamp().to_string())?;
    rows::set_fact(connection, HASH, &hash)
}

/// Reads the configuration kept in the store at `path`; returns `None` if the store is missing or no configuration
/// was ever in force. A store of another version works too, as long as it keeps one.
///
/// # Errors
/// [`StoreError`]
pub fn kept_configuration(path: &Path) -> Result<Option<KeptConfiguration>, StoreError> {
    read_any_version(path, |connection| {
        let sql = "SELECT 1 FROM sqlite_schema WHERE name = 'kept_file'";
        if !connection.prepare_cached(sql)?.exists([])? {
            return Ok(None);
        }
        let sql = "SELECT shown, path, text FROM kept_file ORDER BY position";
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query([])?;
        let mut files = Vec::new();
        while let Some(row) = found.next()? {
            files.push(ConfigFile {
                shown: path_of(&row.get::<_, Vec<u8>>(0)?),
                path: path_of(&row.get::<_, Vec<u8>>(1)?),
                text: row.get::<_, String>(2)?.into(),
            });
        }
        let since = rows::read_fact(connection, SINCE)?;
        let since = since.and_then(|since| since.parse().ok()).unwrap_or(0);
        let since = rows::parse_instant("configuration_since", since)?;
        Ok((!files.is_empty()).then_some(KeptConfiguration { since, files }))
    })
    .map(Option::flatten)
}

/// Serializes addresses for the fact.
pub(super) fn format_places(places: &[ListenAddress]) -> String {
    rows::to_json(
        &places
            .iter()
            .map(ListenAddress::to_string)
            .collect::<Vec<_>>(),
    )
}

/// Returns the addresses where the last daemon on the store at `path` serves administrators; empty if no daemon ever
/// ran.
pub fn admin_places(path: &Path) -> Vec<ListenAddress> {
    let noted = read_any_version(path, |connection| {
        let places = rows::read_fact(connection, ADMIN)?;
        let places = places.map(|text| rows::parse_json::<Vec<String>>(ADMIN, &text));
        places.transpose()
    });
    // An unreadable store has no addresses.
    let places = noted.ok().flatten().flatten().unwrap_or_default();
    places
        .iter()
        .filter_map(|place| place.parse().ok())
        .collect()
}

fn bytes_of(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

fn path_of(bytes: &[u8]) -> PathBuf {
    OsStr::from_bytes(bytes).into()
}
