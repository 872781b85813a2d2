//! `tidings run`: the schedule, until it is stopped.
//!
//! One loop decides: it starts polls that are due, receives finished polls, signals and questions, and notifies
//! systemd after each turn. Polls, publishing and a reload run in parallel, so that none can block it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::configured::Configured;
use super::decisions::{Decided, Decisions};
use super::differences::differences;
use super::faults::{Faults, Part};
use super::front::{Front, Setup, Signal, mark_unstored, redirects, turn_away};
use super::queue::Queue;
use super::reloads::{Reloaded, Reloads};
use super::report::{tell, unasked};
use super::states::States;
use super::systemd::Systemd;
use super::watch::changed;
use super::{DaemonError, publisher, search};
use crate::config::Config;
use crate::fetch::Share;
use crate::flow::{Clock, Files, Flow, FlowError, NotStored, Polled, due, set_back, statuses};
use crate::model::{Source, SourceId, Timestamp};
use crate::schedule::CLOCK_TOLERANCE;
use crate::serve::{Health, Metrics, Proxies, Question, Redirects, ReloadReport, Status};
use crate::store::{
    Consent, Plan, Probed, ProblemState, Reader, SourceState, State, StoreError, StoreFault,
};
use crate::text::{chain, one_line};

/// The longest time between two turns of the loop.
const PULSE: Duration = Duration::from_secs(5);
/// The shortest pause before a source is polled again if its poll failed to start or its answer was lost.
const STORE_PAUSE: Duration = Duration::from_mins(1);
/// The interval between checks of a working store; a check writes nothing.
const STORE_LOOK: Duration = Duration::from_secs(30);
/// The interval between checks of a failing store.
const STORE_HEALS: Duration = Duration::from_secs(5);
/// The interval between checks of a store that an answer still uses.
const STORE_IN_USE: Duration = Duration::from_millis(10);
/// The time that running polls have to end at shutdown.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// The reasons for the loop to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turned {
    /// A signal to stop.
    Stopped,
    /// The database's file has been replaced.
    Reopen,
}

/// Runs until [`Signal::Stop`].
///
/// # Errors
/// [`DaemonError`] if a socket or the published folder cannot be opened, or the store is not a store of this
/// version. Other failures are logged and retried.
pub async fn run(mut config: Config, clock: Clock, setup: Setup) -> Result<(), DaemonError> {
    let (mut front, mut opened) = Front::start(&config, clock, setup).await?;
    // The store opened at the start has already been published.
    let mut files = opened.as_ref().map_or(Files::Look, |_| Files::Trust);
    loop {
        let flow = match opened.take() {
            Some(flow) => flow,
            None => match front.wait_for_store(&mut config, clock).await? {
                Some(flow) => flow,
                None => break,
            },
        };
        match session(&mut front, &flow, files).await? {
            Turned::Stopped => break,
            Turned::Reopen => {
                config = flow.in_force().config.clone();
                give_up(flow).await;
            }
        }
        files = Files::Look;
    }
    front.close().await;
    Ok(())
}

/// Waits until the store is unused, within a time limit, and closes it. Its locks are then acquired anew.
async fn give_up(flow: Arc<Flow>) {
    let deadline = Instant::now() + STOP_PATIENCE;
    while Arc::strong_count(&flow) > 1 && Instant::now() < deadline {
        tokio::time::sleep(STORE_IN_USE).await;
    }
    drop(flow);
}

