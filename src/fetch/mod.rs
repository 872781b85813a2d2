//! A source's address to a [`Document`]: files, the output of programs, and HTTP with one pooled client.
//!
//! In: an address and the validators held for it. Out: the document with its new validators, or the word that nothing
//! changed. The only module that talks to the network. It knows no database and no format: what a body means is not
//! decided here. Every byte, redirect and second that a server controls has a limit.

mod coding;
mod command;
mod cookies;
mod guard;
mod hosts;
mod http;
mod robots;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use self::coding::CodingError;
pub use self::command::address_of as address_of_command;
pub use self::guard::ForbiddenAddress;
use self::hosts::Hosts;
pub use self::robots::{MAX_CRAWL_DELAY, Robots};
use crate::model::{
    Document, Hash, Location, ProblemCode, PublicUrl, Source, Timestamp, Validators,
};

/// What a fetch may cost, and who it says it is.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For a whole request: redirects, header and body.
    pub timeout: Duration,
    /// For a body, before and after decompression.
    pub max_body_bytes: u64,
    /// Polls under way.
    pub concurrency: usize,
    /// Polls under way at one host.
    pub per_host: usize,
    /// Between the beginnings of two requests at one host.
    pub host_delay: Duration,
    /// Private networks that may be asked all the same.
    pub allow_networks: Vec<IpNet>,
    /// `User-Agent` (RFC 9110 §10.1.5).
    pub user_agent: String,
}

/// A request for one document.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The address: `http`, `https` or `file`.
    pub url: &'a PublicUrl,
    /// The validators of the body that is held; the answer may be that it has not changed.
    pub held: &'a Validators,
    /// Who asks: a reader of an address that somebody named, or a robot.
    pub leave: Leave,
    /// The time of the request.
    pub now: Timestamp,
}

/// Nothing is held.
static UNCONDITIONAL: Validators = Validators {
    etag: None,
    last_modified: None,
    body_hash: None,
    whole_at: None,
};

impl<'a> Request<'a> {
    /// An unconditional request for an address that somebody named, regardless of robots.txt.
    pub fn new(url: &'a PublicUrl, now: Timestamp) -> Self {
        Self {
            url,
            held: &UNCONDITIONAL,
            leave: Leave::Given,
            now,
        }
    }

    /// The same request, conditional on these validators (RFC 9110 §13).
    pub fn holding(self, held: &'a Validators) -> Self {
        Self { held, ..self }
    }

    /// The same request with the leave that it needs.
    pub fn with_leave(self, leave: Leave) -> Self {
        Self { leave, ..self }
    }
}

/// What a fetch brought.
#[derive(Debug)]
pub enum Fetched {
    /// A body that differs from the one held, and the validators to hold with it.
    Changed(Box<Document>, Validators),
    /// The body is the one held; the validators to hold with it may be others.
    Unchanged(Validators),
}

/// What an address that an entry leads to turned out to be.
#[derive(Debug)]
pub enum FetchedPage {
    /// A page to read.
    Page(Box<Document>),
    /// Another kind of file, whose body was not fetched.
    File {
        /// `Content-Type` as sent.
        mime_type: String,
        /// `Content-Length`, where it was sent.
        length_bytes: Option<u64>,
    },
}

/// The HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct ClientError(#[from] reqwest::Error);

