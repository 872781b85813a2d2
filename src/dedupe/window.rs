//! Keeps the items that new ones are compared with: the newest, in memory of a fixed size.
//!
//! In: fingerprints, in the order in which the items are judged. Out: for each, the story that it reports, and why.
//! The window keeps an item's keys and, in a ring of fixed size, its words; words that have left the ring are fetched
//! from the caller. Time and memory per item are the same at the first and at the millionth.

use rustc_hash::FxHashMap;

use super::align::AnchorIndex;
use super::fingerprint::{Fingerprint, ItemTokens, ItemTokensRef, LookupKeys};
use super::guards::Guard;
use super::judge::{ComparedKeys, ComparedSide, DuplicateEvidence, DuplicateVerdict, judge_pair};
use super::postings::Postings;
use super::tokens::WordToken;

/// The capacity of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowLimits {
    /// Number of items.
    pub items: usize,
    /// Number of words of items, four bytes each.
    pub words: usize,
}

impl Default for WindowLimits {
    fn default() -> Self {
        Self {
            items: 1 << 16,
            words: 1 << 22,
        }
    }
}

/// The decision on an item. Items and stories are the numbers given by the caller; a story has that of its founding
/// item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateDecision {
    /// The story that it reports: its own number if it founds one.
    pub story: u64,
    /// The item that it was joined to, and the evidence.
    pub joined: Option<(u64, DuplicateEvidence)>,
    /// The most similar item that a guard keeps apart, and the guard.
    pub refused: Option<(u64, Guard)>,
    /// An item with the same content in another language.
    pub alternate: Option<u64>,
    /// Other stories that it would have joined as well, and whose items no guard keeps apart from it.
    pub also: Vec<u64>,
    /// True if its address turned out to be that of a page whose content changes.
    pub rolls: bool,
}

/// Maximum number of candidates to verify.
const MAX_CANDIDATES: usize = 10;
/// Maximum number of different reports of a story to compare a new one with, and of newest reports to search for
/// them.
const MAX_REPORTS: usize = 16;
const MAX_WALK: usize = 64;
/// Number of slots in the table per item.
const KEYS_OF_AN_ITEM: usize = 16;
/// Number of addresses remembered as rolling.
const ROLLING: usize = 1 << 12;

/// The newest items.
pub struct Window {
    postings: Postings,
    entries: Vec<WindowEntry>,
    words: TokenRing,
    /// The newest report of each story.
    stories: FxHashMap<u64, u32>,
    rolling: Vec<u32>,
    /// The number of the last item, from 1.
    last: u32,
}

/// A remembered item.
#[derive(Clone, Copy, Default)]
struct WindowEntry {
    /// Its number in the window; 0 in an empty place.
    number: u32,
    /// The previous report of its story; 0 for none.
    older: u32,
    title: u16,
    length: u16,
    item: u64,
    story: u64,
    keys: ComparedKeys,
    words: u64,
}

/// A ring of words: the newest replace the oldest.
struct TokenRing {
    words: Vec<WordToken>,
    /// Total number of words ever written.
    written: u64,
}

impl TokenRing {
    fn slot_at(&self, at: u64) -> usize {
        usize::try_from(at % self.words.len() as u64).unwrap_or(0)
    }

    /// Adds words and returns their position.
    fn append_words(&mut self, words: &[WordToken]) -> u64 {
        let from = self.slot_at(self.written);
        if from + words.len() > self.words.len() {
            self.written += (self.words.len() - from) as u64;
        }
        let at = self.written;
        let from = self.slot_at(at);
        if let Some(place) = self.words.get_mut(from..from + words.len()) {
            place.copy_from_slice(words);
            self.written += words.len() as u64;
        }
        at
    }

    fn get(&self, at: u64, length: usize) -> Option<&[WordToken]> {
        let is_whole = at <= self.written && self.written - at <= self.words.len() as u64;
        let from = self.slot_at(at);
        is_whole
            .then(|| self.words.get(from..from + length))
            .flatten()
    }
}

/// The verdict on a candidate.
struct CandidateVerdict {
    number: u32,
    verdict: DuplicateVerdict,
}

