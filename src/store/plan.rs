//! Computes what a changed configuration would add to and remove from each feed, for people and for the guard of
//! reloads.
//!
//! In: the store as it is, and a [`Definition`] (or the [`Changes`] computed from it). Out: a [`Plan`], feed by feed,
//! and the number of stored stories that topics match. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::Connection;

use super::changes::{DefinitionChanges, FeedChange, FeedEffect};
use super::former::Renames;
use super::membership::EntryMode;
use super::story::Stories;
use super::{Consent, Definition, StoreError, StoryPolicy, inspect_store};
use super::{former, mend, schema};
use crate::config::{SettingChange, SettingOwner};
use crate::model::{FeedId, SourceId, StoryId, Timestamp, TopicId};

/// Number of new stories that one live feed may receive at once without consent.
pub const MAX_NEW: usize = 20;
/// Maximum number of stories listed in one plan, over all feeds.
const MAX_NAMED: usize = 5_000;

/// The effect of a configuration on stored data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DefinitionPlan {
    /// Feeds that change, by name.
    pub feeds: Vec<FeedPlan>,
    /// Sources that are new.
    pub new_sources: Vec<SourceId>,
    /// Sources whose name, rank, topics, country or regions changed.
    pub changed_sources: Vec<SourceId>,
    /// Sources that are no longer configured; their stored items stay.
    pub gone_sources: Vec<SourceId>,
    /// Sources that are configured again after they were forgotten; their stories return.
    pub returning_sources: Vec<SourceId>,
    /// Number of sources configured before.
    pub sources_before: usize,
    /// Removed sources whose address a new source has, paired with that source: it may be the same one.
    pub resembling_sources: Vec<(SourceId, SourceId)>,
    /// Renamed feeds, with their new names; the old addresses redirect to the new ones.
    pub renamed_feeds: Vec<(FeedId, FeedId)>,
    /// Renamed sources, with their new names.
    pub renamed_sources: Vec<(SourceId, SourceId)>,
    /// Keys whose values changed, as written in the files.
    pub settings: Vec<SettingChange>,
    /// Names of rows that could not be read and were rebuilt.
    pub mended: Vec<String>,
}

/// The effect of a configuration on a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedFate {
    /// The feed is published for the first time, or again.
    Appears,
    /// The feed stays, with other stories, queries or another title.
    Changes,
    /// The feed's files are removed; its stories stay in the store.
    Vanishes,
}

/// The effect of a configuration on one feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPlan {
    /// The feed's name.
    pub id: FeedId,
    /// The feed's title; a branch has the title of its topic.
    pub title: String,
    /// The previous title, if it changed.
    pub was_called: Option<String>,
    /// The effect on the feed as a whole.
    pub fate: FeedFate,
    /// True if the feed vanishes but its addresses redirect to another feed.
    pub leads_on: bool,
    /// If this feed vanishes, a new feed with the same queries: it may be the same one.
    pub resembles: Option<FeedId>,
    /// Queries added, as written.
    pub new_queries: Vec<String>,
    /// Queries removed, as written.
    pub gone_queries: Vec<String>,
    /// Number of stories before the change.
    pub before: FeedCount,
    /// Number of stories after the change.
    pub after: FeedCount,
    /// Number of stories that enter live: with a first publication, as news, or again.
    pub live: usize,
    /// Number of those that readers have not seen; each triggers a notification.
    pub new: usize,
    /// Number of stories that enter quietly.
    pub quiet: usize,
    /// Number of stories that leave.
    pub leave: usize,
    /// The newest stories that enter, up to the requested number.
    pub entering: Vec<MovingStory>,
    /// The newest stories that leave, up to the requested number.
    pub leaving: Vec<MovingStory>,
}

/// Number of stories in a feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedCount {
    /// All stories.
    pub stories: usize,
    /// Stories that did not enter quietly.
    pub live: usize,
}

/// A story that enters or leaves a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovingStory {
    /// The story's id.
    pub story: StoryId,
    /// The title of the report shown.
    pub title: String,
    /// When the story was published.
    pub published: Timestamp,
    /// True if the story enters quietly, or had entered quietly.
    pub quiet: bool,
}