/// Why nothing could be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A status that is no success.
    #[error("{url} answered {status}")]
    Status {
        /// The address that answered, secrets hidden.
        url: String,
        /// HTTP status code.
        status: u16,
        /// `Retry-After`, counted from the answer.
        retry_after: Option<Duration>,
    },
    /// Too slow.
    #[error("{url} gave no whole answer within {}", humantime::format_duration(*limit))]
    Timeout {
        /// The address asked.
        url: String,
        /// The limit.
        limit: Duration,
    },
    /// Too much.
    #[error("{url} sends more than {}", bytesize::ByteSize(*limit))]
    TooLarge {
        /// The address asked.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A chain of redirects without end.
    #[error("{url} redirects more than {limit} times")]
    Redirects {
        /// The address asked first.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// A redirect that leads nowhere.
    #[error("{url} redirects to `{target}`, which cannot be followed")]
    BadRedirect {
        /// The address that answered.
        url: String,
        /// `Location` as sent.
        target: String,
    },
    /// A private address.
    #[error("{url} leads to a private network")]
    Forbidden {
        /// The address asked.
        url: String,
        /// Which network address it was.
        #[source]
        cause: ForbiddenAddress,
    },
    /// An address that its publisher does not want robots to fetch (RFC 9309).
    #[error("{url} is not for robots: {reason}")]
    Robots {
        /// The address.
        url: String,
        /// Which rule says so, or why none could be read.
        reason: String,
        /// `Retry-After` of a server that fails to give its rules.
        retry_after: Option<Duration>,
    },
    /// A body in a coding that we cannot undo.
    #[error("{url} sends a body that cannot be decompressed ({reason})")]
    Coding {
        /// The address asked.
        url: String,
        /// What failed.
        reason: String,
    },
    /// No connection, or one that broke.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// The address asked.
        url: String,
        /// What failed at the bottom of it; all above only says that something did.
        reason: String,
    },
    /// A program that cannot be run, or did not end well.
    #[error("the program {program} {reason}")]
    Command {
        /// Its path, without what it was told.
        program: String,
        /// What happened, and the last line that it wrote of it.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("{path} cannot be read")]
    File {
        /// The file.
        path: String,
        /// What failed.
        #[source]
        cause: std::io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("{path} is no regular file")]
    NotAFile {
        /// The path.
        path: String,
    },
}

impl FetchError {
    /// The short name of the problem in `status`.
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::Status { status: 410, .. } => ProblemCode::Gone,
            Self::Status { status, .. } => ProblemCode::Http(*status),
            Self::Timeout { .. } => ProblemCode::Timeout,
            Self::TooLarge { .. } => ProblemCode::TooLarge,
            Self::Redirects { .. } | Self::BadRedirect { .. } => ProblemCode::Redirect,
            Self::Forbidden { .. } => ProblemCode::PrivateAddress,
            Self::Robots { .. } => ProblemCode::Robots,
            Self::Coding { .. } => ProblemCode::Coding,
            Self::Unreachable { .. } => ProblemCode::Unreachable,
            Self::Command { .. } => ProblemCode::CommandFailed,
            Self::File { .. } | Self::NotAFile { .. } => ProblemCode::File,
        }
    }

    /// Advice for an operator. It does not mention the next attempt: only polls try again, other callers do not.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Status {
                status: 401 | 403, ..
            } => "the publisher refuses us: write to them, or look for another address",
            Self::Status { status: 404, .. } => {
                "look for the new address on the publisher's site and correct `url`"
            }
            Self::Status { status: 410, .. } => {
                "the publisher took it away for good: find its successor or remove the source"
            }
            Self::Status { status: 429, .. } => {
                "we ask too often: raise `every`, or `host_delay` of [fetch]"
            }
            Self::Status { status: 500.., .. } => "the publisher's server fails",
            Self::Status {
                status: 200..=299, ..
            } => "the server gives no whole document: write to the publisher if it goes on",
            Self::Status { status: 304, .. } => {
                "the server withholds a document that it was asked for whole: write to the publisher"
            }
            Self::Status { .. } => "look at the address in a browser and correct `url`",
            Self::Timeout { .. } => {
                "if it is always slow, raise `timeout` (of [fetch], or of the command)"
            }
            Self::TooLarge { .. } => {
                "check that `url` is a list of bulletins; if it is, raise `max_body` of [fetch]"
            }
            Self::Redirects { .. } | Self::BadRedirect { .. } => {
                "open the address in a browser and put the last one into `url`"
            }
            Self::Forbidden { .. } => {
                "if this network is yours, name it in `allow_networks` of [fetch]"
            }
            Self::Robots { .. } => {
                "ask the publisher for leave or for a feed, which is read as `kind = \"feed\"`; `robots` of [fetch] \
                 says what robots.txt is obeyed for"
            }
            Self::Coding { .. } => "the publisher's server is misconfigured: write to them",
            Self::Unreachable { .. } => "check the host's name in `url` and this machine's network",
            Self::Command { .. } => {
                "run it by hand, as the user and with the few variables that tidings runs it with, and correct `command`"
            }
            Self::File { .. } | Self::NotAFile { .. } => "put the file there, or correct `url`",
        }
    }

    /// Returns true if it is a failure of the whole host: the next request would fare no better.
    pub fn is_of_host(&self) -> bool {
        let is_silent = matches!(self, Self::Timeout { .. } | Self::Unreachable { .. });
        is_silent || matches!(self.http_status(), Some(429 | 503))
    }

    /// HTTP status, where an answer came.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long the server asked us to stay away.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } | Self::Robots { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// A client without proxy and redirects, for an address that is known to be ours: the daemon's own.
