//! Publishes feeds from the store into the published folder: those that a commit touched, those that are
//! rendered differently now, and those whose files are missing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::TimeDelta;

use super::continuity::StoreMark;
use super::{Flow, FlowError};
use crate::config::Config;
use crate::model::{Feed, FeedId, FeedName, FeedScope, FeedSummary, Hash, TopicId};
use crate::publish::{self, PublishedFolder, SearchAvailability};
use crate::store::{FeedState, PublishedFeed, StoreError, StoreReader};

/// Feeds that are rendered and synced together.
const PUBLISH_BATCH: usize = 64;

/// The check for missing files in a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileCheck {
    /// Files may have been removed since the last time.
    Look,
    /// The files are as they were left.
    Trust,
    /// These files were removed or altered meanwhile.
    Lost(HashSet<String>),
}

/// The files written, and the feeds to mark as published once they are on disk.
pub(super) struct RenderedFeeds {
    pub(super) publication: Publication,
    pub(super) marks: Vec<PublishedFeed>,
}

/// Renders and writes the feeds that need it, from one snapshot.
pub(super) fn write_feeds(
    reader: &StoreReader,
    config: &Config,
    look: &FileCheck,
) -> Result<RenderedFeeds, FlowError> {
    let folder = PublishedFolder::open(&config.publish.dir)?;
    let rev = reader.revision()?;
    let states = order_as_configured(reader.configured_feeds()?, config);
    let listed = FeedListing::from_states(&states);
    let keys = listed.render_keys(config);
    let is_broken = reader.has_incident()?;
    let stale = |(state, key): &(&FeedState, Hash)| {
        let asks = state.wanted_rev > state.published_rev
            || state.render_key != Some(*key)
            || needs_file_check(look, &folder, state);
        asks && !(is_broken && is_begun(state) && holds_any(&folder, &state.id))
    };
    let dirty: Vec<(&FeedState, Hash)> = states.iter().zip(keys).filter(stale).collect();
    let site = &config.site.site;
    let (mut files, mut marks) = (Vec::new(), Vec::with_capacity(dirty.len()));
    for batch in dirty.chunks(PUBLISH_BATCH) {
        let mut feeds = Vec::with_capacity(batch.len());
        for (state, render_key) in batch {
            feeds.push(load_feed(reader, config, state, &listed)?);
            marks.push(PublishedFeed {
                id: state.id.clone(),
                rev,
                render_key: *render_key,
                left_out: reader.left_out_rows(),
            });
        }
        let rendered: Vec<publish::PublishedFile> = feeds
            .iter()
            .flat_map(|feed| publish::render_feed_files(feed, site))
            .collect();
        files.extend(folder.replace_files(&rendered)?);
    }
    let index = publish::render_index_files(site, &listed.feeds, search_setting(config));
    files.extend(folder.replace_files(&index)?);
    let is_idle = |name: &&&str| index.iter().all(|file| file.name != **name);
    let idle = publish::INDEX_FILES.iter().filter(is_idle);
    let idle: Vec<String> = idle.map(|name| (*name).to_owned()).collect();
    let removed = reader.removed_feeds()?.into_iter().map(|feed| feed.id);
    let removed = removed.chain(reader.former_feeds()?);
    let removed = removed
        .flat_map(|feed| publish::feed_file_names(&feed))
        .chain(idle);
    files.extend(folder.remove_files(&removed.collect::<Vec<_>>())?);
    leave_mark(&folder, reader, rev)?;
    let changed: HashSet<&str> = files.iter().map(String::as_str).collect();
    let written = |id: &FeedId| {
        publish::feed_file_names(id)
            .iter()
            .any(|name| changed.contains(name.as_str()))
    };
    let feeds = listed.feeds.iter().map(|feed| FeedResult {
        id: feed.name.id.clone(),
        title: publish::feed_title(&feed.name, site),
        stories: feed.stories,
        changed: written(&feed.name.id),
    });
    let feeds = feeds.collect();
    Ok(RenderedFeeds {
        publication: Publication { feeds, files },
        marks,
    })
}

