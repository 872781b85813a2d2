//! The items of one poll, up to the commit: entries are normalized, classified, and judged against earlier
//! polls.
//!
//! In: the pages that the walk fetched. Out: an [`Outcome`] for the store; a failure becomes the source's own
//! problem.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;

use super::failure::{PollFailure, problem_of_source};
use crate::classify::{self, Classifier, Subject, regions};
use crate::config::FetchConfig;
use crate::dedupe::Fingerprint;
use crate::drift::{self, DocumentShape, Expectation, FreshLook, KnownItem, ShapeHistory};
use crate::extract::{self, DocumentKind, ExtractError};
use crate::fetch::MAX_CRAWL_DELAY;
use crate::model::{
    Document, Extracted, Hash, Item, Layout, Problem, ProblemCode, Source, Validators,
};
use crate::normalize;
use crate::store::{
    KeptLayout, ListCoverage, NewItem, PollDetails, PollLayouts, PollOutcome, SourceFailure,
    SourceFailureKind, SourceProblem, StoreError,
};

/// Problems of one poll that are described in words.
const TOLD_PROBLEMS: usize = 3;
/// The time limit for reading, in addition to the requests.
const WORKING_TIME: Duration = Duration::from_mins(1);

/// The documents and entries of one poll, before anything is decided.
#[derive(Default)]
pub(super) struct FetchedPages {
    pub(super) pages: Vec<(Document, Extracted)>,
    /// Every address that answered, with the validators for its next request.
    pub(super) validators: Vec<(String, Validators)>,
    /// True if a server sent new validators with the same content.
    pub(super) renewed: bool,
    pub(super) failure: Option<PollFailure>,
    /// Problems of the walk itself.
    pub(super) problems: Vec<Problem>,
    /// The source's own document, if it has changed.
    pub(super) first: Option<FirstDocument>,
    /// True if the walk may have gone further back than in an ordinary poll.
    pub(super) walked_back: bool,
    /// The layout kept before the poll.
    pub(super) kept: Option<KeptLayout>,
    /// The layout with which the source's own document was read.
    pub(super) layout: Option<Layout>,
    pub(super) details: Option<PollDetails>,
}

/// The document that a source is judged by.
pub(super) struct FirstDocument {
    kind: Expectation,
    /// The whole document, if other rules may be searched for that read it.
    page: Option<Arc<Document>>,
}

/// The outcome of a poll, the page that the source's rules no longer read, and the data learnt from the pages
/// of entries.
pub(super) struct DigestedPoll {
    pub(super) outcome: PollOutcome,
    /// The layout that found the items.
    pub(super) read_by: Option<PollLayouts>,
    pub(super) drifted: Option<Arc<Document>>,
    pub(super) details: Option<PollDetails>,
}

impl FirstDocument {
    pub(super) fn from_document(document: &Arc<Document>, source: &Source) -> Self {
        let kind = match extract::document_kind(document, source) {
            DocumentKind::Feed => Expectation::Feed,
            DocumentKind::Json | DocumentKind::Xml | DocumentKind::Sitemap => Expectation::Data,
            DocumentKind::Page | DocumentKind::Text => Expectation::Page,
        };
        let page = drift::is_repairable(source) && kind == Expectation::Page;
        Self {
            kind,
            page: page.then(|| Arc::clone(document)),
        }
    }
}

