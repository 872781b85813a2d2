//! A fresh look at a page that is read by its structure, ignoring everything kept for it.
//!
//! In: the page, its source, and items that the source provided before. Out: the page's current layout, its records,
//! and selectors that read the same, if there are any.

use std::collections::BTreeMap;

use super::repair::{KnownItem, titles_found_again};
use crate::extract::{self, ExtractError};
use crate::model::{Css, Document, Field, Item, Layout, Reading, Rule, Rules, Source};
use crate::normalize::normalize;

/// The result of a fresh look at a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshLook {
    /// The layout by which its records are found.
    pub layout: Layout,
    /// The `select` that reads the same, by the name of each rule; `None` if no selectors do.
    pub select: Option<BTreeMap<String, String>>,
    /// The titles of its records, in the order of the page.
    pub titles: Vec<String>,
    /// Titles of the known items among them.
    pub found: Vec<String>,
}

/// Returns true if a source's page, should its document be one, is read by its structure.
pub fn is_by_structure(source: &Source) -> bool {
    matches!(source.reading, Reading::Page | Reading::Auto)
}

/// Looks at a page anew. Returns `None` if it has no records, and for documents that are not pages.
pub fn look_anew(document: &Document, source: &Source, known: &[KnownItem]) -> Option<FreshLook> {
    let (layout, rules) = extract::find_fresh_layout(document, source)?;
    let by_layout = Source {
        layout: Some(layout.clone()),
        ..source.clone()
    };
    let items = read_items(document, &by_layout).ok()?;
    let select = rules.and_then(|rules| find_same_selectors(document, source, &rules, &items));
    Some(FreshLook {
        layout,
        select,
        found: titles_found_again(&items, known),
        titles: items.into_iter().map(|item| item.title).collect(),
    })
}

/// Returns the titles that a source reads from a document.
///
/// # Errors
/// [`ExtractError`] if it reads nothing.
pub fn read_titles(document: &Document, source: &Source) -> Result<Vec<String>, ExtractError> {
    let items = read_items(document, source)?;
    Ok(items.into_iter().map(|item| item.title).collect())
}

fn read_items(document: &Document, source: &Source) -> Result<Vec<Item>, ExtractError> {
    let extracted = extract::extract(document, source)?;
    Ok(normalize(source, vec![(document.clone(), extracted)]).items)
}

/// Returns `rules` in the form used in a block, if they read the same items in that form. A block has one place for
/// each rule.
fn find_same_selectors(
    document: &Document,
    source: &Source,
    rules: &Rules<Css>,
    expected: &[Item],
) -> Option<BTreeMap<String, String>> {
    let select: BTreeMap<String, String> = rules
        .places()
        .map(|(key, css)| (key.to_owned(), css.to_string()))
        .collect();
    let by_rules = Source {
        reading: Reading::Html(Box::new(parse_select(&select)?)),
        layout: None,
        ..source.clone()
    };
    let found = read_items(document, &by_rules).ok()?;
    let is_same = |(one, other): (&Item, &Item)| {
        one.id == other.id && one.title == other.title && one.stated == other.stated
    };
    let is_same = found.len() == expected.len() && found.iter().zip(expected).all(is_same);
    is_same.then_some(select)
}

fn parse_select(select: &BTreeMap<String, String>) -> Option<Rules<Css>> {
    let item = select.get(Rules::<Css>::ITEM)?.parse().ok()?;
    let fields = select.iter().filter(|(key, _)| *key != Rules::<Css>::ITEM);
    let rule = |(key, css): (&String, &String)| {
        let field = Field::ALL.into_iter().find(|field| field.as_str() == key)?;
        Some((field, Rule::from_place(css.parse::<Css>().ok()?)))
    };
    Some(Rules {
        item: vec![item],
        fields: fields.map(rule).collect::<Option<_>>()?,
    })
}
