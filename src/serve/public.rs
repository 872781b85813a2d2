//! What readers get: the published files, each by its name, and searches.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::{Extension, Router};
use tokio::sync::watch;

use super::assets::{Asset, Assets};
use super::client::Peer;
use super::redirects::{Moved, Redirects};
use super::response::{of_asset, plain, set};
use super::search;
use super::searches::Searches;

#[derive(Clone)]
struct Site {
    assets: Arc<Assets>,
    searches: Arc<Searches>,
    redirects: watch::Receiver<Redirects>,
}

/// The public site; `redirects` may change while it is served.
pub fn router(
    assets: Arc<Assets>,
    searches: Arc<Searches>,
    redirects: watch::Receiver<Redirects>,
) -> Router {
    let site = Site {
        assets,
        searches,
        redirects,
    };
    Router::new().fallback(answer).with_state(site)
}

async fn answer(
    State(site): State<Site>,
    Extension(peer): Extension<Peer>,
    request: Parts,
) -> Response<Body> {
    metrics::counter!("tidings_http_requests_total").increment(1);
    if !matches!(request.method, Method::GET | Method::HEAD) {
        let mut response = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are answered here\n",
        );
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    if let Some(location) = site.moved(&request) {
        return permanent(&location);
    }
    if let Some(format) = search::wanted_by(request.uri.path()) {
        return search::respond(&site.searches, format, peer, &request).await;
    }
    let Some(asset) = find(&site.assets, request.uri.path()) else {
        return plain(
            StatusCode::NOT_FOUND,
            "there is no such page or feed here; / lists them all\n",
        );
    };
    of_asset(&asset, &request.method, &request.headers)
}

impl Site {
    /// Returns the present address of a request for a former one.
    fn moved(&self, request: &Parts) -> Option<String> {
        let redirects = self.redirects.borrow();
        let path = request.uri.path();
        let name = match redirects.feed(path) {
            Some(Moved { name, whole }) => {
                let is_there = |name: &String| find(&self.assets, &format!("/{name}")).is_some();
                let whole = whole.filter(|whole| !is_there(&name) && is_there(whole));
                whole.unwrap_or(name)
            }
            None if redirects.is_former_site(&request.headers) => {
                path.strip_prefix('/').unwrap_or(path).to_owned()
            }
            None => return None,
        };
        Some(redirects.location(&name, request.uri.query(), &request.headers))
    }
}

fn permanent(location: &str) -> Response<Body> {
    let mut response = plain(
        StatusCode::MOVED_PERMANENTLY,
        format!("moved to {location}\n"),
    );
    match HeaderValue::from_str(location) {
        Ok(location) => drop(response.headers_mut().insert(header::LOCATION, location)),
        // Never: the target of a request may stand in a header.
        Err(_) => {
            return plain(
                StatusCode::NOT_FOUND,
                "there is no such page or feed here\n",
            );
        }
    }
    set(
        response.headers_mut(),
        header::CACHE_CONTROL,
        "public, max-age=3600",
    );
    response
}

/// `/` is the index, `/labour-migration` a topic's page, `/labour-migration/mx` a branch's.
///
/// The path is compared as it was sent, so that nothing but the name of a published file finds one.
fn find(assets: &Assets, path: &str) -> Option<Arc<Asset>> {
    match path.strip_prefix('/')? {
        "" => assets.get("index.html"),
        name => assets
            .get(name)
            .or_else(|| assets.get(&format!("{name}.html"))),
    }
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
        let assets = Assets::load(&folder).unwrap();
        let check = |path: &str, expected: Option<&str>| {
            let found = find(&assets, path).map(|asset| asset.body.to_vec());
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
        ] {
            check(wrong, None);
        }
    }
}
