//! Decodes bytes to characters.
//!
//! In: a document and the charset set by its operator, if any. Out: its text, borrowed if the bytes are
//! UTF-8, and a [`Problem`] if the encoding that the document states is wrong.
//!
//! The encoding is decided by, in this order:
//!
//! 1. Characters of two or four bytes (UTF-16, UTF-32), recognized by a byte order mark or by the zeros among
//!    the first four bytes (RFC 4627 §3), which no other encoding has.
//! 2. The operator's `charset`.
//! 3. The bytes, if they are UTF-8 beyond doubt: no other text looks like [`CONVINCING`] sequences of it.
//! 4. The stated encoding, as far as the bytes agree: UTF-8 (including a byte order mark) before others, then
//!    `charset` of `Content-Type` before the document's own declaration (XML 1.0 §4.3.3, HTML `meta`),
//!    following RFC 7303 §3.2. One exception: servers send `iso-8859-1` for any document, so there the
//!    declaration counts first. `us-ascii` is rejected if the bytes are not ASCII, and UTF-16 if the bytes
//!    were legible one by one.
//! 5. The default of XML and JSON: UTF-8.
//! 6. A guess by language, as browsers make it.
//!
//! A bad byte costs a character, never the document: if most sequences are UTF-8, the document is. A byte
//! outside UTF-8 is usually pasted windows-1252 and read as such, unless it looks like a truncated character:
//! then it becomes U+FFFD. C1 controls from any encoding are read as windows-1252 too.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::{memchr, memchr_iter, memmem};

use crate::model::{Charset, Document, Problem};

/// The number of bytes searched for a declaration, the same as in browsers.
const DECLARATION_BYTES: usize = 1024;
/// The number of UTF-8 sequences that rules out chance: in a tenth of all cases, two letters of another
/// encoding look like one sequence.
const CONVINCING: usize = 4;
/// The maximum length of a label.
const LABEL_BYTES: usize = 40;
const ESCAPE: u8 = 0x1B;

/// The text of a document.
#[derive(Debug)]
pub(super) struct DecodedText<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) problems: Vec<Problem>,
}

/// Decodes `document`, with `charset` if the operator set one.
pub(super) fn decode_document(document: &Document, charset: Option<Charset>) -> DecodedText<'_> {
    let marked = document.body.as_slice();
    let body = marked.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(marked);
    let mut problems = Vec::new();
    let read = if let Some(wide) = decode_wide(body) {
        wide
    } else if let Some(charset) = charset {
        decode_as(charset, body)
    } else {
        let stated = stated_encodings(body, document.content_type.as_deref());
        let has_mark = body.len() < marked.len();
        let read = choose_decoding(body, &stated, has_mark, document.url.domain());
        problems.extend(check_stated_encoding(&read, stated.first(), has_mark));
        read
    };
    if read.bad > 0 {
        problems.push(Problem::BadBytes {
            count: read.bad,
            charset: read.name,
        });
    }
    DecodedText {
        text: without_c1(read.text),
        problems,
    }
}

/// Bytes decoded in one encoding.
struct DecodedBytes<'a> {
    text: Cow<'a, str>,
    name: &'static str,
    /// The number of places that the encoding cannot decode.
    bad: usize,
}

impl DecodedBytes<'_> {
    /// Returns true if so little is unreadable that the rest is not readable by chance. `Shift_JIS` has
    /// private characters for the bytes it cannot read.
    fn is_sound(&self) -> bool {
        let odd = |c: &char| matches!(*c, '\u{E000}'..='\u{F8FF}' | char::REPLACEMENT_CHARACTER);
        non_ascii_chars(&self.text).filter(odd).count() * 20 <= non_ascii_chars(&self.text).count()
    }
}

