//! The schedule of a source: a fixed interval, a crontab expression, or an interval that follows how often it
//! publishes.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};
use chrono_tz::Tz;

use super::local_time;

/// The schedule of a source.
#[derive(Clone, Debug)]
pub enum Cadence {
    /// This long after the last poll.
    Every(Duration),
    /// At these times in the source's zone.
    Cron(Box<Cron>),
    /// Sooner after a poll that found news, later after one that did not, within these bounds.
    Adaptive {
        /// The shortest interval.
        min: Duration,
        /// The longest interval.
        max: Duration,
    },
}

/// A crontab expression.
#[derive(Clone)]
pub struct Cron {
    written: String,
    /// Runs when any of these is due. Crontab joins day-of-month and day-of-week by OR if both are restricted; the
    /// crate joins them by AND.
    schedules: Vec<cron::Schedule>,
    pace: CronPace,
}

/// The behaviour of runs on days when the clock changes (cron(8)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CronPace {
    /// At fixed times of day: each runs once, even if the clock skips it or shows it twice.
    Fixed,
    /// Repeatedly: the second, minute or hour field begins with `*`.
    Repeating,
}

/// The error for text that is not a crontab expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CronError {
    /// The mistake.
    pub message: String,
    /// A correction to suggest.
    pub hint: &'static str,
}

const FORM: &str = "five fields as in crontab, `minute hour day-of-month month day-of-week`, six with seconds first, or @daily";
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// Returns the first run after `after`, in its zone; `None` if there never is one (30 February).
    ///
    /// On days when clocks change, runs follow cron(8): a job at a fixed time that is skipped runs right after the gap,
    /// one whose time occurs twice runs the first time, and a repeating job runs whenever the clock shows one of its
    /// times.
    pub fn next_after(&self, after: DateTime<Tz>) -> Option<DateTime<Tz>> {
        let runs = self
            .schedules
            .iter()
            .filter_map(|schedule| match self.pace {
                CronPace::Repeating => {
                    local_time::next_elapsed(after, |shown| scheduled_times(schedule, shown).next())
                }
                CronPace::Fixed => scheduled_times(schedule, after.naive_local())
                    .filter_map(|local| local_time::resolve_fixed(local, after.timezone()))
                    .find(|at| *at > after),
            });
        runs.min()
    }
}

/// Returns the times of a schedule that follow a time shown by the clock. The crate counts in UTC, which skips no
/// times.
fn scheduled_times(
    schedule: &cron::Schedule,
    shown: NaiveDateTime,
) -> impl Iterator<Item = NaiveDateTime> {
    let times = schedule.after_owned(shown.and_utc());
    times.map(|time| time.naive_utc())
}

impl FromStr for Cron {
    type Err = CronError;

    /// Parses five fields as crontab(5) defines them (Sunday is 0 or 7; day-of-month OR day-of-week), six with seconds
    /// first, or a nickname.
    fn from_str(text: &str) -> Result<Self, CronError> {
        let written = text.trim();
        let error = |message: String| CronError {
            message,
            hint: FORM,
        };
        let expanded = match written.to_ascii_lowercase().as_str() {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ if written.starts_with('@') => {
                return Err(error(format!(
                    "`{written}` is no nickname that crontab knows"
                )));
            }
            _ => written,
        };
        let fields: Vec<&str> = expanded.split_whitespace().collect();
        let (seconds, rest) = match fields.as_slice() {
            rest if rest.len() == 5 => ("0", rest),
            [seconds, rest @ ..] if rest.len() == 5 => (*seconds, rest),
            _ => return Err(error(format!("`{written}` has {} fields", fields.len()))),
        };
        let [minute, hour, day, month, weekday] = rest else {
            unreachable!("five fields were just counted")
        };
        let (day, weekday) = (day.replace('?', "*"), weekday.replace('?', "*"));
        let weekdays = translate_weekdays(&weekday).map_err(error)?;
        // crontab(5): a field that starts with `*` restricts nothing if the other one does.
        let either = !day.starts_with('*') && !weekday.starts_with('*');
        let pairs = if either {
            vec![(day.as_str(), "*"), ("*", weekdays.as_str())]
        } else {
            vec![(day.as_str(), weekdays.as_str())]
        };
        let read = |(day, weekday): (&str, &str)| {
            let fields = format!("{seconds} {minute} {hour} {day} {month} {weekday}");
            fields
                .parse::<cron::Schedule>()
                .map_err(|_| error(format!("`{written}` is no crontab expression")))
        };
        let schedules = pairs.into_iter().map(read).collect::<Result<_, _>>()?;
        // cron(8) treats any step as a repetition, `*/30` as well as `*`; numbers and ranges are fixed times.
        let repeating = [seconds, minute, hour].map(|field| field.starts_with('*'));
        let pace = if repeating.contains(&true) {
            CronPace::Repeating
        } else {
            CronPace::Fixed
        };
        Ok(Self {
            written: written.to_owned(),
            schedules,
            pace,
        })
    }
}

