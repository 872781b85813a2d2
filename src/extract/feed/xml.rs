//! The structure of an XML feed: which element stands in which, and where it ends, however the markup was left.
//!
//! In: tokens. Out: a channel, its whole entries, and what was wrong. One pass; the only thing read twice is an element
//! of text in which markup turns up.
//!
//! An element ends with its end tag, with the end of what it stands in, or where something begins that cannot stand in
//! it: an entry ends where the next one begins.

use std::borrow::Cow;

use url::Url;

use super::content::Content;
use super::draft::{ChannelDraft, EntryDraft, Found};
use super::fault::Fault;
use super::names::{Element, Namespace, Prefixes, element};
use super::references;
use super::scan::{Scanner, Tag, Token, local};
use crate::extract::MAX_ENTRIES;
use crate::model::{Extracted, RawAuthor, RawOrigin};

/// Elements nested deeper than this tell nothing: no format comes near it.
const MAX_DEPTH: usize = 200;

/// The longest base that counts: each address within it is written out against it.
const MAX_BASE_BYTES: usize = 2_048;

/// What an open element is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Not in any element yet.
    Document,
    /// `rss`, `rdf:RDF`
    Root,
    Channel,
    Entry,
    /// An author, and what follows from being one.
    Person(Standing),
    /// A person who tells nothing: a contributor, a webmaster.
    Bystander,
    /// Where an entry was taken from.
    Source,
    Image,
    /// All that is read over.
    Ignored,
}

/// Whose author a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Channel,
    Entry,
    /// Of an entry that may name no author.
    Contributor,
    Source,
}

/// What is done with an element.
enum Place {
    /// Its children are read.
    Within(Role),
    /// It is a text.
    Text(Element),
}

#[derive(Debug)]
struct Open<'a> {
    /// With its prefix, as written.
    name: &'a str,
    /// Without it: end tags are looked for by it, often in vain.
    local: &'a str,
    /// The byte of the text that it begins at.
    at: usize,
    role: Role,
    mark: Mark,
}

impl Open<'_> {
    /// Whether an end tag of this name, without its prefix, is its own: prefixes and case are where people err.
    fn is_ended_by(&self, local: &str) -> bool {
        self.local.eq_ignore_ascii_case(local)
    }
}

/// How much was in force before an element.
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
    /// How many elements too deep for `open` are open.
    deeper: usize,
    prefixes: Prefixes<'a>,
    bases: Vec<Url>,
    languages: Vec<String>,
    /// What the root element says that the feed is.
    format: Option<String>,
    is_atom: bool,
    /// Whether the root element has begun, and ended.
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

