//! Computes the effect of a changed configuration on stored data.
//!
//! In: the store as it is, and a [`Definition`]. Out: feeds and sources that are added, changed or removed, items
//! that belong to other topics, stories that enter and leave feeds. Nothing is written.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::Connection;

use super::StoreError;
use super::define::{Definition, FeedDefinition, SourceDefinition};
use super::fault::skip_unreadable;
use super::former::{FormerNames, Renames};
use super::membership::{EntryMode, StoryPosition};
use super::reclassify::{self, ItemChange};
use super::rows;
use super::story::{FeedCriteria, Stories};
use crate::model::{Country, FeedId, Hash, SourceId, StoryId, TopicId};

/// Everything that a definition changes.
#[derive(Default)]
pub(super) struct DefinitionChanges {
    /// Feeds that are added, changed or removed, by name; branches created by their first story are not included.
    pub(super) feeds: Vec<FeedChange>,
    pub(super) sources: SourceChanges,
    /// Items that belong to other topics or regions, by `seq`.
    pub(super) items: BTreeMap<u64, ItemChange>,
    /// Stories that enter and leave feeds.
    pub(super) stories: BTreeMap<StoryId, StoryChange>,
    /// Stories that may look different.
    pub(super) reshown: BTreeSet<StoryId>,
    /// Former names of feeds and sources.
    pub(super) names: FormerNames,
    /// Former names under which the store still keeps data.
    pub(super) renames: Renames,
}

/// The effect on a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FeedEffect {
    /// The feed is new, or configured again.
    Appears,
    /// The queries, the title or the branches changed.
    Changes,
    /// The feed is no longer configured.
    Vanishes,
}

pub(super) struct FeedChange {
    pub(super) id: FeedId,
    pub(super) title: String,
    pub(super) kind: FeedEffect,
    /// The current definition; `None` for vanishing feeds and for branches.
    pub(super) defined: Option<FeedDefinition>,
    /// The previous title, if it changed.
    pub(super) was_called: Option<String>,
    /// The previous queries, as written.
    pub(super) queries: Vec<String>,
    /// True if the feed was configured once; it has missed every change to items since.
    returns: bool,
    /// True if stored items must be classified again.
    pub(super) asks: bool,
    /// True if its stories may belong to other branches.
    branches: bool,
}

/// The effect on sources.
#[derive(Default)]
pub(super) struct SourceChanges {
    /// Sources that are new or configured differently.
    pub(super) come: Vec<SourceDefinition>,
    /// Those of `come` that were configured before.
    pub(super) known: BTreeSet<SourceId>,
    /// Sources that are no longer configured.
    pub(super) gone: Vec<SourceId>,
    /// Sources that are configured again and were forgotten in between.
    pub(super) returning: Vec<SourceId>,
    /// Number of sources configured before.
    pub(super) before: usize,
    /// Removed sources whose address a new source has, paired with that source.
    pub(super) resembling: Vec<(SourceId, SourceId)>,
    /// Sources whose stories may look different: another report is shown, or the source has another name.
    reshown: Vec<SourceId>,
    /// Sources whose items all have other topics or regions, or that are in another country.
    retagged: BTreeSet<SourceId>,
}

/// The feeds that a report of a story belongs to.
enum ReportFeeds {
    /// Those determined by the change of the item with this number.
    Changed(u64),
    /// Those it belonged to before.
    Held(FeedCriteria),
}

/// The feeds that a story enters and leaves.
pub(super) struct StoryChange {
    pub(super) place: StoryPosition,
    pub(super) enters: Vec<(FeedId, EntryMode)>,
    /// Each with true if the story was there quietly.
    pub(super) leaves: Vec<(FeedId, bool)>,
}

impl DefinitionChanges {
    /// Computes the changes that `definition` makes after `renames` have been carried out.
    pub(super) fn compute_changes(
        stories: &Stories<'_>,
        definition: &Definition,
        renames: Renames,
    ) -> Result<Self, StoreError> {
        let connection = stories.connection;
        let mut changes = Self {
            feeds: feed_changes(stories, definition)?,
            sources: SourceChanges::compute_changes(connection, definition)?,
            names: definition.names.clone(),
            renames,
            ..Self::default()
        };
        let called_otherwise = changes.renames.sources.iter();
        let called_otherwise = called_otherwise.map(|(_, now)| now.clone());
        changes.sources.reshown.extend(called_otherwise);
        let missed = missed_items(connection, &changes.feeds)?;
        let (feeds, retagged) = (&changes.feeds, &changes.sources.retagged);
        changes.items =
            reclassify::changed_items(connection, definition, feeds, retagged, &missed)?;
        let mut touched = changes.touched_stories(connection)?;
        touched.extend(missed.into_values());
        for story in touched {
            if let Some(change) = changes.story_change(stories, story)? {
                changes.stories.insert(story, change);
            }
        }
        Ok(changes)
    }

