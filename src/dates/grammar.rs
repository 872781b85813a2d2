//! What tokens say together: a day with or without a time of day, or a span that has passed.
//!
//! Every form is tried where a date may begin, and the one that reaches furthest is meant: `28 June 2021` is not
//! `28 June`. Each form looks at a bounded number of tokens, so that a text costs what it is long.

use std::ops::RangeInclusive;

use chrono::{FixedOffset, NaiveTime};

use super::Hints;
use super::tokens::{Kind, Token};
use super::words::{Half, Sense, Unit};
use crate::model::{DateOrder, Language};

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Moment { day: Day, clock: Option<Clock> },
    Elapsed { count: u32, unit: Unit },
}

/// A day as written; nothing says yet that there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Day {
    Full {
        year: i32,
        month: u32,
        day: u32,
    },
    WithoutYear {
        month: u32,
        day: u32,
    },
    /// Days before today.
    Back(u32),
}

/// A time of day, with the offset from UTC where one was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) time: NaiveTime,
    pub(super) offset: Option<FixedOffset>,
}

/// The forms of dates, over the tokens of one text.
pub(super) struct Grammar<'t> {
    tokens: &'t [Token],
    order: Option<DateOrder>,
}

impl<'t> Grammar<'t> {
    pub(super) fn new(tokens: &'t [Token], hints: &Hints) -> Self {
        let usual = || hints.language.and_then(usual_order);
        Self {
            tokens,
            order: hints.order.or_else(usual),
        }
    }

    /// The date that begins with the token at `start`, and the place of the token after it.
    pub(super) fn match_at(&self, start: usize) -> Option<(Meaning, usize)> {
        let mut cursor = Cursor {
            tokens: self.tokens,
            at: start,
            order: self.order,
        };
        if cursor.continues_a_number() {
            return None;
        }
        let meaning = cursor.longest(&[
            Cursor::day_then_clock,
            Cursor::clock_then_day,
            Cursor::clock_within_day,
            Cursor::elapsed,
        ])?;
        (!cursor.number_continues()).then_some((meaning, cursor.at))
    }
}

/// Signs between a day and its month. A comma is none of them: `No. 12, April 2022` is no day.
const WITHIN_DAY: &str = ".-/";

/// Signs between a day of a month and its year.
const BEFORE_YEAR: &str = ".,-/'";

/// English is written in both orders; the other European languages put the day first.
fn usual_order(language: &Language) -> Option<DateOrder> {
    let day_first = [
        "ca", "cs", "da", "de", "el", "es", "eu", "fi", "fr", "gl", "ht", "hr", "it", "nb", "nl",
        "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "tr", "uk",
    ];
    day_first
        .contains(&language.primary())
        .then_some(DateOrder::DayMonthYear)
}

/// RFC 5322 §4.3: two digits up to 49 are of this century.
fn century(year: u32) -> u32 {
    if year < 50 { 2000 + year } else { 1900 + year }
}

/// Day and month of an all-numeric date whose year stands last.
fn day_and_month(first: u32, second: u32, order: Option<DateOrder>) -> Option<(u32, u32)> {
    match (first > 12, second > 12, order) {
        (true, true, _) => None,
        (true, false, _) | (false, false, Some(DateOrder::DayMonthYear)) => Some((first, second)),
        (false, true, _) | (false, false, Some(DateOrder::MonthDayYear)) => Some((second, first)),
        _ => (first == second).then_some((first, second)),
    }
}

/// A place among the tokens. A form that fails leaves it anywhere: [`Cursor::attempt`] puts it back.
#[derive(Clone, Copy)]
struct Cursor<'t> {
    tokens: &'t [Token],
    at: usize,
    order: Option<DateOrder>,
}

type Form<'t, T> = fn(&mut Cursor<'t>) -> Option<T>;

