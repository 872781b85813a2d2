//! Looks at an address: fetches it with the feeds that it links to, and compares it with the configured and
//! stored sources.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;

use chrono_tz::Tz;
use url::Url;

use super::super::{CliError, choice, clock_from, config_file, environment_variable};
use crate::classify::{Classifier, Subject};
use crate::config::{self, Config, RobotsPolicy};
use crate::dedupe::Fingerprint;
use crate::discover::{
    self, DiscoverContext, DiscoverError, LeadKind, LinkedDocument, SourceProposal,
};
use crate::extract::{ExtractError, PageLeads};
use crate::fetch::{self, FetchError, FetchLimits};
use crate::flow::{self, SourceLook};
use crate::model::{
    ConfigPosition, Document, Location, PublicUrl, Source, SourceId, Timestamp, TopicId, Validators,
};
use crate::store::{self, StoreReader};
use crate::text;

/// An address or a file to look at.
pub(in crate::cli) enum LookTarget {
    /// An address to fetch.
    Address(Url),
    /// A local file, and its original address if known.
    Copy(PathBuf, Option<Url>),
}

/// The result of a look.
pub(super) struct DiscoveryResult {
    /// The source proposed for the address.
    pub(super) proposal: SourceProposal,
    /// The configured source that already has this address.
    pub(super) configured: Option<(SourceId, ConfigPosition)>,
    /// The server's rules and behaviour; `None` for a local copy.
    pub(super) manners: Option<ServerManners>,
    /// Configured sources that carry the same stories, each with the number of shared stories.
    pub(super) carriers: Vec<(SourceId, usize)>,
    /// Topics that would match, each with the number of items.
    pub(super) topics: Vec<(TopicId, usize)>,
    /// True if any topics are configured.
    pub(super) has_topics: bool,
}

/// A server's rules for robots, and its support for conditional requests.
pub(super) struct ServerManners {
    /// The reason not to fetch the address: robots.txt forbids it or cannot be read.
    pub(super) refusal: Option<String>,
    /// True if robots.txt is obeyed for a source of this kind.
    pub(super) obeyed: bool,
    /// The pause between two requests that robots.txt asks for.
    pub(super) delay: Option<std::time::Duration>,
    /// The sitemaps that robots.txt names.
    pub(super) sitemaps: Vec<Url>,
    /// True if a second, conditional request is answered with 304.
    pub(super) knows_unchanged: bool,
}

/// Reads the configuration, if there is one. Mistakes in it do not prevent a look at an address.
pub(super) fn load_optional_config(named: Option<PathBuf>) -> Result<Option<Config>, CliError> {
    let is_named = named.is_some();
    let file = config_file(named);
    if !is_named && !file.exists() {
        return Ok(None);
    }
    match config::load(&file, &environment_variable) {
        Ok(config) => Ok(Some(config)),
        Err(refused) => {
            let told = "the configuration has mistakes and is ignored:";
            writeln!(io::stderr(), "{told}\n{refused}")?;
            Ok(None)
        }
    }
}

/// A fetched address with the documents that it links to.
pub(in crate::cli) struct VisitedAddress {
    location: Location,
    document: Document,
    leads: PageLeads,
    linked: Vec<LinkedDocument>,
    /// The means to fetch again; `None` for a local copy.
    visit: Option<NetworkVisit>,
    /// The validators of each address fetched.
    answers: Vec<(Url, Validators)>,
}

/// Fetches the address and its links.
pub(in crate::cli) async fn visit_target(
    target: &LookTarget,
    config: Option<&Config>,
    now: Option<Timestamp>,
) -> Result<VisitedAddress, CliError> {
    let now = clock_from(now).now();
    let limits = config.map_or_else(flow::default_limits, flow::fetch_limits);
    match target {
        LookTarget::Copy(file, base) => visit_file(file, base.as_ref(), &limits, now),
        LookTarget::Address(url) => {
            let look = SourceLook::new(limits, now);
            let look = look.map_err(|error| failure_error(&text::error_chain(&error)))?;
            NetworkVisit { look }.fetch_all(url).await
        }
    }
}

