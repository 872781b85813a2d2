//! Branches of topics: feeds that are not configured one by one, appear with their first items, and stay.

use std::fs;

use chrono::TimeDelta;
use serde_json::Value;

use crate::support::{Notice, Server, Workspace, day, notice, read, rss, source, titles};

/// Returns the topic `news` with branches.
fn news(each: &str) -> String {
    format!("[[topic]]\nid = \"news\"\ntitle = \"News\"\neach = [{each}]\n")
}

fn titled(number: usize, title: &str) -> Notice {
    Notice {
        title: title.to_owned(),
        ..notice(number, day(0))
    }
}

const SHELTER: &str = "Shelter opens in Tapachula";
const WORKSHOP: &str = "Workshop in Guatemala";

/// Starts a server with two notices, one about Mexico and one about Guatemala.
fn server() -> Server {
    let server = Server::start();
    server.serve("/", rss(&[titled(1, SHELTER), titled(2, WORKSHOP)]));
    server
}

fn harbour(server: &Server) -> String {
    format!(
        "{}language = \"en\"\nname = \"Harbour office\"\n",
        source("harbour", &server.url("/"))
    )
}

/// Runs on the day of the last poll, when nothing is due.
fn run(workspace: &Workspace, on: i64) {
    let now = day(on).to_rfc3339();
    workspace.run(&["once", "--now", &now]).well();
}

/// Returns the names of the branches of `news` that have files, each in all four formats.
fn branches(workspace: &Workspace) -> Vec<String> {
    let Ok(entries) = fs::read_dir(workspace.path("feeds/news")) else {
        return Vec::new();
    };
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: Vec<String> = files.filter(|name| !name.starts_with('.')).collect();
    let mut names: Vec<String> = files
        .iter()
        .filter_map(|name| name.strip_suffix(".atom"))
        .map(str::to_owned)
        .collect();
    names.sort();
    for name in &names {
        for format in ["rss", "json", "html"] {
            assert!(
                files.contains(&format!("{name}.{format}")),
                "{name}.{format}"
            );
        }
    }
    names
}

fn json(workspace: &Workspace, feed: &str) -> Value {
    serde_json::from_str(&workspace.published().text(&format!("{feed}.json"))).unwrap()
}

fn title(workspace: &Workspace, feed: &str) -> String {
    json(workspace, feed)["title"].as_str().unwrap().to_owned()
}

#[track_caller]
fn check(workspace: &Workspace, feed: &str, expected: &[&str]) {
    assert_eq!(
        titles(&workspace.published().stories(feed)),
        expected,
        "{feed}"
    );
}

#[test]
fn a_branch_appears_with_its_first_story_in_every_format_and_list() {
    let server = server();
    let each = "\"country\", \"language\", \"source\", \"country+language\"";
    let workspace = Workspace::new(&format!("{}{}", news(each), harbour(&server)));
    workspace.poll(day(0));
    let names = [
        "from-harbour",
        "gt",
        "gt-lang-en",
        "lang-en",
        "mx",
        "mx-lang-en",
    ];
    assert_eq!(branches(&workspace), names);
    check(&workspace, "news/mx", &[SHELTER]);
    check(&workspace, "news/gt-lang-en", &[WORKSHOP]);
    let published = workspace.published();
    assert_eq!(published.stories("news/lang-en"), published.stories("news"));
    assert_eq!(
        published.stories("news/mx")[0],
        published.stories("news")[0]
    );
    for list in ["index.html", "branches.opml"] {
        for name in names {
            assert!(
                published.text(list).contains(&format!("news/{name}.")),
                "{name} in {list}"
            );
        }
    }
    // Importing the list of topics does not subscribe to each of their parts.
    assert!(!published.text("index.opml").contains("/news/"));
    for name in names {
        let own = json(&workspace, &format!("news/{name}"))["feed_url"].to_string();
        assert!(own.ends_with(&format!("/news/{name}.json\"")), "{own}");
        let atom = published.text(&format!("news/{name}.atom"));
        assert!(
            atom.contains(&format!("/news/{name}.atom\" rel=\"self\"")),
            "{atom}"
        );
    }
    // A later poll finds another country.
    let costa_rica = titled(3, "Reunión en San José de Costa Rica");
    server.serve("/", rss(&[titled(1, SHELTER), costa_rica]));
    workspace.poll(day(1));
    assert!(branches(&workspace).contains(&"cr".to_owned()));
    let before = tree(&workspace);
    workspace
        .run(&["once", "--all", "--now", &day(1).to_rfc3339()])
        .well();
    assert_eq!(tree(&workspace), before);
}

/// Returns the bytes of every file of the branches, and the time of its last change.
fn tree(workspace: &Workspace) -> Vec<(String, Vec<u8>, std::time::SystemTime)> {
    let mut files = Vec::new();
    for name in branches(workspace) {
        for format in ["atom", "rss", "json", "html"] {
            let path = workspace.path(&format!("feeds/news/{name}.{format}"));
            let written = path.metadata().unwrap().modified().unwrap();
            files.push((name.clone(), read(&path), written));
        }
    }
    assert!(!files.is_empty());
    files
}

