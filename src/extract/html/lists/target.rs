//! Classifies the target of a link by its address.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;
use url::Url;

use super::super::outline::{Outline, leads_away};

/// Extensions of paths that are documents.
const FILE_ENDS: [&str; 22] = [
    "pdf", "doc", "docx", "odt", "rtf", "xls", "xlsx", "ods", "csv", "ppt", "pptx", "odp", "epub",
    "zip", "mp3", "m4a", "ogg", "mp4", "wav", "wma", "wpd", "txt",
];

/// Words in addresses of programs that deliver files.
const FILE_WORDS: [&str; 8] = [
    "download",
    "viewfile",
    "getfile",
    "attachment",
    "fileticket",
    "viewer",
    "displaypdf",
    "/file/",
];

/// The target of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkTarget {
    /// A key that is the same for the same address.
    pub(super) key: u64,
    /// True if it looks like a file.
    pub(super) is_file: bool,
    /// True if it names another host.
    pub(super) is_elsewhere: bool,
    /// True if it is on the first level of its site: `/about`.
    pub(super) is_shallow: bool,
}

impl LinkTarget {
    /// Returns the target of the node, if it is a link to another page.
    pub(super) fn from_node(outline: &Outline<'_>, index: usize, base: &Url) -> Option<Self> {
        if outline.at(index).name() != "a" || !leads_away(outline, index) {
            return None;
        }
        let href = outline.at(index).attr("href")?.trim();
        let lower = href.to_ascii_lowercase();
        let path = lower.split(['?', '#']).next().unwrap_or_default();
        let end = path.rsplit_once('.').map_or("", |(_, end)| end);
        let mut hasher = FxHasher::default();
        lower
            .split('#')
            .next()
            .unwrap_or_default()
            .hash(&mut hasher);
        let behind = lower.split_once("//").map(|(_, behind)| behind);
        let host = behind.map(|behind| behind.split(['/', '?', ':']).next().unwrap_or_default());
        let own = base.host_str().unwrap_or_default();
        let without_www = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
        let path = behind.map_or(path, |behind| {
            behind
                .find('/')
                .and_then(|at| behind.get(at..))
                .unwrap_or("/")
        });
        Some(Self {
            key: hasher.finish(),
            is_file: FILE_ENDS.contains(&end) || FILE_WORDS.iter().any(|word| lower.contains(word)),
            is_elsewhere: host.is_some_and(|host| without_www(host) != without_www(own)),
            is_shallow: path.trim_matches('/').matches('/').count() == 0,
        })
    }
}
