//! The pages that entries link to: each is fetched once, none is lost, and no item alternates between versions with
//! and without its text.

use std::sync::{Arc, Mutex, mpsc};

use chrono::TimeDelta;
use serde_json::Value;
use tidings::model::Timestamp;

use crate::support::{Answer, Board, GUARD, NEWS, Workspace, day};

const DETAIL: &str = "detail.content = \".body\"";

fn workspace(board: &Board, keys: &str) -> Workspace {
    Workspace::new(&format!("{NEWS}{}", board.source(keys)))
}

fn hours(hours: i64) -> Timestamp {
    day(0) + TimeDelta::hours(hours)
}

/// Returns the page of a notice.
fn body(number: usize) -> String {
    format!(
        "<!DOCTYPE html><nav>Home</nav><div class=body><p>Whole text of notice {number}.</p></div>"
    )
}

/// Serves a page for each of these notices.
fn serve(board: &Board, numbers: impl IntoIterator<Item = usize>) {
    for number in numbers {
        board
            .server
            .serve(&format!("/notices/{number}"), body(number));
    }
}

fn target(number: usize) -> String {
    format!("/notices/{number}")
}

/// Returns the items of the topic as in JSON Feed.
fn items(workspace: &Workspace) -> Vec<Value> {
    let feed: Value = serde_json::from_str(&workspace.published().text("news.json")).unwrap();
    feed["items"].as_array().unwrap().clone()
}

/// Returns the numbers of the notices that are published with their whole text, and the number of all that are
/// published.
fn whole(workspace: &Workspace) -> (Vec<usize>, usize) {
    let items = items(workspace);
    let number = |item: &Value| {
        let text = item["content_html"].as_str()?;
        let (_, rest) = text.split_once("Whole text of notice ")?;
        Some(rest.split_once('.')?.0.parse().unwrap())
    };
    let mut numbers: Vec<usize> = items.iter().filter_map(number).collect();
    numbers.sort_unstable();
    (numbers, items.len())
}

#[test]
fn a_page_is_asked_for_once() {
    let board = Board::new(0..2);
    serve(&board, 0..4);
    let workspace = workspace(&board, DETAIL);
    workspace.poll(hours(0));
    assert_eq!(board.asked(), ["/list", "/notices/1", "/notices/0"]);
    assert_eq!(whole(&workspace), (vec![0, 1], 2));
    let before = workspace.published().files();
    // Nothing new, then a page that changed without news.
    workspace.poll(hours(1));
    assert_eq!(board.asked(), ["/list"]);
    assert!(board.server.last_request().is_conditional());
    board.change(|shown| shown.footer = "<p>1,204 visitors</p>");
    workspace.poll(hours(2));
    assert_eq!(board.asked(), ["/list"]);
    workspace.published().files().are_untouched_since(&before);
    // The list shows two: the older one is known, though it is no longer listed.
    board.issue(2..3);
    workspace.poll(hours(3));
    assert_eq!(board.asked(), ["/list", "/notices/2"]);
    assert_eq!(whole(&workspace), (vec![0, 1, 2], 3));
    workspace.check_well("board");
}

#[test]
fn a_page_is_asked_for_again_when_the_list_says_that_its_entry_changed() {
    let board = Board::new(0..1);
    serve(&board, 0..1);
    let workspace = workspace(&board, DETAIL);
    workspace.poll(hours(0));
    board.change(|shown| shown.suffix = ", corrected");
    let corrected = body(0).replace("notice 0", "notice 7");
    board.server.serve("/notices/0", corrected);
    board.asked();
    workspace.poll(hours(1));
    assert_eq!(board.asked(), ["/list", "/notices/0"]);
    assert_eq!(whole(&workspace), (vec![7], 1));
    // Something that changes with every look is a counter, for which the page is not fetched each time.
    for (hour, suffix, asked) in [
        (1, " (2 comments)", 1),
        (2, " (3 comments)", 2),
        (3, " (4 comments)", 1),
        (4, " (5 comments)", 2),
    ] {
        board.change(|shown| shown.suffix = suffix);
        workspace.poll(hours(hour));
        assert_eq!(board.asked().len(), asked, "{suffix}");
        assert_eq!(whole(&workspace), (vec![7], 1));
    }
}

