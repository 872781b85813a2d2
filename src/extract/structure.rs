//! Finds the list of records in a tree of named values, without rules.
//!
//! In: the root of a JSON or XML document, and the hints for its dates. Out: the place of
//! its records and of each field in them, as paths that become rules, the best first, followed by the next
//! best.
//!
//! Values under the same names are a candidate wherever the names are repeated: a list, the rows of a table,
//! an object whose members are records, elements of one name at any depth, and a single object that may be
//! one record. [`columns`] lists the places in its records, [`values`] judges their content, [`names`]
//! interprets the parts of their names, and [`roles`] assigns them to fields. A candidate counts if its
//! records have titles, and also an address or a day, either their own or one that the document states for
//! all of them. The winner is the candidate whose records are dated, linked, many and well titled. A list
//! within the records of another is part of these.
//!
//! The module has no special cases for sites. Linear in the document, with a limit on the values examined
//! closely.

mod columns;
mod groups;
mod names;
mod roles;
mod values;

use std::borrow::Cow;

use crate::dates::DateHints;
use crate::model::{Field, Rule, Rules};
use groups::{CandidateList, NameGroups, NamedNode};
use names::NameSense;
use roles::FieldColumns;
pub(super) use values::only_link;

/// The maximum number of a list's records that are examined closely.
const TRIED: usize = 60;

/// The maximum number of candidates that are examined closely: those with the most records.
const MAX_CANDIDATES: usize = 150;

/// The minimum score of a title. Dated records may score less, because meetings of one board share a name.
const MIN_TITLE: f64 = 0.1;
const MIN_DATED_TITLE: f64 = 0.05;

/// The minimum readability of titles of undated records, unless their name is as clear as that of a single
/// record's title.
const MIN_READABLE: f64 = 0.85;

/// The minimum clarity of a title's name if nothing but the name marks it as one.
const MIN_TITLE_NAME: f64 = 0.6;

/// The minimum clarity of the name of a single record's title.
const MIN_SINGLE_NAME: f64 = 0.85;

/// The minimum text length of a single record that has no address, in characters.
const MIN_SINGLE_CHARS: f64 = 100.0;

/// One step down the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum TreeStep<'a> {
    /// To a member, or to child elements of this name.
    Member(&'a str),
    /// To an attribute.
    Attribute(&'a str),
    /// To each value of a list.
    Each,
    /// To each value of a list except the first, which names the cells of the others.
    Rest,
    /// To the cell of a row, counted from 0.
    Nth(usize),
    /// To each value of a list that has this member.
    Having(&'a str),
    /// To each member, whatever its name.
    Any,
    /// To members or elements of this name at any depth.
    Deep(&'a str),
    /// To the values of a list whose `key` is `is`, or to elements called `name` with such an attribute.
    Where {
        /// Empty if the step does not lead to an element.
        name: &'a str,
        key: &'a str,
        is: &'a str,
    },
}

impl<'a> TreeStep<'a> {
    /// Returns the name of the step's destination.
    fn name(&self) -> Option<&'a str> {
        match self {
            Self::Member(name) | Self::Attribute(name) | Self::Deep(name) => Some(name),
            Self::Where { is, .. } => Some(is),
            Self::Each | Self::Rest | Self::Nth(_) | Self::Having(_) | Self::Any => None,
        }
    }
}

/// A value of the tree.
pub(super) trait TreeNode<'a>: Copy {
    /// True if the values that a step to a name leads to are a list of their own: elements are, members are
    /// not.
    const NAMES_REPEAT: bool;

    /// Returns true if the value has parts. A mere text has none.
    fn has_parts(self) -> bool;

    /// Returns true if its parts have no names.
    fn is_list(self) -> bool;

    /// Returns its parts, in document order.
    fn parts(self) -> Vec<(TreeStep<'a>, Self)>;

    /// Returns its own text, if it is a text.
    fn text(self) -> Option<Cow<'a, str>>;
}

/// The steps from an origin down to a value.
pub(super) type StepPath<'a> = Vec<TreeStep<'a>>;

/// The value that a way starts at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum PathOrigin {
    /// The record. The way to records starts at the document.
    Entry,
    /// The values that contain the record, from the nearest outwards.
    Around,
    /// No value: the field is the name of the record, or of the list that contains it.
    Name,
}

/// A place for rules.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RulePlace<'a> {
    pub(super) origin: PathOrigin,
    pub(super) way: StepPath<'a>,
}

