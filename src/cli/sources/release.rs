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

use crate::cli::consent::{self, Answer};
use crate::cli::{CliError, Output, OutputArguments, admin, operator, print_json, shown, table};
use crate::config::Config;
use crate::flow::{Clock, Files, Flow, FlowError};
use crate::model::SourceId;
use crate::store::{self, Chosen, Discarded, HeldItem, Released};

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

pub(super) async fn release(arguments: &Arguments, config: Config) -> Result<(), CliError> {
    let id = configured(arguments, &config)?;
    let chosen = choose(arguments, &id, &config, "release")?;
    let Some(chosen) = chosen else { return Ok(()) };
    let path = format!("/sources/{id}/release");
    let released: Released = if let Some(released) = ask_daemon(&config, &path, &chosen).await? {
        released
    } else {
        let flow = Flow::start(config, Clock::System).await?;
        let by = operator::operator();
        let released = flow.release(id.as_str(), chosen, by).await?;
        flow.publish(Files::Look).await?;
        released
    };
    match arguments.output.output() {
        Output::Json => print_json(&released),
        Output::Table => Ok(writeln!(io::stdout(), "{}", told_released(&id, &released))?),
    }
}

pub(super) async fn discard(arguments: &Arguments, config: Config) -> Result<(), CliError> {
    let id = configured(arguments, &config)?;
    let chosen = choose(arguments, &id, &config, "discard")?;
    let Some(chosen) = chosen else { return Ok(()) };
    let path = format!("/sources/{id}/discard");
    let discarded: Discarded = if let Some(discarded) = ask_daemon(&config, &path, &chosen).await? {
        discarded
    } else {
        let flow = Flow::start(config, Clock::System).await?;
        let by = operator::operator();
        flow.discard(id.as_str(), chosen, by).await?
    };
    match arguments.output.output() {
        Output::Json => print_json(&discarded),
        Output::Table => Ok(writeln!(
            io::stdout(),
            "{}",
            told_discarded(&id, &discarded)
        )?),
    }
}

fn configured(arguments: &Arguments, config: &Config) -> Result<SourceId, CliError> {
    let id = &arguments.source;
    let mut ids = config.sources.iter().map(|source| &source.id);
    let found = ids.find(|known| known.as_str() == id);
    Ok(found
        .cloned()
        .ok_or_else(|| FlowError::UnknownSource(id.clone()))?)
}

/// Shows the held items and asks; `None` if nothing is to be done.
fn choose(
    arguments: &Arguments,
    id: &SourceId,
    config: &Config,
    action: &str,
) -> Result<Option<Chosen>, CliError> {
    let held = store::inspect(&config.store.path, |reader| reader.held_items(id));
    let held = held.map_err(FlowError::from)?.unwrap_or_default();
    let output = arguments.output.output();
    if output == Output::Table {
        show(&held, id, config.site.zone)?;
    }
    if arguments.dry_run {
        if output == Output::Json {
            print_json(&held.iter().map(answer).collect::<Vec<_>>())?;
        }
        return Ok(None);
    }
    let chosen = held
        .iter()
        .filter(|held| arguments.all || held.unlisted_at.is_none());
    let chosen: BTreeSet<_> = chosen.map(|held| held.item.id).collect();
    if chosen.is_empty() {
        // A source that drifted starts over even without held items.
        return Ok(Some(Chosen::These(chosen)));
    }
    let question = format!("{action} {} of {id}?", items(chosen.len()));
    match consent::ask(&question, arguments.yes)? {
        Answer::Yes => Ok(Some(Chosen::These(chosen))),
        Answer::No => Err(consent::declined()),
        Answer::Nobody => {
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

fn show(held: &[HeldItem], id: &SourceId, zone: Tz) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for held in held {
        let (date, title) = (
            shown::date_in(zone, &held.item.published),
            shown::line(&held.item.title),
        );
        let gone = match held.unlisted_at {
            Some(_) => "  (its publisher no longer lists it)",
            None => "",
        };
        writeln!(out, "{date}  {title}{gone}")?;
    }
    if !held.is_empty() {
        writeln!(out, "{}", table::zone(zone))?;
    }
    if held.iter().any(|held| held.unlisted_at.is_some()) {
        writeln!(
            out,
            "{id}: items that are no longer listed stay held back; `--all` includes them"
        )?;
    }
    Ok(())
}

fn answer(held: &HeldItem) -> serde_json::Value {
    let item = &held.item;
    json!({
        "id": item.id.to_string(),
        "title": item.title,
        "url": item.address,
        "date": shown::stated(&item.published),
        "unlisted_since": held.unlisted_at,
    })
}

async fn ask_daemon<T: serde::de::DeserializeOwned>(
    config: &Config,
    path: &str,
    chosen: &Chosen,
) -> Result<Option<T>, CliError> {
    let Some(listen) = config.admin.listen.first() else {
        return Ok(None);
    };
    let body = serde_json::to_vec(chosen).map_err(io::Error::from)?;
    admin::ask(listen, path, body).await
}

fn items(count: usize) -> String {
    if count == 1 {
        "1 held item".to_owned()
    } else {
        format!("{count} held items")
    }
}

fn told_released(id: &SourceId, released: &Released) -> String {
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

fn told_discarded(id: &SourceId, discarded: &Discarded) -> String {
    match discarded.items {
        0 => format!("{id}: nothing is held back"),
        1 => format!("{id}: 1 item is discarded"),
        items => format!("{id}: {items} items are discarded"),
    }
}
