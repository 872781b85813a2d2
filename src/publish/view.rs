//! The data of a feed and of a story that all formats share, decided once: addresses, ids, dates, authors,
//! bodies.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, FixedOffset, SubsecRound};
use scraper::Html;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use url::Url;
use uuid::Uuid;

use crate::model::{
    Alternate, Branch, Enclosure, Feed, FeedId, FeedName, FeedScope, FeedSummary, Language, Person,
    Published, Region, RemovalReason, Report, SafeHtml, Site, SourceId, Story, Timestamp, TopicId,
};

use super::words::{SEPARATOR, Words};

/// The program's name in feeds. It has no version, so that an upgrade alone changes no feed.
pub(super) const GENERATOR: &str = "tidings";

/// The namespace of the ids of feeds and sources in feeds. It must never change, because ids are permanent.
const NAMESPACE: Uuid = Uuid::from_u128(0x2c6e_93d1_40fb_5a87_b1d9_7e05_c8a4_316f);

/// Returns the scheme of a region's code in feeds: the parts of ISO 3166 by their names in RFC 5141.
pub(super) fn region_scheme(region: Region) -> &'static str {
    if region.is_subdivision() {
        "urn:iso:std:iso:3166:-2"
    } else {
        "urn:iso:std:iso:3166:-1"
    }
}

/// The formats in which stories are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeedFormat {
    /// RSS 2.0.
    Rss,
    /// Atom 1.0.
    Atom,
    /// JSON Feed 1.1.
    Json,
    /// A page for people.
    Html,
}

impl FeedFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Rss, Self::Atom, Self::Json, Self::Html];

    /// The formats for feed readers.
    pub(super) const FEEDS: [Self; 3] = [Self::Rss, Self::Atom, Self::Json];

    /// Returns the name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rss => "RSS",
            Self::Atom => "Atom",
            Self::Json => "JSON",
            Self::Html => "HTML",
        }
    }

    /// Returns the file extension: `atom`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::Json => "json",
            Self::Html => "html",
        }
    }

    /// Returns the media type.
    pub fn mime_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml",
            Self::Atom => "application/atom+xml",
            Self::Json => "application/feed+json",
            Self::Html => "text/html",
        }
    }

    /// Returns the file of the feed `id` in this format, which is also its address relative to the published
    /// folder.
    pub(super) fn file_name(self, id: &FeedId) -> String {
        format!("{id}.{}", self.extension())
    }

    /// Returns the address in this format, relative to the published folder. A query is encoded as browsers
    /// send a form (`application/x-www-form-urlencoded`), so that the link and the form make the same request.
    pub(super) fn relative_address(self, scope: &FeedScope) -> String {
        match scope {
            FeedScope::Feed(name) => self.file_name(&name.id),
            FeedScope::Search(query) => {
                let query: String =
                    url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
                format!("{SEARCH}.{}?{FIELD}={query}", self.extension())
            }
        }
    }

    /// Returns the absolute address in this format.
    pub(super) fn absolute_address(self, scope: &FeedScope, site: &Site) -> String {
        format!("{}{}", site.base_url, self.relative_address(scope))
    }
}

/// The path of searches in the published folder, without the extension.
pub(super) const SEARCH: &str = "search";
/// The name of the query in an address.
pub(super) const FIELD: &str = "q";

/// Returns the path from the page of `scope` up to the folder that all addresses are relative to.
pub(super) fn path_to_root(scope: &FeedScope) -> &'static str {
    match scope {
        FeedScope::Feed(name) if name.id.branch().is_some() => "../",
        _ => "",
    }
}

/// Returns a feed's title: `Labour migration` for a topic, `Labour migration · Mexico` for a branch, `“visas” ·
/// Search` for a search.
pub(super) fn scope_title(scope: &FeedScope, site: &Site) -> String {
    let words = Words::for_language(&site.language);
    match scope {
        FeedScope::Feed(name) => feed_title(name, words),
        FeedScope::Search(query) => format!("“{query}”{SEPARATOR}{}", words.search),
    }
}

/// Returns the title of a topic or a branch.
pub(super) fn feed_title(name: &FeedName, words: &Words) -> String {
    match name.id.branch() {
        Some(branch) => {
            let branch = words.branch_name(branch, name.publisher.as_deref());
            format!("{}{SEPARATOR}{branch}", name.topic)
        }
        None => name.topic.clone(),
    }
}

