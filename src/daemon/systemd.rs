//! Notifications to systemd (`sd_notify(3)`); none if the process was not started by it.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::Instant;

/// The shortest time between two status messages: polls change the status all the time.
const STATUS_PAUSE: Duration = Duration::from_secs(1);

/// The connection to systemd, and the last status sent.
#[derive(Debug)]
pub(super) struct SystemdNotifier {
    /// The watchdog's timeout.
    watchdog: Option<Duration>,
    last_ping: Option<Instant>,
    last_status: Option<Instant>,
    status: String,
}

impl Default for SystemdNotifier {
    fn default() -> Self {
        let watchdog = sd_notify::watchdog_enabled();
        Self {
            watchdog,
            last_ping: None,
            last_status: None,
            status: String::new(),
        }
    }
}

impl SystemdNotifier {
    /// Notifies that the service is ready, with the configuration in force.
    pub(super) fn notify_ready() {
        send_notification(&[NotifyState::Ready]);
    }

    /// Notifies of a reload, with its start time, which `Type=notify-reload` requires.
    pub(super) fn notify_reloading() {
        match NotifyState::monotonic_usec_now() {
            Ok(since) => send_notification(&[NotifyState::Reloading, since]),
            Err(_) => send_notification(&[NotifyState::Reloading]),
        }
    }

    /// Notifies that the service is stopping.
    pub(super) fn notify_stopping() {
        send_notification(&[NotifyState::Stopping]);
    }

    /// Returns how long the loop may wait: `usual`, or less for a short watchdog timeout.
    pub(super) fn watchdog_wait(&self, usual: Duration) -> Duration {
        self.watchdog
            .map_or(usual, |silence| usual.min(silence / 4))
    }

    /// Feeds the watchdog after a turn of the loop; nothing else feeds it.
    pub(super) fn notify_alive(&mut self, status: &str) {
        let now = Instant::now();
        let passed =
            |last: Option<Instant>, pause: Duration| last.is_none_or(|last| now - last >= pause);
        if self
            .watchdog
            .is_some_and(|silence| passed(self.last_ping, silence / 4))
        {
            send_notification(&[NotifyState::Watchdog]);
            self.last_ping = Some(now);
        }
        if passed(self.last_status, STATUS_PAUSE) {
            self.last_status = Some(now);
            if self.status != status {
                send_notification(&[NotifyState::Status(status)]);
                status.clone_into(&mut self.status);
            }
        }
    }
}

/// Sends a message. Without systemd there is no receiver, and a failed message is no reason to stop serving.
fn send_notification(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!("systemd was not told: {error}");
    }
}
