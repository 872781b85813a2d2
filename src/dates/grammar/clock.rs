//! Times of day, and their zones.

use std::ops::RangeInclusive;

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::TokenCursor;
use crate::dates::tokens::DateTokenKind;
use crate::dates::words::{DateSense, DayHalf};
use crate::dates::zones::{NamedZone, ZoneClocks};

/// A time of day, with its zone if one was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dates) struct ClockTime {
    pub(in crate::dates) time: NaiveTime,
    /// True if it is the end of the day, `24:00`: then `time` belongs to the next day.
    pub(in crate::dates) ends_day: bool,
    /// True if it was given to the second.
    pub(in crate::dates) to_the_second: bool,
    pub(in crate::dates) offset: Option<ZoneOffset>,
}

/// The zone of a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dates) enum ZoneOffset {
    /// Minutes east of UTC.
    Minutes(i32),
    /// A zone by a name that may be ambiguous.
    Named(&'static NamedZone),
    /// A zone by its name in the time zone database.
    Region(Tz),
}

impl TokenCursor<'_> {
    /// Reads a time, or the first of two: `10:30-11:30`.
    pub(super) fn parse_clocks(&mut self) -> Option<ClockTime> {
        let first = self.parse_clock()?;
        let last = self.attempt(|ahead| {
            ahead.parse_range_mark()?;
            ahead.parse_clock()
        });
        // The zone follows both.
        let offset = first.offset.or_else(|| last?.offset);
        Some(ClockTime { offset, ..first })
    }

    pub(super) fn parse_clock(&mut self) -> Option<ClockTime> {
        if let Some(clock) = self.attempt(Self::parse_compact_clock) {
            return Some(clock);
        }
        let introduced = self.parse_time_introduction();
        if let Some(hour) = self.parse_sense(|sense| match sense {
            DateSense::Sharp(hour) => Some(hour),
            _ => None,
        }) {
            let time = NaiveTime::from_hms_opt(hour, 0, 0)?;
            return Some(ClockTime {
                time,
                ends_day: false,
                to_the_second: false,
                offset: None,
            });
        }
        let led = self.parse_leading_half();
        let hour = self.parse_number(1..=2)?;
        let (minute, second) = self.parse_minutes(introduced || led.is_some())?;
        self.parse_word(DateSense::HourMark);
        let half = self.attempt(|ahead| {
            ahead.parse_sign(",");
            ahead.parse_day_half()
        });
        let hour = match (led.or(half), hour) {
            (Some(DayHalf::Pm), 1..12) => hour + 12,
            (Some(DayHalf::Am), 12) => 0,
            _ => hour,
        };
        let (time, ends_day) = build_time(hour, minute, second.unwrap_or(0))?;
        // `10:30-11:30` is a range, not an offset.
        let glued_dash = self.is_glued() && self.peek().is_some_and(|next| next.is_sign("-"));
        let offset = if glued_dash && second.is_none() && !introduced {
            None
        } else {
            self.attempt(Self::parse_offset)
        };
        Some(ClockTime {
            time,
            ends_day,
            to_the_second: second.is_some(),
            offset,
        })
    }

    /// Reads `T091005Z`, `T0910`.
    fn parse_compact_clock(&mut self) -> Option<ClockTime> {
        self.parse_word(DateSense::TimeMark)?;
        let (value, digits) = self
            .is_glued()
            .then(|| self.parse_counted_number(4..=6))??;
        let value = match digits {
            4 => value * 100,
            6 => value,
            _ => return None,
        };
        let (time, ends_day) = build_time(value / 10_000, value / 100 % 100, value % 100)?;
        let offset = self.attempt(Self::parse_offset);
        Some(ClockTime {
            time,
            ends_day,
            to_the_second: digits == 6,
            offset,
        })
    }

    /// Reads words before a time: `T`, `at`, `a las`, `godz.`. After one, `9.30` is a time.
    fn parse_time_introduction(&mut self) -> bool {
        let mut introduced = false;
        for _ in 0..3 {
            if self.parse_word(DateSense::At).is_some() {
                self.parse_sign(".");
            } else if self.parse_word(DateSense::TimeMark).is_none() {
                break;
            }
            introduced = true;
        }
        introduced
    }

    /// Reads `下午`, `오후` before a time. In this position it is not written `pm`, which is a word in German.
    fn parse_leading_half(&mut self) -> Option<DayHalf> {
        let is_ascii = self
            .peek()
            .and_then(|token| self.text.get(token.start..token.end))
            .is_none_or(str::is_ascii);
        if is_ascii {
            return None;
        }
        self.attempt(Self::parse_whole_half)
    }

    /// Reads minutes, and seconds if given: `:30`, `:30:00.5`, `h30`, `时30分`, `.30 pm`, or nothing before `pm`.
    fn parse_minutes(&mut self, expected: bool) -> Option<(u32, Option<u32>)> {
        if self.parse_sign(":").is_some() {
            let minute = self
                .parse_number(2..=2)
                .or_else(|| self.attempt(Self::parse_short_minute))?;
            return Some((minute, self.attempt(Self::parse_seconds)));
        }
        let spaced = !self.is_glued();
        if self.parse_word(DateSense::HourMark).is_some() {
            let minute = self.attempt(|ahead| ahead.parse_minutes_after_mark(spaced));
            let second = minute.and_then(|_| {
                self.attempt(|ahead| {
                    let second = ahead.parse_number(1..=2)?;
                    ahead.parse_word(DateSense::SecondMark).map(|()| second)
                })
            });
            return Some((minute.unwrap_or(0), second));
        }
        let minute = self.attempt(|ahead| {
            ahead.parse_sign(".")?;
            ahead.parse_number(2..=2)
        });
        let mut ahead = *self;
        let marked =
            minute.is_some() && (expected || ahead.parse_word(DateSense::HourMark).is_some());
        (marked || ahead.parse_day_half().is_some()).then_some((minute.unwrap_or(0), None))
    }

    /// Reads `30` in `9h30`, `9 h 30`, `9时30分`.
    fn parse_minutes_after_mark(&mut self, spaced: bool) -> Option<u32> {
        let glued = self.is_glued();
        let (minute, digits) = self.parse_counted_number(1..=2)?;
        let marked = self.parse_word(DateSense::MinuteMark).is_some();
        (minute < 60 && (marked || digits == 2 && (glued || spaced))).then_some(minute)
    }

    /// Reads a minute of one digit, which must precede seconds: `9:5:03`, but not `3:1`.
    fn parse_short_minute(&mut self) -> Option<u32> {
        let minute = self.parse_glued_number(1..=1)?;
        let mut ahead = *self;
        ahead.parse_seconds().map(|_| minute)
    }

    /// Reads seconds. A fraction is skipped: nobody publishes by the millisecond.
    fn parse_seconds(&mut self) -> Option<u32> {
        self.parse_sign(":")?;
        let second = self
            .parse_number(2..=2)
            .or_else(|| self.parse_glued_number(1..=1))?;
        self.attempt(|ahead| {
            ahead.parse_sign(".,")?;
            ahead.parse_glued_number(1..=9)
        });
        (second <= 60).then_some(second)
    }

    fn parse_whole_half(&mut self) -> Option<DayHalf> {
        self.parse_sense(|sense| match sense {
            DateSense::Half(half) => Some(half),
            _ => None,
        })
    }

    /// Reads `pm`, `p.m.`, `p. m.`.
    fn parse_day_half(&mut self) -> Option<DayHalf> {
        if let Some(half) = self.parse_whole_half() {
            self.parse_sign(".");
            return Some(half);
        }
        let half = self.parse_sense(|sense| match sense {
            DateSense::HalfLetter(half) => Some(half),
            _ => None,
        })?;
        self.parse_sign(".");
        self.parse_word(DateSense::HalfMark)?;
        self.parse_sign(".");
        Some(half)
    }

    /// Reads `Z`, `CST`, `-0600`, `+02:00 (CEST)`, `(GMT-6)`, `hora de Panamá`, `Etc/GMT`.
    fn parse_offset(&mut self) -> Option<ZoneOffset> {
        self.parse_sign("(");
        let offset = self
            .attempt(Self::parse_zone_region)
            .or_else(|| self.attempt(Self::parse_zone_place));
        let offset = match offset {
            Some(offset) => offset,
            None => self.parse_named_or_shifted()?,
        };
        self.attempt(|ahead| {
            ahead.parse_sign("(")?;
            ahead.parse_zone_name()
        });
        self.parse_sign(")");
        Some(offset)
    }

    fn parse_named_or_shifted(&mut self) -> Option<ZoneOffset> {
        Some(match self.parse_zone_name() {
            Some(NamedZone {
                clocks: ZoneClocks::Fixed(0),
                ..
            }) => ZoneOffset::Minutes(
                self.attempt(|ahead| ahead.parse_offset_minutes(1..=2))
                    .unwrap_or(0),
            ),
            Some(zone) => ZoneOffset::Named(zone),
            None => ZoneOffset::Minutes(self.parse_offset_minutes(2..=2)?),
        })
    }

    /// Reads an abbreviation. It must be in capitals, because `est` is a word in French.
    fn parse_zone_name(&mut self) -> Option<&'static NamedZone> {
        let capital = self.peek()?.capital;
        self.parse_sense(|sense| match sense {
            DateSense::Zone(zone) if capital || !zone.is_word() => Some(zone),
            _ => None,
        })
    }

    /// Reads `hora de Panamá`, `Geneva time`.
    fn parse_zone_place(&mut self) -> Option<ZoneOffset> {
        let led = self.parse_word(DateSense::PlaceLead).is_some();
        let zone = self.parse_sense(|sense| match sense {
            DateSense::Place(zone) => Some(zone),
            _ => None,
        })?;
        let trailed = self.parse_word(DateSense::PlaceTail).is_some();
        (led || trailed).then_some(ZoneOffset::Named(zone))
    }

    /// Reads a name of the time zone database: `America/Costa_Rica`.
    fn parse_zone_region(&mut self) -> Option<ZoneOffset> {
        let start = self.peek()?.start;
        matches!(self.peek()?.kind, DateTokenKind::Word(_)).then(|| self.at += 1)?;
        self.parse_sign("/")?;
        let mut end = start;
        for _ in 0..8 {
            match self.peek() {
                Some(token)
                    if !token.spaced
                        && (token.is_sign("/_-+")
                            || !matches!(token.kind, DateTokenKind::Sign(_))) =>
                {
                    end = token.end;
                    self.at += 1;
                }
                _ => break,
            }
        }
        self.text
            .get(start..end)?
            .parse()
            .ok()
            .map(ZoneOffset::Region)
    }

    /// Reads `-0600`, `-06:00`, or hours alone with this number of digits, and returns minutes.
    fn parse_offset_minutes(&mut self, hour_digits: RangeInclusive<usize>) -> Option<i32> {
        let sign = self.parse_sign("+-")?;
        let (hours, minutes) = if let Some(both) = self.parse_glued_number(4..=4) {
            (both / 100, both % 100)
        } else {
            let hours = self.parse_glued_number(hour_digits)?;
            let minutes = self.attempt(|ahead| {
                ahead.parse_sign(":")?;
                ahead.parse_glued_number(2..=2)
            });
            (hours, minutes.unwrap_or(0))
        };
        let east = i32::try_from(hours * 60 + minutes).ok()?;
        (hours <= 14 && minutes < 60).then_some(if sign == '-' { -east } else { east })
    }
}

/// Returns a time of day, and true if it is the end of the day. A leap second becomes the second before it.
fn build_time(hour: u32, minute: u32, second: u32) -> Option<(NaiveTime, bool)> {
    let ends_day = (hour, minute, second) == (24, 0, 0);
    let hour = if ends_day { 0 } else { hour };
    let time = NaiveTime::from_hms_opt(hour, minute, second.min(59))?;
    Some((time, ends_day))
}
