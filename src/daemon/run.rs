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

use super::configured::ActiveConfig;
use super::decisions::{DecisionEffect, RunningDecisions};
use super::differences::describe_differences;
use super::faults::{DaemonPart, PartFaults};
use super::front::{
    DaemonFront, DaemonSetup, DaemonSignal, former_redirects, mark_unstored, refuse_question,
};
use super::queue::PollQueue;
use super::reloads::{ReloadQueue, ReloadResult};
use super::report::{log_poll, missing_consent_lines};
use super::states::SourceStates;
use super::systemd::SystemdNotifier;
use super::watch::next_change;
use super::{DaemonError, publisher, search};
use crate::config::Config;
use crate::fetch::PlaceShare;
use crate::flow::{
    Clock, FileCheck, Flow, FlowError, NotStored, PolledSource, describe_set_back, due_time,
    source_statuses,
};
use crate::model::{Source, SourceId, Timestamp};
use crate::schedule::CLOCK_TOLERANCE;
use crate::serve::{
    AdminRequest, DaemonHealth, DaemonStatus, Metrics, Redirects, ReloadReport, TrustedProxies,
};
use crate::store::{
    Consent, DefinitionPlan, ProbeResult, ProblemState, SourceCondition, SourceState, StoreError,
    StoreFault, StoreReader,
};
use crate::text::{error_chain, one_line};

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
enum LoopEnd {
    /// A signal to stop.
    Stopped,
    /// The database's file has been replaced.
    Reopen,
}

/// Runs until [`DaemonSignal::Stop`].
///
/// # Errors
/// [`DaemonError`] if a socket or the published folder cannot be opened, or the store is not a store of this
/// version. Other failures are logged and retried.
pub async fn run(mut config: Config, clock: Clock, setup: DaemonSetup) -> Result<(), DaemonError> {
    let (mut front, mut opened) = DaemonFront::start(&config, clock, setup).await?;
    // The store opened at the start has already been published.
    let mut files = opened
        .as_ref()
        .map_or(FileCheck::Look, |_| FileCheck::Trust);
    loop {
        let flow = match opened.take() {
            Some(flow) => flow,
            None => match front.wait_for_store(&mut config, clock).await? {
                Some(flow) => flow,
                None => break,
            },
        };
        match run_session(&mut front, &flow, files).await? {
            LoopEnd::Stopped => break,
            LoopEnd::Reopen => {
                config = flow.in_force().config.clone();
                close_flow(flow).await;
            }
        }
        files = FileCheck::Look;
    }
    front.close().await;
    Ok(())
}

/// Waits until the store is unused, within a time limit, and closes it. Its locks are then acquired anew.
async fn close_flow(flow: Arc<Flow>) {
    let deadline = Instant::now() + STOP_PATIENCE;
    while Arc::strong_count(&flow) > 1 && Instant::now() < deadline {
        tokio::time::sleep(STORE_IN_USE).await;
    }
    drop(flow);
}

