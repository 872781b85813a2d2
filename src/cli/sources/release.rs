//! `tidings sources release`: what a source was held back for is well.
//!
//! The daemon does it where one runs, for a store has one writer; otherwise this process, which then publishes too.

use std::io::{self, Write as _};

use clap::Args;

use crate::cli::{CliError, Output, OutputArguments, admin, print_json};
use crate::config::Config;
use crate::daemon::{self, Clock, Daemon, DaemonError, Files};
use crate::model::Listen;
use crate::store::Released;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The source
    source: String,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) async fn run(arguments: &Arguments, config: Config) -> Result<(), CliError> {
    let id = &arguments.source;
    if !config.sources.iter().any(|source| source.id.as_str() == id) {
        return Err(DaemonError::UnknownSource(id.clone()).into());
    }
    let released = match config.admin.listen.first() {
        Some(listen) => match by_daemon(listen, id).await? {
            Some(released) => released,
            None => by_ourselves(config, id).await?,
        },
        None => by_ourselves(config, id).await?,
    };
    match arguments.output.output() {
        Output::Json => print_json(&released),
        Output::Table => Ok(writeln!(io::stdout(), "{}", told(id, &released))?),
    }
}

/// What the running daemon answers; `None` when none does.
async fn by_daemon(listen: &Listen, id: &str) -> Result<Option<Released>, CliError> {
    let answer = match admin::post(listen, &format!("/sources/{id}/release"), Vec::new()).await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => return Ok(None),
        Err(error) => {
            let why = daemon::chain(&error);
            return Err(CliError::Failed(format!(
                "the daemon at {listen} did not release `{id}`: {why}"
            )));
        }
    };
    serde_json::from_slice(&answer).map(Some).map_err(|error| {
        CliError::Failed(format!(
            "no tidings of this version answers at {listen}: {error}"
        ))
    })
}

async fn by_ourselves(config: Config, id: &str) -> Result<Released, CliError> {
    let daemon = Daemon::start(config, Clock::System).await?;
    let released = daemon.release(id).await?;
    daemon.publish(Files::Look).await?;
    Ok(released)
}

fn told(id: &str, released: &Released) -> String {
    let shown = match released.items {
        0 => None,
        1 => Some("1 item is shown".to_owned()),
        items => Some(format!("{items} items are shown")),
    };
    let anew = "what its next poll gives is taken as it is".to_owned();
    let done: Vec<String> = shown
        .into_iter()
        .chain(released.begins_anew.then_some(anew))
        .collect();
    if done.is_empty() {
        format!("{id}: nothing is held back")
    } else {
        format!("{id}: {}", done.join("; "))
    }
}
