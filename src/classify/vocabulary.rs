//! Numbers everything that queries search for, and finds its occurrences in an item.
//!
//! In: the words and facts of all queries. Out: for an item, the keys that occur in it, with their places. A key is
//! the same in every language; the forms by which a word is found are computed for each language when first needed.

use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::subject::Subject;
use super::terms::{Forms, MAX_WORDS, Stemming, fold};
use crate::model::{Language, Region, SourceId, TopicId};
use crate::topics::{Part, Word, words_of};

/// The number of a word or a fact.
pub(super) type Key = u32;

/// Places between two texts, so that no phrase spans both.
const GAP: u32 = 256;

/// The words and facts that queries search for.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    keys: Key,
    inflected: FxHashMap<Box<str>, Key>,
    exact: FxHashMap<Box<str>, Key>,
    prefixes: FxHashMap<Box<str>, Key>,
    /// The distinct lengths of the prefixes in bytes, in order.
    lengths: Vec<usize>,
    literals: Likely,
    sources: FxHashMap<SourceId, Key>,
    languages: FxHashMap<Language, Key>,
    regions: FxHashMap<Region, Key>,
    topics: FxHashMap<TopicId, Key>,
    /// Lexicons by the number of the stemming.
    lexicons: Vec<OnceLock<Lexicon>>,
}

impl Vocabulary {
    pub(super) fn new() -> Self {
        let lexicons = (0..Stemming::COUNT).map(|_| OnceLock::new()).collect();
        Self {
            lexicons,
            ..Self::default()
        }
    }

    /// Returns the number of keys.
    pub(super) fn len(&self) -> usize {
        self.keys as usize
    }

    /// Returns the key of a word; `None` if it matches any word.
    pub(super) fn word(&mut self, word: &Word) -> Option<Key> {
        let mut folded = String::new();
        Some(match word {
            Word::Any => return None,
            Word::Inflected(word) => {
                let lower: String = word.chars().flat_map(char::to_lowercase).collect();
                key(&mut self.inflected, &mut self.keys, &lower)
            }
            Word::Exact(word) => {
                fold(word, &mut folded);
                self.literals.add(&folded);
                key(&mut self.exact, &mut self.keys, &folded)
            }
            Word::Prefix(word) => {
                fold(word, &mut folded);
                if let Err(at) = self.lengths.binary_search(&folded.len()) {
                    self.lengths.insert(at, folded.len());
                }
                self.literals.add(&folded);
                key(&mut self.prefixes, &mut self.keys, &folded)
            }
        })
    }

    pub(super) fn source(&mut self, source: &SourceId) -> Key {
        fact(&mut self.sources, &mut self.keys, source)
    }

    pub(super) fn language(&mut self, language: &Language) -> Key {
        fact(&mut self.languages, &mut self.keys, language)
    }

    pub(super) fn region(&mut self, region: Region) -> Key {
        fact(&mut self.regions, &mut self.keys, &region)
    }

    /// Returns the key of the fact that an item's source gives it the topic.
    pub(super) fn topic(&mut self, topic: &TopicId) -> Key {
        fact(&mut self.topics, &mut self.keys, topic)
    }

    /// Returns the keys that occur in an item.
    pub(super) fn occurring(&self, subject: &Subject, languages: &[Language]) -> Occurring {
        let mut found = Occurring::new(self.len());
        self.facts(subject, &mut found);
        if self.has_words() {
            let stemmings = Stemming::of_subject(subject, languages);
            for stemming in &stemmings {
                self.words(*stemming, subject, &mut found);
            }
            found.occurrences.sort_unstable();
            // Words that are not stemmed are found once per language.
            if stemmings.len() > 1 {
                found.occurrences.dedup();
            }
        }
        found
    }

    /// Returns true if queries search for words at all.
    fn has_words(&self) -> bool {
        let words = [&self.inflected, &self.exact, &self.prefixes];
        words.iter().any(|words| !words.is_empty())
    }

