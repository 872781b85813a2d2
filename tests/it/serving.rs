//! Readers that are slow, greedy, many or gone do not affect each other. General requirements of HTTP.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit, setrlimit};
use tempfile::TempDir;
use tidings::model::{ListenAddress, TrustedProxy};
use tidings::serve::{
    self, Listener, Metrics, PublishedAssets, Redirects, Searches, TrustedProxies,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{Held, Reply, skipped};

const SECOND: Duration = Duration::from_secs(1);
/// The time after which a connection without a whole header is closed.
const HEADER_DEADLINE: Duration = Duration::from_secs(15);
const JUST_BEFORE: Duration = Duration::from_secs(14);
/// The lifetime of a connection, however busy.
const LONGEST_CONNECTION: Duration = Duration::from_mins(5);
/// The time after which a reader that receives nothing is disconnected.
const SEND_DEADLINE: Duration = Duration::from_secs(30);
const JUST_BEFORE_SEND: Duration = Duration::from_secs(29);
/// Connections at once, and of these the most of one client.
const PLACES: usize = 1024;
const PLACES_OF_CLIENT: usize = 128;
/// Checks of a condition that must become true without the clock.
const LOOKS: usize = 1000;
/// More than the buffers of two sockets.
const LARGE: usize = 32 << 20;

const ASK: &[u8] = b"GET /small.atom HTTP/1.1\r\nHost: test\r\n\r\n";

/// The public site with two files, in this process.
struct Site {
    address: String,
    clock: Held,
    stop: watch::Sender<bool>,
    server: JoinSet<()>,
    _folder: TempDir,
}

impl Site {
    async fn start(trusted: Vec<TrustedProxy>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("small.atom"), "<feed/>").unwrap();
        std::fs::create_dir(folder.path().join("ports")).unwrap();
        for page in ["index.html", "ports.html", "ports/mx.html"] {
            std::fs::write(folder.path().join(page), page).unwrap();
        }
        std::fs::write(folder.path().join("large.atom"), vec![b' '; LARGE]).unwrap();
        let assets = Arc::new(PublishedAssets::load(folder.path()).unwrap());
        let anywhere = ListenAddress::Tcp("127.0.0.1:0".parse().unwrap());
        let listener = Listener::bind(&anywhere).await.unwrap();
        let address = listener.address().replace("http://", "");
        let (stop, stopped) = watch::channel(false);
        let mut server = JoinSet::new();
        let proxies = Arc::new(TrustedProxies::new(trusted));
        let (searches, _) = Searches::new(Arc::clone(&proxies));
        let router = serve::public(
            assets,
            Arc::new(searches),
            watch::channel(Redirects::default()).1,
            Metrics::default(),
        );
        server.spawn(serve::serve_connections(listener, router, proxies, stopped));
        Self {
            address,
            clock: Held::new(),
            stop,
            server,
            _folder: folder,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Connects from `address`, which belongs to this machine.
    async fn connect_from(&self, address: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket
            .bind(format!("{address}:0").parse().unwrap())
            .unwrap();
        let connecting = socket.connect(self.address.parse().unwrap());
        connecting.await.unwrap()
    }

    /// Opens that many connections from `address`, in order.
    async fn crowd(&self, address: &str, size: usize) -> Vec<TcpStream> {
        let mut crowd = Vec::with_capacity(size);
        for _ in 0..size {
            crowd.push(self.connect_from(address).await);
            tokio::task::yield_now().await;
        }
        self.clock.settle().await;
        crowd
    }

    /// Sends `request` as it is and returns the answer, which must end the connection.
    async fn raw(&self, request: &str) -> Reply {
        let mut connection = self.connect().await;
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        connection.read_to_end(&mut bytes).await.unwrap();
        Reply::read(&mut bytes.as_slice(), request.starts_with("HEAD")).expect("an answer")
    }

    /// Checks that a request on `connection` is answered.
    async fn check_answered(&self, connection: &mut TcpStream) {
        connection.write_all(ASK).await.unwrap();
        let reply = self.reply(connection).await;
        assert_eq!((reply.status, reply.text()), (200, "<feed/>"));
    }

    /// Returns the number of bytes until the other side closes the connection; `None` if it stays open while the
    /// clock is paused.
    async fn rest(&self, connection: &TcpStream) -> Option<usize> {
        let (mut bytes, mut received) = (vec![0; 64 << 10], 0);
        for _ in 0..LOOKS {
            self.clock.settle().await;
            while let Ok(length) = connection.try_read(&mut bytes) {
                if length == 0 {
                    return Some(received);
                }
                received += length;
            }
        }
        None
    }

    /// Returns the next answer, which nothing may follow.
    async fn reply(&self, connection: &mut TcpStream) -> Reply {
        let mut bytes = vec![0; 4096];
        let length = connection.read(&mut bytes).await.unwrap();
        Reply::read(&mut &bytes[..length], false).expect("an answer")
    }
}

/// Runs a test on a clock that it moves itself.
fn on_a_still_clock(test: impl AsyncFnOnce(&mut Site)) {
    on_a_still_clock_behind(Vec::new(), test);
}

fn on_a_still_clock_behind(trusted: Vec<TrustedProxy>, test: impl AsyncFnOnce(&mut Site)) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { test(&mut Site::start(trusted).await).await });
}

