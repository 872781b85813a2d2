//! Regular expressions in queries.

use std::fmt;
use std::ops::Range;

use regex::{Regex, RegexBuilder};

/// The memory limit of a compiled expression, in bytes. It also bounds the time of a match, which grows with this size
/// times the length of the text.
const MAX_BYTES: usize = 1 << 18;

/// A regular expression that is matched against the original text, ignoring case unless it contains `(?-i)`.
#[derive(Clone)]
pub struct QueryRegex(Regex);

impl QueryRegex {
    /// Reads an expression in the syntax of the `regex` crate.
    ///
    /// # Errors
    /// A description of the mistake, for people.
    ///
    /// A non-breaking space is read as a space, as it is in texts.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let text = text.replace(['\u{a0}', '\u{2007}', '\u{202f}'], " ");
        let mut builder = RegexBuilder::new(&text);
        builder.case_insensitive(true).size_limit(MAX_BYTES);
        let regex = builder.build().map_err(|error| describe_error(&error))?;
        if regex.is_match("") {
            return Err("this expression matches any text, for it matches an empty one".to_owned());
        }
        Ok(Self(regex))
    }

    /// Returns the range of the first match, in bytes.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        self.0.find(text).map(|found| found.range())
    }

    /// Returns true if it matches anywhere.
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

fn describe_error(error: &regex::Error) -> String {
    if let regex::Error::CompiledTooBig(_) = error {
        return "this expression is too large: ask for fewer repetitions".to_owned();
    }
    // The last line of the error names the mistake; the lines above point at it.
    let told = error.to_string();
    let line = told.lines().last().unwrap_or_default();
    let line = line.trim_start_matches("error: ");
    format!("this is no regular expression: {line}")
}

impl PartialEq for QueryRegex {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for QueryRegex {}

impl fmt::Display for QueryRegex {
    /// Writes the expression as in a query: a slash within it is escaped with a backslash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("/")?;
        let mut escaped = false;
        for c in self.0.as_str().chars() {
            let slash = c == '/' && !escaped;
            write!(f, "{}{c}", if slash { "\\" } else { "" })?;
            escaped = c == '\\' && !escaped;
        }
        f.write_str("/")
    }
}

impl fmt::Debug for QueryRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
