//! Tests operators' decisions by hand, and that nothing undoes them.

use proptest::prelude::*;

use super::*;
use crate::model::{ItemId, RemovalReason, StoryId};

const ONE: [&str; 1] = ["g1|/1|Bridge closed|2021-06-30|Closed until the water falls."];
const OTHER: [&str; 1] = ["g9|/nine|Crossing shut|2021-06-30|The bridge is shut."];

impl Desk {
    fn decide(&self, decision: StoryDecision) -> Result<DecisionOutcome, String> {
        self.decide_on(3, decision)
    }

    fn decide_on(&self, day: u32, decision: StoryDecision) -> Result<DecisionOutcome, String> {
        let decided = self.wait(self.store.decide(decision, nobody(), july(day)));
        decided.map_err(|error| error.to_string())
    }

    fn ids(&self) -> Vec<StoryId> {
        self.live("all").iter().map(|story| story.id).collect()
    }

    fn fates(&self) -> Vec<(StoryId, RemovalReason)> {
        let gone = self.ask(|reader| reader.feed_tombstones(&"all".parse().unwrap()));
        gone.into_iter().map(|gone| (gone.id, gone.fate)).collect()
    }
}

#[test]
fn stories_merged_by_hand_are_one_under_the_older_id() {
    let desk = Desk::new();
    desk.read("a", 1, &ONE);
    desk.read("b", 2, &OTHER);
    desk.publish();
    let ids = desk.ids();
    let decided = desk.decide(StoryDecision::Merge(ids[1], ids[0])).unwrap();
    assert_eq!((decided.story, decided.others), (ids[0], vec![ids[1]]));
    assert_eq!(desk.ids(), [ids[0]]);
    desk.check(&["Bridge closed [a b]"]);
    assert_eq!(desk.fates(), [(ids[1], RemovalReason::Merged(ids[0]))]);
    // Polls respect it, and its former id leads there.
    desk.read("b", 3, &OTHER);
    desk.read("b", 4, &["g9|/nine|Crossing open|2021-06-30|It is open."]);
    desk.check(&["Bridge closed [a b]"]);
    let again = desk.decide(StoryDecision::Merge(ids[1], ids[0]));
    assert_eq!(
        again.unwrap_err(),
        format!("both are the story `{}`", ids[0])
    );
}

#[test]
fn reports_split_off_stay_apart_whatever_polls_bring() {
    let desk = Desk::new();
    desk.read("a", 1, &ONE);
    let founded = desk.ids()[0];
    for source in ["b", "c"] {
        assert_eq!(desk.read(source, 2, &ONE), [1, 0, 1]);
    }
    desk.publish();
    let decided = desk
        .decide(StoryDecision::Split(founded, Vec::new()))
        .unwrap();
    assert_eq!((decided.story, decided.others.len()), (founded, 2));
    let apart = || {
        let mut titles = titles(&desk.live("all"));
        titles.sort();
        titles
    };
    let expected = [
        "Bridge closed [a]",
        "Bridge closed [b]",
        "Bridge closed [c]",
    ];
    assert_eq!(apart(), expected);
    for source in ["a", "b", "c"] {
        let edited = "g1|/1|Bridge closed|2021-06-30|Closed until the water falls far.";
        desk.read(source, 3, &ONE);
        desk.read(source, 4, &[edited]);
        desk.read(source, 5, &ONE);
    }
    assert_eq!(apart(), expected);
    let single = desk.decide(StoryDecision::Split(founded, Vec::new()));
    let expected = format!("the story `{founded}` has one report only");
    assert_eq!(single.unwrap_err(), expected);
}

/// Splitting a merged story restores the id that readers know.
#[test]
fn a_merge_that_is_split_gives_back_the_id() {
    let desk = Desk::new();
    desk.read("a", 1, &ONE);
    desk.read("b", 2, &OTHER);
    desk.publish();
    let before = desk.ids();
    desk.decide(StoryDecision::Merge(before[0], before[1]))
        .unwrap();
    let item = desk.live("all")[0].reports[1].item;
    let split = StoryDecision::Split(before[0], vec![item]);
    let decided = desk.decide_on(30, split).unwrap();
    assert_eq!(decided.others, [before[1]]);
    assert_eq!(desk.ids(), before);
    assert_eq!((desk.aliases(), desk.fates()), (Vec::new(), Vec::new()));
}

#[test]
fn what_cannot_be_split_is_said() {
    let desk = Desk::new();
    desk.read("a", 1, &ONE);
    desk.read("b", 1, &ONE);
    let story = desk.live("all").remove(0);
    let [founder, report] = [0, 1].map(|report: usize| story.reports[report].item);
    let refused = |id, items| desk.decide(StoryDecision::Split(id, items)).unwrap_err();
    let stranger = StoryId::founded_by(report);
    assert_eq!(
        refused(stranger, vec![report]),
        format!("there is no story `{stranger}`")
    );
    assert_eq!(
        refused(story.id, vec![founder]),
        format!(
            "`{founder}` is the founding report of the story `{}` and keeps its id: name the others",
            story.id
        )
    );
    let other: ItemId = "7dc2e6fd-3f48-5a00-a2c6-93beaf69c47c".parse().unwrap();
    assert_eq!(
        refused(story.id, vec![other]),
        format!("`{other}` is no report of the story `{}`", story.id)
    );
}

