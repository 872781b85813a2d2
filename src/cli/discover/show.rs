//! Prints the result of a look at an address: sentences for people, JSON for programs.

use std::io::{self, Write};

use bytesize::ByteSize;
use serde_json::{Value, json};
use url::Url;

use super::look::{Finding, Manners};
use crate::cli::choice::{self, Reasons};
use crate::cli::shown;
use crate::discover::{Found, Lead, Proposal, Rival};
use crate::extract;
use crate::model::{Kind, Location};

/// Items shown to people.
const SHOWN_ITEMS: usize = 5;

pub(super) fn print(finding: &Finding, reasons: Reasons) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let proposal = &finding.proposal;
    writeln!(out, "{}\n", shown::line(&found(proposal)))?;
    for item in proposal.items.iter().take(SHOWN_ITEMS) {
        let date = shown::date(&item.published);
        writeln!(out, "{date}\n  {}", shown::line(&item.title))?;
        if let Some(address) = &item.address {
            writeln!(out, "  {address}")?;
        }
        writeln!(out)?;
    }
    match proposal.items.len() {
        1 => writeln!(out, "1 item")?,
        several if several > SHOWN_ITEMS => {
            writeln!(
                out,
                "{several} items, the first {SHOWN_ITEMS} of them above"
            )?;
        }
        several => writeln!(out, "{several} items")?,
    }
    choice::print_others(&mut out, &proposal.choices, proposal.list, reasons)?;
    writeln!(out)?;
    for (what, told) in told(finding) {
        writeln!(out, "{what:9} {}", shown::line(&told))?;
    }
    writeln!(out, "\n{}", proposal.block)
}

/// Describes what is read, and why.
pub(in crate::cli) fn found(proposal: &Proposal) -> String {
    let count = proposal.items.len();
    let url = &proposal.source.location;
    let by = if is_by_rules(proposal) {
        "by the paths below"
    } else {
        "by its structure"
    };
    match &proposal.found {
        Found::Feed { format } => format!("A feed ({format})"),
        Found::LinkedFeed { format } => {
            let (shared, records) = (shared(proposal), proposal.records);
            match records {
                0 | 1 => format!("A page without a list, which links to a feed ({format}): {url}"),
                _ => format!(
                    "A page that links to a feed ({format}) with {shared} of its {records} records: {url}"
                ),
            }
        }
        Found::WordPress => {
            let (shared, records) = (shared(proposal), proposal.records);
            format!(
                "A WordPress page, whose API has {shared} of its {records} records as JSON: {url}"
            )
        }
        Found::Script => {
            format!("A page with {count} records in a script of it, as JSON, read {by}")
        }
        Found::Json => format!("JSON with a list of {count} entries, read {by}"),
        Found::Xml => format!("XML with a list of {count} entries, read {by}"),
        Found::Sitemap => sitemap(proposal),
        Found::List if is_by_rules(proposal) => {
            format!("A page with a list of {count} records, read by the selectors below")
        }
        Found::List if proposal.block.layout.is_some() => {
            format!("A page with a list of {count} records, read by the layout below")
        }
        Found::List => format!(
            "A page with a list of {count} records, read by its structure: no selectors find just these"
        ),
        Found::Article => "A page that is a single article, which is polled for changes".to_owned(),
        Found::Text => format!("A text with {count} notices"),
    }
}

fn sitemap(proposal: &Proposal) -> String {
    let count = proposal.items.len();
    let what = match proposal.parts {
        0 => format!("A sitemap of {count} pages"),
        1 => format!("An index of one sitemap, which has {count} pages"),
        several => format!("An index of {several} sitemaps, the newest of which has {count} pages"),
    };
    if proposal.block.detail {
        format!("{what}; it has no titles: each page is read for its title")
    } else {
        what
    }
}

/// Returns true if the proposal names the places of the records.
fn is_by_rules(proposal: &Proposal) -> bool {
    let keys = extract::keys(&proposal.block.reading);
    keys.iter().any(|(key, _)| key == "select.item")
}

