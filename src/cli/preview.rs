//! `tidings preview`: fetches, reads and normalizes one document and prints the result. Stores nothing.

mod advice;
mod jsonfeed;

use std::fmt::Display;
use std::io::{self, BufRead as _, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde_json::json;
use url::Url;

use self::advice::AdviceLine;
use super::choice::{self, ReasonsDisplay};
use super::{
    CliError, ConfigArguments, clock_from, environment_variable, in_force, parse_timestamp,
    print_json, shown,
};
use crate::config::{self, Setting, SettingsError};
use crate::discover::{self, DiscoverError, ListChoice};
use crate::extract::{self, ExtractError, RankedList, SuggestedSettings};
use crate::fetch::{self, FetchError, FetchLimits};
use crate::flow::{self, Clock, SampledPages, SourceLook};
use crate::model::{
    Charset, Css, DateOrder, Document, ElementPath, Extracted, Field, Item, JsonPath, Language,
    Layout, Location, Problem, PublicUrl, RawEntry, Reading, Rules, Separator, Shape, Source,
    SourceKind, Timestamp,
};
use crate::normalize::{self, ChannelInfo, Normalized};
use crate::text;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// A configured source, an address, a file, or `-` for standard input
    #[arg(required_unless_present_any = ["file", "batch"])]
    target: Option<String>,
    /// A file to read
    #[arg(long, conflicts_with = "target")]
    file: Option<PathBuf>,
    /// Read paths (`PATH` or `PATH<TAB>BASE-URL`) from stdin and answer each with a line of JSON
    #[arg(long, conflicts_with_all = ["target", "file"])]
    batch: bool,
    /// The kind of document [default: detected]
    #[arg(long = "as", value_enum, value_name = "KIND")]
    kind: Option<SourceKind>,
    /// The document's encoding, over what it declares
    #[arg(long, value_parser = check_parses::<Charset>, value_name = "LABEL")]
    charset: Option<String>,
    /// The file's original address, for its relative links
    #[arg(long, value_name = "URL")]
    base_url: Option<Url>,
    /// The document's language
    #[arg(long, value_parser = check_parses::<Language>)]
    language: Option<String>,
    /// The order of its numeric dates: dmy, mdy or ymd
    #[arg(long, value_parser = check_date_order, value_name = "ORDER")]
    date_order: Option<String>,
    /// The time zone of its dates
    #[arg(long, value_parser = check_parses::<chrono_tz::Tz>, value_name = "ZONE")]
    timezone: Option<String>,
    /// Use this as the time of reading; its offset is the time zone unless one is given
    #[arg(long, value_parser = parse_moment, value_name = "TIME")]
    now: Option<(Timestamp, Option<chrono_tz::Tz>)>,
    /// The places of the parts: item=PLACE, title=PLACE, link=PLACE, …; PLACE is CSS (`a@href`, `:self`), a
    /// `JSONPath` or a path of elements
    #[arg(long, value_parser = parse_field, value_name = "FIELD=PLACE")]
    select: Vec<(String, String)>,
    /// The element that contains the JSON in a page, such as `script#__NEXT_DATA__`
    #[arg(long, value_parser = check_parses::<Css>, value_name = "CSS")]
    script: Option<String>,
    /// A regular expression for the separator between entries of a text
    #[arg(long, value_parser = check_parses::<Separator>, value_name = "REGEX")]
    separator: Option<String>,
    /// A regular expression for an entry of a text, with groups such as (?<title>.+)
    #[arg(long, value_parser = check_parses::<Shape>, value_name = "REGEX")]
    record: Option<String>,
    /// Show the document's list with this number
    #[arg(long, value_parser = choice::parse_list_number, value_name = "N", conflicts_with = "select")]
    list: Option<usize>,
    /// Any key of a source, over its block; VALUE is TOML, or plain text
    #[arg(long, value_parser = parse_setting, value_name = "KEY=VALUE")]
    set: Vec<Setting>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    output: PreviewFormat,
    /// The same as --output jsonfeed
    #[arg(long)]
    json: bool,
}

