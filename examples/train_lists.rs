//! Learns from labelled pages how to find their lists, and writes the table of weights.
//!
//! `cargo run --release --example train_lists -- FOLDER… [--write]`
//!
//! A folder has a `gold.jsonl` with one page per line: `file` (relative to the folder), `url`, `now`, and `items`
//! with `titles` (or `title`), `link`, `links` (further addresses that are equally good), `days` (or `dates`,
//! `date`), and `optional` for records that count neither way. Pages of one `site` are never in both the training
//! part and the test part of a fold.

#![expect(
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::similar_names,
    clippy::type_complexity,
    reason = "a program for developers: it counts pages, and reads files that they labelled themselves"
)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Mutex;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;
use tidings::dates::DateHints;
use tidings::extract::Weights;
use tidings::extract::study::{self, COUNT, ListStudy, StudiedEntry, StudiedList};
use tidings::model::DateOrder;
use url::Url;

/// The penalty on large weights of lists, and of titles and dates.
const LIST_PENALTY: f64 = 0.02;
const ROLE_PENALTY: f64 = 0.015;

/// The number of parts that the sites are divided into.
const FOLDS: usize = 5;

#[derive(Clone)]
struct Gold {
    titles: Vec<Vec<String>>,
    links: HashSet<String>,
    days: HashSet<NaiveDate>,
    optional: bool,
}

#[derive(Clone)]
struct Page {
    name: String,
    html: String,
    url: Url,
    now: DateTime<Utc>,
    order: Option<DateOrder>,
    site: String,
    /// Derived from another page, for training and not for testing.
    is_made: bool,
    /// Its weight relative to the others.
    weight: f64,
    filtered: bool,
    items: Vec<Gold>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let writes = arguments.iter().any(|argument| argument == "--write");
    let lists = arguments.iter().any(|argument| argument == "--list");
    let folders = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"));
    let pages: Vec<Page> = folders.flat_map(|folder| load(Path::new(folder))).collect();
    if let Some(table) = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("--show="))
    {
        return show(
            &pages,
            &Weights::parse(&std::fs::read_to_string(table).expect("a table")),
            &arguments,
        );
    }
    let pages = with_variants(pages);
    eprintln!(
        "{} pages, {} of them made",
        pages.len(),
        pages.iter().filter(|page| page.is_made).count()
    );
    let firsts = each(&pages, first_pass);
    let folds = folds(&pages);
    let all: Vec<usize> = (0..pages.len()).collect();
    let mut results: Vec<Option<Chosen>> = pages.iter().map(|_| None).collect();
    for fold in 0..FOLDS {
        let train: Vec<usize> = all
            .iter()
            .copied()
            .filter(|page| folds[*page] != fold)
            .collect();
        let tried: Vec<usize> = all
            .iter()
            .copied()
            .filter(|page| folds[*page] == fold && !pages[*page].is_made)
            .collect();
        let (weights, seconds) = learn(&pages, &firsts, &train);
        for page in tried {
            results[page] = Some(choose(&seconds[page], &weights));
        }
    }
    report("cross-validated", &pages, &results, lists);
    let (weights, seconds) = learn(&pages, &firsts, &all);
    let fitted = pages.iter().zip(&seconds);
    let fitted: Vec<Option<Chosen>> = fitted
        .map(|(page, second)| (!page.is_made).then(|| choose(second, &weights)))
        .collect();
    report("fitted", &pages, &fitted, false);
    if writes {
        print!("{}", weights.to_table());
    }
}

