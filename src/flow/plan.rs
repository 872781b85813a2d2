//! The effects of a configuration on the stored stories, before it comes into force. Nothing is written.

use std::sync::Arc;

use super::definition;
use crate::classify::Classifier;
use crate::config::{self, Config};
use crate::model::Timestamp;
use crate::store::{self, Definition, DefinitionPlan, MatchingStories, StoreError};

/// Returns the changes that `config` would make to the feeds of the stored stories, with the newest `named`
/// stories of each feed. Writes nothing and creates no store.
///
/// # Errors
/// [`StoreError`] if the file is not a store of this version.
pub fn plan_changes(
    config: &Config,
    now: Timestamp,
    named: usize,
) -> Result<DefinitionPlan, StoreError> {
    let plan = store::plan_definition(
        &config.store.path,
        &definition_not_in_force(config, now),
        named,
    )?;
    let kept = store::kept_configuration(&config.store.path)?;
    // Older versions kept no configuration, so the one in force is unknown.
    let settings = kept.map(|kept| config::setting_changes(&kept.files, &config.files));
    Ok(DefinitionPlan {
        settings: settings.unwrap_or_default(),
        ..plan
    })
}

/// Returns the store's definition of a configuration that is not in force.
fn definition_not_in_force(config: &Config, now: Timestamp) -> Definition {
    let classifier = Arc::new(Classifier::new(
        &config.topics,
        &definition::assumed_languages(config),
    ));
    definition::build_definition(config, &classifier, now)
}

/// Counts the stored stories that match each topic of `config`. Writes nothing and creates no store.
///
/// # Errors
/// [`StoreError`] if the file is not a store of this version.
pub fn count_holdings(config: &Config, now: Timestamp) -> Result<MatchingStories, StoreError> {
    store::count_matching_stories(&config.store.path, &definition_not_in_force(config, now))
}
