//! Moves stored data from the former names of feeds and sources to their new names.
//!
//! In: the store as it is, and the [`Names`] of a configuration. Out: the [`Renames`] that it asks for and the store
//! can carry out. They are written, or only simulated for one reading connection.
//!
//! A renamed feed keeps its stories, its publication history and its tombstones; a renamed source keeps its items,
//! their identities and its last known state. A name is taken over once: if the new name already has data, both keep
//! their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, params};

use super::{StoreError, rows};
use crate::model::{Branch, FeedId, Hash, SourceId, TopicId};

/// The former names given in a configuration, and the sources' addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormerNames {
    /// Former names of feeds, each with the current topic.
    pub feeds: Vec<(FeedId, TopicId)>,
    /// Former names of sources, each with the current id.
    pub sources: Vec<(SourceId, SourceId)>,
    /// The hash of each source's address, because the address may be a secret.
    pub locations: BTreeMap<SourceId, Hash>,
}

/// Names that change in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Renames {
    pub(super) topics: Vec<(TopicId, TopicId)>,
    pub(super) sources: Vec<(SourceId, SourceId)>,
    /// Feeds with their new names: those of topics and of branches by source.
    pub(super) feeds: Vec<(FeedId, FeedId)>,
}

impl FormerNames {
    /// Returns true if the addresses of a feed redirect to another feed.
    pub(super) fn redirects_feed(&self, feed: &FeedId) -> bool {
        let topic = FeedId::from(feed.topic().clone());
        let was = |id: &FeedId| self.feeds.iter().any(|(was, _)| was == id);
        let source = feed.branch().and_then(Branch::source);
        was(feed)
            || was(&topic)
            || source.is_some_and(|source| self.sources.iter().any(|(was, _)| was == source))
    }
}

impl Renames {
    pub(super) fn find_renames(
        connection: &Connection,
        names: &FormerNames,
    ) -> Result<Self, StoreError> {
        let mut renames = Self::default();
        let mut given = BTreeSet::new();
        for (was, now) in &names.feeds {
            let fits = was.branch().is_none()
                && row_exists(
                    connection,
                    "SELECT 1 FROM feed WHERE topic = ?",
                    was.topic().as_str(),
                )?
                && !row_exists(
                    connection,
                    "SELECT 1 FROM membership WHERE feed = ?",
                    now.as_str(),
                )?;
            if fits && given.insert(now) {
                renames.topics.push((was.topic().clone(), now.clone()));
            }
        }
        let mut given = BTreeSet::new();
        for (was, now) in &names.sources {
            let fits = row_exists(
                connection,
                "SELECT 1 FROM source_state WHERE source = ?",
                was.as_str(),
            )? && !row_exists(
                connection,
                "SELECT 1 FROM item WHERE source = ?",
                now.as_str(),
            )?;
            if fits && given.insert(now) {
                renames.sources.push((was.clone(), now.clone()));
            }
        }
        if !renames.is_empty() {
            renames.feeds = renames.feed_renames(connection)?;
        }
        Ok(renames)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.sources.is_empty()
    }

    fn feed_renames(&self, connection: &Connection) -> Result<Vec<(FeedId, FeedId)>, StoreError> {
        let mut statement = connection.prepare("SELECT topic FROM feed ORDER BY topic")?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        let topics: HashMap<&TopicId, &TopicId> =
            self.topics.iter().map(|(was, now)| (was, now)).collect();
        let sources: HashMap<&SourceId, &SourceId> =
            self.sources.iter().map(|(was, now)| (was, now)).collect();
        let mut feeds = Vec::new();
        for name in names {
            let was: FeedId = rows::parse_column("topic", &name?)?;
            let now = was.renamed(
                topics.get(was.topic()).copied(),
                was.branch()
                    .and_then(Branch::source)
                    .and_then(|source| sources.get(source).copied()),
            );
            if now != was {
                feeds.push((was, now));
            }
        }
        Ok(feeds)
    }

    /// Carries out the renames.
    pub(super) fn apply(&self, connection: &Connection) -> Result<(), StoreError> {
        self.apply_to_names(connection)?;
        let remember = "INSERT OR REPLACE INTO former (kind, was, now) VALUES (?, ?, ?)";
        for (was, now) in &self.feeds {
            connection.prepare_cached(remember)?.execute(params![
                "feed",
                was.to_string(),
                now.to_string()
            ])?;
        }
        for (was, now) in &self.topics {
            rename_topic(connection, was, now)?;
        }
        for (was, now) in &self.sources {
            connection.prepare_cached(remember)?.execute(params![
                "source",
                was.as_str(),
                now.as_str()
            ])?;
            for table in [
                "identity",
                "validator",
                "shape",
                "layout",
                "source_language",
                "detail",
                "item",
            ] {
                let (was, now) = (was.as_str(), now.as_str());
                if table != "item" {
                    let sql = format!("DELETE FROM {table} WHERE source = ?");
                    connection.execute(&sql, [now])?;
                }
                let sql = format!("UPDATE {table} SET source = ? WHERE source = ?");
                connection.execute(&sql, [now, was])?;
            }
            update_source_tokens(connection, now)?;
        }
        Ok(())
    }

