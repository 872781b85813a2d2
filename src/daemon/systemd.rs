//! What systemd hears of us (`sd_notify(3)`); nothing, where it did not start us.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::Instant;

/// The status line is told at most so often: with thousands of polls it changes all the time.
const STATUS_PAUSE: Duration = Duration::from_secs(1);

/// The line to systemd, and what it has heard.
#[derive(Debug)]
pub(super) struct Systemd {
    /// How often it wants to hear from us, halved for safety.
    watchdog: Option<Duration>,
    last_ping: Option<Instant>,
    status: String,
    last_status: Option<Instant>,
}

impl Default for Systemd {
    fn default() -> Self {
        Self {
            watchdog: sd_notify::watchdog_enabled().map(|within| within / 2),
            last_ping: None,
            status: String::new(),
            last_status: None,
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

    /// The loop has come round: the watchdog is fed by this and by nothing else. Whether a status line is wanted again.
    pub(super) fn goes_on(&mut self) -> bool {
        let now = Instant::now();
        let hungry = self
            .watchdog
            .is_some_and(|within| self.last_ping.is_none_or(|last| now - last >= within / 2));
        if hungry {
            tell(&[NotifyState::Watchdog]);
            self.last_ping = Some(now);
        }
        self.last_status
            .is_none_or(|last| now - last >= STATUS_PAUSE)
    }

    /// Tells the status line, where it is a new one.
    pub(super) fn tell_status(&mut self, status: &str) {
        self.last_status = Some(Instant::now());
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
