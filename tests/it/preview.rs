//! `preview` shows the contents of one document, and stores nothing.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{
    NEWS, Notice, Ran, Server, Workspace, day, notice, notices, read_text, rss, source,
};

const NOW: &str = "2026-03-02T12:00:00Z";

fn fixture(name: &str) -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fixtures.join(name).into_os_string().into_string().unwrap()
}

fn preview(workspace: &Workspace, arguments: &[&str]) -> Ran {
    workspace.run(&[&["preview", "--now", NOW], arguments].concat())
}

/// Returns title, address and date of each item of a JSON Feed.
fn items(feed: &Value) -> Vec<[String; 3]> {
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or("–").to_owned();
    let items = feed["items"].as_array().unwrap().iter();
    items
        .map(|item| ["title", "url", "date_published"].map(|name| text(item, name)))
        .collect()
}

/// Checks the preview of a fixture, in every output format.
#[track_caller]
fn check(name: &str, arguments: &[&str], expected: &[[&str; 3]]) {
    let workspace = Workspace::with_samples();
    let file = fixture(name);
    let arguments = [&[&*file], arguments].concat();
    let shown = |output: &str| {
        let output = ["--output", output];
        preview(&workspace, &[&*arguments, &output].concat()).well()
    };
    let feed = shown("jsonfeed").json();
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(items(&feed), expected);
    let lines = shown("jsonl").stdout;
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    assert_eq!(Value::Array(lines.collect()), feed["items"]);
    let table = shown("table").stdout;
    for [title, ..] in expected {
        assert!(table.contains(title), "{table}");
    }
    assert!(!workspace.path("var").exists() && !workspace.path("feeds").exists());
}

const HARBOUR: [[&str; 3]; 4] = [
    [
        "North quay closed for dredging",
        "https://harbour.example/notices/41",
        "2021-05-04T07:30:00+01:00",
    ],
    [
        "Tide tables for June",
        "https://harbour.example/notices/40",
        "2021-05-03T16:00:00+00:00",
    ],
    [
        "Fog expected until noon.",
        "https://harbour.example/notices/39",
        "2021-05-02T09:00:00+00:00",
    ],
    [
        "harbour.example/notices/38",
        "https://harbour.example/notices/38",
        "–",
    ],
];

#[test]
fn a_feed_is_read_with_and_without_being_told_what_it_is() {
    check("feed/rss2-basic.xml", &[], &HARBOUR);
    check("feed/rss2-basic.xml", &["--as", "auto"], &HARBOUR);
    check("feed/rss2-basic.xml", &["--as", "feed"], &HARBOUR);
}

#[test]
fn a_text_is_read_in_its_language_and_zone() {
    let expected = [
        [
            "Abren una ventanilla para trabajadores de temporada",
            "–",
            "2026-03-01T16:00:00-06:00",
        ],
        [
            "Los permisos de pesca se tramitan en línea",
            "–",
            "2026-02-27T00:00:00-06:00",
        ],
        [
            "La feria del mar vuelve a la plaza mayor",
            "–",
            "2026-02-23T00:00:00-06:00",
        ],
    ];
    let settings = [
        "--as",
        "text",
        "--language",
        "es",
        "--timezone",
        "America/Costa_Rica",
    ];
    check("text/date-last-relative.txt", &settings, &expected);
}

#[test]
fn the_time_of_reading_says_the_zone_where_nothing_else_does() {
    let workspace = Workspace::with_samples();
    let file = fixture("text/date-last-relative.txt");
    let first_date = |now: &str, settings: &[&str]| {
        let arguments = ["preview", &file, "--language", "es", "--output", "jsonfeed"];
        let ran = workspace.run(&[&arguments, &["--now", now][..], settings].concat());
        items(&ran.well().json())[0][2].clone()
    };
    let now = "2026-03-02T12:00:00-03:00";
    assert_eq!(first_date(now, &[]), "2026-03-01T22:00:00-03:00");
    let zone = ["--timezone", "America/Costa_Rica"];
    assert_eq!(first_date(now, &zone), "2026-03-01T19:00:00-06:00");
    assert_eq!(
        first_date("2026-03-02T12:00", &[]),
        "2026-03-01T22:00:00+00:00"
    );
}

