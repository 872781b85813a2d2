//! Places in JSON: RFC 9535, and its short form for names alone.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A `JSONPath` query (RFC 9535). `$` is what it starts from: the document, or the entry. A path that does not begin with
/// `$` is taken as if `$.` stood before it: `title.rendered`, `authors[*].name`; no query of the RFC can be meant by it.
#[derive(Clone)]
pub struct JsonPath {
    path: serde_json_path::JsonPath,
    written: String,
}

/// Text that is no `JSONPath`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` is no JSONPath: it is not understood from character {at} on")]
pub struct JsonPathError {
    written: String,
    /// Counted from 1.
    at: usize,
}

impl JsonPath {
    /// What it finds in `value`, in the order of RFC 9535.
    pub fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        self.path.query(value).all()
    }

    /// Whether the name that it ends with says that times are of Greenwich, as in `date_gmt`.
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
        let full = match written.chars().next() {
            Some('$') | None => written.clone(),
            Some('[') => format!("${written}"),
            Some(_) => format!("$.{written}"),
        };
        match serde_json_path::JsonPath::parse(&full) {
            Ok(path) => Ok(Self { path, written }),
            Err(error) => {
                let added = full.len() - written.len();
                let at = error.position().saturating_sub(added) + 1;
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
            .find(&value)
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
