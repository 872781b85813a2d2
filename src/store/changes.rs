//! What a changed configuration means for what is stored.
//!
//! In: the store as it is, and a [`Definition`]. Out: feeds and sources that come, change and go, items that belong to
//! other topics, stories that enter and leave feeds. Nothing is written. Only topics that changed are tried, and only on
//! items that hold what they need, or belonged to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, Row};

use super::StoreError;
use super::define::{Definition, FeedDefinition, SourceDefinition};
use super::membership::{Entry, Place};
use super::rows;
use super::story::{Belonging, Stories};
use super::tokens::{self, Sought};
use crate::classify::{self, Subject};
use crate::model::{Country, Facets, FeedId, Hash, SourceId, StoryId, TopicId};

/// Everything that a definition changes.
#[derive(Default)]
pub(super) struct Changes {
    /// Those that come, change or go, by name; branches that come with their first story are not among them.
    pub(super) feeds: Vec<FeedChange>,
    pub(super) sources: SourceChanges,
    /// Items that belong to other topics or regions, by `seq`.
    pub(super) items: BTreeMap<u64, ItemChange>,
    /// Stories that enter and leave feeds.
    pub(super) stories: BTreeMap<StoryId, StoryChange>,
    /// Stories that may look different.
    pub(super) reshown: BTreeSet<StoryId>,
}

/// What becomes of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is new, or configured again.
    Appears,
    /// Its queries, its title or its branches are others.
    Changes,
    /// It is configured no longer.
    Vanishes,
}

pub(super) struct FeedChange {
    pub(super) id: FeedId,
    pub(super) title: String,
    pub(super) kind: Kind,
    /// As it is configured now; `None` for what vanishes, and for branches.
    pub(super) defined: Option<FeedDefinition>,
    /// Its title before, where that was another.
    pub(super) was_called: Option<String>,
    /// Its queries before, as they were written.
    pub(super) queries: Vec<String>,
    /// Whether it was configured once: what happened to items since, happened without it.
    returns: bool,
    /// Whether stored items have to be asked again.
    asks: bool,
    /// Whether stories of it may belong to other branches.
    branches: bool,
}

/// What becomes of sources.
#[derive(Default)]
pub(super) struct SourceChanges {
    /// Those that are new, or configured differently.
    pub(super) come: Vec<SourceDefinition>,
    /// Those of them that were configured before.
    pub(super) known: BTreeSet<SourceId>,
    /// Those that are configured no longer.
    pub(super) gone: Vec<SourceId>,
    /// Those whose stories may look different: another report is shown, or they have another name.
    reshown: Vec<SourceId>,
    /// Those whose items all have other topics or regions, or that are in another country.
    retagged: BTreeSet<SourceId>,
}

/// An item as it belongs now.
pub(super) struct ItemChange {
    pub(super) story: StoryId,
    pub(super) belongs: Belonging,
    /// Where its regions are others too.
    pub(super) moved: Option<Moved>,
}

/// Other regions of an item, and what it is found by with them.
pub(super) struct Moved {
    pub(super) regions: String,
    pub(super) tokens: String,
}

/// Where a report of a story belongs.
enum Report {
    /// Where the change of the item with this number brings it.
    Changed(u64),
    /// Where it belonged before.
    Held(Belonging),
}

/// The feeds that a story enters and leaves.
pub(super) struct StoryChange {
    pub(super) place: Place,
    pub(super) enters: Vec<(FeedId, Entry)>,
    /// Each with whether it was there quietly.
    pub(super) leaves: Vec<(FeedId, bool)>,
}

impl Changes {
    pub(super) fn of(stories: &Stories<'_>, definition: &Definition) -> Result<Self, StoreError> {
        let connection = stories.connection;
        let mut changes = Self {
            feeds: feed_changes(stories, definition)?,
            sources: SourceChanges::of(connection, &definition.sources)?,
            ..Self::default()
        };
        let missed = missed(connection, &changes.feeds)?;
        changes.classify(connection, definition, &missed)?;
        let mut touched = changes.touched(connection)?;
        touched.extend(missed.into_values());
        for story in touched {
            if let Some(change) = changes.of_story(stories, story)? {
                changes.stories.insert(story, change);
            }
        }
        Ok(changes)
    }

    /// Whether readers may see any of it.
    pub(super) fn are_seen(&self) -> bool {
        !(self.feeds.is_empty() && self.stories.is_empty() && self.reshown.is_empty())
    }

