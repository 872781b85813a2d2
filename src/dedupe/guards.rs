//! Keeps two texts apart, however similar they are.
//!
//! In: two aligned texts. Out: the guard that refuses to treat them as one story. A guard examines places where both
//! differ; words that only one of them has may have been cut from the other.

use std::ops::Range;

use super::align::{Alignment, Hunk};
use super::fingerprint::ItemTokensRef;
use super::tokens::{WordKind, WordToken};

/// The reason why two items are two stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Their titles give different numbers: `no. 23` and `no. 24`.
    Number,
    /// Their titles give different days or months.
    Date,
    /// Their titles name different places.
    Place,
    /// A word of one title replaces a word of the other.
    Words,
    /// The same sentence has other figures.
    Figures,
    /// The same sentence names another place.
    Setting,
    /// The titles agree, but days separate them.
    Time,
    /// The announced events are on different days.
    Event,
    /// Another report of the story is kept apart from this one.
    Story,
}

impl Guard {
    /// Returns the word for the guard.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
            Self::Place => "place",
            Self::Words => "words",
            Self::Figures => "figures",
            Self::Setting => "setting",
            Self::Time => "time",
            Self::Event => "event",
            Self::Story => "story",
        }
    }
}

/// Returns true for the word of a guard that examines only two items.
pub fn is_guard(word: &str) -> bool {
    let guards = [
        Guard::Number,
        Guard::Date,
        Guard::Place,
        Guard::Words,
        Guard::Figures,
        Guard::Setting,
        Guard::Time,
        Guard::Event,
    ];
    guards.iter().any(|guard| guard.as_str() == word)
}

/// Maximum length of a passage, in tokens, in which a difference is one of figures rather than of the whole sentence.
const PASSAGE: usize = 8;
/// Number of tokens at two different ends that belong together.
const END: usize = 3;

/// Returns the guard triggered by the titles of two similar items; `sure` means that their texts are the same.
pub(super) fn title_guard(
    one: &ItemTokensRef,
    other: &ItemTokensRef,
    aligned: &Alignment,
    sure: bool,
) -> Option<Guard> {
    let said = |hunk: &&Hunk| !is_label(one.title, other.title, hunk);
    let hunks = aligned.hunks.iter().filter(said);
    let pairs = hunks.map(|hunk| {
        (
            hunk_tokens(one.title, &hunk.one),
            hunk_tokens(other.title, &hunk.other),
        )
    });
    let pairs: Vec<(&[WordToken], &[WordToken])> = pairs.collect();
    if have_different_kind(&pairs, WordKind::Number) {
        return Some(Guard::Number);
    }
    if have_different_kind(&pairs, WordKind::Date) {
        return Some(Guard::Date);
    }
    let swapped = |(ones, others): &(&[WordToken], &[WordToken])| {
        swapped_words_guard(ones, others).or_else(|| {
            let tell = has_content_word(ones) && has_content_word(others);
            let named = || {
                has_exclusive_name(ones, one.body, other.body) && any_occurs(others, other.body)
                    || has_exclusive_name(others, other.body, one.body)
                        && any_occurs(ones, one.body)
            };
            (tell && (!sure || named())).then_some(Guard::Words)
        })
    };
    pairs.iter().find_map(swapped)
}

/// Returns true if each title has a token of this kind that the other lacks. A single word in another place has only
/// moved: `28 May`, `May 28`.
fn have_different_kind(pairs: &[(&[WordToken], &[WordToken])], kind: WordKind) -> bool {
    let of = |tokens: &[WordToken]| -> Vec<u32> {
        let found = tokens.iter().filter(|token| token.kind() == kind);
        found.map(|token| token.word_hash()).collect()
    };
    let ones: Vec<u32> = pairs.iter().flat_map(|(one, _)| of(one)).collect();
    let others: Vec<u32> = pairs.iter().flat_map(|(_, other)| of(other)).collect();
    let has_moved = ones.len() == 1 && ones == others;
    !(ones.is_empty() || others.is_empty() || has_moved)
}

fn hunk_tokens<'a>(tokens: &'a [WordToken], range: &Range<usize>) -> &'a [WordToken] {
    tokens.get(range.clone()).unwrap_or_default()
}

fn has_kind(tokens: &[WordToken], kind: WordKind) -> bool {
    tokens.iter().any(|token| token.kind() == kind)
}

fn has_content_word(tokens: &[WordToken]) -> bool {
    tokens.iter().any(|token| token.is_content_word())
}

/// Returns the guard for words that replace each other in two titles, if they are significant whatever the texts
/// contain.
fn swapped_words_guard(one: &[WordToken], other: &[WordToken]) -> Option<Guard> {
    if has_kind(one, WordKind::Place) && has_content_word(other)
        || has_kind(other, WordKind::Place) && has_content_word(one)
    {
        return Some(Guard::Place);
    }
    let is_reference = |tokens: &[WordToken]| {
        has_kind(tokens, WordKind::Number) || has_kind(tokens, WordKind::Reference)
    };
    (is_reference(one) && is_reference(other)).then_some(Guard::Number)
}

/// Returns true if one of the words occurs in a text.
fn any_occurs(words: &[WordToken], text: &[WordToken]) -> bool {
    let stands = |word: &&WordToken| {
        word.is_content_word() && text.iter().any(|token| token.is_same_word(**word))
    };
    words.iter().any(|word| stands(&word))
}