/// Returns the outcome of a poll. `fetching` is limited to the time that its requests may take, and a panic
/// costs this source only.
///
/// # Errors
/// [`StoreError`] if the stored state of the source cannot be read.
pub(super) async fn poll_outcome(
    limits: &FetchConfig,
    classifier: &Arc<Classifier>,
    source: &Source,
    fetching: impl Future<Output = Result<FetchedPages, StoreError>>,
    requests: u32,
    history: &ShapeHistory,
    fingerprint: Hash,
) -> Result<DigestedPoll, StoreError> {
    let pause = limits.host_delay.max(MAX_CRAWL_DELAY);
    let request = source.document_timeout(limits.timeout) + pause;
    let deadline = request.saturating_mul(requests) + WORKING_TIME;
    let work = async {
        let mut fetched = fetching.await?;
        let details = fetched.details.take();
        let digested = digest_pages(classifier, source, fetched, history, fingerprint).await;
        Ok(DigestedPoll {
            details,
            ..digested
        })
    };
    let failure = match tokio::time::timeout(deadline, AssertUnwindSafe(work).catch_unwind()).await
    {
        Ok(Ok(digested)) => return digested,
        Ok(Err(_)) => PollFailure::Panicked,
        Err(_) => PollFailure::Hung(deadline),
    };
    Ok(DigestedPoll::from_failure(
        Vec::new(),
        failure.into_failure(source, history),
        None,
    ))
}

/// Turns the fetched pages into items, off the async threads, and compares them with earlier polls.
async fn digest_pages(
    classifier: &Arc<Classifier>,
    source: &Source,
    fetched: FetchedPages,
    history: &ShapeHistory,
    fingerprint: Hash,
) -> DigestedPoll {
    let FetchedPages {
        mut pages,
        validators,
        renewed,
        failure,
        problems,
        first,
        walked_back,
        kept,
        ..
    } = fetched;
    let validators = validators
        .into_iter()
        .map(|(url, held)| (url, held, fingerprint));
    if pages.is_empty() && failure.is_none() && problems.is_empty() {
        return DigestedPoll::from_outcome(if renewed {
            PollOutcome::Renewed(validators.collect())
        } else {
            PollOutcome::Unchanged
        });
    }
    let read_by = first.as_ref().and_then(|_| read_by(pages.first()?));
    let more = first
        .as_ref()
        .and_then(|_| take_reads_less(&mut pages, kept));
    let more = more.map(|more| reads_less_problem(&more, source));
    let is_cut = pages.iter().any(|(_, read)| is_truncated(read));
    let coverage = match (&source.pages, pages.len()) {
        (Some(_), _) => ListCoverage::Beginning,
        (None, 1) if first.is_some() && !is_cut => ListCoverage::Whole,
        (None, _) => ListCoverage::Parts,
    };
    let (owned, classifier) = (source.clone(), Arc::clone(classifier));
    let work =
        tokio::task::spawn_blocking(move || collect_items(&owned, pages, problems, &classifier));
    let Ok((items, shape, problem, all_left_out)) = work.await else {
        let failure = PollFailure::Panicked.into_failure(source, history);
        return DigestedPoll::from_failure(Vec::new(), failure, None);
    };
    let shape = shape.filter(|_| first.is_some());
    let (kind, page) = first.map_or((Expectation::Feed, None), |first| (first.kind, first.page));
    // A page without records has drifted.
    if let Some(error) = all_left_out.filter(|_| failure.is_none() && kind != Expectation::Page) {
        let failure = PollFailure::Extract(source.location.to_string(), error);
        let failure = failure.into_failure(source, history);
        return DigestedPoll::from_failure(Vec::new(), failure, None);
    }
    let judged = shape.map_or(Ok(()), |shape| drift::check_shape(&shape, history, kind));
    // A split list yields only a part of its usual records.
    if let Err(drift) = judged
        && !(more.is_some() && drift.is_count_only())
    {
        let failure = PollFailure::Drift(drift).into_failure(source, history);
        return DigestedPoll::from_failure(Vec::new(), failure, page);
    }
    // A list is not a new version of the single record that its page used to be.
    if let Some(problem) = more
        .clone()
        .filter(|_| read_by.as_ref().is_some_and(PollLayouts::is_page))
    {
        let failed = DigestedPoll::from_failure(Vec::new(), drift_failure(problem), None);
        return DigestedPoll { read_by, ..failed };
    }
    if let Some(failure) = failure {
        let failed = DigestedPoll::from_failure(items, failure.into_failure(source, history), page);
        return DigestedPoll { read_by, ..failed };
    }
    // The next answer may contain the rest of a truncated document or of a partly read list: a 304 must not
    // hide it.
    let is_whole = !is_cut && more.is_none();
    let outcome = PollOutcome::Read {
        items,
        validators: validators.filter(|_| is_whole).collect(),
        problem,
        shape: shape.filter(|_| more.is_none()),
        drift: more,
        walked_back,
        coverage,
    };
    DigestedPoll {
        read_by,
        ..DigestedPoll::from_outcome(outcome)
    }
}

