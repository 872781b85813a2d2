//! A poll walks a list back far enough that nothing is missed, and no further.

use std::sync::{Mutex, mpsc};

use crate::support::{
    Answer, Behind, Board, GUARD, NEWS, Server, Workspace, day, notices, rss, source,
};

fn workspace(board: &Board, keys: &str) -> Workspace {
    Workspace::new(&format!("{NEWS}{}", board.source(keys)))
}

const COUNTED: &str = "pages.param = \"page\"";

/// Returns the requests for the first pages of the list.
fn list(pages: usize) -> Vec<String> {
    let first = std::iter::once("/list".to_owned());
    let further = (1..pages).map(|page| format!("/list?page={page}"));
    first.chain(further).collect()
}

fn stories(workspace: &Workspace) -> usize {
    workspace.published().stories("news").len()
}

#[test]
fn the_first_poll_goes_further_back_than_later_ones() {
    let board = Board::new(0..20);
    let workspace = workspace(&board, &format!("{COUNTED}\npages.last = 2\nbackfill = 5"));
    workspace.poll(day(0));
    assert_eq!(board.asked(), list(6));
    assert_eq!(stories(&workspace), 12);
    // Nothing new: one request.
    workspace.poll(day(0));
    assert_eq!(board.asked(), list(1));
    // One new: up to the first page without news.
    board.issue(20..21);
    workspace.poll(day(0));
    assert_eq!(board.asked(), list(2));
    // More than an ordinary poll reads.
    board.issue(21..31);
    workspace.poll(day(0));
    assert_eq!(board.asked(), list(3));
    assert_eq!(stories(&workspace), 12 + 1 + 6);
    workspace.check_well("board");
}

#[test]
fn a_list_ends_where_its_server_has_no_more() {
    for behind in [Behind::Nothing, Behind::Empty, Behind::First] {
        let board = Board::new(0..6);
        board.change(|shown| shown.behind = behind);
        let workspace = workspace(&board, &format!("{COUNTED}\nbackfill = 100"));
        workspace.poll(day(0));
        assert_eq!(board.asked(), list(4), "{behind:?}");
        assert_eq!(stories(&workspace), 6);
        workspace.check_well("board");
    }
}

#[test]
fn pages_that_changed_without_news_lead_no_further() {
    let board = Board::new(0..20);
    let workspace = workspace(&board, &format!("{COUNTED}\npages.last = 5"));
    workspace.poll(day(0));
    board.asked();
    board.change(|shown| shown.footer = "<p>1,204 visitors</p>");
    workspace.poll(day(0));
    assert_eq!(board.asked(), list(1));
    // A correction is not news that needs further pages.
    board.change(|shown| shown.suffix = ", corrected");
    workspace.poll(day(0));
    assert_eq!(board.asked(), list(1));
}

#[test]
fn links_that_lead_in_a_circle_are_followed_once() {
    let next = "<a rel=next href='/list?page=NEXT'>Next</a>";
    let around = "<a rel=next href='/list?page=1'>Next</a>";
    for (footer, keys, expected) in [
        (next, "pages.last = 3", 4),
        (next, "pages.next = \"a[rel]\"\npages.last = 2", 3),
        (around, "pages.last = 9", 2),
    ] {
        let board = Board::new(0..20);
        board.change(|shown| shown.footer = footer);
        let workspace = workspace(&board, keys);
        workspace.poll(day(0));
        assert_eq!(board.asked(), list(expected), "{keys}");
        workspace.check_well("board");
    }
}

#[test]
fn pages_may_have_addresses_that_count() {
    let board = Board::new(0..20);
    let workspace = workspace(
        &board,
        "pages.url = \"/list?page={}\"\npages.from = 3\npages.step = 2\npages.last = 2",
    );
    workspace.poll(day(0));
    assert_eq!(board.asked(), ["/list", "/list?page=3", "/list?page=5"]);
}

#[test]
fn what_is_pinned_or_moves_on_while_it_is_read_stands_there_once() {
    let board = Board::new(0..4);
    // The pinned notice is on both pages, in the place of another one.
    board.change(|shown| shown.notices = vec![9, 3, 9, 2]);
    let workspace = workspace(&board, COUNTED);
    workspace.poll(day(0));
    assert_eq!(stories(&workspace), 3);
    workspace.check_well("board");
}

