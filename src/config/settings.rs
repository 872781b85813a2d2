//! The keys that `[[source]]` and `[defaults]` share.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;
use chrono_tz::Tz;

use super::diagnostic::{Mistake, parse_value};
use super::file;
use super::pages::{self, PageKeys};
use super::select::{self, SelectKeys};
use super::table::{ConfigTable, ReadKey};
use super::units;
use crate::model::{
    AddressPattern, Cadence, Charset, ConfigPosition, Country, Cron, CronError, Css, DateFormat,
    DateOrder, Field, Fields, Language, Region, Replacement, Separator, Shape, SourceKind, TopicId,
};

/// The shared keys of one table. Their consistency is checked when a source is assembled.
#[derive(Default)]
pub(super) struct SourceKeys {
    pub(super) kind: ReadKey<SourceKind>,
    /// The kind of a program's output.
    pub(super) output: ReadKey<SourceKind>,
    pub(super) script: ReadKey<Css>,
    pub(super) only: ReadKey<AddressPattern>,
    pub(super) charset: ReadKey<Charset>,
    pub(super) every: ReadKey<Duration>,
    pub(super) cron: ReadKey<Cron>,
    pub(super) min_every: ReadKey<Duration>,
    pub(super) max_every: ReadKey<Duration>,
    pub(super) zone: ReadKey<Tz>,
    pub(super) language: ReadKey<Language>,
    pub(super) date_order: ReadKey<DateOrder>,
    pub(super) rank: ReadKey<u32>,
    pub(super) topics: ReadKey<Vec<TopicId>>,
    pub(super) country: ReadKey<Country>,
    pub(super) regions: ReadKey<Vec<Region>>,
    pub(super) date_formats: ReadKey<Vec<DateFormat>>,
    pub(super) select: ReadKey<SelectKeys>,
    pub(super) detail: ReadKey<Option<Fields<Css>>>,
    pub(super) remove: ReadKey<Vec<Css>>,
    pub(super) replace: ReadKey<Vec<Replacement>>,
    pub(super) separator: ReadKey<Separator>,
    pub(super) record: ReadKey<Shape>,
    pub(super) pages: ReadKey<PageKeys>,
    pub(super) backfill: ReadKey<u32>,
}

impl SourceKeys {
    pub(super) fn from_table(
        table: &ConfigTable,
        known: &BTreeMap<TopicId, ConfigPosition>,
    ) -> Self {
        Self {
            kind: table.read_text("kind", parse_kind),
            output: table.read_text("as", parse_output_kind),
            script: table.read_text("script", parse_script_selector),
            only: table.read_text("only", parse_value),
            charset: table.read_text("charset", parse_charset),
            every: table.read_duration("every", units::parse_interval),
            cron: table.read_text("cron", parse_cron),
            min_every: table.read_duration("min_every", units::parse_interval),
            max_every: table.read_duration("max_every", units::parse_interval),
            zone: table.read_text("timezone", units::parse_zone),
            language: table.read_text("language", parse_value),
            date_order: table.read_text("date_order", parse_date_order),
            rank: table.read_number("rank", 0..=1000),
            topics: read_topic_ids(table, known),
            country: table.read_text("country", parse_value),
            regions: table
                .read_texts("regions", parse_value)
                .map(|listed| listed.into_iter().map(|(_, region)| region).collect()),
            date_formats: read_date_formats(table),
            select: table
                .read_dotted_table("select", "select.")
                .map(|table| SelectKeys::from_list_table(&table)),
            detail: select::read_detail(table),
            remove: select::read_remove(table),
            replace: select::read_replace(table),
            separator: table.read_text("separator", parse_value),
            record: table.read_text("record", parse_record),
            pages: table
                .read_dotted_table("pages", "pages.")
                .map(|table| PageKeys::from_table(&table)),
            backfill: table.read_number("backfill", 1..=pages::MOST),
        }
    }

    /// Returns the cadence that is not adaptive, if one is configured.
    pub(super) fn fixed_cadence(&self) -> Option<Cadence> {
        let cron = || self.cron.value.clone();
        let every = self.every.value.map(Cadence::Every);
        every.or_else(|| Some(Cadence::Cron(Box::new(cron()?))))
    }
}

