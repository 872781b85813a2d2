//! Tests that a flood is hidden from readers until it is released, and that items known before stay as they are.

use super::*;
use crate::drift::{DocumentShape, ShapeHistory};

const FLOOD: usize = 60;

/// Returns numbered notices; those up to 49 are old news in July.
fn notices(numbers: std::ops::Range<usize>) -> Vec<String> {
    let date = |n: usize| match n {
        0..50 => format!("2021-06-{:02}", 1 + n % 28),
        _ => "2021-07-05".to_owned(),
    };
    let notice = |n| format!("g{n}|/{n}|Notice {n} of the harbour|{}", date(n));
    numbers.map(notice).collect()
}

fn with_shape(outcome: PollOutcome) -> PollOutcome {
    let PollOutcome::Read {
        items,
        validators,
        problem,
        walked_back,
        coverage,
        ..
    } = outcome
    else {
        unreachable!("only what was read has a shape");
    };
    let shape = Some(DocumentShape::from_items(items.iter().map(|new| &new.item)));
    PollOutcome::Read {
        items,
        validators,
        problem,
        drift: None,
        shape,
        walked_back,
        coverage,
    }
}

impl Desk {
    fn poll_notices(&self, source: &str, day: u32, entries: &[String]) -> CommittedPoll {
        let outcome = with_shape(read(items(source, day, entries)));
        self.commit(poll(source, july(day), outcome)).unwrap()
    }

    /// Commits five polls of a source that brings one notice each.
    fn usual(&self, source: &str) {
        for day in 1..6 {
            self.poll_notices(source, day, &notices(0..day as usize));
        }
        self.publish();
    }

    /// Returns the stories that readers find, quiet or not.
    fn shown(&self) -> Vec<Story> {
        [self.live("all"), self.quiet("all")].concat()
    }

    fn release(&self, source: &str, day: u32) -> ReleasedItems {
        self.wait(self.store.release(
            source.parse().unwrap(),
            HeldChoice::Listed,
            nobody(),
            july(day),
        ))
        .unwrap()
    }
}

#[test]
fn a_flood_is_committed_and_shown_when_it_is_released() {
    let desk = Desk::new();
    desk.usual("a");
    let before = desk.live("all");
    let flood = desk.poll_notices("a", 6, &notices(0..5 + FLOOD));
    assert_eq!(
        (flood.new, flood.state, flood.changed),
        (FLOOD, SourceCondition::Held, true)
    );
    let problem = desk.source("a").problem.unwrap();
    assert_eq!(problem.code, "held");
    assert_eq!(
        problem.text,
        "60 new items are held back, where 1 a poll are usual"
    );
    assert_eq!(
        (desk.live("all"), desk.source("a").items),
        (before.clone(), 5 + FLOOD)
    );
    assert_eq!(desk.dirty(), [""; 0]);
    // It stays held after an unchanged poll, a failure and further items, and known items are updated.
    desk.commit(poll("a", july(7), PollOutcome::Unchanged))
        .unwrap();
    assert_eq!(desk.source("a").state, SourceCondition::Held);
    desk.commit(poll("a", july(8), failed(SourceFailureKind::Fetch)))
        .unwrap();
    assert_eq!(desk.source("a").state, SourceCondition::Failing);
    let mut more = notices(0..7 + FLOOD);
    more[0] = "g0|/0|Notice 0, corrected|2021-06-01".into();
    let more = desk.poll_notices("a", 9, &more);
    assert_eq!(
        (more.new, more.updated, more.state),
        (2, 1, SourceCondition::Held)
    );
    assert_eq!(
        desk.source("a").problem.unwrap().text,
        "62 new items are held back, where 1 a poll are usual"
    );
    let shown: Vec<_> = desk.live("all").iter().map(|story| story.id).collect();
    assert_eq!(shown.len(), before.len());

    let released = desk.release("a", 10);
    assert_eq!(
        released,
        ReleasedItems {
            items: 62,
            kept_back: 0,
            taken_back: 0,
            begins_anew: false,
            lacks_layout: false,
        }
    );
    let (live, quiet) = (desk.live("all"), desk.quiet("all"));
    assert_eq!(live.len() + quiet.len(), 67);
    // Stories older than a week trigger no notification.
    let fresh = july(10) - TimeDelta::days(7);
    assert!(quiet.iter().all(|story| story.published.instant() < fresh));
    let rings = live.iter().filter(|story| !shown.contains(&story.id));
    assert!(
        rings.clone().count() > 0
            && rings
                .into_iter()
                .all(|story| story.published.instant() >= fresh)
    );
    let state = desk.source("a");
    assert_eq!((state.state, state.problem), (SourceCondition::Ok, None));
    assert_eq!(
        desk.release("a", 11),
        ReleasedItems {
            items: 0,
            kept_back: 0,
            taken_back: 0,
            begins_anew: false,
            lacks_layout: false,
        }
    );
}

