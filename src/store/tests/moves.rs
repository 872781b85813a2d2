//! A source that gives its bulletins new addresses and guids gives no new bulletins; those that are alike stay apart.

use super::*;

const TEXT: &str = "The bridge stays closed until the water falls below the mark of last week.";

/// Each poll, a day apart, and how many of its entries are new.
#[track_caller]
fn check(polls: &[(&[&str], usize)]) {
    let desk = Desk::new();
    for ((entries, new), day) in polls.iter().zip(1..) {
        assert_eq!(desk.read("a", day, entries)[0], *new, "{entries:?}");
    }
}

#[test]
fn a_list_that_moved_is_the_same_list() {
    let desk = Desk::new();
    let list = |path: &str| {
        ["Bridge closed", "Flood at the river", "Ferry late"]
            .map(|title| format!("|/{path}/{title}|{title}|2021-06-28"))
    };
    desk.read("a", 1, &list("old"));
    desk.publish();
    let before = desk.live("all");
    assert_eq!(desk.read("a", 2, &list("new")), [0, 0, 0]);
    let after = desk.live("all");
    let told = |stories: &[Story]| -> Vec<_> {
        let told = stories
            .iter()
            .map(|story| (story.id, story.updated, story.published));
        told.collect()
    };
    assert_eq!(told(&after), told(&before));
    let addresses = after.iter().map(|story| story.address().unwrap().path());
    assert!(addresses.into_iter().all(|path| path.starts_with("/new/")));
    // Both are its keys from now on, and what is new there is new.
    assert_eq!(desk.read("a", 3, &list("new")), [0, 0, 0]);
    assert_eq!(desk.read("a", 4, &list("old")), [0, 3, 0]);
    let mut longer = list("new").to_vec();
    longer.push("|/new/more|Ball of the harbour|2021-06-28".into());
    assert_eq!(desk.read("a", 5, &longer), [1, 3, 0]);
}

#[test]
fn a_text_of_one_title_and_day_is_one_bulletin_whatever_its_key() {
    let entry = |key: &str, date: &str, text: &str| format!("{key}|Bridge closed|{date}|{text}");
    let old = entry("g1|/1", "2021-06-28", TEXT);
    let check = |new: &str, count: usize| check(&[(&[&old], 1), (&[new], count), (&[new], 0)]);
    check(&entry("g2|/2", "2021-06-28", TEXT), 0);
    check(&entry("|/2", "2021-06-28T10:00:00Z", TEXT), 0);
    check(&entry("g2|/2", "", TEXT), 0);
    check(&entry("g2|/2", "2021-06-29", TEXT), 1);
    check(
        &entry(
            "g2|/2",
            "2021-06-28",
            "No boats until noon, says the harbour office.",
        ),
        1,
    );
    check(
        &entry("g2|/2", "", "The bridge stays closed until noon."),
        1,
    );
    check(&entry("g2|/2", "", ""), 1);
}

#[test]
fn a_date_that_comes_or_goes_with_the_move_parts_nothing() {
    let old = format!("g1|/1|Bridge closed||{TEXT}");
    let new = format!("g2|/2|Bridge closed|2021-06-28|{TEXT}");
    check(&[(&[&old], 1), (&[&new], 0), (&[&new], 0)]);
}

#[test]
fn notices_of_one_title_stay_apart() {
    let notice = |n: usize| format!("g{n}|/{n}|Notice|2021-06-28|{TEXT}");
    let [one, two, three, four] = [1, 2, 3, 4].map(notice);
    // The first is still there; it may have been either; either may be it.
    check(&[(&[&one], 1), (&[&one, &two], 1)]);
    check(&[(&[&one, &two], 2), (&[&three], 1)]);
    check(&[(&[&one], 1), (&[&two, &three], 2)]);
    check(&[(&[&one, &two], 2), (&[&three, &four], 2)]);
    // Two bulletins a day, of which a page shows one.
    check(&[
        (&["|/1|Weather|2021-06-28"], 1),
        (&["|/2|Weather|2021-06-28"], 1),
    ]);
}

#[test]
fn titles_alone_tell_a_move_only_where_the_whole_list_moved() {
    let list = |path: &str, titles: &[&str]| -> Vec<String> {
        let entry = |title: &&str| format!("|/{path}/{title}|{title}|");
        titles.iter().map(entry).collect()
    };
    let check = |before: &[String], after: &[String], new: usize| {
        let desk = Desk::new();
        desk.read("a", 1, before);
        assert_eq!(desk.read("a", 2, after)[0], new, "{before:?} {after:?}");
    };
    let old = list("old", &["Bridge", "Ferry", "Ball", "Pier"]);
    check(&old, &list("new", &["Bridge", "Ferry", "Ball"]), 0);
    check(&old, &list("new", &["Bridge", "Ferry"]), 2);
    check(
        &old,
        &list("new", &["Bridge", "Ferry", "Ball", "a", "b", "c", "d"]),
        7,
    );
    let mut partly = list("new", &["Bridge", "Ferry", "Ball"]);
    partly.push(old[3].clone());
    check(&old, &partly, 3);
}
