//! Tests pages read by the layout that an earlier look at them found.

use proptest::prelude::*;

use super::*;
use crate::model::Layout;

fn page_of(body: &str) -> String {
    format!("<!doctype html><html lang=en><title>Town</title><body>{body}</body></html>")
}

fn read(page: &str, layout: Option<Layout>) -> Result<Extracted, ExtractError> {
    let source = Source {
        layout,
        ..source("html", "")
    };
    extract(&document(&source, page.as_bytes().to_vec()), &source)
}

/// Checks the addresses that a layout reads.
#[track_caller]
fn check(body: &str, layout: &str, expected: &[&str]) {
    let read = read(&page_of(body), Some(layout.parse().unwrap()));
    let entries = read.map_or_else(|_| Vec::new(), |read| read.entries);
    let links: Vec<&str> = entries
        .iter()
        .filter_map(|entry| entry.link.as_deref())
        .collect();
    assert_eq!(links, expected, "{layout}");
}

fn list(class: &str, name: &str, count: usize) -> String {
    let row = |n| {
        format!("<li><a href=/{name}/{n}>The {name} number {n} of this town</a> {n} May 2021</li>")
    };
    let rows: String = (1..=count).map(row).collect();
    format!("<ul{class}>{rows}</ul>")
}

#[test]
fn rows_without_the_classes_of_the_layout_are_others() {
    let body = |menu: &str| format!("<div>{menu}{}</div>", list(" class=news", "note", 2));
    let layout = "elements body > div > ul.news > li, all";
    for menu in ["", " class=menu", " class='news-menu first'"] {
        let menu = list(menu, "menu", 8);
        check(&body(&menu), layout, &["/note/1", "/note/2"]);
    }
    let renamed = body("").replace("class=news", "class=posts");
    check(&renamed, layout, &["/note/1", "/note/2"]);
}

/// A menu of the same tags is not the list without its classes.
#[test]
fn another_list_of_the_same_tags_is_not_taken() {
    let menu = "<ul><li><a href=/>Home</a></li><li><a href=/map>Map</a></li></ul>";
    let layout = "elements body > div > ul.news > li, all";
    let paragraph = "<p>The council decided last night that the bridge is closed for repairs.</p>";
    let article = format!(
        "<div>{menu}</div><article><h1>The bridge is closed</h1>{}</article>",
        paragraph.repeat(12)
    );
    check(&article, layout, &[]);
}

#[test]
fn one_of_several_parts_stays_the_same() {
    let layout = |part| format!("children body > div > ul, all, part {part}/2");
    let (news, events) = (list("", "note", 2), list("", "event", 9));
    let body = format!("<div>{news}{events}</div>");
    check(&body, &layout(1), &["/note/1", "/note/2"]);
    let longer = format!("<div>{}{}</div>", list("", "note", 3), list("", "event", 1));
    check(&longer, &layout(2), &["/event/1"]);
}

/// A list is found after its neighbours have gone and another division has the same records.
#[test]
fn a_division_counts_whatever_else_is_there() {
    let news = list(" class=news", "note", 3).replace("<li>", "<li class=row>");
    let others = list("", "other", 4);
    let layout = "elements-with-class body > ul > li.row, all";
    let expected = ["/note/1", "/note/2", "/note/3"];
    check(&format!("{news}{others}"), layout, &expected);
    check(&news, layout, &expected);
    let alone = list(" class=news", "note", 1).replace("<li>", "<li class=row>");
    check(&alone, layout, &expected[..1]);
}

/// A poll reads the records in a page's data even when a list appears next to them, and reports when they are
/// gone.
#[test]
fn data_for_programs_is_a_layout_too() {
    let record = |n: usize| {
        let title = SUBJECTS[n];
        format!(
            "{{\"title\": \"{title}\", \"url\": \"/data/{n}\", \"date\": \"2021-05-0{}\"}}",
            n + 1
        )
    };
    let records = [0, 1, 2].map(record).join(", ");
    let data = format!(
        "<div id=app></div><script type='application/json'>{{\"notices\": [{records}]}}</script>"
    );
    let expected = ["/data/0", "/data/1", "/data/2"];
    let fresh = read(&page_of(&data), None).unwrap();
    assert_eq!(links(&fresh), expected);
    assert_eq!(fresh.layout, Some(Layout::machine_readable()));
    let news = list(" class=news", "note", 12);
    check(&format!("{news}{data}"), "data", &expected);
    let gone = read(&page_of(&news), Some(Layout::machine_readable())).unwrap_err();
    assert_eq!(gone.to_string(), "the page holds no data for programs");
    assert!(gone.is_drift());
}

