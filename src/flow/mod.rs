//! One poll from a source to published feeds: a source is fetched, read, normalized, classified and committed; feeds that
//! the commit touched are published. The service and the commands use this one flow.
//!
//! | file | what it does |
//! |---|---|
//! | `in_force` | makes a configuration usable: the fetcher, the classifier, the limits |
//! | `poll/` | polls a source: walks its documents, digests them, commits the outcome |
//! | `look` | fetches and reads one document of a source, and stores nothing |
//! | `publication` | writes the feeds that changed |
//! | `search` | answers a reader's query |
//! | `sources`, `plan` | the states of sources; the effects of a changed configuration |
//! | `continuity` | notices a database that is not the one that published the feeds |
//!
//! The clock is here. Parsing and comparing leave the async threads; a poll that panics costs its source only.

mod address;
mod clock;
mod continuity;
mod definition;
mod in_force;
mod look;
mod plan;
mod poll;
mod publication;
mod search;
mod sources;

use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;

pub use self::address::{address, resolved};
pub use self::clock::Clock;
pub use self::definition::assumed_languages;
#[cfg(test)]
pub(crate) use self::definition::definition;
pub use self::in_force::{InForce, default_limits, limits};
pub use self::look::{Look, as_kept};
pub use self::plan::{holdings, plan};
pub(crate) use self::poll::NotStored;
pub use self::poll::{EntryPage, Polled, SampledPages, Selection};
pub(crate) use self::publication::holds_feeds;
pub use self::publication::{Files, Publication, Published};
pub use self::search::SearchError;
pub(crate) use self::sources::due;
pub use self::sources::{set_back, source_states, statuses, store_problems};
use crate::config::{self, Config};
use crate::fetch::ClientError;
use crate::model::{Operator, SourceId};
use crate::publish::PublishError;
use crate::store::{
    Chosen, Consent, Decided, Decision, Discarded, Forgotten, Plan, Reader, Released, SourceStatus,
    Store, StoreError,
};

/// Why the flow stopped. A failing source is no such reason.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The published folder failed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The HTTP client cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A source that is not configured.
    #[error("there is no source `{0}` in the configuration")]
    UnknownSource(String),
}

/// The flow over one store and one published folder.
#[derive(Debug)]
pub struct Flow {
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    in_force: RwLock<Arc<InForce>>,
    /// Serializes writes into the published folder.
    publishing: Arc<Mutex<()>>,
    /// Rows that the start could not read and rebuilt, by name.
    pub mended: Vec<String>,
}

impl Flow {
    /// Opens the store and brings the configuration into it.
    ///
    /// # Errors
    /// [`FlowError`] when another process uses the store, or it cannot be opened.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, FlowError> {
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
        let flow = Self {
            clock,
            store,
            in_force: RwLock::new(Arc::new(in_force)),
            publishing: Arc::default(),
            mended: plan.mended,
        };
        flow.look_back().await?;
        Ok(flow)
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
            let (left, feeds) = publication::left_behind(reader, &in_force.config)?;
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
    /// [`FlowError`], and then the one before it stays.
    pub async fn replace(&self, config: Config, consent: Consent) -> Result<Plan, FlowError> {
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

    /// Tells of sources that were polled by a clock that was ahead; `None` where there are none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn set_back(&self) -> Result<Option<String>, StoreError> {
        let states = self.store.read(Reader::sources).await?;
        Ok(set_back(&self.in_force().config, &states, self.clock.now()))
    }

    /// Publishes chosen items that are held back of a source, and takes what its next poll gives as it is.
    ///
    /// # Errors
    /// [`FlowError::UnknownSource`] when it is not configured; [`StoreError`].
    pub async fn release(
        &self,
        id: &str,
        chosen: Chosen,
        by: Operator,
    ) -> Result<Released, FlowError> {
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
    ) -> Result<Discarded, FlowError> {
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

    fn configured(&self, id: &str) -> Result<SourceId, FlowError> {
        let unknown = || FlowError::UnknownSource(id.to_owned());
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

    /// What the store knows of every configured source, in the order of the configuration.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn status(&self) -> Result<Vec<SourceStatus>, StoreError> {
        let states = self.store.read(Reader::sources).await?;
        Ok(statuses(&self.in_force().config, states))
    }
}