impl Window {
    /// Creates an empty window, and allocates all its memory.
    pub fn new(limits: WindowLimits) -> Self {
        let items = limits.items.max(16);
        let words = limits.words.max(1 << 10);
        Self {
            postings: Postings::new(items * KEYS_OF_AN_ITEM),
            entries: vec![WindowEntry::default(); items],
            words: TokenRing {
                words: vec![WordToken::default(); words],
                written: 0,
            },
            stories: FxHashMap::with_capacity_and_hasher(items, rustc_hash::FxBuildHasher),
            rolling: vec![0; ROLLING],
            last: 0,
        }
    }

    /// Judges `item` and remembers it. `fetch` returns the words of a remembered item that have left the ring, or
    /// `None`, in which case it is no candidate.
    pub fn decide(
        &mut self,
        item: u64,
        fingerprint: &Fingerprint,
        fetch: impl FnMut(u64) -> Option<ItemTokens>,
    ) -> DuplicateDecision {
        let decision = self.judge(item, fingerprint, fetch);
        self.remember(item, decision.story, fingerprint);
        decision
    }

    /// Returns the decision that [`Window::decide`] would make, and remembers nothing.
    pub fn judge(
        &self,
        item: u64,
        fingerprint: &Fingerprint,
        mut fetch: impl FnMut(u64) -> Option<ItemTokens>,
    ) -> DuplicateDecision {
        let texts = fingerprint.reading.borrow_tokens();
        let mut judging = ItemJudgement {
            window: self,
            item,
            side: ComparedSide {
                keys: ComparedKeys::of(&fingerprint.keys),
                texts,
            },
            index: AnchorIndex::from_tokens(texts.body),
            seen: Vec::with_capacity(MAX_CANDIDATES),
            fetch: &mut fetch,
        };
        judging.decide(&fingerprint.keys)
    }

    /// Remembers an item whose story is known, when the window is filled from the store, with its words if available.
    pub fn insert(
        &mut self,
        item: u64,
        story: u64,
        keys: &LookupKeys,
        reading: Option<&ItemTokens>,
    ) {
        self.push_item(item, story, keys, reading);
    }

    /// Remembers an item that was judged.
    pub fn remember(&mut self, item: u64, story: u64, fingerprint: &Fingerprint) {
        self.push_item(item, story, &fingerprint.keys, Some(&fingerprint.reading));
    }

    /// Replaces the remembered reading of an item of `story`; an item that was forgotten is remembered again.
    pub fn revise(&mut self, item: u64, story: u64, fingerprint: &Fingerprint) {
        let Some(number) = self.number_of(item, story) else {
            return self.push_item(item, story, &fingerprint.keys, Some(&fingerprint.reading));
        };
        let Fingerprint { keys, reading } = fingerprint;
        self.mark_rolling(keys.address, story);
        let words = self.words.append_words(&reading.tokens);
        let place = self.slot_of(number);
        let entry = &mut self.entries[place];
        (entry.title, entry.length) = (
            to_short_length(reading.title),
            to_short_length(reading.tokens.len()),
        );
        (entry.keys, entry.words) = (ComparedKeys::of(keys), words);
        for key in all_keys(keys) {
            self.postings.insert(key, number);
        }
    }

    /// Returns true if a guard keeps a report of one story apart from one of another: they are then two, however
    /// similar.
    pub fn are_apart(
        &self,
        one: u64,
        other: u64,
        mut fetch: impl FnMut(u64) -> Option<ItemTokens>,
    ) -> bool {
        let others: Vec<RecalledItem> = self.recall_reports(other, &mut fetch);
        self.recall_reports(one, &mut fetch).iter().any(|one| {
            let index = AnchorIndex::from_tokens(one.reading.borrow_tokens().body);
            let refuses = |other: &RecalledItem| {
                let verdict = judge_pair(&one.as_side(), &index, &other.as_side(), true);
                matches!(verdict, DuplicateVerdict::Refused(_))
            };
            others.iter().any(refuses)
        })
    }

