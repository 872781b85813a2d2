//! Reads the fixtures as their sources would, up to the items that they become.
//!
//! The settings of a fixture's source are in its first comment, one per line, as an operator writes them.

mod details;
mod foreign;
mod fuzz;
mod hostile;
mod noise;
mod places;
mod selectors;
mod sites;
mod steady;

use std::fmt::{Display, Write as _};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::LazyLock;

use chrono::{TimeZone as _, Utc};

use super::*;
use crate::config;
use crate::model::{
    DocumentMetadata, Enclosure, Image, Item, Location, Person, RawEntry, RawTag, RawText,
    SafeHtml, SubscriptionHints,
};
use crate::normalize::{self, ChannelInfo};

/// Returns a source for a fixture: its own settings on top of those that all fixtures share.
fn source(kind: &str, settings: &str) -> Source {
    let has_address = settings.lines().any(|line| line.starts_with("url "));
    let address = if has_address {
        ""
    } else {
        "url = 'https://bulletins.example/news/list'\n"
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tidings.toml");
    let text = format!(
        "[site]\ntimezone = \"America/Costa_Rica\"\n[[source]]\nid = \"fixture\"\nkind = \"{kind}\"\n{address}{settings}"
    );
    std::fs::write(&file, text).unwrap();
    let config = config::load(&file, &|_| None);
    let mut config = config.unwrap_or_else(|refused| panic!("{refused}"));
    config.sources.remove(0)
}

/// Returns the lines of the first comment that are settings.
fn settings(fixture: &str) -> String {
    let comment = fixture.split("<!--").nth(1).unwrap_or_default();
    let comment = comment.split("-->").next().unwrap_or_default();
    let is_key = |key: &str| {
        key.chars()
            .all(|c| c.is_ascii_lowercase() || "._".contains(c))
    };
    let is_setting = |line: &&str| {
        line.split_once('=')
            .is_some_and(|(key, _)| is_key(key.trim()))
    };
    let lines = comment.lines().filter(is_setting);
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

fn document(source: &Source, body: Vec<u8>) -> Document {
    let Location::Http(url) = &source.location else {
        panic!("a fixture has an address on the web");
    };
    Document {
        url: url.expose().clone(),
        content_type: None,
        body,
        fetched_at: Utc.with_ymd_and_hms(2021, 12, 1, 12, 0, 0).unwrap(),
    }
}

/// Returns a document's result, or the error with its advice.
fn shown(source: &Source, body: Vec<u8>) -> String {
    let document = document(source, body);
    let extracted = match extract(&document, source) {
        Ok(extracted) => extracted,
        Err(error) => {
            return format!("{}: {error}\naction: {}\n", error.code(), error.action());
        }
    };
    let about = normalize::normalize_channel(&document, &extracted.channel);
    let normalized = normalize::normalize(source, vec![(document, extracted.clone())]);
    let mut text = Lines::default();
    text.about(&about);
    text.channel(&extracted.channel);
    text.each("follow", &extracted.follow);
    text.each("problem", &normalized.problems);
    for item in &normalized.items {
        text.item(item);
        text.entry(&extracted.entries[item.position as usize]);
    }
    text.0
}

/// `name: value` lines. Absent values have none.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn each<T: Display>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        for value in values {
            writeln!(self.0, "{name}: {value}").unwrap();
        }
    }

    fn about(&mut self, about: &ChannelInfo) {
        self.each("channel", &about.title);
        self.each("description", &about.description);
        self.each("home page", &about.home_page);
        self.each("language", &about.language);
    }

    fn item(&mut self, item: &Item) {
        let (at, published) = (item.published.instant().to_rfc3339(), &item.published);
        let date = format!(
            "{at} {} {}",
            published.origin(),
            published.precision().as_str()
        );
        self.0.push('\n');
        self.each("title", [&item.title]);
        self.each("id", [item.id]);
        self.each(
            "key",
            [format!("{} {}", item.key.kind.as_str(), item.key.value)],
        );
        self.each("address", &item.address);
        self.each("date", [date]);
        self.each("updated", item.updated.map(|at| at.to_rfc3339()));
        self.each("event", item.event);
        self.each("language", &item.language);
        self.each("author", item.authors.iter().map(person));
        self.each("tag", &item.tags);
        self.each("enclosure", item.enclosures.iter().map(enclosure));
        for link in &item.links {
            let title = link.title.iter().map(|title| format!(" {title}"));
            let title: String = title.collect();
            self.each(link.relation.as_str(), [format!("{}{title}", link.url)]);
        }
        self.each("picture", item.image.iter().map(picture));
        self.each("summary", item.summary.as_ref().map(SafeHtml::as_str));
        self.each("content", item.content.as_ref().map(SafeHtml::as_str));
    }

    /// Adds the channel's values that no item carries.
    fn channel(&mut self, channel: &DocumentMetadata) {
        self.each("format", &channel.format);
        self.each("picture", &channel.image);
        self.each("licence", &channel.license);
        let SubscriptionHints {
            self_link,
            moved_to,
            hubs,
            next,
            previous_archive,
            is_complete,
            ttl_minutes,
            skip_hours,
            skip_days,
            update_period,
            update_frequency,
            update_base,
            cloud,
        } = &channel.advice;
        self.each("self", self_link);
        self.each("moved to", moved_to);
        self.each("hub", hubs);
        self.each("next", next);
        self.each("previous archive", previous_archive);
        self.each("complete", is_complete.then_some("yes"));
        self.each("ttl", ttl_minutes);
        self.each("skip hour", skip_hours);
        self.each("skip day", skip_days);
        self.each("update period", update_period);
        self.each("update frequency", update_frequency);
        self.each("update base", update_base);
        self.each("cloud", cloud);
    }

    /// Adds the entry's values that its item does not carry.
    fn entry(&mut self, entry: &RawEntry) {
        let scheme = |tag: &RawTag| Some(format!("{} of {}", tag.name, tag.scheme.as_ref()?));
        self.each("scheme", entry.tags.iter().filter_map(scheme));
        self.each("comments", &entry.comments);
        self.each("licence", &entry.license);
        let told = |part: &Option<String>| part.clone().unwrap_or_default();
        let origin = entry.origin.iter();
        self.each(
            "origin",
            origin.map(|from| format!("{} <{}>", told(&from.title), told(&from.url))),
        );
        let point = entry.point.iter();
        self.each(
            "point",
            point.map(|(north, east)| format!("{north} {east}")),
        );
    }
}

