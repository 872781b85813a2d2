//! Derives selectors from a list found by structure.
//!
//! In: the page, the records found and the parts of each. Out: rules that read the same records, which an
//! operator may keep or change. Returns no rules if records are not elements of their own, or if no short
//! selector finds exactly these records.

use std::collections::{BTreeSet, HashSet};

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Selector};

use super::keep_outermost;
use super::lists::{ListRoles, PageSheet, RecordRange};
use super::outline::Outline;
use crate::model::{Css, Field, Rule, Rules};

/// The maximum number of elements around the records in a selector.
const MAX_CONTEXT: usize = 6;

/// The place of a field that is the whole record.
const SELF: &str = ":self";

/// The number of records on which the selector of a field is tried.
const TRIED: usize = 30;

/// The parts of a record, as elements of the outline.
#[derive(Clone, Default)]
struct RecordNodes {
    title: Option<usize>,
    link: Option<usize>,
    date: Option<usize>,
    /// The attribute that states the date for programs.
    attribute: Option<String>,
    summary: Option<usize>,
}

/// Returns the rules that read these records as `roles` do.
pub(super) fn find_rules(
    page: &Html,
    sheet: &PageSheet<'_, '_>,
    records: &[&RecordRange],
    roles: &ListRoles<'_, '_, '_>,
) -> Option<Rules<Css>> {
    let outline = sheet.outline;
    let elements: Vec<ElementRef<'_>> = records
        .iter()
        .filter(|record| outline.at(record.start).end == record.end)
        .filter_map(|record| outline.at(record.start).element())
        .collect();
    if elements.len() != records.len() {
        return None;
    }
    let tried = records.iter().take(TRIED);
    let nodes: Vec<RecordNodes> = tried
        .map(|record| record_nodes(sheet, roles, record))
        .collect();
    let field = |of: fn(&RecordNodes) -> Option<usize>| {
        let nodes = nodes.iter().map(|nodes| outline.at(of(nodes)?).element());
        field_selector(&elements, &nodes.collect::<Vec<_>>())
    };
    let title = field(|nodes| nodes.title)?;
    let item = item_selector(page, outline, records, &elements, &title)?;
    let link = field(|nodes| nodes.link).map(|link| format!("{link}@href"));
    let attribute = nodes.iter().find_map(|nodes| nodes.attribute.clone());
    let date = field(|nodes| nodes.date).map(|date| match attribute {
        // `datetime` is read by default.
        Some(name) if name != "datetime" => format!("{date}@{name}"),
        _ => date,
    });
    let summary = field(|nodes| nodes.summary);
    let fields = [
        (Field::Title, Some(title)),
        (Field::Link, link),
        (Field::Date, date),
        (Field::Summary, summary),
    ];
    let rule = |written: &str| Some(Rule::from_place(written.parse::<Css>().ok()?));
    Some(Rules {
        item: vec![item.parse().ok()?],
        fields: fields
            .into_iter()
            .filter_map(|(field, written)| Some((field, rule(&written?)?)))
            .collect(),
    })
}

/// Returns the innermost elements that contain the parts of a record.
fn record_nodes(
    sheet: &PageSheet<'_, '_>,
    roles: &ListRoles<'_, '_, '_>,
    record: &RecordRange,
) -> RecordNodes {
    let parts = roles.find_parts(record);
    let around = |leaves: &std::ops::Range<usize>| {
        let first = sheet
            .leaves
            .get(leaves.start)
            .filter(|_| !leaves.is_empty())?;
        let mut above = sheet
            .outline
            .ancestors_from(first.nodes.start, record.start);
        above.find(|index| {
            let inside = sheet.leaves_in(&sheet.outline.range(*index));
            sheet.outline.at(*index).element().is_some()
                && inside.start <= leaves.start
                && inside.end >= leaves.end
        })
    };
    let date = parts.date.filter(|_| !parts.is_headed);
    let stated = date.as_ref().filter(|date| date.attribute.is_some());
    RecordNodes {
        title: parts.title.as_ref().and_then(|unit| around(&unit.leaves)),
        link: parts.link,
        date: match &stated {
            Some(date) => Some(date.node),
            None => date.as_ref().and_then(|date| around(&date.leaves)),
        },
        attribute: stated.and_then(|date| date.attribute.clone()),
        summary: roles.summary_node(record),
    }
}

