//! The pages of entries, read as their sources would have them read.
//!
//! A fixture's first comment holds the settings of its source, and what a list says of the entry (`entry.title = …`).

use super::*;
use crate::extract::detail;
use crate::model::Detail;

/// What a list says of the entry, from the fixture's comment.
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

fn read(fixture: &str) -> (RawEntry, Detail) {
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
    let detail = detail(&document, &fields, &source).unwrap();
    (entry, detail)
}

fn shown(fixture: &str) -> String {
    let (entry, detail) = read(fixture);
    let entry = detail.clone().complete(entry);
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
    lines.each("image", &detail.image);
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
