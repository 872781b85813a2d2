//! The pages as a browser shows them: nothing overflows, nothing is blocked, feeds are found. With Chromium, if it is
//! installed.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use tidings::model::Site;
use tidings::publish;
use tidings::topics::Query;

use crate::support::{Service, Workspace, read_text, skipped};

/// The widths of a small phone, a phone and a desktop, in pixels.
const WIDTHS: [u32; 3] = [320, 390, 1280];
const PAGES: [&str; 4] = [
    "index.html",
    "labour-migration.html",
    "labour-migration/mx-lang-en.html",
    "search.html",
];

/// Renders a page with a long query and its mistake.
fn search_page() -> Vec<u8> {
    let query = format!("\"{}\" (flood", "recruitment ".repeat(20));
    let mistake = Query::parse(&query).unwrap_err();
    let site = Site {
        title: "Bulletins".into(),
        base_url: "https://bulletins.example/".parse().unwrap(),
        language: "es".parse().unwrap(),
    };
    publish::render_search_page(&site, &query, Some(&mistake))
}

/// Shows each page in a frame of each width, and writes down its scroll width.
const RULER: &str = r#"<!doctype html><meta charset="utf-8"><body><script>
const frames = FRAMES.map(([page, width]) => {
    const frame = document.createElement("iframe");
    Object.assign(frame, {src: page, width, height: 800});
    document.body.append(frame);
    return [frame, page, width];
});
addEventListener("load", () => {
    const wide = frames.map(([frame, page, width]) =>
        [page, width, frame.contentDocument.documentElement.scrollWidth, frame.contentDocument.title]);
    document.body.textContent = "measured" + JSON.stringify(wide) + "measured";
});
</script>"#;

/// Runs Chromium with `arguments`. Returns its output and its log.
fn browse(profile: &Path, arguments: &[&str]) -> Option<(String, String)> {
    let quiet = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-logging=stderr",
        "--virtual-time-budget=10000",
        "--dump-dom",
    ];
    let mut chromium = Command::new("chromium");
    chromium
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(quiet)
        .args(arguments);
    let output = chromium.stdin(Stdio::null()).output().ok()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some((text(output.stdout), text(output.stderr)))
}

#[test]
fn no_page_runs_over_the_side() {
    let workspace = Workspace::with_samples();
    let topics = read_text(&workspace.path("config/topics.toml"));
    let each = "[[topic]]\neach = [\"country\", \"language\", \"source\", \"country+language\"]\n";
    workspace.write("config/topics.toml", topics.replace("[[topic]]\n", each));
    workspace.run(&["once"]).well();
    workspace.write("feeds/search.html", search_page());
    let frames: Vec<Value> = PAGES
        .iter()
        .flat_map(|page| WIDTHS.map(|width| serde_json::json!([page, width])))
        .collect();
    let ruler = RULER.replace("FRAMES", &serde_json::to_string(&frames).unwrap());
    workspace.write("feeds/ruler.html", ruler);
    let address = format!("file://{}", workspace.path("feeds/ruler.html").display());
    let arguments = ["--allow-file-access-from-files", address.as_str()];
    let Some((page, log)) = browse(&workspace.path("profile"), &arguments) else {
        return skipped("there is no `chromium`");
    };
    let measured = page
        .split("measured")
        .nth(1)
        .unwrap_or_else(|| panic!("nothing was measured: {log}"));
    let measured: Vec<(String, u32, u32, String)> =
        serde_json::from_str(&measured.replace("&amp;", "&")).unwrap();
    assert_eq!(measured.len(), PAGES.len() * WIDTHS.len());
    for (page, width, wanted, title) in measured {
        assert!(!title.is_empty(), "{page} was not loaded");
        assert!(wanted <= width, "{page} wants {wanted} of {width} pixels");
    }
}

#[test]
fn a_browser_refuses_nothing_and_finds_the_feeds() {
    let workspace = Workspace::with_samples();
    workspace.listen_anywhere();
    workspace.run(&["once"]).well();
    let service = Service::start(&workspace);
    for path in ["/", "/labour-migration"] {
        let address = format!("{}{path}", service.public());
        let Some((page, log)) = browse(&workspace.path("profile"), &[&address]) else {
            return skipped("there is no `chromium`");
        };
        assert!(
            page.contains("Labour migration"),
            "{path} was not shown: {log}"
        );
        let said: Vec<&str> = log
            .lines()
            .filter(|line| line.contains(":CONSOLE"))
            .collect();
        assert_eq!(said, [""; 0], "{path}");
    }
    let reply = service.get("/labour-migration");
    let page = reply.text();
    for kind in [
        "application/rss+xml",
        "application/atom+xml",
        "application/feed+json",
    ] {
        let link = page
            .split('<')
            .find(|tag| tag.starts_with("link") && tag.contains(kind));
        let link = link.unwrap_or_else(|| panic!("no feed of type {kind} is named"));
        assert!(link.contains("rel=\"alternate\""), "{link}");
    }
}
