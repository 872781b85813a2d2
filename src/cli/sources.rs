//! `tidings sources`: the configured sources, listed, added, repaired and released. Files keep their comments.

mod add;
mod list;
mod patch;
mod release;
mod repair;
mod replace;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, config_file, environment};
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
}

impl Arguments {
    /// The name of an action that prints no JSON.
    pub(super) fn without_json(&self) -> Option<&'static str> {
        match self.action {
            Action::Add(_) => Some("sources add"),
            Action::Repair(_) => Some("sources repair"),
            Action::List(_) | Action::Release(_) | Action::Discard(_) => None,
        }
    }
}

pub(super) async fn run(arguments: &Arguments, config: Option<PathBuf>) -> Result<(), CliError> {
    // What may not be meant as it is written is for `check` to tell.
    let config = config::load(&config_file(config), &environment)?;
    match &arguments.action {
        Action::List(arguments) => list::run(*arguments, &config),
        Action::Add(arguments) => add::run(arguments, &config).await,
        Action::Repair(arguments) => repair::run(arguments, &config).await,
        Action::Release(arguments) => release::release(arguments, config).await,
        Action::Discard(arguments) => release::discard(arguments, config).await,
    }
}
