//! Spans of time from now: `3 days ago`, `hace una semana`, `1 año 2 meses`.

use super::{Cursor, Meaning, Span, Strength, What};
use crate::dates::words::{Sense, Unit};

/// The position of a span relative to now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Past,
    Ahead,
}

impl Cursor<'_> {
    pub(super) fn span(&mut self) -> Option<Meaning> {
        let led = self.attempt(Self::side_before);
        if led.is_some() {
            self.attempt(|ahead| ahead.word(Sense::Filler));
        }
        let mut span = Span::default();
        let short = self.length(&mut span)?;
        for _ in 0..6 {
            let part = self.attempt(|ahead| {
                let mut longer = span;
                ahead
                    .sign(",&+")
                    .map(|_| ())
                    .or_else(|| ahead.word(Sense::To));
                ahead.word(Sense::To);
                let short = ahead.length(&mut longer)?;
                (!short || led.is_some()).then_some(longer)
            });
            match part {
                Some(longer) => span = longer,
                None => break,
            }
        }
        let trailed = self.attempt(Self::side_after);
        let strength = match (led, trailed) {
            (Some(Side::Past), _) | (None, Some(_)) => Strength::Sure,
            (Some(Side::Ahead), _) => Strength::Alone,
            (None, None) if short || span.vague => return None,
            (None, None) => Strength::Presumed,
        };
        span.ahead = led.or(trailed) == Some(Side::Ahead);
        Some(self.meaning(What::Span(span), None, strength))
    }

    /// Reads `just now`.
    pub(super) fn now(&mut self) -> Option<Meaning> {
        self.word(Sense::Now)?;
        let span = Span {
            finest: Some(Unit::Second),
            ..Span::default()
        };
        Some(self.meaning(What::Span(span), None, Strength::Alone))
    }

    fn side_before(&mut self) -> Option<Side> {
        self.sense(|sense| match sense {
            Sense::Since => Some(Side::Past),
            Sense::In => Some(Side::Ahead),
            _ => None,
        })
    }

    fn side_after(&mut self) -> Option<Side> {
        self.sense(|sense| match sense {
            Sense::Ago | Sense::Since => Some(Side::Past),
            Sense::Later => Some(Side::Ahead),
            _ => None,
        })
    }

    /// Adds a count and its unit. Returns true if the text is too short to be a span without `ago`.
    fn length(&mut self, span: &mut Span) -> Option<bool> {
        let Some(count) = self.attempt(Self::count) else {
            let (count, unit) = self.sense(|sense| match sense {
                Sense::Counted(count, unit) => Some((count, unit)),
                _ => None,
            })?;
            return span.add(count, unit).map(|()| true);
        };
        // `un'ora`
        self.sign("'");
        let (unit, letter) = self.sense(|sense| match sense {
            Sense::Unit(unit) => Some((unit, false)),
            Sense::Letter(unit) => Some((unit, true)),
            _ => None,
        })?;
        let mut ahead = *self;
        if ahead.sign(".").is_some() && ahead.side_after().is_some() {
            self.sign(".");
        }
        match count {
            Count::Number(count) => span.add(count, unit)?,
            Count::Few => {
                span.vague = true;
                span.add(0, unit)?;
            }
        }
        Some(letter)
    }

    fn count(&mut self) -> Option<Count> {
        if let Some(count) = self.number(1..=5) {
            return Some(Count::Number(count));
        }
        self.sense(|sense| match sense {
            Sense::Count(count) => Some(Count::Number(count)),
            Sense::Few => Some(Count::Few),
            _ => None,
        })
    }
}

#[derive(Clone, Copy)]
enum Count {
    Number(u32),
    Few,
}

impl Span {
    /// Adds to the span. Returns `None` if it becomes longer than any calendar, or if its units do not decrease.
    fn add(&mut self, count: u32, unit: Unit) -> Option<()> {
        if self.finest.is_some_and(|finest| unit >= finest) {
            return None;
        }
        self.finest = Some(unit);
        let months = |each: u32| count.checked_mul(each);
        match unit {
            Unit::Second => self.seconds += u64::from(count),
            Unit::Minute => self.seconds += u64::from(count) * 60,
            Unit::Hour => self.seconds += u64::from(count) * 3600,
            Unit::Day => self.days = self.days.checked_add(count)?,
            Unit::Week => self.days = self.days.checked_add(count.checked_mul(7)?)?,
            Unit::Month => self.months = self.months.checked_add(count)?,
            Unit::Year => self.months = self.months.checked_add(months(12)?)?,
            Unit::Decade => self.months = self.months.checked_add(months(120)?)?,
        }
        Some(())
    }
}
