//! Whether two items report one thing.
//!
//! In: the keys and words of both. Out: the evidence that joins them, the guard that refuses, or neither.

use super::align::{self, Aligned, Index};
use super::fingerprint::{Fingerprint, Keys, Texts, marks};
use super::guards::{self, Guard};
use super::tokens::{Kind, Token};

/// What makes two items one story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Evidence {
    /// One address, and the same content.
    Address,
    /// One address, whose text has been corrected: other words or figures.
    Update,
    /// One path on two hosts of a domain.
    Twin,
    /// One slug on two hosts.
    Slug,
    /// One title, and one text or none.
    Title,
    /// One text under two titles.
    Text,
}

impl Evidence {
    /// The word for it.
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

/// What a comparison came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    One(Evidence),
    /// One story in two languages.
    Alternate,
    Refused(Guard),
    /// One address, and nothing else in common: its content rolls.
    Rolled,
    Unlike,
}

/// An item, with everything that it is compared by.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) keys: Known,
    pub(super) texts: Texts<'a>,
}

/// The keys that a comparison looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) address: u32,
    pub(super) slug: u32,
    pub(super) page: u32,
    pub(super) publisher: u32,
    pub(super) content: u32,
    pub(super) tongue: u8,
    pub(super) at: Option<i64>,
    pub(super) event: i32,
}

