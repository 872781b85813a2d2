//! `tidings run`: the daemon, with its signals, its log and its metrics.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::Args;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::log_filter::{self, LogFilter};
use super::{CliError, config_file, environment, load};
use crate::daemon::{self, Clock, Daemon, Setup, Signal};
use crate::model::TopicId;
use crate::serve;

/// Signals that may wait.
const SIGNALS: usize = 16;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// What is logged: off, error, warn, info, debug, trace, or a filter such as `info,tidings::fetch=debug`
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "info",
        env = "TIDINGS_LOG",
        value_parser = log_filter::read
    )]
    log: LogFilter,
}

pub(super) async fn run(arguments: &Arguments, named: Option<PathBuf>) -> Result<(), CliError> {
    // Before anything else: a signal that comes early must not kill us.
    let signals = signals()?;
    log(&arguments.log)?;
    let file = config_file(named);
    let config = load(Some(file.clone()))?;
    let inherited = serve::inherited()?;
    let metrics = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| CliError::Failed(error.to_string()))?;
    let title = config.site.site.title.clone();
    let daemon = Daemon::start(config, Clock::System).await?;
    let serving = Box::new(move |addresses: &[String], topics: &[TopicId]| {
        announce(&title, addresses, topics);
    });
    let setup = Setup {
        file,
        environment,
        inherited,
        signals,
        metrics,
        serving,
    };
    daemon::run(daemon, setup).await?;
    tracing::info!("stopped");
    Ok(())
}

/// SIGHUP reads the configuration again; SIGTERM and SIGINT end.
fn signals() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(SIGNALS);
    let meanings = [
        (SignalKind::hangup(), Signal::Reload),
        (SignalKind::terminate(), Signal::Stop),
        (SignalKind::interrupt(), Signal::Stop),
    ];
    for (kind, meaning) in meanings {
        let (mut arrivals, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move {
            while arrivals.recv().await.is_some() && sender.send(meaning).await.is_ok() {}
        });
    }
    Ok(receiver)
}

/// To the journal where systemd reads us, else to stderr; with colours on a terminal.
fn log(filter: &LogFilter) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(filter.as_str())
        .map_err(|error| CliError::Usage(format!("--log: {error}")))?;
    let journal = std::env::var("JOURNAL_STREAM").is_ok_and(|stream| is_stderr(&stream));
    let journal = journal.then(tracing_journald::layer).and_then(Result::ok);
    let plain = journal.is_none().then(|| {
        tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(io::stderr().is_terminal())
            .with_target(false)
    });
    let installed = tracing_subscriber::registry()
        .with(filter)
        .with(journal)
        .with(plain)
        .try_init();
    installed.map_err(|error| CliError::Failed(error.to_string()))
}

/// Whether stderr still is the `stream` that systemd opened, by device and inode: terminals of a desktop inherit the
/// variable and are none (`systemd.exec(5)`).
fn is_stderr(stream: &str) -> bool {
    rustix::fs::fstat(io::stderr())
        .is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// What to subscribe to, for whoever started us by hand.
fn announce(title: &str, addresses: &[String], topics: &[TopicId]) {
    let mut out = io::stdout().lock();
    let mut tell = || -> io::Result<()> {
        for address in addresses {
            writeln!(out, "{title} is served at {address}/")?;
            for topic in topics.iter().filter(|_| address.starts_with("http")) {
                writeln!(out, "  {address}/{topic}.atom")?;
            }
        }
        out.flush()
    };
    if let Err(error) = tell() {
        tracing::debug!("nobody reads what we print: {error}");
    }
}
