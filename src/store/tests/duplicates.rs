//! Tests that new items are compared with exactly those that the store contains and shows, whatever happens to it.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::StoryId;

const HEALTH: &str = "The health service saw no new outbreak in the ports of the southern border this week, and asks \
    families to wash their water tanks every Saturday.";

fn bulletin(number: &str) -> String {
    format!("Bulletin no. {number} of the health service")
}

/// Returns an entry with a guid and address from `key`.
fn entry(key: &str, title: &str, text: &str) -> String {
    format!("{key}|/{key}|{title}|2021-06-30|{text}")
}

impl Desk {
    fn reopened(self) -> Self {
        let Self {
            runtime,
            folder,
            store,
        } = self;
        drop(store);
        let desk = Self {
            store: open(&folder).unwrap(),
            runtime,
            folder,
        };
        desk.define(definition([100; 3], &["all", "floods"]));
        desk
    }

    fn execute(&self, sql: &str) {
        self.connection().execute_batch(sql).unwrap();
    }

    fn account(&self, title: &str, source: &str) -> ItemAccount {
        let sql = "SELECT id FROM item WHERE title = ? AND source = ?";
        let connection = self.connection();
        let id: String = connection
            .query_row(sql, [title, source], |row| row.get(0))
            .unwrap();
        let id = id.parse().unwrap();
        self.ask(move |reader| reader.item_account(id)).unwrap()
    }
}

/// Checks that another source's bulletin 23 joins the stored one, and that bulletin 24 stays apart.
#[track_caller]
fn joins_and_keeps_apart(desk: &Desk) {
    let again = entry("b1", &bulletin("23"), HEALTH);
    assert_eq!(desk.read("b", 2, &[again]), [1, 0, 1]);
    let other = entry("c1", &bulletin("24"), HEALTH);
    assert_eq!(desk.read("c", 2, &[other]), [1, 0, 0]);
}

fn told() -> Desk {
    let desk = Desk::new();
    desk.read("a", 1, &[entry("a1", &bulletin("23"), HEALTH)]);
    desk
}

#[test]
fn a_restart_forgets_nothing() {
    joins_and_keeps_apart(&told().reopened());
}

#[test]
fn keys_that_another_version_made_are_made_anew() {
    let desk = told();
    desk.execute("DELETE FROM fingerprint; DELETE FROM found_by; DELETE FROM fact WHERE name = 'fingerprints'");
    joins_and_keeps_apart(&desk.reopened());
}

#[test]
fn what_is_too_old_to_be_remembered_is_found_by_its_title() {
    let desk = told();
    desk.execute("UPDATE fingerprint SET found_at = found_at - 200 * 86400");
    desk.read("a", 1, &[entry("a2", "Ferry late", "")]);
    joins_and_keeps_apart(&desk.reopened());
}

#[test]
fn what_was_rolled_back_is_compared_with_nothing() {
    let desk = Desk::new();
    desk.execute(
        "CREATE TRIGGER trouble BEFORE INSERT ON item WHEN new.title = 'Second'
         BEGIN SELECT RAISE(ABORT, 'a bad sector'); END",
    );
    let first = |key| entry(key, &bulletin("23"), HEALTH);
    let items = items("a", 1, &[first("a1"), entry("a2", "Second", "")]);
    desk.commit(poll("a", july(1), read(items))).unwrap_err();
    assert_eq!(desk.read("b", 1, &[first("b1")]), [1, 0, 0]);
    assert_eq!(desk.read("c", 1, &[first("c1")]), [1, 0, 1]);
}

