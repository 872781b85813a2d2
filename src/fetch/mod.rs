//! Fetches a source's address into a [`Document`]: files, the output of programs, and HTTP with one pooled client.
//!
//! In: an address and the validators held for it. Out: the document with its new validators, or the result that nothing
//! changed. The only module that uses the network. It knows no database and no format: it does not interpret bodies.
//! Every byte, redirect and second that a server controls has a limit.

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
pub use self::command::command_address as address_of_command;
pub use self::guard::ForbiddenAddress;
use self::hosts::HostTable;
pub use self::robots::{MAX_CRAWL_DELAY, RobotsRules};
use crate::model::{
    Document, Hash, Location, ProblemCode, PublicUrl, Source, Timestamp, Validators,
};

/// The limits of a fetch, and the identity it presents.
#[derive(Clone, Debug)]
pub struct FetchLimits {
    /// Time limit of a whole request: redirects, header and body.
    pub timeout: Duration,
    /// Size limit of a body, before and after decompression.
    pub max_body_bytes: u64,
    /// Maximum number of polls in progress.
    pub concurrency: usize,
    /// Maximum number of polls in progress at one host.
    pub per_host: usize,
    /// Pause between the beginnings of two requests to one host.
    pub host_delay: Duration,
    /// Private networks that may be contacted nevertheless.
    pub allow_networks: Vec<IpNet>,
    /// `User-Agent` (RFC 9110 §10.1.5).
    pub user_agent: String,
}

/// A request for one document.
#[derive(Clone, Copy, Debug)]
pub struct FetchRequest<'a> {
    /// The address: `http`, `https` or `file`.
    pub url: &'a PublicUrl,
    /// The validators of the body held; the answer may be that it has not changed.
    pub held: &'a Validators,
    /// The request's policy for robots.txt.
    pub robots_check: RobotsCheck,
    /// The time of the request.
    pub now: Timestamp,
}

/// The validators of a request without conditions.
static UNCONDITIONAL: Validators = Validators {
    etag: None,
    last_modified: None,
    body_hash: None,
    whole_at: None,
};

impl<'a> FetchRequest<'a> {
    /// Creates an unconditional request for an address that the operator named, regardless of robots.txt.
    pub fn new(url: &'a PublicUrl, now: Timestamp) -> Self {
        Self {
            url,
            held: &UNCONDITIONAL,
            robots_check: RobotsCheck::Skipped,
            now,
        }
    }

    /// Returns the same request, conditional on these validators (RFC 9110 §13).
    #[must_use]
    pub fn conditional_on(self, held: &'a Validators) -> Self {
        Self { held, ..self }
    }

    /// Returns the same request with the given policy for robots.txt.
    #[must_use]
    pub fn with_robots_check(self, robots_check: RobotsCheck) -> Self {
        Self {
            robots_check,
            ..self
        }
    }
}

/// The result of a fetch.
#[derive(Debug)]
pub enum FetchOutcome {
    /// A body that differs from the one held, and the validators to hold with it.
    Changed(Box<Document>, Validators),
    /// The body is the one held; the validators to hold with it may have changed.
    Unchanged(Validators),
}

/// The result of fetching an address that an entry links to.
#[derive(Debug)]
pub enum FetchedPage {
    /// A page to read.
    Page(Box<Document>),
    /// Another kind of file, whose body was not fetched.
    File {
        /// `Content-Type` as sent.
        mime_type: String,
        /// `Content-Length`, if it was sent.
        length_bytes: Option<u64>,
    },
}

/// The error for an HTTP client that cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct ClientError(#[from] reqwest::Error);

