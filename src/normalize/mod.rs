//! Converts raw entries to [`Item`]s: here, text as found becomes something we promise.
//!
//! In: the output of `extract` for the documents of one poll, and their source. Out: items in document order, each
//! entry once, and a [`Problem`] for everything doubted or left out. Pure: the only clock is the documents'
//! `fetched_at`.

mod address;
mod attached;
mod channel;
mod copies;
mod dates;
mod html;
mod identity;
mod language;
mod mend;
mod own_key;
mod picture;
mod seen;
mod summary;
mod tail;
mod text;
mod usual;
mod wording;

use std::borrow::Cow;

use url::Url;

pub use self::address::{canonical_url, comparable_address, file_address};
use self::attached::{clean_label, collect_links, parse_duration, report_cuts};
pub use self::channel::{ChannelInfo, normalize_channel};
use self::copies::DraftCopies;
use self::dates::EntryDates;
use self::html::Sanitizer;
pub use self::html::{VERSION as SANITIZER_VERSION, html_text as plain_text, restore_html};
pub use self::language::{identify_language, known_languages, likeliest_languages};
pub use self::seen::{SeenField, content_hash, seen_fields, wording_hash};
pub use self::summary::find_dateline;
use self::tail::SiteNames;
pub use self::usual::UsualLanguage;
pub use self::wording::Wording;
use crate::dates::{DateHints, detect_order};
use crate::model::{
    DateOrder, Document, DocumentMetadata, Enclosure, Extracted, Hash, IdentityKey, IdentityKind,
    Item, ItemId, Language, Person, Problem, RawAuthor, RawEnclosure, RawEntry, RawText, Reading,
    SafeHtml, Source, file_type,
};

/// Maximum length of a list: tags, authors, enclosures.
const MAX_LIST: usize = 50;

/// The media type of a file of unknown type (RFC 2046 §4.5.1).
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Makes one text safe for display; its relative addresses are resolved against `base`. `None` if nothing visible
/// remains.
pub fn sanitize_text(text: &RawText, base: &Url) -> Option<SafeHtml> {
    Sanitizer::new(base).sanitize(text)
}