const SUBJECTS: [&str; 8] = [
    "Road works close the bridge",
    "Water supply is interrupted",
    "New opening hours of the library",
    "Public hearing about the school",
    "Call for volunteers of the fire brigade",
    "Market stalls may be rented",
    "The ferry leaves an hour later",
    "A lamp stands at the breakwater",
];

/// Returns rows of a list, in some markup, from one number to another.
fn rows(design: usize, from: usize, count: usize) -> String {
    let row = |n: usize| {
        let title = format!("{} in district {}", SUBJECTS[n % 8], n / 8 + 1);
        let date = format!("{} May 2021", n % 28 + 1);
        match design {
            0 => format!("<li class=item><time>{date}</time> <a href=/news/{n}>{title}</a></li>"),
            1 => format!("<tr><td>{date}</td><td><a href=/news/{n}>{title}</a></td></tr>"),
            2 => format!("<div><h3><a href=/news/{n}>{title}</a></h3><p>{date}</p></div>"),
            _ => format!("<p>{date}: <a href=/news/{n}>{title}</a></p>"),
        }
    };
    let rows: String = (from..from + count).rev().map(row).collect();
    match design {
        0 => format!("<ul class=news>{rows}</ul>"),
        1 => format!("<table><tbody>{rows}</tbody></table>"),
        2 => rows,
        _ => format!("<div class=text>{rows}</div>"),
    }
}

/// Parts around the list: menu, introduction, sidebar, footer.
fn noise() -> impl Strategy<Value = [usize; 4]> {
    [0..30_usize, 0..4_usize, 0..12_usize, 0..3_usize]
}

fn framed(list: &str, [menu, introduction, aside, footer]: [usize; 4]) -> String {
    let links = |name: &str, count: usize| -> String {
        let link = |n| format!("<li><a href=/{name}/{n}>{name} {n}</a></li>");
        (0..count).map(link).collect()
    };
    let paragraph = "<p>The town hall publishes here whatever citizens need to know about works, services and \
        decisions of the council, and answers questions by telephone and by mail.</p>";
    page_of(&format!(
        "<nav><ul>{}</ul></nav><main><h1>News</h1><div class=lead>{}</div><div class=list>{list}</div></main>\
         <aside><ul>{}</ul></aside><footer>{}</footer>",
        links("section", menu),
        paragraph.repeat(introduction),
        links("topic", aside),
        "<p>Town hall, 1 Main Street</p>".repeat(footer)
    ))
}

fn links(read: &Extracted) -> Vec<String> {
    let entries = read.entries.iter();
    entries.filter_map(|entry| entry.link.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The layout of one page reads every row of the next, whatever its length and whatever surrounds the
    /// list.
    #[test]
    fn a_layout_reads_what_a_fresh_look_read(
        design in 0..4_usize,
        before in (6..30_usize, noise()),
        after in (1..40_usize, noise()),
    ) {
        let first = framed(&rows(design, 0, before.0), before.1);
        let fresh = read(&first, None).unwrap();
        let numbers = |from: usize, count: usize| -> Vec<String> {
            (from..from + count).rev().map(|n| format!("/news/{n}")).collect()
        };
        prop_assert_eq!(links(&fresh), numbers(0, before.0));
        let layout = fresh.layout.clone().unwrap();
        let again = read(&first, Some(layout.clone())).unwrap();
        prop_assert_eq!(&again.entries, &fresh.entries);
        prop_assert_eq!(&again.layout, &fresh.layout);
        let from = before.0 / 2;
        let next = framed(&rows(design, from, after.0), after.1);
        let kept = read(&next, Some(layout.clone()));
        let kept = kept.map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(links(&kept), numbers(from, after.0), "{}", layout);
    }
}
