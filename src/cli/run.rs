//! `tidings run`: starts the daemon, with its signals, its log and its metrics.

use std::ffi::OsStr;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono_tz::Tz;
use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::in_force::{self, UsableConfig};
use super::log_filter::{self, LogFilter};
use super::{CliError, ConfigArguments, environment_variable, format_count, print_warnings};
use crate::daemon::{self, DaemonSetup, DaemonSignal, StartSummary};
use crate::flow::Clock;
use crate::model::Timestamp;
use crate::serve;

/// Topics whose feeds are listed at the start.
const SHOWN_TOPICS: usize = 10;
/// Signals that may be queued.
const SIGNALS: usize = 16;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// The log level: off, error, warn, info, debug, trace, or a filter such as `info,tidings::fetch=debug`
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "info",
        env = "TIDINGS_LOG",
        value_parser = log_filter::parse_log_filter
    )]
    log: LogFilter,
}

pub(super) async fn run(arguments: &Arguments, named: &ConfigArguments) -> Result<(), CliError> {
    // Handlers first: an early signal must not kill the process.
    let signals = watch_signals()?;
    init_logging(&arguments.log)?;
    run_daemon(named, signals).await.map_err(super::log_error)
}

async fn run_daemon(
    named: &ConfigArguments,
    signals: mpsc::Receiver<DaemonSignal>,
) -> Result<(), CliError> {
    let UsableConfig { config, refusal } =
        in_force::load_or_last(named).map_err(|broken| broken.refused)?;
    let refused = refusal.map(|refusal| {
        let since = refusal.since.format("%Y-%m-%d %H:%M UTC");
        tracing::error!(
            "the configuration has mistakes: it is refused, and the one in force since {since} stays"
        );
        let lines = refusal.mistake_lines();
        for line in &lines {
            tracing::error!("{line}");
        }
        lines
    });
    if refused.is_none() {
        print_warnings(&config)?;
    }
    let inherited = serve::inherited_listeners()?;
    let (title, zone) = (config.site.site.title.clone(), config.site.zone);
    let serving = Box::new(move |started: &StartSummary| {
        print_announcement(&title, zone, started);
    });
    let setup = DaemonSetup {
        file: named.main_file(),
        refused: refused.unwrap_or_default(),
        environment: environment_variable,
        inherited,
        signals,
        serving,
    };
    daemon::run(config, Clock::System, setup).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Returns the signals: SIGHUP reloads the configuration; SIGTERM and SIGINT stop, and a second one stops at
/// once.
fn watch_signals() -> io::Result<mpsc::Receiver<DaemonSignal>> {
    let (sender, receiver) = mpsc::channel(SIGNALS);
    let stopping = Arc::new(AtomicBool::new(false));
    for ending in [SIGTERM, SIGINT] {
        // The order matters: the first handler sets the flag that gives the second its default effect.
        flag::register_conditional_default(ending, Arc::clone(&stopping))?;
        flag::register(ending, Arc::clone(&stopping))?;
    }
    let meanings = [
        (SignalKind::hangup(), DaemonSignal::Reload),
        (SignalKind::terminate(), DaemonSignal::Stop),
        (SignalKind::interrupt(), DaemonSignal::Stop),
    ];
    for (kind, meaning) in meanings {
        let (mut arrivals, sender) = (signal(kind)?, sender.clone());
        tokio::spawn(async move {
            while arrivals.recv().await.is_some() && sender.send(meaning).await.is_ok() {}
        });
    }
    Ok(receiver)
}

/// Logs to the journal under systemd, otherwise to stderr; with colours on a terminal.
fn init_logging(filter: &LogFilter) -> Result<(), CliError> {
    let filter = EnvFilter::try_new(filter.as_str())
        .map_err(|error| CliError::Usage(format!("--log: {error}")))?;
    let journal = std::env::var("JOURNAL_STREAM").is_ok_and(|stream| is_stderr(&stream));
    let journal = journal.then(tracing_journald::layer).and_then(Result::ok);
    let plain = journal.is_none().then(|| {
        tracing_subscriber::fmt::layer()
            .with_writer(io::stderr)
            .with_ansi(is_coloured(
                io::stderr().is_terminal(),
                std::env::var_os("NO_COLOR").as_deref(),
            ))
            .with_target(false)
    });
    let installed = tracing_subscriber::registry()
        .with(filter)
        .with(journal)
        .with(plain)
        .try_init();
    installed.map_err(|error| CliError::Failed(error.to_string()))
}

/// Returns true if the log is coloured: on a terminal, unless `NO_COLOR` is set to anything
/// (<https://no-color.org>).
fn is_coloured(is_terminal: bool, no_color: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
}

/// Returns true if stderr still is the `stream` that systemd opened, by device and inode. Terminals on a
/// desktop inherit the variable, but are a different stream (`systemd.exec(5)`).
fn is_stderr(stream: &str) -> bool {
    rustix::fs::fstat(io::stderr())
        .is_ok_and(|stat| stream == format!("{}:{}", stat.st_dev, stat.st_ino))
}

/// Prints where to look, what is polled, how to stop, and what to subscribe to.
fn print_announcement(title: &str, zone: Tz, started: &StartSummary) {
    let text = announcement(title, zone, started, Clock::System.now());
    let mut out = io::stdout().lock();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        tracing::debug!("nobody reads our stdout: {error}");
    }
}

