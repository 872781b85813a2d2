//! The sources in the order in which they are due.

use std::collections::{BTreeSet, HashMap};

use crate::model::{SourceId, Timestamp};

/// The due time of each source; each at most once.
#[derive(Default)]
pub(super) struct PollQueue {
    order: BTreeSet<(Timestamp, SourceId)>,
    pub(super) due: HashMap<SourceId, Timestamp>,
}

impl PollQueue {
    pub(super) fn schedule_at(&mut self, source: SourceId, at: Timestamp) {
        self.remove(&source);
        self.order.insert((at, source.clone()));
        self.due.insert(source, at);
    }

    pub(super) fn remove(&mut self, source: &SourceId) {
        if let Some(at) = self.due.remove(source) {
            self.order.remove(&(at, source.clone()));
        }
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }

    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<SourceId> {
        let (at, source) = self.order.first()?;
        if *at > now {
            return None;
        }
        let source = source.clone();
        self.remove(&source);
        Some(source)
    }
}
