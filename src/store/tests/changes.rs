//! Tests that stories end up where they would be if the current configuration had always been in force, whatever its
//! history.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::classify::Classifier;
use crate::config::{self, Config};
use crate::flow::build_definition;
use crate::model::{FeedId, StoryFacets, StoryId};
use crate::store::policy::StoryPolicy;

const QUERIES: [&str; 16] = [
    "flood",
    "=floods",
    "brid*",
    "flood bridge",
    "\"at the bridge\"",
    "title:port OR flood",
    "NOT flood",
    "bridge -flood",
    "/flo+d/",
    "country:MX",
    "region:MX-CHP",
    "lang:es",
    "source:a",
    "before:2021-07-03",
    "after:2021-07-02 port",
    "nowhere",
];
const EACH: [&str; 5] = ["", "country", "language", "source", "country+language"];
const TITLES: [&str; 7] = [
    "Flood at the bridge",
    "Floods in Tapachula",
    "Port closed",
    "Bridge in Guatemala opens",
    "El puerto de Veracruz estará cerrado por la tormenta",
    "La inundación en Guatemala deja el puente cerrado",
    "Notice of the office",
];
const TOPICS: [&str; 3] = ["x", "y", "z"];
const SOURCES: [&str; 3] = ["a", "b", "c"];

/// An arbitrary configuration.
#[derive(Clone, Debug)]
struct Setup {
    /// For each topic, its query, its branches and a number in its title; `None` if it is not configured.
    topics: Vec<Option<(usize, usize, u8)>>,
    /// The last topic's query refers to the first.
    refers: bool,
    /// For each source, the topic that it gives and whether it is in Mexico; `None` if it is not configured.
    sources: Vec<Option<(Option<usize>, bool)>>,
}

/// An arbitrary event.
#[derive(Clone, Debug)]
enum Step {
    Configure(Setup),
    /// A topic is left out, and returns the next time.
    LeaveOut(usize),
    ConfigureAgain,
    /// A source delivers entries: a guid and a title each.
    Poll(usize, Vec<(u8, usize)>),
    Publish,
    Withdraw(Index),
    Merge(Index, Index),
    Split(Index),
}

