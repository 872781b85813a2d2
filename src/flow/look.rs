//! Looks at a source outside the schedule: fetches and completes its document as a poll does. Nothing is
//! stored.
//!
//! In: a source, the limits for fetching, the time. Out: its document, the pages of its first entries.

use super::address::request_address;
use super::poll::{self, KnownState, SampledPages};
use crate::config::Config;
use crate::extract;
use crate::fetch::{
    ClientError, FetchError, FetchLimits, FetchOutcome, FetchRequest, Fetcher, RobotsRules,
};
use crate::model::{Document, Extracted, PublicUrl, Source, Timestamp, Validators};
use crate::store::{self, StoreError, StoreReader};

/// The status of an unchanged document (RFC 9110 §15.4.5).
const NOT_MODIFIED: u16 = 304;

/// A look at sources and addresses, outside the schedule.
#[derive(Debug)]
pub struct SourceLook {
    fetcher: Fetcher,
    now: Timestamp,
}

impl SourceLook {
    /// Prepares a look at `now`.
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn new(limits: FetchLimits, now: Timestamp) -> Result<Self, ClientError> {
        let fetcher = Fetcher::new(limits)?;
        Ok(Self { fetcher, now })
    }

    /// Returns the time of the look.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Fetches the document of a source from the web, a file or a program. The source's address must be
    /// [`resolve_source_address`](super::resolve_source_address).
    ///
    /// # Errors
    /// [`FetchError`]
    pub async fn fetch_document(&self, source: &Source) -> Result<Document, FetchError> {
        let url = request_address(&source.location);
        let request = FetchRequest::new(&url, self.now);
        let answer = self.fetcher.fetch_from(source, &request).await?;
        Ok(require_changed(&url, answer)?.0)
    }

    /// Fetches the document at an address, with the validators for the next request.
    ///
    /// # Errors
    /// [`FetchError`]
    pub async fn fetch(&self, url: &PublicUrl) -> Result<(Document, Validators), FetchError> {
        require_changed(
            url,
            self.fetcher
                .fetch(&FetchRequest::new(url, self.now))
                .await?,
        )
    }

    /// Fetches an address again. Returns true if its server answers that the document has not changed.
    pub async fn is_unchanged(&self, url: &PublicUrl, held: &Validators) -> bool {
        // Without the body's hash, only the server's answer can make the document unchanged.
        let held = Validators {
            body_hash: None,
            ..held.clone()
        };
        if held.etag.is_none() && held.last_modified.is_none() {
            return false;
        }
        let request = FetchRequest::new(url, self.now).conditional_on(&held);
        matches!(
            self.fetcher.fetch(&request).await,
            Ok(FetchOutcome::Unchanged(_))
        )
    }

    /// Reads the robots.txt of an address's origin.
    ///
    /// # Errors
    /// [`FetchError`] if the server does not answer.
    pub async fn fetch_robots(&self, url: &PublicUrl) -> Result<RobotsRules, FetchError> {
        self.fetcher.robots_rules(url, self.now).await
    }

    /// Completes the first `most` entries of a source's document with their pages.
    pub async fn sample_pages(
        &self,
        source: &Source,
        page: &mut (Document, Extracted),
        most: usize,
    ) -> SampledPages {
        poll::sample_entry_pages(&self.fetcher, source, page, most, self.now).await
    }
}

/// Returns the document of an unconditional request, whose answer cannot be "unchanged".
fn require_changed(
    url: &PublicUrl,
    answer: FetchOutcome,
) -> Result<(Document, Validators), FetchError> {
    match answer {
        FetchOutcome::Changed(document, validators) => Ok((*document, validators)),
        FetchOutcome::Unchanged(_) => Err(FetchError::Status {
            url: url.to_string(),
            status: NOT_MODIFIED,
            retry_after: None,
        }),
    }
}

/// Returns the source as its next poll reads it: with the layout and language that the store keeps for it.
/// Without a store the source is returned unchanged.
pub fn source_as_kept(source: &Source, config: &Config, now: Timestamp) -> Source {
    let rules = (source.fingerprint(extract::VERSION), source.block_hash());
    let known = store::inspect_store(&config.store.path, |reader: &StoreReader| {
        KnownState::load(reader, &source.id, rules, now)
    });
    // A store of another version does not prevent a look at a document.
    let known: Result<Option<KnownState>, StoreError> = known;
    match known {
        Ok(Some(known)) => known.source_as_kept(source).into_owned(),
        Ok(None) | Err(_) => source.clone(),
    }
}
