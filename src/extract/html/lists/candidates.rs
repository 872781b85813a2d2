//! Finds every way in which a page repeats.
//!
//! In: the laid-out page. Out: candidate lists, each a sequence of parts of the page that may be records:
//! elements of one tag path, with and without their classes; children of one element; the nodes from one
//! heading, date row or other start to the next; lines between `br` and parts between `hr`. The only decision
//! made here is to drop sequences that cannot be a list at all. Linear in the page: an element belongs to a
//! bounded number of candidates.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::path::{self, PathId};
use super::sheet::PageSheet;

/// A part of the page that may be a record: adjacent sibling nodes of the outline.
pub(in crate::extract::html) type RecordRange = Range<usize>;

/// The maximum number of candidates, in page order.
const MAX_CANDIDATES: usize = 3_000;

/// The maximum number of records in a candidate: more than a document may have, so that the excess is
/// noticed.
const MAX_RECORDS: usize = 4_000;

/// The minimum number of links that form a list of their own.
const MIN_LINKS: usize = 5;

/// The maximum number of links examined in nested parts.
const MAX_LINKS: usize = 100_000;

/// The maximum number of letters in a start. Longer ones are not headings.
const MAX_START_LETTERS: usize = 300;

/// The way in which a candidate was divided into records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Division {
    /// Elements of one tag path.
    Path,
    /// Elements of one tag path and class.
    PathClass,
    /// Elements of one tag and class, anywhere on the page.
    Class,
    /// Children of one element with the same tag.
    Siblings,
    /// All children of one element.
    Children,
    /// All children of all elements of one tag path.
    ChildrenOfPath,
    /// From one element of a tag path to the next.
    Starts,
    /// The same with the sibling before each.
    StartsLed,
    /// From one child with this tag and class to the next one, within each parent.
    SiblingStarts,
    /// Lines between `br`.
    Lines,
    /// Parts between empty lines.
    Paragraphs,
    /// Parts between `hr`.
    Rules,
    /// All links of a part of the page, regardless of the elements around each.
    Links,
}

impl Division {
    pub(super) const ALL: [Self; 13] = [
        Self::Path,
        Self::PathClass,
        Self::Class,
        Self::Siblings,
        Self::Children,
        Self::ChildrenOfPath,
        Self::Starts,
        Self::StartsLed,
        Self::SiblingStarts,
        Self::Lines,
        Self::Paragraphs,
        Self::Rules,
        Self::Links,
    ];

    /// Returns its name in a kept layout and in explanations.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Path => "elements",
            Self::PathClass => "elements-with-class",
            Self::Class => "class",
            Self::Siblings => "siblings",
            Self::Children => "children",
            Self::ChildrenOfPath => "all-children",
            Self::Starts => "starts",
            Self::StartsLed => "led-starts",
            Self::SiblingStarts => "sibling-starts",
            Self::Lines => "lines",
            Self::Paragraphs => "paragraphs",
            Self::Rules => "rules",
            Self::Links => "links",
        }
    }
}

/// One way to divide a part of the page into records.
#[derive(Clone, Debug)]
pub(super) struct ListCandidate {
    pub(super) division: Division,
    /// A representative node: the first record's own element, the first start, or the parent.
    pub(super) sample: usize,
    /// The records in page order, none within another.
    pub(super) records: Vec<RecordRange>,
}

/// Returns all candidates of a page, without repetitions.
pub(super) fn find_candidates(sheet: &PageSheet<'_, '_>) -> Vec<ListCandidate> {
    collect_candidates(sheet, None)
}

/// Returns the candidates of one division, including those of one record and those that another division has
/// too: a known list must be found regardless of what else its page contains.
pub(super) fn find_in_division(
    sheet: &PageSheet<'_, '_>,
    division: Division,
) -> Vec<ListCandidate> {
    collect_candidates(sheet, Some(division))
}

fn collect_candidates(sheet: &PageSheet<'_, '_>, only: Option<Division>) -> Vec<ListCandidate> {
    let mut found = CandidateCollector {
        sheet,
        only,
        seen: FxHashSet::default(),
        candidates: Vec::new(),
    };
    let groups = SharedGroups::from_sheet(sheet, found.min_records());
    for (division, members) in &groups.lists {
        found.push_elements(*division, members);
    }
    for (division, members) in &groups.lists {
        if matches!(
            division,
            Division::Path | Division::PathClass | Division::Class
        ) {
            found.push_starts(members);
        }
    }
    found.push_within_parents(&groups);
    found.push_links();
    found.candidates
}

