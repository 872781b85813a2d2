//! A configuration in force, with its derived data and limits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::{FlowError, definition};
use crate::classify::Classifier;
use crate::config::Config;
use crate::fetch::{FetchLimits, Fetcher};
use crate::model::{Hash, Source, SourceId, Timestamp};
use crate::store::Definition;

/// A configuration with the data derived from it.
#[derive(Debug)]
pub struct InForce {
    /// The configuration.
    pub config: Config,
    /// The index of each source in the configuration.
    places: HashMap<SourceId, usize>,
    pub(super) fetcher: Fetcher,
    pub(super) classifier: Arc<Classifier>,
    /// Changes with anything that affects an item's topics and regions.
    pub(super) key: Hash,
}

impl InForce {
    /// Derives the data for `config`, and its definition for the store.
    pub(super) fn new(config: Config, at: Timestamp) -> Result<(Self, Definition), FlowError> {
        let fetcher = Fetcher::new(fetch_limits(&config))?;
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
        let definition = definition::build_definition(&config, &classifier, at);
        let in_force = Self {
            key: definition.key,
            config,
            places,
            fetcher,
            classifier,
        };
        Ok((in_force, definition))
    }

    pub(crate) fn source(&self, id: &SourceId) -> Option<&Source> {
        self.config.sources.get(*self.places.get(id)?)
    }
}

/// Returns the limits that a configuration sets for fetching.
pub fn fetch_limits(config: &Config) -> FetchLimits {
    let fetch = &config.fetch;
    FetchLimits {
        timeout: fetch.timeout,
        max_body_bytes: fetch.max_body_bytes,
        concurrency: fetch.concurrency,
        per_host: fetch.per_host,
        host_delay: fetch.host_delay,
        allow_networks: fetch.allow_networks.clone(),
        user_agent: user_agent(&config.site.site.base_url, config.site.contact.as_deref()),
    }
}

/// Returns the `User-Agent`: the program, the site, and the contact.
fn user_agent(base_url: &Url, contact: Option<&str>) -> String {
    let contact = contact
        .map(|contact| format!("; {contact}"))
        .unwrap_or_default();
    format!(
        "tidings/{} (+{base_url}{contact})",
        env!("CARGO_PKG_VERSION")
    )
}

/// Returns the limits for a look at one document without a configuration.
pub fn default_limits() -> FetchLimits {
    FetchLimits {
        timeout: Duration::from_secs(30),
        max_body_bytes: 10 << 20,
        concurrency: 1,
        per_host: 1,
        host_delay: Duration::ZERO,
        allow_networks: Vec::new(),
        user_agent: format!("tidings/{} (preview)", env!("CARGO_PKG_VERSION")),
    }
}
