//! Removes the stories of a source that is no longer configured, for an administrator.

use crate::flow::Flow;
use crate::model::{Operator, SourceId};
use crate::serve::ForgetReport;
use crate::text::chain;

/// Removes the stories. The report contains the reason if that fails.
pub(super) async fn forget(flow: &Flow, id: &str, by: Operator) -> ForgetReport {
    let Ok(source) = id.parse::<SourceId>() else {
        return ForgetReport::Refused(format!("`{id}` is not a source id"));
    };
    match flow.forget(source, by.clone()).await {
        Ok(forgotten) => {
            let (stories, kept) = (forgotten.stories, forgotten.kept);
            tracing::info!(%by, source.id = %id, stories, kept, "{by} had the stories of {id} taken out");
            ForgetReport::Forgotten(forgotten)
        }
        Err(error) => {
            let why = chain(&error);
            tracing::warn!(%by, "{by} could not forget {id}: {why}");
            ForgetReport::Refused(why)
        }
    }
}