fn decode_as(charset: impl Into<Charset>, body: &[u8]) -> DecodedBytes<'_> {
    let charset = charset.into();
    if charset.is_encoding(UTF_8) {
        return Utf8Evidence::from_bytes(body).read;
    }
    let (mut text, malformed) = charset.decode(body);
    // A truncated document is often cut within a character.
    if malformed && text.ends_with(char::REPLACEMENT_CHARACTER) {
        text.to_mut().pop();
    }
    let bad = if malformed {
        text.matches(char::REPLACEMENT_CHARACTER).count()
    } else {
        0
    };
    DecodedBytes {
        text,
        name: charset.name(),
        bad,
    }
}

/// Decodes UTF-16 and UTF-32.
fn decode_wide(body: &[u8]) -> Option<DecodedBytes<'_>> {
    Some(match body {
        [0xFF, 0xFE, 0, 0, rest @ ..] => decode_utf32(rest, u32::from_le_bytes),
        [0, 0, 0xFE, 0xFF, rest @ ..] => decode_utf32(rest, u32::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => decode_as(UTF_16LE, rest),
        [0xFE, 0xFF, rest @ ..] => decode_as(UTF_16BE, rest),
        [1..=0xFF, 0, 0, 0, ..] => decode_utf32(body, u32::from_le_bytes),
        [0, 0, 0, 1..=0xFF, ..] => decode_utf32(body, u32::from_be_bytes),
        [1..=0xFF, 0, 1..=0xFF, 0, ..] => decode_as(UTF_16LE, body),
        [0, 1..=0xFF, 0, 1..=0xFF, ..] => decode_as(UTF_16BE, body),
        _ => return None,
    })
}

fn decode_utf32(body: &[u8], number: fn([u8; 4]) -> u32) -> DecodedBytes<'static> {
    let units = body.as_chunks().0.iter();
    let characters = units.map(|unit| char::from_u32(number(*unit)));
    DecodedBytes {
        bad: characters.clone().filter(Option::is_none).count(),
        text: characters
            .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        name: "UTF-32",
    }
}

/// An encoding that a document or its server names.
struct StatedEncoding {
    label: String,
    /// The encoding, if it can be true.
    encoding: Option<Charset>,
}

impl StatedEncoding {
    fn new(label: &[u8]) -> Self {
        let label = label.get(..LABEL_BYTES).unwrap_or(label);
        let label = String::from_utf8_lossy(label).into_owned();
        let named = label.parse().ok();
        let is_untrue = |charset: &Charset| {
            charset.is_encoding(UTF_16BE)
                || charset.is_encoding(UTF_16LE)
                || label.to_ascii_lowercase().ends_with("ascii")
        };
        let encoding = named.filter(|encoding| !is_untrue(encoding));
        Self { label, encoding }
    }

    /// Returns true if this is a default that servers send for any document.
    fn is_default(&self) -> bool {
        self.encoding == Some(WINDOWS_1252.into()) && !self.label.contains("1252")
    }
}

/// Returns the stated encodings, the most trustworthy first.
fn stated_encodings(body: &[u8], content_type: Option<&str>) -> Vec<StatedEncoding> {
    let served = content_type.and_then(|value| label_after(value.as_bytes(), b"charset"));
    let mut stated: Vec<StatedEncoding> = [served, declared_label(body)]
        .into_iter()
        .flatten()
        .map(StatedEncoding::new)
        .collect();
    if stated.first().is_some_and(StatedEncoding::is_default) {
        stated.reverse();
    }
    stated
}

/// Returns the label in an XML declaration, or in the first `meta` that has one.
fn declared_label(body: &[u8]) -> Option<&[u8]> {
    let head = body.get(..DECLARATION_BYTES).unwrap_or(body);
    let after = |mark: &[u8]| {
        let lower = head.to_ascii_lowercase();
        head.get(memmem::find(&lower, mark)? + mark.len()..)
    };
    match after(b"<?xml ") {
        Some(xml) => label_after(xml.get(..memchr(b'>', xml)?)?, b"encoding"),
        None => label_after(after(b"<meta")?, b"charset"),
    }
}

