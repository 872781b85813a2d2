//! Reads the store for the publisher, the fetcher and people. Readers see committed snapshots, never a transaction in
//! progress.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::fault::skip_unreadable;
use super::membership::defined_at;
use super::problems::UnreadableRow;
use super::{SourceCondition, StoreError};
use super::{rows, shape};
use crate::drift::{KnownItem, ShapeHistory};
use crate::model::{
    Alternate, Branch, FeedId, Hash, ProblemCode, Region, RemovalReason, Repair, Report, SourceId,
    Story, Timestamp, Tombstone, Validators,
};

/// Maximum number of stories in a live feed, however many arrived at once.
const MAX_LIVE: usize = 500;

/// Maximum number of tombstones in a feed.
const MAX_TOMBSTONES: usize = 50;

/// A reading connection.
#[derive(Debug)]
pub struct StoreReader {
    connection: Connection,
    /// Rows of the snapshot that could not be read.
    left_out: RefCell<BTreeSet<UnreadableRow>>,
}

/// A feed as recorded in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedState {
    /// The feed's name.
    pub id: FeedId,
    /// The name under which the feed was first published.
    pub first_called: FeedId,
    /// The title in the site's language; a branch has the title of its topic.
    pub title: String,
    /// The name of the source if the feed is a branch by source.
    pub publisher: Option<String>,
    /// When a story last left the feed or its definition last changed.
    pub changed_at: Option<Timestamp>,
    /// The last revision that changed the feed.
    pub wanted_rev: i64,
    /// The published revision; 0 before the first publication.
    pub published_rev: i64,
    /// The key of the settings used to render the feed.
    pub render_key: Option<Hash>,
    /// Number of stories in the feed, including quiet ones.
    pub stories: usize,
    /// The latest change of a story in the feed or of the feed itself. If it never contained a story, the time it was
    /// defined.
    pub updated: Option<Timestamp>,
    /// True if the last publication left out stories that could not be read.
    pub is_partial: bool,
}

/// A problem that needs an operator's attention.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ProblemState {
    /// The short name of the problem.
    pub code: String,
    /// When the problem began.
    pub since: Timestamp,
    /// The description of the problem.
    pub text: String,
    /// The suggested remedy.
    pub action: String,
}

/// A source's name and stored state, in the shape of `status --json`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceStatus {
    /// The source's name.
    pub id: String,
    /// The stored state.
    #[serde(flatten)]
    pub known: SourceState,
    /// True if somebody must act. Programs use the problem's code instead.
    #[serde(skip)]
    pub wants_attention: bool,
}

impl SourceStatus {
    /// Creates the status of a source from its stored state.
    pub fn new(id: String, known: SourceState) -> Self {
        let failed_polls = known.consecutive_failures;
        let wants_attention = match &known.problem {
            Some(problem) => ProblemCode::needs_attention(&problem.code, failed_polls),
            None => matches!(
                known.state,
                SourceCondition::Drifted | SourceCondition::Held | SourceCondition::Gone
            ),
        };
        Self {
            id,
            known,
            wants_attention,
        }
    }
}

/// A source as recorded in the store.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SourceState {
    /// The state after the last poll.
    pub state: SourceCondition,
    /// The current problem, if any.
    pub problem: Option<ProblemState>,
    /// When the source was last polled.
    pub last_attempt: Option<Timestamp>,
    /// When a poll last succeeded.
    pub last_success: Option<Timestamp>,
    /// The last failure, even if the source has recovered since.
    pub last_error: Option<String>,
    /// HTTP status of the current failure.
    pub http_status: Option<u16>,
    /// Number of failures since the last success.
    pub consecutive_failures: u32,
    /// When the next poll is due.
    pub next_poll: Option<Timestamp>,
    /// True if the last poll timed out.
    #[serde(skip)]
    pub timed_out: bool,
    /// Number of stored items.
    pub items: usize,
    /// Presence in the configuration.
    #[serde(skip)]
    pub presence: SourcePresence,
}

