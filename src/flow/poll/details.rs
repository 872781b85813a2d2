//! The pages that entries of a list link to: each is fetched once, and again if its entry changes in the list.
//!
//! In: the entries of a poll, and the kept data of their pages. Out: the entries completed with their pages,
//! always the same way, so that an item does not alternate between the list's version and the page's; and the
//! data to keep. An entry whose page cannot be fetched is used as the list has it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use url::{Position, Url};

use super::digest::FetchedPages;
use super::walk::{PollRequest, with_same_login};
use crate::dates::{self, DateBasis, DateHints};
use crate::extract;
use crate::fetch::{FetchError, FetchRequest, FetchedPage, Fetcher};
use crate::flow::request_address;
use crate::model::{
    Document, EntryDetail, Extracted, Hash, Problem, PublicUrl, RawEnclosure, RawEntry, RawImage,
    RawText, Source, Timestamp, file_type, without_credentials,
};
use crate::normalize;
use crate::store::{KeptDetail, PollDetails, StoreError};
use crate::text::error_chain;

/// Pages of entries fetched in one poll; the others wait for the next poll.
const BUDGET: u32 = 50;
/// Attempts to fetch a page.
const MAX_TRIES: u32 = 3;
/// The pauses between attempts, after the first failure and after the second.
const TRY_AGAIN: [Duration; 2] = [Duration::from_hours(1), Duration::from_hours(24)];
/// The first correction of an entry has its page read at once. Further changes may come from a counter in the
/// page, so each reading doubles the wait before the next one, starting with this wait.
const READ_AGAIN: Duration = Duration::from_hours(1);
/// The longest wait.
const READ_AGAIN_MOST: Duration = Duration::from_hours(24 * 7);
/// Failures of one host that are tolerated in one poll.
const MAX_FAILURES: u32 = 3;
/// The longest text kept of a page, in bytes.
const MAX_TEXT: usize = 256 * 1024;
/// The longest other value kept of a page, in bytes, and the most values of a kind.
const MAX_VALUE: usize = 4 * 1024;
const MAX_VALUES: usize = 50;

/// Returns the number of entries' pages that one poll of this source may fetch.
pub(super) fn page_budget(source: &Source) -> u32 {
    if source.detail.is_some() { BUDGET } else { 0 }
}

/// Returns the addresses of a document's entries.
pub(super) fn entry_addresses(source: &Source, document: &Document, read: &Extracted) -> Vec<Url> {
    let of = |entry| entry_address(source, document, entry);
    read.entries.iter().filter_map(of).collect()
}

/// Returns the published address of an entry's page.
fn entry_address(source: &Source, document: &Document, entry: &RawEntry) -> Option<Url> {
    let base = entry.base.as_ref().unwrap_or(&document.url);
    let base = source.location.public_base(base);
    let link = source.location.without_key(entry.link.as_deref()?);
    normalize::canonical_url(&link, &base)
}

/// The address of an entry's page. If the source's address is a secret, the published and the requested
/// addresses differ: relative links are resolved against the secret, which must not be published.
#[derive(Clone, Debug)]
pub struct EntryPage {
    /// The published address.
    pub url: Url,
    /// The requested address.
    pub request: PublicUrl,
}

impl EntryPage {
    /// Finds the page that `entry` of `document` links to.
    pub fn from_entry(source: &Source, document: &Document, entry: &RawEntry) -> Option<Self> {
        let base = entry.base.as_ref().unwrap_or(&document.url);
        let asked = normalize::canonical_url(entry.link.as_deref()?, base)?;
        Some(Self {
            url: entry_address(source, document, entry)?,
            request: with_same_login(&request_address(&source.location), &asked),
        })
    }

    /// Returns the requested address without credentials, as in a document fetched from it.
    fn requested_url(&self) -> Url {
        without_credentials(self.request.expose())
    }

