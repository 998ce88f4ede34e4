//! What the demo answers.

use serde_json::{Value, json};

use super::{
    request::{Form, Request},
    sample,
};

/// The most words of the user's that are said back.
const ECHO: usize = 20;

/// An answer, not yet written down.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// Tells this answer from others; the same for the same request.
    pub(super) digest: u64,
    pub(super) content: Content,
    pub(super) finish: &'static str,
    pub(super) prompt_tokens: usize,
    pub(super) completion_tokens: usize,
}

/// Text or a tool call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Call { name: String, arguments: String },
}

// === impl Reply ===

impl Reply {
    /// The answer to a request; `body` is its bytes.
    pub(super) fn to(request: &Request, body: &[u8]) -> Self {
        let said = words(&request.said(), ECHO);
        let (content, finish) = match request.tool() {
            Some(tool) => {
                let arguments = sample::value(&tool.parameters, &said).to_string();
                (Content::Call { name: tool.name.clone(), arguments }, "tool_calls")
            }
            None => {
                let (text, finish) = limited(text(request, &said), request);
                (Content::Text(text), finish)
            }
        };
        let completion = match &content {
            Content::Text(text) => text.split_whitespace().count(),
            Content::Call { arguments, .. } => 1 + arguments.split_whitespace().count(),
        };
        Self {
            digest: fnv(body),
            content,
            finish,
            prompt_tokens: request.prompt_tokens(),
            completion_tokens: completion * request.choices(),
        }
    }

    /// The whole answer as a document.
    pub(super) fn document(&self, request: &Request) -> Value {
        let message = match &self.content {
            Content::Text(text) => json!({"role": "assistant", "content": text}),
            Content::Call { name, arguments } => json!({
                "role": "assistant",
                "content": null,
                "tool_calls": [{
                    "id": self.call_id(),
                    "type": "function",
                    "function": {"name": name, "arguments": arguments},
                }],
            }),
        };
        let choices: Vec<Value> = (0..request.choices())
            .map(|index| {
                json!({
                    "index": index,
                    "message": message,
                    "logprobs": null,
                    "finish_reason": self.finish,
                })
            })
            .collect();
        json!({
            "id": self.id(),
            "object": "chat.completion",
            "created": 0,
            "model": request.model,
            "choices": choices,
            "usage": self.usage(),
        })
    }

    pub(super) fn id(&self) -> String {
        format!("chatcmpl-demo-{:016x}", self.digest)
    }

    pub(super) fn call_id(&self) -> String {
        format!("call_demo_{:016x}", self.digest)
    }

    pub(super) fn usage(&self) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        })
    }
}

fn text(request: &Request, said: &str) -> String {
    match (request.form(), request.tool_result()) {
        (Form::Schema(schema), _) => sample::value(schema, said).to_string(),
        (Form::Json, _) => json!({"answer": format!("You said: {said}")}).to_string(),
        (Form::Text, Some(result)) => format!("The tool answered: {}", words(&result, ECHO)),
        (Form::Text, None) => format!("This is the demo model. You said: {said}"),
    }
}

/// Cuts a text at the first stop sequence, and at the cap.
fn limited(mut text: String, request: &Request) -> (String, &'static str) {
    let stops = request.stops().iter().filter(|stop| !stop.is_empty());
    if let Some(at) = stops.filter_map(|stop| text.find(stop.as_str())).min() {
        text.truncate(at);
    }
    match request.cap() {
        Some(cap) if text.split_whitespace().count() > cap => (words(&text, cap), "length"),
        _ => (text, "stop"),
    }
}

/// The first `most` words.
fn words(text: &str, most: usize) -> String {
    text.split_whitespace().take(most).collect::<Vec<_>>().join(" ")
}

/// FNV-1a: the same on every machine and in every version, which std's hashers do not promise.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
