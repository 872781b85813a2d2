//! HTML that is safe to show to anyone.

/// Sanitized HTML. Only `normalize` creates it (the store returns the output of `normalize`); `publish` accepts nothing
/// else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Wraps `html` without checking it. Only for `normalize::html`, which sanitizes, and for rows that it sanitized
    /// earlier.
    pub(crate) fn from_sanitized(html: String) -> Self {
        Self(html)
    }

    /// Returns the markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
