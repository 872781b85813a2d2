//! What a program of the operator's writes, as the body of a document.
//!
//! In: the command line, the time and the bytes that it may take. Out: its standard output. It is run as it stands,
//! without a shell, with nothing to read and few variables around it, as the leader of a process group that is killed as
//! a whole when it takes too long, writes too much, or is not waited for any more.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use url::Url;

use super::{FetchError, too_large, unpacked};
use crate::model::CommandLine;

/// The variables that it finds as we did.
const KEPT: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];

/// The variable that names the source to it.
const SOURCE: &str = "TIDINGS_SOURCE";

/// How much of the end of its standard error is kept.
const MAX_ERROR_BYTES: usize = 4 * 1024;

/// An address that stands for what it writes; nobody can ask for it.
///
/// # Panics
/// Never: what it begins with is a constant.
pub fn address_of(command: &CommandLine) -> Url {
    let mut url: Url = "command:/".parse().expect("an address of our own");
    url.set_path(&command.program.to_string_lossy());
    url
}

/// Runs it for the source `id`, and gives what it wrote.
///
/// # Errors
/// [`FetchError::Command`] where it cannot be run or does not end well, [`FetchError::Timeout`], [`FetchError::TooLarge`].
pub(super) async fn output(
    command: &CommandLine,
    id: &str,
    timeout: Duration,
    limit: u64,
) -> Result<Vec<u8>, FetchError> {
    let shown = command.to_string();
    let failed = |reason: String| FetchError::Command {
        program: shown.clone(),
        reason,
    };
    let started = started(command, id);
    let mut running = started.map_err(|error| failed(format!("cannot be run: {error}")))?;
    let ended = tokio::time::timeout(timeout, running.ended(limit)).await;
    let ended = ended.map_err(|_| FetchError::Timeout {
        url: shown.clone(),
        limit: timeout,
    })?;
    match ended {
        Ok((status, body, _)) if status.success() => unpacked(body, &shown, limit),
        Ok((status, _, error)) => Err(failed(format!("failed ({status}){}", said(&error)))),
        Err(error) if error.kind() == ErrorKind::FileTooLarge => Err(too_large(&shown, limit)),
        Err(error) => Err(failed(format!("cannot be listened to: {error}"))),
    }
}

fn started(command: &CommandLine, id: &str) -> io::Result<Running> {
    let kept = KEPT
        .iter()
        .filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let child = Command::new(&command.program)
        .args(&command.arguments)
        .current_dir(existing(&command.folder))
        .env_clear()
        .envs(kept)
        .env(SOURCE, id)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let group = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    Ok(Running { child, group })
}

/// A folder that has no name is the one that we are in.
fn existing(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// A program under way; dropped before it has ended, it is killed with all that it has started.
struct Running {
    child: Child,
    /// Its process group, until it has ended.
    group: Option<Pid>,
}

impl Running {
    /// Listens until it has ended: how, what it wrote, and the end of what it said of mistakes.
    async fn ended(&mut self, limit: u64) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
        let (output, errors) = (self.child.stdout.take(), self.child.stderr.take());
        let (body, error) = tokio::try_join!(body(output, limit), tail(errors))?;
        let status = self.child.wait().await?;
        self.group = None;
        Ok((status, body, error))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may have ended by now.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

/// Reads to the end; more than `limit` bytes are an error at once.
async fn body(from: Option<ChildStdout>, limit: u64) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if let Some(from) = from {
        from.take(limit + 1).read_to_end(&mut body).await?;
    }
    if body.len() as u64 > limit {
        Err(ErrorKind::FileTooLarge.into())
    } else {
        Ok(body)
    }
}

/// Reads to the end, and keeps the last of it.
async fn tail(from: Option<ChildStderr>) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut from) = from else {
        return Ok(kept);
    };
    let mut buffer = vec![0; MAX_ERROR_BYTES];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(kept);
        }
        kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let surplus = kept.len().saturating_sub(MAX_ERROR_BYTES);
        kept.drain(..surplus);
    }
}

/// The last line of what it said.
fn said(error: &[u8]) -> String {
    let error = String::from_utf8_lossy(error);
    let mut lines = error.lines().rev().map(str::trim);
    let last = lines.find(|line| !line.is_empty());
    last.map(|line| format!(": {line}")).unwrap_or_default()
}
