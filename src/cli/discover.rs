//! `tidings discover`: examines an address as a source and prints the block to paste. Stores and writes
//! nothing.

mod look;
mod show;

use std::path::PathBuf;

use clap::Args;
use url::Url;

pub(super) use self::look::{LookTarget, comparable_spelling, find_configured, visit_target};
pub(super) use self::show::describe_proposal;
use super::choice::{self, ReasonsDisplay};
use super::{CliError, Output, OutputArguments, parse_address, parse_timestamp, print_json};
use crate::model::Timestamp;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The address to look at
    #[arg(required_unless_present = "file", value_parser = parse_address)]
    url: Option<Url>,
    /// A local copy to read; nothing is fetched then
    #[arg(long, conflicts_with = "url")]
    file: Option<PathBuf>,
    /// The original address of the copy
    #[arg(long, value_name = "URL", requires = "file")]
    base_url: Option<Url>,
    /// Use the list with this number
    #[arg(long, value_parser = choice::parse_list_number, value_name = "N")]
    list: Option<usize>,
    /// Show the reasons for and against each list
    #[arg(long)]
    why: bool,
    /// Use this as the time of reading
    #[arg(long, value_parser = parse_timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) async fn run(arguments: &Arguments, config: Option<PathBuf>) -> Result<(), CliError> {
    let target = match (&arguments.file, &arguments.url) {
        (Some(file), _) => LookTarget::Copy(file.clone(), arguments.base_url.clone()),
        (None, Some(url)) => LookTarget::Address(url.clone()),
        (None, None) => return Err(CliError::Usage("expected an address".to_owned())),
    };
    let config = look::load_optional_config(config)?;
    let visited = visit_target(&target, config.as_ref(), arguments.now).await?;
    let look = visited.examine(config.as_ref(), arguments.list).await?;
    let reasons = if arguments.why {
        ReasonsDisplay::Shown
    } else {
        ReasonsDisplay::Hidden
    };
    match arguments.output.chosen_output() {
        Output::Table => Ok(show::print_result(&look, reasons)?),
        Output::Json => print_json(&show::result_json(&look)),
    }
}