/// Returns the number of held items, and how many of them the publisher no longer lists.
fn waiting(desk: &Desk) -> (usize, usize) {
    let held = desk.ask(|reader| reader.held_items(&"a".parse().unwrap()));
    let gone = held.iter().filter(|held| held.unlisted_at.is_some());
    (held.len(), gone.count())
}

fn discard(desk: &Desk, chosen: HeldChoice) -> DiscardedItems {
    let source = "a".parse().unwrap();
    let discarded = desk.store.discard(source, chosen, nobody(), july(7));
    desk.wait(discarded).unwrap()
}

#[test]
fn what_is_discarded_comes_no_more() {
    let desk = Desk::new();
    desk.usual("a");
    let before = desk.shown();
    desk.poll_notices("a", 6, &notices(0..5 + FLOOD));
    let discarded = discard(&desk, HeldChoice::Listed);
    assert_eq!((discarded.items, discarded.kept_back), (FLOOD, 0));
    assert_eq!(
        (desk.source("a").state, waiting(&desk)),
        (SourceCondition::Ok, (0, 0))
    );
    // It does not return unchanged, edited or together with new items.
    let mut more = notices(0..6 + FLOOD);
    more[10] = "g10|/10|Notice 10, corrected|2021-06-11".into();
    let polled = desk.poll_notices("a", 8, &more);
    assert_eq!((polled.new, polled.state), (1, SourceCondition::Ok));
    assert_eq!(desk.shown().len(), before.len() + 1);
    assert_eq!(desk.release("a", 9).items, 0);
    assert_eq!(desk.shown().len(), before.len() + 1);
    let rulings = desk.ask(|reader| reader.recorded_decisions(10));
    let told: Vec<_> = rulings
        .iter()
        .map(|ruling| (ruling.action, ruling.items))
        .collect();
    assert_eq!(told, [(DecisionAction::Discard, FLOOD)]);
}

#[test]
fn what_its_publisher_took_back_is_not_released() {
    let check = |first: std::ops::Range<usize>, then: std::ops::Range<usize>, gone: usize| {
        let desk = Desk::new();
        desk.usual("a");
        let before = desk.shown().len();
        desk.poll_notices("a", 6, &notices(0..5 + FLOOD));
        let listed = [notices(first), notices(then)].concat();
        let polled = desk.poll_notices("a", 7, &listed);
        assert_eq!(waiting(&desk), (FLOOD + polled.new, gone), "{listed:?}");
        let released = desk.release("a", 8);
        assert_eq!(released.items, FLOOD + polled.new - gone);
        assert_eq!((released.kept_back, released.taken_back), (0, gone));
        assert_eq!(desk.shown().len(), before + released.items);
        assert_eq!(desk.source("a").state, SourceCondition::Ok);
    };
    // One from the middle, one from the end, the whole flood.
    check(0..20, 21..65, 1);
    check(0..60, 60..64, 1);
    check(0..3, 3..5, FLOOD);
    // Items pushed out by newer ones were not taken back.
    check(50..60, 60..70, 0);
    check(0..60, 60..65, 0);
}

#[test]
fn what_is_listed_again_waits_again() {
    let desk = Desk::new();
    desk.usual("a");
    desk.poll_notices("a", 6, &notices(0..5 + FLOOD));
    let reverted = desk.poll_notices("a", 7, &notices(0..5));
    assert_eq!(
        (reverted.state, waiting(&desk)),
        (SourceCondition::Ok, (FLOOD, FLOOD))
    );
    let again = desk.poll_notices("a", 8, &notices(0..5 + FLOOD));
    assert_eq!(waiting(&desk), (FLOOD, 0));
    assert_eq!(again.state, SourceCondition::Held);
}

