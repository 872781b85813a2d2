//! Keeps the items that new ones are compared with: the newest, in memory of a fixed size.
//!
//! In: fingerprints, in the order in which the items are judged. Out: for each, the story that it reports, and why.
//! The window keeps an item's keys and, in a ring of fixed size, its words; words that have left the ring are fetched
//! from the caller. Time and memory per item are the same at the first and at the millionth.

use rustc_hash::FxHashMap;

use super::align::Index;
use super::fingerprint::{Fingerprint, Keys, Reading, Texts};
use super::guards::Guard;
use super::judge::{Evidence, Known, Side, Verdict, judge};
use super::postings::Postings;
use super::tokens::Token;

/// The capacity of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Number of items.
    pub items: usize,
    /// Number of words of items, four bytes each.
    pub words: usize,
}

impl Default for Limits {
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
pub struct Decision {
    /// The story that it reports: its own number if it founds one.
    pub story: u64,
    /// The item that it was joined to, and the evidence.
    pub joined: Option<(u64, Evidence)>,
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
    entries: Vec<Entry>,
    words: Ring,
    /// The newest report of each story.
    stories: FxHashMap<u64, u32>,
    rolling: Vec<u32>,
    /// The number of the last item, from 1.
    last: u32,
}

/// A remembered item.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// Its number in the window; 0 in an empty place.
    number: u32,
    /// The previous report of its story; 0 for none.
    older: u32,
    title: u16,
    length: u16,
    item: u64,
    story: u64,
    keys: Known,
    words: u64,
}

/// A ring of words: the newest replace the oldest.
struct Ring {
    words: Vec<Token>,
    /// Total number of words ever written.
    written: u64,
}

impl Ring {
    fn place(&self, at: u64) -> usize {
        usize::try_from(at % self.words.len() as u64).unwrap_or(0)
    }

    /// Adds words and returns their position.
    fn add(&mut self, words: &[Token]) -> u64 {
        let from = self.place(self.written);
        if from + words.len() > self.words.len() {
            self.written += (self.words.len() - from) as u64;
        }
        let at = self.written;
        let from = self.place(at);
        if let Some(place) = self.words.get_mut(from..from + words.len()) {
            place.copy_from_slice(words);
            self.written += words.len() as u64;
        }
        at
    }

    fn get(&self, at: u64, length: usize) -> Option<&[Token]> {
        let is_whole = at <= self.written && self.written - at <= self.words.len() as u64;
        let from = self.place(at);
        is_whole
            .then(|| self.words.get(from..from + length))
            .flatten()
    }
}

/// The verdict on a candidate.
struct CandidateVerdict {
    number: u32,
    verdict: Verdict,
}

