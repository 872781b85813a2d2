//! Folds text for comparison.

use unicode_normalization::UnicodeNormalization as _;

/// Returns the letters and digits in lower case without accents, with one space between words: the form in which titles
/// are compared.
pub fn fold_text(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut push = |c: char| {
        if c.is_alphanumeric() {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    };
    if text.is_ascii() {
        text.chars().for_each(|c| push(c.to_ascii_lowercase()));
    } else {
        let is_mark = unicode_normalization::char::is_combining_mark;
        let plain = text.nfkd().filter(|c| !is_mark(*c));
        plain.flat_map(char::to_lowercase).for_each(push);
    }
    folded.truncate(folded.trim_end().len());
    folded
}
