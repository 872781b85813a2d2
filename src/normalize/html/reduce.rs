//! Markup without what is not published anyway, for `ammonia` to judge.
//!
//! In: markup as found, and where its relative addresses start. Out: the same with known tags and attributes only, every
//! other `<` escaped, comments and scripts gone, addresses completed, images that a script would load given their
//! source. What is left is a fraction of what pages write, and says by its tags alone how deep it nests at most: an HTML
//! parser takes quadratic time on depth (`html5ever`, issue 788) and on the attributes of one tag.
//!
//! Nothing is made safe here: `ammonia` reads the result as a browser does and has the last word. Linear in the markup.

use std::borrow::Cow;

use url::{ParseError, Url};

use super::elements::{self, COMMON, Element};
use super::references::{Within, decoded, is_xml_char, push_escaped};
use super::tokens::{Tag, Token, tokens};
use crate::model::{LAZY_SOURCES, SOURCE_SETS};

/// Where that much is written, no further relative address is completed: each could add a long base.
const MAX_WRITTEN_BYTES: usize = 4 * 1024 * 1024;

/// The longest value of an attribute, in bytes.
const MAX_VALUE_BYTES: usize = 4096;
/// How many `&` stand in one run of text.
const MAX_AMPERSANDS: usize = 256;

/// Elements whose content is not for readers.
const DROPPED: [&str; 4] = ["applet", "script", "style", "template"];

/// Markup as far as it may matter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reduced {
    pub(super) html: String,
    /// How many elements may be open at once when a browser reads it. More are not: of end tags only those count that
    /// end the innermost element, which is what they do whatever stands around it.
    pub(super) depth: usize,
}

/// Reduces `markup`; without a base relative addresses stay as they are.
pub(super) fn reduce(markup: &str, base: Option<&Url>) -> Reduced {
    let mut writer = Writer {
        base,
        html: String::with_capacity(markup.len()),
        ampersands: 0,
        open: Vec::new(),
        depth: 0,
        begins_pre: false,
        tables: 0,
        in_row: false,
        gap: None,
    };
    let mut tokens = tokens(markup);
    let mut after_lazy = false;
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => {
                after_lazy &= text.trim_ascii().is_empty();
                writer.text(text);
            }
            Token::End(name) => writer.end(&name),
            Token::Start(tag) if is_dropped(&tag) => tokens.pass_over(&tag),
            // It repeats the image.
            Token::Start(tag) if after_lazy && tag.name == "noscript" => tokens.pass_over(&tag),
            Token::Start(tag) => after_lazy = writer.start(&tag),
        }
    }
    Reduced {
        html: writer.html,
        depth: writer.depth,
    }
}

/// Whether the content goes with the tag.
pub(super) fn is_dropped(tag: &Tag<'_>) -> bool {
    DROPPED.contains(&&*tag.name)
}

struct Writer<'a> {
    base: Option<&'a Url>,
    html: String,
    /// How many there are in the text so far.
    ampersands: usize,
    /// Names of what is open, the innermost last.
    open: Vec<&'static str>,
    depth: usize,
    /// Whether nothing stands behind `<pre>` yet.
    begins_pre: bool,
    /// How many tables are open.
    tables: usize,
    /// Whether a row without a table is open.
    in_row: bool,
    /// The gap to write before whatever comes next.
    gap: Option<Gap>,
}

/// The separator between rows or cells without their table, as rules and excerpts cut them out. A browser drops their
/// tags and joins their words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    Space,
    Line,
}

