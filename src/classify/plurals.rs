//! Finds singulars of plurals that stemmers do not recognize: `luces` is `luz`, `journaux` is `journal`.
//!
//! In: a word in small letters. Out: its possible singulars, folded. The tables of the languages contain the plurals.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::terms::append_folded;
use crate::languages::TABLES;

/// Minimum number of letters before an ending, so that `mais` is not `mal`.
const MIN_LETTERS: usize = 2;

/// The plurals of one language.
#[derive(Debug, Default)]
pub(super) struct Plurals {
    /// Whole words, folded.
    words: FxHashMap<String, Vec<&'static str>>,
    /// Plural endings with those of the singular.
    endings: Vec<(&'static str, &'static str)>,
}

static PLURALS: LazyLock<FxHashMap<&'static str, Plurals>> = LazyLock::new(|| {
    let mut plurals: FxHashMap<&str, Plurals> = FxHashMap::default();
    for table in &TABLES {
        for (plural, singulars) in table.plurals {
            let of_language = plurals.entry(table.code).or_default();
            of_language.add_plural(plural, singulars);
        }
    }
    plurals
});

/// Returns the plurals of a language by its code; `None` if its table has none.
pub(super) fn plurals_of(language: &str) -> Option<&'static Plurals> {
    PLURALS.get(language)
}

impl Plurals {
    /// Adds a whole word, or an ending with `-` before it, and its possible singulars.
    fn add_plural(&mut self, plural: &'static str, singulars: &[&'static str]) {
        if let Some(plural) = plural.strip_prefix('-') {
            let endings = singulars.iter().filter_map(|one| one.strip_prefix('-'));
            self.endings.extend(endings.map(|one| (plural, one)));
            return;
        }
        let mut folded = String::new();
        append_folded(plural, &mut folded);
        self.words.entry(folded).or_default().extend(singulars);
    }

    /// Passes each possible singular of a word in small letters, folded into `buffer`, to `found`.
    pub(super) fn each_singular(
        &self,
        lower: &str,
        buffer: &mut String,
        mut found: impl FnMut(&str),
    ) {
        for (plural, singular) in &self.endings {
            let Some(begin) = lower.strip_suffix(plural) else {
                continue;
            };
            if begin.chars().nth(MIN_LETTERS - 1).is_some() {
                append_folded(&format!("{begin}{singular}"), buffer);
                found(buffer);
            }
        }
        append_folded(lower, buffer);
        let words = self.words.get(buffer.as_str());
        for singular in words.into_iter().flatten() {
            append_folded(singular, buffer);
            found(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_those_of_languages_with_a_stemmer() {
        for table in TABLES.iter().filter(|table| !table.plurals.is_empty()) {
            assert!(table.stemmer.is_some(), "{}", table.code);
            for (plural, singulars) in table.plurals {
                for singular in *singulars {
                    let row = format!("{} {plural} {singular}", table.code);
                    assert_eq!(plural.starts_with('-'), singular.starts_with('-'), "{row}");
                    assert!(plural != singular, "{row}");
                }
            }
        }
    }
}
