//! The disk and the database fail while the program runs, or before it starts: it reports that, serves the existing
//! files, and recovers by itself.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{
    ANYWHERE, Answer, FINDABLE, GUARD, NEWS, Server, Service, Workspace, day, notices, read, rss,
    skipped, source,
};

/// Allows several requests to a host at once, each with a long timeout.
const PATIENT: &str = "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"0s\"\ntimeout = \"60s\"\nper_host = 8\n";

/// Waits until a condition holds.
#[track_caller]
fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < 2 * GUARD, "never: {what}");
        thread::yield_now();
    }
}

/// A mount that is removed with the test at the latest.
struct Mounted(PathBuf);

impl Mounted {
    /// Mounts with these arguments at `path`; `None`, with a message, if this user may not.
    fn new(path: PathBuf, arguments: &[&str]) -> Option<Self> {
        fs::create_dir_all(&path).unwrap();
        let ran = Command::new("mount").args(arguments).arg(&path).output();
        match ran {
            Ok(ran) if ran.status.success() => Some(Self(path)),
            Ok(ran) => {
                let why = String::from_utf8_lossy(&ran.stderr).into_owned();
                skipped(&format!("this user cannot mount: {why}"));
                None
            }
            Err(error) => {
                skipped(&format!("there is no `mount`: {error}"));
                None
            }
        }
    }

    /// Mounts a file system of that size.
    fn small(path: PathBuf, size: &str) -> Option<Self> {
        let options = format!("size={size}");
        Self::new(path, &["-t", "tmpfs", "-o", &options, "tmpfs"])
    }

    /// Mounts the folder itself read-only.
    fn read_only(path: PathBuf) -> Option<Self> {
        let own = path.to_str().unwrap().to_owned();
        let mounted = Self::new(path, &["--bind", &own])?;
        let options = ["-o", "remount,ro,bind"];
        let ran = Command::new("mount").args(options).arg(&mounted.0).status();
        ran.unwrap().success().then_some(mounted)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let ran = Command::new("umount").arg("-l").arg(&self.0).status();
        // The test's own failure is more informative than this one.
        drop(ran);
    }
}

/// Fills the disk under `folder` to the last byte.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("filler");
    let mut file = File::create(&path).unwrap();
    for size in [1 << 16, 1 << 10, 1] {
        let block = vec![7; size];
        loop {
            match file.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
    path
}

/// Serves a feed with a new item in every response.
fn busy_publisher(server: &Server, path: &str) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    server.route(path, move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        Answer::ok(rss(&notices(0..3 + number, day(0))))
    });
    asked
}

fn often(id: &str, url: &str) -> String {
    source(id, url).replace("\"1h\"", "\"1s\"")
}

fn health(service: &Service) -> (u16, String) {
    let reply = service.ask_admin("/healthz");
    (reply.status, reply.text().to_owned())
}

/// Waits until `/healthz` reports a problem with these words, and returns its reason.
#[track_caller]
fn until_unwell(service: &Service, words: &[&str]) -> String {
    let told = Mutex::new(String::new());
    until("unwell", || {
        let (status, reason) = health(service);
        *told.lock().unwrap() = reason;
        status == 503
    });
    let told = told.into_inner().unwrap();
    for word in words {
        assert!(told.contains(word), "{word}: {told}");
    }
    told
}

#[track_caller]
fn until_well(service: &Service) {
    until("well", || health(service).0 == 200);
}

fn of_source(status: &Value, id: &str) -> Value {
    let sources = status["sources"].as_array().unwrap();
    let found = sources.iter().find(|source| source["id"] == id);
    found.unwrap().clone()
}

fn codes(status: &Value) -> Vec<String> {
    let problems = status["problems"].as_array().unwrap();
    let code = |problem: &Value| problem["code"].as_str().unwrap().to_owned();
    problems.iter().map(code).collect()
}

/// Returns the path of the database in a workspace.
fn database(workspace: &Workspace) -> PathBuf {
    workspace.path("var/tidings.db")
}

/// Creates a workspace in which `once` has published three notices of `server`.
fn published_once(server: &Server, listen: &str) -> Workspace {
    server.serve("/", rss(&notices(0..3, day(0))));
    let url = server.url("/");
    let workspace = Workspace::new(&format!("{listen}{NEWS}{}", source("harbour", &url)));
    workspace.run(&["once"]).well();
    assert_eq!(workspace.published().stories("news").len(), 3);
    workspace
}

