//! The pages that entries of a list lead to: each is asked for once, and again when the list says that its entry has
//! changed.
//!
//! In: the entries of a poll, and what is kept of their pages. Out: the entries completed by these, always the same way,
//! so that no item changes between what a list says and what its page says; and what is kept from now on. A page that
//! cannot be had costs its entry nothing: it stands as the list has it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use url::{Position, Url};

use super::digest::FetchedPages;
use super::walk::{PollRequest, same_login};
use crate::dates::{self, Basis, Hints};
use crate::extract;
use crate::fetch::{FetchError, FetchedPage, Fetcher, Request};
use crate::flow::address;
use crate::model::{
    Detail, Document, Extracted, Hash, Problem, PublicUrl, RawEnclosure, RawEntry, RawImage,
    RawText, Source, Timestamp, file_type, without_user,
};
use crate::normalize;
use crate::store::{Details, KeptDetail, StoreError};
use crate::text::chain;

/// How many pages of entries one poll asks for; the others wait for the next one.
const BUDGET: u32 = 50;
/// How often a page that cannot be had is asked for.
const MAX_TRIES: u32 = 3;
/// How long after a failure it is asked for again, the more often it failed.
const TRY_AGAIN: [Duration; 2] = [Duration::from_hours(1), Duration::from_hours(24)];
/// The first correction of an entry has its page read at once. After that it may be a counter that changes: each reading
/// has the next one wait twice as long, from this on.
const READ_AGAIN: Duration = Duration::from_hours(1);
/// But never longer than this.
const READ_AGAIN_MOST: Duration = Duration::from_hours(24 * 7);
/// Failures that a host is let off in one poll.
const MAX_FAILURES: u32 = 3;
/// The longest text that is kept of a page, in bytes.
const MAX_TEXT: usize = 256 * 1024;
/// The longest value that is kept beside it, and how many of a kind.
const MAX_VALUE: usize = 4 * 1024;
const MAX_VALUES: usize = 50;

/// How many pages of entries a poll of this source may ask for.
pub(super) fn budget(source: &Source) -> u32 {
    if source.detail.is_some() { BUDGET } else { 0 }
}

/// The addresses of a document's entries.
pub(super) fn addresses(source: &Source, document: &Document, read: &Extracted) -> Vec<Url> {
    let of = |entry| address_of(source, document, entry);
    read.entries.iter().filter_map(of).collect()
}

/// Where the page of an entry is, in the spelling that it is published in.
fn address_of(source: &Source, document: &Document, entry: &RawEntry) -> Option<Url> {
    let base = entry.base.as_ref().unwrap_or(&document.url);
    let base = source.location.public_base(base);
    let link = source.location.without_key(entry.link.as_deref()?);
    normalize::canonical(&link, &base)
}

/// Where the page of an entry is. In a source whose address is a secret the address that is published is not the one that
/// is asked: relative links start from the secret, which nobody may see.
#[derive(Clone, Debug)]
pub struct EntryPage {
    /// The address that is published.
    pub url: Url,
    /// The address that is asked.
    pub request: PublicUrl,
}

impl EntryPage {
    /// Finds the page that `entry` of `document` leads to.
    pub fn of(source: &Source, document: &Document, entry: &RawEntry) -> Option<Self> {
        let base = entry.base.as_ref().unwrap_or(&document.url);
        let asked = normalize::canonical(entry.link.as_deref()?, base)?;
        Some(Self {
            url: address_of(source, document, entry)?,
            request: same_login(&address(&source.location), &asked),
        })
    }

    /// The address that is asked, without what we log in with: as a document from there has it.
    fn asked(&self) -> Url {
        without_user(self.request.expose())
    }

    /// Moves the page to the address that is published, so that nothing relative in it repeats a secret.
    pub fn published(&self, source: &Source, page: Document) -> Document {
        let url = if page.url == self.asked() {
            self.url.clone()
        } else {
            source.location.public_base(&page.url)
        };
        let body = source.location.without_key_bytes(page.body);
        Document { url, body, ..page }
    }
}

