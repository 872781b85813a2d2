//! The readers' site: the published files by name, and searches.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::{Extension, Router, middleware};
use percent_encoding::percent_decode_str;
use tokio::sync::watch;

use super::assets::{Asset, PublishedAssets, format_content_type};
use super::client::Peer;
use super::host;
use super::metrics::Metrics;
use super::redirects::{MovedAddress, Redirects};
use super::response::{accepts_html, asset_response, plain_response, set_header};
use super::search;
use super::searches::Searches;
use crate::publish::FeedFormat;

#[derive(Clone)]
struct PublicSite {
    assets: Arc<PublishedAssets>,
    searches: Arc<Searches>,
    redirects: watch::Receiver<Redirects>,
    metrics: Metrics,
}

/// Returns the public site; `redirects` may change while it is served.
pub fn public_router(
    assets: Arc<PublishedAssets>,
    searches: Arc<Searches>,
    redirects: watch::Receiver<Redirects>,
    metrics: Metrics,
) -> Router {
    let site = PublicSite {
        assets,
        searches,
        redirects,
        metrics,
    };
    Router::new()
        .fallback(answer_request)
        .with_state(site)
        .layer(middleware::from_fn(host::guard_host))
}

async fn answer_request(
    State(site): State<PublicSite>,
    Extension(peer): Extension<Peer>,
    request: Parts,
) -> Response<Body> {
    site.metrics.count_request();
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let mut response = plain_response(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are answered here\n",
        );
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let Some(path) = decode_path(request.uri.path()) else {
        return site.missing_response(&request.headers);
    };
    if let Some(location) = site.redirect_target(&path, &request) {
        return permanent_redirect(&location);
    }
    if let Some(format) = search::requested_format(&path) {
        let response = search::respond_to_search(&site.searches, format, peer, &request).await;
        site.metrics
            .count_search(search::outcome_label(response.status()));
        return response;
    }
    if let Some(asset) = find_asset(&site.assets, &path) {
        return asset_response(&asset, &request.method, &request.headers);
    }
    match without_slash(&site.assets, &path) {
        Some(location) => permanent_redirect(&match request.uri.query() {
            Some(query) => format!("{location}?{query}"),
            None => location,
        }),
        None => site.missing_response(&request.headers),
    }
}

impl PublicSite {
    /// Returns the present address for a request for a former one.
    fn redirect_target(&self, path: &str, request: &Parts) -> Option<String> {
        let redirects = self.redirects.borrow();
        let name = match redirects.find_feed(path) {
            Some(MovedAddress { name, whole }) => {
                let is_there =
                    |name: &String| find_asset(&self.assets, &format!("/{name}")).is_some();
                let whole = whole.filter(|whole| !is_there(&name) && is_there(whole));
                whole.unwrap_or(name)
            }
            None if redirects.is_former_site(&request.headers) => {
                path.strip_prefix('/').unwrap_or(path).to_owned()
            }
            None => return None,
        };
        Some(redirects.present_location(&name, request.uri.query(), &request.headers))
    }

    /// Answers a request for a missing file: with a page that links home if the client accepts pages, else with
    /// a line.
    fn missing_response(&self, headers: &HeaderMap) -> Response<Body> {
        let page = accepts_html(headers).then(|| self.redirects.borrow().missing_page(headers));
        let mut response = match page.flatten() {
            Some(page) => {
                let mut response = plain_response(StatusCode::NOT_FOUND, page);
                let content_type = format_content_type(FeedFormat::Html);
                set_header(response.headers_mut(), header::CONTENT_TYPE, content_type);
                response
            }
            None => plain_response(
                StatusCode::NOT_FOUND,
                "there is no such page or feed here; / lists them all\n",
            ),
        };
        set_header(response.headers_mut(), header::VARY, "accept");
        response
    }
}

fn permanent_redirect(location: &str) -> Response<Body> {
    let mut response = plain_response(
        StatusCode::MOVED_PERMANENTLY,
        format!("moved to {location}\n"),
    );
    match HeaderValue::from_str(location) {
        Ok(location) => drop(response.headers_mut().insert(header::LOCATION, location)),
        // This never happens: the target of a request is valid in a header.
        Err(_) => {
            return plain_response(
                StatusCode::NOT_FOUND,
                "there is no such page or feed here\n",
            );
        }
    }
    set_header(
        response.headers_mut(),
        header::CACHE_CONTROL,
        "public, max-age=3600",
    );
    response
}

