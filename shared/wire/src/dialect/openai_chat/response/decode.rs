//! A provider's body to the canonical answer. Only the first choice is read: several are asked for
//! only where the bytes pass as they are.

use serde_json::{Map, Value};

use super::super::{
    finish::{self, Seen},
    usage,
};
use crate::{
    Dialect, Fault, FaultKind, Verbatim,
    canon::{Data, Finish, Image, Part, Reasoning, Response, ToolCall},
    dialect::Signer,
};

pub(crate) fn decode(body: &[u8]) -> Result<Response, Fault> {
    let value: Value = serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))?;
    let Value::Object(mut fields) = value else { return Err(invalid("not an object")) };
    if fields.get("error").is_some_and(|error| !error.is_null()) {
        // Some servers answer 200 with an error inside.
        return Err(super::super::error::decode_event(body));
    }
    let Some(Value::Array(mut choices)) = fields.shift_remove("choices") else {
        return Err(invalid("no choices"));
    };
    if choices.is_empty() {
        return Err(invalid("no choices"));
    }
    let Value::Object(mut choice) = choices.remove(0) else {
        return Err(invalid("a choice that is not an object"));
    };
    let Some(Value::Object(message)) = choice.shift_remove("message") else {
        return Err(invalid("a choice without a message"));
    };
    let parts = parts(message)?;
    let seen = seen(&parts);
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    // vLLM's word for the sequence that ended the answer; for a token it is its number.
    let stop_sequence = text(choice.shift_remove("stop_reason"));
    let response = Response {
        id: text(fields.shift_remove("id")),
        model: text(fields.shift_remove("model")),
        parts,
        finish: match choice.get("finish_reason").and_then(Value::as_str) {
            Some("stop") if stop_sequence.is_some() => Finish::StopSequence,
            Some(reason) => finish::decode(reason, seen),
            None => finish::ended(seen),
        },
        stop_sequence,
        usage: fields
            .shift_remove("usage")
            .and_then(|usage| usage::decode(Verbatim::from(&usage)))
            .map(|usage| usage.served(fields.get("service_tier"))),
        extras: Map::new(),
    };
    fields.shift_remove("object");
    fields.shift_remove("created");
    fields.retain(|_, value| !value.is_null());
    for known in ["index", "finish_reason"] {
        choice.shift_remove(known);
    }
    fields.extend(choice.into_iter().filter(|(_, value)| !value.is_null()));
    if !choices.is_empty() {
        fields.insert("choices".to_owned(), choices.into());
    }
    Ok(Response { extras: fields, ..response })
}

pub(super) fn seen(parts: &[Part]) -> Seen {
    Seen {
        tools: parts.iter().any(is_call),
        refusal: parts.iter().any(|part| matches!(part, Part::Refusal(_))),
    }
}

/// A call that the caller must answer.
fn is_call(part: &Part) -> bool {
    match part {
        Part::ToolCall(_) => true,
        Part::Opaque { value, .. } => value.get("type").is_some_and(|kind| kind == "custom"),
        _ => false,
    }
}

fn invalid(detail: &str) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider sent an answer that is not valid.")
        .with_detail(format!("chat completion: {detail}"))
}

/// Reasoning, text, refusal, pictures, audio, then calls.
fn parts(mut message: Map<String, Value>) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::new();
    let mut text = |name: &str| match message.shift_remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let reasoning = text("reasoning_content").or_else(|| text("reasoning"));
    let refusal = text("refusal");
    reason(message.shift_remove("thinking_blocks"), reasoning, &mut parts);
    match message.shift_remove("content") {
        Some(Value::String(text)) if !text.is_empty() => {
            let citations = match message.shift_remove("annotations") {
                Some(Value::Array(annotations)) => annotations,
                _ => Vec::new(),
            };
            parts.push(Part::Text { text, citations });
        }
        Some(Value::Array(items)) => {
            for piece in pieces(&items) {
                parts.push(match piece {
                    Piece::Text(text) => Part::text(text),
                    Piece::Reasoning(text) => {
                        Part::Reasoning(Reasoning { text, ..Reasoning::default() })
                    }
                });
            }
        }
        _ => {}
    }
    parts.extend(refusal.map(Part::Refusal));
    if let Some(Value::Array(images)) = message.shift_remove("images") {
        parts.extend(images.iter().filter_map(picture).map(Part::Image));
    }
    if let Some(audio) = message.shift_remove("audio").filter(|audio| !audio.is_null()) {
        let value = serde_json::json!({"type": "audio", "audio": audio});
        parts.push(Part::Opaque { dialect: Dialect::OpenAiChat, value });
    }
    if let Some(Value::Array(calls)) = message.shift_remove("tool_calls") {
        for (at, call) in calls.into_iter().enumerate() {
            parts.push(tool_call(at, call)?);
        }
    }
    if let Some(call) = message.shift_remove("function_call").filter(|call| !call.is_null()) {
        parts.push(function(&call, "call_function_0".to_owned())?);
    }
    Ok(parts)
}

