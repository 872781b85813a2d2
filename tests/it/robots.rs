//! Publishers' rules for robots are obeyed: for pages, and for feeds if the operator says so.

use chrono::TimeDelta;

use crate::support::{Answer, NEWS, Server, Workspace, day, rss, source};

const PAGE: &str = "<title>Notices</title><ul><li><a href=/n/1>The first notice of the office</a> <i>1 March 2026</i>\
    <li><a href=/n/2>The second notice of the office</a> <i>2 March 2026</i>\
    <li><a href=/n/3>The third notice of the office</a> <i>2 March 2026</i></ul>";

fn page(id: &str, url: &str) -> String {
    source(id, url).replace("\"feed\"", "\"html\"")
}

fn configured(fetch: &str, sources: &str) -> Workspace {
    let network = "allow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"0s\"\ntimeout = \"10s\"";
    Workspace::new(&format!("[fetch]\n{network}\n{fetch}\n{NEWS}{sources}"))
}

fn asked(server: &Server) -> Vec<String> {
    let targets = server.all_requests().into_iter();
    targets.map(|request| request.target).collect()
}

/// Starts a server with a page, a feed, and a robots.txt.
fn server(robots: &'static str) -> Server {
    let server = Server::start();
    server.route("/robots.txt", move |_| Answer::ok(robots));
    server.serve("/news", PAGE);
    server.serve("/feed", rss(&[]));
    server
}

#[track_caller]
fn check_refused(workspace: &Workspace, id: &str, text: &str) {
    let status = workspace.status(id);
    assert_eq!(status["state"], "failing", "{status}");
    assert_eq!(status["problem"]["code"], "robots");
    let told = status["problem"]["text"].as_str().unwrap();
    assert!(told.ends_with(text), "{told}");
}

#[test]
fn a_closed_page_is_not_asked_for_but_a_named_feed_is() {
    let server = server("User-agent: *\nDisallow: /\n");
    let sources = page("page", &server.url("/news")) + &source("feed", &server.url("/feed"));
    let workspace = configured("per_host = 1", &sources);
    workspace.poll(day(0));
    let mut asked = asked(&server);
    asked.sort();
    assert_eq!(asked, ["/feed", "/robots.txt"]);
    let closed = "/news is not for robots: its robots.txt says `Disallow: /` to `*`";
    check_refused(&workspace, "page", closed);
    workspace.check_well("feed");
}

#[test]
fn the_operator_decides_what_it_is_obeyed_for() {
    let closed = server("User-agent: tidings\nDisallow: /\n");
    let workspace = configured("robots = \"always\"", &source("a", &closed.url("/feed")));
    workspace.poll(day(0));
    assert_eq!(asked(&closed), ["/robots.txt"]);
    check_refused(
        &workspace,
        "a",
        "its robots.txt says `Disallow: /` to `tidings`",
    );

    let closed = server("User-agent: *\nDisallow: /\n");
    let workspace = configured("robots = \"never\"", &page("a", &closed.url("/news")));
    workspace.poll(day(0)).well();
    assert_eq!(asked(&closed), ["/news"]);
    workspace.check_well("a");
}

#[test]
fn one_robots_txt_is_enough_for_all_pages_of_a_site() {
    let server = server("User-agent: *\nDisallow: /private\n");
    server.serve("/more", PAGE);
    let sources = page("a", &server.url("/news")) + &page("b", &server.url("/more"));
    let workspace = configured("", &sources);
    workspace.poll(day(0)).well();
    let of_robots = |target: &String| target == "/robots.txt";
    let asked = asked(&server);
    assert_eq!(asked.iter().filter(|target| of_robots(target)).count(), 1);
    assert!(of_robots(&asked[0]), "{asked:?}");
}

#[test]
fn a_site_without_one_is_open() {
    let server = Server::start();
    server.serve("/news", PAGE);
    let workspace = configured("", &page("a", &server.url("/news")));
    workspace.poll(day(0)).well();
    assert_eq!(asked(&server), ["/robots.txt", "/news"]);
    workspace.check_well("a");
}

#[test]
fn a_site_that_cannot_say_is_closed_until_it_can() {
    let server = server("");
    server.route("/robots.txt", |_| {
        Answer::status(503).with("Retry-After", "18000")
    });
    let workspace = configured("", &page("a", &server.url("/news")));
    workspace.poll(day(0));
    assert_eq!(asked(&server), ["/robots.txt"]);
    let unread = format!(
        "its robots.txt cannot be read ({} answered 503)",
        server.url("/robots.txt")
    );
    check_refused(&workspace, "a", &unread);
    assert_eq!(workspace.status("a")["next_poll"], "2026-03-02T17:00:00Z");
    server.route("/robots.txt", |_| Answer::status(404));
    workspace.poll(day(0) + TimeDelta::hours(5)).well();
    workspace.check_well("a");
}

#[test]
fn where_an_address_redirects_is_asked_about_too() {
    let elsewhere = server("User-agent: *\nDisallow: /news\n");
    let server = server("");
    let target = elsewhere.url("/news");
    server.route("/moved", move |_| Answer::redirect(&target));
    let workspace = configured("", &page("a", &server.url("/moved")));
    workspace.poll(day(0));
    assert_eq!(asked(&server), ["/robots.txt", "/moved"]);
    assert_eq!(asked(&elsewhere), ["/robots.txt"]);
    check_refused(
        &workspace,
        "a",
        "its robots.txt says `Disallow: /news` to `*`",
    );
}

#[test]
fn a_robots_txt_without_end_is_cut() {
    let endless = server("");
    endless.route("/robots.txt", |_| {
        let line = b"Allow: /a\n".repeat(1000);
        let head = b"User-agent: *\nDisallow: /news\n".to_vec();
        Answer::stream(std::iter::once(head).chain(std::iter::repeat(line)))
    });
    let workspace = configured("", &page("a", &endless.url("/news")));
    workspace.poll(day(0));
    check_refused(
        &workspace,
        "a",
        "its robots.txt says `Disallow: /news` to `*`",
    );
}
