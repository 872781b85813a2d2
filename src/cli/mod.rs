//! The command line: what people type and what they see.
//!
//! Exit status: 0 done, 1 something failed (one line on stderr), 2 usage or configuration wrong. A failing source is that
//! source's state, not the command's failure.

mod admin;
mod check;
mod choice;
mod consent;
mod discover;
mod explain;
mod in_force;
mod log_filter;
mod named;
mod once;
mod operator;
mod plan;
mod preview;
mod reload;
mod run;
mod shown;
mod sources;
mod stories;
mod status;
mod table;

use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tokio::signal::unix::SignalKind;

use crate::config::{self, Config, Refused};
use crate::daemon::DaemonError;
use crate::flow::{Clock, FlowError};
use crate::model::Timestamp;
use crate::text;

/// Reads the bulletins of a region in whatever form they come and republishes them as clean feeds, one per topic.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    config: ConfigArguments,
    /// Print JSON: every command that lists something does
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone, Debug)]
struct ConfigArguments {
    /// The configuration [default: config/tidings.toml, else /etc/tidings/tidings.toml]
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        env = "TIDINGS_CONFIG"
    )]
    config: Option<PathBuf>,
    /// The store, for when the configuration has mistakes and does not say where it is
    #[arg(long, global = true, value_name = "FILE", env = "TIDINGS_STORE", value_parser = store_file)]
    store: Option<PathBuf>,
}

impl ConfigArguments {
    /// The main file.
    fn file(&self) -> PathBuf {
        config_file(self.config.clone())
    }
}

