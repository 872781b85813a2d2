//! The store's view of a configuration.
//!
//! In: a checked [`Config`], and its topics as one program. Out: a [`Definition`]: feeds, sources, and how
//! items are classified, by all topics or by some of them. No store, no clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::classify::{self, Classifier, RequiredTokens, Subject, regions};
use crate::config::Config;
use crate::model::{Hash, Item, Language, Location, Secret, Source, SourceId, Timestamp, TopicId};
use crate::normalize;
use crate::store::{Definition, FeedDefinition, FormerNames, NarrowedClassifier, SourceDefinition};
use crate::topics::{Query, Topic, topic_fingerprints};

/// Returns the definition for `config`, whose topics are compiled in `classifier`.
pub(crate) fn build_definition(
    config: &Config,
    classifier: &Arc<Classifier>,
    at: Timestamp,
) -> Definition {
    let all_alike = shared_settings_key(config);
    let sources = config.sources.iter().map(|source| SourceDefinition {
        id: source.id.clone(),
        name: source.name.clone(),
        rank: source.rank,
        address: source.shared_address().map(String::from),
        topics: source.topics.clone(),
        country: source.country,
        regions: source.regions.clone(),
    });
    let classifier = Arc::clone(classifier);
    let of_source = |source: &Source| (source.id.clone(), (source.country, source.regions.clone()));
    let places: HashMap<_, _> = config.sources.iter().map(of_source).collect();
    let classify = move |item: &mut Item, fixed: &[TopicId]| {
        // Regions of a source that is no longer configured may change.
        if let Some((country, fixed)) = places.get(&item.source) {
            item.regions = regions::item_regions(item, *country, fixed);
        }
        classifier.topics_of(&Subject::new(item, fixed))
    };
    let (all, languages) = (config.topics.clone(), assumed_languages(config));
    let (feeds, sources) = (feed_definitions(config), sources.collect::<Vec<_>>());
    Definition {
        at,
        fresh: config.publish.fresh,
        key: classification_key(&all_alike, &feeds, &sources),
        classifier: all_alike,
        feeds,
        sources,
        names: former_names(config),
        classify: Arc::new(classify),
        narrow: Box::new(move |wanted, givers| narrow_topics(&all, &languages, wanted, givers)),
        files: config.files.clone(),
    }
}

/// Returns the languages in which an item is classified if its language and its source's language are unknown:
/// the site's, otherwise all languages that the configuration names or that can be detected.
pub fn assumed_languages(config: &Config) -> Vec<Language> {
    if let Some(language) = &config.site.stated_language {
        return vec![language.clone()];
    }
    let of_sources = config
        .sources
        .iter()
        .filter_map(|source| source.language.clone());
    let queries = config.topics.iter().flat_map(Topic::queries);
    let asked = queries.flat_map(|(_, query)| query.leaves());
    let asked = asked.filter_map(|leaf| match leaf {
        Query::Language(language) => Some(language.clone()),
        _ => None,
    });
    let all: BTreeSet<Language> = normalize::known_languages()
        .into_iter()
        .chain(of_sources)
        .chain(asked)
        .collect();
    all.into_iter().collect()
}

/// Returns a key that changes with any setting that affects the topics and regions of all items.
fn shared_settings_key(config: &Config) -> String {
    let languages = assumed_languages(config);
    let languages: Vec<&str> = languages.iter().map(Language::as_str).collect();
    format!("{} {}", classify::VERSION, languages.join(" "))
}

/// Returns the former names of feeds and sources, and the location of each source.
fn former_names(config: &Config) -> FormerNames {
    let feeds = config.topics.iter().flat_map(|topic| {
        let former = topic.former.iter();
        former.map(|former| (former.was.clone(), topic.id.clone()))
    });
    let sources = config.sources.iter().flat_map(|source| {
        let former = source.former.iter();
        former.map(|former| (former.was.clone(), source.id.clone()))
    });
    let location = |source: &Source| {
        let is_known = match &source.location {
            Location::Secret(address) => !matches!(address.secret, Secret::NotKept { .. }),
            _ => true,
        };
        let address = super::request_address(&source.location);
        let hash = Hash::digest(address.expose().as_str().as_bytes());
        is_known.then(|| (source.id.clone(), hash))
    };
    FormerNames {
        feeds: feeds.collect(),
        sources: sources.collect(),
        locations: config.sources.iter().filter_map(location).collect(),
    }
}

/// Returns a key that changes with anything that affects an item's topics and regions.
fn classification_key(
    classifier: &str,
    feeds: &[FeedDefinition],
    sources: &[SourceDefinition],
) -> Hash {
    let topic = |feed: &FeedDefinition| format!("{} {}", feed.topic, feed.fingerprint);
    let source = |source: &SourceDefinition| {
        let SourceDefinition {
            id,
            topics,
            country,
            regions,
            ..
        } = source;
        format!("{id} {topics:?} {country:?} {regions:?}")
    };
    let parts: Vec<String> = std::iter::once(classifier.to_owned())
        .chain(feeds.iter().map(topic))
        .chain(sources.iter().map(source))
        .collect();
    Hash::digest_parts(parts.iter().map(String::as_str))
}

fn feed_definitions(config: &Config) -> Vec<FeedDefinition> {
    let language = &config.site.site.language;
    let fingerprints = topic_fingerprints(&config.topics);
    let feeds = config.topics.iter().map(|topic| FeedDefinition {
        topic: topic.id.clone(),
        title: topic.title.in_language(language).to_owned(),
        queries: topic.written_queries(),
        fingerprint: fingerprints[&topic.id],
        each: topic.each.clone(),
    });
    feeds.collect()
}

/// Returns `topics` and the topics of `all` that they refer to, each once.
pub(super) fn with_references(all: &[Topic], topics: Vec<&Topic>) -> Vec<Topic> {
    if topics
        .iter()
        .all(|topic| topic.referenced_topics().next().is_none())
    {
        return topics.into_iter().cloned().collect();
    }
    let by_id: HashMap<&TopicId, &Topic> = all.iter().map(|topic| (&topic.id, topic)).collect();
    let mut reached: BTreeMap<&TopicId, &Topic> = BTreeMap::new();
    let mut next = topics;
    while let Some(topic) = next.pop() {
        if reached.insert(&topic.id, topic).is_none() {
            next.extend(topic.referenced_topics().filter_map(|id| by_id.get(id)));
        }
    }
    reached.into_values().cloned().collect()
}

/// Returns the requested topics of `all` with those that they refer to.
fn narrow_topics(
    all: &[Topic],
    languages: &[Language],
    wanted: &BTreeSet<TopicId>,
    givers: &BTreeMap<TopicId, Vec<SourceId>>,
) -> NarrowedClassifier {
    let asked = all.iter().filter(|topic| wanted.contains(&topic.id));
    let topics = with_references(all, asked.collect());
    let mut needs = classify::required_tokens(&topics, givers);
    let wanted = wanted.iter().filter_map(|id| needs.remove(id));
    let needs = RequiredTokens::any_of(wanted.collect());
    let classifier = Classifier::new(&topics, languages);
    NarrowedClassifier {
        needs,
        topics: Box::new(move |subject| classifier.topics_of(subject)),
    }
}
