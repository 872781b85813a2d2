//! Represents an entry of a page and the places its rules search: within it, before it, and in the whole
//! page.
//!
//! In: the elements that are entries and the rules of their fields. Out: a [`Record`] for each, to which the
//! rules are applied.

use std::collections::HashMap;
use std::iter;
use std::ops::Range;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::{ElementRef, Html, Node, Selector};

use super::{keep_outermost, picture};
use crate::extract::rules::{EntryRecord, escape_text};
use crate::model::{Css, Fields, RawEnclosure, RawImage, RawText, Reach, Rule};
use crate::text::{text_of_node, text_of_nodes};

type NodeRef<'a> = ego_tree::NodeRef<'a, Node>;

/// The maximum number of elements around a title that are searched for its link.
const MAX_AROUND: usize = 8;

/// The maximum number of matches of one place that a page has for all entries.
const MAX_OF_PAGE: usize = 100;

/// The maximum size of a value that entries take from outside, in nodes and in bytes: each entry gets a copy.
const MAX_OUTER_NODES: usize = 500;
const MAX_OUTER_BYTES: usize = 20_000;

/// The nodes of one entry: an element, or siblings of which the first is one.
pub(super) struct EntrySpan<'a> {
    first: ElementRef<'a>,
    /// All nodes, if there are several.
    run: Option<Vec<NodeRef<'a>>>,
}

impl<'a> EntrySpan<'a> {
    pub(super) fn from_element(element: ElementRef<'a>) -> Self {
        Self {
            first: element,
            run: None,
        }
    }

    /// Creates a span of `first` and the nodes that come `behind` it.
    pub(super) fn from_run(
        first: ElementRef<'a>,
        behind: impl Iterator<Item = NodeRef<'a>>,
    ) -> Self {
        Self {
            first,
            run: Some(iter::once(*first).chain(behind).collect()),
        }
    }

    /// Returns the elements that contain it, from the nearest outwards.
    pub(super) fn ancestor_ids(&self) -> impl Iterator<Item = NodeId> {
        self.first.ancestors().map(|above| above.id())
    }

    fn span_nodes(&self) -> impl Iterator<Item = NodeRef<'a>> {
        let run = self.run.iter().flatten().copied();
        let alone = self.run.is_none().then_some(*self.first);
        run.chain(alone)
    }

    /// Returns the element that selectors treat as the entry. For siblings it is their parent, as if they
    /// were its only children.
    fn scope_element(&self) -> ElementRef<'a> {
        let parent = self.first.parent().and_then(ElementRef::wrap);
        match self.run {
            Some(_) => parent.unwrap_or(self.first),
            None => self.first,
        }
    }
}

/// The matches of rules outside entries and among siblings: each place is searched once per page, not once
/// per entry.
#[derive(Default)]
pub(super) struct PageMatches<'a> {
    order: PageOrder,
    /// Matches before entries or anywhere in the page, by place.
    outside: HashMap<String, Vec<ScopedElement<'a>>>,
    /// Matches among the children of an element with their positions, by element and place.
    inside: HashMap<(NodeId, String), Vec<(usize, ElementRef<'a>)>>,
}

/// An element, and the part of the page for which it counts.
struct ScopedElement<'a> {
    element: ElementRef<'a>,
    counts: Range<usize>,
}