    /// Tries topics on stored items: all where the classifier is another one, else what changed.
    fn classify(
        &mut self,
        connection: &Connection,
        definition: &Definition,
        missed: &BTreeMap<u64, StoryId>,
    ) -> Result<(), StoreError> {
        let version = classify::VERSION.to_string();
        if rows::fact(connection, "classifier")?.as_ref() != Some(&version) {
            return self.classify_whole(connection, definition, None);
        }
        for source in self.sources.retagged.clone() {
            self.classify_whole(connection, definition, Some(&source))?;
        }
        let asking = self.feeds.iter().filter(|feed| feed.asks);
        let topics: BTreeSet<TopicId> = asking.map(|feed| feed.id.topic().clone()).collect();
        if topics.is_empty() {
            return Ok(());
        }
        self.classify_narrow(connection, definition, &topics, missed)
    }

    /// Works out the regions and all topics of items, of all or of one source's.
    fn classify_whole(
        &mut self,
        connection: &Connection,
        definition: &Definition,
        source: Option<&SourceId>,
    ) -> Result<(), StoreError> {
        let given = given(connection, &definition.sources)?;
        let sql = "SELECT * FROM item WHERE ?1 IS NULL OR source = ?1 ORDER BY seq";
        let mut statement = connection.prepare(sql)?;
        let mut found = statement.query([source.map(SourceId::as_str)])?;
        while let Some(row) = found.next()? {
            let held = rows::belonging(row)?;
            let mut item = rows::item(row)?;
            let fixed = given.get(&item.source).map_or(&[][..], Vec::as_slice);
            let regions = rows::regions_json(&item.regions);
            let topics = (definition.classify)(&mut item, fixed);
            let topics: Vec<TopicId> = topics.into_iter().collect();
            let moved = rows::regions_json(&item.regions);
            if (&topics, &moved) == (&held.topics, &regions) {
                continue;
            }
            let facets = Facets::of(item.source.clone(), item.language.as_ref(), &item.regions);
            let change = ItemChange {
                story: rows::parsed("story", &row.get::<_, String>("story")?)?,
                belongs: Belonging { topics, facets },
                moved: (moved != regions).then(|| Moved {
                    tokens: classify::tokens(&Subject::new(&item, &[])),
                    regions: moved,
                }),
            };
            self.items.insert(row.get("seq")?, change);
        }
        Ok(())
    }

    /// Tries `topics` alone, on items that may belong to them now and on those that did.
    fn classify_narrow(
        &mut self,
        connection: &Connection,
        definition: &Definition,
        topics: &BTreeSet<TopicId>,
        missed: &BTreeMap<u64, StoryId>,
    ) -> Result<(), StoreError> {
        let given = given(connection, &definition.sources)?;
        let narrowed = (definition.narrow)(topics, &givers(&given));
        let columns = "SELECT seq, story, source, title, text, tags, authors, language, regions, topics, published_at,
                       published_offset FROM item";
        let mut try_on = |row: &Row<'_>| {
            let held = rows::belonging(row)?;
            let words = rows::Words::of(row)?;
            if self.sources.retagged.contains(words.source()) {
                return Ok(());
            }
            let fixed = given.get(words.source()).map_or(&[][..], Vec::as_slice);
            let found = (narrowed.topics)(&words.subject(fixed));
            let others = held.topics.iter().filter(|topic| !topics.contains(topic));
            let tried = found.into_iter().filter(|topic| topics.contains(topic));
            let belongs: BTreeSet<TopicId> = others
                .cloned()
                .chain(tried)
                .chain(fixed.iter().cloned())
                .collect();
            let belongs: Vec<TopicId> = belongs.into_iter().collect();
            if belongs != held.topics {
                let change = ItemChange {
                    story: rows::parsed("story", &row.get::<_, String>("story")?)?,
                    belongs: Belonging {
                        topics: belongs,
                        ..held
                    },
                    moved: None,
                };
                self.items.insert(row.get("seq")?, change);
            }
            Ok::<(), StoreError>(())
        };
        let Some(candidates) =
            candidates(connection, &Sought::of(&narrowed.needs), topics, missed)?
        else {
            let mut statement = connection.prepare(columns)?;
            let mut found = statement.query([])?;
            while let Some(row) = found.next()? {
                try_on(row)?;
            }
            return Ok(());
        };
        let mut statement = connection.prepare(&format!("{columns} WHERE seq = ?"))?;
        for seq in candidates {
            let mut found = statement.query([seq])?;
            if let Some(row) = found.next()? {
                try_on(row)?;
            }
        }
        Ok(())
    }

    /// Stories that may enter or leave feeds.
    fn touched(&mut self, connection: &Connection) -> Result<BTreeSet<StoryId>, StoreError> {
        let mut touched: BTreeSet<StoryId> = self.items.values().map(|item| item.story).collect();
        let active = "SELECT story FROM membership WHERE feed = ? AND left_at IS NULL";
        for feed in &self.feeds {
            let returns = feed.kind == Kind::Appears;
            if returns || feed.branches {
                let stories = ids(connection, active, &feed.id.to_string())?;
                if returns {
                    // Those of a feed that is configured again may have changed meanwhile.
                    self.reshown.extend(&stories);
                }
                touched.extend(stories);
            }
        }
        for source in &self.sources.reshown {
            let sql = "SELECT story FROM item WHERE source = ?";
            self.reshown.extend(ids(connection, sql, source.as_str())?);
        }
        Ok(touched)
    }

    /// What becomes of a story; `None` where it stays where it is.
    fn of_story(
        &self,
        stories: &Stories<'_>,
        story: StoryId,
    ) -> Result<Option<StoryChange>, StoreError> {
        let Some((place, is_withdrawn)) = place(stories.connection, story)? else {
            return Ok(None);
        };
        let reports = self.reports(stories.connection, story)?;
        let reports = reports.iter().filter(|_| !is_withdrawn);
        let wanted = stories.wanted(reports.map(|report| match report {
            Report::Changed(seq) => &self.items[seq].belongs,
            Report::Held(belongs) => belongs,
        }));
        let active = stories.feeds_of(story)?;
        let mut enters = Vec::new();
        for feed in wanted.iter().filter(|feed| !active.contains_key(feed)) {
            enters.push((feed.clone(), stories.entry(feed, story, place)?));
        }
        let leaves: Vec<(FeedId, bool)> = active
            .into_iter()
            .filter(|(feed, _)| stories.policy.have(feed) && !wanted.contains(feed))
            .collect();
        let stays = leaves.is_empty() && enters.is_empty();
        Ok((!stays).then_some(StoryChange {
            place,
            enters,
            leaves,
        }))
    }

    /// Where the reports of a story belong.
    fn reports(&self, connection: &Connection, story: StoryId) -> Result<Vec<Report>, StoreError> {
        let sql =
            "SELECT seq, source, language, regions, topics FROM item WHERE story = ? AND NOT held";
        let mut statement = connection.prepare_cached(sql)?;
        let mut found = statement.query([story.to_string()])?;
        let mut reports = Vec::new();
        while let Some(row) = found.next()? {
            let seq = row.get("seq")?;
            reports.push(if self.items.contains_key(&seq) {
                Report::Changed(seq)
            } else {
                Report::Held(rows::belonging(row)?)
            });
        }
        Ok(reports)
    }
}

