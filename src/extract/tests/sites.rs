//! Tests sites before and after a redesign: the same records in another layout, some new ones on top, the
//! oldest gone.
//!
//! A fixture is a folder with both pages.

use super::*;

const SITES: [&str; 3] = ["drupal7-views", "wordpress-archive", "municipal-table"];

fn page(site: &str, design: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sites");
    let file = folder.join(site).join(format!("{design}.html"));
    String::from_utf8(bytes(&file)).unwrap()
}

fn by_structure() -> Source {
    source("html", "")
}

fn read(page: &str, source: &Source) -> Result<Extracted, ExtractError> {
    extract(&document(source, page.as_bytes().to_vec()), source)
}

fn rules(page: &str) -> Rules<Css> {
    let source = by_structure();
    let hinted = suggest_settings(&document(&source, page.as_bytes().to_vec()), &source);
    hinted.page_rules().unwrap().clone()
}

fn by(rules: Rules<Css>) -> Source {
    Source {
        reading: Reading::Html(Box::new(rules)),
        ..by_structure()
    }
}

/// Calls `check` with the name and the page of each site in each design.
fn each(check: impl Fn(&str, &str)) {
    for site in SITES {
        for design in ["before", "after"] {
            check(&format!("{site}/{design}"), &page(site, design));
        }
    }
}

#[test]
fn every_record_is_found_in_both_designs() {
    let mut told = String::new();
    for site in SITES {
        for design in ["before", "after"] {
            let extracted = read(&page(site, design), &by_structure()).unwrap();
            writeln!(told, "{site} {design}: {}", extracted.entries.len()).unwrap();
            for (title, link, date) in essence(&extracted) {
                let [title, link, date] = [title, link, date].map(Option::unwrap_or_default);
                writeln!(told, "  {date} | {title} | {link}").unwrap();
            }
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn the_selectors_of_each_design_read_the_same() {
    each(|name, page| {
        let by_selectors = read(page, &by(rules(page))).unwrap();
        let by_structure = read(page, &by_structure()).unwrap();
        assert_eq!(essence(&by_selectors), essence(&by_structure), "{name}");
    });
}

#[test]
fn the_selectors_of_the_old_design_find_nothing_in_the_new_one() {
    for site in SITES {
        let old = rules(&page(site, "before"));
        let error = read(&page(site, "after"), &by(old)).unwrap_err();
        assert!(error.is_drift(), "{site}: {error}");
    }
}

#[test]
fn neither_classes_nor_ids_are_needed() {
    each(|name, page| {
        let whole = read(page, &by_structure()).unwrap();
        let stripped = read(&bare(page), &by_structure()).unwrap();
        let whole = essence(&whole);
        let found = essence(&stripped);
        let same = whole.iter().filter(|entry| found.contains(entry)).count();
        assert!(
            same * 10 >= whole.len() * 9,
            "{name}: {same} of {}",
            whole.len()
        );
    });
}