impl<'a> PageMatches<'a> {
    /// Finds the matches for the entries of a page.
    pub(super) fn from_page(page: &'a Html, spans: &[EntrySpan<'a>], fields: &Fields<Css>) -> Self {
        let places = || fields.iter().flat_map(|(_, rule)| rule.find.places());
        let looks_before = places().any(|css| matches!(css.reach, Reach::Before));
        let has_runs = spans.iter().any(|span| span.run.is_some());
        let order = if looks_before || has_runs {
            PageOrder::from_page(page)
        } else {
            PageOrder::default()
        };
        let mut around = Self {
            order,
            ..Self::default()
        };
        for css in places() {
            around.search_page(page, spans, css);
        }
        around
    }

    fn search_page(&mut self, page: &'a Html, spans: &[EntrySpan<'a>], css: &Css) {
        let Some(selector) = &css.selector else {
            return;
        };
        match css.reach {
            Reach::Page => {
                let whole = |element| ScopedElement {
                    element,
                    counts: 0..usize::MAX,
                };
                let found = page.select(selector).take(MAX_OF_PAGE).map(whole);
                let found = found.collect();
                self.outside.insert(css.to_string(), found);
            }
            Reach::Before => {
                let mut starts: Vec<usize> = spans
                    .iter()
                    .map(|span| self.order.start(span.first))
                    .collect();
                starts.sort_unstable();
                let found = page.select(selector).filter_map(|element| {
                    let counts = self.order.entries_for(element, &starts)?;
                    Some(ScopedElement { element, counts })
                });
                let found = found.collect();
                self.outside.insert(css.to_string(), found);
            }
            Reach::Within | Reach::Run(_) => {
                for scope in spans.iter().filter(|span| span.run.is_some()) {
                    self.search_scope(scope.scope_element(), selector, css);
                }
            }
        }
    }

    fn search_scope(&mut self, scope: ElementRef<'a>, selector: &Selector, css: &Css) {
        let order = &self.order;
        let key = (scope.id(), css.to_string());
        self.inside.entry(key).or_insert_with(|| {
            let found = scope.select(selector);
            found
                .map(|element| (order.start(element), element))
                .collect()
        });
    }

    /// Returns the last match that counts for an entry beginning at `start`.
    fn last_before(&self, css: &Css, start: usize) -> Option<ElementRef<'a>> {
        let found = self.outside.get(&css.to_string())?;
        let mut found = found.iter().rev();
        let last = found.find(|found| found.counts.contains(&start))?;
        Some(last.element).filter(|element| is_small(*element, css))
    }

    fn matches_in_page(&self, css: &Css) -> impl Iterator<Item = ElementRef<'a>> {
        let found = self.outside.get(&css.to_string());
        let found = found.into_iter().flatten().map(|found| found.element);
        found.filter(|element| is_small(*element, css))
    }
}

/// Returns true if a value outside entries is small enough to copy to all of them.
fn is_small(element: ElementRef<'_>, css: &Css) -> bool {
    if let Some(name) = &css.attribute {
        return element
            .attr(name)
            .is_none_or(|value| value.len() <= MAX_OUTER_BYTES);
    }
    let nodes = element.descendants().take(MAX_OUTER_NODES + 1);
    let (count, bytes) = nodes.fold((0, 0), |(count, bytes), node| {
        let text = node.value().as_text().map_or(0, |text| text.len());
        (count + 1, bytes + text)
    });
    count <= MAX_OUTER_NODES && bytes <= MAX_OUTER_BYTES
}

/// The start and end of each node of a page, counted in page order.
#[derive(Default)]
struct PageOrder(HashMap<NodeId, Range<usize>>);

impl PageOrder {
    fn from_page(page: &Html) -> Self {
        let mut ranges = HashMap::new();
        let mut count = 0;
        for edge in page.tree.root().traverse() {
            match edge {
                Edge::Open(node) => {
                    ranges.insert(node.id(), count..count);
                    count += 1;
                }
                Edge::Close(node) => {
                    ranges
                        .entry(node.id())
                        .and_modify(|range| range.end = count);
                }
            }
        }
        Self(ranges)
    }

    fn range(&self, id: NodeId) -> Range<usize> {
        self.0.get(&id).cloned().unwrap_or_default()
    }

    fn start(&self, element: ElementRef<'_>) -> usize {
        self.range(element.id()).start
    }