/// Returns the label in `name = "label"`, quoted or not.
fn label_after<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = memmem::find(&text.to_ascii_lowercase(), name)?;
    let rest = text
        .get(at + name.len()..)?
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    let rest = rest
        .strip_prefix(b"\"")
        .or_else(|| rest.strip_prefix(b"'"))
        .unwrap_or(rest);
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"';,>/?".contains(byte);
    let label = rest.get(..rest.iter().position(ends).unwrap_or(rest.len()))?;
    (!label.is_empty()).then_some(label)
}

/// Decodes `body` in the stated encoding if that is possible, else in the detected one.
fn choose_decoding<'a>(
    body: &'a [u8],
    stated: &[StatedEncoding],
    has_mark: bool,
    host: Option<&str>,
) -> DecodedBytes<'a> {
    let utf8 = Utf8Evidence::from_bytes(body);
    if body.is_ascii() {
        let japanese = memchr(ESCAPE, body).is_some() && guess_encoding(body, host) == ISO_2022_JP;
        return if japanese {
            decode_as(ISO_2022_JP, body)
        } else {
            utf8.read
        };
    }
    let mut named = stated.iter().filter_map(|stated| stated.encoding);
    let says_utf8 = has_mark || named.clone().any(|charset| charset.is_encoding(UTF_8));
    if utf8.is_certain() || says_utf8 && utf8.is_likely() {
        return utf8.read;
    }
    let others = named.by_ref().filter(|charset| !charset.is_encoding(UTF_8));
    let sound = others
        .map(|charset| decode_as(charset, body))
        .find(DecodedBytes::is_sound);
    match sound {
        Some(sound) => sound,
        None if utf8.is_likely() => utf8.read,
        None => decode_as(guess_encoding(body, host), body),
    }
}

/// Returns the problem if a document's stated encoding is wrong or missing.
fn check_stated_encoding(
    read: &DecodedBytes,
    first: Option<&StatedEncoding>,
    has_mark: bool,
) -> Option<Problem> {
    let stated = match first {
        _ if has_mark && read.name == UTF_8.name() || read.text.is_ascii() => return None,
        None if read.name == UTF_8.name() => return None,
        Some(first)
            if first
                .encoding
                .is_some_and(|named| named.name() == read.name) =>
        {
            return None;
        }
        first => first.map(|first| first.label.clone()),
    };
    Some(Problem::Charset {
        stated,
        read: read.name,
    })
}

/// Guesses an encoding other than UTF-8. If languages share letters, the top-level domain decides.
fn guess_encoding(body: &[u8], host: Option<&str>) -> &'static Encoding {
    let domain = host
        .and_then(|host| host.trim_end_matches('.').rsplit('.').next())
        .map(str::as_bytes)
        .filter(|domain| {
            domain
                .iter()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        });
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(body, true);
    detector.guess(domain, Utf8Detection::Deny)
}

/// Bytes decoded as UTF-8, with the evidence for UTF-8.
struct Utf8Evidence<'a> {
    read: DecodedBytes<'a>,
    /// The number of sequences of more than one byte. If all of the text is UTF-8, counting stops at
    /// [`CONVINCING`].
    sequences: usize,
}

impl<'a> Utf8Evidence<'a> {
    fn from_bytes(body: &'a [u8]) -> Self {
        let (text, sequences, bad) = match std::str::from_utf8(body) {
            // This checks many bytes at a time, instead of characters one by one.
            Ok(text) if text.is_ascii() => (Cow::Borrowed(text), 0, 0),
            Ok(text) => (
                Cow::Borrowed(text),
                non_ascii_chars(text).take(CONVINCING).count(),
                0,
            ),
            Err(_) => decode_damaged_utf8(body),
        };
        let name = UTF_8.name();
        Self {
            read: DecodedBytes { text, name, bad },
            sequences,
        }
    }

    fn is_certain(&self) -> bool {
        self.sequences >= CONVINCING && self.sequences >= self.read.bad * 3
    }

