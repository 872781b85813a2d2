//! `tidings reload`: the running daemon reads its configuration again, and says what came of it.

use std::io::{self, Write as _};

use clap::Args;
use reqwest::{Client, Response};

use super::{CliError, Output, OutputArguments, print_json};
use crate::config::Config;
use crate::daemon;
use crate::fetch;
use crate::model::Listen;
use crate::serve::ReloadReport;

/// An answer is never longer.
const MAX_ANSWER_BYTES: usize = 16 << 20;

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
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
    let answer = ask(listen)
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
    Err(CliError::Usage(
        "refused: the configuration before it stays in force".to_owned(),
    ))
}

async fn ask(listen: &Listen) -> Result<Vec<u8>, reqwest::Error> {
    let builder = fetch::plain_client();
    let (builder, address) = match listen {
        Listen::Tcp(address) => (builder, format!("http://{address}/reload")),
        Listen::Unix(path) => (
            builder.unix_socket(path.as_path()),
            "http://localhost/reload".to_owned(),
        ),
    };
    let client: Client = builder.build()?;
    let mut answer: Response = client.post(address).send().await?.error_for_status()?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() < MAX_ANSWER_BYTES {
            body.extend_from_slice(&chunk);
        }
    }
    Ok(body)
}
