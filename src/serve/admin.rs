//! The administrators' interface: health, state, metrics, a reload, the release of a source. It has a listener
//! of its own, never the public one. Requests from other sites' pages are refused before anything else: see
//! [`super::origin`].
//!
//! The daemon answers: this module asks it over a bounded channel, and gives up if no answer comes.

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
use super::response::{accepts_html, plain_response, set_header, set_security_headers};
use super::status_page;
use crate::model::{Operator, Timestamp};
use crate::store::{
    Consent, DecisionOutcome, DiscardedItems, ForgottenSource, HeldChoice, ProblemState,
    ReleasedItems, SourceStatus, StoryDecision,
};

/// The time limit for an answer of the daemon.
const PATIENCE: Duration = Duration::from_secs(10);
/// The time limit for a reload, which may have to classify every stored item again, and for a release, which
/// may have to publish as many.
const LONG_PATIENCE: Duration = Duration::from_mins(5);

/// A request that only the daemon can answer or carry out.
#[derive(Debug)]
pub enum AdminRequest {
    /// Returns the health of the daemon.
    Health(oneshot::Sender<DaemonHealth>),
    /// Returns the state of every source.
    Status(oneshot::Sender<DaemonStatus>),
    /// Reloads the configuration. The consent covers its effects on feeds.
    Reload(Operator, Consent, oneshot::Sender<ReloadReport>),
    /// Publishes held items of a source, and accepts its current page if it has drifted; no answer if the
    /// source does not exist.
    Release(Operator, String, HeldChoice, oneshot::Sender<ReleasedItems>),
    /// Discards held items of a source; no answer if the source does not exist.
    Discard(
        Operator,
        String,
        HeldChoice,
        oneshot::Sender<DiscardedItems>,
    ),
    /// Removes the stories of a source that is no longer configured from the feeds.
    Forget(Operator, String, oneshot::Sender<ForgetReport>),
    /// Carries out an operator's decision about stories.
    Decide(Operator, StoryDecision, oneshot::Sender<DecisionReport>),
}

/// The outcome of a decision about stories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecisionReport {
    /// It was carried out.
    Decided(DecisionOutcome),
    /// It was refused, for this reason.
    Refused(String),
}

impl From<Result<DecisionOutcome, String>> for DecisionReport {
    fn from(decided: Result<DecisionOutcome, String>) -> Self {
        decided.map_or_else(Self::Refused, Self::Decided)
    }
}

/// The outcome of a request to forget a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ForgetReport {
    /// Its stories left the feeds.
    Forgotten(ForgottenSource),
    /// It was not forgotten, for this reason.
    Refused(String),
}

/// The ability of the daemon to poll, store and publish.
#[derive(Clone, Debug, Serialize)]
pub struct DaemonHealth {
    /// True if the schedule runs, and its results can be stored and published.
    pub well: bool,
    /// The problems, one per line.
    pub reason: Option<String>,
}

/// The state of everything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DaemonStatus {
    /// Every configured source.
    pub sources: Vec<SourceStatus>,
    /// Problems with the database and the published folder; empty without any.
    #[serde(default)]
    pub problems: Vec<ProblemState>,
    /// The database.
    pub store: PathBuf,
    /// The mistakes in a changed configuration that was refused, one per line; empty if the files are in force.
    pub refused: Vec<String>,
    /// The time since which the configuration has been in force.
    pub configured_at: Timestamp,
    /// Keys that take effect at the next start and have changed since this one: `[server] listen`.
    #[serde(default)]
    pub restart_due: Vec<String>,
}

/// The outcome of a reload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadReport {
    /// True if the files are now in force.
    pub applied: bool,
    /// True if only consent to the effects on feeds is missing.
    #[serde(default)]
    pub wants_consent: bool,
    /// True if the files are valid, but the daemon could not put them in force.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// The changes, or the reasons for the refusal, one per line.
    pub lines: Vec<String>,
}

#[derive(Clone)]
struct AdminState {
    questions: mpsc::Sender<AdminRequest>,
    metrics: Metrics,
}

/// Returns the administrators' site, which also answers to the names `hosts`.
pub fn admin_router(
    questions: mpsc::Sender<AdminRequest>,
    metrics: Metrics,
    hosts: Vec<String>,
) -> Router {
    Router::new()
        .route("/", get(serve_status_page))
        .route("/status", get(serve_status_page))
        .route("/status.json", get(serve_status_json))
        .route("/healthz", get(serve_health))
        .route("/metrics", get(serve_metrics))
        .route("/reload", post(handle_reload))
        .route("/sources/{id}/release", post(handle_release))
        .route("/sources/{id}/discard", post(handle_discard))
        .route("/sources/{id}/forget", post(handle_forget))
        .route("/stories", post(handle_decision))
        .route(
            "/style.css",
            get(async || serve_stylesheet(crate::publish::STYLE)),
        )
        .route(
            "/status.css",
            get(async || serve_stylesheet(status_page::STYLE)),
        )
        .with_state(AdminState { questions, metrics })
        .layer(middleware::from_fn_with_state(
            Arc::new(hosts),
            origin::guard_origin,
        ))
}

