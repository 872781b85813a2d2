//! `tidings explain duplicates`: finds the items that report the same story.
//!
//! JSON lines, one object in and one out, in order: `{"id", "source", "url", "title", "summary", "date",
//! "lang"}` to `{"id", "cluster"}`. The cluster is the id of the story's first item. A line that cannot be read
//! is answered with `{"error"}`, and reading continues. Lines that arrive together are parsed on all cores;
//! every line is answered before the next read. Memory does not grow with the stream.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::num::NonZero;
use std::thread;

use chrono::{DateTime, NaiveDate};
use clap::Args;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::classify::regions;
use crate::cli::CliError;
use crate::dedupe::{ComparedItem, DuplicateDecision, Fingerprint, Window, WindowLimits};
use crate::normalize::{canonical_url, read_visible_text};

/// The longest line, in bytes.
const MAX_LINE: usize = 1 << 20;
/// The longest id, in bytes.
const MAX_ID: usize = 1_000;
/// The size of one read, in bytes.
const BUFFER: usize = 1 << 18;
/// The minimum number of lines that are shared among cores; fewer are not worth it.
const SHARED: usize = 64;

#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// Show for each item what joined it to its story, and which guard kept it apart from another
    #[arg(long)]
    why: bool,
}

/// A line of stdin. Missing fields and nulls are empty.
#[derive(Deserialize)]
struct DuplicateQuestion<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    url: Option<Cow<'a, str>>,
    #[serde(borrow)]
    title: Option<Cow<'a, str>>,
    #[serde(borrow)]
    summary: Option<Cow<'a, str>>,
    #[serde(borrow)]
    date: Option<Cow<'a, str>>,
    #[serde(borrow)]
    lang: Option<Cow<'a, str>>,
}

/// A parsed line: the item's id and fingerprint, or the error.
type ParsedLine = Result<(String, Fingerprint), String>;

#[derive(Serialize)]
struct DuplicateAnswer<'a> {
    id: &'a str,
    cluster: &'a str,
    #[serde(flatten)]
    why: Option<DuplicateReason<'a>>,
}

/// The fields that `--why` adds.
#[derive(Serialize)]
struct DuplicateReason<'a> {
    /// The item that it was joined to, and the evidence.
    joined: Option<(&'a str, &'static str)>,
    /// The most similar item that was kept apart, and the guard.
    refused: Option<(&'a str, &'static str)>,
    /// The same story in another language.
    alternate: Option<&'a str>,
    /// True if the item's address is that of a page with changing content.
    rolls: bool,
}

#[derive(Serialize)]
struct ErrorAnswer {
    error: String,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    regions::load_gazetteer();
    let lines = io::BufReader::with_capacity(BUFFER, io::stdin().lock());
    let out = io::BufWriter::with_capacity(BUFFER, io::stdout().lock());
    Ok(answer_all(
        lines,
        out,
        arguments.why,
        WindowLimits::default(),
    )?)
}

/// Answers all waiting lines, then reads more.
fn answer_all(
    mut lines: impl BufRead,
    mut out: impl Write,
    why: bool,
    limits: WindowLimits,
) -> io::Result<()> {
    let mut clusters = StoryClusters::new(why, limits);
    let mut waiting = WaitingInput::default();
    loop {
        let buffer = lines.fill_buf()?;
        let ended = buffer.is_empty();
        let length = buffer.len();
        waiting.add_bytes(buffer, ended);
        lines.consume(length);
        for asked in parse_lines(waiting.whole_lines()) {
            clusters.write_answer(asked, &mut out)?;
        }
        waiting.drop_whole_lines();
        if ended {
            return out.flush();
        }
        out.flush()?;
    }
}

/// Input not yet answered: whole lines, and the beginning of one.
#[derive(Default)]
struct WaitingInput {
    bytes: Vec<u8>,
    whole: usize,
}

impl WaitingInput {
    fn add_bytes(&mut self, bytes: &[u8], ended: bool) {
        let last = bytes.iter().rposition(|byte| *byte == b'\n');
        if let Some(last) = last {
            self.whole = self.bytes.len() + last + 1;
        }
        // The beginning of an overlong line is enough to report it.
        let room = if last.is_some() {
            bytes.len()
        } else {
            (MAX_LINE + 1).saturating_sub(self.bytes.len())
        };
        self.bytes
            .extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if ended {
            self.whole = self.bytes.len();
        }
    }

