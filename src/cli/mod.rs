//! The command line: arguments in, text for people and JSON for programs out.
//!
//! Exit status: 0 done, 1 failed (one line on stderr), 2 wrong usage or configuration. A failing source is a
//! state of that source, not a failure of the command.

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

use crate::config::{self, Config, InvalidConfig};
use crate::daemon::DaemonError;
use crate::flow::{Clock, FlowError};
use crate::model::Timestamp;
use crate::text;

/// Reads a region's bulletins in any format and republishes them as clean feeds, one per topic.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    config: ConfigArguments,
    /// Print JSON; every command that lists something supports it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone, Debug)]
struct ConfigArguments {
    /// The configuration file [default: config/tidings.toml, else /etc/tidings/tidings.toml]
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        env = "TIDINGS_CONFIG"
    )]
    config: Option<PathBuf>,
    /// The store's path, for a configuration whose mistakes hide it
    #[arg(long, global = true, value_name = "FILE", env = "TIDINGS_STORE", value_parser = parse_store_file)]
    store: Option<PathBuf>,
}

impl ConfigArguments {
    /// Returns the path of the main file.
    fn main_file(&self) -> PathBuf {
        config_file(self.config.clone())
    }
}

/// Parses a path, also in the form of `[store] url`.
fn parse_store_file(text: &str) -> Result<PathBuf, String> {
    let path = text.strip_prefix("sqlite:").unwrap_or(text);
    let path = path.strip_prefix("//").unwrap_or(path);
    std::path::absolute(path).map_err(|_| "expected the path of a store".to_owned())
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Poll on schedule, publish and serve; SIGHUP reloads the configuration, SIGTERM stops
    Run(run::Arguments),
    /// Poll the sources that are due (or the named ones, or all), publish, and exit
    Once(once::Arguments),
    /// Make the running daemon reload its configuration, and show the result
    Reload(reload::Arguments),
    /// Show what the changed configuration would add to and remove from each feed; changes nothing
    Plan(plan::Arguments),
    /// Check the configuration for mistakes and show when each source is polled; polls nothing
    Check(check::Arguments),
    /// Show what a source, an address or a file yields; stores nothing
    Preview(Box<preview::Arguments>),
    /// Examine an address, and print a source block for it to paste
    Discover(discover::Arguments),
    /// Judge given text as the daemon would
    Explain(explain::Arguments),
    /// List sources, add one by its address, repair one whose page has changed, release or discard held items
    Sources(Box<sources::Arguments>),
    /// Decide by hand what is one story, several or none; later polls respect it
    Stories(stories::Arguments),
    /// Show the state of every source, and what to do about problems
    Status(status::Arguments),
}

/// The format of a list.
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
    /// The output format
    #[arg(long, value_enum, default_value_t, global = true)]
    output: Output,
    /// The same as --output json
    #[arg(long, global = true)]
    json: bool,
}

