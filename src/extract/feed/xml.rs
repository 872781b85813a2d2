//! Reads the structure of an XML feed: the nesting of its elements and the end of each, however broken the
//! markup is.
//!
//! In: tokens. Out: a channel, its complete entries, and the faults found. One pass: only a text element in
//! which markup appears is read twice.
//!
//! An element ends with its end tag, with the end of its parent, or before an element that cannot be within
//! it: an entry ends at the start of the next one.

mod texts;

use url::Url;

use super::content::ElementContent;
use super::draft::{ChannelDraft, EntryDraft, FoundText};
use super::fault::FormatFault;
use super::media::MediaParent;
use super::names::{FeedElement, Namespace, NamespaceScope, find_element};
use super::references;
use super::scan::{XmlScanner, XmlTag, XmlToken, local_name};
use crate::extract::MAX_ENTRIES;
use crate::model::{Extracted, RawAuthor, RawOrigin};

/// The maximum depth of elements that are read. No format comes near it.
const MAX_DEPTH: usize = 200;

/// The maximum length of a base: each address within it is written out against it.
const MAX_BASE_BYTES: usize = 2_048;

/// The role of an open element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ElementRole {
    /// Outside any element so far.
    Document,
    /// `rss`, `rdf:RDF`
    Root,
    Channel,
    Entry,
    /// An author, with their standing.
    Person(PersonRole),
    /// A person who is ignored: a contributor.
    Bystander,
    /// The source that an entry was taken from.
    Source,
    Image,
    /// An element whose content is skipped.
    Ignored,
}

/// The relation of a person to the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PersonRole {
    Channel,
    /// The owner of a podcast.
    Owner,
    Entry,
    /// A contributor to an entry that may name no author.
    Contributor,
    Source,
}

/// The treatment of an element.
enum ElementTreatment {
    /// Its children are read.
    Within(ElementRole),
    /// It is read as a text.
    Text(FeedElement),
}

#[derive(Debug)]
struct OpenElement<'a> {
    /// The name with its prefix, as written.
    name: &'a str,
    /// The name without its prefix. End tags are looked up by it, often without a match.
    local: &'a str,
    /// The byte offset of its start in the text.
    at: usize,
    role: ElementRole,
    mark: ScopeMark,
}

impl OpenElement<'_> {
    /// Returns true if an end tag of this local name ends the element: feeds often get prefixes and case
    /// wrong.
    fn is_ended_by(&self, local: &str) -> bool {
        self.local.eq_ignore_ascii_case(local)
    }
}

/// The state in force before an element.
#[derive(Clone, Copy, Debug)]
struct ScopeMark {
    prefixes: usize,
    bases: usize,
    languages: usize,
}

/// Reads an XML feed that came from `url`.
pub(super) fn read_xml_feed(text: &str, url: &Url) -> Extracted {
    let mut reader = XmlFeedReader::new(text, url);
    reader.note_controls();
    while reader.entries < MAX_ENTRIES + 1
        && let Some(token) = reader.scanner.next_token()
    {
        reader.handle_token(token);
    }
    reader.finish()
}

struct XmlFeedReader<'a> {
    scanner: XmlScanner<'a>,
    url: &'a Url,
    open: Vec<OpenElement<'a>>,
    /// The number of open elements too deep for `open`.
    deeper: usize,
    prefixes: NamespaceScope<'a>,
    bases: Vec<Url>,
    languages: Vec<String>,
    /// The format that the root element states.
    format: Option<String>,
    is_atom: bool,
    /// True after the start of the root element; `ended` is true after its end.
    begun: bool,
    ended: bool,
    channel: ChannelDraft,
    entry: Option<EntryDraft>,
    entry_at: usize,
    entries: usize,
    person: RawAuthor,
    person_text: String,
    origin: RawOrigin,
    extracted: Extracted,
}

/// Handles tokens.
impl<'a> XmlFeedReader<'a> {
    fn new(text: &'a str, url: &'a Url) -> Self {
        Self {
            scanner: XmlScanner::new(text),
            url,
            open: Vec::new(),
            deeper: 0,
            prefixes: NamespaceScope::default(),
            bases: Vec::new(),
            languages: Vec::new(),
            format: None,
            is_atom: false,
            begun: false,
            ended: false,
            channel: ChannelDraft::default(),
            entry: None,
            entry_at: 0,
            entries: 0,
            person: RawAuthor::default(),
            person_text: String::new(),
            origin: RawOrigin::default(),
            extracted: Extracted::default(),
        }
    }