/// Returns the first selector that finds the records and nothing else.
fn item_selector(
    page: &Html,
    outline: &Outline<'_>,
    records: &[&RecordRange],
    elements: &[ElementRef<'_>],
    title: &str,
) -> Option<String> {
    let wanted: HashSet<NodeId> = elements.iter().map(|element| element.id()).collect();
    let (first, last) = (records.first()?, records.last()?);
    let around = outline.ancestors(first.start).skip(1);
    let around = around.filter(|above| outline.range(*above).contains(&last.start));
    let around: Vec<ElementRef<'_>> = around
        .take(MAX_CONTEXT)
        .filter_map(|above| outline.at(above).element())
        .collect();
    let parents: Vec<ElementRef<'_>> = elements.iter().filter_map(parent_element).collect();
    let own = compound_selectors(elements);
    let mut written = own.clone();
    written.extend(combine_selectors(
        &compound_selectors(&parents),
        " > ",
        &own,
    ));
    written.extend(
        around
            .iter()
            .flat_map(|above| combine_selectors(&compound_selectors(&[*above]), " ", &own)),
    );
    // Nothing names the place itself, so use the content of the records, or the way to it from the body.
    let having: Vec<String> = own
        .iter()
        .map(|own| format!("{own}:has({title})"))
        .collect();
    written.extend(having.iter().cloned());
    written.extend(
        around
            .iter()
            .flat_map(|above| combine_selectors(&compound_selectors(&[*above]), " ", &having)),
    );
    let ways: Vec<String> = around
        .first()
        .map(|parent| index_path(*parent))
        .into_iter()
        .collect();
    written.extend(combine_selectors(&ways, " > ", &own));
    written.extend(combine_selectors(&ways, " > ", &having));
    written.into_iter().find(|written| {
        let selector = Selector::parse(written).ok();
        selector.is_some_and(|selector| {
            let found = keep_outermost(page.select(&selector).collect());
            found.len() == wanted.len() && found.iter().all(|found| wanted.contains(&found.id()))
        })
    })
}

/// Combines each of `own` with each context.
fn combine_selectors(context: &[String], sign: &str, own: &[String]) -> Vec<String> {
    let pairs = context
        .iter()
        .flat_map(|above| own.iter().map(move |own| (above, own)));
    pairs
        .map(|(above, own)| format!("{above}{sign}{own}"))
        .collect()
}

/// Returns the first selector that finds the node of a field in each record, or in four of five.
fn field_selector(records: &[ElementRef<'_>], nodes: &[Option<ElementRef<'_>>]) -> Option<String> {
    let found: Vec<ElementRef<'_>> = nodes.iter().flatten().copied().collect();
    let parents: Vec<ElementRef<'_>> = found.iter().filter_map(parent_element).collect();
    let (own, context) = (compound_selectors(&found), compound_selectors(&parents));
    let nested = context
        .iter()
        .flat_map(|above| own.iter().map(move |own| format!("{above} > {own}")));
    let whole = [SELF.to_owned()];
    let written = own.iter().cloned().chain(nested).chain(whole);
    let fits = |written: &String| {
        let pairs = records.iter().zip(nodes);
        if written == SELF {
            let is_whole = |(record, node): &(&ElementRef<'_>, &Option<ElementRef<'_>>)| {
                node.as_ref() == Some(*record)
            };
            return pairs.filter(is_whole).count();
        }
        let Ok(selector) = Selector::parse(written) else {
            return 0;
        };
        let same = pairs.filter(|(record, node)| {
            record.select(&selector).next().map(|found| found.id()) == node.map(|node| node.id())
        });
        same.count()
    };
    let mut best = (0, String::new());
    for written in written {
        let fits = fits(&written);
        if fits > best.0 {
            best = (fits, written);
        }
    }
    (best.0 * 5 >= nodes.len() * 4).then_some(best.1)
}

/// Returns compound selectors for the elements, the most specific first: the id of one, a class that all
/// share, the place of a cell, the tag.
pub(super) fn compound_selectors(elements: &[ElementRef<'_>]) -> Vec<String> {
    let names: BTreeSet<&str> = elements
        .iter()
        .map(|element| element.value().name())
        .collect();
    let [first, ..] = elements else {
        return Vec::new();
    };
    if names.len() > 1 {
        return Vec::new();
    }
    let name = first.value().name();
    let mut compounds = Vec::new();
    if let ([_], Some(id)) = (elements, first.value().id()) {
        compounds.extend(Some(format!("#{id}")).filter(|_| is_plain(id) && !is_numbered(id)));
    }
    let shared = first.value().classes().filter(|class| {
        let has = |element: &ElementRef<'_>| element.value().classes().any(|own| own == *class);
        is_plain(class) && (elements.len() > 1 || !is_numbered(class)) && elements.iter().all(has)
    });
    compounds.extend(shared.map(|class| format!("{name}.{class}")));
    let places: BTreeSet<usize> = elements
        .iter()
        .map(|element| sibling_index(*element))
        .collect();
    if let (true, Some(place), 1) = (matches!(name, "td" | "th"), places.first(), places.len()) {
        compounds.push(format!("{name}:nth-child({place})"));
    }
    compounds.push(name.to_owned());
    compounds
}

/// Returns true if a name belongs to one record or page, such as `post-17`.
fn is_numbered(name: &str) -> bool {
    name.ends_with(|c: char| c.is_ascii_digit())
}

/// Returns the parent element of an element.
fn parent_element<'a>(element: &ElementRef<'a>) -> Option<ElementRef<'a>> {
    element.parent().and_then(ElementRef::wrap)
}

/// Returns true if a name can be used in a selector without escaping.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.chars().all(plain) && name.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Returns the index of an element among its siblings, from 1.
fn sibling_index(element: ElementRef<'_>) -> usize {
    1 + element
        .prev_siblings()
        .filter(|node| node.value().is_element())
        .count()
}

/// Returns the way from the body to an element, by indexes.
fn index_path(element: ElementRef<'_>) -> String {
    let mut steps: Vec<String> = [element]
        .into_iter()
        .chain(element.ancestors().filter_map(ElementRef::wrap))
        .take_while(|element| element.value().name() != "html")
        .map(|element| match element.value().name() {
            "body" => "body".to_owned(),
            name => format!("{name}:nth-child({})", sibling_index(element)),
        })
        .collect();
    steps.reverse();
    steps.join(" > ")
}