fn picture(image: &Image) -> String {
    let side = |side: Option<u32>| side.map_or("?".to_owned(), |side| side.to_string());
    let dimensions = match (image.width, image.height) {
        (None, None) => String::new(),
        (width, height) => format!(" {}x{}", side(width), side(height)),
    };
    let alt = image.alt.as_ref().map(|alt| format!(" “{alt}”"));
    format!("{}{dimensions}{}", image.url, alt.unwrap_or_default())
}

fn person(person: &Person) -> String {
    let url = person.url.as_ref().map(|url| format!(" <{url}>"));
    format!("{}{}", person.name, url.unwrap_or_default())
}

fn enclosure(file: &Enclosure) -> String {
    let Enclosure {
        url,
        title,
        mime_type,
        length_bytes,
        duration_seconds,
    } = file;
    let title = title.as_ref().map(|title| format!(" {title}"));
    let plays = duration_seconds.map(|seconds| format!(" {seconds} s"));
    format!(
        "{url} {mime_type} {length_bytes}{}{}",
        plays.unwrap_or_default(),
        title.unwrap_or_default()
    )
}

fn bytes(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// Returns a fixture's settings, from within it or from the text next to it if its format has no comments.
fn fixture(kind: &str, path: &Path) -> String {
    let body = bytes(path);
    let beside = path.with_extension("md");
    let said = if beside.is_file() {
        bytes(&beside)
    } else {
        body.clone()
    };
    let source = source(kind, &settings(&String::from_utf8_lossy(&said)));
    shown(&source, body)
}

#[test]
fn feeds() {
    insta::glob!(
        "../../tests/fixtures/feed",
        "*.{xml,rdf,json,html}",
        |path| insta::assert_snapshot!(fixture("feed", path))
    );
}

#[test]
fn pages() {
    insta::glob!("../../tests/fixtures/html", "*.html", |path| {
        insta::assert_snapshot!(fixture("html", path));
    });
}

#[test]
fn json() {
    insta::glob!("../../tests/fixtures/json", "*.{json,html}", |path| {
        insta::assert_snapshot!(fixture("json", path));
    });
}

#[test]
fn xml() {
    insta::glob!("../../tests/fixtures/xml", "*.xml", |path| {
        insta::assert_snapshot!(fixture("xml", path));
    });
}

#[test]
fn sitemaps() {
    insta::glob!("../../tests/fixtures/sitemap", "*.{xml,txt}", |path| {
        insta::assert_snapshot!(fixture("sitemap", path));
    });
}

/// Documents of automatic kind are read the same as with their kind configured.
#[test]
fn the_document_tells_its_kind() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for (kind, name) in [
        ("json", "json/wordpress.json"),
        ("json", "json/lines.json"),
        ("json", "json/jsonfeed.json"),
        ("feed", "feed/rss-in-json.json"),
        ("feed", "feed/atom-in-page.xml"),
        ("feed", "feed/atom-entry.xml"),
        ("feed", "feed/rss-shown-in-page.html"),
        ("xml", "xml/structure.xml"),
        ("sitemap", "sitemap/news.xml"),
        ("sitemap", "sitemap/index.xml"),
        ("sitemap", "sitemap/list.txt"),
    ] {
        let body = bytes(&fixtures.join(name));
        assert_eq!(
            shown(&source("auto", ""), body.clone()),
            shown(&source(kind, ""), body),
            "{name}"
        );
    }
}