/// Prints the choice on the pages that `--only=` names, record by record, with the texts that were weighed.
fn show(pages: &[Page], weights: &Weights, arguments: &[String]) {
    let only: Vec<&str> = arguments
        .iter()
        .filter_map(|argument| argument.strip_prefix("--only="))
        .flat_map(|names| names.split(','))
        .collect();
    for page in pages
        .iter()
        .filter(|page| only.iter().any(|name| page.name.ends_with(name)))
    {
        let hints = DateHints {
            language: None,
            order: page.order,
            learned: None,
            zone: chrono_tz::UTC,
            now: page.now,
        };
        study::study_page(&page.html, &page.url, &hints, |study| {
            let first = first_pass(page, study);
            let second = second_pass(page, study, &first, weights);
            let chosen = choose(&second, weights);
            println!("== {} {} | {}", page.name, chosen.name, chosen.best_name);
            let Some(way) = first.ways.iter().find(|way| way.name == chosen.name) else {
                return;
            };
            let texts = study.title_candidates(way);
            let entries = study.read_entries(way, weights);
            let dates = study.date_candidates(way, weights);
            for (place, (entry, texts)) in entries
                .iter()
                .zip(texts)
                .enumerate()
                .filter(|(place, _)| place % (entries.len() / 4 + 1) == 0)
            {
                let link = entry.link.as_deref().map(address).unwrap_or_default();
                let gold = page.items.iter().find(|item| item.links.contains(&link));
                println!("-- {:?} | {:?} | {link}", entry.title, entry.day);
                if let Some(gold) = gold {
                    println!(
                        "   gold {:?} {:?}",
                        gold.titles
                            .iter()
                            .map(|title| title.join(" "))
                            .collect::<Vec<_>>(),
                        gold.days
                    );
                }
                for (text, measures) in texts {
                    let score: f64 = weights
                        .title
                        .iter()
                        .zip(&measures)
                        .map(|(weight, value)| weight * value)
                        .sum();
                    println!("     {score:6.2} {text:.90}");
                }
                for (day, measures) in &dates[place] {
                    let score: f64 = weights
                        .date
                        .iter()
                        .zip(measures)
                        .map(|(weight, value)| weight * value)
                        .sum();
                    println!("     {score:6.2} {day}");
                }
            }
        });
    }
}

// ---- pages

fn load(folder: &Path) -> Vec<Page> {
    let gold = std::fs::read_to_string(folder.join("gold.jsonl")).expect("gold.jsonl");
    gold.lines()
        .filter_map(|line| page(folder, &serde_json::from_str(line).expect("JSON")))
        .collect()
}

fn page(folder: &Path, gold: &Value) -> Option<Page> {
    let text = |key: &str| gold[key].as_str().map(str::to_owned);
    if text("kind").is_some_and(|kind| kind != "html") {
        return None;
    }
    let bytes = std::fs::read(folder.join(text("file")?)).ok()?;
    let html = match String::from_utf8(bytes) {
        Ok(html) => html,
        Err(error) => error
            .into_bytes()
            .iter()
            .map(|byte| char::from(*byte))
            .collect(),
    };
    let url: Url = text("url")?.parse().ok()?;
    let now = text("now")?;
    let now = DateTime::parse_from_rfc3339(&now)
        .map(|now| now.to_utc())
        .ok()
        .or_else(|| {
            let formats = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
            formats
                .iter()
                .find_map(|format| NaiveDateTime::parse_from_str(&now, format).ok())
                .map(|now| now.and_utc())
        })?;
    let items = gold["items"].as_array()?.iter().map(item).collect();
    let site = text("site").unwrap_or_else(|| url.host_str().unwrap_or_default().to_owned());
    Some(Page {
        name: format!("{}/{}", folder.file_name()?.to_string_lossy(), text("id")?),
        html,
        now,
        order: text("order").and_then(|order| order.parse().ok()),
        site,
        is_made: false,
        weight: 1.0,
        filtered: gold["filtered"].as_bool().unwrap_or(false),
        items,
        url,
    })
}

fn item(item: &Value) -> Gold {
    let list = |key: &str| -> Vec<String> {
        let values = item[key].as_array().cloned().unwrap_or_default();
        values
            .iter()
            .filter_map(|value| value.as_str().map(str::to_owned))
            .collect()
    };
    let one = |key: &str| item[key].as_str().map(str::to_owned);
    let titles: Vec<String> = list("titles").into_iter().chain(one("title")).collect();
    let days = list("days")
        .into_iter()
        .chain(list("dates"))
        .chain(one("date"))
        .chain(one("event"));
    let links = list("links").into_iter().chain(one("link"));
    Gold {
        titles: titles.iter().map(|title| tokens(title)).collect(),
        links: links.map(|link| address(&link)).collect(),
        days: days.filter_map(|day| day.get(..10)?.parse().ok()).collect(),
        optional: item["optional"].as_bool().unwrap_or(false),
    }
}

/// Returns an address in a form on which two spellings agree.
fn address(link: &str) -> String {
    let link = link.split('#').next().unwrap_or_default().trim();
    let link = link.split_once("://").map_or(link, |(_, rest)| rest);
    let link = link.strip_prefix("www.").unwrap_or(link);
    let mut bytes = Vec::new();
    let mut rest = link.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let code: String = rest.clone().take(2).map(char::from).collect();
                match u8::from_str_radix(&code, 16) {
                    Ok(decoded) => {
                        bytes.push(decoded);
                        rest.nth(1);
                    }
                    Err(_) => bytes.push(byte),
                }
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(byte),
        }
    }
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    let text: Vec<&str> = text.split_whitespace().collect();
    text.join(" ").trim_end_matches('/').to_owned()
}

