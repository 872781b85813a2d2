//! Measures how readable the texts of a column are for people, and how much of each is its own.

use std::collections::{HashMap, HashSet};

use super::super::columns::Column;
use super::super::{ratio, values};

/// The readability and information of a column's texts.
pub(super) struct TextMeasures {
    /// Their readability for people, from 0 to 1.
    pub(super) readable: f64,
    /// The part of each text that is its own rather than common to all, from 0 to 1.
    pub(super) news: f64,
}

pub(super) fn measure_texts(column: &Column<'_>) -> TextMeasures {
    let plain = |text: &str| {
        if text.contains('<') {
            values::without_tags(text)
        } else {
            text.to_owned()
        }
    };
    let texts: Vec<String> = column.texts.iter().map(|(_, text)| plain(text)).collect();
    let readable: f64 = texts.iter().map(|text| readable_share(text)).sum();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for text in &texts {
        let words: HashSet<&str> = text.split_whitespace().take(60).collect();
        for word in words {
            *known.entry(word).or_default() += 1;
        }
    }
    let news = |text: &String| {
        let words: Vec<&str> = text.split_whitespace().take(60).collect();
        let shared = |word: &&str| {
            ratio(
                known.get(word).map_or(0, |count| count - 1),
                texts.len() - 1,
            )
        };
        1.0 - words.iter().map(shared).sum::<f64>() / ratio(words.len().max(1), 1)
    };
    let count = ratio(texts.len().max(1), 1);
    TextMeasures {
        readable: readable / count,
        // Three texts are too few to learn from.
        news: if texts.len() < 4 {
            0.8
        } else {
            texts.iter().map(news).sum::<f64>() / count
        },
    }
}

fn readable_share(text: &str) -> f64 {
    let text = text.trim();
    let (chars, words) = (text.chars().count(), text.split_whitespace().count());
    let is_ideographic = text.chars().any(|c| c > '\u{2e7f}');
    if chars < 3 && !is_ideographic {
        return 0.2;
    }
    if !text.chars().any(char::is_alphabetic) {
        return 0.05;
    }
    if values::is_identifier(text) {
        return if values::is_file_address(text) || chars < 12 {
            0.3
        } else {
            0.2
        };
    }
    match (words, chars) {
        (_, 301..) => 0.4,
        (_, 201..) => 0.8,
        (1, _) if !is_ideographic => 0.7,
        _ => 1.0,
    }
}
