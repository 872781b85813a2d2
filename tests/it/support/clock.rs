//! A clock that stands still until it is moved.
//!
//! Left to itself a paused clock jumps to the next timer whenever the runtime has nothing to do, also while a socket or
//! the thread of the store is at work. Work off the async threads keeps it from that, so one such task waits here for as
//! long as the clock is held.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use tokio::task;
use tokio::time::{Instant, advance};

/// Turns of the runtime that everything in flight on this machine's own network has by far enough of.
const TURNS: usize = 1000;

/// After so many of them other threads are waited for.
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

    /// Lets everything that waits for no timer happen.
    pub(crate) async fn settle(&self) {
        for turn in 0..TURNS {
            task::yield_now().await;
            if turn % PER_THREAD == 0 {
                // The store has a thread of its own: it must come to its turn, too.
                let there = task::spawn_blocking(std::thread::yield_now);
                there.await.expect("nothing in it can fail");
            }
        }
    }

    /// Moves the clock in steps, and lets what that sets off happen after each.
    pub(crate) async fn pass(&self, time: Duration, step: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            advance(step.min(end - Instant::now())).await;
            self.settle().await;
        }
    }
}
