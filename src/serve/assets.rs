//! The published files in memory, and other bytes that are sent like them, each with its compressed form and
//! its validators.

use std::collections::{HashMap, HashSet};
use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::model::{FeedId, Hash, Timestamp};
use crate::publish::FeedFormat;

/// The size limit for a file: a foreign file in the folder may be larger.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// The minimum size for compression, below which it gains nothing.
const MIN_GZIP_BYTES: usize = 256;

/// One file, or a similar answer, ready to be sent.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The bytes in the folder.
    pub body: Bytes,
    /// The bytes compressed with gzip, if that is shorter.
    pub gzip: Option<Bytes>,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The entity tag (RFC 9110 §8.8.3), without quotation marks and the suffix for an encoding.
    pub etag: String,
    /// The file's last change; `None` for bytes that are not a file.
    pub modified: Option<Timestamp>,
}

impl Asset {
    /// Builds an asset that is not a file; takes as long as compressing it.
    pub(super) fn from_body(body: Vec<u8>, content_type: &'static str) -> Self {
        Self {
            etag: Hash::digest(&body).to_string(),
            gzip: compress_gzip(&body),
            body: body.into(),
            content_type,
            modified: None,
        }
    }
}

/// The published folder in memory.
#[derive(Debug)]
pub struct PublishedAssets {
    folder: PathBuf,
    held: RwLock<HashMap<String, (Arc<Asset>, FileStamp)>>,
}

/// Distinguishes a file from one that replaced it or was altered since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    inode: u64,
    length: u64,
    modified: (i64, i64),
}

impl FileStamp {
    fn from_metadata(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl PublishedAssets {
    /// Reads the whole folder, and those of its topics. A missing folder is empty.
    ///
    /// # Errors
    /// An error if the folder cannot be listed.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let assets = Self {
            folder: folder.to_owned(),
            held: RwLock::default(),
        };
        let entries = match std::fs::read_dir(folder) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(assets),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            // A link to another folder does not count.
            if entry.file_type()?.is_dir() {
                assets.load_branches(&name);
            } else {
                assets.refresh_file(&name);
            }
        }
        Ok(assets)
    }

    /// Reads the branches in the folder of a topic; a folder that cannot be listed has none.
    fn load_branches(&self, topic: &str) {
        let entries = std::fs::read_dir(self.folder.join(topic));
        for entry in entries.into_iter().flatten().flatten() {
            if let Ok(name) = entry.file_name().into_string() {
                self.refresh_file(&format!("{topic}/{name}"));
            }
        }
    }

    /// Rereads one file, such as `health.atom` or `health/mx.atom`, after it was written or removed.
    pub fn refresh_file(&self, name: &str) {
        let asset = content_type(name)
            .and_then(|content_type| read_asset(&self.folder, name, content_type).ok());
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match asset {
            Some((asset, stamp)) => {
                drop(held.insert(name.to_owned(), (Arc::new(asset), stamp)));
            }
            None => drop(held.remove(name)),
        }
    }

    /// Returns the file `name`.
    pub fn get(&self, name: &str) -> Option<Arc<Asset>> {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .map(|(asset, _)| Arc::clone(asset))
    }

    /// Returns the names of files that were removed or replaced since they were read. Checks each file's
    /// metadata and reads none.
    pub fn altered_files(&self) -> HashSet<String> {
        let held: Vec<(String, FileStamp)> = {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            held.iter()
                .map(|(name, (_, stamp))| (name.clone(), *stamp))
                .collect()
        };
        let is_altered = |(name, stamp): &(String, FileStamp)| {
            let found = std::fs::metadata(self.folder.join(name));
            !found.is_ok_and(|found| FileStamp::from_metadata(&found) == *stamp)
        };
        let altered = held.into_iter().filter(is_altered);
        altered.map(|(name, _)| name).collect()
    }
}

/// Returns the type of a file that may be served: published files, anything in the folder itself, and branches
/// one level below. Other files are not public.
fn content_type(name: &str) -> Option<&'static str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let is_ours = if stem.contains('/') {
        stem.parse::<FeedId>().is_ok()
    } else {
        !stem.is_empty() && !stem.starts_with('.')
    };
    if !is_ours {
        return None;
    }
    match extension {
        "opml" => Some("text/x-opml; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        _ => format_of_extension(extension).map(format_content_type),
    }
}

/// Returns the `Content-Type` of a feed or page.
pub(super) fn format_content_type(format: FeedFormat) -> &'static str {
    match format {
        FeedFormat::Rss => "application/rss+xml; charset=utf-8",
        FeedFormat::Atom => "application/atom+xml; charset=utf-8",
        FeedFormat::Json => "application/feed+json; charset=utf-8",
        FeedFormat::Html => "text/html; charset=utf-8",
    }
}

