//! `tidings explain date`: reads the date in a text.

use std::io::{self, Write as _};

use chrono::{DateTime, FixedOffset, NaiveDate, Offset as _};
use chrono_tz::{TZ_VARIANTS, Tz};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::super::preview::date_order;
use super::super::{CliError, clock, timestamp};
use super::answer_lines;
use crate::dates::{self, Hints, Reading};
use crate::model::{DateOrder, Language, Precision, Timestamp};

#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// Texts that contain a date
    text: Vec<String>,
    /// The language of the texts
    #[arg(long)]
    language: Option<Language>,
    /// The order of numeric dates: dmy, mdy or ymd
    #[arg(long, value_parser = date_order, value_name = "ORDER")]
    date_order: Option<DateOrder>,
    /// The time zone of the dates
    #[arg(long, value_name = "ZONE")]
    timezone: Option<Tz>,
    /// Use this as the time of reading
    #[arg(long, value_parser = timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
    /// Print JSON lines for texts, too
    #[arg(long)]
    json: bool,
}

/// A line of stdin.
#[derive(Deserialize)]
struct Question {
    text: String,
    lang: Option<String>,
    now: Option<DateTime<FixedOffset>>,
    order: Option<String>,
    tz: Option<String>,
}

/// A line of stdout: an instant as RFC 3339; a day, or the first day of a longer period.
#[derive(Serialize)]
struct Answer {
    date: Option<String>,
    /// The last day of a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<NaiveDate>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    if arguments.text.is_empty() {
        return answer_lines(|question| answer(&question, arguments));
    }
    let hints = Hints {
        language: arguments.language.as_ref(),
        order: arguments.date_order,
        learned: None,
        zone: arguments.timezone.unwrap_or(Tz::UTC),
        now: clock(arguments.now).now(),
    };
    let mut out = io::stdout().lock();
    for text in &arguments.text {
        let reading = dates::of_field(text, &hints);
        let told = if arguments.json {
            serde_json::to_string(&Answer::of(reading)).expect("plain data always serializes")
        } else {
            reading.map_or_else(|| "no date".to_owned(), told)
        };
        writeln!(out, "{told}")?;
    }
    Ok(())
}

fn answer(question: &Question, arguments: &Arguments) -> Result<Answer, String> {
    let language = question.lang.as_deref().map(str::parse).transpose();
    let language = language.map_err(|error: crate::model::LanguageError| error.to_string())?;
    let order = question.order.as_deref().map(date_order).transpose()?;
    let zone = question
        .tz
        .as_deref()
        .map(|name| name.parse::<Tz>().map_err(|error| error.to_string()))
        .transpose()?;
    let zone = zone
        .or(arguments.timezone)
        .or_else(|| Some(zone_of(question.now?)));
    let hints = Hints {
        language: language.as_ref().or(arguments.language.as_ref()),
        order: order.or(arguments.date_order),
        learned: None,
        zone: zone.unwrap_or(Tz::UTC),
        now: question
            .now
            .map_or_else(|| clock(arguments.now).now(), |now| now.to_utc()),
    };
    let reading = dates::of_field(&question.text, &hints);
    Ok(Answer::of(reading))
}

impl Answer {
    fn of(reading: Option<Reading>) -> Self {
        Self {
            date: reading.map(date),
            end: reading.and_then(|reading| reading.end),
        }
    }
}

fn date(reading: Reading) -> String {
    let dated = reading.dated;
    match dated.precision {
        Precision::Instant => dated.at.to_rfc3339(),
        _ => dated.at.date_naive().to_string(),
    }
}

/// Formats a reading for people: `2021-06-03 to 2021-06-05`.
fn told(reading: Reading) -> String {
    let date = date(reading);
    reading
        .end
        .map_or_else(|| date.clone(), |end| format!("{date} to {end}"))
}

/// Returns a zone with this offset at this time, preferably one without daylight saving time.
fn zone_of(now: DateTime<FixedOffset>) -> Tz {
    let shows = |zone: &&Tz| now.with_timezone(*zone).offset().fix() == *now.offset();
    let fixed = TZ_VARIANTS
        .iter()
        .filter(|zone| zone.name().starts_with("Etc/"));
    let zone = fixed.chain(&TZ_VARIANTS).find(shows);
    zone.copied().unwrap_or(Tz::UTC)
}
