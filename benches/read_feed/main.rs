//! The speed and memory of reading feeds, compared with other crates.
//!
//! The feeds are those in the folder named by `TIDINGS_CORPUS`, else [`generated`] ones. The benchmark uses one
//! thread. In each round we and a peer read the same feeds in turn, so that other work on the machine affects both
//! alike, and the ratio is the median over the rounds. A feed that one of the two refuses is left out of their
//! comparison, and counted. Criterion does not fit: it measures one function after the other.
//!
//! All allocations are counted, ours and the peers'.

mod generated;

use std::fs::File;
use std::hint::black_box;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use tidings::model::{Document, Source};
use tidings::{config, extract, normalize};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Rounds of each comparison, in addition to the first, which warms up.
const ROUNDS: usize = 15;
const ADDRESS: &str = "https://site.example/feed";

/// One feed, for all readers.
struct Feed {
    name: String,
    /// True if its root element is Atom's.
    is_atom: bool,
    document: Document,
}

/// Reads a feed. Returns the number of its entries; `None` if it is refused.
type Reader = fn(&Feed, &Source) -> Option<usize>;

struct Comparison {
    what: &'static str,
    ours: Reader,
    peer: &'static str,
    theirs: Reader,
}

const COMPARISONS: [Comparison; 6] = [
    Comparison {
        what: "parse",
        ours: parse,
        peer: "rss, atom_syndication",
        theirs: parse_syndication,
    },
    Comparison {
        what: "parse",
        ours: parse,
        peer: "feed-rs",
        theirs: |feed, _| parse_feed_rs(feed, false),
    },
    Comparison {
        what: "parse",
        ours: parse,
        peer: "feedparser-rs",
        theirs: |feed, _| parse_feedparser_rs(feed, false),
    },
    Comparison {
        what: "parse and sanitize",
        ours: sanitize,
        peer: "feed-rs",
        theirs: |feed, _| parse_feed_rs(feed, true),
    },
    Comparison {
        what: "parse and sanitize",
        ours: sanitize,
        peer: "feedparser-rs",
        theirs: |feed, _| parse_feedparser_rs(feed, true),
    },
    Comparison {
        what: "parse and normalize, beside sanitizing",
        ours: normalize,
        peer: "feed-rs",
        theirs: |feed, _| parse_feed_rs(feed, true),
    },
];

fn parse(feed: &Feed, source: &Source) -> Option<usize> {
    let extracted = extract::extract(&feed.document, source).ok()?;
    Some(black_box(extracted).entries.len())
}

/// Sanitizes every text of markup, as the peers do.
fn sanitize(feed: &Feed, source: &Source) -> Option<usize> {
    let extracted = extract::extract(&feed.document, source).ok()?;
    let base = &feed.document.url;
    for entry in &extracted.entries {
        for text in [&entry.title, &entry.summary, &entry.content] {
            black_box(
                text.as_ref()
                    .map(|text| normalize::sanitize_text(text, base)),
            );
        }
    }
    Some(black_box(extracted).entries.len())
}

/// Does our work for every feed: in addition, titles and texts without markup, dates, addresses, languages,
/// identities.
fn normalize(feed: &Feed, source: &Source) -> Option<usize> {
    let extracted = extract::extract(&feed.document, source).ok()?;
    // Only its address and time are used: the body is not copied for this.
    let document = Document {
        url: feed.document.url.clone(),
        content_type: None,
        body: Vec::new(),
        fetched_at: feed.document.fetched_at,
    };
    let normalized = normalize::normalize(source, vec![(document, extracted)]);
    Some(black_box(normalized).items.len())
}

fn parse_syndication(feed: &Feed, _: &Source) -> Option<usize> {
    let body = feed.document.body.as_slice();
    if feed.is_atom {
        let read = atom_syndication::Feed::read_from(body).ok()?;
        Some(black_box(read).entries.len())
    } else {
        let read = rss::Channel::read_from(body).ok()?;
        Some(black_box(read).items.len())
    }
}

fn is_atom(body: &[u8]) -> bool {
    let at = |name: &[u8]| body.windows(name.len()).position(|window| window == name);
    let first = |names: &[&[u8]]| names.iter().filter_map(|name| at(name)).min();
    let atom = first(&[b"<feed", b":feed"]).unwrap_or(usize::MAX);
    atom < first(&[b"<rss", b"<rdf:RDF", b"<RDF"]).unwrap_or(usize::MAX)
}

fn parse_feed_rs(feed: &Feed, sanitize: bool) -> Option<usize> {
    let parser = feed_rs::parser::Builder::new()
        .base_uri(Some(ADDRESS))
        .sanitize_content(sanitize)
        .build();
    let read = parser.parse(feed.document.body.as_slice()).ok()?;
    Some(black_box(read).entries.len())
}

fn parse_feedparser_rs(feed: &Feed, sanitize: bool) -> Option<usize> {
    let options = feedparser_rs::ParseOptions {
        sanitize_html: sanitize,
        ..feedparser_rs::ParseOptions::default()
    };
    let read = feedparser_rs::parse_with_options(&feed.document.body, &options).ok()?;
    Some(black_box(read).entries.len())
}

