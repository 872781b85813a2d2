//! Reads the page of one entry, by rules, by its stated data and by its structure.
//!
//! In: the page, the rules of its source. Out: an entry with all values found, and the fields that rules
//! found. Rules come first, then the values that the page states for programs, in linked data and in its
//! head, then those that a reader sees: title, date line, running text, files next to it.

use std::collections::BTreeSet;

use scraper::Html;
use url::Url;

use super::article::{self, Article};
use super::files;
use super::head::Head;
use super::linked_data::LinkedData;
use super::outline::Outline;
use super::readable;
use super::reader::Reader;
use super::record::{Around, Part, Span};
use crate::dates::Hints;
use crate::extract::follow::same_site;
use crate::extract::{ExtractError, rules};
use crate::model::{Css, Field, Fields, RawEntry, RawText, Source};

/// The page of an entry, read.
pub(in crate::extract) struct Page {
    /// The fields that rules found.
    pub(in crate::extract) told: BTreeSet<Field>,
    /// All values found. Addresses are absolute except in texts, which have `base`.
    pub(in crate::extract) found: RawEntry,
}

/// Reads the page of an entry.
///
/// # Errors
/// Returns [`ExtractError::TooDeep`] if the page is nested too deeply.
pub(in crate::extract) fn page(
    text: &str,
    url: &Url,
    fields: &Fields<Css>,
    source: &Source,
    hints: &Hints<'_>,
) -> Result<Page, ExtractError> {
    let page = super::parse(text, &source.remove)?;
    let base = super::base(&page, url);
    let (whole, around) = (Span::of(page.root_element()), Around::default());
    let by_rules = rules::entry(&Part::new(&whole, &around), fields);
    let told = Field::ALL
        .into_iter()
        .filter(|field| rules::has(&by_rules, *field))
        .collect();
    let seen = Seen::of(&page, url, &base, hints);
    let found = over(by_rules, seen.entry(&told));
    Ok(Page {
        told,
        found: absolute(found, base),
    })
}

/// A page with everything that is read from it.
struct Seen<'a> {
    page: &'a Html,
    base: &'a Url,
    url: &'a Url,
    hints: &'a Hints<'a>,
    head: Head<'a>,
    stated: LinkedData,
}

impl<'a> Seen<'a> {
    fn of(page: &'a Html, url: &'a Url, base: &'a Url, hints: &'a Hints<'a>) -> Self {
        Self {
            page,
            base,
            url,
            hints,
            head: Head::of(page),
            stated: LinkedData::of(page, base),
        }
    }

    /// Returns the values of the page, without the text if rules found one.
    fn entry(&self, told: &BTreeSet<Field>) -> RawEntry {
        let outline = Outline::of(self.page, self.base);
        let reader = Reader::new(&outline, self.hints);
        let article = article::find(self.page, &reader);
        let seen = article
            .as_ref()
            .map(|article| article.entry(&reader, self.base))
            .unwrap_or_default();
        let link = self.canonical();
        let stated = self.stated_of(link.as_ref()).cloned().unwrap_or_default();
        let text = || {
            readable::text(self.page, &outline)
                .map(RawText::Html)
                .or(seen.content)
        };
        let heading = || {
            let heading = article::heading(&outline, 0)?;
            Some(RawText::Plain(reader.text(heading).replace('\n', " ")))
        };
        let picture = || files::picture(&outline, article.as_ref()?);
        let is_date = |date: &String| reader.reads(date);
        let published = stated.published.filter(is_date);
        let updated = stated.updated.filter(is_date);
        RawEntry {
            link: link.map(String::from),
            title: stated
                .title
                .or(seen.title)
                .or_else(heading)
                .or_else(|| self.head.title()),
            content: (!told.contains(&Field::Content)).then(text).flatten(),
            published: published
                .or_else(|| self.head.published(is_date))
                .or(seen.published),
            updated: updated.or_else(|| self.head.updated(is_date)),
            language: article
                .as_ref()
                .and_then(|article| language(&reader, article)),
            authors: first_filled(stated.authors, || self.head.authors()),
            tags: first_filled(stated.tags, || self.head.tags()),
            enclosures: files::of(&outline, article.as_ref(), self.base),
            image: stated.image.or_else(|| self.head.image()).or_else(picture),
            ..RawEntry::default()
        }
    }

    /// Returns the address that the page states as its own: one of the same site that is not the site's home
    /// page.
    fn canonical(&self) -> Option<Url> {
        let mut stated = self.base.join(self.head.canonical()?).ok()?;
        stated.set_fragment(None);
        let is_first = |url: &Url| url.path() == "/" && url.query().is_none();
        let is_own = same_site(self.url, &stated);
        (is_own && (!is_first(&stated) || is_first(self.url))).then_some(stated)
    }

    /// Returns the linked data about this page, else about the only article that it describes.
    fn stated_of(&self, link: Option<&Url>) -> Option<&RawEntry> {
        let own = link.into_iter().chain([self.url]);
        let mut own = own.filter_map(|url| self.stated.entry(url.as_str(), self.base));
        own.next().or_else(|| self.stated.only())
    }
}

/// Returns the language of the article, if it is stated for the article itself: the language of a whole page
/// is often the template's default.
fn language(reader: &Reader<'_, '_>, article: &Article) -> Option<String> {
    let above = reader.outline.above(article.body());
    let mut inner = above.filter(|index| *index > 0);
    let stated = inner.find_map(|index| reader.outline.at(index).attr("lang"))?;
    Some(stated.to_owned())
}

fn first_filled<T>(stated: Vec<T>, otherwise: impl FnOnce() -> Vec<T>) -> Vec<T> {
    if stated.is_empty() {
        otherwise()
    } else {
        stated
    }
}

/// Returns the values that rules found, completed by those that were seen.
fn over(told: RawEntry, seen: RawEntry) -> RawEntry {
    RawEntry {
        link: told.link.or(seen.link),
        title: told.title.or(seen.title),
        summary: told.summary.or(seen.summary),
        content: told.content.or(seen.content),
        published: told.published.or(seen.published),
        updated: told.updated.or(seen.updated),
        event: told.event.or(seen.event),
        language: told.language.or(seen.language),
        authors: first_filled(told.authors, || seen.authors),
        tags: first_filled(told.tags, || seen.tags),
        enclosures: first_filled(told.enclosures, || seen.enclosures),
        image: told.image.or(seen.image),
        ..told
    }
}

/// Resolves addresses, so that they lead to the same place wherever they are read.
fn absolute(mut entry: RawEntry, base: Url) -> RawEntry {
    let join = |address: &mut String| {
        if let Ok(url) = base.join(address.trim()) {
            *address = url.into();
        }
    };
    entry.link.iter_mut().for_each(join);
    let image = entry.image.iter_mut().map(|image| &mut image.url);
    image.for_each(join);
    let files = entry.enclosures.iter_mut().map(|file| &mut file.url);
    files.for_each(join);
    let pages = entry
        .authors
        .iter_mut()
        .filter_map(|author| author.url.as_mut());
    pages.for_each(join);
    RawEntry {
        base: Some(base),
        ..entry
    }
}