/// Tokens, one after another.
impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn glued(&self) -> bool {
        self.peek().is_some_and(|token| !token.spaced)
    }

    fn attempt<T>(&mut self, form: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut ahead = *self;
        let found = form(&mut ahead)?;
        self.at = ahead.at;
        Some(found)
    }

    /// The form that reaches furthest; of equals, the first.
    fn longest<T>(&mut self, forms: &[Form<'t, T>]) -> Option<T> {
        let mut best: Option<(T, usize)> = None;
        for form in forms {
            let mut ahead = *self;
            if let Some(found) = form(&mut ahead)
                && best.as_ref().is_none_or(|(_, end)| ahead.at > *end)
            {
                best = Some((found, ahead.at));
            }
        }
        let (found, end) = best?;
        self.at = end;
        Some(found)
    }

    fn sense<T>(&mut self, pick: impl Fn(Sense) -> Option<T>) -> Option<T> {
        let Kind::Word(senses) = self.peek()?.kind else {
            return None;
        };
        let found = senses.iter().find_map(|sense| pick(*sense))?;
        self.at += 1;
        Some(found)
    }

    fn word(&mut self, sense: Sense) -> Option<()> {
        self.sense(|found| (found == sense).then_some(()))
    }

    fn sign(&mut self, signs: &str) -> Option<char> {
        match self.peek()?.kind {
            Kind::Sign(sign) if signs.contains(sign) => {
                self.at += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn number(&mut self, digits: RangeInclusive<usize>) -> Option<u32> {
        self.counted_number(digits).map(|(value, _)| value)
    }

    fn counted_number(&mut self, allowed: RangeInclusive<usize>) -> Option<(u32, usize)> {
        match self.peek()?.kind {
            Kind::Number(value, digits) if allowed.contains(&digits) => {
                self.at += 1;
                Some((value, digits))
            }
            _ => None,
        }
    }

    fn glued_number(&mut self, digits: RangeInclusive<usize>) -> Option<u32> {
        self.glued().then(|| self.number(digits))?
    }

    /// What stands between the parts of a date, with these signs: `28 de junio`, `28-Jun`, `28th of`, `Sept.`
    fn between(&mut self, signs: &str) {
        for _ in 0..3 {
            if self.sign(signs).is_none() && self.word(Sense::Of).is_none() {
                return;
            }
        }
    }

    /// What stands between a day and its time: `28 June 2021, at 10:30`.
    fn links(&mut self) {
        for _ in 0..4 {
            let sign = self.sign(",.:;-|/@•·(").is_some();
            if !sign && self.word(Sense::Filler).is_none() {
                return;
            }
        }
    }

    /// Whether the token here is glued to a number or word before it: `192.168.1.1`, `A28/06/2021`.
    fn continues_a_number(&self) -> bool {
        let Some(before) = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)) else {
            return false;
        };
        let number_before = || {
            let at = self.at.checked_sub(2)?;
            Some(matches!(self.tokens.get(at)?.kind, Kind::Number(..)))
        };
        self.glued()
            && match before.kind {
                Kind::Sign(sign) => {
                    "-/.:".contains(sign) && !before.spaced && number_before() == Some(true)
                }
                Kind::Number(..) | Kind::Word(_) => true,
            }
    }

    /// Whether more of a number is glued on here: `10.1.12.5`.
    fn number_continues(&self) -> bool {
        let mut ahead = *self;
        ahead.glued() && ahead.sign("-/.").is_some() && ahead.glued_number(1..=usize::MAX).is_some()
    }
}

/// Whole dates.
impl Cursor<'_> {
    fn day_then_clock(&mut self) -> Option<Meaning> {
        let day = self.day()?;
        let clock = self.attempt(|ahead| {
            ahead.links();
            ahead.clock()
        });
        Some(Meaning::Moment { day, clock })
    }

    /// `10:30 am, 28 June 2021`
    fn clock_then_day(&mut self) -> Option<Meaning> {
        let clock = Some(self.clock()?);
        self.links();
        let day = self.day()?;
        Some(Meaning::Moment { day, clock })
    }

    /// `Mon Jun 28 10:30:00 UTC 2021`, as C and Unix write it.
    fn clock_within_day(&mut self) -> Option<Meaning> {
        self.word(Sense::Weekday);
        let month = self.month()?;
        let day = self.number(1..=2)?;
        let clock = Some(self.clock()?);
        let year = self.full_year()?;
        let day = Day::Full { year, month, day };
        Some(Meaning::Moment { day, clock })
    }

    /// `3 days ago`, `hace una semana`
    fn elapsed(&mut self) -> Option<Meaning> {
        let led = self.word(Sense::Since).is_some();
        let count = match self.number(1..=4) {
            Some(count) => count,
            None => self.word(Sense::One).map(|()| 1)?,
        };
        let unit = self.sense(|sense| match sense {
            Sense::Unit(unit) => Some(unit),
            _ => None,
        })?;
        if !led && self.word(Sense::Ago).is_none() {
            self.word(Sense::Since)?;
        }
        Some(Meaning::Elapsed { count, unit })
    }
}

