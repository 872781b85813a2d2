//! Finds sources that are polled too often, or configured twice.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::cli::discover::comparable_spelling;
use crate::config::{self, Config, Diagnostic, Severity};
use crate::model::{Location, Source, Timestamp};
use crate::schedule;

/// The shortest sensible interval: no publisher needs more than one poll in this time.
const OFTEN: Duration = Duration::from_mins(1);
/// Runs that are compared: the first pause may be longer than the next ones.
const RUNS: usize = 3;

/// Returns warnings of sources that are polled too often or twice.
pub(super) fn check_polling(config: &Config, now: Timestamp) -> Vec<Diagnostic> {
    let hasty = config
        .sources
        .iter()
        .filter_map(|source| warn_if_hasty(source, now));
    hasty.chain(warn_of_duplicates(&config.sources)).collect()
}

fn polling_warning(source: &Source, message: String, hint: &str) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        place: source.place.clone(),
        message,
        hint: Some(hint.to_owned()),
    }
}

/// Warns of a source on the web that is polled more than once a minute.
fn warn_if_hasty(source: &Source, now: Timestamp) -> Option<Diagnostic> {
    if !matches!(source.location, Location::Http(_) | Location::Secret(_)) {
        return None;
    }
    let runs = schedule::upcoming_runs(&source.cadence, source.zone, now, RUNS);
    let pauses = runs.windows(2).filter_map(|pair| match pair {
        [one, next] => (*next - *one).to_std().ok(),
        _ => None,
    });
    let pause = pauses.min().filter(|pause| *pause < OFTEN)?;
    let (id, pause) = (&source.id, humantime::format_duration(pause));
    let message = format!("`{id}` is polled every {pause}: its server may block you");
    let hint = "`every = \"15m\"` or longer suits most sources, or neither `every` nor `cron`";
    Some(polling_warning(source, message, hint))
}

/// Warns of sources that share the address of an earlier one.
fn warn_of_duplicates(sources: &[Source]) -> Vec<Diagnostic> {
    let mut first: BTreeMap<String, &Source> = BTreeMap::new();
    let mut found = Vec::new();
    for source in sources {
        // A secret that cannot be read here is not an address to compare.
        let Ok(resolved) = config::resolve_source(source) else {
            continue;
        };
        if matches!(resolved.location, Location::Command(_)) {
            continue;
        }
        match first.get(&comparable_spelling(&resolved.location)) {
            None => drop(first.insert(comparable_spelling(&resolved.location), source)),
            Some(other) => {
                let (id, was, place) = (&source.id, &other.id, &other.place);
                let message = format!("`{id}` has the address of `{was}`, which is at {place}");
                let hint = "remove one of them, unless each reads another part of the page";
                found.push(polling_warning(source, message, hint));
            }
        }
    }
    found
}
