//! Tests the places that rules of a page search: the entry itself, its siblings, before the entry, the page.
//! Also tests which matches are entries.

use proptest::prelude::*;

use super::*;

fn read(page: &str, settings: &str) -> Extracted {
    let source = source("html", settings);
    extract(&document(&source, page.as_bytes().to_vec()), &source).unwrap()
}

/// Checks the title, date, address and text of each entry, then the problems.
#[track_caller]
fn check(page: &str, settings: &str, expected: &[&str]) {
    let extracted = read(page, settings);
    let shown = extracted.entries.iter().map(|entry| {
        let [title, text] =
            [&entry.title, &entry.summary].map(|text| text.as_ref().map(RawText::as_str));
        let parts = [
            title,
            entry.published.as_deref(),
            entry.link.as_deref(),
            text,
        ];
        parts.map(|part| part.unwrap_or("-")).join(" | ")
    });
    let problems = extracted.problems.iter().map(ToString::to_string);
    let shown: Vec<String> = shown.chain(problems).collect();
    assert_eq!(shown, expected, "{settings}");
}

const MENU: &str =
    "<nav><a href=/1 data-day=2021-11-03>First notice</a> <a href=/2>Second</a></nav>";

#[test]
fn the_entry_itself_is_a_place() {
    check(
        MENU,
        "select.item = 'nav a'\nselect.title = ':self'\nselect.date = ':self@data-day'\n",
        &[
            "First notice | 2021-11-03 | /1 | -",
            "Second | - | /2 | -",
            "the rule of `date` found nothing in 1 of 2 entries",
        ],
    );
    check(
        MENU,
        "select.item = 'nav a'\nselect.title = ':self'\nselect.link = ':self@href'\nselect.summary = '@data-day'\nselect.date = ':self[data-day]@data-day'\n",
        &[
            "First notice | 2021-11-03 | /1 | 2021-11-03",
            "Second | - | /2 | -",
            "the rule of `date` found nothing in 1 of 2 entries",
            "the rule of `summary` found nothing in 1 of 2 entries",
        ],
    );
}

#[test]
fn a_selector_that_finds_nothing_within_may_name_the_entry_itself() {
    check(
        MENU,
        "select.item = 'nav a'\nselect.title = 'a'\nselect.link = 'a@href'\n",
        &["First notice | - | /1 | -", "Second | - | /2 | -"],
    );
    check(
        "<a class=n href=/1>First <b>notice</b></a><a class=n href=/2>Second <b>notice</b></a>",
        "select.item = 'a.n'\nselect.title = 'b'\nselect.summary = 'a'\n",
        &[
            "notice | - | /1 | -",
            "notice | - | /2 | -",
            "the rule of `summary` found nothing in 2 of 2 entries",
        ],
    );
}

#[test]
fn a_picture_reads_as_its_alternative_text() {
    check(
        "<a class=n href=/1><img alt='Boil water after the flood'></a><a class=n href=/2><img src=2.png>Second</a>",
        "select.item = 'a.n'\nselect.title = ':self'\n",
        &[
            "Boil water after the flood | - | /1 | -",
            "Second | - | /2 | -",
        ],
    );
}

#[test]
fn a_selector_starts_from_the_entry() {
    let row = |n: u32| {
        format!("<tr><td><table><tr><td>x<td>inner {n}</table><td>Notice {n}<td>{n} May 2021")
    };
    let page = format!("<table id=t>{}{}</table>", row(1), row(2));
    check(
        &page,
        "select.item = '#t > tbody > tr'\nselect.title = ':self > td:nth-child(2)'\nselect.date = ':scope > td:nth-child(3)'\n",
        &[
            "Notice 1 | 1 May 2021 | - | -",
            "Notice 2 | 2 May 2021 | - | -",
        ],
    );
}

#[test]
fn several_places_are_joined() {
    let page = "<ul><li><b>No. 7</b><h3><a href=/7>Port v. Mill</a></h3><i>3</i> <i>May</i><u>2021</u><p>One <em>text</em></p><p>a &lt; b</p>\
        <li><h3><a href=/8>Town v. Ferry</a></h3><i>4</i> <i>May</i></ul>";
    check(
        page,
        "select.item = 'li'\nselect.title = { join = ['b', ['h2', 'h3']], with = ' – ' }\n\
         select.date = { join = ['i', 'u'] }\nselect.summary = { join = ['em', { page = 'u' }], with = ' & ' }\n\
         select.link = { join = [{ page = 'u' }, 'a@href'] }\n",
        &[
            "No. 7 – Port v. Mill | 3 May 2021 | 2021/7 | <em>text</em> &amp; <u>2021</u>",
            "Town v. Ferry | 4 May | 2021/8 | <u>2021</u>",
        ],
    );
}

#[test]
fn a_joined_value_is_cut_like_any_other() {
    check(
        MENU,
        "select.item = 'nav a'\nselect.title = { join = ['@data-day', ':self'], regex = '(?<date>[\\d-]+)? ?(?<title>\\D+)' }\n",
        &[
            "First notice | 2021-11-03 | /1 | -",
            "Second | - | /2 | -",
            "the rule of `date` found nothing in 1 of 2 entries",
        ],
    );
}

