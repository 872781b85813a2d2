//! `tidings sources release` and `discard`: publish the held items of a source, or discard them.
//!
//! Both show the held items and ask. A store has one writer, so a running daemon does the work; without one
//! this process does it, and publishes too. Only the items shown are released or discarded: later ones stay
//! held.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use crate::cli::consent::{self, ConsentAnswer};
use crate::cli::{CliError, Output, OutputArguments, admin, operator, print_json, shown, table};
use crate::config::Config;
use crate::flow::{Clock, FileCheck, Flow, FlowError};
use crate::model::SourceId;
use crate::store::{self, DiscardedItems, HeldChoice, HeldItem, ReleasedItems};

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The source
    source: String,
    /// Do not ask; required without a terminal
    #[arg(long)]
    yes: bool,
    /// Show the held items, and do nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Include items that the publisher no longer lists
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) async fn run_release(arguments: &Arguments, config: Config) -> Result<(), CliError> {
    let id = find_configured(arguments, &config)?;
    let chosen = choose_held_items(arguments, &id, &config, "release")?;
    let Some(chosen) = chosen else { return Ok(()) };
    let path = format!("/sources/{id}/release");
    let released: ReleasedItems =
        if let Some(released) = ask_daemon(&config, &path, &chosen).await? {
            released
        } else {
            let flow = Flow::start(config, Clock::System).await?;
            let by = operator::current_operator();
            let released = flow.release_items(id.as_str(), chosen, by).await?;
            flow.publish(FileCheck::Look).await?;
            released
        };
    match arguments.output.chosen_output() {
        Output::Json => print_json(&released),
        Output::Table => Ok(writeln!(
            io::stdout(),
            "{}",
            describe_released(&id, &released)
        )?),
    }
}

pub(super) async fn run_discard(arguments: &Arguments, config: Config) -> Result<(), CliError> {
    let id = find_configured(arguments, &config)?;
    let chosen = choose_held_items(arguments, &id, &config, "discard")?;
    let Some(chosen) = chosen else { return Ok(()) };
    let path = format!("/sources/{id}/discard");
    let discarded: DiscardedItems =
        if let Some(discarded) = ask_daemon(&config, &path, &chosen).await? {
            discarded
        } else {
            let flow = Flow::start(config, Clock::System).await?;
            let by = operator::current_operator();
            flow.discard_items(id.as_str(), chosen, by).await?
        };
    match arguments.output.chosen_output() {
        Output::Json => print_json(&discarded),
        Output::Table => Ok(writeln!(
            io::stdout(),
            "{}",
            describe_discarded(&id, &discarded)
        )?),
    }
}

fn find_configured(arguments: &Arguments, config: &Config) -> Result<SourceId, CliError> {
    let id = &arguments.source;
    let mut ids = config.sources.iter().map(|source| &source.id);
    let found = ids.find(|known| known.as_str() == id);
    Ok(found
        .cloned()
        .ok_or_else(|| FlowError::UnknownSource(id.clone()))?)
}

/// Shows the held items and asks; `None` if nothing is to be done.
fn choose_held_items(
    arguments: &Arguments,
    id: &SourceId,
    config: &Config,
    action: &str,
) -> Result<Option<HeldChoice>, CliError> {
    let held = store::inspect_store(&config.store.path, |reader| reader.held_items(id));
    let held = held.map_err(FlowError::from)?.unwrap_or_default();
    let output = arguments.output.chosen_output();
    if output == Output::Table {
        print_held_items(&held, id, config.site.zone)?;
    }
    if arguments.dry_run {
        if output == Output::Json {
            print_json(&held.iter().map(held_item_json).collect::<Vec<_>>())?;
        }
        return Ok(None);
    }
    let chosen = held
        .iter()
        .filter(|held| arguments.all || held.unlisted_at.is_none());
    let chosen: BTreeSet<_> = chosen.map(|held| held.item.id).collect();
    if chosen.is_empty() {
        // A source that drifted starts over even without held items.
        return Ok(Some(HeldChoice::These(chosen)));
    }
    let question = format!("{action} {} of {id}?", format_item_count(chosen.len()));
    match consent::ask_consent(&question, arguments.yes)? {
        ConsentAnswer::Yes => Ok(Some(HeldChoice::These(chosen))),
        ConsentAnswer::No => Err(consent::declined_error()),
        ConsentAnswer::Nobody => {
            let held = match chosen.len() {
                1 => format!("1 item of {id} is held back"),
                several => format!("{several} items of {id} are held back"),
            };
            Err(CliError::Failed(format!(
                "{held}: run `tidings sources {action} {id} --yes` to {action} without asking"
            )))
        }
    }
}

fn print_held_items(held: &[HeldItem], id: &SourceId, zone: Tz) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for held in held {
        let (date, title) = (
            shown::format_date_in(zone, &held.item.published),
            shown::printable_line(&held.item.title),
        );
        let gone = match held.unlisted_at {
            Some(_) => "  (its publisher no longer lists it)",
            None => "",
        };
        writeln!(out, "{date}  {title}{gone}")?;
    }
    if !held.is_empty() {
        writeln!(out, "{}", table::zone_line(zone))?;
    }
    if held.iter().any(|held| held.unlisted_at.is_some()) {
        writeln!(
            out,
            "{id}: items that are no longer listed stay held back; `--all` includes them"
        )?;
    }
    Ok(())
}

fn held_item_json(held: &HeldItem) -> serde_json::Value {
    let item = &held.item;
    json!({
        "id": item.id.to_string(),
        "title": item.title,
        "url": item.address,
        "date": shown::machine_date(&item.published),
        "unlisted_since": held.unlisted_at,
    })
}

async fn ask_daemon<T: serde::de::DeserializeOwned>(
    config: &Config,
    path: &str,
    chosen: &HeldChoice,
) -> Result<Option<T>, CliError> {
    let Some(listen) = config.admin.listen.first() else {
        return Ok(None);
    };
    let body = serde_json::to_vec(chosen).map_err(io::Error::from)?;
    admin::post_to_daemon(listen, path, body).await
}

fn format_item_count(count: usize) -> String {
    if count == 1 {
        "1 held item".to_owned()
    } else {
        format!("{count} held items")
    }
}

fn describe_released(id: &SourceId, released: &ReleasedItems) -> String {
    let shown = match released.items {
        0 => None,
        1 => Some("1 item is published".to_owned()),
        items => Some(format!("{items} items are published")),
    };
    let anew = "its next poll is accepted as it is".to_owned();
    let done: Vec<String> = shown
        .into_iter()
        .chain(released.begins_anew.then_some(anew))
        .collect();
    if released.lacks_layout {
        let shown = done
            .first()
            .map_or(String::new(), |shown| format!("{shown}; "));
        format!(
            "{id}: {shown}nothing on its page matches the kept layout: `tidings sources repair {id}` shows what the page contains now"
        )
    } else if done.is_empty() {
        format!("{id}: nothing is held back")
    } else {
        format!("{id}: {}", done.join("; "))
    }
}

fn describe_discarded(id: &SourceId, discarded: &DiscardedItems) -> String {
    match discarded.items {
        0 => format!("{id}: nothing is held back"),
        1 => format!("{id}: 1 item is discarded"),
        items => format!("{id}: {items} items are discarded"),
    }
}
