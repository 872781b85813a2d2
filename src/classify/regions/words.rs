//! Splits text into words: folded, with their separators and capitalization.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Maximum number of words examined in one part of an item: a longer text has named its places by then.
const MAX_WORDS: usize = 20_000;
/// Maximum length of a word whose point may mark an abbreviation: `St.`, `EE. UU.`
const ABBREVIATION: usize = 3;
/// Minimum length of words that have capitals in a heading.
const LONG: usize = 4;

/// The capitalization of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WordCase {
    /// In small letters, or without letters that have a case.
    Small,
    /// With an initial capital.
    Capital,
    /// In capitals, two at least.
    Capitals,
    /// Made of digits.
    Digits,
}

/// The separator before a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum WordGap {
    /// A blank, a hyphen, an apostrophe, the point of an abbreviation.
    Joined,
    Comma,
    /// A bracket, a quotation mark, a slash.
    Aside,
    /// A colon; the text after it begins like a sentence.
    Colon,
    /// A dash between blanks; the text after it begins like a sentence, too.
    Dash,
    /// The end of a sentence or of a line.
    Stop,
}

/// The use of capitals in a sentence; if they carry no information, they are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SentenceStyle {
    Sentence,
    /// Every long word begins with a capital.
    Heading,
    /// All letters are capitals.
    Capitals,
}

#[derive(Clone, Debug)]
pub(super) struct RegionWord {
    /// The range in the folded text.
    at: Range<usize>,
    /// The range in the original text.
    pub(super) written: Range<usize>,
    pub(super) case: WordCase,
    /// True if it has letters beyond ASCII.
    pub(super) accented: bool,
    pub(super) gap: WordGap,
    pub(super) sentence: usize,
}

/// The words of one part of an item.
#[derive(Debug)]
pub(super) struct RegionWords {
    /// The words with one blank after each, so that a run of words is a slice.
    folded: String,
    pub(super) list: Vec<RegionWord>,
    styles: Vec<SentenceStyle>,
    /// True if the text has any capital.
    pub(super) has_capitals: bool,
}

impl RegionWords {
    pub(super) fn of(text: &str) -> Self {
        let mut reader = WordReader::new(text);
        let mut end = 0;
        for (at, c) in text.char_indices() {
            if is_word(c) {
                reader.push_letter(at, c);
                end = at + c.len_utf8();
            } else {
                if reader.end_word(end) && reader.words.list.len() >= MAX_WORDS {
                    break;
                }
                reader.between.add_char(c);
            }
        }
        reader.end_word(end);
        reader.finish()
    }

    /// Returns the folded form of a run of words.
    pub(super) fn folded_run(&self, words: Range<usize>) -> &str {
        let from = self.list.get(words.start).map_or(0, |word| word.at.start);
        let to = words
            .end
            .checked_sub(1)
            .and_then(|last| self.list.get(last));
        self.folded
            .get(from..to.map_or(from, |word| word.at.end))
            .unwrap_or_default()
    }

    /// Returns the folded form of a word; empty beyond the last.
    pub(super) fn folded_word(&self, number: usize) -> &str {
        self.folded_run(number..number + 1)
    }

    /// Returns the range of a run of words in the original text.
    pub(super) fn byte_range(&self, words: &Range<usize>) -> Range<usize> {
        let run = self.list.get(words.clone()).unwrap_or_default();
        let end = run.last().map_or(0, |word| word.written.end);
        run.first().map_or(end, |word| word.written.start)..end
    }

    pub(super) fn sentence_style(&self, number: usize) -> SentenceStyle {
        let sentence = self.list.get(number).map_or(0, |word| word.sentence);
        self.styles
            .get(sentence)
            .copied()
            .unwrap_or(SentenceStyle::Sentence)
    }

    /// Returns true if a word is the first of its sentence.
    pub(super) fn begins_sentence(&self, number: usize) -> bool {
        self.list
            .get(number)
            .is_some_and(|word| word.gap >= WordGap::Colon)
    }

