//! What a run says of polls and reloads.

use std::collections::BTreeSet;

use super::Polled;
use crate::config::Config;
use crate::store::{FeedPlan, Plan, State};

/// One line a change at info, one a poll at debug; a failure once, when it begins, and once more when it is over.
pub(super) fn tell(polled: &Polled, before: Option<State>) {
    let Polled {
        source: id,
        committed,
        failure,
        ..
    } = polled;
    let was_well = before.is_none_or(|state| matches!(state, State::New | State::Ok));
    metrics::counter!("tidings_polls_total", "outcome" => committed.state.as_str()).increment(1);
    metrics::counter!("tidings_items_total", "change" => "new").increment(committed.new as u64);
    metrics::counter!("tidings_items_total", "change" => "updated")
        .increment(committed.updated as u64);
    match failure {
        Some(problem) if was_well || before != Some(committed.state) => {
            tracing::warn!(source.id = %id, code = %problem.code, "{id}: {}; {}", problem.text, problem.action);
        }
        Some(problem) => tracing::debug!(source.id = %id, code = %problem.code, "{id} fails still"),
        None if committed.state == State::Held => {
            if let Some(problem) = committed
                .held
                .as_ref()
                .filter(|_| before != Some(State::Held))
            {
                tracing::warn!(source.id = %id, code = %problem.code, "{id}: {}; {}", problem.text, problem.action);
            }
        }
        None if !was_well => {
            tracing::info!(source.id = %id, new = committed.new, "{id} is well again");
        }
        None if committed.new + committed.updated > 0 => {
            let (new, updated, joined) = (committed.new, committed.updated, committed.joined);
            tracing::info!(source.id = %id, new, updated, joined, "{id}: {new} new, {updated} updated");
        }
        None => tracing::debug!(source.id = %id, "{id}: nothing new"),
    }
}

/// Why a reload was refused that nobody has said yes to, a line each.
pub(super) fn unasked(plan: &Plan) -> Vec<String> {
    let mut lines = plan.refusals();
    let what_to_do = "`tidings plan` shows what would change, `tidings reload --yes` does it";
    lines.push(what_to_do.to_owned());
    lines
}

/// Feeds that are told one by one of what a reload changed.
const TOLD_FEEDS: usize = 20;

/// What a reload did to feeds, a line each.
fn feeds_changed(plan: &Plan) -> Vec<String> {
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

/// What a reload changed, a line each, and what of it wants a restart.
pub(super) fn differences(before: &Config, after: &Config, plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    let sources = |config: &Config| -> BTreeSet<String> {
        let ids = config.sources.iter().map(|source| source.id.to_string());
        ids.collect()
    };
    let renamed = plan.renamed_sources.iter();
    let renamed: Vec<_> = renamed
        .map(|(was, now)| (was.to_string(), now.to_string()))
        .collect();
    lines.extend(come_and_gone(
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
    lines.extend(come_and_gone(
        "topic",
        topics(before),
        topics(after),
        &renamed,
    ));
    lines.extend(feeds_changed(plan));
    for (key, same) in [
        (
            "[server] listen",
            before.server.listen == after.server.listen,
        ),
        ("[admin]", before.admin == after.admin),
        ("[store] url", before.store == after.store),
        ("[publish] dir", before.publish.dir == after.publish.dir),
    ] {
        if !same {
            lines.push(format!("{key} changed: that takes a restart"));
        }
    }
    lines.push(format!(
        "in force: {} sources, {} topics",
        after.sources.len(),
        after.topics.len()
    ));
    lines
}

fn come_and_gone(
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
        .map(|name| format!("{what} {name} is configured no longer"));
    lines.extend(come.chain(gone));
    lines
}