fn main() {
    let source = source();
    let feeds = feeds();
    let bytes: usize = feeds.iter().map(|feed| feed.document.body.len()).sum();
    println!(
        "{} feeds, {:.1} MB, {ROUNDS} rounds",
        feeds.len(),
        megabytes(bytes)
    );
    println!();
    println!(
        "| | peer | feeds | refused by us, by it | entries | ours, MB/s | its, MB/s | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for comparison in &COMPARISONS {
        compare(comparison, &feeds, &source);
    }
    println!();
    println!("| peak memory, times the document | all feeds | worst |");
    println!("|---|---|---|");
    let row = |what: &str, read| memory(what, read, &feeds, &source);
    row("ours, parse", parse);
    row("ours, parse and sanitize", sanitize);
    for Comparison {
        what, peer, theirs, ..
    } in &COMPARISONS
    {
        row(&format!("{peer}, {what}"), *theirs);
    }
}

/// Prints a row: medians over the rounds.
fn compare(comparison: &Comparison, feeds: &[Feed], source: &Source) {
    let Comparison {
        what,
        ours,
        peer,
        theirs,
    } = comparison;
    let (mut both, mut refused, mut entries) = (Vec::new(), [0, 0], [0, 0]);
    for feed in feeds {
        match (ours(feed, source), theirs(feed, source)) {
            (Some(our), Some(their)) => {
                both.push(feed);
                entries = [entries[0] + our, entries[1] + their];
            }
            (our, their) => {
                refused = [
                    refused[0] + usize::from(our.is_none()),
                    refused[1] + usize::from(their.is_none()),
                ];
            }
        }
    }
    let bytes: usize = both.iter().map(|feed| feed.document.body.len()).sum();
    let speed = |spent: Duration| megabytes(bytes) / spent.as_secs_f64();
    let rounds: Vec<[f64; 2]> = (0..=ROUNDS)
        .map(|round| {
            let mut spent = [Duration::ZERO; 2];
            // The first one has the cold caches, so they take turns.
            for turn in [round % 2, 1 - round % 2] {
                let read = [ours, theirs][turn];
                let begin = Instant::now();
                for feed in &both {
                    black_box(read(feed, source));
                }
                spent[turn] = begin.elapsed();
            }
            spent.map(speed)
        })
        .skip(1)
        .collect();
    let [ours, theirs] = [0, 1].map(|side| median(rounds.iter().map(|round| round[side])));
    let ratio = median(rounds.iter().map(|[ours, theirs]| ours / theirs));
    println!(
        "| {what} | {peer} | {} | {}, {} | {}, {} | {ours:.0} | {theirs:.0} | {ratio:.2} |",
        both.len(),
        refused[0],
        refused[1],
        entries[0],
        entries[1],
    );
}

/// Prints a row: the peak memory while a feed is read, including the document.
fn memory(what: &str, read: Reader, feeds: &[Feed], source: &Source) {
    let (mut peaks, mut bytes, mut worst) = (0, 0, (0.0, ""));
    for feed in feeds {
        let length = feed.document.body.len();
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        if read(feed, source).is_none() {
            continue;
        }
        let peak = MEMORY.peak_usage() - before + length;
        let multiple = ratio(peak, length);
        if multiple > worst.0 {
            worst = (multiple, feed.name.as_str());
        }
        peaks += peak;
        bytes += length;
    }
    println!(
        "| {what} | {:.2} | {:.2} ({}) |",
        ratio(peaks, bytes),
        worst.0,
        worst.1
    );
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of bytes are far below 2⁵²"
)]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

fn megabytes(bytes: usize) -> f64 {
    ratio(bytes, 1_000_000)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn feeds() -> Vec<Feed> {
    let bodies = match std::env::var_os("TIDINGS_CORPUS") {
        Some(folder) => given(Path::new(&folder)),
        None => generated::feeds(),
    };
    assert!(
        !bodies.is_empty(),
        "there is no feed in the folder that TIDINGS_CORPUS names"
    );
    let feed = |(name, body): (String, Vec<u8>)| Feed {
        name,
        is_atom: is_atom(&body),
        document: Document {
            url: ADDRESS.parse().expect("an address"),
            content_type: None,
            body,
            fetched_at: "2026-03-04T00:00:00Z".parse().expect("a time"),
        },
    };
    bodies.into_iter().map(feed).collect()
}

fn given(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = folder
        .read_dir()
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.is_file());
    paths.sort();
    paths.iter().map(|path| (name(path), body(path))).collect()
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn body(path: &Path) -> Vec<u8> {
    let mut body = Vec::new();
    let file = File::open(path);
    file.and_then(|mut file| file.read_to_end(&mut body))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    body
}

fn source() -> Source {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tidings.toml");
    let text = format!("[[source]]\nid = 'feed'\nurl = '{ADDRESS}'\nkind = 'feed'\n");
    std::fs::write(&file, text).expect("a file");
    let config = config::load(&file, &|_| None);
    config
        .unwrap_or_else(|refused| panic!("{refused}"))
        .sources
        .remove(0)
}