    /// Returns true if the word exists and is joined to the previous one.
    pub(super) fn is_joined(&self, number: usize) -> bool {
        number > 0
            && self
                .list
                .get(number)
                .is_some_and(|word| word.gap == WordGap::Joined)
    }
}

/// Returns true for parts of a word. A combining mark belongs to its letter, because text may be decomposed.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || c == '&'
        || (!c.is_ascii() && (c.is_alphanumeric() || is_combining_mark(c)))
}

/// Assembles words letter by letter.
struct WordReader {
    words: RegionWords,
    begun: Option<PartialWord>,
    between: WordSeparators,
    count: SentenceCount,
}

/// The word being read.
#[derive(Default)]
struct PartialWord {
    /// Its start in the original text.
    written: usize,
    /// Its start in the folded text.
    folded: usize,
    letters: usize,
    capitals: usize,
    digits: usize,
    begins_capital: bool,
    accented: bool,
}

/// The separators since the last word.
struct WordSeparators {
    gap: WordGap,
    blank: bool,
    /// A point may end a sentence or an abbreviation: the surrounding words decide.
    point: bool,
    /// A hyphen after a blank may be a dash, unless a word follows directly.
    hyphen: bool,
}

/// The number of words of a sentence, and of long ones among them.
#[derive(Default)]
struct SentenceCount {
    words: usize,
    long: usize,
    capital: usize,
    capitals: usize,
}

impl WordSeparators {
    const NOTHING: Self = Self {
        gap: WordGap::Joined,
        blank: false,
        point: false,
        hyphen: false,
    };

    fn add_char(&mut self, c: char) {
        let gap = match c {
            '.' => return self.point = true,
            '-' | '‐' | '‑' => return self.hyphen = self.blank,
            '\'' | '’' | '‘' | '´' | '`' | '\u{AD}' | '\u{200B}' => return,
            ',' => WordGap::Comma,
            ':' => WordGap::Colon,
            '–' | '—' | '―' | '|' | '•' => WordGap::Dash,
            '!' | '?' | '…' | '\n' | '\r' | ';' | '¡' | '¿' => WordGap::Stop,
            c if c.is_whitespace() => return self.blank = true,
            _ => WordGap::Aside,
        };
        self.gap = self.gap.max(gap);
    }
}

impl PartialWord {
    fn add_char(&mut self, c: char, folded: &mut String) {
        if c.is_ascii() {
            self.letters += 1;
            self.capitals += usize::from(c.is_ascii_uppercase());
            self.digits += usize::from(c.is_ascii_digit());
            match c {
                '&' => folded.push_str("and"),
                c => folded.push(c.to_ascii_lowercase()),
            }
        } else {
            self.accented = true;
            self.letters += usize::from(c.is_alphanumeric());
            self.capitals += usize::from(c.is_uppercase());
            fold_letter(c, folded);
        }
    }

    fn word_case(&self) -> WordCase {
        if self.digits == self.letters && self.letters > 0 {
            WordCase::Digits
        } else if self.capitals == self.letters && self.letters > 1 {
            WordCase::Capitals
        } else if self.begins_capital {
            WordCase::Capital
        } else {
            WordCase::Small
        }
    }
}

impl SentenceCount {
    fn add_word(&mut self, letters: usize, case: WordCase) {
        self.words += 1;
        if letters >= LONG && case != WordCase::Digits {
            self.long += 1;
            self.capital += usize::from(case == WordCase::Capital && self.words > 1);
            self.capitals += usize::from(case == WordCase::Capitals);
        }
    }

    /// Ignores the first word of a heading; four of five others must have capitals.
    fn sentence_style(&self) -> SentenceStyle {
        if self.long > 0 && self.capitals == self.long {
            SentenceStyle::Capitals
        } else if self.long > 3 && (self.capital + self.capitals) * 5 >= (self.long - 1) * 4 {
            SentenceStyle::Heading
        } else {
            SentenceStyle::Sentence
        }
    }
}

