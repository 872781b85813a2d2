//! The cost of finding an item's topics, by the number of topics.
//!
//! `cargo bench --bench topics`
//!
//! Topics have 5 to 15 terms (phrases, words, conjunctions, some prefixes, exact words, fields, expressions and
//! exclusions), and items 100 words, all of one made-up language of 30,000 words with natural frequencies (Zipf);
//! topics leave out its thousand commonest ones. Every item is classified as English, then as Spanish, each time with
//! all topics. In each round, items that no earlier round used meet each number of topics in turn. The cost of an
//! item is the mean of the quickest round, because other work on the machine slows down the rest. The forms of a
//! language, which its first item has to wait for, are reported separately. Memory is the memory kept: the trees of
//! the queries, and the program with the forms of one language and of both.

mod words;

use std::hint::black_box;
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use tidings::classify::{Classifier, Subject};
use tidings::model::{ConfigPosition, Language, Region, SourceId};
use tidings::topics::{Query, Topic, TopicTitle};

use self::words::{COMMON, Chance, Words};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TOPICS: [usize; 3] = [10, 1_000, 10_000];
const ITEMS: usize = 400;
const ROUNDS: usize = 60;
const LANGUAGES: [&str; 2] = ["en", "es"];

fn main() {
    let words = Words::new();
    let mut chance = Chance(7);
    let items = texts(&words, &mut chance);
    let facts = Facts::new();
    // Data that all of them share is created outside the measurement.
    Classifier::new(&[], &[]);
    let mut sizes: Vec<Size> = TOPICS
        .iter()
        .map(|count| Size::new(*count, &words, &items, &facts))
        .collect();
    for _ in 0..ROUNDS {
        let items = texts(&words, &mut chance);
        for size in &mut sizes {
            size.round(&items, &facts);
        }
    }
    println!(
        "topics  compile ms  forms ms  trees MB  program MB  2 languages MB  found/item  µs/item  ratio"
    );
    for size in &sizes {
        println!(
            "{:>6}  {:>10.1}  {:>8.1}  {:>8.2}  {:>10.2}  {:>14.2}  {:>10.1}  {:>7.1}  {:>5.2}",
            size.topics,
            size.compile_ms,
            size.forms_ms,
            size.trees_mb,
            size.program_mb[0],
            size.program_mb[1],
            size.found,
            size.micros(),
            size.micros() / sizes[0].micros(),
        );
    }
}

/// A number of topics, with its measurements.
struct Size {
    topics: usize,
    classifier: Classifier,
    compile_ms: f64,
    /// The forms of one language.
    forms_ms: f64,
    trees_mb: f64,
    /// With the forms of one language, of two.
    program_mb: Vec<f64>,
    found: f64,
    /// The shortest time for all items of a round, in each language.
    least: Duration,
}

impl Size {
    fn new(count: usize, words: &Words, items: &[String], facts: &Facts) -> Self {
        let mut chance = Chance(11);
        let before = held_mb();
        let topics: Vec<Topic> = (0..count).map(|n| topic(words, n, &mut chance)).collect();
        let trees_mb = held_mb() - before;
        let before = held_mb();
        let begin = Instant::now();
        let classifier = Classifier::new(&topics, &[]);
        let compile_ms = millis(begin);
        let mut program_mb = Vec::new();
        let mut forms_ms = 0.0;
        for language in &facts.languages {
            let begin = Instant::now();
            facts.classify(&classifier, "", language);
            forms_ms = millis(begin);
            program_mb.push(held_mb() - before);
        }
        let of = |item: &String| facts.classify(&classifier, item, &facts.languages[0]);
        let found: usize = items.iter().map(of).sum();
        Self {
            topics: count,
            compile_ms,
            forms_ms,
            trees_mb,
            program_mb,
            found: mean(found, items.len()),
            least: Duration::MAX,
            classifier,
        }
    }

    fn round(&mut self, items: &[String], facts: &Facts) {
        let begin = Instant::now();
        for language in &facts.languages {
            for item in items {
                black_box(facts.classify(&self.classifier, black_box(item), language));
            }
        }
        self.least = begin.elapsed().min(self.least);
    }

    fn micros(&self) -> f64 {
        self.least.as_secs_f64() * 1e6 / mean(ITEMS * LANGUAGES.len(), 1)
    }
}

/// The facts that all items share.
struct Facts {
    languages: Vec<Language>,
    source: SourceId,
    regions: Vec<Region>,
}

impl Facts {
    fn new() -> Self {
        let languages = LANGUAGES.iter().filter_map(|tag| tag.parse().ok());
        let regions = ["MX", "MX-CHP"].iter().filter_map(|code| code.parse().ok());
        Self {
            languages: languages.collect(),
            source: "source-3".parse().expect("an id"),
            regions: regions.collect(),
        }
    }

    fn classify(&self, classifier: &Classifier, item: &str, language: &Language) -> usize {
        let subject = Subject {
            title: "",
            summary: item,
            source: Some(&self.source),
            language: Some(language),
            regions: &self.regions,
            ..Subject::default()
        };
        classifier.topics_of(&subject).len()
    }
}

fn texts(words: &Words, chance: &mut Chance) -> Vec<String> {
    (0..ITEMS).map(|_| words.text(100, chance)).collect()
}

fn topic(words: &Words, number: usize, chance: &mut Chance) -> Topic {
    let terms = 5 + chance.below(11);
    let mut any = Vec::new();
    let mut count = 0;
    while count < terms {
        let mut word = || words.word(COMMON, chance);
        let (a, b, c) = (word(), word(), word());
        let (text, terms) = match chance.below(20) {
            0..11 => (format!("\"{a} {b}\""), 1),
            11..13 => (a.to_owned(), 1),
            13..16 => (format!("{a} ({b} OR {c})"), 3),
            16 => (format!("{a} {}*", b.chars().take(6).collect::<String>()), 2),
            17 => (format!("summary:{a} =\"{b}\""), 2),
            18 => (format!("{a} country:MX -{b}"), 3),
            _ => (
                format!("\"{a} {b}\"~3 source:source-{}", chance.below(50)),
                2,
            ),
        };
        any.push(text);
        count += terms;
    }
    let query = |text: &String| Query::parse(text).expect("a query").query;
    Topic {
        place: ConfigPosition {
            file: "topics.toml".into(),
            line: 1,
            column: 1,
        },
        id: format!("topic-{number}").parse().expect("an id"),
        title: TopicTitle::Plain(String::new()),
        any: any.iter().map(query).collect(),
        all: Vec::new(),
        exclude: [words.word(COMMON, chance).to_owned()]
            .iter()
            .map(query)
            .collect(),
        query: None,
        former: Vec::new(),
        each: std::collections::BTreeSet::new(),
    }
}

fn millis(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e3
}

fn held_mb() -> f64 {
    f64::from(MEMORY.current_usage_as_kb()) / 1e3
}

fn mean(sum: usize, count: usize) -> f64 {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    number(sum) / number(count)
}
