//! Everything that must survive: items, stories, what each feed holds, what each source was last known by.
//!
//! In: polls, classified and with their fingerprints. Out: stories for the publisher, states for people. One writer thread takes
//! polls off a bounded channel, several into one transaction, and makes the decisions that need the whole store; readers
//! see snapshots. It knows nothing of HTTP and of files in the published folder. `SQLite` runs WAL with `synchronous = FULL`.

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

use rusqlite::{Connection, ErrorCode, OpenFlags};
use url::Url;

use crate::dedupe::Fingerprint;
use crate::drift::Shape;
use crate::model::{
    Cadence, FeedId, Hash, Item, Listen, Operator, ProblemCode, Repair, SourceId, Timestamp,
    TopicId, Validators,
};

pub use self::account::{Account, Revision, Standing, Verdict};
pub use self::commit::Committed;
pub use self::decide::{Decided, Decision, DecisionError};
pub use self::define::{
    Classify, Consent, Definition, FeedDefinition, Narrow, Narrowed, SourceDefinition, Taken,
};
pub use self::details::{Details, KeptDetail};
pub use self::fault::StoreFault;
pub use self::forget::{ForgetError, Forgotten, LeftItem};
pub use self::former::Names;
pub use self::kept::{KeptConfiguration, admin_places, kept_configuration};
pub use self::layout::{KeptLayout, ReadBy};
pub use self::memory::{Ground, Grounds};
use self::place::Place;
pub use self::plan::{Fate, FeedPlan, Holdings, MAX_NEW, Moving, Plan, Stock, holdings, plan};
use self::policy::Policy;
pub use self::problems::{Break, LeftOut};
pub use self::read::{
    FeedState, KnownNames, Presence, ProblemState, Reader, SourceState, SourceStatus,
};
pub use self::release::{Chosen, Discarded, HeldItem, Released};
pub use self::ruling::{Action, Ruling};
pub use self::search::Search;
pub use self::state::Pace;
pub use self::walk::Walk;
use self::writer::Writer;

/// How long a connection waits for another one's lock before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// What the writer may hold of the database in memory: a transaction that outgrows it is written to the disk twice.
const WRITER_CACHE_KIB: i64 = 32 * 1024;
/// Reading connections kept open.
const MAX_IDLE_READERS: usize = 4;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the lock cannot be made.
    #[error("the store at {} cannot be opened", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// What failed.
        #[source]
        cause: std::io::Error,
    },
    /// Another process writes.
    #[error("another tidings{} is using the store at {}: stop it, or wait until it has finished", named(process), path.display())]
    Locked {
        /// The database.
        path: PathBuf,
        /// The other's process id; empty where nothing tells it.
        process: String,
    },
    /// A newer version wrote it.
    #[error("the store at {} was written by a newer tidings (schema {found}, this one knows {known})", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// An older version wrote it, and nobody has opened it for writing since.
    #[error("the store at {} was last used by an older tidings: `tidings once` or a restart of the daemon brings it up to date", path.display())]
    Older {
        /// The database.
        path: PathBuf,
    },
    /// The database's own word.
    #[error("the store failed")]
    Sqlite(#[from] rusqlite::Error),
    /// A row that nobody of us wrote.
    #[error("the store holds `{value}` as {column}")]
    Row {
        /// The column.
        column: &'static str,
        /// What it holds.
        value: String,
    },
    /// The disk, the file or another program keeps the store from being used.
    #[error("the database {} cannot be used ({})", path.display(), fault.code())]
    Unusable {
        /// The database.
        path: PathBuf,
        /// Why.
        fault: StoreFault,
        /// The database's own word.
        #[source]
        cause: rusqlite::Error,
    },
    /// It cannot be read any more.
    #[error("the database {} is damaged: {}", path.display(), StoreFault::Damaged.action())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The database's own word.
        #[source]
        cause: rusqlite::Error,
    },
    /// Something else was written into the file.
    #[error("the database {} was emptied or written over: {}", path.display(), StoreFault::Damaged.action())]
    Emptied {
        /// The database.
        path: PathBuf,
    },
    /// The file is gone.
    #[error("the database {} was removed while it was in use", path.display())]
    Removed {
        /// The database.
        path: PathBuf,
    },
    /// Another file has its name.
    #[error("the database {} was replaced while it was in use", path.display())]
    Replaced {
        /// The database.
        path: PathBuf,
    },
    /// The transaction could not begin, or did not reach the disk.
    #[error(transparent)]
    NotDurable(Arc<StoreError>),
    /// A decision by hand that cannot be carried out.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// A source that cannot be forgotten.
    #[error(transparent)]
    Forget(#[from] ForgetError),
    /// A mistake of ours in what one job does.
    #[error("the store's writer met a mistake in tidings itself")]
    Panicked,
    /// The writer is gone.
    #[error("the store's writer has stopped")]
    Stopped,
}

