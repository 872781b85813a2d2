//! Removes markup that is not published anyway, before `ammonia` judges the rest.
//!
//! In: markup as found, and the base of its relative addresses. Out: the same with known tags and attributes only,
//! every other `<` escaped, comments and scripts removed, addresses completed, and lazily loaded images given their
//! source. The result is a fraction of a typical page, and its tags alone bound its nesting depth: an HTML parser
//! takes time quadratic in depth (`html5ever`, issue 788) and in the attributes of one tag.
//!
//! Nothing is made safe here: `ammonia` parses the result as a browser does and decides. Linear in the markup.

use std::borrow::Cow;

use url::{ParseError, Url};

use super::elements::{self, AllowedElement, COMMON};
use super::references::{ReferenceContext, decode_references, is_xml_char, push_escaped};
use super::tokens::{MarkupToken, StartTag, tokenize};
use crate::model::{LAZY_SOURCES, SOURCE_SETS};

/// Output size from which no further relative address is completed, because each could add a long base.
const MAX_WRITTEN_BYTES: usize = 4 * 1024 * 1024;

/// Maximum length of an attribute's value, in bytes.
const MAX_VALUE_BYTES: usize = 4096;
/// Maximum number of `&` in one run of text.
const MAX_AMPERSANDS: usize = 256;

/// Elements whose content is not for readers.
const DROPPED: [&str; 4] = ["applet", "script", "style", "template"];

/// Markup reduced to its relevant parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ReducedMarkup {
    pub(super) html: String,
    /// Upper bound of the number of elements open at once when a browser parses the markup. Only end tags that end
    /// the innermost element are counted, because these do so in any context.
    pub(super) depth: usize,
}

/// Reduces `markup`; without a base, relative addresses stay as they are.
pub(super) fn reduce_markup(markup: &str, base: Option<&Url>) -> ReducedMarkup {
    let mut writer = MarkupWriter {
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
    let mut tokens = tokenize(markup);
    let mut after_lazy = false;
    while let Some(token) = tokens.next() {
        match token {
            MarkupToken::Text(text) => {
                after_lazy &= text.trim_ascii().is_empty();
                writer.write_text(text);
            }
            MarkupToken::End(name) => writer.handle_end(&name),
            MarkupToken::Start(tag) if is_dropped(&tag) => tokens.skip_raw_content(&tag),
            // It repeats the image.
            MarkupToken::Start(tag) if after_lazy && tag.name == "noscript" => {
                tokens.skip_raw_content(&tag);
            }
            MarkupToken::Start(tag) => after_lazy = writer.handle_start(&tag),
        }
    }
    ReducedMarkup {
        html: writer.html,
        depth: writer.depth,
    }
}

/// Returns true if the content is dropped with the tag.
pub(super) fn is_dropped(tag: &StartTag<'_>) -> bool {
    DROPPED.contains(&&*tag.name)
}

struct MarkupWriter<'a> {
    base: Option<&'a Url>,
    html: String,
    /// Number of `&` in the text so far.
    ampersands: usize,
    /// Names of the open elements, the innermost last.
    open: Vec<&'static str>,
    depth: usize,
    /// True if nothing follows `<pre>` yet.
    begins_pre: bool,
    /// Number of open tables.
    tables: usize,
    /// True if a row without a table is open.
    in_row: bool,
    /// The gap to write before the next output.
    gap: Option<CellGap>,
}

/// The separator between rows or cells without their table, as rules and excerpts cut them out. A browser drops their
/// tags and joins their words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum CellGap {
    Space,
    Line,
}

