//! Choosing the right list of a document takes one number.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::{Value, json};

use crate::support::{Answer, NEWS, Server, Workspace, day, read_text};

/// Returns a page of news, with tenders in a table.
fn page() -> String {
    let mut page = String::from(
        "<!doctype html><html lang=en><title>Notices | Harbour Office</title><body>\
         <ul class=menu><li><a href=/>Home</a><li><a href=/about>About</a><li><a href=/jobs>Jobs</a></ul><main>",
    );
    for number in 1..=8 {
        let date = day(-number).format("%Y-%m-%d");
        write!(
            page,
            "<div class=news><h3><a href=/news/{number}>Notice {number} of the harbour office</a></h3>\
             <time datetime={date}>{date}</time><p>Pier {number} is closed to ships of all sizes.</p></div>"
        )
        .unwrap();
    }
    page += "</main><table class=tenders><tbody>";
    for number in 1..=6 {
        let date = day(-7 * number).format("%Y-%m-%d");
        write!(
            page,
            "<tr><td class=day>{date}</td><td class=what><a href=/tenders/{number}.pdf>Tender {number} for dredging</a></td></tr>"
        )
        .unwrap();
    }
    page + "</tbody></table>"
}

fn harbour() -> Server {
    let server = Server::start();
    let page = page();
    server.route("/news", move |request| Answer::versioned(request, &page));
    server.route("/robots.txt", |_| Answer::ok("User-agent: *\nDisallow:\n"));
    server
}

fn now() -> String {
    day(0).to_rfc3339()
}

fn discovered(workspace: &Workspace, arguments: &[&str]) -> Value {
    let now = now();
    let arguments = [&["discover", "--json", "--now", &now], arguments].concat();
    workspace.run(&arguments).well().json()
}

/// Returns the number of the list of tenders.
fn tenders(workspace: &Workspace, url: &str) -> String {
    let found = discovered(workspace, &[url]);
    let lists = found["lists"].as_array().unwrap();
    let is_of_tenders =
        |list: &&Value| list["titles"][0] == "Tender 1 for dredging" && list["records"] == 6;
    let list = lists.iter().find(is_of_tenders);
    let list = list.unwrap_or_else(|| panic!("{found:#}"));
    assert_ne!(list["number"], found["list"]);
    list["number"].to_string()
}

