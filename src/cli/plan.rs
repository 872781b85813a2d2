//! `tidings plan`: shows what the changed configuration would add to and remove from each feed, given the
//! stored stories.
//!
//! In: a configuration that can be read. Out: lines for people or one JSON document, and with `--exit-code`
//! exit status 3 if something changes.

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use super::{CliError, Output, OutputArguments, clock_from, parse_timestamp, print_json, shown};
use crate::config::{Config, SettingChange, SettingOwner};
use crate::flow::{self, FlowError};
use crate::model::{SourceId, Timestamp};
use crate::store::{DefinitionPlan, FeedCount, FeedFate, FeedPlan, MovingStory};

/// Entering and leaving stories of each feed shown to people.
const SHOWN: usize = 5;
/// Entering and leaving stories of each feed in JSON.
const TOLD: usize = 100;

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Arguments {
    /// Exit with status 3 if something changes
    #[arg(long)]
    exit_code: bool,
    /// Use this as the current time
    #[arg(long, value_parser = parse_timestamp, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: Arguments, config: &Config) -> Result<(), CliError> {
    let output = arguments.output.chosen_output();
    let named = match output {
        Output::Table => SHOWN,
        Output::Json => TOLD,
    };
    let now = clock_from(arguments.now).now();
    let plan = flow::plan_changes(config, now, named).map_err(FlowError::from)?;
    match output {
        Output::Table => print_plan(&plan)?,
        Output::Json => print_json(&plan_json(&plan))?,
    }
    if arguments.exit_code && !plan.is_empty() {
        return Err(CliError::Changes);
    }
    Ok(())
}

fn print_plan(plan: &DefinitionPlan) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if plan.is_empty() {
        return writeln!(
            out,
            "nothing changes: the files match the configuration in force"
        );
    }
    for feed in &plan.feeds {
        for line in feed_lines(feed) {
            writeln!(out, "{line}")?;
        }
        writeln!(out)?;
    }
    for (was, now) in &plan.renamed_feeds {
        writeln!(
            out,
            "feed {now}: was {was}, whose addresses redirect to the new ones"
        )?;
    }
    for (was, now) in &plan.renamed_sources {
        writeln!(out, "source {now}: was {was}, whose items it keeps")?;
    }
    print_settings(&mut out, plan)?;
    for (sources, what) in [
        (&plan.new_sources, "new"),
        (
            &plan.returning_sources,
            "comes back, with the stories that were removed",
        ),
        (
            &plan.gone_sources,
            "no longer configured; its stories stay in the feeds until `tidings sources forget`",
        ),
    ] {
        for source in sources {
            writeln!(out, "source {source}: {what}")?;
        }
    }
    let refusals = plan.refusals();
    for refusal in &refusals {
        writeln!(out, "{refusal}")?;
    }
    if !refusals.is_empty() {
        writeln!(
            out,
            "`tidings reload` would refuse this; `tidings reload --yes` does it"
        )?;
    }
    Ok(())
}

/// Prints the keys with changed values: those of sections, then of each source, then of topics whose feeds stay
/// the same.
fn print_settings(out: &mut impl Write, plan: &DefinitionPlan) -> io::Result<()> {
    for change in &plan.settings {
        if let SettingOwner::Section(_) = change.of {
            let restart = if change.takes_restart {
                "  (needs a restart)"
            } else {
                ""
            };
            writeln!(out, "{} {change}{restart}", change.of)?;
        }
    }
    let of = |of: SettingOwner| plan.settings.iter().filter(move |change| change.of == of);
    for source in plan.all_changed_sources() {
        writeln!(out, "source {source}: changed")?;
        for change in of(SettingOwner::Source(source)) {
            writeln!(out, "  {change}")?;
        }
    }
    let topics = plan.settings.iter().filter_map(|change| match &change.of {
        SettingOwner::Topic(id) => Some(id),
        _ => None,
    });
    let has_feed = |id: &String| plan.feeds.iter().any(|feed| feed.id.topic().as_str() == id);
    let topics: BTreeSet<&String> = topics.filter(|id| !has_feed(id)).collect();
    for topic in topics {
        writeln!(out, "topic {topic}: changed")?;
        for change in of(SettingOwner::Topic(topic.clone())) {
            writeln!(out, "  {change}")?;
        }
    }
    Ok(())
}

/// Formats the changes to a feed: a heading, and the moving stories below it.
fn feed_lines(feed: &FeedPlan) -> Vec<String> {
    let mut lines = vec![format!("{}  {}", feed.id, describe_fate(feed))];
    let title = feed.was_called.as_ref();
    lines.extend(title.map(|was| format!("  title: `{was}` becomes `{}`", feed.title)));
    lines.extend(feed.gone_queries.iter().map(|query| format!("  - {query}")));
    lines.extend(feed.new_queries.iter().map(|query| format!("  + {query}")));
    if feed.live > 0 {
        let new = match (feed.fate, feed.new) {
            (FeedFate::Appears, _) => String::new(),
            (_, new) if new == feed.live => String::new(),
            (_, new) => format!(", {new} of them for the first time"),
        };
        lines.push(format!(
            "  {} live{new}",
            format_story_count(feed.live, "enters", "enter")
        ));
    }
    if feed.quiet > 0 {
        let enter = format_story_count(feed.quiet, "enters", "enter");
        lines.push(format!(
            "  {enter} quietly: on the page, not in the live feed"
        ));
    }
    lines.extend(moving_lines("+", &feed.entering, feed.live + feed.quiet));
    if feed.leave > 0 {
        lines.push(format!(
            "  {}",
            format_story_count(feed.leave, "leaves", "leave")
        ));
    }
    lines.extend(moving_lines("-", &feed.leaving, feed.leave));
    lines
}

