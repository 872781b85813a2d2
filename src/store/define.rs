//! Brings the configuration into the store: feeds, sources, and the effect of changed queries on stored items.
//!
//! The effect is computed by [`Changes`], which `plan` shows without writing; here it is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, params};

use super::changes::{DefinitionChanges, FeedChange, FeedEffect};
use super::former::{FormerNames, Renames};
use super::membership::first_round_until;
use super::plan::DefinitionPlan;
use super::policy::StoryPolicy;
use super::story::Stories;
use super::{SourceCondition, StoreError};
use super::{kept, mend, rows, tokens};
use crate::classify::{RequiredTokens, Subject};
use crate::config::ConfigFile;
use crate::model::{Country, FacetSet, Hash, Item, Region, SourceId, Timestamp, TopicId};

/// Computes an item's regions and topics: the given topics, which are its source's, and those whose queries it
/// satisfies.
pub type ClassifyFn = Arc<dyn Fn(&mut Item, &[TopicId]) -> BTreeSet<TopicId> + Send + Sync>;

/// Prepares to try some topics alone. The map lists the sources that give a topic to all their items.
pub type NarrowFn = Box<
    dyn Fn(&BTreeSet<TopicId>, &BTreeMap<TopicId, Vec<SourceId>>) -> NarrowedClassifier
        + Send
        + Sync,
>;

/// Returns the topics that match an item.
pub type MatchTopicsFn = Box<dyn Fn(&Subject) -> BTreeSet<TopicId> + Send + Sync>;

/// A classifier restricted to some topics.
pub struct NarrowedClassifier {
    /// The conditions that an item must meet for one of the topics to match.
    pub needs: RequiredTokens,
    /// Returns which of the topics match; the result may include their references and the source's own topics.
    pub topics: MatchTopicsFn,
}

/// The part of the configuration that the store must know.
pub struct Definition {
    /// When the configuration came into force.
    pub at: Timestamp,
    /// Changes with everything that decides an item's topics and regions.
    pub key: Hash,
    /// Changes with everything that decides them for all items alike; each item is then classified again.
    pub classifier: String,
    /// The age from which a story that arrives late enters quietly.
    pub fresh: Duration,
    /// All topics.
    pub feeds: Vec<FeedDefinition>,
    /// All sources.
    pub sources: Vec<SourceDefinition>,
    /// Former names of feeds and sources.
    pub names: FormerNames,
    /// Computes an item's regions and topics.
    pub classify: ClassifyFn,
    /// Computes some of an item's topics.
    pub narrow: NarrowFn,
    /// The configuration files.
    pub files: Vec<ConfigFile>,
}

/// The definition of a topic's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedDefinition {
    /// The topic's id.
    pub topic: TopicId,
    /// The title in the site's language.
    pub title: String,
    /// The queries as written.
    pub queries: Vec<String>,
    /// Changes with the feed's queries, and with those that they refer to.
    pub fingerprint: Hash,
    /// The kinds of branches.
    pub each: BTreeSet<FacetSet>,
}

/// The definition of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDefinition {
    /// The source's id.
    pub id: SourceId,
    /// The name for people.
    pub name: String,
    /// The rank that decides whose report is shown.
    pub rank: u32,
    /// The address of the feed or page for readers.
    pub address: Option<String>,
    /// Topics of all its items.
    pub topics: Vec<TopicId>,
    /// The publisher's country.
    pub country: Option<Country>,
    /// Regions of all its items.
    pub regions: Vec<Region>,
}

/// The consent to a definition that surprises readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Consent is required: the definition is refused if readers would be surprised, see [`DefinitionPlan::refusals`].
    Wanted,
    /// The operator knows the effect, or no operator is present to consent.
    Given,
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at, feeds, sources, ..
        } = self;
        f.debug_struct("Definition")
            .field("at", at)
            .field("feeds", feeds)
            .field("sources", sources)
            .finish_non_exhaustive()
    }
}

/// Brings `definition` into the store. If consent is required and missing, nothing changes.
pub(super) fn apply_definition(
    connection: &Connection,
    definition: &Definition,
    consent: Consent,
) -> Result<DefinitionPlan, StoreError> {
    let policy = StoryPolicy::from_definition(definition);
    connection.execute_batch("SAVEPOINT definition")?;
    let mended = mend::mend_store(connection, definition.at)?;
    let renames = Renames::find_renames(connection, &definition.names)?;
    renames.apply(connection)?;
    // Stories added by a changed query are old news and enter quietly.
    let stories = Stories::new(connection, definition.at, true, &policy)?;
    let changes = DefinitionChanges::compute_changes(&stories, definition, renames)?;
    let plan = DefinitionPlan {
        mended,
        ..changes.make_plan(connection, 0)?
    };
    if plan.is_granted(consent) {
        apply_changes(&stories, definition, &changes)?;
    } else {
        connection.execute_batch("ROLLBACK TO definition")?;
    }
    connection.execute_batch("RELEASE definition")?;
    Ok(plan)
}