struct CandidateCollector<'s, 'a, 'h> {
    sheet: &'s PageSheet<'a, 'h>,
    /// The only division to find, if any.
    only: Option<Division>,
    seen: FxHashSet<u64>,
    candidates: Vec<ListCandidate>,
}

impl CandidateCollector<'_, '_, '_> {
    /// Returns the minimum number of records in a candidate.
    fn min_records(&self) -> usize {
        if self.only.is_some() { 1 } else { 2 }
    }

    fn push(&mut self, division: Division, sample: usize, mut records: Vec<RecordRange>) {
        if self.only.is_some_and(|only| only != division) {
            return;
        }
        let outline = self.sheet.outline;
        records.retain(|record| {
            record.start < record.end
                && (outline.letters(record) > 0 || self.sheet.links_in(record) > 0)
        });
        if records.len() < self.min_records() || self.candidates.len() >= MAX_CANDIDATES {
            return;
        }
        records.truncate(MAX_RECORDS);
        let ends = records.iter().fold(0_u64, |hash, record| {
            path::hash_step(hash, "", ((record.start as u64) << 32) ^ record.end as u64)
        });
        if self.seen.insert(ends) {
            self.candidates.push(ListCandidate {
                division,
                sample,
                records,
            });
        }
    }

    fn push_elements(&mut self, division: Division, members: &[usize]) {
        let outline = self.sheet.outline;
        let mut past = 0;
        let mut records = Vec::with_capacity(members.len());
        for index in members {
            let range = outline.range(*index);
            // Elements of one class may be nested. The outermost count here, and the others have a path.
            if range.start >= past {
                past = range.end;
                records.push(range);
            }
        }
        let sample = members.first().copied().unwrap_or_default();
        self.push(division, sample, records);
    }

    /// Each member begins a record that continues to the next one.
    fn push_starts(&mut self, members: &[usize]) {
        let outline = self.sheet.outline;
        if members.len() < 2 {
            return;
        }
        let letters = |index: &usize| outline.letters(&outline.range(*index));
        let long = members
            .iter()
            .filter(|index| letters(index) > MAX_START_LETTERS)
            .count();
        if long * 4 > members.len() {
            return;
        }
        let Some(level) = self.common_depth(members) else {
            return;
        };
        let mut begins: Vec<usize> = members
            .iter()
            .map(|index| outline.ancestor_at_depth(*index, level + 1))
            .collect();
        // Elements of one class may be at different depths, one within another.
        begins.sort_unstable();
        begins.dedup();
        let records = self.parts_between(&begins);
        let sample = members.first().copied().unwrap_or_default();
        // A date, a day or a kind precedes the title as often as it follows it.
        let led = self.parts_with_lead(&begins);
        self.push(Division::Starts, sample, records);
        if let Some(led) = led {
            self.push(Division::StartsLed, sample, led);
        }
    }

    /// Returns the most common depth of the innermost element around two neighbours.
    fn common_depth(&self, members: &[usize]) -> Option<usize> {
        let outline = self.sheet.outline;
        let mut levels: FxHashMap<usize, usize> = FxHashMap::default();
        for pair in members.windows(2) {
            let [one, next] = pair else { continue };
            let common = self.sheet.common_ancestor(*one, *next);
            *levels.entry(outline.at(common).depth).or_default() += 1;
        }
        let most = levels
            .into_iter()
            .max_by_key(|(level, count)| (*count, *level));
        most.map(|(level, _)| level)
    }

    /// Returns the parts from each of these siblings to the next one, or to the end of their parent.
    fn parts_between(&self, begins: &[usize]) -> Vec<RecordRange> {
        let outline = self.sheet.outline;
        let ends = begins.iter().skip(1).copied().chain([outline.len()]);
        let pairs = begins.iter().zip(ends);
        pairs
            .map(|(begin, next)| {
                let end = outline.at(outline.at(*begin).parent).end;
                *begin..next.min(end).max(outline.at(*begin).end.min(next))
            })
            .collect()
    }

    /// Returns the same parts, each extended by the sibling before it, if all have one.
    fn parts_with_lead(&self, begins: &[usize]) -> Option<Vec<RecordRange>> {
        let outline = self.sheet.outline;
        let before = |begin: usize| {
            let parent = outline.at(begin).parent;
            let mut last = None;
            let mut at = begin;
            // The sibling before is the previous node or one of its ancestors.
            if let Some(previous) = at.checked_sub(1)
                && previous > parent
            {
                at = previous;
                let depth = outline.at(begin).depth;
                last = Some(outline.ancestor_at_depth(at, depth));
            }
            last
        };
        let led: Vec<Option<usize>> = begins.iter().map(|begin| before(*begin)).collect();
        let known: Vec<usize> = begins
            .iter()
            .zip(&led)
            .map(|(begin, before)| before.unwrap_or(*begin))
            .collect();
        let count = led.iter().flatten().count();
        let mut ordered = known.windows(2).all(|pair| pair.first() < pair.last());
        ordered &=
            led.iter().flatten().all(|before| !begins.contains(before)) || begins.len() > 500;
        (count * 5 >= begins.len() * 4 && ordered).then(|| self.parts_between(&known))
    }

    /// Finds the links of parts that contain them in several ways, with no child that has nearly all of them.
    fn push_links(&mut self) {
        let outline = self.sheet.outline;
        let mut most = vec![0_usize; outline.len()];
        for index in (1..outline.len()).rev() {
            let parent = outline.at(index).parent;
            most[parent] = most[parent].max(self.sheet.links_in(&outline.range(index)));
        }
        let mut left = MAX_LINKS;
        for (index, most) in most.iter().enumerate() {
            let range = outline.range(index);
            let count = self.sheet.links_in(&range);
            if count < MIN_LINKS || most * 10 > count * 9 || left < count {
                continue;
            }
            left -= count;
            let links = range.filter(|link| self.sheet.targets[*link].is_some());
            let records = links.map(|link| outline.range(link)).collect();
            self.push(Division::Links, index, records);
        }
    }

    /// Finds repetition among the children of one element: runs between `br` and `hr`, runs that begin alike.
    fn push_within_parents(&mut self, groups: &SharedGroups) {
        let outline = self.sheet.outline;
        let mut lines: Vec<(PathId, usize, SeparatedRuns)> = Vec::new();
        for (parent, children) in &groups.children {
            let name = |index: &usize| outline.at(*index).name();
            let breaks = children.iter().filter(|child| name(child) == "br").count();
            let rules = children.iter().filter(|child| name(child) == "hr").count();
            if breaks >= 2 {
                let parted = split_at_separators(children, outline.at(*parent).end, |index| {
                    name(&index) == "br"
                });
                lines.push((self.sheet.paths[*parent], *parent, parted));
            }
            if rules >= 1 {
                let parts = split_at_separators(children, outline.at(*parent).end, |index| {
                    name(&index) == "hr"
                });
                self.push(Division::Rules, *parent, parts.each);
            }
            if children.len() <= 1_500 {
                self.push_sibling_starts(children);
            }
        }
        let mut by_path: FxHashMap<PathId, (usize, SeparatedRuns)> = FxHashMap::default();
        for (path, parent, parted) in &lines {
            self.push(Division::Lines, *parent, parted.each.clone());
            self.push(Division::Paragraphs, *parent, parted.doubled.clone());
            let (_, all) = by_path
                .entry(*path)
                .or_insert_with(|| (*parent, SeparatedRuns::default()));
            all.each.extend(parted.each.iter().cloned());
            all.doubled.extend(parted.doubled.iter().cloned());
        }
        let mut all: Vec<(usize, SeparatedRuns)> = by_path.into_values().collect();
        all.sort_by_key(|(parent, _)| *parent);
        for (parent, parted) in all {
            self.push(Division::Lines, parent, parted.each);
            self.push(Division::Paragraphs, parent, parted.doubled);
        }
    }

    /// Finds children of one tag and class, each with the nodes up to the next one.
    fn push_sibling_starts(&mut self, children: &[usize]) {
        let outline = self.sheet.outline;
        let mut alike: FxHashMap<(&str, Option<u64>), Vec<usize>> = FxHashMap::default();
        for child in children {
            let node = outline.at(*child);
            if node.element().is_some() && !matches!(node.name(), "br" | "hr") {
                let class = path::class_id(node);
                alike.entry((node.name(), class)).or_default().push(*child);
                if class.is_some() {
                    alike.entry((node.name(), None)).or_default().push(*child);
                }
            }
        }
        let mut alike: Vec<Vec<usize>> = alike.into_values().collect();
        alike.retain(|starts| starts.len() >= 2 && starts.len() < children.len());
        alike.sort_unstable();
        alike.dedup();
        for starts in alike.into_iter().take(8) {
            let records = self.parts_between(&starts);
            let sample = starts.first().copied().unwrap_or_default();
            self.push(Division::SiblingStarts, sample, records);
            if let Some(led) = self.parts_with_lead(&starts) {
                self.push(Division::StartsLed, sample, led);
            }
        }
    }
}

