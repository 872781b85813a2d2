//! Determines an entry's dates: from its date field, else from its markup, else from its address.
//!
//! In: a raw entry, its canonical address, and hints for ambiguous dates. Out: [`Dates`], and a [`Problem`] for a
//! date that was not understood or lies ahead. Nothing is published with a future date: a date ahead is the day of
//! the announced event, and the entry is dated by its first reading. Only the field is the publisher's statement. A
//! date from elsewhere may come from the publisher's software, and yields to a later statement.

use chrono::{NaiveDate, SubsecRound as _};
use url::Url;

use super::text;
use crate::dates::{self, DateBasis, DateHints};
use crate::model::{Dated, EventDay, Precision, Problem, Published, RawEntry, RawText, Timestamp};

/// Tolerance for wrong clocks and zones; a date further ahead is that of an event.
const FUTURE_TOLERANCE: chrono::TimeDelta = chrono::TimeDelta::days(1);
/// Maximum distance of an event. A date further ahead is an error, or fills a field that must not be empty.
const MAX_AHEAD: chrono::TimeDelta = chrono::TimeDelta::days(10 * 366);
/// Maximum length of an unreadable date shown in a problem.
const SHOWN_CHARACTERS: usize = 60;
/// First plausible year in an address, as the Web is no older; other numbers are not years.
const FIRST_YEAR: u32 = 1991;

/// The dates of an entry.
pub(super) struct EntryDates {
    /// The absolute date that the publisher stated, even if we doubt it.
    pub(super) stated: Option<Dated>,
    /// The date that we publish.
    pub(super) published: Published,
    /// The date of change, if it is not in the future.
    pub(super) updated: Option<Timestamp>,
    /// The day of the announced event.
    pub(super) event: Option<EventDay>,
}

impl EntryDates {
    /// Determines the dates of the entry at `position`, counted from 1.
    pub(super) fn from_entry(
        entry: &RawEntry,
        address: Option<&Url>,
        hints: &DateHints,
        position: usize,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let (own, event) = (entry.published.as_deref(), entry.event.as_deref());
        let published = own.and_then(|text| read_date(text, hints));
        let takes_place = event.and_then(|text| read_date(text, hints));
        for (text, reading) in [(own, published), (event, takes_place)] {
            let Some(text) = text else {
                continue;
            };
            problems.extend(match reading {
                None => Some(Problem::UnreadDate {
                    position,
                    text: shorten_date(text),
                }),
                Some(_) => partial_date_problem(text, position, hints),
            });
        }
        for (text, reading) in [(own, published), (event, takes_place)] {
            if let (Some(text), Some(reading)) = (text, reading)
                && drops_end(reading)
            {
                report_range(text, problems);
            }
        }
        // An entry without a date field is dated by its event.
        let reading = if own.is_some() {
            published
        } else {
            takes_place
        };
        let ahead = reading.filter(|reading| is_ahead(reading.dated, hints));
        if let (Some(own), Some(ahead)) = (own, ahead) {
            problems.extend(future_date_problem(
                own,
                ahead,
                takes_place,
                position,
                hints,
            ));
        }
        let announced = ahead.filter(|reading| is_plausible(reading.dated, hints));
        let stated = reading.filter(|reading| reading.basis == DateBasis::Stated);
        let updated = entry
            .updated
            .as_deref()
            .and_then(|text| read_date(text, hints));
        let updated = updated.map(|reading| reading.dated.at.to_utc());
        Self {
            stated: stated.map(|reading| reading.dated),
            published: match reading {
                Some(_) if ahead.is_some() => Published::FirstSeen(hints.now),
                Some(_) if let Some(stated) = stated => Published::Stated(stated.dated),
                Some(reading) => Published::Derived(reading.dated),
                None => find_published(entry, address, hints),
            },
            updated: updated.filter(|updated| *updated <= hints.now),
            event: takes_place.or(announced).map(event_day),
        }
    }
}

/// Reports a date that was read only in part.
fn partial_date_problem(text: &str, position: usize, hints: &DateHints) -> Option<Problem> {
    let (part, _) = dates::parse_field_part(text, hints)?;
    // The same date in another spelling does not count as left out.
    let is_date = |text: &str| dates::find_date(text, hints).is_some();
    let part =
        part.filter(|part| part.omits_part() && !is_date(part.before) && !is_date(part.behind))?;
    Some(Problem::PartOfDate {
        position,
        text: shorten_date(text),
        read: shorten_date(part.read),
    })
}