fn tokens(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['\u{2019}', '\''], "");
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Returns true if two titles are about the same.
fn alike(one: &[String], other: &[String]) -> bool {
    if one == other {
        return true;
    }
    if one.is_empty() || other.is_empty() {
        return false;
    }
    let length = |words: &[String]| words.iter().map(|word| word.len() + 1).sum::<usize>();
    let mut counts: HashMap<&str, i32> = HashMap::new();
    for word in one {
        *counts.entry(word).or_default() += 1;
    }
    let mut common = 0;
    for word in other {
        let count = counts.entry(word).or_default();
        if *count > 0 {
            *count -= 1;
            common += word.len() + 1;
        }
    }
    200 * common >= 86 * (length(one) + length(other))
}

fn folds(pages: &[Page]) -> Vec<usize> {
    let mut sites: BTreeMap<&str, usize> = BTreeMap::new();
    for page in pages {
        *sites.entry(page.site.as_str()).or_default() += 1;
    }
    let mut order: Vec<(&str, usize)> = sites.into_iter().collect();
    order.sort_by_key(|(site, count)| (std::cmp::Reverse(*count), hash(site)));
    let mut sizes = [0; FOLDS];
    let mut of: HashMap<&str, usize> = HashMap::new();
    for (site, count) in order {
        let fold = (0..FOLDS).min_by_key(|fold| sizes[*fold]).unwrap_or(0);
        sizes[fold] += count;
        of.insert(site, fold);
    }
    pages.iter().map(|page| of[page.site.as_str()]).collect()
}

fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Calls `look` on every page, on both cores.
fn each<T: Send>(
    pages: &[Page],
    look: impl Fn(&Page, &ListStudy<'_, '_, '_>) -> T + Sync,
) -> Vec<T> {
    let next = Mutex::new(0);
    let found: Mutex<Vec<Option<T>>> = Mutex::new(pages.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let place = {
                        let mut next = next.lock().expect("the other thread goes on");
                        *next += 1;
                        *next - 1
                    };
                    let Some(page) = pages.get(place) else { return };
                    let hints = DateHints {
                        language: None,
                        order: page.order,
                        learned: None,
                        zone: chrono_tz::UTC,
                        now: page.now,
                    };
                    let result =
                        study::study_page(&page.html, &page.url, &hints, |study| look(page, study));
                    found.lock().expect("the other thread goes on")[place] = result;
                }
            });
        }
    });
    let found = found.into_inner().expect("both have ended");
    found
        .into_iter()
        .map(|found| found.expect("a page that can be parsed"))
        .collect()
}

/// Adds variants of each page: without the attributes that name its parts, and without its list.
fn with_variants(pages: Vec<Page>) -> Vec<Page> {
    let empty = each(&pages, |page, study| {
        let first = first_pass(page, study);
        let best = first
            .best
            .first()
            .filter(|best| first.labels[**best] > 0.9 && page.items.len() > 4);
        best.map(|best| study.page_without(&first.ways[*best]))
    });
    let mut all = Vec::new();
    for (page, empty) in pages.into_iter().zip(empty) {
        let made = |name: &str, html: String, items: Vec<Gold>, weight: f64| Page {
            weight,
            name: format!("{}-{name}", page.name),
            html,
            items,
            is_made: true,
            ..page.clone()
        };
        let bare = made("bare", bare(&page.html), page.items.clone(), 0.3);
        let empty = empty.map(|html| made("empty", html, Vec::new(), 0.06));
        all.extend(empty);
        all.push(bare);
        all.push(page);
    }
    all
}

/// Returns a page without the attributes that name its parts.
fn bare(html: &str) -> String {
    let mut bare = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['"', '\'']) {
        let (before, value) = rest.split_at(at);
        let quote = value.chars().next().unwrap_or('"');
        let end = value
            .get(1..)
            .and_then(|value| value.find(quote))
            .map_or(value.len(), |end| end + 2);
        let name = ["class=", "id=", "itemprop=", "rel=", "role="];
        let named = name
            .iter()
            .find(|name| before.ends_with(**name) && before.len() > name.len());
        if let Some(name) = named {
            bare.push_str(before.get(..before.len() - name.len()).unwrap_or_default());
        } else {
            bare.push_str(before);
            bare.push_str(value.get(..end).unwrap_or_default());
        }
        rest = value.get(end..).unwrap_or_default();
    }
    bare.push_str(rest);
    bare
}

