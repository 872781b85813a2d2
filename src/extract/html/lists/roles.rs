//! Finds the parts of a record: its title, its date, its link.
//!
//! In: the records of a candidate. Out: for each record the part that is most likely its title, its date and
//! its address. Every text of a record is weighed on its own and by its place, which all records of the list
//! share: a text that most records repeat is a label, and a place where each record has a different text may
//! be that of titles. Nothing crosses from one record to the next.

mod measures;

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

pub use self::measures::{DATE_COUNT, DATE_NAMES, TITLE_COUNT, TITLE_NAMES};
use super::candidates::RecordRange;
use super::entries;
use super::judge::Weights;
use super::path::PathId;
use super::sheet::{PageDate, PageSheet};
use super::walk::{RecordWalk, TextUnit, count_letters, date_heads, text_id};
use super::words;
use crate::dates;

/// The maximum number of records that vote.
const VOTERS: usize = 120;

/// The weight of a place where most titles, or dates, were before.
const KEPT: f64 = 6.0;

/// The weight of a place where most titles, or dates, of the list are.
const USUAL: f64 = 2.5;

/// A penalty that no measures can outweigh.
const HINDRANCE: f64 = 12.0;

/// The places of title and date that a list was read by before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldPlaces {
    pub(super) title: Option<PathId>,
    pub(in crate::extract::html) date: Option<PathId>,
}

/// The parts of one record.
#[derive(Clone, Debug, Default)]
pub(in crate::extract::html) struct RecordParts {
    pub(in crate::extract::html) title: Option<TextUnit>,
    title_score: f64,
    pub(in crate::extract::html) link: Option<usize>,
    /// The record's date, or one above it that it shares with other records.
    pub(in crate::extract::html) date: Option<PageDate>,
    /// True if the date is above the record.
    pub(in crate::extract::html) is_headed: bool,
    date_score: f64,
    date_place: Option<PathId>,
}

/// The votes of a list's records.
pub(in crate::extract::html) struct ListRoles<'s, 'a, 'h> {
    sheet: &'s PageSheet<'a, 'h>,
    weights: &'s Weights,
    places: FxHashMap<PathId, PlaceVotes>,
    dates: FxHashMap<PathId, DateVotes>,
    links: FxHashMap<PathId, LinkVotes>,
    /// The number of records that have a text, by its hash.
    texts: FxHashMap<u64, u32>,
    /// The number of records that have a text with a label, by the label.
    labels: FxHashMap<String, u32>,
    columns: FxHashMap<u32, words::ColumnMeaning>,
    /// The dates above records, by the start of the record.
    heads: FxHashMap<usize, PageDate>,
    voters: usize,
    /// The places that the list was read by before.
    kept: FieldPlaces,
    /// The places of most titles and dates.
    usual: FieldPlaces,
    /// The records that voted, with their parts.
    sampled: Vec<(RecordRange, RecordParts)>,
}

#[derive(Default)]
struct PlaceVotes {
    records: usize,
    texts: FxHashSet<u64>,
    letters: usize,
    dates: usize,
}

#[derive(Default)]
struct DateVotes {
    records: usize,
    days: Vec<chrono::NaiveDate>,
    whole: usize,
}

#[derive(Default)]
struct LinkVotes {
    records: usize,
    keys: FxHashSet<u64>,
}

impl<'s, 'a, 'h> ListRoles<'s, 'a, 'h> {
    /// Lets the records vote.
    pub(super) fn from_records(
        sheet: &'s PageSheet<'a, 'h>,
        records: &[&RecordRange],
        weights: &'s Weights,
    ) -> Self {
        Self::with_places(sheet, records, weights, FieldPlaces::default())
    }

