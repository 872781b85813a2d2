//! The versions that decide if stored data are read again, each paired with the output of its stage.
//!
//! `tests/versions/STAGE.tsv` contains the version of a stage and, for each of its fixtures, a hash of the input and
//! one of the output. While an input stays the same, its output may only change together with the version. The input
//! of every stage but the first is the earlier stages' output for the fixture. A new or edited fixture needs no new
//! version. Accept a change with `just snapshots`, which refuses an output that changed under the old version.
//!
//! Dates have no version of their own: they are stored as part of items, so they belong to `extract::VERSION`, as
//! does everything else of `normalize` except its HTML.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use serde_json::Value;
use tidings::classify::{self, Classifier, Subject, regions};
use tidings::config::{self, ChangedFile};
use tidings::dates::{self, DateHints};
use tidings::dedupe::{Fingerprint, LookupKeys};
use tidings::model::{
    Country, DateOrder, Document, Extracted, Hash, Item, Language, Location, RawEntry, RawText,
    Region, Source, Timestamp,
};
use tidings::topics::Topic;
use tidings::{extract, normalize, publish};

use crate::support::{self, read_text};

/// The folders of fixtures that are documents, the kind that each is read as, and the extensions of documents there.
const DOCUMENTS: [(&str, &str, &str); 6] = [
    ("feed", "feed", "xml rdf json html"),
    ("html", "html", "html"),
    ("json", "json", "json html"),
    ("sitemap", "sitemap", "xml txt"),
    ("text", "text", "txt"),
    ("xml", "xml", "xml"),
];

/// The topics that items are classified with: a query for each part of the language.
const TOPICS: &str = r#"
[[topic]]
id = "words"
any = ["workers", "bulletin notice", "puerto", "lluvias"]
[[topic]]
id = "phrases"
any = ['"labour migration"', '"trata * personas"', '=harbour']
[[topic]]
id = "prefixes"
any = ["migra*", "flood*", "traba*"]
[[topic]]
id = "parts"
any = ["title:notice", "tag:news", "author:office"]
[[topic]]
id = "facts"
any = ["country:MX", "lang:es"]
[[topic]]
id = "without"
any = ["migra* -workers"]
"#;

/// One stage with a version.
struct Stage {
    /// The name of its file in `tests/versions`.
    name: &'static str,
    /// The constant to raise.
    constant: &'static str,
    version: u32,
    /// By fixture.
    outputs: BTreeMap<String, Hashes>,
}

/// The hashes of one fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hashes {
    input: String,
    output: String,
}

/// The contents of a stage's file in `tests/versions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Record {
    version: u32,
    outputs: BTreeMap<String, Hashes>,
}

#[test]
fn extract_has_the_version_of_its_output() {
    let mut outputs =
        of_documents(|document| entries_and_items(&document.extracted, &document.items));
    outputs.insert("dates/fields.tsv".to_owned(), of_dates());
    guard(&Stage {
        name: "extract",
        constant: "extract::VERSION",
        version: extract::VERSION,
        outputs,
    });
}

#[test]
fn the_sanitizer_has_the_version_of_its_output() {
    guard(&Stage {
        name: "sanitizer",
        constant: "normalize::html::VERSION",
        version: normalize::SANITIZER_VERSION,
        outputs: of_stage(
            Some(&|read| entries_and_items(&read.extracted, &[])),
            sanitized,
        ),
    });
}

#[test]
fn classify_has_the_version_of_its_output() {
    let topics = topics();
    let classifier = Classifier::new(&topics, &[]);
    let mut outputs = of_items(|document| classified(&classifier, &document.items));
    for name in ["countries", "subdivisions"] {
        outputs.insert(format!("regions/{name}.tsv"), of_regions(name));
    }
    let bulletins = of_bulletins(|subject| shown_topics(&classifier, subject));
    outputs.insert("topics/labour-migration.jsonl".to_owned(), bulletins);
    for hashes in outputs.values_mut() {
        hashes.input = hash(&format!("{}{TOPICS}", hashes.input));
    }
    guard(&Stage {
        name: "classify",
        constant: "classify::VERSION",
        version: classify::VERSION,
        outputs,
    });
}

#[test]
fn tokens_have_the_version_of_their_output() {
    let tokens = |document: &Read| {
        let items = document.items.iter();
        let tokens = items.map(|item| classify::item_tokens(&Subject::new(item, &[])));
        tokens.collect::<Vec<_>>().join("\n")
    };
    let mut outputs = of_items(tokens);
    let bulletins = of_bulletins(classify::item_tokens);
    outputs.insert("topics/labour-migration.jsonl".to_owned(), bulletins);
    guard(&Stage {
        name: "tokens",
        constant: "classify::TOKENS_VERSION",
        version: classify::TOKENS_VERSION,
        outputs,
    });
}

