//! The words that dates are written with. A language is a [`Lexicon`]: adding one is adding data.
//!
//! Words stand here as [`fold`] leaves them: lower case, without accents. A word may mean several things (`mar` is a
//! month and a weekday, `ago` is August and English): the grammar takes whichever fits.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What a word can mean in a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// From 1.
    Month(u32),
    Weekday,
    Unit(Unit),
    /// `today` is 0, `yesterday` 1.
    DaysBack(u32),
    /// After the span: `3 days ago`.
    Ago,
    /// Before or after the span: `hace 3 días`, `3 días hace`.
    Since,
    /// `an` in `an hour ago`.
    One,
    /// The ending of a number: `st`, `º`.
    Ordinal,
    /// `am`
    Half(Half),
    /// `a` in `a. m.`
    HalfLetter(Half),
    /// `m` in `a. m.`
    HalfMark,
    /// `h` in `09:10h` and `9h10`
    HourMark,
    /// `T` in `2021-06-28T09:10`
    TimeMark,
    /// Minutes east of Greenwich.
    Zone(i32),
    /// Between the parts of a date: `28 de junio`.
    Of,
    /// Between the days of a range: `28 and 29 June`.
    To,
    /// Around a date, telling nothing of it.
    Filler,
}

/// Half of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Am,
    Pm,
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// Lower case, compatibility forms resolved, accents removed.
pub(super) fn fold(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c)
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
}

/// All that a folded word can mean; nothing for a word that no date is written with.
pub(super) fn senses(word: &str) -> &'static [Sense] {
    SENSES.get(word).map_or(&[], Vec::as_slice)
}

/// The words of one language, several forms in one string.
struct Lexicon {
    /// January first.
    months: [&'static str; 12],
    weekdays: &'static str,
    /// Seconds first, as in [`UNITS`].
    units: [&'static str; 7],
    /// Today first, each a day further back.
    days_back: &'static [&'static str],
    ago: &'static str,
    since: &'static str,
    one: &'static str,
    ordinal: &'static str,
    hour_mark: &'static str,
    of: &'static str,
    to: &'static str,
    filler: &'static str,
}

const UNITS: [Unit; 7] = [
    Unit::Second,
    Unit::Minute,
    Unit::Hour,
    Unit::Day,
    Unit::Week,
    Unit::Month,
    Unit::Year,
];

const ENGLISH: Lexicon = Lexicon {
    months: [
        "january jan",
        "february feb febr",
        "march mar",
        "april apr",
        "may",
        "june jun",
        "july jul",
        "august aug",
        "september sep sept",
        "october oct",
        "november nov",
        "december dec",
    ],
    weekdays: "monday mon tuesday tue tues wednesday wed weds thursday thu thur thurs friday fri saturday sat \
               sunday sun",
    units: [
        "second seconds sec secs",
        "minute minutes min mins",
        "hour hours hr hrs h",
        "day days",
        "week weeks",
        "month months",
        "year years yr yrs",
    ],
    days_back: &["today", "yesterday"],
    ago: "ago",
    since: "",
    one: "a an one",
    ordinal: "st nd rd th",
    hour_mark: "h hr hrs hours",
    of: "of the",
    to: "and to",
    filler: "at created date dated issued last modified on post posted publication publish published release released \
             since the time update updated written",
};

const SPANISH: Lexicon = Lexicon {
    months: [
        "enero ene",
        "febrero feb",
        "marzo mar",
        "abril abr",
        "mayo may",
        "junio jun",
        "julio jul",
        "agosto ago",
        "septiembre setiembre sep sept set",
        "octubre oct",
        "noviembre nov",
        "diciembre dic",
    ],
    weekdays: "lunes lun martes mar miercoles mie mier jueves jue juev viernes vie vier sabado sab domingo dom",
    units: [
        "segundo segundos seg",
        "minuto minutos min",
        "hora horas h hs",
        "dia dias",
        "semana semanas",
        "mes meses",
        "ano anos",
    ],
    days_back: &["hoy", "ayer", "anteayer antier"],
    ago: "atras",
    since: "hace",
    one: "un una uno",
    ordinal: "o a er ero ro do da ra to ta",
    hour_mark: "h hs horas",
    of: "de del ano",
    to: "y e a al",
    filler: "a actualizada actualizado actualizacion creada creado de del dia el en escrito fecha hora la las los \
             modificado publicacion publicada publicado ultima",
};

/// Zones by name. Those that mean several are what the Americas mean by them.
const ZONES: [(&str, i32); 33] = [
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("cest", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("jst", 540),
    ("aest", 600),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("ndt", -150),
    ("brt", -180),
    ("art", -180),
    ("adt", -180),
    ("ast", -240),
    ("edt", -240),
    ("est", -300),
    ("cot", -300),
    ("cdt", -300),
    ("cst", -360),
    ("mdt", -360),
    ("mst", -420),
    ("pdt", -420),
    ("pst", -480),
    ("akst", -540),
    ("hst", -600),
];

static SENSES: LazyLock<HashMap<&'static str, Vec<Sense>>> = LazyLock::new(|| {
    let mut senses = Senses::default();
    senses.add("am", Sense::Half(Half::Am));
    senses.add("pm", Sense::Half(Half::Pm));
    senses.add("a", Sense::HalfLetter(Half::Am));
    senses.add("p", Sense::HalfLetter(Half::Pm));
    senses.add("m", Sense::HalfMark);
    senses.add("t", Sense::TimeMark);
    for (name, minutes) in ZONES {
        senses.add(name, Sense::Zone(minutes));
    }
    for lexicon in [&ENGLISH, &SPANISH] {
        senses.add_lexicon(lexicon);
    }
    senses.0
});

#[derive(Default)]
struct Senses(HashMap<&'static str, Vec<Sense>>);

impl Senses {
    fn add(&mut self, words: &'static str, sense: Sense) {
        for word in words.split_whitespace() {
            let senses = self.0.entry(word).or_default();
            if !senses.contains(&sense) {
                senses.push(sense);
            }
        }
    }

    fn add_lexicon(&mut self, lexicon: &Lexicon) {
        for (number, words) in (1..).zip(lexicon.months) {
            self.add(words, Sense::Month(number));
        }
        for (unit, words) in UNITS.into_iter().zip(lexicon.units) {
            self.add(words, Sense::Unit(unit));
        }
        for (days, words) in (0..).zip(lexicon.days_back) {
            self.add(words, Sense::DaysBack(days));
        }
        self.add(lexicon.weekdays, Sense::Weekday);
        self.add(lexicon.ago, Sense::Ago);
        self.add(lexicon.since, Sense::Since);
        self.add(lexicon.one, Sense::One);
        self.add(lexicon.ordinal, Sense::Ordinal);
        self.add(lexicon.hour_mark, Sense::HourMark);
        self.add(lexicon.of, Sense::Of);
        self.add(lexicon.to, Sense::To);
        self.add(lexicon.filler, Sense::Filler);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_folded() {
        for word in SENSES.keys() {
            assert_eq!(word.chars().flat_map(fold).collect::<String>(), *word);
        }
    }

    #[test]
    fn a_word_may_mean_several_things() {
        assert_eq!(senses("mar"), [Sense::Month(3), Sense::Weekday]);
        assert_eq!(senses("ago"), [Sense::Ago, Sense::Month(8)]);
        assert_eq!(senses("caribe"), []);
    }
}
