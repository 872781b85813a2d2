//! `tidings status`: shows every source's state, and what to do about problems. A running daemon knows more
//! than the database, such as faults that cannot be stored.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, IsTerminal as _, Write};

use chrono_tz::Tz;
use clap::Args;
use serde_json::json;

use super::in_force::{self, ConfigRefusal, UsableConfig};
use super::{CliError, ConfigArguments, Output, OutputArguments, admin, print_json, shown, table};
use crate::flow::{self, Clock, FlowError};
use crate::model::{ListenAddress, Timestamp};
use crate::serve::DaemonStatus;
use crate::store::{ProblemState, SourceStatus};

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) async fn run(arguments: Arguments, named: &ConfigArguments) -> Result<(), CliError> {
    let UsableConfig { config, refusal } = match in_force::load_usable(named) {
        Ok(usable) => usable,
        Err(broken) => {
            let Some(status) = ask_daemons(&broken.admin).await else {
                return Err(broken.refused.into());
            };
            writeln!(io::stderr(), "{}", broken.refused)?;
            return print_daemon_status(arguments, &status);
        }
    };
    let now = Clock::System.now();
    let told = admin::fetch_status(&config).await;
    let states = match flow::source_states(&config.store.path) {
        Ok(states) => states,
        // The daemon knows more than a database that cannot be read.
        Err(_) if told.is_some() => BTreeMap::new(),
        // The daemon may answer users who may not read its store.
        Err(error) => {
            return match ask_daemons(&config.admin.listen).await {
                Some(status) => print_daemon_status(arguments, &status),
                None => Err(FlowError::from(error).into()),
            };
        }
    };
    let warnings: Vec<String> = flow::describe_set_back(&config, &states, now)
        .into_iter()
        .collect();
    let mut known = flow::source_statuses(&config, states);
    let (problems, restart_due) = if let Some(told) = told {
        merge_statuses(&mut known, told.sources);
        (told.problems, told.restart_due)
    } else {
        let problems = flow::store_problems(&config, now).map_err(FlowError::from)?;
        (problems, Vec::new())
    };
    match arguments.output.chosen_output() {
        Output::Table => {
            let mut out = io::stdout().lock();
            for warning in &warnings {
                writeln!(out, "warning: {warning}\n")?;
            }
            if let Some(refusal) = &refusal {
                let since = refusal.since.format("%Y-%m-%d %H:%M UTC");
                let told =
                    format!("the configuration has mistakes: the one in force since {since} stays");
                print_refused(&mut out, &told, &refusal.mistake_lines())?;
            }
            print_restart(&mut out, &restart_due)?;
            Ok(print_status(&mut out, &known, &problems, config.site.zone)?)
        }
        Output::Json => {
            let mut answer = status_json(&known, &problems, &warnings, refusal.as_ref());
            answer["restart_due"] = json!(restart_due);
            print_json(&answer)
        }
    }
}

/// Returns the status from the first of these places at which a daemon answers.
async fn ask_daemons(places: &[ListenAddress]) -> Option<DaemonStatus> {
    for listen in places {
        if let Some(status) = admin::get_from_daemon(listen, "/status.json").await {
            return Some(status);
        }
    }
    None
}

fn print_daemon_status(arguments: Arguments, status: &DaemonStatus) -> Result<(), CliError> {
    if arguments.output.chosen_output() == Output::Json {
        return print_json(status);
    }
    let mut out = io::stdout().lock();
    if !status.refused.is_empty() {
        let told = "the changed configuration was refused: the previous one stays in force";
        print_refused(&mut out, told, &status.refused)?;
    }
    print_restart(&mut out, &status.restart_due)?;
    Ok(print_status(
        &mut out,
        &status.sources,
        &status.problems,
        Tz::UTC,
    )?)
}

/// `refused` and `configured_at` are those of the daemon's answer; see [`crate::serve::Status`].
fn status_json(
    known: &[SourceStatus],
    problems: &[ProblemState],
    warnings: &[String],
    refusal: Option<&ConfigRefusal>,
) -> serde_json::Value {
    let mut answer = json!({"sources": known, "problems": problems, "warnings": warnings});
    if let (Some(refusal), Some(fields)) = (refusal, answer.as_object_mut()) {
        fields.insert("refused".to_owned(), json!(refusal.mistake_lines()));
        fields.insert("configured_at".to_owned(), json!(refusal.since));
    }
    answer
}

