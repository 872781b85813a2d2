//! Walks through a record once to collect its texts, dates and links, each with its place.
//!
//! In: the laid-out page and a record of a list. Out: a [`Walk`], whose parts [`roles`](super::roles) weighs,
//! and the dates above records that have none.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::candidates::RecordRange;
use super::path::{self, PathId};
use super::sheet::{PageDate, PageSheet};
use super::words;
use crate::dates;

/// The maximum number of leaves examined in a record.
const MAX_LEAVES: usize = 48;

/// The maximum number of nodes examined in a record.
const MAX_NODES: usize = 240;

/// The maximum number of dates examined in a record.
const MAX_DATES: usize = 12;

/// The maximum distance from a date to the first record below it, in nodes.
const HEAD_NODES: usize = 24;

/// The maximum number of letters next to a date in a heading.
const MAX_HEAD_LETTERS: usize = 60;

/// The maximum number of leaves that form one title.
const MAX_JOINED: usize = 6;

/// The maximum length of a text that is weighed as a title, in letters.
const MAX_TITLE_LETTERS: usize = 1_000;

/// A text of a record: one leaf, or the leaves of one element.
#[derive(Clone, Debug)]
pub(in crate::extract::html) struct TextUnit {
    pub(in crate::extract::html) leaves: Range<usize>,
    /// The element, or the first text.
    pub(super) node: usize,
    pub(super) place: PathId,
}

/// The texts, dates and links of one record.
pub(super) struct RecordWalk {
    pub(super) record: RecordRange,
    pub(super) leaves: Range<usize>,
    pub(super) units: Vec<TextUnit>,
    pub(super) dates: Vec<(PathId, PageDate)>,
    pub(super) links: Vec<(PathId, usize)>,
    /// Leaves that are dates and nothing else.
    pub(super) whole_dates: FxHashSet<usize>,
    pub(super) dated: FxHashSet<usize>,
    /// The first leaf that is not a date.
    pub(super) first_plain: usize,
    /// True if it has a text that may well be a title.
    pub(super) has_words: bool,
    /// True if it has a text that is not a label.
    pub(super) has_more: bool,
}

impl RecordWalk {
    pub(super) fn from_record(sheet: &PageSheet<'_, '_>, record: &RecordRange) -> Self {
        let all = sheet.leaves_in(record);
        let leaves = all.start..all.end.min(all.start + MAX_LEAVES);
        let mut dates: Vec<(PathId, PageDate)> = Vec::new();
        let mut occurrences = FxHashMap::default();
        let places = node_places(sheet, record);
        let place_of = |node: usize| places.get(node - record.start).copied().unwrap_or_default();
        for date in sheet.dates_in(record).iter().take(MAX_DATES) {
            let place = place_of(date.node.min(record.start + MAX_NODES - 1));
            let place = path::hash_step(place, "date", u64::from(date.is_stated));
            dates.push((number_place(&mut occurrences, place), date.clone()));
        }
        let mut whole_dates = FxHashSet::default();
        let mut leaves_of_dates = FxHashSet::default();
        for (_, date) in &dates {
            leaves_of_dates.extend(date.leaves.clone());
            if date.is_whole && !date.is_stated {
                whole_dates.extend(date.leaves.clone());
            }
        }
        let first_plain = leaves
            .clone()
            .find(|leaf| !whole_dates.contains(leaf))
            .unwrap_or(leaves.start);
        let mut walk = Self {
            record: record.clone(),
            leaves,
            units: Vec::new(),
            dates,
            links: Vec::new(),
            whole_dates,
            dated: leaves_of_dates,
            first_plain,
            has_words: false,
            has_more: false,
        };
        walk.collect_nodes(sheet, &places);
        let texts = walk.leaves.clone().map(|leaf| &sheet.leaves[leaf]);
        walk.has_more = texts
            .into_iter()
            .any(|leaf| leaf.letters > 1 && !words::is_label(&leaf.text));
        walk
    }

    fn collect_nodes(&mut self, sheet: &PageSheet<'_, '_>, places: &[PathId]) {
        let outline = sheet.outline;
        let mut occurrences = FxHashMap::default();
        let mut known: FxHashSet<(usize, usize)> = FxHashSet::default();
        let end = self.record.end.min(self.record.start + MAX_NODES);
        let mut units = Vec::new();
        for leaf in self.leaves.clone() {
            let nodes = sheet.leaves[leaf].nodes.clone();
            if nodes.start < end
                && sheet.leaves[leaf].letters <= MAX_TITLE_LETTERS
                && sheet.leaves[leaf].letters > 0
            {
                let place = places
                    .get(nodes.start - self.record.start)
                    .copied()
                    .unwrap_or_default();
                units.push((leaf..leaf + 1, nodes.start, place));
                known.insert((leaf, leaf + 1));
            }
        }
        for index in self.record.start..end {
            if sheet.targets[index].is_some() {
                let place = places
                    .get(index - self.record.start)
                    .copied()
                    .unwrap_or_default();
                self.links.push((
                    number_place(&mut occurrences, path::hash_step(place, "link", 0)),
                    index,
                ));
            }
            if outline.at(index).element().is_none() {
                continue;
            }
            let leaves = sheet.leaves_in(&outline.range(index));
            let fits = (2..=MAX_JOINED).contains(&leaves.len()) && leaves.end <= self.leaves.end;
            if fits
                && count_letters(sheet, &leaves) <= MAX_TITLE_LETTERS
                && known.insert((leaves.start, leaves.end))
            {
                let place = places
                    .get(index - self.record.start)
                    .copied()
                    .unwrap_or_default();
                units.push((leaves, index, path::hash_step(place, "whole", 0)));
            }
        }
        units.sort_by_key(|(leaves, node, _)| (leaves.start, leaves.end, *node));
        let units = units.into_iter().map(|(leaves, node, place)| TextUnit {
            leaves,
            node,
            place: number_place(&mut occurrences, place),
        });
        self.units = units.collect();
    }

