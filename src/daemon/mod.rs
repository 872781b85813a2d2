//! The whole flow, and the only module that sees it: a source is fetched, read, normalized, classified and committed;
//! feeds that a commit touched are published.
//!
//! The clock is here. Parsing and comparing leave the async threads; a poll that panics costs its source only.

mod clock;
mod continuity;
mod definition;
mod differences;
mod failpoint;
mod faults;
mod feeds;
mod forget;
mod front;
mod poll;
mod publisher;
mod report;
mod run;
mod search;
mod systemd;
mod watch;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::SecondsFormat;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Mutex;
use url::Url;

pub use self::clock::Clock;
pub use self::definition::assumed_languages;
#[cfg(test)]
pub(crate) use self::definition::definition;
use self::faults::Faults;
pub use self::feeds::Files;
pub use self::front::{Serving, Setup, Signal, Started};
pub use self::poll::EntryPage;
pub use self::run::run;
pub use self::search::SearchError;
use crate::classify::Classifier;
use crate::config::{self, Config, SecretError};
use crate::drift::{History, Known};
use crate::extract;
use crate::fetch::{self, Fetcher, Limits, Share};
use crate::model::{
    FeedId, Hash, Location, Operator, ProblemCode, PublicUrl, Secret, Source, SourceId, Timestamp,
};
use crate::publish::PublishError;
use crate::schedule;
use crate::serve::ListenError;
use crate::store::{
    self, Chosen, Committed, Consent, Decided, Decision, Definition, Discarded, Failure,
    FailureKind, Forgotten, Holdings, Outcome, Pace, Plan, Poll, Presence, ProblemState, Reader,
    Released, SourceProblem, SourceState, SourceStatus, State, Store, StoreError,
};

/// The most known items that a page which drifted is searched for.
const MAX_KNOWN: usize = 50;

/// Why the flow stopped. A failing source is no such reason.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The published folder failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The HTTP client cannot be set up.
    #[error("the HTTP client cannot be set up")]
    Client(#[source] reqwest::Error),
    /// A socket cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The published folder cannot be read.
    #[error("the published folder {} cannot be read", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What failed.
        #[source]
        cause: std::io::Error,
    },
    /// A source that is not configured.
    #[error("there is no source `{0}` in the configuration")]
    UnknownSource(String),
}

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
    fn next_poll(&self, now: Timestamp) -> Timestamp {
        if self.at > now + schedule::CLOCK_TOLERANCE {
            now
        } else {
            self.committed.next_poll
        }
    }
}

/// Why a poll left nothing in the store.
#[derive(Debug)]
struct NotStored {
    cause: StoreError,
    /// The poll that was lost; `None` if the source was not asked.
    asked: Option<Asked>,
}

/// A source that was asked, though the answer is not stored.
#[derive(Clone, Copy, Debug)]
struct Asked {
    /// When its own pace, and what its server asked for, let it be asked again.
    next: Timestamp,
    /// Whether it gave something that is lost until it is asked again.
    has_news: bool,
}

impl From<StoreError> for NotStored {
    fn from(cause: StoreError) -> Self {
        Self { cause, asked: None }
    }
}

/// What became of one feed.
#[derive(Clone, Debug)]
pub struct Published {
    /// Its name.
    pub id: FeedId,
    /// Its title.
    pub title: String,
    /// Stories in it.
    pub stories: usize,
    /// Whether any of its files changed.
    pub changed: bool,
}

/// What a publication wrote.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// Every feed.
    pub feeds: Vec<Published>,
    /// The files that changed or are gone.
    pub files: Vec<String>,
}

/// A configuration with what is made of it.
#[derive(Debug)]
pub struct InForce {
    /// The configuration.
    pub config: Config,
    /// Where in the configuration each source stands.
    places: HashMap<SourceId, usize>,
    fetcher: Fetcher,
    classifier: Arc<Classifier>,
    /// Changes with whatever decides an item's topics and regions.
    key: Hash,
}

