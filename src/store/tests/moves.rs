//! Tests that a source which gives its bulletins new addresses and guids gives no new bulletins, and that similar
//! ones stay apart.

use super::*;

const TEXT: &str = "The bridge stays closed until the water falls below the mark of last week.";

/// Checks how many entries of each poll are new; polls are a day apart.
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
    // Both are its keys from now on, and anything new under them is new.
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
    // The old notice is still listed, or may be one of several, or several may be it.
    check(&[(&[&one], 1), (&[&one, &two], 1)]);
    check(&[(&[&one, &two], 2), (&[&three], 1)]);
    check(&[(&[&one], 1), (&[&two, &three], 2)]);
    check(&[(&[&one, &two], 2), (&[&three, &four], 2)]);
    // A page shows one of two bulletins a day.
    check(&[
        (&["|/1|Weather|2021-06-28"], 1),
        (&["|/2|Weather|2021-06-28"], 1),
    ]);
}

/// Checks how many entries `(title, date, text)` of `after` are new when their addresses differ from those of
/// `before`.
#[track_caller]
fn check_list(before: &[(&str, &str, &str)], after: &[(&str, &str, &str)], new: usize) {
    let list = |path: &str, entries: &[(&str, &str, &str)]| -> Vec<String> {
        let entry = |(n, entry): (usize, &(&str, &str, &str))| {
            let (title, date, text) = entry;
            format!("|/{path}/{n}|{title}|{date}|{text}")
        };
        entries.iter().enumerate().map(entry).collect()
    };
    let desk = Desk::new();
    desk.read("a", 1, &list("old", before));
    let read = desk.read("a", 2, &list("new", after));
    assert_eq!(read[0], new, "{before:?} {after:?}");
}

#[test]
fn titles_tell_a_move_where_the_whole_list_moved() {
    let told = [
        ("No boats leave the old harbour", "", ""),
        ("The ferry to the island is late", "", ""),
        ("The ball of the harbour office", "", ""),
        ("A new lamp stands at the pier", "", ""),
    ];
    let others = ["One", "Two", "Three", "Four"].map(|title| (title, "", ""));
    check_list(&told, &told[..3], 0);
    check_list(&told, &told[..2], 2);
    check_list(&told, &[&told[..3], &others[..3]].concat(), 3);
    check_list(&told, &[&told[..3], &others].concat(), 7);
    // Short titles may recur every week.
    check_list(&others, &others, 4);
    let dated = others.map(|(title, ..)| (title, "2021-06-28", ""));
    check_list(&dated, &dated, 0);
    // Two different bulletins a day.
    let morning =
        others.map(|(title, ..)| (title, "2021-06-28", "Rain in the morning, then wind."));
    let evening =
        others.map(|(title, ..)| (title, "2021-06-28", "Clear until the next day comes."));
    check_list(&morning, &evening, 4);
}

#[test]
fn a_list_that_is_known_has_not_moved() {
    let list = |path: &str, days: std::ops::Range<usize>| -> Vec<String> {
        let entry = |n| format!("|/{path}/{n}|Bulletin {n}|2021-06-28|");
        days.map(entry).collect()
    };
    let desk = Desk::new();
    desk.read("a", 1, &list("old", 0..6));
    let partly = [list("new", 0..4), list("old", 4..6)].concat();
    assert_eq!(desk.read("a", 2, &partly)[0], 4);
}

#[test]
fn guids_that_change_at_every_poll_say_nothing() {
    let desk = Desk::new();
    let told = |day: u32, text: &str| {
        let entry = |n: usize| format!("{day}-{n}|/{n}|Notice {n} of the harbour||{text}");
        desk.read("a", day, &[entry(1), entry(2)])
    };
    let guids = || {
        let sql = "SELECT count(*) FROM identity WHERE kind = 'guid'";
        let count = desk.connection().query_row(sql, [], |row| row.get(0));
        count.unwrap_or(0_usize)
    };
    assert_eq!(told(1, TEXT), [2, 0, 0]);
    let ids = desk
        .live("all")
        .iter()
        .map(|story| story.id)
        .collect::<Vec<_>>();
    for day in 2..8 {
        assert_eq!(told(day, TEXT), [0, 0, 0], "{day}");
    }
    let problem = desk.source("a").problem.unwrap();
    assert_eq!(problem.code, "guids-churn");
    assert_eq!(
        problem.text,
        "2 items have a new guid again and again: they are known by their addresses instead"
    );
    assert_eq!((desk.source("a").state, guids()), (SourceCondition::Ok, 6));
    // A correction at the new address is an update.
    assert_eq!(
        told(
            8,
            "Open again, says the harbour master, until the next storm comes."
        ),
        [0, 2, 0]
    );
    let after = desk
        .live("all")
        .iter()
        .map(|story| story.id)
        .collect::<Vec<_>>();
    assert_eq!(after, ids);
}

#[test]
fn what_says_nothing_but_its_title_is_known_by_its_address() {
    check(&[
        (&["g1|/1|Notice"], 1),
        (&["g2|/1|Notice"], 0),
        (&["g3|/2|Notice"], 1),
    ]);
}

/// One guid or address names another bulletin each time: each is a separate item, but a correction is not.
#[test]
fn what_stands_under_one_key_may_roll() {
    let rolling = |key: &str| {
        let entry = |number: u32, day: u32, text: &str| {
            format!("{key}|Bulletin no. {number} of the harbour|2021-06-{day}|{text}")
        };
        let (one, two) = (entry(23, 20, TEXT), entry(24, 27, TEXT));
        let corrected = entry(24, 27, &format!("{TEXT} It rained for 3 days."));
        let retitled = entry(25, 27, TEXT);
        check(&[
            (&[&one], 1),
            (&[&two], 1),
            (&[&two], 0),
            (&[&corrected], 0),
            (&[&one], 0),
        ]);
        // A number corrected on the same day is an update.
        check(&[(&[&two], 1), (&[&retitled], 0)]);
    };
    rolling("g1|/latest");
    rolling("|/latest");
}
