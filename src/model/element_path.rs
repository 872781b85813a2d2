//! Paths to elements in XML.

use std::fmt;
use std::str::FromStr;

/// A path to elements, in a subset of `XPath`: `channel/notice`, `//notice`, `head/title`, `*/title`, `link@href` or
/// `link/@href`, `field[@name='title']`, `@id`, and `.` for the entry itself. `^meta/date` starts at the elements
/// around the entry, from the nearest outwards.
///
/// A name without a prefix matches elements of that name under any prefix; `dc:date` matches only elements with that
/// prefix.
#[derive(Clone)]
pub struct ElementPath {
    /// Steps from outer to inner; an empty list is the starting point itself.
    pub steps: Vec<Step>,
    /// The attribute to read instead of the text: its name without a prefix.
    pub attribute: Option<String>,
    /// True if the path starts at the elements around the entry instead of at the entry (`^`): at the nearest one from
    /// which it leads to something.
    pub is_around: bool,
    written: String,
}

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// True if it descends to any depth (`//`), not just to children.
    pub deep: bool,
    /// The element's name; `None` for any (`*`).
    pub name: Option<String>,
    /// The attribute that it must have (`[@name]`), and the required value, if any (`[@name='value']`).
    pub attribute: Option<(String, Option<String>)>,
}

/// The error for text that is not an element path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ElementPathError {
    /// The path is empty.
    #[error("a path of elements is wanted, such as `head/title` or `link@href`")]
    Empty,
    /// A step that is not a name.
    #[error("`{0}` is no name of an element or attribute")]
    Name(String),
    /// A condition that is not supported.
    #[error("`[{0}]` is no condition: `[@name]` and `[@name='value']` are")]
    Condition(String),
}

impl FromStr for ElementPath {
    type Err = ElementPathError;

    fn from_str(text: &str) -> Result<Self, ElementPathError> {
        let written = text.trim().to_owned();
        let (path, is_around) = match written.strip_prefix('^') {
            Some(path) => (path.trim_start(), true),
            None => (written.as_str(), false),
        };
        let (mut rest, attribute) = split_attribute(path)?;
        if rest.is_empty() && attribute.is_none() {
            return Err(ElementPathError::Empty);
        }
        let mut steps = Vec::new();
        // A path from the root starts there anyway.
        let mut deep = rest.starts_with("//");
        rest = rest.trim_start_matches('/');
        while !rest.is_empty() {
            let (step, behind) = split_step(rest);
            if step != "." {
                steps.push(self::parse_step(step, deep)?);
            }
            deep = behind.starts_with("//");
            rest = behind.trim_start_matches('/');
        }
        Ok(Self {
            steps,
            attribute,
            is_around,
            written,
        })
    }
}

/// Splits off the attribute that ends the path: `link@href`, `link/@href`. An `@` in a condition does not count.
fn split_attribute(written: &str) -> Result<(&str, Option<String>), ElementPathError> {
    match written.rsplit_once('@') {
        Some((path, name)) if !name.contains(']') => {
            let name = check_name(name.trim())?;
            let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
            Ok((path.trim().trim_end_matches('/'), Some(local.to_owned())))
        }
        _ => Ok((written, None)),
    }
}

/// Splits off the first step. A `/` in a condition is part of a value.
fn split_step(path: &str) -> (&str, &str) {
    let mut within = false;
    let end = path.find(|c| {
        within = c == '[' || within && c != ']';
        c == '/' && !within
    });
    path.split_at(end.unwrap_or(path.len()))
}

fn parse_step(written: &str, deep: bool) -> Result<Step, ElementPathError> {
    let (name, condition) = match written.split_once('[') {
        Some((name, condition)) => (name.trim(), Some(condition)),
        None => (written.trim(), None),
    };
    Ok(Step {
        deep,
        name: match name {
            "*" => None,
            name => Some(check_name(name)?.to_owned()),
        },
        attribute: condition.map(self::parse_condition).transpose()?,
    })
}

/// Parses the text after `[`.
fn parse_condition(written: &str) -> Result<(String, Option<String>), ElementPathError> {
    let wrong = || ElementPathError::Condition(written.trim_end_matches(']').to_owned());
    let inner = written.trim_end().strip_suffix(']').ok_or_else(wrong)?;
    let inner = inner.trim().strip_prefix('@').ok_or_else(wrong)?;
    let Some((name, value)) = inner.split_once('=') else {
        return Ok((check_name(inner.trim())?.to_owned(), None));
    };
    let quoted = value.trim();
    let value = ['\'', '"'].iter().find_map(|quote| {
        let open = quoted.strip_prefix(*quote)?;
        open.strip_suffix(*quote)
    });
    let value = value.ok_or_else(wrong)?;
    Ok((check_name(name.trim())?.to_owned(), Some(value.to_owned())))
}

fn check_name(name: &str) -> Result<&str, ElementPathError> {
    let signs = |c: char| c.is_alphanumeric() || "_-.:".contains(c);
    let starts = |c: char| c.is_alphabetic() || c == '_';
    let well_formed = name.chars().all(signs) && name.starts_with(starts) && !name.ends_with(':');
    if well_formed {
        Ok(name)
    } else {
        Err(ElementPathError::Name(name.to_owned()))
    }
}

impl fmt::Debug for ElementPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.written)
    }
}

impl fmt::Display for ElementPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the parsed steps, each shown after `/` or `//`.
    fn check(path: &str, expected: &str) {
        let path: ElementPath = path.parse().expect(path);
        let shown = |step: &Step| {
            let deep = if step.deep { "//" } else { "/" };
            let name = step.name.as_deref().unwrap_or("*");
            let condition = step.attribute.iter();
            let condition = condition.map(|(name, value)| format!("[{name} {value:?}]"));
            format!("{deep}{name}{}", condition.collect::<String>())
        };
        let steps: String = path.steps.iter().map(shown).collect();
        let attribute = path.attribute.iter().map(|name| format!("@{name}"));
        assert_eq!(steps + &attribute.collect::<String>(), expected, "{path}");
    }

    #[test]
    fn paths_are_read() {
        check("channel/notice", "/channel/notice");
        check("/channel/notice", "/channel/notice");
        check("//notice", "//notice");
        check("a//b/*", "/a//b/*");
        check("dc:date", "/dc:date");
        check("link@href", "/link@href");
        check(" link/@xlink:href ", "/link@href");
        check("@id", "@id");
        check("^meta/date", "/meta/date");
        check("^@date", "@date");
        check(".", "");
        check("./título", "/título");
        check(
            "field[@name='a/b']/value",
            "/field[name Some(\"a/b\")]/value",
        );
        check("field[@name]@id", "/field[name None]@id");
    }

    #[test]
    fn what_is_no_path_is_told() {
        let check = |path: &str, expected: &str| {
            let error = path.parse::<ElementPath>().expect_err(path);
            assert_eq!(error.to_string(), expected, "{path}");
        };
        check(
            "",
            "a path of elements is wanted, such as `head/title` or `link@href`",
        );
        check("a b", "`a b` is no name of an element or attribute");
        check("$.a", "`$.a` is no name of an element or attribute");
        check("a@", "`` is no name of an element or attribute");
        check(
            "a[1]",
            "`[1]` is no condition: `[@name]` and `[@name='value']` are",
        );
        check(
            "a[@b=c]",
            "`[@b=c]` is no condition: `[@name]` and `[@name='value']` are",
        );
        check("a[@b='c'", "`b='c'` is no name of an element or attribute");
    }
}
