//! `[[source]]`: its own settings, completed by the `[defaults]` of its file.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;

use super::diagnostic::{Mistake, parsed};
use super::secret::{self, Environment, Written};
use super::select::Locator;
use super::settings::Settings;
use super::table::{ReadKey, Table};
use super::{address, command, pages, units};
use crate::model::{
    Cadence, Grammar, Kind, Layout, LayoutError, Location, Place, Reading, Rules, SecretAddress,
    Source, SourceId, TopicId,
};

const MIN_EVERY: Duration = Duration::from_mins(15);
const MAX_EVERY: Duration = Duration::from_hours(24);

/// The context against which sources are checked.
pub(super) struct Surroundings<'a> {
    pub(super) topics: &'a BTreeMap<TopicId, Place>,
    pub(super) zone: Tz,
    pub(super) environment: Environment<'a>,
}

/// Reads every source of every file.
pub(super) fn read(tops: &[Table], around: &Surroundings) -> Vec<Source> {
    let mut known = BTreeMap::new();
    let mut sources = Vec::new();
    let mut renamed = Vec::new();
    for top in tops {
        let defaults = defaults(top, around.topics);
        for table in top.tables("source") {
            let id = table.required("id", table.text("id", parsed::<SourceId>));
            table.claim("source", &mut known, &id);
            if let Some(source) = source(&table, id, &defaults, around) {
                if !source.former.is_empty() {
                    renamed.push((table, source.id.clone(), source.former.clone()));
                }
                sources.push(source);
            }
        }
    }
    let mut taken = BTreeMap::new();
    for (table, id, former) in renamed {
        table.claim_former("source", &mut taken, &former, |was| {
            let place = known.get(was)?;
            Some(if *was == id {
                format!("`{was}` is the name that the source has now")
            } else {
                format!("`{was}` is a source of its own, at {place}")
            })
        });
    }
    if sources.is_empty() {
        let message = "there is no source: nothing will be published";
        tops[0].lack(0, Mistake::new(message).hint("add a `[[source]]`"));
    }
    sources
}

fn defaults(top: &Table, topics: &BTreeMap<TopicId, Place>) -> Settings {
    let Some(table) = top.table("defaults").value else {
        return Settings::default();
    };
    let settings = Settings::read(&table, topics);
    table.finish(&[]);
    cadence(&table, &settings, &Settings::default());
    settings
}

/// Reads a source. Returns `None` if it has no id or address, which has been reported.
fn source(
    table: &Table,
    id: ReadKey<SourceId>,
    defaults: &Settings,
    around: &Surroundings,
) -> Option<Source> {
    let name = table.text("name", units::line);
    let layout = table.text("layout", layout);
    let own = Settings::read(table, around.topics);
    let kind = own.kind.over(&defaults.kind).value;
    let location = if command::is_meant(table, kind) {
        command::location(table, kind)
    } else {
        command::refuse(table, &own);
        location(table, around.environment)
    };
    let former = table.texts("former", parsed::<SourceId>);
    let base_url = table.text("base_url", address::document_base);
    table.finish(&[]);
    if let (Some(at), Some(Location::Http(_))) = (base_url.at, &location.value) {
        let message = "`base_url` goes only with files and programs";
        let hint = "a document from the web is where it was found";
        table.wrong(at, Mistake::new(message).hint(hint));
    }
    let reading = reading(table, &own, defaults);
    if let Some(at) = layout.at {
        by_layout(table, at, &own, defaults);
    }
    let cadence = cadence(table, &own, defaults);
    let pages = pages::pages(table, &own, defaults, &reading);
    let unnamed = Source::at(location.value?, id.value?, table.place());
    Some(Source {
        name: name.value.unwrap_or(unnamed.name),
        former: table.former(former),
        reading,
        layout: layout.value,
        pages,
        only: own.only.over(&defaults.only).value,
        detail: own.detail.over(&defaults.detail).value.flatten(),
        remove: own.remove.over(&defaults.remove).value.unwrap_or_default(),
        replace: own
            .replace
            .over(&defaults.replace)
            .value
            .unwrap_or_default(),
        date_formats: own
            .date_formats
            .over(&defaults.date_formats)
            .value
            .unwrap_or_default(),
        base_url: base_url.value,
        charset: own.charset.over(&defaults.charset).value,
        cadence,
        zone: own.zone.over(&defaults.zone).value.unwrap_or(around.zone),
        language: own.language.over(&defaults.language).value,
        date_order: own.date_order.over(&defaults.date_order).value,
        rank: own.rank.over(&defaults.rank).value.unwrap_or(unnamed.rank),
        topics: own.topics.over(&defaults.topics).value.unwrap_or_default(),
        country: own.country.over(&defaults.country).value,
        regions: own
            .regions
            .over(&defaults.regions)
            .value
            .unwrap_or_default(),
        ..unnamed
    })
}

