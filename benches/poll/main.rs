//! The whole of a poll, from requests to published feeds, beside `sfeed_update` and a bare HTTP client.
//!
//! `cargo bench --bench poll [-- SOURCES]` (1,000 unless given)
//!
//! Input: sources with 20 items each, about 600 letters an item, from a server that is a process of its own; each source
//! has an address of its own within 127.0.0.0/8, so that no limit for one host holds it back. Each run is the program
//! itself, `tidings once`, with ten topics: cold (an empty store), warm (nothing changed), and one new item in each
//! source. `sfeed_update`, where it is installed, reads the same feeds with as many downloads at a time.
//!
//! Output: seconds, sources and items a second, CPU seconds of each thread, the most memory held at a time, bytes
//! written to disks.

mod feeds;
mod server;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use self::feeds::ITEMS;

const SOURCES: usize = 1_000;
/// Documents fetched at a time, by all that are measured.
const CONCURRENCY: usize = 64;
const TOPICS: [(&str, &str); 10] = [
    ("labour", "labour OR workers OR wages"),
    ("floods", "floods OR rain"),
    ("recruitment", "\"ethical recruitment\""),
    ("permits", "permits AND counter"),
    ("budget", "budget"),
    ("guatemala", "Guatemala"),
    ("honduras", "Honduras"),
    ("panama", "Panama"),
    ("inspectors", "inspectors"),
    ("shelters", "shelters NOT floods"),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "serve") {
        return server::serve();
    }
    let sources = arguments.iter().find_map(|one| one.parse().ok());
    let sources = sources.unwrap_or(SOURCES);
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    write_config(folder.path(), &server, sources);
    println!("{sources} sources of {ITEMS} items");
    println!(
        "run                    seconds  sources/s  items/s  peak MB  written MB  CPU by thread, s"
    );
    let cold = once(folder.path(), 12).print("cold", sources, sources * ITEMS);
    let warm = once(folder.path(), 13).print("warm", sources, 0);
    server.add_items();
    once(folder.path(), 14).print("one new item in each", sources, sources);
    let bare = bare_client(&server, sources);
    println!(
        "bare reqwest, warm     {:7.2}  {:9.0}          ratio of ours to it: {:.2}",
        bare.as_secs_f64(),
        per_second(sources, bare),
        bare.as_secs_f64() / warm.as_secs_f64()
    );
    match sfeed(folder.path(), &server, sources) {
        None => println!("sfeed_update is not installed"),
        Some(sfeed) => println!(
            "sfeed_update, cold     {:7.2}  {:9.0}          ratio of ours to it: {:.2}",
            sfeed.as_secs_f64(),
            per_second(sources, sfeed),
            sfeed.as_secs_f64() / cold.as_secs_f64()
        ),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn per_second(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// The server's process. It ends with the value.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start() -> Self {
        let own = std::env::current_exe().expect("this program");
        let mut command = Command::new(own);
        command.arg("serve").stdout(Stdio::piped());
        let mut process = command.spawn().expect("a process");
        let output = process.stdout.take().expect("its output");
        let mut line = String::new();
        BufReader::new(output)
            .read_line(&mut line)
            .expect("its port");
        let port = line.trim().parse().expect("a port");
        Self { process, port }
    }

    /// Returns the address of a source's feed, on a host of its own.
    fn url(&self, source: usize) -> String {
        let [.., third, fourth] = (source + 257).to_be_bytes();
        format!("http://127.1.{third}.{fourth}:{}/feed/{source}", self.port)
    }

    fn add_items(&self) {
        let url = format!("http://127.0.0.1:{}/more", self.port);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let posted = runtime.block_on(client().post(url).send());
        assert!(posted.expect("an answer").status().is_success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn client() -> reqwest::Client {
    // The crate is built without a provider of its own.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    reqwest::Client::new()
}

fn write_config(folder: &Path, server: &Server, sources: usize) {
    let mut text = format!(
        "[store]\nurl = 'sqlite:tidings.db'\n[publish]\ndir = 'feeds'\n\
         [fetch]\nallow_networks = ['127.0.0.0/8']\nconcurrency = {CONCURRENCY}\n"
    );
    for (topic, query) in TOPICS {
        let block = writeln!(
            text,
            "[[topic]]\nid = '{topic}'\ntitle = '{topic}'\nany = ['{query}']"
        );
        block.expect("a string takes all");
    }
    for source in 0..sources {
        let url = server.url(source);
        let block = writeln!(
            text,
            "[[source]]\nid = 'office{source}'\nurl = '{url}'\nkind = 'feed'"
        );
        block.expect("a string takes all");
    }
    std::fs::write(folder.join("tidings.toml"), text).expect("a file");
}

/// The measures of one process.
struct Run {
    time: Duration,
    /// CPU time by name of thread.
    threads: BTreeMap<String, Duration>,
    peak_kib: u64,
    written_bytes: u64,
}

/// Polls all sources once and publishes, at an hour of the day after the last item.
fn once(folder: &Path, hour: u8) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command
        .args(["once", "--all", "--now"])
        .arg(format!("2026-05-22T{hour}:00:00Z"))
        .arg("--config")
        .arg(folder.join("tidings.toml"))
        .stdout(Stdio::null());
    let begin = Instant::now();
    let mut process = command.spawn().expect("a process");
    let mut of_tasks = BTreeMap::new();
    let mut run = Run {
        time: Duration::ZERO,
        threads: BTreeMap::new(),
        peak_kib: 0,
        written_bytes: 0,
    };
    let proc = format!("/proc/{}", process.id());
    let status = loop {
        sample(Path::new(&proc), &mut of_tasks, &mut run);
        if let Some(status) = process.try_wait().expect("a status") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    run.time = begin.elapsed();
    assert!(status.success(), "tidings once: {status}");
    for (name, spent) in of_tasks.into_values() {
        *run.threads.entry(name).or_default() += spent;
    }
    run
}

/// Reads what the kernel counts of a process and its threads (proc(5)); what has ended keeps its last count.
fn sample(proc: &Path, of_tasks: &mut BTreeMap<String, (String, Duration)>, run: &mut Run) {
    let tasks = std::fs::read_dir(proc.join("task")).into_iter().flatten();
    for task in tasks.flatten() {
        let read = |file| read_short(&task.path().join(file));
        let (Some(name), Some(spent)) = (read("comm"), read("schedstat")) else {
            continue;
        };
        let spent = spent.split(' ').next().and_then(|ns| ns.parse().ok());
        let spent = Duration::from_nanos(spent.unwrap_or_default());
        let id = task.file_name().to_string_lossy().into_owned();
        of_tasks.insert(id, (name.trim().to_owned(), spent));
    }
    let field = |file: &str, name: &str| -> Option<u64> {
        let text = read_short(&proc.join(file))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    run.peak_kib = field("status", "VmHWM:").unwrap_or(run.peak_kib);
    run.written_bytes = field("io", "write_bytes:").unwrap_or(run.written_bytes);
}

/// Reads a file of the kernel, which is short.
fn read_short(path: &Path) -> Option<String> {
    let mut text = String::new();
    let file = File::open(path).ok()?;
    file.take(64 << 10).read_to_string(&mut text).ok()?;
    Some(text)
}

impl Run {
    /// Prints a line of the table and returns the time.
    fn print(self, name: &str, sources: usize, items: usize) -> Duration {
        let threads: Vec<String> = self
            .threads
            .iter()
            .map(|(name, spent)| format!("{name} {:.2}", spent.as_secs_f64()))
            .collect();
        println!(
            "{name:22} {:7.2}  {:9.0}  {:7.0}  {:7}  {:10}  {}",
            self.time.as_secs_f64(),
            per_second(sources, self.time),
            per_second(items, self.time),
            self.peak_kib / 1024,
            self.written_bytes / 1_000_000,
            threads.join(", ")
        );
        self.time
    }
}

/// Fetches every feed with as many requests at a time, and does nothing with them.
fn bare_client(server: &Server, sources: usize) -> Duration {
    use futures_util::StreamExt as _;
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let client = client();
    let requests = (0..sources).map(|source| {
        let tag = format!("\"{source}-1\"");
        let request = client.get(server.url(source)).header("if-none-match", tag);
        async {
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status().as_u16(), 304);
        }
    });
    let begin = Instant::now();
    runtime.block_on(
        futures_util::stream::iter(requests)
            .buffer_unordered(CONCURRENCY)
            .for_each(|()| async {}),
    );
    begin.elapsed()
}

/// Runs `sfeed_update` on the same feeds. Returns nothing if it is not installed.
fn sfeed(folder: &Path, server: &Server, sources: usize) -> Option<Duration> {
    let path = folder.join("sfeedrc");
    let mut text = format!(
        "sfeedpath={}\nmaxjobs={CONCURRENCY}\nfeeds() {{\n",
        folder.join("sfeed").display()
    );
    for source in 0..sources {
        let feed = writeln!(text, "feed 'office{source}' '{}'", server.url(source));
        feed.expect("a string takes all");
    }
    text.push_str("}\n");
    std::fs::write(&path, text).expect("a file");
    let begin = Instant::now();
    let mut command = Command::new("sfeed_update");
    let output = command.arg(&path).output().ok()?;
    assert!(output.status.success(), "sfeed_update: {}", output.status);
    Some(begin.elapsed())
}
