//! Connections: limited in total and per client, each with deadlines for its header and for its answer, and a
//! maximum lifetime.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures_util::FutureExt as _;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustix::net::sockopt::set_socket_send_buffer_size;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{oneshot, watch};
use tokio::time::Sleep;
use tower::ServiceExt as _;

use super::client::{ConnectionEnds, Peer, TrustedProxies};
use super::listen::Listener;
use super::places::{ConnectionPlace, ConnectionPlaces};

/// The time from the connection, or from the end of the last answer, to the end of the next header.
const HEADER_DEADLINE: Duration = Duration::from_secs(15);
/// The time after which a reader that receives nothing of its answer is disconnected.
const SEND_DEADLINE: Duration = Duration::from_secs(30);
/// Bytes of an answer that the system buffers until its reader receives them; Linux doubles it. It is small
/// enough that a slow reader is seen to make progress within [`SEND_DEADLINE`], and that a thousand readers do
/// not exhaust the memory.
const SEND_BUFFER: usize = 128 << 10;
/// The lifetime of a connection, however busy. A reader connects again.
const LONGEST_CONNECTION: Duration = Duration::from_mins(5);
/// The longest header.
const MAX_HEADER_BYTES: usize = 16 << 10;
/// At shutdown, the turns of the runtime that are given to connections and requests that have already arrived.
const LAST_TURNS: usize = 16;
/// At shutdown, the time that an accepted connection has for its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(2);
/// The pause if the system has no more descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Answers requests on `listener` with `router` until `stop` turns true; open connections end with their
/// answer.
///
/// The connections of one client are limited; those from `proxies` count as many clients'.
pub async fn serve_connections(
    listener: Listener,
    router: Router,
    proxies: Arc<TrustedProxies>,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(ConnectionPlaces::default());
    loop {
        let accepted = tokio::select! {
            accepted = accept_stream(&listener) => accepted,
            // Connections that the system has already accepted are answered too.
            () = wait_for_stop(&mut stop) => match accept_waiting(&listener).await {
                Some(accepted) => accepted,
                None => break,
            },
        };
        let Ok((stream, ends)) = accepted else {
            places.dismiss_idlest();
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        tokio::select! {
            () = places.wait_for_room() => {}
            () = wait_for_stop(&mut stop) => break,
        }
        let Some((place, left)) = places.take_place(proxies.limited_client(ends.peer)) else {
            tracing::debug!(peer = ?ends.peer, "a client with too many connections got no more");
            continue;
        };
        let (router, stop) = (router.clone(), stop.clone());
        tokio::spawn(async move {
            match stream {
                AcceptedStream::Tcp(stream) => {
                    serve_connection(stream, ends, router, place, left, stop).await;
                }
                AcceptedStream::Unix(stream) => {
                    serve_connection(stream, ends, router, place, left, stop).await;
                }
            }
        });
    }
    // Running requests get their answer, within the time that the process has left.
    places.wait_until_empty().await;
}

enum AcceptedStream {
    Tcp(tokio::net::TcpStream),
    Unix(tokio::net::UnixStream),
}

async fn accept_stream(listener: &Listener) -> io::Result<(AcceptedStream, ConnectionEnds)> {
    match listener {
        Listener::Tcp(listener) => {
            let (stream, address) = listener.accept().await?;
            stream.set_nodelay(true)?;
            set_socket_send_buffer_size(&stream, SEND_BUFFER)?;
            let ends = ConnectionEnds {
                peer: address.ip().into(),
                local: Some(stream.local_addr()?),
                uid: None,
            };
            Ok((AcceptedStream::Tcp(stream), ends))
        }
        Listener::Unix(listener) => {
            let (stream, _) = listener.accept().await?;
            set_socket_send_buffer_size(&stream, SEND_BUFFER)?;
            let ends = ConnectionEnds {
                peer: Peer::UnixSocket,
                local: None,
                uid: stream.peer_cred().ok().map(|peer| peer.uid()),
            };
            Ok((AcceptedStream::Unix(stream), ends))
        }
    }
}

/// Accepts a connection that is already waiting; `None` without one.
async fn accept_waiting(
    listener: &Listener,
) -> Option<io::Result<(AcceptedStream, ConnectionEnds)>> {
    for _ in 0..LAST_TURNS {
        if let Some(accepted) = accept_stream(listener).now_or_never() {
            return Some(accepted);
        }
        // The runtime notices connections between turns.
        tokio::task::yield_now().await;
    }
    None
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    ends: ConnectionEnds,
    router: Router,
    place: ConnectionPlace,
    left: oneshot::Receiver<()>,
    mut stop: watch::Receiver<bool>,
) {
    let place = Arc::new(place);
    let (asked, answered) = (Arc::clone(&place), Arc::clone(&place));
    let (first_request, mut was_asked) = watch::channel(false);
    let service = router
        .map_request(move |mut request: Request<Incoming>| {
            asked.note_request();
            first_request.send_replace(true);
            request.extensions_mut().insert(ends.peer);
            request.extensions_mut().insert(ends);
            request.map(Body::new)
        })
        .map_response(move |response| {
            answered.note_answer();
            response
        });
    let stream = WatchedStream {
        stream,
        place,
        stalled: None,
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .max_buf_size(MAX_HEADER_BYTES)
        // A client may close its sending side and still wait for its answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let ended = tokio::time::timeout(LONGEST_CONNECTION, async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            // Its place was given to another.
            Ok(()) = left => Ok(()),
            () = wait_for_stop(&mut stop) => {
                // A request that has arrived but was not read yet is answered, as is the first one of a new
                // connection.
                let first = async {
                    for _ in 0..LAST_TURNS {
                        tokio::task::yield_now().await;
                    }
                    if !*was_asked.borrow() {
                        drop(tokio::time::timeout(FIRST_REQUEST, wait_for_stop(&mut was_asked)).await);
                    }
                };
                tokio::select! {
                    ended = connection.as_mut() => return ended,
                    () = first => {}
                }
                connection.as_mut().graceful_shutdown();
                connection.as_mut().await
            }
        }
    });
    // A reader that disconnects, or never finishes, is not an error.
    if let Ok(Err(error)) = ended.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Waits until `stop` turns true, or its sender is gone.
async fn wait_for_stop(stop: &mut watch::Receiver<bool>) {
    drop(stop.wait_for(|stop| *stop).await);
}

/// A connection that fails if its peer receives nothing for [`SEND_DEADLINE`], and that notifies its place when
/// everything has been sent.
struct WatchedStream<S> {
    stream: S,
    place: Arc<ConnectionPlace>,
    /// Runs while the peer receives nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> WatchedStream<S> {
    fn watch_write<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let sleep = || Box::pin(tokio::time::sleep(SEND_DEADLINE));
        let stalled = self.stalled.get_or_insert_with(sleep);
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WatchedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch_write(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watch_write(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        let flushed = ready!(self.watch_write(flushed, context));
        self.place.note_flushed();
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
