//! The feeds as a subscriber's reader parses them: with `feedparser`, if it is installed.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use chrono::DateTime;
use serde_json::Value;

use crate::support::{
    NEWS, Notice, Server, Story, Workspace, day, notice, notices, rss, skipped, source,
};

/// Parses a feed and prints its contents; fails if it is not well-formed.
const SCRIPT: &str = "
import calendar, feedparser, json, sys
feed = feedparser.parse(sys.argv[1])
assert not feed.bozo, feed.bozo_exception
def link(entry): return next((link.href for link in entry.get('links', []) if link.rel == 'alternate'), None)
def seconds(time): return calendar.timegm(time)
print(json.dumps([
    [e.id, e.title, link(e), seconds(e.published_parsed), seconds(e.updated_parsed)] for e in feed.entries
]))
";

/// Returns a Python that has `feedparser`.
fn python() -> Option<OsString> {
    let named = std::env::var_os("TIDINGS_TEST_PYTHON");
    let python = named.unwrap_or_else(|| "python3".into());
    let mut command = Command::new(&python);
    command
        .args(["-c", "import feedparser"])
        .stderr(Stdio::null());
    command
        .status()
        .is_ok_and(|status| status.success())
        .then_some(python)
}

type Read = (String, String, Option<String>, i64, i64);

fn expected(story: Story) -> Read {
    let seconds = |at: DateTime<_>| at.timestamp();
    let dates = (seconds(story.published), seconds(story.updated));
    (story.id, story.title, story.link, dates.0, dates.1)
}

fn check(python: &OsString, workspace: &Workspace, topic: &str) {
    let stories = workspace.published().stories(topic);
    let stories: Vec<Read> = stories.into_iter().map(expected).collect();
    assert!(!stories.is_empty());
    for format in ["rss", "atom"] {
        let path = workspace.published().path(&format!("{topic}.{format}"));
        let output = Command::new(python)
            .args(["-c", SCRIPT])
            .arg(path)
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{topic}.{format}: {stderr}");
        let read: Value = serde_json::from_slice(&output.stdout).unwrap();
        let read: Vec<Read> = serde_json::from_value(read).unwrap();
        assert_eq!(read, stories, "{topic}.{format}");
    }
}

#[test]
fn feedparser_reads_what_we_mean() {
    let Some(python) = python() else {
        return skipped("neither $TIDINGS_TEST_PYTHON nor python3 can import feedparser");
    };
    let workspace = Workspace::with_samples();
    workspace.run(&["once"]).well();
    for topic in ["labour-migration", "mexico", "climate-and-disasters"] {
        check(&python, &workspace, topic);
    }
    let server = Server::start();
    let odd = Notice {
        title: "Fish &amp;amp; chips &lt;b&gt; ]]&gt; señal ☂".into(),
        link: "https://harbour.example/?a=1&amp;b=%C3%B1".into(),
        ..notice(9, day(-1))
    };
    let unlinked = Notice {
        link: String::new(),
        ..notice(10, day(-2))
    };
    let told = [notices(1..4, day(0)), vec![odd, unlinked]].concat();
    server.serve("/", rss(&told));
    let workspace = Workspace::new(&format!("{NEWS}{}", source("harbour", &server.url("/"))));
    workspace.poll(day(0));
    check(&python, &workspace, "news");
}
