//! Prints the result of a look at an address: sentences for people, JSON for programs.

use std::io::{self, Write};

use bytesize::ByteSize;
use serde_json::{Value, json};
use url::Url;

use super::look::{DiscoveryResult, ServerManners};
use crate::cli::choice::{self, ReasonsDisplay};
use crate::cli::shown;
use crate::discover::{FoundKind, LeadKind, RivalDocument, SourceProposal};
use crate::extract;
use crate::model::{Location, SourceKind};

/// Items shown to people.
const SHOWN_ITEMS: usize = 5;

pub(super) fn print_result(finding: &DiscoveryResult, reasons: ReasonsDisplay) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let proposal = &finding.proposal;
    writeln!(
        out,
        "{}\n",
        shown::printable_line(&describe_proposal(proposal))
    )?;
    for item in proposal.items.iter().take(SHOWN_ITEMS) {
        let date = shown::format_date(&item.published);
        writeln!(out, "{date}\n  {}", shown::printable_line(&item.title))?;
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
    for (what, told) in finding_lines(finding) {
        writeln!(out, "{what:9} {}", shown::printable_line(&told))?;
    }
    writeln!(out, "\n{}", proposal.block)
}

/// Describes what is read, and why.
pub(in crate::cli) fn describe_proposal(proposal: &SourceProposal) -> String {
    let count = proposal.items.len();
    let url = &proposal.source.location;
    let by = if is_by_rules(proposal) {
        "by the paths below"
    } else {
        "by its structure"
    };
    match &proposal.found {
        FoundKind::Feed { format } => format!("A feed ({format})"),
        FoundKind::LinkedFeed { format } => {
            let (shared, records) = (shared_records(proposal), proposal.records);
            match records {
                0 | 1 => format!("A page without a list, which links to a feed ({format}): {url}"),
                _ => format!(
                    "A page that links to a feed ({format}) with {shared} of its {records} records: {url}"
                ),
            }
        }
        FoundKind::WordPress => {
            let (shared, records) = (shared_records(proposal), proposal.records);
            format!(
                "A WordPress page, whose API has {shared} of its {records} records as JSON: {url}"
            )
        }
        FoundKind::Script => {
            format!("A page with {count} records in a script of it, as JSON, read {by}")
        }
        FoundKind::Json => format!("JSON with a list of {count} entries, read {by}"),
        FoundKind::Xml => format!("XML with a list of {count} entries, read {by}"),
        FoundKind::Sitemap => describe_sitemap(proposal),
        FoundKind::List if is_by_rules(proposal) => {
            format!("A page with a list of {count} records, read by the selectors below")
        }
        FoundKind::List if proposal.block.layout.is_some() => {
            format!("A page with a list of {count} records, read by the layout below")
        }
        FoundKind::List => format!(
            "A page with a list of {count} records, read by its structure: no selectors find just these"
        ),
        FoundKind::Article => {
            "A page that is a single article, which is polled for changes".to_owned()
        }
        FoundKind::Text => format!("A text with {count} notices"),
    }
}

fn describe_sitemap(proposal: &SourceProposal) -> String {
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
fn is_by_rules(proposal: &SourceProposal) -> bool {
    let keys = extract::reading_keys(&proposal.block.reading);
    keys.iter().any(|(key, _)| key == "select.item")
}

/// Returns the number of the page's records that also appear in the feed read instead.
fn shared_records(proposal: &SourceProposal) -> usize {
    let Location::Http(url) = &proposal.source.location else {
        return 0;
    };
    let mut rivals = proposal.rivals.iter();
    let read = rivals.find(|rival| rival.url == *url.expose());
    read.map_or(0, |rival| rival.shared)
}

/// Formats the findings, one per line.
fn finding_lines(finding: &DiscoveryResult) -> Vec<(&'static str, String)> {
    let proposal = &finding.proposal;
    let mut told = Vec::new();
    if let Some((id, place)) = &finding.configured {
        told.push((
            "note",
            format!("this address is configured as `{id}` at {place}"),
        ));
    }
    if let Some(manners) = &finding.manners {
        told.extend(describe_robots(manners).map(|text| ("robots", text)));
    }
    for rival in &proposal.rivals {
        let what = match rival.lead {
            LeadKind::Feed => "feed",
            LeadKind::WordPress => "wordpress",
        };
        told.push((what, compare_rival(rival, proposal.records)));
    }
    told.push(("cost", describe_cost(finding)));
    told.push(("rhythm", describe_rhythm(proposal)));
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

fn describe_robots(manners: &ServerManners) -> impl Iterator<Item = String> {
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

fn compare_rival(rival: &RivalDocument, records: usize) -> String {
    let RivalDocument {
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

fn describe_cost(finding: &DiscoveryResult) -> String {
    let proposal = &finding.proposal;
    let requests = match requests_per_poll(proposal) {
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
fn requests_per_poll(proposal: &SourceProposal) -> u32 {
    let parts = u32::try_from(proposal.parts).unwrap_or(u32::MAX);
    1 + u32::from(proposal.block.next.is_some()) + parts.min(proposal.source.parts_per_poll())
}

fn describe_rhythm(proposal: &SourceProposal) -> String {
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
pub(super) fn result_json(finding: &DiscoveryResult) -> Value {
    let proposal = &finding.proposal;
    let (found, format) = match &proposal.found {
        FoundKind::Feed { format } => (SourceKind::Feed.as_str(), Some(format)),
        FoundKind::LinkedFeed { format } => ("linked-feed", Some(format)),
        FoundKind::List => ("list", None),
        FoundKind::Article => ("article", None),
        FoundKind::WordPress => ("wordpress", None),
        FoundKind::Script => ("script", None),
        FoundKind::Json => (SourceKind::Json.as_str(), None),
        FoundKind::Xml => (SourceKind::Xml.as_str(), None),
        FoundKind::Sitemap => (SourceKind::Sitemap.as_str(), None),
        FoundKind::Text => (SourceKind::Text.as_str(), None),
    };
    let rival = |rival: &RivalDocument| {
        let (items, error) = match &rival.items {
            Ok(items) => (Some(items), None),
            Err(error) => (None, Some(error)),
        };
        json!({"url": rival.url, "items": items, "shared": rival.shared, "error": error})
    };
    let of = |lead: LeadKind| {
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
        "lists": proposal.choices.iter().map(choice::choice_json).collect::<Vec<_>>(),
        "items": proposal.items.iter().map(choice::item_json).collect::<Vec<_>>(),
        "feeds": of(LeadKind::Feed).collect::<Vec<_>>(),
        "wordpress": of(LeadKind::WordPress).next(),
        "robots": finding.manners.as_ref().map(|manners| json!({
            "allowed": manners.refusal.is_none(),
            "reason": manners.refusal,
            "obeyed": manners.obeyed,
            "delay_seconds": manners.delay.map(|delay| delay.as_secs()),
        })),
        "sitemaps": finding.manners.as_ref().map(|manners| manners.sitemaps.iter().map(Url::as_str).collect::<Vec<_>>()).unwrap_or_default(),
        "cost": {
            "requests": requests_per_poll(proposal),
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
