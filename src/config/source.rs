//! `[[source]]`: its own settings, completed by the `[defaults]` of its file.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono_tz::Tz;

use super::diagnostic::{Mistake, parse_value};
use super::secret::{self, EnvironmentLookup, TextOrSecret};
use super::select::Locator;
use super::settings::SourceKeys;
use super::table::{ConfigTable, ReadKey};
use super::{address, command, pages, units};
use crate::model::{
    Cadence, ConfigPosition, Grammar, Layout, LayoutError, Location, Reading, Rules, SecretAddress,
    Source, SourceId, SourceKind, TopicId,
};

const MIN_EVERY: Duration = Duration::from_mins(15);
const MAX_EVERY: Duration = Duration::from_hours(24);

/// The context against which sources are checked.
pub(super) struct SourceContext<'a> {
    pub(super) topics: &'a BTreeMap<TopicId, ConfigPosition>,
    pub(super) zone: Tz,
    pub(super) environment: EnvironmentLookup<'a>,
}

/// Reads every source of every file.
pub(super) fn read_sources(tops: &[ConfigTable], around: &SourceContext) -> Vec<Source> {
    let mut known = BTreeMap::new();
    let mut sources = Vec::new();
    let mut renamed = Vec::new();
    for top in tops {
        let defaults = read_defaults(top, around.topics);
        for table in top.read_tables("source") {
            let id = table.require_key("id", table.read_text("id", parse_value::<SourceId>));
            table.claim_name("source", &mut known, &id);
            if let Some(source) = read_source(&table, id, &defaults, around) {
                if !source.former.is_empty() {
                    renamed.push((table, source.id.clone(), source.former.clone()));
                }
                sources.push(source);
            }
        }
    }
    let mut taken = BTreeMap::new();
    for (table, id, former) in renamed {
        table.claim_former_names("source", &mut taken, &former, |was| {
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
        tops[0].report_missing_warning(0, Mistake::new(message).hint("add a `[[source]]`"));
    }
    sources
}

fn read_defaults(top: &ConfigTable, topics: &BTreeMap<TopicId, ConfigPosition>) -> SourceKeys {
    let Some(table) = top.read_table("defaults").value else {
        return SourceKeys::default();
    };
    let settings = SourceKeys::from_table(&table, topics);
    table.refuse_unknown_keys(&[]);
    resolve_cadence(&table, &settings, &SourceKeys::default());
    settings
}

/// Reads a source. Returns `None` if it has no id or address, which has been reported.
fn read_source(
    table: &ConfigTable,
    id: ReadKey<SourceId>,
    defaults: &SourceKeys,
    around: &SourceContext,
) -> Option<Source> {
    let name = table.read_text("name", units::parse_line);
    let layout = table.read_text("layout", parse_layout);
    let own = SourceKeys::from_table(table, around.topics);
    let kind = own.kind.or_default_from(&defaults.kind).value;
    let location = if command::is_command_source(table, kind) {
        command::read_command(table, kind)
    } else {
        command::refuse_command_keys(table, &own);
        read_location(table, around.environment)
    };
    let former = table.read_texts("former", parse_value::<SourceId>);
    let base_url = table.read_text("base_url", address::parse_document_base);
    table.refuse_unknown_keys(&[]);
    if let (Some(at), Some(Location::Http(_))) = (base_url.at, &location.value) {
        let message = "`base_url` goes only with files and programs";
        let hint = "a document from the web is where it was found";
        table.report_mistake(at, Mistake::new(message).hint(hint));
    }
    let reading = resolve_reading(table, &own, defaults);
    if let Some(at) = layout.at {
        check_layout_conflicts(table, at, &own, defaults);
    }
    let cadence = resolve_cadence(table, &own, defaults);
    let pages = pages::resolve_pages(table, &own, defaults, &reading);
    let unnamed = Source::from_location(location.value?, id.value?, table.place());
    Some(Source {
        name: name.value.unwrap_or(unnamed.name),
        former: table.locate_former_names(former),
        reading,
        layout: layout.value,
        pages,
        only: own.only.or_default_from(&defaults.only).value,
        detail: own.detail.or_default_from(&defaults.detail).value.flatten(),
        remove: own
            .remove
            .or_default_from(&defaults.remove)
            .value
            .unwrap_or_default(),
        replace: own
            .replace
            .or_default_from(&defaults.replace)
            .value
            .unwrap_or_default(),
        date_formats: own
            .date_formats
            .or_default_from(&defaults.date_formats)
            .value
            .unwrap_or_default(),
        base_url: base_url.value,
        charset: own.charset.or_default_from(&defaults.charset).value,
        cadence,
        zone: own
            .zone
            .or_default_from(&defaults.zone)
            .value
            .unwrap_or(around.zone),
        language: own.language.or_default_from(&defaults.language).value,
        date_order: own.date_order.or_default_from(&defaults.date_order).value,
        rank: own
            .rank
            .or_default_from(&defaults.rank)
            .value
            .unwrap_or(unnamed.rank),
        topics: own
            .topics
            .or_default_from(&defaults.topics)
            .value
            .unwrap_or_default(),
        country: own.country.or_default_from(&defaults.country).value,
        regions: own
            .regions
            .or_default_from(&defaults.regions)
            .value
            .unwrap_or_default(),
        ..unnamed
    })
}

fn parse_layout(text: &str) -> Result<Layout, Mistake> {
    text.parse().map_err(|error: LayoutError| {
        let mistake = Mistake::new(error.to_string());
        let hint = "`tidings sources repair` writes it, such as `elements body > main > ul > li, linked`; a page that is one record has `page`";
        let named = match &error {
            LayoutError::Division(word) => mistake.suggest_nearest(word, Layout::DIVISIONS.into_iter()),
            LayoutError::Filter(word) => mistake.suggest_nearest(word, Layout::FILTERS.into_iter()),
            _ => mistake,
        };
        match named.hint {
            Some(_) => named,
            None => named.hint(hint),
        }
    })
}

/// Refuses a layout if another key determines how records are found.
fn check_layout_conflicts(table: &ConfigTable, at: usize, own: &SourceKeys, defaults: &SourceKeys) {
    let others = [
        ("select", own.select.at.or(defaults.select.at)),
        ("script", own.script.at.or(defaults.script.at)),
        ("separator", own.separator.at.or(defaults.separator.at)),
        ("record", own.record.at.or(defaults.record.at)),
    ];
    if let Some((other, _)) = others.into_iter().find(|(_, at)| at.is_some()) {
        let message = format!("`layout` and `{other}` exclude one another");
        let hint = "`layout` says which list of a page is read where no selectors do";
        table.report_mistake(at, Mistake::new(message).hint(hint));
        return;
    }
    let kind = document_kind(own, defaults)
        .value
        .unwrap_or(SourceKind::Auto);
    if !matches!(
        kind,
        SourceKind::Auto | SourceKind::Html | SourceKind::Command
    ) {
        let found = kind.as_str();
        let message =
            format!("`layout` goes only with the kinds `html` and `auto`, not with `{found}`");
        table.report_mistake(at, Mistake::new(message));
    }
}

fn read_location(table: &ConfigTable, environment: EnvironmentLookup) -> ReadKey<Location> {
    let url = table.require_key(
        "url",
        secret::read_text_or_secret(table, "url", environment),
    );
    let at = url.at.unwrap_or(table.at);
    let folder = table.file.resolve_path("");
    url.convert(table, |written| {
        let text = match written {
            TextOrSecret::Openly(text) => text,
            TextOrSecret::Secretly(secret) => {
                return Ok(Location::Secret(SecretAddress {
                    secret,
                    folder,
                    place: table.file.place_of_byte(at),
                }));
            }
        };
        let location = address::parse_location(&text, &folder)?;
        if let Location::File(path) = &location
            && !path.is_file()
        {
            let hint = "an address on the web begins with `https://`";
            let message = format!("there is no file `{text}` now");
            table.report_warning(at, Mistake::new(message).hint(hint));
        }
        Ok(location)
    })
}

/// Returns the cadence of the source. Its own keys decide; defaults that contradict them are ignored.
fn resolve_cadence(table: &ConfigTable, own: &SourceKeys, defaults: &SourceKeys) -> Cadence {
    if let (Some(every), Some(cron)) = (own.every.at, own.cron.at) {
        let mistake = Mistake::new("`every` and `cron` exclude one another");
        table.report_mistake(every.max(cron), mistake);
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
            table.report_mistake(at, Mistake::new(message));
        }
    } else if bounds.count() == 0
        && let Some(cadence) = defaults.fixed_cadence()
    {
        return cadence;
    }
    own.fixed_cadence()
        .unwrap_or_else(|| adaptive_cadence(table, own, defaults))
}

fn adaptive_cadence(table: &ConfigTable, own: &SourceKeys, defaults: &SourceKeys) -> Cadence {
    let min = own.min_every.or_default_from(&defaults.min_every);
    let min = min.value.unwrap_or(MIN_EVERY);
    let max = own.max_every.or_default_from(&defaults.max_every);
    let max = max.value.unwrap_or(MAX_EVERY);
    if let Some(at) = own.min_every.at.or(own.max_every.at)
        && min > max
    {
        let [min, max] = [min, max].map(humantime::format_duration);
        let message = format!("`min_every` ({min}) is longer than `max_every` ({max})");
        table.report_mistake(at, Mistake::new(message));
    }
    Cadence::Adaptive { min, max }
}

/// Returns how the source is read. If a mistake in a key leaves no way, any will do, because it has been reported.
fn resolve_reading(table: &ConfigTable, own: &SourceKeys, defaults: &SourceKeys) -> Reading {
    let kind = document_kind(own, defaults);
    if kind.is_invalid() {
        return Reading::Auto;
    }
    let kind = match kind.value.unwrap_or(SourceKind::Auto) {
        // The contents of a script are JSON; selectors are those of a page, unless another kind is named.
        SourceKind::Auto if own.script.at.or(defaults.script.at).is_some() => SourceKind::Json,
        SourceKind::Auto if own.select.at.or(defaults.select.at).is_some() => SourceKind::Html,
        SourceKind::Auto if resolve_grammar(own, defaults).is_some() => SourceKind::Text,
        kind => kind,
    };
    refuse_unfit_keys(table, own, kind);
    refuse_idle_remove(table, own, defaults, kind);
    match kind {
        SourceKind::Auto | SourceKind::Command => Reading::Auto,
        SourceKind::Feed => Reading::Feed,
        SourceKind::Text => Reading::Text(resolve_grammar(own, defaults)),
        SourceKind::Sitemap => Reading::Sitemap,
        SourceKind::Html if own.select.at.or(defaults.select.at).is_none() => Reading::Page,
        SourceKind::Html => resolve_rules(table, own, defaults)
            .map_or(Reading::Auto, |rules| Reading::Html(Box::new(rules))),
        SourceKind::Json => Reading::Json {
            script: own.script.or_default_from(&defaults.script).value,
            rules: resolve_rules(table, own, defaults).map(Box::new),
        },
        SourceKind::Xml => Reading::Xml(resolve_rules(table, own, defaults).map(Box::new)),
    }
}

/// Returns the grammar of a text. A source with any key of it uses none of the defaults.
fn resolve_grammar(own: &SourceKeys, defaults: &SourceKeys) -> Option<Box<Grammar>> {
    let says = own.separator.at.or(own.record.at).is_some();
    let keys = if says { own } else { defaults };
    let (separator, record) = (keys.separator.value.clone(), keys.record.value.clone());
    let is_given = separator.is_some() || record.is_some();
    is_given.then(|| Box::new(Grammar { separator, record }))
}

/// Returns the kind of its documents; for a program, the kind of its output.
fn document_kind(own: &SourceKeys, defaults: &SourceKeys) -> ReadKey<SourceKind> {
    let kind = own.kind.or_default_from(&defaults.kind);
    match kind.value {
        Some(SourceKind::Command) => own.output.or_default_from(&defaults.output),
        _ => kind,
    }
}

/// Refuses keys that do not apply to such documents.
fn refuse_unfit_keys(table: &ConfigTable, own: &SourceKeys, kind: SourceKind) {
    let wanted = [
        (
            "select",
            own.select.at,
            kind.has_rules(),
            "html`, `json` or `xml",
        ),
        ("script", own.script.at, kind == SourceKind::Json, "json"),
        (
            "separator",
            own.separator.at,
            kind == SourceKind::Text,
            "text",
        ),
        ("record", own.record.at, kind == SourceKind::Text, "text"),
    ];
    for (key, at, fits, kinds) in wanted {
        if let Some(at) = at.filter(|_| !fits) {
            let found = kind.as_str();
            let message = format!("`{key}` goes only with the kind `{kinds}`, not with `{found}`");
            table.report_mistake(at, Mistake::new(message));
        }
    }
}

/// Refuses a `remove` without effect: if no page is read, neither of the list nor of an entry.
fn refuse_idle_remove(
    table: &ConfigTable,
    own: &SourceKeys,
    defaults: &SourceKeys,
    kind: SourceKind,
) {
    let has_script = own.script.at.or(defaults.script.at).is_some();
    let reads_pages = match kind {
        SourceKind::Auto | SourceKind::Html | SourceKind::Command => true,
        SourceKind::Json => has_script,
        SourceKind::Feed | SourceKind::Sitemap | SourceKind::Text | SourceKind::Xml => false,
    };
    let detail = own.detail.or_default_from(&defaults.detail);
    let reads_entries = detail.is_invalid() || detail.value.flatten().is_some();
    if let Some(at) = own.remove.at
        && !reads_pages
        && !reads_entries
    {
        let found = kind.as_str();
        let message =
            format!("`remove` takes parts out of pages: with the kind `{found}` it does nothing");
        let hint =
            "`detail = true` reads the pages of entries, and `remove` takes parts out of those";
        table.report_mistake(at, Mistake::new(message).hint(hint));
    }
}

/// Returns the rules of `select`, in the syntax of `L`; `None` if it is absent, or if mistakes leave no rules.
fn resolve_rules<L: Locator>(
    table: &ConfigTable,
    own: &SourceKeys,
    defaults: &SourceKeys,
) -> Option<Rules<L>> {
    let at = own.select.at.or(defaults.select.at)?;
    if own.select.is_invalid() || defaults.select.is_invalid() {
        return None;
    }
    let selected = own.select.value.clone().unwrap_or_default();
    let selected = selected.with_defaults(&defaults.select.value.clone().unwrap_or_default());
    selected.convert_rules(table, own.select.at.unwrap_or(table.at.max(at)))
}
