//! Collects a channel and an entry element by element. If several elements give the same field, the best one
//! is kept.

use url::Url;

use super::content::{self, DefaultTextType, ElementContent};
use super::media::{EntryMedia, MediaParent};
use super::names::{FeedElement, Namespace};
use super::scan::{XmlScanner, XmlTag, XmlToken, local_name};
use crate::model::{
    DocumentMetadata, LinkRelation, RawAuthor, RawEnclosure, RawEntry, RawImage, RawLink,
    RawOrigin, RawTag, RawText, SubscriptionHints, is_placeholder_link,
};

/// The maximum length of any list: tags, authors, enclosures.
const MAX_LIST: usize = 100;

/// A text element with its context.
pub(super) struct FoundText<'t, 'a> {
    pub(super) element: FeedElement,
    pub(super) namespace: Namespace,
    pub(super) tag: &'t XmlTag<'a>,
    pub(super) content: ElementContent,
    /// The base of addresses, if the document states one.
    pub(super) base: Option<&'t Url>,
    /// The base of addresses, if the element itself states one.
    pub(super) own_base: Option<&'t Url>,
    /// The language, if the element itself states one.
    pub(super) own_language: Option<&'t String>,
}

impl FoundText<'_, '_> {
    pub(super) fn into_text(self) -> String {
        match self.content {
            ElementContent::Text(text) => text,
            ElementContent::Markup(markup) => markup_to_text(&markup),
        }
    }

    pub(super) fn to_text(&self) -> String {
        match &self.content {
            ElementContent::Text(text) => text.clone(),
            ElementContent::Markup(markup) => markup_to_text(markup),
        }
    }

    /// Returns the text, or the attribute that contains it, as an address.
    pub(super) fn into_address(self) -> String {
        let stated = self.tag.attribute(&["href", "url", "resource"]);
        let base = self.base.cloned();
        resolve_address(base.as_ref(), stated.unwrap_or_else(|| self.into_text()))
    }

    pub(super) fn attribute_address(&self, names: &[&str]) -> Option<String> {
        let stated = self.tag.attribute(names)?;
        Some(resolve_address(self.base, stated))
    }
}

/// Resolves the address against the base, if there is one.
fn resolve_address(base: Option<&Url>, address: String) -> String {
    let joined = base.and_then(|base| base.join(&address).ok());
    joined.map_or(address, String::from)
}

/// Returns the text of markup, with a space for each tag.
fn markup_to_text(markup: &str) -> String {
    texts_between_tags(markup).join(" ")
}

