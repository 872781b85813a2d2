//! The state of every source, in the order of the configuration, including removed sources.
//!
//! In: a configuration, and the stored states. Out: the rows of `status`, and the time at which each source is
//! due.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::SecondsFormat;

use super::{continuity, publication};
use crate::config::Config;
use crate::model::{ProblemCode, Source, SourceId, Timestamp};
use crate::schedule;
use crate::store::{
    self, ProblemState, SourceCondition, SourcePresence, SourceState, SourceStatus, StoreError,
    StoreReader,
};

/// Returns the status of every configured source, in the order of the configuration, then of removed sources
/// that still have items.
pub fn source_statuses(
    config: &Config,
    mut states: BTreeMap<SourceId, SourceState>,
) -> Vec<SourceStatus> {
    let of = |source: &Source| {
        let known = states
            .remove(&source.id)
            .unwrap_or_else(SourceState::never_polled);
        SourceStatus::new(source.id.to_string(), known)
    };
    let mut all: Vec<SourceStatus> = config.sources.iter().map(of).collect();
    all.extend(
        states
            .into_iter()
            .filter_map(|(id, known)| removed_source_status(&id, known)),
    );
    all
}

/// Returns the status of a source that was removed from the files, and whose items are still there.
fn removed_source_status(id: &SourceId, known: SourceState) -> Option<SourceStatus> {
    let SourcePresence::Gone(since) = known.presence else {
        return None;
    };
    let items = match known.items {
        0 => return None,
        1 => "its item stays".to_owned(),
        items => format!("its {items} items stay"),
    };
    let problem = ProblemState {
        code: ProblemCode::GoneFromFiles.to_string(),
        since,
        text: format!("removed from the files; {items} in the feeds"),
        action: format!(
            "`tidings sources forget {id}` takes them out; put the block back if it went by mistake"
        ),
    };
    let known = SourceState {
        state: SourceCondition::Gone,
        problem: Some(problem),
        next_poll: None,
        ..known
    };
    Some(SourceStatus::new(id.to_string(), known))
}

/// Returns true if a source was last polled by a clock that was ahead.
fn is_ahead(source: &Source, state: &SourceState, now: Timestamp) -> bool {
    let (last, planned) = (state.last_attempt, state.next_poll);
    schedule::is_ahead(&source.cadence, source.zone, last, planned, now)
}

/// Sources that are named if many have the same problem.
const NAMED_SOURCES: usize = 3;

/// Describes sources that were polled by a clock that was ahead; `None` if there are none.
pub fn describe_set_back(
    config: &Config,
    states: &BTreeMap<SourceId, SourceState>,
    now: Timestamp,
) -> Option<String> {
    let ahead = config.sources.iter().filter_map(|source| {
        let state = states.get(&source.id)?;
        is_ahead(source, state, now).then_some((source, state))
    });
    let ahead: Vec<_> = ahead.collect();
    let latest = ahead.iter().filter_map(|(_, state)| state.last_attempt);
    let latest = latest.max()?.to_rfc3339_opts(SecondsFormat::Secs, true);
    let named = ahead.iter().take(NAMED_SOURCES);
    let named: Vec<&str> = named.map(|(source, _)| source.id.as_str()).collect();
    let (named, more) = (named.join(", "), ahead.len().saturating_sub(NAMED_SOURCES));
    let named = match more {
        0 => named,
        _ => format!("{named} and {more} more"),
    };
    Some(format!(
        "the clock was set back: the last poll of {named} lies in the future ({latest}); they are due now"
    ))
}

/// Returns the time at which a source is due, which may be past.
pub(crate) fn due_time(source: &Source, state: Option<&SourceState>, now: Timestamp) -> Timestamp {
    let Some(state) = state else { return now };
    let failing = state.consecutive_failures > 0;
    schedule::due_time(
        &source.cadence,
        source.zone,
        state.last_attempt,
        state.next_poll,
        failing,
        now,
    )
    .unwrap_or(now)
}

/// Reads the stored state of every source. Creates no store; empty without one.
///
/// # Errors
/// [`StoreError`] if the file is not a store of this version.
pub fn source_states(path: &Path) -> Result<BTreeMap<SourceId, SourceState>, StoreError> {
    let states = store::inspect_store(path, StoreReader::source_states)
        .map_err(|error| error.with_path(path))?;
    Ok(states.unwrap_or_default())
}

/// Returns the problems of the store that `config` names: rows that cannot be read, or a store that is not the
/// one that published the feeds. Creates no store.
///
/// # Errors
/// [`StoreError`] if the file is not a store of this version.
pub fn store_problems(config: &Config, now: Timestamp) -> Result<Vec<ProblemState>, StoreError> {
    let path = &config.store.path;
    let known = store::inspect_store(path, |reader| reader.problems(now))
        .map_err(|error| error.with_path(path))?;
    Ok(match known {
        Some(problems) => problems,
        None if publication::holds_feeds(config) => {
            vec![continuity::missing_store_problem(path, now)]
        }
        None => Vec::new(),
    })
}
