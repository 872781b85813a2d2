//! `tidings once`: polls, publishes, prints the results, and ends.

use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::in_force::{self, ConfigRefusal, UsableConfig};
use super::{
    CliError, ConfigArguments, Output, OutputArguments, clock_from, parse_timestamp, print_json,
    table,
};
use crate::flow::{FeedResult, FileCheck, Flow, FlowError, PolledSource, SourceSelection};
use crate::model::Timestamp;
use crate::store::CommittedPoll;

#[derive(Args, Clone, Debug)]
pub(super) struct Arguments {
    /// Sources to poll, due or not [default: those that are due]
    sources: Vec<String>,
    /// Poll every source, due or not
    #[arg(long, conflicts_with = "sources")]
    all: bool,
    /// Exit with status 1 if a source fails, with status 2 if the configuration has mistakes
    #[arg(long)]
    strict: bool,
    /// Print failures only
    #[arg(long, short)]
    quiet: bool,
    /// Use this as the current time
    #[arg(long, value_parser = parse_timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) async fn run(arguments: &Arguments, named: &ConfigArguments) -> Result<(), CliError> {
    let UsableConfig { config, refusal } =
        in_force::load_usable(named).map_err(|broken| broken.refused)?;
    let folder = config.publish.dir.clone();
    let flow = Flow::start(config, clock_from(arguments.now)).await?;
    for row in &flow.mended {
        writeln!(
            io::stderr(),
            "warning: a row of the database could not be read and was rebuilt: {row}"
        )?;
    }
    let selection = match arguments {
        Arguments { all: true, .. } => SourceSelection::All,
        Arguments { sources, .. } if sources.is_empty() => SourceSelection::Due,
        Arguments { sources, .. } => SourceSelection::Named(sources.clone()),
    };
    if matches!(selection, SourceSelection::Due)
        && let Some(warning) = flow.describe_set_back().await.map_err(FlowError::from)?
    {
        writeln!(io::stderr(), "warning: {warning}")?;
    }
    let bar = if arguments.quiet {
        ProgressBar::hidden()
    } else {
        progress_bar()
    };
    let polled = flow.poll(&selection, |all, polled| {
        bar.set_length(all as u64);
        if let Some(polled) = polled {
            bar.set_message(polled.source.to_string());
            bar.inc(1);
        }
    });
    let polled = polled.await;
    bar.finish_and_clear();
    if let Err(error @ FlowError::UnknownSource(_)) = polled {
        return Err(error.into());
    }
    // Items committed before the store failed are still published.
    let published = flow.publish(FileCheck::Look).await?.feeds;
    let mut polled = polled?;
    polled.sort_by(|one, other| one.source.cmp(&other.source));
    match arguments.output.chosen_output() {
        Output::Table => {
            let mut out = io::stdout().lock();
            let told = |done: &&PolledSource| !arguments.quiet || done.failure.is_some();
            for done in polled.iter().filter(told) {
                print_polled(&mut out, done)?;
            }
            // Without news nothing is printed, so that cron sends no mail.
            let is_news = !polled.is_empty() || published.iter().any(|feed| feed.changed);
            if is_news && !arguments.quiet {
                print_feeds(&mut out, &folder, &published)?;
            }
        }
        Output::Json => print_json(&once_json(&polled, &published, refusal.as_ref()))?,
    }
    if arguments.strict && refusal.is_some() {
        let done = "the configuration has mistakes: the one last in force was used";
        return Err(CliError::Usage(done.to_owned()));
    }
    let failed = polled
        .iter()
        .filter(|polled| polled.failure.is_some())
        .count();
    if arguments.strict && failed > 0 {
        return Err(CliError::Failed(format!(
            "{failed} of {} sources failed",
            polled.len()
        )));
    }
    Ok(())
}

/// Returns a progress bar that shows only on a terminal.
fn progress_bar() -> ProgressBar {
    let terminal = io::stderr().is_terminal();
    let target = if terminal {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}")
        .expect("a template of our own");
    ProgressBar::with_draw_target(None, target).with_style(style)
}

