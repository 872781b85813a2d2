//! Tests that the store keeps the configuration in force, whatever happens to its files.

use super::*;
use crate::config::{ConfigFile, MAX_KEPT_BYTES};

fn file(name: &str, text: &str) -> ConfigFile {
    ConfigFile {
        shown: name.into(),
        path: format!("/etc/tidings/{name}").into(),
        text: text.into(),
    }
}

impl Desk {
    fn kept_files(&self) -> Option<KeptConfiguration> {
        kept_configuration(&self.folder.path().join("tidings.db")).unwrap()
    }

    fn put_in_force(&self, day: u32, files: &[ConfigFile]) {
        self.define(Definition {
            at: july(day),
            files: files.to_vec(),
            ..definition([100; 3], &["all", "floods"])
        });
    }
}

#[test]
fn the_files_in_force_are_kept_until_others_are() {
    let desk = Desk::new();
    assert_eq!(desk.kept_files(), None, "none was in force");
    let files = [
        file("tidings.toml", "include = ['b.toml']"),
        file("b.toml", ""),
    ];
    desk.put_in_force(2, &files);
    desk.put_in_force(3, &files);
    let kept = desk.kept_files().unwrap();
    assert_eq!((kept.since, kept.files.as_slice()), (july(2), &files[..]));
    desk.put_in_force(4, &files[..1]);
    let kept = desk.kept_files().unwrap();
    assert_eq!((kept.since, kept.files.as_slice()), (july(4), &files[..1]));
}

#[test]
fn what_is_refused_is_not_kept() {
    let desk = Desk::new();
    desk.read("a", 2, &["g1||Flood|2021-07-01"]);
    desk.publish();
    let files = [file("tidings.toml", "")];
    let emptied = Definition {
        files: files.to_vec(),
        ..definition([100; 3], &["all"])
    };
    let plan = desk
        .wait(desk.store.define(emptied, Consent::Wanted))
        .unwrap();
    assert!(!plan.refusals().is_empty());
    assert_eq!(desk.kept_files(), None);
}

#[test]
fn what_is_too_large_is_not_kept_and_nothing_older_instead() {
    let desk = Desk::new();
    desk.put_in_force(2, &[file("tidings.toml", "")]);
    let large = "#".repeat(MAX_KEPT_BYTES / 2 + 1);
    desk.put_in_force(3, &[file("a.toml", &large), file("b.toml", &large)]);
    assert_eq!(desk.kept_files(), None);
}

#[test]
fn a_store_without_one_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidings.db");
    assert_eq!(kept_configuration(&path).unwrap(), None);
    std::fs::File::create(&path).unwrap();
    assert_eq!(kept_configuration(&path).unwrap(), None);
}
