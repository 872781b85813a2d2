//! One poll, up to the commit: a source's documents, their entries, the items made of them.
//!
//! In: a source, and the validators held for it. Out: an [`Outcome`] for the store. What fails becomes the source's own
//! problem, in words that name the address, what happened and what to do.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use url::Url;

use super::{address, chain, one_line, topics};
use crate::classify::{Classifier, regions};
use crate::config::FetchConfig;
use crate::extract::{self, ExtractError};
use crate::fetch::{FetchError, Fetched, Fetcher};
use crate::model::{Document, Extracted, Hash, Problem, PublicUrl, Source, Timestamp, Validators};
use crate::store::{Failure, FailureKind, NewItem, Outcome, SourceProblem};
use crate::{dedupe, normalize};

/// Problems of one poll that are told in words.
const TOLD_PROBLEMS: usize = 3;
/// What reading may take beside the requests.
const WORKING_TIME: Duration = Duration::from_mins(1);

/// What one poll fetched and read, before anything is decided.
#[derive(Default)]
pub(super) struct Gathered {
    pages: Vec<(Document, Extracted)>,
    /// Every address that answered, with what to ask it with next.
    validators: Vec<(String, Validators)>,
    /// Whether a server wants to be asked with other validators, though its answer is the same.
    renewed: bool,
    trouble: Option<Trouble>,
}

/// Why a page was not fetched or not read.
enum Trouble {
    Fetch(FetchError),
    Extract(String, ExtractError),
    Panicked,
    Hung(Duration),
}

/// Fetches and reads the source's document and the pages that follow it, as far as there is news.
pub(super) async fn gather(
    fetcher: &Fetcher,
    source: &Source,
    held: &HashMap<String, Validators>,
    at: Timestamp,
) -> Gathered {
    let first = address(&source.location);
    let mut gathered = Gathered::default();
    let mut asked = HashSet::new();
    let mut waiting = vec![first.clone()];
    let budget = 1 + source.further_pages() as usize;
    while let Some(url) = waiting.pop() {
        if asked.len() == budget || !asked.insert(url.expose().to_string()) {
            continue;
        }
        match page(fetcher, source, &url, held, at, &mut gathered).await {
            // An unchanged page leads no further: what follows it was read with it.
            Ok(None) => {}
            Ok(Some((document, extracted))) => {
                // The next page is taken first: pages come in their order.
                let follow = extracted.follow.iter().rev();
                waiting.extend(follow.map(|next| next_page(&first, next)));
                gathered.pages.push((document, extracted));
            }
            Err(trouble) if asked.len() > 1 && trouble.ends_the_list() => {}
            Err(trouble) => {
                gathered.trouble = Some(trouble);
                break;
            }
        }
    }
    gathered
}

/// A page that a page links to. The document's own address has lost what we log in with; on the same server the next
/// page wants it again.
fn next_page(first: &PublicUrl, next: &Url) -> PublicUrl {
    let (from, mut next) = (first.expose(), next.clone());
    if next.origin() == from.origin() {
        let set = next
            .set_username(from.username())
            .and_then(|()| next.set_password(from.password()));
        debug_assert!(set.is_ok(), "both are addresses on the web");
    }
    first.with_url(next)
}

/// One page; `None` when it has not changed.
async fn page(
    fetcher: &Fetcher,
    source: &Source,
    url: &PublicUrl,
    held: &HashMap<String, Validators>,
    at: Timestamp,
    gathered: &mut Gathered,
) -> Result<Option<(Document, Extracted)>, Trouble> {
    let key = url.expose().to_string();
    let known = held.get(&key).cloned().unwrap_or_default();
    match fetcher
        .fetch(url, &known, at)
        .await
        .map_err(Trouble::Fetch)?
    {
        Fetched::Unchanged(new) => {
            gathered.renewed |= new != known;
            gathered.validators.push((key, new));
            Ok(None)
        }
        Fetched::Changed(document, new) => {
            gathered.validators.push((key, new));
            let shown = url.with_url(document.url.clone()).to_string();
            read(source, document, shown).await.map(Some)
        }
    }
}

/// Reads a document off the async threads.
async fn read(
    source: &Source,
    document: Box<Document>,
    shown: String,
) -> Result<(Document, Extracted), Trouble> {
    let source = source.clone();
    let work = tokio::task::spawn_blocking(move || {
        let extracted = extract::extract(&document, &source)?;
        // What was read is in the entries: a long list of pages must not hold all their bodies.
        Ok((
            Document {
                body: Vec::new(),
                ..*document
            },
            extracted,
        ))
    });
    match work.await {
        Ok(read) => read.map_err(|error| Trouble::Extract(shown, error)),
        Err(_) => Err(Trouble::Panicked),
    }
}

/// What came of a poll: `gathering` is given the time that its requests may take, and a mistake of ours costs this
/// source only.
pub(super) async fn outcome(
    limits: &FetchConfig,
    classifier: &Arc<Classifier>,
    source: &Source,
    gathering: impl Future<Output = Gathered>,
    fingerprint: Hash,
) -> Outcome {
    let requests = 1 + source.further_pages();
    let deadline = (limits.timeout + limits.host_delay).saturating_mul(requests) + WORKING_TIME;
    let work = async { digest(classifier, source, gathering.await, fingerprint).await };
    let trouble = match tokio::time::timeout(deadline, AssertUnwindSafe(work).catch_unwind()).await
    {
        Ok(Ok(outcome)) => return outcome,
        Ok(Err(_)) => Trouble::Panicked,
        Err(_) => Trouble::Hung(deadline),
    };
    Outcome::Failed {
        items: Vec::new(),
        failure: trouble.into_failure(source),
    }
}

