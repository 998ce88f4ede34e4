//! The providers' own counts: Anthropic's `count_tokens`, Bedrock's CountTokens, Google's
//! `countTokens`. None costs anything.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};
use sluice_providers::{AnswerBody, Auth, Outbound, Reach, Route};
use sluice_wire::{
    Dialect, Fault, FaultKind, Splice, Target,
    dialect::{bedrock_invoke, gemini},
};

use super::Asked;
use crate::{App, pricing::foundation, registry::Member};

/// What `count_tokens` takes (Anthropic API reference, "Count tokens in a Message").
const COUNTED: [&str; 13] = [
    "cache_control",
    "context_management",
    "mcp_servers",
    "messages",
    "model",
    "output_config",
    "output_format",
    "prefill",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

/// What CountTokens takes of a Converse request.
const CONVERSED: [&str; 4] = ["messages", "system", "toolConfig", "additionalModelRequestFields"];

/// The provider's count with its whole answer; `None` where it has no operation for that.
///
/// # Errors
/// The provider's refusal, or whatever kept it from answering.
pub(super) async fn count(
    app: &App,
    member: &Member,
    asked: &Asked,
) -> Result<Option<(u64, Value)>, Fault> {
    let provider = member.deployment.provider;
    let (outbound, field) = if provider.name == "anthropic" {
        (anthropic(member, asked)?, "input_tokens")
    } else if provider.reach == Reach::Bedrock {
        match bedrock(member, asked)? {
            Some(outbound) => (outbound, "inputTokens"),
            None => return Ok(None),
        }
    } else if provider.dialect == Dialect::Gemini {
        (google(member, asked)?, "totalTokens")
    } else {
        return Ok(None);
    };
    let answer = app.transport.send(&member.deployment, outbound).await?;
    let AnswerBody::Whole(body) = answer.body else { return Ok(None) };
    let value: Value = serde_json::from_slice(&body).unwrap_or_default();
    let count = value.get(field).and_then(Value::as_u64).ok_or_else(|| {
        Fault::new(FaultKind::Upstream, "The provider's count could not be read.")
            .with_detail(format!("no `{field}` in {} bytes", body.len()))
    })?;
    Ok(Some((count, value)))
}

fn anthropic(member: &Member, asked: &Asked) -> Result<Outbound, Fault> {
    let model = &member.deployment.model;
    let (body, headers) = match asked.dialect {
        Dialect::AnthropicMessages => {
            let edits = [Splice::Set("model", Value::from(model.as_str()).to_string())];
            (asked.spliced(&edits)?, asked.anthropic_headers())
        }
        _ => {
            let fields = encoded(member, asked, Dialect::AnthropicMessages, model)?;
            (chosen(fields, &COUNTED).to_string().into_bytes(), Vec::new())
        }
    };
    let route = Route::Below { method: Method::POST, path: "v1/messages/count_tokens".to_owned() };
    Ok(Outbound { body: Bytes::from(body), stream: false, headers, route })
}

fn google(member: &Member, asked: &Asked) -> Result<Outbound, Fault> {
    let model = &member.deployment.model;
    let request = match asked.dialect {
        Dialect::Gemini => asked.spliced(&[])?,
        _ => {
            let fields = encoded(member, asked, Dialect::Gemini, model)?;
            Value::Object(fields).to_string().into_bytes()
        }
    };
    let body = match member.deployment.provider.auth {
        Auth::Google => gemini::count::question_at_vertex(&request)?,
        _ => gemini::count::question(&request, model)?,
    };
    let route = Route::Method("countTokens");
    Ok(Outbound { body: Bytes::from(body), route, ..Outbound::default() })
}

/// The question in the caller's own words where those are the model's, in Converse's otherwise.
fn bedrock(member: &Member, asked: &Asked) -> Result<Option<Outbound>, Fault> {
    let named = member.info.base_model.as_deref().unwrap_or(&member.deployment.model);
    let Some(model) = foundation(named) else { return Ok(None) };
    let own = matches!(asked.dialect, Dialect::AnthropicMessages | Dialect::BedrockInvoke);
    let input = if own && bedrock_invoke::takes_anthropic(model) {
        let body = STANDARD.encode(invoked(asked)?);
        json!({ "invokeModel": { "body": body } })
    } else {
        let fields = encoded(member, asked, Dialect::BedrockConverse, model)?;
        json!({ "converse": chosen(fields, &CONVERSED) })
    };
    Ok(Some(Outbound {
        body: Bytes::from(json!({ "input": input }).to_string()),
        route: Route::Tokens { model: model.to_owned() },
        ..Outbound::default()
    }))
}

/// Anthropic's body as InvokeModel takes it.
fn invoked(asked: &Asked) -> Result<Vec<u8>, Fault> {
    let mut edits = Vec::new();
    if asked.dialect == Dialect::AnthropicMessages {
        edits.push(Splice::Remove("model"));
        edits.push(Splice::Remove("stream"));
        edits.push(Splice::Set("anthropic_version", "\"bedrock-2023-05-31\"".to_owned()));
        let betas: Vec<&str> = asked
            .headers
            .get_all("anthropic-beta")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .collect();
        if !betas.is_empty() {
            edits.push(Splice::Set("anthropic_beta", json!(betas).to_string()));
        }
    }
    if !asked.is_capped() {
        edits.push(Splice::Set("max_tokens", "1".to_owned()));
    }
    asked.spliced(&edits)
}

fn encoded(
    member: &Member,
    asked: &Asked,
    dialect: Dialect,
    model: &str,
) -> Result<Map<String, Value>, Fault> {
    let target = Target {
        model,
        max_output: member.price.as_ref().and_then(|price| price.max_output),
        max_completion_tokens: false,
        habits: member.deployment.habits(),
    };
    let encoded = dialect.encode_request(&asked.request, target)?;
    serde_json::from_slice(&encoded.body)
        .map_err(|error| Fault::new(FaultKind::Internal, error.to_string()))
}

fn chosen(mut fields: Map<String, Value>, known: &[&str]) -> Value {
    fields.retain(|name, _| known.contains(&name.as_str()));
    Value::Object(fields)
}