/// An entry that leads to a page of its own.
struct Listed {
    /// Which page of the list, and which entry of it.
    place: (usize, usize),
    page: EntryPage,
    hash: Hash,
}

impl Listed {
    /// The address that is published, by which the page is known.
    fn url(&self) -> &Url {
        &self.page.url
    }
}

/// What is to be done about the page of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    /// It is known, or given up.
    Settled,
    /// It is to be asked for.
    Ask,
    /// It is to be asked for, but not before this.
    Wait(Timestamp),
}

/// What is to be done about the page of an entry of this hash at `at`; `rules` tell how it would be read.
fn decide(kept: Option<&KeptDetail>, entry: Hash, rules: Hash, at: Timestamp) -> Decision {
    let until = |time: Timestamp| {
        // A wait longer than any comes from a clock that was ahead.
        if time <= at || time > at + READ_AGAIN_MOST {
            Decision::Ask
        } else {
            Decision::Wait(time)
        }
    };
    match kept {
        None => Decision::Ask,
        Some(kept) if kept.rules != rules => Decision::Ask,
        Some(kept) if kept.entry != entry => until(not_before(kept, at)),
        Some(kept) => kept.next_try.map_or(Decision::Settled, until),
    }
}

/// When the page of an entry that has changed may be read again.
fn not_before(kept: &KeptDetail, at: Timestamp) -> Timestamp {
    let (Some(read_at), Some(doublings)) = (kept.read_at, kept.readings.checked_sub(2)) else {
        return at;
    };
    let wait = READ_AGAIN.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX));
    read_at + wait.min(READ_AGAIN_MOST)
}

/// When a page that failed for the `tries`th time is asked for again, if ever: what is gone stays so.
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

/// Why the page of an entry could not be had.
struct Failed {
    reason: String,
    http_status: Option<u16>,
    retry_after: Option<Duration>,
    /// Whether it says something about all of its host.
    is_of_host: bool,
}

impl From<FetchError> for Failed {
    fn from(error: FetchError) -> Self {
        Self {
            reason: chain(&error),
            http_status: error.http_status(),
            retry_after: error.retry_after(),
            is_of_host: error.is_of_host(),
        }
    }
}

/// One poll's work on the pages of its entries.
struct Round<'a> {
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
    /// How many pages were asked for and not had, and the first reason.
    failed: usize,
    reason: Option<String>,
}

/// Completes the entries of a poll by what their pages say, as far as that is known or can be had now.
pub(super) async fn complete(
    poll: &PollRequest<'_>,
    fetched: &mut FetchedPages,
) -> Result<(), StoreError> {
    if poll.source.detail.is_none() || fetched.pages.is_empty() {
        return Ok(());
    }
    attach_files(poll.source, &mut fetched.pages);
    let listed = listed(poll.source, &fetched.pages);
    let addresses: Vec<String> = listed.iter().map(|one| one.url().to_string()).collect();
    let (id, wanted) = (poll.source.id.clone(), addresses.clone());
    let kept = poll.store.read(move |reader| reader.details(&id, &wanted));
    let mut round = Round {
        poll,
        rules: rules(poll.source),
        lists: lists(&fetched.pages),
        kept: kept.await?,
        changed: HashSet::new(),
        // A list that fails has had enough of us.
        left: if fetched.failure.is_none() { BUDGET } else { 0 },
        failures: HashMap::new(),
        failed: 0,
        reason: None,
    };
    for one in &listed {
        round.settle(one).await;
    }
    round.finish(&listed, addresses, fetched);
    Ok(())
}

