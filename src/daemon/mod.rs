//! The service: polls on schedule, publishes, serves, reloads, and keeps systemd informed, until it is stopped.
//!
//! In: a configuration, sockets, signals. Out: served feeds. The [`flow`](crate::flow) does the work on a
//! source; this module decides when, and answers questions about it.

mod configured;
mod decisions;
mod differences;
mod failpoint;
mod faults;
mod front;
mod publisher;
mod queue;
mod reloads;
mod report;
mod run;
mod search;
mod states;
mod systemd;
mod watch;

use std::path::PathBuf;

pub use self::front::{DaemonSetup, DaemonSignal, ServingCallback, StartSummary};
pub use self::run::run;
use crate::flow::FlowError;
use crate::publish::PublishError;
use crate::serve::ListenError;
use crate::store::StoreError;

/// The reasons for the service to stop. A failing source is not one of them.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The flow failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// A socket cannot be opened.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The published folder cannot be read.
    #[error("the published folder {} cannot be read", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        #[source]
        cause: std::io::Error,
    },
}

impl From<StoreError> for DaemonError {
    fn from(cause: StoreError) -> Self {
        Self::Flow(cause.into())
    }
}

impl From<PublishError> for DaemonError {
    fn from(cause: PublishError) -> Self {
        Self::Flow(cause.into())
    }
}