    /// Returns the whole lines that are not blank.
    fn whole_lines(&self) -> Vec<&[u8]> {
        let whole = self.bytes.get(..self.whole).unwrap_or_default();
        let lines = whole.split(|byte| *byte == b'\n');
        lines.filter(|line| !line.trim_ascii().is_empty()).collect()
    }

    fn drop_whole_lines(&mut self) {
        self.bytes.drain(..self.whole);
        self.whole = 0;
    }
}

/// Parses lines on all cores, in order.
fn parse_lines(lines: Vec<&[u8]>) -> Vec<ParsedLine> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    if lines.len() < SHARED || cores < 2 {
        return lines.into_iter().map(parse_line).collect();
    }
    let share = lines.len().div_ceil(cores);
    thread::scope(|scope| {
        let read = |lines: &[&[u8]]| lines.iter().copied().map(parse_line).collect::<Vec<_>>();
        let shares: Vec<_> = lines
            .chunks(share)
            .map(|lines| scope.spawn(move || read(lines)))
            .collect();
        let done = shares
            .into_iter()
            .flat_map(|share| share.join().expect("reading a line never panics"));
        done.collect()
    })
}

fn parse_line(line: &[u8]) -> ParsedLine {
    if line.len() > MAX_LINE {
        return Err(format!("a line is longer than {MAX_LINE} bytes"));
    }
    let question: DuplicateQuestion =
        serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if question.id.len() > MAX_ID {
        return Err(format!("an id is longer than {MAX_ID} bytes"));
    }
    let fingerprint = question.fingerprint();
    Ok((question.id.into_owned(), fingerprint))
}

impl DuplicateQuestion<'_> {
    fn fingerprint(&self) -> Fingerprint {
        let text = |text: &Option<Cow<str>>| text.as_deref().unwrap_or_default().to_owned();
        let address = Url::parse(self.url.as_deref().unwrap_or_default().trim()).ok();
        let address = address.and_then(|address| canonical_url(address.as_str(), &address));
        let (title, summary) = (text(&self.title), text(&self.summary));
        Fingerprint::from_compared(&ComparedItem {
            address: address.as_ref(),
            title: &read_visible_text(&title),
            text: &read_visible_text(&summary),
            at: self.date.as_deref().and_then(parse_seconds),
            event: None,
            language: self.lang.as_deref().unwrap_or_default(),
        })
    }
}

/// Parses an instant (RFC 3339) or a day.
fn parse_seconds(date: &str) -> Option<i64> {
    let instant = DateTime::parse_from_rfc3339(date).map(|at| at.timestamp());
    let day = || date.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0);
    instant
        .ok()
        .or_else(|| day().map(|at| at.and_utc().timestamp()))
}

/// The stories so far, by the ids given in the input.
struct StoryClusters {
    window: Window,
    why: bool,
    /// The number of items read.
    count: u64,
    /// The ids of the items in the window.
    ids: Vec<String>,
    /// The id of each story's first item, for stories that the window may know.
    first: HashMap<u64, String>,
}

impl StoryClusters {
    fn new(why: bool, limits: WindowLimits) -> Self {
        Self {
            window: Window::new(limits),
            why,
            count: 0,
            ids: vec![String::new(); limits.items],
            first: HashMap::with_capacity(2 * limits.items),
        }
    }

    fn write_answer(&mut self, asked: ParsedLine, out: &mut impl Write) -> io::Result<()> {
        match asked {
            Ok((id, fingerprint)) => self.decide_and_write(&id, &fingerprint, out)?,
            Err(error) => serde_json::to_writer(&mut *out, &ErrorAnswer { error })?,
        }
        out.write_all(b"\n")
    }

    fn decide_and_write(
        &mut self,
        id: &str,
        fingerprint: &Fingerprint,
        out: &mut impl Write,
    ) -> io::Result<()> {
        self.count += 1;
        let decision = self.window.decide(self.count, fingerprint, |_| None);
        let place = self.slot_of(self.count);
        id.clone_into(&mut self.ids[place]);
        if decision.story == self.count {
            self.forget_stories();
            self.first.insert(self.count, id.to_owned());
        }
        let answer = DuplicateAnswer {
            id,
            cluster: self.first.get(&decision.story).map_or(id, String::as_str),
            why: self.why.then(|| self.reason_for(&decision)),
        };
        Ok(serde_json::to_writer(out, &answer)?)
    }

