//! Reads the head of a page: `meta` (Open Graph, Dublin Core, conventions of publishers), `link`.
//!
//! In: the page. Out: values as found, the most specific name first.

use scraper::{ElementRef, Html, Selector};

use crate::model::{RawAuthor, RawImage, RawTag, RawText};
use crate::text::text_of_node;

/// The maximum number of values read.
const MAX_VALUES: usize = 500;

/// The maximum length of a value.
const MAX_BYTES: usize = 2_000;

const PUBLISHED: [&str; 14] = [
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dcterms.date",
    "dc.date",
    "publishdate",
    "pubdate",
    "parsely-pub-date",
    "sailthru.date",
    "date",
];
const UPDATED: [&str; 5] = [
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
];
const TITLE: [&str; 4] = ["og:title", "twitter:title", "dcterms.title", "dc.title"];
const AUTHOR: [&str; 4] = ["author", "article:author", "dcterms.creator", "dc.creator"];
const IMAGE: [&str; 4] = [
    "og:image:secure_url",
    "og:image",
    "og:image:url",
    "twitter:image",
];
const IMAGE_ALT: [&str; 2] = ["og:image:alt", "twitter:image:alt"];
const TAG: [&str; 1] = ["article:tag"];

/// Names with their values.
pub(super) struct PageHead<'a> {
    page: &'a Html,
    /// The names in lower case, in page order.
    metas: Vec<(String, &'a str)>,
}

impl<'a> PageHead<'a> {
    /// Collects the values of the page. Elements that state a value for programs within the page are read
    /// like `meta`.
    pub(super) fn from_page(page: &'a Html) -> Self {
        let metas = select_elements(page, "meta[content], time[itemprop][datetime]");
        let named = metas.filter_map(|meta| {
            let name = ["property", "name", "itemprop"]
                .iter()
                .find_map(|key| meta.attr(key))?;
            let value = meta.attr("content").or_else(|| meta.attr("datetime"))?;
            let value = value.trim();
            (!value.is_empty() && value.len() <= MAX_BYTES)
                .then(|| (name.trim().to_ascii_lowercase(), value))
        });
        Self {
            page,
            metas: named.take(MAX_VALUES).collect(),
        }
    }

    fn values_named(&self, names: &[&str]) -> impl Iterator<Item = &'a str> {
        let of = move |name: &&str| {
            let metas = self.metas.iter();
            let own = metas.filter(move |(own, _)| own == name);
            own.map(|(_, value)| *value).collect::<Vec<_>>()
        };
        names.iter().flat_map(of).collect::<Vec<_>>().into_iter()
    }

    fn first_value(&self, names: &[&str]) -> Option<String> {
        self.values_named(names).next().map(str::to_owned)
    }

    /// Returns the title, else that of the window.
    pub(super) fn title(&self) -> Option<RawText> {
        let window = || {
            let title = select_elements(self.page, "title").next()?;
            Some(text_of_node(*title)).filter(|title| !title.is_empty())
        };
        self.first_value(&TITLE).or_else(window).map(RawText::Plain)
    }

    /// Returns the first date of publication that is a valid date.
    pub(super) fn published_date(&self, is_date: impl Fn(&String) -> bool) -> Option<String> {
        self.values_named(&PUBLISHED)
            .map(str::to_owned)
            .find(is_date)
    }

    /// Returns the first date of change that is a valid date.
    pub(super) fn updated_date(&self, is_date: impl Fn(&String) -> bool) -> Option<String> {
        self.values_named(&UPDATED).map(str::to_owned).find(is_date)
    }

    /// Returns authors by name. Addresses of their pages are not names.
    pub(super) fn author_names(&self) -> Vec<RawAuthor> {
        let stated = self.values_named(&AUTHOR).map(str::to_owned);
        let mut names: Vec<String> = stated.filter(|name| !name.contains("://")).collect();
        if names.is_empty() {
            let linked = select_elements(self.page, "a[rel~='author' i], [itemprop='author']");
            names = linked.take(4).map(|link| text_of_node(*link)).collect();
        }
        let mut authors: Vec<RawAuthor> = Vec::new();
        for name in names {
            let name = name.replace('\n', " ").trim().to_owned();
            let is_new = authors.iter().all(|author| author.name != name);
            if is_new && !name.is_empty() && name.chars().count() <= 100 {
                authors.push(RawAuthor { name, url: None });
            }
        }
        authors
    }

    /// Returns the tags, else the links to pages of tags.
    pub(super) fn tags(&self) -> Vec<RawTag> {
        let stated = self.values_named(&TAG).map(str::to_owned);
        let mut names: Vec<String> = stated.take(50).collect();
        if names.is_empty() {
            let linked = select_elements(self.page, "a[rel~='tag' i]");
            names = linked.take(50).map(|link| text_of_node(*link)).collect();
        }
        names.retain(|name| !name.trim().is_empty());
        names.into_iter().map(RawTag::from).collect()
    }

    /// Returns the picture that represents the page.
    pub(super) fn image(&self) -> Option<RawImage> {
        let url = self.first_value(&IMAGE)?;
        Some(RawImage {
            url,
            alt: self.first_value(&IMAGE_ALT),
            width: self.first_value(&["og:image:width"]),
            height: self.first_value(&["og:image:height"]),
        })
    }

    /// Returns `link rel=canonical` (RFC 6596), else the address by Open Graph.
    pub(super) fn canonical(&self) -> Option<&'a str> {
        let links = select_elements(self.page, "link[rel~='canonical' i][href]");
        let mut stated = links.filter_map(|link| link.attr("href"));
        let stated = stated.find(|href| !href.trim().is_empty());
        stated.or_else(|| self.values_named(&["og:url"]).next())
    }
}

fn select_elements<'a>(page: &'a Html, css: &str) -> impl Iterator<Item = ElementRef<'a>> {
    let selector = Selector::parse(css).expect("a selector of our own");
    let found = page.tree.root().descendants().filter_map(ElementRef::wrap);
    found.filter(move |element| selector.matches(element))
}
