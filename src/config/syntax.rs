//! Explains text that is not TOML by its probable mistake.
//!
//! In: the text, and the parser's messages. Out: the same messages, with a hint if the line shows the intention, and
//! the parts of the text that are unusable because of the mistakes.

use std::ops::Range;

use super::diagnostic::Mistake;

/// Characters that word processors substitute for quotation marks.
const CURLY: [char; 9] = [
    '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{2018}', '\u{2019}', '\u{ab}', '\u{bb}',
    '\u{2032}',
];
/// Invisible characters.
const INVISIBLE: [char; 7] = [
    '\u{a0}', '\u{202f}', '\u{2003}', '\u{2009}', '\u{200b}', '\u{2060}', '\u{feff}',
];

/// A mistake and its place.
pub(super) struct SyntaxMistake {
    pub(super) at: usize,
    pub(super) mistake: Mistake,
}

/// Mistakes, and the byte ranges that are unusable because of them.
#[derive(Default)]
pub(super) struct SyntaxReport {
    pub(super) found: Vec<SyntaxMistake>,
    pub(super) torn: Vec<Range<usize>>,
}

/// Returns the mistakes in `text`, from the `errors` of the parser: a byte position and a message each.
pub(super) fn find_syntax_mistakes(text: &str, errors: &[(usize, &str)]) -> SyntaxReport {
    let mut syntax = SyntaxReport::default();
    let open = errors.iter().filter_map(|error| unclosed_list(text, error));
    let open = open.min();
    if let Some((begin, key)) = open {
        // The parser read everything that follows as the rest of the list.
        syntax.torn.push(begin..text.len());
        let mistake = Mistake::new(format!("the list of `{key}` has no closing `]`"));
        syntax.found.push(SyntaxMistake { at: begin, mistake });
    }
    let before = open.map_or(text.len() + 1, |(begin, _)| begin);
    for (at, message) in errors.iter().filter(|(at, _)| *at < before) {
        let (line, begin) = (line_at(text, *at), line_start(text, *at));
        let mistake = Mistake::new(*message);
        let mistake = match hint_for_line(text, *at, message, line) {
            Some(hint) => mistake.hint(hint),
            None => mistake,
        };
        if hint_for_header(line).is_some() {
            // The keys below belong to a table that was not parsed.
            syntax.torn.push(begin..next_table(text, begin));
        }
        syntax.found.push(SyntaxMistake { at: *at, mistake });
    }
    syntax
}

fn hint_for_line(text: &str, at: usize, message: &str, line: &str) -> Option<String> {
    // Within quotation marks any character is allowed.
    let bare = outside_quotes(line);
    let is_open = is_open_text(text, at, message);
    let marks = if is_open { line } else { bare.as_str() };
    if let Some(mark) = marks.chars().find(|c| CURLY.contains(c)) {
        return Some(format!(
            "`{mark}` is a typographic quotation mark: write `\"`, also where the text ends"
        ));
    }
    if is_open {
        return Some("the closing quotation mark is missing".to_owned());
    }
    if let Some(blank) = bare.chars().find(|c| INVISIBLE.contains(c)) {
        let code = u32::from(blank);
        return Some(format!(
            "the line holds an invisible character (U+{code:04X}): type the blank anew"
        ));
    }
    if let Some(header) = hint_for_header(line) {
        return Some(format!("a bracket is missing: write {header}"));
    }
    let trimmed = bare.trim();
    match split_assignment(trimmed) {
        Some((key, value)) if is_key(key) => hint_for_value(key, value, message),
        Some(_) => None,
        None => {
            let key = trimmed.split_once(':')?.0.trim();
            let told = format!("write `{key} = …`: TOML has `=` where YAML has `:`");
            is_key(key).then_some(told)
        }
    }
}

/// Suggests the missing part of a line that sets `key`.
fn hint_for_value(key: &str, value: &str, message: &str) -> Option<String> {
    let value = value.trim_start();
    if list_depth(value) < 0 {
        Some(format!("the list of `{key}` has no opening `[`"))
    } else if value.starts_with('{') && !value.contains('}') {
        Some(format!(
            "the table of `{key}` has no closing `}}` on its line"
        ))
    } else if value.contains('=') && message.contains("expected newline") {
        Some("each key stands on a line of its own".to_owned())
    } else if message.starts_with("string values must be quoted") {
        Some("put the text in quotation marks".to_owned())
    } else {
        None
    }
}

