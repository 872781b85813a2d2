//! Days in numbers: three of them in some order, and the compact and marked forms.

use chrono::{Datelike as _, NaiveDate};

use super::{Cursor, Day, Strength, What, century};
use crate::dates::tokens::{Token, TokenKind};
use crate::dates::words::Sense;
use crate::model::DateOrder;

/// Three numbers with the same sign between them, and their digits.
struct Numeric {
    first: u32,
    second: u32,
    third: u32,
    digits: [usize; 3],
    sign: char,
}

/// Reads `28/06/2021`, `2021-06-28`, `28. 06. 21`.
fn three_numbers(tokens: &[Token]) -> Option<Numeric> {
    let mut kinds = tokens.iter().map(|token| token.kind);
    let mut number = |longest: usize| match kinds.next()? {
        TokenKind::Number(value, digits) if digits <= longest => {
            Some((value, digits, kinds.next()))
        }
        _ => None,
    };
    let (first, first_digits, sign) = number(4)?;
    let (second, second_digits, again) = number(2)?;
    let (third, third_digits, _) = number(4)?;
    match (sign, again) {
        (Some(TokenKind::Sign(sign @ ('-' | '/' | '.'))), Some(TokenKind::Sign(again)))
            if sign == again =>
        {
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

/// Returns the year, month and day of three numbers in a given order, if that day exists.
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

/// Returns the order in which the numbers fall on the weekday, and the day, if only one order does.
fn on_weekday(numbers: &Numeric, weekday: u8) -> Option<(DateOrder, (i32, u32, u32))> {
    let orders = [DateOrder::DayMonthYear, DateOrder::MonthDayYear];
    let mut found = orders.into_iter().filter_map(|order| {
        let (year, month, day) = date(numbers, order)?;
        let day_of_week = NaiveDate::from_ymd_opt(year, month, day)?.weekday();
        let falls = day_of_week.num_days_from_monday() == u32::from(weekday);
        falls.then_some((order, (year, month, day)))
    });
    let first = found.next()?;
    found.all(|(_, day)| day == first.1).then_some(first)
}

/// Reads the weekday after a date: `05/03/2019 (Friday)`, `05/03/2019, Fri`.
fn weekday_behind(cursor: &Cursor) -> Option<u8> {
    let mut ahead = *cursor;
    ahead.sign(",(");
    ahead.sense(Sense::weekday)
}

/// Returns the order of day and month shown by a numeric date at the beginning of the tokens or after a weekday: by a
/// number above 12, or by the weekday before it.
pub(in crate::dates) fn shown_order(tokens: &[Token]) -> Option<DateOrder> {
    let first = tokens.iter().position(Token::is_number)?;
    let numbers = three_numbers(tokens.get(first..)?)?;
    match (numbers.first, numbers.second) {
        (13..=31, 1..=12) => Some(DateOrder::DayMonthYear),
        (1..=12, 13..=31) => Some(DateOrder::MonthDayYear),
        (one, other) if one != other => {
            let mut before = tokens.iter().take(first).rev();
            let weekday = before.find_map(super::super::tokens::Token::only_weekday)?;
            on_weekday(&numbers, weekday).map(|(order, _)| order)
        }
        _ => None,
    }
}

/// Days in numbers.
impl Cursor<'_> {
    /// Reads `28/06/2021`, `01.05.2021 – 05.05.2021`, `2021-06-28/2021-06-30`.
    pub(super) fn numeric_days(&mut self) -> Option<(What, Strength)> {
        self.attempt(|ahead| ahead.word(Sense::From));
        let weekday = self.weekday();
        let without_year = self.attempt(Self::days_of_numeric);
        if let Some(days) = without_year.or_else(|| self.attempt(Self::range_of_numeric)) {
            return Some(days);
        }
        let (first, strength) = self.numeric(weekday)?;
        let last = self.attempt(|ahead| {
            ahead.sign("/").map(|_| ()).or_else(|| ahead.and_day())?;
            ahead.numeric(None)
        });
        Some((
            What::Days {
                first,
                last: last.map(|(last, _)| last),
            },
            strength,
        ))
    }

    /// Reads `03.–05.05.2021`.
    fn days_of_numeric(&mut self) -> Option<(What, Strength)> {
        let first = self.number(1..=2)?;
        self.and_day()?;
        let (last, strength) = self.numeric(None)?;
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

    /// Reads `28/06 – 02/07/2021`.
    fn range_of_numeric(&mut self) -> Option<(What, Strength)> {
        let first = self.number(1..=2)?;
        self.sign("/.")?;
        let second = self.glued_number(1..=2)?;
        self.and_day()?;
        let day_first = three_numbers(self.tokens.get(self.at..)?)?;
        let (last, strength) = self.numeric(None)?;
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

    /// Reads a numeric date; `weekday` is the one before it.
    fn numeric(&mut self, weekday: Option<u8>) -> Option<(Day, Strength)> {
        let numbers = three_numbers(self.tokens.get(self.at..)?)?;
        self.at += 5;
        let weekday = weekday.or_else(|| weekday_behind(self));
        let date = self.in_order(&numbers, weekday)?;
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

    /// Returns year, month and day. The order known for the source is tried first; if it gives no day, or is unknown,
    /// the numbers must be unambiguous. A weekday is not a matter of habit: if it fits only one reading, it overrides
    /// the usual order.
    fn in_order(&mut self, numbers: &Numeric, weekday: Option<u8>) -> Option<(i32, u32, u32)> {
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
        if let Some((_, found)) = weekday.and_then(|weekday| on_weekday(numbers, weekday)) {
            return Some(found);
        }
        // Two digits that give a future year are not a year.
        let is_past = |found: &(i32, u32, u32)| {
            let date = NaiveDate::from_ymd_opt(found.0, found.1, found.2);
            !short || date.is_some_and(|date| date <= self.tomorrow)
        };
        // Nobody who writes the month first separates the numbers with points.
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

    /// Reads `03/05` from a source whose order is known, or `28.06.`.
    pub(super) fn numeric_without_year(&mut self) -> Option<(What, Strength)> {
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

    /// Reads `20210628`, `2003-335`, `03335`, `2003-W52-3`.
    pub(super) fn compact(&mut self) -> Option<(What, Strength)> {
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

    /// Reads `2021年6月28日`, `5月3日至5日`, `2021년 6월`.
    pub(super) fn marked_days(&mut self) -> Option<(What, Strength)> {
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

    /// Reads a day with marks; in a range, missing parts are taken from `first`.
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
