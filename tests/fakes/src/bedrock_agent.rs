//! Agents for Amazon Bedrock: `GET /prompts/{promptIdentifier}/` (API reference, GetPrompt).
//!
//! Prompts go by the ten characters of their id, in any account: `GREETING00` is a text with the versions 1 and 2
//! besides its draft, `CHATTING00` a chat, `WITHTOOLS0` one with tools; `THROTTLED0`, `FORBIDDEN0` and
//! `BROKENDOWN` are refused, and there is no other.

use http::{Method, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::{
    aws,
    delivery::{self, Body},
    http::{Call, Desk, reply, with},
    reject::Reject,
    script::Delivery,
};

/// Answers one request.
pub(crate) fn answer(desk: &Desk, call: &Call) -> Response<Body> {
    let id = ("x-amzn-requestid", desk.ids.uuid());
    let json = ("content-type", "application/json".to_owned());
    match asked(call) {
        Ok(body) => {
            let body =
                delivery::whole(body.to_string().into(), Delivery::Steady, call.slot.clone());
            with(200, &[id, json], body)
        }
        Err(reject) => {
            call.slot.refuse(&reject.message);
            let kind = ("x-amzn-errortype", reject.kind.to_owned());
            let body = json!({ "message": reject.message });
            reply(reject.status, &[id, json, kind], body.to_string())
        }
    }
}

fn asked(call: &Call) -> Result<Value, Reject> {
    aws::authenticate(call, "bedrock")?;
    let unknown = || Reject::new(404, "UnknownOperationException", "Unknown operation");
    let within = call.path.strip_prefix("/prompts/").and_then(|rest| rest.strip_suffix('/'));
    let within = within.filter(|id| !id.contains('/') && call.method == Method::GET);
    let identifier = percent_decode_str(within.ok_or_else(unknown)?).decode_utf8_lossy();
    let version = match call.query.split_once('=') {
        None if call.query.is_empty() => None,
        Some(("promptVersion", version)) => Some(version),
        _ => return Err(invalid("unknown parameter of the query")),
    };
    if version.is_some_and(|version| {
        version != "DRAFT" && (version.len() > 5 || version.parse::<u32>().is_err())
    }) {
        return Err(invalid("promptVersion fails to satisfy its pattern"));
    }
    let id = identifier.rsplit('/').next().unwrap_or_default();
    let is_arn = identifier.starts_with("arn:aws:bedrock:") && identifier.contains(":prompt/");
    if id.len() != 10 || (!is_arn && id != identifier) {
        return Err(invalid("promptIdentifier fails to satisfy its pattern"));
    }
    let version = version.unwrap_or("DRAFT");
    let variant = match (id, version) {
        ("GREETING00", "DRAFT") => text("Hello from the draft, {{name}}."),
        ("GREETING00", "1") => text("Hello, {{name}}."),
        ("GREETING00", "2") => text("Good day, {{ name }}. It is {{day}}."),
        ("CHATTING00", "DRAFT") => chat(&json!({})),
        ("WITHTOOLS0", "DRAFT") => chat(&json!({"toolConfiguration": {"tools": []}})),
        ("THROTTLED0", _) => {
            return Err(Reject::new(429, "ThrottlingException", "Rate exceeded"));
        }
        ("FORBIDDEN0", _) => {
            let message = "User is not authorized to perform: bedrock:GetPrompt";
            return Err(Reject::new(403, "AccessDeniedException", message));
        }
        ("BROKENDOWN", _) => {
            return Err(Reject::new(500, "InternalServerException", "Internal error"));
        }
        _ => {
            let message = "The prompt you requested does not exist.";
            return Err(Reject::new(404, "ResourceNotFoundException", message));
        }
    };
    Ok(json!({
        "arn": format!("arn:aws:bedrock:us-east-1:111122223333:prompt/{id}"),
        "id": id,
        "name": "greeting",
        "version": version,
        "defaultVariant": "best",
        "variants": [variant],
        "createdAt": "2026-11-01T00:00:00Z",
        "updatedAt": "2026-11-01T00:00:00Z",
    }))
}

fn text(text: &str) -> Value {
    let names = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    let inputs: Vec<Value> = names.map(|(name, _)| json!({"name": name.trim()})).collect();
    json!({
        "name": "best",
        "templateType": "TEXT",
        "templateConfiguration": {"text": {"text": text, "inputVariables": inputs}},
        "modelId": "model-of-bedrock",
        "inferenceConfiguration":
            {"text": {"temperature": 0.5, "topP": 0.75, "maxTokens": 50, "stopSequences": []}},
    })
}

fn chat(more: &Value) -> Value {
    let mut chat = json!({
        "system": [{"text": "Be {{how}}."}],
        "messages": [
            {"role": "user", "content": [{"text": "I am {{name}}."}]},
            {"role": "assistant", "content": [{"text": "Hello, {{name}}."}]},
        ],
        "inputVariables": [{"name": "how"}, {"name": "name"}],
    });
    if let (Some(chat), Some(more)) = (chat.as_object_mut(), more.as_object()) {
        chat.extend(more.clone());
    }
    json!({
        "name": "best",
        "templateType": "CHAT",
        "templateConfiguration": {"chat": chat},
        "modelId": "model-of-bedrock",
        "inferenceConfiguration": {"text": {"maxTokens": 60, "stopSequences": ["END"]}},
    })
}

fn invalid(message: &str) -> Reject {
    Reject::new(400, "ValidationException", message)
}
