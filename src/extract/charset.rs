//! Bytes to characters.
//!
//! What decides, in this order: a byte order mark, markup in pairs of bytes, `charset` of `Content-Type`, the declaration
//! in the document (XML 1.0 §4.3.3, HTML `meta`), UTF-8 where the bytes are valid, windows-1252.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a document its declaration is looked for, as browsers do.
const DECLARATION_BYTES: usize = 1024;

/// Decodes `body`; bytes that are no text become U+FFFD.
pub(super) fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(body) {
        return encoding
            .decode_without_bom_handling(body.get(length..).unwrap_or_default())
            .0;
    }
    if let Some(encoding) = in_pairs(body) {
        return encoding.decode_without_bom_handling(body).0;
    }
    let stated = content_type
        .and_then(|value| after_charset(value.as_bytes()))
        .or_else(|| declared(body));
    let encoding = match stated {
        // Text whose declaration could be read byte by byte is not UTF-16, whatever it says.
        Some(encoding) if encoding == UTF_16BE || encoding == UTF_16LE => UTF_8,
        Some(encoding) => encoding,
        None if std::str::from_utf8(body).is_ok() => UTF_8,
        None => WINDOWS_1252,
    };
    encoding.decode_without_bom_handling(body).0
}

/// UTF-16 without a byte order mark (XML 1.0 appendix F): no other encoding begins markup with a zero beside `<`.
fn in_pairs(body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [0, b'<', 0, second, ..] if *second != 0 => Some(UTF_16BE),
        [b'<', 0, second, 0, ..] if *second != 0 => Some(UTF_16LE),
        _ => None,
    }
}

fn declared(body: &[u8]) -> Option<&'static Encoding> {
    let head = body.get(..DECLARATION_BYTES.min(body.len()))?;
    let lower = head.to_ascii_lowercase();
    if let Some(xml) = lower.strip_prefix(b"<?xml") {
        let end = xml.iter().position(|byte| *byte == b'>')?;
        return label_after(xml.get(..end)?, b"encoding");
    }
    after_charset(&lower)
}

fn after_charset(text: &[u8]) -> Option<&'static Encoding> {
    label_after(&text.to_ascii_lowercase(), b"charset")
}

/// The label in `name = "label"`, quoted or not.
fn label_after(text: &[u8], name: &[u8]) -> Option<&'static Encoding> {
    let at = text.windows(name.len()).position(|window| window == name)?;
    let rest = text
        .get(at + name.len()..)?
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    let rest = rest
        .strip_prefix(b"\"")
        .or_else(|| rest.strip_prefix(b"'"))
        .unwrap_or(rest);
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"';>/?".contains(byte);
    Encoding::for_label(rest.get(..rest.iter().position(ends).unwrap_or(rest.len()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], content_type: Option<&str>, text: &str) {
        assert_eq!(decode(body, content_type), text);
    }

    #[test]
    fn the_first_that_says_it_decides() {
        check(
            b"\xEF\xBB\xBFa\xC3\xB1o",
            Some("text/xml; charset=iso-8859-1"),
            "año",
        );
        check(b"\xFF\xFEa\0\xF1\0", None, "añ");
        check(b"<\0a\0\xF1\0", None, "<añ");
        check(b"\0<\0a\0\xF1", Some("text/xml; charset=utf-8"), "<añ");
        check(b"a\xF1o", Some("text/html; charset=\"ISO-8859-1\""), "año");
        check(
            b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xF1</a>",
            None,
            "<?xml version='1.0' encoding='iso-8859-1'?><a>ñ</a>",
        );
        check(b"<meta charset=latin1>\xF1", None, "<meta charset=latin1>ñ");
        check("año".as_bytes(), None, "año");
        check(b"a\xF1o \x93x\x94", None, "año “x”");
        check(b"a\xF1o", Some("text/html; charset=utf-8"), "a\u{FFFD}o");
    }
}
