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
use super::head::PageHead;
use super::linked_data::LinkedData;
use super::outline::Outline;
use super::readable;
use super::reader::OutlineReader;
use super::record::{EntryPart, EntrySpan, PageMatches};
use crate::dates::DateHints;
use crate::extract::follow::is_same_site;
use crate::extract::{ExtractError, rules};
use crate::model::{Css, Field, Fields, RawEntry, RawText, Source};

/// The page of an entry, read.
pub(in crate::extract) struct ReadPage {
    /// The fields that rules found.
    pub(in crate::extract) told: BTreeSet<Field>,
    /// All values found. Addresses are absolute except in texts, which have `base`.
    pub(in crate::extract) found: RawEntry,
}

/// Reads the page of an entry.
///
/// # Errors
/// Returns [`ExtractError::TooDeep`] if the page is nested too deeply.
pub(in crate::extract) fn read_entry_page(
    text: &str,
    url: &Url,
    fields: &Fields<Css>,
    source: &Source,
    hints: &DateHints<'_>,
) -> Result<ReadPage, ExtractError> {
    let page = super::parse_and_prune(text, &source.remove)?;
    let base = super::page_base(&page, url);
    let (whole, around) = (
        EntrySpan::from_element(page.root_element()),
        PageMatches::default(),
    );
    let by_rules = rules::read_record(&EntryPart::new(&whole, &around), fields);
    let told = Field::ALL
        .into_iter()
        .filter(|field| rules::has_field(&by_rules, *field))
        .collect();
    let seen = SeenPage::from_page(&page, url, &base, hints);
    let found = merge_entries(by_rules, seen.to_entry(&told));
    Ok(ReadPage {
        told,
        found: resolve_addresses(found, base),
    })
}

/// A page with everything that is read from it.
struct SeenPage<'a> {
    page: &'a Html,
    base: &'a Url,
    url: &'a Url,
    hints: &'a DateHints<'a>,
    head: PageHead<'a>,
    stated: LinkedData,
}

impl<'a> SeenPage<'a> {
    fn from_page(page: &'a Html, url: &'a Url, base: &'a Url, hints: &'a DateHints<'a>) -> Self {
        Self {
            page,
            base,
            url,
            hints,
            head: PageHead::from_page(page),
            stated: LinkedData::from_page(page, base),
        }
    }

    /// Returns the values of the page, without the text if rules found one.
    fn to_entry(&self, told: &BTreeSet<Field>) -> RawEntry {
        let outline = Outline::from_page(self.page, self.base);
        let reader = OutlineReader::new(&outline, self.hints);
        let article = article::find_article(self.page, &reader);
        let seen = article
            .as_ref()
            .map(|article| article.to_entry(&reader, self.base))
            .unwrap_or_default();
        let link = self.canonical_url();
        let stated = self
            .stated_record(link.as_ref())
            .cloned()
            .unwrap_or_default();
        let text = || {
            readable::running_text(self.page, &outline)
                .map(RawText::Html)
                .or(seen.content)
        };
        let heading = || {
            let heading = article::find_heading(&outline, 0)?;
            Some(RawText::Plain(reader.node_text(heading).replace('\n', " ")))
        };
        let picture = || files::first_picture(&outline, article.as_ref()?);
        let is_date = |date: &String| reader.is_date(date);
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
                .or_else(|| self.head.published_date(is_date))
                .or(seen.published),
            updated: updated.or_else(|| self.head.updated_date(is_date)),
            language: article
                .as_ref()
                .and_then(|article| article_language(&reader, article)),
            authors: stated_or_else(stated.authors, || self.head.author_names()),
            tags: stated_or_else(stated.tags, || self.head.tags()),
            enclosures: files::collect_files(&outline, article.as_ref(), self.base),
            image: stated.image.or_else(|| self.head.image()).or_else(picture),
            ..RawEntry::default()
        }
    }

    /// Returns the address that the page states as its own: one of the same site that is not the site's home
    /// page.
    fn canonical_url(&self) -> Option<Url> {
        let mut stated = self.base.join(self.head.canonical()?).ok()?;
        stated.set_fragment(None);
        let is_first = |url: &Url| url.path() == "/" && url.query().is_none();
        let is_own = is_same_site(self.url, &stated);
        (is_own && (!is_first(&stated) || is_first(self.url))).then_some(stated)
    }

    /// Returns the linked data about this page, else about the only article that it describes.
    fn stated_record(&self, link: Option<&Url>) -> Option<&RawEntry> {
        let own = link.into_iter().chain([self.url]);
        let mut own = own.filter_map(|url| self.stated.entry_at(url.as_str(), self.base));
        own.next().or_else(|| self.stated.only_entry())
    }
}

/// Returns the language of the article, if it is stated for the article itself: the language of a whole page
/// is often the template's default.
fn article_language(reader: &OutlineReader<'_, '_>, article: &Article) -> Option<String> {
    let above = reader.outline.ancestors(article.body());
    let mut inner = above.filter(|index| *index > 0);
    let stated = inner.find_map(|index| reader.outline.at(index).attr("lang"))?;
    Some(stated.to_owned())
}

fn stated_or_else<T>(stated: Vec<T>, otherwise: impl FnOnce() -> Vec<T>) -> Vec<T> {
    if stated.is_empty() {
        otherwise()
    } else {
        stated
    }
}

/// Returns the values that rules found, completed by those that were seen.
fn merge_entries(told: RawEntry, seen: RawEntry) -> RawEntry {
    RawEntry {
        link: told.link.or(seen.link),
        title: told.title.or(seen.title),
        summary: told.summary.or(seen.summary),
        content: told.content.or(seen.content),
        published: told.published.or(seen.published),
        updated: told.updated.or(seen.updated),
        event: told.event.or(seen.event),
        language: told.language.or(seen.language),
        authors: stated_or_else(told.authors, || seen.authors),
        tags: stated_or_else(told.tags, || seen.tags),
        enclosures: stated_or_else(told.enclosures, || seen.enclosures),
        image: told.image.or(seen.image),
        ..told
    }
}

/// Resolves addresses, so that they lead to the same place wherever they are read.
fn resolve_addresses(mut entry: RawEntry, base: Url) -> RawEntry {
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
