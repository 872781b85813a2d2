//! The configuration in force, compared with the files.

use std::sync::Arc;

use super::differences::restart_due;
use super::watch::ConfigWatch;
use crate::config::ConfigFile;
use crate::flow::InForce;
use crate::model::Timestamp;

/// The configuration in force.
pub(super) struct ActiveConfig {
    pub(super) in_force: Arc<InForce>,
    /// The time at which it came into force.
    pub(super) at: Timestamp,
    /// The reasons why the current files are not in force, one per line.
    pub(super) refused: Vec<String>,
    /// Keys whose new values need a restart.
    pub(super) restart_due: Vec<String>,
    /// The files at the start of the process.
    started: Arc<[ConfigFile]>,
    pub(super) watch: Option<ConfigWatch>,
}

impl ActiveConfig {
    pub(super) fn new(in_force: Arc<InForce>, started: Arc<[ConfigFile]>, at: Timestamp) -> Self {
        Self {
            at,
            refused: Vec::new(),
            restart_due: restart_due(&started, &in_force.config.files),
            started,
            watch: ConfigWatch::new(&in_force.config),
            in_force,
        }
    }

    /// Replaces the configuration. Returns the previous one.
    pub(super) fn replace(&mut self, in_force: Arc<InForce>, at: Timestamp) -> Arc<InForce> {
        let next = Self::new(in_force, Arc::clone(&self.started), at);
        std::mem::replace(self, next).in_force
    }
}