/// The places of a document's records and their fields.
#[derive(Debug)]
pub(super) struct RecordPlaces<'a> {
    /// From the document to each record.
    item: RulePlace<'a>,
    /// From the record to each field, the surest place first.
    fields: Vec<(Field, Vec<RulePlace<'a>>)>,
    /// The number of records.
    pub(super) records: usize,
    /// The confidence, comparable with that of other documents' lists.
    pub(super) score: f64,
    signs: ListSigns,
}

/// The signs that a candidate is a list of records.
#[derive(Debug)]
struct ListSigns {
    title: f64,
    titled: f64,
    distinct: f64,
    dated: f64,
    linked: f64,
    is_dated_once: bool,
}

impl RecordPlaces<'_> {
    /// Returns the rules that find the same records, as paths written by `path`. Values under names that no
    /// path can express are left out.
    pub(super) fn to_rules<L>(
        &self,
        path: impl Fn(&RulePlace<'_>) -> Option<L>,
    ) -> Option<Rules<L>> {
        let rule = |(field, places): &(Field, Vec<RulePlace<'_>>)| {
            let find: Vec<L> = places.iter().filter_map(&path).collect();
            let rule = Rule {
                find: find.into_iter().collect(),
                pattern: None,
                value: None,
            };
            (*field, rule)
        };
        let rules = self.fields.iter().map(rule);
        Some(Rules {
            item: vec![path(&self.item)?],
            fields: rules
                .filter(|(_, rule)| rule.find.places().next().is_some())
                .collect(),
        })
    }

    /// Returns the reason for the choice, in one line.
    pub(super) fn explain(&self) -> String {
        let signs = &self.signs;
        let share = |part: f64| format!("{:.0} %", 100.0 * part);
        let records = match self.records {
            1 => "1 record".to_owned(),
            records => format!("{records} records"),
        };
        let shares = [
            ("titles", signs.titled),
            ("dates", signs.dated),
            ("addresses", signs.linked),
        ];
        let shares = shares.into_iter().filter(|(_, part)| *part > 0.0);
        let shares = shares.map(|(what, part)| format!("{what} in {}", share(part)));
        let once = signs.is_dated_once.then(|| "one date for all".to_owned());
        let said: Vec<String> = std::iter::once(records).chain(shares).chain(once).collect();
        let (differ, title, score) = (share(signs.distinct), signs.title, self.score);
        let said = said.join(", ");
        format!("{said}; {differ} of the titles differ; title {title:.2}, in all {score:.1}")
    }
}

/// Finds the document's main list.
pub(super) fn find_list<'a, N: TreeNode<'a>>(
    root: N,
    hints: &DateHints<'_>,
) -> Option<RecordPlaces<'a>> {
    rank_lists(root, hints, 1).into_iter().next()
}

/// Finds the candidates for the document's main list: at most `count`, the best first.
pub(super) fn rank_lists<'a, N: TreeNode<'a>>(
    root: N,
    hints: &DateHints<'_>,
    count: usize,
) -> Vec<RecordPlaces<'a>> {
    let groups = NameGroups::of(root, hints);
    let mut candidates = groups.candidates();
    candidates.sort_by(|one, other| {
        let most = other.values.len().cmp(&one.values.len());
        most.then_with(|| one.way.cmp(&other.way))
    });
    candidates.truncate(MAX_CANDIDATES);
    let dated: Vec<CandidateList<'a, N>> = candidates
        .iter()
        .filter_map(|candidate| candidate.dated(hints))
        .collect();
    let judged = candidates
        .iter()
        .filter_map(|candidate| JudgedList::of(candidate, &groups, hints));
    let mut judged: Vec<JudgedList<'_, 'a, N>> = judged.collect();
    // The part of a mixed list that has days is a list of its own, if the whole list is not.
    let is_new = |part: &&CandidateList<'a, N>| {
        let known = judged.iter().map(|list| &list.candidate.groups);
        known.clone().all(|groups| *groups != part.groups)
    };
    let parts: Vec<&CandidateList<'a, N>> = dated.iter().filter(is_new).collect();
    judged.extend(
        parts
            .into_iter()
            .filter_map(|part| JudgedList::of(part, &groups, hints)),
    );
    let is_own = |list: &&JudgedList<'_, 'a, N>| {
        !judged.iter().any(|outer| outer.has_as_part(list, &groups))
    };
    let mut lists: Vec<&JudgedList<'_, 'a, N>> = judged.iter().filter(is_own).collect();
    lists.sort_by(|one, other| {
        let score = other.score().total_cmp(&one.score());
        score.then_with(|| one.way.cmp(&other.way))
    });
    lists.iter().take(count).map(|list| list.found()).collect()
}