    /// Reports control characters. They are removed where texts are normalized.
    fn note_controls(&mut self) {
        let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        let text = self.scanner.text().as_bytes();
        let times = text.iter().filter(|byte| is_control(byte)).count();
        if times > 0 {
            let at = text.iter().position(is_control);
            let faults = &mut self.scanner.faults;
            faults.note_all(FormatFault::ControlCharacter, at.unwrap_or_default(), times);
        }
    }

    fn handle_token(&mut self, token: XmlToken<'a>) {
        match token {
            XmlToken::Text(text) => {
                self.handle_loose_text(text, &references::decode_references(text).0);
            }
            XmlToken::Cdata(text) => self.handle_loose_text(text, text),
            XmlToken::Open(tag) => self.handle_start_tag(&tag),
            XmlToken::Close(name) => self.handle_end_tag(name),
        }
    }

    /// Handles text outside any text element: the name of an author or a source, or nothing.
    fn handle_loose_text(&mut self, found: &str, text: &str) {
        let is_nothing = |c: char| c.is_whitespace() || c.is_control();
        if text.trim_matches(is_nothing).is_empty() {
            return;
        }
        let fault = match self.current_role() {
            ElementRole::Person(_) => return self.person_text.push_str(text),
            ElementRole::Source => {
                let title = self.origin.title.get_or_insert_default();
                return title.push_str(text.trim());
            }
            ElementRole::Document if self.ended => FormatFault::JunkAfter,
            ElementRole::Document => FormatFault::JunkBefore,
            ElementRole::Root | ElementRole::Channel | ElementRole::Entry => FormatFault::LooseText,
            ElementRole::Bystander | ElementRole::Image | ElementRole::Ignored => return,
        };
        let at = self.scanner.position() - found.trim_start().len();
        self.scanner.faults.note(fault, at);
    }

    fn current_role(&self) -> ElementRole {
        self.open
            .last()
            .map_or(ElementRole::Document, |open| open.role)
    }

    fn handle_start_tag(&mut self, tag: &XmlTag<'a>) {
        let mut mark = self.enter_scope(tag);
        let namespace = self.tag_namespace(tag);
        let meaning = find_element(namespace, tag.name);
        if let Some(depth) = self.implicitly_ended_depth(meaning, namespace) {
            // The tag's declarations do not apply to the element that it ends.
            self.leave_scope(mark);
            self.close_down_to(depth);
            mark = self.enter_scope(tag);
        }
        match self.choose_treatment(meaning, namespace, tag) {
            ElementTreatment::Text(element) => {
                let content = self.read_content(tag, namespace);
                // A guid identifies the entry, so it stays as written.
                let content = match element {
                    FeedElement::Guid => content,
                    _ => content.without_cdata(),
                };
                self.put_element(element, namespace, tag, content, mark);
                self.leave_scope(mark);
            }
            ElementTreatment::Within(role) if tag.is_empty => {
                self.finish_role(role);
                self.leave_scope(mark);
            }
            ElementTreatment::Within(_) if self.open.len() >= MAX_DEPTH => {
                self.scanner.faults.note(FormatFault::TooDeep, tag.at);
                self.deeper += 1;
                self.leave_scope(mark);
            }
            ElementTreatment::Within(role) => self.open.push(OpenElement {
                name: tag.name,
                local: local_name(tag.name),
                at: tag.at,
                role,
                mark,
            }),
        }
    }

    fn tag_namespace(&self, tag: &XmlTag<'a>) -> Namespace {
        match self.prefixes.element_namespace(tag.name) {
            Namespace::Plain if self.is_atom => Namespace::Atom,
            namespace => namespace,
        }
    }

