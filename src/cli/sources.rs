//! `tidings sources`: lists, adds, repairs, releases and forgets configured sources. Files keep their comments.

mod add;
mod forget;
mod list;
mod patch;
mod release;
mod repair;
mod replace;

use clap::{Args, Subcommand};

use super::{CliError, ConfigArguments, environment, in_force};
use crate::config;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
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
            Action::Add(_) => Some("sources add"),
            Action::Repair(_) => Some("sources repair"),
            Action::List(_) | Action::Release(_) | Action::Discard(_) | Action::Forget(_) => None,
        }
    }
}

pub(super) async fn run(arguments: &Arguments, named: &ConfigArguments) -> Result<(), CliError> {
    // Warnings are left to `check`.
    let files = || config::load(&named.file(), &environment);
    match &arguments.action {
        Action::List(arguments) => list::run(*arguments, &in_force::load(named)?),
        Action::Add(arguments) => add::run(arguments, &files()?).await,
        Action::Repair(arguments) => repair::run(arguments, &files()?).await,
        Action::Release(arguments) => release::release(arguments, in_force::load(named)?).await,
        Action::Discard(arguments) => release::discard(arguments, in_force::load(named)?).await,
        Action::Forget(arguments) => forget::run(arguments, in_force::load(named)?).await,
    }
}
