//! Numbers everything that queries search for, and finds its occurrences in an item.
//!
//! In: the words and facts of all queries. Out: for an item, the keys that occur in it, with their places. A key is
//! the same in every language; the forms by which a word is found are computed for each language when first needed.

use std::hash::BuildHasher as _;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::subject::Subject;
use super::terms::{MAX_WORDS, Stemming, WordForms, append_folded};
use crate::model::{Language, Region, SourceId, TopicId};
use crate::topics::{ItemPart, QueryWord, words_of};

/// The number of a word or a fact.
pub(super) type VocabularyKey = u32;

/// Places between two texts, so that no phrase spans both.
const GAP: u32 = 256;

/// The words and facts that queries search for.
#[derive(Debug, Default)]
pub(super) struct Vocabulary {
    keys: VocabularyKey,
    inflected: FxHashMap<Box<str>, VocabularyKey>,
    exact: FxHashMap<Box<str>, VocabularyKey>,
    prefixes: FxHashMap<Box<str>, VocabularyKey>,
    /// The distinct lengths of the prefixes in bytes, in order.
    lengths: Vec<usize>,
    literals: BloomFilter,
    sources: FxHashMap<SourceId, VocabularyKey>,
    languages: FxHashMap<Language, VocabularyKey>,
    regions: FxHashMap<Region, VocabularyKey>,
    topics: FxHashMap<TopicId, VocabularyKey>,
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
    pub(super) fn add_word(&mut self, word: &QueryWord) -> Option<VocabularyKey> {
        let mut folded = String::new();
        Some(match word {
            QueryWord::Any => return None,
            QueryWord::Inflected(word) => {
                let lower: String = word.chars().flat_map(char::to_lowercase).collect();
                word_key(&mut self.inflected, &mut self.keys, &lower)
            }
            QueryWord::Exact(word) => {
                append_folded(word, &mut folded);
                self.literals.insert_word(&folded);
                word_key(&mut self.exact, &mut self.keys, &folded)
            }
            QueryWord::Prefix(word) => {
                append_folded(word, &mut folded);
                if let Err(at) = self.lengths.binary_search(&folded.len()) {
                    self.lengths.insert(at, folded.len());
                }
                self.literals.insert_word(&folded);
                word_key(&mut self.prefixes, &mut self.keys, &folded)
            }
        })
    }

    pub(super) fn add_source(&mut self, source: &SourceId) -> VocabularyKey {
        fact_key(&mut self.sources, &mut self.keys, source)
    }

    pub(super) fn add_language(&mut self, language: &Language) -> VocabularyKey {
        fact_key(&mut self.languages, &mut self.keys, language)
    }

    pub(super) fn add_region(&mut self, region: Region) -> VocabularyKey {
        fact_key(&mut self.regions, &mut self.keys, &region)
    }

    /// Returns the key of the fact that an item's source gives it the topic.
    pub(super) fn add_topic(&mut self, topic: &TopicId) -> VocabularyKey {
        fact_key(&mut self.topics, &mut self.keys, topic)
    }

