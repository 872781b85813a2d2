//! Repairs common errors of hand-built JSON, so that a strict parser can read it.
//!
//! In: text that is not valid JSON (RFC 8259). Out: the same text with commas where they belong and nowhere
//! else, correct escapes and control characters in strings, `null` for unknown words and for values nested
//! too deeply, and no comments. A text that ends too early still does: the complete part is read before the
//! missing end is an error.

use super::super::fault::{FormatFault, FormatFaults};

/// The maximum depth of nesting. Deeper values are left out. The strict parser accepts 128 levels.
const MAX_DEPTH: usize = 100;

/// Returns the repaired text, and adds the errors to `faults`.
pub(in crate::extract) fn repair_json(text: &str, faults: &mut FormatFaults) -> String {
    let mut mender = JsonRepairer {
        text,
        at: 0,
        faults,
        out: String::with_capacity(text.len()),
        open: Vec::new(),
        muted: 0,
        before: PrecedingToken::Nothing,
    };
    while mender.read_token() {}
    mender.out
}

/// The token before the next value or name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PrecedingToken {
    Nothing,
    Value,
    ValueAndComma,
}

struct JsonRepairer<'a> {
    text: &'a str,
    at: usize,
    faults: &'a mut FormatFaults,
    out: String,
    /// The brackets that will close the open ones.
    open: Vec<char>,
    /// The number of levels beyond [`MAX_DEPTH`].
    muted: usize,
    before: PrecedingToken,
}

