//! Reads dates as publishers write them.
//!
//! In: a text, and known facts about its source and the time of reading ([`Hints`]).
//! Out: the date, the last day if it is a range, and its basis ([`Reading`]).
//!
//! `tokens` folds the text, `words` lists the meanings of each word, `grammar` finds the dates that tokens form, and
//! `calendar` computes when they were; `zones` has the names of zones. Supported are RFC 822 and RFC 3339 in their wild
//! forms, numeric dates, and the long, relative and ranged forms of English, Spanish, French, Portuguese, Italian,
//! German, Dutch, Haitian Creole, Arabic, Russian, Chinese, Japanese and Korean, and of Greek and Hungarian as far as
//! feeds use them. The language of a text is a hint, not a requirement: it decides the meaning of words that several
//! languages share.
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

/// The longest text, in characters, that is read as a single date.
const READ_CHARS: usize = 200;

/// The number of characters of a text in which a date is searched for.
const FIND_CHARS: usize = 2_000;

/// Signs that may surround a date.
const FILLER_SIGNS: &str = ",.:;|/-()[]<>@*#\"'“”«»•·–—";

/// Reads a date of HTTP, such as that of `If-Modified-Since` or `Retry-After` (RFC 9110 §5.6.7), in any of its forms.
pub fn of_http(text: &str) -> Option<Timestamp> {
    http::read(text)
}

/// Known facts that help to read a date.
#[derive(Clone, Copy, Debug)]
pub struct Hints<'a> {
    /// The language of the text, which in most cases determines the order of numeric dates.
    pub language: Option<&'a Language>,
    /// The order of numeric dates, if the operator configured it.
    pub order: Option<DateOrder>,
    /// The order of other dates in the same document ([`order_of`]).
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

/// A date, and how it was determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The date, or the first day of a range.
    pub dated: Dated,
    /// The last day of a range, a week, a month or a year.
    pub end: Option<NaiveDate>,
    /// Its basis.
    pub basis: Basis,
}

/// The basis of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Stated in full: it is the same whenever it is read.
    Stated,
    /// Derived from the time of reading (`3 days ago`, `28 June`), or from an order learned from other dates: to be
    /// frozen at the first reading.
    Derived,
    /// Derived from so little (`Friday`, `10:30`, `3 hours`) that it is a date only where one is expected.
    Presumed,
}

/// Reads a text that is a date as a whole, apart from weekdays, labels and punctuation around it.
///
/// Returns `None` also for a text that may be two days (`03/04/2021` in English without an order) and for a day that
/// never existed.
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

/// Finds the best date within a text, with its byte range: the first day, or else the first month. Texts that are dates
/// only where one is expected (`2021`, `today`, `10:30`) do not count.
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

/// Finds every date within a text, in order, including months without a day.
pub fn all(text: &str, hints: &Hints) -> Vec<(Range<usize>, Reading)> {
    let text = beginning(text);
    let tokens = tokens(text);
    let found = Within::new(text, &tokens, hints);
    found.map(|(range, reading, _)| (range, reading)).collect()
}

/// The dates within a text, one after the other.
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
                // A stronger date may begin within it.
                Strength::Alone | Strength::Presumed => self.next += 1,
            }
        }
        None
    }
}

/// Reads a field that should contain a date: the whole field, or else the best date within it.
pub fn of_field(text: &str, hints: &Hints) -> Option<Reading> {
    part_of_field(text, hints).map(|(_, reading)| reading)
}

/// Reads a field as [`of_field`] does, and returns the part of it that is the date; that is `None` if the whole field
/// is.
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

/// A date within a field, and the text around it.
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
    /// Returns true if a part of the date was ignored: a time or an offset that could not be read.
    pub fn leaves_out(&self) -> bool {
        let shift = self
            .behind
            .trim_start()
            .strip_prefix(['+', '-', '\u{2212}']);
        let is_shift = shift.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        is_shift || holds_clock(self.before) || holds_clock(self.behind)
    }
}

/// Returns true if the text contains a colon between two digits.
fn holds_clock(text: &str) -> bool {
    let mut colons = text.match_indices(':');
    colons.any(|(at, _)| {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let (before, behind) = text.split_at(at);
        digit(before.chars().next_back()) && digit(behind.chars().nth(1))
    })
}

/// Returns the order of day and month in the numeric dates of a document. A number above 12 or a weekday in one of them
/// decides for all, unless another contradicts it.
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

/// Returns the part of the text that is read.
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
