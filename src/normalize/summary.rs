//! Extracts the beginning of a text: its dateline, and whole sentences as a summary.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::text::shorten_text;
use crate::languages;
use crate::text::fold_text;

/// Length up to which a text is its own summary, in characters.
const SHORT: usize = 400;
/// Maximum length of a summary, in characters.
const MAX_SUMMARY: usize = 300;
/// Maximum length of a dateline, in bytes.
const MAX_DATELINE: usize = 140;
/// Words in capitals or small letters that occur in names of places.
static PARTICLES: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.text.name_particles));
/// Words whose full stop does not end a sentence.
static ABBREVIATIONS: LazyLock<FxHashSet<&str>> =
    LazyLock::new(|| languages::set(|table| table.text.abbreviations));

/// Returns the range of a text's dateline, in bytes from the beginning, up to where the text itself begins:
/// `SAN JOSÉ, 28 June (Agency) – The ministry …`
pub fn find_dateline(text: &str) -> Option<Range<usize>> {
    let line = text.lines().next().unwrap_or_default();
    let (begin, _) = line.split_at(line.floor_char_boundary(MAX_DATELINE));
    begin
        .char_indices()
        .filter(|(_, c)| matches!(c, '-' | '–' | '—' | '―'))
        .find_map(|(at, dash)| {
            let (place, rest) = line.split_at(at);
            let after = rest.trim_start_matches(['-', '–', '—', '―']);
            let spaced = place.ends_with([' ', '.', ')']) && after.starts_with(char::is_whitespace);
            let begins = line.len() - after.trim_start().len();
            let long = dash != '-' || place.ends_with('.');
            (spaced && begins < line.len() && names_place(place, long)).then_some(0..begins)
        })
}

/// Returns true if the words before a dash name a place rather than the subject of a sentence.
fn names_place(text: &str, long_dash: bool) -> bool {
    let text = text.trim_end_matches([' ', '.']);
    let (names, agency) = match text
        .strip_suffix(')')
        .and_then(|text| text.rsplit_once('('))
    {
        Some((names, agency)) => (names.trim_end(), !agency.is_empty()),
        None => (text, false),
    };
    let mut parts = names.split(',').map(str::trim);
    let Some(place) = parts.next().filter(|place| is_name(place)) else {
        return false;
    };
    let (mut dated, mut regions) = (false, 0);
    for part in parts {
        dated |= part.chars().any(|c| c.is_ascii_digit());
        regions += usize::from(is_name(part));
        if !is_name(part) && !part.chars().any(|c| c.is_ascii_digit()) {
            return false;
        }
    }
    let capitals = place.chars().filter(|c| c.is_alphabetic()).count() >= 4
        && !place.chars().any(char::is_lowercase);
    agency
        || dated
        || capitals
        || regions > 0 && long_dash
        || long_dash && place.split(' ').count() <= 3
}

/// Returns true for up to five words that begin with capitals.
fn is_name(text: &str) -> bool {
    let is_part = |word: &str| {
        let begins = word
            .trim_start_matches(['\'', '’'])
            .starts_with(char::is_uppercase);
        let letters = word
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | '.'));
        letters && (begins || PARTICLES.contains(word.to_lowercase().as_str()))
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..=5).contains(&words.len())
        && words.iter().all(|word| is_part(word))
        && words
            .first()
            .is_some_and(|word| word.starts_with(char::is_uppercase))
}

/// Returns whole sentences from the beginning of a long text, on one line; `None` for a text that is short enough.
/// Lines before the first with complete sentences are skipped, and so is a repetition of the title.
pub(super) fn summarize_text(text: &str, title: &str) -> Option<String> {
    text.chars().nth(SHORT)?;
    let is_told = |line: &&str| {
        line.ends_with(['.', '!', '?', '…', '”', '»', '"']) && fold_text(line) != fold_text(title)
    };
    let told = text
        .lines()
        .skip_while(|line| !is_told(line))
        .take_while(is_told);
    let mut summary = String::new();
    for sentence in told.flat_map(split_sentences) {
        if summary.chars().count() + sentence.chars().count() >= MAX_SUMMARY {
            break;
        }
        summary.push_str(if summary.is_empty() { "" } else { " " });
        summary.push_str(sentence);
    }
    if summary.is_empty() {
        summary = shorten_text(text.lines().next()?, MAX_SUMMARY).into_owned();
    }
    Some(summary)
}

