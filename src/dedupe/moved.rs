//! Matches entries with items that their source gave earlier under other guids and addresses.
//!
//! In: the entries of one poll that no key identifies, and for each the items of that source with its title whose own
//! keys this poll does not give. Out: the item that each entry is. Pure.
//!
//! If a guid or an address disappears and its text returns under another one, it was replaced. Ambiguous entries are
//! not matched: notices of one title stay apart, and so do different texts.

use std::collections::{HashMap, HashSet};

use crate::model::{Item, ItemId, Precision};
use crate::text::fold_text;

/// Minimum number of entries that must have moved together for titles and days alone to be enough.
const MIN_MOVED: usize = 3;
/// Minimum number of words of a title that can represent an item without a text (unlike “Press release”).
const TELLING_TITLE_WORDS: usize = 5;
/// Minimum share of the shorter text's shingles, in percent, that the longer one must have.
const OVERLAP: u8 = 50;
/// Number of words in a shingle.
const SHINGLE: usize = 3;
/// Maximum number of words of a text to compare.
const MAX_WORDS: usize = 2_000;
/// Minimum share of the shorter text's shingles, in percent, that the longer one must have if no date confirms the
/// match.
const NEARLY_ALL: u8 = 90;

/// An entry, and the items that it may match.
pub struct ArrivingEntry<'a> {
    /// The entry of the poll.
    pub entry: &'a Item,
    /// Items of its source with its title that this poll does not give under their own keys.
    pub namesakes: Vec<Item>,
}

/// Returns the items that `arrivals` match, by the ids that these would get as new ones. Titles and days alone are
/// enough if no entry of the poll is `known`, and at least half of them have moved: the whole list has.
pub fn match_moved(arrivals: &[ArrivingEntry<'_>], known: usize) -> HashMap<ItemId, ItemId> {
    let mut pairs = Vec::new();
    let mut suitors: HashMap<ItemId, usize> = HashMap::new();
    for ArrivingEntry { entry, namesakes } in arrivals {
        let mut may_be = namesakes.iter().filter(|item| days_agree(entry, item));
        let first = may_be.next();
        for item in first.into_iter().chain(may_be.clone()) {
            *suitors.entry(item.id).or_default() += 1;
        }
        if let (Some(item), None) = (first, may_be.next()) {
            pairs.push((*entry, item));
        }
    }
    pairs.retain(|(_, item)| suitors.get(&item.id) == Some(&1));
    let together = known == 0 && pairs.len() >= MIN_MOVED && pairs.len() * 2 >= arrivals.len();
    let same = pairs.into_iter().filter(|(entry, item)| {
        is_same_bulletin(entry, item) || together && is_likely_match(entry, item)
    });
    same.map(|(entry, item)| (entry.id, item.id)).collect()
}

/// Returns true if the dates may be the same: a day without time matches any time of that day, and no date matches
/// all.
fn days_agree(entry: &Item, item: &Item) -> bool {
    let Some((one, other)) = entry.stated.zip(item.stated) else {
        return true;
    };
    if [one, other]
        .iter()
        .all(|date| date.precision == Precision::Instant)
    {
        one.at == other.at || one.format_local() == other.format_local()
    } else {
        one.at.date_naive() == other.at.date_naive()
    }
}

/// Returns true if an entry is an item with its title, regardless of the other entries.
fn is_same_bulletin(entry: &Item, item: &Item) -> bool {
    let both_say = !entry.text.is_empty() && !item.text.is_empty();
    if !both_say && entry.address.is_some() && entry.address == item.address {
        return true;
    }
    match entry.stated.zip(item.stated) {
        Some((one, other)) if !both_say => [one, other]
            .iter()
            .all(|date| date.precision == Precision::Instant),
        Some(_) => texts_agree(entry, &item.text),
        None => {
            both_say
                && overlap_percent(&entry.text, &item.text).is_some_and(|share| share >= NEARLY_ALL)
        }
    }
}

/// Returns true if nothing contradicts the match, and enough supports it.
fn is_likely_match(entry: &Item, item: &Item) -> bool {
    let of_one_day = entry.stated.is_some() && item.stated.is_some();
    match overlap_percent(&entry.text, &item.text) {
        Some(share) => share >= OVERLAP,
        None => of_one_day || is_specific_title(&entry.title),
    }
}

fn texts_agree(item: &Item, other: &str) -> bool {
    match overlap_percent(&item.text, other) {
        Some(share) => share >= OVERLAP,
        None => is_specific_title(&item.title),
    }
}

/// Returns true if a title can represent a text.
fn is_specific_title(title: &str) -> bool {
    fold_text(title).split(' ').count() >= TELLING_TITLE_WORDS
}

/// Returns the share of the shorter text's shingles, in percent, that the longer one has; `None` if one of them is
/// empty.
pub fn overlap_percent(one: &str, other: &str) -> Option<u8> {
    let (one, other) = (fold_text(one), fold_text(other));
    let (one, other) = (split_words(&one), split_words(&other));
    let (one, other) = (word_shingles(&one), word_shingles(&other));
    let (shorter, longer) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    if shorter.is_empty() {
        return None;
    }
    let shared = shorter
        .iter()
        .filter(|shingle| longer.contains(*shingle))
        .count();
    u8::try_from(shared * 100 / shorter.len()).ok()
}

fn split_words(folded: &str) -> Vec<&str> {
    let words = folded.split(' ').filter(|word| !word.is_empty());
    words.take(MAX_WORDS).collect()
}

/// Returns runs of words; a text shorter than one run is one shingle.
fn word_shingles<'a>(words: &'a [&'a str]) -> HashSet<&'a [&'a str]> {
    if (1..SHINGLE).contains(&words.len()) {
        HashSet::from([words])
    } else {
        words.windows(SHINGLE).collect()
    }
}