impl AdminState {
    async fn ask_daemon<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> AdminRequest,
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

async fn serve_health(State(admin): State<AdminState>) -> Response<Body> {
    match admin.ask_daemon(AdminRequest::Health, PATIENCE).await {
        Some(DaemonHealth { well: true, .. }) => plain_response(StatusCode::OK, "ok\n"),
        Some(DaemonHealth { reason, .. }) => {
            let reason = reason.unwrap_or_default();
            respond(
                StatusCode::SERVICE_UNAVAILABLE,
                "text/plain; charset=utf-8",
                format!("{reason}\n"),
            )
        }
        None => plain_response(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

async fn serve_status_page(State(admin): State<AdminState>, headers: HeaderMap) -> Response<Body> {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if accept.starts_with("application/json") {
        return serve_status_json(State(admin)).await;
    }
    match admin.ask_daemon(AdminRequest::Status, PATIENCE).await {
        Some(status) => {
            let page = status_page::render_status_page(&status).into_string();
            let mut response = respond(StatusCode::OK, "text/html; charset=utf-8", page);
            // Without any referrer, browsers hide the origin of the form.
            set_header(
                response.headers_mut(),
                header::REFERRER_POLICY,
                "same-origin",
            );
            response
        }
        None => plain_response(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

async fn serve_status_json(State(admin): State<AdminState>) -> Response<Body> {
    match admin.ask_daemon(AdminRequest::Status, PATIENCE).await {
        Some(status) => respond_json(&status),
        None => plain_response(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

/// Handles `POST /reload` and `POST /reload?yes`; the form of the status page returns to that page.
async fn handle_reload(
    State(admin): State<AdminState>,
    Extension(by): Extension<Operator>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response<Body> {
    let consent = match query.as_deref() {
        Some("yes") => Consent::Given,
        _ => Consent::Wanted,
    };
    let question = |answer| AdminRequest::Reload(by, consent, answer);
    match admin.ask_daemon(question, LONG_PATIENCE).await {
        Some(_) if accepts_html(&headers) => {
            let mut response = plain_response(StatusCode::SEE_OTHER, "see the status\n");
            set_header(response.headers_mut(), header::LOCATION, "status");
            response
        }
        Some(report) => respond_json(&report),
        None => plain_response(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

async fn handle_release(
    State(admin): State<AdminState>,
    Extension(by): Extension<Operator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let Some(chosen) = parse_chosen(&body) else {
        return plain_response(StatusCode::BAD_REQUEST, NO_CHOICE);
    };
    let question = |answer| AdminRequest::Release(by, id, chosen, answer);
    match admin.ask_daemon(question, LONG_PATIENCE).await {
        Some(released) => respond_json(&released),
        None => plain_response(StatusCode::NOT_FOUND, "nothing was released\n"),
    }
}

async fn handle_discard(
    State(admin): State<AdminState>,
    Extension(by): Extension<Operator>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    let Some(chosen) = parse_chosen(&body) else {
        return plain_response(StatusCode::BAD_REQUEST, NO_CHOICE);
    };
    let question = |answer| AdminRequest::Discard(by, id, chosen, answer);
    match admin.ask_daemon(question, LONG_PATIENCE).await {
        Some(discarded) => respond_json(&discarded),
        None => plain_response(StatusCode::NOT_FOUND, "nothing was discarded\n"),
    }
}

async fn handle_forget(
    State(admin): State<AdminState>,
    Extension(by): Extension<Operator>,
    Path(id): Path<String>,
) -> Response<Body> {
    let question = |answer| AdminRequest::Forget(by, id, answer);
    match admin.ask_daemon(question, LONG_PATIENCE).await {
        Some(report) => respond_json(&report),
        None => plain_response(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

const NO_CHOICE: &str = "expected no body, or `{\"these\": [\"ID\", …]}` with ids of held items\n";

/// Returns the held items in a request: those that it names, else all that are still listed.
fn parse_chosen(body: &Bytes) -> Option<HeldChoice> {
    if body.is_empty() {
        return Some(HeldChoice::Listed);
    }
    serde_json::from_slice(body).ok()
}

/// Handles a decision in JSON: `{"withdraw": ["ID", "reason"]}`.
async fn handle_decision(
    State(admin): State<AdminState>,
    Extension(by): Extension<Operator>,
    body: Bytes,
) -> Response<Body> {
    let Ok(decision) = serde_json::from_slice(&body) else {
        return plain_response(
            StatusCode::BAD_REQUEST,
            "expected a decision such as `{\"withdraw\": [\"ID\", \"reason\"]}`\n",
        );
    };
    let question = |answer| AdminRequest::Decide(by, decision, answer);
    match admin.ask_daemon(question, LONG_PATIENCE).await {
        Some(report) => respond_json(&report),
        None => plain_response(
            StatusCode::SERVICE_UNAVAILABLE,
            "the daemon does not answer\n",
        ),
    }
}

async fn serve_metrics(State(admin): State<AdminState>) -> Response<Body> {
    respond(
        StatusCode::OK,
        metrics::CONTENT_TYPE,
        admin.metrics.render(),
    )
}

fn serve_stylesheet(sheet: &'static str) -> Response<Body> {
    respond(StatusCode::OK, "text/css; charset=utf-8", sheet.to_owned())
}

fn respond_json(value: &impl Serialize) -> Response<Body> {
    let text = serde_json::to_string_pretty(value).expect("plain data always serializes");
    respond(StatusCode::OK, "application/json; charset=utf-8", text)
}

fn respond(status: StatusCode, content_type: &str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    set_header(response.headers_mut(), header::CONTENT_TYPE, content_type);
    set_header(response.headers_mut(), header::CACHE_CONTROL, "no-store");
    set_security_headers(response.headers_mut());
    response
}
