//! Documents that a page links to and that may contain its records, compared with the page.

use std::cmp::Reverse;
use std::collections::HashSet;

use url::Url;

use super::read::ReadDocument;
use super::{LeadKind, LinkedDocument};
use crate::model::Item;
use crate::normalize::comparable_address;
use crate::text::fold_text;

/// A document that the page links to, compared with the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RivalDocument {
    /// Its kind.
    pub lead: LeadKind,
    /// Its address.
    pub url: Url,
    /// The number of its items, or the reason why it has none.
    pub items: Result<usize, String>,
    /// The number of the page's records that it contains.
    pub shared: usize,
}

impl RivalDocument {
    pub(super) fn new(
        linked: &LinkedDocument,
        feed: &Result<ReadDocument, String>,
        records: &[Item],
    ) -> Self {
        let (items, shared) = match feed {
            Ok(feed) => (Ok(feed.items.len()), count_shared(&feed.items, records)),
            Err(reason) => (Err(reason.clone()), 0),
        };
        Self {
            lead: linked.lead,
            url: linked.url.clone(),
            items,
            shared,
        }
    }

    /// Returns true if it contains most records of a page with `records` of them, or if the page has no list. A
    /// feed that is shorter than the page contains its newest records.
    fn is_better(&self, records: usize) -> bool {
        let Ok(items) = self.items else { return false };
        if records <= 1 {
            return items > 0;
        }
        let compared = items.min(records);
        compared * 3 >= records && self.shared * 5 >= compared * 3
    }
}

/// Returns the index of the rival that is better than a page with so many records, if any: a feed before an
/// API, then the one with the most shared records, then the first.
pub(super) fn best_rival(rivals: &[RivalDocument], records: usize) -> Option<usize> {
    let better = rivals.iter().enumerate();
    let better = better.filter(|(_, rival)| rival.is_better(records));
    let best = better.max_by_key(|(place, rival)| {
        let is_feed = rival.lead == LeadKind::Feed;
        (is_feed, rival.shared, Reverse(*place))
    });
    best.map(|(place, _)| place)
}

/// Counts the `records` that are also among `items`, by address or by title.
fn count_shared(items: &[Item], records: &[Item]) -> usize {
    let address = |item: &Item| item.address.as_ref().and_then(comparable_address);
    let addresses: HashSet<String> = items.iter().filter_map(address).collect();
    let titles: HashSet<String> = items.iter().map(|item| fold_text(&item.title)).collect();
    let is_known = |record: &&Item| {
        address(record).is_some_and(|address| addresses.contains(&address))
            || titles.contains(&fold_text(&record.title))
    };
    records.iter().filter(is_known).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(records: usize, feeds: &[(usize, usize)], expected: Option<usize>) {
        let rival = |(items, shared): &(usize, usize)| RivalDocument {
            lead: LeadKind::Feed,
            url: "https://host.example/feed".parse().unwrap(),
            items: Ok(*items),
            shared: *shared,
        };
        let rivals: Vec<RivalDocument> = feeds.iter().map(rival).collect();
        assert_eq!(
            best_rival(&rivals, records),
            expected,
            "{records} {feeds:?}"
        );
    }

    #[test]
    fn a_feed_of_most_records_is_better_than_their_page() {
        check(10, &[(10, 10)], Some(0));
        check(10, &[(10, 0), (10, 7), (20, 7)], Some(1));
        check(10, &[(10, 5)], None);
        check(10, &[(4, 4)], Some(0));
        check(10, &[(3, 3)], None);
        check(10, &[(0, 0)], None);
        check(0, &[(0, 0), (3, 0), (5, 0)], Some(1));
        check(1, &[(5, 1)], Some(0));
        check(10, &[], None);
    }

    #[test]
    fn an_interface_is_better_than_the_page_but_no_better_than_a_feed() {
        let rival = |lead, shared| RivalDocument {
            lead,
            url: "https://host.example/".parse().unwrap(),
            items: Ok(10),
            shared,
        };
        let of = |feed| {
            best_rival(
                &[rival(LeadKind::WordPress, 10), rival(LeadKind::Feed, feed)],
                10,
            )
        };
        assert_eq!((of(8), of(2)), (Some(1), Some(0)));
    }
}