/// Takes over the daemon's report on sources that both know.
fn merge_statuses(known: &mut [SourceStatus], told: Vec<SourceStatus>) {
    let mut told: HashMap<String, SourceStatus> = told
        .into_iter()
        .map(|source| (source.id.clone(), source))
        .collect();
    for source in known {
        if let Some(told) = told.remove(&source.id) {
            *source = told;
        }
    }
}

/// Prints why the files do not count, in red on a terminal.
fn print_refused(out: &mut impl Write, told: &str, lines: &[String]) -> io::Result<()> {
    let (red, plain) = if io::stdout().is_terminal() {
        ("\u{1b}[31m", "\u{1b}[0m")
    } else {
        ("", "")
    };
    writeln!(out, "{red}{told}{plain}")?;
    for line in lines {
        writeln!(out, "{red}  {line}{plain}")?;
    }
    writeln!(out)
}

/// Prints the keys that take effect at the next start.
fn print_restart(out: &mut impl Write, keys: &[String]) -> io::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    writeln!(out, "a restart is due for {}\n", keys.join(", "))
}

fn print_status(
    out: &mut impl Write,
    sources: &[SourceStatus],
    problems: &[ProblemState],
    zone: Tz,
) -> io::Result<()> {
    for ProblemState {
        code,
        since,
        text,
        action,
    } in problems
    {
        let since = shown::format_moment(zone, *since);
        writeln!(out, "{text} ({code}, since {since})\n  {action}\n")?;
    }
    let mut rows = table::new_table(&["source", "state", "last success", "next poll", "items"]);
    for SourceStatus { id, known, .. } in sources {
        let at = |at: Option<Timestamp>| {
            at.map_or_else(|| "–".to_owned(), |at| shown::format_moment(zone, at))
        };
        let (success, next) = (at(known.last_success), at(known.next_poll));
        rows.add_row([
            id.clone(),
            known.state.as_str().to_owned(),
            success,
            next,
            known.items.to_string(),
        ]);
    }
    writeln!(out, "{}", table::table_lines(&rows))?;
    writeln!(out, "{}", table::zone_line(zone))?;
    let problems = |wants_attention: bool| {
        let sources = sources.iter();
        let sources = sources.filter(move |source| source.wants_attention == wants_attention);
        sources.filter_map(|source| Some((source.id.as_str(), source.known.problem.as_ref()?)))
    };
    print_problems(out, "Needs attention:", problems(true), zone)?;
    let notes = "Notes; nothing needs to be done:";
    print_problems(out, notes, problems(false), zone)
}

fn print_problems<'a>(
    out: &mut impl Write,
    heading: &str,
    problems: impl Iterator<Item = (&'a str, &'a ProblemState)>,
    zone: Tz,
) -> io::Result<()> {
    for (number, (id, problem)) in problems.enumerate() {
        if number == 0 {
            writeln!(out, "\n{heading}")?;
        }
        let ProblemState {
            code,
            since,
            text,
            action,
        } = problem;
        let since = shown::format_moment(zone, *since);
        writeln!(out, "\n{id} ({code}, since {since}): {text}\n  {action}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{SourceCondition, SourceState};

    fn source(id: &str, state: SourceCondition, code: &str) -> SourceStatus {
        let problem = ProblemState {
            code: code.into(),
            since: "2026-03-01T12:00:00Z".parse().unwrap(),
            text: "it is so".into(),
            action: "do this".into(),
        };
        let known = SourceState {
            state,
            problem: Some(problem),
            consecutive_failures: 1,
            ..SourceState::never_polled()
        };
        SourceStatus::new(id.into(), known)
    }

    #[test]
    fn what_somebody_must_do_stands_apart_from_notes_in_one_zone() {
        let sources = [
            source("mended", SourceCondition::Ok, "mended"),
            source("lost", SourceCondition::Failing, "http-404"),
            source("slow", SourceCondition::Failing, "timeout"),
        ];
        let mut shown = Vec::new();
        print_status(&mut shown, &sources, &[], chrono_tz::America::Costa_Rica).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        let (_, rest) = shown
            .split_once("All times are in America/Costa_Rica.\n")
            .unwrap();
        assert_eq!(
            rest,
            "\nNeeds attention:\n\
             \nlost (http-404, since 2026-03-01 06:00): it is so\n  do this\n\
             \nNotes; nothing needs to be done:\n\
             \nmended (mended, since 2026-03-01 06:00): it is so\n  do this\n\
             \nslow (timeout, since 2026-03-01 06:00): it is so\n  do this\n"
        );
    }
}
