//! Tests which stories a feed contains, and when it needs publishing.

use chrono::TimeDelta;

use super::*;

#[test]
fn a_feed_is_dirty_until_what_it_holds_is_published() {
    let desk = Desk::new();
    assert_eq!(desk.dirty(), ["all", "floods"]);
    desk.publish();
    assert_eq!(desk.dirty(), [""; 0]);
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    assert_eq!(desk.dirty(), ["all"]);
    desk.publish();
    desk.read("a", 2, &["g1||Bridge closed|2021-06-30"]);
    assert_eq!(desk.dirty(), [""; 0]);
    desk.read("a", 3, &["g1||Flood at the bridge|2021-06-30"]);
    assert_eq!(desk.dirty(), ["all", "floods"]);
    // The published revision has been overtaken by another commit.
    let rev = desk.ask(StoreReader::revision);
    desk.read("a", 4, &["g1||Flood over|2021-06-30"]);
    let marks = |rev| {
        vec![PublishedFeed {
            id: "all".parse().unwrap(),
            rev,
            render_key: Hash::digest(b"rendered"),
            left_out: Vec::new(),
        }]
    };
    desk.wait(desk.store.mark_published(marks(rev))).unwrap();
    assert_eq!(desk.dirty(), ["all", "floods"]);
    desk.publish();
    // A slow publisher does not overwrite the record of a faster one.
    desk.wait(desk.store.mark_published(marks(rev))).unwrap();
    assert_eq!(desk.dirty(), [""; 0]);
}

#[test]
fn old_stories_that_come_late_enter_quietly() {
    let desk = Desk::new();
    let [old, new] = ["2021-05-01", "2021-07-09"];
    let read = |source: &str, name: &str| {
        let entries = [old, new].map(|date| format!("{name} {date}||{name} {date}|{date}"));
        desk.read(source, 10, &entries);
    };
    // The first publication includes every story.
    read("a", "First");
    desk.publish();
    assert_eq!(desk.quiet("all"), []);
    // Old stories of a source's first poll, and of one after a failure, are quiet; any other poll notifies readers.
    read("b", "Second");
    read("a", "Third");
    desk.commit(poll("a", july(10), failed(SourceFailureKind::Fetch)))
        .unwrap();
    read("a", "Fourth");
    let live = [
        "First 2021-07-09 [a]",
        "Second 2021-07-09 [b]",
        "Third 2021-07-09 [a]",
        "Fourth 2021-07-09 [a]",
        "First 2021-05-01 [a]",
        "Third 2021-05-01 [a]",
    ];
    let sorted = |mut titles: Vec<String>| {
        titles.sort();
        titles
    };
    assert_eq!(
        sorted(titles(&desk.live("all"))),
        sorted(live.map(String::from).into())
    );
    assert_eq!(
        sorted(titles(&desk.quiet("all"))),
        ["Fourth 2021-05-01 [a]", "Second 2021-05-01 [b]"]
    );
}

#[test]
fn the_first_round_of_a_feed_is_every_first_poll_within_a_day() {
    let desk = Desk::new();
    let publish = |source: &str, entry: &str, at: Timestamp| {
        let items = items(source, 10, &[entry]);
        desk.commit(poll(source, at, read(items))).unwrap();
        desk.publish();
    };
    let defined_at = july(1);
    publish("a", "g1||Bridge closed|2021-05-02", defined_at);
    // A failure does not count: there was nothing to publish yet.
    let hour = TimeDelta::hours(1);
    desk.commit(poll(
        "b",
        defined_at + hour,
        failed(SourceFailureKind::Fetch),
    ))
    .unwrap();
    let second = "g2||School opens its new hall|2021-05-01";
    publish("b", second, defined_at + hour * 2);
    assert_eq!(titles(&desk.quiet("all")), [""; 0]);
    let third = "g3||Fishing permits are given online|2021-05-01";
    publish("c", third, defined_at + hour * 24);
    let late = ["Fishing permits are given online [c]"];
    assert_eq!(titles(&desk.quiet("all")), late);
    desk.check(&["Bridge closed [a]", "School opens its new hall [b]"]);
}

#[test]
fn the_live_feed_holds_the_newest_and_all_of_the_last_days() {
    let desk = Desk::new();
    let entries = (1..10).map(|day| format!("g{day}||Notice {day}|2021-06-0{day}T12:00:00Z"));
    let entries: Vec<String> = entries.collect();
    desk.read("a", 1, &entries);
    let live = |max_items: usize, days: i64| {
        let all: FeedId = "all".parse().unwrap();
        let stories =
            desk.ask(move |reader| reader.live_feed(&all, max_items, TimeDelta::days(days)));
        stories.len()
    };
    assert_eq!(
        [live(2, 0), live(2, 3), live(4, 3), live(6, 3), live(0, 0)],
        [2, 4, 4, 6, 1]
    );
}