/// Branches of one topic that differ in the same facets.
pub(super) struct BranchKind<'a> {
    /// The name of these facets.
    pub(super) name: &'static str,
    /// The name of each branch within its topic, and the branch, sorted by name.
    pub(super) branches: Vec<(String, &'a FeedSummary)>,
}

/// Groups branches by kind: those of one facet first, then those of several.
pub(super) fn group_by_kind<'a>(
    feeds: impl IntoIterator<Item = &'a FeedSummary>,
    words: &Words,
) -> Vec<BranchKind<'a>> {
    let mut kinds = BTreeMap::new();
    for feed in feeds {
        let Some(branch) = feed.name.id.branch() else {
            continue;
        };
        let kind = kinds
            .entry(kind_rank(branch))
            .or_insert_with(|| BranchKind {
                name: words.facet_heading(branch),
                branches: Vec::new(),
            });
        let name = words.branch_name(branch, feed.name.publisher.as_deref());
        kind.branches.push((name, feed));
    }
    let mut kinds: Vec<BranchKind> = kinds.into_values().collect();
    for kind in &mut kinds {
        kind.branches
            .sort_by_cached_key(|(name, feed)| (name_sort_key(name), feed.name.id.clone()));
    }
    kinds
}

/// Returns the sort key of a branch's kind: the number of its facets, then which they are.
fn kind_rank(branch: &Branch) -> (usize, [bool; 3]) {
    let lacks = [
        branch.country().is_none(),
        branch.language().is_none(),
        branch.source().is_none(),
    ];
    (lacks.iter().filter(|lacks| !**lacks).count(), lacks)
}

/// Returns the sort key of a name: its letters, regardless of case and accents.
fn name_sort_key(name: &str) -> String {
    let letters = name.nfd().filter(|c| !is_combining_mark(*c));
    letters.flat_map(char::to_lowercase).collect()
}

/// Returns the branches of each topic.
pub(super) fn branches_by_topic(feeds: &[FeedSummary]) -> HashMap<&TopicId, Vec<&FeedSummary>> {
    let mut branches: HashMap<&TopicId, Vec<&FeedSummary>> = HashMap::new();
    for feed in feeds.iter().filter(|feed| feed.name.id.branch().is_some()) {
        branches.entry(feed.name.id.topic()).or_default().push(feed);
    }
    branches
}

/// A link of a feed to itself or to another format of it.
pub(super) struct FeedLink {
    pub(super) rel: &'static str,
    pub(super) address: String,
    pub(super) mime_type: &'static str,
}

/// Returns the links of a feed in `own` format: itself first, then its page, then the other formats.
pub(super) fn feed_links(feed: &Feed, site: &Site, own: FeedFormat) -> Vec<FeedLink> {
    let link = |rel, format: FeedFormat| FeedLink {
        rel,
        address: format.absolute_address(&feed.scope, site),
        mime_type: format.mime_type(),
    };
    let others = FeedFormat::FEEDS
        .into_iter()
        .filter(|format| *format != own);
    let alternates = std::iter::once(FeedFormat::Html).chain(others);
    std::iter::once(link("self", own))
        .chain(alternates.map(|format| link("alternate", format)))
        .collect()
}

/// Describes a feed in one line.
pub(super) fn describe_scope(scope: &FeedScope, site: &Site) -> String {
    let words = Words::for_language(&site.language);
    match scope {
        FeedScope::Feed(name) => words.describe_feed(&feed_title(name, words), &site.title),
        FeedScope::Search(query) => words.describe_feed(&format!("“{query}”"), &site.title),
    }
}

/// Returns a feed's permanent id. It depends only on the feed's first name or on the query, so that it survives
/// every change of host, title and name (RFC 4287 §4.2.6).
pub(super) fn feed_id(scope: &FeedScope) -> String {
    match scope {
        FeedScope::Feed(name) => name_urn(&format!("feed\n{}", name.first_called)),
        FeedScope::Search(query) => name_urn(&format!("search\n{query}")),
    }
}

/// Returns a source's permanent id in feeds.
pub(super) fn source_id(source: &SourceId) -> String {
    name_urn(&format!("source\n{source}"))
}

fn name_urn(name: &str) -> String {
    Uuid::new_v5(&NAMESPACE, name.as_bytes()).urn().to_string()
}

