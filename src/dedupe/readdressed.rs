//! Finds items that may have returned under another guid or at another address, by features that both still share.
//!
//! In: entries that no key identifies, and the traces of items of their source. Out: the items that each may match,
//! and whether their content confirms it. Pure.
//!
//! A guid may add a version to the entry's own (`…#0`, `…#1`), change its scheme, or combine the title, which may be
//! edited, with a number, which stays. None of this alone distinguishes an edit from the next bulletin at one
//! address.

use std::collections::HashMap;

use chrono::TimeDelta;
use url::Url;

use super::fingerprint::Fingerprint;
use super::judge::is_another_bulletin;
use super::moved::overlap_percent;
use crate::model::{Dated, IdentityKind, Item, ItemId, Precision};
use crate::normalize::comparable_address;
use crate::text::fold_text;

/// Maximum number of items examined for one entry: the newest.
const MAX_SUSPECTS: usize = 5;
/// Minimum number of digits of a number at the end of a name that identifies an entry, not an issue or a copy.
const MIN_DIGITS: usize = 3;
/// Maximum distance between two dates of one bulletin whose publisher dates its versions.
const MAX_APART: TimeDelta = TimeDelta::days(2);
/// Minimum shares of the shorter text, in percent, that the longer one has.
const ALIKE: u8 = 50;
const NEARLY_THE_SAME: u8 = 90;

/// The keys by which a stored item can be found again.
#[derive(Clone, Debug)]
pub struct ItemTrace {
    /// The item's id.
    pub item: ItemId,
    /// The kind of its first key.
    pub kind: IdentityKind,
    /// The value of its first key.
    pub key: String,
    /// The item's address.
    pub address: Option<Url>,
}

/// A feature that an entry and an item have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MatchClue {
    /// The key, apart from its scheme, `www.` or a closing slash.
    Key,
    /// The guid, apart from its version.
    Version,
    /// The address.
    Address,
    /// The number in an address whose words were edited.
    Number,
}

/// An item that an entry may match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchCandidate {
    /// The item's id.
    pub item: ItemId,
    /// The clue that suggests it.
    pub by: MatchClue,
}

/// Returns the items that each of the entries at `unknown` places may match, the strongest clue first. `traces`, the
/// newest first, are of items that no entry of the poll matches. A feature shared by several entries of the poll is
/// no clue.
pub fn find_match_candidates(
    all: &[&Item],
    unknown: &[usize],
    traces: &[ItemTrace],
) -> Vec<(usize, Vec<MatchCandidate>)> {
    let mut shared: HashMap<(MatchClue, String), usize> = HashMap::new();
    for clue in all.iter().flat_map(|item| clues_of(item)) {
        *shared.entry(clue).or_default() += 1;
    }
    let mut by_clue: HashMap<(MatchClue, String), Vec<ItemId>> = HashMap::new();
    for trace in traces {
        for clue in collect_clues(trace.kind, &trace.key, trace.address.as_ref()) {
            let items = by_clue.entry(clue).or_default();
            if items.len() < MAX_SUSPECTS {
                items.push(trace.item);
            }
        }
    }
    let suspects = |at: &usize| {
        let mut found: Vec<MatchCandidate> = Vec::new();
        for clue in clues_of(all.get(*at)?) {
            let items = by_clue.get(&clue).filter(|_| shared.get(&clue) == Some(&1));
            for item in items.into_iter().flatten() {
                if found.iter().all(|known| known.item != *item) {
                    let (item, by) = (*item, clue.0);
                    found.push(MatchCandidate { item, by });
                }
            }
        }
        (!found.is_empty()).then_some((*at, found))
    };
    unknown.iter().filter_map(suspects).collect()
}

/// Returns true if an entry is the item suggested by `clue`. The next bulletin at one address has another day or
/// another text, and one of a series has another number.
pub fn confirms_match(
    clue: MatchClue,
    (entry, reading): (&Item, &Fingerprint),
    item: &Item,
) -> bool {
    if is_another_bulletin(&Fingerprint::from_item(item), reading) {
        return false;
    }
    if clue == MatchClue::Key {
        return true;
    }
    let is_one_title = fold_text(&entry.title) == fold_text(&item.title);
    let dates = entry.stated.zip(item.stated);
    let are_one_moment = dates.is_some_and(|(one, other)| is_same_moment(one, other));
    match overlap_percent(&entry.text, &item.text) {
        Some(share) => {
            let least = match dates {
                Some((one, other)) if (one.at - other.at).abs() > MAX_APART => return false,
                Some(_) if !are_one_moment => NEARLY_THE_SAME,
                _ => ALIKE,
            };
            share >= least || is_one_title && are_one_moment && is_timed(entry)
        }
        None if dates.is_some() => are_one_moment,
        None => is_one_title,
    }
}

fn is_same_moment(one: Dated, other: Dated) -> bool {
    let is_timed = [one, other]
        .iter()
        .all(|date| date.precision == Precision::Instant);
    if is_timed {
        one.at == other.at
    } else {
        one.at.date_naive() == other.at.date_naive()
    }
}