impl VisitedAddress {
    /// Returns the proposed source, or the list with the number asked for.
    pub(super) async fn examine(
        &self,
        config: Option<&Config>,
        list: Option<usize>,
    ) -> Result<DiscoveryResult, CliError> {
        let proposal = self.propose_source(config, list)?;
        let manners = match &self.visit {
            Some(visit) => Some(visit.check_manners(&proposal, &self.answers, config).await),
            None => None,
        };
        Ok(DiscoveryResult {
            configured: config
                .and_then(|config| find_configured(config, &proposal.source.location)),
            carriers: find_carriers(config, &proposal)?,
            topics: count_topic_matches(config, &proposal),
            has_topics: config.is_some_and(|config| !config.topics.is_empty()),
            manners,
            proposal,
        })
    }

    /// Proposes a source from the document alone.
    pub(in crate::cli) fn propose_source(
        &self,
        config: Option<&Config>,
        list: Option<usize>,
    ) -> Result<SourceProposal, CliError> {
        let taken = config.map(taken_ids).unwrap_or_default();
        let around = DiscoverContext {
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
        discover::propose_source(location, document, leads, linked, around)
            .map_err(|error| discover_error(location, &error))
    }
}

fn failure_error(text: &str) -> CliError {
    CliError::Failed(text::one_line(text))
}

fn visit_file(
    file: &PathBuf,
    base: Option<&Url>,
    limits: &FetchLimits,
    now: Timestamp,
) -> Result<VisitedAddress, CliError> {
    let path = std::path::absolute(file)?;
    let document = fetch::document_of_file(&path, limits.max_body_bytes, now);
    let document = document.map_err(|error| failure_error(&text::error_chain(&error)))?;
    let (location, url) = match base {
        Some(base) => (Location::Http(PublicUrl::new(base.clone())), base.clone()),
        None => (Location::File(path), document.url.clone()),
    };
    let document = Document { url, ..document };
    Ok(VisitedAddress {
        leads: find_leads(&location, &document)?,
        location,
        document,
        linked: Vec::new(),
        visit: None,
        answers: Vec::new(),
    })
}

fn find_leads(location: &Location, document: &Document) -> Result<PageLeads, CliError> {
    discover::find_page_leads(document).map_err(|error| discover_error(location, &error))
}

fn discover_error(location: &Location, error: &DiscoverError) -> CliError {
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
        } => format!("; {}", choice::unsure_summary(*lists, *records, titles)),
        DiscoverError::NoSuchList { .. } => {
            return CliError::Usage(text::one_line(&format!("{location}: {error}")));
        }
        _ => String::new(),
    };
    failure_error(&format!("{location}: {error}{action}"))
}

/// Returns the error for an address that cannot be fetched. A remedy that needs the source's block is left out:
/// the block does not exist yet.
fn fetch_error(error: &FetchError) -> CliError {
    let told = text::error_chain(error);
    failure_error(&match error {
        FetchError::Forbidden { .. } => format!("{told} ({})", error.action()),
        _ => told,
    })
}

fn taken_ids(config: &Config) -> BTreeSet<SourceId> {
    let ids = config.sources.iter().map(|source| source.id.clone());
    ids.collect()
}

/// Returns the configured source at the same address, in any spelling.
pub(in crate::cli) fn find_configured(
    config: &Config,
    location: &Location,
) -> Option<(SourceId, ConfigPosition)> {
    let own = comparable_spelling(location);
    // A secret that cannot be read here is not a known address.
    let is_there = |source: &&Source| {
        config::resolve_source(source)
            .is_ok_and(|source| comparable_spelling(&source.location) == own)
    };
    let found = config.sources.iter().find(is_there)?;
    Some((found.id.clone(), found.place.clone()))
}

/// Returns a location in the spelling used for comparison.
pub(in crate::cli) fn comparable_spelling(location: &Location) -> String {
    match location {
        Location::Http(url) => {
            let url = url.expose();
            crate::normalize::comparable_address(url).unwrap_or_else(|| url.to_string())
        }
        Location::File(path) => path.display().to_string(),
        Location::Command(_) | Location::Secret(_) => location.to_string(),
    }
}

