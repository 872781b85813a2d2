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

use super::answers::{Answer, Answers, Search};
use super::assets::{Asset, type_of};
use super::client::{Client, Peer, Proxies};
use super::rates::Rates;
use super::response::PLAIN;
use crate::publish::Format;

/// Searches that the daemon runs at once.
pub(super) const AT_ONCE: usize = 2;
/// Searches that wait for their turn.
pub(super) const MAX_WAITING: usize = 16;
/// The time that a reader waits for an answer. A later request may find it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A search that only the daemon can answer.
#[derive(Debug)]
pub struct SearchRequest {
    /// The query, at most 1,000 characters, with single blanks. Empty only for [`Format::Html`]: the empty
    /// form.
    pub query: String,
    /// The format of the answer.
    pub format: Format,
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
    proxies: Arc<Proxies>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: Answers,
    /// Running and waiting searches, each with the channel to its readers.
    coming: HashMap<Search, watch::Sender<Option<Outcome>>>,
    rates: Rates,
}

/// The outcome of a search.
pub(super) type Outcome = Result<Arc<Answer>, Refusal>;

/// The origin of an answer.
enum Look {
    Known(Arc<Answer>),
    Coming(watch::Receiver<Option<Outcome>>),
}

/// The reasons why a search has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
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
    pub fn new(proxies: Arc<Proxies>) -> (Self, mpsc::Receiver<SearchRequest>) {
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
    pub(super) fn client(&self, peer: Peer, headers: &HeaderMap) -> Client {
        self.proxies.client(peer, headers)
    }

    /// Returns the known answer, or waits for a running search, or starts one.
    pub(super) async fn find(self: &Arc<Self>, search: Search, client: Client) -> Outcome {
        let mut coming = match self.look(search, client)? {
            Look::Known(answer) => return Ok(answer),
            Look::Coming(coming) => coming,
        };
        let came = coming.wait_for(Option::is_some);
        match tokio::time::timeout(PATIENCE, came).await {
            Ok(Ok(outcome)) => outcome.clone().unwrap_or(Err(Refusal::Failed)),
            Ok(Err(_)) => Err(Refusal::Failed),
            Err(_) => Err(Refusal::Busy),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(self: &Arc<Self>, search: Search, client: Client) -> Result<Look, Refusal> {
        let now = Instant::now();
        let mut state = self.state();
        if let Some(answer) = state.answers.get(&search, now) {
            return Ok(Look::Known(answer));
        }
        if let Some(coming) = state.coming.get(&search) {
            return Ok(Look::Coming(coming.subscribe()));
        }
        if state.coming.len() >= AT_ONCE + MAX_WAITING {
            return Err(Refusal::Busy);
        }
        state.rates.take(client, now).map_err(Refusal::TooOften)?;
        let (come, coming) = watch::channel(None);
        state.coming.insert(search.clone(), come);
        // A reader that disconnects neither ends the search nor frees its place while the daemon works on it.
        tokio::spawn(Arc::clone(self).evaluate(search));
        Ok(Look::Coming(coming))
    }

    async fn evaluate(self: Arc<Self>, search: Search) {
        // The semaphore is never closed.
        let turn = self.turns.acquire().await;
        if self.is_given_up(&search) {
            return;
        }
        let outcome = self.ask(&search).await;
        drop(turn);
        let mut state = self.state();
        if let Ok(answer) = &outcome {
            let answer = Arc::clone(answer);
            state.answers.put(search.clone(), answer, Instant::now());
        }
        if let Some(come) = state.coming.remove(&search) {
            come.send_replace(Some(outcome));
        }
    }

    /// Returns true, and forgets the search, if nobody waits for it any more.
    fn is_given_up(&self, search: &Search) -> bool {
        let mut state = self.state();
        let is_given_up = state
            .coming
            .get(search)
            .is_none_or(watch::Sender::is_closed);
        if is_given_up {
            state.coming.remove(search);
        }
        is_given_up
    }

    async fn ask(&self, search: &Search) -> Outcome {
        let format = search.format;
        let (answer, answered) = oneshot::channel();
        let request = SearchRequest {
            query: search.query.clone(),
            format,
            answer,
        };
        // Without a daemon, for instance at shutdown, the search fails.
        let asked = self.requests.send(request).await;
        asked.map_err(|_| Refusal::Failed)?;
        let (status, content_type, body) = match answered.await {
            Ok(SearchAnswer::Found(body)) => (StatusCode::OK, type_of(format), body),
            Ok(SearchAnswer::Mistake(body)) if format == Format::Html => {
                (StatusCode::BAD_REQUEST, type_of(format), body)
            }
            Ok(SearchAnswer::Mistake(body)) => (StatusCode::BAD_REQUEST, PLAIN, body),
            Ok(SearchAnswer::Failed) | Err(_) => return Err(Refusal::Failed),
        };
        let packing = tokio::task::spawn_blocking(move || Asset::of(body, content_type));
        let asset = packing.await.map_err(|_| Refusal::Failed)?;
        Ok(Arc::new(Answer { status, asset }))
    }
}
