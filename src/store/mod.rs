//! Keeps everything that must survive: items, stories, the contents of feeds and the last known state of sources.
//!
//! In: polls, classified and with fingerprints. Out: stories for the publisher, states for people. One writer thread
//! takes polls off a bounded channel, commits several in one transaction, and makes the decisions that need the whole
//! store; readers see snapshots. It knows neither HTTP nor the published files. `SQLite` runs in WAL mode
//! with `synchronous = FULL`.

mod account;
mod changes;
mod commit;
mod decide;
mod define;
mod membership;
mod memory;
mod mend;
mod moved;
mod details;
mod fault;
mod forget;
mod former;
mod identity;
mod kept;
mod known;
mod language;
mod layout;
mod lookup;
mod place;
mod plan;
mod problems;
mod read;
mod reclassify;
mod revision;
mod release;
mod rows;
mod ruling;
mod policy;
mod schema;
mod search;
mod shape;
mod state;
mod story;
mod tokens;
mod walk;
mod writer;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use url::Url;

use crate::dedupe::Fingerprint;
use crate::drift::DocumentShape;
use crate::model::{
    Cadence, FeedId, Hash, Item, ListenAddress, Operator, ProblemCode, Repair, SourceId, Timestamp,
    TopicId, Validators,
};

pub use self::account::{FeedPosition, ItemAccount, ItemRevision, PairVerdict};
pub use self::commit::CommittedPoll;
pub use self::decide::{DecisionError, DecisionOutcome, StoryDecision};
pub use self::define::{
    ClassifyFn, Consent, Definition, FeedDefinition, MatchTopicsFn, NarrowFn, NarrowedClassifier,
    SourceDefinition,
};
pub use self::details::{KeptDetail, PollDetails};
pub use self::fault::StoreFault;
pub use self::forget::{ForgetError, ForgottenSource, LeftItem};
pub use self::former::FormerNames;
pub use self::kept::{KeptConfiguration, admin_places, kept_configuration};
pub use self::layout::{KeptLayout, PollLayouts};
pub use self::memory::{EvidenceItem, StoryEvidence};
use self::place::OwnedDatabase;
pub use self::plan::{
    DefinitionPlan, FeedCount, FeedFate, FeedPlan, MAX_NEW, MatchingStories, MovingStory,
    count_matching_stories, plan_definition,
};
use self::policy::StoryPolicy;
pub use self::problems::{StoreIncident, UnreadableRow};
pub use self::read::{
    FeedState, KnownNames, ProblemState, SourcePresence, SourceState, SourceStatus, StoreReader,
};
pub use self::release::{DiscardedItems, HeldChoice, HeldItem, ReleasedItems};
pub use self::ruling::{DecisionAction, RecordedDecision};
pub use self::search::StoreSearch;
pub use self::state::SourcePace;
pub use self::walk::ListWalk;
use self::writer::StoreWriter;

