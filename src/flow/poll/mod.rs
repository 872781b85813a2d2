//! One poll of one source, from its address to the commit.
//!
//! In: sources that are due. Out: the result of each. A source that fails, or panics, costs itself only.

mod details;
mod digest;
mod failure;
mod walk;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

pub(super) use self::details::sample_entry_pages;
pub use self::details::{EntryPage, SampledPages};
pub(super) use self::walk::KnownState;
use super::address::{request_address, resolve_source_address};
use super::sources::due_time;
use super::{Flow, FlowError, InForce};
use crate::config::SecretError;
use crate::drift::{KnownItem, ShapeHistory};
use crate::extract;
use crate::fetch::PlaceShare;
use crate::model::{ProblemCode, Source, SourceId, Timestamp};
use crate::schedule;
use crate::store::{
    CommittedPoll, Poll, PollOutcome, SourceFailure, SourceFailureKind, SourcePace, SourceProblem,
    StoreError, StoreReader,
};

/// The most known items searched for on a page that drifted.
const MAX_KNOWN: usize = 50;

/// The sources that a run polls.
#[derive(Clone, Debug)]
pub enum SourceSelection {
    /// Sources that are due.
    Due,
    /// All sources.
    All,
    /// These sources, due or not.
    Named(Vec<String>),
}

/// The result of polling one source.
#[derive(Clone, Debug)]
pub struct PolledSource {
    /// The source.
    pub source: SourceId,
    /// The committed changes.
    pub committed: CommittedPoll,
    /// The failure, if the poll failed.
    pub failure: Option<SourceProblem>,
    /// The entries left out, if any.
    pub problem: Option<SourceProblem>,
    /// The time of the poll.
    pub at: Timestamp,
    /// True if no answer came in time.
    pub timed_out: bool,
}

impl PolledSource {
    /// Returns the time at which the source is due after this poll: at once if the clock was set back
    /// meanwhile.
    pub(crate) fn next_poll(&self, now: Timestamp) -> Timestamp {
        if self.at > now + schedule::CLOCK_TOLERANCE {
            now
        } else {
            self.committed.next_poll
        }
    }
}

/// The reason why a poll stored nothing.
#[derive(Debug)]
pub(crate) struct NotStored {
    pub(crate) cause: StoreError,
    /// The lost poll; `None` if no request was sent.
    pub(crate) asked: Option<LostPoll>,
}

/// A poll whose answer is not stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LostPoll {
    /// The earliest next request allowed by the source's interval and its server.
    pub(crate) next: Timestamp,
    /// True if the answer contained news, which is lost until the next poll.
    pub(crate) has_news: bool,
}

impl From<StoreError> for NotStored {
    fn from(cause: StoreError) -> Self {
        Self { cause, asked: None }
    }
}

impl Flow {
    /// Polls the sources in `selection`, as many at once as configured. They begin in the order of the
    /// configuration; those that timed out the last time have a share of their own. `progress` receives the
    /// number of sources, and each result.
    ///
    /// # Errors
    /// [`FlowError::UnknownSource`]; the first [`StoreError`], after the other sources have been polled.
    pub async fn poll(
        &self,
        selection: &SourceSelection,
        mut progress: impl FnMut(usize, Option<&PolledSource>),
    ) -> Result<Vec<PolledSource>, FlowError> {
        let in_force = self.in_force();
        let sources = self.select_sources(&in_force, selection).await?;
        progress(sources.len(), None);
        let slow = self.store.read(StoreReader::timed_out_sources).await?;
        let polls = sources.iter().map(|source| {
            let share = PlaceShare::from_timed_out(slow.contains(&source.id));
            self.poll_source(&in_force, source, share)
        });
        // The fetcher limits the number of running polls, and polls that wait for their share delay no others.
        let mut polls: FuturesUnordered<_> = polls.collect();
        let mut done = Vec::with_capacity(sources.len());
        let mut failed = None;
        while let Some(polled) = polls.next().await {
            match polled {
                Ok(polled) => {
                    progress(sources.len(), Some(&polled));
                    done.push(polled);
                }
                Err(error) => failed = failed.or(Some(error.cause)),
            }
        }
        failed.map_or(Ok(done), |error| Err(error.into()))
    }