    /// Returns the entries, by their `starts`, for which an element counts: those after it in the smallest
    /// part of the page that contains any. A heading of one section does not apply to the next.
    fn entries_for(&self, element: ElementRef<'_>, starts: &[usize]) -> Option<Range<usize>> {
        let start = self.start(element);
        let next = starts.partition_point(|entry| *entry <= start);
        let next = *starts.get(next)?;
        let own = iter::once(element.id());
        let mut around = own.chain(element.ancestors().map(|above| above.id()));
        let part =
            around.find_map(|id| Some(self.range(id)).filter(|part| part.contains(&next)))?;
        Some(start + 1..part.end)
    }
}

/// One entry, to which rules are applied.
pub(super) struct EntryPart<'a> {
    span: &'a EntrySpan<'a>,
    around: &'a PageMatches<'a>,
}

/// A match of a place: an element, or the entry as a whole.
enum PlaceMatch<'a> {
    Element(ElementRef<'a>),
    Whole(&'a EntrySpan<'a>),
}

impl<'a> PlaceMatch<'a> {
    fn attr(&self, name: &str) -> Option<&'a str> {
        match self {
            Self::Element(element) => element.attr(name),
            Self::Whole(span) => span.first.attr(name),
        }
    }

    /// Returns the text, or without any, the alternative text of the first picture that has one.
    fn text(&self) -> String {
        let text = match self {
            Self::Element(element) => text_of_node(**element),
            Self::Whole(span) => text_of_nodes(span.span_nodes()),
        };
        if !text.trim().is_empty() {
            return text;
        }
        let alternative = match self {
            Self::Element(element) => alternative_text(**element),
            Self::Whole(span) => span.span_nodes().find_map(alternative_text),
        };
        alternative.unwrap_or_default().to_owned()
    }

    fn html(&self) -> String {
        match self {
            Self::Element(element) => element.html(),
            Self::Whole(span) => span.span_nodes().map(node_html).collect(),
        }
    }

    /// Returns true if it contains anything to read or to look at.
    fn is_visible(&self) -> bool {
        match self {
            Self::Element(element) => is_visible_node(**element),
            Self::Whole(span) => span.span_nodes().any(is_visible_node),
        }
    }

    fn address(&self, css: &Css) -> Option<String> {
        let own = || self.attr("href").or_else(|| self.attr("src"));
        let stated = css.attribute.is_none().then(own).flatten();
        stated.map_or_else(|| self.text_or_attribute(css), |own| Some(own.to_owned()))
    }

    /// Returns the file that it links to. If an attribute has the address, the text is the file's name.
    fn file(&self, css: &Css) -> Option<RawEnclosure> {
        let url = self.address(css)?;
        let named = match self {
            Self::Element(_) => Some(self.text()).filter(|text| text.trim() != url.trim()),
            Self::Whole(_) => None,
        };
        let stated = || Some(self.attr("title")?.to_owned());
        let told = |text: &String| !text.trim().is_empty();
        Some(RawEnclosure {
            title: named.filter(told).or_else(|| stated().filter(told)),
            url,
            ..RawEnclosure::default()
        })
    }

    /// Returns the picture that it is, or that an attribute of it names, else the first picture within it,
    /// else the picture that it links to.
    fn image(&self, css: &Css) -> Option<RawImage> {
        if let Some(name) = &css.attribute {
            let stated = self.text_or_attribute(css).map(picture::address_in_style);
            return match self {
                Self::Element(element) if element.value().name() == "img" && name == "src" => {
                    picture::image_from_element(|name| element.attr(name))
                }
                Self::Element(element) if element.value().name() == "img" => Some(RawImage {
                    url: stated?,
                    ..picture::image_description(|name| element.attr(name))
                }),
                _ => stated.map(RawImage::from),
            };
        }
        let within = |node: NodeRef<'a>| {
            let mut below = node.descendants().filter_map(ElementRef::wrap);
            below.find_map(|element| {
                let is_picture = element.value().name() == "img";
                is_picture.then(|| picture::image_from_element(|name| element.attr(name)))?
            })
        };
        let seen = match self {
            Self::Element(element) => within(**element),
            Self::Whole(span) => span.span_nodes().find_map(within),
        };
        seen.or_else(|| self.address(css).map(RawImage::from))
    }

    fn text_or_attribute(&self, css: &Css) -> Option<String> {
        let text = match &css.attribute {
            Some(name) => self.attr(name)?.to_owned(),
            None => self.text(),
        };
        (!text.trim().is_empty()).then_some(text)
    }
}

