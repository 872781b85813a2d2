//! Finds the lists of a page without selectors: candidates, then a judge.
//!
//! In: the outline of a page, the base of its relative addresses, the hints for its dates. Out: the
//! candidates for the page's main list, the best first, each with its records and their parts.
//!
//! [`sheet`] lays the page out, [`candidates`] finds every way in which it repeats, [`measures`] gives the
//! evidence for and against each, [`roles`] finds the parts of a record, and [`judge`] weighs it all with
//! weights learned from labelled pages.

mod candidates;
mod entries;
mod finer;
mod judge;
mod layout;
mod measures;
mod names;
mod one;
mod path;
mod roles;
mod sheet;
pub mod study;
mod target;
mod walk;
mod words;

pub use judge::Weights;

use scraper::Html;
use url::Url;

pub(super) use candidates::RecordRange;
use candidates::{Division, ListCandidate};
use layout::ParsedLayout;
use measures::{ListMeasures, PageSums, RecordFilter, RecordSums};
use one::PageRecord;
use roles::FieldPlaces;
pub(super) use roles::ListRoles;
pub(super) use sheet::PageSheet;

use super::linked_data::{self, LinkedData};
use super::outline::Outline;
use super::reader::OutlineReader;
use super::selectors;
use crate::dates::DateHints;
use crate::model::{Css, DateOrder, Layout, RawEntry, Rules};

/// The number of candidates examined closely.
const CLOSELY: usize = 24;

/// A penalty that no measures can outweigh.
const NAVIGATION: f64 = 100.0;

/// The minimum number of letters outside its date for a record to have a name.
const MIN_NAME_LETTERS: usize = 8;

/// The number of best candidates of a first look that decide if a page surely has a list.
const FIRSTS: usize = 5;

/// A candidate with its verdict.
#[derive(Clone, Debug)]
struct JudgedCandidate {
    /// Its place among the candidates.
    place: usize,
    filter: RecordFilter,
    measures: ListMeasures,
    score: f64,
}

/// A page to search.
#[derive(Clone, Copy)]
pub(super) struct SearchedPage<'p> {
    pub(super) page: &'p Html,
    pub(super) url: &'p Url,
    /// The base of its relative addresses.
    pub(super) base: &'p Url,
    pub(super) hints: &'p DateHints<'p>,
    /// The linked data that it states for programs.
    pub(super) stated: &'p LinkedData,
}

/// The lists that a look returns.
#[derive(Clone, Copy)]
pub(super) enum WantedLists<'l> {
    /// The page's main list.
    Best,
    /// The list that a kept layout names.
    Kept(&'l Layout),
    /// This many lists, the best first, each with equivalent selectors.
    Several(usize),
}

/// A candidate for a page's main list.
#[derive(Clone, Debug)]
pub(in crate::extract) struct FoundList {
    pub(in crate::extract) layout: Layout,
    pub(in crate::extract) entries: Vec<RawEntry>,
    /// The selectors that find the same records, or `None` if there are none.
    pub(in crate::extract) rules: Option<Rules<Css>>,
    /// The reasons for and against it compared with the others, the weightiest first.
    pub(in crate::extract) reasons: Vec<(&'static str, f64)>,
}

/// Entries, the way they were found, and selectors that find the same.
type ListReading = (Vec<RawEntry>, ParsedLayout, Option<Rules<Css>>);

/// The result of a look at a page.
#[derive(Debug, Default)]
pub(super) struct PageLists {
    /// The lists, the best first. If a layout was kept, the list that it reads.
    pub(super) lists: Vec<FoundList>,
    /// With a kept layout: the number of records of a fresh look and its layout, if it finds most of the kept
    /// records and more.
    pub(super) more: Option<(usize, Layout)>,
    /// The order of day and month in its dates.
    pub(super) order: Option<DateOrder>,
}

/// Finds the lists of a page.
pub(super) fn search_page(subject: SearchedPage<'_>, wanted: WantedLists<'_>) -> PageLists {
    let outline = Outline::from_page(subject.page, subject.base);
    let sheet = PageSheet::lay_out(&outline, subject.base, subject.hints);
    let reader = OutlineReader::new(&outline, subject.hints);
    let one = PageRecord::from_page(subject.page, &sheet, &reader, subject.stated, subject.url);
    let candidates = candidates::find_candidates(&sheet);
    let weights = Weights::built_in();
    let looking = ListSearch {
        subject,
        sheet: &sheet,
        reader: &reader,
        one: &one,
        candidates: &candidates,
        weights,
        ranked: rank_readings(&sheet, &candidates, &one, weights),
    };
    let mut look = match wanted {
        WantedLists::Best => looking.find_best(),
        WantedLists::Kept(layout) => looking.read_kept(layout),
        WantedLists::Several(count) => looking.find_several(count),
    };
    look.order = sheet.hints.order;
    look
}

/// A way to read a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadingWay {
    List { place: usize, filter: RecordFilter },
    Page,
    Nothing,
}

