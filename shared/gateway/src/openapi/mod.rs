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
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};

use crate::{App, config::Root};

#[cfg(test)]
pub(crate) use book::Book;

const DOCUMENT: &str = include_str!("../../../../docs/openapi.json");
const PAGE: &str = include_str!("page.html");
/// The page asks nobody but this gateway, for one document.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `/openapi.json`, `/docs` and what stands at the root, unless the configuration says no.
pub(crate) fn routes(app: &App) -> Router<Arc<App>> {
    let docs = &app.config.docs;
    let off = app.config.general.disable_docs;
    let mut routes = Router::new();
    if !off {
        routes = routes.route("/openapi.json", get(document_itself));
    }
    if !off && !docs.off {
        routes = routes.route("/docs", get(page));
    }
    routes.route("/", get(root))
}

/// `GET /`: the page, a way elsewhere, or a word that the gateway runs.
async fn root(State(app): State<Arc<App>>) -> Response {
    match &app.config.docs.root {
        Root::Page if !app.config.general.disable_docs => page().await,
        Root::Redirect(there) => Redirect::temporary(there).into_response(),
        Root::Page | Root::Word => {
            ([(CONTENT_TYPE, "application/json")], "\"Sluice: RUNNING\"").into_response()
        }
    }
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
