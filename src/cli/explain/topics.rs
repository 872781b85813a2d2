//! `tidings explain topics`: finds the topics that match a bulletin, and why.
//!
//! JSON lines, one object in and one out, in order: `{"title", "summary"?, "lang"?, "source"?, "regions"?,
//! "tags"?, "authors"?, "date"?}` to `{"topics": ["labour-migration"]}`. Missing fields are derived as in the
//! daemon: the language from the source or the text, the regions from the text. `--why` adds `"assumed"`, which
//! is null or the languages in which words are looked up if the language is unknown, and `"why": [{"topic",
//! "file", "line", "reasons": [{"role", "query", "part"?, "words"?, "at"?}]}]`: `role` is the topic's key that
//! contains the query, `query` the part of the query, `part` the part of the item, `words` the words found
//! there, and `at` their positions: a start and an end per word, in characters of the text from 0.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use chrono::NaiveDate;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::super::CliError;
use super::answer_lines;
use super::assumed::AssumedLanguages;
use crate::classify::{
    Classifier, MatchEvidence, MatchReason, Subject, TopicMatch, explain_topics, regions,
};
use crate::config::Config;
use crate::flow;
use crate::model::{Language, Region, Source, SourceId, TopicId};
use crate::normalize;
use crate::store::{self, StoreReader};

#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// Titles to match; without any, JSON lines with `title`, `summary` and more are read from stdin
    #[arg(value_name = "TITLE")]
    titles: Vec<String>,
    /// The text below the titles
    #[arg(long, default_value = "", requires = "titles")]
    summary: String,
    /// The language of the titles
    #[arg(long)]
    language: Option<Language>,
    /// The source that the titles come from
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// Include the reasons in JSON
    #[arg(long)]
    why: bool,
    /// Print JSON lines for titles, too
    #[arg(long)]
    json: bool,
}

/// A line of stdin.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TopicQuestion {
    title: String,
    summary: String,
    lang: Option<String>,
    source: Option<String>,
    regions: Option<Vec<String>>,
    tags: Vec<String>,
    authors: Vec<String>,
    date: Option<NaiveDate>,
}

/// A line of stdout.
#[derive(Serialize)]
struct TopicAnswer {
    topics: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assumed: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Vec<TopicExplanation>>,
}

/// The reasons why a topic matches.
#[derive(Serialize)]
pub(super) struct TopicExplanation {
    topic: String,
    file: String,
    line: usize,
    reasons: Vec<ReasonExplanation>,
}

#[derive(Serialize)]
struct ReasonExplanation {
    role: &'static str,
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    at: Vec<[usize; 2]>,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<(), CliError> {
    let languages = flow::assumed_languages(config);
    let classifier = Classifier::new(&config.topics, &languages);
    let desk = TopicMatcher {
        arguments,
        config,
        classifier,
        languages,
        usual: usual_languages(config),
    };
    if arguments.titles.is_empty() {
        return answer_lines(|question: TopicQuestion| desk.answer_question(&question));
    }
    let mut out = io::stdout().lock();
    for title in &arguments.titles {
        let question = TopicQuestion {
            title: title.clone(),
            summary: arguments.summary.clone(),
            ..TopicQuestion::default()
        };
        if arguments.json {
            let answer = desk.answer_question(&question).map_err(CliError::Usage)?;
            let json = serde_json::to_string(&answer).expect("plain data always serializes");
            writeln!(out, "{json}")?;
            continue;
        }
        let judged = desk.match_question(&question, |subject, assumed| {
            let whys = explain_topics(&config.topics, &desk.languages, subject);
            (whys, assumed)
        });
        let (whys, assumed) = judged.map_err(CliError::Usage)?;
        print_explanations(&whys, &mut out)?;
        if let Some(assumed) = assumed {
            writeln!(out, "language unknown: {assumed}")?;
        }
    }
    Ok(())
}

/// The compiled queries and languages that questions are matched with.
struct TopicMatcher<'a> {
    arguments: &'a Arguments,
    config: &'a Config,
    classifier: Classifier,
    /// The languages in which bulletins of unknown language are matched.
    languages: Vec<Language>,
    /// The usual language of each source's items.
    usual: BTreeMap<SourceId, Language>,
}