impl ValueEnum for SourceKind {
    fn value_variants<'a>() -> &'a [Self] {
        // The last one is a program, which only a configured source may have.
        let [documents @ .., Self::Command] = &Self::ALL else {
            return &Self::ALL;
        };
        documents
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()).help(self.summary()))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum PreviewFormat {
    /// For people
    #[default]
    Table,
    /// JSON Feed
    Jsonfeed,
    /// One JSON Feed item per line
    Jsonl,
}

/// The argument for standard input, and the file name that it is given.
const STDIN: &str = "-";
const STDIN_FILE: &str = "/dev/stdin";

/// Entries whose pages are read.
const SAMPLED: usize = 3;
/// Characters shown of each text.
const SHOWN_CHARACTERS: usize = 150;

impl Arguments {
    fn chosen_format(&self) -> PreviewFormat {
        match self.output {
            PreviewFormat::Table if self.json => PreviewFormat::Jsonfeed,
            format => format,
        }
    }

    fn clock(&self) -> Clock {
        clock_from(self.now.map(|(now, _)| now))
    }

    /// Returns the zone for a source that sets none.
    fn zone_of_now(&self) -> chrono_tz::Tz {
        self.now
            .and_then(|(_, zone)| zone)
            .unwrap_or(chrono_tz::UTC)
    }
}

pub(super) fn parse_date_order(text: &str) -> Result<DateOrder, String> {
    text.parse()
        .map_err(|()| "expected dmy, mdy or ymd".to_owned())
}

fn check_date_order(text: &str) -> Result<String, String> {
    parse_date_order(text).map(|_| text.to_owned())
}

/// Checks that a text parses as a `T`, and returns it unchanged.
fn check_parses<T: FromStr<Err: Display>>(text: &str) -> Result<String, String> {
    let read = text.parse::<T>().map_err(|error| error.to_string());
    read.map(|_| text.to_owned())
}

fn parse_setting(text: &str) -> Result<Setting, String> {
    Setting::parse(&format!("--set {text}"), text).map_err(|error| error.to_string())
}

/// Parses a time, and the zone of its offset if that is a whole number of hours.
fn parse_moment(text: &str) -> Result<(Timestamp, Option<chrono_tz::Tz>), String> {
    let at = parse_timestamp(text)?;
    let stated = chrono::DateTime::parse_from_rfc3339(text).ok();
    let west_seconds = stated.map_or(0, |stated| stated.offset().utc_minus_local());
    // The names of these zones count hours west of UTC, as in POSIX.
    let zone = (west_seconds != 0 && west_seconds % 3600 == 0)
        .then(|| format!("Etc/GMT{:+}", west_seconds / 3600).parse().ok());
    Ok((at, zone.flatten()))
}

fn parse_field(text: &str) -> Result<(String, String), String> {
    let (name, place) = text.split_once('=').ok_or("expected FIELD=PLACE")?;
    if name != Rules::<Css>::ITEM && name.parse::<Field>().is_err() {
        let names = Field::ALL.map(Field::as_str).join(", ");
        return Err(format!("`{name}` is not one of item, {names}"));
    }
    // The kind of the document decides which of them it must be.
    let is_place = place.parse::<Css>().is_ok()
        || place.parse::<JsonPath>().is_ok()
        || place.parse::<ElementPath>().is_ok();
    if is_place {
        Ok((name.to_owned(), place.to_owned()))
    } else {
        Err("neither a CSS selector nor a JSONPath nor a path of elements".to_owned())
    }
}

pub(super) async fn run(arguments: &Arguments, config: &ConfigArguments) -> Result<(), CliError> {
    if arguments.batch {
        return run_batch(arguments);
    }
    let settings = collect_settings(arguments)?;
    let file = |path: PathBuf| {
        let source = unconfigured_source(Location::File(path), arguments, &settings);
        Ok::<_, CliError>((source?, flow::default_limits()))
    };
    let (source, limits) = match (&arguments.file, &arguments.target) {
        (Some(path), _) => file(std::path::absolute(path)?)?,
        (None, Some(target)) if target == STDIN => file(STDIN_FILE.into())?,
        (None, target) => {
            let target = target.as_deref().unwrap_or_default();
            resolve_target(target, config, arguments, &settings)?
        }
    };
    let source = flow::resolve_source_address(&source).await;
    let source = source.map_err(|error| CliError::Failed(error.to_string()))?;
    let looked =
        look_at_source(&source, limits, arguments)
            .await
            .map_err(|refused| match refused {
                PreviewError::NoSuchList(told) => CliError::Usage(text::one_line(&told)),
                PreviewError::Failed(told) => CliError::Failed(text::one_line(&told)),
            })?;
    match arguments.chosen_format() {
        PreviewFormat::Table => Ok(print_preview(&looked)?),
        PreviewFormat::Jsonfeed => print_json(&looked.to_json_feed()),
        PreviewFormat::Jsonl => {
            let mut items = looked.items_with_entries();
            Ok(items.try_for_each(|(item, entry)| {
                writeln!(io::stdout(), "{}", jsonfeed::item_json(item, entry))
            })?)
        }
    }
}

