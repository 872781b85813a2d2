//! Decides whether two items report the same thing.
//!
//! In: the keys and words of both. Out: the evidence that joins them, the guard that refuses, or neither.

use super::align::{self, Alignment, AnchorIndex};
use super::fingerprint::{Fingerprint, ItemTokensRef, LookupKeys, translation_marks};
use super::guards::{self, Guard};
use super::tokens::{WordKind, WordToken};

/// The evidence that makes two items one story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DuplicateEvidence {
    /// The same address and content.
    Address,
    /// The same address with a corrected text: other words or figures.
    Update,
    /// The same path on two hosts of a domain.
    Twin,
    /// The same slug on two hosts.
    Slug,
    /// The same title, and the same text or none.
    Title,
    /// The same text under two titles.
    Text,
}

impl DuplicateEvidence {
    /// Returns the word for the evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Update => "update",
            Self::Twin => "twin",
            Self::Slug => "slug",
            Self::Title => "title",
            Self::Text => "text",
        }
    }
}

/// The result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DuplicateVerdict {
    One(DuplicateEvidence),
    /// One story in two languages.
    Alternate,
    Refused(Guard),
    /// The same address, and nothing else in common: its content rolls.
    Rolled,
    Unlike,
}

/// An item, with everything needed to compare it.
#[derive(Clone, Copy)]
pub(super) struct ComparedSide<'a> {
    pub(super) keys: ComparedKeys,
    pub(super) texts: ItemTokensRef<'a>,
}

/// The keys used in a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ComparedKeys {
    pub(super) address: u32,
    pub(super) slug: u32,
    pub(super) page: u32,
    pub(super) publisher: u32,
    pub(super) content: u32,
    pub(super) tongue: u8,
    pub(super) at: Option<i64>,
    pub(super) event: i32,
}

impl ComparedKeys {
    pub(super) fn of(keys: &LookupKeys) -> Self {
        Self {
            address: keys.address,
            slug: keys.slug,
            page: keys.page,
            publisher: keys.publisher,
            content: keys.content,
            tongue: keys.tongue,
            at: keys.at,
            event: keys.event,
        }
    }

    /// Returns true if both announce events, on different days.
    fn announces_another(&self, other: &Self) -> bool {
        self.event != 0 && other.event != 0 && self.event != other.event
    }
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Minimum number of tokens of a text for comparison.
const TELLING_TEXT: usize = 8;
/// Minimum number of matched tokens that make two texts the same under different titles.
const TELLING_PASSAGE: usize = 16;
/// Time within which the same text is one story.
const SAME_TEXT: i64 = 90 * DAY;
/// Time within which the same title and slug are one story.
const SAME_SLUG: i64 = 30 * DAY;
/// Time within which the same passage under another title is one story.
const SAME_PASSAGE: i64 = 7 * DAY;

/// Two items aligned.
struct Comparison {
    title: Alignment,
    /// Matched shares of the shorter title and the shorter text, in percent.
    titles: usize,
    texts: usize,
    text: Alignment,
    shorter_title: usize,
    /// Number of significant matched tokens of the title; a place counts for two.
    said: usize,
    /// Number of tokens that only one title has, apart from labels and a cut end.
    loose: usize,
    /// Number of tokens of the shorter text.
    shorter_text: usize,
    /// Seconds between them, if both are dated.
    apart: Option<i64>,
}

impl Comparison {
    fn from_sides(one: &ComparedSide, index: &AnchorIndex, other: &ComparedSide) -> Self {
        let title = align::align_titles(one.texts.title, other.texts.title);
        let text = align::align_texts(one.texts.body, index, other.texts.body);
        let shorter_title = one.texts.title.len().min(other.texts.title.len());
        let shorter_text = one.texts.body.len().min(other.texts.body.len());
        let percent = |matched: usize, of: usize| (matched * 100).checked_div(of).unwrap_or(0);
        Self {
            titles: percent(title.matched, shorter_title),
            texts: percent(text.matched, shorter_text.min(align::MAX_BODY)),
            said: title_weight(one.texts.title, &title),
            loose: guards::count_unmatched(one.texts.title, other.texts.title, &title),
            title,
            text,
            shorter_title,
            shorter_text,
            apart: one.keys.at.zip(other.keys.at).map(seconds_apart),
        }
    }

    /// Returns true if both texts are long enough to compare.
    fn has_texts(&self) -> bool {
        self.shorter_text >= TELLING_TEXT
    }