    /// Moves the page to its published address, so that its resolved links do not contain a secret.
    pub fn move_to_published(&self, source: &Source, page: Document) -> Document {
        let url = if page.url == self.requested_url() {
            self.url.clone()
        } else {
            source.location.public_base(&page.url)
        };
        let body = source.location.without_key_bytes(page.body);
        Document { url, body, ..page }
    }
}

/// An entry that links to a page of its own.
struct ListedEntry {
    /// The index of the list's page, and of the entry in it.
    place: (usize, usize),
    page: EntryPage,
    hash: Hash,
}

impl ListedEntry {
    /// Returns the published address, which identifies the page.
    fn url(&self) -> &Url {
        &self.page.url
    }
}

/// The next step for the page of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DetailStep {
    /// The page is known, or was given up.
    Settled,
    /// The page is fetched.
    Ask,
    /// The page is fetched, but not before this time.
    Wait(Timestamp),
}

/// Decides on the page of an entry with the hash `entry` at `at`; `rules` identify how the page would be read.
fn decide_step(kept: Option<&KeptDetail>, entry: Hash, rules: Hash, at: Timestamp) -> DetailStep {
    let until = |time: Timestamp| {
        // A wait longer than the maximum comes from a clock that was ahead.
        if time <= at || time > at + READ_AGAIN_MOST {
            DetailStep::Ask
        } else {
            DetailStep::Wait(time)
        }
    };
    match kept {
        None => DetailStep::Ask,
        Some(kept) if kept.rules != rules => DetailStep::Ask,
        Some(kept) if kept.entry != entry => until(not_before(kept, at)),
        Some(kept) => kept.next_try.map_or(DetailStep::Settled, until),
    }
}

/// Returns the earliest time at which the page of a changed entry is read again.
fn not_before(kept: &KeptDetail, at: Timestamp) -> Timestamp {
    let (Some(read_at), Some(doublings)) = (kept.read_at, kept.readings.checked_sub(2)) else {
        return at;
    };
    let wait = READ_AGAIN.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX));
    read_at + wait.min(READ_AGAIN_MOST)
}

/// Returns the next time to fetch a page that has failed `tries` times, if any: a page that is gone is not
/// fetched again.
fn next_try(
    tries: u32,
    http_status: Option<u16>,
    retry_after: Option<Duration>,
    at: Timestamp,
) -> Option<Timestamp> {
    if tries >= MAX_TRIES || matches!(http_status, Some(404 | 410)) {
        return None;
    }
    let wait = TRY_AGAIN.get(tries.saturating_sub(1) as usize)?;
    Some(
        at + retry_after
            .unwrap_or_default()
            .clamp(*wait, READ_AGAIN_MOST),
    )
}

/// The reason why an entry's page could not be fetched.
struct EntryPageFailure {
    reason: String,
    http_status: Option<u16>,
    retry_after: Option<Duration>,
    /// True if the failure concerns the whole host.
    is_of_host: bool,
}

impl From<FetchError> for EntryPageFailure {
    fn from(error: FetchError) -> Self {
        Self {
            reason: error_chain(&error),
            http_status: error.http_status(),
            retry_after: error.retry_after(),
            is_of_host: error.is_of_host(),
        }
    }
}

/// One poll's work on the pages of its entries.
struct DetailRound<'a> {
    poll: &'a PollRequest<'a>,
    rules: Hash,
    /// The pages of the list.
    lists: HashSet<String>,
    kept: HashMap<String, KeptDetail>,
    changed: HashSet<String>,
    /// Requests left.
    left: u32,
    /// Failures of each host.
    failures: HashMap<String, u32>,
    /// The number of pages that could not be fetched, and the first reason.
    failed: usize,
    reason: Option<String>,
}