    /// Finds the occurrences of words by the forms of one language.
    fn words(&self, stemming: Stemming, subject: &Subject, found: &mut Occurring) {
        let lexicon = self.lexicons[stemming.number()]
            .get_or_init(|| Lexicon::new(&self.inflected, stemming));
        let mut forms = Forms::new(stemming);
        let mut memory = lexicon.lend();
        let mut place = 0;
        let mut part_before = Part::Title;
        for (part, text) in subject.texts() {
            if part != part_before {
                found.ends[part_before as usize..part as usize].fill(place);
                part_before = part;
            }
            for (_, word) in words_of(text).take(MAX_WORDS) {
                let find = |keys: &mut Vec<Key>| self.keys(word, lexicon, &mut forms, keys);
                for key in memory.keys(word, find) {
                    found.add(*key, place);
                }
                place += 1;
            }
            place += GAP;
        }
        found.ends[part_before as usize..].fill(place);
        lexicon.take_back(memory);
    }

    /// Collects all keys of a word, each once.
    fn keys(&self, word: &str, lexicon: &Lexicon, forms: &mut Forms, keys: &mut Vec<Key>) {
        forms.each_of_text(word, |form| lexicon.find(form, keys));
        self.literal(forms.folded(word), |key| keys.push(key));
        keys.sort_unstable();
        keys.dedup();
    }

    /// Passes the keys of exact words and of prefixes to `found`.
    fn literal(&self, folded: &str, mut found: impl FnMut(Key)) {
        if self.literals.may_hold(folded)
            && let Some(key) = self.exact.get(folded)
        {
            found(*key);
        }
        let short = self
            .lengths
            .iter()
            .take_while(|length| **length <= folded.len());
        let prefixes = short.filter_map(|length| folded.get(..*length));
        for prefix in prefixes.filter(|prefix| self.literals.may_hold(prefix)) {
            if let Some(key) = self.prefixes.get(prefix) {
                found(*key);
            }
        }
    }

    fn facts(&self, subject: &Subject, found: &mut Occurring) {
        let source = subject.source.and_then(|source| self.sources.get(source));
        found.mark(source);
        for region in subject.regions {
            found.mark(self.regions.get(region));
            found.mark(self.regions.get(&region.country().into()));
        }
        for topic in subject.topics {
            found.mark(self.topics.get(topic));
        }
        let languages = self.languages.iter();
        for (_, key) in languages.filter(|(language, _)| subject.is_in_language(language)) {
            found.mark(Some(key));
        }
    }
}

/// A set that may report words it does not contain (a Bloom filter with one hash). It fits the processor's cache,
/// which a table of every prefix of every word would not.
#[derive(Debug)]
struct Likely(Box<[u64; Self::BITS / 64]>);

impl Default for Likely {
    fn default() -> Self {
        Self(Box::new([0; Self::BITS / 64]))
    }
}

impl Likely {
    const BITS: usize = 1 << 16;