/// Returns true for a date with a time. Two bulletins of one title may appear on one day, but hardly at one moment.
fn is_timed(item: &Item) -> bool {
    item.stated
        .is_some_and(|stated| stated.precision == Precision::Instant)
}

fn clues_of(item: &Item) -> Vec<(MatchClue, String)> {
    collect_clues(item.key.kind, &item.key.value, item.address.as_ref())
}

/// Returns the clues, the strongest first.
fn collect_clues(kind: IdentityKind, key: &str, address: Option<&Url>) -> Vec<(MatchClue, String)> {
    let mut clues = Vec::new();
    let url = match kind {
        IdentityKind::Guid => Url::parse(key).ok(),
        IdentityKind::Address => address.cloned(),
        IdentityKind::DateTitle => return clues,
    };
    let url = url.filter(Url::has_host);
    clues.extend(
        url.as_ref()
            .and_then(comparable_address)
            .map(|key| (MatchClue::Key, key)),
    );
    if kind == IdentityKind::Guid {
        clues.extend(strip_version(key).map(|key| (MatchClue::Version, key)));
    }
    clues.extend(
        address
            .and_then(comparable_address)
            .map(|key| (MatchClue::Address, key)),
    );
    let numbers = [url.as_ref(), address].map(|url| url.and_then(reduce_to_number));
    let [own, linked] = numbers;
    let linked = linked.filter(|linked| own.as_ref() != Some(linked));
    clues.extend(
        [own, linked]
            .into_iter()
            .flatten()
            .map(|key| (MatchClue::Number, key)),
    );
    clues
}

/// Returns a guid without a final version: `#3`, `#v3`, `@3`, `:v3`, `/v3`, `?v=3`, `&version=3`, `;rev=3`.
fn strip_version(guid: &str) -> Option<String> {
    let number = guid
        .trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | ':' | 'T' | 'Z'));
    if number.len() == guid.len() {
        return Some(guid.to_owned()).filter(|guid| !guid.is_empty());
    }
    let lower = number.to_ascii_lowercase();
    let named = ["version=", "ver=", "rev=", "v="];
    let name = named.iter().find(|name| lower.ends_with(*name));
    let ends = match name {
        Some(name) => {
            let (before, _) = number.split_at(number.len() - name.len());
            before.strip_suffix(['?', '&', ';', '#'])
        }
        None => number
            .strip_suffix(['#', '@'])
            .or_else(|| strip_marked_version(number)),
    };
    let stem = ends.unwrap_or(guid);
    Some(stem.to_owned()).filter(|stem| !stem.is_empty())
}

/// Returns the part before `#v`, `:v`, `/v`, `-v`, `_v`, `.v`, `;v` or `@v`.
fn strip_marked_version(number: &str) -> Option<&str> {
    let before = number.strip_suffix(['v', 'V'])?;
    before.strip_suffix(['#', ':', '/', '-', '_', '.', ';', '@'])
}

/// Returns an address reduced to its number, without the words that may be edited: `/news/71234-*`.
fn reduce_to_number(url: &Url) -> Option<String> {
    let whole = comparable_address(url)?;
    let path = whole.split(['?', '#']).next()?;
    let parts: Vec<&str> = path.split('/').collect();
    let (last, folders) = parts.split_last()?;
    if folders.is_empty() {
        return None;
    }
    let (stem, _) = last.rsplit_once('.').unwrap_or((last, ""));
    if let Some(number) = find_number(stem) {
        return Some(format!("{}/{number}-*", folders.join("/")));
    }
    // The number is a separate path segment, followed by the words.
    let (number, above) = folders.split_last()?;
    let is_named = stem.chars().filter(|c| c.is_alphabetic()).count() >= MIN_DIGITS;
    let is_number = number.len() >= MIN_DIGITS && is_entry_number(number) && !above.is_empty();
    (is_named && is_number).then(|| format!("{}/{number}/*", above.join("/")))
}

/// Returns the number before or after the words of a name: `71234-storm-hits`, `storm-hits-71234`.
fn find_number(name: &str) -> Option<&str> {
    let (first, rest) = name.split_once(['-', '_'])?;
    if is_entry_number(first) && rest.chars().any(char::is_alphabetic) {
        let next = rest.split(['-', '_']).next().unwrap_or_default();
        // A day: `12-03-storm-hits`.
        return Some(first).filter(|_| !next.bytes().all(|byte| byte.is_ascii_digit()));
    }
    let (words, last) = name.rsplit_once(['-', '_'])?;
    let digits = last.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let is_marked = last.len() - digits.len() <= 1;
    let is_number = digits.len() >= MIN_DIGITS && is_entry_number(digits) && is_marked;
    (is_number && words.chars().any(char::is_alphabetic)).then_some(last)
}

/// Returns true for a number that is no year, month or day.
fn is_entry_number(text: &str) -> bool {
    let is_year =
        matches!(text.len(), 4 | 6 | 8) && (text.starts_with("19") || text.starts_with("20"));
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && !is_year
}
