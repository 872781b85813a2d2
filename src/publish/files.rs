//! The published folder, whose files are always whole.
//!
//! In: [`File`]s. Out: the names of those that changed.
//!
//! A batch is written to a hidden folder next to the files, synced once, renamed into place, and the folders
//! synced. A reader, and a machine that loses power, thus finds each file either old or new. Files may be one
//! folder deep, as the branches of a topic are; such a folder is created with its first file and removed with
//! its last one. IO.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::PublishedFile;

/// The folder in which a batch is written before it is renamed. It is inside the published folder, because a
/// rename cannot cross file systems. It is emptied whenever it is found, so nobody else may use its name.
const STAGING: &str = ".tidings";
/// The file that names the store that published the files. It is hidden, so that no server offers it.
const MARK: &str = ".tidings-store";
/// The size limit for reading a mark: a foreign file of that name may be larger.
const MAX_MARK_BYTES: u64 = 1 << 10;

/// The reasons why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The system refused an operation.
    #[error("could not {action} `{path}`: {hint}")]
    Io {
        /// The operation.
        action: &'static str,
        /// Its path.
        path: PathBuf,
        /// The remedy.
        hint: &'static str,
        /// The system's error.
        #[source]
        cause: io::Error,
    },
    /// A name that is not one of ours.
    #[error("`{0}` is no name of a published file")]
    Name(String),
}

impl PublishError {
    /// Returns the error's short name.
    pub fn code(&self) -> &'static str {
        let Self::Io { cause, .. } = self else {
            return "internal";
        };
        match cause.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => "disk-full",
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => "read-only",
            _ => "failing",
        }
    }

    fn from_io(action: &'static str, path: &Path, cause: io::Error) -> Self {
        let hint = match cause.kind() {
            io::ErrorKind::PermissionDenied => {
                "let the user that tidings runs as write there, or set another `dir` in `[publish]`"
            }
            io::ErrorKind::ReadOnlyFilesystem => {
                "the file system is read-only; set another `dir` in `[publish]`"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space there",
            io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists => {
                "something else stands in its place; move it, or set another `dir` in `[publish]`"
            }
            _ => "look at `dir` in `[publish]`",
        };
        let path = path.to_owned();
        Self::Io {
            action,
            path,
            hint,
            cause,
        }
    }
}

/// The published folder.
#[derive(Debug)]
pub struct PublishedFolder {
    dir: PathBuf,
}

