//! The server that all are measured against: a process of its own, with a feed for each source.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;

use crate::feeds;

/// Serves until the process is killed. Prints the port on the first line.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0")
            .await
            .expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        println!("{port}");
        std::io::stdout().flush().expect("a reader");
        let app = Router::new()
            .route("/feed/{number}", get(feed))
            .route("/more", post(more))
            .with_state(Arc::new(AtomicUsize::new(0)));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let service = TowerToHyperService::new(app.clone());
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that is measured may go away.
            tokio::spawn(async move { connection.await.ok() });
        }
    });
}

/// Returns a feed, or 304 if the client has this state of it.
async fn feed(
    State(more): State<Arc<AtomicUsize>>,
    Path(number): Path<usize>,
    headers: HeaderMap,
) -> Response {
    let more = more.load(Ordering::Relaxed);
    let tag = format!("\"{number}-{more}\"");
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, "application/rss+xml".to_owned()),
        (header::ETAG, tag),
    ];
    (headers, feeds::rss(number, more)).into_response()
}

/// Adds one item to each feed.
async fn more(State(more): State<Arc<AtomicUsize>>) -> StatusCode {
    more.fetch_add(1, Ordering::Relaxed);
    StatusCode::NO_CONTENT
}