    fn is_within(&self, seconds: i64) -> bool {
        self.apart.is_none_or(|apart| apart <= seconds)
    }

    /// Returns true if the titles agree, apart from a label, a cut end or a word.
    fn is_one_title(&self) -> bool {
        self.loose * 6 <= self.shorter_title
    }

    /// Returns true if the texts leave no doubt.
    fn is_sure(&self) -> bool {
        self.texts >= 70 && self.text.matched >= TELLING_PASSAGE
    }
}

fn seconds_apart((one, other): (i64, i64)) -> i64 {
    i64::try_from(one.abs_diff(other)).unwrap_or(i64::MAX)
}

fn title_weight(title: &[WordToken], aligned: &Alignment) -> usize {
    let worth = |token: &WordToken| match token.kind() {
        WordKind::Joining => 0,
        WordKind::Place => 2,
        _ => 1,
    };
    let all: usize = title.iter().map(worth).sum();
    let only = aligned
        .hunks
        .iter()
        .filter_map(|hunk| title.get(hunk.one.clone()));
    all - only.flatten().map(worth).sum::<usize>()
}

/// Compares `one`, whose text `index` indexes, with `other`. `rolls` is true if their address has changing content.
pub(super) fn judge_pair(
    one: &ComparedSide,
    index: &AnchorIndex,
    other: &ComparedSide,
    rolls: bool,
) -> DuplicateVerdict {
    match judge_similar(one, index, other, rolls) {
        DuplicateVerdict::One(_) | DuplicateVerdict::Alternate
            if one.keys.announces_another(&other.keys) =>
        {
            DuplicateVerdict::Refused(Guard::Event)
        }
        verdict => verdict,
    }
}

fn judge_similar(
    one: &ComparedSide,
    index: &AnchorIndex,
    other: &ComparedSide,
    rolls: bool,
) -> DuplicateVerdict {
    let compared = Comparison::from_sides(one, index, other);
    let same_address = one.keys.address != 0 && one.keys.address == other.keys.address;
    if same_address && !rolls {
        return judge_same_address(one, other, &compared);
    }
    let verdict = judge_likeness(one, other, &compared);
    if !matches!(verdict, DuplicateVerdict::One(_)) && is_alternate(one, other, &compared) {
        return DuplicateVerdict::Alternate;
    }
    verdict
}

/// Judges two items at one address: they are one story unless the content is another, in which case the page's
/// content rolls.
fn judge_same_address(
    one: &ComparedSide,
    other: &ComparedSide,
    compared: &Comparison,
) -> DuplicateVerdict {
    let titles = compared.titles;
    // An address that reads like a title belongs to one story, whose headline may be rewritten within two days.
    let told = one.keys.slug != 0 && compared.is_within(2 * DAY);
    let unlike = titles < 30 && compared.texts < 30 && compared.shorter_title > 0 && !told;
    let (title, other_title) = (one.texts.title, other.texts.title);
    let serial = titles >= 50 && guards::is_another_issue(title, other_title, &compared.title);
    if unlike || serial {
        return DuplicateVerdict::Rolled;
    }
    let guard = guards::title_guard(&one.texts, &other.texts, &compared.title, true)
        .or_else(|| guards::text_guard(one.texts.body, other.texts.body, &compared.text));
    DuplicateVerdict::One(guard.map_or(DuplicateEvidence::Address, |_| DuplicateEvidence::Update))
}

/// Returns true if the new content under one identity has nothing in common with the old, or gives the next number of
/// a series: it is then another bulletin, not an update.
pub fn is_another_bulletin(before: &Fingerprint, now: &Fingerprint) -> bool {
    let side = |of: &Fingerprint| ComparedKeys::of(&of.keys);
    let (one, other) = (
        ComparedSide {
            keys: side(now),
            texts: now.reading.borrow_tokens(),
        },
        ComparedSide {
            keys: side(before),
            texts: before.reading.borrow_tokens(),
        },
    );
    let compared = Comparison::from_sides(&one, &AnchorIndex::from_tokens(one.texts.body), &other);
    judge_same_address(&one, &other, &compared) == DuplicateVerdict::Rolled
}

/// Returns true if a guard keeps two items apart by their own content.
pub fn are_kept_apart(one: &Fingerprint, other: &Fingerprint) -> bool {
    let side = |of: &Fingerprint| ComparedKeys::of(&of.keys);
    let sides = (
        ComparedSide {
            keys: side(one),
            texts: one.reading.borrow_tokens(),
        },
        ComparedSide {
            keys: side(other),
            texts: other.reading.borrow_tokens(),
        },
    );
    let index = AnchorIndex::from_tokens(sides.0.texts.body);
    matches!(
        judge_pair(&sides.0, &index, &sides.1, true),
        DuplicateVerdict::Refused(_)
    )
}

fn judge_likeness(
    one: &ComparedSide,
    other: &ComparedSide,
    compared: &Comparison,
) -> DuplicateVerdict {
    let same_page = one.keys.page != 0 && one.keys.page == other.keys.page;
    let same_slug = same_page || one.keys.slug != 0 && one.keys.slug == other.keys.slug;
    let found = if same_page {
        twin_evidence(compared)
    } else {
        likeness_evidence(compared, same_slug)
    };
    let Some((evidence, within)) = found else {
        return DuplicateVerdict::Unlike;
    };
    let sure = compared.is_sure() || same_slug;
    if compared.titles >= 50
        && let Some(guard) = guards::title_guard(&one.texts, &other.texts, &compared.title, sure)
    {
        return DuplicateVerdict::Refused(guard);
    }
    if let Some(guard) = guards::text_guard(one.texts.body, other.texts.body, &compared.text) {
        return DuplicateVerdict::Refused(guard);
    }
    let only_titles =
        evidence == DuplicateEvidence::Title && !(compared.has_texts() && compared.texts >= 50);
    if only_titles && !compared.is_one_title() {
        return DuplicateVerdict::Unlike;
    }
    if compared.is_within(within) {
        DuplicateVerdict::One(evidence)
    } else {
        DuplicateVerdict::Refused(Guard::Time)
    }
}

/// Treats one path on two hosts of a domain as one page, at any distance in time, if title or text are similar.
fn twin_evidence(compared: &Comparison) -> Option<(DuplicateEvidence, i64)> {
    (compared.titles >= 50 || compared.texts >= 50).then_some((DuplicateEvidence::Twin, i64::MAX))
}

/// Returns the evidence for one story, and the number of seconds within which it counts.
fn likeness_evidence(compared: &Comparison, same_slug: bool) -> Option<(DuplicateEvidence, i64)> {
    let alike = compared.titles >= 75 && compared.said >= 2;
    if compared.has_texts() && compared.texts >= 50 {
        let evidence = if same_slug {
            DuplicateEvidence::Slug
        } else {
            DuplicateEvidence::Title
        };
        if alike {
            return Some((evidence, SAME_TEXT));
        }
        let enough = compared.text.matched >= TELLING_PASSAGE && compared.texts >= 75;
        let half = compared.titles >= 50 && compared.texts >= 65;
        return (enough || half || same_slug).then_some((DuplicateEvidence::Text, SAME_PASSAGE));
    }
    if same_slug && alike {
        return Some((DuplicateEvidence::Slug, SAME_SLUG));
    }
    // A longer title is stronger evidence; anything that distinguishes two notices of one title is missing here.
    let days = match compared.said {
        0..3 => return None,
        3..6 if compared.apart.is_none() => return None,
        3..6 => DAY,
        6..9 => 2 * DAY - HOUR,
        _ => 7 * DAY,
    };
    let days = if compared.has_texts() {
        days.min(2 * DAY)
    } else {
        days
    };
    alike.then_some((DuplicateEvidence::Title, days))
}

/// Minimum share, in percent, of the shorter translation's figures and names that the other has.
const SHARED_MARKS: usize = 75;
/// Minimum number of marks to recognize a translation.
const TELLING_MARKS: usize = 2;

/// Returns true if two items of one publisher and day, at addresses of two languages, give the same figures and
/// names.
fn is_alternate(one: &ComparedSide, other: &ComparedSide, compared: &Comparison) -> bool {
    let (keys, beside) = (&one.keys, &other.keys);
    if keys.publisher != beside.publisher
        || keys.tongue == beside.tongue
        || !compared.is_within(DAY)
    {
        return false;
    }
    let of = |texts| {
        let mut all: Vec<u32> = translation_marks(texts).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (ones, others) = (of(&one.texts), of(&other.texts));
    let shared = ones.iter().filter(|mark| others.contains(mark)).count();
    let shorter = ones.len().min(others.len());
    shared >= TELLING_MARKS && shared * 100 >= shorter * SHARED_MARKS
}
