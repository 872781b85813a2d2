//! Converts dates that programs count into an unambiguous form.
//!
//! In: a text. Out: RFC 3339, if the text is a count of seconds, milliseconds, microseconds or nanoseconds
//! since 1970 that is between 1973 and 2286. Shorter and longer numbers are years, days or anything else, and
//! so are those that read as a year, a month, a day and an hour.

use chrono::{DateTime, NaiveDateTime, SecondsFormat};

/// The text that .NET writes around milliseconds: `/Date(1624838400000-0500)/`.
const DOT_NET: &str = "/Date(";

/// Returns the time that `text` counts to.
pub(super) fn epoch_to_iso(text: &str) -> Option<String> {
    let text = text.trim();
    let (text, is_dot_net) = match text.strip_prefix(DOT_NET) {
        Some(inner) => (inner.split([')', '+', '-']).next()?, true),
        None => (text, false),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || whole.starts_with('0') {
        return None;
    }
    if is_calendar_date(whole) && !is_dot_net {
        return None;
    }
    let count: i64 = whole.parse().ok()?;
    let at = match whole.len() {
        9 | 10 if !is_dot_net => DateTime::from_timestamp_secs(count)?,
        12 | 13 => DateTime::from_timestamp_millis(count)?,
        15 | 16 => DateTime::from_timestamp_micros(count)?,
        18 | 19 => DateTime::from_timestamp_nanos(count),
        _ => return None,
    };
    Some(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Returns true if digits are `YYYYMMDDHH` or `YYYYMMDDHHMM` of these centuries.
fn is_calendar_date(digits: &str) -> bool {
    let is_year = digits.starts_with("19") || digits.starts_with("20");
    let pair = |at: usize| digits.get(at..at + 2)?.parse::<u32>().ok();
    let within =
        |at, least: u32, most: u32| pair(at).is_some_and(|pair| (least..=most).contains(&pair));
    let is_hour = is_year && within(4, 1, 12) && within(6, 1, 31) && within(8, 0, 23);
    match digits.len() {
        10 => is_hour,
        12 => is_hour && within(10, 0, 59),
        _ => false,
    }
}

/// Adds the zone to a time without one that is known to be Greenwich time.
pub(super) fn mark_as_utc(text: &str) -> Option<String> {
    let text = text.trim();
    let forms = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let mut read = forms
        .iter()
        .filter_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let at = read.next()?.and_utc();
    Some(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(epoch_to_iso(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn counts_are_told_apart_by_their_length() {
        let expected = Some("2021-06-28T00:00:00Z");
        check("1624838400", expected);
        check(" 1624838400.75 ", expected);
        check("1624838400000", expected);
        check("1624838400000000", expected);
        check("1624838400000000000", expected);
        check("/Date(1624838400000-0500)/", expected);
        check("/Date(1624838400000)/", expected);
        check("999999999", Some("2001-09-09T01:46:39Z"));
    }

    #[test]
    fn other_numbers_are_left_alone() {
        for text in [
            "",
            "2021",
            "20210628",
            "2021062812",
            "202106281230",
            "20210628120000",
            "-1624838400",
            "1624838400a",
            "0000000001",
            "1e9",
            "99999999999999999999",
            "/Date(",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn times_of_greenwich_get_their_zone() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(mark_as_utc(text).as_deref(), expected, "{text}");
        };
        check("2021-06-28T07:30:00", Some("2021-06-28T07:30:00Z"));
        check("2021-06-28 07:30:00.5", Some("2021-06-28T07:30:00Z"));
        check("2021-06-28T07:30:00-05:00", None);
        check("28 June 2021", None);
    }
}
