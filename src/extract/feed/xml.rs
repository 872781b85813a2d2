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

use super::content::Content;
use super::draft::{ChannelDraft, EntryDraft, FoundText};
use super::fault::Fault;
use super::media::Within;
use super::names::{Element, Namespace, Prefixes, element};
use super::references;
use super::scan::{Scanner, Tag, Token, local};
use crate::extract::MAX_ENTRIES;
use crate::model::{Extracted, RawAuthor, RawOrigin};

/// The maximum depth of elements that are read. No format comes near it.
const MAX_DEPTH: usize = 200;

/// The maximum length of a base: each address within it is written out against it.
const MAX_BASE_BYTES: usize = 2_048;

/// The role of an open element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
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
    Within(Role),
    /// It is read as a text.
    Text(Element),
}

#[derive(Debug)]
struct Open<'a> {
    /// The name with its prefix, as written.
    name: &'a str,
    /// The name without its prefix. End tags are looked up by it, often without a match.
    local: &'a str,
    /// The byte offset of its start in the text.
    at: usize,
    role: Role,
    mark: Mark,
}

impl Open<'_> {
    /// Returns true if an end tag of this local name ends the element: feeds often get prefixes and case
    /// wrong.
    fn is_ended_by(&self, local: &str) -> bool {
        self.local.eq_ignore_ascii_case(local)
    }
}

/// The state in force before an element.
#[derive(Clone, Copy, Debug)]
struct Mark {
    prefixes: usize,
    bases: usize,
    languages: usize,
}