/// Returns the texts between the tags of markup, without blank ones.
fn texts_between_tags(markup: &str) -> Vec<String> {
    let mut scanner = XmlScanner::new(markup);
    let mut pieces = Vec::new();
    while let Some(token) = scanner.next_token() {
        match token {
            XmlToken::Text(text) => pieces.push(
                super::references::decode_references(text)
                    .0
                    .trim()
                    .to_owned(),
            ),
            XmlToken::Cdata(text) => pieces.push(text.trim().to_owned()),
            XmlToken::Open(_) | XmlToken::Close(_) => {}
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The best of several values: the first of the lowest rank.
#[derive(Clone, Debug)]
struct BestRanked<T>(Option<(u8, T)>);

impl<T> Default for BestRanked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> BestRanked<T> {
    fn accepts_rank(&self, rank: u8) -> bool {
        self.0.as_ref().is_none_or(|(held, _)| rank < *held)
    }

    fn offer(&mut self, rank: u8, value: T) {
        if self.accepts_rank(rank) {
            self.0 = Some((rank, value));
        }
    }

    fn into_inner(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }
}

impl BestRanked<String> {
    fn offer_non_blank(&mut self, rank: u8, text: String) {
        if !text.trim().is_empty() {
            self.offer(rank, text);
        }
    }
}

/// Ranks how well an element's vocabulary fits its content.
fn vocabulary_rank(namespace: Namespace) -> u8 {
    match namespace {
        Namespace::Plain | Namespace::Atom => 0,
        Namespace::DublinCore => 1,
        _ => 2,
    }
}

/// Ranks `link` elements and their substitutes by how likely they are the page of the entry.
mod link_rank {
    pub(super) const ORIGIN: u8 = 0;
    pub(super) const TEXT: u8 = 1;
    pub(super) const PAGE: u8 = 2;
    pub(super) const ALTERNATE: u8 = 3;
    pub(super) const PERMALINK: u8 = 4;
    pub(super) const SOURCE_OF_CONTENT: u8 = 5;
    pub(super) const ABOUT: u8 = 6;
    /// `N/A`
    pub(super) const PLACEHOLDER: u8 = 7;
}

/// The rank of `rdf:about` as an item's name: better than Dublin Core, worse than a guid.
const GUID_ABOUT: u8 = 1;

/// A text with the base of its addresses.
type TextWithBase = (RawText, Option<Url>);

#[derive(Debug, Default)]
pub(super) struct EntryDraft {
    raw: RawEntry,
    guid: BestRanked<String>,
    title: BestRanked<RawText>,
    link: BestRanked<String>,
    /// `description` and similar elements. `abridged` contains the ones that are named a summary.
    summary: BestRanked<TextWithBase>,
    abridged: Option<TextWithBase>,
    content: BestRanked<TextWithBase>,
    published: BestRanked<String>,
    updated: BestRanked<String>,
    media: EntryMedia,
    license: BestRanked<String>,
    language: BestRanked<String>,
    own: Vec<RawAuthor>,
    creators: Vec<RawAuthor>,
    others: Vec<RawAuthor>,
    of_source: Vec<RawAuthor>,
    contributors: Vec<RawAuthor>,
    /// The playing time of the entry's file.
    duration: Option<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
}

impl EntryDraft {
    pub(super) fn new(tag: &XmlTag<'_>, base: Option<Url>, language: Option<String>) -> Self {
        let mut draft = Self {
            raw: RawEntry {
                base,
                ..RawEntry::default()
            },
            ..Self::default()
        };
        if let Some(language) = language {
            draft.language.offer(2, language);
        }
        let about = || tag.attribute(&["about"]);
        if let Some(about) = Some(tag)
            .filter(|tag| tag.name != "entry")
            .and_then(|_| about())
        {
            if is_web_address(&about) {
                draft.link.offer(link_rank::ABOUT, about.clone());
            }
            draft.guid.offer(GUID_ABOUT, about);
        }
        // CDF
        if let Some(href) = tag.attribute(&["href"]) {
            draft.link.offer(link_rank::TEXT, href);
        }
        if let Some(changed) = tag.attribute(&["lastmod"]) {
            draft.updated.offer(0, changed);
        }
        draft
    }

    /// Takes the content of an element.
    pub(super) fn put_element(&mut self, found: FoundText<'_, '_>) {
        use FeedElement as E;
        let rank = vocabulary_rank(found.namespace);
        match found.element {
            E::Title => self.put_title(found, rank),
            E::Link => self.put_link(found),
            E::Guid => self.put_guid(found, rank),
            E::Summary | E::Subtitle | E::ITunesSummary => self.put_summary(found, rank),
            E::Content | E::ContentEncoded | E::Body => self.put_content(found),
            E::Published => {
                // `created` is the time at which writing began.
                let later = match local_name(found.tag.name).to_ascii_lowercase().as_str() {
                    "created" => 6,
                    "issued" => 3,
                    _ => 0,
                };
                self.published
                    .offer_non_blank(rank + later, found.into_text());
            }
            E::Updated => self.put_updated(found, rank),
            E::Creator | E::Author => self.put_creator(found),
            E::Contributor => {
                if let Some(name) = non_blank(found.into_text()) {
                    self.put_contributor(RawAuthor { name, url: None });
                }
            }
            E::Category => self.put_category(&found),
            E::Keywords => {
                let keywords = match &found.content {
                    ElementContent::Text(text) => text.split(',').map(str::to_owned).collect(),
                    // Each element is one value.
                    ElementContent::Markup(markup) => texts_between_tags(markup),
                };
                for keyword in keywords {
                    push_tag(&mut self.raw.tags, keyword.trim().to_owned(), None);
                }
            }
            E::Enclosure => self.put_enclosure(&found),
            E::MediaContent => self.put_media_content(&found),
            E::Duration => self.duration = self.duration.take().or(non_blank(found.into_text())),
            E::Thumbnail | E::ITunesImage => self.media.put_thumbnail(&found),
            E::Logo => self.media.put_logo(found.into_address()),
            E::Origin => self
                .link
                .offer_non_blank(link_rank::ORIGIN, found.into_text()),
            E::Comments => {
                self.raw.comments = non_blank(found.into_text()).or(self.raw.comments.take());
            }
            E::License => self.license.offer_non_blank(0, found.into_address()),
            E::Rights => self.license.offer_non_blank(1, found.into_text()),
            E::Language => self.language.offer_non_blank(0, found.into_text()),
            E::Geometry => self.raw.point = self.raw.point.or(parse_point(&found.to_text())),
            E::Latitude => self.latitude = found.into_text().parse().ok(),
            E::Longitude => self.longitude = found.into_text().parse().ok(),
            _ => {}
        }
    }

    /// Keeps the last of several dates, which was added when the entry changed.
    fn put_updated(&mut self, found: FoundText<'_, '_>, rank: u8) {
        let text = found.into_text();
        if !text.is_empty()
            && self
                .updated
                .0
                .as_ref()
                .is_none_or(|(held, _)| rank <= *held)
        {
            self.updated = BestRanked(Some((rank, text)));
        }
    }

    fn put_title(&mut self, found: FoundText<'_, '_>, rank: u8) {
        if let Some(language) = found.own_language {
            self.language.offer(3, language.clone());
        }
        if self.title.accepts_rank(rank)
            && let Some(title) = read_title(found)
        {
            self.title.offer(rank, title);
        }
    }

    /// Takes a `link` with its address as text (RSS) or in `href` (RFC 4287 §4.2.7), with or without a `rel`.
    fn put_link(&mut self, found: FoundText<'_, '_>) {
        let tag = found.tag;
        let in_attribute = found.attribute_address(&["href", "resource"]);
        let is_text = in_attribute.is_none();
        let own_base = found.own_base.cloned();
        let href = in_attribute.or_else(|| {
            let text = non_blank(found.into_text())?;
            Some(resolve_address(own_base.as_ref(), text))
        });
        let Some(href) = href else { return };
        let rel = tag.attribute(&["rel"]);
        let kind = tag.attribute(&["type"]);
        match rel.as_deref().map_or("alternate", strip_relation_registry) {
            "alternate" if is_placeholder_link(&href) => {
                self.link.offer(link_rank::PLACEHOLDER, href);
            }
            "alternate" if is_text => self.link.offer(link_rank::TEXT, href),
            "alternate" if kind.as_deref().is_none_or(|kind| kind.contains("html")) => {
                self.link.offer(link_rank::PAGE, href);
            }
            "alternate" => self.link.offer(link_rank::ALTERNATE, href),
            "enclosure" => self.push_enclosure(RawEnclosure {
                url: href,
                title: tag.attribute(&["title"]),
                mime_type: kind,
                length_bytes: tag.attribute(&["length"]),
                duration: None,
            }),
            "related" => self.push_link(LinkRelation::Related, href, tag),
            "via" => self.push_link(LinkRelation::Via, href, tag),
            "replies" => {
                self.raw.comments.get_or_insert(href);
            }
            "license" => self.license.offer(0, href),
            "permalink" | "canonical" => self.link.offer(link_rank::PERMALINK, href),
            _ => {}
        }
    }

    /// Takes a guid. In RSS it is the item's address unless marked otherwise (RSS 2.0, `isPermaLink`).
    fn put_guid(&mut self, found: FoundText<'_, '_>, rank: u8) {
        let tag = found.tag;
        let guid = found.into_text();
        let denied = tag
            .attribute(&["ispermalink"])
            .is_some_and(|value| value.eq_ignore_ascii_case("false"));
        if local_name(tag.name).eq_ignore_ascii_case("guid")
            && !denied
            && is_web_address(content::without_cdata(&guid))
        {
            let address = content::without_cdata(&guid).to_owned();
            self.link.offer(link_rank::PERMALINK, address);
        }
        self.guid.offer_non_blank(2 * rank, guid);
    }

    fn put_summary(&mut self, found: FoundText<'_, '_>, rank: u8) {
        let is_plain = rank == 0 && found.element == FeedElement::Summary;
        let is_abridged = is_plain && local_name(found.tag.name).eq_ignore_ascii_case("summary");
        if is_abridged {
            self.abridged = self
                .abridged
                .take()
                .or_else(|| text_with_base(found, DefaultTextType::Unsaid));
        } else {
            // A line or two that an extension vocabulary adds ranks below its summary.
            let rank = rank + u8::from(found.element == FeedElement::Subtitle);
            if self.summary.accepts_rank(rank)
                && let Some(summary) = text_with_base(found, DefaultTextType::Unsaid)
            {
                self.summary.offer(rank, summary);
            }
        }
    }

    fn put_content(&mut self, found: FoundText<'_, '_>) {
        if let Some(language) = found.own_language {
            self.language.offer(1, language.clone());
        }
        let rank = match found.element {
            FeedElement::ContentEncoded => 0,
            FeedElement::Content => 1,
            _ => 2,
        };
        let unmarked = if found.namespace == Namespace::Atom {
            DefaultTextType::Unsaid
        } else {
            DefaultTextType::Html
        };
        if found.content.is_blank() {
            return self.put_content_elsewhere(&found);
        }
        if self.content.accepts_rank(rank)
            && let Some(content) = text_with_base(found, unmarked)
        {
            self.content.offer(rank, content);
        }
    }

    /// Takes content at another address (RFC 4287 §4.1.3.2).
    fn put_content_elsewhere(&mut self, found: &FoundText<'_, '_>) {
        let Some(url) = found.attribute_address(&["src"]) else {
            return;
        };
        let mime_type = found.tag.attribute(&["type"]);
        if mime_type
            .as_deref()
            .is_none_or(|kind| kind.contains("html"))
        {
            self.link.offer(link_rank::SOURCE_OF_CONTENT, url);
        } else {
            self.push_enclosure(RawEnclosure {
                url,
                title: None,
                mime_type,
                ..RawEnclosure::default()
            });
        }
    }

    fn put_creator(&mut self, found: FoundText<'_, '_>) {
        let namespace = found.namespace;
        let Some(name) = non_blank(found.into_text()) else {
            return;
        };
        let author = RawAuthor { name, url: None };
        if namespace == Namespace::DublinCore {
            push_bounded(&mut self.creators, author);
        } else {
            push_bounded(&mut self.others, author);
        }
    }

    fn put_category(&mut self, found: &FoundText<'_, '_>) {
        let tag = found.tag;
        let name = tag
            .attribute(&["label"])
            .or_else(|| non_blank(found.to_text()))
            .or_else(|| tag.attribute(&["term", "text", "value"]));
        let scheme = tag.attribute(&["scheme", "domain"]);
        push_tag(&mut self.raw.tags, name.unwrap_or_default(), scheme);
    }

    fn put_enclosure(&mut self, found: &FoundText<'_, '_>) {
        let tag = found.tag;
        let Some(url) = found.attribute_address(&["url", "href", "src"]) else {
            return;
        };
        self.push_enclosure(RawEnclosure {
            url,
            title: None,
            mime_type: tag.attribute(&["type"]),
            length_bytes: tag.attribute(&["length", "filesize"]),
            duration: tag.attribute(&["duration"]),
        });
    }

    /// Takes a file of Media RSS. A picture counts as a file only once it is known not to represent the
    /// entry.
    fn put_media_content(&mut self, found: &FoundText<'_, '_>) {
        if let Some(file) = self.media.put_content(found) {
            self.push_enclosure(file);
        }
    }

    /// Takes an element within a Media RSS file or group. Statements about a picture do not apply to the
    /// entry.
    pub(super) fn put_media_child(&mut self, within: MediaParent, found: FoundText<'_, '_>) {
        if let Some(found) = self.media.put_child(within, found) {
            self.put_element(found);
        }
    }

    /// Adds an enclosure. A file listed twice, as an enclosure and in Media RSS, is kept once, with the
    /// properties of both.
    fn push_enclosure(&mut self, enclosure: RawEnclosure) {
        let mut known = self.raw.enclosures.iter_mut();
        match known.find(|known| known.url == enclosure.url) {
            Some(known) => {
                known.title = known.title.take().or(enclosure.title);
                known.mime_type = known.mime_type.take().or(enclosure.mime_type);
                known.length_bytes = known.length_bytes.take().or(enclosure.length_bytes);
                known.duration = known.duration.take().or(enclosure.duration);
            }
            None => push_bounded(&mut self.raw.enclosures, enclosure),
        }
    }

    fn push_link(&mut self, relation: LinkRelation, url: String, tag: &XmlTag<'_>) {
        let title = tag.attribute(&["title"]);
        let link = RawLink {
            relation,
            url,
            title,
        };
        push_bounded(&mut self.raw.links, link);
    }

    /// Gives the `itunes:duration` to the first file that plays, or else to the only file.
    fn set_duration(&mut self) {
        let files = &mut self.raw.enclosures;
        let plays = |file: &RawEnclosure| {
            let kind = file.mime_type.as_deref().unwrap_or_default();
            kind.starts_with("audio") || kind.starts_with("video")
        };
        let only = (files.len() == 1).then_some(0);
        let place = files.iter().position(plays).or(only);
        if let Some(file) = place.and_then(|place| files.get_mut(place)) {
            file.duration = file.duration.take().or(self.duration.take());
        }
    }

    pub(super) fn put_author(&mut self, author: RawAuthor) {
        push_bounded(&mut self.own, author);
    }

    pub(super) fn put_contributor(&mut self, contributor: RawAuthor) {
        push_bounded(&mut self.contributors, contributor);
    }

    pub(super) fn put_source_author(&mut self, author: RawAuthor) {
        push_bounded(&mut self.of_source, author);
    }

    pub(super) fn put_origin(&mut self, origin: RawOrigin) {
        if origin.title.is_some() || origin.url.is_some() {
            self.raw.origin.get_or_insert(origin);
        }
    }

    pub(super) fn put_image(&mut self, url: String) {
        self.media.put_image(url);
    }

    pub(super) fn finish(mut self) -> RawEntry {
        let pictures = self.finish_media();
        self.set_duration();
        let (summary, content) = match (self.abridged, self.summary.into_inner()) {
            (Some(abridged), description) => {
                (Some(abridged), self.content.into_inner().or(description))
            }
            (None, summary) => (summary, self.content.into_inner()),
        };
        let (summary, summary_base) = summary.unzip();
        let (content, content_base) = content.unzip();
        let updated = self.updated.into_inner();
        // Dublin Core names people, while the element of RSS itself gives a mail address, often followed by a
        // name.
        let authors = [
            self.creators,
            self.own,
            self.others,
            self.of_source,
            self.contributors,
        ];
        RawEntry {
            guid: own_guid(self.guid, &self.link),
            title: self.title.into_inner(),
            link: self.link.into_inner(),
            summary,
            summary_base: summary_base.flatten(),
            content,
            content_base: content_base.flatten(),
            published: self.published.into_inner().or_else(|| updated.clone()),
            updated,
            language: self.language.into_inner(),
            authors: authors
                .into_iter()
                .find(|list| !list.is_empty())
                .unwrap_or_default(),
            image: pictures,
            license: self.license.into_inner(),
            point: self.raw.point.or(self.latitude.zip(self.longitude)),
            ..self.raw
        }
    }
}

impl EntryDraft {
    /// Decides which picture represents the entry, and which pictures are files of it.
    fn finish_media(&mut self) -> Option<RawImage> {
        let media = std::mem::take(&mut self.media);
        let people = [&self.creators, &self.own, &self.others];
        let people = people.into_iter().flatten();
        let people: Vec<String> = people.map(|person| person.name.clone()).collect();
        let settled = media.choose_picture(&people);
        for (url, title) in settled.titles {
            let files = &mut self.raw.enclosures;
            if let Some(file) = files.iter_mut().find(|file| file.url == url) {
                file.title.get_or_insert(title);
            }
        }
        for file in settled.files {
            self.push_enclosure(file);
        }
        settled.image
    }
}

/// Drops a guid equal to the link. An item of RSS 1.0 is mostly named by the address it links to, and such a
/// name adds nothing.
fn own_guid(guid: BestRanked<String>, link: &BestRanked<String>) -> Option<String> {
    let linked = link
        .0
        .as_ref()
        .filter(|(rank, _)| *rank != link_rank::ABOUT);
    let (rank, guid) = guid.0?;
    let is_repeated = rank == GUID_ABOUT && linked.is_some_and(|(_, link)| *link == guid);
    (!is_repeated).then_some(guid)
}

/// Reads a title. It is plain text in Atom unless marked otherwise (RFC 4287 §3.1.1). In RSS its type is
/// unknown.
fn read_title(found: FoundText<'_, '_>) -> Option<RawText> {
    let unmarked = match found.namespace {
        Namespace::Atom => DefaultTextType::Plain,
        _ => DefaultTextType::Unsaid,
    };
    content::typed_text(found.tag, found.content, unmarked)
}

/// Returns the text with its own base, if it has one.
fn text_with_base(found: FoundText<'_, '_>, unmarked: DefaultTextType) -> Option<TextWithBase> {
    let base = found.own_base.cloned();
    Some((
        content::typed_text(found.tag, found.content, unmarked)?,
        base,
    ))
}

/// Returns a relation without the registry that some feeds prepend:
/// `http://www.iana.org/assignments/relation/alternate`.
fn strip_relation_registry(rel: &str) -> &str {
    let last = rel.rsplit(['/', '#']).next().unwrap_or(rel);
    last.split_whitespace().next().unwrap_or("alternate")
}

fn is_web_address(text: &str) -> bool {
    let start = text.trim_start().as_bytes();
    let starts = |scheme: &[u8]| {
        start
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    starts(b"http://") || starts(b"https://")
}

/// Parses `45.256 -71.92`, also with a comma between the numbers. If there are several points, returns the
/// first.
fn parse_point(text: &str) -> Option<(f64, f64)> {
    let mut numbers = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|part| !part.is_empty())
        .map(str::parse);
    let (latitude, longitude) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    let on_earth = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    on_earth.then_some((latitude, longitude))
}

fn non_blank(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}

fn push_bounded<T>(list: &mut Vec<T>, value: T) {
    if list.len() < MAX_LIST {
        list.push(value);
    }
}

fn push_tag(tags: &mut Vec<RawTag>, name: String, scheme: Option<String>) {
    if !name.trim().is_empty() {
        push_bounded(tags, RawTag { name, scheme });
    }
}

#[derive(Debug, Default)]
pub(super) struct ChannelDraft {
    title: BestRanked<RawText>,
    description: BestRanked<RawText>,
    home_page: BestRanked<String>,
    language: BestRanked<String>,
    image: BestRanked<String>,
    license: BestRanked<String>,
    own: Vec<RawAuthor>,
    creators: Vec<RawAuthor>,
    /// People to use if no author is named, the surest first.
    editors: Vec<RawAuthor>,
    speakers: Vec<RawAuthor>,
    owners: Vec<RawAuthor>,
    webmasters: Vec<RawAuthor>,
    advice: SubscriptionHints,
}

impl ChannelDraft {
    pub(super) fn begin_channel(&mut self, tag: &XmlTag<'_>, language: Option<&String>) {
        // A document may contain any number of channels.
        if let Some(language) = language.filter(|_| self.language.accepts_rank(2)) {
            self.language.offer(2, language.clone());
        }
        // CDF
        if let Some(href) = tag.attribute(&["href"]) {
            self.home_page.offer(2, href);
        }
    }

    /// Takes the content of an element.
    pub(super) fn put_element(&mut self, found: FoundText<'_, '_>) {
        use FeedElement as E;
        let rank = vocabulary_rank(found.namespace);
        match found.element {
            E::Title => {
                if let Some(title) = read_title(found) {
                    self.title.offer(rank, title);
                }
            }
            E::Summary | E::Subtitle | E::ITunesSummary => {
                let rank = rank + u8::from(rank > 0 && found.element == E::Subtitle);
                if let Some(text) =
                    content::typed_text(found.tag, found.content, DefaultTextType::Unsaid)
                {
                    self.description.offer(rank, text);
                }
            }
            E::Link => self.put_link(found),
            E::Language => self.language.offer_non_blank(rank, found.into_text()),
            E::Creator => self.put_creator(found),
            E::ManagingEditor => self.put_editor(found),
            E::Logo => self.image.offer_non_blank(1, found.into_address()),
            E::ITunesImage => {
                if let Some(url) = found.attribute_address(&["href", "url"]) {
                    self.image.offer(2, url);
                }
            }
            E::License => self.license.offer_non_blank(0, found.into_address()),
            E::Rights => self.license.offer_non_blank(1, found.into_text()),
            _ => self.put_subscription_hint(found),
        }
    }

    fn put_link(&mut self, found: FoundText<'_, '_>) {
        let tag = found.tag;
        let rel = tag.attribute(&["rel"]);
        let kind = tag.attribute(&["type"]);
        let stated = tag.attribute(&["href", "resource"]);
        let is_text = stated.is_none();
        let base = found.base.cloned();
        let Some(href) = stated.or_else(|| non_blank(found.into_text())) else {
            // An empty address with a base is the base itself.
            let own = base.filter(|_| tag.attributes.contains("href"));
            if let Some(base) = own.filter(|_| rel.as_deref() == Some("self")) {
                self.advice.self_link.get_or_insert(base.into());
            }
            return;
        };
        let href = resolve_address(base.as_ref(), href);
        let advice = &mut self.advice;
        match rel.as_deref().map_or("alternate", strip_relation_registry) {
            "alternate" if is_text => self.home_page.offer(0, href),
            "alternate" if kind.is_none_or(|kind| kind.contains("html")) => {
                self.home_page.offer(1, href);
            }
            "alternate" => self.home_page.offer(3, href),
            "self" => drop(advice.self_link.get_or_insert(href)),
            "hub" => push_bounded(&mut advice.hubs, href),
            "next" => drop(advice.next.get_or_insert(href)),
            "prev-archive" => drop(advice.previous_archive.get_or_insert(href)),
            "license" => self.license.offer(0, href),
            _ => {}
        }
    }

    fn put_creator(&mut self, found: FoundText<'_, '_>) {
        let people = match found.namespace {
            Namespace::DublinCore => &mut self.creators,
            _ => &mut self.speakers,
        };
        if let Some(name) = non_blank(found.into_text()) {
            push_bounded(people, RawAuthor { name, url: None });
        }
    }

    /// Takes an editor. A name is useful under every item, an office's mail address is not.
    fn put_editor(&mut self, found: FoundText<'_, '_>) {
        let people = if local_name(found.tag.name).eq_ignore_ascii_case("webmaster") {
            &mut self.webmasters
        } else {
            &mut self.editors
        };
        let is_address = |text: &str| text.contains('@') && !text.contains(['(', '<', ' ']);
        if let Some(name) = non_blank(found.into_text()).filter(|name| !is_address(name.trim())) {
            push_bounded(people, RawAuthor { name, url: None });
        }
    }

    /// Takes the owner of a podcast.
    pub(super) fn put_owner(&mut self, owner: RawAuthor) {
        if !owner.name.contains('@') {
            push_bounded(&mut self.owners, owner);
        }
    }

    fn put_subscription_hint(&mut self, found: FoundText<'_, '_>) {
        use FeedElement as E;
        let advice = &mut self.advice;
        match found.element {
            E::Ttl => advice.ttl_minutes = found.into_text().parse().ok(),
            E::Hour => {
                // The first version of the format writes midnight as 24.
                let hour = found.into_text().parse().ok().filter(|hour| *hour <= 24);
                let hour = hour.map(|hour: u8| hour % 24);
                advice
                    .skip_hours
                    .extend(hour.filter(|hour| !advice.skip_hours.contains(hour)));
            }
            E::Day => {
                let day = found.into_text();
                if !day.is_empty() && advice.skip_days.len() < 7 {
                    advice.skip_days.push(day);
                }
            }
            E::UpdatePeriod => advice.update_period = non_blank(found.into_text()),
            E::UpdateFrequency => advice.update_frequency = found.into_text().parse().ok(),
            E::UpdateBase => advice.update_base = non_blank(found.into_text()),
            E::Complete => advice.is_complete = true,
            E::MovedTo => advice.moved_to = non_blank(found.into_text()),
            E::Cloud => advice.cloud = cloud_address(found.tag),
            _ => {}
        }
    }

    pub(super) fn put_author(&mut self, author: RawAuthor) {
        push_bounded(&mut self.own, author);
    }

    pub(super) fn put_image(&mut self, url: String) {
        self.image.offer_non_blank(0, url);
    }

    /// Returns the finished channel. `format` is the format that the root element states.
    pub(super) fn finish(self, format: Option<String>) -> DocumentMetadata {
        let authors = [
            self.creators,
            self.own,
            self.editors,
            self.speakers,
            self.owners,
            self.webmasters,
        ];
        let authors = authors.into_iter().find(|people| !people.is_empty());
        DocumentMetadata {
            format,
            title: self.title.into_inner(),
            description: self.description.into_inner(),
            home_page: self.home_page.into_inner(),
            language: self.language.into_inner(),
            authors: authors.unwrap_or_default(),
            image: self.image.into_inner(),
            license: self.license.into_inner(),
            advice: self.advice,
        }
    }
}

/// Returns the address at which a cloud takes subscriptions (RSS 2.0, `cloud`).
fn cloud_address(tag: &XmlTag<'_>) -> Option<String> {
    let domain = tag.attribute(&["domain"])?;
    let port = tag.attribute(&["port"]).map(|port| format!(":{port}"));
    let path = tag.attribute(&["path"]).unwrap_or_default();
    let path = path.trim_start_matches('/');
    Some(format!(
        "http://{domain}{}/{path}",
        port.unwrap_or_default()
    ))
}