#[test]
fn a_page_is_read_by_selectors() {
    let expected = [
        [
            "Paso & puente abiertos",
            "https://aduana.example/es/avisos/paso-abierto",
            "2021-11-05T08:00:00-06:00",
        ],
        [
            "Báscula en reparación",
            "https://aduana.example/es/avisos/bascula",
            "–",
        ],
        ["Oficina cerrada", "–", "2021-11-02T08:00:00-06:00"],
    ];
    let select = [
        "--select=item=.view-notices .views-row",
        "--select=title=h3 a",
        "--select=link=h3 a@href",
        "--select=date=.date-display-single@content",
    ];
    check("html/views-list.html", &select, &expected);
    check(
        "html/views-list.html",
        &[&["--as", "html"], &select[..]].concat(),
        &expected,
    );
}

#[test]
fn a_page_needs_no_selectors() {
    let expected = [
        [
            "Paso & puente abiertos",
            "https://aduana.example/es/avisos/paso-abierto",
            "2021-11-05T08:00:00-06:00",
        ],
        [
            "Báscula en reparación",
            "https://aduana.example/es/avisos/bascula",
            "2021-11-04T00:00:00+00:00",
        ],
        ["Oficina cerrada", "–", "2021-11-02T08:00:00-06:00"],
    ];
    check("html/views-list.html", &["--as", "html"], &expected);
    check("html/views-list.html", &[], &expected);
}

#[test]
fn an_address_and_a_source_are_shown_as_well() {
    let server = Server::start();
    server.serve("/", rss(&notices(1..3, day(0))));
    let workspace = Workspace::new("");
    let feed = preview(&workspace, &[&server.url("/"), "--output", "jsonfeed"])
        .well()
        .json();
    assert_eq!(items(&feed).len(), 2);
    assert_eq!(feed["feed_url"], server.url("/"));
    let samples = Workspace::with_samples();
    let feed = preview(&samples, &["iom-mesocaribe-text", "--output", "jsonfeed"])
        .well()
        .json();
    assert_eq!(items(&feed).len(), 10);
    assert_eq!(items(&feed)[0][2], "2021-06-28T00:00:00-06:00");
}

