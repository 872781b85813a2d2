//! The properties of an item that queries examine.

use chrono::NaiveDate;

use crate::model::{Item, Language, Region, SourceId, TopicId};
use crate::topics::ItemPart;

/// The properties of an item that queries examine.
#[derive(Clone, Debug, Default)]
pub struct Subject<'a> {
    /// The title as plain text.
    pub title: &'a str,
    /// The entire text under the title, as plain text.
    pub summary: &'a str,
    /// Tags as plain text.
    pub tags: Vec<&'a str>,
    /// Names of the authors.
    pub authors: Vec<&'a str>,
    /// The item's source.
    pub source: Option<&'a SourceId>,
    /// The item's language.
    pub language: Option<&'a Language>,
    /// The language assumed when `language` is unknown.
    pub assumed_language: Option<&'a Language>,
    /// The regions that the item is about.
    pub regions: &'a [Region],
    /// The day of publication in the publisher's time zone.
    pub day: Option<NaiveDate>,
    /// The topics that its source gives to all its items.
    pub topics: &'a [TopicId],
}

impl<'a> Subject<'a> {
    /// Creates the subject of an item whose source gives `topics` to all its items.
    pub fn new(item: &'a Item, topics: &'a [TopicId]) -> Self {
        Self {
            title: &item.title,
            summary: &item.text,
            tags: item.tags.iter().map(String::as_str).collect(),
            authors: item
                .authors
                .iter()
                .map(|author| author.name.as_str())
                .collect(),
            source: Some(&item.source),
            language: item.language.as_ref(),
            assumed_language: item.assumed_language.as_ref(),
            regions: &item.regions,
            day: Some(item.published.instant().date_naive()),
            topics,
        }
    }

    /// Returns its texts, part by part.
    pub(super) fn texts(&self) -> impl Iterator<Item = (ItemPart, &'a str)> {
        let of = |part: ItemPart, texts: &[&'a str]| {
            let texts = texts.to_vec();
            texts.into_iter().map(move |text| (part, text))
        };
        [
            (ItemPart::Title, self.title),
            (ItemPart::Summary, self.summary),
        ]
        .into_iter()
        .chain(of(ItemPart::Tag, &self.tags))
        .chain(of(ItemPart::Author, &self.authors))
    }

    /// Returns the texts to search for words in a part, or in the usual parts if `wanted` is `None`.
    pub(super) fn texts_in(
        &self,
        wanted: Option<ItemPart>,
    ) -> impl Iterator<Item = (ItemPart, &'a str)> {
        self.texts()
            .filter(move |(part, _)| covers_part(wanted, *part))
    }

    pub(super) fn is_in_language(&self, wanted: &Language) -> bool {
        let tag = self.language.map_or("", Language::as_str);
        let rest = tag.strip_prefix(wanted.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    pub(super) fn is_about(&self, wanted: Region) -> bool {
        self.regions.iter().any(|region| region.is_within(wanted))
    }
}

/// Returns true if a search in `wanted` covers `part`.
pub(super) fn covers_part(wanted: Option<ItemPart>, part: ItemPart) -> bool {
    wanted.map_or(part.is_searched_by_default(), |wanted| wanted == part)
}
