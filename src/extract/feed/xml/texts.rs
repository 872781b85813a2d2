//! Reads text elements: the end of each, however it was left, and the markup in it, bare or as XHTML.
//!
//! In: the tag that begins one, and the tokens after it. Out: its [`Content`]. A text element ends with its
//! end tag, with that of an element around it, or before an element that cannot be within it.

use std::borrow::Cow;

use url::Url;

use super::{Open, Reader, Role, is_own, shown};
use crate::extract::feed::content::Content;
use crate::extract::feed::fault::Fault;
use crate::extract::feed::names::{Element, Namespace, element};
use crate::extract::feed::references;
use crate::extract::feed::scan::{Tag, Token, local};

impl<'a> Reader<'a> {
    /// Returns the content of the element that `tag` begins, up to its end: text, or markup.
    pub(super) fn content(&mut self, tag: &Tag<'a>, namespace: Namespace) -> Content {
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

    /// Returns true if an end tag ends the text element: its own, or that of an element around it, which is
    /// then still to be read.
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

    /// Returns true if a tag shows that the text element before it was left open, because it cannot be within
    /// it. `depth` is the number of open elements of the text.
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
            // XHTML contains no entries, XML may.
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
                // The `link` of HTML consists of attributes only.
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

    /// Returns true if an unescaped tag in a text has the namespace of the feed, to which it cannot belong.
    fn is_naked(&self, inner: &Tag<'a>, tag: &Tag<'a>) -> bool {
        !says_markup(inner) && !says_markup(tag) && is_own(self.namespace(inner))
    }

    /// Returns the content of an element as HTML: its elements without prefixes, its texts as written.
    fn markup(&mut self, tag: &Tag<'a>, namespace: Namespace) -> String {
        let mut markup = String::new();
        let (mut depth, mut same) = (0_usize, 0_usize);
        let mut bases = Bases::default();
        let own = local(tag.name);
        let is_own = |name: &str| local(name).eq_ignore_ascii_case(own);
        loop {
            let before = self.scanner.position();
            match self.scanner.next() {
                Some(Token::Text(text)) => push_text(&mut markup, text),
                // Next to elements of HTML, a section contains HTML as the text of RSS does. Within them, it
                // contains characters.
                Some(Token::Cdata(text)) if depth == 0 && namespace != Namespace::Atom => {
                    markup.push_str(text);
                }
                Some(Token::Cdata(text)) => push_escaped(&mut markup, text),
                Some(Token::Open(inner)) if self.ends_with(&inner, tag, namespace, depth) => {
                    self.unclosed(tag, before);
                    break;
                }
                Some(Token::Open(inner)) => {
                    let is_open = !inner.is_empty && !is_void(html_name(inner.name));
                    same += usize::from(is_own(inner.name) && !inner.is_empty);
                    let base = self.stated_base(&inner, &bases);
                    push_tag(&mut markup, &inner, base.as_ref().or(bases.last()));
                    if is_open {
                        depth += 1;
                        bases.enter(depth, base);
                    }
                }
                Some(Token::Close(name)) if is_own(name) && same > 0 => {
                    same -= 1;
                    depth = depth.saturating_sub(1);
                    bases.leave(depth);
                    push_end(&mut markup, name);
                }
                Some(Token::Close(name)) if is_own(name) => break,
                Some(Token::Close(name)) if self.is_around(name) => {
                    self.unclosed(tag, before);
                    break;
                }
                Some(Token::Close(name)) => {
                    if !is_void(html_name(name)) {
                        depth = depth.saturating_sub(1);
                        bases.leave(depth);
                    }
                    push_end(&mut markup, name);
                }
                None => break,
            }
        }
        markup.trim().to_owned()
    }

    /// Returns the base that an element within a text states itself.
    fn stated_base(&self, inner: &Tag<'a>, bases: &Bases) -> Option<Url> {
        let mut attributes = inner.attributes();
        let (_, stated) = attributes.find(|(name, _)| *name == "xml:base")?;
        let outer = bases.last().or(self.bases.last()).unwrap_or(self.url);
        self.base_in(outer, stated)
    }

    /// Returns true if the name is that of the feed or the entry around.
    fn is_around(&self, name: &str) -> bool {
        let ended = local(name);
        let is_structure =
            |open: &Open<'_>| matches!(open.role, Role::Root | Role::Channel | Role::Entry);
        self.open
            .iter()
            .any(|open| is_structure(open) && open.is_ended_by(ended))
    }
}

/// Returns true if a tag announces elements in it: by the type of XHTML or other XML, or by a namespace.
fn says_markup(tag: &Tag<'_>) -> bool {
    ["xml", "xhtml"]
        .iter()
        .any(|kind| tag.attributes.contains(kind))
}

/// Returns true if HTML, with elements of many names, is usual in such an element.
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

/// Appends text as written. A `<` that began no tag would begin one in HTML, so it is escaped.
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

/// The bases stated by elements of a text, the innermost last, each with its depth.
#[derive(Default)]
struct Bases(Vec<(usize, Url)>);

impl Bases {
    fn last(&self) -> Option<&Url> {
        self.0.last().map(|(_, base)| base)
    }

    fn enter(&mut self, depth: usize, base: Option<Url>) {
        self.0.extend(base.map(|base| (depth, base)));
    }

    /// Drops deeper bases.
    fn leave(&mut self, depth: usize) {
        while self.0.last().is_some_and(|(within, _)| *within > depth) {
            self.0.pop();
        }
    }
}

/// The size of a written text above which no further address is resolved against its base: each could add a
/// long one.
const MAX_MARKUP_BYTES: usize = 4 * 1024 * 1024;

/// Attributes of HTML that contain an address.
const ADDRESSES: [&str; 6] = ["cite", "data", "href", "longdesc", "poster", "src"];

/// Elements of HTML without an end tag.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

fn is_void(name: &str) -> bool {
    VOID.contains(&name)
}

/// Writes a start tag. Its addresses are resolved against `base`, if there is one.
fn push_tag(markup: &mut String, tag: &Tag<'_>, base: Option<&Url>) {
    let name = html_name(tag.name);
    markup.push('<');
    markup.push_str(name);
    for (name, value) in tag.attributes() {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
        if name.chars().all(is_name) && !name.starts_with("xmlns") {
            markup.push(' ');
            markup.push_str(name);
            markup.push_str("=\"");
            let is_address = ADDRESSES.contains(&local(name));
            let is_short = markup.len() < MAX_MARKUP_BYTES;
            let joined = base.filter(|_| is_address && is_short).and_then(|base| {
                let stated = references::decode(value).0;
                base.join(stated.trim()).ok()
            });
            match joined {
                Some(address) => push_escaped(markup, address.as_str()),
                None => markup.push_str(&value.replace('"', "&quot;")),
            }
            markup.push('"');
        }
    }
    markup.push('>');
    if tag.is_empty && !is_void(name) {
        push_end(markup, name);
    }
}

fn push_end(markup: &mut String, name: &str) {
    let name = html_name(name);
    if !is_void(name) {
        markup.push_str("</");
        markup.push_str(name);
        markup.push('>');
    }
}

/// Removes the prefix, which varies in XHTML and elements within it. The rest is a name of HTML or unknown.
fn html_name(name: &str) -> &str {
    match name.split_once(':') {
        Some((_, local)) if local.starts_with(|c: char| c.is_ascii_alphabetic()) => local,
        _ => name,
    }
}
