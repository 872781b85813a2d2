//! Measures candidates: numbers between about -1 and 1, each with a name.
//!
//! In: a candidate and the laid-out page. Out: its [`Measures`], in the order of [`NAMES`]. The first part
//! comes from sums and costs little. The second needs the parts of each record and is computed for the best
//! candidates only.

use rustc_hash::{FxHashMap, FxHashSet};

use super::candidates::{Division, ListCandidate, RecordRange};
use super::path;
use super::roles::ListRoles;
use super::sheet::PageSheet;

/// The number of measures.
pub const COUNT: usize = NAMES.len();

/// The number of measures that come from sums alone.
pub const CHEAP: usize = 62;

/// The number of measures that come from the parts of the records.
pub(super) const PARTS: usize = 16;

/// The value of each measure.
pub(super) type ListMeasures = [f64; COUNT];

/// The name of each measure.
pub const NAMES: [&str; 94] = [
    "log of the number of records",
    "two records only",
    "three records only",
    "share of records with a link",
    "share of records with a date",
    "share of records with two dates or more",
    "share of records with more than four links",
    "links a record, log",
    "distinct links",
    "links that no other part of the page has",
    "share of links to files",
    "share of links to another host",
    "share of links to the first level of the site",
    "share of the page's text",
    "share of the page's dates",
    "share of the page's links",
    "share of the page's text outside of links",
    "letters a record, log",
    "variation of letters",
    "share of text in links",
    "short records that are one link",
    "records without letters",
    "share of records with a heading",
    "share of records with two headings or more",
    "in navigation",
    "beside the content",
    "in header or footer",
    "in the main part",
    "same shape",
    "text between the records",
    "where the list begins",
    "dates in order",
    "distinct dates",
    "distinct texts",
    "date at the beginning",
    "date is a text of its own",
    "dates ahead",
    "more than one parent",
    "long records",
    "records below a date",
    "dates above the records",
    "elements",
    "elements-with-class",
    "class",
    "siblings",
    "children",
    "all-children",
    "starts",
    "led-starts",
    "sibling-starts",
    "lines",
    "paragraphs",
    "rules",
    "links of a part",
    "those with a link",
    "those with a date",
    "those with both",
    "those with a file",
    "rows of a table",
    "cells of a table",
    "list items",
    "links themselves",
    "titles: share of records",
    "titles: distinct",
    "titles: how sure",
    "titles: of usual length",
    "titles in headings",
    "titles that are links",
    "titles that are dates",
    "titles that repeat",
    "dates: share of records",
    "dates: distinct with titles",
    "dates: how sure",
    "addresses: share of records",
    "addresses: distinct",
    "text beside the title",
    "records with one main link",
    "title, date and link in most",
    "page is one record",
    "page: log of running text",
    "page: states when it was published",
    "page: records of its best list",
    "page: dates in its best list",
    "page: distinct links in its best list",
    "page: share of its best list",
    "page: heading agrees with the address",
    "page: address of a list",
    "page: words of the last part of its address",
    "nothing is here",
    "nothing: log of the page's dates",
    "nothing: log of the page's links",
    "nothing: records of the best list",
    "nothing: dates in the best list",
    "nothing: distinct links in the best list",
];

/// Sums over one record.
pub(super) struct RecordSums {
    pub(super) letters: usize,
    linked: usize,
    links: usize,
    pub(super) dates: usize,
    heads: usize,
    shape: u64,
    text: u64,
    pub(super) is_linked: bool,
    files: usize,
}

/// Sums over the whole page.
pub(super) struct PageSums {
    letters: usize,
    unlinked: usize,
    dates: usize,
    links: usize,
    /// The number of links to each address.
    keys: FxHashMap<u64, u32>,
}

impl PageSums {
    pub(super) fn from_sheet(sheet: &PageSheet<'_, '_>) -> Self {
        let all = sheet.outline.range(0);
        let mut keys: FxHashMap<u64, u32> = FxHashMap::default();
        for target in sheet.targets.iter().flatten() {
            *keys.entry(target.key).or_default() += 1;
        }
        Self {
            letters: sheet.outline.letters(&all).max(1),
            unlinked: sheet.outline.unlinked_letters(&all).max(1),
            dates: sheet.dates_in(&all).len(),
            links: sheet.links_in(&all).max(1),
            keys,
        }
    }
}

