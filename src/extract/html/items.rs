//! Finds the parts of a page that are its entries.
//!
//! In: the page, the source's rules. Out: a [`Span`] per entry, in page order: one element, or several
//! siblings if `select.item` marks the start of an entry. Of nested matches some are not entries, and their
//! number is returned.

use std::collections::{HashMap, HashSet};

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Selector};

use super::record::EntrySpan;
use super::{find_matches, keep_outermost};
use crate::extract::MAX_ENTRIES;
use crate::model::{Css, Field, Fields, Reach, Rules};

/// The entries of a page.
#[derive(Default)]
pub(super) struct PageItems<'a> {
    pub(super) spans: Vec<EntrySpan<'a>>,
    /// The number of matches that are not entries, because they contain entries or are within one.
    pub(super) dropped: usize,
}

/// Returns the matches of the first place of `rules.item` that has any.
pub(super) fn find_items<'a>(page: &'a Html, rules: &Rules<Css>) -> PageItems<'a> {
    let found = rules.item.iter().map(|css| {
        let found = find_matches(page.root_element(), css);
        match &css.reach {
            Reach::Run(until) => items_from_runs(page, found, until.as_ref()),
            Reach::Within | Reach::Before | Reach::Page => {
                items_from_elements(found, &rules.fields)
            }
        }
    });
    let mut items = found
        .into_iter()
        .find(|items| !items.spans.is_empty())
        .unwrap_or_default();
    // Keep one more than the limit, so that the excess is noticed.
    items.spans.truncate(MAX_ENTRIES + 1);
    items
}

fn items_from_elements<'a>(found: Vec<ElementRef<'a>>, fields: &Fields<Css>) -> PageItems<'a> {
    let count = found.len();
    let spans: Vec<EntrySpan<'a>> = NestedMatches::from_matches(found)
        .entry_matches(fields)
        .into_iter()
        .map(EntrySpan::from_element)
        .collect();
    PageItems {
        dropped: count - spans.len(),
        spans,
    }
}

/// Returns entries that begin at each of `found` and continue over its siblings. A sibling that contains the
/// start of another entry is not part of it, and neither are those after it.
fn items_from_runs<'a>(
    page: &'a Html,
    found: Vec<ElementRef<'a>>,
    until: Option<&Selector>,
) -> PageItems<'a> {
    let count = found.len();
    let starts = keep_outermost(found);
    let mut ends: HashSet<NodeId> = starts.iter().map(|start| start.id()).collect();
    for start in &starts {
        let above = start.ancestors().map(|above| above.id());
        // If the elements above one start are known, so are all further up.
        for id in above {
            if !ends.insert(id) {
                break;
            }
        }
    }
    let until = until.into_iter().flat_map(|css| page.select(css));
    ends.extend(until.map(|end| end.id()));
    let run = |start: &ElementRef<'a>| {
        let behind = start.next_siblings();
        let behind = behind.take_while(|node| !ends.contains(&node.id()));
        EntrySpan::from_run(*start, behind)
    };
    PageItems {
        dropped: count - starts.len(),
        spans: starts.iter().map(run).collect(),
    }
}

/// Matches, and their nesting.
struct NestedMatches<'a> {
    found: Vec<ElementRef<'a>>,
    /// The matches directly below each. Outermost matches are below the last index.
    below: Vec<Vec<usize>>,
    /// The index of each element's match.
    places: HashMap<NodeId, usize>,
    /// Elements around a match that is within another.
    around: HashSet<NodeId>,
}

impl<'a> NestedMatches<'a> {
    fn from_matches(found: Vec<ElementRef<'a>>) -> Self {
        let places: HashMap<NodeId, usize> = found
            .iter()
            .enumerate()
            .map(|(place, element)| (element.id(), place))
            .collect();
        let mut nest = Self {
            below: vec![Vec::new(); found.len() + 1],
            around: HashSet::new(),
            places,
            found,
        };
        for (place, element) in nest.found.iter().enumerate() {
            let outer = element
                .ancestors()
                .find_map(|above| nest.places.get(&above.id()).copied());
            nest.below[outer.unwrap_or(nest.found.len())].push(place);
            if let Some(outer) = outer {
                let outer = nest.found[outer].id();
                let between = element.ancestors().map(|above| above.id());
                nest.around
                    .extend(between.take_while(|above| *above != outer));
                nest.around.insert(outer);
            }
        }
        nest
    }

    /// Returns the matches that are entries. A match around others is an entry if it has content of its own,
    /// otherwise the matches within it are.
    fn entry_matches(&self, fields: &Fields<Css>) -> Vec<ElementRef<'a>> {
        let mut entries = Vec::new();
        let mut open: Vec<usize> = self.below[self.found.len()].iter().rev().copied().collect();
        while let Some(place) = open.pop() {
            let below = &self.below[place];
            if below.is_empty() || self.has_own_content(place, fields) {
                entries.push(self.found[place]);
            } else {
                open.extend(below.iter().rev());
            }
        }
        entries
    }

    /// Returns true if a match has content in addition to the matches within it. If there are several, they
    /// are a list, and it must have a title. If there is one, any content counts.
    fn has_own_content(&self, place: usize, fields: &Fields<Css>) -> bool {
        let is_list = self.below[place].len() > 1;
        let mut rules = fields
            .iter()
            .filter(|(field, _)| !is_list || *field == Field::Title);
        rules.any(|(_, rule)| {
            let mut places = rule
                .find
                .places()
                .filter(|css| matches!(css.reach, Reach::Within));
            places.any(|css| self.has_own(place, css))
        })
    }

    /// Returns true if the first match of a selector is neither within one of the inner matches nor around
    /// one.
    fn has_own(&self, place: usize, css: &Css) -> bool {
        let element = self.found[place];
        let attribute = css.attribute.as_deref();
        let has_attribute =
            |found: &ElementRef<'_>| attribute.is_none_or(|name| found.attr(name).is_some());
        let Some(first) = find_matches(element, css).into_iter().find(has_attribute) else {
            return false;
        };
        let mut above = first.ancestors().map(|above| above.id());
        let is_within = first.id() != element.id()
            && (self.places.contains_key(&first.id())
                || above
                    .by_ref()
                    .take_while(|above| *above != element.id())
                    .any(|above| self.places.contains_key(&above)));
        let is_around = attribute.is_none() && self.around.contains(&first.id());
        !is_within && !is_around
    }
}