/// Returns the visible text of possible markup, for classification rather than publication.
pub fn read_visible_text(text: &str) -> Cow<'_, str> {
    if html::contains_markup(text) {
        Cow::Owned(html::visible_text(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// The items of one poll.
#[derive(Clone, Debug, Default)]
pub struct Normalized {
    /// Items in document order, page after page.
    pub items: Vec<Item>,
    /// Further occurrences in the documents, each under the id of one of `items`.
    pub repeated: Vec<Item>,
    /// Problems with entries that were doubted or left out.
    pub problems: Vec<Problem>,
}

/// Normalizes one poll of `source`: each page is a document with its entries.
pub fn normalize(source: &Source, pages: Vec<(Document, Extracted)>) -> Normalized {
    normalize_by(source, pages, DraftCopies::from_drafts)
}

/// Normalizes a poll; `copies` decides about entries that are alike in everything.
fn normalize_by(
    source: &Source,
    pages: Vec<(Document, Extracted)>,
    copies: impl FnOnce(&[ItemDraft]) -> DraftCopies,
) -> Normalized {
    let mut problems = Vec::new();
    let mut drafts = Vec::new();
    let mut position = 0;
    for (number, (document, extracted)) in pages.into_iter().enumerate() {
        problems.extend(extracted.problems);
        let written = extracted
            .entries
            .iter()
            .filter_map(|entry| entry.published.as_deref());
        let order = detect_order(written).or(extracted.date_order);
        let page = PageNormalizer::new(source, &document, &extracted.channel, order);
        for entry in extracted.entries {
            let list = (number, entry.list);
            let draft = page.draft_item(entry, position, &mut problems);
            drafts.extend(draft.map(|draft| ItemDraft { list, ..draft }));
            position += 1;
        }
    }
    let copies = copies(&drafts);
    let mut normalized = identity::assign_ids(&source.id, drafts, &copies);
    assume_language(source, &mut normalized);
    problems.append(&mut normalized.problems);
    Normalized {
        problems,
        ..normalized
    }
}

/// Gives items of unknown language that of their source: the stored one, else that of most other items.
fn assume_language(source: &Source, normalized: &mut Normalized) {
    let kept = source.usual_language.clone();
    let usual = || UsualLanguage::from_items(&normalized.items).map(|usual| usual.language);
    let Some(language) = kept.or_else(usual) else {
        return;
    };
    let all = normalized.items.iter_mut().chain(&mut normalized.repeated);
    for item in all.filter(|item| item.language.is_none()) {
        item.assumed_language = Some(language.clone());
    }
}

/// The keys that identify an entry of a document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EntryIdentity {
    /// The key that its item's id is made of, as far as this document alone shows.
    pub key: IdentityKey,
    /// Stated date and title, which show whether two entries of one key are the same.
    pub weak_key: IdentityKey,
    /// Hash of its texts as found, if nothing else distinguishes it from others of its date and title.
    pub text: Option<Hash>,
}

/// Returns the identity of each entry of a document; `None` for one that becomes no item. Dates found only in texts
/// are ignored: nothing is published from this.
pub fn entry_identities(
    source: &Source,
    document: &Document,
    read: &Extracted,
) -> Vec<Option<EntryIdentity>> {
    let light = Extracted {
        channel: read.channel.clone(),
        entries: read.entries.iter().map(without_texts).collect(),
        ..Extracted::default()
    };
    let bodiless = Document {
        body: Vec::new(),
        url: document.url.clone(),
        content_type: document.content_type.clone(),
        fetched_at: document.fetched_at,
    };
    let mut identities = vec![None; read.entries.len()];
    let Normalized {
        items, repeated, ..
    } = normalize_by(source, vec![(bodiless, light)], |_| DraftCopies::default());
    for item in items.into_iter().chain(repeated) {
        if let Some(place) = identities.get_mut(item.position as usize) {
            let is_weak = item.key.kind == IdentityKind::DateTitle;
            let entry = read.entries.get(item.position as usize);
            *place = Some(EntryIdentity {
                text: entry.filter(|_| is_weak).map(text_hash),
                key: item.key,
                weak_key: item.weak_key,
            });
        }
    }
    identities
}

/// Returns a hash of an entry's texts, as found.
fn text_hash(entry: &RawEntry) -> Hash {
    let texts =
        [&entry.summary, &entry.content].map(|text| text.as_ref().map_or("", RawText::as_str));
    let files = entry.enclosures.iter().map(|file| file.url.as_str());
    Hash::digest_parts(texts.into_iter().chain(files))
}

/// Returns an entry without its long texts; an entry without a title gets one from its texts.
fn without_texts(entry: &RawEntry) -> RawEntry {
    if entry.title.is_none() {
        return entry.clone();
    }
    RawEntry {
        guid: entry.guid.clone(),
        title: entry.title.clone(),
        link: entry.link.clone(),
        base: entry.base.clone(),
        published: entry.published.clone(),
        updated: entry.updated.clone(),
        event: entry.event.clone(),
        language: entry.language.clone(),
        ..RawEntry::default()
    }
}

/// Removes text that programs append; returns `None` if there is none.
type TailCut = fn(&SafeHtml) -> Option<String>;

/// An item without its identity, which depends on the others of its poll, and the parts of that identity, in
/// spellings that never change, even when published spellings improve.
struct ItemDraft {
    guid: Option<String>,
    address: Option<Url>,
    title: String,
    item: Item,
    /// The place of its document in the poll, and the part of the document that lists the entry.
    list: (usize, Option<usize>),
}

struct PageNormalizer<'a> {
    source: &'a Source,
    document: &'a Document,
    channel: &'a DocumentMetadata,
    /// The order of numeric dates found in the document.
    order: Option<DateOrder>,
    /// The base of relative addresses.
    base: Url,
    site: SiteNames,
}

impl<'a> PageNormalizer<'a> {
    fn new(
        source: &'a Source,
        document: &'a Document,
        channel: &'a DocumentMetadata,
        order: Option<DateOrder>,
    ) -> Self {
        let base = source.location.public_base(&document.url);
        let base = stated_base(&base, channel).unwrap_or(base);
        let titled = channel
            .title
            .as_ref()
            .map(text::plain_line)
            .unwrap_or_default();
        let host = document.url.host_str().unwrap_or_default();
        let site = SiteNames::new([
            &source.name,
            titled.as_str(),
            host,
            host.trim_start_matches("www."),
        ]);
        Self {
            source,
            document,
            channel,
            order,
            base,
            site,
        }
    }

    fn draft_item(
        &self,
        entry: RawEntry,
        position: usize,
        problems: &mut Vec<Problem>,
    ) -> Option<ItemDraft> {
        let entry = own_key::hide_own_key(&self.source.location, entry);
        let own_base = self.public_base(entry.base.as_ref());
        let base = own_base.as_ref().unwrap_or(&self.base);
        let (summary, content) = self.sanitize_texts(&entry, base);
        let text = join_plain_texts(&[summary.as_ref(), content.as_ref()]);
        let link = entry.link.as_deref();
        let address = link.and_then(|link| canonical_url(link, base));
        let enclosures = collect_enclosures(&entry, base);
        let links = collect_links(&entry, address.as_ref(), base);
        problems.extend(report_cuts(&entry, position + 1));
        let image = entry
            .image
            .as_ref()
            .and_then(|found| picture::normalize_image(found, base));
        let image = image.or_else(|| picture::image_among(&enclosures));
        let linked = address.as_ref();
        let linked = linked.or(enclosures.first().map(|file| &file.url));
        let stand_in = self.stand_in_title(linked, has_content(&entry));
        let Some((title, known_as)) = choose_titles(&entry, &text, stand_in) else {
            problems.push(Problem::Empty {
                position: position + 1,
            });
            return None;
        };
        let title = self.site.strip_from_title(title);
        let summary = summary.or_else(|| {
            let begins = summary::summarize_text(&text, &title)?;
            self.sanitize_text(&RawText::Plain(begins), None, base)
        });
        let language = self.choose_language(&entry, &title, &text);
        let dates = self.read_dates(
            &entry,
            address.as_ref(),
            language.as_ref(),
            position,
            problems,
        );
        let item = Item {
            id: ItemId::new(&self.source.id, &placeholder_key()),
            key: placeholder_key(),
            weak_key: placeholder_key(),
            source: self.source.id.clone(),
            title,
            address,
            summary,
            content,
            text,
            language,
            assumed_language: None,
            authors: self.choose_authors(&entry, base),
            tags: collect_tags(&entry),
            enclosures,
            links,
            image,
            stated: dates.stated,
            published: dates.published,
            updated: dates.updated,
            event: dates.event,
            position: u32::try_from(position).unwrap_or(u32::MAX),
            regions: Vec::new(),
        };
        Some(ItemDraft {
            guid: entry
                .guid
                .map(|guid| text::shorten_text(guid.trim(), text::MAX_LINE).into_owned()),
            address: link.and_then(|link| address::identity_url(link, base)),
            title: known_as,
            item,
            list: (0, None),
        })
    }

    /// Returns summary and full text, sanitized and without text appended by programs.
    fn sanitize_texts(&self, entry: &RawEntry, base: &Url) -> (Option<SafeHtml>, Option<SafeHtml>) {
        let safe = |text: &Option<RawText>, own: &Option<Url>, cut: TailCut| {
            let safe = self.sanitize_text(text.as_ref()?, own.as_ref(), base)?;
            match cut(&safe) {
                Some(shorter) => self.sanitize_text(&RawText::Html(shorter), own.as_ref(), base),
                None => Some(safe),
            }
        };
        (
            safe(&entry.summary, &entry.summary_base, tail::cut_summary_tail),
            safe(&entry.content, &entry.content_base, tail::cut_content_tail),
        )
    }

    /// Returns a base stated by the document, without the secrets that only the source's own address may contain.
    fn public_base(&self, base: Option<&Url>) -> Option<Url> {
        base.map(|base| self.source.location.public_base(base))
    }

    /// Sanitizes a text; addresses are resolved against its own base, else against the entry's.
    fn sanitize_text(&self, text: &RawText, own: Option<&Url>, base: &Url) -> Option<SafeHtml> {
        let own = self.public_base(own);
        Sanitizer::new(own.as_ref().unwrap_or(base)).sanitize(text)
    }

    /// Returns a title for an entry without title and text: a mere picture, file or link. Results of a selector or of
    /// page detection without either are no entries, but headings or rules.
    fn stand_in_title(&self, linked: Option<&Url>, is_entry: bool) -> Option<String> {
        if matches!(
            self.source.reading,
            Reading::Html(_) | Reading::Page | Reading::Json { .. } | Reading::Xml(_)
        ) {
            return None;
        }
        let name = || is_entry.then(|| self.source.name.clone());
        linked.map(address::address_title).or_else(name)
    }

    /// Chooses the language: the operator's setting, then the entry's. A channel's language is often a template's
    /// default, so the text decides if it can.
    fn choose_language(&self, entry: &RawEntry, title: &str, text: &str) -> Option<Language> {
        let found = |tag: &Option<String>| {
            let language: Option<Language> = tag.as_deref().and_then(|tag| tag.parse().ok());
            language.filter(Language::is_single)
        };
        let stated = self.source.language.clone();
        if let Some(stated) = stated.or_else(|| found(&entry.language)) {
            return Some(stated);
        }
        let channel: Option<Language> = found(&self.channel.language);
        if channel
            .as_ref()
            .is_some_and(|channel| !language::is_known(channel))
        {
            return channel;
        }
        let begins = format!("{title}\n{}", language::examined_part(text));
        let written = language::identify_expected(&begins, channel.as_ref());
        let agree = |written: &Language| {
            channel
                .as_ref()
                .is_some_and(|channel| channel.primary() == written.primary())
        };
        written.filter(|written| !agree(written)).or(channel)
    }

    fn choose_authors(&self, entry: &RawEntry, base: &Url) -> Vec<Person> {
        let found = if entry.authors.is_empty() {
            &self.channel.authors
        } else {
            &entry.authors
        };
        collect_people(found, base)
    }

    fn read_dates(
        &self,
        entry: &RawEntry,
        address: Option<&Url>,
        language: Option<&Language>,
        position: usize,
        problems: &mut Vec<Problem>,
    ) -> EntryDates {
        let hints = DateHints {
            language,
            order: self.source.date_order,
            learned: self.order,
            zone: self.source.zone,
            now: self.document.fetched_at,
        };
        EntryDates::from_entry(entry, address, &hints, position + 1, problems)
    }
}

/// Returns the address that a feed read from a file states for itself: its own, else its page's.
fn stated_base(base: &Url, channel: &DocumentMetadata) -> Option<Url> {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    if is_web(base) {
        return None;
    }
    let stated = [&channel.advice.self_link, &channel.home_page].into_iter();
    let mut stated = stated
        .flatten()
        .filter_map(|text| Url::parse(text.trim()).ok());
    stated.find(is_web)
}

/// Returns the placeholder for a draft's key, until `identity::assign` has seen the whole poll.
fn placeholder_key() -> IdentityKey {
    IdentityKey {
        kind: IdentityKind::DateTitle,
        value: String::new(),
    }
}

/// Joins the texts without markup; a summary that is part of the content is not repeated.
fn join_plain_texts(parts: &[Option<&SafeHtml>; 2]) -> String {
    let texts: Vec<String> = parts
        .iter()
        .flatten()
        .map(|html| html::html_text(html))
        .collect();
    let on_one_line = |text: &str| text.replace('\n', " ");
    match texts.as_slice() {
        [summary, content]
            if content.starts_with(summary)
                || on_one_line(content).contains(on_one_line(summary).trim_end_matches('…')) =>
        {
            content.clone()
        }
        texts => texts.join("\n"),
    }
}

/// Returns the title as found, else the beginning of the text, else `stand_in`: once as shown, and once as spelled in
/// ids.
fn choose_titles(
    entry: &RawEntry,
    text: &str,
    stand_in: Option<String>,
) -> Option<(String, String)> {
    let stated = |spelled: fn(&RawText) -> String| {
        let title = entry.title.as_ref().map(spelled);
        title.filter(|title| !title.is_empty())
    };
    let (_, told) = text.split_at(find_dateline(text).map_or(0, |found| found.end));
    let told = || text::title_from_text(told).map(|title| text::plain_line(&RawText::Plain(title)));
    let told = || told().filter(|title| !title.is_empty());
    let shown = stated(text::plain_line)
        .or_else(told)
        .or_else(|| stand_in.clone())?;
    let known = stated(text::unrepaired_line)
        .or_else(|| text::title_from_text(text))
        .or(stand_in);
    let known = known.unwrap_or_else(|| shown.clone());
    Some((shown, known))
}

/// Returns true if an entry is more than a pair of tags.
fn has_content(entry: &RawEntry) -> bool {
    let (base, list) = (entry.base.clone(), entry.list);
    *entry
        != RawEntry {
            base,
            list,
            ..RawEntry::default()
        }
}

fn collect_tags(entry: &RawEntry) -> Vec<String> {
    let names = entry
        .tags
        .iter()
        .map(|tag| RawText::Unsaid(tag.name.clone()));
    let mut tags = text::unique_texts(names.map(|name| text::plain_line(&name)));
    tags.truncate(MAX_LIST);
    tags
}

fn collect_enclosures(entry: &RawEntry, base: &Url) -> Vec<Enclosure> {
    let found = entry.enclosures.iter();
    let enclosures = found.filter_map(|found| normalize_enclosure(found, base));
    enclosures.take(MAX_LIST).collect()
}

/// Returns each person once, in order.
fn collect_people(found: &[RawAuthor], base: &Url) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::new();
    for person in found.iter().filter_map(|author| parse_person(author, base)) {
        if people.len() < MAX_LIST && !people.iter().any(|known| known.name == person.name) {
            people.push(person);
        }
    }
    people
}