/// Returns true if a date is a range of days, of which only the first is kept. Months and years are kept as they are.
fn drops_end(reading: dates::DateReading) -> bool {
    let day = reading.dated.at.date_naive();
    let is_day = matches!(reading.dated.precision, Precision::Day | Precision::Instant);
    is_day && reading.end.is_some_and(|end| end != day)
}

/// Counts a range of days; only the first range of a poll is shown.
fn report_range(text: &str, problems: &mut Vec<Problem>) {
    let known = problems.iter_mut().find_map(|problem| match problem {
        Problem::RangeEnds { count, .. } => Some(count),
        _ => None,
    });
    match known {
        Some(count) => *count += 1,
        None => problems.push(Problem::RangeEnds {
            count: 1,
            text: shorten_date(text),
        }),
    }
}

/// Shortens a date for a problem.
fn shorten_date(text: &str) -> String {
    let line = text::plain_line(&RawText::Plain(text.to_owned()));
    text::shorten_text(&line, SHOWN_CHARACTERS).into_owned()
}

/// Reports a date of publication ahead, which is either kept as the day of the event or dropped.
fn future_date_problem(
    own: &str,
    ahead: dates::DateReading,
    takes_place: Option<dates::DateReading>,
    position: usize,
    hints: &DateHints,
) -> Option<Problem> {
    let text = shorten_date(own);
    match takes_place {
        Some(event) if event.dated.at.date_naive() == ahead.dated.at.date_naive() => None,
        None if is_plausible(ahead.dated, hints) => Some(Problem::DayAhead { position, text }),
        _ => Some(Problem::FutureDate { position, text }),
    }
}

fn event_day(reading: dates::DateReading) -> EventDay {
    match reading.basis {
        DateBasis::Stated => EventDay::Stated(reading.dated),
        DateBasis::Derived | DateBasis::Presumed => EventDay::Derived(reading.dated),
    }
}

/// Reads the date of a field, in whole seconds, as rows and feeds store it.
fn read_date(text: &str, hints: &DateHints) -> Option<dates::DateReading> {
    let mut reading = dates::parse_field(text, hints)?;
    reading.dated.at = reading.dated.at.trunc_subsecs(0);
    Some(reading)
}

fn is_ahead(dated: Dated, hints: &DateHints) -> bool {
    dated.at > hints.now + FUTURE_TOLERANCE
}

/// Returns true if the day is near enough for an announcement.
fn is_plausible(dated: Dated, hints: &DateHints) -> bool {
    dated.at <= hints.now + MAX_AHEAD
}

/// Determines the date of an entry without a date field.
fn find_published(entry: &RawEntry, address: Option<&Url>, hints: &DateHints) -> Published {
    let believed = |dated: &Dated| !is_ahead(*dated, hints);
    let markup = || {
        [&entry.content, &entry.summary]
            .into_iter()
            .flatten()
            .find_map(|text| date_in_markup(text, hints))
    };
    if let Some(dated) = markup().filter(believed) {
        return Published::InMarkup(dated);
    }
    let address = address.and_then(|address| date_in_address(address, hints));
    address
        .filter(believed)
        .map_or(Published::FirstSeen(hints.now), Published::InAddress)
}

/// Reads the `datetime` of the only `time` element (HTML Living Standard §4.5.14); several would mean several things.
fn date_in_markup(text: &RawText, hints: &DateHints) -> Option<Dated> {
    let (RawText::Html(html) | RawText::Unsaid(html)) = text else {
        return None;
    };
    let mut elements = html.split('<').filter_map(|rest| {
        rest.strip_prefix("time")
            .or_else(|| rest.strip_prefix("TIME"))
    });
    let element = elements.next().filter(|_| elements.next().is_none())?;
    let (attributes, _) = element.split_once('>')?;
    let (_, value) = attributes.split_once("datetime")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let value = value.split(['"', '\'']).find(|part| !part.is_empty())?;
    let reading = read_date(value, hints)?;
    (reading.basis == DateBasis::Stated && reading.end.is_none()).then_some(reading.dated)
}

