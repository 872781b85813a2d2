//! A secret in a source's address is sent to the source and revealed to nobody else.

use std::fs::File;

use rusqlite::Connection;

use crate::support::{
    ANYWHERE, Answer, NEWS, Server, Service, Workspace, day, notice, read, read_text, rss, signal,
    source,
};

/// The text that must not appear anywhere.
const SECRET: &str = "s3cret";

/// Sources whose addresses contain it: as a whole, as a password, as a parameter.
const SOURCES: [&str; 4] = ["environment", "file", "password", "token"];

fn configuration(server: &Server) -> String {
    let secret = |id: &str, url: &str| source(id, "SECRET").replace("\"SECRET\"", url);
    let [environment, file, password, token] = SOURCES;
    let at = server.url("").replace("http://", "");
    [
        NEWS.to_owned(),
        secret(environment, "{ env = \"TIDINGS_TEST_FEED\" }"),
        secret(file, "{ file = \"feed.secret\" }"),
        source(password, &format!("http://reader:{SECRET}@{at}/password")),
        source(token, &format!("http://{at}/token?lang=es&token={SECRET}")),
    ]
    .concat()
}

fn paths() -> [String; 4] {
    let secret = |id: &str| format!("/{SECRET}/{id}");
    [
        secret("environment"),
        secret("file"),
        "/password".into(),
        "/token".into(),
    ]
}

/// Returns everything that the program prints and writes for people, with every source answering like this.
fn check(answer: impl Fn(&str) -> Answer + Clone + Send + Sync + 'static) -> Vec<String> {
    let server = Server::start();
    for path in paths() {
        let answer = answer.clone();
        server.route(&path.clone(), move |_| answer(&path));
    }
    let workspace = Workspace::new(&configuration(&server));
    let [environment, file, ..] = paths();
    workspace.write("config/feed.secret", server.url(&file));
    let said = |arguments: &[&str]| {
        let mut command = workspace.command(arguments);
        let output = command
            .env("TIDINGS_TEST_FEED", server.url(&environment))
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        text.concat()
    };
    let mut told = vec![
        said(&["check"]),
        said(&["once", "--now", &day(0).to_rfc3339()]),
        said(&["once", "--all", "--json", "--now", &day(0).to_rfc3339()]),
        said(&["status"]),
        said(&["status", "--json"]),
    ];
    for id in SOURCES {
        for output in ["table", "jsonfeed", "jsonl"] {
            told.push(said(&["preview", id, "--output", output]));
        }
    }
    check_database(&workspace);
    let published = workspace.published();
    told.extend(published.names().iter().map(|name| published.text(name)));
    for text in &told {
        assert!(!text.contains(SECRET), "{text}");
    }
    let asked = server.requests();
    for path in paths() {
        assert!(
            asked.iter().any(|asked| asked.target.starts_with(&path)),
            "{path}"
        );
    }
    let encoded = "Basic cmVhZGVyOnMzY3JldA==";
    assert!(
        asked
            .iter()
            .any(|asked| asked.header("authorization") == Some(encoded))
    );
    told
}

