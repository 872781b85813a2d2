//! What a query is asked about.

use chrono::NaiveDate;

use crate::model::{Item, Language, Region, SourceId, TopicId};
use crate::topics::Part;

/// What queries look at in an item.
#[derive(Clone, Debug, Default)]
pub struct Subject<'a> {
    /// Plain text.
    pub title: &'a str,
    /// Plain text: what stands under the title, all of it.
    pub summary: &'a str,
    /// Plain text.
    pub tags: Vec<&'a str>,
    /// Names.
    pub authors: Vec<&'a str>,
    /// Where it comes from.
    pub source: Option<&'a SourceId>,
    /// What it is written in.
    pub language: Option<&'a Language>,
    /// The language assumed when `language` is unknown.
    pub assumed_language: Option<&'a Language>,
    /// What it is about.
    pub regions: &'a [Region],
    /// When it was published, by the calendar of its publisher.
    pub day: Option<NaiveDate>,
    /// The topics that its source gives to all its items.
    pub topics: &'a [TopicId],
}

impl<'a> Subject<'a> {
    /// An item whose source gives `topics` to all its items.
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
            day: Some(item.published.at().date_naive()),
            topics,
        }
    }

    /// Its texts, part by part.
    pub(super) fn texts(&self) -> impl Iterator<Item = (Part, &'a str)> {
        let of = |part: Part, texts: &[&'a str]| {
            let texts = texts.to_vec();
            texts.into_iter().map(move |text| (part, text))
        };
        [(Part::Title, self.title), (Part::Summary, self.summary)]
            .into_iter()
            .chain(of(Part::Tag, &self.tags))
            .chain(of(Part::Author, &self.authors))
    }

    /// Its texts in which words are looked for.
    pub(super) fn texts_in(&self, wanted: Option<Part>) -> impl Iterator<Item = (Part, &'a str)> {
        self.texts().filter(move |(part, _)| is_in(wanted, *part))
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

/// Whether words that are wanted in a part are looked for in this one.
pub(super) fn is_in(wanted: Option<Part>, part: Part) -> bool {
    wanted.map_or(part.is_usual(), |wanted| wanted == part)
}
