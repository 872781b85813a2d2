//! The table of places: names to what they may mean.
//!
//! In: `data/places/places.tsv`, made by the script beside it. Out: a map of folded names, built once, when it is first
//! asked for. Names of several words are found by the first of them, which knows how long the longest is.

use std::sync::LazyLock;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::Named;
use super::words::Words;
use crate::model::{Country, Language, Region};

const PLACES: &str = include_str!("../../../data/places/places.tsv");
const PEOPLE: &str = include_str!("../../../data/places/people.txt");

/// The only table there is.
pub(super) static GAZETTEER: LazyLock<Gazetteer> =
    LazyLock::new(|| Gazetteer::read(PLACES, PEOPLE));

/// What a name may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) kind: Kind,
    pub(super) region: Region,
    /// Languages in which the name says so by itself.
    pub(super) tongues: Tongues,
    /// Whether something else must speak for the country.
    pub(super) weak: bool,
    /// A capital, or a city as well known.
    pub(super) famous: bool,
    pub(super) written: Written,
}

/// How a name must be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    AsEver,
    /// In capitals: `US`.
    InCapitals,
    /// With its accents: `Irã`.
    WithAccents,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Country,
    Demonym,
    Subdivision,
    /// With its inhabitants in thousands.
    City(u32),
}

/// A set of the languages whose names the table holds; the empty one stands for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tongues(u8);

impl Tongues {
    const LETTERS: [(char, &'static str); 4] = [('e', "en"), ('s', "es"), ('f', "fr"), ('p', "pt")];

    /// The language as a set of one; none where it is unknown or another one.
    pub(super) fn of(language: Option<&Language>) -> Self {
        let place = language.and_then(|language| {
            Self::LETTERS
                .iter()
                .position(|(_, tag)| *tag == language.primary())
        });
        Self(place.map_or(0, |place| 1 << place))
    }

    fn read(letters: &str) -> Self {
        let bit = |letter| Self::LETTERS.iter().position(|(known, _)| *known == letter);
        Self(
            letters
                .chars()
                .filter_map(bit)
                .fold(0, |set, bit| set | 1 << bit),
        )
    }

    /// Whether a text of language `text` may use the name so.
    pub(super) fn allow(self, text: Self) -> bool {
        self.0 == 0 || text.0 == 0 || self.0 & text.0 != 0
    }

    /// Whether people are written small there: English writes them with a capital.
    pub(super) fn write_people_small(self) -> bool {
        self.0 & !1 != 0
    }

    /// Whether it is Spanish, French or Portuguese.
    pub(super) fn is_romance(self) -> bool {
        self.0 != 0 && self.0 & 1 == 0
    }

    /// Whether it is Portuguese, and nothing else.
    pub(super) fn is_portuguese(self) -> bool {
        self.0 == 1 << 3
    }

    /// Whether it is English, and nothing else.
    pub(super) fn is_english(self) -> bool {
        self.0 == 1
    }
}

/// A name of the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Name {
    meanings: (u32, u16),
    /// Words of the longest name that begins with this one, where it is one word.
    longest: u8,
    known: bool,
    /// Also a person's name.
    pub(super) person: bool,
    /// Also a word of every day.
    pub(super) common: bool,
}

#[derive(Debug)]
pub(super) struct Gazetteer {
    names: FxHashMap<&'static str, Name>,
    meanings: Vec<Meaning>,
    given: FxHashSet<&'static str>,
    family: FxHashSet<&'static str>,
}

impl Gazetteer {
    fn read(places: &'static str, people: &'static str) -> Self {
        let (given, family) = people.split_once("[family]").unwrap_or((people, ""));
        let names = |text: &'static str| text.lines().filter(|line| !line.starts_with(['#', '[']));
        let names = |text| names(text).flat_map(str::split_whitespace).collect();
        let mut gazetteer = Self {
            names: FxHashMap::with_capacity_and_hasher(places.len() / 16, FxBuildHasher),
            meanings: Vec::with_capacity(places.len() / 16),
            given: names(given),
            family: names(family),
        };
        for line in places.lines() {
            gazetteer.add(line);
        }
        gazetteer
    }

    fn add(&mut self, line: &'static str) {
        let mut columns = line.split('\t');
        let name = columns.next().unwrap_or_default();
        let from = self.meanings.len();
        let meanings = columns.next().unwrap_or_default().split(' ');
        self.meanings.extend(meanings.filter_map(meaning));
        let marks = columns.next().unwrap_or_default();
        let (first, words) = match name.split_once(' ') {
            Some((first, rest)) => (first, 2 + rest.matches(' ').count()),
            None => (name, 1),
        };
        let first = self.names.entry(first).or_default();
        first.longest = first.longest.max(u8::try_from(words).unwrap_or(u8::MAX));
        let longest = first.longest;
        let number = |length| u32::try_from(length).unwrap_or(0);
        let entry = self.names.entry(name).or_default();
        *entry = Name {
            meanings: (
                number(from),
                u16::try_from(self.meanings.len() - from).unwrap_or(0),
            ),
            longest: if words == 1 { longest } else { 0 },
            known: true,
            person: marks.contains('p'),
            common: marks.contains('c'),
        };
    }

