//! Warnings about valid queries that may not mean what they appear to mean.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::token::{QueryToken, QueryTokenKind};
use super::{Query, QueryWord, QueryWords};
use crate::languages;

/// A warning about a valid query that may not mean what it appears to mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryWarning {
    /// The position, in characters from 1.
    pub column: usize,
    /// The point to check.
    pub message: String,
}

/// Returns true if almost every text of its language contains the word, and it has no meaning of its own in another
/// language.
pub(crate) fn is_stop_word(word: &str) -> bool {
    static WORDS: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| languages::set(|table| table.search.stop_words));
    WORDS.contains(word.to_lowercase().as_str())
}

pub(super) fn find_warnings(tokens: &[QueryToken], query: &Query) -> Vec<QueryWarning> {
    let mut found = Vec::new();
    let mut warn = |column, message| found.push(QueryWarning { column, message });
    for (n, token) in tokens.iter().enumerate() {
        let QueryTokenKind::Bare(word) = &token.kind else {
            continue;
        };
        let of_field = n > 0 && matches!(tokens[n - 1].kind, QueryTokenKind::Field(_));
        if let Some(message) = word_warning(word).filter(|_| !of_field) {
            warn(token.column, message);
        }
    }
    if let Some(column) = find_one_sided_minus(tokens) {
        let message =
            "this belongs to its own side of `OR` only; use parentheses to say which is meant";
        warn(column, message.to_owned());
    }
    if let Some(why) = query.find_contradiction() {
        warn(1, format!("nothing can match: {why}"));
    }
    found.sort_by_key(|warning| warning.column);
    found
}

fn word_warning(word: &str) -> Option<String> {
    if matches!(word, "or" | "Or" | "and" | "And" | "not" | "Not") {
        let operator = word.to_uppercase();
        return Some(format!(
            "`{word}` is looked for as a word; the operator is written `{operator}`"
        ));
    }
    if word.starts_with(['\'', '‘']) && word.chars().nth(1).is_some() {
        return Some(format!(
            "`'` is no quotation mark of queries, the words from `{word}` on are looked for one by one; write `\"`"
        ));
    }
    is_stop_word(word).then(|| format!("`{word}` stands in almost every text"))
}

/// Returns the position of the first `-` next to an `OR` outside of parentheses.
fn find_one_sided_minus(tokens: &[QueryToken]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut top = Vec::new();
    for token in tokens {
        match token.kind {
            QueryTokenKind::Open => depth += 1,
            QueryTokenKind::Close => depth = depth.saturating_sub(1),
            QueryTokenKind::Or | QueryTokenKind::Not if depth == 0 => top.push(token),
            _ => {}
        }
    }
    let beside_or = top.iter().any(|token| token.kind == QueryTokenKind::Or);
    let not = top.iter().find(|token| token.kind == QueryTokenKind::Not)?;
    beside_or.then_some(not.column)
}

impl Query {
    /// Returns the reason why nothing can match, if the query alone shows it: the same thing is both required and
    /// excluded.
    pub fn find_contradiction(&self) -> Option<String> {
        match self {
            Self::Or(parts) => {
                let mut each = parts.iter().map(Self::find_contradiction);
                let first = each.next()??;
                each.all(|why| why.is_some()).then_some(first)
            }
            Self::And(_) => {
                let mut all = ConjunctionDemands::default();
                all.require_query(self);
                let inner = || self.subqueries().iter().find_map(Self::find_contradiction);
                all.find_clash().or_else(inner)
            }
            _ => None,
        }
    }
}

/// The requirements of a conjunction, each as written.
#[derive(Default)]
struct ConjunctionDemands<'a> {
    wanted: Vec<&'a Query>,
    excluded: Vec<&'a Query>,
}

impl<'a> ConjunctionDemands<'a> {
    fn require_query(&mut self, query: &'a Query) {
        match query {
            Query::And(parts) => parts.iter().for_each(|part| self.require_query(part)),
            Query::Not(inner) => self.exclude_query(inner),
            _ => self.wanted.push(query),
        }
    }

    fn exclude_query(&mut self, query: &'a Query) {
        match query {
            Query::Or(parts) => parts.iter().for_each(|part| self.exclude_query(part)),
            Query::Not(inner) => self.require_query(inner),
            _ => self.excluded.push(query),
        }
    }

    fn find_clash(&self) -> Option<String> {
        let excluded: BTreeSet<String> = self
            .excluded
            .iter()
            .map(|query| comparable_text(query))
            .collect();
        let is_out = |query: &Query| excluded.contains(&comparable_text(query));
        let clashing = |query: &&&Query| match query {
            Query::Or(parts) => is_out(query) || parts.iter().all(is_out),
            _ => is_out(query),
        };
        let found = self.wanted.iter().find(clashing);
        found
            .map(|query| format!("{query} is wanted and excluded"))
            .or_else(|| self.find_empty_period())
    }

    /// Detects an empty period such as `after:2022 before:2021`.
    fn find_empty_period(&self) -> Option<String> {
        let after = self.wanted.iter().filter_map(|query| match query {
            Query::After(day) => Some(day),
            _ => None,
        });
        let before = self.wanted.iter().filter_map(|query| match query {
            Query::Before(day) => Some(day),
            _ => None,
        });
        let (after, before) = (after.max()?, before.min()?);
        (after >= before).then(|| format!("no day is before:{before} after:{after}"))
    }
}

/// Returns the query as written, ignoring case.
fn comparable_text(query: &Query) -> String {
    let lower = |word: &QueryWord| match word {
        QueryWord::Inflected(word) => QueryWord::Inflected(word.to_lowercase().into()),
        QueryWord::Exact(word) => QueryWord::Exact(word.to_lowercase().into()),
        QueryWord::Prefix(word) => QueryWord::Prefix(word.to_lowercase().into()),
        QueryWord::Any => QueryWord::Any,
    };
    match query {
        Query::Words(QueryWords { part, words, apart }) => QueryWords {
            part: *part,
            words: words.iter().map(lower).collect(),
            apart: *apart,
        }
        .to_string(),
        _ => query.to_string(),
    }
}
