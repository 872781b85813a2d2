//! Reads plain-text bulletins: titles with their texts, one after another, most with a date line each.
//!
//! In: the text of a document, and the hints for its dates.
//! Out: entries in document order, a [`Problem`] for each date without an entry, and one for the lines before
//! the first entry.
//!
//! Blank lines end a paragraph and mean nothing else; all kinds of space are equal. Publishers write the date
//! above the item, below it, next to its title or under its title. The layout is the same for the whole
//! document, so the document decides ([`Layout`]), never one entry. A text without dates is a list if titles
//! and texts alternate in it; else it has no entries. A title printed twice, as on pages that caption the
//! picture next to it, is one title. Numbers of notices divide a text before dates do ([`numbered`]). The day
//! on which the whole bulletin was updated belongs to no notice.
//!
//! No network, no clock. Linear in the text.

mod numbered;

use std::collections::HashSet;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use self::numbered::NumberedPart;
use super::MAX_ENTRIES;
use crate::dates::{self, DateBasis, DateHints};
use crate::languages;
use crate::model::{DateOrder, Extracted, Precision, Problem, RawEntry, RawTag, RawText};

/// The maximum length of a line. Longer lines are cut.
const MAX_LINE_CHARS: usize = 20_000;

/// The maximum width of wrapped lines. If a line is longer, every line is a paragraph.
const MAX_WRAP_CHARS: usize = 120;

/// The maximum length of a title.
const MAX_TITLE_CHARS: usize = 200;

/// The minimum length of a text under a title, unless the line ends as sentences do.
const MIN_TEXT_CHARS: usize = 100;

/// The usual maximum number of paragraphs under a title in a list without dates.
const MAX_PARAGRAPHS: usize = 2;

/// The maximum number of words in a label, such as the category on a card.
const MAX_LABEL_WORDS: usize = 3;

/// The minimum number of words in running text. A shorter paragraph is a heading or a greeting.
const MIN_RUNNING_WORDS: usize = 10;

/// Links to the full text, in lower case and without surrounding punctuation.
static MORE: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.text.read_more_lines));

/// Reads a text of dated notices.
pub(super) fn read_notices(text: &str, hints: &DateHints) -> Extracted {
    let (mut paragraphs, repeated) = without_repeats(split_paragraphs(text, hints));
    if let Some((before, parts)) = numbered::split_numbered(&paragraphs) {
        return read_numbered(before, parts);
    }
    let stamps = usize::from(take_update_stamp(&mut paragraphs).is_some());
    let DatedBlocks { dates, blocks } = DatedBlocks::from_paragraphs(paragraphs, hints);
    if dates.is_empty() {
        return read_undated(&blocks.concat(), &repeated);
    }
    let mut extracted = Extracted::default();
    let layout = DatePlacement::detect(&blocks);
    let preamble = layout.count_above(&blocks, 0) + stamps;
    if preamble > 0 {
        let problem = Problem::Preamble { lines: preamble };
        extracted.problems.push(problem);
    }
    for (index, date) in dates.iter().enumerate().take(MAX_ENTRIES) {
        let position = index + 1;
        match layout.build_entry(&blocks, index, date) {
            Some(entry) => extracted.entries.push(entry),
            None => extracted.problems.push(Problem::Empty { position }),
        }
    }
    if dates.len() > MAX_ENTRIES {
        let problem = Problem::TooManyEntries { limit: MAX_ENTRIES };
        extracted.problems.push(problem);
    }
    extracted
}

/// Reads notices divided by their numbers. The first `before` lines belong to no notice.
fn read_numbered(before: usize, parts: Vec<NumberedPart>) -> Extracted {
    let too_many = parts.len() > MAX_ENTRIES;
    let entries = parts.into_iter().take(MAX_ENTRIES).map(|part| {
        let published = part.date.clone();
        let (title, texts) = part.into_title_and_texts();
        RawEntry {
            published,
            ..build_entry(&title, &texts)
        }
    });
    let preamble = (before > 0).then_some(Problem::Preamble { lines: before });
    Extracted {
        entries: entries.collect(),
        problems: preamble
            .into_iter()
            .chain(too_many.then_some(Problem::TooManyEntries { limit: MAX_ENTRIES }))
            .collect(),
        ..Extracted::default()
    }
}