/// Runs on an open store, which is published first as `files` says.
async fn run_session(
    front: &mut DaemonFront,
    flow: &Arc<Flow>,
    files: FileCheck,
) -> Result<LoopEnd, DaemonError> {
    let dirty = Arc::new(Notify::new());
    if let Err(error) = flow.store.note_admin(&front.admin).await {
        front.faults.store_failed(&error, flow.clock.now());
    }
    if files == FileCheck::Look {
        match flow.publish(files).await {
            Ok(publication) => {
                front.faults.mark_working(DaemonPart::Feeds);
                publisher::refresh_assets(&front.assets, &publication, &HashSet::new());
            }
            Err(error) => front.faults.publishing_failed(&error, flow.clock.now()),
        }
    }
    if !front.faults.problems().is_empty() {
        dirty.notify_one();
    }
    let sought = Arc::clone(&front.sought);
    let answers = tokio::spawn(search::answer_searches(Arc::clone(flow), sought));
    let assets = Arc::clone(&front.assets);
    let publisher = publisher::publish_until_aborted(
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
    let mut run = DaemonLoop::new(flow, front, receivers);
    let states = flow.store.read(StoreReader::source_states).await;
    if let Err(error) = &states {
        front.faults.store_failed(error, flow.clock.now());
    }
    run.schedule_sources(&states.unwrap_or_default());
    let turned = run
        .run_turns(&mut front.signals, &mut front.questions)
        .await;
    let why = match &turned {
        Ok(LoopEnd::Reopen) => "the database was replaced, and is opened anew: ask again",
        Ok(LoopEnd::Stopped) | Err(_) => {
            SystemdNotifier::notify_stopping();
            "tidings is stopping"
        }
    };
    run.shut_down(&mut front.questions, why).await;
    for task in [answers, publisher] {
        task.abort();
        drop(task.await);
    }
    let turned = turned?;
    if turned == LoopEnd::Stopped
        && let Err(error) = flow.publish(FileCheck::Trust).await
    {
        // Without the mark, the next start publishes again.
        front.faults.publishing_failed(&error, flow.clock.now());
    }
    Ok(turned)
}

/// A source whose last answer is not stored.
struct UnstoredPoll {
    problem: ProblemState,
    /// The time of the request.
    at: Timestamp,
    /// True if the answer contained news that has to be fetched again.
    has_news: bool,
}

type FinishedPoll = (SourceId, Result<PolledSource, NotStored>);

/// The receivers of changes.
struct ChangeReceivers {
    /// The publisher.
    dirty: Arc<Notify>,
    proxies: Arc<TrustedProxies>,
    /// The servers for readers.
    redirects: watch::Sender<Redirects>,
}

/// The run on an open store.
struct DaemonLoop {
    flow: Arc<Flow>,
    faults: Arc<PartFaults>,
    configured: ActiveConfig,
    reloads: ReloadQueue,
    decisions: RunningDecisions,
    queue: PollQueue,
    polls: JoinSet<FinishedPoll>,
    running: HashSet<SourceId>,
    /// Sources whose last poll timed out.
    slow: BTreeSet<SourceId>,
    /// The time at the last turn.
    looked_at: Timestamp,
    states: SourceStates,
    unstored: HashMap<SourceId, UnstoredPoll>,
    /// The states of the sources when the store was last readable.
    known: BTreeMap<SourceId, SourceState>,
    /// The running check of the store.
    probing: Option<JoinHandle<Result<ProbeResult, StoreError>>>,
    /// The time of the next check.
    next_probe: Instant,
    receivers: ChangeReceivers,
    metrics: Metrics,
    systemd: SystemdNotifier,
}

impl DaemonLoop {
    fn new(flow: &Arc<Flow>, front: &mut DaemonFront, receivers: ChangeReceivers) -> Self {
        let now = flow.clock.now();
        let mut configured = ActiveConfig::new(flow.in_force(), Arc::clone(&front.started), now);
        configured.refused = std::mem::take(&mut front.refused);
        Self {
            flow: Arc::clone(flow),
            faults: Arc::clone(&front.faults),
            configured,
            reloads: ReloadQueue::new(front.file.clone(), front.environment),
            decisions: RunningDecisions::default(),
            queue: PollQueue::default(),
            polls: JoinSet::new(),
            running: HashSet::new(),
            slow: BTreeSet::new(),
            looked_at: now,
            states: SourceStates::default(),
            unstored: HashMap::new(),
            known: BTreeMap::new(),
            probing: None,
            next_probe: Instant::now() + STORE_LOOK,
            receivers,
            metrics: front.metrics.clone(),
            systemd: SystemdNotifier::default(),
        }
    }

    /// Schedules every configured source that is not being polled right now.
    fn schedule_sources(&mut self, states: &BTreeMap<SourceId, SourceState>) {
        let now = self.flow.clock.now();
        if let Some(told) = describe_set_back(&self.configured.in_force.config, states, now) {
            tracing::warn!("{told}");
        }
        let slow = states.iter().filter(|(_, state)| state.timed_out);
        self.slow = slow.map(|(id, _)| id.clone()).collect();
        self.known.clone_from(states);
        self.queue = PollQueue::default();
        for source in self
            .configured
            .in_force
            .config
            .sources
            .iter()
            .filter(|source| !self.running.contains(&source.id))
        {
            self.queue.schedule_at(
                source.id.clone(),
                due_time(source, states.get(&source.id), now),
            );
        }
        let known = |source: &Source| {
            states
                .get(&source.id)
                .map_or(SourceCondition::New, |state| state.state)
        };
        let sources = self.configured.in_force.config.sources.iter();
        let states = sources.map(|source| (source.id.clone(), known(source)));
        self.states = SourceStates::new(states.collect(), self.metrics.clone());
    }

    /// Runs turns until a stop. Whatever it waits for, each turn ends within [`PULSE`].
    async fn run_turns(
        &mut self,
        signals: &mut mpsc::Receiver<DaemonSignal>,
        questions: &mut mpsc::Receiver<AdminRequest>,
    ) -> Result<LoopEnd, StoreError> {
        loop {
            super::failpoint::hang("schedule").await;
            self.check_clock().await;
            self.start_due_polls();
            self.start_probe();
            self.systemd.notify_alive(&self.status_summary());
            let now = self.flow.clock.now();
            let pulse = self.systemd.watchdog_wait(PULSE);
            let wait = self.queue.next_due().map_or(pulse, |at| {
                (at - now).to_std().unwrap_or_default().min(pulse)
            });
            tokio::select! {
                signal = signals.recv() => match signal {
                    Some(DaemonSignal::Reload) => self.reloads.begin_reload(&self.flow),
                    Some(DaemonSignal::Stop) | None => return Ok(LoopEnd::Stopped),
                },
                Some(question) = questions.recv() => self.answer_question(question),
                Some(done) = self.polls.join_next() => match done {
                    // Without its writer the flow is useless; a restart may help.
                    Ok((_, Err(NotStored { cause: StoreError::Stopped, .. }))) => return Err(StoreError::Stopped),
                    Ok((source, polled)) => self.finish_poll(source, polled),
                    Err(error) => tracing::error!("a poll ended in a way that it cannot: {error}"),
                },
                Some(decided) = self.decisions.next_ended() => self.finish_decision(decided.as_ref()),
                probed = wait_for_task(&mut self.probing) => if self.finish_probe(probed) == Some(ProbeResult::Reopen) {
                    return Ok(LoopEnd::Reopen);
                },
                reloaded = self.reloads.wait_for_end() => self.finish_reload(reloaded).await,
                () = next_change(self.configured.watch.as_ref()) => self.reloads.begin_reload(&self.flow),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Reschedules everything if the clock was set back: the old times are too far in the future.
    async fn check_clock(&mut self) {
        let now = self.flow.clock.now();
        let before = std::mem::replace(&mut self.looked_at, now);
        if before - now <= TimeDelta::from_std(CLOCK_TOLERANCE).unwrap_or(TimeDelta::MAX) {
            return;
        }
        tracing::warn!("the clock was set back from {before} to {now}");
        match self.flow.store.read(StoreReader::source_states).await {
            Ok(states) => self.schedule_sources(&states),
            Err(error) => {
                // Check again in the next turn.
                self.looked_at = before;
                tracing::error!(
                    "the sources could not be planned anew: {}",
                    error_chain(&error)
                );
            }
        }
    }

    fn start_due_polls(&mut self) {
        let now = self.flow.clock.now();
        while let Some(id) = self.queue.take_due(now) {
            let (flow, in_force) = (
                Arc::clone(&self.flow),
                Arc::clone(&self.configured.in_force),
            );
            self.running.insert(id.clone());
            let share = PlaceShare::from_timed_out(self.slow.contains(&id));
            self.polls.spawn(async move {
                let source = in_force.source(&id).expect("what is queued is configured");
                let polled =
                    AssertUnwindSafe(flow.poll_source(&in_force, source, share)).catch_unwind();
                // Only the writer's own end can still panic: panics caused by a document are caught earlier.
                (id, polled.await.unwrap_or(Err(StoreError::Stopped.into())))
            });
        }
    }

    fn finish_poll(&mut self, id: SourceId, polled: Result<PolledSource, NotStored>) {
        self.running.remove(&id);
        let configured = self.states.contains(&id);
        let next = match polled {
            Ok(polled) => {
                self.unstored.remove(&id);
                log_poll(&polled, self.states.get(&id), &self.metrics);
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
                tracing::info!(source.id = %id, "the poll of {id}, which is no longer configured, was dropped: {}", error_chain(&not_stored.cause));
                return;
            }
            Err(not_stored) => self.record_not_stored(&id, &not_stored),
        };
        if configured {
            self.queue.schedule_at(id, next);
        }
    }

    /// Records that the answer of a source is lost. Returns the time at which the source is due again at its
    /// own pace.
    fn record_not_stored(
        &mut self,
        id: &SourceId,
        NotStored { cause, asked }: &NotStored,
    ) -> Timestamp {
        let (now, text) = (self.flow.clock.now(), error_chain(cause));
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
        let unstored = UnstoredPoll {
            problem,
            at: now,
            has_news: asked.is_some_and(|asked| asked.has_news),
        };
        self.unstored.insert(id.clone(), unstored);
        self.states.set(id, SourceCondition::Failing);
        asked.map_or_else(
            || time_after(now, STORE_PAUSE),
            |asked| asked.next.max(time_after(now, Duration::from_secs(1))),
        )
    }

    /// Starts a check of the store if it is due.
    fn start_probe(&mut self) {
        if self.probing.is_some() || Instant::now() < self.next_probe {
            return;
        }
        let flow = Arc::clone(&self.flow);
        let fault = self.faults.store_fault();
        self.probing = Some(tokio::spawn(async move { flow.store.probe(fault).await }));
    }

    fn finish_probe(&mut self, probed: Result<ProbeResult, StoreError>) -> Option<ProbeResult> {
        self.probing = None;
        let found = match probed {
            Ok(found) => {
                if found == ProbeResult::Well && self.faults.mark_working(DaemonPart::Store) {
                    self.reschedule_lost_polls();
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
    fn reschedule_lost_polls(&mut self) {
        let now = self.flow.clock.now();
        let lost = self.unstored.iter().filter(|(_, lost)| lost.has_news);
        let lost: Vec<_> = lost
            .map(|(id, lost)| (id.clone(), time_after(lost.at, STORE_PAUSE).max(now)))
            .collect();
        for (id, soon) in lost {
            if let Some(due) = self.queue.due.get(&id).copied() {
                self.queue.schedule_at(id, due.min(soon));
            }
        }
        self.receivers.dirty.notify_one();
    }

    /// Reschedules after a decision, and triggers a publication.
    fn finish_decision(&mut self, decided: Option<&DecisionEffect>) {
        if let Some(DecisionEffect::Held(held)) = decided {
            let id = &held.source;
            if held.begins_anew && self.queue.due.contains_key(id) {
                self.queue.schedule_at(id.clone(), self.flow.clock.now());
            }
            if held.kept_back == 0 && self.states.get(id) == Some(SourceCondition::Held) {
                self.states.set(id, SourceCondition::Ok);
            }
        }
        self.receivers.dirty.notify_one();
    }

    async fn finish_reload(&mut self, reloaded: ReloadResult) {
        let report = match reloaded {
            Ok(Ok(plan)) if plan.is_granted(self.reloads.running_consent()) => {
                self.put_in_force(&plan).await
            }
            Ok(Ok(plan)) => ReloadReport {
                wants_consent: true,
                ..self.refuse_reload(missing_consent_lines(&plan))
            },
            Ok(Err(refused)) => {
                self.refuse_reload(refused.to_string().lines().map(str::to_owned).collect())
            }
            Err(error) => {
                if let FlowError::Store(error) = &error {
                    let now = self.flow.clock.now();
                    self.faults.store_failed(error, now);
                }
                ReloadReport {
                    failed: true,
                    ..self.refuse_reload(vec![error_chain(&error)])
                }
            }
        };
        self.reloads.answer_waiting(&self.flow, &report);
    }

    fn refuse_reload(&mut self, lines: Vec<String>) -> ReloadReport {
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

    async fn put_in_force(&mut self, plan: &DefinitionPlan) -> ReloadReport {
        let (in_force, now) = (self.flow.in_force(), self.flow.clock.now());
        let before = self.configured.replace(in_force, now);
        let proxies = &self.configured.in_force.config.server.trusted_proxies;
        self.receivers.proxies.set_trusted(proxies.clone());
        self.receivers
            .redirects
            .send_replace(former_redirects(&self.configured.in_force.config));
        let states = self.flow.store.read(StoreReader::source_states).await;
        match states {
            Ok(states) => self.schedule_sources(&states),
            Err(error) => {
                tracing::error!(
                    "the sources could not be planned anew: {}",
                    error_chain(&error)
                );
            }
        }
        self.receivers.dirty.notify_one();
        for warning in &self.configured.in_force.config.warnings {
            tracing::warn!("{warning}");
        }
        let mut lines =
            describe_differences(&before.config, &self.configured.in_force.config, plan);
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

    fn answer_question(&mut self, question: AdminRequest) {
        match question {
            // An answer from here proves that the loop turns.
            AdminRequest::Health(answer) => {
                let reason = self.faults.describe_problems();
                drop(answer.send(DaemonHealth {
                    well: reason.is_none(),
                    reason,
                }));
            }
            AdminRequest::Reload(by, consent, answer) => {
                let yes = match consent {
                    Consent::Given => " and consents to its effects",
                    Consent::Wanted => "",
                };
                tracing::info!(%by, "{by} asks for a reload{yes}");
                self.reloads.request_reload(&self.flow, consent, answer);
            }
            AdminRequest::Release(by, id, chosen, answer) => {
                self.decisions
                    .start_release(&self.flow, by, id, chosen, answer);
            }
            AdminRequest::Discard(by, id, chosen, answer) => {
                self.decisions
                    .start_discard(&self.flow, by, id, chosen, answer);
            }
            AdminRequest::Decide(by, decision, answer) => {
                self.decisions
                    .start_decision(&self.flow, by, decision, answer);
            }
            AdminRequest::Forget(by, id, answer) => {
                self.decisions.start_forget(&self.flow, by, id, answer);
            }
            AdminRequest::Status(answer) => self.answer_status(answer),
        }
    }

    fn answer_status(&mut self, answer: oneshot::Sender<DaemonStatus>) {
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
                Ok::<_, StoreError>((reader.source_states()?, reader.problems(now)?))
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
            let mut sources = source_statuses(&in_force.config, states);
            for source in &mut sources {
                if let Some((problem, due)) = unstored.get(&source.id) {
                    mark_unstored(source, Some(problem), *due);
                }
            }
            // The client may have gone away meanwhile.
            drop(answer.send(DaemonStatus {
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
    fn status_summary(&self) -> String {
        let failing: u32 = [
            SourceCondition::Failing,
            SourceCondition::Drifted,
            SourceCondition::Gone,
        ]
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
    async fn shut_down(&mut self, questions: &mut mpsc::Receiver<AdminRequest>, why: &str) {
        let deadline = tokio::time::sleep(STOP_PATIENCE);
        tokio::pin!(deadline);
        loop {
            let runs =
                !self.polls.is_empty() || !self.decisions.is_empty() || self.reloads.is_running();
            tokio::select! {
                biased;
                () = &mut deadline => break,
                Some(question) = questions.recv() => self.answer_at_shutdown(question, why),
                Some(_) = self.polls.join_next() => {}
                Some(_) = self.decisions.next_ended() => {}
                reloaded = self.reloads.wait_for_end() => self.finish_reload(reloaded).await,
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
    fn answer_at_shutdown(&mut self, question: AdminRequest, why: &str) {
        match question {
            AdminRequest::Status(answer) => self.answer_status(answer),
            question => refuse_question(question, why),
        }
    }
}

/// Waits for a running task; forever if there is none.
async fn wait_for_task<T>(running: &mut Option<JoinHandle<T>>) -> T {
    match running {
        Some(running) => running
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())),
        None => future::pending().await,
    }
}

/// Returns the time `wait` after `at`.
fn time_after(at: Timestamp, wait: Duration) -> Timestamp {
    let wait = chrono::TimeDelta::from_std(wait).unwrap_or(chrono::TimeDelta::MAX);
    at.checked_add_signed(wait).unwrap_or(Timestamp::MAX_UTC)
}
