//! What administrators get: health, state, metrics, a reload, the release of a source. On a listener of its own, never the public one.
//! Requests of other sites' pages are refused before anything else: see [`super::origin`].
//!
//! The daemon answers: this module asks it over a bounded channel, and gives up when no answer comes.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::metrics::{self, Metrics};
use super::origin;
use super::response::{accepts_html, plain, secure, set};
use super::status_page;
use crate::model::{Operator, Timestamp};
use crate::store::{
    Chosen, Consent, Decided, Decision, Discarded, Forgotten, ProblemState, Released, SourceStatus,
};

/// How long the daemon has for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// A reload may have to classify every stored item again, a release to publish as many.
const LONG_PATIENCE: Duration = Duration::from_mins(5);

/// Something that only the daemon knows or does.
#[derive(Debug)]
pub enum Question {
    /// Is it well?
    Health(oneshot::Sender<Health>),
    /// How is every source?
    Status(oneshot::Sender<Status>),
    /// Read the configuration again; whether somebody said yes to whatever that does to feeds.
    Reload(Operator, Consent, oneshot::Sender<ReloadReport>),
    /// Publish held items of a source, and let it through where it has drifted; no answer when there is no such source.
    Release(Operator, String, Chosen, oneshot::Sender<Released>),
    /// Throw held items of a source away; no answer when there is no such source.
    Discard(Operator, String, Chosen, oneshot::Sender<Discarded>),
    /// Take the stories of a source that is configured no longer out of the feeds.
    Forget(Operator, String, oneshot::Sender<ForgetReport>),
    /// Carry out what an operator decided about stories.
    Decide(Operator, Decision, oneshot::Sender<DecisionReport>),
}

/// What became of a decision about stories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecisionReport {
    /// It was carried out.
    Decided(Decided),
    /// It was not, for this reason.
    Refused(String),
}

impl From<Result<Decided, String>> for DecisionReport {
    fn from(decided: Result<Decided, String>) -> Self {
        decided.map_or_else(Self::Refused, Self::Decided)
    }
}

/// The outcome of a request to forget a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgetReport {
    /// Its stories left the feeds.
    Forgotten(Forgotten),
    /// It was not forgotten, for this reason.
    Refused(String),
}

/// Whether the daemon polls, stores and publishes.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// Whether the schedule goes on, and what it brings can be stored and published.
    pub well: bool,
    /// The problems, a line each.
    pub reason: Option<String>,
}

/// The state of everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    /// Every configured source.
    pub sources: Vec<SourceStatus>,
    /// Problems with the database and the published folder; empty without any.
    #[serde(default)]
    pub problems: Vec<ProblemState>,
    /// The database.
    pub store: PathBuf,
    /// Lines of a changed configuration that was refused; empty when the files are in force.
    pub refused: Vec<String>,
    /// Since when the configuration in force is.
    pub configured_at: Timestamp,
    /// Keys whose values count from the next start on and have changed since this one: `[server] listen`.
    #[serde(default)]
    pub restart_due: Vec<String>,
}

/// What became of a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadReport {
    /// Whether the files are in force now.
    pub applied: bool,
    /// Whether they would be, if somebody said yes to what that does to feeds.
    #[serde(default)]
    pub wants_consent: bool,
    /// Whether the files are good, and the daemon could not put them in force.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// What changed, or why they were refused, a line each.
    pub lines: Vec<String>,
}

#[derive(Clone)]
struct Admin {
    questions: mpsc::Sender<Question>,
    metrics: Metrics,
}

/// The administrators' site, which also answers to the names `hosts`.
pub fn router(questions: mpsc::Sender<Question>, metrics: Metrics, hosts: Vec<String>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/status", get(page))
        .route("/status.json", get(json))
        .route("/healthz", get(health))
        .route("/metrics", get(render_metrics))
        .route("/reload", post(reload))
        .route("/sources/{id}/release", post(release))
        .route("/sources/{id}/discard", post(discard))
        .route("/sources/{id}/forget", post(forget))
        .route("/stories", post(decide))
        .route("/style.css", get(async || style(crate::publish::STYLE)))
        .route("/status.css", get(async || style(status_page::STYLE)))
        .with_state(Admin { questions, metrics })
        .layer(middleware::from_fn_with_state(
            Arc::new(hosts),
            origin::guard,
        ))
}

impl Admin {
    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Question,
        patience: Duration,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.questions.send(question(answer)).await.ok()?;
            answered.await.ok()
        };
        tokio::time::timeout(patience, asked).await.ok().flatten()
    }
}

