//! `tidings status`: every source, its state, and what to do where something is wrong.

use std::io::{self, Write as _};

use clap::Args;
use serde_json::json;

use super::{CliError, Output, OutputArguments, print_json, table};
use crate::config::Config;
use crate::daemon::{self, DaemonError};
use crate::model::{Source, Timestamp};
use crate::store::SourceState;

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: Arguments, config: &Config) -> Result<(), CliError> {
    let mut states = daemon::source_states(&config.store.path).map_err(DaemonError::from)?;
    let state = |source| {
        states
            .remove(source)
            .unwrap_or_else(SourceState::never_polled)
    };
    let known = config.sources.iter().map(|source| &source.id).map(state);
    let known: Vec<(&Source, SourceState)> = config.sources.iter().zip(known).collect();
    match arguments.output.output() {
        Output::Table => Ok(print(&known)?),
        Output::Json => {
            print_json(&json!({"sources": known.iter().map(answer).collect::<Vec<_>>()}))
        }
    }
}

fn print(known: &[(&Source, SourceState)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut rows = table::table(&["source", "state", "last success", "next poll", "items"]);
    for (source, state) in known {
        let at = |at: Option<Timestamp>| at.map_or_else(|| "–".to_owned(), |at| local(source, at));
        let (success, next) = (at(state.last_success), at(state.next_poll));
        rows.add_row([
            source.id.to_string(),
            state.state.as_str().to_owned(),
            success,
            next,
            state.items.to_string(),
        ]);
    }
    writeln!(out, "{}", table::lines(&rows))?;
    for (source, state) in known {
        if let Some(problem) = &state.problem {
            let (id, code, since) = (&source.id, &problem.code, local(source, problem.since));
            writeln!(
                out,
                "\n{id} ({code}, since {since}): {}\n  {}",
                problem.text, problem.action
            )?;
        }
    }
    Ok(())
}

fn local(source: &Source, at: Timestamp) -> String {
    at.with_timezone(&source.zone)
        .format("%Y-%m-%d %H:%M %Z")
        .to_string()
}

fn answer((source, state): &(&Source, SourceState)) -> serde_json::Value {
    json!({
        "id": source.id.as_str(),
        "state": state.state.as_str(),
        "problem": state.problem,
        "last_attempt": state.last_attempt,
        "last_success": state.last_success,
        "last_error": state.last_error,
        "http_status": state.http_status,
        "consecutive_failures": state.consecutive_failures,
        "next_poll": state.next_poll,
        "items": state.items,
    })
}