    /// Renames feeds, memberships and sources: the tables that a plan reads.
    fn apply_to_names(&self, connection: &Connection) -> Result<(), StoreError> {
        for (was, now) in &self.feeds {
            let (was, now) = (was.to_string(), now.to_string());
            connection.execute("DELETE FROM feed WHERE topic = ?", [&now])?;
            let sql = "UPDATE feed SET topic = ?1, first_called = coalesce(first_called, ?2) WHERE topic = ?2";
            connection.execute(sql, [&now, &was])?;
            let sql = "UPDATE membership SET feed = ? WHERE feed = ?";
            connection.execute(sql, [&now, &was])?;
        }
        for (was, now) in &self.sources {
            let (was, now) = (was.as_str(), now.as_str());
            connection.execute("DELETE FROM source_state WHERE source = ?", [now])?;
            let sql = "UPDATE source_state SET source = ? WHERE source = ?";
            connection.execute(sql, [now, was])?;
        }
        let mut statement = connection.prepare("SELECT source, topics FROM source_state")?;
        let known = statement.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        for known in known.collect::<Result<Vec<_>, _>>()? {
            if let Some(topics) = self.rename_topics_json(&known.1)? {
                let sql = "UPDATE source_state SET topics = ? WHERE source = ?";
                connection.execute(sql, [&topics, &known.0])?;
            }
        }
        Ok(())
    }

    /// Renames the topics of a row; returns `None` if none of them changes.
    fn rename_topics_json(&self, text: &str) -> Result<Option<String>, StoreError> {
        let before = rows::parse_topics(text)?;
        let renamed = |topic: &TopicId| {
            let mut renames = self.topics.iter();
            let found = renames.find(|(was, _)| was == topic);
            found.map_or_else(|| topic.clone(), |(_, now)| now.clone())
        };
        let after: Vec<TopicId> = before.iter().map(renamed).collect();
        Ok((after != before).then(|| rows::topics_json(&after)))
    }

    /// Simulates the renames for this connection, which may only read.
    pub(super) fn simulate_renames(&self, connection: &Connection) -> Result<(), StoreError> {
        shadow_tables(connection)?;
        self.apply_to_names(connection)?;
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info('item')")?;
        let columns = statement.query_map([], |row| row.get::<_, String>(0))?;
        let columns: Vec<String> = columns.collect::<Result<_, _>>()?;
        let columns: Vec<String> = columns
            .iter()
            .map(|column| self.renamed_column(column))
            .collect();
        // Names contain no quotation marks: see `TopicId` and `SourceId`.
        let view = format!(
            "CREATE TEMP VIEW item AS SELECT {} FROM main.item",
            columns.join(", ")
        );
        Ok(connection.execute_batch(&view)?)
    }

    fn renamed_column(&self, name: &str) -> String {
        let renamed = match name {
            "source" => {
                let cases = self.sources.iter();
                let cases: Vec<String> = cases
                    .map(|(was, now)| format!("WHEN '{was}' THEN '{now}'"))
                    .collect();
                if cases.is_empty() {
                    return name.to_owned();
                }
                format!("CASE source {} ELSE source END", cases.join(" "))
            }
            "topics" => self
                .topics
                .iter()
                .fold(name.to_owned(), |inner, (was, now)| {
                    format!("replace({inner}, '\"{was}\"', '\"{now}\"')")
                }),
            name => return name.to_owned(),
        };
        format!("{renamed} AS {name}")
    }
}

/// Shadows tables of the store with temporary copies, which this connection may change.
pub(super) fn shadow_tables(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS feed AS SELECT * FROM main.feed;
         CREATE TEMP TABLE IF NOT EXISTS membership AS SELECT * FROM main.membership;
         CREATE INDEX IF NOT EXISTS temp.pretended_feed ON feed (topic);
         CREATE INDEX IF NOT EXISTS temp.pretended_place ON membership (feed, story);
         CREATE INDEX IF NOT EXISTS temp.pretended_story ON membership (story);
         CREATE TEMP TABLE IF NOT EXISTS source_state AS SELECT * FROM main.source_state;",
    )?)
}

fn row_exists(connection: &Connection, sql: &str, name: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached(sql)?.exists([name])?)
}

/// Moves items from a topic's former name to its new one.
fn rename_topic(connection: &Connection, was: &TopicId, now: &TopicId) -> Result<(), StoreError> {
    let sql = "SELECT seq, topics FROM item WHERE instr(topics, '\"' || ? || '\"') > 0";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([was.as_str()], |row| {
        Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?))
    })?;
    for found in found.collect::<Result<Vec<_>, _>>()? {
        let (seq, text) = found;
        let topics = rows::parse_topics(&text)?.into_iter();
        let topics = topics.map(|topic| if topic == *was { now.clone() } else { topic });
        let topics: BTreeSet<TopicId> = topics.collect();
        let topics: Vec<TopicId> = topics.into_iter().collect();
        let sql = "UPDATE item SET topics = ? WHERE seq = ?";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![rows::topics_json(&topics), seq])?;
    }
    Ok(())
}

/// Has the search tokens of a source's items written again, with its new name.
fn update_source_tokens(connection: &Connection, source: &SourceId) -> Result<(), StoreError> {
    let sql =
        "INSERT INTO token_due (item) SELECT seq FROM item WHERE source = ? ON CONFLICT DO NOTHING";
    connection.execute(sql, [source.as_str()])?;
    Ok(())
}
