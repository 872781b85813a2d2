//! Searches over real sockets: clients behind a proxy are distinguished, and an answer that one of them caused serves
//! all.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tidings::model::{ListenAddress, TrustedProxy};
use tidings::serve::{
    self, Listener, Metrics, PublishedAssets, Redirects, SearchAnswer, Searches, TrustedProxies,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::watch;

use crate::support::{Held, Reply};

/// Searches at once from one client.
const BURST: usize = 30;

/// The public site, and a daemon that answers every search.
struct Site {
    address: String,
    asked: Arc<AtomicUsize>,
    _clock: Held,
    _stop: watch::Sender<bool>,
    _folder: TempDir,
}

impl Site {
    async fn start(
        listen: impl FnOnce(&Path) -> ListenAddress,
        trusted: Vec<TrustedProxy>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let assets = Arc::new(PublishedAssets::load(folder.path()).unwrap());
        let listener = Listener::bind(&listen(folder.path())).await.unwrap();
        let address = listener.address();
        let proxies = Arc::new(TrustedProxies::new(trusted));
        let (searches, mut requests) = Searches::new(Arc::clone(&proxies));
        let (stop, stopped) = watch::channel(false);
        let router = serve::public(
            assets,
            Arc::new(searches),
            watch::channel(Redirects::default()).1,
            Metrics::default(),
        );
        tokio::spawn(serve::serve_connections(listener, router, proxies, stopped));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                count.fetch_add(1, Ordering::Relaxed);
                let found = format!("{}: {}", request.format.extension(), request.query);
                drop(request.answer.send(SearchAnswer::Found(found.into_bytes())));
            }
        });
        Self {
            address,
            asked,
            _clock: Held::new(),
            _stop: stop,
            _folder: folder,
        }
    }

    async fn ask(&self, method: &str, target: &str, forwarded_for: &str) -> Reply {
        let text = format!(
            "{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\
             X-Forwarded-For: {forwarded_for}\r\n\r\n"
        );
        let to_head = method == "HEAD";
        if let Some(path) = self.address.strip_prefix("unix:") {
            return exchange(UnixStream::connect(path).await.unwrap(), &text, to_head).await;
        }
        let address = self.address.strip_prefix("http://").unwrap();
        exchange(TcpStream::connect(address).await.unwrap(), &text, to_head).await
    }

    /// Makes as many different searches as one client may at once, and one more. Returns the status of that one.
    async fn ask_too_much(&self, forwarded_for: impl Fn(usize) -> String, salt: &str) -> u16 {
        let mut status = 0;
        for number in 0..=BURST {
            assert!(number == 0 || status == 200, "{number}: {status}");
            let target = format!("/search.atom?q={salt}{number}");
            status = self
                .ask("GET", &target, &forwarded_for(number))
                .await
                .status;
        }
        status
    }
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    text: &str,
    to_head: bool,
) -> Reply {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let mut rest = bytes.as_slice();
    let reply = Reply::read(&mut rest, to_head).expect("an answer");
    assert!(rest.is_empty(), "{rest:?}");
    reply
}

fn anywhere(_: &Path) -> ListenAddress {
    ListenAddress::Tcp("127.0.0.1:0".parse().unwrap())
}

fn socket(folder: &Path) -> ListenAddress {
    ListenAddress::Unix(folder.join("socket"))
}

fn this_machine() -> Vec<TrustedProxy> {
    vec![TrustedProxy::Network("127.0.0.0/8".parse().unwrap())]
}

/// Returns an address reserved for documentation for each number.
fn reader(number: usize) -> String {
    format!("198.51.100.{number}")
}

#[tokio::test(start_paused = true)]
async fn a_search_is_answered_in_every_format_and_found_once() {
    let site = Site::start(anywhere, Vec::new()).await;
    for (target, body) in [
        ("/search.atom?q=flood", "atom: flood"),
        ("/search.rss?q=flood", "rss: flood"),
        ("/search.json?q=flood", "json: flood"),
        ("/search.html?q=flood", "html: flood"),
        ("/search?q=flood", "html: flood"),
        ("/search", "html: "),
    ] {
        let reply = site.ask("GET", target, "").await;
        assert_eq!((reply.status, reply.text()), (200, body), "{target}");
        assert_eq!(reply.header("x-robots-tag"), "noindex");
        let head = site.ask("HEAD", target, "").await;
        assert_eq!(
            (head.status, head.header("etag")),
            (200, reply.header("etag"))
        );
        assert_eq!(head.header("content-length"), body.len().to_string());
    }
    assert_eq!(site.ask("POST", "/search?q=flood", "").await.status, 405);
    assert_eq!(site.asked.load(Ordering::Relaxed), 5);
}

#[tokio::test(start_paused = true)]
async fn readers_behind_a_trusted_proxy_have_a_rate_each() {
    let site = Site::start(anywhere, this_machine()).await;
    assert_eq!(site.ask_too_much(reader, "a").await, 200);
    assert_eq!(site.ask_too_much(|_| reader(77), "b").await, 429);
    assert_eq!(site.ask_too_much(|_| String::new(), "c").await, 429);
}

#[tokio::test(start_paused = true)]
async fn readers_who_name_themselves_are_not_believed() {
    let site = Site::start(anywhere, Vec::new()).await;
    assert_eq!(site.ask_too_much(reader, "a").await, 429);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_on_a_unix_socket_is_trusted_where_that_is_said() {
    let site = Site::start(socket, this_machine()).await;
    assert_eq!(site.ask_too_much(reader, "a").await, 429);
    let site = Site::start(socket, vec![TrustedProxy::UnixSocket]).await;
    assert_eq!(site.ask_too_much(reader, "a").await, 200);
}