fn drift_failure(problem: SourceProblem) -> SourceFailure {
    SourceFailure {
        problem,
        http_status: None,
        retry_after: None,
        timed_out: false,
        kind: SourceFailureKind::Drift,
        repair: None,
    }
}

/// Returns the layout that read the source's own page, and the one that finds more.
fn read_by((_, read): &(Document, Extracted)) -> Option<PollLayouts> {
    let beside = read.problems.iter().find_map(|problem| match problem {
        Problem::ReadsLess { layout, .. } => Some(layout.clone()),
        _ => None,
    });
    Some(PollLayouts {
        layout: read.layout.clone()?,
        beside,
    })
}

/// Removes [`Problem::ReadsLess`] from the problems of the source's own page. Returns it unless an operator has
/// just chosen the layout, or has decided to keep it.
fn take_reads_less(
    pages: &mut [(Document, Extracted)],
    kept: Option<KeptLayout>,
) -> Option<Problem> {
    let problems = &mut pages.first_mut()?.1.problems;
    let is_more = |problem: &Problem| matches!(problem, Problem::ReadsLess { .. });
    let found = problems.remove(problems.iter().position(is_more)?);
    let Problem::ReadsLess { layout, .. } = &found else {
        return None;
    };
    let is_news = kept?.accepted.as_ref() != Some(layout);
    is_news.then_some(found)
}

fn reads_less_problem(more: &Problem, source: &Source) -> SourceProblem {
    let (text, id) = (format!("{}: {more}", source.location), &source.id);
    let action = format!(
        "`tidings sources repair {id}` shows both and takes the fresh look with `--yes`; `tidings sources release {id}` \
         keeps the layout"
    );
    problem_of_source(ProblemCode::ReadsLess, &text, &action, source)
}

impl DigestedPoll {
    fn from_outcome(outcome: PollOutcome) -> Self {
        Self {
            outcome,
            read_by: None,
            drifted: None,
            details: None,
        }
    }

    fn from_failure(
        items: Vec<NewItem>,
        failure: SourceFailure,
        page: Option<Arc<Document>>,
    ) -> Self {
        Self {
            drifted: page.filter(|_| failure.kind == SourceFailureKind::Drift),
            outcome: PollOutcome::Failed { items, failure },
            read_by: None,
            details: None,
        }
    }
}

/// Searches for rules or a layout that read the drifted page, off the async threads, and names them in the
/// failure.
pub(super) async fn propose_repair(
    source: &Source,
    page: Arc<Document>,
    known: Vec<KnownItem>,
    failure: &mut SourceFailure,
) {
    let owned = source.clone();
    if drift::is_by_structure(source) {
        let looked_for = known.len();
        let work = tokio::task::spawn_blocking(move || drift::look_anew(&page, &owned, &known));
        if let Some(anew) = work.await.ok().flatten() {
            add_fresh_look(source, &anew, looked_for, failure);
        }
        return;
    }
    let work = tokio::task::spawn_blocking(move || drift::find_repair(&page, &owned, &known));
    // A panic during the search costs the proposal only.
    let Some(repair) = work.await.ok().flatten() else {
        return;
    };
    let (found, known) = (repair.found.len(), repair.known);
    failure.problem.action = format!(
        "`tidings sources repair {}` shows new selectors that find {found} of {known} known items again ({})",
        source.id, source.place
    );
    failure.repair = Some(repair);
}