#[test]
fn discover_shows_every_list_and_takes_any() {
    let server = harbour();
    let workspace = Workspace::new(NEWS);
    let url = server.url("/news");
    let found = discovered(&workspace, &[&url]);
    assert_eq!((&found["list"], &found["records"]), (&json!(1), &json!(8)));
    let numbers = found["lists"].as_array().unwrap().iter();
    let numbers: Vec<_> = numbers
        .map(|list| list["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert!(
        found["lists"][0]["reasons"].as_array().unwrap().len() > 3,
        "{found}"
    );

    let number = tenders(&workspace, &url);
    let taken = discovered(&workspace, &[&url, "--list", &number]);
    assert_eq!(
        (&taken["found"], &taken["records"]),
        (&json!("list"), &json!(6))
    );
    assert_eq!(taken["items"][5]["url"], server.url("/tenders/6.pdf"));
    assert!(
        taken["block"].as_str().unwrap().contains("select.item"),
        "{taken}"
    );

    let shown = |more: &[&str]| {
        let now = now();
        let arguments = [&["discover", &url, "--now", &now], more].concat();
        workspace.run(&arguments).well().stdout
    };
    let line = format!("\n{number}  6 records: \"Tender 1 for dredging\", \"Tender 2");
    assert!(shown(&[]).contains(&line), "{}", shown(&[]));
    let news = "\n1  8 records: \"Notice 1 of the harbour";
    assert!(!shown(&[]).contains(news), "{}", shown(&[]));
    assert!(shown(&["--list", &number]).contains(news));
    let why = shown(&["--why"]);
    assert!(
        why.contains("\n1  8 records: +") && why.contains(" other measures\n"),
        "{why}"
    );
}

#[test]
fn a_number_without_a_list_is_refused_with_how_many_there_are() {
    let server = harbour();
    let workspace = Workspace::new(NEWS);
    let url = server.url("/news");
    let count = discovered(&workspace, &[&url])["lists"]
        .as_array()
        .unwrap()
        .len();
    let expected = format!("there is no list 77: the document has {count} lists");
    let check = |command: &[&str], status: i32| {
        let ran = workspace.run(&[command, &[&url, "--list", "77"]].concat());
        assert!(ran.complaint(status).ends_with(&expected), "{ran:?}");
    };
    check(&["discover"], 2);
    check(&["sources", "add"], 2);
    check(&["preview"], 2);
    let zero = workspace.run(&["discover", &url, "--list", "0"]);
    assert_eq!(zero.status, Some(2), "{zero:?}");
}

#[test]
fn preview_shows_a_list_and_says_that_there_are_others() {
    let server = harbour();
    let workspace = Workspace::new(NEWS);
    let url = server.url("/news");
    let number = tenders(&workspace, &url);
    let best = workspace.run(&["preview", &url]).well().stdout;
    assert!(best.contains("Notice 8 of the harbour office\n"), "{best}");
    let line = format!("\n{number}  6 records: \"Tender 1 for dredging\"");
    assert!(best.contains(&line), "{best}");
    let taken = workspace
        .run(&["preview", &url, "--list", &number])
        .well()
        .stdout;
    assert!(taken.contains("Tender 6 for dredging\n"), "{taken}");
    assert!(
        !taken.contains("Notice 8 of the harbour office\n"),
        "{taken}"
    );
    assert!(
        taken.contains("Equivalent selectors:\n  kind = \"html\"\n"),
        "{taken}"
    );
    // The same for a configured source.
    workspace.configure(&format!(
        "[[source]]\nid = \"harbour\"\nurl = \"{url}\"\ntopics = [\"news\"]\n{NEWS}"
    ));
    let named = workspace
        .run(&["preview", "harbour", "--list", &number])
        .well()
        .stdout;
    assert!(named.contains("Tender 6 for dredging\n"), "{named}");
}

#[test]
fn lists_of_json_have_numbers_too() {
    let workspace = Workspace::new(NEWS);
    let rows = |name: &str, path: &str| -> Vec<Value> {
        let row = |number: i64| {
            let date = day(-number).format("%Y-%m-%d").to_string();
            json!({"title": format!("{name} number {number} of the office"), "url": format!("https://a.example/{path}/{number}"), "date": date})
        };
        (1..=5).map(row).collect()
    };
    let document = json!({"notices": rows("Notice", "n"), "tenders": rows("Tender", "t")});
    workspace.write("a.json", document.to_string());
    let found = discovered(
        &workspace,
        &["--file", "a.json", "--base-url", "https://a.example/a.json"],
    );
    assert_eq!(found["list"], 1);
    let first = found["lists"][0]["titles"][0].as_str().unwrap();
    let second = found["lists"][1]["titles"][0].as_str().unwrap();
    assert_ne!(first, second);
    let taken = workspace
        .run(&["preview", "a.json", "--list", "2"])
        .well()
        .stdout;
    assert!(
        taken.contains(second) && !taken.contains(&format!("  {first}\n")),
        "{taken}"
    );
}

/// Checks the configuration and polls the source. Returns the number of its items.
fn polled(workspace: &Workspace, id: &str) -> u64 {
    workspace.run(&["check"]).done();
    workspace
        .run(&["once", id, "--strict", "--now", &now()])
        .done();
    workspace.check_well(id);
    workspace.status(id)["items"].as_u64().unwrap()
}

#[test]
fn a_list_is_added_by_its_number() {
    let server = harbour();
    let workspace = Workspace::new(NEWS);
    let url = server.url("/news");
    let number = tenders(&workspace, &url);
    let now = now();
    let arguments = [
        "sources", "add", &url, "--id", "tenders", "--list", &number, "--now", &now,
    ];
    workspace.run(&arguments).well();
    let written = read_text(&workspace.path("config/tidings.toml"));
    assert!(written.contains("select.item"), "{written}");
    assert_eq!(polled(&workspace, "tenders"), 6);
}

/// Runs the program on a terminal with the input `typed`. Returns its status and the terminal's output.
fn on_terminal(workspace: &Workspace, arguments: &[&str], typed: &str) -> (Option<i32>, String) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let terminal = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    let copy = |terminal: &OwnedFd| terminal.try_clone().unwrap();
    let mut command = workspace.command(arguments);
    command.stdin(copy(&terminal)).stdout(copy(&terminal));
    command.stderr(terminal);
    let mut child = command.spawn().unwrap();
    // The command keeps the other ends, and with them the terminal, open.
    drop(command);
    let mut master = File::from(master);
    master.write_all(typed.as_bytes()).unwrap();
    let (mut shown, mut buffer) = (Vec::new(), [0; 4096]);
    // Reading fails once nobody has the terminal open.
    while let Ok(count @ 1..) = master.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..count]);
    }
    let status = child.wait().unwrap().code();
    (
        status,
        String::from_utf8_lossy(&shown).replace("\r\n", "\n"),
    )
}

#[test]
fn on_a_terminal_add_asks_which_list() {
    let server = harbour();
    let workspace = Workspace::new(NEWS);
    let url = server.url("/news");
    let number = tenders(&workspace, &url);
    let before = read_text(&workspace.path("config/tidings.toml"));
    let now = now();
    let add = ["sources", "add", &url, "--id", "harbour", "--now", &now];

    let (status, shown) = on_terminal(&workspace, &add, "q\n");
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.ends_with("nothing was written\n"), "{shown}");
    for line in [
        "1  8 records, by selectors\n   2026-03-01  Notice 1 of the harbour office\n",
        &format!(
            "{number}  6 records, by selectors\n   2026-02-23  Tender 1 for dredging\n     {}\n",
            server.url("/tenders/1.pdf")
        ),
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    assert_eq!(read_text(&workspace.path("config/tidings.toml")), before);

    let (status, shown) = on_terminal(&workspace, &add, &format!("tenders\n{number}\n"));
    assert_eq!(status, Some(0), "{shown}");
    assert!(shown.contains("`tenders` is not one of them"), "{shown}");
    assert_eq!(polled(&workspace, "harbour"), 6);
}

#[test]
fn on_a_terminal_add_does_not_ask_when_it_is_told() {
    let server = harbour();
    let workspace = Workspace::new(NEWS);
    let (url, now) = (server.url("/news"), now());
    let add = [
        "sources", "add", &url, "--id", "harbour", "--yes", "--now", &now,
    ];
    let (status, shown) = on_terminal(&workspace, &add, "");
    assert_eq!(status, Some(0), "{shown}");
    assert!(!shown.contains("q to stop"), "{shown}");
    assert_eq!(polled(&workspace, "harbour"), 8);
}
