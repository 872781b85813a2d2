//! Text to tokens: numbers, words and signs, each with its place in the text.
//!
//! What only the eye sees folds away here: case, accents, kinds of spaces, dashes and quotes, characters without width.

use unicode_normalization::char::is_combining_mark;

use super::words::{self, Sense, fold};

/// A number, a word or a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// First byte in the text.
    pub(super) start: usize,
    /// The byte after the last.
    pub(super) end: usize,
    /// Whether space stands before it.
    pub(super) spaced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A run of digits, and how many they are.
    Number(u32, usize),
    /// A run of letters, with all that it can mean.
    Word(&'static [Sense]),
    /// Any other character; dashes are `-`, single quotes `'`.
    Sign(char),
}

impl Token {
    /// Whether it can mean `sense`.
    pub(super) fn means(&self, sense: Sense) -> bool {
        matches!(self.kind, Kind::Word(senses) if senses.contains(&sense))
    }

    /// Whether it is a sign among `signs`.
    pub(super) fn is_sign(&self, signs: &str) -> bool {
        matches!(self.kind, Kind::Sign(sign) if signs.contains(sign))
    }
}

/// All tokens of the text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut scanner = Scanner::default();
    for (start, c) in text.char_indices() {
        scanner.take(c, start);
    }
    scanner.close_word();
    scanner.tokens
}

#[derive(Default)]
struct Scanner {
    tokens: Vec<Token>,
    /// The word that the last token is growing into, folded.
    word: String,
    spaced: bool,
}

impl Scanner {
    fn take(&mut self, c: char, start: usize) {
        let end = start + c.len_utf8();
        if is_invisible(c) {
            return;
        }
        // A degree sign stands for the ordinal `º` more often than not.
        if c.is_alphabetic() || is_combining_mark(c) || c == '°' {
            return self.letter(if c == '°' { 'º' } else { c }, start, end);
        }
        self.close_word();
        match (c.to_digit(10), c.is_whitespace() || c.is_control()) {
            (Some(digit), _) => self.digit(digit, start, end),
            (None, true) => self.spaced = true,
            (None, false) => self.push(Kind::Sign(plain_sign(c)), start, end),
        }
    }

    fn letter(&mut self, c: char, start: usize, end: usize) {
        if self.word.is_empty() {
            self.push(Kind::Word(&[]), start, end);
        }
        self.word.extend(fold(c));
        if let Some(token) = self.tokens.last_mut() {
            token.end = end;
        }
    }

    fn close_word(&mut self) {
        if let Some(token) = self.tokens.last_mut()
            && !self.word.is_empty()
        {
            token.kind = Kind::Word(words::senses(&self.word));
            self.word.clear();
        }
    }

    fn digit(&mut self, digit: u32, start: usize, end: usize) {
        if let Some(token) = self.tokens.last_mut()
            && let Kind::Number(value, digits) = &mut token.kind
            && !self.spaced
        {
            *value = value.saturating_mul(10).saturating_add(digit);
            *digits += 1;
            token.end = end;
        } else {
            self.push(Kind::Number(digit, 1), start, end);
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        let spaced = std::mem::take(&mut self.spaced);
        self.tokens.push(Token {
            kind,
            start,
            end,
            spaced,
        });
    }
}

/// Zero-width spaces and joiners, marks of direction, variation selectors, soft hyphens.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

fn plain_sign(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' => '-',
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{B4}' | '`' => '\'',
        '\u{FF0C}' => ',',
        '\u{FF1A}' => ':',
        '\u{FF0F}' | '\u{2044}' => '/',
        c => c,
    }
}
