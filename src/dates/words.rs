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

use super::zones::{NAMES, NamedZone, PLACES};
use crate::languages::{self, LanguageTable, Numbered, SpanWords, TABLES};
use crate::model::Language;

/// A meaning of a word in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateSense {
    /// Counted from 1.
    Month(u32),
    /// Days since Monday.
    Weekday(u8),
    Unit(TimeUnit),
    /// `d` in `3d ago`.
    Letter(TimeUnit),
    /// A unit that includes its count: Russian omits the “one” of one hour, Arabic has one word for “two days”.
    Counted(u32, TimeUnit),
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
    Half(DayHalf),
    /// `a` in `a. m.`
    HalfLetter(DayHalf),
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
    Zone(&'static NamedZone),
    /// A place that names a zone.
    Place(&'static NamedZone),
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

impl DateSense {
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
pub(super) enum DayHalf {
    Am,
    Pm,
}

/// A unit of time; coarser units compare as greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TimeUnit {
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
pub(super) struct LanguageSet(u64);

/// Each table needs a bit.
const _: () = assert!(TABLES.len() <= 64);

impl LanguageSet {
    const ALL: Self = Self(u64::MAX);

    /// Returns the language of a text; an empty set if it is unknown to us.
    pub(super) fn from_language(language: Option<&Language>) -> Self {
        let named = language.and_then(|language| Self::from_name(language.primary()));
        named.unwrap_or_default()
    }

    /// Returns the bit of a table; all bits for the table shared by all languages.
    fn from_table(table: &LanguageTable) -> Self {
        Self::from_name(table.code).unwrap_or(Self::ALL)
    }

    fn from_name(name: &str) -> Option<Self> {
        let at = TABLES.iter().position(|table| table.code == name)?;
        Some(Self(1 << at))
    }

    pub(super) fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A word, or an expression of several words.
#[derive(Clone, Debug, Default)]
pub(super) struct DateWord {
    /// All of its meanings.
    pub(super) senses: Vec<(DateSense, LanguageSet)>,
    /// The number of words in the longest entry that begins with this word.
    pub(super) longest: usize,
}

/// Returns the meanings of a folded word, or of several separated by single spaces.
pub(super) fn find_word(words: &str) -> Option<&'static DateWord> {
    WORDS.get(words)
}

/// Returns true if a word is not only used in dates: a month's name that is also a common word or a personal name.
pub(super) fn is_ordinary(word: &str) -> bool {
    static ORDINARY: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| languages::set(|table| table.dates.common_words));
    ORDINARY.contains(word)
}

/// Folds a character: lower case, compatibility forms resolved, accents removed.
pub(super) fn fold_char(c: char, mut emit: impl FnMut(char)) {
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
fn fold_words(words: &str) -> String {
    let mut folded = String::with_capacity(words.len());
    for c in words.chars() {
        if c.is_alphanumeric() || is_combining_mark(c) {
            fold_char(c, |part| folded.push(part));
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded
}

static PLACE_ZONES: LazyLock<Vec<NamedZone>> = LazyLock::new(|| {
    let clocks = super::zones::ZoneClocks::Of;
    PLACES
        .iter()
        .map(|(name, zone)| NamedZone {
            name,
            clocks: clocks(*zone),
        })
        .collect()
});

static WORDS: LazyLock<HashMap<String, DateWord>> = LazyLock::new(|| {
    let mut words = DateWordMap::default();
    for table in languages::all() {
        words.add_names(table);
    }
    for table in languages::all() {
        words.add_others(table);
    }
    for zone in &NAMES {
        words.add_forms(&[zone.name], DateSense::Zone(zone), LanguageSet::ALL);
    }
    for zone in &*PLACE_ZONES {
        let names: Vec<&str> = zone.name.split('|').collect();
        words.add_forms(&names, DateSense::Place(zone), LanguageSet::ALL);
    }
    for table in languages::all() {
        let dates = &table.dates;
        words.add_forms(dates.place_prefix, DateSense::PlaceLead, LanguageSet::ALL);
        words.add_forms(dates.place_suffix, DateSense::PlaceTail, LanguageSet::ALL);
    }
    words.0
});

#[derive(Default)]
struct DateWordMap(HashMap<String, DateWord>);

impl DateWordMap {
    /// Adds months, weekdays and near days, which take precedence over the other meanings of a word.
    fn add_names(&mut self, table: &LanguageTable) {
        let of = LanguageSet::from_table(table);
        let month = |number| u32::try_from(number).ok().map(DateSense::Month);
        let weekday = |number: i32| u8::try_from(number - 1).ok().map(DateSense::Weekday);
        self.add_numbered(table.months, month, of);
        self.add_numbered(table.weekdays, weekday, of);
        self.add_numbered(table.near_days, |days| Some(DateSense::Day(days)), of);
    }

    fn add_others(&mut self, table: &LanguageTable) {
        let of = LanguageSet::from_table(table);
        let dates = &table.dates;
        self.add_forms(dates.am_letter, DateSense::HalfLetter(DayHalf::Am), of);
        self.add_forms(dates.pm_letter, DateSense::HalfLetter(DayHalf::Pm), of);
        self.add_forms(dates.half_mark, DateSense::HalfMark, of);
        self.add_forms(dates.time_mark, DateSense::TimeMark, of);
        self.add_forms(dates.week_mark, DateSense::WeekMark, of);
        self.add_forms(dates.now, DateSense::Now, of);
        self.add_spans(&table.units, DateSense::Unit, of);
        self.add_spans(&table.unit_letters, DateSense::Letter, of);
        self.add_spans(&table.single_units, |unit| DateSense::Counted(1, unit), of);
        self.add_spans(&table.paired_units, |unit| DateSense::Counted(2, unit), of);
        let count = |number| u32::try_from(number).ok().map(DateSense::Count);
        self.add_numbered(table.counts, count, of);
        self.add_forms(dates.few, DateSense::Few, of);
        self.add_forms(dates.past_prefix, DateSense::Since, of);
        self.add_forms(dates.past_suffix, DateSense::Ago, of);
        self.add_forms(dates.future_suffix, DateSense::Later, of);
        self.add_forms(dates.future_prefix, DateSense::In, of);
        self.add_forms(dates.last, DateSense::Last, of);
        self.add_forms(dates.next, DateSense::Next, of);
        self.add_forms(dates.ordinal, DateSense::Ordinal, of);
        self.add_forms(dates.first_day, DateSense::First, of);
        self.add_forms(dates.noon, DateSense::Sharp(12), of);
        self.add_forms(dates.midnight, DateSense::Sharp(0), of);
        self.add_forms(dates.am, DateSense::Half(DayHalf::Am), of);
        self.add_forms(dates.pm, DateSense::Half(DayHalf::Pm), of);
        self.add_forms(dates.hour_mark, DateSense::HourMark, of);
        self.add_forms(dates.minute_mark, DateSense::MinuteMark, of);
        self.add_forms(dates.second_mark, DateSense::SecondMark, of);
        self.add_forms(dates.year_mark, DateSense::YearMark, of);
        self.add_forms(dates.month_mark, DateSense::MonthMark, of);
        self.add_forms(dates.day_mark, DateSense::DayMark, of);
        self.add_forms(dates.at, DateSense::At, of);
        self.add_forms(dates.of, DateSense::Of, of);
        self.add_forms(dates.from, DateSense::From, of);
        self.add_forms(dates.to, DateSense::To, of);
        self.add_forms(dates.year_word, DateSense::YearWord, of);
        self.add_forms(dates.epi_week, DateSense::EpiWeek, of);
        self.add_forms(dates.epi_letters, DateSense::EpiLetters, of);
        self.add_forms(dates.iso_week, DateSense::IsoWeek, of);
        self.add_forms(dates.filler, DateSense::Filler, of);
        self.add_forms(dates.counter, DateSense::Counter, of);
    }

    fn add_numbered(
        &mut self,
        numbered: Numbered,
        sense: impl Fn(i32) -> Option<DateSense>,
        of: LanguageSet,
    ) {
        for (number, forms) in numbered {
            if let Some(sense) = sense(*number) {
                self.add_forms(forms, sense, of);
            }
        }
    }

    fn add_spans(
        &mut self,
        spans: &SpanWords,
        sense: impl Fn(TimeUnit) -> DateSense,
        of: LanguageSet,
    ) {
        self.add_forms(spans.second, sense(TimeUnit::Second), of);
        self.add_forms(spans.minute, sense(TimeUnit::Minute), of);
        self.add_forms(spans.hour, sense(TimeUnit::Hour), of);
        self.add_forms(spans.day, sense(TimeUnit::Day), of);
        self.add_forms(spans.week, sense(TimeUnit::Week), of);
        self.add_forms(spans.month, sense(TimeUnit::Month), of);
        self.add_forms(spans.year, sense(TimeUnit::Year), of);
        self.add_forms(spans.decade, sense(TimeUnit::Decade), of);
    }

    fn add_forms(&mut self, forms: &[&str], sense: DateSense, languages: LanguageSet) {
        for form in forms.iter().map(|form| fold_words(form.trim())) {
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
            find_word(word)
                .unwrap()
                .senses
                .iter()
                .map(|(sense, _)| *sense)
                .collect::<Vec<_>>()
        };
        assert_eq!(senses("mar"), [DateSense::Month(3), DateSense::Weekday(1)]);
        assert_eq!(senses("ago"), [DateSense::Month(8), DateSense::Ago]);
        assert!(find_word("caribe").is_none());
    }

    #[test]
    fn languages_with_dates_have_all_months_and_weekdays() {
        for table in TABLES.iter().filter(|table| !table.weekdays.is_empty()) {
            let language = LanguageSet::from_table(table);
            let has = |sense: DateSense| {
                WORDS
                    .values()
                    .flat_map(|entry| &entry.senses)
                    .any(|(known, of)| *known == sense && of.intersects(language))
            };
            // Other languages number their months.
            let months = 1..=12;
            let named = months.filter(|month| has(DateSense::Month(*month))).count();
            let counted = !table.dates.month_mark.is_empty() || table.code == "ja";
            assert!(named == 12 || counted, "{}", table.code);
            assert!(
                (0..7).all(|weekday| has(DateSense::Weekday(weekday))),
                "{}",
                table.code
            );
        }
    }
}