/// Sends `part` of a request, in pieces a second apart, and checks that it is disconnected at the deadline.
#[track_caller]
fn check_deadline(part: &'static [u8]) {
    on_a_still_clock(async |site| {
        let began = Instant::now();
        let mut connection = site.connect().await;
        site.clock.settle().await;
        for byte in part {
            connection.write_all(&[*byte]).await.unwrap();
            site.clock.pass(SECOND, SECOND).await;
        }
        let left = JUST_BEFORE.saturating_sub(began.elapsed());
        site.clock.pass(left, SECOND).await;
        let mut byte = [0];
        let early = connection.try_read(&mut byte).unwrap_err();
        assert_eq!(early.kind(), std::io::ErrorKind::WouldBlock);
        site.clock.pass(2 * SECOND, SECOND).await;
        assert_eq!(site.rest(&connection).await, Some(0));
        site.check_answered(&mut site.connect().await).await;
    });
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    check_deadline(b"");
}

#[test]
fn who_says_it_a_byte_at_a_time_is_not_waited_for() {
    check_deadline(b"GET /small");
}

#[test]
fn who_asks_nothing_more_is_not_waited_for() {
    on_a_still_clock(async |site| {
        let mut connection = site.connect().await;
        site.check_answered(&mut connection).await;
        site.clock.pass(JUST_BEFORE, SECOND).await;
        site.check_answered(&mut connection).await;
        site.clock.pass(HEADER_DEADLINE + SECOND, SECOND).await;
        assert_eq!(site.rest(&connection).await, Some(0));
    });
}

#[test]
fn who_does_not_read_is_not_waited_for() {
    on_a_still_clock(async |site| {
        let mut connection = site.connect().await;
        let large = b"GET /large.atom HTTP/1.1\r\nHost: test\r\n\r\n";
        connection.write_all(large).await.unwrap();
        site.clock.settle().await;
        site.clock.pass(SEND_DEADLINE + SECOND, SECOND).await;
        // Buffered bytes still arrive; the rest never does.
        let received = site.rest(&connection).await.expect("an end");
        assert!((1..LARGE).contains(&received), "{received}");
    });
}

#[test]
fn a_header_that_is_too_large_is_refused() {
    on_a_still_clock(async |site| {
        let mut connection = site.connect().await;
        let long = "x".repeat(64 << 10);
        let text = format!("GET / HTTP/1.1\r\nHost: test\r\nCookie: {long}\r\n\r\n");
        // It may close the connection before it has read all of that.
        drop(connection.write_all(text.as_bytes()).await);
        assert_eq!(site.reply(&mut connection).await.status, 431);
        site.check_answered(&mut site.connect().await).await;
    });
}

