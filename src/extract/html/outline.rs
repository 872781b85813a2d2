//! Flattens a page as a reader sees it, for the search for records.
//!
//! In: the parsed page. Out: its visible elements and texts in document order, each with its end, its depth
//! and its tag path, so that the amount of text in any part of the page is a subtraction.

use std::collections::HashMap;
use std::ops::Range;

use ego_tree::NodeRef;
use ego_tree::iter::Edge;
use scraper::node::Element;
use scraper::{ElementRef, Html, Node};
use url::Url;

/// Elements without readable text: they contain code, a form or a drawing.
const UNSEEN: [&str; 16] = [
    "audio", "button", "canvas", "datalist", "head", "iframe", "noscript", "object", "script",
    "select", "style", "svg", "template", "textarea", "title", "video",
];

/// Elements that mark a passage of text and are not part of the structure of records.
const INLINE: [&str; 14] = [
    "abbr", "b", "br", "cite", "code", "em", "font", "i", "mark", "small", "strong", "sub", "sup",
    "u",
];

/// Parts of a page around its content, by their names in HTML.
const AROUND: [&str; 4] = ["aside", "footer", "menu", "nav"];

/// The same parts by their ARIA roles.
const ROLES_AROUND: [&str; 5] = [
    "banner",
    "complementary",
    "contentinfo",
    "menu",
    "navigation",
];

/// The page, flat.
pub(super) struct Outline<'a> {
    nodes: Vec<VisibleNode<'a>>,
    /// The number of letters and digits before each node, and after the last.
    letters: Vec<usize>,
    /// The number of these that are in links.
    linked: Vec<usize>,
    /// The page's own address, in the forms that links on it may use.
    here: [String; 2],
}

/// The maximum number of nodes of a link searched for its text: nested links would be searched again and
/// again.
const MAX_IN_LINK: usize = 64;

/// A visible element, or a text that is not blank.
pub(super) struct VisibleNode<'a> {
    /// The node in the page.
    pub(super) node: NodeRef<'a, Node>,
    /// The index of its parent. The body is its own parent.
    pub(super) parent: usize,
    /// One past the last node within it.
    pub(super) end: usize,
    /// The number of steps from the body.
    pub(super) depth: usize,
    /// The column of a cell in its row, from 1. 0 if it is not a cell.
    pub(super) column: u32,
    /// The tag path from the body, with the columns of a table distinguished.
    pub(super) path: u32,
    /// The tag path from the body, with all columns alike.
    pub(super) plain_path: u32,
    /// True if it is around the content: in navigation, an aside or a footer.
    pub(super) is_around: bool,
    /// The alternative text of a picture that is the only readable content of its link.
    alternative: Option<&'a str>,
}

impl<'a> VisibleNode<'a> {
    /// Returns the element, or `None` for a text.
    pub(super) fn element(&self) -> Option<ElementRef<'a>> {
        ElementRef::wrap(self.node)
    }

    /// Returns its tag, one for headings of any level, or `#` for a text.
    pub(super) fn name(&self) -> &'a str {
        node_name(self.node)
    }

    /// Returns the attribute of an element.
    pub(super) fn attr(&self, name: &str) -> Option<&'a str> {
        self.node.value().as_element()?.attr(name)
    }

    /// Returns the text that it shows itself: its own, or an alternative text.
    pub(super) fn text(&self) -> Option<&'a str> {
        let own = self.node.value().as_text().map(|text| &**text);
        own.or(self.alternative)
    }

    /// Returns true if it only marks a passage of text.
    pub(super) fn is_inline(&self) -> bool {
        INLINE.contains(&self.name())
    }
}

impl<'a> Outline<'a> {
    /// Lays out `page`, which came from `url`.
    pub(super) fn from_page(page: &'a Html, url: &Url) -> Self {
        let mut builder = OutlineBuilder::default();
        let mut unseen = 0_usize;
        for edge in page.tree.root().traverse() {
            match edge {
                Edge::Open(node) if is_unseen(node) => unseen += 1,
                Edge::Close(node) if is_unseen(node) => unseen -= 1,
                Edge::Open(node) if unseen == 0 => builder.open_node(node),
                Edge::Close(node) if unseen == 0 => builder.close_node(node),
                _ => {}
            }
        }
        builder.finish(url)
    }