/// Finds the day in an address: `/2021/06/28/`, `/2021-06-28-title`, `/20210628/`.
fn date_in_address(address: &Url, hints: &DateHints) -> Option<Dated> {
    let segments: Vec<&str> = address.path_segments()?.collect();
    let day = segments.iter().enumerate().find_map(|(at, segment)| {
        let three = segments
            .get(at..at + 3)
            .and_then(|parts| parse_day(parts.iter().copied(), true));
        three
            .or_else(|| parse_day(segment.splitn(4, '-'), false))
            .or_else(|| compact_day(segment))
    })?;
    let reading = read_date(&day.to_string(), hints)?;
    Some(reading.dated)
}

/// Parses year, month and day. If `titled`, a title may follow the day after a hyphen.
fn parse_day<'a>(mut parts: impl Iterator<Item = &'a str>, titled: bool) -> Option<NaiveDate> {
    let number = |part: &str, digits: std::ops::RangeInclusive<usize>| {
        let all_digits = part.bytes().all(|byte| byte.is_ascii_digit());
        (all_digits && digits.contains(&part.len())).then(|| part.parse::<u32>().ok())?
    };
    let year = number(parts.next()?, 4..=4)?;
    let month = number(parts.next()?, 1..=2)?;
    let last = parts.next()?;
    let day = if titled {
        last.split('-').next()?
    } else {
        last
    };
    day_from(year, month, number(day, 1..=2)?)
}

fn compact_day(segment: &str) -> Option<NaiveDate> {
    let digits = segment.split(['-', '_', '.']).next()?;
    if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u32 = digits.parse().ok()?;
    day_from(number / 10_000, number / 100 % 100, number % 100)
}

