//! Tests that renamed feeds and sources keep their stored data, and that nothing else takes it.

use super::*;
use crate::model::SourceId;

const FLOOD: [&str; 1] = ["g1|/1|Flood at the bridge|2021-06-30"];

/// Returns the desk's definition with these topics, which have these new names.
fn called(feeds: &[&str], names: &[(&str, &str)]) -> Definition {
    // The queries stay: a topic's fingerprint is that of its first name.
    let first = |topic: &str| match topic {
        "inundations" | "deluges" => "floods".to_owned(),
        other => other.to_owned(),
    };
    let mut definition = definition([100; 3], feeds);
    for feed in &mut definition.feeds {
        let name = first(feed.topic.as_str());
        feed.fingerprint = Hash::digest(name.as_bytes());
        feed.title = format!("About {name}");
    }
    let name = |(was, now): &(&str, &str)| (was.parse().unwrap(), now.parse().unwrap());
    definition.names.feeds = names.iter().map(name).collect();
    definition
}

fn flooded() -> Desk {
    let desk = Desk::new();
    desk.read("a", 1, &FLOOD);
    desk.publish();
    desk
}

#[test]
fn a_feed_takes_its_stories_along_and_keeps_its_first_name() {
    let desk = flooded();
    let before = desk.live("floods");
    let renamed = || called(&["all", "inundations"], &[("floods", "inundations")]);
    // Planning the renames changes nothing, and the plan matches their effect.
    let path = desk.folder.path().join("tidings.db");
    let planned = plan_definition(&path, &renamed(), 5).unwrap();
    assert_eq!(planned.refusals(), [""; 0]);
    assert_eq!(planned.feeds, []);
    assert_eq!(desk.live("floods"), before);
    let done = desk.wait(desk.store.define(renamed(), Consent::Wanted));
    assert_eq!(done.unwrap(), planned);
    assert_eq!(desk.live("inundations"), before);
    assert_eq!(desk.feed("inundations").first_called.to_string(), "floods");
    let former = desk.ask(StoreReader::former_feeds);
    assert_eq!(former, ["floods".parse().unwrap()]);
    // Applying it once is enough; a second rename, and its reversal, continue from there.
    assert!(plan_definition(&path, &renamed(), 5).unwrap().is_empty());
    let again = [("inundations", "deluges"), ("floods", "deluges")];
    desk.define(called(&["all", "deluges"], &again));
    assert_eq!(desk.live("deluges"), before);
    assert_eq!(desk.feed("deluges").first_called.to_string(), "floods");
    desk.define(called(&["all", "floods"], &[("deluges", "floods")]));
    assert_eq!(desk.live("floods"), before);
    assert_eq!(desk.feed("floods").first_called.to_string(), "floods");
}

#[test]
fn a_feed_with_stories_of_its_own_takes_none_over() {
    let desk = flooded();
    let taken = called(&["all"], &[("floods", "all")]);
    let plan = desk
        .wait(desk.store.define(taken, Consent::Wanted))
        .unwrap();
    assert_eq!(plan.renamed_feeds, []);
    // No reader is surprised: the old address redirects.
    assert_eq!(plan.refusals(), [""; 0]);
    assert_eq!(desk.feed("all").first_called.to_string(), "all");
    assert_eq!(desk.live("all").len(), 1);
}

#[test]
fn nothing_is_called_otherwise_before_it_is_agreed_to() {
    let desk = flooded();
    let mut refused = called(&["inundations"], &[("floods", "inundations")]);
    let done = desk
        .wait(desk.store.define(refused, Consent::Wanted))
        .unwrap();
    let why = "the feed `all` would vanish with its only story";
    assert!(done.refusals()[0].starts_with(why), "{:?}", done.refusals());
    assert_eq!(desk.live("floods").len(), 1);
    assert_eq!(desk.ask(StoreReader::former_feeds), []);
    refused = called(&["inundations"], &[("floods", "inundations")]);
    desk.define(refused);
    assert_eq!(desk.live("inundations").len(), 1);
}

#[test]
fn a_source_takes_its_items_along() {
    let desk = flooded();
    let before = desk.live("all");
    let id = |name: &str| -> SourceId { name.parse().unwrap() };
    let mut renamed = definition([100; 3], &["all", "floods"]);
    renamed.sources[0].id = id("d");
    renamed.names.sources = vec![(id("a"), id("d"))];
    desk.define(renamed);
    let shown = desk.live("all");
    assert_eq!(
        (shown[0].id, shown[0].shown.id),
        (before[0].id, before[0].shown.id)
    );
    assert_eq!(shown[0].reports[0].source, id("d"));
    assert_eq!(desk.dirty(), ["all", "floods"]);
    // The same guid is the same item, and an edit of it is an update.
    assert_eq!(desk.read("d", 3, &FLOOD), [0, 0, 0]);
    let edited = ["g1|/1|Flood at the bridge is over|2021-06-30"];
    assert_eq!(desk.read("d", 4, &edited), [0, 1, 0]);
    assert_eq!(desk.live("all")[0].id, before[0].id);
    assert!(!desk.ask(StoreReader::source_states).contains_key(&id("a")));
}

#[test]
fn a_new_source_at_the_address_of_one_that_is_gone_is_asked_about() {
    let desk = Desk::new();
    let id = |name: &str| -> SourceId { name.parse().unwrap() };
    let at = |names: &[(&str, &str)]| {
        let located = names
            .iter()
            .map(|(name, address)| (id(name), Hash::digest(address.as_bytes())));
        located.collect()
    };
    let mut before = definition([100; 3], &["all", "floods"]);
    before.names.locations = at(&[("a", "one"), ("b", "two"), ("c", "three")]);
    desk.define(before);
    let refusals = |name: &str, address: &str| {
        let mut after = definition([100; 3], &["all", "floods"]);
        after.sources[0].id = id(name);
        after.names.locations = at(&[(name, address), ("b", "two"), ("c", "three")]);
        let path = desk.folder.path().join("tidings.db");
        plan_definition(&path, &after, 0).unwrap().refusals()
    };
    let asked = refusals("d", "one");
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].starts_with("the source `d` has the address of `a`"));
    assert_eq!(refusals("d", "four"), [""; 0]);
    assert_eq!(refusals("a", "one"), [""; 0]);
}