impl RecordSums {
    pub(super) fn from_record(sheet: &PageSheet<'_, '_>, record: &RecordRange) -> Self {
        let outline = sheet.outline;
        let letters = outline.letters(record);
        let leaves = sheet.leaves_in(record);
        let first = sheet
            .leaves
            .get(leaves.start)
            .filter(|_| !leaves.is_empty());
        let links = sheet.links_in(record);
        Self {
            letters,
            linked: letters - outline.unlinked_letters(record),
            links,
            dates: sheet.dates_in(record).len(),
            heads: sheet.headings_in(record),
            shape: hash_shape(sheet, record),
            text: first.map_or(0, |leaf| path::hash_step(letters as u64, &leaf.text, 0)),
            is_linked: links > 0,
            files: sheet.files_in(record),
        }
    }
}

/// Hashes the tags of the first levels, without repetitions.
fn hash_shape(sheet: &PageSheet<'_, '_>, record: &RecordRange) -> u64 {
    let outline = sheet.outline;
    let mut shape = 0;
    let mut last = ("", usize::MAX);
    let top = outline.at(record.start).depth;
    for index in record.clone().take(24) {
        let node = outline.at(index);
        let here = (node.name(), node.depth);
        if node.depth <= top + 3 && !path::is_inline_mark(node) && here != last {
            shape = path::hash_step(shape, node.name(), (node.depth - top) as u64);
        }
        last = here;
    }
    shape
}

/// The records of a candidate that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RecordFilter {
    /// All records.
    All,
    /// Records with a link.
    Linked,
    /// Records with a date.
    Dated,
    /// Records with both.
    Both,
    /// Records with a link to a file.
    Files,
}

impl RecordFilter {
    pub(super) const ALL: [Self; 5] = [
        Self::All,
        Self::Linked,
        Self::Dated,
        Self::Both,
        Self::Files,
    ];

    pub(super) fn keeps_record(self, sums: &RecordSums) -> bool {
        match self {
            Self::All => true,
            Self::Linked => sums.is_linked,
            Self::Dated => sums.dates > 0,
            Self::Both => sums.is_linked && sums.dates > 0,
            Self::Files => sums.files > 0,
        }
    }

    /// Returns its name in a kept layout.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Linked => "linked",
            Self::Dated => "dated",
            Self::Both => "linked-and-dated",
            Self::Files => "with-file",
        }
    }
}

/// The filters that are measures.
const FILTERS: [RecordFilter; 4] = [
    RecordFilter::Linked,
    RecordFilter::Dated,
    RecordFilter::Both,
    RecordFilter::Files,
];

/// Returns the variance of the letters of records around their mean.
fn letter_variance(kept: &[(&RecordRange, &RecordSums)], mean: f64) -> f64 {
    let squares = kept
        .iter()
        .map(|(_, sums)| (as_f64(sums.letters) - mean).powi(2));
    squares.sum::<f64>() / as_f64(kept.len().max(1))
}

