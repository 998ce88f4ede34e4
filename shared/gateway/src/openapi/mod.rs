//! The OpenAPI document, and a page that shows it.
//!
//! The document is made from the code (`document`): the routes are those of the router, the roles those
//! of the table, and a management route's parameters are the ones that its handler asks for when it is called with
//! nothing. It is checked in as `docs/openapi.json`, and a test sees to it that it is that one.

#[cfg(test)]
mod book;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod document;

use std::sync::Arc;

use axum::{
    Router,
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::App;

#[cfg(test)]
pub(crate) use book::Book;

const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");
const PAGE: &str = include_str!("page.html");
/// The page asks nobody but this gateway, for one document.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `/openapi.json` and `/docs`, unless the configuration says no.
pub(crate) fn routes(app: &App) -> Router<Arc<App>> {
    if app.config.general.disable_docs {
        return Router::new();
    }
    Router::new().route("/openapi.json", get(document_itself)).route("/docs", get(page))
}

async fn document_itself() -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, DOCUMENT).into_response()
}

async fn page() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=300"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, PAGE).into_response()
}
