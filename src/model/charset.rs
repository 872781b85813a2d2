//! Character encodings, by the labels that documents and operators write.

use std::fmt;
use std::str::FromStr;

use encoding_rs::Encoding;

/// A character encoding of the web (WHATWG Encoding Standard §4.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

/// A label that stands for no encoding of the web.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no charset `{0}`")]
pub struct CharsetError(String);

impl Charset {
    /// What decodes it.
    pub fn encoding(self) -> &'static Encoding {
        self.0
    }
}

impl FromStr for Charset {
    type Err = CharsetError;

    /// Takes any label of the standard, and the other spellings that are met: `windows_1251`, `cp-1252`, `UTF_8`.
    fn from_str(text: &str) -> Result<Self, CharsetError> {
        let known = |label: &str| Encoding::for_label_no_replacement(label.as_bytes());
        let found = known(text).or_else(|| known(&respelt(text)));
        found.map(Self).ok_or_else(|| CharsetError(text.to_owned()))
    }
}

/// The label as the standard would write it: family, hyphen, number.
fn respelt(label: &str) -> String {
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
        f.write_str(self.0.name())
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
        check("ibm850", None);
        check("iso-2022-kr", None);
        check("utf-7", None);
        check("iso", None);
        check("", None);
        check("ñandú", None);
    }
}
