//! Explains why a topic matches an item, by evaluating the queries as written, word by word.
//!
//! In: topics, and the subject to test. Out: for each matching topic, which words of which part satisfied which part
//! of which query. This is the reference implementation of the language: the compiled program must give the same
//! answer, and is tested against it.

use std::collections::HashMap;
use std::ops::Range;

use super::subject::{Subject, covers_part};
use super::terms::{MAX_WORDS, Stemming, WordForms, append_folded};
use crate::model::{ConfigPosition, Language, TopicId};
use crate::topics::{ItemPart, Query, QueryRole, QueryWord, QueryWords, Topic, words_of};

/// Maximum length of a chain of topics that refer to each other; the configuration refuses longer ones.
const MAX_ROW: usize = 64;

/// The reasons why a topic matches an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicMatch {
    /// The matching topic.
    pub topic: TopicId,
    /// Its place in the configuration.
    pub place: ConfigPosition,
    /// The reasons, in the order of its queries; empty if the item's source gives it the topic.
    pub reasons: Vec<MatchReason>,
}

/// The evidence for one part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchReason {
    /// The role of the query in the topic.
    pub role: QueryRole,
    /// The part of the query, in query syntax.
    pub query: String,
    /// The evidence that satisfied it.
    pub evidence: MatchEvidence,
}

/// The evidence that satisfies a part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchEvidence {
    /// Words of the item.
    Words {
        /// The part of the item that contains them.
        part: ItemPart,
        /// The text that contains them: the title, the text under it, a tag or a name.
        text: String,
        /// Byte ranges in the text: each word, or the entire match of an expression.
        bytes: Vec<Range<usize>>,
    },
    /// The item's source, language, region, date or another topic.
    Fact,
    /// The absence of an excluded term.
    Absence,
}

/// Returns the reasons for each of `topics` that matches the item, in their order; `languages` as in
/// [`Classifier::new`](super::Classifier::new).
pub fn explain_topics(
    topics: &[Topic],
    languages: &[Language],
    subject: &Subject,
) -> Vec<TopicMatch> {
    let judge = QueryEvaluator::new(topics, languages, subject);
    let taken = topics.iter().filter_map(|topic| {
        Some(TopicMatch {
            topic: topic.id.clone(),
            place: topic.place.clone(),
            reasons: judge.evaluate_topic(topic, 0)?,
        })
    });
    taken.collect()
}

/// Returns true if one query matches, saved or not; `topics` are those that it may refer to.
pub fn query_matches(
    query: &Query,
    topics: &[Topic],
    languages: &[Language],
    subject: &Subject,
) -> bool {
    QueryEvaluator::new(topics, languages, subject)
        .evaluate_query(query, 0)
        .is_some()
}

/// A leaf of a query, and the evidence that satisfied it.
type LeafEvidence<'a> = (&'a Query, MatchEvidence);

/// An item whose words have been split.
struct QueryEvaluator<'a> {
    topics: HashMap<&'a TopicId, &'a Topic>,
    subject: &'a Subject<'a>,
    stemmings: Vec<Stemming>,
    texts: Vec<SplitText<'a>>,
}

struct SplitText<'a> {
    part: ItemPart,
    whole: &'a str,
    words: Vec<TextWord>,
}

struct TextWord {
    bytes: Range<usize>,
    folded: String,
    /// Forms of the words by language, in the order of the stemmings.
    forms: Vec<Vec<String>>,
}

impl<'a> QueryEvaluator<'a> {
    fn new(topics: &'a [Topic], languages: &[Language], subject: &'a Subject<'a>) -> Self {
        let stemmings = Stemming::for_subject(subject, languages);
        let mut forms: Vec<WordForms> = stemmings.iter().copied().map(WordForms::new).collect();
        let texts = subject.texts().map(|(part, text)| SplitText {
            part,
            whole: text,
            words: words_of(text)
                .take(MAX_WORDS)
                .map(|(at, word)| TextWord::new(at, word, &mut forms))
                .collect(),
        });
        Self {
            topics: topics.iter().map(|topic| (&topic.id, topic)).collect(),
            texts: texts.collect(),
            subject,
            stemmings,
        }
    }

    /// Returns the reasons for a topic; empty for one that the source gives, which needs none.
    fn evaluate_topic(&self, topic: &Topic, depth: usize) -> Option<Vec<MatchReason>> {
        let given = self.subject.topics.contains(&topic.id);
        let reasons = self.evaluate_queries(topic, depth);
        reasons.or_else(|| given.then(Vec::new))
    }

    fn evaluate_queries(&self, topic: &Topic, depth: usize) -> Option<Vec<MatchReason>> {
        if !topic.has_queries() || depth > MAX_ROW {
            return None;
        }
        let mut reasons = Vec::new();
        let mut tell = |role: QueryRole, found: Vec<LeafEvidence>| {
            reasons.extend(found.into_iter().map(|(query, evidence)| MatchReason {
                role,
                query: match evidence {
                    MatchEvidence::Absence => format!("-{query}"),
                    _ => query.to_string(),
                },
                evidence,
            }));
        };
        let mut taken = topic.any.is_empty();
        for (role, query) in topic.queries() {
            match (role, self.evaluate_query(query, depth)) {
                (QueryRole::Exclude, None) => tell(role, vec![(query, MatchEvidence::Absence)]),
                (QueryRole::Any, None) => {}
                (QueryRole::Exclude, Some(_)) | (_, None) => return None,
                (_, Some(found)) => {
                    taken |= role == QueryRole::Any;
                    tell(role, found);
                }
            }
        }
        taken.then_some(reasons)
    }