#[test]
fn only_what_was_chosen_is_released() {
    let desk = Desk::new();
    desk.usual("a");
    desk.poll_notices("a", 6, &notices(0..5 + FLOOD));
    let held = desk.ask(|reader| reader.held_items(&"a".parse().unwrap()));
    let shown = held
        .iter()
        .take(FLOOD - 1)
        .map(|held| held.item.id)
        .collect();
    let chosen = HeldChoice::These(shown);
    let released = desk.wait(
        desk.store
            .release("a".parse().unwrap(), chosen, nobody(), july(7)),
    );
    let released = released.unwrap();
    assert_eq!((released.items, released.kept_back), (FLOOD - 1, 1));
    assert_eq!(desk.source("a").state, SourceCondition::Held);
}

#[test]
fn only_what_has_a_habit_is_held() {
    let state = |prepare: &dyn Fn(&Desk), block: &[u8], walked_back: bool| {
        let desk = Desk::new();
        prepare(&desk);
        let mut poll = poll(
            "a",
            july(6),
            with_shape(read(items("a", 6, &notices(0..5 + FLOOD)))),
        );
        poll.fingerprint = Hash::digest(block);
        if let PollOutcome::Read {
            walked_back: back, ..
        } = &mut poll.outcome
        {
            *back = walked_back;
        }
        desk.commit(poll).unwrap().state
    };
    let usual = |desk: &Desk| desk.usual("a");
    assert_eq!(state(&usual, b"block", false), SourceCondition::Held);
    assert_eq!(state(&|_| (), b"block", false), SourceCondition::Ok);
    assert_eq!(state(&usual, b"changed", false), SourceCondition::Ok);
    assert_eq!(state(&usual, b"block", true), SourceCondition::Ok);
    let four = |desk: &Desk| {
        for day in 1..5 {
            desk.poll_notices("a", day, &notices(0..day as usize));
        }
    };
    assert_eq!(state(&four, b"block", false), SourceCondition::Ok);
}

/// Held items do not change other reports, and nothing is found through them.
#[test]
fn a_held_report_is_seen_nowhere() {
    let desk = Desk::new();
    desk.usual("a");
    let of_b = notices(10..11);
    desk.poll_notices("b", 5, &of_b);
    desk.publish();
    let before = desk.shown();
    desk.poll_notices("a", 6, &notices(0..5 + FLOOD));
    assert_eq!(desk.shown(), before);
    // Another source reports a held notice and gets a separate story.
    desk.poll_notices("c", 7, &notices(20..21));
    desk.publish();
    let own = desk.shown();
    assert_eq!(own.len(), before.len() + 1);
    assert!(own.iter().all(|story| story.reports.len() == 1));
    // Topics are computed again, and the configuration is applied once more after a restart.
    let desk = desk.closed().open();
    desk.define(definition([100, 100, 50], &["all"]));
    assert_eq!(titles(&desk.shown()), titles(&own));

    desk.release("a", 8);
    let stories = desk.shown();
    let reports = |id| {
        stories
            .iter()
            .find(|story| story.id == id)
            .map(|story| story.reports.len())
    };
    for story in &own {
        let both = story.reports[0].source.as_str() != "a";
        assert_eq!(
            reports(story.id),
            Some(if both { 2 } else { 1 }),
            "{}",
            story.shown.title
        );
    }
    assert_eq!(stories.len(), 5 + FLOOD);
}

/// A report that arrives after a held one keeps its id, even if a third report joins both.
#[test]
fn a_held_report_takes_no_id_away() {
    let desk = Desk::new();
    desk.usual("a");
    desk.poll_notices("a", 6, &notices(0..5 + FLOOD));
    desk.read(
        "b",
        7,
        &["b1|/no-boats-at-the-old-pier|No boats|2021-07-05"],
    );
    desk.publish();
    let id = desk.live("all")[0].id;
    // A held item is edited, and now matches a shown one.
    desk.read(
        "a",
        7,
        &["g61|/no-boats-at-the-old-pier|Notice 61 of the harbour|2021-07-05"],
    );
    assert_eq!(desk.live("all")[0].id, id);
    let both = "c1|/no-boats-at-the-old-pier|Notice 60 of the harbour|2021-07-05";
    assert_eq!(desk.read("c", 7, &[both]), [1, 0, 1]);
    let reports = || {
        let mut shown = desk.shown().into_iter();
        let story = shown.find(|story| story.id == id).unwrap();
        story.reports.len()
    };
    assert_eq!(reports(), 2);
    desk.release("a", 8);
    assert_eq!(reports(), 3);
}