/// Days.
impl Cursor<'_> {
    fn day(&mut self) -> Option<Day> {
        self.longest(&[Self::bare_day, Self::day_after_weekday])
    }

    fn day_after_weekday(&mut self) -> Option<Day> {
        self.word(Sense::Weekday)?;
        for _ in 0..2 {
            self.sign(".,");
        }
        self.bare_day()
    }

    fn bare_day(&mut self) -> Option<Day> {
        self.longest(&[
            Self::numeric,
            Self::day_month,
            Self::month_day,
            Self::days_back,
        ])
    }

    fn days_back(&mut self) -> Option<Day> {
        self.sense(|sense| match sense {
            Sense::DaysBack(days) => Some(Day::Back(days)),
            _ => None,
        })
    }

    /// `28/06/2021`, `2021-06-28`, `28. 06. 21`
    fn numeric(&mut self) -> Option<Day> {
        let (first, first_digits) = self.counted_number(1..=4)?;
        let separator = self.sign("-/.")?;
        let second = self.number(1..=2)?;
        (self.sign("-/.")? == separator).then_some(())?;
        let (third, third_digits) = self.counted_number(1..=4)?;
        let year_first = self.order == Some(DateOrder::YearMonthDay);
        let (year, month, day) = match (first_digits, third_digits) {
            (4, 1 | 2) => (first, second, third),
            (2, 2) if year_first => (century(first), second, third),
            (1 | 2, 2 | 4) => {
                let (day, month) = day_and_month(first, second, self.order)?;
                let year = if third_digits == 2 {
                    century(third)
                } else {
                    third
                };
                (year, month, day)
            }
            _ => return None,
        };
        let year = i32::try_from(year).ok()?;
        Some(Day::Full { year, month, day })
    }

    /// `28 June, 2021`, `28 de junio`, `28-29 Jun. 2021`
    fn day_month(&mut self) -> Option<Day> {
        let (day, month) = self.day_and_month()?;
        let year = self.attempt(|ahead| {
            ahead.between(BEFORE_YEAR);
            let full = ahead.full_year();
            full.or_else(|| ahead.attempt(Self::short_year))
        });
        self.with_year(year, month, day)
    }

    /// `June 28th, 2021`, `June 28`, `September 17-18, 2021`
    fn month_day(&mut self) -> Option<Day> {
        let (day, month) = self.month_and_day()?;
        let year = self.attempt(|ahead| {
            ahead.between(BEFORE_YEAR);
            ahead.full_year()
        });
        self.with_year(year, month, day)
    }

    fn day_and_month(&mut self) -> Option<(u32, u32)> {
        let day = self.day_of_month()?;
        self.attempt(Self::rest_of_range);
        self.between(WITHIN_DAY);
        Some((day, self.month()?))
    }

    fn month_and_day(&mut self) -> Option<(u32, u32)> {
        let month = self.month()?;
        self.between(WITHIN_DAY);
        let day = self.day_of_month()?;
        self.attempt(Self::rest_of_range);
        Some((day, month))
    }

    /// A day without a year, unless what follows is a year with something stuck to it: that year we do not know.
    fn with_year(&mut self, year: Option<i32>, month: u32, day: u32) -> Option<Day> {
        let year = year.or_else(|| self.attempt(|ahead| ahead.year_of_range(month)));
        let mut ahead = *self;
        ahead.between(BEFORE_YEAR);
        match year {
            Some(year) => Some(Day::Full { year, month, day }),
            None if ahead.number(5..=usize::MAX).is_some() => None,
            None => Some(Day::WithoutYear { month, day }),
        }
    }

    fn day_of_month(&mut self) -> Option<u32> {
        let day = self.number(1..=2)?;
        if self.glued() {
            self.word(Sense::Ordinal);
        }
        Some(day)
    }

    fn rest_of_range(&mut self) -> Option<u32> {
        self.to()?;
        self.day_of_month()
    }

    /// The year of a day in `month`, given with the last day of a range: `30 April – 2 May 2021`.
    fn year_of_range(&mut self, month: u32) -> Option<i32> {
        self.to()?;
        let day_first = self.attempt(Self::day_and_month);
        let (_, last_month) = day_first.or_else(|| self.month_and_day())?;
        self.between(BEFORE_YEAR);
        let year = self.full_year()?;
        Some(if last_month < month { year - 1 } else { year })
    }

    fn to(&mut self) -> Option<()> {
        let sign = self.sign("-&").map(|_| ());
        sign.or_else(|| self.word(Sense::To))
    }

    fn month(&mut self) -> Option<u32> {
        let month = self.sense(|sense| match sense {
            Sense::Month(month) => Some(month),
            _ => None,
        })?;
        self.sign(".");
        Some(month)
    }

    fn full_year(&mut self) -> Option<i32> {
        i32::try_from(self.number(4..=4)?).ok()
    }

    /// Two digits are a year where nothing else can follow: at the end, or before the time.
    fn short_year(&mut self) -> Option<i32> {
        let year = century(self.number(2..=2)?);
        let mut ahead = *self;
        let last = ahead.peek().is_none_or(|next| next.is_sign(")|"));
        (last || ahead.clock().is_some()).then_some(i32::try_from(year).ok()?)
    }
}