/// Presence of a source in the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourcePresence {
    /// The source is configured.
    #[default]
    Configured,
    /// The source was removed from the configuration at this time.
    Gone(Timestamp),
    /// The source was removed and its stories were taken out of the feeds.
    Forgotten,
}

/// The names that a store knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownNames {
    /// Names of feeds.
    pub feeds: BTreeSet<String>,
    /// Names of sources.
    pub sources: BTreeSet<String>,
}

impl SourceState {
    /// Returns the state of a source that is not in the store yet.
    pub fn never_polled() -> Self {
        Self {
            state: SourceCondition::New,
            problem: None,
            last_attempt: None,
            last_success: None,
            last_error: None,
            http_status: None,
            consecutive_failures: 0,
            next_poll: None,
            timed_out: false,
            items: 0,
            presence: SourcePresence::Configured,
        }
    }
}

impl SourceState {
    /// Returns the state reported for a source whose row cannot be read.
    fn unreadable() -> Self {
        Self {
            state: SourceCondition::Failing,
            problem: Some(ProblemState {
                code: "unreadable-rows".to_owned(),
                since: Timestamp::UNIX_EPOCH,
                text: "the database holds a row of this source that cannot be read".to_owned(),
                action: "restore the database from a backup".to_owned(),
            }),
            ..Self::never_polled()
        }
    }
}

impl StoreReader {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            left_out: RefCell::default(),
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs `query` on the state committed when it begins.
    pub(super) fn snapshot<T, E>(&self, query: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(StoreError::from)?;
        self.left_out.take();
        let result = query(self)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    /// Returns the stories and other rows that were left out because they could not be read, and clears the list.
    pub fn left_out_rows(&self) -> Vec<UnreadableRow> {
        self.left_out.take().into_iter().collect()
    }

    /// Leaves out anything that depends on an unreadable row.
    fn skip_unreadable<T>(
        &self,
        name: &str,
        read: Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if let Err(error) = &read
            && error.is_row_error()
        {
            let why = match error {
                StoreError::Sqlite(cause) => cause.to_string(),
                _ => error.to_string(),
            };
            self.left_out.borrow_mut().insert(UnreadableRow {
                story: name.to_owned(),
                why,
            });
        }
        skip_unreadable(read)
    }

    /// Returns the revision of the last commit.
    ///
    /// # Errors
    /// [`StoreError`], as everywhere here.
    pub fn revision(&self) -> Result<i64, StoreError> {
        rows::current_revision(&self.connection)
    }

    /// Returns the validators for requests to each address of a source at `at`, by the hash of the address. The map
    /// is empty if the rules for reading the source have changed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn validators(
        &self,
        source: &SourceId,
        fingerprint: Hash,
        at: Timestamp,
    ) -> Result<HashMap<Hash, Validators>, StoreError> {
        let sql = "SELECT address, etag, last_modified, body_hash, whole_at FROM validator WHERE source = ? AND fingerprint = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(params![source.as_str(), fingerprint.as_bytes()])?;
        let mut validators = HashMap::new();
        while let Some(row) = found.next()? {
            let body_hash: Option<Vec<u8>> = row.get(3)?;
            let body_hash = body_hash
                .map(|bytes| rows::parse_hash("body_hash", &bytes))
                .transpose()?;
            let held = Validators {
                etag: row.get(1)?,
                last_modified: row.get(2)?,
                body_hash,
                whole_at: rows::parse_optional_instant("whole_at", row.get(4)?)?,
            };
            let address = rows::parse_hash("address", &row.get::<_, Vec<u8>>(0)?)?;
            validators.insert(address, held.for_request(at));
        }
        Ok(validators)
    }