// ---- first pass: the sums, and possible titles

type Samples<const N: usize> = Vec<Vec<(bool, [f64; N])>>;

struct First {
    ways: Vec<StudiedList>,
    labels: Vec<f64>,
    titles: Samples<{ study::TITLE_COUNT }>,
    best: Vec<usize>,
    matched: Vec<Vec<Option<usize>>>,
}

/// Returns the item of the gold that each record of a way is, by its links, else by one of its texts.
fn matched(way: &StudiedList, nodes: &BTreeMap<usize, Vec<usize>>) -> Vec<Option<usize>> {
    let mut taken = HashSet::new();
    let found = way.records.iter().map(|record| {
        let mut items = nodes
            .range(record.clone())
            .flat_map(|(_, items)| items.iter().copied());
        let item = items.find(|item| !taken.contains(item))?;
        taken.insert(item);
        Some(item)
    });
    found.collect()
}

fn first_pass(page: &Page, study: &ListStudy<'_, '_, '_>) -> First {
    let mut by_link: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, item) in page.items.iter().enumerate() {
        for link in &item.links {
            by_link.entry(link).or_default().push(place);
        }
    }
    let mut nodes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (node, link) in study.link_addresses() {
        if let Some(items) = by_link.get(address(&link).as_str()) {
            nodes.entry(node).or_default().extend(items);
        }
    }
    for (place, item) in page.items.iter().enumerate() {
        if item.links.is_empty() {
            for (node, text) in study.leaf_texts() {
                let text = tokens(text);
                if item.titles.iter().any(|title| alike(title, &text)) {
                    nodes.entry(node).or_default().push(place);
                }
            }
        }
    }
    let ways = study.all_lists();
    let required = page.items.iter().filter(|item| !item.optional).count();
    let matches: Vec<Vec<Option<usize>>> = ways.iter().map(|way| matched(way, &nodes)).collect();
    let label = |matched: &Vec<Option<usize>>| {
        let hit = matched
            .iter()
            .flatten()
            .filter(|item| !page.items[**item].optional)
            .count();
        let neutral = matched.iter().flatten().count() - hit;
        f1(hit, matched.len() - neutral, required, page.filtered)
    };
    let labels: Vec<f64> = matches.iter().map(label).collect();
    let mut order: Vec<usize> = (0..ways.len()).collect();
    order.sort_by(|one, other| labels[*other].total_cmp(&labels[*one]));
    let best: Vec<usize> = order
        .into_iter()
        .take(3)
        .filter(|way| labels[*way] >= 0.6)
        .collect();
    let mut titles = Vec::new();
    for way in &best {
        let of_records = study.title_candidates(&ways[*way]);
        for (item, texts) in matches[*way].iter().zip(of_records).take(60) {
            let Some(item) = item else { continue };
            let gold = &page.items[*item].titles;
            let judged: Vec<(bool, _)> = texts
                .into_iter()
                .map(|(text, measures)| {
                    (
                        gold.iter().any(|title| alike(title, &tokens(&text))),
                        measures,
                    )
                })
                .collect();
            if judged.iter().any(|(right, _)| *right) {
                titles.push(judged);
            }
        }
    }
    let matched = best.iter().map(|way| matches[*way].clone()).collect();
    First {
        ways,
        labels,
        titles,
        best,
        matched,
    }
}

fn f1(hit: usize, got: usize, wanted: usize, filtered: bool) -> f64 {
    let part = |part: usize, whole: usize| {
        if whole == 0 {
            0.0
        } else {
            part as f64 / whole as f64
        }
    };
    let (precision, recall) = (part(hit, got), part(hit, wanted));
    if filtered {
        recall
    } else if precision + recall > 0.0 {
        2.0 * precision * recall / (precision + recall)
    } else {
        0.0
    }
}

// ---- second pass: a closer look at candidates

struct Second {
    measures: Vec<[f64; COUNT]>,
    scores: Vec<Score>,
    names: Vec<String>,
}

#[derive(Clone, Default)]
struct Score {
    example: String,
    f: f64,
    titles: f64,
    dates: f64,
    whole: bool,
    recall: f64,
}

impl Score {
    fn label(&self) -> f64 {
        self.f * (0.7 + 0.15 * self.titles + 0.15 * self.dates)
    }
}

struct Chosen {
    score: Score,
    best: Score,
    name: String,
    best_name: String,
}

