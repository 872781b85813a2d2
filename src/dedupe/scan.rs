//! Splits text into folded words, with the way each was written.
//!
//! Letters and digits are separate words (`SV25746` is two), so that `COVID-19` and `COVID19` are the same; a point
//! or comma within digits belongs to them. Time linear in the text.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::tokens::{CAPITAL, CUT, OPENS};

/// The words of a text in order.
#[derive(Default)]
pub(super) struct ScannedWords {
    /// The folded words, one blank after each.
    pub(super) folded: String,
    pub(super) list: Vec<ScannedWord>,
}

pub(super) struct ScannedWord {
    pub(super) at: Range<usize>,
    pub(super) form: CharForm,
    /// The way it was written, as flags of a token.
    pub(super) flags: u32,
    /// True if nothing separates it from the previous word.
    pub(super) glued: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CharForm {
    Letters,
    Digits,
    /// A character of a script written without blanks: Chinese, Japanese, Thai.
    Sign,
}

fn char_form(c: char) -> Option<CharForm> {
    match c {
        '0'..='9' => Some(CharForm::Digits),
        'a'..='z' | 'A'..='Z' => Some(CharForm::Letters),
        c if c.is_ascii() => None,
        '\u{E00}'..='\u{EFF}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7AF}'
        | '\u{F900}'..='\u{FAFF}'
            if c.is_alphanumeric() =>
        {
            Some(CharForm::Sign)
        }
        c if is_combining_mark(c) || c.is_alphanumeric() => Some(CharForm::Letters),
        _ => None,
    }
}

/// The separators since the last word.
#[derive(Default)]
struct TokenSeparators {
    any: bool,
    blank: bool,
    hyphen: bool,
    points: usize,
    /// Flags that the next word opens a part, and that the text before was cut.
    flags: u32,
}

impl TokenSeparators {
    fn add_char(&mut self, c: char) {
        self.any = true;
        match c {
            '.' => self.points += 1,
            '…' => self.points = 2,
            ':' | '|' | '–' | '—' | '›' | '»' | '•' | '(' | ')' | '[' | ']' => {
                self.flags |= OPENS;
            }
            '-' => self.hyphen = true,
            c if c.is_whitespace() => self.blank = true,
            _ => return,
        }
        if self.hyphen && self.blank {
            self.flags |= OPENS;
        }
        if self.points > 1 {
            self.flags |= CUT;
        }
    }
}

impl ScannedWords {
    /// Splits `text` into at most `limit` words.
    pub(super) fn of(text: &str, limit: usize) -> Self {
        let mut words = Self {
            folded: String::with_capacity(text.len().min(limit * 12)),
            list: Vec::with_capacity((text.len() / 5).min(limit)),
        };
        words.scan_text(text, limit);
        words
    }

    fn scan_text(&mut self, text: &str, limit: usize) {
        let mut between = TokenSeparators {
            any: true,
            flags: OPENS,
            ..TokenSeparators::default()
        };
        let mut last: Option<CharForm> = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let Some(found) = char_form(c) else {
                let next_is_digit = chars.peek().is_some_and(char::is_ascii_digit);
                if matches!(c, '.' | ',') && next_is_digit && last == Some(CharForm::Digits) {
                    self.folded.push(c);
                } else {
                    last = None;
                    between.add_char(c);
                }
                continue;
            };
            if last != Some(found) || found == CharForm::Sign {
                if self.list.len() >= limit {
                    break;
                }
                self.begin_word(c, found, &between);
                between = TokenSeparators::default();
                last = Some(found);
            }
            self.push_char(c);
        }
        self.end_word();
        if let Some(word) = self.list.last_mut() {
            word.flags |= between.flags & CUT;
        }
    }

    fn begin_word(&mut self, c: char, form: CharForm, between: &TokenSeparators) {
        self.end_word();
        if let Some(before) = self.list.last_mut() {
            before.flags |= between.flags & CUT;
        }
        let at = self.folded.len();
        let capital = c.is_ascii_uppercase() || !c.is_ascii() && c.is_uppercase();
        self.list.push(ScannedWord {
            at: at..at,
            form,
            flags: between.flags & OPENS | if capital { CAPITAL } else { 0 },
            glued: !between.any,
        });
    }

    fn push_char(&mut self, c: char) {
        if c.is_ascii() {
            self.folded.push(c.to_ascii_lowercase());
        } else {
            let plain = c.nfkd().filter(|c| !is_combining_mark(*c));
            self.folded.extend(plain.flat_map(char::to_lowercase));
        }
    }

    fn end_word(&mut self) {
        let end = self.folded.len();
        if let Some(word) = self.list.last_mut()
            && word.at.is_empty()
        {
            word.at.end = end;
            self.folded.push(' ');
        }
    }

    /// Returns a folded word; empty beyond the last.
    pub(super) fn folded_word(&self, number: usize) -> &str {
        let at = self.list.get(number).map(|word| word.at.clone());
        at.and_then(|at| self.folded.get(at)).unwrap_or_default()
    }

    pub(super) fn has_form(&self, number: usize, form: CharForm) -> bool {
        self.list.get(number).is_some_and(|word| word.form == form)
    }
}
