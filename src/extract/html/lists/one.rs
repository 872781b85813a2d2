//! Reads a page as one record: its article, meeting or notice.
//!
//! In: the laid-out page. Out: the evidence for it ([`OnePage`]) and the record itself.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use scraper::{Html, Selector};
use url::Url;

use super::super::article::{self, Article};
use super::super::linked_data::LinkedData;
use super::super::reader::OutlineReader;
use super::measures::OnePageEvidence;
use super::names;
use super::sheet::{PageDate, PageSheet};
use crate::languages;
use crate::model::{RawEntry, RawText};

/// The minimum amount of running text in an article. Less may be an introduction.
const MIN_ARTICLE_LETTERS: usize = 600;

/// Words in addresses of lists.
static LIST_WORDS: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.lists.addresses));

/// The page as one record.
pub(super) struct PageRecord {
    article: Option<Article>,
    title: Option<String>,
    date: Option<PageDate>,
    pub(super) measures: OnePageEvidence,
}

impl PageRecord {
    pub(super) fn from_page(
        page: &Html,
        sheet: &PageSheet<'_, '_>,
        reader: &OutlineReader<'_, '_>,
        stated: &LinkedData,
        url: &Url,
    ) -> Self {
        let article = article::find_article(page, reader);
        let heading =
            article::find_heading(sheet.outline, article.as_ref().map_or(0, Article::body));
        let title =
            heading.map(|index| sheet.leaves_text(sheet.leaves_in(&sheet.outline.range(index))));
        let title = title
            .filter(|title| !title.is_empty())
            .or_else(|| meta_content(page, "og:title"));
        let own = canonical_address(page).and_then(|href| sheet.base.join(&href).ok());
        let slug = words_of_slug(own.as_ref().unwrap_or(url));
        let words = title.as_deref().map(names::split_name).unwrap_or_default();
        let heading_agrees =
            words_agree(&words, &slug) || slug.len() > 1 && words_agree(&slug, &words);
        let measures = OnePageEvidence {
            letters: article.as_ref().map_or(0, Article::letters),
            is_stated: stated.only_entry().is_some()
                || meta_content(page, "article:published_time").is_some(),
            heading_agrees,
            is_list_address: slug
                .last()
                .is_none_or(|word| LIST_WORDS.contains(word.as_str()))
                || slug.len() < 2,
            slug_words: slug.len(),
        };
        // Search below the heading, else before it.
        let from = heading.unwrap_or_default();
        let all = sheet.outline.range(0);
        let below = sheet.dates_in(&(from..all.end)).iter();
        let above = sheet.dates_in(&(0..from)).iter().rev();
        let day = below
            .take(12)
            .chain(above.take(2))
            .find(|date| date.is_day());
        Self {
            article,
            title,
            date: day.cloned(),
            measures,
        }
    }

    /// Returns the record, or `None` if no text on the page is its title.
    pub(super) fn to_entry(
        &self,
        page: &Html,
        reader: &OutlineReader<'_, '_>,
        base: &Url,
    ) -> Option<RawEntry> {
        if let Some(article) = &self.article {
            let entry = article.to_entry(reader, base);
            return Some(RawEntry {
                published: entry
                    .published
                    .or_else(|| self.date.as_ref().map(|date| date.text.clone())),
                ..entry
            });
        }
        Some(RawEntry {
            title: Some(RawText::Plain(self.title.clone()?)),
            link: Some(canonical_address(page).unwrap_or_else(|| base.to_string())),
            base: Some(base.clone()),
            published: self.date.as_ref().map(|date| date.text.clone()),
            ..RawEntry::default()
        })
    }

    /// Returns true if the page itself states that it is one record: by its date, or by its address.
    pub(super) fn is_stated(&self) -> bool {
        self.measures.is_stated || self.measures.heading_agrees
    }

    /// Returns true if the page is an article, regardless of its other content: it has enough running text
    /// and states that it is one.
    pub(super) fn is_article(&self) -> bool {
        let page = &self.measures;
        let is_named = page.heading_agrees && page.slug_words > 1 && !page.is_list_address;
        page.letters >= MIN_ARTICLE_LETTERS && (page.is_stated || is_named)
    }

    /// Returns title and day, for training.
    pub(super) fn title_and_day(&self) -> (Option<&str>, Option<chrono::NaiveDate>) {
        (
            self.title.as_deref(),
            self.date.as_ref().map(|date| date.day),
        )
    }
}

/// Returns true if most long words of one text are words of another.
fn words_agree(words: &[String], others: &[String]) -> bool {
    let long = words.iter().filter(|word| word.chars().count() > 3);
    let (known, all) = long.fold((0, 0), |(known, all), word| {
        (known + usize::from(others.contains(word)), all + 1)
    });
    all > 0 && known * 5 >= all * 3
}

/// Returns the words of the last part of an address that has letters.
fn words_of_slug(url: &Url) -> Vec<String> {
    let path = url.path().trim_end_matches('/');
    let last = path
        .rsplit('/')
        .find(|part| part.contains(char::is_alphabetic))
        .unwrap_or_default();
    let last = last.split('.').next().unwrap_or_default();
    names::split_name(last)
}

/// Returns the address that the page states as its own.
fn canonical_address(page: &Html) -> Option<String> {
    let link = Selector::parse("link[rel='canonical' i][href]").expect("a selector of our own");
    let stated = page
        .select(&link)
        .find_map(|link| link.attr("href"))?
        .trim();
    (!stated.is_empty()).then(|| stated.to_owned())
}

fn meta_content(page: &Html, property: &str) -> Option<String> {
    let css = format!("meta[property='{property}'], meta[name='{property}']");
    let selector = Selector::parse(&css).expect("a selector of our own");
    let content = page
        .select(&selector)
        .find_map(|meta| meta.attr("content"))?
        .trim();
    (!content.is_empty()).then(|| content.to_owned())
}
