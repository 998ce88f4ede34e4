//! What Anthropic refuses, in its words.

use serde_json::Value;

use super::shape::{BETA, CUSTOM_TOOL, REQUEST};
pub(super) use crate::ask::{list, text};
use crate::{
    answer::signature,
    reject::Reject,
    shape::{What, Wrong},
};

pub(super) fn invalid(message: impl Into<String>) -> Reject {
    Reject::new(400, "invalid_request_error", message)
}

/// What the request's headers say about its body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edition {
    /// `anthropic-version: 2026-10-21`, which took the sampling parameters away and brought system
    /// messages between the others.
    pub(super) latest: bool,
    /// `anthropic-beta` is there.
    pub(super) beta: bool,
}

/// Checks a request's shape, then what the shape cannot say.
pub(super) fn check(body: &Value, edition: Edition) -> Result<(), Reject> {
    let shape = if edition.beta { &BETA } else { &REQUEST };
    shape.check(body).map_err(|wrong| explain(&wrong))?;
    let gone = ["temperature", "top_p", "top_k"].iter().find(|name| body.get(name).is_some());
    if let Some(name) = gone.filter(|_| edition.latest) {
        return Err(invalid(format!("{name}: Extra inputs are not permitted")));
    }
    let system = list(body, "messages").iter().any(|message| text(message, "role") == "system");
    if system && !edition.latest {
        let message = "messages: Unexpected role \"system\". The Messages API accepts a top-level \
                       `system` parameter, not \"system\" as an input message role.";
        return Err(invalid(message));
    }
    limits(body)?;
    tools(body)?;
    let messages = list(body, "messages");
    if messages.is_empty() {
        return Err(invalid("messages: at least one message is required"));
    }
    if messages.first().is_some_and(|message| text(message, "role") != "user") {
        return Err(invalid("messages: first message must use the \"user\" role"));
    }
    let last = messages.len() - 1;
    for (at, message) in messages.iter().enumerate() {
        content(at, message, at == last)?;
    }
    results(messages)?;
    thoughts(body, messages)
}

/// The sentence that Anthropic's validator writes.
fn explain(wrong: &Wrong) -> Reject {
    let path = wrong.dotted();
    invalid(match &wrong.what {
        What::Unknown => format!("{path}: Extra inputs are not permitted"),
        What::Missing => format!("{path}: Field required"),
        What::NotA(kind) => format!("{path}: Input should be a valid {kind}"),
        What::NotOneOf(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            format!("{path}: Input should be {}", words.join(" or "))
        }
        What::Tag(word) => {
            let at = path.trim_end_matches(".type");
            format!(
                "{at}: Input tag '{word}' found using 'type' does not match any of the expected \
                 tags"
            )
        }
        What::NotSingle => format!("{path}: Input should be a valid object"),
    })
}

fn limits(body: &Value) -> Result<(), Reject> {
    let whole = |name: &str| body.get(name).and_then(Value::as_i64);
    if whole("max_tokens").is_some_and(|tokens| tokens < 1) {
        return Err(invalid("max_tokens: must be greater than or equal to 1"));
    }
    for name in ["temperature", "top_p"] {
        if body.get(name).and_then(Value::as_f64).is_some_and(|n| !(0.0..=1.0).contains(&n)) {
            return Err(invalid(format!("{name}: range: 0..1")));
        }
    }
    if list(body, "stop_sequences").iter().any(|stop| stop.as_str().is_some_and(is_blank)) {
        return Err(invalid("stop_sequences: each stop sequence must contain non-whitespace"));
    }
    if let Some(system) = body.get("system").and_then(Value::as_array)
        && system.iter().any(|block| text(block, "text").is_empty())
    {
        return Err(invalid("system: text content blocks must be non-empty"));
    }
    let marks = body.to_string().matches("\"cache_control\":{").count();
    if marks > 4 {
        let message =
            format!("A maximum of 4 blocks with cache_control may be provided. Found {marks}.");
        return Err(invalid(message));
    }
    let thinking = body.get("thinking").unwrap_or(&Value::Null);
    if text(thinking, "type") == "enabled" {
        let budget = thinking.get("budget_tokens").and_then(Value::as_i64).unwrap_or(0);
        if budget < 1024 {
            let message =
                "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
            return Err(invalid(message));
        }
        if whole("max_tokens").is_some_and(|tokens| tokens <= budget) {
            return Err(invalid("`max_tokens` must be greater than `thinking.budget_tokens`."));
        }
    }
    if is_thinking(body) {
        if body.get("temperature").and_then(Value::as_f64).is_some_and(|number| number < 1.0) {
            return Err(invalid("`temperature` may only be set to 1 when thinking is enabled."));
        }
        let forced = body.get("tool_choice").map_or("auto", |choice| text(choice, "type"));
        if ["any", "tool"].contains(&forced) {
            return Err(invalid("Thinking may not be enabled when tool_choice forces tool use."));
        }
    }
    Ok(())
}

fn is_thinking(body: &Value) -> bool {
    body.get("thinking").is_some_and(|thinking| text(thinking, "type") != "disabled")
}

