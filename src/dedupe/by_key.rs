//! The stories that an item reports, by keys in the database.
//!
//! Two sources report one story when they give one address, or one title on one day with texts that overlap.

use std::collections::HashSet;

use chrono::NaiveDate;
use url::Url;

use crate::model::{Hash, Item, SourceId, StoryId};
use crate::normalize::{comparable, folded};

/// What items of one story may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The address, in any of its spellings.
    Address,
    /// The folded title and the day.
    TitleDay,
}

impl KeyKind {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::TitleDay => "title-day",
        }
    }
}

/// One key under which an item is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// What it is made of.
    pub kind: KeyKind,
    /// Its hash.
    pub hash: Hash,
}

/// An item of another source that shares a key.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The key that it shares.
    pub shared: KeyKind,
    /// Its source.
    pub source: SourceId,
    /// The story it reports.
    pub story: StoryId,
    /// Its text without markup.
    pub text: String,
}

/// Words of a title below which it says too little to stand for a story without a text (“Press release”).
const TELLING_TITLE_WORDS: usize = 5;
/// Share of the shorter text's shingles that the longer one must have.
pub(super) const OVERLAP: f64 = 0.5;
/// Words in a shingle.
const SHINGLE: usize = 3;
/// Words of a text that are compared.
const MAX_WORDS: usize = 2_000;

/// The keys that an item is found by.
pub fn keys(item: &Item) -> Vec<Key> {
    let title_day = format!("{} {}", day(item), folded(&item.title));
    let address = item.address.as_ref().and_then(address_key);
    let title_day = Key {
        kind: KeyKind::TitleDay,
        hash: Hash::of(title_day.as_bytes()),
    };
    address.into_iter().chain([title_day]).collect()
}

/// The key of an address, in any of its spellings.
pub fn address_key(address: &Url) -> Option<Key> {
    Some(Key {
        kind: KeyKind::Address,
        hash: Hash::of(comparable(address)?.as_bytes()),
    })
}

/// What to look the items of one poll up by. An address that several of them give is that of a page, not of a story:
/// where it comes from another source, it tells nothing.
pub fn keys_within(items: &[Item]) -> Vec<Vec<Key>> {
    let all: Vec<Vec<Key>> = items.iter().map(keys).collect();
    let mut seen = HashSet::new();
    let addresses = all.iter().flatten();
    let shared: HashSet<Hash> = addresses
        .filter(|key| key.kind == KeyKind::Address && !seen.insert(key.hash))
        .map(|key| key.hash)
        .collect();
    let telling = |mut keys: Vec<Key>| {
        keys.retain(|key| !shared.contains(&key.hash));
        keys
    };
    all.into_iter().map(telling).collect()
}

/// The day in the publisher's own zone.
fn day(item: &Item) -> NaiveDate {
    item.published.at().date_naive()
}

/// The stories that `item` reports, each once, in the order of the candidates.
pub fn stories(item: &Item, candidates: &[Candidate]) -> Vec<StoryId> {
    let mut found = Vec::new();
    for candidate in candidates
        .iter()
        .filter(|candidate| candidate.source != item.source)
    {
        let same = match candidate.shared {
            KeyKind::Address => !is_shared_page(item, candidate, candidates),
            KeyKind::TitleDay => texts_agree(item, &candidate.text),
        };
        if same && !found.contains(&candidate.story) {
            found.push(candidate.story);
        }
    }
    found
}

/// An address that one source gives to several stories is the address of a page, not of a story.
fn is_shared_page(item: &Item, candidate: &Candidate, candidates: &[Candidate]) -> bool {
    let given_by = |other: &Candidate| [&candidate.source, &item.source].contains(&&other.source);
    let same_page = |other: &&Candidate| other.shared == KeyKind::Address && given_by(other);
    candidates
        .iter()
        .filter(same_page)
        .any(|other| other.story != candidate.story)
}

pub(super) fn texts_agree(item: &Item, other: &str) -> bool {
    match overlap(&item.text, other) {
        Some(share) => share >= OVERLAP,
        None => is_telling(&item.title),
    }
}

/// Whether a title can stand for a text.
pub(super) fn is_telling(title: &str) -> bool {
    folded(title).split(' ').count() >= TELLING_TITLE_WORDS
}

