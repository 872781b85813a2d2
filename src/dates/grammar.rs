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

pub(super) use self::clock::{ClockTime, ZoneOffset};
pub(super) use self::numbers::shown_order;
use super::DateHints;
use super::tokens::{DateToken, DateTokenKind};
use super::words::{DateSense, LanguageSet, TimeUnit};
use crate::languages::{self, UsualOrder};
use crate::model::{DateOrder, Language};

/// The meaning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateMeaning {
    pub(super) what: DateOrSpan,
    pub(super) clock: Option<ClockTime>,
    /// The certainty that this is a date.
    pub(super) strength: DateStrength,
    /// True if the order of day and month was learned from other dates.
    pub(super) learned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrSpan {
    /// A day or a longer period, or a range of them.
    Days {
        first: WrittenDay,
        last: Option<WrittenDay>,
    },
    /// A length of time ago, or ahead.
    Span(TimeSpan),
}

/// A day or a period as written, which may not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrittenDay {
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
    Weekday(u8, Occurrence),
    /// The last or the next week, month or year.
    Whole(TimeUnit, Occurrence),
    /// Not given: a time of day alone.
    Unsaid,
}

/// The choice among recurring days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occurrence {
    /// The latest that is not in the future.
    Latest,
    /// The one before the current one.
    Last,
    Next,
}

/// A length of time from now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TimeSpan {
    pub(super) months: u32,
    pub(super) days: u32,
    pub(super) seconds: u64,
    /// The finest unit in it.
    pub(super) finest: Option<TimeUnit>,
    pub(super) ahead: bool,
    /// True if only the unit was given: `a few minutes`.
    pub(super) vague: bool,
}

/// The certainty that a meaning is a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DateStrength {
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
struct KnownOrder {
    set: Option<DateOrder>,
    learned: Option<DateOrder>,
    usual: Option<DateOrder>,
}

/// The forms of dates, over the tokens of one text.
pub(super) struct DateGrammar<'t> {
    start: TokenCursor<'t>,
}

impl<'t> DateGrammar<'t> {
    pub(super) fn new(text: &'t str, tokens: &'t [DateToken], hints: &DateHints) -> Self {
        let order = KnownOrder {
            set: hints.order,
            learned: hints.learned,
            usual: hints.language.and_then(usual_order),
        };
        let start = TokenCursor {
            text,
            tokens,
            at: 0,
            order,
            languages: LanguageSet::from_language(hints.language),
            tomorrow: hints.today().succ_opt().unwrap_or(NaiveDate::MAX),
            learned: false,
        };
        Self { start }
    }