pub fn plain_client() -> reqwest::ClientBuilder {
    http::plain_client()
}

/// Fetches documents. One for the whole process: it pools connections and keeps hosts from being pressed.
#[derive(Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    limits: Limits,
    hosts: Hosts,
    robots: robots::Known,
    places: Arc<Semaphore>,
    /// How many of the places polls may take that are likely to time out.
    slow_places: Arc<Semaphore>,
}

/// One of so many places goes to polls that are likely to time out.
const SLOW_SHARE: usize = 4;

/// Returns how many of `places` go to polls that are likely to time out.
fn slow_share(places: usize) -> usize {
    (places / SLOW_SHARE).max(1)
}

/// The share of the places that a poll may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// All of them.
    Whole,
    /// The share of those that did not answer in time to their last poll: a place that waits for a time-out serves nobody.
    Slow,
}

impl Share {
    /// Returns the share of a source that `timed_out` at its last poll, or did not.
    pub fn of(timed_out: bool) -> Self {
        if timed_out { Self::Slow } else { Self::Whole }
    }
}

/// Whether robots.txt is asked before an address is, and where it redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// The operator named it.
    Given,
    /// Its publisher decides.
    Asked,
}

/// Leave to fetch the documents of one poll; it ends when this is dropped.
#[derive(Debug)]
pub struct Admission {
    _places: Vec<OwnedSemaphorePermit>,
}

impl Fetcher {
    /// A fetcher within `limits`.
    ///
    /// # Errors
    /// When the system's certificates cannot be read or the User-Agent is no header value.
    pub fn new(limits: Limits) -> Result<Self, ClientError> {
        let client = http::client(&limits)?;
        let hosts = Hosts::new(limits.per_host, limits.host_delay);
        let places = Arc::new(Semaphore::new(limits.concurrency));
        let slow_places = Arc::new(Semaphore::new(slow_share(limits.concurrency)));
        Ok(Self {
            client,
            limits,
            hosts,
            robots: robots::Known::default(),
            places,
            slow_places,
        })
    }

    /// Waits until a poll at `url` may begin: first for its host, then for a place among all, so that those who wait for
    /// a slow host keep nobody else from theirs. A poll with the slow share waits for that before, so that it keeps
    /// nobody from the rest.
    pub async fn admit(&self, url: &PublicUrl, share: Share) -> Admission {
        let url = url.expose();
        let mut places = Vec::with_capacity(4);
        if share == Share::Slow {
            // The share of its host first: the sources of one dead host do not take the whole share.
            if url.has_host() {
                places.push(self.hosts.slow_place(url).await);
            }
            places.extend(acquired(&self.slow_places).await);
        }
        if url.has_host() {
            places.push(self.hosts.place(url).await);
        }
        places.extend(acquired(&self.places).await);
        Admission { _places: places }
    }

    /// Fetches a document of `source`: one of its pages, or what its program writes.
    ///
    /// # Errors
    /// [`FetchError`], naming the address without its secrets.
    pub async fn fetch_from(
        &self,
        source: &Source,
        request: &Request<'_>,
    ) -> Result<Fetched, FetchError> {
        let fetched = self.fetch_where_it_is(source, request).await?;
        Ok(match (fetched, &source.base_url) {
            (Fetched::Changed(mut document, validators), Some(base)) => {
                document.url = base.clone();
                Fetched::Changed(document, validators)
            }
            (fetched, _) => fetched,
        })
    }

