//! `tidings stories`: what an operator decides about stories by hand.
//!
//! The daemon does it where one runs, for a store has one writer; otherwise this process, which then publishes too.

use std::io::{self, Write as _};

use clap::{Args, Subcommand};

use super::{CliError, Output, OutputArguments, admin, named, print_json};
use crate::config::Config;
use crate::daemon::{self, Clock, Daemon, DaemonError, Files};
use crate::model::{ItemId, Listen, StoryId};
use crate::serve::DecisionReport;
use crate::store::{Account, Decided, Decision, Reader, StoreError};

/// The longest reason, in characters.
const MAX_REASON: usize = 500;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make two stories one: the older one keeps its id
    Merge {
        /// The id of a story as it stands in a feed, or the address of a report
        one: String,
        /// Another one
        other: String,
    },
    /// Make reports a story of their own, or every report one; the founding one keeps the id
    Split {
        /// The id of a story as it stands in a feed, or the address of a report
        story: String,
        /// The reports that leave, by source, by address or by id [default: each, on its own]
        reports: Vec<String>,
    },
    /// Take a story out of all feeds, for good
    Withdraw {
        /// The id of a story as it stands in a feed, or the address of a report
        story: String,
        /// Why; feeds tell it to their readers
        #[arg(long, value_parser = reason)]
        reason: String,
    },
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("a reason in one line is wanted".to_owned());
    }
    if text.chars().nth(MAX_REASON).is_some() {
        return Err(format!("{MAX_REASON} characters at most"));
    }
    Ok(text.to_owned())
}

pub(super) async fn run(arguments: Arguments, config: Config) -> Result<(), CliError> {
    let decision = decision(&arguments.action, &config)?;
    let decided = match config.admin.listen.first() {
        Some(listen) => match by_daemon(listen, &decision).await? {
            Some(report) => carried_out(report)?,
            None => by_ourselves(config, decision.clone()).await?,
        },
        None => by_ourselves(config, decision.clone()).await?,
    };
    match arguments.output.output() {
        Output::Json => print_json(&decided),
        Output::Table => Ok(writeln!(io::stdout(), "{}", told(&decision, &decided))?),
    }
}

/// The decision, with what people named by the ids that it has in the store.
fn decision(action: &Action, config: &Config) -> Result<Decision, CliError> {
    match action {
        Action::Merge { one, other } => {
            Ok(Decision::Merge(story(one, config)?, story(other, config)?))
        }
        Action::Split {
            story: name,
            reports,
        } => {
            let accounts = accounts(name, config)?;
            let story = only(name, &accounts)?;
            let reports = reports.iter().map(|name| report(name, story, config));
            Ok(Decision::Split(story, reports.collect::<Result<_, _>>()?))
        }
        Action::Withdraw {
            story: name,
            reason,
        } => Ok(Decision::Withdraw(story(name, config)?, reason.clone())),
    }
}

fn story(name: &str, config: &Config) -> Result<StoryId, CliError> {
    only(name, &accounts(name, config)?)
}

fn accounts(name: &str, config: &Config) -> Result<Vec<Account>, CliError> {
    let all = |reader: &Reader| -> Result<Vec<Account>, StoreError> {
        let items = named::items(reader, name)?.into_iter();
        items
            .filter_map(|item| reader.account(item).transpose())
            .collect()
    };
    named::ask(config, all)
}

/// The story that all of them report.
fn only(name: &str, accounts: &[Account]) -> Result<StoryId, CliError> {
    let mut stories = accounts.iter().map(|account| account.story_id);
    let first = stories.next().ok_or_else(|| named::unknown(name))?;
    if stories.all(|other| other == first) {
        return Ok(first);
    }
    Err(CliError::Usage(format!(
        "several stories are at `{name}`: `tidings explain item {name}` shows their ids"
    )))
}

/// The report of `story` that is named by its source, its address or its id.
fn report(name: &str, story: StoryId, config: &Config) -> Result<ItemId, CliError> {
    let of_story = accounts(&story.to_string(), config)?;
    let by_source = of_story
        .iter()
        .find(|account| account.item.source.as_str() == name);
    if let Some(account) = by_source {
        return Ok(account.item.id);
    }
    let items = named::ask(config, |reader| named::items(reader, name))?;
    let mut of_story = of_story.iter().map(|account| account.item.id);
    let found = of_story.find(|item| items.contains(item) || item.to_string() == name);
    found.ok_or_else(|| {
        CliError::Usage(format!(
            "`{name}` is no report of this story: `tidings explain item {story}` shows them"
        ))
    })
}

/// What the running daemon answers; `None` when none does.
async fn by_daemon(
    listen: &Listen,
    decision: &Decision,
) -> Result<Option<DecisionReport>, CliError> {
    let body = serde_json::to_vec(decision).map_err(io::Error::from)?;
    let answer = match admin::post(listen, "/stories", body).await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => return Ok(None),
        Err(error) => {
            let why = daemon::chain(&error);
            return Err(CliError::Failed(format!(
                "the daemon at {listen} did not do it: {why}"
            )));
        }
    };
    serde_json::from_slice(&answer).map(Some).map_err(|error| {
        CliError::Failed(format!(
            "no tidings of this version answers at {listen}: {error}"
        ))
    })
}

fn carried_out(report: DecisionReport) -> Result<Decided, CliError> {
    match report {
        DecisionReport::Decided(decided) => Ok(decided),
        DecisionReport::Refused(reason) => Err(CliError::Failed(reason)),
    }
}

async fn by_ourselves(config: Config, decision: Decision) -> Result<Decided, CliError> {
    let daemon = Daemon::start(config, Clock::System).await?;
    let decided = daemon.decide(decision).await.map_err(DaemonError::from)?;
    daemon.publish(Files::Look).await?;
    Ok(decided)
}

fn told(decision: &Decision, decided: &Decided) -> String {
    let story = decided.story.urn();
    let others: Vec<String> = decided.others.iter().map(|other| other.urn()).collect();
    let others = others.join(", ");
    match decision {
        Decision::Merge(..) => format!("{story} is one story with {others}"),
        Decision::Split(..) => format!("{story} is no story any more with {others}"),
        Decision::Withdraw(..) => format!("{story} is withdrawn"),
    }
}
