//! Days, ranges of days, months and years.

use super::{Cursor, Day, Step, Strength, What, century};
use crate::dates::words::{Sense, Unit};

/// Signs between a day and its month, excluding the comma: `No. 12, April 2022` is not a day.
const WITHIN_DAY: &str = ".-/";

/// Signs between a day of a month and its year.
const BEFORE_YEAR: &str = ".,-/'";

/// The plausible years of a bulletin: for others, more than four digits are not a year with a count glued to it.
const GLUED_YEARS: std::ops::RangeInclusive<u32> = 1990..=2049;

/// A day of a month by its name, or several days of it: `3-5 May 2021`.
#[derive(Clone, Copy)]
struct Named {
    year: Option<i32>,
    month: u32,
    day: u32,
    last_day: Option<u32>,
    /// True if the month cannot be another word.
    sure: bool,
}

impl Named {
    fn day(self, day: u32) -> Day {
        let month = self.month;
        match self.year {
            Some(year) => Day::Full { year, month, day },
            None => Day::WithoutYear { month, day },
        }
    }

    fn strength(self) -> Strength {
        if self.year.is_some() || self.sure {
            Strength::Sure
        } else {
            Strength::Alone
        }
    }
}

/// Days in any form.
impl Cursor<'_> {
    pub(super) fn days(&mut self) -> Option<(What, Strength)> {
        self.longest(&[
            Self::named_days,
            Self::numeric_days,
            Self::months,
            Self::marked_days,
            Self::weeks,
            Self::near_day,
            Self::compact,
            Self::year,
            Self::numeric_without_year,
            Self::numeric_month,
        ])
    }

    /// Reads `lunes,` before a day.
    pub(super) fn weekday(&mut self) -> Option<u8> {
        let weekday = self.sense(Sense::weekday)?;
        for _ in 0..2 {
            if self.sign(".,").is_none()
                && self.word(Sense::Of).is_none()
                && self.word(Sense::Filler).is_none()
            {
                break;
            }
        }
        Some(weekday)
    }

    pub(super) fn to(&mut self) -> Option<()> {
        let sign = self.sign("-&").map(|_| ());
        sign.or_else(|| self.word(Sense::To))
    }

    /// Reads the text between the ends of a range, and before the last day: `al`, `to the`, `– Friday`.
    pub(super) fn and_day(&mut self) -> Option<()> {
        self.sign(".,");
        self.to()?;
        self.word(Sense::Of);
        self.weekday();
        Some(())
    }

    pub(super) fn month(&mut self) -> Option<u32> {
        let month = self.sense(|sense| match sense {
            Sense::Month(month) => Some(month),
            _ => None,
        })?;
        self.sign(".");
        // `آذار/مارس`, `March (marzo)`: the same in other words.
        self.attempt(|ahead| {
            let bracket = ahead.sign("/(")? == '(';
            let again = ahead.sense(|sense| (sense == Sense::Month(month)).then_some(()));
            again.filter(|()| !bracket || ahead.sign(")").is_some())
        });
        Some(month)
    }

    pub(super) fn full_year(&mut self) -> Option<i32> {
        let year = i32::try_from(self.number(4..=4)?).ok()?;
        self.attempt(|ahead| {
            let year = ahead.word(Sense::YearWord);
            ahead.sign(".");
            year
        });
        Some(year)
    }
}