/// Returns the format of files with this extension.
pub(super) fn format_of_extension(extension: &str) -> Option<FeedFormat> {
    let mut formats = FeedFormat::ALL.into_iter();
    formats.find(|format| format.extension() == extension)
}

fn read_asset(
    folder: &Path,
    name: &str,
    content_type: &'static str,
) -> io::Result<(Asset, FileStamp)> {
    let path = folder.join(name).canonicalize()?;
    if !path.starts_with(folder.canonicalize()?) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let modified = DateTime::from(metadata.modified()?).trunc_subsecs(0);
    let mut body = Vec::new();
    file.take(MAX_FILE_BYTES).read_to_end(&mut body)?;
    let asset = Asset {
        modified: Some(modified),
        ..Asset::from_body(body, content_type)
    };
    Ok((asset, FileStamp::from_metadata(&metadata)))
}

fn compress_gzip(body: &[u8]) -> Option<Bytes> {
    if body.len() < MIN_GZIP_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).ok()?;
    let packed = encoder.finish().ok()?;
    (packed.len() < body.len()).then(|| packed.into())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Returns the names of the files in memory, in order.
    fn names(assets: &PublishedAssets) -> Vec<String> {
        let mut names: Vec<String> = assets.held.read().unwrap().keys().cloned().collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_published_is_read_and_nothing_else() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("mx.atom"), "secret").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for inner in ["health", ".health", "others", "health/mx", "story"] {
            fs::create_dir(at(inner)).unwrap();
        }
        for file in [
            "index.html",
            ".hidden.atom",
            "notes.txt",
            "health.atom",
            "health/mx.atom",
            "health/mx-lang-es.html",
            "health/mx.txt",
            "health/notes.html",
            "health/.mx.atom",
            "health/mx/lang-es.atom",
            ".health/mx.atom",
            "others/report.html",
            "story/mx.html",
        ] {
            fs::write(at(file), file).unwrap();
        }
        symlink(outside.path(), at("water")).unwrap();
        symlink(outside.path().join("mx.atom"), at("health/cr.atom")).unwrap();
        symlink(outside.path().join("mx.atom"), at("latest.atom")).unwrap();
        let assets = PublishedAssets::load(folder.path()).unwrap();
        let published = [
            "health.atom",
            "health/mx-lang-es.html",
            "health/mx.atom",
            "index.html",
        ];
        assert_eq!(names(&assets), published);
        for name in [
            "water/mx.atom",
            "health/cr.atom",
            "latest.atom",
            "../mx.atom",
            "health/../health.atom",
            "health//mx.atom",
            "others/report.html",
        ] {
            assets.refresh_file(name);
        }
        assert_eq!(names(&assets), published);
    }

    #[test]
    fn a_branch_comes_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let assets = PublishedAssets::load(folder.path()).unwrap();
        fs::create_dir(folder.path().join("health")).unwrap();
        fs::write(folder.path().join("health/mx.atom"), "<feed/>").unwrap();
        assets.refresh_file("health/mx.atom");
        assert_eq!(assets.get("health/mx.atom").unwrap().body, "<feed/>");
        fs::remove_file(folder.path().join("health/mx.atom")).unwrap();
        assets.refresh_file("health/mx.atom");
        assert_eq!(names(&assets), [""; 0]);
    }

    #[test]
    fn a_file_that_is_gone_or_another_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("health")).unwrap();
        for name in ["health.atom", "health.rss", "health/mx.atom"] {
            fs::write(at(name), name).unwrap();
        }
        let assets = PublishedAssets::load(folder.path()).unwrap();
        assert_eq!(assets.altered_files(), HashSet::new());
        fs::remove_file(at("health/mx.atom")).unwrap();
        // The same length, and renamed into place.
        fs::write(at("other"), "HEALTH.RSS").unwrap();
        fs::rename(at("other"), at("health.rss")).unwrap();
        let names = ["health.rss", "health/mx.atom"].map(str::to_owned);
        assert_eq!(assets.altered_files(), names.into());
        assets.refresh_file("health.rss");
        assets.refresh_file("health/mx.atom");
        assert_eq!(assets.altered_files(), HashSet::new());
    }

    #[test]
    fn a_folder_that_is_not_there_yet_holds_nothing() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("feeds");
        let assets = PublishedAssets::load(&folder).unwrap();
        assert!(assets.get("index.html").is_none());
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("index.html"), "index").unwrap();
        assets.refresh_file("index.html");
        assert!(assets.get("index.html").is_some());
    }
}
