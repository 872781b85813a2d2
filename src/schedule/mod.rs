//! Decides when each source is polled next.
//!
//! In: a source's cadence, the result of the last poll, the time. Out: the time when it is due. Pure.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use chrono_tz::Tz;

use crate::model::{Cadence, Timestamp};

/// The longest pause after failures: no source is ever abandoned.
const LONGEST_BACKOFF: Duration = Duration::from_hours(24);
/// The interval for a source that its publisher removed, in case that was a mistake.
const GONE_INTERVAL: Duration = Duration::from_hours(7 * 24);
/// The longest `Retry-After` that is obeyed.
const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(7 * 24);
/// A synchronized clock goes back by less than this.
pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(1);
/// The first interval of an adaptive source.
const FIRST_INTERVAL: Duration = Duration::from_hours(1);

/// The result of a poll, as far as the schedule needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastPollOutcome {
    /// New or changed items.
    News,
    /// Nothing new.
    Nothing,
    /// The poll failed.
    Failed {
        /// Number of consecutive failures, including this one.
        failures: u32,
        /// The wait that the server requested.
        retry_after: Option<Duration>,
    },
    /// The publisher removed it (410).
    Gone,
}

/// The next poll of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextPoll {
    /// The earliest time of the poll.
    pub due: Timestamp,
    /// The interval from which an adaptive cadence continues.
    pub interval: Duration,
}

/// Returns the next poll after one at `now`; `interval` is the one left by the poll before.
pub fn next_poll(
    cadence: &Cadence,
    zone: Tz,
    interval: Option<Duration>,
    outcome: LastPollOutcome,
    now: Timestamp,
) -> NextPoll {
    let interval = adapt_interval(cadence, interval, outcome);
    let usual = match cadence {
        Cadence::Cron(cron) => cron
            .next_after(now.with_timezone(&zone))
            .map_or(time_after(now, LONGEST_BACKOFF), |at| at.to_utc()),
        Cadence::Every(_) | Cadence::Adaptive { .. } => time_after(now, interval),
    };
    let due = match outcome {
        LastPollOutcome::News | LastPollOutcome::Nothing => usual,
        LastPollOutcome::Gone => usual.max(time_after(now, GONE_INTERVAL)),
        LastPollOutcome::Failed {
            failures,
            retry_after,
        } => {
            let wait = retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER);
            usual
                .max(time_after(now, backoff_pause(interval, failures)))
                .max(time_after(now, wait))
        }
    };
    NextPoll { due, interval }
}

/// Returns the interval of an adaptive source: shorter after a poll with news, longer after one without.
fn adapt_interval(
    cadence: &Cadence,
    interval: Option<Duration>,
    outcome: LastPollOutcome,
) -> Duration {
    match cadence {
        Cadence::Every(every) => *every,
        Cadence::Cron(_) => Duration::ZERO,
        Cadence::Adaptive { min, max } => {
            let last = interval
                .filter(|interval| !interval.is_zero())
                .unwrap_or(FIRST_INTERVAL);
            let adapted = match outcome {
                LastPollOutcome::News => last / 2,
                LastPollOutcome::Nothing => last + last / 2,
                LastPollOutcome::Failed { .. } | LastPollOutcome::Gone => last,
            };
            adapted.clamp(*min, *max)
        }
    }
}

/// Returns the pause after failures. The first failure may be chance; from the second on, the pause doubles.
fn backoff_pause(interval: Duration, failures: u32) -> Duration {
    let base = interval.max(Duration::from_mins(1));
    let doubled = base.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(LONGEST_BACKOFF.max(base))
}

/// Returns true if a source was polled, and planned, by a clock that was ahead of `now`: its last poll is in the
/// future, or the next one is further away than any pause. Only the clock can cause that.
pub fn is_ahead(
    cadence: &Cadence,
    zone: Tz,
    last: Option<Timestamp>,
    planned: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    let usual = match cadence {
        Cadence::Every(longest) | Cadence::Adaptive { max: longest, .. } => {
            time_after(now, *longest)
        }
        Cadence::Cron(cron) => cron
            .next_after(now.with_timezone(&zone))
            .map_or(now, |at| at.to_utc()),
    };
    let farthest = time_after(usual, LONGEST_RETRY_AFTER.max(GONE_INTERVAL));
    last.is_some_and(|last| last > time_after(now, CLOCK_TOLERANCE))
        || planned.is_some_and(|planned| planned > farthest)
}

/// Returns when a source is due: as planned, or sooner if a changed configuration requires it. `None` if it is due at
/// once: it was never polled, or was polled by a clock that was ahead.
pub fn due_time(
    cadence: &Cadence,
    zone: Tz,
    last: Option<Timestamp>,
    planned: Option<Timestamp>,
    failing: bool,
    now: Timestamp,
) -> Option<Timestamp> {
    if is_ahead(cadence, zone, last, planned, now) {
        return None;
    }
    let (last, planned) = (last?, planned?);
    let by_cadence = match cadence {
        Cadence::Every(every) => Some(time_after(last, *every)),
        Cadence::Cron(cron) => cron
            .next_after(last.with_timezone(&zone))
            .map(|at| at.to_utc()),
        Cadence::Adaptive { max, .. } => Some(time_after(last, *max)),
    };
    let sooner = by_cadence.filter(|_| !failing);
    Some(sooner.map_or(planned, |sooner| sooner.min(planned)))
}