#[test]
fn after_a_failure_the_list_is_read_back_to_what_is_known() {
    let board = Board::new(0..10);
    let workspace = workspace(&board, &format!("{COUNTED}\nbackfill = 8"));
    workspace.poll(day(0));
    board.change(|shown| shown.failing = Some(0));
    workspace.poll(day(0));
    board.issue(10..16);
    board.change(|shown| shown.failing = None);
    board.asked();
    workspace.poll(day(0));
    // Three pages of news, and one that ends them.
    assert_eq!(board.asked(), list(4));
    assert_eq!(stories(&workspace), 16);
    board.issue(16..26);
    workspace.poll(day(0));
    assert_eq!(board.asked(), list(2));
}

/// The source was not polled during the pause.
#[test]
fn after_a_pause_the_list_is_read_back_to_what_is_known() {
    let board = Board::new(0..10);
    let workspace = workspace(&board, &format!("{COUNTED}\nbackfill = 8"));
    workspace.poll(day(0));
    board.issue(10..16);
    board.asked();
    workspace.poll(day(2));
    assert_eq!(board.asked(), list(4));
    assert_eq!(stories(&workspace), 16);
}

/// Items stored by an interrupted walk do not prove that the following ones are known.
#[test]
fn a_walk_that_broke_off_is_walked_again_to_its_end() {
    let board = Board::new(0..4);
    let workspace = workspace(&board, &format!("{COUNTED}\nbackfill = 8"));
    workspace.poll(day(0));
    board.issue(4..12);
    for failing in [1, 2] {
        board.change(|shown| shown.failing = Some(failing));
        workspace.poll(day(0));
        assert_eq!(workspace.status("board")["problem"]["code"], "http-500");
    }
    board.change(|shown| shown.failing = None);
    board.asked();
    workspace.poll(day(0));
    assert_eq!(board.asked(), list(5));
    assert_eq!(stories(&workspace), 12);
    workspace.check_well("board");
}

#[test]
fn feeds_name_their_own_next_page() {
    let server = Server::start();
    let atom = |number: usize, next: &str| {
        format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>Harbour</title>{next}<entry><id>urn:{number}</id>\
             <title>Notice {number}</title><updated>2026-03-02T00:00:00Z</updated></entry></feed>"
        )
    };
    server.serve("/a", atom(1, "<link rel='next' href='/a/2'/>"));
    server.serve("/a/2", atom(2, "<link rel='prev-archive' href='/a/3'/>"));
    server.serve("/a/3", atom(3, ""));
    let json = |number: usize, next: &str| {
        format!(
            "{{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"Harbour\", \"next_url\": \"{next}\",
              \"items\": [{{\"id\": \"{number}\", \"title\": \"Notice {number}\"}}]}}"
        )
    };
    server.serve("/j", json(4, &server.url("/j/2")));
    server.serve("/j/2", json(5, &server.url("/j/2")));
    let workspace = Workspace::new(&format!(
        "{NEWS}{}pages.last = 5\n{}pages.last = 5\n{}",
        source("atom", &server.url("/a")),
        source("json", &server.url("/j")),
        source("alone", &server.url("/a/2")),
    ));
    workspace.poll(day(0));
    let mut asked: Vec<_> = server
        .requests()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    asked.sort();
    assert_eq!(asked, ["/a", "/a/2", "/a/2", "/a/3", "/j", "/j/2"]);
    assert_eq!(stories(&workspace), 6);
}

#[test]
fn a_walk_that_is_killed_is_walked_again() {
    let server = Server::start();
    let (asked, is_asked) = mpsc::channel();
    let (killed, go_on) = mpsc::channel::<()>();
    let go_on = Mutex::new(Some(go_on));
    let feed = |numbers| {
        let link =
            "<channel><atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='next' href='/2'/>";
        rss(&notices(numbers, day(0))).replace("<channel>", link)
    };
    server.serve("/", feed(0..3));
    let second = feed(3..6);
    server.route("/2", move |request| {
        if let Some(go_on) = go_on.lock().unwrap().take() {
            asked.send(()).unwrap();
            go_on.recv_timeout(GUARD).unwrap();
        }
        Answer::versioned(request, &second)
    });
    let source = source("harbour", &server.url("/"));
    let workspace = Workspace::new(&format!("{NEWS}{source}pages.last = 1\n"));
    let run = workspace.start(&["once"]);
    is_asked.recv_timeout(GUARD).unwrap();
    assert!(run.kill());
    killed.send(()).unwrap();
    workspace.poll(day(0));
    assert_eq!(stories(&workspace), 6);
    workspace.poll(day(0));
    let targets: Vec<_> = server
        .requests()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(targets, ["/", "/2", "/", "/2", "/"]);
}