    /// Returns true if the definition may add sources or feeds.
    pub(super) fn may_add_something(&self) -> bool {
        !(self.feeds.is_empty() && self.sources.come.is_empty())
    }

    /// Returns true if readers may see any of the changes.
    pub(super) fn are_visible(&self) -> bool {
        !(self.feeds.is_empty()
            && self.stories.is_empty()
            && self.reshown.is_empty()
            && self.renames.is_empty())
    }

    /// Returns the stories that may enter or leave feeds.
    fn touched_stories(
        &mut self,
        connection: &Connection,
    ) -> Result<BTreeSet<StoryId>, StoreError> {
        let mut touched: BTreeSet<StoryId> = self.items.values().map(|item| item.story).collect();
        let active = "SELECT story FROM membership WHERE feed = ? AND left_at IS NULL";
        for feed in &self.feeds {
            let appears = feed.kind == FeedEffect::Appears;
            if appears || feed.branches {
                let stories = select_story_ids(connection, active, &feed.id.to_string())?;
                if appears {
                    // Stories of a feed that is configured again may have changed in between.
                    self.reshown.extend(&stories);
                }
                touched.extend(stories);
            }
        }
        for source in &self.sources.reshown {
            let sql = "SELECT story FROM item WHERE source = ?";
            self.reshown
                .extend(select_story_ids(connection, sql, source.as_str())?);
        }
        Ok(touched)
    }

    /// Returns the change of a story; `None` if it stays where it is.
    fn story_change(
        &self,
        stories: &Stories<'_>,
        story: StoryId,
    ) -> Result<Option<StoryChange>, StoreError> {
        let Some((place, is_withdrawn)) = story_position(stories.connection, story)? else {
            return Ok(None);
        };
        let reports = self.report_feeds(stories.connection, story)?;
        let reports = reports.iter().filter(|_| !is_withdrawn);
        let wanted = stories.wanted_feeds(reports.map(|report| match report {
            ReportFeeds::Changed(seq) => &self.items[seq].belongs,
            ReportFeeds::Held(belongs) => belongs,
        }));
        let active = stories.feeds_of(story)?;
        let mut enters = Vec::new();
        for feed in wanted.iter().filter(|feed| !active.contains_key(feed)) {
            enters.push((feed.clone(), stories.entry_mode(feed, story, place)?));
        }
        let leaves: Vec<(FeedId, bool)> = active
            .into_iter()
            .filter(|(feed, _)| stories.policy.allows_feed(feed) && !wanted.contains(feed))
            .collect();
        let stays = leaves.is_empty() && enters.is_empty();
        Ok((!stays).then_some(StoryChange {
            place,
            enters,
            leaves,
        }))
    }

    /// Returns where the reports of a story belong.
    fn report_feeds(
        &self,
        connection: &Connection,
        story: StoryId,
    ) -> Result<Vec<ReportFeeds>, StoreError> {
        let sql =
            "SELECT seq, source, language, regions, topics FROM item WHERE story = ? AND NOT held";
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query([story.to_string()])?;
        let mut reports = Vec::new();
        while let Some(row) = found.next()? {
            let seq = row.get("seq")?;
            if self.items.contains_key(&seq) {
                reports.push(ReportFeeds::Changed(seq));
            } else {
                reports.extend(skip_unreadable(rows::read_belonging(row))?.map(ReportFeeds::Held));
            }
        }
        Ok(reports)
    }
}

/// Returns a story's position in its feeds, with true if it is withdrawn.
fn story_position(
    connection: &Connection,
    story: StoryId,
) -> Result<Option<(StoryPosition, bool)>, StoreError> {
    let sql = "SELECT story.published_at, story.updated_at, item.position, withdrawn_at IS NOT NULL
               FROM story JOIN item ON item.id = story.shown WHERE story.id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([story.to_string()])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let place = StoryPosition {
        published_at: rows::parse_instant("published_at", row.get(0)?)?,
        updated_at: rows::parse_instant("updated_at", row.get(1)?)?,
        position: row.get(2)?,
    };
    Ok(Some((place, row.get(3)?)))
}

