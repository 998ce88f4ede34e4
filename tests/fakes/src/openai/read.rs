//! What a chat completions request asks for.

use serde_json::{Value, json};

use super::check::{list, text};
use crate::ask::{Ask, Choice, Tool, attachment, text_of};

/// Reads a request that passed the check.
pub(crate) fn read(body: &Value) -> Ask {
    let messages = list(body, "messages");
    let effort = body.get("reasoning_effort").and_then(Value::as_str);
    let mut ask = Ask {
        model: text(body, "model").to_owned(),
        tools: list(body, "tools").iter().filter_map(tool).collect(),
        choice: choice(body.get("tool_choice")),
        single: body.get("parallel_tool_calls") == Some(&Value::Bool(false)),
        schema: schema(body),
        thinking: effort.is_some_and(|effort| effort != "none"),
        cap: ["max_completion_tokens", "max_tokens"]
            .iter()
            .find_map(|name| body.get(name).and_then(Value::as_u64)),
        tier: body.get("service_tier").and_then(Value::as_str).map(str::to_owned),
        stops: match body.get("stop") {
            Some(Value::String(stop)) => vec![stop.clone()],
            _ => list(body, "stop").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        },
        ..Ask::default()
    };
    for message in messages {
        let content = message.get("content").unwrap_or(&Value::Null);
        let said = text_of(content);
        ask.length += said.chars().count();
        match text(message, "role") {
            "assistant" => {
                ask.results.clear();
                ask.length += list(message, "tool_calls")
                    .iter()
                    .filter_map(|call| call.pointer("/function/arguments")?.as_str())
                    .map(|arguments| arguments.chars().count())
                    .sum::<usize>();
            }
            "tool" => ask.results.push(said),
            "user" => {
                ask.attached = list(message, "content").iter().filter_map(attached).collect();
                if !said.is_empty() {
                    ask.prompt = said;
                }
            }
            _ => {}
        }
    }
    ask
}

fn tool(tool: &Value) -> Option<Tool> {
    let function = tool.get("function")?;
    Some(Tool {
        name: text(function, "name").to_owned(),
        schema: function.get("parameters").cloned().unwrap_or(json!({"type": "object"})),
    })
}

fn choice(choice: Option<&Value>) -> Choice {
    match choice {
        Some(Value::String(word)) if word == "none" => Choice::None,
        Some(Value::String(word)) if word == "required" => Choice::Any,
        Some(other) => other
            .pointer("/function/name")
            .and_then(Value::as_str)
            .map_or(Choice::Auto, |name| Choice::Named(name.to_owned())),
        None => Choice::Auto,
    }
}

fn schema(body: &Value) -> Option<Value> {
    let format = body.get("response_format")?;
    match text(format, "type") {
        "json_schema" => format.pointer("/json_schema/schema").cloned(),
        "json_object" => Some(json!({"properties": {"answer": {"type": "string"}}})),
        _ => None,
    }
}

fn attached(part: &Value) -> Option<String> {
    if let Some(url) = part.pointer("/image_url/url").and_then(Value::as_str) {
        let data = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
        return Some(
            data.map_or_else(|| format!("image at {url}"), |(kind, data)| attachment(kind, data)),
        );
    }
    if let Some(audio) = part.get("input_audio") {
        return Some(attachment(&format!("audio/{}", text(audio, "format")), text(audio, "data")));
    }
    let file = part.get("file")?;
    let data = text(file, "file_data").strip_prefix("data:")?.split_once(";base64,")?;
    Some(attachment(data.0, data.1))
}