/// Where a story stands in its feeds, and whether it is withdrawn.
fn place(connection: &Connection, story: StoryId) -> Result<Option<(Place, bool)>, StoreError> {
    let sql = "SELECT story.published_at, story.updated_at, item.position, withdrawn_at IS NOT NULL
               FROM story JOIN item ON item.id = story.shown WHERE story.id = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query([story.to_string()])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let place = Place {
        published_at: rows::instant("published_at", row.get(0)?)?,
        updated_at: rows::instant("updated_at", row.get(1)?)?,
        position: row.get(2)?,
    };
    Ok(Some((place, row.get(3)?)))
}

/// Items that some topics may take or did take, those missed among them, in the order of their commits; `None`: any
/// may be.
fn candidates(
    connection: &Connection,
    sought: &Sought,
    topics: &BTreeSet<TopicId>,
    missed: &BTreeMap<u64, StoryId>,
) -> Result<Option<BTreeSet<u64>>, StoreError> {
    let mut candidates = match sought {
        Sought::Anything => return Ok(None),
        Sought::None => BTreeSet::new(),
        Sought::Matching(expression) => tokens::matching(connection, expression)?,
    };
    // Also those that had left: what their items hold of the topic decides whether they come back.
    let sql = "SELECT item.seq FROM membership JOIN item ON item.story = membership.story WHERE membership.feed = ?";
    let mut statement = connection.prepare_cached(sql)?;
    for topic in topics {
        let found = statement.query_map([topic.as_str()], |row| row.get(0))?;
        candidates.extend(found.collect::<Result<Vec<u64>, _>>()?);
    }
    candidates.extend(missed.keys());
    // What is shown nowhere may belong to a topic without ever having been in its feed.
    let sql = "SELECT seq FROM item WHERE held UNION ALL
               SELECT seq FROM story JOIN item ON item.story = story.id WHERE withdrawn_at IS NOT NULL";
    let mut unseen = connection.prepare_cached(sql)?;
    let found = unseen.query_map([], |row| row.get(0))?;
    candidates.extend(found.collect::<Result<Vec<u64>, _>>()?);
    Ok(Some(candidates))
}