/// Held items are not compared with others, although they were written, rolled back and written again.
#[test]
fn what_is_held_back_joins_when_it_is_released() {
    let desk = Desk::new();
    let notice = |key: &str, n: usize| entry(key, &bulletin(&n.to_string()), HEALTH);
    let poll_of = |day, numbers: std::ops::Range<usize>| {
        let entries: Vec<String> = numbers.map(|n| notice(&format!("a{n}"), n)).collect();
        let new = items("a", day, &entries);
        let shape = Some(crate::drift::DocumentShape::from_items(
            new.iter().map(|new| &new.item),
        ));
        let mut outcome = read(new);
        if let PollOutcome::Read { shape: of, .. } = &mut outcome {
            *of = shape;
        }
        desk.commit(poll("a", july(day), outcome)).unwrap()
    };
    for day in 1..6 {
        poll_of(day, 0..day as usize);
    }
    assert_eq!(poll_of(6, 0..65).state, SourceCondition::Held);
    assert_eq!(desk.read("b", 6, &[notice("b60", 60)]), [1, 0, 0]);
    let id = desk.account(&bulletin("60"), "b").story_id;
    desk.wait(
        desk.store
            .release("a".parse().unwrap(), HeldChoice::Listed, nobody(), july(7)),
    )
    .unwrap();
    assert_eq!(desk.account(&bulletin("60"), "a").story_id, id);
    assert_eq!(
        desk.account(&bulletin("60"), "a")
            .story
            .unwrap()
            .reports
            .len(),
        2
    );
}

/// A report without a number could belong to either bulletin: it joins one of them, and does not merge the two.
#[test]
fn a_report_that_is_like_two_does_not_join_them() {
    let desk = told();
    desk.read("c", 1, &[entry("c1", &bulletin("24"), HEALTH)]);
    let either = entry("b1", "Bulletin of the health service", HEALTH);
    assert_eq!(desk.read("b", 2, &[either]), [1, 0, 1]);
    assert_eq!(desk.live("all").len(), 2);
    assert_eq!(desk.aliases(), []);
}

#[test]
fn an_account_says_what_joined_and_what_kept_apart() {
    let desk = told();
    joins_and_keeps_apart(&desk);
    let grounds = |title: &str, source: &str| desk.account(title, source).grounds;
    let one = desk.account(&bulletin("23"), "a");
    let by = |ground: Option<EvidenceItem>| ground.map(|ground| ground.by);
    assert_eq!(one.grounds, StoryEvidence::default());
    let joined = grounds(&bulletin("23"), "b").joined.unwrap();
    assert_eq!((joined.item, joined.by.as_str()), (one.item.id, "title"));
    let refused = grounds(&bulletin("24"), "c");
    assert_eq!(
        (by(refused.joined), by(refused.refused)),
        (None, Some("number".into()))
    );
    // An edit undoes none of it.
    let edited = format!("{HEALTH} It says so every week.");
    desk.read("b", 3, &[entry("b1", &bulletin("23"), &edited)]);
    assert_eq!(grounds(&bulletin("23"), "b").joined, Some(joined));
}

#[test]
fn a_translation_is_a_story_of_its_own_that_is_known_as_one() {
    let desk = Desk::new();
    let english = "|https://x.example/en/news/workshop|Workshop on migration in San José|2021-06-30|On Tuesday 48 officials of \
        Costa Rica and Panama took part in a workshop of 16 hours on the rights of migrants.";
    let spanish = "|https://x.example/es/noticias/taller|Taller sobre migración en San José|2021-06-30|El martes 48 funcionarios \
        de Costa Rica y Panamá participaron en un taller de 16 horas sobre los derechos de los migrantes.";
    desk.read("a", 1, &[english]);
    desk.publish();
    assert_eq!(desk.read("b", 1, &[spanish]), [1, 0, 0]);
    let [one, other] = [
        desk.account("Workshop on migration in San José", "a"),
        desk.account("Taller sobre migración en San José", "b"),
    ];
    assert_eq!(one.alternates, [other.story_id]);
    assert_eq!(other.alternates, [one.story_id]);
    // Readers of either story find a link to the other.
    let links = |story: &Story| {
        let links = story.alternates.iter();
        let links: Vec<String> = links
            .map(|link| format!("{} {}", link.language, link.address.path()))
            .collect();
        links.join(", ")
    };
    let mut published: Vec<String> = desk.live("all").iter().map(links).collect();
    published.sort();
    assert_eq!(
        published,
        ["en /en/news/workshop", "es /es/noticias/taller"]
    );
}

