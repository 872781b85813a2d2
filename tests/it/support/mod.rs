//! The tools of the tests: a folder with a configuration, a server on this machine, notices for it to serve, and the
//! published feeds read back.

mod board;
mod chromium;
mod client;
mod clock;
mod notices;
mod process;
mod published;
mod server;
mod service;
mod skipped;
mod systemd;
mod town;
mod workspace;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

pub(crate) use self::board::{Behind, Board};
pub(crate) use self::chromium::{Chromium, chromium};
pub(crate) use self::client::{Reply, get, request, request_as};
pub(crate) use self::clock::Held;
pub(crate) use self::notices::{Notice, day, notice, notices, rss};
pub(crate) use self::process::{Ran, Running};
pub(crate) use self::published::{Published, Story, titles};
pub(crate) use self::server::{Answer, GUARD, Server};
pub(crate) use self::service::{ANYWHERE, FINDABLE, Service, signal};
pub(crate) use self::skipped::skipped;
pub(crate) use self::systemd::Systemd;
pub(crate) use self::town::{Host, Manner};
pub(crate) use self::workspace::{NEWS, Workspace, source};

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

/// Reads a whole text file.
pub(crate) fn read_text(path: &Path) -> String {
    String::from_utf8(read(path)).unwrap()
}
