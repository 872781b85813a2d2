//! Estimates how often a list changes, and from that a polling interval.

use std::time::Duration;

use chrono::TimeDelta;

use crate::model::{Item, Precision, Published};

/// The minimum number of dates for an estimate.
const MIN_DATES: usize = 4;

/// The proposed intervals: the longest that still polls four times between two records.
const PROPOSED: [Duration; 8] = [
    Duration::from_mins(15),
    Duration::from_mins(30),
    Duration::from_hours(1),
    Duration::from_hours(2),
    Duration::from_hours(3),
    Duration::from_hours(6),
    Duration::from_hours(12),
    Duration::from_hours(24),
];

/// Polls between two records.
const ASKED: u32 = 4;

/// Returns the median time between neighbouring dates; `None` if there are too few dates.
pub(super) fn median_distance(items: &[Item]) -> Option<TimeDelta> {
    let is_told = |item: &&Item| {
        !matches!(item.published, Published::FirstSeen(_))
            && matches!(
                item.published.precision(),
                Precision::Instant | Precision::Day
            )
    };
    let mut dates: Vec<_> = items
        .iter()
        .filter(is_told)
        .map(|item| item.published.instant())
        .collect();
    if dates.len() < MIN_DATES {
        return None;
    }
    dates.sort();
    let mut distances: Vec<TimeDelta> = dates.windows(2).map(|pair| pair[1] - pair[0]).collect();
    distances.sort();
    distances.get(distances.len() / 2).copied()
}

/// Returns the polling interval for a list with this median time, at least `least`.
pub(super) fn polling_interval(distance: TimeDelta, least: Option<Duration>) -> Duration {
    let wanted = distance.to_std().unwrap_or_default() / ASKED;
    let mut fitting = PROPOSED.into_iter().rev().filter(|every| *every <= wanted);
    let every = fitting.next().unwrap_or(PROPOSED[0]);
    let asked = least.unwrap_or_default();
    let polite = PROPOSED.into_iter().find(|every| *every >= asked);
    every.max(polite.unwrap_or(PROPOSED[PROPOSED.len() - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_asked_for_some_times_between_two_records() {
        let check = |hours: i64, least: Option<u64>, expected: u64| {
            let least = least.map(Duration::from_mins);
            let every = polling_interval(TimeDelta::hours(hours), least);
            assert_eq!(every, Duration::from_mins(expected), "{hours} {least:?}");
        };
        check(0, None, 15);
        check(1, None, 15);
        check(5, None, 60);
        check(24, None, 6 * 60);
        check(24 * 30, None, 24 * 60);
        check(1, Some(180), 180);
        check(1, Some(100), 120);
        check(24 * 30, Some(60), 24 * 60);
        check(1, Some(60 * 24 * 30), 24 * 60);
    }
}
