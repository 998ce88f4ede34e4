//! `GET`, `DELETE`, `cancel` and `input_items` of a kept answer.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use futures_util::future::try_join_all;
use http::{HeaderMap, Uri, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sluice_store::{KeptAnswer, KeyHash};
use sluice_wire::{Dialect, Fault, FaultKind};

use super::{document::Document, items::Page};
use crate::{
    App,
    corridor::{identify, render, stray_id},
    identity,
};

type Asked = Query<HashMap<String, String>>;

/// `GET /v1/responses/{id}`.
pub(crate) async fn get(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Asked,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let result = async {
        let owner = owner(&app, &headers, &uri).await?;
        if query.get("stream").is_some_and(|stream| stream == "true") {
            let message = "Only responses that run in the background can be streamed again.";
            return Err(Fault::invalid(message, "stream"));
        }
        Ok(Document::read(&find(&app, &owner, &id).await?.document)?.response)
    };
    reply(&app, result.await)
}

/// `DELETE /v1/responses/{id}`.
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let result = async {
        let owner = owner(&app, &headers, &uri).await?;
        // One that has run out is not there, whether or not its items are.
        find(&app, &owner, &id).await?;
        let deleted = app.store.answers().delete(&owner, &id).await;
        match deleted.map_err(|error| app.store_fault(&error))? {
            true => Ok(json!({"id": id, "object": "response", "deleted": true})),
            false => Err(missing(&id)),
        }
    };
    reply(&app, result.await)
}

/// `POST /v1/responses/{id}/cancel`. A kept answer is complete.
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let result = async {
        let owner = owner(&app, &headers, &uri).await?;
        find(&app, &owner, &id).await?;
        Err(Fault::new(FaultKind::InvalidRequest, "Cannot cancel a synchronous response."))
    };
    reply(&app, result.await)
}

/// `GET /v1/responses/{id}/input_items`: all that the answer was given, what came before included.
pub(crate) async fn input_items(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    query: Asked,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let result = async {
        let owner = owner(&app, &headers, &uri).await?;
        let page = page(&query)?;
        let answer = find(&app, &owner, &id).await?;
        let earlier = answer.ancestors.iter().map(|ancestor| find(&app, &owner, ancestor));
        let mut items = Vec::new();
        for turn in try_join_all(earlier).await? {
            items.extend(Document::read(&turn.document)?.into_items());
        }
        items.extend(Document::read(&answer.document)?.input);
        Ok(page.of(items))
    };
    reply(&app, result.await)
}

async fn owner(app: &Arc<App>, headers: &HeaderMap, uri: &Uri) -> Result<KeyHash, Fault> {
    Ok(identity::authenticate(app, headers, uri.path()).await?.record.hash)
}

async fn find(app: &App, owner: &KeyHash, id: &str) -> Result<KeptAnswer, Fault> {
    let kept = app.store.answers().get(owner, id, app.clock.now()).await;
    kept.map_err(|error| app.store_fault(&error))?.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Fault {
    Fault::new(FaultKind::NotFound, format!("Response with id '{id}' not found."))
        .with_label("invalid_request_error")
        .with_param("response_id")
}

fn page(query: &HashMap<String, String>) -> Result<Page, Fault> {
    let limit = match query.get("limit") {
        None => 20,
        Some(text) => {
            text.parse().ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| {
                Fault::invalid("Invalid 'limit': expected an integer from 1 to 100.", "limit")
            })?
        }
    };
    let newest_first = match query.get("order").map(String::as_str) {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(_) => {
            return Err(Fault::invalid("Invalid 'order': expected 'asc' or 'desc'.", "order"));
        }
    };
    Ok(Page { after: query.get("after").cloned(), limit, newest_first })
}

fn reply(app: &App, result: Result<Value, Fault>) -> Response {
    let id = stray_id(app);
    let mut response = match result {
        Ok(value) => ([(CONTENT_TYPE, "application/json")], value.to_string()).into_response(),
        Err(fault) => render(Dialect::OpenAiResponses, &fault, &id),
    };
    identify(response.headers_mut(), Dialect::OpenAiResponses, id);
    response
}
