//! tidings reads bulletins in whatever form they come and republishes them as clean feeds, one per topic.
//!
//! The modules stand in the order in which data moves, and each knows only those above it:
//!
//! ```text
//! schedule -> fetch -> extract -> normalize -> classify -> dedupe -> store -> publish -> serve
//!  sources    Document  RawEntry    Item        topics     Story     commit   feed files   HTTP
//! ```

pub mod model;
pub mod dates;
pub mod config;
pub mod schedule;
pub mod fetch;
pub mod extract;
pub mod normalize;
pub mod classify;
pub mod dedupe;
pub mod store;
pub mod publish;
pub mod serve;
pub mod daemon;
pub mod cli;
