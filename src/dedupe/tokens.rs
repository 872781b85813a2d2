//! Converts titles and texts to tokens for comparison.
//!
//! In: plain text. Out: a number of 32 bits for each word, with the kind of word (a number, a day, a place, a
//! function word) and the way it was written. Numbers are represented by value, whether in digits, words, Roman or
//! ordinal; countries by code, so that `Iran` and `Iranian` are the same. Time linear in the text.

use super::numbers::{RomanWord, combine_number_words, parse_digits, parse_roman};
use super::scan::{CharForm, ScannedWord, ScannedWords};
use super::words::{WordMeaning, is_ordinal_ending, joins_numbers, word_meaning};
use crate::classify::regions;

/// One word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct WordToken(u32);

/// The kind of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordKind {
    /// A function word: an article, a preposition.
    Joining,
    Word,
    /// The letters of a reference (the `SV` of `SV25746`), or a possible Roman number.
    Reference,
    Number,
    /// A month or a day of the week.
    Date,
    Place,
}

const KINDS: [WordKind; 6] = [
    WordKind::Joining,
    WordKind::Word,
    WordKind::Reference,
    WordKind::Number,
    WordKind::Date,
    WordKind::Place,
];
/// The low bits identify the word.
const SAME: u32 = (1 << 24) - 1;
const KIND: u32 = 24;
pub(super) const CAPITAL: u32 = 1 << 27;
pub(super) const OPENS: u32 = 1 << 28;
pub(super) const CUT: u32 = 1 << 29;
const SERIAL: u32 = 1 << 30;

impl WordToken {
    /// Returns a hash of the word.
    pub(super) fn word_hash(self) -> u32 {
        self.0 & SAME
    }

    /// Returns true if both are the same word, however written.
    pub(super) fn is_same_word(self, other: Self) -> bool {
        (self.0 ^ other.0) & SAME == 0
    }

    pub(super) fn kind(self) -> WordKind {
        KINDS
            .get((self.0 >> KIND & 7) as usize)
            .copied()
            .unwrap_or(WordKind::Word)
    }

    /// Returns true if it begins with a capital.
    pub(super) fn has_capital(self) -> bool {
        self.0 & CAPITAL != 0
    }

    /// Returns true if it begins a part of a title: after a colon, a dash, a bar, a bracket.
    pub(super) fn opens_part(self) -> bool {
        self.0 & OPENS != 0
    }

    /// Returns true if the text was cut after it.
    pub(super) fn is_cut_off(self) -> bool {
        self.0 & CUT != 0
    }

    /// Returns true if it is the number of an issue, a week, a notice.
    pub(super) fn is_serial(self) -> bool {
        self.0 & SERIAL != 0
    }

    /// Returns true for a content word: any word except a function word.
    pub(super) fn is_content_word(self) -> bool {
        self.kind() != WordKind::Joining
    }

    pub(super) fn new(kind: WordKind, hash: u64) -> Self {
        let kind = KINDS.iter().position(|known| *known == kind).unwrap_or(1);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the high bits are taken, the kind is below 8"
        )]
        let bits = (hash >> 40) as u32 & SAME | (kind as u32) << KIND;
        Self(bits)
    }

    /// Returns the token of a whole number.
    pub(super) fn from_number(value: u64) -> Self {
        Self::new(WordKind::Number, mix_hash(value ^ 0x6e75_6d62_6572))
    }
}

/// Mixes a 64-bit hash, with the same result in every run.
pub(super) fn mix_hash(value: u64) -> u64 {
    let mut value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

/// Returns a hash of text, the same in every run.
pub(super) fn hash_text(text: &str) -> u64 {
    let mut hash = 0x51_7c_c1_b7_27_22_0a_95_u64 ^ text.len() as u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(chunk) {
            *to = *from;
        }
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9fb2_1c65_1e98_df25);
    }
    mix_hash(hash)
}

/// Adds at most `limit` tokens of `text` to `tokens`. In a title every word may name a place, in a text only those
/// with a capital.
pub(super) fn tokenize_text(
    text: &str,
    tongue: &str,
    is_title: bool,
    limit: usize,
    tokens: &mut Vec<WordToken>,
) {
    let words = ScannedWords::of(text, limit);
    let mut reader = Tokenizer {
        words: &words,
        tongue,
        is_title,
        at: 0,
        serial: false,
    };
    while reader.at < words.list.len() {
        let token = reader.next_token();
        tokens.push(token);
    }
}

/// Converts words to tokens.
struct Tokenizer<'a> {
    words: &'a ScannedWords,
    tongue: &'a str,
    is_title: bool,
    at: usize,
    /// True if the previous word announces a number.
    serial: bool,
}