/// A way to read the page, with its score.
#[derive(Clone, Debug)]
struct RankedReading {
    kind: ReadingWay,
    measures: ListMeasures,
    score: f64,
}

/// Returns all ways to read the page, the best first.
fn rank_readings(
    sheet: &PageSheet<'_, '_>,
    candidates: &[ListCandidate],
    one: &PageRecord,
    weights: &Weights,
) -> Vec<RankedReading> {
    let (lists, firsts) = rank_candidates(sheet, candidates, weights);
    let first = firsts.first();
    let is_whole = lists
        .first()
        .is_some_and(|list| measures::is_whole_page(&list.measures));
    let lists = lists.into_iter().map(|judged| RankedReading {
        kind: ReadingWay::List {
            place: judged.place,
            filter: judged.filter,
        },
        measures: judged.measures,
        // Ranks below the page without records: an operator may still choose it.
        score: if measures::is_navigation(&judged.measures) {
            judged.score - NAVIGATION
        } else {
            judged.score
        },
    });
    let others = [
        (
            ReadingWay::Page,
            measures::measure_page(one.measures, first),
        ),
        (ReadingWay::Nothing, measures::measure_nothing(sheet, first)),
    ];
    let others = others.into_iter().map(|(kind, measures)| RankedReading {
        kind,
        score: weights.score_list(&measures),
        measures,
    });
    let is_sure = measures::is_sure(firsts.iter());
    let others = others.filter(|other| match other.kind {
        ReadingWay::Page => !is_sure || one.is_stated(),
        ReadingWay::Nothing => !is_whole,
        ReadingWay::List { .. } => true,
    });
    let mut all: Vec<RankedReading> = lists.chain(others).collect();
    if one.is_article() && measures::is_small(first) {
        all.retain(|ranked| ranked.kind != ReadingWay::Nothing);
        let best = all.iter().map(|ranked| ranked.score).fold(0.0, f64::max);
        let pages = all
            .iter_mut()
            .filter(|ranked| ranked.kind == ReadingWay::Page);
        pages.for_each(|page| page.score = best + 1.0);
    }
    all.sort_by(|one, other| other.score.total_cmp(&one.score));
    all
}

/// A page with everything found on it.
struct ListSearch<'l, 'a, 'h> {
    subject: SearchedPage<'l>,
    sheet: &'l PageSheet<'a, 'h>,
    reader: &'l OutlineReader<'a, 'h>,
    one: &'l PageRecord,
    candidates: &'l [ListCandidate],
    weights: &'l Weights,
    ranked: Vec<RankedReading>,
}

