//! Places in JSON: RFC 9535, and its short form for names alone.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use serde_json_path::PathElement;

/// A `JSONPath` query (RFC 9535). `$` is what it starts from: the document, or the entry. A path that does not begin with
/// `$` is taken as if `$.` stood before it: `title.rendered`, `authors[*].name`; no query of the RFC can be meant by it.
///
/// Two forms go beyond the RFC, for entries that do not hold all that is said of them: `^` before a path starts it at what
/// holds the entry ([`JsonBase::Around`]), and `~` alone is a name ([`JsonBase::Name`]).
#[derive(Clone)]
pub struct JsonPath {
    path: serde_json_path::JsonPath,
    base: JsonBase,
    written: String,
}

/// What a path of an entry starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonBase {
    /// The entry.
    Here,
    /// The lists and objects that hold the entry, from the nearest outwards: the first from which the path leads to a
    /// text.
    Around,
    /// Nothing: the text is the name under which the entry stands, or the list that it is in.
    Name,
}

/// A value of a document, and where it stands.
#[derive(Clone, Debug)]
pub struct Located<'a> {
    /// The value.
    pub value: &'a Value,
    /// What holds it, from the nearest outwards.
    pub around: Vec<&'a Value>,
    /// The nearest name on the way to it.
    pub name: Option<String>,
}

impl<'a> Located<'a> {
    /// A value of which it does not matter where it stands.
    pub fn alone(value: &'a Value) -> Self {
        Self {
            value,
            around: Vec::new(),
            name: None,
        }
    }

    /// A value that this one holds.
    #[must_use]
    pub fn holds(&self, value: &'a Value) -> Self {
        let around = std::iter::once(self.value).chain(self.around.iter().copied());
        Self {
            value,
            around: around.collect(),
            name: self.name.clone(),
        }
    }
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

    /// The same, each with what holds it.
    pub fn locate<'a>(&self, value: &'a Value) -> Vec<Located<'a>> {
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

    /// What it starts from in an entry.
    pub fn base(&self) -> JsonBase {
        self.base
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
                // As far into what was written as into what was read.
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
    fn paths_start_at_what_holds_an_entry() {
        let value = json!({"day": "a", "lists": {"b": [{"c": 1}]}});
        let entries: JsonPath = "$.lists.*[*]".parse().expect("a path");
        let located = entries.locate(&value);
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
