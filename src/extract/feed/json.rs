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

pub(in crate::extract) use converted::may_be_feed as may_be_converted;
pub(in crate::extract) use mend::repair_json;

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use url::Url;

use super::content;
use super::fault::{FormatFault, FormatFaults};
use super::{ExtractError, non_blank};
use crate::extract::MAX_ENTRIES;
use crate::model::{
    DocumentMetadata, Extracted, LinkRelation, Problem, RawAuthor, RawEnclosure, RawEntry,
    RawImage, RawLink, RawTag, RawText, SubscriptionHints,
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
pub(super) fn read_json_feed(text: &str) -> Result<Extracted, ExtractError> {
    let text = text.trim_start_matches(super::is_blank);
    let mut faults = FormatFaults::default();
    let mut reading = PartialFeed::default();
    let mut read = reading.parse_text(text);
    if read.as_ref().is_err_and(|error| !error.is_eof()) {
        let mended = repair_json(text, &mut faults);
        reading = PartialFeed::default();
        read = reading.parse_text(&mended);
    }
    if let Err(error) = read {
        if reading.entries.is_empty() {
            let reason = error.to_string();
            return Err(ExtractError::BadFeed { reason });
        }
        let (fault, at) = fault_at_break(&error, text);
        faults.note(fault, at);
    }
    if !reading.has_items {
        if let Some(converted) = converted::convert_to_xml(text) {
            return Ok(read_converted_xml(&converted));
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
    let mut problems = faults.into_problems(text);
    problems.append(&mut reading.problems);
    Ok(Extracted {
        channel: parse_channel(reading.channel),
        entries: reading.entries,
        problems,
        ..Extracted::default()
    })
}

/// Reads a feed that was converted from XML.
fn read_converted_xml(xml: &str) -> Extracted {
    let nowhere = Url::parse("about:blank").expect("it is an address");
    let mut extracted = super::xml::read_xml_feed(xml, &nowhere);
    // Line numbers of the converted text do not apply to the document.
    extracted
        .problems
        .retain(|problem| !matches!(problem, Problem::Malformed { .. }));
    extracted
}

/// Returns the fault that ends the reading of `text`, and the byte offset of its line.
fn fault_at_break(error: &serde_json::Error, text: &str) -> (FormatFault, usize) {
    if error.is_eof() {
        return (FormatFault::Cut, text.len());
    }
    let before = text.split_inclusive('\n').take(error.line() - 1);
    let what = "what follows is no JSON; the entries before it are kept";
    (FormatFault::Json(what), before.map(str::len).sum())
}

fn parse_channel(mut feed: JsonObject) -> DocumentMetadata {
    DocumentMetadata {
        format: Some("JSON Feed".to_owned()),
        title: feed.take_text("title").map(detect_copied_markup),
        description: feed.take_text("description").map(detect_copied_markup),
        home_page: feed.take_text("home_page_url"),
        language: feed.take_text("language"),
        authors: take_authors(&mut feed),
        image: feed.take_text("icon").or_else(|| feed.take_text("favicon")),
        advice: SubscriptionHints {
            self_link: feed.take_text("feed_url"),
            hubs: feed.take_list("hubs", hub_address),
            next: feed.take_text("next_url"),
            ..SubscriptionHints::default()
        },
        ..DocumentMetadata::default()
    }
}

fn parse_item(item: &mut JsonObject) -> RawEntry {
    let guid = item.take_text("id");
    let text = |text: String| content::without_cdata(&text).to_owned();
    let absolute = |address: &String| Url::parse(address).ok().filter(Url::has_host);
    let permalink = || guid.clone().filter(|guid| absolute(guid).is_some());
    let [url, external] = ["url", "external_url"].map(|key| item.take_text(key).map(text));
    let elsewhere = external.clone().filter(|_| url.is_some());
    let [html, plain] = ["content_html", "content_text"].map(|key| item.take_text(key));
    let [published, updated] = ["date_published", "date_modified"].map(|key| item.take_text(key));
    RawEntry {
        base: url.as_ref().and_then(absolute),
        link: url.or(external).or_else(permalink),
        title: item.take_text("title").map(detect_copied_markup),
        summary: item.take_text("summary").map(detect_copied_markup),
        content: html.map(RawText::Html).or(plain.map(RawText::Plain)),
        published: published.or_else(|| updated.clone()),
        updated,
        language: item.take_text("language"),
        authors: take_authors(item),
        tags: take_tags(item),
        links: elsewhere.into_iter().map(related_link).collect(),
        enclosures: item.take_list("attachments", parse_attachment),
        image: item
            .take_text("image")
            .or_else(|| item.take_text("banner_image"))
            .map(RawImage::from),
        guid,
        ..RawEntry::default()
    }
}

/// Returns the tags of a list, or of one text with commas between them.
fn take_tags(item: &mut JsonObject) -> Vec<RawTag> {
    match item.take_member("tags") {
        Some(JsonNode::Text(text)) => {
            let names = text.split([',', ';']).map(str::trim);
            let names = names.filter(|name| !name.is_empty()).take(MAX_LIST);
            names.map(|name| RawTag::from(name.to_owned())).collect()
        }
        Some(other) => {
            item.members.push(("tags", other));
            item.take_list("tags", |tag| tag.into_text().map(RawTag::from))
        }
        None => Vec::new(),
    }
}

fn related_link(url: String) -> RawLink {
    RawLink {
        relation: LinkRelation::Related,
        url,
        title: None,
    }
}

fn hub_address(found: JsonNode) -> Option<String> {
    match found {
        JsonNode::Object(mut hub) => hub.take_text("url"),
        _ => None,
    }
}

/// Returns text that the format defines as plain but that some publishers copy from HTML: a reference or an
/// end tag is never meant literally.
fn detect_copied_markup(text: String) -> RawText {
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
fn take_authors(object: &mut JsonObject) -> Vec<RawAuthor> {
    let mut authors = object.take_list("authors", parse_author);
    authors.extend(object.take_list("author", parse_author));
    authors
}

fn parse_author(found: JsonNode) -> Option<RawAuthor> {
    let JsonNode::Object(mut author) = found else {
        let name = found.into_text()?;
        return Some(RawAuthor { name, url: None });
    };
    let url = author.take_text("url");
    let name = author.take_text("name").or_else(|| url.clone())?;
    Some(RawAuthor { name, url })
}

fn parse_attachment(found: JsonNode) -> Option<RawEnclosure> {
    let JsonNode::Object(mut attachment) = found else {
        return None;
    };
    Some(RawEnclosure {
        url: attachment.take_text("url")?,
        title: attachment.take_text("title"),
        mime_type: attachment.take_text("mime_type"),
        length_bytes: attachment.take_text("size_in_bytes"),
        duration: attachment.take_text("duration_in_seconds"),
    })
}

/// A value, as far as a feed can use it.
enum JsonNode {
    Null,
    Flag,
    /// A string, or a number as written.
    Text(String),
    List(Vec<JsonNode>),
    Object(JsonObject),
}

impl JsonNode {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => non_blank(&text),
            _ => None,
        }
    }
}

/// The members in [`MEMBERS`]. If a name is repeated, the last value counts, as in other parsers.
#[derive(Default)]
struct JsonObject {
    members: Vec<(&'static str, JsonNode)>,
    /// The names of members of the wrong type.
    wrong: Vec<&'static str>,
}

impl JsonObject {
    fn take_member(&mut self, name: &str) -> Option<JsonNode> {
        let at = self.members.iter().rposition(|(known, _)| *known == name)?;
        Some(self.members.swap_remove(at).1)
    }

    fn take_text(&mut self, name: &'static str) -> Option<String> {
        match self.take_member(name)? {
            JsonNode::Null => None,
            JsonNode::Text(text) => non_blank(&text),
            _ => {
                self.wrong.push(name);
                None
            }
        }
    }

    /// Applies `read` to the values of a list, of an object as if it were a list, or to a single value.
    fn take_list<T>(&mut self, name: &'static str, read: fn(JsonNode) -> Option<T>) -> Vec<T> {
        let nodes = match self.take_member(name) {
            None | Some(JsonNode::Null) => return Vec::new(),
            Some(JsonNode::List(nodes)) => nodes,
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

impl<'de> Deserialize<'de> for JsonNode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonNodeVisitor)
    }
}

struct JsonNodeVisitor;

impl<'de> Visitor<'de> for JsonNodeVisitor {
    type Value = JsonNode;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<JsonNode, E> {
        Ok(JsonNode::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<JsonNode, E> {
        Ok(JsonNode::Flag)
    }

    fn visit_i64<E>(self, number: i64) -> Result<JsonNode, E> {
        Ok(JsonNode::Text(number.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<JsonNode, E> {
        Ok(JsonNode::Text(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<JsonNode, E> {
        Ok(JsonNode::Text(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<JsonNode, E> {
        Ok(JsonNode::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<JsonNode, E> {
        Ok(JsonNode::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<JsonNode, A::Error> {
        let mut list = Vec::new();
        while list.len() < MAX_LIST
            && let Some(node) = seq.next_element()?
        {
            list.push(node);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(JsonNode::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonNode, A::Error> {
        let mut object = JsonObject::default();
        while let Some(MemberName(name)) = map.next_key()? {
            object.read_member(name, &mut map)?;
        }
        Ok(JsonNode::Object(object))
    }
}

impl JsonObject {
    fn read_member<'de, A: MapAccess<'de>>(
        &mut self,
        name: Option<&'static str>,
        map: &mut A,
    ) -> Result<(), A::Error> {
        match name {
            Some(name) => {
                let node = map.next_value()?;
                self.take_member(name);
                self.members.push((name, node));
            }
            None => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

/// The name of a member, if it is one that is read.
struct MemberName(Option<&'static str>);

impl<'de> Deserialize<'de> for MemberName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(MemberNameVisitor)
    }
}

struct MemberNameVisitor;

impl Visitor<'_> for MemberNameVisitor {
    type Value = MemberName;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<MemberName, E> {
        Ok(MemberName(MEMBERS.into_iter().find(|known| *known == name)))
    }
}

/// The state read so far, up to a break in the text.
#[derive(Default)]
struct PartialFeed {
    channel: JsonObject,
    has_items: bool,
    /// The number of items met, including those that gave no entry.
    items: usize,
    entries: Vec<RawEntry>,
    problems: Vec<Problem>,
}

impl PartialFeed {
    fn parse_text(&mut self, text: &str) -> serde_json::Result<()> {
        let mut json = serde_json::Deserializer::from_str(text);
        // Ignore whatever follows the feed.
        json.deserialize_map(FeedVisitor(self))
    }

    fn push_item(&mut self, item: JsonNode) {
        self.items += 1;
        let position = self.items;
        let JsonNode::Object(mut item) = item else {
            self.problems.push(Problem::NoObject { position });
            return;
        };
        self.entries.push(parse_item(&mut item));
        let wrong = item.wrong.into_iter();
        self.problems
            .extend(wrong.map(|field| Problem::WrongType { position, field }));
    }

    /// Returns true if the maximum number of items is read, plus one that shows that there are more.
    fn is_full(&self) -> bool {
        self.items > MAX_ENTRIES
    }
}

struct FeedVisitor<'a>(&'a mut PartialFeed);

impl<'de> Visitor<'de> for FeedVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a feed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(MemberName(name)) = map.next_key()? {
            if name == Some("items") {
                map.next_value_seed(ItemsVisitor(self.0))?;
            } else {
                self.0.channel.read_member(name, &mut map)?;
            }
        }
        Ok(())
    }
}

/// Reads one item after the other, so that the items before a break are kept, and nothing else is.
struct ItemsVisitor<'a>(&'a mut PartialFeed);

impl<'de> DeserializeSeed<'de> for ItemsVisitor<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ItemsVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.0.has_items = true;
        while !self.0.is_full()
            && let Some(item) = seq.next_element()?
        {
            self.0.push_item(item);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.has_items = true;
        while !self.0.is_full()
            && let Some((_, item)) = map.next_entry::<IgnoredAny, JsonNode>()?
        {
            self.0.push_item(item);
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
        read_json_feed(text).unwrap_or_else(|error| panic!("{error}: {text}"))
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
            let Ok(read) = read_json_feed(cut) else {
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
        let refused = |text: &str| read_json_feed(text).unwrap_err().code().to_string();
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
