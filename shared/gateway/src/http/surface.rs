//! The doors of the model routes, one a dialect.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use percent_encoding::percent_decode_str;
use sluice_wire::Dialect;

use super::strays;
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

/// `POST /bedrock/model/{id}/converse` and `/converse-stream` (AWS). The id may be an ARN, with its
/// colons and slashes percent-encoded (as botocore does) or not.
pub(super) async fn bedrock(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    let rest = path.strip_prefix("/bedrock/model/").unwrap_or(path);
    let Some((id, operation)) = rest.rsplit_once('/') else {
        return strays::not_found(State(app), request.uri().clone()).await;
    };
    let stream = match operation {
        "converse" => false,
        "converse-stream" => true,
        _ => return strays::not_found(State(app), request.uri().clone()).await,
    };
    let line = Line {
        dialect: Dialect::BedrockConverse,
        call_type: "converse",
        route: "/bedrock/model",
        model: Some(percent_decode_str(id).decode_utf8_lossy().into_owned()),
        stream: Some(stream),
    };
    corridor::walk(&app, arrive(line, request)).await
}

/// A request at a door.
pub(super) fn arrive(line: Line, request: Request) -> Arrival {
    let (parts, body) = request.into_parts();
    Arrival { line, headers: parts.headers, body }
}
