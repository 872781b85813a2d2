//! The rules in force for items and stories: classification, feeds and branches, and the age of old stories.
//!
//! In: a [`Definition`] as it comes into force; then items and stories. Out: the current topics of an item, and the
//! feeds that a story belongs to. No database.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::{ClassifyFn, Definition, NewItem};
use crate::classify::{Subject, item_tokens};
use crate::model::{FacetSet, FeedId, Hash, Item, SourceId, StoryFacets, TopicId};

/// The part of a [`Definition`] that decides where stories belong.
pub(super) struct StoryPolicy {
    /// The key and the function for classification; `None` before the first definition.
    classifying: Option<(Hash, ClassifyFn)>,
    /// The topics that each source gives to all its items.
    given: HashMap<SourceId, Vec<TopicId>>,
    /// The age from which a story that arrives late enters quietly.
    pub(super) fresh: Duration,
    /// The properties that distinguish the branches of each topic.
    topics: HashMap<TopicId, BTreeSet<FacetSet>>,
}

impl StoryPolicy {
    /// Returns the policy before the first definition: nothing is old and there are no feeds.
    pub(super) fn empty() -> Self {
        Self {
            classifying: None,
            given: HashMap::new(),
            fresh: Duration::MAX,
            topics: HashMap::new(),
        }
    }

    pub(super) fn from_definition(definition: &Definition) -> Self {
        let feeds = definition.feeds.iter();
        let sources = definition.sources.iter();
        Self {
            classifying: Some((definition.key, Arc::clone(&definition.classify))),
            given: sources
                .map(|source| (source.id.clone(), source.topics.clone()))
                .collect(),
            fresh: definition.fresh,
            topics: feeds
                .map(|feed| (feed.topic.clone(), feed.each.clone()))
                .collect(),
        }
    }

    /// Returns the items of a poll with their current topics: they were classified by the rules in force when the
    /// poll began. Items of a removed source stay as they are.
    pub(super) fn with_current_topics<'a>(
        &self,
        items: &'a [NewItem],
        source: &SourceId,
        classified_by: Hash,
    ) -> Cow<'a, [NewItem]> {
        let classifying = self.classifying.as_ref();
        let changed = classifying.filter(|(key, _)| *key != classified_by);
        let Some(((_, classify), given)) = changed.zip(self.given.get(source)) else {
            return Cow::Borrowed(items);
        };
        let anew = items.iter().cloned().map(|mut new| {
            let topics = classify(&mut new.item, given);
            NewItem {
                tokens: item_tokens(&Subject::new(&new.item, &[])),
                topics: topics.into_iter().collect(),
                ..new
            }
        });
        Cow::Owned(anew.collect())
    }

    /// Classifies a known item for the day that it keeps, which may differ from the entry's.
    pub(super) fn with_kept_day<'a>(&self, new: &'a NewItem, kept: &Item) -> Cow<'a, NewItem> {
        let day = |item: &Item| item.published.instant().date_naive();
        let others = day(kept) != day(&new.item);
        let classifying = self.classifying.as_ref().filter(|_| others);
        let Some(((_, classify), given)) = classifying.zip(self.given.get(&kept.source)) else {
            return Cow::Borrowed(new);
        };
        let topics = classify(&mut kept.clone(), given);
        Cow::Owned(NewItem {
            topics: topics.into_iter().collect(),
            ..new.clone()
        })
    }

    /// Returns true if the feed may contain stories.
    pub(super) fn allows_feed(&self, feed: &FeedId) -> bool {
        let each = self.topics.get(feed.topic());
        each.is_some_and(|each| {
            feed.branch()
                .is_none_or(|branch| each.contains(&branch.facets()))
        })
    }

    /// Returns the feeds of a story that belongs to `topics`. A topic given by a removed source may have been removed
    /// with it.
    pub(super) fn feeds_for(
        &self,
        topics: &BTreeSet<TopicId>,
        facets: &StoryFacets,
    ) -> BTreeSet<FeedId> {
        let mut feeds = BTreeSet::new();
        for (topic, each) in topics.iter().filter_map(|id| self.topics.get_key_value(id)) {
            feeds.insert(topic.clone().into());
            let branches = each.iter().flat_map(|each| each.branches_for(facets));
            feeds.extend(branches.map(|branch| FeedId::branch_of(topic.clone(), branch)));
        }
        feeds
    }
}
