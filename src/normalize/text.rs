//! Converts text as found to plain text.

use std::borrow::Cow;
use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use super::html::{self, DeclaredFormat};
use super::mend::mend_text;
use crate::model::RawText;
use crate::text::{fold_text, is_invisible};

/// Maximum length of a title, tag or name, in characters.
pub(super) const MAX_LINE: usize = 1_000;
/// Maximum length of the text that replaces a missing title, in characters.
const TITLE_FROM_TEXT: usize = 100;

/// Returns one line of plain text, repaired.
pub(super) fn plain_line(found: &RawText) -> String {
    let plain = match found {
        RawText::Html(markup) => Cow::Owned(html::visible_line(
            &limit_text(markup),
            DeclaredFormat::Markup,
        )),
        RawText::Unsaid(text) => Cow::Owned(html::visible_line(
            &limit_text(text),
            DeclaredFormat::Unsaid,
        )),
        RawText::Plain(text) => Cow::Borrowed(text.as_str()),
    };
    let mut line = clean_line(&plain);
    if !matches!(found, RawText::Plain(_)) {
        // A reader that decodes references once more must not find markup.
        while let Some(bare) = html::without_hidden_markup(&line) {
            line = clean_line(&bare);
        }
    }
    line
}

/// Repairs one line until nothing changes: a repair may yield white space, and reveal further damage next to it.
fn clean_line(plain: &str) -> String {
    let is_plain = |text: &str| text.is_ascii() && !text.contains('&');
    let once = |text: &str| {
        let shown = mend_text(text)
            .chars()
            .filter(|c| !is_invisible(*c))
            .collect();
        unrepaired_line(&RawText::Plain(shown))
    };
    if is_plain(plain) {
        return unrepaired_line(&RawText::Plain(plain.to_owned()));
    }
    let mut line = once(plain);
    loop {
        if is_plain(&line) {
            return line;
        }
        match once(&line) {
            better if better == line => return line,
            better => line = better,
        }
    }
}

/// Returns one line of plain text: markup and entities decoded once, white space folded, forbidden characters
/// removed. Ids are made of titles in this spelling, so it must not change.
pub(super) fn unrepaired_line(found: &RawText) -> String {
    let plain = match found {
        RawText::Html(markup) => Cow::Owned(html::visible_text(&limit_text(markup))),
        RawText::Unsaid(text) if html::looks_like_markup(text) => {
            Cow::Owned(html::visible_text(&limit_text(text)))
        }
        RawText::Plain(text) | RawText::Unsaid(text) => Cow::Borrowed(text.as_str()),
    };
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r');
    let zero_width = |c: char| matches!(c, '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}');
    let shown = |c: &char| html::is_xml_char(*c) && !zero_width(*c);
    let composed: Cow<'_, str> = if plain.bytes().all(is_plain) {
        plain
    } else {
        plain.chars().filter(shown).nfc().collect()
    };
    let mut line = String::with_capacity(composed.len());
    for word in composed.split_whitespace() {
        line.push_str(if line.is_empty() { "" } else { " " });
        line.push_str(word);
    }
    shorten_text(&line, MAX_LINE).into_owned()
}

/// Returns the part of a text that is read at all.
fn limit_text(text: &str) -> Cow<'_, str> {
    shorten_text(text, html::MAX_CHARACTERS)
}

/// Returns at most `limit` characters; a cut is marked.
pub(super) fn shorten_text(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit || text.chars().nth(limit).is_none() {
        return Cow::Borrowed(text);
    }
    text.chars().take(limit - 1).chain(['…']).collect()
}

/// Returns the beginning of a text as a title: its first line, cut between words.
pub(super) fn title_from_text(text: &str) -> Option<String> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    if first.chars().nth(TITLE_FROM_TEXT).is_none() {
        return Some(first.to_owned());
    }
    let cut: String = first.chars().take(TITLE_FROM_TEXT).collect();
    let words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    Some(format!("{words}…"))
}

/// Returns each text once, without blank ones, in order.
pub(super) fn unique_texts(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = HashSet::new();
    texts
        .filter(|text| !text.is_empty() && seen.insert(fold_text(text)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(found: &RawText, expected: &str) {
        assert_eq!(plain_line(found), expected);
    }

    #[test]
    fn entities_are_decoded_exactly_once() {
        check(&RawText::Plain("AT&amp;T <b>".into()), "AT&amp;T <b>");
        check(&RawText::Html("AT&amp;lt;T".into()), "AT&lt;T");
        check(&RawText::Unsaid("AT&amp;T".into()), "AT&T");
        check(&RawText::Unsaid("R&D: 3 < 4".into()), "R&D: 3 < 4");
        check(
            &RawText::Unsaid("<b>Aviso</b>&nbsp;n.º&#160;3".into()),
            "Aviso n.º 3",
        );
    }

    #[test]
    fn a_title_is_one_clean_line() {
        check(
            &RawText::Plain("  A\u{a0}\n\tb\u{0}\u{200b}c  ".into()),
            "A bc",
        );
        check(&RawText::Plain("n\u{303}".into()), "ñ");
        check(
            &RawText::Plain("a\u{202e}b\u{202c} \u{2066}c\u{ad}d".into()),
            "ab cd",
        );
        check(
            &RawText::Html("caf&amp;eacute;, AT&amp;amp;T".into()),
            "café, AT&T",
        );
        assert_eq!(
            plain_line(&RawText::Plain("x".repeat(5000)))
                .chars()
                .count(),
            MAX_LINE
        );
    }

    #[test]
    fn a_missing_title_is_taken_from_the_text() {
        assert_eq!(title_from_text("Short.\nLonger."), Some("Short.".into()));
        assert_eq!(
            title_from_text(&"word ".repeat(50)),
            Some(format!("{}…", ["word"; 20].join(" ")))
        );
        assert_eq!(title_from_text(" \n "), None);
    }

    proptest! {
        #[test]
        fn twice_is_once(text in any::<String>()) {
            let once = plain_line(&RawText::Plain(text));
            prop_assert_eq!(plain_line(&RawText::Plain(once.clone())), once);
        }

        #[test]
        fn folding_twice_is_folding_once(text in any::<String>()) {
            let once = fold_text(&text);
            prop_assert_eq!(fold_text(&once), once);
        }
    }
}
