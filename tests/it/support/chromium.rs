//! A headless Chromium, driven over a pipe by its own protocol: loads pages and runs scripts as if typed into its
//! console.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::GUARD;

/// Runs without a sandbox, which root cannot have, and without anything that connects to the internet.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
];

/// The browser reads its commands from descriptor 3 and answers on 4.
const ON_PIPES: &str = "exec \"$@\" 3<&0 4>&1 >/dev/null";

/// The browser, with one page; it ends with the test.
pub(crate) struct Chromium {
    child: Child,
    commands: ChildStdin,
    messages: Receiver<Value>,
    last: u64,
    session: String,
    _profile: TempDir,
}

/// Returns the program: `$TIDINGS_TEST_CHROMIUM`, else one of Debian's names.
pub(crate) fn chromium() -> Option<OsString> {
    let named = std::env::var_os("TIDINGS_TEST_CHROMIUM");
    let usual = ["chromium", "chromium-browser"].map(OsString::from);
    named.into_iter().chain(usual).find(|program| {
        let mut command = Command::new(program);
        command.arg("--version");
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

impl Chromium {
    /// Starts `program`, which resolves the names in `hosts` to this machine.
    pub(crate) fn start(program: &OsString, hosts: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", ON_PIPES, "sh"]).arg(program);
        command.args(FLAGS);
        command.arg(format!("--host-resolver-rules=MAP {hosts} 127.0.0.1"));
        let folder: &Path = profile.path();
        command.arg(format!("--user-data-dir={}", folder.display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let answers = child.stdout.take().unwrap();
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || {
            let messages = BufReader::new(answers).split(0).map_while(Result::ok);
            // Nobody receives messages once the test is over.
            messages.for_each(|message| {
                drop(sender.send(serde_json::from_slice(&message).unwrap()));
            });
        });
        let mut browser = Self {
            commands: child.stdin.take().unwrap(),
            child,
            messages,
            last: 0,
            session: String::new(),
            _profile: profile,
        };
        let page = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": page["targetId"], "flatten": true});
        let attached = browser.ask("Target.attachToTarget", &attach);
        attached["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.session);
        browser.ask("Page.enable", &json!({}));
        browser
    }

    /// Loads a page.
    #[track_caller]
    pub(crate) fn load(&mut self, url: &str) {
        let loading = self.ask("Page.navigate", &json!({"url": url}));
        assert_eq!(loading["errorText"], Value::Null, "{url}");
        self.loaded();
    }

    /// Waits until the page has been loaded.
    #[track_caller]
    pub(crate) fn loaded(&mut self) {
        while self.next()["method"] != "Page.loadEventFired" {}
    }

    /// Lets scripts do things that the page's own policy forbids: from then on the page is the attacker's.
    pub(crate) fn lift_policy(&mut self) {
        self.ask("Page.setBypassCSP", &json!({"enabled": true}));
    }

    /// Runs `script` in the page and returns its value, or that of its promise.
    #[track_caller]
    pub(crate) fn run(&mut self, script: &str) -> Value {
        let asked = json!({"expression": script, "awaitPromise": true, "returnByValue": true});
        let mut answer = self.ask("Runtime.evaluate", &asked);
        assert_eq!(answer["exceptionDetails"], Value::Null, "{script}");
        answer["result"]["value"].take()
    }

    #[track_caller]
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.as_str().into();
        }
        self.commands
            .write_all(format!("{message}\0").as_bytes())
            .unwrap();
        loop {
            let mut message = self.next();
            if message["id"] == self.last {
                assert_eq!(message["error"], Value::Null, "{method}");
                return message["result"].take();
            }
        }
    }

    #[track_caller]
    fn next(&self) -> Value {
        let message = self.messages.recv_timeout(GUARD);
        message.expect("the browser says nothing any more")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
