//! The grammar of a source's plain text, as configured by the operator.

use std::fmt;
use std::str::FromStr;

use regex::Regex;

use super::rules::compile_lines_regex;
use super::{Field, PatternError};

/// The division of a plain text into entries; at least one of the two fields is given.
#[derive(Clone, Debug)]
pub struct Grammar {
    /// The text between entries.
    pub separator: Option<Separator>,
    /// The pattern of one entry.
    pub record: Option<Shape>,
}

/// The text between entries: a regular expression in which `^` and `$` match at lines.
#[derive(Clone)]
pub struct Separator(Regex);

impl Separator {
    /// Returns the parts between its matches, in order.
    pub fn split<'t>(&self, text: &'t str) -> impl Iterator<Item = &'t str> {
        self.0.split(text)
    }
}

impl FromStr for Separator {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let regex = compile_lines_regex(text)?;
        if regex.is_match("") {
            return Err(ShapeError::Empty);
        }
        Ok(Self(regex))
    }
}

/// The pattern of one entry: a regular expression whose groups are named after fields, and in which `^` and `$` match
/// at lines.
#[derive(Clone)]
pub struct Shape(Regex);

impl Shape {
    /// Returns the fields that its groups name.
    pub fn named_fields(&self) -> impl Iterator<Item = Field> {
        let names = self.0.capture_names().flatten();
        names.filter_map(|name| name.parse().ok())
    }

    /// Returns every match in order, with its position and the values of its groups.
    pub fn find_entries<'t>(&self, text: &'t str) -> impl Iterator<Item = Shaped<'t>> {
        self.0.captures_iter(text).map(|found| Shaped {
            range: found.get_match().range(),
            values: self
                .0
                .capture_names()
                .flatten()
                .filter_map(|name| Some((name.parse().ok()?, found.name(name)?.as_str().trim())))
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        })
    }
}

/// One match of a [`Shape`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shaped<'t> {
    /// Its position in the text, in bytes.
    pub range: std::ops::Range<usize>,
    /// The values of its groups, without blank ones.
    pub values: Vec<(Field, &'t str)>,
}

impl FromStr for Shape {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let regex = compile_lines_regex(text)?;
        let mut names = regex.capture_names().flatten();
        if let Some(name) = names.find(|name| name.parse::<Field>().is_err()) {
            return Err(PatternError::Group(name.to_owned()).into());
        }
        let mut names = regex.capture_names().flatten();
        if !names.any(|name| name == Field::Title.as_str()) {
            return Err(ShapeError::NoTitle);
        }
        Ok(Self(regex))
    }
}

impl fmt::Debug for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.0)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.0)
    }
}

/// The error for text that does not describe how a text divides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// The pattern is invalid.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The separator matches the empty text, so it would split between any two characters.
    #[error("this matches where nothing stands")]
    Empty,
    /// The record has no group for the title.
    #[error("no group is named `title`, as in `(?<title>.+)`")]
    NoTitle,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_divides_nothing_is_refused() {
        let separator = |text: &str| text.parse::<Separator>().err().map(|e| e.to_string());
        let record = |text: &str| text.parse::<Shape>().err().map(|e| e.to_string());
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(separator("^-{3,}$"), None);
        assert_eq!(separator("-*"), told("this matches where nothing stands"));
        assert_eq!(
            separator("("),
            told("this is no regular expression: unclosed group")
        );
        assert_eq!(record("^(?<title>.+)$"), None);
        assert_eq!(
            record("^(?<date>.+)$"),
            told("no group is named `title`, as in `(?<title>.+)`")
        );
        assert_eq!(
            record("(?<title>a)(?<day>b)"),
            told("the group `day` names no field")
        );
    }
}
