//! The words used in dates.
//!
//! In: the tables of the languages. Out: all meanings of a word, or of several words together.
//!
//! A word may have several meanings (`mar` is a month and a weekday, `ago` is August, and also English): each comes with its
//! languages, and the grammar takes the one that fits, preferring the text's own language.

use std::collections::HashMap;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

use super::zones::{NAMES, PLACES, Zone};
use crate::languages::{self, LanguageTable, Numbered, SpanWords, TABLES};
use crate::model::Language;

/// A meaning of a word in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// Counted from 1.
    Month(u32),
    /// Days since Monday.
    Weekday(u8),
    Unit(Unit),
    /// `d` in `3d ago`.
    Letter(Unit),
    /// A unit that includes its count: Russian omits the “one” of one hour, Arabic has one word for “two days”.
    Counted(u32, Unit),
    /// Days ahead: `yesterday` is -1.
    Day(i32),
    /// `just now`
    Now,
    /// After a past span: `3 days ago`.
    Ago,
    /// Before a past span: `hace 3 días`.
    Since,
    /// Before a future span: `in 3 days`.
    In,
    /// After a future span: `3 days from now`.
    Later,
    /// `last` in `last Friday`, before or after the day.
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
    /// `noon` and `midnight`, with their hour.
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
    /// A place that names a zone.
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
    /// `SE`, which is also a word.
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
    /// Before the number of a thing, which is not a day: `Page 3`.
    Counter,
    /// Around a date, without meaning for it.
    Filler,
}

impl Sense {
    /// Returns the day of the week, counted from Monday.
    pub(super) fn weekday(self) -> Option<u8> {
        match self {
            Self::Weekday(weekday) => Some(weekday),
            _ => None,
        }
    }

    /// Returns true if a date can begin with it.
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

/// A unit of time; coarser units compare as greater.
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

/// A set of languages, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Languages(u64);

/// Each table needs a bit.
const _: () = assert!(TABLES.len() <= 64);

impl Languages {
    const ALL: Self = Self(u64::MAX);

    /// Returns the language of a text; an empty set if it is unknown to us.
    pub(super) fn of(language: Option<&Language>) -> Self {
        let named = language.and_then(|language| Self::named(language.primary()));
        named.unwrap_or_default()
    }

    /// Returns the bit of a table; all bits for the table shared by all languages.
    fn of_table(table: &LanguageTable) -> Self {
        Self::named(table.code).unwrap_or(Self::ALL)
    }

    fn named(name: &str) -> Option<Self> {
        let at = TABLES.iter().position(|table| table.code == name)?;
        Some(Self(1 << at))
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A word, or an expression of several words.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// All of its meanings.
    pub(super) senses: Vec<(Sense, Languages)>,
    /// The number of words in the longest entry that begins with this word.
    pub(super) longest: usize,
}

/// Returns the meanings of a folded word, or of several separated by single spaces.
pub(super) fn entry(words: &str) -> Option<&'static Entry> {
    WORDS.get(words)
}

/// Returns true if a word is not only used in dates: a month's name that is also a common word or a personal name.
pub(super) fn is_ordinary(word: &str) -> bool {
    static ORDINARY: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| languages::set(|table| table.dates.common_words));
    ORDINARY.contains(word)
}

/// Folds a character: lower case, compatibility forms resolved, accents removed.
pub(super) fn fold(c: char, mut emit: impl FnMut(char)) {
    if c.is_ascii() {
        return emit(c.to_ascii_lowercase());
    }
    if is_syllable(c) {
        return emit(c);
    }
    decompose_compatible(c, |part| {
        // Tatweel only lengthens a word.
        if !is_combining_mark(part) && part != '\u{640}' {
            part.to_lowercase()
                .for_each(|lower| emit(if lower == 'ς' { 'σ' } else { lower }));
        }
    });
}

/// Returns true for scripts that put no space between words, or whose syllables must not be decomposed.
pub(super) fn is_syllable(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
}

/// Folds several words for lookup, with one space between them.
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
    for table in languages::all() {
        words.add_names(table);
    }
    for table in languages::all() {
        words.add_others(table);
    }
    for zone in &NAMES {
        words.add(&[zone.name], Sense::Zone(zone), Languages::ALL);
    }
    for zone in &*PLACE_ZONES {
        let names: Vec<&str> = zone.name.split('|').collect();
        words.add(&names, Sense::Place(zone), Languages::ALL);
    }
    for table in languages::all() {
        let dates = &table.dates;
        words.add(dates.place_prefix, Sense::PlaceLead, Languages::ALL);
        words.add(dates.place_suffix, Sense::PlaceTail, Languages::ALL);
    }
    words.0
});

#[derive(Default)]
struct Words(HashMap<String, Entry>);

