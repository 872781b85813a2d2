//! Requirements of the formats, for the tests: the grammars of RFC 4287 and RFC 6721, of RSS 2.0 with its
//! profile, of JSON Feed 1.1, and of OPML 2.0, as far as they can be broken here.
//!
//! In: documents as they are published. Out: nothing, or a panic that names the violation.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;
use url::Url;

use super::FeedFormat;

/// An element of XML.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    fn read(document: &str) -> Self {
        let mut reader = quick_xml::Reader::from_str(document);
        let mut open = vec![Self::default()];
        let close = |open: &mut Vec<Self>| {
            let element = open.pop().unwrap();
            open.last_mut().unwrap().children.push(element);
        };
        loop {
            match reader.read_event().expect("well-formed XML") {
                Event::Start(tag) => open.push(Self::begun(&tag)),
                Event::Empty(tag) => {
                    open.push(Self::begun(&tag));
                    close(&mut open);
                }
                Event::End(_) => close(&mut open),
                Event::Text(text) => open.last_mut().unwrap().text += &text.decode().unwrap(),
                Event::CData(text) => open.last_mut().unwrap().text += &text.decode().unwrap(),
                // Any character will do: only that the text is not empty matters.
                Event::GeneralRef(_) => open.last_mut().unwrap().text.push('&'),
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(open.len(), 1);
        let mut document = open.pop().unwrap();
        assert_eq!(document.children.len(), 1, "one root");
        document.children.pop().unwrap()
    }

    fn begun(tag: &BytesStart<'_>) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let attributes = tag.attributes().map(|attribute| {
            let attribute = attribute.expect("an attribute");
            let value = text(&attribute.value);
            assert!(!value.replace("&amp;", "").contains("& "), "{value}");
            let value = quick_xml::escape::unescape(&value)
                .expect("escaped")
                .into_owned();
            (text(attribute.key.0), value)
        });
        Self {
            name: text(tag.name().0),
            attributes: attributes.collect(),
            ..Self::default()
        }
    }

    fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a Self> + use<'a, 'n> {
        self.children.iter().filter(move |child| child.name == name)
    }

    fn one(&self, name: &str) -> &Self {
        let found: Vec<&Self> = self.all(name).collect();
        assert_eq!(found.len(), 1, "`{name}` in {self:?}");
        found[0]
    }

    fn at_most_one(&self, names: &[&str]) {
        for name in names {
            assert!(self.all(name).count() <= 1, "`{name}` in {self:?}");
        }
    }

    fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.get(name);
        found.unwrap_or_else(|| panic!("no `{name}` in {self:?}"))
    }

    fn content(&self) -> &str {
        let text = self.text.trim();
        assert!(!text.is_empty(), "{self:?}");
        text
    }

    /// Checks that no language is empty, and that every prefix is declared on the root.
    fn check_names(&self, declared: &BTreeSet<&str>) {
        let names = std::iter::once(&self.name).chain(self.attributes.keys());
        for name in names {
            let prefix = name.split_once(':').map(|(prefix, _)| prefix);
            let is_known =
                |prefix: &str| matches!(prefix, "xml" | "xmlns") || declared.contains(prefix);
            assert!(prefix.is_none_or(is_known), "`{name}` is not declared");
        }
        for name in ["xml:lang", "hreflang"] {
            if let Some(language) = self.attributes.get(name) {
                assert!(
                    language.parse::<crate::model::Language>().is_ok(),
                    "{self:?}"
                );
            }
        }
        for child in &self.children {
            child.check_names(declared);
        }
    }

    fn check_root(&self) {
        let declared = self.attributes.keys();
        let declared = declared
            .filter_map(|name| name.strip_prefix("xmlns:"))
            .collect();
        self.check_names(&declared);
    }
}

fn is_absolute(address: &str) {
    let url: Url = address.parse().unwrap_or_else(|_| panic!("{address}"));
    assert!(!url.scheme().is_empty());
}

fn is_on_the_web(address: &str) {
    let url: Url = address.parse().unwrap_or_else(|_| panic!("{address}"));
    assert!(
        matches!(url.scheme(), "http" | "https") && url.has_host(),
        "{address}"
    );
}

fn is_number(text: &str) {
    assert!(text.parse::<u64>().is_ok(), "{text}");
}

fn is_media_type(text: &str) {
    let parts = text.split_once('/');
    assert!(
        parts.is_some_and(|(kind, sub)| !kind.is_empty() && !sub.is_empty()),
        "{text}"
    );
}

fn is_rfc3339(text: &str) {
    assert!(DateTime::parse_from_rfc3339(text).is_ok(), "{text}");
}

/// Checks a document of any format that readers subscribe to.
pub(super) fn check(document: &str, format: FeedFormat) {
    match format {
        FeedFormat::Atom => check_atom(document),
        FeedFormat::Rss => check_rss(document),
        FeedFormat::Json => check_json(document),
        FeedFormat::Html => {}
    }
}

