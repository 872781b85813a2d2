//! `tidings explain item`: shows an item's way from its source to its feeds.
//!
//! The JSON is a list with one object per report: `{"item", "story", "held", "source", "address", "identity",
//! "found", "read", "date", "language", "assumed", "regions", "topics", "why", "reports", "aliases",
//! "withdrawn", "discarded_at", "forgotten_at", "feeds", "revisions", "decisions", "joined", "refused",
//! "alternates"}`.

use std::fmt::Display;
use std::io::{self, Write};

use chrono_tz::Tz;
use clap::Args;
use serde_json::{Value, json};

use super::assumed::AssumedLanguages;
use super::topics;
use crate::classify::{self, Subject, TopicMatch};
use crate::cli::shown::format_moment;
use crate::cli::{CliError, Output, OutputArguments, named, print_json, table};
use crate::config::Config;
use crate::flow;
use crate::model::{
    Item, Layout, Precision, Published, Reading, Region, Report, Rules, Source, TopicId,
};
use crate::store::{
    EvidenceItem, FeedPosition, ItemAccount, ItemRevision, PairVerdict, StoreError, StoreReader,
    StoryEvidence,
};

#[derive(Args, Debug)]
pub(in crate::cli) struct Arguments {
    /// An item's or a story's id, with or without `urn:uuid:`, or an address
    #[arg(value_name = "ID|ADDRESS")]
    name: String,
    #[command(flatten)]
    output: OutputArguments,
}

pub(super) fn run(arguments: &Arguments, config: &Config) -> Result<(), CliError> {
    let source = |account: &ItemAccount| {
        let mut sources = config.sources.iter();
        sources.find(|source| source.id == account.item.source)
    };
    let accounts = named::query_store(config, |reader| {
        let items = named::find_items(reader, &arguments.name)?;
        let accounts = items.into_iter().map(|item| reader.item_account(item));
        let accounts = accounts.filter_map(Result::transpose);
        let told = accounts.map(|account| {
            let account = account?;
            let source = source(&account).map(|source| with_kept_layout(source, reader));
            Ok((account, source.transpose()?))
        });
        told.collect::<Result<Vec<_>, StoreError>>()
    })?;
    if accounts.is_empty() {
        return Err(named::unknown_name_error(&arguments.name));
    }
    match arguments.output.chosen_output() {
        Output::Json => {
            let accounts = accounts
                .iter()
                .map(|(one, source)| account_json(one, source.as_ref(), config));
            print_json(&accounts.collect::<Vec<_>>())
        }
        Output::Table => {
            let mut out = io::stdout().lock();
            for (number, (account, source)) in accounts.iter().enumerate() {
                if number > 0 {
                    writeln!(out)?;
                }
                print_account(&mut out, account, source.as_ref(), config)?;
            }
            Ok(writeln!(out, "\n{}", table::zone_line(config.site.zone))?)
        }
    }
}

/// Returns the source with its kept layout.
fn with_kept_layout(source: &Source, reader: &StoreReader) -> Result<Source, StoreError> {
    let mut source = source.clone();
    if source.layout.is_none() {
        let kept = reader.kept_layout(&source.id, source.block_hash())?;
        source.layout = kept.map(|kept| kept.layout);
    }
    Ok(source)
}