/// The reason why a fetch failed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A status that is not a success.
    #[error("{url} answered {status}")]
    Status {
        /// The address that answered, secrets hidden.
        url: String,
        /// HTTP status code.
        status: u16,
        /// `Retry-After`, relative to the answer.
        retry_after: Option<Duration>,
    },
    /// The request took too long.
    #[error("{url} gave no whole answer within {}", humantime::format_duration(*limit))]
    Timeout {
        /// The address requested.
        url: String,
        /// The limit.
        limit: Duration,
    },
    /// The body was too large.
    #[error("{url} sends more than {}", bytesize::ByteSize(*limit))]
    TooLarge {
        /// The address requested.
        url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// An endless chain of redirects.
    #[error("{url} redirects more than {limit} times")]
    Redirects {
        /// The address requested first.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// A redirect without a usable target.
    #[error("{url} redirects to `{target}`, which cannot be followed")]
    BadRedirect {
        /// The address that answered.
        url: String,
        /// `Location` as sent.
        target: String,
    },
    /// An address in a private network.
    #[error("{url} leads to a private network")]
    Forbidden {
        /// The address requested.
        url: String,
        /// The network address.
        #[source]
        cause: ForbiddenAddress,
    },
    /// An address that the publisher closes to robots (RFC 9309).
    #[error("{url} is not for robots: {reason}")]
    Robots {
        /// The address.
        url: String,
        /// The rule that closes it, or the reason why the rules could not be read.
        reason: String,
        /// `Retry-After` of a server that failed to return its rules.
        retry_after: Option<Duration>,
    },
    /// A body in a coding that we cannot decode.
    #[error("{url} sends a body that cannot be decompressed ({reason})")]
    Coding {
        /// The address requested.
        url: String,
        /// The failure.
        reason: String,
    },
    /// No connection, or one that broke.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// The address requested.
        url: String,
        /// The innermost failure; the ones above only report that something failed.
        reason: String,
    },
    /// A program that cannot be run, or that failed.
    #[error("the program {program} {reason}")]
    Command {
        /// Its path, without its arguments.
        program: String,
        /// The failure, and the last line that the program wrote about it.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("{path} cannot be read")]
    File {
        /// The file.
        path: String,
        /// The failure.
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
    /// Returns the short name of the problem in `status`.
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

    /// Returns advice for an operator. It does not mention the next attempt: only polls try again, other callers do
    /// not.
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

    /// Returns true if the whole host failed: the next request would fail as well.
    pub fn is_of_host(&self) -> bool {
        let is_silent = matches!(self, Self::Timeout { .. } | Self::Unreachable { .. });
        is_silent || matches!(self.http_status(), Some(429 | 503))
    }

    /// Returns the HTTP status, if there was an answer.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns how long the server asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } | Self::Robots { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Returns a client without proxy and redirects, for an address known to be ours: the daemon's own.
pub fn plain_client() -> reqwest::ClientBuilder {
    http::plain_client()
}

/// Fetches documents. One instance serves the whole process: it pools connections and limits the load on each host.
#[derive(Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    limits: FetchLimits,
    hosts: HostTable,
    robots: robots::KnownOrigins,
    places: Arc<Semaphore>,
    /// The places available to polls that are likely to time out.
    slow_places: Arc<Semaphore>,
}

/// One in this many places is available to polls that are likely to time out.
const SLOW_SHARE: usize = 4;

/// Returns how many of `places` are available to polls that are likely to time out.
fn slow_share(places: usize) -> usize {
    (places / SLOW_SHARE).max(1)
}

/// The share of the places that a poll may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceShare {
    /// All of them.
    Whole,
    /// The share of sources whose last poll timed out: a place that waits for a time-out serves nobody.
    Slow,
}

impl PlaceShare {
    /// Returns the share of a source, given whether its last poll timed out.
    pub fn from_timed_out(timed_out: bool) -> Self {
        if timed_out { Self::Slow } else { Self::Whole }
    }
}

/// The policy for robots.txt, applied to an address and its redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobotsCheck {
    /// Not consulted: the operator named the address.
    Skipped,
    /// Consulted: the publisher decides.
    Required,
}

/// Permission to fetch the documents of one poll; it ends when this is dropped.
#[derive(Debug)]
pub struct Admission {
    _places: Vec<OwnedSemaphorePermit>,
}