impl ListSearch<'_, '_, '_> {
    fn find_best(&self) -> PageLists {
        // A page without records is the last resort, so that it never hides an entry.
        let best = self
            .ranked
            .first()
            .filter(|best| best.kind != ReadingWay::Nothing);
        let found = best.and_then(|best| self.read_ranked(best, FieldPlaces::default(), false));
        PageLists {
            lists: found.into_iter().collect(),
            ..PageLists::default()
        }
    }

    fn find_several(&self, count: usize) -> PageLists {
        let mut lists: Vec<FoundList> = Vec::new();
        for ranked in &self.ranked {
            if lists.len() >= count {
                break;
            }
            let Some(found) = self.read_ranked(ranked, FieldPlaces::default(), true) else {
                continue;
            };
            if !lists
                .iter()
                .any(|known| have_same_records(&known.entries, &found.entries))
            {
                lists.push(found);
            }
        }
        PageLists {
            lists,
            ..PageLists::default()
        }
    }

    /// Reads the page by a layout, and counts how much more a fresh look would read.
    fn read_kept(&self, layout: &Layout) -> PageLists {
        let found = match ParsedLayout::from_layout(layout) {
            Some(ParsedLayout::Page) => self.read_page().map(|page| (page, None)),
            Some(ParsedLayout::List {
                division,
                way,
                part,
                filter,
                places,
            }) => self.find_named(division, &way, part).and_then(|found| {
                Some((
                    self.read_list(&found, filter, places, false)?,
                    Some((found, filter)),
                ))
            }),
            None => None,
        };
        let Some(((entries, ..), found)) = found.filter(|((entries, ..), _)| !entries.is_empty())
        else {
            return PageLists::default();
        };
        let own = found
            .as_ref()
            .map(|(found, filter)| filter_records(self.sheet, found, *filter));
        let is_read = |kind: ReadingWay| match (kind, &own) {
            (ReadingWay::Page, None) => true,
            (ReadingWay::List { place, filter }, Some(own)) => {
                filter_records(self.sheet, &self.candidates[place], filter) == *own
            }
            _ => false,
        };
        let fresh = self
            .ranked
            .first()
            .filter(|fresh| !is_read(fresh.kind) && fresh.kind != ReadingWay::Nothing);
        let fresh = fresh.and_then(|fresh| self.read_ranked(fresh, FieldPlaces::default(), false));
        // Any page has an article's text, even one that contains a list by now.
        let is_list = |fresh: &FoundList| found.is_none() && fresh.entries.len() > 1;
        let more = fresh.filter(|fresh| is_list(fresh) || has_many_more(&entries, &fresh.entries));
        PageLists {
            more: more.map(|fresh| (fresh.entries.len(), fresh.layout)),
            lists: vec![FoundList {
                layout: layout.clone(),
                entries,
                rules: None,
                reasons: Vec::new(),
            }],
            ..PageLists::default()
        }
    }

    /// Returns the list that a layout names. Among parts that are built alike, it takes the one of the same
    /// number if their count is unchanged, else the best one. A list that lost its classes must be the best
    /// of the page.
    fn find_named(
        &self,
        division: Division,
        way: &str,
        part: Option<(usize, usize)>,
    ) -> Option<ListCandidate> {
        let mut found = layout::find_matches(self.sheet, division, way);
        if let Some((part, of)) = part
            && found.len() == of
            && found.iter().all(|found| found.has_classes)
        {
            return found
                .into_iter()
                .nth(part.checked_sub(1)?)
                .map(|found| found.candidate);
        }
        let best = self.ranked.first().map(|best| best.kind);
        let rank = |found: &ListCandidate| {
            let is_own = |ranked: &RankedReading| matches!(ranked.kind, ReadingWay::List { place, .. } if self.candidates[place].records == found.records);
            self.ranked.iter().position(is_own).unwrap_or(usize::MAX)
        };
        found.retain(|found| {
            let is_best = || matches!(best, Some(ReadingWay::List { place, .. }) if self.candidates[place].records == found.candidate.records);
            found.has_classes || is_best()
        });
        let best = found.into_iter().min_by_key(|found| {
            let records = found.candidate.records.len();
            (rank(&found.candidate), std::cmp::Reverse(records))
        });
        best.map(|found| found.candidate)
    }

    fn read_ranked(
        &self,
        ranked: &RankedReading,
        places: FieldPlaces,
        with_rules: bool,
    ) -> Option<FoundList> {
        let (entries, named, rules) = match ranked.kind {
            ReadingWay::Nothing => return None,
            ReadingWay::Page => self.read_page()?,
            ReadingWay::List { place, filter } => {
                self.read_list(&self.candidates[place], filter, places, with_rules)?
            }
        };
        Some(FoundList {
            layout: named.to_layout()?,
            entries: Some(entries).filter(|entries| !entries.is_empty())?,
            rules,
            reasons: self.explain_score(ranked),
        })
    }

    /// Reads the page as one record.
    fn read_page(&self) -> Option<ListReading> {
        let entry = self
            .one
            .to_entry(self.subject.page, self.reader, self.subject.base)?;
        let entry = match self.subject.stated.only_entry() {
            Some(stated) => linked_data::complete_entry(entry, stated),
            None => entry,
        };
        Some((vec![entry], ParsedLayout::Page, None))
    }

    /// Returns the records of a list, or `None` if its filter keeps none.
    fn read_list(
        &self,
        candidate: &ListCandidate,
        filter: RecordFilter,
        places: FieldPlaces,
        with_rules: bool,
    ) -> Option<ListReading> {
        let records = filter_records(self.sheet, candidate, filter);
        if records.is_empty() {
            return None;
        }
        let records = rejoin_unlinked(self.sheet, candidate, records);
        let roles = ListRoles::with_places(self.sheet, &records, self.weights, places);
        let entries = entries::read_entries(self.sheet, &roles, &records, self.subject.stated);
        let selected = || selectors::find_rules(self.subject.page, self.sheet, &records, &roles);
        let selected = with_rules.then(selected).flatten();
        let named =
            ParsedLayout::from_records(self.sheet, candidate, &records, filter, roles.places());
        Some((entries, named, selected))
    }

    /// Returns the measures in which a candidate differs from the others, times their weights.
    fn explain_score(&self, ranked: &RankedReading) -> Vec<(&'static str, f64)> {
        let others = self
            .ranked
            .iter()
            .filter(|other| other.kind != ReadingWay::Nothing);
        let count = others.clone().count().max(1);
        let mut reasons: Vec<(&'static str, f64)> = Vec::new();
        for (place, name) in measures::NAMES.iter().enumerate() {
            let sum: f64 = others.clone().map(|other| other.measures[place]).sum();
            let mean = sum / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
            reasons.push((
                name,
                self.weights.list[place] * (ranked.measures[place] - mean),
            ));
        }
        reasons.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
        reasons.retain(|(_, weight)| weight.abs() >= 0.05);
        reasons
    }
}

