//! Turns to input items.

use serde_json::{Value, json};

use super::{super::seal, losses::Losses, media};
use crate::{
    Dialect,
    canon::{Part, Reasoning, Role, ToolResult, Turn},
    dialect::openai_chat::request::arguments,
};

/// Items being put together.
#[derive(Debug, Default)]
pub(super) struct Items {
    items: Vec<Value>,
    /// Content of the message that has not been written yet.
    content: Vec<Value>,
}

// === impl Items ===

impl Items {
    /// Instructions at the head: their text, or (where they are more than text) a message.
    pub(super) fn system(&mut self, parts: &[Part], losses: &mut Losses) -> Option<String> {
        let mut texts = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            match part {
                Part::Text { text, .. } => texts.push(text.as_str()),
                Part::CachePoint(_) => losses.minor("cache_control"),
                Part::Reasoning(_) => losses.minor(format!("system[{at}]")),
                _ => {
                    for (at, part) in parts.iter().enumerate() {
                        let path = format!("system[{at}]");
                        media::part(part, &path, false, losses, &mut self.content);
                    }
                    self.close("developer");
                    return None;
                }
            }
        }
        Some(texts.join("\n\n"))
    }

    /// Writes one turn.
    pub(super) fn turn(&mut self, at: usize, turn: &Turn, losses: &mut Losses) {
        let path = format!("input[{at}]");
        if turn.name.is_some() {
            losses.minor(format!("{path}.name"));
        }
        let role = match turn.role {
            Role::System => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        for (place, part) in turn.parts.iter().enumerate() {
            let path = format!("{path}.content[{place}]");
            match part {
                Part::ToolCall(call) => {
                    self.close(role);
                    self.items.push(json!({
                        "type": "function_call",
                        "call_id": call.id,
                        "name": call.name,
                        "arguments": arguments(&call.arguments),
                    }));
                }
                Part::ToolResult(result) => {
                    self.close(role);
                    self.items.push(output(result, &path, losses));
                }
                Part::Reasoning(reasoning) => {
                    self.close(role);
                    match thought(reasoning) {
                        Some(item) => self.items.push(item),
                        // Unsigned thoughts, and those that another provider signed.
                        None => losses.minor(path),
                    }
                }
                Part::Opaque { dialect: Dialect::OpenAiResponses, value } if is_item(value) => {
                    self.close(role);
                    self.items.push(value.clone());
                }
                _ => {
                    let said = turn.role == Role::Assistant;
                    media::part(part, &path, said, losses, &mut self.content);
                }
            }
        }
        self.close(role);
    }

    fn close(&mut self, role: &str) {
        if !self.content.is_empty() {
            let content = std::mem::take(&mut self.content);
            self.items.push(json!({"type": "message", "role": role, "content": content}));
        }
    }

    pub(super) fn into_inner(self) -> Vec<Value> {
        self.items
    }
}

/// An item that stands by itself, not a part of a message.
fn is_item(value: &Value) -> bool {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    !kind.starts_with("input_")
}

fn thought(reasoning: &Reasoning) -> Option<Value> {
    let (id, content) = seal::own(reasoning)?;
    let summary = if reasoning.text.is_empty() {
        json!([])
    } else {
        json!([{"type": "summary_text", "text": reasoning.text}])
    };
    let mut item = json!({"type": "reasoning", "summary": summary, "encrypted_content": content});
    if let (Some(fields), false) = (item.as_object_mut(), id.is_empty()) {
        fields.insert("id".into(), id.into());
    }
    Some(item)
}

fn output(result: &ToolResult, path: &str, losses: &mut Losses) -> Value {
    let mut content = Vec::new();
    for (at, part) in result.parts.iter().enumerate() {
        match part {
            // A result in another shape is JSON, and says what it says as text.
            Part::Opaque { dialect, value } if *dialect != Dialect::OpenAiResponses => {
                let json =
                    value.get("json").filter(|_| value.as_object().is_some_and(|o| o.len() == 1));
                let text = json.unwrap_or(value).to_string();
                content.push(json!({"type": "input_text", "text": text}));
            }
            _ => media::part(part, &format!("{path}.content[{at}]"), false, losses, &mut content),
        }
    }
    if result.is_error {
        losses.minor(format!("{path}.is_error"));
    }
    let output = match content.as_mut_slice() {
        [] => Value::String(String::new()),
        [one] if one.get("type").is_some_and(|kind| kind == "input_text") => {
            one.get_mut("text").map(Value::take).unwrap_or_default()
        }
        _ => Value::Array(content),
    };
    json!({"type": "function_call_output", "call_id": result.call_id, "output": output})
}