impl Tokenizer<'_> {
    fn next_token(&mut self) -> WordToken {
        let first = self.at;
        let announced = std::mem::take(&mut self.serial);
        let token = self.read_token(announced);
        self.at = self.at.max(first + 1);
        let Some(word) = self.words.list.get(first) else {
            return token;
        };
        let last = self.words.list.get(self.at - 1).unwrap_or(word);
        let serial = announced && token.kind() == WordKind::Number;
        let flags =
            word.flags & (CAPITAL | OPENS) | last.flags & CUT | if serial { SERIAL } else { 0 };
        WordToken(token.0 | flags)
    }

    fn read_token(&mut self, announced: bool) -> WordToken {
        let text = self.words.folded_word(self.at);
        let Some(word) = self.words.list.get(self.at) else {
            return WordToken::new(WordKind::Word, 0);
        };
        if word.form == CharForm::Digits {
            return self.read_digits(text);
        }
        let found = word_meaning(text, self.tongue);
        match found {
            Some(WordMeaning::Number(value)) => return self.read_number_words(value),
            Some(WordMeaning::Month(month)) => return date_token(month),
            Some(WordMeaning::MaybeMonth(month)) if self.is_beside_number() => {
                return date_token(month);
            }
            Some(WordMeaning::Weekday(day)) => return date_token(day + 20),
            _ => {}
        }
        match parse_roman(text, announced) {
            Some(RomanWord::Number(value)) => return WordToken::from_number(value.into()),
            Some(RomanWord::Perhaps) => {
                return WordToken::new(WordKind::Reference, hash_text(text));
            }
            None => {}
        }
        if self.is_reference(word) {
            return WordToken::new(WordKind::Reference, hash_text(text));
        }
        match found {
            Some(WordMeaning::Designator) => {
                self.serial = true;
                let is_number = matches!(text, "no" | "nr" | "num" | "numero" | "number" | "n");
                return if is_number {
                    WordToken::new(WordKind::Joining, hash_text("no"))
                } else {
                    WordToken::new(WordKind::Word, hash_text(strip_plural(text)))
                };
            }
            Some(WordMeaning::Joining) => {
                return WordToken::new(WordKind::Joining, hash_text(text));
            }
            _ => {}
        }
        self.read_place(text, word)
            .unwrap_or_else(|| WordToken::new(WordKind::Word, hash_text(strip_plural(text))))
    }

    /// Reads a number in digits, with the ending of an ordinal if there is one.
    fn read_digits(&mut self, text: &str) -> WordToken {
        let next = self.at + 1;
        let glued = self.words.list.get(next).is_some_and(|word| word.glued);
        if glued && is_ordinal_ending(self.words.folded_word(next)) {
            self.at += 2;
        }
        parse_digits(text)
    }

    /// Reads a number in words, as many as belong to it.
    fn read_number_words(&mut self, first: u32) -> WordToken {
        let mut value = u64::from(first);
        self.at += 1;
        loop {
            let joined = usize::from(joins_numbers(self.words.folded_word(self.at)));
            let next = self.words.folded_word(self.at + joined);
            let Some(WordMeaning::Number(part)) = word_meaning(next, self.tongue) else {
                break;
            };
            let Some(sum) = combine_number_words(value, part.into()) else {
                break;
            };
            value = sum;
            self.at += joined + 1;
        }
        WordToken::from_number(value)
    }

    /// Returns true if a number in digits is before or after, with nothing between except `de` or `of`.
    fn is_beside_number(&self) -> bool {
        let is_number = |at: usize| self.words.has_form(at, CharForm::Digits);
        let is_of = |at: usize| matches!(self.words.folded_word(at), "de" | "of" | "do" | "del");
        let at = self.at;
        is_number(at + 1)
            || is_of(at + 1) && is_number(at + 2)
            || at > 0 && is_number(at - 1)
            || at > 1 && is_of(at - 1) && is_number(at - 2)
    }

    /// Returns true if the letters are attached to digits.
    fn is_reference(&self, word: &ScannedWord) -> bool {
        let next = self.words.list.get(self.at + 1);
        let before_digits = next.is_some_and(|next| next.glued && next.form == CharForm::Digits);
        word.form == CharForm::Letters
            && word.at.len() <= 3
            && (before_digits
                || word.glued
                    && self
                        .words
                        .has_form(self.at.wrapping_sub(1), CharForm::Digits))
    }

    fn read_place(&mut self, text: &str, word: &ScannedWord) -> Option<WordToken> {
        let may_name = self.is_title || word.flags & CAPITAL != 0;
        if word.form != CharForm::Letters || text.len() < 2 || !may_name {
            return None;
        }
        let rest = self.words.folded.get(word.at.start..)?;
        let found = regions::find_leading_name(rest)?;
        self.at += found.words;
        let name = if let Some(country) = found.country {
            hash_text(country.as_str())
        } else {
            let end = self.words.list.get(self.at - 1)?.at.end;
            hash_text(self.words.folded.get(word.at.start..end)?)
        };
        Some(WordToken::new(WordKind::Place, name))
    }
}

/// Returns a word without the `s` of a plural.
fn strip_plural(word: &str) -> &str {
    word.strip_suffix('s')
        .filter(|stem| stem.len() > 3)
        .unwrap_or(word)
}

fn date_token(value: u32) -> WordToken {
    WordToken::new(
        WordKind::Date,
        mix_hash(u64::from(value) ^ 0x0064_6174_6500),
    )
}
