//! The single writer: a thread that takes jobs off a bounded channel and runs all waiting jobs in one transaction.
//!
//! Each job has its own savepoint: a failed job leaves no changes, and the others are unaffected. Answers are sent
//! only after the transaction is on disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tokio::runtime::{self, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::commit::{self, CommittedPoll};
use super::decide::{self, DecisionOutcome, StoryDecision};
use super::define::{self, Consent, Definition};
use super::forget::{self, ForgottenSource};
use super::memory::DuplicateMemory;
use super::place::OwnedDatabase;
use super::plan::DefinitionPlan;
use super::policy::StoryPolicy;
use super::release::{self, DiscardedItems, HeldChoice, ReleasedItems};
use super::{Poll, ProbeDepth, PublishedFeed, StoreError, rows, tokens};
use crate::model::{Operator, SourceId, Timestamp};

/// Maximum number of queued jobs; further senders wait.
const QUEUE: usize = 64;

/// Time without a job after which the tokens that are due are added to the index.
const IDLE: Duration = Duration::from_millis(500);

/// The sending end of the channel, and the writer's thread.
#[derive(Debug)]
pub(super) struct StoreWriter {
    place: Arc<OwnedDatabase>,
    jobs: Option<mpsc::Sender<WriterJob>>,
    thread: Option<JoinHandle<()>>,
}

type JobAnswer<T> = oneshot::Sender<Result<T, StoreError>>;

enum WriterJob {
    Commit(Box<Poll>, JobAnswer<CommittedPoll>),
    Define(Box<Definition>, Consent, JobAnswer<DefinitionPlan>),
    Decide(
        StoryDecision,
        Operator,
        Timestamp,
        JobAnswer<DecisionOutcome>,
    ),
    Release(
        SourceId,
        HeldChoice,
        Operator,
        Timestamp,
        JobAnswer<ReleasedItems>,
    ),
    Discard(
        SourceId,
        HeldChoice,
        Operator,
        Timestamp,
        JobAnswer<DiscardedItems>,
    ),
    Forget(SourceId, Operator, Timestamp, JobAnswer<ForgottenSource>),
    MarkPublished(Vec<PublishedFeed>, JobAnswer<()>),
    Remember(&'static str, String, JobAnswer<()>),
    Probe(ProbeDepth, JobAnswer<()>),
}

/// The outcome of the transaction, for everyone who waits for it.
type TransactionResult = Result<(), Arc<StoreError>>;

/// An answer that waits for the transaction.
type PendingAnswer = Box<dyn FnOnce(&TransactionResult)>;

impl WriterJob {
    fn refuse_job(self, cause: Arc<StoreError>) {
        let error = StoreError::NotDurable(cause);
        // The caller may have gone away.
        match self {
            Self::Commit(_, answer) => drop(answer.send(Err(error))),
            Self::Decide(.., answer) => drop(answer.send(Err(error))),
            Self::Release(.., answer) => drop(answer.send(Err(error))),
            Self::Discard(.., answer) => drop(answer.send(Err(error))),
            Self::Forget(.., answer) => drop(answer.send(Err(error))),
            Self::Define(_, _, answer) => drop(answer.send(Err(error))),
            Self::MarkPublished(_, answer)
            | Self::Remember(_, _, answer)
            | Self::Probe(_, answer) => drop(answer.send(Err(error))),
        }
    }
}

impl WriterJob {
    /// Returns true for jobs that hardly ever fail.
    fn is_routine(&self) -> bool {
        matches!(
            self,
            Self::Commit(..) | Self::MarkPublished(..) | Self::Remember(..)
        )
    }

    /// Answers a routine job that was done, when its transaction has ended.
    fn answer_routine(self, committed: Option<CommittedPoll>, ended: &TransactionResult) {
        if let Err(cause) = ended {
            return self.refuse_job(Arc::clone(cause));
        }
        // The caller may have gone away.
        match (self, committed) {
            (Self::Commit(_, answer), Some(committed)) => drop(answer.send(Ok(committed))),
            (Self::MarkPublished(_, answer) | Self::Remember(_, _, answer), _) => {
                drop(answer.send(Ok(())));
            }
            (job, _) => job.refuse_job(Arc::new(StoreError::Stopped)),
        }
    }
}

impl StoreWriter {
    pub(super) fn start(connection: Connection, place: Arc<OwnedDatabase>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let own = Arc::clone(&place);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run_writer(&own, connection, queue))
            .expect("a process that begins can start a thread");
        Self {
            place,
            jobs: Some(jobs),
            thread: Some(thread),
        }
    }

