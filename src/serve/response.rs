//! Responses: a file, conditional and compressed if the client accepts that; plain text; the headers of every
//! response.
//!
//! In: an [`Asset`] and a request's headers. Out: a response. Follows RFC 9110 for conditions (§13) and content
//! coding (§12.5.3).

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use bytes::Bytes;

use super::assets::Asset;
use crate::dates;
use crate::model::Timestamp;

/// Pages may load their style sheet and pictures of bulletins, and submit their search form; scripts are
/// forbidden.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src https: http: data:; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// `Content-Type` of plain text.
pub(super) const PLAIN: &str = "text/plain; charset=utf-8";
/// Readers revalidate after a minute; a proxy may answer meanwhile.
const CACHE_CONTROL: &str = "public, max-age=60";

/// Returns the asset, or 304 if the client already has it.
pub(super) fn asset_response(
    asset: &Asset,
    method: &Method,
    headers: &HeaderMap,
) -> Response<Body> {
    let gzip = asset.gzip.as_ref().filter(|_| accepts_gzip(headers));
    let (body, suffix) = gzip.map_or((&asset.body, ""), |gzip| (gzip, "-gz"));
    let etag = format!("\"{}{suffix}\"", asset.etag);
    let mut response = Response::new(Body::empty());
    set_asset_headers(response.headers_mut(), asset, &etag);
    if is_unchanged(headers, asset) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    set_body_headers(response.headers_mut(), asset, body, gzip.is_some());
    if method == Method::GET {
        *response.body_mut() = Body::from(body.clone());
    }
    response
}

/// Sets the headers that a 304 contains too (RFC 9110 §15.4.5).
fn set_asset_headers(headers: &mut HeaderMap, asset: &Asset, etag: &str) {
    set_header(headers, header::ETAG, etag);
    if let Some(modified) = asset.modified {
        set_header(headers, header::LAST_MODIFIED, &http_date(modified));
    }
    set_header(headers, header::CACHE_CONTROL, CACHE_CONTROL);
    set_header(headers, header::VARY, "accept-encoding");
    set_security_headers(headers);
    if !asset.content_type.starts_with("text/html") {
        set_header(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
}

fn set_body_headers(headers: &mut HeaderMap, asset: &Asset, body: &Bytes, packed: bool) {
    set_header(headers, header::CONTENT_TYPE, asset.content_type);
    set_header(headers, header::CONTENT_LENGTH, &body.len().to_string());
    if packed {
        set_header(headers, header::CONTENT_ENCODING, "gzip");
    }
}

/// Sets the security headers of every response on either listener.
pub(super) fn set_security_headers(headers: &mut HeaderMap) {
    set_header(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_header(
        headers,
        header::CONTENT_SECURITY_POLICY,
        CONTENT_SECURITY_POLICY,
    );
    set_header(headers, header::REFERRER_POLICY, "no-referrer");
}

pub(super) fn set_header(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    headers.insert(
        name,
        HeaderValue::from_str(value).expect("our own values are plain ASCII"),
    );
}

pub(super) fn plain_response(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    set_header(response.headers_mut(), header::CONTENT_TYPE, PLAIN);
    set_security_headers(response.headers_mut());
    response
}

/// Formats an IMF-fixdate (RFC 9110 §5.6.7).
fn http_date(at: Timestamp) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Evaluates `If-None-Match` if present, else `If-Modified-Since` (RFC 9110 §13.2.2).
fn is_unchanged(headers: &HeaderMap, asset: &Asset) -> bool {
    let listed: Vec<&str> = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    if !listed.is_empty() {
        return listed
            .iter()
            .flat_map(|list| list.split(','))
            .any(|tag| matches_etag(tag.trim(), asset));
    }
    // A field with several values is not a condition (§13.1.3).
    let mut dates = headers.get_all(header::IF_MODIFIED_SINCE).iter();
    let since = match (dates.next(), dates.next()) {
        (Some(date), None) => date.to_str().ok().and_then(dates::parse_http_date),
        _ => None,
    };
    let times = asset.modified.zip(since);
    times.is_some_and(|(modified, since)| modified <= since)
}

/// Compares weakly (§8.8.3.2) and for either encoding: both are the same text.
fn matches_etag(tag: &str, asset: &Asset) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    tag == "*" || opaque.strip_suffix("-gz").unwrap_or(opaque) == asset.etag
}

/// Returns true if gzip or `*` is accepted with a weight above zero.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut any = false;
    for coding in values.flat_map(|value| value.split(',')) {
        let (name, wanted) = parse_weighted(coding);
        match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return wanted,
            "*" => any = wanted,
            _ => {}
        }
    }
    any
}

