//! The running daemon: its output as it comes, its signals, and its addresses.

use std::io::{self, BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::{GUARD, Ran, Reply, Workspace, get};

/// Variables in the environment of the tests that would affect a daemon.
const FOREIGN: [&str; 6] = [
    "JOURNAL_STREAM",
    "LISTEN_FDS",
    "LISTEN_PID",
    "NOTIFY_SOCKET",
    "TIDINGS_LOG",
    "WATCHDOG_USEC",
];

/// `[server]` and `[admin]` on free ports.
pub(crate) const ANYWHERE: &str =
    "[server]\nlisten = [\"127.0.0.1:0\"]\n[admin]\nlisten = [\"127.0.0.1:0\"]\n";

/// The same with an address for administrators that a command can find.
pub(crate) const FINDABLE: &str =
    "[server]\nlisten = [\"127.0.0.1:0\"]\n[admin]\nlisten = [\"unix:../admin.sock\"]\n";

/// A daemon that ends with the test at the latest.
pub(crate) struct Service {
    child: Child,
    said: Lines,
    logged: Lines,
    public: String,
    admin: String,
}

impl Service {
    /// Returns the command `tidings run`.
    pub(crate) fn command(workspace: &Workspace) -> Command {
        let mut command = workspace.command(&["run"]);
        for name in FOREIGN {
            command.env_remove(name);
        }
        command
    }

    /// Starts a daemon whose output nobody reads.
    pub(crate) fn unread(mut command: Command) -> Child {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        child
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        let mut service = Self::spawn_unheard(command);
        let said = service.child.stdout.take().unwrap();
        service.listen(said);
        service
    }

    /// Starts a daemon whose stdout belongs to the caller, until [`Self::listen`].
    pub(crate) fn spawn_unheard(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        Self {
            said: Lines::of(io::empty()),
            logged: Lines::of(child.stderr.take().unwrap()),
            child,
            public: String::new(),
            admin: String::new(),
        }
    }

    /// Reads its stdout from now on.
    pub(crate) fn listen(&mut self, said: impl Read + Send + 'static) {
        self.said = Lines::of(said);
    }

    /// Waits until it serves.
    pub(crate) fn until_served(mut self) -> Self {
        let after = |line: &str, words: &str| line.rsplit_once(words).unwrap().1.to_owned();
        let line = self.logs("administrators are answered at");
        self.admin = after(&line, "administrators are answered at ");
        let line = self.says("is served at");
        self.public = after(line.trim_end_matches('/'), "is served at ");
        self
    }

    /// Starts in `workspace` and waits until it serves.
    pub(crate) fn start(workspace: &Workspace) -> Self {
        Self::spawn(Self::command(workspace)).until_served()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns the address for readers.
    pub(crate) fn public(&self) -> &str {
        &self.public
    }

    /// Waits for a line on stdout.
    #[track_caller]
    pub(crate) fn says(&mut self, words: &str) -> String {
        self.said.wait(words)
    }

    /// Waits for a line of the log; lines before the last one that was waited for do not count.
    #[track_caller]
    pub(crate) fn logs(&mut self, words: &str) -> String {
        self.logged.wait(words)
    }

    pub(crate) fn get(&self, target: &str) -> Reply {
        get(&self.public, target, &[])
    }

    pub(crate) fn ask_admin(&self, target: &str) -> Reply {
        get(&self.admin, target, &[])
    }

    /// Returns the address for administrators.
    pub(crate) fn admin(&self) -> &str {
        &self.admin
    }

    /// Repeats a request after every publication until the answer is as wanted: published files are logged once they
    /// are served.
    #[track_caller]
    pub(crate) fn get_until(&mut self, target: &str, wanted: impl Fn(&Reply) -> bool) -> Reply {
        loop {
            let reply = self.get(target);
            if wanted(&reply) {
                return reply;
            }
            self.logs("published ");
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Ran {
        let (stdout, stderr) = (self.said.rest(), self.logged.rest());
        Ran {
            status: self.child.wait().unwrap().code(),
            stdout,
            stderr,
        }
    }

    /// Sends SIGTERM, and checks for a clean end.
    #[track_caller]
    pub(crate) fn stop(self) -> Ran {
        self.signal("TERM");
        self.finish().done()
    }
}

/// Sends a signal such as `TERM`.
pub(crate) fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args(["-s", name, &id]).status();
    assert!(sent.unwrap().success(), "no process {id}");
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The lines from a pipe.
struct Lines {
    receiver: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(pipe).lines().map_while(Result::ok);
            // Nobody receives lines once the test is over.
            lines.for_each(|line| drop(sender.send(line)));
        });
        Self {
            receiver,
            seen: Vec::new(),
        }
    }

    #[track_caller]
    fn wait(&mut self, words: &str) -> String {
        loop {
            let line = self.receiver.recv_timeout(GUARD);
            let Ok(line) = line else {
                panic!("`{words}` was never said:\n{}", self.seen.join("\n"));
            };
            self.seen.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Returns every line up to its end.
    #[track_caller]
    fn rest(&mut self) -> String {
        loop {
            match self.receiver.recv_timeout(GUARD) {
                Ok(line) => self.seen.push(line),
                Err(mpsc::RecvTimeoutError::Disconnected) => return self.seen.join("\n"),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    panic!("it does not end:\n{}", self.seen.join("\n"))
                }
            }
        }
    }
}
