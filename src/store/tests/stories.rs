//! Tests which items are one story, which report is shown, and its dates of publication and change.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::model::Published;

const BRIDGE: &str = "The bridge stays closed until the water falls below the mark of last week.";

#[test]
fn an_item_is_new_then_known_then_updated() {
    let desk = Desk::new();
    let entries = [
        "g1|/1|Bridge closed|2021-06-30",
        "g2|/2|Ferry late|2021-06-29",
    ];
    assert_eq!(desk.read("a", 1, &entries), [2, 0, 0]);
    let before = desk.live("all");
    assert_eq!(desk.read("a", 2, &entries), [0, 0, 0]);
    assert_eq!(desk.live("all"), before);
    assert_eq!(
        desk.read("a", 3, &["g1|/1|Bridge open|2021-06-30"]),
        [0, 1, 0]
    );
    desk.check(&["Bridge open [a]", "Ferry late [a]"]);
    assert_eq!(desk.live("all")[0].id, before[0].id);
}

#[test]
fn updated_moves_once_the_story_was_published() {
    let desk = Desk::new();
    let updated = || desk.live("all")[0].updated;
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30T08:00:00Z"]);
    desk.read("a", 2, &["g1||Bridge shut|2021-06-30T08:00:00Z"]);
    assert_eq!(updated(), july(1) - TimeDelta::hours(28));
    desk.publish();
    desk.read("a", 3, &["g1||Bridge shut|2021-06-30T08:00:00Z"]);
    assert_eq!(updated(), july(1) - TimeDelta::hours(28));
    desk.read("a", 4, &["g1||Bridge open|2021-06-30T08:00:00Z"]);
    assert_eq!(updated(), july(4));
    // The publisher's time of change is used if it is plausible.
    let stated = "g1||Bridge open again|2021-06-30T08:00:00Z||2021-07-04T20:00:00Z";
    desk.read("a", 5, &[stated]);
    assert_eq!(updated(), july(4) + TimeDelta::hours(8));
    let backwards = "g1||Bridge open at last|2021-06-30T08:00:00Z||2021-07-01T00:00:00Z";
    desk.read("a", 6, &[backwards]);
    assert_eq!(updated(), july(6));
    assert_eq!(desk.feed("all").updated, Some(july(6)));
}

/// An entry that a new version reads differently is not an update.
#[test]
fn what_an_older_version_stored_is_stored_anew_without_an_update() {
    let desk = Desk::new();
    let shown = || {
        let live = desk.live("all");
        (live[0].shown.title.clone(), live[0].updated)
    };
    desk.read("a", 1, &["g1||Bridge shut|2021-06-30T08:00:00Z"]);
    desk.publish();
    let (_, updated) = shown();
    desk.connection()
        .execute("UPDATE item SET sanitizer = sanitizer - 1", [])
        .unwrap();
    assert_eq!(
        desk.read("a", 2, &["g1||Bridge closed|2021-06-30T08:00:00Z"]),
        [0, 0, 0]
    );
    assert_eq!(shown(), ("Bridge closed".to_owned(), updated));
    assert_eq!(
        desk.read("a", 3, &["g1||Bridge open|2021-06-30T08:00:00Z"]),
        [0, 1, 0]
    );
    assert_eq!(shown(), ("Bridge open".to_owned(), july(3)));
}

#[test]
fn a_derived_date_is_frozen_until_one_is_stated() {
    let desk = Desk::new();
    let published = || desk.live("all")[0].published;
    for first in ["g1||Bridge closed|3 days ago", "g2||Ferry late|"] {
        desk.read("a", 10, &[first]);
    }
    desk.publish();
    let before = desk.live("all");
    for again in ["g1||Bridge closed|3 days ago", "g2||Ferry late|"] {
        assert_eq!(desk.read("a", 11, &[again]), [0, 0, 0]);
    }
    assert_eq!(desk.live("all"), before);
    assert_eq!(desk.dirty(), [""; 0]);
    assert!(matches!(before[1].published, Published::Derived(_)));
    assert_eq!(published(), Published::FirstSeen(july(10)));
    desk.read("a", 12, &["g2||Ferry late|2021-07-09T12:00:00Z"]);
    assert_eq!(published().instant(), july(9));
    // The publisher removes the date: the stated one stays.
    desk.read("a", 13, &["g2||Ferry late|"]);
    assert_eq!(published().origin(), "stated");
    assert_eq!(published().instant(), july(9));
}

