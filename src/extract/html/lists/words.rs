//! Recognizes words that classify a part of a record: labels of links and dates, heads of columns, names of
//! classes.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::names;
use super::sheet::{PageDate, PageSheet};
use crate::languages;

/// The meaning of an element's classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClassMeaning {
    Title,
    Date,
    Other,
}

/// The meaning of the head of a column for its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnMeaning {
    Title,
    Date,
    Number,
    Other,
}

/// The meaning of the label of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateLabel {
    Published,
    Other,
}

/// Words to look up.
type LabelWords = LazyLock<FxHashSet<&'static str>>;

/// Heads of columns.
static TITLE_WORDS: LabelWords = LazyLock::new(|| languages::set(|table| table.lists.title_heads));
/// Those that make a column one of titles even if its head also names a number.
static SURE_TITLE_WORDS: LabelWords =
    LazyLock::new(|| languages::set(|table| table.lists.sure_title_heads));

static DATE_WORDS: LabelWords = LazyLock::new(|| languages::set(|table| table.lists.date_heads));

static NUMBER_WORDS: LabelWords =
    LazyLock::new(|| languages::set(|table| table.lists.number_heads));

/// Words in labels of links.
static LABELS: LabelWords = LazyLock::new(|| languages::set(|table| table.links.labels));

/// The maximum length of a label, in words.
const MAX_LABEL_WORDS: usize = 4;

/// Words before the day of publication.
static PUBLISHED: LazyLock<Vec<&str>> =
    LazyLock::new(|| languages::words(|table| table.lists.published_labels).collect());

/// Words before another day.
static OTHER_DATES: LazyLock<Vec<&str>> =
    LazyLock::new(|| languages::words(|table| table.lists.other_date_labels).collect());
/// Classes of titles and of dates.
static TITLE_CLASSES: LabelWords =
    LazyLock::new(|| languages::set(|table| table.lists.title_classes));
static DATE_CLASSES: LabelWords =
    LazyLock::new(|| languages::set(|table| table.lists.date_classes));

/// Classes of other elements.
const OTHER_CLASSES: [&str; 21] = [
    "meta",
    "author",
    "category",
    "tag",
    "tags",
    "summary",
    "desc",
    "description",
    "excerpt",
    "body",
    "teaser",
    "location",
    "number",
    "docket",
    "type",
    "status",
    "label",
    "more",
    "button",
    "btn",
    "icon",
];

/// Returns the meaning of the classes of an element, or of those around it in the record.
pub(super) fn class_meaning(
    sheet: &PageSheet<'_, '_>,
    node: usize,
    start: usize,
) -> Option<ClassMeaning> {
    let outline = sheet.outline;
    let mut around = outline.ancestors_from(node, start + 1).take(4);
    around.find_map(|index| {
        let node = outline.at(index);
        let named = [
            "class",
            "itemprop",
            "id",
            "headers",
            "data-title",
            "data-label",
        ];
        let words: Vec<String> = named
            .iter()
            .filter_map(|name| node.attr(name))
            .flat_map(names::split_name)
            .collect();
        let has = |known: &LabelWords| words.iter().any(|word| known.contains(word.as_str()));
        let is_other = |word: &String| OTHER_CLASSES.contains(&word.as_str());
        if has(&TITLE_CLASSES) {
            Some(ClassMeaning::Title)
        } else if has(&DATE_CLASSES) {
            Some(ClassMeaning::Date)
        } else if words.iter().any(is_other) {
            Some(ClassMeaning::Other)
        } else {
            None
        }
    })
}

