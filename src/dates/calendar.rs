//! When a date was: what the grammar found, in a zone and at a time of reading.

use chrono::{
    DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta,
    TimeZone,
};
use chrono_tz::Tz;

use super::grammar::{Clock, Day, Meaning};
use super::words::Unit;
use super::{Hints, Reading};
use crate::model::{Dated, Precision};

/// Years outside are slips of the keyboard, or no years at all.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// 29 February may be this many years back, around a century without a leap day.
const LEAP_GAP_YEARS: i32 = 8;

/// The date that was meant; `None` for a day that never was, or one of another century.
pub(super) fn resolve(meaning: Meaning, hints: &Hints) -> Option<Reading> {
    let reading = match meaning {
        Meaning::Moment { day, clock } => moment(day, clock, hints)?,
        Meaning::Elapsed { count, unit } => Reading::Derived(elapsed(count, unit, hints)?),
    };
    YEARS
        .contains(&reading.dated().at.year())
        .then_some(reading)
}

fn moment(day: Day, clock: Option<Clock>, hints: &Hints) -> Option<Reading> {
    let today = today(hints);
    match day {
        Day::Full { year, month, day } => {
            let date = NaiveDate::from_ymd_opt(year, month, day)?;
            Some(Reading::Absolute(dated(date, clock, hints.zone)?))
        }
        Day::WithoutYear { month, day } => {
            let date = latest(month, day, today)?;
            Some(Reading::Derived(dated(date, clock, hints.zone)?))
        }
        Day::Back(days) => {
            let date = today.checked_sub_days(Days::new(days.into()))?;
            Some(Reading::Derived(dated(date, clock, hints.zone)?))
        }
    }
}

fn elapsed(count: u32, unit: Unit, hints: &Hints) -> Option<Dated> {
    let seconds = match unit {
        Unit::Second => 1,
        Unit::Minute => 60,
        Unit::Hour => 3600,
        Unit::Day => return whole_days(count, hints),
        Unit::Week => return whole_days(count.checked_mul(7)?, hints),
        Unit::Month => return whole_months(count, hints),
        Unit::Year => return whole_months(count.checked_mul(12)?, hints),
    };
    let span = TimeDelta::try_seconds(i64::from(count) * seconds)?;
    let at = hints.now.checked_sub_signed(span)?;
    Some(Dated {
        at: at.with_timezone(&hints.zone).fixed_offset(),
        precision: Precision::Instant,
    })
}

fn whole_days(count: u32, hints: &Hints) -> Option<Dated> {
    let date = today(hints).checked_sub_days(Days::new(count.into()))?;
    dated(date, None, hints.zone)
}

fn whole_months(count: u32, hints: &Hints) -> Option<Dated> {
    let date = today(hints).checked_sub_months(Months::new(count))?;
    dated(date, None, hints.zone)
}

fn today(hints: &Hints) -> NaiveDate {
    hints.now.with_timezone(&hints.zone).date_naive()
}

/// The latest such day up to today.
fn latest(month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    (today.year() - LEAP_GAP_YEARS..=today.year())
        .rev()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|date| *date <= today)
}

fn dated(date: NaiveDate, clock: Option<Clock>, zone: Tz) -> Option<Dated> {
    let Some(clock) = clock else {
        let at = in_zone(date.and_time(NaiveTime::MIN), zone)?;
        return Some(Dated {
            at,
            precision: Precision::Day,
        });
    };
    let local = date.and_time(clock.time);
    let at = match clock.offset {
        Some(offset) => offset.from_local_datetime(&local).single()?,
        None => in_zone(local, zone)?,
    };
    Some(Dated {
        at,
        precision: Precision::Instant,
    })
}

/// A time that clocks show twice is the earlier one; one that they skip is counted from before the gap.
fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let at = |local| zone.from_local_datetime(&local).earliest();
    let after_gap = || {
        let day_before = at(local.checked_sub_days(Days::new(1))?)?;
        day_before.checked_add_signed(TimeDelta::try_days(1)?)
    };
    Some(at(local).or_else(after_gap)?.fixed_offset())
}
