//! Tests the reading of feeds with a broken structure, and the problems reported.

use super::*;
use crate::model::RawText;

fn of(text: &str) -> Extracted {
    read_xml_feed(text, &"https://host.example/feed".parse().unwrap())
}

fn told(text: Option<&RawText>) -> &str {
    text.map_or("–", RawText::as_str)
}

/// Checks the title, address and summary of each entry in a channel of RSS.
#[track_caller]
fn check(items: &str, expected: &[[&str; 3]]) {
    let read = of(&format!(
        "<rss version='2.0'><channel><title>t</title>{items}</channel></rss>"
    ));
    let shown: Vec<[&str; 3]> = read
        .entries
        .iter()
        .map(|entry| {
            let link = entry.link.as_deref().unwrap_or("–");
            [
                told(entry.title.as_ref()),
                link,
                told(entry.summary.as_ref()),
            ]
        })
        .collect();
    assert_eq!(shown, expected, "{items}");
    assert_eq!(told(read.channel.title.as_ref()), "t", "{items}");
}

/// Checks the problems of a feed.
#[track_caller]
fn check_problems(feed: &str, expected: &[&str]) {
    let problems: Vec<String> = of(feed).problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, expected, "{feed}");
}

#[test]
fn a_text_that_nobody_closed_ends_where_the_feed_goes_on() {
    let whole = ["a", "https://a.example/", "b"];
    check(
        "<item><title>a<link>https://a.example/</link><description>b</description></item>",
        &[whole],
    );
    check(
        "<item><description>b<title>a</title><link>https://a.example/</link></item>",
        &[whole],
    );
    check(
        "<item><title>a</title><description>b<link>https://a.example/</link></item>",
        &[whole],
    );
    check(
        "<item><title>a</title><link>https://a.example/<description>b<category>c</category></item>",
        &[whole],
    );
    check(
        "<item><title>a</TITLE><link>https://a.example/</Link><description>b</item>",
        &[whole],
    );
}

#[test]
fn a_person_that_nobody_closed_ends_where_the_entry_goes_on() {
    let items = "<item><author>c<title>a</title><link>https://a.example/</link>\
                 <description>b</description></item>";
    check(items, &[["a", "https://a.example/", "b"]]);
    let feed = format!("<rss><channel>{items}</channel></rss>");
    check_problems(
        &feed,
        &["line 1: `<author>` is not closed; it ends where the feed goes on"],
    );
    assert_eq!(of(&feed).entries[0].authors[0].name, "c");
}

#[test]
fn an_entry_that_nobody_closed_ends_where_the_next_begins() {
    check(
        "<item><title>a</title><item><title>b</title><item><title>c</title>",
        &[["a", "–", "–"], ["b", "–", "–"], ["c", "–", "–"]],
    );
    check(
        "<item><title>a</title><item xml:base='https://b.example/x/'><atom:link href='y'/>",
        &[["a", "–", "–"], ["–", "https://b.example/x/y", "–"]],
    );
}

#[test]
fn html_in_a_text_is_none_of_the_feeds_own_elements() {
    check(
        "<item><description>a <link rel='x' href='y'/><source src='z'>b</description></item>",
        &[["–", "–", "a <link rel=\"x\" href=\"y\"><source src=\"z\">b"]],
    );
    check(
        "<item><description><svg><title>x</title></svg>b</DESCRIPTION><title>a</title></item>",
        &[["a", "–", "<svg><title>x</title></svg>b"]],
    );
    check(
        "<item><title>a<!-- <item> --> b<?php <item> ?></title><description><![CDATA[c]]> &amp; <![CDATA[<i>]]></description></item>",
        &[["a b", "–", "c & <i>"]],
    );
}

#[test]
fn xhtml_holds_elements_of_any_name() {
    let xhtml = "<div><svg><dc:title>x</dc:title></svg><author>b</author></div>";
    let feed = format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'>{xhtml}</content></entry></feed>"
    );
    let read = of(&feed);
    let plain = xhtml.replace("dc:", "");
    assert_eq!(told(read.entries[0].content.as_ref()), plain);
    assert_eq!(read.problems, []);
    let open = feed.replace("</content></entry>", "<entry><title>c</title></entry>");
    assert_eq!(told(of(&open).entries[1].title.as_ref()), "c");
}

#[test]
fn the_links_of_other_vocabularies_come_after_the_feeds_own() {
    check(
        "<item><atom:link rel='self' href='s'/><atom:link href='p'/><link>https://a.example/</link>\
         <guid isPermaLink='true'>https://g.example/</guid></item>",
        &[["–", "https://a.example/", "–"]],
    );
    check(
        "<item><guid isPermaLink=' FALSE'>https://g.example/</guid></item><item><guid>https://g.example/</guid></item>",
        &[["–", "–", "–"], ["–", "https://g.example/", "–"]],
    );
}

#[test]
fn namespaces_hold_where_they_are_declared() {
    check(
        "<item xmlns='urn:own' xmlns:dc='urn:phones'><title>a</title><dc:description>1</dc:description></item>\
         <item><dc:title>b</dc:title></item>",
        &[["a", "–", "–"], ["b", "–", "–"]],
    );
    let many = (0..300).map(|n| format!(" xmlns:x{n}='urn:x'"));
    let many: Vec<String> = many.collect();
    check(
        &format!(
            "<item{}><x1:title>1</x1:title><title>a</title></item>",
            many.concat()
        ),
        &[["a", "–", "–"]],
    );
}

/// Checks the address of an entry within these bases.
fn check_base(stated: &str, expected: &str) {
    let link = "<atom:link href='y'/>";
    check(
        &format!("<item xml:base='{stated}'>{link}</item>"),
        &[["–", expected, "–"]],
    );
}

#[test]
fn a_base_is_an_address_of_the_web() {
    check_base("https://b.example/x/", "https://b.example/x/y");
    check_base("x/", "https://host.example/x/y");
    check_base("", "https://host.example/y");
    for none in [
        "javascript:x",
        "data:text/html,x/",
        "file:///etc/",
        &"x".repeat(4_000),
    ] {
        check_base(none, "y");
    }
}

#[test]
fn subcategories_are_no_mistake() {
    let feed = "<rss><channel><item><itunes:category text='a'><itunes:category text='b'/></itunes:category>\
                <itunes:category>c</itunes:category></item></channel></rss>";
    check_problems(feed, &[]);
    let tags = &of(feed).entries[0].tags;
    let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn what_is_left_out_is_told() {
    check_problems(
        "<rss>\n<channel><title>a\u{1} <b>b</b>\u{0}</title></channel></rss>",
        &[
            "line 2: a control character stands here; it is left out (2 times)",
            "line 2: tags stand in the text of `<title>` as if they were the feed's own; they are read as HTML",
        ],
    );
    let xhtml = "<feed xmlns='http://www.w3.org/2005/Atom'><title type='xhtml'><div>a</div></title>\
                 <subtitle><div xmlns='http://www.w3.org/1999/xhtml'>b</div></subtitle></feed>";
    check_problems(xhtml, &[]);
}

#[test]
fn hours_of_rest_are_hours() {
    let hours = |hours: &str| {
        of(&format!(
            "<rss><channel><skipHours>{hours}</skipHours></channel></rss>"
        ))
        .channel
        .advice
        .skip_hours
    };
    let stated = ["0", "7", "24", "25", "-1", "x", "7"];
    let stated = stated.map(|hour| format!("<hour>{hour}</hour>"));
    assert_eq!(hours(&stated.concat()), [0, 7]);
}
