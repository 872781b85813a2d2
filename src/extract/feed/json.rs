//! Reads JSON Feed 1.0 and 1.1 into raw entries.
//!
//! In: the decoded text. Out: entries in document order, and a [`Problem`] for each part left out or
//! corrected.
//!
//! | member | field |
//! |---|---|
//! | `id` | `guid`; a number is taken as its digits, as the format requires |
//! | `url`, else `external_url`, else an `id` that is an address | `link` |
//! | `external_url` in addition to a `url` | `links` |
//! | `title` | `title` |
//! | `content_html`, else `content_text` | `content`; addresses in it start from an absolute `url`, as on that page |
//! | `summary` | `summary` |
//! | `date_published`, else `date_modified` | `published` |
//! | `date_modified` | `updated` |
//! | `authors` (1.1), `author` (1.0) | `authors`; a string is a name |
//! | `tags`, `language`, `attachments` | the same |
//!
//! As lenient as other readers: `version` is not required, a member of the wrong type costs only that member,
//! a single value in place of a list is a list of one, and a list may be an object (PHP writes one if a key
//! is missing). Extensions are skipped unread. Invalid JSON is repaired and read again. If a text ends too
//! early, the entries before its end are kept.

mod converted;
mod mend;

pub(in crate::extract) use converted::may_be as may_be_converted;
pub(in crate::extract) use mend::mend;

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use url::Url;

use super::content;
use super::fault::{Fault, Faults};
use super::{ExtractError, filled};
use crate::extract::MAX_ENTRIES;
use crate::model::{
    Advice, Channel, Extracted, Problem, RawAuthor, RawEnclosure, RawEntry, RawImage, RawLink,
    RawTag, RawText, Relation,
};

/// The members that are read. Others are skipped.
const MEMBERS: [&str; 28] = [
    "attachments",
    "author",
    "authors",
    "banner_image",
    "content_html",
    "content_text",
    "date_modified",
    "date_published",
    "description",
    "duration_in_seconds",
    "external_url",
    "favicon",
    "feed_url",
    "home_page_url",
    "hubs",
    "icon",
    "id",
    "image",
    "items",
    "language",
    "mime_type",
    "name",
    "next_url",
    "size_in_bytes",
    "summary",
    "tags",
    "title",
    "url",
];
/// The maximum length of a list of authors, tags or attachments as read. Fewer of them are kept.
const MAX_LIST: usize = 100;

/// Reads a feed.
///
/// # Errors
/// Returns [`ExtractError::NotAFeed`] if `items` is missing, and [`ExtractError::BadFeed`] if the text breaks
/// before the first item is read.
pub(super) fn read(text: &str) -> Result<Extracted, ExtractError> {
    let text = text.trim_start_matches(super::is_blank);
    let mut faults = Faults::default();
    let mut reading = Reading::default();
    let mut read = reading.read(text);
    if read.as_ref().is_err_and(|error| !error.is_eof()) {
        let mended = mend(text, &mut faults);
        reading = Reading::default();
        read = reading.read(&mended);
    }
    if let Err(error) = read {
        if reading.entries.is_empty() {
            let reason = error.to_string();
            return Err(ExtractError::BadFeed { reason });
        }
        let (fault, at) = broken(&error, text);
        faults.note(fault, at);
    }
    if !reading.has_items {
        if let Some(converted) = converted::xml(text) {
            return Ok(read_converted(&converted));
        }
        return Err(ExtractError::NotAFeed {
            found: "JSON without `items`",
            link: None,
        });
    }
    if reading.entries.is_empty() && reading.items > 0 {
        let reason = format!("none of its {} items is an object", reading.items);
        return Err(ExtractError::BadFeed { reason });
    }
    let mut problems = faults.problems(text);
    problems.append(&mut reading.problems);
    Ok(Extracted {
        channel: channel(reading.channel),
        entries: reading.entries,
        problems,
        ..Extracted::default()
    })
}

/// Reads a feed that was converted from XML.
fn read_converted(xml: &str) -> Extracted {
    let nowhere = Url::parse("about:blank").expect("it is an address");
    let mut extracted = super::xml::read(xml, &nowhere);
    // Line numbers of the converted text do not apply to the document.
    extracted
        .problems
        .retain(|problem| !matches!(problem, Problem::Malformed { .. }));
    extracted
}

