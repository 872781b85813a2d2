//! Text to words: folded, with what stood between them and how they were written.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Words looked at in one part of an item: what is longer has named its places before.
const MAX_WORDS: usize = 20_000;
/// A point after so few letters may be that of an abbreviation: `St.`, `EE. UU.`
const ABBREVIATION: usize = 3;
/// Words shorter than this are in small letters in any heading.
const LONG: usize = 4;

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// In small letters, or without letters that have a case.
    Small,
    /// With a capital at its beginning.
    Capital,
    /// In capitals, two at least.
    Capitals,
    /// Of digits.
    Digits,
}

/// What stands before a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// A blank, a hyphen, an apostrophe, the point of an abbreviation.
    Joined,
    Comma,
    /// A bracket, a quotation mark, a slash.
    Aside,
    /// A colon, or a dash between blanks.
    Dash,
    /// The end of a sentence or of a line.
    Stop,
}

/// How a sentence uses capitals: where they say nothing, nothing is read from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Sentence,
    /// Every long word begins with one.
    Heading,
    /// There are no other letters.
    Capitals,
}

#[derive(Clone, Debug)]
pub(super) struct Word {
    /// Its place in the folded text.
    at: Range<usize>,
    /// Its place in the text as it was given.
    pub(super) written: Range<usize>,
    pub(super) case: Case,
    /// Whether it has letters beyond ASCII.
    pub(super) accented: bool,
    pub(super) gap: Gap,
    pub(super) sentence: usize,
}

/// The words of one part of an item.
#[derive(Debug)]
pub(super) struct Words {
    /// The words with one blank after each: a run of them is a slice.
    folded: String,
    pub(super) list: Vec<Word>,
    styles: Vec<Style>,
    /// Whether there is a capital anywhere.
    pub(super) has_capitals: bool,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut reader = Reader::new(text);
        let mut end = 0;
        for (at, c) in text.char_indices() {
            if is_word(c) {
                reader.letter(at, c);
                end = at + c.len_utf8();
            } else {
                if reader.end_word(end) && reader.words.list.len() >= MAX_WORDS {
                    break;
                }
                reader.between(c);
            }
        }
        reader.end_word(end);
        reader.finish()
    }

    /// The folded form of a run of words.
    pub(super) fn run(&self, words: Range<usize>) -> &str {
        let from = self.list.get(words.start).map_or(0, |word| word.at.start);
        let to = words
            .end
            .checked_sub(1)
            .and_then(|last| self.list.get(last));
        self.folded
            .get(from..to.map_or(from, |word| word.at.end))
            .unwrap_or_default()
    }

    /// The folded form of a word; empty beyond the last.
    pub(super) fn word(&self, number: usize) -> &str {
        self.run(number..number + 1)
    }

    /// Where a run of words stands in the text as it was given.
    pub(super) fn bytes(&self, words: &Range<usize>) -> Range<usize> {
        let run = self.list.get(words.clone()).unwrap_or_default();
        let end = run.last().map_or(0, |word| word.written.end);
        run.first().map_or(end, |word| word.written.start)..end
    }

    pub(super) fn style(&self, number: usize) -> Style {
        let sentence = self.list.get(number).map_or(0, |word| word.sentence);
        self.styles
            .get(sentence)
            .copied()
            .unwrap_or(Style::Sentence)
    }

    /// Whether a word is the first of its sentence.
    pub(super) fn begins(&self, number: usize) -> bool {
        self.list
            .get(number)
            .is_some_and(|word| word.gap >= Gap::Dash)
    }

    /// Whether the word stands there, joined to the one before it.
    pub(super) fn joins(&self, number: usize) -> bool {
        number > 0
            && self
                .list
                .get(number)
                .is_some_and(|word| word.gap == Gap::Joined)
    }
}

/// A combining mark belongs to its letter: text may come decomposed.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || c == '&'
        || (!c.is_ascii() && (c.is_alphanumeric() || is_combining_mark(c)))
}