impl Window {
    /// Creates an empty window, and allocates all its memory.
    pub fn new(limits: Limits) -> Self {
        let items = limits.items.max(16);
        let words = limits.words.max(1 << 10);
        Self {
            postings: Postings::new(items * KEYS_OF_AN_ITEM),
            entries: vec![Entry::default(); items],
            words: Ring {
                words: vec![Token::default(); words],
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
        fetch: impl FnMut(u64) -> Option<Reading>,
    ) -> Decision {
        let decision = self.judge(item, fingerprint, fetch);
        self.remember(item, decision.story, fingerprint);
        decision
    }

    /// Returns the decision that [`Window::decide`] would make, and remembers nothing.
    pub fn judge(
        &self,
        item: u64,
        fingerprint: &Fingerprint,
        mut fetch: impl FnMut(u64) -> Option<Reading>,
    ) -> Decision {
        let texts = fingerprint.reading.words();
        let mut judging = Judging {
            window: self,
            item,
            side: Side {
                keys: Known::of(&fingerprint.keys),
                texts,
            },
            index: Index::of(texts.body),
            seen: Vec::with_capacity(MAX_CANDIDATES),
            fetch: &mut fetch,
        };
        judging.decide(&fingerprint.keys)
    }

    /// Remembers an item whose story is known, when the window is filled from the store, with its words if available.
    pub fn insert(&mut self, item: u64, story: u64, keys: &Keys, reading: Option<&Reading>) {
        self.add(item, story, keys, reading);
    }

    /// Remembers an item that was judged.
    pub fn remember(&mut self, item: u64, story: u64, fingerprint: &Fingerprint) {
        self.add(item, story, &fingerprint.keys, Some(&fingerprint.reading));
    }

    /// Replaces the remembered reading of an item of `story`; an item that was forgotten is remembered again.
    pub fn revise(&mut self, item: u64, story: u64, fingerprint: &Fingerprint) {
        let Some(number) = self.number_of(item, story) else {
            return self.add(item, story, &fingerprint.keys, Some(&fingerprint.reading));
        };
        let Fingerprint { keys, reading } = fingerprint;
        self.watch(keys.address, story);
        let words = self.words.add(&reading.tokens);
        let place = self.place(number);
        let entry = &mut self.entries[place];
        (entry.title, entry.length) = (short(reading.title), short(reading.tokens.len()));
        (entry.keys, entry.words) = (Known::of(keys), words);
        for key in all_keys(keys) {
            self.postings.add(key, number);
        }
    }

    /// Returns true if a guard keeps a report of one story apart from one of another: they are then two, however
    /// similar.
    pub fn are_apart(
        &self,
        one: u64,
        other: u64,
        mut fetch: impl FnMut(u64) -> Option<Reading>,
    ) -> bool {
        let others: Vec<Recalled> = self.recalled(other, &mut fetch);
        self.recalled(one, &mut fetch).iter().any(|one| {
            let index = Index::of(one.reading.words().body);
            let refuses = |other: &Recalled| {
                let verdict = judge(&one.side(), &index, &other.side(), true);
                matches!(verdict, Verdict::Refused(_))
            };
            others.iter().any(refuses)
        })
    }

    /// Returns the newest differing reports of a story, as many as a new one would be compared with.
    fn recalled(
        &self,
        story: u64,
        fetch: &mut impl FnMut(u64) -> Option<Reading>,
    ) -> Vec<Recalled> {
        let mut contents = Vec::with_capacity(MAX_REPORTS);
        let differ = |entry: &&Entry| {
            let is_other = !contents.contains(&entry.keys.content);
            contents.push(entry.keys.content);
            is_other
        };
        let differing = self.reports(story).take(MAX_WALK).filter(differ);
        let recalled = differing.take(MAX_REPORTS);
        recalled
            .filter_map(|entry| self.recall(entry, fetch))
            .collect()
    }

    fn recall(
        &self,
        entry: &Entry,
        fetch: &mut impl FnMut(u64) -> Option<Reading>,
    ) -> Option<Recalled> {
        let words = self.words.get(entry.words, entry.length.into());
        let reading = words.map(|words| Reading {
            tokens: words.to_vec(),
            title: entry.title.into(),
        });
        let reading = reading.or_else(|| fetch(entry.item))?;
        Some(Recalled {
            keys: entry.keys,
            reading,
        })
    }

    /// Moves the reports of `other` to `kept`, because two stories turned out to be one.
    pub fn merge(&mut self, kept: u64, other: u64) {
        let both = self.reports(kept).chain(self.reports(other));
        let numbers = both.map(|entry| entry.number).collect();
        self.stories.remove(&other);
        self.link(kept, numbers);
    }

    /// Moves the report `item` from `from` to `to`, as decided by hand.
    pub fn part(&mut self, item: u64, from: u64, to: u64) {
        let own = |entry: &&Entry| entry.item == item;
        let moved: Vec<u32> = self
            .reports(from)
            .filter(own)
            .map(|entry| entry.number)
            .collect();
        let there = self.reports(to).map(|entry| entry.number);
        let there = there.chain(moved.iter().copied()).collect();
        let others = self.reports(from).filter(|entry| !own(entry));
        let others = others.map(|entry| entry.number).collect();
        self.link(from, others);
        self.link(to, there);
    }

    /// Returns true if `item` is remembered as a report of `story`.
    pub fn holds(&self, item: u64, story: u64) -> bool {
        self.number_of(item, story).is_some()
    }

    fn number_of(&self, item: u64, story: u64) -> Option<u32> {
        let mut reports = self.reports(story);
        let held = reports.find(|entry| entry.item == item)?;
        Some(held.number)
    }

    /// Returns true if a report of `story` is remembered.
    pub fn knows(&self, story: u64) -> bool {
        self.stories.contains_key(&story)
    }

    fn add(&mut self, item: u64, story: u64, keys: &Keys, reading: Option<&Reading>) {
        self.last = self.last.wrapping_add(1).max(1);
        let number = self.last;
        let place = self.place(number);
        self.forget(place);
        self.watch(keys.address, story);
        let older = self.stories.insert(story, number).unwrap_or(0);
        let (words, length) = reading.map_or((u64::MAX, 0), |reading| {
            (self.words.add(&reading.tokens), reading.tokens.len())
        });
        self.entries[place] = Entry {
            number,
            older,
            title: short(reading.map_or(0, |reading| reading.title)),
            length: short(length),
            item,
            story,
            keys: Known::of(keys),
            words,
        };
        for key in all_keys(keys) {
            self.postings.add(key, number);
        }
    }

    /// Forgets the oldest item, to make room for a new one, and its story with its last report.
    fn forget(&mut self, place: usize) {
        let Some(entry) = self.entries.get(place) else {
            return;
        };
        if self.stories.get(&entry.story) == Some(&entry.number) {
            self.stories.remove(&entry.story);
        }
    }

    /// Returns the remembered reports of a story, the newest first.
    fn reports(&self, story: u64) -> impl Iterator<Item = &Entry> {
        let newest = self
            .stories
            .get(&story)
            .and_then(|number| self.entry(*number));
        std::iter::successors(newest, |entry| self.entry(entry.older))
    }

    fn place(&self, number: u32) -> usize {
        number as usize % self.entries.len()
    }

    fn entry(&self, number: u32) -> Option<&Entry> {
        let entry = self.entries.get(self.place(number))?;
        (entry.number == number && number != 0).then_some(entry)
    }

    /// Makes these items the only remembered reports of a story.
    fn link(&mut self, story: u64, mut numbers: Vec<u32>) {
        numbers.sort_unstable();
        let mut older = 0;
        for number in numbers {
            let place = self.place(number);
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

    fn rolls(&self, address: u32) -> bool {
        let place = address as usize % self.rolling.len();
        address != 0 && self.rolling.get(place) == Some(&address)
    }

    /// Marks an address with two stories as that of a page whose content rolls.
    fn watch(&mut self, address: u32, story: u64) {
        let mut known = self
            .postings
            .find(address)
            .filter_map(|number| self.entry(number));
        let rolls = known.any(|entry| entry.keys.address == address && entry.story != story);
        let place = address as usize % self.rolling.len();
        if rolls && let Some(place) = self.rolling.get_mut(place) {
            *place = address;
        }
    }
}

/// The state of judging one item.
struct Judging<'a, F> {
    window: &'a Window,
    item: u64,
    side: Side<'a>,
    index: Index,
    seen: Vec<CandidateVerdict>,
    fetch: &'a mut F,
}

/// A copy of a remembered item.
struct Recalled {
    keys: Known,
    reading: Reading,
}

impl Recalled {
    fn side(&self) -> Side<'_> {
        Side {
            keys: self.keys,
            texts: self.reading.words(),
        }
    }
}

impl<F: FnMut(u64) -> Option<Reading>> Judging<'_, F> {
    fn decide(&mut self, keys: &Keys) -> Decision {
        for number in candidates(&self.window.postings, self.window, keys) {
            self.verdict(number);
        }
        let mut decision = Decision {
            story: self.item,
            joined: None,
            refused: None,
            alternate: None,
            also: Vec::new(),
            rolls: self
                .seen
                .iter()
                .any(|found| found.verdict == Verdict::Rolled),
        };
        let mut accepted: Vec<(u32, Evidence)> = Vec::new();
        for found in &self.seen {
            let Some(entry) = self.window.entry(found.number) else {
                continue;
            };
            match found.verdict {
                Verdict::One(evidence) => accepted.push((found.number, evidence)),
                Verdict::Refused(guard) => {
                    decision.refused = decision.refused.or(Some((entry.item, guard)));
                }
                Verdict::Alternate => decision.alternate = decision.alternate.or(Some(entry.item)),
                Verdict::Rolled | Verdict::Unlike => {}
            }
        }
        // The strongest evidence comes first, and equal evidence in the order of the candidates.
        accepted.sort_by_key(|(_, evidence)| match evidence {
            Evidence::Address | Evidence::Update => 0,
            Evidence::Twin | Evidence::Slug | Evidence::Title => 1,
            Evidence::Text => 2,
        });
        for (number, evidence) in accepted {
            self.join(number, evidence, &mut decision);
        }
        decision
    }

    /// Joins the story of an accepted item, unless another report of it is kept apart.
    fn join(&mut self, number: u32, evidence: Evidence, decision: &mut Decision) {
        let Some(entry) = self.window.entry(number).copied() else {
            return;
        };
        let is_known = decision.joined.is_some() && decision.story == entry.story;
        if is_known || decision.also.contains(&entry.story) {
            return;
        }
        // One page is one story regardless of its earlier content, so similarity does not matter.
        let is_page = matches!(evidence, Evidence::Address | Evidence::Update);
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
    fn is_kept_apart(&mut self, accepted: &Entry) -> bool {
        let mut contents = Vec::with_capacity(MAX_REPORTS);
        let window = self.window;
        for report in window.reports(accepted.story).take(MAX_WALK) {
            if contents.contains(&report.keys.content) {
                continue;
            }
            if contents.len() == MAX_REPORTS {
                break;
            }
            contents.push(report.keys.content);
            let refused = matches!(self.verdict(report.number), Some(Verdict::Refused(_)));
            if refused && !self.are_apart(accepted, report) {
                return true;
            }
        }
        false
    }

    /// Returns true if a guard keeps two remembered reports apart.
    fn are_apart(&mut self, one: &Entry, other: &Entry) -> bool {
        let window = self.window;
        let one = window.recall(one, self.fetch);
        let Some((one, other)) = one.zip(window.recall(other, self.fetch)) else {
            return false;
        };
        let index = Index::of(one.reading.words().body);
        let (one, other) = (one.side(), other.side());
        matches!(judge(&one, &index, &other, true), Verdict::Refused(_))
    }

    fn verdict(&mut self, number: u32) -> Option<Verdict> {
        if let Some(found) = self.seen.iter().find(|found| found.number == number) {
            return Some(found.verdict);
        }
        let entry = self.window.entry(number)?;
        if entry.item == self.item {
            // An earlier version of the item itself.
            return None;
        }
        let rolls = self.window.rolls(entry.keys.address);
        let verdict = if let Some(words) = self.window.words.get(entry.words, entry.length.into()) {
            let (title, body) = words.split_at_checked(entry.title.into())?;
            self.compare(entry, Texts { title, body }, rolls)
        } else {
            let reading = (self.fetch)(entry.item)?;
            self.compare(entry, reading.words(), rolls)
        };
        self.seen.push(CandidateVerdict { number, verdict });
        Some(verdict)
    }

    fn compare(&self, entry: &Entry, texts: Texts, rolls: bool) -> Verdict {
        let other = Side {
            keys: entry.keys,
            texts,
        };
        judge(&self.side, &self.index, &other, rolls)
    }
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn all_keys(keys: &Keys) -> impl Iterator<Item = u32> + '_ {
    let places = [keys.address, keys.slug, keys.page];
    let words = keys.shingles.iter().chain(&keys.translations).copied();
    places.into_iter().chain(words).filter(|key| *key != 0)
}

/// Returns the items that share most keys; address and slug count most, and the newest comes first among equals.
fn candidates(postings: &Postings, window: &Window, keys: &Keys) -> Vec<u32> {
    let mut votes: Vec<(u32, u32)> = Vec::with_capacity(32);
    for key in all_keys(keys) {
        let weight = match key {
            key if key == keys.address => 8,
            key if key == keys.slug || Some(&key) == keys.shingles.first() => 4,
            _ => 1,
        };
        for number in postings.find(key) {
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
