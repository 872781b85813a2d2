//! From the bytes of documents to a committed store: items per second, and each stage's share of the time.

mod documents;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, Throughput};
use futures_util::future::join_all;
use tempfile::TempDir;
use tidings::classify::{self, Classifier, RequiredTokens, Subject};
use tidings::config::{self, Config};
use tidings::dedupe::Fingerprint;
use tidings::drift::DocumentShape;
use tidings::model::{Document, Hash, Item, Source, TopicId, Validators};
use tidings::store::{
    Consent, Definition, FeedDefinition, FormerNames, ListCoverage, NarrowedClassifier, NewItem,
    Poll, PollOutcome, SourceDefinition, Store,
};
use tidings::topics::topic_fingerprints;
use tidings::{extract, flow, normalize};
use tokio::runtime::Runtime;

const STAGES: [&str; 5] = ["extract", "normalize", "classify", "fingerprint", "commit"];

/// Time spent in each of [`STAGES`].
type Spent = [Duration; STAGES.len()];

/// The data that all runs share.
struct Bench {
    runtime: Runtime,
    config: Config,
    classifier: Classifier,
}

/// Returns a source for each document, and the topics that come with tidings.
fn config() -> Config {
    let topics = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/topics.toml");
    let feed = |feed: usize| {
        let language = documents::language(feed);
        format!(
            "[[source]]\nid = 'feed-{feed}'\nurl = 'https://site{feed}.example/feed'\nkind = 'feed'\nlanguage = '{language}'\n"
        )
    };
    let feeds: Vec<String> = (0..documents::FEEDS).map(feed).collect();
    let others = "
        [[source]]
        id = 'page'
        url = 'https://page.example/list'
        select.item = '.views-row'
        select.title = 'h3 a'
        select.link = 'h3 a@href'
        select.date = 'time'
        select.summary = '.teaser'
        [[source]]
        id = 'text'
        url = 'https://text.example/bulletin.txt'
        kind = 'text'
        language = 'es'
        date_order = 'dmy'
    ";
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tidings.toml");
    let text = format!(
        "include = ['{}']\n{}{others}",
        topics.display(),
        feeds.concat()
    );
    std::fs::write(&file, text).expect("a file");
    config::load(&file, &|_| None).unwrap_or_else(|refused| panic!("{refused}"))
}

fn definition(config: &Config) -> Definition {
    let fingerprints = topic_fingerprints(&config.topics);
    let feeds = config.topics.iter().map(|topic| FeedDefinition {
        topic: topic.id.clone(),
        title: topic.id.to_string(),
        queries: topic.written_queries(),
        fingerprint: fingerprints[&topic.id],
        each: topic.each.clone(),
    });
    let sources = config.sources.iter().map(|source| SourceDefinition {
        id: source.id.clone(),
        name: source.name.clone(),
        rank: source.rank,
        address: None,
        topics: Vec::new(),
        country: None,
        regions: Vec::new(),
    });
    Definition {
        classifier: classify::VERSION.to_string(),
        fresh: Duration::from_hours(7 * 24),
        at: documents::now(),
        feeds: feeds.collect(),
        sources: sources.collect(),
        key: Hash::digest(b"key"),
        classify: Arc::new(|_, _| BTreeSet::new()),
        names: FormerNames::default(),
        narrow: Box::new(|_, _| NarrowedClassifier {
            needs: RequiredTokens::Any(Vec::new()),
            topics: Box::new(|_| BTreeSet::new()),
        }),
        files: Vec::new(),
    }
}

fn timed<T>(spent: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    *spent += begin.elapsed();
    done
}

impl Bench {
    fn new() -> Self {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let config = config();
        Self {
            runtime: runtime.enable_all().build().expect("a runtime"),
            classifier: Classifier::new(&config.topics, &[]),
            config,
        }
    }

    /// Returns a document for each source, in order.
    fn documents(&self) -> Vec<Document> {
        let document = |(source, body): (&Source, String)| Document {
            url: flow::request_address(&source.location).expose().clone(),
            content_type: None,
            body: body.into_bytes(),
            fetched_at: documents::now(),
        };
        let sources = self.config.sources.iter();
        sources.zip(documents::bodies()).map(document).collect()
    }