/// Days of a named month.
impl Cursor<'_> {
    /// Reads `28 June, 2021`, `lunes 28 de junio`, `June 6 and 7, 2019`, `du 3 novembre 2025 au 3 février 2026`.
    fn named_days(&mut self) -> Option<(What, Strength)> {
        self.attempt(|ahead| {
            ahead.word(Sense::From)?;
            ahead.word(Sense::Of);
            Some(())
        });
        let first = self.longest(&[Self::weekday_and_named_day, Self::named_day])?;
        if let Some(last) = first.last_day {
            let what = What::Days {
                first: first.day(first.day),
                last: Some(first.day(last)),
            };
            return Some((what, first.strength()));
        }
        let last = self.attempt(|ahead| {
            ahead.and_day()?;
            ahead.named_day().filter(|last| last.last_day.is_none())
        });
        let Some(last) = last else {
            return Some((
                What::Days {
                    first: first.day(first.day),
                    last: None,
                },
                first.strength(),
            ));
        };
        let (first, last) = with_years_of_each_other(first, last);
        let strength = first.strength().min(last.strength());
        Some((
            What::Days {
                first: first.day(first.day),
                last: Some(last.day(last.day)),
            },
            strength,
        ))
    }

    /// Reads `lunes 28 de junio`. `Mar 25, 2024` is not a Tuesday in a language with a month of the same name.
    fn weekday_and_named_day(&mut self) -> Option<Named> {
        self.weekday()?;
        self.named_day()
    }

    fn named_day(&mut self) -> Option<Named> {
        self.longest(&[Self::day_month, Self::month_day, Self::year_month_day])
    }

    /// Reads `28 June, 2021`, `28 de junio`, `28-29 Jun. 2021`.
    fn day_month(&mut self) -> Option<Named> {
        let (day, last_day) = self.days_of_month()?;
        self.between(WITHIN_DAY);
        let sure = self.is_sure();
        let month = self.month()?;
        let year = self.attempt(|ahead| {
            ahead.between(BEFORE_YEAR);
            ahead.year_of_day(sure)
        });
        self.without_glued_number()?;
        let year = year.or_else(|| self.unread_year());
        Some(Named {
            year,
            month,
            day,
            last_day,
            sure,
        })
    }

    /// Reads `June 28th, 2021`, `June 28`, `September 17-18, 2021`.
    fn month_day(&mut self) -> Option<Named> {
        let sure = self.is_sure();
        let month = self.month()?;
        self.between(WITHIN_DAY);
        let (day, last_day) = self.days_of_month()?;
        let year = self.attempt(|ahead| {
            ahead.between(BEFORE_YEAR);
            let full = ahead.full_year().or_else(|| ahead.glued_year());
            full.or_else(|| ahead.year_after_apostrophe())
        });
        self.without_glued_number()?;
        let year = year.or_else(|| self.unread_year());
        Some(Named {
            year,
            month,
            day,
            last_day,
            sure,
        })
    }

    /// Reads `2021. június 28.`, `2021-Jun-28`.
    fn year_month_day(&mut self) -> Option<Named> {
        let year = Some(self.full_year()?);
        self.between(BEFORE_YEAR);
        let month = self.month()?;
        self.between(WITHIN_DAY);
        let (day, last_day) = self.days_of_month()?;
        self.sign(".");
        Some(Named {
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
    fn days_of_month(&mut self) -> Option<(u32, Option<u32>)> {
        let first = self.day_of_month()?;
        let last = self.attempt(|ahead| {
            let mut last = first;
            for _ in 0..6 {
                let next = |ahead: &mut Self| {
                    ahead.sign(",")?;
                    ahead.day_of_month().filter(|day| *day > last)
                };
                match ahead.attempt(next) {
                    Some(day) => last = day,
                    None => break,
                }
            }
            // `3./4. Mai`
            ahead.and_day().or_else(|| ahead.sign("/").map(|_| ()))?;
            ahead.day_of_month().filter(|day| *day > last)
        });
        Some((first, last))
    }

    fn day_of_month(&mut self) -> Option<u32> {
        if self.word(Sense::First).is_some() {
            return Some(1);
        }
        let day = self.number(1..=2)?;
        if self.glued() {
            self.word(Sense::Ordinal);
        }
        Some(day)
    }

    /// Reads `'21`.
    fn year_after_apostrophe(&mut self) -> Option<i32> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at))?;
        let year = before.is_sign("'").then(|| self.glued_number(2..=2))??;
        i32::try_from(century(year)).ok()
    }

    fn year_of_day(&mut self, sure: bool) -> Option<i32> {
        let full = self.full_year().or_else(|| self.glued_year());
        full.or_else(|| sure.then(|| self.attempt(Self::short_year))?)
    }

    /// Reads two digits as a year if nothing else can follow: at the end, or before the time.
    fn short_year(&mut self) -> Option<i32> {
        let year = century(self.number(2..=2)?);
        let mut ahead = *self;
        let last = ahead.peek().is_none_or(|next| next.is_sign(")|"));
        (last || ahead.clock().is_some()).then_some(i32::try_from(year).ok()?)
    }

    /// Reads a year with a count glued to it, as pages show the number of readers: `April 11, 2017861`, `April 11,
    /// 20171,018`.
    fn glued_year(&mut self) -> Option<i32> {
        let (value, digits) = self.counted_number(5..=9)?;
        let year = value / 10_u32.checked_pow(u32::try_from(digits).ok()?.checked_sub(4)?)?;
        self.attempt(|ahead| {
            ahead.sign(",.").filter(|_| ahead.glued())?;
            ahead.glued_number(1..=3)
        });
        GLUED_YEARS
            .contains(&year)
            .then_some(i32::try_from(year).ok()?)
    }

    /// Fails if the next text may be a year with something glued to it, because that year is unknown.
    fn without_glued_number(&self) -> Option<()> {
        let mut ahead = *self;
        ahead.between(BEFORE_YEAR);
        ahead.number(5..=usize::MAX).is_none().then_some(())
    }
}

