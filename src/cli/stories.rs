//! `tidings stories`: an operator's decisions about stories. Each is shown first, recorded, and can be undone.
//!
//! A store has one writer, so a running daemon does the work; without one this process does it, and publishes
//! too.

use std::io::{self, Write as _};

use chrono_tz::Tz;
use clap::{Args, Subcommand};
use serde_json::json;

use super::consent::{self, ConsentAnswer};
use super::{CliError, Output, OutputArguments, admin, named, operator, print_json, shown, table};
use crate::config::Config;
use crate::flow::{Clock, FileCheck, Flow, FlowError};
use crate::model::{ItemId, SourceId, StoryId};
use crate::serve::DecisionReport;
use crate::store::{
    DecisionOutcome, ItemAccount, RecordedDecision, StoreError, StoreReader, StoryDecision,
};

/// The longest reason, in characters.
const MAX_REASON: usize = 500;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: StoriesCommand,
    #[command(flatten)]
    output: OutputArguments,
}

#[derive(Debug, Subcommand)]
enum StoriesCommand {
    /// List the decisions made by hand: when, by whom, about what, and why
    List {
        /// Number of decisions, the newest first
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Merge two stories; the older one keeps its id
    Merge {
        /// A story's id as in a feed, or a report's address
        one: String,
        /// The other story's id, or a report's address
        other: String,
        #[command(flatten)]
        care: Precautions,
    },
    /// Make reports a story of their own, or split every report off; the founding report keeps the id
    Split {
        /// A story's id as in a feed, or a report's address
        story: String,
        /// The reports that leave, by source, address or id [default: each on its own]
        reports: Vec<String>,
        #[command(flatten)]
        care: Precautions,
    },
    /// Remove a story from all feeds until it is restored
    Withdraw {
        /// A story's id as in a feed, or a report's address
        story: String,
        /// The reason, shown to readers in feeds
        #[arg(long, value_parser = parse_reason)]
        reason: String,
        #[command(flatten)]
        care: Precautions,
    },
    /// Restore a withdrawn story to its feeds, and remove its tombstones
    Restore {
        /// The story's id, or a report's address
        story: String,
        /// The reason, for the record
        #[arg(long, value_parser = parse_reason)]
        reason: Option<String>,
        #[command(flatten)]
        care: Precautions,
    },
}

/// The precautions asked for.
#[derive(Args, Clone, Copy, Debug)]
struct Precautions {
    /// Show what it affects, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; without a terminal nothing is asked
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
}

impl StoriesCommand {
    fn precautions(&self) -> Precautions {
        match self {
            Self::List { .. } => Precautions {
                dry_run: true,
                yes: false,
            },
            Self::Merge { care, .. }
            | Self::Split { care, .. }
            | Self::Withdraw { care, .. }
            | Self::Restore { care, .. } => *care,
        }
    }
}

fn parse_reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("expected a reason on one line".to_owned());
    }
    if text.chars().nth(MAX_REASON).is_some() {
        return Err(format!("expected at most {MAX_REASON} characters"));
    }
    Ok(text.to_owned())
}

pub(super) async fn run(arguments: Arguments, config: Config) -> Result<(), CliError> {
    let output = arguments.output.chosen_output();
    let (about, decision) = match &arguments.action {
        StoriesCommand::List { limit } => return list_rulings(*limit, output, &config),
        action => prepare_decision(action, &config)?,
    };
    let care = arguments.action.precautions();
    if output == Output::Table {
        print_stories(&about, config.site.zone)?;
    }
    if care.dry_run {
        return match output {
            Output::Json => print_json(&about.iter().map(story_json).collect::<Vec<_>>()),
            Output::Table => Ok(writeln!(io::stdout(), "nothing was changed")?),
        };
    }
    let question = format!("{} this?", decision.action().as_str());
    // Without a terminal it is done: the command names the story, and `restore` undoes a withdrawal.
    if consent::ask_consent(&question, care.yes)? == ConsentAnswer::No {
        return Err(consent::declined_error());
    }
    let body = serde_json::to_vec(&decision).map_err(io::Error::from)?;
    let decided = match config.admin.listen.first() {
        Some(listen) => match admin::post_to_daemon(listen, "/stories", body).await? {
            Some(report) => decided_or_error(report)?,
            None => decide_without_daemon(config, decision.clone()).await?,
        },
        None => decide_without_daemon(config, decision.clone()).await?,
    };
    match output {
        Output::Json => print_json(&decided),
        Output::Table => Ok(writeln!(
            io::stdout(),
            "{}",
            describe_decision(&decision, &decided)
        )?),
    }
}