/// Returns true if a text in quotation marks is still open at the end of its line.
fn is_open_text(text: &str, at: usize, message: &str) -> bool {
    let is_text = ["invalid basic string", "invalid literal string"];
    let rest = text.get(at..).unwrap_or_default();
    is_text.into_iter().any(|told| message.starts_with(told))
        && (rest.is_empty() || rest.starts_with(['\r', '\n']))
}

/// Returns the header meant by `[site`, `[[source]`, `[source]]` or `site]`.
fn hint_for_header(line: &str) -> Option<String> {
    let bare = outside_quotes(line);
    let line = bare.trim();
    if line.contains('=') {
        return None;
    }
    let name = line.trim_matches(['[', ']']).trim();
    let opening = line.chars().take_while(|c| *c == '[').count();
    let closing = line.chars().rev().take_while(|c| *c == ']').count();
    if opening == closing || !is_key(name) {
        return None;
    }
    Some(match (opening, closing) {
        (1, 2) => format!("`[{name}]` or `[[{name}]]`"),
        (2.., _) | (_, 2..) => format!("`[[{name}]]`"),
        _ => format!("`[{name}]`"),
    })
}

/// Returns the beginning of the next table after the line at `begin`, or the end of the text.
fn next_table(text: &str, begin: usize) -> usize {
    let rest = text.get(begin..).unwrap_or_default();
    let mut at = begin;
    for (number, line) in rest.split_inclusive('\n').enumerate() {
        if number > 0 && line.trim_start().starts_with('[') {
            return at;
        }
        at += line.len();
    }
    text.len()
}

/// Returns the beginning of the line, and the key, of the list that is unclosed at an error.
fn unclosed_list<'t>(text: &'t str, (at, message): &(usize, &str)) -> Option<(usize, &'t str)> {
    if !message.contains("array") || message.contains("array table") {
        return None;
    }
    let mut begin = line_start(text, *at);
    loop {
        let line = line_at(text, begin);
        if let Some((key, value)) = split_assignment(line)
            && is_key(key)
            && value.trim_start().starts_with('[')
        {
            return (!is_closed(text, begin)).then_some((begin, key));
        }
        begin = line_start(text, begin.checked_sub(1)?);
    }
}

fn split_assignment(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    Some((key.trim(), value))
}

fn is_key(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.chars().all(fits)
}

/// Returns true if lists are balanced from the line of `at` to the next table.
fn is_closed(text: &str, at: usize) -> bool {
    let begin = line_start(text, at);
    let rest = text.get(begin..).unwrap_or_default();
    let lines = rest.lines().enumerate();
    let own = lines.take_while(|(number, line)| *number == 0 || !is_new_statement(line));
    let depth = own.map(|(_, line)| list_depth(line)).sum::<i32>();
    depth <= 0
}

/// Returns true if the line is the header of a table, or sets a key.
fn is_new_statement(line: &str) -> bool {
    let line = line.trim();
    let sets = split_assignment(line).is_some_and(|(key, _)| is_key(key));
    sets || line.starts_with('[') && line.ends_with(']')
}

/// Returns how many more lists begin on a line than end.
fn list_depth(line: &str) -> i32 {
    let bare = outside_quotes(line);
    let count = |wanted: char| {
        let found = bare.chars().filter(|c| *c == wanted).count();
        i32::try_from(found).unwrap_or(i32::MAX / 2)
    };
    count('[') - count(']')
}

/// Returns a line without texts in quotation marks and without its comment.
fn outside_quotes(line: &str) -> String {
    let mut bare = String::new();
    let mut quoted_by = None;
    let mut is_escaped = false;
    for c in line.chars() {
        match quoted_by {
            Some(_) if is_escaped => is_escaped = false,
            Some('"') if c == '\\' => is_escaped = true,
            Some(quote) => {
                if c == quote {
                    quoted_by = None;
                }
            }
            None if c == '#' => break,
            None if matches!(c, '"' | '\'') => quoted_by = Some(c),
            None => bare.push(c),
        }
    }
    bare
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.rfind('\n').map_or(0, |newline| newline + 1)
}

