//! Chats' answers as a completion.

use serde_json::{Map, Value, json};

use super::{Prompt, Request};
use crate::{Fault, FaultKind};

/// Writes the answer: `chats` are chat completions in OpenAI's dialect, one for each prompt.
///
/// # Errors
/// A fault of the provider when one is none.
pub fn encode(request: &Request, chats: &[&[u8]]) -> Result<Vec<u8>, Fault> {
    let mut choices = Vec::new();
    let mut usage: Option<Map<String, Value>> = None;
    let mut first = Map::new();
    for (at, chat) in chats.iter().enumerate() {
        let chat: Map<String, Value> =
            serde_json::from_slice(chat).map_err(|error| broken(&error))?;
        let prompt = match request.prompts.get(at) {
            Some(Prompt::Text(text)) if request.echo => text,
            _ => "",
        };
        for choice in chat.get("choices").and_then(Value::as_array).into_iter().flatten() {
            let said = choice.pointer("/message/content").and_then(Value::as_str);
            choices.push(json!({
                "text": format!("{prompt}{}", said.unwrap_or_default()),
                "index": choices.len(),
                "logprobs": null,
                "finish_reason": choice.get("finish_reason"),
            }));
        }
        if let Some(Value::Object(used)) = chat.get("usage") {
            usage = Some(match usage.take() {
                None => used.clone(),
                Some(sum) => add(sum, used),
            });
        }
        if at == 0 {
            first = chat;
        }
    }
    let mut answer = json!({
        "id": id(first.get("id")),
        "object": "text_completion",
        "created": first.get("created"),
        "model": first.get("model"),
        "choices": choices,
    });
    if let (Some(fields), Some(usage)) = (answer.as_object_mut(), usage) {
        fields.insert("usage".to_owned(), Value::Object(usage));
    }
    Ok(answer.to_string().into_bytes())
}

/// `cmpl-` and the rest of a chat's id.
pub(super) fn id(chat: Option<&Value>) -> String {
    let id = chat.and_then(Value::as_str).unwrap_or_default();
    format!("cmpl-{}", id.strip_prefix("chatcmpl-").unwrap_or(id))
}

/// Counts of two calls; what is no count is that of the first.
fn add(mut sum: Map<String, Value>, more: &Map<String, Value>) -> Map<String, Value> {
    for (name, value) in more {
        match (sum.get_mut(name), value) {
            (Some(Value::Object(own)), Value::Object(more)) => *own = add(own.clone(), more),
            (Some(own), Value::Number(_)) => {
                let both = own.as_u64().zip(value.as_u64());
                if let Some((a, b)) = both {
                    *own = json!(a.saturating_add(b));
                }
            }
            _ => {}
        }
    }
    sum
}

fn broken(error: &serde_json::Error) -> Fault {
    Fault::new(FaultKind::Upstream, "The provider's answer is not what its API promises.")
        .with_status(502)
        .with_detail(error.to_string())
}
