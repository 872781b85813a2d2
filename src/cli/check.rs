//! `tidings check`: reports every mistake of the configuration at once, and the next runs of each source.

mod polling;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::explain::assumed::AssumedLanguages;
use super::{
    CliError, Output, OutputArguments, clock_from, environment_variable, format_count,
    parse_timestamp, print_json, table,
};
use crate::config::{self, Config, Diagnostic, InvalidConfig, Severity};
use crate::flow;
use crate::model::{Cadence, ConfigPosition, Source, SourceId, Timestamp, TopicId};
use crate::schedule;
use crate::store::{self, StoreReader};
use crate::text;
use crate::topics::Topic;

/// Runs shown for each source.
const SHOWN_RUNS: usize = 3;

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    /// Use this as the current time
    #[arg(long, value_parser = parse_timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: Arguments, file: &Path) -> Result<(), CliError> {
    let now = clock_from(arguments.now).now();
    let loaded = config::load(file, &environment_variable).and_then(|mut config| {
        let (wrong, unread) = secrets::check_secrets(&config);
        if !wrong.is_empty() {
            return Err(InvalidConfig(wrong));
        }
        config.warnings.append(&mut config.advice);
        config.warnings.extend(unread);
        config.warnings.extend(polling::check_polling(&config, now));
        if config.store.unread.is_none() {
            config.warnings.extend(warn_of_topic_reach(&config, now));
            config.warnings.extend(warn_of_unknown_former(&config));
        }
        Ok(config)
    });
    match (loaded, arguments.output.chosen_output()) {
        (Ok(config), Output::Table) => Ok(print_config(&config, now)?),
        (Ok(config), Output::Json) => {
            let mut answer = check_json(&config.warnings, &config.sources, now);
            answer["assumed"] = AssumedLanguages::from_usual(None, &config).to_json();
            answer["usual_languages"] = usual_languages(&config)
                .iter()
                .map(|(source, language)| json!({"source": source, "language": language}))
                .collect();
            print_json(&answer)
        }
        (Err(refused), Output::Table) => Err(refused.into()),
        (Err(refused), Output::Json) => {
            print_json(&check_json(&refused.0, &[], now))?;
            Err(refused.into())
        }
    }
}

/// Returns warnings of topics that match all stored stories, or none: their query is probably not what was
/// meant.
fn warn_of_topic_reach(config: &Config, now: Timestamp) -> Vec<Diagnostic> {
    let holdings = match flow::count_holdings(config, now) {
        Ok(holdings) => holdings,
        Err(error) => {
            let why = text::error_chain(&error);
            // With stderr closed, nobody reads the message.
            drop(writeln!(
                io::stderr(),
                "topics were not tried on the stored items: {why}"
            ));
            return Vec::new();
        }
    };
    let all = holdings.stories;
    let given: BTreeSet<&TopicId> = config
        .sources
        .iter()
        .flat_map(|source| &source.topics)
        .collect();
    let warning = |topic: &Topic| {
        let (message, hint) = match holdings.topics.get(&topic.id) {
            Some(0) if all > 0 => (
                format!(
                    "the topic `{}` matches none of the {all} stored stories",
                    topic.id
                ),
                "`tidings explain topics` shows what a text matches; correct if the topic is meant for future items",
            ),
            Some(held) if *held == all && all > 1 && !given.contains(&topic.id) => (
                format!(
                    "the topic `{}` matches all of the {all} stored stories",
                    topic.id
                ),
                "narrow its query, unless it should contain everything",
            ),
            _ => return None,
        };
        Some(Diagnostic {
            severity: Severity::Warning,
            place: topic.place.clone(),
            message,
            hint: Some(hint.to_owned()),
        })
    };
    let asking = config.topics.iter().filter(|topic| topic.has_queries());
    asking.filter_map(warning).collect()
}

/// Returns warnings of former names that the store never knew. A mistyped name leaves the old address
/// unanswered.
fn warn_of_unknown_former(config: &Config) -> Vec<Diagnostic> {
    // A store that cannot be read has already been reported.
    let names = store::inspect_store(&config.store.path, StoreReader::known_names);
    let Some(names) = names.ok().flatten().filter(|names| !names.feeds.is_empty()) else {
        return Vec::new();
    };
    let warning = |what: &str, was: String, place: &ConfigPosition| Diagnostic {
        severity: Severity::Warning,
        place: place.clone(),
        message: format!("no {what} was ever called `{was}` here"),
        hint: Some(
            "check the spelling of `former`; correct for addresses that another store served"
                .to_owned(),
        ),
    };
    let feeds = config.topics.iter().flat_map(|topic| &topic.former);
    let feeds = feeds.map(|former| (former.was.to_string(), &former.place));
    let feeds = feeds.filter(|(was, _)| !names.feeds.contains(was));
    let sources = config.sources.iter().flat_map(|source| &source.former);
    let sources = sources.map(|former| (former.was.to_string(), &former.place));
    let sources = sources.filter(|(was, _)| !names.sources.contains(was));
    let feeds = feeds.map(|(was, place)| warning("feed", was, place));
    let sources = sources.map(|(was, place)| warning("source", was, place));
    feeds.chain(sources).collect()
}

