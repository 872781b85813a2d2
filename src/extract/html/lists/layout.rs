//! Describes a candidate as a layout in words, and finds it again by them.
//!
//! In: a [`Layout`], a page. Out: the candidates that it names. A page that changed its classes, but not its
//! tags, may be the same page. If nothing on a page matches the layout's way, it is a different page.

use std::fmt;

use super::candidates::{self, Division, ListCandidate, RecordRange};
use super::measures::RecordFilter;
use super::path;
use super::roles::FieldPlaces;
use super::sheet::PageSheet;
use crate::model::Layout;

/// The layout of a page that is one record.
const PAGE: &str = "page";

/// A layout, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ParsedLayout {
    /// The page as one record.
    Page,
    /// A list.
    List {
        division: Division,
        way: String,
        /// The number of the part among several that are built alike, counted from 1, and how many there are.
        part: Option<(usize, usize)>,
        filter: RecordFilter,
        places: FieldPlaces,
    },
}

impl ParsedLayout {
    /// Parses a layout. Returns `None` for one written by another version.
    pub(super) fn from_layout(layout: &Layout) -> Option<Self> {
        if layout.is_page() {
            return Some(Self::Page);
        }
        let text = layout.as_str();
        let (division, rest) = text.split_once(' ')?;
        let division = Division::ALL
            .into_iter()
            .find(|known| known.as_str() == division)?;
        let mut parts = rest.split(", ");
        let way = parts.next()?.to_owned();
        let filter = parts.next()?;
        let filter = RecordFilter::ALL
            .into_iter()
            .find(|known| known.as_str() == filter)?;
        let (mut places, mut part) = (FieldPlaces::default(), None);
        for named in parts {
            let (name, place) = named.split_once(' ')?;
            if name == "part" {
                let (one, of) = place.split_once('/')?;
                part = Some((one.parse().ok()?, of.parse().ok()?));
                continue;
            }
            let place = u64::from_str_radix(place, 16).ok();
            match name {
                "title" => places.title = place,
                "date" => places.date = place,
                _ => return None,
            }
        }
        Some(Self::List {
            division,
            way,
            part,
            filter,
            places,
        })
    }

    /// Returns the layout in words.
    pub(super) fn to_layout(&self) -> Option<Layout> {
        match self {
            Self::Page => PAGE.parse().ok(),
            Self::List {
                division,
                way,
                part,
                filter,
                places,
            } => {
                let mut parts = vec![
                    format!("{} {way}", division.as_str()),
                    filter.as_str().to_owned(),
                ];
                if let Some((part, of)) = part {
                    parts.push(format!("part {part}/{of}"));
                }
                let named = [("title", places.title), ("date", places.date)];
                for (name, place) in named {
                    if let Some(place) = place {
                        parts.push(format!("{name} {place:016x}"));
                    }
                }
                parts.join(", ").parse().ok()
            }
        }
    }

    /// Returns the layout of these records of a candidate, which its filter keeps.
    pub(super) fn from_records(
        sheet: &PageSheet<'_, '_>,
        candidate: &ListCandidate,
        records: &[&RecordRange],
        filter: RecordFilter,
        places: FieldPlaces,
    ) -> Self {
        let read = ListCandidate {
            records: records.iter().map(|record| (*record).clone()).collect(),
            ..candidate.clone()
        };
        let way = LayoutPath::from_candidate(sheet, &read).to_string();
        Self::List {
            division: candidate.division,
            part: part_number(sheet, candidate, &way),
            way,
            filter,
            places,
        }
    }
}

/// A candidate that a way names.
pub(super) struct CandidateMatch {
    pub(super) candidate: ListCandidate,
    /// True if it has the classes of the way.
    pub(super) has_classes: bool,
}

/// Returns the candidates that a way names: those of the same tags and classes, else those with more classes,
/// else those of the same tags. Records without the classes of the way belong to another list.
pub(super) fn find_matches(
    sheet: &PageSheet<'_, '_>,
    division: Division,
    named: &str,
) -> Vec<CandidateMatch> {
    let way = LayoutPath::parse(named);
    let alike = candidates::find_in_division(sheet, division).into_iter();
    let alike: Vec<ListCandidate> = alike
        .filter(|candidate| {
            LayoutPath::from_candidate(sheet, candidate).has_tags_of(&way, division)
        })
        .collect();
    let with_classes = |candidate: &ListCandidate| {
        let mut candidate = candidate.clone();
        if let Some(node) = path_node_finder(division) {
            candidate.records.retain(|record| {
                LayoutPath::from_node(sheet, node(sheet, record)).is_within(&way, division)
            });
        } else if !LayoutPath::from_candidate(sheet, &candidate).is_within(&way, division) {
            return None;
        }
        Some(candidate).filter(|candidate| !candidate.records.is_empty())
    };
    let matches: Vec<CandidateMatch> = alike
        .iter()
        .filter_map(with_classes)
        .map(|candidate| CandidateMatch {
            candidate,
            has_classes: true,
        })
        .collect();
    if matches.is_empty() {
        let alike = alike.into_iter();
        return alike
            .map(|candidate| CandidateMatch {
                candidate,
                has_classes: false,
            })
            .collect();
    }
    let is_exact =
        |found: &CandidateMatch| LayoutPath::from_candidate(sheet, &found.candidate) == way;
    let (exact, more): (Vec<CandidateMatch>, Vec<CandidateMatch>) =
        matches.into_iter().partition(is_exact);
    if exact.is_empty() { more } else { exact }
}

