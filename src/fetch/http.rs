//! One HTTP exchange: conditional, with redirects followed by hand, read within limits.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Client, Response, StatusCode};

use super::coding::{self, CodingError};
use super::cookies::CookieJar;
use super::guard::{self, ForbiddenAddress, GuardedResolver};
use super::{
    FetchError, FetchLimits, FetchOutcome, FetchRequest, FetchedPage, Fetcher, RobotsCheck,
    unpack_body,
};
use crate::dates;
use crate::model::{Document, Hash, PublicUrl, Timestamp, Validators, without_credentials};

/// Prefers feeds, then anything else that a source may be.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, \
                      text/xml;q=0.9, application/json;q=0.8, text/html;q=0.8, text/plain;q=0.7, */*;q=0.5";
/// The traditional limit of browsers; no publisher needs more.
const MAX_REDIRECTS: usize = 10;
/// The time for which a connection is kept for another request, beyond the pause between two.
const IDLE: Duration = Duration::from_secs(1);
/// The longest header value that is kept.
const MAX_VALIDATOR_LENGTH: usize = 1024;

/// Returns a client without proxy and redirects, for an address known to be ours.
pub(super) fn plain_client() -> reqwest::ClientBuilder {
    // The first installation wins; a second client finds the same provider already installed.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

pub(super) fn build_client(limits: &FetchLimits) -> Result<Client, reqwest::Error> {
    plain_client()
        .user_agent(&limits.user_agent)
        .connect_timeout(limits.timeout)
        // For the further pages of one poll. Keeping thousands of hosts connected any longer would cost memory and
        // descriptors.
        .pool_idle_timeout(limits.host_delay + IDLE)
        .dns_resolver(Arc::new(GuardedResolver {
            allowed: limits.allow_networks.as_slice().into(),
        }))
        .build()
}

/// The answer at the end of a chain of redirects; the body is still to be read.
enum HttpAnswer {
    Unchanged(Validators),
    Changed(PublicUrl, Response),
}

/// The result of one request in a chain.
enum HopResult {
    Answer(Response),
    Redirect(PublicUrl),
    Unchanged(Validators),
}

impl Fetcher {
    pub(super) async fn fetch_http(
        &self,
        request: &FetchRequest<'_>,
    ) -> Result<FetchOutcome, FetchError> {
        match self
            .follow_redirects(request, coding::ACCEPT_ENCODING)
            .await?
        {
            HttpAnswer::Unchanged(validators) => Ok(FetchOutcome::Unchanged(validators)),
            HttpAnswer::Changed(url, response) => {
                let (document, validators) = self.read_document(url, response, request.now).await?;
                Ok(FetchOutcome::Changed(Box::new(document), validators))
            }
        }
    }

    /// Fetches a page; the body of anything else is not read.
    pub(super) async fn fetch_http_page(
        &self,
        request: &FetchRequest<'_>,
    ) -> Result<FetchedPage, FetchError> {
        match self
            .follow_redirects(request, coding::ACCEPT_ENCODING)
            .await?
        {
            // This does not answer an unconditional request.
            HttpAnswer::Unchanged(_) => Err(unexpected_not_modified(request.url)),
            HttpAnswer::Changed(url, response) => {
                let content_type = header_text(response.headers(), &header::CONTENT_TYPE);
                if let Some(mime_type) = content_type.filter(|content_type| !is_page(content_type))
                {
                    return Ok(FetchedPage::File {
                        mime_type,
                        length_bytes: response.content_length(),
                    });
                }
                let (document, _) = self.read_document(url, response, request.now).await?;
                Ok(FetchedPage::Page(Box::new(document)))
            }
        }
    }

    /// Sends the request and follows redirects; `codings` is `Accept-Encoding`.
    async fn follow_redirects(
        &self,
        request: &FetchRequest<'_>,
        codings: &str,
    ) -> Result<HttpAnswer, FetchError> {
        let (mut url, mut cookies) = (request.url.clone(), CookieJar::default());
        for _ in 0..=MAX_REDIRECTS {
            let hop = FetchRequest {
                url: &url,
                ..*request
            };
            match self.send_hop(&hop, codings, &mut cookies).await? {
                HopResult::Unchanged(new) => return Ok(HttpAnswer::Unchanged(new)),
                HopResult::Answer(response) => return Ok(HttpAnswer::Changed(url, response)),
                HopResult::Redirect(target) => {
                    if request.robots_check == RobotsCheck::Required {
                        // robots.txt is fetched in the same way.
                        Box::pin(self.check_robots(&target, request.now)).await?;
                    }
                    url = target;
                }
            }
        }
        Err(too_many_redirects(request.url))
    }

    /// Returns the first `limit` bytes of the document at `first`, or the target of its redirect.
    pub(super) async fn fetch_beginning(
        &self,
        first: &PublicUrl,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<u8>, FetchError> {
        // The beginning of a compressed body cannot be decompressed.
        match self
            .follow_redirects(&FetchRequest::new(first, now), "identity")
            .await?
        {
            HttpAnswer::Unchanged(_) => Err(unexpected_not_modified(first)),
            HttpAnswer::Changed(url, response) => read_first_bytes(&url, response, limit).await,
        }
    }

    /// Sends one request and classifies its answer.
    async fn send_hop(
        &self,
        request: &FetchRequest<'_>,
        codings: &str,
        cookies: &mut CookieJar,
    ) -> Result<HopResult, FetchError> {
        let FetchRequest { url, held, now, .. } = *request;
        let response = self.send_request(request, codings, cookies).await?;
        match response.status() {
            StatusCode::NOT_MODIFIED if held.etag.is_some() || held.last_modified.is_some() => Ok(
                HopResult::Unchanged(renew_validators(held, response.headers())),
            ),
            // Any other success contains a part of the document, or nothing.
            StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => {
                Ok(HopResult::Answer(response))
            }
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => {
                cookies.store_cookies(response.headers(), url.expose());
                redirect_target(url, response.headers()).map(HopResult::Redirect)
            }
            status => Err(FetchError::Status {
                url: url.to_string(),
                status: status.as_u16(),
                retry_after: retry_after(response.headers(), now),
            }),
        }
    }

    async fn send_request(
        &self,
        request: &FetchRequest<'_>,
        codings: &str,
        cookies: &CookieJar,
    ) -> Result<Response, FetchError> {
        let FetchRequest { url, held, .. } = *request;
        let forbidden = |cause| FetchError::Forbidden {
            url: url.to_string(),
            cause,
        };
        guard::check_literal(url.expose(), &self.limits.allow_networks).map_err(forbidden)?;
        let mut request = self.client.get(url.expose().clone());
        request = request
            .header(header::ACCEPT, ACCEPT)
            .header(header::ACCEPT_ENCODING, codings);
        if let Some(cookies) = cookies.cookie_header(url.expose()) {
            request = request.header(header::COOKIE, cookies);
        }
        if let Some(etag) = &held.etag {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(date) = &held.last_modified {
            request = request.header(header::IF_MODIFIED_SINCE, date);
        }
        request
            .send()
            .await
            .map_err(|cause| connection_error(url, cause))
    }

    async fn read_document(
        &self,
        url: PublicUrl,
        response: Response,
        now: Timestamp,
    ) -> Result<(Document, Validators), FetchError> {
        let headers = response.headers().clone();
        let packed = self.read_body(&url, response).await?;
        let codings: Vec<&str> = headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let limit = self.limits.max_body_bytes;
        let decoded = coding::decode_body(packed, &codings.join(","), limit).await;
        let body = decoded.map_err(|error| match error {
            CodingError::TooLarge => FetchError::TooLarge {
                url: url.to_string(),
                limit,
            },
            CodingError::Broken(reason) => FetchError::Coding {
                url: url.to_string(),
                reason,
            },
        })?;
        let body = unpack_body(body, &url.to_string(), limit)?;
        let validators = Validators {
            etag: header_text(&headers, &header::ETAG),
            last_modified: header_text(&headers, &header::LAST_MODIFIED),
            body_hash: Some(Hash::digest(&body)),
            whole_at: Some(now),
        };
        let content_type = header_text(&headers, &header::CONTENT_TYPE);
        let document = Document {
            // The base of relative links: our credentials are not part of what we publish.
            url: without_credentials(url.expose()),
            content_type,
            body,
            fetched_at: now,
        };
        Ok((document, validators))
    }

    /// Reads the body as sent, up to the limit.
    async fn read_body(
        &self,
        url: &PublicUrl,
        mut response: Response,
    ) -> Result<Vec<u8>, FetchError> {
        let limit = self.limits.max_body_bytes;
        let too_large = || FetchError::TooLarge {
            url: url.to_string(),
            limit,
        };
        if response
            .content_length()
            .is_some_and(|length| length > limit)
        {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|cause| connection_error(url, cause))?
        {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Returns the error for a 304 to an unconditional request.
fn unexpected_not_modified(url: &PublicUrl) -> FetchError {
    FetchError::Status {
        url: url.to_string(),
        status: StatusCode::NOT_MODIFIED.as_u16(),
        retry_after: None,
    }
}

/// Reads at most the first `limit` bytes of the body.
async fn read_first_bytes(
    url: &PublicUrl,
    mut response: Response,
    limit: usize,
) -> Result<Vec<u8>, FetchError> {
    let broken = |cause| connection_error(url, cause);
    let mut body = Vec::new();
    while body.len() < limit
        && let Some(chunk) = response.chunk().await.map_err(broken)?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(limit);
    Ok(body)
}

fn too_many_redirects(first: &PublicUrl) -> FetchError {
    FetchError::Redirects {
        url: first.to_string(),
        limit: MAX_REDIRECTS,
    }
}

/// Returns the private address that was refused while connecting, or the failure itself.
fn connection_error(url: &PublicUrl, cause: reqwest::Error) -> FetchError {
    let url = url.to_string();
    // Its own message would repeat the address, secrets included.
    let cause = cause.without_url();
    let mut innermost: &dyn Error = &cause;
    loop {
        if let Some(forbidden) = innermost.downcast_ref::<ForbiddenAddress>() {
            let cause = *forbidden;
            return FetchError::Forbidden { url, cause };
        }
        let Some(deeper) = innermost.source() else {
            let reason = innermost.to_string();
            return FetchError::Unreachable { url, reason };
        };
        innermost = deeper;
    }
}

/// Returns true if pages are served under this media type; servers that do not know the type send `text/plain`.
fn is_page(content_type: &str) -> bool {
    let named = content_type.split(';').next().unwrap_or_default();
    let named = named.trim().to_ascii_lowercase();
    named.is_empty()
        || named.ends_with("xml")
        || matches!(named.as_str(), "text/html" | "text/plain" | "*/*")
}

