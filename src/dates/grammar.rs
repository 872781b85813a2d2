//! Combines tokens into dates: days, ranges of days, months, spans of time, with or without a time of day.
//!
//! Every form is tried wherever a date may begin, and the longest match wins: `28 June 2021` is not `28 June`. Each
//! form looks at a bounded number of tokens, so that the cost is linear in the text.
//!
//! `days` has the forms of days, `numbers` those in numbers, `spans` those relative to today, `clock` times of day.

mod clock;
mod days;
mod numbers;
mod spans;

use std::ops::RangeInclusive;

use chrono::NaiveDate;

pub(super) use self::clock::{Clock, Offset};
pub(super) use self::numbers::shown_order;
use super::Hints;
use super::tokens::{Token, TokenKind};
use super::words::{Languages, Sense, Unit};
use crate::languages::{self, UsualOrder};
use crate::model::{DateOrder, Language};

/// The meaning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) what: What,
    pub(super) clock: Option<Clock>,
    /// The certainty that this is a date.
    pub(super) strength: Strength,
    /// True if the order of day and month was learned from other dates.
    pub(super) learned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A day or a longer period, or a range of them.
    Days { first: Day, last: Option<Day> },
    /// A length of time ago, or ahead.
    Span(Span),
}

/// A day or a period as written, which may not exist.
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
    /// ISO 8601 §5.2.2
    OfYear {
        year: i32,
        day: u32,
    },
    Month {
        year: i32,
        month: u32,
    },
    MonthWithoutYear(u32),
    Year(i32),
    /// Sunday to Saturday; the first week has at least four days in the year.
    EpiWeek {
        year: Option<i32>,
        week: u32,
    },
    /// ISO 8601 §5.2.3; days are counted from Monday.
    IsoWeek {
        year: i32,
        week: u32,
        weekday: Option<u8>,
    },
    /// Number of days from today.
    Ahead(i32),
    Weekday(u8, Step),
    /// The last or the next week, month or year.
    Whole(Unit, Step),
    /// Not given: a time of day alone.
    Unsaid,
}

/// The choice among recurring days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The latest that is not in the future.
    Latest,
    /// The one before the current one.
    Last,
    Next,
}

/// A length of time from now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) months: u32,
    pub(super) days: u32,
    pub(super) seconds: u64,
    /// The finest unit in it.
    pub(super) finest: Option<Unit>,
    pub(super) ahead: bool,
    /// True if only the unit was given: `a few minutes`.
    pub(super) vague: bool,
}

/// The certainty that a meaning is a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// A date only where one is expected, and only relative to the time of reading: `Friday`, `10:30`, `3 hours`.
    Presumed,
    /// A date where one is expected; anywhere else a number or a word: `2021`, `today`.
    Alone,
    /// A month, or a week without its year: better than nothing.
    Coarse,
    /// A date anywhere.
    Sure,
}

/// The order of day and month, from any source that knows it.
#[derive(Clone, Copy, Debug)]
struct Order {
    set: Option<DateOrder>,
    learned: Option<DateOrder>,
    usual: Option<DateOrder>,
}

/// The forms of dates, over the tokens of one text.
pub(super) struct Grammar<'t> {
    start: Cursor<'t>,
}

impl<'t> Grammar<'t> {
    pub(super) fn new(text: &'t str, tokens: &'t [Token], hints: &Hints) -> Self {
        let order = Order {
            set: hints.order,
            learned: hints.learned,
            usual: hints.language.and_then(usual_order),
        };
        let start = Cursor {
            text,
            tokens,
            at: 0,
            order,
            languages: Languages::of(hints.language),
            tomorrow: hints.today().succ_opt().unwrap_or(NaiveDate::MAX),
            learned: false,
        };
        Self { start }
    }