/// The number of stored stories that the topics of a configuration match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatchingStories {
    /// Number of stored stories, without the withdrawn ones.
    pub stories: usize,
    /// Number of stories per topic.
    pub topics: BTreeMap<TopicId, usize>,
}

impl DefinitionPlan {
    /// Returns true if nothing changes.
    pub fn is_empty(&self) -> bool {
        let sources = [&self.new_sources, &self.changed_sources, &self.gone_sources];
        self.feeds.is_empty()
            && sources.iter().all(|sources| sources.is_empty())
            && self.renamed_feeds.is_empty()
            && self.renamed_sources.is_empty()
            && self.settings.is_empty()
    }

    /// Returns the sources whose configuration changed, in stored properties or in how they are polled and read.
    pub fn all_changed_sources(&self) -> BTreeSet<String> {
        let of = |change: &SettingChange| match &change.of {
            SettingOwner::Source(id) => Some(id.clone()),
            SettingOwner::Section(_) | SettingOwner::Topic(_) => None,
        };
        let stored = self.changed_sources.iter().map(ToString::to_string);
        stored.chain(self.settings.iter().filter_map(of)).collect()
    }

    /// Returns true if the plan may be carried out.
    pub fn is_granted(&self, consent: Consent) -> bool {
        consent == Consent::Given || self.refusals().is_empty()
    }

    /// Returns the reasons why the plan requires consent: a line for each feed whose readers would be surprised.
    pub fn refusals(&self) -> Vec<String> {
        let staying = self
            .feeds
            .iter()
            .filter(|feed| feed.fate == FeedFate::Changes);
        let lines = staying.flat_map(|feed| {
            let empties = feed.before.live > 0 && feed.after.live == 0;
            let empties = empties.then(|| match feed.before.live {
                1 => format!(
                    "the feed `{}` would be empty: its only story leaves",
                    feed.id
                ),
                live => format!(
                    "the feed `{}` would be empty: its {live} stories leave",
                    feed.id
                ),
            });
            let rings = (feed.new > MAX_NEW).then(|| {
                format!(
                    "the live feed `{}` would get {} new stories at once, more than {MAX_NEW}",
                    feed.id, feed.new
                )
            });
            [empties, rings].into_iter().flatten()
        });
        let mut lines: Vec<String> = lines.collect();
        lines.extend(self.lost_feeds());
        lines.extend(self.lost_sources());
        lines
    }

    /// Returns a line for each feed that readers would lose. Branches of a removed topic are counted with it.
    fn lost_feeds(&self) -> Vec<String> {
        let vanishing = |feed: &&FeedPlan| feed.fate == FeedFate::Vanishes && !feed.leads_on;
        let lost = |feed: &&FeedPlan| vanishing(feed) && feed.before.stories > 0;
        let is_whole = |feed: &FeedPlan| feed.id.branch().is_none();
        let topics = self
            .feeds
            .iter()
            .filter(vanishing)
            .filter(|feed| is_whole(feed));
        let topics: BTreeSet<&TopicId> = topics.map(|feed| feed.id.topic()).collect();
        let told = |feed: &&FeedPlan| is_whole(feed) || !topics.contains(feed.id.topic());
        let line = |feed: &FeedPlan| {
            let (id, stories) = (&feed.id, feed.before.stories);
            let what = if is_whole(feed) { "feed" } else { "branch" };
            let stories = match stories {
                1 => "its only story".to_owned(),
                stories => format!("its {stories} stories"),
            };
            let what_to_do = match &feed.resembles {
                Some(new) => format!(
                    "`{new}` has its queries: if it is renamed, put `former = [\"{id}\"]` into the topic `{new}`"
                ),
                None => format!("`former = [\"{id}\"]` in another topic sends its readers there"),
            };
            format!("the {what} `{id}` would vanish with {stories}: {what_to_do}")
        };
        let lost = self.feeds.iter().filter(lost).filter(told);
        lost.map(line).collect()
    }