impl Words {
    /// Adds months, weekdays and near days, which take precedence over the other meanings of a word.
    fn add_names(&mut self, table: &LanguageTable) {
        let of = Languages::of_table(table);
        let month = |number| u32::try_from(number).ok().map(Sense::Month);
        let weekday = |number: i32| u8::try_from(number - 1).ok().map(Sense::Weekday);
        self.add_numbered(table.months, month, of);
        self.add_numbered(table.weekdays, weekday, of);
        self.add_numbered(table.near_days, |days| Some(Sense::Day(days)), of);
    }

    fn add_others(&mut self, table: &LanguageTable) {
        let of = Languages::of_table(table);
        let dates = &table.dates;
        self.add(dates.am_letter, Sense::HalfLetter(Half::Am), of);
        self.add(dates.pm_letter, Sense::HalfLetter(Half::Pm), of);
        self.add(dates.half_mark, Sense::HalfMark, of);
        self.add(dates.time_mark, Sense::TimeMark, of);
        self.add(dates.week_mark, Sense::WeekMark, of);
        self.add(dates.now, Sense::Now, of);
        self.add_spans(&table.units, Sense::Unit, of);
        self.add_spans(&table.unit_letters, Sense::Letter, of);
        self.add_spans(&table.single_units, |unit| Sense::Counted(1, unit), of);
        self.add_spans(&table.paired_units, |unit| Sense::Counted(2, unit), of);
        let count = |number| u32::try_from(number).ok().map(Sense::Count);
        self.add_numbered(table.counts, count, of);
        self.add(dates.few, Sense::Few, of);
        self.add(dates.past_prefix, Sense::Since, of);
        self.add(dates.past_suffix, Sense::Ago, of);
        self.add(dates.future_suffix, Sense::Later, of);
        self.add(dates.future_prefix, Sense::In, of);
        self.add(dates.last, Sense::Last, of);
        self.add(dates.next, Sense::Next, of);
        self.add(dates.ordinal, Sense::Ordinal, of);
        self.add(dates.first_day, Sense::First, of);
        self.add(dates.noon, Sense::Sharp(12), of);
        self.add(dates.midnight, Sense::Sharp(0), of);
        self.add(dates.am, Sense::Half(Half::Am), of);
        self.add(dates.pm, Sense::Half(Half::Pm), of);
        self.add(dates.hour_mark, Sense::HourMark, of);
        self.add(dates.minute_mark, Sense::MinuteMark, of);
        self.add(dates.second_mark, Sense::SecondMark, of);
        self.add(dates.year_mark, Sense::YearMark, of);
        self.add(dates.month_mark, Sense::MonthMark, of);
        self.add(dates.day_mark, Sense::DayMark, of);
        self.add(dates.at, Sense::At, of);
        self.add(dates.of, Sense::Of, of);
        self.add(dates.from, Sense::From, of);
        self.add(dates.to, Sense::To, of);
        self.add(dates.year_word, Sense::YearWord, of);
        self.add(dates.epi_week, Sense::EpiWeek, of);
        self.add(dates.epi_letters, Sense::EpiLetters, of);
        self.add(dates.iso_week, Sense::IsoWeek, of);
        self.add(dates.filler, Sense::Filler, of);
        self.add(dates.counter, Sense::Counter, of);
    }

    fn add_numbered(
        &mut self,
        numbered: Numbered,
        sense: impl Fn(i32) -> Option<Sense>,
        of: Languages,
    ) {
        for (number, forms) in numbered {
            if let Some(sense) = sense(*number) {
                self.add(forms, sense, of);
            }
        }
    }

    fn add_spans(&mut self, spans: &SpanWords, sense: impl Fn(Unit) -> Sense, of: Languages) {
        self.add(spans.second, sense(Unit::Second), of);
        self.add(spans.minute, sense(Unit::Minute), of);
        self.add(spans.hour, sense(Unit::Hour), of);
        self.add(spans.day, sense(Unit::Day), of);
        self.add(spans.week, sense(Unit::Week), of);
        self.add(spans.month, sense(Unit::Month), of);
        self.add(spans.year, sense(Unit::Year), of);
        self.add(spans.decade, sense(Unit::Decade), of);
    }

    fn add(&mut self, forms: &[&str], sense: Sense, languages: Languages) {
        for form in forms.iter().map(|form| folded(form.trim())) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn languages_with_dates_have_all_months_and_weekdays() {
        for table in TABLES.iter().filter(|table| !table.weekdays.is_empty()) {
            let language = Languages::of_table(table);
            let has = |sense: Sense| {
                WORDS
                    .values()
                    .flat_map(|entry| &entry.senses)
                    .any(|(known, of)| *known == sense && of.meets(language))
            };
            // Other languages number their months.
            let months = 1..=12;
            let named = months.filter(|month| has(Sense::Month(*month))).count();
            let counted = !table.dates.month_mark.is_empty() || table.code == "ja";
            assert!(named == 12 || counted, "{}", table.code);
            assert!(
                (0..7).all(|weekday| has(Sense::Weekday(weekday))),
                "{}",
                table.code
            );
        }
    }
}