/// Everything that a run needs.
#[derive(Debug)]
pub struct Daemon {
    clock: Clock,
    store: Store,
    in_force: RwLock<Arc<InForce>>,
    /// Held by whoever writes into the published folder.
    publishing: Arc<Mutex<()>>,
    faults: Arc<Faults>,
}

/// The limits that a configuration sets for fetching.
pub fn limits(config: &Config) -> Limits {
    let fetch = &config.fetch;
    Limits {
        timeout: fetch.timeout,
        max_body_bytes: fetch.max_body_bytes,
        concurrency: fetch.concurrency,
        per_host: fetch.per_host,
        host_delay: fetch.host_delay,
        allow_networks: fetch.allow_networks.clone(),
        user_agent: user_agent(&config.site.site.base_url, config.site.contact.as_deref()),
    }
}

/// Who asks, and whom to write to.
fn user_agent(base_url: &Url, contact: Option<&str>) -> String {
    let contact = contact
        .map(|contact| format!("; {contact}"))
        .unwrap_or_default();
    format!(
        "tidings/{} (+{base_url}{contact})",
        env!("CARGO_PKG_VERSION")
    )
}

impl InForce {
    /// What comes into force with `config`, and what the store must know of it.
    fn new(config: Config, at: Timestamp) -> Result<(Self, Definition), DaemonError> {
        let fetcher = Fetcher::new(limits(&config)).map_err(DaemonError::Client)?;
        let classifier = Arc::new(Classifier::new(
            &config.topics,
            &definition::assumed_languages(&config),
        ));
        let places = config
            .sources
            .iter()
            .enumerate()
            .map(|(place, source)| (source.id.clone(), place))
            .collect();
        let definition = definition::definition(&config, &classifier, at);
        let in_force = Self {
            key: definition.key,
            config,
            places,
            fetcher,
            classifier,
        };
        Ok((in_force, definition))
    }

    fn source(&self, id: &SourceId) -> Option<&Source> {
        self.config.sources.get(*self.places.get(id)?)
    }
}

/// The source with the address to fetch: one that is a secret is read off the async threads.
async fn resolved(source: &Source) -> Result<Cow<'_, Source>, SecretError> {
    if !matches!(source.location, Location::Secret(_)) {
        return Ok(Cow::Borrowed(source));
    }
    let secret = source.clone();
    let read = tokio::task::spawn_blocking(move || config::resolve(&secret).map(Cow::into_owned));
    let read = read.await;
    read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
        .map(Cow::Owned)
}