/// Returns true if a feed is written although nothing in it changed.
fn needs_file_check(look: &FileCheck, folder: &PublishedFolder, state: &FeedState) -> bool {
    match look {
        FileCheck::Trust => false,
        // An operator who repaired a row by hand restarts the daemon.
        FileCheck::Look => state.is_partial || !is_whole(folder, &state.id),
        FileCheck::Lost(lost) => publish::feed_file_names(&state.id)
            .iter()
            .any(|name| lost.contains(name)),
    }
}

/// Returns true if this store never published the feed and contains nothing for it. Files published by an
/// earlier store then stay.
fn is_begun(state: &FeedState) -> bool {
    state.render_key.is_none() && state.stories == 0
}

fn holds_any(folder: &PublishedFolder, id: &FeedId) -> bool {
    publish::feed_file_names(id)
        .iter()
        .any(|name| folder.has_file(name))
}

/// Returns true if the published folder contains a file of a configured topic.
pub(crate) fn holds_feeds(config: &Config) -> bool {
    let dir = &config.publish.dir;
    config.topics.iter().any(|topic| {
        let names = publish::feed_file_names(&FeedId::from(topic.id.clone()));
        names.iter().any(|name| dir.join(name).is_file())
    })
}

/// Returns the mark in the published folder, and the number of the store's feeds that have files there.
pub(super) fn published_state(
    reader: &StoreReader,
    config: &Config,
) -> Result<(Option<StoreMark>, usize), StoreError> {
    let folder = PublishedFolder::for_reading(&config.publish.dir);
    let mark = folder
        .read_mark()
        .and_then(|text| serde_json::from_str(&text).ok());
    let states = reader.configured_feeds()?;
    let feeds = states.iter().filter(|state| holds_any(&folder, &state.id));
    Ok((mark, feeds.count()))
}

/// Writes the mark that says which store published the folder, and how far it was, unless it is already there.
fn leave_mark(folder: &PublishedFolder, reader: &StoreReader, rev: i64) -> Result<(), FlowError> {
    let store = reader.store_name()?;
    let text =
        serde_json::to_string(&StoreMark { store, rev }).expect("plain data always serializes");
    if folder.read_mark().as_ref() != Some(&text) {
        folder.write_mark(&text)?;
    }
    Ok(())
}

/// Returns topics in the order of the configuration, each with its branches.
fn order_as_configured(mut states: Vec<FeedState>, config: &Config) -> Vec<FeedState> {
    let topics = config.topics.iter().enumerate();
    let places: HashMap<&TopicId, usize> = topics.map(|(at, topic)| (&topic.id, at)).collect();
    let place = |state: &FeedState| places.get(state.id.topic()).copied();
    states.sort_by_cached_key(|state| (place(state).unwrap_or(usize::MAX), state.id.clone()));
    states
}

fn is_whole(folder: &PublishedFolder, id: &FeedId) -> bool {
    publish::feed_file_names(id)
        .iter()
        .all(|name| folder.has_file(name))
}

fn load_feed(
    reader: &StoreReader,
    config: &Config,
    state: &FeedState,
    listed: &FeedListing,
) -> Result<Feed, StoreError> {
    let settings = &config.publish;
    let min_age = TimeDelta::from_std(settings.min_age).unwrap_or(TimeDelta::MAX);
    Ok(Feed {
        scope: FeedScope::Feed(feed_name(state)),
        updated: state.updated,
        stories: state.stories,
        live: reader.live_feed(&state.id, settings.max_items, min_age)?,
        quiet: reader.quiet_stories(&state.id, settings.max_items)?,
        gone: reader.feed_tombstones(&state.id)?,
        branches: listed.branches_of(&state.id).cloned().collect(),
    })
}