/// Puts words together, letter by letter.
struct Reader {
    words: Words,
    /// Where the word began that is being read, in the text and folded.
    begun: Option<(usize, usize)>,
    letters: usize,
    capitals: usize,
    digits: usize,
    begins_capital: bool,
    accented: bool,
    /// What came since the last word.
    gap: Gap,
    blank: bool,
    /// A point that may end a sentence or an abbreviation, or a hyphen that may be a dash: the next character tells.
    point: bool,
    hyphen: bool,
    count: Count,
}

/// The long words of a sentence.
#[derive(Default)]
struct Count {
    long: usize,
    capital: usize,
    capitals: usize,
    words: usize,
}

impl Reader {
    fn new(text: &str) -> Self {
        Self {
            words: Words {
                folded: String::with_capacity(text.len() + 1),
                list: Vec::with_capacity(text.len() / 6 + 1),
                styles: Vec::new(),
                has_capitals: false,
            },
            begun: None,
            letters: 0,
            capitals: 0,
            digits: 0,
            begins_capital: false,
            accented: false,
            gap: Gap::Stop,
            blank: false,
            point: false,
            hyphen: false,
            count: Count::default(),
        }
    }

    fn letter(&mut self, at: usize, c: char) {
        if self.begun.is_none() {
            self.begin(at, c);
        }
        if c.is_ascii() {
            let upper = c.is_ascii_uppercase();
            self.capitals += usize::from(upper);
            self.digits += usize::from(c.is_ascii_digit());
            self.letters += 1;
            if c == '&' {
                self.words.folded.push_str("and");
            } else {
                self.words.folded.push(c.to_ascii_lowercase());
            }
        } else {
            self.accented = true;
            self.letters += usize::from(c.is_alphanumeric());
            self.capitals += usize::from(c.is_uppercase());
            fold(c, &mut self.words.folded);
        }
    }

    fn begin(&mut self, at: usize, c: char) {
        self.begun = Some((at, self.words.folded.len()));
        self.begins_capital = c.is_uppercase();
        if self.hyphen && self.blank {
            self.gap = self.gap.max(Gap::Dash);
        }
        if self.point && self.blank && !self.abbreviates() {
            self.gap = Gap::Stop;
        }
        if self.gap >= Gap::Dash {
            self.end_sentence();
        }
    }

    /// Whether the word before a point may be cut short by it.
    fn abbreviates(&self) -> bool {
        self.words.list.last().is_some_and(|word| {
            word.written.len() <= ABBREVIATION
                && matches!(word.case, Case::Capital | Case::Capitals)
        })
    }

    /// Whether there was a word to end.
    fn end_word(&mut self, end: usize) -> bool {
        let Some((from, folded_from)) = self.begun.take() else {
            return false;
        };
        let case = match () {
            () if self.digits == self.letters && self.letters > 0 => Case::Digits,
            () if self.capitals == self.letters && self.letters > 1 => Case::Capitals,
            () if self.begins_capital => Case::Capital,
            () => Case::Small,
        };
        self.count.words += 1;
        if self.letters >= LONG && case != Case::Digits {
            self.count.long += 1;
            self.count.capital += usize::from(case == Case::Capital && self.count.words > 1);
            self.count.capitals += usize::from(case == Case::Capitals);
        }
        self.words.has_capitals |= self.capitals > 0;
        self.words.list.push(Word {
            at: folded_from..self.words.folded.len(),
            written: from..end,
            case,
            accented: self.accented,
            gap: self.gap,
            sentence: self.words.styles.len(),
        });
        self.words.folded.push(' ');
        (self.letters, self.capitals, self.digits, self.accented) = (0, 0, 0, false);
        (self.gap, self.blank, self.point, self.hyphen) = (Gap::Joined, false, false, false);
        true
    }