fn announcement(title: &str, zone: Tz, started: &StartSummary, now: Timestamp) -> String {
    let StartSummary {
        addresses, topics, ..
    } = started;
    let mut lines: Vec<String> = addresses
        .iter()
        .map(|address| format!("{title} is served at {address}/"))
        .collect();
    let next = match started.next_poll {
        Some(at) if at <= now => "the next poll is due now".to_owned(),
        Some(at) => {
            let at = at.with_timezone(&zone).format("%Y-%m-%d %H:%M");
            format!("the next poll is at {at} ({zone})")
        }
        None => "nothing is polled".to_owned(),
    };
    let sources = format_count(started.sources, "source");
    let count = format_count(topics.len(), "topic");
    lines.push(format!("{sources}, {count}; {next}. Ctrl-C stops it."));
    let web = addresses.iter().find(|address| address.starts_with("http"));
    if let Some(address) = web {
        let shown = topics.iter().take(SHOWN_TOPICS);
        lines.extend(shown.map(|topic| format!("  {address}/{topic}.atom")));
        let more = topics.len().saturating_sub(SHOWN_TOPICS);
        lines.extend((more > 0).then(|| format!("  and {more} more, on the page")));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        let check = |is_terminal, no_color: Option<&str>, expected| {
            let coloured = is_coloured(is_terminal, no_color.map(OsStr::new));
            assert_eq!(coloured, expected, "{is_terminal} {no_color:?}");
        };
        check(true, None, true);
        check(true, Some(""), true);
        check(true, Some("1"), false);
        check(true, Some("0"), false);
        check(false, None, false);
    }

    #[test]
    fn the_page_comes_first_then_what_is_polled_and_how_to_stop() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let started = StartSummary {
            addresses: vec!["http://127.0.0.1:8080".into(), "unix:/run/web.sock".into()],
            topics: vec!["ports".parse().unwrap()],
            sources: 2,
            next_poll: Some(now + Duration::from_mins(5)),
        };
        let zone = chrono_tz::America::Costa_Rica;
        assert_eq!(
            announcement("Bulletins", zone, &started, now),
            "Bulletins is served at http://127.0.0.1:8080/\n\
             Bulletins is served at unix:/run/web.sock/\n\
             2 sources, 1 topic; the next poll is at 2026-03-01 06:05 (America/Costa_Rica). Ctrl-C stops it.\n  \
             http://127.0.0.1:8080/ports.atom\n"
        );
        let many = (0..SHOWN_TOPICS + 5).map(|number| format!("t{number}").parse().unwrap());
        let crowded = StartSummary {
            topics: many.collect(),
            next_poll: Some(now),
            ..started.clone()
        };
        let text = announcement("Bulletins", zone, &crowded, now);
        assert!(
            text.contains("; the next poll is due now. Ctrl-C"),
            "{text}"
        );
        assert!(
            text.ends_with("/t9.atom\n  and 5 more, on the page\n"),
            "{text}"
        );
        let idle = StartSummary {
            sources: 0,
            next_poll: None,
            ..started
        };
        let text = announcement("Bulletins", zone, &idle, now);
        assert!(
            text.contains("0 sources, 1 topic; nothing is polled."),
            "{text}"
        );
    }
}
