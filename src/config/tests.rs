//! Tests of whole configurations: the fixtures, and text that is not TOML.

use std::path::Path;

use proptest::prelude::*;

use super::*;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn environment(name: &str) -> Option<String> {
    let value = match name {
        "FEED" => "https://bulletins.example/s3cret/feed",
        "BAD_FEED" => "s3cret",
        "BAD_STORE" => "mysql://s3cret",
        _ => return None,
    };
    Some(value.to_owned())
}

/// Shows the configuration, or its mistakes, in the same form on every machine.
fn shown(file: &Path) -> String {
    let shown = match load(file, &environment) {
        Ok(config) => format!("{config:#?}"),
        Err(refused) => refused.to_string(),
    };
    shown.replace(ROOT, "")
}

#[test]
fn fixtures() {
    insta::glob!("../../tests/fixtures/config", "*.toml", |path| {
        let named = path.strip_prefix(Path::new(ROOT).canonicalize().unwrap());
        let shown = shown(named.unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
        insta::assert_snapshot!(shown);
    });
}

fn refused(file: &Path) -> String {
    load(file, &environment).unwrap_err().to_string()
}

#[test]
fn a_main_file_that_is_missing_is_one_mistake() {
    assert_eq!(
        refused(Path::new("no/such/tidings.toml")),
        "no/such/tidings.toml:1:1: there is no file `no/such/tidings.toml`\n  hint: name the configuration by `--config FILE` or `$TIDINGS_CONFIG`"
    );
    assert!(refused(Path::new("")).starts_with(":1:1: there is no file"));
    assert!(refused(Path::new("src")).contains("cannot be read: not a regular file"));
}

/// Loads `main.toml` together with some files, and checks the mistakes.
fn check(files: &[(&str, &[u8])], expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let shown = match load(&folder.path().join("main.toml"), &environment) {
        Ok(config) => format!("{} sources", config.sources.len()),
        Err(refused) => refused.to_string(),
    };
    let prefix = format!("{}/", folder.path().display());
    assert_eq!(shown.replace(&prefix, ""), expected);
}

const SOURCE: &str = "[[source]]\nid = \"a\"\nurl = \"https://bulletins.example/\"\n";

#[test]
fn text_is_utf8_with_or_without_a_mark() {
    check(
        &[("main.toml", b"x = 1\n# \xc3\xb1 \xff")],
        "main.toml:1:1: unknown key `x`\nmain.toml:2:5: this is not UTF-8\n  hint: the byte 0xFF is `ÿ` in windows-1252, as older editors save it: save the file as UTF-8",
    );
    let marked = format!("\u{feff}x = 1\n{SOURCE}");
    check(
        &[("main.toml", marked.as_bytes())],
        "main.toml:1:1: unknown key `x`",
    );
    let windows = SOURCE.replace('\n', "\r\n");
    check(&[("main.toml", windows.as_bytes())], "1 sources");
}

#[test]
fn includes_end() {
    check(
        &[
            ("main.toml", b"include = ['main.toml', '*.toml']"),
            ("b.toml", SOURCE.as_bytes()),
        ],
        "1 sources",
    );
    let link = |n: usize| (format!("{n}.toml"), format!("include = ['{}.toml']", n + 1));
    let chain: Vec<(String, String)> = (0..20).map(link).collect();
    let mut files: Vec<(&str, &[u8])> = chain
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    files.push(("main.toml", b"include = ['0.toml']"));
    files.push(("20.toml", b""));
    check(
        &files,
        "15.toml:1:12: files include one another more than 16 levels deep",
    );
}

#[test]
fn includes_are_regular_files() {
    check(
        &[("main.toml", b"include = ['.']")],
        "main.toml:1:12: `.` cannot be read: not a regular file",
    );
    check(
        &[("main.toml", b"include = ['a**b']")],
        "main.toml:1:12: `a**b` is no pattern: recursive wildcards must form a single path component",
    );
    check(
        &[
            ("main.toml", b"include = ['*.toml']"),
            (".#a.toml", b"an editor's"),
        ],
        "0 sources",
    );
    check(
        &[("main.toml", &vec![b'#'; (4 << 20) + 1])],
        "main.toml:1:1: `main.toml` cannot be read: larger than 4194304 bytes\n  hint: name the configuration by `--config FILE` or `$TIDINGS_CONFIG`",
    );
}

/// Generates lines such as operators write, valid and invalid, in any order.
fn lines() -> impl Strategy<Value = String> {
    let header = "\\[{0,2}(site|store|publish|fetch|defaults|source|topic|server|a\\.b)?\\]{0,2}";
    let key = "(include|title|base_url|url|id|every|cron|timezone|topics|select|select\\.item|select\\.title|pages\\.last|kind|any|query|max_body|dir|\\PC{0,3})";
    let value = prop_oneof![
        "[-0-9a-z:._]{0,6}",
        "\"[-0-9a-zA-Z*/ ,@:.()]{0,12}\"",
        "'(https?://|file:|sqlite:)?\\PC{0,8}'",
        "\\[\"[a-z\" ,]{0,8}\\]?",
        "\\{ ?(env|file|en|item) = ['a-zA-Z]{0,6} ?\\}?",
        "\"{3}\\PC{0,4}\n?\"{0,3}",
    ];
    let assignment = (key, value).prop_map(|(key, value)| format!("{key} = {value}"));
    let line = prop_oneof![2 => header, 6 => assignment, 1 => "\\PC*"];
    prop::collection::vec(line, 0..24).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn no_text_panics(text in lines()) {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("main.toml");
        std::fs::write(&main, &text).unwrap();
        if let Err(InvalidConfig(mistakes)) = load(&main, &environment) {
            prop_assert!(!mistakes.is_empty());
            let lines = text.lines().count() + 1;
            prop_assert!(mistakes.iter().all(|m| (1..=lines).contains(&m.place.line) && m.place.column >= 1));
            prop_assert!(mistakes.is_sorted_by_key(|m| (m.place.line, m.place.column)));
        }
    }
}
