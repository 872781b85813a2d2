//! The configuration into the store: which feeds and sources there are, and what changed queries mean for stored items.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::rows;
use super::story::Stories;
use crate::model::{Hash, Item, SourceId, StoryId, Timestamp, TopicId};

/// The topics of an item under a configuration.
pub type Classify = Box<dyn Fn(&Item) -> Vec<TopicId> + Send>;

/// What is configured, as far as the store must know.
pub struct Definition {
    /// When it came into force.
    pub at: Timestamp,
    /// Every topic.
    pub feeds: Vec<FeedDefinition>,
    /// Every source.
    pub sources: Vec<SourceDefinition>,
    /// The topics of an item under this configuration.
    pub classify: Classify,
}

/// A topic's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedDefinition {
    /// Its name.
    pub topic: TopicId,
    /// Its title in the site's language.
    pub title: String,
    /// Changes with its queries.
    pub fingerprint: Hash,
}

/// A source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDefinition {
    /// Its id.
    pub id: SourceId,
    /// Its name for people.
    pub name: String,
    /// Whose report is shown.
    pub rank: u32,
    /// Topics of all its items.
    pub topics: Vec<TopicId>,
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

/// Brings `definition` into the store.
pub(super) fn define(
    connection: &Connection,
    definition: &Definition,
    fresh: Duration,
) -> Result<(), StoreError> {
    // What a changed query brings is old news: it enters quietly.
    let stories = Stories::new(connection, definition.at, true, fresh)?;
    let mut changed = define_feeds(&stories, definition)?;
    let mut touched = reranked(connection, &definition.sources)?;
    let classification = classification(definition);
    if fact(connection, "classification")?.as_deref() != Some(&classification) {
        touched.extend(reclassify(connection, definition)?);
        set_fact(connection, "classification", &classification)?;
        changed = true;
    }
    for story in &touched {
        stories.refresh(*story)?;
    }
    if changed || !touched.is_empty() {
        stories.keep_revision()
    } else {
        Ok(())
    }
}

fn define_feeds(stories: &Stories<'_>, definition: &Definition) -> Result<bool, StoreError> {
    let connection = stories.connection;
    let mut changed = false;
    for feed in &definition.feeds {
        let sql = "SELECT definition, title, configured FROM feed WHERE topic = ?";
        let held = connection.query_row(sql, [feed.topic.as_str()], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, bool>(2)?,
            ))
        });
        let held = held.optional()?;
        if held
            .as_ref()
            .is_some_and(|(fingerprint, title, configured)| {
                *configured && fingerprint == feed.fingerprint.as_bytes() && *title == feed.title
            })
        {
            continue;
        }
        changed = true;
        let sql = "INSERT INTO feed (topic, definition, title, configured, wanted_rev) VALUES (?1, ?2, ?3, 1, ?4)
                   ON CONFLICT (topic) DO UPDATE SET definition = ?2, title = ?3, configured = 1, wanted_rev = ?4, changed_at = ?5";
        let at = definition.at.timestamp();
        connection.execute(
            sql,
            params![
                feed.topic.as_str(),
                feed.fingerprint.as_bytes(),
                feed.title,
                stories.rev,
                at
            ],
        )?;
    }
    let kept: BTreeSet<&str> = definition
        .feeds
        .iter()
        .map(|feed| feed.topic.as_str())
        .collect();
    let mut statement = connection.prepare("SELECT topic FROM feed WHERE configured")?;
    let names: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for gone in names.iter().filter(|name| !kept.contains(name.as_str())) {
        connection.execute("UPDATE feed SET configured = 0 WHERE topic = ?", [gone])?;
        changed = true;
    }
    Ok(changed)
}

/// Writes names and ranks; the stories whose report shown may be another one now.
fn reranked(
    connection: &Connection,
    sources: &[SourceDefinition],
) -> Result<BTreeSet<StoryId>, StoreError> {
    let mut touched = BTreeSet::new();
    for source in sources {
        let sql = "SELECT name, rank FROM source_state WHERE source = ?";
        let held = connection
            .prepare_cached(sql)?
            .query_row([source.id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
        let held: Option<(String, u32)> = held.optional()?;
        if held
            .as_ref()
            .is_some_and(|(name, rank)| *name == source.name && *rank == source.rank)
        {
            continue;
        }
        let sql = "INSERT INTO source_state (source, name, rank, state) VALUES (?1, ?2, ?3, 'new')
                   ON CONFLICT (source) DO UPDATE SET name = ?2, rank = ?3";
        connection.execute(sql, params![source.id.as_str(), source.name, source.rank])?;
        if held.is_some() {
            touched.extend(stories_of(connection, &source.id)?);
        }
    }
    Ok(touched)
}

fn stories_of(connection: &Connection, source: &SourceId) -> Result<Vec<StoryId>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT DISTINCT story FROM item WHERE source = ?")?;
    let stories = statement.query_map([source.as_str()], |row| row.get::<_, String>(0))?;
    stories
        .map(|story| rows::parsed("story", &story?))
        .collect()
}

/// Everything that decides an item's topics, as one hash.
fn classification(definition: &Definition) -> String {
    let feeds = definition
        .feeds
        .iter()
        .map(|feed| format!("{} {}", feed.topic, feed.fingerprint));
    let sources = definition
        .sources
        .iter()
        .map(|source| format!("{} {:?}", source.id, source.topics));
    let parts: Vec<String> = feeds.chain(sources).collect();
    Hash::of_parts(parts.iter().map(String::as_str)).to_string()
}

/// Classifies every stored item again; the stories whose topics changed.
fn reclassify(
    connection: &Connection,
    definition: &Definition,
) -> Result<BTreeSet<StoryId>, StoreError> {
    let mut touched = BTreeSet::new();
    let mut statement = connection.prepare("SELECT * FROM item ORDER BY seq")?;
    let mut update = connection.prepare("UPDATE item SET topics = ? WHERE id = ?")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let item = rows::item(row)?;
        let topics = rows::topics_json(&(definition.classify)(&item));
        // A topic that is back holds again what it held before it went.
        if topics != row.get::<_, String>("topics")? || topics != "[]" {
            update.execute([topics, item.id.to_string()])?;
            touched.insert(rows::parsed("story", &row.get::<_, String>("story")?)?);
        }
    }
    Ok(touched)
}

fn fact(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(connection
        .query_row("SELECT value FROM fact WHERE name = ?", [name], |row| {
            row.get(0)
        })
        .optional()?)
}

fn set_fact(connection: &Connection, name: &str, value: &str) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)",
        [name, value],
    )?;
    Ok(())
}
