//! `tidings explain`: applies one stage to given text and shows its result.

pub(super) mod assumed;
mod date;
mod duplicates;
mod item;
mod regions;
mod topics;

use std::io::{self, BufRead as _, Write as _};

use clap::{Args, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CliError, ConfigArguments, in_force};

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: ExplainCommand,
}

#[derive(Debug, Subcommand)]
enum ExplainCommand {
    /// Read dates: from each TEXT, or from JSON lines {"text","lang"?,"now"?,"order"?,"tz"?} on stdin
    Date(date::Arguments),
    /// Show which items report the same story: JSON lines {"id","source","url","title","summary","date","lang"}
    /// on stdin
    Duplicates(duplicates::Arguments),
    /// Show everything known about an item: its origin, date, story, feeds and changes
    Item(item::Arguments),
    /// Show which countries and subdivisions a text mentions
    Regions(regions::Arguments),
    /// Show which topics match a bulletin, and which of its words matched which part of their queries
    Topics(topics::Arguments),
}

pub(super) fn run(arguments: &Arguments, config: &ConfigArguments) -> Result<(), CliError> {
    match &arguments.what {
        ExplainCommand::Date(arguments) => date::run(arguments),
        ExplainCommand::Duplicates(arguments) => duplicates::run(arguments),
        ExplainCommand::Item(arguments) => item::run(arguments, &in_force::load_in_force(config)?),
        ExplainCommand::Regions(arguments) => regions::run(arguments),
        ExplainCommand::Topics(arguments) => {
            topics::run(arguments, &in_force::load_in_force(config)?)
        }
    }
}

/// Answers each line of stdin at once with a line of JSON.
fn answer_lines<Q: DeserializeOwned, A: Serialize>(
    answer: impl Fn(Q) -> Result<A, String>,
) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    for (number, line) in (1..).zip(io::stdin().lock().lines()) {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let question = serde_json::from_str(&line).map_err(|error| error.to_string());
        let answer = question.and_then(&answer);
        let answer = answer.map_err(|error| CliError::Usage(format!("line {number}: {error}")))?;
        serde_json::to_writer(&mut out, &answer).map_err(io::Error::from)?;
        writeln!(out)?;
        out.flush()?;
    }
    Ok(())
}
