//! Instants, and dates as publishers give them.

use std::str::FromStr;

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
