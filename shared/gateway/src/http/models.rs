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
    corridor::{may_call, may_use, render, stray_id},
    identity::{self, Caller},
    registry::Sight,
};

/// LiteLLM's constant: nobody knows when a model group was "created".
const CREATED: u64 = 1_677_610_602;

/// Asks for the names that are patterns as well.
const PATTERNS: &str = "return_wildcard_routes";
/// Asks for the access groups of the models as well.
const GROUPS: &str = "include_model_access_groups";
/// Asks for these instead.
const ONLY_GROUPS: &str = "only_model_access_groups";

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
            let asked = |name| is_asked(uri.query().unwrap_or_default(), name);
            let registry = app.registry();
            let seen = registry.seen_by(caller.team());
            let mut names: Vec<&str> = visible(seen, &caller).collect();
            let groups = groups(&seen, &names);
            if asked(ONLY_GROUPS) {
                names.clear();
            } else if asked(PATTERNS) {
                let patterns = seen.patterns();
                names.extend(patterns.filter(|name| may_use(&seen, &caller, None, name)));
            }
            if asked(GROUPS) || asked(ONLY_GROUPS) {
                names.extend(groups.iter().map(String::as_str));
            }
            let data: Vec<Value> = names.iter().map(|name| entry(&seen, name)).collect();
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
        // A pattern admits more than the catalogue lists, and a hidden alias is none the less one.
        if may_call(&seen, &caller, &id) {
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

/// The names a caller may use: groups and aliases that their lists admit, and aliases of their own.
pub(super) fn visible<'a>(seen: Sight<'a>, caller: &'a Caller) -> impl Iterator<Item = &'a str> {
    let groups = seen.names().filter(move |name| may_use(&seen, caller, None, name));
    let aliases = seen.aliases().filter(move |alias| may_call(&seen, caller, alias));
    let own = caller.aliases().map(|(alias, _)| alias.as_str());
    let own =
        own.filter(move |alias| seen.group(alias).is_none() && may_call(&seen, caller, alias));
    groups.chain(aliases).chain(own)
}

/// The access groups of these models, each once.
fn groups(seen: &Sight<'_>, names: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for group in names.iter().flat_map(|name| seen.access_groups(name)) {
        if !found.contains(&group) {
            found.push(group);
        }
    }
    found
}

/// Whether a query sets a switch.
fn is_asked(query: &str, name: &str) -> bool {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .any(|(key, value)| key == name && value.eq_ignore_ascii_case("true"))
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
