//! What systemd hears of us (`sd_notify(3)`); nothing, where it did not start us.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::Instant;

/// A new status is told no more often: polls change it all the time.
const STATUS_PAUSE: Duration = Duration::from_secs(1);

/// The line to systemd, and what it has heard.
#[derive(Debug)]
pub(super) struct Systemd {
    /// The longest silence that it bears.
    watchdog: Option<Duration>,
    last_ping: Option<Instant>,
    last_status: Option<Instant>,
    status: String,
}

impl Default for Systemd {
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

impl Systemd {
    /// We serve, with the configuration that is in force.
    pub(super) fn ready() {
        tell(&[NotifyState::Ready]);
    }

    /// We read the configuration again; `Type=notify-reload` wants to know since when.
    pub(super) fn reloading() {
        match NotifyState::monotonic_usec_now() {
            Ok(since) => tell(&[NotifyState::Reloading, since]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
    }

    /// We end.
    pub(super) fn stopping() {
        tell(&[NotifyState::Stopping]);
    }

    /// How long the loop may wait: `usual`, or less for an impatient watchdog.
    pub(super) fn pulse(&self, usual: Duration) -> Duration {
        self.watchdog
            .map_or(usual, |silence| usual.min(silence / 4))
    }

    /// The loop has come round: the watchdog is fed by this and by nothing else.
    pub(super) fn goes_on(&mut self, status: &str) {
        let now = Instant::now();
        let passed =
            |last: Option<Instant>, pause: Duration| last.is_none_or(|last| now - last >= pause);
        if self
            .watchdog
            .is_some_and(|silence| passed(self.last_ping, silence / 4))
        {
            tell(&[NotifyState::Watchdog]);
            self.last_ping = Some(now);
        }
        if passed(self.last_status, STATUS_PAUSE) {
            self.last_status = Some(now);
            if self.status != status {
                tell(&[NotifyState::Status(status)]);
                status.clone_into(&mut self.status);
            }
        }
    }
}

/// Without systemd there is nobody to tell, and a line that fails is no reason to stop serving.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!("systemd was not told: {error}");
    }
}
