//! Converts HTML as found to [`SafeHtml`] and to text.
//!
//! `ammonia`, which parses as a browser does, makes HTML safe. Before it, [`reduce`] drops everything that is not
//! published anyway, so that it has less to parse, and nothing that would take long. Text without a tag needs no
//! sanitizing.

mod elements;
mod meant;
mod references;
mod reduce;
mod tokens;

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use self::elements::{COMMON, ELEMENTS};
pub(super) use self::meant::{DeclaredFormat, contains_markup, without_hidden_markup};
use self::reduce::{SCHEMES, reduce_markup};
use self::references::{ReferenceContext, decode_references, push_escaped};
pub(super) use self::references::{is_xml_char, parse_reference};
use self::tokens::{MarkupToken, tokenize};
use super::mend::{may_need_repair, mend_text};
use crate::model::{RawText, SafeHtml};
use crate::text::{TextLines, parse_fragment};

/// Stored with every row. Raise it when the allowed markup changes, so that stored rows are sanitized again, or when
/// entries are read differently, so that they do not appear as updated.
pub const VERSION: u32 = 4;

/// Maximum length of the text of one field, in characters.
pub(super) const MAX_CHARACTERS: usize = 512 * 1024;

/// Maximum nesting depth; deeper markup is shown without its tags.
const MAX_DEPTH: usize = 100;

/// Makes HTML safe; resolves relative addresses against one base.
pub(super) struct Sanitizer<'a> {
    /// `None` for a local file: an address relative to it is useless to readers elsewhere.
    base: Option<&'a Url>,
}

impl<'a> Sanitizer<'a> {
    pub(super) fn new(base: &'a Url) -> Self {
        let web = matches!(base.scheme(), "http" | "https");
        Self {
            base: web.then_some(base),
        }
    }

    /// Sanitizes a text; returns `None` if nothing visible remains.
    pub(super) fn sanitize(&self, found: &RawText) -> Option<SafeHtml> {
        let found_text = super::text::shorten_text(found.as_str(), MAX_CHARACTERS);
        let html = match found {
            RawText::Html(_) => self.clean_markup(&found_text),
            RawText::Unsaid(_) if contains_markup(&found_text) => self.clean_markup(&found_text),
            RawText::Unsaid(_) | RawText::Plain(_) => wrap_paragraphs(&mend_text(&found_text)),
        };
        keep_visible(html)
    }

    fn clean_markup(&self, markup: &str) -> String {
        let reduced = reduce_markup(markup, self.base);
        if !reduced.html.contains('<') {
            return trim_space(mend_texts(escape_markup(&decode_references(
                &reduced.html,
                ReferenceContext::Text,
            ))));
        }
        if reduced.depth > MAX_DEPTH && parse_fragment(&reduced.html, MAX_DEPTH).is_none() {
            return wrap_paragraphs(&visible_text(&reduced.html));
        }
        let clean = AMMONIA.clean(&reduced.html).to_string();
        trim_space(mend_texts(remove_forbidden(clean)))
    }
}

fn escape_markup(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    push_escaped(&mut html, text, ReferenceContext::Text);
    html
}

/// Removes characters that XML forbids, and references to them, and unifies line feeds in sanitized HTML.
fn remove_forbidden(html: String) -> String {
    let is_odd = |byte: u8| byte < b' ' && !matches!(byte, b'\n' | b'\t') || byte == 0xEF;
    // Without an early exit, many bytes are tested at a time.
    if !html.bytes().fold(false, |odd, byte| odd | is_odd(byte)) {
        return html;
    }
    let html = html.replace("\r\n", "\n").replace('\r', "\n");
    html.chars().filter(|c| is_xml_char(*c)).collect()
}

/// Repairs every text in sanitized HTML; its tags stay as they are.
fn mend_texts(html: String) -> String {
    if !html.contains("&amp;") && !may_need_repair(&html) {
        return html;
    }
    let mut whole = String::with_capacity(html.len());
    let mut rest = html.as_str();
    while !rest.is_empty() {
        let (text, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        push_escaped(
            &mut whole,
            &mend_text(&decode_references(text, ReferenceContext::Text)),
            ReferenceContext::Text,
        );
        let (tag, further) = tag.split_at(tag_length(tag));
        whole.push_str(tag);
        rest = further;
    }
    whole
}

/// Returns the length in bytes of the tag that `html` begins with; a `>` between quotes does not end it.
fn tag_length(html: &str) -> usize {
    let mut quoted = false;
    let ends = |byte: u8| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    };
    html.bytes()
        .position(ends)
        .map_or(html.len(), |end| end + 1)
}

