//! Walks a list from its first page back, as far as there is news.
//!
//! In: a source, and its stored state. Out: the documents with their entries, each entry once, and the
//! validators for the next requests. Every page is requested at the pace of its host.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use url::Url;

use super::details;
use super::digest::{FetchedPages, FirstDocument};
use super::failure::PollFailure;
use crate::config::RobotsPolicy;
use crate::extract::{self, ExtractError};
use crate::fetch::{FetchOutcome, FetchRequest, Fetcher, RobotsCheck};
use crate::flow::request_address;
use crate::model::{
    Document, Extracted, Hash, Language, Layout, Pages, Problem, PublicUrl, Source, SourceId,
    Timestamp, Validators,
};
use crate::normalize::{self, EntryIdentity};
use crate::store::{KeptLayout, ListWalk, Store, StoreError, StoreReader};

/// The stored state of a source before a poll.
pub(in crate::flow) struct KnownState {
    pub(super) walk: ListWalk,
    /// True if the source was not polled for long.
    is_overdue: bool,
    /// Validators by the hash of the address.
    held: HashMap<Hash, Validators>,
    /// Addresses of entries whose pages still have to be fetched.
    owed: HashSet<String>,
    /// The layout that read the page before.
    kept: Option<KeptLayout>,
    /// The language of most of the source's items.
    usual_language: Option<Language>,
}

impl KnownState {
    pub(in crate::flow) fn load(
        reader: &StoreReader,
        source: &SourceId,
        (fingerprint, block): (Hash, Hash),
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            walk: reader.next_walk(source)?,
            is_overdue: reader.is_overdue(source, at)?,
            held: reader.validators(source, fingerprint, at)?,
            owed: reader.owed_details(source, at)?,
            kept: reader.kept_layout(source, block)?,
            usual_language: reader.usual_language(source)?,
        })
    }

    /// Returns the source with its kept layout and language. A layout in its block takes precedence.
    pub(in crate::flow) fn source_as_kept<'s>(&self, source: &'s Source) -> Cow<'s, Source> {
        let kept = self.kept.as_ref().filter(|_| source.layout.is_none());
        if kept.is_none() && self.usual_language.is_none() {
            return Cow::Borrowed(source);
        }
        let mut reading = source.clone();
        reading.usual_language.clone_from(&self.usual_language);
        if let Some(kept) = kept {
            reading.layout = Some(kept.layout.clone());
        }
        Cow::Owned(reading)
    }
}

/// One poll of one source.
pub(super) struct PollRequest<'a> {
    pub(super) fetcher: &'a Fetcher,
    pub(super) store: &'a Store,
    /// The policy for obeying robots.txt.
    pub(super) robots: RobotsPolicy,
    pub(super) source: &'a Source,
    pub(super) at: Timestamp,
}

/// A page of a list as it was read.
struct ListPage {
    document: Document,
    extracted: Extracted,
    /// The identities of its entries; empty if no page follows.
    identities: Vec<Option<EntryIdentity>>,
}

/// The addresses that a walk visits, each once.
struct WalkRoute {
    next: Option<PublicUrl>,
    /// Documents that an index names.
    parts: VecDeque<PublicUrl>,
    asked: HashSet<Url>,
}

impl WalkRoute {
    fn starting_at(first: PublicUrl) -> Self {
        Self {
            next: Some(first),
            parts: VecDeque::new(),
            asked: HashSet::new(),
        }
    }

    /// Returns the next address, and true if it is part of an index.
    fn take_next(&mut self) -> Option<(PublicUrl, bool)> {
        loop {
            let is_part = self.next.is_none();
            let url = self.next.take().or_else(|| self.parts.pop_front())?;
            if self.asked.insert(url.expose().clone()) {
                return Some((url, is_part));
            }
        }
    }

    /// Adds the documents that an index names, up to `most` in all.
    fn add_parts(&mut self, first: &PublicUrl, index: &Extracted, most: usize) {
        // The index itself does not count.
        let known = self.asked.len() - 1 + self.parts.len();
        let named = index.follow.iter().take(most.saturating_sub(known));
        self.parts
            .extend(named.map(|part| with_same_login(first, part)));
    }
}

/// The numbers of documents that an index names.
#[derive(Default)]
struct IndexParts {
    /// Documents that were read, or are unchanged.
    read: usize,
    unread: usize,
    /// The reason why the first of these was not read.
    first: Option<PollFailure>,
}

