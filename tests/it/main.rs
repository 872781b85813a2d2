//! The program as people run it: the real binary, real files, real sockets, processes that are really killed.
//!
//! A module for each promise or group of commands; `support` contains their tools. No test sleeps or measures time:
//! tests wait for a request, an answer, a changed file or the end of a process.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; clippy knows tests only by their attribute"
)]

mod support;

mod architecture;
mod samples;
mod crash;
mod validators;
mod paging;
mod details;
mod determinism;
mod dates;
mod duplicates;
mod choosing;
mod corrections;
mod identity;
mod drift;
mod redesign;
mod quiet;
mod topics;
mod branches;
mod regions;
mod bad_sources;
mod secrets;
mod store;
mod steady;
mod stories;
mod manners;
mod robots;
mod mistakes;
mod commands;
mod manual;
mod preview;
mod explain;
mod discover;
mod readers;
mod daemon;
mod disk;
mod forget;
mod former;
mod in_force;
mod reload;
mod trust;
mod browser;
mod systemd;
mod serving;
mod search_feeds;
mod searching;
mod schedule;
mod pages;
mod pictures;
mod plan;
mod kinds;
mod versions;
mod languages;