fn print_account(
    out: &mut impl Write,
    account: &ItemAccount,
    source: Option<&Source>,
    config: &Config,
) -> io::Result<()> {
    let (item, zone) = (&account.item, config.site.zone);
    writeln!(out, "{}", item.title)?;
    let line = |out: &mut dyn Write, name: &str, text: &str| writeln!(out, "  {name:<9} {text}");
    line(out, "item", &item.id.to_string())?;
    let place = source.map_or_else(
        || "no longer configured".to_owned(),
        |source| source.place.to_string(),
    );
    line(out, "source", &format!("{} ({place})", item.source))?;
    if let Some(address) = &item.address {
        line(out, "address", address.as_str())?;
    }
    let identity = format!("{} {}", item.key.kind.as_str(), item.key.value);
    line(out, "known by", &identity.replace('\n', " / "))?;
    line(out, "found", &describe_found(account, zone))?;
    if let Some(source) = source {
        line(out, "read as", &describe_reading(source))?;
    }
    line(out, "date", &describe_date(&item.published, zone))?;
    line(out, "language", &describe_language(item, config))?;
    line(
        out,
        "regions",
        &join_texts(item.regions.iter().map(Region::to_string)),
    )?;
    line(
        out,
        "topics",
        &join_texts(account.topics.iter().map(TopicId::to_string)),
    )?;
    print_story(out, account, zone)?;
    print_block(
        out,
        "Why it is there",
        describe_grounds(&account.grounds).into_iter(),
    )?;
    let alternates = account.alternates.iter().map(|story| story.urn());
    print_block(out, "In other languages", alternates)?;
    let places = account
        .places
        .iter()
        .map(|place| describe_standing(place, zone));
    print_block(out, "In feeds", places)?;
    let whys = topics::explanation_lines(&explain_topics(account, config));
    print_block(out, "Its topics, by", whys.into_iter())?;
    let revisions = account.revisions.iter();
    let revisions = revisions.map(|one| describe_revision(one, zone));
    print_block(out, "Changed by its publisher", revisions)?;
    let decisions = account
        .decisions
        .iter()
        .map(|one| describe_verdict(one, zone));
    print_block(out, "Decided by hand", decisions)
}

/// Describes an item's language or, if it is unknown, the languages in which its words are looked up.
fn describe_language(item: &Item, config: &Config) -> String {
    match (&item.language, assumed_for_item(item, config)) {
        (Some(language), _) => language.to_string(),
        (None, Some(assumed)) => format!("unknown: {assumed}"),
        (None, None) => "unknown".to_owned(),
    }
}

fn assumed_for_item(item: &Item, config: &Config) -> Option<AssumedLanguages> {
    let unknown = item.language.is_none();
    unknown.then(|| AssumedLanguages::from_usual(item.assumed_language.clone(), config))
}

/// Returns the words and queries that put the item into its topics.
fn explain_topics(account: &ItemAccount, config: &Config) -> Vec<TopicMatch> {
    let mut sources = config.sources.iter();
    let source = sources.find(|source| source.id == account.item.source);
    let fixed = source.map_or(&[][..], |source| &source.topics);
    let languages = flow::assumed_languages(config);
    classify::explain_topics(
        &config.topics,
        &languages,
        &Subject::new(&account.item, fixed),
    )
}

fn print_story(out: &mut impl Write, account: &ItemAccount, zone: Tz) -> io::Result<()> {
    writeln!(out, "\n  Its story {}", account.story_id.urn())?;
    if let Some(at) = account.discarded_at {
        writeln!(
            out,
            "    discarded {} by `tidings sources discard`",
            format_moment(zone, at)
        )?;
    } else if let Some(at) = account.forgotten_at {
        writeln!(
            out,
            "    removed from the feeds {} by `tidings sources forget`",
            format_moment(zone, at)
        )?;
    } else if account.held {
        let source = &account.item.source;
        writeln!(
            out,
            "    held back until `tidings sources release {source}`"
        )?;
    }
    if let Some((at, reason)) = &account.withdrawn {
        writeln!(out, "    withdrawn {}: {reason}", format_moment(zone, *at))?;
    }
    for alias in &account.aliases {
        writeln!(out, "    also published as {}", alias.urn())?;
    }
    let reports = account.story.iter().flat_map(|story| &story.reports);
    for report in reports {
        writeln!(out, "    {}", report_line(report, account))?;
    }
    Ok(())
}