/// Returns the measures that come from sums.
pub(super) fn measure_sums(
    sheet: &PageSheet<'_, '_>,
    whole: &PageSums,
    candidate: &ListCandidate,
    filter: RecordFilter,
    kept: &[(&RecordRange, &RecordSums)],
) -> ListMeasures {
    let outline = sheet.outline;
    let count = kept.len();
    let n = as_f64(count.max(1));
    let share = |is: &dyn Fn(&RecordSums) -> bool| {
        as_f64(kept.iter().filter(|(_, sums)| is(sums)).count()) / n
    };
    let sum =
        |of: &dyn Fn(&RecordSums) -> usize| kept.iter().map(|(_, sums)| of(sums)).sum::<usize>();
    let letters = sum(&|sums| sums.letters);
    let links = sum(&|sums| sums.links);
    let dates = sum(&|sums| sums.dates);
    let mean = as_f64(letters) / n;
    let variance = letter_variance(kept, mean);
    let firsts = FirstLinks::from_records(sheet, whole, kept);
    let (first, last) = (kept.first(), kept.last());
    let span = first
        .zip(last)
        .map_or(0..0, |((first, _), (last, _))| first.start..last.end);
    let span_letters = outline.letters(&span).max(1);
    let shapes = most_common(kept.iter().map(|(_, sums)| sums.shape));
    let texts: FxHashSet<u64> = kept.iter().map(|(_, sums)| sums.text).collect();
    let zone = |is: &dyn Fn(usize) -> bool| {
        as_f64(kept.iter().filter(|(record, _)| is(record.start)).count()) / n
    };
    let parents: FxHashSet<usize> = kept
        .iter()
        .map(|(record, _)| outline.at(record.start).parent)
        .collect();
    let days = FirstDates::from_records(sheet, kept);
    let below = BelowDates::from_records(sheet, kept);
    let tag = first.map_or("", |(record, _)| outline.at(record.start).name());
    let is = |it: bool| f64::from(u8::from(it));
    let mut measures = [0.0; COUNT];
    let values = [
        n.ln() / 4.0,
        is(count == 2),
        is(count == 3),
        share(&|sums| sums.is_linked),
        share(&|sums| sums.dates > 0),
        share(&|sums| sums.dates > 1),
        share(&|sums| sums.links > 4),
        (1.0 + as_f64(links) / n).ln().min(3.0) / 2.0,
        firsts.distinct,
        firsts.own,
        firsts.files,
        firsts.elsewhere,
        firsts.shallow,
        as_f64(letters) / as_f64(whole.letters),
        as_f64(dates) / as_f64(whole.dates.max(1)),
        as_f64(links) / as_f64(whole.links),
        as_f64(letters - sum(&|sums| sums.linked)) / as_f64(whole.unlinked),
        (1.0 + mean).ln() / 6.0,
        (variance.sqrt() / mean.max(1.0)).min(3.0) / 2.0,
        as_f64(sum(&|sums| sums.linked)) / as_f64(letters.max(1)),
        share(&|sums| {
            sums.links == 1 && sums.linked == sums.letters && sums.letters < 25 && sums.dates == 0
        }),
        share(&|sums| sums.letters == 0),
        share(&|sums| sums.heads > 0),
        share(&|sums| sums.heads > 1),
        zone(&|index| sheet.zones[index].navigates || outline.at(index).is_around),
        zone(&|index| sheet.zones[index].is_beside),
        zone(&|index| sheet.zones[index].is_edge),
        zone(&|index| sheet.zones[index].is_main),
        shapes / n,
        1.0 - (as_f64(letters) / as_f64(span_letters)).min(1.0),
        as_f64(outline.letters(&(0..span.start))) / as_f64(whole.letters),
        days.ordered,
        days.distinct,
        as_f64(texts.len()) / n,
        days.leading,
        days.whole,
        days.ahead,
        is(parents.len() > 1),
        share(&|sums| sums.letters > 1_500),
        below.below,
        below.heads,
    ];
    measures[..values.len()].copy_from_slice(&values);
    let mut next = values.len();
    let mut push = |value: f64| {
        measures[next] = value;
        next += 1;
    };
    for division in Division::ALL {
        push(is(candidate.division == division));
    }
    for one in FILTERS {
        push(is(filter == one));
    }
    push(is(tag == "tr"));
    push(is(matches!(tag, "td" | "th")));
    push(is(tag == "li"));
    push(is(tag == "a"));
    debug_assert_eq!(next, CHEAP);
    measures
}

/// The first link of each record.
struct FirstLinks {
    distinct: f64,
    own: f64,
    files: f64,
    elsewhere: f64,
    shallow: f64,
}

impl FirstLinks {
    fn from_records(
        sheet: &PageSheet<'_, '_>,
        whole: &PageSums,
        kept: &[(&RecordRange, &RecordSums)],
    ) -> Self {
        let first = |record: &RecordRange| {
            let mut links = record
                .clone()
                .filter_map(|index| sheet.targets.get(index)?.as_ref());
            let around = || {
                sheet
                    .targets
                    .get(sheet.link_around(record.start)?)?
                    .as_ref()
            };
            links.next().or_else(around)
        };
        let linked = kept.iter().filter(|(_, sums)| sums.links > 0);
        let targets: Vec<_> = linked.filter_map(|(record, _)| first(record)).collect();
        let n = as_f64(targets.len().max(1));
        let keys: FxHashSet<u64> = targets.iter().map(|target| target.key).collect();
        let once = targets
            .iter()
            .filter(|target| whole.keys.get(&target.key) == Some(&1));
        let share = |is: fn(&super::target::LinkTarget) -> bool| {
            as_f64(targets.iter().filter(|target| is(target)).count()) / n
        };
        Self {
            distinct: as_f64(keys.len()) / n,
            own: as_f64(once.count()) / n,
            files: share(|target| target.is_file),
            elsewhere: share(|target| target.is_elsewhere && !target.is_file),
            shallow: share(|target| target.is_shallow && !target.is_file && !target.is_elsewhere),
        }
    }
}

