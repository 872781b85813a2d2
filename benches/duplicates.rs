//! The cost of deciding if an item was reported before, which must not grow with the number of earlier items.
//!
//! `cargo bench --bench duplicates`
//!
//! The stream is made up, the same in every run: titles and texts from a vocabulary of bulletins, a fifth of them
//! reports of something that was reported shortly before, a third with a closing sentence that many share.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the figures are for people"
)]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use serde_json::json;
use tidings::classify::regions;
use tidings::dedupe::{ComparedItem, Fingerprint, Window, WindowLimits};
use url::Url;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Items per timed piece. The median of the pieces is robust against other work on the machine.
const PIECE: usize = 10_000;

fn main() {
    // Without `--bench` the benchmark only checks that everything runs.
    let whole = std::env::args().any(|argument| argument == "--bench");
    let scale = if whole { 1 } else { 100 };
    regions::load_gazetteer();
    stream(1_000_000 / scale, 3_000_000 / scale);
    command(200_000 / scale);
}

/// Measures the stages' costs, the first and the last fifth of `million` items, and the memory at `million` and at
/// `most`.
fn stream(million: usize, most: usize) {
    let mut window = Window::new(WindowLimits::default());
    let mut items = Items::new();
    let (mut reading, mut deciding) = (Vec::new(), Vec::new());
    let mut kept = Vec::new();
    let mut joined = 0;
    for from in (0..most).step_by(PIECE) {
        let (mut read, mut decided) = (Duration::ZERO, Duration::ZERO);
        for number in from..most.min(from + PIECE) {
            let item = items.next();
            let start = Instant::now();
            let fingerprint = item.fingerprint();
            let between = Instant::now();
            let decision = window.decide(number as u64 + 1, &fingerprint, |_| None);
            read += between - start;
            decided += between.elapsed();
            joined += usize::from(decision.joined.is_some());
        }
        reading.push(read);
        deciding.push(decided);
        kept.push(ALLOCATED.current_usage());
    }
    let pieces = million.div_ceil(PIECE);
    let fifth = (pieces / 5).max(1);
    let both: Vec<Duration> = reading
        .iter()
        .zip(&deciding)
        .map(|(read, decided)| *read + *decided)
        .collect();
    println!("items                         {most}, {joined} joined");
    println!("reading an item               {:.1} µs", each(&reading));
    println!("deciding on an item           {:.1} µs", each(&deciding));
    println!(
        "both, one thread              {:.0} items/s",
        1e6 / each(&both)
    );
    let (first, last) = (each(&both[..fifth]), each(&both[pieces - fifth..pieces]));
    println!("first fifth of {million:<14} {first:.1} µs an item");
    println!(
        "last fifth of {million:<15} {last:.1} µs an item: {:.2} × the first",
        last / first
    );
    let mebibytes = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    println!(
        "memory after {million:<16} {:.1} MiB",
        mebibytes(kept[pieces - 1])
    );
    println!(
        "memory after {most:<16} {:.1} MiB",
        mebibytes(*kept.last().expect("there are items"))
    );
}

/// Returns the median of the pieces, in microseconds per item.
fn each(pieces: &[Duration]) -> f64 {
    let mut pieces = pieces.to_vec();
    pieces.sort_unstable();
    pieces[pieces.len() / 2].as_secs_f64() * 1e6 / PIECE as f64
}

/// Measures the whole command: `tidings explain duplicates`.
fn command(count: usize) {
    let mut items = Items::new();
    let lines: String = (0..count).map(|_| items.next().line()).collect();
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    let command = command
        .args(["explain", "duplicates"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().expect("the command runs");
    let mut stdin = child.stdin.take().expect("its stdin is a pipe");
    let writing = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let answered = child.wait_with_output().expect("it ends");
    writing
        .join()
        .expect("writing does not panic")
        .expect("it reads all");
    let seconds = start.elapsed().as_secs_f64();
    let lines = answered.stdout.split(|byte| *byte == b'\n').count() - 1;
    assert_eq!(lines, count);
    println!(
        "the command, {count:<16} {:.0} items/s",
        count as f64 / seconds
    );
}

/// An endless stream of items.
struct Items {
    state: u64,
    number: u64,
    words: Vec<String>,
    /// The latest items.
    recent: Vec<Item>,
}

#[derive(Clone)]
struct Item {
    number: u64,
    url: String,
    title: String,
    summary: String,
    at: i64,
}

impl Items {
    fn new() -> Self {
        let syllables = [
            "ba", "ca", "de", "fi", "go", "lu", "ma", "ne", "ri", "so", "ta", "vo", "que", "ción",
            "mien", "tra",
        ];
        let word = |number: usize| {
            let parts = [number % 16, number / 16 % 16, number / 256 % 16];
            parts.iter().map(|part| syllables[*part]).collect()
        };
        Self {
            state: 1,
            number: 0,
            words: (0..4096).map(word).collect(),
            recent: Vec::new(),
        }
    }

    /// Returns a random number (xorshift).
    fn random(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % below as u64) as usize
    }

    fn text(&mut self, length: usize) -> String {
        let mut text = String::new();
        for at in 0..length {
            // As in a language, some words are far more frequent than others.
            let below = [16, 256, 4096][self.random(3)];
            let word = self.random(below);
            text.push_str(if at == 0 { "" } else { " " });
            text.push_str(&self.words[word]);
        }
        text
    }

    fn next(&mut self) -> Item {
        self.number += 1;
        let item = if self.recent.len() > 100 && self.random(5) == 0 {
            let at = self.random(self.recent.len());
            self.retold(at)
        } else {
            self.told()
        };
        if self.recent.len() < 5_000 {
            self.recent.push(item.clone());
        } else {
            let at = self.random(5_000);
            self.recent[at] = item.clone();
        }
        item
    }

    fn told(&mut self) -> Item {
        let length = 6 + self.random(8);
        let number = self.number;
        let closing = if self.random(3) == 0 {
            " Este boletín se publica con el apoyo del ministerio y de sus oficinas."
        } else {
            ""
        };
        let length_of_text = 20 + self.random(60);
        Item {
            number,
            url: format!("https://host{}.example/noticias/{number}", number % 97),
            title: format!("{} n.º {number}", self.text(length)),
            summary: format!(
                "{} {} casos.{closing}",
                self.text(length_of_text),
                self.random(9_000)
            ),
            at: 1_700_000_000 + i64::try_from(number).unwrap_or(0) * 60,
        }
    }

    /// Returns an earlier item, cut and under another address.
    fn retold(&mut self, at: usize) -> Item {
        let item = self.recent[at].clone();
        let keep = item.summary.len() * (60 + self.random(40)) / 100;
        Item {
            number: self.number,
            url: format!("https://otro{}.example/n/{}", self.number % 89, self.number),
            summary: item.summary.chars().take(keep).collect(),
            ..item
        }
    }
}

impl Item {
    fn fingerprint(&self) -> Fingerprint {
        let address = Url::parse(&self.url).ok();
        Fingerprint::from_compared(&ComparedItem {
            address: address.as_ref(),
            title: &self.title,
            text: &self.summary,
            at: Some(self.at),
            event: None,
            language: "es",
        })
    }

    fn line(&self) -> String {
        let item = json!({
            "id": self.number.to_string(), "source": "s", "url": self.url, "title": self.title, "summary": self.summary,
            "date": chrono::DateTime::from_timestamp(self.at, 0).map(|at| at.to_rfc3339()), "lang": "es",
        });
        format!("{item}\n")
    }
}
