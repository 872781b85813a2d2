//! Computes when a date was: the result of the grammar, in a zone and at a time of reading.

use chrono::{
    DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime,
    Offset as _, TimeDelta, TimeZone, Weekday,
};
use chrono_tz::{OffsetName, Tz};

use super::grammar::{Clock, Day, Meaning, Offset, Span, Step, Strength, What};
use super::words::Unit;
use super::zones::{Clocks, Zone};
use super::{Basis, Hints, Reading};
use crate::model::{Dated, Precision};

/// The plausible range of written years; others are typing errors, or not years at all.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// The range of years in a date to the second with its zone, which only machines write. Earlier years come from clocks
/// that were never set: 0001 in Go and .NET, 0002 and -0001 from PHP's reading of `0000-00-00`.
const WRITTEN_BY_MACHINES: std::ops::RangeInclusive<i32> = 3..=9999;

/// The epochs of programs, which they write if they have no date: Windows, SQL Server, OLE, Excel, Mac OS. The Unix
/// epoch is an instant, see [`is_unset`].
const ZERO_DAYS: [(i32, u32, u32); 6] = [
    (1601, 1, 1),
    (1753, 1, 1),
    (1899, 12, 30),
    (1899, 12, 31),
    (1900, 1, 1),
    (1904, 1, 1),
];

/// The greatest offset of a zone from UTC, in seconds.
const FARTHEST_ZONE: u64 = 14 * 60 * 60;

/// The maximum age of 29 February in years, around a century without a leap day.
const LEAP_GAP_YEARS: i32 = 8;

/// Returns the date meant; `None` for a day that never existed, or one of another century.
pub(super) fn resolve(meaning: Meaning, hints: &Hints) -> Option<Reading> {
    let Meaning {
        what,
        clock,
        strength,
        learned,
    } = meaning;
    let mut reading = match what {
        What::Span(span) => elapsed(span, hints)?,
        What::Days { first, last } => days(first, last, clock, hints)?,
    };
    if strength == Strength::Presumed {
        reading.basis = Basis::Presumed;
    } else if learned && reading.basis == Basis::Stated {
        reading.basis = Basis::Derived;
    }
    Some(reading)
}

fn days(first: Day, last: Option<Day>, clock: Option<Clock>, hints: &Hints) -> Option<Reading> {
    let today = hints.today();
    let clock = clock.filter(|_| !matches!(first, Day::Month { .. } | Day::Year(_)));
    let begin = match (first, clock) {
        (Day::Unsaid, Some(clock)) => Period::day(latest_time(clock, hints)?, Basis::Derived),
        _ => period(first, today)?,
    };
    let end = match last {
        Some(Day::WithoutYear { month, day }) => Some(following(month, day, begin.first)?),
        Some(last) => Some(period(last, today)?.last).filter(|last| *last >= begin.first),
        None => (begin.last != begin.first).then_some(begin.last),
    };
    let by_machine = clock.is_some_and(|clock| clock.to_the_second && clock.offset.is_some());
    let years = if by_machine {
        WRITTEN_BY_MACHINES
    } else {
        YEARS
    };
    if !years.contains(&begin.first.year()) {
        return None;
    }
    let dated = dated(begin.first, begin.precision, clock, hints.zone)?;
    (!is_unset(dated)).then_some(Reading {
        dated,
        end,
        basis: begin.basis,
    })
}

/// Returns true if a day means that there is no date: a program's epoch, in any zone.
fn is_unset(dated: Dated) -> bool {
    let epoch = dated.at.timestamp().unsigned_abs() <= FARTHEST_ZONE;
    let days = [dated.at.date_naive(), dated.at.naive_utc().date()];
    let zero = days.map(|day| ZERO_DAYS.contains(&(day.year(), day.month(), day.day())));
    let told = matches!(dated.precision, Precision::Day | Precision::Instant);
    told && (epoch || zero.contains(&true))
}

/// A period from its first to its last day.
struct Period {
    first: NaiveDate,
    last: NaiveDate,
    precision: Precision,
    basis: Basis,
}

impl Period {
    fn day(day: NaiveDate, basis: Basis) -> Self {
        Self {
            first: day,
            last: day,
            precision: Precision::Day,
            basis,
        }
    }

    fn week(first: NaiveDate, basis: Basis) -> Option<Self> {
        let last = first.checked_add_days(Days::new(6))?;
        Some(Self {
            first,
            last,
            precision: Precision::Day,
            basis,
        })
    }