/// Returns items that belong to topics that are configured again, and their stories: anything merged, split or
/// released in between is not in their feeds yet.
fn missed_items(
    connection: &Connection,
    feeds: &[FeedChange],
) -> Result<BTreeMap<u64, StoryId>, StoreError> {
    let returning = feeds.iter().filter(|feed| feed.returns);
    let returning: BTreeSet<&TopicId> = returning.map(|feed| feed.id.topic()).collect();
    let mut missed = BTreeMap::new();
    if returning.is_empty() {
        return Ok(missed);
    }
    let mut statement = connection.prepare("SELECT seq, story, topics FROM item")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let Some(topics) = skip_unreadable(rows::parse_topics(&row.get::<_, String>(2)?))? else {
            continue;
        };
        if topics.iter().any(|topic| returning.contains(topic)) {
            let story = rows::parse_column("story", &row.get::<_, String>(1)?)?;
            missed.insert(row.get(0)?, story);
        }
    }
    Ok(missed)
}

fn select_story_ids(
    connection: &Connection,
    sql: &str,
    of: &str,
) -> Result<BTreeSet<StoryId>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let stories = statement.query_map([of], |row| row.get::<_, String>(0))?;
    stories
        .map(|story| rows::parse_column("story", &story?))
        .collect()
}

/// The columns of a feed's row that come from the configuration.
struct HeldFeed {
    id: FeedId,
    title: String,
    fingerprint: Hash,
    queries: Vec<String>,
    branches: Vec<String>,
    configured: bool,
}

fn held_feeds(connection: &Connection) -> Result<BTreeMap<FeedId, HeldFeed>, StoreError> {
    let sql = "SELECT topic, title, definition, queries, branches, configured FROM feed";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    let mut feeds = BTreeMap::new();
    while let Some(row) = found.next()? {
        let id: FeedId = rows::parse_column("topic", &row.get::<_, String>(0)?)?;
        let feed = HeldFeed {
            id: id.clone(),
            title: row.get(1)?,
            fingerprint: rows::parse_hash("definition", &row.get::<_, Vec<u8>>(2)?)?,
            queries: rows::parse_json("queries", &row.get::<_, String>(3)?)?,
            branches: rows::parse_json("branches", &row.get::<_, String>(4)?)?,
            configured: row.get(5)?,
        };
        feeds.insert(id, feed);
    }
    Ok(feeds)
}

fn feed_changes(
    stories: &Stories<'_>,
    definition: &Definition,
) -> Result<Vec<FeedChange>, StoreError> {
    let mut held = held_feeds(stories.connection)?;
    let mut changes = Vec::new();
    for feed in &definition.feeds {
        let held = held.remove(&feed.topic.clone().into());
        changes.extend(feed_change(held, feed));
    }
    let titles: HashMap<&TopicId, &str> = definition
        .feeds
        .iter()
        .map(|feed| (&feed.topic, feed.title.as_str()))
        .collect();
    let others = held.into_values();
    changes.extend(others.filter_map(|held| {
        let wanted = held.id.branch().is_some() && stories.policy.allows_feed(&held.id);
        let kind = match (wanted, held.configured) {
            (true, false) => FeedEffect::Appears,
            (false, true) => FeedEffect::Vanishes,
            _ => return None,
        };
        let title = titles.get(held.id.topic()).copied();
        Some(FeedChange {
            title: title.unwrap_or(&held.title).to_owned(),
            id: held.id,
            kind,
            defined: None,
            was_called: None,
            queries: held.queries,
            returns: false,
            asks: false,
            branches: false,
        })
    }));
    changes.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(changes)
}

