//! Character encodings, by the labels found in documents and configurations.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;
use oem_cp::code_table::DECODING_TABLE_CP_MAP;

/// A character encoding of the web (WHATWG Encoding Standard §4.2), or a DOS code page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Charset(Kind);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Web(&'static Encoding),
    /// The page's number and its IANA name.
    Dos(u16, &'static str),
}

/// DOS code pages that the web standard lacks.
const PAGES: [(u16, &str); 15] = [
    (437, "IBM437"),
    (720, "cp720"),
    (737, "cp737"),
    (775, "IBM775"),
    (850, "IBM850"),
    (852, "IBM852"),
    (855, "IBM855"),
    (857, "IBM857"),
    (858, "IBM00858"),
    (860, "IBM860"),
    (861, "IBM861"),
    (862, "IBM862"),
    (863, "IBM863"),
    (864, "IBM864"),
    (865, "IBM865"),
];

/// The error for a label that names no supported encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no charset `{0}`")]
pub struct CharsetError(String);

impl Charset {
    /// Returns true if this is the given web encoding.
    pub fn is_encoding(self, encoding: &'static Encoding) -> bool {
        self.0 == Kind::Web(encoding)
    }

    /// Returns the standard name.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Web(encoding) => encoding.name(),
            Kind::Dos(_, name) => name,
        }
    }

    /// Decodes bytes and reports whether any of them were malformed. A byte order mark is decoded like any other bytes.
    pub fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, bool) {
        match self.0 {
            Kind::Web(encoding) => encoding.decode_without_bom_handling(bytes),
            Kind::Dos(number, _) => {
                let table = DECODING_TABLE_CP_MAP.get(&number);
                let text = table.map_or_else(String::new, |table| table.decode_string_lossy(bytes));
                let is_malformed = text.contains(char::REPLACEMENT_CHARACTER);
                (Cow::Owned(text), is_malformed)
            }
        }
    }
}

impl From<&'static Encoding> for Charset {
    fn from(encoding: &'static Encoding) -> Self {
        Self(Kind::Web(encoding))
    }
}

/// Returns the DOS code page that a label names: `cp850`, `IBM-850`, `850`, `csIBM00858`, `cspc8codepage437`.
fn parse_code_page(label: &str) -> Option<Kind> {
    let plain: String = label
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let (family, number) = match plain.as_str() {
        "cspc850multilingual" | "pcmultilingual850euro" => ("cp", "850"),
        "cspcp852" => ("cp", "852"),
        "cspc775baltic" => ("cp", "775"),
        "cspc862latinhebrew" => ("cp", "862"),
        plain => plain.split_at(plain.trim_end_matches(|c: char| c.is_ascii_digit()).len()),
    };
    let is_of_dos = matches!(
        family,
        "" | "cp" | "ibm" | "csibm" | "ccsid" | "dos" | "oem" | "cspc8codepage"
    );
    let number: u16 = number.trim_start_matches('0').parse().ok()?;
    let known = PAGES.iter().find(|(page, _)| *page == number);
    let (number, name) = known.filter(|_| is_of_dos)?;
    Some(Kind::Dos(*number, name))
}

impl FromStr for Charset {
    type Err = CharsetError;

    /// Accepts any label of the standard, and other spellings found in practice: `windows_1251`, `cp-1252`, `UTF_8`.
    fn from_str(text: &str) -> Result<Self, CharsetError> {
        let known = |label: &str| Encoding::for_label_no_replacement(label.as_bytes());
        let found = known(text).or_else(|| known(&normalize_label(text)));
        let found = found.map(Kind::Web).or_else(|| parse_code_page(text));
        found.map(Self).ok_or_else(|| CharsetError(text.to_owned()))
    }
}

/// Rewrites a label as the standard would spell it: family, hyphen, number.
fn normalize_label(label: &str) -> String {
    let label = label.trim().to_ascii_lowercase().replace(['_', ' '], "-");
    let plain = label.replace('-', "");
    let digits = plain.find(|c: char| c.is_ascii_digit());
    match digits.and_then(|at| plain.split_at_checked(at)) {
        Some(("windows" | "win" | "cp" | "ms", number)) => format!("windows-{number}"),
        Some(("utf", number)) => format!("utf-{number}"),
        Some(("iso", number)) => match number.split_at_checked(4) {
            Some(("8859", part)) => format!("iso-8859-{part}"),
            _ => label,
        },
        _ if plain == "maccyrillic" => "x-mac-cyrillic".to_owned(),
        _ => label,
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(label: &str, name: Option<&str>) {
        let charset = label.parse::<Charset>().ok().map(|found| found.to_string());
        assert_eq!(charset.as_deref(), name, "{label}");
    }

    #[test]
    fn every_page_of_dos_is_there() {
        for (number, name) in PAGES {
            let charset: Charset = name.parse().unwrap();
            assert!(charset.0 == Kind::Dos(number, name), "{name}");
            assert_eq!(charset.decode(b"a!").0, "a!", "{name}");
        }
        let of = |label: &str, bytes: &'static [u8]| {
            let charset: Charset = label.parse().unwrap();
            charset.decode(bytes)
        };
        assert_eq!(of("cp850", b"Bogot\xA0"), ("Bogotá".into(), false));
        assert_eq!(of("ibm852", b"\xA9 \x88"), ("ę ł".into(), false));
        assert_eq!(of("cp857", b"\xD5"), ("\u{fffd}".into(), true));
    }

    #[test]
    fn labels_are_read_as_they_are_written() {
        check("ISO-8859-1", Some("windows-1252"));
        check(" latin1\n", Some("windows-1252"));
        check("windows_1251", Some("windows-1251"));
        check("Win-1251", Some("windows-1251"));
        check("cp_1252", Some("windows-1252"));
        check("CP874", Some("windows-874"));
        check("UTF_8", Some("UTF-8"));
        check("ISO 8859 2", Some("ISO-8859-2"));
        check("ISO_8859_15", Some("ISO-8859-15"));
        check("shift-jis", Some("Shift_JIS"));
        check("EUC_KR", Some("EUC-KR"));
        check("MacCyrillic", Some("x-mac-cyrillic"));
        check("cp037", None);
        check("ibm850", Some("IBM850"));
        check("CP_437", Some("IBM437"));
        check("cspc8codepage437", Some("IBM437"));
        check("850", Some("IBM850"));
        check("IBM00858", Some("IBM00858"));
        check("csPC850Multilingual", Some("IBM850"));
        // The web standard has these.
        check("cp866", Some("IBM866"));
        check("koi850", None);
        check("cp500", None);
        check("iso-2022-kr", None);
        check("utf-7", None);
        check("iso", None);
        check("", None);
        check("ñandú", None);
    }
}
