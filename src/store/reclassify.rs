//! Classifies stored items again, but only those whose topics may have changed.
//!
//! In: the store as it is, a [`Definition`], and its changes to feeds and sources. Out: the items that belong to
//! other topics or regions. Only changed topics are tried, and only on items that contain what they need, or belonged
//! to them. Items are classified on a separate thread while the next ones are read. Nothing is written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::resume_unwind;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use rusqlite::{Connection, Row};

use super::StoreError;
use super::changes::FeedChange;
use super::define::{Definition, SourceDefinition};
use super::fault::skip_unreadable;
use super::rows;
use super::story::FeedCriteria;
use super::tokens::{self, IndexQuery};
use crate::model::{SourceId, StoryFacets, StoryId, TopicId};

/// Number of items sent to the classifying thread at once.
const BATCH: usize = 256;
/// Number of batches that may wait to be classified.
const WAITING: usize = 4;

/// The new topics and regions of an item.
pub(super) struct ItemChange {
    pub(super) story: StoryId,
    pub(super) belongs: FeedCriteria,
    /// The new regions as JSON, if they changed.
    pub(super) moved: Option<String>,
}

/// Returns the items whose topics or regions change, by `seq`. All items are checked if the classifier changed;
/// otherwise those of `retagged` sources, those that the changed queries of `feeds` may match or did match, and those
/// `missed` by a topic that returns.
pub(super) fn changed_items(
    connection: &Connection,
    definition: &Definition,
    feeds: &[FeedChange],
    retagged: &BTreeSet<SourceId>,
    missed: &BTreeMap<u64, StoryId>,
) -> Result<BTreeMap<u64, ItemChange>, StoreError> {
    if rows::read_fact(connection, "classifier")?.as_ref() != Some(&definition.classifier) {
        return reclassify_all(connection, definition, None);
    }
    let mut items = BTreeMap::new();
    for source in retagged {
        items.extend(reclassify_all(connection, definition, Some(source))?);
    }
    let asking = feeds.iter().filter(|feed| feed.asks);
    let topics: BTreeSet<TopicId> = asking.map(|feed| feed.id.topic().clone()).collect();
    if !topics.is_empty() {
        let others = reclassify_some(connection, definition, &topics, missed)?;
        let others = others
            .into_iter()
            .filter(|(_, source, _)| !retagged.contains(source));
        items.extend(others.map(|(seq, _, change)| (seq, change)));
    }
    Ok(items)
}

/// Computes the regions and all topics of items, of all sources or one.
fn reclassify_all(
    connection: &Connection,
    definition: &Definition,
    source: Option<&SourceId>,
) -> Result<BTreeMap<u64, ItemChange>, StoreError> {
    let mut items = BTreeMap::new();
    let given = given_topics(connection, &definition.sources)?;
    let sql = "SELECT * FROM item WHERE ?1 IS NULL OR source = ?1 ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([source.map(SourceId::as_str)])?;
    while let Some(row) = found.next()? {
        let read = rows::read_belonging(row).and_then(|held| Ok((held, rows::read_item(row)?)));
        let Some((held, mut item)) = skip_unreadable(read)? else {
            continue;
        };
        let fixed = given.get(&item.source).map_or(&[][..], Vec::as_slice);
        let regions = rows::regions_json(&item.regions);
        let topics = (definition.classify)(&mut item, fixed);
        let topics: Vec<TopicId> = topics.into_iter().collect();
        let moved = rows::regions_json(&item.regions);
        if (&topics, &moved) == (&held.topics, &regions) {
            continue;
        }
        let facets =
            StoryFacets::from_report(item.source.clone(), item.language.as_ref(), &item.regions);
        let change = ItemChange {
            story: rows::parse_column("story", &row.get::<_, String>("story")?)?,
            belongs: FeedCriteria { topics, facets },
            moved: Some(moved).filter(|moved| *moved != regions),
        };
        items.insert(row.get("seq")?, change);
    }
    Ok(items)
}

/// An item as read for classification.
struct CandidateItem {
    seq: u64,
    story: StoryId,
    belongs: FeedCriteria,
    words: rows::QueryColumns,
}

type ReclassifiedItem = (u64, SourceId, ItemChange);

/// Tries only `topics`, on items that may belong to them now and on those that did.
fn reclassify_some(
    connection: &Connection,
    definition: &Definition,
    topics: &BTreeSet<TopicId>,
    missed: &BTreeMap<u64, StoryId>,
) -> Result<Vec<ReclassifiedItem>, StoreError> {
    let given = given_topics(connection, &definition.sources)?;
    let narrowed = (definition.narrow)(topics, &group_givers(&given));
    let candidates = select_candidates(
        connection,
        &IndexQuery::from_needs(&narrowed.needs),
        topics,
        missed,
    )?;
    let judge = |held: CandidateItem| {
        let fixed = given
            .get(held.words.source())
            .map_or(&[][..], Vec::as_slice);
        let found = (narrowed.topics)(&held.words.subject(fixed));
        let others = held.belongs.topics.iter();
        let others = others.filter(|topic| !topics.contains(topic)).cloned();
        let tried = found.into_iter().filter(|topic| topics.contains(topic));
        let now: BTreeSet<TopicId> = others.chain(tried).chain(fixed.iter().cloned()).collect();
        let now: Vec<TopicId> = now.into_iter().collect();
        (now != held.belongs.topics).then(|| {
            let change = ItemChange {
                story: held.story,
                belongs: FeedCriteria {
                    topics: now,
                    ..held.belongs
                },
                moved: None,
            };
            (held.seq, held.words.source().clone(), change)
        })
    };
    thread::scope(|scope| {
        let (batches, read) = sync_channel::<Vec<CandidateItem>>(WAITING);
        let judged = scope.spawn(move || read.into_iter().flatten().filter_map(judge).collect());
        let ended = read_candidates(connection, candidates, &batches);
        drop(batches);
        let judged = judged.join().unwrap_or_else(|panic| resume_unwind(panic));
        ended.map(|()| judged)
    })
}