impl Writer<'_> {
    /// Writes text as it stands, a `<` that begins no tag aside.
    fn text(&mut self, text: &str) {
        if self.gap.is_some() {
            if text.trim_ascii().is_empty() {
                return;
            }
            self.write_gap();
        }
        // A line feed that begins a `pre` is not shown, and lost again at every reading.
        if self.begins_pre {
            let text = decoded(text, Within::Text);
            let text =
                text.trim_start_matches(|c: char| matches!(c, '\r' | '\n') || !is_xml_char(c));
            self.begins_pre = text.is_empty();
            return push_escaped(&mut self.html, text, Within::Text);
        }
        if text == "<" {
            return self.html.push_str("&lt;");
        }
        let mut pieces = text.split('&');
        self.html.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            // For every `&` the serializer looks through all of the text that follows: comments, which are left out
            // again, part a long text.
            self.ampersands += 1;
            if self.ampersands.is_multiple_of(MAX_AMPERSANDS) {
                self.html.push_str("<!---->");
            }
            self.html.push('&');
            self.html.push_str(piece);
        }
    }

    /// Writes a start tag; says whether it was an image that a script would have loaded.
    fn start(&mut self, tag: &Tag<'_>) -> bool {
        let Some(element) = elements::named(&tag.name) else {
            return false;
        };
        if self.parts(element.name) {
            self.in_row |= element.name == "tr";
            return false;
        }
        if element.name == "img" {
            return self.image(element, tag);
        }
        self.tables += usize::from(element.name == "table");
        self.write_start(element, tag, None);
        if element.is_void() {
            return false;
        }
        if element.ends_by_the_next() && self.open.last() == Some(&element.name) {
            self.open.pop();
        }
        self.open.push(element.name);
        self.depth = self.depth.max(self.open.len());
        self.begins_pre |= element.name == "pre";
        if tag.closed {
            self.end(element.name);
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
        let lazy = LAZY_SOURCES.iter().find_map(address);
        let is_lazy = lazy.is_some();
        let source = lazy
            .or_else(|| address(&"src"))
            .or_else(|| SOURCE_SETS.iter().find_map(first_of_set));
        let described = tag.get("alt").is_some_and(|alt| !alt.trim().is_empty());
        if (source.is_some() || described) && !is_pixel(tag) {
            self.write_start(element, tag, source.as_deref());
        }
        is_lazy
    }

    fn end(&mut self, name: &str) {
        let Some(element) = elements::named(name).filter(|element| !element.is_void()) else {
            return;
        };
        if self.parts(element.name) {
            self.in_row &= element.name != "tr";
            return;
        }
        if element.name == "table" {
            self.tables = self.tables.saturating_sub(1);
        }
        if self.open.last() == Some(&element.name) {
            self.open.pop();
        }
        self.html.push_str("</");
        self.html.push_str(element.name);
        self.html.push('>');
        self.begins_pre &= element.name != "pre";
    }

    /// Notes the gap for a tag of a row or cell that is in no table; whether it is one.
    fn parts(&mut self, name: &str) -> bool {
        let gap = match name {
            "td" | "th" if self.in_row => Gap::Space,
            "td" | "th" | "tr" => Gap::Line,
            _ => return false,
        };
        if self.tables == 0 && !self.html.is_empty() {
            self.gap = self.gap.max(Some(gap));
        }
        self.tables == 0
    }

    fn write_gap(&mut self) {
        self.html.push_str(match self.gap.take() {
            Some(Gap::Line) => "<br>",
            Some(Gap::Space) => " ",
            None => "",
        });
    }

    /// Writes a start tag with the attributes that may be published, each once; an image's source is given.
    fn write_start(&mut self, element: &Element, tag: &Tag<'_>, source: Option<&str>) {
        self.write_gap();
        self.html.push('<');
        self.html.push_str(element.name);
        for name in element.attributes.iter().chain(&COMMON) {
            let Some(value) = tag.get(name) else { continue };
            let value = decoded(value, Within::Attribute);
            match *name {
                "src" => {}
                "href" => {
                    if let Some(address) = self.address(&value) {
                        self.write_attribute(name, &address);
                    }
                }
                name => self.write_attribute(name, &value),
            }
        }
        if let Some(source) = source {
            self.write_attribute("src", source);
        }
        self.html.push('>');
        // A `col` outside of a table is nothing.
        self.begins_pre &= !element.is_void() || element.name == "col";
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

    /// The address, completed where it is relative; `None` for what no reader may follow.
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

/// Schemes of links.
pub(super) const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

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