    fn is_likely(&self) -> bool {
        self.sequences >= self.read.bad
    }
}

fn non_ascii_chars(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_ascii())
}

/// Decodes text that is mostly UTF-8. Also returns the number of its UTF-8 sequences and the number of bad
/// places.
fn decode_damaged_utf8(body: &[u8]) -> (Cow<'_, str>, usize, usize) {
    let mut text = String::with_capacity(body.len());
    let (mut good, mut bad, mut end) = (0, 0, 0);
    for chunk in body.utf8_chunks() {
        end += chunk.valid().len() + chunk.invalid().len();
        good += non_ascii_chars(chunk.valid()).count();
        text.push_str(chunk.valid());
        let next = body.get(end).copied();
        if next.is_none() && is_sequence_start(chunk.invalid()) {
            break;
        }
        text.push(decode_stray_bytes(chunk.valid(), chunk.invalid(), next));
        bad += 1;
    }
    (Cow::Owned(text), good, bad)
}

/// Returns true if the only error is that more bytes should follow.
fn is_sequence_start(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), str::is_empty)
}

/// Returns the character for bytes between `before` and `next` that are not UTF-8.
///
/// A windows-1252 letter has other letters next to it. Bytes that begin a character and do not finish it were
/// cut by software that shortens texts by the byte, and so were bytes that follow other characters of several
/// bytes, such as ideographs.
fn decode_stray_bytes(before: &str, bytes: &[u8], next: Option<u8>) -> char {
    let is_letter = match bytes {
        [0xC2..=0xDF] => next.is_some_and(|next| next.is_ascii_alphabetic()),
        [_] => before.chars().next_back().is_none_or(|c| c.is_ascii()),
        _ => false,
    };
    match bytes {
        [byte] if is_letter => decode_windows_1252(*byte),
        _ => char::REPLACEMENT_CHARACTER,
    }
}