/// Returns the sentences of a line.
fn split_sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (sentence, further) = rest.split_at(sentence_end(rest));
        rest = further.trim_start();
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// Returns the end of the first sentence: after a mark followed by white space and no small letter.
fn sentence_end(text: &str) -> usize {
    let mut from = 0;
    loop {
        let (_, rest) = text.split_at(from);
        let Some(mark) = rest.find(['.', '!', '?', '…']) else {
            return text.len();
        };
        let (before, marked) = text.split_at(from + mark);
        let after = marked.trim_start_matches(['.', '!', '?', '…']);
        let after = after.trim_start_matches(['"', '\'', '”', '’', '»', ')', ']']);
        let end = text.len() - after.len();
        let next = after.trim_start();
        let begins = next.len() < after.len() && !next.starts_with(char::is_lowercase);
        if next.is_empty() || begins && !(marked.starts_with('.') && is_abbreviated(before)) {
            return end;
        }
        from = end;
    }
}

/// Returns true if the text before a full stop ends with an initial, a number, or a known abbreviation.
fn is_abbreviated(text: &str) -> bool {
    let word = text
        .rsplit([' ', '(', '“', '"', '«'])
        .next()
        .unwrap_or_default();
    let lower = word.to_lowercase();
    word.chars().count() == 1 && word.starts_with(char::is_alphabetic)
        || word.contains('.') && word.chars().all(|c| c == '.' || c.is_alphabetic())
        || lower == "uu"
        || ABBREVIATIONS.contains(lower.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Checks the dateline of a text and the remainder.
    fn check(dateline_of: &str, text: &str) {
        let whole = format!("{dateline_of}{text}");
        let found = find_dateline(&whole);
        let expected = (!dateline_of.is_empty()).then_some(0..dateline_of.len());
        assert_eq!(found, expected, "{whole}");
    }

    #[test]
    fn datelines_are_recognised() {
        check("SAN JOSÉ, 28 jun (EFE).- ", "El ministerio informó.");
        check("Geneva – ", "The office said so.");
        check("Ciudad de Panamá, Panamá — ", "El ministerio.");
        check("TEGUCIGALPA, Honduras. – ", "El ministerio.");
        check("Port-au-Prince, 3 mars 2021 - ", "Le ministre.");
        check("Bridgetown (CMC) - ", "The minister.");
        check("", "The minister - a lawyer - resigned.");
        check("", "New rules, old problems – a report");
        check("", "San José - a city of rain");
        check("", "He said – and left");
        check("", "2020 – a year");
        check("", "– A list");
        check("", "");
        check("", "GENEVA –");
    }

    fn check_summary(text: &str, expected: &str) {
        let filler = format!("{text}\n{}", "and so on, ".repeat(50));
        assert_eq!(
            summarize_text(&filler, "A title!").as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn summaries_are_whole_sentences() {
        check_summary(
            "A title\nPhoto: somebody\nDr. A. Mora of the U.S. Office said no. “Why?” Nobody knows.",
            "Dr. A. Mora of the U.S. Office said no. “Why?” Nobody knows.",
        );
        check_summary(
            "It rose by 3.5 percent in 2020. In EE. UU. it fell… and rose. No. 5 closed.",
            "It rose by 3.5 percent in 2020. In EE. UU. it fell… and rose. No. 5 closed.",
        );
        let first = format!("One {}.", "word ".repeat(30).trim_end());
        let second = format!("Two {}.", "word ".repeat(40).trim_end());
        check_summary(&format!("{first} {second}"), &first);
        assert_eq!(summarize_text("Short. Text.", ""), None);
        let endless = "word ".repeat(100);
        assert_eq!(
            summarize_text(&endless, "").unwrap().chars().count(),
            MAX_SUMMARY
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), piece in "[A-Z.,–() a-zñ\n\"”…-]{0,60}") {
            for text in [&text, &piece, &format!("{piece}{piece}{piece}{piece}{piece}{piece}{piece}{piece}")] {
                prop_assert!(find_dateline(text).is_none_or(|found| text.is_char_boundary(found.end)));
                prop_assert!(summarize_text(text, "").is_none_or(|summary| summary.chars().count() <= MAX_SUMMARY));
            }
        }
    }
}
