//! HTML that may be shown to anybody.

/// Sanitized HTML. `normalize` alone makes it (the store hands back what `normalize` made); `publish` accepts nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeHtml(String);

impl SafeHtml {
    /// Vouches for `html`. For `normalize::html`, which sanitizes, and for rows that it sanitized earlier.
    pub(crate) fn vouched(html: String) -> Self {
        Self(html)
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