impl<'a> JsonRepairer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn note_fault(&mut self, what: &'static str) {
        self.faults.note(FormatFault::Json(what), self.at);
    }

    fn write_text(&mut self, text: &str) {
        if self.muted == 0 {
            self.out.push_str(text);
        }
    }

    /// Reads the next token. Returns `false` at the end of the text, or of the document in it.
    fn read_token(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return false;
        };
        match first {
            '"' => self.read_string(),
            '{' | '[' => self.open_bracket(first),
            '}' | ']' => return self.close_bracket(first),
            ',' => {
                if self.before == PrecedingToken::Value {
                    self.before = PrecedingToken::ValueAndComma;
                } else {
                    self.note_fault("a comma separates nothing; it is left out");
                }
                self.at += 1;
            }
            ':' => {
                self.before = PrecedingToken::Nothing;
                self.write_text(":");
                self.at += 1;
            }
            ' ' | '\n' | '\r' | '\t' => self.copy_blank(),
            '/' if rest.starts_with("//") => self.skip_comment("\n", 0),
            '/' if rest.starts_with("/*") => self.skip_comment("*/", 2),
            _ => self.read_word(),
        }
        true
    }

    /// Writes the comma that belongs before a value or a name.
    fn write_separator(&mut self) {
        if self.before == PrecedingToken::Value {
            self.note_fault("a comma is missing; it is read as if it were there");
        }
        if self.before != PrecedingToken::Nothing {
            self.write_text(",");
        }
        self.before = PrecedingToken::Value;
    }

    fn open_bracket(&mut self, bracket: char) {
        self.write_separator();
        self.at += 1;
        if self.muted > 0 || self.open.len() == MAX_DEPTH {
            if self.muted == 0 {
                self.note_fault("values are nested too deep; the innermost are left out");
                self.write_text("null");
            }
            self.muted += 1;
            return;
        }
        let (opens, closes) = if bracket == '{' {
            ("{", '}')
        } else {
            ("[", ']')
        };
        self.write_text(opens);
        self.open.push(closes);
        self.before = PrecedingToken::Nothing;
    }

    fn close_bracket(&mut self, bracket: char) -> bool {
        if self.muted > 0 {
            self.muted -= 1;
            self.before = PrecedingToken::Value;
            self.at += 1;
            return true;
        }
        if self.before == PrecedingToken::ValueAndComma {
            self.note_fault("a comma separates nothing; it is left out");
        }
        if self.open.last() != Some(&bracket) {
            self.note_fault("brackets do not match; the inner ones are closed first");
        }
        // A bracket without an opening one closes nothing.
        if let Some(level) = self.open.iter().rposition(|open| *open == bracket) {
            let closed: String = self.open.drain(level..).rev().collect();
            self.write_text(&closed);
            self.before = PrecedingToken::Value;
        }
        self.at += 1;
        !self.open.is_empty()
    }

    fn copy_blank(&mut self) {
        let rest = self.rest();
        let blank = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t');
        let length = rest.find(|c| !blank(c)).unwrap_or(rest.len());
        self.write_text(rest.get(..length).unwrap_or_default());
        self.at += length;
    }

    /// Skips a comment through `beyond` bytes after the start of its end.
    fn skip_comment(&mut self, end: &str, beyond: usize) {
        self.note_fault("JSON has no comments; it is left out");
        let rest = self.rest();
        let body = rest.get(2..).unwrap_or_default();
        let length = body.find(end).map_or(rest.len(), |at| 2 + at + beyond);
        self.at += length;
    }

    /// Reads a number or a constant, or a word in its place.
    fn read_word(&mut self) {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || "\"{}[],:/".contains(c);
        // The first character may be any, even a slash that begins no comment.
        let length = rest.char_indices().skip(1).find(|(_, c)| ends(*c));
        let length = length.map_or(rest.len(), |(at, _)| at);
        let word = rest.get(..length).unwrap_or_default();
        self.write_separator();
        if serde_json::from_str::<serde_json::Value>(word).is_ok() {
            self.write_text(word);
        } else if length < rest.len() {
            self.note_fault("a word means nothing in JSON; it is left out");
            self.write_text("null");
        }
        self.at += length;
    }

    fn read_string(&mut self) {
        self.write_separator();
        self.write_text("\"");
        self.at += 1;
        loop {
            let rest = self.rest();
            let special = |c: char| c == '"' || c == '\\' || c < ' ';
            let length = rest.find(special).unwrap_or(rest.len());
            self.write_text(rest.get(..length).unwrap_or_default());
            self.at += length;
            match self.rest().chars().next() {
                None => return,
                Some('"') => break,
                Some('\\') => self.read_escape(),
                Some(control) => {
                    self.note_fault("a control character stands in a string; it is kept");
                    self.write_text(&format!("\\u{:04x}", u32::from(control)));
                    self.at += 1;
                }
            }
        }
        self.write_text("\"");
        self.at += 1;
    }

    fn read_escape(&mut self) {
        let rest = self.rest();
        let unit = |at: usize| {
            let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
            let digits = digits
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit())
                .then_some(digits)?;
            u32::from_str_radix(digits, 16).ok()
        };
        let length = match (rest.as_bytes().get(1), unit(0), unit(6)) {
            (Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't'), ..) => 2,
            (_, Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (_, Some(0xD800..=0xDFFF), _) => {
                self.note_fault("half a character is escaped; it is replaced");
                self.write_text("\u{FFFD}");
                self.at += 6;
                return;
            }
            (_, Some(_), _) => 6,
            (None, ..) => 1,
            _ => {
                self.note_fault("a backslash escapes nothing; it is left out");
                self.at += 1;
                return;
            }
        };
        self.write_text(rest.get(..length).unwrap_or_default());
        self.at += length;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut faults = FormatFaults::default();
        assert_eq!(repair_json(text, &mut faults), expected);
        assert_eq!(
            faults.into_problems(text).is_empty(),
            text == expected,
            "{text}"
        );
    }

    #[test]
    fn what_is_wrong_is_put_right() {
        check("{\"a\": [1, 2,], \"b\": {},}", "{\"a\": [1 ,2] ,\"b\": {}}");
        check("[{} {}\n\"a\"]", "[{} ,{}\n,\"a\"]");
        check("[,1,,2]", "[1,2]");
        check(
            "{\"a\": NaN, \"b\": undefined, \"c\": True}",
            "{\"a\": null ,\"b\": null ,\"c\": null}",
        );
        check("[-1.5e3,true,null]", "[-1.5e3,true,null]");
        check("[\"a\nb\tc\u{1}\"]", "[\"a\\u000ab\\u0009c\\u0001\"]");
        check(
            r#"["\'\x41\/ \ud83d\ude00 \ud83d \u12"]"#,
            "[\"'x41\\/ \\ud83d\\ude00 \u{FFFD} u12\"]",
        );
        check("[1 /* one */, // two\n2]", "[1  \n,2]");
        check("{\"a\": [1}, \"b\": 2]}", "{\"a\": [1]}");
        assert_eq!(
            repair_json("[1]; more", &mut FormatFaults::default()),
            "[1]"
        );
        check("[[1]\n,2", "[[1]\n,2");
        check("{\"a\": \"b", "{\"a\": \"b");
        check("[\"a\\", "[\"a\\");
    }

    #[test]
    fn depth_has_an_end() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000) + " ";
        let mended = repair_json(&format!("[{deep}, \"a\"]"), &mut FormatFaults::default());
        let value: Value = serde_json::from_str(&mended).expect("JSON");
        assert_eq!(value[1], "a");
    }

    proptest! {
        #[test]
        fn json_stays_what_it_is(value in value(), spaced in any::<bool>()) {
            let text = if spaced { format!("{value:#}") } else { value.to_string() };
            let mut faults = FormatFaults::default();
            let mended = repair_json(&text, &mut faults);
            let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
            prop_assert_eq!(read(&mended), read(&text));
            prop_assert_eq!(faults.into_problems(&text), []);
        }

        #[test]
        fn nothing_but_the_end_is_missing(text in "(\\[|\\]|,|\"|\\\\|u12|a|é|1|-|null|/|\\*|\n|\u{1}){0,30}") {
            let mended = repair_json(&format!("[{text}"), &mut FormatFaults::default());
            if let Err(error) = serde_json::from_str::<Value>(&mended) {
                prop_assert!(error.is_eof(), "{mended}: {error}");
            }
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }
}