/// Completes the entries of a poll with their pages, as far as these are kept or can be fetched now.
pub(super) async fn complete_entries(
    poll: &PollRequest<'_>,
    fetched: &mut FetchedPages,
) -> Result<(), StoreError> {
    if poll.source.detail.is_none() || fetched.pages.is_empty() {
        return Ok(());
    }
    attach_files(poll.source, &mut fetched.pages);
    let listed = entries_with_pages(poll.source, &fetched.pages);
    let addresses: Vec<String> = listed.iter().map(|one| one.url().to_string()).collect();
    let (id, wanted) = (poll.source.id.clone(), addresses.clone());
    let kept = poll
        .store
        .read(move |reader| reader.kept_details(&id, &wanted));
    let mut round = DetailRound {
        poll,
        rules: rules_hash(poll.source),
        lists: list_addresses(&fetched.pages),
        kept: kept.await?,
        changed: HashSet::new(),
        // A host whose list failed gets no more requests.
        left: if fetched.failure.is_none() { BUDGET } else { 0 },
        failures: HashMap::new(),
        failed: 0,
        reason: None,
    };
    for one in &listed {
        round.settle_entry(one).await;
    }
    round.apply_details(&listed, addresses, fetched);
    Ok(())
}

impl DetailRound<'_> {
    async fn settle_entry(&mut self, listed: &ListedEntry) {
        let at = self.poll.at;
        let address = listed.url().as_str();
        let kept = self.kept.get(address);
        match decide_step(kept, listed.hash, self.rules, at) {
            DetailStep::Settled => {}
            DetailStep::Wait(until) => {
                if let Some(kept) = self.kept.get_mut(address)
                    && kept.next_try != Some(until)
                {
                    kept.next_try = Some(until);
                    self.changed.insert(address.to_owned());
                }
            }
            DetailStep::Ask if self.may_fetch(listed.url()) => {
                self.left -= 1;
                match self.read_entry_page(&listed.page).await {
                    Ok(read) => self.record_read(listed, read.into_detail()),
                    Err(failed) => self.record_failure(listed, failed),
                }
            }
            DetailStep::Ask => self.update_kept(listed, |kept| kept.next_try = Some(at)),
        }
    }

    fn may_fetch(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let failures = self.failures.get(host).copied().unwrap_or_default();
        self.left > 0 && failures < MAX_FAILURES
    }

    async fn read_entry_page(&self, page: &EntryPage) -> Result<EntryRead, EntryPageFailure> {
        let PollRequest {
            fetcher,
            source,
            at,
            ..
        } = *self.poll;
        let check = self.poll.robots_check_of_pages();
        let request = FetchRequest::new(&page.request, at).with_robots_check(check);
        read_page(fetcher, source, page, &request, &self.lists).await
    }

    fn record_read(&mut self, listed: &ListedEntry, detail: EntryDetail) {
        let at = self.poll.at;
        self.update_kept(listed, |kept| {
            kept.detail = Some(detail);
            kept.http_status = None;
            kept.tries = 0;
            kept.readings = kept.readings.saturating_add(1);
            kept.read_at = Some(at);
            kept.next_try = None;
        });
    }

    fn record_failure(&mut self, listed: &ListedEntry, failed: EntryPageFailure) {
        let at = self.poll.at;
        let host = listed.url().host_str().unwrap_or_default().to_owned();
        let weight = if failed.is_of_host { MAX_FAILURES } else { 1 };
        *self.failures.entry(host).or_default() += weight;
        self.failed += 1;
        self.reason.get_or_insert(failed.reason);
        self.update_kept(listed, |kept| {
            kept.tries = kept.tries.saturating_add(1);
            kept.http_status = failed.http_status;
            kept.next_try = next_try(kept.tries, failed.http_status, failed.retry_after, at);
        });
    }

    /// Changes the kept data of an entry's page. Failures are counted anew for a changed entry, and readings
    /// for changed rules.
    fn update_kept(&mut self, listed: &ListedEntry, change: impl FnOnce(&mut KeptDetail)) {
        let address = listed.url().to_string();
        let kept = self.kept.entry(address.clone());
        let kept = kept.or_insert_with(|| KeptDetail {
            entry: listed.hash,
            rules: self.rules,
            detail: None,
            http_status: None,
            tries: 0,
            readings: 0,
            read_at: None,
            next_try: None,
        });
        if kept.rules != self.rules {
            kept.readings = 0;
        }
        if kept.rules != self.rules || kept.entry != listed.hash {
            kept.tries = 0;
        }
        kept.rules = self.rules;
        kept.entry = listed.hash;
        change(kept);
        self.changed.insert(address);
    }

    /// Completes the entries, and reports the data to keep and the failures.
    fn apply_details(
        self,
        listed: &[ListedEntry],
        addresses: Vec<String>,
        fetched: &mut FetchedPages,
    ) {
        for one in listed {
            let kept = self.kept.get(one.url().as_str());
            let Some(detail) = kept.and_then(|kept| kept.detail.clone()) else {
                continue;
            };
            complete_entry(&mut fetched.pages, one.place, detail);
        }
        let is_gone = |one: &&ListedEntry| {
            let kept = self.kept.get(one.url().as_str());
            kept.is_some_and(|kept| kept.http_status == Some(410))
        };
        let gone: Vec<&ListedEntry> = listed.iter().filter(is_gone).collect();
        if let (Some(one), Some((_, page))) = (gone.first(), fetched.pages.first_mut()) {
            page.problems.push(Problem::Gone {
                count: gone.len(),
                address: one.url().to_string(),
            });
        }
        if let (Some(reason), Some((_, first))) = (self.reason, fetched.pages.first_mut()) {
            let failed = self.failed;
            first.problems.push(Problem::Details { failed, reason });
        }
        let mut changed = self.kept;
        changed.retain(|address, _| self.changed.contains(address));
        fetched.details = Some(PollDetails {
            listed: addresses,
            changed: changed.into_iter().collect(),
        });
    }
}

