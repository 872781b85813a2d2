//! `tidings status`: every source, its state, and what to do where something is wrong.

use std::io::{self, Write as _};

use clap::Args;
use serde_json::json;

use super::{CliError, Output, OutputArguments, print_json, table};
use crate::config::Config;
use crate::daemon::{self, DaemonError};
use crate::model::{Source, Timestamp};
use crate::store::SourceStatus;

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: Arguments, config: &Config) -> Result<(), CliError> {
    let states = daemon::source_states(&config.store.path).map_err(DaemonError::from)?;
    let known = daemon::statuses(config, states);
    match arguments.output.output() {
        Output::Table => Ok(print(&config.sources, &known)?),
        Output::Json => print_json(&json!({"sources": known})),
    }
}

fn print(sources: &[Source], known: &[SourceStatus]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut rows = table::table(&["source", "state", "last success", "next poll", "items"]);
    for (source, SourceStatus { id, known }) in sources.iter().zip(known) {
        let at = |at: Option<Timestamp>| at.map_or_else(|| "–".to_owned(), |at| local(source, at));
        let (success, next) = (at(known.last_success), at(known.next_poll));
        rows.add_row([
            id.clone(),
            known.state.as_str().to_owned(),
            success,
            next,
            known.items.to_string(),
        ]);
    }
    writeln!(out, "{}", table::lines(&rows))?;
    for (source, SourceStatus { id, known }) in sources.iter().zip(known) {
        if let Some(problem) = &known.problem {
            let (code, since) = (&problem.code, local(source, problem.since));
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
