//! Any markup to markup that may be shown: known elements only, each closed and where it may stand.
//!
//! In: markup as found, and where its relative addresses start. Out: markup as the serializer of HTML writes it, and
//! whether it had to be mended. What it is made of are names and values of our own tables, text with everything
//! escaped, and addresses that were checked: nothing is passed on as it was found. One pass, linear in the markup; the
//! depth is bounded.

use std::borrow::Cow;

use url::{ParseError, Url};

use super::elements::{self, COMMON, Element, Kind};
use super::references::{Within, decoded, is_xml_char, push_escaped};
use super::tokens::{Tag, Token, tokens};
use crate::normalize::mend::mended;

/// What stands deeper is shown without its tags. Tables bring the frames of their cells on top.
const MAX_DEPTH: usize = 100;
/// The longest value of an attribute, in bytes.
const MAX_VALUE_BYTES: usize = 4096;
/// Where that much is written, no further relative address is completed: each could add a long base.
const MAX_WRITTEN_BYTES: usize = 4 * 1024 * 1024;

/// Schemes of links.
pub(super) const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];
/// Elements whose content is not for readers.
const DROPPED: [&str; 4] = ["applet", "script", "style", "template"];
/// Where scripts that load images late find their addresses, and what else names one.
const LAZY: [&str; 4] = [
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazyload",
];
const SETS: [&str; 3] = ["srcset", "data-srcset", "data-lazy-srcset"];

/// Markup that may be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clean {
    pub(super) html: String,
    /// A browser would have made more of it: something ended that it carries on, stood in a table outside of its cells, or
    /// too deep.
    pub(super) mended: bool,
}

/// Cleans `markup`; without a base no relative address is kept.
pub(super) fn clean(markup: &str, base: Option<&Url>) -> Clean {
    let mut tree = Tree {
        base,
        html: String::with_capacity(markup.len()),
        pending: String::new(),
        open: Vec::new(),
        beyond: 0,
        pre_begins: None,
        mended: false,
    };
    let mut tokens = tokens(markup);
    let mut after_lazy = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => {
                after_lazy &= is_blank(text);
                tree.text(text);
            }
            Token::End(name) => tree.end(&name),
            Token::Start(tag) if is_dropped(&tag) => tokens.pass_over(&tag),
            // It repeats the image.
            Token::Start(tag) if after_lazy && tag.name == "noscript" => tokens.pass_over(&tag),
            Token::Start(tag) => after_lazy = tree.start(&tag),
        }
    }
    let mended = tree.mended;
    tree.close(0);
    tree.write_text();
    Clean {
        html: tree.html,
        mended,
    }
}

/// Whether the content goes with the tag.
pub(super) fn is_dropped(tag: &Tag<'_>) -> bool {
    DROPPED.contains(&&*tag.name)
}

struct Tree<'a> {
    base: Option<&'a Url>,
    html: String,
    /// Text of which more may follow.
    pending: String,
    /// What is open, the innermost last.
    open: Vec<&'static Element>,
    /// How many start tags were left out at the greatest depth, whose end tags are still to come.
    beyond: usize,
    /// Where the text of the last `pre` begins.
    pre_begins: Option<usize>,
    mended: bool,
}