/// Returns the keys by which two readings of a page are compared: addresses, else titles.
fn entry_keys(entries: &[RawEntry]) -> std::collections::HashSet<&str> {
    let entries = entries.iter();
    entries
        .filter_map(|entry| {
            entry
                .link
                .as_deref()
                .or_else(|| Some(entry.title.as_ref()?.as_str()))
        })
        .collect()
}

/// Returns true if two lists have the same records.
fn have_same_records(one: &[RawEntry], other: &[RawEntry]) -> bool {
    let (one, other) = (entry_keys(one), entry_keys(other));
    let shared = one.intersection(&other).count();
    shared * 5 >= one.len().max(other.len()) * 4
}

/// Returns true if a fresh look finds most records of the kept layout and many more of the same kind. A short
/// list together with the menu around it does not count.
fn has_many_more(kept: &[RawEntry], fresh: &[RawEntry]) -> bool {
    let (old, new) = (entry_keys(kept), entry_keys(fresh));
    let shared = old.intersection(&new).count();
    let dated = |entries: &[RawEntry]| {
        let dated = entries.iter().filter(|entry| entry.published.is_some());
        dated.count()
    };
    let (own, all) = (dated(kept), dated(fresh));
    // The same share must have a date. Two records without one show nothing of their kind.
    let is_kind = all * kept.len() * 5 >= own * fresh.len() * 4 && (own > 0 || kept.len() > 2);
    let is_longer = fresh.len() > kept.len() + 1 && fresh.len() * 3 >= kept.len() * 4;
    is_kind && is_longer && shared * 5 >= old.len() * 4
}