impl PublishedFolder {
    /// Opens `dir`, creates it if it is missing, and removes unfinished files of a killed run.
    ///
    /// # Errors
    /// [`PublishError::Io`] if the folder cannot be written.
    pub fn open(dir: &Path) -> Result<Self, PublishError> {
        let at = |action, path| move |cause| PublishError::from_io(action, path, cause);
        fs::create_dir_all(dir).map_err(at("create", dir))?;
        let staging = dir.join(STAGING);
        match fs::read_dir(&staging) {
            // An existing folder is left alone: a run that publishes nothing changes nothing, not even the
            // folder.
            Ok(leftovers) => {
                for leftover in leftovers {
                    let removed = leftover.and_then(|leftover| fs::remove_file(leftover.path()));
                    removed.map_err(at("empty", &staging))?;
                }
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                // This also proves that the folder can be written to.
                fs::create_dir(&staging).map_err(at("write to", dir))?;
            }
            Err(cause) => return Err(PublishError::from_io("empty", &staging, cause)),
        }
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    /// Returns `dir` as it is, for reading: nothing is created or removed.
    pub fn for_reading(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// Puts `files` in place, each whole, and returns the names of those that changed. A file that already has
    /// the same bytes is not touched.
    ///
    /// # Errors
    /// [`PublishError`]; some files may then be new and others still old.
    pub fn replace_files(&self, files: &[PublishedFile]) -> Result<Vec<String>, PublishError> {
        let mut changed = Vec::new();
        for file in files {
            let path = self.file_path(&file.name)?;
            if !holds_bytes(&path, &file.bytes) {
                // A number, because names of sub-folders do not exist in the staging folder.
                let staged = self.dir.join(STAGING).join(changed.len().to_string());
                changed.push((file, staged, path));
            }
        }
        if !changed.is_empty() {
            self.stage_batch(changed.iter().map(|(file, staged, _)| (*file, &**staged)))?;
        }
        for folder in self.sub_folders(changed.iter().map(|(file, ..)| &*file.name)) {
            create_folder(&folder)
                .map_err(|cause| PublishError::from_io("create", &folder, cause))?;
        }
        for (_, staged, path) in &changed {
            fs::rename(staged, path)
                .map_err(|cause| PublishError::from_io("replace", path, cause))?;
        }
        // Even if nothing changed: an earlier run may have been killed between its renames and the sync.
        for folder in self.sub_folders(files.iter().map(|file| &*file.name)) {
            sync_names(&folder)?;
        }
        sync_names(&self.dir)?;
        let names = changed.into_iter().map(|(file, ..)| file.name.clone());
        Ok(names.collect())
    }

    /// Removes files of feeds that no longer exist, and sub-folders that contained nothing else. Returns the
    /// names of the files that existed.
    ///
    /// # Errors
    /// [`PublishError`]; some files may then be gone and others not.
    pub fn remove_files(&self, names: &[String]) -> Result<Vec<String>, PublishError> {
        let mut removed = Vec::new();
        for name in names {
            let path = self.file_path(name)?;
            match fs::remove_file(&path) {
                Ok(()) => removed.push(name.clone()),
                Err(cause) if is_missing(&cause) => {}
                Err(cause) => return Err(PublishError::from_io("remove", &path, cause)),
            }
        }
        for folder in self.sub_folders(names.iter().map(|name| &**name)) {
            match fs::remove_dir(&folder) {
                Ok(()) => {}
                Err(cause) if is_missing(&cause) => {}
                Err(cause) if cause.kind() == io::ErrorKind::DirectoryNotEmpty => {
                    sync_names(&folder)?;
                }
                Err(cause) => return Err(PublishError::from_io("remove", &folder, cause)),
            }
        }
        sync_names(&self.dir)?;
        Ok(removed)
    }

    /// Returns the mark that the last publication left; `None` if it is missing or cannot be read.
    pub fn read_mark(&self) -> Option<String> {
        let mut text = String::new();
        let file = fs::File::open(self.dir.join(MARK)).ok()?;
        file.take(MAX_MARK_BYTES).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// Replaces the mark.
    ///
    /// # Errors
    /// [`PublishError::Io`]; the old mark stays.
    pub fn write_mark(&self, text: &str) -> Result<(), PublishError> {
        let (staged, path) = (self.dir.join(STAGING).join("mark"), self.dir.join(MARK));
        write_file(&staged, text.as_bytes())
            .and_then(|()| fs::rename(&staged, &path))
            .map_err(|cause| PublishError::from_io("write", &path, cause))
    }

    /// Returns true if a file of this name exists.
    pub fn has_file(&self, name: &str) -> bool {
        self.file_path(name).is_ok_and(|path| path.is_file())
    }

    /// Returns the path of a published file. Its name consists of one or two visible components, so that it can
    /// neither leave the folder nor collide with staged files.
    fn file_path(&self, name: &str) -> Result<PathBuf, PublishError> {
        let visible = |part: &str| !part.is_empty() && !part.starts_with('.');
        let parts = name.split('/');
        if parts.clone().count() <= 2
            && parts.clone().all(visible)
            && !name.contains(['\\', ':', '\0'])
        {
            return Ok(self.dir.join(name));
        }
        Err(PublishError::Name(name.to_owned()))
    }

    /// Returns the sub-folders of files with these names, each once.
    fn sub_folders<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<PathBuf> {
        let folders: BTreeSet<&str> = names
            .filter_map(|name| Some(name.split_once('/')?.0))
            .collect();
        folders
            .into_iter()
            .map(|name| self.dir.join(name))
            .collect()
    }

    /// Writes a batch to the staging folder and makes it durable.
    fn stage_batch<'a>(
        &self,
        batch: impl Iterator<Item = (&'a PublishedFile, &'a Path)>,
    ) -> Result<(), PublishError> {
        let staging = self.dir.join(STAGING);
        // The staging folder may have been removed since the start.
        fs::create_dir_all(&staging)
            .map_err(|cause| PublishError::from_io("create", &staging, cause))?;
        for (file, path) in batch {
            write_file(path, &file.bytes)
                .map_err(|cause| PublishError::from_io("write", path, cause))?;
        }
        self.sync_contents()
    }

    /// Makes the staged files durable with one call for the whole batch.
    #[cfg(target_os = "linux")]
    fn sync_contents(&self) -> Result<(), PublishError> {
        let synced = fs::File::open(&self.dir).and_then(|dir| Ok(rustix::fs::syncfs(dir)?));
        synced.map_err(|cause| PublishError::from_io("sync", &self.dir, cause))
    }

    /// Makes the staged files durable.
    #[cfg(not(target_os = "linux"))]
    fn sync_contents(&self) -> Result<(), PublishError> {
        let sync = || {
            fs::read_dir(self.dir.join(STAGING))?
                .try_for_each(|staged| fs::File::open(staged?.path())?.sync_all())
        };
        sync().map_err(|cause| PublishError::io("sync", &self.dir, cause))
    }
}

/// Makes renames and removals in a folder durable.
fn sync_names(folder: &Path) -> Result<(), PublishError> {
    let synced = fs::File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|cause| PublishError::from_io("sync", folder, cause))
}

/// Creates a sub-folder if it is missing.
fn create_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        created => created,
    }
}

