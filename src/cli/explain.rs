//! `tidings explain`: the judgement of a stage on text that is given to it.

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
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read dates: of each TEXT, else of JSON lines {"text","lang"?,"now"?,"order"?,"tz"?} on stdin
    Date(date::Arguments),
    /// Show which items report one story: JSON lines {"id","source","url","title","summary","date","lang"} on stdin
    Duplicates(duplicates::Arguments),
    /// Tell all that is known of an item: where it came from, its date, its story, its feeds, its changes
    Item(item::Arguments),
    /// Show which countries and subdivisions a text tells of
    Regions(regions::Arguments),
    /// Show which topics take a bulletin, and which words of it which part of their queries asked for
    Topics(topics::Arguments),
}

pub(super) fn run(arguments: &Arguments, config: &ConfigArguments) -> Result<(), CliError> {
    match &arguments.what {
        What::Date(arguments) => date::run(arguments),
        What::Duplicates(arguments) => duplicates::run(arguments),
        What::Item(arguments) => item::run(arguments, &in_force::load(config)?),
        What::Regions(arguments) => regions::run(arguments),
        What::Topics(arguments) => topics::run(arguments, &in_force::load(config)?),
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
