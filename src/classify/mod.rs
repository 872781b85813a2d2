//! An [`Item`](crate::model::Item) to its topics and regions.
//!
//! In: one item, alone; it is not known yet whose story it joins. Out: the regions that it tells of ([`regions`]), and
//! with them the topics whose queries it satisfies ([`Classifier`]), and why ([`why`]). Which topics are looked at at all is
//! decided by an index of the words that each of them cannot do without, so that an item costs about the same for ten
//! topics and for ten thousand. The other way round, [`tokens`] and [`needs`] let an index of stored items find those that
//! a query may take. Pure.

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

use self::compiled::Compiled;
pub use self::needs::{Needs, TOKENS_VERSION, needs, tokens};
pub use self::subject::Subject;
pub use self::why::{Evidence, Reason, Why, holds, why};
use crate::model::{Language, TopicId};
use crate::topics::Topic;

/// Raised whenever the same text and queries may give other topics or regions: stored items are then classified again.
pub const VERSION: u32 = 5;

/// All topics as one program.
#[derive(Debug)]
pub struct Classifier {
    compiled: Compiled,
}

impl Classifier {
    /// A classifier for `topics`. Topics that refer to one another in a circle select nothing; the configuration refuses them.
    /// Of an item whose language nobody knows, words are found by their forms in any of `languages`.
    pub fn new(topics: &[Topic], languages: &[Language]) -> Self {
        // Not while the first bulletin waits.
        regions::prepare();
        Self {
            compiled: Compiled::new(topics, languages),
        }
    }

    /// The topics of an item: those that its source gives it, and those whose queries it satisfies.
    pub fn topics(&self, subject: &Subject) -> BTreeSet<TopicId> {
        let matching = self.compiled.matching(subject);
        matching.chain(subject.topics).cloned().collect()
    }

    /// How many topics are tried on every item, because their queries hold for items without any particular word.
    pub fn unanchored(&self) -> usize {
        self.compiled.unanchored()
    }
}
