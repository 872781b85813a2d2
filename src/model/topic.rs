//! A topic: a saved query that becomes a feed.

use std::collections::BTreeMap;

use super::{Hash, Language, Place, Query, TopicId};

/// A title in one language or in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Title {
    /// One for all.
    Plain(String),
    /// By language, never empty.
    ByLanguage(BTreeMap<Language, String>),
}

impl Title {
    /// The title in `language`, else in English, else the first one.
    pub fn in_language(&self, language: &Language) -> &str {
        match self {
            Self::Plain(title) => title,
            Self::ByLanguage(titles) => {
                let of = |primary: &str| titles.iter().find(|(tag, _)| tag.primary() == primary);
                let found = titles
                    .get_key_value(language)
                    .or_else(|| of(language.primary()))
                    .or_else(|| of("en"));
                found
                    .or_else(|| titles.iter().next())
                    .map_or("", |(_, title)| title)
            }
        }
    }
}

/// A saved query, published as one feed. All the parts that are given must agree; with none, only sources that name the topic fill it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Where it is configured.
    pub place: Place,
    /// Its name, also in addresses.
    pub id: TopicId,
    /// Its title for people.
    pub title: Title,
    /// At least one of these holds.
    pub any: Vec<Query>,
    /// Each of these holds.
    pub all: Vec<Query>,
    /// None of these holds.
    pub exclude: Vec<Query>,
    /// This holds.
    pub query: Option<Query>,
}

impl Topic {
    /// Whether the topic has a query of its own.
    pub fn selects(&self) -> bool {
        !self.any.is_empty() || !self.all.is_empty() || self.query.is_some()
    }

    /// Changes when the topic might select other items.
    pub fn fingerprint(&self) -> Hash {
        Hash::of(
            format!(
                "{:?} {:?} {:?} {:?}",
                self.any, self.all, self.exclude, self.query
            )
            .as_bytes(),
        )
    }
}
