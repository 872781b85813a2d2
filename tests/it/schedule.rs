//! The whole daemon in this process, on a clock that the test moves: days pass in seconds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tidings::config;
use tidings::daemon::{self, DaemonError, DaemonSetup, DaemonSignal};
use tidings::flow::{self, Clock, FileCheck, Flow};
use tidings::model::{SourceId, Timestamp};
use tidings::store::SourceState;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, advance};

use crate::support::{ANYWHERE, Held, Host, Manner, NEWS, Workspace, day, notices, rss};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
/// The limit per host in [`limits`].
const PER_HOST: usize = 2;
/// The time in which all sources of one host are polled, however slow it is.
const TURN: Duration = Duration::from_mins(5);
/// Checks of a condition that must become true without the clock.
const LOOKS: usize = 1000;

fn limits() -> String {
    format!(
        "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"1s\"\nper_host = {PER_HOST}\n\
         timeout = \"30s\"\nmax_body = \"64 KiB\"\n"
    )
}

fn source(id: &str, address: &str, cadence: &str) -> String {
    format!(
        "\n[[source]]\nid = \"{id}\"\nurl = \"http://{address}/{id}\"\nkind = \"feed\"\n{cadence}\ntopics = [\"news\"]\n"
    )
}

/// The running daemon.
struct Running {
    workspace: Workspace,
    clock: Held,
    origin: Instant,
    address: String,
    signals: mpsc::Sender<DaemonSignal>,
    ended: JoinHandle<Result<(), DaemonError>>,
}

impl Running {
    async fn start(sources: &str) -> Self {
        let by_runtime = |origin| Clock::Runtime {
            start: day(0),
            origin,
        };
        Self::start_with("", sources, by_runtime).await
    }

    /// Starts with more keys of `[fetch]`, and with the test's own clock.
    async fn start_with(fetch: &str, sources: &str, clock: impl Fn(Instant) -> Clock) -> Self {
        let told_by = clock;
        let clock = Held::new();
        let text = format!("{ANYWHERE}{}{fetch}{NEWS}{sources}", limits());
        let workspace = Workspace::new(&text);
        let file = workspace.path("config/tidings.toml");
        let environment = |_: &str| None;
        let config = config::load(&file, &environment).unwrap();
        let origin = Instant::now();
        let clock_of_run = told_by(origin);
        let (signals, arrivals) = mpsc::channel(1);
        let (serving, served) = oneshot::channel();
        let setup = DaemonSetup {
            file,
            refused: Vec::new(),
            environment,
            inherited: Vec::new(),
            signals: arrivals,
            serving: Box::new(move |started| serving.send(started.addresses[0].clone()).unwrap()),
        };
        let ended = spawn_local(daemon::run(config, clock_of_run, setup));
        let address = served.await.unwrap().replace("http://", "");
        Self {
            workspace,
            clock,
            origin,
            address,
            signals,
            ended,
        }
    }

    fn now(&self) -> Timestamp {
        day(0) + self.origin.elapsed()
    }

    fn states(&self) -> BTreeMap<SourceId, SourceState> {
        flow::source_states(&self.workspace.path("var/tidings.db")).unwrap()
    }

    fn state(&self, id: &str) -> SourceState {
        self.states()
            .remove(&id.parse::<SourceId>().unwrap())
            .unwrap()
    }

    /// Returns the time at which the next source is due; `None` while some are being polled or wait for their host.
    fn next(&self, sources: usize) -> Option<Timestamp> {
        let now = self.now();
        let states = self.states();
        let due = states.values().filter_map(|state| state.next_poll);
        let coming: Vec<Timestamp> = due.filter(|at| *at > now).collect();
        (coming.len() == sources).then(|| *coming.iter().min().unwrap())
    }

    /// Lets time pass: by the second while polls are running, otherwise up to the next one.
    async fn pass(&self, sources: usize, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.clock.settle().await;
            let step = self
                .next(sources)
                .map_or(SECOND, |next| (next - self.now()).to_std().unwrap());
            advance(step.min(end - Instant::now())).await;
        }
        self.clock.settle().await;
    }

    async fn feed(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let ask = b"GET /news.atom HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
        stream.write_all(ask).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    async fn stop(self) {
        let Self {
            workspace: _workspace,
            clock,
            signals,
            ended,
            ..
        } = self;
        signals.send(DaemonSignal::Stop).await.unwrap();
        // Polls that hang are waited for, within a limit that only passing time reaches.
        drop(clock);
        ended.await.unwrap().unwrap();
    }
}

