use chrono::{TimeDelta, TimeZone as _, Utc};
use proptest::prelude::*;

use super::*;
use crate::normalize::normalize;
use crate::normalize::tests::{entry, source};

fn day(days: i64) -> Timestamp {
    Utc.with_ymd_and_hms(2021, 6, 1, 0, 0, 0).unwrap() + TimeDelta::days(days)
}

/// Returns a list with this number of complete records, one a day up to `newest`.
fn list(records: usize, newest: i64) -> DocumentShape {
    let length = i64::try_from(records).unwrap();
    DocumentShape {
        records,
        titles: records,
        dated: records,
        linked: records,
        texts: records,
        oldest: (records > 0).then(|| day(newest - length + 1)),
        middle: (records > 0).then(|| day(newest - length / 2)),
        newest: (records > 0).then(|| day(newest)),
    }
}

/// Returns a history of good polls, the newest first.
fn past(shapes: impl IntoIterator<Item = DocumentShape>) -> ShapeHistory {
    let shapes: Vec<DocumentShape> = shapes.into_iter().collect();
    ShapeHistory {
        polls: shapes.len(),
        was_read: true,
        shapes,
    }
}

/// Returns polls of a list on consecutive days, the newest first.
fn polls(counts: &[usize]) -> ShapeHistory {
    let days = (0..counts.len()).rev();
    let days = days.map(|day| i64::try_from(day).unwrap());
    let list = |(records, day): (&usize, i64)| list(*records, day);
    past(counts.iter().zip(days).map(list))
}

#[track_caller]
fn check(shape: &DocumentShape, history: &ShapeHistory, expected: &str) {
    let told = check_shape(shape, history, Expectation::Page)
        .err()
        .map(|drift| drift.to_string());
    assert_eq!(told.unwrap_or_default(), expected);
}

#[test]
fn a_shape_is_counted() {
    let entries = [
        "|/a|Bridge closed|2021-06-28|For a week.",
        "|/b|Bridge closed|2021-06-29",
        "||Ferry late|",
        "|/c|Ball|2031-01-01",
    ];
    let items = normalize(&source(), vec![entry::page(&entries)]).items;
    let shape = DocumentShape::from_items(&items);
    let expected = DocumentShape {
        records: 4,
        titles: 3,
        dated: 3,
        linked: 3,
        texts: 1,
        oldest: Some(day(27)),
        middle: Some(day(27)),
        newest: Some(day(28)),
    };
    assert_eq!(shape, expected);
}

#[test]
fn nothing_is_an_alarm_where_there_always_was_something() {
    check(&list(0, 0), &ShapeHistory::default(), "");
    check(&list(0, 1), &polls(&[30]), "no records where 30 were usual");
    check(&list(0, 2), &polls(&[30, 0]), "");
    let feed = check_shape(&list(0, 9), &polls(&[30; 9]), Expectation::Feed);
    assert_eq!(feed, Ok(()));
    let data = |polls_before: usize| {
        check_shape(
            &list(0, 9),
            &polls(&vec![30; polls_before]),
            Expectation::Data,
        )
    };
    assert_eq!(
        (data(4), data(5)),
        (Ok(()), Err(Drift::Nothing { usual: 30 }))
    );
}

#[test]
fn far_fewer_records_than_ever_are_an_alarm() {
    check(
        &list(3, 4),
        &polls(&[30; 5]),
        "3 records where 30 were usual",
    );
    check(
        &list(1, 4),
        &polls(&[30; 5]),
        "1 record where 30 were usual",
    );
    // Too few polls, too short a list, not few enough records.
    check(&list(3, 4), &polls(&[30; 4]), "");
    check(&list(1, 4), &polls(&[4; 9]), "");
    check(&list(7, 4), &polls(&[30; 9]), "");
    // One poll that read it and four that found it unchanged establish a habit.
    let unchanged = ShapeHistory {
        polls: 5,
        ..polls(&[30])
    };
    check(&list(3, 4), &unchanged, "3 records where 30 were usual");
    // It was equally short before.
    check(&list(3, 4), &polls(&[30, 30, 3, 30, 30, 30]), "");
    assert_eq!(
        check_shape(&list(3, 4), &polls(&[30; 5]), Expectation::Data),
        Ok(())
    );
}

/// In January, a list of this year's notices has few records, each newer than those of December.
#[test]
fn a_list_that_begins_anew_is_well() {
    let mut history = polls(&[30; 8]);
    for length in 1..8 {
        let today = 29 + i64::try_from(length).unwrap();
        let now = list(length, today);
        check(&now, &history, "");
        history.shapes.insert(0, now);
    }
    let without_dates = DocumentShape {
        dated: 0,
        oldest: None,
        middle: None,
        newest: None,
        ..list(2, 40)
    };
    check(
        &without_dates,
        &polls(&[30; 8]),
        "2 records where 30 were usual",
    );
}

#[test]
fn a_part_that_all_records_lack_is_an_alarm() {
    let dated = |records, dated| DocumentShape {
        dated,
        ..list(records, 9)
    };
    let usual = polls(&[20; 6]);
    check(
        &dated(20, 0),
        &usual,
        "no date in 20 of 20 records, where 0 of 20 had none before",
    );
    check(
        &dated(20, 4),
        &usual,
        "no date in 16 of 20 records, where 0 of 20 had none before",
    );
    check(&dated(20, 5), &usual, "");
    check(&dated(20, 0), &polls(&[20; 4]), "");
    check(&dated(4, 0), &polls(&[4; 6]), "");
    let never = past(
        usual
            .shapes
            .iter()
            .map(|shape| DocumentShape { dated: 0, ..*shape }),
    );
    check(&dated(20, 0), &never, "");
    let bare = DocumentShape {
        texts: 0,
        ..list(20, 9)
    };
    check(
        &bare,
        &usual,
        "no text in 20 of 20 records, where 0 of 20 had none before",
    );
    let unlinked = DocumentShape {
        linked: 0,
        ..list(20, 9)
    };
    check(
        &unlinked,
        &usual,
        "no link in 20 of 20 records, where 0 of 20 had none before",
    );
    for (kind, drifts) in [(Expectation::Data, true), (Expectation::Feed, false)] {
        assert_eq!(
            check_shape(&unlinked, &usual, kind).is_err(),
            drifts,
            "{kind:?}"
        );
    }
}

