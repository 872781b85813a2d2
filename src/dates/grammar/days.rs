//! Days, ranges of days, months and years.

use super::{DateOrSpan, DateStrength, Occurrence, TokenCursor, WrittenDay, expand_year};
use crate::dates::words::{DateSense, TimeUnit};

/// Signs between a day and its month, excluding the comma: `No. 12, April 2022` is not a day.
const WITHIN_DAY: &str = ".-/";

/// Signs between a day of a month and its year.
const BEFORE_YEAR: &str = ".,-/'";

/// The plausible years of a bulletin: for others, more than four digits are not a year with a count glued to it.
const GLUED_YEARS: std::ops::RangeInclusive<u32> = 1990..=2049;

/// A day of a month by its name, or several days of it: `3-5 May 2021`.
#[derive(Clone, Copy)]
struct NamedDays {
    year: Option<i32>,
    month: u32,
    day: u32,
    last_day: Option<u32>,
    /// True if the month cannot be another word.
    sure: bool,
}

impl NamedDays {
    fn on_day(self, day: u32) -> WrittenDay {
        let month = self.month;
        match self.year {
            Some(year) => WrittenDay::Full { year, month, day },
            None => WrittenDay::WithoutYear { month, day },
        }
    }

    fn strength(self) -> DateStrength {
        if self.year.is_some() || self.sure {
            DateStrength::Sure
        } else {
            DateStrength::Alone
        }
    }
}

/// Days in any form.
impl TokenCursor<'_> {
    pub(super) fn parse_days(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        self.match_longest(&[
            Self::parse_named_days,
            Self::parse_numeric_days,
            Self::parse_months,
            Self::parse_marked_days,
            Self::parse_weeks,
            Self::parse_near_day,
            Self::parse_compact_date,
            Self::parse_lone_year,
            Self::parse_numeric_without_year,
            Self::parse_numeric_month,
        ])
    }

    /// Reads `lunes,` before a day.
    pub(super) fn parse_weekday(&mut self) -> Option<u8> {
        let weekday = self.parse_sense(DateSense::weekday)?;
        for _ in 0..2 {
            if self.parse_sign(".,").is_none()
                && self.parse_word(DateSense::Of).is_none()
                && self.parse_word(DateSense::Filler).is_none()
            {
                break;
            }
        }
        Some(weekday)
    }

    pub(super) fn parse_range_mark(&mut self) -> Option<()> {
        let sign = self.parse_sign("-&").map(|_| ());
        sign.or_else(|| self.parse_word(DateSense::To))
    }

    /// Reads the text between the ends of a range, and before the last day: `al`, `to the`, `– Friday`.
    pub(super) fn parse_range_to_day(&mut self) -> Option<()> {
        self.parse_sign(".,");
        self.parse_range_mark()?;
        self.parse_word(DateSense::Of);
        self.parse_weekday();
        Some(())
    }

    pub(super) fn parse_month(&mut self) -> Option<u32> {
        let month = self.parse_sense(|sense| match sense {
            DateSense::Month(month) => Some(month),
            _ => None,
        })?;
        self.parse_sign(".");
        // `آذار/مارس`, `March (marzo)`: the same in other words.
        self.attempt(|ahead| {
            let bracket = ahead.parse_sign("/(")? == '(';
            let again = ahead.parse_sense(|sense| (sense == DateSense::Month(month)).then_some(()));
            again.filter(|()| !bracket || ahead.parse_sign(")").is_some())
        });
        Some(month)
    }

    pub(super) fn parse_full_year(&mut self) -> Option<i32> {
        let year = i32::try_from(self.parse_number(4..=4)?).ok()?;
        self.attempt(|ahead| {
            let year = ahead.parse_word(DateSense::YearWord);
            ahead.parse_sign(".");
            year
        });
        Some(year)
    }
}