/// The year that marks a missing date.
const NO_YEAR: i32 = 0;

/// Numbers in the place of a year that are not years.
impl Cursor<'_> {
    /// Reads a number in the place of a year that is not one: `30 Nov -0001`, `30 Nov 2 00:00:00`. The day is not in
    /// the current year either.
    fn unread_year(&mut self) -> Option<i32> {
        let negative = |ahead: &mut Self| {
            let spaced = ahead.peek().is_some_and(|token| token.spaced);
            ahead.sign("-").filter(|_| spaced && ahead.glued())?;
            ahead.glued_number(1..=4)
        };
        let before_clock = |ahead: &mut Self| {
            let number = ahead.number(1..=3)?;
            let mut behind = *ahead;
            behind.clock().map(|_| number)
        };
        let found = self.attempt(negative);
        found
            .or_else(|| self.attempt(before_clock))
            .map(|_| NO_YEAR)
    }
}

/// Completes the ends of a range from each other: `30 December – 2 January 2021`.
fn with_years_of_each_other(first: Named, last: Named) -> (Named, Named) {
    let wraps = i32::from((last.month, last.day) < (first.month, first.day));
    let of_last = last.year.map(|year| year - wraps);
    let of_first = first.year.map(|year| year + wraps);
    (
        Named {
            year: first.year.or(of_last),
            ..first
        },
        Named {
            year: last.year.or(of_first),
            ..last
        },
    )
}

