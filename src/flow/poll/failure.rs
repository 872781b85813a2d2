//! Describes a page that was not fetched or not read for the source's operator.
//!
//! In: an error of a stage. Out: a [`Failure`] that names the address, the cause and the remedy.

use std::time::Duration;

use crate::drift::{Drift, ShapeHistory};
use crate::extract::ExtractError;
use crate::fetch::FetchError;
use crate::model::{AttentionLevel, ProblemCode, Source};
use crate::store::{SourceFailure, SourceFailureKind, SourceProblem};
use crate::text::{error_chain, one_line};

/// The reasons why a page was not fetched or not read.
pub(super) enum PollFailure {
    Fetch(FetchError),
    Extract(String, ExtractError),
    /// None of an index's documents was read; contains the reason for the first.
    Parts {
        parts: usize,
        first: Box<PollFailure>,
    },
    Drift(Drift),
    Panicked,
    Hung(Duration),
}

impl PollFailure {
    /// Returns true if the list simply ends here, provided that this is not its first page.
    pub(super) fn ends_the_list(&self) -> bool {
        match self {
            Self::Fetch(error) => matches!(error.http_status(), Some(404 | 410)),
            Self::Extract(_, error) => error.is_drift(),
            Self::Parts { .. } | Self::Drift(_) | Self::Panicked | Self::Hung(_) => false,
        }
    }

    /// Returns true if the next request to the host would fare no better.
    pub(super) fn is_of_host(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_of_host())
    }

    /// Describes why the document was not read.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Fetch(error) => error_chain(error),
            Self::Extract(url, error) => format!("{url}: {}", error_chain(error)),
            Self::Parts { first, .. } => first.reason(),
            Self::Drift(drift) => drift.to_string(),
            Self::Panicked | Self::Hung(_) => "it met a mistake in tidings itself".to_owned(),
        }
    }

    pub(super) fn into_failure(self, source: &Source, history: &ShapeHistory) -> SourceFailure {
        let (http_status, retry_after) = match self.fetch_error() {
            Some(error) => (error.http_status(), error.retry_after()),
            None => (None, None),
        };
        SourceFailure {
            problem: self.source_problem(source, history),
            http_status,
            retry_after,
            timed_out: self.is_timeout(),
            kind: self.failure_kind(history),
            repair: None,
        }
    }

    /// Returns the failure of the request, if it is one.
    fn fetch_error(&self) -> Option<&FetchError> {
        match self {
            Self::Fetch(error) => Some(error),
            Self::Parts { first, .. } => first.fetch_error(),
            Self::Extract(..) | Self::Drift(_) | Self::Panicked | Self::Hung(_) => None,
        }
    }

    fn is_timeout(&self) -> bool {
        matches!(
            self,
            Self::Fetch(FetchError::Timeout { .. }) | Self::Hung(_)
        )
    }

    /// Returns the kind of failure. A source that was never read has not drifted.
    fn failure_kind(&self, history: &ShapeHistory) -> SourceFailureKind {
        match self {
            Self::Fetch(error) if error.http_status() == Some(410) => SourceFailureKind::Gone,
            Self::Fetch(_) => SourceFailureKind::Fetch,
            Self::Extract(_, error) if error.is_drift() && history.was_read => {
                SourceFailureKind::Drift
            }
            Self::Drift(_) => SourceFailureKind::Drift,
            // The index itself exists.
            Self::Parts { first, .. } => match first.failure_kind(history) {
                SourceFailureKind::Gone => SourceFailureKind::Fetch,
                kind => kind,
            },
            Self::Extract(..) | Self::Panicked | Self::Hung(_) => SourceFailureKind::Extraction,
        }
    }

    fn source_problem(&self, source: &Source, history: &ShapeHistory) -> SourceProblem {
        match self {
            Self::Fetch(error) => {
                problem_of_source(error.code(), &error_chain(error), error.action(), source)
            }
            Self::Extract(url, error) => {
                let usual = history.usual_records().filter(|_| error.is_drift());
                let usual = usual.map_or(String::new(), |usual| {
                    format!(", where {usual} records were usual")
                });
                let text = format!("{url}: {}{usual}", error_chain(error));
                let action = if history.polls > 0 {
                    error.action_after_change()
                } else {
                    error.action()
                };
                problem_of_source(error.code(), &text, &action, source)
            }
            Self::Parts { parts, first } => {
                let of_first = first.source_problem(source, history);
                let text = match parts {
                    1 => "the only document".to_owned(),
                    _ => format!("none of the {parts} documents"),
                };
                let verb = if *parts == 1 { "could not" } else { "could" };
                let (index, reason) = (&source.location, of_first.text);
                SourceProblem {
                    text: one_line(&format!(
                        "{text} that {index} names {verb} be read: {reason}"
                    )),
                    ..of_first
                }
            }
            Self::Drift(drift) => {
                let (text, id) = (format!("{}: {drift}", source.location), &source.id);
                let action = format!(
                    "look at it with `tidings preview {id}` and correct how it is read; \
                     if it is to be so, `tidings sources release {id}` takes it as it is"
                );
                problem_of_source(ProblemCode::Drifted, &text, &action, source)
            }
            Self::Hung(deadline) => {
                let took = humantime::format_duration(*deadline);
                let text = format!("{} was not read within {took}", source.location);
                problem_of_source(
                    ProblemCode::Hung,
                    &text,
                    "look whether its documents are very large or nested very deep",
                    source,
                )
            }
            Self::Panicked => {
                let text = format!("{} met a mistake in tidings itself", source.location);
                problem_of_source(
                    ProblemCode::Internal,
                    &text,
                    "please report it with a copy of the document",
                    source,
                )
            }
        }
    }
}

/// Returns a problem of `source` with the place of its configuration.
pub(super) fn problem_of_source(
    code: ProblemCode,
    text: &str,
    action: &str,
    source: &Source,
) -> SourceProblem {
    let again = match code.attention_level() {
        AttentionLevel::Wait => "; it is asked again when it is due",
        AttentionLevel::Act | AttentionLevel::Note => "",
    };
    SourceProblem {
        code,
        text: one_line(text),
        action: format!("{action}{again} ({})", source.place),
    }
}