/// Time for which a connection waits for another connection's lock before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Memory limit of the writer's page cache. A transaction that exceeds it is written to disk twice.
const WRITER_CACHE_KIB: i64 = 32 * 1024;
/// Maximum number of prepared statements that a connection keeps: more than there are.
const STATEMENTS: usize = 256;
/// Length of the write-ahead log from which its pages are copied to the database, in pages of 4 KiB. A page that many
/// commits change is copied once.
const CHECKPOINT_PAGES: i64 = 4_000;
/// Maximum number of idle reading connections kept open.
const MAX_IDLE_READERS: usize = 4;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the lock file cannot be created.
    #[error("the store at {} cannot be opened", path.display())]
    Open {
        /// Path of the database.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        cause: std::io::Error,
    },
    /// Another process has the store open for writing.
    #[error("another tidings{} is using the store at {}: stop it, or wait until it has finished", format_process(process), path.display())]
    Locked {
        /// Path of the database.
        path: PathBuf,
        /// The process id of the other writer; empty if unknown.
        process: String,
    },
    /// A newer version wrote the store.
    #[error("the store at {} was written by a newer tidings (schema {found}, this one knows {known})", path.display())]
    Newer {
        /// Path of the database.
        path: PathBuf,
        /// Schema version of the store.
        found: i64,
        /// Schema version of this program.
        known: i64,
    },
    /// An older version wrote the store, and it has not been opened for writing since.
    #[error("the store at {} was last used by an older tidings: `tidings once` or a restart of the daemon brings it up to date", path.display())]
    Older {
        /// Path of the database.
        path: PathBuf,
    },
    /// An error from `SQLite`.
    #[error("the store failed")]
    Sqlite(#[from] rusqlite::Error),
    /// A row contains a value that we never write.
    #[error("the store holds `{value}` as {column}")]
    Row {
        /// Name of the column.
        column: &'static str,
        /// The unexpected value.
        value: String,
    },
    /// The disk, the file or another program prevents use of the store.
    #[error("the database {} cannot be used ({})", path.display(), fault.code())]
    Unusable {
        /// Path of the database.
        path: PathBuf,
        /// The reason.
        fault: StoreFault,
        /// The underlying `SQLite` error.
        #[source]
        cause: rusqlite::Error,
    },
    /// The database is corrupt.
    #[error("the database {} is damaged: {}", path.display(), StoreFault::Damaged.action())]
    Damaged {
        /// Path of the database.
        path: PathBuf,
        /// The underlying `SQLite` error.
        #[source]
        cause: rusqlite::Error,
    },
    /// The file was overwritten with something else.
    #[error("the database {} was emptied or written over: {}", path.display(), StoreFault::Damaged.action())]
    Emptied {
        /// Path of the database.
        path: PathBuf,
    },
    /// The file was removed.
    #[error("the database {} was removed while it was in use", path.display())]
    Removed {
        /// Path of the database.
        path: PathBuf,
    },
    /// Another file has replaced the database.
    #[error("the database {} was replaced while it was in use", path.display())]
    Replaced {
        /// Path of the database.
        path: PathBuf,
    },
    /// The transaction could not begin, or did not reach the disk.
    #[error(transparent)]
    NotDurable(Arc<StoreError>),
    /// A decision by hand cannot be carried out.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// A source cannot be forgotten.
    #[error(transparent)]
    Forget(#[from] ForgetError),
    /// A job panicked: a bug in tidings.
    #[error("the store's writer met a mistake in tidings itself")]
    Panicked,
    /// The writer thread has stopped.
    #[error("the store's writer has stopped")]
    Stopped,
}

/// Formats a process id as ` (process 12)`; empty if it is unknown.
fn format_process(process: &str) -> String {
    match process {
        "" => String::new(),
        _ => format!(" (process {process})"),
    }
}

/// The record of one feed's publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFeed {
    /// The feed's name.
    pub id: FeedId,
    /// The revision that was rendered.
    pub rev: i64,
    /// The key of the settings used to render it.
    pub render_key: Hash,
    /// Stories left out because they could not be read.
    pub left_out: Vec<UnreadableRow>,
}

/// Thoroughness of a probe of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProbeDepth {
    /// Check that no other process holds the lock.
    Locked,
    /// Check that a write succeeds.
    Written,
}

/// The results of one poll of a source.
#[derive(Debug)]
pub struct Poll {
    /// The source that was polled.
    pub source: SourceId,
    /// When the source was polled.
    pub at: Timestamp,
    /// The outcome of the poll.
    pub outcome: PollOutcome,
    /// Details read from the pages of its entries, if those are read and a list was available.
    pub details: Option<PollDetails>,
    /// The layout used to read the page, if the items are committed and were not found by selectors.
    pub layout: Option<PollLayouts>,
    /// The cadence that, with the number of new items, determines the next poll.
    pub cadence: Cadence,
    /// The time zone of `cadence`.
    pub zone: chrono_tz::Tz,
    /// The fingerprint of the rules used to read the source.
    pub fingerprint: Hash,
    /// The fingerprint of the configuration block alone, independent of the extractor's version.
    pub block: Hash,
    /// The key of the definition used to classify the items.
    pub classified_by: Hash,
}

