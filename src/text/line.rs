//! Text on one line for a log or a terminal.

use std::error::Error;

/// Returns an error and its causes on one line.
pub fn error_chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

/// The longest text of a problem, in characters.
const LONGEST_LINE: usize = 500;

/// Returns `text`, which may quote a document, in a form that is safe for a terminal: on one line, without escape
/// sequences, limited in length.
pub fn one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(LONGEST_LINE).map(shown).collect();
    if text.chars().nth(LONGEST_LINE).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_quoted_does_nothing_to_a_terminal() {
        let check = |text: &str, shown: &str| assert_eq!(one_line(text), shown);
        check(
            "expected `</a\u{1b}[31m>`\nbut\u{9b}0m",
            "expected `</a [31m>` but 0m",
        );
        check(&"ñ".repeat(500), &"ñ".repeat(500));
        check(&"ñ".repeat(501), &("ñ".repeat(500) + "…"));
    }
}