/// Months, weeks, years.
impl Cursor<'_> {
    /// Reads `December 2020`, `enero-marzo de 2021`, `2021. június`; a month alone is the latest.
    fn months(&mut self) -> Option<(What, Strength)> {
        self.longest(&[
            Self::month_year,
            Self::month_range,
            Self::year_month,
            Self::month_alone,
        ])
    }

    fn month_year(&mut self) -> Option<(What, Strength)> {
        let (first, sure) = self.month_of_year()?;
        let last = self.attempt(|ahead| {
            ahead.to()?;
            ahead.month_of_year()
        });
        Some((
            What::Days {
                first,
                last: last.map(|(last, _)| last),
            },
            month_strength(sure),
        ))
    }

    fn month_of_year(&mut self) -> Option<(Day, bool)> {
        let sure = self.is_sure();
        let month = self.month()?;
        self.between(BEFORE_YEAR);
        let year = self.full_year()?;
        Some((Day::Month { year, month }, sure))
    }

    fn month_range(&mut self) -> Option<(What, Strength)> {
        self.word(Sense::From);
        let sure = self.is_sure();
        let first = self.month()?;
        self.sign("/").map(|_| ()).or_else(|| self.to())?;
        let last = self.month()?;
        self.between(BEFORE_YEAR);
        let year = self.full_year()?;
        let of = |month, year| Day::Month { year, month };
        let first = of(first, if last < first { year - 1 } else { year });
        Some((
            What::Days {
                first,
                last: Some(of(last, year)),
            },
            month_strength(sure),
        ))
    }

    fn year_month(&mut self) -> Option<(What, Strength)> {
        let year = self.full_year()?;
        self.between(BEFORE_YEAR);
        let sure = self.is_sure();
        let month = self.month()?;
        let first = Day::Month { year, month };
        Some((What::Days { first, last: None }, month_strength(sure)))
    }

    fn month_alone(&mut self) -> Option<(What, Strength)> {
        // Three letters are just as often a weekday (`mar`), a name (`Jan`), or a word (`set`).
        self.peek()?.is_longer_than(3).then_some(())?;
        let first = Day::MonthWithoutYear(self.month()?);
        Some((What::Days { first, last: None }, Strength::Presumed))
    }

    /// Reads `2021-06`, `06/2021`.
    fn numeric_month(&mut self) -> Option<(What, Strength)> {
        let (first, digits) = self.counted_number(1..=4)?;
        let sign = self.sign("-/")?;
        let (second, more) = self.glued().then(|| self.counted_number(1..=4))??;
        let (year, month) = match (digits, more, sign) {
            (4, 2, _) => (first, second),
            (1 | 2, 4, '/') => (second, first),
            _ => return None,
        };
        let first = Day::Month {
            year: i32::try_from(year).ok()?,
            month,
        };
        Some((What::Days { first, last: None }, Strength::Alone))
    }

    fn year(&mut self) -> Option<(What, Strength)> {
        let first = Day::Year(self.full_year()?);
        Some((What::Days { first, last: None }, Strength::Alone))
    }

    /// Reads `Semana epidemiológica 23`, `SE 23 de 2021`, `EW 1-23, 2021`, `KW 23/2021`.
    fn weeks(&mut self) -> Option<(What, Strength)> {
        let (epidemiological, letters) = self.sense(|sense| match sense {
            Sense::EpiWeek => Some((true, false)),
            Sense::EpiLetters => Some((true, true)),
            Sense::IsoWeek => Some((false, true)),
            _ => None,
        })?;
        for _ in 0..3 {
            if self.sign("(.:#°").is_none()
                && self.word(Sense::Counter).is_none()
                && self.word(Sense::EpiLetters).is_none()
            {
                break;
            }
        }
        let first = self.number(1..=2)?;
        let last = self.attempt(|ahead| {
            ahead.to()?;
            ahead.number(1..=2).filter(|last| *last > first)
        });
        let year = self.attempt(|ahead| {
            ahead.sign(")");
            ahead.sign("-,/.(");
            ahead.between(BEFORE_YEAR);
            ahead.full_year()
        });
        if letters && year.is_none() && !epidemiological {
            return None;
        }
        let of = |week| match (epidemiological, year) {
            (false, Some(year)) => Day::IsoWeek {
                year,
                week,
                weekday: None,
            },
            _ => Day::EpiWeek { year, week },
        };
        let strength = match (letters, year) {
            (_, Some(_)) => Strength::Sure,
            (false, None) => Strength::Coarse,
            (true, None) => Strength::Alone,
        };
        Some((
            What::Days {
                first: of(first),
                last: last.map(of),
            },
            strength,
        ))
    }
}

fn month_strength(sure: bool) -> Strength {
    if sure {
        Strength::Coarse
    } else {
        Strength::Alone
    }
}

/// Days relative to today.
impl Cursor<'_> {
    /// Reads `yesterday`, `last Friday`, `la semana pasada`; a weekday alone is the latest.
    fn near_day(&mut self) -> Option<(What, Strength)> {
        let before = self.attempt(Self::step);
        let token = self.peek()?;
        let known = token.is_longer_than(2) || token.is_of(self.languages) || before.is_some();
        let day = self.sense(|sense| match sense {
            Sense::Day(days) => Some(Day::Ahead(days)),
            Sense::Weekday(weekday) => Some(Day::Weekday(weekday, Step::Latest)),
            Sense::Unit(unit @ (Unit::Week | Unit::Month | Unit::Year)) => {
                Some(Day::Whole(unit, Step::Latest))
            }
            _ => None,
        })?;
        let step = before.or_else(|| self.attempt(Self::step));
        let (first, strength) = match (day, step) {
            (Day::Ahead(_), None) if known => (day, Strength::Alone),
            (Day::Weekday(weekday, _), Some(step)) => {
                (Day::Weekday(weekday, step), Strength::Alone)
            }
            (Day::Weekday(..), None) if known => (day, Strength::Presumed),
            (Day::Whole(unit, _), Some(step)) => (Day::Whole(unit, step), Strength::Alone),
            _ => return None,
        };
        Some((What::Days { first, last: None }, strength))
    }

    fn step(&mut self) -> Option<Step> {
        self.sense(|sense| match sense {
            Sense::Last => Some(Step::Last),
            Sense::Next => Some(Step::Next),
            _ => None,
        })
    }
}
