//! Finds the candidate lists in a tree of named values.
//!
//! In: the root. Out: a [`CandidateList`] for everything that is repeated under the same names: the values of
//! lists, the rows of tables, the members of an object whose names are data, elements of one name in one
//! place or scattered over several, and single objects. Also the context of a list: the names of its columns,
//! a date for all of it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::names::{self, NameSense};
use super::{
    PathOrigin, RulePlace, StepPath, TreeNode, TreeStep, columns, roles, sample_values, values,
};
use crate::dates::DateHints;

/// The maximum number of names from a list to the place of a date for all of it.
const MAX_AROUND: usize = 2;

/// The maximum number of lists of names that are kept.
const MAX_HEADS: usize = 50;

/// The maximum number of places from which a scattered list is assembled.
const MAX_SCATTERED: usize = 200;

/// A value, and its name if that does not come from the format.
#[derive(Clone, Copy)]
pub(super) struct NamedNode<'a, N> {
    pub(super) node: N,
    pub(super) name: Option<&'a str>,
}

/// All values under the same names.
struct NameGroup<'a, N> {
    parent: usize,
    step: Option<TreeStep<'a>>,
    values: Vec<NamedNode<'a, N>>,
}

pub(super) struct NameGroups<'a, N> {
    all: Vec<NameGroup<'a, N>>,
    known: HashMap<(usize, TreeStep<'a>), usize>,
    /// Lists of names that may name the columns of a table, each with the group that contains it.
    heads: Vec<(usize, Vec<Cow<'a, str>>)>,
    /// The places where groups state a date, for the groups looked up so far.
    stated: RefCell<HashMap<usize, Option<RulePlace<'a>>>>,
}

/// A candidate list.
pub(super) struct CandidateList<'a, N> {
    /// The way from the document to each of its records.
    pub(super) way: StepPath<'a>,
    /// The groups that it consists of.
    pub(super) groups: Vec<usize>,
    pub(super) values: Vec<NamedNode<'a, N>>,
    /// True if it is a single object, which is a list only if it is a record.
    pub(super) is_single: bool,
}

impl<'a, N: TreeNode<'a>> CandidateList<'a, N> {
    /// Returns the records that have a member with a day, if some records have none.
    pub(super) fn dated(&self, hints: &DateHints<'_>) -> Option<Self> {
        if N::NAMES_REPEAT || self.way.last() != Some(&TreeStep::Each) || self.values.len() < 4 {
            return None;
        }
        let member = |value: &NamedNode<'a, N>, step: TreeStep<'a>| {
            let parts = value.node.parts().into_iter();
            parts
                .filter(|(own, _)| *own == step)
                .map(|(_, part)| part)
                .next()
        };
        let mut days: BTreeMap<TreeStep<'a>, usize> = BTreeMap::new();
        let tried = sample_values(&self.values);
        for value in &tried {
            for (step, part) in value.node.parts() {
                let is_named = step
                    .name()
                    .is_some_and(|name| names::parse_name(name).senses.has(NameSense::Date));
                let is_day = |text: &str| {
                    matches!(
                        values::date_form(text, is_named, hints),
                        Some(values::DayForm::Plain | values::DayForm::Written)
                    )
                };
                if is_named && part.text().is_some_and(|text| is_day(&text)) {
                    *days.entry(step).or_default() += 1;
                }
            }
        }
        let (step, count) = days.into_iter().max_by_key(|(_, count)| *count)?;
        let TreeStep::Member(name) = step else {
            return None;
        };
        if count == tried.len() {
            return None;
        }
        let with = self
            .values
            .iter()
            .filter(|value| member(value, step).is_some());
        let mut way = self.way.clone();
        *way.last_mut()? = TreeStep::Having(name);
        Some(Self {
            way,
            groups: self.groups.clone(),
            values: with.copied().collect(),
            is_single: false,
        })
    }
}