/// Resolves a word on the command line: a file, an address, or a configured source.
fn resolve_target(
    target: &str,
    config: &ConfigArguments,
    arguments: &Arguments,
    settings: &[Setting],
) -> Result<(Source, FetchLimits), CliError> {
    let unconfigured = |location| unconfigured_source(location, arguments, settings);
    if Path::new(target).exists() {
        let source = unconfigured(Location::File(std::path::absolute(target)?))?;
        return Ok((source, flow::default_limits()));
    }
    match Url::parse(target) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            // No configuration is needed, but an existing one names the networks that may be fetched.
            let limits = in_force::load_or_last(config).map_or_else(
                |_| flow::default_limits(),
                |usable| flow::fetch_limits(&usable.config),
            );
            Ok((unconfigured(Location::Http(PublicUrl::new(url)))?, limits))
        }
        Ok(url) if url.scheme() == "file" => {
            let path = url
                .to_file_path()
                .map_err(|()| CliError::Usage(format!("`{target}` is not a file")))?;
            let source = unconfigured(Location::File(path))?;
            Ok((source, flow::default_limits()))
        }
        _ => {
            let config = in_force::load_in_force(config)?;
            let now = arguments.clock().now();
            let unknown = || {
                CliError::Usage(format!(
                    "`{target}` is not a file, an address or a configured source"
                ))
            };
            let is_meant = |source: &&Source| source.id.as_str() == target;
            let source = config.sources.iter().find(is_meant).ok_or_else(unknown)?;
            if settings.is_empty() {
                return Ok((
                    flow::source_as_kept(source, &config, now),
                    flow::fetch_limits(&config),
                ));
            }
            let without = unfit_keys(arguments.kind, settings);
            let changed = config::config_with_settings(
                &config,
                source,
                settings,
                &without,
                &environment_variable,
            )?;
            let source = changed.sources.iter().find(is_meant).ok_or_else(unknown)?;
            Ok((
                flow::source_as_kept(source, &config, now),
                flow::fetch_limits(&changed),
            ))
        }
    }
}

/// Builds a source from the command line alone.
fn unconfigured_source(
    location: Location,
    arguments: &Arguments,
    settings: &[Setting],
) -> Result<Source, CliError> {
    let sets = |key| settings.iter().any(|setting| setting.sets_key(key));
    for key in ["url", "command"] {
        if sets(key) {
            let text = format!("`{key}` applies only to a configured source");
            return Err(CliError::Usage(text));
        }
    }
    let source =
        config::source_from_settings(settings, arguments.zone_of_now(), &environment_variable)?;
    let (name, rank) = match (sets("name"), sets("rank")) {
        (true, is_ranked) => (source.name.clone(), if is_ranked { source.rank } else { 0 }),
        (false, true) => (location.to_string(), source.rank),
        (false, false) => (location.to_string(), 0),
    };
    Ok(Source {
        name,
        location,
        rank,
        ..source
    })
}