fn layout(text: &str) -> Result<Layout, Mistake> {
    text.parse().map_err(|error: LayoutError| {
        let mistake = Mistake::new(error.to_string());
        let hint = "`tidings sources repair` writes it, such as `elements body > main > ul > li, linked`; a page that is one record has `page`";
        let named = match &error {
            LayoutError::Division(word) => mistake.or_rather(word, Layout::DIVISIONS.into_iter()),
            LayoutError::Filter(word) => mistake.or_rather(word, Layout::FILTERS.into_iter()),
            _ => mistake,
        };
        match named.hint {
            Some(_) => named,
            None => named.hint(hint),
        }
    })
}

/// Refuses a layout if another key determines how records are found.
fn by_layout(table: &Table, at: usize, own: &Settings, defaults: &Settings) {
    let others = [
        ("select", own.select.at.or(defaults.select.at)),
        ("script", own.script.at.or(defaults.script.at)),
        ("separator", own.separator.at.or(defaults.separator.at)),
        ("record", own.record.at.or(defaults.record.at)),
    ];
    if let Some((other, _)) = others.into_iter().find(|(_, at)| at.is_some()) {
        let message = format!("`layout` and `{other}` exclude one another");
        let hint = "`layout` says which list of a page is read where no selectors do";
        table.wrong(at, Mistake::new(message).hint(hint));
        return;
    }
    let kind = of_documents(own, defaults).value.unwrap_or(Kind::Auto);
    if !matches!(kind, Kind::Auto | Kind::Html | Kind::Command) {
        let found = kind.as_str();
        let message =
            format!("`layout` goes only with the kinds `html` and `auto`, not with `{found}`");
        table.wrong(at, Mistake::new(message));
    }
}

fn location(table: &Table, environment: Environment) -> ReadKey<Location> {
    let url = table.required("url", secret::text(table, "url", environment));
    let at = url.at.unwrap_or(table.at);
    let folder = table.file.resolve("");
    url.read(table, |written| {
        let text = match written {
            Written::Openly(text) => text,
            Written::Secretly(secret) => {
                return Ok(Location::Secret(SecretAddress {
                    secret,
                    folder,
                    place: table.file.place(at),
                }));
            }
        };
        let location = address::location(&text, &folder)?;
        if let Location::File(path) = &location
            && !path.is_file()
        {
            let hint = "an address on the web begins with `https://`";
            let message = format!("there is no file `{text}` now");
            table.warn(at, Mistake::new(message).hint(hint));
        }
        Ok(location)
    })
}

/// Returns the cadence of the source. Its own keys decide; defaults that contradict them are ignored.
fn cadence(table: &Table, own: &Settings, defaults: &Settings) -> Cadence {
    if let (Some(every), Some(cron)) = (own.every.at, own.cron.at) {
        let mistake = Mistake::new("`every` and `cron` exclude one another");
        table.wrong(every.max(cron), mistake);
    }
    let fixed = own.every.at.or(own.cron.at).is_some();
    let bounds = [
        ("min_every", own.min_every.at),
        ("max_every", own.max_every.at),
    ];
    let bounds = bounds.into_iter().filter_map(|(key, at)| Some((key, at?)));
    if fixed {
        for (key, at) in bounds {
            let message = format!("`{key}` goes only without `every` and `cron`");
            table.wrong(at, Mistake::new(message));
        }
    } else if bounds.count() == 0
        && let Some(cadence) = defaults.fixed()
    {
        return cadence;
    }
    own.fixed()
        .unwrap_or_else(|| adaptive(table, own, defaults))
}

fn adaptive(table: &Table, own: &Settings, defaults: &Settings) -> Cadence {
    let min = own.min_every.over(&defaults.min_every);
    let min = min.value.unwrap_or(MIN_EVERY);
    let max = own.max_every.over(&defaults.max_every);
    let max = max.value.unwrap_or(MAX_EVERY);
    if let Some(at) = own.min_every.at.or(own.max_every.at)
        && min > max
    {
        let [min, max] = [min, max].map(humantime::format_duration);
        let message = format!("`min_every` ({min}) is longer than `max_every` ({max})");
        table.wrong(at, Mistake::new(message));
    }
    Cadence::Adaptive { min, max }
}

