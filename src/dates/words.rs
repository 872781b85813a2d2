//! The words that dates are written with.
//!
//! In: two tables, `cldr.tsv` (names of months, weekdays and near days, written by `cldr.py`) and `own.tsv` (what it
//! lacks). Out: all that a word, or several words together, can mean. Adding a language is adding lines.
//!
//! A word may mean several things (`mar` is a month and a weekday, `ago` is August and English): each meaning comes with
//! the languages that have it, and the grammar takes the one that fits, those of the text's own language first.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::zones::{LEADS, NAMES, PLACES, TAILS, Zone};
use crate::model::Language;

/// What a word can mean in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// From 1.
    Month(u32),
    /// Days since Monday.
    Weekday(u8),
    Unit(Unit),
    /// `d` in `3d ago`.
    Letter(Unit),
    /// A unit that counts itself: Russian leaves out one hour, Arabic says “two days” in one word.
    Counted(u32, Unit),
    /// Days ahead: `yesterday` is -1.
    Day(i32),
    /// `just now`
    Now,
    /// After a span that has passed: `3 days ago`.
    Ago,
    /// Before one: `hace 3 días`.
    Since,
    /// Before a span to come: `in 3 days`.
    In,
    /// After one: `3 days from now`.
    Later,
    /// `last` in `last Friday`, on either side.
    Last,
    Next,
    /// `three` in `three days ago`.
    Count(u32),
    /// `a few`
    Few,
    /// The ending of a number: `st`, `º`.
    Ordinal,
    /// The first of a month, in words.
    First,
    /// `am`, `de la mañana`
    Half(Half),
    /// `a` in `a. m.`
    HalfLetter(Half),
    /// `m` in `a. m.`
    HalfMark,
    /// `noon` and `midnight`, by their hour.
    Sharp(u32),
    /// `h` in `09:10h` and `9h10`
    HourMark,
    MinuteMark,
    SecondMark,
    /// `T` in `2021-06-28T09:10`
    TimeMark,
    /// `W` in `2021-W26-1`
    WeekMark,
    Zone(&'static Zone),
    /// A place whose time can be named.
    Place(&'static Zone),
    /// Before the place.
    PlaceLead,
    /// After the place.
    PlaceTail,
    /// After the number of a year, a month or a day: 年, 月, 日.
    YearMark,
    MonthMark,
    DayMark,
    /// `г.`, `año`
    YearWord,
    /// Before the number of an epidemiological week.
    EpiWeek,
    /// `SE`, which is a word as well.
    EpiLetters,
    /// Before the number of a calendar week.
    IsoWeek,
    /// Between the parts of a date: `28 de junio`.
    Of,
    /// Before a range: `del 3 al 5 de mayo`.
    From,
    /// Between the days of a range: `28 and 29 June`.
    To,
    /// Before a time of day.
    At,
    /// Before the number of a thing, which is then no day: `Page 3`.
    Counter,
    /// Around a date, telling nothing of it.
    Filler,
}

impl Sense {
    /// The day of the week, counted from Monday.
    pub(super) fn weekday(self) -> Option<u8> {
        match self {
            Self::Weekday(weekday) => Some(weekday),
            _ => None,
        }
    }

    /// Whether a date may begin with it.
    pub(super) fn may_begin(self) -> bool {
        !matches!(
            self,
            Self::Ago
                | Self::Later
                | Self::Ordinal
                | Self::HalfLetter(_)
                | Self::HalfMark
                | Self::HourMark
                | Self::MinuteMark
                | Self::SecondMark
                | Self::Letter(_)
                | Self::WeekMark
                | Self::Zone(_)
                | Self::Place(_)
                | Self::PlaceLead
                | Self::PlaceTail
                | Self::YearMark
                | Self::MonthMark
                | Self::DayMark
                | Self::YearWord
                | Self::Of
                | Self::To
                | Self::Counter
                | Self::Filler
        )
    }
}

/// Half of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Am,
    Pm,
}

/// A span of time; the coarser the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
    Decade,
}

/// A set of languages, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Languages(u16);