#[test]
fn titles_that_are_all_alike_are_an_alarm() {
    let titled = |titles| DocumentShape {
        titles,
        ..list(20, 9)
    };
    let usual = polls(&[20; 6]);
    check(
        &titled(1),
        &usual,
        "1 title in 20 records, where 20 had 20 before",
    );
    check(&titled(11), &usual, "");
    let series = past(usual.shapes.iter().map(|shape| DocumentShape {
        titles: 12,
        ..*shape
    }));
    check(&titled(9), &series, "");
}

#[test]
fn dates_that_go_back_are_an_alarm() {
    let usual = polls(&[20; 6]);
    check(
        &list(20, -30),
        &usual,
        "the newest date went back from 2021-06-06 to 2021-05-02",
    );
    // The newest records were removed.
    check(&list(18, 3), &usual, "");
    check(&list(20, -30), &polls(&[20; 4]), "");
    check(&list(4, -30), &polls(&[4; 6]), "");
}

#[test]
fn what_was_accepted_once_is_no_drift_again() {
    let odd = DocumentShape {
        titles: 1,
        dated: 0,
        texts: 0,
        ..list(2, 0)
    };
    let mut history = polls(&[30; 19]);
    history
        .shapes
        .insert(7, DocumentShape { records: 2, ..odd });
    check(&odd, &history, "");
}

#[test]
fn a_flood_is_fifty_times_what_is_usual() {
    for (new, before, floods) in [
        (51, &[20, 0, 1, 0, 0][..], true),
        (50, &[20, 0, 1, 0, 0], false),
        (5000, &[20, 0, 1, 0], false),
        (150, &[3, 3, 3, 3, 3], false),
        (151, &[3, 3, 3, 3, 3], true),
    ] {
        assert_eq!(is_flood(new, before), floods, "{new} after {before:?}");
    }
}

/// Generates lists that grow, shrink and change at most half of their records from poll to poll.
fn living() -> impl Strategy<Value = Vec<DocumentShape>> {
    let step = (50..150_usize, 0..3_i64, 5..=10_usize);
    (1..60_usize, prop::collection::vec(step, 1..30)).prop_map(|(length, steps)| {
        let (mut length, mut newest) = (length, 0);
        let grow = |(percent, days, bare): (usize, i64, usize)| {
            length = (length * percent).div_ceil(100).clamp(1, 200);
            newest += days;
            DocumentShape {
                texts: length * bare / 10,
                ..list(length, newest)
            }
        };
        steps.into_iter().map(grow).collect()
    })
}

fn any_shape() -> impl Strategy<Value = DocumentShape> {
    let parts = prop::array::uniform4(0..40_usize);
    (0..40_usize, parts, -40..40_i64).prop_map(|(records, parts, newest)| {
        let [titles, dated, linked, texts] = parts.map(|part| part.min(records));
        DocumentShape {
            titles,
            dated,
            linked,
            texts,
            ..list(records, newest)
        }
    })
}

proptest! {
    #[test]
    fn a_source_that_never_changes_never_alarms(shape in any_shape(), polls in 0..REMEMBERED) {
        prop_assert_eq!(check_shape(&shape, &past(vec![shape; polls]), Expectation::Page), Ok(()));
    }

    #[test]
    fn a_list_that_lives_never_alarms(lists in living()) {
        let mut history = ShapeHistory::default();
        for shape in lists {
            prop_assert_eq!(check_shape(&shape, &history, Expectation::Page), Ok(()));
            history.polls += 1;
            history.shapes.insert(0, shape);
            history.shapes.truncate(REMEMBERED);
        }
    }

    #[test]
    fn nothing_after_something_always_alarms(lists in living()) {
        let drift = check_shape(&DocumentShape::default(), &past(lists), Expectation::Page);
        let alarms = matches!(drift, Err(Drift::Nothing { .. }));
        prop_assert!(alarms);
    }

    /// The usual values do not depend on the order of the past; only the values quoted for comparison come from the
    /// last poll.
    #[test]
    fn the_order_of_the_past_decides_nothing(shape in any_shape(), shapes in prop::collection::vec(any_shape(), 1..20)) {
        let dates = DocumentShape { oldest: None, middle: None, newest: None, ..shape };
        let mut history = past(shapes);
        let before = check_shape(&dates, &history, Expectation::Page).is_ok();
        history.shapes.reverse();
        prop_assert_eq!(check_shape(&dates, &history, Expectation::Page).is_ok(), before);
    }

    #[test]
    fn the_order_of_records_decides_nothing(order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let line = |n: usize| format!("g{n}||Notice {}|2021-06-{:02}|{}", n % 7, 1 + n, if n.is_multiple_of(2) { "Text." } else { "" });
        let shape = |order: &[usize]| {
            let lines: Vec<String> = order.iter().map(|n| line(*n)).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            DocumentShape::from_items(&normalize(&source(), vec![entry::page(&lines)]).items)
        };
        prop_assert_eq!(shape(&order), shape(&(0..12).collect::<Vec<_>>()));
    }
}
