//! `POST /utils/transform_request`: what the provider would be sent.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sluice_providers::{Auth, Reach};
use sluice_wire::{Dialect, Edits, Fault, Line, Target};

use super::{Asked, ask};
use crate::{
    App,
    corridor::{GATEWAY_FIELDS, dropped},
    registry::Member,
};

#[derive(Debug, Deserialize)]
struct Question {
    call_type: String,
    request_body: Map<String, Value>,
}

/// Transforms it.
pub(super) async fn request(State(app): State<Arc<App>>, request: Request) -> Response {
    let answer = async |app: &App, asked: Asked| transform(app, asked);
    ask(app, "/utils/transform_request", request, answer).await
}

fn transform(app: &App, mut asked: Asked) -> Result<Value, Fault> {
    let question: Question = asked.fields()?;
    let dialect = match question.call_type.as_str() {
        "completion" | "acompletion" => Dialect::OpenAiChat,
        "anthropic_messages" => Dialect::AnthropicMessages,
        other => {
            let message = format!(
                "call_type: `{other}` is not transformed here: write `completion` or `anthropic_messages`"
            );
            return Err(Fault::invalid(message, "call_type"));
        }
    };
    let model = question.request_body.get("model").and_then(Value::as_str).unwrap_or_default();
    let member = asked.member(app, model)?;
    let body = Value::Object(question.request_body.clone()).to_string();
    Ok(match sent(app, &member, dialect, body.as_bytes()) {
        Ok(body) => json!({
            "raw_request_api_base": address(&member),
            "raw_request_body": body,
            "raw_request_headers": headers(&member),
            "error": null,
        }),
        // LiteLLM tells it in the body, too.
        Err(fault) => json!({
            "raw_request_api_base": null,
            "raw_request_body": null,
            "raw_request_headers": null,
            "error": fault.message,
        }),
    })
}

fn sent(app: &App, member: &Member, from: Dialect, body: &[u8]) -> Result<Value, Fault> {
    let deployment = &member.deployment;
    let to = deployment.provider.dialect;
    let bytes = if from == to {
        let edits = Edits {
            model: Some(&deployment.model),
            max_output: None,
            include_usage: false,
            remove: &GATEWAY_FIELDS,
        };
        from.peek(body, Line::default())?;
        to.patch(body, &edits)?
    } else {
        let mut request = from.decode_request(body, Line::default())?;
        if let Some(extras) = &mut request.extras {
            extras.fields.retain(|name, _| !GATEWAY_FIELDS.contains(&name.as_str()));
        }
        let target = Target {
            model: &deployment.model,
            max_output: member.price.as_ref().and_then(|price| price.max_output),
            max_completion_tokens: deployment.provider.name == "openai"
                && deployment.api_base.is_none(),
            habits: deployment.habits(),
        };
        let encoded = to.encode_request(&request, target)?;
        dropped(app, member, encoded.losses)?;
        encoded.body
    };
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Where it would go.
fn address(member: &Member) -> Option<String> {
    let deployment = &member.deployment;
    let region = deployment.aws.region.as_deref().unwrap_or("{region}");
    match deployment.provider.reach {
        Reach::Bedrock => {
            let usual = format!("https://bedrock-runtime.{region}.amazonaws.com");
            let base = deployment.aws.runtime_endpoint.clone().unwrap_or(usual);
            Some(format!("{base}/model/{}/converse", deployment.model))
        }
        Reach::SageMaker => {
            let usual = format!("https://runtime.sagemaker.{region}.amazonaws.com");
            let base = deployment.aws.sagemaker_endpoint.clone().unwrap_or(usual);
            Some(format!("{base}/endpoints/{}/invocations", deployment.model))
        }
        Reach::Http => deployment.address(),
        _ => None,
    }
}

/// The headers, with the credential masked.
fn headers(member: &Member) -> Value {
    let mut out = Map::new();
    out.insert("content-type".to_owned(), "application/json".into());
    match member.deployment.provider.auth {
        Auth::Header(name) => {
            out.insert(name.to_owned(), "*****".into());
        }
        Auth::None => {}
        _ => {
            out.insert("authorization".to_owned(), "*****".into());
        }
    }
    for (name, _) in &member.deployment.extra_headers {
        out.insert(name.clone(), "*****".into());
    }
    Value::Object(out)
}
