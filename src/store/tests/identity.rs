//! Tests that entries without a usable guid or address, or with an edited one, match the item that they were before.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::StoryId;

const QUAY: &str = "The second quay is closed until Friday for dredging works of the port office.";
const PILOT: &str = "Masters of vessels ask pilots by radio on channel twelve from now on.";
const LAMP: &str = "A new lamp burns at the northern pier, two flashes every ten seconds.";

/// Checks how many entries of each poll are new and how many changed; polls are a day apart.
#[track_caller]
fn check(polls: &[(&[&str], usize, usize)]) {
    let desk = Desk::new();
    for ((entries, new, updated), day) in polls.iter().zip(1..) {
        let read = desk.read("a", day, entries);
        assert_eq!((read[0], read[1]), (*new, *updated), "{entries:#?}");
    }
}

fn notice(text: &str) -> String {
    format!("||Notice|2021-06-28|{text}")
}

#[test]
fn texts_tell_notices_of_one_title_and_day() {
    let [quay, pilot, lamp] = [QUAY, PILOT, LAMP].map(notice);
    let edited = notice(&QUAY.replace("Friday", "Sunday"));
    check(&[
        (&[&quay], 1, 0),
        (&[&quay, &pilot], 1, 0),
        (&[&pilot], 0, 0),
        (&[&pilot, &edited], 0, 1),
        (&[&lamp], 1, 0),
        (&[&edited, &lamp, &pilot], 0, 0),
    ]);
    // A text that comes and goes, or says little, is an edit of the only item.
    check(&[
        (&[&notice("")], 1, 0),
        (&[&quay], 0, 1),
        (&[&notice("")], 0, 1),
    ]);
    check(&[(&[&notice("Closed.")], 1, 0), (&[&notice("Open.")], 0, 1)]);
}

#[test]
fn a_number_tells_notices_that_say_the_same() {
    let [quay, pilot] = [QUAY, PILOT].map(notice);
    let edited = notice(&QUAY.replace("Friday", "Sunday"));
    check(&[
        (&[&quay, &quay], 2, 0),
        (&[&quay, &quay], 0, 0),
        // One leaves, another notice arrives in between, and the first returns.
        (&[&quay], 0, 0),
        (&[&quay, &pilot, &quay], 1, 0),
        (&[&pilot, &quay, &quay, &quay], 1, 0),
        (&[&quay, &pilot, &quay, &quay], 0, 0),
        // One of them is edited.
        (&[&quay, &edited, &quay], 0, 1),
        (&[&edited, &quay, &quay], 0, 0),
    ]);
    // The list was short once.
    check(&[(&[&quay], 1, 0), (&[&quay, &quay], 1, 0), (&[&quay], 0, 0)]);
    // An address shared by all of them identifies nothing.
    let listed = |text: &str| format!("|/list|Notice|2021-06-28|{text}");
    let [quay, pilot] = [QUAY, PILOT].map(listed);
    check(&[
        (&[&quay, &quay, &pilot], 3, 0),
        (&[&pilot, &quay], 0, 0),
        (&[&quay, &quay, &pilot], 0, 0),
        (&[&quay, &quay], 0, 0),
    ]);
    // Two entries with the same guid are one.
    let own = format!("g|/a|Notice|2021-06-28|{QUAY}");
    check(&[(&[&own, &own], 1, 0), (&[&own], 0, 0)]);
}

#[test]
fn two_sources_tell_the_same_two_notices() {
    let desk = Desk::new();
    let quay = notice(QUAY);
    assert_eq!(desk.read("a", 1, &[&quay, &quay])[0], 2);
    desk.read("b", 2, &[&quay, &quay]);
    let stories = desk.live("all");
    assert_eq!(stories.len(), 2);
    assert!(stories.iter().all(|story| story.reports.len() == 2));
}

/// An older version stored one item for both, under date and title alone.
#[test]
fn what_is_stored_keeps_its_id() {
    let desk = Desk::new();
    let [quay, pilot] = [QUAY, PILOT].map(notice);
    desk.read("a", 1, &[&pilot]);
    let ids =
        |desk: &Desk| -> BTreeSet<_> { desk.live("all").iter().map(|story| story.id).collect() };
    let before = ids(&desk);
    assert_eq!(desk.read("a", 2, &[&quay, &pilot]), [1, 0, 0]);
    assert!(before.is_subset(&ids(&desk)));
    // The publisher starts to give guids: in any order, each goes to the right item.
    let with_guid = |guid: &str, text: &str| format!("{guid}|/{guid}|Notice|2021-06-28|{text}");
    let both = ids(&desk);
    let read = desk.read("a", 3, &[with_guid("g1", PILOT), with_guid("g2", QUAY)]);
    assert_eq!(read[0], 0);
    assert_eq!(ids(&desk), both);
    let texts: Vec<String> = desk
        .live("all")
        .into_iter()
        .map(|story| story.shown.title)
        .collect();
    assert_eq!(texts, ["Notice", "Notice"]);
    assert_eq!(
        desk.read("a", 4, &[with_guid("g2", QUAY), with_guid("g1", PILOT)]),
        [0, 0, 0]
    );
}

