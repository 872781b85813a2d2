//! The single writer: a thread that takes jobs off a bounded channel and runs all waiting jobs in one transaction.
//!
//! Each job has its own savepoint: a failed job leaves no changes, and the others are unaffected. Answers are sent
//! only after the transaction is on disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};
use tokio::runtime::{self, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::commit::{self, Committed};
use super::decide::{self, Decided, Decision};
use super::define::{self, Consent, Definition};
use super::forget::{self, Forgotten};
use super::memory::Memory;
use super::place::OwnedDatabase;
use super::plan::Plan;
use super::policy::Policy;
use super::release::{self, Chosen, Discarded, Released};
use super::{Depth, Poll, PublishedFeed, StoreError, rows, tokens};
use crate::model::{Operator, SourceId, Timestamp};

/// Maximum number of queued jobs; further senders wait.
const QUEUE: usize = 64;

/// Time without a job after which the tokens that are due are added to the index.
const IDLE: Duration = Duration::from_millis(500);

/// The sending end of the channel, and the writer's thread.
#[derive(Debug)]
pub(super) struct Writer {
    place: Arc<OwnedDatabase>,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Job {
    Commit(Box<Poll>, Answer<Committed>),
    Define(Box<Definition>, Consent, Answer<Plan>),
    Decide(Decision, Operator, Timestamp, Answer<Decided>),
    Release(SourceId, Chosen, Operator, Timestamp, Answer<Released>),
    Discard(SourceId, Chosen, Operator, Timestamp, Answer<Discarded>),
    Forget(SourceId, Operator, Timestamp, Answer<Forgotten>),
    MarkPublished(Vec<PublishedFeed>, Answer<()>),
    Remember(&'static str, String, Answer<()>),
    Probe(Depth, Answer<()>),
}

/// The outcome of the transaction, for everyone who waits for it.
type Ended = Result<(), Arc<StoreError>>;

/// An answer that waits for the transaction.
type Pending = Box<dyn FnOnce(&Ended)>;

impl Job {
    fn refuse(self, cause: Arc<StoreError>) {
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

impl Writer {
    pub(super) fn start(connection: Connection, place: Arc<OwnedDatabase>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let own = Arc::clone(&place);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&own, connection, queue))
            .expect("a process that begins can start a thread");
        Self {
            place,
            jobs: Some(jobs),
            thread: Some(thread),
        }
    }

    pub(super) async fn commit(&self, poll: Poll) -> Result<Committed, StoreError> {
        self.ask(|answer| Job::Commit(Box::new(poll), answer)).await
    }

    pub(super) async fn define(
        &self,
        definition: Definition,
        consent: Consent,
    ) -> Result<Plan, StoreError> {
        self.ask(|answer| Job::Define(Box::new(definition), consent, answer))
            .await
    }

    pub(super) async fn decide(
        &self,
        decision: Decision,
        by: Operator,
        at: Timestamp,
    ) -> Result<Decided, StoreError> {
        self.ask(|answer| Job::Decide(decision, by, at, answer))
            .await
    }

    pub(super) async fn release(
        &self,
        source: SourceId,
        chosen: Chosen,
        by: Operator,
        at: Timestamp,
    ) -> Result<Released, StoreError> {
        self.ask(|answer| Job::Release(source, chosen, by, at, answer))
            .await
    }

    pub(super) async fn discard(
        &self,
        source: SourceId,
        chosen: Chosen,
        by: Operator,
        at: Timestamp,
    ) -> Result<Discarded, StoreError> {
        self.ask(|answer| Job::Discard(source, chosen, by, at, answer))
            .await
    }

    pub(super) async fn forget(
        &self,
        source: SourceId,
        by: Operator,
        at: Timestamp,
    ) -> Result<Forgotten, StoreError> {
        self.ask(|answer| Job::Forget(source, by, at, answer)).await
    }

    pub(super) async fn mark_published(&self, feeds: Vec<PublishedFeed>) -> Result<(), StoreError> {
        self.ask(|answer| Job::MarkPublished(feeds, answer)).await
    }

    pub(super) async fn remember(
        &self,
        fact: &'static str,
        value: String,
    ) -> Result<(), StoreError> {
        self.ask(|answer| Job::Remember(fact, value, answer)).await
    }

    pub(super) async fn probe(&self, depth: Depth) -> Result<(), StoreError> {
        self.ask(|answer| Job::Probe(depth, answer)).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Answer<T>) -> Job) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped)?;
        jobs.send(job(answer))
            .await
            .map_err(|_| StoreError::Stopped)?;
        let answered = answered.await.map_err(|_| StoreError::Stopped)?;
        answered.map_err(|error| error.at(self.place.path()))
    }
}

impl Drop for Writer {
    /// Finishes accepted jobs: the channel closes and the thread drains it.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // Panics inside jobs have already been reported to their callers.
            drop(thread.join());
        }
    }
}

