//! Assigns topics and regions to an [`Item`](crate::model::Item).
//!
//! In: a single item, before its story is known. Out: the regions that it mentions ([`regions`]), and with them the
//! topics whose queries it satisfies ([`Classifier`]), and the reasons ([`explain_topics`]). An index of required words selects
//! the topics to evaluate, so that an item costs about the same for ten topics and for ten thousand. Conversely,
//! [`item_tokens`] and [`required_tokens`] let an index of stored items find those that a query may match. Pure.

mod compiled;
mod needs;
mod plurals;
pub mod regions;
mod subject;
mod terms;
mod vocabulary;
mod why;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use self::compiled::CompiledTopics;
pub use self::needs::{RequiredTokens, TOKENS_VERSION, item_tokens, required_tokens};
pub use self::subject::Subject;
pub use self::why::{MatchEvidence, MatchReason, TopicMatch, explain_topics, query_matches};
use crate::model::{Language, TopicId};
use crate::topics::Topic;

/// Raise it whenever the same text and queries may give other topics or regions: stored items are then classified
/// again.
pub const VERSION: u32 = 5;

/// All topics compiled into one program.
#[derive(Debug)]
pub struct Classifier {
    compiled: CompiledTopics,
}

impl Classifier {
    /// Creates a classifier for `topics`. Topics that refer to each other in a circle select nothing; the
    /// configuration refuses them. In an item of unknown language, words are found by their forms in any of
    /// `languages`.
    pub fn new(topics: &[Topic], languages: &[Language]) -> Self {
        // Prepare now, so that the first bulletin need not wait.
        regions::load_gazetteer();
        Self {
            compiled: CompiledTopics::new(topics, languages),
        }
    }

    /// Returns the topics of an item: those that its source gives it, and those whose queries it satisfies.
    pub fn topics_of(&self, subject: &Subject) -> BTreeSet<TopicId> {
        let matching = self.compiled.matching_topics(subject);
        matching.chain(subject.topics).cloned().collect()
    }

    /// Returns how many topics are tried on every item, because their queries may match without any particular word.
    pub fn count_unanchored(&self) -> usize {
        self.compiled.count_unanchored()
    }
}
