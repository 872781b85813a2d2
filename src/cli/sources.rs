//! `tidings sources`: the configured sources, listed, added, repaired, released and forgotten. Files keep their comments.

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
    /// Every source: how it is read, where it is, where it is configured, how it is
    List(list::Arguments),
    /// Find out what an address amounts to, and write it into the configuration
    Add(add::Arguments),
    /// Show the selectors that find a changed page's items again, and write them into the configuration
    Repair(repair::Arguments),
    /// Show what is held back of a source, ask, and publish it; take what the source gives now as it is
    Release(release::Arguments),
    /// Show what is held back of a source, ask, and throw it away for good
    Discard(release::Arguments),
    /// Show the stories of a source that is gone from the files, ask, and take them out of the feeds
    Forget(forget::Arguments),
}

impl Arguments {
    /// The name of an action that prints no JSON.
    pub(super) fn without_json(&self) -> Option<&'static str> {
        match self.action {
            Action::Add(_) => Some("sources add"),
            Action::Repair(_) => Some("sources repair"),
            Action::List(_) | Action::Release(_) | Action::Discard(_) | Action::Forget(_) => None,
        }
    }
}

pub(super) async fn run(arguments: &Arguments, named: &ConfigArguments) -> Result<(), CliError> {
    // What may not be meant as it is written is for `check` to tell.
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
