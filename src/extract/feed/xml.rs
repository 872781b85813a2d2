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

/// No address is that long.
const MAX_BASE_BYTES: usize = 2_000;

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
    name: &'a str,
    role: Role,
    mark: Mark,
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
        if text.trim().is_empty() {
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
        let mark = self.enter(tag);
        let namespace = self.namespace(tag);
        let meaning = element(namespace, tag.name);
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

    /// What an element is where it stands.
    fn place(&mut self, element: Option<Element>, namespace: Namespace, tag: &Tag<'a>) -> Place {
        use Element as E;
        let role = self.role();
        let is_own = matches!(namespace, Namespace::Plain | Namespace::Atom);
        Place::Within(match (role, element) {
            (_, Some(E::Entry)) if is_own => return self.begin_entry(tag),
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
            (Role::Channel | Role::Entry, Some(E::MediaContent)) => {
                self.put_attributes(E::MediaContent, namespace, tag);
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
        let same = |open: &Open<'_>| local(open.name).eq_ignore_ascii_case(local(name));
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
            let name = self.open.last().map_or("", |open| open.name);
            let fault = Fault::Unclosed(shown(name));
            self.scanner.faults.note(fault, self.scanner.position());
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
    name.chars().take(40).collect()
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
        self.is_atom = local(tag.name).eq_ignore_ascii_case("feed");
        if self.is_atom {
            self.begin_channel(tag)
        } else {
            Role::Root
        }
    }

    fn begin_channel(&mut self, tag: &Tag<'a>) -> Role {
        self.begun = true;
        self.channel.begin(tag, self.languages.last());
        Role::Channel
    }

    /// An entry ends where the next one begins: none stands in another.
    fn begin_entry(&mut self, tag: &Tag<'a>) -> Place {
        if let Some(open) = self.open.iter().position(|open| open.role == Role::Entry) {
            self.close_down_to(open);
        }
        self.begun = true;
        self.entry_at = tag.at;
        let base = self.bases.last().cloned();
        self.entry = Some(EntryDraft::new(tag, base, self.own_language(tag)));
        Place::Within(Role::Entry)
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
            channel: self.channel.finish(),
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
        let joined = outer.join(references::decode(stated).0.trim());
        // Every entry holds a copy of it.
        if let Ok(base) = joined
            && base.as_str().len() <= MAX_BASE_BYTES
        {
            self.bases.push(base);
        }
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
                Some(Token::Open(inner)) if self.ends_with(&inner, tag, namespace) => {
                    self.unclosed(tag, before);
                    break;
                }
                Some(Token::Open(_)) => {
                    self.scanner.go_to(start);
                    return Content::Markup(self.markup(tag, namespace));
                }
                None => break,
            }
        }
        Content::Text(text.trim().to_owned())
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
        if local(name).eq_ignore_ascii_case(local(tag.name)) {
            return true;
        }
        let around = |open: &Open<'_>| {
            open.role != Role::Ignored && local(open.name).eq_ignore_ascii_case(local(name))
        };
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

    /// Whether a tag shows that the element of text before it was left open: it cannot stand in it.
    fn ends_with(&self, inner: &Tag<'a>, tag: &Tag<'a>, namespace: Namespace) -> bool {
        use Element as E;
        let found = self.namespace(inner);
        let Some(inner_element) = element(found, inner.name) else {
            return false;
        };
        let is_xml = || tag.attributes.contains("xml");
        match found {
            Namespace::Plain | Namespace::Atom if is_xml() => false,
            Namespace::Plain | Namespace::Atom => match inner_element {
                E::Entry | E::Channel | E::Published | E::Guid | E::Enclosure | E::Updated => true,
                E::Body | E::Title => false,
                _ => !holds_markup(element(namespace, tag.name)),
            },
            Namespace::Content | Namespace::DublinCore | Namespace::ITunes => !is_xml(),
            _ => false,
        }
    }

    /// What stands in an element as HTML: its elements without prefixes, its texts as they are written.
    fn markup(&mut self, tag: &Tag<'a>, namespace: Namespace) -> String {
        let mut markup = String::new();
        let (mut depth, mut same) = (0_usize, 0_usize);
        loop {
            let before = self.scanner.position();
            match self.scanner.next() {
                Some(Token::Text(text)) => push_text(&mut markup, text),
                // Beside elements of HTML, a section holds HTML as the text of RSS does; within them, characters.
                Some(Token::Cdata(text)) if depth == 0 && namespace != Namespace::Atom => {
                    markup.push_str(text);
                }
                Some(Token::Cdata(text)) => push_escaped(&mut markup, text),
                Some(Token::Open(inner)) if self.ends_with(&inner, tag, namespace) => {
                    self.unclosed(tag, before);
                    break;
                }
                Some(Token::Open(inner)) => {
                    let is_same = inner.name == tag.name && !inner.is_empty;
                    (depth, same) = (depth + 1, same + usize::from(is_same));
                    push_tag(&mut markup, &inner);
                }
                Some(Token::Close(name)) if name == tag.name && same > 0 => {
                    same -= 1;
                    push_end(&mut markup, name);
                }
                Some(Token::Close(name)) if name == tag.name => break,
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
        let is_structure =
            |open: &Open<'_>| matches!(open.role, Role::Root | Role::Channel | Role::Entry);
        self.open
            .iter()
            .any(|open| is_structure(open) && open.name == name)
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
