//! Decides which `<` of a text begins a tag and which is literal: `Vec<u8>`, `<URGENT> Bridge closed`, `a<b and c>d`.
//!
//! A format may declare that a text is markup, or leave it open (RSS). If it is left open, a tag is recognized by a
//! name of HTML, by attributes with values, and by its matching tag; all other text is preserved. Linear in the text.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use memchr::memmem;

use super::references::{ReferenceContext, decode_references, parse_reference};
use super::visible_line;

/// The format's declaration for a text that contains `<` and `&`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::normalize) enum DeclaredFormat {
    /// Declared as markup.
    Markup,
    /// Not declared.
    Unsaid,
}

/// Maximum number of times a reader may decode references before it finds markup in a title.
const MAX_UNDONE: usize = 3;

/// Converts a line to markup: a `<` that begins no tag is escaped, and CDATA marks are removed. `None` if the text is
/// plain.
pub(super) fn convert_to_markup(text: &str, meant: DeclaredFormat) -> Option<Cow<'_, str>> {
    let marks = PossibleTags::from_text(text);
    let is_markup = || {
        let mut all = marks.0.iter().enumerate();
        all.any(|(number, _)| marks.is_tag(number, text)) || contains_reference(text)
    };
    if meant == DeclaredFormat::Unsaid && !is_markup() {
        return None;
    }
    if marks.0.is_empty() && meant == DeclaredFormat::Markup {
        return Some(Cow::Borrowed(text));
    }
    let mut markup = String::with_capacity(text.len());
    let mut at = 0;
    for (number, mark) in marks.0.iter().enumerate() {
        // The end of a section may be inside an apparent tag.
        let Some(between) = text.get(at..mark.range.start) else {
            continue;
        };
        markup.push_str(between);
        at = mark.range.start;
        let is_tag = match meant {
            DeclaredFormat::Markup => marks.may_be_tag(number),
            DeclaredFormat::Unsaid => marks.is_tag(number, text),
        };
        if mark.kind == PossibleTagKind::Section && is_tag {
            at = mark.range.end;
        } else if !is_tag && text.get(at..).is_some_and(|rest| rest.starts_with('<')) {
            markup.push_str("&lt;");
            at += 1;
        }
    }
    markup.push_str(text.get(at..).unwrap_or_default());
    Some(Cow::Owned(markup))
}

/// Returns true if a text of an undeclared kind is HTML: it contains a tag of HTML, a comment, or a character
/// reference.
pub(in crate::normalize) fn contains_markup(text: &str) -> bool {
    let marks = PossibleTags::from_text(text);
    marks.0.iter().any(|mark| mark.is_known) || contains_reference(text)
}

/// Returns the line without its markup, including markup that appears once references are decoded. `None` if it has
/// no markup.
pub(in crate::normalize) fn without_hidden_markup(line: &str) -> Option<String> {
    let mut level = Cow::Borrowed(line);
    for _ in 0..=MAX_UNDONE {
        let marks = PossibleTags::from_text(&level);
        if (0..marks.0.len()).any(|number| marks.is_tag(number, &level)) {
            return Some(visible_line(&level, DeclaredFormat::Unsaid));
        }
        let below = decode_references(&level, ReferenceContext::Text).into_owned();
        if below == *level {
            return None;
        }
        level = Cow::Owned(below);
    }
    None
}

/// Returns true for white space. Stops at the first other character, because a text may have many marks.
fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