    pub(super) async fn commit(&self, poll: Poll) -> Result<CommittedPoll, StoreError> {
        self.send_job(|answer| WriterJob::Commit(Box::new(poll), answer))
            .await
    }

    pub(super) async fn define(
        &self,
        definition: Definition,
        consent: Consent,
    ) -> Result<DefinitionPlan, StoreError> {
        self.send_job(|answer| WriterJob::Define(Box::new(definition), consent, answer))
            .await
    }

    pub(super) async fn decide(
        &self,
        decision: StoryDecision,
        by: Operator,
        at: Timestamp,
    ) -> Result<DecisionOutcome, StoreError> {
        self.send_job(|answer| WriterJob::Decide(decision, by, at, answer))
            .await
    }

    pub(super) async fn release(
        &self,
        source: SourceId,
        chosen: HeldChoice,
        by: Operator,
        at: Timestamp,
    ) -> Result<ReleasedItems, StoreError> {
        self.send_job(|answer| WriterJob::Release(source, chosen, by, at, answer))
            .await
    }

    pub(super) async fn discard(
        &self,
        source: SourceId,
        chosen: HeldChoice,
        by: Operator,
        at: Timestamp,
    ) -> Result<DiscardedItems, StoreError> {
        self.send_job(|answer| WriterJob::Discard(source, chosen, by, at, answer))
            .await
    }

    pub(super) async fn forget(
        &self,
        source: SourceId,
        by: Operator,
        at: Timestamp,
    ) -> Result<ForgottenSource, StoreError> {
        self.send_job(|answer| WriterJob::Forget(source, by, at, answer))
            .await
    }

    pub(super) async fn mark_published(&self, feeds: Vec<PublishedFeed>) -> Result<(), StoreError> {
        self.send_job(|answer| WriterJob::MarkPublished(feeds, answer))
            .await
    }

    pub(super) async fn remember_fact(
        &self,
        fact: &'static str,
        value: String,
    ) -> Result<(), StoreError> {
        self.send_job(|answer| WriterJob::Remember(fact, value, answer))
            .await
    }

    pub(super) async fn probe(&self, depth: ProbeDepth) -> Result<(), StoreError> {
        self.send_job(|answer| WriterJob::Probe(depth, answer))
            .await
    }

    async fn send_job<T>(
        &self,
        job: impl FnOnce(JobAnswer<T>) -> WriterJob,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(job(answer))
            .await
            .map_err(|_| StoreError::Stopped)?;
        let answered = answered.await.map_err(|_| StoreError::Stopped)?;
        answered.map_err(|error| error.with_path(self.place.path()))
    }
}

impl Drop for StoreWriter {
    /// Finishes accepted jobs: the channel closes and the thread drains it.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // Panics inside jobs have already been reported to their callers.
            drop(thread.join());
        }
    }
}

fn run_writer(place: &OwnedDatabase, mut connection: Connection, queue: mpsc::Receiver<WriterJob>) {
    let mut policy = StoryPolicy::empty();
    let mut memory = DuplicateMemory::default();
    let mut waiting = JobQueue::new(queue);
    while let Some(first) = waiting.next_job(&mut connection, &mut memory) {
        let mut jobs = vec![first];
        while jobs.len() < QUEUE
            && let Ok(job) = waiting.queue.try_recv()
        {
            jobs.push(job);
        }
        // Writes to a file that has been moved away or deleted are lost.
        if let Err(error) = place.check_in_place() {
            refuse_jobs(jobs, error);
        } else {
            run_together(place, &mut connection, &mut policy, &mut memory, jobs);
        }
    }
}

/// The receiving end of the channel, with a clock for the work that is done while nothing comes.
struct JobQueue {
    queue: mpsc::Receiver<WriterJob>,
    clock: Option<Runtime>,
}

impl JobQueue {
    fn new(queue: mpsc::Receiver<WriterJob>) -> Self {
        let clock = runtime::Builder::new_current_thread().enable_time().build();
        Self {
            queue,
            clock: clock.ok(),
        }
    }