/// Returns the arguments that describe the source as keys of its block; of equal keys, the last one counts.
fn collect_settings(arguments: &Arguments) -> Result<Vec<Setting>, CliError> {
    let kind = arguments.kind.map(|kind| kind.as_str().to_owned());
    let texts = [
        ("--as", "kind", &kind),
        ("--charset", "charset", &arguments.charset),
        ("--language", "language", &arguments.language),
        ("--date-order", "date_order", &arguments.date_order),
        ("--timezone", "timezone", &arguments.timezone),
        ("--script", "script", &arguments.script),
        ("--separator", "separator", &arguments.separator),
        ("--record", "record", &arguments.record),
    ];
    let text = |(argument, key, text): (&str, &str, &Option<String>)| {
        let text = text.as_ref()?;
        Some(Setting::from_text(&format!("{argument} {text}"), key, text))
    };
    let places = |name: &str| {
        let own = arguments.select.iter().filter(|(field, _)| field == name);
        own.map(|(_, place)| place.as_str()).collect::<Vec<_>>()
    };
    let select = |name: &str| {
        let places = places(name);
        let argument = format!("--select {name}={}", places.last()?);
        // The places of entries are tried one after the other.
        let places = match name {
            Rules::<Css>::ITEM => &places[..],
            _ => places.get(places.len() - 1..)?,
        };
        Some(Setting::from_texts(
            &argument,
            &format!("select.{name}"),
            places,
        ))
    };
    let fields = Field::ALL.map(Field::as_str);
    let names = [Rules::<Css>::ITEM].into_iter().chain(fields);
    let short = texts
        .into_iter()
        .filter_map(text)
        .chain(names.filter_map(select));
    let short: Result<Vec<Setting>, _> = short.collect();
    let mut settings = short.map_err(|error| CliError::Usage(error.to_string()))?;
    settings.extend(arguments.set.iter().cloned());
    Ok(settings)
}

/// Returns the keys of the block that do not fit the kind given with `--as`.
fn unfit_keys(kind: Option<SourceKind>, settings: &[Setting]) -> Vec<&'static str> {
    let Some(kind) = kind else {
        let sets = |setting: &Setting| setting.sets_key("select") || setting.sets_key("script");
        let says = settings.iter().any(sets);
        return says.then_some("layout").into_iter().collect();
    };
    let mut keys = vec!["select", "script", "separator", "record", "layout"];
    if !kind.may_be_page() {
        keys.push("remove");
    }
    keys
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        Self::Usage(text::error_chain(&error))
    }
}

/// A document as it was read.
struct PreviewedDocument {
    about: ChannelInfo,
    /// Its format, if it is a feed.
    format: Option<String>,
    /// The feed's advice for those who poll it.
    advice: Vec<AdviceLine>,
    url: PublicUrl,
    /// What each entry contains besides its item's fields, in order.
    beside: Vec<RawEntry>,
    normalized: Normalized,
    /// Notes on the pages of entries that were read.
    details: Vec<String>,
    /// The kept layout, or the one in the block.
    layout: Option<Layout>,
    hinted: SuggestedSettings,
    /// The document's lists; empty if nobody will see them.
    choices: Vec<ListChoice>,
    /// The number of the list that is read.
    list: Option<usize>,
    /// The list that was asked for.
    chosen: Option<RankedList>,
}

impl PreviewedDocument {
    fn to_json_feed(&self) -> serde_json::Value {
        let mut feed = jsonfeed::feed_json(&self.about, &self.url, self.items_with_entries());
        feed["_tidings"] =
            jsonfeed::judgement_json(self.format.as_deref(), &self.advice, self.problems());
        feed
    }

    fn problems(&self) -> &[Problem] {
        &self.normalized.problems
    }

    /// Returns every entry at its position, including repeated ones, with its remaining fields.
    fn items_with_entries(&self) -> impl Iterator<Item = (&Item, &RawEntry)> {
        let Normalized {
            items, repeated, ..
        } = &self.normalized;
        let mut all: Vec<&Item> = items.iter().chain(repeated).collect();
        all.sort_by_key(|item| item.position);
        all.into_iter()
            .filter_map(|item| Some((item, self.beside.get(item.position as usize)?)))
    }
}

/// The reasons for showing nothing.
enum PreviewError {
    /// The document cannot be fetched or read.
    Failed(String),
    /// The document has fewer lists.
    NoSuchList(String),
}

impl From<String> for PreviewError {
    fn from(told: String) -> Self {
        Self::Failed(told)
    }
}

