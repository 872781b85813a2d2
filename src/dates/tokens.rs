//! Splits text into tokens: numbers, words and signs, each with its position in the text.
//!
//! Purely visual differences are folded: case, accents, kinds of spaces, dashes and quotes, digits of other scripts,
//! zero-width characters. Words that form one expression (`sexta-feira`, `il y a`) become one token.

use unicode_normalization::char::is_combining_mark;

use super::words::{self, DateSense, DateWord, LanguageSet, fold_char, is_syllable};

/// The longest word of a script without spaces, in characters.
const MAX_SYLLABLES: usize = 5;

/// A number, a word or a sign.
#[derive(Clone, Copy, Debug)]
pub(super) struct DateToken {
    pub(super) kind: DateTokenKind,
    /// First byte in the text.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
    /// True if it follows a space, or if its script has no spaces.
    pub(super) spaced: bool,
    /// True if it is also an ordinary word and spelled like one: `may`, but not `May`.
    pub(super) ordinary: bool,
    /// True if it begins with a capital letter.
    pub(super) capital: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum DateTokenKind {
    /// The value of a run of digits, and their number.
    Number(u32, usize),
    /// A run of letters, with all of its meanings; empty for a word that is not used in dates.
    Word(&'static [(DateSense, LanguageSet)]),
    /// Any other character; dashes are `-`, single quotes `'`.
    Sign(char),
}

impl DateToken {
    /// Returns true if it can mean `sense`.
    pub(super) fn means(&self, sense: DateSense) -> bool {
        matches!(self.kind, DateTokenKind::Word(senses) if senses.iter().any(|(known, _)| *known == sense))
    }

    /// Returns true if it can mean one of `wanted`.
    pub(super) fn means_any(&self, wanted: &[DateSense]) -> bool {
        matches!(self.kind, DateTokenKind::Word(senses) if senses.iter().any(|(known, _)| wanted.contains(known)))
    }

    pub(super) fn is_weekday(&self) -> bool {
        matches!(self.kind, DateTokenKind::Word(senses) if senses.iter().any(|(known, _)| matches!(known, DateSense::Weekday(_))))
    }

    /// Returns the weekday that it means, if it can mean no other.
    pub(super) fn only_weekday(&self) -> Option<u8> {
        let DateTokenKind::Word(senses) = self.kind else {
            return None;
        };
        let mut weekdays = senses.iter().filter_map(|(sense, _)| sense.weekday());
        let first = weekdays.next()?;
        weekdays.all(|other| other == first).then_some(first)
    }

    /// Returns true if it is a sign among `signs`.
    pub(super) fn is_sign(&self, signs: &str) -> bool {
        matches!(self.kind, DateTokenKind::Sign(sign) if signs.contains(sign))
    }

    /// Returns true if these languages use it in a date.
    pub(super) fn belongs_to(&self, languages: LanguageSet) -> bool {
        matches!(self.kind, DateTokenKind::Word(senses) if senses.iter().any(|(_, of)| of.intersects(languages)))
    }

    /// Returns true if a date can begin with it. Most words of a text are rejected here.
    pub(super) fn may_begin(&self) -> bool {
        match self.kind {
            DateTokenKind::Number(..) => true,
            DateTokenKind::Word(senses) => senses.iter().any(|(sense, _)| sense.may_begin()),
            DateTokenKind::Sign(_) => false,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.kind, DateTokenKind::Number(..))
    }

    /// Returns true if it is longer than this number of bytes: two letters are a weekday only to those who know the
    /// language.
    pub(super) fn is_longer_than(&self, bytes: usize) -> bool {
        self.end - self.start > bytes
    }
}

/// Returns all tokens of the text, in order.
pub(super) fn tokenize(text: &str) -> Vec<DateToken> {
    let mut scanner = DateScanner {
        // Few texts have more pieces than a third of their bytes.
        pieces: Vec::with_capacity(text.len() / 3 + 4),
        folded: String::with_capacity(text.len() + text.len() / 4),
        spaced: false,
        in_word: false,
    };
    for (start, c) in text.char_indices() {
        scanner.scan_char(c, start);
    }
    scanner.build_tokens()
}

/// The raw material of a token.
#[derive(Clone, Copy, Debug)]
struct TokenPiece {
    shape: PieceShape,
    start: usize,
    end: usize,
    spaced: bool,
    capital: bool,
}

#[derive(Clone, Copy, Debug)]
enum PieceShape {
    Number(u32, usize),
    /// The range of the word in `folded`.
    Word(usize, usize),
    /// A character of a script without spaces.
    Syllable(char, usize, usize),
    Sign(char),
}

struct DateScanner {
    pieces: Vec<TokenPiece>,
    /// All words, folded, with one space between them, and none between syllables.
    folded: String,
    spaced: bool,
    in_word: bool,
}

/// Converts characters to pieces.
impl DateScanner {
    fn scan_char(&mut self, c: char, start: usize) {
        let end = start + c.len_utf8();
        if is_invisible(c) {
            return;
        }
        if is_syllable(c) {
            return self.push_syllable(c, start, end);
        }
        if c.is_alphabetic() || is_combining_mark(c) || matches!(c, '°' | '№') {
            return self.push_letter(c, start, end);
        }
        self.in_word = false;
        match (digit_value(c), c.is_whitespace() || c.is_control()) {
            (Some(digit), _) => self.push_digit(digit, start, end),
            (None, true) => self.spaced = true,
            (None, false) => self.push_piece(PieceShape::Sign(plain_sign(c)), start, end, false),
        }
    }

    fn push_letter(&mut self, c: char, start: usize, end: usize) {
        if !self.in_word {
            self.in_word = true;
            self.folded.push(' ');
            let from = self.folded.len();
            self.push_piece(PieceShape::Word(from, from), start, end, c.is_uppercase());
        }
        // A degree sign usually represents the ordinal `º`.
        fold_char(if c == '°' { 'º' } else { c }, |part| {
            self.folded.push(part);
        });
        if let Some(piece) = self.pieces.last_mut()
            && let PieceShape::Word(_, to) = &mut piece.shape
        {
            *to = self.folded.len();
            piece.end = end;
        }
    }

    fn push_syllable(&mut self, c: char, start: usize, end: usize) {
        self.in_word = false;
        let follows = matches!(
            self.pieces.last(),
            Some(TokenPiece {
                shape: PieceShape::Syllable(..),
                ..
            })
        ) && !self.spaced;
        if !follows {
            self.folded.push(' ');
        }
        let from = self.folded.len();
        self.folded.push(c);
        self.push_piece(
            PieceShape::Syllable(c, from, self.folded.len()),
            start,
            end,
            false,
        );
    }

    fn push_digit(&mut self, digit: u32, start: usize, end: usize) {
        if let Some(piece) = self.pieces.last_mut()
            && let PieceShape::Number(value, digits) = &mut piece.shape
            && !self.spaced
        {
            *value = value.saturating_mul(10).saturating_add(digit);
            *digits += 1;
            piece.end = end;
        } else {
            self.push_piece(PieceShape::Number(digit, 1), start, end, false);
        }
    }

    fn push_piece(&mut self, shape: PieceShape, start: usize, end: usize, capital: bool) {
        let spaced = std::mem::take(&mut self.spaced);
        self.pieces.push(TokenPiece {
            shape,
            start,
            end,
            spaced,
            capital,
        });
    }
}

/// Converts pieces to tokens.
impl DateScanner {
    fn build_tokens(&self) -> Vec<DateToken> {
        let mut tokens: Vec<DateToken> = Vec::with_capacity(self.pieces.len());
        let mut at = 0;
        let mut after_syllable = false;
        while let Some(piece) = self.pieces.get(at) {
            let (kind, pieces, ordinary) = match piece.shape {
                PieceShape::Number(value, digits) => {
                    (DateTokenKind::Number(value, digits), 1, false)
                }
                PieceShape::Sign(sign) => (DateTokenKind::Sign(sign), 1, false),
                PieceShape::Word(from, to) => self.match_words(at, from, to),
                PieceShape::Syllable(c, from, _) => self.match_syllables(at, c, from),
            };
            let syllable = matches!(piece.shape, PieceShape::Syllable(..));
            let last = self.pieces.get(at + pieces - 1).unwrap_or(piece);
            tokens.push(DateToken {
                kind,
                start: piece.start,
                end: last.end,
                spaced: piece.spaced || syllable || after_syllable,
                ordinary: ordinary && !piece.capital,
                capital: piece.capital,
            });
            after_syllable = syllable;
            at += pieces;
        }
        tokens
    }

    /// Returns the longest entry that begins here, the number of its pieces, and true if it is also an ordinary word.
    fn match_words(&self, at: usize, from: usize, to: usize) -> (DateTokenKind, usize, bool) {
        let word = self.folded.get(from..to).unwrap_or_default();
        let Some(first) = words::find_word(word) else {
            return (DateTokenKind::Word(&[]), 1, false);
        };
        let (mut found, mut pieces) = (first, 1);
        let (mut end, mut words) = (at, 1);
        while words < first.longest
            && let Some((next, to)) = self.joined_piece(end)
        {
            end = next;
            words += 1;
            if let Some(entry) = self.folded.get(from..to).and_then(words::find_word)
                && !entry.senses.is_empty()
            {
                (found, pieces) = (entry, end - at + 1);
            }
        }
        (
            DateTokenKind::Word(&found.senses),
            pieces,
            pieces == 1 && words::is_ordinary(word),
        )
    }

    /// Returns the piece that a space, a hyphen, an apostrophe or a point joins to the one at `at`, and the end of its
    /// word.
    fn joined_piece(&self, at: usize) -> Option<(usize, usize)> {
        let (next, piece) = (at + 1, self.pieces.get(at + 1)?);
        match piece.shape {
            PieceShape::Word(_, to) => Some((next, to)),
            PieceShape::Sign('-' | '\'' | '.' | '/') if !piece.spaced => {
                match self.pieces.get(next + 1)? {
                    TokenPiece {
                        shape: PieceShape::Word(_, to),
                        ..
                    } => Some((next + 1, *to)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Returns the longest word that begins here, or a number in Chinese numerals.
    fn match_syllables(&self, at: usize, c: char, from: usize) -> (DateTokenKind, usize, bool) {
        let mut found: (&DateWord, usize) = (&NO_ENTRY, 1);
        for (pieces, piece) in (1..=MAX_SYLLABLES).zip(self.pieces.iter().skip(at)) {
            let PieceShape::Syllable(_, _, to) = piece.shape else {
                break;
            };
            if pieces > 1 && piece.spaced {
                break;
            }
            if let Some(entry) = self.folded.get(from..to).and_then(words::find_word) {
                found = (entry, pieces);
            }
        }
        let (entry, pieces) = found;
        if entry.senses.is_empty() && numeral_value(c).is_some() {
            let numerals = self
                .pieces
                .iter()
                .skip(at)
                .map_while(|piece| match piece.shape {
                    PieceShape::Syllable(c, ..) => numeral_value(c),
                    _ => None,
                });
            let (value, pieces, digits) = read_numerals(numerals);
            return (DateTokenKind::Number(value, digits), pieces, false);
        }
        (DateTokenKind::Word(&entry.senses), pieces, false)
    }
}

static NO_ENTRY: DateWord = DateWord {
    senses: Vec::new(),
    longest: 0,
};

/// Returns the value of a Chinese numeral; 十 is ten.
fn numeral_value(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '十' => 10,
        _ => return None,
    })
}

/// Returns the value of numerals, their count, and the number of digits of the value: 二〇二一 and 二十八 are both supported.
fn read_numerals(numerals: impl Iterator<Item = u32>) -> (u32, usize, usize) {
    let (mut value, mut count, mut pending) = (0_u32, 0, None::<u32>);
    for numeral in numerals.take(8) {
        count += 1;
        if numeral == 10 {
            value = value.saturating_add(pending.take().unwrap_or(1) * 10);
        } else if let Some(digit) = pending.replace(numeral) {
            value = value.saturating_add(digit).saturating_mul(10);
        }
    }
    let value = value.saturating_add(pending.unwrap_or(0));
    (value, count, value.to_string().len())
}

/// The zeros of other scripts: Arabic, Persian, Devanagari, Bengali, Tamil, Thai, Khmer, full width.
const ZEROS: [char; 8] = [
    '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{BE6}', '\u{E50}', '\u{17E0}', '\u{FF10}',
];

/// Returns the value of a decimal digit in any script used for dates.
fn digit_value(c: char) -> Option<u32> {
    if c.is_ascii() {
        return c.to_digit(10);
    }
    let value = |zero: char| {
        u32::from(c)
            .checked_sub(u32::from(zero))
            .filter(|value| *value < 10)
    };
    ZEROS.into_iter().find_map(value)
}

/// Returns true for zero-width spaces and joiners, direction marks, variation selectors and soft hyphens.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

fn plain_sign(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{FE58}'
        | '\u{FE63}'
        | '\u{FF0D}'
        | '~'
        | '\u{301C}'
        | '\u{FF5E}' => '-',
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{B4}' | '`' => '\'',
        '\u{FF0C}' | '\u{60C}' | '\u{3001}' => ',',
        '\u{FF1A}' => ':',
        '\u{FF0E}' | '\u{3002}' => '.',
        '\u{FF0F}' | '\u{2044}' => '/',
        '\u{FF08}' => '(',
        '\u{FF09}' => ')',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_number(text: &str, expected: &[(u32, usize)]) {
        let numbers = tokenize(text)
            .into_iter()
            .filter_map(|token| match token.kind {
                DateTokenKind::Number(value, digits) => Some((value, digits)),
                _ => None,
            });
        assert_eq!(numbers.collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn numbers_of_all_scripts() {
        check_number("28 ٢٨ ۲۸ २८ ２８", &[(28, 2); 5]);
        check_number("007", &[(7, 3)]);
        check_number("二〇二一年十二月二十八日", &[(2021, 4), (28, 2)]);
        check_number("十日 二十日 三天", &[(10, 2), (20, 2), (3, 1)]);
    }

    #[test]
    fn words_that_belong_together_are_one_token() {
        for text in [
            "sexta-feira",
            "il y a",
            "Aujourd’hui",
            "a. m",
            "كانون الثاني",
            "前天",
            "2小时",
        ] {
            let found = tokenize(text);
            let words = found.iter().filter(
                |token| matches!(token.kind, DateTokenKind::Word(senses) if !senses.is_empty()),
            );
            assert_eq!(words.count(), 1, "{text}: {found:?}");
        }
    }
}
