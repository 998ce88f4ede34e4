//! The management API: people, teams, keys and spend, with LiteLLM's paths, fields, statuses and
//! shapes.
//!
//! Reaches data through the store and rules through the rest of the gateway. Who may do what is one
//! table (`roles.rs`). A field that has no effect here is refused by name: a limit that was accepted
//! and not applied costs money.

mod access;
mod access_groups;
mod alerting;
mod audit;
mod body;
mod budgets;
mod credentials;
mod customers;
mod door;
pub mod import;
mod keys;
mod limits;
mod models;
mod names;
mod organisations;
mod page;
mod prompts;
mod reply;
mod roles;
mod spend;
mod tags;
mod teams;
mod trace;
mod users;

use std::sync::Arc;

use axum::Router;

use self::door::{delete, get, patch, post, put};
pub(crate) use self::keys::fresh_key;
#[cfg(test)]
pub(crate) use self::roles::rule_of;
use crate::App;

/// The routes.
pub(crate) fn routes() -> Router<Arc<App>> {
    key_routes()
        .merge(user_routes())
        .merge(team_routes())
        .merge(organisation_routes())
        .merge(budget_routes())
        .merge(customer_routes("/customer"))
        .merge(customer_routes("/end_user"))
        .merge(tag_routes())
        .merge(model_routes())
        .merge(model_change_routes())
        .merge(credential_routes())
        .merge(access_group_routes())
        .merge(prompt_routes())
        .merge(spend::routes())
        .route("/alerting/settings", get("/alerting/settings", alerting::settings))
        .route("/health/services", get("/health/services", alerting::services))
        .route("/audit", get("/audit", audit::list))
        .route("/audit/{id}", get("/audit/{id}", audit::one))
}

/// What there is to call: beside the routes that call it, for one path of it begins as theirs.
pub(crate) fn model_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/model/info", get("/model/info", models::info))
        .route("/v1/model/info", get("/model/info", models::info))
        .route("/v2/model/info", get("/v2/model/info", models::pages))
        .route("/model_group/info", get("/model_group/info", models::groups))
}

fn model_change_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/model/new", post("/model/new", models::new))
        .route("/model/update", post("/model/update", models::update))
        .route("/model/{id}/update", patch("/model/{id}/update", models::update))
        .route("/model/delete", post("/model/delete", models::delete))
        .route("/model/block", post("/model/block", models::block))
        .route("/model/unblock", post("/model/unblock", models::unblock))
}

fn credential_routes() -> Router<Arc<App>> {
    let (make, list) =
        (post("/credentials", credentials::new), get("/credentials", credentials::list));
    let by_name = get("/credentials/by_name/{name}", credentials::by_name);
    let by_model = get("/credentials/by_model/{model_id}", credentials::by_model);
    let change = patch("/credentials/{name}", credentials::update);
    Router::new()
        .route("/credentials", make.merge(list))
        // A name may have slashes in it.
        .route("/credentials/by_name/{*name}", by_name)
        .route("/credentials/by_model/{model_id}", by_model)
        .route(
            "/credentials/{*name}",
            change.merge(delete("/credentials/{name}", credentials::delete)),
        )
}

fn access_group_routes() -> Router<Arc<App>> {
    let [info, update, end] =
        ["info", "update", "delete"].map(|verb| format!("/access_group/{{access_group}}/{verb}"));
    Router::new()
        .route("/access_group/new", post("/access_group/new", access_groups::new))
        .route("/access_group/list", get("/access_group/list", access_groups::list))
        .route(&info, get("/access_group/{access_group}/info", access_groups::info))
        .route(&update, put("/access_group/{access_group}/update", access_groups::update))
        .route(&end, delete("/access_group/{access_group}/delete", access_groups::delete))
}

fn prompt_routes() -> Router<Arc<App>> {
    const ONE: &str = "/prompts/{prompt_id}";
    let one = get(ONE, prompts::info)
        .merge(put(ONE, prompts::update))
        .merge(patch(ONE, prompts::patch))
        .merge(delete(ONE, prompts::delete));
    let (info, versions) = ("/prompts/{prompt_id}/info", "/prompts/{prompt_id}/versions");
    Router::new()
        .route("/prompts", post("/prompts", prompts::new))
        .route("/prompts/list", get("/prompts/list", prompts::list))
        .route(ONE, one)
        .route(info, get(info, prompts::info))
        .route(versions, get(versions, prompts::versions))
}

