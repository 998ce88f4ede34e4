//! The list of models, as Google's clients read it.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Uri, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sluice_wire::{Dialect, Fault, FaultKind};

use super::take_key;
use crate::{
    App,
    corridor::{may_call, render, stray_id},
    http::models::visible,
    identity,
    registry::Sight,
};

/// `GET /v1beta/models`.
pub(in crate::http) async fn list(State(app): State<Arc<App>>, mut request: Request) -> Response {
    take_key(&mut request);
    listed(&app, request.headers(), request.uri()).await
}

/// `GET /v1beta/models/{id}`.
pub(in crate::http) async fn one(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut request: Request,
) -> Response {
    take_key(&mut request);
    named(&app, request.headers(), request.uri(), &id).await
}

/// The list, for whoever the headers say.
pub(in crate::http) async fn listed(app: &App, headers: &HeaderMap, uri: &Uri) -> Response {
    let result = identity::authenticate(app, headers, uri.path()).await.map(|caller| {
        let registry = app.registry();
        let seen = registry.seen_by(caller.team());
        let models: Vec<Value> = visible(seen, &caller).map(|name| entry(&seen, name)).collect();
        json!({ "models": models })
    });
    answer(app, result)
}

/// One model, for whoever the headers say.
pub(in crate::http) async fn named(
    app: &App,
    headers: &HeaderMap,
    uri: &Uri,
    id: &str,
) -> Response {
    let result = identity::authenticate(app, headers, uri.path()).await.and_then(|caller| {
        let registry = app.registry();
        let seen = registry.seen_by(caller.team());
        if may_call(&seen, &caller, id) {
            return Ok(entry(&seen, id));
        }
        let missing = format!("models/{id} is not found");
        Err(Fault::new(FaultKind::NotFound, missing).with_param("model"))
    });
    answer(app, result)
}

fn answer(app: &App, result: Result<Value, Fault>) -> Response {
    match result {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body.to_string()).into_response(),
        Err(fault) => render(Dialect::Gemini, &fault, &stray_id(app)),
    }
}

fn entry(seen: &Sight<'_>, name: &str) -> Value {
    let mut entry = json!({
        "name": format!("models/{name}"),
        "displayName": name,
        "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"],
    });
    let limits = seen.limits(name);
    if let Some(fields) = entry.as_object_mut() {
        for (field, limit) in ["inputTokenLimit", "outputTokenLimit"].into_iter().zip(limits) {
            if let Some(limit) = limit {
                fields.insert(field.to_owned(), limit.into());
            }
        }
    }
    entry
}
