//! A response around its output: what it repeats of the request, its status, its usage.

use serde_json::{Map, Value, json};

use super::super::usage;
use crate::{Fault, Stamp, canon::Usage, dialect::openai_chat::field};

/// Fields that an answer repeats, with what they say where the request does not.
fn defaults() -> Map<String, Value> {
    let fields = json!({
        "background": false,
        "instructions": null,
        "max_output_tokens": null,
        "max_tool_calls": null,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "prompt_cache_key": null,
        "reasoning": {"effort": null, "summary": null},
        "safety_identifier": null,
        "service_tier": "default",
        "store": true,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "user": null,
        "metadata": {},
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// What the answer to a request repeats of it.
///
/// # Errors
/// A fault of the caller when the body is not a JSON object.
pub fn echo(body: &[u8]) -> Result<Map<String, Value>, Fault> {
    let value: Value = field::parse(body)?;
    let mut fields = field::Fields::of(value, "")?.rest();
    let mut echo = defaults();
    for (name, known) in &mut echo {
        match (fields.shift_remove(name), &mut *known) {
            (None | Some(Value::Null), _) => {}
            (Some(Value::Object(given)), Value::Object(known)) => known.extend(given),
            (Some(value), known) => *known = value,
        }
    }
    if echo.get("service_tier").is_some_and(|tier| tier == "auto") {
        echo.insert("service_tier".into(), "default".into());
    }
    Ok(echo)
}

/// The provider's id where it has this dialect's form, else the gateway's own.
pub(in super::super) fn id(given: Option<&str>, stamp: &Stamp) -> String {
    match given {
        Some(id) if id.starts_with("resp_") => id.to_owned(),
        _ => format!("resp_{}", stamp.id),
    }
}

/// The response of one moment.
#[derive(Debug, Default)]
pub(in super::super) struct Shell<'a> {
    pub(in super::super) id: &'a str,
    pub(in super::super) status: &'a str,
    /// Why it is incomplete.
    pub(in super::super) reason: Option<&'a str>,
    pub(in super::super) error: Option<Value>,
    pub(in super::super) output: Vec<Value>,
    pub(in super::super) usage: Option<&'a Usage>,
    pub(in super::super) service_tier: Option<&'a str>,
}

// === impl Shell ===

impl Shell<'_> {
    /// The response as an object.
    pub(in super::super) fn write(self, stamp: &Stamp) -> Value {
        let mut body = Map::new();
        body.insert("id".into(), self.id.into());
        body.insert("object".into(), "response".into());
        body.insert("created_at".into(), stamp.created.into());
        body.insert("status".into(), self.status.into());
        body.insert("error".into(), self.error.unwrap_or_default());
        let details = self.reason.map(|reason| json!({"reason": reason}));
        body.insert("incomplete_details".into(), details.unwrap_or_default());
        body.insert("model".into(), stamp.model.as_str().into());
        body.insert("output".into(), self.output.into());
        let used = self.usage.map(usage::encode);
        body.insert("usage".into(), used.unwrap_or_default());
        let repeated = if stamp.echo.is_empty() { defaults() } else { stamp.echo.clone() };
        body.extend(repeated);
        if let Some(tier) = self.service_tier {
            body.insert("service_tier".into(), tier.into());
        }
        Value::Object(body)
    }
}
