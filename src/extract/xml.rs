//! Reads XML of any kind into raw entries: by paths of elements, or by its structure.
//!
//! In: the decoded text and the source's rules. Out: one entry per match of `select.item`.
//!
//! A path starts at the entry, except for that of `item`, which starts at the root element and may name it.
//! An element with text-level elements in it (`p`, `b`, `a` and the like) is running text with its markup,
//! and any other element is its characters. Nothing that a document declares is expanded or fetched. Without
//! rules an RSS or Atom feed is read as such, and in other documents the list is found by its content
//! ([`structure`](super::structure)). Alerts have a vocabulary of their own ([`alerts`](super::alerts)).

mod tree;

use std::borrow::Cow;

use super::feed::{self, Scanner, Token, local};
use super::rules::{self, Record, without_doubts};
use super::structure::{self, Node, Origin, RulePlace, Step};
use super::{ExtractError, Foreign, Listed, MAX_ENTRIES, Why, alerts, epoch};
use crate::dates::Hints;
use crate::model::{ElementPath, Extracted, RawText, Reading, Rules};
pub(super) use tree::{Element, Tree};

/// Elements of HTML within a text.
const OF_TEXT: [&str; 35] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "cite",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "u",
    "ul",
    "video",
];

/// Elements with which pages begin, in addition to [`OF_TEXT`].
const OF_PAGES: [&str; 37] = [
    "address", "area", "article", "aside", "audio", "base", "body", "button", "center", "details",
    "fieldset", "font", "footer", "form", "frameset", "h5", "h6", "head", "header", "html",
    "iframe", "input", "link", "main", "map", "meta", "nav", "noscript", "object", "script",
    "section", "style", "svg", "template", "title", "tr", "td",
];

/// Returns true if a text that contains elements of pages is nevertheless another kind of XML: its root is
/// not such an element, or it declares XML and its root is not `html`.
pub(super) fn is_xml(text: &str) -> bool {
    let text = text.trim_start_matches(feed::is_blank);
    if feed::is_html_by_declaration(text) {
        return false;
    }
    let mut scanner = Scanner::new(text);
    let root = std::iter::from_fn(|| scanner.next()).find_map(|token| match token {
        Token::Open(tag) => Some(Some(tag)),
        Token::Text(text) if text.trim().is_empty() => None,
        _ => Some(None),
    });
    let Some(Some(root)) = root else { return false };
    let name = local(root.name).to_ascii_lowercase();
    let of_html = OF_TEXT.contains(&name.as_str()) || OF_PAGES.contains(&name.as_str());
    // Custom elements of pages have hyphens.
    name != "html" && (text.starts_with("<?xml") || !of_html && !name.contains('-'))
}

/// Reads an XML document.
///
/// # Errors
/// Returns [`ExtractError::BadDocument`] if it is not XML, [`ExtractError::NothingFound`] and
/// [`ExtractError::NoTitles`] if `rules` do not fit it. Without rules, returns [`ExtractError::Foreign`] for
/// an EDXL message without an alert and [`ExtractError::NoList`] if its structure shows no list.
pub(super) fn read(
    text: &str,
    rules: Option<&Rules<ElementPath>>,
    hints: &Hints<'_>,
) -> Result<Extracted, ExtractError> {
    let tree = Tree::of(text)?;
    let mut extracted = if let Some(rules) = rules {
        by(&tree, rules)?
    } else if let Some(alerts) = alerts::of(&tree) {
        of_alerts(&tree, &alerts, hints)?
    } else {
        let found = by_structure(&tree, hints);
        let found = found.ok_or(ExtractError::NoList { what: "the XML" })?;
        without_doubts(by(&tree, &found)?)
    };
    extracted.problems.splice(..0, tree.problems());
    Ok(extracted)
}

/// Returns the rules that read a document as its structure does.
pub(super) fn rules(text: &str, hints: &Hints<'_>) -> Option<Rules<ElementPath>> {
    let tree = Tree::of(text).ok()?;
    if alerts::of(&tree).is_some() {
        return None;
    }
    by_structure(&tree, hints)
}

/// Returns the candidates for a document's main list: at most `count`, the best first.
pub(super) fn ranked(text: &str, hints: &Hints<'_>, count: usize) -> Vec<Listed> {
    let Ok(tree) = Tree::of(text) else {
        return Vec::new();
    };
    if let Some(alerts) = alerts::of(&tree) {
        let read = of_alerts(&tree, &alerts, hints).ok();
        let why = Why::Said("its alerts are those of the Common Alerting Protocol".to_owned());
        let listed = |read: Extracted| Listed::new(Reading::Xml(None), None, &read.entries, why);
        return read.map(listed).into_iter().collect();
    }
    let found = structure::ranked(Part::Element(tree.document()), hints, count).into_iter();
    let listed = |found: structure::RecordPlaces<'_>| {
        let rules = found.rules(path)?;
        let entries = by(&tree, &rules).ok()?.entries;
        let reading = Reading::Xml(Some(Box::new(rules)));
        let why = Why::Said(found.why());
        Some(Listed::new(reading, None, &entries, why))
    };
    found.filter_map(listed).collect()
}