/// Reports the paths hinted for documents read by structure, and if they read the same.
#[test]
fn the_paths_that_are_told_read_the_same() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut told = String::new();
    for name in [
        "json/wordpress.json",
        "json/strapi.json",
        "json/graphql.json",
        "json/lines.json",
        "json/calendar-items.json",
        "json/jsonapi-nodes.json",
        "json/rows-header.json",
        "json/rows-markup.json",
        "json/days.json",
        "json/days-lists.json",
        "json/keyed-records.json",
        "json/fields-by-key.json",
        "json/typed-links.json",
        "json/date-above.json",
        "json/mixed-rows.json",
        "json/single-article.json",
        "xml/structure.xml",
        "xml/sections.xml",
        "xml/named-fields.xml",
        "xml/day-groups.xml",
        "xml/single-decree.xml",
    ] {
        let by_structure = source("auto", "");
        let document = document(&by_structure, bytes(&fixtures.join(name)));
        let paths = suggest_settings(&document, &by_structure).setting_keys();
        let mut settings = String::new();
        for (key, places) in paths.iter().skip(1) {
            writeln!(settings, "{key} = {places:?}").unwrap();
        }
        let by_rules = source(&paths[0].1[0], &settings);
        let read = |source| extract(&document, source).unwrap().entries;
        assert_eq!(read(&by_rules), read(&by_structure), "{name}");
        writeln!(told, "{name} ({})\n{settings}", paths[0].1[0]).unwrap();
    }
    insta::assert_snapshot!(told);
}

/// The first list returned is the one that is read.
#[test]
fn the_lists_that_are_told_begin_with_the_one_that_is_read() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for (name, records) in [("json/strapi.json", 3), ("xml/sections.xml", 4)] {
        let source = source("auto", "");
        let document = document(&source, bytes(&fixtures.join(name)));
        let lists = rank_lists(&document, &source, 3);
        let first = lists.first().unwrap();
        let read = extract(&document, &source).unwrap().entries;
        let titles = read.iter().take(3).filter_map(|entry| entry.title.as_ref());
        let titles: Vec<&str> = titles.map(RawText::as_str).collect();
        assert_eq!(
            (first.records, &first.titles),
            (
                records,
                &titles.iter().map(|title| (*title).to_owned()).collect()
            ),
            "{name}"
        );
        assert_eq!(
            first.setting_keys(),
            suggest_settings(&document, &source).setting_keys(),
            "{name}"
        );
    }
    let page = source("html", "");
    assert!(rank_lists(&document(&page, b"<p>One</p>".to_vec()), &page, 3).is_empty());
}

/// Returns the fixtures that are read by their structure, by name.
fn structured() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/html");
    let files = folder.read_dir().unwrap().map(|file| file.unwrap().path());
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let read = |path: &Path| (name(path), String::from_utf8(bytes(path)).unwrap());
    let mut pages: Vec<_> = files.map(|path| read(&path)).collect();
    pages.retain(|(name, _)| name.starts_with("auto-"));
    pages.sort();
    assert!(pages.len() >= 12);
    pages
}

/// Returns the page without the value of an attribute, wherever it occurs.
fn without(attribute: &str, page: &str) -> String {
    let begin = format!(" {attribute}=\"");
    let mut pieces = page.split(&begin);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |page, piece| {
        page + piece.split_once('"').map_or("", |(_, rest)| rest)
    })
}

/// Returns the page without anything that names its parts for programs.
fn bare(page: &str) -> String {
    let names = ["class", "id", "itemprop", "rel"];
    let bare = |page: String, name: &&str| without(name, &page);
    names.iter().fold(page.to_owned(), bare)
}

#[test]
fn neither_classes_nor_ids_are_needed() {
    for (name, page) in structured() {
        let source = source("html", &settings(&page));
        let bare = bare(&page);
        // An article's own address is in `rel`, and only a class marks a text as one for screen readers.
        if !matches!(name.as_str(), "auto-article" | "auto-hidden-text") {
            let read = |page: String| shown(&source, page.into_bytes());
            assert_eq!(read(bare), read(page), "{name}");
        }
    }
}

