//! Detects when a source no longer provides its usual content.
//!
//! In: the [`DocumentShape`] of a poll's first document, and those of the good polls before it. Out: nothing, or the [`Drift`]
//! with its numbers; and for a page that drifted, the rules that would read it ([`find_repair`]) or its current layout
//! ([`look_anew`]). Pure.
//!
//! Each document is judged against the source's own past, never against a fixed number, and against all of that past: a
//! result that was once accepted is not drift when it recurs. Lists of any length, lists of varying length, and lists
//! without dates or texts are therefore all accepted as they are.

mod anew;
mod repair;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;

use chrono::{Datelike as _, NaiveDate};

use crate::model::{Item, Published, Timestamp};
use crate::text::fold_text;

pub use self::anew::{FreshLook, is_by_structure, look_anew, read_titles};
pub use self::repair::{KnownItem, find_repair, is_repairable};

/// The number of good polls with records that are remembered.
pub const REMEMBERED: usize = 20;
/// The number of polls needed to establish a habit.
const MIN_POLLS: usize = 5;
/// The smallest number of records judged by their dates; in shorter lists the share of dated records is a matter of
/// chance.
const MIN_RECORDS: usize = 5;
/// New items are a flood if there are more than this many times the usual number.
const FLOOD: usize = 50;

/// The counts of a poll's first document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DocumentShape {
    /// Entries with a title or a text.
    pub records: usize,
    /// Number of distinct titles.
    pub titles: usize,
    /// Number of records with a date.
    pub dated: usize,
    /// Number of records with an address.
    pub linked: usize,
    /// Number of records with a text.
    pub texts: usize,
    /// The earliest date.
    pub oldest: Option<Timestamp>,
    /// The median date.
    pub middle: Option<Timestamp>,
    /// The latest date.
    pub newest: Option<Timestamp>,
}

/// The past results of a source, read by the same block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShapeHistory {
    /// Each good poll that read something, newest first, at most [`REMEMBERED`].
    pub shapes: Vec<DocumentShape>,
    /// Number of successful polls, including those that found nothing changed.
    pub polls: usize,
    /// True if the source was ever read, by any rules.
    pub was_read: bool,
}

impl ShapeHistory {
    fn has_enough_polls(&self) -> bool {
        self.polls >= MIN_POLLS
    }

    /// Returns true if the condition holds for every poll.
    fn always_holds(&self, is_so: impl FnMut(&DocumentShape) -> bool) -> bool {
        self.shapes.iter().all(is_so)
    }

    fn median_count(&self, count: impl FnMut(&DocumentShape) -> usize) -> Option<usize> {
        median(self.shapes.iter().map(count).collect())
    }

    /// Returns the usual number of records; `None` before the first poll.
    pub fn usual_records(&self) -> Option<usize> {
        self.median_count(|before| before.records)
    }
}

/// The kind of a document, which determines what is expected of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// A feed: made by its publisher for programs, however empty or short it is.
    Feed,
    /// Data such as JSON: a short answer may be complete, but one that lacks a part it always had is not.
    Data,
    /// A page or a text made for people: if its layout changes, rules find something else or nothing.
    Page,
}

/// A way in which a document differs from the source's usual content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// Nothing, although there always was something.
    Nothing {
        /// The usual number of records.
        usual: usize,
    },
    /// Far fewer records than ever before.
    FarFewer {
        /// Records now.
        records: usize,
        /// The usual number of records.
        usual: usize,
    },
    /// A part that most records had, and that most lack now.
    Without {
        /// The missing part.
        part: RecordField,
        /// Records without it now.
        missing: usize,
        /// Records now.
        records: usize,
        /// Records without it in the last good poll.
        missed: usize,
        /// Records in the last good poll.
        of: usize,
    },
    /// Many records share few titles.
    Alike {
        /// Different titles now.
        titles: usize,
        /// Records now.
        records: usize,
        /// Different titles in the last good poll.
        before: usize,
        /// Records in the last good poll.
        of: usize,
    },
    /// The newest date is older than most dates were before.
    Backwards {
        /// The newest date in the last good poll.
        from: NaiveDate,
        /// The newest date now.
        to: NaiveDate,
    },
}

/// A part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordField {
    /// The date.
    Date,
    /// The address.
    Link,
    /// Summary or content.
    Text,
}

