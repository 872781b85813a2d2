//! Whether a source still gives what it used to give.
//!
//! In: the [`Shape`] of what a poll's first document gave, those of the good polls before it. Out: nothing, or the
//! [`Drift`] with its numbers; and for a page that drifted the rules that would read it ([`repair`]), or its layout as it
//! is now ([`anew`]). Pure.
//!
//! Everything is judged against the source's own past, never against a fixed number, and against all of that past: what
//! came once and was taken as good is no drift when it comes again. So lists of any length, those that change their
//! length, and those without dates or texts are what they are.

mod anew;
mod repair;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;

use chrono::{Datelike as _, NaiveDate};

use crate::model::{Item, Published, Timestamp};
use crate::text::folded;

pub use self::anew::{Anew, anew, is_by_structure, titles};
pub use self::repair::{Known, is_repairable, repair};

/// How many good polls that read something are remembered.
pub const REMEMBERED: usize = 20;
/// What fewer polls show is no habit yet.
const MIN_POLLS: usize = 5;
/// In fewer records chance decides how many of them have a date.
const MIN_RECORDS: usize = 5;
/// More than this many times as many new items as usual are a flood.
const FLOOD: usize = 50;

/// What the first document of a poll gave, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Entries with a title or a text.
    pub records: usize,
    /// Different titles among them.
    pub titles: usize,
    /// Those with a date.
    pub dated: usize,
    /// Those with an address.
    pub linked: usize,
    /// Those with a text.
    pub texts: usize,
    /// The first date.
    pub oldest: Option<Timestamp>,
    /// The date that as many come before as after.
    pub middle: Option<Timestamp>,
    /// The last date.
    pub newest: Option<Timestamp>,
}

/// What a source gave so far, read by the same block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Each good poll that read something, the newest first, at most [`REMEMBERED`].
    pub shapes: Vec<Shape>,
    /// How many polls went well, those that found nothing changed among them.
    pub polls: usize,
    /// True if the source was ever read, by whatever rules.
    pub was_read: bool,
}

impl History {
    fn is_habit(&self) -> bool {
        self.polls >= MIN_POLLS
    }

    /// Whether this is so of every poll.
    fn always(&self, is_so: impl FnMut(&Shape) -> bool) -> bool {
        self.shapes.iter().all(is_so)
    }

    fn median(&self, count: impl FnMut(&Shape) -> usize) -> Option<usize> {
        median(self.shapes.iter().map(count).collect())
    }

    /// Records that are usual; `None` before there were any polls.
    pub fn usual_records(&self) -> Option<usize> {
        self.median(|before| before.records)
    }
}

/// What is expected of a kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// A feed: its publisher made it to be read by programs, empty or short as it may be.
    Feed,
    /// Data such as JSON: a short answer may be the whole answer, one that lacks what it always had is not.
    Data,
    /// A page or a text made for people: where its layout changes, rules find something else or nothing.
    Page,
}

/// How a document differs from what the source used to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drift {
    /// Nothing where there always was something.
    Nothing {
        /// Records that were usual.
        usual: usize,
    },
    /// Far fewer records than ever.
    FarFewer {
        /// Records now.
        records: usize,
        /// Records that were usual.
        usual: usize,
    },
    /// A part of most records that most records lack now.
    Without {
        /// Which.
        part: Part,
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
pub enum Part {
    /// The date.
    Date,
    /// The address.
    Link,
    /// Summary or content.
    Text,
}

impl Shape {
    /// Counts `items`, those that stood twice in the document among them.
    pub fn of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let items: Vec<&Item> = items.into_iter().collect();
        let count = |has: &dyn Fn(&Item) -> bool| items.iter().filter(|item| has(item)).count();
        let titles: HashSet<String> = items.iter().map(|item| folded(&item.title)).collect();
        let mut dates: Vec<Timestamp> = items.iter().filter_map(|item| date(item)).collect();
        dates.sort_unstable();
        Self {
            records: items.len(),
            titles: titles.len(),
            dated: count(&|item| item.stated.is_some() || date(item).is_some()),
            linked: count(&|item| item.address.is_some()),
            texts: count(&|item| !item.text.is_empty()),
            oldest: dates.first().copied(),
            middle: dates.get(dates.len().saturating_sub(1) / 2).copied(),
            newest: dates.last().copied(),
        }
    }

    /// The same without dates, where they are not told by the document.
    #[must_use]
    pub fn undated(self) -> Self {
        Self {
            dated: 0,
            oldest: None,
            middle: None,
            newest: None,
            ..self
        }
    }

    /// The same without texts, where they are not told by the document.
    #[must_use]
    pub fn textless(self) -> Self {
        Self { texts: 0, ..self }
    }

    fn with(&self, part: Part) -> usize {
        match part {
            Part::Date => self.dated,
            Part::Link => self.linked,
            Part::Text => self.texts,
        }
    }
}

/// The date that a document tells, where it is not one to come.
fn date(item: &Item) -> Option<Timestamp> {
    let told = !matches!(item.published, Published::FirstSeen(_));
    told.then(|| item.published.at().to_utc())
}

