//! What a responses request asks for.

use serde_json::{Value, json};

use super::super::check::{list, text};
use crate::ask::{Ask, Choice, Tool, attachment, text_of};

/// The items of the input; a text is a message of the user's.
pub(super) fn items(body: &Value) -> Vec<Value> {
    match body.get("input") {
        Some(Value::String(text)) => vec![json!({"role": "user", "content": text})],
        Some(Value::Array(items)) => items.clone(),
        _ => Vec::new(),
    }
}

/// Reads a request that passed the check.
pub(super) fn read(body: &Value, items: &[Value]) -> Ask {
    let effort = body.pointer("/reasoning/effort").and_then(Value::as_str);
    let mut ask = Ask {
        model: text(body, "model").to_owned(),
        tools: list(body, "tools").iter().filter_map(tool).collect(),
        choice: choice(body.get("tool_choice")),
        single: body.get("parallel_tool_calls") == Some(&Value::Bool(false)),
        schema: schema(body),
        cap: body.get("max_output_tokens").and_then(Value::as_u64),
        thinking: effort.is_some_and(|effort| effort != "none"),
        length: text(body, "instructions").chars().count(),
        ..Ask::default()
    };
    for item in items {
        let content = item.get("content").unwrap_or(&Value::Null);
        let said = text_of(content);
        ask.length += said.chars().count();
        match (text(item, "type"), text(item, "role")) {
            ("" | "message", "user") => {
                ask.attached = list(item, "content").iter().filter_map(attached).collect();
                if !said.is_empty() {
                    ask.prompt = said;
                }
            }
            ("" | "message", "assistant") => ask.results.clear(),
            ("function_call", _) => {
                ask.results.clear();
                ask.length += text(item, "arguments").chars().count();
            }
            ("function_call_output", _) => {
                ask.results.push(text_of(item.get("output").unwrap_or(&Value::Null)));
            }
            _ => {}
        }
    }
    ask
}

fn tool(tool: &Value) -> Option<Tool> {
    (text(tool, "type") == "function").then(|| Tool {
        name: text(tool, "name").to_owned(),
        schema: tool.get("parameters").cloned().unwrap_or(json!({"type": "object"})),
    })
}

fn choice(choice: Option<&Value>) -> Choice {
    match choice {
        Some(Value::String(word)) if word == "none" => Choice::None,
        Some(Value::String(word)) if word == "required" => Choice::Any,
        Some(Value::Object(fields)) => match fields.get("name").and_then(Value::as_str) {
            Some(name) => Choice::Named(name.to_owned()),
            None if fields.get("mode").is_some_and(|mode| mode == "required") => Choice::Any,
            None => Choice::Auto,
        },
        _ => Choice::Auto,
    }
}

fn schema(body: &Value) -> Option<Value> {
    let format = body.pointer("/text/format")?;
    match text(format, "type") {
        "json_schema" => format.get("schema").cloned(),
        "json_object" => Some(json!({"properties": {"answer": {"type": "string"}}})),
        _ => None,
    }
}

fn attached(part: &Value) -> Option<String> {
    let inline = |url: &str| {
        let (kind, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
        Some(attachment(kind, data))
    };
    match text(part, "type") {
        "input_image" => {
            let url = text(part, "image_url");
            Some(inline(url).unwrap_or_else(|| format!("image at {url}")))
        }
        "input_file" => {
            let url = text(part, "file_url");
            inline(text(part, "file_data")).or_else(|| Some(format!("file at {url}")))
        }
        _ => None,
    }
}
