//! Reads a page: its texts, the dates among them, and the position of each in a record.
//!
//! In: the outline, and the hints for dates. Out: answers about one node or one record.

use std::cell::OnceCell;

use super::outline::Outline;
use crate::dates::{self, DateHints};
use crate::model::DateOrder;
use crate::text::text_of_node;

/// The maximum length of a text that is a date.
const MAX_DATE_LETTERS: usize = 60;

/// Attributes that contain a date for programs.
const DATE_ATTRIBUTES: [&str; 3] = ["datetime", "content", "data-date"];

/// Reads the outline of a page. Nodes already judged as dates are not read again.
pub(super) struct OutlineReader<'a, 'h> {
    pub(super) outline: &'a Outline<'a>,
    hints: DateHints<'h>,
    /// The verdict on each node.
    dates: Vec<OnceCell<Option<DateVerdict>>>,
}

/// A text that is or contains a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DateVerdict {
    /// Digits as in a date, with words in an unknown language.
    Likely,
    /// A date among other words.
    Within,
    /// A date and nothing else.
    Whole,
}

impl<'a, 'h> OutlineReader<'a, 'h> {
    pub(super) fn new(outline: &'a Outline<'a>, hints: &DateHints<'h>) -> Self {
        // A date in an unknown order is still a date: its meaning is decided later.
        let order = hints.order.or(Some(DateOrder::DayMonthYear));
        Self {
            outline,
            hints: DateHints { order, ..*hints },
            dates: vec![OnceCell::new(); outline.len()],
        }
    }

    /// Returns the text of a node as a reader sees it.
    pub(super) fn node_text(&self, index: usize) -> String {
        let node = self.outline.at(index);
        match node.node.value().as_text() {
            Some(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            None => text_of_node(node.node),
        }
    }

    /// Returns the verdict on a node as a date, by its text or by an attribute for programs.
    pub(super) fn judge_date(&self, index: usize) -> Option<DateVerdict> {
        *self
            .dates
            .get(index)?
            .get_or_init(|| self.search_date(index))
    }

    /// Returns true if a text is a date.
    pub(super) fn is_date(&self, text: &str) -> bool {
        text.len() <= 64 && dates::parse_date(text, &self.hints).is_some()
    }

    fn search_date(&self, index: usize) -> Option<DateVerdict> {
        if self.date_attribute(index).is_some() {
            return Some(DateVerdict::Whole);
        }
        let letters = self.outline.letters(&self.outline.range(index));
        if !(2..=MAX_DATE_LETTERS).contains(&letters) {
            return None;
        }
        let text = self.node_text(index);
        if dates::parse_date(&text, &self.hints).is_some() {
            Some(DateVerdict::Whole)
        } else if dates::find_date(&text, &self.hints).is_some() {
            Some(DateVerdict::Within)
        } else {
            is_likely_date(&text).then_some(DateVerdict::Likely)
        }
    }

    /// Returns the attribute in which an element states a date for programs, and the date.
    pub(super) fn date_attribute(&self, index: usize) -> Option<(&'static str, &'a str)> {
        let node = self.outline.at(index);
        let mut stated = DATE_ATTRIBUTES
            .iter()
            .filter_map(|name| Some((*name, node.attr(name)?)));
        stated.find(|(_, value)| self.is_date(value))
    }

    /// Returns the date of a node, from the attribute for programs if it has one, else as written.
    pub(super) fn date_text(&self, index: usize) -> String {
        let mut within = self.outline.range(index);
        let stated = within.find_map(|index| self.date_attribute(index));
        stated.map_or_else(
            || self.node_text(index).replace('\n', " "),
            |(_, date)| date.to_owned(),
        )
    }
}

/// Returns true if a short text has the numbers of a date: a year of four digits and another number, or a day
/// and a month such as `3/16`.
fn is_likely_date(text: &str) -> bool {
    let is_year =
        |number: &&str| number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let numbers = numbers.filter(|number| !number.is_empty());
    let (years, others): (Vec<&str>, Vec<&str>) = numbers.partition(is_year);
    let small = others.iter().all(|number| number.len() <= 2);
    let day = text.split(|c: char| c != '/' && c != '.' && !c.is_ascii_digit());
    text.chars().count() <= MAX_DATE_LETTERS / 2
        && small
        && match years.len() {
            0 => day.into_iter().any(is_day_of_month),
            1 => (1..=3).contains(&others.len()),
            _ => false,
        }
}

/// Recognizes `3/16`, `16.3.`
fn is_day_of_month(text: &str) -> bool {
    let numbers: Vec<u8> = text
        .trim_end_matches('.')
        .split(['/', '.'])
        .map_while(|number| number.parse().ok())
        .collect();
    matches!(numbers.as_slice(), [one, other] if (1..=31).contains(one.max(other)) && (1..=12).contains(one.min(other)))
}
