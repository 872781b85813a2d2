//! Only news alerts a reader: old stories that arrive late are on the page alone.

use chrono::TimeDelta;
use tidings::model::Timestamp;

use crate::support::{Answer, NEWS, Server, Workspace, day, notice, notices, rss, source, titles};

/// Publishes the source `harbour`, and configures the source `archive` too.
fn published() -> (Server, Workspace) {
    let server = Server::start();
    server.serve("/harbour", rss(&[notice(1, day(0))]));
    server.serve("/archive", rss(&[notice(50, day(-50)), notice(3, day(-3))]));
    let harbour = source("harbour", &server.url("/harbour"));
    let workspace = Workspace::new(&format!("{NEWS}{harbour}"));
    workspace.poll(day(0));
    let archive = source("archive", &server.url("/archive"));
    workspace.configure(&format!("{NEWS}{harbour}{archive}"));
    (server, workspace)
}

#[test]
fn the_old_items_of_a_new_source_enter_quietly() {
    let (_server, workspace) = published();
    workspace.poll(day(0));
    let stories = workspace.published().stories("news");
    let fresh = [notice(1, day(0)).title, notice(3, day(-3)).title];
    assert_eq!(titles(&stories), fresh);
    let page = workspace.published().text("news.html");
    for number in [1, 3, 50] {
        let title = notice(number, day(0)).title;
        assert!(page.contains(&title), "{title} is not on the page");
    }
    // A correction of a quiet story is as quiet as the story.
    workspace.poll(day(1));
    assert_eq!(workspace.published().stories("news").len(), 2);
}

#[test]
fn a_first_publication_takes_whatever_there_is() {
    let server = Server::start();
    server.serve("/", rss(&notices(0..5, day(-400))));
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    workspace.poll(day(0));
    assert_eq!(workspace.published().stories("news").len(), 5);
}

#[test]
fn what_a_known_source_adds_rings_whatever_its_date() {
    let (server, workspace) = published();
    workspace.poll(day(0));
    server.serve(
        "/archive",
        rss(&[notice(60, day(-60)), notice(50, day(-50))]),
    );
    workspace.poll(day(1));
    let stories = workspace.published().stories("news");
    assert_eq!(titles(&stories).last(), Some(&&*notice(60, day(0)).title));
    assert_eq!(stories.len(), 3);
}

#[test]
fn what_a_source_catches_up_on_after_a_failure_enters_quietly_when_it_is_old() {
    let (server, workspace) = published();
    workspace.poll(day(0));
    server.route("/archive", |_| Answer::status(500));
    workspace.poll(day(1));
    let missed = [notice(20, day(-20)), notice(70, day(1))];
    server.serve("/archive", rss(&missed));
    workspace.poll(day(20));
    let stories = workspace.published().stories("news");
    let titles = titles(&stories);
    assert!(!titles.contains(&&*missed[0].title), "{titles:?}");
    assert_eq!(stories.len(), 2, "{titles:?}");
    let page = workspace.published().text("news.html");
    assert!(page.contains(&missed[0].title) && page.contains(&missed[1].title));
}

#[test]
fn what_a_changed_query_brings_enters_quietly_when_it_is_old() {
    let server = Server::start();
    server.serve(
        "/",
        rss(&[notice(1, day(0)), notice(2, day(-1)), notice(30, day(-30))]),
    );
    let harbour = source("harbour", &server.url("/"));
    let topic =
        |query: &str| format!("{NEWS}[[topic]]\nid = \"piers\"\nany = ['{query}']\n{harbour}");
    let workspace = Workspace::new(&topic("\"pier 1\""));
    workspace.poll(day(0));
    assert_eq!(workspace.published().stories("piers").len(), 1);
    workspace.configure(&topic("pier"));
    workspace.poll(day(0));
    let stories = workspace.published().stories("piers");
    assert_eq!(
        titles(&stories),
        [notice(1, day(0)).title, notice(2, day(0)).title]
    );
    let page = workspace.published().text("piers.html");
    assert!(page.contains(&notice(30, day(0)).title));
}

/// Runs two sources whose items are three weeks old; the one that is polled first is published before the other
/// answers.
fn one_after_the_other(first: &str, second: &str, hours: i64) -> (Server, Workspace) {
    let server = Server::start();
    server.serve("/harbour", rss(&[notice(1, day(-21))]));
    server.serve("/archive", rss(&[notice(2, day(-22))]));
    let configured = |id: &str| source(id, &server.url(&format!("/{id}")));
    let sources = [configured("archive"), configured("harbour")].concat();
    let workspace = Workspace::new(&format!("{NEWS}{sources}"));
    let once = |id: &str, at: Timestamp| {
        let arguments = ["once", id, "--now", &at.to_rfc3339()];
        workspace.run(&arguments).done();
    };
    once(first, day(0));
    once(second, day(0) + TimeDelta::hours(hours));
    (server, workspace)
}

#[test]
fn the_order_of_answers_decides_nothing() {
    let (here, workspace) = one_after_the_other("harbour", "archive", 0);
    let (there, reversed) = one_after_the_other("archive", "harbour", 0);
    let both = [notice(1, day(0)).title, notice(2, day(0)).title];
    for workspace in [&workspace, &reversed] {
        let stories = workspace.published().stories("news");
        assert_eq!(titles(&stories), both);
    }
    let (one, other) = (workspace.published(), reversed.published());
    for name in ["news.atom", "news.rss", "news.json"] {
        let own = one.text(name).replace(&here.url(""), "");
        let others = other.text(name).replace(&there.url(""), "");
        assert_eq!(own, others, "{name}");
    }
}

#[test]
fn the_first_round_ends_after_a_day() {
    let (_server, workspace) = one_after_the_other("harbour", "archive", 23);
    assert_eq!(workspace.published().stories("news").len(), 2);
    let (_server, workspace) = one_after_the_other("harbour", "archive", 24);
    let stories = workspace.published().stories("news");
    assert_eq!(titles(&stories), [notice(1, day(0)).title]);
    let page = workspace.published().text("news.html");
    assert!(page.contains(&notice(2, day(0)).title));
}

#[test]
fn a_source_that_fails_first_is_still_of_the_first_round() {
    let (server, workspace) = published_but_for_one();
    server.serve("/archive", rss(&[notice(2, day(-22))]));
    workspace.poll(day(0) + TimeDelta::hours(2));
    assert_eq!(workspace.published().stories("news").len(), 2);
    // Items from the time of the failure arrive late.
    server.route("/archive", |_| Answer::status(500));
    workspace.poll(day(0) + TimeDelta::hours(3));
    server.serve("/archive", rss(&[notice(3, day(-23))]));
    workspace.poll(day(0) + TimeDelta::hours(4));
    assert_eq!(workspace.published().stories("news").len(), 2);
}

/// Runs two sources from the beginning, one of which fails at first.
fn published_but_for_one() -> (Server, Workspace) {
    let server = Server::start();
    server.serve("/harbour", rss(&[notice(1, day(-21))]));
    server.route("/archive", |_| Answer::status(500));
    let sources = ["harbour", "archive"].map(|id| source(id, &server.url(&format!("/{id}"))));
    let workspace = Workspace::new(&format!("{NEWS}{}", sources.concat()));
    workspace.poll(day(0));
    assert_eq!(workspace.published().stories("news").len(), 1);
    (server, workspace)
}