fn run(place: &OwnedDatabase, mut connection: Connection, queue: mpsc::Receiver<Job>) {
    let mut policy = Policy::none();
    let mut memory = Memory::default();
    let mut waiting = Waiting::new(queue);
    while let Some(first) = waiting.next(&mut connection, &mut memory) {
        let mut jobs = vec![first];
        while jobs.len() < QUEUE
            && let Ok(job) = waiting.queue.try_recv()
        {
            jobs.push(job);
        }
        // Writes to a file that has been moved away or deleted are lost.
        if let Err(error) = place.check() {
            refuse(jobs, error);
        } else {
            together(place, &mut connection, &mut policy, &mut memory, jobs);
        }
    }
}

/// The receiving end of the channel, with a clock for the work that is done while nothing comes.
struct Waiting {
    queue: mpsc::Receiver<Job>,
    clock: Option<Runtime>,
}

impl Waiting {
    fn new(queue: mpsc::Receiver<Job>) -> Self {
        let clock = runtime::Builder::new_current_thread().enable_time().build();
        Self {
            queue,
            clock: clock.ok(),
        }
    }

    /// Returns the next job, or `None` when the store is closed. Adds the tokens that are due to the index when there
    /// are many, when nothing comes for a while, and at the end.
    fn next(&mut self, connection: &mut Connection, memory: &mut Memory) -> Option<Job> {
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
    fn receive_soon(&mut self) -> Option<Job> {
        let clock = self.clock.as_ref()?;
        let received = clock.block_on(async { timeout(IDLE, self.queue.recv()).await });
        received.ok().flatten()
    }
}

fn refuse(jobs: Vec<Job>, error: StoreError) {
    let cause = Arc::new(error);
    for job in jobs {
        job.refuse(Arc::clone(&cause));
    }
}

/// Runs `jobs` in one transaction, and answers when it is committed.
fn together(
    place: &OwnedDatabase,
    connection: &mut Connection,
    policy: &mut Policy,
    memory: &mut Memory,
    jobs: Vec<Job>,
) {
    let begun = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let mut transaction = match begun {
        Ok(transaction) => transaction,
        Err(cause) => return refuse(jobs, StoreError::from(cause).at(place.path())),
    };
    let mut pending: Vec<Pending> = Vec::with_capacity(jobs.len());
    for job in jobs {
        pending.push(match job {
            Job::Commit(poll, answer) => {
                remembering(&mut transaction, memory, answer, |tx, memory| {
                    commit::commit(tx, memory, &poll, policy)
                })
            }
            Job::Define(definition, consent, answer) => {
                remembering(&mut transaction, memory, answer, |tx, memory| {
                    let plan = define::define(tx, &definition, consent)?;
                    // A definition that failed or was refused has no effect.
                    if !plan.is_granted(consent) {
                        return Ok(plan);
                    }
                    let next = Policy::of(&definition);
                    if !plan.returning_sources.is_empty() {
                        let back = &plan.returning_sources;
                        forget::bring_back(tx, memory, back, definition.at, &next)?;
                    }
                    *policy = next;
                    memory.due_tokens.forget();
                    Ok(plan)
                })
            }
            Job::Decide(decision, by, at, answer) => {
                remembering(&mut transaction, memory, answer, |tx, memory| {
                    decide::decide(tx, memory, &decision, &by, at, policy)
                })
            }
            Job::Release(source, chosen, by, at, answer) => {
                remembering(&mut transaction, memory, answer, |tx, memory| {
                    release::release(tx, memory, &source, &chosen, &by, at, policy)
                })
            }
            Job::Discard(source, chosen, by, at, answer) => one(&mut transaction, answer, |tx| {
                release::discard(tx, &source, &chosen, &by, at)
            }),
            Job::Forget(source, by, at, answer) => {
                remembering(&mut transaction, memory, answer, |tx, memory| {
                    forget::forget(tx, memory, &source, &by, at, policy)
                })
            }
            Job::MarkPublished(feeds, answer) => {
                one(&mut transaction, answer, |tx| mark_published(tx, &feeds))
            }
            Job::Remember(fact, value, answer) => one(&mut transaction, answer, |tx| {
                rows::set_fact(tx, fact, &value)
            }),
            Job::Probe(Depth::Locked, answer) => one(&mut transaction, answer, |_| Ok(())),
            Job::Probe(Depth::Written, answer) => one(&mut transaction, answer, |tx| {
                place.prove_room()?;
                rows::set_fact(tx, "probe", "written")
            }),
        });
    }
    let ended = transaction
        .commit()
        .map_err(|cause| Arc::new(StoreError::from(cause).at(place.path())));
    if ended.is_err() {
        memory.forget();
    }
    for answer in pending {
        answer(&ended);
    }
}

/// As [`one`], for work that also updates the memory: after a failure, the memory is cleared as well.
fn remembering<T: 'static>(
    transaction: &mut rusqlite::Transaction<'_>,
    memory: &mut Memory,
    answer: Answer<T>,
    work: impl FnOnce(&Connection, &mut Memory) -> Result<T, StoreError>,
) -> Pending {
    let mut is_done = false;
    let pending = one(transaction, answer, |connection| {
        let done = work(connection, memory)?;
        is_done = true;
        Ok(done)
    });
    if !is_done {
        memory.forget();
    }
    pending
}

fn one<T: 'static>(
    transaction: &mut rusqlite::Transaction<'_>,
    answer: Answer<T>,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Pending {
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