    /// Completes `head`, a month, by a leaf of the record that is a day number and nothing else. Returns
    /// `None` if there is no such leaf or `head` already is a day.
    pub(super) fn complete_month(
        &self,
        sheet: &PageSheet<'_, '_>,
        head: &PageDate,
    ) -> Option<PageDate> {
        if head.is_day() {
            return None;
        }
        let leaves = sheet.leaves.get(self.leaves.clone())?;
        let day = leaves
            .iter()
            .find(|leaf| matches!(leaf.text.parse::<u8>(), Ok(1..=31)))?;
        let text = format!("{} {}", day.text, head.text);
        let reading = dates::parse_date(&text, &sheet.hints)?;
        Some(PageDate {
            text,
            day: reading.dated.at.date_naive(),
            precision: reading.dated.precision,
            ..head.clone()
        })
    }

    pub(super) fn is_date(&self, leaves: &Range<usize>) -> bool {
        leaves.clone().all(|leaf| self.whole_dates.contains(&leaf))
    }

    pub(super) fn has_date(&self, leaves: &Range<usize>) -> bool {
        leaves.clone().any(|leaf| self.dated.contains(&leaf))
    }

    pub(super) fn is_behind_link(&self, leaves: &Range<usize>, sheet: &PageSheet<'_, '_>) -> bool {
        let before = self.leaves.start..leaves.start;
        before.clone().any(|leaf| sheet.leaves[leaf].link.is_some())
    }

    pub(super) fn is_before_link(&self, leaves: &Range<usize>, sheet: &PageSheet<'_, '_>) -> bool {
        let mut behind = leaves.end..self.leaves.end;
        behind.any(|leaf| sheet.leaves[leaf].link.is_some()) && !self.is_behind_link(leaves, sheet)
    }
}

/// Returns dates above records that have none of their own. Each applies to the records up to the next date.
/// A single date may be anything, such as today's.
pub(super) fn date_heads(
    sheet: &PageSheet<'_, '_>,
    records: &[&RecordRange],
) -> FxHashMap<usize, PageDate> {
    let mut heads = FxHashMap::default();
    let mut known = FxHashSet::default();
    let mut head: Option<&PageDate> = None;
    let own = records
        .iter()
        .filter(|record| !sheet.dates_in(record).is_empty())
        .count();
    if own * 2 > records.len() {
        return heads;
    }
    let mut end = records
        .first()
        .map_or(0, |first| first.start.saturating_sub(HEAD_NODES));
    for record in records {
        // A date far from the record before it is the heading of something else.
        let from = end
            .max(record.start.saturating_sub(MAX_NODES))
            .min(record.start);
        let above = sheet.dates_in(&(from..record.start)).iter().rev();
        let mut above =
            above.filter(|date| sheet.letters_outside_dates(&date.leaves) < MAX_HEAD_LETTERS);
        if let Some(found) = above.next() {
            head = Some(found);
            known.insert(found.node);
        }
        end = record.end.max(end);
        heads.extend(head.map(|head| (record.start, head.clone())));
    }
    if known.len() < 2 {
        heads.clear();
    }
    heads
}

/// Returns the places of the first nodes of a record: tag paths from the record on, with columns
/// distinguished.
fn node_places(sheet: &PageSheet<'_, '_>, record: &RecordRange) -> Vec<PathId> {
    let outline = sheet.outline;
    let end = record.end.min(record.start + MAX_NODES);
    let whole = outline.at(record.start).end >= record.end;
    let mut places: Vec<PathId> = Vec::with_capacity(end - record.start);
    for index in record.start..end {
        let node = outline.at(index);
        let above = node.parent.checked_sub(record.start);
        let above = above.and_then(|above| places.get(above)).copied();
        // The heading of a page has a different level from those of its records.
        let name = node
            .element()
            .map_or(node.name(), |element| element.value().name());
        places.push(match above {
            None if whole => 0,
            None => path::hash_step(0, name, 0),
            Some(above) if path::is_inline_mark(node) => above,
            Some(above) => path::hash_step(above, name, u64::from(node.column)),
        });
    }
    places
}

/// Returns the place with the number of its occurrence in the record, at most 4.
fn number_place(occurrences: &mut FxHashMap<PathId, u64>, place: PathId) -> PathId {
    let count = occurrences.entry(place).or_default();
    *count += 1;
    path::hash_step(place, "", (*count).min(4))
}

/// Returns an id that is the same for the same words.
pub(super) fn text_id(sheet: &PageSheet<'_, '_>, leaves: &Range<usize>) -> u64 {
    let leaves = sheet.leaves.get(leaves.clone()).unwrap_or_default();
    leaves
        .iter()
        .fold(0, |hash, leaf| path::hash_step(hash, &leaf.text, 0))
}

/// Returns the number of letters and digits of some leaves.
pub(super) fn count_letters(sheet: &PageSheet<'_, '_>, leaves: &Range<usize>) -> usize {
    let leaves = sheet.leaves.get(leaves.clone()).unwrap_or_default();
    leaves.iter().map(|leaf| leaf.letters).sum()
}