impl<'a, N: TreeNode<'a>> NameGroups<'a, N> {
    pub(super) fn of(root: N, hints: &DateHints<'_>) -> Self {
        let top = NameGroup {
            parent: 0,
            step: None,
            values: vec![NamedNode {
                node: root,
                name: None,
            }],
        };
        let mut groups = Self {
            all: vec![top],
            known: HashMap::new(),
            heads: Vec::new(),
            stated: RefCell::default(),
        };
        let mut waiting = vec![(root, 0)];
        while let Some((node, at)) = waiting.pop() {
            let first = waiting.len();
            let parts = node.parts();
            let is_keyed = !N::NAMES_REPEAT && !node.is_list() && is_keyed_list(&parts, hints);
            if node.is_list() {
                groups.note_head(at, &parts);
            }
            for (step, part) in parts {
                let (step, name) = match step {
                    TreeStep::Member(name) if is_keyed => (TreeStep::Any, Some(name)),
                    step => (step, None),
                };
                if part.has_parts() || name.is_some() {
                    let below = groups.enter(at, step, NamedNode { node: part, name });
                    waiting.push((part, below));
                }
            }
            // The first is taken first: values stay in document order.
            if let Some(pushed) = waiting.get_mut(first..) {
                pushed.reverse();
            }
        }
        groups
    }

    fn enter(&mut self, at: usize, step: TreeStep<'a>, value: NamedNode<'a, N>) -> usize {
        let next = self.all.len();
        let below = *self.known.entry((at, step)).or_insert(next);
        if below == next {
            self.all.push(NameGroup {
                parent: at,
                step: Some(step),
                values: Vec::new(),
            });
        }
        if let Some(group) = self.all.get_mut(below) {
            group.values.push(value);
        }
        below
    }

    /// Keeps a list that may name the columns of a table: of texts, or of objects with names.
    fn note_head(&mut self, at: usize, parts: &[(TreeStep<'a>, N)]) {
        if !(2..=100).contains(&parts.len()) || self.heads.len() >= MAX_HEADS {
            return;
        }
        let named = |node: &N| {
            let names = [
                "fieldName",
                "name",
                "id",
                "label",
                "title",
                "header",
                "field",
            ];
            let parts = node.parts();
            let member = |name: &&str| {
                let mut parts = parts.iter();
                let part = parts.find(|(step, _)| *step == TreeStep::Member(name))?;
                part.1.text()
            };
            names.iter().find_map(member)
        };
        let head = parts
            .iter()
            .map(|(_, part)| part.text().or_else(|| named(part)));
        let head: Option<Vec<Cow<'a, str>>> = head.collect();
        if let Some(head) = head.filter(|head| head.iter().all(|name| name.len() <= 60)) {
            self.heads.push((at, head));
        }
    }

    /// Returns the groups around one, from the inside out.
    pub(super) fn above(&self, at: usize) -> impl Iterator<Item = usize> {
        let parent = |at: &usize| {
            let group = self.all.get(*at)?;
            group.step.map(|_| group.parent)
        };
        std::iter::successors(parent(&at), parent)
    }

    fn way(&self, at: usize) -> StepPath<'a> {
        let steps = std::iter::once(at).chain(self.above(at));
        let mut way: StepPath<'a> = steps.filter_map(|at| self.all.get(at)?.step).collect();
        way.reverse();
        way
    }

    pub(super) fn candidates(&self) -> Vec<CandidateList<'a, N>> {
        let merged = self.scattered();
        let taken: HashSet<usize> = merged.iter().flat_map(|list| list.groups.clone()).collect();
        let rest = self.all.iter().enumerate();
        let rest = rest.filter(|(at, _)| !taken.contains(at));
        let plain = rest.filter_map(|(at, group)| {
            let is_list = match group.step {
                Some(TreeStep::Each | TreeStep::Any) => true,
                Some(TreeStep::Member(_)) => N::NAMES_REPEAT && group.values.len() > 1,
                _ => false,
            };
            // A value that occurs there once may be a record of its own.
            let is_single = !is_list && group.values.len() == 1;
            (is_list || is_single).then(|| CandidateList {
                way: self.way(at),
                groups: vec![at],
                values: group.values.clone(),
                is_single,
            })
        });
        let mut candidates: Vec<CandidateList<'a, N>> = plain.collect();
        candidates.extend(merged);
        candidates
    }

    /// Returns lists of one name in several places whose records are alike: entries under sections, some of
    /// them under subsections.
    fn scattered(&self) -> Vec<CandidateList<'a, N>> {
        let mut named: BTreeMap<&'a str, Vec<usize>> = BTreeMap::new();
        for (at, group) in self.all.iter().enumerate() {
            let name = match group.step {
                Some(TreeStep::Member(name)) if N::NAMES_REPEAT => Some(name),
                Some(TreeStep::Each) => {
                    self.all.get(group.parent).and_then(|list| match list.step {
                        Some(TreeStep::Member(name)) => Some(name),
                        _ => None,
                    })
                }
                _ => None,
            };
            if let Some(name) = name {
                named.entry(name).or_default().push(at);
            }
        }
        let several = named.into_iter().filter(|(_, groups)| groups.len() > 1);
        several
            .filter_map(|(name, groups)| self.merged(name, groups))
            .collect()
    }

    fn merged(&self, name: &'a str, groups: Vec<usize>) -> Option<CandidateList<'a, N>> {
        let are_nested = groups
            .iter()
            .any(|at| self.above(*at).any(|above| groups.contains(&above)));
        if are_nested || groups.len() > MAX_SCATTERED {
            return None;
        }
        let shapes = groups.iter().map(|at| self.shape(*at));
        let shapes: Vec<HashSet<TreeStep<'a>>> = shapes.collect();
        let most = shapes.iter().max_by_key(|shape| shape.len())?;
        let is_alike = |shape: &HashSet<TreeStep<'a>>| {
            let common = shape.intersection(most).count();
            common > 1 && 2 * common >= shape.len().max(most.len())
        };
        if !shapes.iter().all(is_alike) {
            return None;
        }
        let ways: Vec<StepPath<'a>> = groups.iter().map(|at| self.way(*at)).collect();
        let first = ways.first()?;
        let is_common = |at: &usize| ways.iter().all(|way| way.get(*at) == first.get(*at));
        let common = (0..first.len()).take_while(is_common).count();
        let mut way: StepPath<'a> = first.get(..common)?.to_vec();
        way.push(TreeStep::Deep(name));
        if !N::NAMES_REPEAT {
            way.push(TreeStep::Each);
        }
        let values = groups.iter().filter_map(|at| self.all.get(*at));
        let values = values.flat_map(|group| group.values.iter().copied());
        Some(CandidateList {
            values: values.collect(),
            way,
            groups,
            is_single: false,
        })
    }

    /// Returns the names in the first records of a group.
    fn shape(&self, at: usize) -> HashSet<TreeStep<'a>> {
        let values = self.all.get(at).map_or(&[][..], |group| &group.values);
        let parts = values.iter().take(3).flat_map(|value| value.node.parts());
        parts.map(|(step, _)| step).collect()
    }

    /// Returns the column names nearest to rows with `cells` cells.
    pub(super) fn head(&self, at: usize, cells: usize) -> Option<&[Cow<'a, str>]> {
        let around: Vec<usize> = self.above(at).collect();
        let fitting = self.heads.iter().filter(|(in_group, names)| {
            // Rows themselves are not names.
            names.len() == cells && *in_group != at
        });
        let distance = |(in_group, _): &&(usize, Vec<Cow<'a, str>>)| {
            let mut above = self.above(*in_group);
            above
                .position(|above| around.contains(&above))
                .unwrap_or(usize::MAX)
        };
        fitting
            .min_by_key(distance)
            .map(|(_, names)| names.as_slice())
    }

    /// Returns the names of the records of a group, else those of the lists that contain them.
    pub(super) fn around_name(&self, at: usize) -> Vec<&'a str> {
        let of = |at: usize| -> Vec<&'a str> {
            let values = self.all.get(at).map_or(&[][..], |group| &group.values);
            values.iter().filter_map(|value| value.name).collect()
        };
        let mut groups = std::iter::once(at).chain(self.above(at));
        let named = groups.find(|at| {
            let group = self.all.get(*at);
            !matches!(group.and_then(|group| group.step), Some(TreeStep::Each))
        });
        named.map(of).unwrap_or_default()
    }

    /// Returns the place of the nearest date around a list that applies to all its records.
    pub(super) fn dated_around(
        &self,
        candidate: &CandidateList<'a, N>,
        hints: &DateHints<'_>,
    ) -> Option<RulePlace<'a>> {
        let first = *candidate.groups.first()?;
        let is_around_all = |at: &usize| {
            let others = candidate.groups.iter();
            others
                .copied()
                .all(|other| self.above(other).any(|above| above == *at))
        };
        let mut around = self.above(first).filter(is_around_all);
        around.find_map(|at| {
            let mut stated = self.stated.borrow_mut();
            let place = stated
                .entry(at)
                .or_insert_with(|| self.stated_in(at, hints));
            place.clone()
        })
    }

    /// Returns the place where a group states a date that belongs to no record.
    fn stated_in(&self, at: usize, hints: &DateHints<'_>) -> Option<RulePlace<'a>> {
        let value = self.all.get(at)?.values.first()?;
        let near = columns::build_near_columns(value.node, MAX_AROUND);
        let place = roles::find_single_date(&near, hints)?;
        Some(RulePlace {
            origin: PathOrigin::Around,
            ..place
        })
    }
}