fn learn(pages: &[Page], firsts: &[First], train: &[usize]) -> (Weights, Vec<Second>) {
    let mut weights = Weights::zero();
    let titles = train
        .iter()
        .flat_map(|page| weighed(&firsts[*page].titles, pages[*page].weight));
    weights.title = softmax(&titles.collect::<Vec<_>>());
    let titled = weights.clone();
    let dates: Vec<Samples<{ study::DATE_COUNT }>> = {
        let chosen: HashSet<usize> = train.iter().copied().collect();
        let place: HashMap<&str, usize> = pages
            .iter()
            .enumerate()
            .map(|(place, page)| (page.name.as_str(), place))
            .collect();
        each(pages, |page, study| {
            let place = place[page.name.as_str()];
            if !chosen.contains(&place) {
                return Vec::new();
            }
            date_samples(page, study, &firsts[place], &titled)
        })
    };
    let samples = train
        .iter()
        .flat_map(|page| weighed(&dates[*page], pages[*page].weight));
    weights.date = softmax(&samples.collect::<Vec<_>>());
    let looked = train.iter().map(|page| {
        let first = &firsts[*page];
        let rows = first.ways.iter().zip(&first.labels);
        let rows = rows.map(|(way, label)| (*label, way.measures));
        (pages[*page].weight, rows.collect::<Vec<_>>())
    });
    weights.first = rank(&looked.collect::<Vec<_>>());
    let known = weights.clone();
    let place: HashMap<&str, usize> = pages
        .iter()
        .enumerate()
        .map(|(place, page)| (page.name.as_str(), place))
        .collect();
    let seconds = each(pages, |page, study| {
        second_pass(page, study, &firsts[place[page.name.as_str()]], &known)
    });
    let rows = train.iter().map(|page| {
        let second = &seconds[*page];
        let rows = second.scores.iter().zip(&second.measures);
        let rows = rows.map(|(score, measures)| (score.label(), *measures));
        (pages[*page].weight, rows.collect::<Vec<_>>())
    });
    weights.list = rank(&rows.collect::<Vec<_>>());
    (weights, seconds)
}

/// Weighs the samples so that every page has the same total weight, divided among its records.
fn weighed<const N: usize>(samples: &Samples<N>, page: f64) -> Vec<(f64, &Vec<(bool, [f64; N])>)> {
    let weight = page / samples.len().max(1) as f64;
    samples.iter().map(|sample| (weight, sample)).collect()
}

fn date_samples(
    page: &Page,
    study: &ListStudy<'_, '_, '_>,
    first: &First,
    weights: &Weights,
) -> Samples<{ study::DATE_COUNT }> {
    let mut samples = Vec::new();
    for (way, matched) in first.best.iter().zip(&first.matched) {
        let dates = study.date_candidates(&first.ways[*way], weights);
        for (item, dates) in matched.iter().zip(dates).take(60) {
            let Some(item) = item else { continue };
            let days = &page.items[*item].days;
            let judged: Vec<(bool, _)> = dates
                .into_iter()
                .map(|(day, measures)| (days.contains(&day), measures))
                .collect();
            if judged.iter().any(|(right, _)| *right) {
                samples.push(judged);
            }
        }
    }
    samples
}

fn second_pass(
    page: &Page,
    study: &ListStudy<'_, '_, '_>,
    first: &First,
    weights: &Weights,
) -> Second {
    let score = |way: &StudiedList| -> f64 {
        weights
            .first
            .iter()
            .zip(&way.measures)
            .map(|(weight, value)| weight * value)
            .sum()
    };
    let mut order: Vec<(f64, usize)> = first
        .ways
        .iter()
        .enumerate()
        .map(|(place, way)| (score(way), place))
        .collect();
    order.sort_by(|one, other| other.0.total_cmp(&one.0));
    order.truncate(24);
    let mut second = Second {
        measures: Vec::new(),
        scores: Vec::new(),
        names: Vec::new(),
    };
    let best: Vec<&StudiedList> = order.iter().map(|(_, place)| &first.ways[*place]).collect();
    for (_, place) in order.iter().copied() {
        let way = &first.ways[place];
        second.measures.push(study.measure_closely(way, weights));
        second
            .scores
            .push(judge(page, &study.read_entries(way, weights)));
        second.names.push(way.name.clone());
    }
    if let Some((measures, title, day)) = study.measure_page(&best) {
        let entry = title.map(|title| StudiedEntry {
            title,
            day,
            link: Some(page.url.to_string()),
            files: Vec::new(),
        });
        second.measures.push(measures);
        second.scores.push(judge(page, &Vec::from_iter(entry)));
        second.names.push("page".to_owned());
    }
    second.measures.push(study.measure_nothing(&best));
    second.scores.push(judge(page, &[]));
    second.names.push("nothing".to_owned());
    second
}