/// Returns the fault that ends the reading of `text`, and the byte offset of its line.
fn broken(error: &serde_json::Error, text: &str) -> (Fault, usize) {
    if error.is_eof() {
        return (Fault::Cut, text.len());
    }
    let before = text.split_inclusive('\n').take(error.line() - 1);
    let what = "what follows is no JSON; the entries before it are kept";
    (Fault::Json(what), before.map(str::len).sum())
}

fn channel(mut feed: Object) -> Channel {
    Channel {
        format: Some("JSON Feed".to_owned()),
        title: feed.text("title").map(said_plain),
        description: feed.text("description").map(said_plain),
        home_page: feed.text("home_page_url"),
        language: feed.text("language"),
        authors: authors(&mut feed),
        image: feed.text("icon").or_else(|| feed.text("favicon")),
        advice: Advice {
            self_link: feed.text("feed_url"),
            hubs: feed.list("hubs", hub),
            next: feed.text("next_url"),
            ..Advice::default()
        },
        ..Channel::default()
    }
}

fn entry(item: &mut Object) -> RawEntry {
    let guid = item.text("id");
    let text = |text: String| content::without_section(&text).to_owned();
    let absolute = |address: &String| Url::parse(address).ok().filter(Url::has_host);
    let permalink = || guid.clone().filter(|guid| absolute(guid).is_some());
    let [url, external] = ["url", "external_url"].map(|key| item.text(key).map(text));
    let elsewhere = external.clone().filter(|_| url.is_some());
    let [html, plain] = ["content_html", "content_text"].map(|key| item.text(key));
    let [published, updated] = ["date_published", "date_modified"].map(|key| item.text(key));
    RawEntry {
        base: url.as_ref().and_then(absolute),
        link: url.or(external).or_else(permalink),
        title: item.text("title").map(said_plain),
        summary: item.text("summary").map(said_plain),
        content: html.map(RawText::Html).or(plain.map(RawText::Plain)),
        published: published.or_else(|| updated.clone()),
        updated,
        language: item.text("language"),
        authors: authors(item),
        tags: tags(item),
        links: elsewhere.into_iter().map(related).collect(),
        enclosures: item.list("attachments", enclosure),
        image: item
            .text("image")
            .or_else(|| item.text("banner_image"))
            .map(RawImage::from),
        guid,
        ..RawEntry::default()
    }
}

/// Returns the tags of a list, or of one text with commas between them.
fn tags(item: &mut Object) -> Vec<RawTag> {
    match item.take("tags") {
        Some(Node::Text(text)) => {
            let names = text.split([',', ';']).map(str::trim);
            let names = names.filter(|name| !name.is_empty()).take(MAX_LIST);
            names.map(|name| RawTag::from(name.to_owned())).collect()
        }
        Some(other) => {
            item.members.push(("tags", other));
            item.list("tags", |tag| tag.into_text().map(RawTag::from))
        }
        None => Vec::new(),
    }
}

fn related(url: String) -> RawLink {
    RawLink {
        relation: Relation::Related,
        url,
        title: None,
    }
}

fn hub(found: Node) -> Option<String> {
    match found {
        Node::Object(mut hub) => hub.text("url"),
        _ => None,
    }
}

