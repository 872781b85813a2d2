//! Hosts of many kinds in this process, on the runtime's own clock: each at an address of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use super::{day, notices, rss};

/// A host's behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Answers at once.
    Well,
    /// Answers after this time.
    Slowly(Duration),
    /// Does not answer until that hour; answers at once from then on.
    SilentUntil(u32),
    /// Answers with a body that has no end.
    Endlessly,
    /// Answers normally and with an error, in turns.
    InTurns,
    /// Nobody listens.
    Dead,
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) path: String,
    /// Since the beginning.
    pub(crate) at: Duration,
}

pub(crate) struct Host {
    pub(crate) manner: Manner,
    pub(crate) address: String,
    record: Rc<RefCell<Record>>,
}

struct Record {
    began: Instant,
    visits: Vec<Visit>,
    /// Requests that are being answered.
    open: usize,
    most_open: usize,
    /// The body of its answers.
    body: String,
}

impl Host {
    /// Starts the host with that number.
    pub(crate) async fn start(number: usize, manner: Manner) -> Self {
        let listener = TcpListener::bind(format!("127.0.1.{number}:0"))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let record = Rc::new(RefCell::new(Record {
            began: Instant::now(),
            visits: Vec::new(),
            open: 0,
            most_open: 0,
            body: rss(&notices(number * 10..number * 10 + 3, day(0))),
        }));
        if manner != Manner::Dead {
            spawn_local(accept(listener, manner, Rc::clone(&record)));
        }
        Self {
            manner,
            address,
            record,
        }
    }

    /// Returns every request so far, in order.
    pub(crate) fn visits(&self) -> Vec<Visit> {
        self.record.borrow().visits.clone()
    }

    /// Returns the most requests that it was answering at once.
    pub(crate) fn most_open(&self) -> usize {
        self.record.borrow().most_open
    }

    pub(crate) fn says(&self, body: String) {
        self.record.borrow_mut().body = body;
    }
}

async fn accept(listener: TcpListener, manner: Manner, record: Rc<RefCell<Record>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        spawn_local(connection(stream, manner, Rc::clone(&record)));
    }
}

async fn connection(mut stream: TcpStream, manner: Manner, record: Rc<RefCell<Record>>) {
    let mut asked = vec![0; 4096];
    let length = stream.read(&mut asked).await.unwrap_or(0);
    let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
    let Some(path) = asked.split(' ').nth(1) else {
        return;
    };
    let manner = arrive(&record, path, manner);
    // The client may close the connection early, which is no failure here.
    drop(answer(&mut stream, manner, &record).await);
    record.borrow_mut().open -= 1;
}

/// Records a request, and returns how it is answered.
fn arrive(record: &RefCell<Record>, path: &str, manner: Manner) -> Manner {
    let mut record = record.borrow_mut();
    let at = record.began.elapsed();
    let before = record
        .visits
        .iter()
        .filter(|visit| visit.path == path)
        .count();
    record.visits.push(Visit {
        path: path.to_owned(),
        at,
    });
    record.open += 1;
    record.most_open = record.most_open.max(record.open);
    match manner {
        Manner::SilentUntil(hour) if at >= Duration::from_hours(hour.into()) => Manner::Well,
        Manner::InTurns if before.is_multiple_of(2) => Manner::Well,
        manner => manner,
    }
}

async fn answer(
    stream: &mut TcpStream,
    manner: Manner,
    record: &RefCell<Record>,
) -> std::io::Result<()> {
    const WELL: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    match manner {
        Manner::Well => {}
        Manner::Slowly(wait) => sleep(wait).await,
        Manner::SilentUntil(_) | Manner::Dead => return stream.read(&mut [0]).await.map(drop),
        Manner::Endlessly => {
            stream.write_all(WELL.as_bytes()).await?;
            loop {
                stream.write_all(&[b' '; 4096]).await?;
            }
        }
        Manner::InTurns => {
            let failed = "HTTP/1.1 500 Broken\r\nConnection: close\r\n\r\n";
            return stream.write_all(failed.as_bytes()).await;
        }
    }
    let body = record.borrow().body.clone();
    stream.write_all(format!("{WELL}{body}").as_bytes()).await
}