/// Days of a named month.
impl TokenCursor<'_> {
    /// Reads `28 June, 2021`, `lunes 28 de junio`, `June 6 and 7, 2019`, `du 3 novembre 2025 au 3 février 2026`.
    fn parse_named_days(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        self.attempt(|ahead| {
            ahead.parse_word(DateSense::From)?;
            ahead.parse_word(DateSense::Of);
            Some(())
        });
        let first =
            self.match_longest(&[Self::parse_weekday_and_named_day, Self::parse_named_day])?;
        if let Some(last) = first.last_day {
            let what = DateOrSpan::Days {
                first: first.on_day(first.day),
                last: Some(first.on_day(last)),
            };
            return Some((what, first.strength()));
        }
        let last = self.attempt(|ahead| {
            ahead.parse_range_to_day()?;
            ahead
                .parse_named_day()
                .filter(|last| last.last_day.is_none())
        });
        let Some(last) = last else {
            return Some((
                DateOrSpan::Days {
                    first: first.on_day(first.day),
                    last: None,
                },
                first.strength(),
            ));
        };
        let (first, last) = share_years(first, last);
        let strength = first.strength().min(last.strength());
        Some((
            DateOrSpan::Days {
                first: first.on_day(first.day),
                last: Some(last.on_day(last.day)),
            },
            strength,
        ))
    }

    /// Reads `lunes 28 de junio`. `Mar 25, 2024` is not a Tuesday in a language with a month of the same name.
    fn parse_weekday_and_named_day(&mut self) -> Option<NamedDays> {
        self.parse_weekday()?;
        self.parse_named_day()
    }

    fn parse_named_day(&mut self) -> Option<NamedDays> {
        self.match_longest(&[
            Self::parse_day_month,
            Self::parse_month_day,
            Self::parse_year_month_day,
        ])
    }

    /// Reads `28 June, 2021`, `28 de junio`, `28-29 Jun. 2021`.
    fn parse_day_month(&mut self) -> Option<NamedDays> {
        let (day, last_day) = self.parse_days_of_month()?;
        self.skip_separator(WITHIN_DAY);
        let sure = self.is_sure();
        let month = self.parse_month()?;
        let year = self.attempt(|ahead| {
            ahead.skip_separator(BEFORE_YEAR);
            ahead.parse_year_of_day(sure)
        });
        self.reject_glued_number()?;
        let year = year.or_else(|| self.parse_impossible_year());
        Some(NamedDays {
            year,
            month,
            day,
            last_day,
            sure,
        })
    }

    /// Reads `June 28th, 2021`, `June 28`, `September 17-18, 2021`.
    fn parse_month_day(&mut self) -> Option<NamedDays> {
        let sure = self.is_sure();
        let month = self.parse_month()?;
        self.skip_separator(WITHIN_DAY);
        let (day, last_day) = self.parse_days_of_month()?;
        let year = self.attempt(|ahead| {
            ahead.skip_separator(BEFORE_YEAR);
            let full = ahead.parse_full_year().or_else(|| ahead.parse_glued_year());
            full.or_else(|| ahead.parse_year_after_apostrophe())
        });
        self.reject_glued_number()?;
        let year = year.or_else(|| self.parse_impossible_year());
        Some(NamedDays {
            year,
            month,
            day,
            last_day,
            sure,
        })
    }

    /// Reads `2021. június 28.`, `2021-Jun-28`.
    fn parse_year_month_day(&mut self) -> Option<NamedDays> {
        let year = Some(self.parse_full_year()?);
        self.skip_separator(BEFORE_YEAR);
        let month = self.parse_month()?;
        self.skip_separator(WITHIN_DAY);
        let (day, last_day) = self.parse_days_of_month()?;
        self.parse_sign(".");
        Some(NamedDays {
            year,
            month,
            day,
            last_day,
            sure: true,
        })
    }

    /// Returns true if the name is not also a common word, or if it has a capital.
    fn is_sure(&self) -> bool {
        self.peek().is_some_and(|token| !token.ordinary)
    }

    /// Reads `28th`, `3-5`, `3, 4 y 5`.
    fn parse_days_of_month(&mut self) -> Option<(u32, Option<u32>)> {
        let first = self.parse_day_of_month()?;
        let last = self.attempt(|ahead| {
            let mut last = first;
            for _ in 0..6 {
                let next = |ahead: &mut Self| {
                    ahead.parse_sign(",")?;
                    ahead.parse_day_of_month().filter(|day| *day > last)
                };
                match ahead.attempt(next) {
                    Some(day) => last = day,
                    None => break,
                }
            }
            // `3./4. Mai`
            ahead
                .parse_range_to_day()
                .or_else(|| ahead.parse_sign("/").map(|_| ()))?;
            ahead.parse_day_of_month().filter(|day| *day > last)
        });
        Some((first, last))
    }

    fn parse_day_of_month(&mut self) -> Option<u32> {
        if self.parse_word(DateSense::First).is_some() {
            return Some(1);
        }
        let day = self.parse_number(1..=2)?;
        if self.is_glued() {
            self.parse_word(DateSense::Ordinal);
        }
        Some(day)
    }

    /// Reads `'21`.
    fn parse_year_after_apostrophe(&mut self) -> Option<i32> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at))?;
        let year = before
            .is_sign("'")
            .then(|| self.parse_glued_number(2..=2))??;
        i32::try_from(expand_year(year)).ok()
    }

    fn parse_year_of_day(&mut self, sure: bool) -> Option<i32> {
        let full = self.parse_full_year().or_else(|| self.parse_glued_year());
        full.or_else(|| sure.then(|| self.attempt(Self::parse_short_year))?)
    }

    /// Reads two digits as a year if nothing else can follow: at the end, or before the time.
    fn parse_short_year(&mut self) -> Option<i32> {
        let year = expand_year(self.parse_number(2..=2)?);
        let mut ahead = *self;
        let last = ahead.peek().is_none_or(|next| next.is_sign(")|"));
        (last || ahead.parse_clock().is_some()).then_some(i32::try_from(year).ok()?)
    }

    /// Reads a year with a count glued to it, as pages show the number of readers: `April 11, 2017861`, `April 11,
    /// 20171,018`.
    fn parse_glued_year(&mut self) -> Option<i32> {
        let (value, digits) = self.parse_counted_number(5..=9)?;
        let year = value / 10_u32.checked_pow(u32::try_from(digits).ok()?.checked_sub(4)?)?;
        self.attempt(|ahead| {
            ahead.parse_sign(",.").filter(|_| ahead.is_glued())?;
            ahead.parse_glued_number(1..=3)
        });
        GLUED_YEARS
            .contains(&year)
            .then_some(i32::try_from(year).ok()?)
    }

    /// Fails if the next text may be a year with something glued to it, because that year is unknown.
    fn reject_glued_number(&self) -> Option<()> {
        let mut ahead = *self;
        ahead.skip_separator(BEFORE_YEAR);
        ahead.parse_number(5..=usize::MAX).is_none().then_some(())
    }
}

