//! The normalized channel of a document.

use url::Url;

use super::{canonical_url, collect_people, text};
use crate::model::{Document, DocumentMetadata, Language, Person};

/// A document's normalized channel, for commands that show one document.
#[derive(Clone, Debug, Default)]
pub struct ChannelInfo {
    /// The title as plain text on one line.
    pub title: Option<String>,
    /// The description as plain text.
    pub description: Option<String>,
    /// The page that the channel represents.
    pub home_page: Option<Url>,
    /// The channel's self link.
    pub self_link: Option<Url>,
    /// The channel's language.
    pub language: Option<Language>,
    /// The channel's publishers.
    pub authors: Vec<Person>,
}

/// Normalizes a document's channel.
pub fn normalize_channel(document: &Document, channel: &DocumentMetadata) -> ChannelInfo {
    ChannelInfo {
        title: channel
            .title
            .as_ref()
            .map(text::plain_line)
            .filter(|title| !title.is_empty()),
        description: channel
            .description
            .as_ref()
            .map(text::plain_line)
            .filter(|text| !text.is_empty()),
        home_page: channel
            .home_page
            .as_deref()
            .and_then(|home| canonical_url(home, &document.url)),
        self_link: channel
            .advice
            .self_link
            .as_deref()
            .and_then(|link| canonical_url(link, &document.url)),
        language: channel.language.as_deref().and_then(|tag| tag.parse().ok()),
        authors: collect_people(&channel.authors, &document.url),
    }
}