/// An arbitrary event in the life of a store.
#[derive(Clone, Debug)]
enum Event {
    /// A source publishes a bulletin: the source, the number, and whether number and text are included.
    Told(usize, usize, bool, bool),
    Merged(usize, usize),
    Split(usize),
    Opened,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let told = (0..3_usize, 23..26_usize, any::<bool>(), any::<bool>());
    let event = prop_oneof![
        6 => told.prop_map(|(source, number, says, text)| Event::Told(source, number, says, text)),
        1 => (0..4_usize, 0..4_usize).prop_map(|(one, other)| Event::Merged(one, other)),
        1 => (0..4_usize).prop_map(Event::Split),
        1 => Just(Event::Opened),
    ];
    prop::collection::vec(event, 1..14)
}

impl Desk {
    /// Applies the event.
    fn meet(self, event: &Event) -> Self {
        let ids = self.stories();
        let nth = |at: usize| ids.get(at % ids.len().max(1)).copied();
        let decision = match event {
            Event::Opened => return self.reopened(),
            Event::Told(source, number, says, text) => {
                let title = if *says {
                    bulletin(&number.to_string())
                } else {
                    "Bulletin of the health service".to_owned()
                };
                let text = if *text { HEALTH } else { "" };
                // One entry that its source changes repeatedly.
                let told = [entry(&format!("n{number}"), &title, text)];
                self.read(["a", "b", "c"][*source], 1, &told);
                return self;
            }
            Event::Merged(one, other) => nth(*one)
                .zip(nth(*other))
                .map(|(a, b)| StoryDecision::Merge(a, b)),
            Event::Split(one) => nth(*one).map(|story| StoryDecision::Split(story, Vec::new())),
        };
        if let Some(decision) = decision {
            // A decision that cannot be carried out changes nothing.
            drop(self.wait(self.store.decide(decision, nobody(), july(2))));
        }
        self
    }

    fn stories(&self) -> Vec<StoryId> {
        let mut ids: Vec<_> = self.live("all").iter().map(|story| story.id).collect();
        ids.sort();
        ids
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A published id always leads to a story; an item has one id; and a reopened store contains what it contained.
    #[test]
    fn ids_stay_whatever_comes(events in events()) {
        let mut desk = Desk::new();
        let mut known: Vec<StoryId> = Vec::new();
        let mut items: BTreeMap<(String, String), String> = BTreeMap::new();
        for event in &events {
            let before = desk.live("all");
            desk = desk.meet(event);
            if matches!(event, Event::Opened) {
                prop_assert_eq!(desk.live("all"), before);
            }
            let (stories, aliases) = (desk.stories(), desk.aliases());
            known.extend(&stories);
            for id in &known {
                let leads = |(alias, story): &(String, String)| {
                    *alias == id.to_string() && stories.iter().any(|id| id.to_string() == *story)
                };
                prop_assert!(stories.contains(id) || aliases.iter().any(leads), "{} is lost by {:?}", id, event);
            }
            let connection = desk.connection();
            let mut statement = connection.prepare("SELECT source, key, id FROM item").unwrap();
            let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
            for row in rows {
                let (key, id): ((String, String), String) = row.unwrap();
                prop_assert_eq!(items.entry(key).or_insert_with(|| id.clone()), &id);
            }
        }
    }

    /// No chain of reports joins two numbers into one story, unless an operator does.
    #[test]
    fn no_chain_joins_two_numbers(events in events()) {
        let mut desk = Desk::new();
        for (at, event) in events.iter().enumerate() {
            match event {
                Event::Told(source, number, says, text) => {
                    let title = if *says { bulletin(&number.to_string()) } else { "Bulletin of the health service".to_owned() };
                    let text = if *text { HEALTH } else { "" };
                    desk.read(["a", "b", "c"][*source], 1, &[entry(&format!("n{at}"), &title, text)]);
                }
                Event::Opened => desk = desk.reopened(),
                Event::Merged(..) | Event::Split(_) => {}
            }
        }
        for story in desk.live("all") {
            let mut numbers: Vec<&str> = story.reports.iter().map(|report| report.title.as_str()).collect();
            numbers.retain(|title| title.contains("no."));
            numbers.dedup();
            prop_assert!(numbers.len() <= 1, "{:?}", numbers);
        }
    }
}
