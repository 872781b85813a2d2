//! Compiles all topics into one program: queries over keys, and an index of the keys that each query requires.

use rustc_hash::FxHashMap;

use super::subject::Subject;
use super::vocabulary::{Key, Occurring, Vocabulary};
use crate::model::{Language, TopicId};
use crate::topics::{Part, Query, QueryRegex, Topic, Word, Words, in_order, is_stop_word};

#[derive(Debug)]
pub(super) struct Compiled {
    vocabulary: Vocabulary,
    /// Topic ids in sorted order, which is also the order of the results.
    ids: Vec<TopicId>,
    /// Rules, each after those that it refers to.
    rules: Vec<Rule>,
    /// The alternatives of all rules, in the order of the rules.
    alternatives: Vec<Node>,
    /// For each key, the index of its first entry in `entries`; the entries end where those of the next key begin.
    begins: Vec<u32>,
    entries: Vec<Entry>,
    /// Alternatives of rules that may match without any particular word (`-football`), one per rule.
    always: Vec<Candidate>,
    /// The languages tried for an item whose language is unknown.
    languages: Vec<Language>,
}

/// A topic. It matches if one of its alternatives and all of `rest` hold.
#[derive(Debug)]
struct Rule {
    /// Index of its topic in the ids.
    topic: u32,
    rest: Box<[Node]>,
}

/// A query over keys.
#[derive(Debug)]
enum Node {
    Fact(Key),
    Word(Option<Part>, Key),
    /// A phrase of two words, the most common kind, stored inline: nothing else must be fetched to see that a word is
    /// missing.
    Pair(Option<Part>, [Key; 2]),
    Phrase(Option<Part>, Box<[Option<Key>]>),
    Near(Option<Part>, u8, Box<[Key]>),
    Regex(Option<Part>, Box<QueryRegex>),
    Before(chrono::NaiveDate),
    After(chrono::NaiveDate),
    /// The result of an earlier rule.
    Saved(u32),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    Not(Box<Node>),
}

/// An alternative of a rule that may hold. Other alternatives of the rule cannot, unless they are candidates
/// themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    rule: u32,
    alternative: u32,
    /// True if more must be checked than that the keys occur in a searched part.
    doubtful: bool,
}

/// A candidate that applies if the key it is listed under and a second key occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    also: Key,
    candidate: Candidate,
}

/// Two keys that an item must have for a query to match in this way (the same key twice if one is enough).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    key: Key,
    also: Key,
    /// As `doubtful` of a candidate.
    doubtful: bool,
}

impl Compiled {
    pub(super) fn new(topics: &[Topic], languages: &[Language]) -> Self {
        let mut builder = Builder {
            vocabulary: Vocabulary::new(),
            queries: Vec::with_capacity(topics.len()),
            numbers: FxHashMap::default(),
            weights: Vec::new(),
        };
        for number in in_order(topics) {
            let topic = &topics[number];
            if let Some(query) = topic.whole() {
                builder.add(&topic.id, &query);
            }
        }
        Self {
            languages: languages.to_vec(),
            ..builder.finish()
        }
    }

    /// Returns how many topics are tried on every item.
    pub(super) fn unanchored(&self) -> usize {
        self.always.len()
    }