/// Children in runs between separators.
#[derive(Default)]
struct SeparatedRuns {
    /// The runs between single separators.
    each: Vec<RecordRange>,
    /// The runs between two adjacent separators.
    doubled: Vec<RecordRange>,
}

fn split_at_separators(
    children: &[usize],
    end: usize,
    is_separator: impl Fn(usize) -> bool,
) -> SeparatedRuns {
    let mut parted = SeparatedRuns::default();
    let (mut start, mut start_doubled) = (None, None);
    let mut was_separator = true;
    for child in children {
        if is_separator(*child) {
            parted.each.extend(start.take().map(|start| start..*child));
            if was_separator {
                parted
                    .doubled
                    .extend(start_doubled.take().map(|start| start..*child));
            }
            was_separator = true;
        } else {
            was_separator = false;
            start.get_or_insert(*child);
            start_doubled.get_or_insert(*child);
        }
    }
    parted.each.extend(start.map(|start| start..end));
    parted.doubled.extend(start_doubled.map(|start| start..end));
    parted
}

/// Elements that have something in common, each group in page order, groups by their first member.
struct SharedGroups {
    lists: Vec<(Division, Vec<usize>)>,
    /// The visible children of every element that has several.
    children: Vec<(usize, Vec<usize>)>,
}

/// The property that the members of a group share.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum SharedProperty {
    Path(PathId),
    PathClass(PathId, u64),
    Class(PathId, u64),
    Siblings(usize, PathId),
    Children(usize),
    ChildrenOfPath(PathId),
}