    /// Returns the history of the source's last good polls, empty if the rules for reading the source have changed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn history(
        &self,
        source: &SourceId,
        fingerprint: Hash,
    ) -> Result<ShapeHistory, StoreError> {
        shape::read_history(&self.connection, source, fingerprint)
    }

    /// Returns the newest items of a source that can be identified again.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn known_items(
        &self,
        source: &SourceId,
        most: usize,
    ) -> Result<Vec<KnownItem>, StoreError> {
        let sql = "SELECT title, address FROM item WHERE source = ? AND NOT held
                   ORDER BY published_at DESC, position, seq DESC LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(params![source.as_str(), most])?;
        let mut known = Vec::new();
        while let Some(row) = found.next()? {
            let address: Option<String> = row.get(1)?;
            known.push(KnownItem {
                title: row.get(0)?,
                address: address
                    .map(|address| rows::parse_column("address", &address))
                    .transpose()?,
            });
        }
        Ok(known)
    }

    /// Returns the proposed repair for the page of a source that drifted; `None` if no repair was found or the page
    /// is readable again.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn proposed_repair(&self, source: &SourceId) -> Result<Option<Repair>, StoreError> {
        let sql = "SELECT repair FROM source_state WHERE source = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let held = statement.query_row([source.as_str()], |row| row.get::<_, Option<String>>(0));
        let held = held.optional()?.flatten();
        held.map(|text| rows::parse_json("repair", &text))
            .transpose()
    }

    /// Returns the state of every source that was ever configured.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn source_states(&self) -> Result<BTreeMap<SourceId, SourceState>, StoreError> {
        let sql = "SELECT *, (SELECT count(*) FROM item WHERE item.source = source_state.source) AS items FROM source_state";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([])?;
        let mut sources = BTreeMap::new();
        while let Some(row) = found.next()? {
            let name = row.get::<_, String>("source")?;
            if let Some(id) = skip_unreadable(rows::parse_column("source", &name))? {
                let state =
                    self.skip_unreadable(&format!("source {name}"), read_source_state(row))?;
                sources.insert(id, state.unwrap_or_else(SourceState::unreadable));
            }
        }
        Ok(sources)
    }

    /// Returns the sources whose last poll timed out.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn timed_out_sources(&self) -> Result<BTreeSet<SourceId>, StoreError> {
        let ids = self.select_ids("SELECT source FROM source_state WHERE timed_out", [])?;
        ids.iter()
            .map(|id| rows::parse_column("source", id))
            .collect()
    }

    /// Returns every configured feed.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn configured_feeds(&self) -> Result<Vec<FeedState>, StoreError> {
        self.feeds_where("configured")
    }

    /// Returns feeds whose topics are no longer configured but whose files may still exist.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn removed_feeds(&self) -> Result<Vec<FeedState>, StoreError> {
        self.feeds_where("NOT configured")
    }

    /// Returns former names of feeds whose files may still exist.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn former_feeds(&self) -> Result<Vec<FeedId>, StoreError> {
        let sql = "SELECT was FROM former WHERE kind = 'feed' AND was NOT IN (SELECT topic FROM feed) ORDER BY was";
        let names = self.select_ids(sql, [])?;
        names
            .iter()
            .map(|name| rows::parse_column("was", name))
            .collect()
    }

    /// Returns every current and former name of feeds and sources.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn known_names(&self) -> Result<KnownNames, StoreError> {
        let feeds = "SELECT topic FROM feed UNION SELECT was FROM former WHERE kind = 'feed'";
        let sources =
            "SELECT source FROM source_state UNION SELECT was FROM former WHERE kind = 'source'";
        Ok(KnownNames {
            feeds: self.select_ids(feeds, [])?.into_iter().collect(),
            sources: self.select_ids(sources, [])?.into_iter().collect(),
        })
    }

    fn feeds_where(&self, condition: &str) -> Result<Vec<FeedState>, StoreError> {
        let sql = format!("SELECT * FROM feed WHERE {condition} ORDER BY topic");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = statement.query([])?;
        let mut feeds = Vec::new();
        while let Some(row) = found.next()? {
            let name: String = row.get("topic")?;
            feeds.extend(self.skip_unreadable(&format!("feed {name}"), self.feed_state(row))?);
        }
        Ok(feeds)
    }

    fn feed_state(&self, row: &Row<'_>) -> Result<FeedState, StoreError> {
        let render_key: Option<Vec<u8>> = row.get("render_key")?;
        let changed_at = rows::parse_optional_instant("changed_at", row.get("changed_at")?)?;
        let latest = rows::parse_optional_instant("latest_at", row.get("latest_at")?)?;
        let first_round_until =
            rows::parse_instant("first_round_until", row.get("first_round_until")?)?;
        let id: FeedId = rows::parse_column("topic", &row.get::<_, String>("topic")?)?;
        let first_called: Option<String> = row.get("first_called")?;
        let source = id.branch().and_then(Branch::source);
        Ok(FeedState {
            first_called: match first_called {
                Some(name) => rows::parse_column("first_called", &name)?,
                None => id.clone(),
            },
            publisher: source
                .map(|source| self.publisher_name(source))
                .transpose()?
                .flatten(),
            id,
            title: row.get("title")?,
            changed_at,
            wanted_rev: row.get("wanted_rev")?,
            published_rev: row.get("published_rev")?,
            render_key: render_key
                .map(|bytes| rows::parse_hash("render_key", &bytes))
                .transpose()?,
            stories: row.get("stories")?,
            updated: latest.max(changed_at).or(defined_at(first_round_until)),
            is_partial: row.get::<_, Option<String>>("left_out")?.is_some(),
        })
    }

    fn publisher_name(&self, source: &SourceId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT name FROM source_state WHERE source = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement
            .query_row([source.as_str()], |row| row.get(0))
            .optional()?)
    }

    /// Returns the live feed of a topic, in order: its newest `max_items`, and everything that arrived within
    /// `min_age` of the newest story.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn live_feed(
        &self,
        feed: &FeedId,
        max_items: usize,
        min_age: TimeDelta,
    ) -> Result<Vec<Story>, StoreError> {
        let active = "FROM membership WHERE feed = ? AND quiet = 0 AND left_at IS NULL";
        let sql = format!("SELECT max(recent_at) {active}");
        let newest: Option<i64> = self
            .connection
            .prepare_cached(&sql)?
            .query_row([feed.to_string()], |row| row.get(0))?;
        let since = newest.unwrap_or(0).saturating_sub(min_age.num_seconds());
        let mut chosen = self.select_ids(
            &format!("SELECT story {active} ORDER BY published_at DESC, position, story LIMIT ?"),
            params![feed.to_string(), max_items.min(MAX_LIVE)],
        )?;
        let recent = format!(
            "SELECT story {active} AND recent_at >= ? ORDER BY recent_at DESC, story LIMIT ?"
        );
        let recent = self.select_ids(&recent, params![feed.to_string(), since, MAX_LIVE])?;
        let known: HashSet<String> = chosen.iter().cloned().collect();
        chosen.extend(recent.into_iter().filter(|story| !known.contains(story)));
        chosen.truncate(MAX_LIVE);
        self.load_stories(&chosen)
    }

    /// Returns the newest `max_items` stories that entered a topic quietly, in order.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn quiet_stories(&self, feed: &FeedId, max_items: usize) -> Result<Vec<Story>, StoreError> {
        let sql = "SELECT story FROM membership WHERE feed = ? AND quiet = 1 AND left_at IS NULL
                   ORDER BY published_at DESC, position, story LIMIT ?";
        let chosen = self.select_ids(sql, params![feed.to_string(), max_items])?;
        self.load_stories(&chosen)
    }

    /// Returns tombstones of stories that left a topic because they were merged or withdrawn: the most recent first,
    /// at most `MAX_TOMBSTONES`.
    ///
    /// # Errors
    /// [`StoreError`]
    pub fn feed_tombstones(&self, feed: &FeedId) -> Result<Vec<Tombstone>, StoreError> {
        let sql = "SELECT membership.story, membership.left_at, alias.story AS kept, story.withdrawn_reason AS reason
                   FROM membership
                   LEFT JOIN alias ON alias.alias = membership.story
                   LEFT JOIN story ON story.id = membership.story
                   WHERE membership.feed = ? AND membership.left_at IS NOT NULL
                   AND (kept IS NOT NULL OR reason IS NOT NULL)
                   ORDER BY membership.left_at DESC, membership.story LIMIT ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query(params![feed.to_string(), MAX_TOMBSTONES])?;
        let mut gone = Vec::new();
        while let Some(row) = found.next()? {
            gone.extend(skip_unreadable(read_tombstone(row))?);
        }
        Ok(gone)
    }

    fn select_ids(
        &self,
        sql: &str,
        bound: impl rusqlite::Params,
    ) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let found = statement.query_map(bound, |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    pub(super) fn load_stories(&self, ids: &[String]) -> Result<Vec<Story>, StoreError> {
        let mut stories = Vec::with_capacity(ids.len());
        for id in ids {
            stories.extend(self.skip_unreadable(id, self.load_story(id))?);
        }
        stories.sort_by(Story::feed_order);
        Ok(stories)
    }

    pub(super) fn load_story(&self, id: &str) -> Result<Story, StoreError> {
        let reports = self.story_reports(id)?;
        let mut statement = self
            .connection
            .prepare_cached("SELECT * FROM story WHERE id = ?")?;
        let mut found = statement.query([id])?;
        let row = found.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let mut shown = self
            .connection
            .prepare_cached("SELECT * FROM item WHERE id = ?")?;
        let mut shown = shown.query([row.get::<_, String>("shown")?])?;
        let shown = rows::read_item(shown.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?)?;
        let (first, others): (Vec<_>, Vec<_>) = reports
            .into_iter()
            .partition(|report| report.item == shown.id);
        Ok(Story {
            id: rows::parse_column("id", id)?,
            regions: self.story_regions(id)?,
            published: rows::read_published(row)?,
            updated: rows::parse_instant("updated_at", row.get("updated_at")?)?,
            reports: first.into_iter().chain(others).collect(),
            alternates: self.story_translations(id)?,
            shown,
        })
    }

    /// Returns the translations of a story's reports that have an address for readers.
    fn story_translations(&self, story: &str) -> Result<Vec<Alternate>, StoreError> {
        let sql = "SELECT story.id, shown.language, shown.address
                   FROM item JOIN alternate ON alternate.item = item.seq
                   JOIN item AS other ON other.seq = alternate.other
                   JOIN story ON story.id = other.story AND story.withdrawn_at IS NULL
                   JOIN item AS shown ON shown.id = story.shown
                   WHERE item.story = ?1 AND story.id <> ?1 AND NOT item.held AND NOT other.held
                   AND shown.language IS NOT NULL AND shown.address IS NOT NULL
                   ORDER BY shown.language, other.seq";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([story])?;
        let mut alternates: Vec<Alternate> = Vec::new();
        while let Some(row) = found.next()? {
            // An unreadable translation is no reason to leave out this story.
            let Some(alternate) = skip_unreadable(read_alternate(row))? else {
                continue;
            };
            if alternates
                .last()
                .is_none_or(|last| last.language != alternate.language)
            {
                alternates.push(alternate);
            }
        }
        Ok(alternates)
    }

    /// Returns the union of the regions of a story's reports.
    fn story_regions(&self, story: &str) -> Result<Vec<Region>, StoreError> {
        let sql = "SELECT DISTINCT regions FROM item WHERE story = ? AND NOT held";
        let mut regions = BTreeSet::new();
        for held in self.select_ids(sql, [story])? {
            regions.extend(rows::parse_regions(&held)?);
        }
        Ok(regions.into_iter().collect())
    }

    /// Returns every report of a story, by rank and then in the order of their commits.
    fn story_reports(&self, story: &str) -> Result<Vec<Report>, StoreError> {
        let sql = "SELECT item.id, item.source, item.title, item.address, item.published_at, item.published_offset,
                          item.published_precision, item.published_origin, source_state.name AS publisher,
                          source_state.address AS source_address
                   FROM item JOIN source_state ON source_state.source = item.source
                   WHERE item.story = ? AND NOT item.held ORDER BY source_state.rank, item.seq";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found = statement.query([story])?;
        let mut reports = Vec::new();
        while let Some(row) = found.next()? {
            let address: Option<String> = row.get("address")?;
            let source_address: Option<String> = row.get("source_address")?;
            reports.push(Report {
                item: rows::parse_column("id", &row.get::<_, String>("id")?)?,
                source: rows::parse_column("source", &row.get::<_, String>("source")?)?,
                publisher: row.get("publisher")?,
                title: row.get("title")?,
                address: address
                    .map(|address| rows::parse_column("address", &address))
                    .transpose()?,
                source_address: source_address
                    .map(|address| rows::parse_column("address", &address))
                    .transpose()?,
                published: rows::read_published(row)?,
            });
        }
        Ok(reports)
    }
}

