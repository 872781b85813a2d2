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
    /// What comes after it begins anew, as a sentence does.
    Colon,
    /// Between blanks; what comes after it too.
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
                reader.between.add(c);
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
            .is_some_and(|word| word.gap >= Gap::Colon)
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
    begun: Option<Begun>,
    between: Between,
    count: Count,
}

/// The word that is being read.
#[derive(Default)]
struct Begun {
    /// Where it began in the text.
    written: usize,
    /// And folded.
    folded: usize,
    letters: usize,
    capitals: usize,
    digits: usize,
    begins_capital: bool,
    accented: bool,
}

/// What came since the last word.
struct Between {
    gap: Gap,
    blank: bool,
    /// A point may end a sentence or an abbreviation: the word before it and what follows tell.
    point: bool,
    /// A hyphen after a blank may be a dash: a word follows at once, or another blank.
    hyphen: bool,
}

/// The words of a sentence, and the long ones among them.
#[derive(Default)]
struct Count {
    words: usize,
    long: usize,
    capital: usize,
    capitals: usize,
}

impl Between {
    const NOTHING: Self = Self {
        gap: Gap::Joined,
        blank: false,
        point: false,
        hyphen: false,
    };

    fn add(&mut self, c: char) {
        let gap = match c {
            '.' => return self.point = true,
            '-' | '‐' | '‑' => return self.hyphen = self.blank,
            '\'' | '’' | '‘' | '´' | '`' | '\u{AD}' | '\u{200B}' => return,
            ',' => Gap::Comma,
            ':' => Gap::Colon,
            '–' | '—' | '―' | '|' | '•' => Gap::Dash,
            '!' | '?' | '…' | '\n' | '\r' | ';' | '¡' | '¿' => Gap::Stop,
            c if c.is_whitespace() => return self.blank = true,
            _ => Gap::Aside,
        };
        self.gap = self.gap.max(gap);
    }
}

impl Begun {
    fn add(&mut self, c: char, folded: &mut String) {
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
            fold(c, folded);
        }
    }

    fn case(&self) -> Case {
        if self.digits == self.letters && self.letters > 0 {
            Case::Digits
        } else if self.capitals == self.letters && self.letters > 1 {
            Case::Capitals
        } else if self.begins_capital {
            Case::Capital
        } else {
            Case::Small
        }
    }
}

impl Count {
    fn add(&mut self, letters: usize, case: Case) {
        self.words += 1;
        if letters >= LONG && case != Case::Digits {
            self.long += 1;
            self.capital += usize::from(case == Case::Capital && self.words > 1);
            self.capitals += usize::from(case == Case::Capitals);
        }
    }

    /// The first word of a heading says nothing; four of five others do.
    fn style(&self) -> Style {
        if self.long > 0 && self.capitals == self.long {
            Style::Capitals
        } else if self.long > 3 && (self.capital + self.capitals) * 5 >= (self.long - 1) * 4 {
            Style::Heading
        } else {
            Style::Sentence
        }
    }
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
            between: Between {
                gap: Gap::Stop,
                ..Between::NOTHING
            },
            count: Count::default(),
        }
    }

    fn letter(&mut self, at: usize, c: char) {
        if self.begun.is_none() {
            self.end_gap();
        }
        let begun = self.begun.get_or_insert_with(|| Begun {
            written: at,
            folded: self.words.folded.len(),
            begins_capital: c.is_ascii_uppercase() || !c.is_ascii() && c.is_uppercase(),
            ..Begun::default()
        });
        begun.add(c, &mut self.words.folded);
    }

    /// A word follows: what stood before it is known now.
    fn end_gap(&mut self) {
        let abbreviates = self.words.list.last().is_some_and(|word| {
            word.written.len() <= ABBREVIATION
                && matches!(word.case, Case::Capital | Case::Capitals)
        });
        let between = &mut self.between;
        if between.hyphen && between.blank {
            between.gap = between.gap.max(Gap::Dash);
        }
        if between.point && between.blank && !abbreviates {
            between.gap = Gap::Stop;
        }
        if between.gap >= Gap::Colon {
            self.end_sentence();
        }
    }

    /// Whether there was a word to end.
    fn end_word(&mut self, end: usize) -> bool {
        let Some(begun) = self.begun.take() else {
            return false;
        };
        let case = begun.case();
        self.count.add(begun.letters, case);
        self.words.has_capitals |= begun.capitals > 0;
        let between = std::mem::replace(&mut self.between, Between::NOTHING);
        self.words.list.push(Word {
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
            self.words.styles.push(self.count.style());
            self.count = Count::default();
        }
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
        use Gap::{Aside, Colon, Comma, Dash, Joined, Stop};
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