#[test]
fn keys_have_the_form_of_their_output() {
    let keys = |document: &Read| {
        let items = document.items.iter();
        let keys = items.map(|item| format!("{:?}", Fingerprint::from_item(item).keys.to_bytes()));
        keys.collect::<Vec<_>>().join("\n")
    };
    guard(&Stage {
        name: "keys",
        constant: "dedupe::LookupKeys::FORM",
        version: LookupKeys::FORM.into(),
        outputs: of_items(keys),
    });
}

/// Uses the snapshots of the renderer's own tests.
#[test]
fn the_renderer_has_the_version_of_its_output() {
    let mut outputs = BTreeMap::new();
    for file in files(&root().join("src/publish/snapshots"), "snap") {
        let name = file.file_name().unwrap().to_str().unwrap();
        // Answers to searches are rendered for each request, not stored.
        if name.contains("search") {
            continue;
        }
        let text = read_text(&file);
        let output = hash(text.splitn(3, "---\n").nth(2).unwrap());
        let input = String::new();
        outputs.insert(name.to_owned(), Hashes { input, output });
    }
    guard(&Stage {
        name: "renderer",
        constant: "publish::RENDERER_VERSION",
        version: publish::RENDERER_VERSION,
        outputs,
    });
}

/// Compares a stage with its record, or updates the record if snapshots are being accepted and the version allows it.
fn guard(stage: &Stage) {
    assert!(
        stage.outputs.len() > 5,
        "the fixtures of {} are gone",
        stage.name
    );
    let file = root().join(format!("tests/versions/{}.tsv", stage.name));
    let record = if file.is_file() {
        parsed(&read_text(&file))
    } else {
        Record::default()
    };
    let accepts = std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always");
    match judge(stage, &record) {
        Ok(()) => {}
        Err(Difference::Acceptable(_)) if accepts => fs::write(&file, written(stage)).unwrap(),
        Err(Difference::Acceptable(why) | Difference::Wrong(why)) => panic!("{why}"),
    }
}

/// A difference between a stage and its record.
#[derive(Debug, PartialEq, Eq)]
enum Difference {
    /// The record only has to be written again.
    Acceptable(String),
    /// The version must be raised first.
    Wrong(String),
}

fn judge(stage: &Stage, record: &Record) -> Result<(), Difference> {
    let Stage {
        name,
        constant,
        version,
        outputs,
    } = stage;
    if *version == record.version && *outputs == record.outputs {
        return Ok(());
    }
    if *version < record.version {
        let before = record.version;
        return Err(Difference::Wrong(format!(
            "{constant} went back from {before} to {version}: raise it above {before}"
        )));
    }
    let changed: Vec<&str> = outputs
        .iter()
        .filter(|(fixture, hashes)| {
            let before = record.outputs.get(*fixture);
            before.is_some_and(|before| {
                before.input == hashes.input && before.output != hashes.output
            })
        })
        .map(|(fixture, _)| fixture.as_str())
        .collect();
    if *version == record.version && !changed.is_empty() {
        let next = version + 1;
        return Err(Difference::Wrong(format!(
            "the output of {name} changed for {}.\nRaise {constant} to {next}, so that stored data are read again; then accept \
             the new output by `INSTA_UPDATE=always cargo test --test it versions`",
            changed.join(", ")
        )));
    }
    Err(Difference::Acceptable(format!(
        "tests/versions/{name}.tsv does not hold {constant} {version} with today's fixtures: accept it by \
         `INSTA_UPDATE=always cargo test --test it versions`"
    )))
}

fn parsed(text: &str) -> Record {
    let mut record = Record::default();
    for line in text.lines() {
        match *line.split('\t').collect::<Vec<_>>() {
            ["version", version] => record.version = version.parse().unwrap(),
            [fixture, input, output] => {
                let (input, output) = (input.to_owned(), output.to_owned());
                record
                    .outputs
                    .insert(fixture.to_owned(), Hashes { input, output });
            }
            _ => panic!("neither a version nor a fixture: {line}"),
        }
    }
    record
}

fn written(stage: &Stage) -> String {
    let mut text = format!("version\t{}\n", stage.version);
    for (fixture, Hashes { input, output }) in &stage.outputs {
        writeln!(text, "{fixture}\t{input}\t{output}").unwrap();
    }
    text
}

/// A fixture after reading.
struct Read {
    url: url::Url,
    extracted: Extracted,
    items: Vec<Item>,
}

