//! The interface for scripts is documented: the keys of every `--json`, the codes of problems, exit statuses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};
use tidings::model::{AttentionLevel, ProblemCode};

use crate::support::{
    FINDABLE, NEWS, Server, Service, Workspace, day, notices, read_text, rss, source,
};

fn manual() -> String {
    read_text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md"))
}

/// Returns the rows of the table under a heading, as cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let manual = manual();
    let (_, section) = manual.split_once(&format!("\n## {heading}\n")).unwrap();
    let (section, _) = section.split_once("\n## ").unwrap_or((section, ""));
    let rows = section.lines().filter(|line| line.starts_with('|'));
    let cells = |row: &str| {
        let row = row.trim_matches('|');
        row.split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    rows.skip(2).map(cells).collect()
}

/// Returns the text between two signs.
fn between(text: &str, sign: char) -> impl Iterator<Item = &str> {
    text.split(sign).skip(1).step_by(2)
}

#[test]
fn every_problem_code_is_in_the_manual_with_the_care_that_it_takes() {
    let rows = table("Problem codes").into_iter().map(|row| {
        let code = between(&row[0], '`').next().unwrap().to_owned();
        (code, row[2].clone())
    });
    let documented: BTreeMap<String, String> = rows.collect();
    let word = |code: ProblemCode| match code.attention_level() {
        AttentionLevel::Act => "yes",
        AttentionLevel::Wait => "later",
        AttentionLevel::Note => "no",
    };
    let codes = ProblemCode::NAMED.iter().copied();
    let codes = codes.chain([ProblemCode::Http(404)]);
    let expected = codes.map(|code| (code.to_string(), word(code).to_owned()));
    assert_eq!(documented, expected.collect());
}

