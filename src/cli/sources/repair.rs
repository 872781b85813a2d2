//! `tidings sources repair`: the selectors by which a changed page gives its known items again, as a patch; written only
//! where somebody says so.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write as _};

use clap::Args;

use super::patch;
use super::replace::Edit;
use crate::cli::{CliError, clock, shown, timestamp};
use crate::config::{Config, edit};
use crate::daemon;
use crate::extract;
use crate::fetch::{Fetched, Fetcher};
use crate::model::{Document, Item, Reading, Rules, Source, Timestamp, Validators};
use crate::normalize::{self, comparable, folded};
use crate::store::{self, Reader};

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

/// Selectors that fit a page as it is now.
struct Repair {
    /// By the names of the configuration.
    select: BTreeMap<String, String>,
    /// Titles of known items that they find again.
    found: Vec<String>,
    /// How many items are known.
    known: usize,
    /// How many records the page has.
    records: usize,
}

pub(super) async fn run(arguments: &Arguments, config: &Config) -> Result<(), CliError> {
    let id = &arguments.id;
    let mut sources = config.sources.iter();
    let source = sources.find(|source| source.id.as_str() == id);
    let source = source.ok_or_else(|| {
        CliError::Usage(format!("there is no source `{id}` in the configuration"))
    })?;
    if !matches!(source.reading, Reading::Html(_)) {
        return Err(CliError::Usage(format!(
            "`{id}` has no selectors to repair ({})",
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
    if repair.known > 0 && repair.found.is_empty() {
        return Err(CliError::Failed(format!(
            "none of the known items of `{id}` is found by them: nothing is written"
        )));
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

/// Looks at the page now.
async fn repair_of(
    source: &Source,
    config: &Config,
    now: Option<Timestamp>,
) -> Result<Repair, CliError> {
    let failed = |text: &str| CliError::Failed(daemon::one_line(text));
    let fetcher = Fetcher::new(daemon::limits(config));
    let fetcher = fetcher.map_err(|error| failed(&daemon::chain(&error)))?;
    let url = daemon::address(&source.location);
    let answer = fetcher
        .fetch(&url, &Validators::default(), clock(now).now())
        .await;
    let document = match answer {
        Ok(Fetched::Changed(document, _)) => *document,
        Ok(Fetched::Unchanged(_)) => return Err(failed("the page answers nothing")),
        Err(error) => {
            return Err(failed(&format!(
                "{} ({})",
                daemon::chain(&error),
                error.action()
            )));
        }
    };
    let known = store::inspect(&config.store.path, |reader: &Reader| {
        reader.known_items(&source.id, LOOKED_FOR)
    });
    let known = known
        .map_err(daemon::DaemonError::from)?
        .unwrap_or_default();
    let (select, items) = by_structure(source, document).ok_or_else(|| {
        let told = "no selectors find a list on the page: look at it with `tidings discover`";
        failed(&format!("{}: {told}", source.location))
    })?;
    let addresses: HashSet<String> = known
        .iter()
        .filter_map(|(_, address)| comparable(address.as_ref()?))
        .collect();
    let titles: HashSet<String> = known.iter().map(|(title, _)| folded(title)).collect();
    let is_known = |item: &&Item| {
        let address = item.address.as_ref().and_then(comparable);
        titles.contains(&folded(&item.title))
            || address.is_some_and(|address| addresses.contains(&address))
    };
    let found = items.iter().filter(is_known);
    Ok(Repair {
        select,
        found: found.map(|item| item.title.clone()).collect(),
        known: known.len(),
        records: items.len(),
    })
}

/// Selectors for the page as its structure shows it, and what they find.
fn by_structure(
    source: &Source,
    document: Document,
) -> Option<(BTreeMap<String, String>, Vec<Item>)> {
    let source = Source {
        reading: Reading::Page,
        ..source.clone()
    };
    let rules = extract::hint(&document, &source).rules?;
    let places = rules.places();
    let select = places
        .map(|(field, place)| (field.to_owned(), place.to_string()))
        .collect();
    let source = Source {
        reading: Reading::Html(Box::new(Rules::clone(&rules))),
        ..source
    };
    let extracted = extract::extract(&document, &source).ok()?;
    let normalized = normalize::normalize(&source, vec![(document, extracted)]);
    Some((select, normalized.items))
}