    async fn select_sources<'a>(
        &self,
        in_force: &'a InForce,
        selection: &SourceSelection,
    ) -> Result<Vec<&'a Source>, FlowError> {
        let sources = &in_force.config.sources;
        match selection {
            SourceSelection::All => Ok(sources.iter().collect()),
            SourceSelection::Named(names) => {
                let known =
                    |name: &&String| sources.iter().any(|source| source.id.as_str() == *name);
                if let Some(unknown) = names.iter().find(|name| !known(name)) {
                    return Err(FlowError::UnknownSource(unknown.clone()));
                }
                let wanted = |source: &&Source| names.iter().any(|name| name == source.id.as_str());
                Ok(sources.iter().filter(wanted).collect())
            }
            SourceSelection::Due => {
                let states = self.store.read(StoreReader::source_states).await?;
                let now = self.clock.now();
                let due = |source: &&Source| due_time(source, states.get(&source.id), now) <= now;
                Ok(sources.iter().filter(due).collect())
            }
        }
    }

    /// Polls one source once it is admitted.
    pub(crate) async fn poll_source(
        &self,
        in_force: &InForce,
        source: &Source,
        share: PlaceShare,
    ) -> Result<PolledSource, NotStored> {
        let source = match resolve_source_address(source).await {
            Ok(source) => source,
            Err(error) => return Ok(self.record_unresolved(in_force, source, &error).await?),
        };
        let url = request_address(&source.location);
        let _admission = in_force.fetcher.admit(&url, share).await;
        // Boxed after the wait: thousands may wait for their hosts.
        Box::pin(self.poll_admitted(in_force, &source)).await
    }

    /// Records a poll that ends before it begins because the secret with the source's address cannot be read.
    async fn record_unresolved(
        &self,
        in_force: &InForce,
        source: &Source,
        error: &SecretError,
    ) -> Result<PolledSource, StoreError> {
        let problem = SourceProblem {
            code: ProblemCode::Secret,
            text: format!("the address is a secret that cannot be used: {error}"),
            action: error.action().to_owned(),
        };
        let failure = SourceFailure {
            problem: problem.clone(),
            http_status: None,
            retry_after: None,
            kind: SourceFailureKind::Fetch,
            timed_out: false,
            repair: None,
        };
        let poll = Poll {
            source: source.id.clone(),
            at: self.clock.now(),
            outcome: PollOutcome::Failed {
                items: Vec::new(),
                failure,
            },
            details: None,
            layout: None,
            cadence: source.cadence.clone(),
            zone: source.zone,
            fingerprint: source.fingerprint(extract::VERSION),
            block: source.block_hash(),
            classified_by: in_force.key,
        };
        let committed = self.store.commit(poll).await?;
        Ok(PolledSource {
            source: source.id.clone(),
            committed,
            failure: Some(problem),
            problem: None,
            at: self.clock.now(),
            timed_out: false,
        })
    }

    /// Runs the flow of one source, from its address to the commit.
    async fn poll_admitted(
        &self,
        in_force: &InForce,
        source: &Source,
    ) -> Result<PolledSource, NotStored> {
        let at = self.clock.now();
        let (fingerprint, block) = (source.fingerprint(extract::VERSION), source.block_hash());
        let id = source.id.clone();
        let (known, history, pace) = self
            .store
            .read(move |reader| {
                let known = walk::KnownState::load(reader, &id, (fingerprint, block), at)?;
                let history = reader.history(&id, fingerprint)?;
                Ok::<_, StoreError>((known, history, reader.source_pace(&id)?))
            })
            .await?;
        let source = &*known.source_as_kept(source);
        let request = walk::PollRequest {
            fetcher: &in_force.fetcher,
            store: &self.store,
            robots: in_force.config.fetch.robots,
            source,
            at,
        };
        let requests = request.max_requests(&known);
        let digest::DigestedPoll {
            mut outcome,
            read_by,
            drifted,
            details,
        } = digest::poll_outcome(
            &in_force.config.fetch,
            &in_force.classifier,
            source,
            Box::pin(request.gather_pages(known)),
            requests,
            &history,
            fingerprint,
        )
        .await?;
        if let (Some(page), PollOutcome::Failed { failure, .. }) = (drifted, &mut outcome) {
            let known = self.known_items(&source.id, &history).await?;
            digest::propose_repair(source, page, known, failure).await;
        }
        let (failure, problem) = match &outcome {
            PollOutcome::Unchanged | PollOutcome::Renewed(_) => (None, None),
            PollOutcome::Read { problem, drift, .. } => (drift.clone(), problem.clone()),
            PollOutcome::Failed { failure, .. } => (Some(failure.problem.clone()), None),
        };
        let timed_out =
            matches!(&outcome, PollOutcome::Failed { failure, .. } if failure.timed_out);
        let (cadence, zone) = (source.cadence.clone(), source.zone);
        let poll = Poll {
            source: source.id.clone(),
            at,
            outcome,
            details,
            layout: read_by,
            cadence,
            zone,
            fingerprint,
            block,
            classified_by: in_force.key,
        };
        let committed = self.commit_poll(poll, pace).await?;
        Ok(PolledSource {
            source: source.id.clone(),
            failure,
            problem: committed.held.clone().or(problem),
            at,
            timed_out,
            committed,
        })
    }

    async fn commit_poll(&self, poll: Poll, pace: SourcePace) -> Result<CommittedPoll, NotStored> {
        let asked = LostPoll {
            next: poll.next_if_not_stored(pace),
            has_news: poll.has_news(),
        };
        let committed = self.store.commit(poll).await;
        committed.map_err(|cause| NotStored {
            cause,
            asked: Some(asked),
        })
    }

    /// Returns as many of a source's newest items as its document used to contain.
    async fn known_items(
        &self,
        id: &SourceId,
        history: &ShapeHistory,
    ) -> Result<Vec<KnownItem>, StoreError> {
        let usual = history.usual_records().unwrap_or(MAX_KNOWN);
        let (id, most) = (id.clone(), usual.min(MAX_KNOWN));
        self.store
            .read(move |reader| reader.known_items(&id, most))
            .await
    }
}
