//! `POST /spend/calculate`: what a request's prompt would cost, or what an answer has cost.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};
use sluice_store::NanoUsd;
use sluice_wire::{Dialect, Fault, Line, canon::Usage};

use super::{Asked, ask, price};
use crate::{App, tokens};

#[derive(Debug, Deserialize)]
struct Question {
    model: Option<String>,
    messages: Option<Value>,
    completion_response: Option<Value>,
}

/// Calculates it.
pub(super) async fn calculate(State(app): State<Arc<App>>, request: Request) -> Response {
    let answer = async |app: &App, asked: Asked| cost(app, &asked);
    ask(app, "/spend/calculate", request, answer).await
}

fn cost(app: &App, asked: &Asked) -> Result<Value, Fault> {
    let question: Question = asked.fields()?;
    let (model, usage) = match (question.model, question.messages, question.completion_response) {
        (Some(model), Some(messages), _) => {
            let body = json!({ "model": model, "messages": messages }).to_string();
            let request = Dialect::OpenAiChat.decode_request(body.as_bytes(), Line::default())?;
            let input = tokens::prompt(&request);
            (model, Usage { input, ..Usage::default() })
        }
        (Some(_), None, _) => {
            let message = "Bad Request - messages must be provided if 'model' is provided";
            return Err(Fault::invalid(message, "messages"));
        }
        (None, _, Some(answer)) => used(&answer)?,
        (None, _, None) => {
            let message = "Bad Request - Either 'model' or 'completion_response' must be provided";
            return Err(Fault::invalid(message, "model"));
        }
    };
    let priced = price(app, asked, &model);
    let cost = priced.map_or(NanoUsd::ZERO, |priced| priced.price.cost(&usage).total);
    Ok(json!({ "cost": cost.to_json_number() }))
}

/// The model and the usage of an answer of OpenAI's or Anthropic's.
fn used(answer: &Value) -> Result<(String, Usage), Fault> {
    let model = answer.get("model").and_then(Value::as_str).ok_or_else(|| {
        Fault::invalid("completion_response: `model` is missing", "completion_response")
    })?;
    let body = answer.to_string();
    let dialects = [Dialect::OpenAiChat, Dialect::AnthropicMessages];
    let own = usize::from(answer.pointer("/usage/input_tokens").is_some());
    let dialect = dialects.get(own).copied().unwrap_or(Dialect::OpenAiChat);
    let usage = dialect.glance(body.as_bytes())?.usage.ok_or_else(|| {
        Fault::invalid("completion_response: `usage` is missing", "completion_response")
    })?;
    Ok((model.to_owned(), usage))
}