    /// Returns the next job, or `None` when the store is closed. Adds the tokens that are due to the index when there
    /// are many, when nothing comes for a while, and at the end.
    fn next_job(
        &mut self,
        connection: &mut Connection,
        memory: &mut DuplicateMemory,
    ) -> Option<WriterJob> {
        let due = &mut memory.due_tokens;
        let mut next = None;
        if !due.is_full() {
            if due.is_empty() {
                return self.queue.blocking_recv();
            }
            next = self.receive_soon();
        }
        if next.is_none() {
            // The next commit reports what is wrong with the database.
            if let Err(error) = tokens::write_due(connection, due) {
                tracing::debug!("the index of words is not complete: {error}");
            }
            next = self.queue.blocking_recv();
        }
        next
    }

    /// Waits for a job for [`IDLE`].
    fn receive_soon(&mut self) -> Option<WriterJob> {
        let clock = self.clock.as_ref()?;
        let received = clock.block_on(async { timeout(IDLE, self.queue.recv()).await });
        received.ok().flatten()
    }
}

fn refuse_jobs(jobs: Vec<WriterJob>, error: StoreError) {
    let cause = Arc::new(error);
    for job in jobs {
        job.refuse_job(Arc::clone(&cause));
    }
}

/// Runs `jobs` in one transaction, and answers when it is committed.
///
/// Polls hardly ever fail, and a savepoint costs a copy of each page that is changed. They run without one first; if
/// anything fails, all is rolled back and each job runs again in a savepoint of its own.
fn run_together(
    place: &OwnedDatabase,
    connection: &mut Connection,
    policy: &mut StoryPolicy,
    memory: &mut DuplicateMemory,
    jobs: Vec<WriterJob>,
) {
    let is_routine = jobs.iter().all(WriterJob::is_routine);
    if is_routine && jobs.len() > 1 {
        let transaction = match begin(connection) {
            Ok(transaction) => transaction,
            Err(cause) => return refuse_jobs(jobs, cause.with_path(place.path())),
        };
        if let Some(done) = run_unguarded(&transaction, policy, memory, &jobs) {
            let ended = commit(place, transaction, memory);
            for (job, done) in jobs.into_iter().zip(done) {
                job.answer_routine(done, &ended);
            }
            return;
        }
        // Dropping the transaction rolls it back.
        drop(transaction);
        memory.clear();
    }
    run_guarded(place, connection, policy, memory, jobs);
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

fn commit(
    place: &OwnedDatabase,
    transaction: Transaction<'_>,
    memory: &mut DuplicateMemory,
) -> TransactionResult {
    let ended = transaction
        .commit()
        .map_err(|cause| Arc::new(StoreError::from(cause).with_path(place.path())));
    if ended.is_err() {
        memory.clear();
    }
    ended
}

/// Runs routine jobs without savepoints. Returns the commits of polls by job, or `None` after the first failure.
fn run_unguarded(
    transaction: &Transaction<'_>,
    policy: &StoryPolicy,
    memory: &mut DuplicateMemory,
    jobs: &[WriterJob],
) -> Option<Vec<Option<CommittedPoll>>> {
    let mut run = |job: &WriterJob| match job {
        WriterJob::Commit(poll, _) => {
            commit::commit_poll(transaction, memory, poll, policy).map(Some)
        }
        WriterJob::MarkPublished(feeds, _) => mark_published(transaction, feeds).map(|()| None),
        WriterJob::Remember(fact, value, _) => {
            rows::set_fact(transaction, fact, value).map(|()| None)
        }
        _ => Err(StoreError::Stopped),
    };
    let mut done = Vec::with_capacity(jobs.len());
    for job in jobs {
        let outcome = catch_unwind(AssertUnwindSafe(|| run(job)));
        done.push(outcome.ok()?.ok()?);
    }
    Some(done)
}

/// Runs `jobs` in one transaction, each in a savepoint of its own.
fn run_guarded(
    place: &OwnedDatabase,
    connection: &mut Connection,
    policy: &mut StoryPolicy,
    memory: &mut DuplicateMemory,
    jobs: Vec<WriterJob>,
) {
    let mut transaction = match begin(connection) {
        Ok(transaction) => transaction,
        Err(cause) => return refuse_jobs(jobs, cause.with_path(place.path())),
    };
    let mut pending: Vec<PendingAnswer> = Vec::with_capacity(jobs.len());
    for job in jobs {
        pending.push(match job {
            WriterJob::Commit(poll, answer) => {
                run_remembering(&mut transaction, memory, answer, |tx, memory| {
                    commit::commit_poll(tx, memory, &poll, policy)
                })
            }
            WriterJob::Define(definition, consent, answer) => {
                run_remembering(&mut transaction, memory, answer, |tx, memory| {
                    let plan = define::apply_definition(tx, &definition, consent)?;
                    // A definition that failed or was refused has no effect.
                    if !plan.is_granted(consent) {
                        return Ok(plan);
                    }
                    let next = StoryPolicy::from_definition(&definition);
                    if !plan.returning_sources.is_empty() {
                        let back = &plan.returning_sources;
                        forget::restore_forgotten(tx, memory, back, definition.at, &next)?;
                    }
                    *policy = next;
                    memory.due_tokens.clear();
                    Ok(plan)
                })
            }
            WriterJob::Decide(decision, by, at, answer) => {
                run_remembering(&mut transaction, memory, answer, |tx, memory| {
                    decide::carry_out_decision(tx, memory, &decision, &by, at, policy)
                })
            }
            WriterJob::Release(source, chosen, by, at, answer) => {
                run_remembering(&mut transaction, memory, answer, |tx, memory| {
                    release::release_items(tx, memory, &source, &chosen, &by, at, policy)
                })
            }
            WriterJob::Discard(source, chosen, by, at, answer) => {
                run_one(&mut transaction, answer, |tx| {
                    release::discard_items(tx, &source, &chosen, &by, at)
                })
            }
            WriterJob::Forget(source, by, at, answer) => {
                run_remembering(&mut transaction, memory, answer, |tx, memory| {
                    forget::forget_source(tx, memory, &source, &by, at, policy)
                })
            }
            WriterJob::MarkPublished(feeds, answer) => {
                run_one(&mut transaction, answer, |tx| mark_published(tx, &feeds))
            }
            WriterJob::Remember(fact, value, answer) => run_one(&mut transaction, answer, |tx| {
                rows::set_fact(tx, fact, &value)
            }),
            WriterJob::Probe(ProbeDepth::Locked, answer) => {
                run_one(&mut transaction, answer, |_| Ok(()))
            }
            WriterJob::Probe(ProbeDepth::Written, answer) => {
                run_one(&mut transaction, answer, |tx| {
                    place.prove_room()?;
                    rows::set_fact(tx, "probe", "written")
                })
            }
        });
    }
    let ended = commit(place, transaction, memory);
    for answer in pending {
        answer(&ended);
    }
}

/// As [`one`], for work that also updates the memory: after a failure, the memory is cleared as well.
fn run_remembering<T: 'static>(
    transaction: &mut rusqlite::Transaction<'_>,
    memory: &mut DuplicateMemory,
    answer: JobAnswer<T>,
    work: impl FnOnce(&Connection, &mut DuplicateMemory) -> Result<T, StoreError>,
) -> PendingAnswer {
    let mut is_done = false;
    let pending = run_one(transaction, answer, |connection| {
        let done = work(connection, memory)?;
        is_done = true;
        Ok(done)
    });
    if !is_done {
        memory.clear();
    }
    pending
}

