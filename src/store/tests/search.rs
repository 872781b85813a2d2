//! Tests searches of a store: the items that the index finds, and the limits of a search.

use super::*;
use crate::store::StoreSearch;

/// Returns the titles found by a search that matches only `wanted`.
fn found(desk: &Desk, needs: RequiredTokens, wanted: &'static [&'static str]) -> Vec<String> {
    desk.ask(move |reader| {
        let search = StoreSearch {
            needs,
            takes: Box::new(|subject| wanted.contains(&subject.title)),
            after: None,
            before: None,
            most: 50,
        };
        let stories = reader.search_stories(&search)?;
        Ok(stories.into_iter().map(|story| story.shown.title).collect())
    })
}

#[test]
fn a_search_is_tried_on_so_many_items_and_no_more() {
    let desk = Desk::new();
    desk.read("a", 1, &["g0||Heron 0|2021-06-30"]);
    let notices = |numbers: std::ops::Range<u32>| -> Vec<String> {
        let notice = |n| format!("g{n}||Notice {n} about berth {n}|2021-06-30");
        numbers.map(notice).collect()
    };
    // A poll of one source is no flood while the source is new.
    desk.read("b", 1, &notices(1..500));
    let any = || RequiredTokens::Nothing;
    assert_eq!(found(&desk, any(), &["Heron 0"]), ["Heron 0"]);
    desk.read("c", 1, &["h1||Gull|2021-06-30"]);
    assert_eq!(found(&desk, any(), &["Heron 0"]), [""; 0]);
    assert_eq!(found(&desk, any(), &["Gull"]), ["Gull"]);
    // The index finds it nevertheless.
    let heron = RequiredTokens::Token("heron".to_owned());
    assert_eq!(found(&desk, heron, &["Heron 0"]), ["Heron 0"]);
}
