//! The source of the current time. No other module reads a clock.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use tokio::time::Instant;

use crate::model::Timestamp;

/// A source of the current time.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The system clock.
    System,
    /// A fixed time, for tests and for reading old captures.
    Fixed(Timestamp),
    /// A time that the caller sets, in seconds since 1970, also backwards: for tests.
    Told(&'static AtomicI64),
    /// The runtime's own clock, which a test may pause and advance. It showed `start` at `origin`.
    Runtime {
        /// The time at the origin.
        start: Timestamp,
        /// The runtime's clock at the origin.
        origin: Instant,
    },
}

impl Clock {
    /// Returns the time in whole seconds, the precision used everywhere.
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
