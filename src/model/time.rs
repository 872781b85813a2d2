//! Instants, and dates as given by publishers.

use std::fmt;
use std::str::FromStr;

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, FixedOffset, NaiveDate, Utc};

/// An instant in UTC.
pub type Timestamp = DateTime<Utc>;

/// The precision of a date as its publisher gave it.
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
    /// Returns the word used in JSON and in the store: `instant`, `day`, `month` or `year`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Returns as much of a day as is known (ISO 8601 §5.2.1): `2021-06-28`, `2021-06` or `2021`.
    pub fn format_day(self, day: NaiveDate) -> String {
        let form = match self {
            Self::Instant | Self::Day => "%Y-%m-%d",
            Self::Month => "%Y-%m",
            Self::Year => "%Y",
        };
        day.format(form).to_string()
    }
}

/// A date with the offset that was given or assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The instant, with its offset from UTC.
    pub at: DateTime<FixedOffset>,
    /// The precision with which it was given.
    pub precision: Precision,
}

impl Dated {
    /// Returns the date as shown on the publisher's calendar, `2021`, `2021-06`, `2021-06-28` or `2021-06-28T09:10:00`.
    /// It remains the same if an operator corrects the assumed zone.
    pub fn format_local(&self) -> String {
        match self.precision {
            Precision::Instant => self.at.format("%Y-%m-%dT%H:%M:%S").to_string(),
            precision => precision.format_day(self.at.date_naive()),
        }
    }
}

/// The day, or the instant, of the event that an entry announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventDay {
    /// The publisher stated the date in full.
    Stated(Dated),
    /// Derived from the time of reading (“next Friday”, “28 June”); frozen at the first reading.
    Derived(Dated),
}

impl EventDay {
    /// Returns the date.
    pub fn dated(&self) -> Dated {
        match self {
            Self::Stated(dated) | Self::Derived(dated) => *dated,
        }
    }

    /// Returns the day, if it is known.
    pub fn day(&self) -> Option<NaiveDate> {
        let dated = self.dated();
        let is_known = matches!(dated.precision, Precision::Instant | Precision::Day);
        is_known.then(|| dated.at.date_naive())
    }

    /// Returns the word used in the store: `stated` or `derived`.
    pub fn origin(&self) -> &'static str {
        match self {
            Self::Stated(_) => "stated",
            Self::Derived(_) => "derived",
        }
    }
}

impl fmt::Display for EventDay {
    /// Writes an instant in RFC 3339 format, or else as much of the day as is known: `2021-06-28`, `2021-06` or `2021`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dated = self.dated();
        match dated.precision {
            Precision::Instant => write!(f, "{}", dated.at.to_rfc3339()),
            precision => write!(f, "{}", precision.format_day(dated.at.date_naive())),
        }
    }
}

/// The date of publication of an entry, and how it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// The publisher stated the date in full.
    Stated(Dated),
    /// Derived from the time of reading (“3 days ago”, “28 June”); frozen at the first reading.
    Derived(Dated),
    /// Not stated as the entry's date: found in the only `time` element of its markup.
    InMarkup(Dated),
    /// Not stated at all: found in its address (`/2021/06/28/`).
    InAddress(Dated),
    /// No usable date: the time when we first saw it.
    FirstSeen(Timestamp),
}

impl Published {
    /// Returns the instant by which entries are ordered.
    pub fn instant(&self) -> DateTime<FixedOffset> {
        match self {
            Self::Stated(dated)
            | Self::Derived(dated)
            | Self::InMarkup(dated)
            | Self::InAddress(dated) => dated.at,
            Self::FirstSeen(at) => at.fixed_offset(),
        }
    }

    /// Returns how much of the date is known; a first-seen date is an instant.
    pub fn precision(&self) -> Precision {
        match self {
            Self::Stated(dated)
            | Self::Derived(dated)
            | Self::InMarkup(dated)
            | Self::InAddress(dated) => dated.precision,
            Self::FirstSeen(_) => Precision::Instant,
        }
    }

    /// Returns the word used in JSON and in the store: `stated`, `derived`, `markup`, `address` or `first-seen`.
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

/// The order of the parts in an all-numeric date.
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

    /// Reads `dmy`, `mdy` or `ymd` in any case.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "dmy" => Ok(Self::DayMonthYear),
            "mdy" => Ok(Self::MonthDayYear),
            "ymd" => Ok(Self::YearMonthDay),
            _ => Err(()),
        }
    }
}

/// A publisher's date format, in the notation of `strftime`: `%d.%m.%Y`.
#[derive(Clone, PartialEq, Eq)]
pub struct DateFormat(String);

/// The error for a format that cannot read dates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateFormatError {
    /// A `%` with a letter that has no meaning.
    #[error("`{0}` holds a `%` with a sign that is unknown")]
    Sign(String),
    /// An incomplete date, such as a day without a year.
    #[error("`{0}` gives neither a day nor a month of a year")]
    Incomplete(String),
}

impl DateFormat {
    /// Returns a date written in this format in ISO 8601 form, with its time and offset if they are given.
    pub fn to_iso(&self, text: &str) -> Option<String> {
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
        match format.to_iso(&example) {
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
            assert_eq!(
                format.to_iso(text).as_deref(),
                expected,
                "{format:?} {text}"
            );
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
