//! The details that an entry's own page adds to its entry in a list.

use std::collections::BTreeSet;

use url::Url;

use super::{Field, RawAuthor, RawEnclosure, RawEntry, RawImage, RawTag, RawText};

/// The page of one entry: values as found, with relative addresses made absolute except in texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryDetail {
    /// The fields found by the operator's own rules; they override the list.
    pub told: BTreeSet<Field>,
    /// The canonical address that the page states, on the same site. The entry keeps the address from the list, which
    /// identifies it.
    pub link: Option<String>,
    /// Title.
    pub title: Option<RawText>,
    /// Short text.
    pub summary: Option<RawText>,
    /// Full text.
    pub content: Option<RawText>,
    /// The base of relative addresses in the texts.
    pub base: Option<Url>,
    /// Date of publication as found.
    pub published: Option<String>,
    /// Date of last change as found.
    pub updated: Option<String>,
    /// Day of the announced event, as found.
    pub event: Option<String>,
    /// Language tag as found.
    pub language: Option<String>,
    /// Authors in order.
    pub authors: Vec<RawAuthor>,
    /// Tags in order.
    pub tags: Vec<RawTag>,
    /// Attached files in order.
    pub enclosures: Vec<RawEnclosure>,
    /// The picture that represents the entry.
    pub image: Option<RawImage>,
}

impl EntryDetail {
    /// Returns the entry of a list, completed from its page.
    ///
    /// Full text and files come from the page. Other fields keep the list's values; fields missing from the list are
    /// filled from the page, and a title that the list cuts short is completed. Values found on the page by the
    /// operator's rules override the list, except the address, which identifies the entry.
    #[must_use]
    pub fn complete_entry(self, entry: RawEntry) -> RawEntry {
        let told = |field| self.told.contains(&field);
        let title_is_better = told(Field::Title) || self.completes_title(entry.title.as_ref());
        let has_summary = told(Field::Summary) && self.summary.is_some();
        let has_content = self.content.is_some();
        RawEntry {
            link: entry.link.or(self.link),
            title: choose_value(title_is_better, entry.title, self.title),
            summary_base: if has_summary {
                self.base.clone()
            } else {
                entry.summary_base
            },
            summary: choose_value(told(Field::Summary), entry.summary, self.summary),
            content_base: if has_content {
                self.base
            } else {
                entry.content_base
            },
            content: self.content.or(entry.content),
            published: choose_value(told(Field::Date), entry.published, self.published),
            updated: choose_value(told(Field::Updated), entry.updated, self.updated),
            event: choose_value(told(Field::Event), entry.event, self.event),
            language: entry.language.or(self.language),
            authors: choose_values(told(Field::Author), entry.authors, self.authors),
            tags: choose_values(told(Field::Tag), entry.tags, self.tags),
            enclosures: choose_values(true, entry.enclosures, self.enclosures),
            image: choose_value(told(Field::Image), entry.image, self.image),
            ..entry
        }
    }

    /// Returns true if the list's title is the beginning of the page's title, followed by an ellipsis.
    fn completes_title(&self, title: Option<&RawText>) -> bool {
        let (Some(title), Some(whole)) = (title, &self.title) else {
            return false;
        };
        let beginning = without_ellipsis(title.as_str());
        beginning.is_some_and(|beginning| {
            let beginning = normalize_words(beginning);
            !beginning.is_empty() && normalize_words(whole.as_str()).starts_with(&beginning)
        })
    }
}

/// Returns the title without its final ellipsis, as in `Port opens a desk for…`; `None` if it has none.
fn without_ellipsis(title: &str) -> Option<&str> {
    let title = title.trim_end().trim_end_matches(['[', ']', '(', ')']);
    let cut = title
        .strip_suffix('…')
        .or_else(|| title.strip_suffix("..."))?;
    Some(cut.trim_end_matches(['[', '(', '.', ' ', '\u{A0}']))
}

fn normalize_words(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Returns the list's value, unless the page's overrides it or is the only one.
fn choose_value<T>(page_wins: bool, list: Option<T>, page: Option<T>) -> Option<T> {
    if page_wins {
        page.or(list)
    } else {
        list.or(page)
    }
}

fn choose_values<T>(page_wins: bool, list: Vec<T>, page: Vec<T>) -> Vec<T> {
    if page.is_empty() || !page_wins && !list.is_empty() {
        list
    } else {
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> RawText {
        RawText::Plain(text.to_owned())
    }

    fn check_title(list: &str, page: &str, expected: &str) {
        let detail = EntryDetail {
            title: Some(plain(page)),
            ..EntryDetail::default()
        };
        let entry = RawEntry {
            title: Some(plain(list)),
            ..RawEntry::default()
        };
        assert_eq!(
            detail.complete_entry(entry).title,
            Some(plain(expected)),
            "{list}"
        );
    }

    #[test]
    fn a_title_cut_short_is_completed() {
        let page = "Port opens a desk for fishing crews";
        for cut in ["…", "...", " …", " [...]", " (…)", "[…]"] {
            check_title(&format!("Port opens\u{a0}a DESK for{cut}"), page, page);
        }
        check_title("Port opens a desk", page, "Port opens a desk");
        check_title("Harbour opens…", page, "Harbour opens…");
        check_title("…", page, "…");
        check_title("", page, "");
    }

    #[test]
    fn what_the_list_says_stays_and_what_rules_found_wins() {
        let entry = RawEntry {
            link: Some("/list".to_owned()),
            published: Some("2021-11-01".to_owned()),
            image: Some(RawImage::from("/small.png".to_owned())),
            ..RawEntry::default()
        };
        let detail = EntryDetail {
            told: [Field::Date, Field::Link].into(),
            link: Some("/canonical".to_owned()),
            published: Some("2021-11-05".to_owned()),
            image: Some(RawImage::from("/large.png".to_owned())),
            content: Some(plain("Text")),
            ..EntryDetail::default()
        };
        let expected = RawEntry {
            published: Some("2021-11-05".to_owned()),
            content: Some(plain("Text")),
            ..entry.clone()
        };
        assert_eq!(detail.complete_entry(entry.clone()), expected);
        assert_eq!(EntryDetail::default().complete_entry(entry.clone()), entry);
    }
}
