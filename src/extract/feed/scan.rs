//! Splits XML into tokens, however broken it is.
//!
//! In: the decoded text. Out: tags, texts and CDATA sections in order, each a slice of the text, and a
//! [`FormatFault`] for each violation of XML 1.0. Comments, processing instructions and the document type are
//! skipped: nothing in them is read, expanded or fetched.
//!
//! The reader of `quick-xml` ends at the first syntax error, and finds some errors only at the end of the
//! document, so that continuing after them would take quadratic time. This scanner ends a token where the
//! next markup shows that it has ended. `quick-xml` still parses the inside of tags and resolves entities.

use memchr::{memchr, memchr2, memmem};
use quick_xml::events::attributes::Attributes;

use super::fault::{FormatFault, FormatFaults};
use super::references;

/// The maximum length of an attribute's value. A quote that is not closed within it does not open a value.
const MAX_VALUE_BYTES: usize = 64 * 1024;

/// The maximum number of attributes read from a tag.
const MAX_ATTRIBUTES: usize = 256;

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) enum XmlToken<'a> {
    /// Characters, with references as written. A `<` that begins no markup begins a text.
    Text(&'a str),
    /// Characters, taken literally.
    Cdata(&'a str),
    /// `<name …>` or `<name … />`
    Open(XmlTag<'a>),
    /// `</name>`
    Close(&'a str),
}

/// A start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::extract) struct XmlTag<'a> {
    /// The name with its prefix, as written.
    pub(in crate::extract) name: &'a str,
    /// The text after the name.
    pub(in crate::extract) attributes: &'a str,
    /// True if the tag ends itself.
    pub(in crate::extract) is_empty: bool,
    /// The byte offset of its start in the text.
    pub(in crate::extract) at: usize,
}

impl<'a> XmlTag<'a> {
    /// Returns names and values as written, without attributes that cannot be parsed.
    pub(in crate::extract) fn attributes(
        &self,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut found = Attributes::html(self.attributes, 0);
        found.with_checks(false);
        found.take(MAX_ATTRIBUTES).flatten().filter_map(|found| {
            let value = match found.value {
                std::borrow::Cow::Borrowed(value) => std::str::from_utf8(value).ok()?,
                std::borrow::Cow::Owned(_) => return None,
            };
            Some((std::str::from_utf8(found.key.0).ok()?, value))
        })
    }

    /// Returns the value of the first of these attributes that has one, regardless of prefix and case.
    pub(in crate::extract) fn attribute(&self, names: &[&str]) -> Option<String> {
        if self.attributes.is_empty() {
            return None;
        }
        let values = names.iter().filter_map(|name| {
            let mut all = self.attributes();
            all.find(|(found, _)| local_name(found).eq_ignore_ascii_case(name))
        });
        values
            .map(|(_, value)| references::decode_references(value).0.trim().to_owned())
            .find(|value| !value.is_empty())
    }
}

/// Returns a name without its prefix.
pub(in crate::extract) fn local_name(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

/// A position in the text.
#[derive(Debug)]
pub(in crate::extract) struct XmlScanner<'a> {
    text: &'a str,
    at: usize,
    pub(in crate::extract) faults: FormatFaults,
    /// Set if no such end follows in the rest of the text, so that the search is not repeated.
    no_comment_end: bool,
    no_instruction_end: bool,
    no_subset_end: bool,
}

impl<'a> XmlScanner<'a> {
    pub(in crate::extract) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            faults: FormatFaults::default(),
            no_comment_end: false,
            no_instruction_end: false,
            no_subset_end: false,
        }
    }

    /// Returns the byte offset of the next token, or of the skipped text before it.
    pub(in crate::extract) fn position(&self) -> usize {
        self.at
    }

    /// Moves back or forward to the start of a token.
    pub(in crate::extract) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Returns the whole text.
    pub(in crate::extract) fn text(&self) -> &'a str {
        self.text
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take_bytes(&mut self, bytes: usize) -> &'a str {
        let taken = self.rest().get(..bytes).unwrap_or_default();
        self.at += bytes;
        taken
    }

    fn note_fault(&mut self, fault: FormatFault) {
        self.faults.note(fault, self.at);
    }

    /// Returns the next token, or `None` at the end.
    pub(in crate::extract) fn next_token(&mut self) -> Option<XmlToken<'a>> {
        loop {
            let rest = self.rest().as_bytes();
            let (first, second) = (*rest.first()?, rest.get(1).copied());
            match second {
                _ if first != b'<' => return Some(self.text_token(0)),
                Some(b'/') => return Some(self.read_end_tag()),
                Some(b'!') => {
                    if let Some(section) = self.read_declaration() {
                        return Some(section);
                    }
                }
                Some(b'?') => self.skip_instruction(),
                Some(second) if is_name_start(second) => return Some(self.read_start_tag()),
                _ => {
                    self.note_fault(FormatFault::LoneLess);
                    return Some(self.text_token(1));
                }
            }
        }
    }

    /// Returns the text up to the next `<` after the first `known` bytes.
    fn text_token(&mut self, known: usize) -> XmlToken<'a> {
        let rest = self.rest().as_bytes();
        let found = rest.get(known..).and_then(|rest| memchr(b'<', rest));
        XmlToken::Text(self.take_bytes(found.map_or(rest.len(), |found| found + known)))
    }

    fn read_start_tag(&mut self) -> XmlToken<'a> {
        let at = self.at;
        let (length, is_whole) = tag_length(self.rest().as_bytes());
        if !is_whole {
            self.note_fault(FormatFault::BrokenTag);
        }
        let written = self.take_bytes(length);
        let inner = written.strip_prefix('<').unwrap_or(written);
        let inner = inner.strip_suffix('>').unwrap_or(inner);
        let (inner, is_empty) = match inner.strip_suffix('/') {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        let name_length = inner.bytes().position(|byte| ends(&byte));
        let (name, attributes) = inner.split_at(name_length.unwrap_or(inner.len()));
        XmlToken::Open(XmlTag {
            name,
            attributes,
            is_empty,
            at,
        })
    }

    fn read_end_tag(&mut self) -> XmlToken<'a> {
        let rest = self.rest().as_bytes();
        let behind = rest.get(2..).unwrap_or_default();
        let (inner, ended) = match memchr2(b'>', b'<', behind) {
            Some(end) if behind.get(end) == Some(&b'>') => (end, 1),
            Some(end) => (end, 0),
            None => (behind.len(), 0),
        };
        if ended == 0 {
            self.note_fault(FormatFault::BrokenTag);
        }
        let written = self.take_bytes(2 + inner + ended);
        let name = written.get(2..2 + inner).unwrap_or_default().trim();
        XmlToken::Close(name.split(char::is_whitespace).next().unwrap_or_default())
    }

    /// Reads markup that begins with `<!`.
    fn read_declaration(&mut self) -> Option<XmlToken<'a>> {
        let rest = self.rest().as_bytes();
        if starts_with_ignoring_case(rest, b"<![CDATA[") {
            return Some(self.read_cdata());
        }
        if rest.starts_with(b"<!--") && !self.no_comment_end {
            if let Some(end) = find_from(rest, 4, b"-->") {
                self.at += end + 3;
                return None;
            }
            self.no_comment_end = true;
        }
        if !rest.starts_with(b"<!--") && starts_with_ignoring_case(rest, b"<!doctype") {
            self.skip_doctype();
            return None;
        }
        self.note_fault(FormatFault::BadDeclaration);
        self.skip_declaration();
        None
    }

    /// Skips `<!DOCTYPE … [ … ]>`. Quotes in it are ignored, because only a contrived document hides an end
    /// in them.
    fn skip_doctype(&mut self) {
        let rest = self.rest().as_bytes();
        let first = memchr2(b'>', b'[', rest).unwrap_or(rest.len());
        let has_subset = rest.get(first) == Some(&b'[') && !self.no_subset_end;
        let end = has_subset.then(|| {
            let subset_end = memchr(b']', rest.get(first..)?)?;
            find_from(rest, first + subset_end, b">")
        });
        self.no_subset_end |= end == Some(None);
        self.at = (self.at + end.flatten().unwrap_or(first) + 1).min(self.text.len());
    }

    fn read_cdata(&mut self) -> XmlToken<'a> {
        const START: usize = "<![CDATA[".len();
        let rest = self.rest().as_bytes();
        let end = find_from(rest, START, b"]]>");
        if end.is_none() {
            self.note_fault(FormatFault::UnclosedCdata);
        }
        let written = self.take_bytes(end.unwrap_or(rest.len()));
        self.at = (self.at + 3).min(self.text.len());
        XmlToken::Cdata(written.get(START..).unwrap_or_default())
    }

    /// Skips `<? … ?>`. Without its end it is read as a tag.
    fn skip_instruction(&mut self) {
        if !self.no_instruction_end {
            if let Some(end) = find_from(self.rest().as_bytes(), 2, b"?>") {
                self.at += end + 2;
                return;
            }
            self.no_instruction_end = true;
        }
        self.note_fault(FormatFault::BadDeclaration);
        self.skip_declaration();
    }

    /// Skips past the next `>`, or to the next markup if that begins earlier: it may be an entry.
    fn skip_declaration(&mut self) {
        let behind = self.rest().as_bytes().get(1..).unwrap_or_default();
        self.at += 1 + behind_markup(behind);
    }
}