/// Returns the change of a topic's own feed; `None` if it is unchanged.
fn feed_change(held: Option<HeldFeed>, feed: &FeedDefinition) -> Option<FeedChange> {
    let each: Vec<String> = feed.each.iter().map(ToString::to_string).collect();
    let returns = held.as_ref().is_some_and(|held| !held.configured);
    let before = held.filter(|held| held.configured);
    let asks = before
        .as_ref()
        .is_none_or(|held| held.fingerprint != feed.fingerprint);
    let branches = before.as_ref().is_some_and(|held| held.branches != each);
    let kind = match &before {
        None => FeedEffect::Appears,
        Some(_) => FeedEffect::Changes,
    };
    let was_called = before.as_ref().map(|held| held.title.clone());
    let was_called = was_called.filter(|title| *title != feed.title);
    if !asks && !branches && was_called.is_none() {
        return None;
    }
    Some(FeedChange {
        id: feed.topic.clone().into(),
        title: feed.title.clone(),
        kind,
        defined: Some(feed.clone()),
        was_called,
        queries: before.map(|held| held.queries).unwrap_or_default(),
        returns,
        asks,
        branches,
    })
}

impl SourceChanges {
    fn compute_changes(
        connection: &Connection,
        definition: &Definition,
    ) -> Result<Self, StoreError> {
        let mut held = held_sources(connection)?;
        let mut changes = Self {
            before: held.values().filter(|(_, configured)| *configured).count(),
            ..Self::default()
        };
        let mut new = Vec::new();
        for source in &definition.sources {
            let Some((before, configured)) = held.remove(&source.id) else {
                new.push(&source.id);
                changes.come.push(source.clone());
                continue;
            };
            // An older version stored no addresses.
            if before.address.is_some() && before.address != source.address {
                changes.reshown.push(source.id.clone());
            }
            let address = source.address.clone();
            let before = SourceDefinition { address, ..before };
            if configured && before == *source {
                continue;
            }
            if configured {
                changes.known.insert(source.id.clone());
            }
            changes.come.push(source.clone());
            if (before.rank, &before.name) != (source.rank, &source.name) {
                changes.reshown.push(source.id.clone());
            }
            let tags = |source: &SourceDefinition| {
                let SourceDefinition {
                    topics,
                    country,
                    regions,
                    ..
                } = source.clone();
                (topics, country, regions)
            };
            if tags(&before) != tags(source) {
                changes.retagged.insert(source.id.clone());
            }
        }
        changes.returning = forgotten_sources(connection)?
            .into_iter()
            .filter(|id| definition.sources.iter().any(|source| source.id == *id))
            .collect();
        let gone = held.into_iter().filter(|(_, (_, configured))| *configured);
        changes.gone = gone.map(|(id, _)| id).collect();
        for id in &changes.gone {
            let Some(location) = stored_location_hash(connection, id)? else {
                continue;
            };
            let mut there = new
                .iter()
                .filter(|new| definition.names.locations.get(**new) == Some(&location));
            if let Some(new) = there.next() {
                changes.resembling.push((id.clone(), (*new).clone()));
            }
        }
        Ok(changes)
    }
}

/// Returns the hash of a source's address; `None` if an older version stored none.
fn stored_location_hash(
    connection: &Connection,
    source: &SourceId,
) -> Result<Option<Hash>, StoreError> {
    let sql = "SELECT location FROM source_state WHERE source = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let location: Option<Vec<u8>> = statement.query_row([source.as_str()], |row| row.get(0))?;
    location
        .map(|bytes| rows::parse_hash("location", &bytes))
        .transpose()
}

/// Returns the sources whose stories an operator took out.
fn forgotten_sources(connection: &Connection) -> Result<Vec<SourceId>, StoreError> {
    let sql = "SELECT source FROM source_state WHERE forgotten_at IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    ids.map(|id| rows::parse_column("source", &id?)).collect()
}

/// Returns every source that was ever configured, with true if it still is.
fn held_sources(
    connection: &Connection,
) -> Result<BTreeMap<SourceId, (SourceDefinition, bool)>, StoreError> {
    let sql = "SELECT source, name, rank, topics, country, regions, configured, address FROM source_state";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    let mut sources = BTreeMap::new();
    while let Some(row) = found.next()? {
        let country: Option<String> = row.get(4)?;
        let country: Option<Country> = country
            .map(|code| rows::parse_column("country", &code))
            .transpose()?;
        let source = SourceDefinition {
            id: rows::parse_column("source", &row.get::<_, String>(0)?)?,
            name: row.get(1)?,
            rank: row.get(2)?,
            topics: rows::parse_topics(&row.get::<_, String>(3)?)?,
            country,
            regions: rows::parse_regions(&row.get::<_, String>(5)?)?,
            address: row.get(7)?,
        };
        sources.insert(source.id.clone(), (source, row.get(6)?));
    }
    Ok(sources)
}