    /// Returns the newest differing reports of a story, as many as a new one would be compared with.
    fn recall_reports(
        &self,
        story: u64,
        fetch: &mut impl FnMut(u64) -> Option<ItemTokens>,
    ) -> Vec<RecalledItem> {
        let mut contents = Vec::with_capacity(MAX_REPORTS);
        let differ = |entry: &&WindowEntry| {
            let is_other = !contents.contains(&entry.keys.content);
            contents.push(entry.keys.content);
            is_other
        };
        let differing = self.story_reports(story).take(MAX_WALK).filter(differ);
        let recalled = differing.take(MAX_REPORTS);
        recalled
            .filter_map(|entry| self.recall_item(entry, fetch))
            .collect()
    }

    fn recall_item(
        &self,
        entry: &WindowEntry,
        fetch: &mut impl FnMut(u64) -> Option<ItemTokens>,
    ) -> Option<RecalledItem> {
        let words = self.words.get(entry.words, entry.length.into());
        let reading = words.map(|words| ItemTokens {
            tokens: words.to_vec(),
            title: entry.title.into(),
        });
        let reading = reading.or_else(|| fetch(entry.item))?;
        Some(RecalledItem {
            keys: entry.keys,
            reading,
        })
    }

    /// Moves the reports of `other` to `kept`, because two stories turned out to be one.
    pub fn merge_stories(&mut self, kept: u64, other: u64) {
        let both = self.story_reports(kept).chain(self.story_reports(other));
        let numbers = both.map(|entry| entry.number).collect();
        self.stories.remove(&other);
        self.link_reports(kept, numbers);
    }

    /// Moves the report `item` from `from` to `to`, as decided by hand.
    pub fn move_report(&mut self, item: u64, from: u64, to: u64) {
        let own = |entry: &&WindowEntry| entry.item == item;
        let moved: Vec<u32> = self
            .story_reports(from)
            .filter(own)
            .map(|entry| entry.number)
            .collect();
        let there = self.story_reports(to).map(|entry| entry.number);
        let there = there.chain(moved.iter().copied()).collect();
        let others = self.story_reports(from).filter(|entry| !own(entry));
        let others = others.map(|entry| entry.number).collect();
        self.link_reports(from, others);
        self.link_reports(to, there);
    }

    /// Returns true if `item` is remembered as a report of `story`.
    pub fn has_report(&self, item: u64, story: u64) -> bool {
        self.number_of(item, story).is_some()
    }

    fn number_of(&self, item: u64, story: u64) -> Option<u32> {
        let mut reports = self.story_reports(story);
        let held = reports.find(|entry| entry.item == item)?;
        Some(held.number)
    }

    /// Returns true if a report of `story` is remembered.
    pub fn has_story(&self, story: u64) -> bool {
        self.stories.contains_key(&story)
    }

    fn push_item(
        &mut self,
        item: u64,
        story: u64,
        keys: &LookupKeys,
        reading: Option<&ItemTokens>,
    ) {
        self.last = self.last.wrapping_add(1).max(1);
        let number = self.last;
        let place = self.slot_of(number);
        self.forget_oldest(place);
        self.mark_rolling(keys.address, story);
        let older = self.stories.insert(story, number).unwrap_or(0);
        let (words, length) = reading.map_or((u64::MAX, 0), |reading| {
            (
                self.words.append_words(&reading.tokens),
                reading.tokens.len(),
            )
        });
        self.entries[place] = WindowEntry {
            number,
            older,
            title: to_short_length(reading.map_or(0, |reading| reading.title)),
            length: to_short_length(length),
            item,
            story,
            keys: ComparedKeys::of(keys),
            words,
        };
        for key in all_keys(keys) {
            self.postings.insert(key, number);
        }
    }

    /// Forgets the oldest item, to make room for a new one, and its story with its last report.
    fn forget_oldest(&mut self, place: usize) {
        let Some(entry) = self.entries.get(place) else {
            return;
        };
        if self.stories.get(&entry.story) == Some(&entry.number) {
            self.stories.remove(&entry.story);
        }
    }

    /// Returns the remembered reports of a story, the newest first.
    fn story_reports(&self, story: u64) -> impl Iterator<Item = &WindowEntry> {
        let newest = self
            .stories
            .get(&story)
            .and_then(|number| self.entry(*number));
        std::iter::successors(newest, |entry| self.entry(entry.older))
    }

    fn slot_of(&self, number: u32) -> usize {
        number as usize % self.entries.len()
    }

