//! Plurals that change more than an ending, which stemmers lose: `luces` is `luz`, `journaux` is `journal`.
//!
//! In: a word in small letters. Out: what its singular may be, folded. The table is `data/words/plurals.tsv`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::terms::fold;

const TABLE: &str = include_str!("../../data/words/plurals.tsv");

/// An ending is one only behind as many letters, so that `mais` is not `mal`.
const MIN_LETTERS: usize = 2;

/// The plurals of one language.
#[derive(Debug, Default)]
pub(super) struct Plurals {
    /// Whole words, folded.
    words: FxHashMap<String, Vec<&'static str>>,
    /// Endings with those of the singular.
    endings: Vec<(&'static str, &'static str)>,
}

static PLURALS: LazyLock<FxHashMap<&'static str, Plurals>> = LazyLock::new(|| {
    let mut plurals: FxHashMap<&str, Plurals> = FxHashMap::default();
    for [language, plural, singular] in rows() {
        let of_language = plurals.entry(language).or_default();
        if let (Some(plural), Some(singular)) =
            (plural.strip_prefix('-'), singular.strip_prefix('-'))
        {
            of_language.endings.push((plural, singular));
            continue;
        }
        let mut folded = String::new();
        fold(plural, &mut folded);
        of_language.words.entry(folded).or_default().push(singular);
    }
    plurals
});

/// The table's lines: language, plural, singular.
fn rows() -> impl Iterator<Item = [&'static str; 3]> {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut columns = line.split('\t');
        Some([columns.next()?, columns.next()?, columns.next()?])
    })
}

/// The plurals of a language by its code, where the table has some.
pub(super) fn of(language: &str) -> Option<&'static Plurals> {
    PLURALS.get(language)
}

impl Plurals {
    /// Gives what the singular of a word in small letters may be, folded into `buffer`.
    pub(super) fn singulars(&self, lower: &str, buffer: &mut String, mut found: impl FnMut(&str)) {
        for (plural, singular) in &self.endings {
            let Some(begin) = lower.strip_suffix(plural) else {
                continue;
            };
            if begin.chars().nth(MIN_LETTERS - 1).is_some() {
                fold(&format!("{begin}{singular}"), buffer);
                found(buffer);
            }
        }
        fold(lower, buffer);
        let words = self.words.get(buffer.as_str());
        for singular in words.into_iter().flatten() {
            fold(singular, buffer);
            found(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_is_read() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows().count(), lines);
        for [language, plural, singular] in rows() {
            assert!(
                super::super::terms::STEMMED
                    .iter()
                    .any(|(code, _)| *code == language)
            );
            let row = format!("{language} {plural} {singular}");
            assert_eq!(plural.starts_with('-'), singular.starts_with('-'), "{row}");
            assert_eq!(plural.to_lowercase(), plural, "{row}");
            assert!(plural != singular, "{row}");
        }
    }
}
