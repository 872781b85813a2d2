//! Names that feeds and sources had before: what is stored under them goes on under the new ones.
//!
//! In: the store as it is, and the [`Names`] of a configuration. Out: the [`Renames`] that it asks for and the store can
//! carry out: written, or shown to one reading connection alone.
//!
//! A feed that is renamed keeps its stories, its readers' past and its tombstones; a source its items, their identities
//! and what it was last known by. A name is taken over once: where the new one has a past of its own, both keep theirs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, params};

use super::fault::readable;
use super::{StoreError, rows, tokens};
use crate::classify::{self, Subject};
use crate::model::{Branch, FeedId, Hash, SourceId, TopicId};

/// What a configuration says of names, beside those that it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Feeds as they were called, each with the topic that it is today.
    pub feeds: Vec<(FeedId, TopicId)>,
    /// Sources as they were called, each with its name of today.
    pub sources: Vec<(SourceId, SourceId)>,
    /// The address of each source, hashed: it may be a secret.
    pub locations: BTreeMap<SourceId, Hash>,
}

/// Names that change in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Renames {
    pub(super) topics: Vec<(TopicId, TopicId)>,
    pub(super) sources: Vec<(SourceId, SourceId)>,
    /// Feeds with the names that they get, those of the topics and branches by source.
    pub(super) feeds: Vec<(FeedId, FeedId)>,
}

impl Names {
    /// Whether the addresses of a feed are answered with those of another one.
    pub(super) fn lead_on(&self, feed: &FeedId) -> bool {
        let topic = FeedId::from(feed.topic().clone());
        let was = |id: &FeedId| self.feeds.iter().any(|(was, _)| was == id);
        let source = feed.branch().and_then(Branch::source);
        was(feed)
            || was(&topic)
            || source.is_some_and(|source| self.sources.iter().any(|(was, _)| was == source))
    }
}

