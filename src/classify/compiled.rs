//! Compiles all topics into one program: queries over keys, and an index of the keys that each query requires.

use rustc_hash::FxHashMap;

use super::subject::Subject;
use super::vocabulary::{OccurringKeys, Vocabulary, VocabularyKey};
use crate::model::{Language, TopicId};
use crate::topics::{
    ItemPart, Query, QueryRegex, QueryWord, QueryWords, Topic, is_stop_word, sort_by_reference,
};

#[derive(Debug)]
pub(super) struct CompiledTopics {
    vocabulary: Vocabulary,
    /// Topic ids in sorted order, which is also the order of the results.
    ids: Vec<TopicId>,
    /// Rules, each after those that it refers to.
    rules: Vec<TopicRule>,
    /// The alternatives of all rules, in the order of the rules.
    alternatives: Vec<QueryNode>,
    /// For each key, the index of its first entry in `entries`; the entries end where those of the next key begin.
    begins: Vec<u32>,
    entries: Vec<CandidateEntry>,
    /// Alternatives of rules that may match without any particular word (`-football`), one per rule.
    always: Vec<RuleCandidate>,
    /// The languages tried for an item whose language is unknown.
    languages: Vec<Language>,
}

/// A topic. It matches if one of its alternatives and all of `rest` hold.
#[derive(Debug)]
struct TopicRule {
    /// Index of its topic in the ids.
    topic: u32,
    rest: Box<[QueryNode]>,
}

/// A query over keys.
#[derive(Debug)]
enum QueryNode {
    Fact(VocabularyKey),
    Word(Option<ItemPart>, VocabularyKey),
    /// A phrase of two words, the most common kind, stored inline: nothing else must be fetched to see that a word is
    /// missing.
    Pair(Option<ItemPart>, [VocabularyKey; 2]),
    Phrase(Option<ItemPart>, Box<[Option<VocabularyKey>]>),
    Near(Option<ItemPart>, u8, Box<[VocabularyKey]>),
    Regex(Option<ItemPart>, Box<QueryRegex>),
    Before(chrono::NaiveDate),
    After(chrono::NaiveDate),
    /// The result of an earlier rule.
    Saved(u32),
    And(Box<[QueryNode]>),
    Or(Box<[QueryNode]>),
    Not(Box<QueryNode>),
}

/// An alternative of a rule that may hold. Other alternatives of the rule cannot, unless they are candidates
/// themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RuleCandidate {
    rule: u32,
    alternative: u32,
    /// True if more must be checked than that the keys occur in a searched part.
    doubtful: bool,
}

/// A candidate that applies if the key it is listed under and a second key occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CandidateEntry {
    also: VocabularyKey,
    candidate: RuleCandidate,
}

/// Two keys that an item must have for a query to match in this way (the same key twice if one is enough).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RequiredKeys {
    key: VocabularyKey,
    also: VocabularyKey,
    /// As `doubtful` of a candidate.
    doubtful: bool,
}

impl CompiledTopics {
    pub(super) fn new(topics: &[Topic], languages: &[Language]) -> Self {
        let mut builder = TopicCompiler {
            vocabulary: Vocabulary::new(),
            queries: Vec::with_capacity(topics.len()),
            numbers: FxHashMap::default(),
            weights: Vec::new(),
        };
        for number in sort_by_reference(topics) {
            let topic = &topics[number];
            if let Some(query) = topic.combined_query() {
                builder.add_topic(&topic.id, &query);
            }
        }
        Self {
            languages: languages.to_vec(),
            ..builder.finish()
        }
    }

    /// Returns how many topics are tried on every item.
    pub(super) fn count_unanchored(&self) -> usize {
        self.always.len()
    }