/// Returns the number of the page's records that also appear in the feed read instead.
fn shared(proposal: &Proposal) -> usize {
    let Location::Http(url) = &proposal.source.location else {
        return 0;
    };
    let mut rivals = proposal.rivals.iter();
    let read = rivals.find(|rival| rival.url == *url.expose());
    read.map_or(0, |rival| rival.shared)
}

/// Formats the findings, one per line.
fn told(finding: &Finding) -> Vec<(&'static str, String)> {
    let proposal = &finding.proposal;
    let mut told = Vec::new();
    if let Some((id, place)) = &finding.configured {
        told.push((
            "note",
            format!("this address is configured as `{id}` at {place}"),
        ));
    }
    if let Some(manners) = &finding.manners {
        told.extend(robots(manners).map(|text| ("robots", text)));
    }
    for rival in &proposal.rivals {
        let what = match rival.lead {
            Lead::Feed => "feed",
            Lead::WordPress => "wordpress",
        };
        told.push((what, compared(rival, proposal.records)));
    }
    told.push(("cost", cost(finding)));
    told.push(("rhythm", rhythm(proposal)));
    let of = proposal.items.len();
    for (source, count) in &finding.carriers {
        told.push((
            "same",
            format!("`{source}` has {count} of the {of} stories"),
        ));
    }
    for (topic, count) in &finding.topics {
        told.push(("topic", format!("`{topic}` takes {count} of {of}")));
    }
    if finding.topics.is_empty() && finding.has_topics {
        let none =
            "none matches any of them: add one to `topics` of the block, or extend its query";
        told.push(("topic", none.to_owned()));
    }
    let sitemaps = finding.manners.iter().flat_map(|manners| &manners.sitemaps);
    told.extend(sitemaps.map(|url| ("sitemap", url.to_string())));
    told.extend(
        proposal
            .problems
            .iter()
            .map(|problem| ("problem", problem.to_string())),
    );
    told
}

fn robots(manners: &Manners) -> impl Iterator<Item = String> {
    let verdict = match (&manners.refusal, manners.obeyed) {
        (None, _) => "may read it".to_owned(),
        (Some(reason), true) => {
            format!(
                "may not read it: {reason}; it will not be polled unless `robots` of [fetch] says so"
            )
        }
        (Some(reason), false) => {
            format!(
                "may not read it: {reason}; this is ignored for a source of this kind (`robots` of [fetch])"
            )
        }
    };
    let delay = manners.delay.map(|delay| {
        format!(
            "are asked to wait {} between two requests",
            humantime::format_duration(delay)
        )
    });
    [verdict].into_iter().chain(delay)
}

fn compared(rival: &Rival, records: usize) -> String {
    let Rival {
        url, items, shared, ..
    } = rival;
    match items {
        Ok(items) if records > 1 => {
            format!("{url} has {items} items, {shared} of the page's {records} records among them")
        }
        Ok(items) => format!("{url} has {items} items"),
        // The error of a failed fetch already names its address.
        Err(reason) if reason.contains(url.as_str()) => reason.clone(),
        Err(reason) => format!("{url} cannot be read: {reason}"),
    }
}

fn cost(finding: &Finding) -> String {
    let proposal = &finding.proposal;
    let requests = match requests(proposal) {
        1 => "1 request".to_owned(),
        several => format!("{several} requests"),
    };
    let bytes = ByteSize(proposal.body_bytes as u64);
    let unchanged = match &finding.manners {
        None => "",
        Some(manners) if manners.knows_unchanged => {
            "; the server reports unchanged documents (304)"
        }
        Some(_) => "; the server sends everything even if nothing has changed",
    };
    let pages = if proposal.block.detail {
        "; and the page of each new entry, once"
    } else {
        ""
    };
    format!("{requests} and {bytes} a poll{unchanged}{pages}")
}

