//! Administrators' decisions, carried out in parallel to the schedule: held items are released or discarded, stories
//! are withdrawn or restored, a source's stories are removed.
//!
//! In: questions with their answers' channels. Out: each [`Decided`], once it is in the store.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::flow::Flow;
use crate::model::{Operator, SourceId};
use crate::serve::{DecisionReport, ForgetReport};
use crate::store::{self, DiscardedItems, HeldChoice, ReleasedItems, StoryDecision};
use crate::text::{error_chain, one_line};

/// The effect of a decision on the schedule.
pub(super) enum DecisionEffect {
    /// Held items of a source were released or discarded.
    Held(HeldDecision),
    /// Stories were changed.
    Stories,
}

/// The effect of a decision about held items.
pub(super) struct HeldDecision {
    pub(super) source: SourceId,
    /// True if the source is polled at once.
    pub(super) begins_anew: bool,
    /// Items that are still held.
    pub(super) kept_back: usize,
}

/// The decisions being carried out.
#[derive(Default)]
pub(super) struct RunningDecisions(JoinSet<Option<DecisionEffect>>);

impl RunningDecisions {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Waits for the next decision to end; returns `None` at once if there are none.
    pub(super) async fn next_ended(&mut self) -> Option<Option<DecisionEffect>> {
        // A panic drops the answer's channel, which answers the caller.
        self.0.join_next().await.map(|ended| ended.ok().flatten())
    }

    pub(super) fn start_release(
        &mut self,
        flow: &Arc<Flow>,
        by: Operator,
        id: String,
        chosen: HeldChoice,
        answer: oneshot::Sender<ReleasedItems>,
    ) {
        let flow = Arc::clone(flow);
        self.0.spawn(async move {
            let released = flow.release_items(&id, chosen, by.clone()).await;
            let released = released
                .inspect_err(|error| {
                    tracing::error!(%by, "{by} could not release {id:?}: {}", error_chain(error));
                })
                .ok()?;
            let &ReleasedItems {
                items,
                kept_back,
                taken_back,
                begins_anew,
                ..
            } = &released;
            tracing::info!(%by, source.id = %id, items, kept_back, taken_back, begins_anew, "{by} released {items} held items of {id}");
            // The client may have gone away meanwhile.
            drop(answer.send(released));
            Some(DecisionEffect::Held(HeldDecision {
                source: id.parse().ok()?,
                begins_anew,
                kept_back,
            }))
        });
    }

    pub(super) fn start_discard(
        &mut self,
        flow: &Arc<Flow>,
        by: Operator,
        id: String,
        chosen: HeldChoice,
        answer: oneshot::Sender<DiscardedItems>,
    ) {
        let flow = Arc::clone(flow);
        self.0.spawn(async move {
            let discarded = flow.discard_items(&id, chosen, by.clone()).await;
            let discarded = discarded
                .inspect_err(|error| {
                    tracing::error!(%by, "{by} could not discard held items of {id:?}: {}", error_chain(error));
                })
                .ok()?;
            let &DiscardedItems { items, kept_back } = &discarded;
            tracing::info!(%by, source.id = %id, items, kept_back, "{by} discarded {items} held items of {id}");
            // The client may have gone away meanwhile.
            drop(answer.send(discarded));
            Some(DecisionEffect::Held(HeldDecision {
                source: id.parse().ok()?,
                begins_anew: false,
                kept_back,
            }))
        });
    }

    pub(super) fn start_decision(
        &mut self,
        flow: &Arc<Flow>,
        by: Operator,
        decision: StoryDecision,
        answer: oneshot::Sender<DecisionReport>,
    ) {
        let flow = Arc::clone(flow);
        self.0.spawn(async move {
            let decided = flow.decide(decision.clone(), by.clone()).await;
            let report = decided
                .as_ref()
                .map_err(|error| error_chain(error))
                .cloned();
            match &report {
                Ok(decided) => log_decision(&by, &decision, decided),
                Err(why) => {
                    let action = decision.action().as_str();
                    tracing::warn!(%by, "{by} could not {action}: {why}");
                }
            }
            // The client may have gone away meanwhile.
            drop(answer.send(report.into()));
            decided.is_ok().then_some(DecisionEffect::Stories)
        });
    }

    pub(super) fn start_forget(
        &mut self,
        flow: &Arc<Flow>,
        by: Operator,
        id: String,
        answer: oneshot::Sender<ForgetReport>,
    ) {
        let flow = Arc::clone(flow);
        self.0.spawn(async move {
            let report = forget_source(&flow, &id, by).await;
            // The client may have gone away meanwhile.
            drop(answer.send(report));
            Some(DecisionEffect::Stories)
        });
    }
}

fn log_decision(by: &Operator, decision: &StoryDecision, decided: &store::DecisionOutcome) {
    let (story, title) = (decided.story, one_line(&decided.title));
    let (action, others) = (decision.action().as_str(), decided.others.len());
    let why = decision.reason().map(one_line);
    let because = why.as_ref().map_or(String::new(), |why| format!(": {why}"));
    tracing::info!(%by, %story, action, others, reason = why, "{by} decided to {action} the story “{title}” ({story}){because}");
}

/// Removes the stories. The report contains the reason if that fails.
async fn forget_source(flow: &Flow, id: &str, by: Operator) -> ForgetReport {
    let Ok(source) = id.parse::<SourceId>() else {
        return ForgetReport::Refused(format!("`{id}` is not a source id"));
    };
    match flow.forget_source(source, by.clone()).await {
        Ok(forgotten) => {
            let (stories, kept) = (forgotten.stories, forgotten.kept);
            tracing::info!(%by, source.id = %id, stories, kept, "{by} had the stories of {id} taken out");
            ForgetReport::Forgotten(forgotten)
        }
        Err(error) => {
            let why = error_chain(&error);
            tracing::warn!(%by, "{by} could not forget {id}: {why}");
            ForgetReport::Refused(why)
        }
    }
}
