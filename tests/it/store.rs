//! One writer at a time, and no store that this version cannot read.

use std::sync::{Mutex, mpsc};

use rusqlite::Connection;
use serde_json::json;

use crate::support::{Answer, GUARD, NEWS, Server, Workspace, day, notices, rss, source};

#[test]
fn a_second_process_is_told_who_was_first() {
    let server = Server::start();
    let (asked, first_asks) = mpsc::channel();
    let (go_on, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    server.route("/", move |_| {
        asked.send(()).unwrap();
        released.lock().unwrap().recv_timeout(GUARD).unwrap();
        Answer::ok(rss(&notices(0..3, day(0))))
    });
    let workspace = Workspace::new(&format!("{NEWS}{}", source("a", &server.url("/"))));
    let mut first = workspace.start(&["once"]);
    first_asks.recv_timeout(GUARD).unwrap();

    let second = workspace.run(&["once"]);
    let complaint = second.complaint(1);
    let who = format!(
        "another tidings (process {}) is using the store",
        first.id()
    );
    assert!(complaint.contains(&who), "{complaint}");
    assert!(complaint.contains("var/tidings.db"), "{complaint}");
    // Reading is allowed.
    assert_eq!(workspace.status("a")["state"], "new");

    go_on.send(()).unwrap();
    first.finish().well();
    assert_eq!(workspace.published().stories("news").len(), 3);
    workspace.run(&["once"]).well();
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let workspace = Workspace::with_samples();
    workspace.run(&["once"]).well();
    let path = workspace.path("var/tidings.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "user_version", 1_000)
        .unwrap();
    drop(connection);
    let before = workspace.published().files();
    for command in [&["once"][..], &["status"], &["status", "--json"]] {
        let ran = workspace.run(command);
        let complaint = ran.complaint(1);
        let word = "was written by a newer tidings (schema 1000, this one knows ";
        assert!(complaint.contains(word), "{complaint}");
        assert_eq!(ran.stdout, "");
    }
    workspace.published().files().are_untouched_since(&before);
}

#[test]
fn what_is_no_store_is_said_to_be_none() {
    let workspace = Workspace::with_samples();
    workspace.write(
        "var/tidings.db",
        "a text that somebody left here, longer than a header\n".repeat(4),
    );
    let ran = workspace.run(&["once"]);
    let complaint = ran.complaint(1);
    assert!(complaint.contains("file is not a database"), "{complaint}");
}

#[test]
fn status_before_the_first_run_makes_no_store() {
    let workspace = Workspace::with_samples();
    let status = workspace.run(&["status", "--json"]).well().json();
    let ids: Vec<&str> = status["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        ["iom-mesocaribe-text", "iom-mesoamerica-page", "notices-es"]
    );
    let expected = json!({
        "id": "notices-es", "state": "new", "problem": null, "last_attempt": null, "last_success": null,
        "last_error": null, "http_status": null, "consecutive_failures": 0, "next_poll": null, "items": 0,
    });
    assert_eq!(status["sources"][2], expected);
    let table = workspace.run(&["status"]).well().stdout;
    assert_eq!(table.matches(" new ").count(), 3, "{table}");
    workspace.run(&["check"]).well();
    for made in ["var", "feeds"] {
        assert!(!workspace.path(made).exists(), "{made}");
    }
}

#[test]
fn status_tells_how_the_sources_are() {
    let workspace = Workspace::with_samples();
    workspace.poll(day(0));
    let expected = json!({
        "id": "notices-es", "state": "ok", "problem": null, "last_attempt": "2026-03-02T12:00:00Z",
        "last_success": "2026-03-02T12:00:00Z", "last_error": null, "http_status": null,
        "consecutive_failures": 0, "next_poll": "2026-03-02T13:00:00Z", "items": 8,
    });
    assert_eq!(workspace.status("notices-es"), expected);
}
