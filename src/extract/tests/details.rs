//! Tests the pages of entries, read as their sources configure it.
//!
//! A fixture's first comment contains the settings of its source, and the values of the entry in a list
//! (`entry.title = …`).

use super::*;
use crate::model::EntryDetail;

/// Returns the values of the entry in a list, from the fixture's comment.
fn listed(fixture: &str) -> RawEntry {
    let said = |name: &str| {
        let begin = format!("entry.{name} = ");
        let mut lines = fixture.lines();
        lines.find_map(|line| Some(line.strip_prefix(&begin)?.to_owned()))
    };
    RawEntry {
        title: said("title").map(RawText::Plain),
        link: said("link"),
        published: said("published"),
        ..RawEntry::default()
    }
}

fn read(fixture: &str) -> (RawEntry, EntryDetail) {
    let own: Vec<&str> = fixture
        .lines()
        .filter(|line| !line.starts_with("entry."))
        .collect();
    let source = source("html", &settings(&own.join("\n")));
    let entry = listed(fixture);
    let mut document = document(&source, fixture.as_bytes().to_vec());
    document.url = document
        .url
        .join(entry.link.as_deref().unwrap_or_default())
        .unwrap();
    let fields = source.detail.clone().unwrap_or_default();
    let detail = extract_detail(&document, &fields, &source).unwrap();
    (entry, detail)
}

fn shown(fixture: &str) -> String {
    let (entry, detail) = read(fixture);
    let entry = detail.clone().complete_entry(entry);
    let text = |text: &Option<RawText>| text.as_ref().map(|text| text.as_str().to_owned());
    let file = |file: &crate::model::RawEnclosure| {
        let [mime, length] = [&file.mime_type, &file.length_bytes]
            .map(|part| part.as_deref().unwrap_or("?").to_owned());
        format!("{} {mime} {length}", file.url)
    };
    let mut lines = Lines::default();
    lines.each("title", text(&entry.title));
    lines.each("published", &entry.published);
    lines.each("link", &entry.link);
    lines.0.push_str("\nof the page\n");
    lines.each("told", detail.told.iter().map(|field| field.as_str()));
    lines.each("title", text(&detail.title));
    lines.each("link", &detail.link);
    lines.each("published", &detail.published);
    lines.each("updated", &detail.updated);
    lines.each("language", &detail.language);
    lines.each("author", detail.authors.iter().map(|author| &author.name));
    lines.each("tag", detail.tags.iter().map(|tag| &tag.name));
    lines.each("image", detail.image.iter().map(|image| &image.url));
    lines.each("file", detail.enclosures.iter().map(file));
    lines.each("content", text(&detail.content));
    lines.0
}

#[test]
fn fixtures() {
    insta::glob!("../../../tests/fixtures/detail", "*.html", |path| {
        let fixture = String::from_utf8(bytes(path)).unwrap();
        insta::assert_snapshot!(shown(&fixture));
    });
}

fn read_body(body: &[u8]) -> Result<EntryDetail, ExtractError> {
    let source = source("html", "");
    let document = document(&source, body.to_vec());
    extract_detail(&document, &crate::model::Fields::default(), &source)
}

#[test]
fn a_page_without_anything_gives_nothing() {
    for body in [
        "",
        " ",
        "<html>",
        "<frameset><frame src=a></frameset>",
        "\0\u{fffd}",
    ] {
        let detail = read_body(body.as_bytes()).unwrap();
        assert_eq!(
            (detail.content, detail.enclosures, detail.published),
            (None, vec![], None),
            "{body}"
        );
    }
}

#[test]
fn bytes_are_decoded_as_in_lists() {
    let page = "<meta charset=iso-8859-1><h1>Año nuevo</h1>";
    let body: Vec<u8> = page
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let title = read_body(&body).unwrap().title;
    assert_eq!(title, Some(RawText::Plain("A\u{f1}o nuevo".to_owned())));
}

/// Nothing here is timed: a test that needs quadratic time on these pages would not finish.
#[test]
fn pages_made_to_hurt_are_answered() {
    const TEXT: &str = "The crossing at the old mill is open again, and lorries go round by the bridge, they say. ";
    let deep =
        |levels: usize, inner: &str| "<div>".repeat(levels) + inner + &"</div>".repeat(levels);
    let paragraph = format!("<p>{TEXT}</p>");
    for page in [
        deep(400, &paragraph.repeat(500)),
        deep(400, &paragraph).repeat(20),
        deep(100, &"<div>x, y</div>".repeat(5_000)),
        "<p><a href=/x.pdf>the notice of the office</a></p>".repeat(10_000),
        format!(
            "<h1>x</h1>{}",
            "<a href=a.pdf><img src=a.jpg>".repeat(5_000)
        ),
        "<meta name=date content=2021-11-01>".repeat(10_000),
        format!(
            "<meta property=article:tag content='{}'>",
            "a".repeat(100_000)
        )
        .repeat(5),
        "<table><tr><td>text".repeat(100),
        format!("<p>{}", ",".repeat(300_000)),
        "<img src=x><noscript><img src=a.png></noscript>".repeat(3_000),
        format!(
            "<script type='application/ld+json'>{}</script>",
            "[".repeat(50_000)
        ),
    ] {
        let detail = read_body(page.as_bytes()).unwrap();
        assert!(detail.enclosures.len() <= 20 && detail.tags.len() <= 50);
    }
    let error = read_body("<div>".repeat(100_000).as_bytes()).unwrap_err();
    assert_eq!(error, ExtractError::TooDeep { limit: 512 });
}

#[test]
fn an_address_of_another_site_or_of_the_first_page_is_not_its_own() {
    let check = |stated: &str, expected: Option<&str>| {
        let page = format!("<link rel=canonical href='{stated}'>");
        assert_eq!(
            read_body(page.as_bytes()).unwrap().link.as_deref(),
            expected,
            "{stated}"
        );
    };
    check("/news/a#top", Some("https://bulletins.example/news/a"));
    check("https://elsewhere.example/news/a", None);
    check("https://bulletins.example/", None);
    check("javascript:alert(1)", None);
    check("", None);
}

proptest::proptest! {
    #[test]
    fn no_page_panics(page in "(\\PC|<p>|</p>|<br>|<a href=a.pdf>|<h1>|<td>|<div class=byline>|<noscript>|<img src=a>|<font>|[a-z ,]{60}){0,40}") {
        let read = read_body(page.as_bytes());
        proptest::prop_assert!(read.is_ok_and(|detail| detail.enclosures.len() <= 20));
    }
}
