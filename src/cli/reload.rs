//! `tidings reload`: the running daemon reads its configuration again, and says what came of it.

use std::io::{self, Write as _};

use clap::Args;

use super::{CliError, Output, OutputArguments, admin, print_json};
use crate::config::Config;
use crate::daemon;
use crate::serve::ReloadReport;

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    /// Do it even where readers would notice: a feed emptied, gone or flooded, sources lost
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) async fn run(arguments: Arguments, config: &Config) -> Result<(), CliError> {
    let Some(listen) = config.admin.listen.first() else {
        return Err(CliError::Usage(
            "`[admin] listen` is empty: send SIGHUP to the daemon instead".to_owned(),
        ));
    };
    let failed =
        |reason: String| CliError::Failed(format!("no daemon answers at {listen}: {reason}"));
    let path = if arguments.yes {
        "/reload?yes"
    } else {
        "/reload"
    };
    let answer = admin::post(listen, path, Vec::new())
        .await
        .map_err(|error| failed(daemon::chain(&error)))?;
    let report: ReloadReport =
        serde_json::from_slice(&answer).map_err(|error| failed(error.to_string()))?;
    match arguments.output.output() {
        Output::Json => print_json(&report)?,
        Output::Table => report
            .lines
            .iter()
            .try_for_each(|line| writeln!(io::stdout(), "{line}"))?,
    }
    if report.applied {
        return Ok(());
    }
    if report.failed {
        let failed = "the files are good, but could not be put in force: the configuration before them stays";
        return Err(CliError::Failed(failed.to_owned()));
    }
    let refused = "refused: the configuration before it stays in force".to_owned();
    Err(if report.wants_consent {
        CliError::Failed(refused)
    } else {
        CliError::Usage(refused)
    })
}