#[test]
fn a_branch_stays_when_its_stories_leave_and_they_move_to_another() {
    let server = server();
    let workspace = Workspace::new(&format!("{}{}", news("\"country\""), harbour(&server)));
    workspace.poll(day(0));
    let id = workspace.published().stories("news/mx")[0].id.clone();
    server.serve(
        "/",
        rss(&[titled(1, "Shelter opens in Guatemala"), titled(2, WORKSHOP)]),
    );
    workspace.poll(day(1));
    assert_eq!(branches(&workspace), ["gt", "mx"]);
    check(&workspace, "news/mx", &[]);
    let moved = workspace.published().stories("news/gt");
    assert!(moved.iter().any(|story| story.id == id), "{moved:?}");
    run(&workspace, 1);
    assert_eq!(branches(&workspace), ["gt", "mx"]);
    // From now on the source is about Mexico, whatever its items mention.
    workspace.configure(&format!(
        "{}{}regions = [\"MX\"]\n",
        news("\"country\""),
        harbour(&server)
    ));
    run(&workspace, 1);
    assert_eq!(workspace.published().stories("news/mx").len(), 2);
}

#[test]
fn branches_come_and_go_with_the_key_and_with_the_topic() {
    let server = server();
    let plain = "[[topic]]\nid = \"news\"\ntitle = \"News\"\n";
    let source = harbour(&server);
    let workspace = Workspace::new(&format!("{plain}{source}"));
    workspace.poll(day(0));
    assert_eq!(branches(&workspace), [""; 0]);
    workspace.configure(&format!("{}{source}", news("\"country\"")));
    run(&workspace, 0);
    assert_eq!(branches(&workspace), ["gt", "mx"]);
    let held = workspace.published().stories("news/mx");
    workspace.configure(&format!("{plain}{source}"));
    run(&workspace, 0);
    assert!(!workspace.path("feeds/news").exists());
    assert!(!workspace.path("feeds/branches.opml").exists());
    assert!(!workspace.published().text("index.html").contains("news/mx"));
    assert!(!workspace.published().text("news.html").contains("news/mx"));
    // The whole topic is removed, and comes back under another title.
    let other = "[[topic]]\nid = \"other\"\n";
    workspace.configure(&format!(
        "{other}{}",
        source.replace("\"news\"", "\"other\"")
    ));
    run(&workspace, 0);
    assert!(!workspace.path("feeds/news.atom").exists());
    let renamed = news("\"country\"").replace("News", "Bulletins");
    workspace.configure(&format!("{renamed}{source}"));
    run(&workspace, 0);
    assert_eq!(branches(&workspace), ["gt", "mx"]);
    assert_eq!(workspace.published().stories("news/mx"), held);
    assert!(
        title(&workspace, "news/mx").contains("Bulletins"),
        "{}",
        title(&workspace, "news/mx")
    );
}

#[test]
fn a_branch_is_called_after_its_topic_and_its_source() {
    let server = server();
    let source = harbour(&server);
    let workspace = Workspace::new(&format!("{}{source}", news("\"source\"")));
    workspace.poll(day(0));
    let called = title(&workspace, "news/from-harbour");
    assert!(
        called.contains("News") && called.contains("Harbour office"),
        "{called}"
    );
    workspace.configure(&format!(
        "{}{}",
        news("\"source\"").replace("News", "Bulletins"),
        source.replace("Harbour office", "Port authority")
    ));
    run(&workspace, 0);
    let called = title(&workspace, "news/from-harbour");
    assert!(
        called.contains("Bulletins") && called.contains("Port authority"),
        "{called}"
    );
}

#[test]
fn what_is_old_enters_a_known_branch_quietly_and_a_new_one_loudly() {
    let server = server();
    let source = harbour(&server);
    let workspace = Workspace::new(&format!("{}{source}", news("\"country\"")));
    workspace.poll(day(0));
    // An older notice, of a source that is added later.
    let mut old = titled(9, "Shelter closed in Tapachula for the storm");
    old.date = day(0) - TimeDelta::days(30);
    let mut first = titled(8, "Office of Honduras moves to Tegucigalpa");
    first.date = old.date;
    server.serve("/late", rss(&[old.clone(), first.clone()]));
    let late = crate::support::source("late", &server.url("/late"));
    workspace.configure(&format!("{}{source}{late}", news("\"country\"")));
    workspace.poll(day(0));
    check(&workspace, "news/mx", &[SHELTER]);
    assert!(
        workspace
            .published()
            .text("news/mx.html")
            .contains(&old.title)
    );
    check(&workspace, "news/hn", &[&first.title]);
}