/// Returns the entries of a document that consists of alerts. An empty set of alerts means that none are in
/// force.
fn of_alerts(
    tree: &Tree<'_>,
    alerts: &[Element<'_>],
    hints: &Hints<'_>,
) -> Result<Extracted, ExtractError> {
    let root = tree.document().children().next();
    if alerts.is_empty() && root.is_some_and(|root| alerts::is_envelope(&root)) {
        return Err(ExtractError::Foreign(Foreign::Envelope));
    }
    if alerts.is_empty() && root.is_some_and(tree::Element::is_cut) {
        return Err(ExtractError::BadDocument {
            what: "the alert",
            reason: "it breaks off".to_owned(),
        });
    }
    // Keep one more than the limit, so that the excess is noticed.
    let alerts = alerts.iter().take(MAX_ENTRIES + 1);
    Ok(Extracted {
        entries: alerts
            .map(|alert| alerts::entry(alert, hints.language))
            .collect(),
        ..Extracted::default()
    })
}

fn by_structure(tree: &Tree<'_>, hints: &Hints<'_>) -> Option<Rules<ElementPath>> {
    structure::find(Part::Element(tree.document()), hints)?.rules(path)
}

fn by(tree: &Tree<'_>, rules: &Rules<ElementPath>) -> Result<Extracted, ExtractError> {
    let document = tree.document();
    let root = document.children().next().unwrap_or(document);
    let items = rules.item.iter().map(|path| match document.find(path) {
        found if found.is_empty() => root.find(path),
        found => found,
    });
    let items = items.into_iter().find(|items| !items.is_empty());
    let mut items = outermost(items.unwrap_or_default());
    // Half a notice may say the opposite of the whole one.
    items.retain(|item| !item.is_cut());
    // Keep one more than the limit, so that the excess is noticed.
    items.truncate(MAX_ENTRIES + 1);
    rules::list(&items, rules)
}

/// Drops matches within other matches: otherwise each level would repeat all of the levels below.
fn outermost(found: Vec<Element<'_>>) -> Vec<Element<'_>> {
    let mut outermost: Vec<Element<'_>> = Vec::new();
    for element in found {
        if !outermost.last().is_some_and(|last| last.holds(element)) {
            outermost.push(element);
        }
    }
    outermost
}

impl Record for Element<'_> {
    type At = ElementPath;

    fn texts(&self, at: &ElementPath) -> Vec<String> {
        let text = |found: &Element<'_>| match &at.attribute {
            Some(name) => found.attribute(name),
            None => Some(found.characters().into_owned()),
        };
        let texts = reached(*self, at);
        let texts = texts.iter().filter_map(text);
        texts.filter(|text| !text.trim().is_empty()).collect()
    }

    fn text(&self, found: String) -> RawText {
        RawText::Unsaid(found)
    }

    /// Returns the matches with their markup, if any of them has some.
    fn body(&self, at: &ElementPath) -> Option<RawText> {
        let found = reached(*self, at);
        if at.attribute.is_some() || !found.iter().any(is_running) {
            let texts = self.texts(at);
            return (!texts.is_empty()).then(|| RawText::Unsaid(texts.join("\n\n")));
        }
        let html: String = found.iter().map(Element::markup).collect();
        (!html.trim().is_empty()).then_some(RawText::Html(html))
    }

    fn date(&self, at: &ElementPath) -> Option<String> {
        let text = self.texts(at).into_iter().next()?;
        Some(epoch::counted(&text).unwrap_or(text))
    }

    /// Returns the text, else the attribute that contains an address, as in `<link href="…"/>`.
    fn addresses(&self, at: &ElementPath) -> Vec<String> {
        if at.attribute.is_some() {
            return self.texts(at);
        }
        let address = |found: &Element<'_>| {
            let text = found.characters().trim().to_owned();
            let stated = || {
                ["href", "url", "src"]
                    .iter()
                    .find_map(|name| found.attribute(name))
            };
            (!text.is_empty()).then_some(text).or_else(stated)
        };
        reached(*self, at).iter().filter_map(address).collect()
    }
}

