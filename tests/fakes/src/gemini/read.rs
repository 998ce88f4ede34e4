//! What a request asks for.

use serde_json::{Value, json};

use super::check::{decode, list, text};
use crate::ask::{Ask, Choice, Tool};

/// Reads a request that passed the check.
pub(super) fn read(body: &Value, model: &str) -> Ask {
    let empty = Value::Null;
    let config = body.get("generationConfig").unwrap_or(&empty);
    let choice = body.pointer("/toolConfig/functionCallingConfig").unwrap_or(&empty);
    let names = list(choice, "allowedFunctionNames");
    let thinking = config.get("thinkingConfig").unwrap_or(&empty);
    let system = body.get("systemInstruction").map(said).unwrap_or_default();
    let mut ask = Ask {
        model: model.to_owned(),
        tools: list(body, "tools")
            .iter()
            .flat_map(|tool| list(tool, "functionDeclarations"))
            .map(tool)
            .collect(),
        choice: match (text(choice, "mode"), names) {
            ("NONE", _) => Choice::None,
            ("ANY", [Value::String(name)]) => Choice::Named(name.clone()),
            ("ANY", _) => Choice::Any,
            _ => Choice::Auto,
        },
        schema: ["responseSchema", "responseJsonSchema"]
            .iter()
            .find_map(|name| config.get(*name))
            .map(lowered),
        thinking: !thinking.is_null() && thinking.get("thinkingBudget") != Some(&json!(0)),
        cap: config.get("maxOutputTokens").and_then(Value::as_u64),
        stops: list(config, "stopSequences")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        length: system.chars().count(),
        ..Ask::default()
    };
    for content in list(body, "contents") {
        let words = said(content);
        ask.length += words.chars().count();
        if text(content, "role") == "model" {
            ask.results.clear();
            continue;
        }
        if !words.is_empty() {
            ask.prompt = words;
        }
        ask.attached.clear();
        for part in list(content, "parts") {
            if let Some(result) = part.get("functionResponse") {
                let result = returned(result.get("response").unwrap_or(&empty));
                ask.length += result.chars().count();
                ask.results.push(result);
            } else if let Some(data) = part.get("inlineData") {
                let bytes = decode(text(data, "data")).unwrap_or_default().len();
                ask.attached.push(format!("{} of {bytes} bytes", text(data, "mimeType")));
            } else if let Some(file) = part.get("fileData") {
                ask.attached.push(format!(
                    "{} at {}",
                    text(file, "mimeType"),
                    text(file, "fileUri")
                ));
            }
        }
    }
    ask
}

/// The text of a turn, thoughts aside.
fn said(content: &Value) -> String {
    list(content, "parts")
        .iter()
        .filter(|part| part.get("thought") != Some(&Value::Bool(true)))
        .filter_map(|part| part.get("text").and_then(Value::as_str))
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a tool gave back as a whole, or the object.
fn returned(response: &Value) -> String {
    let only = response.as_object().filter(|all| all.len() == 1);
    let whole = ["output", "result", "error"].iter().find_map(|name| only?.get(*name));
    match whole.unwrap_or(response) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn tool(function: &Value) -> Tool {
    let schema = ["parameters", "parametersJsonSchema"].iter().find_map(|name| function.get(*name));
    Tool {
        name: text(function, "name").to_owned(),
        schema: schema.map_or_else(|| json!({"type": "object"}), lowered),
    }
}

/// Google's types in capitals, as JSON Schema has them.
fn lowered(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                ("type", Value::String(kind)) => (name.clone(), kind.to_lowercase().into()),
                _ => (name.clone(), lowered(value)),
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(list) => list.iter().map(lowered).collect(),
        other => other.clone(),
    }
}
