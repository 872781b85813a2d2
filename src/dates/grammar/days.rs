//! Days, ranges of days, months and years.

use chrono::NaiveDate;

use super::{Cursor, Day, Step, Strength, What, century};
use crate::dates::tokens::{Kind, Token};
use crate::dates::words::{Sense, Unit};
use crate::model::DateOrder;

/// Signs between a day and its month. A comma is none of them: `No. 12, April 2022` is no day.
const WITHIN_DAY: &str = ".-/";

/// Signs between a day of a month and its year.
const BEFORE_YEAR: &str = ".,-/'";

/// Bulletins are of these years: elsewhere, more digits than four are no year with a count glued to it.
const GLUED_YEARS: std::ops::RangeInclusive<u32> = 1990..=2049;

/// A day of a month by its name, or several days of it: `3-5 May 2021`.
#[derive(Clone, Copy)]
struct Named {
    year: Option<i32>,
    month: u32,
    day: u32,
    last_day: Option<u32>,
    /// Whether the month cannot be another word.
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

/// Three numbers with the same sign between them, and their digits.
pub(super) struct Numeric {
    pub(super) first: u32,
    pub(super) second: u32,
    third: u32,
    digits: [usize; 3],
    sign: char,
}

/// `28/06/2021`, `2021-06-28`, `28. 06. 21`
pub(super) fn three_numbers(tokens: &[Token]) -> Option<Numeric> {
    let mut kinds = tokens.iter().map(|token| token.kind);
    let mut number = |longest: usize| match kinds.next()? {
        Kind::Number(value, digits) if digits <= longest => Some((value, digits, kinds.next())),
        _ => None,
    };
    let (first, first_digits, sign) = number(4)?;
    let (second, second_digits, again) = number(2)?;
    let (third, third_digits, _) = number(4)?;
    match (sign, again) {
        (Some(Kind::Sign(sign @ ('-' | '/' | '.'))), Some(Kind::Sign(again))) if sign == again => {
            Some(Numeric {
                first,
                second,
                third,
                digits: [first_digits, second_digits, third_digits],
                sign,
            })
        }
        _ => None,
    }
}

/// Days, whatever their form.
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

    /// `lunes,` before a day.
    pub(super) fn weekday(&mut self) -> Option<u8> {
        let weekday = self.sense(|sense| match sense {
            Sense::Weekday(weekday) => Some(weekday),
            _ => None,
        })?;
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

    /// Between the ends of a range, and before the last: `al`, `to the`, `– Friday`.
    fn and_day(&mut self) -> Option<()> {
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

/// Days of a month by its name.
impl Cursor<'_> {
    /// `28 June, 2021`, `lunes 28 de junio`, `June 6 and 7, 2019`, `du 3 novembre 2025 au 3 février 2026`
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

    /// `lunes 28 de junio`. `Mar 25, 2024` is no Tuesday of a language that has months of the same name.
    fn weekday_and_named_day(&mut self) -> Option<Named> {
        self.weekday()?;
        self.named_day()
    }

    fn named_day(&mut self) -> Option<Named> {
        self.longest(&[Self::day_month, Self::month_day, Self::year_month_day])
    }

    /// `28 June, 2021`, `28 de junio`, `28-29 Jun. 2021`
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
        Some(Named {
            year,
            month,
            day,
            last_day,
            sure,
        })
    }

    /// `June 28th, 2021`, `June 28`, `September 17-18, 2021`
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
        Some(Named {
            year,
            month,
            day,
            last_day,
            sure,
        })
    }

    /// `2021. június 28.`, `2021-Jun-28`
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

    /// A name that is a common word too is sure with a capital.
    fn is_sure(&self) -> bool {
        self.peek().is_some_and(|token| !token.ordinary)
    }

    /// `28th`, `3-5`, `3, 4 y 5`
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

