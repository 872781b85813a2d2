//! `tidings reload`: makes the running daemon reload its configuration, and prints the result.

use std::io::{self, Write as _};

use clap::Args;

use super::{CliError, Output, OutputArguments, admin, print_json};
use crate::model::ListenAddress;
use crate::serve::ReloadReport;

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    /// Reload even if readers would notice: an emptied, removed or flooded feed, removed sources
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    output: OutputArguments,
}

/// Asks the daemon at the first of `places` that answers.
pub(super) async fn run(arguments: Arguments, places: &[ListenAddress]) -> Result<(), CliError> {
    let path = if arguments.yes {
        "/reload?yes"
    } else {
        "/reload"
    };
    let report = request_reload(path, places).await?;
    match arguments.output.chosen_output() {
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
        let failed =
            "the files are valid, but could not be put in force: the previous configuration stays";
        return Err(CliError::Failed(failed.to_owned()));
    }
    let refused = "refused: the previous configuration stays in force".to_owned();
    Err(if report.wants_consent {
        CliError::Failed(refused)
    } else {
        CliError::Usage(refused)
    })
}

async fn request_reload(path: &str, places: &[ListenAddress]) -> Result<ReloadReport, CliError> {
    let mut failure =
        CliError::Usage("`[admin] listen` is empty: send SIGHUP to the daemon instead".to_owned());
    for (number, listen) in places.iter().enumerate() {
        match admin::post(listen, path, Vec::new()).await {
            Ok(answer) => return admin::parse_answer(listen, &answer),
            Err(error) => {
                let is_last_word = !error.is_connect_error();
                // The daemon should listen at the first place.
                if number == 0 || is_last_word {
                    failure = CliError::Failed(admin::describe_failure(listen, &error));
                }
                if is_last_word {
                    break;
                }
            }
        }
    }
    Err(failure)
}
