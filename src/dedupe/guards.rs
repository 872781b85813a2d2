//! What keeps two texts apart, however alike they are.
//!
//! In: two texts aligned. Out: the guard that refuses to call them one story. A guard looks at what both have in one place
//! and say differently; what only one of them says may have been cut from the other.

use std::ops::Range;

use super::align::{Aligned, Hunk};
use super::fingerprint::Texts;
use super::tokens::{Kind, Token};

/// Why two items are two stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Their titles give different numbers: `no. 23` and `no. 24`.
    Number,
    /// Their titles give different days or months.
    Date,
    /// Their titles name different places.
    Place,
    /// A word of one title stands in the place of another.
    Words,
    /// The same sentence has other figures.
    Figures,
    /// The same sentence tells of another place.
    Setting,
    /// One title, and days between them.
    Time,
    /// What they announce takes place on different days.
    Event,
    /// Another report of the story is kept apart from this one.
    Story,
}

impl Guard {
    /// The word for it.
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

/// Whether a word is that of a guard that looks at two items alone.
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

/// The longest passage of a text in which a change is one of figures, not of the whole sentence, in tokens.
const PASSAGE: usize = 8;
/// How much of two ends that differ belongs together.
const END: usize = 3;

/// What the titles of two items that are alike say differently; `sure`: their texts are one.
pub(super) fn of_titles(
    one: &Texts,
    other: &Texts,
    aligned: &Aligned,
    sure: bool,
) -> Option<Guard> {
    let said = |hunk: &&Hunk| !is_label(one.title, other.title, hunk);
    let hunks = aligned.hunks.iter().filter(said);
    let pairs = hunks.map(|hunk| (part(one.title, &hunk.one), part(other.title, &hunk.other)));
    let pairs: Vec<(&[Token], &[Token])> = pairs.collect();
    if differ(&pairs, Kind::Number) {
        return Some(Guard::Number);
    }
    if differ(&pairs, Kind::Date) {
        return Some(Guard::Date);
    }
    let swapped = |(ones, others): &(&[Token], &[Token])| {
        swapped(ones, others).or_else(|| {
            let tell = tell(ones) && tell(others);
            let named = || {
                names(ones, one.body, other.body) && stand(others, other.body)
                    || names(others, other.body, one.body) && stand(ones, one.body)
            };
            (tell && (!sure || named())).then_some(Guard::Words)
        })
    };
    pairs.iter().find_map(swapped)
}

/// Whether each title says something of this kind that the other leaves out. A single word that stands elsewhere has only
/// moved: `28 May`, `May 28`.
fn differ(pairs: &[(&[Token], &[Token])], kind: Kind) -> bool {
    let of = |tokens: &[Token]| -> Vec<u32> {
        let found = tokens.iter().filter(|token| token.kind() == kind);
        found.map(|token| token.word()).collect()
    };
    let ones: Vec<u32> = pairs.iter().flat_map(|(one, _)| of(one)).collect();
    let others: Vec<u32> = pairs.iter().flat_map(|(_, other)| of(other)).collect();
    let has_moved = ones.len() == 1 && ones == others;
    !(ones.is_empty() || others.is_empty() || has_moved)
}

fn part<'a>(tokens: &'a [Token], range: &Range<usize>) -> &'a [Token] {
    tokens.get(range.clone()).unwrap_or_default()
}

fn has(tokens: &[Token], kind: Kind) -> bool {
    tokens.iter().any(|token| token.kind() == kind)
}

fn tell(tokens: &[Token]) -> bool {
    tokens.iter().any(|token| token.tells())
}

/// What stands in one place of two titles, where that tells whatever the texts say.
fn swapped(one: &[Token], other: &[Token]) -> Option<Guard> {
    if has(one, Kind::Place) && tell(other) || has(other, Kind::Place) && tell(one) {
        return Some(Guard::Place);
    }
    let is_reference = |tokens: &[Token]| has(tokens, Kind::Number) || has(tokens, Kind::Reference);
    (is_reference(one) && is_reference(other)).then_some(Guard::Number)
}

/// Whether one of the words stands in a text.
fn stand(words: &[Token], text: &[Token]) -> bool {
    let stands = |word: &&Token| word.tells() && text.iter().any(|token| token.is(**word));
    words.iter().any(|word| stands(&word))
}

