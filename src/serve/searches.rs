//! What the daemon is asked to search for: as little as readers let it.
//!
//! In: a [`Search`] and whom it is from. Out: an [`Answer`], or why there is none. Answers are kept for a minute; those who
//! want the same at once wait for one search; two are under way at once, and few wait; each client has a rate.

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

/// Searches that the daemon has at once.
pub(super) const AT_ONCE: usize = 2;
/// Searches that wait for their turn.
pub(super) const MAX_WAITING: usize = 16;
/// How long a reader waits for an answer; who asks again later finds it, perhaps.
const PATIENCE: Duration = Duration::from_secs(10);

/// A search that only the daemon can answer.
#[derive(Debug)]
pub struct SearchRequest {
    /// What is searched for, at most 1,000 characters, with single blanks. Empty only for [`Format::Html`]: the empty form.
    pub query: String,
    /// What the answer is to be.
    pub format: Format,
    /// Where the answer goes; to drop it means [`SearchAnswer::Failed`]. Until then the search has one of two places.
    pub answer: oneshot::Sender<SearchAnswer>,
}

/// What the daemon says to a search, in UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchAnswer {
    /// A feed or page of what was found, or the empty form.
    Found(Vec<u8>),
    /// Why the query cannot be read, with column and hint: a page, or plain text where a feed was asked for.
    Mistake(Vec<u8>),
    /// The search failed, and that was logged.
    Failed,
}

/// What is known of searches on all listeners together.
pub struct Searches {
    requests: mpsc::Sender<SearchRequest>,
    turns: Semaphore,
    proxies: Arc<Proxies>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: Answers,
    /// Those under way or waiting, each with what its readers wait for.
    coming: HashMap<Search, watch::Sender<Option<Outcome>>>,
    rates: Rates,
}

/// What becomes of a search.
pub(super) type Outcome = Result<Arc<Answer>, Refusal>;

/// Where an answer comes from.
enum Look {
    Known(Arc<Answer>),
    Coming(watch::Receiver<Option<Outcome>>),
}

/// Why a search has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its client may ask again after this.
    TooOften(Duration),
    /// Too many search, or for too long.
    Busy,
    /// The daemon failed.
    Failed,
}

impl Searches {
    /// Nothing searched yet. The daemon answers what it receives; it never has more than two requests at once.
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

    /// Whom a request is from.
    pub(super) fn client(&self, peer: Peer, headers: &HeaderMap) -> Client {
        self.proxies.client(peer, headers)
    }

    /// The answer that is known, or is coming, or is to be found now.
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
        // A reader that goes away neither ends the search nor gives its place to another while the daemon is at it.
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

    /// Whether nobody waits for the search any more; it is forgotten then.
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
        // Without a daemon, as when it stops, nothing is found.
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
