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

use super::feed::{self, XmlScanner, XmlToken, local_name};
use super::rules::{self, EntryRecord, without_doubts};
use super::structure::{self, PathOrigin, RulePlace, TreeNode, TreeStep};
use super::{ExtractError, ListEvidence, MAX_ENTRIES, RankedList, UnsupportedKind, alerts, epoch};
use crate::dates::DateHints;
use crate::model::{ElementPath, Extracted, RawText, Reading, Rules};
pub(super) use tree::{XmlElement, XmlTree};

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
    if feed::has_html_doctype(text) {
        return false;
    }
    let mut scanner = XmlScanner::new(text);
    let root = std::iter::from_fn(|| scanner.next_token()).find_map(|token| match token {
        XmlToken::Open(tag) => Some(Some(tag)),
        XmlToken::Text(text) if text.trim().is_empty() => None,
        _ => Some(None),
    });
    let Some(Some(root)) = root else { return false };
    let name = local_name(root.name).to_ascii_lowercase();
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
pub(super) fn read_document(
    text: &str,
    rules: Option<&Rules<ElementPath>>,
    hints: &DateHints<'_>,
) -> Result<Extracted, ExtractError> {
    let tree = XmlTree::parse(text)?;
    let mut extracted = if let Some(rules) = rules {
        read_by_rules(&tree, rules)?
    } else if let Some(alerts) = alerts::find_alerts(&tree) {
        read_alerts(&tree, &alerts, hints)?
    } else {
        let found = infer_rules(&tree, hints);
        let found = found.ok_or(ExtractError::NoList { what: "the XML" })?;
        without_doubts(read_by_rules(&tree, &found)?)
    };
    extracted.problems.splice(..0, tree.problems());
    Ok(extracted)
}

/// Returns the rules that read a document as its structure does.
pub(super) fn suggest_rules(text: &str, hints: &DateHints<'_>) -> Option<Rules<ElementPath>> {
    let tree = XmlTree::parse(text).ok()?;
    if alerts::find_alerts(&tree).is_some() {
        return None;
    }
    infer_rules(&tree, hints)
}

/// Returns the candidates for a document's main list: at most `count`, the best first.
pub(super) fn rank_lists(text: &str, hints: &DateHints<'_>, count: usize) -> Vec<RankedList> {
    let Ok(tree) = XmlTree::parse(text) else {
        return Vec::new();
    };
    if let Some(alerts) = alerts::find_alerts(&tree) {
        let read = read_alerts(&tree, &alerts, hints).ok();
        let why =
            ListEvidence::Said("its alerts are those of the Common Alerting Protocol".to_owned());
        let listed =
            |read: Extracted| RankedList::new(Reading::Xml(None), None, &read.entries, why);
        return read.map(listed).into_iter().collect();
    }
    let found = structure::rank_lists(XmlNode::Element(tree.document()), hints, count).into_iter();
    let listed = |found: structure::RecordPlaces<'_>| {
        let rules = found.to_rules(place_to_path)?;
        let entries = read_by_rules(&tree, &rules).ok()?.entries;
        let reading = Reading::Xml(Some(Box::new(rules)));
        let why = ListEvidence::Said(found.explain());
        Some(RankedList::new(reading, None, &entries, why))
    };
    found.filter_map(listed).collect()
}

/// Returns the entries of a document that consists of alerts. An empty set of alerts means that none are in
/// force.
fn read_alerts(
    tree: &XmlTree<'_>,
    alerts: &[XmlElement<'_>],
    hints: &DateHints<'_>,
) -> Result<Extracted, ExtractError> {
    let root = tree.document().children().next();
    if alerts.is_empty() && root.is_some_and(|root| alerts::is_envelope(&root)) {
        return Err(ExtractError::Foreign(UnsupportedKind::Envelope));
    }
    if alerts.is_empty() && root.is_some_and(tree::XmlElement::is_truncated) {
        return Err(ExtractError::BadDocument {
            what: "the alert",
            reason: "it breaks off".to_owned(),
        });
    }
    // Keep one more than the limit, so that the excess is noticed.
    let alerts = alerts.iter().take(MAX_ENTRIES + 1);
    Ok(Extracted {
        entries: alerts
            .map(|alert| alerts::parse_alert(alert, hints.language))
            .collect(),
        ..Extracted::default()
    })
}

fn infer_rules(tree: &XmlTree<'_>, hints: &DateHints<'_>) -> Option<Rules<ElementPath>> {
    structure::find_list(XmlNode::Element(tree.document()), hints)?.to_rules(place_to_path)
}

fn read_by_rules(
    tree: &XmlTree<'_>,
    rules: &Rules<ElementPath>,
) -> Result<Extracted, ExtractError> {
    let document = tree.document();
    let root = document.children().next().unwrap_or(document);
    let items = rules.item.iter().map(|path| match document.find(path) {
        found if found.is_empty() => root.find(path),
        found => found,
    });
    let items = items.into_iter().find(|items| !items.is_empty());
    let mut items = keep_outermost(items.unwrap_or_default());
    // Half a notice may say the opposite of the whole one.
    items.retain(|item| !item.is_truncated());
    // Keep one more than the limit, so that the excess is noticed.
    items.truncate(MAX_ENTRIES + 1);
    rules::read_records(&items, rules)
}

/// Drops matches within other matches: otherwise each level would repeat all of the levels below.
fn keep_outermost(found: Vec<XmlElement<'_>>) -> Vec<XmlElement<'_>> {
    let mut outermost: Vec<XmlElement<'_>> = Vec::new();
    for element in found {
        if !outermost.last().is_some_and(|last| last.contains(element)) {
            outermost.push(element);
        }
    }
    outermost
}

impl EntryRecord for XmlElement<'_> {
    type At = ElementPath;

    fn find_texts(&self, at: &ElementPath) -> Vec<String> {
        let text = |found: &XmlElement<'_>| match &at.attribute {
            Some(name) => found.attribute(name),
            None => Some(found.text_content().into_owned()),
        };
        let texts = find_nearest(*self, at);
        let texts = texts.iter().filter_map(text);
        texts.filter(|text| !text.trim().is_empty()).collect()
    }

    fn typed_text(&self, found: String) -> RawText {
        RawText::Unsaid(found)
    }

    /// Returns the matches with their markup, if any of them has some.
    fn find_body(&self, at: &ElementPath) -> Option<RawText> {
        let found = find_nearest(*self, at);
        if at.attribute.is_some() || !found.iter().any(is_running_text) {
            let texts = self.find_texts(at);
            return (!texts.is_empty()).then(|| RawText::Unsaid(texts.join("\n\n")));
        }
        let html: String = found.iter().map(XmlElement::markup).collect();
        (!html.trim().is_empty()).then_some(RawText::Html(html))
    }

    fn find_date(&self, at: &ElementPath) -> Option<String> {
        let text = self.find_texts(at).into_iter().next()?;
        Some(epoch::epoch_to_iso(&text).unwrap_or(text))
    }

    /// Returns the text, else the attribute that contains an address, as in `<link href="…"/>`.
    fn find_addresses(&self, at: &ElementPath) -> Vec<String> {
        if at.attribute.is_some() {
            return self.find_texts(at);
        }
        let address = |found: &XmlElement<'_>| {
            let text = found.text_content().trim().to_owned();
            let stated = || {
                ["href", "url", "src"]
                    .iter()
                    .find_map(|name| found.attribute(name))
            };
            (!text.is_empty()).then_some(text).or_else(stated)
        };
        find_nearest(*self, at).iter().filter_map(address).collect()
    }
}