impl Round<'_> {
    async fn settle(&mut self, listed: &Listed) {
        let at = self.poll.at;
        let address = listed.url().as_str();
        let kept = self.kept.get(address);
        match decide(kept, listed.hash, self.rules, at) {
            Decision::Settled => {}
            Decision::Wait(until) => {
                if let Some(kept) = self.kept.get_mut(address)
                    && kept.next_try != Some(until)
                {
                    kept.next_try = Some(until);
                    self.changed.insert(address.to_owned());
                }
            }
            Decision::Ask if self.may_ask(listed.url()) => {
                self.left -= 1;
                match self.read(&listed.page).await {
                    Ok(read) => self.was_read(listed, read.into_detail()),
                    Err(failed) => self.failed(listed, failed),
                }
            }
            Decision::Ask => self.keep(listed, |kept| kept.next_try = Some(at)),
        }
    }

    fn may_ask(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let failures = self.failures.get(host).copied().unwrap_or_default();
        self.left > 0 && failures < MAX_FAILURES
    }

    async fn read(&self, page: &EntryPage) -> Result<EntryRead, Failed> {
        let PollRequest {
            fetcher,
            source,
            at,
            ..
        } = *self.poll;
        let check = self.poll.robots_check_of_pages();
        let request = Request::new(&page.request, at).with_robots_check(check);
        read_page(fetcher, source, page, &request, &self.lists).await
    }

    fn was_read(&mut self, listed: &Listed, detail: Detail) {
        let at = self.poll.at;
        self.keep(listed, |kept| {
            kept.detail = Some(detail);
            kept.http_status = None;
            kept.tries = 0;
            kept.readings = kept.readings.saturating_add(1);
            kept.read_at = Some(at);
            kept.next_try = None;
        });
    }

    fn failed(&mut self, listed: &Listed, failed: Failed) {
        let at = self.poll.at;
        let host = listed.url().host_str().unwrap_or_default().to_owned();
        let weight = if failed.is_of_host { MAX_FAILURES } else { 1 };
        *self.failures.entry(host).or_default() += weight;
        self.failed += 1;
        self.reason.get_or_insert(failed.reason);
        self.keep(listed, |kept| {
            kept.tries = kept.tries.saturating_add(1);
            kept.http_status = failed.http_status;
            kept.next_try = next_try(kept.tries, failed.http_status, failed.retry_after, at);
        });
    }

    /// Changes what is kept of an entry's page; of an entry that has changed failures are counted anew, and under other
    /// rules readings too.
    fn keep(&mut self, listed: &Listed, change: impl FnOnce(&mut KeptDetail)) {
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

    /// Completes the entries, and tells what is kept and what failed.
    fn finish(self, listed: &[Listed], addresses: Vec<String>, fetched: &mut FetchedPages) {
        for one in listed {
            let kept = self.kept.get(one.url().as_str());
            let Some(detail) = kept.and_then(|kept| kept.detail.clone()) else {
                continue;
            };
            complete_entry(&mut fetched.pages, one.place, detail);
        }
        let is_gone = |one: &&Listed| {
            let kept = self.kept.get(one.url().as_str());
            kept.is_some_and(|kept| kept.http_status == Some(410))
        };
        let gone: Vec<&Listed> = listed.iter().filter(is_gone).collect();
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
        fetched.details = Some(Details {
            listed: addresses,
            changed: changed.into_iter().collect(),
        });
    }
}

/// The content at the address of an entry.
enum EntryRead {
    Page(Detail),
    File(Detail),
}

impl EntryRead {
    fn into_detail(self) -> Detail {
        let (Self::Page(detail) | Self::File(detail)) = self;
        detail
    }
}

/// Fetches the page of an entry and reads it off the async threads.
async fn read_page(
    fetcher: &Fetcher,
    source: &Source,
    page: &EntryPage,
    request: &Request<'_>,
    lists: &HashSet<String>,
) -> Result<EntryRead, Failed> {
    let url = request.url;
    let document = match fetcher.page(request).await? {
        FetchedPage::Page(document) => document,
        FetchedPage::File {
            mime_type,
            length_bytes,
        } => return Ok(EntryRead::File(file(&page.url, mime_type, length_bytes))),
    };
    let failed = |reason: String| Failed {
        reason: format!("{url}: {reason}"),
        http_status: None,
        retry_after: None,
        is_of_host: false,
    };
    if lists.contains(place(&document.url)) {
        return Err(failed("it leads back to the list".to_owned()));
    }
    let document = page.published(source, *document);
    let (source, fields) = (source.clone(), source.detail.clone().unwrap_or_default());
    let work = tokio::task::spawn_blocking(move || extract::detail(&document, &fields, &source));
    match work.await {
        Ok(Ok(detail)) => Ok(EntryRead::Page(bounded(detail))),
        Ok(Err(error)) => Err(failed(chain(&error))),
        Err(_) => Err(failed("it met a mistake in tidings itself".to_owned())),
    }
}

