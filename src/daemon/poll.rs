//! One poll, up to the commit: a source's documents, their entries, the items made of them.
//!
//! In: a source, and what the store knows of it. Out: an [`Outcome`] for the store. What fails becomes the source's own
//! problem, in words that name the address, what happened and what to do.

mod details;
mod walk;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

pub(super) use self::walk::{Errand, Standing};
use super::{chain, one_line, topics};
use crate::classify::{Classifier, regions};
use crate::config::FetchConfig;
use crate::extract::ExtractError;
use crate::fetch::FetchError;
use crate::model::{Document, Extracted, Hash, Problem, Source, Validators};
use crate::store::{Details, Failure, FailureKind, NewItem, Outcome, SourceProblem, StoreError};
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
    details: Details,
}

/// What came of a poll, and what it learnt of the pages of its entries.
pub(super) struct Digested {
    pub(super) outcome: Outcome,
    pub(super) details: Details,
}

/// Why a page was not fetched or not read.
enum Trouble {
    Fetch(FetchError),
    Extract(String, ExtractError),
    Panicked,
    Hung(Duration),
}

/// What came of a poll: `gathering` is given the time that as many requests may take, and a mistake of ours costs this
/// source only.
///
/// # Errors
/// [`StoreError`] when what is known of the source cannot be read.
pub(super) async fn outcome(
    limits: &FetchConfig,
    classifier: &Arc<Classifier>,
    source: &Source,
    gathering: impl Future<Output = Result<Gathered, StoreError>>,
    requests: u32,
    fingerprint: Hash,
) -> Result<Digested, StoreError> {
    let deadline = (limits.timeout + limits.host_delay).saturating_mul(requests) + WORKING_TIME;
    let work = async {
        let mut gathered = gathering.await?;
        let details = std::mem::take(&mut gathered.details);
        let outcome = digest(classifier, source, gathered, fingerprint).await;
        Ok(Digested { outcome, details })
    };
    let trouble = match tokio::time::timeout(deadline, AssertUnwindSafe(work).catch_unwind()).await
    {
        Ok(Ok(digested)) => return digested,
        Ok(Err(_)) => Trouble::Panicked,
        Err(_) => Trouble::Hung(deadline),
    };
    let outcome = Outcome::Failed {
        items: Vec::new(),
        failure: trouble.into_failure(source),
    };
    Ok(Digested {
        outcome,
        details: Details::default(),
    })
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
        ..
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
    let code = if loses { "left-out" } else { "mended" };
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