fn report_line(report: &Report, account: &ItemAccount) -> String {
    let mut marks = Vec::new();
    for (is_so, mark) in [
        (Some(report.item) == account.founder, "founded it"),
        (is_shown(report, account), "shown"),
        (report.item == account.item.id, "this one"),
    ] {
        marks.extend(is_so.then_some(mark));
    }
    let address = report.address.as_ref().map_or("", |url| url.as_str());
    let line = format!("{} ({}) {address}", report.publisher, report.source);
    let line = line.trim_end();
    if marks.is_empty() {
        line.to_owned()
    } else {
        format!("{line}: {}", marks.join(", "))
    }
}

fn is_shown(report: &Report, account: &ItemAccount) -> bool {
    let story = account.story.as_ref();
    story.is_some_and(|story| story.shown.id == report.item)
}

fn print_block(
    out: &mut impl Write,
    heading: &str,
    mut lines: impl ExactSizeIterator<Item = String>,
) -> io::Result<()> {
    if lines.len() > 0 {
        writeln!(out, "\n  {heading}")?;
    }
    lines.try_for_each(|line| writeln!(out, "    {line}"))
}

fn describe_grounds(grounds: &StoryEvidence) -> Vec<String> {
    let joined = grounds.joined.as_ref().map(|EvidenceItem { item, by }| {
        let found = match by.as_str() {
            "address" => "they share an address",
            "update" => "they share an address, and one corrects the other",
            "twin" => "they share a path on two hosts of one domain",
            "slug" => "they share the part of the address that reads like a title",
            "title" => "they share a title, and a text as far as both have one",
            _ => "they share a text",
        };
        format!("joined with {item}: {found} ({by})")
    });
    let refused = grounds.refused.as_ref().map(|EvidenceItem { item, by }| {
        let guard = match by.as_str() {
            "number" => "their titles give different numbers",
            "date" => "their titles give different dates",
            "place" => "their titles name different places",
            "words" => "a word of one title is replaced in the other",
            "figures" => "the same sentence has different figures",
            "setting" => "the same sentence names another place",
            "time" => "they are too far apart in time",
            "source" => "one source reports a story once",
            "hand" => "an operator decided so",
            _ => "another report of that story is kept apart",
        };
        format!("kept apart from {item}: {guard} ({by})")
    });
    joined.into_iter().chain(refused).collect()
}

fn describe_standing(place: &FeedPosition, zone: Tz) -> String {
    let how = if place.quiet {
        "quietly: on its page, not in its live feed"
    } else {
        "live"
    };
    let since = format_moment(zone, place.entered_at);
    match place.left_at {
        Some(left) => format!(
            "{} from {since} to {}",
            place.feed,
            format_moment(zone, left)
        ),
        None => format!("{} since {since}, {how}", place.feed),
    }
}

fn describe_revision(revision: &ItemRevision, zone: Tz) -> String {
    let before = revision.before.iter();
    let fields: Vec<String> = before
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name} was `{text}`"),
            Value::Null => format!("{name} was missing"),
            value => format!("{name} was {value}"),
        })
        .collect();
    format!(
        "{}: {}",
        format_moment(zone, revision.at),
        fields.join("; ")
    )
}

fn describe_verdict(verdict: &PairVerdict, zone: Tz) -> String {
    let PairVerdict { other, verdict, at } = verdict;
    format!("{}: {verdict} with {other}", format_moment(zone, *at))
}

fn describe_found(account: &ItemAccount, zone: Tz) -> String {
    account.found_at.map_or_else(
        || "before this was recorded".to_owned(),
        |at| format_moment(zone, at),
    )
}

fn describe_date(published: &Published, zone: Tz) -> String {
    let day = match published.precision() {
        Precision::Instant => format_moment(zone, published.instant().to_utc()),
        precision => precision.format_day(published.instant().date_naive()),
    };
    let origin = match published {
        Published::Stated(_) => "stated by its publisher",
        Published::Derived(_) => "derived from the publisher's text and the time of reading",
        Published::InMarkup(_) => "found in the markup of its text",
        Published::InAddress(_) => "found in its address",
        Published::FirstSeen(_) => "none given by the publisher: the time when it was first seen",
    };
    format!("{day}, {origin}")
}

