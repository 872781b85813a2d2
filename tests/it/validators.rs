//! The validators of a request only vouch for stored items: a 304 hides no item and no repair.

use std::sync::{Arc, Mutex, mpsc};

use chrono::TimeDelta;

use crate::support::{Answer, GUARD, NEWS, Server, Workspace, day, notices, rss, source};

#[test]
fn what_was_stored_is_not_sent_again() {
    let server = Server::start();
    let body = rss(&notices(0..3, day(0)));
    server.route("/", move |request| {
        Answer::versioned(request, &body).with("Last-Modified", "Mon, 02 Mar 2026 11:00:00 GMT")
    });
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    workspace.poll(day(0));
    workspace.poll(day(0));
    let [first, second] = server.requests().try_into().unwrap();
    assert!(!first.is_conditional());
    let since = second.header("if-modified-since");
    assert_eq!(since, Some("Mon, 02 Mar 2026 11:00:00 GMT"));
    assert!(second.header("if-none-match").is_some());
    workspace.check_well("harbour");
    assert_eq!(workspace.published().stories("news").len(), 3);
}

/// A server that was moved sends other tags for the same feed. They are used from then on, or it would send the whole
/// feed each time.
#[test]
fn a_new_tag_of_an_old_body_is_the_one_to_ask_with() {
    let server = Server::start();
    let body = rss(&notices(0..3, day(0)));
    let serve = |tag: &'static str| {
        let body = body.clone();
        server.route("/", move |request| {
            let answer = match request.header("if-none-match") {
                Some(known) if known == tag => Answer::status(304),
                _ => Answer::ok(body.clone()),
            };
            answer.with("ETag", tag)
        });
    };
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    for (tag, asked_with) in [
        ("\"old\"", None),
        ("\"new\"", Some("\"old\"")),
        ("\"new\"", Some("\"new\"")),
    ] {
        serve(tag);
        workspace.poll(day(0));
        let asked = server.last_request();
        assert_eq!(asked.header("if-none-match"), asked_with);
        workspace.check_well("harbour");
    }
}

#[test]
fn a_run_killed_amid_an_answer_leaves_the_next_request_unconditional() {
    let server = Server::start();
    let (sent, half_sent) = mpsc::channel();
    let (killed, go_on) = mpsc::channel::<()>();
    let go_on = Mutex::new(Some(go_on));
    let body = rss(&notices(0..3, day(0)));
    server.route("/", move |request| {
        let Some(go_on) = go_on.lock().unwrap().take() else {
            return Answer::versioned(request, &body);
        };
        let (begin, end) = body.split_at(body.len() / 2);
        let (begin, end) = (begin.as_bytes().to_vec(), end.as_bytes().to_vec());
        let sent = sent.clone();
        let rest = std::iter::once_with(move || {
            sent.send(()).unwrap();
            go_on.recv_timeout(GUARD).unwrap();
            end
        });
        Answer::stream(std::iter::once(begin).chain(rest)).with("ETag", "\"first\"")
    });
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    let run = workspace.start(&["once"]);
    half_sent.recv_timeout(GUARD).unwrap();
    assert!(run.kill());
    killed.send(()).unwrap();

    workspace.poll(day(0));
    assert!(!server.last_request().is_conditional());
    assert_eq!(workspace.published().stories("news").len(), 3);
    workspace.poll(day(0));
    assert!(server.last_request().is_conditional());
}

/// Returns two rows, in the publisher's current markup.
fn page(class: &str, rows: [&str; 2], next: &str) -> String {
    let row = |title: &str| {
        format!(
            "<div class=\"{class}\"><h3><a href=\"/{title}\">{title}</a></h3><p>2 March 2026</p></div>"
        )
    };
    let rows = rows.map(row).concat();
    format!("<!DOCTYPE html><html><body>{rows}{next}</body></html>")
}