/// Words before the day on which a whole bulletin was updated, folded.
static STAMPS: LazyLock<Vec<&str>> =
    LazyLock::new(|| languages::words(|table| table.text.updated_stamps).collect());

/// Removes the day on which the whole bulletin was updated: the first date, if it is the only one labelled
/// so.
fn take_update_stamp(paragraphs: &mut Vec<Paragraph>) -> Option<Paragraph> {
    let mut dates =
        paragraphs
            .iter()
            .enumerate()
            .filter_map(|(place, paragraph)| match paragraph {
                Paragraph::Date(date) => Some((place, is_update_stamp(date))),
                Paragraph::Text(_) => None,
            });
    let (first, true) = dates.next()? else {
        return None;
    };
    let mut others = dates.map(|(_, is_stamp)| is_stamp).peekable();
    let is_alone = others.peek().is_some() && !others.any(|is_stamp| is_stamp);
    is_alone.then(|| paragraphs.remove(first))
}

fn is_update_stamp(date: &str) -> bool {
    let mut folded = date.to_lowercase();
    for (accented, plain) in [
        ("á", "a"),
        ("à", "a"),
        ("é", "e"),
        ("ú", "u"),
        ("ó", "o"),
        ("ç", "c"),
        ("ã", "a"),
    ] {
        folded = folded.replace(accented, plain);
    }
    let words = folded.trim_start_matches(|c: char| !c.is_alphanumeric());
    STAMPS.iter().any(|stamp| {
        words
            .strip_prefix(stamp)
            .is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
    })
}

/// The maximum number of lines before the date of a part.
const MAX_HEAD: usize = 4;

/// Reads one notice whose text is already delimited: the first line is the title, and a date near it is the
/// date.
pub(super) fn read_notice(part: &str, hints: &DateHints) -> Option<RawEntry> {
    let (mut paragraphs, _) = without_repeats(split_paragraphs(part, hints));
    let is_date = |paragraph: &Paragraph| matches!(paragraph, Paragraph::Date(_));
    let date = paragraphs.iter().take(MAX_HEAD).position(is_date);
    let date = date.map(|place| paragraphs.remove(place));
    let mut published = date.map(Paragraph::into_text);
    let mut texts: Vec<String> = paragraphs.into_iter().map(Paragraph::into_text).collect();
    let first = texts.first_mut()?;
    if published.is_none()
        && let Some((date, title)) = dated_title(first, hints)
    {
        published = Some(date.to_owned());
        *first = title.to_owned();
    }
    let (title, summary) = texts.split_first()?;
    Some(RawEntry {
        published,
        ..build_entry(title, summary)
    })
}

/// Reads a list without dates: two titles or more, with about a paragraph of text under each. If any titles
/// are printed twice (`repeated`), only these are titles.
fn read_undated(paragraphs: &[String], repeated: &HashSet<String>) -> Extracted {
    let is_above_text = |index: usize, text: &String| {
        is_title(text)
            && paragraphs
                .get(index + 1)
                .is_some_and(|below| is_text_of(text, below))
    };
    let titles: Vec<usize> = paragraphs
        .iter()
        .enumerate()
        .filter(|(index, text)| match repeated.len() {
            0 | 1 => is_above_text(*index, text),
            _ => repeated.contains(*text),
        })
        .map(|(index, _)| index)
        .collect();
    let ends = titles.iter().skip(1).copied().chain([paragraphs.len()]);
    let blocks: Vec<&[String]> = titles
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| paragraphs.get(*start..end))
        .collect();
    let mut lengths: Vec<usize> = blocks.iter().map(|block| block.len()).collect();
    lengths.sort_unstable();
    // Headings within an article have more text under them.
    let usual = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    if blocks.len() < 2 || usual > 1 + MAX_PARAGRAPHS {
        return Extracted::default();
    }
    let preamble = titles.first().copied().filter(|lines| *lines > 0);
    let too_many = blocks.len() > MAX_ENTRIES;
    let entries = blocks.iter().take(MAX_ENTRIES).filter_map(|block| {
        let (title, summary) = block.split_first()?;
        Some(build_entry(title, summary))
    });
    Extracted {
        entries: entries.collect(),
        problems: preamble
            .map(|lines| Problem::Preamble { lines })
            .into_iter()
            .chain(too_many.then_some(Problem::TooManyEntries { limit: MAX_ENTRIES }))
            .collect(),
        ..Extracted::default()
    }
}

