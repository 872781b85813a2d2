//! Parses HTML within limits and extracts its text.

use ego_tree::NodeRef;
use ego_tree::iter::Edge;
use html5ever::tendril::TendrilSink as _;
use html5ever::{QualName, driver, local_name, ns};
use scraper::{Html, HtmlTreeSink, Node};

/// The number of bytes parsed between two checks of the tree: small enough that the parser copes with the worst that one
/// piece can contain.
const PIECE_BYTES: usize = 4 * 1024;
/// The maximum number of attributes of one tag.
const MAX_ATTRIBUTES: u32 = 4_000;

/// Parses a page. Returns `None` if it is made to keep a parser busy: nodes nested deeper than `limit`, a tag with
/// thousands of attributes, on which the parser takes quadratic time, or elements reopened in every paragraph until
/// there are more nodes than bytes.
pub fn parse_page(html: &str, limit: usize) -> Option<Html> {
    let sink = HtmlTreeSink::new(Html::new_document());
    parse_bounded(
        driver::parse_document(sink, driver::ParseOpts::default()),
        html,
        limit,
    )
}

/// Parses markup from the body of a page. Returns `None` as for [`parse_page`].
pub fn parse_fragment(html: &str, limit: usize) -> Option<Html> {
    let sink = HtmlTreeSink::new(Html::new_fragment());
    let body = QualName::new(None, ns!(html), local_name!("body"));
    let options = driver::ParseOpts::default();
    parse_bounded(
        driver::parse_fragment(sink, options, body, Vec::new(), false),
        html,
        limit,
    )
}

/// Parses piece by piece. Only the parser knows the current depth: counting tags is misled by end tags that it ignores,
/// by scripts, and by comments.
fn parse_bounded(
    mut parser: driver::Parser<HtmlTreeSink>,
    html: &str,
    limit: usize,
) -> Option<Html> {
    let (mut known, mut known_text) = (0, 0);
    let (mut began, mut unfinished) = ("", None);
    let mut rest = html;
    while !rest.is_empty() {
        let (piece, further) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        parser.process(piece.into());
        rest = further;
        let page = parser.tokenizer.sink.sink.0.borrow();
        let nodes = page.tree.nodes();
        let count = nodes.len();
        let deep = |node: NodeRef<'_, Node>| node.ancestors().nth(limit + 1).is_some();
        if nodes.rev().take(count - known).any(deep) || count > html.len() + PIECE_BYTES {
            return None;
        }
        let last = page.tree.nodes().next_back();
        let text = last
            .and_then(|node| node.value().as_text())
            .map_or(0, |text| text.len());
        if count > known || text != known_text {
            // An unfinished tag began in this piece.
            (known, known_text, began) = (count, text, piece);
            unfinished = None;
            continue;
        }
        let tag = unfinished.get_or_insert_with(|| UnfinishedTag::after_piece(began));
        tag.read_piece(piece);
        if tag.max_attributes() > MAX_ATTRIBUTES {
            return None;
        }
    }
    Some(parser.finish())
}

/// A tag that the parser may be inside: the places it may be at, and the number of attributes so far. Only the parser
/// knows whether a `<` begins a tag, so every possibility is followed, keeping the most attributes for each place.
#[derive(Clone, Copy, Default)]
struct UnfinishedTag([Option<u32>; PLACES.len()]);

/// Places in a tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TagPlace {
    Open,
    Gap,
    Name,
    AfterName,
    BeforeValue,
    Value,
    DoubleQuotes,
    SingleQuotes,
}

/// All places, in the order of the enum.
const PLACES: [TagPlace; 8] = [
    TagPlace::Open,
    TagPlace::Gap,
    TagPlace::Name,
    TagPlace::AfterName,
    TagPlace::BeforeValue,
    TagPlace::Value,
    TagPlace::DoubleQuotes,
    TagPlace::SingleQuotes,
];

impl UnfinishedTag {
    /// Returns the state at the end of a piece in which a tag may begin.
    fn after_piece(piece: &str) -> Self {
        let mut tag = Self::default();
        tag.read_piece(piece);
        tag
    }

    /// Returns the most attributes that the tag may have.
    fn max_attributes(&self) -> u32 {
        self.0.into_iter().flatten().max().unwrap_or(0)
    }