fn find_from(text: &[u8], start: usize, what: &[u8]) -> Option<usize> {
    let found = memmem::find(text.get(start..)?, what)?;
    Some(found + start)
}

fn starts_with_ignoring_case(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len())
        .is_some_and(|text| text.eq_ignore_ascii_case(start))
}

/// Returns the number of bytes through the next `>`, or up to the next `<`.
fn behind_markup(text: &[u8]) -> usize {
    memchr2(b'>', b'<', text).map_or(text.len(), |end| {
        end + usize::from(text.get(end) == Some(&b'>'))
    })
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':') || !byte.is_ascii()
}

/// Returns the number of bytes of a start tag, and true if it ends with `>`. Each byte is examined a bounded
/// number of times: a quote that is not closed within reach is the last of its kind there.
fn tag_length(text: &[u8]) -> (usize, bool) {
    let mut at = 1;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let marks = |byte: &u8| matches!(byte, b'>' | b'<' | b'"' | b'\'');
        let Some(found) = rest.iter().position(marks) else {
            return (text.len(), false);
        };
        at += found + 1;
        let behind = rest.get(found + 1..).unwrap_or_default();
        match rest.get(found) {
            Some(b'>') => return (at, true),
            Some(b'<') => return (at - 1, false),
            Some(quote) if follows_equals(text, at - 1) => match value_length(*quote, behind) {
                Some(length) => at += length + 1,
                None => return (at + behind_markup(behind), false),
            },
            _ => {}
        }
    }
}

