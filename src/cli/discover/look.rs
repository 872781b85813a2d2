//! An address looked at: fetched with the feeds that it links to, compared with what is configured and stored.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;

use chrono_tz::Tz;
use url::Url;

use super::super::{CliError, choice, clock, config_file, environment};
use crate::classify::{Classifier, Subject};
use crate::config::{self, Config, RobotsPolicy};
use crate::dedupe::Fingerprint;
use crate::discover::{self, DiscoverError, Lead, Linked, Proposal, Surroundings};
use crate::extract::{ExtractError, Leads};
use crate::fetch::{self, FetchError, Limits};
use crate::flow::{self, Look};
use crate::model::{
    Document, Location, Place, PublicUrl, Source, SourceId, Timestamp, TopicId, Validators,
};
use crate::store::{self, Reader};
use crate::text;

/// What is looked at.
pub(in crate::cli) enum Target {
    /// What is there now.
    Address(Url),
    /// A file, and where it was.
    Copy(PathBuf, Option<Url>),
}

/// What was found out.
pub(super) struct Finding {
    /// What it amounts to.
    pub(super) proposal: Proposal,
    /// The source that has this address already.
    pub(super) configured: Option<(SourceId, Place)>,
    /// What the server says and does; nothing of a copy.
    pub(super) manners: Option<Manners>,
    /// Configured sources that carry the same stories, and how many of them.
    pub(super) carriers: Vec<(SourceId, usize)>,
    /// Topics that it would feed, each with how many items.
    pub(super) topics: Vec<(TopicId, usize)>,
    /// Whether there are topics at all.
    pub(super) has_topics: bool,
}

/// What a server says to robots, and how it answers those who come again.
pub(super) struct Manners {
    /// Why its address may not be fetched, if it may not; or why nobody knows.
    pub(super) refusal: Option<String>,
    /// Whether that counts for a source like this.
    pub(super) obeyed: bool,
    /// What robots.txt asks for between two requests.
    pub(super) delay: Option<std::time::Duration>,
    /// The sitemaps that it names.
    pub(super) sitemaps: Vec<Url>,
    /// Whether a second request, which names what it has, is answered with 304.
    pub(super) knows_unchanged: bool,
}

/// The configuration, where there is one; what is wrong with it is no reason not to look at an address.
pub(super) fn configuration(named: Option<PathBuf>) -> Result<Option<Config>, CliError> {
    let is_named = named.is_some();
    let file = config_file(named);
    if !is_named && !file.exists() {
        return Ok(None);
    }
    match config::load(&file, &environment) {
        Ok(config) => Ok(Some(config)),
        Err(refused) => {
            let told = "looked at without the configuration, which has mistakes:";
            writeln!(io::stderr(), "{told}\n{refused}")?;
            Ok(None)
        }
    }
}

/// An address, fetched with what it links to.
pub(in crate::cli) struct Visited {
    location: Location,
    document: Document,
    leads: Leads,
    linked: Vec<Linked>,
    /// How to ask again; `None` for a copy.
    visit: Option<Visit>,
    /// The answer of each address.
    answers: Vec<(Url, Validators)>,
}

/// Fetches it.
pub(in crate::cli) async fn visit(
    target: &Target,
    config: Option<&Config>,
    now: Option<Timestamp>,
) -> Result<Visited, CliError> {
    let now = clock(now).now();
    let limits = config.map_or_else(flow::default_limits, flow::limits);
    match target {
        Target::Copy(file, base) => copy(file, base.as_ref(), &limits, now),
        Target::Address(url) => {
            let look = Look::new(limits, now);
            let look = look.map_err(|error| failed(&text::chain(&error)))?;
            Visit { look }.fetch_all(url).await
        }
    }
}

impl Visited {
    /// Returns the source that it amounts to, or the list of this number.
    pub(super) async fn look(
        &self,
        config: Option<&Config>,
        list: Option<usize>,
    ) -> Result<Finding, CliError> {
        let proposal = self.propose(config, list)?;
        let manners = match &self.visit {
            Some(visit) => Some(visit.manners(&proposal, &self.answers, config).await),
            None => None,
        };
        Ok(Finding {
            configured: config.and_then(|config| configured(config, &proposal.source.location)),
            carriers: carriers(config, &proposal)?,
            topics: topics(config, &proposal),
            has_topics: config.is_some_and(|config| !config.topics.is_empty()),
            manners,
            proposal,
        })
    }