    /// Returns the keys that occur in an item.
    pub(super) fn find_occurring(
        &self,
        subject: &Subject,
        languages: &[Language],
    ) -> OccurringKeys {
        let mut found = OccurringKeys::new(self.len());
        self.find_facts(subject, &mut found);
        if self.has_words() {
            let stemmings = Stemming::for_subject(subject, languages);
            for stemming in &stemmings {
                self.find_words(*stemming, subject, &mut found);
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
    fn find_words(&self, stemming: Stemming, subject: &Subject, found: &mut OccurringKeys) {
        let lexicon = self.lexicons[stemming.number()]
            .get_or_init(|| Lexicon::new(&self.inflected, stemming));
        let mut forms = WordForms::new(stemming);
        let mut memory = lexicon.take_cache();
        let mut place = 0;
        let mut part_before = ItemPart::Title;
        for (part, text) in subject.texts() {
            if part != part_before {
                found.ends[part_before as usize..part as usize].fill(place);
                part_before = part;
            }
            for (_, word) in words_of(text).take(MAX_WORDS) {
                let find = |keys: &mut Vec<VocabularyKey>| {
                    self.collect_keys(word, lexicon, &mut forms, keys);
                };
                for key in memory.get_or_find(word, find) {
                    found.add_place(*key, place);
                }
                place += 1;
            }
            place += GAP;
        }
        found.ends[part_before as usize..].fill(place);
        lexicon.return_cache(memory);
    }

    /// Collects all keys of a word, each once.
    fn collect_keys(
        &self,
        word: &str,
        lexicon: &Lexicon,
        forms: &mut WordForms,
        keys: &mut Vec<VocabularyKey>,
    ) {
        forms.each_text_form(word, |form| lexicon.find_keys(form, keys));
        self.each_literal_key(forms.fold_word(word), |key| keys.push(key));
        keys.sort_unstable();
        keys.dedup();
    }

    /// Passes the keys of exact words and of prefixes to `found`.
    fn each_literal_key(&self, folded: &str, mut found: impl FnMut(VocabularyKey)) {
        if self.literals.may_contain(folded)
            && let Some(key) = self.exact.get(folded)
        {
            found(*key);
        }
        let short = self
            .lengths
            .iter()
            .take_while(|length| **length <= folded.len());
        let prefixes = short.filter_map(|length| folded.get(..*length));
        for prefix in prefixes.filter(|prefix| self.literals.may_contain(prefix)) {
            if let Some(key) = self.prefixes.get(prefix) {
                found(*key);
            }
        }
    }

    fn find_facts(&self, subject: &Subject, found: &mut OccurringKeys) {
        let source = subject.source.and_then(|source| self.sources.get(source));
        found.mark_key(source);
        for region in subject.regions {
            found.mark_key(self.regions.get(region));
            found.mark_key(self.regions.get(&region.country().into()));
        }
        for topic in subject.topics {
            found.mark_key(self.topics.get(topic));
        }
        let languages = self.languages.iter();
        for (_, key) in languages.filter(|(language, _)| subject.is_in_language(language)) {
            found.mark_key(Some(key));
        }
    }
}

/// A set that may report words it does not contain (a Bloom filter with one hash). It fits the processor's cache,
/// which a table of every prefix of every word would not.
#[derive(Debug)]
struct BloomFilter(Box<[u64; Self::BITS / 64]>);

impl Default for BloomFilter {
    fn default() -> Self {
        Self(Box::new([0; Self::BITS / 64]))
    }
}

impl BloomFilter {
    const BITS: usize = 1 << 16;

    fn insert_word(&mut self, word: &str) {
        let bit = hash_below(word, Self::BITS);
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    fn may_contain(&self, word: &str) -> bool {
        let bit = hash_below(word, Self::BITS);
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }
}

/// Returns a stable hash of a word below `limit`, a power of two.
fn hash_below(word: &str, limit: usize) -> usize {
    let hash = FxBuildHasher.hash_one(word);
    usize::try_from(hash & (limit as u64 - 1)).unwrap_or_default()
}

fn word_key(
    keys: &mut FxHashMap<Box<str>, VocabularyKey>,
    next: &mut VocabularyKey,
    word: &str,
) -> VocabularyKey {
    if let Some(key) = keys.get(word) {
        return *key;
    }
    keys.insert(word.into(), *next);
    *next += 1;
    *next - 1
}

fn fact_key<F: Clone + Eq + std::hash::Hash>(
    keys: &mut FxHashMap<F, VocabularyKey>,
    next: &mut VocabularyKey,
    fact: &F,
) -> VocabularyKey {
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
    keys: Vec<VocabularyKey>,
    /// Memories not in use, as many as items were once examined at the same time.
    memories: Mutex<Vec<WordCache>>,
}

impl Lexicon {
    fn new(words: &FxHashMap<Box<str>, VocabularyKey>, stemming: Stemming) -> Self {
        let mut forms = WordForms::new(stemming);
        let mut found: Vec<(Box<str>, VocabularyKey)> = Vec::with_capacity(words.len());
        for (word, key) in words {
            forms.each_form(word, |form| found.push((form.into(), *key)));
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

    fn find_keys(&self, form: &str, found: &mut Vec<VocabularyKey>) {
        if let Some((begin, end)) = self.forms.get(form) {
            found.extend(&self.keys[*begin as usize..*end as usize]);
        }
    }

    /// Returns a memory for one item.
    fn take_cache(&self) -> WordCache {
        self.lock_caches().pop().unwrap_or_default()
    }

    fn return_cache(&self, memory: WordCache) {
        self.lock_caches().push(memory);
    }

    fn lock_caches(&self) -> MutexGuard<'_, Vec<WordCache>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of recently seen words. Each word has one slot, by its hash, where it replaces the previous word. Most
/// words of an item occurred in earlier ones, and need not be folded, stemmed and looked up again.
#[derive(Debug)]
struct WordCache {
    places: Vec<CachedWord>,
    /// Number of unknown words since the table last grew.
    new: usize,
    /// The keys of the last word, if it was not in the table.
    found: Vec<VocabularyKey>,
}

/// A word and its keys, stored inline: following pointers would take longer than everything else.
#[derive(Clone, Copy, Debug, Default)]
struct CachedWord {
    /// Only the first `byte_count` bytes and `key_count` keys are valid. No word has zero bytes.
    bytes: [u8; 30],
    byte_count: u8,
    key_count: u8,
    keys: [VocabularyKey; 4],
}

impl Default for WordCache {
    fn default() -> Self {
        Self {
            places: vec![CachedWord::default(); Self::FEWEST],
            new: 0,
            found: Vec::new(),
        }
    }
}

impl WordCache {
    /// Number of slots at first, for the few items that a query is tested on.
    const FEWEST: usize = 1 << 8;
    /// Number of slots for a daemon's items: 800 kB.
    const MOST: usize = 1 << 14;

    /// Returns the keys of a word; calls `find` to collect unknown ones.
    fn get_or_find(
        &mut self,
        word: &str,
        find: impl FnOnce(&mut Vec<VocabularyKey>),
    ) -> &[VocabularyKey] {
        let place = hash_below(word, self.places.len());
        if self.places[place].word() == word.as_bytes() {
            return self.places[place].keys();
        }
        self.found.clear();
        find(&mut self.found);
        if let Some(known) = CachedWord::new(word, &self.found) {
            self.places[place] = known;
        }
        self.grow_table();
        &self.found
    }

    /// Enlarges the table once it proves too small. Its contents are dropped and soon collected again.
    fn grow_table(&mut self) {
        self.new += 1;
        if self.new > self.places.len() && self.places.len() < Self::MOST {
            self.new = 0;
            self.places = vec![CachedWord::default(); self.places.len() * 4];
        }
    }
}

impl CachedWord {
    /// Returns `None` if the word or its list of keys is too long.
    fn new(word: &str, keys: &[VocabularyKey]) -> Option<Self> {
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

    fn keys(&self) -> &[VocabularyKey] {
        &self.keys[..usize::from(self.key_count)]
    }
}

/// The keys that occur in one item.
#[derive(Debug)]
pub(super) struct OccurringKeys {
    /// One bit per key.
    present: Vec<u64>,
    /// Keys of words with their places, sorted, each once.
    occurrences: Vec<(VocabularyKey, u32)>,
    facts: Vec<VocabularyKey>,
    /// The end of each part.
    ends: [u32; ItemPart::ALL.len()],
}

impl OccurringKeys {
    fn new(keys: usize) -> Self {
        Self {
            present: vec![0; keys.div_ceil(64)],
            occurrences: Vec::new(),
            facts: Vec::new(),
            ends: [0; ItemPart::ALL.len()],
        }
    }

    fn add_place(&mut self, key: VocabularyKey, place: u32) {
        self.present[key as usize / 64] |= 1 << (key % 64);
        self.occurrences.push((key, place));
    }

    fn mark_key(&mut self, key: Option<&VocabularyKey>) {
        if let Some(key) = key {
            self.present[*key as usize / 64] |= 1 << (key % 64);
            self.facts.push(*key);
        }
    }

    /// Returns true if the key occurs anywhere.
    pub(super) fn has_key(&self, key: VocabularyKey) -> bool {
        self.present[key as usize / 64] & (1 << (key % 64)) != 0
    }

    /// Returns every key that occurs; a key may be returned twice.
    pub(super) fn keys(&self) -> impl Iterator<Item = VocabularyKey> {
        let words = self.occurrences.chunk_by(|one, next| one.0 == next.0);
        words
            .filter_map(|places| Some(places.first()?.0))
            .chain(self.facts.iter().copied())
    }

    /// Returns the places of a part, or of the parts searched by default.
    pub(super) fn part_range(&self, part: Option<ItemPart>) -> Range<u32> {
        match part {
            None => 0..self.ends[ItemPart::Tag as usize],
            Some(ItemPart::Title) => 0..self.ends[0],
            Some(part) => self.ends[part as usize - 1]..self.ends[part as usize],
        }
    }

    /// Returns the places of a word within a range, in order.
    pub(super) fn places_in(
        &self,
        key: VocabularyKey,
        range: &Range<u32>,
    ) -> impl ExactSizeIterator<Item = u32> {
        let from = |place| self.occurrences.partition_point(|at| *at < (key, place));
        let found = if self.has_key(key) {
            from(range.start)..from(range.end)
        } else {
            0..0
        };
        self.occurrences[found].iter().map(|(_, place)| *place)
    }

    /// Returns true if everything is in the parts searched by default: most items have no authors.
    pub(super) fn is_in_usual_parts(&self) -> bool {
        self.part_range(Some(ItemPart::Author)).is_empty()
    }

    /// Returns true if a word occurs in a part.
    pub(super) fn occurs_in(&self, key: VocabularyKey, part: Option<ItemPart>) -> bool {
        let anywhere = part.is_none() && self.is_in_usual_parts();
        self.has_key(key) && (anywhere || self.places_in(key, &self.part_range(part)).len() > 0)
    }

    /// Returns true if the word occurs at this place.
    pub(super) fn occurs_at(&self, key: VocabularyKey, place: u32) -> bool {
        self.occurrences.binary_search(&(key, place)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memory_holds_some_words_and_confuses_none() {
        let mut memory = WordCache::default();
        let expected = |n: u32| (n..n + n % 7).collect::<Vec<VocabularyKey>>();
        let mut looked_up = 0;
        for n in (0..40_000).chain(0..40_000).flat_map(|n| [n, n]) {
            let word = format!("{}ß{n}", "x".repeat(n as usize % 40));
            let find = |found: &mut Vec<VocabularyKey>| {
                looked_up += 1;
                found.extend(expected(n));
            };
            assert_eq!(memory.get_or_find(&word, find), expected(n), "{word}");
        }
        assert_eq!(memory.places.len(), WordCache::MOST);
        assert!((80_000..160_000).contains(&looked_up), "{looked_up}");
    }
}
