//! `tidings explain date`: reads the date in a text.

use std::io::{self, Write as _};

use chrono::{DateTime, FixedOffset, NaiveDate, Offset as _};
use chrono_tz::{TZ_VARIANTS, Tz};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::super::preview::parse_date_order;
use super::super::{CliError, clock_from, parse_timestamp};
use super::answer_lines;
use crate::dates::{self, DateHints, DateReading};
use crate::model::{DateOrder, Language, Precision, Timestamp};

#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// Texts that contain a date
    text: Vec<String>,
    /// The language of the texts
    #[arg(long)]
    language: Option<Language>,
    /// The order of numeric dates: dmy, mdy or ymd
    #[arg(long, value_parser = parse_date_order, value_name = "ORDER")]
    date_order: Option<DateOrder>,
    /// The time zone of the dates
    #[arg(long, value_name = "ZONE")]
    timezone: Option<Tz>,
    /// Use this as the time of reading
    #[arg(long, value_parser = parse_timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Print JSON lines for texts, too
    #[arg(long)]
    json: bool,
}

/// A line of stdin.
#[derive(Deserialize)]
struct DateQuestion {
    text: String,
    lang: Option<String>,
    now: Option<DateTime<FixedOffset>>,
    order: Option<String>,
    tz: Option<String>,
}

/// A line of stdout: an instant as RFC 3339; a day, or the first day of a longer period.
#[derive(Serialize)]
struct DateAnswer {
    date: Option<String>,
    /// The last day of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<NaiveDate>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    if arguments.text.is_empty() {
        return answer_lines(|question| answer_question(&question, arguments));
    }
    let hints = DateHints {
        language: arguments.language.as_ref(),
        order: arguments.date_order,
        learned: None,
        zone: arguments.timezone.unwrap_or(Tz::UTC),
        now: clock_from(arguments.now).now(),
    };
    let mut out = io::stdout().lock();
    for text in &arguments.text {
        let reading = dates::parse_field(text, &hints);
        let told = if arguments.json {
            serde_json::to_string(&DateAnswer::from_reading(reading))
                .expect("plain data always serializes")
        } else {
            reading.map_or_else(|| "no date".to_owned(), describe_reading)
        };
        writeln!(out, "{told}")?;
    }
    Ok(())
}

fn answer_question(question: &DateQuestion, arguments: &Arguments) -> Result<DateAnswer, String> {
    let language = question.lang.as_deref().map(str::parse).transpose();
    let language = language.map_err(|error: crate::model::LanguageError| error.to_string())?;
    let order = question
        .order
        .as_deref()
        .map(parse_date_order)
        .transpose()?;
    let zone = question
        .tz
        .as_deref()
        .map(|name| name.parse::<Tz>().map_err(|error| error.to_string()))
        .transpose()?;
    let zone = zone
        .or(arguments.timezone)
        .or_else(|| Some(zone_of_offset(question.now?)));
    let hints = DateHints {
        language: language.as_ref().or(arguments.language.as_ref()),
        order: order.or(arguments.date_order),
        learned: None,
        zone: zone.unwrap_or(Tz::UTC),
        now: question
            .now
            .map_or_else(|| clock_from(arguments.now).now(), |now| now.to_utc()),
    };
    let reading = dates::parse_field(&question.text, &hints);
    Ok(DateAnswer::from_reading(reading))
}

impl DateAnswer {
    fn from_reading(reading: Option<DateReading>) -> Self {
        Self {
            date: reading.map(format_date),
            end: reading.and_then(|reading| reading.end),
        }
    }
}

fn format_date(reading: DateReading) -> String {
    let dated = reading.dated;
    match dated.precision {
        Precision::Instant => dated.at.to_rfc3339(),
        _ => dated.at.date_naive().to_string(),
    }
}

/// Formats a reading for people: `2021-06-03 to 2021-06-05`.
fn describe_reading(reading: DateReading) -> String {
    let date = format_date(reading);
    reading
        .end
        .map_or_else(|| date.clone(), |end| format!("{date} to {end}"))
}

/// Returns a zone with this offset at this time, preferably one without daylight saving time.
fn zone_of_offset(now: DateTime<FixedOffset>) -> Tz {
    let shows = |zone: &&Tz| now.with_timezone(*zone).offset().fix() == *now.offset();
    let fixed = TZ_VARIANTS
        .iter()
        .filter(|zone| zone.name().starts_with("Etc/"));
    let zone = fixed.chain(&TZ_VARIANTS).find(shows);
    zone.copied().unwrap_or(Tz::UTC)
}