/// Makes items of what was gathered, off the async threads.
async fn digest(
    classifier: &Arc<Classifier>,
    source: &Source,
    gathered: Gathered,
    fingerprint: Hash,
) -> Outcome {
    let Gathered {
        pages,
        validators,
        renewed,
        trouble,
    } = gathered;
    let validators = validators
        .into_iter()
        .map(|(url, held)| (url, held, fingerprint));
    if pages.is_empty() && trouble.is_none() {
        return if renewed {
            Outcome::Renewed(validators.collect())
        } else {
            Outcome::Unchanged
        };
    }
    let is_cut = pages
        .iter()
        .any(|(_, read)| read.problems.iter().any(Problem::is_cut));
    let (owned, classifier) = (source.clone(), Arc::clone(classifier));
    let work = tokio::task::spawn_blocking(move || items(&owned, pages, &classifier));
    let Ok((items, problem)) = work.await else {
        return Outcome::Failed {
            items: Vec::new(),
            failure: Trouble::Panicked.into_failure(source),
        };
    };
    if let Some(trouble) = trouble {
        return Outcome::Failed {
            items,
            failure: trouble.into_failure(source),
        };
    }
    Outcome::Read {
        items,
        // What was cut off may come with the next answer: nothing may tell us then that all is as it was.
        validators: validators.filter(|_| !is_cut).collect(),
        problem,
    }
}

fn items(
    source: &Source,
    pages: Vec<(Document, Extracted)>,
    classifier: &Classifier,
) -> (Vec<NewItem>, Option<SourceProblem>) {
    let normalized = normalize::normalize(source, pages);
    let problem = told(&normalized.problems, source);
    let keys = dedupe::keys_within(&normalized.items);
    let items = normalized.items.into_iter().zip(keys);
    let items = items.map(|(mut item, keys)| {
        item.regions = regions::of_item(&item, source.country, &source.regions);
        NewItem {
            topics: topics(&item, &source.topics, classifier),
            item,
            keys,
        }
    });
    (items.collect(), problem)
}

/// What was left out or mended, in one line; the source is well all the same.
fn told(problems: &[Problem], source: &Source) -> Option<SourceProblem> {
    let loses = problems.iter().any(Problem::loses);
    let (lost, mended): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.loses());
    let told: Vec<String> = lost
        .into_iter()
        .chain(mended)
        .take(TOLD_PROBLEMS)
        .map(ToString::to_string)
        .collect();
    let more = match problems.len().saturating_sub(TOLD_PROBLEMS) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let action = format!("compare the document with `tidings preview {}`", source.id);
    let text = format!("{}{more}", told.join("; "));
    let code = match loses {
        true => "left-out",
        false if problems.iter().all(Problem::is_note) => "noted",
        false => "mended",
    };
    (!told.is_empty()).then(|| problem(code, &text, &action, source))
}

impl Trouble {
    /// Whether a list simply ends there, when it is not its first page.
    fn ends_the_list(&self) -> bool {
        match self {
            Self::Fetch(error) => matches!(error.http_status(), Some(404 | 410)),
            Self::Extract(_, error) => error.is_drift(),
            Self::Panicked | Self::Hung(_) => false,
        }
    }

    fn into_failure(self, source: &Source) -> Failure {
        let (http_status, retry_after) = match &self {
            Self::Fetch(error) => (error.http_status(), error.retry_after()),
            Self::Extract(..) | Self::Panicked | Self::Hung(_) => (None, None),
        };
        Failure {
            problem: self.problem(source),
            http_status,
            retry_after,
            kind: self.kind(),
        }
    }

    fn kind(&self) -> FailureKind {
        match self {
            Self::Fetch(error) if error.http_status() == Some(410) => FailureKind::Gone,
            Self::Fetch(_) => FailureKind::Fetch,
            Self::Extract(_, error) if error.is_drift() => FailureKind::Drift,
            Self::Extract(..) | Self::Panicked | Self::Hung(_) => FailureKind::Extraction,
        }
    }

    fn problem(&self, source: &Source) -> SourceProblem {
        match self {
            Self::Fetch(error) => problem(&error.code(), &chain(error), error.action(), source),
            Self::Extract(url, error) => {
                let text = format!("{url}: {}", chain(error));
                problem(error.code(), &text, &error.action(), source)
            }
            Self::Hung(deadline) => {
                let took = humantime::format_duration(*deadline);
                let text = format!("{} was not read within {took}", source.location);
                problem(
                    "hung",
                    &text,
                    "look whether its documents are very large or nested very deep",
                    source,
                )
            }
            Self::Panicked => {
                let text = format!("{} met a mistake in tidings itself", source.location);
                problem(
                    "internal",
                    &text,
                    "please report it with a copy of the document",
                    source,
                )
            }
        }
    }
}

/// A problem of `source`, with the place where it is configured.
fn problem(code: &str, text: &str, action: &str, source: &Source) -> SourceProblem {
    SourceProblem {
        code: code.to_owned(),
        text: one_line(text),
        action: format!("{action} ({})", source.place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_logged_in_to_where_the_first_is() {
        let check = |next: &str, asked: &str| {
            let first = PublicUrl::new("https://ana:p%40w@host.example/list".parse().unwrap());
            let page = next_page(&first, &next.parse().unwrap());
            assert_eq!(page.expose().as_str(), asked);
        };
        check(
            "https://host.example/list?page=1",
            "https://ana:p%40w@host.example/list?page=1",
        );
        for elsewhere in [
            "https://other.example/list",
            "http://host.example/list",
            "https://host.example:8443/list",
            "file:///list",
        ] {
            check(elsewhere, elsewhere);
        }
    }
}