    /// `'21`
    fn year_after_apostrophe(&mut self) -> Option<i32> {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at))?;
        let year = before.is_sign("'").then(|| self.glued_number(2..=2))??;
        i32::try_from(century(year)).ok()
    }

    fn year_of_day(&mut self, sure: bool) -> Option<i32> {
        let full = self.full_year().or_else(|| self.glued_year());
        full.or_else(|| sure.then(|| self.attempt(Self::short_year))?)
    }

    /// Two digits are a year where nothing else can follow: at the end, or before the time.
    fn short_year(&mut self) -> Option<i32> {
        let year = century(self.number(2..=2)?);
        let mut ahead = *self;
        let last = ahead.peek().is_none_or(|next| next.is_sign(")|"));
        (last || ahead.clock().is_some()).then_some(i32::try_from(year).ok()?)
    }

    /// A year with a count glued to it, as pages show readers: `April 11, 2017861`, `April 11, 20171,018`.
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

    /// What follows may be a year with something stuck to it: that year we do not know.
    fn without_glued_number(&self) -> Option<()> {
        let mut ahead = *self;
        ahead.between(BEFORE_YEAR);
        ahead.number(5..=usize::MAX).is_none().then_some(())
    }
}

/// Ends of a range that leave out what the other says: `30 December – 2 January 2021`.
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

/// Year, month and day of three numbers in an order, where there is such a day.
fn date(numbers: &Numeric, order: DateOrder) -> Option<(i32, u32, u32)> {
    let Numeric {
        first,
        second,
        third,
        digits,
        ..
    } = *numbers;
    let (year, year_digits, month, day) = match order {
        DateOrder::DayMonthYear => (third, digits[2], second, first),
        DateOrder::MonthDayYear => (third, digits[2], first, second),
        DateOrder::YearMonthDay => (first, digits[0], second, third),
    };
    let year = match year_digits {
        4 => year,
        2 => century(year),
        _ => return None,
    };
    let year = i32::try_from(year).ok()?;
    NaiveDate::from_ymd_opt(year, month, day).map(|_| (year, month, day))
}