/// Checks that it is not in the database either, including the kept configuration.
fn check_database(workspace: &Workspace) {
    let copy = workspace.path("var/copy.db");
    let database = Connection::open(workspace.path("var/tidings.db")).unwrap();
    let into = copy.to_str().unwrap();
    database.execute("VACUUM INTO ?", [into]).unwrap();
    drop(database);
    for name in ["var/copy.db", "var/tidings.db", "var/tidings.db-wal"] {
        let path = workspace.path(name);
        let bytes = if path.exists() {
            read(&path)
        } else {
            Vec::new()
        };
        let mut windows = bytes.windows(SECRET.len());
        let found = windows.any(|window| window == SECRET.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn a_secret_is_not_told_when_all_is_well() {
    let told = check(|path| {
        let number = path.len();
        Answer::ok(rss(&[notice(number, day(0))]))
    });
    assert!(
        told.iter()
            .any(|text| text.contains("of the harbour office"))
    );
}

#[test]
fn a_secret_is_not_told_when_a_source_fails() {
    let told = check(|_| Answer::status(500));
    assert!(told[1].contains("answered 500"), "{}", told[1]);
    check(|_| Answer::ok("<!DOCTYPE html><html><head><title>Log in</title></head></html>"));
    check(|_| Answer::ok("<rss version=\"2.0\"><channel>"));
    check(|_| Answer::ok("no gzip").with("Content-Encoding", "gzip"));
    check(Answer::redirect);
    check(|_| Answer::redirect("http://10.0.0.1/"));
}

#[test]
fn a_secret_is_not_told_by_what_a_document_says_of_itself() {
    // Relative links are within the secret address.
    check(|_| {
        Answer::ok(
            "<!DOCTYPE html><html><head><link rel=\"alternate\" type=\"application/rss+xml\" href=\"rss.xml\"></head></html>",
        )
    });
    check(|path| Answer::redirect(&format!("ftp://a.example{path}")));
}

/// Pages of entries are requested within the secret address, and published without it.
#[test]
fn the_pages_of_a_secret_list_are_read_and_told_without_the_secret() {
    let server = Server::start();
    let row = |link: &str| {
        format!(
            "<div class=row><h3><a href=\"{link}\">About {link}</a></h3><time>2026-03-02</time></div>"
        )
    };
    let list = ["n/one", "two?id=2", "paper", ""].map(row).concat();
    server.serve(
        &format!("/{SECRET}/list"),
        format!("<!DOCTYPE html><h1>Notices</h1>{list}"),
    );
    for path in ["n/one", "two"] {
        let body = format!(
            "<!DOCTYPE html><div class=body><p>Text of {path}.</p>\
             <p><a href=\"scan.pdf\">Scan</a><img src=\"quay.png\" alt=\"Quay\"></p></div>"
        );
        server.serve(&format!("/{SECRET}/{path}"), body);
    }
    server.route(&format!("/{SECRET}/paper"), |_| {
        Answer::ok("%PDF-1.4").with("Content-Type", "application/pdf")
    });
    let workspace = Workspace::new(&format!(
        "{NEWS}\n[[source]]\nid = \"list\"\nurl = {{ file = \"list.secret\" }}\nkind = \"html\"\ntopics = [\"news\"]\n\
         select.item = \".row\"\nselect.title = \"h3 a\"\nselect.date = \"time\"\ndetail.content = \".body\"\n"
    ));
    workspace.write("config/list.secret", server.url(&format!("/{SECRET}/list")));
    let preview = ["preview", "list", "--output", "jsonfeed"];
    let previewed = workspace.run(&preview).done().stdout;
    let asked = |server: &Server| -> Vec<String> {
        let requests = server.requests().into_iter();
        requests.map(|request| request.target).collect()
    };
    let by_preview = asked(&server);
    workspace.poll(day(0));
    let by_poll = asked(&server).split_off(by_preview.len());
    assert_eq!(by_poll, by_preview);
    let secret = |path: &str| format!("/{SECRET}/{path}");
    assert_eq!(by_poll, ["list", "n/one", "two?id=2", "paper"].map(secret));
    let published = workspace.published();
    let feed = published.text("news.json");
    for text in [&previewed, &feed] {
        for wanted in ["Text of n/one.", "Text of two."] {
            assert!(text.contains(wanted), "{text}");
        }
        assert!(text.contains("scan.pdf"), "{text}");
    }
    let mut told: Vec<String> = published
        .names()
        .iter()
        .map(|name| published.text(name))
        .collect();
    told.push(previewed);
    told.push(workspace.run(&["preview", "list"]).done().stdout);
    told.push(workspace.run(&["status", "--json"]).done().stdout);
    for text in &told {
        assert!(!text.contains(SECRET), "{text}");
    }
}

type Page = fn() -> Answer;

/// Serves a list in each of three folders, and the pages of its entries, good and bad.
fn serve_lists(server: &Server) {
    let links = [
        "one",
        "seven?id=7&amp;token=s3cret",
        "two?id=2",
        "three",
        "four",
        "five",
        "?",
        "#six",
    ];
    let row = |link: &&str| {
        format!(
            "<div class=row><h3><a href=\"{link}\">About {link}</a></h3><time>2026-03-02</time></div>"
        )
    };
    for folder in [SECRET, "password", "token"] {
        // The site repeats the key of the request.
        let listed = links
            .iter()
            .filter(|link| folder == "token" || !link.contains(SECRET));
        let rows: String = listed.map(row).collect();
        let page = format!("<!DOCTYPE html><h1>Notices</h1>{rows}");
        server.serve(&format!("/{folder}/list"), page);
        let answers: [(&str, Page); 5] = [
            ("one", || {
                Answer::ok("<div class=body><p>Text of one.</p></div>")
            }),
            ("two", || Answer::status(500)),
            ("three", || Answer::redirect("ftp://a.example/")),
            ("four", || {
                Answer::ok("no gzip").with("Content-Encoding", "gzip")
            }),
            ("seven", || {
                Answer::ok(
                    "<div class=body><p>Text of seven: <a href=\"seven?page=2&amp;token=s3cret\">more</a></p></div>",
                )
            }),
        ];
        for (name, answer) in answers {
            server.route(&format!("/{folder}/{name}"), move |_| answer());
        }
        server.route(&format!("/{folder}/five"), |request| {
            Answer::redirect(&format!("{}/", request.target))
        });
    }
}

/// The page of an entry is as secret as its list, in the log and the database too, however it fails.
#[test]
fn the_pages_of_entries_are_asked_for_in_secret() {
    let server = Server::start();
    let at = server.url("").replace("http://", "");
    let list = |id: &str, url: &str| {
        format!(
            "[[source]]\nid = \"{id}\"\nurl = {url}\nkind = \"html\"\ntopics = [\"news\"]\n\
             select.item = \".row\"\nselect.title = \"h3 a\"\nselect.date = \"time\"\ndetail.content = \".body\"\n"
        )
    };
    serve_lists(&server);
    let workspace = Workspace::new(&format!(
        "{ANYWHERE}{NEWS}{}{}{}",
        list("whole", "{ file = \"list.secret\" }"),
        list(
            "password",
            &format!("\"http://reader:{SECRET}@{at}/password/list\"")
        ),
        list(
            "token",
            &format!("\"http://{at}/token/list?token={SECRET}\"")
        ),
    ));
    workspace.write("config/list.secret", server.url(&format!("/{SECRET}/list")));
    let mut command = Service::command(&workspace);
    command.env("TIDINGS_LOG", "info,tidings=trace");
    let log = workspace.path("log");
    let mut daemon = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
    // The commit is the last step of a poll.
    let status = loop {
        let status = workspace.run(&["status", "--json"]).done();
        let all = status.json()["sources"].as_array().unwrap().clone();
        if all.iter().all(|source| !source["last_attempt"].is_null()) {
            break status.stdout;
        }
        assert_eq!(daemon.try_wait().unwrap(), None);
    };
    signal(&daemon, "TERM");
    assert!(daemon.wait().unwrap().success());
    for text in [&read_text(&log), &status] {
        assert!(!text.contains(SECRET), "{text}");
    }
    assert!(
        workspace
            .published()
            .text("news.json")
            .contains("Text of one.")
    );
    check_database(&workspace);
    let published = workspace.published();
    for name in published.names() {
        assert!(!published.text(&name).contains(SECRET), "{name}");
    }
    let asked = server.requests();
    for target in [
        "/password/one",
        "/token/one",
        "/token/seven?id=7&token=s3cret",
    ] {
        assert!(asked.iter().any(|asked| asked.target == target), "{target}");
    }
}

/// Only fetching reads a secret; the other commands do not need it.
#[test]
fn a_secret_is_read_by_those_who_fetch() {
    let server = Server::start();
    server.serve("/open", rss(&[notice(1, day(0))]));
    let sealed = |id: &str, reference: &str| {
        source(id, "SECRET").replace("\"SECRET\"", &format!("{{ {reference} }}"))
    };
    let workspace = Workspace::new(&format!(
        "[site]\ncontact = \"ops@bulletins.example\"\n{NEWS}{}{}{}",
        source("open", &server.url("/open")),
        sealed("sealed", "credential = \"feed\""),
        sealed("unset", "env = \"TIDINGS_TEST_UNSET\""),
    ));
    workspace.run(&["status"]).well();
    workspace.run(&["sources", "list"]).well();
    workspace.run(&["plan"]).well();
    let checked = workspace.run(&["check", "--json"]).well().json();
    let warnings = checked["warnings"].to_string();
    for expected in [
        "the credential `feed` is not here",
        "`TIDINGS_TEST_UNSET` is not set",
    ] {
        assert!(warnings.contains(expected), "{warnings}");
    }
    // A source whose secret cannot be read costs itself only.
    workspace.poll(day(0));
    assert_eq!(workspace.status("open")["state"], "ok");
    for (id, why) in [
        ("sealed", "credential `feed`"),
        ("unset", "TIDINGS_TEST_UNSET"),
    ] {
        let status = workspace.status(id);
        assert_eq!(status["state"], "failing");
        assert_eq!(status["problem"]["code"], "secret");
        let text = status["problem"]["text"].as_str().unwrap();
        assert!(text.contains(why), "{text}");
    }
    let preview = workspace.run(&["preview", "sealed"]);
    assert!(
        preview
            .complaint(1)
            .contains("the credential `feed` is not here")
    );
    workspace.write("credentials/feed", server.url("/open"));
    let mut command = workspace.command(&["once", "sealed"]);
    command.env("CREDENTIALS_DIRECTORY", workspace.path("credentials"));
    assert!(command.output().unwrap().status.success());
    assert_eq!(workspace.status("sealed")["state"], "ok");
}