#[test]
fn who_reads_slowly_is_waited_for_until_the_end_of_the_connection() {
    on_a_still_clock(async |site| {
        let mut connection = site.connect().await;
        let large = b"GET /large.atom HTTP/1.1\r\nHost: test\r\n\r\n";
        connection.write_all(large).await.unwrap();
        site.clock.settle().await;
        let (step, mut bytes) = (JUST_BEFORE_SEND, vec![0; 1 << 20]);
        let began = Instant::now();
        while began.elapsed() + step < LONGEST_CONNECTION {
            connection.read_exact(&mut bytes).await.unwrap();
            site.clock.pass(step, step).await;
        }
        connection.read_exact(&mut bytes).await.unwrap();
        site.clock.pass(2 * step, step).await;
        let received = site.rest(&connection).await.expect("an end");
        assert!(received < LARGE, "{received}");
    });
}

/// Allows that many open files; false, with a message, if the system does not.
fn allows_files(wanted: u64) -> bool {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return true;
    }
    limit.current = Some(limit.maximum.map_or(wanted, |most| most.min(wanted)));
    let is_set = setrlimit(Resource::Nofile, limit).is_ok();
    let allowed = is_set && limit.current == Some(wanted);
    if !allowed {
        skipped(&format!(
            "{wanted} open files are more than `ulimit -n` allows"
        ));
    }
    allowed
}

#[test]
fn one_address_does_not_take_the_places_of_others() {
    const CROWD: usize = 1500;
    if !allows_files(4096) {
        return;
    }
    on_a_still_clock(async |site| {
        let mut early = site.connect_from("127.0.0.3").await;
        site.clock.settle().await;
        let mut crowd = site.crowd("127.0.0.2", CROWD).await;
        site.check_answered(&mut site.connect_from("127.0.0.1").await)
            .await;
        // The oldest of a crowd give way to its newest, not to those of another address.
        site.check_answered(&mut early).await;
        let closed = crowd
            .iter()
            .take_while(|connection| connection.try_read(&mut [0]).is_ok())
            .count();
        assert_eq!(closed, CROWD - PLACES_OF_CLIENT);
        site.check_answered(&mut crowd[closed]).await;
        site.check_answered(crowd.last_mut().unwrap()).await;
        site.check_answered(&mut site.connect_from("127.0.0.2").await)
            .await;
    });
}

#[test]
fn many_addresses_make_room_for_one_more() {
    if !allows_files(4096) {
        return;
    }
    // A proxy represents many clients.
    let trusted = vec![TrustedProxy::Network("127.0.0.2/32".parse().unwrap())];
    on_a_still_clock_behind(trusted, async |site| {
        let mut crowd = site.crowd("127.0.0.2", PLACES).await;
        site.check_answered(&mut crowd[0]).await;
        let mut late = site.connect_from("127.0.0.1").await;
        site.check_answered(&mut late).await;
        // The second has been idle longest: the first has had a request since.
        assert_eq!(crowd[1].read(&mut [0]).await.unwrap(), 0);
        site.check_answered(&mut crowd[0]).await;
        site.check_answered(&mut crowd[2]).await;
    });
}

#[test]
fn a_request_is_for_one_host() {
    on_a_still_clock(async |site| {
        let get = |version: &str, headers: &str| {
            format!("GET /small.atom HTTP/{version}\r\n{headers}Connection: close\r\n\r\n")
        };
        for (version, headers, status) in [
            ("1.1", "Host: test\r\n", 200),
            ("1.1", "", 400),
            ("1.1", "Host:\r\n", 400),
            ("1.1", "Host: test\r\nHost: test\r\n", 400),
            ("1.1", "Host: a b\r\n", 400),
            ("1.1", "Host: user@test\r\n", 400),
            ("1.1", "Host: test:port\r\n", 400),
            ("1.0", "", 200),
            ("1.0", "Host: test\r\n", 200),
            ("1.0", "Host: a/b\r\n", 400),
            ("1.0", "Host: test\r\nHost: test\r\n", 400),
        ] {
            let reply = site.raw(&get(version, headers)).await;
            assert_eq!(reply.status, status, "HTTP/{version}, {headers:?}");
        }
        let absolute =
            "GET http://test/small.atom HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n";
        assert_eq!(site.raw(absolute).await.text(), "<feed/>");
    });
}

