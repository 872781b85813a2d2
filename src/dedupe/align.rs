//! Aligns two texts, token by token: finds the tokens in common, and the differences.
//!
//! In: tokens. Out: the number of matched tokens, and the hunks between them. Titles are short and aligned exactly.
//! Longer texts are aligned between anchors, runs of three words that both have, in time linear in their length.

use std::ops::Range;

use super::tokens::{WordToken, mix_hash};

/// Maximum length of a title to compare, in tokens.
pub(super) const MAX_TITLE: usize = 40;
/// Maximum length of a text to compare, in tokens.
pub(super) const MAX_BODY: usize = 160;
/// Number of words in an anchor.
const ANCHOR: usize = 3;
/// Number of tokens beyond an anchor in which a nearer one is searched for.
const AHEAD: usize = 24;
/// Number of slots of an index: a power of two, more than twice [`MAX_BODY`].
const PLACES: usize = 512;

/// A difference: the range in one text that replaces the range in the other. At most one is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) one: Range<usize>,
    pub(super) other: Range<usize>,
}

/// The alignment of two texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Alignment {
    /// Number of tokens in common, in order.
    pub(super) matched: usize,
    /// The differences, in order.
    pub(super) hunks: Vec<Hunk>,
}

impl Alignment {
    fn add_hunk(&mut self, one: Range<usize>, other: Range<usize>) {
        if !one.is_empty() || !other.is_empty() {
            self.hunks.push(Hunk { one, other });
        }
    }
}

/// Aligns two titles by their longest common subsequence.
pub(super) fn align_titles(one: &[WordToken], other: &[WordToken]) -> Alignment {
    let one = one.get(..MAX_TITLE).unwrap_or(one);
    let other = other.get(..MAX_TITLE).unwrap_or(other);
    let is = |(one, other): &(&WordToken, &WordToken)| one.is_same_word(**other);
    let head = one.iter().zip(other).take_while(is).count();
    let (rest, other_rest) = (one.len() - head, other.len() - head);
    let ends = one.iter().rev().zip(other.iter().rev());
    let tail = ends.take(rest.min(other_rest)).take_while(is).count();
    let mut aligned = Alignment {
        matched: head + tail,
        hunks: Vec::new(),
    };
    align_middle(
        one,
        other,
        head..one.len() - tail,
        head..other.len() - tail,
        &mut aligned,
    );
    aligned
}

/// Aligns the part between a common head and a common tail.
fn align_middle(
    one: &[WordToken],
    other: &[WordToken],
    rows: Range<usize>,
    columns: Range<usize>,
    aligned: &mut Alignment,
) {
    if rows.is_empty() || columns.is_empty() {
        return aligned.add_hunk(rows, columns);
    }
    let mut common = [[0_u8; MAX_TITLE + 1]; MAX_TITLE + 1];
    for at in rows.clone().rev() {
        for beside in columns.clone().rev() {
            common[at][beside] = if one[at].is_same_word(other[beside]) {
                common[at + 1][beside + 1] + 1
            } else {
                common[at + 1][beside].max(common[at][beside + 1])
            };
        }
    }
    let (mut at, mut beside) = (rows.start, columns.start);
    let (mut from, mut from_other) = (at, beside);
    while at < rows.end && beside < columns.end {
        if one[at].is_same_word(other[beside]) {
            aligned.add_hunk(from..at, from_other..beside);
            aligned.matched += 1;
            (at, beside) = (at + 1, beside + 1);
            (from, from_other) = (at, beside);
        } else if common[at + 1][beside] >= common[at][beside + 1] {
            at += 1;
        } else {
            beside += 1;
        }
    }
    aligned.add_hunk(from..rows.end, from_other..columns.end);
}

/// The anchors of one text, by hash.
pub(super) struct AnchorIndex {
    places: [u16; PLACES],
}

impl AnchorIndex {
    pub(super) fn from_tokens(text: &[WordToken]) -> Self {
        let mut index = Self {
            places: [0; PLACES],
        };
        for (at, run) in text.windows(ANCHOR).take(MAX_BODY).enumerate() {
            let mut place = Self::run_slot(run);
            while index.places[place] != 0 {
                place = (place + 1) % PLACES;
            }
            index.places[place] = u16::try_from(at + 1).unwrap_or(0);
        }
        index
    }

    fn run_slot(run: &[WordToken]) -> usize {
        let hash = run.iter().fold(0, |hash, token| {
            mix_hash(hash ^ u64::from(token.word_hash()))
        });
        usize::try_from(hash % PLACES as u64).unwrap_or(0)
    }

    /// Returns the nearest place of `run` in `text`, the indexed text, at `from` or later.
    fn find_run(&self, text: &[WordToken], run: &[WordToken], from: usize) -> Option<usize> {
        let mut place = Self::run_slot(run);
        let mut nearest = None;
        while self.places[place] != 0 {
            let at = usize::from(self.places[place]) - 1;
            let is_nearer = at >= from && nearest.is_none_or(|nearest| at < nearest);
            if is_nearer
                && text
                    .get(at..at + ANCHOR)
                    .is_some_and(|found| is_common_run(found, run))
            {
                nearest = Some(at);
            }
            place = (place + 1) % PLACES;
        }
        nearest
    }
}

