//! Records a source's state after a poll: status, problem, next poll and validators.
//!
//! Runs on the writer, in the transaction of the poll.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, named_params, params};

use super::commit::ItemCounts;
use super::rows;
use super::{
    Poll, PollOutcome, SourceCondition, SourceFailure, SourceFailureKind, SourceProblem,
    StoreError, StoreReader,
};
use crate::drift;
use crate::model::{Hash, ProblemCode, SourceId, Timestamp, Validators};
use crate::schedule;

/// The state of the source before the poll.
pub(super) struct PreviousState {
    pub(super) last_success: Option<i64>,
    pub(super) failures: u32,
    interval: Option<Duration>,
    problem: Option<(String, i64)>,
    pub(super) good_polls: u32,
    /// The number of the definition that added the source.
    pub(super) defined_by: i64,
    pub(super) rank: u32,
}

impl PreviousState {
    pub(super) fn load_state(
        connection: &Connection,
        source: &SourceId,
    ) -> Result<Self, StoreError> {
        let sql = "SELECT last_success, consecutive_failures, interval_seconds, problem_code, problem_since, good_polls, defined_by, rank
                   FROM source_state WHERE source = ?";
        let mut statement = connection.prepare_cached(sql)?;
        let row = statement.query_row([source.as_str()], |row| {
            let problem = row.get::<_, Option<String>>(3)?.zip(row.get(4)?);
            let interval: Option<u64> = row.get(2)?;
            let interval = interval.map(Duration::from_secs);
            Ok(Self {
                last_success: row.get(0)?,
                failures: row.get(1)?,
                interval,
                problem,
                good_polls: row.get(5)?,
                defined_by: row.get(6)?,
                rank: row.get(7)?,
            })
        });
        Ok(row?)
    }
}

/// Returns the number of good polls under the source's current block. A poll that found no changes is good.
pub(super) fn count_good_polls(poll: &Poll, before: u32, is_first: bool) -> u32 {
    match &poll.outcome {
        PollOutcome::Failed { .. } | PollOutcome::Read { drift: Some(_), .. } => before,
        PollOutcome::Read { .. } if is_first => 1,
        PollOutcome::Unchanged | PollOutcome::Renewed(_) | PollOutcome::Read { .. } => {
            before.saturating_add(1)
        }
    }
}

/// Stores the validators for the next request.
pub(super) fn write_validators(connection: &Connection, poll: &Poll) -> Result<(), StoreError> {
    let source = poll.source.as_str();
    let clear = || {
        connection
            .prepare_cached("DELETE FROM validator WHERE source = ?")?
            .execute([source])
    };
    let write = |validators: &[(String, Validators, Hash)]| {
        validators.iter().try_for_each(|(url, held, fingerprint)| {
            write_validator(connection, source, url, held, fingerprint)
        })
    };
    match &poll.outcome {
        PollOutcome::Read { validators, .. } => {
            clear()?;
            write(validators)
        }
        PollOutcome::Renewed(validators) => write(validators),
        // A 304 must not hide that the fetched document could not be read.
        PollOutcome::Failed { failure, .. } if failure.kind != SourceFailureKind::Fetch => {
            Ok(clear().map(drop)?)
        }
        PollOutcome::Unchanged | PollOutcome::Failed { .. } => Ok(()),
    }
}

fn write_validator(
    connection: &Connection,
    source: &str,
    url: &str,
    held: &Validators,
    fingerprint: &Hash,
) -> Result<(), StoreError> {
    let sql = "INSERT OR REPLACE INTO validator (source, address, etag, last_modified, body_hash, fingerprint, whole_at)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let body_hash = held.body_hash.as_ref().map(Hash::as_bytes);
    // The address may be a secret.
    let address = Hash::digest(url.as_bytes());
    let row = params![
        source,
        address.as_bytes(),
        held.etag,
        held.last_modified,
        body_hash,
        fingerprint.as_bytes(),
        held.whole_at.map(|at| at.timestamp()),
    ];
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// Writes the source's row, the only one that a poll without news costs.
pub(super) fn write_state(
    connection: &Connection,
    poll: &Poll,
    before: &PreviousState,
    counts: ItemCounts,
    held: Option<&SourceProblem>,
) -> Result<(SourceCondition, Timestamp), StoreError> {
    let failure = match &poll.outcome {
        PollOutcome::Failed { failure, .. } => Some(failure),
        PollOutcome::Unchanged | PollOutcome::Renewed(_) | PollOutcome::Read { .. } => None,
    };
    let churning = churning_problem(counts.churned);
    let problem = match &poll.outcome {
        PollOutcome::Read { problem, drift, .. } => {
            let told = held.or(drift.as_ref()).or(problem.as_ref());
            told.or(churning.as_ref())
        }
        PollOutcome::Failed { failure, .. } => Some(&failure.problem),
        PollOutcome::Unchanged | PollOutcome::Renewed(_) => held,
    };
    let failures = if failure.is_some() {
        before.failures + 1
    } else {
        0
    };
    let has_more = matches!(poll.outcome, PollOutcome::Read { drift: Some(_), .. });
    let state = match state_after(failure, held.is_some()) {
        SourceCondition::Ok if has_more => SourceCondition::Drifted,
        state => state,
    };
    let next = schedule::next_poll(
        &poll.cadence,
        poll.zone,
        before.interval,
        schedule_outcome(failure, failures, counts),
        poll.at,
    );
    // Entries that the last reading left out are still left out if the document has not changed.
    let unchanged = matches!(
        poll.outcome,
        PollOutcome::Unchanged | PollOutcome::Renewed(_)
    );
    let keep_problem = unchanged && before.failures == 0 && held.is_none();
    let fetched = failure.is_none_or(|failure| failure.kind != SourceFailureKind::Fetch);
    let repair = failure.and_then(|failure| failure.repair.as_ref());
    let mut statement = connection.prepare_cached(include_str!("sql/write_state.sql"))?;
    statement.execute(named_params! {
        ":source": poll.source.as_str(),
        ":state": state.as_str(),
        ":at": poll.at.timestamp(),
        ":failed": failure.is_some(),
        ":error": failure.map(|failure| &failure.problem.text),
        ":http_status": failure.and_then(|failure| failure.http_status),
        ":failures": failures,
        ":timed_out": failure.is_some_and(|failure| failure.timed_out),
        ":next_poll": next.due.timestamp(),
        ":interval": next.interval.as_secs(),
        ":keep_problem": keep_problem,
        ":problem_code": problem.map(|problem| problem.code.to_string()),
        ":problem_since": problem.map(|problem| problem_since(problem, before, poll.at)),
        ":problem_text": problem.map(|problem| &problem.text),
        ":problem_action": problem.map(|problem| &problem.action),
        ":good_polls": before.good_polls,
        ":keep_repair": !fetched,
        ":repair": repair.map(rows::to_json),
    })?;
    Ok((state, next.due))
}

/// The pace of a source after its last stored poll.
#[derive(Clone, Copy, Debug, Default)]
pub struct SourcePace {
    interval: Option<Duration>,
    failures: u32,
}

impl StoreReader {
    /// Returns the pace of a source; that of a new source if it is unknown.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn source_pace(&self, source: &SourceId) -> Result<SourcePace, StoreError> {
        let sql =
            "SELECT interval_seconds, consecutive_failures FROM source_state WHERE source = ?";
        let mut statement = self.connection().prepare_cached(sql)?;
        let row = statement.query_row([source.as_str()], |row| {
            let interval: Option<u64> = row.get(0)?;
            Ok(SourcePace {
                interval: interval.map(Duration::from_secs),
                failures: row.get(1)?,
            })
        });
        Ok(row.optional()?.unwrap_or_default())
    }
}

