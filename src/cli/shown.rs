//! How items stand on a terminal.

use chrono_tz::Tz;

use crate::model::{EventDay, Precision, Published, Timestamp};

/// A date as far as it is known.
pub(super) fn date(published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => published.at().format("%Y-%m-%d %H:%M %:z").to_string(),
        (_, precision) => precision.of_day(published.at().date_naive()),
    }
}

/// A date as far as it is known, on the clocks of `zone`; a day without a time is that of its publisher.
pub(super) fn date_in(zone: Tz, published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => moment(zone, published.at().to_utc()),
        (_, precision) => precision.of_day(published.at().date_naive()),
    }
}

/// An instant on the clocks of `zone`, which stands once with all of them.
pub(super) fn moment(zone: Tz, at: Timestamp) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// Its day, or as much of it as is known.
pub(super) fn day(published: &Published) -> String {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => "no date".to_owned(),
        (_, Precision::Instant) => Precision::Day.of_day(published.at().date_naive()),
        (_, precision) => precision.of_day(published.at().date_naive()),
    }
}

/// The same for programs: RFC 3339, or as much of a day as is known; nothing where there is none.
pub(super) fn stated(published: &Published) -> Option<String> {
    match (published, published.precision()) {
        (Published::FirstSeen(_), _) => None,
        (_, Precision::Instant) => Some(published.at().to_rfc3339()),
        (_, precision) => Some(precision.of_day(published.at().date_naive())),
    }
}

/// When an event takes place, as far as it is known.
pub(super) fn event(event: &EventDay) -> String {
    let dated = event.dated();
    match dated.precision {
        Precision::Instant => dated.at.format("%Y-%m-%d %H:%M %:z").to_string(),
        precision => precision.of_day(dated.at.date_naive()),
    }
}

/// What a document says, without what would move the cursor.
pub(super) fn line(text: &str) -> String {
    crate::text::one_line(text)
}
