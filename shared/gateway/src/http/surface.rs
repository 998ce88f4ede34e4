//! The doors of the model routes, one a dialect.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use percent_encoding::percent_decode_str;
use sluice_wire::Dialect;

use super::{strays, tokens};
use crate::{
    App,
    corridor::{self, Arrival, Line},
};

/// `POST /v1/chat/completions` (OpenAI).
pub(super) async fn chat_completions(State(app): State<Arc<App>>, request: Request) -> Response {
    let line = Line {
        dialect: Dialect::OpenAiChat,
        call_type: "acompletion",
        route: "/chat/completions",
        model: None,
        stream: None,
    };
    corridor::walk(&app, arrive(line, request)).await
}

/// `POST /v1/responses` (OpenAI).
pub(super) async fn responses(State(app): State<Arc<App>>, request: Request) -> Response {
    let line = Line {
        dialect: Dialect::OpenAiResponses,
        call_type: "aresponses",
        route: "/responses",
        model: None,
        stream: None,
    };
    corridor::walk(&app, arrive(line, request)).await
}

/// `POST /v1/messages` (Anthropic).
pub(super) async fn messages(State(app): State<Arc<App>>, request: Request) -> Response {
    let line = Line {
        dialect: Dialect::AnthropicMessages,
        call_type: "anthropic_messages",
        route: "/v1/messages",
        model: None,
        stream: None,
    };
    corridor::walk(&app, arrive(line, request)).await
}

/// `POST /bedrock/model/{id}/...` (AWS): `converse`, `converse-stream`, `invoke`,
/// `invoke-with-response-stream` and `count-tokens`. The id may be an ARN, with its colons and slashes
/// percent-encoded (as botocore does) or not.
pub(super) async fn bedrock(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some((model, operation)) = model_in_path(request.uri().path()) else {
        return strays::not_found(State(app), request.uri().clone()).await;
    };
    let (dialect, call_type, stream) = match operation {
        "count-tokens" => return tokens::bedrock(State(app), request).await,
        "converse" => (Dialect::BedrockConverse, "converse", false),
        "converse-stream" => (Dialect::BedrockConverse, "converse", true),
        "invoke" => (Dialect::BedrockInvoke, "invoke_model", false),
        "invoke-with-response-stream" => (Dialect::BedrockInvoke, "invoke_model", true),
        _ => return strays::not_found(State(app), request.uri().clone()).await,
    };
    let line = Line {
        dialect,
        call_type,
        route: "/bedrock/model",
        model: Some(model),
        stream: Some(stream),
    };
    corridor::walk(&app, arrive(line, request)).await
}

/// The model and the operation of a path below `/bedrock/model/`.
pub(super) fn model_in_path(path: &str) -> Option<(String, &str)> {
    let (id, operation) = path.strip_prefix("/bedrock/model/")?.rsplit_once('/')?;
    Some((percent_decode_str(id).decode_utf8_lossy().into_owned(), operation))
}

/// A request at a door.
pub(super) fn arrive(line: Line, request: Request) -> Arrival {
    let (parts, body) = request.into_parts();
    Arrival { line, uri: parts.uri, headers: parts.headers, body }
}
