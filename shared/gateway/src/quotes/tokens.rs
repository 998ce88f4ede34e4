//! `POST /utils/token_counter`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sluice_wire::{Dialect, Fault, Line};

use super::{Asked, ask};
use crate::{App, tokens};

#[derive(Debug, Deserialize)]
struct Question {
    model: String,
    prompt: Option<String>,
    messages: Option<Value>,
    contents: Option<Value>,
    tools: Option<Value>,
    system: Option<Value>,
}

/// Counts here, or by the provider where `call_endpoint=true` asks for that and it can.
pub(super) async fn counter(State(app): State<Arc<App>>, request: Request) -> Response {
    ask(app, "/utils/token_counter", request, count).await
}

async fn count(app: &App, mut asked: Asked) -> Result<Value, Fault> {
    let question: Question = asked.fields()?;
    let member = asked.member(app, &question.model)?;
    let body = |own: &str, value: &Value| {
        let mut fields = Map::new();
        fields.insert("model".to_owned(), question.model.as_str().into());
        fields.insert(own.to_owned(), value.clone());
        for (name, value) in [("tools", &question.tools), ("system", &question.system)] {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value.clone());
            }
        }
        Bytes::from(Value::Object(fields).to_string())
    };
    let wanted = if let Some(prompt) = &question.prompt {
        return Ok(answer(
            &question.model,
            &member.deployment.model,
            tokens::estimate(prompt),
            None,
        ));
    } else if let Some(messages) = &question.messages {
        let own = question.system.is_some() || uses_anthropics_tools(question.tools.as_ref());
        let dialect = if own { Dialect::AnthropicMessages } else { Dialect::OpenAiChat };
        (dialect, body("messages", messages))
    } else if let Some(contents) = &question.contents {
        (Dialect::Gemini, body("contents", contents))
    } else {
        return Err(Fault::invalid("prompt or messages or contents must be provided", "messages"));
    };
    let line = Line { model: Some(&question.model), stream: Some(false) };
    let counted = tokens::Asked::read(wanted.0, line, asked.headers, wanted.1)?;
    if !asked.query.split('&').any(|pair| pair.eq_ignore_ascii_case("call_endpoint=true")) {
        let count = tokens::prompt(counted.request());
        return Ok(answer(&question.model, &member.deployment.model, count, None));
    }
    let count = tokens::count(app, &member, &counted).await?;
    let source = count.answer.map(|said| (member.deployment.provider.name, said));
    Ok(answer(&question.model, &member.deployment.model, count.tokens, source))
}

/// A tool that says `input_schema` is Anthropic's.
fn uses_anthropics_tools(tools: Option<&Value>) -> bool {
    let tools = tools.and_then(Value::as_array);
    tools.into_iter().flatten().any(|tool| tool.get("input_schema").is_some())
}

fn answer(asked: &str, used: &str, count: u64, source: Option<(&str, Value)>) -> Value {
    let (kind, place) = match &source {
        Some((provider, _)) => (format!("{provider}_api"), "provider"),
        None => ("local_tokenizer".to_owned(), "local_estimate"),
    };
    json!({
        "total_tokens": count,
        "request_model": asked,
        "model_used": used,
        "tokenizer_type": kind,
        "count_source": place,
        "original_response": source.map(|(_, said)| said),
        "error": false,
        "error_message": null,
        "status_code": null,
    })
}
