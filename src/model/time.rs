//! Instants, and dates as publishers give them.

use std::fmt;
use std::str::FromStr;

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

/// An instant in UTC.
pub type Timestamp = DateTime<Utc>;

/// How much of a date its publisher gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// A day and a time of day.
    Instant,
    /// A day; the instant is its 00:00 in the source's zone.
    Day,
    /// A month; the instant lies within it.
    Month,
    /// A year; the instant lies within it.
    Year,
}

impl Precision {
    /// The word for it in JSON and in the store: `instant`, `day`, `month` or `year`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// As much of a day as is known (ISO 8601 §5.2.1): `2021-06-28`, `2021-06` or `2021`.
    pub fn of_day(self, day: NaiveDate) -> String {
        let form = match self {
            Self::Instant | Self::Day => "%Y-%m-%d",
            Self::Month => "%Y-%m",
            Self::Year => "%Y",
        };
        day.format(form).to_string()
    }
}

/// A date with the offset it was given or assumed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The instant, with its offset from UTC.
    pub at: DateTime<FixedOffset>,
    /// How much of it was given.
    pub precision: Precision,
}

impl Dated {
    /// The date as its publisher's calendar shows it, `2021`, `2021-06`, `2021-06-28` or `2021-06-28T09:10:00`: it stays
    /// when an operator corrects the zone that was assumed for it.
    pub fn local(&self) -> String {
        match self.precision {
            Precision::Instant => self.at.format("%Y-%m-%dT%H:%M:%S").to_string(),
            precision => precision.of_day(self.at.date_naive()),
        }
    }
}

/// The day, or the instant, on which what an entry announces takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventDay {
    /// The publisher stated the date in full.
    Stated(Dated),
    /// Worked out from the time of reading (“next Friday”, “28 June”); frozen at the first reading.
    Derived(Dated),
}

impl EventDay {
    /// The date.
    pub fn dated(&self) -> Dated {
        match self {
            Self::Stated(dated) | Self::Derived(dated) => *dated,
        }
    }

    /// The day, where it is known.
    pub fn day(&self) -> Option<NaiveDate> {
        let dated = self.dated();
        let is_known = matches!(dated.precision, Precision::Instant | Precision::Day);
        is_known.then(|| dated.at.date_naive())
    }

    /// The word for it in the store: `stated` or `derived`.
    pub fn origin(&self) -> &'static str {
        match self {
            Self::Stated(_) => "stated",
            Self::Derived(_) => "derived",
        }
    }
}

impl fmt::Display for EventDay {
    /// An instant as RFC 3339 writes it, else as much of the day as is known: `2021-06-28`, `2021-06` or `2021`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dated = self.dated();
        match dated.precision {
            Precision::Instant => write!(f, "{}", dated.at.to_rfc3339()),
            precision => write!(f, "{}", precision.of_day(dated.at.date_naive())),
        }
    }
}

/// When an entry was published, and how we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The publisher stated the date in full.
    Stated(Dated),
    /// Worked out from the time of reading (“3 days ago”, “28 June”); frozen at the first reading.
    Derived(Dated),
    /// Not told as the entry's date: the only `time` element of its markup says it.
    InMarkup(Dated),
    /// Not told at all: a part of its address (`/2021/06/28/`).
    InAddress(Dated),
    /// No usable date: when we first saw it.
    FirstSeen(Timestamp),
}

impl Published {
    /// The instant that orders the entry among others.
    pub fn at(&self) -> DateTime<FixedOffset> {
        match self {
            Self::Stated(dated)
            | Self::Derived(dated)
            | Self::InMarkup(dated)
            | Self::InAddress(dated) => dated.at,
            Self::FirstSeen(at) => at.fixed_offset(),
        }
    }

    /// How much of the date is known; a first-seen date is an instant.
    pub fn precision(&self) -> Precision {
        match self {
            Self::Stated(dated)
            | Self::Derived(dated)
            | Self::InMarkup(dated)
            | Self::InAddress(dated) => dated.precision,
            Self::FirstSeen(_) => Precision::Instant,
        }
    }