const LANGUAGES: [&str; 15] = [
    "en", "es", "fr", "pt", "it", "de", "nl", "ht", "ar", "ru", "zh", "ja", "ko", "el", "hu",
];

impl Languages {
    const ALL: Self = Self(u16::MAX);

    /// The language of a text; none where it is not known to us.
    pub(super) fn of(language: Option<&Language>) -> Self {
        let named = language.and_then(|language| Self::named(language.primary()));
        named.unwrap_or_default()
    }

    fn named(name: &str) -> Option<Self> {
        let at = LANGUAGES.iter().position(|known| *known == name)?;
        Some(Self(1 << at))
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A word, or several that stand together.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// All that it can mean.
    pub(super) senses: Vec<(Sense, Languages)>,
    /// How many words the longest entry has that begins with this word.
    pub(super) longest: usize,
}

/// What a folded word, or several with a space between them, can mean.
pub(super) fn entry(words: &str) -> Option<&'static Entry> {
    WORDS.get(words)
}

/// What a word means on its own.
pub(super) fn is_ordinary(word: &str) -> bool {
    ORDINARY.contains(&word)
}

/// Names of months that are common words too, or names of people, in a language that we meet.
const ORDINARY: [&str; 14] = [
    "ago", "dec", "gen", "jan", "jen", "mag", "mar", "march", "mart", "mas", "may", "me", "out",
    "set",
];

/// Folds a character: lower case, compatibility forms resolved, accents removed.
pub(super) fn fold(c: char, mut emit: impl FnMut(char)) {
    if c.is_ascii() {
        return emit(c.to_ascii_lowercase());
    }
    if is_syllable(c) {
        return emit(c);
    }
    decompose_compatible(c, |part| {
        // Tatweel only stretches a word.
        if !is_combining_mark(part) && part != '\u{640}' {
            part.to_lowercase()
                .for_each(|lower| emit(if lower == 'ς' { 'σ' } else { lower }));
        }
    });
}

/// Scripts that put no space between words, or whose syllables are not to be taken apart.
pub(super) fn is_syllable(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
}

/// Several words as they are looked up: folded, one space between them.
fn folded(words: &str) -> String {
    let mut folded = String::with_capacity(words.len());
    for c in words.chars() {
        if c.is_alphanumeric() || is_combining_mark(c) {
            fold(c, |part| folded.push(part));
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded
}

static PLACE_ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
    let clocks = super::zones::Clocks::Of;
    PLACES
        .iter()
        .map(|(name, zone)| Zone {
            name,
            clocks: clocks(*zone),
        })
        .collect()
});

static WORDS: LazyLock<HashMap<String, Entry>> = LazyLock::new(|| {
    let mut words = Words::default();
    for line in [
        include_str!("words/cldr.tsv"),
        include_str!("words/own.tsv"),
    ]
    .into_iter()
    .flat_map(str::lines)
    {
        if let Some((sense, languages, forms)) = parsed(line) {
            words.add(forms, sense, languages);
        }
    }
    for zone in &NAMES {
        words.add(zone.name, Sense::Zone(zone), Languages::ALL);
    }
    for zone in &*PLACE_ZONES {
        words.add(zone.name, Sense::Place(zone), Languages::ALL);
    }
    words.add(LEADS, Sense::PlaceLead, Languages::ALL);
    words.add(TAILS, Sense::PlaceTail, Languages::ALL);
    words.0
});

#[derive(Default)]
struct Words(HashMap<String, Entry>);

impl Words {
    fn add(&mut self, forms: &str, sense: Sense, languages: Languages) {
        for form in forms.split('|').map(|form| folded(form.trim())) {
            let first = form.split(' ').next().unwrap_or_default().to_owned();
            let longest = &mut self.0.entry(first).or_default().longest;
            *longest = (*longest).max(form.split(' ').count());
            let senses = &mut self.0.entry(form).or_default().senses;
            match senses.iter_mut().find(|(known, _)| *known == sense) {
                Some((_, known)) => known.0 |= languages.0,
                None => senses.push((sense, languages)),
            }
        }
    }
}