fn on_a_still_clock(test: impl AsyncFnOnce()) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build_local(LocalOptions::default())
        .unwrap();
    runtime.block_on(test());
}

/// A host with ten sources.
struct Village {
    host: Host,
    sources: Vec<String>,
}

const SOURCES: usize = 10;

impl Village {
    async fn start(number: usize, manner: Manner) -> Self {
        let host = Host::start(number, manner).await;
        let sources = (0..SOURCES).map(|source| format!("s{number}-{source}"));
        Self {
            host,
            sources: sources.collect(),
        }
    }

    /// Configures half of them by interval, half by cron; the failing ones by interval, which grows with failures.
    fn configuration(&self) -> String {
        let by_clock = match self.host.manner {
            Manner::Well | Manner::Slowly(_) | Manner::InTurns => "cron = \"0 */2 * * *\"",
            Manner::SilentUntil(_) | Manner::Endlessly | Manner::Dead => "every = \"2h\"",
        };
        let cadences = ["every = \"2h\"", by_clock];
        let sources = self.sources.iter().zip(cadences.iter().cycle());
        let sources = sources.map(|(id, cadence)| source(id, &self.host.address, cadence));
        sources.collect()
    }

    /// Returns the times at which each source was polled.
    fn polls(&self) -> Vec<Vec<Duration>> {
        let visits = self.host.visits();
        let of = |id: &String| {
            let path = format!("/{id}");
            let own = visits.iter().filter(|visit| visit.path == path);
            own.map(|visit| visit.at).collect()
        };
        self.sources.iter().map(of).collect()
    }

    /// Checks the limits for requests at once and between requests.
    #[track_caller]
    fn check_manners(&self) {
        assert!(self.host.most_open() <= PER_HOST, "{:?}", self.host.manner);
        for pair in self.host.visits().windows(2) {
            assert!(pair[1].at >= pair[0].at + SECOND, "{pair:?}");
        }
    }

    /// Checks that each source was polled at these hours, or as soon after as its host allows.
    #[track_caller]
    fn check_hours(&self, hours: &[u32]) {
        for polls in self.polls() {
            assert_eq!(
                polls.len(),
                hours.len(),
                "{:?}: {polls:?}",
                self.host.manner
            );
            for (at, (poll, hour)) in polls.iter().zip(hours).enumerate() {
                // With an interval, the wait of one poll for its host delays the following ones.
                let turns = TURN * (u32::try_from(at).unwrap() + 1);
                let hour = HOUR * *hour;
                assert!((hour..=hour + turns).contains(poll), "{polls:?}");
            }
        }
    }
}

const DAY: [u32; 12] = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22];

#[test]
fn two_hundred_sources_are_polled_on_time_whatever_their_neighbours_do() {
    on_a_still_clock(async || {
        let odd = [
            Manner::Slowly(20 * SECOND),
            Manner::Slowly(29 * SECOND),
            Manner::InTurns,
            Manner::SilentUntil(12),
            Manner::Endlessly,
            Manner::Dead,
        ];
        let mut villages = Vec::new();
        for number in 0..20 {
            let manner = odd.get(number).copied().unwrap_or(Manner::Well);
            villages.push(Village::start(number, manner).await);
        }
        let sources: String = villages.iter().map(Village::configuration).collect();
        let running = Running::start(&sources).await;
        running.pass(200, 23 * HOUR + HOUR / 2).await;
        for village in &villages {
            village.check_manners();
            match village.host.manner {
                Manner::Well | Manner::Slowly(_) | Manner::InTurns => village.check_hours(&DAY),
                Manner::SilentUntil(_) => village.check_hours(&[0, 2, 6, 14, 16, 18, 20, 22]),
                Manner::Endlessly => village.check_hours(&[0, 2, 6, 14]),
                Manner::Dead => {
                    let failures = running.state(&village.sources[0]).consecutive_failures;
                    assert_eq!(failures, 4);
                }
            }
        }
        running.stop().await;
    });
}

