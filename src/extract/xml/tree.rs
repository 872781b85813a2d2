//! Parses XML into a tree, however broken it is.
//!
//! In: the decoded text. Out: elements, each with its attributes, its children and its text, as slices of
//! that text, and the faults found. An element ends with its end tag or with its parent. Linear in the text.

use std::borrow::Cow;

use crate::extract::ExtractError;
use crate::extract::feed::{
    FormatFault, XmlScanner, XmlTag, XmlToken, decode_references, local_name,
};
use crate::model::{ElementPath, Problem, Step};

/// The maximum depth of elements that are read. No format comes near it.
const MAX_DEPTH: usize = 200;

/// The maximum number of elements. Each takes about a hundred bytes in addition to its content, and no list
/// of bulletins comes near this many.
const MAX_ELEMENTS: usize = 500_000;

/// Elements of HTML that never have an end.
const VOID: [&str; 5] = ["area", "br", "hr", "img", "wbr"];

/// A parsed document.
pub(in crate::extract) struct XmlTree<'a> {
    /// The elements in document order. The first is the document itself, around its root element.
    elements: Vec<ElementData<'a>>,
    pieces: Vec<ContentPiece<'a>>,
    problems: Vec<Problem>,
    /// The innermost element that is open at the end of the document.
    cut: Option<usize>,
}

struct ElementData<'a> {
    tag: XmlTag<'a>,
    /// Its first piece and the one after its last.
    pieces: (usize, usize),
    /// The element after its last descendant.
    end: usize,
    /// Its parent element.
    parent: usize,
}

/// The content of elements, in document order.
#[derive(Clone, Copy)]
enum ContentPiece<'a> {
    /// Characters, with references as written.
    Text(&'a str),
    Cdata(&'a str),
    Open(usize),
    Close(usize),
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(in crate::extract) struct XmlElement<'a> {
    tree: &'a XmlTree<'a>,
    at: usize,
}

impl<'a> XmlTree<'a> {
    /// Parses a text.
    ///
    /// # Errors
    /// Returns [`ExtractError::BadDocument`] if it contains no element, or an unreasonable number of them.
    pub(in crate::extract) fn parse(text: &'a str) -> Result<Self, ExtractError> {
        let mut scanner = XmlScanner::new(text);
        let mut builder = TreeBuilder::new();
        while let Some(token) = scanner.next_token() {
            let at = scanner.position();
            match token {
                XmlToken::Text(text) => builder.tree.pieces.push(ContentPiece::Text(text)),
                XmlToken::Cdata(text) => builder.tree.pieces.push(ContentPiece::Cdata(text)),
                XmlToken::Open(tag) => builder.open_element(tag, &mut scanner),
                XmlToken::Close(name) => builder.close_element(name, at, &mut scanner),
            }
            if builder.tree.elements.len() > MAX_ELEMENTS {
                return Err(invalid_xml(format!(
                    "it has more than {MAX_ELEMENTS} elements"
                )));
            }
        }
        builder.finish(scanner)
    }

    /// Returns the document itself, whose only child is the root element.
    pub(in crate::extract) fn document(&'a self) -> XmlElement<'a> {
        XmlElement { tree: self, at: 0 }
    }

    /// Returns the faults of the document.
    pub(in crate::extract) fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }
}

fn invalid_xml(reason: String) -> ExtractError {
    ExtractError::BadDocument {
        what: "the XML",
        reason,
    }
}

struct TreeBuilder<'a> {
    tree: XmlTree<'a>,
    /// The open elements, from outer to inner.
    open: Vec<usize>,
    /// The number of open elements too deep for `open`.
    deeper: usize,
}

impl<'a> TreeBuilder<'a> {
    fn new() -> Self {
        let document = ElementData {
            tag: XmlTag {
                name: "",
                attributes: "",
                is_empty: false,
                at: 0,
            },
            pieces: (0, 0),
            end: 0,
            parent: 0,
        };
        Self {
            tree: XmlTree {
                elements: vec![document],
                pieces: Vec::new(),
                problems: Vec::new(),
                cut: None,
            },
            open: Vec::new(),
            deeper: 0,
        }
    }

    fn open_element(&mut self, tag: XmlTag<'a>, scanner: &mut XmlScanner<'a>) {
        if self.open.len() >= MAX_DEPTH {
            scanner.faults.note(FormatFault::TooDeep, tag.at);
            self.deeper += usize::from(!tag.is_empty);
            return;
        }
        let at = self.tree.elements.len();
        self.tree.pieces.push(ContentPiece::Open(at));
        let first = self.tree.pieces.len();
        self.tree.elements.push(ElementData {
            tag,
            pieces: (first, first),
            end: at + 1,
            parent: self.open.last().copied().unwrap_or_default(),
        });
        self.open.push(at);
        if tag.is_empty {
            self.close_last();
        }
    }

