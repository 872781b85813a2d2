//! The configuration last in force, kept as its files' texts without the secrets of addresses.
//!
//! In: the files of a configuration as it comes into force. Out: the same files, for a start or a command that finds
//! mistakes in those on the disk. Bounded: one that is larger than [`MAX_KEPT_BYTES`] is not kept.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};

use super::{StoreError, look, rows};
use crate::config::{self, ConfigFile, MAX_KEPT_BYTES};
use crate::model::{Hash, Listen, Timestamp};

/// The fact that changes with the kept texts.
const HASH: &str = "configuration";
/// The fact since when they are in force.
const SINCE: &str = "configuration_since";

/// The fact where the last daemon answers administrators, whatever was configured since it started.
pub(super) const ADMIN: &str = "admin_listen";

/// The configuration last in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptConfiguration {
    /// Since when it is.
    pub since: Timestamp,
    /// Its files, the main one first.
    pub files: Vec<ConfigFile>,
}

/// Keeps `files`, which come into force `at`, in the place of those before them.
pub(super) fn keep(
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
    let hash = Hash::of_parts(parts.iter().map(AsRef::as_ref)).to_string();
    if rows::fact(connection, HASH)?.as_ref() == Some(&hash) {
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

/// Reads the configuration that the store at `path` keeps; `None` where there is no store, or none was ever in force. A
/// store of another version is read too, as long as it keeps one.
///
/// # Errors
/// [`StoreError`]
pub fn kept_configuration(path: &Path) -> Result<Option<KeptConfiguration>, StoreError> {
    look(path, |connection| {
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
        let since = rows::fact(connection, SINCE)?;
        let since = since.and_then(|since| since.parse().ok()).unwrap_or(0);
        let since = rows::instant("configuration_since", since)?;
        Ok((!files.is_empty()).then_some(KeptConfiguration { since, files }))
    })
    .map(Option::flatten)
}

/// Places as the fact holds them.
pub(super) fn written(places: &[Listen]) -> String {
    rows::to_json(&places.iter().map(Listen::to_string).collect::<Vec<_>>())
}

/// Returns where the last daemon on the store at `path` answers administrators; none where no daemon ever ran.
pub fn admin_places(path: &Path) -> Vec<Listen> {
    let noted = look(path, |connection| {
        let places = rows::fact(connection, ADMIN)?;
        let places = places.map(|text| rows::json::<Vec<String>>(ADMIN, &text));
        places.transpose()
    });
    // A store that cannot be read tells nothing.
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
