//! Collects the columns of a list: each place in its records that contains a text, with these texts.
//!
//! In: some records of a list. Out: a [`Column`] for each place, ordered by place, so that the order of
//! members and of elements does not matter. Limited in levels, in places and in texts.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::groups::NamedNode;
use super::names::{self, NameSense, NameSenses, ParsedName};
use super::{PathOrigin, RulePlace, StepPath, TreeNode, TreeStep};

/// The maximum number of names between a record and a field.
const MAX_LEVELS: usize = 6;

/// The maximum number of texts examined in one record.
const MAX_TEXTS: usize = 600;

/// The maximum length of a key that distinguishes values.
const MAX_KEY_BYTES: usize = 60;

/// The maximum number of bytes of a text that are judged.
const MAX_TEXT_BYTES: usize = 4_000;

/// The maximum number of places kept for a list.
const MAX_COLUMNS: usize = 800;

/// The maximum number of values examined in a list within a record.
const MAX_INNER: usize = 40;

/// Members that only group the fields of a record.
const GROUPING: [&str; 15] = [
    "attributes",
    "properties",
    "fields",
    "node",
    "data",
    "item",
    "record",
    "entry",
    "_source",
    "source",
    "result",
    "document",
    "resource",
    "metadata",
    "metadatos",
];

/// Names of keys that distinguish the values of a list within a record, where each value represents another
/// field, the surest first.
const KEYS: [&str; 8] = [
    "rel", "field", "key", "name", "property", "label", "code", "type",
];

/// Names of members that contain such a value.
const VALUES: [&str; 7] = ["value", "values", "href", "url", "content", "text", "val"];

/// The texts in one place of many records.
pub(super) struct Column<'a> {
    pub(super) place: RulePlace<'a>,
    /// The senses of the name that describes it.
    pub(super) own: ParsedName,
    /// The senses of the names around that one, within the record.
    pub(super) around: NameSenses,
    /// The senses of the nearest of these.
    pub(super) near: NameSenses,
    /// The number of names around it.
    pub(super) levels: usize,
    /// True if its last name only wraps the text.
    pub(super) is_wrapped: bool,
    /// True if a record may have several.
    pub(super) is_many: bool,
    /// The first text of each record that has one, after the number of the record.
    pub(super) texts: Vec<(usize, Cow<'a, str>)>,
}

impl Column<'_> {
    /// Returns the senses of its own name and of those around it.
    pub(super) fn senses(&self) -> NameSenses {
        self.own.senses.union(self.around)
    }

    /// Returns the steps to the parent of the text.
    pub(super) fn container(&self) -> &[TreeStep<'_>] {
        let way = self.place.way.as_slice();
        let wrapping = usize::from(self.is_wrapped) + 1;
        way.get(..way.len().saturating_sub(wrapping))
            .unwrap_or_default()
    }
}

/// Returns the columns of these records. `heads` names the cells of records that are rows.
pub(super) fn build_columns<'a, N: TreeNode<'a>>(
    records: &[NamedNode<'a, N>],
    heads: Option<&[Cow<'a, str>]>,
) -> Vec<Column<'a>> {
    let mut reader = ColumnReader {
        heads,
        columns: HashMap::new(),
        record: 0,
        texts: 0,
    };
    for (at, record) in records.iter().enumerate() {
        (reader.record, reader.texts) = (at, 0);
        if let Some(name) = record.name {
            reader.add_text(PathOrigin::Name, &[], Cow::Borrowed(name), false);
        }
        reader.visit(record.node, &mut Vec::new(), false);
    }
    let mut columns: Vec<Column<'a>> = reader.columns.into_values().collect();
    columns.sort_by(|one, other| one.place.cmp(&other.place));
    columns
}

/// Returns the columns of one value whose texts are near: within `levels` names, and in nothing that is
/// repeated.
pub(super) fn build_near_columns<'a, N: TreeNode<'a>>(node: N, levels: usize) -> Vec<Column<'a>> {
    let mut reader = ColumnReader {
        heads: None,
        columns: HashMap::new(),
        record: 0,
        texts: 0,
    };
    reader.visit_near(node, levels, &mut Vec::new());
    let mut columns: Vec<Column<'a>> = reader.columns.into_values().collect();
    columns.sort_by(|one, other| one.place.cmp(&other.place));
    columns
}

struct ColumnReader<'a, 'h> {
    heads: Option<&'h [Cow<'a, str>]>,
    columns: HashMap<RulePlace<'a>, Column<'a>>,
    record: usize,
    texts: usize,
}

