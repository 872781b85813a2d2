//! A published story: one or more items that report the same event.

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
    /// Its address, if it has one.
    pub address: Option<Url>,
    /// The address of its source's feed or page, if it may be shown to readers.
    pub source_address: Option<Url>,
    /// Its own date.
    pub published: Published,
}

/// A story as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Permanent id.
    pub id: StoryId,
    /// Its date of publication, which orders the feed.
    pub published: Published,
    /// The time of the last change to the content shown.
    pub updated: Timestamp,
    /// The regions it is about: those of all its reports, in the order of their codes.
    pub regions: Vec<Region>,
    /// The report whose text is shown.
    pub shown: Item,
    /// Every report, starting with the one shown; never empty.
    pub reports: Vec<Report>,
    /// Stories that report the same event in other languages, one per language, in the order of their languages.
    pub alternates: Vec<Alternate>,
}

/// A story that reports the same event in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternate {
    /// Its id.
    pub id: StoryId,
    /// The language.
    pub language: Language,
    /// The address at which to read it.
    pub address: Url,
}

impl Story {
    /// Compares by the order of a feed: newest first, then by position in the document, then by id.
    pub fn feed_order(&self, other: &Self) -> Ordering {
        let place = |story: &Self| {
            (
                Reverse(story.published.instant()),
                story.shown.position,
                story.id,
            )
        };
        place(self).cmp(&place(other))
    }

    /// Returns the report whose text is shown.
    ///
    /// # Panics
    /// If the story has no report. This cannot happen: every story is founded by one.
    pub fn shown_report(&self) -> &Report {
        self.reports
            .first()
            .expect("a story has a report: it was founded by one")
    }

    /// Returns the address at which to read the story: that of the report shown, or else the first that has one.
    pub fn address(&self) -> Option<&Url> {
        self.reports
            .iter()
            .find_map(|report| report.address.as_ref())
    }
}