/// The year that marks a missing date.
const NO_YEAR: i32 = 0;

/// Numbers in the place of a year that are not years.
impl TokenCursor<'_> {
    /// Reads a number in the place of a year that is not one: `30 Nov -0001`, `30 Nov 2 00:00:00`. The day is not in
    /// the current year either.
    fn parse_impossible_year(&mut self) -> Option<i32> {
        let negative = |ahead: &mut Self| {
            let spaced = ahead.peek().is_some_and(|token| token.spaced);
            ahead
                .parse_sign("-")
                .filter(|_| spaced && ahead.is_glued())?;
            ahead.parse_glued_number(1..=4)
        };
        let before_clock = |ahead: &mut Self| {
            let number = ahead.parse_number(1..=3)?;
            let mut behind = *ahead;
            behind.parse_clock().map(|_| number)
        };
        let found = self.attempt(negative);
        found
            .or_else(|| self.attempt(before_clock))
            .map(|_| NO_YEAR)
    }
}

/// Completes the ends of a range from each other: `30 December – 2 January 2021`.
fn share_years(first: NamedDays, last: NamedDays) -> (NamedDays, NamedDays) {
    let wraps = i32::from((last.month, last.day) < (first.month, first.day));
    let of_last = last.year.map(|year| year - wraps);
    let of_first = first.year.map(|year| year + wraps);
    (
        NamedDays {
            year: first.year.or(of_last),
            ..first
        },
        NamedDays {
            year: last.year.or(of_first),
            ..last
        },
    )
}

