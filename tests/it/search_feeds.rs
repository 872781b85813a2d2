//! Any query is a feed and a page of the stored stories that match.

use serde_json::Value;

use crate::support::{
    FINDABLE, Notice, Reply, Server, Service, Workspace, day, notice, notices, rss, source,
};

const TOPICS: &str = "[[topic]]\nid = \"news\"\ntitle = \"News\"\n[[topic]]\nid = \"piers\"\ntitle = \"Piers\"\n\
                      any = ['\"pier 2\" OR \"pier 4\"']\n";

/// Starts a daemon with five notices of the harbour and two of the coast guard, months old.
fn start() -> (Server, Workspace, Service) {
    let server = Server::start();
    server.serve("/harbour", rss(&notices(1..6, day(0))));
    let storm = Notice {
        title: "Storm & rain".to_owned(),
        text: "Lluvias fuertes en la costa; migraciones de aves.".to_owned(),
        ..notice(70, day(-40))
    };
    server.serve("/guard", rss(&[storm, notice(71, day(-41))]));
    let sources = ["harbour", "guard"].map(|id| source(id, &server.url(&format!("/{id}"))));
    let workspace = Workspace::new(&format!("{FINDABLE}{TOPICS}{}", sources.concat()));
    workspace.poll(day(0));
    let service = Service::start(&workspace);
    (server, workspace, service)
}

/// Returns the address of the query as a browser sends it.
fn target(format: &str, query: &str) -> String {
    let pairs = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", query)
        .finish();
    format!("/search.{format}?{pairs}")
}

fn ask(service: &Service, format: &str, query: &str) -> Reply {
    service.get(&target(format, query))
}

fn found(service: &Service, query: &str) -> Vec<String> {
    let reply = ask(service, "json", query);
    assert_eq!(reply.status, 200, "{}", reply.text());
    let feed: Value = reply.json();
    let items = feed["items"].as_array().expect("items");
    let title = |item: &Value| item["title"].as_str().expect("a title").to_owned();
    items.iter().map(title).collect()
}

fn of_harbour(numbers: &[usize]) -> Vec<String> {
    numbers
        .iter()
        .map(|number| notice(*number, day(0)).title)
        .collect()
}

#[test]
fn a_search_finds_what_a_topic_would_take() {
    let (_server, _workspace, service) = start();
    let check =
        |query: &str, expected: &[String]| assert_eq!(found(&service, query), expected, "{query}");
    check("\"pier 3\"", &of_harbour(&[3]));
    check("topic:piers -\"pier 4\"", &of_harbour(&[2]));
    check("source:guard storm", &["Storm & rain".to_owned()]);
    check("title:storm", &["Storm & rain".to_owned()]);
    check("title:costa", &[]);
    check("LLUVIA*", &["Storm & rain".to_owned()]);
    check("notice before:2026-02-01", &[notice(71, day(0)).title]);
    check("harbour after:2026-03-01", &of_harbour(&[1, 2, 3, 4, 5]));
    check("nowhere", &[]);
    check("-harbour", &["Storm & rain".to_owned()]);
    check("/Pier [15] opens/", &of_harbour(&[1, 5]));
}

#[test]
fn a_search_is_the_same_in_every_format() {
    let (_server, _workspace, service) = start();
    let query = "storm \"lluvias fuertes\"";
    let atom = ask(&service, "atom", query);
    let id = atom.text().split("<entry>").nth(1).expect("an entry");
    let id = id
        .split("urn:uuid:")
        .nth(1)
        .and_then(|rest| rest.get(..36))
        .expect("an id");
    for format in ["rss", "json", "html"] {
        let reply = ask(&service, format, query);
        assert_eq!(reply.status, 200);
        assert!(reply.text().contains(id), "{format}: {}", reply.text());
        assert_eq!(reply.header("x-robots-tag"), "noindex");
    }
    let own = target("atom", query).replace('&', "&amp;");
    assert!(atom.text().contains(&own), "{own} in {}", atom.text());
    let again = service.get(&own.replace("&amp;", "&"));
    assert_eq!(again.body, atom.body);
    let etag = atom.header("etag").to_owned();
    let unchanged = crate::support::get(
        service.public(),
        &target("atom", query),
        &[("If-None-Match", &etag)],
    );
    assert_eq!(unchanged.status, 304);
}

#[test]
fn a_mistake_is_told_with_its_column() {
    let (_server, _workspace, service) = start();
    let check = |query: &str, words: &str| {
        let reply = ask(&service, "atom", query);
        assert_eq!(reply.status, 400, "{query}");
        assert!(
            reply.header("content-type").starts_with("text/plain"),
            "{query}"
        );
        assert!(reply.text().contains(words), "{query}: {}", reply.text());
        let page = ask(&service, "html", query);
        assert_eq!(page.status, 400, "{query}");
        assert!(page.text().contains("<mark>"), "{query}: {}", page.text());
    };
    check("storm (rain", "column 7 of the query:");
    check(
        "topic:ports",
        "column 7 of the query: unknown topic `ports`",
    );
    check(
        "rain source:nobody",
        "column 13 of the query: unknown source `nobody`",
    );
    assert_eq!(service.get("/search.atom").status, 400);
    let form = service.get("/search");
    assert_eq!(form.status, 200);
    assert!(form.text().contains("<form"), "{}", form.text());
    let index = service.get("/");
    assert!(
        index.text().contains("action=\"search.html\""),
        "{}",
        index.text()
    );
    // The query is shown, and does nothing.
    let page = ask(&service, "html", "\"<script>alert(1)</script>\"");
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("<script"), "{}", page.text());
}

#[test]
fn what_comes_is_found_and_what_is_withdrawn_is_not() {
    let (server, workspace, mut service) = start();
    let entry = ask(&service, "json", "storm").json();
    let id = entry["items"][0]["id"]
        .as_str()
        .expect("an id")
        .replace("urn:uuid:", "");
    let withdraw = ["stories", "withdraw", &id, "--reason", "a drill"];
    workspace.run(&withdraw).well();
    assert_eq!(found(&service, "storm OR hurricane"), [""; 0]);
    server.serve("/late", rss(&notices(6..7, day(0))));
    let late = source("late", &server.url("/late"));
    workspace.configure(&format!("{FINDABLE}{TOPICS}{late}"));
    workspace.run(&["reload", "--yes"]).done();
    service.logs("late: 1 new");
    assert_eq!(found(&service, "\"pier 6\""), of_harbour(&[6]));
}
