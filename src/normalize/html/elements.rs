//! The elements and attributes that may be published.

/// An element that may be published.
#[derive(Debug)]
pub(super) struct AllowedElement {
    pub(super) name: &'static str,
    /// Attributes in addition to those of every element.
    pub(super) attributes: &'static [&'static str],
}

impl AllowedElement {
    /// Returns true if the element has no content and no end tag.
    pub(super) fn is_void(&self) -> bool {
        matches!(self.name, "br" | "col" | "hr" | "img" | "wbr")
    }

    /// Returns true if another element of the same name ends it.
    pub(super) fn is_ended_by_next(&self) -> bool {
        matches!(self.name, "dd" | "dt" | "li" | "p" | "td" | "th" | "tr")
    }
}

const fn element(name: &'static str, attributes: &'static [&'static str]) -> AllowedElement {
    AllowedElement { name, attributes }
}

/// Attributes of every element.
pub(super) const COMMON: [&str; 3] = ["dir", "lang", "title"];

/// Elements by name. `span` is not included: without its style it means nothing.
pub(super) static ELEMENTS: [AllowedElement; 75] = [
    element("a", &["href", "hreflang"]),
    element("abbr", &[]),
    element("acronym", &[]),
    element("address", &[]),
    element("article", &[]),
    element("aside", &[]),
    element("b", &[]),
    element("bdi", &[]),
    element("bdo", &[]),
    element("blockquote", &[]),
    element("br", &[]),
    element("caption", &[]),
    element("center", &[]),
    element("cite", &[]),
    element("code", &[]),
    element("col", &["span"]),
    element("colgroup", &["span"]),
    element("data", &["value"]),
    element("dd", &[]),
    element("del", &["datetime"]),
    element("details", &[]),
    element("dfn", &[]),
    element("div", &[]),
    element("dl", &[]),
    element("dt", &[]),
    element("em", &[]),
    element("figcaption", &[]),
    element("figure", &[]),
    element("footer", &[]),
    element("h1", &[]),
    element("h2", &[]),
    element("h3", &[]),
    element("h4", &[]),
    element("h5", &[]),
    element("h6", &[]),
    element("header", &[]),
    element("hgroup", &[]),
    element("hr", &[]),
    element("i", &[]),
    element("img", &["alt", "height", "src", "width"]),
    element("ins", &["datetime"]),
    element("kbd", &[]),
    element("li", &["value"]),
    element("main", &[]),
    element("mark", &[]),
    element("nav", &[]),
    element("ol", &["reversed", "start", "type"]),
    element("p", &[]),
    element("pre", &[]),
    element("q", &[]),
    element("rp", &[]),
    element("rt", &[]),
    element("ruby", &[]),
    element("s", &[]),
    element("samp", &[]),
    element("section", &[]),
    element("small", &[]),
    element("strike", &[]),
    element("strong", &[]),
    element("sub", &[]),
    element("summary", &[]),
    element("sup", &[]),
    element("table", &[]),
    element("tbody", &[]),
    element("td", &["colspan", "rowspan"]),
    element("tfoot", &[]),
    element("th", &["colspan", "rowspan", "scope"]),
    element("thead", &[]),
    element("time", &["datetime"]),
    element("tr", &[]),
    element("tt", &[]),
    element("u", &[]),
    element("ul", &[]),
    element("var", &[]),
    element("wbr", &[]),
];

/// Range of the elements with each initial letter.
static BY_INITIAL: [(usize, usize); 26] = index_by_initial();

const fn index_by_initial() -> [(usize, usize); 26] {
    let mut ranges = [(0, 0); 26];
    let mut at = 0;
    while at < ELEMENTS.len() {
        let initial = (ELEMENTS[at].name.as_bytes()[0] - b'a') as usize;
        if ranges[initial].1 == 0 {
            ranges[initial].0 = at;
        }
        at += 1;
        ranges[initial].1 = at;
    }
    ranges
}

/// Returns the element with that name in lower case if it may be published.
pub(super) fn find_element(name: &str) -> Option<&'static AllowedElement> {
    let initial = name.bytes().next()?.checked_sub(b'a')?;
    let (first, last) = *BY_INITIAL.get(usize::from(initial))?;
    let mut known = ELEMENTS.get(first..last)?.iter();
    known.find(|element| element.name == name)
}
