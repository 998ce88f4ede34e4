//! Turns to messages.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::{losses::Losses, marker, media};
use crate::{
    Dialect,
    canon::{Data, Document, Image, Part, Role, ToolResult, Turn},
};

/// Writes the instructions at the head.
pub(super) fn system(parts: &[Part], losses: &mut Losses, out: &mut Vec<Value>) {
    let content = texts(parts, "system", losses);
    if !content.is_empty() {
        out.push(json!({"role": "system", "content": collapse(content)}));
    }
}

/// Writes one turn: a caller's turn with tool results becomes several messages.
pub(super) fn turn(at: usize, turn: &Turn, losses: &mut Losses, out: &mut Vec<Value>) {
    let path = format!("messages[{at}]");
    let message = match turn.role {
        Role::System => {
            let content = texts(&turn.parts, &path, losses);
            Some(json!({"role": "system", "content": collapse(content)}))
        }
        Role::User => user(&turn.parts, &path, losses, out),
        Role::Assistant => Some(assistant(&turn.parts, &path, losses)),
    };
    let Some(mut message) = message else { return };
    if let (Some(name), Some(fields)) = (&turn.name, message.as_object_mut()) {
        fields.insert("name".into(), name.as_str().into());
    }
    out.push(message);
}

/// Tool results come first: the calls they answer stand right before. A tool message has text
/// only, so pictures and documents follow in the caller's own message.
fn user(parts: &[Part], path: &str, losses: &mut Losses, out: &mut Vec<Value>) -> Option<Value> {
    let (mut shown, mut said) = (Vec::new(), Vec::new());
    for (at, part) in parts.iter().enumerate() {
        let path = format!("{path}.content[{at}]");
        match part {
            Part::ToolResult(result) => out.push(tool(result, &path, losses, &mut shown)),
            Part::CachePoint(point) if follows_result(parts, at) => {
                marker::mark_message(out.last_mut(), *point, losses);
            }
            _ => content(part, &path, losses, &mut said),
        }
    }
    let only_results = !parts.is_empty()
        && parts.iter().all(|part| matches!(part, Part::ToolResult(_) | Part::CachePoint(_)));
    shown.append(&mut said);
    if shown.is_empty() && only_results {
        return None;
    }
    Some(json!({"role": "user", "content": collapse(shown)}))
}

fn follows_result(parts: &[Part], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| parts.get(before));
    matches!(before, Some(Part::ToolResult(_)))
}

fn tool(result: &ToolResult, path: &str, losses: &mut Losses, shown: &mut Vec<Value>) -> Value {
    let mut texts = Vec::new();
    for (at, part) in result.parts.iter().enumerate() {
        match part {
            Part::Image(_) | Part::Document(_) => {
                content(part, &format!("{path}.content[{at}]"), losses, shown);
            }
            // A result in another shape is JSON, and says what it says as text.
            Part::Opaque { dialect, value } if *dialect != Dialect::OpenAiChat => {
                let json =
                    value.get("json").filter(|_| value.as_object().is_some_and(|o| o.len() == 1));
                texts.push(json!({"type": "text", "text": json.unwrap_or(value).to_string()}));
            }
            _ => content(part, &format!("{path}.content[{at}]"), losses, &mut texts),
        }
    }
    if result.is_error {
        losses.minor(format!("{path}.is_error"));
    }
    json!({"role": "tool", "tool_call_id": result.call_id, "content": collapse(texts)})
}

fn assistant(parts: &[Part], path: &str, losses: &mut Losses) -> Value {
    let (mut said, mut calls) = (Vec::new(), Vec::new());
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    let (mut reasoning, mut refusal) = (String::new(), String::new());
    for (at, part) in parts.iter().enumerate() {
        let path = format!("{path}.content[{at}]");
        match part {
            Part::ToolCall(call) => calls.push(json!({
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": arguments(&call.arguments)},
            })),
            // Reasoning without a signature is what compatible servers show, and some take it back;
            // OpenAI takes none. Signed or encrypted reasoning is another provider's.
            Part::Reasoning(thought) => {
                let signed = thought.signature.as_ref().is_some_and(|s| !s.is_empty());
                if signed || thought.redacted.is_some() || !losses.habits.thoughts {
                    losses.minor(path);
                } else {
                    reasoning.push_str(&thought.text);
                }
            }
            Part::Refusal(words) => refusal.push_str(words),
            Part::Opaque { dialect: Dialect::OpenAiChat, value } => {
                match (value.get("type").and_then(Value::as_str), value.get("audio")) {
                    (Some("audio"), Some(audio)) => {
                        message.insert("audio".into(), audio.clone());
                    }
                    _ if value.get("id").is_some() => calls.push(value.clone()),
                    _ => said.push(value.clone()),
                }
            }
            Part::Text { .. } | Part::CachePoint(_) => content(part, &path, losses, &mut said),
            _ => losses.meaning(path),
        }
    }
    let content = if said.is_empty()
        && (!calls.is_empty() || message.contains_key("audio") || !refusal.is_empty())
    {
        Value::Null
    } else {
        collapse(said)
    };
    message.insert("content".into(), content);
    if !reasoning.is_empty() {
        message.insert("reasoning_content".into(), reasoning.into());
    }
    if !refusal.is_empty() {
        message.insert("refusal".into(), refusal.into());
    }
    if !calls.is_empty() {
        message.insert("tool_calls".into(), calls.into());
    }
    Value::Object(message)
}