    /// Returns lines for sources that seem to be removed by mistake.
    fn lost_sources(&self) -> Vec<String> {
        let renamed = |(was, now): &(SourceId, SourceId)| {
            format!(
                "the source `{now}` has the address of `{was}`, which is gone: if it is renamed, put `former = [\"{was}\"]` into it, \
                 else all its items are new ones"
            )
        };
        let mut lines: Vec<String> = self.resembling_sources.iter().map(renamed).collect();
        let (gone, before) = (self.gone_sources.len(), self.sources_before);
        if gone > 0 && gone * 2 >= before {
            let named = self.gone_sources.iter().take(NAMED_SOURCES);
            let mut named: Vec<String> = named.map(|id| format!("`{id}`")).collect();
            if gone > NAMED_SOURCES {
                named.push(format!("{} more", gone - NAMED_SOURCES));
            }
            let named = named.join(", ");
            lines.push(format!(
                "{gone} of {before} sources would be lost ({named}): look whether `include` still finds their files"
            ));
        }
        lines
    }
}

/// Maximum number of removed sources to list by name.
const NAMED_SOURCES: usize = 5;

/// Returns the changes that `definition` would make in the store at `path`, which may not exist, with the newest
/// `named` stories of each feed. Nothing is written.
///
/// # Errors
/// [`StoreError`] if the file is no store of this version.
pub fn plan_definition(
    path: &Path,
    definition: &Definition,
    named: usize,
) -> Result<DefinitionPlan, StoreError> {
    let found = inspect_store(path, |reader| {
        plan_in_store(reader.connection(), definition, named)
    })?;
    found.map_or_else(
        || {
            let mut empty = Connection::open_in_memory()?;
            schema::migrate_store(&mut empty, path)?;
            plan_in_store(&empty, definition, named)
        },
        Ok,
    )
}

/// Returns how many stories of the store at `path` the topics of `definition` would match; zero if there is no store.
/// Nothing is written.
///
/// # Errors
/// [`StoreError`] if the file is no store of this version.
pub fn count_matching_stories(
    path: &Path,
    definition: &Definition,
) -> Result<MatchingStories, StoreError> {
    let found = inspect_store(path, |reader| {
        let connection = reader.connection();
        let plan = plan_in_store(connection, definition, 0)?;
        let planned = plan.feeds.iter().map(|feed| (&feed.id, feed.after.stories));
        let planned: BTreeMap<&FeedId, usize> = planned.collect();
        let sql = "SELECT coalesce((SELECT stories FROM feed WHERE topic = ?), 0)";
        let mut held = connection.prepare_cached(sql)?;
        let mut topics = BTreeMap::new();
        for feed in &definition.feeds {
            let stories = match planned.get(&FeedId::from(feed.topic.clone())) {
                Some(stories) => *stories,
                None => held.query_row([feed.topic.as_str()], |row| row.get(0))?,
            };
            topics.insert(feed.topic.clone(), stories);
        }
        let sql = "SELECT count(*) FROM story WHERE withdrawn_at IS NULL";
        let stories = connection.query_row(sql, [], |row| row.get(0))?;
        Ok::<_, StoreError>(MatchingStories { stories, topics })
    })?;
    Ok(found.unwrap_or_default())
}

fn plan_in_store(
    connection: &Connection,
    definition: &Definition,
    named: usize,
) -> Result<DefinitionPlan, StoreError> {
    let policy = StoryPolicy::from_definition(definition);
    if mend::needs_mending(connection)? {
        former::shadow_tables(connection)?;
        mend::mend_rows(connection)?;
    }
    let renames = Renames::find_renames(connection, &definition.names)?;
    if !renames.is_empty() {
        renames.simulate_renames(connection)?;
    }
    let stories = Stories::new(connection, definition.at, true, &policy)?;
    let changes = DefinitionChanges::compute_changes(&stories, definition, renames)?;
    changes.make_plan(connection, named)
}

