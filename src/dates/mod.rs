//! Dates as publishers write them, read.
//!
//! In: a text, and what is known of its source and of the time of reading ([`Hints`]).
//! Out: the date, the last day where it is a range, and what it rests on ([`Reading`]).
//!
//! `tokens` folds the text, `words` says what each word can mean, `grammar` finds what the tokens say together, and
//! `calendar` says when that was; `zones` knows the names of zones. Read are RFC 822 and RFC 3339 in their wild forms,
//! numeric dates, and the long, relative and ranged forms of English, Spanish, French, Portuguese, Italian, German, Dutch,
//! Haitian Creole, Arabic, Russian, Chinese, Japanese and Korean, of Greek and Hungarian as far as feeds have them.
//! The language of a text is a hint and no gate: it decides what a word means that several languages have.
//!
//! No clock: now is an argument. Linear in the text, of which only the first `READ_CHARS` or `FIND_CHARS` count.

mod words;
mod zones;
mod tokens;
mod grammar;
mod calendar;
mod http;

use std::ops::Range;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::model::{DateOrder, Dated, Language, Timestamp};
pub use grammar::usual_order;
use grammar::{Grammar, Strength};
use tokens::{Token, tokens};
use words::Sense;

/// A longer text is no date as a whole.
const READ_CHARS: usize = 200;

/// How far into a text a date is looked for.
const FIND_CHARS: usize = 2_000;

/// Signs that may stand around a date.
const FILLER_SIGNS: &str = ",.:;|/-()[]<>@*#\"'“”«»•·–—";

/// Reads a date of HTTP, such as that of `If-Modified-Since` or `Retry-After` (RFC 9110 §5.6.7), in any of its forms.
pub fn of_http(text: &str) -> Option<Timestamp> {
    http::read(text)
}

/// What is known beside the text.
#[derive(Clone, Copy, Debug)]
pub struct Hints<'a> {
    /// The language of the text: most fix the order of numeric dates.
    pub language: Option<&'a Language>,
    /// The order of numeric dates, where the operator said so.
    pub order: Option<DateOrder>,
    /// The order that other dates of the same document have ([`order_of`]).
    pub learned: Option<DateOrder>,
    /// The zone of dates without one.
    pub zone: Tz,
    /// The time of reading.
    pub now: Timestamp,
}

impl Hints<'_> {
    fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }
}

/// A date, and how it was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The date, or the first day of a range.
    pub dated: Dated,
    /// The last day of a range, a week, a month or a year.
    pub end: Option<NaiveDate>,
    /// What it rests on.
    pub basis: Basis,
}

/// What a date rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Stated in full: read at any time it is the same.
    Stated,
    /// Worked out from the time of reading (`3 days ago`, `28 June`) or from an order that other dates taught: to be
    /// frozen at the first reading.
    Derived,
    /// Worked out from so little (`Friday`, `10:30`, `3 hours`) that it is a date only where one is expected.
    Presumed,
}

/// Reads a text that is a date as a whole, weekdays, labels and punctuation around it aside.
///
/// `None` also for what may be two days (`03/04/2021` in English without an order) and for a day that never was.
pub fn read(text: &str, hints: &Hints) -> Option<Reading> {
    let text = text.trim();
    if text.chars().nth(READ_CHARS).is_some() {
        return None;
    }
    read_tokens(text, &tokens(text), hints)
}

fn read_tokens(text: &str, tokens: &[Token], hints: &Hints) -> Option<Reading> {
    let grammar = Grammar::new(text, tokens, hints);
    for (start, token) in tokens.iter().enumerate() {
        if let Some((meaning, end)) = grammar.match_at(start)
            && tokens.iter().skip(end).all(is_filler)
        {
            return calendar::resolve(meaning, hints);
        }
        if !is_filler(token) {
            return None;
        }
    }
    None
}

/// Finds the best date within a text, and the bytes that it stands in: the first day, else the first month. What is a
/// date only where one is expected (`2021`, `today`, `10:30`) is none here.
pub fn find(text: &str, hints: &Hints) -> Option<(Range<usize>, Reading)> {
    let text = beginning(text);
    find_tokens(text, &tokens(text), hints)
}

fn find_tokens(text: &str, tokens: &[Token], hints: &Hints) -> Option<(Range<usize>, Reading)> {
    let mut coarse = None;
    for (range, reading, strength) in Within::new(text, tokens, hints) {
        match strength {
            Strength::Sure => return Some((range, reading)),
            _ => coarse = coarse.or(Some((range, reading))),
        }
    }
    coarse
}

