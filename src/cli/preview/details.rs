//! The pages that the first entries of a list lead to, for a source that reads them.
//!
//! In: the document as it was read. Out: its first entries, completed as a poll completes them, and what was done.

use crate::daemon;
use crate::extract;
use crate::fetch::{FetchedPage, Fetcher, Leave};
use crate::model::{Detail, Document, Extracted, PublicUrl, RawEntry, Source, Timestamp};
use crate::normalize;

/// Entries whose pages are read.
const READ: usize = 3;

/// Completes the first entries; nothing is told for a source that reads lists alone.
pub(super) async fn complete(
    fetcher: &Fetcher,
    source: &Source,
    document: &Document,
    extracted: &mut Extracted,
    now: Timestamp,
) -> Vec<String> {
    if source.detail.is_none() {
        return Vec::new();
    }
    let (mut read, mut failed) = (0, Vec::new());
    for entry in extracted.entries.iter_mut().take(READ) {
        let Some(url) = address_of(entry, source, document) else {
            continue;
        };
        match page(fetcher, source, &url, now).await {
            Ok(Some(detail)) => {
                *entry = detail.complete(std::mem::take(entry));
                read += 1;
            }
            Ok(None) => failed.push(format!("{url} is a file and no page")),
            Err(reason) => failed.push(reason),
        }
    }
    let told = match read {
        0 => "no page of an entry is read".to_owned(),
        1 => "the page of the first entry is read".to_owned(),
        several => format!("the pages of the first {several} entries are read"),
    };
    failed.insert(0, told);
    failed
}

fn address_of(entry: &RawEntry, source: &Source, document: &Document) -> Option<PublicUrl> {
    let base = entry.base.as_ref().unwrap_or(&document.url);
    let address = normalize::canonical(entry.link.as_deref()?, base)?;
    Some(daemon::same_login(
        &daemon::address(&source.location),
        &address,
    ))
}

async fn page(
    fetcher: &Fetcher,
    source: &Source,
    url: &PublicUrl,
    now: Timestamp,
) -> Result<Option<Detail>, String> {
    let Some(fields) = &source.detail else {
        return Ok(None);
    };
    let answer = fetcher.page(url, now, Leave::Given).await;
    match answer.map_err(|error| daemon::chain(&error))? {
        FetchedPage::File { .. } => Ok(None),
        FetchedPage::Page(document) => {
            let detail = extract::detail(&document, fields, source);
            detail.map(Some).map_err(|error| format!("{url}: {error}"))
        }
    }
}
