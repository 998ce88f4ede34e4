//! `/chat-history`, `/bedrock/chat-history` and `/session-ids`.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    extract::{Query, Request, State},
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use sluice_store::SessionOwner;
use sluice_wire::{Dialect, Fault, FaultKind, Fields, history::Turn};

use super::{
    owner::owner,
    said,
    session::{find, read},
};
use crate::{
    App,
    corridor::{collect, content_type, identify, render, stray_id},
    identity,
};

/// The most sessions that are listed.
const MOST_LISTED: usize = 10_000;
const SESSION: &str = "session_id";

/// The routes. What the guidance asks by a body may be asked by the query as well.
pub(crate) fn routes() -> Router<Arc<App>> {
    let history: MethodRouter<Arc<App>> = post(chat).get(chat).delete(forget);
    Router::new()
        .route("/chat-history", history)
        .route("/bedrock/chat-history", post(bedrock).get(bedrock))
        .route("/session-ids", post(ids).get(ids))
}

/// Who asks, and for which session.
struct Asked {
    owner: SessionOwner,
    session: Option<String>,
}

async fn chat(State(app): State<Arc<App>>, request: Request) -> Response {
    let told = told(&app, request, Dialect::OpenAiChat).await;
    reply(&app, Dialect::OpenAiChat, told)
}

async fn bedrock(State(app): State<Arc<App>>, request: Request) -> Response {
    let told = told(&app, request, Dialect::BedrockConverse).await;
    reply(&app, Dialect::BedrockConverse, told)
}

/// A conversation in the words of a dialect.
async fn told(app: &App, request: Request, dialect: Dialect) -> Result<Bytes, Fault> {
    let Asked { owner, session } = Asked::read(app, request).await?;
    let session = session.ok_or_else(unnamed)?;
    let kept = find(app, &owner, &session).await?.ok_or_else(|| missing(&session))?;
    let turns = kept.turns.iter().map(|turn| read(turn)).collect::<Result<Vec<_>, _>>()?;
    Turn::conversation(turns, dialect).map(Bytes::from)
}

async fn ids(State(app): State<Arc<App>>, request: Request) -> Response {
    let listed = async {
        let Asked { owner, .. } = Asked::read(&app, request).await?;
        let listed = app.store.sessions().list(&owner, app.clock.now(), MOST_LISTED).await;
        let names = listed.map_err(|error| app.store_fault(&error))?;
        Ok(Bytes::from(json!({ "session_ids": names }).to_string()))
    };
    let listed = listed.await;
    reply(&app, Dialect::OpenAiChat, listed)
}

async fn forget(State(app): State<Arc<App>>, request: Request) -> Response {
    let forgotten = async {
        let Asked { owner, session } = Asked::read(&app, request).await?;
        let session = session.ok_or_else(unnamed)?;
        // One that has run out is not there, whether or not its items are.
        find(&app, &owner, &session).await?.ok_or_else(|| missing(&session))?;
        let deleted = app.store.sessions().delete(&owner, &session).await;
        deleted.map_err(|error| app.store_fault(&error))?;
        Ok(Bytes::from(json!({ "session_id": session, "deleted": true }).to_string()))
    };
    let forgotten = forgotten.await;
    reply(&app, Dialect::OpenAiChat, forgotten)
}

fn unnamed() -> Fault {
    Fault::invalid("session_id is required", SESSION)
}

fn missing(session: &str) -> Fault {
    Fault::new(FaultKind::NotFound, format!("Session '{session}' not found."))
        .with_label("invalid_request_error")
        .with_param(SESSION)
}

fn reply(app: &App, dialect: Dialect, result: Result<Bytes, Fault>) -> Response {
    let id = stray_id(app);
    let mut response = match result {
        Ok(body) => ([(CONTENT_TYPE, "application/json")], body).into_response(),
        Err(fault) => render(dialect, &fault, &id),
    };
    identify(response.headers_mut(), dialect, id);
    response
}

// === impl Asked ===

impl Asked {
    async fn read(app: &App, request: Request) -> Result<Self, Fault> {
        let (parts, body) = request.into_parts();
        let caller = identity::authenticate(app, &parts.headers, parts.uri.path()).await?;
        let asked: Query<HashMap<String, String>> =
            Query::try_from_uri(&parts.uri).map_err(|error| {
                Fault::invalid(format!("The query cannot be read: {error}"), "query")
            })?;
        let body = collect(body, app.config.general.max_request_bytes()).await?;
        let mut session = asked.get(SESSION).map(|name| said::named(name)).transpose()?;
        if !body.is_empty() {
            content_type(&parts.headers)?;
            let fields = serde_json::from_slice::<Value>(&body)
                .ok()
                .and_then(|_| Fields::find(&body))
                .ok_or_else(|| {
                    let message = "Invalid JSON payload: an object is expected.";
                    Fault::invalid(message, "request_body")
                })?;
            match fields.get::<Value>(SESSION).unwrap_or_default() {
                Value::Null => {}
                Value::String(name) => session = Some(said::named(&name)?),
                _ => {
                    let message = "Invalid 'session_id': must be a string.";
                    return Err(Fault::invalid(message, SESSION));
                }
            }
        }
        Ok(Self { owner: owner(&caller), session })
    }
}
