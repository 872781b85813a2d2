//! Entries of one document that are alike in title, day and text: how many notices they are.
//!
//! In: entries that nothing else tells apart. Out: a number for each that is a notice of its own beside the first. The
//! first notices of one wording have the same numbers in every poll, whatever their order: when one of two leaves, the
//! other is the first.
//!
//! A feed, a text or a table lists what its publisher put there: two lines are two notices. A page also repeats a record
//! by its design, in a box of the newest and in the list itself, for telephones and for wide screens. There copies count
//! only within one part of the page, and only where other records stand there less often. The next page of a list may
//! begin with the last of the page before. An entry that has neither a day nor a text is a title that says too little.

use std::collections::{BTreeMap, HashMap};

use super::Draft;
use super::wording::Wording;

/// More notices of one wording are a fault of the document. The store compares an entry with a few more of one title.
const MAX_COPIES: usize = 20;

/// Page and part of it that list an entry.
type List = (usize, Option<usize>);

/// The lists of one poll in which copies count.
#[derive(Default)]
pub(super) struct Copies {
    lists: HashMap<List, bool>,
}

impl Copies {
    /// Looks through the entries of a poll.
    pub(super) fn of(drafts: &[Draft]) -> Self {
        let mut contents: HashMap<List, HashMap<(&str, Option<i64>, &str), usize>> = HashMap::new();
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
        let counts = |((page, part), contents): (List, HashMap<_, usize>)| {
            let has_single = contents.values().any(|times| *times == 1);
            ((page, part), part.is_none() || has_single)
        };
        Self {
            lists: contents.into_iter().map(counts).collect(),
        }
    }

    /// Numbers entries, from 2 on. `same` are their places, each with the place of the one that says all that it says.
    /// Those that only say less, and the first of each list, get none.
    pub(super) fn numbered(
        &self,
        drafts: &[Draft],
        same: impl Iterator<Item = (usize, usize)>,
    ) -> Vec<(usize, usize)> {
        let mut of_teller: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, teller) in same {
            of_teller.entry(teller).or_default().push(at);
        }
        let mut numbered = Vec::new();
        for (teller, mut places) in of_teller {
            let wording = Wording::of(&drafts[teller].item);
            let is_notice = drafts[teller].item.stated.is_some() || !wording.is_empty();
            places.retain(|at| Wording::of(&drafts[*at].item) == wording);
            if places.len() < 2 || !is_notice {
                continue;
            }
            places.sort_unstable();
            let mut counted: HashMap<List, usize> = HashMap::new();
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