/// Returns the requests per poll: the document, its next page, and the newest documents of an index.
fn requests(proposal: &Proposal) -> u32 {
    let parts = u32::try_from(proposal.parts).unwrap_or(u32::MAX);
    1 + u32::from(proposal.block.next.is_some()) + parts.min(proposal.source.parts())
}

fn rhythm(proposal: &Proposal) -> String {
    let Some(distance) = proposal.distance else {
        return "too few dates to estimate: the polling interval adapts".to_owned();
    };
    let counted = |count: i64, what: &str| match count {
        1 => format!("an item a {what} (median)"),
        several => format!("an item every {several} {what}s (median)"),
    };
    match (
        distance.num_days(),
        distance.num_hours(),
        distance.num_minutes(),
    ) {
        (days @ 2.., ..) => counted(days, "day"),
        (_, hours @ 2.., _) => counted(hours, "hour"),
        (.., minutes @ 1..) => counted(minutes, "minute"),
        _ => "several items at one time".to_owned(),
    }
}

/// Returns the documented JSON shape.
pub(super) fn json(finding: &Finding) -> Value {
    let proposal = &finding.proposal;
    let (found, format) = match &proposal.found {
        Found::Feed { format } => (Kind::Feed.as_str(), Some(format)),
        Found::LinkedFeed { format } => ("linked-feed", Some(format)),
        Found::List => ("list", None),
        Found::Article => ("article", None),
        Found::WordPress => ("wordpress", None),
        Found::Script => ("script", None),
        Found::Json => (Kind::Json.as_str(), None),
        Found::Xml => (Kind::Xml.as_str(), None),
        Found::Sitemap => (Kind::Sitemap.as_str(), None),
        Found::Text => (Kind::Text.as_str(), None),
    };
    let rival = |rival: &Rival| {
        let (items, error) = match &rival.items {
            Ok(items) => (Some(items), None),
            Err(error) => (None, Some(error)),
        };
        json!({"url": rival.url, "items": items, "shared": rival.shared, "error": error})
    };
    let of = |lead: Lead| {
        let rivals = proposal.rivals.iter();
        rivals.filter(move |rival| rival.lead == lead).map(rival)
    };
    let counted = |key: &str, id: String, count: usize| json!({key: id, "items": count});
    let configured = finding.configured.as_ref();
    let problems = proposal.problems.iter().map(ToString::to_string);
    json!({
        "found": found,
        "format": format,
        "url": proposal.block.url,
        "records": proposal.records,
        "list": proposal.list,
        "lists": proposal.choices.iter().map(choice::json).collect::<Vec<_>>(),
        "items": proposal.items.iter().map(choice::item).collect::<Vec<_>>(),
        "feeds": of(Lead::Feed).collect::<Vec<_>>(),
        "wordpress": of(Lead::WordPress).next(),
        "robots": finding.manners.as_ref().map(|manners| json!({
            "allowed": manners.refusal.is_none(),
            "reason": manners.refusal,
            "obeyed": manners.obeyed,
            "delay_seconds": manners.delay.map(|delay| delay.as_secs()),
        })),
        "sitemaps": finding.manners.as_ref().map(|manners| manners.sitemaps.iter().map(Url::as_str).collect::<Vec<_>>()).unwrap_or_default(),
        "cost": {
            "requests": requests(proposal),
            "bytes": proposal.body_bytes,
            "conditional": finding.manners.as_ref().map(|manners| manners.knows_unchanged),
        },
        "median_distance_seconds": proposal.distance.map(|distance| distance.num_seconds()),
        "configured": configured.map(|(id, place)| json!({"source": id.as_str(), "file": place.file, "line": place.line})),
        "same_stories": finding.carriers.iter().map(|(id, count)| counted("source", id.to_string(), *count)).collect::<Vec<_>>(),
        "topics": finding.topics.iter().map(|(id, count)| counted("topic", id.to_string(), *count)).collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "id": proposal.block.id.as_str(),
        "block": proposal.block.to_string(),
    })
}
