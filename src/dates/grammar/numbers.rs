//! Days in numbers: three of them in some order, and the compact and marked forms.

use chrono::{Datelike as _, NaiveDate};

use super::{DateOrSpan, DateStrength, TokenCursor, WrittenDay, expand_year};
use crate::dates::tokens::{DateToken, DateTokenKind};
use crate::dates::words::DateSense;
use crate::model::DateOrder;

/// Three numbers with the same sign between them, and their digits.
struct NumericDate {
    first: u32,
    second: u32,
    third: u32,
    digits: [usize; 3],
    sign: char,
}

/// Reads `28/06/2021`, `2021-06-28`, `28. 06. 21`.
fn parse_three_numbers(tokens: &[DateToken]) -> Option<NumericDate> {
    let mut kinds = tokens.iter().map(|token| token.kind);
    let mut number = |longest: usize| match kinds.next()? {
        DateTokenKind::Number(value, digits) if digits <= longest => {
            Some((value, digits, kinds.next()))
        }
        _ => None,
    };
    let (first, first_digits, sign) = number(4)?;
    let (second, second_digits, again) = number(2)?;
    let (third, third_digits, _) = number(4)?;
    match (sign, again) {
        (Some(DateTokenKind::Sign(sign @ ('-' | '/' | '.'))), Some(DateTokenKind::Sign(again)))
            if sign == again =>
        {
            Some(NumericDate {
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
fn date_in_order(numbers: &NumericDate, order: DateOrder) -> Option<(i32, u32, u32)> {
    let NumericDate {
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
        2 => expand_year(year),
        _ => return None,
    };
    let year = i32::try_from(year).ok()?;
    NaiveDate::from_ymd_opt(year, month, day).map(|_| (year, month, day))
}

/// Returns the order in which the numbers fall on the weekday, and the day, if only one order does.
fn date_on_weekday(numbers: &NumericDate, weekday: u8) -> Option<(DateOrder, (i32, u32, u32))> {
    let orders = [DateOrder::DayMonthYear, DateOrder::MonthDayYear];
    let mut found = orders.into_iter().filter_map(|order| {
        let (year, month, day) = date_in_order(numbers, order)?;
        let day_of_week = NaiveDate::from_ymd_opt(year, month, day)?.weekday();
        let falls = day_of_week.num_days_from_monday() == u32::from(weekday);
        falls.then_some((order, (year, month, day)))
    });
    let first = found.next()?;
    found.all(|(_, day)| day == first.1).then_some(first)
}

/// Reads the weekday after a date: `05/03/2019 (Friday)`, `05/03/2019, Fri`.
fn parse_weekday_behind(cursor: &TokenCursor) -> Option<u8> {
    let mut ahead = *cursor;
    ahead.parse_sign(",(");
    ahead.parse_sense(DateSense::weekday)
}

/// Returns the order of day and month shown by a numeric date at the beginning of the tokens or after a weekday: by a
/// number above 12, or by the weekday before it.
pub(in crate::dates) fn shown_order(tokens: &[DateToken]) -> Option<DateOrder> {
    let first = tokens.iter().position(DateToken::is_number)?;
    let numbers = parse_three_numbers(tokens.get(first..)?)?;
    match (numbers.first, numbers.second) {
        (13..=31, 1..=12) => Some(DateOrder::DayMonthYear),
        (1..=12, 13..=31) => Some(DateOrder::MonthDayYear),
        (one, other) if one != other => {
            let mut before = tokens.iter().take(first).rev();
            let weekday = before.find_map(super::super::tokens::DateToken::only_weekday)?;
            date_on_weekday(&numbers, weekday).map(|(order, _)| order)
        }
        _ => None,
    }
}

/// Days in numbers.
impl TokenCursor<'_> {
    /// Reads `28/06/2021`, `01.05.2021 – 05.05.2021`, `2021-06-28/2021-06-30`.
    pub(super) fn parse_numeric_days(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        self.attempt(|ahead| ahead.parse_word(DateSense::From));
        let weekday = self.parse_weekday();
        let without_year = self.attempt(Self::parse_days_of_numeric);
        if let Some(days) = without_year.or_else(|| self.attempt(Self::parse_range_of_numeric)) {
            return Some(days);
        }
        let (first, strength) = self.parse_numeric_date(weekday)?;
        let last = self.attempt(|ahead| {
            ahead
                .parse_sign("/")
                .map(|_| ())
                .or_else(|| ahead.parse_range_to_day())?;
            ahead.parse_numeric_date(None)
        });
        Some((
            DateOrSpan::Days {
                first,
                last: last.map(|(last, _)| last),
            },
            strength,
        ))
    }

    /// Reads `03.–05.05.2021`.
    fn parse_days_of_numeric(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let first = self.parse_number(1..=2)?;
        self.parse_range_to_day()?;
        let (last, strength) = self.parse_numeric_date(None)?;
        match last {
            WrittenDay::Full { year, month, day } if first < day => {
                let first = WrittenDay::Full {
                    year,
                    month,
                    day: first,
                };
                Some((
                    DateOrSpan::Days {
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
    fn parse_range_of_numeric(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let first = self.parse_number(1..=2)?;
        self.parse_sign("/.")?;
        let second = self.parse_glued_number(1..=2)?;
        self.parse_range_to_day()?;
        let day_first = parse_three_numbers(self.tokens.get(self.at..)?)?;
        let (last, strength) = self.parse_numeric_date(None)?;
        let WrittenDay::Full {
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
        let first = WrittenDay::Full { year, month, day };
        Some((
            DateOrSpan::Days {
                first,
                last: Some(last),
            },
            strength,
        ))
    }

    /// Reads a numeric date; `weekday` is the one before it.
    fn parse_numeric_date(&mut self, weekday: Option<u8>) -> Option<(WrittenDay, DateStrength)> {
        let numbers = parse_three_numbers(self.tokens.get(self.at..)?)?;
        self.at += 5;
        let weekday = weekday.or_else(|| parse_weekday_behind(self));
        let date = self.resolve_order(&numbers, weekday)?;
        let (year, month, day) = date;
        let padded = numbers.digits == [2, 2, 2];
        let strength = if padded || numbers.digits.contains(&4) {
            DateStrength::Sure
        } else {
            DateStrength::Alone
        };
        // `28/06/2021г.`
        self.attempt(|ahead| ahead.parse_word(DateSense::YearWord));
        Some((WrittenDay::Full { year, month, day }, strength))
    }

    /// Returns year, month and day. The order known for the source is tried first; if it gives no day, or is unknown,
    /// the numbers must be unambiguous. A weekday is not a matter of habit: if it fits only one reading, it overrides
    /// the usual order.
    fn resolve_order(
        &mut self,
        numbers: &NumericDate,
        weekday: Option<u8>,
    ) -> Option<(i32, u32, u32)> {
        use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
        let short = match numbers.digits {
            [4, _, 1 | 2] => return date_in_order(numbers, YearMonthDay),
            [1 | 2, _, 4] => false,
            [1 | 2, _, 2] => true,
            _ => return None,
        };
        if let Some(set) = self
            .order
            .set
            .and_then(|order| date_in_order(numbers, order))
        {
            return Some(set);
        }
        if let Some((_, found)) = weekday.and_then(|weekday| date_on_weekday(numbers, weekday)) {
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
        if let Some(found) = preferred.and_then(|order| date_in_order(numbers, order)) {
            let year_first = (numbers.sign == '-')
                .then(|| date_in_order(numbers, YearMonthDay).filter(is_past))
                .flatten();
            let found = year_first.filter(|_| !is_past(&found)).unwrap_or(found);
            self.learned = self.order.learned.is_some() && numbers.first.max(numbers.second) <= 12;
            return Some(found);
        }
        let all = [DayMonthYear, MonthDayYear, YearMonthDay]
            .map(|order| date_in_order(numbers, order).filter(is_past));
        let mut all = all.into_iter().flatten();
        all.next().filter(|first| all.all(|other| other == *first))
    }

    /// Reads `03/05` from a source whose order is known, or `28.06.`.
    pub(super) fn parse_numeric_without_year(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let first = self.parse_number(2..=2)?;
        let sign = self.parse_sign("/.")?;
        let second = self.parse_glued_number(2..=2)?;
        let ends = sign == '.' && self.is_glued() && self.parse_sign(".").is_some();
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
        let first = WrittenDay::WithoutYear { month, day };
        Some((DateOrSpan::Days { first, last: None }, DateStrength::Alone))
    }

    /// Reads `20210628`, `2003-335`, `03335`, `2003-W52-3`.
    pub(super) fn parse_compact_date(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        let (value, digits) = self.parse_counted_number(2..=8)?;
        let year = |number: u32| {
            i32::try_from(if number < 100 {
                expand_year(number)
            } else {
                number
            })
            .ok()
        };
        let first = match digits {
            8 => WrittenDay::Full {
                year: year(value / 10_000)?,
                month: value / 100 % 100,
                day: value % 100,
            },
            5 | 7 => WrittenDay::OfYear {
                year: year(value / 1000)?,
                day: value % 1000,
            },
            2 | 4 => {
                let year = year(value)?;
                self.attempt(|ahead| ahead.parse_iso_week(year))
                    .or_else(|| self.attempt(|ahead| ahead.parse_day_of_year(year)))?
            }
            _ => return None,
        };
        let number_alone = matches!(digits, 5 | 7);
        let strength = if number_alone {
            DateStrength::Presumed
        } else {
            DateStrength::Alone
        };
        Some((DateOrSpan::Days { first, last: None }, strength))
    }

    fn parse_day_of_year(&mut self, year: i32) -> Option<WrittenDay> {
        self.parse_sign("-")?;
        let day = self.parse_glued_number(3..=3)?;
        Some(WrittenDay::OfYear { year, day })
    }

    fn parse_iso_week(&mut self, year: i32) -> Option<WrittenDay> {
        self.parse_sign("-");
        self.parse_word(DateSense::WeekMark)?;
        let (value, digits) = self.parse_counted_number(2..=3)?;
        let dashed = self.attempt(|ahead| {
            ahead.parse_sign("-")?;
            ahead.parse_glued_number(1..=1)
        });
        let (week, weekday) = if digits == 3 {
            (value / 10, Some(value % 10))
        } else {
            (value, dashed)
        };
        let weekday = weekday.and_then(|day| u8::try_from(day.checked_sub(1)?).ok());
        Some(WrittenDay::IsoWeek {
            year,
            week,
            weekday,
        })
    }

    /// Reads `2021年6月28日`, `5月3日至5日`, `2021년 6월`.
    pub(super) fn parse_marked_days(&mut self) -> Option<(DateOrSpan, DateStrength)> {
        self.parse_word(DateSense::From);
        let (first, strength) = self.parse_marked_day(None)?;
        let last = self.attempt(|ahead| {
            ahead.parse_range_mark()?;
            ahead.parse_marked_day(Some(first))
        });
        Some((
            DateOrSpan::Days {
                first,
                last: last.map(|(last, _)| last),
            },
            strength,
        ))
    }

    /// Reads a day with marks; in a range, missing parts are taken from `first`.
    fn parse_marked_day(
        &mut self,
        first: Option<WrittenDay>,
    ) -> Option<(WrittenDay, DateStrength)> {
        let year = self.attempt(|ahead| {
            let (value, digits) = ahead.parse_counted_number(2..=4)?;
            ahead.parse_word(DateSense::YearMark)?;
            i32::try_from(if digits == 2 {
                expand_year(value)
            } else {
                value
            })
            .ok()
        });
        let month = self.attempt(|ahead| {
            let named = ahead.parse_month();
            named.or_else(|| {
                let month = ahead.parse_number(1..=2)?;
                ahead.parse_word(DateSense::MonthMark).map(|()| month)
            })
        });
        let day = self.attempt(|ahead| {
            let day = ahead.parse_number(1..=2)?;
            ahead.parse_word(DateSense::DayMark).map(|()| day)
        });
        let (first_year, first_month) = match first {
            Some(WrittenDay::Full { year, month, .. }) => (Some(year), Some(month)),
            Some(WrittenDay::WithoutYear { month, .. }) => (None, Some(month)),
            _ => (None, None),
        };
        Some(match (year.or(first_year), month.or(first_month), day) {
            (Some(year), Some(month), Some(day)) => {
                (WrittenDay::Full { year, month, day }, DateStrength::Sure)
            }
            (None, Some(month), Some(day)) => {
                (WrittenDay::WithoutYear { month, day }, DateStrength::Sure)
            }
            (Some(year), Some(month), None) => {
                (WrittenDay::Month { year, month }, DateStrength::Coarse)
            }
            (Some(year), None, None) if first.is_none() => {
                (WrittenDay::Year(year), DateStrength::Alone)
            }
            _ => return None,
        })
    }
}