/// A candidate in which most records have a title, and an address or a day.
struct JudgedList<'c, 'a, N> {
    candidate: &'c CandidateList<'a, N>,
    way: StepPath<'a>,
    roles: FieldColumns<'a>,
    is_dated_once: bool,
    /// True if its name is that of a list of secondary things.
    is_aside: bool,
}

impl<'c, 'a, N: TreeNode<'a>> JudgedList<'c, 'a, N> {
    fn of(
        candidate: &'c CandidateList<'a, N>,
        groups: &NameGroups<'a, N>,
        hints: &DateHints<'_>,
    ) -> Option<Self> {
        let mut way = candidate.way.clone();
        let mut values = sample_values(&candidate.values);
        let head = Self::head(&values, candidate, groups, hints);
        if let Some((_, true)) = head {
            *way.last_mut()? = TreeStep::Rest;
            values.remove(0);
        }
        let head = head.map(|(head, _)| head);
        let columns = columns::build_columns(&values, head.as_deref());
        let mut roles = roles::assign_fields(&columns, values.len(), hints);
        let is_named_by_days = || {
            let mut names = candidate
                .groups
                .iter()
                .flat_map(|at| groups.around_name(*at));
            let first = names.next();
            first.is_some() && roles::are_days(first.into_iter().chain(names), hints)
        };
        let mut is_dated_once = false;
        if roles.dated < 0.5 && roles.titled >= 0.5 {
            let place = if is_named_by_days() {
                let way = Vec::new();
                Some(RulePlace {
                    origin: PathOrigin::Name,
                    way,
                })
            } else {
                groups.dated_around(candidate, hints)
            };
            if let Some(place) = place {
                roles.fields.retain(|(field, _)| *field != Field::Date);
                roles.fields.push((Field::Date, vec![place]));
                roles.fields.sort_by_key(|(field, _)| *field);
                is_dated_once = true;
            }
        }
        let is_aside = |step: &TreeStep<'a>| {
            let name = step
                .name()
                .filter(|_| !matches!(step, TreeStep::Where { .. }));
            name.is_some_and(|name| names::parse_name(name).senses.has(NameSense::Others))
        };
        let judged = Self {
            is_aside: way.iter().any(is_aside),
            candidate,
            way,
            roles,
            is_dated_once,
        };
        judged.is_list().then_some(judged)
    }

    /// Returns the names of the cells if the records are rows, and true if the first record contains these
    /// names.
    fn head(
        values: &[NamedNode<'a, N>],
        candidate: &CandidateList<'a, N>,
        groups: &NameGroups<'a, N>,
        hints: &DateHints<'_>,
    ) -> Option<(Vec<Cow<'a, str>>, bool)> {
        let first = values.first().filter(|value| value.node.is_list())?;
        let cells = |value: &NamedNode<'a, N>| -> Vec<Option<Cow<'a, str>>> {
            value
                .node
                .parts()
                .into_iter()
                .map(|(_, part)| part.text())
                .collect()
        };
        let first: Option<Vec<Cow<'a, str>>> = cells(first).into_iter().collect();
        let is_value = |text: &str| {
            values::date_form(text, false, hints).is_some()
                || values::is_address(text, false)
                || text.trim().parse::<f64>().is_ok()
        };
        let named = first.filter(|first| {
            let next = values.get(1).map(cells).unwrap_or_default();
            let has_values = next.iter().flatten().any(|text| is_value(text));
            has_values && first.iter().all(|text| !is_value(text) && text.len() <= 60)
        });
        if let Some(first) = named {
            return Some((first, candidate.way.last() == Some(&TreeStep::Each)));
        }
        let width = values.iter().map(|value| value.node.parts().len()).max()?;
        let head = groups.head(*candidate.groups.first()?, width)?;
        Some((head.to_vec(), false))
    }

    fn is_list(&self) -> bool {
        let FieldColumns {
            title,
            title_name,
            readable,
            titled,
            distinct,
            dated,
            linked,
            text_chars,
            is_day_named,
            ..
        } = self.roles;
        let is_dated = dated >= 0.5;
        // Days that have names: these need not differ.
        if titled >= 0.5 && self.names_are_days() {
            return self.candidate.values.len() > 1;
        }
        let is_named = title_name >= MIN_TITLE_NAME;
        let is_same = is_dated && is_named;
        let least = if is_same { MIN_DATED_TITLE } else { MIN_TITLE };
        if titled < 0.5 || title < least || self.candidate.values.is_empty() {
            return false;
        }
        if self.candidate.is_single {
            return title_name >= MIN_SINGLE_NAME
                && is_dated
                && is_day_named
                && (text_chars >= MIN_SINGLE_CHARS || linked >= 0.5);
        }
        // Titles without a name that marks them consist of words, and differ.
        let says_much = distinct >= 0.5 && title >= 0.2 && self.candidate.values.len() > 1;
        // Menus and settings are words with addresses too.
        let is_clear = is_named && (title_name >= MIN_SINGLE_NAME || readable >= MIN_READABLE);
        (is_dated && (is_named || says_much))
            || linked >= 0.5 && is_clear
            || self.is_dated_once
                && (is_clear || says_much && linked >= 0.5 && readable >= MIN_READABLE)
                && self.candidate.values.len() > 1
    }

    fn names_are_days(&self) -> bool {
        let date = self
            .roles
            .fields
            .iter()
            .find(|(field, _)| *field == Field::Date);
        date.is_some_and(|(_, places)| places.iter().any(|place| place.origin == PathOrigin::Name))
    }

    /// Scores many records with dates, addresses and good titles above menus, which are linked words.
    fn score(&self) -> f64 {
        let FieldColumns {
            title,
            dated,
            linked,
            text_chars,
            ..
        } = self.roles;
        let dated = if self.is_dated_once { 0.5 } else { dated };
        let texts = if text_chars >= 400.0 {
            1.0
        } else if text_chars > 0.0 {
            0.5
        } else {
            0.0
        };
        let many = (1.0 + ratio(self.candidate.values.len(), 1)).ln();
        let aside = if self.is_aside { 0.3 } else { 1.0 };
        many * title * aside * (0.5 + linked + 2.0 * dated + texts)
    }

    /// Returns true if `inner` is a list within its records, unless these are mere headings or the whole
    /// document.
    fn has_as_part(&self, inner: &Self, groups: &NameGroups<'a, N>) -> bool {
        let Some(first) = inner.candidate.groups.first() else {
            return false;
        };
        let is_within = groups
            .above(*first)
            .any(|above| self.candidate.groups.contains(&above));
        let (own, other) = (self.roles.dated, inner.roles.dated);
        let has_own = own >= 0.5 || self.roles.linked >= 0.5;
        is_within && self.candidate.values.len() > 1 && has_own && (own >= 0.5 || other < 0.5)
    }

    fn found(&self) -> RecordPlaces<'a> {
        let FieldColumns {
            title,
            titled,
            distinct,
            dated,
            linked,
            ..
        } = self.roles;
        RecordPlaces {
            item: RulePlace {
                origin: PathOrigin::Entry,
                way: self.way.clone(),
            },
            fields: self.roles.fields.clone(),
            records: self.candidate.values.len(),
            score: self.score(),
            signs: ListSigns {
                title,
                titled,
                distinct,
                dated,
                linked,
                is_dated_once: self.is_dated_once,
            },
        }
    }
}

/// Returns the values to examine closely: all of them, or a sample from the whole list.
fn sample_values<T: Copy>(values: &[T]) -> Vec<T> {
    let step = values.len().div_ceil(TRIED).max(1);
    values.iter().copied().step_by(step).collect()
}

/// Returns `part` divided by `whole`.
fn ratio(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    float(part) / float(whole.max(1))
}

#[cfg(test)]
mod tests;