#[expect(
    clippy::too_many_lines,
    clippy::disallowed_methods,
    reason = "one fault from its beginning to its end, told at every place; the daemon's own clock is the machine's"
)]
#[test]
fn a_full_disk_is_told_and_what_was_lost_is_asked_for_again() {
    let server = Server::start();
    let asked = busy_publisher(&server, "/busy");
    // These two answer once the disk is full, and not before.
    let full = Arc::new((Mutex::new(false), std::sync::Condvar::new()));
    let wait = {
        let full = Arc::clone(&full);
        move || {
            let (is_full, changed) = &*full;
            let held = is_full.lock().unwrap();
            drop(changed.wait_while(held, |is_full| !*is_full).unwrap());
        }
    };
    let waiting = wait.clone();
    server.route("/hourly", move |_| {
        waiting();
        Answer::ok(rss(&notices(500..501, day(0))))
    });
    server.route("/patient", move |_| {
        wait();
        Answer::status(503).with("Retry-After", "7200")
    });
    let workspace = Workspace::new(&format!(
        "{FINDABLE}{PATIENT}{NEWS}{}{}{}",
        often("busy", &server.url("/busy")),
        source("hourly", &server.url("/hourly")),
        source("patient", &server.url("/patient")),
    ));
    let Some(_disk) = Mounted::small(workspace.path("var"), "24m") else {
        return;
    };
    let service = Service::start(&workspace);
    until("something is published", || {
        // One file: the daemon continues to publish while it is read.
        workspace.path("feeds/news.json").exists()
            && workspace
                .published()
                .text("news.json")
                .matches("\"date_published\"")
                .count()
                >= 3
    });
    let filler = fill(&workspace.path("var"));
    *full.0.lock().unwrap() = true;
    full.1.notify_all();

    until_unwell(
        &service,
        &[
            "nothing can be stored",
            "var/tidings.db",
            "disk-full",
            "free",
        ],
    );
    until("both are lost", || {
        let status = service.ask_admin("/status.json").json();
        ["hourly", "patient"].iter().all(|id| {
            let source = of_source(&status, id);
            source["problem"]["code"] == "not-stored" && source["state"] == "failing"
        })
    });
    let status = service.ask_admin("/status.json").json();
    assert_eq!(codes(&status), ["disk-full"]);
    // Each keeps its own pace.
    let wait = |id: &str| {
        let next: DateTime<Utc> = of_source(&status, id)["next_poll"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        next - Utc::now()
    };
    assert!(
        wait("hourly") > TimeDelta::minutes(50),
        "{}",
        wait("hourly")
    );
    assert!(
        wait("patient") > TimeDelta::minutes(110),
        "{}",
        wait("patient")
    );
    let metrics = service.ask_admin("/metrics");
    assert!(
        metrics.text().contains("tidings_storing 0"),
        "{}",
        metrics.text()
    );
    assert!(metrics.text().contains("outcome=\"not-stored\""));
    let page = service.ask_admin("/status");
    assert!(page.text().contains("disk-full"), "{}", page.text());
    // The command asks the daemon, the only one that knows.
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(codes(&told), ["disk-full"]);
    assert_eq!(of_source(&told, "hourly")["problem"]["code"], "not-stored");
    // The files are valid: the refusal is not their fault.
    workspace.edit("title = \"News\"", "title = \"All news\"");
    let reload = workspace.run(&["reload"]);
    assert_eq!(reload.status, Some(1), "{}", reload.stderr);
    assert_eq!(service.get("/news.atom").status, 200);

    fs::remove_file(filler).unwrap();
    until_well(&service);
    let before = asked.load(Ordering::SeqCst);
    until("it goes on", || asked.load(Ordering::SeqCst) > before + 1);
    until("what was lost came", || {
        let status = service.ask_admin("/status.json").json();
        let hourly = of_source(&status, "hourly");
        hourly["state"] == "ok" && hourly["items"] == 1
    });
    let status = service.ask_admin("/status.json").json();
    assert_eq!(codes(&status), [""; 0]);
    service.stop();
    let count = |path: &str| {
        let asked = server.requests();
        asked.iter().filter(|asked| asked.target == path).count()
    };
    assert_eq!((count("/hourly"), count("/patient")), (2, 1));
}

#[test]
fn a_database_that_somebody_else_holds_is_told() {
    let server = Server::start();
    busy_publisher(&server, "/");
    let workspace = Workspace::new(&format!(
        "{ANYWHERE}{NEWS}{}",
        often("busy", &server.url("/"))
    ));
    let service = Service::start(&workspace);
    until_well(&service);
    let other = Connection::open(database(&workspace)).unwrap();
    other.busy_timeout(GUARD).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    until_unwell(&service, &["locked", "var/tidings.db"]);
    other.execute_batch("ROLLBACK").unwrap();
    until_well(&service);
    service.stop();
}

#[test]
fn a_database_that_is_removed_or_written_over_is_told() {
    let server = Server::start();
    busy_publisher(&server, "/");
    let workspace = Workspace::new(&format!(
        "{ANYWHERE}{NEWS}{}",
        often("busy", &server.url("/"))
    ));
    let service = Service::start(&workspace);
    let (here, there) = (database(&workspace), workspace.path("var/elsewhere"));
    fs::rename(&here, &there).unwrap();
    until_unwell(
        &service,
        &["removed", "var/tidings.db", "put the file back"],
    );
    fs::rename(&there, &here).unwrap();
    until_well(&service);
    let begins = read(&here);
    let over = |bytes: &[u8]| {
        let mut file = File::options().write(true).open(&here).unwrap();
        file.write_all(bytes).unwrap();
    };
    over(&[0; 100]);
    until_unwell(&service, &["damaged", "var/tidings.db", "backup"]);
    over(&begins[..100]);
    until_well(&service);
    service.stop();
}

#[test]
fn a_damaged_database_at_the_start_leaves_the_feeds_served() {
    let server = Server::start();
    let workspace = published_once(&server, ANYWHERE);
    let kept = workspace.path("kept");
    fs::copy(database(&workspace), &kept).unwrap();
    fs::write(database(&workspace), "no database any more\n".repeat(500)).unwrap();

    for command in [&["once"][..], &["status"]] {
        let complaint = workspace.run(command);
        let complaint = complaint.complaint(1);
        assert!(
            complaint.contains("var/tidings.db is damaged"),
            "{complaint}"
        );
        assert!(
            complaint.contains("put a backup in its place"),
            "{complaint}"
        );
    }
    let service = Service::start(&workspace);
    until_unwell(&service, &["damaged", "var/tidings.db", "backup"]);
    assert_eq!(service.get("/news.atom").status, 200);
    let status = service.ask_admin("/status.json").json();
    assert_eq!(of_source(&status, "harbour")["state"], "failing");
    assert_eq!(codes(&status), ["damaged"]);
    fs::rename(&kept, database(&workspace)).unwrap();
    until_well(&service);
    let status = service.ask_admin("/status.json").json();
    assert_eq!(of_source(&status, "harbour")["state"], "ok");
    service.stop();
    assert_eq!(workspace.published().stories("news").len(), 3);
}

#[test]
fn folders_that_cannot_be_written_leave_the_feeds_served() {
    let server = Server::start();
    let workspace = published_once(&server, ANYWHERE);
    let Some(mounted) = Mounted::read_only(workspace.path("var")) else {
        return;
    };
    let service = Service::start(&workspace);
    until_unwell(&service, &["nothing can be stored", "read-only"]);
    assert_eq!(service.get("/news.atom").status, 200);
    drop(mounted);
    until_well(&service);
    service.stop();

    let mounted = Mounted::read_only(workspace.path("feeds")).unwrap();
    busy_publisher(&server, "/");
    workspace.edit("\"1h\"", "\"1s\"");
    let service = Service::start(&workspace);
    until_unwell(
        &service,
        &["nothing can be published", "feeds", "read-only"],
    );
    let metrics = service.ask_admin("/metrics");
    assert!(
        metrics.text().contains("tidings_publishing 0"),
        "{}",
        metrics.text()
    );
    assert_eq!(service.get("/news.atom").status, 200);
    drop(mounted);
    until_well(&service);
    until("more is published", || {
        // One file: the daemon continues to publish while it is read.
        let feed = workspace.published().text("news.json");
        (0..10)
            .filter(|n| feed.contains(&format!("/notices/{n}\"")))
            .count()
            > 3
    });
    service.stop();
}

#[test]
fn a_database_that_is_gone_is_no_first_start() {
    let server = Server::start();
    let workspace = published_once(&server, "");
    let before = workspace.published().files();
    fs::remove_dir_all(workspace.path("var")).unwrap();
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(codes(&told), ["store-missing"]);
    assert!(!workspace.path("var").exists());

    // Its source now yields nothing: readers keep the old items.
    server.route("/", |_| Answer::status(500));
    workspace.run(&["once"]).done();
    let kept = workspace.published().files();
    workspace
        .published()
        .stories("news")
        .iter()
        .for_each(|story| assert!(!story.title.is_empty()));
    assert_eq!(workspace.published().stories("news").len(), 3);
    drop((before, kept));
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(codes(&told), ["store-begun-anew"]);
    let table = workspace.run(&["status"]).done().stdout;
    assert!(table.contains("store-begun-anew"), "{table}");

    server.serve("/", rss(&notices(1..4, day(0))));
    workspace.run(&["once", "--all"]).well();
    assert_eq!(workspace.published().stories("news").len(), 3);

    // An older file, and an empty one, are not stores either.
    let old = workspace.path("old");
    fs::copy(database(&workspace), &old).unwrap();
    server.serve("/", rss(&notices(1..6, day(0))));
    workspace.run(&["once", "--all"]).well();
    fs::rename(&old, database(&workspace)).unwrap();
    workspace.run(&["once"]).done();
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(codes(&told), ["store-set-back"]);
    File::create(database(&workspace)).unwrap();
    workspace.run(&["once"]).done();
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(codes(&told), ["store-begun-anew"]);
}

#[test]
fn one_unreadable_row_costs_its_story() {
    let server = Server::start();
    let workspace = published_once(&server, "");
    let titles = |workspace: &Workspace| {
        let stories = workspace.published().stories("news");
        let mut titles: Vec<_> = stories.into_iter().map(|story| story.title).collect();
        titles.sort();
        titles
    };
    let whole = titles(&workspace);
    let connection = Connection::open(database(&workspace)).unwrap();
    let (story, title): (String, String) = connection
        .query_row(
            "SELECT story, title FROM item ORDER BY seq LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    let spoil = "UPDATE item SET published_origin = 'spoilt', tags = 7 WHERE story = ?";
    connection.execute(spoil, [&story]).unwrap();
    connection
        .execute("UPDATE feed SET published_rev = 0", [])
        .unwrap();
    drop(connection);

    workspace.run(&["once"]).well();
    let others: Vec<_> = whole.iter().filter(|one| **one != title).cloned().collect();
    assert_eq!(titles(&workspace), others);
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(codes(&told), ["unreadable-rows"]);
    let text = told["problems"][0]["text"].as_str().unwrap();
    for word in [&story, "spoilt", "published_origin", "news"] {
        assert!(text.contains(word), "{text}");
    }

    // It is still listed, and read again.
    server.serve("/", rss(&notices(0..4, day(0))));
    workspace.run(&["once", "--all"]).well();
    let mut now = whole.clone();
    now.extend(
        titles(&workspace)
            .into_iter()
            .filter(|one| !whole.contains(one)),
    );
    now.sort();
    assert_eq!((titles(&workspace), now.len()), (now, 4));
    let told = workspace.run(&["status", "--json"]).done().json();
    assert_eq!(codes(&told), [""; 0]);
}

/// Rows of feeds and sources are rebuilt from the configuration and from the other tables.
#[test]
fn unreadable_rows_of_feeds_and_sources_cost_no_start() {
    let server = Server::start();
    let workspace = published_once(&server, ANYWHERE);
    let before = workspace.published().stories("news");
    let spoil = |sql: &str| {
        let connection = Connection::open(database(&workspace)).unwrap();
        connection.execute_batch(sql).unwrap();
    };
    for (sql, named) in [
        (
            "UPDATE source_state SET topics = '[7', regions = x'ff', state = 'spoilt', next_poll = 'soon'",
            "(topics, state, next_poll, regions)",
        ),
        (
            "UPDATE source_state SET name = x'fe', rank = -1, http_status = 99999, last_attempt = 9000000000000000000",
            "(name, rank, last_attempt, http_status)",
        ),
        (
            "UPDATE feed SET definition = x'00', queries = '{', changed_at = 'now', render_key = 1",
            "feed news (definition, changed_at, render_key, queries)",
        ),
        (
            "UPDATE feed SET title = x'ff', stories = 'many', latest_at = 1.5, wanted_rev = '', published_rev = -3, left_out = '['",
            "feed news (title, stories, latest_at, wanted_rev, published_rev, left_out)",
        ),
        (
            "UPDATE feed SET topic = 'No Topic!'",
            "a feed without a name",
        ),
        (
            "UPDATE source_state SET source = '#'",
            "a source without a name",
        ),
    ] {
        spoil(sql);
        // Commands that only read change nothing, and are equally robust.
        workspace.run(&["plan"]).done();
        workspace.run(&["status"]).done();
        let ran = workspace.run(&["once"]).done();
        assert!(ran.stderr.contains(named), "{named}: {ran:?}");
        let told = workspace.run(&["status", "--json"]).done().json();
        assert_eq!(codes(&told), ["rows-rebuilt"], "{sql}");
        let text = told["problems"][0]["text"].as_str().unwrap();
        assert!(text.contains(named), "{text}");
        assert_eq!(told["sources"][0]["state"], "ok", "{told}");
        let ids = |stories: &[crate::support::Story]| -> Vec<String> {
            stories.iter().map(|story| story.id.clone()).collect()
        };
        assert_eq!(
            ids(&workspace.published().stories("news")),
            ids(&before),
            "{sql}"
        );
        let again = workspace.run(&["once"]).done();
        assert_eq!(again.stderr, "", "{sql}");
    }
    spoil("UPDATE source_state SET topics = '[7'; UPDATE feed SET queries = '{'");
    let mut service = Service::spawn(Service::command(&workspace));
    service.logs("could not be read and was rebuilt: feed news (queries)");
    let service = service.until_served();
    assert_eq!(service.get("/news.atom").status, 200);
    service.stop();
}

#[test]
fn published_files_that_somebody_takes_away_come_back() {
    let server = Server::start();
    let workspace = published_once(&server, ANYWHERE);
    let before = workspace.published().files();
    let mut service = Service::start(&workspace);
    fs::remove_dir_all(workspace.path("feeds")).unwrap();
    let line = service.logs("were removed or altered");
    assert!(line.contains("news.atom"), "{line}");
    workspace.published().files().hold_the_same_as(&before);
    fs::write(workspace.path("feeds/news.atom"), "altered").unwrap();
    fs::remove_file(workspace.path("feeds/index.opml")).unwrap();
    service.logs("were removed or altered");
    workspace.published().files().hold_the_same_as(&before);
    service.stop();
}

#[test]
fn a_lock_that_is_deleted_lets_nobody_in() {
    let server = Server::start();
    let workspace = published_once(&server, ANYWHERE);
    let service = Service::start(&workspace);
    fs::remove_file(workspace.path("var/tidings.db.lock")).unwrap();
    for _ in 0..2 {
        let second = workspace.run(&["once"]);
        let complaint = second.complaint(1);
        assert!(complaint.contains("another tidings"), "{complaint}");
        assert!(complaint.contains("var/tidings.db"), "{complaint}");
    }
    // Reading is allowed.
    assert_eq!(workspace.status("harbour")["items"], 3);
    service.stop();
    workspace.run(&["once"]).well();
}

#[test]
fn a_limit_on_files_is_a_full_disk_and_kills_nobody() {
    let server = Server::start();
    busy_publisher(&server, "/");
    let workspace = Workspace::new(&format!(
        "{ANYWHERE}{NEWS}{}",
        often("busy", &server.url("/"))
    ));
    workspace.run(&["once"]).well();
    let size = database(&workspace).metadata().unwrap().len();
    let mut limited = Command::new("sh");
    let script = format!("ulimit -f {}; exec \"$0\" run", (size + 65_536) / 512);
    limited.args(["-c", &script, env!("CARGO_BIN_EXE_tidings")]);
    limited.current_dir(workspace.path(""));
    let service = Service::spawn(limited).until_served();
    until_unwell(&service, &["nothing can be stored"]);
    assert_eq!(service.get("/news.atom").status, 200);
    service.stop();
}

#[test]
fn a_second_signal_ends_at_once() {
    let server = Server::start();
    let (asked, asks) = mpsc::channel();
    server.route("/", move |_| {
        asked.send(()).unwrap();
        Answer::silence()
    });
    let workspace = Workspace::new(&format!(
        "{ANYWHERE}{NEWS}{}",
        source("silent", &server.url("/"))
    ));
    let systemd = crate::support::Systemd::new(&workspace);
    let mut command = Service::command(&workspace);
    systemd.listens_to(&mut command);
    let service = Service::spawn(command).until_served();
    asks.recv_timeout(GUARD).unwrap();
    service.signal("INT");
    systemd.hears("STOPPING=1");
    service.signal("INT");
    // It did not wait for the poll: the signal ended it.
    let ran = service.finish();
    assert_eq!(ran.status, None, "{}", ran.stderr);
    assert!(!ran.stderr.contains("stopped"), "{}", ran.stderr);
}

#[test]
fn a_configuration_mistake_at_the_start_is_logged_as_an_error() {
    let workspace = Workspace::new("[server]\nlsten = []\n");
    let ran = Service::spawn(Service::command(&workspace)).finish();
    assert_eq!(ran.status, Some(2));
    let line = ran.stderr.lines().find(|line| line.contains("lsten"));
    assert!(line.unwrap().contains("ERROR"), "{}", ran.stderr);
    assert_eq!(
        ran.stderr.matches("unknown key").count(),
        1,
        "{}",
        ran.stderr
    );
}