    fn close_element(&mut self, name: &str, behind: usize, scanner: &mut XmlScanner<'a>) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let name = local_name(name);
        let elements = &self.tree.elements;
        let same = |at: &usize| {
            elements
                .get(*at)
                .is_some_and(|found| local_name(found.tag.name) == name)
        };
        let Some(depth) = self.open.iter().rposition(same) else {
            let fault = FormatFault::StrayEnd(shorten_name(name));
            return scanner
                .faults
                .note(fault, behind.saturating_sub(name.len() + 3));
        };
        while self.open.len() > depth + 1 {
            self.note_unclosed(scanner);
            self.close_last();
        }
        self.close_last();
    }

    fn note_unclosed(&self, scanner: &mut XmlScanner<'a>) {
        let last = self.open.last().and_then(|at| self.tree.elements.get(*at));
        if let Some(ElementData { tag, .. }) = last {
            scanner
                .faults
                .note(FormatFault::Unclosed(shorten_name(tag.name)), tag.at);
        }
    }

    fn close_last(&mut self) {
        let Some(at) = self.open.pop() else { return };
        let end = self.tree.elements.len();
        if let Some(found) = self.tree.elements.get_mut(at) {
            found.pieces.1 = self.tree.pieces.len();
            found.end = end;
        }
        self.tree.pieces.push(ContentPiece::Close(at));
    }

    fn finish(mut self, mut scanner: XmlScanner<'a>) -> Result<XmlTree<'a>, ExtractError> {
        let cut = self.open.last().copied();
        if cut.is_some() {
            scanner.faults.note(FormatFault::Cut, scanner.text().len());
        }
        while !self.open.is_empty() {
            self.close_last();
        }
        let mut tree = XmlTree { cut, ..self.tree };
        let (pieces, end) = (tree.pieces.len(), tree.elements.len());
        if let Some(document) = tree.elements.first_mut() {
            document.pieces.1 = pieces;
            document.end = end;
        }
        if end == 1 {
            return Err(invalid_xml("there is no element in it".to_owned()));
        }
        tree.problems = std::mem::take(&mut scanner.faults).into_problems(scanner.text());
        Ok(tree)
    }
}

/// Shortens a name for display.
fn shorten_name(name: &str) -> String {
    name.chars().take(40).collect()
}

impl<'a> XmlElement<'a> {
    fn data(self) -> Option<&'a ElementData<'a>> {
        self.tree.elements.get(self.at)
    }

    fn end_index(self) -> usize {
        self.data().map_or(0, |found| found.end)
    }

    fn name(self) -> &'a str {
        self.data().map_or("", |found| found.tag.name)
    }