fn describe_fate(feed: &FeedPlan) -> String {
    let FeedCount {
        stories: before, ..
    } = feed.before;
    let FeedCount { stories: after, .. } = feed.after;
    match feed.fate {
        FeedFate::Vanishes => {
            let files = if feed.leads_on {
                "; its addresses redirect to those of another feed"
            } else {
                " with its files"
            };
            let stay = format_story_count(before, "stays", "stay");
            format!("vanishes{files}; {stay} in the store")
        }
        FeedFate::Appears if after == 0 => "appears, and is empty".to_owned(),
        FeedFate::Appears => format!("appears with {after}"),
        FeedFate::Changes if after == 0 && before > 0 => {
            format!("would be empty: {before} before")
        }
        FeedFate::Changes if before == after => format!("holds {after}"),
        FeedFate::Changes => format!("holds {before}, then {after}"),
    }
}

/// Formats a count of stories: `1 story leaves`, `2 stories leave`.
fn format_story_count(count: usize, one: &str, several: &str) -> String {
    if count == 1 {
        format!("1 story {one}")
    } else {
        format!("{count} stories {several}")
    }
}

/// Formats the newest of `all` stories, one per line.
fn moving_lines<'a>(
    sign: &'a str,
    newest: &'a [MovingStory],
    all: usize,
) -> impl Iterator<Item = String> + 'a {
    let more = all.saturating_sub(newest.len());
    let line = move |story: &MovingStory| {
        let (day, title) = (
            story.published.format("%Y-%m-%d"),
            shown::printable_line(&story.title),
        );
        let quiet = if story.quiet && sign == "+" {
            " (quietly)"
        } else {
            ""
        };
        format!("    {sign} {day}  {title}{quiet}")
    };
    let rest = (more > 0).then(|| format!("    {sign} and {more} more"));
    newest.iter().map(line).chain(rest)
}

fn plan_json(plan: &DefinitionPlan) -> serde_json::Value {
    let names = |sources: &[SourceId]| sources.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "changes": !plan.is_empty(),
        "feeds": plan.feeds.iter().map(feed_json).collect::<Vec<_>>(),
        "sources": {
            "new": names(&plan.new_sources),
            "changed": plan.all_changed_sources(),
            "gone": names(&plan.gone_sources),
        },
        "settings": plan.settings.iter().map(setting_json).collect::<Vec<_>>(),
        "renamed": {
            "feeds": plan.renamed_feeds.iter().map(renamed_json).collect::<Vec<_>>(),
            "sources": plan.renamed_sources.iter().map(renamed_json).collect::<Vec<_>>(),
        },
        "refused": plan.refusals(),
    })
}

fn setting_json(change: &SettingChange) -> serde_json::Value {
    let (of, name) = match &change.of {
        SettingOwner::Section(name) => ("section", name),
        SettingOwner::Source(id) => ("source", id),
        SettingOwner::Topic(id) => ("topic", id),
    };
    json!({
        "of": of,
        "name": name,
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "takes_restart": change.takes_restart,
    })
}

fn renamed_json<T: ToString>((was, now): &(T, T)) -> serde_json::Value {
    json!({"was": was.to_string(), "now": now.to_string()})
}

fn feed_json(feed: &FeedPlan) -> serde_json::Value {
    let stock = |stock: FeedCount| json!({"stories": stock.stories, "live": stock.live});
    json!({
        "feed": feed.id.to_string(),
        "topic": feed.id.topic().as_str(),
        "title": feed.title,
        "was_called": feed.was_called,
        "change": match feed.fate {
            FeedFate::Appears => "appears",
            FeedFate::Changes => "changes",
            FeedFate::Vanishes => "vanishes",
        },
        "queries": {"new": feed.new_queries, "gone": feed.gone_queries},
        "before": stock(feed.before),
        "after": stock(feed.after),
        "enter": {"live": feed.live, "new": feed.new, "quiet": feed.quiet},
        "leave": feed.leave,
        "empty": feed.fate != FeedFate::Vanishes && feed.after.stories == 0,
        "entering": feed.entering.iter().map(moving_json).collect::<Vec<_>>(),
        "leaving": feed.leaving.iter().map(moving_json).collect::<Vec<_>>(),
    })
}

fn moving_json(story: &MovingStory) -> serde_json::Value {
    json!({"id": story.story.urn(), "title": story.title, "published": story.published, "quiet": story.quiet})
}