    /// Returns true if a link leads to a place on this page.
    pub(super) fn is_here(&self, href: &str) -> bool {
        let place = href.split_once('#').map(|(page, _)| page);
        place.is_some_and(|page| page.is_empty() || self.here.iter().any(|here| here == page))
    }

    /// Returns the number of nodes.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns the node at `index`, which must come from this outline.
    pub(super) fn at(&self, index: usize) -> &VisibleNode<'a> {
        &self.nodes[index]
    }

    /// Returns the range of a node and everything in it.
    pub(super) fn range(&self, index: usize) -> Range<usize> {
        index..self.at(index).end
    }

    /// Returns the number of letters and digits in a part.
    pub(super) fn letters(&self, part: &Range<usize>) -> usize {
        self.letters[part.end] - self.letters[part.start]
    }

    /// Returns the number of letters and digits in a part that are not in a link.
    pub(super) fn unlinked_letters(&self, part: &Range<usize>) -> usize {
        self.letters(part) - (self.linked[part.end] - self.linked[part.start])
    }

    /// Returns the outermost nodes of a part: siblings, in order.
    pub(super) fn outermost_nodes(&self, part: Range<usize>) -> impl Iterator<Item = usize> {
        let mut next = part.start;
        std::iter::from_fn(move || {
            let root = (next < part.end).then_some(next)?;
            next = self.at(root).end;
            Some(root)
        })
    }

    /// Returns the node and its ancestors, up to the body.
    pub(super) fn ancestors(&self, index: usize) -> impl Iterator<Item = usize> {
        let mut next = Some(index);
        std::iter::from_fn(move || {
            let here = next?;
            let parent = self.at(here).parent;
            next = (parent != here).then_some(parent);
            Some(here)
        })
    }

    /// Returns the node and its ancestors that begin at `start` or after it.
    pub(super) fn ancestors_from(&self, index: usize, start: usize) -> impl Iterator<Item = usize> {
        self.ancestors(index)
            .take_while(move |above| *above >= start)
    }

    /// Returns the ancestor of `index` at `depth`, or the node itself.
    pub(super) fn ancestor_at_depth(&self, index: usize, depth: usize) -> usize {
        self.ancestors(index)
            .find(|above| self.at(*above).depth <= depth)
            .unwrap_or(index)
    }
}

/// Returns true if the node is a link to another page.
pub(super) fn leads_away(outline: &Outline<'_>, index: usize) -> bool {
    let node = outline.at(index);
    let href = node.attr("href").filter(|_| node.name() == "a");
    href.is_some_and(|href| {
        let href = href.trim_start();
        let scheme = href.split_once(':').map_or("", |(scheme, _)| scheme);
        let is_scheme = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric());
        let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        !href.is_empty() && !outline.is_here(href) && (is_web || !is_scheme)
    })
}

fn node_name(node: NodeRef<'_, Node>) -> &str {
    match node.value() {
        Node::Element(element) => match element.name() {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => "h",
            name => name,
        },
        _ => "#",
    }
}

fn is_text(node: NodeRef<'_, Node>) -> bool {
    matches!(node.value(), Node::Text(text) if !text.trim().is_empty())
}

/// Returns the alternative text of a picture, if it reads as a title. One word is the name of an icon or of a
/// file, except in languages that do not separate words.
fn alternative_text(picture: &Element) -> Option<&str> {
    let text = picture.attr("alt")?.trim();
    let is_title =
        text.contains(char::is_whitespace) || text.chars().filter(|c| !c.is_ascii()).count() >= 4;
    is_title.then_some(text)
}

fn is_unseen(node: NodeRef<'_, Node>) -> bool {
    let Node::Element(element) = node.value() else {
        return false;
    };
    UNSEEN.contains(&element.name()) && !is_opening_button(node) || element.attr("hidden").is_some()
}

/// Returns true if a node is a button that heads the part it opens: it fills a heading, or names the part it
/// controls.
fn is_opening_button(node: NodeRef<'_, Node>) -> bool {
    let Some(element) = node.value().as_element() else {
        return false;
    };
    let controls = || {
        ["aria-expanded", "aria-controls"]
            .iter()
            .any(|name| element.attr(name).is_some())
    };
    let is_heading = || node.parent().is_some_and(|above| node_name(above) == "h");
    element.name() == "button" && (is_heading() || controls())
}