const GROUPS: &str = "<p class=issue>Issue of 9 May 2021</p>\
    <section data-month='June 2021'><h3>3 June 2021</h3><ul><li>One<li>Two</ul><h3>4 June 2021</h3><ul><li>Three</ul></section>\
    <section><ul><li>Four</ul></section>";

#[test]
fn the_heading_of_a_group_counts_for_the_entries_under_it() {
    check(
        GROUPS,
        "select.item = 'li'\nselect.title = ':self'\nselect.date = { before = 'h3' }\n",
        &[
            "One | 3 June 2021 | - | -",
            "Two | 3 June 2021 | - | -",
            "Three | 4 June 2021 | - | -",
            "Four | - | - | -",
            "the rule of `date` found nothing in 1 of 4 entries",
        ],
    );
    check(
        GROUPS,
        "select.item = 'li'\nselect.title = ':self'\nselect.date = [{ before = 'section@data-month' }, { page = '.issue' }]\n",
        &[
            "One | June 2021 | - | -",
            "Two | June 2021 | - | -",
            "Three | June 2021 | - | -",
            "Four | Issue of 9 May 2021 | - | -",
        ],
    );
}

#[test]
fn a_cell_over_several_rows_counts_for_those_behind_it() {
    check(
        "<table><tr><th rowspan=2>3 June 2021<td>One<tr><td>Two<tr><th>4 June 2021<td>Three</table>",
        "select.item = 'tr'\nselect.title = 'td'\nselect.date = ['th', { before = 'th' }]\n",
        &[
            "One | 3 June 2021 | - | -",
            "Two | 3 June 2021 | - | -",
            "Three | 4 June 2021 | - | -",
        ],
    );
}

#[test]
fn what_stands_beside_entries_is_bounded() {
    let long = "x ".repeat(50_000);
    check(
        &format!("<h3>{long}</h3><h4>{long}</h4><li>One</li>"),
        "select.item = 'li'\nselect.title = ':self'\nselect.summary = { page = 'h4' }\nselect.date = { before = 'h3' }\n",
        &[
            "One | - | - | -",
            "the rule of `date` found nothing in 1 of 1 entries",
            "the rule of `summary` found nothing in 1 of 1 entries",
        ],
    );
}

const RUNS: &str = "<main><p>Introduction</p><h2>June</h2><h3 id=a><a href=/1>One</a></h3>loose &amp; <b>text</b><p>more</p>\
    <h3>Two</h3><p class=d>4 June 2021</p><h2>May</h2><h3>Three</h3><div><h3>Four</h3><p>of four</p></div><p class=pager>Next</p></main>";

#[test]
fn an_entry_is_several_siblings() {
    check(
        RUNS,
        "select.item = { from = 'h3', until = 'h2, .pager' }\nselect.title = 'h3'\nselect.date = '.d'\nselect.summary = ':self > p'\n",
        &[
            "One | - | /1 | <p>more</p>",
            "Two | 4 June 2021 | - | <p class=\"d\">4 June 2021</p>",
            "Three | - | - | -",
            "Four | - | - | <p>of four</p>",
            "the rule of `date` found nothing in 3 of 4 entries",
            "the rule of `summary` found nothing in 1 of 4 entries",
        ],
    );
    check(
        RUNS,
        "select.item = { from = '#a', until = 'h2' }\nselect.title = 'b'\nselect.guid = '@id'\nselect.date = { before = 'h2' }\nselect.summary = ':self'\n",
        &[
            "text | June | /1 | <h3 id=\"a\"><a href=\"/1\">One</a></h3>loose &amp; <b>text</b><p>more</p><h3>Two</h3><p class=\"d\">4 June 2021</p>",
        ],
    );
}

#[test]
fn rows_are_counted_off() {
    let rows = [1, 2, 3, 4, 5, 6].map(|n| format!("<tr><td>row {n}"));
    check(
        &format!("<table>{}</table>", rows.concat()),
        "select.item = { from = 'tr:nth-child(3n+1)' }\nselect.title = ':self > tr'\nselect.date = { join = [':self td'], with = '/' }\n",
        &[
            "row 1 | row 1/row 2/row 3 | - | -",
            "row 4 | row 4/row 5/row 6 | - | -",
        ],
    );
}

const LAYOUT: &str = "<table><tr><td><h1>Opinions</h1><table>ROWS</table></table>";
const BY_ROWS: &str = "select.item = 'tr:has(a)'\nselect.title = 'td:nth-child(3)'\nselect.link = 'a@href'\nselect.date = 'td:nth-child(1)'\n";

