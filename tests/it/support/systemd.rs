//! systemd from a service's point of view: a socket that receives its notifications (`sd_notify(3)`).

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;

use super::{GUARD, Workspace};

/// The longest message.
const MESSAGE_BYTES: usize = 4096;

pub(crate) struct Systemd {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Systemd {
    pub(crate) fn new(workspace: &Workspace) -> Self {
        let path = workspace.path("notify.sock");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(GUARD)).unwrap();
        Self { socket, path }
    }

    /// Makes `command` send its notifications to this socket.
    pub(crate) fn listens_to(&self, command: &mut Command) {
        command.env("NOTIFY_SOCKET", &self.path);
    }

    /// Returns the lines of the next message.
    fn next(&self) -> Option<Vec<String>> {
        let mut bytes = [0; MESSAGE_BYTES];
        match self.socket.recv(&mut bytes) {
            Ok(length) => {
                let text = std::str::from_utf8(&bytes[..length]).unwrap();
                Some(text.lines().map(str::to_owned).collect())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits for a message with a line that begins with `words`, and returns all of its lines.
    #[track_caller]
    pub(crate) fn hears(&self, words: &str) -> Vec<String> {
        loop {
            let message = self.next().expect(words);
            if message.iter().any(|line| line.starts_with(words)) {
                return message;
            }
        }
    }

    /// Returns every message that has already arrived.
    pub(crate) fn heard(&self) -> Vec<Vec<String>> {
        self.socket.set_nonblocking(true).unwrap();
        let heard = std::iter::from_fn(|| self.next()).collect();
        self.socket.set_nonblocking(false).unwrap();
        heard
    }
}