/// Returns a date of publication in its publisher's offset, in whole seconds: RFC 822 has no fractions, and all
/// formats agree.
pub(super) fn published_date(date: &Published) -> DateTime<FixedOffset> {
    date.instant().trunc_subsecs(0)
}

/// Returns a time of change in whole seconds.
pub(super) fn changed_date(at: Timestamp) -> DateTime<FixedOffset> {
    at.trunc_subsecs(0).fixed_offset()
}

/// Formats a date for RSS and OPML (RFC 822 §5.1, with the four-digit year of RFC 1123 §5.2.14).
pub(super) fn format_rfc822(at: DateTime<FixedOffset>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S %z").to_string()
}

/// Returns the authors of a story: the item's, else its publisher.
pub(super) fn story_authors(story: &Story) -> Vec<Person> {
    if story.shown.authors.is_empty() {
        let name = story.shown_report().publisher.clone();
        return vec![Person { name, url: None }];
    }
    story.shown.authors.clone()
}

/// Describes in a line why a story was removed.
pub(super) fn describe_removal(fate: &RemovalReason) -> String {
    match fate {
        RemovalReason::Merged(kept) => format!("merged into {}", kept.urn()),
        RemovalReason::Withdrawn(reason) => format!("withdrawn: {reason}"),
    }
}

/// Returns the reports other than the one shown.
pub(super) fn further_reports(story: &Story) -> &[Report] {
    story.reports.get(1..).unwrap_or_default()
}

/// Returns the publishers of the other reports, each once, without that of the report shown.
pub(super) fn contributors(story: &Story) -> Vec<&str> {
    let mut seen = BTreeSet::from([story.shown_report().publisher.as_str()]);
    let names = further_reports(story)
        .iter()
        .map(|report| &*report.publisher);
    names.filter(|name| seen.insert(name)).collect()
}

/// Returns the addresses of reports other than the story's own link, each once, with the report's title.
pub(super) fn related_links(story: &Story) -> Vec<(&Url, String)> {
    let mut seen: BTreeSet<&Url> = story.address().into_iter().collect();
    let reports = story.reports.iter();
    let with_address = reports.filter_map(|report| Some((report.address.as_ref()?, report)));
    with_address
        .filter(|(address, _)| seen.insert(address))
        .map(|(address, report)| (address, format!("{}: {}", report.publisher, report.title)))
        .collect()
}

/// Returns the same story in other languages. A story without an address has none, because readers would take
/// theirs for its own.
pub(super) fn linkable_alternates(story: &Story) -> &[Alternate] {
    match story.address() {
        Some(_) => &story.alternates,
        None => &[],
    }
}

/// Returns the language of all stories of a feed; `None` if they are in several, or that of any is unknown. A
/// feed without stories is in its site's language.
pub(super) fn feed_language<'a>(feed: &'a Feed, site: &'a Site) -> Option<&'a str> {
    let Some(first) = feed.live.first() else {
        return Some(site.language.as_str());
    };
    let first = first.shown.language.as_ref()?;
    let is_other = |story: &Story, own: fn(&Language) -> &str| {
        let language = story.shown.language.as_ref();
        language.is_none_or(|language| own(language) != own(first))
    };
    let has_other = |own: fn(&Language) -> &str| feed.live.iter().any(|story| is_other(story, own));
    if !has_other(Language::as_str) {
        return Some(first.as_str());
    }
    (!has_other(Language::primary)).then(|| first.primary())
}

/// Returns the short text of a story in addition to its full one; `None` if there is only one text, or both are
/// the same.
pub(super) fn short_text(story: &Story) -> Option<(&SafeHtml, String)> {
    let item = &story.shown;
    let (summary, content) = (item.summary.as_ref()?, item.content.as_ref()?);
    if summary == content {
        return None;
    }
    let line = plain_text(summary);
    let is_same = line.split_whitespace().eq(item.text.split_whitespace());
    (!line.is_empty() && !is_same).then_some((summary, line))
}

/// Returns the tags of a story: its publishers' own tags, then the labels of its places, each once.
pub(super) fn story_tags(story: &Story, words: &Words) -> Vec<String> {
    let mut tags = story.shown.tags.clone();
    for region in &story.regions {
        let label = words.format_place(*region);
        if !tags
            .iter()
            .any(|tag| tag.to_lowercase() == label.to_lowercase())
        {
            tags.push(label);
        }
    }
    tags
}

