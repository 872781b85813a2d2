//! Topics compiled for one language: their queries over terms, and an index of the terms each cannot do without.

use std::collections::HashMap;

use super::terms::{Stemming, Term, Terms, Text};
use crate::model::{Query, Topic};

#[derive(Debug)]
pub(super) struct Compiled {
    /// By the topic's number; `None` for a topic without a query of its own.
    queries: Vec<Option<Node>>,
    /// Topics that can only match where the term occurs.
    by_term: HashMap<String, Vec<usize>>,
    /// Topics that may match without any particular term (`-football`).
    always: Vec<usize>,
}

#[derive(Debug)]
enum Node {
    Word(Term),
    Phrase(Vec<Term>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

impl Compiled {
    pub(super) fn new(topics: &[Topic], stemming: Stemming) -> Self {
        let terms = Terms::new(stemming);
        let queries: Vec<Option<Node>> = topics
            .iter()
            .map(|topic| topic.selects().then(|| Node::of_topic(topic, &terms)))
            .collect();
        let mut by_term: HashMap<String, Vec<usize>> = HashMap::new();
        let mut always = Vec::new();
        for (number, query) in queries.iter().enumerate() {
            match query.as_ref().map(Node::required) {
                Some(Some(required)) => required
                    .into_iter()
                    .for_each(|term| by_term.entry(term).or_default().push(number)),
                Some(None) => always.push(number),
                None => {}
            }
        }
        Self {
            queries,
            by_term,
            always,
        }
    }

    /// The numbers of the topics that match, each once.
    pub(super) fn matching(&self, text: &Text) -> impl Iterator<Item = usize> {
        let touched = text
            .terms()
            .filter_map(|term| self.by_term.get(term))
            .flatten();
        let mut candidates: Vec<usize> = touched.chain(&self.always).copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates.into_iter().filter(|number| {
            self.queries[*number]
                .as_ref()
                .is_some_and(|query| query.holds(text))
        })
    }
}

impl Node {
    fn of_topic(topic: &Topic, terms: &Terms) -> Self {
        let nodes = |queries: &[Query]| -> Vec<Self> {
            queries.iter().map(|query| Self::of(query, terms)).collect()
        };
        let mut parts = nodes(&topic.all);
        parts.extend(topic.query.iter().map(|query| Self::of(query, terms)));
        if !topic.any.is_empty() {
            parts.push(Self::Or(nodes(&topic.any)));
        }
        parts.extend(
            nodes(&topic.exclude)
                .into_iter()
                .map(|node| Self::Not(Box::new(node))),
        );
        Self::And(parts)
    }

    fn of(query: &Query, terms: &Terms) -> Self {
        let nodes =
            |queries: &[Query]| queries.iter().map(|query| Self::of(query, terms)).collect();
        match query {
            Query::Word(word) => Self::Word(terms.term(word.as_str())),
            Query::Phrase(words) => {
                Self::Phrase(words.iter().map(|word| terms.term(word.as_str())).collect())
            }
            Query::Region(region) => Self::Word(Term::of_region(*region)),
            Query::And(queries) => Self::And(nodes(queries)),
            Query::Or(queries) => Self::Or(nodes(queries)),
            Query::Not(query) => Self::Not(Box::new(Self::of(query, terms))),
        }
    }

    fn holds(&self, text: &Text) -> bool {
        match self {
            Self::Word(term) => text.contains(term),
            Self::Phrase(terms) => text.contains_phrase(terms),
            Self::And(nodes) => nodes.iter().all(|node| node.holds(text)),
            Self::Or(nodes) => nodes.iter().any(|node| node.holds(text)),
            Self::Not(node) => !node.holds(text),
        }
    }

    /// Terms of which at least one occurs in every text that matches; `None` where there are none such.
    fn required(&self) -> Option<Vec<String>> {
        match self {
            Self::Word(term) => Some(forms(term)),
            // The longest word of a phrase is likely its rarest.
            Self::Phrase(terms) => terms.iter().max_by_key(|term| term.folded.len()).map(forms),
            Self::And(nodes) => nodes.iter().filter_map(Self::required).min_by_key(Vec::len),
            Self::Or(nodes) => nodes
                .iter()
                .map(Self::required)
                .collect::<Option<Vec<_>>>()
                .map(|terms| terms.concat()),
            Self::Not(_) => None,
        }
    }
}

fn forms(term: &Term) -> Vec<String> {
    if term.folded == term.stem {
        vec![term.folded.clone()]
    } else {
        vec![term.folded.clone(), term.stem.clone()]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nodes() -> impl Strategy<Value = Node> {
        let term = || {
            "[a-d]".prop_map(|word| Term {
                stem: word.clone(),
                folded: word,
            })
        };
        let leaf = prop_oneof![
            term().prop_map(Node::Word),
            prop::collection::vec(term(), 2..3).prop_map(Node::Phrase),
        ];
        leaf.prop_recursive(4, 20, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(Node::And),
                prop::collection::vec(inner.clone(), 1..4).prop_map(Node::Or),
                inner.prop_map(|node| Node::Not(Box::new(node))),
            ]
        })
    }

    proptest! {
        /// The index skips no topic that would match.
        #[test]
        fn what_holds_has_a_required_term(node in nodes(), words in prop::collection::vec("[a-d]", 0..6)) {
            let text = Text::new(&[&words.join(" ")], &[], Stemming::of(None));
            if node.holds(&text) && let Some(required) = node.required() {
                prop_assert!(required.iter().any(|term| words.contains(term)));
            }
        }
    }
}