/// Finds the file for a path: `/` is the index, `/labour-migration` a topic's page, `/labour-migration/mx` a
/// branch's.
///
/// Only names of published files are found.
fn find_asset(assets: &PublishedAssets, path: &str) -> Option<Arc<Asset>> {
    match path.strip_prefix('/')? {
        "" => assets.get("index.html"),
        name => assets
            .get(name)
            .or_else(|| assets.get(&format!("{name}.html"))),
    }
}

/// Decodes the escapes of a path (RFC 3986 §2.1): `/%61.atom` is `/a.atom`. `None` if a segment would not be
/// text, or would contain a slash.
fn decode_path(path: &str) -> Option<String> {
    let segments = path.split('/').map(|segment| {
        let segment = percent_decode_str(segment).decode_utf8().ok()?;
        (!segment.contains('/')).then_some(segment)
    });
    let segments: Option<Vec<_>> = segments.collect();
    Some(segments?.join("/"))
}

/// Returns the redirect from `/health/` to the page `/health`, and from `/search/` to the search. It is
/// relative, so that it works below any prefix that a web server in front strips.
fn without_slash(assets: &PublishedAssets, path: &str) -> Option<String> {
    let name = path.strip_prefix('/')?.strip_suffix('/')?;
    let is_page = assets.get(&format!("{name}.html")).is_some();
    let is_search = search::requested_format(&format!("/{name}")).is_some();
    let (_, last) = name.rsplit_once('/').unwrap_or(("", name));
    let is_plain = last
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    ((is_page || is_search) && is_plain).then(|| format!("../{last}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_path_is_the_name_of_a_published_file() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("feeds");
        fs::create_dir_all(folder.join("health")).unwrap();
        for name in [
            "index.html",
            "health.html",
            "health/mx.html",
            "health/mx.atom",
            "../mx.atom",
        ] {
            fs::write(folder.join(name), name).unwrap();
        }
        let assets = PublishedAssets::load(&folder).unwrap();
        let check = |path: &str, expected: Option<&str>| {
            let found = decode_path(path).and_then(|path| find_asset(&assets, &path));
            let found = found.map(|asset| asset.body.to_vec());
            assert_eq!(
                found,
                expected.map(|name| name.as_bytes().to_vec()),
                "{path}"
            );
        };
        check("/", Some("index.html"));
        check("/index.html", Some("index.html"));
        check("/health", Some("health.html"));
        check("/health/mx", Some("health/mx.html"));
        check("/health/mx.html", Some("health/mx.html"));
        check("/health/mx.atom", Some("health/mx.atom"));
        check("/%68ealth/%6dx%2Eatom", Some("health/mx.atom"));
        check("/%68%65alth", Some("health.html"));
        for wrong in [
            "",
            "*",
            "//",
            "//health",
            "/health/",
            "/health//mx.atom",
            "/health/mx/",
            "/health/mx.rss",
            "/health/../health.html",
            "/health/../../mx.atom",
            "/../mx.atom",
            "/..%2fmx.atom",
            "/%2e%2e/mx.atom",
            "/health%2fmx.atom",
            "/health%2Fmx.atom",
            "/health\\mx.atom",
            "/..\\mx.atom",
            "/./health.html",
            "/health/./mx.atom",
            "/health/mx.atom/",
            "/health/mx.atom%00",
            "/Health/mx.atom",
            "/%2568ealth",
            "/%ff.atom",
            "/%zz.atom",
            "%2fhealth",
        ] {
            check(wrong, None);
        }
        for (path, expected) in [
            ("/health/", Some("../health")),
            ("/health/mx/", Some("../mx")),
            ("/search/", Some("../search")),
            ("/search.atom/", Some("../search.atom")),
            ("/", None),
            ("//", None),
            ("/health", None),
            ("/health//", None),
            ("/health.html/", None),
            ("/mx/", None),
            ("/../health/", None),
        ] {
            let location = without_slash(&assets, path);
            assert_eq!(location.as_deref(), expected, "{path}");
        }
    }
}
