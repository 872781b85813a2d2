//! What systemd hears of us (`sd_notify(3)`); nothing, where it did not start us.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::Instant;

/// The line to systemd, and what it has heard.
#[derive(Debug)]
pub(super) struct Systemd {
    /// How often it wants to hear from us, halved for safety.
    watchdog: Option<Duration>,
    last_ping: Option<Instant>,
    status: String,
}

impl Default for Systemd {
    fn default() -> Self {
        Self {
            watchdog: sd_notify::watchdog_enabled().map(|within| within / 2),
            last_ping: None,
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

    /// The longest that it may wait for [`Self::goes_on`].
    pub(super) fn pulse(&self) -> Duration {
        self.watchdog.map_or(Duration::MAX, |within| within / 2)
    }

    /// The loop has come round: the watchdog is fed by this and by nothing else.
    pub(super) fn goes_on(&mut self, status: &str) {
        let now = Instant::now();
        let hungry = self
            .watchdog
            .is_some_and(|within| self.last_ping.is_none_or(|last| now - last >= within / 2));
        if hungry {
            tell(&[NotifyState::Watchdog]);
            self.last_ping = Some(now);
        }
        if self.status != status {
            tell(&[NotifyState::Status(status)]);
            status.clone_into(&mut self.status);
        }
    }
}

/// Without systemd there is nobody to tell, and a line that fails is no reason to stop serving.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!("systemd was not told: {error}");
    }
}