/// Sends the candidates, or all items, to the classifying thread.
fn read_candidates(
    connection: &Connection,
    candidates: Option<BTreeSet<u64>>,
    batches: &SyncSender<Vec<CandidateItem>>,
) -> Result<(), StoreError> {
    let columns = "SELECT seq, story, source, title, text, tags, authors, language, assumed_language, regions, topics, published_at,
                   published_offset FROM item";
    let mut batch = Vec::with_capacity(BATCH);
    let mut hand_over = |row: &Row<'_>| {
        batch.extend(skip_unreadable(read_candidate(row))?);
        if batch.len() == BATCH {
            send_batch(batches, std::mem::take(&mut batch));
        }
        Ok::<(), StoreError>(())
    };
    if let Some(candidates) = candidates {
        let mut statement = connection.prepare(&format!("{columns} WHERE seq = ?"))?;
        for seq in candidates {
            let mut found = statement.query([seq])?;
            if let Some(row) = found.next()? {
                hand_over(row)?;
            }
        }
    } else {
        let mut statement = connection.prepare(columns)?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            hand_over(row)?;
        }
    }
    send_batch(batches, batch);
    Ok(())
}

fn read_candidate(row: &Row<'_>) -> Result<CandidateItem, StoreError> {
    Ok(CandidateItem {
        seq: row.get("seq")?,
        story: rows::parse_column("story", &row.get::<_, String>("story")?)?,
        belongs: rows::read_belonging(row)?,
        words: rows::QueryColumns::of(row)?,
    })
}

/// Sends a batch. The receiver is gone only after a panic, which is reported when its thread is joined.
fn send_batch(batches: &SyncSender<Vec<CandidateItem>>, batch: Vec<CandidateItem>) {
    drop(batches.send(batch));
}

/// Returns the items that some topics may match or did match, including those missed, in the order of their commits;
/// `None` means any item may match.
fn select_candidates(
    connection: &Connection,
    sought: &IndexQuery,
    topics: &BTreeSet<TopicId>,
    missed: &BTreeMap<u64, StoryId>,
) -> Result<Option<BTreeSet<u64>>, StoreError> {
    let mut candidates = match sought {
        IndexQuery::Anything => return Ok(None),
        IndexQuery::None => BTreeSet::new(),
        IndexQuery::Matching(expression) => tokens::matching_items(connection, expression)?,
    };
    // Includes stories that had left: whether they return depends on what their items have of the topic.
    let sql = "SELECT item.seq FROM membership JOIN item ON item.story = membership.story WHERE membership.feed = ?";
    let mut statement = connection.prepare_cached(sql)?;
    for topic in topics {
        let found = statement.query_map([topic.as_str()], |row| row.get(0))?;
        candidates.extend(found.collect::<Result<Vec<u64>, _>>()?);
    }
    candidates.extend(missed.keys());
    // Items shown nowhere may belong to a topic without ever having been in its feed.
    let sql = "SELECT seq FROM item WHERE held UNION ALL
               SELECT seq FROM story JOIN item ON item.story = story.id WHERE withdrawn_at IS NOT NULL";
    let mut unseen = connection.prepare_cached(sql)?;
    let found = unseen.query_map([], |row| row.get(0))?;
    candidates.extend(found.collect::<Result<Vec<u64>, _>>()?);
    Ok(Some(candidates))
}

/// Returns the topics that each source gives to all its items; removed sources keep theirs.
pub(super) fn given_topics(
    connection: &Connection,
    sources: &[SourceDefinition],
) -> Result<HashMap<SourceId, Vec<TopicId>>, StoreError> {
    let mut statement = connection.prepare("SELECT source, topics FROM source_state")?;
    let mut found = statement.query([])?;
    let mut given = HashMap::new();
    while let Some(row) = found.next()? {
        let source = rows::parse_column("source", &row.get::<_, String>(0)?)?;
        given.insert(source, rows::parse_topics(&row.get::<_, String>(1)?)?);
    }
    let defined = sources.iter();
    given.extend(defined.map(|source| (source.id.clone(), source.topics.clone())));
    Ok(given)
}

/// Returns the sources that give each topic.
pub(super) fn group_givers(
    given: &HashMap<SourceId, Vec<TopicId>>,
) -> BTreeMap<TopicId, Vec<SourceId>> {
    let mut givers: BTreeMap<TopicId, Vec<SourceId>> = BTreeMap::new();
    for (source, topics) in given {
        for topic in topics {
            let of_topic = givers.entry(topic.clone()).or_default();
            of_topic.push(source.clone());
        }
    }
    givers
}
