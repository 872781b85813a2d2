//! The reports of several sources are one story under one id, in whatever order they arrive.

use std::sync::{Arc, Condvar, Mutex};

use crate::support::{
    Answer, GUARD, NEWS, Notice, Server, Workspace, day, notice, notices, rss, source, titles,
};

/// A point at which two answers wait for each other.
#[derive(Default)]
struct Meeting {
    arrived: Mutex<usize>,
    both: Condvar,
}

impl Meeting {
    fn wait(&self) {
        let mut arrived = self.arrived.lock().unwrap();
        *arrived += 1;
        self.both.notify_all();
        let alone = |arrived: &mut usize| *arrived < 2;
        let waited = self.both.wait_timeout_while(arrived, GUARD, alone).unwrap();
        assert!(!waited.1.timed_out(), "the two were not asked at once");
    }
}

/// Returns the same notices as another source publishes them: with its own guids, without their addresses.
fn reprinted(notices: &[Notice]) -> Vec<Notice> {
    let reprint = |notice: &Notice| Notice {
        guid: format!("reprint-{}", notice.guid),
        link: String::new(),
        ..notice.clone()
    };
    notices.iter().map(reprint).collect()
}

#[test]
fn two_reports_in_the_same_instant_make_one_story() {
    for _ in 0..10 {
        let (server, meeting) = (Server::start(), Arc::new(Meeting::default()));
        let own = notices(0..20, day(0));
        for (path, body) in [("/one", rss(&own)), ("/two", rss(&reprinted(&own)))] {
            let meeting = Arc::clone(&meeting);
            server.route(path, move |_| {
                meeting.wait();
                Answer::ok(body.clone())
            });
        }
        let sources = ["one", "two"].map(|id| source(id, &server.url(&format!("/{id}"))));
        let fetch =
            "[fetch]\nconcurrency = 2\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"0s\"\n";
        let workspace = Workspace::new(&format!("{fetch}{NEWS}{}", sources.concat()));
        workspace.poll(day(0));
        let stories = workspace.published().stories("news");
        assert_eq!(stories.len(), 20, "{:?}", titles(&stories));
        for mut story in stories {
            story.reports.sort();
            assert_eq!(story.reports, ["one", "two"], "{}", story.title);
        }
    }
}

/// A server with a path for each source, and their configuration.
struct Town {
    server: Server,
    workspace: Workspace,
}

impl Town {
    fn new(sources: &[(&str, &str)]) -> Self {
        let server = Server::start();
        let source = |(id, more): &(&str, &str)| {
            server.serve(&format!("/{id}"), rss(&[]));
            format!("{}{more}\n", source(id, &server.url(&format!("/{id}"))))
        };
        let sources: String = sources.iter().map(source).collect();
        let workspace = Workspace::new(&format!("{NEWS}{sources}"));
        Self { server, workspace }
    }

    /// Publishes these notices in the source, and polls all sources.
    fn tell(&self, source: &str, notices: &[Notice], days: i64) {
        self.server.serve(&format!("/{source}"), rss(notices));
        self.workspace.poll(day(days));
    }
}

#[test]
fn a_late_report_joins_without_moving_anything() {
    let town = Town::new(&[("one", ""), ("two", "")]);
    town.tell("one", &[notice(1, day(0))], 0);
    let first = town.workspace.published().only_story();
    town.tell("two", &reprinted(&[notice(1, day(0))]), 1);
    let joined = town.workspace.published().only_story();
    assert_eq!(joined.reports, ["one", "two"]);
    assert_eq!((joined.id, joined.updated), (first.id, first.updated));
    let page = town.workspace.published().text("news.html");
    assert!(page.contains("Also reported by"), "{page}");
}

#[test]
fn a_better_report_is_shown_under_the_same_id() {
    let town = Town::new(&[("one", ""), ("two", "rank = 10")]);
    town.tell("one", &[notice(1, day(0))], 0);
    let first = town.workspace.published().only_story();
    let longer = Notice {
        text: format!("{} And so does the pier beside it.", first.text),
        ..notice(1, day(0))
    };
    town.tell("two", &reprinted(&[longer]), 1);
    let joined = town.workspace.published().only_story();
    assert_eq!(joined.reports, ["two", "one"]);
    assert!(joined.text.ends_with("beside it."), "{}", joined.text);
    assert_eq!((joined.id, joined.published), (first.id, first.published));
    assert_eq!(joined.updated, day(1));
}

#[test]
fn stories_that_turn_out_to_be_one_keep_the_older_id() {
    let town = Town::new(&[("one", ""), ("two", ""), ("three", "")]);
    let first = Notice {
        link: "https://harbour.example/old-pier-opens-at-noon".into(),
        ..notice(1, day(0))
    };
    town.tell("one", std::slice::from_ref(&first), 0);
    let older = town.workspace.published().only_story();
    // The same news in other words, which so far is a story of its own.
    let second = Notice {
        title: "Boats are let in from midday".into(),
        text: "Who waits outside the wall may come to the quay, the master says.".into(),
        ..notice(2, day(0))
    };
    town.tell("two", std::slice::from_ref(&second), 1);
    assert_eq!(town.workspace.published().stories("news").len(), 2);
    // A source reprints the second under the address of the first.
    let link = first.link;
    town.tell("three", &[Notice { link, ..second }], 2);
    let merged = town.workspace.published().only_story();
    assert_eq!(merged.id, older.id);
    let mut reports = merged.reports;
    reports.sort();
    assert_eq!(reports, ["one", "three", "two"]);
}

/// No. 23 and no. 24 remain two stories, though a source prints the text of one at the address of the other.
#[test]
fn notices_that_differ_in_number_stay_apart() {
    let town = Town::new(&[("one", ""), ("two", ""), ("three", "")]);
    town.tell("one", &[notice(23, day(0))], 0);
    town.tell("two", &reprinted(&[notice(24, day(0))]), 1);
    let link = notice(23, day(0)).link;
    town.tell(
        "three",
        &[Notice {
            link,
            ..notice(24, day(0))
        }],
        2,
    );
    let stories = town.workspace.published().stories("news");
    let told: Vec<_> = stories
        .iter()
        .map(|story| (story.title.as_str(), story.reports.len()))
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.contains(&("Notice 23 of the harbour office", 1)),
        "{told:?}"
    );
    assert!(
        told.contains(&("Notice 24 of the harbour office", 2)),
        "{told:?}"
    );
}

#[test]
fn one_source_may_say_the_same_twice() {
    let town = Town::new(&[("one", "")]);
    let again = Notice {
        guid: "again".into(),
        link: "https://harbour.example/again".into(),
        ..notice(1, day(0))
    };
    town.tell("one", &[notice(1, day(0)), again], 0);
    assert_eq!(town.workspace.published().stories("news").len(), 2);
}