    fn entry(&self, number: u32) -> Option<&WindowEntry> {
        let entry = self.entries.get(self.slot_of(number))?;
        (entry.number == number && number != 0).then_some(entry)
    }

    /// Makes these items the only remembered reports of a story.
    fn link_reports(&mut self, story: u64, mut numbers: Vec<u32>) {
        numbers.sort_unstable();
        let mut older = 0;
        for number in numbers {
            let place = self.slot_of(number);
            if let Some(entry) = self.entries.get_mut(place) {
                (entry.story, entry.older) = (story, older);
                older = number;
            }
        }
        if older == 0 {
            self.stories.remove(&story);
        } else {
            self.stories.insert(story, older);
        }
    }

    fn is_rolling_address(&self, address: u32) -> bool {
        let place = address as usize % self.rolling.len();
        address != 0 && self.rolling.get(place) == Some(&address)
    }

    /// Marks an address with two stories as that of a page whose content rolls.
    fn mark_rolling(&mut self, address: u32, story: u64) {
        let mut known = self
            .postings
            .find_items(address)
            .filter_map(|number| self.entry(number));
        let rolls = known.any(|entry| entry.keys.address == address && entry.story != story);
        let place = address as usize % self.rolling.len();
        if rolls && let Some(place) = self.rolling.get_mut(place) {
            *place = address;
        }
    }
}

/// The state of judging one item.
struct ItemJudgement<'a, F> {
    window: &'a Window,
    item: u64,
    side: ComparedSide<'a>,
    index: AnchorIndex,
    seen: Vec<CandidateVerdict>,
    fetch: &'a mut F,
}

/// A copy of a remembered item.
struct RecalledItem {
    keys: ComparedKeys,
    reading: ItemTokens,
}

impl RecalledItem {
    fn as_side(&self) -> ComparedSide<'_> {
        ComparedSide {
            keys: self.keys,
            texts: self.reading.borrow_tokens(),
        }
    }
}