/// Returns the entry that each item of the gold was read as, by its address, else by its title, and the number of
/// entries that are other addresses of items that were already read.
fn hits(page: &Page, entries: &[StudiedEntry]) -> (HashMap<usize, usize>, usize) {
    let mut by_link: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, item) in page.items.iter().enumerate() {
        for link in &item.links {
            by_link.entry(link).or_default().push(place);
        }
    }
    let mut taken: HashMap<usize, usize> = HashMap::new();
    let mut neutral = 0;
    for (place, entry) in entries.iter().enumerate() {
        let links = entry
            .link
            .iter()
            .chain(&entry.files)
            .map(|link| address(link));
        let mut known = false;
        let mut found = None;
        for link in links {
            for item in by_link.get(link.as_str()).into_iter().flatten() {
                known = true;
                if !taken.contains_key(item) {
                    found = found.or(Some(*item));
                }
            }
        }
        let words = tokens(&entry.title);
        let by_title = || {
            let items = page.items.iter().enumerate();
            let mut items = items.filter(|(item, gold)| {
                !taken.contains_key(item)
                    && gold.titles.iter().any(|title| alike(title, &words))
                    && (gold.links.is_empty() || entry.link.is_none())
            });
            let first = items.next();
            let dated =
                items.find(|(_, gold)| entry.day.is_some_and(|day| gold.days.contains(&day)));
            let is_dated = first
                .is_some_and(|(_, gold)| entry.day.is_some_and(|day| gold.days.contains(&day)));
            if is_dated { first } else { dated.or(first) }.map(|(item, _)| item)
        };
        match found.or_else(by_title) {
            Some(item) => {
                taken.insert(item, place);
            }
            None if known => neutral += 1,
            None => {}
        }
    }
    (taken, neutral)
}

/// Scores the agreement of entries with the gold.
fn judge(page: &Page, entries: &[StudiedEntry]) -> Score {
    let (taken, neutral) = hits(page, entries);
    let required = page.items.iter().filter(|item| !item.optional).count();
    let hits: Vec<(usize, usize)> = taken
        .into_iter()
        .filter(|(item, _)| !page.items[*item].optional)
        .collect();
    let optional = entries.len() - neutral;
    let optional_hits = hits.len();
    let got = optional.max(optional_hits);
    let f = match (required, got) {
        (0, 0) => 1.0,
        _ => f1(hits.len(), got, required, page.filtered),
    };
    let share = |right: usize, of: usize| {
        if of == 0 {
            1.0
        } else {
            right as f64 / of as f64
        }
    };
    let is_right = |item: &usize, place: &usize| {
        let words = tokens(&entries[*place].title);
        page.items[*item]
            .titles
            .iter()
            .any(|title| alike(title, &words))
    };
    let mut wrong: Vec<_> = hits
        .iter()
        .filter(|(item, place)| !is_right(item, place))
        .collect();
    wrong.sort_unstable();
    let example = wrong.first().map_or_else(String::new, |(item, place)| {
        let gold = page.items[*item]
            .titles
            .first()
            .map(|title| title.join(" "))
            .unwrap_or_default();
        format!("{:.60} <> {gold:.60}", entries[*place].title)
    });
    let titles = share(hits.len() - wrong.len(), hits.len());
    let dated: Vec<_> = hits
        .iter()
        .filter(|(item, _)| !page.items[*item].days.is_empty())
        .collect();
    let right = dated.iter().filter(|(item, place)| {
        entries[*place]
            .day
            .is_some_and(|day| page.items[*item].days.contains(&day))
    });
    let dates = share(right.count(), dated.len());
    let recall = share(hits.len(), required);
    let precision = if page.filtered {
        1.0
    } else {
        share(hits.len(), got)
    };
    Score {
        example,
        f,
        titles,
        dates,
        recall,
        whole: recall >= 0.95 && precision >= 0.95 && titles >= 0.9 && dates >= 0.9,
    }
}