fn run_one<T: 'static>(
    transaction: &mut rusqlite::Transaction<'_>,
    answer: JobAnswer<T>,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> PendingAnswer {
    let result = transaction
        .savepoint()
        .map_err(StoreError::from)
        .and_then(|savepoint| {
            // A panicking job is rolled back like a failed one, and does not stop the writer.
            let done = catch_unwind(AssertUnwindSafe(|| work(&savepoint)));
            let done = done.unwrap_or(Err(StoreError::Panicked))?;
            savepoint.commit()?;
            Ok(done)
        });
    Box::new(move |ended| {
        let result = match ended {
            Ok(()) => result,
            Err(cause) => result.and(Err(StoreError::NotDurable(Arc::clone(cause)))),
        };
        // The caller may have gone away.
        drop(answer.send(result));
    })
}

/// Records publications. A feed published at a later revision in the meantime keeps that revision.
fn mark_published(connection: &Connection, feeds: &[PublishedFeed]) -> Result<(), StoreError> {
    let sql = "UPDATE feed SET published_rev = max(published_rev, ?), render_key = ?, left_out = ? WHERE topic = ?";
    let mut statement = connection.prepare_cached(sql)?;
    for feed in feeds {
        let left_out = (!feed.left_out.is_empty()).then(|| rows::to_json(&feed.left_out));
        let id = feed.id.to_string();
        statement.execute(params![feed.rev, feed.render_key.as_bytes(), left_out, id])?;
    }
    Ok(())
}