    /// The same, of the document alone.
    pub(in crate::cli) fn propose(
        &self,
        config: Option<&Config>,
        list: Option<usize>,
    ) -> Result<Proposal, CliError> {
        let taken = config.map(taken).unwrap_or_default();
        let around = Surroundings {
            taken: &taken,
            zone: config.map_or(Tz::UTC, |config| config.site.zone),
            list,
        };
        let Self {
            location,
            document,
            leads,
            linked,
            ..
        } = self;
        discover::propose(location, document, leads, linked, around)
            .map_err(|error| refused(location, &error))
    }
}

fn failed(text: &str) -> CliError {
    CliError::Failed(text::one_line(text))
}

fn copy(
    file: &PathBuf,
    base: Option<&Url>,
    limits: &Limits,
    now: Timestamp,
) -> Result<Visited, CliError> {
    let path = std::path::absolute(file)?;
    let document = fetch::document_of_file(&path, limits.max_body_bytes, now);
    let document = document.map_err(|error| failed(&text::chain(&error)))?;
    let (location, url) = match base {
        Some(base) => (Location::Http(PublicUrl::new(base.clone())), base.clone()),
        None => (Location::File(path), document.url.clone()),
    };
    let document = Document { url, ..document };
    Ok(Visited {
        leads: leads(&location, &document)?,
        location,
        document,
        linked: Vec::new(),
        visit: None,
        answers: Vec::new(),
    })
}

fn leads(location: &Location, document: &Document) -> Result<Leads, CliError> {
    discover::leads(document).map_err(|error| refused(location, &error))
}

fn refused(location: &Location, error: &DiscoverError) -> CliError {
    let action = match error {
        DiscoverError::Extract(
            error @ (ExtractError::NoRecords
            | ExtractError::NoList { .. }
            | ExtractError::Foreign(_)),
        ) => {
            format!(" ({})", error.action())
        }
        DiscoverError::Unsure {
            lists,
            records,
            titles,
        } => format!("; {}", choice::of_unsure(*lists, *records, titles)),
        DiscoverError::NoSuchList { .. } => {
            return CliError::Usage(text::one_line(&format!("{location}: {error}")));
        }
        _ => String::new(),
    };
    failed(&format!("{location}: {error}{action}"))
}

/// What keeps us from an address; what to do where that is not for its source's block, which is not there yet.
fn unfetched(error: &FetchError) -> CliError {
    let told = text::chain(error);
    failed(&match error {
        FetchError::Forbidden { .. } => format!("{told} ({})", error.action()),
        _ => told,
    })
}

fn taken(config: &Config) -> BTreeSet<SourceId> {
    let ids = config.sources.iter().map(|source| source.id.clone());
    ids.collect()
}

/// The configured source at the same address, in any of its spellings.
pub(in crate::cli) fn configured(
    config: &Config,
    location: &Location,
) -> Option<(SourceId, Place)> {
    let own = spelled(location);
    // A secret that cannot be read here is no address that is known.
    let is_there = |source: &&Source| {
        config::resolve(source).is_ok_and(|source| spelled(&source.location) == own)
    };
    let found = config.sources.iter().find(is_there)?;
    Some((found.id.clone(), found.place.clone()))
}

/// A location as it is spelled for a comparison with others.
pub(in crate::cli) fn spelled(location: &Location) -> String {
    match location {
        Location::Http(url) => {
            let url = url.expose();
            crate::normalize::comparable(url).unwrap_or_else(|| url.to_string())
        }
        Location::File(path) => path.display().to_string(),
        Location::Command(_) | Location::Secret(_) => location.to_string(),
    }
}

fn carriers(
    config: Option<&Config>,
    proposal: &Proposal,
) -> Result<Vec<(SourceId, usize)>, CliError> {
    let Some(config) = config else {
        return Ok(Vec::new());
    };
    let items = proposal.items.iter();
    let keys: Vec<_> = items.map(|item| Fingerprint::of_item(item).keys).collect();
    let found = store::inspect(&config.store.path, |reader: &Reader| reader.carriers(&keys));
    let found = found.map_err(flow::FlowError::from)?;
    let known = taken(config);
    let mut carriers: Vec<_> = found.unwrap_or_default().into_iter().collect();
    carriers.retain(|(source, _)| known.contains(source));
    carriers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(carriers)
}