/// Runs on an open store, which is published first as `files` says.
async fn session(front: &mut Front, flow: &Arc<Flow>, files: Files) -> Result<Turned, DaemonError> {
    let dirty = Arc::new(Notify::new());
    if let Err(error) = flow.store.note_admin(&front.admin).await {
        front.faults.store_failed(&error, flow.clock.now());
    }
    if files == Files::Look {
        match flow.publish(files).await {
            Ok(publication) => {
                front.faults.works(Part::Feeds);
                publisher::refresh(&front.assets, &publication, &HashSet::new());
            }
            Err(error) => front.faults.publishing_failed(&error, flow.clock.now()),
        }
    }
    if !front.faults.problems().is_empty() {
        dirty.notify_one();
    }
    let sought = Arc::clone(&front.sought);
    let answers = tokio::spawn(search::answer(Arc::clone(flow), sought));
    let assets = Arc::clone(&front.assets);
    let publisher = publisher::publish(
        Arc::clone(flow),
        Arc::clone(&front.faults),
        assets,
        Arc::clone(&dirty),
    );
    let publisher = tokio::spawn(publisher);
    let receivers = ChangeReceivers {
        dirty,
        proxies: Arc::clone(&front.proxies),
        redirects: front.redirects.clone(),
    };
    let mut run = Run::new(flow, front, receivers);
    let states = flow.store.read(Reader::sources).await;
    if let Err(error) = &states {
        front.faults.store_failed(error, flow.clock.now());
    }
    run.plan(&states.unwrap_or_default());
    let turned = run.turn(&mut front.signals, &mut front.questions).await;
    let why = match &turned {
        Ok(Turned::Reopen) => "the database was replaced, and is opened anew: ask again",
        Ok(Turned::Stopped) | Err(_) => {
            Systemd::stopping();
            "tidings is stopping"
        }
    };
    run.finish(&mut front.questions, why).await;
    for task in [answers, publisher] {
        task.abort();
        drop(task.await);
    }
    let turned = turned?;
    if turned == Turned::Stopped
        && let Err(error) = flow.publish(Files::Trust).await
    {
        // Without the mark, the next start publishes again.
        front.faults.publishing_failed(&error, flow.clock.now());
    }
    Ok(turned)
}

/// A source whose last answer is not stored.
struct Unstored {
    problem: ProblemState,
    /// The time of the request.
    at: Timestamp,
    /// True if the answer contained news that has to be fetched again.
    has_news: bool,
}

type Done = (SourceId, Result<Polled, NotStored>);

/// The receivers of changes.
struct ChangeReceivers {
    /// The publisher.
    dirty: Arc<Notify>,
    proxies: Arc<Proxies>,
    /// The servers for readers.
    redirects: watch::Sender<Redirects>,
}

/// The run on an open store.
struct Run {
    flow: Arc<Flow>,
    faults: Arc<Faults>,
    configured: Configured,
    reloads: Reloads,
    decisions: Decisions,
    queue: Queue,
    polls: JoinSet<Done>,
    running: HashSet<SourceId>,
    /// Sources whose last poll timed out.
    slow: BTreeSet<SourceId>,
    /// The time at the last turn.
    looked_at: Timestamp,
    states: States,
    unstored: HashMap<SourceId, Unstored>,
    /// The states of the sources when the store was last readable.
    known: BTreeMap<SourceId, SourceState>,
    /// The running check of the store.
    probing: Option<JoinHandle<Result<Probed, StoreError>>>,
    /// The time of the next check.
    next_probe: Instant,
    receivers: ChangeReceivers,
    metrics: Metrics,
    systemd: Systemd,
}

impl Run {
    fn new(flow: &Arc<Flow>, front: &mut Front, receivers: ChangeReceivers) -> Self {
        let now = flow.clock.now();
        let mut configured = Configured::new(flow.in_force(), Arc::clone(&front.started), now);
        configured.refused = std::mem::take(&mut front.refused);
        Self {
            flow: Arc::clone(flow),
            faults: Arc::clone(&front.faults),
            configured,
            reloads: Reloads::new(front.file.clone(), front.environment),
            decisions: Decisions::default(),
            queue: Queue::default(),
            polls: JoinSet::new(),
            running: HashSet::new(),
            slow: BTreeSet::new(),
            looked_at: now,
            states: States::default(),
            unstored: HashMap::new(),
            known: BTreeMap::new(),
            probing: None,
            next_probe: Instant::now() + STORE_LOOK,
            receivers,
            metrics: front.metrics.clone(),
            systemd: Systemd::default(),
        }
    }

