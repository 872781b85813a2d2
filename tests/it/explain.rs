//! `explain` judges given text, and stores nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{NEWS, Server, Workspace, day, notices, read_text, rss, source};

const NOW: &str = "2021-06-28T12:30:00Z";

/// Returns the answers to JSON lines on stdin, with stderr and the status.
fn answers(workspace: &Workspace, lines: &str) -> (Vec<Value>, String, Option<i32>) {
    answered(workspace, &["explain", "date", "--now", NOW], lines)
}

fn answered(
    workspace: &Workspace,
    arguments: &[&str],
    lines: &str,
) -> (Vec<Value>, String, Option<i32>) {
    let mut command = workspace.command(arguments);
    let command = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (
        lines.collect(),
        String::from_utf8(output.stderr).unwrap(),
        output.status.code(),
    )
}

/// All times are in the site's zone, which is named once.
#[test]
fn times_are_those_of_the_site() {
    let server = Server::start();
    server.serve("/", rss(&notices(0..1, day(0))));
    let workspace = Workspace::new(&format!(
        "[site]\ntimezone = \"America/Costa_Rica\"\n{NEWS}{}",
        source("harbour", &server.url("/"))
    ));
    workspace
        .run(&["once", "--now", "2026-03-02T12:34:00Z"])
        .done();
    let story = workspace.published().only_story().id;
    workspace
        .run(&["stories", "withdraw", &story, "--reason", "wrong"])
        .done();
    let zone = "All times are in America/Costa_Rica.";
    for command in [
        &["explain", "item", &story][..],
        &["stories", "list"],
        &[
            "stories",
            "restore",
            &story,
            "--reason",
            "right",
            "--dry-run",
        ],
    ] {
        let told = workspace.run(command).done().stdout;
        assert_eq!(told.matches(zone).count(), 1, "{told}");
        for foreign in ["UTC", "+00:00", "T12:"] {
            assert!(!told.contains(foreign), "{told}");
        }
        if command.contains(&"explain") {
            assert!(told.contains("2026-03-02 06:34"), "{told}");
            assert!(told.contains("2026-03-02 06:00, stated by"), "{told}");
        }
    }
}