    /// Lets the records vote, given the `kept` places of titles and dates.
    pub(super) fn with_places(
        sheet: &'s PageSheet<'a, 'h>,
        records: &[&RecordRange],
        weights: &'s Weights,
        kept: FieldPlaces,
    ) -> Self {
        let mut roles = Self {
            sheet,
            weights,
            places: FxHashMap::default(),
            dates: FxHashMap::default(),
            links: FxHashMap::default(),
            texts: FxHashMap::default(),
            labels: FxHashMap::default(),
            columns: words::column_meanings(
                sheet,
                records.first().map_or(0, |record| record.start),
            ),
            heads: date_heads(sheet, records),
            voters: records.len().min(VOTERS),
            kept,
            usual: FieldPlaces::default(),
            sampled: Vec::new(),
        };
        // Take voters from all over the list: its newest may differ from the others.
        let step = (records.len() / VOTERS).max(1);
        let voters: Vec<&RecordRange> =
            records.iter().step_by(step).take(VOTERS).copied().collect();
        roles.voters = voters.len().max(1);
        let mut walks: Vec<RecordWalk> = voters
            .iter()
            .map(|record| RecordWalk::from_record(sheet, record))
            .collect();
        for walk in &walks {
            roles.count_votes(walk);
        }
        for walk in &mut walks {
            walk.has_words = roles.has_words(walk);
        }
        roles.sampled = roles.sample_parts(&voters, &walks);
        // The other records have their titles and dates where most voters have them.
        roles.usual = roles.usual_places();
        roles.sampled = roles.sample_parts(&voters, &walks);
        roles
    }

    fn sample_parts(
        &self,
        voters: &[&RecordRange],
        walks: &[RecordWalk],
    ) -> Vec<(RecordRange, RecordParts)> {
        let sampled = voters.iter().zip(walks);
        sampled
            .map(|(record, walk)| ((*record).clone(), self.parts_of_walk(walk)))
            .collect()
    }

    /// Returns the places that most titles and dates of the voters have.
    fn usual_places(&self) -> FieldPlaces {
        let places = self.places();
        let is_usual = |of: &dyn Fn(&RecordParts) -> Option<PathId>, place: &PathId| {
            let same = self
                .sampled
                .iter()
                .filter(|(_, parts)| of(parts) == Some(*place));
            same.count() * 5 >= self.voters * 3 && self.voters > 2
        };
        let title = |parts: &RecordParts| parts.title.as_ref().map(|unit| unit.place);
        FieldPlaces {
            title: places.title.filter(|place| is_usual(&title, place)),
            date: places
                .date
                .filter(|place| is_usual(&|parts| parts.date_place, place)),
        }
    }

    fn count_votes(&mut self, walk: &RecordWalk) {
        let sheet = self.sheet;
        let mut seen = FxHashSet::default();
        let mut labels = FxHashSet::default();
        for unit in &walk.units {
            let place = self.places.entry(unit.place).or_default();
            let text = text_id(sheet, &unit.leaves);
            place.records += 1;
            place.texts.insert(text);
            place.letters += count_letters(sheet, &unit.leaves);
            place.dates += usize::from(walk.is_date(&unit.leaves));
            if seen.insert(text) {
                *self.texts.entry(text).or_default() += 1;
            }
            let first = sheet
                .leaves
                .get(unit.leaves.start)
                .filter(|_| unit.leaves.len() == 1);
            if let Some(leaf) = first
                && words::begins_with_label(&leaf.text)
                && let Some((label, _)) = leaf.text.split_once(':')
                && labels.insert(label)
            {
                *self.labels.entry(label.to_owned()).or_default() += 1;
            }
        }
        for (place, date) in &walk.dates {
            let votes = self.dates.entry(*place).or_default();
            votes.records += 1;
            votes.days.push(date.day);
            votes.whole += usize::from(date.is_whole);
        }
        for (place, link) in &walk.links {
            let votes = self.links.entry(*place).or_default();
            votes.records += 1;
            votes
                .keys
                .extend(sheet.targets[*link].as_ref().map(|target| target.key));
        }
    }

    /// Returns the parts of a record.
    pub(in crate::extract::html) fn find_parts(&self, record: &RecordRange) -> RecordParts {
        self.parts_of_walk(&self.walk_record(record))
    }

    fn walk_record(&self, record: &RecordRange) -> RecordWalk {
        let walk = RecordWalk::from_record(self.sheet, record);
        RecordWalk {
            has_words: self.has_words(&walk),
            ..walk
        }
    }

    /// Returns the penalty of a date or a label, which is a title only if nothing else may be one. The rule
    /// is universal and needs no learning.
    fn title_penalty(&self, walk: &RecordWalk, unit: &TextUnit) -> f64 {
        let all = count_letters(self.sheet, &unit.leaves);
        let beside = self.sheet.letters_outside_dates(&unit.leaves);
        let is_date = beside < all && beside < 10;
        let text = self.title_text(unit);
        let for_ears = self
            .sheet
            .leaves
            .get(unit.leaves.clone())
            .unwrap_or_default();
        let is_for_ears = for_ears.iter().all(|leaf| leaf.is_for_ears);
        let is_number = || !text.contains(' ') && text.contains(|c: char| c.is_numeric());
        let is_weak = walk.has_words && (is_date || is_number());
        if is_weak || walk.has_more && (is_for_ears || words::is_label(&text)) {
            HINDRANCE
        } else {
            0.0
        }
    }

