//! `tidings run`: the schedule, until it is told to stop.
//!
//! One loop decides: it begins polls that are due, hears of those that end, of signals and of questions, and tells
//! systemd after each turn that it goes on. Polls, publishing and a reload run beside it, so that none can hold it up.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::FutureExt as _;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::differences::{differences, restart_due};
use super::faults::{Faults, Part};
use super::forget;
use super::front::{Front, Setup, Signal, mark_unstored, redirects, turn_away};
use super::queue::Queue;
use super::report::{tell, unasked};
use super::systemd::Systemd;
use super::watch::{Watch, changed};
use super::{DaemonError, publisher, search};
use crate::config::{self, Config, ConfigFile, Refused};
use crate::fetch::Share;
use crate::flow::{
    Clock, Files, Flow, FlowError, InForce, NotStored, Polled, due, set_back, statuses,
};
use crate::model::{Operator, Source, SourceId, Timestamp};
use crate::schedule::CLOCK_TOLERANCE;
use crate::serve::{Health, Proxies, Question, Redirects, ReloadReport, Status};
use crate::store::{
    Consent, Decided, Decision, Discarded, Plan, Probed, ProblemState, Reader, Released,
    SourceState, State, StoreError, StoreFault,
};
use crate::text::{chain, one_line};

/// The loop turns at least this often.
const PULSE: Duration = Duration::from_secs(5);
/// A source that could not even be asked, and one whose answer was lost, is asked no sooner than this.
const STORE_PAUSE: Duration = Duration::from_mins(1);
/// A store that works is looked at this often; that costs no write.
const STORE_LOOK: Duration = Duration::from_secs(30);
/// One that does not is looked at this often.
const STORE_HEALS: Duration = Duration::from_secs(5);
/// A store that is still in use by an answer is looked at again after this.
const STORE_IN_USE: Duration = Duration::from_millis(10);
/// What running polls have to end when we are told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// How a turn of the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turned {
    /// It was told to stop.
    Stopped,
    /// The database's file is another one now.
    Reopen,
}

/// Runs until [`Signal::Stop`].
///
/// # Errors
/// [`DaemonError`] when a socket or the published folder cannot be had, or the store is no store of this version; other
/// failures are logged and tried again.
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

/// Waits until nobody uses the store any more, within a bound, and closes it: its locks are taken anew.
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
    let told = Told {
        dirty,
        proxies: Arc::clone(&front.proxies),
        redirects: front.redirects.clone(),
    };
    let mut run = Run::new(
        flow,
        Arc::clone(&front.faults),
        front.file.clone(),
        front.environment,
        Arc::clone(&front.started),
        told,
    );
    run.refused = std::mem::take(&mut front.refused);
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

/// A source whose last answer is not in the store.
struct Unstored {
    problem: ProblemState,
    /// When it was asked.
    at: Timestamp,
    /// Whether it has something that is to be asked for again.
    has_news: bool,
}

type Done = (SourceId, Result<Polled, NotStored>);
type Reloaded = Result<Result<Plan, Refused>, FlowError>;

/// Receivers of changes.
struct Told {
    /// The publisher.
    dirty: Arc<Notify>,
    proxies: Arc<Proxies>,
    /// The servers of readers.
    redirects: watch::Sender<Redirects>,
}

/// The outcome for held items.
enum Let {
    Through(Released),
    Away(Discarded),
}

