//! Sources that are neither feeds nor pages: programs, standard input, sitemaps and their documents, JSON and XML.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{Answer, NEWS, Ran, Server, Workspace, day};

/// Configures a source whose output the test's own program `bin/NAME` writes.
fn program(workspace: &Workspace, name: &str, script: &str, settings: &str) -> String {
    let path = format!("bin/{name}");
    workspace.write(&path, format!("#!/bin/sh\n{script}\n"));
    workspace.make_executable(&path);
    format!(
        "\n[[source]]\nid = \"{name}\"\nkind = \"command\"\ncommand = [\"../bin/{name}\", \"an *\", \"$HOME\"]\n\
         every = \"1h\"\ntopics = [\"news\"]\n{settings}\n"
    )
}

const LIST: &str = r#"[{"title": "North quay closed", "url": "https://harbour.example/41", "date": "2026-02-27"}]"#;

fn titles(workspace: &Workspace) -> Vec<String> {
    let stories = workspace.published().stories("news");
    stories.into_iter().map(|story| story.title).collect()
}

/// Creates a workspace with one program, and polls it.
fn polled(script: &str, settings: &str) -> Workspace {
    let workspace = Workspace::new("");
    let source = program(&workspace, "bulletins", script, settings);
    workspace.configure(&format!("{NEWS}{source}"));
    workspace.poll(day(0));
    workspace
}

/// Checks the problem of a source: its code, and a part of its text.
#[track_caller]
fn check_problem(workspace: &Workspace, code: &str, text: &str) {
    let status = workspace.status("bulletins");
    let problem = &status["problem"];
    assert_eq!(problem["code"], code, "{status}");
    assert!(problem["text"].as_str().unwrap().contains(text), "{status}");
}

#[test]
fn a_program_writes_what_a_source_has() {
    let workspace = polled(&format!("echo '{LIST}'"), "as = \"json\"");
    workspace.check_well("bulletins");
    assert_eq!(titles(&workspace), ["North quay closed"]);
}

#[test]
fn a_page_that_a_program_writes_is_repaired_as_any_other() {
    let notices = [
        "North quay closed",
        "Ferry at six",
        "Crane out of order",
        "New harbour dues",
    ];
    let records = notices.iter().zip(1..).map(|(title, number)| {
        format!("<li><a href=/n/{number}>{title}</a> <time>2026-02-0{number}</time></li>")
    });
    let page = format!("<h1>Port</h1><ul>{}</ul>", records.collect::<String>());
    let workspace = polled(&format!("echo '{page}'"), "as = \"html\"");
    workspace.check_well("bulletins");
    let listed = workspace.run(&["sources", "list", "--json"]).done().json();
    assert_eq!(listed["sources"][0]["kind"], "command");
    let repaired = workspace.run(&["sources", "repair", "bulletins"]).done();
    let told = repaired.stdout;
    assert!(told.contains("there is nothing to repair"), "{told}");
}

#[test]
fn a_program_is_told_what_is_written_and_finds_little_around_it() {
    let tell = r#"
        if read line; then exit 7; fi
        printf '[{"title": "%s", "url": "/a", "date": "2026-02-27"},' "$*"
        printf '{"title": "%s", "url": "/a", "date": "2026-02-26"},' "$TIDINGS_SOURCE in $(basename "$PWD")"
        printf '{"title": "left are %s", "url": "/a", "date": "2026-02-25"}]' "$(env | cut -d= -f1 | grep -v '^_$\|PWD\|SHLVL\|OLDPWD' | sort | tr '\n' ' ')""#;
    let workspace = Workspace::new("");
    let source = program(&workspace, "bulletins", tell, "");
    workspace.configure(&format!("{NEWS}{source}"));
    let mut command = workspace.command(&["once", "--all", "--now", &day(0).to_rfc3339()]);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nowhere");
    command.env("SECRET_TOKEN", "s3cret").env("TZ", "UTC");
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let expected = [
        "an * $HOME",
        "bulletins in config",
        "left are HOME PATH TIDINGS_SOURCE TZ",
    ];
    assert_eq!(titles(&workspace), expected);
}

#[test]
fn a_program_that_fails_is_told_with_its_last_line() {
    let workspace = polled(
        &format!("echo '{LIST}'\necho first >&2\necho 'no such \u{7} table' >&2\necho >&2\nexit 3"),
        "",
    );
    check_problem(
        &workspace,
        "command-failed",
        "/bin/bulletins …` failed (exit status: 3): no such",
    );
    assert!(
        !workspace.status("bulletins").to_string().contains("HOME"),
        "arguments may be secret"
    );
    assert!(titles(&workspace).is_empty());
}