impl SharedProperty {
    fn division(self) -> Division {
        match self {
            Self::Path(_) => Division::Path,
            Self::PathClass(..) => Division::PathClass,
            Self::Class(..) => Division::Class,
            Self::Siblings(..) => Division::Siblings,
            Self::Children(_) => Division::Children,
            Self::ChildrenOfPath(_) => Division::ChildrenOfPath,
        }
    }
}

impl SharedGroups {
    fn from_sheet(sheet: &PageSheet<'_, '_>, least: usize) -> Self {
        let outline = sheet.outline;
        let mut places: FxHashMap<SharedProperty, usize> = FxHashMap::default();
        let mut lists: Vec<(Division, Vec<usize>)> = Vec::new();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); outline.len()];
        for index in 1..outline.len() {
            let node = outline.at(index);
            children[node.parent].push(index);
            if node.element().is_none() || matches!(node.name(), "br" | "hr" | "img") {
                continue;
            }
            let range = outline.range(index);
            if outline.letters(&range) == 0 && sheet.links_in(&range) == 0 {
                continue;
            }
            // A mark has the path around it, and one of its own as a start.
            let around = sheet.paths[node.parent];
            let own = path::hash_step(around, node.name(), 0);
            let class = path::class_id(node);
            let tag = path::hash_step(0, node.name(), 1);
            let shared = [
                Some(SharedProperty::Path(own)),
                class.map(|class| SharedProperty::PathClass(own, class)),
                class.map(|class| SharedProperty::Class(tag, class)),
                Some(SharedProperty::Siblings(node.parent, tag)),
                Some(SharedProperty::Children(node.parent)),
                Some(SharedProperty::ChildrenOfPath(around)),
            ];
            for shared in shared.into_iter().flatten() {
                let next = lists.len();
                let place = *places.entry(shared).or_insert(next);
                if place == next {
                    lists.push((shared.division(), Vec::new()));
                }
                lists[place].1.push(index);
            }
        }
        lists.retain(|(_, members)| members.len() >= least);
        let children = children.into_iter().enumerate();
        let children = children
            .filter(|(_, children)| children.len() >= 3)
            .collect();
        Self { lists, children }
    }
}