/// Returns true if the names of these members are data: days, numbers, or other keys of records of one shape.
fn is_keyed_list<'a, N: TreeNode<'a>>(parts: &[(TreeStep<'a>, N)], hints: &DateHints<'_>) -> bool {
    let names = || parts.iter().filter_map(|(step, _)| step.name());
    let are_numbers = || names().all(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    if parts.is_empty() {
        return false;
    }
    let all_parts = parts.iter().all(|(_, part)| part.has_parts());
    let all_texts = || parts.len() > 1 && parts.iter().all(|(_, part)| !part.has_parts());
    let begin_with_digits = names().all(|name| name.starts_with(|c: char| c.is_ascii_digit()));
    if begin_with_digits && (all_parts || all_texts()) {
        return all_parts && are_numbers() && parts.len() > 1 || roles::are_days(names(), hints);
    }
    if !all_parts || parts.len() < 3 || parts.iter().any(|(_, part)| part.is_list()) {
        return false;
    }
    let shape = |part: &N| -> HashSet<TreeStep<'a>> {
        part.parts().into_iter().map(|(step, _)| step).collect()
    };
    let mut shapes = parts.iter().take(20).map(|(_, part)| shape(part));
    let Some(first) = shapes.next() else {
        return false;
    };
    first.len() > 1
        && shapes.all(|shape| {
            let common = shape.intersection(&first).count();
            common > 1 && 3 * common >= 2 * shape.len().max(first.len())
        })
}
