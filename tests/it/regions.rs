//! The places that items are about: from a source's country to the feeds, and on the command line.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Notice, Server, Workspace, day, notice, rss, source, titles};

const MEXICO: &str = "[[topic]]\nid = \"mexico\"\ntitle = \"Mexico\"\nany = [\"country:MX\"]\n\n[[topic]]\nid = \"news\"\n";

fn titled(number: usize, title: &str) -> Notice {
    Notice {
        title: title.to_owned(),
        ..notice(number, day(0))
    }
}

/// Returns the regions of each story of a feed.
fn regions(workspace: &Workspace, topic: &str) -> Vec<Value> {
    let feed: Value =
        serde_json::from_str(&workspace.published().text(&format!("{topic}.json"))).unwrap();
    let items = feed["items"].as_array().unwrap().iter();
    items
        .map(|item| item["_tidings"]["regions"].clone())
        .collect()
}

#[test]
fn a_topic_holds_what_is_about_its_country() {
    let server = Server::start();
    let notices = [
        titled(1, "Shelter opens in Tapachula"),
        titled(2, "Workshop in Guatemala"),
        titled(3, "The quay is closed"),
    ];
    server.serve("/", rss(&notices));
    let harbour = source("harbour", &server.url("/"));
    let workspace = Workspace::new(&format!("{MEXICO}{harbour}"));
    workspace.poll(day(0));
    assert_eq!(
        titles(&workspace.published().stories("mexico")),
        ["Shelter opens in Tapachula"]
    );
    assert_eq!(
        regions(&workspace, "mexico"),
        [serde_json::json!(["MX", "MX-CHP"])]
    );
    let published = workspace.published();
    assert!(
        published.text("mexico.atom").contains(
            "<category term=\"MX\" scheme=\"urn:iso:std:iso:3166:-1\" label=\"Mexico\"/>"
        )
    );
    assert!(
        published
            .text("mexico.rss")
            .contains("<category domain=\"urn:iso:std:iso:3166:-2\">MX-CHP</category>")
    );

    // The source is set to be in Mexico: an item that names no place is about it, and nothing is polled again.
    workspace.configure(&format!("{MEXICO}{harbour}country = \"MX\"\n"));
    workspace
        .run(&["once", "--now", &day(0).to_rfc3339()])
        .well();
    assert_eq!(regions(&workspace, "mexico").len(), 2);
    assert_eq!(server.requests().len(), 1);

    // All items are about Guatemala.
    workspace.configure(&format!("{MEXICO}{harbour}regions = [\"GT-01\"]\n"));
    workspace
        .run(&["once", "--now", &day(0).to_rfc3339()])
        .well();
    assert_eq!(
        regions(&workspace, "mexico"),
        [serde_json::json!(["GT", "GT-01", "MX", "MX-CHP"])]
    );
}

fn ask(lines: &str) -> (String, Option<i32>) {
    let workspace = Workspace::new("");
    let mut command = workspace.command(&["explain", "regions"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut asked = command.spawn().unwrap();
    asked
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let answer = asked.wait_with_output().unwrap();
    (
        String::from_utf8(answer.stdout).unwrap(),
        answer.status.code(),
    )
}

#[test]
fn lines_are_answered_in_their_order() {
    let (answers, status) = ask(concat!(
        r#"{"text": "Taller en Chinandega, Nicaragua", "lang": "es", "source_region": null}"#,
        "\n",
        r#"{"text": "Concejo aprueba el plan", "lang": "es", "source_region": "CL"}"#,
        "\n",
        r#"{"text": "Nothing at all"}"#,
        "\n",
    ));
    assert_eq!(
        answers,
        "{\"regions\":[\"NI\",\"NI-CI\"]}\n{\"regions\":[\"CL\"]}\n{\"regions\":[]}\n"
    );
    assert_eq!(status, Some(0));
    assert_eq!(ask("{\"text\": 1}\n").1, Some(2));
    assert_eq!(
        ask("{\"text\": \"a\", \"source_region\": \"Chile\"}\n").1,
        Some(2)
    );
}

#[test]
fn a_text_is_explained_by_its_words() {
    let workspace = Workspace::new("");
    let shown = workspace
        .run(&["explain", "regions", "Feria en Tapachula", "Nada"])
        .well();
    assert_eq!(
        shown.stdout,
        "MX      Tapachula\nMX-CHP  Tapachula\nno region\n"
    );
}
