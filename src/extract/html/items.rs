//! Which parts of a page are its entries.
//!
//! In: the page, the source's rules. Out: a [`Span`] an entry, in page order: one element, or several siblings where
//! `select.item` says where an entry begins. Of matches within one another some are no entries; how many is counted.

use std::collections::{HashMap, HashSet};

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Selector};

use super::record::Span;
use super::{matches, outermost};
use crate::extract::MAX_ENTRIES;
use crate::model::{Css, Field, Fields, Reach, Rules};

/// The entries of a page.
#[derive(Default)]
pub(super) struct Items<'a> {
    pub(super) spans: Vec<Span<'a>>,
    /// Matches that are no entries, for they stand around entries or within one.
    pub(super) dropped: usize,
}

/// What the first place of `rules.item` that finds anything finds.
pub(super) fn find<'a>(page: &'a Html, rules: &Rules<Css>) -> Items<'a> {
    let found = rules.item.iter().map(|css| {
        let found = matches(page.root_element(), css);
        match &css.reach {
            Reach::Run(until) => runs(page, found, until.as_ref()),
            Reach::Within | Reach::Before | Reach::Page => elements(found, &rules.fields),
        }
    });
    let mut items = found
        .into_iter()
        .find(|items| !items.spans.is_empty())
        .unwrap_or_default();
    // One more than are kept, for them to be missed.
    items.spans.truncate(MAX_ENTRIES + 1);
    items
}

fn elements<'a>(found: Vec<ElementRef<'a>>, fields: &Fields<Css>) -> Items<'a> {
    let count = found.len();
    let spans: Vec<Span<'a>> = Nest::of(found)
        .entries(fields)
        .into_iter()
        .map(Span::of)
        .collect();
    Items {
        dropped: count - spans.len(),
        spans,
    }
}

/// An entry begins at each of `found` and goes on over its siblings. One that holds the beginning of another entry is no
/// part of it, and neither is what comes behind.
fn runs<'a>(page: &'a Html, found: Vec<ElementRef<'a>>, until: Option<&Selector>) -> Items<'a> {
    let count = found.len();
    let starts = outermost(found);
    let mut ends: HashSet<NodeId> = starts.iter().map(|start| start.id()).collect();
    for start in &starts {
        let above = start.ancestors().map(|above| above.id());
        // What stands above a start above which all is known is known too.
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
        Span::run(*start, behind)
    };
    Items {
        dropped: count - starts.len(),
        spans: starts.iter().map(run).collect(),
    }
}

/// Matches, and which of them stand within which.
struct Nest<'a> {
    found: Vec<ElementRef<'a>>,
    /// The matches next below each; those that stand within no other are below the last place.
    below: Vec<Vec<usize>>,
    /// Which element is which match.
    places: HashMap<NodeId, usize>,
    /// Elements around a match that stands within another.
    around: HashSet<NodeId>,
}

impl<'a> Nest<'a> {
    fn of(found: Vec<ElementRef<'a>>) -> Self {
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

    /// Those that are entries. A match around others is one where it has something of its own to say; else those within
    /// it are.
    fn entries(&self, fields: &Fields<Css>) -> Vec<ElementRef<'a>> {
        let mut entries = Vec::new();
        let mut open: Vec<usize> = self.below[self.found.len()].iter().rev().copied().collect();
        while let Some(place) = open.pop() {
            let below = &self.below[place];
            if below.is_empty() || self.says_something(place, fields) {
                entries.push(self.found[place]);
            } else {
                open.extend(below.iter().rev());
            }
        }
        entries
    }

    /// Whether a match says something beside what those within it say: a title where they are several, for then they are
    /// a list; anything where it is one.
    fn says_something(&self, place: usize, fields: &Fields<Css>) -> bool {
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

    /// Whether the first that a selector finds in a match is in none of those within it, nor around one.
    fn has_own(&self, place: usize, css: &Css) -> bool {
        let element = self.found[place];
        let attribute = css.attribute.as_deref();
        let has_attribute =
            |found: &ElementRef<'_>| attribute.is_none_or(|name| found.attr(name).is_some());
        let Some(first) = matches(element, css).into_iter().find(has_attribute) else {
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
