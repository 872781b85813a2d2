//! A configured source: where it is, how to read it, when to ask.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use chrono_tz::Tz;
use scraper::Selector;

use super::{
    Cadence, Charset, Country, DateOrder, Hash, Language, Location, Region, SourceId, TopicId,
};

/// Where in the configuration something stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named.
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// One place that bulletins come from.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it is configured.
    pub place: Place,
    /// Its name in the configuration; part of every item's id.
    pub id: SourceId,
    /// Its name for people: the publisher.
    pub name: String,
    /// Where it is.
    pub location: Location,
    /// How its documents are read.
    pub reading: Reading,
    /// The encoding of its documents, whatever they say.
    pub charset: Option<Charset>,
    /// When it is asked.
    pub cadence: Cadence,
    /// Zone of dates without one, and of `cron`.
    pub zone: Tz,
    /// The language of its items, whatever its documents say.
    pub language: Option<Language>,
    /// What comes first in its numeric dates.
    pub date_order: Option<DateOrder>,
    /// Whose report of a story is shown: the lowest.
    pub rank: u32,
    /// Topics that all its items belong to.
    pub topics: Vec<TopicId>,
    /// Where the publisher is: what its items tell of where they name no other place.
    pub country: Option<Country>,
    /// Regions that all its items tell of.
    pub regions: Vec<Region>,
}

impl Source {
    /// Changes whenever the same bytes might be read differently: a 304 answers only the question asked under the same one.
    pub fn fingerprint(&self, extractor_version: u32) -> Hash {
        let Self {
            reading,
            charset,
            zone,
            language,
            date_order,
            ..
        } = self;
        Hash::of(
            format!(
                "{extractor_version} {reading:?} {charset:?} {zone} {language:?} {date_order:?}"
            )
            .as_bytes(),
        )
    }
}

/// How documents become entries.
#[derive(Clone, Debug)]
pub enum Reading {
    /// The document decides: a feed, a page or plain text.
    Auto,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A page, by CSS selectors.
    Html(Box<HtmlRules>),
    /// A page, by its structure; with where its further pages are.
    Page(Option<Pages>),
    /// Plain text with dated notices.
    Text,
}

impl Reading {
    /// How many pages of a list are read after its first.
    pub fn further_pages(&self) -> u32 {
        let pages = match self {
            Self::Html(rules) => rules.pages.as_ref(),
            Self::Page(pages) => pages.as_ref(),
            Self::Auto | Self::Feed | Self::Text => None,
        };
        match pages {
            Some(Pages::Parameter { last, .. } | Pages::Next { last, .. }) => *last,
            None => 0,
        }
    }
}

/// The selectors of a page of bulletins.
#[derive(Clone, Debug)]
pub struct HtmlRules {
    /// One match is one entry; the other rules start from it.
    pub item: FieldRule,
    /// Title.
    pub title: FieldRule,
    /// Address; the first link of the title or of the item where it is not given.
    pub link: Option<FieldRule>,
    /// Date of publication.
    pub date: Option<FieldRule>,
    /// Short text.
    pub summary: Option<FieldRule>,
    /// Full text.
    pub content: Option<FieldRule>,
    /// Authors, one a match.
    pub author: Option<FieldRule>,
    /// Tags, one a match.
    pub tag: Option<FieldRule>,
    /// Further pages of the list.
    pub pages: Option<Pages>,
}

impl HtmlRules {
    /// The names of the rules, as they stand in the configuration and on the command line.
    pub const FIELDS: [&str; 8] = [
        "item", "title", "link", "date", "summary", "content", "author", "tag",
    ];

