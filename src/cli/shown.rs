//! Formats items for a terminal.

use chrono_tz::Tz;

use crate::model::{EventDay, Precision, Published, Timestamp};

/// Formats a date as far as it is known.
pub(super) fn format_date(published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => published.instant().format("%Y-%m-%d %H:%M %:z").to_string(),
        (_, precision) => precision.format_day(published.instant().date_naive()),
    }
}

/// Formats a date as far as it is known, in the zone `zone`; a day without a time is the publisher's day.
pub(super) fn format_date_in(zone: Tz, published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => format_moment(zone, published.instant().to_utc()),
        (_, precision) => precision.format_day(published.instant().date_naive()),
    }
}

/// Formats an instant in `zone`, without the zone: it is printed once for all of them.
pub(super) fn format_moment(zone: Tz, at: Timestamp) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// Formats the day, or as much of it as is known.
pub(super) fn format_day(published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => Precision::Day.format_day(published.instant().date_naive()),
        (_, precision) => precision.format_day(published.instant().date_naive()),
    }
}

/// Formats a date for programs: RFC 3339, or as much of a day as is known; `None` without a date.
pub(super) fn machine_date(published: &Published) -> Option<String> {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => None,
        (_, Precision::Instant) => Some(published.instant().to_rfc3339()),
        (_, precision) => Some(precision.format_day(published.instant().date_naive())),
    }
}

/// Formats when an event takes place, as far as it is known.
pub(super) fn format_event(event: &EventDay) -> String {
    let dated = event.dated();
    match dated.precision {
        Precision::Instant => dated.at.format("%Y-%m-%d %H:%M %:z").to_string(),
        precision => precision.format_day(dated.at.date_naive()),
    }
}

/// Formats text of a document on one line, without characters that move the cursor.
pub(super) fn printable_line(text: &str) -> String {
    crate::text::one_line(text)
}