    /// Returns the date that begins with the token at `start`, and the index of the token after it.
    pub(super) fn match_at(&self, start: usize) -> Option<(Meaning, usize)> {
        let mut cursor = Cursor {
            at: start,
            ..self.start
        };
        if !cursor.may_begin() {
            return None;
        }
        let meaning = cursor.longest(&[
            Cursor::day_then_clock,
            Cursor::clock_within_day,
            Cursor::span,
            Cursor::clock_then_day,
            Cursor::now,
        ])?;
        (!cursor.number_continues()).then_some((meaning, cursor.at))
    }
}

/// Returns the usual order of day and month in a language. English uses both, so only the country decides; the other
/// European languages put the day first.
pub fn usual_order(language: &Language) -> Option<DateOrder> {
    let order = languages::table(language.primary())?.date_order?;
    match (order, language.region()) {
        (UsualOrder::DayFirst, _) => Some(DateOrder::DayMonthYear),
        (UsualOrder::YearFirst, _) => Some(DateOrder::YearMonthDay),
        (UsualOrder::ByCountry, Some("US")) => Some(DateOrder::MonthDayYear),
        (UsualOrder::ByCountry, region) => region.map(|_| DateOrder::DayMonthYear),
    }
}

/// Completes a short year (RFC 5322 §4.3): two digits up to 49 belong to this century.
fn century(year: u32) -> u32 {
    if year < 50 { 2000 + year } else { 1900 + year }
}

/// A position among the tokens. A form that fails may leave it anywhere: [`Cursor::attempt`] restores it.
#[derive(Clone, Copy)]
struct Cursor<'t> {
    text: &'t str,
    tokens: &'t [Token],
    at: usize,
    order: Order,
    languages: Languages,
    tomorrow: NaiveDate,
    /// True if the learned order was used.
    learned: bool,
}

type Form<'t, T> = fn(&mut Cursor<'t>) -> Option<T>;

