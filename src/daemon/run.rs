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
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::search;
use super::systemd::Systemd;
use super::watch::Watch;
use super::{Daemon, DaemonError, Files, InForce, Polled, due};
use crate::config::{self, Config, Refused};
use crate::fetch::Share;
use crate::model::{Listen, Operator, Source, SourceId, Timestamp, TopicId};
use crate::schedule::CLOCK_TOLERANCE;
use crate::serve::{
    self, Assets, Health, Listener, Proxies, Question, Redirects, ReloadReport, Searches, Status,
};
use crate::store::{
    Consent, Decided, Decision, Discarded, FeedPlan, Plan, Reader, Released, SourceState, State,
    StoreError,
};

/// The loop turns at least this often.
const PULSE: Duration = Duration::from_secs(5);
/// A store that failed is tried again after this.
const STORE_PAUSE: Duration = Duration::from_mins(1);
/// What changes within this is published together: well under the second that readers may wait.
const PUBLISH_TOGETHER: Duration = Duration::from_millis(100);
/// A folder that could not be written is tried again after this.
const PUBLISH_PAUSE: Duration = Duration::from_secs(15);
/// What running polls have to end when we are told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// Questions that may wait.
const QUESTIONS: usize = 16;

/// What tells the daemon what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Read the configuration again.
    Reload,
    /// End.
    Stop,
}

/// What is served from now on, for people who started the daemon by hand.
#[derive(Clone, Debug)]
pub struct Started {
    /// Where readers are answered.
    pub addresses: Vec<String>,
    /// Every topic.
    pub topics: Vec<TopicId>,
    /// How many sources are polled.
    pub sources: usize,
    /// When the next of them is; `None` without sources.
    pub next_poll: Option<Timestamp>,
}

/// Hears that the feeds are served.
pub type Serving = Box<dyn FnOnce(&Started) + Send>;

/// What a run is given from outside.
pub struct Setup {
    /// The configuration as it was named.
    pub file: PathBuf,
    /// Looks up a variable of the environment, for secrets.
    pub environment: fn(&str) -> Option<String>,
    /// Sockets that were handed over; empty to listen as configured.
    pub inherited: Vec<Listener>,
    /// Signals, in their order.
    pub signals: mpsc::Receiver<Signal>,
    /// Where metrics are rendered.
    pub metrics: PrometheusHandle,
    /// Hears when the feeds are served.
    pub serving: Serving,
}

/// Runs until [`Signal::Stop`].
///
/// # Errors
/// [`DaemonError`] when a socket or the published folder cannot be had; later failures are logged and tried again.
pub async fn run(daemon: Daemon, mut setup: Setup) -> Result<(), DaemonError> {
    let daemon = Arc::new(daemon);
    let in_force = daemon.in_force();
    let inherited = std::mem::take(&mut setup.inherited);
    let public = if inherited.is_empty() {
        bind(&in_force.config.server.listen).await?
    } else {
        inherited
    };
    let admin = bind(&in_force.config.admin.listen).await?;
    daemon.publish(Files::Look).await?;
    let assets = Arc::new(load(&in_force.config)?);
    let addresses: Vec<String> = public.iter().map(Listener::address).collect();
    let (asked, mut questions) = mpsc::channel(QUESTIONS);
    let (stop, stopped) = watch::channel(false);
    let trusted = in_force.config.server.trusted_proxies.clone();
    let proxies = Arc::new(Proxies::new(trusted));
    let (searches, sought) = Searches::new(Arc::clone(&proxies));
    let searches = Arc::new(searches);
    let (redirects, moved) = watch::channel(redirects(&in_force.config));
    let answers = tokio::spawn(search::answer(Arc::clone(&daemon), sought));
    let mut servers = JoinSet::new();
    for listener in public {
        servers.spawn(serve::serve(
            listener,
            serve::public(Arc::clone(&assets), Arc::clone(&searches), moved.clone()),
            Arc::clone(&proxies),
            stopped.clone(),
        ));
    }
    for listener in admin {
        tracing::info!("administrators are answered at {}", listener.address());
        let router = serve::admin(
            asked.clone(),
            setup.metrics.clone(),
            in_force.config.admin.hosts.clone(),
        );
        servers.spawn(serve::serve(
            listener,
            router,
            Arc::default(),
            stopped.clone(),
        ));
    }
    let dirty = Arc::new(Notify::new());
    let publisher = tokio::spawn(publish(Arc::clone(&daemon), assets, Arc::clone(&dirty)));
    let told = Told {
        dirty,
        proxies,
        redirects,
    };
    let mut run = Run::new(&daemon, setup.file, setup.environment, told);
    run.plan(&daemon.store.read(Reader::sources).await?);
    let topics: Vec<TopicId> = in_force
        .config
        .topics
        .iter()
        .map(|topic| topic.id.clone())
        .collect();
    (setup.serving)(&Started {
        addresses,
        topics,
        sources: in_force.config.sources.len(),
        next_poll: run.queue.next(),
    });
    Systemd::ready();
    let turned = run.turn(&mut setup.signals, &mut questions).await;
    Systemd::stopping();
    run.finish().await;
    answers.abort();
    publisher.abort();
    drop(publisher.await);
    turned?;
    daemon.publish(Files::Trust).await?;
    stop.send_replace(true);
    let ended = async { while servers.join_next().await.is_some() {} };
    drop(tokio::time::timeout(STOP_PATIENCE, ended).await);
    Ok(())
}

