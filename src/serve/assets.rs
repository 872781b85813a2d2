//! The published files in memory, each with its compressed form and what readers compare it by.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use chrono::{DateTime, SubsecRound as _};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::model::{Hash, Timestamp};

/// A published file is never larger; another's file in the folder may be.
const MAX_FILE_BYTES: u64 = 64 << 20;
/// Smaller files gain nothing from being compressed.
const MIN_GZIP_BYTES: usize = 256;

/// One file, ready to be sent.
#[derive(Clone, Debug)]
pub struct Asset {
    /// As it stands in the folder.
    pub body: Bytes,
    /// The same by gzip, where that is shorter.
    pub gzip: Option<Bytes>,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// Names these bytes (RFC 9110 §8.8.3), without quotation marks and the mark of an encoding.
    pub etag: String,
    /// When the file last changed.
    pub modified: Timestamp,
}

/// The published folder in memory.
#[derive(Debug)]
pub struct Assets {
    folder: PathBuf,
    held: RwLock<HashMap<String, Arc<Asset>>>,
}

impl Assets {
    /// Reads the whole folder.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let assets = Self {
            folder: folder.to_owned(),
            held: RwLock::default(),
        };
        for entry in std::fs::read_dir(folder)? {
            if let Ok(name) = entry?.file_name().into_string() {
                assets.refresh(&name);
            }
        }
        Ok(assets)
    }

    /// Reads one file again, which was written, or is gone.
    pub fn refresh(&self, name: &str) {
        let asset = content_type(name)
            .and_then(|content_type| read(&self.folder.join(name), content_type).ok());
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match asset {
            Some(asset) => drop(held.insert(name.to_owned(), Arc::new(asset))),
            None => drop(held.remove(name)),
        }
    }

    /// The file that is called `name`.
    pub fn get(&self, name: &str) -> Option<Arc<Asset>> {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }
}

/// What we publish; anything else in the folder is not ours to show.
fn content_type(name: &str) -> Option<&'static str> {
    let (stem, extension) = name.rsplit_once('.')?;
    if stem.is_empty() || stem.starts_with('.') {
        return None;
    }
    match extension {
        "rss" => Some("application/rss+xml; charset=utf-8"),
        "atom" => Some("application/atom+xml; charset=utf-8"),
        "json" => Some("application/feed+json; charset=utf-8"),
        "opml" => Some("text/x-opml; charset=utf-8"),
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        _ => None,
    }
}

fn read(path: &Path, content_type: &'static str) -> io::Result<Asset> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let modified = DateTime::from(metadata.modified()?).trunc_subsecs(0);
    let mut body = Vec::new();
    file.take(MAX_FILE_BYTES).read_to_end(&mut body)?;
    let etag = Hash::of(&body).to_string();
    Ok(Asset {
        gzip: gzip(&body)?,
        body: body.into(),
        content_type,
        etag,
        modified,
    })
}

fn gzip(body: &[u8]) -> io::Result<Option<Bytes>> {
    if body.len() < MIN_GZIP_BYTES {
        return Ok(None);
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    let packed = encoder.finish()?;
    Ok((packed.len() < body.len()).then(|| packed.into()))
}
