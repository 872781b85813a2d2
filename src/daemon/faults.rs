//! Faults that keep a run from storing or publishing, for `/healthz`, `status`, the metrics and the log.
//!
//! In: the errors of commits, of publications and of checks of the store. Out: one [`Fault`] for each failing
//! part, from its first error until something proves that the part works again.

use std::sync::{Mutex, PoisonError};

use crate::flow::FlowError;
use crate::model::Timestamp;
use crate::serve::Metrics;
use crate::store::{ProblemState, StoreError, StoreFault};
use crate::text::{error_chain, one_line};

/// A part of the flow that can fail as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DaemonPart {
    /// The database.
    Store,
    /// The published folder.
    Feeds,
}

impl DaemonPart {
    const ALL: [Self; 2] = [Self::Store, Self::Feeds];

    /// Sets the gauge that is 1 while the part works and 0 while it does not.
    fn set_gauge(self, works: bool, metrics: &Metrics) {
        match self {
            Self::Store => metrics.set_storing(works),
            Self::Feeds => metrics.set_publishing(works),
        }
    }

    /// Returns the consequence, for messages.
    fn effect_text(self) -> &'static str {
        match self {
            Self::Store => "nothing can be stored",
            Self::Feeds => "nothing can be published",
        }
    }
}

/// A part that fails.
#[derive(Clone, Debug)]
struct PartFault {
    problem: ProblemState,
    store: Option<StoreFault>,
}

/// The parts that fail now.
#[derive(Debug, Default)]
pub(super) struct PartFaults {
    store: Mutex<Option<PartFault>>,
    feeds: Mutex<Option<PartFault>>,
    metrics: Metrics,
}

impl PartFaults {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self {
            metrics,
            ..Self::default()
        }
    }

    fn lock_part(&self, part: DaemonPart) -> std::sync::MutexGuard<'_, Option<PartFault>> {
        let held = match part {
            DaemonPart::Store => &self.store,
            DaemonPart::Feeds => &self.feeds,
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
        let (text, action) = (error_chain(error), fault.action());
        self.begin_fault(
            DaemonPart::Store,
            fault.code(),
            &text,
            action,
            Some(fault),
            at,
        );
        true
    }

    /// Records an error of a publication.
    pub(super) fn publishing_failed(&self, error: &FlowError, at: Timestamp) {
        match error {
            FlowError::Store(error) if self.store_failed(error, at) => {}
            FlowError::Publish(publish) => {
                let (code, text) = (publish.code(), error_chain(error));
                let action = "tidings goes on by itself when it can write there";
                self.begin_fault(DaemonPart::Feeds, code, &text, action, None, at);
            }
            _ => {
                let action = "please report it with the log";
                self.begin_fault(
                    DaemonPart::Feeds,
                    "internal",
                    &error_chain(error),
                    action,
                    None,
                    at,
                );
            }
        }
    }

    fn begin_fault(
        &self,
        part: DaemonPart,
        code: &str,
        text: &str,
        action: &str,
        store: Option<StoreFault>,
        at: Timestamp,
    ) {
        let mut held = self.lock_part(part);
        let known = held.as_ref().filter(|fault| fault.problem.code == code);
        let since = known.map_or(at, |fault| fault.problem.since);
        let effect = part.effect_text();
        if known.is_none() {
            tracing::error!(code, "{effect}: {text}; {action}");
        }
        part.set_gauge(false, &self.metrics);
        *held = Some(PartFault {
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
    pub(super) fn mark_working(&self, part: DaemonPart) -> bool {
        part.set_gauge(true, &self.metrics);
        let ended = self.lock_part(part).take();
        if let Some(fault) = &ended {
            let what = match part {
                DaemonPart::Store => "the database can be written again",
                DaemonPart::Feeds => "the published folder can be written again",
            };
            tracing::info!(code = fault.problem.code, "{what}");
        }
        ended.is_some()
    }

    /// Returns the fault of the store, if any.
    pub(super) fn store_fault(&self) -> Option<StoreFault> {
        self.lock_part(DaemonPart::Store)
            .as_ref()
            .and_then(|fault| fault.store)
    }

    /// Returns the current problems, the store's first.
    pub(super) fn problems(&self) -> Vec<ProblemState> {
        let problem = |part| Some(self.lock_part(part).as_ref()?.problem.clone());
        DaemonPart::ALL.into_iter().filter_map(problem).collect()
    }

    /// Describes the current problems and their remedies, one per line; `None` without problems.
    pub(super) fn describe_problems(&self) -> Option<String> {
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
        let faults = PartFaults::default();
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let removed = || StoreError::Removed {
            path: "var/tidings.db".into(),
        };
        assert_eq!(faults.describe_problems(), None);
        assert!(faults.store_failed(&removed(), at(1)));
        assert!(faults.store_failed(&removed(), at(2)));
        let [problem] = &faults.problems()[..] else {
            panic!("{faults:?}");
        };
        assert_eq!((problem.code.as_str(), problem.since), ("removed", at(1)));
        assert!(
            faults
                .describe_problems()
                .unwrap()
                .contains("var/tidings.db")
        );
        assert!(faults.mark_working(DaemonPart::Store));
        assert!(!faults.mark_working(DaemonPart::Store));
        assert_eq!(faults.describe_problems(), None);
        // A panic in one job is not a fault of the disk.
        assert!(!faults.store_failed(&StoreError::Panicked, at(3)));
        assert_eq!(faults.describe_problems(), None);
    }
}
