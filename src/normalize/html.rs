//! HTML as found to [`SafeHtml`], by `ammonia`.

use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use scraper::Html;
use url::Url;

use crate::model::{RawText, SafeHtml, parse_fragment, text_of_node};

/// Stored with every row; raised when what is allowed changes, so that stored rows are sanitized again.
pub const VERSION: u32 = 1;

/// The longest text of one field, in characters.
pub(super) const MAX_CHARACTERS: usize = 512 * 1024;
/// Deeper markup is shown as text: parsers take quadratic time on it.
const MAX_DEPTH: usize = 200;

/// Makes HTML safe; relative addresses start from one base.
pub(super) struct Sanitizer {
    base: Url,
    builder: Builder<'static>,
}

impl Sanitizer {
    pub(super) fn new(base: &Url) -> Self {
        let mut builder = Builder::default();
        let web = matches!(base.scheme(), "http" | "https");
        // An address relative to a local file means nothing to a reader elsewhere.
        builder.url_relative(if web {
            UrlRelative::RewriteWithBase(base.clone())
        } else {
            UrlRelative::Deny
        });
        builder.url_schemes(["http", "https", "mailto", "tel"].into());
        // Links open no window, so there is no `opener` to hide; our pages send no referrer by a rule of their own.
        builder.link_rel(None);
        Self {
            base: base.clone(),
            builder,
        }
    }

    /// Starts from another base. The entries of a page mostly share one: it is set up once for them.
    pub(super) fn rebase(&mut self, base: &Url) {
        if self.base != *base {
            *self = Self::new(base);
        }
    }

    /// `None` when nothing that can be seen is left.
    pub(super) fn sanitize(&self, found: &RawText) -> Option<SafeHtml> {
        let markup = match found {
            RawText::Html(markup) => markup.clone(),
            RawText::Unsaid(text) if looks_like_markup(text) => text.clone(),
            RawText::Unsaid(text) | RawText::Plain(text) => paragraphs(text),
        };
        let markup = super::text::bounded(&markup, MAX_CHARACTERS);
        let markup: String = markup.chars().filter(|c| is_xml_char(*c)).collect();
        let clean = if is_shallow(&markup) {
            self.builder.clean(&markup).to_string()
        } else {
            ammonia::clean_text(&markup)
        };
        // A character reference may stand for a forbidden character.
        let clean: String = clean.trim().chars().filter(|c| is_xml_char(*c)).collect();
        let safe = SafeHtml::vouched(clean);
        let visible = safe.as_str().contains("<img") || !text(&safe).is_empty();
        visible.then_some(safe)
    }
}

/// A stored row as it may be shown: as it is when this version made it, sanitized again when an older one did.
pub fn restored(html: String, version: u32) -> Option<SafeHtml> {
    static AGAIN: LazyLock<Sanitizer> =
        LazyLock::new(|| Sanitizer::new(&Url::parse("file:///").expect("an address of our own")));
    if version == VERSION {
        Some(SafeHtml::vouched(html))
    } else {
        AGAIN.sanitize(&RawText::Html(html))
    }
}

/// The text of sanitized HTML, a line for each block.
pub fn text(html: &SafeHtml) -> String {
    text_of_node(Html::parse_fragment(html.as_str()).tree.root())
}

/// Parses markup, unless it is nested deeper than is safe.
pub(super) fn parse(markup: &str) -> Option<Html> {
    parse_fragment(markup, MAX_DEPTH)
}

/// Whether a parser of another crate may have it. Few tags cannot nest deep, and most texts have few.
fn is_shallow(markup: &str) -> bool {
    markup.split('<').nth(MAX_DEPTH).is_none() || parse(markup).is_some()
}

/// Plain text as HTML: a paragraph for each run of lines.
fn paragraphs(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let blocks = text
        .split("\n\n")
        .map(str::trim)
        .filter(|block| !block.is_empty());
    let block = |block: &str| format!("<p>{}</p>", escaped(block).replace('\n', "<br>"));
    blocks.map(block).collect()
}

/// Only what markup needs escaped: `ammonia::clean_text` would write every space as a reference.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Whether text of an unsaid kind is meant as HTML: a tag or a character reference that closes.
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

/// Whether XML 1.0 (§2.2) allows the character.
pub(super) fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(found: &RawText) -> Option<String> {
        let base = "https://host.example/news/".parse().unwrap();
        Sanitizer::new(&base)
            .sanitize(found)
            .map(|html| html.as_str().to_owned())
    }

    fn check(markup: &str, expected: Option<&str>) {
        assert_eq!(
            clean(&RawText::Html(markup.into())).as_deref(),
            expected,
            "{markup}"
        );
    }

    #[test]
    fn scripts_go_and_text_stays() {
        check("<p onclick=x()>a<script>b</script></p>", Some("<p>a</p>"));
        check("<a href=javascript:x>a</a>", Some("<a>a</a>"));
        check(
            "<a href=../b>a</a>",
            Some("<a href=\"https://host.example/b\">a</a>"),
        );
        check(
            "<img src=x.png>",
            Some("<img src=\"https://host.example/news/x.png\">"),
        );
        check("<p>&nbsp;</p><!-- x -->", None);
        check("a&#0;&#8;b\u{b}", Some("a\u{fffd}b"));
    }

    #[test]
    fn plain_text_becomes_paragraphs() {
        assert_eq!(
            clean(&RawText::Plain("a < b\nc\n\n\nd & e".into())).unwrap(),
            "<p>a &lt; b<br>c</p><p>d &amp; e</p>"
        );
    }

    #[test]
    fn deep_nesting_is_shown_as_text() {
        assert!(
            clean(&RawText::Html("<div>".repeat(300) + "x"))
                .unwrap()
                .starts_with("&lt;div&gt;")
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

    proptest! {
        #[test]
        fn sanitizing_twice_is_sanitizing_once(markup in "([<>/&;a-z \"=]|<b>|</b>|<p>|<a href=\"x\">|&lt;){0,40}") {
            if let Some(once) = clean(&RawText::Html(markup)) {
                prop_assert_eq!(clean(&RawText::Html(once.clone())), Some(once));
            }
        }

        #[test]
        fn no_markup_panics_or_leaves_a_forbidden_character(markup in any::<String>()) {
            let clean = clean(&RawText::Unsaid(markup)).unwrap_or_default();
            prop_assert!(clean.chars().all(is_xml_char));
        }
    }
}
