//! Watches the configuration files for changes.
//!
//! Editors write a new file and rename it into place, so the folders are watched, not the files. They do so in
//! several steps, so a change is reported when nothing more has happened for a moment.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::config::Config;

/// Events within this time are one change.
const QUIET: Duration = Duration::from_millis(300);

/// A watch, which ends when it is dropped.
#[derive(Debug)]
pub(super) struct ConfigWatch {
    over: Arc<Notify>,
    _watcher: RecommendedWatcher,
    /// A task of its own: a caller may drop [`Watch::changed`] at any moment, and a change must not be lost
    /// then.
    _waiting: JoinSet<()>,
}

impl ConfigWatch {
    /// Watches the folders of all configuration files, if the configuration asks for that.
    pub(super) fn new(config: &Config) -> Option<Self> {
        if !config.daemon.watch {
            return None;
        }
        let happened = Arc::new(Notify::new());
        let heard = {
            let happened = Arc::clone(&happened);
            move |event: notify::Result<Event>| {
                if event.is_ok_and(|event| is_file_change(&event)) {
                    happened.notify_one();
                }
            }
        };
        let watching = notify::recommended_watcher(heard).and_then(|mut watcher| {
            let folders: HashSet<&Path> = config
                .files
                .iter()
                .filter_map(|file| file.path.parent())
                .collect();
            folders
                .into_iter()
                .try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))?;
            let over = Arc::new(Notify::new());
            let mut waiting = JoinSet::new();
            waiting.spawn(wait_until_settled(happened, Arc::clone(&over)));
            Ok(Self {
                over,
                _watcher: watcher,
                _waiting: waiting,
            })
        });
        watching
            .inspect_err(|error| tracing::warn!("the configuration cannot be watched: {error}"))
            .ok()
    }

    /// Waits until a change is complete.
    pub(super) async fn wait_for_change(&self) {
        self.over.notified().await;
    }
}

/// Waits for the next change of a configuration file; forever if the files are not watched.
pub(super) async fn next_change(watch: Option<&ConfigWatch>) {
    match watch {
        Some(watch) => watch.wait_for_change().await,
        None => future::pending().await,
    }
}

/// Reports a change when nothing more has happened for a moment.
async fn wait_until_settled(happened: Arc<Notify>, over: Arc<Notify>) {
    loop {
        happened.notified().await;
        while tokio::time::timeout(QUIET, happened.notified())
            .await
            .is_ok()
        {}
        over.notify_one();
    }
}

/// Returns true if an event is a change. Reading a file, as we do ourselves, is not; nor is a file that an
/// editor leaves next to it.
fn is_file_change(event: &Event) -> bool {
    let toml = |path: &PathBuf| path.extension() == Some(OsStr::new("toml"));
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(toml)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures_util::FutureExt as _;

    use super::*;

    /// The time limit for the system to report a change.
    const GUARD: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn a_change_outlives_those_who_stop_asking() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tidings.toml");
        std::fs::write(&file, "[daemon]\nwatch = true\n").unwrap();
        let config = crate::config::load(&file, &|_| None).unwrap();
        let watch = ConfigWatch::new(&config).unwrap();
        std::fs::write(&file, "").unwrap();
        let began = Instant::now();
        while watch.wait_for_change().now_or_never().is_none() {
            assert!(began.elapsed() < GUARD, "the change was lost");
            tokio::task::yield_now().await;
        }
    }
}