/// Returns true if the file or its sub-folder did not exist.
fn is_missing(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::File::create(path)?.write_all(bytes)
}

/// Returns true if a file contains exactly `bytes`. One that cannot be read does not: the attempt to replace it
/// will report why.
fn holds_bytes(path: &Path, bytes: &[u8]) -> bool {
    let read = || {
        let file = fs::File::open(path)?;
        let length = bytes.len() as u64;
        if file.metadata()?.len() != length {
            return Ok(false);
        }
        let mut held = Vec::with_capacity(bytes.len());
        // One byte more than expected, for a file that grows meanwhile.
        file.take(length + 1).read_to_end(&mut held)?;
        io::Result::Ok(held == bytes)
    };
    read().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &str) -> PublishedFile {
        PublishedFile {
            name: name.to_owned(),
            bytes: bytes.into(),
        }
    }

    fn text(mut file: fs::File) -> String {
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn only_what_changed_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PublishedFolder::open(&dir.path().join("new/feeds")).unwrap();
        let path = |name: &str| dir.path().join("new/feeds").join(name);
        let first = [file("a.rss", "one"), file("b.rss", "two")];
        assert_eq!(folder.replace_files(&first).unwrap(), ["a.rss", "b.rss"]);
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        for name in ["a.rss", "b.rss"] {
            let opened = fs::File::options().write(true).open(path(name)).unwrap();
            opened.set_modified(long_ago).unwrap();
        }

        // The same length, so that the bytes decide.
        let second = [file("a.rss", "one"), file("b.rss", "TWO")];
        assert_eq!(folder.replace_files(&second).unwrap(), ["b.rss"]);
        let modified = |name: &str| fs::metadata(path(name)).unwrap().modified().unwrap();
        assert_eq!(modified("a.rss"), long_ago);
        assert_ne!(modified("b.rss"), long_ago);
        assert_eq!(text(fs::File::open(path("b.rss")).unwrap()), "TWO");
        assert_eq!(fs::read_dir(path(STAGING)).unwrap().count(), 0);
    }

    #[test]
    fn a_reader_sees_whole_files() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PublishedFolder::open(dir.path()).unwrap();
        let old = "old ".repeat(10_000);
        folder.replace_files(&[file("a.rss", &old)]).unwrap();
        let reading = fs::File::open(dir.path().join("a.rss")).unwrap();
        folder.replace_files(&[file("a.rss", "new")]).unwrap();
        assert_eq!(text(reading), old);
        assert_eq!(
            text(fs::File::open(dir.path().join("a.rss")).unwrap()),
            "new"
        );
    }

    #[test]
    fn leftovers_of_a_killed_run_go() {
        let dir = tempfile::tempdir().unwrap();
        let staged = dir.path().join(STAGING).join("a.rss");
        fs::create_dir(staged.parent().unwrap()).unwrap();
        fs::write(&staged, "half").unwrap();
        fs::write(dir.path().join("a.rss"), "whole").unwrap();
        // Its files had not been written yet.
        fs::create_dir(dir.path().join("a")).unwrap();
        let folder = PublishedFolder::open(dir.path()).unwrap();
        assert!(!staged.exists());
        assert!(folder.has_file("a.rss"));
        assert_eq!(
            folder.replace_files(&[file("a/mx.rss", "x")]).unwrap(),
            ["a/mx.rss"]
        );
    }

    #[test]
    fn what_others_keep_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let theirs = dir.path().join(".tmp/upload");
        fs::create_dir(theirs.parent().unwrap()).unwrap();
        fs::write(&theirs, "half").unwrap();
        PublishedFolder::open(dir.path()).unwrap();
        assert!(theirs.exists());
    }

    #[test]
    fn a_folder_wiped_meanwhile_is_filled_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("feeds");
        let folder = PublishedFolder::open(&path).unwrap();
        let files = [file("a.rss", "one")];
        folder.replace_files(&files).unwrap();
        fs::remove_dir_all(&path).unwrap();
        assert_eq!(folder.replace_files(&files).unwrap(), ["a.rss"]);
    }

    #[test]
    fn removed_files_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PublishedFolder::open(dir.path()).unwrap();
        folder.replace_files(&[file("a.rss", "one")]).unwrap();
        let names = ["a.rss", "b.rss"].map(str::to_owned);
        assert_eq!(folder.remove_files(&names).unwrap(), ["a.rss"]);
        assert!(!folder.has_file("a.rss"));
    }

    #[test]
    fn sub_folders_come_and_go_with_their_files() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PublishedFolder::open(dir.path()).unwrap();
        let files = [
            file("a.rss", "topic"),
            file("a/mx.rss", "one"),
            file("a/cr.rss", "two"),
            file("b/mx.rss", "three"),
        ];
        let names = files.clone().map(|file| file.name);
        assert_eq!(folder.replace_files(&files).unwrap(), names);
        assert_eq!(folder.replace_files(&files).unwrap(), [""; 0]);
        assert!(names.iter().all(|name| folder.has_file(name)));
        assert!(!folder.has_file("a") && !folder.has_file("a/gt.rss"));
        let read = |name: &str| text(fs::File::open(dir.path().join(name)).unwrap());
        assert_eq!(
            (read("a/mx.rss"), read("b/mx.rss")),
            ("one".into(), "three".into())
        );
        let second = [file("a/mx.rss", "ONE"), file("b/mx.rss", "three")];
        assert_eq!(folder.replace_files(&second).unwrap(), ["a/mx.rss"]);
        assert_eq!(
            (read("a/mx.rss"), read("a/cr.rss")),
            ("ONE".into(), "two".into())
        );

        let gone = |names: &[&str]| {
            let names: Vec<String> = names.iter().copied().map(str::to_owned).collect();
            folder.remove_files(&names).unwrap()
        };
        assert_eq!(gone(&["a/mx.rss", "c/mx.rss"]), ["a/mx.rss"]);
        assert!(folder.has_file("a/cr.rss"));
        assert_eq!(
            gone(&["a/mx.rss", "a/cr.rss", "a.rss/mx.rss"]),
            ["a/cr.rss"]
        );
        assert!(!dir.path().join("a").exists() && folder.has_file("a.rss"));
        fs::write(dir.path().join("b/.theirs"), "stays").unwrap();
        assert_eq!(gone(&["b/mx.rss"]), ["b/mx.rss"]);
        assert_eq!(read("b/.theirs"), "stays");
        // Both are as good as new.
        assert_eq!(folder.replace_files(&files[1..]).unwrap(), names[1..]);
    }

    #[test]
    fn a_file_in_the_place_of_a_sub_folder_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PublishedFolder::open(dir.path()).unwrap();
        fs::write(dir.path().join("a"), "theirs").unwrap();
        let error = folder
            .replace_files(&[file("a/mx.rss", "one")])
            .unwrap_err();
        let taken = dir.path().join("a");
        let hint =
            "something else stands in its place; move it, or set another `dir` in `[publish]`";
        assert_eq!(
            error.to_string(),
            format!("could not create `{}`: {hint}", taken.display())
        );
        assert_eq!(text(fs::File::open(taken).unwrap()), "theirs");
    }

    #[test]
    fn no_name_leaves_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = PublishedFolder::open(&dir.path().join("feeds")).unwrap();
        for name in [
            "",
            ".",
            "..",
            "../a",
            "/a",
            "a/",
            "a//b",
            "a/../../b",
            "a/..",
            "a/.b",
            "a/b/c",
            "./a",
            ".tidings",
            ".tidings/0",
            "c:a",
            "a\\b",
            "a\0b",
        ] {
            let refused = folder
                .replace_files(&[file(name, "x")])
                .unwrap_err()
                .to_string();
            assert_eq!(refused, format!("`{name}` is no name of a published file"));
            assert!(folder.remove_files(&[name.to_owned()]).is_err(), "{name}");
            assert!(!folder.has_file(name), "{name}");
        }
    }

    #[test]
    fn what_stands_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let taken = dir.path().join("taken");
        fs::write(&taken, "a file").unwrap();
        let error = PublishedFolder::open(&taken).unwrap_err().to_string();
        let hint =
            "something else stands in its place; move it, or set another `dir` in `[publish]`";
        assert_eq!(
            error,
            format!("could not create `{}`: {hint}", taken.display())
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_written_to_is_named() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o555)).unwrap();
        if fs::write(dir.path().join("probe"), "").is_ok() {
            eprintln!("skipped: this user writes everywhere");
            return;
        }
        let error = PublishedFolder::open(dir.path()).unwrap_err().to_string();
        let hint =
            "let the user that tidings runs as write there, or set another `dir` in `[publish]`";
        assert_eq!(
            error,
            format!("could not write to `{}`: {hint}", dir.path().display())
        );
    }
}