/// The page is read when the wait is over, though the list has not changed since.
#[test]
fn a_correction_that_waits_is_not_forgotten() {
    let board = Board::new(0..1);
    serve(&board, 0..1);
    let workspace = workspace(&board, DETAIL);
    workspace.poll(hours(0));
    for suffix in [", corrected", ", corrected again"] {
        board.change(|shown| shown.suffix = suffix);
        workspace.poll(hours(0));
    }
    board.asked();
    workspace.poll(hours(1));
    assert_eq!(board.asked(), ["/list", "/notices/0"]);
    workspace.poll(hours(2));
    assert_eq!(board.asked(), ["/list"]);
}

#[test]
fn what_one_poll_has_no_time_for_the_next_ones_do() {
    let board = Board::new(0..120);
    serve(&board, 0..120);
    let workspace = workspace(
        &board,
        &format!("{DETAIL}\npages.param = \"page\"\nbackfill = 59"),
    );
    let mut lists = Vec::new();
    for hour in 0..4 {
        workspace.poll(hours(hour));
        let asked = board.asked();
        let (notices, list): (Vec<_>, Vec<_>) =
            asked.iter().partition(|asked| asked.contains("notices"));
        assert_eq!(notices.len(), [50, 50, 20, 0][lists.len()]);
        assert_eq!(items(&workspace).len(), 120);
        lists.push(list.len());
        workspace.check_well("board");
    }
    // As far back as the last page that is wanted; if none is, one request.
    assert_eq!(lists, [60, 60, 60, 1]);
    assert_eq!(whole(&workspace).0, (0..120).collect::<Vec<_>>());
    // The newest first.
    let asked = board.server.requests();
    let first = asked.iter().find(|asked| asked.target.contains("notices"));
    assert_eq!(first.unwrap().target, target(119));
}

#[test]
fn an_entry_whose_page_fails_stands_as_the_list_has_it() {
    let board = Board::new(0..2);
    serve(&board, 1..2);
    board.server.route("/notices/0", |_| Answer::status(500));
    let workspace = workspace(&board, DETAIL);
    workspace.poll(hours(0));
    assert_eq!(whole(&workspace), (vec![1], 2));
    let status = workspace.status("board");
    let told = status["problem"]["text"].as_str().unwrap();
    assert!(told.contains("/notices/0 answered 500"), "{told}");
    assert_eq!(status["state"], "ok");
    board.asked();
    // Again after an hour, after a day, and then no more.
    for (hour, requests) in [(0, 1), (1, 2), (2, 1), (24, 1), (25, 2), (100, 1)] {
        workspace.poll(hours(hour));
        assert_eq!(board.asked().len(), requests, "after {hour} hours");
        assert_eq!(whole(&workspace), (vec![1], 2));
    }
    // A page that changed is read again.
    serve(&board, 0..1);
    board.change(|shown| shown.suffix = ", corrected");
    workspace.poll(hours(101));
    assert_eq!(whole(&workspace), (vec![0, 1], 2));
}

#[test]
fn a_page_that_comes_later_completes_its_item() {
    let board = Board::new(0..1);
    board.server.route("/notices/0", |_| Answer::status(500));
    let workspace = workspace(&board, DETAIL);
    workspace.poll(hours(0));
    let before = items(&workspace);
    serve(&board, 0..1);
    workspace.poll(hours(1));
    let after = items(&workspace);
    assert_eq!(whole(&workspace), (vec![0], 1));
    for field in ["id", "title", "url", "date_published"] {
        assert_eq!(after[0][field], before[0][field]);
    }
    workspace.check_well("board");
}

#[test]
fn what_is_gone_is_asked_for_once() {
    for status in [404, 410] {
        let board = Board::new(0..1);
        board
            .server
            .route("/notices/0", move |_| Answer::status(status));
        let workspace = workspace(&board, DETAIL);
        for hour in [0, 1, 100] {
            workspace.poll(hours(hour));
            assert_eq!(whole(&workspace), (vec![], 1));
        }
        assert_eq!(board.asked(), ["/list", "/notices/0", "/list", "/list"]);
        let told = workspace.run(&["status"]).done().stdout;
        let proposed = told.contains("tidings stories withdraw http://127.0.0.1:");
        assert_eq!(proposed, status == 410, "{told}");
    }
}

#[test]
fn a_host_that_has_had_enough_is_left_alone() {
    let refusing = |status: u16| {
        let board = Board::new(0..5);
        for number in 0..5 {
            let refuse = move |_: &_| Answer::status(status).with("Retry-After", "7200");
            board.server.route(&target(number), refuse);
        }
        let workspace = workspace(
            &board,
            &format!("{DETAIL}\npages.param = \"page\"\npages.last = 2"),
        );
        workspace.poll(hours(0));
        assert_eq!(items(&workspace).len(), 5);
        board
            .asked()
            .iter()
            .filter(|asked| asked.contains("notices"))
            .count()
    };
    assert_eq!([refusing(429), refusing(503), refusing(403)], [1, 1, 3]);
}

