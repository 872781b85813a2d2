//! One poll of one source, from its address to the commit.
//!
//! In: sources that are due. Out: what became of each. A source that fails, or panics, costs itself only.

mod details;
mod digest;
mod failure;
mod walk;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

pub(super) use self::details::sample;
pub use self::details::{EntryPage, SampledPages};
pub(super) use self::walk::KnownState;
use super::address::{address, resolved};
use super::sources::due;
use super::{Flow, FlowError, InForce};
use crate::config::SecretError;
use crate::drift::{History, Known};
use crate::extract;
use crate::fetch::Share;
use crate::model::{ProblemCode, Source, SourceId, Timestamp};
use crate::schedule;
use crate::store::{
    Committed, Failure, FailureKind, Outcome, Pace, Poll, Reader, SourceProblem, StoreError,
};

/// The most known items that a page which drifted is searched for.
const MAX_KNOWN: usize = 50;

/// Which sources a run polls.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Those whose time has come.
    Due,
    /// All of them.
    All,
    /// These, due or not.
    Named(Vec<String>),
}

/// What became of one source.
#[derive(Clone, Debug)]
pub struct Polled {
    /// The source.
    pub source: SourceId,
    /// What was committed.
    pub committed: Committed,
    /// What failed.
    pub failure: Option<SourceProblem>,
    /// What was left out of what was read.
    pub problem: Option<SourceProblem>,
    /// When it was polled.
    pub at: Timestamp,
    /// True if no answer came in time.
    pub timed_out: bool,
}

impl Polled {
    /// When its source is due after this poll: at once if the clock was set back meanwhile.
    pub(crate) fn next_poll(&self, now: Timestamp) -> Timestamp {
        if self.at > now + schedule::CLOCK_TOLERANCE {
            now
        } else {
            self.committed.next_poll
        }
    }
}

/// Why a poll left nothing in the store.
#[derive(Debug)]
pub(crate) struct NotStored {
    pub(crate) cause: StoreError,
    /// The poll that was lost; `None` if the source was not asked.
    pub(crate) asked: Option<Asked>,
}

/// A source that was asked, though the answer is not stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// When its own pace, and what its server asked for, let it be asked again.
    pub(crate) next: Timestamp,
    /// Whether it gave something that is lost until it is asked again.
    pub(crate) has_news: bool,
}

impl From<StoreError> for NotStored {
    fn from(cause: StoreError) -> Self {
        Self { cause, asked: None }
    }
}