/// Returns text that the format defines as plain but that some publishers copy from HTML: a reference or an
/// end tag is never meant literally.
fn said_plain(text: String) -> RawText {
    let is_reference = |rest: &str| {
        let name = rest.split(';').next().unwrap_or_default();
        let name = name.strip_prefix('#').unwrap_or(name);
        name.len() < rest.len()
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    if text.contains("</") || text.split('&').skip(1).any(is_reference) {
        RawText::Unsaid(text)
    } else {
        RawText::Plain(text)
    }
}

/// Returns `authors` of version 1.1 and `author` of version 1.0. An author in both is dropped later, along
/// with other duplicates.
fn authors(object: &mut Object) -> Vec<RawAuthor> {
    let mut authors = object.list("authors", author);
    authors.extend(object.list("author", author));
    authors
}

fn author(found: Node) -> Option<RawAuthor> {
    let Node::Object(mut author) = found else {
        let name = found.into_text()?;
        return Some(RawAuthor { name, url: None });
    };
    let url = author.text("url");
    let name = author.text("name").or_else(|| url.clone())?;
    Some(RawAuthor { name, url })
}

fn enclosure(found: Node) -> Option<RawEnclosure> {
    let Node::Object(mut attachment) = found else {
        return None;
    };
    Some(RawEnclosure {
        url: attachment.text("url")?,
        title: attachment.text("title"),
        mime_type: attachment.text("mime_type"),
        length_bytes: attachment.text("size_in_bytes"),
        duration: attachment.text("duration_in_seconds"),
    })
}

/// A value, as far as a feed can use it.
enum Node {
    Null,
    Flag,
    /// A string, or a number as written.
    Text(String),
    List(Vec<Node>),
    Object(Object),
}

impl Node {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => filled(&text),
            _ => None,
        }
    }
}

/// The members in [`MEMBERS`]. If a name is repeated, the last value counts, as in other parsers.
#[derive(Default)]
struct Object {
    members: Vec<(&'static str, Node)>,
    /// The names of members of the wrong type.
    wrong: Vec<&'static str>,
}

impl Object {
    fn take(&mut self, name: &str) -> Option<Node> {
        let at = self.members.iter().rposition(|(known, _)| *known == name)?;
        Some(self.members.swap_remove(at).1)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Node::Null => None,
            Node::Text(text) => filled(&text),
            _ => {
                self.wrong.push(name);
                None
            }
        }
    }

    /// Applies `read` to the values of a list, of an object as if it were a list, or to a single value.
    fn list<T>(&mut self, name: &'static str, read: fn(Node) -> Option<T>) -> Vec<T> {
        let nodes = match self.take(name) {
            None | Some(Node::Null) => return Vec::new(),
            Some(Node::List(nodes)) => nodes,
            Some(node) => vec![node],
        };
        let count = nodes.len();
        let read: Vec<T> = nodes.into_iter().filter_map(read).collect();
        if read.len() < count {
            self.wrong.push(name);
        }
        read
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Flag)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Text(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Text(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Text(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while list.len() < MAX_LIST
            && let Some(node) = seq.next_element()?
        {
            list.push(node);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut object = Object::default();
        while let Some(Name(name)) = map.next_key()? {
            object.read(name, &mut map)?;
        }
        Ok(Node::Object(object))
    }
}

impl Object {
    fn read<'de, A: MapAccess<'de>>(
        &mut self,
        name: Option<&'static str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            Some(name) => {
                let node = map.next_value()?;
                self.take(name);
                self.members.push((name, node));
            }
            None => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

/// The name of a member, if it is one that is read.
struct Name(Option<&'static str>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Name, E> {
        Ok(Name(MEMBERS.into_iter().find(|known| *known == name)))
    }
}

/// The state read so far, up to a break in the text.
#[derive(Default)]
struct Reading {
    channel: Object,
    has_items: bool,
    /// The number of items met, including those that gave no entry.
    items: usize,
    entries: Vec<RawEntry>,
    problems: Vec<Problem>,
}

impl Reading {
    fn read(&mut self, text: &str) -> serde_json::Result<()> {
        let mut json = serde_json::Deserializer::from_str(text);
        // Ignore whatever follows the feed.
        json.deserialize_map(Feed(self))
    }

    fn item(&mut self, item: Node) {
        self.items += 1;
        let position = self.items;
        let Node::Object(mut item) = item else {
            self.problems.push(Problem::NoObject { position });
            return;
        };
        self.entries.push(entry(&mut item));
        let wrong = item.wrong.into_iter();
        self.problems
            .extend(wrong.map(|field| Problem::WrongType { position, field }));
    }

    /// Returns true if the maximum number of items is read, plus one that shows that there are more.
    fn is_full(&self) -> bool {
        self.items > MAX_ENTRIES
    }
}

struct Feed<'a>(&'a mut Reading);

impl<'de> Visitor<'de> for Feed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a feed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Name(name)) = map.next_key()? {
            if name == Some("items") {
                map.next_value_seed(Items(self.0))?;
            } else {
                self.0.channel.read(name, &mut map)?;
            }
        }
        Ok(())
    }
}

