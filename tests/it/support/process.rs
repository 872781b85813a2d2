//! The running program, and its output after the end.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use serde_json::Value;

/// A process that ends with the test at the latest.
pub(crate) struct Running {
    child: Option<Child>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            child: Some(command.spawn().unwrap()),
        }
    }

    fn child(&mut self) -> &mut Child {
        self.child.as_mut().unwrap()
    }

    pub(crate) fn id(&mut self) -> u32 {
        self.child().id()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child().try_wait().unwrap().is_none()
    }

    /// Waits until a condition holds; false if the process ended before.
    pub(crate) fn lives_until(&mut self, so: impl Fn() -> bool) -> bool {
        while !so() {
            if !self.is_alive() {
                return false;
            }
            thread::yield_now();
        }
        true
    }

    /// Kills the process with SIGKILL, which it cannot handle; false if it had ended before.
    pub(crate) fn kill(mut self) -> bool {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        let status = child.wait().unwrap();
        status.code().is_none()
    }

    /// Waits for the end of the process.
    pub(crate) fn finish(mut self) -> Ran {
        let output = self.child.take().unwrap().wait_with_output().unwrap();
        Ran {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Runs `command` at a terminal, and types `answer`. The terminal's output is returned as stderr.
pub(crate) fn run_at_terminal(mut command: Command, answer: &str) -> Ran {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
    command
        .stdin(theirs.try_clone().unwrap())
        .stdout(Stdio::piped())
        .stderr(theirs);
    let child = command.spawn().unwrap();
    // The command holds the other ends, which must end with the process.
    drop(command);
    let mut terminal = File::from(ours);
    terminal.write_all(answer.as_bytes()).unwrap();
    let shown = thread::spawn(move || {
        let mut bytes = Vec::new();
        // Linux reports the end of a terminal as an error.
        drop(terminal.read_to_end(&mut bytes));
        String::from_utf8(bytes).unwrap()
    });
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: shown.join().unwrap(),
    }
}

/// A process's exit status and output.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Checks for status 0, with or without warnings.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.status, Some(0), "{}", self.stderr);
        self
    }

    /// Checks for status 0 and an empty stderr.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!((self.status, self.stderr.as_str()), (Some(0), ""));
        self
    }

    /// Checks for `status` and one line on stderr, which is returned.
    #[track_caller]
    pub(crate) fn complaint(&self, status: i32) -> &str {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{}", self.stderr);
        self.stderr.trim_end()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect(&self.stdout)
    }
}