impl TopicMatcher<'_> {
    fn answer_question(&self, question: &TopicQuestion) -> Result<TopicAnswer, String> {
        self.match_question(question, |subject, assumed| {
            let topics = self.classifier.topics_of(subject);
            let whys = || {
                let whys = explain_topics(&self.config.topics, &self.languages, subject);
                whys.iter().map(topic_explanation).collect()
            };
            let shown = self.arguments.why;
            TopicAnswer {
                assumed: assumed.filter(|_| shown).map(|assumed| assumed.to_json()),
                topics: topics.iter().map(TopicId::to_string).collect(),
                why: shown.then(whys),
            }
        })
    }

    /// Passes on the fields that the daemon would match.
    fn match_question<T>(
        &self,
        question: &TopicQuestion,
        ask: impl FnOnce(&Subject, Option<AssumedLanguages>) -> T,
    ) -> Result<T, String> {
        let id = question.source.as_ref().or(self.arguments.source.as_ref());
        let id = id
            .map(|id| id.parse())
            .transpose()
            .map_err(|error| format!("{error}"))?;
        let source = self
            .config
            .sources
            .iter()
            .find(|source| Some(&source.id) == id.as_ref());
        let language = self.language_of(question, source)?;
        let usual = id.as_ref().and_then(|id| self.usual.get(id));
        let assumed = language
            .is_none()
            .then(|| AssumedLanguages::from_usual(usual.cloned(), self.config));
        let regions = question_regions(question, source, language.as_ref())?;
        let texts =
            |texts: &'_ [String]| -> Vec<String> { texts.iter().map(normalize_spaces).collect() };
        let (tags, authors) = (texts(&question.tags), texts(&question.authors));
        let subject = Subject {
            title: &normalize_spaces(&question.title),
            summary: &normalize_spaces(&question.summary),
            tags: tags.iter().map(String::as_str).collect(),
            authors: authors.iter().map(String::as_str).collect(),
            source: id.as_ref(),
            language: language.as_ref(),
            assumed_language: usual,
            regions: &regions,
            day: question.date,
            topics: source.map_or(&[], |source| source.topics.as_slice()),
        };
        Ok(ask(&subject, assumed))
    }

    fn language_of(
        &self,
        question: &TopicQuestion,
        source: Option<&Source>,
    ) -> Result<Option<Language>, String> {
        let stated = question.lang.as_deref().filter(|tag| !tag.is_empty());
        let stated = stated.map(|tag| tag.parse().map_err(|error| format!("{error}")));
        let known = stated
            .transpose()?
            .or_else(|| self.arguments.language.clone());
        let of_source = || source.and_then(|source| source.language.clone());
        let text = || format!("{}\n{}", question.title, question.summary);
        Ok(known
            .or_else(of_source)
            .or_else(|| normalize::identify_language(&text())))
    }
}

/// Returns the languages that the store keeps for sources; empty without a store.
fn usual_languages(config: &Config) -> BTreeMap<SourceId, Language> {
    let kept = store::inspect_store(&config.store.path, StoreReader::usual_languages);
    kept.ok().flatten().unwrap_or_default()
}

/// Returns a text with plain spaces only, as items contain it.
fn normalize_spaces(text: impl AsRef<str>) -> String {
    text.as_ref()
        .replace(['\u{a0}', '\u{2007}', '\u{202f}'], " ")
}

/// Returns the given regions with their countries, or those that the texts mention.
fn question_regions(
    question: &TopicQuestion,
    source: Option<&Source>,
    language: Option<&Language>,
) -> Result<Vec<Region>, String> {
    let Some(codes) = &question.regions else {
        let texts = [question.title.as_str(), &question.summary];
        let home = source.and_then(|source| source.country);
        let fixed = source.map_or(&[][..], |source| &source.regions);
        return Ok(regions::text_regions(texts, language, home, fixed));
    };
    let codes = codes.iter().map(|code| code.parse());
    codes
        .collect::<Result<_, _>>()
        .map_err(|error: crate::model::RegionError| error.to_string())
}

pub(super) fn topic_explanation(why: &TopicMatch) -> TopicExplanation {
    TopicExplanation {
        topic: why.topic.to_string(),
        file: why.place.file.display().to_string(),
        line: why.place.line,
        reasons: why.reasons.iter().map(reason_explanation).collect(),
    }
}

fn reason_explanation(reason: &MatchReason) -> ReasonExplanation {
    let (part, words, at) = match &reason.evidence {
        MatchEvidence::Words { part, text, bytes } => {
            let characters =
                |byte: usize| text.get(..byte).map_or(0, |before| before.chars().count());
            let at = bytes
                .iter()
                .map(|at| [characters(at.start), characters(at.end)]);
            (
                Some(part.as_str()),
                matched_words(text, bytes),
                at.collect(),
            )
        }
        MatchEvidence::Fact | MatchEvidence::Absence => (None, Vec::new(), Vec::new()),
    };
    ReasonExplanation {
        role: reason.role.as_str(),
        query: reason.query.clone(),
        part,
        words,
        at,
    }
}

fn matched_words(text: &str, bytes: &[Range<usize>]) -> Vec<String> {
    let word = |at: &Range<usize>| text.get(at.clone()).unwrap_or_default().to_owned();
    bytes.iter().map(word).collect()
}

/// Writes a paragraph per topic: its place in the configuration, and a line for each part of its queries that
/// matched.
fn print_explanations(whys: &[TopicMatch], out: &mut impl Write) -> io::Result<()> {
    if whys.is_empty() {
        writeln!(out, "no topic")?;
    }
    explanation_lines(whys)
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
}

/// Returns the lines of these paragraphs.
pub(super) fn explanation_lines(whys: &[TopicMatch]) -> Vec<String> {
    let mut lines = Vec::new();
    for why in whys {
        let (file, line) = (why.place.file.display(), why.place.line);
        lines.push(format!("{}  {file}:{line}", why.topic));
        lines.extend(why.reasons.iter().map(reason_line));
        if why.reasons.is_empty() {
            lines.push("  its source gives it this topic".to_owned());
        }
    }
    lines
}

fn reason_line(reason: &MatchReason) -> String {
    let found = match &reason.evidence {
        MatchEvidence::Words { part, text, bytes } => {
            format!(
                "{}: {}",
                part.as_str(),
                matched_words(text, bytes).join(" … ")
            )
        }
        MatchEvidence::Fact => "holds".to_owned(),
        MatchEvidence::Absence => "not there".to_owned(),
    };
    format!("  {:<8} {}  {found}", reason.role.as_str(), reason.query)
}
