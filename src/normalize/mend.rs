//! Text that went wrong on its way: references escaped twice, UTF-8 taken for windows-1252.
//!
//! Both are undone where no other reading makes sense, and to undo them again changes nothing.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use super::html::reference;

/// The text as it was meant.
pub(super) fn mended(text: &str) -> Cow<'_, str> {
    match unescaped(text) {
        Cow::Borrowed(text) => unscrambled(text),
        Cow::Owned(text) => Cow::Owned(unscrambled(&text).into_owned()),
    }
}

/// Undoes what was escaped twice: `AT&amp;T`, `caf&eacute;`, `&amp;nbsp;`. A text that speaks of markup is left alone, and
/// so are references to ASCII characters other than quotes.
fn unescaped(text: &str) -> Cow<'_, str> {
    let speaks_of_markup = || {
        ["<", ">", "lt;", "gt;"]
            .iter()
            .any(|sign| text.contains(sign))
    };
    if !text.contains('&') || speaks_of_markup() {
        return Cow::Borrowed(text);
    }
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let meant = piece.trim_start_matches("amp;");
        let found = reference(meant).filter(|(c, ..)| !c.is_ascii() || matches!(c, '"' | '\''));
        if let Some((c, combining, rest)) = found {
            plain.push(c);
            plain.extend(combining);
            plain.push_str(rest);
        } else {
            plain.push('&');
            plain.push_str(meant);
        }
    }
    Cow::Owned(plain)
}

/// Reads UTF-8 that was taken for windows-1252 as what it is: all of the text, or none.
fn unscrambled(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    while let Some(meant) = read_again(&text) {
        text = Cow::Owned(meant);
    }
    text
}

/// What `Â`, `Ã` or `â` begins must come out as western letters and signs, not as capitals alone: `AMANHÃ…` is a word.
fn read_again(text: &str) -> Option<String> {
    let begins = text.bytes().position(|byte| !byte.is_ascii())?;
    let mut others = text.split_at(begins).1.chars();
    let lead = others.next().filter(|c| matches!(c, 'Â' | 'Ã' | 'â'));
    if lead.is_none() || others.next().is_none_or(|c| c.is_ascii()) {
        return None;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    let bytes = (!unmappable).then(|| bytes.into_owned())?;
    let meant = String::from_utf8(bytes).ok()?;
    let western = |c: char| matches!(c, '\0'..='\u{FF}' | '\u{2010}'..='\u{2044}' | '€' | '™');
    let certain = |c: char| !c.is_ascii() && !c.is_uppercase();
    (meant.chars().all(western) && meant.chars().any(certain)).then_some(meant)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(mended(text), expected);
    }

    #[test]
    fn what_was_escaped_twice_is_undone() {
        check("R&amp;D, AT&amp;amp;T", "R&D, AT&T");
        check(
            "caf&eacute;&#8217;s &amp;nbsp;&quot;a&#39;",
            "café’s \u{a0}\"a'",
        );
        check(
            "a &#x26;amp; b &#65; &copy 2 & &x;",
            "a &#x26;amp; b &#65; &copy 2 & &x;",
        );
        check(
            "The &lt;b> tag &amp; caf&eacute;",
            "The &lt;b> tag &amp; caf&eacute;",
        );
    }

    #[test]
    fn utf8_taken_for_windows_1252_is_undone() {
        check("MigraciÃ³n y â€œtrabajoâ€\u{9d}", "Migración y “trabajo”");
        check("ÃƒÂ±", "ñ");
        check("&Atilde;&copy;", "é");
        for right in [
            "São Paulo: ação",
            "Ãéa",
            "Ã© → b",
            "NÃO",
            "ñandú",
            "Â",
            "AMANHÃ… diz",
            "IRMÔ",
            "está…” dijo",
        ] {
            check(right, right);
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(text in "([&;#aé ]|amp|&amp;|eacute|nbsp|&#38;|lt;|Ã|Â|©|â€™|copy){0,20}") {
            let once = mended(&text).into_owned();
            prop_assert_eq!(mended(&once), once.as_str());
        }

        #[test]
        fn what_was_scrambled_is_read(text in "[a-zñáéíóúü¿¡–“”’ ]{0,20}[ñáéí–“’]") {
            let (scrambled, _) = WINDOWS_1252.decode_without_bom_handling(text.as_bytes());
            prop_assert_eq!(mended(&scrambled), text.as_str());
        }
    }
}