impl<F: FnMut(u64) -> Option<ItemTokens>> ItemJudgement<'_, F> {
    fn decide(&mut self, keys: &LookupKeys) -> DuplicateDecision {
        for number in find_candidates(&self.window.postings, self.window, keys) {
            self.verdict(number);
        }
        let mut decision = DuplicateDecision {
            story: self.item,
            joined: None,
            refused: None,
            alternate: None,
            also: Vec::new(),
            rolls: self
                .seen
                .iter()
                .any(|found| found.verdict == DuplicateVerdict::Rolled),
        };
        let mut accepted: Vec<(u32, DuplicateEvidence)> = Vec::new();
        for found in &self.seen {
            let Some(entry) = self.window.entry(found.number) else {
                continue;
            };
            match found.verdict {
                DuplicateVerdict::One(evidence) => accepted.push((found.number, evidence)),
                DuplicateVerdict::Refused(guard) => {
                    decision.refused = decision.refused.or(Some((entry.item, guard)));
                }
                DuplicateVerdict::Alternate => {
                    decision.alternate = decision.alternate.or(Some(entry.item));
                }
                DuplicateVerdict::Rolled | DuplicateVerdict::Unlike => {}
            }
        }
        // The strongest evidence comes first, and equal evidence in the order of the candidates.
        accepted.sort_by_key(|(_, evidence)| match evidence {
            DuplicateEvidence::Address | DuplicateEvidence::Update => 0,
            DuplicateEvidence::Twin | DuplicateEvidence::Slug | DuplicateEvidence::Title => 1,
            DuplicateEvidence::Text => 2,
        });
        for (number, evidence) in accepted {
            self.join(number, evidence, &mut decision);
        }
        decision
    }

    /// Joins the story of an accepted item, unless another report of it is kept apart.
    fn join(&mut self, number: u32, evidence: DuplicateEvidence, decision: &mut DuplicateDecision) {
        let Some(entry) = self.window.entry(number).copied() else {
            return;
        };
        let is_known = decision.joined.is_some() && decision.story == entry.story;
        if is_known || decision.also.contains(&entry.story) {
            return;
        }
        // One page is one story regardless of its earlier content, so similarity does not matter.
        let is_page = matches!(
            evidence,
            DuplicateEvidence::Address | DuplicateEvidence::Update
        );
        if !is_page && self.is_kept_apart(&entry) {
            decision.refused = decision.refused.or(Some((entry.item, Guard::Story)));
        } else if decision.joined.is_none() {
            decision.story = entry.story;
            decision.joined = Some((entry.item, evidence));
        } else {
            decision.also.push(entry.story);
        }
    }

    /// Returns true if a guard keeps the item apart from a report of the story of `accepted`. A guard that also keeps
    /// `accepted` apart from that report does not count: a corrected page has joined them.
    fn is_kept_apart(&mut self, accepted: &WindowEntry) -> bool {
        let mut contents = Vec::with_capacity(MAX_REPORTS);
        let window = self.window;
        for report in window.story_reports(accepted.story).take(MAX_WALK) {
            if contents.contains(&report.keys.content) {
                continue;
            }
            if contents.len() == MAX_REPORTS {
                break;
            }
            contents.push(report.keys.content);
            let refused = matches!(
                self.verdict(report.number),
                Some(DuplicateVerdict::Refused(_))
            );
            if refused && !self.are_apart(accepted, report) {
                return true;
            }
        }
        false
    }

    /// Returns true if a guard keeps two remembered reports apart.
    fn are_apart(&mut self, one: &WindowEntry, other: &WindowEntry) -> bool {
        let window = self.window;
        let one = window.recall_item(one, self.fetch);
        let Some((one, other)) = one.zip(window.recall_item(other, self.fetch)) else {
            return false;
        };
        let index = AnchorIndex::from_tokens(one.reading.borrow_tokens().body);
        let (one, other) = (one.as_side(), other.as_side());
        matches!(
            judge_pair(&one, &index, &other, true),
            DuplicateVerdict::Refused(_)
        )
    }

    fn verdict(&mut self, number: u32) -> Option<DuplicateVerdict> {
        if let Some(found) = self.seen.iter().find(|found| found.number == number) {
            return Some(found.verdict);
        }
        let entry = self.window.entry(number)?;
        if entry.item == self.item {
            // An earlier version of the item itself.
            return None;
        }
        let rolls = self.window.is_rolling_address(entry.keys.address);
        let verdict = if let Some(words) = self.window.words.get(entry.words, entry.length.into()) {
            let (title, body) = words.split_at_checked(entry.title.into())?;
            self.compare(entry, ItemTokensRef { title, body }, rolls)
        } else {
            let reading = (self.fetch)(entry.item)?;
            self.compare(entry, reading.borrow_tokens(), rolls)
        };
        self.seen.push(CandidateVerdict { number, verdict });
        Some(verdict)
    }

    fn compare(&self, entry: &WindowEntry, texts: ItemTokensRef, rolls: bool) -> DuplicateVerdict {
        let other = ComparedSide {
            keys: entry.keys,
            texts,
        };
        judge_pair(&self.side, &self.index, &other, rolls)
    }
}

fn to_short_length(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn all_keys(keys: &LookupKeys) -> impl Iterator<Item = u32> + '_ {
    let places = [keys.address, keys.slug, keys.page];
    let words = keys.shingles.iter().chain(&keys.translations).copied();
    places.into_iter().chain(words).filter(|key| *key != 0)
}

/// Returns the items that share most keys; address and slug count most, and the newest comes first among equals.
fn find_candidates(postings: &Postings, window: &Window, keys: &LookupKeys) -> Vec<u32> {
    let mut votes: Vec<(u32, u32)> = Vec::with_capacity(32);
    for key in all_keys(keys) {
        let weight = match key {
            key if key == keys.address => 8,
            key if key == keys.slug || Some(&key) == keys.shingles.first() => 4,
            _ => 1,
        };
        for number in postings.find_items(key) {
            match votes.iter_mut().find(|(known, _)| *known == number) {
                Some((_, votes)) => *votes += weight,
                None => votes.push((number, weight)),
            }
        }
    }
    votes.retain(|(number, _)| window.entry(*number).is_some());
    votes.sort_unstable_by_key(|(number, votes)| std::cmp::Reverse((*votes, *number)));
    votes.truncate(MAX_CANDIDATES);
    votes.into_iter().map(|(number, _)| number).collect()
}
