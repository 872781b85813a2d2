//! What readers get: the published files, each by its name.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};

use super::assets::{Asset, Assets};
use super::response::{of_asset, plain};

/// The public site.
pub fn router(assets: Arc<Assets>) -> Router {
    Router::new().fallback(answer).with_state(assets)
}

async fn answer(
    State(assets): State<Arc<Assets>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response<Body> {
    metrics::counter!("tidings_http_requests_total").increment(1);
    if !matches!(method, Method::GET | Method::HEAD) {
        let mut response = plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are answered here\n",
        );
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let Some(asset) = find(&assets, uri.path()) else {
        return plain(
            StatusCode::NOT_FOUND,
            "there is no such page or feed here; / lists them all\n",
        );
    };
    of_asset(&asset, &method, &headers)
}

/// `/` is the index, `/labour-migration` its page.
fn find(assets: &Assets, path: &str) -> Option<Arc<Asset>> {
    let name = path.strip_prefix('/')?;
    match name {
        "" => assets.get("index.html"),
        name if name.contains('/') => None,
        name => assets
            .get(name)
            .or_else(|| assets.get(&format!("{name}.html"))),
    }
}
