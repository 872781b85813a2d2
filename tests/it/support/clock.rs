//! A clock that is paused until it is moved.
//!
//! By default a paused clock jumps to the next timer whenever the runtime is idle, even while a socket or the thread
//! of the store is at work. Blocking tasks prevent that, so one such task waits here for as long as the clock is
//! held.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use tokio::task;
use tokio::time::{Instant, advance};

/// Turns of the runtime, far more than anything in flight on this machine's own network needs.
const TURNS: usize = 1000;

/// The number of turns after which other threads are waited for.
const PER_THREAD: usize = 10;

/// Holds the clock of a paused runtime.
pub(crate) struct Held {
    _until_dropped: Sender<()>,
}

impl Held {
    pub(crate) fn new() -> Self {
        let (until_dropped, waiting) = mpsc::channel::<()>();
        drop(task::spawn_blocking(move || waiting.recv()));
        Self {
            _until_dropped: until_dropped,
        }
    }

    /// Lets everything happen that waits for no timer.
    pub(crate) async fn settle(&self) {
        for turn in 0..TURNS {
            task::yield_now().await;
            if turn % PER_THREAD == 0 {
                // The store has a thread of its own, which needs time to run, too.
                let there = task::spawn_blocking(std::thread::yield_now);
                there.await.expect("nothing in it can fail");
            }
        }
    }

    /// Moves the clock in steps, and lets everything settle after each.
    pub(crate) async fn pass(&self, time: Duration, step: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            advance(step.min(end - Instant::now())).await;
            self.settle().await;
        }
    }
}