fn node_html(node: NodeRef<'_>) -> String {
    match (ElementRef::wrap(node), node.value()) {
        (Some(element), _) => element.html(),
        (None, Node::Text(text)) => escape_text(text),
        _ => String::new(),
    }
}

fn alternative_text(node: NodeRef<'_>) -> Option<&str> {
    let mut below = node.descendants().filter_map(ElementRef::wrap);
    below.find_map(|element| {
        let alternative = element.attr("alt").map(str::trim);
        alternative.filter(|text| element.value().name() == "img" && !text.is_empty())
    })
}

fn is_visible_node(node: NodeRef<'_>) -> bool {
    node.descendants().any(|node| match node.value() {
        Node::Text(text) => !text.trim().is_empty(),
        Node::Element(element) => element.name() == "img",
        _ => false,
    })
}

impl<'a> EntryPart<'a> {
    pub(super) fn new(span: &'a EntrySpan<'a>, around: &'a PageMatches<'a>) -> Self {
        Self { span, around }
    }

    fn find_matches(&self, css: &Css) -> Vec<PlaceMatch<'a>> {
        if css.selector.is_none() && matches!(css.reach, Reach::Within) {
            return vec![PlaceMatch::Whole(self.span)];
        }
        let found = self.find_elements(css).into_iter();
        found.map(PlaceMatch::Element).collect()
    }

    /// Returns the elements that match a place.
    fn find_elements(&self, css: &Css) -> Vec<ElementRef<'a>> {
        match css.reach {
            Reach::Page => self.around.matches_in_page(css).collect(),
            Reach::Before => {
                let start = self.around.order.start(self.span.first);
                self.around.last_before(css, start).into_iter().collect()
            }
            Reach::Within | Reach::Run(_) => match &self.span.run {
                Some(nodes) => self.match_siblings(nodes, css),
                None => super::find_matches(self.span.first, css),
            },
        }
    }

    /// Returns the matches of a place. If the entry contains none and the selector matches the entry itself,
    /// returns the entry.
    ///
    /// Lists of bare links are written with `item = "nav a"` and `title = "a"` for other tools.
    fn matches_or_self(&self, css: &Css) -> Vec<PlaceMatch<'a>> {
        let found = self.find_matches(css);
        let is_self = || {
            let selector = css
                .selector
                .as_ref()
                .filter(|_| matches!(css.reach, Reach::Within));
            let scope = self.span.scope_element();
            self.span.run.is_none()
                && selector.is_some_and(|selector| {
                    selector.matches_with_scope(&self.span.first, Some(scope))
                })
        };
        if found.is_empty() && is_self() {
            return vec![PlaceMatch::Element(self.span.first)];
        }
        found
    }

    /// Returns the matches among siblings, including themselves.
    fn match_siblings(&self, nodes: &[NodeRef<'a>], css: &Css) -> Vec<ElementRef<'a>> {
        let key = (self.span.scope_element().id(), css.to_string());
        let found = self.around.inside.get(&key).map_or(&[][..], Vec::as_slice);
        let range = |node: Option<&NodeRef<'_>>| {
            node.map(|node| self.around.order.range(node.id()))
                .unwrap_or_default()
        };
        let (start, end) = (range(nodes.first()).start, range(nodes.last()).end);
        let from = found.partition_point(|(at, _)| *at < start);
        let own = found.iter().skip(from).take_while(|(at, _)| *at < end);
        own.map(|(_, element)| *element).collect()
    }

    /// Returns the link of the title: the title itself, one within it or one around it, else the first link
    /// of the entry.
    pub(super) fn title_link(&self, title: Option<&Rule<Css>>) -> Option<String> {
        let link = Selector::parse("a[href]").expect("a selector of our own");
        let mut places = title.into_iter().flat_map(|rule| rule.find.places());
        let title = places.find_map(|css| match css.reach {
            Reach::Within => self.matches_or_self(css).into_iter().next(),
            Reach::Before | Reach::Page | Reach::Run(_) => None,
        });
        let title = match title {
            Some(PlaceMatch::Element(element)) => Some(element),
            Some(PlaceMatch::Whole(span)) => Some(span.first),
            None => None,
        };
        let around = title
            .into_iter()
            .flat_map(|title| title.ancestors())
            .filter_map(ElementRef::wrap);
        let own = title
            .filter(is_link)
            .or_else(|| title.and_then(|title| title.select(&link).next()));
        let found = own
            .or_else(|| around.take(MAX_AROUND).find(is_link))
            .or_else(|| self.first_link())?;
        found.attr("href").map(str::to_owned)
    }

    fn first_link(&self) -> Option<ElementRef<'a>> {
        let mut below = self.span.span_nodes().flat_map(|node| node.descendants());
        below.find_map(|node| ElementRef::wrap(node).filter(is_link))
    }
}