    /// Returns the matching topics, in the order of their ids.
    pub(super) fn matching_topics(&self, subject: &Subject) -> impl Iterator<Item = &TopicId> {
        let found = self.vocabulary.find_occurring(subject, &self.languages);
        let mut candidates = self.always.clone();
        for key in found.keys() {
            let entries =
                self.begins[key as usize] as usize..self.begins[key as usize + 1] as usize;
            let likely = self.entries[entries]
                .iter()
                .filter(|entry| found.has_key(entry.also));
            candidates.extend(likely.map(|entry| entry.candidate));
        }
        candidates.sort_unstable();
        candidates.dedup_by_key(|candidate| candidate.alternative);
        let usual = found.is_in_usual_parts();
        let mut matching: Vec<u32> = Vec::new();
        for candidate in candidates {
            let RuleCandidate { rule, doubtful, .. } = candidate;
            if matching.last() == Some(&rule) {
                continue;
            }
            let item = TriedItem {
                found: &found,
                subject,
                matching: &matching,
            };
            let holds = |node: &QueryNode| item.matches_node(node);
            let node = || &self.alternatives[candidate.alternative as usize];
            let rest = || self.rules[rule as usize].rest.iter();
            if ((usual && !doubtful) || holds(node())) && rest().all(holds) {
                matching.push(rule);
            }
        }
        for rule in &mut matching {
            *rule = self.rules[*rule as usize].topic;
        }
        matching.sort_unstable();
        matching.into_iter().map(|topic| &self.ids[topic as usize])
    }
}

/// An item on which rules are tried.
struct TriedItem<'a> {
    found: &'a OccurringKeys,
    subject: &'a Subject<'a>,
    /// The earlier rules that match.
    matching: &'a [u32],
}

impl TriedItem<'_> {
    fn matches_node(&self, node: &QueryNode) -> bool {
        match node {
            QueryNode::Fact(key) => self.found.has_key(*key),
            QueryNode::Word(part, key) => self.found.occurs_in(*key, *part),
            QueryNode::Pair(part, [one, two]) => {
                let both = self.found.has_key(*one) && self.found.has_key(*two);
                both && self.matches_phrase(*part, &[Some(*one), Some(*two)])
            }
            QueryNode::Phrase(part, words) => self.matches_phrase(*part, words),
            QueryNode::Near(part, apart, words) => self.matches_near(*part, *apart, words),
            QueryNode::Regex(part, regex) => {
                let mut texts = self.subject.texts_in(*part);
                texts.any(|(_, text)| regex.is_match(text))
            }
            QueryNode::Before(day) => self.subject.day.is_some_and(|own| own < *day),
            QueryNode::After(day) => self.subject.day.is_some_and(|own| own >= *day),
            QueryNode::Saved(rule) => self.matching.binary_search(rule).is_ok(),
            QueryNode::And(nodes) => nodes.iter().all(|node| self.matches_node(node)),
            QueryNode::Or(nodes) => nodes.iter().any(|node| self.matches_node(node)),
            QueryNode::Not(node) => !self.matches_node(node),
        }
    }

    /// Tests a phrase at the places of its least frequent word.
    fn matches_phrase(&self, part: Option<ItemPart>, words: &[Option<VocabularyKey>]) -> bool {
        let keys = || (0..).zip(words).filter_map(|(n, key)| Some((n, (*key)?)));
        if !keys().all(|(_, key)| self.found.has_key(key)) {
            return false;
        }
        let range = self.found.part_range(part);
        let places = |key: VocabularyKey| self.found.places_in(key, &range);
        let Some((rarest, key)) = keys().min_by_key(|(_, key)| places(*key).len()) else {
            return false;
        };
        let begins = places(key).filter_map(|place: u32| place.checked_sub(rarest));
        begins
            .into_iter()
            .any(|begin| keys().all(|(n, key)| self.found.occurs_at(key, begin + n)))
    }

    /// Returns true if a window with room for the words and `apart` others contains each of the words.
    fn matches_near(&self, part: Option<ItemPart>, apart: u8, words: &[VocabularyKey]) -> bool {
        if !words.iter().all(|key| self.found.has_key(*key)) {
            return false;
        }
        let range = self.found.part_range(part);
        let places = |(word, key): (usize, &VocabularyKey)| {
            let places = self.found.places_in(*key, &range);
            places.map(move |place| (place, word)).collect::<Vec<_>>()
        };
        let mut places: Vec<(u32, usize)> = words.iter().enumerate().flat_map(places).collect();
        places.sort_unstable();
        let room = words.len() + usize::from(apart);
        let mut within = vec![0_u32; words.len()];
        let (mut begin, mut missing) = (0, words.len());
        for (place, word) in &places {
            missing -= usize::from(within[*word] == 0);
            within[*word] += 1;
            while (place - places[begin].0) as usize >= room {
                let left = places[begin].1;
                within[left] -= 1;
                missing += usize::from(within[left] == 0);
                begin += 1;
            }
            if missing == 0 {
                return true;
            }
        }
        false
    }
}