fn setup() -> impl Strategy<Value = Setup> {
    let topic = (0..QUERIES.len(), 0..EACH.len(), 0..2_u8);
    let source = (prop::option::of(0..TOPICS.len()), any::<bool>());
    (
        prop::collection::vec(prop::option::weighted(0.8, topic), TOPICS.len()),
        any::<bool>(),
        prop::collection::vec(prop::option::weighted(0.9, source), SOURCES.len()),
    )
        .prop_map(|(topics, refers, sources)| Setup {
            topics,
            refers,
            sources,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let entries = prop::collection::vec((0..4_u8, 0..TITLES.len()), 1..4);
    prop_oneof![
        3 => setup().prop_map(Step::Configure),
        2 => (0..TOPICS.len()).prop_map(Step::LeaveOut),
        2 => Just(Step::ConfigureAgain),
        6 => (0..SOURCES.len(), entries).prop_map(|(source, entries)| Step::Poll(source, entries)),
        2 => Just(Step::Publish),
        1 => any::<Index>().prop_map(Step::Withdraw),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(one, other)| Step::Merge(one, other)),
        1 => any::<Index>().prop_map(Step::Split),
    ]
}

impl Setup {
    /// Formats the setup as an operator writes it; references to missing things are left out.
    fn written(&self) -> String {
        let has = |topic: usize| self.topics[topic].is_some();
        let mut text =
            "[store]\nurl = \"sqlite:tidings.db\"\n[publish]\ndir = \"feeds\"\n".to_owned();
        for (number, topic) in self.topics.iter().enumerate() {
            let Some((query, each, title)) = *topic else {
                continue;
            };
            let query = match QUERIES[query] {
                _ if number == 2 && self.refers && has(0) => "topic:x bridge",
                "source:a" if self.sources[0].is_none() => "port",
                query => query,
            };
            let id = TOPICS[number];
            write!(
                text,
                "[[topic]]\nid = '{id}'\ntitle = 'About {id} {title}'\nquery = '{query}'\n"
            )
            .unwrap();
            if !EACH[each].is_empty() {
                writeln!(text, "each = ['{}']", EACH[each]).unwrap();
            }
        }
        for (id, source) in SOURCES.iter().zip(&self.sources) {
            let Some((gives, mexican)) = source else {
                continue;
            };
            write!(
                text,
                "[[source]]\nid = '{id}'\nurl = 'https://{id}.example/'\nkind = 'feed'\n"
            )
            .unwrap();
            if let Some(topic) = gives.filter(|topic| has(*topic)) {
                writeln!(text, "topics = ['{}']", TOPICS[topic]).unwrap();
            }
            if *mexican {
                text.push_str("country = 'MX'\n");
            }
        }
        text
    }
}

/// A store and the configuration in force.
struct Law {
    desk: Desk,
    config: Option<Config>,
    setup: Setup,
    day: u32,
}

/// The stories of each feed, with true if they entered quietly.
type Members = BTreeMap<FeedId, BTreeMap<StoryId, bool>>;

impl Law {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let desk = Desk {
            runtime: runtime.enable_all().build().unwrap(),
            store: open(&folder).unwrap(),
            folder,
        };
        Self {
            desk,
            config: None,
            setup: Setup {
                topics: vec![None; TOPICS.len()],
                refers: false,
                sources: vec![Some((None, false)); SOURCES.len()],
            },
            day: 1,
        }
    }

    fn definition(&self, config: &Config) -> Definition {
        let classifier = Arc::new(Classifier::new(
            &config.topics,
            &crate::flow::assumed_languages(config),
        ));
        build_definition(config, &classifier, july(self.day))
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Configure(setup) => {
                self.setup.clone_from(setup);
                self.configure(setup);
            }
            Step::LeaveOut(topic) => {
                let mut setup = self.setup.clone();
                setup.topics[*topic] = None;
                self.configure(&setup);
            }
            Step::ConfigureAgain => self.configure(&self.setup.clone()),
            Step::Poll(source, entries) => self.poll(SOURCES[*source], entries),
            Step::Publish => self.desk.publish(),
            Step::Withdraw(story) => {
                let stories = self.stories();
                if !stories.is_empty() {
                    self.decide(StoryDecision::Withdraw(
                        *story.get(&stories),
                        "wrong".to_owned(),
                    ));
                }
            }
            Step::Merge(one, other) => {
                let stories = self.stories();
                if !stories.is_empty() {
                    self.decide(StoryDecision::Merge(
                        *one.get(&stories),
                        *other.get(&stories),
                    ));
                }
            }
            Step::Split(story) => {
                let stories = self.stories();
                if !stories.is_empty() {
                    self.decide(StoryDecision::Split(*story.get(&stories), Vec::new()));
                }
            }
        }
        self.day = (self.day + 1).min(28);
    }

    /// Makes a decision; some cannot be carried out.
    fn decide(&self, decision: StoryDecision) {
        drop(
            self.desk
                .wait(self.desk.store.decide(decision, nobody(), july(self.day))),
        );
    }

    fn stories(&self) -> Vec<StoryId> {
        let connection = self.desk.connection();
        let mut statement = connection
            .prepare("SELECT id FROM story ORDER BY id")
            .unwrap();
        let ids = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        ids.map(|id| id.unwrap().parse().unwrap()).collect()
    }

    /// Puts `setup` in force. The plan must match its effect, and nothing may be left to do.
    fn configure(&mut self, setup: &Setup) {
        let file = self.desk.folder.path().join("tidings.toml");
        std::fs::write(&file, setup.written()).unwrap();
        let config = config::load(&file, &|_| None).unwrap();
        let path = self.desk.folder.path().join("tidings.db");
        let plan_of = |definition: &Definition| plan_definition(&path, definition, 0).unwrap();
        let before = self.members();
        let planned = plan_of(&self.definition(&config));
        let done = self.desk.wait(
            self.desk
                .store
                .define(self.definition(&config), Consent::Given),
        );
        assert_eq!(done.unwrap(), planned);
        let after = self.members();
        let stock = |members: &Members, feed: &FeedId| {
            let stories = members.get(feed);
            FeedCount {
                stories: stories.map_or(0, BTreeMap::len),
                live: stories.map_or(0, |stories| {
                    stories.values().filter(|quiet| !**quiet).count()
                }),
            }
        };
        for plan in planned
            .feeds
            .iter()
            .filter(|plan| plan.fate != FeedFate::Vanishes)
        {
            let topic = config
                .topics
                .iter()
                .find(|topic| topic.id == *plan.id.topic());
            assert_eq!(
                plan.title,
                topic.unwrap().title.in_language(&config.site.site.language)
            );
        }
        let feeds: BTreeSet<&FeedId> = before.keys().chain(after.keys()).collect();
        for feed in feeds {
            let told = planned.feeds.iter().find(|plan| plan.id == *feed);
            let told = told.map(|plan| {
                (
                    plan.before,
                    match plan.fate {
                        FeedFate::Vanishes => plan.before,
                        FeedFate::Appears | FeedFate::Changes => plan.after,
                    },
                )
            });
            let is = (stock(&before, feed), stock(&after, feed));
            assert_eq!(told.unwrap_or((is.0, is.0)), is, "{feed}");
        }
        let again = plan_of(&self.definition(&config));
        assert!(again.is_empty(), "{again:?}");
        self.config = Some(config);
    }

    fn poll(&self, id: &str, entries: &[(u8, usize)]) {
        let configured =
            |config: &&Config| config.sources.iter().any(|source| source.id.as_str() == id);
        if !self
            .config
            .as_ref()
            .is_some_and(|config| configured(&config))
        {
            return;
        }
        let entry = |(guid, title): &(u8, usize)| {
            format!(
                "{id}{guid}|/{title}|{}|2021-07-0{}",
                TITLES[*title],
                guid + 1
            )
        };
        let entries: Vec<String> = entries.iter().map(entry).collect();
        let read = read(items(id, self.day, &entries));
        // The key was never in force, so the items are classified again.
        self.desk.commit(poll(id, july(self.day), read)).unwrap();
    }

    fn members(&self) -> Members {
        let connection = self.desk.connection();
        let sql = "SELECT feed, story, quiet FROM membership WHERE left_at IS NULL";
        let mut statement = connection.prepare(sql).unwrap();
        let mut found = statement.query([]).unwrap();
        let mut members = Members::new();
        while let Some(row) = found.next().unwrap() {
            let feed: FeedId =
                rows::parse_column("feed", &row.get::<_, String>(0).unwrap()).unwrap();
            let story = rows::parse_column("story", &row.get::<_, String>(1).unwrap()).unwrap();
            members
                .entry(feed)
                .or_default()
                .insert(story, row.get(2).unwrap());
        }
        members
    }

    /// Classifies everything from scratch, and compares.
    fn check(&self) {
        let Some(config) = &self.config else {
            return;
        };
        let definition = self.definition(config);
        let configured: BTreeSet<&TopicId> =
            definition.feeds.iter().map(|feed| &feed.topic).collect();
        let connection = self.desk.connection();
        let mut wanted: BTreeMap<StoryId, (BTreeSet<TopicId>, StoryFacets)> = BTreeMap::new();
        let sql = "SELECT item.*, source_state.topics AS given, withdrawn_at FROM item
                   JOIN source_state USING (source) JOIN story ON story.id = item.story";
        let mut statement = connection.prepare(sql).unwrap();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let mut item = rows::read_item(row).unwrap();
            let regions = item.regions.clone();
            let given = rows::parse_topics(&row.get::<_, String>("given").unwrap()).unwrap();
            let mut topics = (definition.classify)(&mut item, &given);
            topics.retain(|topic| configured.contains(topic));
            let mut held = rows::read_belonging(row).unwrap().topics;
            held.retain(|topic| configured.contains(topic));
            assert_eq!(
                held,
                topics.iter().cloned().collect::<Vec<_>>(),
                "{}",
                item.title
            );
            assert_eq!(regions, item.regions, "{}", item.title);
            if row.get::<_, Option<i64>>("withdrawn_at").unwrap().is_none() {
                let story =
                    rows::parse_column("story", &row.get::<_, String>("story").unwrap()).unwrap();
                let wanted = wanted.entry(story).or_default();
                wanted.0.extend(topics);
                wanted.1.extend(&StoryFacets::from_report(
                    item.source,
                    item.language.as_ref(),
                    &item.regions,
                ));
            }
        }
        let policy = StoryPolicy::from_definition(&definition);
        let mut expected: BTreeMap<FeedId, BTreeSet<StoryId>> = BTreeMap::new();
        for (story, (topics, facets)) in &wanted {
            for feed in policy.feeds_for(topics, facets) {
                expected.entry(feed).or_default().insert(*story);
            }
        }
        let mut members = self.members();
        members.retain(|feed, _| policy.allows_feed(feed));
        let held = members
            .into_iter()
            .map(|(feed, stories)| (feed, stories.into_keys().collect()));
        assert_eq!(held.collect::<BTreeMap<_, BTreeSet<_>>>(), expected);
        self.check_feeds(config, &expected);
    }

    /// Checks the number of stories and the title that each feed reports.
    fn check_feeds(&self, config: &Config, expected: &BTreeMap<FeedId, BTreeSet<StoryId>>) {
        for feed in self.desk.ask(StoreReader::configured_feeds) {
            let topic = config
                .topics
                .iter()
                .find(|topic| topic.id == *feed.id.topic());
            assert_eq!(
                feed.title,
                topic.unwrap().title.in_language(&config.site.site.language)
            );
            assert_eq!(
                feed.stories,
                expected.get(&feed.id).map_or(0, BTreeSet::len),
                "{}",
                feed.id
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_configured_is_as_if_it_had_always_been(steps in prop::collection::vec(step(), 1..24)) {
        let mut law = Law::new();
        for step in &steps {
            law.take(step);
            law.check();
        }
    }
}
