//! The effects of a configuration on what is stored, before it comes into force. Nothing is written.

use std::sync::Arc;

use super::definition;
use crate::classify::Classifier;
use crate::config::{self, Config};
use crate::model::Timestamp;
use crate::store::{self, Definition, Holdings, Plan, StoreError};

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