/// Weights of facts relative to a word that one query contains: higher means less selective.
const LANGUAGE: u64 = 1 << 24;
const STOP_WORD: u64 = 1 << 20;
const REGION: u64 = 1 << 16;
const SOURCE: u64 = 1 << 12;
const PREFIX: u64 = 1 << 4;

struct TopicCompiler {
    vocabulary: Vocabulary,
    queries: Vec<(TopicId, QueryNode)>,
    numbers: FxHashMap<TopicId, u32>,
    /// For each key, how many queries contain it: an estimate of how many items have it.
    weights: Vec<u64>,
}

impl TopicCompiler {
    fn add_topic(&mut self, id: &TopicId, query: &Query) {
        let node = self.compile_query(query);
        let rule = to_number(self.queries.len());
        self.numbers.insert(id.clone(), rule);
        self.queries.push((id.clone(), node));
    }

    fn compile_query(&mut self, query: &Query) -> QueryNode {
        match query {
            Query::Words(words) => self.compile_words(words),
            Query::Regex(part, regex) => QueryNode::Regex(*part, Box::new(regex.clone())),
            Query::Source(source) => {
                let key = self.vocabulary.add_source(source);
                self.compile_fact(key, SOURCE)
            }
            Query::Language(language) => {
                let key = self.vocabulary.add_language(language);
                self.compile_fact(key, LANGUAGE)
            }
            Query::Region(region) => {
                let key = self.vocabulary.add_region(*region);
                self.compile_fact(key, REGION)
            }
            Query::Topic(id) => {
                let key = self.vocabulary.add_topic(id);
                let given = self.compile_fact(key, SOURCE);
                match self.numbers.get(id) {
                    Some(rule) => QueryNode::Or([given, QueryNode::Saved(*rule)].into()),
                    None => given,
                }
            }
            Query::Before(day) => QueryNode::Before(*day),
            Query::After(day) => QueryNode::After(*day),
            Query::And(parts) => QueryNode::And(self.compile_queries(parts)),
            Query::Or(parts) => QueryNode::Or(self.compile_queries(parts)),
            Query::Not(inner) => QueryNode::Not(Box::new(self.compile_query(inner))),
        }
    }

    fn compile_queries(&mut self, queries: &[Query]) -> Box<[QueryNode]> {
        queries
            .iter()
            .map(|query| self.compile_query(query))
            .collect()
    }

    fn compile_words(&mut self, words: &QueryWords) -> QueryNode {
        let QueryWords { part, words, apart } = words;
        let keys: Vec<Option<VocabularyKey>> =
            words.iter().map(|word| self.compile_word(word)).collect();
        match (apart, keys.as_slice()) {
            (None, [Some(key)]) => QueryNode::Word(*part, *key),
            (None, [Some(one), Some(two)]) => QueryNode::Pair(*part, [*one, *two]),
            (None, _) => QueryNode::Phrase(*part, keys.into()),
            (Some(apart), _) => {
                QueryNode::Near(*part, *apart, keys.into_iter().flatten().collect())
            }
        }
    }

    fn compile_word(&mut self, word: &QueryWord) -> Option<VocabularyKey> {
        let key = self.vocabulary.add_word(word)?;
        let weight = match word {
            QueryWord::Inflected(word) | QueryWord::Exact(word) if is_stop_word(word) => STOP_WORD,
            QueryWord::Prefix(_) => PREFIX,
            _ => 1,
        };
        self.add_weight(key, weight);
        Some(key)
    }

    fn compile_fact(&mut self, key: VocabularyKey, weight: u64) -> QueryNode {
        self.add_weight(key, weight);
        QueryNode::Fact(key)
    }

    fn add_weight(&mut self, key: VocabularyKey, weight: u64) {
        let key = key as usize;
        self.weights.resize(self.weights.len().max(key + 1), 0);
        self.weights[key] += weight;
    }

    fn finish(mut self) -> CompiledTopics {
        let mut index = RuleIndex::default();
        let queries = std::mem::take(&mut self.queries);
        let mut ids: Vec<TopicId> = queries.iter().map(|(id, _)| id.clone()).collect();
        ids.sort_unstable();
        for (id, node) in queries {
            let ways = self.required_keys(&node, &index.ways);
            let (alternatives, rest) = match ways {
                Some(_) => self.split_alternatives(node, &index.ways),
                None => (vec![node], Vec::new()),
            };
            let also = self.rarest_required_key(&rest, &index.ways);
            for node in alternatives {
                let ways = self.required_keys(&node, &index.ways);
                index.add_alternative(node, ways.map(|ways| add_second_key(also, ways)));
            }
            index.ways.push(ways);
            let rest = rest.into();
            let topic = to_number(ids.partition_point(|other| *other < id));
            index.rules.push(TopicRule { topic, rest });
        }
        index.finish(self.vocabulary, ids)
    }

