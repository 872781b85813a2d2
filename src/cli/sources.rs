//! `tidings sources`: what an operator does with one source.

mod release;

use clap::{Args, Subcommand};

use super::CliError;
use crate::config::Config;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Debug, Subcommand)]
enum Action {
    /// Show what is held back of a source, and take what it gives now as it is
    Release(release::Arguments),
}

pub(super) async fn run(arguments: &Arguments, config: Config) -> Result<(), CliError> {
    match &arguments.action {
        Action::Release(arguments) => release::run(arguments, config).await,
    }
}
