//! The parts of a broken configuration that can still be read: the path of the store and the address for
//! administrators.
//!
//! Out: [`Broken`]. The store's path may be on a torn line, so every path in the text is a candidate; the store itself
//! shows whether it is the right one, because it keeps the configuration last in force.

use std::path::PathBuf;

use super::diagnostic::InvalidConfig;
use super::file::ParsedFile;
use super::section::StoreConfig;
use super::withheld::KnownSecrets;
use crate::model::ListenAddress;

/// The maximum number of paths tried.
const MAX_STORES: usize = 16;
/// The prefix of a store's address.
const SCHEME: &str = "sqlite:";

/// A configuration that cannot be used.
#[derive(Debug)]
pub struct BrokenConfig {
    /// Its mistakes.
    pub refused: InvalidConfig,
    /// Its main file, absolute.
    pub file: PathBuf,
    /// Possible paths of the store, the likeliest first.
    pub stores: Vec<PathBuf>,
    /// The addresses that serve administrators, as far as they could be read.
    pub admin: Vec<ListenAddress>,
    /// Secrets of addresses, as far as they could be read.
    pub secrets: KnownSecrets,
}

/// Returns the path that was read, followed by those found anywhere in the text.
pub(super) fn possible_stores(files: &[ParsedFile], read: &StoreConfig) -> Vec<PathBuf> {
    let mut places = vec![read.path.clone()];
    let written = files.iter().flat_map(|file| {
        let paths = written_store_paths(file.text()).into_iter();
        paths.map(|path| file.resolve_path(path))
    });
    for place in written {
        if places.len() < MAX_STORES && !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Returns every `sqlite:PATH` in a text, up to the closing quotation mark or the end of the line.
fn written_store_paths(text: &str) -> Vec<&str> {
    let ends = |c: char| c.is_control() || matches!(c, '"' | '\'' | '\u{201c}' | '\u{201d}');
    let addresses = text.split(SCHEME).skip(1);
    let paths = addresses.filter_map(|rest| {
        let path = rest.split(ends).next()?.trim();
        Some(path.strip_prefix("//").unwrap_or(path)).filter(|path| !path.is_empty())
    });
    paths.take(MAX_STORES).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::load_or_salvage;
    use super::*;

    #[test]
    fn addresses_are_found_on_torn_lines() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(written_store_paths(text), expected, "{text}");
        };
        check("url = \"sqlite:../var/a.db", &["../var/a.db"]);
        check("url = “sqlite:///var/a.db”", &["/var/a.db"]);
        check(
            "url = 'sqlite:a.db'\r\nurl = \"sqlite:b.db\" # c",
            &["a.db", "b.db"],
        );
        check("# sqlite: and a path\n", &["and a path"]);
        check("[store]\nurl = \"sqlite:\"", &[]);
    }

    fn broken(text: &str) -> BrokenConfig {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("tidings.toml");
        std::fs::write(&main, text).unwrap();
        let mut broken = *load_or_salvage(&main, &|_| None).unwrap_err();
        for store in &mut broken.stores {
            let within = store.strip_prefix(folder.path()).map(Path::to_owned);
            *store = within.unwrap_or_else(|_| store.clone());
        }
        broken
    }

    #[test]
    fn what_is_right_is_read_beside_what_is_wrong() {
        let found = broken(
            "[store]\nurl = \"sqlite:/var/a.db\"\n[admin]\nlisten = [\"unix:/run/a.sock\"]\n[site]\ntitel = \"A\"\n",
        );
        assert_eq!(found.stores, [Path::new("/var/a.db")]);
        assert_eq!(found.admin, [ListenAddress::Unix("/run/a.sock".into())]);
        assert_eq!(found.refused.0.len(), 1);
    }

    #[test]
    fn a_store_on_a_torn_line_is_a_candidate_beside_the_usual_place() {
        let found = broken("[store\nurl = \"sqlite:a.db\n");
        assert_eq!(
            found.stores,
            [Path::new("../var/tidings.db"), Path::new("a.db")]
        );
    }
}
