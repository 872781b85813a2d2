//! `tidings sources repair`: prints a patch with selectors that find the known items of a changed page again,
//! or with the new layout of a page without selectors. `--yes` writes it.

use std::io::{self, Write as _};

use clap::Args;

use super::patch;
use super::replace::FileEdit;
use crate::cli::{CliError, clock_from, parse_timestamp, shown};
use crate::config::{Config, edit};
use crate::drift::{self, FreshLook};
use crate::flow::{self, SourceLook};
use crate::model::{Document, Layout, Repair, Source, Timestamp};
use crate::store::{self, StoreError, StoreReader};
use crate::text;

/// Known items looked for on the page: more than any list shows.
const LOOKED_FOR: usize = 200;
/// Items that are listed.
const NAMED: usize = 10;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The source
    id: String,
    /// Write the new selectors, or the new layout, into the configuration
    #[arg(long)]
    yes: bool,
    /// Use this as the time of reading
    #[arg(long, value_parser = parse_timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
}

pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), CliError> {
    let id = &arguments.id;
    let mut sources = config.sources.iter();
    let source = sources.find(|source| source.id.as_str() == id);
    let source = source.ok_or_else(|| {
        CliError::Usage(format!("there is no source `{id}` in the configuration"))
    })?;
    if drift::is_by_structure(source) {
        return repair_by_structure(source, config, arguments).await;
    }
    if !drift::is_repairable(source) {
        return Err(CliError::Usage(format!(
            "`{id}` is read as `{}`, and only the reading of a page can be repaired ({})",
            source.reading.kind(),
            source.place
        )));
    }
    let repair = find_repair(source, config, arguments.now).await?;
    let text = |text: &str| edit::replace_select(text, id, &repair.select);
    let edit = FileEdit::new(source.place.file.clone(), text)?;
    edit.check_config(config, &source.id)?;
    print_repair(&repair, &edit, arguments)?;
    finish_edit(&edit, arguments)
}

/// Writes the edit with `--yes`; otherwise says how to write it.
fn finish_edit(edit: &FileEdit, arguments: &Arguments) -> Result<(), CliError> {
    if edit.before == edit.after {
        return Ok(());
    }
    let id = &arguments.id;
    let mut out = io::stdout().lock();
    if !arguments.yes {
        let again = format!("tidings sources repair {id} --yes");
        return Ok(writeln!(
            out,
            "\nnothing has been written yet: `{again}` writes it"
        )?);
    }
    edit.write_file()?;
    Ok(writeln!(out, "\nwritten. Next: `tidings reload`")?)
}

/// Compares the items read with the kept layout and with a fresh look. `--yes` accepts the fresh look.
async fn repair_by_structure(
    source: &Source,
    config: &Config,
    arguments: &Arguments,
) -> Result<(), CliError> {
    let stored = store::inspect_store(&config.store.path, |reader: &StoreReader| {
        Ok::<_, StoreError>((
            reader.kept_layout(&source.id, source.block_hash())?,
            reader.known_items(&source.id, LOOKED_FOR)?,
        ))
    });
    let stored = stored.map_err(flow::FlowError::from)?;
    let (kept, known) = stored.unwrap_or_default();
    let kept = source.layout.clone().or(kept.map(|kept| kept.layout));
    let document = fetch_page(source, config, arguments.now).await?;
    if let Some(layout) = &kept {
        print_kept(layout, &document, source)?;
    }
    let anew = drift::look_anew(&document, source, &known).ok_or_else(|| {
        let told =
            "a fresh look finds neither a list nor an article: examine it with `tidings discover`";
        failure_error(&format!("{}: {told}", source.location))
    })?;
    if kept.as_ref() == Some(&anew.layout) {
        return Ok(writeln!(
            io::stdout(),
            "\nA fresh look finds the same: there is nothing to repair."
        )?);
    }
    print_fresh_look(&anew, known.len())?;
    let text = |text: &str| match &anew.select {
        Some(select) => edit::replace_select(text, &arguments.id, select),
        None => edit::replace_layout(text, &arguments.id, &anew.layout),
    };
    let edit = FileEdit::new(source.place.file.clone(), text)?;
    edit.check_config(config, &source.id)?;
    let name = edit.shown.display().to_string();
    writeln!(
        io::stdout(),
        "\n{}",
        patch::unified_diff(&name, &edit.before, &edit.after).trim_end()
    )?;
    finish_edit(&edit, arguments)
}

