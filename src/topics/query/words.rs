//! Splits texts into words, in the same way for queries and items.

use unicode_normalization::char::is_combining_mark;

/// Returns the words of a text, each with its byte position.
///
/// A word is a run of letters and digits with their marks. Scripts that put no spaces between words (Chinese, Japanese,
/// Thai, Lao, Khmer, Burmese) yield one word per character: a search in them looks for a run of characters. So do
/// emoji; a flag is two.
pub(crate) fn words_of(text: &str) -> PositionedWords<'_> {
    PositionedWords { text, at: 0 }
}

pub(crate) struct PositionedWords<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for PositionedWords<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.text.get(self.at..)?;
        let (start, first) = rest.char_indices().find(|(_, c)| begins_word(*c))?;
        let alone = is_unspaced(first);
        let after = start + first.len_utf8();
        let goes_on =
            |c: char| continues_word(c) || (!alone && c.is_alphanumeric() && !is_unspaced(c));
        let tail = rest.get(after..)?;
        // Most characters of most words: these need no lookup in Unicode tables.
        let plain = |byte: &u8| !alone && byte.is_ascii_alphanumeric();
        let plain = tail.bytes().take_while(plain).count();
        let length = tail.get(plain..)?.find(|c| !goes_on(c));
        let length = length.map_or(tail.len(), |length| plain + length);
        let begin = self.at + start;
        self.at += after + length;
        Some((begin, self.text.get(begin..self.at)?))
    }
}

fn begins_word(c: char) -> bool {
    c.is_alphanumeric() || is_emoji(c)
}

/// Returns true for characters that belong to the letter before: marks, as text may be decomposed, and skin tones.
fn continues_word(c: char) -> bool {
    !c.is_ascii() && (is_combining_mark(c) || is_joiner(c) || is_skin_tone(c))
}

/// Returns true for pictures that people write among words, without their variants.
fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{231A}' | '\u{231B}' | '\u{23E9}'..='\u{23F3}' | '\u{23F8}'..='\u{23FA}'
        | '\u{2600}'..='\u{27BF}'
        | '\u{2B05}'..='\u{2B07}' | '\u{2B1B}' | '\u{2B1C}' | '\u{2B50}' | '\u{2B55}'
        | '\u{1F000}'..='\u{1FAFF}')
        && !is_skin_tone(c)
}

/// Returns true for the skin tones of a picture of a person.
pub(crate) fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

/// Returns true for invisible characters within words.
pub(crate) fn is_joiner(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}'
    )
}

/// Returns true if the letter belongs to a script that puts no spaces between words, or is a picture.
pub(super) fn is_unspaced(c: char) -> bool {
    is_emoji(c)
        || matches!(c,
        '\u{E00}'..='\u{EFF}'          // Thai, Lao
        | '\u{1000}'..='\u{109F}'      // Burmese
        | '\u{1780}'..='\u{17FF}'      // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30FF}'      // Hiragana, Katakana
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'      // Chinese characters
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let words: Vec<&str> = words_of(text).map(|(_, word)| word).collect();
        assert_eq!(words, expected, "{text}");
        for (at, word) in words_of(text) {
            assert_eq!(text.get(at..at + word.len()), Some(word));
        }
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        check("L'eau, 2019–2025.", &["L", "eau", "2019", "2025"]);
        check("migracio\u{301}n \u{301} x", &["migracio\u{301}n", "x"]);
        check("co\u{AD}operation", &["co\u{AD}operation"]);
        check("हिन्दी में", &["हिन्दी", "में"]);
        check("", &[]);
        check("… -", &[]);
    }

    #[test]
    fn emoji_are_words_by_themselves() {
        check("Alerta🌊🔥 ya", &["Alerta", "🌊", "🔥", "ya"]);
        check("⚠\u{fe0f}Storm", &["⚠\u{fe0f}", "Storm"]);
        check("👷🏽", &["👷🏽"]);
        check("🇲🇽", &["🇲", "🇽"]);
        check("a → b © c", &["a", "b", "c"]);
    }

    #[test]
    fn scripts_without_spaces_give_a_word_a_character() {
        check("COVID肺炎 が2", &["COVID", "肺", "炎", "が", "2"]);
        check("ที่นี่", &["ที่", "นี่"]);
        check("か\u{3099}", &["か\u{3099}"]);
    }

    /// Splits letter by letter: each continues the word before it, begins one, or ends it.
    fn plainly(text: &str) -> Vec<(usize, &str)> {
        let mut words: Vec<(usize, usize)> = Vec::new();
        let (mut open, mut alone) = (false, false);
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            let letter = begins_word(c);
            let new = letter && (!open || alone || is_unspaced(c)) && !(open && continues_word(c));
            if new {
                words.push((at, end));
                (open, alone) = (true, is_unspaced(c));
            } else if open && (letter || continues_word(c)) {
                words.last_mut().unwrap().1 = end;
            } else {
                open = false;
            }
        }
        let word = |(begin, end): (usize, usize)| (begin, text.get(begin..end).unwrap());
        words.into_iter().map(word).collect()
    }

    proptest! {
        #[test]
        fn words_are_those_of_a_plain_reading(
            text in r"([a-zA-Z0-9 .,'é\u{301}\u{ad}ßл中が\u{3099}ที่]|\PC){0,40}",
        ) {
            prop_assert_eq!(words_of(&text).collect::<Vec<_>>(), plainly(&text));
        }
    }
}