/// Reading tokens one after another.
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
        *self = ahead;
        Some(found)
    }

    /// Returns the longest match among the forms; of equal ones, the first.
    fn longest<T>(&mut self, forms: &[Form<'t, T>]) -> Option<T> {
        let mut best: Option<(T, Self)> = None;
        for form in forms {
            let mut ahead = *self;
            if let Some(found) = form(&mut ahead)
                && best.as_ref().is_none_or(|(_, end)| ahead.at > end.at)
            {
                best = Some((found, ahead));
            }
        }
        let (found, end) = best?;
        *self = end;
        Some(found)
    }

    /// Reads a word by its meaning, preferring the text's own language.
    fn sense<T>(&mut self, pick: impl Fn(Sense) -> Option<T>) -> Option<T> {
        let TokenKind::Word(senses) = self.peek()?.kind else {
            return None;
        };
        let own = senses
            .iter()
            .filter(|(_, languages)| languages.meets(self.languages));
        let found = own.chain(senses).find_map(|(sense, _)| pick(*sense))?;
        self.at += 1;
        Some(found)
    }

    fn word(&mut self, sense: Sense) -> Option<()> {
        self.peek()?.means(sense).then(|| self.at += 1)
    }

    fn sign(&mut self, signs: &str) -> Option<char> {
        match self.peek()?.kind {
            TokenKind::Sign(sign) if signs.contains(sign) => {
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
            TokenKind::Number(value, digits) if allowed.contains(&digits) => {
                self.at += 1;
                Some((value, digits))
            }
            _ => None,
        }
    }

    fn glued_number(&mut self, digits: RangeInclusive<usize>) -> Option<u32> {
        self.glued().then(|| self.number(digits))?
    }

    /// Skips the text between the parts of a date, allowing these signs: `28 de junio`, `28-Jun`, `28th of`, `Sept.` A
    /// dash between spaces is not part of a date: `Bulletin 7 - June 2021`.
    fn between(&mut self, signs: &str) {
        for _ in 0..3 {
            let dash = self
                .peek()
                .is_some_and(|token| token.spaced && token.is_sign("-"));
            let sign = if dash { None } else { self.sign(signs) };
            if sign.is_none()
                && self.word(Sense::Of).is_none()
                && self.word(Sense::YearWord).is_none()
            {
                return;
            }
        }
    }

    /// Skips the text between a day and its time: `28 June 2021, at 10:30`, `28 June (Monday) | Updated 10:30`.
    fn links(&mut self) {
        for _ in 0..5 {
            let weekday = |sense| matches!(sense, Sense::Weekday(_)).then_some(());
            let found = self
                .attempt(Self::word_in_brackets)
                .or_else(|| self.sign(",.:;-|/@•·()").map(|_| ()));
            if found
                .or_else(|| self.word(Sense::Filler))
                .or_else(|| self.sense(weekday))
                .is_none()
            {
                return;
            }
        }
    }

    fn word_in_brackets(&mut self) -> Option<()> {
        self.sign("(")?;
        matches!(self.peek()?.kind, TokenKind::Word(_)).then(|| self.at += 1)?;
        self.sign(")").map(|_| ())
    }

    /// Returns true if a date can begin here: not within a number, and not with a page number.
    fn may_begin(&self) -> bool {
        let Some(token) = self.peek().filter(|token| token.may_begin()) else {
            return false;
        };
        let before = |back: usize| self.at.checked_sub(back).and_then(|at| self.tokens.get(at));
        let Some(last) = before(1) else {
            return true;
        };
        // `192.168.1.1`, `A28/06/2021`
        let within = !token.spaced
            && match last.kind {
                TokenKind::Sign(sign) => {
                    "-/.:".contains(sign) && !last.spaced && before(2).is_some_and(Token::is_number)
                }
                TokenKind::Number(..) | TokenKind::Word(_) => true,
            };
        // `No. 12 April 2022`
        let noun = if last.is_sign(".:") {
            before(2)
        } else {
            Some(last)
        };
        let is_counter = |before: &Token| before.means(Sense::Counter) || before.is_sign("$€£¥₡₲#");
        let numbered = token.is_number() && noun.is_some_and(is_counter);
        !within && !numbered
    }

    /// Returns true if more of a number follows without a space: `10.1.12.5`.
    fn number_continues(&self) -> bool {
        let mut ahead = *self;
        ahead.glued() && ahead.sign("-/.").is_some() && ahead.glued_number(1..=usize::MAX).is_some()
    }
}

/// Whole dates.
impl Cursor<'_> {
    fn day_then_clock(&mut self) -> Option<Meaning> {
        let (what, strength) = self.days()?;
        let clock = self.attempt(|ahead| {
            ahead.links();
            ahead.clocks()
        });
        Some(self.meaning(what, clock, strength))
    }

    /// Reads `10:30 am, 28 June 2021`; a time alone is today's.
    fn clock_then_day(&mut self) -> Option<Meaning> {
        let clock = Some(self.clocks()?);
        let day = self.attempt(|ahead| {
            ahead.links();
            ahead.days()
        });
        let first = Day::Unsaid;
        let (what, strength) =
            day.unwrap_or((What::Days { first, last: None }, Strength::Presumed));
        Some(self.meaning(what, clock, strength))
    }

    /// Reads `Mon Jun 28 10:30:00 UTC 2021`, as C and Unix write it.
    fn clock_within_day(&mut self) -> Option<Meaning> {
        self.weekday();
        let month = self.month()?;
        let day = self.number(1..=2)?;
        let clock = Some(self.clock()?);
        let year = self.full_year()?;
        let first = Day::Full { year, month, day };
        Some(self.meaning(What::Days { first, last: None }, clock, Strength::Sure))
    }

    fn meaning(&self, what: What, clock: Option<Clock>, strength: Strength) -> Meaning {
        // A day given with its time is certainly a day.
        let told = clock.is_some_and(|clock| clock.offset.is_some()) && strength == Strength::Alone;
        Meaning {
            what,
            clock,
            strength: if told { Strength::Sure } else { strength },
            learned: self.learned,
        }
    }
}