/// Finds every date within a text, in order, months without a day among them.
pub fn all(text: &str, hints: &Hints) -> Vec<(Range<usize>, Reading)> {
    let text = beginning(text);
    let tokens = tokens(text);
    let found = Within::new(text, &tokens, hints);
    found.map(|(range, reading, _)| (range, reading)).collect()
}

/// The dates within a text, one behind the other.
struct Within<'t, 'h> {
    tokens: &'t [Token],
    grammar: Grammar<'t>,
    hints: &'h Hints<'h>,
    next: usize,
}

impl<'t, 'h> Within<'t, 'h> {
    fn new(text: &'t str, tokens: &'t [Token], hints: &'h Hints<'h>) -> Self {
        Self {
            tokens,
            grammar: Grammar::new(text, tokens, hints),
            hints,
            next: 0,
        }
    }
}

impl Iterator for Within<'_, '_> {
    type Item = (Range<usize>, Reading, Strength);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(first) = self.tokens.get(self.next) {
            let Some((meaning, end)) = self.grammar.match_at(self.next) else {
                self.next += 1;
                continue;
            };
            let last = self.tokens.get(end - 1).unwrap_or(first);
            match meaning.strength {
                Strength::Sure | Strength::Coarse => {
                    self.next = end;
                    if let Some(reading) = calendar::resolve(meaning, self.hints) {
                        return Some((first.start..last.end, reading, meaning.strength));
                    }
                }
                // Something surer may begin within it.
                Strength::Alone | Strength::Presumed => self.next += 1,
            }
        }
        None
    }
}

/// Reads a field that is meant to hold a date: the date that it is, else the best within it.
pub fn of_field(text: &str, hints: &Hints) -> Option<Reading> {
    part_of_field(text, hints).map(|(_, reading)| reading)
}

/// Reads a field as [`of_field`] does, with the part of it that is the date; `None` in its place where all of it is.
pub fn part_of_field<'t>(text: &'t str, hints: &Hints) -> Option<(Option<FieldPart<'t>>, Reading)> {
    let text = beginning(text.trim());
    let tokens = tokens(text);
    if let Some(whole) = read_tokens(text, &tokens, hints) {
        return Some((None, whole));
    }
    let (bytes, reading) = find_tokens(text, &tokens, hints)?;
    let part = FieldPart {
        before: text.get(..bytes.start)?,
        read: text.get(bytes.clone())?,
        behind: text.get(bytes.end..)?,
    };
    Some((Some(part), reading))
}

/// A date within a field, and what stands around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldPart<'t> {
    /// The text before it.
    pub before: &'t str,
    /// The date.
    pub read: &'t str,
    /// The text after it.
    pub behind: &'t str,
}

impl FieldPart<'_> {
    /// Whether a part of the date was left aside: a time or a shift that nobody could read.
    pub fn leaves_out(&self) -> bool {
        let shift = self
            .behind
            .trim_start()
            .strip_prefix(['+', '-', '\u{2212}']);
        let is_shift = shift.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        is_shift || holds_clock(self.before) || holds_clock(self.behind)
    }
}

/// Whether a colon stands between two digits.
fn holds_clock(text: &str) -> bool {
    let mut colons = text.match_indices(':');
    colons.any(|(at, _)| {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let (before, behind) = text.split_at(at);
        digit(before.chars().next_back()) && digit(behind.chars().nth(1))
    })
}

/// The order of day and month in numeric dates of one document: a number above 12 or a weekday decides it for all, unless
/// another contradicts.
pub fn order_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<DateOrder> {
    let mut order = None;
    for text in texts {
        let Some(found) = grammar::shown_order(&tokens(beginning(text))) else {
            continue;
        };
        if order.is_some_and(|order| order != found) {
            return None;
        }
        order = Some(found);
    }
    order
}

/// The part that is looked at.
fn beginning(text: &str) -> &str {
    let end = text.char_indices().nth(FIND_CHARS).map(|(at, _)| at);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

fn is_filler(token: &Token) -> bool {
    let words = [Sense::Filler, Sense::Of, Sense::At, Sense::YearWord];
    token.is_sign(FILLER_SIGNS) || token.means_any(&words) || token.is_weekday()
}

#[cfg(test)]
mod tests;
