//! Feeds out of the store and into the published folder: those that a commit touched, those that are rendered
//! differently now, and those whose files are missing.

use std::collections::HashSet;

use chrono::TimeDelta;

use super::{DaemonError, Publication, Published};
use crate::config::Config;
use crate::model::{Feed, FeedId, FeedSummary, Hash};
use crate::publish::{self, Folder};
use crate::store::{FeedState, Reader, StoreError};

/// Feeds that are rendered and synced together.
const PUBLISH_BATCH: usize = 64;

/// Whether a publication looks for files that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// Somebody may have taken some away since the last time.
    Look,
    /// They are as they were left.
    Trust,
}

/// What was written, and what to mark as published once it is on the disk.
pub(super) struct Rendered {
    pub(super) publication: Publication,
    pub(super) marks: Vec<(FeedId, i64, Hash)>,
}

/// Renders and writes the feeds that want it, from one snapshot.
pub(super) fn write(
    reader: &Reader,
    config: &Config,
    look: Files,
) -> Result<Rendered, DaemonError> {
    let folder = Folder::open(&config.publish.dir)?;
    let rev = reader.revision()?;
    let render_key = render_key(config);
    let states = reader.feeds()?;
    let stale = |state: &&FeedState| {
        state.wanted_rev > state.published_rev
            || state.render_key != Some(render_key)
            || look == Files::Look && !is_whole(&folder, &state.id)
    };
    let dirty: Vec<&FeedState> = states.iter().filter(stale).collect();
    let mut files = Vec::new();
    for batch in dirty.chunks(PUBLISH_BATCH) {
        let feeds = batch
            .iter()
            .map(|state| feed(reader, config, state))
            .collect::<Result<Vec<_>, StoreError>>()?;
        let rendered: Vec<publish::File> = feeds
            .iter()
            .flat_map(|feed| publish::feed(feed, &config.site.site))
            .collect();
        files.extend(folder.replace(&rendered)?);
    }
    files.extend(folder.replace(&publish::index(&config.site.site, &summaries(&states)))?);
    for removed in reader.removed_feeds()? {
        files.extend(folder.remove(&publish::names(&removed.id))?);
    }
    let marks = dirty
        .iter()
        .map(|state| (state.id.clone(), rev, render_key))
        .collect();
    let changed: HashSet<&str> = files.iter().map(String::as_str).collect();
    let written = |id: &FeedId| {
        publish::names(id)
            .iter()
            .any(|name| changed.contains(name.as_str()))
    };
    let feeds = states.iter().map(|state| Published {
        id: state.id.clone(),
        title: state.title.clone(),
        stories: state.stories,
        changed: written(&state.id),
    });
    let feeds = feeds.collect();
    Ok(Rendered {
        publication: Publication { feeds, files },
        marks,
    })
}

fn is_whole(folder: &Folder, id: &FeedId) -> bool {
    publish::names(id).iter().all(|name| folder.holds(name))
}

fn feed(reader: &Reader, config: &Config, state: &FeedState) -> Result<Feed, StoreError> {
    let settings = &config.publish;
    let min_age = TimeDelta::from_std(settings.min_age).unwrap_or(TimeDelta::MAX);
    Ok(Feed {
        id: state.id.clone(),
        title: state.title.clone(),
        updated: state.updated,
        live: reader.live(&state.id, settings.max_items, min_age)?,
        quiet: reader.quiet(&state.id, settings.max_items)?,
        gone: reader.gone(&state.id)?,
    })
}

fn summaries(states: &[FeedState]) -> Vec<FeedSummary> {
    let summary = |state: &FeedState| FeedSummary {
        id: state.id.clone(),
        title: state.title.clone(),
        updated: state.updated,
        stories: state.stories,
    };
    states.iter().map(summary).collect()
}

/// Everything beside the store that a feed's bytes depend on.
fn render_key(config: &Config) -> Hash {
    let (publish, site) = (&config.publish, &config.site.site);
    let version = publish::RENDERER_VERSION;
    let key = format!(
        "{version} {site:?} {} {:?}",
        publish.max_items, publish.min_age
    );
    Hash::of(key.as_bytes())
}
