//! What is published: one or more items that report the same thing.

use std::cmp::{Ordering, Reverse};

use url::Url;

use super::{Item, ItemId, Language, Published, Region, SourceId, StoryId, Timestamp};

/// One report of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The item.
    pub item: ItemId,
    /// Its source.
    pub source: SourceId,
    /// The source's name for people.
    pub publisher: String,
    /// The report's own title.
    pub title: String,
    /// Its address, where it has one.
    pub address: Option<Url>,
    /// Where its source's feed or page is, where readers may know.
    pub source_address: Option<Url>,
    /// Its own date.
    pub published: Published,
}

/// A story as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Permanent id.
    pub id: StoryId,
    /// When it was published: orders the feed.
    pub published: Published,
    /// When the content shown last changed.
    pub updated: Timestamp,
    /// Where it is about: the regions of its reports together, in the order of their codes.
    pub regions: Vec<Region>,
    /// The report whose text is shown.
    pub shown: Item,
    /// Every report, the one shown first; never empty.
    pub reports: Vec<Report>,
    /// Stories that tell the same in other languages, one for each, in the order of their languages.
    pub alternates: Vec<Alternate>,
}

/// A story that tells the same in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternate {
    /// Its id.
    pub id: StoryId,
    /// The language.
    pub language: Language,
    /// Where it can be read.
    pub address: Url,
}

impl Story {
    /// The order of a feed: newest first, then as they stood in their documents, then by id.
    pub fn feed_order(&self, other: &Self) -> Ordering {
        let place = |story: &Self| {
            (
                Reverse(story.published.at()),
                story.shown.position,
                story.id,
            )
        };
        place(self).cmp(&place(other))
    }

    /// The report whose text is shown.
    ///
    /// # Panics
    /// For a story without a report: there is none, each was founded by one.
    pub fn shown_report(&self) -> &Report {
        self.reports
            .first()
            .expect("a story has a report: it was founded by one")
    }

    /// Where the story can be read: the address of the report shown, else the first that has one.
    pub fn address(&self) -> Option<&Url> {
        self.reports
            .iter()
            .find_map(|report| report.address.as_ref())
    }
}
