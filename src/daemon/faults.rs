//! Faults that keep a run from storing or publishing, for `/healthz`, `status`, the metrics and the log.
//!
//! In: the errors of commits, of publications and of checks of the store. Out: one [`Fault`] for each failing
//! part, from its first error until something proves that the part works again.

use std::sync::{Mutex, PoisonError};

use crate::flow::FlowError;
use crate::model::Timestamp;
use crate::serve::Metrics;
use crate::store::{ProblemState, StoreError, StoreFault};
use crate::text::{chain, one_line};

/// A part of the flow that can fail as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The database.
    Store,
    /// The published folder.
    Feeds,
}

impl Part {
    const ALL: [Self; 2] = [Self::Store, Self::Feeds];

    /// Sets the gauge that is 1 while the part works and 0 while it does not.
    fn show(self, works: bool, metrics: &Metrics) {
        match self {
            Self::Store => metrics.set_storing(works),
            Self::Feeds => metrics.set_publishing(works),
        }
    }

    /// Returns the consequence, for messages.
    fn effect(self) -> &'static str {
        match self {
            Self::Store => "nothing can be stored",
            Self::Feeds => "nothing can be published",
        }
    }
}

/// A part that fails.
#[derive(Clone, Debug)]
struct Fault {
    problem: ProblemState,
    store: Option<StoreFault>,
}

/// The parts that fail now.
#[derive(Debug, Default)]
pub(super) struct Faults {
    store: Mutex<Option<Fault>>,
    feeds: Mutex<Option<Fault>>,
    metrics: Metrics,
}

impl Faults {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            ..Self::default()
        }
    }

    fn of(&self, part: Part) -> std::sync::MutexGuard<'_, Option<Fault>> {
        let held = match part {
            Part::Store => &self.store,
            Part::Feeds => &self.feeds,
        };
        held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records an error of the store. Returns false, and records nothing, if it concerns only one job or row.
    pub(super) fn store_failed(&self, error: &StoreError, at: Timestamp) -> bool {
        let Some(fault) = error.fault() else {
            return false;
        };
        // The fault found by a closer look is more specific than a file that could not be opened.
        if fault == StoreFault::Failing && self.store_fault().is_some() {
            return true;
        }
        let (text, action) = (chain(error), fault.action());
        self.begin(Part::Store, fault.code(), &text, action, Some(fault), at);
        true
    }

    /// Records an error of a publication.
    pub(super) fn publishing_failed(&self, error: &FlowError, at: Timestamp) {
        match error {
            FlowError::Store(error) if self.store_failed(error, at) => {}
            FlowError::Publish(publish) => {
                let (code, text) = (publish.code(), chain(error));
                let action = "tidings goes on by itself when it can write there";
                self.begin(Part::Feeds, code, &text, action, None, at);
            }
            _ => {
                let action = "please report it with the log";
                self.begin(Part::Feeds, "internal", &chain(error), action, None, at);
            }
        }
    }

    fn begin(
        &self,
        part: Part,
        code: &str,
        text: &str,
        action: &str,
        store: Option<StoreFault>,
        at: Timestamp,
    ) {
        let mut held = self.of(part);
        let known = held.as_ref().filter(|fault| fault.problem.code == code);
        let since = known.map_or(at, |fault| fault.problem.since);
        let effect = part.effect();
        if known.is_none() {
            tracing::error!(code, "{effect}: {text}; {action}");
        }
        part.show(false, &self.metrics);
        *held = Some(Fault {
            problem: ProblemState {
                code: code.to_owned(),
                since,
                text: one_line(&format!("{effect}: {text}")),
                action: action.to_owned(),
            },
            store,
        });
    }

    /// Records that a part works. Returns true if it failed before.
    pub(super) fn works(&self, part: Part) -> bool {
        part.show(true, &self.metrics);
        let ended = self.of(part).take();
        if let Some(fault) = &ended {
            let what = match part {
                Part::Store => "the database can be written again",
                Part::Feeds => "the published folder can be written again",
            };
            tracing::info!(code = fault.problem.code, "{what}");
        }
        ended.is_some()
    }

    /// Returns the fault of the store, if any.
    pub(super) fn store_fault(&self) -> Option<StoreFault> {
        self.of(Part::Store).as_ref().and_then(|fault| fault.store)
    }

    /// Returns the current problems, the store's first.
    pub(super) fn problems(&self) -> Vec<ProblemState> {
        let problem = |part| Some(self.of(part).as_ref()?.problem.clone());
        Part::ALL.into_iter().filter_map(problem).collect()
    }

    /// Describes the current problems and their remedies, one per line; `None` without problems.
    pub(super) fn reason(&self) -> Option<String> {
        let lines: Vec<String> = self
            .problems()
            .iter()
            .map(|problem| format!("{} ({}); {}", problem.text, problem.code, problem.action))
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_fault_lasts_until_something_proves_that_it_is_over() {
        let faults = Faults::default();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let removed = || StoreError::Removed {
            path: "var/tidings.db".into(),
        };
        assert_eq!(faults.reason(), None);
        assert!(faults.store_failed(&removed(), at(1)));
        assert!(faults.store_failed(&removed(), at(2)));
        let [problem] = &faults.problems()[..] else {
            panic!("{faults:?}");
        };
        assert_eq!((problem.code.as_str(), problem.since), ("removed", at(1)));
        assert!(faults.reason().unwrap().contains("var/tidings.db"));
        assert!(faults.works(Part::Store));
        assert!(!faults.works(Part::Store));
        assert_eq!(faults.reason(), None);
        // A panic in one job is not a fault of the disk.
        assert!(!faults.store_failed(&StoreError::Panicked, at(3)));
        assert_eq!(faults.reason(), None);
    }
}
