//! The effects of a configuration on the stored stories, before it comes into force. Nothing is written.

use std::sync::Arc;

use super::definition;
use crate::classify::Classifier;
use crate::config::{self, Config};
use crate::model::Timestamp;
use crate::store::{self, Definition, Holdings, Plan, StoreError};

/// Returns the changes that `config` would make to the feeds of the stored stories, with the newest `named`
/// stories of each feed. Writes nothing and creates no store.
///
/// # Errors
/// [`StoreError`] if the file is not a store of this version.
pub fn plan(config: &Config, now: Timestamp, named: usize) -> Result<Plan, StoreError> {
    let plan = store::plan(&config.store.path, &not_in_force(config, now), named)?;
    let kept = store::kept_configuration(&config.store.path)?;
    // Older versions kept no configuration, so the one in force is unknown.
    let settings = kept.map(|kept| config::changes(&kept.files, &config.files));
    Ok(Plan {
        settings: settings.unwrap_or_default(),
        ..plan
    })
}

/// Returns the store's definition of a configuration that is not in force.
fn not_in_force(config: &Config, now: Timestamp) -> Definition {
    let classifier = Arc::new(Classifier::new(
        &config.topics,
        &definition::assumed_languages(config),
    ));
    definition::definition(config, &classifier, now)
}

/// Counts the stored stories that match each topic of `config`. Writes nothing and creates no store.
///
/// # Errors
/// [`StoreError`] if the file is not a store of this version.
pub fn holdings(config: &Config, now: Timestamp) -> Result<Holdings, StoreError> {
    store::holdings(&config.store.path, &not_in_force(config, now))
}