fn decode_windows_1252(byte: u8) -> char {
    let bytes = [byte];
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
    text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Replaces C1 controls, which are never intended, by the punctuation of windows-1252.
fn without_c1(text: Cow<'_, str>) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let is_c1 = |at| bytes.get(at + 1).is_some_and(|second| *second < 0xA0);
    if !memchr_iter(0xC2, bytes).any(is_c1) {
        return text;
    }
    let meant = |c| match u8::try_from(c) {
        Ok(byte @ 0x80..=0x9F) => decode_windows_1252(byte),
        _ => c,
    };
    text.chars().map(meant).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn document(body: &[u8], content_type: Option<&str>) -> Document {
        Document {
            url: "https://bulletins.example/feed".parse().unwrap(),
            content_type: content_type.map(str::to_owned),
            body: body.to_vec(),
            fetched_at: DateTime::UNIX_EPOCH,
        }
    }

    /// Checks the text of `body`, and each problem as `stated > read` or `count in charset`.
    fn check(body: impl AsRef<[u8]>, content_type: Option<&str>, text: &str, problems: &[&str]) {
        check_as(None, body, content_type, text, problems);
    }

    fn check_as(
        charset: Option<&str>,
        body: impl AsRef<[u8]>,
        content_type: Option<&str>,
        text: &str,
        problems: &[&str],
    ) {
        let document = document(body.as_ref(), content_type);
        let decoded = decode_document(&document, charset.map(|label| label.parse().unwrap()));
        let shown = |problem: &Problem| match problem {
            Problem::Charset { stated, read } => {
                format!("{} > {read}", stated.as_deref().unwrap_or_default())
            }
            Problem::BadBytes { count, charset } => format!("{count} in {charset}"),
            problem => problem.to_string(),
        };
        let found: Vec<String> = decoded.problems.iter().map(shown).collect();
        assert_eq!(
            (&*decoded.text, found),
            (text, problems.iter().map(|&p| p.to_owned()).collect())
        );
    }

    fn encoded(label: &str, text: &str) -> Vec<u8> {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let (bytes, _, unmappable) = encoding.encode(text);
        assert!(!unmappable, "{text} in {label}");
        bytes.into_owned()
    }

    /// Returns a feed that declares `label` and is written in `real`.
    fn feed(label: &str, real: &str, text: &str) -> (Vec<u8>, String) {
        let text = format!("<?xml version='1.0' encoding='{label}'?><rss>{text}</rss>");
        (encoded(real, &text), text)
    }

    fn check_feed(label: &str, real: &str, text: &str, problems: &[&str]) {
        let (body, text) = feed(label, real, text);
        check(body, None, &text, problems);
    }

    const SPANISH: &str = "La región pide información: año, niñez, acción";
    const RUSSIAN: &str = "Международная организация по миграции сообщает";
    const JAPANESE: &str = "国際移住機関は新しい報告書を発表しました。";
    const KOREAN: &str = "국제이주기구는 새로운 보고서를 발표했다";

    #[test]
    fn wide_characters_are_seen_from_their_zeros() {
        let utf16 = |number: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> {
            text.encode_utf16().flat_map(number).collect()
        };
        let utf32 = |number: fn(u32) -> [u8; 4], text: &str| -> Vec<u8> {
            text.chars().flat_map(|c| number(u32::from(c))).collect()
        };
        for mark in ["", "\u{FEFF}"] {
            for text in [
                "<?xml version='1.0' encoding='utf-8'?><a>añ高😀</a>",
                "{\"a\": \"ñ\"}",
            ] {
                let marked = format!("{mark}{text}");
                for served in [None, Some("text/xml; charset=iso-8859-1")] {
                    check(utf16(u16::to_be_bytes, &marked), served, text, &[]);
                    check(utf16(u16::to_le_bytes, &marked), served, text, &[]);
                    check(utf32(u32::to_be_bytes, &marked), served, text, &[]);
                    check(utf32(u32::to_le_bytes, &marked), served, text, &[]);
                }
            }
        }
        check(
            b"\xFF\xFEa\0\xD8\xD8b\0",
            None,
            "a\u{FFFD}b",
            &["1 in UTF-16LE"],
        );
        check(
            b"<\0\0\0\0\0\x11\0b\0\0\0",
            None,
            "<\u{FFFD}b",
            &["1 in UTF-32"],
        );
    }

    #[test]
    fn what_is_stated_decides() {
        check(
            b"\xEF\xBB\xBFa\xC3\xB1o",
            Some("text/xml; charset=windows-1251"),
            "año",
            &[],
        );
        check(
            b"a\xF1o",
            Some("text/html; charset=\"ISO-8859-1\""),
            "año",
            &[],
        );
        check(
            b"a\xF1o",
            Some("text/html; Charset = windows-1252;x=y"),
            "año",
            &[],
        );
        check(
            encoded("koi8-r", RUSSIAN),
            Some("text/xml; charset=koi8_r"),
            RUSSIAN,
            &[],
        );
        check(
            b"<meta charset=latin1>\xF1",
            None,
            "<meta charset=latin1>ñ",
            &[],
        );
        check_feed("ISO-8859-1", "windows-1252", SPANISH, &[]);
        check_feed("windows_1251", "windows-1251", RUSSIAN, &[]);
        check_feed("Shift_JIS", "shift_jis", JAPANESE, &[]);
        check_feed("euc-kr", "euc-kr", KOREAN, &[]);
        check_feed("ks_c_5601-1987", "euc-kr", "말", &[]);
        check_feed("gb2312", "gb18030", "国际移民组织😀", &[]);
        check_feed("ISO-2022-JP", "iso-2022-jp", JAPANESE, &[]);
        let late = "\n<!-- a --> <?xml version='1.0' encoding=iso-8859-5?><a>";
        check(
            [late.as_bytes(), b"\xB0"].concat(),
            None,
            &format!("{late}А"),
            &[],
        );
    }

    #[test]
    fn what_cannot_be_is_not_believed() {
        for label in ["utf-16", "UTF-16LE", "us-ascii", "x-no-such", "ibm037"] {
            check_feed(label, "utf-8", "any", &[]);
            check_feed(label, "utf-8", SPANISH, &[&format!("{label} > UTF-8")]);
            check_feed(
                label,
                "windows-1252",
                SPANISH,
                &[&format!("{label} > windows-1252")],
            );
        }
        check(
            SPANISH,
            Some("text/plain; charset=us-ascii"),
            SPANISH,
            &["us-ascii > UTF-8"],
        );
    }

    #[test]
    fn utf8_beyond_doubt_is_utf8() {
        check_feed("iso-8859-1", "utf-8", SPANISH, &["iso-8859-1 > UTF-8"]);
        check_feed("Shift_JIS", "utf-8", KOREAN, &["Shift_JIS > UTF-8"]);
        // One letter may be two of another encoding.
        let (body, _) = feed("windows-1252", "utf-8", "año");
        let text = "<?xml version='1.0' encoding='windows-1252'?><rss>aÃ±o</rss>";
        check(body, None, text, &[]);
        // Every byte of this word could be UTF-8.
        let (body, text) = feed("gb2312", "gb2312", "联盟");
        check(body, None, &text, &[]);
    }

    #[test]
    fn of_two_statements_the_likelier_holds() {
        let served = |label: &str| format!("text/xml; charset={label}");
        let check = |served_as: &str, declared: &str, real: &str, text: &str, problems: &[&str]| {
            let (body, text) = feed(declared, real, text);
            check(body, Some(&served(served_as)), &text, problems);
        };
        check("utf-8", "iso-8859-1", "utf-8", "año", &[]);
        check(
            "windows-1251",
            "utf-8",
            "utf-8",
            "año",
            &["windows-1251 > UTF-8"],
        );
        check("iso-8859-1", "windows-1251", "windows-1251", RUSSIAN, &[]);
        check("us-ascii", "utf-8", "utf-8", "año", &["us-ascii > UTF-8"]);
        check("koi8-r", "windows-1251", "koi8-r", RUSSIAN, &[]);
        check(
            "utf-8",
            "windows-1251",
            "windows-1251",
            RUSSIAN,
            &["utf-8 > windows-1251"],
        );
        check(
            "shift_jis",
            "euc-jp",
            "euc-jp",
            JAPANESE,
            &["shift_jis > EUC-JP"],
        );
        check(
            "euc-kr",
            "utf-8",
            "shift_jis",
            JAPANESE,
            &["euc-kr > Shift_JIS"],
        );
    }

    #[test]
    fn what_says_nothing_is_guessed() {
        check(SPANISH, None, SPANISH, &[]);
        check(b"a\xF1o \x93x\x94", None, "año “x”", &[" > windows-1252"]);
        for (label, text) in [
            ("KOI8-U", RUSSIAN),
            ("windows-1251", RUSSIAN),
            ("Shift_JIS", JAPANESE),
            ("EUC-JP", JAPANESE),
            ("ISO-2022-JP", JAPANESE),
            ("EUC-KR", KOREAN),
        ] {
            check(encoded(label, text), None, text, &[&format!(" > {label}")]);
        }
        check(b"a\x1B[0mb", None, "a\u{1B}[0mb", &[]);
    }

    #[test]
    fn a_bad_byte_costs_a_character() {
        let utf8 = Some("text/xml; charset=utf-8");
        let bad = ["1 in UTF-8"].as_slice();
        check(b"\xC3\xB1 a\xF1o", utf8, "ñ año", bad);
        check(b"\xC3\xB1 a\xF1o", None, "ñ año", bad);
        check(
            b"\xC3\xB1\xC3\xB1 \x93a\x94",
            utf8,
            "ññ “a”",
            &["2 in UTF-8"],
        );
        check(
            b"\xC3\xB1\xC3\xB1 a\xE7\xE3o",
            utf8,
            "ññ ação",
            &["2 in UTF-8"],
        );
        check(b"\xC3\xB1 ESPA\xD1A", utf8, "ñ ESPAÑA", bad);
        // Cut by software that counts bytes.
        check(
            b"\xC3\xB1 migraci\xC3...",
            utf8,
            "ñ migraci\u{FFFD}...",
            bad,
        );
        check(b"\xC3\xB1 \xE2\x80...", utf8, "ñ \u{FFFD}...", bad);
        check("国\u{65}\u{20}".as_bytes(), utf8, "国e ", &[]);
        check(b"\xE5\x9B\xBD\xE9<", utf8, "国\u{FFFD}<", bad);
        // No word of it is UTF-8.
        check(b"a\xF1o", utf8, "año", &["utf-8 > windows-1252"]);
        // One bad byte in megabytes.
        let body = [RUSSIAN.repeat(10_000).as_bytes(), b"\xFF"].concat();
        check(body, None, &(RUSSIAN.repeat(10_000) + "\u{FFFD}"), bad);
        let (mut body, text) = feed("euc-kr", "euc-kr", &KOREAN.repeat(10));
        body.push(0xFF);
        body.push(b' ');
        check(body, None, &(text + "\u{FFFD} "), &["1 in EUC-KR"]);
    }

    #[test]
    fn a_document_cut_within_a_character_lacks_it() {
        check(b"\xC3\xB1 \xE2\x80", None, "ñ ", &[]);
        let (mut body, text) = feed("shift_jis", "shift_jis", JAPANESE);
        body.push(0x8A);
        check(body, None, &text, &[]);
        check(b"\xFF\xFEa\0\xF1", None, "a", &[]);
    }

    #[test]
    fn controls_of_c1_are_windows_1252() {
        check("\u{93}año\u{94} \u{80}", None, "“año” €", &[]);
        check_feed("iso-8859-2", "iso-8859-2", "Příliš žluťoučký", &[]);
    }

    #[test]
    fn the_operator_knows_best() {
        check_as(
            Some("koi8-r"),
            encoded("koi8-r", RUSSIAN),
            Some("text/xml; charset=utf-8"),
            RUSSIAN,
            &[],
        );
        check_as(
            Some("windows-1252"),
            b"\xEF\xBB\xBFa\xF1o",
            None,
            "año",
            &[],
        );
        check_as(
            Some("windows-1252"),
            "ñ".repeat(4),
            None,
            &"Ã±".repeat(4),
            &[],
        );
        check_as(Some("utf-8"), b"\xFF \xFF", None, "ÿ ÿ", &["2 in UTF-8"]);
        check_as(Some("utf-16le"), b"\xF1\0", None, "ñ", &[]);
    }

    #[test]
    fn utf8_is_not_copied() {
        let document = document(SPANISH.as_bytes(), None);
        assert!(matches!(
            decode_document(&document, None).text,
            Cow::Borrowed(_)
        ));
    }

    proptest! {
        #[test]
        fn utf8_stays_as_it_is(text in "(<|[a-zñ\u{A0}-\u{2FF}高-龠😀 ]){0,60}", mark in any::<bool>()) {
            let mark = if mark { "\u{FEFF}" } else { "" };
            let document = document(format!("{mark}{text}").as_bytes(), None);
            let decoded = decode_document(&document, None);
            prop_assert_eq!((&*decoded.text, decoded.problems), (&*text, Vec::new()));
        }

        #[test]
        fn what_is_declared_is_read(
            label in prop::sample::select(vec!["windows-1251", "koi8-r", "iso-8859-5", "x-mac-cyrillic", "utf-8"]),
            text in "[а-яА-Я ]{0,40}",
        ) {
            let (body, text) = feed(label, label, &text);
            let document = document(&body, None);
            let decoded = decode_document(&document, None);
            prop_assert_eq!((&*decoded.text, decoded.problems), (&*text, Vec::new()));
        }
    }
}
