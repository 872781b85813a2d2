//! Replaces a configuration file with its edited text, checked first, as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::{CliError, environment_variable};
use crate::config::{self, ChangedFile, Config};
use crate::model::SourceId;

/// The largest configuration file.
const MAX_BYTES: u64 = 4 << 20;

/// A file as it is, and as it will be.
pub(super) struct FileEdit {
    /// The path as shown to people.
    pub(super) shown: PathBuf,
    /// The path with symbolic links resolved, so that the links stay.
    path: PathBuf,
    pub(super) before: String,
    pub(super) after: String,
}

impl FileEdit {
    /// Reads the file at `shown`, which may not exist yet, and edits it.
    pub(super) fn new(
        shown: PathBuf,
        edit: impl FnOnce(&str) -> Result<String, config::edit::EditError>,
    ) -> Result<Self, CliError> {
        let named = |reason: &dyn std::fmt::Display| {
            CliError::Usage(format!("{} cannot be edited: {reason}", shown.display()))
        };
        let path = resolve_links(&shown).map_err(|error| named(&error))?;
        let before = read_file(&path).map_err(|error| named(&error))?;
        let after = edit(&before).map_err(|error| named(&error))?;
        Ok(Self {
            shown,
            path,
            before,
            after,
        })
    }

    /// Returns the configuration as it will be; it must contain the source `id`, read from this file.
    pub(super) fn check_config(&self, config: &Config, id: &SourceId) -> Result<Config, CliError> {
        let changed = ChangedFile {
            path: &self.path,
            text: &self.after,
        };
        let checked = config::load_changed(&config.file, &changed, &environment_variable)?;
        if checked.sources.iter().any(|source| source.id == *id) {
            return Ok(checked);
        }
        let (file, main) = (self.shown.display(), config.file.display());
        Err(CliError::Usage(format!(
            "{file} is not part of the configuration: add it to `include` of {main}"
        )))
    }

    /// Replaces the file: writes a temporary file next to it, with the same mode, then renames it.
    pub(super) fn write_file(&self) -> Result<(), CliError> {
        let failed = |cause: io::Error| {
            CliError::Failed(format!(
                "{} cannot be written: {cause}",
                self.shown.display()
            ))
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut name = std::ffi::OsString::from(".");
        name.push(self.path.file_name().unwrap_or_default());
        name.push(".new");
        let beside = folder.join(name);
        let write = || {
            let mut file = File::create(&beside)?;
            if let Ok(old) = fs::metadata(&self.path) {
                file.set_permissions(old.permissions())?;
            }
            file.write_all(self.after.as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)?;
            File::open(folder)?.sync_all()
        };
        write().map_err(|cause| {
            // The unfinished file is of no use.
            drop(fs::remove_file(&beside));
            failed(cause)
        })
    }
}

/// Resolves symbolic links, also of a file that does not exist yet.
fn resolve_links(shown: &Path) -> io::Result<PathBuf> {
    if shown.exists() {
        return shown.canonicalize();
    }
    let name = shown.file_name().unwrap_or_default();
    let folder = shown
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).canonicalize()?.join(name))
}

/// Returns a file's text; empty if the file does not exist yet.
pub(super) fn read_file(path: &Path) -> io::Result<String> {
    if !path.exists() {
        return Ok(String::new());
    }
    let mut text = String::new();
    File::open(path)?
        .take(MAX_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}
