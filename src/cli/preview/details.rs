//! The pages that the first entries of a list lead to, for a source that reads them.
//!
//! In: the document as it was read. Out: its first entries, completed as a poll completes them, and what was done.

use crate::extract;
use crate::fetch::{FetchedPage, Fetcher, Leave};
use crate::flow::EntryPage;
use crate::model::{Detail, Document, Extracted, Source, Timestamp};
use crate::text;

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
        let Some(page) = EntryPage::of(source, document, entry) else {
            continue;
        };
        match detail(fetcher, source, &page, now).await {
            Ok(Some(detail)) => {
                *entry = detail.complete(std::mem::take(entry));
                read += 1;
            }
            Ok(None) => failed.push(format!("{} is a file and no page", page.request)),
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

async fn detail(
    fetcher: &Fetcher,
    source: &Source,
    page: &EntryPage,
    now: Timestamp,
) -> Result<Option<Detail>, String> {
    let Some(fields) = &source.detail else {
        return Ok(None);
    };
    let url = &page.request;
    let answer = fetcher.page(url, now, Leave::Given).await;
    match answer.map_err(|error| text::chain(&error))? {
        FetchedPage::File { .. } => Ok(None),
        FetchedPage::Page(document) => {
            let document = page.published(source, *document);
            let detail = extract::detail(&document, fields, source);
            detail.map(Some).map_err(|error| format!("{url}: {error}"))
        }
    }
}