/// Hashes the result of `show` for every document among the fixtures.
fn of_documents(show: impl Fn(&Read) -> String) -> BTreeMap<String, Hashes> {
    of_stage(None, show)
}

/// Pairs the output of a stage with its own input, which the earlier stages made from a document.
fn of_items(show: impl Fn(&Read) -> String) -> BTreeMap<String, Hashes> {
    let given = |read: &Read| entries_and_items(&read.extracted, &read.items);
    of_stage(Some(&given), show)
}

/// Shows the input of a stage.
type Given<'a> = &'a dyn Fn(&Read) -> String;

/// Hashes a stage's input and output. `given` is the input of a later stage; the input of the first is the document
/// itself.
fn of_stage(given: Option<Given<'_>>, show: impl Fn(&Read) -> String) -> BTreeMap<String, Hashes> {
    let mut outputs = BTreeMap::new();
    for (folder, kind, extensions) in DOCUMENTS {
        for file in files(&fixtures().join(folder), extensions) {
            let body = support::read(&file);
            let beside = file.with_extension("md");
            let said = if beside.is_file() {
                support::read(&beside)
            } else {
                body.clone()
            };
            let said = String::from_utf8_lossy(&said);
            let input = Hash::digest_parts([&*String::from_utf8_lossy(&body), &*said]);
            let source = source(kind, &settings(&said));
            let (input, output) = match (read(&source, body), given) {
                (Ok(read), Some(given)) => (hash(&given(&read)), show(&read)),
                (Ok(read), None) => (short(input), show(&read)),
                (Err(error), Some(_)) => (hash(&error), String::new()),
                (Err(error), None) => (short(input), error),
            };
            let name = file.file_name().unwrap().to_str().unwrap();
            let output = hash(&output);
            let hashes = Hashes { input, output };
            outputs.insert(format!("{folder}/{name}"), hashes);
        }
    }
    outputs
}

fn read(source: &Source, body: Vec<u8>) -> Result<Read, String> {
    let Location::Http(url) = &source.location else {
        panic!("a fixture has an address on the web");
    };
    let url = url.expose().clone();
    let document = Document {
        url: url.clone(),
        content_type: None,
        body,
        fetched_at: now(),
    };
    let extracted = extract::extract(&document, source).map_err(|error| error.to_string())?;
    let normalized = normalize::normalize(source, vec![(document, extracted.clone())]);
    let mut items = normalized.items;
    for item in &mut items {
        item.regions = regions::item_regions(item, None, &[]);
    }
    Ok(Read {
        url,
        extracted,
        items,
    })
}

/// Returns a source with the settings in a fixture's first comment.
fn source(kind: &str, settings: &str) -> Source {
    let address = if settings.lines().any(|line| line.starts_with("url ")) {
        ""
    } else {
        "url = 'https://bulletins.example/news/list'\n"
    };
    let text = format!(
        "[site]\ntimezone = \"America/Costa_Rica\"\n[[source]]\nid = \"fixture\"\nkind = \"{kind}\"\n{address}{settings}"
    );
    configuration(&text).sources.remove(0)
}

fn topics() -> Vec<Topic> {
    configuration(TOPICS).topics
}

fn configuration(text: &str) -> config::Config {
    let path = Path::new("/tidings.toml");
    let config = config::load_changed(path, &ChangedFile { path, text }, &|_| None);
    config.unwrap_or_else(|refused| panic!("{refused}"))
}