fn print_config(config: &Config, now: Timestamp) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut rows = table::new_table(&["source", "polled", "next runs"]);
    for source in &config.sources {
        let runs = schedule::upcoming_runs(&source.cadence, source.zone, now, SHOWN_RUNS);
        let runs = runs.iter().map(|run| {
            let run = run.with_timezone(&config.site.zone);
            run.format("%a %Y-%m-%d %H:%M").to_string()
        });
        let runs: Vec<String> = runs.collect();
        let cadence = describe_cadence(&source.cadence);
        rows.add_row([source.id.to_string(), cadence, runs.join("\n")]);
    }
    writeln!(out, "{}", table::table_lines(&rows))?;
    writeln!(out, "{}\n", table::zone_line(config.site.zone))?;
    for warning in &config.warnings {
        writeln!(out, "{warning}")?;
    }
    for line in describe_languages(config) {
        writeln!(out, "{line}")?;
    }
    let (sources, topics) = (
        format_count(config.sources.len(), "source"),
        format_count(config.topics.len(), "topic"),
    );
    writeln!(
        out,
        "{sources}, {topics}, {}, no mistakes",
        format_count(config.warnings.len(), "warning")
    )
}

/// Returns the languages that the store keeps for sources that state none.
fn usual_languages(config: &Config) -> BTreeMap<String, String> {
    // A store that cannot be read has already been reported.
    let kept = store::inspect_store(&config.store.path, StoreReader::usual_languages);
    let kept = kept.ok().flatten().unwrap_or_default();
    let states_none = |id: &SourceId| {
        let mut sources = config.sources.iter();
        sources.any(|source| source.id == *id && source.language.is_none())
    };
    let kept = kept.into_iter().filter(|(id, _)| states_none(id));
    kept.map(|(id, language)| (id.to_string(), language.to_string()))
        .collect()
}

/// Describes the languages in which words are looked up in items of unknown language.
fn describe_languages(config: &Config) -> Vec<String> {
    let all_stated = config
        .sources
        .iter()
        .all(|source| source.language.is_some());
    if all_stated {
        return Vec::new();
    }
    let usual = usual_languages(config);
    let usual = usual.iter().map(|(source, language)| {
        format!(
            "items of `{source}` in an unknown language: assumed to be {language}, like most of its items"
        )
    });
    let others = AssumedLanguages::from_usual(None, config);
    usual
        .chain([format!("items in an unknown language: {others}")])
        .collect()
}

/// Describes when a source is polled.
pub(super) fn describe_cadence(cadence: &Cadence) -> String {
    let short = |duration: &Duration| humantime::format_duration(*duration).to_string();
    match cadence {
        Cadence::Every(every) => format!("every {}", short(every)),
        Cadence::Cron(cron) => cron.to_string(),
        Cadence::Adaptive { min, max } => {
            format!("adaptive, {} to {}", short(min), short(max))
        }
    }
}

/// Formats the next runs in the source's zone, with its offset.
fn next_runs(source: &Source, now: Timestamp) -> Vec<String> {
    let runs = schedule::upcoming_runs(&source.cadence, source.zone, now, SHOWN_RUNS);
    let runs = runs.iter();
    runs.map(|run| run.format("%Y-%m-%dT%H:%M:%S%:z").to_string())
        .collect()
}

fn check_json(found: &[Diagnostic], sources: &[Source], now: Timestamp) -> serde_json::Value {
    let diagnostic = |found: &Diagnostic| {
        let (place, message, hint) = (&found.place, &found.message, &found.hint);
        json!({"file": place.file, "line": place.line, "column": place.column, "message": message, "hint": hint})
    };
    let diagnostics = |severity: Severity| -> Vec<serde_json::Value> {
        found
            .iter()
            .filter(|found| found.severity == severity)
            .map(diagnostic)
            .collect()
    };
    let source =
        |source: &Source| json!({"id": source.id.as_str(), "next_runs": next_runs(source, now)});
    json!({
        "mistakes": diagnostics(Severity::Mistake),
        "warnings": diagnostics(Severity::Warning),
        "sources": sources.iter().map(source).collect::<Vec<_>>(),
    })
}