impl Tree<'_> {
    fn text(&mut self, text: &str) {
        if self.is_in_frame() && !is_blank(text) {
            self.open_cell();
        }
        let text = decoded(text, Within::Text);
        // What is left out must not stand between what belongs together.
        if text.bytes().any(|byte| byte < b' ' || byte == 0xEF) {
            self.pending
                .extend(text.chars().filter(|c| is_xml_char(*c)));
        } else {
            self.pending.push_str(&text);
        }
    }

    /// Writes the text that stands before the next tag.
    fn write_text(&mut self) {
        // Line feeds that begin a `pre` are not shown (WHATWG HTML §13.2.6.4.7).
        let shown = if self.pre_begins == Some(self.html.len()) {
            self.pending.trim_start_matches(['\r', '\n'])
        } else {
            &self.pending
        };
        push_escaped(&mut self.html, &mended(shown), Within::Text);
        self.pending.clear();
    }

    /// Opens an element, or leaves its tag out; says whether it was an image that a script would have loaded.
    fn start(&mut self, tag: &Tag<'_>) -> bool {
        let Some(element) = elements::named(&tag.name) else {
            return false;
        };
        if element.kind == Kind::Image {
            return self.image(element, tag);
        }
        if !self.make_room(element.kind) {
            return false;
        }
        let part_of_table = element.kind.frame().is_some();
        if element.kind.is_void() {
            self.write_start(element, tag, None);
        } else if self.open.len() < MAX_DEPTH || part_of_table {
            self.write_start(element, tag, None);
            self.open.push(element);
            if tag.closed {
                self.end(element.name);
            }
        } else {
            self.mended = true;
            self.beyond += 1;
        }
        false
    }

    fn image(&mut self, element: &'static Element, tag: &Tag<'_>) -> bool {
        let address = |name: &&str| {
            let found = decoded(tag.get(name)?, Within::Attribute);
            self.address(&found).map(Cow::into_owned)
        };
        let first_of_set = |name: &&str| {
            let found = decoded(tag.get(name)?, Within::Attribute);
            let first = found.split_whitespace().next()?;
            self.address(first.trim_end_matches(','))
                .map(Cow::into_owned)
        };
        let lazy = LAZY.iter().find_map(address);
        let is_lazy = lazy.is_some();
        let source = lazy
            .or_else(|| address(&"src"))
            .or_else(|| SETS.iter().find_map(first_of_set));
        let described = tag.get("alt").is_some_and(|alt| !is_blank(alt));
        if (source.is_some() || described) && !is_pixel(tag) {
            self.make_room(element.kind);
            self.write_start(element, tag, source.as_deref());
        }
        is_lazy
    }

    fn end(&mut self, name: &str) {
        let Some(element) = elements::named(name).filter(|element| !element.kind.is_void()) else {
            return;
        };
        let kind = element.kind;
        if self.beyond > 0 && kind.frame().is_none() {
            self.beyond -= 1;
            return;
        }
        let ends = |open: &Element| open.name == name || kind == Kind::Heading && open.kind == kind;
        let hides = |open: Kind| match kind {
            Kind::Inline | Kind::Ruby | Kind::RubyText => !open.is_inline(),
            Kind::Item => open.is_scope() || open == Kind::List,
            kind if kind.frame().is_some() => open == Kind::Table,
            _ => open.is_scope(),
        };
        if let Some(at) = self.nearest(ends, hides) {
            self.close(at + 1);
            if let Some(own) = self.open.pop() {
                self.write_end(own);
            }
        }
    }

    /// Closes and opens what must be for a new element; `false` where it has no place.
    fn make_room(&mut self, kind: Kind) -> bool {
        if let Some(frame) = kind.frame() {
            return self.make_frame(frame);
        }
        if self.is_in_frame() {
            self.open_cell();
        }
        match kind {
            Kind::Inline | Kind::Formatting | Kind::Break | Kind::Image | Kind::Ruby => {}
            Kind::Anchor => self.end_nearest(Kind::Anchor, Kind::is_scope),
            Kind::RubyText => {
                if self.current() == Some(Kind::RubyText) {
                    self.close(self.open.len() - 1);
                }
                return self.current() == Some(Kind::Ruby);
            }
            Kind::Item | Kind::Term => {
                self.end_nearest(kind, |open| {
                    !open.is_inline() && !matches!(open, Kind::Division | Kind::Paragraph)
                });
                self.end_nearest(Kind::Paragraph, Kind::is_scope);
            }
            _ => {
                self.end_nearest(Kind::Paragraph, Kind::is_scope);
                if kind == Kind::Heading && self.current() == Some(Kind::Heading) {
                    self.close(self.open.len() - 1);
                }
            }
        }
        true
    }

    /// Makes a frame of the innermost table the innermost open element; `false` outside of tables.
    fn make_frame(&mut self, name: &'static str) -> bool {
        let Some(frame) = elements::named(name) else {
            return false;
        };
        let is_it = |open: &Element| open.kind == frame.kind;
        if let Some(at) = self.nearest(is_it, |open| open == Kind::Table) {
            self.close(at + 1);
            return true;
        }
        let made = frame
            .kind
            .frame()
            .is_some_and(|outer| self.make_frame(outer));
        if made {
            self.open_implied(frame);
        }
        made
    }

    /// Opens a cell for what stands between the cells of a table.
    fn open_cell(&mut self) {
        self.mended = true;
        if let Some(cell) = elements::named("td")
            && self.make_frame("tr")
        {
            self.open_implied(cell);
        }
    }

    fn open_implied(&mut self, element: &'static Element) {
        self.write_text();
        self.html.push('<');
        self.html.push_str(element.name);
        self.html.push('>');
        self.open.push(element);
    }

    /// Closes the innermost open element of a kind, unless one that hides it stands between.
    fn end_nearest(&mut self, kind: Kind, hides: impl Fn(Kind) -> bool) {
        if let Some(at) = self.nearest(|open| open.kind == kind, hides) {
            self.close(at);
        }
    }

    /// Closes whatever is open from `depth` on without its end tag.
    fn close(&mut self, depth: usize) {
        while self.open.len() > depth
            && let Some(element) = self.open.pop()
        {
            self.mended |= matches!(element.kind, Kind::Formatting | Kind::Anchor);
            self.write_end(element);
            self.beyond = 0;
        }
    }

    fn nearest(
        &self,
        wanted: impl Fn(&Element) -> bool,
        hides: impl Fn(Kind) -> bool,
    ) -> Option<usize> {
        for (at, open) in self.open.iter().enumerate().rev() {
            if wanted(open) {
                return Some(at);
            }
            if hides(open.kind) {
                return None;
            }
        }
        None
    }

    fn current(&self) -> Option<Kind> {
        self.open.last().map(|open| open.kind)
    }

    fn is_in_frame(&self) -> bool {
        self.current().is_some_and(Kind::is_frame)
    }

    /// Writes a start tag with the attributes that may be published; an image's source is given.
    fn write_start(&mut self, element: &Element, tag: &Tag<'_>, mut source: Option<&str>) {
        self.write_text();
        self.html.push('<');
        self.html.push_str(element.name);
        let known = || element.attributes.iter().chain(&COMMON);
        let mut written = 0_u32;
        for (name, value) in &tag.attributes {
            let Some(at) = known().position(|known| known.eq_ignore_ascii_case(name)) else {
                continue;
            };
            let first = written & 1 << at == 0;
            written |= 1 << at;
            let value = decoded(value, Within::Attribute);
            match known().nth(at) {
                Some(&name @ "href") if first => {
                    if let Some(address) = self.address(&value) {
                        self.write_attribute(name, &address);
                    }
                }
                Some(&name @ "src") => {
                    if let Some(source) = source.take() {
                        self.write_attribute(name, source);
                    }
                }
                Some(&name) if first => self.write_attribute(name, &value),
                _ => {}
            }
        }
        if let Some(source) = source {
            self.write_attribute("src", source);
        }
        self.html.push('>');
        if element.name == "pre" {
            self.pre_begins = Some(self.html.len());
        }
    }

    fn write_attribute(&mut self, name: &str, value: &str) {
        if value.len() > MAX_VALUE_BYTES {
            return;
        }
        self.html.push(' ');
        self.html.push_str(name);
        self.html.push_str("=\"");
        push_escaped(&mut self.html, value, Within::Attribute);
        self.html.push('"');
    }

    fn write_end(&mut self, element: &Element) {
        self.write_text();
        self.html.push_str("</");
        self.html.push_str(element.name);
        self.html.push('>');
    }

    /// An address that a reader may follow, completed; `None` for any other.
    fn address<'f>(&self, found: &'f str) -> Option<Cow<'f, str>> {
        let found = found.trim_matches(|c: char| c <= ' ');
        if is_plain_address(found) {
            return Some(Cow::Borrowed(found));
        }
        match Url::parse(found) {
            Ok(url) => SCHEMES
                .contains(&url.scheme())
                .then(|| Cow::Owned(url.into())),
            Err(ParseError::RelativeUrlWithoutBase)
                if !found.is_empty() && self.html.len() < MAX_WRITTEN_BYTES =>
            {
                let url = self.base?.join(found).ok()?;
                Some(Cow::Owned(url.into()))
            }
            Err(_) => None,
        }
    }
}

/// Whether a parser of addresses would leave it as it is: what nearly all are.
fn is_plain_address(found: &str) -> bool {
    let rest = found
        .strip_prefix("https://")
        .or_else(|| found.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let mut labels = host.split('.').rev();
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let top = labels
        .next()
        .is_some_and(|top| top.bytes().all(|byte| byte.is_ascii_lowercase()));
    let odd = |byte: u8| {
        matches!(
            byte,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'\''
        )
    };
    top && host
        .split('.')
        .all(|label| !label.is_empty() && !label.starts_with("xn--") && label.bytes().all(is_word))
        && !path.contains("/.")
        && path.starts_with('/')
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !odd(byte))
}

/// An image of one dot, which shows nothing and tells its server who reads.
fn is_pixel(tag: &Tag<'_>) -> bool {
    ["width", "height"].iter().all(|side| {
        let side = tag
            .get(side)
            .unwrap_or_default()
            .trim()
            .trim_end_matches("px");
        matches!(side, "0" | "1")
    })
}

fn is_blank(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0xC))
}