    /// Splits a query that cannot match without any key into alternatives, one of which must hold, and the rest,
    /// which must always hold. The alternatives are those that the fewest items pass.
    fn split_alternatives(
        &self,
        node: QueryNode,
        saved: &[Option<Vec<RequiredKeys>>],
    ) -> (Vec<QueryNode>, Vec<QueryNode>) {
        let mut parts = match node {
            QueryNode::And(parts) => parts.into_vec(),
            node => vec![node],
        };
        let weight = |node: &QueryNode| {
            self.required_keys(node, saved)
                .map_or(u64::MAX, |ways| self.total_weight(&ways))
        };
        let narrowest = (0..parts.len()).min_by_key(|part| weight(&parts[*part]));
        let alternatives = match narrowest.map(|part| parts.remove(part)) {
            Some(QueryNode::Or(nodes)) => nodes.into_vec(),
            node => node.into_iter().collect(),
        };
        (alternatives, parts)
    }

    /// Returns the ways in which a query can match: every matching item satisfies one. `None` if it may match without
    /// any key. `saved` are the ways of the earlier rules.
    fn required_keys(
        &self,
        node: &QueryNode,
        saved: &[Option<Vec<RequiredKeys>>],
    ) -> Option<Vec<RequiredKeys>> {
        match node {
            QueryNode::Fact(key) | QueryNode::Word(None, key) => {
                Some(vec![RequiredKeys::from_key(*key)])
            }
            QueryNode::Word(Some(_), key) => {
                Some(vec![self.rarest_keys(std::slice::from_ref(key))])
            }
            QueryNode::Phrase(_, words) => {
                let keys: Vec<VocabularyKey> = words.iter().flatten().copied().collect();
                Some(vec![self.rarest_keys(&keys)])
            }
            QueryNode::Pair(_, keys) => Some(vec![self.rarest_keys(keys)]),
            QueryNode::Near(_, _, keys) => Some(vec![self.rarest_keys(keys)]),
            QueryNode::Saved(rule) => saved[*rule as usize].clone().map(mark_doubtful),
            QueryNode::Or(nodes) => {
                let ways = nodes.iter().map(|node| self.required_keys(node, saved));
                let mut ways = ways.collect::<Option<Vec<_>>>()?.concat();
                ways.sort_unstable();
                ways.dedup();
                Some(ways)
            }
            QueryNode::And(nodes) => {
                let ways = nodes
                    .iter()
                    .filter_map(|node| self.required_keys(node, saved));
                self.narrowest_set(ways.collect(), nodes.len())
            }
            QueryNode::Regex(..)
            | QueryNode::Before(_)
            | QueryNode::After(_)
            | QueryNode::Not(_) => None,
        }
    }

    fn key_weight(&self, key: VocabularyKey) -> u64 {
        self.weights[key as usize]
    }

    /// Returns the way by the two rarest of keys that are all required.
    fn rarest_keys(&self, keys: &[VocabularyKey]) -> RequiredKeys {
        let mut keys = keys.to_vec();
        keys.sort_unstable_by_key(|key| (self.key_weight(*key), *key));
        keys.dedup();
        let key = keys.first().copied().unwrap_or_default();
        let also = keys.get(1).copied().unwrap_or(key);
        let doubtful = true;
        RequiredKeys {
            key,
            also,
            doubtful,
        }
    }

    /// Given several sets of ways, one way of each of which is required, returns the set that the fewest items pass,
    /// combined with the keys of the next sets.
    fn narrowest_set(
        &self,
        mut sets: Vec<Vec<RequiredKeys>>,
        parts: usize,
    ) -> Option<Vec<RequiredKeys>> {
        sets.sort_by_cached_key(|ways| self.total_weight(ways));
        let mut sets = sets.into_iter();
        let narrowest = sets.next()?;
        let few = |ways: &Vec<RequiredKeys>| ways.len() * narrowest.len() <= MOST_CROSSED;
        match sets.find(few) {
            Some(others) if parts == 2 => Some(cross_keys(&narrowest, &others)),
            Some(others) => Some(mark_doubtful(cross_keys(&narrowest, &others))),
            None if parts == 1 => Some(narrowest),
            None => Some(mark_doubtful(narrowest)),
        }
    }