    /// Returns the evidence for a query; for all alternatives if several hold.
    fn evaluate_query<'q>(&self, query: &'q Query, depth: usize) -> Option<Vec<LeafEvidence<'q>>> {
        let fact = |holds: bool| holds.then(|| vec![(query, MatchEvidence::Fact)]);
        match query {
            Query::Words(words) => {
                let found = self.texts_in(words.part).find_map(|text| {
                    let bytes = self.find_words(words, text)?;
                    Some(text.evidence_at(bytes))
                });
                Some(vec![(query, found?)])
            }
            Query::Regex(part, regex) => {
                let found = self.texts_in(*part).find_map(|text| {
                    let bytes = regex.find(text.whole)?;
                    Some(text.evidence_at(vec![bytes]))
                });
                Some(vec![(query, found?)])
            }
            Query::Source(source) => fact(self.subject.source == Some(source)),
            Query::Language(language) => fact(self.subject.is_in_language(language)),
            Query::Region(region) => fact(self.subject.is_about(*region)),
            Query::Topic(id) => fact(self.belongs_to(id, depth)),
            Query::Before(day) => fact(self.subject.day.is_some_and(|own| own < *day)),
            Query::After(day) => fact(self.subject.day.is_some_and(|own| own >= *day)),
            Query::And(parts) => {
                let found = parts.iter().map(|part| self.evaluate_query(part, depth));
                Some(found.collect::<Option<Vec<_>>>()?.concat())
            }
            Query::Or(parts) => {
                let found = parts
                    .iter()
                    .filter_map(|part| self.evaluate_query(part, depth));
                found.reduce(|all, next| [all, next].concat())
            }
            Query::Not(inner) => match self.evaluate_query(inner, depth) {
                Some(_) => None,
                None => Some(vec![(inner, MatchEvidence::Absence)]),
            },
        }
    }

    fn belongs_to(&self, id: &TopicId, depth: usize) -> bool {
        let saved = self.topics.get(id);
        self.subject.topics.contains(id)
            || saved.is_some_and(|topic| self.evaluate_queries(topic, depth + 1).is_some())
    }

    fn texts_in(&self, part: Option<ItemPart>) -> impl Iterator<Item = &SplitText<'a>> {
        self.texts
            .iter()
            .filter(move |text| covers_part(part, text.part))
    }

    /// Returns the first place of the words.
    fn find_words(&self, wanted: &QueryWords, text: &SplitText) -> Option<Vec<Range<usize>>> {
        let tests: Vec<WantedWord> = wanted
            .words
            .iter()
            .map(|word| WantedWord::new(word, &self.stemmings))
            .collect();
        let room = tests.len() + usize::from(wanted.apart.unwrap_or_default());
        (0..text.words.len()).find_map(|begin| {
            let window = text.words[begin..].iter().take(room);
            let window: Vec<&TextWord> = window.collect();
            let found: Option<Vec<&TextWord>> = match wanted.apart {
                None if window.len() < tests.len() => None,
                None => tests
                    .iter()
                    .zip(window)
                    .map(|(test, word)| test.matches_word(word).then_some(word))
                    .collect(),
                Some(_) => tests
                    .iter()
                    .map(|test| window.iter().copied().find(|word| test.matches_word(word)))
                    .collect(),
            };
            Some(found?.iter().map(|word| word.bytes.clone()).collect())
        })
    }
}

impl SplitText<'_> {
    fn evidence_at(&self, bytes: Vec<Range<usize>>) -> MatchEvidence {
        MatchEvidence::Words {
            part: self.part,
            text: self.whole.to_owned(),
            bytes,
        }
    }
}

impl TextWord {
    fn new(at: usize, word: &str, forms: &mut [WordForms]) -> Self {
        let of = |forms: &mut WordForms| {
            let mut found = Vec::new();
            forms.each_text_form(word, |form| found.push(form.to_owned()));
            found
        };
        Self {
            bytes: at..at + word.len(),
            folded: fold_word(word),
            forms: forms.iter_mut().map(of).collect(),
        }
    }
}

/// A word to find.
enum WantedWord {
    /// Its forms by language, in the order of the stemmings.
    Forms(Vec<Vec<String>>),
    Exact(String),
    Prefix(String),
    Any,
}

impl WantedWord {
    fn new(word: &QueryWord, stemmings: &[Stemming]) -> Self {
        match word {
            QueryWord::Inflected(word) => {
                let of = |stemming: &Stemming| {
                    let mut found = Vec::new();
                    WordForms::new(*stemming).each_form(word, |form| found.push(form.to_owned()));
                    found
                };
                Self::Forms(stemmings.iter().map(of).collect())
            }
            QueryWord::Exact(word) => Self::Exact(fold_word(word)),
            QueryWord::Prefix(word) => Self::Prefix(fold_word(word)),
            QueryWord::Any => Self::Any,
        }
    }

    fn matches_word(&self, word: &TextWord) -> bool {
        match self {
            Self::Forms(forms) => {
                let mut pairs = forms.iter().zip(&word.forms);
                pairs.any(|(wanted, held)| wanted.iter().any(|form| held.contains(form)))
            }
            Self::Exact(exact) => *exact == word.folded,
            Self::Prefix(prefix) => word.folded.starts_with(prefix),
            Self::Any => true,
        }
    }
}

fn fold_word(word: &str) -> String {
    let mut folded = String::new();
    append_folded(word, &mut folded);
    folded
}