fn find_carriers(
    config: Option<&Config>,
    proposal: &SourceProposal,
) -> Result<Vec<(SourceId, usize)>, CliError> {
    let Some(config) = config else {
        return Ok(Vec::new());
    };
    let items = proposal.items.iter();
    let keys: Vec<_> = items
        .map(|item| Fingerprint::from_item(item).keys)
        .collect();
    let found = store::inspect_store(&config.store.path, |reader: &StoreReader| {
        reader.count_carriers(&keys)
    });
    let found = found.map_err(flow::FlowError::from)?;
    let known = taken_ids(config);
    let mut carriers: Vec<_> = found.unwrap_or_default().into_iter().collect();
    carriers.retain(|(source, _)| known.contains(source));
    carriers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(carriers)
}

fn count_topic_matches(
    config: Option<&Config>,
    proposal: &SourceProposal,
) -> Vec<(TopicId, usize)> {
    let Some(config) = config.filter(|config| !config.topics.is_empty()) else {
        return Vec::new();
    };
    let topics = &config.topics;
    let classifier = Classifier::new(topics, &flow::assumed_languages(config));
    let fed: Vec<_> = proposal
        .items
        .iter()
        .flat_map(|item| classifier.topics_of(&Subject::new(item, &[])))
        .collect();
    let counted = topics.iter().map(|topic| {
        let count = fed.iter().filter(|fed| **fed == topic.id).count();
        (topic.id.clone(), count)
    });
    counted.filter(|(_, count)| *count > 0).collect()
}

/// Returns linked feeds that may be better sources than the page.
fn rival_feeds(leads: &PageLeads) -> Vec<(LeadKind, Url)> {
    let feeds = leads.feeds.iter().cloned();
    let posts = leads
        .wordpress
        .as_ref()
        .and_then(discover::newest_posts_url);
    let feeds = feeds.map(|url| (LeadKind::Feed, url));
    feeds
        .chain(posts.map(|url| (LeadKind::WordPress, url)))
        .collect()
}

/// The state for further fetches over the network.
struct NetworkVisit {
    look: SourceLook,
}

impl NetworkVisit {
    async fn fetch_all(self, url: &Url) -> Result<VisitedAddress, CliError> {
        let given = PublicUrl::new(url.clone());
        if !matches!(url.scheme(), "http" | "https") {
            let told =
                format!("`{given}` is not an address on the web: read a local copy with --file");
            return Err(CliError::Usage(told));
        }
        let (document, validators) = self
            .look
            .fetch(&given)
            .await
            .map_err(|error| fetch_error(&error))?;
        let location = Location::Http(address_after_redirects(&given, &document));
        let leads = find_leads(&location, &document)?;
        let mut linked = Vec::new();
        let mut answers = vec![(document.url.clone(), validators)];
        for (lead, url) in rival_feeds(&leads) {
            let fetched = self.look.fetch(&PublicUrl::new(url.clone())).await;
            let document = fetched.map(|(document, validators)| {
                answers.push((url.clone(), validators));
                document
            });
            linked.push(LinkedDocument {
                lead,
                url,
                document: document.map_err(|error| text::error_chain(&error)),
            });
        }
        let document = match leads.parts.first() {
            Some(part) => {
                let fetched = self.look.fetch(&PublicUrl::new(part.clone())).await;
                fetched.map_err(|error| fetch_error(&error))?.0
            }
            None => document,
        };
        Ok(VisitedAddress {
            location,
            document,
            leads,
            linked,
            visit: Some(self),
            answers,
        })
    }

    async fn check_manners(
        &self,
        proposal: &SourceProposal,
        answers: &[(Url, Validators)],
        config: Option<&Config>,
    ) -> ServerManners {
        let policy = config.map_or(RobotsPolicy::default(), |config| config.fetch.robots);
        let url = flow::request_address(&proposal.source.location);
        let robots = self.look.fetch_robots(&url).await;
        let refusal = match &robots {
            Ok(robots) => robots.refusal_reason(url.expose()),
            Err(error) => Some(error.to_string()),
        };
        let robots = robots.ok();
        let sitemaps = robots.as_ref().map(|robots| robots.sitemaps().to_vec());
        let asked = answers
            .iter()
            .find(|(answered, _)| answered == url.expose());
        ServerManners {
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

/// Returns the address after redirects. An address that needed a login stays as given.
fn address_after_redirects(given: &PublicUrl, document: &Document) -> PublicUrl {
    let url = given.expose();
    if url.username().is_empty() && url.password().is_none() {
        PublicUrl::new(document.url.clone())
    } else {
        given.clone()
    }
}