/// Parses an author. RSS 2.0 writes `mail (name)`, others `name (mail)` or `name <mail>`; the mail address stays
/// private.
fn parse_person(author: &RawAuthor, base: &Url) -> Option<Person> {
    let line = text::plain_line(&RawText::Unsaid(author.name.clone()));
    let is_name = |part: &&str| !part.is_empty() && !part.contains('@');
    let mut parts = line.split(['(', ')', '<', '>']).map(str::trim);
    let named = if line.contains('@') {
        parts.find(is_name).unwrap_or(&line)
    } else {
        &line
    };
    let url = author
        .url
        .as_deref()
        .and_then(|url| canonical_url(url, base));
    (!named.is_empty()).then(|| Person {
        name: named.to_owned(),
        url,
    })
}

fn normalize_enclosure(found: &RawEnclosure, base: &Url) -> Option<Enclosure> {
    let url = file_address(&found.url, base)?;
    let mime_type = found
        .mime_type
        .as_deref()
        .map(str::trim)
        .filter(|mime| mime.contains('/') && mime.len() < 128)
        .filter(|mime| mime.chars().all(|c| c == ' ' || c.is_ascii_graphic()))
        .filter(|mime| !mime.eq_ignore_ascii_case(UNKNOWN_TYPE));
    let is_exact = |mime: &&str| !mime.ends_with("/*");
    Some(Enclosure {
        title: found.title.clone().and_then(clean_label),
        mime_type: mime_type
            .filter(is_exact)
            .or_else(|| file_type(&url))
            .or(mime_type)
            .unwrap_or(UNKNOWN_TYPE)
            .to_ascii_lowercase(),
        url,
        length_bytes: found
            .length_bytes
            .as_deref()
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0),
        duration_seconds: found.duration.as_deref().and_then(parse_duration),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::{TimeZone, Utc};
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        ConfigPosition, Css, Dated, Field, Location, Precision, PublicUrl, Published, Rule, Rules,
        Timestamp,
    };

    pub(crate) fn source() -> Source {
        let url: Url = "https://host.example/list".parse().unwrap();
        let place = ConfigPosition {
            file: "sources.toml".into(),
            line: 1,
            column: 1,
        };
        Source {
            name: "Host".into(),
            reading: Reading::Feed,
            ..Source::from_location(
                Location::Http(PublicUrl::new(url)),
                "host".parse().unwrap(),
                place,
            )
        }
    }

    pub(crate) mod entry {
        use super::*;

        /// Returns entries `guid|link|title|date|text|updated|event` in one document fetched on 1 July 2021.
        pub(crate) fn page(entries: &[&str]) -> (Document, Extracted) {
            page_at(Utc.with_ymd_and_hms(2021, 7, 1, 12, 0, 0).unwrap(), entries)
        }

        pub(crate) fn page_at(fetched_at: Timestamp, entries: &[&str]) -> (Document, Extracted) {
            let entries = entries.iter().map(|line| {
                let mut parts = line
                    .split('|')
                    .map(|part| (!part.is_empty()).then(|| part.to_owned()));
                let mut next = || parts.next().flatten();
                RawEntry {
                    guid: next(),
                    link: next(),
                    title: next().map(RawText::Plain),
                    published: next(),
                    summary: next().map(RawText::Plain),
                    updated: next(),
                    event: next(),
                    ..RawEntry::default()
                }
            });
            let document = Document {
                url: "https://host.example/list".parse().unwrap(),
                content_type: None,
                body: Vec::new(),
                fetched_at,
            };
            let extracted = Extracted {
                entries: entries.collect(),
                ..Extracted::default()
            };
            (document, extracted)
        }
    }

    fn published(date: &str) -> (Published, Option<Dated>, usize) {
        let normalized = normalize(&source(), vec![entry::page(&[&format!("||One|{date}")])]);
        let item = &normalized.items[0];
        (item.published, item.stated, normalized.problems.len())
    }

    #[test]
    fn dates_say_where_they_come_from() {
        let day = |text: &str| Dated {
            at: chrono::DateTime::parse_from_rfc3339(text).unwrap(),
            precision: Precision::Day,
        };
        let now = Utc.with_ymd_and_hms(2021, 7, 1, 12, 0, 0).unwrap();
        let stated = day("2021-06-28T00:00:00Z");
        assert_eq!(
            published("28 June 2021"),
            (Published::Stated(stated), Some(stated), 0)
        );
        assert_eq!(
            published("3 days ago"),
            (Published::Derived(stated), None, 0)
        );
        assert_eq!(published(""), (Published::FirstSeen(now), None, 0));
        assert_eq!(published("soon"), (Published::FirstSeen(now), None, 1));
        let ahead = day("2099-01-01T00:00:00Z");
        assert_eq!(
            published("1 January 2099"),
            (Published::FirstSeen(now), Some(ahead), 1)
        );
    }

    /// Checks the titles of one entry in a feed and in a page.
    fn check_title(entry: &RawEntry, in_feed: Option<&str>, in_page: Option<&str>) {
        let place: Css = "p".parse().unwrap();
        let rules = Rules {
            item: vec![place.clone()],
            fields: [(Field::Title, Rule::from_place(place))]
                .into_iter()
                .collect(),
        };
        let page = Source {
            reading: Reading::Html(Box::new(rules)),
            ..source()
        };
        for (source, expected) in [(source(), in_feed), (page, in_page)] {
            let (document, mut extracted) = entry::page(&[""]);
            extracted.entries = vec![entry.clone()];
            let Normalized {
                items, problems, ..
            } = normalize(&source, vec![(document, extracted)]);
            let title = items.first().map(|item| item.title.as_str());
            assert_eq!(
                (title, problems.len()),
                (expected, usize::from(title.is_none()))
            );
        }
    }

    #[test]
    fn an_entry_of_a_feed_is_kept_without_title_and_text() {
        let html = |html: &str| Some(RawText::Html(html.into()));
        let both = |title| (Some(title), Some(title));
        let check = |entry: RawEntry, (in_feed, in_page)| check_title(&entry, in_feed, in_page);
        let none = RawEntry::default;
        check(
            RawEntry {
                title: html("<b>One</b>"),
                ..none()
            },
            both("One"),
        );
        check(
            RawEntry {
                title: html(" "),
                summary: html("Text."),
                ..none()
            },
            both("Text."),
        );
        let picture = html("<img src=/a.png>");
        let link = Some("/news/7/?a".to_owned());
        check(
            RawEntry {
                summary: picture.clone(),
                link,
                ..none()
            },
            (Some("host.example/news/7"), None),
        );
        check(
            RawEntry {
                summary: picture,
                ..none()
            },
            (Some("Host"), None),
        );
        let file = RawEnclosure {
            url: "/a.mp3".into(),
            title: None,
            mime_type: None,
            length_bytes: None,
            duration: None,
        };
        check(
            RawEntry {
                enclosures: vec![file],
                ..none()
            },
            (Some("host.example/a.mp3"), None),
        );
        check(
            RawEntry {
                guid: Some("7".into()),
                ..none()
            },
            (Some("Host"), None),
        );
        check(
            RawEntry {
                summary: html("<script>x</script>"),
                ..none()
            },
            (Some("Host"), None),
        );
        check(none(), (None, None));
    }

    #[test]
    fn what_is_shown_of_a_date_is_one_line() {
        let found = "soon\u{1b}]0;x\u{7}\n".to_owned() + &"x".repeat(100);
        let entry = format!("||One|{found}");
        let problems = normalize(&source(), vec![entry::page(&[&entry])]).problems;
        let [Problem::UnreadDate { text, .. }] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        assert_eq!(*text, format!("soon]0;x {}…", "x".repeat(50)));
    }

    #[test]
    fn media_types_are_ascii_and_those_of_addresses_where_unknown() {
        let file = |url: &str, found: &str, title: &str| {
            let found = RawEnclosure {
                url: url.into(),
                title: Some(title.into()),
                mime_type: Some(found.into()),
                length_bytes: None,
                duration: None,
            };
            let base = "https://host.example/".parse().unwrap();
            normalize_enclosure(&found, &base).unwrap()
        };
        let mime_type = |found: &str| file("/a", found, "").mime_type;
        assert_eq!(mime_type(" Audio/MPEG; a=b "), "audio/mpeg; a=b");
        for odd in ["mp3", "audio/\u{1}mp3", "audio/ñ"] {
            assert_eq!(mime_type(odd), "application/octet-stream");
            assert_eq!(file("/a.PDF?v=2", odd, "").mime_type, "application/pdf");
        }
        let unknown = "Application/Octet-Stream";
        assert_eq!(file("/a.pdf", unknown, "").mime_type, "application/pdf");
        assert_eq!(file("/a.pdf", "text/plain", "").mime_type, "text/plain");
        let title = |title: &str| file("/a", "", title).title;
        assert_eq!(title(" Minutes\n (PDF) ").as_deref(), Some("Minutes (PDF)"));
        assert_eq!(title(" "), None);
    }

    #[test]
    fn authors_lose_their_mail_addresses() {
        let name = |text: &str| {
            let author = RawAuthor {
                name: text.into(),
                url: None,
            };
            parse_person(&author, &"https://host.example/".parse().unwrap())
                .map(|person| person.name)
        };
        assert_eq!(
            name("ana@host.example (Ana &amp; Co)").as_deref(),
            Some("Ana & Co")
        );
        assert_eq!(name("Ana <ana@host.example>").as_deref(), Some("Ana"));
        assert_eq!(name("Ana (ana@host.example)").as_deref(), Some("Ana"));
        assert_eq!(name("Ana (press)").as_deref(), Some("Ana (press)"));
        assert_eq!(
            name("ana@host.example").as_deref(),
            Some("ana@host.example")
        );
        assert_eq!(name(" "), None);
    }

    fn item_of(entry: RawEntry) -> Option<Item> {
        let (document, mut extracted) = entry::page(&[""]);
        extracted.entries = vec![entry];
        normalize(&source(), vec![(document, extracted)])
            .items
            .pop()
    }

    /// Converts an item to an entry of a feed that states everything in our spelling.
    fn entry_of(item: &Item) -> RawEntry {
        let html = |html: &SafeHtml| RawText::Html(html.as_str().to_owned());
        RawEntry {
            guid: Some(item.key.value.clone()),
            title: Some(RawText::Plain(item.title.clone())),
            link: item.address.clone().map(String::from),
            summary: item.summary.as_ref().map(html),
            content: item.content.as_ref().map(html),
            language: item.language.as_ref().map(ToString::to_string),
            ..RawEntry::default()
        }
    }

    fn text() -> impl Strategy<Value = String> {
        let piece = "<p>|</p>|<b>|</b>|<br>|<a href=/b>|</a>|The post | appeared first on Host|Read more|leer más|\
            The workers of the harvest came to the valley. |GENEVA, 3 May – |&amp;nbsp;|&eacute;|Ã©|\u{200e}|\u{ad}| \\| Host| - Host|[a-z.…<&; \n]";
        proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn normalizing_twice_is_normalizing_once(
            title in text(), summary in text(), content in text(),
            link in "(/a|https://www.google.com/url\\?q=https://b.example/|[?&#;]|jsessionid=|utm_id=|sid=1|b){0,6}",
        ) {
            let html = |text: String| (!text.is_empty()).then_some(RawText::Html(text));
            let found = RawEntry {
                guid: Some("7".into()),
                title: html(title),
                link: Some(link),
                summary: html(summary),
                content: html(content),
                ..RawEntry::default()
            };
            if let Some(once) = item_of(found) {
                let again = item_of(entry_of(&once)).unwrap();
                prop_assert_eq!(Item { weak_key: once.weak_key.clone(), ..again }, once);
            }
        }
    }
}