impl IndexParts {
    fn record_failure(&mut self, failure: PollFailure) {
        self.unread += 1;
        self.first.get_or_insert(failure);
    }

    /// Reports an index with no readable document as a failure, and one read in part as a problem.
    fn report_failures(self, fetched: &mut FetchedPages) {
        let Some(first) = self.first.filter(|_| fetched.failure.is_none()) else {
            return;
        };
        if self.read == 0 {
            let (parts, first) = (self.unread, Box::new(first));
            fetched.failure = Some(PollFailure::Parts { parts, first });
            return;
        }
        fetched.problems.push(Problem::Parts {
            unread: self.unread,
            parts: self.read + self.unread,
            reason: first.reason(),
        });
    }
}

/// Returns the number of pages that may follow the first: more if entries are wanted that the first pages may
/// have lost.
fn pages_after_first(pages: Option<&Pages>, walk: ListWalk, wants_older: bool) -> u32 {
    pages.map_or(0, |pages| match walk {
        ListWalk::Ordinary if !wants_older => pages.last,
        ListWalk::Ordinary | ListWalk::First | ListWalk::CatchingUp => {
            pages.last.max(pages.backfill)
        }
    })
}

/// The new entries on a page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PageNews {
    /// Entries that no earlier page of this walk contained.
    fresh: usize,
    /// Of these, the entries that the store does not know.
    news: usize,
}

/// Returns true if the page after this one is fetched: never after an empty or repeated page, which is how
/// servers answer past the end; otherwise while there is news, or older entries are wanted.
fn should_continue(brought: PageNews, owes: bool) -> bool {
    brought.fresh > 0 && (brought.news > 0 || owes)
}

