//! The publisher of a run: writes feeds that changed, and files that were removed or altered.
//!
//! In: notifications of commits; regular checks of the published files. Out: files, and their copies in memory.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use super::faults::{DaemonPart, PartFaults};
use crate::flow::{FileCheck, Flow, FlowError, Publication};
use crate::serve::PublishedAssets;

/// Changes within this time are published together: well under the second that readers may wait.
const PUBLISH_TOGETHER: Duration = Duration::from_millis(100);
/// The pause before another attempt to write the folder.
const PUBLISH_PAUSE: Duration = Duration::from_secs(5);
/// The interval between checks of the published files, which cost one system call per file.
const FILES_LOOK: Duration = Duration::from_secs(15);
/// Files that are named when they are written again.
const NAMED: usize = 5;

/// Publishes until it is aborted.
pub(super) async fn publish_until_aborted(
    flow: Arc<Flow>,
    faults: Arc<PartFaults>,
    assets: Arc<PublishedAssets>,
    dirty: Arc<Notify>,
) {
    let mut look = interval_at(Instant::now() + FILES_LOOK, FILES_LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let lost = tokio::select! {
            () = dirty.notified() => {
                sleep(PUBLISH_TOGETHER).await;
                HashSet::new()
            }
            _ = look.tick() => match altered_files(&assets).await {
                lost if lost.is_empty() => continue,
                lost => lost,
            },
        };
        let files = if lost.is_empty() {
            FileCheck::Trust
        } else {
            FileCheck::Lost(lost.clone())
        };
        match flow.publish(files).await {
            Ok(publication) => {
                faults.mark_working(DaemonPart::Feeds);
                refresh_assets(&assets, &publication, &lost);
            }
            Err(error) => {
                faults.publishing_failed(&error, flow.clock.now());
                sleep(PUBLISH_PAUSE).await;
                // While the store fails, nothing new is pending: its recovery triggers the publication.
                if !matches!(error, FlowError::Store(_)) {
                    dirty.notify_one();
                }
            }
        }
    }
}

/// Serves the written files, and logs the publication.
pub(super) fn refresh_assets(
    assets: &PublishedAssets,
    publication: &Publication,
    lost: &HashSet<String>,
) {
    for name in &publication.files {
        assets.refresh_file(name);
    }
    for feed in publication.feeds.iter().filter(|feed| feed.changed) {
        tracing::info!(feed = %feed.id, stories = feed.stories, "published {}", feed.id);
    }
    if lost.is_empty() {
        return;
    }
    // This includes foreign files: another program's file is served as it is now.
    for name in lost {
        assets.refresh_file(name);
    }
    let mut again: Vec<&str> = publication
        .files
        .iter()
        .map(String::as_str)
        .filter(|name| lost.contains(*name))
        .collect();
    again.sort_unstable();
    let count = again.len();
    if count > 0 {
        again.truncate(NAMED);
        let (names, more) = (again.join(", "), if count > NAMED { ", …" } else { "" });
        tracing::warn!(
            files = count,
            "files of the published folder were removed or altered by another program; written again: {names}{more}"
        );
    }
}

/// Returns the names of files that have changed since they were read or written.
async fn altered_files(assets: &Arc<PublishedAssets>) -> HashSet<String> {
    let assets = Arc::clone(assets);
    let look = tokio::task::spawn_blocking(move || assets.altered_files());
    look.await
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