fn contains_reference(text: &str) -> bool {
    let mut pieces = text.split('&').skip(1);
    pieces.any(|piece| parse_reference(piece).is_some())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PossibleTagKind {
    Start,
    End,
    /// A tag cut off by the end of the text.
    Cut,
    /// A comment or processing instruction.
    Aside,
    /// The beginning or end of an escaped CDATA section.
    Section,
}

/// A possible tag.
#[derive(Debug)]
struct PossibleTag {
    range: Range<usize>,
    kind: PossibleTagKind,
    /// The name in lower case.
    name: String,
    /// True if HTML has the element, and all its attributes look genuine.
    is_known: bool,
    /// True if it has attributes, or is self-closing.
    has_more: bool,
}

/// All marks of a text, in order.
struct PossibleTags(Vec<PossibleTag>, HashMap<String, TagPair>);

/// The first start tag and the last end tag of a name.
#[derive(Clone, Copy, Default)]
struct TagPair {
    start: Option<usize>,
    end: Option<usize>,
}

impl PossibleTags {
    fn from_text(text: &str) -> Self {
        let mut marks = Vec::new();
        let (mut at, mut no_section_end) = (0, false);
        let mut section: Option<usize> = None;
        let find = |what: &str, from: usize| {
            let found = memmem::find(text.as_bytes().get(from..)?, what.as_bytes())?;
            Some(from + found)
        };
        let aside = |range, kind| PossibleTag {
            range,
            kind,
            name: String::new(),
            is_known: true,
            has_more: false,
        };
        while let Some(found) = find("<", at) {
            let inside = text.get(found + 1..).unwrap_or_default();
            at = found + 1;
            if let Some(end) = section.filter(|end| *end < found) {
                marks.push(aside(
                    end..end + SECTION_END.len(),
                    PossibleTagKind::Section,
                ));
                section = None;
            }
            let mut mark = None;
            if starts_with_ignore_case(inside, SECTION) {
                let behind = found + 1 + SECTION.len();
                // A mark ends where the surrounding section does.
                let end = match section.filter(|end| *end >= behind) {
                    None if !no_section_end => find(SECTION_END, behind),
                    end => end,
                };
                no_section_end |= end.is_none();
                let held = text
                    .get(behind..end.unwrap_or(text.len()))
                    .unwrap_or_default();
                let is_first = is_blank(text.get(..found).unwrap_or_default());
                if !is_blank(held) && (end.is_some() || is_first) {
                    mark = Some(aside(found..behind, PossibleTagKind::Section));
                    section = end.or(section);
                }
            } else if inside.starts_with("!--") {
                let end = find("-->", found + 4);
                // An unclosed comment extends to the end.
                let end = end.map_or(text.len(), |end| end + 3);
                mark = Some(aside(found..end, PossibleTagKind::Aside));
            } else {
                mark = parse_tag(inside, found);
            }
            // A lone `<`.
            let mark = mark.unwrap_or_else(|| PossibleTag {
                is_known: false,
                ..aside(found..at, PossibleTagKind::Aside)
            });
            at = mark.range.end;
            marks.push(mark);
        }
        let stray = text.trim_end().strip_suffix(SECTION_END).map(str::len);
        for end in [section, stray.filter(|stray| section != Some(*stray))] {
            if let Some(end) = end.filter(|end| *end >= at) {
                marks.push(aside(
                    end..end + SECTION_END.len(),
                    PossibleTagKind::Section,
                ));
            }
        }
        let pairs = pair_tags(&marks);
        Self(marks, pairs)
    }

    fn has_pair(&self, number: usize) -> bool {
        let Some(mark) = self.0.get(number) else {
            return false;
        };
        let pair = self.1.get(&mark.name).copied().unwrap_or_default();
        match mark.kind {
            PossibleTagKind::Start => pair.end.is_some_and(|end| end > number),
            PossibleTagKind::End => pair.start.is_some_and(|start| start < number),
            PossibleTagKind::Cut | PossibleTagKind::Aside | PossibleTagKind::Section => false,
        }
    }

    /// Returns true if a mark is a tag in declared markup: any mark except a bare name that HTML does not have.
    fn may_be_tag(&self, number: usize) -> bool {
        let Some(mark) = self.0.get(number) else {
            return false;
        };
        let is_custom = mark.name.contains(['-', ':']);
        mark.is_known || mark.has_more || is_custom || self.has_pair(number)
    }

    /// Returns true if a mark is a tag in a text of an undeclared kind.
    fn is_tag(&self, number: usize, text: &str) -> bool {
        let Some(mark) = self.0.get(number) else {
            return false;
        };
        let is_custom = mark.name.contains(['-', ':']);
        if !mark.is_known {
            return is_custom && self.has_pair(number);
        }
        let before = text.get(..mark.range.start).unwrap_or_default();
        let behind = text.get(mark.range.end..).unwrap_or_default();
        let after_word = before.ends_with(|c: char| !c.is_whitespace());
        let before_word = behind.starts_with(|c: char| !c.is_whitespace());
        match mark.kind {
            PossibleTagKind::Aside | PossibleTagKind::Section | PossibleTagKind::Cut => true,
            _ if self.has_pair(number) => true,
            PossibleTagKind::End => after_word || before.is_empty() && before_word,
            PossibleTagKind::Start => {
                mark.has_more
                    || matches!(&*mark.name, "br" | "wbr")
                    || is_blank(before) && before_word && is_wrapper(&mark.name)
                    || has_optional_end_tag(&mark.name) && (after_word || before_word)
            }
        }
    }
}

fn pair_tags(marks: &[PossibleTag]) -> HashMap<String, TagPair> {
    let mut pairs: HashMap<String, TagPair> = HashMap::new();
    for (number, mark) in marks.iter().enumerate() {
        match mark.kind {
            PossibleTagKind::Start => {
                let pair = pairs.entry(mark.name.clone()).or_default();
                pair.start.get_or_insert(number);
            }
            PossibleTagKind::End => pairs.entry(mark.name.clone()).or_default().end = Some(number),
            PossibleTagKind::Cut | PossibleTagKind::Aside | PossibleTagKind::Section => {}
        }
    }
    pairs
}

/// The beginning and end of an escaped CDATA section.
const SECTION: &str = "![CDATA[";
const SECTION_END: &str = "]]>";

fn starts_with_ignore_case(text: &str, with: &str) -> bool {
    let start = text.as_bytes().get(..with.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
}

/// Maximum length of an element's name.
const MAX_NAME: usize = 32;

/// Parses the tag that `inside`, after the `<` at byte `at`, begins with.
fn parse_tag(inside: &str, at: usize) -> Option<PossibleTag> {
    let (kind, named) = match inside.strip_prefix('/') {
        Some(named) => (PossibleTagKind::End, named),
        None => (PossibleTagKind::Start, inside),
    };
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':');
    let length = named.find(|c| !goes_on(c)).unwrap_or(named.len());
    let (name, rest) = named.split_at(length);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || length > MAX_NAME {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let is_known = NAMES.contains(&&*name);
    let read = scan_attributes(rest)?;
    let kind = if read.is_cut {
        PossibleTagKind::Cut
    } else {
        kind
    };
    let start = at + 1 + inside.len() - rest.len();
    Some(PossibleTag {
        range: at..start + read.bytes,
        kind,
        is_known: is_known && (read.has_value || read.are_known && kind != PossibleTagKind::Cut),
        has_more: read.has_value || read.is_closed,
        name,
    })
}

/// The rest of a tag, after its name.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a sign of its own, and all are weighed together"
)]
struct ScannedAttributes {
    bytes: usize,
    /// True if the text ends before the tag does.
    is_cut: bool,
    /// True if an attribute has a value.
    has_value: bool,
    /// True if all attributes without a value are known to need none, unlike words (`a<b and c>d`).
    are_known: bool,
    /// True if the tag ends with a slash.
    is_closed: bool,
}

