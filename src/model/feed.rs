//! What we publish: a topic's stories in order, and the site they stand on.

use url::Url;

use super::{FeedId, Language, Story, StoryId, Timestamp};

/// The published site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its name; also the author of its feeds.
    pub title: String,
    /// Where it is published; its path ends with `/`.
    pub base_url: Url,
    /// The language of its titles and pages.
    pub language: Language,
}

/// What a feed is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedName {
    /// Its name in addresses.
    pub id: FeedId,
    /// The name that it was first published under: its permanent id is made of it.
    pub first_called: FeedId,
    /// Its topic's title in the site's language. What a branch is of it, the publisher says.
    pub topic: String,
    /// What the source is called that a branch's stories are reported by, where it is the branch of a source.
    pub publisher: Option<String>,
}

/// What a feed is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The stories of a topic, or of a branch of it.
    Feed(FeedName),
    /// What answers a query, which is kept as somebody typed it.
    Search(String),
}

/// One feed, ready to be rendered: everything that is in it, nothing that is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// What it is made of.
    pub scope: Scope,
    /// The latest change of a story shown, or of the feed itself; none as long as nothing was ever in it.
    pub updated: Option<Timestamp>,
    /// The live feed, in order.
    pub live: Vec<Story>,
    /// How many stories there are in it, those that are too old to be listed among them.
    pub stories: usize,
    /// Stories that only people see, on the page: older ones that entered quietly. In order.
    pub quiet: Vec<Story>,
    /// Stories that were in it and are none any more, the last first: readers may forget them.
    pub gone: Vec<Tombstone>,
    /// The branches of a topic, in any order; none of a branch or a search.
    pub branches: Vec<FeedSummary>,
}

impl Feed {
    /// The answer to a query: these stories, in this order.
    pub fn answer(query: String, stories: Vec<Story>) -> Self {
        Self {
            scope: Scope::Search(query),
            updated: stories.iter().map(|story| story.updated).max(),
            stories: stories.len(),
            live: stories,
            quiet: Vec::new(),
            gone: Vec::new(),
            branches: Vec::new(),
        }
    }
}

/// What is left of a story that was in a feed (RFC 6721 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The id that it was published under.
    pub id: StoryId,
    /// When it left the feed.
    pub at: Timestamp,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a story that is none any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It turned out to be another one.
    Merged(StoryId),
    /// It was taken out, for this reason.
    Withdrawn(String),
}

/// One feed's line in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSummary {
    /// What it is called.
    pub name: FeedName,
    /// As the feed's own.
    pub updated: Option<Timestamp>,
    /// How many stories there are in it.
    pub stories: usize,
}