    /// Returns the matching topics, in the order of their ids.
    pub(super) fn matching(&self, subject: &Subject) -> impl Iterator<Item = &TopicId> {
        let found = self.vocabulary.occurring(subject, &self.languages);
        let mut candidates = self.always.clone();
        for key in found.keys() {
            let entries =
                self.begins[key as usize] as usize..self.begins[key as usize + 1] as usize;
            let likely = self.entries[entries]
                .iter()
                .filter(|entry| found.has(entry.also));
            candidates.extend(likely.map(|entry| entry.candidate));
        }
        candidates.sort_unstable();
        candidates.dedup_by_key(|candidate| candidate.alternative);
        let usual = found.in_usual_parts();
        let mut matching: Vec<u32> = Vec::new();
        for candidate in candidates {
            let Candidate { rule, doubtful, .. } = candidate;
            if matching.last() == Some(&rule) {
                continue;
            }
            let item = Tried {
                found: &found,
                subject,
                matching: &matching,
            };
            let holds = |node: &Node| item.holds(node);
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
struct Tried<'a> {
    found: &'a Occurring,
    subject: &'a Subject<'a>,
    /// The earlier rules that match.
    matching: &'a [u32],
}

impl Tried<'_> {
    fn holds(&self, node: &Node) -> bool {
        match node {
            Node::Fact(key) => self.found.has(*key),
            Node::Word(part, key) => self.found.stands_in(*key, *part),
            Node::Pair(part, [one, two]) => {
                let both = self.found.has(*one) && self.found.has(*two);
                both && self.holds_phrase(*part, &[Some(*one), Some(*two)])
            }
            Node::Phrase(part, words) => self.holds_phrase(*part, words),
            Node::Near(part, apart, words) => self.holds_near(*part, *apart, words),
            Node::Regex(part, regex) => {
                let mut texts = self.subject.texts_in(*part);
                texts.any(|(_, text)| regex.is_match(text))
            }
            Node::Before(day) => self.subject.day.is_some_and(|own| own < *day),
            Node::After(day) => self.subject.day.is_some_and(|own| own >= *day),
            Node::Saved(rule) => self.matching.binary_search(rule).is_ok(),
            Node::And(nodes) => nodes.iter().all(|node| self.holds(node)),
            Node::Or(nodes) => nodes.iter().any(|node| self.holds(node)),
            Node::Not(node) => !self.holds(node),
        }
    }

    /// Tests a phrase at the places of its least frequent word.
    fn holds_phrase(&self, part: Option<Part>, words: &[Option<Key>]) -> bool {
        let keys = || (0..).zip(words).filter_map(|(n, key)| Some((n, (*key)?)));
        if !keys().all(|(_, key)| self.found.has(key)) {
            return false;
        }
        let range = self.found.range(part);
        let places = |key: Key| self.found.places(key, &range);
        let Some((rarest, key)) = keys().min_by_key(|(_, key)| places(*key).len()) else {
            return false;
        };
        let begins = places(key).filter_map(|place: u32| place.checked_sub(rarest));
        begins
            .into_iter()
            .any(|begin| keys().all(|(n, key)| self.found.stands_at(key, begin + n)))
    }

    /// Returns true if a window with room for the words and `apart` others contains each of the words.
    fn holds_near(&self, part: Option<Part>, apart: u8, words: &[Key]) -> bool {
        if !words.iter().all(|key| self.found.has(*key)) {
            return false;
        }
        let range = self.found.range(part);
        let places = |(word, key): (usize, &Key)| {
            let places = self.found.places(*key, &range);
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

struct Builder {
    vocabulary: Vocabulary,
    queries: Vec<(TopicId, Node)>,
    numbers: FxHashMap<TopicId, u32>,
    /// For each key, how many queries contain it: an estimate of how many items have it.
    weights: Vec<u64>,
}

impl Builder {
    fn add(&mut self, id: &TopicId, query: &Query) {
        let node = self.node(query);
        let rule = number(self.queries.len());
        self.numbers.insert(id.clone(), rule);
        self.queries.push((id.clone(), node));
    }

    fn node(&mut self, query: &Query) -> Node {
        match query {
            Query::Words(words) => self.words(words),
            Query::Regex(part, regex) => Node::Regex(*part, Box::new(regex.clone())),
            Query::Source(source) => {
                let key = self.vocabulary.source(source);
                self.fact(key, SOURCE)
            }
            Query::Language(language) => {
                let key = self.vocabulary.language(language);
                self.fact(key, LANGUAGE)
            }
            Query::Region(region) => {
                let key = self.vocabulary.region(*region);
                self.fact(key, REGION)
            }
            Query::Topic(id) => {
                let key = self.vocabulary.topic(id);
                let given = self.fact(key, SOURCE);
                match self.numbers.get(id) {
                    Some(rule) => Node::Or([given, Node::Saved(*rule)].into()),
                    None => given,
                }
            }
            Query::Before(day) => Node::Before(*day),
            Query::After(day) => Node::After(*day),
            Query::And(parts) => Node::And(self.nodes(parts)),
            Query::Or(parts) => Node::Or(self.nodes(parts)),
            Query::Not(inner) => Node::Not(Box::new(self.node(inner))),
        }
    }

    fn nodes(&mut self, queries: &[Query]) -> Box<[Node]> {
        queries.iter().map(|query| self.node(query)).collect()
    }

    fn words(&mut self, words: &Words) -> Node {
        let Words { part, words, apart } = words;
        let keys: Vec<Option<Key>> = words.iter().map(|word| self.word(word)).collect();
        match (apart, keys.as_slice()) {
            (None, [Some(key)]) => Node::Word(*part, *key),
            (None, [Some(one), Some(two)]) => Node::Pair(*part, [*one, *two]),
            (None, _) => Node::Phrase(*part, keys.into()),
            (Some(apart), _) => Node::Near(*part, *apart, keys.into_iter().flatten().collect()),
        }
    }

    fn word(&mut self, word: &Word) -> Option<Key> {
        let key = self.vocabulary.word(word)?;
        let weight = match word {
            Word::Inflected(word) | Word::Exact(word) if is_stop_word(word) => STOP_WORD,
            Word::Prefix(_) => PREFIX,
            _ => 1,
        };
        self.weigh(key, weight);
        Some(key)
    }

    fn fact(&mut self, key: Key, weight: u64) -> Node {
        self.weigh(key, weight);
        Node::Fact(key)
    }

    fn weigh(&mut self, key: Key, weight: u64) {
        let key = key as usize;
        self.weights.resize(self.weights.len().max(key + 1), 0);
        self.weights[key] += weight;
    }

    fn finish(mut self) -> Compiled {
        let mut index = Index::default();
        let queries = std::mem::take(&mut self.queries);
        let mut ids: Vec<TopicId> = queries.iter().map(|(id, _)| id.clone()).collect();
        ids.sort_unstable();
        for (id, node) in queries {
            let ways = self.ways(&node, &index.ways);
            let (alternatives, rest) = match ways {
                Some(_) => self.parted(node, &index.ways),
                None => (vec![node], Vec::new()),
            };
            let also = self.also(&rest, &index.ways);
            for node in alternatives {
                let ways = self.ways(&node, &index.ways);
                index.add(node, ways.map(|ways| with(also, ways)));
            }
            index.ways.push(ways);
            let rest = rest.into();
            let topic = number(ids.partition_point(|other| *other < id));
            index.rules.push(Rule { topic, rest });
        }
        index.finish(self.vocabulary, ids)
    }

    /// Splits a query that cannot match without any key into alternatives, one of which must hold, and the rest,
    /// which must always hold. The alternatives are those that the fewest items pass.
    fn parted(&self, node: Node, saved: &[Option<Vec<Way>>]) -> (Vec<Node>, Vec<Node>) {
        let mut parts = match node {
            Node::And(parts) => parts.into_vec(),
            node => vec![node],
        };
        let weight = |node: &Node| {
            self.ways(node, saved)
                .map_or(u64::MAX, |ways| self.sum(&ways))
        };
        let narrowest = (0..parts.len()).min_by_key(|part| weight(&parts[*part]));
        let alternatives = match narrowest.map(|part| parts.remove(part)) {
            Some(Node::Or(nodes)) => nodes.into_vec(),
            node => node.into_iter().collect(),
        };
        (alternatives, parts)
    }

    /// Returns the ways in which a query can match: every matching item satisfies one. `None` if it may match without
    /// any key. `saved` are the ways of the earlier rules.
    fn ways(&self, node: &Node, saved: &[Option<Vec<Way>>]) -> Option<Vec<Way>> {
        match node {
            Node::Fact(key) | Node::Word(None, key) => Some(vec![Way::sure(*key)]),
            Node::Word(Some(_), key) => Some(vec![self.way(std::slice::from_ref(key))]),
            Node::Phrase(_, words) => {
                let keys: Vec<Key> = words.iter().flatten().copied().collect();
                Some(vec![self.way(&keys)])
            }
            Node::Pair(_, keys) => Some(vec![self.way(keys)]),
            Node::Near(_, _, keys) => Some(vec![self.way(keys)]),
            Node::Saved(rule) => saved[*rule as usize].clone().map(doubted),
            Node::Or(nodes) => {
                let ways = nodes.iter().map(|node| self.ways(node, saved));
                let mut ways = ways.collect::<Option<Vec<_>>>()?.concat();
                ways.sort_unstable();
                ways.dedup();
                Some(ways)
            }
            Node::And(nodes) => {
                let ways = nodes.iter().filter_map(|node| self.ways(node, saved));
                self.narrowest(ways.collect(), nodes.len())
            }
            Node::Regex(..) | Node::Before(_) | Node::After(_) | Node::Not(_) => None,
        }
    }

    fn weight(&self, key: Key) -> u64 {
        self.weights[key as usize]
    }

    /// Returns the way by the two rarest of keys that are all required.
    fn way(&self, keys: &[Key]) -> Way {
        let mut keys = keys.to_vec();
        keys.sort_unstable_by_key(|key| (self.weight(*key), *key));
        keys.dedup();
        let key = keys.first().copied().unwrap_or_default();
        let also = keys.get(1).copied().unwrap_or(key);
        let doubtful = true;
        Way {
            key,
            also,
            doubtful,
        }
    }

    /// Given several sets of ways, one way of each of which is required, returns the set that the fewest items pass,
    /// combined with the keys of the next sets.
    fn narrowest(&self, mut sets: Vec<Vec<Way>>, parts: usize) -> Option<Vec<Way>> {
        sets.sort_by_cached_key(|ways| self.sum(ways));
        let mut sets = sets.into_iter();
        let narrowest = sets.next()?;
        let few = |ways: &Vec<Way>| ways.len() * narrowest.len() <= MOST_CROSSED;
        match sets.find(few) {
            Some(others) if parts == 2 => Some(crossed(&narrowest, &others)),
            Some(others) => Some(doubted(crossed(&narrowest, &others))),
            None if parts == 1 => Some(narrowest),
            None => Some(doubted(narrowest)),
        }
    }

    /// Returns the rarest key that one of these nodes requires by itself.
    fn also(&self, nodes: &[Node], saved: &[Option<Vec<Way>>]) -> Option<Key> {
        let ways = nodes.iter().filter_map(|node| self.ways(node, saved));
        let keys = ways.filter_map(|ways| match ways.as_slice() {
            [way] => Some(way.key),
            _ => None,
        });
        keys.min_by_key(|key| self.weight(*key))
    }

    fn sum(&self, ways: &[Way]) -> u64 {
        ways.iter().map(|way| self.weight(way.key)).sum()
    }
}

/// Maximum number of ways to combine two sets into.
const MOST_CROSSED: usize = 16;

impl Way {
    /// Returns the way by one key that needs no further check.
    fn sure(key: Key) -> Self {
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
fn crossed(ways: &[Way], others: &[Way]) -> Vec<Way> {
    let cross = |way: Way, other: Way| Way {
        key: way.key,
        also: if way.is_single() { other.key } else { way.also },
        doubtful: way.doubtful || other.doubtful || !way.is_single() || !other.is_single(),
    };
    let of = |way: &Way| {
        others
            .iter()
            .map(|other| cross(*way, *other))
            .collect::<Vec<_>>()
    };
    let mut ways: Vec<Way> = ways.iter().flat_map(of).collect();
    ways.sort_unstable();
    ways.dedup();
    ways
}

fn doubted(ways: Vec<Way>) -> Vec<Way> {
    let doubted = |way| Way {
        doubtful: true,
        ..way
    };
    ways.into_iter().map(doubted).collect()
}

/// Adds a second key to ways that have only one.
fn with(also: Option<Key>, mut ways: Vec<Way>) -> Vec<Way> {
    if let Some(also) = also {
        let alone = ways.iter_mut().filter(|way| way.is_single());
        alone.for_each(|way| way.also = also);
    }
    ways
}

/// The rules built so far.
#[derive(Default)]
struct Index {
    rules: Vec<Rule>,
    alternatives: Vec<Node>,
    entries: Vec<(Key, Entry)>,
    always: Vec<Candidate>,
    /// The ways of each rule.
    ways: Vec<Option<Vec<Way>>>,
}

impl Index {
    /// Adds an alternative of the next rule.
    fn add(&mut self, node: Node, ways: Option<Vec<Way>>) {
        let candidate = |doubtful| Candidate {
            rule: number(self.rules.len()),
            alternative: number(self.alternatives.len()),
            doubtful,
        };
        match ways {
            Some(ways) => self.entries.extend(ways.iter().map(|way| {
                let (also, candidate) = (way.also, candidate(way.doubtful));
                (way.key, Entry { also, candidate })
            })),
            None => self.always.push(candidate(true)),
        }
        self.alternatives.push(node);
    }

    fn finish(mut self, vocabulary: Vocabulary, ids: Vec<TopicId>) -> Compiled {
        self.entries.sort_unstable();
        let mut begins = vec![0; vocabulary.len() + 1];
        for (key, _) in &self.entries {
            begins[*key as usize + 1] += 1;
        }
        for key in 1..begins.len() {
            begins[key] += begins[key - 1];
        }
        self.alternatives.shrink_to_fit();
        Compiled {
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

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