/// ` (process 12)`, or nothing.
fn named(process: &str) -> String {
    match process {
        "" => String::new(),
        _ => format!(" (process {process})"),
    }
}

/// A feed that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFeed {
    /// The feed.
    pub id: FeedId,
    /// The revision that was read.
    pub rev: i64,
    /// The key of the settings that it was rendered with.
    pub render_key: Hash,
    /// Stories that could not be read.
    pub left_out: Vec<LeftOut>,
}

/// How far looking after the store goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// Nobody else holds it.
    Locked,
    /// It takes what is written.
    Written,
}

/// What one poll of a source brings.
#[derive(Debug)]
pub struct Poll {
    /// The source.
    pub source: SourceId,
    /// When it was polled.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// What was learnt of the pages of its entries, where these are read and there was a list to read.
    pub details: Option<Details>,
    /// The layout that read its page, if the items are committed and no selectors found them.
    pub layout: Option<ReadBy>,
    /// When it is due again depends on these, and on what turns out to be new.
    pub cadence: Cadence,
    /// The zone that `cadence` counts in.
    pub zone: chrono_tz::Tz,
    /// The fingerprint that the source was read under.
    pub fingerprint: Hash,
    /// The fingerprint of its block alone, whatever version of the extractor reads it.
    pub block: Hash,
    /// The key of the definition that its items were classified by.
    pub classified_by: Hash,
}

/// What came of a poll.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing has changed.
    Unchanged,
    /// Nothing has changed but what these addresses are to be asked with next.
    Renewed(Vec<(String, Validators, Hash)>),
    /// Documents were read.
    Read {
        /// Their items, in order.
        items: Vec<NewItem>,
        /// What each address is to be asked with next, under which fingerprint.
        validators: Vec<(String, Validators, Hash)>,
        /// What was left out, for the operator.
        problem: Option<SourceProblem>,
        /// The source has drifted because its page holds more than its layout reads. The items are good.
        drift: Option<SourceProblem>,
        /// What the first document gave, for the next ones to be compared with; `None` when it had not changed.
        shape: Option<Shape>,
        /// Whether pages were read that are not read every time: that explains any number of new items.
        walked_back: bool,
        /// How much of the source's list the items are.
        coverage: Coverage,
    },
    /// Something failed; what was read before it is kept.
    Failed {
        /// Items of the pages that were read.
        items: Vec<NewItem>,
        /// What failed.
        failure: Failure,
    },
}

/// How much of a source's list a poll read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// All of it: what is not among the items is not listed.
    Whole,
    /// Its first pages, which may go on.
    Beginning,
    /// Documents that changed, of several: nothing follows for what they lack.
    Parts,
}

/// An item with what was worked out beforehand.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// The item.
    pub item: Item,
    /// The topics it belongs to.
    pub topics: Vec<TopicId>,
    /// What it is compared by.
    pub fingerprint: Fingerprint,
    /// What it is found by: see [`classify::tokens`](crate::classify::tokens).
    pub tokens: String,
}

/// How a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Never polled.
    New,
    /// The last poll went well.
    Ok,
    /// It was not fetched or not read.
    Failing,
    /// It is fetched, but no longer gives what it used to give, or not all of what is there.
    Drifted,
    /// It offers far more than it used to: what is new is kept back until it is released.
    Held,
    /// The publisher took it away.
    Gone,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::Ok,
        Self::Failing,
        Self::Drifted,
        Self::Held,
        Self::Gone,
    ];

    /// The word in `status` and in the store.
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

impl FromStr for State {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(())
    }
}

/// Something about a source for an operator to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceProblem {
    /// Its short name.
    pub code: ProblemCode,
    /// What happened.
    pub text: String,
    /// What to do about it.
    pub action: String,
}

/// Why a poll failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For the operator.
    pub problem: SourceProblem,
    /// HTTP status, where an answer came.
    pub http_status: Option<u16>,
    /// How long the server asked us to stay away.
    pub retry_after: Option<Duration>,
    /// True if no answer came in time.
    pub timed_out: bool,
    /// What it makes of the source.
    pub kind: FailureKind,
    /// What would read the page that was not understood.
    pub repair: Option<Repair>,
}