/// Adds the result of a fresh look to the failure, unless it is the list that drifted.
fn add_fresh_look(source: &Source, anew: &FreshLook, known: usize, failure: &mut SourceFailure) {
    if source.layout.as_ref() == Some(&anew.layout) {
        return;
    }
    let (records, found) = (anew.titles.len(), anew.found.len());
    let records = match records {
        1 => "1 record".to_owned(),
        _ => format!("{records} records"),
    };
    let id = &source.id;
    failure.problem.action = format!(
        "`tidings sources repair {id}` shows what a fresh look finds ({records}; {found} of {known} known items among \
         them) and takes it with `--yes` ({})",
        source.place
    );
}

/// Returns the items of the pages, the result of the first page, the entries left out, and the reason if none
/// was kept.
fn collect_items(
    source: &Source,
    pages: Vec<(Document, Extracted)>,
    mut problems: Vec<Problem>,
    classifier: &Classifier,
) -> (
    Vec<NewItem>,
    Option<DocumentShape>,
    Option<SourceProblem>,
    Option<ExtractError>,
) {
    let first = pages.first().map(|(_, read)| read.entries.len());
    let entries: usize = pages.iter().map(|(_, read)| read.entries.len()).sum();
    let is_first_cut = entries == 0 && pages.first().is_some_and(|(_, read)| is_truncated(read));
    let normalized = normalize::normalize(source, pages);
    let shape = first.map(|entries| {
        let all = normalized.items.iter().chain(&normalized.repeated);
        let shape =
            DocumentShape::from_items(all.filter(|item| (item.position as usize) < entries));
        // Problems in the pages of entries, which are read while new, do not concern the list.
        match &source.detail {
            Some(detail) if detail.get(crate::model::Field::Date).is_some() => {
                shape.without_dates().without_texts()
            }
            Some(_) => shape.without_texts(),
            None => shape,
        }
    });
    let all_left_out = (entries > 0 || is_first_cut)
        .then(|| all_left_out_error(&normalized))
        .flatten();
    problems.extend(normalized.problems);
    let problem = left_out_problem(&problems, source);
    let topics = |item: &Item| classifier.topics_of(&Subject::new(item, &source.topics));
    let items = normalized.items.into_iter().map(|mut item| {
        item.regions = regions::item_regions(&item, source.country, &source.regions);
        NewItem {
            tokens: classify::item_tokens(&Subject::new(&item, &[])),
            topics: topics(&item).into_iter().collect(),
            fingerprint: Fingerprint::from_item(&item),
            item,
        }
    });
    (items.collect(), shape, problem, all_left_out)
}

/// Returns an error for a feed whose entries were all left out, or that breaks off within its first entry:
/// neither is an empty list.
fn all_left_out_error(normalized: &normalize::Normalized) -> Option<ExtractError> {
    if !normalized.items.is_empty() {
        return None;
    }
    let mut problems = normalized.problems.iter();
    let first = problems.find(|problem| problem.loses_content());
    let first = first.map_or(String::new(), |problem| format!(": {problem}"));
    Some(ExtractError::BadFeed {
        reason: format!("none of its entries could be kept{first}"),
    })
}

/// Returns true if a document ends before its contents do.
fn is_truncated(read: &Extracted) -> bool {
    read.problems.iter().any(Problem::is_truncated)
}

/// Describes in one line the entries that were left out or mended. The source still counts as healthy.
fn left_out_problem(problems: &[Problem], source: &Source) -> Option<SourceProblem> {
    // Headings are too common to report at each poll; a preview shows them.
    let problems: Vec<&Problem> = problems
        .iter()
        .filter(|one| !one.is_heading_only())
        .collect();
    let loses = problems.iter().any(|problem| problem.loses_content());
    // The worst first: only a few of many notes are shown.
    let mut ordered = problems.clone();
    ordered.sort_by_key(|problem| (!problem.loses_content(), problem.is_document_note()));
    let told: Vec<String> = ordered
        .into_iter()
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
        true => ProblemCode::LeftOut,
        false if problems.iter().all(|problem| problem.is_document_note()) => ProblemCode::Noted,
        false => ProblemCode::Mended,
    };
    (!told.is_empty()).then(|| problem_of_source(code, &text, &action, source))
}
