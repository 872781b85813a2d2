//! The `[[source]]` block that an operator pastes.

use std::fmt;
use std::time::Duration;

use chrono_tz::Tz;

use crate::config::edit::quote_toml;
use crate::extract;
use crate::model::{Country, Css, DateOrder, Language, Layout, Reading, SourceId};

/// A source as written in the configuration; unknown keys are left out.
#[derive(Clone, Debug)]
pub struct SourceBlock {
    /// The source's id.
    pub id: SourceId,
    /// The publisher, on one line.
    pub name: String,
    /// Its address, or the path of a file.
    pub url: String,
    /// Its kind, and the places of its records and their fields.
    pub reading: Reading,
    /// The list of its page that is read, unless selectors name it.
    pub layout: Option<Layout>,
    /// True if the pages of its entries are read too.
    pub detail: bool,
    /// The polling interval; `None` for an adaptive one.
    pub every: Option<Duration>,
    /// The time zone of its dates.
    pub zone: Option<Tz>,
    /// The language of its items.
    pub language: Option<Language>,
    /// The publisher's country.
    pub country: Option<Country>,
    /// The order of its numeric dates.
    pub date_order: Option<DateOrder>,
    /// The link to its next page.
    pub next: Option<Css>,
}

impl fmt::Display for SourceBlock {
    /// Formats the block as TOML, one key per line, values in one column.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = self.date_order.map(|order| match order {
            DateOrder::DayMonthYear => "dmy",
            DateOrder::MonthDayYear => "mdy",
            DateOrder::YearMonthDay => "ymd",
        });
        let every = self.every.map(format_duration);
        let next = self.next.as_ref().map(Css::to_string);
        let named = [
            ("id", Some(self.id.as_str())),
            ("name", Some(&*self.name)),
            ("url", Some(&*self.url)),
        ];
        let known = [
            ("every", every.as_deref()),
            ("timezone", self.zone.map(Tz::name)),
            ("language", self.language.as_ref().map(Language::as_str)),
            ("country", self.country.as_ref().map(Country::as_str)),
            ("date_order", order),
            ("pages.next", next.as_deref()),
            ("layout", self.layout.as_ref().map(Layout::as_str)),
        ];
        let line = |(key, value): (&str, Option<&str>)| Some((key.to_owned(), quote_toml(value?)));
        let read = extract::reading_keys(&self.reading)
            .into_iter()
            .map(format_setting);
        let (places, kind): (Vec<_>, Vec<_>) =
            read.partition(|(key, _)| key.starts_with("select."));
        let detail = self.detail.then(|| ("detail".to_owned(), true.to_string()));
        let named = named.into_iter().filter_map(line).chain(kind);
        let known = known.into_iter().filter_map(line).chain(detail);
        let lines: Vec<(String, String)> = named.chain(known).chain(places).collect();
        let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
        writeln!(f, "[[source]]")?;
        lines
            .iter()
            .try_for_each(|(key, value)| writeln!(f, "{key:width$} = {value}"))
    }
}

/// Formats a key with its values as TOML: a single value, or a list of several.
fn format_setting((key, values): (String, Vec<String>)) -> (String, String) {
    let values: Vec<String> = values.iter().map(|value| quote_toml(value)).collect();
    match values.as_slice() {
        [value] => (key, value.clone()),
        several => (key, format!("[{}]", several.join(", "))),
    }
}

/// Formats a duration in the largest unit that fits.
pub(super) fn format_duration(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match minutes {
        0 => format!("{}s", duration.as_secs()),
        minutes if minutes % (24 * 60) == 0 => format!("{}d", minutes / (24 * 60)),
        minutes if minutes % 60 == 0 => format!("{}h", minutes / 60),
        minutes => format!("{minutes}m"),
    }
}
