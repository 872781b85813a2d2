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
pub(super) struct Words {
    /// The folded words, one blank after each.
    pub(super) folded: String,
    pub(super) list: Vec<Word>,
}

pub(super) struct Word {
    pub(super) at: Range<usize>,
    pub(super) form: Form,
    /// The way it was written, as flags of a token.
    pub(super) flags: u32,
    /// True if nothing separates it from the previous word.
    pub(super) glued: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Letters,
    Digits,
    /// A character of a script written without blanks: Chinese, Japanese, Thai.
    Sign,
}

fn form(c: char) -> Option<Form> {
    match c {
        '0'..='9' => Some(Form::Digits),
        'a'..='z' | 'A'..='Z' => Some(Form::Letters),
        c if c.is_ascii() => None,
        '\u{E00}'..='\u{EFF}'
        | '\u{2E80}'..='\u{A4CF}'
        | '\u{AC00}'..='\u{D7AF}'
        | '\u{F900}'..='\u{FAFF}'
            if c.is_alphanumeric() =>
        {
            Some(Form::Sign)
        }
        c if is_combining_mark(c) || c.is_alphanumeric() => Some(Form::Letters),
        _ => None,
    }
}

/// The separators since the last word.
#[derive(Default)]
struct Between {
    any: bool,
    blank: bool,
    hyphen: bool,
    points: usize,
    /// Flags that the next word opens a part, and that the text before was cut.
    flags: u32,
}

impl Between {
    fn add(&mut self, c: char) {
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

impl Words {
    /// Splits `text` into at most `limit` words.
    pub(super) fn of(text: &str, limit: usize) -> Self {
        let mut words = Self {
            folded: String::with_capacity(text.len().min(limit * 12)),
            list: Vec::with_capacity((text.len() / 5).min(limit)),
        };
        words.read(text, limit);
        words
    }

    fn read(&mut self, text: &str, limit: usize) {
        let mut between = Between {
            any: true,
            flags: OPENS,
            ..Between::default()
        };
        let mut last: Option<Form> = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let Some(found) = form(c) else {
                let next_is_digit = chars.peek().is_some_and(char::is_ascii_digit);
                if matches!(c, '.' | ',') && next_is_digit && last == Some(Form::Digits) {
                    self.folded.push(c);
                } else {
                    last = None;
                    between.add(c);
                }
                continue;
            };
            if last != Some(found) || found == Form::Sign {
                if self.list.len() >= limit {
                    break;
                }
                self.begin(c, found, &between);
                between = Between::default();
                last = Some(found);
            }
            self.push(c);
        }
        self.end();
        if let Some(word) = self.list.last_mut() {
            word.flags |= between.flags & CUT;
        }
    }

    fn begin(&mut self, c: char, form: Form, between: &Between) {
        self.end();
        if let Some(before) = self.list.last_mut() {
            before.flags |= between.flags & CUT;
        }
        let at = self.folded.len();
        let capital = c.is_ascii_uppercase() || !c.is_ascii() && c.is_uppercase();
        self.list.push(Word {
            at: at..at,
            form,
            flags: between.flags & OPENS | if capital { CAPITAL } else { 0 },
            glued: !between.any,
        });
    }

    fn push(&mut self, c: char) {
        if c.is_ascii() {
            self.folded.push(c.to_ascii_lowercase());
        } else {
            let plain = c.nfkd().filter(|c| !is_combining_mark(*c));
            self.folded.extend(plain.flat_map(char::to_lowercase));
        }
    }

    fn end(&mut self) {
        let end = self.folded.len();
        if let Some(word) = self.list.last_mut()
            && word.at.is_empty()
        {
            word.at.end = end;
            self.folded.push(' ');
        }
    }

    /// Returns a folded word; empty beyond the last.
    pub(super) fn word(&self, number: usize) -> &str {
        let at = self.list.get(number).map(|word| word.at.clone());
        at.and_then(|at| self.folded.get(at)).unwrap_or_default()
    }

    pub(super) fn has_form(&self, number: usize, form: Form) -> bool {
        self.list.get(number).is_some_and(|word| word.form == form)
    }
}
