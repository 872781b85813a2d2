//! The lists of a document, for an operator to choose from by number.
//!
//! In: the document and its source. Out: its lists, the best first, each with its first records as they would
//! be polled.

use super::read::ReadDocument;
use crate::extract::{self, RankedList};
use crate::model::{Document, Item, Reading, Source};

/// The most lists to choose from.
pub const MAX_CHOICES: usize = 9;

/// Records shown for each list.
const SHOWN_ITEMS: usize = 3;

/// A list of a document that can be chosen by its number.
#[derive(Clone, Debug)]
pub struct ListChoice {
    /// The number, from 1, the best first.
    pub number: usize,
    /// The reading, and the reasons for it.
    pub listed: RankedList,
    /// The number of its records; repeated ones count once.
    pub records: usize,
    /// Its first records.
    pub items: Vec<Item>,
}

/// Returns the lists of `document`, the best first; empty if it is not a page, JSON or XML.
///
/// The numbers are the same for every command. A list that its own reading does not find again is left out.
pub fn list_choices(document: &Document, source: &Source) -> Vec<ListChoice> {
    let source = Source {
        only: None,
        replace: Vec::new(),
        ..source.clone()
    };
    let listed = extract::rank_lists(document, &source, MAX_CHOICES).into_iter();
    let read = listed.enumerate().filter_map(|(place, listed)| {
        if let Some(items) = read_items(document, &source, &listed) {
            return Some((listed, items));
        }
        // The first one is always found: a page without rules is read that way.
        let is_page = matches!(listed.reading, Reading::Page);
        let first = RankedList {
            layout: None,
            ..listed
        };
        let items = (place == 0 && is_page).then(|| self::read_items(document, &source, &first));
        Some((first, items??))
    });
    let numbered = (1..).zip(read);
    let choice = |(number, (listed, mut items)): (_, (_, Vec<Item>))| {
        let records = items.len();
        items.truncate(SHOWN_ITEMS);
        ListChoice {
            number,
            listed,
            records,
            items,
        }
    };
    numbered.map(choice).collect()
}

/// Returns the items of a list; `None` if its reading yields another list, or nothing.
fn read_items(document: &Document, source: &Source, listed: &RankedList) -> Option<Vec<Item>> {
    let read = ReadDocument::by_source(listed.apply_to(source), document.clone()).ok()?;
    let is_same = listed.has_entries(&read.extracted.entries);
    Some(read.items).filter(|items| is_same && !items.is_empty())
}