/// The outcome of a poll.
#[derive(Debug)]
pub enum PollOutcome {
    /// Nothing has changed.
    Unchanged,
    /// Nothing has changed except the validators of these addresses, each with its fingerprint.
    Renewed(Vec<(String, Validators, Hash)>),
    /// Documents were read.
    Read {
        /// Items in document order.
        items: Vec<NewItem>,
        /// Validators for the next request to each address, each with its fingerprint.
        validators: Vec<(String, Validators, Hash)>,
        /// A problem with entries that were left out.
        problem: Option<SourceProblem>,
        /// The problem reported if the source's page contains more than its layout reads. The items are good.
        drift: Option<SourceProblem>,
        /// The shape of the first document, for comparison by later polls; `None` if it had not changed.
        shape: Option<DocumentShape>,
        /// True if pages were read that are not read every time. That explains any number of new items.
        walked_back: bool,
        /// The part of the source's list that the items cover.
        coverage: ListCoverage,
    },
    /// The poll failed; items read before the failure are kept.
    Failed {
        /// Items of the pages that were read.
        items: Vec<NewItem>,
        /// The failure that ended the poll.
        failure: SourceFailure,
    },
}

/// The part of a source's list that a poll read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListCoverage {
    /// The whole list: anything missing from the items is not listed.
    Whole,
    /// The first pages of a list that may continue.
    Beginning,
    /// Only the documents that changed, of several. Missing items prove nothing.
    Parts,
}

/// An item with its precomputed topics, fingerprint and tokens.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// The normalized item.
    pub item: Item,
    /// The topics that the item belongs to.
    pub topics: Vec<TopicId>,
    /// The fingerprint used to compare the item with others.
    pub fingerprint: Fingerprint,
    /// The tokens used to find the item: see [`classify::item_tokens`](crate::classify::item_tokens).
    pub tokens: String,
}

/// The state of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceCondition {
    /// Never polled.
    New,
    /// The last poll succeeded.
    Ok,
    /// The source could not be fetched or read.
    Failing,
    /// The source can be fetched, but no longer yields its usual content, or its page contains more than is read.
    Drifted,
    /// The source offers far more than usual: new items are held back until released.
    Held,
    /// The publisher removed the source.
    Gone,
}

impl SourceCondition {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::Ok,
        Self::Failing,
        Self::Drifted,
        Self::Held,
        Self::Gone,
    ];

    /// Returns the word used in `status` and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Drifted => "drifted",
            Self::Held => "held",
            Self::Gone => "gone",
        }
    }
}

impl FromStr for SourceCondition {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(())
    }
}

/// A problem with a source that needs an operator's attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceProblem {
    /// The short name of the problem.
    pub code: ProblemCode,
    /// The description of the problem.
    pub text: String,
    /// The suggested remedy.
    pub action: String,
}

/// The reason why a poll failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFailure {
    /// The problem to show to operators.
    pub problem: SourceProblem,
    /// HTTP status, if a response arrived.
    pub http_status: Option<u16>,
    /// The server's `Retry-After` delay.
    pub retry_after: Option<Duration>,
    /// True if the request timed out.
    pub timed_out: bool,
    /// The kind of failure, which determines the source's new state.
    pub kind: SourceFailureKind,
    /// A proposed repair for the page that could not be read.
    pub repair: Option<Repair>,
}

/// The effect of a failure on a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceFailureKind {
    /// The fetch failed: the stored validators remain valid.
    Fetch,
    /// The document was fetched but could not be read. Validators are cleared, so that they cannot hide a repair.
    Extraction,
    /// As `Extraction`, but earlier polls could read the document.
    Drift,
    /// The publisher removed the source.
    Gone,
}

/// The store, open for writing by this process alone.
#[derive(Debug)]
pub struct Store {
    /// Closed before the writer: the last connection to close checkpoints the log, which readers may not do.
    idle: Arc<Mutex<Vec<StoreReader>>>,
    writer: StoreWriter,
    /// True if the store was empty when it was opened.
    is_new: bool,
    /// Dropped last: closing the file releases the locks of every connection.
    place: Arc<OwnedDatabase>,
}

/// The result of probing the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeResult {
    /// The store can be written.
    Well,
    /// The store can be used again after it is reopened.
    Reopen,
}

