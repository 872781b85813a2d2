//! Reads plain text into entries by the grammar of its source.
//!
//! In: the text, the separator of its entries (`separator`), the form of one (`record`). Out: entries in
//! document order, and a [`Problem`] for each part that matches nothing. Without `record` the first line of a
//! part is its title, a line near it that is a date is its date, and the rest is its text.
//!
//! No network, no clock. Linear in the text for each entry, of which there are at most [`MAX_ENTRIES`].

use std::ops::Range;

use super::rules::{self, EntryRecord};
use super::{ExtractError, MAX_ENTRIES, text};
use crate::dates::DateHints;
use crate::model::{
    Extracted, Field, Fields, Grammar, Problem, RawEntry, RawText, Rule, Separator, Shape, Shaped,
};

/// Reads a text.
///
/// # Errors
/// Returns [`ExtractError::NoMatch`] if the grammar no longer fits the text.
pub(super) fn read_with_grammar(
    text: &str,
    grammar: &Grammar,
    hints: &DateHints<'_>,
) -> Result<Extracted, ExtractError> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let (key, (entries, mut problems)) = match (&grammar.separator, &grammar.record) {
        (Some(separator), None) => ("separator", read_parts(&text, separator, hints)),
        (Some(separator), Some(record)) => ("record", match_in_parts(&text, separator, record)),
        (None, Some(record)) => ("record", match_anywhere(&text, record)),
        (None, None) => ("record", ParsedEntries::default()),
    };
    if entries.is_empty() {
        return Err(ExtractError::NoMatch { key });
    }
    if let Some(record) = &grammar.record {
        problems.extend(rules::find_uneven_rules(&entries, &group_fields(record)));
    }
    Ok(Extracted {
        entries,
        problems,
        ..Extracted::default()
    })
}

type ParsedEntries = (Vec<RawEntry>, Vec<Problem>);

/// Returns the parts between separators, without blank ones.
fn split_parts<'t>(text: &'t str, separator: &Separator) -> Vec<&'t str> {
    let parts = separator.split(text);
    let filled = parts.filter(|part| part.contains(char::is_alphanumeric));
    // Keep one more than the limit, so that the excess is noticed.
    filled.take(MAX_ENTRIES + 1).collect()
}

/// Finds nothing if the separator does not occur: otherwise the whole text would be an entry.
fn read_parts(text: &str, separator: &Separator, hints: &DateHints<'_>) -> ParsedEntries {
    let is_parted = separator.split(text).nth(1).is_some();
    let parts = split_parts(text, separator).into_iter();
    let mut found = ParsedEntries::default();
    for (index, part) in parts.filter(|_| is_parted).enumerate() {
        match text::read_notice(part, hints) {
            Some(entry) => found.0.push(entry),
            None => found.1.push(Problem::Empty {
                position: index + 1,
            }),
        }
    }
    found
}

/// Finds the first match of `record` in each part.
fn match_in_parts(text: &str, separator: &Separator, record: &Shape) -> ParsedEntries {
    let fields = group_fields(record);
    let mut found = ParsedEntries::default();
    for (index, part) in split_parts(text, separator).into_iter().enumerate() {
        match record.find_entries(part).next() {
            Some(shaped) => found.0.push(rules::read_record(&shaped, &fields)),
            None => found.1.push(Problem::NoRecord {
                position: index + 1,
            }),
        }
    }
    found
}

/// Finds the matches of `record`, anywhere in the text.
fn match_anywhere(text: &str, record: &Shape) -> ParsedEntries {
    let fields = group_fields(record);
    let mut entries = Vec::new();
    let (mut lines, mut end) = (0, 0);
    for shaped in record.find_entries(text).take(MAX_ENTRIES + 1) {
        lines += count_lines(text, end..shaped.range.start);
        end = shaped.range.end;
        entries.push(rules::read_record(&shaped, &fields));
    }
    if entries.len() <= MAX_ENTRIES {
        lines += count_lines(text, end..text.len());
    }
    let aside = (lines > 0).then_some(Problem::Unmatched { lines });
    (entries, aside.into_iter().collect())
}

/// Returns the number of lines that are not blank.
fn count_lines(text: &str, range: Range<usize>) -> usize {
    let lines = text.get(range).unwrap_or_default().lines();
    lines
        .filter(|line| line.contains(char::is_alphanumeric))
        .count()
}

/// Makes each group the rule of the field that it is named after.
fn group_fields(record: &Shape) -> Fields<Field> {
    record
        .named_fields()
        .map(|field| (field, Rule::from_place(field)))
        .collect()
}