    /// The rules that are given, by name.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &FieldRule)> {
        let rules = [
            Some(&self.item),
            Some(&self.title),
            self.link.as_ref(),
            self.date.as_ref(),
            self.summary.as_ref(),
            self.content.as_ref(),
            self.author.as_ref(),
            self.tag.as_ref(),
        ];
        let named = Self::FIELDS.into_iter().zip(rules);
        named.filter_map(|(name, rule)| Some((name, rule?)))
    }

    /// Puts together the rule of each of [`Self::FIELDS`]; `None` without `item` and `title`.
    pub fn of_fields(
        mut rule: impl FnMut(&str) -> Option<FieldRule>,
        pages: Option<Pages>,
    ) -> Option<Self> {
        Some(Self {
            item: rule("item")?,
            title: rule("title")?,
            link: rule("link"),
            date: rule("date"),
            summary: rule("summary"),
            content: rule("content"),
            author: rule("author"),
            tag: rule("tag"),
            pages,
        })
    }
}

/// Where further pages of a list are.
#[derive(Clone, Debug)]
pub enum Pages {
    /// A query parameter that counts: `?page=1` … `?page=last`.
    Parameter {
        /// The parameter's name.
        name: String,
        /// Its last value; the source's own address is the page before 1.
        last: u32,
    },
    /// A link to the next page, at most `last` pages further.
    Next {
        /// Finds the link.
        link: FieldRule,
        /// How many pages after the first.
        last: u32,
    },
}

/// A CSS selector, with the attribute to take where it is not the text: `h3 a@href`, `@id`.
#[derive(Clone)]
pub struct FieldRule {
    /// What to find below the item; `None` is the item itself.
    pub selector: Option<Selector>,
    /// The attribute to take.
    pub attribute: Option<String>,
    written: String,
}

/// Text that is no field rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Not CSS.
    #[error("`{0}` is no CSS selector")]
    Selector(String),
    /// `h3 a@`
    #[error("`{0}` names no attribute after `@`")]
    Attribute(String),
}

impl FieldRule {
    /// The rule with an attribute to take where it names none.
    #[must_use]
    pub fn or_attribute(&self, name: &str) -> Self {
        let attribute = self.attribute.clone().or_else(|| Some(name.to_owned()));
        Self {
            attribute,
            ..self.clone()
        }
    }
}

impl FromStr for FieldRule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let written = text.trim().to_owned();
        // An `@` within `[href="mailto:a@b"]` is part of the selector.
        let (css, attribute) = match written.rsplit_once('@') {
            Some((css, name)) if !name.contains([']', '"', '\'']) => (css.trim(), Some(name)),
            _ => (written.as_str(), None),
        };
        let named = |name: &str| {
            name.chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c))
                && !name.is_empty()
        };
        if attribute.is_some_and(|name| !named(name)) {
            return Err(RuleError::Attribute(written));
        }
        let selector = match css {
            "" if attribute.is_some() => None,
            css => Some(Selector::parse(css).map_err(|_| RuleError::Selector(css.to_owned()))?),
        };
        Ok(Self {
            selector,
            attribute: attribute.map(str::to_ascii_lowercase),
            written,
        })
    }
}

impl fmt::Debug for FieldRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.written)
    }
}

impl fmt::Display for FieldRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_rules_are_read() {
        let rule: FieldRule = "h3 a@HREF".parse().expect("a rule");
        assert_eq!(
            (rule.selector.is_some(), rule.attribute.as_deref()),
            (true, Some("href"))
        );
        let own: FieldRule = "@data-date".parse().expect("a rule");
        assert_eq!(
            (own.selector.is_some(), own.attribute.as_deref()),
            (false, Some("data-date"))
        );
        let mail: FieldRule = "a[href*='@']".parse().expect("a rule");
        assert_eq!(mail.attribute, None);
        assert_eq!(
            "h3 >".parse::<FieldRule>().unwrap_err(),
            RuleError::Selector("h3 >".into())
        );
        assert_eq!(
            "h3@".parse::<FieldRule>().unwrap_err(),
            RuleError::Attribute("h3@".into())
        );
        assert_eq!(
            "".parse::<FieldRule>().unwrap_err(),
            RuleError::Selector(String::new())
        );
    }
}