/// Parses attributes; returns `None` if another `<` shows that this is no tag.
fn scan_attributes(text: &str) -> Option<ScannedAttributes> {
    let mut read = ScannedAttributes {
        bytes: 0,
        is_cut: false,
        has_value: false,
        are_known: true,
        is_closed: false,
    };
    let is_space = |c: char| c.is_ascii_whitespace();
    let mut rest = text;
    loop {
        let given = rest.trim_start_matches(|c| is_space(c) || c == '/');
        read.is_closed = rest.split_at(rest.len() - given.len()).0.ends_with('/');
        rest = given;
        if let Some(behind) = rest.strip_prefix('>') {
            read.bytes = text.len() - behind.len();
            return Some(read);
        }
        if rest.is_empty() {
            (read.bytes, read.is_cut) = (text.len(), true);
            return Some(read);
        }
        let ends = |c: char| is_space(c) || matches!(c, '=' | '/' | '>' | '<' | '"' | '\'');
        let (name, behind) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        let Some(value) = behind.trim_start_matches(is_space).strip_prefix('=') else {
            let is_sign = behind.starts_with(['<', '"', '\'']);
            read.are_known &= VALUELESS.contains(&&*name.to_ascii_lowercase());
            if is_sign {
                return None;
            }
            rest = behind;
            continue;
        };
        read.has_value = true;
        let value = value.trim_start_matches(is_space);
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        rest = match quote.and_then(|quote| value.strip_prefix(quote)?.split_once(quote)) {
            Some((_, behind)) => behind,
            // An unclosed quote extends to the end.
            None if quote.is_some() => "",
            None => {
                let end = value.find(|c| is_space(c) || matches!(c, '>' | '<'));
                let (_, behind) = value.split_at(end.unwrap_or(value.len()));
                if behind.starts_with('<') {
                    return None;
                }
                behind
            }
        };
    }
}

/// Attributes without a value.
const VALUELESS: [&str; 18] = [
    "allowfullscreen",
    "async",
    "autoplay",
    "checked",
    "compact",
    "controls",
    "defer",
    "disabled",
    "hidden",
    "itemscope",
    "loop",
    "multiple",
    "muted",
    "noshade",
    "nowrap",
    "open",
    "reversed",
    "selected",
];