#[test]
fn a_guid_that_was_edited_is_that_of_its_item() {
    let check = |old: &str, new: &str, count: usize, changed: usize| {
        let ferry = "f|/ferry|Ferry runs again|2021-06-28T08:00:00Z|";
        check(&[
            (&[old, ferry], 2, 0),
            (&[ferry, new], count, changed),
            (&[new, ferry], 0, 0),
        ]);
    };
    let entry = |guid: &str, link: &str, title: &str, text: &str| {
        format!("{guid}|{link}|{title}|2021-06-28T07:00:00Z|{text}")
    };
    let old = |guid: &str, link: &str| entry(guid, link, "Storm hits the coast", QUAY);
    let titled = "Island without power";
    // The scheme, a version or the words next to a number change, with and without a guid.
    check(
        &old("https://h.example/7", "/7"),
        &entry("http://h.example/7/", "/7", titled, QUAY),
        0,
        1,
    );
    check(
        &old("tag:7#0", "/7"),
        &entry("tag:7#1", "/7", titled, QUAY),
        0,
        1,
    );
    check(
        &old("tag:7#0", ""),
        &entry("tag:7#1", "", titled, QUAY),
        0,
        1,
    );
    check(&old("7:v1", "/a"), &entry("7:v2", "/b", titled, QUAY), 0, 1);
    check(&old("x1", "/7"), &entry("x2", "/7", titled, QUAY), 0, 1);
    check(&old("x1", "/7"), &entry("x2", "/7", titled, ""), 1, 0);
    for guid in ["https://h.example", ""] {
        let of = |path: &str| match guid {
            "" => String::new(),
            host => format!("{host}{path}"),
        };
        for (was, is) in [
            ("/123-storm-hits", "/123-island-without-power"),
            ("/storm-hits-71234", "/island-without-power-71234"),
            ("/news/71234/storm-hits", "/news/71234/island-without-power"),
            ("/storm_71234.html", "/island_71234.html"),
        ] {
            let (old, new) = (old(&of(was), was), entry(&of(is), is, titled, QUAY));
            check(&old, &new, 0, 1);
            // Another text at another time is another bulletin.
            let other = entry(&of(is), is, titled, LAMP);
            check(&old, &other, 1, 0);
        }
        for (was, is) in [
            ("/storm-hits", "/island-without-power"),
            ("/report-2020", "/review-2020"),
            ("/storm-1", "/island-1"),
            ("/a/123-storm", "/b/123-island"),
        ] {
            check(&old(&of(was), was), &entry(&of(is), is, titled, QUAY), 1, 0);
        }
    }
}

/// Bulletins at one address, or of one series, stay apart if each has a separate guid.
#[test]
fn what_comes_again_and_again_stays_apart() {
    let weekly = |n: u32, link: &str| {
        format!(
            "t{n}|{link}|Weekly tide table|2021-06-{:02}T08:00:00Z|Tide table of the week. High water on Monday at 0{n}:10 and 1{n}:35.",
            n * 7
        )
    };
    for link in ["/tides", ""] {
        let [one, two, three] = [1, 2, 3].map(|n| weekly(n, link));
        check(&[
            (&[&one], 1, 0),
            (&[&two], 1, 0),
            (&[&three], 1, 0),
            (&[&three, &two, &one], 0, 0),
        ]);
    }
    let daily = |hour: u32, text: &str| {
        format!("w#{hour}|/weather|Weather of the coast|2021-06-28T{hour:02}:00:00Z|{text}")
    };
    check(&[(&[&daily(6, QUAY)], 1, 0), (&[&daily(18, PILOT)], 1, 0)]);
    let numbered =
        |n: u32| format!("b#{n}|/bulletin|Bulletin no. {n} of the harbour|2021-06-28|{QUAY}");
    check(&[(&[&numbered(23)], 1, 0), (&[&numbered(24)], 1, 0)]);
    // Both are listed, so neither is a version of the other.
    let version = |n: u32| format!("v#{n}|/v|Notice of the port|2021-06-28T08:00:00Z|{QUAY}");
    check(&[
        (&[&version(1)], 1, 0),
        (&[&version(2), &version(1)], 1, 0),
        (&[&version(1), &version(2)], 0, 0),
    ]);
}

