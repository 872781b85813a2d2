//! `explain` judges text that is given, and stores nothing.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::Workspace;

const NOW: &str = "2021-06-28T12:30:00Z";

/// What JSON lines on stdin are answered with.
fn answers(workspace: &Workspace, lines: &str) -> (Vec<Value>, String, Option<i32>) {
    let mut command = workspace.command(&["explain", "date", "--now", NOW]);
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