impl DefinitionChanges {
    /// Returns the changes that readers would see.
    pub(super) fn make_plan(
        &self,
        connection: &Connection,
        named: usize,
    ) -> Result<DefinitionPlan, StoreError> {
        let mut feeds: BTreeMap<FeedId, FeedPlan> = BTreeMap::new();
        for feed in &self.feeds {
            let plan = FeedPlan {
                leads_on: self.names.redirects_feed(&feed.id),
                resembles: self.find_similar_topic(feed),
                ..FeedPlan::from_change(connection, feed)?
            };
            feeds.insert(feed.id.clone(), plan);
        }
        let mut moving: BTreeMap<&FeedId, Movements> = BTreeMap::new();
        for (story, change) in &self.stories {
            let published = change.place.published_at;
            for (feed, entry) in &change.enters {
                let enters = &mut moving.entry(feed).or_default().enters;
                enters.push((published, *story, *entry));
            }
            for (feed, quiet) in &change.leaves {
                let leaves = &mut moving.entry(feed).or_default().leaves;
                leaves.push((published, *story, *quiet));
            }
        }
        let mut room = MAX_NAMED;
        for (id, movements) in moving {
            if !feeds.contains_key(id) {
                let topic = feeds.get(&FeedId::from(id.topic().clone()));
                let title = topic.map(|topic| topic.title.clone());
                feeds.insert(id.clone(), FeedPlan::unchanged(connection, id, title)?);
            }
            if let Some(feed) = feeds.get_mut(id) {
                feed.add_movements(connection, movements, named.min(room))?;
                room -= feed.entering.len() + feed.leaving.len();
            }
        }
        let (known, new): (Vec<SourceId>, Vec<SourceId>) = self
            .sources
            .come
            .iter()
            .map(|source| source.id.clone())
            .partition(|id| self.sources.known.contains(id));
        Ok(DefinitionPlan {
            feeds: feeds.into_values().collect(),
            new_sources: new,
            changed_sources: known,
            gone_sources: self.sources.gone.clone(),
            returning_sources: self.sources.returning.clone(),
            sources_before: self.sources.before,
            resembling_sources: self.sources.resembling.clone(),
            renamed_feeds: self.renames.feeds.clone(),
            renamed_sources: self.renames.sources.clone(),
            settings: Vec::new(),
            mended: Vec::new(),
        })
    }

    /// Returns a new topic with the queries of one that vanishes.
    fn find_similar_topic(&self, feed: &FeedChange) -> Option<FeedId> {
        let vanishes = feed.kind == FeedEffect::Vanishes && feed.id.branch().is_none();
        let mut new = self
            .feeds
            .iter()
            .filter(|new| new.kind == FeedEffect::Appears);
        let has_its_queries = |new: &&FeedChange| {
            let defined = new.defined.as_ref();
            defined.is_some_and(|defined| {
                !defined.queries.is_empty() && defined.queries == feed.queries
            })
        };
        let found = new.find(|new| vanishes && has_its_queries(new));
        found.map(|new| new.id.clone())
    }
}

/// The stories that enter and leave one feed, with their dates.
#[derive(Default)]
struct Movements {
    enters: Vec<(Timestamp, StoryId, EntryMode)>,
    leaves: Vec<(Timestamp, StoryId, bool)>,
}

impl FeedPlan {
    /// Returns the plan of a feed whose stories do not change.
    fn without_movements(
        connection: &Connection,
        id: &FeedId,
        title: String,
        fate: FeedFate,
    ) -> Result<Self, StoreError> {
        let before = FeedCount::count_stories(connection, id)?;
        Ok(Self {
            id: id.clone(),
            title,
            was_called: None,
            fate,
            leads_on: false,
            resembles: None,
            new_queries: Vec::new(),
            gone_queries: Vec::new(),
            before,
            after: match fate {
                FeedFate::Vanishes => FeedCount::default(),
                FeedFate::Appears | FeedFate::Changes => before,
            },
            live: 0,
            new: 0,
            quiet: 0,
            leave: 0,
            entering: Vec::new(),
            leaving: Vec::new(),
        })
    }