fn load(config: &Config) -> Result<Assets, DaemonError> {
    let folder = &config.publish.dir;
    Assets::load(folder).map_err(|cause| DaemonError::Folder {
        path: folder.clone(),
        cause,
    })
}

/// Returns the former addresses that the configuration lists.
fn redirects(config: &Config) -> Redirects {
    let feeds = config.topics.iter().flat_map(|topic| {
        let former = topic.former.iter();
        former.map(|former| (former.was.clone(), topic.id.clone()))
    });
    let sources = config.sources.iter().flat_map(|source| {
        let former = source.former.iter();
        former.map(|former| (former.was.clone(), source.id.clone()))
    });
    let site = config.site.site.clone();
    Redirects::new(site, &config.site.former, feeds, sources)
}

async fn bind(places: &[Listen]) -> Result<Vec<Listener>, DaemonError> {
    let mut listeners = Vec::with_capacity(places.len());
    for place in places {
        listeners.push(Listener::bind(place).await?);
    }
    Ok(listeners)
}

/// Publishes whenever something was committed, until it is aborted.
async fn publish(daemon: Arc<Daemon>, assets: Arc<Assets>, dirty: Arc<Notify>) {
    loop {
        dirty.notified().await;
        tokio::time::sleep(PUBLISH_TOGETHER).await;
        match daemon.publish(Files::Trust).await {
            Ok(publication) => {
                for name in &publication.files {
                    assets.refresh(name);
                }
                for feed in publication.feeds.iter().filter(|feed| feed.changed) {
                    tracing::info!(feed = %feed.id, stories = feed.stories, "published {}", feed.id);
                }
            }
            Err(error) => {
                tracing::error!("nothing was published: {}", super::chain(&error));
                tokio::time::sleep(PUBLISH_PAUSE).await;
                dirty.notify_one();
            }
        }
    }
}

/// Which source is due when; each at most once.
#[derive(Default)]
struct Queue {
    order: BTreeSet<(Timestamp, SourceId)>,
    due: HashMap<SourceId, Timestamp>,
}

impl Queue {
    fn put(&mut self, source: SourceId, at: Timestamp) {
        self.remove(&source);
        self.order.insert((at, source.clone()));
        self.due.insert(source, at);
    }

    fn remove(&mut self, source: &SourceId) {
        if let Some(at) = self.due.remove(source) {
            self.order.remove(&(at, source.clone()));
        }
    }

    fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    fn take_due(&mut self, now: Timestamp) -> Option<SourceId> {
        let (at, source) = self.order.first()?;
        if *at > now {
            return None;
        }
        let source = source.clone();
        self.remove(&source);
        Some(source)
    }
}

type Done = (SourceId, Result<Polled, StoreError>);
type Reloaded = Result<Result<Plan, Refused>, DaemonError>;

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
    daemon: Arc<Daemon>,
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
    told: Told,
    watch: Option<Watch>,
    systemd: Systemd,
}

impl Run {
    fn new(
        daemon: &Arc<Daemon>,
        file: PathBuf,
        environment: fn(&str) -> Option<String>,
        told: Told,
    ) -> Self {
        let in_force = daemon.in_force();
        Self {
            configured_at: daemon.clock.now(),
            watch: Watch::new(&in_force.config),
            daemon: Arc::clone(daemon),
            in_force,
            file,
            environment,
            queue: Queue::default(),
            polls: JoinSet::new(),
            releases: JoinSet::new(),
            decisions: JoinSet::new(),
            running: HashSet::new(),
            slow: BTreeSet::new(),
            looked_at: daemon.clock.now(),
            states: BTreeMap::new(),
            counts: BTreeMap::new(),
            reloading: None,
            waiting: Vec::new(),
            consent: Consent::Wanted,
            again: false,
            waiting_again: Vec::new(),
            refused: Vec::new(),
            told,
            systemd: Systemd::default(),
        }
    }