fn apply_changes(
    stories: &Stories<'_>,
    definition: &Definition,
    changes: &DefinitionChanges,
) -> Result<(), StoreError> {
    let connection = stories.connection;
    if changes.may_add_something() {
        let number = rows::count_definitions(connection)? + 1;
        rows::set_fact(connection, "definitions", &number.to_string())?;
    }
    let number = rows::count_definitions(connection)?;
    for feed in &changes.feeds {
        write_feed(stories, definition, feed, number)?;
    }
    write_queries(connection, definition)?;
    for source in &changes.sources.come {
        write_source(connection, source, number)?;
    }
    for source in &changes.sources.gone {
        let sql = "UPDATE source_state SET configured = 0, gone_at = ? WHERE source = ?";
        connection.execute(sql, params![definition.at.timestamp(), source.as_str()])?;
    }
    let sql = "UPDATE source_state SET location = ?2 WHERE source = ?1 AND location IS NOT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    for (source, location) in &definition.names.locations {
        statement.execute(params![source.as_str(), location.as_bytes()])?;
    }
    let sql = "UPDATE source_state SET address = ?2 WHERE source = ?1 AND address IS NOT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    for source in &definition.sources {
        statement.execute(params![source.id.as_str(), source.address])?;
    }
    write_items(connection, changes)?;
    for (story, change) in &changes.stories {
        for (feed, _) in &change.leaves {
            stories.leave_feed(feed, *story)?;
        }
        for (feed, _) in &change.enters {
            stories.enter_feed(feed, *story, change.place)?;
        }
    }
    for story in &changes.reshown {
        stories.refresh_story(*story)?;
    }
    kept::keep_configuration(connection, &definition.files, definition.at)?;
    rows::set_fact(connection, "classifier", &definition.classifier)?;
    stories.write_feeds()?;
    if changes.are_visible() {
        stories.finish()?;
    }
    Ok(())
}

/// Writes a feed. A feed that is no longer configured keeps its stories, so that readers see the same ones if it
/// returns.
fn write_feed(
    stories: &Stories<'_>,
    definition: &Definition,
    feed: &FeedChange,
    number: i64,
) -> Result<(), StoreError> {
    let (connection, id) = (stories.connection, feed.id.to_string());
    let at = definition.at.timestamp();
    if feed.kind == FeedEffect::Vanishes {
        let sql = "UPDATE feed SET configured = 0 WHERE topic = ?";
        connection.prepare_cached(sql)?.execute([id])?;
        return Ok(());
    }
    let Some(defined) = &feed.defined else {
        // A branch follows its topic, and appears only once a story belongs to it.
        let sql =
            "UPDATE feed SET configured = 1, wanted_rev = ?2, changed_at = ?3 WHERE topic = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![id, stories.rev, at])?;
        return Ok(());
    };
    let each: Vec<String> = defined.each.iter().map(FacetSet::to_string).collect();
    let (queries, each) = (rows::to_json(&defined.queries), rows::to_json(&each));
    let fingerprint = defined.fingerprint.as_bytes();
    let mut statement = connection.prepare_cached(include_str!("sql/define_feed.sql"))?;
    let row = params![
        id,
        fingerprint,
        defined.title,
        stories.rev,
        at,
        queries,
        each,
        number,
        first_round_until(definition.at),
    ];
    statement.execute(row)?;
    // Branches have the title of their topic, including those that return with it.
    let sql = "UPDATE feed SET title = ?2, wanted_rev = ?3, changed_at = ?4 WHERE topic = ?1 AND title <> ?2";
    let mut statement = connection.prepare_cached(sql)?;
    for branch in stories.topic_branches(&defined.topic)? {
        statement.execute(params![branch.to_string(), defined.title, stories.rev, at])?;
    }
    Ok(())
}

/// Stores the queries as written, even unchanged ones: a store of an older version has none to compare with.
fn write_queries(connection: &Connection, definition: &Definition) -> Result<(), StoreError> {
    let sql = "UPDATE feed SET queries = ?2 WHERE topic = ?1 AND queries <> ?2";
    let mut statement = connection.prepare_cached(sql)?;
    for feed in &definition.feeds {
        statement.execute(params![feed.topic.as_str(), rows::to_json(&feed.queries)])?;
    }
    Ok(())
}

fn write_source(
    connection: &Connection,
    source: &SourceDefinition,
    number: i64,
) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO source_state (source, name, rank, topics, country, regions, state, configured, defined_by)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8)
               ON CONFLICT (source) DO UPDATE SET
               name = ?2, rank = ?3, topics = ?4, country = ?5, regions = ?6, configured = 1,
               gone_at = NULL, forgotten_at = NULL";
    connection.prepare_cached(sql)?.execute(params![
        source.id.as_str(),
        source.name,
        source.rank,
        rows::topics_json(&source.topics),
        source.country.map(|country| country.to_string()),
        rows::regions_json(&source.regions),
        SourceCondition::New.as_str(),
        number,
    ])?;
    Ok(())
}

fn write_items(connection: &Connection, changes: &DefinitionChanges) -> Result<(), StoreError> {
    let mut topics = connection.prepare_cached("UPDATE item SET topics = ? WHERE seq = ?")?;
    let mut regions = connection.prepare_cached("UPDATE item SET regions = ? WHERE seq = ?")?;
    for (seq, item) in &changes.items {
        topics.execute(params![rows::topics_json(&item.belongs.topics), seq])?;
        if let Some(moved) = &item.moved {
            regions.execute(params![moved, seq])?;
            tokens::note_due(connection, *seq)?;
        }
    }
    Ok(())
}