async fn look_at_source(
    source: &Source,
    limits: FetchLimits,
    arguments: &Arguments,
) -> Result<PreviewedDocument, PreviewError> {
    let now = arguments.clock().now();
    let base = arguments.base_url.clone();
    if arguments.target.as_deref() == Some(STDIN) {
        let limit = flow::default_limits().max_body_bytes;
        let url = flow::request_address(&source.location).expose().clone();
        let document = fetch::document_of_stdin(url, limit, now);
        let document = document.map_err(|error| text::error_chain(&error))?;
        return digest_document(document, source, base, arguments);
    }
    let look = SourceLook::new(limits, now).map_err(|error| text::error_chain(&error))?;
    let document = look.fetch_document(source).await;
    let document = document.map_err(|error| describe_fetch_error(&error, source))?;
    let mut read = DigestedDocument::from_document(document, source, base, arguments)?;
    if read.source.detail.is_none() {
        return Ok(build_preview(read, arguments));
    }
    let DigestedDocument { page, source, .. } = &mut read;
    let sampled = look.sample_pages(source, page, SAMPLED).await;
    Ok(PreviewedDocument {
        details: describe_sampled_pages(sampled),
        ..build_preview(read, arguments)
    })
}

/// Describes what the pages of entries yielded.
fn describe_sampled_pages(sampled: SampledPages) -> Vec<String> {
    let SampledPages {
        read,
        files,
        failed,
    } = sampled;
    let read = match read {
        0 => "no page of an entry is read".to_owned(),
        1 => "the page of the first entry is read".to_owned(),
        several => format!("the pages of the first {several} entries are read"),
    };
    let files = files
        .iter()
        .map(|url| format!("{url} is a file: it is attached to its entry"));
    [read].into_iter().chain(files).chain(failed).collect()
}

/// Describes why a document could not be fetched, and the remedy. A remedy in the source's block is left out
/// for an address or a file that is not configured.
fn describe_fetch_error(error: &FetchError, source: &Source) -> String {
    let told = text::error_chain(error);
    let is_configured = source.place.file.is_absolute();
    let concerns_fetching = matches!(
        error,
        FetchError::Forbidden { .. } | FetchError::TooLarge { .. } | FetchError::Robots { .. }
    );
    if is_configured || concerns_fetching {
        format!("{told} ({})", error.action())
    } else {
        told
    }
}

fn digest_document(
    document: Document,
    source: &Source,
    base: Option<Url>,
    arguments: &Arguments,
) -> Result<PreviewedDocument, PreviewError> {
    let read = DigestedDocument::from_document(document, source, base, arguments)?;
    Ok(build_preview(read, arguments))
}

/// A document and its contents.
struct DigestedDocument {
    page: (Document, Extracted),
    /// The source as it is read: with the list that was asked for.
    source: Source,
    chosen: Option<RankedList>,
}

impl DigestedDocument {
    fn from_document(
        document: Document,
        source: &Source,
        base: Option<Url>,
        arguments: &Arguments,
    ) -> Result<Self, PreviewError> {
        let document = Document {
            url: base.unwrap_or(document.url),
            ..document
        };
        let chosen = arguments
            .list
            .map(|list| choose_list(&document, source, list))
            .transpose()?;
        let source = chosen
            .as_ref()
            .map_or_else(|| source.clone(), |listed| listed.apply_to(source));
        let failed = |error: ExtractError| {
            let told = format!("{}: {error}", source.location);
            let choices = || discover::list_choices(&document, &source);
            match error {
                ExtractError::NoRecords => match choices().as_slice() {
                    [] => format!("{told} ({})", error.action()),
                    lists @ [first, ..] => {
                        let titles = &first.listed.titles;
                        let first = choice::unsure_summary(lists.len(), first.records, titles);
                        format!("{told}; {first}")
                    }
                },
                error => format!("{told} ({})", error.action()),
            }
        };
        let mut extracted = extract::extract(&document, &source).map_err(failed)?;
        if chosen.is_some() {
            // A list with more records is no news to users who chose this one.
            let is_less = |problem: &Problem| matches!(problem, Problem::ReadsLess { .. });
            extracted.problems.retain(|problem| !is_less(problem));
        }
        Ok(Self {
            page: (document, extracted),
            source,
            chosen,
        })
    }
}

/// Returns the list with this number.
fn choose_list(
    document: &Document,
    source: &Source,
    list: usize,
) -> Result<RankedList, PreviewError> {
    let choices = discover::list_choices(document, source);
    let lists = choices.len();
    let mut choices = choices.into_iter();
    let chosen = choices.find(|choice| choice.number == list);
    let chosen = chosen.map(|choice| choice.listed);
    chosen.ok_or_else(|| {
        let error = DiscoverError::NoSuchList { list, lists };
        PreviewError::NoSuchList(format!("{}: {error}", source.location))
    })
}