    fn month(year: i32, month: u32, basis: Basis) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
        Some(Self {
            first,
            last,
            precision: Precision::Month,
            basis,
        })
    }

    fn year(year: i32, basis: Basis) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, 1, 1)?;
        let last = NaiveDate::from_ymd_opt(year, 12, 31)?;
        Some(Self {
            first,
            last,
            precision: Precision::Year,
            basis,
        })
    }
}

fn period(day: Day, today: NaiveDate) -> Option<Period> {
    let stated = |date: Option<NaiveDate>| Some(Period::day(date?, Basis::Stated));
    let derived = |date: Option<NaiveDate>| Some(Period::day(date?, Basis::Derived));
    match day {
        Day::Full { year, month, day } => stated(NaiveDate::from_ymd_opt(year, month, day)),
        Day::OfYear { year, day } => stated(NaiveDate::from_yo_opt(year, day)),
        Day::Month { year, month } => Period::month(year, month, Basis::Stated),
        Day::Year(year) => Period::year(year, Basis::Stated),
        Day::IsoWeek {
            year,
            week,
            weekday: Some(weekday),
        } => {
            let weekday = Weekday::try_from(weekday).ok()?;
            stated(NaiveDate::from_isoywd_opt(year, week, weekday))
        }
        Day::IsoWeek {
            year,
            week,
            weekday: None,
        } => Period::week(
            NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?,
            Basis::Stated,
        ),
        Day::EpiWeek {
            year: Some(year),
            week,
        } => Period::week(epi_week(year, week)?, Basis::Stated),
        Day::EpiWeek { year: None, week } => {
            let years = [today.year() + 1, today.year(), today.year() - 1];
            let weeks = years.into_iter().filter_map(|year| epi_week(year, week));
            Period::week(
                weeks.into_iter().find(|first| *first <= today)?,
                Basis::Derived,
            )
        }
        Day::WithoutYear { month, day } => derived(latest(month, day, today)),
        Day::MonthWithoutYear(month) => {
            let year = today.year() - i32::from(month > today.month());
            Period::month(year, month, Basis::Derived)
        }
        Day::Ahead(days) => derived(shifted(today, i64::from(days))),
        Day::Weekday(weekday, step) => derived(weekday_near(weekday, step, today)),
        Day::Whole(unit, step) => whole(unit, step, today),
        Day::Unsaid => None,
    }
}

/// Returns the Sunday that begins an epidemiological week: the first week of a year is the one that contains 4 January.
fn epi_week(year: i32, week: u32) -> Option<NaiveDate> {
    let sunday_of = |date: NaiveDate| {
        date.checked_sub_days(Days::new(date.weekday().num_days_from_sunday().into()))
    };
    let first = sunday_of(NaiveDate::from_ymd_opt(year, 1, 4)?)?;
    let sunday = first.checked_add_days(Days::new(u64::from(week.checked_sub(1)?) * 7))?;
    let next_year = sunday_of(NaiveDate::from_ymd_opt(year + 1, 1, 4)?)?;
    (sunday < next_year).then_some(sunday)
}

fn shifted(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(TimeDelta::try_days(days)?)
}

/// Returns the weekday for a step: the latest not in the future, the last before today, or the first after today.
fn weekday_near(weekday: u8, step: Step, today: NaiveDate) -> Option<NaiveDate> {
    let back =
        (i64::from(today.weekday().num_days_from_monday()) - i64::from(weekday)).rem_euclid(7);
    match step {
        Step::Latest => shifted(today, -back),
        Step::Last => shifted(today, if back == 0 { -7 } else { -back }),
        Step::Next => shifted(today, 7 - back),
    }
}

/// Returns the period of `last week`, `next month`, `last year`.
fn whole(unit: Unit, step: Step, today: NaiveDate) -> Option<Period> {
    let ahead = if step == Step::Next { 1 } else { -1 };
    match unit {
        Unit::Week => {
            let monday = shifted(today, -i64::from(today.weekday().num_days_from_monday()))?;
            Period::week(shifted(monday, ahead * 7)?, Basis::Derived)
        }
        Unit::Month => {
            let month = Months::new(1);
            let first = today.with_day(1)?;
            let first = if ahead > 0 {
                first.checked_add_months(month)
            } else {
                first.checked_sub_months(month)
            }?;
            Period::month(first.year(), first.month(), Basis::Derived)
        }
        _ => Period::year(today.year() + i32::try_from(ahead).ok()?, Basis::Derived),
    }
}

/// Returns the latest such day up to today.
fn latest(month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    (today.year() - LEAP_GAP_YEARS..=today.year())
        .rev()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|date| *date <= today)
}

/// Returns the first such day from `first` on.
fn following(month: u32, day: u32, first: NaiveDate) -> Option<NaiveDate> {
    (first.year()..=first.year() + LEAP_GAP_YEARS)
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|date| *date >= first)
}

