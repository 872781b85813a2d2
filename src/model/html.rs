//! HTML that may be shown to anybody, and the text in any HTML.

use ego_tree::iter::Edge;
use scraper::Node;

/// Sanitized HTML. `normalize` alone makes it (the store hands back what `normalize` made); `publish` accepts nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Vouches for `html`. For `normalize::html`, which sanitizes, and for rows that it sanitized earlier.
    pub(crate) fn vouched(html: String) -> Self {
        Self(html)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Elements that close themselves or one another: leaving them open nests nothing.
const FLAT: [&str; 29] = [
    "area", "base", "br", "col", "colgroup", "dd", "dt", "embed", "hr", "img", "input", "li",
    "link", "meta", "optgroup", "option", "p", "param", "rp", "rt", "source", "tbody", "td",
    "tfoot", "th", "thead", "tr", "track", "wbr",
];

/// Whether tags are nested deeper than `limit`, counted without parsing: for use before a parser that deep nesting slows.
pub fn nesting_exceeds(html: &str, limit: usize) -> bool {
    let mut depth = 0_usize;
    for tag in html.split('<').skip(1) {
        let closes = tag.starts_with('/');
        let name = tag.trim_start_matches('/');
        let name = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        let tag = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() <= 32;
        if !tag || FLAT.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        depth = if closes {
            depth.saturating_sub(1)
        } else {
            depth + 1
        };
        if depth > limit {
            return true;
        }
    }
    false
}

/// Elements that begin and end a line of text.
const BLOCKS: [&str; 32] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];

/// The text below a node as a reader sees it: white space folded, a line for each block, scripts and styles left out.
pub fn text_of_node(node: ego_tree::NodeRef<'_, Node>) -> String {
    let mut text = String::new();
    for edge in node.traverse() {
        let (open, node) = match edge {
            Edge::Open(node) => (true, node),
            Edge::Close(node) => (false, node),
        };
        match node.value() {
            Node::Text(found) if open && !hidden(node) => push_folded(&mut text, found),
            Node::Element(element) if BLOCKS.contains(&element.name()) => break_line(&mut text),
            Node::Element(element) if matches!(element.name(), "td" | "th") => {
                push_folded(&mut text, " ");
            }
            _ => {}
        }
    }
    text.truncate(text.trim_end().len());
    text
}

fn hidden(node: ego_tree::NodeRef<'_, Node>) -> bool {
    let parent = node.parent().and_then(|parent| parent.value().as_element());
    parent
        .is_some_and(|parent| matches!(parent.name(), "script" | "style" | "template" | "noscript"))
}

fn break_line(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// Appends `found` with each run of white space, non-breaking ones among them, as one space.
fn push_folded(text: &mut String, found: &str) {
    for c in found.chars() {
        if !c.is_whitespace() {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;

    #[test]
    fn text_is_what_a_reader_sees() {
        let page = Html::parse_fragment(
            "<p>One\u{a0} two</p>three<br>four<script>x</script> <ul><li>a<li>b</ul>",
        );
        assert_eq!(text_of_node(page.tree.root()), "One two\nthree\nfour\na\nb");
    }

    #[test]
    fn depth_is_counted() {
        assert!(!nesting_exceeds(&"<div></div>".repeat(1000), 10));
        assert!(!nesting_exceeds(&"<p><li><br>".repeat(1000), 10));
        assert!(nesting_exceeds(&"<div>".repeat(11), 10));
        assert!(nesting_exceeds(&"<b class=x>".repeat(11), 10));
        assert!(!nesting_exceeds("a < b << c <1 < / <", 0));
    }
}