/// The content at the address of an entry.
enum EntryRead {
    Page(EntryDetail),
    File(EntryDetail),
}

impl EntryRead {
    fn into_detail(self) -> EntryDetail {
        let (Self::Page(detail) | Self::File(detail)) = self;
        detail
    }
}

/// Fetches the page of an entry and reads it off the async threads.
async fn read_page(
    fetcher: &Fetcher,
    source: &Source,
    page: &EntryPage,
    request: &FetchRequest<'_>,
    lists: &HashSet<String>,
) -> Result<EntryRead, EntryPageFailure> {
    let url = request.url;
    let document = match fetcher.fetch_page(request).await? {
        FetchedPage::Page(document) => document,
        FetchedPage::File {
            mime_type,
            length_bytes,
        } => {
            return Ok(EntryRead::File(file_detail(
                &page.url,
                mime_type,
                length_bytes,
            )));
        }
    };
    let failed = |reason: String| EntryPageFailure {
        reason: format!("{url}: {reason}"),
        http_status: None,
        retry_after: None,
        is_of_host: false,
    };
    if lists.contains(request_part(&document.url)) {
        return Err(failed("it leads back to the list".to_owned()));
    }
    let document = page.move_to_published(source, *document);
    let (source, fields) = (source.clone(), source.detail.clone().unwrap_or_default());
    let work =
        tokio::task::spawn_blocking(move || extract::extract_detail(&document, &fields, &source));
    match work.await {
        Ok(Ok(detail)) => Ok(EntryRead::Page(limit_detail(detail))),
        Ok(Err(error)) => Err(failed(error_chain(&error))),
        Err(_) => Err(failed("it met a mistake in tidings itself".to_owned())),
    }
}

/// The outcome of reading the pages of a list's first entries.
#[derive(Debug, Default)]
pub struct SampledPages {
    /// The number of entries completed with their pages.
    pub read: usize,
    /// Addresses that turned out to be files, which are attached to their entries.
    pub files: Vec<PublicUrl>,
    /// The reasons why other pages were not read.
    pub failed: Vec<String>,
}