impl EntryRecord for Shaped<'_> {
    type At = Field;

    fn find_texts(&self, at: &Field) -> Vec<String> {
        let own = self.values.iter().filter(|(field, _)| field == at);
        own.map(|(_, value)| (*value).to_owned()).collect()
    }

    fn typed_text(&self, found: String) -> RawText {
        RawText::Plain(found)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn read(separator: &str, record: &str, text: &str) -> Result<Extracted, ExtractError> {
        let hints = DateHints {
            language: None,
            order: None,
            learned: None,
            zone: chrono_tz::UTC,
            now: Utc.with_ymd_and_hms(2021, 12, 1, 12, 0, 0).unwrap(),
        };
        let given = |text: &&str| !text.is_empty();
        let grammar = Grammar {
            separator: Some(separator).filter(given).map(|s| s.parse().unwrap()),
            record: Some(record).filter(given).map(|s| s.parse().unwrap()),
        };
        super::read_with_grammar(text, &grammar, &hints)
    }

    /// Checks the date, title and text of each entry, then the problems.
    fn check(separator: &str, record: &str, text: &str, expected: &[&str]) {
        let read = read(separator, record, text).unwrap();
        let part = |text: &Option<RawText>| text.as_ref().map_or("-", RawText::as_str).to_owned();
        let mut shown: Vec<String> = Vec::new();
        for entry in &read.entries {
            let date = entry.published.as_deref().unwrap_or("-");
            let [title, text] = [&entry.title, &entry.summary].map(part);
            shown.push(format!("{date} | {title} | {text}"));
        }
        shown.extend(read.problems.iter().map(ToString::to_string));
        assert_eq!(shown, expected, "{separator} {record}");
    }

    #[test]
    fn a_separator_parts_entries() {
        check(
            "^-{3,}$",
            "",
            "----\r\nFirst notice\r\n12 November 2021\r\nIts text\r\ngoes on.\r\n-----\r\n3 November 2021: Second notice\r\n---\r\n * \r\n----\r\nThird notice\r\n\r\nMore. ----\r\n",
            &[
                "12 November 2021 | First notice | Its text goes on.",
                "3 November 2021 | Second notice | -",
                "- | Third notice | More. ----",
            ],
        );
    }

    #[test]
    fn what_holds_only_a_date_is_no_entry() {
        check(
            "\n\n\n+",
            "",
            "12 November 2021\n\n\n\nA notice\n\nof two paragraphs.",
            &[
                "- | A notice | of two paragraphs.",
                "entry 1 has neither a title nor a text and was left out",
            ],
        );
    }

    #[test]
    fn a_record_is_found_wherever_it_stands() {
        check(
            "",
            r"^\[(?<date>[^\]]+)\] (?<title>.+)(?:\n\t(?<summary>.+))?$",
            "Bulletin of the port\n\n[12/11/2021] Crane two stands still\n\tUntil Friday.\n[11/11/2021] Fog\nSigned: the port\n",
            &[
                "12/11/2021 | Crane two stands still | Until Friday.",
                "11/11/2021 | Fog | -",
                "2 lines are part of no match of `record` and were left out",
                "the rule of `summary` found nothing in 1 of 2 entries",
            ],
        );
    }

    #[test]
    fn a_part_without_a_record_shifts_nothing() {
        check(
            "^=+$",
            r"^(?<title>.+)\n(?s:.*)Date: (?<date>\S+)",
            "One\nDate: 2021-11-01\n===\nno date here\n===\nTwo\nand more\nDate: 2021-11-02\n",
            &[
                "2021-11-01 | One | -",
                "2021-11-02 | Two | -",
                "part 2 of the text does not match `record` and was left out",
            ],
        );
    }

    #[test]
    fn a_grammar_that_does_not_fit_is_drift() {
        let check = |separator: &str, record: &str, key: &'static str| {
            let error = read(separator, record, "One text\n12 November 2021\n").unwrap_err();
            assert_eq!(error, ExtractError::NoMatch { key });
            assert!(error.is_drift());
        };
        check("^---$", "", "separator");
        check("", "(?<title>Notice)", "record");
        check("^---$", "(?<title>Notice)", "record");
    }

    #[test]
    fn matches_are_bounded() {
        let lines = "a\n".repeat(MAX_ENTRIES + 500);
        let count =
            |separator: &str, record: &str| read(separator, record, &lines).unwrap().entries.len();
        assert_eq!(count("", "^(?<title>a)$"), MAX_ENTRIES + 1);
        assert_eq!(count("\n", ""), MAX_ENTRIES + 1);
        // An entry without any value does not count, but `normalize` decides that.
        assert_eq!(count("", "(?<title>)"), MAX_ENTRIES + 1);
    }
}
