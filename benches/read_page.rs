//! Pages of 2 MB to entries without selectors: one as publishers build them, and some pathological ones.
//!
//! A page is read within a quarter of a second: a poll must not delay the others for longer.

use std::fmt::Write as _;

use chrono::{TimeZone as _, Utc};
use criterion::{BenchmarkId, Criterion, Throughput};
use tidings::config;
use tidings::model::{Document, Source};

/// The approximate size of a page.
const PAGE_BYTES: usize = 2_000_000;

/// The most entries that a document may contain.
const MOST: usize = 2_000;

/// Returns the pages by name, each with the most entries that it yields.
fn pages() -> [(&'static str, String, usize); 5] {
    let link = |n: usize| {
        format!("<li><a href=\"/n/{n}\">The {n}th notice of the regional office</a></li>")
    };
    let links: String = (0..100_000).map(link).collect();
    let deep = |n: usize| {
        let levels = 150;
        let (open, close) = ("<div>".repeat(levels), "</div>".repeat(levels));
        format!("{open}<a href=\"/d/{n}\">A notice at the bottom of it all, number {n}</a>{close}")
    };
    let text = "Words of a long text that has no end and no link. ";
    [
        ("a list with menus and texts", list(), MOST),
        ("100,000 links", format!("<ul>{links}</ul>"), MOST),
        (
            "links in deep elements",
            (0..PAGE_BYTES / 1_700).map(deep).collect(),
            MOST,
        ),
        (
            "one text",
            format!("<h1>Text</h1><p>{}", text.repeat(PAGE_BYTES / text.len())),
            1,
        ),
        ("links in rows in cells", tables(), MOST),
    ]
}

/// Returns a page with a long list, between a menu on each record and a sidebar.
fn list() -> String {
    let mut page =
        "<nav><ul><li><a href='/'>Home</a><li><a href='/news'>News</a></ul></nav><main>".to_owned();
    let mut number = 0;
    while page.len() < PAGE_BYTES {
        number += 1;
        write!(
            page,
            "<article class=\"teaser node-{number}\"><img src=\"/i/{number}.jpg\"><h3><a href=\"/news/{number}\">Notice {number} of the office at the northern crossing</a></h3>\
             <p class=\"meta\"><time datetime=\"2021-{:02}-{:02}\">on a day</time> by <a href=\"/by/{}\">an editor</a></p>\
             <div class=\"text\"><p>The counter is open from <b>six to six</b>, save on holidays. What is asked for is told here and on the telephone, free of cost.</p>\
             <p><a href=\"/news/{number}\">Read more</a> <a href=\"/tag/{}\">tag</a></p></div></article>",
            number % 12 + 1,
            number % 28 + 1,
            number % 7,
            number % 31
        )
        .expect("a String takes it");
    }
    page + "</main><aside><ul><li><a href='/old'>Old notices of the office</a></ul></aside>"
}

/// Returns rows of twenty cells, each with a link: as many tag paths as columns.
fn tables() -> String {
    let cell = |n: usize| {
        format!("<td><a href=\"/c/{n}\">The notice of cell {n}, as it was told</a></td>")
    };
    let row = |n: usize| -> String {
        let cells: String = (n * 20..n * 20 + 20).map(cell).collect();
        format!("<tr>{cells}</tr>")
    };
    let rows: String = (0..PAGE_BYTES / 1_400).map(row).collect();
    format!("<table>{rows}</table>")
}

fn source() -> Source {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tidings.toml");
    let text = "[[source]]\nid = 'page'\nurl = 'https://page.example/list'\nkind = 'html'\n";
    std::fs::write(&file, text).expect("a file");
    let config = config::load(&file, &|_| None).unwrap_or_else(|refused| panic!("{refused}"));
    config.sources.into_iter().next().expect("a source")
}

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let source = source();
    let mut group = criterion.benchmark_group("read page");
    for (name, page, most) in pages() {
        let document = Document {
            url: "https://page.example/list".parse().expect("an address"),
            content_type: Some("text/html; charset=utf-8".to_owned()),
            body: page.into_bytes(),
            fetched_at: Utc
                .with_ymd_and_hms(2021, 12, 1, 12, 0, 0)
                .single()
                .expect("a time"),
        };
        group.throughput(Throughput::Bytes(document.body.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                let read = tidings::extract::extract(&document, &source).expect("entries");
                assert!((1..=most).contains(&read.entries.len()));
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
