//! What `extract` finds: entries as they stand in the document, nothing decided yet.

use url::Url;

/// Text as found, with what the format says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawText {
    /// Plain text: `<` and `&` are themselves.
    Plain(String),
    /// Markup: entities are still to be decoded.
    Html(String),
    /// The format does not say (RSS titles and descriptions): the text decides.
    Unsaid(String),
}

impl RawText {
    /// The characters as found.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Html(text) | Self::Unsaid(text) => text,
        }
    }
}

/// An author as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawAuthor {
    /// The name, or `mail (name)` as RSS 2.0 writes it.
    pub name: String,
    /// Page of the author, possibly relative.
    pub url: Option<String>,
}

/// An attached file as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEnclosure {
    /// Address, possibly relative.
    pub url: String,
    /// Media type as found.
    pub mime_type: Option<String>,
    /// Size in bytes as found.
    pub length_bytes: Option<String>,
}

/// One bulletin as published: optional text as found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEntry {
    /// The publisher's identifier, exactly as written.
    pub guid: Option<String>,
    /// Title.
    pub title: Option<RawText>,
    /// Address of the entry, possibly relative to `base`.
    pub link: Option<String>,
    /// What relative addresses in this entry start from, where it is not the document's address.
    pub base: Option<Url>,
    /// Short text.
    pub summary: Option<RawText>,
    /// Full text.
    pub content: Option<RawText>,
    /// Date of publication as found.
    pub published: Option<String>,
    /// Date of last change as found.
    pub updated: Option<String>,
    /// Language tag as found.
    pub language: Option<String>,
    /// Authors in order.
    pub authors: Vec<RawAuthor>,
    /// Tags or categories in order.
    pub tags: Vec<String>,
    /// Attached files in order.
    pub enclosures: Vec<RawEnclosure>,
}

/// What a document says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// Its title.
    pub title: Option<RawText>,
    /// Its description or subtitle.
    pub description: Option<RawText>,
    /// The page that it stands for.
    pub home_page: Option<String>,
    /// Its language tag.
    pub language: Option<String>,
    /// Authors, for entries that name none.
    pub authors: Vec<RawAuthor>,
}

/// Something that was not read, while the rest was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// An entry without title and text.
    #[error("entry {position} has neither a title nor a text and was left out")]
    Empty {
        /// Counted from 1.
        position: usize,
    },
    /// More entries than one document may bring.
    #[error("more than {limit} entries: the rest was left out")]
    TooManyEntries {
        /// How many were kept.
        limit: usize,
    },
    /// A date that nobody could read.
    #[error("entry {position}: the date `{text}` was not understood")]
    UnreadDate {
        /// Counted from 1.
        position: usize,
        /// As found, cut short.
        text: String,
    },
    /// A date further ahead than clocks and zones explain.
    #[error(
        "entry {position}: the date `{text}` lies in the future; the time of first reading stands instead"
    )]
    FutureDate {
        /// Counted from 1.
        position: usize,
        /// As found, cut short.
        text: String,
    },
    /// Several entries of one document under one identifier or address.
    #[error(
        "entry {position} shares its {kind} with another entry of the page and is told apart by date and title"
    )]
    SharedIdentity {
        /// Counted from 1.
        position: usize,
        /// `guid` or `address`.
        kind: &'static str,
    },
    /// The same entry twice in one document.
    #[error("entry {position} stands twice in the document")]
    Repeated {
        /// Counted from 1.
        position: usize,
    },
    /// A selector that found something in some entries only.
    #[error("the selector of `{field}` found nothing in {missing} of {entries} entries")]
    Uneven {
        /// The configuration's key.
        field: &'static str,
        /// Entries without it.
        missing: usize,
        /// All entries.
        entries: usize,
    },
    /// Text that belongs to no entry.
    #[error("{lines} lines before the first entry were left out")]
    Preamble {
        /// How many lines.
        lines: usize,
    },
}

/// One document read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extracted {
    /// What the document says of itself.
    pub channel: Channel,
    /// Entries in document order.
    pub entries: Vec<RawEntry>,
    /// What was left out, and why.
    pub problems: Vec<Problem>,
    /// Next pages of the same list, to fetch within the poll's budget.
    pub follow: Vec<Url>,
}