impl Command {
    /// Refuses `--json` for commands that print no list.
    fn check_json(&self) -> Result<(), CliError> {
        let (name, hint) = match self {
            Self::Run(_) => ("run", "`tidings status --json` shows its state"),
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
    fn chosen_output(self) -> Output {
        if self.json { Output::Json } else { self.output }
    }
}

/// The reasons for a command to end early.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong: one mistake per line.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// The arguments are wrong.
    #[error("{0}")]
    Usage(String),
    /// The work failed.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The service failed.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// A document cannot be fetched or read, or a source failed although none may.
    #[error("{0}")]
    Failed(String),
    /// `plan --exit-code` found changes.
    #[error("the configuration changes something")]
    Changes,
    /// The command failed, and the reason is in the log; contains the exit status.
    #[error("failed: see the log")]
    Logged(u8),
    /// The output cannot be written, or the runtime cannot start.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Exit status of `plan --exit-code` if something changes.
const CHANGES: u8 = 3;

/// Threads that parse, classify and read the database: enough to keep a few cores busy. Each one more keeps memory of
/// its own.
const BLOCKING_THREADS: usize = 8;

/// Runs the command to its end, on a runtime of its own.
///
/// # Errors
/// [`CliError`], for [`report_error`].
pub fn run(cli: Cli) -> Result<(), CliError> {
    if cli.json {
        cli.command.check_json()?;
    }
    // The runtime starts here and not in the binary: asynchronous functions are compiled where they are waited for.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()?;
    runtime.block_on(run_command(cli.command, cli.config))
}

async fn run_command(command: Command, config: ConfigArguments) -> Result<(), CliError> {
    survive_file_limits()?;
    match command {
        Command::Once(arguments) => once::run(&arguments, &config).await,
        Command::Run(arguments) => run::run(&arguments, &config).await,
        Command::Reload(arguments) => {
            reload::run(arguments, &in_force::admin_addresses(&config)?).await
        }
        Command::Plan(arguments) => plan::run(arguments, &load_config(&config)?),
        Command::Check(arguments) => check::run(arguments, &config.main_file()),
        Command::Preview(arguments) => preview::run(&arguments, &config).await,
        Command::Discover(arguments) => discover::run(&arguments, config.config).await,
        Command::Explain(arguments) => explain::run(&arguments, &config),
        Command::Sources(arguments) => sources::run(&arguments, &config).await,
        Command::Stories(arguments) => {
            stories::run(arguments, in_force::load_in_force(&config)?).await
        }
        Command::Status(arguments) => status::run(arguments, &config).await,
    }
}

/// Prints the error and returns its exit status.
pub fn report_error(error: &CliError) -> ExitCode {
    // The reader closed our output: not an error.
    if let CliError::Io(error) = error
        && error.kind() == ErrorKind::BrokenPipe
    {
        return ExitCode::SUCCESS;
    }
    let (text, status) = error_message(error);
    if let Some(text) = text {
        // With stderr closed, nobody reads the message.
        drop(writeln!(io::stderr(), "{text}"));
    }
    ExitCode::from(status)
}

/// Returns the message of an error, unless it has already been printed, and its exit status.
fn error_message(error: &CliError) -> (Option<String>, u8) {
    let (text, status) = match error {
        // The changes have already been printed.
        CliError::Changes => return (None, CHANGES),
        CliError::Logged(status) => return (None, *status),
        CliError::Config(refused) => (refused.to_string(), 2),
        CliError::Usage(usage) => (format!("tidings: {usage}"), 2),
        CliError::Flow(error @ FlowError::UnknownSource(_)) => (format!("tidings: {error}"), 2),
        CliError::Flow(error) => (one_line(&text::error_chain(error)), 1),
        CliError::Daemon(error) => (one_line(&text::error_chain(error)), 1),
        CliError::Failed(_) | CliError::Io(_) => (one_line(&error.to_string()), 1),
    };
    (Some(text), status)
}

/// Logs an error, if errors go to the log.
fn log_error(error: CliError) -> CliError {
    if !tracing::enabled!(tracing::Level::ERROR) {
        return error;
    }
    let (text, status) = error_message(&error);
    for line in text.iter().flat_map(|text| text.lines()) {
        tracing::error!("{line}");
    }
    CliError::Logged(status)
}

/// Makes a write beyond the file size limit (`ulimit -f`) fail instead of killing the process, so that it is
/// reported. The handler outlives the returned value.
fn survive_file_limits() -> io::Result<()> {
    let signal = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    tokio::signal::unix::signal(signal).map(drop)
}

/// Formats a failure as one line, whatever a server or a file put into it.
fn one_line(text: &str) -> String {
    format!("tidings: {}", crate::text::one_line(text))
}

/// Formats a count: `1 source`, `2 sources`.
fn format_count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Returns the default configuration file if none is named.
fn config_file(named: Option<PathBuf>) -> PathBuf {
    const USUAL: &str = "config/tidings.toml";
    const SYSTEM: &str = "/etc/tidings/tidings.toml";
    let system = !Path::new(USUAL).exists() && Path::new(SYSTEM).exists();
    named.unwrap_or_else(|| PathBuf::from(if system { SYSTEM } else { USUAL }))
}

/// Reads the configuration in the files. Prints its warnings on stderr.
fn load_config(named: &ConfigArguments) -> Result<Config, CliError> {
    let config = config::load(&named.main_file(), &environment_variable)?;
    config.store.check_location()?;
    print_warnings(&config)?;
    Ok(config)
}

/// Prints the configuration's warnings on stderr.
fn print_warnings(config: &Config) -> io::Result<()> {
    let mut warnings = config.warnings.iter();
    warnings.try_for_each(|warning| writeln!(io::stderr(), "{warning}"))
}

fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns the clock that `--now` sets, for tests and for reading old documents.
fn clock_from(now: Option<Timestamp>) -> Clock {
    now.map_or(Clock::System, Clock::Fixed)
}

fn parse_address(text: &str) -> Result<url::Url, String> {
    let read = text.parse::<url::Url>();
    read.map_err(|error| format!("expected an address such as https://host.example/news ({error})"))
}

/// Parses a time in RFC 3339. Seconds may be left out, and so may the offset, which is then UTC.
fn parse_timestamp(text: &str) -> Result<Timestamp, String> {
    let stated = chrono::DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
    let typed = || {
        let mut forms = ["%FT%H:%M:%S", "%FT%H:%M"].into_iter();
        forms.find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok())
    };
    stated
        .ok()
        .or_else(|| Some(typed()?.and_utc()))
        .ok_or_else(|| "expected a time such as 2026-11-22T12:00:00Z".to_owned())
}

/// Prints one JSON document.
fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value).expect("plain data always serializes");
    Ok(writeln!(io::stdout(), "{text}")?)
}