    fn between(&mut self, c: char) {
        let gap = match c {
            ' ' | '\t' | '\u{A0}' | '\u{202F}' => {
                self.blank = true;
                return;
            }
            '.' => {
                self.point = true;
                return;
            }
            '-' | '‐' | '‑' => {
                // Only one between blanks is a dash: its blank before it is known already.
                self.hyphen = self.blank;
                return;
            }
            '\'' | '’' | '‘' | '´' | '`' | '\u{AD}' | '\u{200B}' => return,
            ',' => Gap::Comma,
            ':' | '–' | '—' | '―' | '|' | '•' => Gap::Dash,
            '!' | '?' | '…' | '\n' | '\r' | ';' | '¡' | '¿' => Gap::Stop,
            c if c.is_whitespace() => {
                self.blank = true;
                return;
            }
            _ => Gap::Aside,
        };
        self.gap = self.gap.max(gap);
    }

    fn end_sentence(&mut self) {
        let Count {
            long,
            capital,
            capitals,
            words,
        } = self.count;
        if words == 0 {
            return;
        }
        let style = if long > 0 && capitals == long {
            Style::Capitals
        } else if long > 3 && (capital + capitals) * 5 >= (long - 1) * 4 {
            Style::Heading
        } else {
            Style::Sentence
        };
        self.words.styles.push(style);
        self.count = Count::default();
    }

    fn finish(mut self) -> Words {
        self.end_sentence();
        self.words
    }
}

/// Without accents and in small letters.
fn fold(c: char, folded: &mut String) {
    match c {
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'Á' | 'À' | 'Â' | 'Ã' | 'Ä' => folded.push('a'),
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' | 'Ê' => folded.push('e'),
        'í' | 'ï' | 'î' | 'Í' | 'Î' | 'ı' => folded.push('i'),
        'ó' | 'ô' | 'õ' | 'ö' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'ø' | 'Ø' => folded.push('o'),
        'ú' | 'ü' | 'û' | 'ù' | 'Ú' | 'Ü' => folded.push('u'),
        'ñ' | 'Ñ' => folded.push('n'),
        'ç' | 'Ç' => folded.push('c'),
        'ł' | 'Ł' => folded.push('l'),
        'đ' | 'Đ' => folded.push('d'),
        'ß' => folded.push_str("ss"),
        'æ' | 'Æ' => folded.push_str("ae"),
        'œ' | 'Œ' => folded.push_str("oe"),
        _ => folded.extend(
            c.nfkd()
                .filter(|c| !is_combining_mark(*c))
                .flat_map(char::to_lowercase),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, folded: &str, gaps: &[Gap]) {
        let words = Words::of(text);
        assert_eq!(words.run(0..words.list.len()), folded, "{text}");
        let found: Vec<Gap> = words.list.iter().skip(1).map(|word| word.gap).collect();
        assert_eq!(found, gaps, "{text}");
    }

    #[test]
    fn what_stands_between_words_is_kept() {
        use Gap::{Aside, Comma, Dash, Joined, Stop};
        check("EE. UU., México", "ee uu mexico", &[Joined, Comma]);
        check("Côte d’Ivoire", "cote d ivoire", &[Joined, Joined]);
        check("Guinée-Bissau", "guinee bissau", &[Joined]);
        check("Lima. Ocho", "lima ocho", &[Stop]);
        check(
            "St. Lucia (OIM) – Ocho",
            "st lucia oim ocho",
            &[Joined, Aside, Dash],
        );
        check("Georgetown - IOM", "georgetown iom", &[Dash]);
        check("São Tomé & Príncipe", "sao tome and principe", &[Joined; 3]);
        check("Cafe\u{301}: no", "cafe no", &[Dash]);
        check("", "", &[]);
    }

    #[test]
    fn headings_are_told_from_sentences() {
        let check = |text: &str, style| assert_eq!(Words::of(text).style(0), style, "{text}");
        check("El alcalde de Arica habló con Juan", Style::Sentence);
        check("CONCEJO DE ARICA APRUEBA", Style::Capitals);
        check(
            "Chad Receives More Refugees From Its Neighbour",
            Style::Heading,
        );
        check("Chad asks for aid", Style::Sentence);
    }
}