#[test]
fn a_date_in_the_future_is_the_time_of_first_reading() {
    let desk = Desk::new();
    let published = || desk.live("all")[0].published;
    desk.read("a", 1, &["g1||Bridge closed|2021-07-20T12:00:00Z"]);
    assert_eq!(published(), Published::FirstSeen(july(1)));
    // It stays so even when that day has come.
    desk.read("a", 21, &["g1||Bridge closed|2021-07-20T12:00:00Z"]);
    assert_eq!(published(), Published::FirstSeen(july(1)));
    // It was read on 1 July: an earlier date is its date of publication.
    desk.read("a", 22, &["g1||Bridge closed|2021-06-30T12:00:00Z"]);
    assert_eq!(published().origin(), "stated");
    assert_eq!(desk.live("all")[0].shown.event, None);
}

/// Returns the date, the day of the event, and the time of the last change.
fn dates(desk: &Desk) -> [String; 3] {
    let story = &desk.live("all")[0];
    let event = story.shown.event.map(|event| event.to_string());
    let published = match story.published {
        Published::FirstSeen(at) => format!("first seen {}", at.date_naive()),
        published => published.instant().date_naive().to_string(),
    };
    let updated = story.updated.date_naive().to_string();
    [published, event.unwrap_or_default(), updated]
}

#[test]
fn a_meeting_stays_where_it_is_when_its_day_has_come() {
    for date in ["2021-07-20", "2021-07-20T18:30:00Z", "in 19 days"] {
        for entry in ["||Council meeting|DATE", "||Council meeting||||DATE"] {
            let entry = entry.replace("DATE", date);
            let mut desk = Desk::new();
            assert_eq!(desk.read("a", 1, &[&entry]), [1, 0, 0], "{entry}");
            let first = (desk.live("all")[0].id, dates(&desk));
            let day = &first.1;
            assert_eq!(
                [&*day[0], &*day[2]],
                ["first seen 2021-07-01", "2021-07-01"]
            );
            assert!(day[1].starts_with("2021-07-20"), "{day:?}");
            desk.publish();
            for day in [2, 19, 20, 21, 31] {
                assert_eq!(desk.read("a", day, &[&entry]), [0, 0, 0], "{entry} {day}");
                assert_eq!(
                    (desk.live("all")[0].id, dates(&desk)),
                    first,
                    "{entry} {day}"
                );
            }
            assert_eq!(desk.dirty(), [""; 0]);
            desk = desk.closed().open();
            assert_eq!((desk.live("all")[0].id, dates(&desk)), first, "{entry}");
        }
    }
}

#[test]
fn a_meeting_that_is_moved_is_an_update() {
    let desk = Desk::new();
    let read = |day: u32, date: &str| {
        desk.read("a", day, &[&format!("|/1|Council meeting|{date}")]);
        desk.publish();
        dates(&desk)
    };
    let first = "first seen 2021-07-01";
    assert_eq!(read(1, "2021-07-20"), [first, "2021-07-20", "2021-07-01"]);
    assert_eq!(read(2, "2021-07-22"), [first, "2021-07-22", "2021-07-02"]);
    // The new day has already passed when it is read.
    assert_eq!(read(20, "2021-07-18"), [first, "2021-07-18", "2021-07-20"]);
    assert_eq!(read(21, "2021-07-18"), [first, "2021-07-18", "2021-07-20"]);
    // If the date is removed, the known one stays.
    assert_eq!(read(22, ""), [first, "2021-07-18", "2021-07-20"]);
}

