//! Rules that read a changed page again, shown by the known items that they find there.
//!
//! In: the page, its source, items that the source gave before. Out: the selectors that the page's structure amounts to,
//! when by them enough of those items are found again. What is compared has gone the whole way that a poll's entries go.

use std::collections::HashSet;

use url::Url;

use crate::extract;
use crate::model::{Css, Document, Item, Reading, Repair, Rules, Source};
use crate::normalize::{comparable, folded, normalize};

/// Fewer may be a menu that stands on every page of the site.
const MIN_FOUND: usize = 3;

/// An item that the source gave before, as far as it can be found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its title.
    pub title: String,
    /// Its address.
    pub address: Option<Url>,
}

/// Whether there may be rules that read the source's page: those of other documents are their formats'.
pub fn is_repairable(source: &Source) -> bool {
    matches!(
        source.reading,
        Reading::Html(_) | Reading::Page | Reading::Auto
    )
}

/// Looks by its structure at a page that drifted, for `known` items; `None` when fewer than a third of those that it has
/// room for are found.
pub fn repair(document: &Document, source: &Source, known: &[Known]) -> Option<Repair> {
    if !is_repairable(source) {
        return None;
    }
    let reading = match &source.reading {
        Reading::Auto => Reading::Auto,
        _ => Reading::Page,
    };
    let by_structure = Source {
        reading,
        ..source.clone()
    };
    let rules = extract::hint(document, &by_structure).rules?;
    let select = rules
        .places()
        .map(|(key, css)| (key.to_owned(), css.to_string()))
        .collect();
    let items = read(document, by_structure, rules)?;
    let found = found_again(&items, known);
    let room = known.len().min(items.len());
    let enough = found.len() >= MIN_FOUND && found.len() * 3 >= room;
    let repair = Repair {
        select,
        found,
        known: known.len(),
        records: items.len(),
        at: document.fetched_at,
    };
    enough.then_some(repair)
}

/// What `rules` make of the document.
fn read(document: &Document, source: Source, rules: Rules<Css>) -> Option<Vec<Item>> {
    let source = Source {
        reading: Reading::Html(Box::new(rules)),
        ..source
    };
    let extracted = extract::extract(document, &source).ok()?;
    Some(normalize(&source, vec![(document.clone(), extracted)]).items)
}

/// Titles of the known items among `items`, each once.
fn found_again(items: &[Item], known: &[Known]) -> Vec<String> {
    let titles: HashSet<String> = known.iter().map(|item| folded(&item.title)).collect();
    let addresses: HashSet<String> = known
        .iter()
        .filter_map(|item| comparable(item.address.as_ref()?))
        .collect();
    let mut taken = HashSet::new();
    let known = items.iter().filter(|item| {
        let title = folded(&item.title);
        let address = item.address.as_ref().and_then(comparable);
        let is_known =
            titles.contains(&title) || address.is_some_and(|address| addresses.contains(&address));
        is_known && taken.insert(title)
    });
    known.map(|item| item.title.clone()).collect()
}