/// A call without arguments: clients and servers parse the text, and nothing is not JSON.
pub(in crate::dialect) fn arguments(text: &str) -> &str {
    if text.trim_ascii().is_empty() { "{}" } else { text }
}

/// Text parts only: instructions have no others.
fn texts(parts: &[Part], path: &str, losses: &mut Losses) -> Vec<Value> {
    let mut out = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let path = format!("{path}.content[{at}]");
        match part {
            Part::Text { .. } | Part::CachePoint(_) | Part::Opaque { .. } => {
                content(part, &path, losses, &mut out);
            }
            _ => losses.meaning(path),
        }
    }
    out
}

/// One part of a message's content.
fn content(part: &Part, path: &str, losses: &mut Losses, out: &mut Vec<Value>) {
    match part {
        Part::Text { text, citations } => {
            if !citations.is_empty() {
                losses.minor(format!("{path}.citations"));
            }
            out.push(json!({"type": "text", "text": text}));
        }
        Part::Image(image) => picture(image, path, losses, out),
        Part::Document(document) => file(document, path, losses, out),
        Part::SearchResult(found) => {
            if found.citations {
                losses.meaning(format!("{path}.citations"));
            }
            out.push(json!({"type": "text", "text": found.plain()}));
        }
        Part::Refusal(words) => out.push(json!({"type": "refusal", "refusal": words})),
        Part::CachePoint(point) => marker::mark(out.last_mut(), *point, losses),
        Part::Opaque { dialect: Dialect::OpenAiChat, value } => out.push(value.clone()),
        Part::Reasoning(_) => losses.minor(path.to_owned()),
        Part::Opaque { .. } | Part::ToolCall(_) | Part::ToolResult(_) => {
            losses.meaning(path.to_owned());
        }
    }
}

fn picture(image: &Image, path: &str, losses: &mut Losses, out: &mut Vec<Value>) {
    let url = match &image.data {
        Data::Base64 { media_type, base64 } => media::data_url(media_type, base64),
        Data::Url(url) => url.clone(),
        Data::S3 { .. } | Data::File(_) | Data::Text(_) | Data::Chunks(_) => {
            return losses.meaning(path.to_owned());
        }
    };
    let mut image_url = json!({"url": url});
    if let (Some(detail), Some(fields)) = (&image.detail, image_url.as_object_mut()) {
        fields.insert("detail".into(), detail.as_str().into());
    }
    out.push(json!({"type": "image_url", "image_url": image_url}));
}

/// Text documents are text; the rest are files, by value or by id.
fn file(document: &Document, path: &str, losses: &mut Losses, out: &mut Vec<Value>) {
    let file = match &document.data {
        Data::Text(_) | Data::Chunks(_) => {
            let text = document.data.inline().unwrap_or_default();
            return inline(document, &text, path, losses, out);
        }
        Data::Base64 { media_type, base64 } => {
            if let Some(text) = readable(media_type, base64) {
                return inline(document, &text, path, losses, out);
            }
            json!({
                "filename": document.name.clone().unwrap_or_else(|| media::name_for(media_type)),
                "file_data": media::data_url(media_type, base64),
            })
        }
        Data::File(id) => json!({"file_id": id}),
        Data::Url(_) | Data::S3 { .. } => return losses.meaning(path.to_owned()),
    };
    if document.citations {
        losses.meaning(format!("{path}.citations"));
    }
    if let Some(context) = &document.context {
        out.push(json!({"type": "text", "text": context}));
    }
    out.push(json!({"type": "file", "file": file}));
}

fn inline(document: &Document, text: &str, path: &str, losses: &mut Losses, out: &mut Vec<Value>) {
    if document.citations {
        losses.meaning(format!("{path}.citations"));
    }
    let heads = [document.name.as_deref(), document.context.as_deref()];
    let lines: Vec<&str> = heads.into_iter().flatten().chain([text]).collect();
    out.push(json!({"type": "text", "text": lines.join("\n")}));
}

fn readable(media_type: &str, base64: &str) -> Option<String> {
    if !media_type.starts_with("text/") {
        return None;
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(base64).ok()?;
    String::from_utf8(bytes).ok()
}

/// Text and nothing else, not even a cache marker.
fn is_plain(part: &Value) -> bool {
    part.get("type").is_some_and(|kind| kind == "text") && part.get("cache_control").is_none()
}

/// Content of one text part is written as a string, which every server understands.
fn collapse(mut parts: Vec<Value>) -> Value {
    match parts.as_mut_slice() {
        [] => Value::String(String::new()),
        [one] if is_plain(one) => one.get_mut("text").map(Value::take).unwrap_or_default(),
        _ => Value::Array(parts),
    }
}
