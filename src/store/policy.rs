//! What is in force for stories: which feeds there are, which branches they have, and from when on a story is old.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::Definition;
use crate::model::{Each, Facets, FeedId, TopicId};

/// The part of a [`Definition`] that decides where stories belong.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    /// A story older than this enters quietly where it comes late.
    pub(super) fresh: Duration,
    /// What the branches of each topic are told apart by.
    topics: HashMap<TopicId, BTreeSet<Each>>,
}

impl Policy {
    /// Nothing is old and there are no feeds, before a definition says otherwise.
    pub(super) fn none() -> Self {
        Self {
            fresh: Duration::MAX,
            topics: HashMap::new(),
        }
    }

    pub(super) fn of(definition: &Definition) -> Self {
        let feeds = definition.feeds.iter();
        Self {
            fresh: definition.fresh,
            topics: feeds
                .map(|feed| (feed.topic.clone(), feed.each.clone()))
                .collect(),
        }
    }

    /// Whether the feed may hold stories.
    pub(super) fn have(&self, feed: &FeedId) -> bool {
        let each = self.topics.get(feed.topic());
        each.is_some_and(|each| {
            feed.branch()
                .is_none_or(|branch| each.contains(&branch.facets()))
        })
    }

    /// The feeds of a story that belongs to `topics`. One of a source that is configured no longer may have gone with it.
    pub(super) fn feeds(&self, topics: &BTreeSet<TopicId>, facets: &Facets) -> BTreeSet<FeedId> {
        let mut feeds = BTreeSet::new();
        for (topic, each) in topics.iter().filter_map(|id| self.topics.get_key_value(id)) {
            feeds.insert(topic.clone().into());
            let branches = each.iter().flat_map(|each| each.branches(facets));
            feeds.extend(branches.map(|branch| FeedId::branch_of(topic.clone(), branch)));
        }
        feeds
    }
}
