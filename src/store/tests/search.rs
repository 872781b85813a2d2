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

/// A process may be killed between the commit of an item and its place in the index.
#[test]
fn items_that_a_crash_kept_out_of_the_index_enter_it_at_the_next_start() {
    let desk = Desk::new();
    desk.read("a", 1, &["g0||Heron|2021-06-30"]);
    let closed = desk.closed();
    let connection = Connection::open(closed.folder.path().join("tidings.db")).unwrap();
    connection
        .execute_batch(
            "DELETE FROM item_token WHERE rowid = 1; INSERT INTO token_due (item) VALUES (1);",
        )
        .unwrap();
    drop(connection);
    let closed = closed.open().closed();
    let connection = Connection::open(closed.folder.path().join("tidings.db")).unwrap();
    let count = |sql: &str| -> u32 { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(count("SELECT count(*) FROM token_due"), 0);
    let indexed = "SELECT count(*) FROM item_token WHERE item_token MATCH 'heron'";
    assert_eq!(count(indexed), 1);
}
