//! Spans of time from now: `3 days ago`, `hace una semana`, `1 año 2 meses`.

use super::{DateMeaning, DateOrSpan, DateStrength, TimeSpan, TokenCursor};
use crate::dates::words::{DateSense, TimeUnit};

/// The position of a span relative to now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SpanDirection {
    Past,
    Ahead,
}

impl TokenCursor<'_> {
    pub(super) fn parse_span(&mut self) -> Option<DateMeaning> {
        let led = self.attempt(Self::parse_side_before);
        if led.is_some() {
            self.attempt(|ahead| ahead.parse_word(DateSense::Filler));
        }
        let mut span = TimeSpan::default();
        let short = self.parse_span_length(&mut span)?;
        for _ in 0..6 {
            let part = self.attempt(|ahead| {
                let mut longer = span;
                ahead
                    .parse_sign(",&+")
                    .map(|_| ())
                    .or_else(|| ahead.parse_word(DateSense::To));
                ahead.parse_word(DateSense::To);
                let short = ahead.parse_span_length(&mut longer)?;
                (!short || led.is_some()).then_some(longer)
            });
            match part {
                Some(longer) => span = longer,
                None => break,
            }
        }
        let trailed = self.attempt(Self::parse_side_after);
        let strength = match (led, trailed) {
            (Some(SpanDirection::Past), _) | (None, Some(_)) => DateStrength::Sure,
            (Some(SpanDirection::Ahead), _) => DateStrength::Alone,
            (None, None) if short || span.vague => return None,
            (None, None) => DateStrength::Presumed,
        };
        span.ahead = led.or(trailed) == Some(SpanDirection::Ahead);
        Some(self.build_meaning(DateOrSpan::Span(span), None, strength))
    }

    /// Reads `just now`.
    pub(super) fn parse_now(&mut self) -> Option<DateMeaning> {
        self.parse_word(DateSense::Now)?;
        let span = TimeSpan {
            finest: Some(TimeUnit::Second),
            ..TimeSpan::default()
        };
        Some(self.build_meaning(DateOrSpan::Span(span), None, DateStrength::Alone))
    }

    fn parse_side_before(&mut self) -> Option<SpanDirection> {
        self.parse_sense(|sense| match sense {
            DateSense::Since => Some(SpanDirection::Past),
            DateSense::In => Some(SpanDirection::Ahead),
            _ => None,
        })
    }

    fn parse_side_after(&mut self) -> Option<SpanDirection> {
        self.parse_sense(|sense| match sense {
            DateSense::Ago | DateSense::Since => Some(SpanDirection::Past),
            DateSense::Later => Some(SpanDirection::Ahead),
            _ => None,
        })
    }

    /// Adds a count and its unit. Returns true if the text is too short to be a span without `ago`.
    fn parse_span_length(&mut self, span: &mut TimeSpan) -> Option<bool> {
        let Some(count) = self.attempt(Self::parse_span_count) else {
            let (count, unit) = self.parse_sense(|sense| match sense {
                DateSense::Counted(count, unit) => Some((count, unit)),
                _ => None,
            })?;
            return span.add_count(count, unit).map(|()| true);
        };
        // `un'ora`
        self.parse_sign("'");
        let (unit, letter) = self.parse_sense(|sense| match sense {
            DateSense::Unit(unit) => Some((unit, false)),
            DateSense::Letter(unit) => Some((unit, true)),
            _ => None,
        })?;
        let mut ahead = *self;
        if ahead.parse_sign(".").is_some() && ahead.parse_side_after().is_some() {
            self.parse_sign(".");
        }
        match count {
            SpanCount::Number(count) => span.add_count(count, unit)?,
            SpanCount::Few => {
                span.vague = true;
                span.add_count(0, unit)?;
            }
        }
        Some(letter)
    }

    fn parse_span_count(&mut self) -> Option<SpanCount> {
        if let Some(count) = self.parse_number(1..=5) {
            return Some(SpanCount::Number(count));
        }
        self.parse_sense(|sense| match sense {
            DateSense::Count(count) => Some(SpanCount::Number(count)),
            DateSense::Few => Some(SpanCount::Few),
            _ => None,
        })
    }
}

#[derive(Clone, Copy)]
enum SpanCount {
    Number(u32),
    Few,
}

impl TimeSpan {
    /// Adds to the span. Returns `None` if it becomes longer than any calendar, or if its units do not decrease.
    fn add_count(&mut self, count: u32, unit: TimeUnit) -> Option<()> {
        if self.finest.is_some_and(|finest| unit >= finest) {
            return None;
        }
        self.finest = Some(unit);
        let months = |each: u32| count.checked_mul(each);
        match unit {
            TimeUnit::Second => self.seconds += u64::from(count),
            TimeUnit::Minute => self.seconds += u64::from(count) * 60,
            TimeUnit::Hour => self.seconds += u64::from(count) * 3600,
            TimeUnit::Day => self.days = self.days.checked_add(count)?,
            TimeUnit::Week => self.days = self.days.checked_add(count.checked_mul(7)?)?,
            TimeUnit::Month => self.months = self.months.checked_add(count)?,
            TimeUnit::Year => self.months = self.months.checked_add(months(12)?)?,
            TimeUnit::Decade => self.months = self.months.checked_add(months(120)?)?,
        }
        Some(())
    }
}
