//! No more load than a source allows, and an honest name.

use chrono::TimeDelta;

use crate::support::{Answer, NEWS, Server, Workspace, day, notices, rss, source};

fn once(workspace: &Workspace, minutes: i64) {
    let now = day(0) + TimeDelta::minutes(minutes);
    workspace.run(&["once", "--now", &now.to_rfc3339()]).well();
}

#[test]
fn requests_say_who_asks_and_whom_to_write_to() {
    let server = Server::start();
    server.serve("/", rss(&[]));
    let site =
        "[site]\nbase_url = \"https://bulletins.example\"\ncontact = \"ops@bulletins.example\"\n";
    let workspace = Workspace::new(&format!("{site}{NEWS}{}", source("a", &server.url("/"))));
    once(&workspace, 0);
    let request = server.last_request();
    let version = env!("CARGO_PKG_VERSION");
    let expected =
        format!("tidings/{version} (+https://bulletins.example/; ops@bulletins.example)");
    assert_eq!(request.header("user-agent"), Some(&*expected));
}

#[test]
fn a_source_is_asked_when_it_is_due_and_not_before() {
    let server = Server::start();
    server.serve("/", rss(&[]));
    let workspace = Workspace::new(&format!("{NEWS}{}", source("a", &server.url("/"))));
    for (minutes, requests) in [(0, 1), (59, 1), (60, 2), (119, 2), (121, 3)] {
        once(&workspace, minutes);
        assert_eq!(server.requests().len(), requests, "after {minutes} minutes");
    }
    // A source that is named is polled at any time.
    let now = (day(0) + TimeDelta::minutes(122)).to_rfc3339();
    workspace.run(&["once", "a", "--now", &now]).well();
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_server_that_wants_peace_gets_it() {
    let server = Server::start();
    server.route("/", |_| Answer::status(503).with("Retry-After", "18000"));
    let workspace = Workspace::new(&format!("{NEWS}{}", source("a", &server.url("/"))));
    once(&workspace, 0);
    assert_eq!(workspace.status("a")["next_poll"], "2026-03-02T17:00:00Z");
    once(&workspace, 5 * 60 - 1);
    assert_eq!(server.requests().len(), 1);
    once(&workspace, 5 * 60);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn what_a_publisher_took_away_is_hardly_asked_for() {
    let server = Server::start();
    server.route("/", |_| Answer::status(410));
    let workspace = Workspace::new(&format!("{NEWS}{}", source("a", &server.url("/"))));
    once(&workspace, 0);
    once(&workspace, 6 * 24 * 60);
    assert_eq!(server.requests().len(), 1);
    once(&workspace, 7 * 24 * 60);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_redirect_that_wants_its_cookie_back_gets_it() {
    let server = Server::start();
    server.route("/", |request| match request.header("cookie") {
        Some("visit=1") => Answer::ok(rss(&notices(0..3, day(0)))),
        _ => Answer::redirect("/").with("Set-Cookie", "visit=1; Path=/; HttpOnly"),
    });
    let workspace = Workspace::new(&format!("{NEWS}{}", source("a", &server.url("/"))));
    once(&workspace, 0);
    workspace.check_well("a");
    assert_eq!(workspace.published().stories("news").len(), 3);
    assert_eq!(server.requests().len(), 2);
    // Cookies are not kept for the next poll.
    once(&workspace, 60);
    let cookies = server.requests().into_iter();
    let cookies: Vec<bool> = cookies
        .map(|request| request.header("cookie").is_some())
        .collect();
    assert_eq!(cookies, [false, true, false, true]);
}

#[test]
fn a_coding_that_means_nothing_is_none() {
    for coding in ["utf-8", "none", "identity", "UTF-8, identity", "8bit"] {
        let server = Server::start();
        server.route("/", move |_| {
            Answer::ok(rss(&notices(0..3, day(0)))).with("Content-Encoding", coding)
        });
        let workspace = Workspace::new(&format!("{NEWS}{}", source("a", &server.url("/"))));
        once(&workspace, 0);
        workspace.check_well("a");
        assert_eq!(workspace.published().stories("news").len(), 3, "{coding}");
    }
}

#[test]
fn an_address_that_carries_a_private_one_is_refused() {
    for host in ["[::7f00:1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"] {
        let address = format!("http://{host}/");
        let fetch = "[fetch]\nhost_delay = \"0s\"\n";
        let workspace = Workspace::new(&format!("{fetch}{NEWS}{}", source("a", &address)));
        once(&workspace, 0);
        let problem = workspace.status("a")["problem"].clone();
        assert_eq!(problem["code"], "private-address", "{host}");
        let text = problem["text"].as_str().unwrap();
        assert!(text.contains("which carries 127.0.0.1"), "{text}");
    }
}

/// A clock that went a day ahead and back: everything scheduled meanwhile is in the future.
#[test]
fn a_clock_that_was_set_back_stops_nothing() {
    let server = Server::start();
    server.serve("/", rss(&[]));
    let workspace = Workspace::new(&format!("{NEWS}{}", source("a", &server.url("/"))));
    let run = |minutes: i64| {
        let now = day(0) + TimeDelta::minutes(minutes);
        let ran = workspace.run(&["once", "--now", &now.to_rfc3339()]).done();
        (server.requests().len(), ran.stderr.contains("was set back"))
    };
    assert_eq!(run(0), (1, false));
    assert_eq!(run(24 * 60), (2, false));
    assert_eq!(run(1), (3, true));
    assert_eq!(run(2), (3, false));
    assert_eq!(run(61), (4, false));
}

#[test]
fn the_status_tells_of_polls_in_the_future() {
    let server = Server::start();
    server.serve("/", rss(&[]));
    let workspace = Workspace::new(&format!("{NEWS}{}", source("a", &server.url("/"))));
    let warnings = || workspace.run(&["status", "--json"]).done().json()["warnings"].clone();
    once(&workspace, 0);
    assert_eq!(warnings(), serde_json::json!([]));
    let args = ["once", "--all", "--now", "2999-01-01T00:00:00Z"];
    workspace.run(&args).done();
    let told = warnings()[0].as_str().unwrap().to_owned();
    assert!(
        told.starts_with(
            "the clock was set back: the last poll of a lies in the future (2999-01-01T00:00:00Z)"
        ),
        "{told}"
    );
    let table = workspace.run(&["status"]).done().stdout;
    assert!(table.contains(&told), "{table}");
}
