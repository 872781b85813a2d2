//! A source that is gone from the configuration, whose stories an administrator has taken out.

use crate::model::{Operator, SourceId};
use crate::serve::ForgetReport;

use super::Daemon;

/// Takes them out. The report says why not, where that cannot be.
pub(super) async fn forget(daemon: &Daemon, id: &str, by: Operator) -> ForgetReport {
    let Ok(source) = id.parse::<SourceId>() else {
        return ForgetReport::Refused(format!("`{id}` is no name of a source"));
    };
    match daemon.forget(source, by.clone()).await {
        Ok(forgotten) => {
            let (stories, kept) = (forgotten.stories, forgotten.kept);
            tracing::info!(%by, source.id = %id, stories, kept, "{by} had the stories of {id} taken out");
            ForgetReport::Forgotten(forgotten)
        }
        Err(error) => {
            let why = super::chain(&error);
            tracing::warn!(%by, "{by} could not forget {id}: {why}");
            ForgetReport::Refused(why)
        }
    }
}