fn print_polled(out: &mut impl Write, done: &PolledSource) -> io::Result<()> {
    let (source, found) = (&done.source, &done.committed);
    match &done.failure {
        Some(problem) => {
            if found.new + found.updated > 0 {
                writeln!(out, "{source}: {}", format_news(found))?;
                writeln!(out, "  failed: {}", problem.text)?;
            } else {
                writeln!(out, "{source}: failed: {}", problem.text)?;
            }
            writeln!(out, "  {}", problem.action)?;
        }
        None => writeln!(out, "{source}: {}", format_news(found))?,
    }
    if let Some(problem) = &done.problem {
        writeln!(out, "  {}\n  {}", problem.text, problem.action)?;
    }
    Ok(())
}

fn print_feeds(out: &mut impl Write, folder: &Path, published: &[FeedResult]) -> io::Result<()> {
    let folder = relative_path(folder);
    let mut feeds = table::new_table(&["feed", "title", "stories", ""]);
    for feed in published {
        let path = folder
            .join(format!("{}.atom", feed.id))
            .display()
            .to_string();
        let changed = if feed.changed { "written" } else { "unchanged" };
        feeds.add_row([
            path,
            feed.title.clone(),
            feed.stories.to_string(),
            changed.to_owned(),
        ]);
    }
    writeln!(out, "\n{}", table::table_lines(&feeds))?;
    let index = folder.join("index.html");
    writeln!(
        out,
        "\nEach also as .rss, .json and .html; {} lists them all",
        index.display()
    )
}

/// Formats the news of a poll: `10 new (4 of them on known stories), 1 changed`.
fn format_news(found: &CommittedPoll) -> String {
    let joined = match found.joined {
        0 => String::new(),
        all if all == found.new => " (on known stories)".to_owned(),
        some => format!(" ({some} of them on known stories)"),
    };
    let changed = match found.updated {
        0 => String::new(),
        some => format!(", {some} changed"),
    };
    format!("{} new{joined}{changed}", found.new)
}

/// Returns a path relative to the current directory, if that is shorter.
fn relative_path(path: &Path) -> PathBuf {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let short = here
        .ok()
        .and_then(|here| whole.strip_prefix(here).map(Path::to_owned).ok());
    short.unwrap_or(whole)
}

fn once_json(
    polled: &[PolledSource],
    published: &[FeedResult],
    refusal: Option<&ConfigRefusal>,
) -> serde_json::Value {
    let source = |done: &PolledSource| {
        let problem = done.failure.as_ref().or(done.problem.as_ref());
        json!({
            "id": done.source.as_str(),
            "failed": done.failure.is_some(),
            "new": done.committed.new,
            "joined": done.committed.joined,
            "changed": done.committed.updated,
            "next_poll": done.committed.next_poll,
            "problem": problem.map(|found| json!({"code": found.code, "text": found.text, "action": found.action})),
        })
    };
    let feed = |feed: &FeedResult| {
        let (id, title) = (feed.id.to_string(), &feed.title);
        json!({"feed": id, "topic": feed.id.topic().as_str(), "title": title, "stories": feed.stories, "changed": feed.changed})
    };
    let mut answer = json!({
        "sources": polled.iter().map(source).collect::<Vec<_>>(),
        "feeds": published.iter().map(feed).collect::<Vec<_>>(),
    });
    if let Some(refusal) = refusal {
        answer["refused"] = json!(refusal.mistake_lines());
    }
    answer
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::store::SourceCondition;

    #[test]
    fn a_poll_is_told_in_few_words() {
        let check = |new, joined, updated, expected| {
            let found = CommittedPoll {
                new,
                updated,
                joined,
                changed: false,
                state: SourceCondition::Ok,
                held: None,
                next_poll: DateTime::UNIX_EPOCH,
            };
            assert_eq!(format_news(&found), expected);
        };
        check(0, 0, 0, "0 new");
        check(10, 0, 0, "10 new");
        check(10, 10, 0, "10 new (on known stories)");
        check(10, 4, 1, "10 new (4 of them on known stories), 1 changed");
        check(0, 0, 2, "0 new, 2 changed");
    }
}