/// Completes the first `most` entries of a document with their pages, as a poll completes all of them.
pub(in crate::flow) async fn sample_entry_pages(
    fetcher: &Fetcher,
    source: &Source,
    page: &mut (Document, Extracted),
    most: usize,
    at: Timestamp,
) -> SampledPages {
    let pages = std::slice::from_mut(page);
    attach_files(source, pages);
    let lists = list_addresses(pages);
    let mut sampled = SampledPages::default();
    for one in entries_with_pages(source, pages).into_iter().take(most) {
        let request = FetchRequest::new(&one.page.request, at);
        let read = match read_page(fetcher, source, &one.page, &request, &lists).await {
            Ok(read) => read,
            Err(failed) => {
                sampled.failed.push(failed.reason);
                continue;
            }
        };
        match &read {
            EntryRead::Page(_) => sampled.read += 1,
            EntryRead::File(_) => sampled.files.push(one.page.request.clone()),
        }
        complete_entry(pages, one.place, read.into_detail());
    }
    sampled
}

/// Completes the entry at a place of the list with its page.
fn complete_entry(
    pages: &mut [(Document, Extracted)],
    (page, entry): (usize, usize),
    detail: EntryDetail,
) {
    let page = pages.get_mut(page);
    if let Some(entry) = page.and_then(|(_, read)| read.entries.get_mut(entry)) {
        *entry = detail.complete_entry(std::mem::take(entry));
    }
}

/// Returns a hash of everything that the reading of pages depends on.
fn rules_hash(source: &Source) -> Hash {
    let Source {
        detail,
        remove,
        replace,
        charset,
        ..
    } = source;
    Hash::digest(format!("{detail:?} {remove:?} {replace:?} {charset:?}").as_bytes())
}

/// Returns the entries that link to pages of their own, in the order of the list. A page that several different
/// entries link to, or the list itself, describes none of them.
fn entries_with_pages(source: &Source, pages: &[(Document, Extracted)]) -> Vec<ListedEntry> {
    let lists = list_addresses(pages);
    let mut titles: HashMap<String, (String, bool)> = HashMap::new();
    let mut found = Vec::new();
    for (number, (document, read)) in pages.iter().enumerate() {
        for (position, entry) in read.entries.iter().enumerate() {
            let Some(page) = EntryPage::from_entry(source, document, entry) else {
                continue;
            };
            let asked = page.requested_url();
            if lists.contains(request_part(&asked)) || file_type(&page.url).is_some() {
                continue;
            }
            let title = entry.title.as_ref().map_or("", RawText::as_str).trim();
            let known = titles.entry(request_part(&asked).to_owned());
            let (first, differ) = known.or_insert_with(|| (title.to_owned(), false));
            *differ |= first != title;
            found.push(ListedEntry {
                place: (number, position),
                hash: entry_hash(source, document, entry),
                page,
            });
        }
    }
    let mut seen = HashSet::new();
    found.retain(|one| {
        let own = titles.get(request_part(&one.page.requested_url()));
        own.is_some_and(|(_, differ)| !differ) && seen.insert(one.url().clone())
    });
    found
}

fn list_addresses(pages: &[(Document, Extracted)]) -> HashSet<String> {
    let own = |(list, _): &(Document, Extracted)| request_part(&list.url).to_owned();
    pages.iter().map(own).collect()
}

/// Returns the part of an address that a request sends.
fn request_part(url: &Url) -> &str {
    &url[..Position::AfterQuery]
}

/// Hashes the list's own data on an entry, without parts that depend on the time of reading.
fn entry_hash(source: &Source, document: &Document, entry: &RawEntry) -> Hash {
    let hints = DateHints {
        language: source.language.as_ref(),
        order: source.date_order,
        learned: None,
        zone: source.zone,
        now: document.fetched_at,
    };
    let lasting = |text: &&str| {
        let read = dates::parse_field(text, &hints);
        read.is_none_or(|read| read.basis == DateBasis::Stated)
    };
    let texts = [&entry.title, &entry.summary, &entry.content];
    let texts = texts.map(|text| text.as_ref().map_or("", RawText::as_str));
    let dates = [&entry.published, &entry.updated];
    let dates = dates.map(|date| date.as_deref().filter(lasting).unwrap_or_default());
    Hash::digest_parts(texts.into_iter().chain(dates))
}