#[test]
fn a_program_that_is_not_there_is_told() {
    let workspace = Workspace::new("");
    workspace.configure(&format!(
        "{NEWS}[[source]]\nid = \"bulletins\"\nkind = \"command\"\ncommand = [\"no-such-program\"]\n"
    ));
    workspace.poll(day(0));
    check_problem(
        &workspace,
        "command-failed",
        "the program `no-such-program` cannot be run: No such file",
    );
}

#[test]
fn a_program_that_writes_without_end_is_stopped() {
    let workspace = polled("echo y; yes", "");
    check_problem(&workspace, "too-large", "more than 10.0 MiB");
}

#[test]
fn what_a_program_says_of_mistakes_has_an_end_too() {
    let workspace = polled(&format!("echo '{LIST}'; yes | head -c 3000000 >&2"), "");
    workspace.check_well("bulletins");
}

/// A program that never ends is killed with its children: both hold a connection that ends with them.
#[test]
fn a_program_that_hangs_is_killed_with_all_that_it_started() {
    let workspace = Workspace::new("");
    let fifo = workspace.path("alive");
    let script = format!(
        "exec 3>'{fifo}'\n(while :; do sleep 1000; done) &\nwhile :; do sleep 1000; done",
        fifo = fifo.display()
    );
    let source = program(&workspace, "bulletins", &script, "timeout = \"1s\"");
    workspace.configure(&format!("{NEWS}{source}"));
    let made = std::process::Command::new("mkfifo")
        .arg(&fifo)
        .status()
        .unwrap();
    assert!(made.success());
    let waiting = std::thread::spawn({
        let fifo = fifo.clone();
        // The thread ends when the other end is closed everywhere.
        move || {
            std::fs::File::open(fifo)
                .unwrap()
                .read_to_end(&mut Vec::new())
                .unwrap()
        }
    });
    workspace.poll(day(0));
    check_problem(&workspace, "timeout", "no whole answer within 1s");
    assert_eq!(waiting.join().unwrap(), 0);
}

#[test]
fn an_unchanged_output_is_not_read_again() {
    let workspace = polled(&format!("echo '{LIST}'; date >> ../runs"), "");
    workspace.poll(day(1));
    let status = workspace.status("bulletins");
    assert_eq!(
        (&status["state"], &status["items"]),
        (&json!("ok"), &json!(1)),
        "{status}"
    );
    assert_eq!(
        crate::support::read_text(&workspace.path("runs"))
            .lines()
            .count(),
        2
    );
}

#[test]
fn a_source_that_is_a_program_can_be_previewed() {
    let workspace = polled(&format!("echo '{LIST}'"), "");
    let feed = workspace
        .run(&["preview", "bulletins", "--output", "jsonfeed"])
        .well()
        .json();
    assert_eq!(feed["items"][0]["title"], "North quay closed");
}