#[test]
fn rows_within_a_row_that_says_nothing_are_the_entries() {
    let row =
        |n: u32| format!("<tr><td>{n} May 2021<td><a href=/{n}>No. {n}</a><td>Port v. Mill {n}");
    check(
        &LAYOUT.replace("ROWS", &[row(1), row(2)].concat()),
        BY_ROWS,
        &[
            "Port v. Mill 1 | 1 May 2021 | /1 | -",
            "Port v. Mill 2 | 2 May 2021 | /2 | -",
            "1 of 3 matches of `select.item` contains entries or lies inside one: it is not an entry itself",
        ],
    );
    // The same when the list has shrunk.
    check(
        &LAYOUT.replace("ROWS", &row(1)),
        BY_ROWS,
        &[
            "Port v. Mill 1 | 1 May 2021 | /1 | -",
            "1 of 2 matches of `select.item` contains entries or lies inside one: it is not an entry itself",
        ],
    );
}

#[test]
fn an_outer_match_that_says_something_is_the_entry() {
    check(
        "<div class=i><h3>One</h3><div class=i><p>of one</p></div><div class=i><h3>of one too</h3></div></div><div class=i><h3>Two</h3></div>",
        "select.item = '.i'\nselect.title = 'h3'\n",
        &[
            "One | - | - | -",
            "Two | - | - | -",
            "2 of 4 matches of `select.item` contain entries or lie inside one: they are not entries themselves",
        ],
    );
    check(
        "<div class=i><time>3 May 2021</time><div class=i><h3>One</h3></div></div>",
        "select.item = '.i'\nselect.title = 'h3'\nselect.date = 'time'\n",
        &[
            "One | 3 May 2021 | - | -",
            "1 of 2 matches of `select.item` contains entries or lies inside one: it is not an entry itself",
        ],
    );
    check(
        "<div class=i><time>3 May 2021</time><div class=i><h3>One</h3></div><div class=i><h3>Two</h3></div></div>",
        "select.item = '.i'\nselect.title = 'h3'\nselect.date = ['time', { before = 'time' }]\n",
        &[
            "One | 3 May 2021 | - | -",
            "Two | 3 May 2021 | - | -",
            "1 of 3 matches of `select.item` contains entries or lies inside one: it is not an entry itself",
        ],
    );
}

#[test]
fn dates_for_programs_are_read() {
    let dates = |date: &str, element: &str| {
        let page = format!("<ul><li>One {element}</ul>");
        let settings =
            format!("select.item = 'li'\nselect.title = ':self'\nselect.date = {date}\n");
        read(&page, &settings).entries[0].published.clone()
    };
    let check = |date: &str, element: &str, expected: &str| {
        assert_eq!(
            dates(date, element).as_deref(),
            Some(expected),
            "{date} {element}"
        );
    };
    check(
        "'b@data-ts'",
        "<b data-ts=1620032400000></b>",
        "2021-05-03T09:00:00Z",
    );
    check(
        "'b@data-ts'",
        "<b data-ts='1620032400'></b>",
        "2021-05-03T09:00:00Z",
    );
    check("'b'", "<b>1620032400</b>", "2021-05-03T09:00:00Z");
    check(
        "'b@data-ts'",
        "<b data-ts=202105030900></b>",
        "202105030900",
    );
    check(
        "{ find = 'b', regex = '\\d+' }",
        "<b>at 1620032400.</b>",
        "2021-05-03T09:00:00Z",
    );
    check("'meta'", "<meta content='2021-05-03'>", "2021-05-03");
    check(
        "'time'",
        "<time datetime='2021-05-03'>Monday</time>",
        "2021-05-03",
    );
    // The notation of dates counts more than their length.
    check(
        "'b'\ndate_format = '%d%m%Y%H%M'",
        "<b>120520210900</b>",
        "2021-05-12T09:00:00",
    );
}

proptest! {
    /// Each text is part of the entry that begins before it and of no other, regardless of what is between
    /// them.
    #[test]
    fn nothing_of_an_entry_stands_in_another(
        siblings in proptest::collection::vec(prop_oneof![Just("h3"), Just("p"), Just("hr"), Just("div")], 0..30),
    ) {
        let mut page = String::from("<main><h3>t0</h3>");
        let mut expected = vec![(String::from("t0"), String::new())];
        for (n, name) in siblings.iter().enumerate() {
            match *name {
                "h3" => {
                    page.push_str(&["<h3>t", &n.to_string(), "</h3>"].concat());
                    expected.push((format!("t{n}"), String::new()));
                }
                "hr" => page += "<hr>",
                name => {
                    let element = format!("<{name}>x{n}</{name}>");
                    page.push_str(&element);
                    expected.last_mut().unwrap().1.push_str(&element);
                }
            }
        }
        let settings = "select.item = { from = 'h3' }\nselect.title = 'h3'\nselect.summary = 'p, div'\n";
        let text = |text: Option<RawText>| text.map(|text| text.as_str().to_owned()).unwrap_or_default();
        let found: Vec<_> = read(&page, settings)
            .entries
            .into_iter()
            .map(|entry| (text(entry.title), text(entry.summary)))
            .collect();
        prop_assert_eq!(found, expected);
    }
}