    fn add(&mut self, word: &str) {
        let bit = hash(word, Self::BITS);
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    fn may_hold(&self, word: &str) -> bool {
        let bit = hash(word, Self::BITS);
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }
}

/// Returns a stable hash of a word below `limit`, a power of two.
fn hash(word: &str, limit: usize) -> usize {
    let hash = FxBuildHasher.hash_one(word);
    usize::try_from(hash & (limit as u64 - 1)).unwrap_or_default()
}

fn key(keys: &mut FxHashMap<Box<str>, Key>, next: &mut Key, word: &str) -> Key {
    if let Some(key) = keys.get(word) {
        return *key;
    }
    keys.insert(word.into(), *next);
    *next += 1;
    *next - 1
}

fn fact<F: Clone + Eq + std::hash::Hash>(
    keys: &mut FxHashMap<F, Key>,
    next: &mut Key,
    fact: &F,
) -> Key {
    *keys.entry(fact.clone()).or_insert_with(|| {
        *next += 1;
        *next - 1
    })
}

/// The forms of one language by which words are found.
#[derive(Debug)]
struct Lexicon {
    /// The range in `keys` of each form.
    forms: FxHashMap<Box<str>, (u32, u32)>,
    keys: Vec<Key>,
    /// Memories not in use, as many as items were once examined at the same time.
    memories: Mutex<Vec<Memory>>,
}

impl Lexicon {
    fn new(words: &FxHashMap<Box<str>, Key>, stemming: Stemming) -> Self {
        let mut forms = Forms::new(stemming);
        let mut found: Vec<(Box<str>, Key)> = Vec::with_capacity(words.len());
        for (word, key) in words {
            forms.each(word, |form| found.push((form.into(), *key)));
        }
        found.sort_unstable();
        found.dedup();
        let mut lexicon = Self {
            forms: FxHashMap::default(),
            keys: Vec::with_capacity(found.len()),
            memories: Mutex::default(),
        };
        for (form, key) in found {
            let end = u32::try_from(lexicon.keys.len()).unwrap_or(u32::MAX);
            lexicon.keys.push(key);
            lexicon.forms.entry(form).or_insert((end, end)).1 = end + 1;
        }
        lexicon.forms.shrink_to_fit();
        lexicon
    }

    fn find(&self, form: &str, found: &mut Vec<Key>) {
        if let Some((begin, end)) = self.forms.get(form) {
            found.extend(&self.keys[*begin as usize..*end as usize]);
        }
    }

    /// Returns a memory for one item.
    fn lend(&self) -> Memory {
        self.memories().pop().unwrap_or_default()
    }

    fn take_back(&self, memory: Memory) {
        self.memories().push(memory);
    }

    fn memories(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of recently seen words. Each word has one slot, by its hash, where it replaces the previous word. Most
/// words of an item occurred in earlier ones, and need not be folded, stemmed and looked up again.
#[derive(Debug)]
struct Memory {
    places: Vec<Known>,
    /// Number of unknown words since the table last grew.
    new: usize,
    /// The keys of the last word, if it was not in the table.
    found: Vec<Key>,
}

/// A word and its keys, stored inline: following pointers would take longer than everything else.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Only the first `byte_count` bytes and `key_count` keys are valid. No word has zero bytes.
    bytes: [u8; 30],
    byte_count: u8,
    key_count: u8,
    keys: [Key; 4],
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            places: vec![Known::default(); Self::FEWEST],
            new: 0,
            found: Vec::new(),
        }
    }
}

impl Memory {
    /// Number of slots at first, for the few items that a query is tested on.
    const FEWEST: usize = 1 << 8;
    /// Number of slots for a daemon's items: 800 kB.
    const MOST: usize = 1 << 14;

    /// Returns the keys of a word; calls `find` to collect unknown ones.
    fn keys(&mut self, word: &str, find: impl FnOnce(&mut Vec<Key>)) -> &[Key] {
        let place = hash(word, self.places.len());
        if self.places[place].word() == word.as_bytes() {
            return self.places[place].keys();
        }
        self.found.clear();
        find(&mut self.found);
        if let Some(known) = Known::new(word, &self.found) {
            self.places[place] = known;
        }
        self.grow();
        &self.found
    }

    /// Enlarges the table once it proves too small. Its contents are dropped and soon collected again.
    fn grow(&mut self) {
        self.new += 1;
        if self.new > self.places.len() && self.places.len() < Self::MOST {
            self.new = 0;
            self.places = vec![Known::default(); self.places.len() * 4];
        }
    }
}

impl Known {
    /// Returns `None` if the word or its list of keys is too long.
    fn new(word: &str, keys: &[Key]) -> Option<Self> {
        let mut known = Self {
            byte_count: u8::try_from(word.len()).ok()?,
            key_count: u8::try_from(keys.len()).ok()?,
            ..Self::default()
        };
        known
            .bytes
            .get_mut(..word.len())?
            .copy_from_slice(word.as_bytes());
        known.keys.get_mut(..keys.len())?.copy_from_slice(keys);
        Some(known)
    }