fn topics(config: Option<&Config>, proposal: &Proposal) -> Vec<(TopicId, usize)> {
    let Some(config) = config.filter(|config| !config.topics.is_empty()) else {
        return Vec::new();
    };
    let topics = &config.topics;
    let classifier = Classifier::new(topics, &flow::assumed_languages(config));
    let fed: Vec<_> = proposal
        .items
        .iter()
        .flat_map(|item| classifier.topics(&Subject::new(item, &[])))
        .collect();
    let counted = topics.iter().map(|topic| {
        let count = fed.iter().filter(|fed| **fed == topic.id).count();
        (topic.id.clone(), count)
    });
    counted.filter(|(_, count)| *count > 0).collect()
}

/// What a page links to that may be better than itself.
fn rivals(leads: &Leads) -> Vec<(Lead, Url)> {
    let feeds = leads.feeds.iter().cloned();
    let posts = leads.wordpress.as_ref().and_then(discover::posts);
    let feeds = feeds.map(|url| (Lead::Feed, url));
    feeds
        .chain(posts.map(|url| (Lead::WordPress, url)))
        .collect()
}

/// A look over the network.
struct Visit {
    look: Look,
}

impl Visit {
    async fn fetch_all(self, url: &Url) -> Result<Visited, CliError> {
        let given = PublicUrl::new(url.clone());
        if !matches!(url.scheme(), "http" | "https") {
            let told = format!("`{given}` is no address on the web: a copy is read with --file");
            return Err(CliError::Usage(told));
        }
        let (document, validators) = self
            .look
            .fetch(&given)
            .await
            .map_err(|error| unfetched(&error))?;
        let location = Location::Http(reached(&given, &document));
        let leads = leads(&location, &document)?;
        let mut linked = Vec::new();
        let mut answers = vec![(document.url.clone(), validators)];
        for (lead, url) in rivals(&leads) {
            let fetched = self.look.fetch(&PublicUrl::new(url.clone())).await;
            let document = fetched.map(|(document, validators)| {
                answers.push((url.clone(), validators));
                document
            });
            linked.push(Linked {
                lead,
                url,
                document: document.map_err(|error| text::chain(&error)),
            });
        }
        let document = match leads.parts.first() {
            Some(part) => {
                let fetched = self.look.fetch(&PublicUrl::new(part.clone())).await;
                fetched.map_err(|error| unfetched(&error))?.0
            }
            None => document,
        };
        Ok(Visited {
            location,
            document,
            leads,
            linked,
            visit: Some(self),
            answers,
        })
    }

    async fn manners(
        &self,
        proposal: &Proposal,
        answers: &[(Url, Validators)],
        config: Option<&Config>,
    ) -> Manners {
        let policy = config.map_or(RobotsPolicy::default(), |config| config.fetch.robots);
        let url = flow::address(&proposal.source.location);
        let robots = self.look.robots(&url).await;
        let refusal = match &robots {
            Ok(robots) => robots.refusal(url.expose()),
            Err(error) => Some(error.to_string()),
        };
        let robots = robots.ok();
        let sitemaps = robots.as_ref().map(|robots| robots.sitemaps().to_vec());
        let asked = answers
            .iter()
            .find(|(answered, _)| answered == url.expose());
        Manners {
            refusal,
            obeyed: policy.covers(&proposal.source.reading),
            delay: robots.and_then(|robots| robots.crawl_delay()),
            sitemaps: sitemaps.unwrap_or_default(),
            knows_unchanged: match asked {
                Some((_, held)) => self.look.is_unchanged(&url, held).await,
                None => false,
            },
        }
    }
}

/// Where it redirected to, unless it was logged in to: that stays as it was given.
fn reached(given: &PublicUrl, document: &Document) -> PublicUrl {
    let url = given.expose();
    if url.username().is_empty() && url.password().is_none() {
        PublicUrl::new(document.url.clone())
    } else {
        given.clone()
    }
}