/// Returns true if one of the words is a name that occurs in the item's own text, and not in the other's.
fn has_exclusive_name(words: &[WordToken], own: &[WordToken], other: &[WordToken]) -> bool {
    let stands =
        |word: &WordToken, text: &[WordToken]| text.iter().any(|token| token.is_same_word(*word));
    let is_name = |word: &WordToken| {
        let named = own
            .iter()
            .any(|token| token.is_same_word(*word) && token.has_capital());
        named && word.is_content_word() && !stands(word, other)
    };
    words.iter().any(is_name)
}

/// Returns true if a difference is a label before or after a title: `WATCH:`, `| Reuters`.
fn is_label(one: &[WordToken], other: &[WordToken], hunk: &Hunk) -> bool {
    let ones = hunk_tokens(one, &hunk.one);
    let others = hunk_tokens(other, &hunk.other);
    let plain = |tokens: &[WordToken]| {
        tokens
            .iter()
            .all(|token| matches!(token.kind(), WordKind::Word | WordKind::Joining))
    };
    let opens = |tokens: &[WordToken]| tokens.first().is_none_or(|token| token.opens_part());
    let ends = hunk.one.end == one.len() && hunk.other.end == other.len();
    if ends && hunk.one.start > 0 && hunk.other.start > 0 {
        let is_cut = |tokens: &[WordToken], at: usize| {
            at > 0 && tokens.get(at - 1).is_some_and(|token| token.is_cut_off())
        };
        let cut = is_cut(one, hunk.one.start) && opens(ones)
            || is_cut(other, hunk.other.start) && opens(others);
        return cut || opens(ones) && opens(others) && plain(ones) && plain(others);
    }
    let begins = hunk.one.start == 0 && hunk.other.start == 0;
    let then_opens =
        |tokens: &[WordToken], at: usize| tokens.get(at).is_some_and(|token| token.opens_part());
    begins
        && plain(ones)
        && plain(others)
        && then_opens(one, hunk.one.end)
        && then_opens(other, hunk.other.end)
}

/// Returns how many tokens only one of two titles has, apart from labels and a cut end.
pub(super) fn count_unmatched(
    one: &[WordToken],
    other: &[WordToken],
    aligned: &Alignment,
) -> usize {
    let hunks = aligned
        .hunks
        .iter()
        .filter(|hunk| !is_label(one, other, hunk) && !is_cut_end(one, other, hunk));
    hunks.map(|hunk| hunk.one.len() + hunk.other.len()).sum()
}

/// Returns true if one title continues after the other's end, or begins before the other with a separate label.
fn is_cut_end(one: &[WordToken], other: &[WordToken], hunk: &Hunk) -> bool {
    let ends = hunk.one.end == one.len()
        && hunk.other.end == other.len()
        && (hunk.one.is_empty() || hunk.other.is_empty());
    let opens =
        |tokens: &[WordToken], at: usize| tokens.get(at).is_some_and(|token| token.opens_part());
    let begins = hunk.one.start == 0
        && hunk.other.is_empty()
        && hunk.other.start == 0
        && opens(one, hunk.one.end)
        || hunk.other.start == 0
            && hunk.one.is_empty()
            && hunk.one.start == 0
            && opens(other, hunk.other.end);
    ends || begins
}

/// Returns the guard triggered by two similar texts.
pub(super) fn text_guard(
    one: &[WordToken],
    other: &[WordToken],
    aligned: &Alignment,
) -> Option<Guard> {
    aligned
        .hunks
        .iter()
        .find_map(|hunk| changed_words_guard(one, other, hunk))
}

fn changed_words_guard(one: &[WordToken], other: &[WordToken], hunk: &Hunk) -> Option<Guard> {
    let ends = hunk.one.end == one.len() || hunk.other.end == other.len();
    let begins = hunk.one.start == 0 || hunk.other.start == 0;
    let (ones, others) = (hunk_tokens(one, &hunk.one), hunk_tokens(other, &hunk.other));
    let (ones, others) = if ends {
        (
            ones.get(..END).unwrap_or(ones),
            others.get(..END).unwrap_or(others),
        )
    } else {
        (ones, others)
    };
    let longest = if begins { END - 1 } else { PASSAGE };
    if ones.len() > longest || others.len() > longest {
        return None;
    }
    let changed = |kind: WordKind| {
        let only = |tokens: &[WordToken], beside: &[WordToken]| {
            let beside_has =
                |token: &WordToken| beside.iter().any(|beside| beside.is_same_word(*token));
            tokens
                .iter()
                .any(|token| token.kind() == kind && !beside_has(token))
        };
        only(ones, others) && only(others, ones)
    };
    if changed(WordKind::Number) || changed(WordKind::Date) {
        return Some(Guard::Figures);
    }
    (!begins && !ends && changed(WordKind::Place)).then_some(Guard::Setting)
}

/// Returns true if two titles are two issues of one series, with another announced number or another day.
pub(super) fn is_another_issue(
    one: &[WordToken],
    other: &[WordToken],
    aligned: &Alignment,
) -> bool {
    let only = |of: fn(&Hunk) -> Range<usize>, tokens: &[WordToken]| {
        let parts = aligned
            .hunks
            .iter()
            .map(|hunk| hunk_tokens(tokens, &of(hunk)).to_vec());
        parts
            .flatten()
            .any(|token| token.is_serial() || token.kind() == WordKind::Date)
    };
    only(|hunk| hunk.one.clone(), one) && only(|hunk| hunk.other.clone(), other)
}