fn scraped(url: &str, item: &str) -> String {
    format!(
        "{NEWS}[[source]]\nid = \"page\"\nurl = \"{url}\"\nkind = \"html\"\ntopics = [\"news\"]\n\
         select.item = \"{item}\"\nselect.title = \"h3 a\"\nselect.date = \"p\"\n"
    )
}

#[test]
fn the_repair_of_a_selector_is_not_hidden_by_a_304() {
    let server = Server::start();
    server.serve("/list", page("row", ["One", "Two"], ""));
    let workspace = Workspace::new(&scraped(&server.url("/list"), ".wrong"));
    workspace.poll(day(0));
    let status = workspace.status("page");
    // The source was never read, so it cannot have changed.
    assert_eq!(status["state"], "failing");
    assert_eq!(status["problem"]["code"], "nothing-found");
    let text = status["problem"]["text"].as_str().unwrap();
    assert!(text.contains("`select.item` (.wrong)"), "{text}");
    let action = status["problem"]["action"].as_str().unwrap();
    assert!(action.contains("correct `select`"), "{action}");
    assert!(action.contains("tidings.toml:"), "{action}");
    assert!(workspace.published().stories("news").is_empty());

    workspace.configure(&scraped(&server.url("/list"), ".row"));
    workspace.poll(day(0));
    assert!(!server.last_request().is_conditional());
    assert_eq!(workspace.published().stories("news").len(), 2);
    workspace.check_well("page");
}

#[test]
fn a_page_that_is_not_understood_is_asked_for_whole_until_it_is() {
    let server = Server::start();
    let workspace = Workspace::new(&scraped(&server.url("/list"), ".row"));
    server.serve("/list", page("row", ["One", "Two"], ""));
    workspace.poll(day(0));
    // The publisher changes the layout, and later changes it back.
    server.serve("/list", page("card", ["Two", "Three"], ""));
    workspace.poll(day(1));
    assert_eq!(workspace.status("page")["state"], "drifted");
    assert_eq!(workspace.published().stories("news").len(), 2);
    server.serve("/list", page("row", ["Two", "Three"], ""));
    workspace.poll(day(2));
    assert!(!server.last_request().is_conditional());
    workspace.check_well("page");
    assert_eq!(workspace.published().stories("news").len(), 3);
}

#[test]
fn a_selector_that_finds_more_reads_an_unchanged_page_again() {
    let server = Server::start();
    let both = page(
        "row",
        ["One", "Two"],
        "<div class=\"row old\"><h3><a>Three</a></h3></div>",
    );
    server.serve("/list", both);
    let workspace = Workspace::new(&scraped(&server.url("/list"), ".row:not(.old)"));
    workspace.poll(day(0));
    assert_eq!(workspace.published().stories("news").len(), 2);
    workspace.configure(&scraped(&server.url("/list"), ".row"));
    workspace.poll(day(0));
    assert_eq!(workspace.published().stories("news").len(), 3);
}

#[test]
fn a_list_whose_second_page_failed_is_read_again_from_the_first() {
    let server = Server::start();
    let next = "<ul><li class=\"next\"><a href=\"/list?page=1\">Next</a></li></ul>";
    let (first, second) = (
        page("row", ["One", "Two"], next),
        page("row", ["Three", "Four"], ""),
    );
    let answers = Mutex::new([Answer::status(503)].into_iter());
    server.route("/list", move |request| {
        if request.target.ends_with("page=1") {
            let failing = answers.lock().unwrap().next();
            failing.unwrap_or_else(|| Answer::versioned(request, &second))
        } else {
            Answer::versioned(request, &first)
        }
    });
    let pages = "pages.next = \"li.next a\"\npages.last = 1\n";
    let workspace = Workspace::new(&format!("{}{pages}", scraped(&server.url("/list"), ".row")));
    workspace.poll(day(0));
    assert_eq!(workspace.status("page")["problem"]["code"], "http-503");
    assert_eq!(workspace.published().stories("news").len(), 2);
    workspace.poll(day(0));
    let asked = server.requests();
    let targets: Vec<&str> = asked.iter().map(|asked| &*asked.target).collect();
    assert_eq!(targets, ["/list", "/list?page=1", "/list", "/list?page=1"]);
    assert!(!asked[2].is_conditional());
    assert_eq!(workspace.published().stories("news").len(), 4);
}

