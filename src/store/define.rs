//! The configuration into the store: which feeds and sources there are, and what changed queries mean for stored items.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::rows;
use super::story::Stories;
use super::{State, StoreError};
use crate::classify;
use crate::model::{Country, Hash, Item, Region, SourceId, StoryId, Timestamp, TopicId};

/// Works out an item's regions, and the topics whose queries it satisfies; those given are its source's, which queries may ask for.
pub type Classify = Box<dyn Fn(&mut Item, &[TopicId]) -> Vec<TopicId> + Send>;

/// What is configured, as far as the store must know.
pub struct Definition {
    /// When it came into force.
    pub at: Timestamp,
    /// A story older than this enters quietly where it comes late.
    pub fresh: Duration,
    /// Every topic.
    pub feeds: Vec<FeedDefinition>,
    /// Every source.
    pub sources: Vec<SourceDefinition>,
    /// Works out an item's regions and topics.
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
    /// Where its publisher is.
    pub country: Option<Country>,
    /// Regions of all its items.
    pub regions: Vec<Region>,
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
pub(super) fn define(connection: &Connection, definition: &Definition) -> Result<(), StoreError> {
    // What a changed query brings is old news: it enters quietly.
    let stories = Stories::new(connection, definition.at, true, definition.fresh)?;
    let feeds = define_feeds(&stories, definition)?;
    let sources = define_sources(connection, &definition.sources)?;
    let mut touched = feeds.returned;
    for source in &sources.reshown {
        touched.extend(stories_of(connection, source)?);
    }
    let queries = queries(&definition.feeds);
    if fact(connection, "queries")?.as_deref() == Some(&queries) {
        for source in &sources.retagged {
            touched.extend(classify_items(
                connection,
                &definition.classify,
                Some(source),
            )?);
        }
    } else {
        touched.extend(classify_items(connection, &definition.classify, None)?);
        set_fact(connection, "queries", &queries)?;
    }
    for story in &touched {
        stories.refresh(*story)?;
    }
    if feeds.changed || !touched.is_empty() {
        stories.keep_revision()
    } else {
        Ok(())
    }
}

/// What became of the feeds.
#[derive(Default)]
struct Feeds {
    changed: bool,
    /// Stories of feeds that are configured again: they may have changed meanwhile.
    returned: BTreeSet<StoryId>,
}

/// A feed that is configured no longer keeps its stories: should it come back, readers see what they saw.
fn define_feeds(stories: &Stories<'_>, definition: &Definition) -> Result<Feeds, StoreError> {
    let connection = stories.connection;
    let mut feeds = Feeds::default();
    for feed in &definition.feeds {
        let (topic, fingerprint) = (feed.topic.as_str(), feed.fingerprint.as_bytes());
        let sql = "SELECT configured, definition = ?2 AND title = ?3 FROM feed WHERE topic = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let held = statement.query_row(params![topic, fingerprint, feed.title], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        let held: Option<(bool, bool)> = held.optional()?;
        if held == Some((true, true)) {
            continue;
        }
        feeds.changed = true;
        if held.is_some_and(|(configured, _)| !configured) {
            let sql = "SELECT story FROM membership WHERE feed = ? AND left_at IS NULL";
            feeds.returned.extend(ids(connection, sql, topic)?);
        }
        let at = definition.at.timestamp();
        let mut statement = connection.prepare_cached(include_str!("sql/define_feed.sql"))?;
        statement.execute(params![topic, fingerprint, feed.title, stories.rev, at])?;
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
        feeds.changed = true;
    }
    Ok(feeds)
}

/// Sources that are configured differently.
#[derive(Default)]
struct Sources {
    /// Their stories may look different: another report is shown, or they have another name.
    reshown: Vec<SourceId>,
    /// Other topics or regions are those of all their items, or they are in another country.
    retagged: Vec<SourceId>,
}

/// A source that is configured no longer keeps its items, its name and its topics.
fn define_sources(
    connection: &Connection,
    sources: &[SourceDefinition],
) -> Result<Sources, StoreError> {
    let mut changed = Sources::default();
    for source in sources {
        let new = SourceRow::of(source);
        if let Some(held) = SourceRow::held(connection, &source.id)? {
            if held == new {
                continue;
            }
            if (held.rank, &held.name) != (new.rank, &new.name) {
                changed.reshown.push(source.id.clone());
            }
            if held.tags() != new.tags() {
                changed.retagged.push(source.id.clone());
            }
        }
        new.write(connection, &source.id)?;
    }
    Ok(changed)
}

/// What a source's row holds of its definition.
#[derive(PartialEq, Eq)]
struct SourceRow {
    name: String,
    rank: u32,
    topics: String,
    country: Option<String>,
    regions: String,
}

impl SourceRow {
    fn of(source: &SourceDefinition) -> Self {
        Self {
            name: source.name.clone(),
            rank: source.rank,
            topics: rows::topics_json(&source.topics),
            country: source.country.map(|country| country.to_string()),
            regions: rows::regions_json(&source.regions),
        }
    }