/// Returns the places of a story without countries that contain another of its places.
pub(super) fn narrowest_regions(story: &Story) -> impl Iterator<Item = Region> {
    let regions = &story.regions;
    let holds_other = move |region: &Region| {
        let mut others = regions.iter().filter(|other| *other != region);
        others.any(|other| other.is_within(*region))
    };
    regions
        .iter()
        .copied()
        .filter(move |region| !holds_other(region))
}

/// The namespace of Media RSS with its usual prefix.
pub(super) const MEDIA: (&str, &str) = ("media", "http://search.yahoo.com/mrss/");

/// An element of Media RSS.
pub(super) struct MediaElement {
    /// Its local name.
    pub(super) name: &'static str,
    pub(super) attributes: Vec<(&'static str, String)>,
    /// A child element with plain text, by its local name.
    pub(super) text: Option<(&'static str, String)>,
}

/// Returns the picture of a story: as a thumbnail, which all readers support, and, if it has a description,
/// which a thumbnail cannot carry, also as a file.
pub(super) fn picture_elements(story: &Story) -> Vec<MediaElement> {
    let Some(image) = &story.shown.image else {
        return Vec::new();
    };
    let sides = [("width", image.width), ("height", image.height)];
    let sides = sides
        .into_iter()
        .filter_map(|(name, side)| Some((name, side?.to_string())));
    let attributes: Vec<_> = std::iter::once(("url", image.url.to_string()))
        .chain(sides)
        .collect();
    let described = image.alt.as_ref().map(|alt| MediaElement {
        name: "content",
        attributes: attributes
            .iter()
            .cloned()
            .chain([("medium", "image".to_owned())])
            .collect(),
        text: Some(("description", alt.clone())),
    });
    let thumbnail = MediaElement {
        name: "thumbnail",
        attributes,
        text: None,
    };
    std::iter::once(thumbnail).chain(described).collect()
}

/// Returns the files after the first, which is the only one that an RSS item has an `enclosure` for.
pub(super) fn further_files(story: &Story) -> impl Iterator<Item = MediaElement> {
    let described = story
        .shown
        .image
        .as_ref()
        .filter(|image| image.alt.is_some());
    let described = described.map(|image| &image.url);
    let files = story.shown.enclosures.iter().skip(1);
    let files = files.filter(move |file| Some(&file.url) != described);
    files.map(|file| {
        let size = (file.length_bytes > 0).then(|| ("fileSize", file.length_bytes.to_string()));
        let attributes = [
            ("url", file.url.to_string()),
            ("type", file.mime_type.clone()),
        ];
        MediaElement {
            name: "content",
            attributes: attributes.into_iter().chain(size).collect(),
            text: file.title.clone().map(|title| ("title", title)),
        }
    })
}

/// Returns the longest text of a story as HTML, or its title if it has no text.
pub(super) fn longest_text(story: &Story) -> Cow<'_, str> {
    let item = &story.shown;
    match item.content.as_ref().or(item.summary.as_ref()) {
        Some(html) => Cow::Borrowed(html.as_str()),
        None => Cow::Owned(quick_xml::escape::escape(&*item.title).into_owned()),
    }
}

/// Returns `html` without markup, on one line.
pub(super) fn plain_text(html: &SafeHtml) -> String {
    let fragment = Html::parse_fragment(html.as_str());
    let mut text = String::new();
    for node in fragment.tree.root().descendants() {
        let breaks =
            |value: &scraper::Node| value.as_element().is_some_and(|e| !is_inline(e.name()));
        // A block ends a word before it and after it.
        if breaks(node.value()) || node.prev_sibling().is_some_and(|n| breaks(n.value())) {
            text.push(' ');
        }
        if let Some(piece) = node.value().as_text() {
            text.push_str(piece);
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns at most the first `limit` characters of a line, cut between words.
pub(super) fn truncate_words(line: &str, limit: usize) -> String {
    let cut: String = line.chars().take(limit).collect();
    let words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{words}…")
}

/// Returns true for elements within a line of text.
fn is_inline(name: &str) -> bool {
    const INLINE: [&str; 25] = [
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "i", "ins",
        "kbd", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "u",
    ];
    INLINE.contains(&name)
}

/// Returns the home page of the site of `address`.
pub(super) fn home_page(address: &Url) -> Option<String> {
    let origin = address.origin();
    origin
        .is_tuple()
        .then(|| format!("{}/", origin.ascii_serialization()))
}

/// Returns an attached file's name: its title, else the end of its address, else its host.
pub(super) fn file_name(enclosure: &Enclosure) -> &str {
    let last = enclosure
        .url
        .path_segments()
        .and_then(|mut s| s.next_back());
    let title = enclosure.title.as_deref();
    title
        .or(last.filter(|name| !name.is_empty()))
        .or(enclosure.url.host_str())
        .unwrap_or(enclosure.url.as_str())
}

/// Returns a document without the characters that XML 1.0 (§2.2) forbids, which only configured titles can
/// contain. Each is replaced, not deleted: otherwise its neighbours might join to markup (`]]` and `>`).
pub(super) fn remove_forbidden_chars(document: String) -> Vec<u8> {
    let allowed = |c: char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        c => c >= ' ',
    };
    if document.chars().all(allowed) {
        return document.into_bytes();
    }
    let kept = document.chars();
    let kept = kept.map(|c| {
        if allowed(c) {
            c
        } else {
            char::REPLACEMENT_CHARACTER
        }
    });
    kept.collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_one_line() {
        let check = |html: &str, text: &str| {
            assert_eq!(
                plain_text(&SafeHtml::from_sanitized(html.to_owned())),
                text,
                "{html}"
            );
        };
        check(
            "<p>One &amp; <b>t</b>wo.</p><p>Three</p>",
            "One & two. Three",
        );
        check("<ul><li>a</li><li>b</li></ul>c", "a b c");
        check("one<br>two<img src=\"https://a.example/b.png\">", "one two");
        check("", "");
    }

    #[test]
    fn forbidden_characters_leave_no_gap() {
        let check = |text: &str, expected: &str| {
            assert_eq!(remove_forbidden_chars(text.to_owned()), expected.as_bytes());
        };
        check("]]\u{1}>", "]]\u{FFFD}>");
        check("a\u{FFFF}\tñ\n🌎", "a\u{FFFD}\tñ\n🌎");
    }

    /// Ids are permanent: these values must never change.
    #[test]
    fn an_id_never_changes() {
        let feed = |id: &str| {
            feed_id(&FeedScope::Feed(FeedName {
                id: "renamed".parse().unwrap(),
                first_called: id.parse().unwrap(),
                topic: String::new(),
                publisher: None,
            }))
        };
        let source = "labour-migration".parse().unwrap();
        assert_eq!(
            feed("labour-migration"),
            "urn:uuid:ed5fecfe-4a7f-562f-becb-5711823a058a"
        );
        assert_eq!(
            feed("labour-migration/mx-lang-es"),
            "urn:uuid:e930c011-641c-5a4d-a583-fee8c5d3391d"
        );
        assert_eq!(
            feed_id(&FeedScope::Search("\"labour migration\" country:MX".into())),
            "urn:uuid:e438d3dd-80f6-51ba-9bb8-f2b177bc1bdd"
        );
        assert_eq!(
            source_id(&source),
            "urn:uuid:6bd02aa3-5764-5a29-a141-610aaf6c94e3"
        );
    }

    #[test]
    fn a_query_is_written_as_a_form_sends_it() {
        let check = |query: &str, expected: &str| {
            let path = FeedFormat::Atom.relative_address(&FeedScope::Search(query.into()));
            assert_eq!(path, format!("search.atom?q={expected}"));
            let form = format!("q={expected}");
            let read: Vec<_> = url::form_urlencoded::parse(form.as_bytes()).collect();
            assert_eq!(read, [("q".into(), query.into())]);
        };
        check("visas", "visas");
        check("", "");
        check(
            "a+b \"Ñ&<\"~5 /x=1#?/ *",
            "a%2Bb+%22%C3%91%26%3C%22%7E5+%2Fx%3D1%23%3F%2F+*",
        );
    }

    #[test]
    fn attached_files_are_named() {
        let check = |url: &str, title: Option<&str>, name: &str| {
            let enclosure = Enclosure {
                url: url.parse().unwrap(),
                title: title.map(str::to_owned),
                mime_type: "application/pdf".into(),
                length_bytes: 0,
                duration_seconds: None,
            };
            assert_eq!(file_name(&enclosure), name);
        };
        let report = "https://a.example/files/report.pdf?v=2";
        check(report, Some("Annual report"), "Annual report");
        check(report, None, "report.pdf");
        check("https://a.example/", None, "a.example");
        check("urn:isbn:1", None, "urn:isbn:1");
    }
}
