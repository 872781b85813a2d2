//! Paths to values in JSON: RFC 9535, and a short form for names alone.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use serde_json_path::PathElement;

/// A `JSONPath` query (RFC 9535). `$` is the starting point: the document, or the entry. A path that does not begin
/// with `$` is read as if it began with `$.`: `title.rendered`, `authors[*].name`. No query of the RFC is ambiguous
/// with it.
///
/// Two forms extend the RFC, for entries that do not contain all of their data: `^` before a path starts it at the
/// values around the entry ([`JsonBase::Around`]), and `~` alone is a name ([`JsonBase::Name`]).
#[derive(Clone)]
pub struct JsonPath {
    path: serde_json_path::JsonPath,
    base: JsonBase,
    written: String,
}

/// The starting point of an entry's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonBase {
    /// The entry.
    Here,
    /// The lists and objects that contain the entry, from the nearest outwards: the first from which the path leads to
    /// a text.
    Around,
    /// None: the text is the name under which the entry, or its list, is found.
    Name,
}

/// A value of a document, with its position.
#[derive(Clone, Debug)]
pub struct Located<'a> {
    /// The value.
    pub value: &'a Value,
    /// The values that contain it, from the nearest outwards.
    pub around: Vec<&'a Value>,
    /// The nearest name on the path to it.
    pub name: Option<String>,
}

impl<'a> Located<'a> {
    /// Wraps a value whose position does not matter.
    pub fn without_position(value: &'a Value) -> Self {
        Self {
            value,
            around: Vec::new(),
            name: None,
        }
    }

    /// Returns a value contained in this one, with its position.
    #[must_use]
    pub fn locate_child(&self, value: &'a Value) -> Self {
        let around = std::iter::once(self.value).chain(self.around.iter().copied());
        Self {
            value,
            around: around.collect(),
            name: self.name.clone(),
        }
    }
}

/// The error for text that is not `JSONPath`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` is no JSONPath: it is not understood from character {at} on")]
pub struct JsonPathError {
    written: String,
    /// Counted from 1.
    at: usize,
}

impl JsonPath {
    /// Returns the values found in `value`, in the order of RFC 9535.
    pub fn find_values<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        self.path.query(value).all()
    }

    /// Returns the same values, each with the values that contain it.
    pub fn find_located<'a>(&self, value: &'a Value) -> Vec<Located<'a>> {
        let mut located = Vec::new();
        for node in self.path.query_located(value).iter() {
            let mut around = Vec::new();
            let mut holder = Some(value);
            for step in node.location().iter() {
                around.extend(holder);
                holder = holder.and_then(|holder| match step {
                    PathElement::Name(name) => holder.get(*name),
                    PathElement::Index(at) => holder.get(*at),
                });
            }
            around.reverse();
            let mut names = node.location().iter().filter_map(PathElement::as_name);
            located.push(Located {
                value: node.node(),
                around,
                name: names.next_back().map(str::to_owned),
            });
        }
        located
    }

    /// Returns the starting point of the path in an entry.
    pub fn base(&self) -> JsonBase {
        self.base
    }

    /// Returns true if the last name in the path marks times as UTC, as in `date_gmt`.
    pub fn names_utc(&self) -> bool {
        let name = self.written.trim_end_matches(['\'', '"', ']']);
        let name = name.to_ascii_lowercase();
        name.ends_with("gmt") || name.ends_with("utc")
    }
}

impl FromStr for JsonPath {
    type Err = JsonPathError;

    fn from_str(text: &str) -> Result<Self, JsonPathError> {
        let written = text.trim().to_owned();
        let (plain, base) = match written.strip_prefix('^') {
            _ if written == "~" => ("$", JsonBase::Name),
            Some(rest) => (rest.trim_start(), JsonBase::Around),
            None => (written.as_str(), JsonBase::Here),
        };
        let full = match plain.chars().next() {
            Some('$') | None => plain.to_owned(),
            Some('[') => format!("${plain}"),
            Some(_) => format!("$.{plain}"),
        };
        match serde_json_path::JsonPath::parse(&full) {
            Ok(path) => Ok(Self {
                path,
                base,
                written,
            }),
            Err(error) => {
                // The position in the text as written, which may lack the `$.` of the text that was parsed.
                let at = (error.position() + written.len()).saturating_sub(full.len()) + 1;
                Err(JsonPathError { written, at })
            }
        }
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.written)
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(path: &str, expected: &[&str]) {
        let value = json!({"title": {"rendered": "a"}, "tags": ["b", "c"], "un título": "d"});
        let path: JsonPath = path.parse().expect("a path");
        let found: Vec<&str> = path
            .find_values(&value)
            .into_iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn paths_find_with_and_without_their_root() {
        check("$.title.rendered", &["a"]);
        check(" title.rendered ", &["a"]);
        check("tags[*]", &["b", "c"]);
        check("['un título']", &["d"]);
        check("$..rendered", &["a"]);
        check("tags[?@ == 'c']", &["c"]);
        check("$.none", &[]);
    }

    #[test]
    fn paths_start_at_what_holds_an_entry() {
        let value = json!({"day": "a", "lists": {"b": [{"c": 1}]}});
        let entries: JsonPath = "$.lists.*[*]".parse().expect("a path");
        let located = entries.find_located(&value);
        let [entry] = located.as_slice() else {
            panic!("one entry");
        };
        assert_eq!(
            (entry.value, entry.name.as_deref()),
            (&json!({"c": 1}), Some("b"))
        );
        assert_eq!(entry.around.len(), 3);
        assert_eq!(entry.around.last(), Some(&&value));
        let base = |path: &str| path.parse::<JsonPath>().expect("a path").base();
        assert_eq!(
            (base("^day"), base("^$.day"), base("~"), base("day")),
            (
                JsonBase::Around,
                JsonBase::Around,
                JsonBase::Name,
                JsonBase::Here
            )
        );
    }

    #[test]
    fn what_is_no_path_is_told() {
        let told = |text: &str| {
            let error = text.parse::<JsonPath>().expect_err(text);
            error.to_string()
        };
        assert_eq!(
            told("h3 a"),
            "`h3 a` is no JSONPath: it is not understood from character 3 on"
        );
        for text in ["", "$.", "$.a[", "@.a", "date-gmt", "$['a'"] {
            assert!(told(text).starts_with(&format!("`{text}` is no JSONPath")));
        }
    }

    #[test]
    fn names_tell_of_greenwich() {
        let is_utc = |path: &str| path.parse::<JsonPath>().expect("a path").names_utc();
        assert!(is_utc("$.date_gmt") && is_utc("$['dateUTC']"));
        assert!(!is_utc("$.date") && !is_utc("$.gmt.date"));
    }
}
