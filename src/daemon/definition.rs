//! What the store must know of a configuration: feeds, sources, and how items are classified.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::topics;
use crate::classify::{self, Classifier, Needs, regions};
use crate::config::Config;
use crate::model::{Item, Source, SourceId, Timestamp, Topic, TopicId, fingerprints};
use crate::store::{Definition, FeedDefinition, Narrowed, SourceDefinition};

/// What comes into force with `config`, whose topics are those of `classifier`.
pub(super) fn definition(
    config: &Config,
    classifier: &Arc<Classifier>,
    at: Timestamp,
) -> Definition {
    let sources = config.sources.iter().map(|source| SourceDefinition {
        id: source.id.clone(),
        name: source.name.clone(),
        rank: source.rank,
        topics: source.topics.clone(),
        country: source.country,
        regions: source.regions.clone(),
    });
    let classifier = Arc::clone(classifier);
    let of_source = |source: &Source| (source.id.clone(), (source.country, source.regions.clone()));
    let places: HashMap<_, _> = config.sources.iter().map(of_source).collect();
    let classify = move |item: &mut Item, fixed: &[TopicId]| {
        // The regions of a source that is configured no longer stay as they were.
        if let Some((country, fixed)) = places.get(&item.source) {
            item.regions = regions::of_item(item, *country, fixed);
        }
        topics(item, fixed, &classifier)
    };
    let all = config.topics.clone();
    Definition {
        at,
        fresh: config.publish.fresh,
        feeds: feeds(config),
        sources: sources.collect(),
        classify: Box::new(classify),
        narrow: Box::new(move |wanted, givers| narrow(&all, wanted, givers)),
    }
}

fn feeds(config: &Config) -> Vec<FeedDefinition> {
    let language = &config.site.site.language;
    let fingerprints = fingerprints(&config.topics);
    let feeds = config.topics.iter().map(|topic| FeedDefinition {
        topic: topic.id.clone(),
        title: topic.title.in_language(language).to_owned(),
        queries: topic.written(),
        fingerprint: fingerprints[&topic.id],
        each: topic.each.clone(),
    });
    feeds.collect()
}

/// Those of `all` that are wanted, with those that they refer to.
fn narrow(
    all: &[Topic],
    wanted: &BTreeSet<TopicId>,
    givers: &BTreeMap<TopicId, Vec<SourceId>>,
) -> Narrowed {
    let by_id: HashMap<&TopicId, &Topic> = all.iter().map(|topic| (&topic.id, topic)).collect();
    let mut reached: BTreeSet<&TopicId> = BTreeSet::new();
    let mut next: Vec<&TopicId> = wanted.iter().collect();
    while let Some(id) = next.pop() {
        if reached.insert(id) {
            next.extend(by_id.get(id).iter().flat_map(|topic| topic.references()));
        }
    }
    let topics: Vec<Topic> = all
        .iter()
        .filter(|topic| reached.contains(&topic.id))
        .cloned()
        .collect();
    let mut needs = classify::needs(&topics, givers);
    let wanted = wanted.iter().filter_map(|id| needs.remove(id));
    let needs = Needs::any(wanted.collect());
    let classifier = Classifier::new(&topics);
    Narrowed {
        needs,
        topics: Box::new(move |subject| classifier.topics(subject)),
    }
}