fn day_from(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (year >= FIRST_YEAR).then_some(date)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn hints() -> DateHints<'static> {
        DateHints {
            language: None,
            order: None,
            learned: None,
            zone: chrono_tz::America::Costa_Rica,
            now: Utc.with_ymd_and_hms(2021, 7, 1, 12, 0, 0).unwrap(),
        }
    }

    /// Checks the date of publication and its origin, at noon of 1 July 2021.
    fn check(field: &str, html: &str, address: &str, expected: &str) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let entry = RawEntry {
            published: some(field),
            content: some(html).map(RawText::Html),
            ..RawEntry::default()
        };
        let address = format!("https://host.example{address}").parse().unwrap();
        let published =
            EntryDates::from_entry(&entry, Some(&address), &hints(), 1, &mut Vec::new()).published;
        let dated = Dated {
            at: published.instant(),
            precision: published.precision(),
        };
        assert_eq!(
            format!("{} {}", published.origin(), dated.format_local()),
            expected,
            "{field} {html} {address}"
        );
    }

    const FIRST_SEEN: &str = "first-seen 2021-07-01T12:00:00";

    #[test]
    fn the_field_then_the_markup_then_the_address() {
        let html = "<p><time class=a datetime=\"2021-06-27\">Sunday</time></p>";
        check("28 June 2021", html, "/2021/06/26/a", "stated 2021-06-28");
        check("3 days ago", html, "/2021/06/26/a", "derived 2021-06-28");
        check("", html, "/2021/06/26/a", "markup 2021-06-27");
        check("soon", "", "/2021/06/26/a", "address 2021-06-26");
        check("", "", "/news/a", FIRST_SEEN);
    }

    /// Checks the date of publication, the day of the event and the problems reported, at noon of 1 July 2021.
    #[track_caller]
    fn check_event(date: &str, event: &str, expected: [&str; 2], problems: &[&str]) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let entry = RawEntry {
            published: some(date),
            event: some(event),
            ..RawEntry::default()
        };
        let mut found = Vec::new();
        let dates = EntryDates::from_entry(&entry, None, &hints(), 3, &mut found);
        let published = match dates.published {
            Published::FirstSeen(_) => "first-seen".to_owned(),
            published => format!(
                "{} {}",
                published.origin(),
                published.instant().date_naive()
            ),
        };
        let event = dates
            .event
            .map(|event| format!("{} {event}", event.origin()));
        assert_eq!([published, event.unwrap_or_default()], expected);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, problems);
    }

    #[test]
    fn a_day_ahead_is_that_of_an_event() {
        let check = |date: &str, event: &str| {
            let note = format!("entry 3: `{date}` lies ahead; it is kept as the day of the event");
            check_event(date, "", ["first-seen", event], &[&note]);
        };
        check("5 August 2021", "stated 2021-08-05");
        check("August 2021", "stated 2021-08");
        check("2021-08-05 18:30", "stated 2021-08-05T18:30:00-06:00");
        check(
            "2021-08-05T18:30:00+02:00",
            "stated 2021-08-05T18:30:00+02:00",
        );
        check("in 3 days", "derived 2021-07-04");
        let erred = "entry 3: the date `2999-01-01T00:00:00Z` lies in the future; the time of first reading stands instead";
        check_event("2999-01-01T00:00:00Z", "", ["first-seen", ""], &[erred]);
        check_event("28 June 2021", "", ["stated 2021-06-28", ""], &[]);
        // Wrong clocks and zones explain a day.
        check_event("2 July 2021", "", ["stated 2021-07-02", ""], &[]);
    }

    #[test]
    fn the_day_of_an_event_is_kept_whatever_day_it_is() {
        let dated = "stated 2021-06-28";
        for event in ["2021-06-30", "2021-07-02", "2021-08-05"] {
            let kept = format!("stated {event}");
            check_event("28 June 2021", event, [dated, &kept], &[]);
        }
        // A past event alone dates the entry.
        check_event(
            "",
            "2021-06-30",
            ["stated 2021-06-30", "stated 2021-06-30"],
            &[],
        );
        check_event("", "2021-08-05", ["first-seen", "stated 2021-08-05"], &[]);
        check_event(
            "5 August 2021",
            "2021-08-05",
            ["first-seen", "stated 2021-08-05"],
            &[],
        );
        let lost = "entry 3: the date `5 August 2021` lies in the future; the time of first reading stands instead";
        check_event(
            "5 August 2021",
            "2021-08-06",
            ["first-seen", "stated 2021-08-06"],
            &[lost],
        );
        let unread = "entry 3: the date `to be announced` was not understood";
        check_event("28 June 2021", "to be announced", [dated, ""], &[unread]);
    }

    #[test]
    fn a_part_of_a_date_that_is_left_aside_is_told() {
        let check = |date: &str, expected: &[&str]| {
            let entry = RawEntry {
                published: Some(date.to_owned()),
                ..RawEntry::default()
            };
            let mut found = Vec::new();
            EntryDates::from_entry(&entry, None, &hints(), 2, &mut found);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{date}");
        };
        let told = "entry 2: of the date `28 June 2021 25:61` only `28 June 2021` was understood";
        check("28 June 2021 25:61", &[told]);
        check("28 June 2021, 10:30 -06:00", &[]);
        check("Press release | Geneva, 28 June 2021", &[]);
        check("28 June 2021 | 3 min read", &[]);
        let unset = "entry 2: the date `0001-01-01T00:00:00Z` was not understood";
        check("0001-01-01T00:00:00Z", &[unset]);
    }

    #[test]
    fn dates_in_markup() {
        let check = |html: &str, expected: &str| check("", html, "/", expected);
        check(
            "<time datetime='2021-06-27T09:10:00-06:00'>",
            "markup 2021-06-27T09:10:00",
        );
        check(
            "<TIME datetime = '2021-06-27'>x</TIME>",
            "markup 2021-06-27",
        );
        check(
            "<time datetime='2021-06-27'>x</time> <time datetime='2021-06-28'>y</time>",
            FIRST_SEEN,
        );
        check("<time datetime='2021-08-27'>", FIRST_SEEN);
        check("<time datetime='P3D'>", FIRST_SEEN);
        check("<time datetime='2021-06'>", FIRST_SEEN);
        check("<time>27 June 2021</time>", FIRST_SEEN);
        check("<time datetime=", FIRST_SEEN);
    }

    #[test]
    fn dates_in_addresses() {
        let check = |address: &str, expected: &str| check("", "", address, expected);
        check("/2021/06/28/title", "address 2021-06-28");
        check("/es/noticias/2021/6/28", "address 2021-06-28");
        check("/2021/06/28-title.html", "address 2021-06-28");
        check("/news/2021-06-28-title", "address 2021-06-28");
        check("/news/2021-06-28", "address 2021-06-28");
        check("/files/20210628_bulletin.pdf", "address 2021-06-28");
        for none in [
            "/2021/06/title",
            "/2021/13/28/",
            "/2021/08/28/",
            "/1234/12/12/",
            "/12345678",
            "/2021-2022-28",
            "/a?d=2021/06/28",
        ] {
            check(none, FIRST_SEEN);
        }
    }
}