/// RFC 4287 §4.1.1: a feed's own elements and extensions, then its entries.
fn check_atom(document: &str) {
    let feed = Element::read(document);
    assert_eq!(feed.name, "feed");
    assert_eq!(feed.attribute("xmlns"), "http://www.w3.org/2005/Atom");
    feed.check_root();
    let mut behind = feed
        .children
        .iter()
        .skip_while(|child| child.name != "entry");
    assert!(
        behind.all(|child| child.name == "entry"),
        "entries come last"
    );
    is_absolute(feed.one("id").content());
    check_text(feed.one("title"));
    is_rfc3339(feed.one("updated").content());
    feed.at_most_one(&["generator", "icon", "logo", "rights", "subtitle"]);
    feed.all("author").for_each(check_person);
    assert!(feed.all("author").count() > 0);
    check_links(&feed);
    let known = [
        "author",
        "category",
        "contributor",
        "generator",
        "icon",
        "id",
        "link",
        "logo",
        "rights",
        "subtitle",
        "title",
        "updated",
        "entry",
    ];
    check_children(&feed, &known);
    let mut ids = BTreeSet::new();
    for entry in feed.all("entry") {
        assert!(ids.insert(entry.one("id").content()), "an id twice");
        check_entry(entry);
    }
    for gone in feed.all("at:deleted-entry") {
        is_absolute(gone.attribute("ref"));
        assert!(!ids.contains(gone.attribute("ref")), "deleted and there");
        is_rfc3339(gone.attribute("when"));
        gone.at_most_one(&["at:by", "at:comment"]);
    }
}

fn check_children(element: &Element, known: &[&str]) {
    for child in &element.children {
        assert!(
            child.name.contains(':') || known.contains(&&*child.name),
            "`{}`",
            child.name
        );
    }
}

/// RFC 4287 §4.1.2.
fn check_entry(entry: &Element) {
    is_absolute(entry.one("id").content());
    check_text(entry.one("title"));
    is_rfc3339(entry.one("updated").content());
    entry.at_most_one(&["content", "published", "rights", "source", "summary"]);
    entry
        .all("published")
        .for_each(|date| is_rfc3339(date.content()));
    entry
        .all("author")
        .chain(entry.all("contributor"))
        .for_each(check_person);
    check_links(entry);
    let leads = entry
        .all("link")
        .any(|link| link.attribute("rel") == "alternate");
    assert!(
        leads || entry.all("content").count() == 1,
        "neither link nor content: {entry:?}"
    );
    for text in entry.all("summary").chain(entry.all("content")) {
        check_text(text);
    }
    for (summary, content) in entry.all("summary").zip(entry.all("content")) {
        assert_ne!(summary.text, content.text);
    }
    for category in entry.all("category") {
        assert!(!category.attribute("term").is_empty());
        assert!(
            category
                .attributes
                .get("label")
                .is_none_or(|label| !label.is_empty())
        );
    }
    for source in entry.all("source") {
        is_absolute(source.one("id").content());
        check_text(source.one("title"));
        is_rfc3339(source.one("updated").content());
        check_links(source);
    }
    let known = [
        "author",
        "category",
        "content",
        "contributor",
        "id",
        "link",
        "published",
        "rights",
        "source",
        "summary",
        "title",
        "updated",
    ];
    check_children(entry, &known);
    check_media(entry);
}

/// RFC 4287 §3.1.
fn check_text(text: &Element) {
    let kind = text.attributes.get("type").map_or("text", String::as_str);
    assert!(matches!(kind, "text" | "html"), "{text:?}");
    text.content();
}

fn check_person(person: &Element) {
    person.one("name").content();
    person.at_most_one(&["uri", "email"]);
    person.all("uri").for_each(|uri| is_absolute(uri.content()));
}

/// RFC 4287 §4.2.7, including that no two alternates share type and language.
fn check_links(element: &Element) {
    let mut alternates = BTreeSet::new();
    for link in element.all("link") {
        is_absolute(link.attribute("href"));
        let of = |name: &str| link.attributes.get(name).cloned();
        if let Some(length) = &of("length") {
            is_number(length);
        }
        if let Some(kind) = &of("type") {
            is_media_type(kind);
        }
        if link.attribute("rel") == "alternate" {
            assert!(
                alternates.insert((of("type"), of("hreflang"))),
                "{element:?}"
            );
        }
    }
}

/// Media RSS 1.5.1.
fn check_media(entry: &Element) {
    entry.at_most_one(&["media:thumbnail"]);
    for media in entry
        .all("media:thumbnail")
        .chain(entry.all("media:content"))
    {
        is_on_the_web(media.attribute("url"));
        for name in ["width", "height", "fileSize"] {
            media
                .attributes
                .get(name)
                .into_iter()
                .for_each(|number| is_number(number));
        }
        media.at_most_one(&["media:title", "media:description"]);
        for text in &media.children {
            assert_eq!(text.attribute("type"), "plain");
            text.content();
        }
    }
}