struct Run {
    flow: Arc<Flow>,
    faults: Arc<Faults>,
    in_force: Arc<InForce>,
    configured_at: Timestamp,
    file: PathBuf,
    environment: fn(&str) -> Option<String>,
    queue: Queue,
    polls: JoinSet<Done>,
    releases: JoinSet<Option<(Operator, SourceId, Let)>>,
    decisions: JoinSet<Option<(Operator, Decision, Decided)>>,
    running: HashSet<SourceId>,
    /// Sources that did not answer in time to their last poll.
    slow: BTreeSet<SourceId>,
    /// When the clock was last looked at.
    looked_at: Timestamp,
    states: BTreeMap<SourceId, State>,
    unstored: HashMap<SourceId, Unstored>,
    /// The state of the sources when the store could last be read.
    known: BTreeMap<SourceId, SourceState>,
    /// The look at the store that runs, and when the next one begins.
    probing: Option<JoinHandle<Result<Probed, StoreError>>>,
    next_probe: Instant,
    /// Sources by state.
    counts: BTreeMap<&'static str, u32>,
    reloading: Option<JoinHandle<Reloaded>>,
    /// Who waits for the reload that runs.
    waiting: Vec<(Consent, oneshot::Sender<ReloadReport>)>,
    /// Whether one of them has said yes to whatever it does.
    consent: Consent,
    /// A signal came while a reload ran: the files may have changed under it.
    again: bool,
    /// Who waits for the reload after that one.
    waiting_again: Vec<(Consent, oneshot::Sender<ReloadReport>)>,
    refused: Vec<String>,
    /// The files of the configuration at the start of the process.
    started: Arc<[ConfigFile]>,
    /// Keys whose values take a restart.
    restart_due: Vec<String>,
    told: Told,
    watch: Option<Watch>,
    systemd: Systemd,
}

impl Run {
    fn new(
        flow: &Arc<Flow>,
        faults: Arc<Faults>,
        file: PathBuf,
        environment: fn(&str) -> Option<String>,
        started: Arc<[ConfigFile]>,
        told: Told,
    ) -> Self {
        let in_force = flow.in_force();
        Self {
            configured_at: flow.clock.now(),
            watch: Watch::new(&in_force.config),
            flow: Arc::clone(flow),
            faults,
            restart_due: restart_due(&started, &in_force.config.files),
            in_force,
            file,
            environment,
            queue: Queue::default(),
            polls: JoinSet::new(),
            releases: JoinSet::new(),
            decisions: JoinSet::new(),
            running: HashSet::new(),
            slow: BTreeSet::new(),
            looked_at: flow.clock.now(),
            states: BTreeMap::new(),
            unstored: HashMap::new(),
            known: BTreeMap::new(),
            probing: None,
            next_probe: Instant::now() + STORE_LOOK,
            counts: BTreeMap::new(),
            reloading: None,
            waiting: Vec::new(),
            consent: Consent::Wanted,
            again: false,
            waiting_again: Vec::new(),
            refused: Vec::new(),
            started,
            told,
            systemd: Systemd::default(),
        }
    }

    /// Plans every configured source that is not being polled right now.
    fn plan(&mut self, states: &BTreeMap<SourceId, SourceState>) {
        let now = self.flow.clock.now();
        if let Some(told) = set_back(&self.in_force.config, states, now) {
            tracing::warn!("{told}");
        }
        let slow = states.iter().filter(|(_, state)| state.timed_out);
        self.slow = slow.map(|(id, _)| id.clone()).collect();
        self.known.clone_from(states);
        self.queue = Queue::default();
        for source in self
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
        self.states = self
            .in_force
            .config
            .sources
            .iter()
            .map(|source| (source.id.clone(), known(source)))
            .collect();
        self.counts.clear();
        for state in self.states.values() {
            *self.counts.entry(state.as_str()).or_default() += 1;
        }
        self.show_counts();
    }