fn settings(said: &str) -> String {
    let comment = said.split("<!--").nth(1).unwrap_or_default();
    let comment = comment.split("-->").next().unwrap_or_default();
    let is_key = |key: &str| {
        key.chars()
            .all(|c| c.is_ascii_lowercase() || "._".contains(c))
    };
    let is_setting = |line: &&str| {
        line.split_once('=')
            .is_some_and(|(key, _)| is_key(key.trim()))
    };
    let lines = comment.lines().filter(is_setting);
    lines.map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Shows the entries as found, and the parts of items that are not HTML.
fn entries_and_items(extracted: &Extracted, items: &[Item]) -> String {
    let mut shown = Lines::default();
    shown.all("format", &extracted.channel.format);
    shown.all(
        "channel",
        extracted.channel.title.iter().map(RawText::as_str),
    );
    shown.all("follow", &extracted.follow);
    shown.all("problem", &extracted.problems);
    for entry in &extracted.entries {
        shown.entry(entry);
    }
    for item in items {
        shown.item(item);
    }
    shown.0
}

/// `name: value` lines. The names are not those of the fields, so that a field can be renamed.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn all<T: Display>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        for value in values {
            writeln!(self.0, "{name}: {value}").unwrap();
        }
    }

    fn entry(&mut self, entry: &RawEntry) {
        self.0.push_str("entry\n");
        self.all("guid", &entry.guid);
        self.all("link", &entry.link);
        self.all("base", &entry.base);
        for text in [&entry.title, &entry.summary, &entry.content]
            .into_iter()
            .flatten()
        {
            let (kind, text) = match text {
                RawText::Plain(text) => ("plain", text),
                RawText::Html(text) => ("html", text),
                RawText::Unsaid(text) => ("unsaid", text),
            };
            self.all(kind, [text]);
        }
        self.all("published", &entry.published);
        self.all("updated", &entry.updated);
        self.all("event", &entry.event);
        self.all("author", entry.authors.iter().map(|author| &author.name));
        self.all("tag", entry.tags.iter().map(|tag| &tag.name));
        self.all("enclosure", entry.enclosures.iter().map(|file| &file.url));
        self.all("link", entry.links.iter().map(|link| &link.url));
        self.all("picture", entry.image.iter().map(|image| &image.url));
    }

    fn item(&mut self, item: &Item) {
        let published = &item.published;
        self.0.push_str("item\n");
        self.all("id", [item.id]);
        self.all("key", [&item.key.value, &item.weak_key.value]);
        self.all("title", [&item.title]);
        self.all("address", &item.address);
        self.all("published", [published.instant().to_rfc3339()]);
        self.all("precision", [published.precision().as_str()]);
        self.all("origin", [published.origin()]);
        self.all("updated", item.updated.map(|at| at.to_rfc3339()));
        self.all("event", item.event);
        self.all(
            "language",
            item.language.iter().chain(&item.assumed_language),
        );
        self.all("author", item.authors.iter().map(|author| &author.name));
        self.all("tag", &item.tags);
        self.all("enclosure", item.enclosures.iter().map(|file| &file.url));
        self.all("link", item.links.iter().map(|link| &link.url));
        self.all("picture", item.image.iter().map(|image| &image.url));
    }
}

fn sanitized(read: &Read) -> String {
    let mut shown = Lines::default();
    for entry in &read.extracted.entries {
        let base = entry.base.as_ref().unwrap_or(&read.url);
        let texts = [&entry.title, &entry.summary, &entry.content]
            .into_iter()
            .flatten();
        let html = texts.filter_map(|text| normalize::sanitize_text(text, base));
        shown.all("html", html.map(|html| html.as_str().to_owned()));
    }
    shown.0
}

fn classified(classifier: &Classifier, items: &[Item]) -> String {
    let mut shown = Lines::default();
    for item in items {
        shown.all("regions", [codes(&item.regions)]);
        shown.all(
            "topics",
            [shown_topics(classifier, &Subject::new(item, &[]))],
        );
    }
    shown.0
}