/// RSS 2.0, with the profile of the RSS Advisory Board.
fn check_rss(document: &str) {
    let rss = Element::read(document);
    assert_eq!((&*rss.name, rss.attribute("version")), ("rss", "2.0"));
    rss.check_root();
    let channel = rss.one("channel");
    for name in ["title", "link", "description"] {
        channel.one(name).content();
    }
    is_on_the_web(channel.one("link").content());
    channel.at_most_one(&[
        "language",
        "lastBuildDate",
        "pubDate",
        "generator",
        "docs",
        "ttl",
        "image",
    ]);
    channel.all("language").for_each(|language| {
        assert!(language.content().parse::<crate::model::Language>().is_ok());
    });
    let is_date = |date: &Element| assert!(DateTime::parse_from_rfc2822(date.content()).is_ok());
    channel.all("lastBuildDate").for_each(is_date);
    let mut guids = BTreeSet::new();
    for item in channel.all("item") {
        item.at_most_one(&[
            "title",
            "link",
            "description",
            "author",
            "comments",
            "enclosure",
            "guid",
            "pubDate",
            "source",
            "content:encoded",
        ]);
        item.one("description").content();
        item.one("title").content();
        item.all("pubDate").for_each(is_date);
        item.all("link")
            .for_each(|link| is_on_the_web(link.content()));
        assert!(guids.insert(item.one("guid").content()), "a guid twice");
        for file in item.all("enclosure") {
            is_on_the_web(file.attribute("url"));
            is_number(file.attribute("length"));
            is_media_type(file.attribute("type"));
        }
        for source in item.all("source") {
            source.content();
            is_on_the_web(source.attribute("url"));
            let own = channel.one("link").content();
            let own: Url = own.parse().unwrap();
            assert!(
                !source
                    .attribute("url")
                    .starts_with(&own.origin().ascii_serialization())
            );
        }
        for category in item.all("category") {
            category.content();
        }
        for content in item.all("content:encoded") {
            assert_ne!(content.text, item.one("description").text);
        }
        check_media(item);
    }
}

/// JSON Feed 1.1.
fn check_json(document: &str) {
    let feed: Value = serde_json::from_str(document).expect("JSON");
    assert_eq!(feed["version"], "https://jsonfeed.org/version/1.1");
    assert!(feed["title"].is_string());
    check_filled("feed", &feed);
    for name in ["home_page_url", "feed_url"] {
        is_on_the_web(feed[name].as_str().unwrap());
    }
    let mut ids = BTreeSet::new();
    for item in feed["items"].as_array().expect("items") {
        assert!(ids.insert(item["id"].as_str().unwrap()), "an id twice");
        assert!(item["content_html"].is_string() || item["content_text"].is_string());
        for name in ["date_published", "date_modified"] {
            item[name].as_str().into_iter().for_each(is_rfc3339);
        }
        for name in ["url", "external_url", "image", "banner_image"] {
            item[name].as_str().into_iter().for_each(is_on_the_web);
        }
        for author in item["authors"].as_array().into_iter().flatten() {
            assert!(author["name"].is_string() || author["url"].is_string());
        }
        for file in item["attachments"].as_array().into_iter().flatten() {
            is_on_the_web(file["url"].as_str().unwrap());
            is_media_type(file["mime_type"].as_str().unwrap());
        }
        let tags: Vec<&str> = item["tags"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|tag| tag.as_str().unwrap())
            .collect();
        assert_eq!(
            tags.len(),
            tags.iter().collect::<BTreeSet<_>>().len(),
            "{tags:?}"
        );
        let language = item["language"].as_str();
        assert!(language.is_none_or(|tag| tag.parse::<crate::model::Language>().is_ok()));
    }
}

/// Checks that a value is not an empty text or list, nor `null`: these are left out. The items and the regions
/// are lists that may be empty.
fn check_filled(name: &str, value: &Value) {
    match value {
        Value::Null => panic!("`{name}` is null"),
        Value::String(text) => assert!(!text.trim().is_empty(), "`{name}` is empty"),
        Value::Array(values) => {
            assert!(
                !values.is_empty() || matches!(name, "items" | "regions"),
                "`{name}` is empty"
            );
            for value in values {
                check_filled(name, value);
            }
        }
        Value::Object(members) => members
            .iter()
            .for_each(|(name, value)| check_filled(name, value)),
        Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Checks OPML 2.0 and returns the addresses of the feeds in it.
pub(super) fn check_opml(document: &str) -> Vec<String> {
    let opml = Element::read(document);
    assert_eq!((&*opml.name, opml.attribute("version")), ("opml", "2.0"));
    opml.one("head").one("title").content();
    let body = opml.one("body");
    assert!(!body.children.is_empty(), "a list of nothing");
    let mut found = Vec::new();
    check_outlines(body, &mut found);
    found
}

fn check_outlines(around: &Element, found: &mut Vec<String>) {
    for outline in &around.children {
        assert_eq!(outline.name, "outline");
        assert!(!outline.attribute("text").is_empty());
        match outline.attributes.get("type").map(String::as_str) {
            Some("rss") => {
                is_on_the_web(outline.attribute("xmlUrl"));
                found.push(outline.attribute("xmlUrl").to_owned());
            }
            kind => assert!(
                kind.is_none() && !outline.children.is_empty(),
                "{outline:?}"
            ),
        }
        check_outlines(outline, found);
    }
}
