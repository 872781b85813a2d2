//! `tidings discover`: examines an address as a source and prints the block to paste. Stores and writes
//! nothing.

mod look;
mod show;

use std::path::PathBuf;

use clap::Args;
use url::Url;

pub(super) use self::look::{Target, configured, spelled, visit};
pub(super) use self::show::found;
use super::choice::{self, Reasons};
use super::{CliError, Output, OutputArguments, address, print_json, timestamp};
use crate::model::Timestamp;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The address to look at
    #[arg(required_unless_present = "file", value_parser = address)]
    url: Option<Url>,
    /// A local copy to read; nothing is fetched then
    #[arg(long, conflicts_with = "url")]
    file: Option<PathBuf>,
    /// The original address of the copy
    #[arg(long, value_name = "URL", requires = "file")]
    base_url: Option<Url>,
    /// Use the list with this number
    #[arg(long, value_parser = choice::number, value_name = "N")]
    list: Option<usize>,
    /// Show the reasons for and against each list
    #[arg(long)]
    why: bool,
    /// Use this as the time of reading
    #[arg(long, value_parser = timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) async fn run(arguments: &Arguments, config: Option<PathBuf>) -> Result<(), CliError> {
    let target = match (&arguments.file, &arguments.url) {
        (Some(file), _) => Target::Copy(file.clone(), arguments.base_url.clone()),
        (None, Some(url)) => Target::Address(url.clone()),
        (None, None) => return Err(CliError::Usage("expected an address".to_owned())),
    };
    let config = look::configuration(config)?;
    let visited = visit(&target, config.as_ref(), arguments.now).await?;
    let look = visited.look(config.as_ref(), arguments.list).await?;
    let reasons = if arguments.why {
        Reasons::Shown
    } else {
        Reasons::Hidden
    };
    match arguments.output.output() {
        Output::Table => Ok(show::print(&look, reasons)?),
        Output::Json => print_json(&show::json(&look)),
    }
}