#[test]
fn a_day_of_an_event_beside_a_date_is_content() {
    let desk = Desk::new();
    let read = |day: u32, event: &str| {
        let entry = format!("|/1|Council meeting|2021-06-30|||{event}");
        desk.read("a", day, &[&entry]);
        desk.publish();
        dates(&desk)
    };
    let date = "2021-06-30";
    assert_eq!(read(1, "2021-07-20"), [date, "2021-07-20", date]);
    assert_eq!(read(2, "2021-07-21"), [date, "2021-07-21", "2021-07-02"]);
    assert_eq!(read(22, "2021-07-21"), [date, "2021-07-21", "2021-07-02"]);
    // A day computed relative to the time of reading stays as first read.
    assert_eq!(read(23, "tomorrow"), [date, "2021-07-21", "2021-07-02"]);
    assert_eq!(read(24, "to be announced"), [date, "", "2021-07-24"]);
}

#[test]
fn meetings_of_one_title_on_different_days_are_different_stories() {
    let desk = Desk::new();
    let title = "Regular meeting of the harbour dredging and quay works committee";
    let entry = |date: &str| format!("||{title}|{date}");
    desk.read("a", 1, &[entry("2021-07-20"), entry("2021-08-20")]);
    assert_eq!(desk.read("b", 1, &[entry("2021-07-20")]), [1, 0, 1]);
    assert_eq!(desk.read("c", 1, &[entry("2021-09-20")]), [1, 0, 0]);
    let reported = |story: &Story| (story.shown.event.unwrap().to_string(), story.reports.len());
    let mut stories: Vec<_> = desk.live("all").iter().map(reported).collect();
    stories.sort();
    let expected = [("2021-07-20", 2), ("2021-08-20", 1), ("2021-09-20", 1)];
    assert_eq!(
        stories,
        expected.map(|(day, reports)| (day.to_owned(), reports))
    );
}

#[test]
fn one_address_is_one_story() {
    let desk = Desk::new();
    let page = "closed-until-the-water-falls";
    desk.read("a", 1, &[&format!("g1|/{page}|Bridge closed|2021-06-30")]);
    let id = desk.live("all")[0].id;
    let other =
        format!("|http://www.host.example/{page}/?utm_source=b|No way over the river|2021-07-01");
    assert_eq!(desk.read("b", 1, &[&other]), [1, 0, 1]);
    desk.check(&["Bridge closed [a b]"]);
    let story = &desk.live("all")[0];
    assert_eq!(story.id, id);
    assert_eq!(story.reports[1].publisher, "Office b");
    assert_eq!(story.reports[1].title, "No way over the river");
}

/// Unrelated reports are separate stories even at one address, if that address says nothing by itself.
#[test]
fn an_address_whose_content_rolls_is_not_one_story() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1|/now|Bridge closed|2021-06-30"]);
    assert_eq!(
        desk.read("b", 1, &["g1|/now|Ferry late|2021-06-29"]),
        [1, 0, 0]
    );
    assert_eq!(
        desk.read("c", 1, &["g1|/now|Market moved|2021-06-28"]),
        [1, 0, 0]
    );
    desk.check(&["Bridge closed [a]", "Ferry late [b]", "Market moved [c]"]);
}

#[test]
fn one_title_with_one_text_is_one_story() {
    let desk = Desk::new();
    let of =
        |link: &str, day: u32, text: &str| format!("|{link}|Bridge closed|2021-06-{day}|{text}");
    desk.read("a", 1, &[&of("/a", 28, BRIDGE)]);
    assert_eq!(desk.read("b", 1, &[&of("/b", 28, BRIDGE)]), [1, 0, 1]);
    assert_eq!(desk.read("c", 1, &[&of("/c", 29, BRIDGE)]), [1, 0, 1]);
    desk.check(&["Bridge closed [a b c]"]);
}