/// Returns true for elements that wrap titles, and lose their end tag if the title is cut.
fn is_wrapper(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "center"
            | "div"
            | "em"
            | "font"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "i"
            | "small"
            | "span"
            | "strong"
            | "u"
    )
}

/// Returns true for elements without an end tag, or whose end tag is often omitted.
fn has_optional_end_tag(name: &str) -> bool {
    matches!(
        name,
        "dd" | "dt" | "hr" | "img" | "input" | "li" | "link" | "meta" | "p" | "td" | "th" | "tr"
    )
}

/// The elements of HTML, including those of earlier versions.
const NAMES: [&str; 127] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "basefont",
    "bdi",
    "bdo",
    "big",
    "blink",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "marquee",
    "menu",
    "meta",
    "meter",
    "nav",
    "nobr",
    "noframes",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "param",
    "picture",
    "pre",
    "progress",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(
            visible_line(text, DeclaredFormat::Unsaid),
            expected,
            "{text}"
        );
    }

    #[test]
    fn what_is_no_tag_stays() {
        for plain in [
            "<URGENTE> Cierre del puente",
            "Vec<u8> and i < 3 && j > 4",
            "a<b and c>d",
            "<<<Storm>>> warning",
            "List<A>, Map<I, S>",
            "Use <b> for bold",
            "Missing </div> breaks the page",
            "Browser 23 without <blink>",
            "<3 from the harbour",
            "<VIDEO> Discurso",
            "<ana@host.example> escribe",
            "<https://host.example/> ha cambiado",
            "a <-- b",
            "How to escape <![CDATA[ ]]> in XML",
            "x <y> z </y> w",
        ] {
            check(plain, plain);
        }
    }

    #[test]
    fn tags_go() {
        check("<b>Aviso</b>: <i class=x>cierre</i>", "Aviso: cierre");
        check(
            "<URGENTE> <b>Cierre</b> & <más>",
            "<URGENTE> Cierre & <más>",
        );
        check("Uno<br>dos<br/>tres", "Uno\ndos\ntres");
        check("<p>Aviso", "Aviso");
        check("<strong>Aviso de ci", "Aviso de ci");
        check("Aviso</b>", "Aviso");
        check("Aviso <a href=\"https://host.example/a", "Aviso");
        check("Aviso <img src=a.png alt='>'>", "Aviso");
        check("a<!-- <b> -->b", "ab");
        check("a<!-- <b>", "a");
        check("<td nowrap>a</td>", "a");
        check("<o:p>a</o:p>", "a");
        check("a<script>b()</script>", "a");
    }

    #[test]
    fn references_are_undone_and_brackets_stay() {
        check("Vec<u8> &amp; <b>", "Vec<u8> & <b>");
        check("without &lt;blink&gt;", "without <blink>");
    }

    #[test]
    fn sections_are_opened() {
        check("<![CDATA[Aviso & cierre]]>", "Aviso & cierre");
        check("Aviso: <![cdata[<b>cierre</b>]]> hoy", "Aviso: cierre hoy");
        check("<![CDATA[Aviso", "Aviso");
        check("Aviso]]>", "Aviso");
        check("<![CDATA[<![CDATA[Aviso]]>]]>", "Aviso");
    }

    #[test]
    fn of_what_is_said_to_be_markup_bare_names_stay() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                visible_line(text, DeclaredFormat::Markup),
                expected,
                "{text}"
            );
        };
        check("<URGENTE> Cierre", "<URGENTE> Cierre");
        check("<b>a <svg><path d=x></svg> <x-y>", "a");
        check("<foo>a</foo> b < c", "a b < c");
    }

    #[test]
    fn no_markup_comes_to_light() {
        let check = |line: &str, expected: Option<&str>| {
            assert_eq!(without_hidden_markup(line).as_deref(), expected, "{line}");
        };
        check("Aviso", None);
        check("Vec<u8> & <b> &lt;b&gt;", None);
        check("<b>Aviso</b>", Some("Aviso"));
        check("&lt;b&gt;Aviso&lt;/b&gt;", Some("Aviso"));
        check("&amp;lt;b&amp;gt;Aviso&amp;lt;/b&amp;gt;", Some("Aviso"));
    }

    #[test]
    fn hostile_texts_take_linear_time() {
        for piece in [
            "<",
            "<a ",
            "<a b=\"",
            "<a b='\"",
            "<!--",
            "<![CDATA[",
            "</",
            "<b>",
            "<a b c",
            "&lt;",
        ] {
            let text = piece.repeat(100_000);
            visible_line(&text, DeclaredFormat::Unsaid);
            visible_line(&text, DeclaredFormat::Markup);
            contains_markup(&text);
        }
    }
}