/// Months, weeks, years.
impl TokenCursor<'_> {
    /// Reads `December 2020`, `enero-marzo de 2021`, `2021. június`; a month alone is the latest.
    fn parse_months(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        self.match_longest(&[
            Self::parse_month_year,
            Self::parse_month_range,
            Self::parse_year_month,
            Self::parse_month_alone,
        ])
    }

    fn parse_month_year(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let (first, sure) = self.parse_month_of_year()?;
        let last = self.attempt(|ahead| {
            ahead.parse_range_mark()?;
            ahead.parse_month_of_year()
        });
        Some((
            DateOrSpan::Days {
                first,
                last: last.map(|(last, _)| last),
            },
            month_strength(sure),
        ))
    }

    fn parse_month_of_year(&mut self) -> Option<(WrittenDay, bool)> {
        let sure = self.is_sure();
        let month = self.parse_month()?;
        self.skip_separator(BEFORE_YEAR);
        let year = self.parse_full_year()?;
        Some((WrittenDay::Month { year, month }, sure))
    }

    fn parse_month_range(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        self.parse_word(DateSense::From);
        let sure = self.is_sure();
        let first = self.parse_month()?;
        self.parse_sign("/")
            .map(|_| ())
            .or_else(|| self.parse_range_mark())?;
        let last = self.parse_month()?;
        self.skip_separator(BEFORE_YEAR);
        let year = self.parse_full_year()?;
        let of = |month, year| WrittenDay::Month { year, month };
        let first = of(first, if last < first { year - 1 } else { year });
        Some((
            DateOrSpan::Days {
                first,
                last: Some(of(last, year)),
            },
            month_strength(sure),
        ))
    }

    fn parse_year_month(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let year = self.parse_full_year()?;
        self.skip_separator(BEFORE_YEAR);
        let sure = self.is_sure();
        let month = self.parse_month()?;
        let first = WrittenDay::Month { year, month };
        Some((DateOrSpan::Days { first, last: None }, month_strength(sure)))
    }

    fn parse_month_alone(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        // Three letters are just as often a weekday (`mar`), a name (`Jan`), or a word (`set`).
        self.peek()?.is_longer_than(3).then_some(())?;
        let first = WrittenDay::MonthWithoutYear(self.parse_month()?);
        Some((
            DateOrSpan::Days { first, last: None },
            DateStrength::Presumed,
        ))
    }

    /// Reads `2021-06`, `06/2021`.
    fn parse_numeric_month(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let (first, digits) = self.parse_counted_number(1..=4)?;
        let sign = self.parse_sign("-/")?;
        let (second, more) = self
            .is_glued()
            .then(|| self.parse_counted_number(1..=4))??;
        let (year, month) = match (digits, more, sign) {
            (4, 2, _) => (first, second),
            (1 | 2, 4, '/') => (second, first),
            _ => return None,
        };
        let first = WrittenDay::Month {
            year: i32::try_from(year).ok()?,
            month,
        };
        Some((DateOrSpan::Days { first, last: None }, DateStrength::Alone))
    }

    fn parse_lone_year(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let first = WrittenDay::Year(self.parse_full_year()?);
        Some((DateOrSpan::Days { first, last: None }, DateStrength::Alone))
    }

    /// Reads `Semana epidemiológica 23`, `SE 23 de 2021`, `EW 1-23, 2021`, `KW 23/2021`.
    fn parse_weeks(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let (epidemiological, letters) = self.parse_sense(|sense| match sense {
            DateSense::EpiWeek => Some((true, false)),
            DateSense::EpiLetters => Some((true, true)),
            DateSense::IsoWeek => Some((false, true)),
            _ => None,
        })?;
        for _ in 0..3 {
            if self.parse_sign("(.:#°").is_none()
                && self.parse_word(DateSense::Counter).is_none()
                && self.parse_word(DateSense::EpiLetters).is_none()
            {
                break;
            }
        }
        let first = self.parse_number(1..=2)?;
        let last = self.attempt(|ahead| {
            ahead.parse_range_mark()?;
            ahead.parse_number(1..=2).filter(|last| *last > first)
        });
        let year = self.attempt(|ahead| {
            ahead.parse_sign(")");
            ahead.parse_sign("-,/.(");
            ahead.skip_separator(BEFORE_YEAR);
            ahead.parse_full_year()
        });
        if letters && year.is_none() && !epidemiological {
            return None;
        }
        let of = |week| match (epidemiological, year) {
            (false, Some(year)) => WrittenDay::IsoWeek {
                year,
                week,
                weekday: None,
            },
            _ => WrittenDay::EpiWeek { year, week },
        };
        let strength = match (letters, year) {
            (_, Some(_)) => DateStrength::Sure,
            (false, None) => DateStrength::Coarse,
            (true, None) => DateStrength::Alone,
        };
        Some((
            DateOrSpan::Days {
                first: of(first),
                last: last.map(of),
            },
            strength,
        ))
    }
}

fn month_strength(sure: bool) -> DateStrength {
    if sure {
        DateStrength::Coarse
    } else {
        DateStrength::Alone
    }
}

/// Days relative to today.
impl TokenCursor<'_> {
    /// Reads `yesterday`, `last Friday`, `la semana pasada`; a weekday alone is the latest.
    fn parse_near_day(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let before = self.attempt(Self::parse_occurrence);
        let token = self.peek()?;
        let known = token.is_longer_than(2) || token.belongs_to(self.languages) || before.is_some();
        let day = self.parse_sense(|sense| match sense {
            DateSense::Day(days) => Some(WrittenDay::Ahead(days)),
            DateSense::Weekday(weekday) => Some(WrittenDay::Weekday(weekday, Occurrence::Latest)),
            DateSense::Unit(unit @ (TimeUnit::Week | TimeUnit::Month | TimeUnit::Year)) => {
                Some(WrittenDay::Whole(unit, Occurrence::Latest))
            }
            _ => None,
        })?;
        let step = before.or_else(|| self.attempt(Self::parse_occurrence));
        let (first, strength) = match (day, step) {
            (WrittenDay::Ahead(_), None) if known => (day, DateStrength::Alone),
            (WrittenDay::Weekday(weekday, _), Some(step)) => {
                (WrittenDay::Weekday(weekday, step), DateStrength::Alone)
            }
            (WrittenDay::Weekday(..), None) if known => (day, DateStrength::Presumed),
            (WrittenDay::Whole(unit, _), Some(step)) => {
                (WrittenDay::Whole(unit, step), DateStrength::Alone)
            }
            _ => return None,
        };
        Some((DateOrSpan::Days { first, last: None }, strength))
    }

    fn parse_occurrence(&mut self) -> Option<Occurrence> {
        self.parse_sense(|sense| match sense {
            DateSense::Last => Some(Occurrence::Last),
            DateSense::Next => Some(Occurrence::Next),
            _ => None,
        })
    }
}