fn choose(second: &Second, weights: &Weights) -> Chosen {
    let score = |measures: &[f64; COUNT]| -> f64 {
        weights
            .list
            .iter()
            .zip(measures)
            .map(|(weight, value)| weight * value)
            .sum()
    };
    let order = (0..second.measures.len()).max_by(|one, other| {
        score(&second.measures[*one])
            .total_cmp(&score(&second.measures[*other]))
            .then(other.cmp(one))
    });
    let best = (0..second.scores.len()).max_by(|one, other| {
        second.scores[*one]
            .label()
            .total_cmp(&second.scores[*other].label())
    });
    Chosen {
        score: order
            .map(|place| second.scores[place].clone())
            .unwrap_or_default(),
        best: best
            .map(|place| second.scores[place].clone())
            .unwrap_or_default(),
        name: order
            .map(|place| second.names[place].clone())
            .unwrap_or_default(),
        best_name: best
            .map(|place| second.names[place].clone())
            .unwrap_or_default(),
    }
}

fn report(title: &str, pages: &[Page], results: &[Option<Chosen>], lists: bool) {
    let mut folders: BTreeMap<&str, Vec<(&Page, &Chosen)>> = BTreeMap::new();
    for (page, result) in pages.iter().zip(results) {
        let folder = page.name.split('/').next().unwrap_or_default();
        folders
            .entry(folder)
            .or_default()
            .extend(result.as_ref().map(|result| (page, result)));
    }
    for (folder, results) in folders {
        let n = results.len() as f64;
        let sum = |of: &dyn Fn(&Chosen) -> f64| {
            results.iter().map(|(_, chosen)| of(chosen)).sum::<f64>() / n
        };
        eprintln!(
            "{title} {folder}: {} pages, F1 {:.3} (best {:.3}), titles {:.3} (best {:.3}), dates {:.3} (best {:.3}), whole {} (best {}), wrong {} (best {})",
            results.len(),
            sum(&|c| c.score.f),
            sum(&|c| c.best.f),
            sum(&|c| c.score.titles),
            sum(&|c| c.best.titles),
            sum(&|c| c.score.dates),
            sum(&|c| c.best.dates),
            results.iter().filter(|(_, c)| c.score.whole).count(),
            results.iter().filter(|(_, c)| c.best.whole).count(),
            results.iter().filter(|(_, c)| c.score.recall < 0.3).count(),
            results.iter().filter(|(_, c)| c.best.recall < 0.3).count(),
        );
        if lists {
            for (page, chosen) in results {
                if !chosen.score.whole {
                    eprintln!(
                        "  {} {} items: F {:.2} t {:.2} d {:.2} ({}) {} | best F {:.2} t {:.2} d {:.2} ({}) {}",
                        page.name,
                        page.items.len(),
                        chosen.score.f,
                        chosen.score.titles,
                        chosen.score.dates,
                        chosen.name,
                        chosen.score.example,
                        chosen.best.f,
                        chosen.best.titles,
                        chosen.best.dates,
                        chosen.best_name,
                        chosen.best.example,
                    );
                }
            }
        }
    }
}

// ---- learning

/// Learns a weight for each measure so that the right candidate is likely (softmax, Adam, a penalty on large
/// weights).
fn softmax<const N: usize>(samples: &[(f64, &Vec<(bool, [f64; N])>)]) -> [f64; N] {
    let scale = scale(
        samples
            .iter()
            .flat_map(|(_, rows)| rows.iter().map(|(_, measures)| measures)),
    );
    let total: f64 = samples.iter().map(|(weight, _)| weight).sum();
    descend(&scale, 250, |weights, slope| {
        for (weight, rows) in samples {
            let chances = chances(weights, rows.iter().map(|(_, measures)| measures));
            let right: f64 = rows
                .iter()
                .zip(&chances)
                .filter(|((right, _), _)| *right)
                .map(|(_, chance)| chance)
                .sum();
            for ((is_right, measures), chance) in rows.iter().zip(&chances) {
                let wanted = if *is_right {
                    chance / right.max(1e-9)
                } else {
                    0.0
                };
                add(slope, measures, weight / total * (wanted - chance));
            }
        }
    })
}