    fn held(connection: &Connection, source: &SourceId) -> Result<Option<Self>, StoreError> {
        let sql = "SELECT name, rank, topics, country, regions FROM source_state WHERE source = ?";
        let mut statement = connection.prepare_cached(sql)?;
        let held = statement.query_row([source.as_str()], |row| {
            Ok(Self {
                name: row.get(0)?,
                rank: row.get(1)?,
                topics: row.get(2)?,
                country: row.get(3)?,
                regions: row.get(4)?,
            })
        });
        Ok(held.optional()?)
    }

    /// What decides the topics and regions of all its items.
    fn tags(&self) -> (&str, Option<&str>, &str) {
        (&self.topics, self.country.as_deref(), &self.regions)
    }

    fn write(&self, connection: &Connection, source: &SourceId) -> Result<(), StoreError> {
        let sql = "INSERT INTO source_state (source, name, rank, topics, country, regions, state)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                   ON CONFLICT (source) DO UPDATE SET
                   name = ?2, rank = ?3, topics = ?4, country = ?5, regions = ?6";
        let Self {
            name,
            rank,
            topics,
            country,
            regions,
        } = self;
        let state = State::New.as_str();
        let row = params![source.as_str(), name, rank, topics, country, regions, state];
        connection.execute(sql, row)?;
        Ok(())
    }
}

fn stories_of(connection: &Connection, source: &SourceId) -> Result<BTreeSet<StoryId>, StoreError> {
    ids(
        connection,
        "SELECT story FROM item WHERE source = ?",
        source.as_str(),
    )
}

fn ids(connection: &Connection, sql: &str, of: &str) -> Result<BTreeSet<StoryId>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let stories = statement.query_map([of], |row| row.get::<_, String>(0))?;
    stories
        .map(|story| rows::parsed("story", &story?))
        .collect()
}

/// Everything that decides an item's topics and regions beside its source, as one hash.
fn queries(feeds: &[FeedDefinition]) -> String {
    let classifier = format!("classifier {}", classify::VERSION);
    let topics = feeds
        .iter()
        .map(|feed| format!("{} {}", feed.topic, feed.fingerprint));
    let parts: Vec<String> = std::iter::once(classifier).chain(topics).collect();
    Hash::of_parts(parts.iter().map(String::as_str)).to_string()
}

/// Classifies stored items again, all or those of one source; the stories whose topics or regions changed.
fn classify_items(
    connection: &Connection,
    classify: &Classify,
    source: Option<&SourceId>,
) -> Result<BTreeSet<StoryId>, StoreError> {
    let sql = "SELECT item.*, source_state.topics AS fixed FROM item
               JOIN source_state ON source_state.source = item.source
               WHERE ?1 IS NULL OR item.source = ?1 ORDER BY item.seq";
    let mut touched = BTreeSet::new();
    let mut statement = connection.prepare(sql)?;
    let mut update = connection.prepare("UPDATE item SET topics = ?, regions = ? WHERE id = ?")?;
    let mut found = statement.query([source.map(SourceId::as_str)])?;
    while let Some(row) = found.next()? {
        let mut item = rows::item(row)?;
        let held = rows::regions_json(&item.regions);
        let fixed = rows::topics(&row.get::<_, String>("fixed")?)?;
        let mut topics = classify(&mut item, &fixed);
        topics.extend(fixed);
        let topics: BTreeSet<TopicId> = topics.into_iter().collect();
        let topics = rows::topics_json(&topics.into_iter().collect::<Vec<_>>());
        let regions = rows::regions_json(&item.regions);
        if (&topics, &regions) != (&row.get("topics")?, &held) {
            update.execute([topics, regions, item.id.to_string()])?;
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
