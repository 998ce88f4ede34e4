//! The management API: people, teams, keys and spend, with LiteLLM's paths, fields, statuses and
//! shapes.
//!
//! Reaches data through the store and rules through the rest of the gateway. Who may do what is one
//! table (`roles.rs`). A field that has no effect here is refused by name: a limit that was accepted
//! and not applied costs money.

mod access;
mod body;
mod door;
mod keys;
mod limits;
mod names;
mod page;
mod reply;
mod roles;
mod spend;
mod teams;
mod users;

use std::sync::Arc;

use axum::Router;

use self::door::{get, post};
use crate::App;

/// The routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    key_routes()
        .merge(user_routes())
        .merge(team_routes())
        .route("/spend/logs", get("/spend/logs", spend::logs))
}

fn key_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/key/generate", post("/key/generate", keys::generate))
        .route(
            "/key/service-account/generate",
            post("/key/service-account/generate", keys::service_account),
        )
        .route("/key/update", post("/key/update", keys::update))
        .route("/key/bulk_update", post("/key/bulk_update", keys::bulk_update))
        .route("/key/delete", post("/key/delete", keys::delete))
        .route("/key/block", post("/key/block", keys::block))
        .route("/key/unblock", post("/key/unblock", keys::unblock))
        .route("/key/health", post("/key/health", keys::health))
        .route("/key/info", get("/key/info", keys::info))
        .route("/key/list", get("/key/list", keys::list))
}

fn user_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/user/new", post("/user/new", users::new))
        .route("/user/update", post("/user/update", users::update))
        .route("/user/info", get("/user/info", users::info))
        .route("/user/list", get("/user/list", users::list))
        .route("/user/delete", post("/user/delete", users::delete))
        .route("/user/available_roles", get("/user/available_roles", users::roles))
}

fn team_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/team/new", post("/team/new", teams::new))
        .route("/team/update", post("/team/update", teams::update))
        .route("/team/info", get("/team/info", teams::info))
        .route("/team/list", get("/team/list", teams::list))
        .route("/team/delete", post("/team/delete", teams::delete))
        .route("/team/block", post("/team/block", teams::block))
        .route("/team/unblock", post("/team/unblock", teams::unblock))
        .route("/team/member_add", post("/team/member_add", teams::member_add))
        .route("/team/member_update", post("/team/member_update", teams::member_update))
        .route("/team/member_delete", post("/team/member_delete", teams::member_delete))
        .route("/team/model/add", post("/team/model/add", teams::model_add))
        .route("/team/model/delete", post("/team/model/delete", teams::model_delete))
}
