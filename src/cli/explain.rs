//! `tidings explain`: the judgements of the flow on text that is given as arguments, or as JSON lines on stdin.

mod regions;

use clap::Subcommand;

use super::CliError;

/// What is to be explained.
#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Show which countries and subdivisions a text tells of
    Regions(regions::Arguments),
}

/// Explains.
pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    match arguments {
        Arguments::Regions(arguments) => regions::run(arguments),
    }
}