async fn health(State(admin): State<Admin>) -> Response<Body> {
    match admin.ask(Question::Health, PATIENCE).await {
        Some(Health { well: true, .. }) => plain(StatusCode::OK, "ok\n"),
        Some(Health { reason, .. }) => {
            let reason = reason.unwrap_or_default();
            respond(
                StatusCode::SERVICE_UNAVAILABLE,
                "text/plain; charset=utf-8",
                format!("{reason}\n"),
            )
        }
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

async fn page(State(admin): State<Admin>, headers: HeaderMap) -> Response<Body> {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if accept.starts_with("application/json") {
        return json(State(admin)).await;
    }
    match admin.ask(Question::Status, PATIENCE).await {
        Some(status) => {
            let page = status_page::render(&status).into_string();
            let mut response = respond(StatusCode::OK, "text/html; charset=utf-8", page);
            // Without a referrer at all, browsers hide the origin of its form.
            set(
                response.headers_mut(),
                header::REFERRER_POLICY,
                "same-origin",
            );
            response
        }
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

async fn json(State(admin): State<Admin>) -> Response<Body> {
    match admin.ask(Question::Status, PATIENCE).await {
        Some(status) => respond_json(&status),
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

/// `POST /reload`, `POST /reload?yes`; the form of the status page leads back to it.
async fn reload(
    State(admin): State<Admin>,
    Extension(by): Extension<Operator>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let consent = match query.as_deref() {
        Some("yes") => Consent::Given,
        _ => Consent::Wanted,
    };
    let question = |answer| Question::Reload(by, consent, answer);
    match admin.ask(question, LONG_PATIENCE).await {
        Some(_) if accepts_html(&headers) => {
            let mut response = plain(StatusCode::SEE_OTHER, "see the status\n");
            set(response.headers_mut(), header::LOCATION, "status");
            response
        }
        Some(report) => respond_json(&report),
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

async fn release(
    State(admin): State<Admin>,
    Extension(by): Extension<Operator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let Some(chosen) = chosen(&body) else {
        return plain(StatusCode::BAD_REQUEST, NO_CHOICE);
    };
    let question = |answer| Question::Release(by, id, chosen, answer);
    match admin.ask(question, LONG_PATIENCE).await {
        Some(released) => respond_json(&released),
        None => plain(StatusCode::NOT_FOUND, "nothing was released\n"),
    }
}

async fn discard(
    State(admin): State<Admin>,
    Extension(by): Extension<Operator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let Some(chosen) = chosen(&body) else {
        return plain(StatusCode::BAD_REQUEST, NO_CHOICE);
    };
    let question = |answer| Question::Discard(by, id, chosen, answer);
    match admin.ask(question, LONG_PATIENCE).await {
        Some(discarded) => respond_json(&discarded),
        None => plain(StatusCode::NOT_FOUND, "nothing was discarded\n"),
    }
}

async fn forget(
    State(admin): State<Admin>,
    Extension(by): Extension<Operator>,
    Path(id): Path<String>,
) -> Response<Body> {
    let question = |answer| Question::Forget(by, id, answer);
    match admin.ask(question, LONG_PATIENCE).await {
        Some(report) => respond_json(&report),
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

const NO_CHOICE: &str = "expected no body, or `{\"these\": [\"ID\", …]}` with ids of held items\n";

/// The held items that a request means: those that it names, else all that are still listed.
fn chosen(body: &Bytes) -> Option<Chosen> {
    if body.is_empty() {
        return Some(Chosen::Listed);
    }
    serde_json::from_slice(body).ok()
}

/// Takes a decision as JSON, `{"withdraw": ["ID", "reason"]}`.
async fn decide(
    State(admin): State<Admin>,
    Extension(by): Extension<Operator>,
    body: Bytes,
) -> Response<Body> {
    let Ok(decision) = serde_json::from_slice(&body) else {
        return plain(
            StatusCode::BAD_REQUEST,
            "expected a decision such as `{\"withdraw\": [\"ID\", \"reason\"]}`\n",
        );
    };
    let question = |answer| Question::Decide(by, decision, answer);
    match admin.ask(question, LONG_PATIENCE).await {
        Some(report) => respond_json(&report),
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

async fn render_metrics(State(admin): State<Admin>) -> Response<Body> {
    respond(
        StatusCode::OK,
        metrics::CONTENT_TYPE,
        admin.metrics.render(),
    )
}

fn style(sheet: &'static str) -> Response<Body> {
    respond(StatusCode::OK, "text/css; charset=utf-8", sheet.to_owned())
}

fn respond_json(value: &impl Serialize) -> Response<Body> {
    let text = serde_json::to_string_pretty(value).expect("plain data always serializes");
    respond(StatusCode::OK, "application/json; charset=utf-8", text)
}

fn respond(status: StatusCode, content_type: &str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    set(response.headers_mut(), header::CONTENT_TYPE, content_type);
    set(response.headers_mut(), header::CACHE_CONTROL, "no-store");
    secure(response.headers_mut());
    response
}