impl Poll {
    /// Returns when the source is due although this poll was not stored. Respects the source's pace and its server's
    /// request.
    pub fn next_if_not_stored(&self, pace: SourcePace) -> Timestamp {
        let failure = match &self.outcome {
            PollOutcome::Failed { failure, .. } => Some(failure),
            PollOutcome::Unchanged | PollOutcome::Renewed(_) | PollOutcome::Read { .. } => None,
        };
        let outcome = schedule_outcome(failure, pace.failures + 1, ItemCounts::default());
        schedule::next_poll(&self.cadence, self.zone, pace.interval, outcome, self.at).due
    }

    /// Returns true if the server sent data that must be requested again if it is not stored.
    pub fn has_news(&self) -> bool {
        matches!(self.outcome, PollOutcome::Read { .. })
    }
}

fn schedule_outcome(
    failure: Option<&SourceFailure>,
    failures: u32,
    counts: ItemCounts,
) -> schedule::LastPollOutcome {
    match failure {
        Some(failure) if failure.kind == SourceFailureKind::Gone => schedule::LastPollOutcome::Gone,
        Some(failure) => schedule::LastPollOutcome::Failed {
            failures,
            retry_after: failure.retry_after,
        },
        None if counts.new + counts.updated > 0 => schedule::LastPollOutcome::News,
        None => schedule::LastPollOutcome::Nothing,
    }
}

fn state_after(failure: Option<&SourceFailure>, is_held: bool) -> SourceCondition {
    match failure.map(|failure| failure.kind) {
        None if is_held => SourceCondition::Held,
        None => SourceCondition::Ok,
        Some(SourceFailureKind::Fetch | SourceFailureKind::Extraction) => SourceCondition::Failing,
        Some(SourceFailureKind::Drift) => SourceCondition::Drifted,
        Some(SourceFailureKind::Gone) => SourceCondition::Gone,
    }
}

/// Returns when a problem began; a continuing problem keeps its start.
fn problem_since(problem: &SourceProblem, before: &PreviousState, at: Timestamp) -> i64 {
    let known = before
        .problem
        .as_ref()
        .filter(|(code, _)| *code == problem.code.to_string());
    known.map_or(at.timestamp(), |(_, since)| *since)
}

/// Describes `held` items to operators.
pub(super) fn held_back_problem(source: &SourceId, held: usize, usual: &[usize]) -> SourceProblem {
    let usual = drift::usual_new_items(usual).map_or(String::new(), |usual| {
        format!(", where {usual} a poll are usual")
    });
    let (items, are) = if held == 1 {
        ("item", "is")
    } else {
        ("items", "are")
    };
    SourceProblem {
        code: ProblemCode::Held,
        text: format!("{held} new {items} {are} held back{usual}"),
        action: format!(
            "`tidings sources release {source}` lists them and asks; `tidings sources discard {source}` throws them away"
        ),
    }
}

/// Describes `items` whose guids keep changing to operators.
fn churning_problem(items: usize) -> Option<SourceProblem> {
    let (items, have, are) = match items {
        0 => return None,
        1 => ("1 item".to_owned(), "has", "it is known by its address"),
        _ => (
            format!("{items} items"),
            "have",
            "they are known by their addresses",
        ),
    };
    Some(SourceProblem {
        code: ProblemCode::GuidsChurn,
        text: format!("{items} {have} a new guid again and again: {are} instead"),
        action: "nothing is lost; the publisher should give each item one guid for ever".to_owned(),
    })
}