/// Days in numbers.
impl Cursor<'_> {
    /// `28/06/2021`, `01.05.2021 – 05.05.2021`, `2021-06-28/2021-06-30`
    fn numeric_days(&mut self) -> Option<(What, Strength)> {
        self.attempt(|ahead| ahead.word(Sense::From));
        self.weekday();
        let without_year = self.attempt(Self::days_of_numeric);
        if let Some(days) = without_year.or_else(|| self.attempt(Self::range_of_numeric)) {
            return Some(days);
        }
        let (first, strength) = self.numeric()?;
        let last = self.attempt(|ahead| {
            ahead.sign("/").map(|_| ()).or_else(|| ahead.and_day())?;
            ahead.numeric()
        });
        Some((
            What::Days {
                first,
                last: last.map(|(last, _)| last),
            },
            strength,
        ))
    }

    /// `03.–05.05.2021`
    fn days_of_numeric(&mut self) -> Option<(What, Strength)> {
        let first = self.number(1..=2)?;
        self.and_day()?;
        let (last, strength) = self.numeric()?;
        match last {
            Day::Full { year, month, day } if first < day => {
                let first = Day::Full {
                    year,
                    month,
                    day: first,
                };
                Some((
                    What::Days {
                        first,
                        last: Some(last),
                    },
                    strength,
                ))
            }
            _ => None,
        }
    }

    /// `28/06 – 02/07/2021`
    fn range_of_numeric(&mut self) -> Option<(What, Strength)> {
        let first = self.number(1..=2)?;
        self.sign("/.")?;
        let second = self.glued_number(1..=2)?;
        self.and_day()?;
        let day_first = three_numbers(self.tokens.get(self.at..)?)?;
        let (last, strength) = self.numeric()?;
        let Day::Full {
            year,
            month: last_month,
            day: last_day,
        } = last
        else {
            return None;
        };
        let (day, month) = if day_first.first == last_day {
            (first, second)
        } else {
            (second, first)
        };
        let year = if (last_month, last_day) < (month, day) {
            year - 1
        } else {
            year
        };
        let first = Day::Full { year, month, day };
        Some((
            What::Days {
                first,
                last: Some(last),
            },
            strength,
        ))
    }

    fn numeric(&mut self) -> Option<(Day, Strength)> {
        let numbers = three_numbers(self.tokens.get(self.at..)?)?;
        self.at += 5;
        let date = self.in_order(&numbers)?;
        let (year, month, day) = date;
        let padded = numbers.digits == [2, 2, 2];
        let strength = if padded || numbers.digits.contains(&4) {
            Strength::Sure
        } else {
            Strength::Alone
        };
        // `28/06/2021г.`
        self.attempt(|ahead| ahead.word(Sense::YearWord));
        Some((Day::Full { year, month, day }, strength))
    }

    /// Year, month and day. The order that the source is known to use goes first; where it gives no day, or is not
    /// known, the numbers must leave one way to read them.
    fn in_order(&mut self, numbers: &Numeric) -> Option<(i32, u32, u32)> {
        use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
        let short = match numbers.digits {
            [4, _, 1 | 2] => return date(numbers, YearMonthDay),
            [1 | 2, _, 4] => false,
            [1 | 2, _, 2] => true,
            _ => return None,
        };
        if let Some(set) = self.order.set.and_then(|order| date(numbers, order)) {
            return Some(set);
        }
        // Two digits that give a year to come are no year.
        let is_past = |found: &(i32, u32, u32)| {
            let date = NaiveDate::from_ymd_opt(found.0, found.1, found.2);
            !short || date.is_some_and(|date| date <= self.tomorrow)
        };
        // Nobody who writes the month first puts points between.
        let by_sign = (numbers.sign == '.').then_some(DayMonthYear);
        let preferred = self.order.learned.or(self.order.usual).or(by_sign);
        if let Some(found) = preferred.and_then(|order| date(numbers, order)) {
            let year_first = (numbers.sign == '-')
                .then(|| date(numbers, YearMonthDay).filter(is_past))
                .flatten();
            let found = year_first.filter(|_| !is_past(&found)).unwrap_or(found);
            self.learned = self.order.learned.is_some() && numbers.first.max(numbers.second) <= 12;
            return Some(found);
        }
        let all = [DayMonthYear, MonthDayYear, YearMonthDay]
            .map(|order| date(numbers, order).filter(is_past));
        let mut all = all.into_iter().flatten();
        all.next().filter(|first| all.all(|other| other == *first))
    }

    /// `03/05` from a source whose order is known, `28.06.`
    fn numeric_without_year(&mut self) -> Option<(What, Strength)> {
        let first = self.number(2..=2)?;
        let sign = self.sign("/.")?;
        let second = self.glued_number(2..=2)?;
        let ends = sign == '.' && self.glued() && self.sign(".").is_some();
        if sign == '.' && !ends {
            return None;
        }
        let known = self.order.set.or(self.order.learned);
        let order = known.or_else(|| ends.then_some(DateOrder::DayMonthYear))?;
        self.learned = self.order.set.is_none() && known.is_some();
        let (month, day) = if order == DateOrder::DayMonthYear {
            (second, first)
        } else {
            (first, second)
        };
        let first = Day::WithoutYear { month, day };
        Some((What::Days { first, last: None }, Strength::Alone))
    }

    /// `20210628`, `2003-335`, `03335`, `2003-W52-3`
    fn compact(&mut self) -> Option<(What, Strength)> {
        let (value, digits) = self.counted_number(2..=8)?;
        let year = |number: u32| {
            i32::try_from(if number < 100 {
                century(number)
            } else {
                number
            })
            .ok()
        };
        let first = match digits {
            8 => Day::Full {
                year: year(value / 10_000)?,
                month: value / 100 % 100,
                day: value % 100,
            },
            5 | 7 => Day::OfYear {
                year: year(value / 1000)?,
                day: value % 1000,
            },
            2 | 4 => {
                let year = year(value)?;
                self.attempt(|ahead| ahead.iso_week(year))
                    .or_else(|| self.attempt(|ahead| ahead.day_of_year(year)))?
            }
            _ => return None,
        };
        let number_alone = matches!(digits, 5 | 7);
        let strength = if number_alone {
            Strength::Presumed
        } else {
            Strength::Alone
        };
        Some((What::Days { first, last: None }, strength))
    }

    fn day_of_year(&mut self, year: i32) -> Option<Day> {
        self.sign("-")?;
        let day = self.glued_number(3..=3)?;
        Some(Day::OfYear { year, day })
    }

    fn iso_week(&mut self, year: i32) -> Option<Day> {
        self.sign("-");
        self.word(Sense::WeekMark)?;
        let (value, digits) = self.counted_number(2..=3)?;
        let dashed = self.attempt(|ahead| {
            ahead.sign("-")?;
            ahead.glued_number(1..=1)
        });
        let (week, weekday) = if digits == 3 {
            (value / 10, Some(value % 10))
        } else {
            (value, dashed)
        };
        let weekday = weekday.and_then(|day| u8::try_from(day.checked_sub(1)?).ok());
        Some(Day::IsoWeek {
            year,
            week,
            weekday,
        })
    }

    /// `2021年6月28日`, `5月3日至5日`, `2021년 6월`
    fn marked_days(&mut self) -> Option<(What, Strength)> {
        self.word(Sense::From);
        let (first, strength) = self.marked_day(None)?;
        let last = self.attempt(|ahead| {
            ahead.to()?;
            ahead.marked_day(Some(first))
        });
        Some((
            What::Days {
                first,
                last: last.map(|(last, _)| last),
            },
            strength,
        ))
    }

    /// A day with marks; in a range, what it leaves out is as in `first`.
    fn marked_day(&mut self, first: Option<Day>) -> Option<(Day, Strength)> {
        let year = self.attempt(|ahead| {
            let (value, digits) = ahead.counted_number(2..=4)?;
            ahead.word(Sense::YearMark)?;
            i32::try_from(if digits == 2 { century(value) } else { value }).ok()
        });
        let month = self.attempt(|ahead| {
            let named = ahead.month();
            named.or_else(|| {
                let month = ahead.number(1..=2)?;
                ahead.word(Sense::MonthMark).map(|()| month)
            })
        });
        let day = self.attempt(|ahead| {
            let day = ahead.number(1..=2)?;
            ahead.word(Sense::DayMark).map(|()| day)
        });
        let (first_year, first_month) = match first {
            Some(Day::Full { year, month, .. }) => (Some(year), Some(month)),
            Some(Day::WithoutYear { month, .. }) => (None, Some(month)),
            _ => (None, None),
        };
        Some(match (year.or(first_year), month.or(first_month), day) {
            (Some(year), Some(month), Some(day)) => {
                (Day::Full { year, month, day }, Strength::Sure)
            }
            (None, Some(month), Some(day)) => (Day::WithoutYear { month, day }, Strength::Sure),
            (Some(year), Some(month), None) => (Day::Month { year, month }, Strength::Coarse),
            (Some(year), None, None) if first.is_none() => (Day::Year(year), Strength::Alone),
            _ => return None,
        })
    }
}

/// Months, weeks, years.
impl Cursor<'_> {
    /// `December 2020`, `enero-marzo de 2021`, `2021. június`; a month alone is the latest.
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
        // Three letters are a weekday (`mar`), a name (`Jan`), a word (`set`) as often as not.
        self.peek()?.is_longer_than(3).then_some(())?;
        let first = Day::MonthWithoutYear(self.month()?);
        Some((What::Days { first, last: None }, Strength::Presumed))
    }

    /// `2021-06`, `06/2021`
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

    /// `Semana epidemiológica 23`, `SE 23 de 2021`, `EW 1-23, 2021`, `KW 23/2021`
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

/// Days that are told from today.
impl Cursor<'_> {
    /// `yesterday`, `last Friday`, `la semana pasada`; a weekday alone is the latest.
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