/// Translates crontab's weekdays (0–7, both ends Sunday, or names) into the crate's (1–7, 1 is Sunday).
fn translate_weekdays(field: &str) -> Result<String, String> {
    let mut chosen = [false; 7];
    for part in field.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let step: usize = step
            .parse()
            .ok()
            .filter(|step| *step > 0)
            .ok_or(format!("`{part}` has no step that counts"))?;
        let (from, to) = match range.split_once('-') {
            _ if range == "*" => (0, 6),
            Some((from, to)) => (parse_weekday(from)?, parse_weekday(to)?),
            None if part.contains('/') => (parse_weekday(range)?, 6),
            None => (parse_weekday(range)?, parse_weekday(range)?),
        };
        // `Fri-Mon` and `5-1` wrap around the end of the week, as people mean them.
        let to = if to < from { to + 7 } else { to };
        (from..=to)
            .step_by(step)
            .for_each(|day| chosen[day % 7] = true);
    }
    if chosen == [true; 7] {
        return Ok("*".to_owned());
    }
    let days: Vec<String> = (1..=7)
        .filter(|day| chosen[day - 1])
        .map(|day| day.to_string())
        .collect();
    Ok(days.join(","))
}

fn parse_weekday(text: &str) -> Result<usize, String> {
    let name = text.to_ascii_lowercase();
    if let Some(day) = DAYS.iter().position(|day| name == *day) {
        return Ok(day);
    }
    text.parse()
        .ok()
        .filter(|day| *day <= 7)
        .ok_or_else(|| format!("`{text}` is no day of the week: 0 to 7, or Sun to Sat"))
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.written)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    /// 2026-11-22 is a Sunday.
    fn check(cron: &str, expected: &[&str]) {
        let cron: Cron = cron.parse().expect("a crontab expression");
        let mut at = chrono_tz::America::Costa_Rica
            .with_ymd_and_hms(2026, 11, 22, 12, 0, 0)
            .unwrap();
        for want in expected {
            at = cron.next_after(at).expect("a next time");
            assert_eq!(
                at.format("%a %Y-%m-%d %H:%M:%S").to_string(),
                *want,
                "{cron}"
            );
        }
    }

    #[test]
    fn fields_mean_what_crontab_means() {
        check(
            "*/15 7-19 * * Mon-Fri",
            &["Mon 2026-11-23 07:00:00", "Mon 2026-11-23 07:15:00"],
        );
        check("0 6 * * 0", &["Sun 2026-11-29 06:00:00"]);
        check("0 6 * * 7", &["Sun 2026-11-29 06:00:00"]);
        check(
            "0 6 * * 5-7",
            &[
                "Fri 2026-11-27 06:00:00",
                "Sat 2026-11-28 06:00:00",
                "Sun 2026-11-29 06:00:00",
            ],
        );
        check(
            "0 6 * * fri-mon",
            &["Mon 2026-11-23 06:00:00", "Fri 2026-11-27 06:00:00"],
        );
        check(
            "0 0 1 * 1",
            &[
                "Mon 2026-11-23 00:00:00",
                "Mon 2026-11-30 00:00:00",
                "Tue 2026-12-01 00:00:00",
            ],
        );
        check(
            "0 0 */2 * 1",
            &["Mon 2026-11-23 00:00:00", "Mon 2026-12-07 00:00:00"],
        );
        check(
            "30 0 12 * * Sun",
            &["Sun 2026-11-22 12:00:30", "Sun 2026-11-29 12:00:30"],
        );
        check("@daily", &["Mon 2026-11-23 00:00:00"]);
        check("@weekly", &["Sun 2026-11-29 00:00:00"]);
    }

    /// Checks the runs after a time in the zone, each shown with its zone abbreviation.
    #[track_caller]
    fn check_change(cron: &str, zone: Tz, after: &str, expected: &[&str]) {
        let cron: Cron = cron.parse().expect("a crontab expression");
        let after = DateTime::parse_from_rfc3339(after).expect("a time");
        let first = cron.next_after(after.with_timezone(&zone));
        let runs = std::iter::successors(first, |at| cron.next_after(*at));
        let runs: Vec<String> = runs
            .take(expected.len())
            .map(|at| at.format("%d %H:%M %z").to_string())
            .collect();
        assert_eq!(runs, expected, "{cron} in {zone}");
    }

    #[test]
    fn a_fixed_time_that_is_skipped_comes_right_after_the_gap() {
        use chrono_tz::{America, Australia};
        let new_york = |cron, expected: &[&str]| {
            check_change(
                cron,
                America::New_York,
                "2026-03-08T00:20:00-05:00",
                expected,
            );
        };
        new_york(
            "30 2 * * *",
            &["08 03:00 -0400", "09 02:30 -0400", "10 02:30 -0400"],
        );
        new_york("0 2 * * *", &["08 03:00 -0400", "09 02:00 -0400"]);
        new_york("0 3 * * *", &["08 03:00 -0400", "09 03:00 -0400"]);
        new_york("0,30 2 * * *", &["08 03:00 -0400", "09 02:00 -0400"]);
        new_york("30 2,3 * * *", &["08 03:00 -0400", "08 03:30 -0400"]);
        new_york("30 1 * * *", &["08 01:30 -0500", "09 01:30 -0400"]);
        for daily in ["0 0 * * *", "@daily"] {
            let (zone, eve) = (America::Santiago, "2026-09-05T08:00:00-04:00");
            check_change(daily, zone, eve, &["06 01:00 -0300", "07 00:00 -0300"]);
            let (zone, eve) = (America::Havana, "2026-03-07T08:00:00-05:00");
            check_change(daily, zone, eve, &["08 01:00 -0400", "09 00:00 -0400"]);
        }
        let (zone, eve) = (Australia::Lord_Howe, "2026-10-03T12:00:00+10:30");
        check_change(
            "15 2 * * *",
            zone,
            eve,
            &["04 02:30 +1100", "05 02:15 +1100"],
        );
    }

    #[test]
    fn a_fixed_time_that_comes_twice_runs_once() {
        use chrono_tz::{America, Australia};
        let (zone, eve) = (America::New_York, "2026-11-01T00:20:00-04:00");
        check_change(
            "30 1 * * *",
            zone,
            eve,
            &["01 01:30 -0400", "02 01:30 -0500"],
        );
        // This holds even if the second of the two is still to come.
        let between = "2026-11-01T01:10:00-05:00";
        check_change("30 1 * * *", zone, between, &["02 01:30 -0500"]);
        let (zone, eve) = (America::Havana, "2026-10-31T12:00:00-04:00");
        check_change("@daily", zone, eve, &["01 00:00 -0400", "02 00:00 -0500"]);
        let (zone, eve) = (America::Santiago, "2026-04-04T12:00:00-03:00");
        check_change(
            "30 23 * * *",
            zone,
            eve,
            &["04 23:30 -0300", "05 23:30 -0400"],
        );
        let (zone, eve) = (Australia::Lord_Howe, "2026-04-04T12:00:00+11:00");
        check_change(
            "45 1 * * *",
            zone,
            eve,
            &["05 01:45 +1100", "06 01:45 +1030"],
        );
    }

    #[test]
    fn what_repeats_follows_the_clock() {
        use chrono_tz::{America, Australia};
        let spring = "2026-03-08T01:20:00-05:00";
        let autumn = "2026-11-01T01:10:00-04:00";
        let repeated = [
            "01 01:30 -0400",
            "01 01:00 -0500",
            "01 01:30 -0500",
            "01 02:00 -0500",
        ];
        let new_york = |cron, after, expected: &[&str]| {
            check_change(cron, America::New_York, after, expected);
        };
        for half_hourly in ["*/30 * * * *", "*/30 1-3 * * *", "0,30 * * * *"] {
            let skipped = ["08 01:30 -0500", "08 03:00 -0400", "08 03:30 -0400"];
            new_york(half_hourly, spring, &skipped);
            new_york(half_hourly, autumn, &repeated);
        }
        new_york("@hourly", spring, &["08 03:00 -0400", "08 04:00 -0400"]);
        new_york("@hourly", autumn, &["01 01:00 -0500", "01 02:00 -0500"]);
        new_york("0 */2 * * *", spring, &["08 04:00 -0400", "08 06:00 -0400"]);
        let eve = "2026-04-05T01:40:00+11:00";
        let shown = ["05 01:45 +1100", "05 01:30 +1030", "05 01:45 +1030"];
        check_change("*/15 * * * *", Australia::Lord_Howe, eve, &shown);
        // From one summer to the next: a yearly run is found across two clock changes.
        let summer = "2026-07-02T00:00:00-04:00";
        new_york("* * 1 7 *", summer, &["01 00:00 -0400", "01 00:01 -0400"]);
    }

    #[test]
    fn a_day_that_a_country_skipped_is_not_made_up_for() {
        let eve = "2011-12-29T12:00:00-10:00";
        let runs = ["29 23:00 -1000", "31 23:00 +1400"];
        check_change("0 23 * * *", chrono_tz::Pacific::Apia, eve, &runs);
    }

    #[test]
    fn what_never_comes_is_never_due() {
        let cron: Cron = "0 0 30 2 *".parse().expect("well formed");
        let now = chrono_tz::UTC
            .with_ymd_and_hms(2026, 1, 1, 0, 0, 0)
            .unwrap();
        assert_eq!(cron.next_after(now), None);
    }

    #[test]
    fn mistakes_are_named() {
        let message = |text: &str| text.parse::<Cron>().unwrap_err().message;
        assert_eq!(message("* * *"), "`* * *` has 3 fields");
        assert_eq!(
            message("0 0 * * 8"),
            "`8` is no day of the week: 0 to 7, or Sun to Sat"
        );
        assert_eq!(
            message("61 0 * * *"),
            "`61 0 * * *` is no crontab expression"
        );
        assert_eq!(
            message("@reboot"),
            "`@reboot` is no nickname that crontab knows"
        );
    }
}
