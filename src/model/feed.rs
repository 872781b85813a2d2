//! The feeds we publish: a topic's stories in order, and the site that publishes them.

use url::Url;

use super::{FeedId, Language, Story, StoryId, Timestamp};

/// The published site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its name; also the author of its feeds.
    pub title: String,
    /// The address under which it is published; its path ends with `/`.
    pub base_url: Url,
    /// The language of its titles and pages.
    pub language: Language,
}

/// The names of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedName {
    /// Its name in addresses.
    pub id: FeedId,
    /// The name under which it was first published; its permanent id is derived from it.
    pub first_called: FeedId,
    /// Its topic's title in the site's language. The publisher adds the branch.
    pub topic: String,
    /// The publisher's name, for a branch by source.
    pub publisher: Option<String>,
}

/// The content that a feed selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedScope {
    /// The stories of a topic, or of a branch of it.
    Feed(FeedName),
    /// The results of a query, kept as it was typed.
    Search(String),
}

/// One feed, ready to be rendered: complete, and containing nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The content that it selects.
    pub scope: FeedScope,
    /// The latest change of a story shown, or of the feed itself; `None` as long as it has always been empty.
    pub updated: Option<Timestamp>,
    /// The live feed, in order.
    pub live: Vec<Story>,
    /// Number of stories in it, including those too old to be listed.
    pub stories: usize,
    /// Stories shown only on the HTML page: older ones that entered quietly. In order.
    pub quiet: Vec<Story>,
    /// Stories that have left it, the most recent first: readers may delete them.
    pub gone: Vec<Tombstone>,
    /// The branches of a topic, in any order; empty for a branch or a search.
    pub branches: Vec<FeedSummary>,
}

impl Feed {
    /// Returns the result of a query: these stories, in this order.
    pub fn from_search(query: String, stories: Vec<Story>) -> Self {
        Self {
            scope: FeedScope::Search(query),
            updated: stories.iter().map(|story| story.updated).max(),
            stories: stories.len(),
            live: stories,
            quiet: Vec::new(),
            gone: Vec::new(),
            branches: Vec::new(),
        }
    }
}

/// The remains of a story that was in a feed (RFC 6721 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The id under which it was published.
    pub id: StoryId,
    /// The time when it left the feed.
    pub at: Timestamp,
    /// The reason why it left.
    pub fate: RemovalReason,
}

/// The reason why a story no longer exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemovalReason {
    /// It was merged into another story.
    Merged(StoryId),
    /// It was withdrawn, with the reason given.
    Withdrawn(String),
}

/// One feed's line in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSummary {
    /// The feed's names.
    pub name: FeedName,
    /// The same value as the feed's `updated`.
    pub updated: Option<Timestamp>,
    /// Number of stories in it.
    pub stories: usize,
}