/// Some servers compare dates or tags that are unrelated to their content.
#[test]
fn a_server_that_answers_304_for_ever_hides_nothing_longer_than_a_day() {
    let server = Server::start();
    let shown = Arc::new(Mutex::new(rss(&notices(0..1, day(0)))));
    let body = Arc::clone(&shown);
    server.route("/", move |request| {
        let answer = if request.is_conditional() {
            Answer::status(304)
        } else {
            Answer::ok(body.lock().unwrap().clone())
        };
        answer.with("ETag", "\"for ever\"")
    });
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    // Every poll is a run of its own: the times of earlier requests are in the store.
    let poll = |hours: i64, is_conditional: bool, stories: usize| {
        workspace.poll(day(0) + TimeDelta::hours(hours));
        let asked = server.last_request();
        assert_eq!(asked.is_conditional(), is_conditional, "hour {hours}");
        assert_eq!(workspace.published().stories("news").len(), stories);
        workspace.check_well("harbour");
    };
    poll(0, false, 1);
    *shown.lock().unwrap() = rss(&notices(0..2, day(0)));
    poll(1, true, 1);
    poll(23, true, 1);
    poll(24, false, 2);
    poll(25, true, 2);
    // Nothing new: that, too, is known for a day.
    poll(48, false, 2);
    poll(49, true, 2);
    // The clock was set back.
    poll(30, false, 2);
    poll(31, true, 2);
}

#[test]
fn a_part_that_nobody_asked_for_is_no_document() {
    let body = rss(&notices(0..3, day(0)));
    let check = |status: u16, part: &str, is_whole: bool| {
        let server = Server::start();
        let first = Mutex::new(Some(part.to_owned()));
        let body = body.clone();
        server.route("/", move |request| {
            if let Some(part) = first.lock().unwrap().take() {
                return Answer::stream(std::iter::once(part.into_bytes()))
                    .with("ETag", "\"1\"")
                    .with("Content-Range", "bytes 0-199/900")
                    .with_status(status);
            }
            match request.header("if-none-match") {
                Some("\"1\"") => Answer::status(304),
                _ => Answer::ok(body.clone()),
            }
            .with("ETag", "\"1\"")
        });
        let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
        workspace.poll(day(0));
        if is_whole {
            workspace.check_well("harbour");
            return;
        }
        let status_of = workspace.status("harbour");
        assert_eq!(status_of["problem"]["code"], format!("http-{status}"));
        workspace.poll(day(0));
        assert!(!server.last_request().is_conditional(), "{status}");
        assert_eq!(workspace.published().stories("news").len(), 3, "{status}");
        workspace.check_well("harbour");
    };
    // Cut between two items, and mended into a feed.
    let part = rss(&notices(0..1, day(0)));
    check(206, &part, false);
    check(226, &part, false);
    check(202, &part, false);
    check(204, "", false);
    check(203, &body, true);
}

#[test]
fn a_body_shorter_than_it_says_is_asked_for_again() {
    let server = Server::start();
    let body = rss(&notices(0..3, day(0)));
    let first = Mutex::new(Some(rss(&notices(0..1, day(0)))));
    let length = body.len().to_string();
    server.route("/", move |request| match first.lock().unwrap().take() {
        Some(part) => Answer::ok(part)
            .with("Content-Length", &length)
            .with("ETag", "\"1\""),
        None => Answer::versioned(request, &body),
    });
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    workspace.poll(day(0));
    assert_eq!(
        workspace.status("harbour")["problem"]["code"],
        "unreachable"
    );
    workspace.poll(day(0));
    assert!(!server.last_request().is_conditional());
    assert_eq!(workspace.published().stories("news").len(), 3);
}