fn tools(body: &Value) -> Result<(), Reject> {
    let tools = list(body, "tools");
    for (at, tool) in tools.iter().enumerate() {
        if tool.get("type").and_then(Value::as_str).is_some_and(|kind| kind != "custom") {
            continue;
        }
        CUSTOM_TOOL.check(tool).map_err(|mut wrong| {
            let head = ["tools".to_owned(), at.to_string(), "custom".to_owned()];
            wrong.path = head.into_iter().chain(wrong.path).collect();
            explain(&wrong)
        })?;
        match tool.pointer("/input_schema/type").and_then(Value::as_str) {
            Some("object") => {}
            Some(_) => {
                let message =
                    format!("tools.{at}.custom.input_schema.type: Input should be 'object'");
                return Err(invalid(message));
            }
            None => {
                return Err(invalid(format!(
                    "tools.{at}.custom.input_schema.type: Field required"
                )));
            }
        }
        if !is_name(text(tool, "name"), 128) {
            return Err(invalid(format!(
                "tools.{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
            )));
        }
    }
    if tools.is_empty() && body.get("tool_choice").is_some() {
        return Err(invalid("tool_choice may only be specified while providing tools"));
    }
    Ok(())
}

fn content(at: usize, message: &Value, last: bool) -> Result<(), Reject> {
    let assistant = text(message, "role") == "assistant";
    match message.get("content") {
        Some(Value::String(words)) if words.is_empty() => {}
        Some(Value::Array(blocks)) if blocks.is_empty() => {}
        Some(Value::String(words)) => {
            if assistant && last && words.ends_with(char::is_whitespace) {
                let message = "messages: final assistant content cannot end with trailing \
                               whitespace";
                return Err(invalid(message));
            }
            return Ok(());
        }
        _ => {
            for (place, block) in list(message, "content").iter().enumerate() {
                if text(block, "type") == "text" && text(block, "text").is_empty() {
                    return Err(invalid("messages: text content blocks must be non-empty"));
                }
                for (kind, name) in [("tool_use", "id"), ("tool_result", "tool_use_id")] {
                    if text(block, "type") == kind && !is_name(text(block, name), usize::MAX) {
                        return Err(invalid(format!(
                            "messages.{at}.content.{place}.{kind}.{name}: String should match \
                             pattern '^[a-zA-Z0-9_-]+$'"
                        )));
                    }
                }
            }
            return Ok(());
        }
    }
    if assistant && last {
        return Ok(());
    }
    Err(invalid(format!(
        "messages.{at}: all messages must have non-empty content except for the optional final \
         assistant message"
    )))
}

/// Every tool use is answered in the very next message, and nothing else is.
fn results(messages: &[Value]) -> Result<(), Reject> {
    let mut asked: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let answered = ids(message, "tool_result", "tool_use_id");
        if let Some(stranger) = answered.iter().find(|id| !asked.contains(id)) {
            return Err(invalid(format!(
                "messages.{at}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: \
                 {stranger}. Each `tool_result` block must have a corresponding `tool_use` block \
                 in the previous message."
            )));
        }
        asked.retain(|id| !answered.contains(id));
        if !asked.is_empty() {
            return Err(invalid(format!(
                "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately \
                 after: {}. Each `tool_use` block must have a corresponding `tool_result` block \
                 in the next message.",
                at - 1,
                asked.join(", ")
            )));
        }
        asked = ids(message, "tool_use", "id");
    }
    if asked.is_empty() {
        return Ok(());
    }
    Err(invalid(format!(
        "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: \
         {}. Each `tool_use` block must have a corresponding `tool_result` block in the next \
         message.",
        messages.len() - 1,
        asked.join(", ")
    )))
}

/// Thoughts come back as they were given, and lead the turn that calls tools.
fn thoughts(body: &Value, messages: &[Value]) -> Result<(), Reject> {
    for (at, message) in messages.iter().enumerate() {
        for (place, block) in list(message, "content").iter().enumerate() {
            if text(block, "type") == "thinking"
                && text(block, "signature") != signature(text(block, "thinking"))
            {
                return Err(invalid(format!(
                    "messages.{at}.content.{place}: Invalid `signature` in `thinking` block"
                )));
            }
        }
    }
    let enabled = body.get("thinking").is_some_and(|thinking| text(thinking, "type") == "enabled");
    let turn = messages.iter().rposition(|message| text(message, "role") == "assistant");
    let Some((at, turn)) = turn.and_then(|at| Some((at, messages.get(at)?))) else {
        return Ok(());
    };
    let calls = !ids(turn, "tool_use", "id").is_empty();
    let first = list(turn, "content").first().map_or("text", |block| text(block, "type"));
    if enabled && calls && !["thinking", "redacted_thinking"].contains(&first) {
        return Err(invalid(format!(
            "messages.{at}.content.0.type: Expected `thinking` or `redacted_thinking`, but found \
             `{first}`. When `thinking` is enabled, a final `assistant` message must start with a \
             thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks)."
        )));
    }
    Ok(())
}

fn ids<'a>(message: &'a Value, kind: &str, name: &str) -> Vec<&'a str> {
    list(message, "content")
        .iter()
        .filter(|block| text(block, "type") == kind)
        .map(|block| text(block, name))
        .collect()
}

fn is_name(name: &str, longest: usize) -> bool {
    !name.is_empty()
        && name.len() <= longest
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