/// Returns the matches of a path from an entry, or from the nearest element around it from which the path
/// matches.
fn find_nearest<'a>(element: XmlElement<'a>, at: &ElementPath) -> Vec<XmlElement<'a>> {
    if !at.is_around {
        return element.find(at);
    }
    let leads = |found: &XmlElement<'_>| match &at.attribute {
        Some(name) => found.attribute(name).is_some(),
        None => !found.text_content().trim().is_empty(),
    };
    let around = element.ancestors().map(|around| around.find(at));
    around
        .into_iter()
        .find(|found| found.iter().any(leads))
        .unwrap_or_default()
}

/// Returns true if it contains text-level elements.
fn is_running_text(element: &XmlElement<'_>) -> bool {
    let mut children = element.children();
    children.any(|child| {
        let name = child.local_name().to_ascii_lowercase();
        OF_TEXT.binary_search(&name.as_str()).is_ok()
    })
}

/// The number of text-level elements that show an element to be a text.
const PROSE: usize = 20;

/// Returns true if its content is a text, rather than records whose names are those of text-level elements:
/// `<dl>`, `<a>`, `<li>`.
fn is_prose(element: &XmlElement<'_>) -> bool {
    let is_of_text = |child: &XmlElement<'_>| {
        let name = child.local_name().to_ascii_lowercase();
        OF_TEXT.binary_search(&name.as_str()).is_ok()
    };
    let is_record = |child: &XmlElement<'_>| {
        is_of_text(child)
            && child
                .children()
                .take(PROSE)
                .any(|inner| !is_of_text(&inner))
    };
    let mut children = element.children().take(PROSE);
    is_running_text(element) && !children.any(|child| is_record(&child))
}

/// An element or an attribute, for [`structure`](super::structure).
#[derive(Clone, Copy)]
enum XmlNode<'a> {
    Element(XmlElement<'a>),
    /// The value as written.
    Attribute(&'a str),
}

impl<'a> TreeNode<'a> for XmlNode<'a> {
    const NAMES_REPEAT: bool = true;

    fn parts(self) -> Vec<(TreeStep<'a>, Self)> {
        let Self::Element(element) = self else {
            return Vec::new();
        };
        let attributes = element.attributes();
        let attributes =
            attributes.map(|(name, value)| (TreeStep::Attribute(name), Self::Attribute(value)));
        let children = element.children();
        let children =
            children.map(|child| (TreeStep::Member(child.local_name()), Self::Element(child)));
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
            Self::Attribute(value) => feed::decode_references(value).0,
            Self::Element(element) if element.children().next().is_none() || is_prose(&element) => {
                element.text_content()
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
fn place_to_path(place: &RulePlace<'_>) -> Option<ElementPath> {
    let mut path = match place.origin {
        PathOrigin::Entry => String::new(),
        PathOrigin::Around => "^".to_owned(),
        PathOrigin::Name => return None,
    };
    for step in &place.way {
        let is_first = path.is_empty() || path == "^";
        let separator = if is_first { "" } else { "/" };
        match step {
            TreeStep::Member(name) => path = path + separator + name,
            TreeStep::Deep(name) => path = path + "//" + name,
            TreeStep::Where { name, key, is } => {
                let quote = if is.contains('\'') { '"' } else { '\'' };
                path = format!("{path}{separator}{name}[@{key}={quote}{is}{quote}]");
            }
            TreeStep::Attribute(name) => path = path + "@" + name,
            TreeStep::Each
            | TreeStep::Rest
            | TreeStep::Nth(_)
            | TreeStep::Having(_)
            | TreeStep::Any => return None,
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
