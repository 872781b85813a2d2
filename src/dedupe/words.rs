//! Recognizes numerals, dates and function words, in every language with a table of them.
//!
//! In: a folded word. Out: its meaning. Words of one spelling have one meaning in all languages, or none if that
//! would mislead: the Portuguese `dos` is an article far more often than the Spanish numeral, which only counts in
//! Spanish texts.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::languages::{self, LanguageTable, Numbered};

/// The meaning of a word when two texts are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordMeaning {
    /// A number, cardinal or ordinal.
    Number(u32),
    /// A month, from 1.
    Month(u32),
    /// A month if next to a number; otherwise an ordinary word (`may`, `march`).
    MaybeMonth(u32),
    /// A day of the week, from Monday as 1.
    Weekday(u32),
    /// A word that announces a number: `no.`, `week`, `boletín`.
    Designator,
    /// An article, a preposition, a conjunction.
    Joining,
}

/// Returns the meaning of `word`, folded, in a text of language `tongue` (ISO 639-1; empty if unknown).
pub(super) fn word_meaning(word: &str, tongue: &str) -> Option<WordMeaning> {
    let is_own = |(own, code, _): &&OwnNumber| *own == word && *code == tongue;
    if let Some((_, _, number)) = OWN_NUMBERS.iter().find(is_own) {
        return Some(WordMeaning::Number(*number));
    }
    MEANINGS.get(word).copied()
}

/// Returns true if `word` connects the parts of one number: `treinta y uno`, `vingt et un`.
pub(super) fn joins_numbers(word: &str) -> bool {
    static WORDS: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| languages::set(|table| table.comparing.joins_numbers));
    WORDS.contains(word)
}

/// Returns true for the ending of an ordinal in digits: `23rd`, `3º`, `2e`.
pub(super) fn is_ordinal_ending(letters: &str) -> bool {
    static ENDINGS: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| languages::set(|table| table.comparing.ordinal_endings));
    ENDINGS.contains(letters)
}

/// A word, the language in which it is a numeral, and its value.
type OwnNumber = (&'static str, &'static str, u32);

static OWN_NUMBERS: LazyLock<Vec<OwnNumber>> = LazyLock::new(|| {
    let numbers = languages::all().flat_map(|table| {
        let numbers = numbered_words(table.compared_own_numbers);
        numbers.map(|(word, number)| (word, table.code, number))
    });
    numbers.collect()
});

static MEANINGS: LazyLock<FxHashMap<&'static str, WordMeaning>> = LazyLock::new(|| {
    let mut meanings = FxHashMap::default();
    for word in languages::words(|table| table.comparing.joining) {
        meanings.insert(word, WordMeaning::Joining);
    }
    for word in languages::words(|table| table.comparing.designators) {
        meanings.insert(word, WordMeaning::Designator);
    }
    for (of, meaning) in NUMBERED {
        let numbers = languages::all().flat_map(|table| numbered_words(of(table)));
        meanings.extend(numbers.map(|(word, number)| (word, meaning(number))));
    }
    meanings
});

/// A section of the tables, and the meaning of its numbers.
type NumberedMeaning = (fn(&LanguageTable) -> Numbered, fn(u32) -> WordMeaning);

/// If a word is in several sections, the last one counts.
const NUMBERED: [NumberedMeaning; 4] = [
    (|table| table.compared_numbers, WordMeaning::Number),
    (|table| table.compared_months, WordMeaning::Month),
    (|table| table.compared_maybe_months, WordMeaning::MaybeMonth),
    (|table| table.compared_weekdays, WordMeaning::Weekday),
];

fn numbered_words(section: Numbered) -> impl Iterator<Item = (&'static str, u32)> {
    section.iter().flat_map(|(number, words)| {
        let number = number.unsigned_abs();
        words.iter().map(move |word| (*word, number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_two_meanings_of_one_kind() {
        let mut seen = FxHashMap::default();
        for (of, meaning) in NUMBERED {
            for (word, number) in languages::all().flat_map(|table| numbered_words(of(table))) {
                let meaning = meaning(number);
                assert_eq!(*seen.entry(word).or_insert(meaning), meaning, "{word}");
            }
        }
    }

    #[test]
    fn a_word_means_what_its_language_says() {
        assert_eq!(word_meaning("dos", "es"), Some(WordMeaning::Number(2)));
        assert_eq!(word_meaning("dos", "pt"), Some(WordMeaning::Joining));
        assert_eq!(word_meaning("once", "en"), None);
        assert_eq!(
            word_meaning("veintitres", ""),
            Some(WordMeaning::Number(23))
        );
    }
}
