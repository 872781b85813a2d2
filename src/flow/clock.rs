//! Where the time comes from. Nothing else looks at a clock.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use tokio::time::Instant;

use crate::model::Timestamp;

/// Where the time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine.
    System,
    /// The caller: for tests, and for reading old captures.
    Fixed(Timestamp),
    /// The caller, who may also set it back, in seconds since 1970: for tests.
    Told(&'static AtomicI64),
    /// The runtime's own clock, which a test may stop and turn: it showed `start` at `origin`.
    Runtime {
        /// The time at the origin.
        start: Timestamp,
        /// The runtime's clock then.
        origin: Instant,
    },
}

impl Clock {
    /// The time in whole seconds, which is what everything keeps.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that looks at the clock"
    )]
    pub fn now(self) -> Timestamp {
        match self {
            Self::System => Utc::now().trunc_subsecs(0),
            Self::Fixed(now) => now,
            Self::Told(seconds) => {
                let seconds = seconds.load(Ordering::SeqCst);
                DateTime::from_timestamp(seconds, 0).unwrap_or_default()
            }
            Self::Runtime { start, origin } => {
                let passed = TimeDelta::from_std(origin.elapsed()).unwrap_or(TimeDelta::MAX);
                (start + passed).trunc_subsecs(0)
            }
        }
    }
}
