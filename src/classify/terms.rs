//! Words to what they are compared by: lower case, without accents, and their stems.

use snowball_stemmers_rs::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use crate::model::{Language, is_joiner};

/// Words looked at in one text: a bulletin that is longer has said what it is about.
pub(super) const MAX_WORDS: usize = 20_000;
/// The longest word that is stemmed, in bytes.
const MAX_STEMMED: usize = 64;

/// The languages that have a Snowball stemmer.
pub(super) const STEMMED: [(&str, Algorithm); 34] = [
    ("ar", Algorithm::Arabic),
    ("ca", Algorithm::Catalan),
    ("cs", Algorithm::Czech),
    ("da", Algorithm::Danish),
    ("de", Algorithm::German),
    ("el", Algorithm::Greek),
    ("en", Algorithm::English),
    ("eo", Algorithm::Esperanto),
    ("es", Algorithm::Spanish),
    ("et", Algorithm::Estonian),
    ("eu", Algorithm::Basque),
    ("fi", Algorithm::Finnish),
    ("fr", Algorithm::French),
    ("ga", Algorithm::Irish),
    ("hi", Algorithm::Hindi),
    ("hu", Algorithm::Hungarian),
    ("hy", Algorithm::Armenian),
    ("id", Algorithm::Indonesian),
    ("it", Algorithm::Italian),
    ("lt", Algorithm::Lithuanian),
    ("nb", Algorithm::Norwegian),
    ("ne", Algorithm::Nepali),
    ("nl", Algorithm::Dutch),
    ("nn", Algorithm::Norwegian),
    ("no", Algorithm::Norwegian),
    ("pl", Algorithm::Polish),
    ("pt", Algorithm::Portuguese),
    ("ro", Algorithm::Romanian),
    ("ru", Algorithm::Russian),
    ("sr", Algorithm::Serbian),
    ("sv", Algorithm::Swedish),
    ("ta", Algorithm::Tamil),
    ("tr", Algorithm::Turkish),
    ("yi", Algorithm::Yiddish),
];

/// How words of a language lose their endings; languages without a stemmer are folded only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stemming(Option<usize>);

impl Stemming {
    /// How many there are.
    pub(super) const COUNT: usize = STEMMED.len() + 1;

    pub(super) fn of(language: Option<&Language>) -> Self {
        let known = |language: &Language| {
            let primary = language.primary();
            STEMMED.iter().position(|(code, _)| *code == primary)
        };
        Self(language.and_then(known))
    }

    /// The one that has this number.
    pub(super) fn numbered(number: usize) -> Self {
        Self((number < STEMMED.len()).then_some(number))
    }

    /// From 0, below [`Self::COUNT`].
    pub(super) fn number(self) -> usize {
        self.0.unwrap_or(STEMMED.len())
    }
}

/// Makes forms of words of one language.
pub(super) struct Forms {
    stemmer: Option<Stemmer>,
    lower: String,
    folded: String,
    stem: String,
}

impl Forms {
    pub(super) fn new(stemming: Stemming) -> Self {
        let (lower, folded, stem) = Default::default();
        Self {
            stemmer: stemming.0.map(|number| Stemmer::create(STEMMED[number].1)),
            lower,
            folded,
            stem,
        }
    }

    /// The word folded, and its stem folded where that is something else.
    ///
    /// The stem is taken of the word as written, because stemmers know accents (`migración` and `migraciones` have one
    /// stem, `migracion` has none); the folded form is there for those who write without them. Two words are forms of one
    /// another where one of these is the same.
    pub(super) fn of(&mut self, word: &str) -> (&str, Option<&str>) {
        lower(word, &mut self.lower);
        fold(&self.lower, &mut self.folded);
        let stemmer = self.stemmer.as_ref();
        let stemmer = stemmer.filter(|_| self.lower.len() <= MAX_STEMMED);
        let Some(stemmer) = stemmer else {
            return (&self.folded, None);
        };
        fold(&stemmer.stem(&self.lower), &mut self.stem);
        let stem = Some(self.stem.as_str()).filter(|stem| *stem != self.folded);
        (&self.folded, stem)
    }
}

fn lower(word: &str, lower: &mut String) {
    lower.clear();
    if word.is_ascii() {
        lower.push_str(word);
        lower.make_ascii_lowercase();
    } else {
        let shown = word.chars().filter(|c| !is_joiner(*c));
        lower.extend(shown.nfc().flat_map(char::to_lowercase));
    }
}

/// Letters in lower case without accents. Most words have nothing to take off: they are spared the tables of Unicode.
pub(super) fn fold(word: &str, folded: &mut String) {
    folded.clear();
    if word.is_ascii() {
        folded.push_str(word);
        folded.make_ascii_lowercase();
        return;
    }
    let plain = word.nfkd().filter(|c| !is_accent(*c) && !is_joiner(*c));
    let plain = plain.flat_map(char::to_lowercase);
    // A letter in lower case may have a mark of its own: `İ`.
    let plain = plain.filter(|c| !is_accent(*c));
    for c in plain.nfc() {
        match plain_letters(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
}

/// Marks that people leave out when they type in a hurry. The vowels of Indian scripts and the voicing marks of Japanese
/// ones are marks too: without them a word is another one.
fn is_accent(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{FE20}'..='\u{FE2F}'
        | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}' | '\u{5C2}' | '\u{5C4}' | '\u{5C5}' | '\u{5C7}' // Hebrew
        | '\u{610}'..='\u{61A}' | '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}') // Arabic
}

/// Letters whose strokes are no marks.
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
        fold(word, &mut folded);
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
        let check = |language: &str, word: &str, expected: (&str, Option<&str>)| {
            let mut forms = Forms::new(Stemming::of(language.parse().ok().as_ref()));
            assert_eq!(forms.of(word), expected, "{language} {word}");
        };
        check("en", "Workers", ("workers", Some("worker")));
        check("es-MX", "MIGRACIONES", ("migraciones", Some("migracion")));
        check("es", "trabajadoras", ("trabajadoras", Some("trabaj")));
        check("sw", "wafanyakazi", ("wafanyakazi", None));
        check("", "workers", ("workers", None));
        let long = "s".repeat(65);
        check("en", &long, (&long, None));
    }

    proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn no_word_panics(word in r"\w{0,12}", language in 0..Stemming::COUNT) {
            let stemming = Stemming(Some(language).filter(|number| *number < STEMMED.len()));
            let mut forms = Forms::new(stemming);
            prop_assert!(!forms.of(&word).0.is_empty() || word.chars().all(|c| !c.is_ascii()) || word.is_empty());
        }
    }
}
