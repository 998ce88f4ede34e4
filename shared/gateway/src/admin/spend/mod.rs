//! `/spend/*`, `/global/*` and `/*/daily/activity`: what was spent, read.

mod activity;
mod daily;
mod days;
mod global;
mod logs;
mod pages;
mod providers;
mod scope;
mod summary;
mod view;

use std::sync::Arc;

use axum::Router;

pub(super) use global::tags_of_last_month;

use super::door::get;
use crate::App;

/// The routes.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/spend/logs", get("/spend/logs", logs::logs))
        .route("/spend/logs/v2", get("/spend/logs/v2", pages::pages))
        .route("/spend/logs/ui", get("/spend/logs/v2", pages::pages))
        .route("/spend/keys", get("/spend/keys", global::all_keys))
        .route("/spend/tags", get("/spend/tags", global::tags))
        .route("/global/spend", get("/global/spend", global::spend))
        .route("/global/spend/logs", get("/global/spend/logs", global::logs))
        .route("/global/spend/keys", get("/global/spend/keys", global::keys))
        .route("/global/spend/models", get("/global/spend/models", global::models))
        .route("/global/spend/teams", get("/global/spend/teams", global::teams))
        .route("/global/spend/provider", get("/global/spend/provider", global::providers))
        .route("/provider/budgets", get("/provider/budgets", providers::budgets))
        .route("/global/spend/tags", get("/global/spend/tags", global::tags))
        .route("/global/spend/all_tag_names", get("/global/spend/all_tag_names", global::tag_names))
        .route("/global/spend/report", get("/global/spend/report", global::report))
        .route("/global/activity", get("/global/activity", activity::all))
        .route("/global/activity/model", get("/global/activity/model", activity::models))
        .route(
            "/global/activity/exceptions",
            get("/global/activity/exceptions", activity::exceptions),
        )
        .merge(daily_routes())
}

fn daily_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/user/daily/activity", get("/user/daily/activity", daily::users))
        .route(
            "/user/daily/activity/aggregated",
            get("/user/daily/activity/aggregated", daily::users),
        )
        .route("/team/daily/activity", get("/team/daily/activity", daily::teams))
        .route(
            "/organization/daily/activity",
            get("/organization/daily/activity", daily::organisations),
        )
        .route("/tag/daily/activity", get("/tag/daily/activity", daily::tags))
        .route("/customer/daily/activity", get("/customer/daily/activity", daily::customers))
        .route("/end_user/daily/activity", get("/customer/daily/activity", daily::customers))
}