/// Items that belong to topics which come back, and their stories: what was merged, split or released meanwhile is not
/// in their feeds yet.
fn missed(
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
        let topics = rows::topics(&row.get::<_, String>(2)?)?;
        if topics.iter().any(|topic| returning.contains(topic)) {
            let story = rows::parsed("story", &row.get::<_, String>(1)?)?;
            missed.insert(row.get(0)?, story);
        }
    }
    Ok(missed)
}

/// The topics that each source gives to all its items; those of sources that are configured no longer stay as they were.
pub(super) fn given(
    connection: &Connection,
    sources: &[SourceDefinition],
) -> Result<HashMap<SourceId, Vec<TopicId>>, StoreError> {
    let mut statement = connection.prepare("SELECT source, topics FROM source_state")?;
    let mut found = statement.query([])?;
    let mut given = HashMap::new();
    while let Some(row) = found.next()? {
        let source = rows::parsed("source", &row.get::<_, String>(0)?)?;
        given.insert(source, rows::topics(&row.get::<_, String>(1)?)?);
    }
    let defined = sources.iter();
    given.extend(defined.map(|source| (source.id.clone(), source.topics.clone())));
    Ok(given)
}

/// The sources that give each topic.
pub(super) fn givers(given: &HashMap<SourceId, Vec<TopicId>>) -> BTreeMap<TopicId, Vec<SourceId>> {
    let mut givers: BTreeMap<TopicId, Vec<SourceId>> = BTreeMap::new();
    for (source, topics) in given {
        for topic in topics {
            let of_topic = givers.entry(topic.clone()).or_default();
            of_topic.push(source.clone());
        }
    }
    givers
}

fn ids(connection: &Connection, sql: &str, of: &str) -> Result<BTreeSet<StoryId>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let stories = statement.query_map([of], |row| row.get::<_, String>(0))?;
    stories
        .map(|story| rows::parsed("story", &story?))
        .collect()
}

/// A feed's row, as far as it comes from the configuration.
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
        let id: FeedId = rows::parsed("topic", &row.get::<_, String>(0)?)?;
        let feed = HeldFeed {
            id: id.clone(),
            title: row.get(1)?,
            fingerprint: rows::hash("definition", &row.get::<_, Vec<u8>>(2)?)?,
            queries: rows::json("queries", &row.get::<_, String>(3)?)?,
            branches: rows::json("branches", &row.get::<_, String>(4)?)?,
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
        let wanted = held.id.branch().is_some() && stories.policy.have(&held.id);
        let kind = match (wanted, held.configured) {
            (true, false) => Kind::Appears,
            (false, true) => Kind::Vanishes,
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

/// What becomes of a topic's own feed; `None` where it is as it was.
fn feed_change(held: Option<HeldFeed>, feed: &FeedDefinition) -> Option<FeedChange> {
    let each: Vec<String> = feed.each.iter().map(ToString::to_string).collect();
    let returns = held.as_ref().is_some_and(|held| !held.configured);
    let before = held.filter(|held| held.configured);
    let asks = before
        .as_ref()
        .is_none_or(|held| held.fingerprint != feed.fingerprint);
    let branches = before.as_ref().is_some_and(|held| held.branches != each);
    let kind = match &before {
        None => Kind::Appears,
        Some(_) => Kind::Changes,
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
    fn of(connection: &Connection, sources: &[SourceDefinition]) -> Result<Self, StoreError> {
        let mut held = held_sources(connection)?;
        let mut changes = Self::default();
        for source in sources {
            let Some((before, configured)) = held.remove(&source.id) else {
                changes.come.push(source.clone());
                continue;
            };
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
        let gone = held.into_iter().filter(|(_, (_, configured))| *configured);
        changes.gone = gone.map(|(id, _)| id).collect();
        Ok(changes)
    }
}

/// Every source that was ever configured, and whether it is.
fn held_sources(
    connection: &Connection,
) -> Result<BTreeMap<SourceId, (SourceDefinition, bool)>, StoreError> {
    let sql = "SELECT source, name, rank, topics, country, regions, configured FROM source_state";
    let mut statement = connection.prepare(sql)?;
    let mut found = statement.query([])?;
    let mut sources = BTreeMap::new();
    while let Some(row) = found.next()? {
        let country: Option<String> = row.get(4)?;
        let country: Option<Country> = country
            .map(|code| rows::parsed("country", &code))
            .transpose()?;
        let source = SourceDefinition {
            id: rows::parsed("source", &row.get::<_, String>(0)?)?,
            name: row.get(1)?,
            rank: row.get(2)?,
            topics: rows::topics(&row.get::<_, String>(3)?)?,
            country,
            regions: rows::regions(&row.get::<_, String>(5)?)?,
        };
        sources.insert(source.id.clone(), (source, row.get(6)?));
    }
    Ok(sources)
}