    /// The word for it in JSON and in the store: `stated`, `derived`, `markup`, `address` or `first-seen`.
    pub fn origin(&self) -> &'static str {
        match self {
            Self::Stated(_) => "stated",
            Self::Derived(_) => "derived",
            Self::InMarkup(_) => "markup",
            Self::InAddress(_) => "address",
            Self::FirstSeen(_) => "first-seen",
        }
    }
}

/// What comes first in an all-numeric date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `28/06/2021`
    DayMonthYear,
    /// `06/28/2021`
    MonthDayYear,
    /// `2021/06/28`
    YearMonthDay,
}

impl FromStr for DateOrder {
    type Err = ();

    /// `dmy`, `mdy` or `ymd` in any case.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "dmy" => Ok(Self::DayMonthYear),
            "mdy" => Ok(Self::MonthDayYear),
            "ymd" => Ok(Self::YearMonthDay),
            _ => Err(()),
        }
    }
}

/// How a publisher writes dates, in the signs of `strftime`: `%d.%m.%Y`.
#[derive(Clone, PartialEq, Eq)]
pub struct DateFormat(String);

/// Text by which no date can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateFormatError {
    /// A `%` with a letter that means nothing.
    #[error("`{0}` holds a `%` with a sign that is unknown")]
    Sign(String),
    /// A day without a year, say.
    #[error("`{0}` gives neither a day nor a month of a year")]
    Incomplete(String),
}

impl DateFormat {
    /// A date that is written so, as ISO 8601 writes it; with its time and offset as far as they are given.
    pub fn iso(&self, text: &str) -> Option<String> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text.trim(), StrftimeItems::new(&self.0)).ok()?;
        if let (Some(year), Some(month), None) = (parsed.year(), parsed.month(), parsed.day())
            && parsed.ordinal().is_none()
        {
            return Some(format!("{year:04}-{month:02}"));
        }
        if let Ok(at) = parsed.to_datetime() {
            return Some(at.to_rfc3339());
        }
        let date = parsed.to_naive_date().ok()?;
        Some(match parsed.to_naive_time() {
            Ok(time) => date.and_time(time).format("%Y-%m-%dT%H:%M:%S").to_string(),
            Err(_) => date.to_string(),
        })
    }
}

impl FromStr for DateFormat {
    type Err = DateFormatError;

    fn from_str(text: &str) -> Result<Self, DateFormatError> {
        if StrftimeItems::new(text).any(|item| item == Item::Error) {
            return Err(DateFormatError::Sign(text.to_owned()));
        }
        let format = Self(text.to_owned());
        let example = DateTime::UNIX_EPOCH.format(text).to_string();
        match format.iso(&example) {
            Some(_) => Ok(format),
            None => Err(DateFormatError::Incomplete(text.to_owned())),
        }
    }
}

impl fmt::Debug for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_a_stated_format_are_rewritten() {
        let check = |format: &str, text: &str, expected: Option<&str>| {
            let format: DateFormat = format.parse().expect("a format");
            assert_eq!(format.iso(text).as_deref(), expected, "{format:?} {text}");
        };
        check("%d.%m.%y", " 28.6.21 ", Some("2021-06-28"));
        check("%Y%m%d%H%M", "202106280910", Some("2021-06-28T09:10:00"));
        check("%s", "1624871400", Some("2021-06-28T09:10:00+00:00"));
        check("%m/%Y", "06/2021", Some("2021-06"));
        check("%Y/%j", "2021/179", Some("2021-06-28"));
        check("%d.%m.%Y", "31.2.2021", None);
        check("%d.%m.%Y", "28.6.2021 later", None);
    }

    #[test]
    fn a_format_must_give_a_date() {
        let refused = |format: &str| format.parse::<DateFormat>().unwrap_err();
        assert_eq!(refused("%Q"), DateFormatError::Sign("%Q".into()));
        assert_eq!(
            refused("%d.%m."),
            DateFormatError::Incomplete("%d.%m.".into())
        );
        assert_eq!(refused(""), DateFormatError::Incomplete(String::new()));
    }
}