    /// Creates an empty store with the sources and topics.
    fn store(&self) -> (Store, TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tidings.db");
        let store = Store::open(&path).expect("an empty store");
        let defined = self
            .runtime
            .block_on(store.define(definition(&self.config), Consent::Given));
        defined.expect("a definition");
        (store, folder)
    }

    /// Runs the whole flow: every stage on this thread, then the commits. All polls wait for the writer together, as
    /// those of a busy daemon do.
    fn run(&self, store: &Store, documents: Vec<Document>, spent: &mut Spent) -> usize {
        let sources = self.config.sources.iter().zip(documents);
        let polls: Vec<Poll> = sources
            .map(|(source, document)| self.poll(source, document, spent))
            .collect();
        let commits = join_all(polls.into_iter().map(|poll| store.commit(poll)));
        let committed = timed(&mut spent[4], || self.runtime.block_on(commits));
        let new = committed.into_iter().map(|one| one.expect("a commit").new);
        new.sum()
    }

    fn poll(&self, source: &Source, document: Document, spent: &mut Spent) -> Poll {
        let address = document.url.to_string();
        let fingerprint = source.fingerprint(extract::VERSION);
        let items = self.digest(source, document, spent);
        let outcome = PollOutcome::Read {
            shape: Some(DocumentShape::from_items(items.iter().map(|new| &new.item))),
            items,
            validators: vec![(address, Validators::default(), fingerprint)],
            problem: None,
            drift: None,
            walked_back: false,
            coverage: ListCoverage::Whole,
        };
        Poll {
            source: source.id.clone(),
            at: documents::now(),
            outcome,
            details: None,
            layout: None,
            cadence: source.cadence.clone(),
            zone: source.zone,
            fingerprint,
            block: source.block_hash(),
            classified_by: Hash::digest(b"key"),
        }
    }

    fn digest(&self, source: &Source, document: Document, spent: &mut Spent) -> Vec<NewItem> {
        let extracted = timed(&mut spent[0], || extract::extract(&document, source));
        let pages = vec![(document, extracted.expect("a document that can be read"))];
        let items = timed(&mut spent[1], || normalize::normalize(source, pages)).items;
        let topics = |item: &Item| {
            let topics = self.classifier.topics_of(&Subject::new(item, &[]));
            topics.into_iter().collect()
        };
        let topics: Vec<Vec<TopicId>> = timed(&mut spent[2], || items.iter().map(topics).collect());
        let fingerprints: Vec<_> = timed(&mut spent[3], || {
            items.iter().map(Fingerprint::from_item).collect()
        });
        let tokens: Vec<String> = timed(&mut spent[2], || {
            let tokens = |item| classify::item_tokens(&Subject::new(item, &[]));
            items.iter().map(tokens).collect()
        });
        let parts = items.into_iter().zip(topics).zip(fingerprints).zip(tokens);
        parts
            .map(|(((item, topics), fingerprint), tokens)| NewItem {
                item,
                topics,
                fingerprint,
                tokens,
            })
            .collect()
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .measurement_time(Duration::from_secs(20))
        .configure_from_args();
    let bench = Bench::new();
    let documents = bench.documents();
    let spent = RefCell::new(Spent::default());
    let mut group = criterion.benchmark_group("flow");
    group.throughput(Throughput::Elements(documents::ALL as u64));
    group.bench_function("bytes to committed store", |bencher| {
        bencher.iter_batched(
            || (bench.store(), documents.clone()),
            |((store, folder), documents)| {
                let new = bench.run(&store, documents, &mut spent.borrow_mut());
                assert_eq!(new, documents::ALL);
                // Closed and removed outside the measurement.
                (store, folder)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
    print_shares(&spent.borrow());
    criterion.final_summary();
}

fn print_shares(spent: &Spent) {
    let all: Duration = spent.iter().sum();
    for (stage, spent) in STAGES.iter().zip(spent) {
        let share = 100.0 * spent.as_secs_f64() / all.as_secs_f64();
        println!("{stage:>12} {share:5.1} %");
    }
}
