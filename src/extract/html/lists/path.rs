//! Builds tag paths: the way from the body to an element, and the classes that have a meaning.
//!
//! Inline marks (`strong`, `em`, a `span` without a class) are not part of a path, so that rows with
//! different inline markup have the same path.

use super::super::outline::{Outline, VisibleNode};

/// A tag path, identified by its hash.
pub(super) type PathId = u64;

/// Words in classes for the position or the state of an element.
const STATES: [&str; 22] = [
    "active",
    "alt",
    "alternate",
    "clearfix",
    "collapsed",
    "current",
    "even",
    "expanded",
    "first",
    "hidden",
    "hover",
    "in",
    "last",
    "left",
    "odd",
    "open",
    "new",
    "right",
    "selected",
    "show",
    "sticky",
    "visible",
];

/// Returns true if an element only marks a passage of text.
pub(super) fn is_inline_mark(node: &VisibleNode<'_>) -> bool {
    node.is_inline() && !matches!(node.name(), "br" | "small")
        || matches!(
            node.name(),
            "span" | "bdi" | "bdo" | "ins" | "q" | "s" | "wbr" | "big" | "tt"
        ) && node.attr("class").is_none()
}

/// Returns the path of every node. The path of a mark is that of the element around it.
pub(super) fn collect_paths(outline: &Outline<'_>) -> Vec<PathId> {
    let mut paths: Vec<PathId> = Vec::with_capacity(outline.len());
    for index in 0..outline.len() {
        let node = outline.at(index);
        let above = paths.get(node.parent).copied().unwrap_or_default();
        paths.push(if is_inline_mark(node) {
            above
        } else {
            hash_step(above, node.name(), 0)
        });
    }
    paths
}

/// Returns the path one step further (FNV-1a: layouts keep places, so the hash must be the same in every
/// version).
pub(super) fn hash_step(above: PathId, name: &str, more: u64) -> PathId {
    let mix = |hash: PathId, byte: u8| (hash ^ PathId::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.bytes().fold(above ^ 0xcbf2_9ce4_8422_2325, mix);
    if more == 0 {
        mix(hash, 0)
    } else {
        more.to_le_bytes().into_iter().fold(hash, mix)
    }
}

/// Returns the classes that describe an element, in order, without those for its number or its state.
pub(super) fn stable_classes<'a>(node: &VisibleNode<'a>) -> Vec<&'a str> {
    let classes = node
        .attr("class")
        .unwrap_or_default()
        .split_ascii_whitespace();
    let mut classes: Vec<&str> = classes
        .filter(|class| {
            let lower = class.to_ascii_lowercase();
            let is_state = lower.split(['-', '_']).any(|word| STATES.contains(&word));
            !is_state && !class.contains(|c: char| c.is_ascii_digit())
        })
        .collect();
    classes.sort_unstable();
    classes.dedup();
    classes.truncate(6);
    classes
}

/// Returns a hash of an element's classes, or `None` if it has none.
pub(super) fn class_id(node: &VisibleNode<'_>) -> Option<u64> {
    let classes = stable_classes(node);
    if classes.is_empty() {
        return None;
    }
    Some(classes.iter().fold(0, |id, class| hash_step(id, class, 0)))
}

/// Returns the way to an element in words: `div#main > ul.list > li`.
pub(super) fn format_path(outline: &Outline<'_>, index: usize) -> String {
    let mut steps: Vec<String> = outline
        .ancestors(index)
        .map(|above| outline.at(above))
        .enumerate()
        .filter(|(level, node)| *level == 0 || !is_inline_mark(node))
        .map(|(_, node)| format_step(node))
        .collect();
    steps.reverse();
    steps.join(" > ")
}

fn format_step(node: &VisibleNode<'_>) -> String {
    let mut name = node.name().to_owned();
    for class in stable_classes(node) {
        name.push('.');
        name.push_str(class);
    }
    name
}
