//! One response, or one file read.

use url::Url;

use super::{Hash, Timestamp};

/// What a server told us to send back with the next request (RFC 9110 §8.8), and what we remember of the body ourselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, exactly as sent.
    pub etag: Option<String>,
    /// `Last-Modified`, exactly as sent.
    pub last_modified: Option<String>,
    /// Hash of the decoded body: finds an unchanged answer where a server knows no validators.
    pub body_hash: Option<Hash>,
}

/// A body as fetched, decompressed and within its limits.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it finally came from, after redirects: the base of relative links.
    pub url: Url,
    /// `Content-Type` as sent, when it was.
    pub content_type: Option<String>,
    /// The body, without content coding; its character encoding is as found.
    pub body: Vec<u8>,
    /// When the answer began: the only clock that later stages see.
    pub fetched_at: Timestamp,
}

impl Document {
    /// All but the body, for whoever has read that.
    #[must_use]
    pub fn without_body(&self) -> Self {
        Self {
            url: self.url.clone(),
            content_type: self.content_type.clone(),
            body: Vec::new(),
            fetched_at: self.fetched_at,
        }
    }
}