#[test]
fn a_short_title_alone_is_not_one_story() {
    let desk = Desk::new();
    desk.read("a", 1, &["|/a|Bridge closed|2021-06-28"]);
    assert_eq!(
        desk.read("b", 1, &["|/b|Bridge closed|2021-06-28"]),
        [1, 0, 0]
    );
}

#[test]
fn a_story_has_one_report_of_a_source() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1|/1|Bridge closed|2021-06-30"]);
    desk.read("b", 1, &["g1|/1|Bridge closed|2021-06-30"]);
    desk.read("b", 2, &["g2|/1|Bridge still closed|2021-07-02"]);
    desk.read("a", 3, &["g2|/1|Bridge open|2021-07-03"]);
    desk.check(&[
        "Bridge open [a]",
        "Bridge still closed [b]",
        "Bridge closed [a b]",
    ]);
}

#[test]
fn an_edit_may_make_two_stories_one() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1|/1|Bridge closed|2021-07-01"]);
    desk.read("b", 1, &["g1|/2|Flood at the bridge|2021-06-30"]);
    desk.publish();
    let [older, younger] = [0, 1].map(|at| desk.live("all")[at].id);
    let entry = "g1|/1|Flood at the bridge|2021-06-30";
    assert_eq!(desk.read("b", 2, &[entry]), [0, 1, 0]);
    desk.check(&["Bridge closed [a b]"]);
    assert_eq!(desk.live("all")[0].id, older);
    assert_eq!(desk.aliases(), [(younger.to_string(), older.to_string())]);
    // The remaining story belongs to the feeds of both; the feeds that the other left have changed.
    assert_eq!(titles(&desk.live("floods")), ["Bridge closed [a b]"]);
    assert_eq!(desk.feed("all").changed_at, Some(july(2)));
    assert_eq!(desk.feed("all").stories, 1);
    assert_eq!(desk.dirty(), ["all", "floods"]);
}

#[test]
fn a_third_report_may_make_two_stories_one() {
    let desk = Desk::new();
    let entry =
        |link: &str, title: &str, day: u32| [format!("|/{link}|{title}|2021-06-{day}|{BRIDGE}")];
    desk.read("a", 1, &entry("1", "Bridge closed", 30));
    desk.read("b", 1, &entry("2", "No way over the river", 29));
    let [first, second] = [0, 1].map(|at| desk.live("all")[at].id);
    let both = entry("1", "No way over the river", 29);
    assert_eq!(desk.read("c", 1, &both), [1, 0, 1]);
    desk.check(&["Bridge closed [a b c]"]);
    assert_eq!(desk.live("all")[0].id, first);
    assert_eq!(desk.aliases(), [(second.to_string(), first.to_string())]);
}

#[test]
fn of_two_stories_the_one_founded_first_is_joined() {
    let desk = Desk::new();
    let entry = |n: usize, link: usize| format!("g{n}|/{link}|Notice {n}|2021-06-30|{BRIDGE}");
    let founding: Vec<String> = (0..8).map(|n| entry(n, n)).collect();
    desk.read("a", 1, &founding);
    for n in (0..8).step_by(2) {
        // The entry has the address of one story of `a`, and the title and text of the previous one.
        assert_eq!(desk.read("b", 1, &[&entry(n, n + 1)]), [1, 0, 1]);
    }
    let expected: Vec<String> = (0..8)
        .map(|n| format!("Notice {n} [{}]", ["a b", "a"][n % 2]))
        .collect();
    assert_eq!(titles(&desk.live("all")), expected);
}

#[test]
fn an_entry_known_since_a_moment_ago_is_updated() {
    let desk = Desk::new();
    // Two share an address and are identified by date and title; the third claims by its guid to be one of them.
    let entries = [
        "|/list|Bridge closed|2021-06-30",
        "|/list|Ferry late|2021-06-30",
        "g1|/1|Bridge closed|2021-06-30",
    ];
    assert_eq!(desk.read("a", 1, &entries), [2, 1, 0]);
    desk.check(&["Bridge closed [a]", "Ferry late [a]"]);
}