impl Renames {
    pub(super) fn of(connection: &Connection, names: &Names) -> Result<Self, StoreError> {
        let mut renames = Self::default();
        let mut given = BTreeSet::new();
        for (was, now) in &names.feeds {
            let fits = was.branch().is_none()
                && has(
                    connection,
                    "SELECT 1 FROM feed WHERE topic = ?",
                    was.topic().as_str(),
                )?
                && !has(
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
            let fits = has(
                connection,
                "SELECT 1 FROM source_state WHERE source = ?",
                was.as_str(),
            )? && !has(
                connection,
                "SELECT 1 FROM item WHERE source = ?",
                now.as_str(),
            )?;
            if fits && given.insert(now) {
                renames.sources.push((was.clone(), now.clone()));
            }
        }
        if !renames.is_empty() {
            renames.feeds = renames.of_feeds(connection)?;
        }
        Ok(renames)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.sources.is_empty()
    }

    fn of_feeds(&self, connection: &Connection) -> Result<Vec<(FeedId, FeedId)>, StoreError> {
        let mut statement = connection.prepare("SELECT topic FROM feed ORDER BY topic")?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        let topics: HashMap<&TopicId, &TopicId> =
            self.topics.iter().map(|(was, now)| (was, now)).collect();
        let sources: HashMap<&SourceId, &SourceId> =
            self.sources.iter().map(|(was, now)| (was, now)).collect();
        let mut feeds = Vec::new();
        for name in names {
            let was: FeedId = rows::parsed("topic", &name?)?;
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

    /// Carries them out.
    pub(super) fn apply(&self, connection: &Connection) -> Result<(), StoreError> {
        self.apply_small(connection)?;
        let remember = "INSERT OR REPLACE INTO former (kind, was, now) VALUES (?, ?, ?)";
        for (was, now) in &self.feeds {
            connection.prepare_cached(remember)?.execute(params![
                "feed",
                was.to_string(),
                now.to_string()
            ])?;
        }
        for (was, now) in &self.topics {
            retopic(connection, was, now)?;
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
            retoken(connection, now)?;
        }
        Ok(())
    }

    /// Feeds, their stories, and sources: what a plan reads of them.
    fn apply_small(&self, connection: &Connection) -> Result<(), StoreError> {
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
            if let Some(topics) = self.topics_json(&known.1)? {
                let sql = "UPDATE source_state SET topics = ? WHERE source = ?";
                connection.execute(sql, [&topics, &known.0])?;
            }
        }
        Ok(())
    }

    /// Topics of a row under their new names; `None` where none of them has one.
    fn topics_json(&self, text: &str) -> Result<Option<String>, StoreError> {
        let before = rows::topics(text)?;
        let renamed = |topic: &TopicId| {
            let mut renames = self.topics.iter();
            let found = renames.find(|(was, _)| was == topic);
            found.map_or_else(|| topic.clone(), |(_, now)| now.clone())
        };
        let after: Vec<TopicId> = before.iter().map(renamed).collect();
        Ok((after != before).then(|| rows::topics_json(&after)))
    }

    /// Lets this connection, which may only read, see the store as if they were carried out.
    pub(super) fn pretend(&self, connection: &Connection) -> Result<(), StoreError> {
        copy(connection)?;
        self.apply_small(connection)?;
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info('item')")?;
        let columns = statement.query_map([], |row| row.get::<_, String>(0))?;
        let columns: Vec<String> = columns.collect::<Result<_, _>>()?;
        let columns: Vec<String> = columns.iter().map(|column| self.column(column)).collect();
        // Names hold no quotation marks: see `TopicId` and `SourceId`.
        let view = format!(
            "CREATE TEMP VIEW item AS SELECT {} FROM main.item",
            columns.join(", ")
        );
        Ok(connection.execute_batch(&view)?)
    }

    fn column(&self, name: &str) -> String {
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

/// Has tables of this connection's own stand before those of the store: it may change these.
pub(super) fn copy(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS feed AS SELECT * FROM main.feed;
         CREATE TEMP TABLE IF NOT EXISTS membership AS SELECT * FROM main.membership;
         CREATE INDEX IF NOT EXISTS temp.pretended_feed ON feed (topic);
         CREATE INDEX IF NOT EXISTS temp.pretended_place ON membership (feed, story);
         CREATE INDEX IF NOT EXISTS temp.pretended_story ON membership (story);
         CREATE TEMP TABLE IF NOT EXISTS source_state AS SELECT * FROM main.source_state;",
    )?)
}

fn has(connection: &Connection, sql: &str, name: &str) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached(sql)?.exists([name])?)
}

/// Has items belong to a topic under its new name.
fn retopic(connection: &Connection, was: &TopicId, now: &TopicId) -> Result<(), StoreError> {
    let sql = "SELECT seq, topics FROM item WHERE instr(topics, '\"' || ? || '\"') > 0";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_map([was.as_str()], |row| {
        Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?))
    })?;
    for found in found.collect::<Result<Vec<_>, _>>()? {
        let (seq, text) = found;
        let topics = rows::topics(&text)?.into_iter();
        let topics = topics.map(|topic| if topic == *was { now.clone() } else { topic });
        let topics: BTreeSet<TopicId> = topics.collect();
        let topics: Vec<TopicId> = topics.into_iter().collect();
        let sql = "UPDATE item SET topics = ? WHERE seq = ?";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![rows::topics_json(&topics), seq])?;
    }
    Ok(())
}

/// Has the items of a source found by its new name.
fn retoken(connection: &Connection, source: &SourceId) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT * FROM item WHERE source = ?")?;
    let mut found = statement.query([source.as_str()])?;
    while let Some(row) = found.next()? {
        let Some(item) = readable(rows::item(row))? else {
            continue;
        };
        let words = classify::tokens(&Subject::new(&item, &[]));
        tokens::write(connection, row.get("seq")?, &words)?;
    }
    Ok(())
}