/// A list moves to other guids and addresses: only text corrected during the move is news.
#[test]
fn a_move_hides_no_correction() {
    let desk = Desk::new();
    let list = |host: &str, corrected: &str| -> Vec<String> {
        let entry = |n: u32| {
            let more = if n == 2 { corrected } else { "" };
            format!(
                "{host}-{n}|https://{host}.example/{n}|Pier {n} of the harbour|2021-06-28|Pier {n} is open to boats of {n} metres, says the office.{more}"
            )
        };
        (1..5).map(entry).collect()
    };
    desk.read("a", 1, &list("old", ""));
    desk.publish();
    let before = desk.live("all");
    assert_eq!(desk.read("a", 2, &list("new", " From noon on.")), [0, 1, 0]);
    for (story, was) in desk.live("all").iter().zip(before) {
        assert_eq!(story.id, was.id);
        let is_corrected = story.shown.title.contains("Pier 2");
        assert_eq!(
            story.updated != was.updated,
            is_corrected,
            "{}",
            story.shown.title
        );
    }
    assert_eq!(desk.read("a", 3, &list("new", " From noon on.")), [0, 0, 0]);
}

/// An item that this version reads exactly as an older one did counts as read by this one: later corrections are
/// noticed.
#[test]
fn what_an_older_version_read_may_be_corrected() {
    let desk = Desk::new();
    let entry = |text: &str| format!("g|/1|Notice|2021-06-28|{text}");
    desk.read("a", 1, &[entry(QUAY)]);
    desk.publish();
    let outdated = "UPDATE item SET sanitizer = 1, content_hash = zeroblob(16); UPDATE story SET shown_hash = zeroblob(16)";
    desk.connection().execute_batch(outdated).unwrap();
    let before = desk.live("all");
    assert_eq!(desk.read("a", 2, &[entry(QUAY)]), [0, 0, 0]);
    assert_eq!(desk.live("all"), before);
    assert_eq!(desk.read("a", 3, &[entry(PILOT)]), [0, 1, 0]);
    assert_ne!(desk.live("all")[0].updated, before[0].updated);
}

/// Returns texts, any of which may be an edit of another.
fn edits() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..TEXTS.len(), 1..4)
}

const TEXTS: [&str; 5] = [
    QUAY,
    PILOT,
    LAMP,
    "The fees of the market hall rise by two per cent at the end of the quarter.",
    "Divers inspect the hull of a stranded trawler near the breakwater tomorrow morning.",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// For notices of one title and day, in any order and split into any polls, the store has as many items of each
    /// text as ever occurred in one poll, and their ids stay.
    #[test]
    fn each_text_is_as_many_items_as_it_stood_for(polls in prop::collection::vec(edits(), 1..6), key in 0..3_usize) {
        let key = ["|", "|/list", "g|/list"][key];
        // A single entry in the first poll would have a separate key.
        let distinct: BTreeSet<_> = polls[0].iter().collect();
        prop_assume!(key == "|" || distinct.len() > 1);
        let desk = Desk::new();
        let mut known: BTreeMap<String, BTreeSet<StoryId>> = BTreeMap::new();
        let mut told: BTreeMap<usize, usize> = BTreeMap::new();
        for (texts, day) in polls.iter().zip(1..) {
            let entry = |text: &usize| format!("{key}|Notice|2021-06-28|{}", TEXTS[*text]);
            let entries: Vec<String> = texts.iter().map(entry).collect();
            desk.read("a", day, &entries);
            // A single text is the only one at the address.
            let is_shared = key == "|" || texts.iter().any(|text| *text != texts[0]);
            for text in texts {
                let times = texts.iter().filter(|other| *other == text).count();
                let most = told.entry(*text).or_default();
                *most = (*most).max(if is_shared { times } else { 1 });
            }
            let stories = desk.live("all");
            prop_assert_eq!(stories.len(), told.values().sum::<usize>(), "{:?}", polls);
            let mut ids: BTreeMap<String, BTreeSet<StoryId>> = BTreeMap::new();
            for story in stories {
                ids.entry(story.shown.text.clone()).or_default().insert(story.id);
            }
            for (text, before) in &known {
                prop_assert!(before.is_subset(&ids[text]), "{:?}", polls);
            }
            known = ids;
        }
    }
}
