//! Requests for searches to the daemon, as few as possible.
//!
//! In: a [`Search`] and its client. Out: an [`Answer`], or the reason why there is none. Answers are kept for a
//! minute; concurrent requests for the same search share it; two searches run at once, and few wait; each
//! client has a rate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::Instant;

use super::answers::{AnswerCache, FormattedSearch, SearchResponse};
use super::assets::{Asset, format_content_type};
use super::client::{Client, Peer, TrustedProxies};
use super::rates::RateLimiter;
use super::response::PLAIN;
use crate::publish::FeedFormat;

/// Searches that the daemon runs at once.
pub(super) const AT_ONCE: usize = 2;
/// Searches that wait for their turn.
pub(super) const MAX_WAITING: usize = 16;
/// The time that a reader waits for an answer. A later request may find it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A search that only the daemon can answer.
#[derive(Debug)]
pub struct SearchRequest {
    /// The query, at most 1,000 characters, with single blanks. Empty only for [`FeedFormat::Html`]: the empty
    /// form.
    pub query: String,
    /// The format of the answer.
    pub format: FeedFormat,
    /// The channel for the answer; dropping it means [`SearchAnswer::Failed`]. Until then the search occupies
    /// one of two places.
    pub answer: oneshot::Sender<SearchAnswer>,
}

/// The daemon's answer to a search, in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchAnswer {
    /// A feed or page of the results, or the empty form.
    Found(Vec<u8>),
    /// The mistake in the query, with column and hint: a page, or plain text for the feed formats.
    Mistake(Vec<u8>),
    /// The search failed, which has been logged.
    Failed,
}

/// The state of searches on all listeners together.
pub struct Searches {
    requests: mpsc::Sender<SearchRequest>,
    turns: Semaphore,
    proxies: Arc<TrustedProxies>,
    state: Mutex<SearchesState>,
}

#[derive(Default)]
struct SearchesState {
    answers: AnswerCache,
    /// Running and waiting searches, each with the channel to its readers.
    coming: HashMap<FormattedSearch, watch::Sender<Option<SearchOutcome>>>,
    rates: RateLimiter,
}

/// The outcome of a search.
pub(super) type SearchOutcome = Result<Arc<SearchResponse>, SearchRefusal>;

/// The origin of an answer.
enum AnswerOrigin {
    Known(Arc<SearchResponse>),
    Coming(watch::Receiver<Option<SearchOutcome>>),
}

/// The reasons why a search has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SearchRefusal {
    /// The client may ask again after this time.
    TooOften(Duration),
    /// Too many searches are running, or one takes too long.
    Busy,
    /// The daemon failed.
    Failed,
}

impl Searches {
    /// Creates the state without searches. The daemon answers the requests that it receives; it never has more
    /// than two at once.
    pub fn new(proxies: Arc<TrustedProxies>) -> (Self, mpsc::Receiver<SearchRequest>) {
        let (requests, requested) = mpsc::channel(AT_ONCE);
        let searches = Self {
            requests,
            turns: Semaphore::new(AT_ONCE),
            proxies,
            state: Mutex::default(),
        };
        (searches, requested)
    }

    /// Returns the client of a request.
    pub(super) fn client_of(&self, peer: Peer, headers: &HeaderMap) -> Client {
        self.proxies.client_of(peer, headers)
    }

    /// Returns the known answer, or waits for a running search, or starts one.
    pub(super) async fn find_answer(
        self: &Arc<Self>,
        search: FormattedSearch,
        client: Client,
    ) -> SearchOutcome {
        let mut coming = match self.look_up(search, client)? {
            AnswerOrigin::Known(answer) => return Ok(answer),
            AnswerOrigin::Coming(coming) => coming,
        };
        let came = coming.wait_for(Option::is_some);
        match tokio::time::timeout(PATIENCE, came).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Err(SearchRefusal::Failed)),
            Ok(Err(_)) => Err(SearchRefusal::Failed),
            Err(_) => Err(SearchRefusal::Busy),
        }
    }

    fn lock_state(&self) -> MutexGuard<'_, SearchesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(
        self: &Arc<Self>,
        search: FormattedSearch,
        client: Client,
    ) -> Result<AnswerOrigin, SearchRefusal> {
        let now = Instant::now();
        let mut state = self.lock_state();
        if let Some(answer) = state.answers.get(&search, now) {
            return Ok(AnswerOrigin::Known(answer));
        }
        if let Some(coming) = state.coming.get(&search) {
            return Ok(AnswerOrigin::Coming(coming.subscribe()));
        }
        if state.coming.len() >= AT_ONCE + MAX_WAITING {
            return Err(SearchRefusal::Busy);
        }
        state
            .rates
            .take_token(client, now)
            .map_err(SearchRefusal::TooOften)?;
        let (come, coming) = watch::channel(None);
        state.coming.insert(search.clone(), come);
        // A reader that disconnects neither ends the search nor frees its place while the daemon works on it.
        tokio::spawn(Arc::clone(self).evaluate_search(search));
        Ok(AnswerOrigin::Coming(coming))
    }

    async fn evaluate_search(self: Arc<Self>, search: FormattedSearch) {
        // The semaphore is never closed.
        let turn = self.turns.acquire().await;
        if self.forget_if_abandoned(&search) {
            return;
        }
        let outcome = self.ask_daemon(&search).await;
        drop(turn);
        let mut state = self.lock_state();
        if let Ok(answer) = &outcome {
            let answer = Arc::clone(answer);
            state.answers.insert(search.clone(), answer, Instant::now());
        }
        if let Some(come) = state.coming.remove(&search) {
            come.send_replace(Some(outcome));
        }
    }

    /// Returns true, and forgets the search, if nobody waits for it any more.
    fn forget_if_abandoned(&self, search: &FormattedSearch) -> bool {
        let mut state = self.lock_state();
        let is_given_up = state
            .coming
            .get(search)
            .is_none_or(watch::Sender::is_closed);
        if is_given_up {
            state.coming.remove(search);
        }
        is_given_up
    }

    async fn ask_daemon(&self, search: &FormattedSearch) -> SearchOutcome {
        let format = search.format;
        let (answer, answered) = oneshot::channel();
        let request = SearchRequest {
            query: search.query.clone(),
            format,
            answer,
        };
        // Without a daemon, for instance at shutdown, the search fails.
        let asked = self.requests.send(request).await;
        asked.map_err(|_| SearchRefusal::Failed)?;
        let (status, content_type, body) = match answered.await {
            Ok(SearchAnswer::Found(body)) => (StatusCode::OK, format_content_type(format), body),
            Ok(SearchAnswer::Mistake(body)) if format == FeedFormat::Html => {
                (StatusCode::BAD_REQUEST, format_content_type(format), body)
            }
            Ok(SearchAnswer::Mistake(body)) => (StatusCode::BAD_REQUEST, PLAIN, body),
            Ok(SearchAnswer::Failed) | Err(_) => return Err(SearchRefusal::Failed),
        };
        let packing = tokio::task::spawn_blocking(move || Asset::from_body(body, content_type));
        let asset = packing.await.map_err(|_| SearchRefusal::Failed)?;
        Ok(Arc::new(SearchResponse { status, asset }))
    }
}