/// Every feed's line in the lists, in the order of the store's feeds.
struct FeedListing {
    feeds: Vec<FeedSummary>,
    /// The indices of each topic's branches.
    branches: HashMap<TopicId, Vec<usize>>,
}

impl FeedListing {
    fn from_states(states: &[FeedState]) -> Self {
        let mut branches: HashMap<TopicId, Vec<usize>> = HashMap::new();
        for (at, state) in states.iter().enumerate() {
            if state.id.branch().is_some() {
                let topic = state.id.topic().clone();
                branches.entry(topic).or_default().push(at);
            }
        }
        let feeds = states.iter().map(feed_summary).collect();
        Self { feeds, branches }
    }

    /// Returns the branches of a topic; none for a branch.
    fn branches_of(&self, id: &FeedId) -> impl Iterator<Item = &FeedSummary> {
        let whole = id.branch().is_none();
        let places = self.branches.get(id.topic()).filter(|_| whole);
        places
            .into_iter()
            .flatten()
            .filter_map(|at| self.feeds.get(*at))
    }

    /// Returns hashes of everything apart from its stories that each feed's bytes depend on: a topic's page
    /// lists its branches.
    fn render_keys(&self, config: &Config) -> Vec<Hash> {
        let (publish, site) = (&config.publish, &config.site.site);
        let version = publish::RENDERER_VERSION;
        let (max_items, min_age) = (publish.max_items, publish.min_age);
        let all = format!("{version} {site:?} {max_items} {min_age:?}");
        let key = |feed: &FeedSummary| {
            // The times of change do not count: the page does not show them.
            let branches = self.branches_of(&feed.name.id);
            let branches: Vec<_> = branches
                .map(|branch| (&branch.name, branch.stories))
                .collect();
            Hash::digest(format!("{all} {:?} {branches:?}", feed.name).as_bytes())
        };
        self.feeds.iter().map(key).collect()
    }
}

fn feed_summary(state: &FeedState) -> FeedSummary {
    FeedSummary {
        name: feed_name(state),
        updated: state.updated,
        stories: state.stories,
    }
}

fn feed_name(state: &FeedState) -> FeedName {
    FeedName {
        id: state.id.clone(),
        first_called: state.first_called.clone(),
        topic: state.title.clone(),
        publisher: state.publisher.clone(),
    }
}

/// Searching needs the daemon.
fn search_setting(config: &Config) -> SearchAvailability {
    if config.server.listen.is_empty() {
        SearchAvailability::NotOffered
    } else {
        SearchAvailability::Offered
    }
}

impl Flow {
    /// Publishes the feeds that have changed since the last publication and, depending on `files`, those with
    /// missing files.
    ///
    /// # Errors
    /// [`FlowError`] if the folder cannot be written. Feeds that were not marked are published the next time.
    pub async fn publish(&self, files: FileCheck) -> Result<Publication, FlowError> {
        let turn = Arc::clone(&self.publishing).lock_owned().await;
        let in_force = self.in_force();
        let rendered = self
            .store
            .read(move |reader| {
                // The lock moves into the task: writing continues after the caller has gone.
                let _turn = turn;
                write_feeds(reader, &in_force.config, &files)
            })
            .await?;
        if !rendered.marks.is_empty() {
            self.store.mark_published(rendered.marks).await?;
        }
        Ok(rendered.publication)
    }
}

/// The result for one feed.
#[derive(Clone, Debug)]
pub struct FeedResult {
    /// The feed's id.
    pub id: FeedId,
    /// The feed's title.
    pub title: String,
    /// Stories in the feed.
    pub stories: usize,
    /// True if any of the feed's files changed.
    pub changed: bool,
}

/// The result of a publication.
#[derive(Clone, Debug, Default)]
pub struct Publication {
    /// Every feed.
    pub feeds: Vec<FeedResult>,
    /// The files that changed or were removed.
    pub files: Vec<String>,
}
