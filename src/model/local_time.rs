//! Converts wall-clock times to instants, including on days when clocks change.
//!
//! In: the times of a crontab, without a zone, and the zone. Out: the instants at which cron(8) runs them. A job at a
//! fixed time runs once: right after the gap that skips its time, or at the first of two such times. A job that repeats
//! (`*/30`) runs whenever the clock shows one of its times, twice in a repeated hour.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _};
use chrono_tz::Tz;

/// The largest clock change handled. A larger jump is a correction, or a country changing its zone, for which cron(8)
/// does not compensate.
const LONGEST_JUMP: TimeDelta = TimeDelta::hours(3);
/// The minimum distance between two clock changes.
const AROUND: TimeDelta = TimeDelta::days(1);
const SECOND: TimeDelta = TimeDelta::seconds(1);

/// Returns the instant of a fixed time; `None` if a clock that jumped by about a day skipped it.
pub(super) fn resolve_fixed(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Tz>> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at),
        MappedLocalTime::None => after_gap(local, zone),
    }
}

/// Returns the first instant after the gap that skips `local`.
fn after_gap(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Tz>> {
    let instant = |local: NaiveDateTime| local.and_utc().with_timezone(&zone);
    let before = instant(local.checked_sub_signed(AROUND)?);
    let after = instant(local.checked_add_signed(AROUND)?);
    let end = find_first_second(before, after, |at| at.naive_local() > local)?;
    let jump = end.naive_local() - end.checked_sub_signed(SECOND)?.naive_local() - SECOND;
    (jump <= LONGEST_JUMP).then_some(end)
}

/// Returns the first instant after `after` at which the clock shows a scheduled time; `next` gives the scheduled time
/// that follows another.
pub(super) fn next_elapsed(
    after: DateTime<Tz>,
    next: impl Fn(NaiveDateTime) -> Option<NaiveDateTime>,
) -> Option<DateTime<Tz>> {
    let zone = after.timezone();
    let (mut at, mut shown) = (after, after.naive_local());
    // Each round moves on by one clock change; scheduled times end with the century.
    loop {
        let offset = at.offset().fix();
        let unchanged = |at: &DateTime<Tz>| at.offset().fix() == offset;
        let wanted = offset.from_local_datetime(&next(shown)?).single()?;
        let wanted = wanted.with_timezone(&zone);
        if unchanged(&wanted) {
            return Some(wanted);
        }
        at = find_first_second(at, wanted, |at| !unchanged(at))?;
        shown = at.naive_local().checked_sub_signed(SECOND)?;
    }
}

/// Returns the first second for which `holds` is true; it is false at `before` and true at `after`.
fn find_first_second(
    before: DateTime<Tz>,
    after: DateTime<Tz>,
    holds: impl Fn(&DateTime<Tz>) -> bool,
) -> Option<DateTime<Tz>> {
    let zone = before.timezone();
    let instant = |second| zone.timestamp_opt(second, 0).single();
    let (mut before, mut after) = (before.timestamp(), after.timestamp());
    while before + 1 < after {
        let middle = before + (after - before) / 2;
        if holds(&instant(middle)?) {
            after = middle;
        } else {
            before = middle;
        }
    }
    instant(after)
}