#[test]
fn who_has_sent_all_is_answered() {
    on_a_still_clock(async |site| {
        let mut connection = site.connect().await;
        connection.write_all(ASK).await.unwrap();
        connection.shutdown().await.unwrap();
        let mut bytes = Vec::new();
        connection.read_to_end(&mut bytes).await.unwrap();
        let reply = Reply::read(&mut bytes.as_slice(), false).expect("an answer");
        assert_eq!((reply.status, reply.text()), (200, "<feed/>"));
    });
}

#[test]
fn a_path_is_read_as_it_is_meant() {
    on_a_still_clock(async |site| {
        let get = async |path: &str| {
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: test\r\nAccept: */*\r\nConnection: close\r\n\r\n"
            );
            site.raw(&request).await
        };
        for (path, page) in [
            ("/", "index.html"),
            ("/ports", "ports.html"),
            ("/%70orts/%6D%78", "ports/mx.html"),
            ("/sm%61ll.atom", "<feed/>"),
        ] {
            let reply = get(path).await;
            assert_eq!((reply.status, reply.text()), (200, page), "{path}");
        }
        for (path, location) in [
            ("/ports/", "../ports"),
            ("/ports/mx/?a=1", "../mx?a=1"),
            ("/search/?q=flood", "../search?q=flood"),
        ] {
            let reply = get(path).await;
            let found = (reply.status, reply.header("location"));
            assert_eq!(found, (301, location), "{path}");
        }
        for path in ["/port", "/ports//", "/ports%2Fmx", "/%00", "/%zz"] {
            let reply = get(path).await;
            let found = (reply.status, reply.header("content-type"));
            assert_eq!(found, (404, "text/plain; charset=utf-8"), "{path}");
        }
    });
}

#[test]
fn questions_in_a_row_are_answered_in_their_order() {
    on_a_still_clock(async |site| {
        let mut connection = site.connect().await;
        let row = "GET /small.atom HTTP/1.1\r\nHost: test\r\n\r\n\
                   HEAD /small.atom HTTP/1.1\r\nHost: test\r\n\r\n\
                   GET /nothing HTTP/1.1\r\nHost: test\r\n\r\n\
                   GET /small.atom HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
        connection.write_all(row.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        connection.read_to_end(&mut bytes).await.unwrap();
        let mut answers = bytes.as_slice();
        for (to_head, status) in [(false, 200), (true, 200), (false, 404), (false, 200)] {
            let reply = Reply::read(&mut answers, to_head).expect("an answer");
            assert_eq!(reply.status, status);
        }
        assert!(answers.is_empty());
    });
}

#[test]
fn who_goes_away_in_the_middle_harms_nobody() {
    on_a_still_clock(async |site| {
        for _ in 0..10 {
            let mut gone = site.connect().await;
            let large = b"GET /large.atom HTTP/1.1\r\nHost: test\r\n\r\n";
            gone.write_all(large).await.unwrap();
            gone.read_exact(&mut [0; 100]).await.unwrap();
        }
        site.check_answered(&mut site.connect().await).await;
        let mut half = site.connect().await;
        half.write_all(b"GET /sm").await.unwrap();
        drop(half);
        site.check_answered(&mut site.connect().await).await;
    });
}

#[test]
fn told_to_stop_it_ends_with_the_answers_under_way() {
    on_a_still_clock(async |site| {
        let mut idle = site.connect().await;
        site.check_answered(&mut idle).await;
        let mut asking = site.connect().await;
        let large = b"GET /large.atom HTTP/1.1\r\nHost: test\r\n\r\n";
        asking.write_all(large).await.unwrap();
        asking.read_exact(&mut [0; 100]).await.unwrap();
        site.stop.send_replace(true);
        assert_eq!(idle.read(&mut [0]).await.unwrap(), 0);
        let mut rest = Vec::new();
        asking.read_to_end(&mut rest).await.unwrap();
        assert!(rest.len() + 100 > LARGE, "{}", rest.len());
        site.server.join_next().await.unwrap().unwrap();
        let refused = TcpStream::connect(&site.address).await;
        assert!(refused.is_err());
    });
}