/// Returns the number of bytes of a value up to its closing quote, or `None` if it is not closed.
fn value_length(quote: u8, text: &[u8]) -> Option<usize> {
    let reach = text.get(..MAX_VALUE_BYTES).unwrap_or(text);
    let end = memchr(quote, reach)?;
    (!swallows_markup(reach.get(..end)?)).then_some(end)
}

fn follows_equals(text: &[u8], quote: usize) -> bool {
    let before = text.get(..quote).unwrap_or_default();
    before.trim_ascii_end().last() == Some(&b'=')
}

/// Returns true if the text between two quotes is more than a value: the first quote was left open.
fn swallows_markup(value: &[u8]) -> bool {
    let Some(greater) = memchr(b'>', value) else {
        return false;
    };
    let behind = value.get(greater..).unwrap_or_default();
    memchr(b'<', behind).is_some()
        && memchr(b'<', value.get(..greater).unwrap_or_default()).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Formats tokens as read, separated by a bar.
    fn shown(text: &str) -> String {
        let mut scanner = XmlScanner::new(text);
        let mut parts = Vec::new();
        while let Some(token) = scanner.next_token() {
            parts.push(match token {
                XmlToken::Text(text) => text.to_owned(),
                XmlToken::Cdata(text) => format!("[{text}]"),
                XmlToken::Close(name) => format!("</{name}>"),
                XmlToken::Open(tag) => {
                    let attributes: Vec<String> = tag
                        .attributes()
                        .map(|(name, value)| format!(" {name}={value}"))
                        .collect();
                    let end = if tag.is_empty { "/" } else { "" };
                    format!("<{}{}{end}>", tag.name, attributes.concat())
                }
            });
        }
        parts.join("|")
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(shown(text), expected, "{text}");
    }

    #[test]
    fn well_formed_markup() {
        check(
            "<?xml version='1.0'?><a:b c=\"d\" e='f>'>g<!-- <h> --></a:b ><i/>",
            "<a:b c=d e=f>>|g|</a:b>|<i/>",
        );
        check("<a><![CDATA[<b> & ]]]]></a>", "<a>|[<b> & ]]]|</a>");
        check(
            "<!DOCTYPE rss [<!ENTITY a \"b\">]><rss/><!DOCTYPE html><p>",
            "<rss/>|<p>",
        );
    }

    #[test]
    fn broken_markup() {
        check("a < b <3 <", "a |< b |<3 |<");
        check("<a <b>c</b", "<a>|<b>|c|</b>");
        check("<a href=\"x>y</a><b c=\"d\">", "<a>|y|</a>|<b c=d>");
        check("<a href=x y='1' z>t", "<a href=x y=1 z=>|t");
        check("<a b=\"c<d>e\">f", "<a b=c<d>e>|f");
        check("<a b=it's c='d'>", "<a b=it's c=d>");
        check("a<!-- b > c", "a| c");
        check("a<!-- b <c>d</c> e", "a|<c>|d|</c>| e");
        check("a<![endif]>b<? c > d", "a|b| d");
        check("<![cdata[a > b]]>", "[a > b]");
        check("a<![CDATA[b", "a|[b]");
        check("a<!DOCTYPE b", "a");
    }

    #[test]
    fn hostile_markup_ends() {
        for piece in [
            "<",
            "<a ",
            "<a b=\"",
            "<a b='\">",
            "<!--",
            "<![CDATA[",
            "<?",
            "<!DOCTYPE [",
            "</",
            "&",
            "<a>",
        ] {
            let text = piece.repeat(200_000);
            let mut scanner = XmlScanner::new(&text);
            while scanner.next_token().is_some() {}
            assert_eq!(scanner.position(), text.len(), "{piece}");
        }
    }
}