/// LiteLLM's `thinking_blocks` are the same reasoning as the text, with signatures.
fn reason(blocks: Option<Value>, text: Option<String>, parts: &mut Vec<Part>) {
    if let Some(Value::Array(blocks)) = blocks {
        for block in &blocks {
            let word = |name: &str| block.get(name).and_then(Value::as_str).map(str::to_owned);
            parts.push(Part::Reasoning(Reasoning {
                text: word("thinking").unwrap_or_default(),
                signature: word("signature")
                    .filter(|signature| !signature.is_empty())
                    .map(|signature| Signer::Anthropic.name(signature)),
                redacted: word("data"),
            }));
        }
    }
    if parts.is_empty()
        && let Some(text) = text
    {
        parts.push(Part::Reasoning(Reasoning { text, ..Reasoning::default() }));
    }
}

/// A piece of content that is written as a list (Mistral's reasoning models do).
#[derive(Debug)]
pub(in crate::dialect::openai_chat) enum Piece {
    /// Text of the answer.
    Text(String),
    /// Text of the reasoning.
    Reasoning(String),
}

/// Reads a list of `{"type": "text"}` and `{"type": "thinking", "thinking": [...]}`.
pub(in crate::dialect::openai_chat) fn pieces(items: &[Value]) -> Vec<Piece> {
    let mut out = Vec::new();
    for item in items {
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        match text("type") {
            "thinking" => match item.get("thinking") {
                Some(Value::Array(inner)) => {
                    let inner = inner.iter().filter_map(|part| part.get("text")?.as_str());
                    out.push(Piece::Reasoning(inner.collect()));
                }
                _ => out.push(Piece::Reasoning(text("thinking").to_owned())),
            },
            _ => out.push(Piece::Text(text("text").to_owned())),
        }
    }
    out.retain(|piece| match piece {
        Piece::Text(text) | Piece::Reasoning(text) => !text.is_empty(),
    });
    out
}

/// A picture that the model made (OpenRouter's and LiteLLM's `images`).
pub(in crate::dialect::openai_chat) fn picture(image: &Value) -> Option<Image> {
    let url = image.get("image_url")?.get("url")?.as_str()?;
    let data = match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((media_type, base64)) => {
            Data::Base64 { media_type: media_type.to_owned(), base64: base64.to_owned() }
        }
        None => Data::Url(url.to_owned()),
    };
    Some(Image { data, detail: None })
}

fn tool_call(at: usize, mut call: Value) -> Result<Part, Fault> {
    let id = match call.get("id").and_then(Value::as_str) {
        Some(id) if !id.is_empty() => id.to_owned(),
        _ => format!("call_{at}"),
    };
    match call.get_mut("function").map(Value::take) {
        Some(inner) => function(&inner, id),
        None => Ok(Part::Opaque { dialect: Dialect::OpenAiChat, value: call }),
    }
}

fn function(inner: &Value, id: String) -> Result<Part, Fault> {
    let name = inner.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let Some(name) = name else { return Err(invalid("a tool call without a name")) };
    let arguments = match inner.get("arguments") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        // Some servers give the arguments as JSON, not as its text.
        Some(other) => other.to_string(),
    };
    Ok(Part::ToolCall(ToolCall { id, name: name.to_owned(), arguments }))
}
