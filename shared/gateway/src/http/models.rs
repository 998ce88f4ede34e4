//! The list of models, as far as the caller's key reaches.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Uri, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind};

use super::{gemini, strays::dialect_of};
use crate::{
    App,
    corridor::{may_use, render, stray_id},
    identity::{self, Caller},
};

/// LiteLLM's constant: nobody knows when a model group was "created".
const CREATED: u64 = 1_677_610_602;

/// `GET /v1/models`.
pub(super) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Response {
    if gemini::is_googles_client(&headers) {
        return gemini::listed(&app, &headers).await;
    }
    match identity::authenticate(&app, &headers).await {
        Ok(caller) => {
            let data: Vec<Value> = visible(&app, &caller).map(|name| entry(&app, name)).collect();
            json_body(&json!({ "data": data, "object": "list" }))
        }
        Err(fault) => render(dialect_of(uri.path()), &fault, &stray_id(&app)),
    }
}

/// `GET /v1/models/{id}`.
pub(super) async fn one(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if gemini::is_googles_client(&headers) {
        return gemini::named(&app, &headers, &id).await;
    }
    let result = identity::authenticate(&app, &headers).await.and_then(|caller| {
        visible(&app, &caller).find(|name| *name == id).map(|name| entry(&app, name)).ok_or_else(
            || {
                Fault::new(FaultKind::NotFound, format!("The model '{id}' does not exist"))
                    .with_param("model")
            },
        )
    });
    match result {
        Ok(entry) => json_body(&entry),
        Err(fault) => render(dialect_of(uri.path()), &fault, &stray_id(&app)),
    }
}

/// The names a caller may use: groups its key admits, and its own aliases.
pub(super) fn visible<'a>(app: &'a App, caller: &'a Caller) -> impl Iterator<Item = &'a str> {
    let record = &caller.record;
    let groups =
        app.registry.names().iter().map(String::as_str).filter(move |name| may_use(record, name));
    let aliases = record
        .aliases
        .iter()
        .filter(|(alias, target)| {
            app.registry.group(alias).is_none() && app.registry.group(target).is_some()
        })
        .filter(move |(alias, target)| may_use(record, alias) || may_use(record, target))
        .map(|(alias, _)| alias.as_str());
    groups.chain(aliases)
}

fn entry(app: &App, name: &str) -> Value {
    let mut entry =
        json!({ "id": name, "object": "model", "created": CREATED, "owned_by": "openai" });
    let member = app.registry.group(name).and_then(|group| group.members.first());
    if let (Some(price), Some(fields)) =
        (member.and_then(|member| member.price.as_ref()), entry.as_object_mut())
    {
        let limits =
            [("max_input_tokens", price.max_input), ("max_output_tokens", price.max_output)];
        for (field, limit) in limits {
            if let Some(limit) = limit {
                fields.insert(field.to_owned(), limit.into());
            }
        }
    }
    entry
}

fn json_body(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