/// Attaches files to entries that link to them, unless they are already attached.
fn attach_files(source: &Source, pages: &mut [(Document, Extracted)]) {
    for (document, read) in pages {
        for entry in &mut read.entries {
            let Some(url) = entry_address(source, document, entry) else {
                continue;
            };
            let Some(mime_type) = file_type(&url) else {
                continue;
            };
            let base = entry.base.as_ref().unwrap_or(&document.url);
            let is_it = |file: &RawEnclosure| {
                [normalize::file_address, normalize::canonical_url]
                    .iter()
                    .any(|address| address(&file.url, base).as_ref() == Some(&url))
            };
            if !entry.enclosures.iter().any(is_it) {
                entry.enclosures.push(RawEnclosure {
                    url: url.into(),
                    title: None,
                    mime_type: Some(mime_type.to_owned()),
                    length_bytes: None,
                    duration: None,
                });
            }
        }
    }
}

/// Returns the detail of an entry whose address turned out to be a file.
fn file_detail(url: &Url, mime_type: String, length_bytes: Option<u64>) -> EntryDetail {
    let file = RawEnclosure {
        url: url.to_string(),
        title: None,
        mime_type: Some(mime_type),
        length_bytes: length_bytes.map(|length| length.to_string()),
        duration: None,
    };
    EntryDetail {
        enclosures: vec![file],
        ..EntryDetail::default()
    }
}

/// Cuts the kept data of a page to the limits, which no human text reaches.
fn limit_detail(mut detail: EntryDetail) -> EntryDetail {
    for text in [&mut detail.title, &mut detail.summary, &mut detail.content] {
        if let Some(RawText::Plain(text) | RawText::Html(text) | RawText::Unsaid(text)) = text {
            truncate_text(text, MAX_TEXT);
        }
    }
    for value in [
        &mut detail.link,
        &mut detail.published,
        &mut detail.updated,
        &mut detail.event,
        &mut detail.language,
    ] {
        value.take_if(|value| value.len() > MAX_VALUE);
    }
    detail.image.take_if(|image| image.url.len() > MAX_VALUE);
    if let Some(RawImage {
        alt, width, height, ..
    }) = &mut detail.image
    {
        for value in [alt, width, height] {
            value.take_if(|value| value.len() > MAX_VALUE);
        }
    }
    detail.authors.truncate(MAX_VALUES);
    detail
        .authors
        .retain(|author| author.name.len() <= MAX_VALUE);
    detail.tags.truncate(MAX_VALUES);
    detail.tags.retain(|tag| tag.name.len() <= MAX_VALUE);
    detail.enclosures.truncate(MAX_VALUES);
    detail.enclosures.retain(|file| file.url.len() <= MAX_VALUE);
    detail
}

