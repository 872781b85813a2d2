//! The front of a run: its sockets, the files served from memory, questions and signals. It keeps running while
//! the store behind it is opened, lost, and opened again.
//!
//! In: a configuration, sockets, signals. Out: an open [`Flow`], as soon as possible. Until then the published
//! feeds are served as they are, and administrators get the reason.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::DaemonError;
use super::differences::restart_due;
use super::faults::{DaemonPart, PartFaults};
use super::systemd::SystemdNotifier;
use crate::config::{self, Config, ConfigFile};
use crate::flow::{Clock, FileCheck, Flow, FlowError, due_time, holds_feeds, source_statuses};
use crate::model::{ListenAddress, ProblemCode, SourceId, Timestamp, TopicId};
use crate::serve::{
    self, AdminRequest, DaemonHealth, DaemonStatus, DecisionReport, ForgetReport, Listener,
    Metrics, PublishedAssets, Redirects, ReloadReport, SearchRequest, Searches, TrustedProxies,
};
use crate::store::{
    ProblemState, SourceCondition, SourceState, SourceStatus, StoreFault, StoreReader,
};

/// The pause before another attempt to open the store.
const OPEN_PAUSE: Duration = Duration::from_secs(5);
/// The time that connections have to finish at shutdown.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// Questions that may be queued.
const QUESTIONS: usize = 16;

/// A signal to the daemon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonSignal {
    /// Reload the configuration.
    Reload,
    /// Stop.
    Stop,
}

/// A summary of the services started, for people who started the daemon by hand.
#[derive(Clone, Debug)]
pub struct StartSummary {
    /// The addresses for readers.
    pub addresses: Vec<String>,
    /// Every topic.
    pub topics: Vec<TopicId>,
    /// The number of polled sources.
    pub sources: usize,
    /// The time of the next poll; `None` without sources, and while the store cannot be read.
    pub next_poll: Option<Timestamp>,
}

/// Called when the feeds are served.
pub type ServingCallback = Box<dyn FnOnce(&StartSummary) + Send>;

/// The inputs of a run.
pub struct DaemonSetup {
    /// The path of the configuration as given.
    pub file: PathBuf,
    /// The mistakes in the files, one per line, if the configuration last in force is used instead.
    pub refused: Vec<String>,
    /// Looks up an environment variable, for secrets.
    pub environment: fn(&str) -> Option<String>,
    /// Sockets passed in by systemd; empty to listen as configured.
    pub inherited: Vec<Listener>,
    /// Signals, in order.
    pub signals: mpsc::Receiver<DaemonSignal>,
    /// Called when the feeds are served.
    pub serving: ServingCallback,
}

/// The side of the daemon that faces readers and administrators.
pub(super) struct DaemonFront {
    pub(super) file: PathBuf,
    /// The mistakes in the files while the configuration last in force is used instead.
    pub(super) refused: Vec<String>,
    pub(super) environment: fn(&str) -> Option<String>,
    pub(super) signals: mpsc::Receiver<DaemonSignal>,
    pub(super) questions: mpsc::Receiver<AdminRequest>,
    pub(super) assets: Arc<PublishedAssets>,
    pub(super) proxies: Arc<TrustedProxies>,
    pub(super) sought: Arc<Mutex<mpsc::Receiver<SearchRequest>>>,
    pub(super) redirects: watch::Sender<Redirects>,
    pub(super) faults: Arc<PartFaults>,
    pub(super) metrics: Metrics,
    /// The addresses for administrators.
    pub(super) admin: Vec<ListenAddress>,
    /// The configuration files that the sockets were opened with.
    pub(super) started: Arc<[ConfigFile]>,
    servers: JoinSet<()>,
    stop: watch::Sender<bool>,
}

type OpenResult = Result<Arc<Flow>, FlowError>;