    /// Turns until it is told to stop. Whatever it waits for, it comes round within [`PULSE`].
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
                    Some(Signal::Reload) => self.reload(),
                    Some(Signal::Stop) | None => return Ok(Turned::Stopped),
                },
                Some(question) = questions.recv() => self.answer(question),
                Some(done) = self.polls.join_next() => match done {
                    // Without its writer the flow is of no use: a restart may mend it.
                    Ok((_, Err(NotStored { cause: StoreError::Stopped, .. }))) => return Err(StoreError::Stopped),
                    Ok((source, polled)) => self.polled(source, polled),
                    Err(error) => tracing::error!("a poll ended in a way that it cannot: {error}"),
                },
                Some(Ok(Some((by, source, done)))) = self.releases.join_next() => self.released(&by, &source, &done),
                Some(Ok(Some((by, decision, decided)))) = self.decisions.join_next() => self.decided(&by, &decision, &decided),
                probed = ended(&mut self.probing) => if self.probed(probed) == Some(Probed::Reopen) {
                    return Ok(Turned::Reopen);
                },
                reloaded = ended(&mut self.reloading) => self.reloaded(reloaded).await,
                () = changed(self.watch.as_ref()) => self.reload(),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Plans anew when the clock was set back: what was planned before lies too far off.
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
                // Another look, at the next turn.
                self.looked_at = before;
                tracing::error!("the sources could not be planned anew: {}", chain(&error));
            }
        }
    }

    fn begin_due(&mut self) {
        let now = self.flow.clock.now();
        while let Some(id) = self.queue.take_due(now) {
            let (flow, in_force) = (Arc::clone(&self.flow), Arc::clone(&self.in_force));
            self.running.insert(id.clone());
            let share = Share::of(self.slow.contains(&id));
            self.polls.spawn(async move {
                let source = in_force.source(&id).expect("what is queued is configured");
                let polled =
                    AssertUnwindSafe(flow.poll_source(&in_force, source, share)).catch_unwind();
                // Only the writer's own end is left to panic about: what a document does to us is caught before.
                (id, polled.await.unwrap_or(Err(StoreError::Stopped.into())))
            });
        }
    }

    fn polled(&mut self, id: SourceId, polled: Result<Polled, NotStored>) {
        self.running.remove(&id);
        let configured = self.states.contains_key(&id);
        let next = match polled {
            Ok(polled) => {
                self.unstored.remove(&id);
                tell(&polled, self.states.get(&id).copied());
                if configured {
                    self.note(&id, polled.committed.state);
                }
                if polled.committed.changed {
                    self.told.dirty.notify_one();
                }
                if polled.timed_out {
                    self.slow.insert(id.clone());
                } else {
                    self.slow.remove(&id);
                }
                polled.next_poll(self.flow.clock.now())
            }
            Err(not_stored) if !configured => {
                // It was renamed or taken out while it was polled.
                tracing::info!(source.id = %id, "the poll of {id}, which is configured no longer, was dropped: {}", chain(&not_stored.cause));
                return;
            }
            Err(not_stored) => self.not_stored(&id, &not_stored),
        };
        if configured {
            self.queue.put(id, next);
        }
    }

    /// Notes that the answer of a source is lost; returns when it is due again, by its own pace.
    fn not_stored(&mut self, id: &SourceId, NotStored { cause, asked }: &NotStored) -> Timestamp {
        let (now, text) = (self.flow.clock.now(), chain(cause));
        metrics::counter!("tidings_polls_total", "outcome" => "not-stored").increment(1);
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
        self.note(id, State::Failing);
        asked.map_or_else(
            || later(now, STORE_PAUSE),
            |asked| asked.next.max(later(now, Duration::from_secs(1))),
        )
    }

    /// Begins a look at the store, where its time has come.
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
            // That a damaged one is whole again takes reading it all.
            None | Some(StoreFault::Damaged) => STORE_LOOK,
            Some(_) => STORE_HEALS,
        };
        self.next_probe = Instant::now() + pause;
        found
    }

    /// Asks again, and soon, for what was lost while nothing could be stored; servers that asked for patience get it.
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
        self.told.dirty.notify_one();
    }

    fn released(&mut self, by: &Operator, id: &SourceId, done: &Let) {
        let (begins_anew, kept_back) = match done {
            Let::Through(released) => {
                let &Released {
                    items,
                    kept_back,
                    taken_back,
                    begins_anew,
                    ..
                } = released;
                tracing::info!(%by, source.id = %id, items, kept_back, taken_back, begins_anew, "{by} released {items} held items of {id}");
                (begins_anew, kept_back)
            }
            Let::Away(Discarded { items, kept_back }) => {
                tracing::info!(%by, source.id = %id, items, kept_back, "{by} discarded {items} held items of {id}");
                (false, *kept_back)
            }
        };
        if begins_anew && self.queue.due.contains_key(id) {
            self.queue.put(id.clone(), self.flow.clock.now());
        }
        if kept_back == 0 && self.states.get(id) == Some(&State::Held) {
            self.note(id, State::Ok);
        }
        self.told.dirty.notify_one();
    }

    fn decided(&mut self, by: &Operator, decision: &Decision, decided: &Decided) {
        let (story, title) = (decided.story, one_line(&decided.title));
        let (action, others) = (decision.action().as_str(), decided.others.len());
        let why = decision.reason().map(one_line);
        let because = why.as_ref().map_or(String::new(), |why| format!(": {why}"));
        tracing::info!(%by, %story, action, others, reason = why, "{by} decided to {action} the story “{title}” ({story}){because}");
        self.told.dirty.notify_one();
    }

    /// Notes how a source is, for the metrics and for systemd.
    fn note(&mut self, id: &SourceId, state: State) {
        let before = self.states.insert(id.clone(), state);
        if before == Some(state) {
            return;
        }
        if let Some(count) = before.and_then(|before| self.counts.get_mut(before.as_str())) {
            *count -= 1;
        }
        *self.counts.entry(state.as_str()).or_default() += 1;
        self.show_counts();
    }

    fn show_counts(&self) {
        for state in State::ALL {
            let count = self.counts.get(state.as_str()).copied().unwrap_or_default();
            metrics::gauge!("tidings_sources", "state" => state.as_str()).set(f64::from(count));
        }
    }

    /// Begins to read the configuration again; one that comes meanwhile follows it.
    fn reload(&mut self) {
        if self.reloading.is_some() {
            self.again = true;
            return;
        }
        let given = self
            .waiting
            .iter()
            .any(|(consent, _)| *consent == Consent::Given);
        let consent = if given {
            Consent::Given
        } else {
            Consent::Wanted
        };
        Systemd::reloading();
        let (flow, file, environment) =
            (Arc::clone(&self.flow), self.file.clone(), self.environment);
        self.reloading = Some(tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || config::load(&file, &environment)).await;
            let config =
                match read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
                    Ok(config) => config,
                    Err(refused) => return Ok(Err(refused)),
                };
            flow.replace(config, consent).await.map(Ok)
        }));
        self.consent = consent;
    }

    async fn reloaded(&mut self, reloaded: Reloaded) {
        self.reloading = None;
        let report = match reloaded {
            Ok(Ok(plan)) if plan.is_granted(self.consent) => self.put_in_force(&plan).await,
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
        for (_, waiting) in std::mem::take(&mut self.waiting) {
            drop(waiting.send(report.clone()));
        }
        Systemd::ready();
        if std::mem::take(&mut self.again) {
            self.waiting = std::mem::take(&mut self.waiting_again);
            self.reload();
        }
    }

    fn refuse(&mut self, lines: Vec<String>) -> ReloadReport {
        tracing::error!("the changed configuration was refused, the one before it stays in force");
        for line in &lines {
            tracing::error!("{line}");
        }
        self.refused.clone_from(&lines);
        ReloadReport {
            applied: false,
            wants_consent: false,
            failed: false,
            lines,
        }
    }

    async fn put_in_force(&mut self, plan: &Plan) -> ReloadReport {
        let before = std::mem::replace(&mut self.in_force, self.flow.in_force());
        self.configured_at = self.flow.clock.now();
        self.refused.clear();
        self.watch = Watch::new(&self.in_force.config);
        let proxies = &self.in_force.config.server.trusted_proxies;
        self.told.proxies.trust(proxies.clone());
        self.told
            .redirects
            .send_replace(redirects(&self.in_force.config));
        let states = self.flow.store.read(Reader::sources).await;
        match states {
            Ok(states) => self.plan(&states),
            Err(error) => {
                tracing::error!("the sources could not be planned anew: {}", chain(&error))
            }
        }
        self.told.dirty.notify_one();
        for warning in &self.in_force.config.warnings {
            tracing::warn!("{warning}");
        }
        self.restart_due = restart_due(&self.started, &self.in_force.config.files);
        let mut lines = differences(&before.config, &self.in_force.config, plan);
        if !self.restart_due.is_empty() {
            lines.push(format!(
                "a restart is due for {}",
                self.restart_due.join(", ")
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
            // That it is answered here is the proof that the loop turns.
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
                // What runs already may have read the files before they were what is asked about.
                let waiting = match self.reloading {
                    Some(_) => &mut self.waiting_again,
                    None => &mut self.waiting,
                };
                waiting.push((consent, answer));
                self.reload();
            }
            Question::Release(by, id, chosen, answer) => {
                let flow = Arc::clone(&self.flow);
                self.releases.spawn(async move {
                    let released = flow.release(&id, chosen, by.clone()).await;
                    let released = released
                        .inspect_err(|error| {
                            tracing::error!(%by, "{by} could not release {id:?}: {}", chain(error));
                        })
                        .ok()?;
                    // The client may have gone away meanwhile.
                    drop(answer.send(released.clone()));
                    Some((by, id.parse().ok()?, Let::Through(released)))
                });
            }
            Question::Discard(by, id, chosen, answer) => {
                let flow = Arc::clone(&self.flow);
                self.releases.spawn(async move {
                    let discarded = flow.discard(&id, chosen, by.clone()).await;
                    let discarded = discarded
                        .inspect_err(|error| {
                            tracing::error!(%by, "{by} could not discard held items of {id:?}: {}", chain(error));
                        })
                        .ok()?;
                    // The client may have gone away meanwhile.
                    drop(answer.send(discarded.clone()));
                    Some((by, id.parse().ok()?, Let::Away(discarded)))
                });
            }
            Question::Decide(by, decision, answer) => {
                let flow = Arc::clone(&self.flow);
                self.decisions.spawn(async move {
                    let decided = flow.decide(decision.clone(), by.clone()).await;
                    let told = decided.as_ref().map_err(|error| chain(error)).cloned();
                    if let Err(why) = &told {
                        let action = decision.action().as_str();
                        tracing::warn!(%by, "{by} could not {action}: {why}");
                    }
                    // The client may have gone away meanwhile.
                    drop(answer.send(told.into()));
                    Some((by, decision, decided.ok()?))
                });
            }
            Question::Forget(by, id, answer) => {
                let flow = Arc::clone(&self.flow);
                let dirty = Arc::clone(&self.told.dirty);
                tokio::spawn(async move {
                    let report = forget::forget(&flow, &id, by).await;
                    dirty.notify_one();
                    // The one who asked may have gone away meanwhile.
                    drop(answer.send(report));
                });
            }
            Question::Status(answer) => self.answer_status(answer),
        }
    }

    fn answer_status(&mut self, answer: oneshot::Sender<Status>) {
        let (flow, refused, configured_at, restart_due) = (
            Arc::clone(&self.flow),
            self.refused.clone(),
            self.configured_at,
            self.restart_due.clone(),
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

    /// One line for `systemctl status`.
    fn summary(&self) -> String {
        let of = |state: State| self.counts.get(state.as_str()).copied().unwrap_or_default();
        let failing = of(State::Failing) + of(State::Drifted) + of(State::Gone);
        let (sources, feeds, polling) = (
            self.states.len(),
            self.in_force.config.topics.len(),
            self.running.len(),
        );
        let problems = self.faults.problems();
        let problems = problems.iter().map(|problem| format!("{}: ", problem.code));
        format!(
            "{}{sources} sources, {failing} of them failing, {polling} being polled; {feeds} feeds",
            problems.collect::<String>()
        )
    }

    /// Lets running polls, decisions and a reload end, within a bound, and answers meanwhile; what is dropped is polled
    /// again the next time.
    async fn finish(&mut self, questions: &mut mpsc::Receiver<Question>, why: &str) {
        let deadline = tokio::time::sleep(STOP_PATIENCE);
        tokio::pin!(deadline);
        loop {
            let runs = !self.polls.is_empty()
                || !self.releases.is_empty()
                || !self.decisions.is_empty()
                || self.reloading.is_some();
            tokio::select! {
                biased;
                () = &mut deadline => break,
                Some(question) = questions.recv() => self.answer_last(question, why),
                Some(_) = self.polls.join_next() => {}
                Some(_) = self.releases.join_next() => {}
                Some(_) = self.decisions.join_next() => {}
                reloaded = ended(&mut self.reloading) => self.reloaded(reloaded).await,
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

    /// Answers what asks how things are; begins nothing new.
    fn answer_last(&mut self, question: Question, why: &str) {
        match question {
            Question::Status(answer) => self.answer_status(answer),
            question => turn_away(question, why),
        }
    }
}

/// The end of what runs; never, while nothing does.
async fn ended<T>(running: &mut Option<JoinHandle<T>>) -> T {
    match running {
        Some(running) => running
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())),
        None => future::pending().await,
    }
}

/// The time `wait` after `at`.
fn later(at: Timestamp, wait: Duration) -> Timestamp {
    let wait = chrono::TimeDelta::from_std(wait).unwrap_or(chrono::TimeDelta::MAX);
    at.checked_add_signed(wait).unwrap_or(Timestamp::MAX_UTC)
}