    fn from_change(connection: &Connection, feed: &FeedChange) -> Result<Self, StoreError> {
        let fate = match feed.kind {
            FeedEffect::Appears => FeedFate::Appears,
            FeedEffect::Changes => FeedFate::Changes,
            FeedEffect::Vanishes => FeedFate::Vanishes,
        };
        let queries = feed.defined.as_ref().map(|defined| &defined.queries);
        let queries = queries.unwrap_or(&feed.queries);
        let without = |those: &[String], others: &[String]| {
            let those = those.iter().filter(|query| !others.contains(query));
            those.cloned().collect()
        };
        Ok(Self {
            was_called: feed.was_called.clone(),
            new_queries: without(queries, &feed.queries),
            gone_queries: without(&feed.queries, queries),
            ..Self::without_movements(connection, &feed.id, feed.title.clone(), fate)?
        })
    }

    /// Returns the plan of a feed whose configuration is unchanged; a branch that does not exist yet appears. `title`
    /// is the new title of its topic, if that changes.
    fn unchanged(
        connection: &Connection,
        id: &FeedId,
        title: Option<String>,
    ) -> Result<Self, StoreError> {
        let held = || {
            let sql = "SELECT title FROM feed WHERE topic = ?";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row([id.topic().as_str()], |row| row.get(0))
        };
        let sql = "SELECT 1 FROM feed WHERE topic = ?";
        let is_there = connection.prepare_cached(sql)?.exists([id.to_string()])?;
        let fate = if is_there {
            FeedFate::Changes
        } else {
            FeedFate::Appears
        };
        Self::without_movements(connection, id, title.map_or_else(held, Ok)?, fate)
    }

    /// Counts the stories that enter and leave, and lists the newest.
    fn add_movements(
        &mut self,
        connection: &Connection,
        mut movements: Movements,
        named: usize,
    ) -> Result<(), StoreError> {
        let Movements { enters, leaves } = &mut movements;
        let is = |wanted: EntryMode| {
            enters
                .iter()
                .filter(|(_, _, entry)| *entry == wanted)
                .count()
        };
        self.new = is(EntryMode::Live);
        self.quiet = is(EntryMode::Quiet);
        self.live = enters.len() - self.quiet;
        self.leave = leaves.len();
        let live_leave = leaves.iter().filter(|(_, _, quiet)| !quiet).count();
        self.after.stories = self.before.stories + enters.len() - self.leave;
        self.after.live = self.before.live + self.live - live_leave;
        enters.sort_unstable_by_key(|(at, story, _)| (std::cmp::Reverse(*at), *story));
        leaves.sort_unstable_by_key(|(at, story, _)| (std::cmp::Reverse(*at), *story));
        let name = |(published, story, quiet): (Timestamp, StoryId, bool)| {
            let sql =
                "SELECT title FROM story JOIN item ON item.id = story.shown WHERE story.id = ?";
            let mut statement = connection.prepare_cached(sql)?;
            let title = statement.query_row([story.to_string()], |row| row.get(0))?;
            Ok::<_, StoreError>(MovingStory {
                story,
                title,
                published,
                quiet,
            })
        };
        let newest = enters.iter().take(named);
        let newest = newest.map(|(at, story, entry)| (*at, *story, *entry == EntryMode::Quiet));
        self.entering = newest.map(name).collect::<Result<_, _>>()?;
        let newest = leaves.iter().take(named).copied();
        self.leaving = newest.map(name).collect::<Result<_, _>>()?;
        Ok(())
    }
}

impl FeedCount {
    fn count_stories(connection: &Connection, feed: &FeedId) -> Result<Self, StoreError> {
        let sql = "SELECT count(*), count(*) FILTER (WHERE NOT quiet) FROM membership
                   WHERE feed = ? AND left_at IS NULL";
        let mut statement = connection.prepare_cached(sql)?;
        let stock = statement.query_row([feed.to_string()], |row| {
            Ok(Self {
                stories: row.get(0)?,
                live: row.get(1)?,
            })
        });
        Ok(stock?)
    }
}
