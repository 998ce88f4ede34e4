//! What stands before every route: pages in browsers are let in, and a key that opens some routes only
//! is looked at.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};

use super::{cors::Cors, strays::dialect_of};
use crate::{
    App,
    corridor::{render, stray_id},
    identity,
};

/// The routes behind the gate.
pub(super) fn before(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    // What the gate says a page may read as well.
    routes.layer(from_fn_with_state(Arc::clone(&app), gate)).layer(Cors).with_state(app)
}

async fn gate(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    match identity::opens(&app, &parts.headers, path).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(fault) => render(dialect_of(path), &fault, &stray_id(&app)),
    }
}