fn is_around(node: NodeRef<'_, Node>) -> bool {
    let Node::Element(element) = node.value() else {
        return false;
    };
    let role = element.attr("role").unwrap_or_default();
    AROUND.contains(&element.name()) || ROLES_AROUND.contains(&role)
}

#[derive(Default)]
struct OutlineBuilder<'a> {
    nodes: Vec<VisibleNode<'a>>,
    letters: Vec<usize>,
    linked: Vec<usize>,
    /// The open nodes, each with the number of columns shown so far.
    open: Vec<(usize, u32)>,
    /// The number of open links.
    links: usize,
    /// True if the innermost link contains no text.
    is_mute: bool,
    letters_so_far: usize,
    linked_so_far: usize,
    paths: HashMap<(u32, &'a str, u32), u32>,
}

impl<'a> OutlineBuilder<'a> {
    fn open_node(&mut self, node: NodeRef<'a, Node>) {
        match node.value() {
            Node::Element(element) if self.open.is_empty() && element.name() != "body" => {}
            Node::Element(element) => {
                let is_named = self.links > 0 && self.is_mute && element.name() == "img";
                let alternative = is_named.then(|| alternative_text(element)).flatten();
                self.push_node(node, alternative);
                self.open.push((self.nodes.len() - 1, 0));
                if element.name() == "a" {
                    self.links += 1;
                    self.is_mute = !node.descendants().take(MAX_IN_LINK).any(is_text);
                }
                self.count_text(alternative.unwrap_or_default());
            }
            Node::Text(text) if !self.open.is_empty() && !text.trim().is_empty() => {
                self.push_node(node, None);
                self.count_text(text);
            }
            _ => {}
        }
    }

    fn count_text(&mut self, text: &str) {
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        self.letters_so_far += letters;
        self.linked_so_far += if self.links > 0 { letters } else { 0 };
    }

    fn push_node(&mut self, node: NodeRef<'a, Node>, alternative: Option<&'a str>) {
        let index = self.nodes.len();
        let name = node_name(node);
        let mut column = 0;
        let mut parent = index;
        if let Some((above, columns)) = self.open.last_mut() {
            parent = *above;
            if matches!(name, "td" | "th") {
                *columns += 1;
                column = *columns;
            }
        }
        let above = self.nodes.get(parent);
        let (path, plain_path) = above.map_or((0, 0), |above| (above.path, above.plain_path));
        let depth = above.map_or(0, |above| above.depth + 1);
        let is_around = is_around(node) || above.is_some_and(|above| above.is_around);
        let path = self.path_number(path, name, column);
        let plain_path = self.path_number(plain_path, name, 0);
        self.letters.push(self.letters_so_far);
        self.linked.push(self.linked_so_far);
        self.nodes.push(VisibleNode {
            node,
            parent,
            end: index + 1,
            depth,
            column,
            path,
            plain_path,
            is_around,
            alternative,
        });
    }

    /// Returns the number of a path, assigned when it first occurs.
    fn path_number(&mut self, above: u32, name: &'a str, column: u32) -> u32 {
        let new = u32::try_from(self.paths.len() + 1).unwrap_or(u32::MAX);
        *self.paths.entry((above, name, column)).or_insert(new)
    }

    fn close_node(&mut self, node: NodeRef<'a, Node>) {
        let end = self.nodes.len();
        let Some((index, _)) = self.open.last() else {
            return;
        };
        if let Some(open) = self.nodes.get_mut(*index)
            && open.node == node
        {
            open.end = end;
            self.links -= usize::from(node_name(node) == "a");
            self.open.pop();
        }
    }

    fn finish(mut self, url: &Url) -> Outline<'a> {
        let without_place = url.as_str().split('#').next().unwrap_or_default();
        self.letters.push(self.letters_so_far);
        self.linked.push(self.linked_so_far);
        Outline {
            nodes: self.nodes,
            letters: self.letters,
            linked: self.linked,
            here: [without_place.to_owned(), url.path().to_owned()],
        }
    }
}