/// Trims HTML white space; a no-break space stays.
fn trim_space(html: String) -> String {
    match html.trim_matches([' ', '\t', '\n', '\u{c}', '\r']) {
        inner if inner.len() == html.len() => html,
        inner => inner.to_owned(),
    }
}

/// Allows the markup listed in [`elements`]; every address is absolute at this point.
static AMMONIA: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let with_attributes = ELEMENTS
        .iter()
        .filter(|element| !element.attributes.is_empty());
    let attributes =
        with_attributes.map(|element| (element.name, element.attributes.iter().copied().collect()));
    let mut builder = Builder::default();
    builder
        .tags(ELEMENTS.iter().map(|element| element.name).collect())
        .tag_attributes(attributes.collect())
        .generic_attributes(COMMON.into())
        .url_schemes(SCHEMES.into())
        .url_relative(UrlRelative::Deny)
        // Links open no window, so no `opener` needs hiding; our pages suppress the referrer themselves.
        .link_rel(None);
    builder
});

/// Returns a stored row for display: unchanged if this version wrote it, sanitized again if an older one did.
pub fn restore_html(html: String, version: u32) -> Option<SafeHtml> {
    if version == VERSION {
        Some(SafeHtml::from_sanitized(html))
    } else {
        Sanitizer { base: None }.sanitize(&RawText::Html(html))
    }
}

/// Returns the text of sanitized HTML, one line per block. In the input, `<` and `>` occur only in tags.
pub fn html_text(html: &SafeHtml) -> String {
    let mut lines = TextLines::default();
    let mut pieces = html.as_str().split('<');
    lines.push_text(&decode_references(
        pieces.next().unwrap_or_default(),
        ReferenceContext::Text,
    ));
    for piece in pieces {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let name = tag.trim_start_matches('/').split(' ').next();
        lines.push_tag(name.unwrap_or_default());
        lines.push_text(&decode_references(text, ReferenceContext::Text));
    }
    lines.finish()
}

/// A visible part of sanitized HTML.
pub(super) enum VisiblePart<'a> {
    /// Text without character references.
    Text(Cow<'a, str>),
    /// The beginning or end of words that are struck through.
    Struck,
    /// The address of a link or an image.
    Address(Cow<'a, str>),
}

/// Returns the visible parts of sanitized HTML, in order.
pub(super) fn visible_parts(html: &SafeHtml) -> impl Iterator<Item = VisiblePart<'_>> {
    let is_struck = |name: &str| matches!(name, "del" | "s" | "strike");
    tokenize(html.as_str()).filter_map(move |token| match token {
        MarkupToken::Text(text) => Some(VisiblePart::Text(decode_references(
            text,
            ReferenceContext::Text,
        ))),
        MarkupToken::Start(tag) if is_struck(&tag.name) => Some(VisiblePart::Struck),
        MarkupToken::End(name) if is_struck(&name) => Some(VisiblePart::Struck),
        MarkupToken::Start(tag) => {
            let address = tag.get("href").or_else(|| tag.get("src"))?;
            Some(VisiblePart::Address(decode_references(
                address,
                ReferenceContext::Attribute,
            )))
        }
        MarkupToken::End(_) => None,
    })
}

/// Returns one line of visible text, repaired before its white space is folded. A `<` that begins no tag loses
/// nothing.
pub(super) fn visible_line(text: &str, meant: DeclaredFormat) -> String {
    let Some(markup) = meant::convert_to_markup(text, meant) else {
        return text.to_owned();
    };
    visible_text_with(&markup, |text| mend_text(&text).into_owned().into())
}

/// Returns the visible text of any markup: white space folded, one line per block.
pub(super) fn visible_text(markup: &str) -> String {
    visible_text_with(markup, |text| text)
}