fn truncate_text(text: &mut String, limit: usize) {
    text.truncate(text.floor_char_boundary(limit));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::tests::{entry, source};

    fn at(hours: u64) -> Timestamp {
        let noon: Timestamp = "2021-07-01T12:00:00Z".parse().unwrap();
        noon + Duration::from_hours(hours)
    }

    fn hash(text: &str) -> Hash {
        Hash::digest(text.as_bytes())
    }

    /// A detail read at noon, `readings` times.
    fn kept(readings: u32) -> KeptDetail {
        KeptDetail {
            entry: hash("entry"),
            rules: hash("rules"),
            detail: Some(EntryDetail::default()),
            http_status: None,
            tries: 0,
            readings,
            read_at: Some(at(0)),
            next_try: None,
        }
    }

    #[test]
    fn a_page_is_read_once_and_again_when_its_entry_changes() {
        let check = |kept: Option<&KeptDetail>, entry: &str, hours, expected| {
            let found = decide_step(kept, hash(entry), hash("rules"), at(hours));
            assert_eq!(found, expected, "{entry} after {hours} hours");
        };
        check(None, "entry", 0, DetailStep::Ask);
        check(Some(&kept(1)), "entry", 10_000, DetailStep::Settled);
        check(Some(&kept(1)), "changed", 0, DetailStep::Ask);
        // Something that changes with every look is a counter.
        check(Some(&kept(2)), "changed", 0, DetailStep::Wait(at(1)));
        check(Some(&kept(2)), "changed", 1, DetailStep::Ask);
        check(Some(&kept(5)), "changed", 1, DetailStep::Wait(at(8)));
        check(
            Some(&kept(u32::MAX)),
            "changed",
            1,
            DetailStep::Wait(at(24 * 7)),
        );
        let failed = KeptDetail {
            next_try: Some(at(1)),
            ..kept(0)
        };
        check(Some(&failed), "entry", 0, DetailStep::Wait(at(1)));
        check(Some(&failed), "entry", 1, DetailStep::Ask);
        // No wait is longer than a week: the clock was set back.
        let of_the_future = KeptDetail {
            next_try: Some(at(24 * 7 + 1)),
            ..kept(0)
        };
        check(Some(&of_the_future), "entry", 0, DetailStep::Ask);
        let read = kept(9);
        let by_others = decide_step(Some(&read), hash("entry"), hash("other rules"), at(0));
        assert_eq!(by_others, DetailStep::Ask);
    }

    #[test]
    fn a_page_that_fails_is_asked_for_ever_later_and_then_no_more() {
        let check = |tries, status, retry_after: Option<u64>, expected: Option<u64>| {
            let found = next_try(tries, status, retry_after.map(Duration::from_hours), at(0));
            assert_eq!(found, expected.map(at), "{tries} {status:?}");
        };
        check(1, Some(500), None, Some(1));
        check(2, None, None, Some(24));
        check(3, Some(500), None, None);
        check(1, Some(503), Some(5), Some(5));
        check(1, Some(503), Some(u64::from(u32::MAX)), Some(24 * 7));
        check(1, Some(404), None, None);
        check(1, Some(410), Some(5), None);
    }

    /// Checks entries, written as `guid|link|title|date`, against the addresses whose pages are fetched.
    fn check_listed(entries: &[&str], expected: &[&str]) {
        let pages = [entry::page(entries)];
        let listed = entries_with_pages(&source(), &pages);
        let found: Vec<_> = listed.iter().map(|one| one.url().as_str()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_pages_of_one_entry_are_of_interest() {
        let (one, two) = ("|/1|One|2021-06-28", "|/2|Two|2021-06-27");
        let pages = ["https://host.example/1", "https://host.example/2"];
        check_listed(&[one, two], &pages);
        check_listed(&[one, two, one], &pages);
        check_listed(&["|/1#a|One|", "|/1#b|Two|"], &[]);
        check_listed(&["|/1.PDF|One|", "||Two|", "|mailto:a@b|Three|"], &[]);
    }

    #[test]
    fn the_list_is_no_page_of_an_entry() {
        let pages = [entry::page(&["|#one|One|"])];
        assert_eq!(entries_with_pages(&source(), &pages).len(), 0);
    }

    #[test]
    fn what_the_time_of_reading_changes_is_no_change() {
        let hash = |entry: &str| {
            let (document, read) = entry::page(&[entry]);
            entry_hash(&source(), &document, &read.entries[0])
        };
        let same = |one: &str, other: &str| hash(one) == hash(other);
        assert!(same("|/1|One|3 days ago", "|/1|One|4 days ago"));
        assert!(!same("|/1|One|2021-06-28", "|/1|One|2021-06-29"));
        assert!(!same("|/1|One|", "|/1|One, corrected|"));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let long = "ñ".repeat(MAX_TEXT);
        let detail = EntryDetail {
            content: Some(RawText::Html(long.clone())),
            link: Some(long.clone()),
            tags: vec![long.into(), "short".to_owned().into()],
            ..EntryDetail::default()
        };
        let detail = limit_detail(detail);
        assert_eq!(
            detail.content.map(|text| text.as_str().len()),
            Some(MAX_TEXT)
        );
        assert_eq!((detail.link, detail.tags.len()), (None, 1));
    }
}
