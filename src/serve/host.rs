//! The host of a request (RFC 9112 §3.2), which must be named exactly once and be valid.
//!
//! In: the head of a request. Out: the host, or the reason for a refusal with 400. No IO.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use super::response::plain_response;

/// The reasons why a request has no valid host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadHost {
    /// `Host` is missing.
    #[error("a request needs one `Host`, and this one has none")]
    Missing,
    /// There are several `Host` headers.
    #[error("a request needs one `Host`, and this one has several")]
    Several,
    /// It cannot be parsed.
    #[error("`{0}` is no host")]
    Unreadable(String),
}

/// Refuses requests without a valid host. A host in the target takes precedence over `Host` (RFC 9112 §3.2.2).
pub(super) async fn guard_host(mut request: Request, next: Next) -> Response {
    let is_old = request.version() <= Version::HTTP_10;
    match parse_host_header(request.headers()) {
        Ok(_) => {}
        Err(BadHost::Missing) if is_old => {}
        Err(bad) => return plain_response(StatusCode::BAD_REQUEST, format!("{bad}\n")),
    }
    match parse_target_host(request.uri()) {
        Ok(None) => {}
        Ok(Some(site)) => {
            // An address that could be parsed is valid in a header.
            if let Ok(host) = format_host(&site).parse() {
                request.headers_mut().insert(header::HOST, host);
            }
        }
        Err(bad) => return plain_response(StatusCode::BAD_REQUEST, format!("{bad}\n")),
    }
    next.run(request).await
}

/// Parses `Host`.
pub(super) fn parse_host_header(headers: &HeaderMap) -> Result<Url, BadHost> {
    let mut given = headers.get_all(header::HOST).iter();
    let first = given.next().ok_or(BadHost::Missing)?;
    if given.next().is_some() {
        return Err(BadHost::Several);
    }
    parse_authority(first.as_bytes())
}

/// Parses the host of a target in absolute form; `None` for a target that consists of a path.
pub(super) fn parse_target_host(uri: &Uri) -> Result<Option<Url>, BadHost> {
    let authority = uri.authority();
    authority
        .map(|authority| parse_authority(authority.as_str().as_bytes()))
        .transpose()
}

fn parse_authority(authority: &[u8]) -> Result<Url, BadHost> {
    let shown = String::from_utf8_lossy(authority);
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"/?#@\\".contains(byte);
    let readable = !authority.is_empty() && authority.iter().all(is_plain);
    let site = readable.then(|| Url::parse(&format!("http://{shown}/")).ok());
    site.flatten()
        .ok_or_else(|| BadHost::Unreadable(escape_for_log(&shown)))
}

/// Formats the host as in `Host`.
pub(super) fn format_host(site: &Url) -> String {
    let host = site.host_str().unwrap_or_default();
    match site.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Returns untrusted text in a form that is safe to log.
pub(super) fn escape_for_log(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control());
    shown.take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(hosts: &[&[u8]]) -> HeaderMap {
        let host = |host: &&[u8]| (header::HOST, (*host).try_into().unwrap());
        hosts.iter().map(host).collect()
    }

    #[test]
    fn one_host_is_read() {
        let check = |host: &str, expected: &str| {
            let site = parse_host_header(&headers(&[host.as_bytes()])).unwrap();
            assert_eq!(format_host(&site), expected, "{host}");
        };
        check("feeds.example", "feeds.example");
        check("FEEDS.example:80", "feeds.example");
        check("feeds.example:8080", "feeds.example:8080");
        check("feeds.example:", "feeds.example");
        check("192.0.2.1:8080", "192.0.2.1:8080");
        check("[2001:db8::1]", "[2001:db8::1]");
        check("feeds_1.example", "feeds_1.example");
    }

    #[test]
    fn no_host_two_or_one_that_cannot_be_read_are_refused() {
        assert_eq!(parse_host_header(&headers(&[])), Err(BadHost::Missing));
        for twice in [[&b"a.example"[..], b"a.example"], [b"a.example", b""]] {
            assert_eq!(parse_host_header(&headers(&twice)), Err(BadHost::Several));
        }
        for bad in [
            &b""[..],
            b"a b",
            b"a\tb",
            b"a.example, b.example",
            b"user@a.example",
            b"a.example/",
            b"a.example:port",
            b"a.example:99999",
            b"http://a.example",
            b"[::1",
            b"1.2.3.4.5",
            b"a.example\\",
            b"\xe9.example",
        ] {
            let refused = parse_host_header(&headers(&[bad]));
            assert!(
                matches!(refused, Err(BadHost::Unreadable(_))),
                "{refused:?}"
            );
        }
    }
}