impl DaemonFront {
    /// Listens, opens the store and publishes, then serves. Starts without a flow if the store or its disk
    /// fails but there are files to serve.
    pub(super) async fn start(
        config: &Config,
        clock: Clock,
        setup: DaemonSetup,
    ) -> Result<(Self, Option<Arc<Flow>>), DaemonError> {
        let public = if setup.inherited.is_empty() {
            bind_listeners(&config.server.listen).await?
        } else {
            setup.inherited
        };
        let admin = bind_listeners(&config.admin.listen).await?;
        let metrics = Metrics::default();
        let faults = Arc::new(PartFaults::new(metrics.clone()));
        let flow = open_and_publish(config, clock, &faults).await?;
        let assets = Arc::new(load_assets(config)?);
        let addresses: Vec<String> = public.iter().map(Listener::address).collect();
        let (asked, questions) = mpsc::channel(QUESTIONS);
        let (stop, stopped) = watch::channel(false);
        let proxies = Arc::new(TrustedProxies::new(config.server.trusted_proxies.clone()));
        let (searches, sought) = Searches::new(Arc::clone(&proxies));
        let searches = Arc::new(searches);
        let (redirects, moved) = watch::channel(former_redirects(config));
        let mut servers = JoinSet::new();
        for listener in public {
            let router = serve::public(
                Arc::clone(&assets),
                Arc::clone(&searches),
                moved.clone(),
                metrics.clone(),
            );
            let proxies = Arc::clone(&proxies);
            servers.spawn(serve::serve_connections(
                listener,
                router,
                proxies,
                stopped.clone(),
            ));
        }
        for listener in admin {
            tracing::info!("administrators are answered at {}", listener.address());
            let hosts = config.admin.hosts.clone();
            let router = serve::admin(asked.clone(), metrics.clone(), hosts);
            let proxies = Arc::default();
            servers.spawn(serve::serve_connections(
                listener,
                router,
                proxies,
                stopped.clone(),
            ));
        }
        let topics = config.topics.iter().map(|topic| topic.id.clone());
        (setup.serving)(&StartSummary {
            addresses,
            topics: topics.collect(),
            sources: config.sources.len(),
            next_poll: match &flow {
                Some(flow) => next_poll_time(flow).await,
                None => None,
            },
        });
        SystemdNotifier::notify_ready();
        let front = Self {
            file: setup.file,
            refused: setup.refused,
            environment: setup.environment,
            signals: setup.signals,
            questions,
            assets,
            proxies,
            sought: Arc::new(Mutex::new(sought)),
            redirects,
            faults,
            metrics,
            admin: config.admin.listen.clone(),
            started: config.files.clone().into(),
            servers,
            stop,
        };
        Ok((front, flow))
    }

