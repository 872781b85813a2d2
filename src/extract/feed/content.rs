//! Turns the content of an element into typed text.
//!
//! Atom 1.0 states the type of each text (RFC 4287 §3.1 and §4.1.3), Atom 0.3 uses `type` and `mode`, and RSS
//! states nothing.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::scan::XmlTag;
use crate::model::RawText;

/// The content of an element of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ElementContent {
    /// Characters, with references resolved.
    Text(String),
    /// The element contained other elements. Its content as HTML.
    Markup(String),
}

impl ElementContent {
    /// Returns the content without CDATA marks that were escaped.
    pub(super) fn without_cdata(self) -> Self {
        match self {
            Self::Text(text) => {
                let held = without_cdata(&text);
                Self::Text(if held.len() == text.len() {
                    text
                } else {
                    held.to_owned()
                })
            }
            markup @ Self::Markup(_) => markup,
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.as_str().is_empty()
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Markup(text) => text,
        }
    }
}

/// The type of a text that states none, as its format defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DefaultTextType {
    /// Undefined: RSS, and the many Atom feeds that contain HTML without declaring it.
    Unsaid,
    /// HTML: `content:encoded`, a body.
    Html,
    /// Plain text: a title of Atom (RFC 4287 §3.1.1).
    Plain,
}

/// Returns a text without the CDATA marks around it that were escaped themselves, or put into a section
/// again.
pub(in crate::extract) fn without_cdata(text: &str) -> &str {
    const START: &str = "<![CDATA[";
    const END: &str = "]]>";
    // Deeper nesting of sections is made to hurt.
    const MAX_SECTIONS: usize = 8;
    let mut text = text.trim();
    for _ in 0..MAX_SECTIONS {
        let (start, behind) = text.split_at_checked(START.len()).unwrap_or_default();
        let held = behind
            .strip_suffix(END)
            .filter(|_| start.eq_ignore_ascii_case(START));
        let Some(held) = held.filter(|held| is_single_cdata(held)) else {
            return text;
        };
        text = held.trim();
    }
    text
}

/// Returns true if the text between the start and the end marks does not contain the end of one section and
/// the start of the next.
fn is_single_cdata(held: &str) -> bool {
    let begins = held.find("<![");
    held.find("]]>")
        .is_none_or(|end| begins.is_some_and(|begins| begins < end))
}

/// Returns the text, by the tag's `type` and `mode`. Returns `None` if it is missing or not a text.
pub(super) fn typed_text(
    tag: &XmlTag<'_>,
    content: ElementContent,
    unmarked: DefaultTextType,
) -> Option<RawText> {
    if content.is_blank() {
        return None;
    }
    let kind = tag
        .attribute(&["type"])
        .map(|kind| kind.to_ascii_lowercase());
    let mode = tag
        .attribute(&["mode"])
        .map(|mode| mode.to_ascii_lowercase());
    let text = match content {
        ElementContent::Markup(markup) => return Some(RawText::Html(markup)),
        ElementContent::Text(text) => text,
    };
    let kind = kind
        .as_deref()
        .map(|kind| kind.split(';').next().unwrap_or(kind).trim());
    let encoded = mode.as_deref() == Some("base64");
    Some(match kind {
        _ if encoded => decode_base64(&text, kind)?,
        None => match unmarked {
            DefaultTextType::Unsaid => RawText::Unsaid(text),
            DefaultTextType::Html => RawText::Html(text),
            // Atom 0.3 escaped content that was not text.
            DefaultTextType::Plain if mode.as_deref() == Some("escaped") => RawText::Unsaid(text),
            DefaultTextType::Plain => RawText::Plain(text),
        },
        Some("text" | "text/plain" | "plain") => RawText::Plain(text),
        Some("html" | "text/html") => RawText::Html(text),
        Some("xhtml" | "application/xhtml+xml") => RawText::Unsaid(text),
        Some(kind) if kind.starts_with("text/") || !kind.contains('/') => RawText::Unsaid(text),
        Some(kind) if kind.ends_with("xml") || kind.starts_with("image/") => return None,
        Some(_) => decode_base64(&text, kind)?,
    })
}

/// Decodes Base64 (RFC 4648 §4), also with line breaks and without padding. Returns `None` if the data are
/// not Base64 or not text.
fn decode_base64(text: &str, kind: Option<&str>) -> Option<RawText> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let bare: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = GeneralPurpose::new(&STANDARD, LENIENT).decode(bare).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    Some(match kind {
        None | Some("text" | "text/plain") => RawText::Plain(text),
        Some("html" | "xhtml" | "text/html" | "application/xhtml+xml") => RawText::Html(text),
        Some(_) => RawText::Unsaid(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(attributes: &str, found: &str, expected: Option<&RawText>) {
        let tag = XmlTag {
            name: "content",
            attributes,
            is_empty: false,
            at: 0,
        };
        let read = typed_text(
            &tag,
            ElementContent::Text(found.to_owned()),
            DefaultTextType::Unsaid,
        );
        assert_eq!(read.as_ref(), expected, "{attributes}");
    }

    fn check_kind(attributes: &str, found: &str, kind: fn(String) -> RawText) {
        check(attributes, found, Some(&kind(found.to_owned())));
    }

    #[test]
    fn the_type_decides() {
        check_kind("", "a", RawText::Unsaid);
        check_kind(" type='text'", "<b>", RawText::Plain);
        check_kind(" type='HTML'", "<b>", RawText::Html);
        check_kind(" type='text/html; charset=utf-8'", "a", RawText::Html);
        check(" type='image/png'", "iVBORw0KGgo=", None);
        check(" type='html'", "", None);
    }

    #[test]
    fn escaped_sections_are_opened() {
        let check = |text: &str, expected: &str| assert_eq!(without_cdata(text), expected);
        check(" <![CDATA[ a & b ]]> ", "a & b");
        check("<![cdata[<![CDATA[<p>a</p>]]>]]>", "<p>a</p>");
        check("<![CDATA[a]]> <![CDATA[b]]>", "<![CDATA[a]]> <![CDATA[b]]>");
        check("a <![CDATA[b]]>", "a <![CDATA[b]]>");
        check("<![CDATA[a", "<![CDATA[a");
        check("<![CDATA[]]>", "");
        check("ñ", "ñ");
    }

    #[test]
    fn base64_is_undone() {
        let plain = RawText::Plain("<b>".to_owned());
        check(" mode='base64'", "PG\nI+", Some(&plain));
        let html = RawText::Html("<b>".to_owned());
        check(" type='text/html' mode='base64'", "PGI+", Some(&html));
        let unsaid = RawText::Unsaid("<b>a".to_owned());
        check(
            " type='application/octet-stream'",
            "PGI+YQ==",
            Some(&unsaid),
        );
        check(" mode='base64'", "not base64!", None);
        check(" mode='base64'", "/////w==", None);
    }
}