/// Updates the validators from a 304, which carries those of the unchanged body if they differ (RFC 9110 §15.4.5).
fn renew_validators(held: &Validators, headers: &HeaderMap) -> Validators {
    Validators {
        etag: header_text(headers, &header::ETAG).or_else(|| held.etag.clone()),
        last_modified: header_text(headers, &header::LAST_MODIFIED)
            .or_else(|| held.last_modified.clone()),
        body_hash: held.body_hash,
        whole_at: held.whole_at,
    }
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty() && value.len() <= MAX_VALIDATOR_LENGTH).then(|| value.to_owned())
}

fn redirect_target(url: &PublicUrl, headers: &HeaderMap) -> Result<PublicUrl, FetchError> {
    // Some servers send UTF-8 in `Location`; `Url` escapes it as browsers do.
    let location = headers
        .get(header::LOCATION)
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let location = location.unwrap_or_default();
    let bad = |target: &str| {
        Err(FetchError::BadRedirect {
            url: url.to_string(),
            target: target.chars().take(200).collect(),
        })
    };
    // It may repeat a secret of our own address.
    let target = url.expose().join(&location).map(|to| url.with_url(to));
    match target {
        _ if location.is_empty() => bad(""),
        Ok(target) if matches!(target.expose().scheme(), "http" | "https") => Ok(target),
        Ok(target) => bad(&target.to_string()),
        Err(_) => bad("…"),
    }
}

