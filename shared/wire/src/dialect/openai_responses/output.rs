//! Output items, as answers and streams write them.

use serde_json::{Map, Value, json};

use super::{namespace, seal};
use crate::{canon::Reasoning, dialect::openai_chat::request::arguments};

/// The id of the item at a place of an answer.
pub(super) fn id(prefix: &str, answer: &str, at: usize) -> String {
    format!("{prefix}_{answer}_{at}")
}

/// A message.
pub(super) fn message(id: &str, status: &str, content: &[Value]) -> Value {
    json!({
        "id": id,
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    })
}

/// A part of a message: text.
pub(super) fn text(text: &str, annotations: &[Value]) -> Value {
    json!({"type": "output_text", "annotations": annotations, "logprobs": [], "text": text})
}

/// A part of a message: a refusal.
pub(super) fn refusal(words: &str) -> Value {
    json!({"type": "refusal", "refusal": words})
}

/// A function call; `echo` is the request that offered the function.
pub(super) fn call(
    id: &str,
    status: &str,
    call: (&str, &str, &str),
    echo: &Map<String, Value>,
) -> Value {
    let (call_id, name, given) = call;
    let mut item = json!({
        "id": id,
        "type": "function_call",
        "status": status,
        "arguments": if status == "in_progress" { given } else { arguments(given) },
        "call_id": call_id,
        "name": name,
    });
    if let (Some(fields), Some(namespace)) = (item.as_object_mut(), namespace::of(name, echo)) {
        fields.insert("namespace".into(), namespace.into());
    }
    item
}

/// Reasoning. What is signed or encrypted is always there: a caller who does not want it keeps it
/// unread, and one who needs it cannot ask for it afterwards.
pub(super) fn reasoning(id: &str, reasoning: &Reasoning) -> Value {
    let own = seal::own(reasoning);
    let sealed = match own {
        Some((_, content)) => Some(content.to_owned()),
        None => seal::reasoning(reasoning),
    };
    let id = own.map_or(id, |(id, _)| id);
    let summary: Vec<Value> =
        if reasoning.text.is_empty() { Vec::new() } else { vec![summary(&reasoning.text)] };
    let mut item = json!({"id": id, "type": "reasoning", "summary": summary});
    if let (Some(fields), Some(sealed)) = (item.as_object_mut(), sealed) {
        fields.insert("encrypted_content".into(), sealed.into());
    }
    item
}

/// A part of a reasoning item's summary.
pub(super) fn summary(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

/// A part of another dialect, as reasoning that nobody can read.
pub(super) fn sealed(id: &str, content: &str) -> Value {
    json!({"id": id, "type": "reasoning", "summary": [], "encrypted_content": content})
}
