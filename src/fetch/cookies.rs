//! Cookies (RFC 6265) within one chain of redirects.
//!
//! Some servers set a cookie, redirect to the same address, and give the document only to a request that brings the
//! cookie back. Nothing is kept beyond the chain, so no publisher recognizes us from one request to the next.

use cookie_store::{CookieStore, RawCookie};
use reqwest::header::{self, HeaderMap, HeaderValue};
use url::Url;

/// The longest `Cookie` that is sent; servers refuse longer ones.
const MAX_LENGTH: usize = 8 * 1024;

/// The cookies that redirects have set so far.
#[derive(Default)]
pub(super) struct CookieJar {
    store: CookieStore,
}

impl CookieJar {
    /// Keeps the cookies that `headers` of the answer at `url` set. A cookie that cannot be read is left out.
    pub(super) fn store_cookies(&mut self, headers: &HeaderMap, url: &Url) {
        let set = headers.get_all(header::SET_COOKIE).into_iter();
        let cookies = set
            .filter_map(|value| value.to_str().ok())
            .filter_map(|value| RawCookie::parse(value.to_owned()).ok());
        self.store.store_response_cookies(cookies, url);
    }

    /// Returns the value of `Cookie` for a request to `url`, or `None` without cookies for it.
    pub(super) fn cookie_header(&self, url: &Url) -> Option<HeaderValue> {
        let mut pairs: Vec<String> = self
            .store
            .get_request_values(url)
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.sort_unstable();
        let value = pairs.join("; ");
        let is_sendable = !value.is_empty() && value.len() <= MAX_LENGTH;
        is_sendable.then(|| HeaderValue::from_str(&value).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the `Cookie` for a request to `to` after `set` was set at `https://host.example/a/list`.
    fn check(set: &[&str], to: &str, expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for value in set {
            headers.append(header::SET_COOKIE, value.parse().unwrap());
        }
        let mut cookies = CookieJar::default();
        cookies.store_cookies(&headers, &"https://host.example/a/list".parse().unwrap());
        let header = cookies.cookie_header(&to.parse().unwrap());
        let header = header.as_ref().map(|value| value.to_str().unwrap());
        assert_eq!(header, expected, "{set:?} {to}");
    }

    #[test]
    fn a_cookie_goes_back_where_it_belongs() {
        let here = "https://host.example/a/list";
        check(&["v=1; Path=/; HttpOnly"], here, Some("v=1"));
        check(&["v=1", "t=2; Secure"], here, Some("t=2; v=1"));
        check(&["v=1"], "https://host.example/b", None);
        check(&["v=1; Path=/"], "https://other.example/", None);
        check(&["v=1; Path=/"], "https://www.host.example/", None);
        check(
            &["v=1; Path=/; Domain=host.example"],
            "https://www.host.example/",
            Some("v=1"),
        );
        check(&["v=1; Secure; Path=/"], "http://host.example/", None);
        check(&["v=1; Domain=other.example"], here, None);
        check(&["v=1; Max-Age=0"], here, None);
        check(&["=; ;"], here, None);
    }

    #[test]
    fn cookies_are_bounded() {
        let long = format!("v={}", "x".repeat(MAX_LENGTH));
        check(&[&long], "https://host.example/a/list", None);
    }
}
