//! A folder of its own for each test, as an operator has one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tidings::model::Timestamp;

use super::process::run_at_terminal;
use super::{Published, Ran, Running, read_text};

/// A topic without a query: sources name it in `topics`.
pub(crate) const NEWS: &str = "[[topic]]\nid = \"news\"\ntitle = \"News\"\n";

/// The settings that the tests of this machine's server need, unless a test has its own `[fetch]`.
const FETCH: &str =
    "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_delay = \"0s\"\ntimeout = \"10s\"\n";

/// Every story stays in the live feed, so that a missing one was lost.
const FRAME: &str = "[store]\nurl = \"sqlite:../var/tidings.db\"\n\n[publish]\ndir = \"../feeds\"\nmax_items = 500\n";

/// Returns a feed whose items all belong to [`NEWS`].
pub(crate) fn source(id: &str, url: &str) -> String {
    format!(
        "\n[[source]]\nid = \"{id}\"\nurl = \"{url}\"\nkind = \"feed\"\nevery = \"1h\"\ntopics = [\"news\"]\n"
    )
}

const MAIN: &str = "config/tidings.toml";

/// A folder with `config/tidings.toml`; the store and the published folder are created next to `config`.
pub(crate) struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// Creates a folder whose configuration contains `text` and the paths of the store and the feeds.
    pub(crate) fn new(text: &str) -> Self {
        let workspace = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        workspace.configure(text);
        workspace
    }

    /// Copies the configuration that comes with the program, as in a fresh clone.
    pub(crate) fn with_samples() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        copy(&own, &folder.path().join("config"));
        Self { folder }
    }

    /// Replaces the configuration.
    pub(crate) fn configure(&self, text: &str) {
        let fetch = if text.contains("[fetch]") { "" } else { FETCH };
        self.write(MAIN, format!("{FRAME}\n{fetch}\n{text}"));
    }

    /// Serves the samples on free ports.
    pub(crate) fn listen_anywhere(&self) {
        self.edit(
            "listen = [\"127.0.0.1:8080\"]",
            "listen = [\"127.0.0.1:0\"]",
        );
        self.edit(
            "listen = [\"127.0.0.1:8081\"]",
            "listen = [\"127.0.0.1:0\"]",
        );
    }

    /// Replaces `old`, which must occur once, with `new`.
    pub(crate) fn edit(&self, old: &str, new: &str) {
        let text = read_text(&self.path(MAIN));
        assert_eq!(text.matches(old).count(), 1, "{old}");
        self.write(MAIN, text.replace(old, new));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Makes a file executable.
    pub(crate) fn make_executable(&self, name: &str) {
        let permissions = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(name), permissions).unwrap();
    }

    /// Returns the command to run the program in this folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command.args(arguments).current_dir(self.folder.path());
        command
            .env_remove("TIDINGS_CONFIG")
            .env_remove("TIDINGS_STORE");
        command.env_remove("STATE_DIRECTORY");
        command
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.start(arguments).finish()
    }

    /// Runs it at a terminal with the input `answer`; its questions are on stderr.
    pub(crate) fn run_at_terminal(&self, arguments: &[&str], answer: &str) -> Ran {
        run_at_terminal(self.command(arguments), answer)
    }

    /// Polls every source at `now`.
    pub(crate) fn poll(&self, now: Timestamp) -> Ran {
        self.run(&["once", "--all", "--now", &now.to_rfc3339()])
            .done()
    }

    pub(crate) fn published(&self) -> Published {
        Published::new(self.path("feeds"))
    }

    /// Returns a source's entry in `status --json`.
    pub(crate) fn status(&self, source: &str) -> Value {
        let answer = self.run(&["status", "--json"]).done().json();
        let mut sources = answer["sources"].as_array().unwrap().iter();
        let found = sources.find(|known| known["id"] == source);
        found.unwrap_or_else(|| panic!("no {source}")).clone()
    }
    /// Checks that a source has no problem.
    #[track_caller]
    pub(crate) fn check_well(&self, source: &str) {
        let status = self.status(source);
        assert_eq!(status["state"], "ok", "{status}");
        assert_eq!(status["problem"], Value::Null);
        assert_eq!(status["consecutive_failures"], 0);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