/// Returns how the source is read. If a mistake in a key leaves no way, any will do, because it has been reported.
fn reading(table: &Table, own: &Settings, defaults: &Settings) -> Reading {
    let kind = of_documents(own, defaults);
    if kind.is_wrong() {
        return Reading::Auto;
    }
    let kind = match kind.value.unwrap_or(Kind::Auto) {
        // The contents of a script are JSON; selectors are those of a page, unless another kind is named.
        Kind::Auto if own.script.at.or(defaults.script.at).is_some() => Kind::Json,
        Kind::Auto if own.select.at.or(defaults.select.at).is_some() => Kind::Html,
        Kind::Auto if grammar(own, defaults).is_some() => Kind::Text,
        kind => kind,
    };
    fitting(table, own, kind);
    idle(table, own, defaults, kind);
    match kind {
        Kind::Auto | Kind::Command => Reading::Auto,
        Kind::Feed => Reading::Feed,
        Kind::Text => Reading::Text(grammar(own, defaults)),
        Kind::Sitemap => Reading::Sitemap,
        Kind::Html if own.select.at.or(defaults.select.at).is_none() => Reading::Page,
        Kind::Html => rules(table, own, defaults)
            .map_or(Reading::Auto, |rules| Reading::Html(Box::new(rules))),
        Kind::Json => Reading::Json {
            script: own.script.over(&defaults.script).value,
            rules: rules(table, own, defaults).map(Box::new),
        },
        Kind::Xml => Reading::Xml(rules(table, own, defaults).map(Box::new)),
    }
}

/// Returns the grammar of a text. A source with any key of it uses none of the defaults.
fn grammar(own: &Settings, defaults: &Settings) -> Option<Box<Grammar>> {
    let says = own.separator.at.or(own.record.at).is_some();
    let keys = if says { own } else { defaults };
    let (separator, record) = (keys.separator.value.clone(), keys.record.value.clone());
    let is_given = separator.is_some() || record.is_some();
    is_given.then(|| Box::new(Grammar { separator, record }))
}

/// Returns the kind of its documents; for a program, the kind of its output.
fn of_documents(own: &Settings, defaults: &Settings) -> ReadKey<Kind> {
    let kind = own.kind.over(&defaults.kind);
    match kind.value {
        Some(Kind::Command) => own.output.over(&defaults.output),
        _ => kind,
    }
}

/// Refuses keys that do not apply to such documents.
fn fitting(table: &Table, own: &Settings, kind: Kind) {
    let wanted = [
        (
            "select",
            own.select.at,
            kind.has_rules(),
            "html`, `json` or `xml",
        ),
        ("script", own.script.at, kind == Kind::Json, "json"),
        ("separator", own.separator.at, kind == Kind::Text, "text"),
        ("record", own.record.at, kind == Kind::Text, "text"),
    ];
    for (key, at, fits, kinds) in wanted {
        if let Some(at) = at.filter(|_| !fits) {
            let found = kind.as_str();
            let message = format!("`{key}` goes only with the kind `{kinds}`, not with `{found}`");
            table.wrong(at, Mistake::new(message));
        }
    }
}

/// Refuses a `remove` without effect: if no page is read, neither of the list nor of an entry.
fn idle(table: &Table, own: &Settings, defaults: &Settings, kind: Kind) {
    let has_script = own.script.at.or(defaults.script.at).is_some();
    let reads_pages = match kind {
        Kind::Auto | Kind::Html | Kind::Command => true,
        Kind::Json => has_script,
        Kind::Feed | Kind::Sitemap | Kind::Text | Kind::Xml => false,
    };
    let detail = own.detail.over(&defaults.detail);
    let reads_entries = detail.is_wrong() || detail.value.flatten().is_some();
    if let Some(at) = own.remove.at
        && !reads_pages
        && !reads_entries
    {
        let found = kind.as_str();
        let message =
            format!("`remove` takes parts out of pages: with the kind `{found}` it does nothing");
        let hint =
            "`detail = true` reads the pages of entries, and `remove` takes parts out of those";
        table.wrong(at, Mistake::new(message).hint(hint));
    }
}

/// Returns the rules of `select`, in the syntax of `L`; `None` if it is absent, or if mistakes leave no rules.
fn rules<L: Locator>(table: &Table, own: &Settings, defaults: &Settings) -> Option<Rules<L>> {
    let at = own.select.at.or(defaults.select.at)?;
    if own.select.is_wrong() || defaults.select.is_wrong() {
        return None;
    }
    let selected = own.select.value.clone().unwrap_or_default();
    let selected = selected.over(&defaults.select.value.clone().unwrap_or_default());
    selected.rules(table, own.select.at.unwrap_or(table.at.max(at)))
}
