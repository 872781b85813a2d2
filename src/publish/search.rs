//! The search form, and the page with the mistake of a query that cannot be answered.
//!
//! In: a query as it was typed. Out: HTML as that of [`page`].

use maud::{Markup, html};

use crate::model::Site;
use crate::topics::QueryError;

use super::page;
use super::view::{FIELD, FeedFormat, SEARCH};
use super::words::{SEPARATOR, Words};

/// The availability of a search: files alone cannot answer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchAvailability {
    /// The site is served by tidings.
    Offered,
    /// Only the published folder is served.
    NotOffered,
}

/// The id of the form's error message, for the field that it describes.
const MISTAKE: &str = "mistake";

/// Renders the form with `query`; `root` is the path from its page to the published folder.
pub(super) fn render_form(
    root: &str,
    query: &str,
    mistake: Option<&QueryError>,
    words: &Words,
) -> Markup {
    let action = format!("{root}{SEARCH}.{}", FeedFormat::Html.extension());
    html! {
        form .search role="search" action=(action) {
            label .unseen for=(FIELD) { (words.query) }
            input type="search" id=(FIELD) name=(FIELD) value=(query) required autocapitalize="none"
                aria-invalid=[mistake.map(|_| "true")] aria-describedby=[mistake.map(|_| MISTAKE)];
            button { (words.search) }
        }
    }
}

/// Keeps a page out of search engines: otherwise every query would be one more page.
pub(super) fn render_noindex() -> Markup {
    html! { meta name="robots" content="noindex"; }
}

/// Renders the form without an answer.
pub(super) fn render_page(site: &Site, query: &str, mistake: Option<&QueryError>) -> Vec<u8> {
    let words = Words::for_language(&site.language);
    let body = html! {
        header .masthead {
            nav aria-label=(words.path) {
                a href=(page::INDEX) lang=[page::site_language(site)] { bdi { (site.title) } }
            }
            h1 { (words.search) }
            (render_form("", query, mistake, words))
            @if let Some(mistake) = mistake { (render_mistake(query, mistake, words)) }
        }
        main #content {
            dl .examples {
                @for (example, meaning) in words.examples {
                    div { dt { code { (example) } } dd { (meaning) } }
                }
            }
        }
        footer { a href=(page::INDEX) { (words.all_topics) } }
    };
    let head = html! {
        title { (words.search) (SEPARATOR) (site.title) }
        (render_noindex())
    };
    page::render_document(site, "", &head, &body)
}

/// Renders the query with its mistake marked, and the message, which is in English like the query language.
fn render_mistake(query: &str, mistake: &QueryError, words: &Words) -> Markup {
    let [before, wrong, after] = split_at_mistake(query, mistake.column);
    html! {
        div .mistake id=(MISTAKE) {
            p { strong { (words.no_query) } }
            pre { (before) mark { (wrong) } (after) }
            p {
                (words.character) " " (mistake.column) ": " span lang="en" { (mistake.message) }
            }
            @if let Some(hint) = &mistake.hint { p lang="en" { (hint) } }
        }
    }
}

/// Splits a query at a character, counted from 1: the text before it, the word from there on, and the rest. A
/// blank after the query's end is added if that is to be marked.
fn split_at_mistake(query: &str, column: usize) -> [String; 3] {
    let mut rest = query.chars();
    let before = rest.by_ref().take(column.saturating_sub(1)).collect();
    let rest = rest.as_str();
    let end = rest.chars().skip(1).take_while(|c| !c.is_whitespace());
    let length = 1 + end.count();
    let wrong: String = rest.chars().take(length).collect();
    let after = rest.chars().skip(length).collect();
    let wrong = if wrong.is_empty() { " ".into() } else { wrong };
    [before, wrong, after]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mistake_is_cut_out() {
        let check = |query: &str, column, expected: [&str; 3]| {
            assert_eq!(
                split_at_mistake(query, column),
                expected,
                "{query} at {column}"
            );
        };
        check("a (b c", 3, ["a ", "(b", " c"]);
        check("ñandú tilte:x", 7, ["ñandú ", "tilte:x", ""]);
        check("a OR", 5, ["a OR", " ", ""]);
        check("a", 9, ["a", " ", ""]);
        check("", 1, ["", " ", ""]);
        check("ab", 0, ["", "ab", ""]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(query in any::<String>(), column in 0usize..40) {
            let length = query.chars().count();
            let whole = split_at_mistake(&query, column).concat();
            prop_assert_eq!(whole.strip_suffix(' ').filter(|_| column.max(1) > length).unwrap_or(&whole), query);
        }
    }
}