    /// Plans every configured source that is not being polled right now.
    fn plan(&mut self, states: &BTreeMap<SourceId, SourceState>) {
        let now = self.daemon.clock.now();
        if let Some(told) = super::set_back(&self.in_force.config, states, now) {
            tracing::warn!("{told}");
        }
        let slow = states.iter().filter(|(_, state)| state.timed_out);
        self.slow = slow.map(|(id, _)| id.clone()).collect();
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
    ) -> Result<(), StoreError> {
        loop {
            super::failpoint::hang("schedule").await;
            self.mind_clock().await;
            self.begin_due();
            self.systemd.goes_on(&self.summary());
            let now = self.daemon.clock.now();
            let pulse = self.systemd.pulse(PULSE);
            let wait = self.queue.next().map_or(pulse, |at| {
                (at - now).to_std().unwrap_or_default().min(pulse)
            });
            tokio::select! {
                signal = signals.recv() => match signal {
                    Some(Signal::Reload) => self.reload(),
                    Some(Signal::Stop) | None => return Ok(()),
                },
                Some(question) = questions.recv() => self.answer(question),
                Some(done) = self.polls.join_next() => match done {
                    // Without its writer the daemon is of no use: a restart may mend it.
                    Ok((_, Err(StoreError::Stopped))) => return Err(StoreError::Stopped),
                    Ok((source, polled)) => self.polled(source, &polled),
                    Err(error) => tracing::error!("a poll ended in a way that it cannot: {error}"),
                },
                Some(Ok(Some((by, source, done)))) = self.releases.join_next() => self.released(&by, &source, &done),
                Some(Ok(Some((by, decision, decided)))) = self.decisions.join_next() => self.decided(&by, &decision, &decided),
                reloaded = ended(&mut self.reloading) => self.reloaded(reloaded).await,
                () = changed(self.watch.as_ref()) => self.reload(),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Plans anew when the clock was set back: what was planned before lies too far off.
    async fn mind_clock(&mut self) {
        let now = self.daemon.clock.now();
        let before = std::mem::replace(&mut self.looked_at, now);
        if before - now <= TimeDelta::from_std(CLOCK_TOLERANCE).unwrap_or(TimeDelta::MAX) {
            return;
        }
        tracing::warn!("the clock was set back from {before} to {now}");
        match self.daemon.store.read(Reader::sources).await {
            Ok(states) => self.plan(&states),
            Err(error) => {
                // Another look, at the next turn.
                self.looked_at = before;
                tracing::error!(
                    "the sources could not be planned anew: {}",
                    super::chain(&error)
                );
            }
        }
    }

    fn begin_due(&mut self) {
        let now = self.daemon.clock.now();
        while let Some(id) = self.queue.take_due(now) {
            let (daemon, in_force) = (Arc::clone(&self.daemon), Arc::clone(&self.in_force));
            self.running.insert(id.clone());
            let share = Share::of(self.slow.contains(&id));
            self.polls.spawn(async move {
                let source = in_force.source(&id).expect("what is queued is configured");
                let polled =
                    AssertUnwindSafe(daemon.refresh(&in_force, source, share)).catch_unwind();
                // Only the writer's own end is left to panic about: what a document does to us is caught before.
                (id, polled.await.unwrap_or(Err(StoreError::Stopped)))
            });
        }
    }

    fn polled(&mut self, id: SourceId, polled: &Result<Polled, StoreError>) {
        self.running.remove(&id);
        let configured = self.states.contains_key(&id);
        let next = match polled {
            Ok(polled) => {
                tell(polled, self.states.get(&id).copied());
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
                polled.next_poll(self.daemon.clock.now())
            }
            Err(error) if !configured => {
                // It was renamed or taken out while it was polled.
                tracing::info!(source.id = %id, "the poll of {id}, which is configured no longer, was dropped: {}", super::chain(error));
                return;
            }
            Err(error) => {
                tracing::error!(source.id = %id, "the poll of {id} was not stored: {}", super::chain(error));
                self.daemon.clock.now() + STORE_PAUSE
            }
        };
        if configured {
            self.queue.put(id, next);
        }
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
            self.queue.put(id.clone(), self.daemon.clock.now());
        }
        if kept_back == 0 && self.states.get(id) == Some(&State::Held) {
            self.note(id, State::Ok);
        }
        self.told.dirty.notify_one();
    }

    fn decided(&mut self, by: &Operator, decision: &Decision, decided: &Decided) {
        let (story, title) = (decided.story, super::one_line(&decided.title));
        let (action, others) = (decision.action().as_str(), decided.others.len());
        let why = decision.reason().map(super::one_line);
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
        let (daemon, file, environment) = (
            Arc::clone(&self.daemon),
            self.file.clone(),
            self.environment,
        );
        self.reloading = Some(tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || config::load(&file, &environment)).await;
            let config =
                match read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
                    Ok(config) => config,
                    Err(refused) => return Ok(Err(refused)),
                };
            daemon.replace(config, consent).await.map(Ok)
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
            Err(error) => self.refuse(vec![super::chain(&error)]),
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
            lines,
        }
    }

    async fn put_in_force(&mut self, plan: &Plan) -> ReloadReport {
        let before = std::mem::replace(&mut self.in_force, self.daemon.in_force());
        self.configured_at = self.daemon.clock.now();
        self.refused.clear();
        self.watch = Watch::new(&self.in_force.config);
        let proxies = &self.in_force.config.server.trusted_proxies;
        self.told.proxies.trust(proxies.clone());
        self.told
            .redirects
            .send_replace(redirects(&self.in_force.config));
        let states = self.daemon.store.read(Reader::sources).await;
        match states {
            Ok(states) => self.plan(&states),
            Err(error) => tracing::error!(
                "the sources could not be planned anew: {}",
                super::chain(&error)
            ),
        }
        self.told.dirty.notify_one();
        let lines = differences(&before.config, &self.in_force.config, plan);
        for line in &lines {
            tracing::info!("{line}");
        }
        ReloadReport {
            applied: true,
            wants_consent: false,
            lines,
        }
    }