/// Share of the shorter text's shingles that the longer one has; `None` when one of them says nothing.
pub(super) fn overlap(one: &str, other: &str) -> Option<f64> {
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
    #[expect(clippy::cast_precision_loss, reason = "both are at most MAX_WORDS")]
    let share = shared as f64 / shorter.len() as f64;
    Some(share)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ItemId;
    use crate::normalize::tests::{entry, source};

    fn item(id: &str, line: &str, text: &str) -> Item {
        let mut from = source();
        from.id = id.parse().unwrap();
        let mut item = crate::normalize::normalize(&from, vec![entry::page(&[line])])
            .items
            .remove(0);
        item.text = text.into();
        item
    }

    fn candidates(item: &Item, others: &[&Item]) -> Vec<Candidate> {
        let shares = |other: &Item, key: &Key| keys(other).contains(key);
        let of_key = |key: Key| {
            let sharing = others.iter().filter(move |other| shares(other, &key));
            sharing.map(move |other| Candidate {
                shared: key.kind,
                source: other.source.clone(),
                story: StoryId::founded_by(ItemId::new(&other.source, &other.key)),
                text: other.text.clone(),
            })
        };
        keys(item).into_iter().flat_map(of_key).collect()
    }

    fn check(one: &Item, other: &Item, same: bool) {
        assert_eq!(!stories(one, &candidates(one, &[other])).is_empty(), same);
        assert_eq!(!stories(other, &candidates(other, &[one])).is_empty(), same);
    }

    const TEXT: &str =
        "The ministry held the first national event to showcase progress on labour rights.";

    #[test]
    fn one_address_is_one_story() {
        let one = item("a", "|http://www.x.example/news/1/|One|", "");
        check(
            &one,
            &item(
                "b",
                "|https://x.example/news/1?utm_source=b|Other words|",
                "",
            ),
            true,
        );
        check(
            &one,
            &item("b", "|https://x.example/news/2|One|", ""),
            false,
        );
        check(
            &one,
            &item("a", "|https://x.example/news/1|Other|", ""),
            false,
        );
    }

    #[test]
    fn an_address_of_many_is_not_looked_for() {
        let link = |link: &str, title: &str| item("a", &format!("|{link}|{title}|"), "");
        let items = [
            link("/1", "One"),
            link("/list", "Two"),
            link("/list", "Three"),
        ];
        let counted: Vec<usize> = keys_within(&items).iter().map(Vec::len).collect();
        assert_eq!(counted, [2, 1, 1]);
    }

    #[test]
    fn an_address_of_many_is_none() {
        let one = item("a", "g1|https://x.example/list|One|2021-06-01", "");
        let two = item("a", "g2|https://x.example/list|Two|2021-06-02", "");
        let other = item("b", "|https://x.example/list|Three|", "");
        assert_eq!(stories(&other, &candidates(&other, &[&one, &two])), []);
        assert_eq!(stories(&one, &candidates(&one, &[&two, &other])), []);
    }

    #[test]
    fn one_title_on_one_day_wants_overlapping_texts() {
        let one = item("a", "||Costa Rica celebrates workers|28 May 2021", TEXT);
        let longer = format!("San José. {TEXT} It was followed by a concert.");
        check(
            &one,
            &item(
                "b",
                "||COSTA RICA celebrates workers!|2021-05-28T09:00:00Z",
                &longer,
            ),
            true,
        );
        check(
            &one,
            &item("b", "||Costa Rica celebrates workers|29 May 2021", TEXT),
            false,
        );
        check(
            &one,
            &item(
                "b",
                "||Costa Rica celebrates workers|28 May 2021",
                "Nothing of the kind happened there.",
            ),
            false,
        );
        check(
            &one,
            &item("b", "||Costa Rica celebrates workers|28 May 2021", ""),
            false,
        );
    }

    #[test]
    fn a_telling_title_stands_without_a_text() {
        let long = "||Costa Rica celebrates national workers month|28 May 2021";
        check(&item("a", long, TEXT), &item("b", long, ""), true);
        check(
            &item("a", "||Press release|28 May 2021", ""),
            &item("b", "||Press release|28 May 2021", ""),
            false,
        );
    }
}