    fn read_piece(&mut self, piece: &str) {
        let mut bytes = piece.as_bytes();
        while let Some((&byte, further)) = bytes.split_first() {
            if self.0 == Self::default().0 && byte != b'<' {
                let skipped = bytes.iter().position(|byte| *byte == b'<');
                bytes = bytes.split_at(skipped.unwrap_or(bytes.len())).1;
                continue;
            }
            bytes = further;
            let mut next = Self::default();
            for (place, count) in PLACES.into_iter().zip(self.0) {
                if let (Some(count), Some(after)) = (count, place.after_byte(byte)) {
                    let begins = after == TagPlace::Name
                        && matches!(place, TagPlace::Gap | TagPlace::AfterName);
                    next.reach_place(after, count + u32::from(begins));
                }
            }
            if byte == b'<' {
                next.reach_place(TagPlace::Open, 0);
            }
            *self = next;
            if is_plain(byte) {
                let run = bytes.iter().take_while(|byte| is_plain(**byte));
                bytes = bytes.split_at(run.count()).1;
            }
        }
    }

    fn reach_place(&mut self, place: TagPlace, attributes: u32) {
        let known = &mut self.0[place as usize];
        *known = (*known).max(Some(attributes));
    }
}

/// Returns true if further bytes like this one lead to the same place and begin no other attribute.
fn is_plain(byte: u8) -> bool {
    !matches!(
        byte,
        b'<' | b'>' | b'/' | b'=' | b'"' | b'\'' | b' ' | b'\t' | b'\n' | b'\r' | 0xC
    )
}

impl TagPlace {
    /// Returns the place after a byte (WHATWG HTML §13.2.5.6 and on); `None` at the end of the tag.
    fn after_byte(self, byte: u8) -> Option<Self> {
        let space = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0xC);
        match (self, byte) {
            (Self::Open, b'/') => Some(Self::Open),
            (Self::Open, _) => byte.is_ascii_alphabetic().then_some(Self::Name),
            (Self::DoubleQuotes, b'"') | (Self::SingleQuotes, b'\'') => Some(Self::Gap),
            (Self::DoubleQuotes | Self::SingleQuotes, _) => Some(self),
            (_, b'>') => None,
            (Self::BeforeValue, b'"') => Some(Self::DoubleQuotes),
            (Self::BeforeValue, b'\'') => Some(Self::SingleQuotes),
            (Self::BeforeValue, _) => Some(if space { self } else { Self::Value }),
            (Self::Value, _) => Some(if space { Self::Gap } else { self }),
            (Self::Name | Self::AfterName, b'=') => Some(Self::BeforeValue),
            (Self::Name | Self::AfterName, _) if space => Some(Self::AfterName),
            (Self::Gap, _) if space => Some(self),
            (_, b'/') => Some(Self::Gap),
            _ => Some(Self::Name),
        }
    }
}

/// Text as a reader sees it: white space folded, one line per block.
#[derive(Debug, Default)]
pub(crate) struct TextLines(String);

impl TextLines {
    /// Appends text. Each run of white space, including non-breaking spaces, becomes one space, and invisible
    /// characters are removed.
    pub(crate) fn push_text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = find_irregular(rest.as_bytes()) {
            let (before, further) = rest.split_at(at);
            self.0.push_str(before);
            let folded = further.trim_start();
            if folded.len() < further.len() {
                if !self.0.is_empty() && !self.0.ends_with([' ', '\n']) {
                    self.0.push(' ');
                }
                rest = folded;
            } else {
                let mut chars = further.chars();
                self.0.extend(chars.next().filter(|c| !is_invisible(*c)));
                rest = chars.as_str();
            }
        }
        self.0.push_str(rest);
    }

    /// Processes a start or end tag, given its name in lower case.
    pub(crate) fn push_tag(&mut self, name: &str) {
        if is_block(name) {
            self.0.truncate(self.0.trim_end_matches(' ').len());
            if !self.0.is_empty() && !self.0.ends_with('\n') {
                self.0.push('\n');
            }
        } else if matches!(name, "td" | "th") {
            self.push_text(" ");
        }
    }

    /// Returns the text.
    pub(crate) fn finish(mut self) -> String {
        self.0.truncate(self.0.trim_end().len());
        self.0
    }
}

/// Returns true for characters that show nothing: soft hyphens, zero-width spaces, and those that change the direction
/// of all following text. Direction marks for one place, and joiners, are part of how some languages are written.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{200B}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
    )
}

