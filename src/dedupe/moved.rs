//! Which entries are items that their source gave before under other guids and addresses.
//!
//! In: the entries of one poll that no key tells, and for each the items of that source with its title whose own keys
//! this poll does not give. Out: which of these each is. Pure.
//!
//! A guid or an address that goes while its text comes again under another one was given anew. Whatever could be two of
//! something is: notices of one title stay apart, and so do texts that say something else.

use std::collections::{HashMap, HashSet};

use crate::model::{Item, ItemId, Precision};
use crate::text::folded;

/// As many entries must have moved together for titles and days alone to tell it.
const MIN_MOVED: usize = 3;
/// Words of a title below which it says too little to stand for an item without a text (“Press release”).
const TELLING_TITLE_WORDS: usize = 5;
/// Share of the shorter text's shingles, in percent, that the longer one must have.
const OVERLAP: u8 = 50;
/// Words in a shingle.
const SHINGLE: usize = 3;
/// Words of a text that are compared.
const MAX_WORDS: usize = 2_000;
/// Share of the shorter text's shingles, in percent, that the longer one must have where no date says the same.
const NEARLY_ALL: u8 = 90;

/// An entry, and the items it may have been.
pub struct Arrival<'a> {
    /// The entry.
    pub entry: &'a Item,
    /// Items of its source with its title that this poll does not give under their own keys.
    pub namesakes: Vec<Item>,
}

/// The items that `arrivals` are, by the ids that these would have as new ones. Titles and days alone tell it where no
/// entry of the poll is `known`, and half of them or more have moved: the whole list has.
pub fn moved(arrivals: &[Arrival<'_>], known: usize) -> HashMap<ItemId, ItemId> {
    let mut pairs = Vec::new();
    let mut suitors: HashMap<ItemId, usize> = HashMap::new();
    for Arrival { entry, namesakes } in arrivals {
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
    let same = pairs
        .into_iter()
        .filter(|(entry, item)| is_same(entry, item) || together && is_likely(entry, item));
    same.map(|(entry, item)| (entry.id, item.id)).collect()
}

/// Whether the dates may be one: a day without time is every time of that day, and none says nothing.
fn days_agree(entry: &Item, item: &Item) -> bool {
    let Some((one, other)) = entry.stated.zip(item.stated) else {
        return true;
    };
    if [one, other]
        .iter()
        .all(|date| date.precision == Precision::Instant)
    {
        one.at == other.at || one.local() == other.local()
    } else {
        one.at.date_naive() == other.at.date_naive()
    }
}

/// Whether an entry is an item with its title, whatever the others of its poll are.
fn is_same(entry: &Item, item: &Item) -> bool {
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
            both_say && overlap(&entry.text, &item.text).is_some_and(|share| share >= NEARLY_ALL)
        }
    }
}

/// Whether nothing speaks against it, and not too little for it.
fn is_likely(entry: &Item, item: &Item) -> bool {
    let of_one_day = entry.stated.is_some() && item.stated.is_some();
    match overlap(&entry.text, &item.text) {
        Some(share) => share >= OVERLAP,
        None => of_one_day || is_telling(&entry.title),
    }
}

fn texts_agree(item: &Item, other: &str) -> bool {
    match overlap(&item.text, other) {
        Some(share) => share >= OVERLAP,
        None => is_telling(&item.title),
    }
}

/// Whether a title can stand for a text.
fn is_telling(title: &str) -> bool {
    folded(title).split(' ').count() >= TELLING_TITLE_WORDS
}

/// Share of the shorter text's shingles, in percent, that the longer one has; `None` when one of them says nothing.
pub fn overlap(one: &str, other: &str) -> Option<u8> {
    let (one, other) = (folded(one), folded(other));
    let (one, other) = (words(&one), words(&other));
    let (one, other) = (shingles(&one), shingles(&other));
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

fn words(folded: &str) -> Vec<&str> {
    let words = folded.split(' ').filter(|word| !word.is_empty());
    words.take(MAX_WORDS).collect()
}

/// Runs of words; a text shorter than one run is one shingle.
fn shingles<'a>(words: &'a [&'a str]) -> HashSet<&'a [&'a str]> {
    if (1..SHINGLE).contains(&words.len()) {
        HashSet::from([words])
    } else {
        words.windows(SHINGLE).collect()
    }
}
