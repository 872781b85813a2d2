//! Counts how many notices the entries of one document are that have the same title, day and text.
//!
//! In: entries that nothing else distinguishes. Out: a number for each one that is a separate notice after the first.
//! The first notices of one wording have the same numbers in every poll, whatever their order: if one of two leaves,
//! the other is the first.
//!
//! A feed, a text or a table lists what its publisher put there: two lines are two notices. A page also repeats a
//! record by design, in a box of the newest and in the list itself, or for phones and for wide screens. There, copies
//! count only within one part of the page, and only if other records occur less often in it. The next page of a list
//! may begin with the last entry of the previous page. An entry with neither a day nor a text has only a title, which
//! says too little.

use std::collections::{BTreeMap, HashMap};

use super::ItemDraft;
use super::wording::Wording;

/// Maximum number of notices of one wording; more indicate a faulty document. The store's limit per title is higher.
const MAX_COPIES: usize = 20;

/// Page, and part of the page, that list an entry.
type EntryList = (usize, Option<usize>);

/// Title, seconds of the stated date, and text of an entry.
type EntryContent<'d> = (&'d str, Option<i64>, &'d str);

/// The lists of one poll, with true if copies count there.
#[derive(Default)]
pub(super) struct DraftCopies {
    lists: HashMap<EntryList, bool>,
}

impl DraftCopies {
    /// Examines the entries of a poll.
    pub(super) fn from_drafts(drafts: &[ItemDraft]) -> Self {
        let mut contents: HashMap<EntryList, HashMap<EntryContent<'_>, usize>> = HashMap::new();
        for draft in drafts {
            let item = &draft.item;
            let day = item.stated.map(|dated| dated.at.timestamp());
            let content = (draft.title.as_str(), day, item.text.as_str());
            *contents
                .entry(draft.list)
                .or_default()
                .entry(content)
                .or_default() += 1;
        }
        let counts = |((page, part), contents): (EntryList, HashMap<_, usize>)| {
            let has_single = contents.values().any(|times| *times == 1);
            ((page, part), part.is_none() || has_single)
        };
        Self {
            lists: contents.into_iter().map(counts).collect(),
        }
    }

    /// Numbers entries, from 2 on. `same` pairs the place of each with that of the entry that contains its wording.
    /// Entries that only say less, and the first of each list, get no number.
    pub(super) fn number_copies(
        &self,
        drafts: &[ItemDraft],
        same: impl Iterator<Item = (usize, usize)>,
    ) -> Vec<(usize, usize)> {
        let mut of_teller: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, teller) in same {
            of_teller.entry(teller).or_default().push(at);
        }
        let mut numbered = Vec::new();
        for (teller, mut places) in of_teller {
            let wording = Wording::from_item(&drafts[teller].item);
            let is_notice = drafts[teller].item.stated.is_some() || !wording.is_empty();
            places.retain(|at| Wording::from_item(&drafts[*at].item) == wording);
            if places.len() < 2 || !is_notice {
                continue;
            }
            places.sort_unstable();
            let mut counted: HashMap<EntryList, usize> = HashMap::new();
            for at in places {
                let list = drafts[at].list;
                let number = counted.entry(list).or_default();
                *number += 1;
                let counts = self.lists.get(&list).copied().unwrap_or_default();
                if counts && (2..=MAX_COPIES).contains(number) {
                    numbered.push((*number, at));
                }
            }
        }
        numbered
    }
}
