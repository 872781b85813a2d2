//! Log messages about polls and reloads.

use crate::flow::PolledSource;
use crate::serve::Metrics;
use crate::store::{DefinitionPlan, SourceCondition};

/// Logs a poll: one line per change at info, one per poll at debug; a failure once when it begins, and once
/// when it is over.
pub(super) fn log_poll(polled: &PolledSource, before: Option<SourceCondition>, metrics: &Metrics) {
    let PolledSource {
        source: id,
        committed,
        failure,
        ..
    } = polled;
    let was_well =
        before.is_none_or(|state| matches!(state, SourceCondition::New | SourceCondition::Ok));
    metrics.count_poll(committed.state.as_str());
    metrics.count_items("new", committed.new);
    metrics.count_items("updated", committed.updated);
    match failure {
        Some(problem) if was_well || before != Some(committed.state) => {
            tracing::warn!(source.id = %id, code = %problem.code, "{id}: {}; {}", problem.text, problem.action);
        }
        Some(problem) => tracing::debug!(source.id = %id, code = %problem.code, "{id} fails still"),
        None if committed.state == SourceCondition::Held => {
            if let Some(problem) = committed
                .held
                .as_ref()
                .filter(|_| before != Some(SourceCondition::Held))
            {
                tracing::warn!(source.id = %id, code = %problem.code, "{id}: {}; {}", problem.text, problem.action);
            }
        }
        None if !was_well => {
            tracing::info!(source.id = %id, new = committed.new, "{id} is well again");
        }
        None if committed.new + committed.updated > 0 => {
            let (new, updated, joined) = (committed.new, committed.updated, committed.joined);
            tracing::info!(source.id = %id, new, updated, joined, "{id}: {new} new, {updated} updated");
        }
        None => tracing::debug!(source.id = %id, "{id}: nothing new"),
    }
}

/// Describes why a reload was refused for lack of consent, one reason per line.
pub(super) fn missing_consent_lines(plan: &DefinitionPlan) -> Vec<String> {
    let mut lines = plan.refusals();
    let what_to_do = "`tidings plan` shows what would change, `tidings reload --yes` does it";
    lines.push(what_to_do.to_owned());
    lines
}