impl Flow {
    /// Polls the sources that `selection` means, as many at once as configured, begun in the order of the configuration
    /// except for those that timed out the last time, which have a share of their own;
    /// `progress` hears how many there are, and of each as it is done.
    ///
    /// # Errors
    /// [`FlowError::UnknownSource`]; the first [`StoreError`], and the other sources are polled all the same.
    pub async fn poll(
        &self,
        selection: &Selection,
        mut progress: impl FnMut(usize, Option<&Polled>),
    ) -> Result<Vec<Polled>, FlowError> {
        let in_force = self.in_force();
        let sources = self.select(&in_force, selection).await?;
        progress(sources.len(), None);
        let slow = self.store.read(Reader::timed_out).await?;
        let polls = sources.iter().map(|source| {
            let share = Share::of(slow.contains(&source.id));
            self.poll_source(&in_force, source, share)
        });
        // The fetcher lets in as many as may be under way, and those that wait for their share hold nobody up.
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

    async fn select<'a>(
        &self,
        in_force: &'a InForce,
        selection: &Selection,
    ) -> Result<Vec<&'a Source>, FlowError> {
        let sources = &in_force.config.sources;
        match selection {
            Selection::All => Ok(sources.iter().collect()),
            Selection::Named(names) => {
                let known =
                    |name: &&String| sources.iter().any(|source| source.id.as_str() == *name);
                if let Some(unknown) = names.iter().find(|name| !known(name)) {
                    return Err(FlowError::UnknownSource(unknown.clone()));
                }
                let wanted = |source: &&Source| names.iter().any(|name| name == source.id.as_str());
                Ok(sources.iter().filter(wanted).collect())
            }
            Selection::Due => {
                let states = self.store.read(Reader::sources).await?;
                let now = self.clock.now();
                let due = |source: &&Source| due(source, states.get(&source.id), now) <= now;
                Ok(sources.iter().filter(due).collect())
            }
        }
    }

    /// Polls one source, once it may be asked.
    pub(crate) async fn poll_source(
        &self,
        in_force: &InForce,
        source: &Source,
        share: Share,
    ) -> Result<Polled, NotStored> {
        let source = match resolved(source).await {
            Ok(source) => source,
            Err(error) => return Ok(self.unresolved(in_force, source, &error).await?),
        };
        let url = address(&source.location);
        let _admission = in_force.fetcher.admit(&url, share).await;
        // Boxed after the wait: thousands may wait for their hosts.
        Box::pin(self.poll_admitted(in_force, &source)).await
    }

    /// A poll that ends before it begins: the secret that is the source's address cannot be had.
    async fn unresolved(
        &self,
        in_force: &InForce,
        source: &Source,
        error: &SecretError,
    ) -> Result<Polled, StoreError> {
        let problem = SourceProblem {
            code: ProblemCode::Secret,
            text: format!("the address is a secret that cannot be used: {error}"),
            action: error.action().to_owned(),
        };
        let failure = Failure {
            problem: problem.clone(),
            http_status: None,
            retry_after: None,
            kind: FailureKind::Fetch,
            timed_out: false,
            repair: None,
        };
        let poll = Poll {
            source: source.id.clone(),
            at: self.clock.now(),
            outcome: Outcome::Failed {
                items: Vec::new(),
                failure,
            },
            details: None,
            layout: None,
            cadence: source.cadence.clone(),
            zone: source.zone,
            fingerprint: source.fingerprint(extract::VERSION),
            block: source.block(),
            classified_by: in_force.key,
        };
        let committed = self.store.commit(poll).await?;
        Ok(Polled {
            source: source.id.clone(),
            committed,
            failure: Some(problem),
            problem: None,
            at: self.clock.now(),
            timed_out: false,
        })
    }

    /// The flow of one source, from its address to the commit.
    async fn poll_admitted(
        &self,
        in_force: &InForce,
        source: &Source,
    ) -> Result<Polled, NotStored> {
        let at = self.clock.now();
        let (fingerprint, block) = (source.fingerprint(extract::VERSION), source.block());
        let id = source.id.clone();
        let (known, history, pace) = self
            .store
            .read(move |reader| {
                let known = walk::KnownState::read(reader, &id, (fingerprint, block), at)?;
                let history = reader.history(&id, fingerprint)?;
                Ok::<_, StoreError>((known, history, reader.pace(&id)?))
            })
            .await?;
        let source = &*known.reading(source);
        let request = walk::PollRequest {
            fetcher: &in_force.fetcher,
            store: &self.store,
            robots: in_force.config.fetch.robots,
            source,
            at,
        };
        let requests = request.requests(&known);
        let digest::Digested {
            mut outcome,
            read_by,
            drifted,
            details,
        } = digest::outcome(
            &in_force.config.fetch,
            &in_force.classifier,
            source,
            Box::pin(request.gather(known)),
            requests,
            &history,
            fingerprint,
        )
        .await?;
        if let (Some(page), Outcome::Failed { failure, .. }) = (drifted, &mut outcome) {
            let known = self.known(&source.id, &history).await?;
            digest::propose(source, page, known, failure).await;
        }
        let (failure, problem) = match &outcome {
            Outcome::Unchanged | Outcome::Renewed(_) => (None, None),
            Outcome::Read { problem, drift, .. } => (drift.clone(), problem.clone()),
            Outcome::Failed { failure, .. } => (Some(failure.problem.clone()), None),
        };
        let timed_out = matches!(&outcome, Outcome::Failed { failure, .. } if failure.timed_out);
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
        let committed = self.commit(poll, pace).await?;
        Ok(Polled {
            source: source.id.clone(),
            failure,
            problem: committed.held.clone().or(problem),
            at,
            timed_out,
            committed,
        })
    }

    async fn commit(&self, poll: Poll, pace: Pace) -> Result<Committed, NotStored> {
        let asked = Asked {
            next: poll.next_if_not_stored(pace),
            has_news: poll.has_news(),
        };
        let committed = self.store.commit(poll).await;
        committed.map_err(|cause| NotStored {
            cause,
            asked: Some(asked),
        })
    }

    /// As many of a source's newest items as its document used to show.
    async fn known(&self, id: &SourceId, history: &History) -> Result<Vec<Known>, StoreError> {
        let usual = history.usual_records().unwrap_or(MAX_KNOWN);
        let (id, most) = (id.clone(), usual.min(MAX_KNOWN));
        self.store.read(move |reader| reader.known(&id, most)).await
    }
}