/// Returns the matches of a path from an entry, or from the nearest element around it from which the path
/// matches.
fn reached<'a>(element: Element<'a>, at: &ElementPath) -> Vec<Element<'a>> {
    if !at.is_around {
        return element.find(at);
    }
    let leads = |found: &Element<'_>| match &at.attribute {
        Some(name) => found.attribute(name).is_some(),
        None => !found.characters().trim().is_empty(),
    };
    let around = element.around().map(|around| around.find(at));
    around
        .into_iter()
        .find(|found| found.iter().any(leads))
        .unwrap_or_default()
}

/// Returns true if it contains text-level elements.
fn is_running(element: &Element<'_>) -> bool {
    let mut children = element.children();
    children.any(|child| {
        let name = child.local().to_ascii_lowercase();
        OF_TEXT.binary_search(&name.as_str()).is_ok()
    })
}

/// The number of text-level elements that show an element to be a text.
const PROSE: usize = 20;

/// Returns true if its content is a text, rather than records whose names are those of text-level elements:
/// `<dl>`, `<a>`, `<li>`.
fn is_prose(element: &Element<'_>) -> bool {
    let is_of_text = |child: &Element<'_>| {
        let name = child.local().to_ascii_lowercase();
        OF_TEXT.binary_search(&name.as_str()).is_ok()
    };
    let is_record = |child: &Element<'_>| {
        is_of_text(child)
            && child
                .children()
                .take(PROSE)
                .any(|inner| !is_of_text(&inner))
    };
    let mut children = element.children().take(PROSE);
    is_running(element) && !children.any(|child| is_record(&child))
}

/// An element or an attribute, for [`structure`](super::structure).
#[derive(Clone, Copy)]
enum Part<'a> {
    Element(Element<'a>),
    /// The value as written.
    Attribute(&'a str),
}

impl<'a> Node<'a> for Part<'a> {
    const NAMES_REPEAT: bool = true;

    fn parts(self) -> Vec<(Step<'a>, Self)> {
        let Self::Element(element) = self else {
            return Vec::new();
        };
        let attributes = element.attributes();
        let attributes =
            attributes.map(|(name, value)| (Step::Attribute(name), Self::Attribute(value)));
        let children = element.children();
        let children = children.map(|child| (Step::Member(child.local()), Self::Element(child)));
        attributes.chain(children).collect()
    }

    fn has_parts(self) -> bool {
        match self {
            Self::Element(element) => {
                element.children().next().is_some() || element.attributes().next().is_some()
            }
            Self::Attribute(_) => false,
        }
    }

    fn text(self) -> Option<Cow<'a, str>> {
        let text = match self {
            Self::Attribute(value) => feed::decode(value).0,
            Self::Element(element) if element.children().next().is_none() || is_prose(&element) => {
                element.characters()
            }
            Self::Element(_) => return None,
        };
        (!text.trim().is_empty()).then_some(text)
    }

    fn is_list(self) -> bool {
        false
    }
}

/// Returns a place as an operator writes it.
fn path(place: &RulePlace<'_>) -> Option<ElementPath> {
    let mut path = match place.origin {
        Origin::Entry => String::new(),
        Origin::Around => "^".to_owned(),
        Origin::Name => return None,
    };
    for step in &place.way {
        let is_first = path.is_empty() || path == "^";
        let separator = if is_first { "" } else { "/" };
        match step {
            Step::Member(name) => path = path + separator + name,
            Step::Deep(name) => path = path + "//" + name,
            Step::Where { name, key, is } => {
                let quote = if is.contains('\'') { '"' } else { '\'' };
                path = format!("{path}{separator}{name}[@{key}={quote}{is}{quote}]");
            }
            Step::Attribute(name) => path = path + "@" + name,
            Step::Each | Step::Rest | Step::Nth(_) | Step::Having(_) | Step::Any => return None,
        }
    }
    // The entry's own text.
    if path.is_empty() {
        path.push('.');
    }
    path.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_told_from_pages() {
        for text in [
            "<?xml version='1.0'?><title>a</title>",
            " <notices><title>a</title></notices>",
            "<n:list xmlns:n='urn:n'><p>a</p></n:list>",
        ] {
            assert!(is_xml(text), "{text}");
        }
        for text in [
            "",
            "text <notices>",
            "<!DOCTYPE html><notices>",
            "<?xml version='1.0'?><!DOCTYPE html><html><title>a</title>",
            "<P>a",
            "<svg><title>a</title></svg>",
            "<my-app><p>a</p></my-app>",
        ] {
            assert!(!is_xml(text), "{text}");
        }
    }

    #[test]
    fn elements_of_text_are_in_order() {
        assert!(OF_TEXT.is_sorted());
    }
}
