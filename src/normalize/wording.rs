//! Compares the wording of entries with the same title and day, to decide whether two of them have the same content.
//!
//! In: items. Out: the words of each and its files. Pure.

use std::collections::{BTreeSet, HashSet};

use super::address::destination_key;
use crate::model::{Hash, Item};
use crate::text::fold_text;

/// Number of words from which the beginning of a text is a teaser of it; a shorter one is a separate text.
const TEASER_WORDS: usize = 5;
/// Number of words below which a text is too short to differ from another.
const TELLING_WORDS: usize = 6;
/// Minimum share of the shorter text's words, in percent, that two texts on one subject have in common.
const IN_COMMON: usize = 34;
/// Maximum length of text compared, in bytes.
const MAX_COMPARED: usize = 16 * 1024;

/// The contents of an entry, without its title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The folded text.
    text: String,
    /// True if the text is marked as cut.
    is_cut: bool,
    /// Locations of its files.
    files: BTreeSet<String>,
}

impl Wording {
    /// Returns the wording of `item`.
    pub fn from_item(item: &Item) -> Self {
        let (text, _) = item
            .text
            .split_at(item.text.floor_char_boundary(MAX_COMPARED));
        Self {
            is_cut: text.trim_end().ends_with(['…']) || text.trim_end().ends_with("..."),
            text: fold_text(text),
            files: item
                .enclosures
                .iter()
                .map(|file| destination_key(&file.url))
                .collect(),
        }
    }

    /// Returns true if it contains everything in `other`: the same, or the text of which `other` is a teaser.
    pub fn contains(&self, other: &Self) -> bool {
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

    /// Returns true if the two are about different things: in two versions of one text, the shorter shares more with
    /// the longer.
    pub fn is_unlike(&self, other: &Self) -> bool {
        let (one, other) = (word_set(&self.text), word_set(&other.text));
        let shorter = one.len().min(other.len());
        let shared = one.intersection(&other).count();
        shorter >= TELLING_WORDS && shared * 100 < shorter * IN_COMMON
    }

    /// Returns the length of the text in bytes.
    pub(super) fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// Returns the key of one of several entries that share date and title. No folded title contains a `#`.
    pub fn distinct_key(&self, date_title: &str) -> String {
        let files = self.files.iter().map(String::as_str);
        let hash = Hash::digest_parts([self.text.as_str()].into_iter().chain(files));
        format!("{date_title} #{hash}")
    }

    /// Returns the key of the entry with that `number`, from 2 on, among those with the same content.
    pub(super) fn copy_key(&self, date_title: &str, number: usize) -> String {
        format!("{} #{number}", self.distinct_key(date_title))
    }

    /// Returns true if it has neither text nor files.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.files.is_empty()
    }
}

fn word_set(text: &str) -> HashSet<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}

/// Returns true if two entries under one guid are versions of one: each states when it was changed, at different
/// times.
pub(super) fn are_versions(one: &Item, other: &Item) -> bool {
    let changed = one.updated.zip(other.updated);
    changed.is_some_and(|(one, other)| one != other)
}
