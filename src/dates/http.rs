//! Dates of HTTP (RFC 9110 §5.6.7): IMF-fixdate and its two obsolete forms, and RFC 5322 with an offset, which servers
//! also send.

use chrono::DateTime;

use crate::model::Timestamp;

/// Reads the date of a header field.
pub(super) fn parse_http(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let stated = httpdate::parse_http_date(text).map(Timestamp::from);
    let mail = || DateTime::parse_from_rfc2822(text).map(|at| at.to_utc());
    stated.ok().or_else(|| mail().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read() {
        let check = |text: &str, expected: Option<&str>| {
            let found = parse_http(text).map(|at| at.to_rfc3339());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        let at = Some("1994-11-06T08:49:37+00:00");
        check("Sun, 06 Nov 1994 08:49:37 GMT", at);
        check("Sunday, 06-Nov-94 08:49:37 GMT", at);
        check("Sun Nov  6 08:49:37 1994", at);
        check(" Sun, 06 Nov 1994 08:49:37 GMT ", at);
        check("Sun, 6 Nov 1994 09:49:37 +0100", at);
        check(
            "Wednesday, 01-Jan-25 00:00:00 GMT",
            Some("2025-01-01T00:00:00+00:00"),
        );
        check(
            "Fri Jan 31 23:59:59 2025",
            Some("2025-01-31T23:59:59+00:00"),
        );
        for wrong in [
            "",
            "0",
            "-1",
            "yesterday",
            "Mon, 06 Nov 1994 08:49:37 GMT",
            "Sun, 31 Feb 2021 08:49:37 GMT",
            "Sun, 06 Nov 1994 25:49:37 GMT",
            "1994-11-06T08:49:37Z",
        ] {
            check(wrong, None);
        }
    }
}