impl Daemon {
    /// Opens the store and brings the configuration into it.
    ///
    /// # Errors
    /// [`DaemonError`] when another process uses the store, or it cannot be opened.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, DaemonError> {
        Self::open(config, clock, Arc::default()).await
    }

    /// As [`Self::start`], with what is known to be out of order.
    async fn open(config: Config, clock: Clock, faults: Arc<Faults>) -> Result<Self, DaemonError> {
        let path = config.store.path.clone();
        let opened = tokio::task::spawn_blocking(move || Store::open(&path)).await;
        let store = opened.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        let (in_force, definition) = InForce::new(config, clock.now())?;
        // Whoever starts it means the configuration as it stands, and nobody could be asked.
        let plan = store.define(definition, Consent::Given).await?;
        for line in plan.refusals() {
            tracing::warn!("the configuration has changed: {line}");
        }
        for (was, now) in &plan.renamed_feeds {
            tracing::info!("the feed {was} is called {now} now");
        }
        for (was, now) in &plan.renamed_sources {
            tracing::info!("the source {was} is called {now} now");
        }
        let daemon = Self {
            clock,
            store,
            in_force: RwLock::new(Arc::new(in_force)),
            publishing: Arc::default(),
            faults,
        };
        daemon.look_back().await?;
        Ok(daemon)
    }

    /// Says, now and in `status`, when the store is not the one that published the feeds.
    async fn look_back(&self) -> Result<(), StoreError> {
        let (in_force, at) = (self.in_force(), self.clock.now());
        let (path, is_new) = (self.store.path().display().to_string(), self.store.is_new());
        let looked = self.store.read(move |reader| {
            let mark = continuity::Mark {
                store: reader.store_name()?,
                rev: reader.revision()?,
            };
            let opened = continuity::Opened { path, mark, is_new };
            let (left, feeds) = feeds::left_behind(reader, &in_force.config)?;
            Ok::<_, StoreError>(continuity::compare(left.as_ref(), feeds, &opened, at))
        });
        let Some(found) = looked.await? else {
            return Ok(());
        };
        tracing::warn!(code = found.code, "{}; {}", found.text, found.action);
        self.store.remember_break(found).await
    }

    /// The configuration that is in force, and stays so for whoever holds it.
    pub fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another configuration in force; the store, the listeners and polls that run stay as they are. What that
    /// changed, or would change: where `consent` is wanted and the plan has refusals, the one before it stays.
    ///
    /// # Errors
    /// [`DaemonError`], and then the one before it stays.
    pub async fn replace(&self, config: Config, consent: Consent) -> Result<Plan, DaemonError> {
        let (in_force, definition) = InForce::new(config, self.clock.now())?;
        let settings = config::changes(&self.in_force().config.files, &in_force.config.files);
        let plan = Plan {
            settings,
            ..self.store.define(definition, consent).await?
        };
        if plan.is_granted(consent) {
            *self
                .in_force
                .write()
                .unwrap_or_else(PoisonError::into_inner) = Arc::new(in_force);
        }
        Ok(plan)
    }

    /// Polls the sources that `selection` means, as many at once as configured, begun in the order of the configuration
    /// except for those that timed out the last time, which have a share of their own;
    /// `progress` hears how many there are, and of each as it is done.
    ///
    /// # Errors
    /// [`DaemonError::UnknownSource`]; the first [`StoreError`], and the other sources are polled all the same.
    pub async fn poll(
        &self,
        selection: &Selection,
        mut progress: impl FnMut(usize, Option<&Polled>),
    ) -> Result<Vec<Polled>, DaemonError> {
        let in_force = self.in_force();
        let sources = self.select(&in_force, selection).await?;
        progress(sources.len(), None);
        let slow = self.store.read(Reader::timed_out).await?;
        let polls = sources.iter().map(|source| {
            let share = Share::of(slow.contains(&source.id));
            self.refresh(&in_force, source, share)
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

    /// Tells of sources that were polled by a clock that was ahead; `None` where there are none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn set_back(&self) -> Result<Option<String>, StoreError> {
        let states = self.store.read(Reader::sources).await?;
        Ok(set_back(&self.in_force().config, &states, self.clock.now()))
    }

    async fn select<'a>(
        &self,
        in_force: &'a InForce,
        selection: &Selection,
    ) -> Result<Vec<&'a Source>, DaemonError> {
        let sources = &in_force.config.sources;
        match selection {
            Selection::All => Ok(sources.iter().collect()),
            Selection::Named(names) => {
                let known =
                    |name: &&String| sources.iter().any(|source| source.id.as_str() == *name);
                if let Some(unknown) = names.iter().find(|name| !known(name)) {
                    return Err(DaemonError::UnknownSource(unknown.clone()));
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
    async fn refresh(
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
        Box::pin(self.flow(in_force, &source)).await
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
            action: "the daemon's user must be able to read what `url` refers to; a variable or a credential that was added takes a restart"
                .to_owned(),
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
    async fn flow(&self, in_force: &InForce, source: &Source) -> Result<Polled, NotStored> {
        let at = self.clock.now();
        let (fingerprint, block) = (source.fingerprint(extract::VERSION), source.block());
        let id = source.id.clone();
        let (standing, history, pace) = self
            .store
            .read(move |reader| {
                let standing = poll::Standing::read(reader, &id, (fingerprint, block), at)?;
                let history = reader.history(&id, fingerprint)?;
                Ok::<_, StoreError>((standing, history, reader.pace(&id)?))
            })
            .await?;
        let source = &*standing.reading(source);
        let errand = poll::Errand {
            fetcher: &in_force.fetcher,
            store: &self.store,
            robots: in_force.config.fetch.robots,
            source,
            at,
        };
        let requests = errand.requests(&standing);
        let poll::Digested {
            mut outcome,
            read_by,
            drifted,
            details,
        } = poll::outcome(
            &in_force.config.fetch,
            &in_force.classifier,
            source,
            Box::pin(errand.gather(standing)),
            requests,
            &history,
            fingerprint,
        )
        .await?;
        if let (Some(page), Outcome::Failed { failure, .. }) = (drifted, &mut outcome) {
            let known = self.known(&source.id, &history).await?;
            poll::propose(source, page, known, failure).await;
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

    /// Publishes chosen items that are held back of a source, and takes what its next poll gives as it is.
    ///
    /// # Errors
    /// [`DaemonError::UnknownSource`] when it is not configured; [`StoreError`].
    pub async fn release(
        &self,
        id: &str,
        chosen: Chosen,
        by: Operator,
    ) -> Result<Released, DaemonError> {
        let source = self.configured(id)?;
        let now = self.clock.now();
        Ok(self.store.release(source, chosen, by, now).await?)
    }

    /// Throws chosen items away that are held back of a source: no poll brings them again.
    ///
    /// # Errors
    /// As [`Self::release`].
    pub async fn discard(
        &self,
        id: &str,
        chosen: Chosen,
        by: Operator,
    ) -> Result<Discarded, DaemonError> {
        let source = self.configured(id)?;
        let now = self.clock.now();
        Ok(self.store.discard(source, chosen, by, now).await?)
    }

    /// Takes the stories of a source that is configured no longer out of all feeds.
    ///
    /// # Errors
    /// [`StoreError::Forget`] where it is configured, or nothing is known of it.
    pub async fn forget(&self, source: SourceId, by: Operator) -> Result<Forgotten, StoreError> {
        self.store.forget(source, by, self.clock.now()).await
    }

    fn configured(&self, id: &str) -> Result<SourceId, DaemonError> {
        let unknown = || DaemonError::UnknownSource(id.to_owned());
        let source = id.parse().map_err(|_| unknown())?;
        self.in_force().source(&source).ok_or_else(unknown)?;
        Ok(source)
    }

    /// Carries out, and records, a decision about stories.
    ///
    /// # Errors
    /// [`StoreError`], with the reason where it cannot be carried out.
    pub async fn decide(&self, decision: Decision, by: Operator) -> Result<Decided, StoreError> {
        self.store.decide(decision, by, self.clock.now()).await
    }

    /// Publishes what has changed since it was last published, and (where `files` says to look) what is missing.
    ///
    /// # Errors
    /// [`DaemonError`] when the folder cannot be written; what was not marked is published the next time.
    pub async fn publish(&self, files: Files) -> Result<Publication, DaemonError> {
        let turn = Arc::clone(&self.publishing).lock_owned().await;
        let in_force = self.in_force();
        let rendered = self
            .store
            .read(move |reader| {
                // Held here and not around: writing goes on when nobody waits for it any more.
                let _turn = turn;
                feeds::write(reader, &in_force.config, &files)
            })
            .await?;
        if !rendered.marks.is_empty() {
            self.store.mark_published(rendered.marks).await?;
        }
        Ok(rendered.publication)
    }

    /// What the store knows of every configured source, in the order of the configuration.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn status(&self) -> Result<Vec<SourceStatus>, StoreError> {
        let states = self.store.read(Reader::sources).await?;
        Ok(statuses(&self.in_force().config, states))
    }
}

/// The status of every configured source, in the order of the configuration, then of sources that are gone from it but
/// still have items.
pub fn statuses(config: &Config, mut states: BTreeMap<SourceId, SourceState>) -> Vec<SourceStatus> {
    let of = |source: &Source| {
        let known = states
            .remove(&source.id)
            .unwrap_or_else(SourceState::never_polled);
        SourceStatus::new(source.id.to_string(), known)
    };
    let mut all: Vec<SourceStatus> = config.sources.iter().map(of).collect();
    all.extend(
        states
            .into_iter()
            .filter_map(|(id, known)| gone(&id, known)),
    );
    all
}

/// A source that is gone from the files, and whose items nobody took out.
fn gone(id: &SourceId, known: SourceState) -> Option<SourceStatus> {
    let Presence::Gone(since) = known.presence else {
        return None;
    };
    let items = match known.items {
        0 => return None,
        1 => "its item stays".to_owned(),
        items => format!("its {items} items stay"),
    };
    let problem = ProblemState {
        code: ProblemCode::GoneFromFiles.to_string(),
        since,
        text: format!("gone from the files; {items} in the feeds"),
        action: format!(
            "`tidings sources forget {id}` takes them out; put the block back if it went by mistake"
        ),
    };
    let known = SourceState {
        state: State::Gone,
        problem: Some(problem),
        next_poll: None,
        ..known
    };
    Some(SourceStatus::new(id.to_string(), known))
}

/// An error and its causes in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

/// The longest text of a problem, in characters.
const LONGEST_LINE: usize = 500;

/// `text`, which may quote a document, as a terminal may show it: on one line, without escape sequences, not endless.
pub fn one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(LONGEST_LINE).map(shown).collect();
    if text.chars().nth(LONGEST_LINE).is_some() {
        line.push('…');
    }
    line
}

/// The address of a location, for a request. That of a program is none on the web: it tells its output from others, and
/// nothing relative starts from it.
///
/// # Panics
/// For a relative path; the configuration and the command line make theirs absolute.
pub fn address(location: &Location) -> PublicUrl {
    match location {
        Location::Http(url) => url.clone(),
        Location::File(path) => {
            PublicUrl::new(Url::from_file_path(path).expect("an absolute path"))
        }
        Location::Command(command) => PublicUrl::new(fetch::address_of_command(command)),
        Location::Secret(secret) => PublicUrl::secret(address_of_secret(&secret.secret)),
    }
}

/// Returns true if a source was last polled by a clock that was ahead.
fn is_ahead(source: &Source, state: &SourceState, now: Timestamp) -> bool {
    let (last, planned) = (state.last_attempt, state.next_poll);
    schedule::is_ahead(&source.cadence, source.zone, last, planned, now)
}

/// Sources that are named where many have the same problem.
const NAMED_SOURCES: usize = 3;

/// Tells of sources that were polled by a clock that was ahead; `None` where there are none.
pub fn set_back(
    config: &Config,
    states: &BTreeMap<SourceId, SourceState>,
    now: Timestamp,
) -> Option<String> {
    let ahead = config.sources.iter().filter_map(|source| {
        let state = states.get(&source.id)?;
        is_ahead(source, state, now).then_some((source, state))
    });
    let ahead: Vec<_> = ahead.collect();
    let latest = ahead.iter().filter_map(|(_, state)| state.last_attempt);
    let latest = latest.max()?.to_rfc3339_opts(SecondsFormat::Secs, true);
    let named = ahead.iter().take(NAMED_SOURCES);
    let named: Vec<&str> = named.map(|(source, _)| source.id.as_str()).collect();
    let (named, more) = (named.join(", "), ahead.len().saturating_sub(NAMED_SOURCES));
    let named = match more {
        0 => named,
        _ => format!("{named} and {more} more"),
    };
    Some(format!(
        "the clock was set back: the last poll of {named} lies in the future ({latest}); they are due now"
    ))
}

/// The time `wait` after `at`.
fn later(at: Timestamp, wait: Duration) -> Timestamp {
    let wait = chrono::TimeDelta::from_std(wait).unwrap_or(chrono::TimeDelta::MAX);
    at.checked_add_signed(wait).unwrap_or(Timestamp::MAX_UTC)
}

/// Names the place of a secret: what stands there is an address only once it is read.
fn address_of_secret(secret: &Secret) -> Url {
    let mut url = Url::parse("secret:/").expect("a constant");
    url.set_path(&secret.to_string());
    url
}

/// When a source is due, which may be past.
fn due(source: &Source, state: Option<&SourceState>, now: Timestamp) -> Timestamp {
    let Some(state) = state else { return now };
    let failing = state.consecutive_failures > 0;
    schedule::due(
        &source.cadence,
        source.zone,
        state.last_attempt,
        state.next_poll,
        failing,
        now,
    )
    .unwrap_or(now)
}

/// Reads what the store knows of every source, without making a store; empty when there is none.
///
/// # Errors
/// [`StoreError`] when the file is no store of this version.
pub fn source_states(path: &Path) -> Result<BTreeMap<SourceId, SourceState>, StoreError> {
    let states = store::inspect(path, Reader::sources).map_err(|error| error.at(path))?;
    Ok(states.unwrap_or_default())
}

/// Returns what an operator should know of the store that `config` names, without making one: rows that cannot be read,
/// a store that is not the one that published the feeds.
///
/// # Errors
/// [`StoreError`] when the file is no store of this version.
pub fn store_problems(config: &Config, now: Timestamp) -> Result<Vec<ProblemState>, StoreError> {
    let path = &config.store.path;
    let known =
        store::inspect(path, |reader| reader.problems(now)).map_err(|error| error.at(path))?;
    Ok(match known {
        Some(problems) => problems,
        None if feeds::holds_feeds(config) => vec![continuity::missing(path, now)],
        None => Vec::new(),
    })
}

/// What `config` would change over what is stored, with the newest `named` stories of each feed. Nothing is written, and
/// no store is made.
///
/// # Errors
/// [`StoreError`] when the file is no store of this version.
pub fn plan(config: &Config, now: Timestamp, named: usize) -> Result<Plan, StoreError> {
    let plan = store::plan(&config.store.path, &not_in_force(config, now), named)?;
    let kept = store::kept_configuration(&config.store.path)?;
    // An older version kept none: then nothing is known of what was in force.
    let settings = kept.map(|kept| config::changes(&kept.files, &config.files));
    Ok(Plan {
        settings: settings.unwrap_or_default(),
        ..plan
    })
}

/// What the store would have to know of a configuration that is only looked at.
fn not_in_force(config: &Config, now: Timestamp) -> Definition {
    let classifier = Arc::new(Classifier::new(
        &config.topics,
        &definition::assumed_languages(config),
    ));
    definition::definition(config, &classifier, now)
}

/// How much of what is stored the topics of `config` take. Nothing is written, and no store is made.
///
/// # Errors
/// [`StoreError`] when the file is no store of this version.
pub fn holdings(config: &Config, now: Timestamp) -> Result<Holdings, StoreError> {
    store::holdings(&config.store.path, &not_in_force(config, now))
}

/// Limits for a look at one document without a configuration.
pub fn default_limits() -> Limits {
    Limits {
        timeout: Duration::from_secs(30),
        max_body_bytes: 10 << 20,
        concurrency: 1,
        per_host: 1,
        host_delay: Duration::ZERO,
        allow_networks: Vec::new(),
        user_agent: format!("tidings/{} (preview)", env!("CARGO_PKG_VERSION")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_quoted_does_nothing_to_a_terminal() {
        let check = |text: &str, shown: &str| assert_eq!(one_line(text), shown);
        check(
            "expected `</a\u{1b}[31m>`\nbut\u{9b}0m",
            "expected `</a [31m>` but 0m",
        );
        check(&"ñ".repeat(500), &"ñ".repeat(500));
        check(&"ñ".repeat(501), &("ñ".repeat(500) + "…"));
    }
}
