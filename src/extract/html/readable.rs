//! The running text of a page, by readability.
//!
//! In: the parsed page. Out: the markup of the part that most of the page's paragraphs stand in, without what its authors
//! name as menus, banners, related links or comments; none where nothing is left to read.
//!
//! `dom_smoothie` follows Mozilla's Readability, which browsers show articles by. It looks at classes and links, at which
//! [`article`](super::article) does not.

use dom_smoothie::{Config, Readability};
use ego_tree::NodeId;
use scraper::Html;

use super::outline::{Outline, leads_away};

/// Larger pages are not looked at: they are no articles.
const MAX_BYTES: usize = 4 << 20;

/// Pages of more elements are not looked at.
const MAX_ELEMENTS: usize = 20_000;

/// Pages that are nested deeper are not looked at: Readability goes up from every paragraph.
const MAX_DEPTH: usize = 128;

/// Less text is a label or a notice of the site's.
const MIN_LETTERS: usize = 80;

/// A cell of so many links and nothing else is a menu.
const MENU_LINKS: usize = 3;

/// The running text of the page.
pub(super) fn text(page: &Html, outline: &Outline<'_>) -> Option<String> {
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

/// The page without the menus of layouts by tables, in which Readability sees parts of the text beside them.
fn without_menus(page: &Html, outline: &Outline<'_>) -> Html {
    let mut page = page.clone();
    for id in menus(outline) {
        if let Some(mut menu) = page.tree.get_mut(id) {
            menu.detach();
        }
    }
    page
}

fn menus(outline: &Outline<'_>) -> Vec<NodeId> {
    let is_menu = |index: usize| {
        let range = outline.range(index);
        matches!(outline.at(index).name(), "td" | "th")
            && outline.unlinked(&range) == 0
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
