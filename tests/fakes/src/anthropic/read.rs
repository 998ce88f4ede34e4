//! What a messages request asks for.

use serde_json::{Value, json};

use super::check::{list, text};
use crate::ask::{Ask, Choice, Tool, attachment, strings, text_of};

/// Reads a request that passed the check.
pub(super) fn read(body: &Value) -> Ask {
    let choice = body.get("tool_choice").unwrap_or(&Value::Null);
    let mut ask = Ask {
        model: text(body, "model").to_owned(),
        tools: list(body, "tools").iter().filter_map(tool).collect(),
        choice: match text(choice, "type") {
            "any" => Choice::Any,
            "none" => Choice::None,
            "tool" => Choice::Named(text(choice, "name").to_owned()),
            _ => Choice::Auto,
        },
        single: choice.get("disable_parallel_tool_use") == Some(&Value::Bool(true)),
        schema: ["/output_config/format/schema", "/output_format/schema"]
            .iter()
            .find_map(|path| body.pointer(path).cloned()),
        thinking: body.get("thinking").is_some_and(|want| text(want, "type") != "disabled"),
        cap: body.get("max_tokens").and_then(Value::as_u64),
        stops: strings(list(body, "stop_sequences")),
        length: body.get("system").map_or(0, |system| text_of(system).chars().count()),
        ..Ask::default()
    };
    ask.hear(list(body, "messages"), |ask, block| match text(block, "type") {
        "tool_result" => ask.returned(text_of(block.get("content").unwrap_or(&Value::Null))),
        "image" | "document" => ask.attached.push(attached(block)),
        _ => {}
    });
    ask
}

fn tool(tool: &Value) -> Option<Tool> {
    let schema = tool.get("input_schema").cloned().unwrap_or(json!({"type": "object"}));
    Some(Tool { name: tool.get("name")?.as_str()?.to_owned(), schema })
}

fn attached(block: &Value) -> String {
    let source = block.get("source").unwrap_or(&Value::Null);
    match text(source, "type") {
        "base64" => attachment(text(source, "media_type"), text(source, "data")),
        "text" => format!("text/plain of {} bytes", text(source, "data").len()),
        "url" => format!("{} at {}", text(block, "type"), text(source, "url")),
        other => format!("{} by {other}", text(block, "type")),
    }
}
