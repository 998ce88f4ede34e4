//! `text` and `reasoning`, both ways, and what goes without saying.

use serde_json::{Map, Value, json};

use super::losses::Losses;
use crate::{
    Fault,
    canon::{Effort, Format, Thinking},
    dialect::openai_chat::field::{self, Fields},
};

/// Whether a field says what leaving it out says, too.
pub(super) fn says_nothing(name: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => name != "store",
        Value::String(word) => name == "truncation" && word == "disabled",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Number(number) => name == "top_logprobs" && number.as_u64() == Some(0),
        Value::Bool(true) => false,
    }
}

/// Reads `text.format`; what else `text` says stays for a provider of this dialect.
pub(super) fn decode_format(fields: &mut Fields) -> Result<Format, Fault> {
    const FORMATS: [&str; 3] = ["json_object", "json_schema", "text"];
    let Some(mut text) = fields.object("text")? else { return Ok(Format::Text) };
    let format = match text.object("format")? {
        None => Format::Text,
        Some(mut format) => {
            let kind = format.require_string("type")?;
            match kind.as_str() {
                "text" => Format::Text,
                "json_object" => Format::JsonObject,
                "json_schema" => Format::JsonSchema {
                    name: format.require_string("name")?,
                    description: format.string("description")?,
                    schema: {
                        let path = format.path("schema");
                        let schema = Fields::of(format.require("schema")?, path)?;
                        Value::Object(schema.rest())
                    },
                    strict: format.boolean("strict")?,
                },
                other => return Err(field::wrong_value(&format.path("type"), other, &FORMATS)),
            }
        }
    };
    keep(fields, "text", text);
    Ok(format)
}

/// Reads `reasoning.effort`; what else `reasoning` says stays.
pub(super) fn decode_thinking(fields: &mut Fields) -> Result<Option<Thinking>, Fault> {
    const LEVELS: [&str; 6] = ["none", "minimal", "low", "medium", "high", "xhigh"];
    let Some(mut reasoning) = fields.object("reasoning")? else { return Ok(None) };
    let effort = reasoning.string("effort")?;
    keep(fields, "reasoning", reasoning);
    Ok(match effort.as_deref() {
        None => None,
        Some("none") => Some(Thinking::Off),
        Some("minimal") => Some(Thinking::Effort(Effort::Minimal)),
        Some("low") => Some(Thinking::Effort(Effort::Low)),
        Some("medium") => Some(Thinking::Effort(Effort::Medium)),
        Some("high") => Some(Thinking::Effort(Effort::High)),
        Some("xhigh" | "max") => Some(Thinking::Effort(Effort::Max)),
        Some(other) => return Err(field::wrong_value("reasoning.effort", other, &LEVELS)),
    })
}

fn keep(fields: &mut Fields, name: &str, rest: Fields) {
    let mut rest = rest.rest();
    rest.retain(|_, value| !value.is_null());
    if !rest.is_empty() {
        fields.restore(name, Value::Object(rest));
    }
}

/// Writes `text.format`.
pub(super) fn encode_format(format: &Format, body: &mut Map<String, Value>) {
    let value = match format {
        Format::Text => return,
        Format::JsonObject => json!({"type": "json_object"}),
        Format::JsonSchema { name, description, schema, strict } => {
            let mut fields = Map::new();
            fields.insert("type".into(), "json_schema".into());
            let name = if name.is_empty() { "response" } else { name };
            fields.insert("name".into(), name.into());
            if let Some(description) = description {
                fields.insert("description".into(), description.as_str().into());
            }
            fields.insert("schema".into(), schema.clone());
            fields.insert("strict".into(), strict.unwrap_or(false).into());
            Value::Object(fields)
        }
    };
    inside(body, "text", "format", value);
}

/// Writes `reasoning.effort`. A budget is said by the level it would buy.
pub(super) fn encode_thinking(
    thinking: Option<&Thinking>,
    losses: &mut Losses,
    body: &mut Map<String, Value>,
) {
    let word = match thinking {
        None | Some(Thinking::Adaptive(None)) => return,
        Some(Thinking::Off) => "none",
        Some(Thinking::Effort(effort) | Thinking::Adaptive(Some(effort))) => match effort {
            Effort::Minimal => "minimal",
            Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
            Effort::Max => "xhigh",
        },
        Some(Thinking::Budget(budget)) => {
            losses.minor("thinking.budget_tokens");
            match budget {
                0..4_096 => "low",
                4_096..16_384 => "medium",
                _ => "high",
            }
        }
    };
    inside(body, "reasoning", "effort", word.into());
}

/// Sets a field of an object of the body, which is made where it is not there.
pub(super) fn inside(body: &mut Map<String, Value>, object: &str, name: &str, value: Value) {
    let entry = body.entry(object).or_insert_with(|| json!({}));
    if let Some(fields) = entry.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}
