//! When a source is asked: at an interval, by crontab, or as often as it brings something.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::DateTime;
use chrono_tz::Tz;

/// When a source is due.
#[derive(Clone, Debug)]
pub enum Cadence {
    /// This long after the last time.
    Every(Duration),
    /// At these times in the source's zone.
    Cron(Box<Cron>),
    /// Sooner when it brought something, later when not, within these bounds.
    Adaptive {
        /// Never sooner.
        min: Duration,
        /// Never later.
        max: Duration,
    },
}

/// A crontab expression.
#[derive(Clone)]
pub struct Cron {
    written: String,
    /// Any of these: crontab joins day-of-month and day-of-week by OR where both are restricted, the crate by AND.
    schedules: Vec<cron::Schedule>,
}

/// Text that is no crontab expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CronError {
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: &'static str,
}

const FORM: &str = "five fields as in crontab, `minute hour day-of-month month day-of-week`, six with seconds first, or @daily";
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

impl Cron {
    /// The first time after `after`, in its zone; `None` when there never is one (30 February).
    pub fn next_after(&self, after: DateTime<Tz>) -> Option<DateTime<Tz>> {
        self.schedules
            .iter()
            .filter_map(|schedule| schedule.after(&after).next())
            .min()
    }
}

impl FromStr for Cron {
    type Err = CronError;

    /// Five fields as crontab(5) means them (Sunday is 0 or 7; day-of-month OR day-of-week), six with seconds first, or a nickname.
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
        let weekdays = weekdays(&weekday).map_err(error)?;
        // crontab(5): a field that starts with `*` restricts nothing when the other one does.
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
        Ok(Self {
            written: written.to_owned(),
            schedules,
        })
    }
}

/// Translates crontab's weekdays (0–7, both ends Sunday, or names) into the crate's (1–7, 1 is Sunday).
fn weekdays(field: &str) -> Result<String, String> {
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
            Some((from, to)) => (weekday(from)?, weekday(to)?),
            None if part.contains('/') => (weekday(range)?, 6),
            None => (weekday(range)?, weekday(range)?),
        };
        // `Fri-Mon` and `5-1` run over the end of the week, as everybody means them.
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

fn weekday(text: &str) -> Result<usize, String> {
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
