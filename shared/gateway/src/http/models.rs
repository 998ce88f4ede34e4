//! The list of models, as far as the caller's key reaches.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Uri, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sluice_wire::{Fault, FaultKind};

use super::{anthropic, gemini, strays::dialect_of};
use crate::{
    App,
    corridor::{may_use, render, stray_id},
    identity::{self, Caller},
    registry::Sight,
};

/// LiteLLM's constant: nobody knows when a model group was "created".
const CREATED: u64 = 1_677_610_602;

/// Asks for the names that are patterns as well.
const PATTERNS: &str = "return_wildcard_routes=true";

/// `GET /v1/models`.
pub(super) async fn list(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Response {
    if gemini::is_googles_client(&headers) {
        return gemini::listed(&app, &headers, &uri).await;
    }
    if anthropic::is_anthropics_client(&headers) {
        return anthropic::listed(&app, &headers, &uri).await;
    }
    match identity::authenticate(&app, &headers, uri.path()).await {
        Ok(caller) => {
            let mut asked = uri.query().unwrap_or_default().split('&');
            let patterns = asked.any(|pair| pair.eq_ignore_ascii_case(PATTERNS));
            let registry = app.registry();
            let seen = registry.seen_by(caller.team());
            let patterns = seen.patterns().filter(|_| patterns);
            let patterns = patterns.filter(|name| may_use(&seen, &caller, None, name));
            let names = visible(seen, &caller).chain(patterns);
            let data: Vec<Value> = names.map(|name| entry(&seen, name)).collect();
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
        return gemini::named(&app, &headers, &uri, &id).await;
    }
    if anthropic::is_anthropics_client(&headers) {
        return anthropic::named(&app, &headers, &uri, &id).await;
    }
    let result = identity::authenticate(&app, &headers, uri.path()).await.and_then(|caller| {
        let registry = app.registry();
        let seen = registry.seen_by(caller.team());
        // A pattern admits more than the catalogue lists.
        let called = || may_use(&seen, &caller, None, &id) && seen.group(&id).is_some();
        if visible(seen, &caller).any(|name| name == id) || called() {
            return Ok(entry(&seen, &id));
        }
        Err(Fault::new(FaultKind::NotFound, format!("The model '{id}' does not exist"))
            .with_param("model"))
    });
    match result {
        Ok(entry) => json_body(&entry),
        Err(fault) => render(dialect_of(uri.path()), &fault, &stray_id(&app)),
    }
}

/// The names a caller may use: groups its key admits, and its own aliases.
pub(super) fn visible<'a>(seen: Sight<'a>, caller: &'a Caller) -> impl Iterator<Item = &'a str> {
    let groups = seen.names().filter(move |name| may_use(&seen, caller, None, name));
    let aliases = caller
        .aliases()
        .filter(move |(alias, target)| seen.group(alias).is_none() && seen.group(target).is_some())
        .filter(move |(alias, _)| may_use(&seen, caller, None, alias))
        .map(|(alias, _)| alias.as_str());
    groups.chain(aliases)
}

fn entry(seen: &Sight<'_>, name: &str) -> Value {
    let mut entry =
        json!({ "id": name, "object": "model", "created": CREATED, "owned_by": "openai" });
    let limits = seen.limits(name);
    if let Some(fields) = entry.as_object_mut() {
        for (field, limit) in ["max_input_tokens", "max_output_tokens"].into_iter().zip(limits) {
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