    /// Schedules every configured source that is not being polled right now.
    fn plan(&mut self, states: &BTreeMap<SourceId, SourceState>) {
        let now = self.flow.clock.now();
        if let Some(told) = set_back(&self.configured.in_force.config, states, now) {
            tracing::warn!("{told}");
        }
        let slow = states.iter().filter(|(_, state)| state.timed_out);
        self.slow = slow.map(|(id, _)| id.clone()).collect();
        self.known.clone_from(states);
        self.queue = Queue::default();
        for source in self
            .configured
            .in_force
            .config
            .sources
            .iter()
            .filter(|source| !self.running.contains(&source.id))
        {
            self.queue
                .put(source.id.clone(), due(source, states.get(&source.id), now));
        }
        let known = |source: &Source| {
            states
                .get(&source.id)
                .map_or(State::New, |state| state.state)
        };
        let sources = self.configured.in_force.config.sources.iter();
        let states = sources.map(|source| (source.id.clone(), known(source)));
        self.states = States::new(states.collect(), self.metrics.clone());
    }

    /// Runs turns until a stop. Whatever it waits for, each turn ends within [`PULSE`].
    async fn turn(
        &mut self,
        signals: &mut mpsc::Receiver<Signal>,
        questions: &mut mpsc::Receiver<Question>,
    ) -> Result<Turned, StoreError> {
        loop {
            super::failpoint::hang("schedule").await;
            self.mind_clock().await;
            self.begin_due();
            self.look_at_store();
            self.systemd.goes_on(&self.summary());
            let now = self.flow.clock.now();
            let pulse = self.systemd.pulse(PULSE);
            let wait = self.queue.next().map_or(pulse, |at| {
                (at - now).to_std().unwrap_or_default().min(pulse)
            });
            tokio::select! {
                signal = signals.recv() => match signal {
                    Some(Signal::Reload) => self.reloads.begin(&self.flow),
                    Some(Signal::Stop) | None => return Ok(Turned::Stopped),
                },
                Some(question) = questions.recv() => self.answer(question),
                Some(done) = self.polls.join_next() => match done {
                    // Without its writer the flow is useless; a restart may help.
                    Ok((_, Err(NotStored { cause: StoreError::Stopped, .. }))) => return Err(StoreError::Stopped),
                    Ok((source, polled)) => self.polled(source, polled),
                    Err(error) => tracing::error!("a poll ended in a way that it cannot: {error}"),
                },
                Some(decided) = self.decisions.ended() => self.decided(decided.as_ref()),
                probed = ended(&mut self.probing) => if self.probed(probed) == Some(Probed::Reopen) {
                    return Ok(Turned::Reopen);
                },
                reloaded = self.reloads.ended() => self.reloaded(reloaded).await,
                () = changed(self.configured.watch.as_ref()) => self.reloads.begin(&self.flow),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Reschedules everything if the clock was set back: the old times are too far in the future.
    async fn mind_clock(&mut self) {
        let now = self.flow.clock.now();
        let before = std::mem::replace(&mut self.looked_at, now);
        if before - now <= TimeDelta::from_std(CLOCK_TOLERANCE).unwrap_or(TimeDelta::MAX) {
            return;
        }
        tracing::warn!("the clock was set back from {before} to {now}");
        match self.flow.store.read(Reader::sources).await {
            Ok(states) => self.plan(&states),
            Err(error) => {
                // Check again in the next turn.
                self.looked_at = before;
                tracing::error!("the sources could not be planned anew: {}", chain(&error));
            }
        }
    }

    fn begin_due(&mut self) {
        let now = self.flow.clock.now();
        while let Some(id) = self.queue.take_due(now) {
            let (flow, in_force) = (
                Arc::clone(&self.flow),
                Arc::clone(&self.configured.in_force),
            );
            self.running.insert(id.clone());
            let share = Share::of(self.slow.contains(&id));
            self.polls.spawn(async move {
                let source = in_force.source(&id).expect("what is queued is configured");
                let polled =
                    AssertUnwindSafe(flow.poll_source(&in_force, source, share)).catch_unwind();
                // Only the writer's own end can still panic: panics caused by a document are caught earlier.
                (id, polled.await.unwrap_or(Err(StoreError::Stopped.into())))
            });
        }
    }

    fn polled(&mut self, id: SourceId, polled: Result<Polled, NotStored>) {
        self.running.remove(&id);
        let configured = self.states.contains(&id);
        let next = match polled {
            Ok(polled) => {
                self.unstored.remove(&id);
                tell(&polled, self.states.get(&id), &self.metrics);
                if configured {
                    self.states.set(&id, polled.committed.state);
                }
                if polled.committed.changed {
                    self.receivers.dirty.notify_one();
                }
                if polled.timed_out {
                    self.slow.insert(id.clone());
                } else {
                    self.slow.remove(&id);
                }
                polled.next_poll(self.flow.clock.now())
            }
            Err(not_stored) if !configured => {
                // The source was renamed or removed while it was polled.
                tracing::info!(source.id = %id, "the poll of {id}, which is no longer configured, was dropped: {}", chain(&not_stored.cause));
                return;
            }
            Err(not_stored) => self.not_stored(&id, &not_stored),
        };
        if configured {
            self.queue.put(id, next);
        }
    }

    /// Records that the answer of a source is lost. Returns the time at which the source is due again at its
    /// own pace.
    fn not_stored(&mut self, id: &SourceId, NotStored { cause, asked }: &NotStored) -> Timestamp {
        let (now, text) = (self.flow.clock.now(), chain(cause));
        self.metrics.count_poll("not-stored");
        let action = if self.faults.store_failed(cause, now) {
            self.next_probe = self.next_probe.min(Instant::now() + STORE_HEALS);
            tracing::debug!(source.id = %id, "the poll of {id} was not stored: {text}");
            cause.fault().map_or("", StoreFault::action)
        } else {
            tracing::error!(source.id = %id, "the poll of {id} was not stored: {text}");
            "please report it with the log"
        };
        let since = self
            .unstored
            .get(id)
            .map_or(now, |known| known.problem.since);
        let problem = ProblemState {
            code: "not-stored".to_owned(),
            since,
            text: one_line(&format!("the last poll was not stored: {text}")),
            action: action.to_owned(),
        };
        let unstored = Unstored {
            problem,
            at: now,
            has_news: asked.is_some_and(|asked| asked.has_news),
        };
        self.unstored.insert(id.clone(), unstored);
        self.states.set(id, State::Failing);
        asked.map_or_else(
            || later(now, STORE_PAUSE),
            |asked| asked.next.max(later(now, Duration::from_secs(1))),
        )
    }

    /// Starts a check of the store if it is due.
    fn look_at_store(&mut self) {
        if self.probing.is_some() || Instant::now() < self.next_probe {
            return;
        }
        let flow = Arc::clone(&self.flow);
        let fault = self.faults.store_fault();
        self.probing = Some(tokio::spawn(async move { flow.store.probe(fault).await }));
    }

    fn probed(&mut self, probed: Result<Probed, StoreError>) -> Option<Probed> {
        self.probing = None;
        let found = match probed {
            Ok(found) => {
                if found == Probed::Well && self.faults.works(Part::Store) {
                    self.healed();
                }
                Some(found)
            }
            Err(error) => {
                self.faults.store_failed(&error, self.flow.clock.now());
                None
            }
        };
        let pause = match self.faults.store_fault() {
            // Proving that a damaged store is whole takes a full read.
            None | Some(StoreFault::Damaged) => STORE_LOOK,
            Some(_) => STORE_HEALS,
        };
        self.next_probe = Instant::now() + pause;
        found
    }

    /// Reschedules lost polls soon, after storing works again. Servers that asked for a pause still get it.
    fn healed(&mut self) {
        let now = self.flow.clock.now();
        let lost = self.unstored.iter().filter(|(_, lost)| lost.has_news);
        let lost: Vec<_> = lost
            .map(|(id, lost)| (id.clone(), later(lost.at, STORE_PAUSE).max(now)))
            .collect();
        for (id, soon) in lost {
            if let Some(due) = self.queue.due.get(&id).copied() {
                self.queue.put(id, due.min(soon));
            }
        }
        self.receivers.dirty.notify_one();
    }

    /// Reschedules after a decision, and triggers a publication.
    fn decided(&mut self, decided: Option<&Decided>) {
        if let Some(Decided::Held(held)) = decided {
            let id = &held.source;
            if held.begins_anew && self.queue.due.contains_key(id) {
                self.queue.put(id.clone(), self.flow.clock.now());
            }
            if held.kept_back == 0 && self.states.get(id) == Some(State::Held) {
                self.states.set(id, State::Ok);
            }
        }
        self.receivers.dirty.notify_one();
    }

    async fn reloaded(&mut self, reloaded: Reloaded) {
        let report = match reloaded {
            Ok(Ok(plan)) if plan.is_granted(self.reloads.consent()) => {
                self.put_in_force(&plan).await
            }
            Ok(Ok(plan)) => ReloadReport {
                wants_consent: true,
                ..self.refuse(unasked(&plan))
            },
            Ok(Err(refused)) => {
                self.refuse(refused.to_string().lines().map(str::to_owned).collect())
            }
            Err(error) => {
                if let FlowError::Store(error) = &error {
                    let now = self.flow.clock.now();
                    self.faults.store_failed(error, now);
                }
                ReloadReport {
                    failed: true,
                    ..self.refuse(vec![chain(&error)])
                }
            }
        };
        self.reloads.answer(&self.flow, &report);
    }

    fn refuse(&mut self, lines: Vec<String>) -> ReloadReport {
        tracing::error!("the changed configuration was refused, the one before it stays in force");
        for line in &lines {
            tracing::error!("{line}");
        }
        self.configured.refused.clone_from(&lines);
        ReloadReport {
            applied: false,
            wants_consent: false,
            failed: false,
            lines,
        }
    }

    async fn put_in_force(&mut self, plan: &Plan) -> ReloadReport {
        let (in_force, now) = (self.flow.in_force(), self.flow.clock.now());
        let before = self.configured.replace(in_force, now);
        let proxies = &self.configured.in_force.config.server.trusted_proxies;
        self.receivers.proxies.trust(proxies.clone());
        self.receivers
            .redirects
            .send_replace(redirects(&self.configured.in_force.config));
        let states = self.flow.store.read(Reader::sources).await;
        match states {
            Ok(states) => self.plan(&states),
            Err(error) => {
                tracing::error!("the sources could not be planned anew: {}", chain(&error));
            }
        }
        self.receivers.dirty.notify_one();
        for warning in &self.configured.in_force.config.warnings {
            tracing::warn!("{warning}");
        }
        let mut lines = differences(&before.config, &self.configured.in_force.config, plan);
        if !self.configured.restart_due.is_empty() {
            lines.push(format!(
                "a restart is due for {}",
                self.configured.restart_due.join(", ")
            ));
        }
        for line in &lines {
            tracing::info!("{line}");
        }
        ReloadReport {
            applied: true,
            wants_consent: false,
            failed: false,
            lines,
        }
    }

    fn answer(&mut self, question: Question) {
        match question {
            // An answer from here proves that the loop turns.
            Question::Health(answer) => {
                let reason = self.faults.reason();
                drop(answer.send(Health {
                    well: reason.is_none(),
                    reason,
                }));
            }
            Question::Reload(by, consent, answer) => {
                let yes = match consent {
                    Consent::Given => " and consents to its effects",
                    Consent::Wanted => "",
                };
                tracing::info!(%by, "{by} asks for a reload{yes}");
                self.reloads.ask(&self.flow, consent, answer);
            }
            Question::Release(by, id, chosen, answer) => {
                self.decisions.release(&self.flow, by, id, chosen, answer);
            }
            Question::Discard(by, id, chosen, answer) => {
                self.decisions.discard(&self.flow, by, id, chosen, answer);
            }
            Question::Decide(by, decision, answer) => {
                self.decisions.decide(&self.flow, by, decision, answer);
            }
            Question::Forget(by, id, answer) => {
                self.decisions.forget(&self.flow, by, id, answer);
            }
            Question::Status(answer) => self.answer_status(answer),
        }
    }

    fn answer_status(&mut self, answer: oneshot::Sender<Status>) {
        let (flow, refused, configured_at, restart_due) = (
            Arc::clone(&self.flow),
            self.configured.refused.clone(),
            self.configured.at,
            self.configured.restart_due.clone(),
        );
        let due = |id: &SourceId| self.queue.due.get(id).copied();
        let unstored = self.unstored.iter();
        let unstored: HashMap<String, _> = unstored
            .map(|(id, one)| (id.to_string(), (one.problem.clone(), due(id))))
            .collect();
        let known = self.known.clone();
        let faults = Arc::clone(&self.faults);
        tokio::spawn(async move {
            let now = flow.clock.now();
            let read = flow.store.read(move |reader| {
                Ok::<_, StoreError>((reader.sources()?, reader.problems(now)?))
            });
            let mut problems = faults.problems();
            let states = match read.await {
                Ok((states, others)) => {
                    problems.extend(others);
                    states
                }
                Err(error) => {
                    faults.store_failed(&error, now);
                    problems = faults.problems();
                    known
                }
            };
            let in_force = flow.in_force();
            let mut sources = statuses(&in_force.config, states);
            for source in &mut sources {
                if let Some((problem, due)) = unstored.get(&source.id) {
                    mark_unstored(source, Some(problem), *due);
                }
            }
            // The client may have gone away meanwhile.
            drop(answer.send(Status {
                sources,
                problems,
                store: in_force.config.store.path.clone(),
                refused,
                configured_at,
                restart_due,
            }));
        });
    }

    /// Returns one line for `systemctl status`.
    fn summary(&self) -> String {
        let failing: u32 = [State::Failing, State::Drifted, State::Gone]
            .map(|state| self.states.count(state))
            .iter()
            .sum();
        let (sources, feeds, polling) = (
            self.states.len(),
            self.configured.in_force.config.topics.len(),
            self.running.len(),
        );
        let problems = self.faults.problems();
        let problems = problems.iter().map(|problem| format!("{}: ", problem.code));
        format!(
            "{}{sources} sources, {failing} of them failing, {polling} being polled; {feeds} feeds",
            problems.collect::<String>()
        )
    }

    /// Lets running polls, decisions and a reload end, within a time limit, and answers questions meanwhile.
    /// Dropped polls are due again at the next start.
    async fn finish(&mut self, questions: &mut mpsc::Receiver<Question>, why: &str) {
        let deadline = tokio::time::sleep(STOP_PATIENCE);
        tokio::pin!(deadline);
        loop {
            let runs =
                !self.polls.is_empty() || !self.decisions.is_empty() || self.reloads.is_running();
            tokio::select! {
                biased;
                () = &mut deadline => break,
                Some(question) = questions.recv() => self.answer_last(question, why),
                Some(_) = self.polls.join_next() => {}
                Some(_) = self.decisions.ended() => {}
                reloaded = self.reloads.ended() => self.reloaded(reloaded).await,
                () = future::ready(()), if !runs => break,
            }
        }
        if !self.polls.is_empty() {
            tracing::warn!(
                "{} polls did not end in time and were dropped",
                self.polls.len()
            );
            self.polls.shutdown().await;
        }
    }

    /// Answers questions about the state; starts nothing new.
    fn answer_last(&mut self, question: Question, why: &str) {
        match question {
            Question::Status(answer) => self.answer_status(answer),
            question => turn_away(question, why),
        }
    }
}

/// Waits for a running task; forever if there is none.
async fn ended<T>(running: &mut Option<JoinHandle<T>>) -> T {
    match running {
        Some(running) => running
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())),
        None => future::pending().await,
    }
}

/// Returns the time `wait` after `at`.
fn later(at: Timestamp, wait: Duration) -> Timestamp {
    let wait = chrono::TimeDelta::from_std(wait).unwrap_or(chrono::TimeDelta::MAX);
    at.checked_add_signed(wait).unwrap_or(Timestamp::MAX_UTC)
}