    /// Returns the rarest key that one of these nodes requires by itself.
    fn rarest_required_key(
        &self,
        nodes: &[QueryNode],
        saved: &[Option<Vec<RequiredKeys>>],
    ) -> Option<VocabularyKey> {
        let ways = nodes
            .iter()
            .filter_map(|node| self.required_keys(node, saved));
        let keys = ways.filter_map(|ways| match ways.as_slice() {
            [way] => Some(way.key),
            _ => None,
        });
        keys.min_by_key(|key| self.key_weight(*key))
    }

    fn total_weight(&self, ways: &[RequiredKeys]) -> u64 {
        ways.iter().map(|way| self.key_weight(way.key)).sum()
    }
}

/// Maximum number of ways to combine two sets into.
const MOST_CROSSED: usize = 16;

impl RequiredKeys {
    /// Returns the way by one key that needs no further check.
    fn from_key(key: VocabularyKey) -> Self {
        Self {
            key,
            also: key,
            doubtful: false,
        }
    }

    fn is_single(self) -> bool {
        self.key == self.also
    }
}

/// Returns the ways in which two queries both match: those of one, each with a key of the other.
fn cross_keys(ways: &[RequiredKeys], others: &[RequiredKeys]) -> Vec<RequiredKeys> {
    let cross = |way: RequiredKeys, other: RequiredKeys| RequiredKeys {
        key: way.key,
        also: if way.is_single() { other.key } else { way.also },
        doubtful: way.doubtful || other.doubtful || !way.is_single() || !other.is_single(),
    };
    let of = |way: &RequiredKeys| {
        others
            .iter()
            .map(|other| cross(*way, *other))
            .collect::<Vec<_>>()
    };
    let mut ways: Vec<RequiredKeys> = ways.iter().flat_map(of).collect();
    ways.sort_unstable();
    ways.dedup();
    ways
}

fn mark_doubtful(ways: Vec<RequiredKeys>) -> Vec<RequiredKeys> {
    let doubted = |way| RequiredKeys {
        doubtful: true,
        ..way
    };
    ways.into_iter().map(doubted).collect()
}

/// Adds a second key to ways that have only one.
fn add_second_key(also: Option<VocabularyKey>, mut ways: Vec<RequiredKeys>) -> Vec<RequiredKeys> {
    if let Some(also) = also {
        let alone = ways.iter_mut().filter(|way| way.is_single());
        alone.for_each(|way| way.also = also);
    }
    ways
}

/// The rules built so far.
#[derive(Default)]
struct RuleIndex {
    rules: Vec<TopicRule>,
    alternatives: Vec<QueryNode>,
    entries: Vec<(VocabularyKey, CandidateEntry)>,
    always: Vec<RuleCandidate>,
    /// The ways of each rule.
    ways: Vec<Option<Vec<RequiredKeys>>>,
}

impl RuleIndex {
    /// Adds an alternative of the next rule.
    fn add_alternative(&mut self, node: QueryNode, ways: Option<Vec<RequiredKeys>>) {
        let candidate = |doubtful| RuleCandidate {
            rule: to_number(self.rules.len()),
            alternative: to_number(self.alternatives.len()),
            doubtful,
        };
        match ways {
            Some(ways) => self.entries.extend(ways.iter().map(|way| {
                let (also, candidate) = (way.also, candidate(way.doubtful));
                (way.key, CandidateEntry { also, candidate })
            })),
            None => self.always.push(candidate(true)),
        }
        self.alternatives.push(node);
    }

    fn finish(mut self, vocabulary: Vocabulary, ids: Vec<TopicId>) -> CompiledTopics {
        self.entries.sort_unstable();
        let mut begins = vec![0; vocabulary.len() + 1];
        for (key, _) in &self.entries {
            begins[*key as usize + 1] += 1;
        }
        for key in 1..begins.len() {
            begins[key] += begins[key - 1];
        }
        self.alternatives.shrink_to_fit();
        CompiledTopics {
            vocabulary,
            ids,
            rules: self.rules,
            alternatives: self.alternatives,
            begins,
            entries: self.entries.into_iter().map(|(_, entry)| entry).collect(),
            always: self.always,
            languages: Vec::new(),
        }
    }
}

fn to_number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