/// The longest pause that an answer can impose.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(366 * 24);

/// Reads `Retry-After` in seconds or as a date (RFC 9110 §10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = header_text(headers, &header::RETRY_AFTER)?;
    let value = value.trim();
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let wait = if is_number {
        // A number with too many digits is long enough.
        value.parse().map_or(Duration::MAX, Duration::from_secs)
    } else {
        (dates::parse_http_date(value)? - now).to_std().ok()?
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn the_time_to_stay_away_is_seconds_or_a_date_in_any_form() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        let check = |value: &str, seconds: Option<u64>| {
            let headers = [(header::RETRY_AFTER, value.parse().unwrap())];
            let found = retry_after(&headers.into_iter().collect(), now);
            assert_eq!(found, seconds.map(Duration::from_secs), "{value}");
        };
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(37));
        check("Sunday, 06-Nov-94 08:49:37 GMT", Some(37));
        check("Sun Nov  6 08:49:37 1994", Some(37));
        check("Sun, 06 Nov 1994 09:49:37 +0100", Some(37));
        check("Sun, 06 Nov 1994 08:48:59 GMT", None);
        check("soon", None);
        check("-5", None);
        check("", None);
        let longest = MAX_RETRY_AFTER.as_secs();
        check("99999999999999999999999", Some(longest));
        check("Thu, 31 Dec 2099 23:59:59 GMT", Some(longest));
    }

    #[tokio::test]
    async fn a_failure_is_told_by_its_cause_alone() {
        let closed = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap()
        };
        let limits = FetchLimits {
            timeout: Duration::from_mins(1),
            max_body_bytes: 1,
            concurrency: 1,
            per_host: 1,
            host_delay: Duration::ZERO,
            allow_networks: vec!["127.0.0.0/8".parse().unwrap()],
            user_agent: "tidings".into(),
        };
        let url = PublicUrl::new(format!("http://{closed}/a?token=x").parse().unwrap());
        let fetcher = Fetcher::new(limits).unwrap();
        let request = FetchRequest::new(&url, DateTime::UNIX_EPOCH);
        let answer = fetcher.fetch(&request).await;
        let message = answer.unwrap_err().to_string();
        let expected =
            format!("http://{closed}/a?token=hidden cannot be reached: Connection refused");
        assert!(message.starts_with(&expected), "{message}");
    }
}
