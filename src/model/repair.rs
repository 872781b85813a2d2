//! A proposed change to the block of a source whose page has changed.

use std::collections::BTreeMap;

use super::Timestamp;

/// Selectors that find known items on a page that the source's own rules no longer read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Repair {
    /// The complete new `select`: the name of each rule as in the configuration (`item`, `title`, …), and the rule.
    pub select: BTreeMap<String, String>,
    /// Titles of the known items that these selectors find, in the order of the page.
    pub found: Vec<String>,
    /// Number of known items searched for.
    pub known: usize,
    /// Number of records that these selectors find.
    pub records: usize,
    /// The time when the page was read.
    pub at: Timestamp,
}