    /// Returns true if some text of a record is neither a date nor a label nor common to all records.
    fn has_words(&self, walk: &RecordWalk) -> bool {
        walk.units.iter().any(|unit| {
            let [leaf] = self
                .sheet
                .leaves
                .get(unit.leaves.clone())
                .unwrap_or_default()
            else {
                return false;
            };
            let votes = self.places.get(&unit.place);
            let distinct = votes.map_or(1.0, |votes| {
                as_f64(votes.texts.len()) / as_f64(votes.records.max(1))
            });
            let beside = self.sheet.letters_outside_dates(&unit.leaves);
            leaf.text.contains(' ')
                && beside >= if beside < leaf.letters { 10 } else { 6 }
                && (distinct > 0.04 && votes.is_some_and(|votes| votes.texts.len() > 1)
                    || self.voters <= 3)
                && !leaf.text.starts_with(|c: char| c.is_ascii_digit())
                && !matches!(
                    words::class_meaning(self.sheet, unit.node, walk.record.start),
                    Some(words::ClassMeaning::Other)
                )
                && !words::is_label(&leaf.text)
                && !words::begins_with_label(&leaf.text)
        })
    }

    fn parts_of_walk(&self, walk: &RecordWalk) -> RecordParts {
        let mut parts = RecordParts::default();
        let mut best = f64::NEG_INFINITY;
        for (unit, measures) in self.title_candidates(walk) {
            let own = self.weights.score_title(&measures) - self.title_penalty(walk, unit);
            let score = own + self.place_weight(|places| places.title, unit.place);
            if score > best {
                best = score;
                parts.title_score = own;
                parts.title = Some(unit.clone());
            }
        }
        best = f64::NEG_INFINITY;
        for (place, date, measures) in self.date_candidates(walk, parts.title.as_ref()) {
            let own = self.weights.score_date(&measures);
            let score = own + self.place_weight(|places| places.date, place);
            if score > best {
                best = score;
                parts.date_score = own;
                parts.date = Some(date.clone());
                parts.date_place = Some(place);
            }
        }
        if parts.date.is_none()
            && let Some(head) = self.heads.get(&walk.record.start)
        {
            parts.date = walk
                .complete_month(self.sheet, head)
                .or_else(|| Some(head.clone()));
            parts.is_headed = true;
            parts.date_score = 0.0;
        }
        parts.link = self.find_link(walk, parts.title.as_ref());
        parts
    }

    /// Returns the weight of a place that was kept, or that most records have.
    fn place_weight(&self, of: fn(&FieldPlaces) -> Option<PathId>, place: PathId) -> f64 {
        let weight = |places: &FieldPlaces, weight: f64| {
            if of(places) == Some(place) {
                weight
            } else {
                0.0
            }
        };
        weight(&self.kept, KEPT) + weight(&self.usual, USUAL)
    }

