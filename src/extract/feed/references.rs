//! Decodes entity and character references.
//!
//! Knows the five entities of XML 1.0 (§4.6), the names of HTML, declared by the document or not, and
//! numbers. Numbers from 128 to 159 mean the characters of windows-1252 (HTML, "numeric character reference
//! end state"). Entities that a document declares are not expanded.

use std::borrow::Cow;

use html5ever::data::NAMED_ENTITIES;
use memchr::memchr;

use super::fault::FormatFault;

/// The maximum length of a name: the longest of HTML has 31 characters.
const MAX_NAME: usize = 32;

/// Replaces all references. Invalid ones stay unchanged, and the first of them is returned with its position.
pub(in crate::extract) fn decode_references(
    text: &str,
) -> (Cow<'_, str>, Option<(FormatFault, usize)>) {
    let Some(first) = memchr(b'&', text.as_bytes()) else {
        return (Cow::Borrowed(text), None);
    };
    let (before, mut rest) = text.split_at(first);
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(before);
    let mut flaw = None;
    while let Some(behind) = rest.strip_prefix('&') {
        match parse_reference(behind) {
            Ok((length, meaning)) => {
                meaning.push_to(&mut decoded);
                rest = behind.split_at(length).1;
            }
            Err(fault) => {
                flaw.get_or_insert((fault, text.len() - rest.len()));
                decoded.push('&');
                rest = behind;
            }
        }
        let next = memchr(b'&', rest.as_bytes()).unwrap_or(rest.len());
        let (plain, further) = rest.split_at(next);
        decoded.push_str(plain);
        rest = further;
    }
    (Cow::Owned(decoded), flaw)
}

enum ReferenceMeaning {
    One(char),
    Two(char, char),
}

impl ReferenceMeaning {
    fn push_to(&self, text: &mut String) {
        match self {
            Self::One(one) => text.push(*one),
            Self::Two(one, other) => text.extend([one, other]),
        }
    }
}

/// Returns the reference at the start of the text after `&`: its length in bytes, and its meaning.
fn parse_reference(text: &str) -> Result<(usize, ReferenceMeaning), FormatFault> {
    if let Some(number) = text.strip_prefix('#') {
        return parse_numeric_reference(number).ok_or(FormatFault::BareAmpersand);
    }
    let end = text.bytes().take(MAX_NAME).position(|byte| byte == b';');
    let name = end.and_then(|end| text.get(..end));
    let name = name
        .filter(|name| is_reference_name(name))
        .ok_or(FormatFault::BareAmpersand)?;
    let meaning = match name {
        "amp" => ReferenceMeaning::One('&'),
        "lt" => ReferenceMeaning::One('<'),
        "gt" => ReferenceMeaning::One('>'),
        "quot" => ReferenceMeaning::One('"'),
        "apos" => ReferenceMeaning::One('\''),
        // Feeds take these names from RSS 0.91 and XHTML 1.0, which took them from HTML 4. HTML 5 uses other
        // brackets.
        "lang" => ReferenceMeaning::One('\u{2329}'),
        "rang" => ReferenceMeaning::One('\u{232a}'),
        _ => named_reference(name, text)
            .ok_or_else(|| FormatFault::UnknownEntity(name.to_owned()))?,
    };
    Ok((name.len() + 1, meaning))
}

/// Returns the meaning of the HTML name that `text` begins with. The table has names with their semicolons,
/// and the beginnings of names, which mean nothing.
fn named_reference(name: &str, text: &str) -> Option<ReferenceMeaning> {
    let (one, other) = *NAMED_ENTITIES.get(text.get(..=name.len())?)?;
    let one = char::from_u32(one).filter(|one| *one != '\0')?;
    Some(match char::from_u32(other) {
        None | Some('\0') => ReferenceMeaning::One(one),
        Some(other) => ReferenceMeaning::Two(one, other),
    })
}

fn is_reference_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Reads the text after `&#`.
fn parse_numeric_reference(text: &str) -> Option<(usize, ReferenceMeaning)> {
    let (radix, start) = match text.as_bytes().first()? {
        b'x' | b'X' => (16, 1),
        _ => (10, 0),
    };
    let digits = text.get(start..)?;
    let length = digits
        .bytes()
        .position(|byte| !char::from(byte).is_digit(radix))
        .filter(|length| *length > 0)?;
    (digits.as_bytes().get(length) == Some(&b';')).then_some(())?;
    let number = u32::from_str_radix(digits.get(..length)?, radix).unwrap_or(u32::MAX);
    Some((
        1 + start + length + 1,
        ReferenceMeaning::One(char_from_number(number)),
    ))
}

fn char_from_number(number: u32) -> char {
    match u8::try_from(number) {
        Ok(byte @ 0x80..=0x9F) => {
            let byte = [byte];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
            text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        Ok(0) => char::REPLACEMENT_CHARACTER,
        _ => char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str, fault: Option<(FormatFault, usize)>) {
        assert_eq!(decode_references(text), (expected.into(), fault), "{text}");
    }

    #[test]
    fn references_are_replaced() {
        check(
            "a &lt;b&gt; &amp;amp; &quot;&apos;",
            "a <b> &amp; \"'",
            None,
        );
        check("a&nbsp;&eacute;&hellip;&alpha;", "a\u{a0}é…α", None);
        check("&NotEqualTilde;", "≂̸", None);
        check("&lang;&rang;", "\u{2329}\u{232a}", None);
        check("&#233;&#xe9;&#XE9;&#8217;", "ééé’", None);
        check(
            "&#146;&#x80;&#0;&#xD800;&#99999999999;",
            "’€\u{fffd}\u{fffd}\u{fffd}",
            None,
        );
    }

    #[test]
    fn what_is_no_reference_stays() {
        let bare = |at| Some((FormatFault::BareAmpersand, at));
        check("R&D &", "R&D &", bare(1));
        check("?a=1&b=2;&amp;c", "?a=1&b=2;&c", bare(4));
        check("&#; &#x; &#12", "&#; &#x; &#12", bare(0));
        check(
            "a &xxe;",
            "a &xxe;",
            Some((FormatFault::UnknownEntity("xxe".into()), 2)),
        );
        check("&ñ;", "&ñ;", bare(0));
    }
}