impl DocumentShape {
    /// Counts `items`, including duplicates within the document.
    pub fn from_items<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let items: Vec<&Item> = items.into_iter().collect();
        let count = |has: &dyn Fn(&Item) -> bool| items.iter().filter(|item| has(item)).count();
        let titles: HashSet<String> = items.iter().map(|item| fold_text(&item.title)).collect();
        let mut dates: Vec<Timestamp> = items.iter().filter_map(|item| past_date(item)).collect();
        dates.sort_unstable();
        Self {
            records: items.len(),
            titles: titles.len(),
            dated: count(&|item| item.stated.is_some() || past_date(item).is_some()),
            linked: count(&|item| item.address.is_some()),
            texts: count(&|item| !item.text.is_empty()),
            oldest: dates.first().copied(),
            middle: dates.get(dates.len().saturating_sub(1) / 2).copied(),
            newest: dates.last().copied(),
        }
    }

    /// Returns the same shape without dates, for documents that state none.
    #[must_use]
    pub fn without_dates(self) -> Self {
        Self {
            dated: 0,
            oldest: None,
            middle: None,
            newest: None,
            ..self
        }
    }

    /// Returns the same shape without texts, for documents that contain none.
    #[must_use]
    pub fn without_texts(self) -> Self {
        Self { texts: 0, ..self }
    }

    fn count_with(&self, part: RecordField) -> usize {
        match part {
            RecordField::Date => self.dated,
            RecordField::Link => self.linked,
            RecordField::Text => self.texts,
        }
    }
}

/// Returns the date stated by a document, unless it is in the future.
fn past_date(item: &Item) -> Option<Timestamp> {
    let told = !matches!(item.published, Published::FirstSeen(_));
    told.then(|| item.published.instant().to_utc())
}

/// Compares `shape` with those of the good polls before it.
///
/// # Errors
/// The first difference that is larger than the normal changes of a source.
pub fn check_shape(
    shape: &DocumentShape,
    history: &ShapeHistory,
    kind: Expectation,
) -> Result<(), Drift> {
    let Some(last) = history.shapes.first() else {
        return Ok(());
    };
    let found = match kind {
        Expectation::Feed => None,
        Expectation::Page if !history.has_enough_polls() => detect_nothing(shape, history),
        Expectation::Data if !history.has_enough_polls() => None,
        Expectation::Data => {
            detect_nothing(shape, history).or_else(|| detect_missing_field(shape, last, history))
        }
        Expectation::Page => detect_nothing(shape, history)
            .or_else(|| detect_far_fewer(shape, history))
            .or_else(|| detect_missing_field(shape, last, history))
            .or_else(|| detect_alike_titles(shape, last, history))
            .or_else(|| detect_older_dates(shape, last, history)),
    };
    found.map_or(Ok(()), Err)
}

/// Returns the usual number of new items; `None` before there were enough polls.
pub fn usual_new_items(before: &[usize]) -> Option<usize> {
    median(before.to_vec()).filter(|_| before.len() >= MIN_POLLS)
}

/// Returns true if `new` items are a flood compared with the polls `before`.
pub fn is_flood(new: usize, before: &[usize]) -> bool {
    usual_new_items(before).is_some_and(|usual| new > FLOOD.saturating_mul(usual.max(1)))
}

fn detect_nothing(shape: &DocumentShape, history: &ShapeHistory) -> Option<Drift> {
    let drifted = shape.records == 0 && history.always_holds(|before| before.records > 0);
    let usual = history.usual_records().filter(|_| drifted)?;
    Some(Drift::Nothing { usual })
}

/// Detects a fifth of the usual number or less, and less than half of the fewest so far.
fn detect_far_fewer(shape: &DocumentShape, history: &ShapeHistory) -> Option<Drift> {
    let (records, usual) = (shape.records, history.usual_records()?);
    let fewer = records * 5 <= usual && history.always_holds(|before| records * 2 < before.records);
    let drifted = usual >= MIN_RECORDS && fewer && !is_new_period(shape, history);
    drifted.then_some(Drift::FarFewer { records, usual })
}

