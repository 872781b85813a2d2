//! The keys that `[[source]]` and `[defaults]` share.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::DateTime;
use chrono_tz::Tz;

use super::diagnostic::{Mistake, parsed};
use super::file;
use super::pages::{self, PageKeys};
use super::select::{self, Selected};
use super::table::{ReadKey, Table};
use super::units;
use crate::model::{
    AddressPattern, Cadence, Charset, Country, Cron, CronError, Css, DateFormat, DateOrder, Field,
    Fields, Kind, Language, Place, Region, Replacement, Separator, Shape, TopicId,
};

/// The shared keys of one table. Their consistency is checked when a source is assembled.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) kind: ReadKey<Kind>,
    /// The kind of a program's output.
    pub(super) output: ReadKey<Kind>,
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
    pub(super) select: ReadKey<Selected>,
    pub(super) detail: ReadKey<Option<Fields<Css>>>,
    pub(super) remove: ReadKey<Vec<Css>>,
    pub(super) replace: ReadKey<Vec<Replacement>>,
    pub(super) separator: ReadKey<Separator>,
    pub(super) record: ReadKey<Shape>,
    pub(super) pages: ReadKey<PageKeys>,
    pub(super) backfill: ReadKey<u32>,
}

impl Settings {
    pub(super) fn read(table: &Table, known: &BTreeMap<TopicId, Place>) -> Self {
        Self {
            kind: table.text("kind", kind),
            output: table.text("as", output),
            script: table.text("script", script),
            only: table.text("only", parsed),
            charset: table.text("charset", charset),
            every: table.duration("every", units::interval),
            cron: table.text("cron", cron),
            min_every: table.duration("min_every", units::interval),
            max_every: table.duration("max_every", units::interval),
            zone: table.text("timezone", units::zone),
            language: table.text("language", parsed),
            date_order: table.text("date_order", date_order),
            rank: table.number("rank", 0..=1000),
            topics: topics(table, known),
            country: table.text("country", parsed),
            regions: table
                .texts("regions", parsed)
                .map(|listed| listed.into_iter().map(|(_, region)| region).collect()),
            date_formats: date_formats(table),
            select: table
                .dotted("select", "select.")
                .map(|table| Selected::of_list(&table)),
            detail: select::detail(table),
            remove: select::remove(table),
            replace: select::replace(table),
            separator: table.text("separator", parsed),
            record: table.text("record", record),
            pages: table
                .dotted("pages", "pages.")
                .map(|table| PageKeys::read(&table)),
            backfill: table.number("backfill", 1..=pages::MOST),
        }
    }

    /// Returns the cadence that is not adaptive, if one is configured.
    pub(super) fn fixed(&self) -> Option<Cadence> {
        let cron = || self.cron.value.clone();
        let every = self.every.value.map(Cadence::Every);
        every.or_else(|| Some(Cadence::Cron(Box::new(cron()?))))
    }
}

fn record(text: &str) -> Result<Shape, Mistake> {
    let names = Field::ALL.map(Field::as_str).join(", ");
    parsed(text).map_err(|mistake: Mistake| mistake.hint(format!("groups may be named {names}")))
}

/// Parses the selector of JSON in a page: an element, or an attribute of one.
fn script(text: &str) -> Result<Css, Mistake> {
    let css: Css = parsed(text)?;
    if css.names_self {
        return Err(Mistake::new(format!(
            "`{css}` names no element of the page"
        )));
    }
    Ok(css)
}

/// Reads one format or several.
fn date_formats(table: &Table) -> ReadKey<Vec<DateFormat>> {
    const KEY: &str = "date_format";
    let read = |text: &str| {
        let hint = r#"signs as in `"%d.%m.%Y"`: day, month and year; `%H:%M` for the time"#;
        parsed(text).map_err(|mistake: Mistake| mistake.hint(hint))
    };
    match table.peek(KEY).map(|value| &value.kind) {
        Some(file::ValueKind::List(_)) => {
            let formats = table.texts(KEY, read);
            formats.map(|listed| listed.into_iter().map(|(_, format)| format).collect())
        }
        _ => table.text(KEY, read).map(|format| vec![format]),
    }
}

fn topics(table: &Table, known: &BTreeMap<TopicId, Place>) -> ReadKey<Vec<TopicId>> {
    let listed = table.texts("topics", parsed::<TopicId>);
    for (at, id) in listed.value.iter().flatten() {
        if !known.contains_key(id) {
            let names = known.keys().map(TopicId::as_str);
            let mistake = Mistake::new(format!("unknown topic `{id}`"));
            table.absent(*at, mistake.or_rather(id.as_str(), names));
        }
    }
    listed.map(|listed| listed.into_iter().map(|(_, id)| id).collect())
}

fn kind(text: &str) -> Result<Kind, Mistake> {
    text.parse().map_err(|()| {
        let mistake = Mistake::new(format!("there is no kind `{text}`"));
        match text {
            "rss" | "atom" | "jsonfeed" => mistake.hint("`feed` reads RSS, Atom and JSON Feed"),
            _ => mistake.or_rather(text, Kind::ALL.map(Kind::as_str).into_iter()),
        }
    })
}

fn output(text: &str) -> Result<Kind, Mistake> {
    match kind(text)? {
        Kind::Command => Err(Mistake::new("`command` is no kind of output").hint(
            "`as` says what the program writes: `feed`, `html`, `json`, `sitemap`, `text` or `xml`",
        )),
        kind => Ok(kind),
    }
}

fn charset(text: &str) -> Result<Charset, Mistake> {
    let hint = r#"a name that browsers know, such as `"windows-1252"` or `"shift_jis"`; UTF-32 is found without"#;
    parsed(text).map_err(|mistake: Mistake| mistake.hint(hint))
}

fn cron(text: &str) -> Result<Cron, Mistake> {
    let cron: Cron = text
        .parse()
        .map_err(|CronError { message, hint }| Mistake::new(message).hint(hint))?;
    // Any time before the first run of a daemon serves to detect schedules that never run, such as 30 February.
    match cron.next_after(DateTime::UNIX_EPOCH.with_timezone(&Tz::UTC)) {
        Some(_) => Ok(cron),
        None => Err(Mistake::new(format!("`{cron}` never comes"))),
    }
}

fn date_order(text: &str) -> Result<DateOrder, Mistake> {
    text.parse().map_err(|()| {
        Mistake::new(format!("there is no date order `{text}`"))
            .hint(r#"write `"dmy"`, `"mdy"` or `"ymd"`"#)
    })
}