/// Reads one item after the other, so that the items before a break are kept, and nothing else is.
struct Items<'a>(&'a mut Reading);

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.has_items = true;
        while !self.0.is_full()
            && let Some(item) = seq.next_element()?
        {
            self.0.item(item);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.has_items = true;
        while !self.0.is_full()
            && let Some((_, item)) = map.next_entry::<IgnoredAny, Node>()?
        {
            self.0.item(item);
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    /// `null` means no items.
    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.has_items = true;
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Extracted {
        read(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Returns the one item of a feed.
    fn item(members: &str) -> RawEntry {
        let mut feed = of(&format!("{{\"items\": [{{{members}}}]}}"));
        assert_eq!(feed.entries.len(), 1, "{members}");
        feed.entries.remove(0)
    }

    /// Checks the ids of the entries kept of `text`, and the problems reported.
    #[track_caller]
    fn check(text: &str, ids: &[&str], problems: &[&str]) {
        let read = of(text);
        let kept: Vec<_> = read
            .entries
            .iter()
            .filter_map(|entry| entry.guid.as_deref())
            .collect();
        let told: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            (kept.as_slice(), told),
            (ids, problems.iter().map(|&text| text.to_owned()).collect())
        );
    }

    #[test]
    fn what_is_left_out_costs_nothing_else() {
        check("\u{FEFF} {\"items\": []} more", &[], &[]);
        check(r#"{"items": null}"#, &[], &[]);
        check(
            r#"{"items": [{"id": "a"}, 7, {"id": "b"}]}"#,
            &["a", "b"],
            &["entry 2 is no object and was left out"],
        );
        check(
            r#"{"items": {"0": {"id": "a"}, "2": {"id": "b"}}}"#,
            &["a", "b"],
            &[],
        );
        check(
            r#"{"version": 1, "items": [{"id": "a", "title": ["b"], "tags": [{}], "x": [[[1]]], "_x": {"id": 1}}]}"#,
            &["a"],
            &[
                "entry 1: `title` is of the wrong type and was left out",
                "entry 1: `tags` is of the wrong type and was left out",
            ],
        );
        check(r#"{"items": [{"id": "a", "id": "b"}]}"#, &["b"], &[]);
        check(
            r#"{"items": [{"id": 18446744073709551615}, {"id": 1.5}]}"#,
            &["18446744073709551615", "1.5"],
            &[],
        );
    }

    #[test]
    fn what_stands_before_a_break_is_kept() {
        let whole = r#"{"title": "t", "items": [{"id": "a"}, {"id": "b", "title": "c"}], "language": "es"}"#;
        let first = whole.find("}, ").unwrap() + 1;
        for end in whole.char_indices().map(|(at, _)| at) {
            let cut = whole.get(..end).unwrap();
            let Ok(read) = read(cut) else {
                assert!(end < first, "{cut}");
                continue;
            };
            assert_eq!(read.channel.title, Some(RawText::Plain("t".into())));
            assert_eq!(read.problems.len(), 1, "{cut}");
        }
        let cut = "the document ends before the feed does; what was read is kept";
        check(
            "{\"items\": [\n{\"id\": \"a\"},\n{\"id",
            &["a"],
            &[&format!("line 3: {cut}")],
        );
        check(
            "{\"items\": [{\"id\": \"a\"},",
            &["a"],
            &[&format!("line 1: {cut}")],
        );
        let comma = "line 2: a comma separates nothing; it is left out";
        check(
            "{\"items\": [{\"id\": \"a\",\n},\n{\"id",
            &["a"],
            &[comma, &format!("line 3: {cut}")],
        );
        let broken = "line 2: what follows is no JSON; the entries before it are kept";
        check(
            "{\"items\": [{\"id\": \"a\"},\n{\"id\" \"b\"}, {\"id\": \"c\"}]}",
            &["a"],
            &[
                broken,
                "line 2: a comma is missing; it is read as if it were there",
            ],
        );
    }

    #[test]
    fn what_is_no_feed_is_refused() {
        let refused = |text: &str| read(text).unwrap_err().code().to_string();
        assert_eq!(refused(r#"{"a": 1}"#), "not-a-feed");
        assert_eq!(refused(r#"{"items": "none"}"#), "not-a-feed");
        assert_eq!(refused(r#"{"items": [{"id": "#), "bad-feed");
        assert_eq!(refused("{"), "bad-feed");
        assert_eq!(refused("{nothing}"), "bad-feed");
        assert_eq!(refused(r#"{"items": [1, "a"]}"#), "bad-feed");
    }

    #[test]
    fn members_are_read_as_they_are_meant() {
        assert_eq!(item(r#""id": " ", "title": null"#), RawEntry::default());
        let link = |members: &str| item(members).link;
        assert_eq!(
            link(r#""url": "/a", "external_url": "https://b.example/""#).as_deref(),
            Some("/a")
        );
        assert_eq!(
            link(r#""url": "", "external_url": "/b", "id": "https://c.example/""#).as_deref(),
            Some("/b")
        );
        assert_eq!(
            link(r#""id": "https://c.example/""#).as_deref(),
            Some("https://c.example/")
        );
        assert_eq!(link(r#""id": "tag:c.example,2021:1""#), None);
        let base = |url: &str| item(&format!("\"url\": \"{url}\"")).base.map(String::from);
        assert_eq!(
            base("https://a.example/b"),
            Some("https://a.example/b".to_owned())
        );
        assert_eq!(base("b"), None);
        let title = |text: &str| item(&format!("\"title\": \"{text}\"")).title;
        assert_eq!(title("a < b <c>"), Some(RawText::Plain("a < b <c>".into())));
        assert_eq!(
            title("a &amp; b"),
            Some(RawText::Unsaid("a &amp; b".into()))
        );
        assert_eq!(title("<i>a</i>"), Some(RawText::Unsaid("<i>a</i>".into())));
        assert_eq!(title("a & b; c"), Some(RawText::Plain("a & b; c".into())));
        let content = item(r#""content_html": "", "content_text": "<a>""#).content;
        assert_eq!(content, Some(RawText::Plain("<a>".into())));
        let tags = |written: &str| -> Vec<String> {
            let tags = item(&format!("\"tags\": {written}")).tags;
            tags.into_iter().map(|tag| tag.name).collect()
        };
        assert_eq!(tags("[\"a\", 1, null, {}]"), ["a", "1"]);
        assert_eq!(tags("\"a\""), ["a"]);
        assert_eq!(tags("\"a, b;, c\""), ["a", "b", "c"]);
        let names = |members: &str| -> Vec<String> {
            item(members)
                .authors
                .into_iter()
                .map(|author| author.name)
                .collect()
        };
        assert_eq!(
            names(r#""authors": [{"name": "A"}, "B", {"url": "/c"}, {}]"#),
            ["A", "B", "/c"]
        );
        assert_eq!(
            names(r#""authors": {"name": "A"}, "author": "B""#),
            ["A", "B"]
        );
        let file = item(r#""attachments": {"url": "/a", "size_in_bytes": "12"}"#)
            .enclosures
            .remove(0);
        assert_eq!(
            (&*file.url, file.length_bytes.as_deref()),
            ("/a", Some("12"))
        );
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let feed = |item: &str| {
            format!(
                "{{\"items\": [{}{item}]}}",
                format!("{item},").repeat(9_999)
            )
        };
        assert_eq!(of(&feed("{\"id\": 1}")).entries.len(), MAX_ENTRIES + 1);
        let numbers = feed("1").replacen("[1", "[{\"id\": 1}", 1);
        assert_eq!(of(&numbers).problems.len(), MAX_ENTRIES);
        let tags = item(&format!("\"tags\": [{}1]", "1,".repeat(9_999))).tags;
        assert_eq!(tags.len(), MAX_LIST);
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(
            item(&format!("\"x\": {deep}, \"id\": \"a\""))
                .guid
                .as_deref(),
            Some("a")
        );
    }
}