/// A path, also as `[store] url` writes it.
fn store_file(text: &str) -> Result<PathBuf, String> {
    let path = text.strip_prefix("sqlite:").unwrap_or(text);
    let path = path.strip_prefix("//").unwrap_or(path);
    std::path::absolute(path).map_err(|_| "expected the path of a store".to_owned())
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Poll on schedule, publish, serve; SIGHUP reads the configuration again, SIGTERM ends
    Run(run::Arguments),
    /// Poll what is due (or the named sources, or all), publish, exit
    Once(once::Arguments),
    /// Make the running daemon read its configuration again, and say what came of it
    Reload(reload::Arguments),
    /// Show what the changed configuration would bring to and take from each feed; changes nothing
    Plan(plan::Arguments),
    /// Look for mistakes in the configuration and show when each source is polled; polls nothing
    Check(check::Arguments),
    /// Show what a source, an address or a file gives; stores nothing
    Preview(Box<preview::Arguments>),
    /// Find out what an address amounts to, and print the block of the source to paste
    Discover(discover::Arguments),
    /// Judge text that is given, as the daemon would judge it
    Explain(explain::Arguments),
    /// List the sources, add one by its address, repair one whose page has changed, release or discard what is held back
    Sources(Box<sources::Arguments>),
    /// Decide by hand what is one story, what is several, and what is none; polls keep to it
    Stories(stories::Arguments),
    /// Show the state of every source, and what to do where something is wrong
    Status(status::Arguments),
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

#[derive(Args, Clone, Copy, Debug)]
struct OutputArguments {
    /// How to print it
    #[arg(long, value_enum, default_value_t, global = true)]
    output: Output,
    /// The same as --output json
    #[arg(long, global = true)]
    json: bool,
}

impl Command {
    /// Refuses `--json` for what prints no list.
    fn check_json(&self) -> Result<(), CliError> {
        let (name, hint) = match self {
            Self::Run(_) => ("run", "`tidings status --json` shows how it is"),
            Self::Sources(arguments) => match arguments.without_json() {
                Some(name) => (name, "`tidings sources list --json` lists them"),
                None => return Ok(()),
            },
            _ => return Ok(()),
        };
        Err(CliError::Usage(format!("`{name}` prints no JSON: {hint}")))
    }
}

impl OutputArguments {
    fn output(self) -> Output {
        if self.json { Output::Json } else { self.output }
    }
}

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong: every mistake in a line of its own.
    #[error(transparent)]
    Config(#[from] Refused),
    /// The arguments are wrong.
    #[error("{0}")]
    Usage(String),
    /// The work failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The service failed.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// What was looked at cannot be fetched or read, or a source failed where none may.
    #[error("{0}")]
    Failed(String),
    /// `plan --exit-code` found that something changes.
    #[error("the configuration changes something")]
    Changes,
    /// It failed, and the log tells why.
    #[error("failed: see the log")]
    Logged(u8),
    /// The output cannot be written, or the runtime cannot start.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Exit status of `plan --exit-code` when something changes.
const CHANGES: u8 = 3;

/// Runs the command.
///
/// # Errors
/// [`CliError`], for [`report`].
pub async fn run(cli: Cli) -> Result<(), CliError> {
    if cli.json {
        cli.command.check_json()?;
    }
    let config = cli.config;
    survive_file_limits()?;
    match cli.command {
        Command::Once(arguments) => once::run(&arguments, &config).await,
        Command::Run(arguments) => run::run(&arguments, &config).await,
        Command::Reload(arguments) => reload::run(arguments, &in_force::admin(&config)?).await,
        Command::Plan(arguments) => plan::run(arguments, &load(&config)?),
        Command::Check(arguments) => check::run(arguments, &config.file()),
        Command::Preview(arguments) => preview::run(&arguments, &config).await,
        Command::Discover(arguments) => discover::run(&arguments, config.config).await,
        Command::Explain(arguments) => explain::run(&arguments, &config),
        Command::Sources(arguments) => sources::run(&arguments, &config).await,
        Command::Stories(arguments) => stories::run(arguments, in_force::load(&config)?).await,
        Command::Status(arguments) => status::run(arguments, &config).await,
    }
}

/// Says what went wrong, and with which exit status.
pub fn report(error: &CliError) -> ExitCode {
    // The reader of our output has closed it: not an error.
    if let CliError::Io(error) = error
        && error.kind() == ErrorKind::BrokenPipe
    {
        return ExitCode::SUCCESS;
    }
    let (text, status) = told(error);
    if let Some(text) = text {
        // With stderr closed there is nobody left to tell.
        drop(writeln!(io::stderr(), "{text}"));
    }
    ExitCode::from(status)
}

/// The message for an error, unless it has already been printed, and its exit status.
fn told(error: &CliError) -> (Option<String>, u8) {
    let (text, status) = match error {
        // What changes has been told.
        CliError::Changes => return (None, CHANGES),
        CliError::Logged(status) => return (None, *status),
        CliError::Config(refused) => (refused.to_string(), 2),
        CliError::Usage(usage) => (format!("tidings: {usage}"), 2),
        CliError::Flow(error @ FlowError::UnknownSource(_)) => (format!("tidings: {error}"), 2),
        CliError::Flow(error) => (one_line(&text::chain(error)), 1),
        CliError::Daemon(error) => (one_line(&text::chain(error)), 1),
        CliError::Failed(_) | CliError::Io(_) => (one_line(&error.to_string()), 1),
    };
    (Some(text), status)
}

/// Writes an error into the log, where errors are logged.
fn logged(error: CliError) -> CliError {
    if !tracing::enabled!(tracing::Level::ERROR) {
        return error;
    }
    let (text, status) = told(&error);
    for line in text.iter().flat_map(|text| text.lines()) {
        tracing::error!("{line}");
    }
    CliError::Logged(status)
}

/// Keeps a limit on the size of files (`ulimit -f`) from killing us: the write fails instead, and we report it. The
/// handler outlives the returned value.
fn survive_file_limits() -> io::Result<()> {
    let signal = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    tokio::signal::unix::signal(signal).map(drop)
}

/// Formats a failure as one line, whatever a server or a file put into it.
fn one_line(text: &str) -> String {
    format!("tidings: {}", crate::text::one_line(text))
}

/// `1 source`, `2 sources`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The configuration that is meant when none is named.
fn config_file(named: Option<PathBuf>) -> PathBuf {
    const USUAL: &str = "config/tidings.toml";
    const SYSTEM: &str = "/etc/tidings/tidings.toml";
    let system = !Path::new(USUAL).exists() && Path::new(SYSTEM).exists();
    named.unwrap_or_else(|| PathBuf::from(if system { SYSTEM } else { USUAL }))
}

/// Reads the configuration of the files; what may not be meant is said on stderr.
fn load(named: &ConfigArguments) -> Result<Config, CliError> {
    let config = config::load(&named.file(), &environment)?;
    config.store.known()?;
    warn(&config)?;
    Ok(config)
}

/// Says on stderr what may not be meant.
fn warn(config: &Config) -> io::Result<()> {
    let mut warnings = config.warnings.iter();
    warnings.try_for_each(|warning| writeln!(io::stderr(), "{warning}"))
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `--now`, for tests and for reading old documents.
fn clock(now: Option<Timestamp>) -> Clock {
    now.map_or(Clock::System, Clock::Fixed)
}

/// A time as RFC 3339 writes it; without seconds and without an offset, which is then UTC, as people type it.
fn address(text: &str) -> Result<url::Url, String> {
    let read = text.parse::<url::Url>();
    read.map_err(|error| {
        format!("an address such as https://host.example/news is wanted ({error})")
    })
}

fn timestamp(text: &str) -> Result<Timestamp, String> {
    let stated = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    let typed = || {
        let mut forms = ["%FT%H:%M:%S", "%FT%H:%M"].into_iter();
        forms.find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok())
    };
    stated
        .ok()
        .or_else(|| Some(typed()?.and_utc()))
        .ok_or_else(|| "a time such as 2026-11-22T12:00:00Z is wanted".to_owned())
}

/// Prints JSON, one document.
fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).expect("plain data always serializes");
    Ok(writeln!(io::stdout(), "{text}")?)
}