    /// Returns the date that begins with the token at `start`, and the index of the token after it.
    pub(super) fn match_at(&self, start: usize) -> Option<(DateMeaning, usize)> {
        let mut cursor = TokenCursor {
            at: start,
            ..self.start
        };
        if !cursor.may_begin() {
            return None;
        }
        let meaning = cursor.match_longest(&[
            TokenCursor::parse_day_then_clock,
            TokenCursor::parse_clock_within_day,
            TokenCursor::parse_span,
            TokenCursor::parse_clock_then_day,
            TokenCursor::parse_now,
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
fn expand_year(year: u32) -> u32 {
    if year < 50 { 2000 + year } else { 1900 + year }
}

/// A position among the tokens. A form that fails may leave it anywhere: [`Cursor::attempt`] restores it.
#[derive(Clone, Copy)]
struct TokenCursor<'t> {
    text: &'t str,
    tokens: &'t [DateToken],
    at: usize,
    order: KnownOrder,
    languages: LanguageSet,
    tomorrow: NaiveDate,
    /// True if the learned order was used.
    learned: bool,
}

type GrammarForm<'t, T> = fn(&mut TokenCursor<'t>) -> Option<T>;

/// Reading tokens one after another.
impl<'t> TokenCursor<'t> {
    fn peek(&self) -> Option<&'t DateToken> {
        self.tokens.get(self.at)
    }

    fn is_glued(&self) -> bool {
        self.peek().is_some_and(|token| !token.spaced)
    }

    fn attempt<T>(&mut self, form: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut ahead = *self;
        let found = form(&mut ahead)?;
        *self = ahead;
        Some(found)
    }

    /// Returns the longest match among the forms; of equal ones, the first.
    fn match_longest<T>(&mut self, forms: &[GrammarForm<'t, T>]) -> Option<T> {
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
    fn parse_sense<T>(&mut self, pick: impl Fn(DateSense) -> Option<T>) -> Option<T> {
        let DateTokenKind::Word(senses) = self.peek()?.kind else {
            return None;
        };
        let own = senses
            .iter()
            .filter(|(_, languages)| languages.intersects(self.languages));
        let found = own.chain(senses).find_map(|(sense, _)| pick(*sense))?;
        self.at += 1;
        Some(found)
    }

    fn parse_word(&mut self, sense: DateSense) -> Option<()> {
        self.peek()?.means(sense).then(|| self.at += 1)
    }

    fn parse_sign(&mut self, signs: &str) -> Option<char> {
        match self.peek()?.kind {
            DateTokenKind::Sign(sign) if signs.contains(sign) => {
                self.at += 1;
                Some(sign)
            }
            _ => None,
        }
    }

    fn parse_number(&mut self, digits: RangeInclusive<usize>) -> Option<u32> {
        self.parse_counted_number(digits).map(|(value, _)| value)
    }

    fn parse_counted_number(&mut self, allowed: RangeInclusive<usize>) -> Option<(u32, usize)> {
        match self.peek()?.kind {
            DateTokenKind::Number(value, digits) if allowed.contains(&digits) => {
                self.at += 1;
                Some((value, digits))
            }
            _ => None,
        }
    }

    fn parse_glued_number(&mut self, digits: RangeInclusive<usize>) -> Option<u32> {
        self.is_glued().then(|| self.parse_number(digits))?
    }

    /// Skips the text between the parts of a date, allowing these signs: `28 de junio`, `28-Jun`, `28th of`, `Sept.` A
    /// dash between spaces is not part of a date: `Bulletin 7 - June 2021`.
    fn skip_separator(&mut self, signs: &str) {
        for _ in 0..3 {
            let dash = self
                .peek()
                .is_some_and(|token| token.spaced && token.is_sign("-"));
            let sign = if dash { None } else { self.parse_sign(signs) };
            if sign.is_none()
                && self.parse_word(DateSense::Of).is_none()
                && self.parse_word(DateSense::YearWord).is_none()
            {
                return;
            }
        }
    }

    /// Skips the text between a day and its time: `28 June 2021, at 10:30`, `28 June (Monday) | Updated 10:30`.
    fn skip_to_time(&mut self) {
        for _ in 0..5 {
            let weekday = |sense| matches!(sense, DateSense::Weekday(_)).then_some(());
            let found = self
                .attempt(Self::parse_word_in_brackets)
                .or_else(|| self.parse_sign(",.:;-|/@•·()").map(|_| ()));
            if found
                .or_else(|| self.parse_word(DateSense::Filler))
                .or_else(|| self.parse_sense(weekday))
                .is_none()
            {
                return;
            }
        }
    }

    fn parse_word_in_brackets(&mut self) -> Option<()> {
        self.parse_sign("(")?;
        matches!(self.peek()?.kind, DateTokenKind::Word(_)).then(|| self.at += 1)?;
        self.parse_sign(")").map(|_| ())
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
                DateTokenKind::Sign(sign) => {
                    "-/.:".contains(sign)
                        && !last.spaced
                        && before(2).is_some_and(DateToken::is_number)
                }
                DateTokenKind::Number(..) | DateTokenKind::Word(_) => true,
            };
        // `No. 12 April 2022`
        let noun = if last.is_sign(".:") {
            before(2)
        } else {
            Some(last)
        };
        let is_counter =
            |before: &DateToken| before.means(DateSense::Counter) || before.is_sign("$€£¥₡₲#");
        let numbered = token.is_number() && noun.is_some_and(is_counter);
        !within && !numbered
    }

    /// Returns true if more of a number follows without a space: `10.1.12.5`.
    fn number_continues(&self) -> bool {
        let mut ahead = *self;
        ahead.is_glued()
            && ahead.parse_sign("-/.").is_some()
            && ahead.parse_glued_number(1..=usize::MAX).is_some()
    }
}

/// Whole dates.
impl TokenCursor<'_> {
    fn parse_day_then_clock(&mut self) -> Option<DateMeaning> {
        let (what, strength) = self.parse_days()?;
        let clock = self.attempt(|ahead| {
            ahead.skip_to_time();
            ahead.parse_clocks()
        });
        Some(self.build_meaning(what, clock, strength))
    }

    /// Reads `10:30 am, 28 June 2021`; a time alone is today's.
    fn parse_clock_then_day(&mut self) -> Option<DateMeaning> {
        let clock = Some(self.parse_clocks()?);
        let day = self.attempt(|ahead| {
            ahead.skip_to_time();
            ahead.parse_days()
        });
        let first = WrittenDay::Unsaid;
        let (what, strength) = day.unwrap_or((
            DateOrSpan::Days { first, last: None },
            DateStrength::Presumed,
        ));
        Some(self.build_meaning(what, clock, strength))
    }

    /// Reads `Mon Jun 28 10:30:00 UTC 2021`, as C and Unix write it.
    fn parse_clock_within_day(&mut self) -> Option<DateMeaning> {
        self.parse_weekday();
        let month = self.parse_month()?;
        let day = self.parse_number(1..=2)?;
        let clock = Some(self.parse_clock()?);
        let year = self.parse_full_year()?;
        let first = WrittenDay::Full { year, month, day };
        Some(self.build_meaning(
            DateOrSpan::Days { first, last: None },
            clock,
            DateStrength::Sure,
        ))
    }

    fn build_meaning(
        &self,
        what: DateOrSpan,
        clock: Option<ClockTime>,
        strength: DateStrength,
    ) -> DateMeaning {
        // A day given with its time is certainly a day.
        let told =
            clock.is_some_and(|clock| clock.offset.is_some()) && strength == DateStrength::Alone;
        DateMeaning {
            what,
            clock,
            strength: if told { DateStrength::Sure } else { strength },
            learned: self.learned,
        }
    }
}