/// First bytes of white space other than a space, and of invisible characters.
const IRREGULAR: [bool; 256] = {
    let mut irregular = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        irregular[byte] = true;
        byte += 1;
    }
    let others = *b"\xC2\xE1\xE2\xE3\xEF";
    let mut at = 0;
    while at < others.len() {
        irregular[others[at] as usize] = true;
        at += 1;
    }
    irregular
};

/// Returns the position of the first text that must be changed: anything but words separated by single spaces.
fn find_irregular(text: &[u8]) -> Option<usize> {
    let mut before = b' ';
    text.iter().position(|&byte| {
        let doubled = byte == b' ' && before == b' ';
        before = byte;
        doubled || IRREGULAR[usize::from(byte)]
    })
}

/// Returns true for elements that begin and end a line of text.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "br"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tr"
            | "ul"
    )
}

/// Returns the text below a node, without scripts and styles.
pub fn text_of_node(node: NodeRef<'_, Node>) -> String {
    text_of_nodes([node])
}

/// Returns the text of several nodes, one after the other.
pub fn text_of_nodes<'a>(nodes: impl IntoIterator<Item = NodeRef<'a, Node>>) -> String {
    let mut lines = TextLines::default();
    for edge in nodes.into_iter().flat_map(|node| node.traverse()) {
        let (open, node) = match edge {
            Edge::Open(node) => (true, node),
            Edge::Close(node) => (false, node),
        };
        match node.value() {
            Node::Text(found) if open && !is_hidden(node) => lines.push_text(found),
            Node::Element(element) => lines.push_tag(element.name()),
            _ => {}
        }
    }
    lines.finish()
}

fn is_hidden(node: NodeRef<'_, Node>) -> bool {
    let parent = node.parent().and_then(|parent| parent.value().as_element());
    parent
        .is_some_and(|parent| matches!(parent.name(), "script" | "style" | "template" | "noscript"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_a_reader_sees() {
        let page = Html::parse_fragment(
            "<p>One\u{a0} two</p>three<br>four<script>x</script> <ul><li>a<li>b</ul>",
        );
        assert_eq!(text_of_node(page.tree.root()), "One two\nthree\nfour\na\nb");
    }

    fn check(html: &str, limit: usize, deep: bool) {
        let shown: String = html.chars().take(40).collect();
        assert_eq!(parse_fragment(html, limit).is_none(), deep, "{shown}");
        assert_eq!(parse_page(html, limit).is_none(), deep, "{shown}");
    }

    #[test]
    fn depth_is_what_the_parser_makes_of_it() {
        check(&"<div></div>".repeat(1000), 10, false);
        check(&"<p>a<li>b<br>".repeat(1000), 10, false);
        check(&"<div><span>x</div>".repeat(1000), 10, false);
        check(&"<table><tr><td>x".repeat(2), 10, false);
        check(&"<table><tr><td>x".repeat(3), 10, true);
        check(&"<div>".repeat(7), 10, false);
        check(&"<div>".repeat(11), 10, true);
        check("a < b << c <1 < / <", 10, false);
    }

    #[test]
    fn a_tag_of_too_many_attributes_is_given_up() {
        check(&format!("<a {}>", "b ".repeat(1_000)), 10, false);
        check(&format!("<a b='{}'>", "b ".repeat(100_000)), 10, false);
        check(
            &format!("<script>{}</script>", "b ".repeat(100_000)),
            10,
            false,
        );
        for tag in [
            "<a {}>",
            "<!-- <a c='--><a {}>",
            "<svg><title><a {}>",
            "</p {}>",
            "<textarea></textarea {}>",
        ] {
            for attribute in ["b ", "b=\"'>\"", "b='\">'", "b/", "b=c ", "= "] {
                check(&tag.replace("{}", &attribute.repeat(200_000)), 10, true);
            }
        }
    }

    #[test]
    fn elements_opened_again_and_again_are_given_up() {
        let open: Vec<String> = (0..100).map(|n| format!("<b title={n}>")).collect();
        let open = open.concat();
        check(&format!("<p>{open}{}", "<p>x".repeat(1_000)), 200, true);
        check(&"<p><b><i>x<p>".repeat(1_000), 200, false);
    }

    /// Each of these deceived a count of tags and took minutes.
    #[test]
    fn no_trick_hides_the_depth() {
        for trick in [
            "<div></b>",
            "<div></p x='</div>'>",
            "<div><!--</div>-->",
            "<div><script></div></script>",
            "<form><div></form>",
            "<b><div></b>",
            "<rt>",
            "<optgroup>",
        ] {
            check(&trick.repeat(100_000), 512, true);
        }
    }
}