/// Returns the number of a candidate among the parts of the page that are built alike, from 1, and how many
/// there are.
fn part_number(
    sheet: &PageSheet<'_, '_>,
    candidate: &ListCandidate,
    way: &str,
) -> Option<(usize, usize)> {
    if path_node_finder(candidate.division).is_some() && !has_single_parent(candidate.division) {
        return None;
    }
    let alike = find_matches(sheet, candidate.division, way);
    let first = |candidate: &ListCandidate| candidate.records.first().cloned();
    let own = first(candidate);
    let place = alike
        .iter()
        .position(|found| first(&found.candidate) == own)?;
    (alike.len() > 1).then_some((place + 1, alike.len()))
}

fn has_single_parent(division: Division) -> bool {
    matches!(division, Division::Siblings | Division::Children)
}

/// Returns the function that finds the node at the end of a record's way: its own element, or its parent.
/// Returns `None` for divisions that are not made of elements.
fn path_node_finder(division: Division) -> Option<fn(&PageSheet<'_, '_>, &RecordRange) -> usize> {
    match division {
        Division::Path | Division::PathClass | Division::Class | Division::Siblings => {
            Some(|_, record| record.start)
        }
        Division::Children | Division::ChildrenOfPath => {
            Some(|sheet, record| sheet.outline.at(record.start).parent)
        }
        _ => None,
    }
}

/// The way to the elements that a candidate divides: tags, with the classes that all its records share.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LayoutPath(Vec<(String, Vec<String>)>);

impl LayoutPath {
    fn from_candidate(sheet: &PageSheet<'_, '_>, candidate: &ListCandidate) -> Self {
        let Some(node) = path_node_finder(candidate.division) else {
            return Self::from_node(sheet, candidate.sample);
        };
        let mut nodes: Vec<usize> = candidate
            .records
            .iter()
            .map(|record| node(sheet, record))
            .collect();
        nodes.dedup();
        let mut ways = nodes.into_iter().map(|node| Self::from_node(sheet, node));
        let first = ways.next().unwrap_or(Self(Vec::new()));
        ways.fold(first, |way, other| way.shared_with(&other))
    }

    fn from_node(sheet: &PageSheet<'_, '_>, node: usize) -> Self {
        let outline = sheet.outline;
        let above = outline.ancestors(node).map(|above| outline.at(above));
        let mut steps: Vec<(String, Vec<String>)> = above
            .enumerate()
            .filter(|(level, node)| *level == 0 || !path::is_inline_mark(node))
            .map(|(_, node)| {
                let classes = path::stable_classes(node).into_iter().map(str::to_owned);
                (node.name().to_owned(), classes.collect())
            })
            .collect();
        steps.reverse();
        Self(steps)
    }

    fn parse(text: &str) -> Self {
        let step = |step: &str| {
            let mut parts = step.split('.').map(str::to_owned);
            (parts.next().unwrap_or_default(), parts.collect())
        };
        Self(text.split(" > ").map(step).collect())
    }

    /// Keeps the classes that the other way has too, from the last step up, as far as the tags agree.
    fn shared_with(mut self, other: &Self) -> Self {
        let mut others = other.0.iter().rev();
        let mut is_alike = true;
        for (tag, classes) in self.0.iter_mut().rev() {
            let other = others.next().filter(|(other, _)| is_alike && other == tag);
            is_alike = other.is_some();
            match other {
                Some((_, shared)) => classes.retain(|class| shared.contains(class)),
                None => classes.clear(),
            }
        }
        self
    }

    /// Returns true if both have the same tags. Elements of a class need only the same last tag.
    fn has_tags_of(&self, other: &Self, division: Division) -> bool {
        let tag = |(tag, _): &(String, Vec<String>)| tag.clone();
        if division == Division::Class {
            return self.0.last().map(tag) == other.0.last().map(tag);
        }
        self.0.iter().map(tag).eq(other.0.iter().map(tag))
    }

    /// Returns true if each step has all the classes of the other way's step.
    fn is_within(&self, other: &Self, division: Division) -> bool {
        let mut steps = self.0.iter().rev().zip(other.0.iter().rev());
        let has = |((_, own), (_, classes)): (&LayoutStep, &LayoutStep)| {
            classes.iter().all(|class| own.contains(class))
        };
        if division == Division::Class {
            return steps.next().is_some_and(has);
        }
        steps.all(has)
    }
}

type LayoutStep = (String, Vec<String>);

impl fmt::Display for LayoutPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (level, (tag, classes)) in self.0.iter().enumerate() {
            if level > 0 {
                f.write_str(" > ")?;
            }
            f.write_str(tag)?;
            for class in classes {
                write!(f, ".{class}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A layout that the configuration rejects could be neither kept nor written.
    #[test]
    fn every_word_is_one_that_layouts_may_have() {
        let divisions = Division::ALL.map(Division::as_str);
        assert_eq!(divisions, Layout::DIVISIONS);
        let filters = RecordFilter::ALL.map(RecordFilter::as_str);
        assert_eq!(filters, Layout::FILTERS);
    }
}
