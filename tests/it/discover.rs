//! From an address to a running source: the findings, the block that is pasted or written, and refusals.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{
    Answer, NEWS, Notice, Server, Workspace, day, notice, read_text, rss, source,
};

/// Returns a page with a list, with noise around it; `class` is that of its records.
fn list(notices: &[Notice], class: &str, head: &str) -> String {
    let mut rows = String::new();
    for notice in notices {
        let Notice {
            title,
            link,
            text,
            date,
            ..
        } = notice;
        let date = date.format("%Y-%m-%d");
        writeln!(
            rows,
            "<div class=\"{class}\"><h3><a href=\"{link}\">{title}</a></h3>\
             <time datetime=\"{date}\">{date}</time><p>{text}</p></div>"
        )
        .unwrap();
    }
    format!(
        "<!doctype html><html lang=en><title>Notices | Harbour Office</title>{head}<body>\
         <ul class=menu><li><a href=/>Home</a><li><a href=/about>About</a><li><a href=/jobs>Jobs</a></ul>\
         <h1>Notices</h1><main>{rows}</main>\
         <ul class=pager><li><a href=\"/news?page=1\">2</a><li class=next><a href=\"/news?page=1\">next</a></ul>"
    )
}

fn some(count: usize) -> Vec<Notice> {
    let notice = |number: usize| notice(number, day(-2 * i64::try_from(number).unwrap()));
    (1..=count).map(notice).collect()
}

const FEED_LINK: &str = "<link rel=alternate type='application/rss+xml' href=/replies>\
    <link rel=alternate type='application/rss+xml' href=/feed>";

/// Serves a page of ten notices, its second page, a feed of the newest six, and one of comments.
fn harbour(head: &str) -> Server {
    let server = Server::start();
    let (notices, page) = (some(20), "page=1");
    let (first, second) = (
        list(&notices[..10], "row", head),
        list(&notices[10..], "row", head),
    );
    server.route("/news", move |request| {
        let second_page = request.target.ends_with(page);
        Answer::versioned(request, if second_page { &second } else { &first })
    });
    server.serve("/feed", rss(&notices[..6]));
    let comment = Notice {
        link: "https://harbour.example/c".into(),
        ..notice(99, day(0))
    };
    server.serve(
        "/replies",
        rss(&[Notice {
            title: "Re: thanks".into(),
            ..comment
        }]),
    );
    let robots = "User-agent: *\nDisallow: /private\nCrawl-delay: 0\nSitemap: https://harbour.example/sitemap.xml\n";
    server.route("/robots.txt", move |_| Answer::ok(robots));
    server
}

fn now() -> String {
    day(0).to_rfc3339()
}

fn discovered(workspace: &Workspace, url: &str) -> Value {
    workspace
        .run(&["discover", url, "--json", "--now", &now()])
        .well()
        .json()
}

/// Pastes a block, checks the configuration and polls it. Returns the number of items.
#[track_caller]
fn pasted(workspace: &Workspace, found: &Value) -> usize {
    let block = found["block"].as_str().unwrap();
    workspace.write("config/sources/pasted.toml", format!("# Pasted\n{block}"));
    workspace.run(&["check"]).done();
    let id = found["id"].as_str().unwrap();
    workspace
        .run(&["once", id, "--strict", "--now", &now()])
        .done();
    workspace.check_well(id);
    workspace.status(id)["items"]
        .as_u64()
        .unwrap()
        .try_into()
        .unwrap()
}

const INCLUDE: &str = "include = [\"sources/*.toml\"]\n";

fn workspace(rest: &str) -> Workspace {
    let workspace = Workspace::new("");
    workspace.write("config/sources/none.toml", "# None yet.\n");
    let text = read_text(&workspace.path("config/tidings.toml"));
    let topic = "[[topic]]\nid = \"piers\"\nany = [\"pier\"]\n";
    workspace.write(
        "config/tidings.toml",
        format!("{INCLUDE}{text}\n{NEWS}{topic}{rest}"),
    );
    workspace
}

