//! Extracts the running text of a page, by readability.
//!
//! In: the parsed page. Out: the markup of the part that contains most of the page's paragraphs, without the
//! elements that its authors name as menus, banners, related links or comments. Returns none if nothing
//! readable is left.
//!
//! `dom_smoothie` follows Mozilla's Readability, which browsers use to show articles. It examines classes and
//! links, which [`article`](super::article) ignores.

use dom_smoothie::{Config, Readability};
use ego_tree::NodeId;
use scraper::Html;

use super::outline::{Outline, leads_away};

/// The maximum size of a page. Larger ones are not articles.
const MAX_BYTES: usize = 4 << 20;

/// The maximum number of elements of a page.
const MAX_ELEMENTS: usize = 20_000;

/// The maximum depth of a page: Readability goes up from every paragraph.
const MAX_DEPTH: usize = 128;

/// The minimum length of a text. Less is a label or a notice of the site.
const MIN_LETTERS: usize = 80;

/// The number of links in a cell with nothing else that makes it a menu.
const MENU_LINKS: usize = 3;

/// Returns the running text of the page.
pub(super) fn running_text(page: &Html, outline: &Outline<'_>) -> Option<String> {
    if (0..outline.len()).any(|index| outline.at(index).depth > MAX_DEPTH) {
        return None;
    }
    let html = without_menus(page, outline).html();
    if html.len() > MAX_BYTES {
        return None;
    }
    let config = Config {
        disable_json_ld: true,
        max_elements_to_parse: MAX_ELEMENTS,
        ..Config::default()
    };
    let mut readability = Readability::new(html, None, Some(config)).ok()?;
    let article = readability.parse().ok()?;
    let letters = article.text_content.chars().filter(|c| c.is_alphanumeric());
    (letters.take(MIN_LETTERS).count() == MIN_LETTERS).then(|| article.content.to_string())
}

/// Returns the page without the menus of table layouts, which Readability takes for parts of the text next to
/// them.
fn without_menus(page: &Html, outline: &Outline<'_>) -> Html {
    let mut page = page.clone();
    for id in find_menus(outline) {
        if let Some(mut menu) = page.tree.get_mut(id) {
            menu.detach();
        }
    }
    page
}

fn find_menus(outline: &Outline<'_>) -> Vec<NodeId> {
    let is_menu = |index: usize| {
        let range = outline.range(index);
        matches!(outline.at(index).name(), "td" | "th")
            && outline.unlinked_letters(&range) == 0
            && range
                .filter(|index| leads_away(outline, *index))
                .nth(MENU_LINKS - 1)
                .is_some()
    };
    let mut next = 0;
    let mut menus = Vec::new();
    while next < outline.len() {
        if is_menu(next) {
            menus.push(outline.at(next).node.id());
            next = outline.at(next).end;
        } else {
            next += 1;
        }
    }
    menus
}