/// Returns true if a paragraph is the text under a title: running text, or text cut short without a mark.
fn is_text_of(title: &str, below: &str) -> bool {
    let [title, text] = [title, below].map(|text| text.chars().count());
    is_prose(below) || text >= MIN_TEXT_CHARS && text >= 2 * title
}

fn build_entry(title: &str, summary: &[String]) -> RawEntry {
    RawEntry {
        title: Some(RawText::Plain(title.to_owned())),
        summary: (!summary.is_empty()).then(|| RawText::Plain(summary.join("\n\n"))),
        ..RawEntry::default()
    }
}

/// Drops a title that is repeated directly below itself, where the first may follow `Photo of`. Also returns
/// the titles that were repeated.
fn without_repeats(paragraphs: Vec<Paragraph>) -> (Vec<Paragraph>, HashSet<String>) {
    let mut kept: Vec<Paragraph> = Vec::with_capacity(paragraphs.len());
    let mut repeated = HashSet::new();
    for paragraph in paragraphs {
        if let (Some(Paragraph::Text(above)), Paragraph::Text(title)) = (kept.last(), &paragraph)
            && is_title(title)
            && repeats_title(above, title)
        {
            repeated.insert(title.clone());
            kept.pop();
        }
        kept.push(paragraph);
    }
    (kept, repeated)
}

/// Returns true if a line is the title below it, apart from a few words before it.
fn repeats_title(above: &str, title: &str) -> bool {
    let before = above.strip_suffix(title);
    before.is_some_and(|before| {
        before.is_empty() || before.ends_with([' ', ':']) && word_count(before) <= MAX_LABEL_WORDS
    })
}

/// The place where the publisher puts the date of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DatePlacement {
    /// Date, title, summary.
    DateFirst,
    /// Label, date, title, summary.
    Cards,
    /// Title, date, summary: an article, or a list of them.
    TitleFirst,
    /// Title, summary, date.
    DateLast,
}

/// Paragraphs between dates: `blocks[i]` precedes `dates[i]`, and the last block follows them all.
#[derive(Debug, Default)]
struct DatedBlocks {
    dates: Vec<String>,
    blocks: Vec<Vec<String>>,
}

impl DatePlacement {
    fn detect(blocks: &[Vec<String>]) -> Self {
        let first = blocks.first().map_or(&[][..], Vec::as_slice);
        let most = |holds: fn(&[String], &[String]) -> bool| {
            let around = blocks.iter().zip(blocks.iter().skip(1));
            let votes = around.filter(|(before, after)| holds(before, after));
            votes.count() * 2 >= blocks.len()
        };
        if most(|before, after| has_title(before) && after.first().is_some_and(is_prose)) {
            Self::TitleFirst
        } else if !first.is_empty() && ends_without_item(blocks) {
            Self::DateLast
        } else if most(|before, _| before.last().is_some_and(is_label)) && ends_in_label(first) {
            Self::Cards
        } else {
            Self::DateFirst
        }
    }