impl WordReader {
    fn new(text: &str) -> Self {
        Self {
            words: RegionWords {
                folded: String::with_capacity(text.len() + 1),
                list: Vec::with_capacity(text.len() / 6 + 1),
                styles: Vec::new(),
                has_capitals: false,
            },
            begun: None,
            between: WordSeparators {
                gap: WordGap::Stop,
                ..WordSeparators::NOTHING
            },
            count: SentenceCount::default(),
        }
    }

    fn push_letter(&mut self, at: usize, c: char) {
        if self.begun.is_none() {
            self.end_gap();
        }
        let begun = self.begun.get_or_insert_with(|| PartialWord {
            written: at,
            folded: self.words.folded.len(),
            begins_capital: c.is_ascii_uppercase() || !c.is_ascii() && c.is_uppercase(),
            ..PartialWord::default()
        });
        begun.add_char(c, &mut self.words.folded);
    }

    /// Classifies the separators before a word that follows.
    fn end_gap(&mut self) {
        let abbreviates = self.words.list.last().is_some_and(|word| {
            word.written.len() <= ABBREVIATION
                && matches!(word.case, WordCase::Capital | WordCase::Capitals)
        });
        let between = &mut self.between;
        if between.hyphen && between.blank {
            between.gap = between.gap.max(WordGap::Dash);
        }
        if between.point && between.blank && !abbreviates {
            between.gap = WordGap::Stop;
        }
        if between.gap >= WordGap::Colon {
            self.end_sentence();
        }
    }

    /// Ends the current word. Returns true if there was one.
    fn end_word(&mut self, end: usize) -> bool {
        let Some(begun) = self.begun.take() else {
            return false;
        };
        let case = begun.word_case();
        self.count.add_word(begun.letters, case);
        self.words.has_capitals |= begun.capitals > 0;
        let between = std::mem::replace(&mut self.between, WordSeparators::NOTHING);
        self.words.list.push(RegionWord {
            at: begun.folded..self.words.folded.len(),
            written: begun.written..end,
            case,
            accented: begun.accented,
            gap: between.gap,
            sentence: self.words.styles.len(),
        });
        self.words.folded.push(' ');
        true
    }

    fn end_sentence(&mut self) {
        if self.count.words > 0 {
            self.words.styles.push(self.count.sentence_style());
            self.count = SentenceCount::default();
        }
    }

    fn finish(mut self) -> RegionWords {
        self.end_sentence();
        self.words
    }
}

/// Appends a letter without accents and in lower case.
fn fold_letter(c: char, folded: &mut String) {
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

    fn check(text: &str, folded: &str, gaps: &[WordGap]) {
        let words = RegionWords::of(text);
        assert_eq!(words.folded_run(0..words.list.len()), folded, "{text}");
        let found: Vec<WordGap> = words.list.iter().skip(1).map(|word| word.gap).collect();
        assert_eq!(found, gaps, "{text}");
    }

    #[test]
    fn what_stands_between_words_is_kept() {
        use WordGap::{Aside, Colon, Comma, Dash, Joined, Stop};
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
        check("Cafe\u{301}: no", "cafe no", &[Colon]);
        check("", "", &[]);
    }

    #[test]
    fn headings_are_told_from_sentences() {
        let check = |text: &str, style| {
            assert_eq!(RegionWords::of(text).sentence_style(0), style, "{text}");
        };
        check(
            "El alcalde de Arica habló con Juan",
            SentenceStyle::Sentence,
        );
        check("CONCEJO DE ARICA APRUEBA", SentenceStyle::Capitals);
        check(
            "Chad Receives More Refugees From Its Neighbour",
            SentenceStyle::Heading,
        );
        check("Chad asks for aid", SentenceStyle::Sentence);
    }
}
