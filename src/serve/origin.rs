//! Guards the administrators' pages: programs and this site's own pages may use them, pages of other sites may
//! not.
//!
//! In: both ends of a connection and the head of a request. Out: the sender, or the reason for a refusal. No
//! IO.
//!
//! A page of another site can send requests to any address that its reader's browser reaches. Browsers declare
//! that in `Origin` (RFC 6454 §7) and in `Sec-Fetch-Site` (W3C Fetch Metadata). A foreign name that resolves to
//! this machine (DNS rebinding) appears in `Host`. A form cannot send [`HEADER`], and a script of another site
//! may only send it after a preflight request, which is never granted here. A form of this site's own page is
//! recognized by both of the browser's headers.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, Version, header};
use axum::middleware::Next;
use axum::response::Response;
use url::{Host, Url};

use super::client::{ConnectionEnds, Peer};
use super::host::{self, BadHost, escape_for_log, format_host};
use super::response::plain_response;
use crate::model::Operator;

/// The header that a request needs to change something. Its value names the user; `1` is an unnamed user.
pub const HEADER: &str = "x-tidings";

const NAMELESS: &str = "1";
const LOCALHOST: &str = "localhost";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The reasons for a refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum OriginRefusal {
    /// No host, several hosts, or an invalid one.
    #[error(transparent)]
    NoHost(#[from] BadHost),
    /// The host of another site.
    #[error(
        "`{0}` is no address of this site: use the address in `[admin] listen`, or add the name to `[admin] hosts`"
    )]
    Host(String),
    /// A page of another site sent the request.
    #[error("a page of another site sent this request (`{header}: {value}`)")]
    Foreign {
        /// The header that proves it.
        header: &'static str,
        /// Its value.
        value: String,
    },
    /// The request would change something, and a form could have sent it.
    #[error(
        "a request that changes something needs the header `X-Tidings: 1`, unless the status page sends it"
    )]
    Unmarked,
}

impl OriginRefusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoHost(_) => StatusCode::BAD_REQUEST,
            Self::Host(_) | Self::Foreign { .. } | Self::Unmarked => StatusCode::FORBIDDEN,
        }
    }
}

/// Refuses requests from other sites, and adds the sender to the others.
pub(super) async fn guard_origin(
    State(hosts): State<std::sync::Arc<Vec<String>>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(ends) = request.extensions().get::<ConnectionEnds>().copied() else {
        return plain_response(StatusCode::INTERNAL_SERVER_ERROR, "nobody asks\n");
    };
    let by = identify_operator(ends, request.headers());
    match check_request(ends, &hosts, &request) {
        Ok(()) => {
            request.extensions_mut().insert(by);
            next.run(request).await
        }
        Err(refusal) => {
            let (method, path) = (request.method(), request.uri().path());
            tracing::warn!(%by, %method, ?path, "refused {method} {path:?} of {by}: {refusal}");
            plain_response(refusal.status(), format!("{refusal}\n"))
        }
    }
}

/// Returns the sender. The connection provides the address or the user; the header adds a claimed name.
fn identify_operator(ends: ConnectionEnds, headers: &HeaderMap) -> Operator {
    let claimed = headers.get(HEADER).and_then(|name| name.to_str().ok());
    let claimed = claimed.filter(|name| *name != NAMELESS);
    let from = match (ends.peer, ends.uid) {
        (Peer::Address(address), _) => address.to_string(),
        (Peer::UnixSocket, Some(uid)) => return Operator::from_user(uid, claimed),
        (Peer::UnixSocket, None) => "the Unix socket".to_owned(),
    };
    match claimed {
        Some(name) => Operator::new(&format!("{from} ({name})")),
        None => Operator::new(&from),
    }
}

fn check_request(
    ends: ConnectionEnds,
    hosts: &[String],
    request: &Request,
) -> Result<(), OriginRefusal> {
    let (headers, uri) = (request.headers(), request.uri());
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let marked = || {
        let is_marked = reads || headers.contains_key(HEADER) || is_own_form(headers);
        is_marked.then_some(()).ok_or(OriginRefusal::Unmarked)
    };
    let site = match requested_site(headers, uri) {
        // Browsers always send a host, but simple health checks may not.
        Err(OriginRefusal::NoHost(BadHost::Missing)) if is_plain_http10(request) => {
            return marked();
        }
        site => site?,
    };
    if !is_own_site(&site, ends.local, hosts) {
        return Err(OriginRefusal::Host(format_host(&site)));
    }
    let foreign = |header: &'static str, value: &str| OriginRefusal::Foreign {
        header,
        value: escape_for_log(value),
    };
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or("?");
        if !is_origin_of(origin, &site) {
            return Err(foreign("Origin", origin));
        }
    }
    for said in headers.get_all(FETCH_SITE) {
        let said = said.to_str().unwrap_or("?");
        let is_own = matches!(said, "same-origin" | "none");
        let is_harmless = is_own || (reads && is_followed_link(headers));
        if !is_harmless {
            return Err(foreign("Sec-Fetch-Site", said));
        }
    }
    marked()
}

