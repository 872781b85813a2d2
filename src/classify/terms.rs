//! Converts words to the forms used for comparison: lower case, without accents, and their stems.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use snowball_stemmers_rs::Stemmer;
use unicode_normalization::UnicodeNormalization;

use super::plurals::{self, Plurals};
use super::subject::Subject;
use crate::languages::{self, LanguageTable, TABLES};
use crate::model::Language;
use crate::normalize::likeliest_languages;
use crate::topics::{is_joiner, is_skin_tone};

/// Maximum number of words examined in one text: a longer bulletin has made its subject clear by then.
pub(super) const MAX_WORDS: usize = 20_000;
/// Maximum length of a word to stem, in bytes.
const MAX_STEMMED: usize = 64;

/// The stemming of a language, by its index in [`TABLES`]. Languages without a stemmer are only folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stemming(Option<usize>);

impl Stemming {
    /// Number of stemmings.
    pub(super) const COUNT: usize = TABLES.len() + 1;

    /// Returns the stemmings used to compare the words of an item: that of its known or assumed language, else those
    /// of all `languages` that its own words do not rule out.
    pub(super) fn for_subject(subject: &Subject, languages: &[Language]) -> Vec<Self> {
        let language = subject.language.or(subject.assumed_language);
        if language.is_some() || languages.is_empty() {
            return vec![Self::for_language(language)];
        }
        let text = format!("{}\n{}", subject.title, subject.summary);
        let likely = likeliest_languages(&text, languages);
        let mut all: Vec<Self> = likely
            .iter()
            .map(|one| Self::for_language(Some(one)))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(super) fn for_language(language: Option<&Language>) -> Self {
        let known = |language: &Language| {
            let primary = language.primary();
            let is_known = |table: &LanguageTable| table.code == primary && table.stemmer.is_some();
            TABLES.iter().position(is_known)
        };
        Self(language.and_then(known))
    }

    /// Returns the stemming with this number.
    pub(super) fn from_number(number: usize) -> Self {
        Self((number < TABLES.len()).then_some(number))
    }

    /// Returns its number, from 0 and below [`Self::COUNT`].
    pub(super) fn number(self) -> usize {
        self.0.unwrap_or(TABLES.len())
    }
}

/// Computes the forms of words in one language.
pub(super) struct WordForms {
    stemmer: Option<Stemmer>,
    plurals: Option<&'static Plurals>,
    lower: String,
    folded: String,
    other: String,
}

impl WordForms {
    pub(super) fn new(stemming: Stemming) -> Self {
        let (lower, folded, other) = Default::default();
        let table = stemming.0.and_then(|number| TABLES.get(number));
        Self {
            stemmer: table.and_then(|table| table.stemmer).map(Stemmer::create),
            plurals: table.and_then(|table| plurals::plurals_of(table.code)),
            lower,
            folded,
            other,
        }
    }

    /// Returns the folded word.
    pub(super) fn fold_word(&mut self, word: &str) -> &str {
        append_lowercase(word, &mut self.lower);
        append_folded(&self.lower, &mut self.folded);
        &self.folded
    }

    /// Passes each form of a query's word to `found`, folded, the word itself first: then its stem and its singulars.
    /// Two words are forms of one another if they share one of these.
    ///
    /// The stem is taken from the word as written, because stemmers need accents (`migración` and `migraciones` have
    /// the same stem, `migracion` has none); the folded form covers people who write without them.
    pub(super) fn each_form(&mut self, word: &str, mut found: impl FnMut(&str)) {
        self.fold_word(word);
        found(&self.folded);
        if self.lower.len() > MAX_STEMMED {
            return;
        }
        if let Some(stemmer) = &self.stemmer {
            append_folded(&stemmer.stem(&self.lower), &mut self.other);
            if self.other != self.folded {
                found(&self.other);
            }
        }
        if let Some(plurals) = self.plurals {
            plurals.each_singular(&self.lower, &mut self.other, |singular| found(singular));
        }
    }

    /// Passes each form of a text's word to `found`: those of [`Self::each`], and the parts of a Korean word, to
    /// which particles and other words are attached.
    pub(super) fn each_text_form(&mut self, word: &str, mut found: impl FnMut(&str)) {
        self.each_form(word, &mut found);
        if self.folded.starts_with(is_hangul) {
            each_syllable_run(&self.folded, found);
        }
    }
}

/// Maximum length of a Korean word to split, in syllables.
const MAX_SYLLABLES: usize = 12;
/// Korean particles as attached to a word of one syllable.
static PARTICLES: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.search.particles));

fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣')
}

/// Passes the runs of two or more syllables of a Korean word to `found`, except the whole; also the first syllable
/// alone if only a particle follows it.
fn each_syllable_run(word: &str, mut found: impl FnMut(&str)) {
    let ends: Vec<usize> = word
        .char_indices()
        .take_while(|(_, c)| is_hangul(*c))
        .take(MAX_SYLLABLES)
        .map(|(at, c)| at + c.len_utf8())
        .collect();
    let begins = std::iter::once(0).chain(ends.iter().copied());
    for (first, begin) in begins.take(ends.len()).enumerate() {
        let runs = ends
            .iter()
            .skip(first + 1)
            .filter_map(|end| word.get(begin..*end));
        runs.filter(|run| run.len() < word.len())
            .for_each(&mut found);
    }
    if let Some((one, rest)) = ends.first().and_then(|end| word.split_at_checked(*end))
        && PARTICLES.contains(rest)
    {
        found(one);
    }
}