impl Store {
    /// Opens the store at `path`, or creates it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another process has it open for writing; [`StoreError::Newer`] if a newer version
    /// wrote it; an error with a [`StoreFault`] if the disk or the file is unusable.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let place = Arc::new(OwnedDatabase::acquire(path)?);
        let (connection, is_new) = open_for_writing(path).map_err(|error| error.with_path(path))?;
        let writer = StoreWriter::start(connection, Arc::clone(&place));
        Ok(Self {
            idle: Arc::default(),
            writer,
            is_new,
            place,
        })
    }

    /// Returns true if the store was empty when it was opened.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns the path of the database file.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Checks that the store can be written. If `fault` prevented writing before, only a successful write proves
    /// recovery.
    ///
    /// # Errors
    /// [`StoreError`] while the store cannot be written.
    pub async fn probe(&self, fault: Option<StoreFault>) -> Result<ProbeResult, StoreError> {
        match self.place.check_in_place() {
            // The successor is opened only after this store is closed: the log in the same folder still belongs to
            // this one.
            Err(StoreError::Replaced { .. }) => {
                return self.place.check_successor().map(|()| ProbeResult::Reopen);
            }
            checked => checked?,
        }
        if fault == Some(StoreFault::Damaged) {
            return self.is_sound().await.map(|()| ProbeResult::Reopen);
        }
        let depth = if fault.is_some() || self.place.is_nearly_full() {
            ProbeDepth::Written
        } else {
            ProbeDepth::Locked
        };
        self.writer.probe(depth).await.map(|()| ProbeResult::Well)
    }

    /// Checks the integrity of the database now at the path.
    async fn is_sound(&self) -> Result<(), StoreError> {
        let path = self.path().to_owned();
        let look = move || {
            let sound = open_for_reading(&path).and_then(|reader| reader.is_sound());
            if sound.map_err(|error| error.with_path(&path))? {
                Ok(())
            } else {
                Err(StoreError::Emptied { path })
            }
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    /// Records for `status` that the store is not the one that published the feeds.
    ///
    /// # Errors
    /// [`StoreError`] if the break could not be recorded.
    pub async fn remember_break(&self, found: StoreIncident) -> Result<(), StoreError> {
        let value = rows::to_json(&found);
        self.writer.remember_fact(problems::BREAK, value).await
    }

    /// Records the addresses where the daemon serves administrators, until another daemon replaces them.
    ///
    /// # Errors
    /// [`StoreError`]; commands then use the configured addresses.
    pub async fn note_admin(&self, places: &[ListenAddress]) -> Result<(), StoreError> {
        self.writer
            .remember_fact(kept::ADMIN, kept::format_places(places))
            .await
    }

    /// Brings the configuration into the store: feeds, sources, and the topics of stored items if queries changed.
    /// Returns the plan of these changes. If `consent` is required and the plan has refusals, nothing changes.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed.
    pub async fn define(
        &self,
        definition: Definition,
        consent: Consent,
    ) -> Result<DefinitionPlan, StoreError> {
        self.writer.define(definition, consent).await
    }

    /// Commits a poll atomically: items, stories, feeds, validators and the source's state.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed.
    pub async fn commit(&self, poll: Poll) -> Result<CommittedPoll, StoreError> {
        self.writer.commit(poll).await
    }

    /// Carries out a decision about stories and records it.
    ///
    /// # Errors
    /// [`StoreError::Decision`] if it cannot be carried out. On any error, nothing has changed.
    pub async fn decide(
        &self,
        decision: StoryDecision,
        by: Operator,
        at: Timestamp,
    ) -> Result<DecisionOutcome, StoreError> {
        self.writer.decide(decision, by, at).await
    }

    /// Publishes chosen held items of a source, and accepts the content of its next poll without comparison.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed.
    pub async fn release(
        &self,
        source: SourceId,
        chosen: HeldChoice,
        by: Operator,
        at: Timestamp,
    ) -> Result<ReleasedItems, StoreError> {
        self.writer.release(source, chosen, by, at).await
    }

    /// Discards chosen held items of a source. Later polls do not bring them back.
    ///
    /// # Errors
    /// [`StoreError`]; nothing has changed.
    pub async fn discard(
        &self,
        source: SourceId,
        chosen: HeldChoice,
        by: Operator,
        at: Timestamp,
    ) -> Result<DiscardedItems, StoreError> {
        self.writer.discard(source, chosen, by, at).await
    }

    /// Takes the stories of a source that is no longer configured out of all feeds, except those that other sources
    /// report.
    ///
    /// # Errors
    /// [`StoreError::Forget`] if the source cannot be forgotten. On any error, nothing has changed.
    pub async fn forget(
        &self,
        source: SourceId,
        by: Operator,
        at: Timestamp,
    ) -> Result<ForgottenSource, StoreError> {
        self.writer.forget(source, by, at).await
    }

    /// Marks feeds as published at a revision, with the key of their settings and the stories left out.
    ///
    /// # Errors
    /// [`StoreError`]; the feeds are then published again.
    pub async fn mark_published(&self, feeds: Vec<PublishedFeed>) -> Result<(), StoreError> {
        self.writer.mark_published(feeds).await
    }

    /// Runs `query` on a snapshot, off the async threads.
    ///
    /// # Errors
    /// Those of `query`, and [`StoreError::Sqlite`] if no connection can be opened.
    pub async fn read<T, E>(
        &self,
        query: impl FnOnce(&StoreReader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (path, idle) = (self.path().to_owned(), Arc::clone(&self.idle));
        let read = tokio::task::spawn_blocking(move || {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let reader = kept.map_or_else(|| open_for_reading(&path), Ok);
            let reader = reader.map_err(|error| error.with_path(&path))?;
            let result = reader.snapshot(query)?;
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < MAX_IDLE_READERS {
                idle.push(reader);
            }
            Ok(result)
        });
        read.await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }
}

/// Reads a store that may not exist and that another process may be writing; returns `None` if there is no store.
///
/// # Errors
/// Those of `query`, and [`StoreError`] if the file is no store of this version.
pub fn inspect_store<T, E>(
    path: &Path,
    query: impl FnOnce(&StoreReader) -> Result<T, E>,
) -> Result<Option<T>, E>
where
    E: From<StoreError>,
{
    if !store_exists(path)? {
        return Ok(None);
    }
    let reader = open_for_reading(path).or_else(|error| open_at_rest(path, error));
    let reader = reader.map_err(|error| error.with_path(path))?;
    // The process that creates the store may have just begun, or stopped at this point.
    if !schema::has_tables(reader.connection())? {
        return Ok(None);
    }
    reader.snapshot(query).map(Some)
}

/// Opens the writing connection and migrates the store to this version. Also returns whether the store was empty.
fn open_for_writing(path: &Path) -> Result<(Connection, bool), StoreError> {
    let mut connection = Connection::open(path)?;
    configure_connection(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // Each job has a savepoint, for which `SQLite` copies the pages that it changes: in memory, not into a file.
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    let is_new = !schema::has_tables(&connection)?;
    schema::migrate_store(&mut connection, path)?;
    problems::name_store(&connection)?;
    memory::rebuild_keys(&mut connection)?;
    tokens::rebuild_index(&mut connection)?;
    Ok((connection, is_new))
}

fn store_exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(|cause| StoreError::Open {
        path: path.to_owned(),
        cause,
    })
}

/// Reads a store of any version; returns `None` if the file is missing.
fn read_any_version<T>(
    path: &Path,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    if !store_exists(path)? {
        return Ok(None);
    }
    let connection = open_connection(path).and_then(|connection| {
        // `SQLite` reads the file only on the first query.
        schema::has_tables(&connection)?;
        Ok(connection)
    });
    let connection = connection.or_else(|error| connect_at_rest(path, error))?;
    if schema::has_tables(&connection)? {
        query(&connection).map(Some)
    } else {
        Ok(None)
    }
}

fn open_connection(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure_connection(&connection)?;
    Ok(connection)
}

fn open_for_reading(path: &Path) -> Result<StoreReader, StoreError> {
    let connection = open_connection(path)?;
    schema::check_version(&connection, path)?;
    Ok(StoreReader::new(connection))
}

/// Reads a store that no process is using, for a user who may not write in its folder. Even to read, `SQLite` creates
/// its log there. `error` is the error of the normal attempt.
fn open_at_rest(path: &Path, error: StoreError) -> Result<StoreReader, StoreError> {
    let connection = connect_at_rest(path, error)?;
    schema::check_version(&connection, path)?;
    Ok(StoreReader::new(connection))
}

fn connect_at_rest(path: &Path, error: StoreError) -> Result<Connection, StoreError> {
    let denied = matches!(&error, StoreError::Sqlite(cause) if matches!(
        cause.sqlite_error_code(),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen)
    ));
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let in_use = Path::new(&log).exists();
    let Some(mut url) = Url::from_file_path(path).ok().filter(|_| denied && !in_use) else {
        return Err(error);
    };
    url.set_query(Some("immutable=1"));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    Ok(Connection::open_with_flags(url.as_str(), flags)?)
}

fn configure_connection(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Without it, binding a value that an index's condition mentions makes `SQLite` prepare the statement anew.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}