/// Returns the keys of a shape: those that are always present, and those in italics.
fn documented(command: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let rows = table("JSON");
    let is_of = |row: &&Vec<String>| {
        let mut names = between(&row[0], '`');
        names.next() == Some(command)
    };
    let row = rows
        .iter()
        .find(is_of)
        .unwrap_or_else(|| panic!("{command}"));
    let (shape, _) = row[1].split_once(", with ").unwrap_or((&row[1], ""));
    let keys = |text: &str| {
        between(text, '"')
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let italic: String = between(shape, '*').collect();
    let plain: String = shape.split('*').step_by(2).collect();
    (keys(&plain), keys(&italic))
}

/// Collects the keys of a value and of everything in it, except in maps with arbitrary keys.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                found.insert(name.clone());
                if name != "keys" {
                    keys(member, found);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// Compares all keys of a command's answers with those in the manual. Keys in `unseen` may be missing from the
/// answers.
#[track_caller]
fn check(command: &str, answers: &[Value], unseen: &[&str]) {
    let mut found = BTreeSet::new();
    for answer in answers {
        keys(answer, &mut found);
    }
    let (plain, italic) = documented(command);
    let unseen: BTreeSet<String> = unseen.iter().map(|key| (*key).to_owned()).collect();
    let unknown: Vec<_> = found
        .iter()
        .filter(|key| !plain.contains(*key) && !italic.contains(*key))
        .collect();
    assert!(
        unknown.is_empty(),
        "`{command}` has {unknown:?}, which the manual has not"
    );
    let missing: Vec<_> = plain.difference(&found).collect();
    let is_unseen = |key: &&String| unseen.contains(*key);
    assert!(
        missing.iter().all(is_unseen),
        "of `{command}` the manual has more: {missing:?}"
    );
}

/// Creates a source with stories, one that fails, one with a note, and a topic with a query that matches some
/// stories.
fn workspace(server: &Server) -> Workspace {
    server.serve("/good", rss(&notices(1..5, day(0))));
    let sources = [
        source("good", &server.url("/good")),
        source("bad", &server.url("/bad")),
    ]
    .concat();
    let ports = "[[topic]]\nid = \"ports\"\ntitle = \"Ports\"\nany = ['\"notice\" OR \"pier\"']\n";
    Workspace::new(&format!("{FINDABLE}{NEWS}{ports}{sources}"))
}

#[test]
fn the_shapes_of_sources_and_polls_are_in_the_manual() {
    let server = Server::start();
    let workspace = workspace(&server);
    let now = day(0).to_rfc3339();
    // The option may be at any position.
    let run = |arguments: &[&str]| workspace.run(arguments).json();
    check(
        "once",
        &[run(&["once", "--json", "--all", "--now", &now])],
        &[],
    );
    check("status", &[run(&["--json", "status"])], &[]);
    let later = "[[topic]]\nid = \"later\"\ntitle = \"Later\"\nany = [\"harbour\"]\n";
    let main = read_text(&workspace.path("config/tidings.toml"));
    let retitled = main.replace("title = \"Ports\"", "title = \"Harbours\"");
    workspace.write("config/tidings.toml", format!("{retitled}{later}"));
    check("plan", &[run(&["--json", "plan"])], &["now", "was"]);
    workspace.write("config/tidings.toml", main);
    check("sources list", &[run(&["sources", "--json", "list"])], &[]);
    let checked = [run(&["check", "--json"])];
    check(
        "check",
        &checked,
        &["file", "line", "column", "message", "hint"],
    );
    let held = run(&["sources", "discard", "good", "--dry-run", "--json"]);
    assert_eq!(held, json!([]));
    check(
        "sources discard",
        &[run(&["sources", "discard", "good", "--yes", "--json"])],
        &[],
    );
    check(
        "sources release",
        &[run(&["sources", "release", "good", "--yes", "--json"])],
        &[],
    );
    let service = Service::start(&workspace);
    check("reload", &[run(&["reload", "--json"])], &[]);
    service.stop();
}

#[test]
fn the_shapes_of_stories_and_of_what_is_explained_are_in_the_manual() {
    let server = Server::start();
    let workspace = workspace(&server);
    workspace.poll(day(0));
    let run = |arguments: &[&str]| workspace.run(arguments).json();
    let stories = workspace.published().stories("news");
    let (one, other) = (stories[0].id.as_str(), stories[1].id.as_str());
    let tried = run(&[
        "stories",
        "withdraw",
        one,
        "--reason",
        "wrong",
        "--dry-run",
        "--json",
    ]);
    let done = run(&["stories", "withdraw", one, "--reason", "wrong", "--json"]);
    check("stories merge", &[done], &[]);
    let again = run(&["stories", "restore", one, "--dry-run", "--json"]);
    let rows = table("JSON");
    assert!(rows.iter().any(|row| row[0].ends_with("with `--dry-run`")));
    let mut found = BTreeSet::new();
    for answer in [tried, again] {
        keys(&answer, &mut found);
    }
    let expected = [
        "at",
        "date",
        "feeds",
        "item",
        "reason",
        "source",
        "story",
        "title",
        "url",
        "withdrawn",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
    check("stories list", &[run(&["stories", "list", "--json"])], &[]);
    let told = run(&["explain", "item", other, "--json"]);
    let unseen = [
        "at",
        "before",
        "from",
        "languages",
        "other",
        "reason",
        "verdict",
    ];
    check("explain item", &[told], &unseen);
    check(
        "explain date",
        &[run(&["explain", "date", "2026-03-01", "--json"])],
        &[],
    );
    check(
        "explain regions",
        &[run(&["explain", "regions", "Chiapas", "--json"])],
        &[],
    );
    let topics = run(&["explain", "topics", "A pier", "--why", "--json"]);
    assert_eq!(topics["topics"], json!(["ports"]));
    let found = run(&["discover", "--json", &server.url("/good")]);
    let unseen = [
        "delay_seconds",
        "measure",
        "more",
        "number",
        "reasons",
        "score",
        "titles",
        "weight",
        "why",
        "keys",
        "error",
        "shared",
        "source",
        "file",
        "line",
        "topic",
    ];
    check("discover", &[found], &unseen);
    let previewed = run(&["preview", "--json", &server.url("/good")]);
    assert_eq!(previewed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(previewed["_tidings"]["problems"], json!([]));
}

#[test]
fn what_prints_no_list_refuses_json() {
    let workspace = Workspace::new(NEWS);
    for arguments in [
        &["--json", "run"][..],
        &["sources", "add", "https://a.example/", "--json"],
        &["sources", "--json", "repair", "a"],
    ] {
        let line = workspace.run(arguments).complaint(2).to_owned();
        assert!(line.contains("prints no JSON"), "{line}");
    }
}
