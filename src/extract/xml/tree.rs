//! Parses XML into a tree, however broken it is.
//!
//! In: the decoded text. Out: elements, each with its attributes, its children and its text, as slices of
//! that text, and the faults found. An element ends with its end tag or with its parent. Linear in the text.

use std::borrow::Cow;

use crate::extract::ExtractError;
use crate::extract::feed::{Fault, Scanner, Tag, Token, decode, local};
use crate::model::{ElementPath, Problem, Step};

/// The maximum depth of elements that are read. No format comes near it.
const MAX_DEPTH: usize = 200;

/// The maximum number of elements. Each takes about a hundred bytes in addition to its content, and no list
/// of bulletins comes near this many.
const MAX_ELEMENTS: usize = 500_000;

/// Elements of HTML that never have an end.
const VOID: [&str; 5] = ["area", "br", "hr", "img", "wbr"];

/// A parsed document.
pub(in crate::extract) struct Tree<'a> {
    /// The elements in document order. The first is the document itself, around its root element.
    elements: Vec<FoundRecords<'a>>,
    pieces: Vec<Piece<'a>>,
    problems: Vec<Problem>,
    /// The innermost element that is open at the end of the document.
    cut: Option<usize>,
}

struct FoundRecords<'a> {
    tag: Tag<'a>,
    /// Its first piece and the one after its last.
    pieces: (usize, usize),
    /// The element after its last descendant.
    end: usize,
    /// Its parent element.
    parent: usize,
}

/// The content of elements, in document order.
#[derive(Clone, Copy)]
enum Piece<'a> {
    /// Characters, with references as written.
    Text(&'a str),
    Cdata(&'a str),
    Open(usize),
    Close(usize),
}

/// An element of a tree.
#[derive(Clone, Copy)]
pub(in crate::extract) struct Element<'a> {
    tree: &'a Tree<'a>,
    at: usize,
}

impl<'a> Tree<'a> {
    /// Parses a text.
    ///
    /// # Errors
    /// Returns [`ExtractError::BadDocument`] if it contains no element, or an unreasonable number of them.
    pub(in crate::extract) fn of(text: &'a str) -> Result<Self, ExtractError> {
        let mut scanner = Scanner::new(text);
        let mut builder = Builder::new();
        while let Some(token) = scanner.next() {
            let at = scanner.position();
            match token {
                Token::Text(text) => builder.tree.pieces.push(Piece::Text(text)),
                Token::Cdata(text) => builder.tree.pieces.push(Piece::Cdata(text)),
                Token::Open(tag) => builder.open(tag, &mut scanner),
                Token::Close(name) => builder.close(name, at, &mut scanner),
            }
            if builder.tree.elements.len() > MAX_ELEMENTS {
                return Err(bad(format!("it has more than {MAX_ELEMENTS} elements")));
            }
        }
        builder.finish(scanner)
    }

    /// Returns the document itself, whose only child is the root element.
    pub(in crate::extract) fn document(&'a self) -> Element<'a> {
        Element { tree: self, at: 0 }
    }

    /// Returns the faults of the document.
    pub(in crate::extract) fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }
}

fn bad(reason: String) -> ExtractError {
    ExtractError::BadDocument {
        what: "the XML",
        reason,
    }
}

struct Builder<'a> {
    tree: Tree<'a>,
    /// The open elements, from outer to inner.
    open: Vec<usize>,
    /// The number of open elements too deep for `open`.
    deeper: usize,
}

