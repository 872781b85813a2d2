//! `tidings sources repair`: the selectors by which a changed page gives its known items again, as a patch; written only
//! where somebody says so.

use std::io::{self, Write as _};

use clap::Args;

use super::patch;
use super::replace::Edit;
use crate::cli::{CliError, clock, shown, timestamp};
use crate::config::{Config, edit};
use crate::daemon;
use crate::drift;
use crate::fetch::{Fetched, Fetcher};
use crate::model::{Document, Repair, Source, Timestamp, Validators};
use crate::store::{self, Reader, StoreError};

/// Known items that are looked for on the page: more than any list shows.
const LOOKED_FOR: usize = 200;
/// Items that are named.
const NAMED: usize = 10;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The source
    id: String,
    /// Write the new selectors into the configuration
    #[arg(long)]
    yes: bool,
    /// Take this for the time of reading
    #[arg(long, value_parser = timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
}

pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), CliError> {
    let id = &arguments.id;
    let mut sources = config.sources.iter();
    let source = sources.find(|source| source.id.as_str() == id);
    let source = source.ok_or_else(|| {
        CliError::Usage(format!("there is no source `{id}` in the configuration"))
    })?;
    if !drift::is_repairable(source) {
        return Err(CliError::Usage(format!(
            "`{id}` is read without selectors ({})",
            source.place
        )));
    }
    let repair = repair_of(source, config, arguments.now).await?;
    let text = |text: &str| edit::with_select(text, id, &repair.select);
    let edit = Edit::new(source.place.file.clone(), text)?;
    edit.check(config, &source.id)?;
    print(&repair, &edit, arguments)?;
    if edit.before == edit.after {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    if !arguments.yes {
        let again = format!("tidings sources repair {id} --yes");
        return Ok(writeln!(
            out,
            "\nnothing is written yet: `{again}` writes it"
        )?);
    }
    edit.apply()?;
    Ok(writeln!(out, "\nwritten. Next: `tidings reload`")?)
}

/// The patch, and what speaks for it.
fn print(repair: &Repair, edit: &Edit, arguments: &Arguments) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let name = edit.shown.display().to_string();
    let patch = patch::unified(&name, &edit.before, &edit.after);
    if patch.is_empty() {
        return writeln!(
            out,
            "the selectors of `{}` are those that fit its page",
            arguments.id
        );
    }
    writeln!(out, "{patch}")?;
    let Repair {
        found,
        known,
        records,
        ..
    } = repair;
    let count = found.len();
    writeln!(
        out,
        "the page has {records} records by them, {count} of them among the {known} items known last:"
    )?;
    for title in found.iter().take(NAMED) {
        writeln!(out, "  {}", shown::line(title))?;
    }
    match found.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

/// What the store holds since the source drifted, else what a look at the page gives now.
async fn repair_of(
    source: &Source,
    config: &Config,
    now: Option<Timestamp>,
) -> Result<Repair, CliError> {
    let stored = store::inspect(&config.store.path, |reader: &Reader| {
        Ok::<_, StoreError>((
            reader.repair(&source.id)?,
            reader.known(&source.id, LOOKED_FOR)?,
        ))
    });
    let stored = stored.map_err(daemon::DaemonError::from)?;
    let (held, known) = stored.unwrap_or_default();
    if let Some(repair) = held {
        return Ok(repair);
    }
    let document = page(source, config, now).await?;
    drift::repair(&document, source, &known).ok_or_else(|| {
        let told = "no selectors find its known items again: look at it with `tidings discover`";
        failed(&format!("{}: {told}", source.location))
    })
}

async fn page(
    source: &Source,
    config: &Config,
    now: Option<Timestamp>,
) -> Result<Document, CliError> {
    let fetcher = Fetcher::new(daemon::limits(config));
    let fetcher = fetcher.map_err(|error| failed(&daemon::chain(&error)))?;
    let (url, nothing) = (daemon::address(&source.location), Validators::default());
    match fetcher.fetch(&url, &nothing, clock(now).now()).await {
        Ok(Fetched::Changed(document, _)) => Ok(*document),
        Ok(Fetched::Unchanged(_)) => Err(failed(&format!("{url} sends no page"))),
        Err(error) => {
            let text = format!("{} ({})", daemon::chain(&error), error.action());
            Err(failed(&text))
        }
    }
}

fn failed(text: &str) -> CliError {
    CliError::Failed(daemon::one_line(text))
}