#[test]
fn a_flood_whose_commit_fails_leaves_nothing() {
    let desk = Desk::new();
    desk.usual("a");
    let trouble = "CREATE TRIGGER trouble BEFORE INSERT ON item WHEN new.title LIKE 'Notice 64 %' AND new.held
                   BEGIN SELECT RAISE(ABORT, 'a bad sector'); END";
    desk.connection().execute_batch(trouble).unwrap();
    let before = (desk.source("a"), desk.live("all"));
    let flood = || {
        poll(
            "a",
            july(6),
            with_shape(read(items("a", 6, &notices(0..5 + FLOOD)))),
        )
    };
    desk.commit(flood()).unwrap_err();
    assert_eq!((desk.source("a"), desk.live("all")), before);
    desk.connection()
        .execute_batch("DROP TRIGGER trouble")
        .unwrap();
    assert_eq!(desk.commit(flood()).unwrap().state, SourceCondition::Held);
}

#[test]
fn the_last_polls_of_one_block_are_remembered() {
    let desk = Desk::new();
    let history = |block: &'static [u8]| {
        let source = "a".parse().unwrap();
        desk.ask(move |reader| reader.history(&source, Hash::digest(block)))
    };
    for (day, length) in (1..26).zip(1..) {
        desk.poll_notices("a", day, &notices(0..length));
    }
    let records: Vec<usize> = history(b"block")
        .shapes
        .iter()
        .map(|shape| shape.records)
        .collect();
    assert_eq!(records, (6..26).rev().collect::<Vec<_>>());
    assert_eq!(history(b"block").polls, 25);
    let read_otherwise = ShapeHistory {
        was_read: true,
        ..ShapeHistory::default()
    };
    assert_eq!(history(b"changed"), read_otherwise);
    let outcome = with_shape(read(items("a", 26, &notices(0..3))));
    let changed = Poll {
        fingerprint: Hash::digest(b"changed"),
        ..poll("a", july(26), outcome)
    };
    desk.commit(changed).unwrap();
    assert_eq!((history(b"block").polls, history(b"changed").polls), (0, 1));
}

#[test]
fn a_source_that_drifted_begins_anew_when_it_is_released() {
    let desk = Desk::new();
    desk.usual("a");
    let history = || {
        let source = "a".parse().unwrap();
        desk.ask(move |reader| reader.history(&source, Hash::digest(b"block")))
            .polls
    };
    let PollOutcome::Failed { items, mut failure } = failed(SourceFailureKind::Drift) else {
        unreachable!("what failed is a failure");
    };
    let repair = Repair {
        select: [("item".to_owned(), "li".to_owned())].into(),
        found: vec!["Notice 1".into()],
        known: 5,
        records: 4,
        at: july(6),
    };
    failure.repair = Some(repair.clone());
    desk.commit(poll("a", july(6), PollOutcome::Failed { items, failure }))
        .unwrap();
    let proposed = || {
        let source = "a".parse().unwrap();
        desk.ask(move |reader| reader.proposed_repair(&source))
    };
    assert_eq!(proposed().as_ref(), Some(&repair));
    desk.commit(poll("a", july(7), failed(SourceFailureKind::Fetch)))
        .unwrap();
    assert_eq!(proposed(), Some(repair));
    desk.commit(poll("a", july(8), failed(SourceFailureKind::Drift)))
        .unwrap();
    assert_eq!((proposed(), history()), (None, 5));
    assert_eq!(
        desk.release("a", 9),
        ReleasedItems {
            items: 0,
            kept_back: 0,
            taken_back: 0,
            begins_anew: true,
            lacks_layout: false,
        }
    );
    assert_eq!((history(), desk.source("a").next_poll), (0, Some(july(9))));
}
