//! `tidings sources forget`: removes the stories of a source that was removed from the files from all feeds.
//!
//! Shows the titles and asks. A store has one writer, so a running daemon does the work; without one this
//! process does it, and publishes too. Adding the source's block again undoes it.

use std::io::{self, Write as _};

use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use crate::cli::consent::{self, ConsentAnswer};
use crate::cli::{CliError, Output, OutputArguments, admin, operator, print_json, shown, table};
use crate::config::Config;
use crate::flow::{Clock, FileCheck, Flow, FlowError};
use crate::model::SourceId;
use crate::serve::ForgetReport;
use crate::store::{self, ForgetError, ForgottenSource, LeftItem, StoreError};

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The source, which must no longer be in the configuration
    source: String,
    /// Do not ask; required without a terminal
    #[arg(long)]
    yes: bool,
    /// Show what would leave the feeds, and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) async fn run(arguments: &Arguments, config: Config) -> Result<(), CliError> {
    let id = parse_removed_source(arguments, &config)?;
    let left = store::inspect_store(&config.store.path, |reader| reader.left_items(&id));
    let left = match left {
        Ok(left) => left.ok_or_else(|| unknown_source_error(&id))?,
        // Without a daemon the files that lack the source are not in force yet: this run puts them in force.
        Err(StoreError::Forget(ForgetError::Configured(_)))
            if !is_daemon_running(&config).await =>
        {
            drop(Flow::start(config.clone(), Clock::System).await?);
            let left = store::inspect_store(&config.store.path, |reader| reader.left_items(&id));
            left.map_err(forget_error)?
                .ok_or_else(|| unknown_source_error(&id))?
        }
        Err(error) => return Err(forget_error(error)),
    };
    let output = arguments.output.chosen_output();
    if output == Output::Table {
        print_left_items(&left, config.site.zone)?;
    }
    if arguments.dry_run {
        return match output {
            Output::Json => print_json(&left.iter().map(left_item_json).collect::<Vec<_>>()),
            Output::Table => Ok(writeln!(io::stdout(), "nothing was changed")?),
        };
    }
    ask_to_forget(&id, &left, arguments.yes)?;
    let forgotten = forget_source(&id, config).await?;
    match output {
        Output::Json => print_json(&forgotten),
        Output::Table => Ok(writeln!(
            io::stdout(),
            "{}",
            describe_forgotten(&id, forgotten)
        )?),
    }
}

/// Returns the source, unless it is in the files.
fn parse_removed_source(arguments: &Arguments, config: &Config) -> Result<SourceId, CliError> {
    let name = &arguments.source;
    let id: SourceId = name
        .parse()
        .map_err(|_| CliError::Usage(format!("`{name}` is not a source id")))?;
    match config.sources.iter().find(|source| source.id == id) {
        None => Ok(id),
        Some(source) => Err(CliError::Usage(format!(
            "the source `{id}` is configured at {}: remove its block and run `tidings reload` before you forget it",
            source.place
        ))),
    }
}

fn unknown_source_error(id: &SourceId) -> CliError {
    CliError::Usage(ForgetError::Unknown(id.clone()).to_string())
}

fn forget_error(error: StoreError) -> CliError {
    match error {
        StoreError::Forget(error) => CliError::Usage(error.to_string()),
        error => FlowError::from(error).into(),
    }
}

/// Returns true if a daemon answers.
async fn is_daemon_running(config: &Config) -> bool {
    match config.admin.listen.first() {
        Some(listen) => admin::is_answered(listen).await,
        None => false,
    }
}

fn print_left_items(left: &[LeftItem], zone: Tz) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for LeftItem { item, stays } in left {
        let date = shown::format_date_in(zone, &item.published);
        let title = shown::printable_line(&item.title);
        let stays = if *stays {
            "  (stays: another source reports it)"
        } else {
            ""
        };
        writeln!(out, "{date}  {title}{stays}")?;
    }
    if left.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", table::zone_line(zone))
}

fn left_item_json(LeftItem { item, stays }: &LeftItem) -> serde_json::Value {
    json!({
        "id": item.id.to_string(),
        "title": item.title,
        "url": item.address,
        "date": shown::machine_date(&item.published),
        "stays": stays,
    })
}

fn ask_to_forget(id: &SourceId, left: &[LeftItem], yes: bool) -> Result<(), CliError> {
    let leave = left.iter().filter(|left| !left.stays).count();
    let leave = format_story_count(leave);
    match consent::ask_consent(&format!("remove {leave} of {id} from the feeds?"), yes)? {
        ConsentAnswer::Yes => Ok(()),
        ConsentAnswer::No => Err(consent::declined_error()),
        ConsentAnswer::Nobody => Err(CliError::Failed(format!(
            "{leave} of {id} would leave the feeds: run `tidings sources forget {id} --yes` to remove them without asking"
        ))),
    }
}

async fn forget_source(id: &SourceId, config: Config) -> Result<ForgottenSource, CliError> {
    if let Some(listen) = config.admin.listen.first() {
        let path = format!("/sources/{id}/forget");
        match admin::post_to_daemon(listen, &path, Vec::new()).await? {
            Some(ForgetReport::Forgotten(forgotten)) => return Ok(forgotten),
            Some(ForgetReport::Refused(reason)) => return Err(CliError::Failed(reason)),
            None => {}
        }
    }
    let flow = Flow::start(config, Clock::System).await?;
    let forgotten = flow
        .forget_source(id.clone(), operator::current_operator())
        .await;
    let forgotten = forgotten.map_err(forget_error)?;
    flow.publish(FileCheck::Look).await?;
    Ok(forgotten)
}

fn describe_forgotten(id: &SourceId, forgotten: ForgottenSource) -> String {
    let ForgottenSource {
        stories: left,
        kept,
        ..
    } = forgotten;
    let kept = match kept {
        0 => String::new(),
        kept => format!(
            "; {} with the reports of other sources",
            format_kept_count(kept)
        ),
    };
    format!(
        "{id} is forgotten: {} from the feeds{kept}",
        format_removed_count(left)
    )
}

fn format_removed_count(count: usize) -> String {
    let are = if count == 1 { "is" } else { "are" };
    format!("{} {are} removed", format_story_count(count))
}

fn format_kept_count(count: usize) -> String {
    let stay = if count == 1 { "stays" } else { "stay" };
    format!("{} {stay}", format_story_count(count))
}

fn format_story_count(count: usize) -> String {
    if count == 1 {
        "1 story".to_owned()
    } else {
        format!("{count} stories")
    }
}
