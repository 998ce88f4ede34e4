//! The management API: keys and spend, with LiteLLM's paths, fields, statuses and shapes.
//!
//! Reaches data through the store and rules through the rest of the gateway. A field that has no
//! effect here is refused by name: a limit that was accepted and not applied costs money.

mod access;
mod body;
mod keys;
mod reply;
mod spend;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use crate::App;

/// The routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/key/generate", post(keys::generate))
        .route("/key/update", post(keys::update))
        .route("/key/delete", post(keys::delete))
        .route("/key/block", post(keys::block))
        .route("/key/unblock", post(keys::unblock))
        .route("/key/info", get(keys::info))
        .route("/key/list", get(keys::list))
        .route("/spend/logs", get(spend::logs))
}
