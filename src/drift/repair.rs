//! Rules that read a changed page again, confirmed by the known items that they find.
//!
//! In: the page, its source, and items that the source provided before. Out: the selectors equivalent to the page's
//! structure, if they find enough of those items. Items are compared after the same processing as a poll's entries.

use std::collections::HashSet;

use url::Url;

use crate::extract;
use crate::model::{Css, Document, Item, Reading, Repair, Rules, Source};
use crate::normalize::{comparable_address, normalize};
use crate::text::fold_text;

/// The minimum number of items found; fewer may be a menu that is on every page of the site.
const MIN_FOUND: usize = 3;

/// The properties of an earlier item by which it can be found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownItem {
    /// Its title.
    pub title: String,
    /// Its address.
    pub address: Option<Url>,
}

/// Returns true if rules can be found for the source's page. Other documents are read by their formats.
pub fn is_repairable(source: &Source) -> bool {
    matches!(
        source.reading,
        Reading::Html(_) | Reading::Page | Reading::Auto
    )
}

/// Searches the structure of a page that drifted for `known` items. Returns `None` if fewer than a third of those that
/// the page has room for are found.
pub fn find_repair(document: &Document, source: &Source, known: &[KnownItem]) -> Option<Repair> {
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
    let rules = extract::suggest_settings(document, &by_structure)
        .page_rules()?
        .clone();
    let select = rules
        .places()
        .map(|(key, css)| (key.to_owned(), css.to_string()))
        .collect();
    let items = read_by_rules(document, by_structure, rules)?;
    let found = titles_found_again(&items, known);
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

/// Returns the items that `rules` read from the document.
fn read_by_rules(document: &Document, source: Source, rules: Rules<Css>) -> Option<Vec<Item>> {
    let source = Source {
        reading: Reading::Html(Box::new(rules)),
        ..source
    };
    let extracted = extract::extract(document, &source).ok()?;
    Some(normalize(&source, vec![(document.clone(), extracted)]).items)
}

/// Returns the titles of the known items among `items`, each once.
pub(super) fn titles_found_again(items: &[Item], known: &[KnownItem]) -> Vec<String> {
    let titles: HashSet<String> = known.iter().map(|item| fold_text(&item.title)).collect();
    let addresses: HashSet<String> = known
        .iter()
        .filter_map(|item| comparable_address(item.address.as_ref()?))
        .collect();
    let mut taken = HashSet::new();
    let known = items.iter().filter(|item| {
        let title = fold_text(&item.title);
        let address = item.address.as_ref().and_then(comparable_address);
        let is_known =
            titles.contains(&title) || address.is_some_and(|address| addresses.contains(&address));
        is_known && taken.insert(title)
    });
    known.map(|item| item.title.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::tests::source;

    const TITLES: [&str; 6] = [
        "The bridge over the river is closed",
        "No ferries leave before noon",
        "The harbour office moves to the pier",
        "Boats of more than six metres pay less",
        "The ball of the harbour is in August",
        "A new lamp stands at the breakwater",
    ];

    fn page(titles: &[&str]) -> Document {
        let card = |(n, title): (usize, &&str)| {
            format!(
                "<li class=card><h2><a href=/stories/{n}>{title}</a></h2><time>{} June 2021</time>",
                n + 1
            )
        };
        let cards: String = titles.iter().enumerate().map(card).collect();
        let menu = "<ul class=menu><li><a href=/>Home</a><li><a href=/about>About us</a></ul>";
        Document {
            url: "https://host.example/list".parse().unwrap(),
            content_type: Some("text/html".into()),
            body: format!("<title>Host</title>{menu}<ul>{cards}</ul>").into_bytes(),
            fetched_at: "2021-07-01T12:00:00Z".parse().unwrap(),
        }
    }

    fn known(titles: &[&str]) -> Vec<KnownItem> {
        let known = |title: &&str| KnownItem {
            title: title.to_uppercase(),
            address: Some("https://host.example/old".parse().unwrap()),
        };
        titles.iter().map(known).collect()
    }

    fn of_page() -> Source {
        Source {
            reading: Reading::Page,
            ..source()
        }
    }

    #[test]
    fn what_is_known_shows_that_the_rules_are_right() {
        let repair = find_repair(&page(&TITLES), &of_page(), &known(&TITLES[1..])).unwrap();
        assert_eq!(repair.found, TITLES[1..]);
        assert_eq!((repair.known, repair.records), (5, 6));
        let rules = ["item", "title", "date"].map(|rule| repair.select.contains_key(rule));
        assert_eq!(rules, [true; 3], "{:?}", repair.select);
    }

    #[test]
    fn an_address_is_as_good_as_a_title() {
        let moved = (0..3).map(|n| KnownItem {
            title: "Otherwise".into(),
            address: Some(
                format!("http://www.host.example/stories/{n}/")
                    .parse()
                    .unwrap(),
            ),
        });
        let known: Vec<KnownItem> = moved.collect();
        let repair = find_repair(&page(&TITLES), &of_page(), &known).unwrap();
        assert_eq!(repair.found, TITLES[..3]);
    }

    #[test]
    fn too_little_that_is_known_proposes_nothing() {
        let check = |known: &[KnownItem], source: &Source| {
            assert_eq!(
                find_repair(&page(&TITLES), source, known),
                None,
                "{known:?}"
            );
        };
        check(&[], &of_page());
        check(&known(&TITLES[..2]), &of_page());
        check(&known(&TITLES), &source());
        // Three of the six items that the page has room for are enough; three of 23 are not.
        let old: Vec<String> = (0..40)
            .map(|n| format!("Notice {n} of last year"))
            .collect();
        let mut old: Vec<&str> = old.iter().map(String::as_str).collect();
        old.extend(&TITLES[..3]);
        assert!(find_repair(&page(&TITLES), &of_page(), &known(&old)).is_some());
        let shop = |n| format!("A thing of the number {n} to be bought");
        let shop: Vec<String> = (0..20).map(shop).collect();
        let mut shop: Vec<&str> = shop.iter().map(String::as_str).collect();
        shop.extend(&TITLES[..3]);
        assert_eq!(find_repair(&page(&shop), &of_page(), &known(&old)), None);
    }
}