/// Returns the stories affected and the decision, with their ids in the store.
fn prepare_decision(
    action: &StoriesCommand,
    config: &Config,
) -> Result<(Vec<ItemAccount>, StoryDecision), CliError> {
    match action {
        StoriesCommand::List { .. } => unreachable!("a list decides nothing"),
        StoriesCommand::Merge { one, other, .. } => {
            let mut about = find_accounts(one, config)?;
            let kept = only_story(one, &about)?;
            let others = find_accounts(other, config)?;
            let gone = only_story(other, &others)?;
            about.extend(others);
            Ok((about, StoryDecision::Merge(kept, gone)))
        }
        StoriesCommand::Split {
            story: name,
            reports,
            ..
        } => {
            let about = find_accounts(name, config)?;
            let story = only_story(name, &about)?;
            let reports = reports.iter().map(|name| find_report(name, story, config));
            let reports = reports.collect::<Result<_, _>>()?;
            Ok((about, StoryDecision::Split(story, reports)))
        }
        StoriesCommand::Withdraw {
            story: name,
            reason,
            ..
        } => {
            let about = find_accounts(name, config)?;
            let story = only_story(name, &about)?;
            Ok((about, StoryDecision::Withdraw(story, reason.clone())))
        }
        StoriesCommand::Restore {
            story: name,
            reason,
            ..
        } => {
            let about = find_accounts(name, config)?;
            let story = only_story(name, &about)?;
            Ok((about, StoryDecision::Restore(story, reason.clone())))
        }
    }
}

/// Prints a line per report (date, title, source), then the story's feeds and the zone of all times.
fn print_stories(about: &[ItemAccount], zone: Tz) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (at, account) in about.iter().enumerate() {
        let ItemAccount { item, .. } = account;
        let (date, title) = (
            shown::format_date_in(zone, &item.published),
            shown::printable_line(&item.title),
        );
        writeln!(out, "{date}  {title}  [{}]", item.source)?;
        let is_last = about
            .get(at + 1)
            .is_none_or(|next| next.story_id != account.story_id);
        if is_last {
            writeln!(
                out,
                "  {} {}",
                account.story_id.urn(),
                describe_standing(account, zone)
            )?;
        }
    }
    writeln!(out, "{}", table::zone_line(zone))
}

fn describe_standing(account: &ItemAccount, zone: Tz) -> String {
    let feeds = current_feeds(account);
    match &account.withdrawn {
        Some((at, reason)) => {
            let (at, reason) = (
                shown::format_moment(zone, *at),
                shown::printable_line(reason),
            );
            format!("was withdrawn on {at}: {reason}")
        }
        None if feeds.is_empty() => "is in no feed".to_owned(),
        None => format!("is in {}", feeds.join(", ")),
    }
}

fn current_feeds(account: &ItemAccount) -> Vec<&str> {
    let places = account.places.iter();
    let present = places.filter(|place| place.left_at.is_none());
    present.map(|place| place.feed.as_str()).collect()
}

fn story_json(account: &ItemAccount) -> serde_json::Value {
    let item = &account.item;
    json!({
        "story": account.story_id.urn(),
        "item": item.id.to_string(),
        "source": item.source.as_str(),
        "title": item.title,
        "url": item.address,
        "date": shown::machine_date(&item.published),
        "feeds": current_feeds(account),
        "withdrawn": account.withdrawn.as_ref().map(|(at, reason)| json!({"at": at, "reason": reason})),
    })
}