impl Fetcher {
    /// Creates a fetcher with these limits.
    ///
    /// # Errors
    /// If the system's certificates cannot be read, or the User-Agent is not a valid header value.
    pub fn new(limits: FetchLimits) -> Result<Self, ClientError> {
        let client = http::build_client(&limits)?;
        let hosts = HostTable::new(limits.per_host, limits.host_delay);
        let places = Arc::new(Semaphore::new(limits.concurrency));
        let slow_places = Arc::new(Semaphore::new(slow_share(limits.concurrency)));
        Ok(Self {
            client,
            limits,
            hosts,
            robots: robots::KnownOrigins::default(),
            places,
            slow_places,
        })
    }

    /// Waits until a poll at `url` may begin: first for its host, then for a place among all, so that polls waiting for
    /// a slow host do not block others. A poll with the slow share waits for that share first, so that it does not
    /// block the remaining places.
    pub async fn admit(&self, url: &PublicUrl, share: PlaceShare) -> Admission {
        let url = url.expose();
        let mut places = Vec::with_capacity(4);
        if share == PlaceShare::Slow {
            // The share at its host comes first: the sources of one dead host do not take the whole share.
            if url.has_host() {
                places.push(self.hosts.acquire_slow_place(url).await);
            }
            places.extend(acquire_permit(&self.slow_places).await);
        }
        if url.has_host() {
            places.push(self.hosts.acquire_place(url).await);
        }
        places.extend(acquire_permit(&self.places).await);
        Admission { _places: places }
    }

    /// Fetches a document of `source`: one of its pages, or the output of its program.
    ///
    /// # Errors
    /// [`FetchError`], naming the address without its secrets.
    pub async fn fetch_from(
        &self,
        source: &Source,
        request: &FetchRequest<'_>,
    ) -> Result<FetchOutcome, FetchError> {
        let fetched = self.fetch_location(source, request).await?;
        Ok(match (fetched, &source.base_url) {
            (FetchOutcome::Changed(mut document, validators), Some(base)) => {
                document.url = base.clone();
                FetchOutcome::Changed(document, validators)
            }
            (fetched, _) => fetched,
        })
    }

    async fn fetch_location(
        &self,
        source: &Source,
        request: &FetchRequest<'_>,
    ) -> Result<FetchOutcome, FetchError> {
        match &source.location {
            Location::Command(command) => {
                let timeout = source.document_timeout(self.limits.timeout);
                let limit = self.limits.max_body_bytes;
                let output = command::run_command(command, source.id.as_str(), timeout, limit);
                // Boxed: few sources are programs, and otherwise every poll would carry it.
                let body = Box::pin(output).await?;
                let url = request.url.expose().clone();
                let document = build_document(url, body, request.now);
                Ok(outcome_of_body(Box::new(document), request.held))
            }
            // The address is known at this point, also for a secret.
            Location::Http(_) | Location::File(_) | Location::Secret(_) => {
                self.fetch(request).await
            }
        }
    }

    /// Fetches the document at an address.
    ///
    /// # Errors
    /// [`FetchError`], naming the address without its secrets; [`FetchError::Robots`] if the request obeys robots.txt
    /// and that closes the address or the target of a redirect.
    pub async fn fetch(&self, request: &FetchRequest<'_>) -> Result<FetchOutcome, FetchError> {
        let FetchRequest { url, now, .. } = *request;
        if request.robots_check == RobotsCheck::Required {
            self.check_robots(url, now).await?;
        }
        let held = request.held;
        let fetched = if url.expose().scheme() == "file" {
            self.fetch_file(request).await?
        } else {
            self.within_time_limit(url, self.fetch_http(request))
                .await?
        };
        match fetched {
            FetchOutcome::Changed(_, new) if new.body_hash == held.body_hash => {
                Ok(FetchOutcome::Unchanged(new))
            }
            fetched => Ok(fetched),
        }
    }

    /// Fetches the page at an address (`http` or `https`), unless it leads to another kind of file.
    ///
    /// # Errors
    /// As [`Self::fetch`].
    pub async fn fetch_page(&self, request: &FetchRequest<'_>) -> Result<FetchedPage, FetchError> {
        if request.robots_check == RobotsCheck::Required {
            self.check_robots(request.url, request.now).await?;
        }
        self.within_time_limit(request.url, self.fetch_http_page(request))
            .await
    }