/// Reads an XML feed that came from `url`.
pub(super) fn read(text: &str, url: &Url) -> Extracted {
    let mut reader = Reader::new(text, url);
    reader.note_controls();
    while reader.entries < MAX_ENTRIES + 1
        && let Some(token) = reader.scanner.next()
    {
        reader.take(token);
    }
    reader.finish()
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    url: &'a Url,
    open: Vec<Open<'a>>,
    /// The number of open elements too deep for `open`.
    deeper: usize,
    prefixes: Prefixes<'a>,
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
impl<'a> Reader<'a> {
    fn new(text: &'a str, url: &'a Url) -> Self {
        Self {
            scanner: Scanner::new(text),
            url,
            open: Vec::new(),
            deeper: 0,
            prefixes: Prefixes::default(),
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
            faults.note_all(Fault::ControlCharacter, at.unwrap_or_default(), times);
        }
    }

    fn take(&mut self, token: Token<'a>) {
        match token {
            Token::Text(text) => self.loose_text(text, &references::decode(text).0),
            Token::Cdata(text) => self.loose_text(text, text),
            Token::Open(tag) => self.begin(&tag),
            Token::Close(name) => self.end(name),
        }
    }

    /// Handles text outside any text element: the name of an author or a source, or nothing.
    fn loose_text(&mut self, found: &str, text: &str) {
        let is_nothing = |c: char| c.is_whitespace() || c.is_control();
        if text.trim_matches(is_nothing).is_empty() {
            return;
        }
        let fault = match self.role() {
            Role::Person(_) => return self.person_text.push_str(text),
            Role::Source => {
                let title = self.origin.title.get_or_insert_default();
                return title.push_str(text.trim());
            }
            Role::Document if self.ended => Fault::JunkAfter,
            Role::Document => Fault::JunkBefore,
            Role::Root | Role::Channel | Role::Entry => Fault::LooseText,
            Role::Bystander | Role::Image | Role::Ignored => return,
        };
        let at = self.scanner.position() - found.trim_start().len();
        self.scanner.faults.note(fault, at);
    }

    fn role(&self) -> Role {
        self.open.last().map_or(Role::Document, |open| open.role)
    }

    fn begin(&mut self, tag: &Tag<'a>) {
        let mut mark = self.enter(tag);
        let namespace = self.namespace(tag);
        let meaning = element(namespace, tag.name);
        if let Some(depth) = self.ended_by(meaning, namespace) {
            // The tag's declarations do not apply to the element that it ends.
            self.release(mark);
            self.close_down_to(depth);
            mark = self.enter(tag);
        }
        match self.place(meaning, namespace, tag) {
            ElementTreatment::Text(element) => {
                let content = self.content(tag, namespace);
                // A guid identifies the entry, so it stays as written.
                let content = match element {
                    Element::Guid => content,
                    _ => content.without_section(),
                };
                self.put(element, namespace, tag, content, mark);
                self.release(mark);
            }
            ElementTreatment::Within(role) if tag.is_empty => {
                self.leave(role);
                self.release(mark);
            }
            ElementTreatment::Within(_) if self.open.len() >= MAX_DEPTH => {
                self.scanner.faults.note(Fault::TooDeep, tag.at);
                self.deeper += 1;
                self.release(mark);
            }
            ElementTreatment::Within(role) => self.open.push(Open {
                name: tag.name,
                local: local(tag.name),
                at: tag.at,
                role,
                mark,
            }),
        }
    }

    fn namespace(&self, tag: &Tag<'a>) -> Namespace {
        match self.prefixes.namespace(tag.name) {
            Namespace::Plain if self.is_atom => Namespace::Atom,
            namespace => namespace,
        }
    }

    /// Returns the depth of the element that ends where such an element begins: an entry ends at the next
    /// entry, a person at any element that is not part of one.
    fn ended_by(&self, element: Option<Element>, namespace: Namespace) -> Option<usize> {
        use Element as E;
        let element = element.filter(|_| is_own(namespace))?;
        let is_ended = |open: &Open<'_>| match open.role {
            Role::Entry => element == E::Entry,
            Role::Person(_) => !matches!(element, E::Name | E::Email | E::Url | E::Image | E::Logo),
            _ => false,
        };
        self.open.iter().position(is_ended)
    }

    /// Returns the treatment of an element at its position.
    fn place(
        &mut self,
        element: Option<Element>,
        namespace: Namespace,
        tag: &Tag<'a>,
    ) -> ElementTreatment {
        use Element as E;
        let role = self.role();
        let is_own = is_own(namespace);
        ElementTreatment::Within(match (role, element) {
            (_, Some(E::Entry)) if is_own => self.begin_entry(tag),
            (Role::Document | Role::Ignored, Some(E::Root)) if self.entry.is_none() => {
                self.begin_root(tag)
            }
            (Role::Document | Role::Root | Role::Ignored, Some(E::Channel))
                if self.entry.is_none() =>
            {
                self.begin_channel(tag)
            }
            (Role::Channel, Some(E::Channel | E::SkipHours | E::SkipDays)) => Role::Channel,
            (Role::Channel | Role::Entry, Some(E::Group)) => role,
            (Role::Channel | Role::Entry, Some(found)) if has_children(found, namespace, tag) => {
                self.put_attributes(found, namespace, tag);
                role
            }
            (Role::Channel, Some(E::Author)) => Role::Person(PersonRole::Channel),
            (Role::Entry, Some(E::Author)) => Role::Person(PersonRole::Entry),
            (Role::Source, Some(E::Author)) => Role::Person(PersonRole::Source),
            (Role::Entry, Some(E::Contributor)) if is_own => Role::Person(PersonRole::Contributor),
            (Role::Channel, Some(E::ManagingEditor)) if !is_own => Role::Person(PersonRole::Owner),
            (Role::Channel | Role::Source, Some(E::Contributor)) => Role::Bystander,
            (Role::Entry, Some(E::Source)) if is_own => {
                self.origin = RawOrigin {
                    url: tag.attribute(&["url"]),
                    title: None,
                };
                Role::Source
            }
            (Role::Channel | Role::Entry, Some(E::Image)) => Role::Image,
            (Role::Person(_), Some(found @ (E::Name | E::Email | E::Url)))
            | (Role::Source, Some(found @ (E::Title | E::Link | E::Guid)))
            | (Role::Image, Some(found @ E::Url))
            | (Role::Channel | Role::Entry, Some(found)) => return ElementTreatment::Text(found),
            _ => Role::Ignored,
        })
    }

    fn end(&mut self, name: &str) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let local = local(name);
        let same = |open: &Open<'_>| open.is_ended_by(local);
        let Some(depth) = self.open.iter().rposition(same) else {
            let at = self.scanner.position().saturating_sub(name.len() + 3);
            let fault = Fault::StrayEnd(shown(name));
            return self.scanner.faults.note(fault, at);
        };
        self.close_down_to(depth + 1);
        self.close_last();
    }

    /// Closes all elements open beyond this depth, without their end tags.
    fn close_down_to(&mut self, depth: usize) {
        while self.open.len() > depth {
            if let Some(open) = self.open.last() {
                let fault = Fault::Unclosed(shown(open.name));
                self.scanner.faults.note(fault, open.at);
            }
            self.close_last();
        }
    }

    fn close_last(&mut self) {
        if let Some(open) = self.open.pop() {
            self.leave(open.role);
            self.release(open.mark);
        }
    }
}

