//! The elements and attributes that may be published, and where each may stand.

/// What an element may hold, and what ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Part of a line.
    Inline,
    /// Part of a line that a browser carries on into the next block when it is not closed.
    Formatting,
    /// A link: there is none within another.
    Anchor,
    /// `br`, `wbr`
    Break,
    /// `img`
    Image,
    /// `hr`
    Rule,
    /// A paragraph: ended by any block.
    Paragraph,
    /// A block that a list item looks through for the one before it: `div`, `address`.
    Division,
    /// Any other block.
    Block,
    /// `ul`, `ol`
    List,
    /// A heading: none directly within another.
    Heading,
    /// `li`
    Item,
    /// `dt`, `dd`
    Term,
    /// `ruby`
    Ruby,
    /// `rt`, `rp`: directly within `ruby`
    RubyText,
    /// `table`
    Table,
    /// `caption`: directly within `table`, as the next two are
    Caption,
    /// `colgroup`
    Columns,
    /// `thead`, `tbody`, `tfoot`
    Section,
    /// `col`: directly within `colgroup`
    Column,
    /// `tr`: directly within a section
    Row,
    /// `td`, `th`: directly within `tr`
    Cell,
}

impl Kind {
    /// The frame that this part of a table stands directly in.
    pub(super) fn frame(self) -> Option<&'static str> {
        match self {
            Self::Caption | Self::Columns | Self::Section => Some("table"),
            Self::Column => Some("colgroup"),
            Self::Row => Some("tbody"),
            Self::Cell => Some("tr"),
            _ => None,
        }
    }

    /// Whether only parts of a table stand directly in it.
    pub(super) fn is_frame(self) -> bool {
        matches!(
            self,
            Self::Table | Self::Columns | Self::Section | Self::Row
        )
    }

    /// Whether what is open around it is out of reach for what stands within.
    pub(super) fn is_scope(self) -> bool {
        matches!(self, Self::Table | Self::Caption | Self::Cell)
    }

    /// Whether it is part of a line.
    pub(super) fn is_inline(self) -> bool {
        matches!(
            self,
            Self::Inline | Self::Formatting | Self::Anchor | Self::Ruby | Self::RubyText
        )
    }

    /// Whether it has no content and no end tag.
    pub(super) fn is_void(self) -> bool {
        matches!(self, Self::Break | Self::Image | Self::Rule | Self::Column)
    }
}

/// An element that may be published.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Its attributes beside those of every element.
    pub(super) attributes: &'static [&'static str],
}

const fn element(name: &'static str, kind: Kind, attributes: &'static [&'static str]) -> Element {
    Element {
        name,
        kind,
        attributes,
    }
}

/// Attributes of every element.
pub(super) const COMMON: [&str; 3] = ["dir", "lang", "title"];

/// By name.
pub(super) static ELEMENTS: [Element; 76] = [
    element("a", Kind::Anchor, &["href", "hreflang"]),
    element("abbr", Kind::Inline, &[]),
    element("acronym", Kind::Inline, &[]),
    element("address", Kind::Division, &[]),
    element("article", Kind::Block, &[]),
    element("aside", Kind::Block, &[]),
    element("b", Kind::Formatting, &[]),
    element("bdi", Kind::Inline, &[]),
    element("bdo", Kind::Inline, &[]),
    element("blockquote", Kind::Block, &[]),
    element("br", Kind::Break, &[]),
    element("caption", Kind::Caption, &[]),
    element("center", Kind::Block, &[]),
    element("cite", Kind::Inline, &[]),
    element("code", Kind::Formatting, &[]),
    element("col", Kind::Column, &["span"]),
    element("colgroup", Kind::Columns, &["span"]),
    element("data", Kind::Inline, &["value"]),
    element("dd", Kind::Term, &[]),
    element("del", Kind::Inline, &["datetime"]),
    element("details", Kind::Block, &[]),
    element("dfn", Kind::Inline, &[]),
    element("div", Kind::Division, &[]),
    element("dl", Kind::Block, &[]),
    element("dt", Kind::Term, &[]),
    element("em", Kind::Formatting, &[]),
    element("figcaption", Kind::Block, &[]),
    element("figure", Kind::Block, &[]),
    element("footer", Kind::Block, &[]),
    element("h1", Kind::Heading, &[]),
    element("h2", Kind::Heading, &[]),
    element("h3", Kind::Heading, &[]),
    element("h4", Kind::Heading, &[]),
    element("h5", Kind::Heading, &[]),
    element("h6", Kind::Heading, &[]),
    element("header", Kind::Block, &[]),
    element("hgroup", Kind::Block, &[]),
    element("hr", Kind::Rule, &[]),
    element("i", Kind::Formatting, &[]),
    element("img", Kind::Image, &["alt", "height", "src", "width"]),
    element("ins", Kind::Inline, &["datetime"]),
    element("kbd", Kind::Inline, &[]),
    element("li", Kind::Item, &["value"]),
    element("main", Kind::Block, &[]),
    element("mark", Kind::Inline, &[]),
    element("nav", Kind::Block, &[]),
    element("ol", Kind::List, &["reversed", "start", "type"]),
    element("p", Kind::Paragraph, &[]),
    element("pre", Kind::Block, &[]),
    element("q", Kind::Inline, &[]),
    element("rp", Kind::RubyText, &[]),
    element("rt", Kind::RubyText, &[]),
    element("ruby", Kind::Ruby, &[]),
    element("s", Kind::Formatting, &[]),
    element("samp", Kind::Inline, &[]),
    element("section", Kind::Block, &[]),
    element("small", Kind::Formatting, &[]),
    element("span", Kind::Inline, &[]),
    element("strike", Kind::Formatting, &[]),
    element("strong", Kind::Formatting, &[]),
    element("sub", Kind::Inline, &[]),
    element("summary", Kind::Block, &[]),
    element("sup", Kind::Inline, &[]),
    element("table", Kind::Table, &[]),
    element("tbody", Kind::Section, &[]),
    element("td", Kind::Cell, &["colspan", "rowspan"]),
    element("tfoot", Kind::Section, &[]),
    element("th", Kind::Cell, &["colspan", "rowspan", "scope"]),
    element("thead", Kind::Section, &[]),
    element("time", Kind::Inline, &["datetime"]),
    element("tr", Kind::Row, &[]),
    element("tt", Kind::Formatting, &[]),
    element("u", Kind::Formatting, &[]),
    element("ul", Kind::List, &[]),
    element("var", Kind::Inline, &[]),
    element("wbr", Kind::Break, &[]),
];

/// The element of that name in lower case, where it may be published.
pub(super) fn named(name: &str) -> Option<&'static Element> {
    let found = ELEMENTS.binary_search_by_key(&name, |element| element.name);
    found.ok().map(|at| &ELEMENTS[at])
}