    fn reason_for(&self, decision: &DuplicateDecision) -> DuplicateReason<'_> {
        DuplicateReason {
            joined: decision
                .joined
                .map(|(item, evidence)| (self.id_of_item(item), evidence.as_str())),
            refused: decision
                .refused
                .map(|(item, guard)| (self.id_of_item(item), guard.as_str())),
            alternate: decision.alternate.map(|item| self.id_of_item(item)),
            rolls: decision.rolls,
        }
    }

    fn slot_of(&self, item: u64) -> usize {
        usize::try_from(item % self.ids.len() as u64).unwrap_or(0)
    }

    fn id_of_item(&self, item: u64) -> &str {
        &self.ids[self.slot_of(item)]
    }

    /// Forgets the stories that have left the window before the map outgrows its limit.
    fn forget_stories(&mut self) {
        if self.first.len() >= 2 * self.ids.len() {
            self.first.retain(|story, _| self.window.has_story(*story));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(lines: &str, why: bool) -> Vec<String> {
        let limits = WindowLimits {
            items: 64,
            words: 1 << 12,
        };
        let mut out = Vec::new();
        answer_all(lines.as_bytes(), &mut out, why, limits).unwrap();
        String::from_utf8(out)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    fn item(id: &str, title: &str) -> String {
        format!(
            r#"{{"id":"{id}","source":"s","url":"https://{id}.example/n/1","title":"{title}","summary":"","date":"2026-06-01","lang":"en"}}"#
        )
    }

    #[test]
    fn each_line_is_answered_in_order() {
        let one = item("a", "Civil defence opens shelters after the flood");
        let again = item(
            "b",
            "Civil defence opens shelters after the flood | Harbour News",
        );
        let other = item("c", "Families wait for the bridge to be inspected");
        let lines = format!("{one}\n\n{again}\r\nnonsense\n{{\"title\":\"no id\"}}\n{other}");
        let answered = answers(&lines, false);
        assert_eq!(
            answered[..2],
            [r#"{"id":"a","cluster":"a"}"#, r#"{"id":"b","cluster":"a"}"#]
        );
        assert!(
            answered[2].starts_with(r#"{"error":"#) && answered[3].starts_with(r#"{"error":"#),
            "{answered:?}"
        );
        assert_eq!(answered[4..], [r#"{"id":"c","cluster":"c"}"#]);
    }

    #[test]
    fn why_names_the_evidence_and_the_guard() {
        let lines = [
            item("a", "Bulletin no. 23 of the health service"),
            item("b", "Bulletin no. 23 of the health service."),
            item("c", "Bulletin no. 24 of the health service"),
        ];
        assert_eq!(
            answers(&lines.join("\n"), true)[1..],
            [
                r#"{"id":"b","cluster":"a","joined":["a","title"],"refused":null,"alternate":null,"rolls":false}"#,
                r#"{"id":"c","cluster":"c","joined":null,"refused":["b","number"],"alternate":null,"rolls":false}"#,
            ]
        );
    }

    #[test]
    fn markup_and_entities_are_read_as_text() {
        let text = "The river rose by two metres overnight and families moved to four schools.";
        let with = |id: &str, summary: &str| {
            item(id, "Families move")
                .replace(r#""summary":"""#, &format!(r#""summary":"{summary}""#))
        };
        let marked = format!("<p>{}</p>", text.replace(' ', "&nbsp;"));
        assert_eq!(
            answers(&[with("a", text), with("b", &marked)].join("\n"), false)[1],
            r#"{"id":"b","cluster":"a"}"#
        );
    }

    #[test]
    fn a_line_without_end_costs_no_memory() {
        let mut waiting = WaitingInput::default();
        for _ in 0..64 {
            waiting.add_bytes(&vec![b'x'; 1 << 16], false);
        }
        assert_eq!(waiting.bytes.len(), MAX_LINE + 1);
        waiting.add_bytes(b"y\nz", false);
        let lines: Vec<bool> = waiting
            .whole_lines()
            .into_iter()
            .map(|line| parse_line(line).is_err())
            .collect();
        assert_eq!(lines, [true]);
        waiting.drop_whole_lines();
        assert_eq!(waiting.bytes, b"z");
    }

    #[test]
    fn ids_of_forgotten_stories_are_forgotten() {
        let lines: Vec<String> = (0..1_000)
            .map(|n| item(&n.to_string(), &format!("Notice {n} of ward {n}")))
            .collect();
        let mut clusters = StoryClusters::new(
            false,
            WindowLimits {
                items: 64,
                words: 1 << 12,
            },
        );
        for asked in parse_lines(lines.iter().map(String::as_bytes).collect()) {
            clusters.write_answer(asked, &mut io::sink()).unwrap();
        }
        assert!(clusters.first.len() <= 128, "{}", clusters.first.len());
    }
}