    /// Waits until the host may be contacted, then for the answer, up to the time limit.
    async fn within_time_limit<T>(
        &self,
        url: &PublicUrl,
        answer: impl Future<Output = Result<T, FetchError>>,
    ) -> Result<T, FetchError> {
        let limit = self.limits.timeout;
        self.hosts.wait_for_turn(url.expose()).await;
        let timeout = |_| FetchError::Timeout {
            url: url.to_string(),
            limit,
        };
        tokio::time::timeout(limit, answer).await.map_err(timeout)?
    }

    async fn fetch_file(&self, request: &FetchRequest<'_>) -> Result<FetchOutcome, FetchError> {
        let FetchRequest { url, now, .. } = *request;
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
        Ok(outcome_of_body(Box::new(document), request.held))
    }
}

/// Waits for a place among `places`. Our semaphores are never closed, so a place always becomes available.
async fn acquire_permit(places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    Arc::clone(places).acquire_owned().await.ok()
}

/// Returns the result for a document that is compared with the one held by its body alone.
fn outcome_of_body(document: Box<Document>, held: &Validators) -> FetchOutcome {
    let validators = Validators {
        body_hash: Some(Hash::digest(&document.body)),
        ..Validators::default()
    };
    if validators.body_hash == held.body_hash {
        FetchOutcome::Unchanged(validators)
    } else {
        FetchOutcome::Changed(document, validators)
    }
}

fn build_document(url: Url, body: Vec<u8>, now: Timestamp) -> Document {
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
    Ok(build_document(url, body, now))
}

/// Reads standard input, at most `limit` bytes of it, as if it came from `url`.
///
/// # Errors
/// [`FetchError::File`] or [`FetchError::TooLarge`].
pub fn document_of_stdin(url: Url, limit: u64, now: Timestamp) -> Result<Document, FetchError> {
    let body = read_all(&mut std::io::stdin().lock(), "standard input", limit)?;
    Ok(build_document(url, body, now))
}

fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, FetchError> {
    let shown = path.display().to_string();
    let failed = |cause| FetchError::File {
        path: shown.clone(),
        cause,
    };
    // Checked before opening: opening a pipe would wait for its writer.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(FetchError::NotAFile { path: shown });
    }
    let mut file = std::fs::File::open(path).map_err(failed)?;
    read_all(&mut file, &shown, limit)
}

/// Reads and unpacks the input called `name`.
fn read_all(from: &mut impl Read, name: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    let read = from.take(limit + 1).read_to_end(&mut body);
    read.map_err(|cause| FetchError::File {
        path: name.to_owned(),
        cause,
    })?;
    if body.len() as u64 > limit {
        return Err(too_large_error(name, limit));
    }
    unpack_body(body, name, limit)
}

/// Unpacks a body that is itself a gzip file, as sitemaps are; returns any other unchanged.
fn unpack_body(body: Vec<u8>, url: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
    coding::unpack_gzip(body, limit).map_err(|error| match error {
        CodingError::TooLarge => too_large_error(url, limit),
        CodingError::Broken(reason) => FetchError::Coding {
            url: url.to_owned(),
            reason,
        },
    })
}

fn too_large_error(url: &str, limit: u64) -> FetchError {
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
    /// The hanging sources are known after each was polled once.
    const KNOWN: Duration = Duration::from_mins(5);
    const END: Duration = Duration::from_mins(30);

    /// Polls a source whenever it is due. Returns its longest delay: overall, and after hanging sources are known.
    async fn poll(fetcher: &Fetcher, number: usize, began: Instant) -> [Duration; 2] {
        let hangs = number.is_multiple_of(10);
        let host = format!("http://{number}.example/");
        let url = PublicUrl::new(host.parse().unwrap());
        let late = Cell::new([Duration::ZERO; 2]);
        let (mut due, mut timed_out) = (began, false);
        while due < began + END {
            sleep_until(due).await;
            let admission = fetcher
                .admit(&url, PlaceShare::from_timed_out(timed_out))
                .await;
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
            let fetcher = Fetcher::new(FetchLimits {
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
            // Each is polled within twice its interval, even before it is known which ones hang.
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