/// Returns the title, address and date of each entry.
fn essence(extracted: &Extracted) -> Vec<(Option<&str>, Option<&str>, Option<&str>)> {
    let entries = extracted.entries.iter();
    let essence = entries.map(|entry| {
        let title = entry.title.as_ref().map(RawText::as_str);
        (title, entry.link.as_deref(), entry.published.as_deref())
    });
    essence.collect()
}

#[test]
fn the_selectors_that_are_told_read_the_same() {
    let mut told = String::new();
    for (name, page) in structured() {
        let by_structure = source("html", &settings(&page));
        let document = document(&by_structure, page.into_bytes());
        let hinted = suggest_settings(&document, &by_structure);
        let Some(rules) = hinted.page_rules() else {
            writeln!(told, "{name}\n").unwrap();
            continue;
        };
        let by_rules = Source {
            reading: Reading::Html(Box::new(rules.clone())),
            ..by_structure.clone()
        };
        let read = |source| extract(&document, source).unwrap();
        let (by_rules, by_structure) = (read(&by_rules), read(&by_structure));
        writeln!(told, "{name}").unwrap();
        for (field, rule) in rules.places() {
            writeln!(told, "  {field} = {rule}").unwrap();
        }
        let same = essence(&by_rules) == essence(&by_structure);
        writeln!(told, "{}\n", if same { "the same" } else { "not the same" }).unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_linked_feed_is_told() {
    let page = "<!DOCTYPE html><link rel=alternate type='application/rss+xml' href='/rss'><p>Text."
        .to_owned();
    let told = |kind: &str, settings: &str| {
        let source = source(kind, settings);
        let feed = suggest_settings(&document(&source, page.clone().into_bytes()), &source).feed;
        feed.map(String::from)
    };
    let feed = Some("https://bulletins.example/rss".to_owned());
    assert_eq!((told("html", ""), told("auto", "")), (feed.clone(), feed));
    assert_eq!((told("html", SELECTORS), told("text", "")), (None, None));
}

static READINGS: LazyLock<[Source; 11]> = LazyLock::new(|| {
    [
        source("auto", ""),
        source("feed", ""),
        source("text", ""),
        source("html", SELECTORS),
        source("html", PLACES),
        source("html", ""),
        source("json", ""),
        source("json", JSON_PATHS),
        source("xml", ""),
        source("xml", ELEMENT_PATHS),
        source("sitemap", "only = 'e'"),
    ]
});

const JSON_PATHS: &str = "select.item = '$..*'\nselect.title = '$..title'\nselect.date = '$.id'\nselect.content = '$.*'\nselect.updated = '^$.date'\nselect.guid = '~'\n";
const ELEMENT_PATHS: &str = "select.item = '//*'\nselect.title = '//title'\nselect.date = '@a'\nselect.content = '*'\nselect.link = '*//*@href'\nselect.updated = '^date'\nselect.guid = '^@id'\n";

const SELECTORS: &str = "select.item = 'li'\nselect.title = 'b'\nselect.date = 'time'\nselect.summary = 'p, i'\npages.next = 'a'\n";

const PLACES: &str = "select.item = [{ from = 'h3, li', until = 'hr' }, 'div']\nselect.title = [':self > b', ':self']\nselect.date = [{ before = 'p, time' }, { page = 'i' }]\nselect.summary = { join = ['p', { before = 'a@href' }, ':self'], with = '<' }\n";

#[test]
fn a_page_nested_too_deep_is_refused() {
    let source = source("html", SELECTORS);
    let page = |levels: usize| format!("{}<li><b>One</b>", "<div>".repeat(levels)).into_bytes();
    let read = |levels| extract(&document(&source, page(levels)), &source);
    assert_eq!(read(500).unwrap().entries.len(), 1);
    assert_eq!(read(100_000), Err(ExtractError::TooDeep { limit: 512 }));
}

#[test]
fn a_feed_is_decoded_once() {
    let source = source("feed", "");
    for encoding in ["utf-16", "utf-8", "iso-8859-1", "no-such-encoding"] {
        let feed = format!(
            "\u{feff}<?xml version='1.0' encoding='{encoding}'?>\n<rss><channel><item><title>Año</title></item></channel></rss>"
        );
        let body = feed.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let read = extract(&document(&source, body), &source).unwrap();
        let title = read.entries[0].title.as_ref().map(RawText::as_str);
        assert_eq!(title, Some("Año"), "{encoding}");
    }
}
