//! Reads the part of a page from the names of elements: navigation, sidebar, edge, main part.
//!
//! Names are only hints: each is a feature that the judge weighs, and a page without any is read equally
//! well.

use super::super::outline::{Outline, VisibleNode};
use super::sheet::PageZone;

const NAVIGATION: &[&str] = &[
    "nav",
    "navbar",
    "navigation",
    "menu",
    "menubar",
    "megamenu",
    "submenu",
    "breadcrumb",
    "breadcrumbs",
    "pager",
    "pagination",
    "pagenavi",
    "toolbar",
    "tabs",
    "toc",
    "skip",
    "lang",
    "language",
    "share",
    "social",
    "sitemap",
    "quicklinks",
];

const BESIDE: &[&str] = &[
    "aside",
    "sidebar",
    "sidenav",
    "side",
    "widget",
    "related",
    "complementary",
    "recent",
    "popular",
    "promo",
    "secondary",
    "ads",
];

const EDGES: &[&str] = &[
    "footer",
    "header",
    "masthead",
    "topbar",
    "banner",
    "contentinfo",
    "cookie",
    "copyright",
    "bottom",
];

const MAIN: &[&str] = &[
    "main",
    "content",
    "article",
    "primary",
    "maincontent",
    "mainbody",
    "results",
    "listing",
];

/// Classes of text that is invisible and meant for screen readers, as the common frameworks name them.
const FOR_EARS: &[&str] = &[
    "a11y-hidden",
    "element-invisible",
    "screen-reader-only",
    "screen-reader-text",
    "show-for-sr",
    "sr-only",
    "visually-hidden",
    "visuallyhidden",
    "assistive-text",
];

/// Returns true if an element contains such invisible text.
pub(super) fn is_screen_reader_text(node: &VisibleNode<'_>) -> bool {
    let classes = node
        .attr("class")
        .unwrap_or_default()
        .split_ascii_whitespace();
    classes.into_iter().any(|class| FOR_EARS.contains(&class))
}

/// Returns the zone of a node within the zone `above`.
pub(super) fn detect_zone(outline: &Outline<'_>, index: usize, above: PageZone) -> PageZone {
    let node = outline.at(index);
    let Some(element) = node.node.value().as_element() else {
        return above;
    };
    let mut zone = above;
    let tag = element.name();
    match tag {
        "nav" | "menu" => zone.navigates = true,
        "aside" => zone.is_beside = true,
        "footer" => zone.is_edge |= node.depth <= 6,
        "header" => zone.is_edge |= !is_in_content(outline, index),
        "main" => zone.is_main = true,
        _ => {}
    }
    // The name of a whole page does not apply to its parts.
    if node.depth == 0 {
        return zone;
    }
    let names = ["class", "id", "role"];
    for name in names.iter().filter_map(|name| element.attr(name)) {
        for word in split_name(name) {
            let word = word.as_str();
            zone.navigates |= NAVIGATION.contains(&word);
            zone.is_beside |= BESIDE.contains(&word);
            zone.is_edge |= EDGES.contains(&word) && !is_in_content(outline, index);
            zone.is_main |= MAIN.contains(&word);
        }
    }
    zone
}

fn is_in_content(outline: &Outline<'_>, index: usize) -> bool {
    let mut above = outline.ancestors(index).skip(1);
    above.any(|above| {
        matches!(
            outline.at(above).name(),
            "article" | "section" | "li" | "td" | "main" | "tr"
        )
    })
}

/// Splits `mainContent`, `main-content` and `main_content` into `main` and `content`.
pub(super) fn split_name(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in name.chars().take(200) {
        let starts = c.is_uppercase() && was_lower;
        if (starts || !c.is_alphabetic()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}