    fn answer(&mut self, question: Question) {
        match question {
            // That it is answered here is the proof that the loop turns.
            Question::Health(answer) => drop(answer.send(Health {
                well: true,
                reason: None,
            })),
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
                let daemon = Arc::clone(&self.daemon);
                self.releases.spawn(async move {
                    let released = daemon.release(&id, chosen, by.clone()).await;
                    let released = released
                        .inspect_err(|error| {
                            tracing::error!(%by, "{by} could not release {id:?}: {}", super::chain(error));
                        })
                        .ok()?;
                    // Whoever asked may have gone away meanwhile.
                    drop(answer.send(released.clone()));
                    Some((by, id.parse().ok()?, Let::Through(released)))
                });
            }
            Question::Discard(by, id, chosen, answer) => {
                let daemon = Arc::clone(&self.daemon);
                self.releases.spawn(async move {
                    let discarded = daemon.discard(&id, chosen, by.clone()).await;
                    let discarded = discarded
                        .inspect_err(|error| {
                            tracing::error!(%by, "{by} could not discard held items of {id:?}: {}", super::chain(error));
                        })
                        .ok()?;
                    // Whoever asked may have gone away meanwhile.
                    drop(answer.send(discarded.clone()));
                    Some((by, id.parse().ok()?, Let::Away(discarded)))
                });
            }
            Question::Decide(by, decision, answer) => {
                let daemon = Arc::clone(&self.daemon);
                self.decisions.spawn(async move {
                    let decided = daemon.decide(decision.clone(), by.clone()).await;
                    let told = decided
                        .as_ref()
                        .map_err(|error| super::chain(error))
                        .cloned();
                    if let Err(why) = &told {
                        let action = decision.action().as_str();
                        tracing::warn!(%by, "{by} could not {action}: {why}");
                    }
                    // Whoever asked may have gone away meanwhile.
                    drop(answer.send(told.into()));
                    Some((by, decision, decided.ok()?))
                });
            }
            Question::Status(answer) => {
                let (daemon, refused, configured_at) = (
                    Arc::clone(&self.daemon),
                    self.refused.clone(),
                    self.configured_at,
                );
                tokio::spawn(async move {
                    if let Ok(sources) = daemon.status().await {
                        drop(answer.send(Status {
                            sources,
                            refused,
                            configured_at,
                        }));
                    }
                });
            }
        }
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
        format!(
            "{sources} sources, {failing} of them failing, {polling} being polled; {feeds} feeds"
        )
    }

    /// Lets running polls end, within a bound; what is dropped is polled again the next time.
    async fn finish(&mut self) {
        let ended = async { while self.polls.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_PATIENCE, ended).await.is_err() {
            tracing::warn!(
                "{} polls did not end in time and were dropped",
                self.polls.len()
            );
            self.polls.shutdown().await;
        }
    }
}

/// The end of the reload that runs; never, while none does.
async fn ended(reloading: &mut Option<JoinHandle<Reloaded>>) -> Reloaded {
    match reloading {
        Some(reload) => reload
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())),
        None => future::pending().await,
    }
}

/// The next change of a file of the configuration; never, where they are not watched.
async fn changed(watch: Option<&Watch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => future::pending().await,
    }
}

/// One line a change at info, one a poll at debug; a failure once, when it begins, and once more when it is over.
fn tell(polled: &Polled, before: Option<State>) {
    let Polled {
        source: id,
        committed,
        failure,
        ..
    } = polled;
    let was_well = before.is_none_or(|state| matches!(state, State::New | State::Ok));
    metrics::counter!("tidings_polls_total", "outcome" => committed.state.as_str()).increment(1);
    metrics::counter!("tidings_items_total", "change" => "new").increment(committed.new as u64);
    metrics::counter!("tidings_items_total", "change" => "updated")
        .increment(committed.updated as u64);
    match failure {
        Some(problem) if was_well || before != Some(committed.state) => {
            tracing::warn!(source.id = %id, code = %problem.code, "{id}: {}; {}", problem.text, problem.action);
        }
        Some(problem) => tracing::debug!(source.id = %id, code = %problem.code, "{id} fails still"),
        None if committed.state == State::Held => {
            if let Some(problem) = committed
                .held
                .as_ref()
                .filter(|_| before != Some(State::Held))
            {
                tracing::warn!(source.id = %id, code = %problem.code, "{id}: {}; {}", problem.text, problem.action);
            }
        }
        None if !was_well => {
            tracing::info!(source.id = %id, new = committed.new, "{id} is well again");
        }
        None if committed.new + committed.updated > 0 => {
            let (new, updated, joined) = (committed.new, committed.updated, committed.joined);
            tracing::info!(source.id = %id, new, updated, joined, "{id}: {new} new, {updated} updated");
        }
        None => tracing::debug!(source.id = %id, "{id}: nothing new"),
    }
}