    async fn fetch_where_it_is(
        &self,
        source: &Source,
        request: &Request<'_>,
    ) -> Result<Fetched, FetchError> {
        match &source.location {
            Location::Command(command) => {
                let timeout = source.timeout(self.limits.timeout);
                let limit = self.limits.max_body_bytes;
                let output = command::output(command, source.id.as_str(), timeout, limit);
                // Boxed: few sources are programs, and each poll would carry it.
                let body = Box::pin(output).await?;
                let url = request.url.expose().clone();
                let document = document(url, body, request.now);
                Ok(of_body(Box::new(document), request.held))
            }
            // The address is known by now, also for a secret.
            Location::Http(_) | Location::File(_) | Location::Secret(_) => {
                self.fetch(request).await
            }
        }
    }

    /// Fetches the document at an address.
    ///
    /// # Errors
    /// [`FetchError`], naming the address without its secrets; [`FetchError::Robots`] where a robot asks for what
    /// robots.txt closes, there or where it redirects.
    pub async fn fetch(&self, request: &Request<'_>) -> Result<Fetched, FetchError> {
        let Request { url, now, .. } = *request;
        if request.leave == Leave::Asked {
            self.ask_leave(url, now).await?;
        }
        let held = request.held;
        let fetched = if url.expose().scheme() == "file" {
            self.file(request).await?
        } else {
            self.in_time(url, self.http(request)).await?
        };
        match fetched {
            Fetched::Changed(_, new) if new.body_hash == held.body_hash => {
                Ok(Fetched::Unchanged(new))
            }
            fetched => Ok(fetched),
        }
    }

    /// Fetches the page at an address (`http` or `https`), unless something else is there.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub async fn page(&self, request: &Request<'_>) -> Result<FetchedPage, FetchError> {
        if request.leave == Leave::Asked {
            self.ask_leave(request.url, request.now).await?;
        }
        self.in_time(request.url, self.http_page(request)).await
    }

    /// Waits until the host may be asked, then as long as an answer may take.
    async fn in_time<T>(
        &self,
        url: &PublicUrl,
        answer: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        let limit = self.limits.timeout;
        self.hosts.pace(url.expose()).await;
        let timeout = |_| FetchError::Timeout {
            url: url.to_string(),
            limit,
        };
        tokio::time::timeout(limit, answer).await.map_err(timeout)?
    }

    async fn file(&self, request: &Request<'_>) -> Result<Fetched, FetchError> {
        let Request { url, now, .. } = *request;
        let path = url
            .expose()
            .to_file_path()
            .map_err(|()| FetchError::NotAFile {
                path: url.to_string(),
            })?;
        let limit = self.limits.max_body_bytes;
        let read = tokio::task::spawn_blocking(move || document_of_file(&path, limit, now)).await;
        let document =
            read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
        Ok(of_body(Box::new(document), request.held))
    }
}

/// A place among `places`. No semaphore of ours is ever closed: there always is a place in the end.
async fn acquired(places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(places).acquire_owned().await.ok()
}

/// What a document is whose body alone tells whether it is new.
fn of_body(document: Box<Document>, held: &Validators) -> Fetched {
    let validators = Validators {
        body_hash: Some(Hash::of(&document.body)),
        ..Validators::default()
    };
    if validators.body_hash == held.body_hash {
        Fetched::Unchanged(validators)
    } else {
        Fetched::Changed(document, validators)
    }
}

fn document(url: Url, body: Vec<u8>, now: Timestamp) -> Document {
    Document {
        url,
        content_type: None,
        body,
        fetched_at: now,
    }
}

/// Reads a regular file of at most `limit` bytes, by its absolute path.
///
/// # Errors
/// [`FetchError::File`], [`FetchError::NotAFile`] or [`FetchError::TooLarge`].
pub fn document_of_file(path: &Path, limit: u64, now: Timestamp) -> Result<Document, FetchError> {
    let body = read_file(path, limit)?;
    let url = Url::from_file_path(path).map_err(|()| FetchError::NotAFile {
        path: path.display().to_string(),
    })?;
    Ok(document(url, body, now))
}