/// Compares `shape` with those of the good polls before it.
///
/// # Errors
/// The first way in which it differs more than a living source does.
pub fn judge(shape: &Shape, history: &History, kind: Expectation) -> Result<(), Drift> {
    let Some(last) = history.shapes.first() else {
        return Ok(());
    };
    let found = match kind {
        Expectation::Feed => None,
        Expectation::Page if !history.is_habit() => nothing(shape, history),
        Expectation::Data if !history.is_habit() => None,
        Expectation::Data => nothing(shape, history).or_else(|| poorer(shape, last, history)),
        Expectation::Page => nothing(shape, history)
            .or_else(|| far_fewer(shape, history))
            .or_else(|| poorer(shape, last, history))
            .or_else(|| alike(shape, last, history))
            .or_else(|| backwards(shape, last, history)),
    };
    found.map_or(Ok(()), Err)
}

/// New items that are usual; `None` before there were polls enough.
pub fn usual_new(before: &[usize]) -> Option<usize> {
    median(before.to_vec()).filter(|_| before.len() >= MIN_POLLS)
}

/// Whether `new` items are a flood against those of the polls `before`.
pub fn is_flood(new: usize, before: &[usize]) -> bool {
    usual_new(before).is_some_and(|usual| new > FLOOD.saturating_mul(usual.max(1)))
}

fn nothing(shape: &Shape, history: &History) -> Option<Drift> {
    let drifted = shape.records == 0 && history.always(|before| before.records > 0);
    let usual = history.usual_records().filter(|_| drifted)?;
    Some(Drift::Nothing { usual })
}

/// A fifth of the usual number or less, and less than half of the fewest that there were.
fn far_fewer(shape: &Shape, history: &History) -> Option<Drift> {
    let (records, usual) = (shape.records, history.usual_records()?);
    let fewer = records * 5 <= usual && history.always(|before| records * 2 < before.records);
    let drifted = usual >= MIN_RECORDS && fewer && !begins_anew(shape, history);
    drifted.then_some(Drift::FarFewer { records, usual })
}

/// A list of a year or of a month that begins anew has records of the new one only.
fn begins_anew(shape: &Shape, history: &History) -> bool {
    let month = |at: Timestamp| (at.year(), at.month());
    let last = history
        .shapes
        .iter()
        .filter_map(|before| before.newest)
        .max();
    let later = |(now, last)| month(now) > month(last);
    shape.dated == shape.records && shape.oldest.zip(last).is_some_and(later)
}

/// A part that four of five records had, and that one of five has now, fewer than ever.
fn poorer(shape: &Shape, last: &Shape, history: &History) -> Option<Drift> {
    if shape.records < MIN_RECORDS {
        return None;
    }
    let lacks = |part: &Part| {
        let having = |shape: &Shape| permille(shape.with(*part), shape.records);
        let now = having(shape);
        let fewer = now <= 200 && history.always(|before| now < having(before));
        fewer && history.median(having).is_some_and(|usual| usual >= 800)
    };
    let mut parts = [Part::Date, Part::Link, Part::Text].into_iter();
    let part = parts.find(lacks)?;
    Some(Drift::Without {
        part,
        missing: shape.records - shape.with(part),
        records: shape.records,
        missed: last.records - last.with(part),
        of: last.records,
    })
}

/// Nine of ten titles were different, and at most half of them are now.
fn alike(shape: &Shape, last: &Shape, history: &History) -> Option<Drift> {
    let different = |shape: &Shape| permille(shape.titles, shape.records);
    let now = different(shape);
    let fewer = now <= 500 && history.always(|before| now < different(before));
    let usual = history.median(different)?;
    let drifted = shape.records >= MIN_RECORDS && fewer && usual >= 900;
    drifted.then_some(Drift::Alike {
        titles: shape.titles,
        records: shape.records,
        before: last.titles,
        of: last.records,
    })
}

/// The newest date is older than the middle one of every poll before: not the newest records were taken away, but others
/// are shown.
fn backwards(shape: &Shape, last: &Shape, history: &History) -> Option<Drift> {
    let dated = |shape: &Shape| shape.dated >= MIN_RECORDS;
    let newest = shape.newest.filter(|_| dated(shape))?;
    let older =
        |before: &Shape| dated(before) && before.middle.is_some_and(|middle| newest < middle);
    let from = last.newest.filter(|_| history.always(older))?;
    Some(Drift::Backwards {
        from: from.date_naive(),
        to: newest.date_naive(),
    })
}

/// A part of a whole in thousandths; the whole of nothing is there.
fn permille(part: usize, whole: usize) -> usize {
    (part * 1000).checked_div(whole).unwrap_or(1000)
}

/// The lower of the middle two, where they are two.
fn median(mut numbers: Vec<usize>) -> Option<usize> {
    numbers.sort_unstable();
    numbers.get(numbers.len().saturating_sub(1) / 2).copied()
}

impl Drift {
    /// Whether only the number of records differs.
    pub fn is_of_number(&self) -> bool {
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

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Date => "date",
            Self::Link => "link",
            Self::Text => "text",
        })
    }
}