#[test]
fn what_is_withdrawn_stays_away_and_leaves_a_tombstone() {
    let desk = Desk::new();
    desk.read("a", 1, &ONE);
    desk.publish();
    let story = desk.ids()[0];
    let withdraw = || StoryDecision::Withdraw(story, "taken back by the office".into());
    desk.decide(withdraw()).unwrap();
    assert_eq!(desk.live("all"), []);
    let fate = RemovalReason::Withdrawn("taken back by the office".into());
    assert_eq!(desk.fates(), [(story, fate)]);
    assert_eq!(desk.dirty(), ["all"]);
    desk.read("a", 3, &["g1|/1|Bridge closed again|2021-06-30|Once more."]);
    assert_eq!(
        desk.read("b", 4, &["g2|/1|Bridge closed again|2021-06-30|Once more."]),
        [1, 0, 1]
    );
    assert_eq!(desk.live("all"), []);
    let again = desk.decide(withdraw()).unwrap_err();
    let words = format!("the story `{story}` is withdrawn: `tidings stories restore {story}`");
    assert!(again.starts_with(&words), "{again}");
}

#[test]
fn what_is_restored_comes_back_as_it_is_now_and_loses_its_tombstone() {
    let desk = Desk::new();
    desk.read("a", 1, &ONE);
    desk.publish();
    let before = desk.live("all");
    let story = before[0].id;
    let restore = || StoryDecision::Restore(story, Some("it was true".into()));
    assert_eq!(
        desk.decide(restore()).unwrap_err(),
        format!("the story `{story}` is not withdrawn")
    );
    desk.decide(StoryDecision::Withdraw(story, "false".into()))
        .unwrap();
    desk.publish();
    let decided = desk.decide(restore()).unwrap();
    assert_eq!((decided.story, &*decided.title), (story, "Bridge closed"));
    assert_eq!(desk.live("all"), before);
    assert_eq!((desk.fates(), desk.dirty()), (vec![], vec!["all".into()]));
    // The story changes while it is withdrawn, and returns with its current content.
    desk.decide(StoryDecision::Withdraw(story, "false".into()))
        .unwrap();
    desk.read("a", 4, &["g1|/1|Bridge open|2021-06-30|Crossed again."]);
    desk.decide_on(5, restore()).unwrap();
    desk.check(&["Bridge open [a]"]);
    let rulings = desk.ask(|reader| reader.recorded_decisions(10));
    let told: Vec<_> = rulings
        .iter()
        .map(|ruling| (ruling.action, ruling.story, ruling.reason.as_deref()))
        .collect();
    let (withdrawn, restored) = (
        (DecisionAction::Withdraw, Some(story), Some("false")),
        (DecisionAction::Restore, Some(story), Some("it was true")),
    );
    assert_eq!(told, [restored, withdrawn, restored, withdrawn]);
    assert!(rulings.iter().all(|ruling| ruling.by == nobody()));
}

#[test]
fn a_changed_item_keeps_what_it_said_before() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1|/1|Bridge closed|2021-06-30|For 3 days."]);
    desk.read("a", 2, &["g1|/1|Bridge closed|2021-06-30|For 5 days."]);
    desk.read("a", 3, &["g1|/1|Bridge open|2021-06-30|For 5 days."]);
    let connection = desk.connection();
    let mut statement = connection
        .prepare("SELECT before FROM revision ORDER BY rev")
        .unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0));
    let rows: Vec<String> = rows.unwrap().map(Result::unwrap).collect();
    assert_eq!(
        rows,
        [
            r#"{"summary":"<p>For 3 days.</p>"}"#,
            r#"{"title":"Bridge closed"}"#
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// After any sequence of merges and splits, polls of the same documents change nothing, and a published id always
    /// is a story's or leads to one.
    #[test]
    fn decisions_survive_polls_and_ids_stay(
        decisions in prop::collection::vec((0..4_usize, 0..4_usize, any::<bool>()), 1..6),
    ) {
        let desk = Desk::new();
        let documents = [
            ("a", vec!["g1|/1|Bridge closed|2021-06-30|Until the water falls.", "g2|/2|Ferry late|2021-06-29|By an hour."]),
            ("b", vec!["g1|/1|Bridge closed|2021-06-30|Until the water falls.", "g3|/3|Flood|2021-06-28|At the crossing."]),
            ("c", vec!["g4|/2|Ferry late|2021-06-29|By an hour.", "g5|/5|Market moved|2021-06-27|To the square."]),
        ];
        let poll = |day| {
            for (source, entries) in &documents {
                desk.read(source, day, entries);
            }
        };
        poll(1);
        desk.publish();
        let mut known: Vec<StoryId> = desk.ids();
        for (one, other, merging) in decisions {
            let ids = desk.ids();
            let [one, other] = [one, other].map(|at| ids[at % ids.len()]);
            let decision = if merging { StoryDecision::Merge(one, other) } else { StoryDecision::Split(one, Vec::new()) };
            // A decision that cannot be carried out changes nothing.
            drop(desk.decide(decision));
            known.extend(desk.ids());
        }
        let decided = desk.live("all");
        poll(2);
        poll(3);
        let after = desk.live("all");
        prop_assert_eq!(titles(&after), titles(&decided));
        prop_assert_eq!(&after, &decided);
        let (ids, aliases) = (desk.ids(), desk.aliases());
        for id in known {
            let leads = |(alias, story): &(String, String)| *alias == id.to_string() && ids.iter().any(|id| id.to_string() == *story);
            prop_assert!(ids.contains(&id) || aliases.iter().any(leads), "{} is lost", id);
        }
    }
}
