//! Counts of tokens, in the shapes of those who ask for them. Nothing is charged, and no row is
//! written.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use sluice_wire::{Dialect, Fault, Line as Written, dialect::gemini};

use super::surface::model_in_path;
use crate::{
    App,
    corridor::{self, Facts, Line, Plan, collect, content_type, refuse},
    identity,
    responses::Thread,
    tokens::{self, Asked, Count},
};

/// Says who counted: `provider` or `estimate`.
const SOURCE: HeaderName = HeaderName::from_static("x-sluice-token-count");

/// `POST /v1/messages/count_tokens` (Anthropic).
pub(super) async fn anthropic(State(app): State<Arc<App>>, request: Request) -> Response {
    let line = line(Dialect::AnthropicMessages, "/v1/messages/count_tokens", None);
    let read = |headers: HeaderMap, body: Bytes| {
        Asked::read(Dialect::AnthropicMessages, Written::default(), headers, body)
    };
    answer(&app, line, request, read, |count| json!({ "input_tokens": count.tokens })).await
}

/// `POST /v1/responses/input_tokens` (OpenAI). What is gone on from is counted along.
pub(super) async fn responses(State(app): State<Arc<App>>, request: Request) -> Response {
    let line = line(Dialect::OpenAiResponses, "/responses/input_tokens", None);
    let read = |headers: HeaderMap, body: Bytes| {
        Asked::read(Dialect::OpenAiResponses, Written::default(), headers, body)
    };
    let write =
        |count: &Count| json!({ "object": "response.input_tokens", "input_tokens": count.tokens });
    answer(&app, line, request, read, write).await
}

/// `POST /bedrock/model/{id}/count-tokens` (AWS): a Converse request or an InvokeModel body.
pub(super) async fn bedrock(State(app): State<Arc<App>>, request: Request) -> Response {
    let model = model_in_path(request.uri().path()).map(|(model, _)| model).unwrap_or_default();
    let line = line(Dialect::BedrockConverse, "/bedrock/model", Some(model.clone()));
    let read = |headers: HeaderMap, body: Bytes| {
        let (dialect, body) = input(&body)?;
        let written = Written { model: Some(&model), stream: Some(false) };
        Asked::read(dialect, written, headers, body)
    };
    answer(&app, line, request, read, |count| json!({ "inputTokens": count.tokens })).await
}

/// `POST /v1beta/models/{model}:countTokens` (Google). Google's own count is handed on whole.
pub(super) async fn google(app: &Arc<App>, model: String, request: Request) -> Response {
    let line = line(Dialect::Gemini, "/v1beta/models", Some(model.clone()));
    let read = |headers: HeaderMap, body: Bytes| {
        let written = Written { model: Some(&model), stream: Some(false) };
        let body = Bytes::from(gemini::count::counted(&body)?);
        Asked::read(Dialect::Gemini, written, headers, body)
    };
    let write = |count: &Count| match &count.answer {
        Some(told) if told.get("totalTokens").is_some() => told.clone(),
        _ => gemini::count::answer(count.tokens),
    };
    answer(app, line, request, read, write).await
}

fn line(dialect: Dialect, route: &'static str, model: Option<String>) -> Line {
    Line { dialect, call_type: "acount_tokens", route, model, stream: Some(false) }
}

/// The request inside of a CountTokens body.
fn input(body: &[u8]) -> Result<(Dialect, Bytes), Fault> {
    #[derive(Deserialize)]
    struct Question<'a> {
        #[serde(borrow)]
        input: Input<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input<'a> {
        #[serde(borrow)]
        converse: Option<&'a RawValue>,
        invoke_model: Option<Invoke>,
    }
    #[derive(Deserialize)]
    struct Invoke {
        body: String,
    }
    let question: Question<'_> = serde_json::from_slice(body)
        .map_err(|error| Fault::invalid(format!("The body cannot be read: {error}"), "input"))?;
    match (question.input.converse, question.input.invoke_model) {
        (Some(converse), None) => {
            Ok((Dialect::BedrockConverse, Bytes::copy_from_slice(converse.get().as_bytes())))
        }
        (None, Some(invoke)) => {
            let body = STANDARD.decode(invoke.body).map_err(|error| {
                Fault::invalid(format!("The body is not base64: {error}"), "input.invokeModel.body")
            })?;
            Ok((Dialect::BedrockInvoke, Bytes::from(body)))
        }
        _ => Err(Fault::invalid(
            "The union at input must have exactly one member set: converse or invokeModel.",
            "input",
        )),
    }
}

async fn answer(
    app: &Arc<App>,
    line: Line,
    request: Request,
    read: impl FnOnce(HeaderMap, Bytes) -> Result<Asked, Fault>,
    write: impl FnOnce(&Count) -> Value,
) -> Response {
    let mut facts = Facts::begin(app, &line);
    match count(app, &mut facts, request, read).await {
        Ok((plan, count)) => {
            let mut response = Response::new(Body::from(write(&count).to_string()));
            let map = response.headers_mut();
            map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            map.insert(SOURCE, HeaderValue::from_static(source(&count)));
            corridor::describe(map, &facts, plan.order.first().map(|member| &**member));
            response
        }
        Err(fault) => refuse(line.dialect, &fault, &facts),
    }
}

fn source(count: &Count) -> &'static str {
    if count.answer.is_some() { "provider" } else { "estimate" }
}

async fn count(
    app: &Arc<App>,
    facts: &mut Facts,
    request: Request,
    read: impl FnOnce(HeaderMap, Bytes) -> Result<Asked, Fault>,
) -> Result<(Plan, Count), Fault> {
    let (parts, body) = request.into_parts();
    let caller = identity::authenticate(app, &parts.headers, parts.uri.path()).await?;
    facts.identify(app, caller, &parts.headers)?;
    content_type(&parts.headers)?;
    let mut body = collect(body, app.config.general.max_request_bytes()).await?;
    if facts.dialect == Dialect::OpenAiResponses
        && let Some(whole) = Thread::open(app, &facts.key(), &body).await?.whole()
    {
        body = whole.clone();
    }
    let asked = read(parts.headers, body)?;
    facts.describe(asked.model(), false);
    let plan = Plan::draw(app, facts)?;
    let member = plan.order.first().ok_or_else(|| {
        Fault::new(sluice_wire::FaultKind::NotFound, "the model has no deployment")
    })?;
    let count = tokens::count(app, member, &asked).await?;
    Ok((plan, count))
}