/// Returns a name from outside, shortened for a message.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Handles elements with parts.
impl<'a> Reader<'a> {
    fn begin_root(&mut self, tag: &Tag<'a>) -> Role {
        if self.ended {
            self.scanner.faults.note(Fault::JunkAfter, tag.at);
        } else if !self.open.is_empty() {
            self.scanner.faults.note(Fault::JunkBefore, tag.at);
        }
        self.begun = true;
        self.format.get_or_insert_with(|| format(tag));
        self.is_atom = local(tag.name).eq_ignore_ascii_case("feed");
        if self.is_atom {
            self.begin_channel(tag)
        } else {
            Role::Root
        }
    }

    fn begin_channel(&mut self, tag: &Tag<'a>) -> Role {
        self.begun = true;
        self.format.get_or_insert_with(|| format(tag));
        self.channel.begin(tag, self.languages.last());
        Role::Channel
    }

    fn begin_entry(&mut self, tag: &Tag<'a>) -> Role {
        self.begun = true;
        if self.open.is_empty() {
            self.format.get_or_insert_with(|| format(tag));
        }
        self.entry_at = tag.at;
        let base = self.bases.last().cloned();
        self.entry = Some(EntryDraft::new(tag, base, self.own_language(tag)));
        Role::Entry
    }

    /// Returns the language that a tag itself states.
    fn own_language(&self, tag: &Tag<'a>) -> Option<String> {
        let stated = tag.attributes.contains("xml:lang");
        stated.then(|| self.languages.last().cloned())?
    }

    fn leave(&mut self, role: Role) {
        match role {
            // The parts of an entry that have its role are not the entry.
            Role::Entry if !self.open.iter().any(|open| open.role == Role::Entry) => {
                self.entries += 1;
                let entry = self.entry.take().map(EntryDraft::finish);
                self.extracted.entries.extend(entry);
                self.ended |= self.open.is_empty();
            }
            Role::Person(standing) => self.leave_person(standing),
            Role::Source => {
                let origin = std::mem::take(&mut self.origin);
                if let Some(entry) = &mut self.entry {
                    entry.put_origin(origin);
                }
            }
            Role::Root => self.ended = true,
            Role::Channel if self.open.is_empty() => self.ended = true,
            _ => {}
        }
    }