    /// Returns how many paragraphs of a block belong to the date above it. The others belong to the date
    /// below.
    fn count_above(self, blocks: &[Vec<String>], index: usize) -> usize {
        let Some(block) = blocks.get(index) else {
            return 0;
        };
        let last_block = index + 1 == blocks.len();
        match self {
            Self::DateLast if index == 0 => block.len() - first_item(blocks).len(),
            Self::DateLast => 0,
            _ if last_block => block.len(),
            Self::DateFirst => block.len(),
            Self::Cards => block.len() - usize::from(ends_in_label(block)),
            Self::TitleFirst => {
                let title = block.iter().rposition(is_title);
                title.unwrap_or(block.len().saturating_sub(1))
            }
        }
    }

    fn build_entry(self, blocks: &[Vec<String>], index: usize, date: &str) -> Option<RawEntry> {
        let before = blocks.get(index)?.get(self.count_above(blocks, index)..)?;
        let after = blocks.get(index + 1)?;
        let after = after.get(..self.count_above(blocks, index + 1))?;
        let (title, summary) = match self {
            Self::DateFirst | Self::Cards => after.split_first()?,
            Self::TitleFirst => (before.first()?, after),
            Self::DateLast => before.split_first()?,
        };
        let tags = if self == Self::Cards { before } else { &[] };
        Some(RawEntry {
            published: Some(date.to_owned()),
            tags: tags.iter().cloned().map(RawTag::from).collect(),
            ..build_entry(title, summary)
        })
    }
}

/// Returns true if the last block contains no item: nothing, page numbers, or a copyright notice.
fn ends_without_item(blocks: &[Vec<String>]) -> bool {
    let [first, inner @ .., last] = blocks else {
        return false;
    };
    if is_boilerplate(first) {
        return last.is_empty() && inner.iter().all(|block| is_boilerplate(block));
    }
    let titled = |block: &Vec<String>| block.first().is_some_and(is_title);
    let items_have_titles = !inner.is_empty() && inner.iter().all(titled);
    is_boilerplate(last) || items_have_titles && last.first().is_some_and(is_prose)
}

/// Returns the first item of a list whose dates come last. The item is no longer than the longest of the
/// others, and begins with a title if it contains one.
fn first_item(blocks: &[Vec<String>]) -> &[String] {
    let [first, inner @ .., _] = blocks else {
        return &[];
    };
    let longest = inner.iter().map(Vec::len).max();
    let skipped = first.len().saturating_sub(longest.unwrap_or(first.len()));
    let item = first.get(skipped..).unwrap_or_default();
    let title = item.iter().position(is_title).unwrap_or(0);
    item.get(title..).unwrap_or_default()
}

impl DatedBlocks {
    fn from_paragraphs(paragraphs: Vec<Paragraph>, hints: &DateHints) -> Self {
        let beside_titles = dates_share_title_lines(&paragraphs, hints);
        let mut bulletin = Self::default();
        let mut block = Vec::new();
        for paragraph in paragraphs {
            match paragraph {
                Paragraph::Date(date) => bulletin.push_dated(date, &mut block),
                Paragraph::Text(text) => match dated_title(&text, hints) {
                    Some((date, title)) if beside_titles => {
                        bulletin.push_dated(date.to_owned(), &mut block);
                        block.push(title.to_owned());
                    }
                    _ => block.push(text),
                },
            }
        }
        bulletin.blocks.push(block);
        bulletin
    }

    fn push_dated(&mut self, date: String, block: &mut Vec<String>) {
        // `Published:` on a line of its own.
        if block
            .last()
            .is_some_and(|line| line.ends_with(':') && is_label(line))
        {
            block.pop();
        }
        self.dates.push(date);
        self.blocks.push(std::mem::take(block));
    }
}

/// Returns true if more lines are `3 March 2020: Title` than dates alone.
fn dates_share_title_lines(paragraphs: &[Paragraph], hints: &DateHints) -> bool {
    let (mut alone, mut beside) = (0, 0);
    for paragraph in paragraphs {
        match paragraph {
            Paragraph::Date(_) => alone += 1,
            Paragraph::Text(text) => beside += usize::from(dated_title(text, hints).is_some()),
        }
    }
    beside > alone
}

