//! One poll from a source to published feeds: a source is fetched, read, normalized, classified and committed;
//! feeds that the commit touched are published. The service and the commands share this flow.
//!
//! | file | what it does |
//! |---|---|
//! | `in_force` | makes a configuration usable: the fetcher, the classifier, the limits |
//! | `poll/` | polls a source: walks its documents, digests them, commits the outcome |
//! | `look` | fetches and reads one document of a source, and stores nothing |
//! | `publication` | writes the feeds that changed |
//! | `search` | answers a reader's query |
//! | `sources`, `plan` | the states of sources; the effects of a changed configuration |
//! | `continuity` | detects a database that is not the one that published the feeds |
//!
//! Only this module reads the clock. Parsing and comparing leave the async threads; a poll that panics costs
//! its source only.

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

pub use self::address::{request_address, resolve_source_address};
pub use self::clock::Clock;
pub use self::definition::assumed_languages;
#[cfg(test)]
pub(crate) use self::definition::build_definition;
pub use self::in_force::{InForce, default_limits, fetch_limits};
pub use self::look::{SourceLook, source_as_kept};
pub use self::plan::{count_holdings, plan_changes};
pub(crate) use self::poll::NotStored;
pub use self::poll::{EntryPage, PolledSource, SampledPages, SourceSelection};
pub(crate) use self::publication::holds_feeds;
pub use self::publication::{FeedResult, FileCheck, Publication};
pub use self::search::SearchError;
pub(crate) use self::sources::due_time;
pub use self::sources::{describe_set_back, source_states, source_statuses, store_problems};
use crate::config::{self, Config};
use crate::fetch::ClientError;
use crate::model::{Operator, SourceId};
use crate::publish::PublishError;
use crate::store::{
    Consent, DecisionOutcome, DefinitionPlan, DiscardedItems, ForgottenSource, HeldChoice,
    ReleasedItems, SourceStatus, Store, StoreError, StoreReader, StoryDecision,
};

/// The reasons for the flow to stop. A failing source is not one of them.
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
    /// The source is not configured.
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
    /// The names of rows that were unreadable at the start and have been rebuilt.
    pub mended: Vec<String>,
}

impl Flow {
    /// Opens the store and puts the configuration in force.
    ///
    /// # Errors
    /// [`FlowError`] if another process uses the store, or it cannot be opened.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, FlowError> {
        let path = config.store.path.clone();
        let opened = tokio::task::spawn_blocking(move || Store::open(&path)).await;
        let store = opened.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        let (in_force, definition) = InForce::new(config, clock.now())?;
        // Starting the flow implies consent to the configuration: there is nobody to ask.
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
        flow.check_continuity().await?;
        Ok(flow)
    }

    /// Reports, now and in `status`, a store that is not the one that published the feeds.
    async fn check_continuity(&self) -> Result<(), StoreError> {
        let (in_force, at) = (self.in_force(), self.clock.now());
        let (path, is_new) = (self.store.path().display().to_string(), self.store.is_new());
        let looked = self.store.read(move |reader| {
            let mark = continuity::StoreMark {
                store: reader.store_name()?,
                rev: reader.revision()?,
            };
            let opened = continuity::OpenedStore { path, mark, is_new };
            let (left, feeds) = publication::published_state(reader, &in_force.config)?;
            Ok::<_, StoreError>(continuity::compare_with_published(
                left.as_ref(),
                feeds,
                &opened,
                at,
            ))
        });
        let Some(found) = looked.await? else {
            return Ok(());
        };
        tracing::warn!(code = found.code, "{}; {}", found.text, found.action);
        self.store.remember_break(found).await
    }

    /// Returns the configuration in force. The caller's copy stays the same after a reload.
    pub fn in_force(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another configuration in force. The store, the listeners and running polls are not restarted.
    /// Returns the plan. If consent is required and missing, the old configuration stays in force.
    ///
    /// # Errors
    /// [`FlowError`]; the old configuration stays in force.
    pub async fn replace_config(
        &self,
        config: Config,
        consent: Consent,
    ) -> Result<DefinitionPlan, FlowError> {
        let (in_force, definition) = InForce::new(config, self.clock.now())?;
        let settings =
            config::setting_changes(&self.in_force().config.files, &in_force.config.files);
        let plan = DefinitionPlan {
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

    /// Describes sources that were polled by a clock that was ahead; `None` if there are none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn describe_set_back(&self) -> Result<Option<String>, StoreError> {
        let states = self.store.read(StoreReader::source_states).await?;
        Ok(describe_set_back(
            &self.in_force().config,
            &states,
            self.clock.now(),
        ))
    }

    /// Publishes chosen held items of a source, and accepts its next poll without comparing it with earlier
    /// ones.
    ///
    /// # Errors
    /// [`FlowError::UnknownSource`] if the source is not configured; [`StoreError`].
    pub async fn release_items(
        &self,
        id: &str,
        chosen: HeldChoice,
        by: Operator,
    ) -> Result<ReleasedItems, FlowError> {
        let source = self.configured_source(id)?;
        let now = self.clock.now();
        Ok(self.store.release(source, chosen, by, now).await?)
    }

    /// Discards chosen held items of a source: no later poll brings them back.
    ///
    /// # Errors
    /// As [`Self::release_items`].
    pub async fn discard_items(
        &self,
        id: &str,
        chosen: HeldChoice,
        by: Operator,
    ) -> Result<DiscardedItems, FlowError> {
        let source = self.configured_source(id)?;
        let now = self.clock.now();
        Ok(self.store.discard(source, chosen, by, now).await?)
    }

    /// Removes the stories of a source that is no longer configured from all feeds.
    ///
    /// # Errors
    /// [`StoreError::Forget`] if the source is configured or unknown.
    pub async fn forget_source(
        &self,
        source: SourceId,
        by: Operator,
    ) -> Result<ForgottenSource, StoreError> {
        self.store.forget(source, by, self.clock.now()).await
    }

    fn configured_source(&self, id: &str) -> Result<SourceId, FlowError> {
        let unknown = || FlowError::UnknownSource(id.to_owned());
        let source = id.parse().map_err(|_| unknown())?;
        self.in_force().source(&source).ok_or_else(unknown)?;
        Ok(source)
    }

    /// Carries out and records a decision about stories.
    ///
    /// # Errors
    /// [`StoreError`], with the reason, if it cannot be carried out.
    pub async fn decide(
        &self,
        decision: StoryDecision,
        by: Operator,
    ) -> Result<DecisionOutcome, StoreError> {
        self.store.decide(decision, by, self.clock.now()).await
    }

    /// Returns the store's record of every configured source, in the order of the configuration.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn source_statuses(&self) -> Result<Vec<SourceStatus>, StoreError> {
        let states = self.store.read(StoreReader::source_states).await?;
        Ok(source_statuses(&self.in_force().config, states))
    }
}
