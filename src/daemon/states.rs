//! The state of each source, counted for the metrics and for systemd.

use std::collections::BTreeMap;

use crate::model::SourceId;
use crate::serve::Metrics;
use crate::store::SourceCondition;

/// The configured sources by state.
#[derive(Default)]
pub(super) struct SourceStates {
    by_source: BTreeMap<SourceId, SourceCondition>,
    counts: BTreeMap<&'static str, u32>,
    metrics: Metrics,
}

impl SourceStates {
    pub(super) fn new(by_source: BTreeMap<SourceId, SourceCondition>, metrics: Metrics) -> Self {
        let mut counts = BTreeMap::new();
        for state in by_source.values() {
            *counts.entry(state.as_str()).or_default() += 1;
        }
        let states = Self {
            by_source,
            counts,
            metrics,
        };
        states.update_metrics();
        states
    }

    pub(super) fn len(&self) -> usize {
        self.by_source.len()
    }

    pub(super) fn contains(&self, id: &SourceId) -> bool {
        self.by_source.contains_key(id)
    }

    pub(super) fn get(&self, id: &SourceId) -> Option<SourceCondition> {
        self.by_source.get(id).copied()
    }

    /// Returns the number of sources in a state.
    pub(super) fn count(&self, state: SourceCondition) -> u32 {
        self.counts.get(state.as_str()).copied().unwrap_or_default()
    }

    /// Sets the state of a source.
    pub(super) fn set(&mut self, id: &SourceId, state: SourceCondition) {
        let before = self.by_source.insert(id.clone(), state);
        if before == Some(state) {
            return;
        }
        if let Some(count) = before.and_then(|before| self.counts.get_mut(before.as_str())) {
            *count -= 1;
        }
        *self.counts.entry(state.as_str()).or_default() += 1;
        self.update_metrics();
    }

    fn update_metrics(&self) {
        for state in SourceCondition::ALL {
            self.metrics.set_sources(state.as_str(), self.count(state));
        }
    }
}
