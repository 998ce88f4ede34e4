//! Health, for load balancers: public, and without a call to any model.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header::CONTENT_TYPE};

use crate::App;

/// `GET /health/liveliness`: the process answers.
pub(super) async fn alive() -> Response {
    json(StatusCode::OK, "\"I'm alive!\"".to_owned())
}

/// `GET /health/readiness`: the store can be read. 503 where it cannot.
pub(super) async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.store.keys().get(&app.master).await {
        Ok(_) => json(StatusCode::OK, r#"{"status":"healthy","db":"connected"}"#.to_owned()),
        Err(error) => {
            tracing::error!(error = %error, "the store does not answer");
            json(
                StatusCode::SERVICE_UNAVAILABLE,
                r#"{"status":"unhealthy","db":"Not connected"}"#.to_owned(),
            )
        }
    }
}

fn json(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], body).into_response()
}