#[test]
fn a_topic_comes_and_goes_with_its_definition() {
    let desk = Desk::new();
    let define = |day: u32, feeds: &[&str]| {
        let at = july(day);
        desk.define(Definition {
            at,
            ..definition([100; 3], feeds)
        });
    };
    desk.read("a", 1, &["g1||Flood at the bridge|2021-06-30"]);
    desk.publish();
    let before = desk.ask(StoreReader::configured_feeds);
    define(2, &["all", "floods"]);
    assert_eq!(desk.ask(StoreReader::configured_feeds), before);
    define(3, &["all"]);
    assert_eq!(desk.ask(StoreReader::configured_feeds).len(), 1);
    assert_eq!(
        desk.ask(StoreReader::removed_feeds)[0].id.to_string(),
        "floods"
    );
    define(4, &["all", "floods"]);
    assert_eq!(desk.ask(StoreReader::removed_feeds), []);
    assert_eq!(titles(&desk.live("floods")), ["Flood at the bridge [a]"]);
    assert_eq!(desk.feed("floods").changed_at, Some(july(4)));
}

#[test]
fn changed_queries_judge_what_is_stored() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1||Flood|2021-05-30", "g2||Bridge|2021-06-30"]);
    desk.publish();
    let topics = |subject: &Subject| {
        let flood = subject.title == "Bridge";
        let topic = if flood { "floods" } else { "all" };
        BTreeSet::from([topic.parse().unwrap()])
    };
    let mut changed = definition([100; 3], &["all", "floods"]);
    changed.at = july(2);
    for feed in &mut changed.feeds {
        feed.fingerprint = Hash::digest(b"bridges are floods now, and nothing else");
    }
    changed.narrow = Box::new(move |_, _| NarrowedClassifier {
        needs: RequiredTokens::Nothing,
        topics: Box::new(topics),
    });
    desk.define(changed);
    assert_eq!(titles(&desk.live("all")), ["Flood [a]"]);
    assert_eq!(titles(&desk.live("floods")), ["Bridge [a]"]);
    assert_eq!(desk.feed("all").changed_at, Some(july(2)));
    assert_eq!(desk.dirty(), ["all", "floods"]);
}

#[test]
fn a_source_with_another_name_is_told_where_its_stories_are() {
    let desk = Desk::new();
    desk.read("a", 1, &["g1||Bridge closed|2021-06-30"]);
    desk.read("b", 1, &["g1||Flood at the bridge|2021-06-30"]);
    desk.publish();
    let mut renamed = definition([100; 3], &["all", "floods"]);
    renamed.sources[0].name = "Bridge office".into();
    desk.define(renamed);
    assert_eq!(desk.dirty(), ["all"]);
    assert_eq!(desk.feed("all").changed_at, None);
}

/// A store of an older version has topics, but no text of queries.
#[test]
fn queries_that_did_not_change_are_kept_for_the_next_plan() {
    let mut desk = Desk::new();
    let asking = |query: &str| {
        let mut asking = definition([100; 3], &["all", "floods"]);
        asking.feeds[1].queries = vec![query.to_owned()];
        asking.feeds[1].fingerprint = Hash::digest(query.as_bytes());
        asking
    };
    desk.define(asking("any flood"));
    desk.publish();
    desk.read("a", 1, &["g1||Flood at the bridge|2021-06-30"]);
    desk.publish();
    let closed = desk.closed();
    let old = "DROP INDEX item_recent;
               ALTER TABLE feed DROP COLUMN left_out;
               DROP TABLE layout;
               DROP TABLE ruling;
               DROP TABLE former;
               ALTER TABLE feed DROP COLUMN first_called;
               ALTER TABLE item DROP COLUMN unlisted_at;
               ALTER TABLE item DROP COLUMN discarded_at;
               ALTER TABLE source_state DROP COLUMN location;
               DROP TABLE token_due;
               DROP TABLE item_token;
               DROP INDEX story_withdrawn;
               ALTER TABLE feed DROP COLUMN queries;
               ALTER TABLE feed DROP COLUMN branches;
               ALTER TABLE source_state DROP COLUMN configured;
               ALTER TABLE item DROP COLUMN event_at;
               ALTER TABLE item DROP COLUMN event_offset;
               ALTER TABLE item DROP COLUMN event_precision;
               ALTER TABLE item DROP COLUMN event_origin;
               DROP TABLE kept_file;
               ALTER TABLE source_state DROP COLUMN gone_at;
               ALTER TABLE source_state DROP COLUMN forgotten_at;
               ALTER TABLE item DROP COLUMN forgotten_at;
               ALTER TABLE item DROP COLUMN assumed_language;
               DROP TABLE source_language;
               ALTER TABLE validator DROP COLUMN whole_at;
               ALTER TABLE source_state DROP COLUMN timed_out;
               ALTER TABLE source_state DROP COLUMN defined_by;
               ALTER TABLE feed DROP COLUMN defined_by;
               ALTER TABLE feed DROP COLUMN first_round_until;
               ALTER TABLE item DROP COLUMN links;
               ALTER TABLE item DROP COLUMN image;
               ALTER TABLE source_state DROP COLUMN address;
               DELETE FROM fact WHERE name = 'tokens';
               PRAGMA user_version = 6";
    let connection = Connection::open(closed.folder.path().join("tidings.db")).unwrap();
    connection.execute_batch(old).unwrap();
    drop(connection);
    desk = closed.open();
    desk.define(asking("any flood"));
    assert_eq!(desk.dirty(), [""; 0]);
    let plan = desk.wait(desk.store.define(asking("any floods"), Consent::Given));
    let floods = &plan.unwrap().feeds[0];
    assert_eq!(floods.gone_queries, ["any flood"]);
    assert_eq!(floods.new_queries, ["any floods"]);
    assert_eq!(titles(&desk.live("floods")), ["Flood at the bridge [a]"]);
}
