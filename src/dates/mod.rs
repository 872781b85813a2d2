//! Reads dates as publishers write them.
//!
//! In: a text, and known facts about its source and the time of reading ([`DateHints`]).
//! Out: the date, the last day if it is a range, and its basis ([`DateReading`]).
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
use grammar::{DateGrammar, DateStrength};
use tokens::{DateToken, tokenize};
use words::DateSense;

/// The longest text, in characters, that is read as a single date.
const READ_CHARS: usize = 200;

/// The number of characters of a text in which a date is searched for.
const FIND_CHARS: usize = 2_000;

/// Signs that may surround a date.
const FILLER_SIGNS: &str = ",.:;|/-()[]<>@*#\"'“”«»•·–—";

/// Reads a date of HTTP, such as that of `If-Modified-Since` or `Retry-After` (RFC 9110 §5.6.7), in any of its forms.
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    http::parse_http(text)
}

/// Known facts that help to read a date.
#[derive(Clone, Copy, Debug)]
pub struct DateHints<'a> {
    /// The language of the text, which in most cases determines the order of numeric dates.
    pub language: Option<&'a Language>,
    /// The order of numeric dates, if the operator configured it.
    pub order: Option<DateOrder>,
    /// The order of other dates in the same document ([`detect_order`]).
    pub learned: Option<DateOrder>,
    /// The zone of dates without one.
    pub zone: Tz,
    /// The time of reading.
    pub now: Timestamp,
}

impl DateHints<'_> {
    fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }
}

/// A date, and how it was determined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateReading {
    /// The date, or the first day of a range.
    pub dated: Dated,
    /// The last day of a range, a week, a month or a year.
    pub end: Option<NaiveDate>,
    /// Its basis.
    pub basis: DateBasis,
}

/// The basis of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateBasis {
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
pub fn parse_date(text: &str, hints: &DateHints) -> Option<DateReading> {
    let text = text.trim();
    if text.chars().nth(READ_CHARS).is_some() {
        return None;
    }
    parse_tokens(text, &tokenize(text), hints)
}

fn parse_tokens(text: &str, tokens: &[DateToken], hints: &DateHints) -> Option<DateReading> {
    let grammar = DateGrammar::new(text, tokens, hints);
    for (start, token) in tokens.iter().enumerate() {
        if let Some((meaning, end)) = grammar.match_at(start)
            && tokens.iter().skip(end).all(is_filler_token)
        {
            return calendar::resolve_date(meaning, hints);
        }
        if !is_filler_token(token) {
            return None;
        }
    }
    None
}

/// Finds the best date within a text, with its byte range: the first day, or else the first month. Texts that are dates
/// only where one is expected (`2021`, `today`, `10:30`) do not count.
pub fn find_date(text: &str, hints: &DateHints) -> Option<(Range<usize>, DateReading)> {
    let text = readable_part(text);
    find_in_tokens(text, &tokenize(text), hints)
}

fn find_in_tokens(
    text: &str,
    tokens: &[DateToken],
    hints: &DateHints,
) -> Option<(Range<usize>, DateReading)> {
    let mut coarse = None;
    for (range, reading, strength) in FoundDates::new(text, tokens, hints) {
        match strength {
            DateStrength::Sure => return Some((range, reading)),
            _ => coarse = coarse.or(Some((range, reading))),
        }
    }
    coarse
}

/// Finds every date within a text, in order, including months without a day.
pub fn find_dates(text: &str, hints: &DateHints) -> Vec<(Range<usize>, DateReading)> {
    let text = readable_part(text);
    let tokens = tokenize(text);
    let found = FoundDates::new(text, &tokens, hints);
    found.map(|(range, reading, _)| (range, reading)).collect()
}

/// The dates within a text, one after the other.
struct FoundDates<'t, 'h> {
    tokens: &'t [DateToken],
    grammar: DateGrammar<'t>,
    hints: &'h DateHints<'h>,
    next: usize,
}

impl<'t, 'h> FoundDates<'t, 'h> {
    fn new(text: &'t str, tokens: &'t [DateToken], hints: &'h DateHints<'h>) -> Self {
        Self {
            tokens,
            grammar: DateGrammar::new(text, tokens, hints),
            hints,
            next: 0,
        }
    }
}

impl Iterator for FoundDates<'_, '_> {
    type Item = (Range<usize>, DateReading, DateStrength);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(first) = self.tokens.get(self.next) {
            let Some((meaning, end)) = self.grammar.match_at(self.next) else {
                self.next += 1;
                continue;
            };
            let last = self.tokens.get(end - 1).unwrap_or(first);
            match meaning.strength {
                DateStrength::Sure | DateStrength::Coarse => {
                    self.next = end;
                    if let Some(reading) = calendar::resolve_date(meaning, self.hints) {
                        return Some((first.start..last.end, reading, meaning.strength));
                    }
                }
                // A stronger date may begin within it.
                DateStrength::Alone | DateStrength::Presumed => self.next += 1,
            }
        }
        None
    }
}

/// Reads a field that should contain a date: the whole field, or else the best date within it.
pub fn parse_field(text: &str, hints: &DateHints) -> Option<DateReading> {
    parse_field_part(text, hints).map(|(_, reading)| reading)
}

/// Reads a field as [`parse_field`] does, and returns the part of it that is the date; that is `None` if the whole field
/// is.
pub fn parse_field_part<'t>(
    text: &'t str,
    hints: &DateHints,
) -> Option<(Option<FieldPart<'t>>, DateReading)> {
    let text = readable_part(text.trim());
    let tokens = tokenize(text);
    if let Some(whole) = parse_tokens(text, &tokens, hints) {
        return Some((None, whole));
    }
    let (bytes, reading) = find_in_tokens(text, &tokens, hints)?;
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
    pub fn omits_part(&self) -> bool {
        let shift = self
            .behind
            .trim_start()
            .strip_prefix(['+', '-', '\u{2212}']);
        let is_shift = shift.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        is_shift || contains_clock(self.before) || contains_clock(self.behind)
    }
}

/// Returns true if the text contains a colon between two digits.
fn contains_clock(text: &str) -> bool {
    let mut colons = text.match_indices(':');
    colons.any(|(at, _)| {
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let (before, behind) = text.split_at(at);
        digit(before.chars().next_back()) && digit(behind.chars().nth(1))
    })
}

/// Returns the order of day and month in the numeric dates of a document. A number above 12 or a weekday in one of them
/// decides for all, unless another contradicts it.
pub fn detect_order<'a>(texts: impl IntoIterator<Item = &'a str>) -> Option<DateOrder> {
    let mut order = None;
    for text in texts {
        let Some(found) = grammar::shown_order(&tokenize(readable_part(text))) else {
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
fn readable_part(text: &str) -> &str {
    let end = text.char_indices().nth(FIND_CHARS).map(|(at, _)| at);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

fn is_filler_token(token: &DateToken) -> bool {
    let words = [
        DateSense::Filler,
        DateSense::Of,
        DateSense::At,
        DateSense::YearWord,
    ];
    token.is_sign(FILLER_SIGNS) || token.means_any(&words) || token.is_weekday()
}

#[cfg(test)]
mod tests;
