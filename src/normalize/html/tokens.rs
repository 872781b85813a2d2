//! Splits markup into tags and text.
//!
//! In: any text. Out: the tokens that the HTML tokenizer (WHATWG HTML §13.2.5) finds in it, without comments and
//! processing instructions. It differs for the sake of feeds: the content of a CDATA section is read as markup, and
//! `/>` ends an element, as in XHTML. Linear in the text, whatever it contains.

use std::borrow::Cow;

/// A piece of markup.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MarkupToken<'a> {
    /// Text with its character references, never empty.
    Text(&'a str),
    /// A start tag.
    Start(StartTag<'a>),
    /// The name in an end tag, in lower case.
    End(Cow<'a, str>),
}

/// A start tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StartTag<'a> {
    /// The name in lower case.
    pub(super) name: Cow<'a, str>,
    /// Names and values as written, with their character references. If a name occurs twice, the first counts.
    pub(super) attributes: Vec<(&'a str, &'a str)>,
    /// True for `<br/>`.
    pub(super) closed: bool,
}

impl<'a> StartTag<'a> {
    /// Returns the value of an attribute, by its name in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| *value)
    }
}

/// Returns the tokens of a text. A tag cut off by the end of the text is dropped.
pub(super) fn tokenize(markup: &str) -> MarkupTokens<'_> {
    MarkupTokens {
        rest: markup,
        in_cdata: false,
    }
}

pub(super) struct MarkupTokens<'a> {
    rest: &'a str,
    in_cdata: bool,
}

const CDATA_END: &str = "]]>";
/// White space within tags.
const SPACES: [char; 5] = [' ', '\t', '\n', '\u{c}', '\r'];

impl<'a> Iterator for MarkupTokens<'a> {
    type Item = MarkupToken<'a>;

    fn next(&mut self) -> Option<MarkupToken<'a>> {
        while !self.rest.is_empty() {
            let Some(inside) = self.rest.strip_prefix('<') else {
                match self.read_text() {
                    "" => continue,
                    text => return Some(MarkupToken::Text(text)),
                }
            };
            if inside.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return self.read_tag(inside).map(MarkupToken::Start);
            }
            if let Some(ended) = inside.strip_prefix('/') {
                if ended.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    return self.read_tag(ended).map(end_token);
                }
                self.rest = text_after(ended, '>');
            } else if let Some(held) = inside.strip_prefix("![CDATA[") {
                self.rest = held;
                self.in_cdata = true;
            } else if let Some(comment) = inside.strip_prefix("!--") {
                self.rest = after_comment(comment);
            } else if inside.starts_with(['!', '?']) {
                self.rest = text_after(inside, '>');
            } else {
                self.rest = inside;
                return Some(MarkupToken::Text("<"));
            }
        }
        None
    }
}

impl<'a> MarkupTokens<'a> {
    /// Skips everything up to the end tag of an element whose content is not markup.
    pub(super) fn skip_raw_content(&mut self, tag: &StartTag<'_>) {
        if tag.closed {
            return;
        }
        let name = &*tag.name;
        while let Some((_, ended)) = self.rest.split_once("</") {
            self.rest = ended;
            let (start, further) = ended.split_at_checked(name.len()).unwrap_or((ended, ""));
            if start.eq_ignore_ascii_case(name) && further.starts_with(is_name_end) {
                self.read_tag(ended);
                return;
            }
        }
        self.rest = "";
    }

    /// Reads up to the next `<`, or to the end of the CDATA section.
    fn read_text(&mut self) -> &'a str {
        let length = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(length);
        let ended = text.split_once(CDATA_END).filter(|_| self.in_cdata);
        let Some((held, _)) = ended else {
            self.rest = rest;
            return text;
        };
        self.in_cdata = false;
        (_, self.rest) = self.rest.split_at(held.len() + CDATA_END.len());
        held
    }

    /// Reads the tag whose name `rest` begins with. If the text ends first, returns `None` and drops the rest.
    fn read_tag(&mut self, rest: &'a str) -> Option<StartTag<'a>> {
        self.rest = "";
        let (name, mut rest) = rest.split_at(rest.find(is_name_end)?);
        let mut attributes = Vec::new();
        loop {
            let given = rest.trim_start_matches(|c| c == '/' || SPACES.contains(&c));
            if let Some(further) = given.strip_prefix('>') {
                let (gap, _) = rest.split_at(rest.len() - given.len());
                self.rest = further;
                return Some(StartTag {
                    name: lower_case(name),
                    attributes,
                    closed: gap.ends_with('/'),
                });
            }
            let (attribute, further) = read_attribute(given)?;
            attributes.push(attribute);
            rest = further;
        }
    }
}

/// Returns an end tag; `</br>` breaks a line as `<br>` does (WHATWG HTML §13.2.6.4.7).
fn end_token(tag: StartTag<'_>) -> MarkupToken<'_> {
    if tag.name == "br" {
        MarkupToken::Start(tag)
    } else {
        MarkupToken::End(tag.name)
    }
}

fn is_name_end(c: char) -> bool {
    matches!(c, '/' | '>') || SPACES.contains(&c)
}

fn lower_case(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Reads the name and value at the start of the text; returns them and the rest.
fn read_attribute(text: &str) -> Option<((&str, &str), &str)> {
    // A name may begin with `=`.
    let begins = text.chars().next()?.len_utf8();
    let ends = |(at, c): &(usize, char)| *at >= begins && (*c == '=' || is_name_end(*c));
    let (end, _) = text.char_indices().find(ends)?;
    let (name, rest) = text.split_at(end);
    let Some(value) = rest.trim_start_matches(SPACES).strip_prefix('=') else {
        return Some(((name, ""), rest));
    };
    let value = value.trim_start_matches(SPACES);
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, rest) = quoted.split_once(quote)?;
            return Some(((name, value), rest));
        }
    }
    let end = value.find(|c| c == '>' || SPACES.contains(&c))?;
    let (value, rest) = value.split_at(end);
    Some(((name, value), rest))
}

fn text_after(text: &str, end: char) -> &str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// Returns the text after a comment whose content begins `text`; an unclosed comment extends to the end.
fn after_comment(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix('>').or_else(|| text.strip_prefix("->")) {
        return rest;
    }
    let mut text = text;
    while let Some((_, rest)) = text.split_once('-') {
        let mut ends = ["->", "-!>"].into_iter();
        if let Some(rest) = ends.find_map(|end| rest.strip_prefix(end)) {
            return rest;
        }
        text = rest;
    }
    ""
}