    /// Tries to open the store until it succeeds, and answers questions meanwhile; `None` on a signal to stop.
    pub(super) async fn wait_for_store(
        &mut self,
        config: &mut Config,
        clock: Clock,
    ) -> Result<Option<Arc<Flow>>, DaemonError> {
        let (begun, mut systemd) = (clock.now(), SystemdNotifier::default());
        let mut opening: Option<JoinHandle<OpenResult>> = None;
        let mut next = Instant::now();
        loop {
            systemd.notify_alive("the database cannot be used; what is published is served");
            let pulse = Instant::now() + systemd.watchdog_wait(OPEN_PAUSE);
            tokio::select! {
                signal = self.signals.recv() => match signal {
                    Some(DaemonSignal::Reload) => self.reread_config(config).await,
                    Some(DaemonSignal::Stop) | None => {
                        SystemdNotifier::notify_stopping();
                        return Ok(None);
                    }
                },
                Some(question) = self.questions.recv() => self.answer_question(question, config, begun),
                opened = wait_until_opened(&mut opening) => {
                    opening = None;
                    next = Instant::now() + OPEN_PAUSE;
                    match opened {
                        Ok(flow) => {
                            self.faults.mark_working(DaemonPart::Store);
                            return Ok(Some(flow));
                        }
                        Err(FlowError::Store(error)) if self.faults.store_failed(&error, clock.now()) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                () = sleep_until(next), if opening.is_none() => {
                    let config = config.clone();
                    opening = Some(tokio::spawn(async move {
                        Ok(Arc::new(Flow::start(config, clock).await?))
                    }));
                }
                () = sleep_until(pulse) => {}
            }
        }
    }

    /// Reads the current configuration for the next attempt.
    async fn reread_config(&mut self, config: &mut Config) {
        let (file, environment) = (self.file.clone(), self.environment);
        let read = tokio::task::spawn_blocking(move || config::load(&file, &environment)).await;
        match read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
            Ok(changed) => {
                self.refused.clear();
                *config = changed;
            }
            Err(refused) => {
                for line in refused.to_string().lines() {
                    tracing::error!("{line}");
                }
            }
        }
    }

    fn answer_question(&self, question: AdminRequest, config: &Config, begun: Timestamp) {
        let reason = self.faults.describe_problems();
        match question {
            AdminRequest::Status(answer) => {
                let mut sources = source_statuses(config, BTreeMap::<SourceId, SourceState>::new());
                let problems = self.faults.problems();
                for source in &mut sources {
                    mark_unstored(source, problems.first(), None);
                }
                // The client may have gone away meanwhile.
                drop(answer.send(DaemonStatus {
                    sources,
                    problems,
                    store: config.store.path.clone(),
                    refused: self.refused.clone(),
                    configured_at: begun,
                    restart_due: restart_due(&self.started, &config.files),
                }));
            }
            question => refuse_question(question, &reason.unwrap_or_default()),
        }
    }

    /// Answers accepted requests, within a time limit, and closes the sockets.
    pub(super) async fn close(mut self) {
        self.questions.close();
        while let Ok(question) = self.questions.try_recv() {
            refuse_question(question, "tidings is stopping");
        }
        self.stop.send_replace(true);
        let ended = async { while self.servers.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_PATIENCE, ended).await.is_err() {
            tracing::warn!("connections that did not end in time were dropped");
        }
    }
}

/// Refuses a question for `reason`.
pub(super) fn refuse_question(question: AdminRequest, reason: &str) {
    // The client may have gone away meanwhile.
    match question {
        AdminRequest::Health(answer) => drop(answer.send(DaemonHealth {
            well: false,
            reason: Some(reason.to_owned()),
        })),
        AdminRequest::Reload(_, _, answer) => drop(answer.send(ReloadReport {
            applied: false,
            wants_consent: false,
            failed: true,
            lines: vec![reason.to_owned()],
        })),
        AdminRequest::Decide(_, _, answer) => {
            drop(answer.send(DecisionReport::Refused(reason.to_owned())));
        }
        AdminRequest::Forget(_, _, answer) => {
            drop(answer.send(ForgetReport::Refused(reason.to_owned())));
        }
        AdminRequest::Status(_) | AdminRequest::Release(..) | AdminRequest::Discard(..) => {}
    }
}

/// Marks sources whose answers are not stored.
pub(super) fn mark_unstored(
    source: &mut SourceStatus,
    problem: Option<&ProblemState>,
    next_poll: Option<Timestamp>,
) {
    let Some(problem) = problem else { return };
    source.known.state = SourceCondition::Failing;
    source.known.next_poll = next_poll.or(source.known.next_poll);
    source.known.problem = Some(ProblemState {
        code: ProblemCode::NotStored.to_string(),
        ..problem.clone()
    });
}

/// Opens the store and publishes for the first time; `None` if it is worth retrying.
async fn open_and_publish(
    config: &Config,
    clock: Clock,
    faults: &Arc<PartFaults>,
) -> Result<Option<Arc<Flow>>, DaemonError> {
    for part in [DaemonPart::Store, DaemonPart::Feeds] {
        faults.mark_working(part);
    }
    let serves = holds_feeds(config);
    let flow = match Flow::start(config.clone(), clock).await {
        Ok(flow) => Arc::new(flow),
        Err(FlowError::Store(error)) => {
            let may_wait = error.fault().is_some_and(|fault| serves || may_heal(fault));
            if may_wait && faults.store_failed(&error, clock.now()) {
                return Ok(None);
            }
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    match flow.publish(FileCheck::Look).await {
        Ok(_) => {}
        // There is nothing to serve and nothing can be written: the configuration names the wrong folder.
        Err(error @ FlowError::Publish(_)) if !serves => return Err(error.into()),
        Err(error) => faults.publishing_failed(&error, clock.now()),
    }
    Ok(Some(flow))
}

/// Returns the time at which the first source is due; `None` without sources, or if the store cannot be read.
async fn next_poll_time(flow: &Flow) -> Option<Timestamp> {
    let states = flow.store.read(StoreReader::source_states).await.ok()?;
    let (now, in_force) = (flow.clock.now(), flow.in_force());
    let sources = in_force.config.sources.iter();
    let due = sources.map(|source| due_time(source, states.get(&source.id), now));
    due.min()
}

/// Returns true if a fault may pass by itself. Any other fault, with nothing to serve, is a mistake in the
/// configuration.
fn may_heal(fault: StoreFault) -> bool {
    match fault {
        StoreFault::DiskFull | StoreFault::Locked | StoreFault::Removed | StoreFault::Replaced => {
            true
        }
        StoreFault::ReadOnly | StoreFault::Damaged | StoreFault::Failing => false,
    }
}

fn load_assets(config: &Config) -> Result<PublishedAssets, DaemonError> {
    let folder = &config.publish.dir;
    PublishedAssets::load(folder).map_err(|cause| DaemonError::Folder {
        path: folder.clone(),
        cause,
    })
}

/// Returns the former addresses in the configuration.
pub(super) fn former_redirects(config: &Config) -> Redirects {
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

async fn bind_listeners(places: &[ListenAddress]) -> Result<Vec<Listener>, DaemonError> {
    let mut listeners = Vec::with_capacity(places.len());
    for place in places {
        listeners.push(Listener::bind(place).await?);
    }
    Ok(listeners)
}

/// Waits for a running attempt to open the store; forever if there is none.
async fn wait_until_opened(opening: &mut Option<JoinHandle<OpenResult>>) -> OpenResult {
    match opening {
        Some(opening) => opening
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())),
        None => std::future::pending().await,
    }
}
