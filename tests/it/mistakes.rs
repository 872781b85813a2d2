//! All mistakes of operators are reported at once, one per line, before anything is polled.

use serde_json::{Value, json};

use crate::support::{NEWS, Server, Workspace, rss, source};

/// One of each mistake; `GOOD` is the address of a source without any.
const MAIN: &str = r#"include = ["more.toml", "missing.toml"]

[store]
url = "sqlite:../var/tidings.db"

[site]
titel = "Bulletins"

[publish]
dir = "../feeds"
min_age = 14

[[source]]
id = "good"
url = "GOOD"

[[source]]
id = "bad-cron"
url = "GOOD"
cron = "*/5 7-19 * Mon-Fri"

[[source]]
id = "bad-selector"
url = "GOOD"
kind = "html"
select.item = ".row >"
select.title = "h3"

[[source]]
id = "bare-number"
url = "GOOD"
every = 30

[[topic]]
id = "piers"
any = ["pier", '"pier 4']

[[topic]]
id = "piers"
query = "pier OR"
"#;

const MORE: &str = "[[source]]\nid = \"more\"\nurll = \"x\"\n";

const MISTAKES: [&str; 10] = [
    "config/tidings.toml:1:25: there is no file `config/missing.toml`",
    "config/tidings.toml:7:1: unknown key `titel`",
    "config/tidings.toml:11:11: `min_age` is a number; a duration in quotation marks is wanted",
    "config/tidings.toml:20:8: `*/5 7-19 * Mon-Fri` has 4 fields",
    "config/tidings.toml:26:15: `.row >` is no CSS selector",
    "config/tidings.toml:32:9: `every` is a number; a duration in quotation marks is wanted",
    "config/tidings.toml:36:17: this phrase has no closing quotation mark",
    "config/tidings.toml:39:6: the topic `piers` stands already at config/tidings.toml:35:6",
    "config/tidings.toml:40:17: a word is missing at the end",
    "config/more.toml:3:1: unknown key `urll`",
];

fn mistaken() -> (Server, Workspace) {
    let server = Server::start();
    server.serve("/", rss(&[]));
    let workspace = Workspace::new("");
    workspace.write(
        "config/tidings.toml",
        MAIN.replace("GOOD", &server.url("/")),
    );
    workspace.write("config/more.toml", MORE);
    (server, workspace)
}

/// Returns the messages, without the hints below them.
fn told(stderr: &str) -> Vec<&str> {
    let lines = stderr.lines();
    lines.filter(|line| !line.starts_with("  hint: ")).collect()
}

#[test]
fn every_mistake_is_told_in_a_line_and_nothing_is_polled() {
    let (server, workspace) = mistaken();
    for command in ["check", "once", "status"] {
        let ran = workspace.run(&[command]);
        assert_eq!((ran.status, &*ran.stdout), (Some(2), ""), "{command}");
        assert_eq!(told(&ran.stderr), MISTAKES, "{command}");
    }
    assert!(server.requests().is_empty());
    assert!(!workspace.path("var").exists() && !workspace.path("feeds").exists());
}