fn read_tombstone(row: &Row<'_>) -> Result<Tombstone, StoreError> {
    let fate = match row.get::<_, Option<String>>("kept")? {
        Some(kept) => RemovalReason::Merged(rows::parse_column("story", &kept)?),
        None => RemovalReason::Withdrawn(row.get("reason")?),
    };
    Ok(Tombstone {
        id: rows::parse_column("story", &row.get::<_, String>("story")?)?,
        at: rows::parse_instant("left_at", row.get("left_at")?)?,
        fate,
    })
}

fn read_alternate(row: &Row<'_>) -> Result<Alternate, StoreError> {
    Ok(Alternate {
        language: rows::parse_column("language", &row.get::<_, String>("language")?)?,
        id: rows::parse_column("story", &row.get::<_, String>("id")?)?,
        address: rows::parse_column("address", &row.get::<_, String>("address")?)?,
    })
}

fn read_source_state(row: &Row<'_>) -> Result<SourceState, StoreError> {
    let instant = |column: &'static str| rows::parse_optional_instant(column, row.get(column)?);
    let problem = match (
        row.get::<_, Option<String>>("problem_code")?,
        instant("problem_since")?,
    ) {
        (Some(code), Some(since)) => Some(ProblemState {
            code,
            since,
            text: row.get("problem_text")?,
            action: row.get("problem_action")?,
        }),
        _ => None,
    };
    Ok(SourceState {
        state: rows::parse_column("state", &row.get::<_, String>("state")?)?,
        problem,
        last_attempt: instant("last_attempt")?,
        last_success: instant("last_success")?,
        last_error: row.get("last_error")?,
        http_status: row.get("http_status")?,
        consecutive_failures: row.get("consecutive_failures")?,
        next_poll: instant("next_poll")?,
        timed_out: row.get("timed_out")?,
        items: row.get("items")?,
        presence: read_presence(row)?,
    })
}

fn read_presence(row: &Row<'_>) -> Result<SourcePresence, StoreError> {
    if row.get("configured")? {
        return Ok(SourcePresence::Configured);
    }
    let forgotten: Option<i64> = row.get("forgotten_at")?;
    let gone: Option<i64> = row.get("gone_at")?;
    Ok(match forgotten {
        Some(_) => SourcePresence::Forgotten,
        None => SourcePresence::Gone(rows::parse_instant("gone_at", gone.unwrap_or(0))?),
    })
}