#[test]
fn a_change_upstream_is_served_within_a_second_of_its_poll() {
    on_a_still_clock(async || {
        let host = Host::start(1, Manner::Well).await;
        let running = Running::start(&source("one", &host.address, "every = \"1h\"")).await;
        running.pass(1, 59 * 60 * SECOND).await;
        assert_eq!(host.visits().len(), 1);
        host.says(rss(&notices(500..501, day(0))));
        running.pass(1, 60 * SECOND).await;
        let mut looks = 0;
        while host.visits().len() < 2 {
            running.clock.settle().await;
            // On a busy machine the schedule may begin to wait only now.
            advance(SECOND / 10).await;
            looks += 1;
            assert!(looks < LOOKS, "it is due, and nobody asks");
        }
        let polled = Instant::now();
        while !running.feed().await.contains("Notice 500 of") {
            assert!(polled.elapsed() < SECOND, "not served");
            for _ in 0..10 {
                running.clock.settle().await;
            }
            advance(SECOND / 10).await;
        }
        running.stop().await;
    });
}

#[test]
fn publications_at_once_do_not_meet_in_the_folder() {
    on_a_still_clock(async || {
        let workspace = Workspace::new(NEWS);
        let environment = |_: &str| None;
        let config = config::load(&workspace.path("config/tidings.toml"), &environment).unwrap();
        let flow = Flow::start(config, Clock::Fixed(day(0))).await.unwrap();
        for _ in 0..20 {
            drop(std::fs::remove_dir_all(workspace.path("feeds")));
            let publish = || flow.publish(FileCheck::Look);
            let (one, two, three) = tokio::join!(publish(), publish(), publish());
            for published in [one, two, three] {
                published.unwrap();
            }
        }
    });
}

/// Sources that hang once take every place before anybody knows that they hang; from then on these have a share of
/// their own.
#[test]
fn sources_that_hang_keep_nobody_from_theirs() {
    on_a_still_clock(async || {
        let silent = Manner::SilentUntil(u32::MAX);
        let (mut hosts, mut sources) = (Vec::new(), String::new());
        for number in 0..12 {
            // They are polled in the order of their names.
            let (manner, name, every) = match number {
                0..4 => (silent, "a", "10m"),
                _ => (Manner::Well, "b", "290s"),
            };
            let host = Host::start(100 + number, manner).await;
            let cadence = format!("every = \"{every}\"");
            sources.push_str(&source(&format!("{name}{number}"), &host.address, &cadence));
            hosts.push(host);
        }
        let by_runtime = |origin| Clock::Runtime {
            start: day(0),
            origin,
        };
        let running = Running::start_with("concurrency = 4\n", &sources, by_runtime).await;
        running.pass(12, 12 * 60 * SECOND).await;
        let (silent, well) = hosts.split_at(4);
        for host in well {
            let visits = host.visits();
            assert_eq!(visits.len(), 3, "{visits:?}");
            for pair in visits.windows(2) {
                let gap = pair[1].at.checked_sub(pair[0].at).unwrap();
                // No source waited for another one's timeout.
                assert!(gap < (290 + 30) * SECOND, "{visits:?}");
            }
        }
        // The silent ones are polled again, too, one after another: a quarter of the places is one.
        let mut again: Vec<Duration> = silent.iter().map(|host| host.visits()[1].at).collect();
        again.sort();
        for pair in again.windows(2) {
            assert!(pair[1] >= pair[0] + 30 * SECOND, "{again:?}");
        }
        running.stop().await;
    });
}

#[test]
fn a_daemon_whose_clock_is_set_back_goes_on() {
    on_a_still_clock(async || {
        let host = Host::start(120, Manner::Well).await;
        let seconds: &'static AtomicI64 = Box::leak(Box::new(AtomicI64::new(0)));
        let set = |time: Timestamp| seconds.store(time.timestamp(), Ordering::SeqCst);
        set(day(0));
        let sources = source("one", &host.address, "every = \"1h\"");
        let running = Running::start_with("", &sources, |_| Clock::Told(seconds)).await;
        // The loop reads the clock every few seconds.
        let visits = async |expected: usize| {
            for _ in 0..20 {
                running.clock.settle().await;
                advance(SECOND).await;
            }
            assert_eq!(host.visits().len(), expected);
        };
        visits(1).await;
        set(day(1));
        visits(2).await;
        set(day(0) + 60 * SECOND);
        visits(3).await;
        set(day(0) + 60 * 60 * SECOND);
        visits(3).await;
        set(day(0) + 61 * 60 * SECOND);
        visits(4).await;
        running.stop().await;
    });
}
