//! Computes when a date was: the result of the grammar, in a zone and at a time of reading.

use chrono::{
    DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime,
    Offset as _, TimeDelta, TimeZone, Weekday,
};
use chrono_tz::{OffsetName, Tz};

use super::grammar::{
    ClockTime, DateMeaning, DateOrSpan, DateStrength, Occurrence, TimeSpan, WrittenDay, ZoneOffset,
};
use super::words::TimeUnit;
use super::zones::{NamedZone, ZoneClocks};
use super::{DateBasis, DateHints, DateReading};
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
pub(super) fn resolve_date(meaning: DateMeaning, hints: &DateHints) -> Option<DateReading> {
    let DateMeaning {
        what,
        clock,
        strength,
        learned,
    } = meaning;
    let mut reading = match what {
        DateOrSpan::Span(span) => resolve_span(span, hints)?,
        DateOrSpan::Days { first, last } => resolve_days(first, last, clock, hints)?,
    };
    if strength == DateStrength::Presumed {
        reading.basis = DateBasis::Presumed;
    } else if learned && reading.basis == DateBasis::Stated {
        reading.basis = DateBasis::Derived;
    }
    Some(reading)
}

fn resolve_days(
    first: WrittenDay,
    last: Option<WrittenDay>,
    clock: Option<ClockTime>,
    hints: &DateHints,
) -> Option<DateReading> {
    let today = hints.today();
    let clock = clock.filter(|_| !matches!(first, WrittenDay::Month { .. } | WrittenDay::Year(_)));
    let begin = match (first, clock) {
        (WrittenDay::Unsaid, Some(clock)) => {
            Period::from_day(latest_clock_day(clock, hints)?, DateBasis::Derived)
        }
        _ => resolve_period(first, today)?,
    };
    let end = match last {
        Some(WrittenDay::WithoutYear { month, day }) => {
            Some(next_month_day(month, day, begin.first)?)
        }
        Some(last) => Some(resolve_period(last, today)?.last).filter(|last| *last >= begin.first),
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
    let dated = build_dated(begin.first, begin.precision, clock, hints.zone)?;
    (!is_unset(dated)).then_some(DateReading {
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
    basis: DateBasis,
}

impl Period {
    fn from_day(day: NaiveDate, basis: DateBasis) -> Self {
        Self {
            first: day,
            last: day,
            precision: Precision::Day,
            basis,
        }
    }

    fn from_week(first: NaiveDate, basis: DateBasis) -> Option<Self> {
        let last = first.checked_add_days(Days::new(6))?;
        Some(Self {
            first,
            last,
            precision: Precision::Day,
            basis,
        })
    }

    fn from_month(year: i32, month: u32, basis: DateBasis) -> Option<Self> {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
        Some(Self {
            first,
            last,
            precision: Precision::Month,
            basis,
        })
    }

    fn from_year(year: i32, basis: DateBasis) -> Option<Self> {
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

fn resolve_period(day: WrittenDay, today: NaiveDate) -> Option<Period> {
    let stated = |date: Option<NaiveDate>| Some(Period::from_day(date?, DateBasis::Stated));
    let derived = |date: Option<NaiveDate>| Some(Period::from_day(date?, DateBasis::Derived));
    match day {
        WrittenDay::Full { year, month, day } => stated(NaiveDate::from_ymd_opt(year, month, day)),
        WrittenDay::OfYear { year, day } => stated(NaiveDate::from_yo_opt(year, day)),
        WrittenDay::Month { year, month } => Period::from_month(year, month, DateBasis::Stated),
        WrittenDay::Year(year) => Period::from_year(year, DateBasis::Stated),
        WrittenDay::IsoWeek {
            year,
            week,
            weekday: Some(weekday),
        } => {
            let weekday = Weekday::try_from(weekday).ok()?;
            stated(NaiveDate::from_isoywd_opt(year, week, weekday))
        }
        WrittenDay::IsoWeek {
            year,
            week,
            weekday: None,
        } => Period::from_week(
            NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?,
            DateBasis::Stated,
        ),
        WrittenDay::EpiWeek {
            year: Some(year),
            week,
        } => Period::from_week(epi_week_start(year, week)?, DateBasis::Stated),
        WrittenDay::EpiWeek { year: None, week } => {
            let years = [today.year() + 1, today.year(), today.year() - 1];
            let weeks = years
                .into_iter()
                .filter_map(|year| epi_week_start(year, week));
            Period::from_week(
                weeks.into_iter().find(|first| *first <= today)?,
                DateBasis::Derived,
            )
        }
        WrittenDay::WithoutYear { month, day } => derived(latest_month_day(month, day, today)),
        WrittenDay::MonthWithoutYear(month) => {
            let year = today.year() - i32::from(month > today.month());
            Period::from_month(year, month, DateBasis::Derived)
        }
        WrittenDay::Ahead(days) => derived(shift_days(today, i64::from(days))),
        WrittenDay::Weekday(weekday, step) => derived(weekday_near(weekday, step, today)),
        WrittenDay::Whole(unit, step) => whole_period(unit, step, today),
        WrittenDay::Unsaid => None,
    }
}

/// Returns the Sunday that begins an epidemiological week: the first week of a year is the one that contains 4 January.
fn epi_week_start(year: i32, week: u32) -> Option<NaiveDate> {
    let sunday_of = |date: NaiveDate| {
        date.checked_sub_days(Days::new(date.weekday().num_days_from_sunday().into()))
    };
    let first = sunday_of(NaiveDate::from_ymd_opt(year, 1, 4)?)?;
    let sunday = first.checked_add_days(Days::new(u64::from(week.checked_sub(1)?) * 7))?;
    let next_year = sunday_of(NaiveDate::from_ymd_opt(year + 1, 1, 4)?)?;
    (sunday < next_year).then_some(sunday)
}

fn shift_days(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(TimeDelta::try_days(days)?)
}

/// Returns the weekday for a step: the latest not in the future, the last before today, or the first after today.
fn weekday_near(weekday: u8, step: Occurrence, today: NaiveDate) -> Option<NaiveDate> {
    let back =
        (i64::from(today.weekday().num_days_from_monday()) - i64::from(weekday)).rem_euclid(7);
    match step {
        Occurrence::Latest => shift_days(today, -back),
        Occurrence::Last => shift_days(today, if back == 0 { -7 } else { -back }),
        Occurrence::Next => shift_days(today, 7 - back),
    }
}

/// Returns the period of `last week`, `next month`, `last year`.
fn whole_period(unit: TimeUnit, step: Occurrence, today: NaiveDate) -> Option<Period> {
    let ahead = if step == Occurrence::Next { 1 } else { -1 };
    match unit {
        TimeUnit::Week => {
            let monday = shift_days(today, -i64::from(today.weekday().num_days_from_monday()))?;
            Period::from_week(shift_days(monday, ahead * 7)?, DateBasis::Derived)
        }
        TimeUnit::Month => {
            let month = Months::new(1);
            let first = today.with_day(1)?;
            let first = if ahead > 0 {
                first.checked_add_months(month)
            } else {
                first.checked_sub_months(month)
            }?;
            Period::from_month(first.year(), first.month(), DateBasis::Derived)
        }
        _ => Period::from_year(
            today.year() + i32::try_from(ahead).ok()?,
            DateBasis::Derived,
        ),
    }
}

/// Returns the latest such day up to today.
fn latest_month_day(month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    (today.year() - LEAP_GAP_YEARS..=today.year())
        .rev()
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|date| *date <= today)
}

/// Returns the first such day from `first` on.
fn next_month_day(month: u32, day: u32, first: NaiveDate) -> Option<NaiveDate> {
    (first.year()..=first.year() + LEAP_GAP_YEARS)
        .filter_map(|year| NaiveDate::from_ymd_opt(year, month, day))
        .find(|date| *date >= first)
}

/// Returns today if that time has passed, or else yesterday.
fn latest_clock_day(clock: ClockTime, hints: &DateHints) -> Option<NaiveDate> {
    let today = hints.today();
    let at = build_dated(today, Precision::Day, Some(clock), hints.zone)?.at;
    if at > hints.now {
        today.pred_opt()
    } else {
        Some(today)
    }
}

/// Returns the time at the given span before or after now; its finest unit determines the precision.
fn resolve_span(span: TimeSpan, hints: &DateHints) -> Option<DateReading> {
    let reading = |dated| {
        Some(DateReading {
            dated,
            end: None,
            basis: DateBasis::Derived,
        })
    };
    let precision = match span.finest? {
        TimeUnit::Second | TimeUnit::Minute | TimeUnit::Hour if !span.vague => Precision::Instant,
        TimeUnit::Second | TimeUnit::Minute | TimeUnit::Hour => {
            return reading(build_dated(
                hints.today(),
                Precision::Day,
                None,
                hints.zone,
            )?);
        }
        // Only the writer knows how many “a few” are.
        _ if span.vague => return None,
        TimeUnit::Day | TimeUnit::Week => Precision::Day,
        TimeUnit::Month => Precision::Month,
        TimeUnit::Year | TimeUnit::Decade => Precision::Year,
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
        return reading(year.then(|| build_dated(date, precision, None, hints.zone))??);
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

fn build_dated(
    date: NaiveDate,
    precision: Precision,
    clock: Option<ClockTime>,
    zone: Tz,
) -> Option<Dated> {
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
        Some(ZoneOffset::Minutes(minutes)) => at_offset(local, minutes)?,
        Some(ZoneOffset::Region(region)) => in_zone(local, region)?,
        Some(ZoneOffset::Named(name)) => in_named_zone(local, name, zone)?,
        None => in_zone(local, zone)?,
    };
    Some(Dated {
        at,
        precision: Precision::Instant,
    })
}

fn at_offset(local: NaiveDateTime, minutes: i32) -> Option<DateTime<FixedOffset>> {
    FixedOffset::east_opt(minutes * 60)?
        .from_local_datetime(&local)
        .single()
}

/// Applies a named zone. A name shared by several zones means the source's own if its clocks showed that name.
fn in_named_zone(
    local: NaiveDateTime,
    name: &NamedZone,
    zone: Tz,
) -> Option<DateTime<FixedOffset>> {
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
        ZoneClocks::Fixed(minutes) => at_offset(local, minutes),
        ZoneClocks::Of(zone) => in_zone(local, zone),
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