/// Times of day.
impl Cursor<'_> {
    fn clock(&mut self) -> Option<Clock> {
        let after_mark = self.word(Sense::TimeMark).is_some();
        let hour = self.number(1..=2)?;
        let (minute, second) = self.minutes()?;
        self.word(Sense::HourMark);
        let hour = match (self.attempt(Self::half), hour) {
            (Some(Half::Pm), 1..12) => hour + 12,
            (Some(Half::Am), 12) => 0,
            _ => hour,
        };
        // A leap second is the one before it.
        let time = NaiveTime::from_hms_opt(hour, minute, second.unwrap_or(0).min(59))?;
        // `10:30-11:30` is a range, not an offset.
        let glued_dash = self.glued() && self.peek().is_some_and(|next| next.is_sign("-"));
        let offset = if glued_dash && second.is_none() && !after_mark {
            None
        } else {
            self.attempt(Self::offset)
        };
        Some(Clock { time, offset })
    }

    /// Minutes, and seconds where given: `:30`, `:30:00.5`, `h30`, `.30 pm`, or none before `pm`.
    fn minutes(&mut self) -> Option<(u32, Option<u32>)> {
        if self.sign(":").is_some() {
            let minute = self.number(2..=2)?;
            return Some((minute, self.attempt(Self::seconds)));
        }
        if self.glued() && self.word(Sense::HourMark).is_some() {
            return Some((self.glued_number(2..=2).unwrap_or(0), None));
        }
        let minute = self.attempt(|ahead| {
            ahead.sign(".")?;
            ahead.number(2..=2)
        });
        let mut ahead = *self;
        let marked = minute.is_some() && ahead.word(Sense::HourMark).is_some();
        (marked || ahead.half().is_some()).then_some((minute.unwrap_or(0), None))
    }

    /// The fraction is read over: nobody publishes by the millisecond.
    fn seconds(&mut self) -> Option<u32> {
        self.sign(":")?;
        let second = self.number(2..=2)?;
        self.attempt(|ahead| {
            ahead.sign(".,")?;
            ahead.glued_number(1..=9)
        });
        (second <= 60).then_some(second)
    }

    /// `pm`, `p.m.`, `p. m.`
    fn half(&mut self) -> Option<Half> {
        let whole = self.sense(|sense| match sense {
            Sense::Half(half) => Some(half),
            _ => None,
        });
        if whole.is_some() {
            return whole;
        }
        let half = self.sense(|sense| match sense {
            Sense::HalfLetter(half) => Some(half),
            _ => None,
        })?;
        self.sign(".");
        self.word(Sense::HalfMark)?;
        self.sign(".");
        Some(half)
    }

    /// `Z`, `CST`, `-0600`, `+02:00 (CEST)`, `(GMT-6)`
    fn offset(&mut self) -> Option<FixedOffset> {
        self.sign("(");
        let minutes = match self.zone() {
            Some(0) => self.attempt(|ahead| ahead.shift(1..=2)).unwrap_or(0),
            Some(minutes) => minutes,
            None => self.shift(2..=2)?,
        };
        self.attempt(|ahead| {
            ahead.sign("(")?;
            ahead.zone()
        });
        self.sign(")");
        FixedOffset::east_opt(minutes * 60)
    }

    fn zone(&mut self) -> Option<i32> {
        self.sense(|sense| match sense {
            Sense::Zone(minutes) => Some(minutes),
            _ => None,
        })
    }

    /// `-0600`, `-06:00`, or hours alone of so many digits, as minutes.
    fn shift(&mut self, hour_digits: RangeInclusive<usize>) -> Option<i32> {
        let sign = self.sign("+-")?;
        let (hours, minutes) = if let Some(both) = self.glued_number(4..=4) {
            (both / 100, both % 100)
        } else {
            let hours = self.glued_number(hour_digits)?;
            let minutes = self.attempt(|ahead| {
                ahead.sign(":")?;
                ahead.glued_number(2..=2)
            });
            (hours, minutes.unwrap_or(0))
        };
        let east = i32::try_from(hours * 60 + minutes).ok()?;
        (hours <= 14 && minutes < 60).then_some(if sign == '-' { -east } else { east })
    }
}