#[test]
fn a_page_becomes_a_source_in_one_paste() {
    let server = harbour("");
    let workspace = workspace("");
    let found = discovered(&workspace, &server.url("/news"));
    assert_eq!(found["found"], "list");
    assert_eq!(found["records"], 10);
    assert_eq!(found["items"].as_array().unwrap().len(), 10);
    let first = json!({
        "title": "Notice 1 of the harbour office",
        "url": "https://harbour.example/notices/1",
        "date": "2026-02-28"
    });
    assert_eq!(found["items"][0], first);
    assert_eq!(found["cost"]["requests"], 2);
    assert_eq!(found["cost"]["conditional"], true);
    assert_eq!(found["median_distance_seconds"], 2 * 86_400);
    assert_eq!(found["robots"]["allowed"], true);
    assert_eq!(
        found["sitemaps"],
        json!(["https://harbour.example/sitemap.xml"])
    );
    assert_eq!(found["topics"], json!([{"topic": "piers", "items": 10}]));
    let block = found["block"].as_str().unwrap();
    let block = block.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in [
        "name = \"Harbour Office\"",
        "kind = \"html\"",
        "every = \"12h\"",
        "language = \"en\"",
        "pages.next = \"li.next > a\"",
    ] {
        assert!(block.contains(line), "{line} is not in\n{block}");
    }
    assert!(
        !block.contains("country") && !block.contains("timezone"),
        "{block}"
    );
    assert!(!workspace.path("var").exists(), "nothing is stored");
    assert_eq!(pasted(&workspace, &found), 20);
}