fn is_common_run(one: &[WordToken], other: &[WordToken]) -> bool {
    one.iter()
        .zip(other)
        .all(|(one, other)| one.is_same_word(*other))
}

/// Aligns two texts between anchors; `index` is that of `one`.
pub(super) fn align_texts(
    one: &[WordToken],
    index: &AnchorIndex,
    other: &[WordToken],
) -> Alignment {
    let one = one.get(..MAX_BODY).unwrap_or(one);
    let other = other.get(..MAX_BODY).unwrap_or(other);
    let mut aligned = Alignment::default();
    let (mut at, mut beside) = (0, 0);
    loop {
        while at < one.len() && beside < other.len() && one[at].is_same_word(other[beside]) {
            aligned.matched += 1;
            (at, beside) = (at + 1, beside + 1);
        }
        let Some((next, next_beside)) = next_anchor(one, index, other, at, beside) else {
            aligned.add_hunk(at..one.len(), beside..other.len());
            return aligned;
        };
        let back = one[at..next]
            .iter()
            .rev()
            .zip(other[beside..next_beside].iter().rev());
        let back = back
            .take_while(|(one, other)| one.is_same_word(**other))
            .count();
        aligned.matched += back;
        aligned.add_hunk(at..next - back, beside..next_beside - back);
        (at, beside) = (next, next_beside);
    }
}

/// Returns the next common run: the one that skips the fewest tokens within the look-ahead. The first common run
/// could be a later repetition.
fn next_anchor(
    one: &[WordToken],
    index: &AnchorIndex,
    other: &[WordToken],
    at: usize,
    beside: usize,
) -> Option<(usize, usize)> {
    let mut nearest: Option<(usize, usize)> = None;
    let mut fewest = usize::MAX;
    for (ahead, run) in other.get(beside..)?.windows(ANCHOR).enumerate() {
        if ahead >= fewest {
            break;
        }
        if let Some(found) = index.find_run(one, run, at)
            && found - at + ahead < fewest
        {
            fewest = (found - at + ahead).min(ahead + AHEAD);
            nearest = Some((found, beside + ahead));
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::dedupe::ItemTokens;

    fn tokens(text: &str) -> Vec<WordToken> {
        ItemTokens::from_texts("", text, "en").tokens
    }

    /// Checks the hunks as words, `one/other`.
    fn check(aligned: &Alignment, one: &str, other: &str, expected: &[&str]) {
        let (one, other): (Vec<&str>, Vec<&str>) =
            (one.split(' ').collect(), other.split(' ').collect());
        let shown = |hunk: &Hunk| {
            format!(
                "{}/{}",
                one[hunk.one.clone()].join(" "),
                other[hunk.other.clone()].join(" ")
            )
        };
        let hunks: Vec<String> = aligned.hunks.iter().map(shown).collect();
        assert_eq!(hunks, expected);
    }

    #[test]
    fn titles_are_aligned_exactly() {
        let (one, other) = (
            "rain closes north road today",
            "heavy rain closes south road",
        );
        let aligned = align_titles(&tokens(one), &tokens(other));
        assert_eq!(aligned.matched, 3);
        check(&aligned, one, other, &["/heavy", "north/south", "today/"]);
    }

    #[test]
    fn texts_are_aligned_from_anchor_to_anchor() {
        let one = "photo agency the brigade took 12 people to the hospital of the valley";
        let other = "the brigade took 15 people to the hospital of the valley read more";
        let (left, right) = (tokens(one), tokens(other));
        let aligned = align_texts(&left, &AnchorIndex::from_tokens(&left), &right);
        check(
            &aligned,
            one,
            other,
            &["photo agency/", "12/15", "/read more"],
        );
    }

    #[test]
    fn what_is_said_twice_is_found_where_it_stands() {
        let said = "it opened after 12 months of work in the valley";
        let (one, other) = (
            format!("{said} {said}"),
            format!("{} {said}", said.replace("12", "39")),
        );
        let (left, right) = (tokens(&one), tokens(&other));
        check(
            &align_texts(&left, &AnchorIndex::from_tokens(&left), &right),
            &one,
            &other,
            &["12/39"],
        );
    }

    proptest! {
        #[test]
        fn every_token_is_matched_or_in_a_hunk(one in "([a-d] ){0,60}", other in "([a-d] ){0,60}") {
            let (left, right) = (tokens(&one), tokens(&other));
            for aligned in [align_texts(&left, &AnchorIndex::from_tokens(&left), &right), align_titles(&left[..left.len().min(40)], &right[..right.len().min(40)])] {
                let (mut matched, mut at, mut beside) = (0, 0, 0);
                for hunk in &aligned.hunks {
                    prop_assert_eq!(hunk.one.start - at, hunk.other.start - beside);
                    for (one, other) in left[at..hunk.one.start].iter().zip(&right[beside..hunk.other.start]) {
                        prop_assert!(one.is_same_word(*other));
                    }
                    matched += hunk.one.start - at;
                    (at, beside) = (hunk.one.end, hunk.other.end);
                }
                prop_assert!(aligned.matched >= matched);
            }
        }
    }
}