/// Returns true for HTTP/1.0, which needs no `Host`, without the headers of a browser.
fn is_plain_http10(request: &Request) -> bool {
    let headers = request.headers();
    let is_of_page = headers.contains_key(header::ORIGIN) || headers.contains_key(FETCH_SITE);
    request.version() <= Version::HTTP_10 && !is_of_page
}

/// Returns the host and port that the request is for. `Host` and the target must agree if the target names a
/// host.
fn requested_site(headers: &HeaderMap, uri: &Uri) -> Result<Url, OriginRefusal> {
    let site = host::parse_host_header(headers)?;
    match host::parse_target_host(uri)? {
        Some(target) if target != site => {
            Err(BadHost::Unreadable(escape_for_log(&format_host(&target))).into())
        }
        _ => Ok(site),
    }
}

/// Returns true if `site` is ours: the address that the peer connected to, by number or as `localhost`, or a
/// host in the configuration. The latter may have another port if a web server forwards requests.
fn is_own_site(site: &Url, local: Option<SocketAddr>, hosts: &[String]) -> bool {
    let named = site.host_str().unwrap_or_default();
    if hosts.iter().any(|host| host.eq_ignore_ascii_case(named)) {
        return true;
    }
    let address = match site.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::from(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::from(address).to_canonical()),
        Some(Host::Domain(_)) | None => None,
    };
    let Some(local) = local else {
        // Browsers come here through a tunnel, whose port may be any; a tunnel has no other names.
        return named == LOCALHOST || address.is_some_and(|address| address.is_loopback());
    };
    let own = local.ip().to_canonical();
    let is_here = address == Some(own) || (named == LOCALHOST && own.is_loopback());
    is_here && site.port_or_known_default() == Some(local.port())
}

/// Returns true if `origin` is a page of `site`. A web server in front may use HTTPS.
fn is_origin_of(origin: &str, site: &Url) -> bool {
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    matches!(origin.scheme(), "http" | "https")
        && origin.host() == site.host()
        && origin.port() == site.port()
}

/// Returns true if a browser declares that a page of the same origin sent the request. All values of both
/// headers were checked before.
fn is_own_form(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN)
        && headers
            .get(FETCH_SITE)
            .is_some_and(|said| said == "same-origin")
}

