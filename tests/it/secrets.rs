//! A secret in a source's address is sent to the source and told to nobody else.

use crate::support::{Answer, NEWS, Server, Workspace, day, notice, rss, source};

/// What none may see.
const SECRET: &str = "s3cret";

/// Sources whose addresses carry it: as a whole, as a password, as a parameter.
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

/// Everything that the program says and writes for people, when every source answers so.
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
