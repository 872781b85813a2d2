//! BCP 47 language tags.

use std::fmt;
use std::str::FromStr;

use oxilangtag::LanguageTag;

/// A well-formed language tag (RFC 5646), in its usual case: `es`, `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Language(String);

/// The error for text that is not a language tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no language tag such as `es` or `pt-BR`")]
pub struct LanguageError(String);

impl Language {
    /// Returns the whole tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the first subtag in lower case: `pt` of `pt-BR`.
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }

    /// Returns true if it names a single language: `und`, `mul`, `mis` and `zxx` stand for no language, or for several
    /// (ISO 639-2).
    pub fn is_single(&self) -> bool {
        !matches!(self.primary(), "und" | "mul" | "mis" | "zxx")
    }

    /// Returns true if it is written from right to left: by its script if the tag names one, otherwise by its usual
    /// script.
    pub fn is_rtl(&self) -> bool {
        const SCRIPTS: [&str; 8] = [
            "Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Syrc", "Thaa",
        ];
        const LANGUAGES: [&str; 22] = [
            "ar", "arc", "azb", "ckb", "dv", "fa", "he", "iw", "ji", "khw", "ks", "lrc", "mzn",
            "nqo", "pnb", "prs", "ps", "sd", "syr", "ug", "ur", "yi",
        ];
        let is_script =
            |part: &&str| part.len() == 4 && part.bytes().all(|b| b.is_ascii_alphabetic());
        match self.0.split('-').skip(1).find(is_script) {
            Some(script) => SCRIPTS.contains(&script),
            None => LANGUAGES.contains(&self.primary()),
        }
    }

    /// Returns the country, if the tag names one (ISO 3166-1): `BR` of `pt-BR`.
    pub fn region(&self) -> Option<&str> {
        self.0
            .split('-')
            .skip(1)
            .take_while(|part| part.len() > 1)
            .find(|part| part.len() == 2)
    }
}

impl FromStr for Language {
    type Err = LanguageError;

    /// Accepts `_` for `-`, as `es_MX` is common in pages and feeds.
    fn from_str(text: &str) -> Result<Self, LanguageError> {
        let tag = text.trim().replace('_', "-");
        match LanguageTag::parse_and_normalize(&tag) {
            Ok(tag) if tag.primary_language().len() <= 3 => Ok(Self(tag.into_inner())),
            _ => Err(LanguageError(text.to_owned())),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod direction {
    use super::*;

    #[test]
    fn scripts_decide_before_languages() {
        let check = |tag: &str, rtl| {
            assert_eq!(
                tag.parse::<Language>().map(|tag| tag.is_rtl()),
                Ok(rtl),
                "{tag}"
            );
        };
        check("es-MX", false);
        check("ar", true);
        check("fa-IR", true);
        check("ur", true);
        check("az-Arab", true);
        check("ks-Deva-IN", false);
        check("he-Latn", false);
    }
}
