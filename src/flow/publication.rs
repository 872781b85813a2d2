//! Publishes feeds from the store into the published folder: those that a commit touched, those that are
//! rendered differently now, and those whose files are missing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::TimeDelta;

use super::continuity::Mark;
use super::{Flow, FlowError};
use crate::config::Config;
use crate::model::{Feed, FeedId, FeedName, FeedSummary, Hash, Scope, TopicId};
use crate::publish::{self, Folder, Search};
use crate::store::{FeedState, PublishedFeed, Reader, StoreError};

/// Feeds that are rendered and synced together.
const PUBLISH_BATCH: usize = 64;

/// The check for missing files in a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Files {
    /// Files may have been removed since the last time.
    Look,
    /// The files are as they were left.
    Trust,
    /// These files were removed or altered meanwhile.
    Lost(HashSet<String>),
}

/// The files written, and the feeds to mark as published once they are on disk.
pub(super) struct Rendered {
    pub(super) publication: Publication,
    pub(super) marks: Vec<PublishedFeed>,
}

/// Renders and writes the feeds that need it, from one snapshot.
pub(super) fn write(reader: &Reader, config: &Config, look: &Files) -> Result<Rendered, FlowError> {
    let folder = Folder::open(&config.publish.dir)?;
    let rev = reader.revision()?;
    let states = in_order(reader.feeds()?, config);
    let listed = Listed::of(&states);
    let keys = listed.render_keys(config);
    let is_broken = reader.has_break()?;
    let stale = |(state, key): &(&FeedState, Hash)| {
        let asks = state.wanted_rev > state.published_rev
            || state.render_key != Some(*key)
            || wants_look(look, &folder, state);
        asks && !(is_broken && is_begun(state) && holds_any(&folder, &state.id))
    };
    let dirty: Vec<(&FeedState, Hash)> = states.iter().zip(keys).filter(stale).collect();
    let site = &config.site.site;
    let (mut files, mut marks) = (Vec::new(), Vec::with_capacity(dirty.len()));
    for batch in dirty.chunks(PUBLISH_BATCH) {
        let mut feeds = Vec::with_capacity(batch.len());
        for (state, render_key) in batch {
            feeds.push(feed(reader, config, state, &listed)?);
            marks.push(PublishedFeed {
                id: state.id.clone(),
                rev,
                render_key: *render_key,
                left_out: reader.left_out(),
            });
        }
        let rendered: Vec<publish::File> = feeds
            .iter()
            .flat_map(|feed| publish::feed(feed, site))
            .collect();
        files.extend(folder.replace(&rendered)?);
    }
    let index = publish::index(site, &listed.feeds, search(config));
    files.extend(folder.replace(&index)?);
    let is_idle = |name: &&&str| index.iter().all(|file| file.name != **name);
    let idle = publish::INDEX_FILES.iter().filter(is_idle);
    let idle: Vec<String> = idle.map(|name| (*name).to_owned()).collect();
    let removed = reader.removed_feeds()?.into_iter().map(|feed| feed.id);
    let removed = removed.chain(reader.former_feeds()?);
    let removed = removed.flat_map(|feed| publish::names(&feed)).chain(idle);
    files.extend(folder.remove(&removed.collect::<Vec<_>>())?);
    leave_mark(&folder, reader, rev)?;
    let changed: HashSet<&str> = files.iter().map(String::as_str).collect();
    let written = |id: &FeedId| {
        publish::names(id)
            .iter()
            .any(|name| changed.contains(name.as_str()))
    };
    let feeds = listed.feeds.iter().map(|feed| Published {
        id: feed.name.id.clone(),
        title: publish::title(&feed.name, site),
        stories: feed.stories,
        changed: written(&feed.name.id),
    });
    let feeds = feeds.collect();
    Ok(Rendered {
        publication: Publication { feeds, files },
        marks,
    })
}

/// Returns true if a feed is written although nothing in it changed.
fn wants_look(look: &Files, folder: &Folder, state: &FeedState) -> bool {
    match look {
        Files::Trust => false,
        // An operator who repaired a row by hand restarts the daemon.
        Files::Look => state.is_partial || !is_whole(folder, &state.id),
        Files::Lost(lost) => publish::names(&state.id)
            .iter()
            .any(|name| lost.contains(name)),
    }
}

/// Returns true if this store never published the feed and contains nothing for it. Files published by an
/// earlier store then stay.
fn is_begun(state: &FeedState) -> bool {
    state.render_key.is_none() && state.stories == 0
}

fn holds_any(folder: &Folder, id: &FeedId) -> bool {
    publish::names(id).iter().any(|name| folder.holds(name))
}