    fn word(&self) -> &[u8] {
        &self.bytes[..usize::from(self.byte_count)]
    }

    fn keys(&self) -> &[Key] {
        &self.keys[..usize::from(self.key_count)]
    }
}

/// The keys that occur in one item.
#[derive(Debug)]
pub(super) struct Occurring {
    /// One bit per key.
    present: Vec<u64>,
    /// Keys of words with their places, sorted, each once.
    occurrences: Vec<(Key, u32)>,
    facts: Vec<Key>,
    /// The end of each part.
    ends: [u32; Part::ALL.len()],
}

impl Occurring {
    fn new(keys: usize) -> Self {
        Self {
            present: vec![0; keys.div_ceil(64)],
            occurrences: Vec::new(),
            facts: Vec::new(),
            ends: [0; Part::ALL.len()],
        }
    }

    fn add(&mut self, key: Key, place: u32) {
        self.present[key as usize / 64] |= 1 << (key % 64);
        self.occurrences.push((key, place));
    }

    fn mark(&mut self, key: Option<&Key>) {
        if let Some(key) = key {
            self.present[*key as usize / 64] |= 1 << (key % 64);
            self.facts.push(*key);
        }
    }

    /// Returns true if the key occurs anywhere.
    pub(super) fn has(&self, key: Key) -> bool {
        self.present[key as usize / 64] & (1 << (key % 64)) != 0
    }

    /// Returns every key that occurs; a key may be returned twice.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        let words = self.occurrences.chunk_by(|one, next| one.0 == next.0);
        words
            .filter_map(|places| Some(places.first()?.0))
            .chain(self.facts.iter().copied())
    }

    /// Returns the places of a part, or of the parts searched by default.
    pub(super) fn range(&self, part: Option<Part>) -> Range<u32> {
        match part {
            None => 0..self.ends[Part::Tag as usize],
            Some(Part::Title) => 0..self.ends[0],
            Some(part) => self.ends[part as usize - 1]..self.ends[part as usize],
        }
    }

    /// Returns the places of a word within a range, in order.
    pub(super) fn places(
        &self,
        key: Key,
        range: &Range<u32>,
    ) -> impl ExactSizeIterator<Item = u32> {
        let from = |place| self.occurrences.partition_point(|at| *at < (key, place));
        let found = if self.has(key) {
            from(range.start)..from(range.end)
        } else {
            0..0
        };
        self.occurrences[found].iter().map(|(_, place)| *place)
    }

    /// Returns true if everything is in the parts searched by default: most items have no authors.
    pub(super) fn in_usual_parts(&self) -> bool {
        self.range(Some(Part::Author)).is_empty()
    }

    /// Returns true if a word occurs in a part.
    pub(super) fn stands_in(&self, key: Key, part: Option<Part>) -> bool {
        let anywhere = part.is_none() && self.in_usual_parts();
        self.has(key) && (anywhere || self.places(key, &self.range(part)).len() > 0)
    }

    /// Returns true if the word occurs at this place.
    pub(super) fn stands_at(&self, key: Key, place: u32) -> bool {
        self.occurrences.binary_search(&(key, place)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_holds_some_words_and_confuses_none() {
        let mut memory = Memory::default();
        let expected = |n: u32| (n..n + n % 7).collect::<Vec<Key>>();
        let mut looked_up = 0;
        for n in (0..40_000).chain(0..40_000).flat_map(|n| [n, n]) {
            let word = format!("{}ß{n}", "x".repeat(n as usize % 40));
            let find = |found: &mut Vec<Key>| {
                looked_up += 1;
                found.extend(expected(n));
            };
            assert_eq!(memory.keys(&word, find), expected(n), "{word}");
        }
        assert_eq!(memory.places.len(), Memory::MOST);
        assert!((80_000..160_000).contains(&looked_up), "{looked_up}");
    }
}