/// Returns the lists to choose from, if they are displayed and no rules decide which one is read.
fn list_choices(read: &DigestedDocument, arguments: &Arguments) -> Vec<ListChoice> {
    let is_seen = arguments.chosen_format() == PreviewFormat::Table && !arguments.batch;
    let is_free = matches!(
        read.source.reading,
        Reading::Auto
            | Reading::Page
            | Reading::Json {
                script: None,
                rules: None
            }
            | Reading::Xml(None)
    );
    if is_seen && (is_free || read.chosen.is_some()) {
        discover::list_choices(&read.page.0, &read.source)
    } else {
        Vec::new()
    }
}

fn build_preview(read: DigestedDocument, arguments: &Arguments) -> PreviewedDocument {
    let choices = list_choices(&read, arguments);
    let DigestedDocument {
        page: (document, extracted),
        source,
        chosen,
    } = read;
    let source = &source;
    let hinted = extract::suggest_settings(&document, source);
    let is_by_layout = extracted.layout.is_some();
    let list = match &source.layout {
        _ if arguments.list.is_some() => arguments.list,
        Some(kept) => choices
            .iter()
            .find(|choice| choice.listed.layout.as_ref() == Some(kept))
            .map(|choice| choice.number),
        None => Some(1),
    };
    let about = normalize::normalize_channel(&document, &extracted.channel);
    let url = source.location.linked_url(document.url.clone());
    let advice = advice::advice_lines(&extracted.channel.advice, &document.url);
    let format = extracted.channel.format.clone();
    let beside = extracted
        .entries
        .iter()
        .map(|entry| remaining_fields(entry, &document.url));
    let beside = beside.collect();
    let idle = extract::find_idle_settings(&document, source);
    let mut normalized = normalize::normalize(source, vec![(document, extracted)]);
    normalized.problems.extend(idle);
    PreviewedDocument {
        about,
        format,
        advice,
        url,
        beside,
        normalized,
        details: Vec::new(),
        layout: source.layout.clone().filter(|_| is_by_layout),
        hinted,
        choices,
        list,
        chosen,
    }
}

/// Returns the fields of an entry that its item does not contain.
fn remaining_fields(entry: &RawEntry, url: &Url) -> RawEntry {
    let base = entry.base.as_ref().unwrap_or(url);
    let address = |found: &Option<String>| {
        let address = normalize::canonical_url(found.as_deref()?, base)?;
        Some(String::from(address))
    };
    RawEntry {
        comments: address(&entry.comments),
        license: entry.license.clone(),
        origin: entry.origin.clone(),
        point: entry.point,
        ..RawEntry::default()
    }
}

