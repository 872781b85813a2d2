//! Decodes and encodes character references.
//!
//! Follows WHATWG HTML §13.2.5.72; the names are those that `html5ever` knows.

use std::borrow::Cow;

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};

/// Maximum length of a reference's name, including its `;`.
const MAX_NAME: usize = 32;

/// The context of a text: in an attribute, some references without `;` are literal (`?a=1&copy=2`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReferenceContext {
    Text,
    Attribute,
}

/// Decodes the references of a text.
pub(super) fn decode_references(text: &str, within: ReferenceContext) -> Cow<'_, str> {
    let Some((before, mut rest)) = text.split_once('&') else {
        return Cow::Borrowed(text);
    };
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(before);
    loop {
        let known = if let Some(number) = rest.strip_prefix('#') {
            parse_numbered(number).map(|(c, rest)| (c, None, rest))
        } else {
            parse_named(rest, within)
        };
        match known {
            Some((one, two, further)) => {
                decoded.push(one);
                decoded.extend(two);
                rest = further;
            }
            None => decoded.push('&'),
        }
        let Some((before, further)) = rest.split_once('&') else {
            decoded.push_str(rest);
            return Cow::Owned(decoded);
        };
        decoded.push_str(before);
        rest = further;
    }
}

/// Parses a closed reference without its `&`; returns its characters and the rest.
pub(in crate::normalize) fn parse_reference(text: &str) -> Option<(char, Option<char>, &str)> {
    let found = match text.strip_prefix('#') {
        Some(number) => parse_numbered(number).map(|(c, rest)| (c, None, rest)),
        None => parse_named(text, ReferenceContext::Text),
    };
    let closed = |rest: &str| text.split_at(text.len() - rest.len()).0.ends_with(';');
    found.filter(|(_, _, rest)| closed(rest))
}

/// Parses a reference such as `#38;`; returns its character and the rest.
fn parse_numbered(text: &str) -> Option<(char, &str)> {
    let (radix, digits) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, text),
    };
    let end = digits
        .find(|c: char| !c.is_digit(radix))
        .unwrap_or(digits.len());
    let (digits, rest) = digits.split_at(end);
    let number = match u32::from_str_radix(digits, radix) {
        Err(_) if digits.is_empty() => return None,
        number => number.unwrap_or(0),
    };
    let c = match number {
        0x80..=0x9F => C1_REPLACEMENTS[number as usize - 0x80],
        _ => None,
    };
    let c = c.or(char::from_u32(number)).filter(|c| *c != '\0');
    Some((
        c.unwrap_or(char::REPLACEMENT_CHARACTER),
        rest.strip_prefix(';').unwrap_or(rest),
    ))
}

/// Parses a reference such as `amp;`; returns its characters and the rest.
fn parse_named(text: &str, within: ReferenceContext) -> Option<(char, Option<char>, &str)> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric();
    let length = text.bytes().take(MAX_NAME).position(|byte| !is_name(byte));
    let length = length.unwrap_or(MAX_NAME.min(text.len()));
    let (_, next) = text.split_at(length);
    let whole = length + usize::from(next.starts_with(';'));
    // Without `;`, the longest prefix that is a name counts.
    let (name, rest, found) = (1..=whole).rev().find_map(|length| {
        let (name, rest) = text.split_at(length);
        let found = NAMED_ENTITIES.get(name).filter(|(one, _)| *one != 0);
        found.map(|found| (name, rest, *found))
    })?;
    let open = !name.ends_with(';');
    let goes_on = rest.starts_with(|c: char| c == '=' || c.is_ascii_alphanumeric());
    if open && goes_on && within == ReferenceContext::Attribute {
        return None;
    }
    let (one, two) = found;
    let second = char::from_u32(two).filter(|c| *c != '\0');
    Some((char::from_u32(one)?, second, rest))
}

/// Appends text as the HTML serializer writes it (WHATWG HTML §13.3), without characters that XML forbids.
pub(super) fn push_escaped(markup: &mut String, text: &str, within: ReferenceContext) {
    let mut rest = text;
    while let Some(plain) = rest.bytes().position(|byte| SPECIAL[usize::from(byte)]) {
        let (before, special) = rest.split_at(plain);
        markup.push_str(before);
        let mut chars = special.chars();
        match chars.next() {
            Some('&') => markup.push_str("&amp;"),
            Some('<') => markup.push_str("&lt;"),
            Some('>') => markup.push_str("&gt;"),
            Some('"') if within == ReferenceContext::Attribute => markup.push_str("&quot;"),
            Some('\u{a0}') => markup.push_str("&nbsp;"),
            Some('\r') if chars.as_str().starts_with('\n') => {}
            Some('\r') => markup.push('\n'),
            Some(c) if is_xml_char(c) => markup.push(c),
            _ => {}
        }
        rest = chars.as_str();
    }
    markup.push_str(rest);
}

/// First bytes of characters that are not always written literally.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = !matches!(byte, 0x9 | 0xA);
        byte += 1;
    }
    let others = *b"&<>\"\xC2\xEF";
    let mut at = 0;
    while at < others.len() {
        special[others[at] as usize] = true;
        at += 1;
    }
    special
};

/// Returns true if XML 1.0 (§2.2) allows the character.
pub(in crate::normalize) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}