fn line_at(text: &str, at: usize) -> &str {
    let rest = text.get(line_start(text, at)..).unwrap_or_default();
    rest.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::diagnostic::DiagnosticCollector;
    use crate::config::file::{ParsedFile, ValueKind};

    /// Checks the hints for the mistakes of a text, each with its line.
    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str)]) {
        let report = DiagnosticCollector::default();
        ParsedFile::new(0, "a.toml".as_ref(), text.to_owned(), &report);
        let found = report.into_warnings().unwrap_err().0;
        let told: Vec<(usize, &str)> = found
            .iter()
            .map(|found| {
                (
                    found.place.line,
                    found.hint.as_deref().unwrap_or(&found.message),
                )
            })
            .collect();
        assert_eq!(told, expected, "{text}");
    }

    #[test]
    fn typographic_marks_are_named() {
        check(
            "[site]\ntitle = “Bulletins”\n",
            &[(
                2,
                "`“` is a typographic quotation mark: write `\"`, also where the text ends",
            )],
        );
        check(
            "title = ‘Bulletins’\n",
            &[(
                1,
                "`‘` is a typographic quotation mark: write `\"`, also where the text ends",
            )],
        );
        check(
            "title\u{a0}= \"Bulletins\"\n",
            &[(
                1,
                "the line holds an invisible character (U+00A0): type the blank anew",
            )],
        );
    }

    #[test]
    fn a_missing_bracket_is_named() {
        check(
            "[site\ntitle = \"a\"\n",
            &[(1, "a bracket is missing: write `[site]`")],
        );
        check(
            "[[source]\nid = \"a\"\n",
            &[(1, "a bracket is missing: write `[[source]]`")],
        );
        check(
            "[source]]\nid = \"a\"\n",
            &[(1, "a bracket is missing: write `[source]` or `[[source]]`")],
        );
    }

    #[test]
    fn signs_of_other_languages_are_named() {
        check(
            "title: \"Bulletins\"\n",
            &[(1, "write `title = …`: TOML has `=` where YAML has `:`")],
        );
    }

    #[test]
    fn what_stands_in_quotation_marks_is_no_mark() {
        assert_eq!(outside_quotes("a = \"“b” # c\" # “d”"), "a =  ");
        assert_eq!(outside_quotes("a = \"\\\"“\" ”"), "a =  ”");
        assert_eq!(outside_quotes("a = 'b\\' ”"), "a =  ”");
    }

    #[test]
    fn a_list_without_an_end_is_named_once() {
        let named = "the list of `include` has no closing `]`";
        let rest = "[site]\ntitle = \"a\"\n[[source]]\nid = \"a\"\n";
        check(
            &format!("include = [\"a.toml\", \"b.toml\"\n{rest}"),
            &[(1, named)],
        );
        check(
            &format!("x = 1\ninclude = [\n  \"a.toml\",\n  \"b.toml\"\n\n{rest}"),
            &[(2, named)],
        );
        check(
            "[a]\nb = [\"c\"\n[[d]]\ne = 1\n",
            &[(2, "the list of `b` has no closing `]`")],
        );
        check("b = \"c\"]\n", &[(1, "the list of `b` has no opening `[`")]);
    }

    #[test]
    fn a_text_without_an_end_is_named() {
        let missing = "the closing quotation mark is missing";
        check("a = \"b\nc = 1\n", &[(1, missing)]);
        check("a = 'b", &[(1, missing)]);
        check(
            "a = \"b”\n",
            &[(
                1,
                "`”` is a typographic quotation mark: write `\"`, also where the text ends",
            )],
        );
        check("a = b\n", &[(1, "put the text in quotation marks")]);
    }

    #[test]
    fn two_keys_on_a_line_are_named() {
        check(
            "a = \"b\" c = 1\n",
            &[(1, "each key stands on a line of its own")],
        );
    }

    /// Keys below a torn header belong to no table, and are not reported as mistakes of their own.
    #[test]
    fn keys_below_a_torn_header_are_not_read() {
        let report = DiagnosticCollector::default();
        let text = "[site]\ntitle = \"a\"\n[[source]\nid = \"b\"\n[store]\nurl = \"c\"\n";
        let file = ParsedFile::new(0, "a.toml".as_ref(), text.to_owned(), &report);
        let keys: Vec<&str> = file
            .entries
            .iter()
            .map(|entry| entry.key.as_str())
            .collect();
        assert_eq!(keys, ["site", "store"]);
        let ValueKind::Table(site) = &file.entries[0].value.kind else {
            panic!("a table")
        };
        assert_eq!(site.len(), 1);
    }
}