/// Returns today if that time has passed, or else yesterday.
fn latest_time(clock: Clock, hints: &Hints) -> Option<NaiveDate> {
    let today = hints.today();
    let at = dated(today, Precision::Day, Some(clock), hints.zone)?.at;
    if at > hints.now {
        today.pred_opt()
    } else {
        Some(today)
    }
}

/// Returns the time at the given span before or after now; its finest unit determines the precision.
fn elapsed(span: Span, hints: &Hints) -> Option<Reading> {
    let reading = |dated| {
        Some(Reading {
            dated,
            end: None,
            basis: Basis::Derived,
        })
    };
    let precision = match span.finest? {
        Unit::Second | Unit::Minute | Unit::Hour if !span.vague => Precision::Instant,
        Unit::Second | Unit::Minute | Unit::Hour => {
            return reading(dated(hints.today(), Precision::Day, None, hints.zone)?);
        }
        // Only the writer knows how many “a few” are.
        _ if span.vague => return None,
        Unit::Day | Unit::Week => Precision::Day,
        Unit::Month => Precision::Month,
        Unit::Year | Unit::Decade => Precision::Year,
    };
    let local = hints.now.with_timezone(&hints.zone).naive_local();
    let months = Months::new(span.months);
    let days = Days::new(span.days.into());
    let seconds = TimeDelta::try_seconds(i64::try_from(span.seconds).ok()?)?;
    if precision != Precision::Instant {
        let date = local.date();
        let date = if span.ahead {
            date.checked_add_months(months)?.checked_add_days(days)
        } else {
            date.checked_sub_months(months)?.checked_sub_days(days)
        }?;
        let year = WRITTEN_BY_MACHINES.contains(&date.year());
        return reading(year.then(|| dated(date, precision, None, hints.zone))??);
    }
    // Hours are counted on a clock that never changes, days and months on the calendar.
    let day = if span.ahead {
        local.checked_add_months(months)?.checked_add_days(days)
    } else {
        local.checked_sub_months(months)?.checked_sub_days(days)
    }?;
    let same = if span.months == 0 && span.days == 0 {
        hints.now.with_timezone(&hints.zone).fixed_offset()
    } else {
        in_zone(day, hints.zone)?
    };
    let at = if span.ahead {
        same.checked_add_signed(seconds)
    } else {
        same.checked_sub_signed(seconds)
    }?;
    let at = at.with_timezone(&hints.zone).fixed_offset();
    reading(Dated { at, precision })
}

fn dated(date: NaiveDate, precision: Precision, clock: Option<Clock>, zone: Tz) -> Option<Dated> {
    let Some(clock) = clock else {
        let at = in_zone(date.and_time(NaiveTime::MIN), zone)?;
        return Some(Dated { at, precision });
    };
    let day = if clock.ends_day {
        date.succ_opt()?
    } else {
        date
    };
    let local = day.and_time(clock.time);
    let at = match clock.offset {
        Some(Offset::Minutes(minutes)) => fixed(local, minutes)?,
        Some(Offset::Region(region)) => in_zone(local, region)?,
        Some(Offset::Named(name)) => named(local, name, zone)?,
        None => in_zone(local, zone)?,
    };
    Some(Dated {
        at,
        precision: Precision::Instant,
    })
}

fn fixed(local: NaiveDateTime, minutes: i32) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(minutes * 60)?
        .from_local_datetime(&local)
        .single()
}

/// Applies a named zone. A name shared by several zones means the source's own if its clocks showed that name.
fn named(local: NaiveDateTime, name: &Zone, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let own = zone.from_local_datetime(&local);
    for at in [own.earliest(), own.latest()].into_iter().flatten() {
        if at
            .offset()
            .abbreviation()
            .is_some_and(|own| own.eq_ignore_ascii_case(name.name))
        {
            return Some(at.fixed_offset());
        }
    }
    match name.clocks {
        Clocks::Fixed(minutes) => fixed(local, minutes),
        Clocks::Of(zone) => in_zone(local, zone),
    }
}

/// Applies a zone. A time that clocks show twice is the earlier one; one that they skip is counted from before the gap.
fn in_zone(local: NaiveDateTime, zone: Tz) -> Option<DateTime<FixedOffset>> {
    let at = |local| zone.from_local_datetime(&local).earliest();
    let after_gap = || {
        let day_before = at(local.checked_sub_days(Days::new(1))?)?;
        day_before.checked_add_signed(TimeDelta::try_days(1)?)
    };
    let found = at(local).or_else(after_gap)?;
    Some(found.with_timezone(&found.offset().fix()))
}