fn parse_record(text: &str) -> Result<Shape, Mistake> {
    let names = Field::ALL.map(Field::as_str).join(", ");
    parse_value(text)
        .map_err(|mistake: Mistake| mistake.hint(format!("groups may be named {names}")))
}

/// Parses the selector of JSON in a page: an element, or an attribute of one.
fn parse_script_selector(text: &str) -> Result<Css, Mistake> {
    let css: Css = parse_value(text)?;
    if css.names_self {
        return Err(Mistake::new(format!(
            "`{css}` names no element of the page"
        )));
    }
    Ok(css)
}

/// Reads one format or several.
fn read_date_formats(table: &ConfigTable) -> ReadKey<Vec<DateFormat>> {
    const KEY: &str = "date_format";
    let read = |text: &str| {
        let hint = r#"signs as in `"%d.%m.%Y"`: day, month and year; `%H:%M` for the time"#;
        parse_value(text).map_err(|mistake: Mistake| mistake.hint(hint))
    };
    match table.peek_value(KEY).map(|value| &value.kind) {
        Some(file::ValueKind::List(_)) => {
            let formats = table.read_texts(KEY, read);
            formats.map(|listed| listed.into_iter().map(|(_, format)| format).collect())
        }
        _ => table.read_text(KEY, read).map(|format| vec![format]),
    }
}

fn read_topic_ids(
    table: &ConfigTable,
    known: &BTreeMap<TopicId, ConfigPosition>,
) -> ReadKey<Vec<TopicId>> {
    let listed = table.read_texts("topics", parse_value::<TopicId>);
    for (at, id) in listed.value.iter().flatten() {
        if !known.contains_key(id) {
            let names = known.keys().map(TopicId::as_str);
            let mistake = Mistake::new(format!("unknown topic `{id}`"));
            table.report_missing(*at, mistake.suggest_nearest(id.as_str(), names));
        }
    }
    listed.map(|listed| listed.into_iter().map(|(_, id)| id).collect())
}

fn parse_kind(text: &str) -> Result<SourceKind, Mistake> {
    text.parse().map_err(|()| {
        let mistake = Mistake::new(format!("there is no kind `{text}`"));
        match text {
            "rss" | "atom" | "jsonfeed" => mistake.hint("`feed` reads RSS, Atom and JSON Feed"),
            _ => mistake.suggest_nearest(text, SourceKind::ALL.map(SourceKind::as_str).into_iter()),
        }
    })
}

fn parse_output_kind(text: &str) -> Result<SourceKind, Mistake> {
    match parse_kind(text)? {
        SourceKind::Command => Err(Mistake::new("`command` is no kind of output").hint(
            "`as` says what the program writes: `feed`, `html`, `json`, `sitemap`, `text` or `xml`",
        )),
        kind => Ok(kind),
    }
}

fn parse_charset(text: &str) -> Result<Charset, Mistake> {
    let hint = r#"a name that browsers know, such as `"windows-1252"` or `"shift_jis"`; UTF-32 is found without"#;
    parse_value(text).map_err(|mistake: Mistake| mistake.hint(hint))
}

fn parse_cron(text: &str) -> Result<Cron, Mistake> {
    let cron: Cron = text
        .parse()
        .map_err(|CronError { message, hint }| Mistake::new(message).hint(hint))?;
    // Any time before the first run of a daemon serves to detect schedules that never run, such as 30 February.
    match cron.next_after(DateTime::UNIX_EPOCH.with_timezone(&Tz::UTC)) {
        Some(_) => Ok(cron),
        None => Err(Mistake::new(format!("`{cron}` never comes"))),
    }
}

fn parse_date_order(text: &str) -> Result<DateOrder, Mistake> {
    text.parse().map_err(|()| {
        Mistake::new(format!("there is no date order `{text}`"))
            .hint(r#"write `"dmy"`, `"mdy"` or `"ymd"`"#)
    })
}