/// Tokens.
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

    /// They are left out where texts are normalized; here they are told.
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

    /// Text that stands in no element of text: the name of an author or a source, or nothing.
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
            // What the tag declares is no part of what it ends.
            self.release(mark);
            self.close_down_to(depth);
            mark = self.enter(tag);
        }
        match self.place(meaning, namespace, tag) {
            Place::Text(element) => {
                let content = self.content(tag, namespace);
                self.put(element, namespace, tag, content, mark);
                self.release(mark);
            }
            Place::Within(role) if tag.is_empty => {
                self.leave(role);
                self.release(mark);
            }
            Place::Within(_) if self.open.len() >= MAX_DEPTH => {
                self.scanner.faults.note(Fault::TooDeep, tag.at);
                self.deeper += 1;
                self.release(mark);
            }
            Place::Within(role) => self.open.push(Open {
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

    /// The depth of what cannot go on where such an element begins: of an entry, the next entry; of a person, whatever
    /// is no part of one.
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

    /// What an element is where it stands.
    fn place(&mut self, element: Option<Element>, namespace: Namespace, tag: &Tag<'a>) -> Place {
        use Element as E;
        let role = self.role();
        let is_own = is_own(namespace);
        Place::Within(match (role, element) {
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
            (Role::Channel, Some(E::Author)) => Role::Person(Standing::Channel),
            (Role::Entry, Some(E::Author)) => Role::Person(Standing::Entry),
            (Role::Source, Some(E::Author)) => Role::Person(Standing::Source),
            (Role::Entry, Some(E::Contributor)) if is_own => Role::Person(Standing::Contributor),
            (Role::Channel, Some(E::ManagingEditor)) if !is_own => Role::Bystander,
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
            | (Role::Channel | Role::Entry, Some(found)) => return Place::Text(found),
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

    /// Closes what is open beyond this depth, though nothing closed it.
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

/// A name from outside, as much of it as a message needs.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// Elements with parts.
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
        self.entry_at = tag.at;
        let base = self.bases.last().cloned();
        self.entry = Some(EntryDraft::new(tag, base, self.own_language(tag)));
        Role::Entry
    }

    /// The language that a tag itself states.
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

    fn leave_person(&mut self, standing: Standing) {
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
            (Standing::Channel, _) => self.channel.put_author(person),
            (Standing::Entry, Some(entry)) => entry.put_author(person),
            (Standing::Contributor, Some(entry)) => entry.put_contributor(person),
            (Standing::Source, Some(entry)) => entry.put_source_author(person),
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
        let found = Found {
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
                // The mail address is the author's own business, unless there is nothing else.
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
            (_, Some(entry)) => entry.put(found),
            (_, None) => self.channel.put(found),
        }
    }

    /// An element whose attributes tell what its children do not.
    fn put_attributes(&mut self, element: Element, namespace: Namespace, tag: &Tag<'a>) {
        let found = Found {
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

/// What is in force around an element.
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
        let is_base = |base: &Url| {
            base.as_str().len() <= MAX_BASE_BYTES
                && (matches!(base.scheme(), "http" | "https") || base.scheme() == self.url.scheme())
        };
        let base = outer.join(references::decode(stated).0.trim()).ok();
        self.bases.extend(base.filter(is_base));
    }

    fn release(&mut self, mark: Mark) {
        self.prefixes.release(mark.prefixes);
        self.bases.truncate(mark.bases);
        self.languages.truncate(mark.languages);
    }
}

/// Elements of text.
impl<'a> Reader<'a> {
    fn content(&mut self, tag: &Tag<'a>, namespace: Namespace) -> Content {
        if tag.is_empty {
            return Content::Text(String::new());
        }
        let start = self.scanner.position();
        let mut text = Cow::Borrowed("");
        loop {
            let before = self.scanner.position();
            match self.scanner.next() {
                Some(Token::Text(found)) => append(&mut text, self.decoded(found, before)),
                Some(Token::Cdata(found)) => append(&mut text, Cow::Borrowed(found)),
                Some(Token::Close(name)) if self.closes(name, tag, before) => break,
                Some(Token::Close(_)) => {}
                Some(Token::Open(inner)) if self.ends_with(&inner, tag, namespace, 0) => {
                    self.unclosed(tag, before);
                    break;
                }
                Some(Token::Open(inner)) => {
                    if self.is_naked(&inner, tag) {
                        let fault = Fault::NakedMarkup(shown(tag.name));
                        self.scanner.faults.note(fault, before);
                    }
                    self.scanner.go_to(start);
                    return Content::Markup(self.markup(tag, namespace));
                }
                None => break,
            }
        }
        Content::Text(trimmed(text))
    }

    fn decoded(&mut self, found: &'a str, at: usize) -> Cow<'a, str> {
        let (text, flaw) = references::decode(found);
        if let Some((fault, within)) = flaw {
            self.scanner.faults.note(fault, at + within);
        }
        text
    }

    /// Whether an end tag ends the element of text: its own, or that of something around it, which is then still to be
    /// read.
    fn closes(&mut self, name: &str, tag: &Tag<'a>, at: usize) -> bool {
        let ended = local(name);
        if ended.eq_ignore_ascii_case(local(tag.name)) {
            return true;
        }
        let around = |open: &Open<'_>| open.role != Role::Ignored && open.is_ended_by(ended);
        if self.open.iter().any(around) {
            self.unclosed(tag, at);
            return true;
        }
        self.scanner.faults.note(Fault::StrayEnd(shown(name)), at);
        false
    }

    fn unclosed(&mut self, tag: &Tag<'a>, at: usize) {
        let fault = Fault::Unclosed(shown(tag.name));
        self.scanner.faults.note(fault, tag.at);
        self.scanner.go_to(at);
    }

    /// Whether a tag shows that the element of text before it was left open: it cannot stand in it. `depth` is how many
    /// elements of the text are open.
    fn ends_with(
        &self,
        inner: &Tag<'a>,
        tag: &Tag<'a>,
        namespace: Namespace,
        depth: usize,
    ) -> bool {
        use Element as E;
        let found = self.namespace(inner);
        let Some(inner_element) = element(found, inner.name) else {
            return false;
        };
        match found {
            // XHTML holds no entries, XML may.
            _ if says_markup(tag) => {
                inner_element == E::Entry && is_own(found) && !tag.attributes.contains("xml")
            }
            Namespace::Plain | Namespace::Atom => match inner_element {
                E::Entry
                | E::Channel
                | E::Published
                | E::Guid
                | E::Enclosure
                | E::Updated
                | E::Author
                | E::Category
                | E::Comments => true,
                // The one of HTML is nothing but attributes.
                E::Link if !inner.is_empty && inner.attributes.is_empty() => true,
                // Pages and drawings have titles, within elements of their own.
                E::Title => depth == 0,
                E::Body => false,
                _ => !holds_markup(element(namespace, tag.name)),
            },
            Namespace::Content | Namespace::DublinCore | Namespace::ITunes => true,
            _ => false,
        }
    }

    /// Whether a tag in a text is the feed's own by its namespace, which it cannot be.
    fn is_naked(&self, inner: &Tag<'a>, tag: &Tag<'a>) -> bool {
        !says_markup(inner) && !says_markup(tag) && is_own(self.namespace(inner))
    }

    /// What stands in an element as HTML: its elements without prefixes, its texts as they are written.
    fn markup(&mut self, tag: &Tag<'a>, namespace: Namespace) -> String {
        let mut markup = String::new();
        let (mut depth, mut same) = (0_usize, 0_usize);
        let own = local(tag.name);
        let is_own = |name: &str| local(name).eq_ignore_ascii_case(own);
        loop {
            let before = self.scanner.position();
            match self.scanner.next() {
                Some(Token::Text(text)) => push_text(&mut markup, text),
                // Beside elements of HTML, a section holds HTML as the text of RSS does; within them, characters.
                Some(Token::Cdata(text)) if depth == 0 && namespace != Namespace::Atom => {
                    markup.push_str(text);
                }
                Some(Token::Cdata(text)) => push_escaped(&mut markup, text),
                Some(Token::Open(inner)) if self.ends_with(&inner, tag, namespace, depth) => {
                    self.unclosed(tag, before);
                    break;
                }
                Some(Token::Open(inner)) => {
                    let is_same = is_own(inner.name) && !inner.is_empty;
                    (depth, same) = (depth + 1, same + usize::from(is_same));
                    push_tag(&mut markup, &inner);
                }
                Some(Token::Close(name)) if is_own(name) && same > 0 => {
                    same -= 1;
                    push_end(&mut markup, name);
                }
                Some(Token::Close(name)) if is_own(name) => break,
                Some(Token::Close(name)) if self.is_around(name) => {
                    self.unclosed(tag, before);
                    break;
                }
                Some(Token::Close(name)) => {
                    depth = depth.saturating_sub(1);
                    push_end(&mut markup, name);
                }
                None => break,
            }
        }
        markup.trim().to_owned()
    }

    /// Whether the name is that of the feed or the entry around.
    fn is_around(&self, name: &str) -> bool {
        let ended = local(name);
        let is_structure =
            |open: &Open<'_>| matches!(open.role, Role::Root | Role::Channel | Role::Entry);
        self.open
            .iter()
            .any(|open| is_structure(open) && open.is_ended_by(ended))
    }
}

/// Whether a tag says that elements stand in it: by the type of XHTML or other XML, or by a namespace.
fn says_markup(tag: &Tag<'_>) -> bool {
    ["xml", "xhtml"]
        .iter()
        .any(|kind| tag.attributes.contains(kind))
}

/// What a feed is by its first element: `RSS 2.0`.
fn format(root: &Tag<'_>) -> String {
    let name = match local(root.name).to_ascii_lowercase().as_str() {
        "feed" => "Atom",
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

/// Whether the element is one of the format itself.
fn is_own(namespace: Namespace) -> bool {
    matches!(namespace, Namespace::Plain | Namespace::Atom)
}

/// Whether an element tells something by its attributes, and its children something else: files of Media RSS, and
/// categories of iTunes, which hold their subcategories.
fn has_children(element: Element, namespace: Namespace, tag: &Tag<'_>) -> bool {
    match element {
        Element::MediaContent => true,
        Element::Category => namespace == Namespace::ITunes && !tag.attributes.is_empty(),
        _ => false,
    }
}

/// Whether HTML, in which elements of many names stand, is usual in such an element.
fn holds_markup(element: Option<Element>) -> bool {
    use Element as E;
    matches!(
        element,
        Some(
            E::Summary | E::Subtitle | E::Content | E::ContentEncoded | E::Body | E::ITunesSummary
        )
    )
}

fn trimmed(text: Cow<'_, str>) -> String {
    match text {
        Cow::Owned(mut text) if text.trim().len() == text.len() => {
            text.shrink_to_fit();
            text
        }
        text => text.trim().to_owned(),
    }
}

fn append<'a>(text: &mut Cow<'a, str>, more: Cow<'a, str>) {
    if text.is_empty() {
        *text = more;
    } else {
        text.to_mut().push_str(&more);
    }
}

/// Text as it is written; a `<` that began no tag would begin one in HTML.
fn push_text(markup: &mut String, text: &str) {
    match text.strip_prefix('<') {
        Some(rest) => {
            markup.push_str("&lt;");
            markup.push_str(rest);
        }
        None => markup.push_str(text),
    }
}

fn push_escaped(markup: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '"' => markup.push_str("&quot;"),
            c => markup.push(c),
        }
    }
}

/// Elements of HTML without an end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

fn push_tag(markup: &mut String, tag: &Tag<'_>) {
    let name = html_name(tag.name);
    markup.push('<');
    markup.push_str(name);
    for (name, value) in tag.attributes() {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
        if name.chars().all(is_name) && !name.starts_with("xmlns") {
            markup.push(' ');
            markup.push_str(name);
            markup.push_str("=\"");
            markup.push_str(&value.replace('"', "&quot;"));
            markup.push('"');
        }
    }
    markup.push('>');
    if tag.is_empty && !VOID.contains(&name) {
        push_end(markup, name);
    }
}

fn push_end(markup: &mut String, name: &str) {
    let name = html_name(name);
    if !VOID.contains(&name) {
        markup.push_str("</");
        markup.push_str(name);
        markup.push('>');
    }
}

/// XHTML and what may stand in it go by many prefixes; what is left then is a name of HTML or none.
fn html_name(name: &str) -> &str {
    match name.split_once(':') {
        Some((_, local)) if local.starts_with(|c: char| c.is_ascii_alphabetic()) => local,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RawText;

    fn of(text: &str) -> Extracted {
        read(text, &"https://host.example/feed".parse().unwrap())
    }

    fn told(text: Option<&RawText>) -> &str {
        text.map_or("–", RawText::as_str)
    }

    /// Title, address and summary of each entry in a channel of RSS.
    #[track_caller]
    fn check(items: &str, expected: &[[&str; 3]]) {
        let read = of(&format!(
            "<rss version='2.0'><channel><title>t</title>{items}</channel></rss>"
        ));
        let shown: Vec<[&str; 3]> = read
            .entries
            .iter()
            .map(|entry| {
                let link = entry.link.as_deref().unwrap_or("–");
                [
                    told(entry.title.as_ref()),
                    link,
                    told(entry.summary.as_ref()),
                ]
            })
            .collect();
        assert_eq!(shown, expected, "{items}");
        assert_eq!(told(read.channel.title.as_ref()), "t", "{items}");
    }

    /// The problems of a feed.
    #[track_caller]
    fn check_problems(feed: &str, expected: &[&str]) {
        let problems: Vec<String> = of(feed).problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems, expected, "{feed}");
    }

    #[test]
    fn a_text_that_nobody_closed_ends_where_the_feed_goes_on() {
        let whole = ["a", "https://a.example/", "b"];
        check(
            "<item><title>a<link>https://a.example/</link><description>b</description></item>",
            &[whole],
        );
        check(
            "<item><description>b<title>a</title><link>https://a.example/</link></item>",
            &[whole],
        );
        check(
            "<item><title>a</title><description>b<link>https://a.example/</link></item>",
            &[whole],
        );
        check(
            "<item><title>a</title><link>https://a.example/<description>b<category>c</category></item>",
            &[whole],
        );
        check(
            "<item><title>a</TITLE><link>https://a.example/</Link><description>b</item>",
            &[whole],
        );
    }

    #[test]
    fn a_person_that_nobody_closed_ends_where_the_entry_goes_on() {
        let items = "<item><author>c<title>a</title><link>https://a.example/</link>\
                     <description>b</description></item>";
        check(items, &[["a", "https://a.example/", "b"]]);
        let feed = format!("<rss><channel>{items}</channel></rss>");
        check_problems(
            &feed,
            &["line 1: `<author>` is not closed; it ends where the feed goes on"],
        );
        assert_eq!(of(&feed).entries[0].authors[0].name, "c");
    }

    #[test]
    fn an_entry_that_nobody_closed_ends_where_the_next_begins() {
        check(
            "<item><title>a</title><item><title>b</title><item><title>c</title>",
            &[["a", "–", "–"], ["b", "–", "–"], ["c", "–", "–"]],
        );
        check(
            "<item><title>a</title><item xml:base='https://b.example/x/'><atom:link href='y'/>",
            &[["a", "–", "–"], ["–", "https://b.example/x/y", "–"]],
        );
    }

    #[test]
    fn html_in_a_text_is_none_of_the_feeds_own_elements() {
        check(
            "<item><description>a <link rel='x' href='y'/><source src='z'>b</description></item>",
            &[["–", "–", "a <link rel=\"x\" href=\"y\"><source src=\"z\">b"]],
        );
        check(
            "<item><description><svg><title>x</title></svg>b</DESCRIPTION><title>a</title></item>",
            &[["a", "–", "<svg><title>x</title></svg>b"]],
        );
        check(
            "<item><title>a<!-- <item> --> b<?php <item> ?></title><description><![CDATA[c]]> &amp; <![CDATA[<i>]]></description></item>",
            &[["a b", "–", "c & <i>"]],
        );
    }

    #[test]
    fn xhtml_holds_elements_of_any_name() {
        let xhtml = "<div><svg><dc:title>x</dc:title></svg><author>b</author></div>";
        let feed = format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'>{xhtml}</content></entry></feed>"
        );
        let read = of(&feed);
        let plain = xhtml.replace("dc:", "");
        assert_eq!(told(read.entries[0].content.as_ref()), plain);
        assert_eq!(read.problems, []);
        let open = feed.replace("</content></entry>", "<entry><title>c</title></entry>");
        assert_eq!(told(of(&open).entries[1].title.as_ref()), "c");
    }

    #[test]
    fn the_links_of_other_vocabularies_come_after_the_feeds_own() {
        check(
            "<item><atom:link rel='self' href='s'/><atom:link href='p'/><link>https://a.example/</link>\
             <guid isPermaLink='true'>https://g.example/</guid></item>",
            &[["–", "https://a.example/", "–"]],
        );
        check(
            "<item><guid isPermaLink=' FALSE'>https://g.example/</guid></item><item><guid>https://g.example/</guid></item>",
            &[["–", "–", "–"], ["–", "https://g.example/", "–"]],
        );
    }

    #[test]
    fn namespaces_hold_where_they_are_declared() {
        check(
            "<item xmlns='urn:own' xmlns:dc='urn:phones'><title>a</title><dc:description>1</dc:description></item>\
             <item><dc:title>b</dc:title></item>",
            &[["a", "–", "–"], ["b", "–", "–"]],
        );
        let many = (0..300).map(|n| format!(" xmlns:x{n}='urn:x'"));
        let many: Vec<String> = many.collect();
        check(
            &format!(
                "<item{}><x1:title>1</x1:title><title>a</title></item>",
                many.concat()
            ),
            &[["a", "–", "–"]],
        );
    }

    /// The address of an entry within these bases.
    fn check_base(stated: &str, expected: &str) {
        let link = "<atom:link href='y'/>";
        check(
            &format!("<item xml:base='{stated}'>{link}</item>"),
            &[["–", expected, "–"]],
        );
    }

    #[test]
    fn a_base_is_an_address_of_the_web() {
        check_base("https://b.example/x/", "https://b.example/x/y");
        check_base("x/", "https://host.example/x/y");
        check_base("", "https://host.example/y");
        for none in [
            "javascript:x",
            "data:text/html,x/",
            "file:///etc/",
            &"x".repeat(4_000),
        ] {
            check_base(none, "y");
        }
    }

    #[test]
    fn subcategories_are_no_mistake() {
        let feed = "<rss><channel><item><itunes:category text='a'><itunes:category text='b'/></itunes:category>\
                    <itunes:category>c</itunes:category></item></channel></rss>";
        check_problems(feed, &[]);
        let tags = &of(feed).entries[0].tags;
        let names: Vec<&str> = tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
    }

    #[test]
    fn what_is_left_out_is_told() {
        check_problems(
            "<rss>\n<channel><title>a\u{1} <b>b</b>\u{0}</title></channel></rss>",
            &[
                "line 2: a control character stands here; it is left out (2 times)",
                "line 2: tags stand in the text of `<title>` as if they were the feed's own; they are read as HTML",
            ],
        );
        let xhtml = "<feed xmlns='http://www.w3.org/2005/Atom'><title type='xhtml'><div>a</div></title>\
                     <subtitle><div xmlns='http://www.w3.org/1999/xhtml'>b</div></subtitle></feed>";
        check_problems(xhtml, &[]);
    }

    #[test]
    fn hours_of_rest_are_hours() {
        let hours = |hours: &str| {
            of(&format!(
                "<rss><channel><skipHours>{hours}</skipHours></channel></rss>"
            ))
            .channel
            .advice
            .skip_hours
        };
        let stated = ["0", "7", "24", "25", "-1", "x", "7"];
        let stated = stated.map(|hour| format!("<hour>{hour}</hour>"));
        assert_eq!(hours(&stated.concat()), [0, 7]);
    }
}
