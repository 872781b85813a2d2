//! `tidings sources`: lists, adds, repairs, releases and forgets configured sources. Files keep their comments.

mod add;
mod forget;
mod list;
mod patch;
mod release;
mod repair;
mod replace;

use clap::{Args, Subcommand};

use super::{CliError, ConfigArguments, environment_variable, in_force};
use crate::config;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: SourcesCommand,
}

#[derive(Clone, Debug, Subcommand)]
enum SourcesCommand {
    /// List every source: how it is read, where it is configured, and its state
    List(list::Arguments),
    /// Examine an address, and add it to the configuration
    Add(add::Arguments),
    /// Find selectors for the items of a changed page, and write them into the configuration
    Repair(repair::Arguments),
    /// Show the held items of a source, ask, and publish them; accept what the source now yields
    Release(release::Arguments),
    /// Show the held items of a source, ask, and discard them for good
    Discard(release::Arguments),
    /// Show the stories of a source that was removed from the files, ask, and remove them from the feeds
    Forget(forget::Arguments),
}

impl Arguments {
    /// Returns the name of an action that prints no JSON.
    pub(super) fn without_json(&self) -> Option<&'static str> {
        match self.action {
            SourcesCommand::Add(_) => Some("sources add"),
            SourcesCommand::Repair(_) => Some("sources repair"),
            SourcesCommand::List(_)
            | SourcesCommand::Release(_)
            | SourcesCommand::Discard(_)
            | SourcesCommand::Forget(_) => None,
        }
    }
}

pub(super) async fn run(arguments: &Arguments, named: &ConfigArguments) -> Result<(), CliError> {
    // Warnings are left to `check`.
    let files = || config::load(&named.main_file(), &environment_variable);
    match &arguments.action {
        SourcesCommand::List(arguments) => list::run(*arguments, &in_force::load_in_force(named)?),
        SourcesCommand::Add(arguments) => add::run(arguments, &files()?).await,
        SourcesCommand::Repair(arguments) => repair::run(arguments, &files()?).await,
        SourcesCommand::Release(arguments) => {
            release::run_release(arguments, in_force::load_in_force(named)?).await
        }
        SourcesCommand::Discard(arguments) => {
            release::run_discard(arguments, in_force::load_in_force(named)?).await
        }
        SourcesCommand::Forget(arguments) => {
            forget::run(arguments, in_force::load_in_force(named)?).await
        }
    }
}
