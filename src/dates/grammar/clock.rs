//! Times of day, and their zones.

use std::ops::RangeInclusive;

use chrono::NaiveTime;
use chrono_tz::Tz;

use super::Cursor;
use crate::dates::tokens::TokenKind;
use crate::dates::words::{Half, Sense};
use crate::dates::zones::{Clocks, Zone};

/// A time of day, with its zone if one was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dates) struct Clock {
    pub(in crate::dates) time: NaiveTime,
    /// True if it is the end of the day, `24:00`: then `time` belongs to the next day.
    pub(in crate::dates) ends_day: bool,
    /// True if it was given to the second.
    pub(in crate::dates) to_the_second: bool,
    pub(in crate::dates) offset: Option<Offset>,
}

/// The zone of a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dates) enum Offset {
    /// Minutes east of UTC.
    Minutes(i32),
    /// A zone by a name that may be ambiguous.
    Named(&'static Zone),
    /// A zone by its name in the time zone database.
    Region(Tz),
}

impl Cursor<'_> {
    /// Reads a time, or the first of two: `10:30-11:30`.
    pub(super) fn clocks(&mut self) -> Option<Clock> {
        let first = self.clock()?;
        let last = self.attempt(|ahead| {
            ahead.to()?;
            ahead.clock()
        });
        // The zone follows both.
        let offset = first.offset.or_else(|| last?.offset);
        Some(Clock { offset, ..first })
    }

    pub(super) fn clock(&mut self) -> Option<Clock> {
        if let Some(clock) = self.attempt(Self::compact_clock) {
            return Some(clock);
        }
        let introduced = self.introduction();
        if let Some(hour) = self.sense(|sense| match sense {
            Sense::Sharp(hour) => Some(hour),
            _ => None,
        }) {
            let time = NaiveTime::from_hms_opt(hour, 0, 0)?;
            return Some(Clock {
                time,
                ends_day: false,
                to_the_second: false,
                offset: None,
            });
        }
        let led = self.leading_half();
        let hour = self.number(1..=2)?;
        let (minute, second) = self.minutes(introduced || led.is_some())?;
        self.word(Sense::HourMark);
        let half = self.attempt(|ahead| {
            ahead.sign(",");
            ahead.half()
        });
        let hour = match (led.or(half), hour) {
            (Some(Half::Pm), 1..12) => hour + 12,
            (Some(Half::Am), 12) => 0,
            _ => hour,
        };
        let (time, ends_day) = time_of(hour, minute, second.unwrap_or(0))?;
        // `10:30-11:30` is a range, not an offset.
        let glued_dash = self.glued() && self.peek().is_some_and(|next| next.is_sign("-"));
        let offset = if glued_dash && second.is_none() && !introduced {
            None
        } else {
            self.attempt(Self::offset)
        };
        Some(Clock {
            time,
            ends_day,
            to_the_second: second.is_some(),
            offset,
        })
    }

    /// Reads `T091005Z`, `T0910`.
    fn compact_clock(&mut self) -> Option<Clock> {
        self.word(Sense::TimeMark)?;
        let (value, digits) = self.glued().then(|| self.counted_number(4..=6))??;
        let value = match digits {
            4 => value * 100,
            6 => value,
            _ => return None,
        };
        let (time, ends_day) = time_of(value / 10_000, value / 100 % 100, value % 100)?;
        let offset = self.attempt(Self::offset);
        Some(Clock {
            time,
            ends_day,
            to_the_second: digits == 6,
            offset,
        })
    }

    /// Reads words before a time: `T`, `at`, `a las`, `godz.`. After one, `9.30` is a time.
    fn introduction(&mut self) -> bool {
        let mut introduced = false;
        for _ in 0..3 {
            if self.word(Sense::At).is_some() {
                self.sign(".");
            } else if self.word(Sense::TimeMark).is_none() {
                break;
            }
            introduced = true;
        }
        introduced
    }

    /// Reads `下午`, `오후` before a time. In this position it is not written `pm`, which is a word in German.
    fn leading_half(&mut self) -> Option<Half> {
        let is_ascii = self
            .peek()
            .and_then(|token| self.text.get(token.start..token.end))
            .is_none_or(str::is_ascii);
        if is_ascii {
            return None;
        }
        self.attempt(Self::whole_half)
    }

    /// Reads minutes, and seconds if given: `:30`, `:30:00.5`, `h30`, `时30分`, `.30 pm`, or nothing before `pm`.
    fn minutes(&mut self, expected: bool) -> Option<(u32, Option<u32>)> {
        if self.sign(":").is_some() {
            let minute = self
                .number(2..=2)
                .or_else(|| self.attempt(Self::short_minute))?;
            return Some((minute, self.attempt(Self::seconds)));
        }
        let spaced = !self.glued();
        if self.word(Sense::HourMark).is_some() {
            let minute = self.attempt(|ahead| ahead.minutes_after_mark(spaced));
            let second = minute.and_then(|_| {
                self.attempt(|ahead| {
                    let second = ahead.number(1..=2)?;
                    ahead.word(Sense::SecondMark).map(|()| second)
                })
            });
            return Some((minute.unwrap_or(0), second));
        }
        let minute = self.attempt(|ahead| {
            ahead.sign(".")?;
            ahead.number(2..=2)
        });
        let mut ahead = *self;
        let marked = minute.is_some() && (expected || ahead.word(Sense::HourMark).is_some());
        (marked || ahead.half().is_some()).then_some((minute.unwrap_or(0), None))
    }

    /// Reads `30` in `9h30`, `9 h 30`, `9时30分`.
    fn minutes_after_mark(&mut self, spaced: bool) -> Option<u32> {
        let glued = self.glued();
        let (minute, digits) = self.counted_number(1..=2)?;
        let marked = self.word(Sense::MinuteMark).is_some();
        (minute < 60 && (marked || digits == 2 && (glued || spaced))).then_some(minute)
    }

    /// Reads a minute of one digit, which must precede seconds: `9:5:03`, but not `3:1`.
    fn short_minute(&mut self) -> Option<u32> {
        let minute = self.glued_number(1..=1)?;
        let mut ahead = *self;
        ahead.seconds().map(|_| minute)
    }

    /// Reads seconds. A fraction is skipped: nobody publishes by the millisecond.
    fn seconds(&mut self) -> Option<u32> {
        self.sign(":")?;
        let second = self.number(2..=2).or_else(|| self.glued_number(1..=1))?;
        self.attempt(|ahead| {
            ahead.sign(".,")?;
            ahead.glued_number(1..=9)
        });
        (second <= 60).then_some(second)
    }

    fn whole_half(&mut self) -> Option<Half> {
        self.sense(|sense| match sense {
            Sense::Half(half) => Some(half),
            _ => None,
        })
    }

    /// Reads `pm`, `p.m.`, `p. m.`.
    fn half(&mut self) -> Option<Half> {
        if let Some(half) = self.whole_half() {
            self.sign(".");
            return Some(half);
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

    /// Reads `Z`, `CST`, `-0600`, `+02:00 (CEST)`, `(GMT-6)`, `hora de Panamá`, `Etc/GMT`.
    fn offset(&mut self) -> Option<Offset> {
        self.sign("(");
        let offset = self
            .attempt(Self::region)
            .or_else(|| self.attempt(Self::place));
        let offset = match offset {
            Some(offset) => offset,
            None => self.named_or_shifted()?,
        };
        self.attempt(|ahead| {
            ahead.sign("(")?;
            ahead.zone()
        });
        self.sign(")");
        Some(offset)
    }

    fn named_or_shifted(&mut self) -> Option<Offset> {
        Some(match self.zone() {
            Some(Zone {
                clocks: Clocks::Fixed(0),
                ..
            }) => Offset::Minutes(self.attempt(|ahead| ahead.shift(1..=2)).unwrap_or(0)),
            Some(zone) => Offset::Named(zone),
            None => Offset::Minutes(self.shift(2..=2)?),
        })
    }

    /// Reads an abbreviation. It must be in capitals, because `est` is a word in French.
    fn zone(&mut self) -> Option<&'static Zone> {
        let capital = self.peek()?.capital;
        self.sense(|sense| match sense {
            Sense::Zone(zone) if capital || !zone.is_word() => Some(zone),
            _ => None,
        })
    }

    /// Reads `hora de Panamá`, `Geneva time`.
    fn place(&mut self) -> Option<Offset> {
        let led = self.word(Sense::PlaceLead).is_some();
        let zone = self.sense(|sense| match sense {
            Sense::Place(zone) => Some(zone),
            _ => None,
        })?;
        let trailed = self.word(Sense::PlaceTail).is_some();
        (led || trailed).then_some(Offset::Named(zone))
    }

    /// Reads a name of the time zone database: `America/Costa_Rica`.
    fn region(&mut self) -> Option<Offset> {
        let start = self.peek()?.start;
        matches!(self.peek()?.kind, TokenKind::Word(_)).then(|| self.at += 1)?;
        self.sign("/")?;
        let mut end = start;
        for _ in 0..8 {
            match self.peek() {
                Some(token)
                    if !token.spaced
                        && (token.is_sign("/_-+") || !matches!(token.kind, TokenKind::Sign(_))) =>
                {
                    end = token.end;
                    self.at += 1;
                }
                _ => break,
            }
        }
        self.text.get(start..end)?.parse().ok().map(Offset::Region)
    }

    /// Reads `-0600`, `-06:00`, or hours alone with this number of digits, and returns minutes.
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

/// Returns a time of day, and true if it is the end of the day. A leap second becomes the second before it.
fn time_of(hour: u32, minute: u32, second: u32) -> Option<(NaiveTime, bool)> {
    let ends_day = (hour, minute, second) == (24, 0, 0);
    let hour = if ends_day { 0 } else { hour };
    let time = NaiveTime::from_hms_opt(hour, minute, second.min(59))?;
    Some((time, ends_day))
}
