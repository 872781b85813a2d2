//! Describes the changes that a reload made, one per line.

use std::collections::BTreeSet;

use crate::config::{self, Config, ConfigFile, SettingChange, SettingOwner};
use crate::store::{DefinitionPlan, FeedPlan};

/// Changed feeds listed individually after a reload.
const TOLD_FEEDS: usize = 20;

/// Describes the effects of a reload on feeds, one per line.
fn describe_feed_changes(plan: &DefinitionPlan) -> Vec<String> {
    let moving = plan
        .feeds
        .iter()
        .filter(|feed| feed.live + feed.quiet + feed.leave > 0);
    let line = |feed: &FeedPlan| {
        let FeedPlan {
            id,
            live,
            quiet,
            leave,
            ..
        } = feed;
        format!("feed {id}: {live} enter live, {quiet} quietly, {leave} leave")
    };
    let mut lines: Vec<String> = moving.clone().take(TOLD_FEEDS).map(line).collect();
    let more = moving.count().saturating_sub(TOLD_FEEDS);
    lines.extend((more > 0).then(|| format!("and {more} feeds more")));
    lines
}

/// Keys listed individually.
const TOLD_SETTINGS: usize = 100;

/// Describes the keys with changed values, one per line, with a note on those that need a restart.
fn describe_setting_changes(plan: &DefinitionPlan) -> Vec<String> {
    let line = |change: &SettingChange| {
        let restart = if change.takes_restart {
            "; that needs a restart"
        } else {
            ""
        };
        match &change.of {
            SettingOwner::Section(_) => format!("{} {change}{restart}", change.of),
            SettingOwner::Source(_) | SettingOwner::Topic(_) => format!("{}: {change}", change.of),
        }
    };
    // Settings that need a restart come first, so that they are never left out.
    let (first, others): (Vec<_>, Vec<_>) = plan
        .settings
        .iter()
        .partition(|change| change.takes_restart);
    let all = first.into_iter().chain(others);
    let mut lines: Vec<String> = all.take(TOLD_SETTINGS).map(line).collect();
    let more = plan.settings.len().saturating_sub(TOLD_SETTINGS);
    lines.extend((more > 0).then(|| format!("and {more} settings more")));
    lines
}

/// Describes the changes that a reload made, one per line, with a note on those that need a restart.
pub(super) fn describe_differences(
    before: &Config,
    after: &Config,
    plan: &DefinitionPlan,
) -> Vec<String> {
    let mut lines = Vec::new();
    let sources = |config: &Config| -> BTreeSet<String> {
        let ids = config.sources.iter().map(|source| source.id.to_string());
        ids.collect()
    };
    let renamed = plan.renamed_sources.iter();
    let renamed: Vec<_> = renamed
        .map(|(was, now)| (was.to_string(), now.to_string()))
        .collect();
    lines.extend(describe_added_and_removed(
        "source",
        sources(before),
        sources(after),
        &renamed,
    ));
    let topics = |config: &Config| -> BTreeSet<String> {
        let ids = config.topics.iter().map(|topic| topic.id.to_string());
        ids.collect()
    };
    let renamed = plan.renamed_feeds.iter();
    let renamed: Vec<_> = renamed
        .filter(|(was, _)| was.branch().is_none())
        .map(|(was, now)| (was.to_string(), now.to_string()))
        .collect();
    lines.extend(describe_added_and_removed(
        "topic",
        topics(before),
        topics(after),
        &renamed,
    ));
    lines.extend(describe_feed_changes(plan));
    lines.extend(describe_setting_changes(plan));
    lines.push(format!(
        "in force: {} sources, {} topics",
        after.sources.len(),
        after.topics.len()
    ));
    lines
}

/// Returns the keys that take effect at the next start and have changed since the last one.
pub(super) fn restart_due(started: &[ConfigFile], in_force: &[ConfigFile]) -> Vec<String> {
    let changes = config::setting_changes(started, in_force).into_iter();
    let due = changes.filter(|change| change.takes_restart);
    due.map(|change| format!("{} {}", change.of, change.key))
        .collect()
}

fn describe_added_and_removed(
    what: &str,
    mut before: BTreeSet<String>,
    mut after: BTreeSet<String>,
    renamed: &[(String, String)],
) -> Vec<String> {
    let mut lines = Vec::new();
    for (was, now) in renamed {
        before.remove(was);
        after.remove(now);
        lines.push(format!("{what} {was} is called {now} now"));
    }
    let come = after
        .difference(&before)
        .map(|name| format!("new {what} {name}"));
    let gone = before
        .difference(&after)
        .map(|name| format!("{what} {name} is no longer configured"));
    lines.extend(come.chain(gone));
    lines
}