/// Describes the rule by which documents of the source are read today.
fn describe_reading(source: &Source) -> String {
    if let Some(layout) = &source.layout {
        return describe_layout(layout);
    }
    match &source.reading {
        Reading::Auto => "detected from its document".to_owned(),
        Reading::Feed => "a feed".to_owned(),
        Reading::Html(rules) => format!("a page, by {}", describe_places(rules)),
        Reading::Page => "a page, by its structure".to_owned(),
        Reading::Text(None) => "plain text".to_owned(),
        Reading::Text(Some(_)) => "plain text, by its own grammar".to_owned(),
        Reading::Json { rules, script } => {
            let what = match script {
                Some(script) => format!("JSON in `{script}` of a page"),
                None => "JSON".to_owned(),
            };
            describe_rules(&what, rules.as_deref())
        }
        Reading::Xml(rules) => describe_rules("XML", rules.as_deref()),
        Reading::Sitemap => "a sitemap".to_owned(),
    }
}

fn describe_layout(layout: &Layout) -> String {
    if layout.is_page() {
        "a page that is one record".to_owned()
    } else if layout.is_machine_readable() {
        "a page, by its structured data".to_owned()
    } else {
        format!("a page, by its structure: `{layout}`")
    }
}

fn describe_rules<L: Display>(what: &str, rules: Option<&Rules<L>>) -> String {
    match rules {
        Some(rules) => format!("{what}, by {}", describe_places(rules)),
        None => format!("{what}, by its structure"),
    }
}

fn describe_places<L: Display>(rules: &Rules<L>) -> String {
    let places = rules.places();
    join_texts(places.map(|(name, place)| format!("select.{name} = `{place}`")))
}

fn join_texts(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        "none".to_owned()
    } else {
        texts.join(", ")
    }
}

fn account_json(account: &ItemAccount, source: Option<&Source>, config: &Config) -> Value {
    let item = &account.item;
    let report = |report: &Report| {
        json!({
            "item": report.item,
            "source": report.source.as_str(),
            "publisher": report.publisher,
            "title": report.title,
            "url": report.address,
            "founded": Some(report.item) == account.founder,
            "shown": is_shown(report, account),
        })
    };
    let withdrawn = account.withdrawn.as_ref();
    let reports = account.story.iter().flat_map(|story| &story.reports);
    json!({
        "item": item.id,
        "story": account.story_id,
        "held": account.held,
        "discarded_at": account.discarded_at,
        "forgotten_at": account.forgotten_at,
        "title": item.title,
        "source": item.source.as_str(),
        "configured": source.map(|source| source.place.to_string()),
        "address": item.address,
        "identity": {"kind": item.key.kind.as_str(), "key": item.key.value},
        "found": account.found_at,
        "read": source.map(describe_reading),
        "date": {
            "published": item.published.instant().to_rfc3339(),
            "precision": item.published.precision().as_str(),
            "origin": item.published.origin(),
        },
        "language": item.language.as_ref().map(ToString::to_string),
        "assumed": assumed_for_item(item, config).map(|assumed| assumed.to_json()),
        "regions": item.regions.iter().map(Region::to_string).collect::<Vec<_>>(),
        "topics": account.topics.iter().map(TopicId::as_str).collect::<Vec<_>>(),
        "why": explain_topics(account, config).iter().map(topics::topic_explanation).collect::<Vec<_>>(),
        "reports": reports.map(report).collect::<Vec<_>>(),
        "aliases": account.aliases.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "withdrawn": withdrawn.map(|(at, reason)| json!({"at": at, "reason": reason})),
        "feeds": account.places,
        "revisions": account.revisions,
        "decisions": account.decisions,
        "joined": account.grounds.joined,
        "refused": account.grounds.refused,
        "alternates": account.alternates,
    })
}