/// Whether a path is one of these routes.
pub(crate) fn is_managed(path: &str) -> bool {
    const ROOTS: [&str; 20] = [
        "/key/",
        "/user/",
        "/v2/user/",
        "/team/",
        "/v2/team/",
        "/organization/",
        "/budget/",
        "/customer/",
        "/end_user/",
        "/spend/logs",
        "/spend/keys",
        "/spend/tags",
        "/global/",
        "/tag/",
        "/credentials",
        "/access_group/",
        "/prompts",
        "/alerting/",
        "/health/services",
        "/audit",
    ];
    // What there is to call is for whoever calls.
    let changes_models = path.starts_with("/model/") && path != "/model/info";
    changes_models || ROOTS.iter().any(|root| path.starts_with(root))
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
        .route("/key/regenerate", post("/key/regenerate", keys::regenerate))
        .route("/key/{key}/regenerate", post("/key/regenerate", keys::regenerate))
        .route("/key/{key}/reset_spend", post("/key/{key}/reset_spend", keys::reset_spend))
        .route("/key/health", post("/key/health", keys::health))
        .route("/key/info", get("/key/info", keys::info))
        .route("/key/list", get("/key/list", keys::list))
        .route("/key/aliases", get("/key/aliases", keys::aliases))
}

fn user_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/user/new", post("/user/new", users::new))
        .route("/user/update", post("/user/update", users::update))
        .route("/user/bulk_update", post("/user/bulk_update", users::bulk_update))
        .route("/user/info", get("/user/info", users::info))
        .route("/v2/user/info", get("/v2/user/info", users::flat))
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
        .route("/v2/team/list", get("/v2/team/list", teams::pages))
        .route("/team/delete", post("/team/delete", teams::delete))
        .route("/team/block", post("/team/block", teams::block))
        .route("/team/unblock", post("/team/unblock", teams::unblock))
        .route("/team/member_add", post("/team/member_add", teams::member_add))
        .route("/team/bulk_member_add", post("/team/bulk_member_add", teams::bulk_add))
        .route("/team/permissions_list", get("/team/permissions_list", teams::permissions))
        .route("/team/permissions_update", post("/team/permissions_update", teams::permit))
        .route("/team/member_update", post("/team/member_update", teams::member_update))
        .route("/team/member_delete", post("/team/member_delete", teams::member_delete))
        .route("/team/model/add", post("/team/model/add", teams::model_add))
        .route("/team/model/delete", post("/team/model/delete", teams::model_delete))
}

fn organisation_routes() -> Router<Arc<App>> {
    let told = get("/organization/info", organisations::info);
    let many = post("/organization/info", organisations::many);
    let member_update = patch("/organization/member_update", organisations::member_update);
    let member_delete = delete("/organization/member_delete", organisations::member_delete);
    Router::new()
        .route("/organization/new", post("/organization/new", organisations::new))
        .route("/organization/update", patch("/organization/update", organisations::update))
        .route("/organization/list", get("/organization/list", organisations::list))
        .route("/organization/info", told.merge(many))
        .route("/organization/delete", delete("/organization/delete", organisations::delete))
        .route(
            "/organization/member_add",
            post("/organization/member_add", organisations::member_add),
        )
        .route("/organization/member_update", member_update)
        .route("/organization/member_delete", member_delete)
}

fn budget_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/budget/new", post("/budget/new", budgets::new))
        .route("/budget/update", post("/budget/update", budgets::update))
        .route("/budget/info", post("/budget/info", budgets::info))
        .route("/budget/delete", post("/budget/delete", budgets::delete))
        .route("/budget/list", get("/budget/list", budgets::list))
        .route("/budget/settings", get("/budget/settings", budgets::settings))
}

/// Both of LiteLLM's names for them are one.
fn customer_routes(base: &str) -> Router<Arc<App>> {
    let path = |verb: &str| format!("{base}/{verb}");
    Router::new()
        .route(&path("new"), post("/customer/new", customers::new))
        .route(&path("update"), post("/customer/update", customers::update))
        .route(&path("delete"), post("/customer/delete", customers::delete))
        .route(&path("block"), post("/customer/block", customers::block))
        .route(&path("unblock"), post("/customer/unblock", customers::unblock))
        .route(&path("info"), get("/customer/info", customers::info))
        .route(&path("list"), get("/customer/list", customers::list))
}

fn tag_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/tag/new", post("/tag/new", tags::new))
        .route("/tag/update", post("/tag/update", tags::update))
        .route("/tag/delete", post("/tag/delete", tags::delete))
        .route("/tag/info", post("/tag/info", tags::info))
        .route("/tag/list", get("/tag/list", tags::list))
}
