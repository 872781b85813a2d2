//! How the records of a page are found where no selectors say so, in words.

use std::fmt;
use std::str::FromStr;

/// The longest layout, in bytes.
const MAX_BYTES: usize = 4_000;

/// A way to find the records of a page, as `tidings discover` writes it and a source keeps it:
/// `elements body > main > ul.news > li, linked`. Only `extract` knows what the words mean.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout(String);

/// A text that is no layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a layout as `tidings discover` writes it, such as `elements body > ul > li, all`"
)]
pub struct LayoutError;

impl Layout {
    /// The layout in words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Layout {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        let text = text.trim();
        let is_printable = !text.contains(char::is_control);
        if text.is_empty() || text.len() > MAX_BYTES || !is_printable {
            return Err(LayoutError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
