//! Readers that are slow, greedy, many or gone: none costs another anything.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tidings::model::Listen;
use tidings::serve::{self, Assets, Listener, Redirects, Searches};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::{Held, Reply};

const SECOND: Duration = Duration::from_secs(1);
/// By then a connection without a whole header is closed.
const HEADER_DEADLINE: Duration = Duration::from_secs(15);
const JUST_BEFORE: Duration = Duration::from_secs(14);
/// However busy, it ends by then.
const LONGEST_CONNECTION: Duration = Duration::from_mins(5);
/// Connections that are held at once.
const PLACES: usize = 1024;
/// Looks at a thing that must happen without the clock.
const LOOKS: usize = 1000;
/// More than the buffers of two sockets hold.
const LARGE: usize = 32 << 20;

const ASK: &[u8] = b"GET /small.atom HTTP/1.1\r\nHost: test\r\n\r\n";

/// The public site over two files, in this process.
struct Site {
    address: String,
    clock: Held,
    stop: watch::Sender<bool>,
    server: JoinSet<()>,
    _folder: TempDir,
}

impl Site {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("small.atom"), "<feed/>").unwrap();
        std::fs::write(folder.path().join("large.atom"), vec![b' '; LARGE]).unwrap();
        let assets = Arc::new(Assets::load(folder.path()).unwrap());
        let anywhere = Listen::Tcp("127.0.0.1:0".parse().unwrap());
        let listener = Listener::bind(&anywhere).await.unwrap();
        let address = listener.address().replace("http://", "");
        let (stop, stopped) = watch::channel(false);
        let mut server = JoinSet::new();
        let (searches, _) = Searches::new(Vec::new());
        let router = serve::public(
            assets,
            Arc::new(searches),
            watch::channel(Redirects::default()).1,
        );
        server.spawn(serve::serve(listener, router, stopped));
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

    /// Whoever asks on `connection` is answered.
    async fn check_answered(&self, connection: &mut TcpStream) {
        connection.write_all(ASK).await.unwrap();
        let reply = self.reply(connection).await;
        assert_eq!((reply.status, reply.text()), (200, "<feed/>"));
    }

    /// How many bytes come until the other side hangs up; `None` where it does not, while the clock stands.
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

    /// The next answer, and nothing behind it.
    async fn reply(&self, connection: &mut TcpStream) -> Reply {
        let mut bytes = vec![0; 4096];
        let length = connection.read(&mut bytes).await.unwrap();
        Reply::read(&mut &bytes[..length], false).expect("an answer")
    }
}

/// Runs on a clock that is moved by the test.
fn on_a_still_clock(test: impl AsyncFnOnce(&mut Site)) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async { test(&mut Site::start().await).await });
}

/// Sends `part` of a request, in pieces a second apart, and is shown the door at the deadline.
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
        site.clock
            .pass(LONGEST_CONNECTION + SECOND, 10 * SECOND)
            .await;
        // What the buffers held comes still; the rest never does.
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
        // It may hang up before it has read all of that.
        drop(connection.write_all(text.as_bytes()).await);
        assert_eq!(site.reply(&mut connection).await.status, 431);
        site.check_answered(&mut site.connect().await).await;
    });
}

#[test]
fn who_comes_when_all_places_are_taken_waits_for_one() {
    on_a_still_clock(async |site| {
        let mut taken = Vec::new();
        for _ in 0..PLACES {
            taken.push(site.connect().await);
            tokio::task::yield_now().await;
        }
        site.clock.settle().await;
        let mut late = site.connect().await;
        late.write_all(ASK).await.unwrap();
        site.clock.settle().await;
        let nothing = late.try_read(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
        site.check_answered(&mut taken[0]).await;
        drop(taken.pop());
        assert_eq!(site.reply(&mut late).await.status, 200);
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