    /// Returns the depth of the element that ends where such an element begins: an entry ends at the next
    /// entry, a person at any element that is not part of one.
    fn implicitly_ended_depth(
        &self,
        element: Option<FeedElement>,
        namespace: Namespace,
    ) -> Option<usize> {
        use FeedElement as E;
        let element = element.filter(|_| is_core_namespace(namespace))?;
        let is_ended = |open: &OpenElement<'_>| match open.role {
            ElementRole::Entry => element == E::Entry,
            ElementRole::Person(_) => {
                !matches!(element, E::Name | E::Email | E::Url | E::Image | E::Logo)
            }
            _ => false,
        };
        self.open.iter().position(is_ended)
    }

    /// Returns the treatment of an element at its position.
    fn choose_treatment(
        &mut self,
        element: Option<FeedElement>,
        namespace: Namespace,
        tag: &XmlTag<'a>,
    ) -> ElementTreatment {
        use FeedElement as E;
        let role = self.current_role();
        let is_own = is_core_namespace(namespace);
        ElementTreatment::Within(match (role, element) {
            (_, Some(E::Entry)) if is_own => self.begin_entry(tag),
            (ElementRole::Document | ElementRole::Ignored, Some(E::Root))
                if self.entry.is_none() =>
            {
                self.begin_root(tag)
            }
            (
                ElementRole::Document | ElementRole::Root | ElementRole::Ignored,
                Some(E::Channel),
            ) if self.entry.is_none() => self.begin_channel(tag),
            (ElementRole::Channel, Some(E::Channel | E::SkipHours | E::SkipDays)) => {
                ElementRole::Channel
            }
            (ElementRole::Channel | ElementRole::Entry, Some(E::Group)) => role,
            (ElementRole::Channel | ElementRole::Entry, Some(found))
                if has_children(found, namespace, tag) =>
            {
                self.put_attributes(found, namespace, tag);
                role
            }
            (ElementRole::Channel, Some(E::Author)) => ElementRole::Person(PersonRole::Channel),
            (ElementRole::Entry, Some(E::Author)) => ElementRole::Person(PersonRole::Entry),
            (ElementRole::Source, Some(E::Author)) => ElementRole::Person(PersonRole::Source),
            (ElementRole::Entry, Some(E::Contributor)) if is_own => {
                ElementRole::Person(PersonRole::Contributor)
            }
            (ElementRole::Channel, Some(E::ManagingEditor)) if !is_own => {
                ElementRole::Person(PersonRole::Owner)
            }
            (ElementRole::Channel | ElementRole::Source, Some(E::Contributor)) => {
                ElementRole::Bystander
            }
            (ElementRole::Entry, Some(E::Source)) if is_own => {
                self.origin = RawOrigin {
                    url: tag.attribute(&["url"]),
                    title: None,
                };
                ElementRole::Source
            }
            (ElementRole::Channel | ElementRole::Entry, Some(E::Image)) => ElementRole::Image,
            (ElementRole::Person(_), Some(found @ (E::Name | E::Email | E::Url)))
            | (ElementRole::Source, Some(found @ (E::Title | E::Link | E::Guid)))
            | (ElementRole::Image, Some(found @ E::Url))
            | (ElementRole::Channel | ElementRole::Entry, Some(found)) => {
                return ElementTreatment::Text(found);
            }
            _ => ElementRole::Ignored,
        })
    }

    fn handle_end_tag(&mut self, name: &str) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let local = local_name(name);
        let same = |open: &OpenElement<'_>| open.is_ended_by(local);
        let Some(depth) = self.open.iter().rposition(same) else {
            let at = self.scanner.position().saturating_sub(name.len() + 3);
            let fault = FormatFault::StrayEnd(shorten_name(name));
            return self.scanner.faults.note(fault, at);
        };
        self.close_down_to(depth + 1);
        self.close_last();
    }

    /// Closes all elements open beyond this depth, without their end tags.
    fn close_down_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some(open) = self.open.last() {
                let fault = FormatFault::Unclosed(shorten_name(open.name));
                self.scanner.faults.note(fault, open.at);
            }
            self.close_last();
        }
    }

    fn close_last(&mut self) {
        if let Some(open) = self.open.pop() {
            self.finish_role(open.role);
            self.leave_scope(open.mark);
        }
    }
}