impl Known {
    pub(super) fn of(keys: &Keys) -> Self {
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

    /// Whether each announces something for another day.
    fn announces_another(&self, other: &Self) -> bool {
        self.event != 0 && other.event != 0 && self.event != other.event
    }
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Tokens of a text below which it says too little to be compared.
const TELLING_TEXT: usize = 8;
/// Matched tokens that make two texts one under different titles.
const TELLING_PASSAGE: usize = 16;
/// Days within which one text is one story.
const SAME_TEXT: i64 = 90 * DAY;
/// Days within which one title and slug are one story.
const SAME_SLUG: i64 = 30 * DAY;
/// Days within which one passage under another title is.
const SAME_PASSAGE: i64 = 7 * DAY;

/// Two items aligned.
struct Compared {
    title: Aligned,
    /// The shares of the shorter title and the shorter text that are matched, in percent.
    titles: usize,
    texts: usize,
    text: Aligned,
    shorter_title: usize,
    /// Tokens of the title that say something and are matched; a place counts for two.
    said: usize,
    /// Tokens of the title that one of the two has in its midst, beyond its labels and a cut end.
    loose: usize,
    /// Tokens of the shorter text.
    shorter_text: usize,
    /// Seconds between them, where both are dated.
    apart: Option<i64>,
}

impl Compared {
    fn of(one: &Side, index: &Index, other: &Side) -> Self {
        let title = align::titles(one.texts.title, other.texts.title);
        let text = align::texts(one.texts.body, index, other.texts.body);
        let shorter_title = one.texts.title.len().min(other.texts.title.len());
        let shorter_text = one.texts.body.len().min(other.texts.body.len());
        let percent = |matched: usize, of: usize| (matched * 100).checked_div(of).unwrap_or(0);
        Self {
            titles: percent(title.matched, shorter_title),
            texts: percent(text.matched, shorter_text.min(align::MAX_BODY)),
            said: said(one.texts.title, &title),
            loose: guards::loose(one.texts.title, other.texts.title, &title),
            title,
            text,
            shorter_title,
            shorter_text,
            apart: one.keys.at.zip(other.keys.at).map(apart),
        }
    }

    /// Whether there is text on both sides that says something.
    fn has_texts(&self) -> bool {
        self.shorter_text >= TELLING_TEXT
    }

    fn within(&self, seconds: i64) -> bool {
        self.apart.is_none_or(|apart| apart <= seconds)
    }

    /// Whether the titles are one, but for a label, a cut end, a word.
    fn is_one_title(&self) -> bool {
        self.loose * 6 <= self.shorter_title
    }

    /// Whether the texts leave no doubt.
    fn is_sure(&self) -> bool {
        self.texts >= 70 && self.text.matched >= TELLING_PASSAGE
    }
}

fn apart((one, other): (i64, i64)) -> i64 {
    i64::try_from(one.abs_diff(other)).unwrap_or(i64::MAX)
}

fn said(title: &[Token], aligned: &Aligned) -> usize {
    let worth = |token: &Token| match token.kind() {
        Kind::Joining => 0,
        Kind::Place => 2,
        _ => 1,
    };
    let all: usize = title.iter().map(worth).sum();
    let only = aligned
        .hunks
        .iter()
        .filter_map(|hunk| title.get(hunk.one.clone()));
    all - only.flatten().map(worth).sum::<usize>()
}

/// Compares `one`, whose text `index` is of, with `other`. `rolls`: the address of both has changing content.
pub(super) fn judge(one: &Side, index: &Index, other: &Side, rolls: bool) -> Verdict {
    match alike(one, index, other, rolls) {
        Verdict::One(_) | Verdict::Alternate if one.keys.announces_another(&other.keys) => {
            Verdict::Refused(Guard::Event)
        }
        verdict => verdict,
    }
}

fn alike(one: &Side, index: &Index, other: &Side, rolls: bool) -> Verdict {
    let compared = Compared::of(one, index, other);
    let same_address = one.keys.address != 0 && one.keys.address == other.keys.address;
    if same_address && !rolls {
        return of_one_address(one, other, &compared);
    }
    let verdict = of_likeness(one, other, &compared);
    if !matches!(verdict, Verdict::One(_)) && is_alternate(one, other, &compared) {
        return Verdict::Alternate;
    }
    verdict
}

/// An address is one story, unless what stands there is another: then it is a page whose content rolls.
fn of_one_address(one: &Side, other: &Side, compared: &Compared) -> Verdict {
    let titles = compared.titles;
    // An address that reads like a title is that of one story, whose headline may be written anew on its day.
    let told = one.keys.slug != 0 && compared.within(2 * DAY);
    let unlike = titles < 30 && compared.texts < 30 && compared.shorter_title > 0 && !told;
    let (title, other_title) = (one.texts.title, other.texts.title);
    let serial = titles >= 50 && guards::is_another_issue(title, other_title, &compared.title);
    if unlike || serial {
        return Verdict::Rolled;
    }
    let guard = guards::of_titles(&one.texts, &other.texts, &compared.title, true)
        .or_else(|| guards::of_texts(one.texts.body, other.texts.body, &compared.text));
    Verdict::One(guard.map_or(Evidence::Address, |_| Evidence::Update))
}

/// Whether what stands under one identity now has nothing in common with what stood there before, or gives the next number
/// of a series: then it is another bulletin, and no update.
pub fn is_another(before: &Fingerprint, now: &Fingerprint) -> bool {
    let side = |of: &Fingerprint| Known::of(&of.keys);
    let (one, other) = (
        Side {
            keys: side(now),
            texts: now.reading.words(),
        },
        Side {
            keys: side(before),
            texts: before.reading.words(),
        },
    );
    let compared = Compared::of(&one, &Index::of(one.texts.body), &other);
    of_one_address(&one, &other, &compared) == Verdict::Rolled
}

/// Whether a guard stands between two items by what they say themselves.
pub fn are_kept_apart(one: &Fingerprint, other: &Fingerprint) -> bool {
    let side = |of: &Fingerprint| Known::of(&of.keys);
    let sides = (
        Side {
            keys: side(one),
            texts: one.reading.words(),
        },
        Side {
            keys: side(other),
            texts: other.reading.words(),
        },
    );
    let index = Index::of(sides.0.texts.body);
    matches!(judge(&sides.0, &index, &sides.1, true), Verdict::Refused(_))
}

fn of_likeness(one: &Side, other: &Side, compared: &Compared) -> Verdict {
    let same_page = one.keys.page != 0 && one.keys.page == other.keys.page;
    let same_slug = same_page || one.keys.slug != 0 && one.keys.slug == other.keys.slug;
    let found = if same_page {
        of_twins(compared)
    } else {
        likeness(compared, same_slug)
    };
    let Some((evidence, within)) = found else {
        return Verdict::Unlike;
    };
    let sure = compared.is_sure() || same_slug;
    if compared.titles >= 50
        && let Some(guard) = guards::of_titles(&one.texts, &other.texts, &compared.title, sure)
    {
        return Verdict::Refused(guard);
    }
    if let Some(guard) = guards::of_texts(one.texts.body, other.texts.body, &compared.text) {
        return Verdict::Refused(guard);
    }
    let only_titles =
        evidence == Evidence::Title && !(compared.has_texts() && compared.texts >= 50);
    if only_titles && !compared.is_one_title() {
        return Verdict::Unlike;
    }
    if compared.within(within) {
        Verdict::One(evidence)
    } else {
        Verdict::Refused(Guard::Time)
    }
}

/// One path on two hosts of a domain is one page, however late a copy was made, where anything in it is alike.
fn of_twins(compared: &Compared) -> Option<(Evidence, i64)> {
    (compared.titles >= 50 || compared.texts >= 50).then_some((Evidence::Twin, i64::MAX))
}

/// What speaks for one story, and within how many seconds it does.
fn likeness(compared: &Compared, same_slug: bool) -> Option<(Evidence, i64)> {
    let alike = compared.titles >= 75 && compared.said >= 2;
    if compared.has_texts() && compared.texts >= 50 {
        let evidence = if same_slug {
            Evidence::Slug
        } else {
            Evidence::Title
        };
        if alike {
            return Some((evidence, SAME_TEXT));
        }
        let enough = compared.text.matched >= TELLING_PASSAGE && compared.texts >= 75;
        let half = compared.titles >= 50 && compared.texts >= 65;
        return (enough || half || same_slug).then_some((Evidence::Text, SAME_PASSAGE));
    }
    if same_slug && alike {
        return Some((Evidence::Slug, SAME_SLUG));
    }
    // One title says the more the longer it is; what tells two notices of one title apart is not there.
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
    alike.then_some((Evidence::Title, days))
}

/// Figures and names of the shorter of two translations, in percent, that the other has.
const SHARED_MARKS: usize = 75;
/// How many marks a translation is recognised by.
const TELLING_MARKS: usize = 2;

/// Whether two items of one publisher and day, at addresses of two languages, give the same figures and names.
fn is_alternate(one: &Side, other: &Side, compared: &Compared) -> bool {
    let (keys, beside) = (&one.keys, &other.keys);
    if keys.publisher != beside.publisher || keys.tongue == beside.tongue || !compared.within(DAY) {
        return false;
    }
    let of = |texts| {
        let mut all: Vec<u32> = marks(texts).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (ones, others) = (of(&one.texts), of(&other.texts));
    let shared = ones.iter().filter(|mark| others.contains(mark)).count();
    let shorter = ones.len().min(others.len());
    shared >= TELLING_MARKS && shared * 100 >= shorter * SHARED_MARKS
}
