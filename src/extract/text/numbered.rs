//! Reads notices that begin with their number: `NOTICE No. 14`, `AVISO N.º 13/2026`, `Circular 7`.
//!
//! In: the paragraphs of a text. Out: a part for each number, if numbers divide the text and each part has
//! its date. Everything between two numbers is one notice, wherever its date is.

use super::{Paragraph, is_label, is_prose, word_count};

/// The maximum length of a line with a number at its end, in words. A longer one is a title or a sentence.
const MAX_WORDS: usize = 5;
/// Among this many parts, one may have no date.
const DATED: usize = 4;

/// One notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NumberedPart {
    /// The line with its number.
    pub(super) number: String,
    /// Its date as written.
    pub(super) date: Option<String>,
    /// The other paragraphs.
    pub(super) texts: Vec<String>,
}

/// Returns the notices of a text, and the number of paragraphs before the first. Returns `None` if numbers do
/// not divide the text.
pub(super) fn split_numbered(paragraphs: &[Paragraph]) -> Option<(usize, Vec<NumberedPart>)> {
    let places = find_number_lines(paragraphs)?;
    let first = *places.first()?;
    let ends = places.iter().skip(1).copied().chain([paragraphs.len()]);
    let parts: Vec<NumberedPart> = places
        .iter()
        .zip(ends)
        .filter_map(|(begin, end)| NumberedPart::from_paragraphs(paragraphs.get(*begin..end)?))
        .collect();
    let undated = parts.iter().filter(|part| part.date.is_none()).count();
    // If the date is above the number, the last part has none.
    let is_last_dated = parts.last().is_some_and(|part| part.date.is_some());
    (is_last_dated && undated * DATED <= parts.len()).then_some((first, parts))
}

/// Returns the lines that contain the numbers: those that begin with the same words, if there are several,
/// each with a different number.
fn find_number_lines(paragraphs: &[Paragraph]) -> Option<Vec<usize>> {
    let numbered = paragraphs
        .iter()
        .enumerate()
        .filter_map(|(place, paragraph)| {
            let Paragraph::Text(text) = paragraph else {
                return None;
            };
            split_number(text).map(|(words, number)| (words, number, place))
        });
    let mut numbered: Vec<(String, &str, usize)> = numbered.collect();
    numbered.sort_unstable();
    let series = numbered.chunk_by(|one, next| one.0 == next.0);
    let most = series.max_by_key(|series| series.len())?;
    let differ = most.windows(2).all(|pair| pair[0].1 != pair[1].1);
    let mut places: Vec<usize> = most.iter().map(|(_, _, place)| *place).collect();
    places.sort_unstable();
    (places.len() > 1 && differ).then_some(places)
}

/// Splits a line that ends in a number into its words, in lower case, and the number: `notice no` and `14`.
fn split_number(text: &str) -> Option<(String, &str)> {
    let line = text.trim_end_matches([':', '.', ')', ' ']);
    let (words, number) = line.rsplit_once([' ', '°', 'º', '.', '#'])?;
    let is_number = number.starts_with(|c: char| c.is_numeric())
        && number
            .chars()
            .all(|c| c.is_numeric() || matches!(c, '/' | '-' | '–'));
    let is_short = (1..=MAX_WORDS).contains(&word_count(words));
    let has_digits = words.contains(char::is_numeric);
    let words = words.trim_end_matches([' ', '.', ':', '°', 'º', '#']);
    (is_number && is_short && !has_digits).then(|| (words.to_lowercase(), number))
}

impl NumberedPart {
    fn from_paragraphs(paragraphs: &[Paragraph]) -> Option<Self> {
        let (number, rest) = paragraphs.split_first()?;
        let mut part = Self {
            number: number.clone().into_text(),
            ..Self::default()
        };
        for paragraph in rest {
            match paragraph {
                Paragraph::Date(date) if part.date.is_none() => {
                    part.date = Some(date.clone());
                    // `Published:` on a line of its own.
                    part.texts
                        .pop_if(|line| line.ends_with(':') && is_label(line));
                }
                Paragraph::Date(text) | Paragraph::Text(text) => part.texts.push(text.clone()),
            }
        }
        Some(part)
    }

    /// Returns the title and the text under it. The number is the title of a notice without one, else it
    /// precedes the text.
    pub(super) fn into_title_and_texts(mut self) -> (String, Vec<String>) {
        let title = self.texts.first().filter(|first| !is_prose(first));
        if title.is_none() {
            return (self.number, self.texts);
        }
        let title = self.texts.remove(0);
        self.texts.insert(0, self.number);
        (title, self.texts)
    }
}
