//! The kinds of documents that a source may have.

use std::fmt;
use std::str::FromStr;

use super::{Location, Reading, Source};

/// The kind of a source's documents: the value of `kind` in the configuration.
///
/// To add one, add it here, to [`Reading`] and to `extract`, and give it a page of the manual; the compiler points at the
/// other places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// The document decides.
    Auto,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A page, by selectors or by its structure.
    Html,
    /// Plain text with dated notices.
    Text,
    /// JSON, by paths or by its structure.
    Json,
    /// XML, by paths of elements or by its structure.
    Xml,
    /// A sitemap, or an index of sitemaps.
    Sitemap,
    /// The output of a program; the documents decide.
    Command,
}

impl SourceKind {
    /// Every kind, in the order of the manual.
    pub const ALL: [Self; 8] = [
        Self::Auto,
        Self::Feed,
        Self::Html,
        Self::Text,
        Self::Json,
        Self::Xml,
        Self::Sitemap,
        Self::Command,
    ];

    /// Returns the word used in the configuration and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Feed => "feed",
            Self::Html => "html",
            Self::Text => "text",
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Sitemap => "sitemap",
            Self::Command => "command",
        }
    }

    /// Returns a line of help.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Auto => "Detect the kind",
            Self::Feed => "RSS, Atom or JSON Feed",
            Self::Html => "A page, by selectors or by its structure",
            Self::Text => "Plain text with dated notices",
            Self::Json => "JSON, by paths or by its structure",
            Self::Xml => "XML, by paths of elements or by its structure",
            Self::Sitemap => "A sitemap, or an index of them",
            Self::Command => "The output of a program",
        }
    }

    /// Returns true if `select` can specify its entries and fields.
    pub fn has_rules(self) -> bool {
        match self {
            Self::Auto | Self::Html | Self::Json | Self::Xml => true,
            Self::Feed | Self::Text | Self::Sitemap | Self::Command => false,
        }
    }

    /// Returns true if its documents may be pages.
    pub fn may_be_page(self) -> bool {
        match self {
            Self::Auto | Self::Html | Self::Command => true,
            Self::Feed | Self::Text | Self::Json | Self::Xml | Self::Sitemap => false,
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SourceKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.as_str() == text).ok_or(())
    }
}

impl Reading {
    /// Returns the kind of documents that are read in this way.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Auto => SourceKind::Auto,
            Self::Feed => SourceKind::Feed,
            Self::Html(_) | Self::Page => SourceKind::Html,
            Self::Text(_) => SourceKind::Text,
            Self::Json { .. } => SourceKind::Json,
            Self::Xml(_) => SourceKind::Xml,
            Self::Sitemap => SourceKind::Sitemap,
        }
    }
}

impl Source {
    /// Returns the kind named in its block, or else implied by its keys.
    pub fn kind(&self) -> SourceKind {
        match self.location {
            Location::Command(_) => SourceKind::Command,
            Location::Http(_) | Location::File(_) | Location::Secret(_) => self.reading.kind(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_by_its_word() {
        for kind in SourceKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("rss".parse::<SourceKind>(), Err(()));
    }
}