/// Returns the address that a place of a whole page links to.
pub(in crate::extract) fn linked_address(page: &Html, css: &Css) -> Option<String> {
    let found = super::find_matches(page.root_element(), css).into_iter();
    let mut found = found.filter_map(|element| PlaceMatch::Element(element).address(css));
    found.next()
}

fn is_link(element: &ElementRef<'_>) -> bool {
    element.value().name() == "a" && element.attr("href").is_some()
}

impl EntryRecord for EntryPart<'_> {
    type At = Css;

    fn find_texts(&self, at: &Css) -> Vec<String> {
        let found = self.matches_or_self(at).into_iter();
        found
            .filter_map(|found| found.text_or_attribute(at))
            .collect()
    }

    fn typed_text(&self, found: String) -> RawText {
        RawText::Plain(found)
    }

    /// Returns every match as markup, one after the other, or an attribute as plain text.
    fn find_body(&self, at: &Css) -> Option<RawText> {
        if at.attribute.is_some() {
            return self.find_texts(at).into_iter().next().map(RawText::Plain);
        }
        let found = match self.find_matches(at).as_slice() {
            [whole @ PlaceMatch::Whole(_)] if whole.is_visible() => vec![whole.html()],
            [PlaceMatch::Whole(_)] => Vec::new(),
            _ => keep_outermost(self.find_elements(at))
                .into_iter()
                .filter(|element| is_visible_node(**element))
                .map(|element| element.html())
                .collect(),
        };
        let html = found.concat();
        (!html.is_empty()).then_some(RawText::Html(html))
    }

    /// Returns the named attribute, else the machine-readable one of `<time datetime>` and `<meta content>`,
    /// else the text.
    fn find_date(&self, at: &Css) -> Option<String> {
        let stated = |found: PlaceMatch<'_>| {
            found
                .attr("datetime")
                .or(found.attr("content"))
                .map(str::to_owned)
        };
        let stated = match at.attribute {
            Some(_) => None,
            None => self.find_matches(at).into_iter().find_map(stated),
        };
        let stated = stated.filter(|stated| !stated.trim().is_empty());
        stated.or_else(|| self.find_texts(at).into_iter().next())
    }

    /// Returns the attribute, else that of a link or a picture, else the text.
    fn find_addresses(&self, at: &Css) -> Vec<String> {
        self.matches_or_self(at)
            .into_iter()
            .filter_map(|found| found.address(at))
            .collect()
    }

    fn find_files(&self, at: &Css) -> Vec<RawEnclosure> {
        let found = self.matches_or_self(at).into_iter();
        found.filter_map(|found| found.file(at)).collect()
    }

    fn find_image(&self, at: &Css) -> Option<RawImage> {
        self.find_matches(at)
            .into_iter()
            .find_map(|found| found.image(at))
    }
}