/// Returns true if the published folder contains a file of a configured topic.
pub(crate) fn holds_feeds(config: &Config) -> bool {
    let dir = &config.publish.dir;
    config.topics.iter().any(|topic| {
        let names = publish::names(&FeedId::from(topic.id.clone()));
        names.iter().any(|name| dir.join(name).is_file())
    })
}

/// Returns the mark in the published folder, and the number of the store's feeds that have files there.
pub(super) fn left_behind(
    reader: &Reader,
    config: &Config,
) -> Result<(Option<Mark>, usize), StoreError> {
    let folder = Folder::existing(&config.publish.dir);
    let mark = folder
        .mark()
        .and_then(|text| serde_json::from_str(&text).ok());
    let states = reader.feeds()?;
    let feeds = states.iter().filter(|state| holds_any(&folder, &state.id));
    Ok((mark, feeds.count()))
}

/// Writes the mark that says which store published the folder, and how far it was, unless it is already there.
fn leave_mark(folder: &Folder, reader: &Reader, rev: i64) -> Result<(), FlowError> {
    let store = reader.store_name()?;
    let text = serde_json::to_string(&Mark { store, rev }).expect("plain data always serializes");
    if folder.mark().as_ref() != Some(&text) {
        folder.set_mark(&text)?;
    }
    Ok(())
}

/// Returns topics in the order of the configuration, each with its branches.
fn in_order(mut states: Vec<FeedState>, config: &Config) -> Vec<FeedState> {
    let topics = config.topics.iter().enumerate();
    let places: HashMap<&TopicId, usize> = topics.map(|(at, topic)| (&topic.id, at)).collect();
    let place = |state: &FeedState| places.get(state.id.topic()).copied();
    states.sort_by_cached_key(|state| (place(state).unwrap_or(usize::MAX), state.id.clone()));
    states
}

fn is_whole(folder: &Folder, id: &FeedId) -> bool {
    publish::names(id).iter().all(|name| folder.holds(name))
}

fn feed(
    reader: &Reader,
    config: &Config,
    state: &FeedState,
    listed: &Listed,
) -> Result<Feed, StoreError> {
    let settings = &config.publish;
    let min_age = TimeDelta::from_std(settings.min_age).unwrap_or(TimeDelta::MAX);
    Ok(Feed {
        scope: Scope::Feed(name(state)),
        updated: state.updated,
        stories: state.stories,
        live: reader.live(&state.id, settings.max_items, min_age)?,
        quiet: reader.quiet(&state.id, settings.max_items)?,
        gone: reader.gone(&state.id)?,
        branches: listed.branches_of(&state.id).cloned().collect(),
    })
}

/// Every feed's line in the lists, in the order of the store's feeds.
struct Listed {
    feeds: Vec<FeedSummary>,
    /// The indices of each topic's branches.
    branches: HashMap<TopicId, Vec<usize>>,
}

impl Listed {
    fn of(states: &[FeedState]) -> Self {
        let mut branches: HashMap<TopicId, Vec<usize>> = HashMap::new();
        for (at, state) in states.iter().enumerate() {
            if state.id.branch().is_some() {
                let topic = state.id.topic().clone();
                branches.entry(topic).or_default().push(at);
            }
        }
        let feeds = states.iter().map(summary).collect();
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
            Hash::of(format!("{all} {:?} {branches:?}", feed.name).as_bytes())
        };
        self.feeds.iter().map(key).collect()
    }
}

fn summary(state: &FeedState) -> FeedSummary {
    FeedSummary {
        name: name(state),
        updated: state.updated,
        stories: state.stories,
    }
}

fn name(state: &FeedState) -> FeedName {
    FeedName {
        id: state.id.clone(),
        first_called: state.first_called.clone(),
        topic: state.title.clone(),
        publisher: state.publisher.clone(),
    }
}

/// Searching needs the daemon.
fn search(config: &Config) -> Search {
    if config.server.listen.is_empty() {
        Search::NotOffered
    } else {
        Search::Offered
    }
}

impl Flow {
    /// Publishes the feeds that have changed since the last publication and, depending on `files`, those with
    /// missing files.
    ///
    /// # Errors
    /// [`FlowError`] if the folder cannot be written. Feeds that were not marked are published the next time.
    pub async fn publish(&self, files: Files) -> Result<Publication, FlowError> {
        let turn = Arc::clone(&self.publishing).lock_owned().await;
        let in_force = self.in_force();
        let rendered = self
            .store
            .read(move |reader| {
                // The lock moves into the task: writing continues after the caller has gone.
                let _turn = turn;
                write(reader, &in_force.config, &files)
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
pub struct Published {
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
    pub feeds: Vec<Published>,
    /// The files that changed or were removed.
    pub files: Vec<String>,
}