/// Splits `3 March 2020: Title` into date and title.
fn dated_title<'t>(text: &'t str, hints: &DateHints) -> Option<(&'t str, &'t str)> {
    (!is_prose(text)).then(|| leading_date(text, hints))?
}

/// Returns the date at the start of a text, and the text after the separator that follows.
pub(super) fn leading_date<'t>(text: &'t str, hints: &DateHints) -> Option<(&'t str, &'t str)> {
    if !text.starts_with(char::is_alphanumeric) {
        return None;
    }
    let order = hints.order.or(Some(DateOrder::DayMonthYear));
    let found = dates::find_date(text, &DateHints { order, ..*hints });
    let (range, _) = found.filter(|(range, _)| range.start == 0)?;
    let (date, rest) = text.split_at_checked(range.end)?;
    let title = rest
        .trim_start()
        .strip_prefix([':', '-', '–', '—', '|'])?
        .trim_start();
    (!title.is_empty()).then_some((date, title))
}

/// Lines between blank lines, or a single line if lines are not wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Paragraph {
    Date(String),
    Text(String),
}

impl Paragraph {
    fn into_text(self) -> String {
        match self {
            Self::Date(text) | Self::Text(text) => text,
        }
    }
}

/// A line, cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum TextLine {
    Blank,
    Date(String),
    Text(String),
}

fn split_paragraphs(text: &str, hints: &DateHints) -> Vec<Paragraph> {
    let breaks = ['\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'];
    let lines = text.lines().flat_map(|line| line.split(breaks));
    let lines: Vec<TextLine> = lines.map(|line| TextLine::from_raw(line, hints)).collect();
    let wrap = wrap_chars(&lines);
    let mut paragraphs = Vec::new();
    let mut above: Option<usize> = None;
    for line in lines {
        let chars = line.running_chars();
        match (line, paragraphs.last_mut()) {
            (TextLine::Blank, _) => {}
            (TextLine::Date(date), _) => paragraphs.push(Paragraph::Date(date)),
            (TextLine::Text(text), Some(Paragraph::Text(paragraph)))
                if fills_line(above, &text, wrap) =>
            {
                paragraph.push(' ');
                paragraph.push_str(&text);
            }
            (TextLine::Text(text), _) => paragraphs.push(Paragraph::Text(text)),
        }
        above = chars;
    }
    paragraphs
}

/// Returns the width at which the document's lines are wrapped, if they are. Then some line continues in
/// lower case after a full one.
fn wrap_chars(lines: &[TextLine]) -> Option<usize> {
    let longest = lines.iter().filter_map(TextLine::running_chars).max();
    let width = longest.filter(|chars| *chars <= MAX_WRAP_CHARS);
    let goes_on = |(above, line): (&TextLine, &TextLine)| match line {
        TextLine::Text(text) => {
            text.starts_with(char::is_lowercase) && fills_line(above.running_chars(), text, width)
        }
        _ => false,
    };
    let mut pairs = lines.iter().zip(lines.iter().skip(1));
    width.filter(|_| pairs.any(goes_on))
}

/// Returns true if the line above had no room for the next word.
fn fills_line(above_chars: Option<usize>, text: &str, wrap_chars: Option<usize>) -> bool {
    let (Some(above), Some(width)) = (above_chars, wrap_chars) else {
        return false;
    };
    let word = text
        .split(' ')
        .next()
        .map_or(0, |word| word.chars().count());
    above + 1 + word > width
}

impl TextLine {
    fn from_raw(line: &str, hints: &DateHints) -> Self {
        let text = clean_line(line);
        if !text.contains(char::is_alphanumeric) || is_read_more(&text) {
            Self::Blank
        } else if is_date(&text, hints) {
            Self::Date(text)
        } else {
            Self::Text(text)
        }
    }

    /// Returns the length of running text only: nothing flows into a date or out of it.
    fn running_chars(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(text.chars().count()),
            Self::Blank | Self::Date(_) => None,
        }
    }
}