impl<'a> ColumnReader<'a, '_> {
    fn visit<N: TreeNode<'a>>(&mut self, node: N, way: &mut StepPath<'a>, is_many: bool) {
        let text = node.text();
        let is_text = text.is_some();
        if let Some(text) = text {
            self.add_text(PathOrigin::Entry, way, text, is_many);
        }
        let mut parts = node.parts();
        if is_text {
            // Elements in a text are its markup.
            parts.retain(|(step, _)| matches!(step, TreeStep::Attribute(_)));
        }
        if node.is_list() {
            self.visit_list(&parts, way, is_many);
        } else {
            self.visit_members(&parts, way, is_many);
        }
    }

    fn visit_near<N: TreeNode<'a>>(&mut self, node: N, levels: usize, way: &mut StepPath<'a>) {
        if node.is_list() {
            return;
        }
        let parts = node.parts();
        let mut counts: HashMap<TreeStep<'a>, usize> = HashMap::new();
        for (step, _) in &parts {
            *counts.entry(*step).or_default() += 1;
        }
        let once = |step: &TreeStep<'a>| counts.get(step) == Some(&1);
        for (step, part) in parts.into_iter().filter(|(step, _)| once(step)) {
            way.push(step);
            if let Some(text) = part.text() {
                self.add_text(PathOrigin::Entry, way, text, false);
            }
            if levels > 1 {
                self.visit_near(part, levels - 1, way);
            }
            way.pop();
        }
    }

    fn visit_members<N: TreeNode<'a>>(
        &mut self,
        parts: &[(TreeStep<'a>, N)],
        way: &mut StepPath<'a>,
        is_many: bool,
    ) {
        let mut seen = HashSet::new();
        let twice: HashSet<TreeStep<'a>> = parts
            .iter()
            .map(|(step, _)| *step)
            .filter(|step| !seen.insert(*step))
            .collect();
        for step in &twice {
            let same = parts.iter().filter(|(other, _)| other == step);
            let same: Vec<N> = same.map(|(_, part)| *part).take(MAX_INNER).collect();
            self.visit_keyed_elements(*step, &same, way, is_many);
        }
        let levels = way
            .iter()
            .filter(|step| matches!(step, TreeStep::Member(_)))
            .count();
        for (step, part) in parts {
            let is_deep = levels >= MAX_LEVELS && part.has_parts();
            let is_other = part.has_parts()
                && step
                    .name()
                    .is_some_and(|name| names::parse_name(name).senses.has(NameSense::Others));
            if is_deep || is_other || self.texts > MAX_TEXTS {
                continue;
            }
            way.push(*step);
            self.visit(*part, way, is_many || twice.contains(step));
            way.pop();
        }
    }

    /// Adds elements of one name that an attribute distinguishes: `<str name="title">`.
    fn visit_keyed_elements<N: TreeNode<'a>>(
        &mut self,
        step: TreeStep<'a>,
        same: &[N],
        way: &mut StepPath<'a>,
        is_many: bool,
    ) {
        let TreeStep::Member(name) = step else { return };
        let keys = |node: &N| {
            let parts = node.parts();
            let of = |key: &str| {
                let part = parts
                    .iter()
                    .find(|(step, _)| *step == TreeStep::Attribute(key))?;
                part.1.text()
            };
            KEYS.iter()
                .find_map(|key| Some((*key, borrowed_text(of(key))?)))
        };
        let keyed: Option<Vec<_>> = same.iter().map(keys).collect();
        let Some(keyed) = keyed.filter(|keyed| are_distinct(keyed.iter().map(|(_, is)| *is)))
        else {
            return;
        };
        for (node, (key, is)) in same.iter().zip(keyed) {
            let Some(text) = node.text() else { continue };
            way.push(TreeStep::Where { name, key, is });
            self.add_text(PathOrigin::Entry, way, text, is_many);
            way.pop();
        }
    }

    fn visit_list<N: TreeNode<'a>>(
        &mut self,
        parts: &[(TreeStep<'a>, N)],
        way: &mut StepPath<'a>,
        is_many: bool,
    ) {
        let values: Vec<N> = parts
            .iter()
            .take(MAX_INNER)
            .map(|(_, part)| *part)
            .collect();
        let are_texts = values.iter().all(|value| !value.has_parts());
        // A row has cells, and two days are a period.
        if are_texts && (way.is_empty() || values.len() == 2) {
            for (at, value) in values.iter().enumerate() {
                if let Some(text) = value.text() {
                    way.push(TreeStep::Nth(at));
                    self.add_text(PathOrigin::Entry, way, text, is_many);
                    way.pop();
                }
            }
        }
        if way.is_empty() {
            return;
        }
        if !are_texts {
            self.visit_keyed_values(&values, way, is_many);
        }
        let is_many = is_many || values.len() > 1;
        for value in values {
            if self.texts > MAX_TEXTS {
                break;
            }
            way.push(TreeStep::Each);
            self.visit(value, way, is_many);
            way.pop();
        }
    }

    /// Adds objects that each represent a field: `{"field": "title", "value": "…"}`,
    /// `{"rel": "alternate", "href": "…"}`.
    fn visit_keyed_values<N: TreeNode<'a>>(
        &mut self,
        values: &[N],
        way: &mut StepPath<'a>,
        is_many: bool,
    ) {
        let member = |node: &N, name: &str| {
            let parts = node.parts();
            let is_it = |(step, _): &&(TreeStep<'a>, N)| matches!(step, TreeStep::Member(own) if *own == name);
            parts.iter().find(is_it).copied()
        };
        let key_of = |node: &N, key: &str| borrowed_text(member(node, key)?.1.text());
        let key = KEYS.iter().find(|key| {
            let found: Option<Vec<&str>> = values.iter().map(|node| key_of(node, key)).collect();
            found.is_some_and(|found| are_distinct(found.into_iter()))
        });
        let Some(key) = key else { return };
        for node in values {
            let value = VALUES
                .iter()
                .filter(|value| *value != key)
                .find_map(|value| member(node, value));
            let Some((is, (step, part))) = key_of(node, key).zip(value) else {
                continue;
            };
            let Some(text) = part.text() else { continue };
            way.push(TreeStep::Where { name: "", key, is });
            way.push(step);
            self.add_text(PathOrigin::Entry, way, text, is_many);
            way.truncate(way.len() - 2);
        }
    }

    fn add_text(
        &mut self,
        origin: PathOrigin,
        way: &[TreeStep<'a>],
        text: Cow<'a, str>,
        is_many: bool,
    ) {
        self.texts += 1;
        let text = truncate_text(text);
        if text.trim().is_empty() {
            return;
        }
        let place = RulePlace {
            origin,
            way: way.to_vec(),
        };
        let is_full = self.columns.len() >= MAX_COLUMNS;
        if is_full && !self.columns.contains_key(&place) {
            return;
        }
        let heads = self.heads;
        let column = self
            .columns
            .entry(place)
            .or_insert_with_key(|place| empty_column(place.clone(), heads));
        column.is_many |= is_many;
        if column.texts.last().is_none_or(|(at, _)| *at != self.record) {
            column.texts.push((self.record, text));
        }
    }
}

/// Returns an empty column, with the senses of its names.
fn empty_column<'a>(place: RulePlace<'a>, heads: Option<&[Cow<'a, str>]>) -> Column<'a> {
    let head = |at: usize| heads.and_then(|heads| heads.get(at)).map(Cow::as_ref);
    let written = |step: &TreeStep<'a>| match step {
        TreeStep::Nth(at) if place.way.len() == 1 => head(*at).map(str::to_owned),
        step => step.name().map(str::to_owned),
    };
    let written: Vec<String> = place.way.iter().filter_map(written).collect();
    let wraps = |at: usize| written.get(at).is_some_and(|name| names::is_wrapper(name));
    let last = written.len().saturating_sub(1);
    let is_wrapped = last > 0 && wraps(last) && !matches!(place.way.last(), Some(TreeStep::Nth(_)));
    let own = last - usize::from(is_wrapped);
    let understood: Vec<ParsedName> = written.iter().map(|name| names::parse_name(name)).collect();
    let around = understood.iter().take(own).map(|name| name.senses);
    let groups = |name: &&String| GROUPING.contains(&name.to_lowercase().as_str());
    Column {
        own: understood.get(own).copied().unwrap_or_default(),
        around: around.fold(NameSenses::default(), NameSenses::union),
        near: own
            .checked_sub(1)
            .and_then(|at| understood.get(at))
            .map(|name| name.senses)
            .unwrap_or_default(),
        levels: own - written.iter().take(own).filter(groups).count(),
        is_wrapped,
        is_many: false,
        texts: Vec::new(),
        place,
    }
}

/// Returns the part of a text that is judged.
fn truncate_text(text: Cow<'_, str>) -> Cow<'_, str> {
    let end = text.floor_char_boundary(MAX_TEXT_BYTES);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}

/// Returns a text borrowed from the document, unless it is long.
fn borrowed_text(text: Option<Cow<'_, str>>) -> Option<&str> {
    text.and_then(|text| match text {
        Cow::Borrowed(text) if text.len() <= MAX_KEY_BYTES => Some(text),
        _ => None,
    })
}

/// Returns true if there are at least two values and all differ.
fn are_distinct<'t>(mut texts: impl Iterator<Item = &'t str>) -> bool {
    let mut seen = HashSet::new();
    texts.all(|text| !text.is_empty() && seen.insert(text)) && seen.len() > 1
}