    /// Returns its name without the prefix.
    pub(in crate::extract) fn local_name(self) -> &'a str {
        local_name(self.name())
    }

    /// Returns true if it declares a namespace whose name contains `part`, in any case.
    pub(in crate::extract) fn declares_namespace(self, part: &str) -> bool {
        let attributes = self.data().map(|found| found.tag.attributes());
        let mut declared = attributes
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name == "xmlns" || name.starts_with("xmlns:"));
        declared.any(|(_, value)| value.to_ascii_lowercase().contains(part))
    }

    /// Returns true if `other` is this element or within it.
    pub(in crate::extract) fn contains(self, other: Self) -> bool {
        (self.at..self.end_index()).contains(&other.at)
    }

    /// Returns true if the document ends within it.
    pub(in crate::extract) fn is_truncated(self) -> bool {
        let range = self.at..self.end_index();
        self.tree.cut.is_some_and(|cut| range.contains(&cut))
    }

    /// Returns its child elements, in document order.
    pub(in crate::extract) fn children(self) -> impl Iterator<Item = Self> {
        let tree = self.tree;
        let end = self.end_index();
        let within = move |at: usize| (at < end).then_some(Self { tree, at });
        std::iter::successors(within(self.at + 1), move |before| {
            within(before.end_index())
        })
    }

    /// Returns the elements that contain it, from the nearest outwards. The document is the last.
    pub(in crate::extract) fn ancestors(self) -> impl Iterator<Item = Self> {
        let parent = |element: &Self| {
            let parent = element.data().filter(|_| element.at > 0)?.parent;
            Some(Self {
                at: parent,
                ..*element
            })
        };
        std::iter::successors(parent(&self), parent)
    }

    /// Returns the elements within it, in document order.
    pub(in crate::extract) fn descendants(self) -> impl Iterator<Item = Self> {
        let tree = self.tree;
        (self.at + 1..self.end_index()).map(move |at| Self { tree, at })
    }

    /// Returns attribute names without prefixes, and values as written.
    pub(in crate::extract) fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let attributes = self.data().map(|found| found.tag.attributes());
        let declares = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
        let attributes = attributes.into_iter().flatten();
        attributes
            .filter(move |(name, _)| !declares(name))
            .map(|(name, value)| (local_name(name), value))
    }

    /// Returns the value of an attribute, regardless of its prefix.
    pub(in crate::extract) fn attribute(self, name: &str) -> Option<String> {
        self.data()?.tag.attribute(&[local_name(name)])
    }

    fn pieces(self) -> &'a [ContentPiece<'a>] {
        let (start, end) = self.data().map_or((0, 0), |found| found.pieces);
        self.tree.pieces.get(start..end).unwrap_or_default()
    }

    /// Returns its characters and those of all elements in it, with references resolved.
    pub(in crate::extract) fn text_content(self) -> Cow<'a, str> {
        match self.pieces() {
            [] => Cow::Borrowed(""),
            [ContentPiece::Text(text)] => decode_references(text).0,
            [ContentPiece::Cdata(text)] => Cow::Borrowed(text),
            pieces => {
                let parts = pieces.iter().filter_map(|piece| match piece {
                    ContentPiece::Text(text) => Some(decode_references(text).0),
                    ContentPiece::Cdata(text) => Some(Cow::Borrowed(*text)),
                    ContentPiece::Open(_) | ContentPiece::Close(_) => None,
                });
                Cow::Owned(parts.collect())
            }
        }
    }

    /// Returns its content as HTML: names without prefixes, end tags as HTML requires them, CDATA as the
    /// markup that it hides.
    pub(in crate::extract) fn markup(&self) -> String {
        let mut html = String::new();
        for piece in self.pieces() {
            match piece {
                ContentPiece::Text(text) | ContentPiece::Cdata(text) => html += text,
                ContentPiece::Open(at) => {
                    let element = Self { at: *at, ..*self };
                    let attributes = element.data().map_or("", |found| found.tag.attributes);
                    html = html + "<" + element.local_name() + attributes.trim_end() + ">";
                }
                ContentPiece::Close(at) => {
                    let name = Self { at: *at, ..*self }.local_name();
                    if !VOID.contains(&name) {
                        html = html + "</" + name + ">";
                    }
                }
            }
        }
        html
    }

    /// Returns the elements that a path leads to from here, in document order.
    pub(in crate::extract) fn find(self, path: &ElementPath) -> Vec<Self> {
        path.steps.iter().fold(vec![self], |from, step| {
            let mut found = Vec::new();
            let mut covered = 0;
            for element in from {
                if step.deep {
                    // Elements within another of them are already covered.
                    if element.end_index() > covered {
                        found.extend(
                            element
                                .descendants()
                                .filter(|below| below.matches_step(step)),
                        );
                        covered = element.end_index();
                    }
                } else {
                    found.extend(element.children().filter(|child| child.matches_step(step)));
                }
            }
            found.sort_unstable_by_key(|element| element.at);
            found
        })
    }

    fn matches_step(self, step: &Step) -> bool {
        let is_named = step.name.as_deref().is_none_or(|name| {
            let own = if name.contains(':') {
                self.name()
            } else {
                self.local_name()
            };
            own == name
        });
        let has = |(name, value): &(String, Option<String>)| {
            let own = self.attribute(name);
            own.is_some_and(|own| value.as_deref().is_none_or(|value| own == value))
        };
        is_named && step.attribute.as_ref().is_none_or(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICES: &str = "<?xml version='1.0'?><list xmlns:d='urn:d'><n id='1'><d:t>A &amp; b</d:t><body>x <b>y</b><br/>&lt;</body></n>\
        <group><n id='2'><t><![CDATA[<i>c</i>]]> d</t></n></group></list>";

    /// Checks the texts or attributes that a path leads to from the document, separated by a bar.
    fn check(text: &str, path: &str, expected: &str) {
        let tree = XmlTree::parse(text).expect("a document");
        let path: ElementPath = path.parse().expect("a path");
        let found = tree.document().find(&path);
        let shown = found.iter().map(|found| match &path.attribute {
            Some(name) => found.attribute(name).unwrap_or_default(),
            None => found.text_content().into_owned(),
        });
        assert_eq!(shown.collect::<Vec<_>>().join("|"), expected, "{path}");
    }

    #[test]
    fn paths_lead_to_elements() {
        check(NOTICES, "list/n/t", "A & b");
        check(NOTICES, "list/n/d:t", "A & b");
        check(NOTICES, "//d:t", "A & b");
        check(NOTICES, "//t", "A & b|<i>c</i> d");
        check(NOTICES, "//n@id", "1|2");
        check(NOTICES, "list//n/@id", "1|2");
        check(NOTICES, "list/*/t", "A & b");
        check(NOTICES, "//n[@id='2']/t", "<i>c</i> d");
        check(NOTICES, "//n[@none]/t", "");
        check("<a><a><a>x</a></a></a>", "//a//a", "x|x");
        check("<a><a><b>1</b></a><b>2</b></a>", "//a/b", "1|2");
    }

    #[test]
    fn markup_is_html() {
        let tree = XmlTree::parse(NOTICES).expect("a document");
        let found = tree.document().find(&"//body".parse().expect("a path"));
        let markup: Vec<String> = found.iter().map(XmlElement::markup).collect();
        assert_eq!(markup, ["x <b>y</b><br>&lt;"]);
    }

    #[test]
    fn broken_markup_is_read() {
        check("<a><b>1<b>2</a><b>3</b>", "a//b", "12|2");
        check("<a><b>1</c></b><b>2", "a/b", "1|2");
        let deep = "<a>".repeat(100_000);
        check(&format!("{deep}x"), "//b", "");
        let problems = XmlTree::parse("<a><b>1</c></b><b>2")
            .expect("a document")
            .problems();
        assert_eq!(problems.len(), 2);
    }
}
