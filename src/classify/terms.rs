//! Text to terms: words in lower case, without accents, and their stems.

use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

use crate::model::{Language, Region};

/// Words looked at in one item: a bulletin that is longer has said what it is about.
const MAX_WORDS: usize = 20_000;

/// How words of a language lose their endings; languages without a stemmer are folded only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stemming(Option<&'static str>);

/// The languages that have a Snowball stemmer.
const STEMMED: [&str; 18] = [
    "ar", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "nb", "nl", "no", "pt", "ro", "ru",
    "sv", "tr",
];

impl Stemming {
    pub(super) fn of(language: Option<&Language>) -> Self {
        Self(language.and_then(|language| {
            STEMMED
                .into_iter()
                .find(|stemmed| *stemmed == language.primary())
        }))
    }

    fn stemmer(self) -> Option<Stemmer> {
        let algorithm = match self.0? {
            "ar" => Algorithm::Arabic,
            "da" => Algorithm::Danish,
            "de" => Algorithm::German,
            "el" => Algorithm::Greek,
            "en" => Algorithm::English,
            "es" => Algorithm::Spanish,
            "fi" => Algorithm::Finnish,
            "fr" => Algorithm::French,
            "hu" => Algorithm::Hungarian,
            "it" => Algorithm::Italian,
            "nb" | "no" => Algorithm::Norwegian,
            "nl" => Algorithm::Dutch,
            "pt" => Algorithm::Portuguese,
            "ro" => Algorithm::Romanian,
            "ru" => Algorithm::Russian,
            "sv" => Algorithm::Swedish,
            _ => Algorithm::Turkish,
        };
        Some(Stemmer::create(algorithm))
    }
}

/// One word in the two forms that it is found by.
///
/// The stem is taken of the word as written, because stemmers know accents (`migración` and `migraciones` have one
/// stem, `migracion` has none); the folded form is there for those who write without them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Term {
    pub(super) folded: String,
    pub(super) stem: String,
}

impl Term {
    /// The term of a region. No word has a colon.
    pub(super) fn of_region(region: Region) -> Self {
        let folded = format!("region:{region}");
        Self {
            stem: folded.clone(),
            folded,
        }
    }
}

/// Makes terms of one language.
pub(super) struct Terms {
    stemmer: Option<Stemmer>,
}

impl Terms {
    pub(super) fn new(stemming: Stemming) -> Self {
        Self {
            stemmer: stemming.stemmer(),
        }
    }

    pub(super) fn term(&self, word: &str) -> Term {
        let lower = lower(word);
        let stem = self
            .stemmer
            .as_ref()
            .map(|stemmer| fold(&stemmer.stem(&lower)));
        let folded = fold(&lower);
        Term {
            stem: stem.unwrap_or_else(|| folded.clone()),
            folded,
        }
    }
}

fn lower(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfc().flat_map(char::to_lowercase).collect()
}

/// Most words have nothing to take off: they are spared the tables of Unicode.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A text as the places of its terms; a phrase does not run from one part of the text into the next.
#[derive(Debug)]
pub(super) struct Text {
    places: HashMap<String, Vec<u32>>,
}

impl Text {
    /// The terms of `parts`, and one for each region.
    pub(super) fn new(parts: &[&str], regions: &[Region], stemming: Stemming) -> Self {
        let terms = Terms::new(stemming);
        let mut places: HashMap<String, Vec<u32>> = HashMap::new();
        let mut place = 0;
        for part in parts {
            for word in part
                .split(|c: char| !is_word(c))
                .filter(|word| !word.is_empty())
                .take(MAX_WORDS)
            {
                let Term { folded, stem } = terms.term(word);
                if stem != folded {
                    places.entry(stem).or_default().push(place);
                }
                places.entry(folded).or_default().push(place);
                place += 1;
            }
            place += 1;
        }
        for region in regions {
            let term = Term::of_region(*region).folded;
            places.entry(term).or_default().push(place);
        }
        Self { places }
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        self.places.keys().map(String::as_str)
    }

    pub(super) fn contains(&self, term: &Term) -> bool {
        self.places.contains_key(&term.folded) || self.places.contains_key(&term.stem)
    }

    pub(super) fn contains_phrase(&self, phrase: &[Term]) -> bool {
        let Some((first, rest)) = phrase.split_first() else {
            return false;
        };
        let starts = self.places_of(first);
        starts.into_iter().any(|start| {
            (start + 1..)
                .zip(rest)
                .all(|(place, term)| self.stands_at(term, place))
        })
    }

    fn places_of(&self, term: &Term) -> Vec<u32> {
        let of = |form: &str| self.places.get(form).map_or(&[][..], Vec::as_slice);
        of(&term.folded)
            .iter()
            .chain(of(&term.stem))
            .copied()
            .collect()
    }

    fn stands_at(&self, term: &Term, place: u32) -> bool {
        let at = |form: &str| {
            self.places
                .get(form)
                .is_some_and(|places| places.binary_search(&place).is_ok())
        };
        at(&term.folded) || at(&term.stem)
    }
}

/// A combining mark belongs to its letter: text may come decomposed.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c)
}