/// Why a reload was refused that nobody has said yes to, a line each.
fn unasked(plan: &Plan) -> Vec<String> {
    let mut lines = plan.refusals();
    let what_to_do = "`tidings plan` shows what would change, `tidings reload --yes` does it";
    lines.push(what_to_do.to_owned());
    lines
}

/// Feeds that are told one by one of what a reload changed.
const TOLD_FEEDS: usize = 20;

/// What a reload did to feeds, a line each.
fn feeds_changed(plan: &Plan) -> Vec<String> {
    let moving = plan
        .feeds
        .iter()
        .filter(|feed| feed.live + feed.quiet + feed.leave > 0);
    let line = |feed: &FeedPlan| {
        let FeedPlan {
            id,
            live,
            quiet,
            leave,
            ..
        } = feed;
        format!("feed {id}: {live} enter live, {quiet} quietly, {leave} leave")
    };
    let mut lines: Vec<String> = moving.clone().take(TOLD_FEEDS).map(line).collect();
    let more = moving.count().saturating_sub(TOLD_FEEDS);
    lines.extend((more > 0).then(|| format!("and {more} feeds more")));
    lines
}

/// What a reload changed, a line each, and what of it wants a restart.
fn differences(before: &Config, after: &Config, plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let sources = |config: &Config| -> BTreeSet<String> {
        let ids = config.sources.iter().map(|source| source.id.to_string());
        ids.collect()
    };
    let renamed = plan.renamed_sources.iter();
    let renamed: Vec<_> = renamed
        .map(|(was, now)| (was.to_string(), now.to_string()))
        .collect();
    lines.extend(come_and_gone(
        "source",
        sources(before),
        sources(after),
        &renamed,
    ));
    let topics = |config: &Config| -> BTreeSet<String> {
        let ids = config.topics.iter().map(|topic| topic.id.to_string());
        ids.collect()
    };
    let renamed = plan.renamed_feeds.iter();
    let renamed: Vec<_> = renamed
        .filter(|(was, _)| was.branch().is_none())
        .map(|(was, now)| (was.to_string(), now.to_string()))
        .collect();
    lines.extend(come_and_gone(
        "topic",
        topics(before),
        topics(after),
        &renamed,
    ));
    lines.extend(feeds_changed(plan));
    for (key, same) in [
        (
            "[server] listen",
            before.server.listen == after.server.listen,
        ),
        ("[admin]", before.admin == after.admin),
        ("[store] url", before.store == after.store),
        ("[publish] dir", before.publish.dir == after.publish.dir),
    ] {
        if !same {
            lines.push(format!("{key} changed: that takes a restart"));
        }
    }
    lines.push(format!(
        "in force: {} sources, {} topics",
        after.sources.len(),
        after.topics.len()
    ));
    lines
}

fn come_and_gone(
    what: &str,
    mut before: BTreeSet<String>,
    mut after: BTreeSet<String>,
    renamed: &[(String, String)],
) -> Vec<String> {
    let mut lines = Vec::new();
    for (was, now) in renamed {
        before.remove(was);
        after.remove(now);
        lines.push(format!("{what} {was} is called {now} now"));
    }
    let come = after
        .difference(&before)
        .map(|name| format!("new {what} {name}"));
    let gone = before
        .difference(&after)
        .map(|name| format!("{what} {name} is configured no longer"));
    lines.extend(come.chain(gone));
    lines
}