    /// The longest name that begins with a word, and how many words it has.
    pub(super) fn longest(&self, words: &Words, at: usize) -> Option<(&Name, usize)> {
        let first = self.names.get(words.word(at))?;
        let joined = 1
            + (at + 1..at + usize::from(first.longest))
                .take_while(|next| words.joins(*next))
                .count();
        let several = (2..=joined).rev().find_map(|length| {
            let name = self.names.get(words.run(at..at + length))?;
            name.known.then_some((name, length))
        });
        several.or_else(|| first.known.then_some((first, 1)))
    }

    /// The longest name that `folded` begins with, for those who only want to know whether two texts name one place.
    pub(super) fn named(&self, folded: &str) -> Option<Named> {
        let first = self.names.get(folded.split(' ').next()?)?;
        let ends = folded.match_indices(' ').map(|(end, _)| end);
        let mut longest = None;
        for (words, end) in (1..=first.longest.max(1).into()).zip(ends) {
            if let Some(name) = self.names.get(folded.get(..end)?)
                && let Some(meaning) = self.meant(name, words > 1)
            {
                let country = matches!(meaning.kind, Kind::Country | Kind::Demonym);
                let country = country.then(|| meaning.country());
                longest = Some(Named { words, country });
            }
        }
        longest
    }

    /// What a name means before anything else: a country or its people, else a place that is no word of every day.
    fn meant(&self, name: &Name, several: bool) -> Option<&Meaning> {
        let written = |meaning: &&Meaning| several || meaning.written == Written::AsEver;
        let mut meanings = self.meanings(name).iter().filter(written);
        let is_country = |meaning: &&Meaning| matches!(meaning.kind, Kind::Country | Kind::Demonym);
        let plain = !name.common && !name.person;
        meanings
            .clone()
            .find(is_country)
            .or_else(|| meanings.next().filter(|_| plain))
    }

    /// What a name may mean; nothing for a phrase that only looks like a place.
    pub(super) fn meanings(&self, name: &Name) -> &[Meaning] {
        let from = name.meanings.0 as usize;
        self.meanings
            .get(from..from + usize::from(name.meanings.1))
            .unwrap_or_default()
    }

    /// Whether a name that begins there may be that of a country or of its people.
    pub(super) fn names_a_country(&self, words: &Words, at: usize) -> bool {
        let country = |meaning: &Meaning| matches!(meaning.kind, Kind::Country | Kind::Demonym);
        self.longest(words, at)
            .is_some_and(|(name, _)| self.meanings(name).iter().any(country))
    }

    /// Whether a folded word is a given name.
    pub(super) fn is_given_name(&self, word: &str) -> bool {
        self.given.contains(word)
    }

    /// Whether a folded word is a family name.
    pub(super) fn is_family_name(&self, word: &str) -> bool {
        self.family.contains(word)
    }
}

/// Reads `=CR`, `~CR!sp`, `/MX-CHP+w`, `@MX-CHP:202`; `None` for what means no place.
fn meaning(written: &str) -> Option<Meaning> {
    let mut parts = written.split('+');
    let (place, tongues) = match parts.next()?.split_once('!') {
        Some((place, letters)) => (place, Tongues::read(letters)),
        None => (written.split('+').next()?, Tongues::default()),
    };
    let flags = |flag: &str| written.split('+').skip(1).any(|found| found == flag);
    let mut letters = place.chars();
    let sign = letters.next()?;
    let (code, thousands) = match letters.as_str().split_once(':') {
        Some((code, thousands)) => (code, thousands.parse().ok()?),
        None => (letters.as_str(), 0),
    };
    let kind = match sign {
        '=' => Kind::Country,
        '~' => Kind::Demonym,
        '/' => Kind::Subdivision,
        '@' => Kind::City(thousands),
        _ => return None,
    };
    Some(Meaning {
        kind,
        region: code.parse().ok()?,
        tongues,
        weak: flags("w"),
        famous: flags("f"),
        written: match () {
            () if flags("u") => Written::InCapitals,
            () if flags("a") => Written::WithAccents,
            () => Written::AsEver,
        },
    })
}

impl Meaning {
    pub(super) fn country(&self) -> Country {
        self.region.country()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_is_read() {
        let mut read = 0;
        for line in PLACES.lines() {
            let meanings = line.split('\t').nth(1).unwrap();
            for written in meanings
                .split(' ')
                .filter(|written| !written.starts_with('.'))
            {
                assert!(meaning(written).is_some(), "{line}");
                read += 1;
            }
        }
        assert_eq!(GAZETTEER.meanings.len(), read);
        assert!(read > 15_000);
    }

    #[test]
    fn the_longest_name_is_found() {
        let check = |text: &str, length: usize| {
            let words = Words::of(text);
            let found = GAZETTEER.longest(&words, 0).map_or(0, |(_, length)| length);
            assert_eq!(found, length, "{text}");
        };
        check("Guinea Ecuatorial firma", 2);
        check("Guinea firma", 1);
        check("Guinea, Ecuatorial", 1);
        check("San Josefina", 0);
        check("Republic of the Congo", 4);
        check("EE. UU. deporta", 2);
    }
}