/// Reads standard input, at most `limit` bytes of it, as if it stood at `url`.
///
/// # Errors
/// [`FetchError::File`] or [`FetchError::TooLarge`].
pub fn document_of_stdin(url: Url, limit: u64, now: Timestamp) -> Result<Document, FetchError> {
    let body = read_all(&mut std::io::stdin().lock(), "standard input", limit)?;
    Ok(document(url, body, now))
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
    let shown = path.display().to_string();
    let failed = |cause| FetchError::File {
        path: shown.clone(),
        cause,
    };
    // Before it is opened: opening a pipe would wait for its writer.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(FetchError::NotAFile { path: shown });
    }
    let mut file = std::fs::File::open(path).map_err(failed)?;
    read_all(&mut file, &shown, limit)
}

/// Reads what is called `name`, unpacked.
fn read_all(from: &mut impl Read, name: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    let read = from.take(limit + 1).read_to_end(&mut body);
    read.map_err(|cause| FetchError::File {
        path: name.to_owned(),
        cause,
    })?;
    if body.len() as u64 > limit {
        return Err(too_large(name, limit));
    }
    unpacked(body, name, limit)
}

/// A body that is a gzip file by itself, as sitemaps are, unpacked; any other as it is.
fn unpacked(body: Vec<u8>, url: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
    coding::unpacked(body, limit).map_err(|error| match error {
        CodingError::TooLarge => too_large(url, limit),
        CodingError::Broken(reason) => FetchError::Coding {
            url: url.to_owned(),
            reason,
        },
    })
}

fn too_large(url: &str, limit: u64) -> FetchError {
    FetchError::TooLarge {
        url: url.to_owned(),
        limit,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::future::join_all;
    use tokio::time::{Instant, sleep, sleep_until};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const EVERY: Duration = Duration::from_secs(90);
    /// The sources that hang are known to when each was polled once.
    const KNOWN: Duration = Duration::from_mins(5);
    const END: Duration = Duration::from_mins(30);

    /// Polls a source whenever it is due. Returns the longest that it came late: ever, and once hanging sources are known.
    async fn poll(fetcher: &Fetcher, number: usize, began: Instant) -> [Duration; 2] {
        let hangs = number.is_multiple_of(10);
        let host = format!("http://{number}.example/");
        let url = PublicUrl::new(host.parse().unwrap());
        let late = Cell::new([Duration::ZERO; 2]);
        let (mut due, mut timed_out) = (began, false);
        while due < began + END {
            sleep_until(due).await;
            let admission = fetcher.admit(&url, Share::of(timed_out)).await;
            let [ever, known] = late.get();
            let now = due.elapsed();
            let is_known = due > began + KNOWN;
            late.set([ever.max(now), if is_known { known.max(now) } else { known }]);
            due = Instant::now() + EVERY;
            sleep(if hangs { 30 * SECOND } else { SECOND / 10 }).await;
            drop(admission);
            timed_out = hangs;
        }
        if hangs {
            [Duration::ZERO; 2]
        } else {
            late.get()
        }
    }

    /// A tenth of the sources never answers.
    #[test]
    fn sources_that_hang_keep_no_other_from_its_turn() {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let fetcher = Fetcher::new(Limits {
                timeout: 30 * SECOND,
                max_body_bytes: 1,
                concurrency: 64,
                per_host: 2,
                host_delay: Duration::ZERO,
                allow_networks: Vec::new(),
                user_agent: "tidings".to_owned(),
            })
            .unwrap();
            let began = Instant::now();
            let polls = (0..2000).map(|number| poll(&fetcher, number, began));
            let late = join_all(polls).await;
            let longest = |which: usize| late.iter().map(|late| late[which]).max().unwrap();
            // Each comes within twice its interval, also while nobody knows yet which ones hang.
            assert!(longest(0) <= 2 * EVERY, "{:?}", longest(0));
            assert!(longest(1) <= 5 * SECOND, "{:?}", longest(1));
        });
    }

    #[test]
    fn a_share_is_a_quarter_and_never_nothing() {
        let shares = [1, 2, 4, 7, 8, 64].map(slow_share);
        assert_eq!(shares, [1, 1, 1, 1, 2, 16]);
    }
}