/// What a failure makes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It was not fetched: the validators held are still true.
    Fetch,
    /// It was fetched and not understood: what is held must not hide a repair.
    Extraction,
    /// As `Extraction`, and it used to be understood.
    Drift,
    /// The publisher took it away.
    Gone,
}

/// The store, open for writing by this process alone.
#[derive(Debug)]
pub struct Store {
    /// Closed before the writer: the last connection to close brings the log into the database, and readers may not.
    idle: Arc<Mutex<Vec<Reader>>>,
    writer: Writer,
    /// Whether there was nothing in it when it was opened.
    is_new: bool,
    /// Given up last: closing the file drops the locks of every connection.
    place: Arc<Place>,
}

/// The result of looking after the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probed {
    /// It can be written.
    Well,
    /// It can be used again once it is reopened.
    Reopen,
}

impl Store {
    /// Opens the store at `path`, and makes it where there is none.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process writes; [`StoreError::Newer`] when this version is too old for it; one
    /// with a [`StoreFault`] when the disk or the file is out of order.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let place = Arc::new(Place::take(path)?);
        let (connection, is_new) = writing(path).map_err(|error| error.at(path))?;
        let writer = Writer::start(connection, Arc::clone(&place));
        Ok(Self {
            idle: Arc::default(),
            writer,
            is_new,
            place,
        })
    }

    /// Whether there was nothing in it when it was opened.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The database's file.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Looks whether the store can be written. Where it could not before, because of `fault`, only writing proves that it
    /// can again.
    ///
    /// # Errors
    /// [`StoreError`] while it cannot.
    pub async fn probe(&self, fault: Option<StoreFault>) -> Result<Probed, StoreError> {
        match self.place.check() {
            // It is opened when this one is closed, and not before: the log beside it is still this one's.
            Err(StoreError::Replaced { .. }) => {
                return self.place.check_successor().map(|()| Probed::Reopen);
            }
            checked => checked?,
        }
        if fault == Some(StoreFault::Damaged) {
            return self.is_sound().await.map(|()| Probed::Reopen);
        }
        let depth = if fault.is_some() || self.place.is_tight() {
            Depth::Written
        } else {
            Depth::Locked
        };
        self.writer.probe(depth).await.map(|()| Probed::Well)
    }

    /// Reads through what is at the path now.
    async fn is_sound(&self) -> Result<(), StoreError> {
        let path = self.path().to_owned();
        let look = move || {
            let sound = reading(&path).and_then(|reader| reader.is_sound());
            if sound.map_err(|error| error.at(&path))? {
                Ok(())
            } else {
                Err(StoreError::Emptied { path })
            }
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    /// Remembers that the store is another one than published the feeds, for `status`.
    ///
    /// # Errors
    /// [`StoreError`], and then it is not remembered.
    pub async fn remember_break(&self, found: Break) -> Result<(), StoreError> {
        let value = rows::to_json(&found);
        self.writer.remember(problems::BREAK, value).await
    }

    /// Notes where the daemon answers administrators, until another one does.
    ///
    /// # Errors
    /// [`StoreError`], and then commands look where the configuration says.
    pub async fn note_admin(&self, places: &[Listen]) -> Result<(), StoreError> {
        self.writer
            .remember(kept::ADMIN, kept::written(places))
            .await
    }

    /// Brings what is configured into the store: feeds, sources, and topics of stored items where queries changed. What
    /// that changed, or would change: where `consent` is wanted and the plan has refusals, nothing has.
    ///
    /// # Errors
    /// [`StoreError`], and then nothing has changed.
    pub async fn define(
        &self,
        definition: Definition,
        consent: Consent,
    ) -> Result<Plan, StoreError> {
        self.writer.define(definition, consent).await
    }

    /// Commits a poll whole: items, stories, feeds, validators and the source's state, or none of it.
    ///
    /// # Errors
    /// [`StoreError`], and then nothing has changed.
    pub async fn commit(&self, poll: Poll) -> Result<Committed, StoreError> {
        self.writer.commit(poll).await
    }

    /// Carries out, and records, a decision about stories.
    ///
    /// # Errors
    /// [`StoreError::Decision`] where it cannot be carried out; then, as with other errors, nothing has changed.
    pub async fn decide(
        &self,
        decision: Decision,
        by: Operator,
        at: Timestamp,
    ) -> Result<Decided, StoreError> {
        self.writer.decide(decision, by, at).await
    }

    /// Publishes chosen items that are held back of a source, and takes what its next poll gives as it is.
    ///
    /// # Errors
    /// [`StoreError`], and then nothing has changed.
    pub async fn release(
        &self,
        source: SourceId,
        chosen: Chosen,
        by: Operator,
        at: Timestamp,
    ) -> Result<Released, StoreError> {
        self.writer.release(source, chosen, by, at).await
    }

    /// Throws chosen items away that are held back of a source: no poll brings them again.
    ///
    /// # Errors
    /// [`StoreError`], and then nothing has changed.
    pub async fn discard(
        &self,
        source: SourceId,
        chosen: Chosen,
        by: Operator,
        at: Timestamp,
    ) -> Result<Discarded, StoreError> {
        self.writer.discard(source, chosen, by, at).await
    }

    /// Takes the stories of a source that is configured no longer out of all feeds, except those that other sources report.
    ///
    /// # Errors
    /// [`StoreError::Forget`] where it cannot be; then, as with other errors, nothing has changed.
    pub async fn forget(
        &self,
        source: SourceId,
        by: Operator,
        at: Timestamp,
    ) -> Result<Forgotten, StoreError> {
        self.writer.forget(source, by, at).await
    }

    /// Marks feeds as published at a revision, under the key that they were rendered by, with what was left out of them.
    ///
    /// # Errors
    /// [`StoreError`], and then they are published again.
    pub async fn mark_published(&self, feeds: Vec<PublishedFeed>) -> Result<(), StoreError> {
        self.writer.mark_published(feeds).await
    }

    /// Runs `query` on a snapshot, off the async threads.
    ///
    /// # Errors
    /// Those of `query`, and [`StoreError::Sqlite`] when no connection can be had.
    pub async fn read<T, E>(
        &self,
        query: impl FnOnce(&Reader) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (path, idle) = (self.path().to_owned(), Arc::clone(&self.idle));
        let read = tokio::task::spawn_blocking(move || {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let reader = kept.map_or_else(|| reading(&path), Ok);
            let reader = reader.map_err(|error| error.at(&path))?;
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

/// Reads a store that may not exist and that another process may be writing; `None` when there is none.
///
/// # Errors
/// Those of `query`, and [`StoreError`] when the file is no store of this version.
pub fn inspect<T, E>(
    path: &Path,
    query: impl FnOnce(&Reader) -> Result<T, E>,
) -> Result<Option<T>, E>
where
    E: From<StoreError>,
{
    if !exists(path)? {
        return Ok(None);
    }
    let reader = reading(path).or_else(|error| at_rest(path, error));
    let reader = reader.map_err(|error| error.at(path))?;
    // Whoever makes it may just have begun, or have been stopped there.
    if !schema::is_made(reader.connection())? {
        return Ok(None);
    }
    reader.snapshot(query).map(Some)
}

/// Opens the writing connection, and brings the store up to this version; also whether it was empty.
fn writing(path: &Path) -> Result<(Connection, bool), StoreError> {
    let mut connection = Connection::open(path)?;
    configure(&connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    let is_new = !schema::is_made(&connection)?;
    schema::migrate(&mut connection, path)?;
    problems::name_store(&connection)?;
    memory::bring_up(&mut connection)?;
    tokens::bring_up(&mut connection)?;
    Ok((connection, is_new))
}

fn exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(|cause| StoreError::Open {
        path: path.to_owned(),
        cause,
    })
}

/// Reads a store of any version; `None` if the file is missing.
fn look<T>(
    path: &Path,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    if !exists(path)? {
        return Ok(None);
    }
    let connection = connect(path).and_then(|connection| {
        // A database is read when it is first asked.
        schema::is_made(&connection)?;
        Ok(connection)
    });
    let connection = connection.or_else(|error| connect_at_rest(path, error))?;
    if schema::is_made(&connection)? {
        query(&connection).map(Some)
    } else {
        Ok(None)
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    Ok(connection)
}

fn reading(path: &Path) -> Result<Reader, StoreError> {
    let connection = connect(path)?;
    schema::check(&connection, path)?;
    Ok(Reader::new(connection))
}

/// Reads a store that nobody is using, for somebody who may not write beside it: `SQLite` wants to keep its log there,
/// even for those who only read. `error` is what it said.
fn at_rest(path: &Path, error: StoreError) -> Result<Reader, StoreError> {
    let connection = connect_at_rest(path, error)?;
    schema::check(&connection, path)?;
    Ok(Reader::new(connection))
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

fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}
