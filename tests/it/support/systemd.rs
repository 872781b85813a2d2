//! systemd as a service sees it: a socket that hears what it says of itself (`sd_notify(3)`).

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;

use super::{GUARD, Workspace};

/// A message is never longer.
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

    /// Makes `command` tell us.
    pub(crate) fn listens_to(&self, command: &mut Command) {
        command.env("NOTIFY_SOCKET", &self.path);
    }

    /// The next message; its lines.
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

    /// Waits for a message with a line that begins so; returns all of it.
    #[track_caller]
    pub(crate) fn hears(&self, words: &str) -> Vec<String> {
        loop {
            let message = self.next().expect(words);
            if message.iter().any(|line| line.starts_with(words)) {
                return message;
            }
        }
    }

    /// Every message that is there already.
    pub(crate) fn heard(&self) -> Vec<Vec<String>> {
        self.socket.set_nonblocking(true).unwrap();
        let heard = std::iter::from_fn(|| self.next()).collect();
        self.socket.set_nonblocking(false).unwrap();
        heard
    }
}