impl PollRequest<'_> {
    /// Returns the most requests that the poll may take.
    pub(super) fn max_requests(&self, known: &KnownState) -> u32 {
        // The first two are the document and robots.txt.
        2 + self.max_depth(known).max(self.source.parts_per_poll())
            + details::page_budget(self.source)
    }

    fn max_depth(&self, known: &KnownState) -> u32 {
        let owes = self.source.detail.is_some() && !known.owed.is_empty();
        let wants_older = owes || known.is_overdue;
        pages_after_first(self.source.pages.as_ref(), known.walk, wants_older)
    }

    /// Fetches and reads the source's document and the pages that follow it, as far as there is news, then the
    /// pages of entries that are wanted.
    pub(super) async fn gather_pages(&self, known: KnownState) -> Result<FetchedPages, StoreError> {
        let depth = self.max_depth(&known);
        let KnownState {
            held,
            mut owed,
            walk,
            kept,
            ..
        } = known;
        if self.source.detail.is_none() {
            owed.clear();
        }
        // An unchanged list would hide entries whose pages are still to be fetched.
        let held = if owed.is_empty() {
            held
        } else {
            HashMap::new()
        };
        let first = request_address(&self.source.location);
        let usual = self.source.pages.as_ref().map_or(0, |pages| pages.last);
        let mut fetched = FetchedPages {
            walked_back: depth > usual || walk != ListWalk::Ordinary,
            kept,
            ..FetchedPages::default()
        };
        let mut seen = HashSet::new();
        let mut route = WalkRoute::starting_at(first.clone());
        let mut parts = IndexParts::default();
        while fetched.failure.is_none()
            && let Some((url, is_part)) = route.take_next()
        {
            let number = route.asked.len();
            let page = match self.fetch_page(&url, &held, &mut fetched).await {
                Ok(page) => page,
                Err(failure) if is_part && !failure.is_of_host() => {
                    // A 304 must not hide a document that could not be read.
                    let key = url.expose().as_str();
                    fetched.validators.retain(|(known, _)| known != key);
                    parts.record_failure(failure);
                    continue;
                }
                Err(failure) => {
                    let is_end = !is_part && number > 1 && failure.ends_the_list();
                    fetched.failure = (!is_end).then_some(failure);
                    continue;
                }
            };
            let is_index = page.as_ref().is_some_and(|page| page.extracted.is_index());
            parts.read += usize::from(is_part && !is_index);
            // The pages that follow an unchanged page were read together with it.
            let Some(page) = page else { continue };
            if is_index {
                // The index is fetched in full the next time: its documents may change while it does not.
                fetched.validators.pop();
                route.add_parts(
                    &first,
                    &page.extracted,
                    self.source.parts_per_poll() as usize,
                );
                continue;
            }
            let further = u32::try_from(number).unwrap_or(u32::MAX);
            let page = drop_repeated_entries(page, &mut seen);
            let brought = self.page_news(&page).await?;
            for listed in details::entry_addresses(self.source, &page.document, &page.extracted) {
                owed.remove(listed.as_str());
            }
            if further <= depth && should_continue(brought, !owed.is_empty()) {
                route.next = self.following_page(&first, &fetched, &page, further);
            }
            if is_part || brought.fresh > 0 || fetched.pages.is_empty() {
                fetched.pages.push((page.document, page.extracted));
            }
        }
        parts.report_failures(&mut fetched);
        Box::pin(details::complete_entries(self, &mut fetched)).await?;
        Ok(fetched)
    }

    /// Returns the address of the page that follows `page`, which comes `further` pages after the first.
    fn following_page(
        &self,
        first: &PublicUrl,
        fetched: &FetchedPages,
        page: &ListPage,
        further: u32,
    ) -> Option<PublicUrl> {
        let list = fetched
            .pages
            .first()
            .map_or(&page.document, |(list, _)| list);
        let pages = self.source.pages.as_ref()?;
        let counted = pages.page_url(&list.url, further);
        let next = counted.or_else(|| page.extracted.follow.first().cloned())?;
        Some(with_same_login(first, &next))
    }

    /// As [`Self::robots_check`], for the pages of entries, which are scraped whatever lists them.
    pub(super) fn robots_check_of_pages(&self) -> RobotsCheck {
        match self.robots {
            RobotsPolicy::Pages | RobotsPolicy::Always => RobotsCheck::Required,
            RobotsPolicy::Never => RobotsCheck::Skipped,
        }
    }

    /// Returns whether robots.txt decides about the source's documents, or the operator who named them.
    fn robots_check(&self) -> RobotsCheck {
        if self.robots.covers(&self.source.reading) {
            RobotsCheck::Required
        } else {
            RobotsCheck::Skipped
        }
    }

    /// Returns the source for reading the next page: with the layout of the first one.
    fn source_with_layout(&self, layout: Option<&Layout>) -> Source {
        let mut source = self.source.clone();
        if let Some(layout) = layout {
            source.layout = Some(layout.clone());
        }
        source
    }

    async fn page_news(&self, page: &ListPage) -> Result<PageNews, StoreError> {
        let keys: HashSet<_> = page
            .identities
            .iter()
            .flatten()
            .map(|one| one.key.clone())
            .collect();
        let fresh = keys.len();
        if fresh == 0 {
            return Ok(PageNews { fresh, news: 0 });
        }
        let id = self.source.id.clone();
        let keys = keys.into_iter().collect();
        let known = self
            .store
            .read(move |reader| reader.known_keys(&id, keys))
            .await?;
        Ok(PageNews {
            fresh,
            news: fresh - known.len(),
        })
    }

    /// Fetches one page; `None` if it has not changed.
    async fn fetch_page(
        &self,
        url: &PublicUrl,
        held: &HashMap<Hash, Validators>,
        fetched: &mut FetchedPages,
    ) -> Result<Option<ListPage>, PollFailure> {
        let key = url.expose().to_string();
        let known = held.get(&Hash::digest(key.as_bytes()));
        let known = known.cloned().unwrap_or_default();
        let request = FetchRequest {
            url,
            held: &known,
            robots_check: self.robots_check(),
            now: self.at,
        };
        let answer = self.fetcher.fetch_from(self.source, &request).await;
        match answer.map_err(PollFailure::Fetch)? {
            FetchOutcome::Unchanged(new) => {
                fetched.renewed |= !new.requests_same_as(&known);
                fetched.validators.push((key, new));
                Ok(None)
            }
            FetchOutcome::Changed(document, new) => {
                let is_first = fetched.validators.is_empty();
                fetched.validators.push((key, new));
                let shown = url.with_url(document.url.clone()).to_string();
                let source = self.source_with_layout(fetched.layout.as_ref());
                let (first, read) = read_first_page(source, Arc::from(document), shown).await;
                if is_first {
                    fetched.first = first;
                    let page = read.as_ref().ok();
                    fetched.layout = page.and_then(|page| page.extracted.layout.clone());
                }
                read.map(Some)
            }
        }
    }
}