/// Returns the next runs, for people who check their configuration. An adaptive cadence shows its shortest interval.
pub fn upcoming_runs(
    cadence: &Cadence,
    zone: Tz,
    now: Timestamp,
    count: usize,
) -> Vec<DateTime<Tz>> {
    let step = |at: DateTime<Tz>| match cadence {
        Cadence::Every(every) | Cadence::Adaptive { min: every, .. } => {
            Some(time_after(at.to_utc(), *every).with_timezone(&zone))
        }
        Cadence::Cron(cron) => cron.next_after(at),
    };
    std::iter::successors(step(now.with_timezone(&zone)), |at| step(*at))
        .take(count)
        .collect()
}

fn time_after(at: Timestamp, wait: Duration) -> Timestamp {
    let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
    at.checked_add_signed(wait).unwrap_or(Timestamp::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn now() -> Timestamp {
        chrono::Utc
            .with_ymd_and_hms(2026, 11, 22, 12, 0, 0)
            .unwrap()
    }

    fn wait(cadence: &Cadence, interval: Option<Duration>, outcome: LastPollOutcome) -> Duration {
        (next_poll(cadence, Tz::UTC, interval, outcome, now()).due - now())
            .to_std()
            .unwrap()
    }

    fn failed(failures: u32, retry_after: Option<Duration>) -> LastPollOutcome {
        LastPollOutcome::Failed {
            failures,
            retry_after,
        }
    }

    #[test]
    fn failures_wait_longer_and_longer_but_never_for_ever() {
        let every = Cadence::Every(HOUR);
        assert_eq!(wait(&every, None, LastPollOutcome::Nothing), HOUR);
        assert_eq!(wait(&every, None, failed(1, None)), HOUR);
        assert_eq!(wait(&every, None, failed(3, None)), 4 * HOUR);
        assert_eq!(wait(&every, None, failed(1000, None)), 24 * HOUR);
        assert_eq!(
            wait(&Cadence::Every(100 * HOUR), None, failed(5, None)),
            100 * HOUR
        );
        assert_eq!(wait(&every, None, failed(1, Some(3 * HOUR))), 3 * HOUR);
        assert_eq!(
            wait(&every, None, failed(1, Some(Duration::MAX))),
            LONGEST_RETRY_AFTER
        );
        assert_eq!(wait(&every, None, LastPollOutcome::Gone), GONE_INTERVAL);
    }

    #[test]
    fn an_adaptive_source_finds_its_pace() {
        let adaptive = Cadence::Adaptive {
            min: HOUR / 4,
            max: 24 * HOUR,
        };
        assert_eq!(wait(&adaptive, None, LastPollOutcome::News), HOUR / 2);
        assert_eq!(
            wait(&adaptive, Some(HOUR / 4), LastPollOutcome::News),
            HOUR / 4
        );
        assert_eq!(
            wait(&adaptive, Some(2 * HOUR), LastPollOutcome::Nothing),
            3 * HOUR
        );
        assert_eq!(
            wait(&adaptive, Some(20 * HOUR), LastPollOutcome::Nothing),
            24 * HOUR
        );
    }

    #[test]
    fn cron_counts_in_the_sources_zone() {
        let cron = Cadence::Cron(Box::new("0 7 * * *".parse().unwrap()));
        let due = next_poll(
            &cron,
            chrono_tz::America::Costa_Rica,
            None,
            LastPollOutcome::Nothing,
            now(),
        )
        .due;
        assert_eq!(due.to_rfc3339(), "2026-11-22T13:00:00+00:00");
        let runs = upcoming_runs(&cron, chrono_tz::America::Costa_Rica, now(), 2);
        assert_eq!(
            runs.iter().map(DateTime::to_rfc3339).collect::<Vec<_>>(),
            ["2026-11-22T07:00:00-06:00", "2026-11-23T07:00:00-06:00"]
        );
    }

    #[test]
    fn a_source_is_due_as_planned_or_sooner_when_the_configuration_wants_it() {
        let hours = |count: i64| now() + TimeDelta::hours(count);
        let check = |every, failing, expected: i64| {
            let due = due_time(
                &Cadence::Every(every * HOUR),
                Tz::UTC,
                Some(now()),
                Some(hours(5)),
                failing,
                now(),
            );
            assert_eq!(due, Some(hours(expected)));
        };
        check(2, false, 2);
        check(9, false, 5);
        check(2, true, 5);
        let hourly = Cadence::Every(HOUR);
        assert_eq!(due_time(&hourly, Tz::UTC, None, None, false, now()), None);
    }

    /// A clock that went a day ahead and back must not stop a source for a day.
    #[test]
    fn a_source_that_was_polled_in_the_future_is_due_at_once() {
        let check = |cadence: &Cadence, last: TimeDelta, planned: TimeDelta, expected: bool| {
            let (last, planned) = (now() + last, now() + planned);
            let due = due_time(cadence, Tz::UTC, Some(last), Some(planned), true, now());
            let expected = (!expected).then_some(planned);
            assert_eq!(due, expected, "{cadence:?} {last} {planned}");
        };
        let (minutes, hours, days) = (TimeDelta::minutes, TimeDelta::hours, TimeDelta::days);
        let hourly = Cadence::Every(HOUR);
        check(&hourly, hours(0), hours(1), false);
        // A synchronized clock.
        check(&hourly, minutes(1), minutes(61), false);
        check(&hourly, minutes(2), minutes(62), true);
        check(&hourly, days(1), days(1) + hours(1), true);
        // A server cannot ask for a longer pause than this.
        check(&hourly, hours(0), days(7), false);
        check(&hourly, hours(-1), days(8), true);
        let cron = |text: &str| Cadence::Cron(Box::new(text.parse().unwrap()));
        check(&cron("0 7 1 * *"), days(-21), days(8) + hours(19), false);
        check(&cron("0 7 * * *"), days(-1), days(9), true);
    }
}