    fn leave_person(&mut self, standing: PersonRole) {
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

    fn put(
        &mut self,
        element: Element,
        namespace: Namespace,
        tag: &Tag<'a>,
        content: Content,
        outside: Mark,
    ) {
        let has_own_base = self.bases.len() > outside.bases;
        let within = self.within_media(namespace);
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
        match (self.role(), &mut self.entry) {
            (Role::Person(_), _) => match element {
                Element::Name => self.person.name = found.into_text(),
                // Keep the author's mail address private, unless there is no name.
                Element::Email if self.person.name.is_empty() => {
                    self.person.name = found.into_text();
                }
                Element::Url => self.person.url = Some(found.into_address()),
                _ => {}
            },
            (Role::Source, _) => match element {
                Element::Title => self.origin.title = Some(found.into_text()),
                Element::Link => {
                    let is_page = tag.attribute(&["rel"]).is_none_or(|rel| rel == "alternate");
                    if is_page || self.origin.url.is_none() {
                        self.origin.url = Some(found.into_address());
                    }
                }
                _ => {}
            },
            (Role::Image, Some(entry)) => entry.put_image(found.into_address()),
            (Role::Image, None) => self.channel.put_image(found.into_address()),
            (_, Some(entry)) => match within {
                Some(within) => entry.put_within(within, found),
                None => entry.put(found),
            },
            (_, None) => self.channel.put(found),
        }
    }

    /// Returns the part of Media RSS that contains an element of another vocabulary.
    fn within_media(&self, namespace: Namespace) -> Option<Within> {
        let around = self.open.last().filter(|_| namespace == Namespace::Media)?;
        match around.local.to_ascii_lowercase().as_str() {
            "content" => Some(Within::File),
            "group" => Some(Within::Group),
            _ => None,
        }
    }

    /// Takes an element whose attributes carry values in addition to its children.
    fn put_attributes(&mut self, element: Element, namespace: Namespace, tag: &Tag<'a>) {
        let found = FoundText {
            element,
            namespace,
            tag,
            content: Content::Text(String::new()),
            base: self.bases.last(),
            own_base: None,
            own_language: None,
        };
        match &mut self.entry {
            Some(entry) => entry.put(found),
            None => self.channel.put(found),
        }
    }

    fn finish(mut self) -> Extracted {
        if self.entry.is_some() && self.entries <= MAX_ENTRIES {
            self.scanner.faults.note(Fault::CutEntry, self.entry_at);
        } else if self.begun && !self.open.is_empty() && self.entries <= MAX_ENTRIES {
            self.scanner
                .faults
                .note(Fault::Cut, self.scanner.position());
        }
        let text = self.scanner.text();
        Extracted {
            channel: self.channel.finish(self.format),
            problems: self.scanner.faults.problems(text),
            ..self.extracted
        }
    }
}

/// Handles the base, language and namespaces in force around an element.
impl<'a> Reader<'a> {
    fn enter(&mut self, tag: &Tag<'a>) -> Mark {
        let mark = Mark {
            prefixes: self.prefixes.mark(),
            bases: self.bases.len(),
            languages: self.languages.len(),
        };
        if !tag.attributes.contains("xml") {
            return mark;
        }
        if !self.begun {
            self.prefixes.bind_root(tag);
        }
        self.prefixes.bind(tag);
        for (name, value) in tag.attributes() {
            match name {
                "xml:base" => self.rebase(value),
                "xml:lang" => self
                    .languages
                    .push(references::decode(value).0.into_owned()),
                _ => {}
            }
        }
        mark
    }

    fn rebase(&mut self, stated: &str) {
        let outer = self.bases.last().unwrap_or(self.url);
        let base = self.base_in(outer, stated);
        self.bases.extend(base);
    }

    /// Returns the base that an `xml:base` sets within `outer`.
    fn base_in(&self, outer: &Url, stated: &str) -> Option<Url> {
        let is_base = |base: &Url| {
            base.as_str().len() <= MAX_BASE_BYTES
                && (matches!(base.scheme(), "http" | "https") || base.scheme() == self.url.scheme())
        };
        let base = outer.join(references::decode(stated).0.trim()).ok();
        base.filter(is_base)
    }

    fn release(&mut self, mark: Mark) {
        self.prefixes.release(mark.prefixes);
        self.bases.truncate(mark.bases);
        self.languages.truncate(mark.languages);
    }
}

/// Returns the format by the feed's first element, such as `RSS 2.0`.
fn format(root: &Tag<'_>) -> String {
    let name = match local(root.name).to_ascii_lowercase().as_str() {
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
fn is_own(namespace: Namespace) -> bool {
    matches!(namespace, Namespace::Plain | Namespace::Atom)
}

/// Returns true if an element's attributes and its children carry different values: files of Media RSS, and
/// categories of iTunes, which contain their subcategories.
fn has_children(element: Element, namespace: Namespace, tag: &Tag<'_>) -> bool {
    match element {
        Element::MediaContent => true,
        Element::Category => namespace == Namespace::ITunes && !tag.attributes.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