/// Learns a weight for each measure so that the page's chosen candidate is read well: first towards the best ones,
/// then to the greatest expected label.
fn rank(pages: &[(f64, Vec<(f64, [f64; COUNT])>)]) -> [f64; COUNT] {
    let pages: Vec<&(f64, Vec<(f64, [f64; COUNT])>)> = pages
        .iter()
        .filter(|(_, rows)| rows.iter().any(|(label, _)| *label > 0.3))
        .collect();
    let scale = scale(
        pages
            .iter()
            .flat_map(|(_, rows)| rows.iter().map(|(_, measures)| measures)),
    );
    let n: f64 = pages.iter().map(|(weight, _)| weight).sum();
    let first = descend(&scale, 200, |weights, slope| {
        for (weight, rows) in &pages {
            let best = rows.iter().map(|(label, _)| *label).fold(0.0, f64::max);
            let wanted: Vec<f64> = rows
                .iter()
                .map(|(label, _)| (12.0 * (label - best)).exp())
                .collect();
            let sum: f64 = wanted.iter().sum();
            let chances = chances(weights, rows.iter().map(|(_, measures)| measures));
            for (((_, measures), chance), wanted) in rows.iter().zip(&chances).zip(&wanted) {
                add(slope, measures, weight * (wanted / sum - chance) / n);
            }
        }
    });
    descend_from(&scale, first, 200, |weights, slope| {
        for (weight, rows) in &pages {
            let chances = chances(weights, rows.iter().map(|(_, measures)| measures));
            let expected: f64 = rows
                .iter()
                .zip(&chances)
                .map(|((label, _), chance)| label * chance)
                .sum();
            for ((label, measures), chance) in rows.iter().zip(&chances) {
                add(
                    slope,
                    measures,
                    weight * 4.0 * chance * (label - expected) / n,
                );
            }
        }
    })
}

fn add<const N: usize>(slope: &mut [f64; N], measures: &[f64; N], factor: f64) {
    for (slope, value) in slope.iter_mut().zip(measures) {
        *slope += factor * value;
    }
}

fn chances<'m, const N: usize>(
    weights: &[f64; N],
    rows: impl Iterator<Item = &'m [f64; N]>,
) -> Vec<f64> {
    let scores: Vec<f64> = rows
        .map(|measures| {
            weights
                .iter()
                .zip(measures)
                .map(|(weight, value)| weight * value)
                .sum::<f64>()
        })
        .collect();
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let chances: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
    let sum: f64 = chances.iter().sum();
    chances.into_iter().map(|chance| chance / sum).collect()
}

/// Returns the deviation of each measure.
fn scale<'m, const N: usize>(rows: impl Iterator<Item = &'m [f64; N]>) -> [f64; N] {
    let (mut count, mut sums, mut squares) = (0.0, [0.0; N], [0.0; N]);
    for row in rows {
        count += 1.0;
        for ((sum, square), value) in sums.iter_mut().zip(&mut squares).zip(row) {
            *sum += value;
            *square += value * value;
        }
    }
    let mut scale = [1.0; N];
    for ((scale, sum), square) in scale.iter_mut().zip(&sums).zip(&squares) {
        let mean = sum / f64::max(count, 1.0);
        let variance: f64 = square / f64::max(count, 1.0) - mean * mean;
        *scale = if variance > 1e-9 {
            variance.sqrt()
        } else {
            0.0
        };
    }
    scale
}

fn descend<const N: usize>(
    scale: &[f64; N],
    steps: usize,
    slope: impl Fn(&[f64; N], &mut [f64; N]),
) -> [f64; N] {
    descend_from(scale, [0.0; N], steps, slope)
}

/// Runs Adam (Kingma and Ba 2014) in the space where every measure has deviation 1. Weights are returned for the
/// unscaled measures.
fn descend_from<const N: usize>(
    scale: &[f64; N],
    start: [f64; N],
    steps: usize,
    slope: impl Fn(&[f64; N], &mut [f64; N]),
) -> [f64; N] {
    let penalty = if N == COUNT {
        LIST_PENALTY
    } else {
        ROLE_PENALTY
    };
    let mut weights = start;
    let (mut mean, mut square) = ([0.0; N], [0.0; N]);
    for step in 1..=steps {
        let mut gradient = [0.0; N];
        slope(&weights, &mut gradient);
        for place in 0..N {
            if scale[place] == 0.0 {
                continue;
            }
            let standard = weights[place] * scale[place];
            let gradient = gradient[place] / scale[place] - penalty * standard;
            mean[place] = 0.9 * mean[place] + 0.1 * gradient;
            square[place] = 0.99 * square[place] + 0.01 * gradient * gradient;
            let (mean, square) = (
                mean[place] / (1.0 - 0.9_f64.powf(step as f64)),
                square[place] / (1.0 - 0.99_f64.powf(step as f64)),
            );
            weights[place] += 0.05 * mean / (square.sqrt() + 1e-8) / scale[place];
        }
    }
    weights
}
