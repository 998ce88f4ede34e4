//! The canonical answer to a caller's body.

use serde_json::{Map, Value, json};

use super::{
    super::{citation, finish, request::arguments, usage},
    decode::seen,
};
use crate::{
    Dialect, Stamp,
    canon::{Data, Image, Part, Reasoning, Response},
    dialect::Signer,
};

/// A message being put together.
#[derive(Debug, Default)]
struct Message {
    content: String,
    /// Characters of `content`, which annotations count by.
    characters: u64,
    refusal: String,
    reasoning: String,
    thinking_blocks: Vec<Value>,
    calls: Vec<Value>,
    annotations: Vec<Value>,
    /// LiteLLM's: a list for each text that has any.
    citations: Vec<Value>,
    images: Vec<Value>,
    audio: Option<Value>,
    /// Parts of another dialect's own kind.
    foreign: Vec<Value>,
}

pub(crate) fn encode(response: &Response, stamp: &Stamp) -> Vec<u8> {
    let mut message = Message::default();
    for part in &response.parts {
        message.part(part);
    }
    let finish = finish::encode(&response.finish, seen(&response.parts));
    let mut body = json!({
        "id": id(response.id.as_deref(), stamp),
        "object": "chat.completion",
        "created": stamp.created,
        "model": stamp.model,
        "choices": [{
            "index": 0,
            "message": message.into_value(),
            "logprobs": null,
            "finish_reason": finish,
        }],
    });
    if let Some(sequence) = &response.stop_sequence
        && let Some(choice) = body.pointer_mut("/choices/0").and_then(Value::as_object_mut)
    {
        choice.insert("stop_reason".into(), sequence.as_str().into());
    }
    if let Some(fields) = body.as_object_mut() {
        if let Some(used) = &response.usage {
            fields.insert("usage".into(), usage::encode(used));
        }
        for name in ["service_tier", "system_fingerprint"] {
            if let Some(value @ Value::String(_)) = response.extras.get(name) {
                fields.insert(name.into(), value.clone());
            }
        }
        if let Some(tier) = Dialect::OpenAiChat.tier(response.usage.as_ref()) {
            fields.entry("service_tier").or_insert_with(|| tier.into());
        }
    }
    // A tree of strings and numbers always serialises.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The provider's id where it has this dialect's form, else the gateway's own.
pub(in crate::dialect::openai_chat) fn id(given: Option<&str>, stamp: &Stamp) -> String {
    match given {
        Some(id) if id.starts_with("chatcmpl-") => id.to_owned(),
        _ => format!("chatcmpl-{}", stamp.id),
    }
}

// === impl Message ===

impl Message {
    fn part(&mut self, part: &Part) {
        match part {
            Part::Text { text, citations } => self.text(text, citations),
            Part::Refusal(words) => self.refusal.push_str(words),
            Part::Reasoning(reasoning) => self.reason(reasoning),
            Part::ToolCall(call) => self.calls.push(json!({
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": arguments(&call.arguments)},
            })),
            Part::Image(image) => self.images.extend(shown(image)),
            Part::Opaque { dialect: Dialect::OpenAiChat, value } => match value.get("audio") {
                Some(audio) => self.audio = Some(audio.clone()),
                None => self.calls.push(value.clone()),
            },
            Part::Opaque { value, .. } => self.foreign.push(value.clone()),
            Part::Document(_)
            | Part::SearchResult(_)
            | Part::ToolResult(_)
            | Part::CachePoint(_) => {}
        }
    }

    fn text(&mut self, text: &str, citations: &[Value]) {
        let before = self.characters;
        let characters = text.chars().count() as u64;
        self.content.push_str(text);
        self.characters = before.saturating_add(characters);
        let annotations =
            citations.iter().filter_map(|cited| citation::annotation(cited, before, characters));
        self.annotations.extend(annotations);
        let mut specific: Vec<Value> = citations.iter().filter_map(citation::specific).collect();
        for fields in specific.iter_mut().filter_map(Value::as_object_mut) {
            fields.insert("supported_text".into(), text.into());
        }
        if !specific.is_empty() {
            self.citations.push(specific.into());
        }
    }

    fn reason(&mut self, reasoning: &Reasoning) {
        self.reasoning.push_str(&reasoning.text);
        if let Some(data) = &reasoning.redacted {
            self.thinking_blocks.push(json!({"type": "redacted_thinking", "data": data}));
        } else if let Some(signature) = &reasoning.signature {
            let signature = Signer::Anthropic.tell(signature);
            self.thinking_blocks.push(json!({
                "type": "thinking", "thinking": reasoning.text, "signature": signature,
            }));
        }
    }

    fn into_value(self) -> Value {
        let mut out = Map::new();
        out.insert("role".into(), "assistant".into());
        let beside = !self.calls.is_empty() || !self.refusal.is_empty() || self.audio.is_some();
        let content =
            if self.content.is_empty() && beside { Value::Null } else { self.content.into() };
        out.insert("content".into(), content);
        let refusal = if self.refusal.is_empty() { Value::Null } else { self.refusal.into() };
        out.insert("refusal".into(), refusal);
        if !self.reasoning.is_empty() {
            out.insert("reasoning_content".into(), self.reasoning.into());
        }
        let mut specific = Map::new();
        for (name, list) in [("citations", self.citations), ("content_blocks", self.foreign)] {
            if !list.is_empty() {
                specific.insert(name.into(), list.into());
            }
        }
        let lists = [
            ("thinking_blocks", self.thinking_blocks),
            ("annotations", self.annotations),
            ("images", self.images),
            ("tool_calls", self.calls),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                out.insert(name.into(), list.into());
            }
        }
        if let Some(audio) = self.audio {
            out.insert("audio".into(), audio);
        }
        if !specific.is_empty() {
            out.insert("provider_specific_fields".into(), specific.into());
        }
        Value::Object(out)
    }
}

/// A picture that the model made.
pub(in crate::dialect::openai_chat) fn shown(image: &Image) -> Option<Value> {
    let url = match &image.data {
        Data::Base64 { media_type, base64 } => format!("data:{media_type};base64,{base64}"),
        Data::Url(url) => url.clone(),
        Data::S3 { uri, .. } => uri.clone(),
        Data::File(_) | Data::Text(_) | Data::Chunks(_) => return None,
    };
    Some(json!({"type": "image_url", "image_url": {"url": url}}))
}