/// Returns true if HTML is accepted by name with a weight above zero: `*/*` is sent by programs that show no
/// pages.
pub(super) fn accepts_html(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|range| {
        let (name, wanted) = parse_weighted(range);
        let is_page = ["text/html", "application/xhtml+xml"]
            .iter()
            .any(|page| page.eq_ignore_ascii_case(name));
        is_page && wanted
    })
}

/// Parses a member of a list such as `gzip;q=0`. Returns its name, and true if its weight is above zero (RFC
/// 9110 §12.4.2).
fn parse_weighted(member: &str) -> (&str, bool) {
    let mut parts = member.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let weight = parts.find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let wanted = weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|it| it > 0.0));
    (name, wanted)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        set_header(&mut headers, name, value);
        headers
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let check = |value: &str, wanted: bool| {
            assert_eq!(
                accepts_gzip(&headers(header::ACCEPT_ENCODING, value)),
                wanted,
                "{value}"
            );
        };
        check("gzip, br", true);
        check("br;q=1.0, GZIP;q=0.8", true);
        check("*", true);
        check("*, gzip;q=0", false);
        check("gzip;q=0, *", false);
        check("gzip;Q=0", false);
        check("gzip ; Q = 0.000", false);
        check("gzip;level=9;q=0", false);
        check("gzip;Q=0.5", true);
        check("gzip;q=much", false);
        check("*;Q=0", false);
        check("br", false);
        check("", false);
    }

    #[test]
    fn conditions_are_compared_as_the_standard_says() {
        let asset = Asset {
            body: Bytes::new(),
            gzip: None,
            content_type: "text/css",
            etag: "abc".into(),
            modified: DateTime::from_timestamp(1_000_000_000, 0),
        };
        let none_match = |value: &str| is_unchanged(&headers(header::IF_NONE_MATCH, value), &asset);
        assert!(none_match("\"abc\""));
        assert!(none_match("\"x\", W/\"abc-gz\""));
        assert!(none_match("*"));
        assert!(!none_match("\"abcd\""));
        let since = |value: &str| is_unchanged(&headers(header::IF_MODIFIED_SINCE, value), &asset);
        assert!(since("Sun, 09 Sep 2001 01:46:40 GMT"));
        assert!(!since("Sun, 09 Sep 2001 01:46:39 GMT"));
        assert!(since("Sunday, 09-Sep-01 01:46:40 GMT"));
        assert!(!since("Sunday, 09-Sep-01 01:46:39 GMT"));
        assert!(since("Sun Sep  9 01:46:40 2001"));
        assert!(!since("Sun Sep  9 01:46:39 2001"));
        assert!(!since("yesterday"));
        let mut both = headers(header::IF_MODIFIED_SINCE, "Sun, 09 Sep 2001 01:46:40 GMT");
        set_header(&mut both, header::IF_NONE_MATCH, "\"x\"");
        assert!(!is_unchanged(&both, &asset));
        let mut twice = headers(header::IF_MODIFIED_SINCE, "Sun, 09 Sep 2001 01:46:40 GMT");
        twice.append(header::IF_MODIFIED_SINCE, HeaderValue::from_static("x"));
        assert!(!is_unchanged(&twice, &asset));
    }

    #[test]
    fn pages_are_for_those_who_name_them() {
        let check = |value: &str, wanted: bool| {
            let accepted = accepts_html(&headers(header::ACCEPT, value));
            assert_eq!(accepted, wanted, "{value}");
        };
        check("text/html,application/xhtml+xml,*/*;q=0.8", true);
        check("application/atom+xml, Text/HTML;q=0.1", true);
        check("text/html;q=0, */*", false);
        check("*/*", false);
        check("", false);
    }
}
