//! Where the messages of a request and of an answer stand, by dialect.

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use crate::{Dialect, Fault, Fields};

/// As much of a message as says who speaks.
#[derive(Deserialize)]
struct Spoken {
    role: String,
}

/// A list of a request's, as it is written.
pub(crate) fn list(body: &[u8], name: &'static str) -> Result<Vec<Box<RawValue>>, Fault> {
    let Some(fields) = Fields::find(body) else { return Ok(Vec::new()) };
    match fields.get::<Option<Vec<Box<RawValue>>>>(name) {
        Some(list) => Ok(list.unwrap_or_default()),
        None if !fields.has(name) => Ok(Vec::new()),
        None => Err(Fault::invalid(format!("Invalid '{name}': must be a list."), name)),
    }
}

/// Whether a message of OpenAI's is an instruction.
pub(super) fn instructs(message: &RawValue) -> bool {
    let spoken: Option<Spoken> = serde_json::from_str(message.get()).ok();
    spoken.is_some_and(|spoken| matches!(spoken.role.as_str(), "system" | "developer"))
}

/// The message of an answer, as it is said again in the next request; `None` where it says nothing.
pub(super) fn answered(dialect: Dialect, answer: &[u8]) -> Option<Value> {
    let mut answer: Value = serde_json::from_slice(answer).ok()?;
    match dialect {
        Dialect::BedrockConverse => {
            let message = answer.pointer_mut("/output/message")?.take();
            let content = message.get("content")?.as_array()?;
            (!content.is_empty()).then_some(message)
        }
        _ => {
            let message = answer.pointer_mut("/choices/0/message")?.take();
            let Value::Object(mut fields) = message else { return None };
            fields.retain(|name, value| is_said(name, value));
            // A request names the sound by its id.
            if let Some(Value::Object(audio)) = fields.get_mut("audio") {
                audio.retain(|name, _| name == "id");
            }
            says(&fields).then_some(Value::Object(fields))
        }
    }
}

/// What OpenAI's answers have in places where its requests have nothing.
fn is_said(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty() || !matches!(name, "annotations" | "tool_calls"),
        _ => true,
    }
}

fn says(message: &Map<String, Value>) -> bool {
    let words = ["content", "refusal"];
    words.iter().any(|name| message.get(*name).is_some_and(|said| said != ""))
        || ["tool_calls", "function_call", "audio"].iter().any(|name| message.contains_key(*name))
}