#[test]
fn files_are_attached_and_not_read() {
    let board = Board::new(0..1);
    let pdf = Arc::new(Mutex::new(0));
    let sent = Arc::clone(&pdf);
    board.server.route("/notices/0", move |_| {
        let sent = Arc::clone(&sent);
        let endless = std::iter::repeat_with(move || {
            *sent.lock().unwrap() += 1;
            vec![b' '; 1 << 20]
        });
        Answer::stream(endless).with("Content-Type", "application/pdf")
    });
    let list =
        "<div class=row><h3><a href='/plan.PDF'>The plan</a></h3><time>2026-03-02</time></div>";
    board.change(|shown| shown.footer = list);
    let workspace = workspace(&board, DETAIL);
    workspace.poll(hours(0));
    workspace.poll(hours(1));
    assert_eq!(board.asked(), ["/list", "/notices/0", "/list"]);
    let attached = |item: &Value| {
        let file = &item["attachments"][0];
        assert_eq!(file["mime_type"], "application/pdf");
        file["url"].as_str().unwrap().to_owned()
    };
    let mut attached: Vec<String> = items(&workspace).iter().map(attached).collect();
    attached.sort();
    assert_eq!(
        attached,
        ["/notices/0", "/plan.PDF"].map(|file| board.server.url(file))
    );
    // Far less than the limit for a document.
    assert!(*pdf.lock().unwrap() < 8);
    workspace.check_well("board");
}

#[test]
fn a_preview_attaches_files_as_a_poll_does() {
    let board = Board::new(0..1);
    board.server.route("/notices/0", |_| {
        Answer::ok("%PDF-1.7").with("Content-Type", "application/pdf")
    });
    let workspace = workspace(&board, DETAIL);
    let preview = workspace.run(&["preview", "board", "--output", "jsonfeed"]);
    let file = &preview.done().json()["items"][0]["attachments"][0];
    assert_eq!(file["mime_type"], "application/pdf");
    assert_eq!(file["url"], board.server.url("/notices/0"));
    let table = workspace.run(&["preview", "board"]).done().stdout;
    assert!(
        table.contains("is a file: it is attached to its entry"),
        "{table}"
    );
}

#[test]
fn a_page_that_leads_back_to_the_list_is_none() {
    let board = Board::new(0..1);
    board
        .server
        .route("/notices/0", |_| Answer::redirect("/list"));
    let workspace = workspace(&board, "detail.content = \"h1\"");
    workspace.poll(hours(0));
    assert_eq!(whole(&workspace), (vec![], 1));
    assert!(
        items(&workspace)[0]["content_html"]
            .as_str()
            .is_none_or(|text| !text.contains("Notices"))
    );
}

#[test]
fn other_rules_read_the_pages_anew() {
    let board = Board::new(0..1);
    serve(&board, 0..1);
    let workspace = workspace(&board, "detail.content = \".text\"");
    workspace.poll(hours(0));
    assert_eq!(whole(&workspace), (vec![], 1));
    workspace.configure(&format!("{NEWS}{}", board.source(DETAIL)));
    board.asked();
    workspace.poll(hours(0));
    assert_eq!(board.asked(), ["/list", "/notices/0"]);
    assert_eq!(whole(&workspace), (vec![0], 1));
}

#[test]
fn a_run_killed_amid_the_pages_loses_nothing() {
    let board = Board::new(0..2);
    serve(&board, 0..2);
    let (asked, is_asked) = mpsc::channel();
    let (killed, go_on) = mpsc::channel::<()>();
    let go_on = Mutex::new(Some(go_on));
    board.server.route("/notices/0", move |_| {
        if let Some(go_on) = go_on.lock().unwrap().take() {
            asked.send(()).unwrap();
            go_on.recv_timeout(GUARD).unwrap();
        }
        Answer::ok(body(0))
    });
    let workspace = workspace(&board, DETAIL);
    let run = workspace.start(&["once"]);
    is_asked.recv_timeout(GUARD).unwrap();
    assert!(run.kill());
    killed.send(()).unwrap();
    board.asked();
    workspace.poll(hours(0));
    // Pages are stored with their poll, which did not finish, so they are fetched again.
    assert_eq!(board.asked(), ["/list", "/notices/1", "/notices/0"]);
    assert_eq!(whole(&workspace), (vec![0, 1], 2));
    workspace.poll(hours(1));
    assert_eq!(board.asked(), ["/list"]);
}
