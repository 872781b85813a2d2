//! The output of an operator's program, as the body of a document.
//!
//! In: the command line, and limits of time and bytes. Out: its standard output. The program runs without a shell, with
//! no input and few environment variables, as the leader of a process group that is killed as a whole if it takes too
//! long, writes too much, or is no longer awaited.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use url::Url;

use super::{FetchError, too_large_error, unpack_body};
use crate::model::CommandLine;

/// The environment variables passed on unchanged.
const KEPT: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];

/// The environment variable that contains the source's id.
const SOURCE: &str = "TIDINGS_SOURCE";

/// The number of bytes kept from the end of its standard error.
const MAX_ERROR_BYTES: usize = 4 * 1024;

/// Returns an address that represents the program's output; it cannot be fetched.
///
/// # Panics
/// Never: its prefix is a constant.
pub fn command_address(command: &CommandLine) -> Url {
    let mut url: Url = "command:/".parse().expect("an address of our own");
    url.set_path(&command.program.to_string_lossy());
    url
}

/// Runs it for the source `id` and returns its output.
///
/// # Errors
/// [`FetchError::Command`] if it cannot be run or fails, [`FetchError::Timeout`], [`FetchError::TooLarge`].
pub(super) async fn run_command(
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
    let started = start_command(command, id);
    let mut running = started.map_err(|error| failed(format!("cannot be run: {error}")))?;
    let ended = tokio::time::timeout(timeout, running.wait_for_output(limit)).await;
    let ended = ended.map_err(|_| FetchError::Timeout {
        url: shown.clone(),
        limit: timeout,
    })?;
    match ended {
        Ok((status, body, _)) if status.success() => unpack_body(body, &shown, limit),
        Ok((status, _, error)) => Err(failed(format!(
            "failed ({status}){}",
            last_error_line(&error)
        ))),
        Err(error) if error.kind() == ErrorKind::FileTooLarge => {
            Err(too_large_error(&shown, limit))
        }
        Err(error) => Err(failed(format!("cannot be listened to: {error}"))),
    }
}

fn start_command(command: &CommandLine, id: &str) -> io::Result<RunningCommand> {
    let kept = KEPT
        .iter()
        .filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let child = Command::new(&command.program)
        .args(&command.arguments)
        .current_dir(existing_folder(&command.folder))
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
    Ok(RunningCommand { child, group })
}

/// Returns the current folder for one without a name.
fn existing_folder(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// A running program. If dropped before it has ended, it is killed together with all processes that it started.
struct RunningCommand {
    child: Child,
    /// Its process group, until it has ended.
    group: Option<Pid>,
}

impl RunningCommand {
    /// Waits for the end and returns the exit status, the output, and the end of standard error.
    async fn wait_for_output(&mut self, limit: u64) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
        let (output, errors) = (self.child.stdout.take(), self.child.stderr.take());
        let (body, error) = tokio::try_join!(read_output(output, limit), read_error_tail(errors))?;
        let status = self.child.wait().await?;
        self.group = None;
        Ok((status, body, error))
    }
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may have ended already.
            kill_process_group(group, Signal::KILL).ok();
        }
    }
}

/// Reads to the end; more than `limit` bytes are an error at once.
async fn read_output(from: Option<ChildStdout>, limit: u64) -> io::Result<Vec<u8>> {
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

/// Reads to the end and keeps the last part.
async fn read_error_tail(from: Option<ChildStderr>) -> io::Result<Vec<u8>> {
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

/// Returns the last line of its standard error.
fn last_error_line(error: &[u8]) -> String {
    let error = String::from_utf8_lossy(error);
    let mut lines = error.lines().rev().map(str::trim);
    let last = lines.find(|line| !line.is_empty());
    last.map(|line| format!(": {line}")).unwrap_or_default()
}
