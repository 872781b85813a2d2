//! The person or program behind a manual decision, as named in logs and in the store.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest name, in characters.
const LONGEST: usize = 100;

/// A person, a program or an address that gave an order: `uid 1000 (maria)`, `127.0.0.1`. On one line, at most 100
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator(String);

impl Operator {
    /// Takes `name` without control characters, cut if it is too long.
    pub fn new(name: &str) -> Self {
        let shown = name.chars().filter(|c| !c.is_control());
        Self(shown.take(LONGEST).collect::<String>().trim().to_owned())
    }

    /// Returns a user of this machine by number, and by name if it is known.
    pub fn from_user(uid: u32, name: Option<&str>) -> Self {
        match name {
            Some(name) => Self::new(&format!("uid {uid} ({name})")),
            None => Self::new(&format!("uid {uid}")),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_on_its_line() {
        let check = |name: &str, shown: &str| assert_eq!(Operator::new(name).as_str(), shown);
        check("127.0.0.1", "127.0.0.1");
        check(" a\nb\u{1b}[31m ", "ab[31m");
        check(&"x".repeat(200), &"x".repeat(100));
        assert_eq!(Operator::from_user(0, None).as_str(), "uid 0");
        assert_eq!(
            Operator::from_user(7, Some("maria")).as_str(),
            "uid 7 (maria)"
        );
    }
}