/// Returns an address in a document with the login restored. A document's own address lacks credentials, but
/// the same server needs them again for the next page.
pub(super) fn with_same_login(first: &PublicUrl, next: &Url) -> PublicUrl {
    let (from, mut next) = (first.expose(), next.clone());
    if next.origin() == from.origin() {
        let set = next
            .set_username(from.username())
            .and_then(|()| next.set_password(from.password()));
        debug_assert!(set.is_ok(), "both are addresses on the web");
    }
    first.with_url(next)
}

/// Reads a document off the async threads, with the data that the source is judged by in case it is the first.
async fn read_first_page(
    source: Source,
    document: Arc<Document>,
    shown: String,
) -> (Option<FirstDocument>, Result<ListPage, PollFailure>) {
    let work = tokio::task::spawn_blocking(move || {
        let first = FirstDocument::from_document(&document, &source);
        (first, read_page(&document, &source))
    });
    match work.await {
        Ok((first, read)) => {
            let read = read.map_err(|error| PollFailure::Extract(shown, error));
            (Some(first), read)
        }
        Err(_) => (None, Err(PollFailure::Panicked)),
    }
}

fn read_page(document: &Document, source: &Source) -> Result<ListPage, ExtractError> {
    let extracted = extract::extract(document, source)?;
    // The entries contain everything that was read: a long list of pages must not keep all bodies in memory.
    let document = document.without_body();
    let identities = match source.pages {
        Some(_) => normalize::entry_identities(source, &document, &extracted),
        None => Vec::new(),
    };
    Ok(ListPage {
        document,
        extracted,
        identities,
    })
}

/// Removes the entries that earlier pages contained: lists move on during a walk, and repeat pinned entries.
fn drop_repeated_entries(mut page: ListPage, seen: &mut HashSet<EntryIdentity>) -> ListPage {
    let is_first = seen.is_empty();
    let is_fresh = |identity: &Option<EntryIdentity>| match identity {
        Some(identity) => is_first || !seen.contains(identity),
        None => true,
    };
    let fresh: Vec<bool> = page.identities.iter().map(is_fresh).collect();
    seen.extend(page.identities.iter().flatten().cloned());
    if fresh.contains(&false) {
        let mut keep = fresh.iter();
        page.extracted
            .entries
            .retain(|_| keep.next() != Some(&false));
        let mut keep = fresh.iter();
        page.identities.retain(|_| keep.next() != Some(&false));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PageWay;

    fn pages() -> Pages {
        Pages {
            way: PageWay::Rel,
            last: 2,
            backfill: 20,
        }
    }

    #[test]
    fn the_first_poll_goes_further_back_than_later_ones() {
        let check = |walk, wants_older, expected| {
            assert_eq!(
                pages_after_first(Some(&pages()), walk, wants_older),
                expected,
                "{walk:?}"
            );
        };
        check(ListWalk::First, false, 20);
        check(ListWalk::CatchingUp, false, 20);
        check(ListWalk::Ordinary, false, 2);
        check(ListWalk::Ordinary, true, 20);
        assert_eq!(pages_after_first(None, ListWalk::First, true), 0);
        let shorter = Pages {
            backfill: 1,
            ..pages()
        };
        assert_eq!(pages_after_first(Some(&shorter), ListWalk::First, false), 2);
    }

    #[test]
    fn a_list_is_followed_while_it_brings_news() {
        let check = |fresh, news, owes, expected| {
            let brought = PageNews { fresh, news };
            assert_eq!(
                should_continue(brought, owes),
                expected,
                "{brought:?} {owes}"
            );
        };
        check(10, 10, false, true);
        check(10, 1, false, true);
        check(10, 0, false, false);
        check(10, 0, true, true);
        // Empty, or the same page again.
        check(0, 0, false, false);
        check(0, 0, true, false);
    }

    #[test]
    fn the_next_page_is_logged_in_to_where_the_first_is() {
        let check = |next: &str, asked: &str| {
            let first = PublicUrl::new("https://ana:p%40w@host.example/list".parse().unwrap());
            let page = with_same_login(&first, &next.parse().unwrap());
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