/// Replaces each run of spaces by one space, and removes zero-width characters and bullets.
fn clean_line(line: &str) -> String {
    let visible = |c: &char| {
        !matches!(
            c,
            '\u{AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2060}' | '\u{FEFF}'
        )
    };
    let line: String = line.chars().take(MAX_LINE_CHARS).filter(visible).collect();
    let words = line.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words
        .join(" ")
        .trim_start_matches(['•', '▪', '◦', '‣', '·', '*', ' '])
        .to_owned()
}

/// Returns true if the text is a date alone. A year, a month or a time of day applies to more than one
/// notice, and a bare number is a count. A date in an unknown order is still a date: its meaning is decided
/// later.
fn is_date(text: &str, hints: &DateHints) -> bool {
    let order = hints.order.or(Some(DateOrder::DayMonthYear));
    let reading = dates::parse_date(text, &DateHints { order, ..*hints });
    let is_number = !text.contains(|c: char| !c.is_numeric());
    reading.is_some_and(|reading| match reading.basis {
        DateBasis::Stated => {
            matches!(reading.dated.precision, Precision::Day | Precision::Instant) && !is_number
        }
        DateBasis::Derived => true,
        DateBasis::Presumed => false,
    })
}

/// Returns true if the text is a link to the full text, such as `Read more »`.
pub(super) fn is_read_more(text: &str) -> bool {
    let words = text.trim_matches(|c: char| !c.is_alphanumeric());
    words.len() <= MAX_TITLE_CHARS && MORE.contains(words.to_lowercase().as_str())
}

fn has_title(block: &[String]) -> bool {
    block.iter().any(is_title)
}

/// Returns true if the block has neither titles nor text: the name of a site, the number of a page.
fn is_boilerplate(block: &[String]) -> bool {
    !block.iter().any(|text| is_title(text) || is_prose(text))
}

fn ends_in_label(block: &[String]) -> bool {
    block.last().is_some_and(is_label)
}

fn is_title(text: impl AsRef<str>) -> bool {
    let text = text.as_ref();
    word_count(text) > MAX_LABEL_WORDS && !is_prose(text) && !is_enumeration(text)
}

fn is_label(text: impl AsRef<str>) -> bool {
    word_count(text.as_ref()) <= MAX_LABEL_WORDS && !is_prose(text)
}

/// Returns true if the text is running text: it is long, or it ends as sentences end.
fn is_prose(text: impl AsRef<str>) -> bool {
    let text = text.as_ref();
    let end = text.trim_end_matches(['"', '”', '’', '»', ')', ']']);
    end.ends_with(['.', '…']) || text.chars().nth(MAX_TITLE_CHARS).is_some()
}

/// Returns true if a text has at least `paragraphs` paragraphs, separated by blank lines, that contain most
/// of its words.
pub(super) fn is_running_text(text: &str, paragraphs: usize) -> bool {
    let (mut words, mut running, mut count) = (0, 0, 0);
    let mut block = String::new();
    for line in text.lines().chain([""]) {
        let line = line.trim();
        if !line.is_empty() {
            block.push(' ');
            block.push_str(line);
            continue;
        }
        let of_block = word_count(&block);
        words += of_block;
        if of_block >= MIN_RUNNING_WORDS && is_prose(block.trim_end()) {
            running += of_block;
            count += 1;
        }
        block.clear();
    }
    count >= paragraphs && running * 2 > words
}

/// Returns true if the text lists places or tags, as articles do under their title:
/// `Belize, Costa Rica, Mexico`.
fn is_enumeration(text: &str) -> bool {
    let parts = text.split(", ");
    parts.clone().count() > 2
        && parts
            .into_iter()
            .all(|part| word_count(part) <= MAX_LABEL_WORDS)
}

/// Returns the number of words that have letters.
fn word_count(text: &str) -> usize {
    text.split(' ')
        .filter(|word| word.contains(char::is_alphabetic))
        .count()
}

#[cfg(test)]
mod tests;
