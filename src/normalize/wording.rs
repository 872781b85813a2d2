//! Wording of entries with the same title and day: whether two of them say the same.
//!
//! In: items. Out: the words of each and the files that it comes with. Pure.

use std::collections::{BTreeSet, HashSet};

use super::address::destination;
use crate::model::{Hash, Item};
use crate::text::folded;

/// Words from which on the beginning of a text is a teaser of it; a shorter one is a text of its own.
const TEASER_WORDS: usize = 5;
/// Words of a text below which it is too short to be unlike another one.
const TELLING_WORDS: usize = 6;
/// Share of the shorter text's words, in percent, that two texts on one thing have in common at least.
const IN_COMMON: usize = 34;
/// Bytes of a text that are compared.
const MAX_COMPARED: usize = 16 * 1024;

/// The contents of an entry, without its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The folded text.
    text: String,
    /// Whether the text says of itself that it is cut.
    is_cut: bool,
    /// Where its files lie.
    files: BTreeSet<String>,
}

impl Wording {
    /// Returns what `item` says.
    pub fn of(item: &Item) -> Self {
        let (text, _) = item
            .text
            .split_at(item.text.floor_char_boundary(MAX_COMPARED));
        Self {
            is_cut: text.trim_end().ends_with(['…']) || text.trim_end().ends_with("..."),
            text: folded(text),
            files: item
                .enclosures
                .iter()
                .map(|file| destination(&file.url))
                .collect(),
        }
    }

    /// Whether it says all that `other` says: the same, or what `other` is a teaser of.
    pub fn holds(&self, other: &Self) -> bool {
        let share_files = self.files.is_empty()
            || other.files.is_empty()
            || !self.files.is_disjoint(&other.files);
        let is_teaser = || {
            other.text.is_empty()
                || (other.is_cut || other.text.split(' ').count() >= TEASER_WORDS)
                    && self.text.contains(&other.text)
        };
        share_files && (self.text == other.text || is_teaser())
    }

    /// Whether the two tell of different things: of two versions of one text the shorter has more in common with the
    /// longer.
    pub fn is_unlike(&self, other: &Self) -> bool {
        let (one, other) = (words(&self.text), words(&other.text));
        let shorter = one.len().min(other.len());
        let shared = one.intersection(&other).count();
        shorter >= TELLING_WORDS && shared * 100 < shorter * IN_COMMON
    }

    /// How much it says.
    pub(super) fn length(&self) -> usize {
        self.text.len()
    }

    /// The key of one of several entries with a date and a title in common. No folded title has a `#`.
    pub fn key(&self, date_title: &str) -> String {
        let files = self.files.iter().map(String::as_str);
        let hash = Hash::of_parts([self.text.as_str()].into_iter().chain(files));
        format!("{date_title} #{hash}")
    }

    /// The key of the entry of that `number`, from 2 on, among those that say the same.
    pub(super) fn key_of_copy(&self, date_title: &str, number: usize) -> String {
        format!("{} #{number}", self.key(date_title))
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.files.is_empty()
    }
}

fn words(text: &str) -> HashSet<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

/// Whether two entries under one guid are versions of one: each says when it was changed, and not at the same time.
pub(super) fn are_versions(one: &Item, other: &Item) -> bool {
    let changed = one.updated.zip(other.updated);
    changed.is_some_and(|(one, other)| one != other)
}