/// Returns true if a list per year or per month begins anew, and therefore has only records of the new period.
fn is_new_period(shape: &DocumentShape, history: &ShapeHistory) -> bool {
    let month = |at: Timestamp| (at.year(), at.month());
    let last = history
        .shapes
        .iter()
        .filter_map(|before| before.newest)
        .max();
    let later = |(now, last)| month(now) > month(last);
    shape.dated == shape.records && shape.oldest.zip(last).is_some_and(later)
}

/// Detects a part that four in five records had, and that at most one in five has now, fewer than ever.
fn detect_missing_field(
    shape: &DocumentShape,
    last: &DocumentShape,
    history: &ShapeHistory,
) -> Option<Drift> {
    if shape.records < MIN_RECORDS {
        return None;
    }
    let lacks = |part: &RecordField| {
        let having = |shape: &DocumentShape| permille(shape.count_with(*part), shape.records);
        let now = having(shape);
        let fewer = now <= 200 && history.always_holds(|before| now < having(before));
        fewer
            && history
                .median_count(having)
                .is_some_and(|usual| usual >= 800)
    };
    let mut parts = [RecordField::Date, RecordField::Link, RecordField::Text].into_iter();
    let part = parts.find(lacks)?;
    Some(Drift::Without {
        part,
        missing: shape.records - shape.count_with(part),
        records: shape.records,
        missed: last.records - last.count_with(part),
        of: last.records,
    })
}

/// Detects that nine in ten titles were distinct, and that at most half of them are now.
fn detect_alike_titles(
    shape: &DocumentShape,
    last: &DocumentShape,
    history: &ShapeHistory,
) -> Option<Drift> {
    let different = |shape: &DocumentShape| permille(shape.titles, shape.records);
    let now = different(shape);
    let fewer = now <= 500 && history.always_holds(|before| now < different(before));
    let usual = history.median_count(different)?;
    let drifted = shape.records >= MIN_RECORDS && fewer && usual >= 900;
    drifted.then_some(Drift::Alike {
        titles: shape.titles,
        records: shape.records,
        before: last.titles,
        of: last.records,
    })
}

/// Detects that the newest date is older than the median date of every poll before. In that case the page shows other
/// records; removing only the newest ones would not go back so far.
fn detect_older_dates(
    shape: &DocumentShape,
    last: &DocumentShape,
    history: &ShapeHistory,
) -> Option<Drift> {
    let dated = |shape: &DocumentShape| shape.dated >= MIN_RECORDS;
    let newest = shape.newest.filter(|_| dated(shape))?;
    let older = |before: &DocumentShape| {
        dated(before) && before.middle.is_some_and(|middle| newest < middle)
    };
    let from = last.newest.filter(|_| history.always_holds(older))?;
    Some(Drift::Backwards {
        from: from.date_naive(),
        to: newest.date_naive(),
    })
}

/// Returns the share of a part in thousandths; an empty whole counts as complete.
fn permille(part: usize, whole: usize) -> usize {
    (part * 1000).checked_div(whole).unwrap_or(1000)
}

/// Returns the median, or the lower of the middle two.
fn median(mut numbers: Vec<usize>) -> Option<usize> {
    numbers.sort_unstable();
    numbers.get(numbers.len().saturating_sub(1) / 2).copied()
}

impl Drift {
    /// Returns true if only the number of records differs.
    pub fn is_count_only(&self) -> bool {
        matches!(self, Self::Nothing { .. } | Self::FarFewer { .. })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing { usual } => write!(f, "no records where {usual} were usual"),
            Self::FarFewer { records, usual } => {
                let plural = if *records == 1 { "" } else { "s" };
                write!(f, "{records} record{plural} where {usual} were usual")
            }
            Self::Without {
                part,
                missing,
                records,
                missed,
                of,
            } => {
                write!(
                    f,
                    "no {part} in {missing} of {records} records, where {missed} of {of} had none before"
                )
            }
            Self::Alike {
                titles,
                records,
                before,
                of,
            } => {
                let plural = if *titles == 1 { "" } else { "s" };
                write!(
                    f,
                    "{titles} title{plural} in {records} records, where {of} had {before} before"
                )
            }
            Self::Backwards { from, to } => {
                write!(f, "the newest date went back from {from} to {to}")
            }
        }
    }
}

impl fmt::Display for RecordField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Date => "date",
            Self::Link => "link",
            Self::Text => "text",
        })
    }
}
