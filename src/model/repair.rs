//! What may be put into the block of a source whose page has changed.

use std::collections::BTreeMap;

use super::Timestamp;

/// Selectors that find known items again on a page that the source's own rules no longer read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Repair {
    /// The whole of the new `select`: the name of each rule as it stands in the configuration (`item`, `title`, …), and
    /// the rule.
    pub select: BTreeMap<String, String>,
    /// Titles of the known items that these find again, in the order of the page.
    pub found: Vec<String>,
    /// How many known items were looked for.
    pub known: usize,
    /// How many records these find.
    pub records: usize,
    /// When the page was read.
    pub at: Timestamp,
}