#[test]
fn the_report_shown_is_that_of_the_lowest_rank_then_the_longest_then_the_first() {
    let desk = Desk::new();
    let report = |source: &str, text: &str| {
        let entry = format!("|/1|Bridge says {source}|2021-06-30|{text}");
        desk.read(source, 1, &[&entry]);
    };
    report("a", "Closed.");
    report("b", "Closed for a week.");
    report("c", "Closed for a year.");
    desk.check(&["Bridge says b [b a c]"]);
    desk.publish();
    let before = desk.live("all").remove(0);
    let reranked = |ranks| {
        let at = july(2);
        desk.define(Definition {
            at,
            ..definition(ranks, &["all", "floods"])
        });
    };
    reranked([100, 100, 10]);
    desk.check(&["Bridge says c [c a b]"]);
    let after = desk.live("all").remove(0);
    assert_eq!((after.id, after.published), (before.id, before.published));
    assert_eq!(
        (before.updated, after.updated),
        (july(1) - TimeDelta::hours(36), july(2))
    );
    assert_eq!(desk.dirty(), ["all"]);
}

/// Returns entries that are often similar: three sources, few titles and dates, one text. A source gives each title
/// of a day one guid and address, and never gives two titles the same. Both would mean different things in one poll
/// and in two: in one poll, two titles at an address are two notices; in successive polls, they are one notice whose
/// title was edited; and moves are detected in whole polls.
fn arrivals() -> impl Strategy<Value = Vec<(usize, String)>> {
    let arrival = (0..3_usize, (0..4_u8, 0..3_u8), (0..3_usize, 28..30_u8));
    prop::collection::vec(arrival, 1..16).prop_map(|arrivals| {
        let mut keys = BTreeMap::new();
        let entry = |(source, key, (title, day))| {
            let (guid, link) = *keys.entry((source, title, day)).or_insert(key);
            let own = format!("{title}{day}");
            let guid = if guid == 0 {
                String::new()
            } else {
                format!("g{guid}-{own}")
            };
            let title = ["Bridge closed", "Flood at the bridge", "Ferry late"][title];
            let entry = format!("{guid}|/{link}/{own}|{title}|2021-06-{day}|{BRIDGE}");
            (source, entry)
        };
        arrivals.into_iter().map(entry).collect()
    })
}

/// Returns the published stories if `arrivals` come in polls that end at `cuts`, or where the source changes.
fn after(arrivals: &[(usize, String)], cuts: &[bool]) -> [Vec<Story>; 2] {
    let desk = Desk::new();
    let source = |number: usize| Some(["a", "b", "c"][arrivals.get(number)?.0]);
    let mut waiting: Vec<NewItem> = Vec::new();
    for (number, (_, entry)) in arrivals.iter().enumerate() {
        let from = source(number).unwrap();
        let mut new = items(from, 1, &[entry]).remove(0);
        new.item.position = u32::try_from(number).unwrap();
        // If an entry occurs twice in a poll, only one reaches the store.
        if waiting.iter().all(|other| other.item.key != new.item.key) {
            waiting.push(new);
        }
        if cuts[number] || source(number + 1) != Some(from) {
            let outcome = read(std::mem::take(&mut waiting));
            desk.commit(poll(from, july(1), outcome)).unwrap();
        }
    }
    ["all", "floods"].map(|topic| desk.live(topic))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn how_arrivals_are_cut_into_polls_means_nothing(
        arrivals in arrivals(),
        cuts in prop::collection::vec(any::<bool>(), 16),
    ) {
        let whole = after(&arrivals, &[false; 16]);
        prop_assert_eq!(after(&arrivals, &cuts), whole.clone());
        prop_assert_eq!(after(&arrivals, &[true; 16]), whole);
    }
}