/// The first date of each record.
#[derive(Default)]
struct FirstDates {
    ordered: f64,
    distinct: f64,
    leading: f64,
    whole: f64,
    ahead: f64,
}

impl FirstDates {
    fn from_records(sheet: &PageSheet<'_, '_>, kept: &[(&RecordRange, &RecordSums)]) -> Self {
        let dated = kept.iter().filter_map(|(record, _)| {
            let date = sheet.dates_in(record).first()?;
            Some((*record, date))
        });
        let dated: Vec<_> = dated.collect();
        if dated.is_empty() {
            return Self::default();
        }
        let n = as_f64(dated.len());
        let days: Vec<_> = dated.iter().map(|(_, date)| date.day).collect();
        let pairs = days.windows(2);
        let falls = pairs.clone().filter(|pair| pair[0] >= pair[1]).count();
        let rises = pairs.clone().filter(|pair| pair[0] <= pair[1]).count();
        let unique: FxHashSet<_> = days.iter().collect();
        let today = sheet.hints.now.date_naive();
        let leading = dated.iter().filter(|(record, date)| {
            let first = sheet.leaves_in(record).start;
            date.leaves.start <= first
        });
        Self {
            ordered: if days.len() > 2 {
                as_f64(falls.max(rises)) / as_f64(days.len() - 1)
            } else {
                0.5
            },
            distinct: as_f64(unique.len()) / n,
            leading: as_f64(leading.count()) / n,
            whole: as_f64(dated.iter().filter(|(_, date)| date.is_whole).count()) / n,
            ahead: as_f64(days.iter().filter(|day| **day > today).count()) / n,
        }
    }
}

/// Records that are below a date and have none of their own.
struct BelowDates {
    below: f64,
    heads: f64,
}

impl BelowDates {
    fn from_records(sheet: &PageSheet<'_, '_>, kept: &[(&RecordRange, &RecordSums)]) -> Self {
        let (mut below, mut heads, mut is_below) = (0, 0, false);
        let mut end = kept.first().map_or(0, |(record, _)| record.start);
        for (record, sums) in kept {
            // No list skips more nodes than this between two records.
            if record.start > end && record.start - end < 60 {
                let dates = sheet.dates_in(&(end..record.start));
                if dates.iter().any(super::sheet::PageDate::is_day) {
                    is_below = true;
                    heads += 1;
                }
            }
            below += usize::from(is_below && sums.dates == 0);
            end = record.end.max(end);
        }
        let n = as_f64(kept.len().max(1));
        Self {
            below: as_f64(below) / n,
            heads: as_f64(heads) / n,
        }
    }
}

/// Appends the measures that come from the parts of the records to those from sums.
pub(super) fn add_part_measures(measures: &mut ListMeasures, roles: &ListRoles) {
    let values = roles.measures();
    measures[CHEAP..CHEAP + values.len()].copy_from_slice(&values);
}

/// The evidence that a page is one record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OnePageEvidence {
    pub(super) letters: usize,
    pub(super) is_stated: bool,
    pub(super) heading_agrees: bool,
    pub(super) is_list_address: bool,
    pub(super) slug_words: usize,
}

/// Returns the evidence of a list on the page: the number of its records, their dates, their links, their
/// share of the text.
fn list_evidence(best: Option<&ListMeasures>) -> [f64; 4] {
    best.map_or([0.0; 4], |best| {
        [best[0], best[4] + best[39], best[8] * best[3], best[13]]
    })
}

/// The measure of five records: fewer may be the news next to an article.
const MIN_SURE: f64 = 0.4;

/// Returns true if a list has too little of the page's text to be the main content of a page with an article.
pub(super) fn is_small(list: Option<&ListMeasures>) -> bool {
    list.is_none_or(|list| list[13] < MIN_SHARE)
}

/// Returns true if a list is navigation: short words or links of a menu, with neither dates nor texts nor
/// files.
pub(super) fn is_navigation(list: &ListMeasures) -> bool {
    let (dated, files, navigates) = (list[4] + list[39], list[10], list[24]);
    let (usual, texts) = (list[CHEAP + 3], list[CHEAP + 13]);
    dated < 0.5 && files < 0.5 && texts < 0.5 && (usual < 0.5 || navigates >= 0.8)
}