#[test]
fn a_batch_answers_each_path_in_a_line() {
    let workspace = Workspace::with_samples();
    let (feed, page) = (
        fixture("feed/rss2-basic.xml"),
        fixture("feed/not-a-feed.html"),
    );
    let mut command = workspace.command(&["preview", "--batch", "--as", "feed", "--now", NOW]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = format!("{feed}\nno/such/file\n{page}\thttps://bridge.example/about\n");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(lines.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let files: Vec<&Value> = answers.iter().map(|answer| &answer["file"]).collect();
    assert_eq!(files, [feed.as_str(), "no/such/file", &page]);
    assert_eq!(items(&answers[0]["feed"]), HARBOUR);
    assert_eq!(answers[0]["error"], Value::Null);
    let errors = ["cannot be read", "https://bridge.example/notices/feed.xml"];
    for (answer, error) in answers[1..].iter().zip(errors) {
        assert_eq!(answer["feed"], Value::Null);
        assert!(
            answer["error"].as_str().unwrap().contains(error),
            "{answer}"
        );
    }
}

#[test]
fn what_cannot_be_shown_is_said_in_one_line() {
    let workspace = Workspace::with_samples();
    let page = fixture("html/views-list.html");
    let check = |arguments: &[&str], status: i32, part: &str| {
        let ran = preview(&workspace, arguments);
        let complaint = ran.complaint(status);
        assert!(complaint.starts_with("tidings: "), "{complaint}");
        assert!(complaint.contains(part), "{complaint}");
        assert_eq!(ran.stdout, "");
    };
    check(
        &["no-such"],
        2,
        "`no-such` is not a file, an address or a configured source",
    );
    check(
        &[&page, "--select", "item=a"],
        2,
        "--select item=a: `select.title` is missing",
    );
    check(
        &[
            &page, "--as", "feed", "--select", "item=a", "--select", "title=b",
        ],
        2,
        "`select` goes only with the kind `html`, `json` or `xml`, not with `feed`",
    );
    check(
        &[&page, "--as", "feed"],
        1,
        "an HTML page came instead of a feed",
    );
    workspace.write(
        "menu.html",
        "<ul><li><a href=/a>Home</a><li><a href=/b>About</a></ul>",
    );
    let menu = workspace.path("menu.html").display().to_string();
    check(
        &[&menu],
        1,
        "neither a list of linked titles nor an article",
    );
    check(
        &[&page, "--select", "item=.x", "--select", "title=a"],
        1,
        "(.x) found nothing",
    );
    check(&["--file", "no-such"], 1, "no-such cannot be read");
    check(&["config"], 1, "is no regular file");
    check(&["http://127.0.0.1:1/"], 1, "leads to a private network");
    for wrong in [
        &[][..],
        &["a", "--select", "item=.x >"],
        &["a", "--select", "nope=a"],
        &["a", "--as", "pdf"],
    ] {
        let ran = preview(&workspace, wrong);
        assert_eq!((ran.status, &*ran.stdout), (Some(2), ""), "{wrong:?}");
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
}

#[test]
fn a_charset_is_explained_and_settled() {
    let workspace = Workspace::with_samples();
    let file = fixture("feed/rss2-charset.xml");
    let shown = preview(&workspace, &[&file]).well().stdout;
    assert!(!shown.contains("Мол No 4"), "{shown}");
    let problem = "\n1 problem, and what was done about it:\n  \
                   the document says `UTF-8` of its charset, which it is not; it was read as ";
    assert!(shown.contains(problem), "{shown}");
    let shown = preview(&workspace, &[&file, "--charset", "x-mac-cyrillic"])
        .well()
        .stdout;
    assert!(
        shown.contains("Мол No 4") && !shown.contains("problem"),
        "{shown}"
    );
}

/// Returns the lines of a block at the end of a preview.
fn block<'a>(shown: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = shown.lines().skip_while(|line| *line != heading).skip(1);
    lines
        .take_while(|line| line.starts_with("  "))
        .map(str::trim)
        .collect()
}

#[test]
fn a_broken_feed_is_explained() {
    let workspace = Workspace::with_samples();
    let file = fixture("feed/broken-unclosed.xml");
    let arguments = ["--file", &file, "--as", "feed"];
    let shown = preview(&workspace, &arguments).well().stdout;
    assert!(
        shown.starts_with(
            "Consejo Municipal (RSS 2.0)\n\n2021-03-30 10:00 -05:00\n  Acta de marzo\n"
        ),
        "{shown}"
    );
    let problems = [
        "line 5: `<title>` is not closed; it ends where the feed goes on (3 times)",
        "line 11: `<description>` is not closed; it ends where the feed goes on",
        "line 11: tags stand in the text of `<description>` as if they were the feed's own; they are read as HTML (2 times)",
        "line 18: `<author>` is not closed; it ends where the feed goes on",
        "line 19: `<item>` is not closed; it ends where the feed goes on",
        "line 21: `<link>` is not closed; it ends where the feed goes on",
        "line 21: `</guid>` closes nothing; it is ignored",
        "line 24: `</titel>` closes nothing; it is ignored",
    ];
    let heading = "8 problems, and what was done about them:";
    assert_eq!(block(&shown, heading), problems);
    let feed = preview(
        &workspace,
        &[&arguments[..], &["--output", "jsonfeed"]].concat(),
    );
    let feed = feed.well().json();
    assert_eq!(items(&feed).len(), 4);
    assert_eq!(
        feed["_tidings"],
        json!({"format": "RSS 2.0", "problems": problems})
    );
}

#[test]
fn what_a_feed_tells_those_who_poll_it_is_shown() {
    let workspace = Workspace::with_samples();
    let file = fixture("feed/rss2-advice.xml");
    let shown = preview(&workspace, &[&file]).well().stdout;
    let told = [
        "its own address is https://saint-aubin.example/flux.xml",
        "do not ask again within 180 minutes",
        "do not ask in these hours of UTC: 0, 1",
        "do not ask on Saturday, Sunday",
        "it changes weekly",
        "3 times in each such period",
        "hubs that announce changes: https://hub.example/",
        "a cloud announces changes: http://cloud.example:5337/rsscloud/pleaseNotify",
    ];
    assert_eq!(block(&shown, "Advice for polling:"), told);
    let feed = preview(&workspace, &[&file, "--output", "jsonfeed"])
        .well()
        .json();
    let advice = json!({
        "self": "https://saint-aubin.example/flux.xml",
        "ttl_minutes": 180,
        "skip_hours": [0, 1],
        "skip_days": ["Saturday", "Sunday"],
        "update_period": "weekly",
        "update_frequency": 3,
        "hubs": ["https://hub.example/"],
        "cloud": "http://cloud.example:5337/rsscloud/pleaseNotify",
    });
    assert_eq!(
        feed["_tidings"],
        json!({"format": "RSS 2.0", "advice": advice, "problems": []})
    );
}

#[test]
fn what_an_entry_says_beside_its_text_is_in_the_json() {
    let workspace = Workspace::with_samples();
    let feed = |name: &str| {
        let file = fixture(name);
        preview(&workspace, &[&file, "--output", "jsonfeed"])
            .well()
            .json()
    };
    let films = feed("feed/media-rss.xml");
    assert_eq!(
        films["items"][0]["image"],
        "https://protect.example/films/quake-small.jpg"
    );
    let tremors = feed("feed/georss.xml");
    assert_eq!(
        tremors["items"][1]["_tidings"]["point"],
        json!([16.75, -93.12])
    );
    let port = feed("feed/atom-links.xml");
    assert_eq!(
        port["items"][0]["_tidings"]["comments"],
        "https://port.example/4/comments"
    );
    assert_eq!(
        port["items"][0]["_tidings"]["license"],
        "https://creativecommons.org/licenses/by/4.0/"
    );
    let council = feed("feed/rss092.xml");
    assert_eq!(
        council["items"][1]["_tidings"]["origin"],
        json!({"title": "Consejería de Salud", "url": "https://salud.example/avisos.xml"})
    );
}

#[test]
fn what_is_no_feed_is_called_what_it_is() {
    let workspace = Workspace::with_samples();
    for (name, found) in [
        (
            "feed/not-a-feed-opml.xml",
            "a list of feeds (OPML) came instead of a feed",
        ),
        (
            "feed/not-a-feed-sitemap.xml",
            "a sitemap came instead of a feed",
        ),
    ] {
        let ran = preview(&workspace, &[&fixture(name), "--as", "feed"]);
        assert!(ran.complaint(1).contains(found), "{}", ran.stderr);
    }
}

#[test]
fn the_first_pages_of_entries_are_read_where_their_source_reads_them() {
    let server = Server::start();
    let notices: Vec<_> = (0..5)
        .map(|n| Notice {
            link: server.url(&format!("/n/{n}")),
            ..notice(n, day(0))
        })
        .collect();
    server.serve("/feed", rss(&notices));
    for n in [0, 1] {
        server.serve(
            &format!("/n/{n}"),
            format!("<nav>Home</nav><div class=body><p>Whole text {n}.</div>"),
        );
    }
    let block = source("detailed", &server.url("/feed"));
    let workspace = Workspace::new(&format!("{NEWS}{block}detail.content = \".body\"\n"));
    let shown = workspace.run(&["preview", "detailed"]).well().stdout;
    assert!(
        shown.contains("\nPages of entries:\n  the pages of the first 2 entries are read\n"),
        "{shown}"
    );
    assert!(shown.contains("/n/2 answered 404"), "{shown}");
    assert!(
        shown.contains("\n  Whole text 0.\n") && shown.contains("\n  Whole text 1.\n"),
        "{shown}"
    );
    let asked = server
        .requests()
        .iter()
        .filter(|request| request.target.starts_with("/n/"))
        .count();
    assert_eq!(asked, 3);
    assert!(!workspace.path("var").exists(), "nothing is stored");
}

/// Configures a source whose page has a menu, three notices and a date for all of them.
fn with_source(keys: &str) -> Workspace {
    let workspace = Workspace::new("");
    workspace.write(
        "page.html",
        "<p class=issue>3 May 2021</p><ul class=menu><li><h3>Menu</h3></ul><ul><li><h3>One</h3><li><h3>Two</h3><b>2 May 2021</b></ul>",
    );
    workspace.configure(&format!(
        "{NEWS}\n[[source]]\nid = \"board\"\nurl = \"../page.html\"\nkind = \"html\"\ntopics = [\"news\"]\n{keys}\n\n{}",
        source("other", "https://other.example/feed")
    ));
    workspace
}

/// Returns titles and days of a configured source's preview with `settings`.
fn shown(workspace: &Workspace, settings: &[&str]) -> Vec<String> {
    let set: Vec<&str> = settings.iter().flat_map(|set| ["--set", set]).collect();
    let ran = preview(
        workspace,
        &[&["board", "--output", "jsonfeed"], &set[..]].concat(),
    );
    let items = items(&ran.well().json()).into_iter();
    items
        .map(|[title, _, date]| format!("{title} {}", date.chars().take(10).collect::<String>()))
        .collect()
}

#[test]
fn any_key_of_a_source_is_tried() {
    let workspace = with_source("select.item = \"li\"\nselect.title = { find = \"h3\" }");
    let before = read_text(&workspace.path("config/tidings.toml"));
    assert_eq!(shown(&workspace, &[]), ["Menu –", "One –", "Two –"]);
    assert_eq!(
        shown(
            &workspace,
            &[
                "remove=[\".menu\"]",
                "select.date=[\"b\", { page = \".issue\" }]",
                "date_order=dmy",
            ]
        ),
        ["One 2021-05-03", "Two 2021-05-02"]
    );
    assert_eq!(
        shown(
            &workspace,
            &["select.item=ul:not(.menu) > li", "select.title=:self > h3"]
        ),
        ["One –", "Two –"]
    );
    assert_eq!(read_text(&workspace.path("config/tidings.toml")), before);
}

#[test]
fn a_mistake_in_a_key_that_is_tried_is_told_with_its_argument() {
    let workspace = with_source("select.item = \"li\"\nselect.title = \"h3\"");
    let check = |arguments: &[&str], expected: &str| {
        let ran = preview(&workspace, arguments);
        assert_eq!((ran.status, ran.stderr.trim_end()), (Some(2), expected));
    };
    check(
        &["board", "--set", "select.titel=h3", "--set", "rank=9999"],
        "tidings: --set select.titel=h3: unknown key `select.titel`\n  hint: did you mean `title`?\n\
         --set rank=9999: `rank` is 9999; 0 to 1000 is wanted",
    );
    check(
        &["board", "--set", "topics=[\"gone\"]"],
        "tidings: --set topics=[\"gone\"]: unknown topic `gone`",
    );
    check(
        &[
            "page.html",
            "--set",
            "kind=feed",
            "--set",
            "remove=[\"nav\"]",
        ],
        "tidings: --set remove=[\"nav\"]: `remove` takes parts out of pages: with the kind `feed` it does nothing\n  \
         hint: `detail = true` reads the pages of entries, and `remove` takes parts out of those",
    );
    check(
        &["page.html", "--set", "url=https://other.example/"],
        "tidings: `url` applies only to a configured source",
    );
    let ran = preview(&workspace, &["board", "--set", "remove"]);
    assert!(ran.stderr.contains("KEY=VALUE is wanted"), "{}", ran.stderr);
}

#[test]
fn what_removes_nothing_is_told() {
    let workspace = with_source(
        "select.item = \"li\"\nselect.title = \"h3\"\nremove = [\".menu\", \".banner\"]",
    );
    let told = preview(&workspace, &["board"]).well().stdout;
    let expected = "1 problem, and what was done about it:\n  `remove` (`.banner`) finds nothing on the page\n";
    assert!(told.contains(expected), "{told}");
}

#[test]
fn another_kind_takes_the_place_of_what_a_block_says() {
    let workspace =
        with_source("select.item = \"li\"\nselect.title = \"h3\"\nremove = [\".menu\"]");
    let ran = preview(&workspace, &["board", "--as", "feed"]);
    assert!(
        ran.complaint(1)
            .contains("an HTML page came instead of a feed")
    );
}

/// Checks the date and the event's day of each item of a document.
#[track_caller]
fn check_events(name: &str, document: &str, settings: &[&str], expected: &[[&str; 2]]) {
    let workspace = Workspace::with_samples();
    workspace.write(name, document);
    let feed = preview(
        &workspace,
        &[&[name, "--output", "jsonfeed"], settings].concat(),
    );
    let feed = feed.well().json();
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let items = feed["items"].as_array().unwrap().iter();
    let found: Vec<_> = items
        .map(|item| {
            [
                text(&item["date_published"]),
                text(&item["_tidings"]["event"]),
            ]
        })
        .collect();
    assert_eq!(found, expected, "{feed:#}");
}

#[test]
fn the_day_of_an_event_is_read_from_a_place_of_its_own() {
    let expected = [
        ["2026-02-27T00:00:00+00:00", "2026-03-20"],
        ["2026-02-26T00:00:00+00:00", "2026-02-28T18:30:00+00:00"],
    ];
    let days = [
        ["2026-02-27", "2026-03-20"],
        ["2026-02-26", "2026-02-28 18:30"],
    ];
    let [one, two] = days.map(|[posted, held]| {
        format!("<li><h3>Council meeting</h3><i>{posted}</i><time>{held}</time></li>")
    });
    let settings = |item: &str, title: &str, date: &str, event: &str| {
        let keys = [
            ("item", item),
            ("title", title),
            ("date", date),
            ("event", event),
        ];
        let select = keys.map(|(key, place)| [String::from("--select"), format!("{key}={place}")]);
        select.concat()
    };
    let check = |name: &str, document: &str, select: Vec<String>| {
        let kind = name.rsplit('.').next().unwrap();
        let select = select.iter().map(String::as_str);
        let settings: Vec<&str> = ["--as", kind].into_iter().chain(select).collect();
        check_events(name, document, &settings, &expected);
    };
    let page = format!("<ul>{one}{two}</ul>");
    check("page.html", &page, settings("li", "h3", "i", "time"));
    let [one, two] = days
        .map(|[posted, held]| json!({"name": "Council meeting", "posted": posted, "held": held}));
    let list = json!({"list": [one, two]}).to_string();
    check(
        "list.json",
        &list,
        settings("list[*]", "name", "posted", "held"),
    );
    let [one, two] = days.map(|[posted, held]| {
        format!("<m held=\"{held}\"><n>Council meeting</n><p>{posted}</p></m>")
    });
    let list = format!("<list>{one}{two}</list>");
    check("list.xml", &list, settings("m", "n", "p", "@held"));
}

#[test]
fn a_list_of_meetings_gives_their_days_and_files() {
    let row = |day: &str, number: u32| {
        let files = ["Agenda", "Minutes (PDF)"].map(|label| {
            format!(
                "<td><a href=\"/files/{number}-{}.pdf\">{label}</a></td>",
                label.len()
            )
        });
        format!(
            "<tr><td>{day}</td><td><a href=\"/m/{number}\">Meeting of the council, no. {number}</a></td>{}</tr>",
            files.concat()
        )
    };
    let days = [
        "20 February 2026",
        "27 February 2026",
        "6 March 2026",
        "13 March 2026",
    ];
    let rows: Vec<String> = days
        .iter()
        .zip(1..)
        .map(|(day, number)| row(day, number))
        .collect();
    let page = format!(
        "<!DOCTYPE html><html lang=en><body><h1>Meetings</h1><table>{}</table></body></html>",
        rows.concat()
    );
    let expected = [
        ["2026-02-20T00:00:00+00:00", "–"],
        ["2026-02-27T00:00:00+00:00", "–"],
        ["–", "2026-03-06"],
        ["–", "2026-03-13"],
    ];
    let settings = ["--base-url", "https://council.example/meetings"];
    check_events("page.html", &page, &settings, &expected);

    let workspace = Workspace::with_samples();
    workspace.write("page.html", &page);
    let shown = |output: &str| {
        let output = ["page.html", "--output", output];
        preview(&workspace, &[&output, &settings[..]].concat()).well()
    };
    let feed = shown("jsonfeed").json();
    let files = [("Agenda", 6), ("Minutes (PDF)", 13)].map(|(title, number)| {
        let url = format!("https://council.example/files/3-{number}.pdf");
        json!({"url": url, "mime_type": "application/pdf", "title": title})
    });
    assert_eq!(feed["items"][2]["attachments"], json!(files));
    let table = shown("table").stdout;
    let third = "no date\n  Meeting of the council, no. 3\n  takes place 2026-03-06\n";
    assert!(table.contains(third), "{table}");
    let note = "  entry 3: `6 March 2026` lies ahead; it is kept as the day of the event\n";
    assert!(table.contains(note), "{table}");
}
