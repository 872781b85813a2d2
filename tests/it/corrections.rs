//! A correction by the publisher changes a story, but not its identity.

use std::slice;

use crate::support::{
    NEWS, Notice, Server, Story, Workspace, day, notice, notices, rss, source, titles,
};

struct Harbour {
    server: Server,
    workspace: Workspace,
}

impl Harbour {
    fn new() -> Self {
        let server = Server::start();
        let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
        Self { server, workspace }
    }

    fn tell(&self, notices: &[Notice], days: i64) -> Vec<Story> {
        self.server.serve("/", rss(notices));
        self.workspace.poll(day(days));
        self.workspace.published().stories("news")
    }
}

fn feed_updated(workspace: &Workspace) -> chrono::DateTime<chrono::FixedOffset> {
    let atom = workspace.published().text("news.atom");
    let feed = atom_syndication::Feed::read_from(atom.as_bytes()).unwrap();
    feed.updated
}

#[test]
fn an_edited_entry_keeps_its_id_and_moves_updated() {
    let harbour = Harbour::new();
    let first = harbour.tell(&notices(1..4, day(0)), 0);
    assert_eq!(feed_updated(&harbour.workspace), day(0));
    let mut notices = notices(1..4, day(0));
    notices[1].text = "Pier 2 stays closed.".into();
    let second = harbour.tell(&notices, 1);
    assert_eq!(second[0], first[0]);
    assert_eq!(second[2], first[2]);
    let expected = Story {
        text: "Pier 2 stays closed.".into(),
        updated: day(1).into(),
        ..first[1].clone()
    };
    assert_eq!(second[1], expected);
    assert_eq!(feed_updated(&harbour.workspace), day(1));
}

#[test]
fn another_title_and_address_under_the_same_guid_are_the_same_story() {
    let harbour = Harbour::new();
    let first = harbour.tell(&[notice(1, day(0))], 0);
    let moved = Notice {
        title: "Correction: the harbour opens".into(),
        link: "https://harbour.example/notices/corrected".into(),
        ..notice(1, day(0))
    };
    let second = harbour.tell(slice::from_ref(&moved), 1);
    assert_eq!(titles(&second), ["Correction: the harbour opens"]);
    assert_eq!(second[0].link, Some(moved.link));
    assert_eq!(second[0].id, first[0].id);
}

#[test]
fn a_restated_date_moves_the_story_to_its_place() {
    let harbour = Harbour::new();
    let first = harbour.tell(&[notice(1, day(0)), notice(2, day(-1))], 0);
    let second = harbour.tell(&[notice(1, day(-2)), notice(2, day(-1))], 1);
    assert_eq!((&second[0].id, &second[1].id), (&first[1].id, &first[0].id));
    assert_eq!(second[1].published, day(-2));
}

#[test]
fn what_a_publisher_no_longer_lists_stays() {
    let harbour = Harbour::new();
    let first = harbour.tell(&notices(1..4, day(0)), 0);
    assert_eq!(harbour.tell(&[], 1), first);
    assert_eq!(harbour.tell(&notices(2..3, day(0)), 2), first);
}