/// Whether one of the words is a name that stands in the item's own text, and not in the other's.
fn names(words: &[Token], own: &[Token], other: &[Token]) -> bool {
    let stands = |word: &Token, text: &[Token]| text.iter().any(|token| token.is(*word));
    let is_name = |word: &Token| {
        let named = own
            .iter()
            .any(|token| token.is(*word) && token.has_capital());
        named && word.tells() && !stands(word, other)
    };
    words.iter().any(is_name)
}

/// Whether a difference is that of what is set before or after a title: `WATCH:`, `| Reuters`.
fn is_label(one: &[Token], other: &[Token], hunk: &Hunk) -> bool {
    let ones = part(one, &hunk.one);
    let others = part(other, &hunk.other);
    let plain = |tokens: &[Token]| {
        tokens
            .iter()
            .all(|token| matches!(token.kind(), Kind::Word | Kind::Joining))
    };
    let opens = |tokens: &[Token]| tokens.first().is_none_or(|token| token.opens());
    let ends = hunk.one.end == one.len() && hunk.other.end == other.len();
    if ends && hunk.one.start > 0 && hunk.other.start > 0 {
        let is_cut = |tokens: &[Token], at: usize| {
            at > 0 && tokens.get(at - 1).is_some_and(|token| token.is_cut())
        };
        let cut = is_cut(one, hunk.one.start) && opens(ones)
            || is_cut(other, hunk.other.start) && opens(others);
        return cut || opens(ones) && opens(others) && plain(ones) && plain(others);
    }
    let begins = hunk.one.start == 0 && hunk.other.start == 0;
    let then_opens =
        |tokens: &[Token], at: usize| tokens.get(at).is_some_and(|token| token.opens());
    begins
        && plain(ones)
        && plain(others)
        && then_opens(one, hunk.one.end)
        && then_opens(other, hunk.other.end)
}

/// How many tokens only one of two titles has, beyond labels and an end that was cut off.
pub(super) fn loose(one: &[Token], other: &[Token], aligned: &Aligned) -> usize {
    let hunks = aligned
        .hunks
        .iter()
        .filter(|hunk| !is_label(one, other, hunk) && !is_end(one, other, hunk));
    hunks.map(|hunk| hunk.one.len() + hunk.other.len()).sum()
}

/// Whether one title goes on where the other ends, or begins before the other with a label of its own.
fn is_end(one: &[Token], other: &[Token], hunk: &Hunk) -> bool {
    let ends = hunk.one.end == one.len()
        && hunk.other.end == other.len()
        && (hunk.one.is_empty() || hunk.other.is_empty());
    let opens = |tokens: &[Token], at: usize| tokens.get(at).is_some_and(|token| token.opens());
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

/// What two texts that are alike say differently.
pub(super) fn of_texts(one: &[Token], other: &[Token], aligned: &Aligned) -> Option<Guard> {
    aligned
        .hunks
        .iter()
        .find_map(|hunk| changed(one, other, hunk))
}

fn changed(one: &[Token], other: &[Token], hunk: &Hunk) -> Option<Guard> {
    let ends = hunk.one.end == one.len() || hunk.other.end == other.len();
    let begins = hunk.one.start == 0 || hunk.other.start == 0;
    let (ones, others) = (part(one, &hunk.one), part(other, &hunk.other));
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
    let changed = |kind: Kind| {
        let only = |tokens: &[Token], beside: &[Token]| {
            let beside_has = |token: &Token| beside.iter().any(|beside| beside.is(*token));
            tokens
                .iter()
                .any(|token| token.kind() == kind && !beside_has(token))
        };
        only(ones, others) && only(others, ones)
    };
    if changed(Kind::Number) || changed(Kind::Date) {
        return Some(Guard::Figures);
    }
    (!begins && !ends && changed(Kind::Place)).then_some(Guard::Setting)
}

/// Whether two titles are those of two issues of one series: another number that a word announces, another day.
pub(super) fn is_another_issue(one: &[Token], other: &[Token], aligned: &Aligned) -> bool {
    let only = |of: fn(&Hunk) -> Range<usize>, tokens: &[Token]| {
        let parts = aligned
            .hunks
            .iter()
            .map(|hunk| part(tokens, &of(hunk)).to_vec());
        parts
            .flatten()
            .any(|token| token.is_serial() || token.kind() == Kind::Date)
    };
    only(|hunk| hunk.one.clone(), one) && only(|hunk| hunk.other.clone(), other)
}
