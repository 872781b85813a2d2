//! Detects the encoding of files that are not UTF-8.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::diagnostic::Mistake;

/// The number of bytes examined.
const SAMPLE: usize = 256;

/// Detects UTF-16 by its byte order mark, or else by a zero in every other byte, as ASCII text has.
pub(super) fn detect_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return (encoding == UTF_16LE || encoding == UTF_16BE).then_some(encoding);
    }
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let zeros = |odd: usize| {
        let of_it = sample.iter().skip(odd).step_by(2);
        of_it.filter(|byte| **byte == 0).count()
    };
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    match (half > 1, even * 2 > half, odd * 2 > half) {
        (true, false, true) => Some(UTF_16LE),
        (true, true, false) => Some(UTF_16BE),
        _ => None,
    }
}

pub(super) fn not_utf8_mistake(encoding: &'static Encoding) -> Mistake {
    let name = if encoding == UTF_16LE || encoding == UTF_16BE {
        "UTF-16"
    } else {
        encoding.name()
    };
    Mistake::new(format!("this file is {name}, not UTF-8"))
        .hint("save it as UTF-8: an editor offers that as the encoding under “Save as”")
}

/// Describes a byte that is not UTF-8: most often a letter in the Western encoding of Windows.
pub(super) fn stray_byte_mistake(byte: u8) -> Mistake {
    let (letter, _) = WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte));
    let mistake = Mistake::new("this is not UTF-8");
    let letter = letter.chars().next().filter(|letter| !letter.is_control());
    mistake.hint(match letter {
        Some(letter) => format!(
            "the byte 0x{byte:02X} is `{letter}` in windows-1252, as older editors save it: save the file as UTF-8"
        ),
        None => "save the file as UTF-8".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Option<&'static Encoding>) {
        assert_eq!(detect_utf16(bytes), expected, "{bytes:?}");
    }

    #[test]
    fn utf_16_is_told_with_and_without_its_mark() {
        check(b"\xff\xfea\0", Some(UTF_16LE));
        check(b"\xfe\xff\0a", Some(UTF_16BE));
        check(b"[\0s\0i\0t\0e\0]\0", Some(UTF_16LE));
        check(b"\0[\0s\0i\0t\0e\0]", Some(UTF_16BE));
        check(b"[site]", None);
        check(b"\xef\xbb\xbf[site]", None);
        check(b"", None);
        check(b"\0", None);
        check(b"a\0", None);
    }

    #[test]
    fn a_stray_byte_is_told_by_its_letter() {
        let hint = |byte| stray_byte_mistake(byte).hint.unwrap();
        assert!(hint(0xF1).starts_with("the byte 0xF1 is `ñ` in windows-1252"));
        assert!(hint(0x93).starts_with("the byte 0x93 is `“` in windows-1252"));
        assert_eq!(hint(0x81), "save the file as UTF-8");
    }
}