fn list_rulings(most: usize, output: Output, config: &Config) -> Result<(), CliError> {
    let rulings = named::query_store(config, |reader| reader.recorded_decisions(most))?;
    if output == Output::Json {
        return print_json(&rulings.iter().map(ruling_json).collect::<Vec<_>>());
    }
    let mut out = io::stdout().lock();
    if rulings.is_empty() {
        return Ok(writeln!(out, "nothing has been decided by hand")?);
    }
    let zone = config.site.zone;
    for ruling in &rulings {
        for line in ruling_lines(ruling, zone) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(writeln!(out, "{}", table::zone_line(zone))?)
}

fn ruling_lines(ruling: &RecordedDecision, zone: Tz) -> Vec<String> {
    let (at, action) = (
        shown::format_moment(zone, ruling.at),
        ruling.action.as_str(),
    );
    let about = match (&ruling.title, &ruling.source) {
        (Some(title), _) => format!("“{}”", shown::printable_line(title)),
        (None, Some(source)) => {
            let held = match ruling.action {
                crate::store::DecisionAction::Forget => "",
                _ => "held ",
            };
            format!("{} {held}items of {source}", ruling.items)
        }
        (None, None) => "a story".to_owned(),
    };
    let mut lines = vec![format!("{at}  {action}  {about}, by {}", ruling.by)];
    let story = ruling.story.map(StoryId::urn);
    let others: Vec<String> = ruling.others.iter().map(|other| other.urn()).collect();
    lines.extend(story.map(|story| match others.len() {
        0 => format!("  {story}"),
        _ => format!("  {story} and {}", others.join(", ")),
    }));
    let reason = ruling.reason.as_ref();
    lines.extend(reason.map(|reason| format!("  because: {}", shown::printable_line(reason))));
    lines
}

fn ruling_json(ruling: &RecordedDecision) -> serde_json::Value {
    json!({
        "at": ruling.at,
        "by": ruling.by.as_str(),
        "action": ruling.action.as_str(),
        "story": ruling.story.map(StoryId::urn),
        "title": ruling.title,
        "others": ruling.others.iter().map(|other| other.urn()).collect::<Vec<_>>(),
        "source": ruling.source.as_ref().map(SourceId::as_str),
        "items": ruling.items,
        "reason": ruling.reason,
    })
}

fn find_accounts(name: &str, config: &Config) -> Result<Vec<ItemAccount>, CliError> {
    let all = |reader: &StoreReader| -> Result<Vec<ItemAccount>, StoreError> {
        let items = named::find_items(reader, name)?.into_iter();
        items
            .filter_map(|item| reader.item_account(item).transpose())
            .collect()
    };
    named::query_store(config, all)
}

/// Returns the story that all of them report.
fn only_story(name: &str, accounts: &[ItemAccount]) -> Result<StoryId, CliError> {
    let mut stories = accounts.iter().map(|account| account.story_id);
    let first = stories
        .next()
        .ok_or_else(|| named::unknown_name_error(name))?;
    if stories.all(|other| other == first) {
        return Ok(first);
    }
    Err(CliError::Usage(format!(
        "several stories are at `{name}`: `tidings explain item {name}` shows their ids"
    )))
}

/// Returns the report of `story` named by its source, address or id.
fn find_report(name: &str, story: StoryId, config: &Config) -> Result<ItemId, CliError> {
    let of_story = find_accounts(&story.to_string(), config)?;
    let by_source = of_story
        .iter()
        .find(|account| account.item.source.as_str() == name);
    if let Some(account) = by_source {
        return Ok(account.item.id);
    }
    let items = named::query_store(config, |reader| named::find_items(reader, name))?;
    let mut of_story = of_story.iter().map(|account| account.item.id);
    let found = of_story.find(|item| items.contains(item) || item.to_string() == name);
    found.ok_or_else(|| {
        CliError::Usage(format!(
            "`{name}` is not a report of this story: `tidings explain item {story}` shows them"
        ))
    })
}

fn decided_or_error(report: DecisionReport) -> Result<DecisionOutcome, CliError> {
    match report {
        DecisionReport::Decided(decided) => Ok(decided),
        DecisionReport::Refused(reason) => Err(CliError::Failed(reason)),
    }
}

async fn decide_without_daemon(
    config: Config,
    decision: StoryDecision,
) -> Result<DecisionOutcome, CliError> {
    let flow = Flow::start(config, Clock::System).await?;
    let decided = flow
        .decide(decision, operator::current_operator())
        .await
        .map_err(FlowError::from)?;
    flow.publish(FileCheck::Look).await?;
    Ok(decided)
}

fn describe_decision(decision: &StoryDecision, decided: &DecisionOutcome) -> String {
    let story = decided.story.urn();
    let others: Vec<String> = decided.others.iter().map(|other| other.urn()).collect();
    let others = others.join(", ");
    match decision {
        StoryDecision::Merge(..) => format!("{story} is one story with {others}"),
        StoryDecision::Split(..) => format!("{story} is separate from {others}"),
        StoryDecision::Withdraw(..) => format!("{story} is withdrawn"),
        StoryDecision::Restore(..) => format!("{story} is restored"),
    }
}