/// Runs `preview -` on a text.
fn piped(arguments: &[&str], text: &[u8]) -> Ran {
    let workspace = Workspace::new("");
    let mut command =
        workspace.command(&[&["preview", "-", "--output", "jsonfeed"], arguments].concat());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // The program may close the pipe before it has read everything.
    drop(child.stdin.take().unwrap().write_all(text));
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn first(ran: Ran) -> [Value; 2] {
    let feed = ran.well().json();
    ["title", "url"].map(|name| feed["items"][0][name].clone())
}

#[test]
fn standard_input_is_read() {
    let harbour = [
        json!("North quay closed"),
        json!("https://harbour.example/41"),
    ];
    assert_eq!(first(piped(&[], LIST.as_bytes())), harbour);
    assert_eq!(first(piped(&[], &gzip(LIST))), harbour);
    let relative = LIST.replace("https://harbour.example", "");
    let base = ["--as", "json", "--base-url", "https://harbour.example/list"];
    assert_eq!(first(piped(&base, relative.as_bytes())), harbour);
    let bomb = gzip(&" ".repeat(11 << 20));
    let refused = piped(&[], &bomb);
    assert!(
        refused
            .complaint(1)
            .contains("standard input sends more than 10.0 MiB"),
        "{refused:?}"
    );
    let refused = piped(&[], &vec![b' '; 11 << 20]);
    assert!(
        refused
            .complaint(1)
            .contains("standard input sends more than 10.0 MiB"),
        "{refused:?}"
    );
}

#[test]
fn a_preview_takes_paths() {
    let harbour = [
        json!("North quay closed"),
        json!("https://harbour.example/41"),
    ];
    let select = |item, title, link| ["--select", item, "--select", title, "--select", link];
    let of_json = select("item=$.b[*]", "title=t", "link=$.u");
    let text = r#"{"b": [{"t": "North quay closed", "u": "https://harbour.example/41"}]}"#;
    assert_eq!(
        first(piped(
            &[&["--as", "json"], &of_json[..]].concat(),
            text.as_bytes()
        )),
        harbour
    );
    let page = format!("<!DOCTYPE html><script id=d>let d = {text};</script>");
    let in_page = [&["--script", "#d"], &of_json[..]].concat();
    assert_eq!(first(piped(&in_page, page.as_bytes())), harbour);
    let of_xml = select("item=//b", "title=t", "link=u@to");
    let text = "<a><b><t>North quay closed</t><u to='https://harbour.example/41'/></b></a>";
    assert_eq!(
        first(piped(
            &[&["--as", "xml"], &of_xml[..]].concat(),
            text.as_bytes()
        )),
        harbour
    );
    let check = |arguments: &[&str], part: &str| {
        let ran = piped(arguments, b"");
        assert!(ran.complaint(2).contains(part), "{}", ran.stderr);
    };
    check(
        &[
            "--as",
            "json",
            "--select",
            "item=ul > li",
            "--select",
            "title=t",
        ],
        "is no JSONPath",
    );
    check(
        &["--as", "xml", "--select", "item=$.a", "--select", "title=t"],
        "is no name of an element",
    );
    check(
        &[
            "--as", "sitemap", "--select", "item=a", "--select", "title=t",
        ],
        "`select` goes only with the kind `html`, `json` or `xml`, not with `sitemap`",
    );
    check(
        &["--as", "xml", "--script", "script"],
        "`script` goes only with the kind `json`, not with `xml`",
    );
}

#[test]
fn paths_that_are_found_out_are_shown() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/json");
    let file = fixtures.join("graphql.json");
    let workspace = Workspace::new("");
    let shown = workspace
        .run(&["preview", file.to_str().unwrap()])
        .well()
        .stdout;
    let block = "\nEquivalent paths:\n  kind = \"json\"\n  select.item = \"$.data.sections[*].bulletins.edges[*]\"\n  \
                 select.title = \"$.node.headline\"\n";
    assert!(shown.contains(block), "{shown}");
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Returns a news sitemap with a title and an address per entry.
fn sitemap(entries: &[(&str, &str)]) -> String {
    let url = |(title, address): &(&str, &str)| {
        format!(
            "<url><loc>{address}</loc><n:news><n:publication_date>2026-02-27T08:00:00Z</n:publication_date>\
             <n:title>{title}</n:title></n:news></url>"
        )
    };
    let urls: String = entries.iter().map(url).collect();
    format!(
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{urls}</urlset>"
    )
}

fn source(url: &str, settings: &str) -> String {
    format!(
        "\n[[source]]\nid = \"bulletins\"\nurl = \"{url}\"\nevery = \"1h\"\ntopics = [\"news\"]\n{settings}\n"
    )
}

/// Serves an index of a gzipped and a plain sitemap, neither with a date of change.
fn serve_index(server: &Server) {
    let named = ["/new.xml.gz", "/old.xml", "/missing.xml", "/older.xml"];
    let named = named.map(|name| format!("<sitemap><loc>{}</loc></sitemap>", server.url(name)));
    server.serve(
        "/index.xml",
        format!("<sitemapindex>{}</sitemapindex>", named.concat()),
    );
    let new = gzip(&sitemap(&[("New quay", "https://harbour.example/n/2")]));
    server.route("/new.xml.gz", move |_| {
        Answer::ok(new.clone()).with("Content-Type", "application/gzip")
    });
    server.serve(
        "/old.xml",
        sitemap(&[
            ("Old quay", "https://harbour.example/n/1"),
            ("About", "https://harbour.example/about"),
        ]),
    );
    server.serve(
        "/older.xml",
        sitemap(&[("Oldest quay", "https://harbour.example/n/0")]),
    );
}

/// Returns the requests, except those for robots.txt.
fn asked(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let targets = requests.iter().map(|request| request.target.clone());
    targets.filter(|target| target != "/robots.txt").collect()
}

#[test]
fn an_index_leads_to_its_sitemaps() {
    let server = Server::start();
    serve_index(&server);
    let workspace = Workspace::new(&format!(
        "{NEWS}{}",
        source(&server.url("/index.xml"), "only = '/n/'")
    ));
    workspace.poll(day(0));
    // A part that cannot be read costs nothing else, and the problem names it.
    let status = workspace.status("bulletins");
    assert_eq!(status["state"], "ok");
    let missing = server.url("/missing.xml");
    check_problem(
        &workspace,
        "left-out",
        &format!("1 of 4 documents that the index names could not be read: {missing} answered 404"),
    );
    assert_eq!(
        asked(&server),
        [
            "/index.xml",
            "/new.xml.gz",
            "/old.xml",
            "/missing.xml",
            "/older.xml"
        ]
    );
    let mut found = titles(&workspace);
    found.sort();
    assert_eq!(found, ["New quay", "Old quay", "Oldest quay"]);
}

#[test]
fn an_index_of_which_nothing_can_be_read_has_failed() {
    let server = Server::start();
    serve_index(&server);
    let settings = "kind = \"sitemap\"";
    let workspace = Workspace::new(&format!(
        "{NEWS}{}",
        source(&server.url("/index.xml"), settings)
    ));
    workspace.poll(day(0));
    assert_eq!(titles(&workspace).len(), 4);
    for path in ["/new.xml.gz", "/old.xml", "/older.xml"] {
        server.route(path, |_| Answer::status(410));
    }
    workspace.poll(day(1));
    let status = workspace.status("bulletins");
    assert_eq!(status["state"], "failing");
    assert_eq!(status["consecutive_failures"], 1);
    let told = format!(
        "none of the 4 documents that {} names could be read: {} answered 410",
        server.url("/index.xml"),
        server.url("/new.xml.gz")
    );
    check_problem(&workspace, "gone", &told);
    // One unchanged part is enough; the problem is reported though nothing is new.
    server.serve(
        "/older.xml",
        sitemap(&[("Oldest quay", "https://harbour.example/n/0")]),
    );
    for hour in [1, 2] {
        workspace.poll(day(1) + chrono::TimeDelta::hours(hour));
        assert_eq!(workspace.status("bulletins")["state"], "ok");
        check_problem(&workspace, "left-out", "3 of 4 documents");
    }
    // A part that was fetched but could not be read is fetched unconditionally.
    server.serve("/old.xml", "<!DOCTYPE html><title>Not found</title>");
    for hour in [3, 4] {
        workspace.poll(day(1) + chrono::TimeDelta::hours(hour));
        check_problem(&workspace, "left-out", "3 of 4 documents");
        let mut requests = server.requests().into_iter().rev();
        let asked = requests.find(|request| request.target == "/old.xml");
        assert!(!asked.unwrap().is_conditional(), "hour {hour}");
    }
    // A server that asks for a pause gets it: no further document is requested.
    server.route("/old.xml", |_| Answer::status(503));
    let before = asked(&server).len();
    workspace.poll(day(2));
    check_problem(&workspace, "http-503", "answered 503");
    let asked = asked(&server).split_off(before);
    assert_eq!(asked, ["/index.xml", "/new.xml.gz", "/old.xml"]);
}

#[test]
fn an_index_that_stays_hides_no_change_in_its_sitemaps() {
    let server = Server::start();
    serve_index(&server);
    let settings = "kind = \"sitemap\"\npages.last = 2";
    let workspace = Workspace::new(&format!(
        "{NEWS}{}",
        source(&server.url("/index.xml"), settings)
    ));
    workspace.poll(day(0));
    assert_eq!(asked(&server), ["/index.xml", "/new.xml.gz", "/old.xml"]);
    server.serve(
        "/old.xml",
        sitemap(&[("Another quay", "https://harbour.example/n/3")]),
    );
    workspace.poll(day(1));
    workspace.check_well("bulletins");
    assert!(titles(&workspace).contains(&"Another quay".to_owned()));
    // If nothing has changed anywhere, that is not a problem either.
    workspace.poll(day(2));
    workspace.check_well("bulletins");
}

#[test]
fn a_bomb_of_a_sitemap_is_refused() {
    let server = Server::start();
    let bomb = gzip(&" ".repeat(11 << 20));
    server.route("/sitemap.xml.gz", move |_| Answer::ok(bomb.clone()));
    let workspace = Workspace::new(&format!(
        "{NEWS}{}",
        source(&server.url("/sitemap.xml.gz"), "kind = \"sitemap\"")
    ));
    workspace.poll(day(0));
    check_problem(&workspace, "too-large", "more than 10.0 MiB");
}

/// Only the entries that the address selects are read.
#[test]
fn only_some_entries_are_wanted_of_any_kind() {
    let server = Server::start();
    let item = |path: &str| format!("<item><title>{path}</title><link>{path}</link></item>");
    let items: String = ["/a/1", "/b/2"].iter().map(|path| item(path)).collect();
    server.serve(
        "/feed",
        format!("<rss version=\"2.0\"><channel><title>A</title>{items}</channel></rss>"),
    );
    let workspace = Workspace::new(&format!(
        "{NEWS}{}",
        source(
            &server.url("/feed"),
            "only = '^http://127\\.0\\.0\\.1:\\d+/a/'"
        )
    ));
    workspace.poll(day(0));
    assert_eq!(titles(&workspace), ["/a/1"]);
}