impl<'a> Builder<'a> {
    fn new() -> Self {
        let document = FoundRecords {
            tag: Tag {
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
            tree: Tree {
                elements: vec![document],
                pieces: Vec::new(),
                problems: Vec::new(),
                cut: None,
            },
            open: Vec::new(),
            deeper: 0,
        }
    }

    fn open(&mut self, tag: Tag<'a>, scanner: &mut Scanner<'a>) {
        if self.open.len() >= MAX_DEPTH {
            scanner.faults.note(Fault::TooDeep, tag.at);
            self.deeper += usize::from(!tag.is_empty);
            return;
        }
        let at = self.tree.elements.len();
        self.tree.pieces.push(Piece::Open(at));
        let first = self.tree.pieces.len();
        self.tree.elements.push(FoundRecords {
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

    fn close(&mut self, name: &str, behind: usize, scanner: &mut Scanner<'a>) {
        if self.deeper > 0 {
            self.deeper -= 1;
            return;
        }
        let name = local(name);
        let elements = &self.tree.elements;
        let same = |at: &usize| {
            elements
                .get(*at)
                .is_some_and(|found| local(found.tag.name) == name)
        };
        let Some(depth) = self.open.iter().rposition(same) else {
            let fault = Fault::StrayEnd(shown(name));
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

    fn note_unclosed(&self, scanner: &mut Scanner<'a>) {
        let last = self.open.last().and_then(|at| self.tree.elements.get(*at));
        if let Some(FoundRecords { tag, .. }) = last {
            scanner
                .faults
                .note(Fault::Unclosed(shown(tag.name)), tag.at);
        }
    }

    fn close_last(&mut self) {
        let Some(at) = self.open.pop() else { return };
        let end = self.tree.elements.len();
        if let Some(found) = self.tree.elements.get_mut(at) {
            found.pieces.1 = self.tree.pieces.len();
            found.end = end;
        }
        self.tree.pieces.push(Piece::Close(at));
    }

    fn finish(mut self, mut scanner: Scanner<'a>) -> Result<Tree<'a>, ExtractError> {
        let cut = self.open.last().copied();
        if cut.is_some() {
            scanner.faults.note(Fault::Cut, scanner.text().len());
        }
        while !self.open.is_empty() {
            self.close_last();
        }
        let mut tree = Tree { cut, ..self.tree };
        let (pieces, end) = (tree.pieces.len(), tree.elements.len());
        if let Some(document) = tree.elements.first_mut() {
            document.pieces.1 = pieces;
            document.end = end;
        }
        if end == 1 {
            return Err(bad("there is no element in it".to_owned()));
        }
        tree.problems = std::mem::take(&mut scanner.faults).problems(scanner.text());
        Ok(tree)
    }
}

/// Shortens a name for display.
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

impl<'a> Element<'a> {
    fn found(self) -> Option<&'a FoundRecords<'a>> {
        self.tree.elements.get(self.at)
    }

    fn end(self) -> usize {
        self.found().map_or(0, |found| found.end)
    }

    fn name(self) -> &'a str {
        self.found().map_or("", |found| found.tag.name)
    }

    /// Returns its name without the prefix.
    pub(in crate::extract) fn local(self) -> &'a str {
        local(self.name())
    }

    /// Returns true if it declares a namespace whose name contains `part`, in any case.
    pub(in crate::extract) fn declares(self, part: &str) -> bool {
        let attributes = self.found().map(|found| found.tag.attributes());
        let mut declared = attributes
            .into_iter()
            .flatten()
            .filter(|(name, _)| *name == "xmlns" || name.starts_with("xmlns:"));
        declared.any(|(_, value)| value.to_ascii_lowercase().contains(part))
    }

    /// Returns true if `other` is this element or within it.
    pub(in crate::extract) fn holds(self, other: Self) -> bool {
        (self.at..self.end()).contains(&other.at)
    }

    /// Returns true if the document ends within it.
    pub(in crate::extract) fn is_cut(self) -> bool {
        let range = self.at..self.end();
        self.tree.cut.is_some_and(|cut| range.contains(&cut))
    }

    /// Returns its child elements, in document order.
    pub(in crate::extract) fn children(self) -> impl Iterator<Item = Self> {
        let tree = self.tree;
        let end = self.end();
        let within = move |at: usize| (at < end).then_some(Self { tree, at });
        std::iter::successors(within(self.at + 1), move |before| within(before.end()))
    }

    /// Returns the elements that contain it, from the nearest outwards. The document is the last.
    pub(in crate::extract) fn around(self) -> impl Iterator<Item = Self> {
        let parent = |element: &Self| {
            let parent = element.found().filter(|_| element.at > 0)?.parent;
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
        (self.at + 1..self.end()).map(move |at| Self { tree, at })
    }

    /// Returns attribute names without prefixes, and values as written.
    pub(in crate::extract) fn attributes(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let attributes = self.found().map(|found| found.tag.attributes());
        let declares = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
        let attributes = attributes.into_iter().flatten();
        attributes
            .filter(move |(name, _)| !declares(name))
            .map(|(name, value)| (local(name), value))
    }

    /// Returns the value of an attribute, regardless of its prefix.
    pub(in crate::extract) fn attribute(self, name: &str) -> Option<String> {
        self.found()?.tag.attribute(&[local(name)])
    }

    fn pieces(self) -> &'a [Piece<'a>] {
        let (start, end) = self.found().map_or((0, 0), |found| found.pieces);
        self.tree.pieces.get(start..end).unwrap_or_default()
    }

    /// Returns its characters and those of all elements in it, with references resolved.
    pub(in crate::extract) fn characters(self) -> Cow<'a, str> {
        match self.pieces() {
            [] => Cow::Borrowed(""),
            [Piece::Text(text)] => decode(text).0,
            [Piece::Cdata(text)] => Cow::Borrowed(text),
            pieces => {
                let parts = pieces.iter().filter_map(|piece| match piece {
                    Piece::Text(text) => Some(decode(text).0),
                    Piece::Cdata(text) => Some(Cow::Borrowed(*text)),
                    Piece::Open(_) | Piece::Close(_) => None,
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
                Piece::Text(text) | Piece::Cdata(text) => html += text,
                Piece::Open(at) => {
                    let element = Self { at: *at, ..*self };
                    let attributes = element.found().map_or("", |found| found.tag.attributes);
                    html = html + "<" + element.local() + attributes.trim_end() + ">";
                }
                Piece::Close(at) => {
                    let name = Self { at: *at, ..*self }.local();
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
                    if element.end() > covered {
                        found.extend(element.descendants().filter(|below| below.is(step)));
                        covered = element.end();
                    }
                } else {
                    found.extend(element.children().filter(|child| child.is(step)));
                }
            }
            found.sort_unstable_by_key(|element| element.at);
            found
        })
    }

    fn is(self, step: &Step) -> bool {
        let is_named = step.name.as_deref().is_none_or(|name| {
            let own = if name.contains(':') {
                self.name()
            } else {
                self.local()
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
        let tree = Tree::of(text).expect("a document");
        let path: ElementPath = path.parse().expect("a path");
        let found = tree.document().find(&path);
        let shown = found.iter().map(|found| match &path.attribute {
            Some(name) => found.attribute(name).unwrap_or_default(),
            None => found.characters().into_owned(),
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
        let tree = Tree::of(NOTICES).expect("a document");
        let found = tree.document().find(&"//body".parse().expect("a path"));
        let markup: Vec<String> = found.iter().map(Element::markup).collect();
        assert_eq!(markup, ["x <b>y</b><br>&lt;"]);
    }

    #[test]
    fn broken_markup_is_read() {
        check("<a><b>1<b>2</a><b>3</b>", "a//b", "12|2");
        check("<a><b>1</c></b><b>2", "a/b", "1|2");
        let deep = "<a>".repeat(100_000);
        check(&format!("{deep}x"), "//b", "");
        let problems = Tree::of("<a><b>1</c></b><b>2")
            .expect("a document")
            .problems();
        assert_eq!(problems.len(), 2);
    }
}