fn append_lowercase(word: &str, lower: &mut String) {
    lower.clear();
    if word.is_ascii() {
        lower.push_str(word);
        lower.make_ascii_lowercase();
        return;
    }
    let shown = word.chars().filter(|c| !is_joiner(*c));
    if is_plain_latin(word) {
        lower.extend(shown.flat_map(char::to_lowercase));
    } else {
        lower.extend(shown.nfc().flat_map(char::to_lowercase));
    }
}

/// Appends letters in lower case without accents. Most words have none and skip the Unicode tables.
pub(super) fn append_folded(word: &str, folded: &mut String) {
    folded.clear();
    if word.is_ascii() {
        folded.push_str(word);
        folded.make_ascii_lowercase();
        return;
    }
    if is_plain_latin(word) {
        let simple = word.chars().filter_map(|c| SIMPLE.get(c as usize));
        simple.for_each(|letters| folded.push_str(letters));
        return;
    }
    append_folded_unicode(word, folded);
}

/// Returns true if all letters are independent: Latin letters without combining marks.
fn is_plain_latin(word: &str) -> bool {
    word.chars().all(|c| c < SIMPLE_END)
}

const SIMPLE_END: char = '\u{250}';

/// The folded form of each simple letter, which covers most letters with accents.
static SIMPLE: LazyLock<Vec<Box<str>>> = LazyLock::new(|| {
    let fold = |c: char| {
        let mut folded = String::new();
        append_folded_unicode(c.encode_utf8(&mut [0; 4]), &mut folded);
        folded.into()
    };
    ('\0'..SIMPLE_END).map(fold).collect()
});

fn append_folded_unicode(word: &str, folded: &mut String) {
    let plain = word.nfkd().filter(|c| !is_accent(*c) && !is_joiner(*c));
    let plain = plain.flat_map(char::to_lowercase);
    // A letter in lower case may get a combining mark: `İ`.
    let plain = plain.filter(|c| !is_accent(*c));
    for c in plain.nfc() {
        match plain_letters(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
}

/// Returns true for marks that people omit when they type in a hurry. The vowels of Indian scripts and the voicing
/// marks of Japanese are marks too, but without them a word is another one.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FE20}'..='\u{FE2F}'
        | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}' | '\u{5C2}' | '\u{5C4}' | '\u{5C5}' | '\u{5C7}' // Hebrew
        | '\u{610}'..='\u{61A}' | '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}') // Arabic
        || is_skin_tone(c)
}

/// Returns the plain form of letters whose strokes are not combining marks.
fn plain_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn folded(word: &str) -> String {
        let mut folded = String::new();
        append_folded(word, &mut folded);
        folded
    }

    #[test]
    fn accents_are_taken_off_and_vowels_are_not() {
        let check = |word: &str, expected: &str| assert_eq!(folded(word), expected);
        check("MIGRACIÓN", "migracion");
        check("Straße", "strasse");
        check("Łódź", "lodz");
        check("İstanbul", "istanbul");
        check("ñandu\u{301}", "nandu");
        check("हिन्दी", "हिन्दी");
        check("が", "が");
        check("か\u{3099}", "が");
        check("ＡＢ", "ab");
        check("مُهَاجِر", "مهاجر");
    }

    #[test]
    fn stems_are_those_of_the_language() {
        check_forms("en", "Workers", &["workers", "worker"]);
        check_forms("es-MX", "MIGRACIONES", &["migraciones", "migracion"]);
        check_forms("es", "trabajadoras", &["trabajadoras", "trabaj"]);
        check_forms("sw", "wafanyakazi", &["wafanyakazi"]);
        check_forms("", "workers", &["workers"]);
        let long = "s".repeat(65);
        check_forms("en", &long, &[&long]);
    }

    #[track_caller]
    fn check_forms(language: &str, word: &str, expected: &[&str]) {
        let mut forms = WordForms::new(Stemming::for_language(language.parse().ok().as_ref()));
        let mut found = Vec::new();
        forms.each_text_form(word, |form| found.push(form.to_owned()));
        assert_eq!(found, expected, "{language} {word}");
    }

    #[test]
    fn parts_of_a_korean_word_are_found_in_it() {
        check_forms("ko", "이주", &["이주"]);
        check_forms(
            "ko",
            "노동자들",
            &["노동자들", "노동", "노동자", "동자", "동자들", "자들"],
        );
        check_forms("", "물이", &["물이", "물"]);
        check_forms("ko", "물가", &["물가", "물"]);
        check_forms("ko", "COVID", &["covid"]);
        let long = "가".repeat(200);
        let mut forms = WordForms::new(Stemming::for_language(None));
        let mut count = 0;
        forms.each_text_form(&long, |_| count += 1);
        assert!(count < 100, "{count}");
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn simple_words_are_folded_as_any(word in "[\\PC\u{0}-\u{24F}]{0,12}", simple in "[\u{80}-\u{24F}a-zA-Z]{0,12}") {
            for word in [word, simple] {
                let (mut any, mut plainly, mut lowered) = <(String, String, String)>::default();
                append_folded_unicode(&word, &mut any);
                prop_assert_eq!(folded(&word), any);
                append_lowercase(&word, &mut lowered);
                plainly.extend(word.chars().filter(|c| !is_joiner(*c)).nfc().flat_map(char::to_lowercase));
                prop_assert_eq!(lowered, plainly);
            }
        }

        #[test]
        fn no_word_panics(word in r"\w{0,12}", language in 0..Stemming::COUNT) {
            let stemming = Stemming(Some(language).filter(|number| *number < TABLES.len()));
            let mut forms = WordForms::new(stemming);
            forms.each_text_form(&word, |_| ());
            prop_assert!(!forms.fold_word(&word).is_empty() || word.chars().all(|c| !c.is_ascii()) || word.is_empty());
        }
    }
}