    /// Returns the texts of a record that may be its title, with the measures of each.
    fn title_candidates<'w>(
        &self,
        walk: &'w RecordWalk,
    ) -> Vec<(&'w TextUnit, [f64; TITLE_COUNT])> {
        let longest = walk
            .units
            .iter()
            .map(|unit| count_letters(self.sheet, &unit.leaves))
            .max()
            .unwrap_or(0);
        let units = walk.units.iter();
        units
            .map(|unit| (unit, self.title_measures(walk, unit, longest)))
            .collect()
    }

    fn title_measures(
        &self,
        walk: &RecordWalk,
        unit: &TextUnit,
        longest: usize,
    ) -> [f64; TITLE_COUNT] {
        let sheet = self.sheet;
        let leaves = sheet.leaves.get(unit.leaves.clone()).unwrap_or_default();
        let whole = sheet.leaves_text(unit.leaves.clone());
        let text = self.without_label(&whole);
        let own = count_letters(sheet, &unit.leaves);
        let beside = sheet.letters_outside_dates(&unit.leaves);
        let label_before = self.label_before(walk, unit, &whole);
        let empty = PlaceVotes::default();
        let known = self.places.get(&unit.place).unwrap_or(&empty);
        let records = as_f64(known.records.max(1));
        let voters = as_f64(self.voters);
        let repeats = self
            .texts
            .get(&text_id(sheet, &unit.leaves))
            .copied()
            .unwrap_or(1);
        let linked: Vec<usize> = distinct_links(leaves.iter().filter_map(|leaf| leaf.link));
        let is_linked = !leaves.is_empty()
            && leaves.iter().all(|leaf| leaf.link.is_some())
            && linked.len() == 1;
        let first_link = walk.links.first().map(|(_, link)| *link);
        let is_file = linked.iter().any(|link| {
            sheet.targets[*link]
                .as_ref()
                .is_some_and(|target| target.is_file)
        });
        let is_date = walk.is_date(&unit.leaves);
        let chars = text.chars().count().max(1);
        let digits = text.chars().filter(|c| c.is_numeric()).count();
        let letters_only = text.chars().any(char::is_alphabetic);
        let words = text.split(' ').count();
        let place = unit.leaves.start - walk.leaves.start;
        let class = words::class_meaning(sheet, unit.node, walk.record.start);
        let column = words::column_of_cell(sheet, unit.node, walk.record.start);
        let column = column
            .and_then(|column| self.columns.get(&column))
            .copied()
            .or(label_before);
        let label = words::is_label(text);
        let is_cell = matches!(
            sheet.outline.at(unit.node).name(),
            "td" | "th" | "li" | "p" | "div"
        );
        let log = (1.0 + as_f64(own)).ln() / 5.0;
        let of = |is: bool| f64::from(u8::from(is));
        [
            records.min(voters) / voters,
            as_f64(known.texts.len()) / records,
            log,
            log * log,
            (1.0 + as_f64(known.letters) / records).ln() / 5.0,
            as_f64(repeats.saturating_sub(1) as usize) / voters,
            of(is_linked),
            of(!linked.is_empty() && !is_linked),
            of(is_linked && linked.first().copied() == first_link),
            of(is_file),
            of(leaves.iter().any(|leaf| leaf.is_head)),
            of(leaves.iter().all(|leaf| leaf.is_strong)),
            of(is_date),
            of(!is_date && walk.has_date(&unit.leaves)),
            of(!is_date && beside < 10),
            1.0 - as_f64(beside) / as_f64(own.max(1)),
            as_f64(known.dates) / records,
            of(label),
            of(words::begins_with_label(text)),
            as_f64(digits) / as_f64(chars),
            of(!letters_only),
            of(place == 0),
            of(unit.leaves.start == walk.first_plain),
            of(2 * place > walk.leaves.len()),
            of(leaves.len() > 1),
            of(linked.len() > 1),
            of(words == 1),
            of(words == 1 && digits > 0),
            of(unit.leaves.len() == walk.leaves.len()),
            of(class == Some(words::ClassMeaning::Title)),
            of(class == Some(words::ClassMeaning::Other)),
            of(column == Some(words::ColumnMeaning::Title)),
            of(column == Some(words::ColumnMeaning::Number)),
            of(column == Some(words::ColumnMeaning::Date)),
            of(column == Some(words::ColumnMeaning::Other)),
            of(is_linked
                && !label
                && repeats * 3 <= u32::try_from(self.voters).unwrap_or(u32::MAX)),
            of(text.starts_with(['(', '['])),
            of(text.ends_with(['.', ';', ','])),
            of(own == longest),
            of(is_linked && walk.links.len() == 1),
            of(linked.is_empty() && walk.is_behind_link(&unit.leaves, sheet)),
            of(linked.is_empty() && walk.is_before_link(&unit.leaves, sheet)),
            of(is_cell),
            of(words::has_name_capitals(text)),
            of(label_before.is_some()),
            of(own > 200),
            of(walk.has_words && (is_date || beside < 10)),
            of(walk.has_words && words == 1 && digits > 0),
            of(walk.has_words && label),
            of(repeats as usize * 2 > self.voters && self.voters > 3),
            of(text.starts_with(|c: char| c.is_ascii_digit())),
        ]
    }

    /// Returns the meaning of the label before a text in most records, in a leaf of its own or within the
    /// text.
    fn label_before(
        &self,
        walk: &RecordWalk,
        unit: &TextUnit,
        text: &str,
    ) -> Option<words::ColumnMeaning> {
        if let Some((label, _)) = self.split_label(text) {
            return Some(words::head_meaning(label));
        }
        let before = unit
            .leaves
            .start
            .checked_sub(1)
            .filter(|before| walk.leaves.contains(before))?;
        let label = self.sheet.leaves.get(before)?;
        let count = self
            .texts
            .get(&text_id(self.sheet, &(before..before + 1)))?;
        let is_common = *count as usize * 5 >= self.voters * 3 && self.voters > 2;
        (is_common && label.letters <= 24 && label.link.is_none())
            .then(|| words::head_meaning(&label.text))
    }

    /// Splits off the label that a text begins with in most records. Returns the label and the rest.
    fn split_label<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let (label, rest) = text.split_once(':')?;
        let count = *self.labels.get(label)?;
        let is_common = count as usize * 5 >= self.voters * 3 && self.voters > 2;
        // `In re:` begins a name.
        let is_known = || words::head_meaning(label) != words::ColumnMeaning::Other;
        (is_common && !rest.trim().is_empty() && is_known()).then(|| (label, rest.trim_start()))
    }

    fn without_label<'t>(&self, text: &'t str) -> &'t str {
        self.split_label(text).map_or(text, |(_, rest)| rest)
    }

    /// Returns the words of a title: without the label that all titles have, without leading bullets and
    /// dashes, and if it spans several leaves, without the dates and labels around them.
    pub(super) fn title_text(&self, unit: &TextUnit) -> String {
        let is_extra = |leaf: &usize| {
            let Some(found) = self.sheet.leaves.get(*leaf) else {
                return true;
            };
            let is_date = self.sheet.letters_outside_dates(&(*leaf..*leaf + 1)) == 0;
            is_date || found.is_for_ears || words::is_label(&found.text)
        };
        let all = unit.leaves.clone();
        let first = all
            .clone()
            .find(|leaf| !is_extra(leaf))
            .unwrap_or(all.start);
        let last = all
            .clone()
            .rev()
            .find(|leaf| !is_extra(leaf))
            .unwrap_or(all.end - 1);
        let text = self.sheet.leaves_text(first..last + 1);
        let text = self.without_label(&text);
        let is_sign = |c: char| c.is_whitespace() || "»›•·►▸▪‣–—-|:*".contains(c);
        let trimmed = text.trim_start_matches(is_sign);
        let trimmed = trimmed.trim_end_matches([' ', '|', '»', '›', '-', '–', '—']);
        if trimmed.is_empty() { text } else { trimmed }.to_owned()
    }

    /// Returns the dates of a record, with the measures of each.
    fn date_candidates<'w>(
        &self,
        walk: &'w RecordWalk,
        title: Option<&TextUnit>,
    ) -> Vec<(PathId, &'w PageDate, [f64; DATE_COUNT])> {
        let dates = walk.dates.iter();
        dates
            .enumerate()
            .map(|(index, (place, date))| {
                (
                    *place,
                    date,
                    self.date_measures(walk, index, *place, date, title),
                )
            })
            .collect()
    }

    fn date_measures(
        &self,
        walk: &RecordWalk,
        index: usize,
        place: PathId,
        date: &PageDate,
        title: Option<&TextUnit>,
    ) -> [f64; DATE_COUNT] {
        let sheet = self.sheet;
        let empty = DateVotes::default();
        let votes = self.dates.get(&place).unwrap_or(&empty);
        let records = as_f64(votes.records.max(1));
        let unique: FxHashSet<_> = votes.days.iter().collect();
        let pairs = votes.days.windows(2);
        let falls = pairs.clone().filter(|pair| pair[0] >= pair[1]).count();
        let rises = pairs.filter(|pair| pair[0] <= pair[1]).count();
        let ordered = match votes.days.len() {
            0..=2 => 0.5,
            days => as_f64(falls.max(rises)) / as_f64(days - 1),
        };
        let leaf = sheet
            .leaves
            .get(date.leaves.start)
            .filter(|_| !date.leaves.is_empty());
        let label = words::date_label(sheet, date, walk.leaves.start);
        let class = words::class_meaning(sheet, date.node, walk.record.start);
        let column = words::column_of_cell(sheet, date.node, walk.record.start);
        let column = column.and_then(|column| self.columns.get(&column)).copied();
        let is_in_title = title.is_some_and(|title| title.leaves.contains(&date.leaves.start));
        let today = sheet.hints.now.date_naive();
        let tags = sheet.outline.ancestors_from(date.node, walk.record.start);
        let is_time = tags
            .take(3)
            .any(|index| sheet.outline.at(index).name() == "time");
        let of = |is: bool| f64::from(u8::from(is));
        [
            (records / as_f64(self.voters)).min(1.0),
            as_f64(unique.len()) / records,
            ordered,
            of(date.is_whole),
            as_f64(votes.whole) / records,
            of(date.is_stated),
            of(is_time),
            of(date.is_day()),
            of(is_in_title),
            of(index == 0),
            of(title.is_some_and(|title| date.leaves.start < title.leaves.start)),
            of(leaf.is_some_and(|leaf| leaf.link.is_some())),
            of(label == Some(words::DateLabel::Published)),
            of(label == Some(words::DateLabel::Other)),
            of(class == Some(words::ClassMeaning::Date)),
            of(column == Some(words::ColumnMeaning::Date)),
            of(matches!(
                column,
                Some(
                    words::ColumnMeaning::Other
                        | words::ColumnMeaning::Number
                        | words::ColumnMeaning::Title
                )
            )),
            of(date.day > today),
            of(date.day < today - chrono::TimeDelta::days(365 * 12)),
            of(leaf.is_some_and(|leaf| leaf.letters > 120)),
            of(leaf.is_some_and(|leaf| leaf.is_head)),
            of(date.leaves.len() > 1),
        ]
    }

    /// Returns the link of the title, or else the one at the place where most records have a link of their
    /// own.
    fn find_link(&self, walk: &RecordWalk, title: Option<&TextUnit>) -> Option<usize> {
        let sheet = self.sheet;
        let of_title = title.and_then(|title| {
            let leaves = sheet.leaves.get(title.leaves.clone())?;
            leaves.iter().find_map(|leaf| leaf.link)
        });
        let voted = || {
            let links = walk.links.iter().enumerate();
            let best = links.max_by(|(one_place, one), (other_place, other)| {
                let one = self.link_score(one.0);
                let other = self.link_score(other.0);
                one.total_cmp(&other).then(other_place.cmp(one_place))
            });
            best.map(|(_, (_, link))| *link)
        };
        let around = || sheet.link_around(walk.record.start);
        of_title.or_else(voted).or_else(around)
    }

    fn link_score(&self, place: PathId) -> f64 {
        let Some(votes) = self.links.get(&place) else {
            return 0.0;
        };
        let records = as_f64(votes.records.max(1));
        // Minutes and videos appear later than agendas: a place that few records fill may vary more and is
        // still no better.
        (as_f64(votes.keys.len()) / records) * (0.3 + (records / as_f64(self.voters)).min(1.0))
    }

    /// Returns the element in which the text next to the title begins.
    pub(in crate::extract::html) fn summary_node(&self, record: &RecordRange) -> Option<usize> {
        let parts = self.find_parts(record);
        entries::summary_nodes(self.sheet, self, record, &parts)
            .first()
            .copied()
    }

    /// Returns the places of most titles and dates.
    pub(super) fn places(&self) -> FieldPlaces {
        let parts = || self.sampled.iter().map(|(_, parts)| parts);
        FieldPlaces {
            title: most_common_place(parts().filter_map(|parts| Some(parts.title.as_ref()?.place))),
            date: most_common_place(parts().filter_map(|parts| parts.date_place)),
        }
    }

    /// Returns true if most records have the same text.
    pub(super) fn is_common(&self, leaves: &Range<usize>) -> bool {
        let count = self
            .texts
            .get(&text_id(self.sheet, leaves))
            .copied()
            .unwrap_or(1);
        self.voters > 3 && count as usize * 2 > self.voters
    }

    pub(super) fn hints(&self) -> &dates::DateHints<'h> {
        &self.sheet.hints
    }

    /// Returns the measures that the parts give to the judge.
    pub(super) fn measures(&self) -> [f64; 16] {
        let sheet = self.sheet;
        let n = as_f64(self.sampled.len().max(1));
        let share = |is: &dyn Fn(&RecordRange, &RecordParts) -> bool| {
            as_f64(
                self.sampled
                    .iter()
                    .filter(|(record, parts)| is(record, parts))
                    .count(),
            ) / n
        };
        let of_title = |is: &dyn Fn(&TextUnit) -> bool| {
            share(&|_, parts| parts.title.as_ref().is_some_and(is))
        };
        let titles: FxHashSet<u64> = self
            .sampled
            .iter()
            .filter_map(|(_, parts)| Some(text_id(sheet, &parts.title.as_ref()?.leaves)))
            .collect();
        let pairs: FxHashSet<(u64, Option<chrono::NaiveDate>)> = self
            .sampled
            .iter()
            .filter_map(|(_, parts)| {
                let date = parts.date.as_ref().map(|date| date.day);
                Some((text_id(sheet, &parts.title.as_ref()?.leaves), date))
            })
            .collect();
        let links: FxHashSet<u64> = self
            .sampled
            .iter()
            .filter_map(|(_, parts)| Some(sheet.targets.get(parts.link?)?.as_ref()?.key))
            .collect();
        let mean = |of: &dyn Fn(&RecordParts) -> f64| {
            let values = self.sampled.iter().map(|(_, parts)| of(parts));
            values
                .filter(|value| value.is_finite())
                .map(|value| value.clamp(-5.0, 5.0))
                .sum::<f64>()
                / n
                / 5.0
        };
        let usual = |unit: &TextUnit| (12..=140).contains(&count_letters(sheet, &unit.leaves));
        let is_date = |unit: &TextUnit| {
            let dates = sheet.dates_in(&(unit.node..unit.node + 1));
            dates
                .iter()
                .any(|date| date.is_whole && date.leaves == unit.leaves)
        };
        let beside = |record: &RecordRange, parts: &RecordParts| {
            let title = parts
                .title
                .as_ref()
                .map_or(0, |title| count_letters(sheet, &title.leaves));
            sheet.outline.letters(record) > title + 60
        };
        [
            share(&|_, parts| parts.title.is_some()),
            as_f64(titles.len()) / n,
            mean(&|parts| parts.title_score),
            of_title(&usual),
            of_title(&|unit| {
                sheet
                    .leaves
                    .get(unit.leaves.start)
                    .is_some_and(|leaf| leaf.is_head)
            }),
            of_title(&|unit| {
                sheet
                    .leaves
                    .get(unit.leaves.start)
                    .is_some_and(|leaf| leaf.link.is_some())
            }),
            of_title(&is_date),
            of_title(&|unit| {
                let repeats = self
                    .texts
                    .get(&text_id(sheet, &unit.leaves))
                    .copied()
                    .unwrap_or(1);
                repeats as usize * 4 > self.voters && self.voters > 3
            }),
            share(&|_, parts| parts.date.is_some()),
            as_f64(pairs.len()) / n,
            mean(&|parts| parts.date_score),
            share(&|_, parts| parts.link.is_some()),
            as_f64(links.len()) / n,
            share(&beside),
            share(&|record, _| (1..=2).contains(&sheet.links_in(record))),
            share(&|_, parts| {
                parts.title.is_some() && parts.date.is_some() && parts.link.is_some()
            }),
        ]
    }

    /// Returns the texts of a record, each with its measures, for training.
    pub(super) fn measured_titles(
        &self,
        record: &RecordRange,
    ) -> Vec<(String, [f64; TITLE_COUNT])> {
        let walk = self.walk_record(record);
        let titles = self.title_candidates(&walk).into_iter();
        titles
            .map(|(unit, measures)| (self.title_text(unit), measures))
            .collect()
    }

    /// Returns the dates of a record, each with its measures, for training.
    pub(super) fn measured_dates(
        &self,
        record: &RecordRange,
    ) -> Vec<(chrono::NaiveDate, [f64; DATE_COUNT])> {
        let walk = self.walk_record(record);
        let title = self.parts_of_walk(&walk).title;
        let dates = self.date_candidates(&walk, title.as_ref()).into_iter();
        dates
            .map(|(_, date, measures)| (date.day, measures))
            .collect()
    }
}

/// Returns the most common place, and among equals the smallest.
fn most_common_place(places: impl Iterator<Item = PathId>) -> Option<PathId> {
    let mut counts: FxHashMap<PathId, usize> = FxHashMap::default();
    for place in places {
        *counts.entry(place).or_default() += 1;
    }
    let best = counts
        .into_iter()
        .max_by_key(|(place, count)| (*count, std::cmp::Reverse(*place)));
    best.map(|(place, _)| place)
}

fn distinct_links(links: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut links: Vec<usize> = links.collect();
    links.dedup();
    links
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