#[test]
fn dates_of_arguments() {
    let workspace = Workspace::with_samples();
    let arguments = [
        "explain",
        "date",
        "--now",
        NOW,
        "--language",
        "es",
        "--timezone",
        "America/Lima",
    ];
    let texts = [
        "hace 2 horas",
        "del 3 al 5 de mayo de 2021",
        "junio de 2021",
        "Página 3 de 12",
    ];
    let ran = workspace.run(&[&arguments[..], &texts].concat()).well();
    let expected = [
        "2021-06-28T05:30:00-05:00",
        "2021-05-03 to 2021-05-05",
        "2021-06-01 to 2021-06-30",
        "no date",
    ];
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn dates_of_json_lines() {
    let workspace = Workspace::with_samples();
    let questions = [
        json!({"text": "03/04/2021", "order": "MDY"}),
        json!({"text": "03/04/2021", "lang": "pt-BR", "order": null}),
        json!({"text": "ayer a las 18:00", "lang": "es", "now": "2021-06-01T12:00:00-06:00"}),
        json!({"text": "28 June 2021 9:30 CST", "tz": "Asia/Shanghai"}),
        json!({"text": "28 June 2021 9:30 CST"}),
        json!({"text": "9:30", "now": "2021-06-28T12:30:00+05:45"}),
        json!({"text": "Tel. 2222-0000"}),
    ];
    let (found, errors, _) = answers(
        &workspace,
        &questions.map(|question| format!("{question}\n")).concat(),
    );
    let expected = [
        json!({"date": "2021-03-04"}),
        json!({"date": "2021-04-03"}),
        json!({"date": "2021-05-31T18:00:00-06:00"}),
        json!({"date": "2021-06-28T09:30:00+08:00"}),
        json!({"date": "2021-06-28T09:30:00-06:00"}),
        json!({"date": "2021-06-28T09:30:00+05:45"}),
        json!({"date": null}),
    ];
    assert_eq!(found, expected, "{errors}");
}

#[test]
fn a_line_that_is_no_question_is_named() {
    let workspace = Workspace::with_samples();
    let (found, errors, status) =
        answers(&workspace, "{\"text\": \"28 June 2021\"}\n{\"txt\": 1}\n");
    assert_eq!(found, [json!({"date": "2021-06-28"})]);
    assert!(errors.starts_with("tidings: line 2: "), "{errors}");
    assert_eq!(status, Some(2));
}

const TOPICS: &str = r#"
[[topic]]
id = "work"
any = ['"migrant worker"', 'title:"trabajador migrante" lang:es']
exclude = ["football"]

[[topic]]
id = "chiapas"
query = "topic:work region:MX-CHP"

[[topic]]
id = "harbour-news"

[[source]]
id = "harbour"
url = "https://harbour.example/"
language = "es"
topics = ["harbour-news"]
"#;

#[test]
fn topics_of_json_lines() {
    let workspace = Workspace::new(TOPICS);
    let questions = [
        json!({"title": "Migrant workers of Chiapas", "summary": "They met in Tapachula.", "lang": "en"}),
        json!({"title": "Migrant workers", "summary": "", "lang": "en", "regions": ["MX-CHP"]}),
        json!({"title": "Migrant workers", "summary": "They met in the park of the town, and it was raining.",
               "regions": []}),
        json!({"title": "Trabajadoras migrantes", "summary": "", "source": "harbour"}),
        json!({"title": "Trabajadoras migrantes", "summary": "", "lang": "pt"}),
        json!({"title": "Migrant workers", "summary": "A football match", "lang": "en"}),
    ];
    let lines = questions.map(|question| format!("{question}\n")).concat();
    let (found, errors, status) = answered(&workspace, &["explain", "topics"], &lines);
    let topics = |topics: &[&str]| json!({"topics": topics});
    let expected = [
        topics(&["chiapas", "work"]),
        topics(&["chiapas", "work"]),
        topics(&["work"]),
        topics(&["harbour-news", "work"]),
        topics(&[]),
        topics(&[]),
    ];
    assert_eq!(found, expected, "{errors}");
    assert_eq!(status, Some(0));
}

#[test]
fn topics_have_reasons() {
    let workspace = Workspace::new(TOPICS);
    let question = json!({"title": "Señal", "summary": "About migrant workers", "lang": "en"});
    let (found, errors, _) = answered(
        &workspace,
        &["explain", "topics", "--why"],
        &question.to_string(),
    );
    let why = &found[0]["why"][0];
    let line = line_before(&workspace, "id = \"work\"");
    assert_eq!(why["topic"], "work", "{errors}");
    assert_eq!(why["line"], line);
    assert!(why["file"].as_str().unwrap().ends_with("tidings.toml"));
    let reasons = json!([
        {"role": "any", "query": "\"migrant worker\"", "part": "summary", "words": ["migrant", "workers"],
         "at": [[6, 13], [14, 21]]},
        {"role": "exclude", "query": "-\"football\""},
    ]);
    assert_eq!(why["reasons"], reasons);
    let told = workspace
        .run(&[
            "explain",
            "topics",
            "--language",
            "en",
            "Migrant workers",
            "Nothing",
        ])
        .well();
    let lines: Vec<&str> = told.stdout.lines().map(str::trim).collect();
    let expected = [
        "any      \"migrant worker\"  title: Migrant … workers",
        "exclude  -\"football\"  not there",
        "no topic",
    ];
    assert!(
        lines[0].starts_with("work  config/tidings.toml:"),
        "{lines:?}"
    );
    assert_eq!(lines[1..], expected);
}

/// Returns the number of the line before the one that contains `text`, from 1: the line where its table begins.
fn line_before(workspace: &Workspace, text: &str) -> usize {
    let config = read_text(&workspace.path("config/tidings.toml"));
    config.lines().position(|line| line == text).unwrap()
}

#[test]
fn the_topic_of_labour_migration_takes_what_is_about_it() {
    let workspace = Workspace::with_samples();
    let cases =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/topics/labour-migration.jsonl");
    let cases = read_text(&cases);
    let (found, errors, _) = answered(&workspace, &["explain", "topics"], &cases);
    assert_eq!(found.len(), cases.lines().count(), "{errors}");
    for (case, answer) in cases.lines().zip(found) {
        let case: Value = serde_json::from_str(case).unwrap();
        let topics = answer["topics"].as_array().unwrap();
        assert_eq!(
            topics.contains(&json!("labour-migration")),
            case["wanted"] == true,
            "{case}"
        );
    }
}

#[test]
fn duplicates_are_answered_before_the_next_line_is_written() {
    let workspace = Workspace::with_samples();
    let mut command = workspace.command(&["explain", "duplicates"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for (id, cluster) in [("a", "a"), ("b", "a")] {
        let title = "Civil defence opens shelters after the flood";
        let question = json!({"id": id, "url": format!("https://{id}.example/1"), "title": title, "date": "2026-06-01T00:00:00Z"});
        writeln!(questions, "{question}").unwrap();
        let answer: Value = serde_json::from_str(&answers.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer, json!({"id": id, "cluster": cluster}));
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
}