fn print_kept(layout: &Layout, document: &Document, source: &Source) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "The kept layout is `{layout}`.")?;
    let by_layout = Source {
        layout: Some(layout.clone()),
        ..source.clone()
    };
    match drift::read_titles(document, &by_layout) {
        Ok(titles) => {
            writeln!(out, "It reads {}:", format_record_count(titles.len()))?;
            print_titles(&mut out, &titles)
        }
        Err(error) => writeln!(out, "It reads nothing: {error}"),
    }
}

fn print_fresh_look(anew: &FreshLook, known: usize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let (count, found) = (anew.titles.len(), anew.found.len());
    writeln!(
        out,
        "\nA fresh look finds {}, {found} of them among the last {known} known items, with the layout `{}`:",
        format_record_count(count),
        anew.layout
    )?;
    print_titles(&mut out, &anew.titles)
}

fn format_record_count(count: usize) -> String {
    match count {
        1 => "1 record".to_owned(),
        _ => format!("{count} records"),
    }
}

fn print_titles(out: &mut impl io::Write, titles: &[String]) -> io::Result<()> {
    for title in titles.iter().take(NAMED) {
        writeln!(out, "  {}", shown::printable_line(title))?;
    }
    match titles.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

/// Prints the patch and the evidence for it.
fn print_repair(repair: &Repair, edit: &FileEdit, arguments: &Arguments) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let name = edit.shown.display().to_string();
    let patch = patch::unified_diff(&name, &edit.before, &edit.after);
    if patch.is_empty() {
        return writeln!(
            out,
            "the selectors of `{}` already fit its page",
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
        "with them the page has {records} records, {count} of them among the last {known} known items:"
    )?;
    print_titles(&mut out, found)
}

/// Returns the repair stored when the source drifted, else one from a look at the page now.
async fn find_repair(
    source: &Source,
    config: &Config,
    now: Option<Timestamp>,
) -> Result<Repair, CliError> {
    let stored = store::inspect_store(&config.store.path, |reader: &StoreReader| {
        Ok::<_, StoreError>((
            reader.proposed_repair(&source.id)?,
            reader.known_items(&source.id, LOOKED_FOR)?,
        ))
    });
    let stored = stored.map_err(flow::FlowError::from)?;
    let (held, known) = stored.unwrap_or_default();
    if let Some(repair) = held {
        return Ok(repair);
    }
    let document = fetch_page(source, config, now).await?;
    if known.is_empty() {
        let told = "none of its items is stored, so none can be found again: examine it with `tidings discover`";
        return Err(failure_error(&format!("{}: {told}", source.location)));
    }
    drift::find_repair(&document, source, &known).ok_or_else(|| {
        let told = "no selectors find its known items again: examine it with `tidings discover`";
        failure_error(&format!("{}: {told}", source.location))
    })
}

async fn fetch_page(
    source: &Source,
    config: &Config,
    now: Option<Timestamp>,
) -> Result<Document, CliError> {
    let source = flow::resolve_source_address(source).await;
    let source = source.map_err(|error| failure_error(&error.to_string()))?;
    let look = SourceLook::new(flow::fetch_limits(config), clock_from(now).now());
    let look = look.map_err(|error| failure_error(&text::error_chain(&error)))?;
    look.fetch_document(&source).await.map_err(|error| {
        let text = format!("{} ({})", text::error_chain(&error), error.action());
        failure_error(&text)
    })
}

fn failure_error(text: &str) -> CliError {
    CliError::Failed(text::one_line(text))
}