/// If a record is a row of a table, returns the meanings of the table's heads, by column.
pub(super) fn column_meanings(
    sheet: &PageSheet<'_, '_>,
    record: usize,
) -> FxHashMap<u32, ColumnMeaning> {
    let outline = sheet.outline;
    let mut columns = FxHashMap::default();
    if outline.len() == 0 || record >= outline.len() {
        return columns;
    }
    let Some(table) = outline
        .ancestors(record)
        .find(|index| outline.at(*index).name() == "table")
    else {
        return columns;
    };
    let row = outline
        .range(table)
        .find(|index| outline.at(*index).name() == "tr");
    let Some(row) = row else {
        return columns;
    };
    for index in outline.range(row) {
        let node = outline.at(index);
        if node.column == 0 || node.parent != row {
            continue;
        }
        let leaves = sheet.leaves_in(&outline.range(index));
        let text = sheet.leaves_text(leaves);
        if text.chars().count() <= 40 {
            columns.insert(node.column, head_meaning(&text));
        }
    }
    // A first row that is a record is not a row of heads.
    let is_head = columns
        .values()
        .any(|column| *column != ColumnMeaning::Other);
    if !is_head || row == record {
        columns.clear();
    }
    columns
}

pub(super) fn head_meaning(text: &str) -> ColumnMeaning {
    let words = names::split_name(text);
    let has = |known: &LabelWords| words.iter().any(|word| known.contains(word.as_str()));
    let is_number = has(&NUMBER_WORDS) || text.contains('#') || text.contains('№');
    if has(&DATE_WORDS) && !is_number {
        ColumnMeaning::Date
    } else if is_number && !has(&SURE_TITLE_WORDS) {
        ColumnMeaning::Number
    } else if has(&TITLE_WORDS) {
        ColumnMeaning::Title
    } else {
        ColumnMeaning::Other
    }
}

/// Returns the column of the cell that contains a node of a record.
pub(super) fn column_of_cell(sheet: &PageSheet<'_, '_>, node: usize, start: usize) -> Option<u32> {
    let outline = sheet.outline;
    let mut around = outline.ancestors_from(node, start);
    around.find_map(|index| Some(outline.at(index).column).filter(|column| *column > 0))
}

/// Returns true if a text is the generic label of a link rather than the name of its target: `Agenda`,
/// `View PDF (120 kB)`, `Date:`.
pub(super) fn is_label(text: &str) -> bool {
    if text.len() > 60 {
        return false;
    }
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric());
    let words =
        words.filter(|word| !word.is_empty() && !word.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<&str> = words.collect();
    let is_known = || words.iter().all(|word| LABELS.contains(word));
    let begins = || {
        words
            .first()
            .is_some_and(|word| word.len() > 2 || *word == "en")
    };
    text.ends_with(':') || (1..=MAX_LABEL_WORDS).contains(&words.len()) && begins() && is_known()
}

/// Returns true if a text begins with a label: `Date: …`.
pub(super) fn begins_with_label(text: &str) -> bool {
    let label = text.split_once(':').map(|(label, _)| label);
    label.is_some_and(|label| label.chars().count() <= 24 && label.split(' ').count() <= 3)
}

/// Reads the label before a date, in its leaf or in the one before it.
pub(super) fn date_label(
    sheet: &PageSheet<'_, '_>,
    date: &PageDate,
    first: usize,
) -> Option<DateLabel> {
    let leaf = sheet
        .leaves
        .get(date.leaves.start)
        .filter(|_| !date.leaves.is_empty())?;
    let before = leaf.text.get(..date.bytes.start).unwrap_or_default().trim();
    let before = if before.is_empty() && date.leaves.start > first {
        let previous = sheet.leaves.get(date.leaves.start - 1)?;
        previous.text.as_str()
    } else {
        before
    };
    let before = before
        .trim_end_matches([':', ' ', '-', '–', '(', '/', '|', ','])
        .to_lowercase();
    let last: Vec<&str> = before.rsplit(' ').take(3).collect();
    let has = |known: &[&str]| {
        known
            .iter()
            .any(|known| last.contains(known) || before.ends_with(known) && known.contains(' '))
    };
    if has(&OTHER_DATES) {
        Some(DateLabel::Other)
    } else if has(&PUBLISHED) {
        Some(DateLabel::Published)
    } else {
        None
    }
}

/// Returns true if most words of a text begin with a capital letter, as those of names do.
pub(super) fn has_name_capitals(text: &str) -> bool {
    let words = text.split(' ').filter(|word| word.chars().count() > 2);
    let (mut all, mut capital) = (0, 0);
    for word in words {
        all += 1;
        capital += usize::from(word.starts_with(char::is_uppercase));
    }
    all >= 2 && capital * 3 >= all * 2
}
