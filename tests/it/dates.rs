//! A date derived from the time of reading stays as it was first read.

use serde_json::Value;

use crate::support::{NEWS, Server, Story, Workspace, day};

fn configuration(url: &str, reading: &str) -> String {
    format!("{NEWS}[[source]]\nid = \"page\"\nurl = \"{url}\"\ntopics = [\"news\"]\n{reading}\n")
}

const HTML: &str =
    "kind = \"html\"\nselect.item = \"li\"\nselect.title = \"a\"\nselect.date = \"i\"";
const TEXT: &str = "kind = \"text\"";
const FEED: &str = "kind = \"feed\"";

fn html(date: &str, rest: &str) -> String {
    let item = format!("<li><a href=\"/1\">Ferry timetable</a> <i>{date}</i></li>");
    format!("<!DOCTYPE html><html><body><p>{rest}</p><ul>{item}</ul></body></html>")
}

fn text(date: &str, rest: &str) -> String {
    format!("{rest}\n\n{date}\n\nFerry timetable\n\nThe ferry leaves at nine and at noon.\n")
}

fn feed(date: &str, rest: &str) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>Ferries</title><link>https://ferry.example/</link>\
         <description>{rest}</description><item><title>Ferry timetable</title>{date}</item></channel></rss>"
    )
}

/// Polls a document, then a day later one with the same notice but other surroundings: not one byte changes.
#[track_caller]
fn check(reading: &str, document: impl Fn(&str) -> String, published: &str) {
    let server = Server::start();
    let workspace = Workspace::new(&configuration(&server.url("/"), reading));
    server.serve("/", document("This page has been read 17 times so far"));
    workspace.poll(day(0));
    assert_eq!(
        workspace.published().only_story().published.to_rfc3339(),
        published
    );
    let before = workspace.published().files();

    server.serve("/", document("This page has been read 18 times so far"));
    let ran = workspace.poll(day(1));
    let first = ran.stdout.lines().next();
    assert_eq!(
        first,
        Some("page: 0 new"),
        "nothing new, nothing changed: {}",
        ran.stdout
    );
    workspace.published().files().are_untouched_since(&before);
}

#[test]
fn a_relative_date_read_again_a_day_later_changes_nothing() {
    check(
        HTML,
        |rest| html("3 days ago", rest),
        "2026-02-27T00:00:00+00:00",
    );
    check(
        TEXT,
        |rest| text("3 days ago", rest),
        "2026-02-27T00:00:00+00:00",
    );
    check(
        HTML,
        |rest| html("hace 2 horas", rest),
        "2026-03-02T10:00:00+00:00",
    );
}

#[test]
fn a_date_without_a_year_or_without_any_part_changes_nothing_either() {
    check(
        HTML,
        |rest| html("28 February", rest),
        "2026-02-28T00:00:00+00:00",
    );
    check(HTML, |rest| html("", rest), "2026-03-02T12:00:00+00:00");
    check(FEED, |rest| feed("", rest), "2026-03-02T12:00:00+00:00");
}

#[test]
fn a_relative_date_yields_to_a_stated_one_alone() {
    let server = Server::start();
    let workspace = Workspace::new(&configuration(&server.url("/"), HTML));
    let poll = |date: &str, days: i64| -> Story {
        server.serve("/", html(date, ""));
        workspace.poll(day(days));
        workspace.published().only_story()
    };
    let first = poll("3 days ago", 0);
    let second = poll("5 days ago", 1);
    assert_eq!(second, first);
    let stated = poll("26 February 2026", 2);
    assert_eq!(stated.published.to_rfc3339(), "2026-02-26T00:00:00+00:00");
    assert_eq!(stated.id, first.id);
    let last = poll("yesterday", 3);
    assert_eq!((last.published, last.id), (stated.published, first.id));
}

#[test]
fn a_date_in_the_future_is_when_it_was_first_seen() {
    let date = "<pubDate>Fri, 01 Mar 2030 00:00:00 GMT</pubDate>";
    check(FEED, |rest| feed(date, rest), "2026-03-02T12:00:00+00:00");
}

/// Returns the first item of the feed, as JSON.
fn first_item(workspace: &Workspace) -> Value {
    let feed: Value = serde_json::from_str(&workspace.published().text("news.json")).unwrap();
    feed["items"][0].clone()
}

#[test]
fn a_meeting_ahead_is_published_at_once_and_keeps_its_day() {
    let server = Server::start();
    let workspace = Workspace::new(&configuration(&server.url("/"), HTML));
    server.serve("/", html("5 March 2026", ""));
    workspace.poll(day(0));
    let item = first_item(&workspace);
    assert_eq!(item["_tidings"]["event"], "2026-03-05");
    assert_eq!(item["date_published"], "2026-03-02T12:00:00+00:00");
    let page = workspace.published().text("news.html");
    let line = "Takes place: <time datetime=\"2026-03-05\">5 March 2026</time>";
    assert!(page.contains(line), "{page}");
    let before = workspace.published().files();

    server.serve("/", html("5 March 2026", "The day has come"));
    for days in [2, 3, 4, 30] {
        workspace.poll(day(days));
        workspace.published().files().are_untouched_since(&before);
    }
    server.serve("/", html("6 April 2026", ""));
    workspace.poll(day(31));
    let moved = first_item(&workspace);
    assert_eq!(moved["_tidings"]["event"], "2026-04-06");
    assert_eq!(moved["id"], item["id"]);
    assert_eq!(moved["date_published"], item["date_published"]);
    assert_eq!(moved["date_modified"], "2026-04-02T12:00:00+00:00");
}
