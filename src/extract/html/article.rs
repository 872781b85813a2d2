//! Reads a page that is one article into one entry.
//!
//! In: the page. Out: the element that contains most running text, with the title, the date and the address
//! that the page gives for it.

use scraper::{Html, Selector};
use url::Url;

use super::outline::Outline;
use super::reader::{DateVerdict, OutlineReader};
use crate::model::{RawEntry, RawText};

/// The minimum length of a paragraph. Anything shorter is a label, a notice or a caption.
const MIN_PARAGRAPH_LETTERS: usize = 40;

/// The minimum length of an article's running text.
const MIN_LETTERS: usize = 250;

/// The maximum distance from the title and the date to the text, in nodes.
const HEAD_NODES: usize = 60;

/// The article of a page.
pub(super) struct Article {
    /// The element that contains the paragraphs.
    body: usize,
    /// The number of letters and digits of its paragraphs.
    letters: usize,
    about: ArticleHead,
}

/// The values in the head of the page.
struct ArticleHead {
    title: Option<String>,
    published: Option<String>,
    address: Option<String>,
}

/// Returns the element with most running text, if it is enough for an article.
pub(super) fn find_article(page: &Html, reader: &OutlineReader<'_, '_>) -> Option<Article> {
    let outline = reader.outline;
    let mut sums = vec![0_usize; outline.len()];
    for index in 0..outline.len() {
        let node = outline.at(index);
        if is_paragraph(outline, index) && !node.is_around {
            sums[node.parent] += outline.unlinked_letters(&outline.range(index));
        }
    }
    let most = sums
        .iter()
        .copied()
        .enumerate()
        .max_by_key(|(index, sum)| (*sum, std::cmp::Reverse(*index)));
    let (body, letters) = most.filter(|(_, letters)| *letters >= MIN_LETTERS)?;
    Some(Article {
        body,
        letters,
        about: ArticleHead::from_page(page),
    })
}

/// Returns true for a `p`, or a text outside any `p`, of some length.
fn is_paragraph(outline: &Outline<'_>, index: usize) -> bool {
    let node = outline.at(index);
    let is_text = match node.name() {
        "p" => true,
        "#" => outline.at(node.parent).name() != "p",
        _ => false,
    };
    is_text && outline.unlinked_letters(&outline.range(index)) >= MIN_PARAGRAPH_LETTERS
}

/// Returns the title of the text in `body`: the last heading of the first level before it or in it, else the
/// last one of any level before it. If there is no running text, `body` is 0, the whole page.
pub(super) fn find_heading(outline: &Outline<'_>, body: usize) -> Option<usize> {
    if body >= outline.len() {
        return None;
    }
    let is_first = |index: usize| {
        let element = outline.at(index).element();
        element.is_some_and(|element| element.value().name() == "h1")
    };
    let filled = |index: &usize| outline.letters(&outline.range(*index)) > 0;
    let top = (0..outline.at(body).end).rev();
    let mut top = top.filter(|index| is_first(*index));
    let before = (0..body).rev().take(HEAD_NODES);
    let mut heading = before.filter(|index| outline.at(*index).name() == "h");
    top.find(filled).or_else(|| heading.find(filled))
}

/// Returns a text as markup.
fn escape_text(outline: &Outline<'_>, index: usize) -> String {
    let text = outline.at(index).node.value().as_text();
    let text = text.map(|text| text.to_string()).unwrap_or_default();
    text.replace('&', "&amp;").replace('<', "&lt;")
}

impl Article {
    /// Returns the element that contains its text.
    pub(super) fn body(&self) -> usize {
        self.body
    }

    /// Returns the number of letters and digits of its running text.
    pub(super) fn letters(&self) -> usize {
        self.letters
    }

    pub(super) fn to_entry(&self, reader: &OutlineReader<'_, '_>, base: &Url) -> RawEntry {
        let outline = reader.outline;
        let heading = find_heading(outline, self.body);
        let title = heading.map(|index| reader.node_text(index).replace('\n', " "));
        RawEntry {
            title: title
                .or_else(|| self.about.title.clone())
                .map(RawText::Plain),
            link: self
                .about
                .address
                .clone()
                .or_else(|| Some(base.to_string())),
            base: Some(base.clone()),
            content: Some(RawText::Html(self.extract_markup(outline))),
            published: self
                .about
                .published
                .clone()
                .or_else(|| self.find_date(reader, heading)),
            ..RawEntry::default()
        }
    }

    /// Returns the markup from the first of its paragraphs to the last, with everything between them.
    fn extract_markup(&self, outline: &Outline<'_>) -> String {
        let parts: Vec<usize> = outline
            .outermost_nodes(self.body + 1..outline.at(self.body).end)
            .collect();
        let is_text = |index: &usize| is_paragraph(outline, *index);
        let first = parts.iter().position(is_text).unwrap_or_default();
        let last = parts.iter().rposition(is_text).unwrap_or_default();
        let text = parts.get(first..=last).unwrap_or_default().iter();
        text.map(|index| match outline.at(*index).element() {
            Some(element) => element.html(),
            None => escape_text(outline, *index),
        })
        .collect()
    }

    /// Returns the first date between the title and the text, or shortly before the title.
    fn find_date(&self, reader: &OutlineReader<'_, '_>, heading: Option<usize>) -> Option<String> {
        let from = heading.unwrap_or_else(|| self.body.saturating_sub(HEAD_NODES));
        let behind = (from..reader.outline.len()).take(HEAD_NODES);
        let before = (from.saturating_sub(HEAD_NODES / 4)..from).rev();
        let dated = |index: &usize| reader.judge_date(*index) >= Some(DateVerdict::Within);
        let index = behind.chain(before).find(dated)?;
        // In a row of cells, or a line of several texts, return the date alone.
        let mut within = reader.outline.range(index);
        let whole = within.find(|index| reader.judge_date(*index) == Some(DateVerdict::Whole));
        Some(reader.date_text(whole.unwrap_or(index)))
    }
}

impl ArticleHead {
    fn from_page(page: &Html) -> Self {
        let content = |selectors: &str, attribute: &str| {
            let selector = Selector::parse(selectors).expect("a selector of our own");
            let mut found = page.select(&selector);
            let value = found
                .find_map(|element| element.attr(attribute))?
                .trim()
                .to_owned();
            (!value.is_empty()).then_some(value)
        };
        Self {
            title: content(
                "meta[property='og:title'], meta[name='og:title']",
                "content",
            ),
            published: content(
                "meta[property='article:published_time'], meta[name='article:published_time']",
                "content",
            ),
            address: content("link[rel='canonical' i]", "href")
                .or_else(|| content("meta[property='og:url']", "content")),
        }
    }
}