#[test]
fn a_feed_of_the_same_records_goes_before_the_page() {
    let server = harbour(FEED_LINK);
    let workspace = workspace("");
    let found = discovered(&workspace, &server.url("/news"));
    assert_eq!(found["found"], "linked-feed");
    assert_eq!(found["url"], server.url("/feed"));
    let shared: Vec<_> = found["feeds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|feed| &feed["shared"])
        .collect();
    assert_eq!(shared, [0, 6]);
    let told = workspace
        .run(&["discover", &server.url("/news"), "--now", &now()])
        .well()
        .stdout;
    let why = format!(
        "links to a feed (RSS 2.0) with 6 of its 10 records: {}",
        server.url("/feed")
    );
    assert!(told.contains(&why), "{told}");
    assert_eq!(pasted(&workspace, &found), 6);
}

#[test]
fn a_feed_is_a_feed_and_a_feed_of_something_else_is_none_of_the_page() {
    let server = harbour(
        "<link rel=alternate type='application/rss+xml' href=/replies>\
        <link rel=alternate type='application/rss+xml' href=/gone>",
    );
    let workspace = workspace("");
    let page = discovered(&workspace, &server.url("/news"));
    assert_eq!(page["found"], "list");
    assert!(
        page["feeds"][1]["error"].as_str().unwrap().contains("404"),
        "{page}"
    );
    let feed = discovered(&workspace, &server.url("/feed"));
    assert_eq!(
        (&feed["found"], &feed["format"]),
        (&json!("feed"), &json!("RSS 2.0"))
    );
    assert!(
        feed["block"]
            .as_str()
            .unwrap()
            .contains("kind     = \"feed\""),
        "{feed}"
    );
    assert_eq!(pasted(&workspace, &feed), 6);
}

#[test]
fn stories_that_are_known_already_are_told() {
    let server = harbour("");
    let workspace = workspace(&source("harbour-feed", &server.url("/feed")));
    workspace.poll(day(0)).well();
    let found = discovered(&workspace, &server.url("/news"));
    assert_eq!(
        found["same_stories"],
        json!([{"source": "harbour-feed", "items": 6}])
    );
    assert_eq!(found["configured"], Value::Null);
    let feed = discovered(&workspace, &server.url("/feed"));
    assert_eq!(feed["configured"]["source"], "harbour-feed");
}

#[test]
fn without_a_configuration_a_private_network_stays_closed() {
    let server = harbour("");
    let folder = Workspace::new("");
    std::fs::remove_file(folder.path("config/tidings.toml")).unwrap();
    let ran = folder.run(&["discover", &server.url("/news")]);
    assert!(ran.complaint(1).contains("leads to a private network"));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn what_cannot_be_a_source_is_refused() {
    let server = harbour("");
    server.route("/a.pdf", |_| Answer::ok("%PDF-1.7\n"));
    server.serve(
        "/menu",
        "<ul><li><a href=/a>Home</a><li><a href=/b>About</a></ul>",
    );
    let workspace = workspace("");
    let check = |arguments: &[&str], status: i32, expected: &str| {
        let ran = workspace.run(arguments);
        let complaint = ran.complaint(status);
        assert!(complaint.contains(expected), "{complaint}");
    };
    for command in [&["discover"][..], &["sources", "add"]] {
        let with = |target: &str| {
            [command, &[target]]
                .concat()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let check = |target: &str, status, expected| {
            let arguments = with(target);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            check(&arguments, status, expected);
        };
        check(&server.url("/a.pdf"), 1, "it is a PDF");
        check(&server.url("/nothing"), 1, "answered 404");
        check(
            &server.url("/menu"),
            1,
            "neither a list of linked titles nor an article",
        );
        check("ftp://host.example/", 2, "is not an address on the web");
    }
    check(
        &["discover", "--file", "nothing.html"],
        1,
        "nothing.html cannot be read",
    );
}

#[test]
fn robots_and_what_becomes_of_it_are_told() {
    let server = harbour("");
    server.route("/robots.txt", |_| {
        Answer::ok("User-agent: *\nDisallow: /\nCrawl-delay: 3\n")
    });
    let workspace = workspace("");
    let page = discovered(&workspace, &server.url("/news"));
    let reason = "its robots.txt says `Disallow: /` to `*`";
    assert_eq!(
        page["robots"],
        json!({"allowed": false, "reason": reason, "obeyed": true, "delay_seconds": 3})
    );
}

#[test]
fn a_source_is_added_to_the_file_of_its_host() {
    let server = harbour(FEED_LINK);
    let workspace = workspace("");
    let own = format!(
        "# Harbours\n[[source]]\nid = \"old\"   # first\nurl = \"{}\"\n\n\n# end",
        server.url("/x")
    );
    workspace.write("config/sources/harbours.toml", &own);
    let ran = workspace
        .run(&["sources", "add", &server.url("/news"), "--now", &now()])
        .well();
    assert!(
        ran.stdout.contains("Next: `tidings reload`"),
        "{}",
        ran.stdout
    );
    let written = read_text(&workspace.path("config/sources/harbours.toml"));
    let added = written.strip_prefix(&format!("{own}\n\n")).expect(&written);
    assert!(
        added.starts_with("[[source]]\nid       = \"127-0-0-1\"\n"),
        "{added}"
    );
    workspace.run(&["check"]).done();
    workspace
        .run(&["once", "127-0-0-1", "--strict", "--now", &now()])
        .done();
    workspace.check_well("127-0-0-1");
    // Adding it again is refused, with its place.
    let again = workspace.run(&["sources", "add", &server.url("/feed")]);
    let told = again.complaint(2);
    assert!(
        told.contains("already configured as `127-0-0-1` at") && told.contains("harbours.toml:9:1"),
        "{told}"
    );
    assert_eq!(
        read_text(&workspace.path("config/sources/harbours.toml")),
        written
    );
}

#[test]
fn a_source_is_added_where_it_is_said() {
    let server = harbour("");
    let workspace = workspace("");
    let url = server.url("/feed");
    let add =
        |more: &[&str]| workspace.run(&[&["sources", "add", &url, "--now", &now()], more].concat());
    let dry = add(&["--to", "config/sources/new.toml", "--dry-run"])
        .well()
        .stdout;
    assert!(
        dry.starts_with("--- config/sources/new.toml\n+++ config/sources/new.toml\n@@ -0,0 +1,"),
        "{dry}"
    );
    assert!(!workspace.path("config/sources/new.toml").exists());
    // A file that is not included, and a folder that does not exist.
    let elsewhere = add(&["--to", "config/elsewhere.toml"]);
    assert!(
        elsewhere
            .complaint(2)
            .contains("is not part of the configuration")
    );
    assert!(!workspace.path("config/elsewhere.toml").exists());
    assert!(
        add(&["--to", "config/no/such.toml"])
            .complaint(2)
            .contains("cannot be edited")
    );
    add(&[
        "--to",
        "config/sources/new.toml",
        "--id",
        "harbour",
        "--name",
        "Harbour \"A\"",
        "--every",
        "45m",
    ])
    .well();
    let written = read_text(&workspace.path("config/sources/new.toml"));
    assert!(
        written.contains("name     = 'Harbour \"A\"'") && written.contains("\"45m\""),
        "{written}"
    );
    workspace.run(&["check"]).done();
    let taken = workspace.run(&["sources", "add", &server.url("/news"), "--id", "harbour"]);
    assert!(
        taken
            .complaint(2)
            .contains("the id `harbour` is already in use at"),
        "{taken:?}"
    );
}

#[test]
fn a_new_host_gets_a_file_of_its_own_where_one_is_included() {
    let server = harbour("");
    let workspace = workspace("");
    workspace
        .run(&["sources", "add", &server.url("/feed"), "--now", &now()])
        .done();
    assert!(workspace.path("config/sources/127-0-0-1.toml").exists());
    let listed = workspace.run(&["sources", "list", "--json"]).done().json();
    let listed = &listed["sources"][0];
    assert_eq!(
        (&listed["id"], &listed["kind"], &listed["line"]),
        (&json!("127-0-0-1"), &json!("feed"), &json!(1))
    );
    assert_eq!(
        (&listed["state"], &listed["url"]),
        (&json!("new"), &json!(server.url("/feed")))
    );
    let table = workspace.run(&["sources", "list"]).done().stdout;
    assert!(table.contains("config/sources/127-0-0-1.toml:1"), "{table}");
}

#[test]
fn without_include_the_main_file_takes_it() {
    let server = harbour("");
    let workspace = Workspace::new(NEWS);
    let before = read_text(&workspace.path("config/tidings.toml"));
    workspace
        .run(&["sources", "add", &server.url("/feed"), "--now", &now()])
        .done();
    let after = read_text(&workspace.path("config/tidings.toml"));
    assert!(
        after.starts_with(&format!("{before}\n[[source]]\n")),
        "{after}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_keeps_its_mode_and_a_link_stays_one() {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    let server = harbour("");
    let workspace = workspace("");
    workspace.write("shared.toml", "# Shared\n");
    let file = workspace.path("shared.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    let link = workspace.path("config/sources/link.toml");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let url = server.url("/feed");
    workspace
        .run(&[
            "sources",
            "add",
            &url,
            "--to",
            "config/sources/link.toml",
            "--now",
            &now(),
        ])
        .well();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
    assert!(read_text(&file).starts_with("# Shared\n\n[[source]]\n"));
}

#[test]
fn a_redesigned_page_is_repaired_when_somebody_says_so() {
    let server = harbour("");
    let block = format!(
        "\n# Ours\n[[source]]\nid = \"page\"\nurl = \"{}\"\nkind = \"html\"\ntopics = [\"news\"] # all\n\
         select.item    = \"div.row\" # a notice\nselect.title   = \"h3 a\"\nselect.summary = \"p\"\nevery = \"1h\" # often\n",
        server.url("/news")
    );
    let workspace = workspace(&block);
    workspace.poll(day(0)).well();
    let config = workspace.path("config/tidings.toml");
    let before = read_text(&config);
    let fits = workspace
        .run(&["sources", "repair", "page", "--now", &now()])
        .well()
        .stdout;
    assert!(fits.contains("select.item"), "{fits}");
    assert_eq!(read_text(&config), before);
    server.serve("/news", list(&some(9), "card", ""));
    workspace
        .run(&["once", "--all", "--now", &day(1).to_rfc3339()])
        .done();
    assert_eq!(workspace.status("page")["state"], "drifted");
    let shown = workspace
        .run(&["sources", "repair", "page", "--now", &now()])
        .well()
        .stdout;
    assert!(
        shown.contains("\n-select.item    = \"div.row\" # a notice\n")
            && shown.contains("\n+select.item    = \"div.card\" # a notice\n"),
        "{shown}"
    );
    assert!(
        shown
            .contains("with them the page has 9 records, 9 of them among the last 10 known items:"),
        "{shown}"
    );
    assert!(
        shown.contains(
            "nothing has been written yet: `tidings sources repair page --yes` writes it"
        ),
        "{shown}"
    );
    assert_eq!(read_text(&config), before);
    let done = workspace
        .run(&["sources", "repair", "page", "--yes", "--now", &now()])
        .well()
        .stdout;
    assert!(done.contains("Next: `tidings reload`"), "{done}");
    let after = read_text(&config);
    assert!(
        after.contains("\n# Ours\n") && after.contains("\nevery = \"1h\" # often\n"),
        "{after}"
    );
    workspace
        .run(&["once", "page", "--strict", "--now", &day(1).to_rfc3339()])
        .done();
    workspace.check_well("page");
    assert_eq!(
        workspace.status("page")["items"],
        10,
        "the same items, not new ones"
    );
}

#[test]
fn another_page_is_no_repair() {
    let server = harbour("");
    let block = source("page", &server.url("/news")).replace("\"feed\"", "\"html\"")
        + "select.item = \"div.row\"\nselect.title = \"h3 a\"\n";
    let workspace = workspace(&block);
    workspace.poll(day(0)).well();
    let others: Vec<Notice> = (50..60).map(|number| notice(number, day(0))).collect();
    server.serve("/news", list(&others, "card", ""));
    let before = read_text(&workspace.path("config/tidings.toml"));
    let refused = workspace.run(&["sources", "repair", "page", "--yes"]);
    assert!(
        refused
            .complaint(1)
            .contains("no selectors find its known items again"),
        "{refused:?}"
    );
    assert_eq!(read_text(&workspace.path("config/tidings.toml")), before);
    assert!(
        workspace
            .run(&["sources", "repair", "none"])
            .complaint(2)
            .contains("no source `none`")
    );
}

/// Checks the kind of source found at an address, lines of its block, and the number of items that a poll yields.
#[track_caller]
fn check_found(server: &Server, path: &str, found: &str, lines: &[&str], items: usize) {
    let workspace = workspace("");
    let told = discovered(&workspace, &server.url(path));
    assert_eq!(told["found"], found, "{told}");
    let block = told["block"].as_str().unwrap();
    let spaced = block.split_whitespace().collect::<Vec<_>>().join(" ");
    for line in lines {
        assert!(spaced.contains(line), "{line} is not in\n{block}");
    }
    assert_eq!(pasted(&workspace, &told), items, "{block}");
}

/// Returns the notices in the format of the API.
fn posts(notices: &[Notice]) -> Value {
    let post = |notice: &Notice| {
        json!({
            "guid": {"rendered": notice.guid},
            "date_gmt": notice.date.format("%Y-%m-%dT%H:%M:%S").to_string(),
            "link": notice.link,
            "title": {"rendered": notice.title},
            "excerpt": {"rendered": format!("<p>{}</p>", notice.text)},
        })
    };
    notices.iter().map(post).collect()
}

const WORDPRESS: &str = "<link rel='https://api.w.org/' href=/wp-json/>";
const POSTS: &str = "/wp-json/wp/v2/posts";

#[test]
fn the_interface_of_wordpress_goes_before_the_page_but_not_before_a_feed() {
    let server = harbour(WORDPRESS);
    server.serve(POSTS, posts(&some(20)).to_string());
    let lines = [
        "kind = \"json\"",
        "name = \"Harbour Office\"",
        "/wp-json/wp/v2/posts?per_page=20&_fields=",
    ];
    check_found(&server, "/news", "wordpress", &lines, 20);
    let told = workspace("").run(&["discover", &server.url("/news"), "--now", &now()]);
    let told = told.well().stdout;
    let why = "A WordPress page, whose API has 10 of its 10 records as JSON: http";
    assert!(told.starts_with(why), "{told}");

    // Pages whose API has other posts, or is closed.
    let others: Vec<Notice> = (50..60).map(|number| notice(number, day(0))).collect();
    server.serve(POSTS, posts(&others).to_string());
    check_found(&server, "/news", "list", &["select.item"], 20);
    server.route(POSTS, |_| Answer::status(401));
    let closed = discovered(&workspace(""), &server.url("/news"));
    assert_eq!(closed["found"], "list");
    assert!(
        closed["wordpress"]["error"]
            .as_str()
            .unwrap()
            .contains("401"),
        "{closed}"
    );

    let server = harbour(&format!("{WORDPRESS}{FEED_LINK}"));
    server.serve(POSTS, posts(&some(20)).to_string());
    check_found(&server, "/news", "linked-feed", &["kind = \"feed\""], 6);
}

#[test]
fn json_and_xml_are_read_by_the_paths_that_are_found() {
    let server = Server::start();
    let entry = |notice: &Notice| json!({"headline": notice.title, "url": notice.link, "date": notice.date.to_rfc3339()});
    let entries: Vec<Value> = some(5).iter().map(entry).collect();
    server.serve("/api", json!({"count": 5, "results": entries}).to_string());
    let lines = [
        "kind = \"json\"",
        "select.item = \"$.results[*]\"",
        "select.title = \"$.headline\"",
    ];
    check_found(&server, "/api", "json", &lines, 5);
    let entry = |notice: &Notice| {
        let Notice {
            title, link, date, ..
        } = notice;
        format!(
            "<notice><title>{title}</title><link>{link}</link><date>{}</date></notice>",
            date.to_rfc3339()
        )
    };
    let entries: String = some(5).iter().map(entry).collect();
    server.serve(
        "/xml",
        format!("<?xml version=\"1.0\"?><notices>{entries}</notices>"),
    );
    check_found(
        &server,
        "/xml",
        "xml",
        &["kind = \"xml\"", "select.item", "select.title"],
        5,
    );
    server.serve("/empty", "{\"results\": []}");
    let none = workspace("").run(&["discover", &server.url("/empty")]);
    assert!(
        none.complaint(1).contains("the JSON holds no list"),
        "{none:?}"
    );
}

#[test]
fn records_in_a_script_are_found_there() {
    let server = Server::start();
    let data = json!({"props": {"posts": posts(&some(5))}});
    let page =
        |script: String| format!("<!doctype html><title>Harbour</title><div id=app></div>{script}");
    server.serve(
        "/next",
        page(format!(
            "<script id=__NEXT_DATA__ type='application/json'>{data}</script>"
        )),
    );
    let lines = ["kind = \"json\"", "script = \"script#__NEXT_DATA__\""];
    check_found(&server, "/next", "script", &lines, 5);
    server.serve(
        "/assigned",
        page(format!(
            "<script>let a = 1</script><script>window.state = {data};</script>"
        )),
    );
    check_found(&server, "/assigned", "script", &["script = \"script\""], 5);
}

#[test]
fn a_sitemap_without_titles_has_its_pages_read() {
    let server = Server::start();
    let notices = some(3);
    let entry = |number: usize| {
        let url = server.url(&format!("/n/{number}"));
        let date = notices[number].date.format("%Y-%m-%d");
        format!("<url><loc>{url}</loc><lastmod>{date}</lastmod></url>")
    };
    let entries: String = (0..3).map(entry).collect();
    server.serve("/sitemap.xml", format!("<urlset>{entries}</urlset>"));
    let index = format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap></sitemapindex>",
        server.url("/sitemap.xml")
    );
    server.serve("/index.xml", index);
    for (number, notice) in notices.iter().enumerate() {
        let Notice { title, text, .. } = notice;
        server.serve(
            &format!("/n/{number}"),
            format!("<!doctype html><title>{title}</title><article><h1>{title}</h1><p>{text} {text} {text}</article>"),
        );
    }
    let lines = ["kind = \"sitemap\"", "detail = true"];
    check_found(&server, "/sitemap.xml", "sitemap", &lines, 3);
    check_found(&server, "/index.xml", "sitemap", &lines, 3);
    let told = workspace("").run(&["discover", &server.url("/index.xml"), "--now", &now()]);
    let why = "An index of one sitemap, which has 3 pages; it has no titles: each page is read for its title";
    assert!(told.well().stdout.starts_with(why));
    server.serve("/none.xml", "<urlset></urlset>");
    let none = workspace("").run(&["sources", "add", &server.url("/none.xml")]);
    assert!(
        none.complaint(1).contains("it holds no entries"),
        "{none:?}"
    );
}

#[test]
fn a_page_that_no_selectors_fit_is_read_by_its_structure() {
    let server = Server::start();
    server.serve("/news", include_str!("../fixtures/html/auto-br-list.html"));
    let workspace = workspace("");
    let told = workspace.run(&["discover", &server.url("/news"), "--now", &now()]);
    let told = told.well().stdout;
    assert!(
        told.contains("read by its structure: no selectors find just these"),
        "{told}"
    );
    assert!(
        told.contains("\"html\"") && !told.contains("select."),
        "{told}"
    );
    let found = discovered(&workspace, &server.url("/news"));
    assert_eq!(
        pasted(&workspace, &found),
        found["items"].as_array().unwrap().len()
    );
}

#[test]
fn a_plain_link_to_a_feed_is_found_and_tried() {
    let server = harbour(
        "<link rel=alternate type='application/rss+xml' title='Comments feed' href=/replies>",
    );
    let page = "<html lang=en><h1>Meetings</h1><p>Subscribe: <a href='/feed'>RSS feed of notices</a></p>\
        <p>The office is open from nine to five.</p>";
    server.serve("/meetings", page);
    let workspace = workspace("");
    let found = discovered(&workspace, &server.url("/meetings"));
    assert_eq!(found["found"], "linked-feed");
    assert_eq!(found["url"], server.url("/feed"));
    assert_eq!(found["feeds"].as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn a_document_that_is_no_list_is_named() {
    let server = Server::start();
    server.serve(
        "/cal.ics",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Regatta\r\nEND:VEVENT\r\n",
    );
    server.serve("/minutes", "%PDF-1.7\n");
    let workspace = workspace("");
    let check = |path: &str, part: &str| {
        let ran = workspace.run(&["discover", &server.url(path), "--now", &now()]);
        let complaint = ran.complaint(1);
        assert!(complaint.contains(part), "{complaint}");
    };
    check(
        "/cal.ics",
        "it is a calendar (iCalendar, RFC 5545): this version reads no calendars yet",
    );
    check("/minutes", "it is a PDF: give the page that links to it");
}