#[test]
fn mistakes_come_for_programs_too() {
    let (_server, workspace) = mistaken();
    let ran = workspace.run(&["check", "--json"]);
    assert_eq!(ran.status, Some(2));
    let line = |mistake: &Value| {
        let part = |name: &str| mistake[name].to_string().replace('"', "");
        let message = mistake["message"].as_str().unwrap();
        format!(
            "{}:{}:{}: {message}",
            part("file"),
            part("line"),
            part("column")
        )
    };
    let answer = ran.json();
    let lines: Vec<String> = answer["mistakes"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect();
    assert_eq!(lines, MISTAKES);
    assert_eq!(answer["sources"], json!([]));
}

#[test]
fn a_mistake_leaves_what_is_published_as_it_is() {
    let server = Server::start();
    server.serve("/", rss(&[]));
    let workspace = Workspace::new("");
    let harbour = source("harbour", &server.url("/"));
    workspace.configure(&format!("{NEWS}{harbour}"));
    workspace.run(&["once"]).well();
    let before = workspace.published().files();
    workspace.configure(&format!("{NEWS}{harbour}evry = \"1h\"\n"));
    // It publishes with the configuration last in force.
    assert_eq!(workspace.run(&["once"]).status, Some(0));
    workspace.published().files().are_untouched_since(&before);
}

#[test]
fn check_shows_when_each_source_is_polled_and_polls_nothing() {
    let server = Server::start();
    let cron = format!(
        "[[source]]\nid = \"dawn\"\nurl = \"{}\"\ncron = \"30 6 * * Mon\"\ntimezone = \"America/Costa_Rica\"\n",
        server.url("/")
    );
    let site = "[site]\ncontact = \"ops@bulletins.example\"\n";
    let hourly = source("a", &server.url("/hourly"));
    let workspace = Workspace::new(&format!("{site}{cron}{NEWS}{hourly}"));
    let checked = workspace
        .run(&["check", "--json", "--now", "2026-03-02T12:00:00Z"])
        .well()
        .json();
    let expected = json!([
        {"id": "dawn", "next_runs":
            ["2026-03-02T06:30:00-06:00", "2026-03-09T06:30:00-06:00", "2026-03-16T06:30:00-06:00"]},
        {"id": "a", "next_runs":
            ["2026-03-02T13:00:00+00:00", "2026-03-02T14:00:00+00:00", "2026-03-02T15:00:00+00:00"]},
    ]);
    assert_eq!(checked["sources"], expected);
    assert_eq!(checked["mistakes"], json!([]));
    let table = workspace
        .run(&["check", "--now", "2026-03-02T12:00:00Z"])
        .well()
        .stdout;
    // Both in the zone of the site, which is named once.
    for run in ["Mon 2026-03-02 12:30\n", "Mon 2026-03-02 13:00\n"] {
        assert!(table.contains(run), "{table}");
    }
    assert_eq!(
        table.matches("All times are in UTC.\n").count(),
        1,
        "{table}"
    );
    assert!(
        table.ends_with("2 sources, 1 topic, 0 warnings, no mistakes\n"),
        "{table}"
    );
    assert!(server.requests().is_empty());
}

#[test]
fn wrong_arguments_are_one_mistake_too() {
    let workspace = Workspace::with_samples();
    let unknown = workspace.run(&["once", "no-such-source"]);
    let complaint = "tidings: there is no source `no-such-source` in the configuration";
    assert_eq!(unknown.complaint(2), complaint);
    for arguments in [
        &["twice"][..],
        &["once", "--now", "today"],
        &["once", "a", "--all"],
        &[],
    ] {
        let ran = workspace.run(arguments);
        assert_eq!((ran.status, &*ran.stdout), (Some(2), ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty());
    }
    assert!(!workspace.path("feeds").exists());
}

/// Returns the warnings of `check`, without hints.
fn warnings(workspace: &Workspace) -> Vec<String> {
    let checked = workspace.run(&["check", "--json"]).well().json();
    let warnings = checked["warnings"].as_array().unwrap();
    let message = |warning: &Value| warning["message"].as_str().unwrap().to_owned();
    warnings.iter().map(message).collect()
}

#[test]
fn check_warns_of_what_will_not_do() {
    let often = source("often", "https://a.example/feed").replace("1h", "1s");
    let twice = source("twice", "https://www.a.example/feed");
    let workspace = Workspace::new(&format!(
        "[site]\ncontact = \"nobody\"\nlanguage = \"xx\"\n[server]\nlisten = [\"127.0.0.1:9\"]\n\
         [admin]\nlisten = [\"127.0.0.1:9\"]\n{NEWS}{often}{twice}"
    ));
    let told = warnings(&workspace);
    for expected in [
        "`nobody` is neither an address of mail nor of a page",
        "no language has the code `xx` (ISO 639)",
        "`[admin]` listens on 127.0.0.1:9, where `[server]` listens on 127.0.0.1:9 already: the daemon could not start",
        "`often` is polled every 1s: its server may block you",
        "`twice` has the address of `often`, which is at config/tidings.toml:24:1",
    ] {
        assert!(
            told.iter().any(|told| told == expected),
            "{expected} in {told:?}"
        );
    }
    assert_eq!(told.len(), 5, "{told:?}");
    // Other commands do not repeat it.
    assert_eq!(workspace.run(&["status"]).well().stderr, "");
}

#[test]
fn check_warns_of_what_is_missing() {
    let workspace = Workspace::new("[[source]]\nid = \"a\"\nurl = \"https://a.example/feed\"\n");
    let told = warnings(&workspace);
    let expected = [
        "`[site] contact` is missing: publishers cannot write to you",
        "there is no topic: no feed will be published",
    ];
    assert_eq!(told, expected);
}

/// A file in another encoding, or with a word processor's quotation marks, is reported as such.
#[test]
fn files_of_other_programs_are_told_by_what_they_are() {
    let check = |bytes: Vec<u8>, expected: &str| {
        let workspace = Workspace::new("");
        workspace.write("config/tidings.toml", bytes);
        let ran = workspace.run(&["check"]);
        assert_eq!(ran.status, Some(2), "{ran:?}");
        assert!(
            ran.stderr.contains(expected),
            "{expected} in {}",
            ran.stderr
        );
    };
    let text = format!("[site]\ntitle = \"Migración\"\n{NEWS}");
    let wide = text.encode_utf16().flat_map(u16::to_le_bytes);
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(wide).collect();
    check(
        wide,
        "config/tidings.toml:1:1: this file is UTF-16, not UTF-8",
    );
    let narrow = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap());
    check(narrow.collect(), "the byte 0xF3 is `ó` in windows-1252");
    check(
        "[site]\ntitle = “Bulletins”\n".into(),
        "config/tidings.toml:2:9: ",
    );
    check(
        "[site]\ntitle = “Bulletins”\n".into(),
        "typographic quotation mark",
    );
    check(
        "[site\ntitle = \"a\"\n".into(),
        "a bracket is missing: write `[site]`",
    );
    check(
        "[site]\ntitle = \"a\"\ninclude = [\"sources/*.toml\"]\n".into(),
        "config/tidings.toml:3:1: `include` stands below a table",
    );
    check(
        "[site]\ntimezone = \"CST\"\n".into(),
        "several zones are called `CST`",
    );
}