/// As [`text_of`], but passes every piece of text through `spelled` first.
fn visible_text_with(markup: &str, spelled: impl Fn(Cow<'_, str>) -> Cow<'_, str>) -> String {
    let mut lines = TextLines::default();
    let mut tokens = tokenize(markup);
    while let Some(token) = tokens.next() {
        match token {
            MarkupToken::Text(text) => {
                lines.push_text(&spelled(decode_references(text, ReferenceContext::Text)));
            }
            MarkupToken::Start(tag) if reduce::is_dropped(&tag) => tokens.skip_raw_content(&tag),
            MarkupToken::Start(tag) => lines.push_tag(&tag.name),
            MarkupToken::End(name) => lines.push_tag(&name),
        }
    }
    lines.finish()
}

/// Returns sanitized markup that contains an image, or a character other than white space.
fn keep_visible(html: String) -> Option<SafeHtml> {
    let shows = tokenize(&html).any(|token| match token {
        MarkupToken::Text(text) => decode_references(text, ReferenceContext::Text)
            .chars()
            .any(|c| !c.is_whitespace()),
        MarkupToken::Start(tag) => tag.name == "img",
        MarkupToken::End(_) => false,
    });
    shows.then(|| SafeHtml::from_sanitized(html))
}

/// Converts plain text to HTML: one paragraph per run of lines.
fn wrap_paragraphs(text: &str) -> String {
    let text = Cow::Borrowed(text);
    let text = if text.contains('\r') {
        text.replace("\r\n", "\n").into()
    } else {
        text
    };
    let mut html = String::with_capacity(text.len() + 16);
    let blocks = text.split("\n\n").map(str::trim);
    for block in blocks.filter(|block| !block.is_empty()) {
        html.push_str("<p>");
        for (number, line) in block.split('\n').enumerate() {
            html.push_str(if number == 0 { "" } else { "<br>" });
            push_escaped(&mut html, line, ReferenceContext::Text);
        }
        html.push_str("</p>");
    }
    html
}

/// Returns true if ids treat text of an undeclared kind as HTML: it contains a tag of any name, or a closed character
/// reference. This never changes; published text is judged by [`holds_markup`].
pub(super) fn looks_like_markup(text: &str) -> bool {
    let tag = |rest: &str| {
        let name = rest.trim_start_matches('/');
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.contains('>')
            || rest.starts_with("!--")
    };
    let reference = |rest: &str| {
        let name: &str = rest.split(';').next().unwrap_or_default();
        let length = (1..=31).contains(&name.len()) && name.len() < rest.len();
        length
            && name
                .trim_start_matches('#')
                .chars()
                .all(|c| c.is_ascii_alphanumeric())
    };
    text.split('<').skip(1).any(tag) || text.split('&').skip(1).any(reference)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scraper::{Html, Node};

    use super::*;
    use crate::text::text_of_node;

    fn clean(found: &RawText) -> Option<String> {
        let base = "https://host.example/news/".parse().unwrap();
        let safe = Sanitizer::new(&base).sanitize(found);
        safe.map(|html| html.as_str().to_owned())
    }

    fn check(markup: &str, expected: &str) {
        let found = clean(&RawText::Html(markup.into()));
        assert_eq!(found.as_deref().unwrap_or(""), expected, "{markup}");
    }

    #[test]
    fn scripts_go_and_text_stays() {
        check("<p onclick=x()>a<script>b</script></p>", "<p>a</p>");
        check("a<SCRIPT>'</b>'<</script x>b<style>p{}</style>c", "abc");
        check(
            "a<applet code=x><p>y</applet>b<template>z</template>c",
            "abc",
        );
        check("a<script src=x />b<script>c</scripture>d", "ab");
        check(
            "a<iframe src=x>b</iframe><object data=x>c<embed src=y>d<blink>e",
            "abcde",
        );
        check(
            "<form action=x><input name=y>a<button>b</button></form>",
            "ab",
        );
        check("<p>&nbsp;</p><!-- x --><br>", "");
        check("a&#0;&#8;b\u{b}", "a\u{fffd}b");
    }

    #[test]
    fn addresses_are_checked_and_completed() {
        let link = |href: &str, expected: &str| {
            check(
                &format!("<a href=\"{href}\">a</a>"),
                &format!("<a{expected}>a</a>"),
            );
        };
        link(
            "../b?c=1&amp;d=2&copy=3&e",
            " href=\"https://host.example/b?c=1&amp;d=2&amp;copy=3&amp;e\"",
        );
        link(" HTTP://b.Example", " href=\"http://b.example/\"");
        link(
            "https://ñ.example/ñ",
            " href=\"https://xn--ida.example/%C3%B1\"",
        );
        link("mailto:a@b.example", " href=\"mailto:a@b.example\"");
        for bad in [
            "javascript:x",
            " &#106;ava\tscript:x",
            "JAVASCRIPT&colon;x",
            "vbscript:x",
            "data:text/html,x",
            "feed:javascript:x",
            "http://[",
            "https://a.example:99999/",
            "",
        ] {
            link(bad, "");
        }
        let file = "file:///srv/list.html".parse().unwrap();
        let found = Sanitizer::new(&file).sanitize(&RawText::Html("<a href=b>a</a>".into()));
        assert_eq!(found.unwrap().as_str(), "<a>a</a>");
    }

    #[test]
    fn images_have_a_source_that_needs_no_script() {
        let image = |attributes: &str, source: &str| {
            check(
                &format!("a<img {attributes}>"),
                &format!("a<img src=\"https://{source}\">"),
            );
        };
        image("src=x.png onerror=y", "host.example/news/x.png");
        image(
            "src='data:image/gif;base64,R0' data-src=/x.png",
            "host.example/x.png",
        );
        image("data-lazy-src=//b.example/x.png", "b.example/x.png");
        image(
            "srcset='https://b.example/x.png 1x, y.png 2x'",
            "b.example/x.png",
        );
        check("a<img><img alt=' '><img src=x width=1 height=1px>", "a");
        check("<img alt=b src=data:x>", "<img alt=\"b\">");
        check(
            "<a href=/b><img data-src=/x.png></a> <noscript><img src=/x.png></noscript><noscript>c</noscript>",
            "<a href=\"https://host.example/b\"><img src=\"https://host.example/x.png\"></a>",
        );
        check(
            "<noscript>a<img src=/x.png></noscript>",
            "a<img src=\"https://host.example/x.png\">",
        );
    }

    #[test]
    fn rows_and_cells_without_a_table_keep_their_words_apart() {
        check(
            "<tr><td><b>Parties</b></td> <td>Port v. Town</td></tr> <tr><td>Judge<td>P. Gil</tr>",
            "<b>Parties</b> Port v. Town<br>Judge P. Gil",
        );
        check("<td>Port</td><td>Town", "Port<br>Town");
        check(
            "<td>Port<td>Town</td>on the river",
            "Port<br>Town<br>on the river",
        );
        check("<td>Port and town</td>", "Port and town");
        check("<p>Port</td></tr> and town</p>", "<p>Port<br> and town</p>");
        check(
            "<table><tr><td>Port</td><td>Town</td></tr></table>",
            "<table><tbody><tr><td>Port</td><td>Town</td></tr></tbody></table>",
        );
    }

    #[test]
    fn what_is_not_closed_is_closed_where_a_browser_would() {
        check(
            "<p>a<p>b<ul><li>c<li>d</ul>e",
            "<p>a</p><p>b</p><ul><li>c</li><li>d</li></ul>e",
        );
        check(
            "<table><tr><td>a<td>b<tr><td>c</table>",
            "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>",
        );
        check("<div><b>a</div>b", "<div><b>a</b></div><b>b</b>");
        check(
            "<a href=/a>a<a href=/b>b",
            "<a href=\"https://host.example/a\">a</a><a href=\"https://host.example/b\">b</a>",
        );
        check(
            "<p/>a<br/>b</br>c</p><a name=x />d",
            "<p></p>a<br>b<br>c<p></p><a></a>d",
        );
        check(
            "<table>a<tr>b<td>c</table>",
            "ab<table><tbody><tr><td>c</td></tr></tbody></table>",
        );
        check(
            "<td>a</td><tr>b<col><ruby>a<rt>b<rt>c</ruby><rt>d",
            "a<br>b<ruby>a<rt>b</rt><rt>c</rt></ruby><rt>d</rt>",
        );
        check("<pre>\n\r\n a</pre>", "<pre> a</pre>");
    }

    #[test]
    fn comments_and_sections_are_understood() {
        check(
            "a<!--b-->c<!-->d<!--->e<!--f--!>g<!h>i<?j?>k</>l</ m>n",
            "acdegikln",
        );
        check("a<!--b", "a");
        check(
            "<!--[if mso]><b>x</b><![endif]-->a<![if !mso]>b<![endif]>",
            "ab",
        );
        check(
            "<![CDATA[<b>a</b> ]]&gt; b]]>c]]>",
            "<b>a</b> ]]&gt; bc]]&gt;",
        );
        check("a < b <1 <", "a &lt; b &lt;1 &lt;");
        check("a<b", "a");
    }

    #[test]
    fn what_is_read_again_keeps_its_text() {
        let many = "a &amp; b; ".repeat(1000);
        check(
            &format!("</b><p title=\"{many}\">{many}"),
            &format!("<p>{many}</p>"),
        );
        check(&format!("</b>{many}c"), &format!("{many}c"));
    }

    #[test]
    fn deep_nesting_loses_its_tags() {
        let deep = format!("{}x{}", "<div>".repeat(300), "</div>".repeat(300));
        check(&deep, "<p>x</p>");
        let kept = format!("{}x{}", "<div>".repeat(100), "</div>".repeat(100));
        check(&kept, &kept);
        let list = "<ul>".to_owned() + &"<li><p>x</p>".repeat(300) + "</ul>";
        check(&list, &list.replace("</p>", "</p></li>"));
    }

    #[test]
    fn plain_text_becomes_paragraphs() {
        let plain = "a < b\nc\r\n\n\nd & e\u{a0}\u{1}f".to_owned();
        assert_eq!(
            clean(&RawText::Plain(plain)).unwrap(),
            "<p>a &lt; b<br>c</p><p>d &amp; e&nbsp;f</p>"
        );
    }

    #[test]
    fn markup_is_recognised() {
        for markup in ["<p>a", "a<br/>b", "caf&eacute;", "&#8220;a", "<!-- x -->a"] {
            assert!(looks_like_markup(markup), "{markup}");
        }
        for plain in ["a < b", "R&D", "AT&T", "x & y; z", "x<y", "1 <2> 3"] {
            assert!(!looks_like_markup(plain), "{plain}");
        }
    }

    /// Returns pieces that typically break markup.
    fn markup() -> impl Strategy<Value = String> {
        let names: Vec<&str> = ELEMENTS.iter().map(|element| element.name).collect();
        let others = [
            "script",
            "style",
            "svg",
            "math",
            "title",
            "textarea",
            "select",
            "option",
            "form",
            "button",
            "noscript",
            "iframe",
            "template",
            "font",
            "nobr",
            "html",
            "body",
            "frameset",
            "plaintext",
            "x",
            "object",
            "applet",
            "input",
            "mi",
            "desc",
            "foreignObject",
            "annotation-xml",
            "noembed",
            "xmp",
            "listing",
            "image",
        ];
        let name = prop_oneof![4 => proptest::sample::select(names), 1 => proptest::sample::select(others.to_vec())];
        let attribute = "( (href|src|SRC|onclick|style|title|data-src|srcset|width|cite|lang)            (=(\"[^\"]{0,6}\"|'[^']{0,6}'|[a-z:/&;.]{0,9}|javascript:x|\"&#106;avascript:x\"|'java\nscript:x'|\"data:text/html,x\"|https://a.example/b))?){0,3}";
        let piece = prop_oneof![
            8 => (name.clone(), attribute, "/?>").prop_map(|(name, attributes, end)| format!("<{name}{attributes}{end}")),
            6 => name.prop_map(|name| format!("</{name}>")),
            6 => "[a-z \n]{0,5}",
            3 => proptest::sample::select(&["<", ">", "&", "\"", "'", "<!--", "-->", "<![CDATA[", "]]>", "<?", "</", "&lt;", "&amp;",
                "&nbsp;", "&#60;", "&#x3c;script&#62;", "&notit;", "&amp;nbsp;", "&am", "p;", "eacute;", "Ã", "©", "&copy;", "&#13;", "\r\n", "\r", "\u{0}", "\u{a0}", "\u{ffff}", "=", "/", "\u{c}"][..])
                .prop_map(str::to_owned),
            1 => any::<String>(),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    /// Returns markup whose elements are nested correctly.
    fn nested() -> impl Strategy<Value = String> {
        let text = prop_oneof![
            "[a-z \n&;<>]{0,8}",
            proptest::sample::select(
                &[
                    "&nbsp;",
                    "&#13;",
                    "&amp;lt;",
                    "Ã©",
                    "&eacute",
                    "\u{0}",
                    "\r\n",
                    "<!-- x -->",
                    "<x>"
                ][..]
            )
            .prop_map(str::to_owned),
        ];
        let line = prop_oneof![
            4 => text,
            1 => Just("<br>".to_owned()),
            1 => Just("<img src=/a.png alt='a \"b\"' onload=x>".to_owned()),
            1 => "[a-z ]{0,4}".prop_map(|text| format!("<a href=' ../b?c&d' title=\"{text}\">{text}</a>")),
            1 => "[a-z ]{0,4}".prop_map(|text| format!("<p><b>{text}</b><script>x</script></p><h2>{text}</h2>")),
        ];
        let inner = |inner: BoxedStrategy<String>| {
            let name =
                proptest::sample::select(&["div", "blockquote", "ul", "ol", "pre", "section"][..]);
            let inside = proptest::collection::vec(inner, 0..4);
            (name, inside)
                .prop_map(|(name, inside)| format!("<{name}>{}</{name}>", inside.concat()))
        };
        line.prop_recursive(4, 24, 4, inner)
    }

    /// Returns dangerous markup as a browser would find it, independently of our tables.
    fn danger(html: &str) -> Option<String> {
        const FORBIDDEN: [&str; 30] = [
            "applet",
            "audio",
            "base",
            "body",
            "button",
            "embed",
            "form",
            "frame",
            "frameset",
            "head",
            "iframe",
            "input",
            "link",
            "math",
            "meta",
            "noembed",
            "noframes",
            "noscript",
            "object",
            "option",
            "param",
            "plaintext",
            "script",
            "select",
            "source",
            "style",
            "svg",
            "template",
            "textarea",
            "title",
        ];
        const HARMLESS: [&str; 18] = [
            "alt", "colspan", "datetime", "dir", "height", "hreflang", "href", "lang", "reversed",
            "rowspan", "scope", "span", "src", "start", "title", "type", "value", "width",
        ];
        let page = Html::parse_fragment(html);
        let mut nodes = page.tree.root().descendants();
        nodes.find_map(|node| match node.value() {
            Node::Element(element) if FORBIDDEN.contains(&element.name()) => {
                Some(element.name().to_owned())
            }
            Node::Element(element) => element.attrs().find_map(|(name, value)| {
                let address = matches!(name, "href" | "src");
                let web = ["http://", "https://"]
                    .iter()
                    .any(|scheme| value.starts_with(scheme));
                let other = ["mailto:", "tel:"]
                    .iter()
                    .any(|scheme| value.starts_with(scheme));
                let good = HARMLESS.contains(&name) && (!address || web || other && name == "href");
                (!good).then(|| format!("{name}={value}"))
            }),
            Node::Comment(_) | Node::Doctype(_) | Node::ProcessingInstruction(_) => {
                Some("a comment".to_owned())
            }
            _ => None,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn nothing_dangerous_is_left(markup in markup()) {
            let clean = clean(&RawText::Html(markup)).unwrap_or_default();
            prop_assert_eq!(danger(&clean), None, "{}", clean);
            prop_assert!(clean.chars().all(is_xml_char));
        }

        /// Browsers move wrongly nested elements, and sometimes move them again when the result is parsed.
        #[test]
        fn sanitizing_twice_is_sanitizing_once(markup in nested()) {
            let once = clean(&RawText::Html(markup)).unwrap_or_default();
            prop_assert_eq!(clean(&RawText::Html(once.clone())).unwrap_or_default(), once);
        }

        /// Parts of tables add implied elements, up to three for one.
        #[test]
        fn the_depth_is_never_told_too_small(markup in markup()) {
            let reduced = reduce_markup(&markup, None);
            prop_assert!(parse_fragment(&reduced.html, 4 * reduced.depth + 1).is_some(), "{}", reduced.html);
        }

        #[test]
        fn the_text_is_that_of_the_tree(markup in markup()) {
            let html = clean(&RawText::Html(markup)).unwrap_or_default();
            let tree = Html::parse_fragment(&html);
            let expected = text_of_node(tree.tree.root());
            prop_assert_eq!(visible_text(&html), expected.as_str());
            prop_assert_eq!(html_text(&SafeHtml::from_sanitized(html)), expected);
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let clean = clean(&RawText::Unsaid(text)).unwrap_or_default();
            prop_assert!(clean.chars().all(is_xml_char));
        }
    }
}