/// Returns a name from outside, shortened for a message.
fn shorten_name(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Handles elements with parts.
impl<'a> XmlFeedReader<'a> {
    fn begin_root(&mut self, tag: &XmlTag<'a>) -> ElementRole {
        if self.ended {
            self.scanner.faults.note(FormatFault::JunkAfter, tag.at);
        } else if !self.open.is_empty() {
            self.scanner.faults.note(FormatFault::JunkBefore, tag.at);
        }
        self.begun = true;
        self.format.get_or_insert_with(|| format_name(tag));
        self.is_atom = local_name(tag.name).eq_ignore_ascii_case("feed");
        if self.is_atom {
            self.begin_channel(tag)
        } else {
            ElementRole::Root
        }
    }

    fn begin_channel(&mut self, tag: &XmlTag<'a>) -> ElementRole {
        self.begun = true;
        self.format.get_or_insert_with(|| format_name(tag));
        self.channel.begin_channel(tag, self.languages.last());
        ElementRole::Channel
    }

    fn begin_entry(&mut self, tag: &XmlTag<'a>) -> ElementRole {
        self.begun = true;
        if self.open.is_empty() {
            self.format.get_or_insert_with(|| format_name(tag));
        }
        self.entry_at = tag.at;
        let base = self.bases.last().cloned();
        self.entry = Some(EntryDraft::new(tag, base, self.own_language(tag)));
        ElementRole::Entry
    }

    /// Returns the language that a tag itself states.
    fn own_language(&self, tag: &XmlTag<'a>) -> Option<String> {
        let stated = tag.attributes.contains("xml:lang");
        stated.then(|| self.languages.last().cloned())?
    }

    fn finish_role(&mut self, role: ElementRole) {
        match role {
            // The parts of an entry that have its role are not the entry.
            ElementRole::Entry if !self.open.iter().any(|open| open.role == ElementRole::Entry) => {
                self.entries += 1;
                let entry = self.entry.take().map(EntryDraft::finish);
                self.extracted.entries.extend(entry);
                self.ended |= self.open.is_empty();
            }
            ElementRole::Person(standing) => self.finish_person(standing),
            ElementRole::Source => {
                let origin = std::mem::take(&mut self.origin);
                if let Some(entry) = &mut self.entry {
                    entry.put_origin(origin);
                }
            }
            ElementRole::Root => self.ended = true,
            ElementRole::Channel if self.open.is_empty() => self.ended = true,
            _ => {}
        }
    }

    fn finish_person(&mut self, standing: PersonRole) {
        let mut person = std::mem::take(&mut self.person);
        let text = std::mem::take(&mut self.person_text);
        if !text.trim().is_empty() {
            text.trim().clone_into(&mut person.name);
        }
        if person.name.is_empty() {
            let Some(url) = &person.url else { return };
            person.name.clone_from(url);
        }
        match (standing, &mut self.entry) {
            (PersonRole::Channel, _) => self.channel.put_author(person),
            (PersonRole::Owner, _) => self.channel.put_owner(person),
            (PersonRole::Entry, Some(entry)) => entry.put_author(person),
            (PersonRole::Contributor, Some(entry)) => entry.put_contributor(person),
            (PersonRole::Source, Some(entry)) => entry.put_source_author(person),
            (_, None) => {}
        }
    }

    fn put_element(
        &mut self,
        element: FeedElement,
        namespace: Namespace,
        tag: &XmlTag<'a>,
        content: ElementContent,
        outside: ScopeMark,
    ) {
        let has_own_base = self.bases.len() > outside.bases;
        let within = self.media_parent(namespace);
        let found = FoundText {
            element,
            namespace,
            tag,
            content,
            base: self.bases.last(),
            own_base: self.bases.last().filter(|_| has_own_base),
            own_language: self
                .languages
                .last()
                .filter(|_| self.languages.len() > outside.languages),
        };
        match (self.current_role(), &mut self.entry) {
            (ElementRole::Person(_), _) => match element {
                FeedElement::Name => self.person.name = found.into_text(),
                // Keep the author's mail address private, unless there is no name.
                FeedElement::Email if self.person.name.is_empty() => {
                    self.person.name = found.into_text();
                }
                FeedElement::Url => self.person.url = Some(found.into_address()),
                _ => {}
            },
            (ElementRole::Source, _) => match element {
                FeedElement::Title => self.origin.title = Some(found.into_text()),
                FeedElement::Link => {
                    let is_page = tag.attribute(&["rel"]).is_none_or(|rel| rel == "alternate");
                    if is_page || self.origin.url.is_none() {
                        self.origin.url = Some(found.into_address());
                    }
                }
                _ => {}
            },
            (ElementRole::Image, Some(entry)) => entry.put_image(found.into_address()),
            (ElementRole::Image, None) => self.channel.put_image(found.into_address()),
            (_, Some(entry)) => match within {
                Some(within) => entry.put_media_child(within, found),
                None => entry.put_element(found),
            },
            (_, None) => self.channel.put_element(found),
        }
    }

    /// Returns the part of Media RSS that contains an element of another vocabulary.
    fn media_parent(&self, namespace: Namespace) -> Option<MediaParent> {
        let around = self.open.last().filter(|_| namespace == Namespace::Media)?;
        match around.local.to_ascii_lowercase().as_str() {
            "content" => Some(MediaParent::File),
            "group" => Some(MediaParent::Group),
            _ => None,
        }
    }

    /// Takes an element whose attributes carry values in addition to its children.
    fn put_attributes(&mut self, element: FeedElement, namespace: Namespace, tag: &XmlTag<'a>) {
        let found = FoundText {
            element,
            namespace,
            tag,
            content: ElementContent::Text(String::new()),
            base: self.bases.last(),
            own_base: None,
            own_language: None,
        };
        match &mut self.entry {
            Some(entry) => entry.put_element(found),
            None => self.channel.put_element(found),
        }
    }

    fn finish(mut self) -> Extracted {
        if self.entry.is_some() && self.entries <= MAX_ENTRIES {
            self.scanner
                .faults
                .note(FormatFault::CutEntry, self.entry_at);
        } else if self.begun && !self.open.is_empty() && self.entries <= MAX_ENTRIES {
            self.scanner
                .faults
                .note(FormatFault::Cut, self.scanner.position());
        }
        let text = self.scanner.text();
        Extracted {
            channel: self.channel.finish(self.format),
            problems: self.scanner.faults.into_problems(text),
            ..self.extracted
        }
    }
}

/// Handles the base, language and namespaces in force around an element.
impl<'a> XmlFeedReader<'a> {
    fn enter_scope(&mut self, tag: &XmlTag<'a>) -> ScopeMark {
        let mark = ScopeMark {
            prefixes: self.prefixes.bound_count(),
            bases: self.bases.len(),
            languages: self.languages.len(),
        };
        if !tag.attributes.contains("xml") {
            return mark;
        }
        if !self.begun {
            self.prefixes.bind_root(tag);
        }
        self.prefixes.bind_prefixes(tag);
        for (name, value) in tag.attributes() {
            match name {
                "xml:base" => self.push_base(value),
                "xml:lang" => self
                    .languages
                    .push(references::decode_references(value).0.into_owned()),
                _ => {}
            }
        }
        mark
    }

    fn push_base(&mut self, stated: &str) {
        let outer = self.bases.last().unwrap_or(self.url);
        let base = self.resolve_base(outer, stated);
        self.bases.extend(base);
    }

    /// Returns the base that an `xml:base` sets within `outer`.
    fn resolve_base(&self, outer: &Url, stated: &str) -> Option<Url> {
        let is_base = |base: &Url| {
            base.as_str().len() <= MAX_BASE_BYTES
                && (matches!(base.scheme(), "http" | "https") || base.scheme() == self.url.scheme())
        };
        let base = outer
            .join(references::decode_references(stated).0.trim())
            .ok();
        base.filter(is_base)
    }

    fn leave_scope(&mut self, mark: ScopeMark) {
        self.prefixes.release_to(mark.prefixes);
        self.bases.truncate(mark.bases);
        self.languages.truncate(mark.languages);
    }
}

/// Returns the format by the feed's first element, such as `RSS 2.0`.
fn format_name(root: &XmlTag<'_>) -> String {
    let name = match local_name(root.name).to_ascii_lowercase().as_str() {
        "feed" | "entry" => "Atom",
        "rdf" => "RSS (RDF)",
        "channel" => "CDF",
        _ => "RSS",
    };
    let is_version = |text: &String| {
        text.len() <= 8
            && text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    match root.attribute(&["version"]).filter(is_version) {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    }
}

/// Returns true if the element belongs to the format itself.
fn is_core_namespace(namespace: Namespace) -> bool {
    matches!(namespace, Namespace::Plain | Namespace::Atom)
}

/// Returns true if an element's attributes and its children carry different values: files of Media RSS, and
/// categories of iTunes, which contain their subcategories.
fn has_children(element: FeedElement, namespace: Namespace, tag: &XmlTag<'_>) -> bool {
    match element {
        FeedElement::MediaContent => true,
        FeedElement::Category => namespace == Namespace::ITunes && !tag.attributes.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