/// Returns true if the records of a list begin after their dates: a date directly precedes the first record,
/// and the last has none. Each record would get the date of its neighbour.
pub(super) fn is_shifted(sheet: &PageSheet<'_, '_>, kept: &[(&RecordRange, &RecordSums)]) -> bool {
    let [(first, _), .., (_, ended)] = kept else {
        return false;
    };
    let dated = kept.iter().filter(|(_, sums)| sums.dates > 0).count();
    let parent = sheet.outline.at(first.start).parent;
    let before = sheet.dates_in(&(parent + 1..first.start)).last();
    let is_near = |date: &super::sheet::PageDate| {
        let between = sheet.leaves_in(&(date.node..first.start)).len();
        date.is_whole && between <= date.leaves.len().max(1)
    };
    let leads = |record: &RecordRange| {
        let date = sheet.dates_in(record).first();
        date.is_some_and(|date| date.leaves.start <= sheet.leaves_in(record).start)
    };
    ended.dates == 0 && dated + 1 >= kept.len() && before.is_some_and(is_near) && !leads(first)
}

/// The minimum share of the page's text in such a list. The news next to an article have less.
const MIN_SHARE: f64 = 0.2;

/// Returns true if one of the best lists is clearly the main content of its page: dated records with links of
/// their own, outside navigation. An introduction above such a list does not make the page an article.
pub(super) fn is_sure<'m>(mut best: impl Iterator<Item = &'m ListMeasures>) -> bool {
    best.any(|list| {
        let (dated, linked, distinct) = (list[4] + list[39], list[3], list[8]);
        let is_beside = list[24].max(list[25]) >= 0.5;
        list[0] >= MIN_SURE
            && list[13] >= MIN_SHARE
            && dated >= 0.8
            && linked >= 0.8
            && distinct >= 0.8
            && !is_beside
    })
}

/// The share of a page's text above which the rest is not worth a visit.
const WHOLE_SHARE: f64 = 0.7;

/// Returns true if a list is all of the page's readable content: links to different places outside
/// navigation, whose names are not menu words.
pub(super) fn is_whole_page(list: &ListMeasures) -> bool {
    let (linked, distinct, usual) = (list[3], list[8], list[CHEAP + 3]);
    let is_beside = list[24].max(list[25]) >= 0.5;
    list[13] >= WHOLE_SHARE
        && linked >= 0.8
        && distinct >= 0.8
        && usual >= 0.5
        && !is_beside
        && !is_navigation(list)
}

/// Returns the measures of the page as one record, given the `best` list of a first look.
pub(super) fn measure_page(page: OnePageEvidence, best: Option<&ListMeasures>) -> ListMeasures {
    let is = |it: bool| f64::from(u8::from(it));
    let [records, dates, links, share] = list_evidence(best);
    let mut measures = [0.0; COUNT];
    let values = [
        1.0,
        (1.0 + as_f64(page.letters)).ln() / 6.0,
        is(page.is_stated),
        records,
        dates,
        links,
        share,
        is(page.heading_agrees),
        is(page.is_list_address),
        as_f64(page.slug_words.min(12)) / 6.0,
    ];
    let start = CHEAP + PARTS;
    measures[start..start + values.len()].copy_from_slice(&values);
    measures
}

/// Returns the measures of a page without any records, given the `best` list of a first look.
pub(super) fn measure_nothing(
    sheet: &PageSheet<'_, '_>,
    best: Option<&ListMeasures>,
) -> ListMeasures {
    let all = sheet.outline.range(0);
    let [records, dates, links, _] = list_evidence(best);
    let mut measures = [0.0; COUNT];
    let values = [
        1.0,
        (1.0 + as_f64(sheet.dates.len())).ln() / 3.0,
        (1.0 + as_f64(sheet.links_in(&all))).ln() / 5.0,
        records,
        dates,
        links,
    ];
    measures[COUNT - values.len()..].copy_from_slice(&values);
    measures
}

fn most_common(values: impl Iterator<Item = u64>) -> f64 {
    let mut counts: FxHashMap<u64, usize> = FxHashMap::default();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    as_f64(counts.into_values().max().unwrap_or_default())
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
