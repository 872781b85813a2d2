//! Connections: accepted up to a number, each with a deadline for its header and an end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

use super::client::{Ends, Peer};
use super::listen::Listener;

/// Connections at once on one listener; whoever comes later waits.
const MAX_CONNECTIONS: usize = 1024;
/// From the connection, or from the end of the last answer, to the end of the next header.
const HEADER_DEADLINE: Duration = Duration::from_secs(15);
/// However busy it is, a connection ends: a reader comes again.
const LONGEST_CONNECTION: Duration = Duration::from_mins(5);
/// The longest header.
const MAX_HEADER_BYTES: usize = 16 << 10;
/// A pause when the system has no more descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers what comes in on `listener` with `router`, until `stop` turns true; open connections end with their answer.
pub async fn serve(listener: Listener, router: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // The semaphore is never closed: there always is a place in the end.
        let place = Arc::clone(&places).acquire_owned().await.ok();
        let accepted = tokio::select! {
            accepted = accept(&listener) => accepted,
            () = told(&mut stop) => break,
        };
        let Ok((stream, ends)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (router, stop) = (router.clone(), stop.clone());
        tokio::spawn(async move {
            match stream {
                Stream::Tcp(stream) => connection(stream, ends, router, stop).await,
                Stream::Unix(stream) => connection(stream, ends, router, stop).await,
            }
            drop(place);
        });
    }
    // Those that are answered get their answer, within the time that the process has left.
    drop(
        places
            .acquire_many(u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX))
            .await,
    );
}

enum Stream {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

async fn accept(listener: &Listener) -> io::Result<(Stream, Ends)> {
    match listener {
        Listener::Tcp(listener) => {
            let (stream, address) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let ends = Ends {
                peer: address.ip().into(),
                local: Some(stream.local_addr()?),
                uid: None,
            };
            Ok((Stream::Tcp(stream), ends))
        }
        Listener::Unix(listener) => {
            let (stream, _) = listener.accept().await?;
            let ends = Ends {
                peer: Peer::UnixSocket,
                local: None,
                uid: stream.peer_cred().ok().map(|peer| peer.uid()),
            };
            Ok((Stream::Unix(stream), ends))
        }
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    ends: Ends,
    router: Router,
    mut stop: watch::Receiver<bool>,
) {
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ends.peer);
        request.extensions_mut().insert(ends);
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let ended = tokio::time::timeout(LONGEST_CONNECTION, async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = told(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                connection.as_mut().await
            }
        }
    });
    // A reader that goes away, or takes for ever, is nobody's failure.
    if let Ok(Err(error)) = ended.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Waits until the process is told to stop, or nobody is left to tell it.
async fn told(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}
