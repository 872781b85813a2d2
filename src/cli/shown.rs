//! Formats items for a terminal.

use chrono_tz::Tz;

use crate::model::{EventDay, Precision, Published, Timestamp};

/// Formats a date as far as it is known.
pub(super) fn date(published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => published.at().format("%Y-%m-%d %H:%M %:z").to_string(),
        (_, precision) => precision.of_day(published.at().date_naive()),
    }
}

/// Formats a date as far as it is known, in the zone `zone`; a day without a time is the publisher's day.
pub(super) fn date_in(zone: Tz, published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => moment(zone, published.at().to_utc()),
        (_, precision) => precision.of_day(published.at().date_naive()),
    }
}

/// Formats an instant in `zone`, without the zone: it is printed once for all of them.
pub(super) fn moment(zone: Tz, at: Timestamp) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// Formats the day, or as much of it as is known.
pub(super) fn day(published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => Precision::Day.of_day(published.at().date_naive()),
        (_, precision) => precision.of_day(published.at().date_naive()),
    }
}

/// Formats a date for programs: RFC 3339, or as much of a day as is known; `None` without a date.
pub(super) fn stated(published: &Published) -> Option<String> {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => None,
        (_, Precision::Instant) => Some(published.at().to_rfc3339()),
        (_, precision) => Some(precision.of_day(published.at().date_naive())),
    }
}

/// Formats when an event takes place, as far as it is known.
pub(super) fn event(event: &EventDay) -> String {
    let dated = event.dated();
    match dated.precision {
        Precision::Instant => dated.at.format("%Y-%m-%d %H:%M %:z").to_string(),
        precision => precision.of_day(dated.at.date_naive()),
    }
}

/// Formats text of a document on one line, without characters that move the cursor.
pub(super) fn line(text: &str) -> String {
    crate::text::one_line(text)
}