impl MarkupWriter<'_> {
    /// Writes text unchanged, except a `<` that begins no tag.
    fn write_text(&mut self, text: &str) {
        if self.gap.is_some() {
            if text.trim_ascii().is_empty() {
                return;
            }
            self.write_gap();
        }
        // A line feed at the start of a `pre` is not shown, and one more is lost with every parse.
        if self.begins_pre {
            let text = decode_references(text, ReferenceContext::Text);
            let text =
                text.trim_start_matches(|c: char| matches!(c, '\r' | '\n') || !is_xml_char(c));
            self.begins_pre = text.is_empty();
            return push_escaped(&mut self.html, text, ReferenceContext::Text);
        }
        if text == "<" {
            return self.html.push_str("&lt;");
        }
        let mut pieces = text.split('&');
        self.html.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            // For every `&`, the serializer scans all of the text that follows. Comments, which are removed again,
            // split a long text.
            self.ampersands += 1;
            if self.ampersands.is_multiple_of(MAX_AMPERSANDS) {
                self.html.push_str("<!---->");
            }
            self.html.push('&');
            self.html.push_str(piece);
        }
    }

    /// Writes a start tag. Returns true if it was an image that a script would have loaded.
    fn handle_start(&mut self, tag: &StartTag<'_>) -> bool {
        let Some(element) = elements::find_element(&tag.name) else {
            return false;
        };
        if self.note_gap(element.name) {
            self.in_row |= element.name == "tr";
            return false;
        }
        if element.name == "img" {
            return self.handle_image(element, tag);
        }
        self.tables += usize::from(element.name == "table");
        self.write_start_tag(element, tag, None);
        if element.is_void() {
            return false;
        }
        if element.is_ended_by_next() && self.open.last() == Some(&element.name) {
            self.open.pop();
        }
        self.open.push(element.name);
        self.depth = self.depth.max(self.open.len());
        self.begins_pre |= element.name == "pre";
        if tag.closed {
            self.handle_end(element.name);
        }
        false
    }

    fn handle_image(&mut self, element: &'static AllowedElement, tag: &StartTag<'_>) -> bool {
        let address = |name: &&str| {
            let found = decode_references(tag.get(name)?, ReferenceContext::Attribute);
            self.resolve_address(&found).map(Cow::into_owned)
        };
        let first_of_set = |name: &&str| {
            let found = decode_references(tag.get(name)?, ReferenceContext::Attribute);
            let first = found.split_whitespace().next()?;
            self.resolve_address(first.trim_end_matches(','))
                .map(Cow::into_owned)
        };
        let lazy = LAZY_SOURCES.iter().find_map(address);
        let is_lazy = lazy.is_some();
        let source = lazy
            .or_else(|| address(&"src"))
            .or_else(|| SOURCE_SETS.iter().find_map(first_of_set));
        let described = tag.get("alt").is_some_and(|alt| !alt.trim().is_empty());
        if (source.is_some() || described) && !is_pixel(tag) {
            self.write_start_tag(element, tag, source.as_deref());
        }
        is_lazy
    }

    fn handle_end(&mut self, name: &str) {
        let Some(element) = elements::find_element(name).filter(|element| !element.is_void())
        else {
            return;
        };
        if self.note_gap(element.name) {
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

    /// Notes the gap for the tag of a row or cell outside a table. Returns true if it is one.
    fn note_gap(&mut self, name: &str) -> bool {
        let gap = match name {
            "td" | "th" if self.in_row => CellGap::Space,
            "td" | "th" | "tr" => CellGap::Line,
            _ => return false,
        };
        if self.tables == 0 && !self.html.is_empty() {
            self.gap = self.gap.max(Some(gap));
        }
        self.tables == 0
    }

    fn write_gap(&mut self) {
        self.html.push_str(match self.gap.take() {
            Some(CellGap::Line) => "<br>",
            Some(CellGap::Space) => " ",
            None => "",
        });
    }

    /// Writes a start tag with the attributes that may be published, each once. An image's source is given.
    fn write_start_tag(
        &mut self,
        element: &AllowedElement,
        tag: &StartTag<'_>,
        source: Option<&str>,
    ) {
        self.write_gap();
        self.html.push('<');
        self.html.push_str(element.name);
        for name in element.attributes.iter().chain(&COMMON) {
            let Some(value) = tag.get(name) else { continue };
            let value = decode_references(value, ReferenceContext::Attribute);
            match *name {
                "src" => {}
                "href" => {
                    if let Some(address) = self.resolve_address(&value) {
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
        // A `col` outside a table is ignored.
        self.begins_pre &= !element.is_void() || element.name == "col";
    }

    fn write_attribute(&mut self, name: &str, value: &str) {
        if value.len() > MAX_VALUE_BYTES {
            return;
        }
        self.html.push(' ');
        self.html.push_str(name);
        self.html.push_str("=\"");
        push_escaped(&mut self.html, value, ReferenceContext::Attribute);
        self.html.push('"');
    }

    /// Completes a relative address; returns `None` if no reader may follow it.
    fn resolve_address<'f>(&self, found: &'f str) -> Option<Cow<'f, str>> {
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

/// Allowed schemes of links.
pub(super) const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Returns true if an address parser would leave it unchanged, as is the case for nearly all addresses.
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

/// Returns true for an image of one pixel, which shows nothing and tracks its readers.
fn is_pixel(tag: &StartTag<'_>) -> bool {
    ["width", "height"].iter().all(|side| {
        let side = tag
            .get(side)
            .unwrap_or_default()
            .trim()
            .trim_end_matches("px");
        matches!(side, "0" | "1")
    })
}