/// The outcome of reading the pages of a list's first entries.
#[derive(Debug, Default)]
pub struct SampledPages {
    /// How many entries were completed by their pages.
    pub read: usize,
    /// Addresses that turned out to be files, which are attached to their entries.
    pub files: Vec<PublicUrl>,
    /// Why others were not read.
    pub failed: Vec<String>,
}

/// Completes the first `most` entries of a document by their pages, as a poll completes all of them.
pub(in crate::flow) async fn sample(
    fetcher: &Fetcher,
    source: &Source,
    page: &mut (Document, Extracted),
    most: usize,
    at: Timestamp,
) -> SampledPages {
    let pages = std::slice::from_mut(page);
    attach_files(source, pages);
    let lists = lists(pages);
    let mut sampled = SampledPages::default();
    for one in listed(source, pages).into_iter().take(most) {
        let request = Request::new(&one.page.request, at);
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

/// Completes the entry at a place of the list by its page.
fn complete_entry(
    pages: &mut [(Document, Extracted)],
    (page, entry): (usize, usize),
    detail: Detail,
) {
    let page = pages.get_mut(page);
    if let Some(entry) = page.and_then(|(_, read)| read.entries.get_mut(entry)) {
        *entry = detail.complete(std::mem::take(entry));
    }
}

/// What the reading of pages depends on.
fn rules(source: &Source) -> Hash {
    let Source {
        detail,
        remove,
        replace,
        charset,
        ..
    } = source;
    Hash::of(format!("{detail:?} {remove:?} {replace:?} {charset:?}").as_bytes())
}

/// The entries that lead to pages of their own, in the order of the list. Where several differing entries lead, or the
/// list itself is, stands nothing about one of them.
fn listed(source: &Source, pages: &[(Document, Extracted)]) -> Vec<Listed> {
    let lists = lists(pages);
    let mut titles: HashMap<String, (String, bool)> = HashMap::new();
    let mut found = Vec::new();
    for (number, (document, read)) in pages.iter().enumerate() {
        for (position, entry) in read.entries.iter().enumerate() {
            let Some(page) = EntryPage::of(source, document, entry) else {
                continue;
            };
            let asked = page.asked();
            if lists.contains(place(&asked)) || file_type(&page.url).is_some() {
                continue;
            }
            let title = entry.title.as_ref().map_or("", RawText::as_str).trim();
            let known = titles.entry(place(&asked).to_owned());
            let (first, differ) = known.or_insert_with(|| (title.to_owned(), false));
            *differ |= first != title;
            found.push(Listed {
                place: (number, position),
                hash: entry_hash(source, document, entry),
                page,
            });
        }
    }
    let mut seen = HashSet::new();
    found.retain(|one| {
        let own = titles.get(place(&one.page.asked()));
        own.is_some_and(|(_, differ)| !differ) && seen.insert(one.url().clone())
    });
    found
}

fn lists(pages: &[(Document, Extracted)]) -> HashSet<String> {
    let own = |(list, _): &(Document, Extracted)| place(&list.url).to_owned();
    pages.iter().map(own).collect()
}

/// What of an address a request asks for.
fn place(url: &Url) -> &str {
    &url[..Position::AfterQuery]
}

/// What the list itself says of an entry, apart from what changes with the time of reading.
fn entry_hash(source: &Source, document: &Document, entry: &RawEntry) -> Hash {
    let hints = Hints {
        language: source.language.as_ref(),
        order: source.date_order,
        learned: None,
        zone: source.zone,
        now: document.fetched_at,
    };
    let lasting = |text: &&str| {
        let read = dates::of_field(text, &hints);
        read.is_none_or(|read| read.basis == Basis::Stated)
    };
    let texts = [&entry.title, &entry.summary, &entry.content];
    let texts = texts.map(|text| text.as_ref().map_or("", RawText::as_str));
    let dates = [&entry.published, &entry.updated];
    let dates = dates.map(|date| date.as_deref().filter(lasting).unwrap_or_default());
    Hash::of_parts(texts.into_iter().chain(dates))
}

/// Gives entries that lead to a file that file, where they do not have it.
fn attach_files(source: &Source, pages: &mut [(Document, Extracted)]) {
    for (document, read) in pages {
        for entry in &mut read.entries {
            let Some(url) = address_of(source, document, entry) else {
                continue;
            };
            let Some(mime_type) = file_type(&url) else {
                continue;
            };
            let base = entry.base.as_ref().unwrap_or(&document.url);
            let is_it = |file: &RawEnclosure| {
                [normalize::file_address, normalize::canonical]
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

/// What an entry has whose address turned out to be a file.
fn file(url: &Url, mime_type: String, length_bytes: Option<u64>) -> Detail {
    let file = RawEnclosure {
        url: url.to_string(),
        title: None,
        mime_type: Some(mime_type),
        length_bytes: length_bytes.map(|length| length.to_string()),
        duration: None,
    };
    Detail {
        enclosures: vec![file],
        ..Detail::default()
    }
}

/// What is kept of a page, cut where it is longer than any that people write.
fn bounded(mut detail: Detail) -> Detail {
    for text in [&mut detail.title, &mut detail.summary, &mut detail.content] {
        if let Some(RawText::Plain(text) | RawText::Html(text) | RawText::Unsaid(text)) = text {
            cut(text, MAX_TEXT);
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

fn cut(text: &mut String, limit: usize) {
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
        Hash::of(text.as_bytes())
    }

    /// Read at noon, `readings` times.
    fn kept(readings: u32) -> KeptDetail {
        KeptDetail {
            entry: hash("entry"),
            rules: hash("rules"),
            detail: Some(Detail::default()),
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
            let found = decide(kept, hash(entry), hash("rules"), at(hours));
            assert_eq!(found, expected, "{entry} after {hours} hours");
        };
        check(None, "entry", 0, Decision::Ask);
        check(Some(&kept(1)), "entry", 10_000, Decision::Settled);
        check(Some(&kept(1)), "changed", 0, Decision::Ask);
        // What changes whenever it is looked at is a counter.
        check(Some(&kept(2)), "changed", 0, Decision::Wait(at(1)));
        check(Some(&kept(2)), "changed", 1, Decision::Ask);
        check(Some(&kept(5)), "changed", 1, Decision::Wait(at(8)));
        check(
            Some(&kept(u32::MAX)),
            "changed",
            1,
            Decision::Wait(at(24 * 7)),
        );
        let failed = KeptDetail {
            next_try: Some(at(1)),
            ..kept(0)
        };
        check(Some(&failed), "entry", 0, Decision::Wait(at(1)));
        check(Some(&failed), "entry", 1, Decision::Ask);
        // No wait is longer than a week: the clock was set back.
        let of_the_future = KeptDetail {
            next_try: Some(at(24 * 7 + 1)),
            ..kept(0)
        };
        check(Some(&of_the_future), "entry", 0, Decision::Ask);
        let read = kept(9);
        let by_others = decide(Some(&read), hash("entry"), hash("other rules"), at(0));
        assert_eq!(by_others, Decision::Ask);
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

    /// Entries as `guid|link|title|date`, and the addresses whose pages are of interest.
    fn check_listed(entries: &[&str], expected: &[&str]) {
        let pages = [entry::page(entries)];
        let listed = listed(&source(), &pages);
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
        assert_eq!(listed(&source(), &pages).len(), 0);
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
        let detail = Detail {
            content: Some(RawText::Html(long.clone())),
            link: Some(long.clone()),
            tags: vec![long.into(), "short".to_owned().into()],
            ..Detail::default()
        };
        let detail = bounded(detail);
        assert_eq!(
            detail.content.map(|text| text.as_str().len()),
            Some(MAX_TEXT)
        );
        assert_eq!((detail.link, detail.tags.len()), (None, 1));
    }
}