fn shown_topics(classifier: &Classifier, subject: &Subject) -> String {
    let topics = classifier.topics_of(subject);
    topics
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn codes(regions: &[Region]) -> String {
    regions
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Hashes the fields of `dates/fields.tsv`: language, order and text.
fn of_dates() -> Hashes {
    let fields = read_text(&fixtures().join("dates/fields.tsv"));
    let mut shown = Lines::default();
    for row in fields
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'))
    {
        let mut columns = row.split('\t');
        let (language, order, field) = (columns.next(), columns.next(), columns.next());
        let language: Option<Language> = language.and_then(|language| language.parse().ok());
        let hints = DateHints {
            language: language.as_ref(),
            order: order.and_then(|order| order.parse::<DateOrder>().ok()),
            learned: None,
            zone: chrono_tz::America::Mexico_City,
            now: now(),
        };
        let reading = dates::parse_field(field.unwrap_or_default(), &hints);
        shown.all(
            "date",
            [reading.map_or_else(String::new, |reading| reading.dated.at.to_rfc3339())],
        );
    }
    Hashes {
        input: hash(&fields),
        output: hash(&shown.0),
    }
}

/// Hashes the texts of a table of regions: language, country of the source, regions, text.
fn of_regions(name: &str) -> Hashes {
    let rows = read_text(&fixtures().join(format!("regions/{name}.tsv")));
    let mut shown = Lines::default();
    for row in rows
        .lines()
        .filter(|row| !row.is_empty() && !row.starts_with('#'))
    {
        let columns: Vec<&str> = row.split('\t').collect();
        let language: Option<Language> = columns[0].parse().ok();
        let home: Option<Country> = columns[1].parse().ok();
        let found = regions::text_regions([columns[3], ""], language.as_ref(), home, &[]);
        shown.all("regions", [codes(&found)]);
    }
    Hashes {
        input: hash(&rows),
        output: hash(&shown.0),
    }
}

/// Hashes the bulletins of `topics/labour-migration.jsonl`.
fn of_bulletins(show: impl Fn(&Subject) -> String) -> Hashes {
    let lines = read_text(&fixtures().join("topics/labour-migration.jsonl"));
    let mut shown = Lines::default();
    for line in lines.lines() {
        let bulletin: Value = serde_json::from_str(line).unwrap();
        let language: Option<Language> =
            bulletin["lang"].as_str().and_then(|lang| lang.parse().ok());
        let subject = Subject {
            title: bulletin["title"].as_str().unwrap_or_default(),
            summary: bulletin["summary"].as_str().unwrap_or_default(),
            language: language.as_ref(),
            ..Subject::default()
        };
        shown.all("bulletin", [show(&subject)]);
    }
    Hashes {
        input: hash(&lines),
        output: hash(&shown.0),
    }
}

fn now() -> Timestamp {
    DateTime::from_timestamp(1_638_360_000, 0).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixtures() -> PathBuf {
    root().join("tests/fixtures")
}

/// Returns the files of a folder with one of `extensions`, sorted.
fn files(folder: &Path, extensions: &str) -> Vec<PathBuf> {
    let is_wanted = |file: &PathBuf| {
        let extension = file.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|own| extensions.split(' ').any(|extension| extension == own))
    };
    let entries = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(is_wanted).collect();
    files.sort();
    files
}

fn hash(text: &str) -> String {
    short(Hash::digest(text.as_bytes()))
}

/// Returns 64 bits of a hash: nobody forges these.
fn short(hash: Hash) -> String {
    hash.to_string().chars().take(16).collect()
}

/// Compares a stage of `version` with the fixtures `outputs` against a record of version 3 with `a.xml` and `b.xml`.
#[track_caller]
fn check(version: u32, outputs: &[[&str; 3]], expected: Result<(), &str>) {
    let hashes = |rows: &[[&str; 3]]| -> BTreeMap<String, Hashes> {
        let hashes = |[_, input, output]: &[&str; 3]| Hashes {
            input: (*input).to_owned(),
            output: (*output).to_owned(),
        };
        rows.iter()
            .map(|row| (row[0].to_owned(), hashes(row)))
            .collect()
    };
    let record = Record {
        version: 3,
        outputs: hashes(&[["a.xml", "1", "2"], ["b.xml", "3", "4"]]),
    };
    let stage = Stage {
        name: "reader",
        constant: "reader::VERSION",
        version,
        outputs: hashes(outputs),
    };
    assert_eq!(
        parsed(&written(&stage)),
        Record {
            version,
            outputs: stage.outputs.clone()
        }
    );
    let verdict = judge(&stage, &record);
    let told = match &verdict {
        Ok(()) => Ok(()),
        Err(Difference::Acceptable(why)) => Err(format!("acceptable: {why}")),
        Err(Difference::Wrong(why)) => Err(format!("wrong: {why}")),
    };
    match (told, expected) {
        (Ok(()), Ok(())) => {}
        (Err(why), Err(part)) => assert!(why.starts_with(part), "{why}"),
        (told, expected) => panic!("{told:?} where {expected:?} was expected"),
    }
}

#[test]
fn output_may_not_change_under_the_same_version() {
    let (a, b) = (["a.xml", "1", "2"], ["b.xml", "3", "4"]);
    let changed = ["b.xml", "3", "5"];
    check(3, &[a, b], Ok(()));
    check(
        3,
        &[a, changed],
        Err("wrong: the output of reader changed for b.xml.\nRaise reader::VERSION to 4"),
    );
    check(
        4,
        &[a, changed],
        Err("acceptable: tests/versions/reader.tsv does not hold reader::VERSION 4"),
    );
    check(4, &[a, b], Err("acceptable: "));
    check(
        2,
        &[a, b],
        Err("wrong: reader::VERSION went back from 3 to 2"),
    );
}

#[test]
fn fixtures_may_change_under_the_same_version() {
    let (a, b) = (["a.xml", "1", "2"], ["b.xml", "3", "4"]);
    check(3, &[a, ["b.xml", "9", "5"]], Err("acceptable: "));
    check(3, &[a, b, ["c.xml", "1", "1"]], Err("acceptable: "));
    check(3, &[a], Err("acceptable: "));
    // A new fixture does not hide a change of another.
    check(
        3,
        &[["a.xml", "1", "0"], ["c.xml", "1", "1"]],
        Err("wrong: the output of reader changed for a.xml"),
    );
}