/// Measures every candidate by sums, with every filter that makes a difference.
fn measure_candidates(
    sheet: &PageSheet<'_, '_>,
    candidates: &[ListCandidate],
) -> Vec<JudgedCandidate> {
    let whole = PageSums::from_sheet(sheet);
    let mut all = Vec::new();
    for (place, candidate) in candidates.iter().enumerate() {
        let sums: Vec<RecordSums> = candidate
            .records
            .iter()
            .map(|record| RecordSums::from_record(sheet, record))
            .collect();
        let all_records: Vec<(&RecordRange, &RecordSums)> =
            candidate.records.iter().zip(&sums).collect();
        if measures::is_shifted(sheet, &all_records) {
            continue;
        }
        let mut counts: Vec<usize> = Vec::new();
        for filter in RecordFilter::ALL {
            let kept = candidate.records.iter().zip(&sums);
            let kept: Vec<(&RecordRange, &RecordSums)> =
                kept.filter(|(_, sums)| filter.keeps_record(sums)).collect();
            if kept.len() < 2 || counts.contains(&kept.len()) {
                continue;
            }
            counts.push(kept.len());
            all.push(JudgedCandidate {
                place,
                filter,
                measures: measures::measure_sums(sheet, &whole, candidate, filter, &kept),
                score: 0.0,
            });
        }
    }
    all
}

/// Returns the records of a candidate that its filter keeps.
fn filter_records<'c>(
    sheet: &PageSheet<'_, '_>,
    candidate: &'c ListCandidate,
    filter: RecordFilter,
) -> Vec<&'c RecordRange> {
    let records = candidate.records.iter();
    records
        .filter(|record| filter.keeps_record(&RecordSums::from_record(sheet, record)))
        .collect()
}

/// Returns the records that a filter keeps, plus those that it dropped only because they have no link: dated
/// like the others, with the same tag and classes. A notice whose file is still to come is a notice.
fn rejoin_unlinked<'c>(
    sheet: &PageSheet<'_, '_>,
    candidate: &'c ListCandidate,
    kept: Vec<&'c RecordRange>,
) -> Vec<&'c RecordRange> {
    let outline = sheet.outline;
    let is_dated =
        |record: &RecordRange| sheet.dates_in(record).iter().any(sheet::PageDate::is_day);
    let dated = kept.iter().filter(|record| is_dated(record)).count();
    let built = |record: &RecordRange| {
        let node = outline.at(record.start);
        let is_whole = node.end == record.end;
        (is_whole, node.name(), path::class_id(node), node.parent)
    };
    let known: std::collections::HashSet<_> = kept.iter().map(|record| built(record)).collect();
    if dated * 5 < kept.len() * 4 || kept.len() == candidate.records.len() {
        return kept;
    }
    let held: std::collections::HashSet<usize> = kept.iter().map(|record| record.start).collect();
    let records = candidate.records.iter().filter(|record| {
        let beside = || sheet.letters_outside_dates(&sheet.leaves_in(record));
        let is_left_out = || {
            let is_alike = known.contains(&built(record)) && sheet.links_in(record) == 0;
            is_alike && is_dated(record) && beside() >= MIN_NAME_LETTERS
        };
        held.contains(&record.start) || is_left_out()
    });
    records.collect()
}

/// Returns the best candidates of a first look, examined closely, the best first, and the measures of those
/// that came first at that look.
fn rank_candidates(
    sheet: &PageSheet<'_, '_>,
    candidates: &[ListCandidate],
    weights: &Weights,
) -> (Vec<JudgedCandidate>, Vec<ListMeasures>) {
    let mut all = measure_candidates(sheet, candidates);
    for judged in &mut all {
        judged.score = weights.score_first_look(&judged.measures);
    }
    all.sort_by(|one, other| other.score.total_cmp(&one.score));
    all.truncate(CLOSELY);
    let firsts = all.iter().take(FIRSTS).map(|judged| judged.measures);
    let firsts = firsts.collect();
    for judged in &mut all {
        let records = filter_records(sheet, &candidates[judged.place], judged.filter);
        measures::add_part_measures(
            &mut judged.measures,
            &ListRoles::from_records(sheet, &records, weights),
        );
        judged.score = weights.score_list(&judged.measures);
    }
    all.sort_by(|one, other| other.score.total_cmp(&one.score));
    while let Some(place) = finer::find_finer_candidate(sheet, candidates, &all, weights) {
        let finer = all.remove(place);
        let best = all.first().map_or(finer.score, |best| best.score);
        all.insert(
            0,
            JudgedCandidate {
                score: best,
                ..finer
            },
        );
    }
    (all, firsts)
}