/// A line of the tables: language, sense, forms. `None` for a comment.
fn parsed(line: &str) -> Option<(Sense, Languages, &str)> {
    let mut fields = line.split('\t');
    let languages = match fields.next()? {
        "*" => Languages::ALL,
        name => Languages::named(name)?,
    };
    let sense = sense(fields.next()?)?;
    Some((sense, languages, fields.next()?))
}

fn sense(name: &str) -> Option<Sense> {
    let (name, value) = name.split_once(' ').unwrap_or((name, ""));
    let number = || value.parse::<u32>().ok();
    Some(match name {
        "month" => Sense::Month(number()?),
        "weekday" => Sense::Weekday(u8::try_from(number()?.checked_sub(1)?).ok()?),
        "unit" => Sense::Unit(unit(value)?),
        "letter" => Sense::Letter(unit(value)?),
        "single" => Sense::Counted(1, unit(value)?),
        "pair" => Sense::Counted(2, unit(value)?),
        "day" => Sense::Day(value.parse().ok()?),
        "now" => Sense::Now,
        "ago" => Sense::Ago,
        "since" => Sense::Since,
        "in" => Sense::In,
        "later" => Sense::Later,
        "last" => Sense::Last,
        "next" => Sense::Next,
        "count" => Sense::Count(number()?),
        "few" => Sense::Few,
        "ordinal" => Sense::Ordinal,
        "first" => Sense::First,
        "am" => Sense::Half(Half::Am),
        "pm" => Sense::Half(Half::Pm),
        "am-letter" => Sense::HalfLetter(Half::Am),
        "pm-letter" => Sense::HalfLetter(Half::Pm),
        "half-mark" => Sense::HalfMark,
        "noon" => Sense::Sharp(12),
        "midnight" => Sense::Sharp(0),
        "hour-mark" => Sense::HourMark,
        "minute-mark" => Sense::MinuteMark,
        "second-mark" => Sense::SecondMark,
        "time-mark" => Sense::TimeMark,
        "week-mark" => Sense::WeekMark,
        "year-mark" => Sense::YearMark,
        "month-mark" => Sense::MonthMark,
        "day-mark" => Sense::DayMark,
        "year-word" => Sense::YearWord,
        "epi-week" => Sense::EpiWeek,
        "epi-letters" => Sense::EpiLetters,
        "iso-week" => Sense::IsoWeek,
        "of" => Sense::Of,
        "from" => Sense::From,
        "to" => Sense::To,
        "at" => Sense::At,
        "counter" => Sense::Counter,
        "filler" => Sense::Filler,
        _ => return None,
    })
}

fn unit(name: &str) -> Option<Unit> {
    Some(match name {
        "second" => Unit::Second,
        "minute" => Unit::Minute,
        "hour" => Unit::Hour,
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "year" => Unit::Year,
        "decade" => Unit::Decade,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_read() {
        for table in [
            include_str!("words/cldr.tsv"),
            include_str!("words/own.tsv"),
        ] {
            for line in table
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
            {
                assert!(parsed(line).is_some(), "{line}");
            }
        }
    }

    #[test]
    fn a_word_may_mean_several_things() {
        let senses = |word: &str| {
            entry(word)
                .unwrap()
                .senses
                .iter()
                .map(|(sense, _)| *sense)
                .collect::<Vec<_>>()
        };
        assert_eq!(senses("mar"), [Sense::Month(3), Sense::Weekday(1)]);
        assert_eq!(senses("ago"), [Sense::Month(8), Sense::Ago]);
        assert!(entry("caribe").is_none());
    }

    #[test]
    fn languages_have_all_months_and_weekdays() {
        let all = [
            "en", "es", "fr", "pt", "it", "de", "nl", "ht", "ar", "ru", "zh", "el", "hu",
        ];
        for language in all.map(|name| Languages::named(name).unwrap()) {
            let has = |sense: Sense| {
                WORDS
                    .values()
                    .flat_map(|entry| &entry.senses)
                    .any(|(known, of)| *known == sense && of.meets(language))
            };
            assert!(
                (1..=12).all(|month| has(Sense::Month(month))),
                "{language:?}"
            );
            assert!(
                (0..7).all(|weekday| has(Sense::Weekday(weekday))),
                "{language:?}"
            );
        }
    }
}
