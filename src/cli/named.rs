//! Finds an item or a story by its id, with or without `urn:uuid:`, or by its address.

use url::Url;

use super::CliError;
use crate::config::Config;
use crate::flow::FlowError;
use crate::model::{ItemId, StoryId};
use crate::store::{self, StoreError, StoreReader};

/// Queries the store, which may not exist yet and which a daemon may be writing.
pub(super) fn query_store<T>(
    config: &Config,
    query: impl FnOnce(&StoreReader) -> Result<T, StoreError>,
) -> Result<T, CliError> {
    let found = store::inspect_store(&config.store.path, query).map_err(FlowError::from)?;
    found.ok_or_else(|| {
        let path = config.store.path.display();
        CliError::Failed(format!(
            "there is no store at {path} yet: nothing was polled"
        ))
    })
}

/// Returns the items that `name` refers to: by item id, by story id (all its reports), or by address.
pub(super) fn find_items(reader: &StoreReader, name: &str) -> Result<Vec<ItemId>, StoreError> {
    let id = name.strip_prefix("urn:uuid:").unwrap_or(name);
    if let (Ok(story), Ok(item)) = (id.parse::<StoryId>(), id.parse::<ItemId>()) {
        if let Some(story) = reader.current_story_id(story)? {
            return reader.items_of(story);
        }
        let known = reader.item_account(item)?.is_some();
        return Ok(known.then_some(item).into_iter().collect());
    }
    match Url::parse(name) {
        Ok(address) => reader.items_at(&address),
        Err(_) => Ok(Vec::new()),
    }
}

/// Returns the error for a `name` that nothing has.
pub(super) fn unknown_name_error(name: &str) -> CliError {
    CliError::Failed(format!(
        "nothing has the id or address `{name}`: expected a story's id (as in a feed), an item's id, or an address"
    ))
}
