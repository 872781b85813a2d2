//! One response, or the contents of one file.

use chrono::TimeDelta;
use url::Url;

use super::{Hash, Timestamp};

/// The validators to send with the next request (RFC 9110 §8.8), and a hash of the body that we keep ourselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, exactly as sent.
    pub etag: Option<String>,
    /// `Last-Modified`, exactly as sent.
    pub last_modified: Option<String>,
    /// Hash of the decoded body: detects an unchanged answer from servers that send no validators.
    pub body_hash: Option<Hash>,
    /// The time of the last complete body that came with them.
    pub whole_at: Option<Timestamp>,
}

/// The longest time for which an answer of "not modified" is trusted.
const BELIEVED: TimeDelta = TimeDelta::hours(24);

impl Validators {
    /// Returns the validators for a request at `now`: none once a day, because some servers answer 304 to every
    /// conditional request. A complete body dated in the future was stamped by a clock that ran ahead.
    #[must_use]
    pub fn for_request(self, now: Timestamp) -> Self {
        let is_believed = |whole_at: Timestamp| whole_at <= now && now - whole_at < BELIEVED;
        if self.whole_at.is_some_and(is_believed) {
            return self;
        }
        Self {
            body_hash: self.body_hash,
            ..Self::default()
        }
    }

    /// Returns true if a request with them is the same as one with `others` and compares with the same body.
    pub fn requests_same_as(&self, others: &Self) -> bool {
        self.etag == others.etag
            && self.last_modified == others.last_modified
            && self.body_hash == others.body_hash
    }
}

/// A body as fetched, decompressed and within its limits.
#[derive(Clone, Debug)]
pub struct Document {
    /// The final address, after redirects: the base of relative links.
    pub url: Url,
    /// `Content-Type` as sent, if any.
    pub content_type: Option<String>,
    /// The body, without content coding, in its original character encoding.
    pub body: Vec<u8>,
    /// The time when the answer began: the only clock that later stages see.
    pub fetched_at: Timestamp,
}

impl Document {
    /// Returns a copy without the body, for use after the body was read.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_for_everything_once_a_day() {
        let now: Timestamp = "2021-07-01T12:00:00Z".parse().unwrap();
        let check = |whole_at: Option<TimeDelta>, is_conditional: bool| {
            let held = Validators {
                etag: Some("\"1\"".to_owned()),
                last_modified: Some("Thu, 01 Jul 2021 11:00:00 GMT".to_owned()),
                body_hash: Some(Hash::digest(b"body")),
                whole_at: whole_at.map(|ago| now - ago),
            };
            let asked = held.clone().for_request(now);
            assert_eq!(asked.etag.is_some(), is_conditional, "{whole_at:?}");
            assert_eq!(asked.last_modified.is_some(), is_conditional);
            assert_eq!(asked.body_hash, held.body_hash);
        };
        check(Some(TimeDelta::zero()), true);
        check(Some(TimeDelta::hours(24) - TimeDelta::seconds(1)), true);
        check(Some(TimeDelta::hours(24)), false);
        // The clock was set back.
        check(Some(TimeDelta::hours(-1)), false);
        check(None, false);
    }
}