/// Answers each path at once, whatever the result of the one before.
fn run_batch(arguments: &Arguments) -> Result<(), CliError> {
    let settings = collect_settings(arguments)?;
    // A mistake in the arguments is reported once, not for every path.
    unconfigured_source(Location::File(STDIN_FILE.into()), arguments, &settings)?;
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (path, base) = line
            .split_once('\t')
            .map_or((line.as_str(), None), |(path, base)| (path, Some(base)));
        let answer = match preview_batch_line(arguments, &settings, Path::new(path), base) {
            Ok(looked) => json!({"file": path, "feed": looked.to_json_feed(), "error": null}),
            Err(error) => {
                json!({"file": path, "feed": null, "error": text::one_line(&error)})
            }
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn preview_batch_line(
    arguments: &Arguments,
    settings: &[Setting],
    path: &Path,
    base: Option<&str>,
) -> Result<PreviewedDocument, String> {
    let base = base
        .map(Url::parse)
        .transpose()
        .map_err(|error| error.to_string())?;
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    let source = unconfigured_source(Location::File(path.clone()), arguments, settings);
    let source = source.map_err(|error| error.to_string())?;
    let limit = flow::default_limits().max_body_bytes;
    let document = fetch::document_of_file(&path, limit, arguments.clock().now());
    let document = document.map_err(|error| text::error_chain(&error))?;
    let base = base.or_else(|| arguments.base_url.clone());
    digest_document(document, &source, base, arguments).map_err(|refused| match refused {
        PreviewError::Failed(told) | PreviewError::NoSuchList(told) => told,
    })
}

fn print_preview(looked: &PreviewedDocument) -> io::Result<()> {
    let mut out = io::stdout().lock();
    print_heading(&mut out, looked)?;
    for (item, _) in looked.items_with_entries() {
        let beginning = shorten_text(&item.text);
        // The text of the page follows the list's summary.
        let whole = item.content.as_ref().filter(|_| !looked.details.is_empty());
        let whole = whole.map(|content| self::shorten_text(&normalize::plain_text(content)));
        let whole = whole
            .filter(|whole| *whole != beginning)
            .unwrap_or_default();
        writeln!(
            out,
            "{}\n  {}",
            shown::format_date(&item.published),
            item.title
        )?;
        if let Some(event) = &item.event {
            writeln!(out, "  takes place {}", shown::format_event(event))?;
        }
        if let Some(image) = &item.image {
            writeln!(out, "  picture {}", image.url)?;
        }
        // Each address gets its own line, which a terminal wraps without spoiling a copy.
        let address = item.address.as_ref().map_or("", Url::as_str);
        for line in [address, &beginning, &whole]
            .into_iter()
            .filter(|line| !line.is_empty())
        {
            writeln!(out, "  {line}")?;
        }
        writeln!(out)?;
    }
    match looked.items_with_entries().count() {
        1 => writeln!(out, "1 item")?,
        several => writeln!(out, "{several} items")?,
    }
    if let Some(layout) = &looked.layout {
        writeln!(out, "\nRead with the kept layout: {layout}")?;
    }
    print_block(&mut out, "Pages of entries:", &looked.details)?;
    print_block(&mut out, "Advice for polling:", &looked.advice)?;
    let heading = match looked.problems().len() {
        1 => "1 problem, and what was done about it:".to_owned(),
        several => format!("{several} problems, and what was done about them:"),
    };
    print_block(&mut out, &heading, looked.problems())?;
    print_hints(&mut out, looked)?;
    choice::print_others(
        &mut out,
        &looked.choices,
        looked.list,
        ReasonsDisplay::Hidden,
    )
}

/// Shortens a text to one line.
fn shorten_text(text: &str) -> String {
    let beginning: String = text.chars().take(SHOWN_CHARACTERS).collect();
    beginning.replace('\n', " ")
}

/// Prints the keys that an operator may set instead of relying on detection.
fn print_hints(out: &mut impl Write, looked: &PreviewedDocument) -> io::Result<()> {
    let PreviewedDocument { hinted, chosen, .. } = looked;
    if let Some(feed) = &hinted.feed {
        let feed = PublicUrl::new(feed.clone());
        writeln!(out, "\nThe page links to a feed: {feed}")?;
    }
    let line = |(key, values): &(String, Vec<String>)| {
        let values: Vec<String> = values.iter().map(|value| quote_toml(value)).collect();
        match values.as_slice() {
            [value] => format!("{key} = {value}"),
            several => format!("{key} = [{}]", several.join(", ")),
        }
    };
    let reading = chosen.as_ref().map(|listed| &listed.reading);
    let heading = match reading.or(hinted.reading.as_ref()) {
        Some(Reading::Html(_)) => "Equivalent selectors:",
        Some(Reading::Page) => "Equivalent layout:",
        _ => "Equivalent paths:",
    };
    let keys = chosen
        .as_ref()
        .map_or_else(|| hinted.setting_keys(), RankedList::setting_keys);
    let keys: Vec<String> = keys.iter().map(line).collect();
    print_block(out, heading, &keys)
}

/// Quotes a text as TOML.
fn quote_toml(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}

/// Prints a heading such as `Council news (RSS 2.0)`.
fn print_heading(out: &mut impl Write, looked: &PreviewedDocument) -> io::Result<()> {
    match (&looked.about.title, &looked.format) {
        (Some(title), Some(format)) => writeln!(out, "{title} ({format})\n"),
        (Some(text), None) | (None, Some(text)) => writeln!(out, "{text}\n"),
        (None, None) => Ok(()),
    }
}

/// Prints one item per line, indented under a heading; nothing if there are no items.
fn print_block<T: Display>(out: &mut impl Write, heading: &str, lines: &[T]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{heading}")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}
