//! Reloads of the configuration, one at a time.
//!
//! In: requests, from signals, changed files and administrators. Out: the outcome of each reload. A request during a
//! reload starts another one afterwards: the running one may have read the files before they changed.

use std::future;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::systemd::SystemdNotifier;
use crate::config::{self, InvalidConfig};
use crate::flow::{Flow, FlowError};
use crate::serve::ReloadReport;
use crate::store::{Consent, DefinitionPlan};

/// The plan of a reload, or the mistakes of the files.
pub(super) type ReloadResult = Result<Result<DefinitionPlan, InvalidConfig>, FlowError>;

/// An administrator who waits for a reload.
type ReloadWaiter = (Consent, oneshot::Sender<ReloadReport>);

/// The running reload, and the requests for the next one.
pub(super) struct ReloadQueue {
    file: PathBuf,
    environment: fn(&str) -> Option<String>,
    running: Option<JoinHandle<ReloadResult>>,
    /// The administrators who wait for the running reload.
    waiting: Vec<ReloadWaiter>,
    /// Given if one of them consents to the effects.
    consent: Consent,
    /// True if another reload follows.
    again: bool,
    /// The administrators who wait for the next one.
    waiting_again: Vec<ReloadWaiter>,
}

impl ReloadQueue {
    pub(super) fn new(file: PathBuf, environment: fn(&str) -> Option<String>) -> Self {
        Self {
            file,
            environment,
            running: None,
            waiting: Vec::new(),
            consent: Consent::Wanted,
            again: false,
            waiting_again: Vec::new(),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Returns the consent to the effects of the running reload.
    pub(super) fn running_consent(&self) -> Consent {
        self.consent
    }

    /// Starts a reload that answers an administrator.
    pub(super) fn request_reload(
        &mut self,
        flow: &Arc<Flow>,
        consent: Consent,
        answer: oneshot::Sender<ReloadReport>,
    ) {
        let waiting = if self.is_running() {
            &mut self.waiting_again
        } else {
            &mut self.waiting
        };
        waiting.push((consent, answer));
        self.begin_reload(flow);
    }

    /// Starts a reload, or schedules one after the running one.
    pub(super) fn begin_reload(&mut self, flow: &Arc<Flow>) {
        if self.is_running() {
            self.again = true;
            return;
        }
        let mut waiting = self.waiting.iter();
        let consent = if waiting.any(|(consent, _)| *consent == Consent::Given) {
            Consent::Given
        } else {
            Consent::Wanted
        };
        SystemdNotifier::notify_reloading();
        let (flow, file, environment) = (Arc::clone(flow), self.file.clone(), self.environment);
        self.running = Some(tokio::spawn(async move {
            let read = tokio::task::spawn_blocking(move || config::load(&file, &environment)).await;
            match read.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
                Ok(config) => flow.replace_config(config, consent).await.map(Ok),
                Err(refused) => Ok(Err(refused)),
            }
        }));
        self.consent = consent;
    }

    /// Waits for the end of the running reload; forever if there is none.
    pub(super) async fn wait_for_end(&mut self) -> ReloadResult {
        let Some(running) = &mut self.running else {
            return future::pending().await;
        };
        let reloaded = running.await;
        self.running = None;
        reloaded.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    /// Answers the administrators who waited for the finished reload, and starts the next one, if any.
    pub(super) fn answer_waiting(&mut self, flow: &Arc<Flow>, report: &ReloadReport) {
        for (_, waiting) in std::mem::take(&mut self.waiting) {
            // The client may have gone away meanwhile.
            drop(waiting.send(report.clone()));
        }
        SystemdNotifier::notify_ready();
        if std::mem::take(&mut self.again) {
            self.waiting = std::mem::take(&mut self.waiting_again);
            self.begin_reload(flow);
        }
    }
}