/// Returns true for a followed link. It shows our page to the user, but reveals nothing to the page with the
/// link.
fn is_followed_link(headers: &HeaderMap) -> bool {
    let is = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|said| said == value);
    is(&FETCH_MODE, "navigate") && is(&FETCH_DEST, "document")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const TCP: &str = "127.0.0.1:8081";

    fn ends(local: &str) -> ConnectionEnds {
        ConnectionEnds {
            peer: "127.0.0.1".parse::<IpAddr>().unwrap().into(),
            local: local.parse().ok(),
            uid: None,
        }
    }

    fn judge(local: &str, method: &str, headers: &[(&str, &str)]) -> Result<(), OriginRefusal> {
        let mut request = Request::builder().method(method).uri("/status");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let hosts = ["status.example".to_owned()];
        super::check_request(ends(local), &hosts, &request)
    }

    #[track_caller]
    fn check(local: &str, host: &str, ours: bool) {
        let judged = judge(local, "GET", &[("host", host)]);
        assert_eq!(judged.is_ok(), ours, "{host} at {local}: {judged:?}");
    }

    #[test]
    fn the_host_is_an_address_that_is_listened_on() {
        for host in ["127.0.0.1:8081", "localhost:8081", "LOCALHOST:8081"] {
            check(TCP, host, true);
        }
        for host in [
            "evil.example",
            "evil.example:8081",
            "localhost.evil.example:8081",
            "127.0.0.1.evil.example:8081",
            "127.0.0.1",
            "127.0.0.1:8080",
            "localhost",
            "127.0.0.2:8081",
            "[::1]:8081",
            "0.0.0.0:8081",
            "",
            "127.0.0.1:8081/",
            "user@127.0.0.1:8081",
            "127.0.0.1:80811",
            "a b",
        ] {
            check(TCP, host, false);
        }
        check("[::1]:8081", "[::1]:8081", true);
        check("[::1]:8081", "[0:0:0:0:0:0:0:1]:8081", true);
        check("[::1]:8081", "localhost:8081", true);
        check("[::1]:8081", "127.0.0.1:8081", false);
        check("[::ffff:127.0.0.1]:8081", "127.0.0.1:8081", true);
        check("10.0.0.5:8081", "10.0.0.5:8081", true);
        check("10.0.0.5:8081", "localhost:8081", false);
        check("127.0.0.1:80", "127.0.0.1", true);
        check("10.0.0.5:8081", "status.example", true);
        check("10.0.0.5:8081", "status.example:8443", true);
    }

    #[test]
    fn a_program_of_old_needs_no_host() {
        let judge = |version: Version, method: &str, headers: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).version(version);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.uri("/healthz").body(Body::empty()).unwrap();
            super::check_request(ends(TCP), &[], &request)
        };
        let old = Version::HTTP_10;
        let missing = Err(OriginRefusal::NoHost(BadHost::Missing));
        assert_eq!(judge(old, "GET", &[]), Ok(()));
        assert_eq!(judge(old, "POST", &[(HEADER, "1")]), Ok(()));
        assert_eq!(judge(old, "POST", &[]), Err(OriginRefusal::Unmarked));
        let page = ("origin", "http://127.0.0.1:8081");
        assert_eq!(judge(old, "POST", &[(HEADER, "1"), page]), missing);
        assert_eq!(judge(Version::HTTP_11, "GET", &[]), missing);
        let host = ("host", "evil.example:8081");
        assert!(matches!(
            judge(old, "GET", &[host]),
            Err(OriginRefusal::Host(_))
        ));
    }

    #[test]
    fn a_socket_is_reached_by_the_names_of_this_machine() {
        for (host, ours) in [
            ("localhost", true),
            ("localhost:9000", true),
            ("127.0.0.1:9000", true),
            ("[::1]:9000", true),
            ("status.example", true),
            ("evil.example", false),
            ("192.0.2.1", false),
        ] {
            check("a socket", host, ours);
        }
    }

    #[test]
    fn what_changes_something_comes_from_a_program_or_a_page_of_ours() {
        let host = ("host", TCP);
        let (mark, own) = ((HEADER, "1"), ("origin", "http://127.0.0.1:8081"));
        let post = |headers: &[(&str, &str)]| judge(TCP, "POST", headers);
        assert_eq!(post(&[host, mark]), Ok(()));
        assert_eq!(post(&[host, mark, own]), Ok(()));
        assert_eq!(post(&[host, own]), Err(OriginRefusal::Unmarked));
        let same = ("sec-fetch-site", "same-origin");
        assert_eq!(post(&[host, own, same]), Ok(()));
        assert_eq!(post(&[host, same]), Err(OriginRefusal::Unmarked));
        let typed = ("sec-fetch-site", "none");
        assert_eq!(post(&[host, own, typed]), Err(OriginRefusal::Unmarked));
        for origin in [
            "null",
            "",
            "http://evil.example",
            "http://127.0.0.1",
            "http://127.0.0.1:8082",
            "http://localhost:8081",
            "file://127.0.0.1:8081",
            "https://status.example",
        ] {
            let judged = post(&[host, mark, ("origin", origin)]);
            assert!(
                matches!(judged, Err(OriginRefusal::Foreign { .. })),
                "{origin}"
            );
            let judged = post(&[host, mark, own, ("origin", origin)]);
            assert!(
                matches!(judged, Err(OriginRefusal::Foreign { .. })),
                "{origin}"
            );
        }
        for (site, ours) in [
            ("same-origin", true),
            ("none", true),
            ("same-site", false),
            ("cross-site", false),
            ("anything", false),
        ] {
            let judged = post(&[host, mark, ("sec-fetch-site", site)]);
            assert_eq!(judged.is_ok(), ours, "{site}");
        }
        let proxied = [("host", "status.example"), mark];
        let judged = post(&[&proxied[..], &[("origin", "https://status.example")]].concat());
        assert_eq!(judged, Ok(()));
        let twice = post(&[host, host, mark]);
        assert!(matches!(twice, Err(OriginRefusal::NoHost(_))), "{twice:?}");
        for method in ["PUT", "DELETE", "OPTIONS", "PATCH"] {
            assert_eq!(judge(TCP, method, &[host]), Err(OriginRefusal::Unmarked));
        }
    }

    #[test]
    fn a_link_is_followed_and_nothing_else_of_another_site_is_answered() {
        let get = |mode: &str, dest: &str| {
            let headers = [
                ("host", TCP),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ];
            judge(TCP, "GET", &headers).is_ok()
        };
        assert!(get("navigate", "document"));
        assert!(!get("navigate", "iframe"));
        assert!(!get("no-cors", "script"));
        assert!(!get("cors", "empty"));
    }

    #[test]
    fn who_asks_is_named_by_the_connection_first() {
        let named = |ends: ConnectionEnds, claim: &str| {
            let headers = [(HEADER.parse().unwrap(), claim.parse().unwrap())];
            identify_operator(ends, &headers.into_iter().collect()).to_string()
        };
        assert_eq!(named(ends(TCP), "1"), "127.0.0.1");
        assert_eq!(named(ends(TCP), "maria"), "127.0.0.1 (maria)");
        let socket = ConnectionEnds {
            peer: Peer::UnixSocket,
            local: None,
            uid: Some(1000),
        };
        assert_eq!(named(socket, "1"), "uid 1000");
        assert_eq!(named(socket, "maria"), "uid 1000 (maria)");
    }
}
