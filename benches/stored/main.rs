//! The cost of topics and searches over a year of bulletins.
//!
//! `cargo bench --bench stored` (some minutes: it fills a store)
//!
//! Input: 200 sources with 1,000 items each, 100 words per item, over a year, polled from files into a store; 100
//! topics that each match some of them. Then, from the store alone: a plan with one changed query and a reload that
//! puts it in force, each the median of several; and searches, each for something else, so that no answer is known,
//! from the query to the Atom feed.

#[path = "../topics/words.rs"]
mod words;

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use tidings::config::{self, Config};
use tidings::flow::{self, Clock, FileCheck, Flow, SourceSelection};
use tidings::model::Feed;
use tidings::publish::{self, FeedFormat};
use tidings::store::Consent;

use self::words::{COMMON, Chance, Words};

const SOURCES: usize = 200;
const ITEMS: usize = 1_000;
const TOPICS: usize = 100;
const SEARCHES: usize = 500;
const ROUNDS: usize = 5;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let words = Words::new();
    write_sources(folder.path(), &words);
    let topics = topics(&words);
    let now = now();
    runtime.block_on(async {
        let before = config(folder.path(), &topics);
        let flow = Flow::start(before, Clock::Fixed(now))
            .await
            .expect("a store");
        let begin = Instant::now();
        flow.poll(&SourceSelection::All, |_, _| {})
            .await
            .expect("polls");
        flow.publish(FileCheck::Look).await.expect("a publication");
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "{} items polled and published in {seconds:.0} s",
            SOURCES * ITEMS
        );
        println!("one changed query     stories that move  plan ms  reload ms");
        let mut chance = Chance(5);
        let rare = format!(
            "\"{} {}\"",
            words.word(COMMON, &mut chance),
            words.word(COMMON, &mut chance)
        );
        let many: Vec<&str> = (0..100).map(|_| words.word(30, &mut chance)).collect();
        let many = many.join(" OR ");
        let changed = [
            ("a word more", words.word(COMMON, &mut chance).to_owned()),
            ("a phrase more", rare),
            ("a hundred words more", many),
            ("no word at all", "/[0-9] of/".to_owned()),
        ];
        for (what, query) in changed {
            let mut with = topics.clone();
            with[3].push(query);
            change(&flow, folder.path(), [&topics, &with], what, now).await;
        }
        search(&flow, folder.path(), &words, &topics).await;
    });
}

fn now() -> DateTime<Utc> {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

/// Writes a feed per source; the items of all are spread over the year.
fn write_sources(folder: &Path, words: &Words) {
    let mut chance = Chance(7);
    for source in 0..SOURCES {
        let mut xml = String::from("<rss version=\"2.0\"><channel><title>Source</title>");
        for number in 0..ITEMS {
            let minutes = 365 * 24 * 60 * (number * SOURCES + source) / (ITEMS * SOURCES);
            let date = now() - TimeDelta::minutes(i64::try_from(minutes).expect("a year"));
            let (title, text) = (words.text(9, &mut chance), words.text(91, &mut chance));
            write!(
                xml,
                "<item><title>{title}</title><link>https://source{source}.example/{number}</link><guid>{source}-{number}</guid>\
                 <pubDate>{}</pubDate><description>{text}</description></item>",
                date.to_rfc2822()
            )
            .expect("a string takes all");
        }
        let file = folder.join(format!("{source}.xml"));
        std::fs::write(file, xml + "</channel></rss>").expect("a file");
    }
}

/// Returns the alternatives of each topic.
fn topics(words: &Words) -> Vec<Vec<String>> {
    let mut chance = Chance(11);
    let mut word = || words.word(COMMON, &mut chance).to_owned();
    let topic = |_| {
        let phrase = format!("\"{} {}\"", word(), word());
        vec![
            phrase,
            format!("{} {}", word(), word()),
            word(),
            format!("\"{} {}\"~4", word(), word()),
        ]
    };
    (0..TOPICS).map(topic).collect()
}

fn config(folder: &Path, topics: &[Vec<String>]) -> Config {
    let mut text = "[store]\nurl = \"sqlite:tidings.db\"\n[publish]\ndir = \"feeds\"\n".to_owned();
    for source in 0..SOURCES {
        let language = ["en", "es"][source % 2];
        write!(
            text,
            "[[source]]\nid = \"source-{source}\"\nurl = \"{source}.xml\"\nkind = \"feed\"\nevery = \"1d\"\n\
             language = \"{language}\"\n"
        )
        .expect("a string takes all");
    }
    for (number, any) in topics.iter().enumerate() {
        let any: Vec<String> = any.iter().map(|query| format!("'{query}'")).collect();
        let any = any.join(", ");
        writeln!(text, "[[topic]]\nid = \"topic-{number}\"\nany = [{any}]")
            .expect("a string takes all");
    }
    let file = folder.join("tidings.toml");
    std::fs::write(&file, text).expect("a file");
    config::load(&file, &|_| None).unwrap_or_else(|refused| panic!("{refused}"))
}

/// Plans and reloads from one configuration to the other, and back.
async fn change(
    flow: &Flow,
    folder: &Path,
    topics: [&[Vec<String>]; 2],
    what: &str,
    now: DateTime<Utc>,
) {
    let [before, after] = topics;
    let (mut plans, mut reloads, mut moving) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        let changed = config(folder, after);
        let begin = Instant::now();
        let plan = flow::plan_changes(&changed, now, 5).expect("a plan");
        plans.push(begin.elapsed());
        moving = plan
            .feeds
            .iter()
            .map(|feed| feed.live + feed.quiet + feed.leave)
            .sum();
        let begin = Instant::now();
        flow.replace_config(changed, Consent::Given)
            .await
            .expect("a reload");
        reloads.push(begin.elapsed());
        flow.replace_config(config(folder, before), Consent::Given)
            .await
            .expect("a reload");
    }
    let (plan, reload) = (share(&mut plans, 50), share(&mut reloads, 50));
    println!("{what:<20}  {moving:>17}  {plan:>7.0}  {reload:>9.0}");
}

async fn search(flow: &Flow, folder: &Path, words: &Words, topics: &[Vec<String>]) {
    let site = config(folder, topics).site.site;
    let mut chance = Chance(13);
    let mut times = Vec::new();
    for _ in 0..SEARCHES {
        let query = query(words, &mut chance);
        let begin = Instant::now();
        let found = flow.search(&query).await.expect("an answer");
        let feed = publish::render_feed(&Feed::from_search(query, found), &site, FeedFormat::Atom);
        times.push(begin.elapsed());
        std::hint::black_box(feed);
    }
    let [middle, most] = [50, 99].map(|percent| share(&mut times, percent));
    println!("a search: {middle:.1} ms, 99 of 100 within {most:.1} ms");
}

/// Returns queries of every form, with words of every frequency except the very commonest.
fn query(words: &Words, chance: &mut Chance) -> String {
    let form = chance.below(8);
    let mut word = || words.word(30, chance);
    let (a, b, c) = (word(), word(), word());
    match form {
        0 => a.to_owned(),
        1 => format!("{a} {b}"),
        2 => format!("\"{a} {b}\""),
        3 => format!("{a} OR {b} OR {c}"),
        4 => format!("{a} -{b}"),
        5 => format!("title:{a} lang:en"),
        6 => format!("\"{a} {b}\"~5 after:2026-03-01"),
        _ => format!("{}* {b}", a.chars().take(4).collect::<String>()),
    }
}

/// Returns the time in milliseconds within which `percent` of them lie.
fn share(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * percent / 100).min(times.len() - 1);
    times[at].as_secs_f64() * 1e3
}
