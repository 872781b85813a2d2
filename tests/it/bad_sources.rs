//! A source that goes bad is reported with a remedy. The others, and its earlier items, are unharmed.

use std::fs;
use std::iter;
use std::path::Path;
use std::thread;

use async_compression::tokio::bufread::GzipEncoder;
use serde_json::{Value, json};
use tidings::model::Timestamp;
use tokio::io::AsyncReadExt as _;

use crate::support::{
    Answer, NEWS, Published, Ran, Running, Server, Workspace, day, notice, read_text, rss, skipped,
    source,
};

/// Sources that go bad: their name, state, code and HTTP status, and parts of the problem and of the remedy.
const BAD: &str = "
    error     | failing | http-500        | 500 | /error answered 500          | asked again when it is due
    missing   | failing | http-404        | 404 | /missing answered 404        | look for the new address
    gone      | gone    | gone            | 410 | /gone answered 410           | remove the source
    silent    | failing | timeout         |     | no whole answer within 3s    | raise `timeout`
    large     | failing | too-large       |     | more than 10.0 MiB           | raise `max_body`
    endless   | failing | too-large       |     | more than 10.0 MiB           | raise `max_body`
    bomb      | failing | too-large       |     | more than 10.0 MiB           | raise `max_body`
    garbled   | failing | coding          |     | cannot be decompressed       | write to them
    torn      | failing | unreachable     |     | /torn cannot be reached      | asked again when it is due
    page      | failing | not-a-feed      |     | an HTML page came            | /real-feed.xml
    empty     | failing | not-a-feed      |     | an empty document came       | correct `url`
    calendar  | failing | calendar        |     | is a calendar (iCalendar     | the same events
    paper     | failing | pdf             |     | the document is a PDF        | the page that links to it
    half      | failing | bad-feed        |     | the feed cannot be read      | tell the publisher
    blank     | failing | bad-feed        |     | none of its entries could be | tell the publisher
    hollow    | failing | bad-feed        |     | none of its 2 items is an    | tell the publisher
    private   | failing | private-address |     | 10.0.0.1                     | `allow_networks`
    neighbour | failing | private-address |     | 127.0.0.2                    | `allow_networks`
    circle    | failing | redirect        |     | redirects more than 10 times | put the last one
    nowhere   | failing | redirect        |     | `ftp://a.example/`           | put the last one
    refused   | failing | unreachable     |     | /refused cannot be reached   | asked again when it is due
    file      | failing | file            |     | bulletins.xml cannot be read | put the file there
";

fn bad() -> Vec<[&'static str; 6]> {
    let lines = BAD.trim().lines();
    let cells = |line: &'static str| line.split('|').map(str::trim).collect::<Vec<_>>();
    lines.map(|line| cells(line).try_into().unwrap()).collect()
}

const MEBIBYTE: usize = 1 << 20;

/// Makes every source of a server go bad.
fn go_bad(server: &Server) {
    let port = server.port();
    server.route("/error", |_| Answer::status(500));
    server.route("/missing", |_| Answer::status(404));
    server.route("/gone", |_| Answer::status(410));
    server.route("/silent", |_| Answer::silence());
    server.route("/large", |_| {
        Answer::stream(iter::repeat_n(vec![b' '; MEBIBYTE], 50))
    });
    server.route("/endless", |_| {
        Answer::stream(iter::repeat(vec![b'<'; MEBIBYTE]))
    });
    server.route("/torn", |_| {
        Answer::ok(rss(&[])).with("Content-Length", "10000")
    });
    let bomb = gzip(&vec![0; MEBIBYTE]).repeat(400);
    server.route("/bomb", move |_| {
        Answer::ok(bomb.clone()).with("Content-Encoding", "gzip")
    });
    let link = "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/real-feed.xml\">";
    server.serve(
        "/page",
        format!("<!DOCTYPE html><html><head>{link}</head><body>"),
    );
    server.serve("/empty", "");
    server.serve(
        "/calendar",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Regatta\r\nEND:VEVENT\r\n",
    );
    server.serve("/paper", "%PDF-1.7\n");
    server.serve(
        "/half",
        "<rss version=\"2.0\"><channel><title>A</title><item><title>B</ti",
    );
    server.serve(
        "/blank",
        "<rss version=\"2.0\"><channel><title>A</title><item></item><item><title> </title></item></channel></rss>",
    );
    server.serve(
        "/hollow",
        "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"A\", \"items\": [1, 2]}",
    );
    server.route("/private", |_| Answer::redirect("http://10.0.0.1/"));
    let neighbour = format!("http://127.0.0.2:{port}/good");
    server.route("/neighbour", move |_| Answer::redirect(&neighbour));
    server.route("/circle", |_| Answer::redirect("/circle"));
    server.route("/nowhere", |_| Answer::redirect("ftp://a.example/"));
    server.route("/garbled", |_| {
        Answer::ok("no gzip at all").with("Content-Encoding", "gzip")
    });
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let mut packed = Vec::new();
    let packing = async { GzipEncoder::new(bytes).read_to_end(&mut packed).await };
    runtime.unwrap().block_on(packing).unwrap();
    packed
}

/// Makes every source publish one notice, numbered by its place in [`BAD`].
fn go_well(server: &Server) {
    for (number, [id, ..]) in bad().into_iter().enumerate() {
        server.serve(&format!("/{id}"), rss(&[notice(number, day(0))]));
    }
}

const GOOD: usize = 100;

/// Configures the sources of [`BAD`], one with a server of its own and one in a file, and a good one.
fn configuration(server: &Server, refusing: &Server) -> String {
    let url = |id: &str| match id {
        "refused" => refusing.url("/refused"),
        "file" => "../bulletins.xml".to_owned(),
        _ => server.url(&format!("/{id}")),
    };
    let ids = bad().into_iter().map(|[id, ..]| id).chain(["good"]);
    let sources: String = ids.map(|id| source(id, &url(id))).collect();
    let fetch = "allow_networks = [\"127.0.0.1/32\"]\nhost_delay = \"0s\"\ntimeout = \"3s\"";
    format!("[fetch]\n{fetch}\n{NEWS}{sources}")
}

/// Returns the numbers of the published notices.
fn told(published: &Published) -> Vec<usize> {
    let stories = published.stories("news").into_iter();
    let number = |link: Option<String>| link.unwrap().rsplit_once('/').unwrap().1.parse();
    let mut numbers: Vec<usize> = stories.map(|story| number(story.link).unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

/// Checks the `status` of a source that succeeded on the first day and failed on the next.
fn check(status: &Value, [id, state, code, http_status, text, action]: [&str; 6]) {
    assert_eq!(status["id"], id);
    let problem = &status["problem"];
    for (part, whole) in [
        (text, "text"),
        (action, "action"),
        ("tidings.toml:", "action"),
    ] {
        let whole = problem[whole].as_str().unwrap();
        assert!(whole.contains(part), "{id}: {whole}");
    }
    let expected = json!({
        "id": id,
        "state": state,
        "problem": {"code": code, "since": day(1), "text": problem["text"], "action": problem["action"]},
        "last_attempt": day(1),
        "last_success": day(0),
        "last_error": problem["text"],
        "http_status": http_status.parse::<u16>().ok(),
        "consecutive_failures": 1,
        "next_poll": status["next_poll"],
        "items": 1,
    });
    assert_eq!(*status, expected);
    let next: Timestamp = status["next_poll"].as_str().unwrap().parse().unwrap();
    assert!(next > day(1), "{id}: {next}");
}

#[test]
fn bad_sources_are_named_and_harm_nobody() {
    let (server, refusing) = (Server::start(), Server::start());
    let workspace = Workspace::new(&configuration(&server, &refusing));
    let number = |id: &str| bad().iter().position(|bad| bad[0] == id).unwrap();
    go_well(&server);
    refusing.serve("/refused", rss(&[notice(number("refused"), day(0))]));
    workspace.write("bulletins.xml", rss(&[notice(number("file"), day(0))]));
    server.serve("/good", rss(&[notice(GOOD, day(0))]));
    workspace.poll(day(0));
    let all: Vec<usize> = (0..bad().len()).chain([GOOD]).collect();
    assert_eq!(told(&workspace.published()), all);

    go_bad(&server);
    drop(refusing);
    fs::remove_file(workspace.path("bulletins.xml")).unwrap();
    server.serve("/good", rss(&[notice(GOOD + 1, day(1))]));
    let run = workspace.start(&["once", "--all", "--now", &day(1).to_rfc3339()]);
    let (ran, peak) = watched(run);
    ran.done();
    let status = workspace.run(&["status", "--json"]).done().json();
    for (number, bad) in bad().into_iter().enumerate() {
        check(&status["sources"][number], bad);
    }
    workspace.check_well("good");
    let more: Vec<usize> = all.into_iter().chain([GOOD + 1]).collect();
    assert_eq!(told(&workspace.published()), more);
    match peak {
        Some(peak) => assert!(peak < 150 << 20, "{peak} bytes"),
        None => skipped("only Linux tells how much memory the run took"),
    }

    // No source was given up.
    go_well(&server);
    workspace.poll(day(2));
    for [id, ..] in bad() {
        if !matches!(id, "refused" | "file") {
            workspace.check_well(id);
        }
    }
    assert_eq!(told(&workspace.published()), more);
}

/// Returns the run, and its peak memory in bytes.
fn watched(mut run: Running) -> (Ran, Option<u64>) {
    let file = format!("/proc/{}/status", run.id());
    let mut peak = None;
    while run.is_alive() {
        // The peak only grows, so the last reading before the end counts.
        if Path::new(&file).exists() {
            let status = read_text(Path::new(&file));
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kibibytes = line.and_then(|line| line.split_whitespace().next());
            let bytes = kibibytes.map(|number| number.parse::<u64>().unwrap() << 10);
            peak = bytes.max(peak);
        }
        thread::yield_now();
    }
    (run.finish(), peak)
}

#[test]
fn a_failing_source_is_the_commands_failure_only_where_that_is_wanted() {
    let server = Server::start();
    server.serve("/good", rss(&[notice(GOOD, day(0))]));
    let sources = ["good", "missing"].map(|id| source(id, &server.url(&format!("/{id}"))));
    let workspace = Workspace::new(&format!("{NEWS}{}", sources.concat()));
    workspace.poll(day(0));
    let strict = workspace.run(&["once", "--all", "--strict"]);
    assert_eq!(strict.complaint(1), "tidings: 1 of 2 sources failed");
    assert_eq!(told(&workspace.published()), [GOOD]);
}

#[test]
fn no_private_address_is_asked_unless_it_is_named() {
    let server = Server::start();
    let hosts = [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
    ];
    let url = |host: &str| format!("http://{host}:{}/", server.port());
    let sources = hosts.iter().enumerate();
    let sources: String = sources
        .map(|(number, host)| source(&format!("host-{number}"), &url(host)))
        .collect();
    let workspace = Workspace::new(&format!("[fetch]\nallow_networks = []\n{NEWS}{sources}"));
    workspace.poll(day(0));
    for (number, host) in hosts.iter().enumerate() {
        let status = workspace.status(&format!("host-{number}"));
        assert_eq!(
            status["problem"]["code"], "private-address",
            "{host}: {status}"
        );
    }
    assert!(server.requests().is_empty());
}
