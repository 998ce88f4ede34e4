//! What a converse request asks for.

use serde_json::{Value, json};

use super::check::{list, text};
use crate::ask::{Ask, Choice, Tool, attachment, strings, text_of};

/// Reads a request that passed the check.
pub(super) fn read(model: &str, body: &Value) -> Ask {
    let config = body.get("toolConfig").unwrap_or(&Value::Null);
    let inference = body.get("inferenceConfig").unwrap_or(&Value::Null);
    let choice = config.get("toolChoice").unwrap_or(&Value::Null);
    let extra = body.get("additionalModelRequestFields").unwrap_or(&Value::Null);
    let mut ask = Ask {
        model: model.to_owned(),
        tools: list(config, "tools").iter().filter_map(tool).collect(),
        choice: match choice.pointer("/tool/name").and_then(Value::as_str) {
            Some(name) => Choice::Named(name.to_owned()),
            None if choice.get("any").is_some() => Choice::Any,
            None => Choice::Auto,
        },
        single: extra.pointer("/tool_choice/disable_parallel_tool_use") == Some(&Value::Bool(true)),
        schema: body
            .pointer("/outputConfig/textFormat/structure/jsonSchema/schema")
            .and_then(Value::as_str)
            .and_then(|schema| serde_json::from_str(schema).ok()),
        thinking: ["thinking", "reasoning_config"]
            .iter()
            .any(|name| extra.get(name).is_some_and(|want| text(want, "type") != "disabled")),
        cap: inference.get("maxTokens").and_then(Value::as_u64),
        stops: strings(list(inference, "stopSequences")),
        length: body.get("system").map_or(0, |system| text_of(system).chars().count()),
        ..Ask::default()
    };
    ask.hear(list(body, "messages"), |ask, block| {
        if let Some(result) = block.get("toolResult") {
            ask.returned(returned(result));
        }
        ask.attached.extend(attached(block));
    });
    ask
}

fn tool(tool: &Value) -> Option<Tool> {
    let spec = tool.get("toolSpec")?;
    let schema = spec.pointer("/inputSchema/json").cloned().unwrap_or(json!({"type": "object"}));
    Some(Tool { name: text(spec, "name").to_owned(), schema })
}

fn returned(result: &Value) -> String {
    let pieces: Vec<String> = list(result, "content")
        .iter()
        .filter_map(|part| match part.get("json") {
            Some(json) => Some(json.to_string()),
            None => part.get("text").and_then(Value::as_str).map(str::to_owned),
        })
        .collect();
    pieces.join("\n")
}

fn attached(block: &Value) -> Option<String> {
    let (kind, part) =
        ["image", "document"].iter().find_map(|kind| Some((*kind, block.get(kind)?)))?;
    let format = text(part, "format");
    let kind = match (kind, format) {
        ("image", format) => format!("image/{format}"),
        (_, "pdf") => "application/pdf".to_owned(),
        (_, "txt") => "text/plain".to_owned(),
        (_, format) => format!("document/{format}"),
    };
    let source = part.get("source").unwrap_or(&Value::Null);
    Some(match source.get("bytes").and_then(Value::as_str) {
        Some(bytes) => attachment(&kind, bytes),
        None => match source.get("text").and_then(Value::as_str) {
            Some(words) => format!("text/plain of {} bytes", words.len()),
            None => format!("{kind} elsewhere"),
        },
    })
}
